//! When a wait may be cut short: the network is another than the one on which the last attempt failed.
//!
//! ```text
//!   waiting for what the network did ──disturbed──▶ now + 0..1 s, if the last time was 10 s ago or more,
//!                                                   else 10 s after the last time
//!   waiting for what a server said   ──disturbed──▶ as before: it wants to be left alone
//! ```

use std::time::{Duration, Instant};

use crate::model::WaitReason;
use crate::sip::tokens::Tokens;

/// Cuts waits short, but not so often that a network that comes and goes hammers a server.
#[derive(Debug)]
pub(super) struct Hurry {
    tokens: Tokens,
    may: bool,
    last: Option<Instant>,
}

impl Hurry {
    /// `tokens` spreads the attempts of many programs on one network.
    pub(super) const fn new(tokens: Tokens) -> Self {
        Self { tokens, may: false, last: None }
    }

    /// A wait begins, for this reason.
    pub(super) const fn waits_for(&mut self, why: &WaitReason) {
        self.may = matches!(
            why,
            WaitReason::NameNotFound { .. }
                | WaitReason::Refused { .. }
                | WaitReason::Timeout { .. }
                | WaitReason::Network { .. }
                | WaitReason::Closed
        );
    }

    /// The network changed: when to try instead of at `planned`.
    pub(super) fn instead_of(&mut self, planned: Instant, now: Instant) -> Instant {
        if !self.may {
            return planned;
        }
        let soon = now + Duration::from_millis(self.tokens.below(SPREAD_MS + 1));
        let at = self.last.map_or(soon, |last| soon.max(last + LEAST));
        if at >= planned {
            return planned;
        }
        self.last = Some(at);
        at
    }
}

const SPREAD_MS: u64 = 1000;
/// Between two attempts that a change of the network brought about.
const LEAST: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_network_cuts_the_wait_once_in_ten_seconds() {
        for seed in 0..200 {
            let (start, mut hurry) = (Instant::now(), Hurry::new(Tokens::from_number(seed)));
            let planned = start + Duration::from_mins(5);
            hurry.waits_for(&WaitReason::Closed);
            let first = hurry.instead_of(planned, start);
            assert!(first <= start + Duration::from_secs(1), "seed {seed}");
            // The interface flaps: every attempt fails at once, and the network changes ten times a second.
            let mut attempts = 1;
            let mut at = first;
            for tenth in 1..=600 {
                let now = start + Duration::from_millis(tenth * 100);
                if at <= now {
                    at = planned;
                }
                let next = hurry.instead_of(at, now);
                attempts += usize::from(next < at && at == planned);
                at = next;
            }
            assert!((6..=8).contains(&attempts), "seed {seed}: {attempts}");
        }
    }

    #[test]
    fn a_server_that_wants_to_be_left_alone_is() {
        let now = Instant::now();
        let planned = now + Duration::from_mins(5);
        let mut hurry = Hurry::new(Tokens::from_number(1));
        hurry.waits_for(&WaitReason::Busy { code: 503, reason: String::new() });
        assert_eq!(hurry.instead_of(planned, now), planned);
    }

    #[test]
    fn nothing_is_put_off() {
        let now = Instant::now();
        let mut hurry = Hurry::new(Tokens::from_number(1));
        hurry.waits_for(&WaitReason::Closed);
        assert_eq!(hurry.instead_of(now, now), now);
    }
}
