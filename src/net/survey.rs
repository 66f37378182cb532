//! The way to a server, one step after the other and each step told: for people who ask why it
//! does not work. [`crate::net::connect`] goes the same way, faster and silently.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

use crate::backend::{PeerInfo, Target};
use crate::model::{Transport, WaitReason};
use crate::net::connect::{ConnectSettings, is_tls, tune};
use crate::net::dns::Kept;
use crate::net::link::{Wire, reason};
use crate::net::locate::names::{LookupFault, Names};
use crate::net::locate::search::{Candidate, Search, Told};
use crate::net::tls::{Refusal, Roots, Shown, handshake};
use crate::net::wires::Opened;

/// Addresses of one host that are tried.
const ADDRESSES: usize = 6;

/// One address to accept a connection: somebody waits at the terminal.
const CONNECT_TIME: Duration = Duration::from_secs(4);

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which step: `name`, `address`, `connect`, `tls`.
    pub step: &'static str,
    /// What was tried, and what came of it where that went well.
    pub text: String,
    /// How it went.
    pub outcome: Outcome,
    /// The certificates the server showed, its own first.
    pub chain: Vec<Shown>,
    /// Which of these is at fault.
    pub at: Option<usize>,
}

impl Finding {
    fn new(step: &'static str, text: impl Into<String>, outcome: Outcome) -> Self {
        Self { step, text: text.into(), outcome, chain: Vec::new(), at: None }
    }
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Fine,
    /// Not as it should be, and the way goes on.
    Odd,
    /// It did not, for this reason.
    Failed(WaitReason),
}

/// Goes the way to `to` and tells every step; gives the first link that came up.
pub async fn survey(to: &Target, settings: &ConnectSettings, mut tell: impl FnMut(Finding)) -> Option<Opened> {
    let named = settings.dns.as_deref();
    let Ok(Ok(names)) = timeout(settings.limits.lookup, Kept::default().names(named)).await else {
        let name = named.unwrap_or_default().to_owned();
        let text = format!("name server {name}");
        tell(Finding::new("name", text, Outcome::Failed(WaitReason::NameNotFound { name })));
        return None;
    };
    survey_with(names, to, settings, tell).await
}

async fn survey_with(
    names: Arc<dyn Names>,
    to: &Target,
    settings: &ConnectSettings,
    mut tell: impl FnMut(Finding),
) -> Option<Opened> {
    let mut search = Search::begin(names, to, settings.rules());
    let mut impostor = false;
    loop {
        let candidate = search.next().await;
        search.take_told().into_iter().map(finding).for_each(&mut tell);
        let candidate = candidate?;
        if let Some(why) = settings.policy.refuse(candidate.transport) {
            tell(Finding::new("connect", format!("{} {candidate}", candidate.transport.word()), Outcome::Failed(why)));
            continue;
        }
        if impostor && candidate.transport != Transport::Tls {
            let text = "nothing is tried in clear after a server that answered by TLS and is not who it should be";
            tell(Finding::new("connect", text.to_owned(), Outcome::Odd));
            return None;
        }
        let mut noting = |finding: Finding| {
            let distrusted = matches!(&finding.outcome, Outcome::Failed(why) if is_tls(why));
            impostor |= distrusted && !candidate.may_be_a_stranger();
            tell(finding);
        };
        if let Some(opened) = try_server(to, &candidate, &mut search, settings, &mut noting).await {
            return Some(opened);
        }
    }
}

fn finding(told: Told) -> Finding {
    let (text, outcome) = match told {
        Told::Records { question, records } => (format!("{question}: {}", records.join(", ")), Outcome::Fine),
        Told::Nothing { question, fault: LookupFault::NotFound } => (format!("{question}: no such record"), Outcome::Fine),
        Told::Nothing { question, fault: LookupFault::NoAnswer } => {
            (format!("{question}: the name server gave no answer"), Outcome::Odd)
        }
        Told::Declined { question } => (format!("{question}: the domain says it does not offer this"), Outcome::Odd),
        Told::Guessing(transport) => {
            (format!("no service record for {}; the usual host names are tried", transport.word()), Outcome::Fine)
        }
        Told::PassedOver(why) => ("a server was passed over".to_owned(), Outcome::Failed(why)),
    };
    Finding::new("name", text, outcome)
}

