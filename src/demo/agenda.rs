//! When what is due, however many things there are: the next one is at hand without a look at all others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// At most one moment for each key.
#[derive(Debug)]
pub(super) struct Agenda<K> {
    moments: BTreeMap<K, Instant>,
    order: BTreeSet<(Instant, K)>,
}

impl<K> Default for Agenda<K> {
    fn default() -> Self {
        Self { moments: BTreeMap::new(), order: BTreeSet::new() }
    }
}

impl<K: Ord + Clone> Agenda<K> {
    /// It is due then, and at no other time; never with `None`.
    pub(super) fn set(&mut self, key: &K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.moments.insert(key.clone(), at),
            None => self.moments.remove(key),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            self.order.insert((at, key.clone()));
        }
    }

    /// The first of all, and of those due at the same time the least.
    pub(super) fn first(&self) -> Option<&(Instant, K)> {
        self.order.first()
    }

    /// When the first is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.first().map(|(at, _)| *at)
    }

    /// Takes out what is due.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<K> {
        let key = self.first().filter(|(at, _)| *at <= now).map(|(_, key)| key.clone())?;
        self.set(&key, None);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_next_is_at_hand_whatever_was_changed() {
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        let mut agenda = Agenda::default();
        for (key, seconds) in [('a', 3), ('b', 2), ('c', 5), ('b', 7), ('d', 3)] {
            agenda.set(&key, at(seconds));
        }
        agenda.set(&'c', None);
        assert_eq!(agenda.next(), at(3));
        assert_eq!(agenda.overdue(start + Duration::from_secs(2)), None);
        let late = start + Duration::from_secs(9);
        let order: Vec<_> = std::iter::from_fn(|| agenda.overdue(late)).collect();
        assert_eq!(order, ['a', 'd', 'b']);
        assert_eq!(agenda.next(), None);
    }
}
