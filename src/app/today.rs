//! How people changed today, as far as we saw it.

use std::collections::{BTreeMap, VecDeque};

use crate::app::Peer;
use crate::model::{Availability, Stamp};

/// Changes kept of one person.
const MAX_OF_ONE: usize = 50;
/// Changes kept of all; the oldest go first.
const MAX_OF_ALL: usize = 20_000;

/// Somebody became something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When, as far as it was told or seen.
    pub at: Stamp,
    /// What they were.
    pub before: Availability,
    /// What they became.
    pub after: Availability,
    number: u64,
}

/// The changes of this day, each person's oldest first.
#[derive(Debug, Clone, Default)]
pub struct Today {
    day: (Stamp, Stamp),
    of: BTreeMap<Peer, VecDeque<Change>>,
    /// Whose change came when: by it the oldest is found. Some are gone already.
    order: VecDeque<(u64, Peer)>,
    next: u64,
}

impl Today {
    /// Somebody became something else; `told` = since when they say that is so.
    pub(super) fn became(&mut self, peer: &Peer, (before, after): (Availability, Availability), told: Option<Stamp>, now: Stamp) {
        if now < self.day.0 || now >= self.day.1 {
            *self = Self { day: now.day_span(), next: self.next, ..Self::default() };
        }
        if self.order.len() >= MAX_OF_ALL {
            self.forget_oldest();
        }
        let number = self.next;
        self.next += 1;
        let changes = self.of.entry(peer.clone()).or_default();
        // What is told may be of yesterday, of the future, or before what was seen already.
        let earliest = changes.back().map_or(self.day.0, |last| last.at);
        let at = told.filter(|told| (earliest..=now).contains(told)).unwrap_or(now);
        if changes.len() >= MAX_OF_ONE {
            changes.pop_front();
        }
        changes.push_back(Change { at, before, after, number });
        self.order.push_back((number, peer.clone()));
    }

    fn forget_oldest(&mut self) {
        let Some((number, peer)) = self.order.pop_front() else { return };
        if let Some(changes) = self.of.get_mut(&peer) {
            changes.pop_front_if(|oldest| oldest.number == number);
            if changes.is_empty() {
                self.of.remove(&peer);
            }
        }
    }

    /// The changes of a person, the oldest first; none where the day is over.
    pub fn of(&self, peer: &Peer, now: Stamp) -> impl DoubleEndedIterator<Item = &Change> {
        let same_day = (self.day.0..self.day.1).contains(&now);
        self.of.get(peer).filter(|_| same_day).into_iter().flatten()
    }

    /// The last change of a person.
    #[must_use]
    pub fn last(&self, peer: &Peer, now: Stamp) -> Option<&Change> {
        self.of(peer, now).next_back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Address};

    fn peer(n: usize) -> Peer {
        Peer::new(&AccountId::new("work"), &Address::parse(&format!("p{n}@example.test")).unwrap())
    }

    fn noon() -> i64 {
        let (from, until) = Stamp::parse_rfc3339("2026-11-04T12:00:00Z").unwrap().day_span();
        i64::midpoint(from.as_millis(), until.as_millis())
    }

    const AWAY: (Availability, Availability) = (Availability::Online, Availability::Away);
    const BACK: (Availability, Availability) = (Availability::Away, Availability::Online);

    #[test]
    fn what_is_told_counts_where_it_can_be_true() {
        let mut today = Today::default();
        let at = |minutes: i64| Stamp::from_millis(noon() + minutes * 60_000);
        today.became(&peer(1), AWAY, Some(at(-20)), at(0));
        today.became(&peer(1), BACK, Some(at(-30)), at(5));
        today.became(&peer(1), AWAY, Some(at(60)), at(6));
        today.became(&peer(1), BACK, Some(at(-2_000)), at(7));
        let times: Vec<_> = today.of(&peer(1), at(8)).map(|change| change.at).collect();
        assert_eq!(times, [at(-20), at(5), at(6), at(7)]);
        assert_eq!(today.last(&peer(1), at(8)).unwrap().after, Availability::Online);
        assert_eq!(today.of(&peer(1), at(24 * 60)).count(), 0, "the day is over");
        today.became(&peer(2), AWAY, None, at(24 * 60));
        assert_eq!(today.of(&peer(1), at(24 * 60)).count(), 0);
        assert_eq!(today.of(&peer(2), at(24 * 60)).count(), 1);
    }

    #[test]
    fn it_stays_within_its_bounds() {
        let mut today = Today::default();
        let mut at = noon();
        for round in 0..120 {
            for n in 0..400 {
                at += 1;
                today.became(&peer(n), if round % 2 == 0 { AWAY } else { BACK }, None, Stamp::from_millis(at));
            }
        }
        let now = Stamp::from_millis(at);
        let kept: usize = (0..400).map(|n| today.of(&peer(n), now).count()).sum();
        assert!(kept <= MAX_OF_ALL && kept > MAX_OF_ALL / 2, "{kept}");
        assert!((0..400).all(|n| today.of(&peer(n), now).count() <= MAX_OF_ONE));
        assert!(today.order.len() <= MAX_OF_ALL);
        assert_eq!(today.last(&peer(399), now).unwrap().at, now, "the newest is there");
    }
}
