//! What became of the servers of one account (RFC 3263 section 4.3): which of them this attempt has
//! been to, which asked to be left alone for now, which hung up or fell silent lately. Pure: who
//! opens links is told by [`Known`], and finds out where names lead.
//!
//! ```text
//!   begin --> link up --> 503, silence, hung up --> link to the next one --> ... --> none is left
//!               |                                                                       |
//!               v signed in                                       the failure of the first one,
//!             good, until it hangs up                             and the least wait of all
//! ```

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::PeerInfo;
use crate::model::{Transport, WaitReason};

/// A server that was reached, at one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// As [`PeerInfo::server`] names it.
    pub server: String,
    /// The address.
    pub at: SocketAddr,
    /// It spoke: its addresses of the other family are taken to lead to the same machine.
    pub spoke: bool,
}

impl Met {
    /// Whether this is the server that is meant at that address.
    #[must_use]
    pub fn is_at(&self, server: &str, at: SocketAddr) -> bool {
        let same = self.at == at || (self.spoke && self.at.is_ipv4() != at.is_ipv4());
        same && self.server.eq_ignore_ascii_case(server)
    }
}

/// What is known of servers before a link is opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Not to be gone to: this attempt has been there, or they asked to be left alone for now.
    pub shut: Vec<Met>,
    /// They hung up or fell silent lately: after others of the same priority.
    pub poor: Vec<Met>,
    /// The link goes on with an attempt: what could not be reached a moment ago is not tried again.
    pub goes_on: bool,
    /// Only servers of a better priority than this one, reached in this way, will do.
    pub better_than: Option<(Transport, String)>,
}

/// The servers of one account.
#[derive(Debug, Default)]
pub struct Servers {
    tried: Vec<Met>,
    /// What the first one of this attempt came to.
    first: Option<WaitReason>,
    /// One of them may be tried at any time.
    any_time: bool,
    busy: Vec<Busy>,
    poor: Vec<(Met, Instant)>,
}

/// A server that asked to be left alone.
#[derive(Debug, Clone)]
struct Busy {
    met: Met,
    until: Instant,
    why: WaitReason,
}

impl Servers {
    /// A new attempt begins.
    pub fn begin(&mut self, now: Instant) {
        self.tried.clear();
        self.first = None;
        self.any_time = false;
        self.busy.retain(|busy| busy.until > now);
        self.poor.retain(|(_, until)| *until > now);
    }

    /// The user wants it tried now, whatever servers wished.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether another server may do better after this (RFC 3263 section 4.3). That a server
    /// refuses us says nothing of it: another one would refuse as well, and count it.
    #[must_use]
    pub const fn may_do_better(why: &WaitReason) -> bool {
        matches!(
            why,
            WaitReason::Busy { code: 503, .. }
                | WaitReason::Timeout { .. }
                | WaitReason::Closed
                | WaitReason::Refused { .. }
                | WaitReason::Network { .. }
                | WaitReason::Tls { .. }
        )
    }

    /// Whether this attempt may go to one more server.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.tried.len() < MOST_TRIED
    }

    /// Whether this attempt has been to a server already.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !self.tried.is_empty()
    }

    /// The server did not take us in. `least`: how long it wants to be left alone.
    pub fn no_good(&mut self, peer: &PeerInfo, why: &WaitReason, least: Duration, now: Instant) {
        let met = Met { server: peer.server.clone(), at: peer.peer, spoke: matches!(why, WaitReason::Busy { .. }) };
        if least.is_zero() {
            self.any_time = true;
        } else {
            push(&mut self.busy, Busy { met: met.clone(), until: now + least, why: why.clone() });
        }
        self.first.get_or_insert_with(|| why.clone());
        self.lost(&met, now);
        push(&mut self.tried, met);
    }

    /// The server did not take us in, or was good and is no longer.
    pub fn lost(&mut self, met: &Met, now: Instant) {
        self.poor.retain(|(known, _)| known != met);
        push(&mut self.poor, (met.clone(), now + POOR));
    }

    /// The server took us in: the attempt is over.
    pub fn good(&mut self, peer: &PeerInfo) {
        self.tried.clear();
        self.first = None;
        self.any_time = false;
        self.poor.retain(|(met, _)| !met.is_at(&peer.server, peer.peer));
        self.busy.retain(|busy| !busy.met.is_at(&peer.server, peer.peer));
    }

    /// What who opens the next link should know.
    #[must_use]
    pub fn known(&self, now: Instant) -> Known {
        let busy = self.busy.iter().filter(|busy| busy.until > now && !self.tried.contains(&busy.met)).map(|busy| &busy.met);
        let poor = self.poor.iter().filter(|(_, until)| *until > now).map(|(met, _)| met);
        Known {
            shut: self.tried.iter().chain(busy).cloned().collect(),
            poor: poor.cloned().collect(),
            goes_on: self.goes_on(),
            better_than: None,
        }
    }

    /// What an attempt came to that found nobody: the reason to be told, and the least wait. `last`: why
    /// the last link could not be opened.
    #[must_use]
    pub fn outcome(&self, last: WaitReason, now: Instant) -> (WaitReason, Duration) {
        let waits = self.busy.iter().filter(|busy| busy.until > now);
        let soonest = waits.min_by_key(|busy| busy.until);
        let none_left = last == WaitReason::NoOtherServer;
        let why = self.first.clone().or_else(|| soonest.filter(|_| none_left).map(|busy| busy.why.clone()));
        let least = match soonest {
            Some(busy) if none_left && !self.any_time => busy.until.saturating_duration_since(now),
            _ => Duration::ZERO,
        };
        (why.unwrap_or(last), least)
    }
}

