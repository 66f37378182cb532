//! Opens links: names to addresses, addresses to sockets, sockets to TLS.
//!
//! Servers are tried one after the other, in the order of [`crate::net::locate`]; the addresses of
//! one server are raced with a head start for each (after RFC 8305). Every step has its time, and
//! so has the whole.

mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::backend::servers::Known;
use crate::backend::{LinkStage, PeerInfo, Target};
use crate::model::{Transport, TransportRules, WaitReason};
use crate::net::dns::Kept;
use crate::net::link::{Wire, plain};
use crate::net::locate::names::Names;
use crate::net::locate::search::{Candidate, Rules, Search, Told};
use crate::net::surroundings::{Surroundings, Watching};
use crate::net::tls::{Roots, Trust, handshake};
use crate::net::wires::{Opened, Opener, Opening, Progress};

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One question about a name.
    pub answer: Duration,
    /// All waiting for names of one link together.
    pub lookup: Duration,
    /// One address to accept a connection.
    pub connect: Duration,
    /// Before the next address of the same host is tried beside the first.
    pub head_start: Duration,
    /// The TLS handshake.
    pub handshake: Duration,
    /// Everything, whatever the number of servers.
    pub total: Duration,
    /// What was sent to stay without confirmation before the system ends the connection.
    pub unconfirmed: Duration,
}

/// A server that did not answer goes behind others of the same priority for this long.
const FAILED_TIME: Duration = Duration::from_mins(5);

/// One that did not answer in the same attempt is not tried once more.
const JUST_NOW: Duration = Duration::from_mins(1);

/// Servers that did not answer, remembered at most; beyond it they are forgotten.
const FAILED: usize = 64;

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The system's resolver goes on to the next name server after five seconds.
            answer: Duration::from_secs(7),
            lookup: Duration::from_secs(12),
            connect: Duration::from_secs(8),
            head_start: Duration::from_millis(250),
            handshake: Duration::from_secs(10),
            total: Duration::from_mins(1),
            unconfirmed: Duration::from_secs(8),
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
    /// A server found for a sign-in address must be called as its domain, or `sip.` and the domain.
    pub strict_server_names: bool,
    /// For the order among servers of equal rank.
    pub seed: u64,
    /// Times.
    pub limits: Limits,
    /// Sleep and changes of the network are noticed; `None`: they are not.
    pub watching: Option<Watching>,
    /// What policy says of connections.
    pub policy: TransportRules,
}

impl ConnectSettings {
    /// Trusts the system's roots and this file; TLS only.
    #[must_use]
    pub fn new(policy: TransportRules, ca_file: Option<PathBuf>, seed: u64) -> Self {
        Self {
            trust: Trust { system: true, ca_file, pins: Vec::new(), own: None, newest: policy.newest_tls },
            dns: None,
            clear_text: false,
            also_named: None,
            strict_server_names: false,
            seed,
            limits: Limits::default(),
            watching: None,
            policy,
        }
    }

    /// What the search for servers must know.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            // Who pins a key wants that server and no other, which nothing shows in clear.
            clear_text: self.clear_text && self.trust.pins.is_empty(),
            strict: self.strict_server_names,
            also_named: self.also_named.clone(),
            seed: self.seed,
            answer: self.limits.answer,
            patience: self.limits.lookup,
            failed: BTreeSet::new(),
            better_than: None,
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
    /// In place of name servers, for tests.
    names: Option<Arc<dyn Names>>,
    kept: Kept,
    roots: OnceLock<Roots>,
    failed: Mutex<BTreeMap<(String, u16), (Instant, WaitReason)>>,
}

impl Connector {
    /// Takes the settings; nothing is read or looked up before the first link.
    #[must_use]
    pub fn new(settings: ConnectSettings) -> Self {
        Self { shared: Arc::new(Shared::new(settings, None)) }
    }

    /// As [`Connector::new`], asking somebody else for names (tests).
    #[must_use]
    pub fn with_names(settings: ConnectSettings, names: Arc<dyn Names>) -> Self {
        Self { shared: Arc::new(Shared::new(settings, Some(names))) }
    }
}

impl Opener for Connector {
    fn open(&self, to: Target, known: Known, progress: Progress) -> Opening {
        let shared = self.shared.clone();
        Box::pin(async move { shared.open(&to, &known, &progress).await })
    }

    fn surroundings(&self) -> Surroundings {
        self.shared.settings.watching.map_or_else(Surroundings::ignored, Surroundings::watched)
    }
}

impl Shared {
    fn new(settings: ConnectSettings, names: Option<Arc<dyn Names>>) -> Self {
        Self { settings, names, kept: Kept::default(), roots: OnceLock::new(), failed: Mutex::default() }
    }

