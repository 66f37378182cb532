//! Opens links: names to addresses, addresses to sockets, sockets to TLS.
//!
//! Hosts are tried one after the other, in the order of [`crate::net::resolve`]; the addresses of
//! one host are raced with a head start for each (after RFC 8305). Every step has its time.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::backend::{LinkStage, PeerInfo, Target};
use crate::model::{Transport, WaitReason};
use crate::net::dns::Dns;
use crate::net::link::{Wire, plain};
use crate::net::resolve::{Dice, Host, Names, Srv, declined, hosts, interleave, literal, plan};
use crate::net::tls::{Roots, Trust, handshake_reason, server_name};
use crate::net::wires::{Opened, Opener, Opening, Progress};

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lookups of one name.
    pub lookup: Duration,
    /// One address to accept a connection.
    pub connect: Duration,
    /// Before the next address of the same host is tried beside the first.
    pub head_start: Duration,
    /// The TLS handshake.
    pub handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(10),
            connect: Duration::from_secs(8),
            head_start: Duration::from_millis(250),
            handshake: Duration::from_secs(10),
        }
    }
}

/// What a connector needs to know of its account.
#[derive(Debug, Clone)]
pub struct ConnectSettings {
    /// Whom to trust.
    pub trust: Trust,
    /// Name server to ask instead of the system's.
    pub dns: Option<String>,
    /// Clear text may follow where TLS is not offered and the target leaves the way open.
    pub clear_text: bool,
    /// A name the certificate may hold instead of the target's: the account's domain, where the user
    /// named the server by hand (both come from the user, none from the network).
    pub also_named: Option<String>,
    /// For the order among servers of equal rank.
    pub seed: u64,
    /// Times.
    pub limits: Limits,
}

impl ConnectSettings {
    /// Trusts the system's roots and this file; TLS only.
    #[must_use]
    pub fn new(ca_file: Option<PathBuf>, seed: u64) -> Self {
        Self {
            trust: Trust { system: true, ca_file },
            dns: None,
            clear_text: false,
            also_named: None,
            seed,
            limits: Limits::default(),
        }
    }
}

/// Opens links over the network.
#[derive(Debug, Clone)]
pub struct Connector {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: ConnectSettings,
    names: Option<Arc<dyn Names>>,
    roots: OnceLock<Roots>,
}

impl Connector {
    /// Takes the settings; nothing is read or looked up before the first link.
    #[must_use]
    pub fn new(settings: ConnectSettings) -> Self {
        Self { shared: Arc::new(Shared { settings, names: None, roots: OnceLock::new() }) }
    }

    /// As [`Connector::new`], asking somebody else for names (tests).
    #[must_use]
    pub fn with_names(settings: ConnectSettings, names: Arc<dyn Names>) -> Self {
        Self { shared: Arc::new(Shared { settings, names: Some(names), roots: OnceLock::new() }) }
    }
}

impl Opener for Connector {
    fn open(&self, to: Target, progress: Progress) -> Opening {
        let shared = self.shared.clone();
        Box::pin(async move { shared.open(&to, &progress).await })
    }
}

impl Shared {
    async fn open(&self, to: &Target, progress: &Progress) -> Result<Opened, WaitReason> {
        let mut dice = Dice::new(self.settings.seed);
        let mut first: Option<WaitReason> = None;
        progress.report(LinkStage::Resolving);
        let names = self.names(to).await?;
        for plan in plan(to, self.settings.clear_text) {
            let answers = self.srv(&*names, &plan.srv).await;
            if declined(&answers) {
                note(&mut first, WaitReason::NameNotFound { name: to.host.clone() });
                continue;
            }
            for host in hosts(to, &plan, answers, &mut dice) {
                match self.try_host(to, &*names, &host, progress).await {
                    Ok(opened) => return Ok(opened),
                    Err(why) => {
                        tracing::debug!(host = %host, ?why, "no link");
                        note(&mut first, why);
                    }
                }
            }
            // A server that answers with TLS but is not who it should be must never be reached in clear.
            if first.as_ref().is_some_and(is_tls) {
                break;
            }
        }
        Err(first.unwrap_or_else(|| WaitReason::NameNotFound { name: to.host.clone() }))
    }

    /// Made anew for each link: after a move to another network its name servers are others.
    async fn names(&self, to: &Target) -> Result<Arc<dyn Names>, WaitReason> {
        if let Some(names) = &self.names {
            return Ok(names.clone());
        }
        let Some(named) = &self.settings.dns else { return Ok(Arc::new(Dns::system())) };
        if let Ok(Ok(dns)) = timeout(self.settings.limits.lookup, Dns::named(named)).await {
            Ok(Arc::new(dns))
        } else {
            tracing::warn!(host = %to.host, "the name server of the settings cannot be used");
            Err(WaitReason::NameNotFound { name: named.clone() })
        }
    }

    /// All SRV names of one step at once; a fault counts as no records, the name itself is tried then.
    async fn srv(&self, names: &dyn Names, asked: &[String]) -> Vec<Vec<Srv>> {
        let lookups = asked.iter().map(|name| timeout(self.settings.limits.lookup, names.srv(name)));
        join_all(lookups).await.into_iter().map(|answer| answer.ok().and_then(Result::ok).unwrap_or_default()).collect()
    }

