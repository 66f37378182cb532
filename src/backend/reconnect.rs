//! When to try again: a pure back-off machine (in the spirit of RFC 5626 section 4.5).
//!
//! The first try after a loss comes soon, but spread, so that the users of a server that restarts do
//! not all arrive in the same instant. The waits after it grow twice and are spread widely. A wish of
//! the server (`Retry-After`) is a lower bound that is spread as well.
//!
//! ```text
//!   failure   wait
//!   first     0.5 .. 3 s          (as the second when the server said that it is busy)
//!   second    5 .. 45 s
//!   later     30 .. 330 s
//! ```
//!
//! Where only a person can help who does not tell us (a ticket of Kerberos is over), every wait has
//! 5 to 10 minutes: when that is done it works by itself, and at once when the user asks for it.
//!
//! The formula of the RFC draws each wait from the upper half of a span that doubles. That keeps the
//! users of a big server together in waves, which `benches/herd.rs` shows; and after a long outage
//! it leaves people waiting for half an hour. Wide spans do neither.

use std::time::{Duration, Instant};

use crate::model::WaitReason;
use crate::sip::tokens::Tokens;

/// Decides how long to wait after each failure.
#[derive(Debug)]
pub struct Reconnect {
    tokens: Tokens,
    failures: u32,
    up_since: Option<Instant>,
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after this long.
    After(Duration),
    /// Do not try again without the user.
    Never,
}

impl Reconnect {
    /// A machine that has seen nothing; `tokens` spreads the waits.
    #[must_use]
    pub const fn new(tokens: Tokens) -> Self {
        Self { tokens, failures: 0, up_since: None }
    }

    /// Forgets all failures: the user asked for something new.
    pub fn reset(&mut self) {
        self.failures = 0;
        self.up_since = None;
    }

    /// Sign-in succeeded.
    pub fn up(&mut self, now: Instant) {
        self.up_since.get_or_insert(now);
    }

    /// An attempt failed or a connection ended. `least` is the server's wish, zero for none.
    pub fn failed(&mut self, why: &WaitReason, least: Duration, now: Instant) -> Verdict {
        if why.is_final() {
            return Verdict::Never;
        }
        let stable = self.up_since.take().is_some_and(|since| now.saturating_duration_since(since) >= STABLE);
        if stable {
            self.failures = 0;
        }
        if matches!(why, WaitReason::Kerberos(fault) if fault.is_slow()) {
            return Verdict::After(self.between(RARELY.0, RARELY.1));
        }
        let busy = matches!(why, WaitReason::Busy { .. });
        let step = if busy { self.failures.max(1) } else { self.failures };
        self.failures = step.saturating_add(1);
        let (least_wait, most_wait) = match step {
            0 => FIRST,
            1 => SECOND,
            _ => LATER,
        };
        let wait = self.between(least_wait, most_wait);
        if least > wait {
            let least = least.min(LONGEST_WISH);
            return Verdict::After(self.between(least, least + (least / 5).max(Duration::from_secs(1))));
        }
        Verdict::After(wait)
    }

    fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
        least + Duration::from_millis(self.tokens.below(span.saturating_add(1)))
    }
}

