//! Who watches us and who wants to (RFC 3857, RFC 3858).
//!
//! Rows are kept by their id within the document. A document with a version seen before is passed
//! over; after a gap it is applied and the full state is asked for. `waiting` (ran out undecided)
//! wants a decision as much as `pending`.

use std::collections::{BTreeMap, BTreeSet};

use super::ua::Ua;
use crate::backend::Event;
use crate::formats::Extent;
use crate::formats::winfo::{self, Status, Watcher};
use crate::model::{Address, WatcherState};

/// The people who watch us.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    works: bool,
    version: Option<u32>,
    rows: BTreeMap<String, (Address, WatcherState)>,
    /// What the program was told of each person.
    told: BTreeMap<Address, WatcherState>,
}

impl Watchers {
    /// Whether the server tells.
    pub(super) const fn works(&self) -> bool {
        self.works
    }

    /// A new dialog starts a new counter.
    pub(super) fn new_dialog(&mut self) {
        self.version = None;
        self.rows.clear();
    }

    /// The server does not tell.
    pub(super) fn stop(&mut self) {
        self.works = false;
        self.new_dialog();
    }

    /// Takes a document; `true` when one was missed and the full state is wanted.
    pub(super) fn apply(&mut self, body: &[u8], ua: &mut Ua) -> bool {
        if body.is_empty() {
            return false;
        }
        let Ok(info) = winfo::read(body) else { return false };
        self.works = true;
        let full = info.extent == Extent::Full;
        if self.version.is_some_and(|seen| info.version <= seen) {
            return false;
        }
        let missed = !full && self.version.is_none_or(|seen| info.version != seen.saturating_add(1));
        self.version = Some(info.version);
        let mut names = BTreeMap::new();
        let mut displaced = BTreeSet::new();
        if full {
            self.rows.clear();
        }
        for watcher in info.lists.iter().filter(|l| l.package.is_empty() || l.package == "presence").flat_map(|l| &l.watchers) {
            displaced.extend(self.row(watcher, &mut names));
        }
        if full {
            displaced.extend(self.told.keys().cloned());
        }
        self.tell(&names, displaced, ua);
        missed
    }

    /// Takes one row; hands out whose it was before.
    fn row(&mut self, watcher: &Watcher, names: &mut BTreeMap<Address, String>) -> Option<Address> {
        let who = Address::parse(&watcher.uri).ok()?;
        let state = match watcher.status {
            Status::Pending | Status::Waiting => WatcherState::Pending,
            Status::Active => WatcherState::Active,
            Status::Terminated => WatcherState::Terminated,
        };
        if let Some(name) = &watcher.display_name {
            names.insert(who.clone(), name.chars().take(200).collect());
        }
        if self.rows.len() >= MOST_ROWS && !self.rows.contains_key(&watcher.id) {
            return None;
        }
        self.rows.insert(watcher.id.clone(), (who, state)).map(|(before, _)| before)
    }

    /// Tells what changed of each person: several rows of one make one picture. `displaced` are
    /// people who have lost a row, and are gone if they have no other.
    fn tell(&mut self, names: &BTreeMap<Address, String>, displaced: BTreeSet<Address>, ua: &mut Ua) {
        let mut now: BTreeMap<Address, WatcherState> = BTreeMap::new();
        for (who, state) in self.rows.values() {
            let best = now.entry(who.clone()).or_insert(*state);
            if rank(*state) > rank(*best) {
                *best = *state;
            }
        }
        for who in displaced {
            now.entry(who).or_insert(WatcherState::Terminated);
        }
        for (who, state) in now {
            let known = self.told.get(&who).copied();
            if known == Some(state) || (known.is_none() && state == WatcherState::Terminated) {
                continue;
            }
            if state == WatcherState::Terminated {
                self.told.remove(&who);
            } else if known.is_some() || self.told.len() < MOST_ROWS {
                self.told.insert(who.clone(), state);
            } else {
                continue;
            }
            let name = names.get(&who).cloned();
            ua.emit(Event::Watcher { who, name, state });
        }
        self.rows.retain(|_, (_, state)| *state != WatcherState::Terminated);
    }
}

/// Who waits for a decision matters most.
const fn rank(state: WatcherState) -> u8 {
    match state {
        WatcherState::Pending => 2,
        WatcherState::Active => 1,
        WatcherState::Terminated => 0,
    }
}

/// Rows kept of one document.
const MOST_ROWS: usize = 10_000;