    async fn try_host(&self, to: &Target, names: &dyn Names, host: &Host, progress: &Progress) -> Result<Opened, WaitReason> {
        let lookup = async {
            match literal(&host.name) {
                Some(ip) => Some(vec![ip]),
                None => timeout(self.settings.limits.lookup, names.addresses(&host.name)).await.ok()?.ok(),
            }
        };
        let found = lookup.await.filter(|found| !found.is_empty());
        let found = found.ok_or_else(|| WaitReason::NameNotFound { name: host.name.clone() })?;
        progress.report(LinkStage::Connecting);
        let addresses = interleave(found, host.port);
        if host.transport == Transport::Udp {
            return udp(&addresses, host).await;
        }
        let (stream, peer) = race(&addresses, self.settings.limits).await?;
        let fault = |fault: io::Error| WaitReason::Network { detail: plain(&fault) };
        tune(&stream).map_err(fault)?;
        let local = stream.local_addr().map_err(fault)?;
        let wire = match host.transport {
            Transport::Tls => self.secure(stream, to, host, progress).await?,
            Transport::Tcp | Transport::Udp => Wire::Stream(Box::new(stream)),
        };
        Ok(Opened { wire, peer: PeerInfo { transport: host.transport, local, peer, server: host.to_string() } })
    }

    async fn secure(&self, stream: TcpStream, to: &Target, host: &Host, progress: &Progress) -> Result<Wire, WaitReason> {
        progress.report(LinkStage::Securing);
        let roots = if let Some(roots) = self.roots.get() {
            roots.clone()
        } else {
            let loaded = Roots::load(&self.settings.trust)?;
            self.roots.get_or_init(|| loaded).clone()
        };
        let mut accepted = vec![to.tls_name.clone()];
        accepted.extend(self.settings.also_named.clone());
        let config = roots.client(accepted)?;
        let connector = TlsConnector::from(Arc::new(config));
        let handshake = connector.connect(server_name(&to.tls_name)?, stream);
        match timeout(self.settings.limits.handshake, handshake).await {
            Ok(Ok(stream)) => Ok(Wire::Stream(Box::new(stream))),
            Ok(Err(fault)) => Err(handshake_reason(&fault, &to.tls_name)),
            Err(_) => Err(WaitReason::Timeout { at: host.to_string() }),
        }
    }
}

/// Keeps the reason that tells the user most: what TLS says, else the first.
fn note(kept: &mut Option<WaitReason>, new: WaitReason) {
    let better = match kept {
        None => true,
        Some(old) => is_tls(&new) && !is_tls(old),
    };
    if better {
        *kept = Some(new);
    }
}

const fn is_tls(why: &WaitReason) -> bool {
    matches!(why, WaitReason::TlsName { .. } | WaitReason::TlsUnknownCa | WaitReason::TlsExpired | WaitReason::Tls { .. })
}

/// Connects to whichever address answers first; each has a head start before the next one.
async fn race(addresses: &[SocketAddr], limits: Limits) -> Result<(TcpStream, SocketAddr), WaitReason> {
    let mut waiting = addresses.iter().copied();
    let mut running = FuturesUnordered::new();
    let mut first = None;
    loop {
        if let Some(address) = waiting.next() {
            running.push(async move { (address, timeout(limits.connect, TcpStream::connect(address)).await) });
        } else if running.is_empty() {
            return Err(first.unwrap_or_else(|| WaitReason::Network { detail: "there is no address to connect to".to_owned() }));
        }
        let more = waiting.len() > 0;
        tokio::select! {
            Some((address, outcome)) = running.next() => match outcome {
                Ok(Ok(stream)) => return Ok((stream, address)),
                Ok(Err(fault)) => { first.get_or_insert_with(|| connect_reason(&fault, address)); }
                Err(_) => { first.get_or_insert_with(|| WaitReason::Timeout { at: address.to_string() }); }
            },
            () = sleep(limits.head_start), if more => {}
        }
    }
}

async fn udp(addresses: &[SocketAddr], host: &Host) -> Result<Opened, WaitReason> {
    let mut first = None;
    for address in addresses {
        let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let opened = async {
            let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
            socket.connect(address).await?;
            let local = socket.local_addr()?;
            Ok::<_, io::Error>((socket, local))
        };
        match opened.await {
            Ok((socket, local)) => {
                let peer = PeerInfo { transport: Transport::Udp, local, peer: *address, server: host.to_string() };
                return Ok(Opened { wire: Wire::Datagram(socket), peer });
            }
            Err(fault) => {
                first.get_or_insert_with(|| connect_reason(&fault, *address));
            }
        }
    }
    Err(first.unwrap_or_else(|| WaitReason::NameNotFound { name: host.name.clone() }))
}

/// What a failed attempt to connect means to the user.
fn connect_reason(fault: &io::Error, at: SocketAddr) -> WaitReason {
    match fault.kind() {
        io::ErrorKind::ConnectionRefused => WaitReason::Refused { at: at.to_string() },
        io::ErrorKind::TimedOut => WaitReason::Timeout { at: at.to_string() },
        _ => WaitReason::Network { detail: plain(fault) },
    }
}

/// Small messages leave at once; a peer that vanished is noticed within about a minute even while
/// nothing is said (protocol pings notice it sooner).
pub fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15));
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    socket.set_tcp_user_timeout(Some(Duration::from_mins(1)))?;
    Ok(())
}

#[cfg(test)]
mod tests;
