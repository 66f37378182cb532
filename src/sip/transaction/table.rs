//! Transactions by number, by key, and by the time they want to hear of next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// A table of transactions. Numbers are given in order and never used twice; walks go in that
/// order, so that the same input gives the same output.
#[derive(Debug)]
pub struct Table<K, T> {
    slots: BTreeMap<u64, Slot<K, T>>,
    keys: HashMap<K, u64>,
    due: BTreeSet<(Instant, u64)>,
    next: u64,
}

#[derive(Debug)]
struct Slot<K, T> {
    key: K,
    entry: T,
    due: Option<Instant>,
}

impl<K: Eq + Hash + Clone, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { slots: BTreeMap::new(), keys: HashMap::new(), due: BTreeSet::new(), next: 1 }
    }
}

impl<K: Eq + Hash + Clone, T> Table<K, T> {
    /// Adds an entry that wants to hear of the time at `due`. The key belongs to the newest
    /// entry that has it.
    pub fn insert(&mut self, key: K, entry: T, due: Option<Instant>) -> u64 {
        let id = self.next;
        self.next += 1;
        self.keys.insert(key.clone(), id);
        self.slots.insert(id, Slot { key, entry, due: None });
        self.schedule(id, due);
        id
    }

    /// An entry.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&T> {
        self.slots.get(&id).map(|s| &s.entry)
    }

    /// An entry, to change it; tell [`Table::schedule`] afterwards.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.slots.get_mut(&id).map(|s| &mut s.entry)
    }

    /// The entry of a key.
    #[must_use]
    pub fn find(&self, key: &K) -> Option<u64> {
        self.keys.get(key).copied()
    }

    /// Changes when an entry wants to hear of the time.
    pub fn schedule(&mut self, id: u64, due: Option<Instant>) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if slot.due == due {
            return;
        }
        if let Some(old) = std::mem::replace(&mut slot.due, due) {
            self.due.remove(&(old, id));
        }
        if let Some(new) = due {
            self.due.insert((new, id));
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, id: u64) -> Option<T> {
        let slot = self.slots.remove(&id)?;
        if self.keys.get(&slot.key) == Some(&id) {
            self.keys.remove(&slot.key);
        }
        if let Some(due) = slot.due {
            self.due.remove(&(due, id));
        }
        Some(slot.entry)
    }

    /// The earliest time any entry wants to hear of.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The entry that waited longest among those due at `now`. It stays due until it is
    /// scheduled anew or removed.
    #[must_use]
    pub fn due(&self, now: Instant) -> Option<u64> {
        self.due.first().filter(|(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

#[cfg(test)]
mod tests;