/// A connection that lasted this long wipes out the failures before it.
const STABLE: Duration = Duration::from_mins(1);
const FIRST: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(3));
const SECOND: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(45));
const RARELY: (Duration, Duration) = (Duration::from_mins(5), Duration::from_mins(10));
const LATER: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(330));
/// No server can send us away for longer than this.
const LONGEST_WISH: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Distrust, KerberosFault, OwnCertificate, Pin, Stamp, Unfit};

    fn machine(seed: u64) -> Reconnect {
        Reconnect::new(Tokens::from_number(seed))
    }

    fn wait(verdict: Verdict) -> Duration {
        match verdict {
            Verdict::After(wait) => wait,
            Verdict::Never => panic!("gave up"),
        }
    }

    #[test]
    fn waits_grow_and_are_spread() {
        let table: [(u64, u64); 5] = [(500, 3_000), (5_000, 45_000), (30_000, 330_000), (30_000, 330_000), (30_000, 330_000)];
        let now = Instant::now();
        let mut firsts = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut machine = machine(seed);
            for (n, (least, most)) in table.iter().enumerate() {
                let wait = wait(machine.failed(&WaitReason::Closed, Duration::ZERO, now)).as_millis();
                assert!((u128::from(*least)..=u128::from(*most)).contains(&wait), "seed {seed}, failure {n}: {wait} ms");
                if n == 0 {
                    firsts.insert(wait);
                }
            }
        }
        assert!(firsts.len() > 150, "two hundred users come back at only {} different times", firsts.len());
    }

    #[test]
    fn same_seed_same_waits() {
        let now = Instant::now();
        let run = || {
            let mut machine = machine(7);
            (0..5).map(|_| machine.failed(&WaitReason::Closed, Duration::ZERO, now)).collect::<Vec<_>>()
        };
        assert_eq!(run(), run());
    }

    #[test]
    fn a_stable_connection_wipes_out_failures_and_a_short_one_does_not() {
        let now = Instant::now();
        let mut machine = machine(1);
        for _ in 0..5 {
            machine.failed(&WaitReason::Closed, Duration::ZERO, now);
        }
        machine.up(now);
        let short = wait(machine.failed(&WaitReason::Closed, Duration::ZERO, now + Duration::from_secs(59)));
        assert!(short >= Duration::from_secs(30), "{short:?}");
        machine.up(now);
        let stable = wait(machine.failed(&WaitReason::Closed, Duration::ZERO, now + Duration::from_mins(1)));
        assert!(stable <= Duration::from_secs(3), "{stable:?}");
    }

    #[test]
    fn the_servers_wish_is_a_lower_bound() {
        let busy = WaitReason::Busy { code: 503, reason: "Service Unavailable".into() };
        for seed in 0..100 {
            let wished = wait(machine(seed).failed(&busy, Duration::from_mins(2), Instant::now()));
            assert!((120..=144).contains(&wished.as_secs()), "{wished:?}");
            let unasked = wait(machine(seed).failed(&busy, Duration::ZERO, Instant::now()));
            assert!((5..=45).contains(&unasked.as_secs()), "a busy server is not asked again at once: {unasked:?}");
            let absurd = wait(machine(seed).failed(&busy, Duration::MAX, Instant::now()));
            assert!(absurd.as_secs() <= 29 * 3600, "{absurd:?}");
        }
    }

    #[test]
    fn a_ticket_that_only_a_person_can_renew_is_looked_for_rarely() {
        for fault in [
            KerberosFault::NoTicket,
            KerberosFault::Expired,
            KerberosFault::ClockSkew,
            KerberosFault::Other { detail: "x".into() },
        ] {
            let why = WaitReason::Kerberos(fault);
            for seed in 0..50 {
                let mut machine = machine(seed);
                for _ in 0..4 {
                    let waited = wait(machine.failed(&why, Duration::ZERO, Instant::now())).as_secs();
                    assert!((300..=600).contains(&waited), "{why:?}, seed {seed}: {waited} s");
                }
            }
        }
    }

    #[test]
    fn final_reasons_stop() {
        let table = [
            (WaitReason::NameNotFound { name: "x".into() }, false),
            (WaitReason::ServerOutside { server: "x".into(), domain: "y".into() }, false),
            (WaitReason::Refused { at: "x".into() }, false),
            (WaitReason::Timeout { at: "x".into() }, false),
            (WaitReason::Network { detail: "x".into() }, false),
            (WaitReason::TlsName { expected: "x".into(), found: vec![] }, true),
            (WaitReason::TlsUnknownCa { distrust: Distrust::SelfSigned }, true),
            (
                WaitReason::TlsExpired { whose: None, from: Stamp::default(), until: Stamp::default(), clock: Stamp::default() },
                true,
            ),
            (WaitReason::TlsKeyChanged { expected: vec![], found: Pin::new([0; 32]) }, true),
            (WaitReason::TlsUnfit { unfit: Unfit::Purpose }, true),
            (WaitReason::TlsOwn { fault: OwnCertificate::Wanted }, true),
            (WaitReason::Tls { detail: "x".into() }, false),
            (WaitReason::WrongPassword, true),
            (WaitReason::UnknownUser, true),
            (WaitReason::Forbidden { code: 403, reason: "x".into() }, true),
            (WaitReason::Busy { code: 503, reason: "x".into() }, false),
            (WaitReason::NoCommonAuth { offered: "x".into() }, true),
            (WaitReason::Kerberos(KerberosFault::NoLibrary { detail: "x".into() }), true),
            (WaitReason::Kerberos(KerberosFault::NotBuilt), true),
            (WaitReason::Kerberos(KerberosFault::UnknownService { host: "x".into() }), true),
            (WaitReason::Kerberos(KerberosFault::Refused { host: "x".into() }), true),
            (WaitReason::Kerberos(KerberosFault::Unreachable), false),
            (WaitReason::NoOtherServer, false),
            (WaitReason::Closed, false),
            (WaitReason::SignedOutByServer { reason: "x".into() }, true),
            (WaitReason::WrongSignature, false),
            (WaitReason::Protocol { detail: "x".into() }, false),
        ];
        for (why, stops) in table {
            let verdict = machine(3).failed(&why, Duration::ZERO, Instant::now());
            assert_eq!(verdict == Verdict::Never, stops, "{why:?}");
        }
    }
}