async fn try_server(
    to: &Target,
    server: &Candidate,
    search: &mut Search,
    settings: &ConnectSettings,
    tell: &mut impl FnMut(Finding),
) -> Option<Opened> {
    let addresses = match search.addresses(server).await {
        Ok(addresses) => addresses,
        Err(LookupFault::NotFound) if server.guessed => {
            tell(Finding::new("address", format!("{}: no such name", server.name), Outcome::Fine));
            return None;
        }
        Err(_) => {
            let why = WaitReason::NameNotFound { name: server.name.clone() };
            tell(Finding::new("address", server.name.clone(), Outcome::Failed(why)));
            return None;
        }
    };
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    tell(Finding::new("address", format!("{server}: {}", shown.join(", ")), Outcome::Fine));
    for address in addresses.into_iter().take(ADDRESSES) {
        let opened = match server.transport {
            Transport::Udp => datagram(address, server).await,
            Transport::Tcp | Transport::Tls => stream(address, to, server, settings, tell).await,
        };
        match opened {
            Ok(opened) => return Some(opened),
            // Told where it happened.
            Err(None) => {}
            Err(Some(why)) => {
                let text = format!("{} to {address}", server.transport.word());
                tell(Finding::new("connect", text, Outcome::Failed(why)));
            }
        }
    }
    None
}

async fn datagram(address: SocketAddr, server: &Candidate) -> Result<Opened, Option<WaitReason>> {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let open = async {
        let socket = UdpSocket::bind(any).await?;
        socket.connect(address).await?;
        let local = socket.local_addr()?;
        Ok::<_, std::io::Error>((socket, local))
    };
    let (socket, local) = open.await.map_err(|fault| Some(reason(&fault)))?;
    let peer = PeerInfo { transport: Transport::Udp, local, peer: address, server: server.to_string(), second_best: false };
    Ok(Opened { wire: Wire::Datagram(socket), peer })
}

async fn stream(
    address: SocketAddr,
    to: &Target,
    server: &Candidate,
    settings: &ConnectSettings,
    tell: &mut impl FnMut(Finding),
) -> Result<Opened, Option<WaitReason>> {
    let started = Instant::now();
    let stream = match timeout(CONNECT_TIME, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(fault)) if fault.kind() == std::io::ErrorKind::ConnectionRefused => {
            return Err(Some(WaitReason::Refused { at: address.to_string() }));
        }
        Ok(Err(fault)) => return Err(Some(reason(&fault))),
        Err(_) => return Err(Some(WaitReason::Timeout { at: address.to_string() })),
    };
    let text = format!("tcp to {address}: connected in {} ms", started.elapsed().as_millis());
    tell(Finding::new("connect", text, Outcome::Fine));
    tune(&stream, settings.limits.unconfirmed).map_err(|fault| Some(reason(&fault)))?;
    let local = stream.local_addr().map_err(|fault| Some(reason(&fault)))?;
    let peer = PeerInfo { transport: server.transport, local, peer: address, server: server.to_string(), second_best: false };
    if server.transport != Transport::Tls {
        return Ok(Opened { wire: Wire::Stream(Box::new(stream)), peer });
    }
    match secure(stream, to, server, settings).await {
        Ok((wire, text, chain)) => {
            tell(Finding { chain, ..Finding::new("tls", text, Outcome::Fine) });
            Ok(Opened { wire, peer })
        }
        Err(Refusal { why, chain, at }) => {
            let text = format!("with {address}, which should be {}", server.accepted.join(" or "));
            tell(Finding { chain, at, ..Finding::new("tls", text, Outcome::Failed(why)) });
            Err(None)
        }
    }
}

/// The secured wire, what there is to say of it, and what the server showed.
async fn secure(
    stream: TcpStream,
    to: &Target,
    server: &Candidate,
    settings: &ConnectSettings,
) -> Result<(Wire, String, Vec<Shown>), Refusal> {
    let roots = Roots::load(&settings.trust)?;
    let (names, at) = (server.accepted.clone(), server.to_string());
    let agreed = handshake(stream, &roots, names, &to.tls_name, &at, settings.limits.handshake).await?;
    let (_, session) = agreed.stream.get_ref();
    let named = agreed.chain.first().map(|leaf| leaf.names.join(", ")).filter(|names| !names.is_empty());
    let named = named.unwrap_or_else(|| "not named in its certificate".to_owned());
    let version = session.protocol_version().map_or_else(String::new, |version| format!("{version:?}").replace("v1_", " 1."));
    let trusted = if settings.trust.pins.is_empty() { "" } else { ", its key is pinned" };
    let asked = match agreed.asked {
        None => "",
        Some(true) => "; it asked for your certificate and got it",
        Some(false) => "; it asks for a certificate of its users, and you have none (client_cert)",
    };
    let text = format!("{version}; the server is {named}{trusted}{asked}");
    Ok((Wire::Stream(Box::new(agreed.stream)), text, agreed.chain))
}

#[cfg(test)]
mod tests;
