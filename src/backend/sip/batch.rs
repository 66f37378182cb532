//! One list of people kept in one dialog ([MS-SIP] 3.3): who is on it, who is to be, and the one
//! change that is under way.
//!
//! The server's list is told whole when the dialog begins and when it is refreshed; between, people
//! are added and deleted. A server that refuses that gets the whole list anew; one that refuses
//! even this keeps the list it has, and others are asked for one by one.

mod division;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

pub(super) use self::division::{Division, Verdict};
use super::documents::key;
use super::list::ListTable;
use crate::formats::adrl::{self, Adhoc, Change};
use crate::model::Address;

/// One list.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// What is known of people.
    pub(super) table: ListTable,
    /// The server subscribed us to these, as far as it said.
    members: BTreeSet<Address>,
    /// These are to be on the list.
    target: BTreeSet<Address>,
    /// The same by the spelling used for comparing.
    names: BTreeMap<String, Address>,
    under_way: Option<Sent>,
    ways: Ways,
    /// The list as a refresh tells it is out of date.
    unsaid: bool,
    /// It was asked for at another server than our own.
    pub(super) at_pool: bool,
}

/// A change that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    /// This is the list.
    Whole(BTreeSet<Address>),
    Add(BTreeSet<Address>),
    Delete(BTreeSet<Address>),
}

/// How the list can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Ways {
    /// By adding and deleting.
    #[default]
    Changes,
    /// By telling it whole.
    Whole,
    /// Not at all.
    None,
}

/// What the refusal of a change leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No change was under way.
    None,
    /// The next change tells the whole list.
    TellWhole,
    /// The list stays as it is; these people must be asked for otherwise.
    Otherwise(Vec<Address>),
}

impl Batch {
    /// A list of these people.
    pub(super) fn new(people: impl IntoIterator<Item = Address>, ways: Ways) -> Self {
        let mut batch = Self { ways, unsaid: true, ..Self::default() };
        for who in people {
            batch.put(who);
        }
        batch
    }

    /// A list of these people for another server than our own, which stays as it is.
    pub(super) fn new_at_pool(people: Vec<Address>) -> Self {
        Self { at_pool: true, ..Self::new(people, Ways::None) }
    }

    /// Whether a person is or is to be on it.
    pub(super) fn holds(&self, who: &Address) -> bool {
        self.target.contains(who)
    }

    /// Who is to be on it.
    pub(super) fn target(&self) -> impl Iterator<Item = &Address> {
        self.target.iter()
    }

    /// How many are to be on it.
    pub(super) fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether people can still come to it.
    pub(super) fn takes_more(&self) -> bool {
        self.ways != Ways::None && !self.at_pool
    }

    /// A person is to be on it.
    pub(super) fn put(&mut self, who: Address) {
        if let Some(key) = key(who.as_str()) {
            self.names.insert(key, who.clone());
        }
        self.unsaid |= self.target.insert(who);
    }

    /// A person is not to be on it any more; what was known is forgotten.
    pub(super) fn take_off(&mut self, who: &Address) {
        if let Some(key) = key(who.as_str()) {
            self.names.remove(&key);
        }
        self.unsaid |= self.target.remove(who);
        self.table.forget(who);
    }

    /// The server dropped a person from its list.
    pub(super) fn dropped(&mut self, who: &Address) {
        self.members.remove(who);
    }

    /// The person on the list whom a server means.
    pub(super) fn named(&self, uri: &str) -> Option<&Address> {
        self.names.get(&key(uri)?)
    }

    /// The list as a new dialog and a refresh tell it, if that has changed since it was asked for
    /// last. In a dialog it is what the server agreed to, so that a refresh changes nothing.
    pub(super) fn restated(&mut self, in_dialog: bool, watcher: &str) -> Option<Bytes> {
        if !std::mem::take(&mut self.unsaid) {
            return None;
        }
        // What is not agreed to yet is said when it is.
        self.unsaid = in_dialog && self.members != self.target;
        let list = if in_dialog { &self.members } else { &self.target };
        Some(body(Change::Create, list, watcher))
    }

    /// A dialog is begun with the whole list.
    pub(super) fn begun(&mut self) {
        self.members.clear();
        self.table.new_dialog();
        self.under_way = Some(Sent::Whole(self.target.clone()));
    }

    /// The server did not know the dialog any more; the same list is asked for in a new one.
    pub(super) fn renewed(&mut self) {
        self.table.new_dialog();
        self.under_way = Some(Sent::Whole(std::mem::take(&mut self.members)));
    }

    /// The dialog is gone, and what was under way with it.
    pub(super) fn lost(&mut self) {
        self.members.clear();
        self.under_way = None;
        self.unsaid = true;
        self.table.new_dialog();
    }

    /// The next change to ask for, if one is needed and none is under way; and whether somebody
    /// comes by it.
    pub(super) fn next_change(&mut self, watcher: &str) -> Option<(Bytes, bool)> {
        if self.under_way.is_some() || self.ways == Ways::None {
            return None;
        }
        let added: BTreeSet<Address> = self.target.difference(&self.members).cloned().collect();
        let deleted: BTreeSet<Address> = self.members.difference(&self.target).cloned().collect();
        let sent = match (self.ways, added.is_empty(), deleted.is_empty()) {
            (_, true, true) => return None,
            (Ways::Whole, _, _) => Sent::Whole(self.target.clone()),
            (_, false, _) => Sent::Add(added),
            (_, true, false) => Sent::Delete(deleted),
        };
        let (change, people) = match &sent {
            Sent::Whole(people) => (Change::Create, people),
            Sent::Add(people) => (Change::Add, people),
            Sent::Delete(people) => (Change::Delete, people),
        };
        let news = change == Change::Add || (change == Change::Create && !self.target.is_subset(&self.members));
        let body = body(change, people, watcher);
        self.under_way = Some(sent);
        Some((body, news))
    }

    /// The server agreed to what was under way; whether that was adding people.
    pub(super) fn agreed(&mut self) -> bool {
        self.unsaid |= self.under_way.is_some();
        match self.under_way.take() {
            None => false,
            Some(Sent::Whole(people)) => {
                self.members = people;
                false
            }
            Some(Sent::Add(people)) => {
                self.members.extend(people);
                true
            }
            Some(Sent::Delete(people)) => {
                self.members.retain(|who| !people.contains(who));
                false
            }
        }
    }

    /// The server refused what was under way.
    pub(super) fn refused(&mut self) -> Refusal {
        match self.under_way.take() {
            None => Refusal::None,
            Some(Sent::Add(_) | Sent::Delete(_)) => {
                self.ways = self.ways.max(Ways::Whole);
                Refusal::TellWhole
            }
            Some(Sent::Whole(_)) => {
                self.ways = Ways::None;
                let otherwise: Vec<Address> = self.target.difference(&self.members).cloned().collect();
                for who in &otherwise {
                    self.take_off(who);
                }
                Refusal::Otherwise(otherwise)
            }
        }
    }

    /// How it can be changed.
    pub(super) const fn ways(&self) -> Ways {
        self.ways
    }
}

fn body(change: Change, people: &BTreeSet<Address>, watcher: &str) -> Bytes {
    let resources = people.iter().map(ToString::to_string).collect();
    adrl::write(&Adhoc { change, ..Adhoc::create(watcher, resources) }).into_bytes().into()
}

#[cfg(test)]
mod tests;