fn push<T>(list: &mut Vec<T>, new: T) {
    if list.len() >= MOST_KEPT {
        list.remove(0);
    }
    list.push(new);
}

/// Servers one attempt goes to.
const MOST_TRIED: usize = 16;
/// Servers remembered of each kind.
const MOST_KEPT: usize = 32;
/// So long a server that hung up or fell silent goes behind others of its priority.
const POOR: Duration = Duration::from_mins(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(server: &str, at: &str) -> PeerInfo {
        let local = "192.0.2.1:1".parse().unwrap();
        PeerInfo { transport: Transport::Tls, local, peer: at.parse().unwrap(), server: server.into(), second_best: false }
    }

    fn busy() -> WaitReason {
        WaitReason::Busy { code: 503, reason: "Service Unavailable".into() }
    }

    fn silent() -> WaitReason {
        WaitReason::Timeout { at: "x".into() }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_least_wait_is_that_of_the_first_server_that_may_be_asked_again() {
        // What each server wished (zero: it was silent), how the last link failed, the least wait.
        let table: [(&[u64], WaitReason, u64); 6] = [
            (&[300], WaitReason::NoOtherServer, 300),
            (&[300, 100, 200], WaitReason::NoOtherServer, 100),
            (&[300, 0], WaitReason::NoOtherServer, 0),
            (&[0, 300], WaitReason::NoOtherServer, 0),
            // A third one could not be reached, and may be there again at any time.
            (&[300, 100], WaitReason::Refused { at: "z".into() }, 0),
            (&[], WaitReason::Refused { at: "z".into() }, 0),
        ];
        let now = Instant::now();
        for (wishes, last, least) in table {
            let mut servers = Servers::default();
            servers.begin(now);
            for (n, wish) in wishes.iter().enumerate() {
                let why = if *wish == 0 { silent() } else { busy() };
                servers.no_good(
                    &peer(&format!("s{n}:1"), &format!("192.0.2.{n}:1")),
                    &why,
                    SECOND * u32::try_from(*wish).unwrap(),
                    now,
                );
            }
            let first = wishes.first().map_or(last.clone(), |wish| if *wish == 0 { silent() } else { busy() });
            assert_eq!(servers.outcome(last.clone(), now), (first, Duration::from_secs(least)), "{wishes:?} {last:?}");
        }
    }

    #[test]
    fn who_asked_to_be_left_alone_is_not_gone_to_in_the_next_attempt_either() {
        let now = Instant::now();
        let (a, b) = (peer("a:1", "192.0.2.1:1"), peer("b:1", "192.0.2.2:1"));
        let mut servers = Servers::default();
        servers.begin(now);
        servers.no_good(&a, &busy(), SECOND * 60, now);
        servers.no_good(&b, &silent(), Duration::ZERO, now);
        assert_eq!(servers.known(now).shut.iter().map(|met| met.server.as_str()).collect::<Vec<_>>(), ["a:1", "b:1"]);
        assert!(servers.known(now).goes_on);
        servers.begin(now + SECOND);
        let known = servers.known(now + SECOND);
        assert_eq!((known.shut.len(), known.poor.len(), known.goes_on), (1, 2, false));
        assert_eq!(servers.outcome(WaitReason::NoOtherServer, now + SECOND), (busy(), SECOND * 59), "nobody was asked");
        servers.begin(now + SECOND * 60);
        assert_eq!(servers.known(now + SECOND * 60).shut, []);
        servers.no_good(&b, &silent(), Duration::ZERO, now);
        servers.good(&b);
        assert_eq!(servers.known(now + SECOND * 60).shut, [], "who was tried in vain may be looked at again");
        assert_eq!(servers.known(now + SECOND * 60).poor.len(), 1);
        assert_eq!(servers.known(now + POOR).poor, []);
        servers.no_good(&a, &busy(), SECOND * 60, now);
        servers.forget();
        assert_eq!(servers.known(now), Known::default());
    }

    #[test]
    fn a_silent_address_says_nothing_of_the_others_and_a_busy_server_is_at_both_families() {
        let (v4, v6, other) =
            ("192.0.2.1:1".parse().unwrap(), "[2001:db8::1]:1".parse().unwrap(), "192.0.2.2:1".parse().unwrap());
        let met = |spoke| Met { server: "A:1".into(), at: v4, spoke };
        let at = |met: &Met| [v4, v6, other].map(|at| met.is_at("a:1", at));
        assert_eq!(at(&met(false)), [true, false, false]);
        assert_eq!(at(&met(true)), [true, true, false]);
        assert!(!met(true).is_at("b:1", v4));
    }

    #[test]
    fn bounded() {
        let now = Instant::now();
        let mut servers = Servers::default();
        for n in 0..200u8 {
            servers.no_good(&peer("a:1", &format!("192.0.2.{n}:1")), &busy(), SECOND, now);
        }
        assert!(!servers.has_room());
        assert_eq!(servers.known(now).shut.len(), MOST_KEPT);
        assert_eq!(servers.known(now).poor.len(), MOST_KEPT);
    }
}