    async fn open(&self, to: &Target, known: &Known, progress: &Progress) -> Result<Opened, WaitReason> {
        let until = Instant::now() + self.settings.limits.total;
        let mut first: Option<WaitReason> = None;
        let mut impostor = false;
        let mut passed: Option<(usize, u16)> = None;
        progress.report(LinkStage::Resolving);
        let names = self.names(to).await?;
        let (better_than, failed) = (known.better_than.clone(), self.failed_lately(known));
        let mut search = Search::begin(names, to, Rules { failed, better_than, ..self.settings.rules() });
        while let Some(candidate) = search.next().await {
            passed_over(&mut first, search.take_told());
            if let Some(why) = self.settings.policy.refuse(candidate.transport) {
                note(&mut first, why);
                continue;
            }
            // A server that answers with TLS but is not who it should be must never be reached in clear.
            if impostor && candidate.transport != Transport::Tls {
                break;
            }
            if let Some(why) = self.failed_just_now(&candidate).filter(|_| known.goes_on) {
                passed.get_or_insert(candidate.rank);
                note(&mut first, why);
                continue;
            }
            let attempt = timeout_at(until, self.try_server(to, &mut search, &candidate, known, progress));
            let why = match attempt.await {
                Ok(Ok(mut opened)) => {
                    opened.peer.second_best = passed.is_some_and(|passed| passed < candidate.rank);
                    self.remember_good(&candidate);
                    return Ok(opened);
                }
                Ok(Err(WaitReason::NoOtherServer)) => {
                    passed.get_or_insert(candidate.rank);
                    continue;
                }
                Ok(Err(why)) => why,
                Err(_) => WaitReason::Timeout { at: candidate.to_string() },
            };
            tracing::debug!(server = %candidate, ?why, "no link");
            if matches!(why, WaitReason::Refused { .. } | WaitReason::Timeout { .. }) {
                self.remember_failed(&candidate, &why);
            }
            let stranger = candidate.may_be_a_stranger();
            impostor |= is_tls(&why) && !stranger;
            let unknown = candidate.guessed && matches!(why, WaitReason::NameNotFound { .. });
            let says_nothing = unknown || (stranger && is_tls(&why));
            if !says_nothing {
                passed.get_or_insert(candidate.rank);
                note(&mut first, why);
            }
            if Instant::now() >= until {
                break;
            }
        }
        passed_over(&mut first, search.take_told());
        let nobody = || match (passed, &known.better_than) {
            (None, None) => WaitReason::NameNotFound { name: to.host.clone() },
            _ => WaitReason::NoOtherServer,
        };
        let why = first.unwrap_or_else(nobody);
        // What does not exist is asked anew soon enough; servers that do not answer may be stale.
        if !matches!(why, WaitReason::NameNotFound { .. } | WaitReason::NoOtherServer) {
            self.kept.forget();
        }
        Err(why)
    }

