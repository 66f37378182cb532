//! Choosing who manages a conversation, as a machine without anything around it.
//!
//! ```text
//!           RequestRM to all            allowed by all, or 15 s without objection
//!   None ---------------------> Asking ------------------------------------------> Won: SetRM to all
//!                                 |  one objects: somebody bids more
//!                                 +-----------------> Lost: wait for SetRM of another
//! ```
//!
//! Each answers a bid with whether its own is lower; who bids nothing allows all.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::model::Address;

/// A bid of ours that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Election {
    bid: u32,
    asked: BTreeSet<Address>,
    until: Instant,
}

/// How a bid stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// Answers are awaited.
    Open,
    /// We are the manager.
    Won,
    /// Another bids more.
    Lost,
}

impl Election {
    /// We bid, and ask these people.
    pub(super) fn new(bid: u32, people: impl IntoIterator<Item = Address>, now: Instant) -> Self {
        Self { bid, asked: people.into_iter().collect(), until: now + PATIENCE }
    }

    /// How it stands, if nobody more answers.
    pub(super) fn stand(&self, now: Instant) -> Stand {
        if self.asked.is_empty() || self.until <= now { Stand::Won } else { Stand::Open }
    }

    /// Somebody allowed it, does not answer, or has left.
    pub(super) fn allowed(&mut self, by: &Address, now: Instant) -> Stand {
        self.asked.remove(by);
        self.stand(now)
    }

    /// Somebody objects.
    pub(super) fn objected(&self, by: &Address) -> Stand {
        if self.asked.contains(by) { Stand::Lost } else { Stand::Open }
    }

    /// When answers are no longer waited for.
    pub(super) const fn deadline(&self) -> Instant {
        self.until
    }
}

/// Whether we allow a bid of somebody else, beside one of our own.
pub(super) fn allows(ours: Option<&Election>, bid: u32) -> bool {
    ours.is_none_or(|own| own.bid < bid)
}

/// Longest wait for objections, and for the winner's word.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str) -> Address {
        Address::parse(&format!("{name}@example.test")).unwrap()
    }

    #[test]
    fn every_arrow() {
        let now = Instant::now();
        let (bob, carol) = (who("bob"), who("carol"));
        let mut election = Election::new(7, [bob.clone(), carol.clone()], now);
        assert_eq!(election.stand(now), Stand::Open);
        assert_eq!(election.allowed(&bob, now), Stand::Open);
        assert_eq!(election.allowed(&bob, now), Stand::Open);
        assert_eq!(election.objected(&bob), Stand::Open, "who has allowed it has allowed it");
        assert_eq!(election.objected(&carol), Stand::Lost);
        assert_eq!(election.allowed(&carol, now), Stand::Won);
        let election = Election::new(7, [bob], now);
        assert_eq!(election.stand(now + PATIENCE.saturating_sub(Duration::from_nanos(1))), Stand::Open);
        assert_eq!(election.stand(now + PATIENCE), Stand::Won, "nobody objected");
        assert_eq!(Election::new(7, [], now).stand(now), Stand::Won, "there is nobody to ask");
    }

    #[test]
    fn the_higher_bid_wins_and_equal_ones_neither() {
        let own = Election::new(7, [], Instant::now());
        for (bid, allowed) in [(6, false), (7, false), (8, true)] {
            assert_eq!(allows(Some(&own), bid), allowed, "{bid}");
        }
        assert!(allows(None, 0));
    }
}
