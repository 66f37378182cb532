//! A group with its people, in order: what a listing is made of.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::app::{GroupKey, Peer, Row, RowKey};
use crate::model::{AccountId, Availability};

/// How many are what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    states: [usize; Availability::ALL.len()],
    /// Of whom what is known is old.
    pub stale: usize,
    /// Who can be reached, and that is not old.
    pub current: usize,
}

impl Tally {
    /// How many are so.
    #[must_use]
    pub fn of(&self, value: Availability) -> usize {
        self.states.get(value as usize).copied().unwrap_or(0)
    }

    /// How many can be reached.
    #[must_use]
    pub fn reachable(&self) -> usize {
        Availability::ALL.into_iter().filter(|value| value.is_reachable()).map(|value| self.of(value)).sum()
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.states.iter().sum()
    }

    pub(super) fn count(&mut self, entry: &Entry, step: impl Fn(usize) -> usize) {
        if let Some(count) = self.states.get_mut(entry.now as usize) {
            *count = step(*count);
        }
        if entry.stale {
            self.stale = step(self.stale);
        } else if entry.now.is_reachable() {
            self.current = step(self.current);
        }
    }
}

/// A person, as far as the listing depends on it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) rank: i64,
    pub(super) name: String,
    pub(super) peer: Peer,
    pub(super) now: Availability,
    pub(super) stale: bool,
    /// On the contact list, and not only in a conversation.
    pub(super) listed: bool,
    /// What was typed fits.
    pub(super) fits: bool,
    /// It is among the rows.
    pub(super) shown: bool,
    /// Where.
    pub(super) sections: Arc<[usize]>,
}

impl Entry {
    pub(super) fn place(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank).then_with(|| self.name.cmp(&other.name)).then_with(|| self.peer.cmp(&other.peer))
    }
}

/// A group with its people, or what stands between groups.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) header: Option<RowKey>,
    pub(super) group: GroupKey,
    /// Whose people are in it.
    pub(super) owners: Vec<AccountId>,
    /// The header is shown though nobody is below it.
    pub(super) stays: bool,
    pub(super) folded: bool,
    /// The account that it belongs to is folded up.
    pub(super) hidden: bool,
    pub(super) rooms: Vec<RowKey>,
    pub(super) running: usize,
    /// Of the row of requests: how many.
    pub(super) requests: usize,
    pub(super) people: Vec<Arc<Entry>>,
    pub(super) tally: Tally,
}

impl Section {
    pub(super) const fn new(header: Option<RowKey>, group: GroupKey, stays: bool) -> Self {
        Self {
            header,
            group,
            owners: Vec::new(),
            stays,
            folded: false,
            hidden: false,
            rooms: Vec::new(),
            running: 0,
            requests: 0,
            people: Vec::new(),
            tally: Tally { states: [0; Availability::ALL.len()], stale: 0, current: 0 },
        }
    }

    pub(super) fn add(&mut self, entry: &Arc<Entry>) {
        if entry.fits {
            self.tally.count(entry, |count| count + 1);
        }
        if entry.shown
            && let Err(at) = self.people.binary_search_by(|other| other.place(entry))
        {
            self.people.insert(at, Arc::clone(entry));
        }
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        if entry.fits {
            self.tally.count(entry, |count| count.saturating_sub(1));
        }
        if entry.shown
            && let Ok(at) = self.people.binary_search_by(|other| other.place(entry))
        {
            self.people.remove(at);
        }
    }

    pub(super) fn has_header(&self) -> bool {
        self.header.is_some() && !self.hidden && (self.stays || !self.people.is_empty() || !self.rooms.is_empty())
    }

    pub(super) fn below(&self) -> usize {
        if self.folded || self.hidden { 0 } else { self.people.len() + self.rooms.len() }
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.has_header()) + self.below()
    }

    pub(super) fn row(&self, at: usize) -> Option<Row> {
        let Some(at) = at.checked_sub(usize::from(self.has_header())) else {
            let (reachable, total) = match self.group {
                GroupKey::Rooms => (self.running, self.rooms.len()),
                GroupKey::Requests => (0, self.requests),
                _ => (self.tally.reachable(), self.tally.total()),
            };
            return self.header.clone().map(|key| Row { key, reachable, total, tally: self.tally, folded: self.folded });
        };
        if let Some(room) = self.rooms.get(at) {
            return Some(Row::new(room.clone()));
        }
        let entry = self.people.get(at - self.rooms.len())?;
        Some(Row::new(RowKey::Person(entry.peer.clone(), self.group.clone())))
    }
}