    /// Servers to go behind others: those that could not be reached, and those that were no good.
    fn failed_lately(&self, known: &Known) -> BTreeSet<(String, u16)> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, (at, _)| at.elapsed() < FAILED_TIME);
        let poor = known.poor.iter().filter_map(|met| {
            let (name, port) = met.server.rsplit_once(':')?;
            Some((name.trim_matches(['[', ']']).to_owned(), port.parse().ok()?))
        });
        failed.keys().cloned().chain(poor).collect()
    }

    fn failed_just_now(&self, server: &Candidate) -> Option<WaitReason> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, why) = failed.get(&(server.name.clone(), server.port))?;
        (at.elapsed() < JUST_NOW).then(|| why.clone())
    }

    fn remember_good(&self, server: &Candidate) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&(server.name.clone(), server.port));
    }

    fn remember_failed(&self, server: &Candidate, why: &WaitReason) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= FAILED {
            failed.clear();
        }
        failed.insert((server.name.clone(), server.port), (Instant::now(), why.clone()));
    }

    async fn names(&self, to: &Target) -> Result<Arc<dyn Names>, WaitReason> {
        if let Some(names) = &self.names {
            return Ok(names.clone());
        }
        let named = self.settings.dns.as_deref();
        if let Ok(Ok(dns)) = timeout(self.settings.limits.lookup, self.kept.names(named)).await {
            return Ok(dns);
        }
        tracing::warn!(host = %to.host, "the name server of the settings cannot be used");
        Err(WaitReason::NameNotFound { name: named.unwrap_or_default().to_owned() })
    }

    async fn try_server(
        &self,
        to: &Target,
        search: &mut Search,
        server: &Candidate,
        known: &Known,
        progress: &Progress,
    ) -> Result<Opened, WaitReason> {
        let found = search.addresses(server).await;
        let mut addresses = found.map_err(|_| WaitReason::NameNotFound { name: server.name.clone() })?;
        let shown = server.to_string();
        addresses.retain(|at| !known.shut.iter().any(|met| met.is_at(&shown, *at)));
        addresses.sort_by_key(|at| known.poor.iter().any(|met| met.is_at(&shown, *at)));
        if addresses.is_empty() {
            return Err(WaitReason::NoOtherServer);
        }
        progress.report(LinkStage::Connecting);
        if server.transport == Transport::Udp {
            return udp(&addresses, server, self.settings.policy.ports).await;
        }
        let (stream, peer) = race(&addresses, self.settings.limits, self.settings.policy.ports).await?;
        let fault = |fault: io::Error| WaitReason::Network { detail: plain(&fault) };
        tune(&stream, self.settings.limits.unconfirmed).map_err(fault)?;
        let local = stream.local_addr().map_err(fault)?;
        let wire = match server.transport {
            Transport::Tls => self.secure(stream, to, server, progress).await?,
            Transport::Tcp | Transport::Udp => Wire::Stream(Box::new(stream)),
        };
        Ok(Opened { wire, peer: PeerInfo { transport: server.transport, local, peer, server: shown, second_best: false } })
    }

    async fn secure(&self, stream: TcpStream, to: &Target, server: &Candidate, progress: &Progress) -> Result<Wire, WaitReason> {
        progress.report(LinkStage::Securing);
        let roots = self.roots()?;
        let (names, at) = (server.accepted.clone(), server.to_string());
        let agreed = handshake(stream, &roots, names, &to.tls_name, &at, self.settings.limits.handshake).await;
        agreed.map(|agreed| Wire::Stream(Box::new(agreed.stream))).map_err(|refusal| refusal.why)
    }

    /// Roots are read once; a certificate of ours each time, since it is renewed now and then.
    fn roots(&self) -> Result<Roots, WaitReason> {
        if self.settings.trust.own.is_some() {
            return Roots::load(&self.settings.trust);
        }
        if let Some(roots) = self.roots.get() {
            return Ok(roots.clone());
        }
        let loaded = Roots::load(&self.settings.trust)?;
        Ok(self.roots.get_or_init(|| loaded).clone())
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

/// Servers that were passed over are a reason as good as others.
fn passed_over(kept: &mut Option<WaitReason>, told: Vec<Told>) {
    for told in told {
        if let Told::PassedOver(why) = told {
            note(kept, why);
        }
    }
}

/// Whether a server answered by TLS and was not to be trusted.
pub const fn is_tls(why: &WaitReason) -> bool {
    matches!(
        why,
        WaitReason::TlsName { .. }
            | WaitReason::TlsUnknownCa { .. }
            | WaitReason::TlsExpired { .. }
            | WaitReason::TlsKeyChanged { .. }
            | WaitReason::TlsUnfit { .. }
            | WaitReason::TlsOwn { .. }
            | WaitReason::Tls { .. }
    )
}

/// Connects to whichever address answers first; each has a head start before the next one.
async fn race(
    addresses: &[SocketAddr],
    limits: Limits,
    ports: Option<(u16, u16)>,
) -> Result<(TcpStream, SocketAddr), WaitReason> {
    let mut waiting = addresses.iter().copied();
    let mut running = FuturesUnordered::new();
    let mut first = None;
    loop {
        if let Some(address) = waiting.next() {
            running.push(async move { (address, timeout(limits.connect, ports::connect(address, ports)).await) });
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

async fn udp(addresses: &[SocketAddr], server: &Candidate, ports: Option<(u16, u16)>) -> Result<Opened, WaitReason> {
    let mut first = None;
    for address in addresses {
        let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let opened = async {
            let socket = ports::bind(any, ports).await?;
            socket.connect(address).await?;
            let local = socket.local_addr()?;
            Ok::<_, io::Error>((socket, local))
        };
        match opened.await {
            Ok((socket, local)) => {
                let peer =
                    PeerInfo { transport: Transport::Udp, local, peer: *address, server: server.to_string(), second_best: false };
                return Ok(Opened { wire: Wire::Datagram(socket), peer });
            }
            Err(fault) => {
                first.get_or_insert_with(|| connect_reason(&fault, *address));
            }
        }
    }
    Err(first.unwrap_or_else(|| WaitReason::NameNotFound { name: server.name.clone() }))
}

/// What a failed attempt to connect means to the user.
fn connect_reason(fault: &io::Error, at: SocketAddr) -> WaitReason {
    match fault.kind() {
        io::ErrorKind::ConnectionRefused => WaitReason::Refused { at: at.to_string() },
        io::ErrorKind::TimedOut => WaitReason::Timeout { at: at.to_string() },
        _ => WaitReason::Network { detail: plain(fault) },
    }
}

/// Small messages leave at once. A peer that vanished is noticed when what was sent stays
/// `unconfirmed` for so long (RFC 5482; Linux and its relatives only, which count from the first
/// retransmission on, so that it takes about half a second more), and within about a minute even while
/// nothing is said.
pub fn tune(stream: &TcpStream, unconfirmed: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(Duration::from_mins(1)).with_interval(Duration::from_secs(15));
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    socket.set_tcp_user_timeout(Some(unconfirmed))?;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
    let _ = unconfirmed;
    Ok(())
}

#[cfg(test)]
mod tests;
