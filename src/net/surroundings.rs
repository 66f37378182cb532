//! What happens to the machine and to its network while a connection says nothing: sleep, lost and new
//! addresses, other routes.
//!
//! Nothing here reads a list of interfaces. Two questions to the system tell all that matters to a link,
//! and cost two system calls and no packet: is its own address still one of ours (can a socket be bound
//! to it)? From which address would its server be reached now (connecting a datagram socket sends
//! nothing)? They are asked right after the system told of a change (Linux, by netlink and a timer), and
//! from time to time: seldom where changes are told, every few seconds elsewhere.
//!
//! ```text
//!            change told             300 ms, but 2 s after the last look
//!   Quiet ───────────────▶ Settling ────────────────────────────────────▶ look ──▶ Quiet
//!     └────────────────────── every look interval ───────────────────────▶─┘
//! ```
//!
//! However many changes are told, there is one look in two seconds; what comes meanwhile is not even
//! read. That a machine slept shows in a clock that ran on while the monotonic one stood still.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use self::bell::Bell;
use crate::backend::LinkId;

mod bell;

/// How closely surroundings are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watching {
    /// Between two looks; where the system tells of no changes, [`UNTOLD`] at most.
    pub every: Duration,
}

/// The two ends of a link that is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Which.
    pub link: LinkId,
    /// Ours.
    pub local: SocketAddr,
    /// The other.
    pub peer: SocketAddr,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Links whose own address is gone: they are dead.
    pub lost: Vec<LinkId>,
    /// The machine slept, or servers are reached another way than before: links may be dead, and
    /// what failed may go well now.
    pub disturbed: bool,
}

/// What is asked of the system.
#[derive(Debug, Clone, Copy)]
struct System {
    /// A clock that runs while the machine sleeps.
    clock: fn() -> Duration,
    /// The address from which this one is reached; `None`: it is not.
    source: fn(IpAddr) -> Option<IpAddr>,
    /// Whether an address is one of ours.
    ours: fn(SocketAddr) -> bool,
}

/// The surroundings of one account.
#[derive(Debug)]
pub struct Surroundings {
    watching: Option<Watching>,
    system: System,
    bell: Option<Bell>,
    /// When to look, after a change was told.
    settled: Option<Instant>,
    looked: (Instant, Duration),
    /// From where servers are reached.
    sources: BTreeMap<IpAddr, Option<IpAddr>>,
    /// The servers of the last links, newest last.
    peers: Vec<IpAddr>,
}

impl Surroundings {
    /// Watched by asking the system. Needs a tokio runtime around it.
    #[must_use]
    pub fn watched(watching: Watching) -> Self {
        Self::over(Some(watching), System { clock, source, ours }, Bell::hang().ok())
    }

    /// Nobody looks.
    #[must_use]
    pub fn ignored() -> Self {
        Self::over(None, System { clock, source, ours }, None)
    }

    fn over(watching: Option<Watching>, system: System, bell: Option<Bell>) -> Self {
        let looked = (Instant::now(), (system.clock)());
        let mut new = Self { watching, system, bell, settled: None, looked, sources: BTreeMap::new(), peers: Vec::new() };
        if watching.is_some() {
            new.sources = new.ask();
        }
        new
    }

    /// A link came up: from now on the way to this server counts.
    pub fn reached(&mut self, peer: SocketAddr) {
        let peer = peer.ip();
        self.peers.retain(|known| *known != peer);
        self.peers.push(peer);
        if self.peers.len() > PEERS {
            self.peers.remove(0);
        }
        if self.watching.is_some() {
            self.sources.insert(peer, (self.system.source)(peer));
        }
    }

    /// Waits until a look is due; for ever while nothing depends on the surroundings. Safe to drop at
    /// any time.
    pub async fn due(&mut self, matters: bool) {
        let Some(watching) = self.watching.filter(|_| matters) else { return pending().await };
        let every = if self.bell.is_some() { watching.every } else { watching.every.min(UNTOLD) };
        let ordinary = self.looked.0 + every;
        if self.settled.is_none() {
            tokio::select! {
                () = sleep_until(ordinary) => return,
                () = Bell::ring(&mut self.bell) => {}
            }
            self.settled = Some((Instant::now() + SETTLING).max(self.looked.0 + LEAST));
        }
        sleep_until(self.settled.map_or(ordinary, |at| at.min(ordinary))).await;
    }

    /// Looks what is different since the last time.
    pub fn look(&mut self, links: &[Ends]) -> Found {
        self.settled = None;
        if let Some(bell) = &mut self.bell {
            bell.silence();
        }
        let then = std::mem::replace(&mut self.looked, (Instant::now(), (self.system.clock)()));
        let (awake, all) = (self.looked.0.saturating_duration_since(then.0), self.looked.1.saturating_sub(then.1));
        let slept = all > awake + SLEPT;
        let sources = std::mem::take(&mut self.sources);
        self.sources = self.ask();
        let changed = |(to, now): (&IpAddr, &Option<IpAddr>)| sources.get(to).filter(|before| *before != now).map(|_| *now);
        let changes: Vec<Option<IpAddr>> = self.sources.iter().filter_map(changed).collect();
        // With nothing to lose, only what came into reach matters.
        let matters = if links.is_empty() { changes.iter().any(Option::is_some) } else { !changes.is_empty() };
        let lost: Vec<LinkId> = links.iter().filter(|ends| !(self.system.ours)(ends.local)).map(|ends| ends.link).collect();
        if slept || matters || !lost.is_empty() {
            tracing::info!(slept, changes = changes.len(), lost = lost.len(), "surroundings changed");
        }
        Found { lost, disturbed: slept || matters }
    }

    fn ask(&self) -> BTreeMap<IpAddr, Option<IpAddr>> {
        let asked = self.peers.iter().copied().chain(ANYWHERE);
        asked.map(|to| (to, (self.system.source)(to))).collect()
    }
}

/// Addresses nobody has (RFC 5737, RFC 3849): the way there is the way to the rest of the world.
const ANYWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];
/// Servers to which the way is watched.
const PEERS: usize = 8;
/// Longest time between two looks where nothing is told.
pub const UNTOLD: Duration = Duration::from_secs(10);
/// Changes come in groups.
const SETTLING: Duration = Duration::from_millis(300);
/// Least time between two looks because of changes.
const LEAST: Duration = Duration::from_secs(2);
/// A clock may be set by less than this.
const SLEPT: Duration = Duration::from_secs(3);

/// A clock that runs while the machine sleeps.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[must_use]
pub fn clock() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The same, by the clock on the wall: when that is set, a link is asked whether it lives, and no harm
/// is done.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[must_use]
pub fn clock() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

fn source(to: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    socket.local_addr().ok().map(|from| from.ip())
}

fn ours(address: SocketAddr) -> bool {
    let mut address = address;
    address.set_port(0);
    !UdpSocket::bind(address).is_err_and(|fault| fault.kind() == io::ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests;
