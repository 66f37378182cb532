//! People in groups, in order, and kept in order while single people change.
//!
//! The contact list and the board are both such listings. One is built whole when groups, filter or
//! order change; when only somebody's presence changed, that person moves, whatever the number of others.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::{AccountView, App, GroupKey, Peer, RoomKey, Row, RowKey, Terms};
use crate::model::{AccountId, Address, Availability, Presence, WatcherState, fold};

/// In which order people of a group stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Who can be reached best first, then by name.
    #[default]
    State,
    /// By name.
    Name,
    /// Who changed last first.
    Change,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// The contact list: rooms, people who ask, groups.
    Roster,
    /// Contacts in their groups.
    Groups,
    /// All contacts in one, whoever is pinned before the others.
    Flat,
}

/// Who is listed, and how.
#[derive(Debug, Clone)]
pub struct Want {
    /// What was typed.
    pub terms: Terms,
    /// Only who can be reached, or wrote something that is unread.
    pub online: bool,
    /// Only who wrote something that is unread.
    pub unread: bool,
    /// In which order.
    pub order: Order,
    /// What.
    pub parts: Parts,
}

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

    fn count(&mut self, entry: &Entry, step: impl Fn(usize) -> usize) {
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
struct Entry {
    rank: i64,
    name: String,
    peer: Peer,
    now: Availability,
    stale: bool,
    /// On the contact list, and not only in a conversation.
    listed: bool,
    /// What was typed fits.
    fits: bool,
    /// It is among the rows.
    shown: bool,
    /// Where.
    sections: Arc<[usize]>,
}

impl Entry {
    fn place(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank).then_with(|| self.name.cmp(&other.name)).then_with(|| self.peer.cmp(&other.peer))
    }
}

/// A group with its people, or what stands between groups.
#[derive(Debug, Clone)]
struct Section {
    header: Option<RowKey>,
    group: GroupKey,
    /// The header is shown though nobody is below it.
    stays: bool,
    folded: bool,
    rooms: Vec<RowKey>,
    running: usize,
    people: Vec<Arc<Entry>>,
    tally: Tally,
}

impl Section {
    const fn new(header: Option<RowKey>, group: GroupKey, stays: bool) -> Self {
        Self {
            header,
            group,
            stays,
            folded: false,
            rooms: Vec::new(),
            running: 0,
            people: Vec::new(),
            tally: Tally { states: [0; Availability::ALL.len()], stale: 0, current: 0 },
        }
    }

    fn add(&mut self, entry: &Arc<Entry>) {
        if entry.fits {
            self.tally.count(entry, |count| count + 1);
        }
        if entry.shown
            && let Err(at) = self.people.binary_search_by(|other| other.place(entry))
        {
            self.people.insert(at, Arc::clone(entry));
        }
    }

    fn take(&mut self, entry: &Entry) {
        if entry.fits {
            self.tally.count(entry, |count| count.saturating_sub(1));
        }
        if entry.shown
            && let Ok(at) = self.people.binary_search_by(|other| other.place(entry))
        {
            self.people.remove(at);
        }
    }

    fn has_header(&self) -> bool {
        self.header.is_some() && (self.stays || !self.people.is_empty() || !self.rooms.is_empty())
    }

    fn below(&self) -> usize {
        if self.folded { 0 } else { self.people.len() + self.rooms.len() }
    }

    fn len(&self) -> usize {
        usize::from(self.has_header()) + self.below()
    }

    fn row(&self, at: usize) -> Option<Row> {
        let Some(at) = at.checked_sub(usize::from(self.has_header())) else {
            let (reachable, total) = match self.group {
                GroupKey::Rooms => (self.running, self.rooms.len()),
                _ => (self.tally.reachable(), self.tally.total()),
            };
            return self.header.clone().map(|key| Row { key, reachable, total, tally: self.tally });
        };
        if let Some(room) = self.rooms.get(at) {
            return Some(Row::new(room.clone()));
        }
        let entry = self.people.get(at - self.rooms.len())?;
        Some(Row::new(RowKey::Person(entry.peer.clone(), self.group.clone())))
    }
}

/// Rows of people and headers.
#[derive(Debug, Clone)]
pub struct Listing {
    want: Want,
    sections: Vec<Section>,
    people: BTreeMap<Peer, Arc<Entry>>,
    all: Tally,
}

impl Listing {
    /// Everything anew.
    pub(super) fn build(app: &App, want: Want, folded: &BTreeSet<(AccountId, GroupKey)>) -> Self {
        let mut made = Self { want, sections: Vec::new(), people: BTreeMap::new(), all: Tally::default() };
        if made.want.parts == Parts::Flat {
            let pins = app.accounts.values().any(|account| !account.marks.pinned.is_empty());
            let header = |group: GroupKey| {
                let first = app.accounts.keys().next().filter(|_| pins);
                first.map(|id| RowKey::Group(id.clone(), group))
            };
            made.sections.push(Section::new(header(GroupKey::Pinned), GroupKey::Pinned, false));
            made.sections.push(Section::new(header(GroupKey::Ungrouped), GroupKey::Ungrouped, false));
        }
        for (id, account) in &app.accounts {
            if made.want.terms.admit_account(id.as_str()) {
                made.account(app, id, account, folded);
            }
        }
        for section in &mut made.sections {
            section.people.sort_by(|a, b| a.place(b));
        }
        made
    }

    fn account(&mut self, app: &App, id: &AccountId, account: &AccountView, folded: &BTreeSet<(AccountId, GroupKey)>) {
        if app.accounts.len() > 1 && self.want.parts != Parts::Flat {
            self.sections.push(Section::new(Some(RowKey::Account(id.clone())), GroupKey::Ungrouped, true));
        }
        if self.want.parts == Parts::Roster {
            self.rooms(id, account, folded);
        }
        let narrowed = self.is_narrowed();
        let mut homes: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for (group, people) in groups(account, self.want.parts) {
            if !self.want.terms.admit_group(group.title()) {
                continue;
            }
            let at = if self.want.parts == Parts::Flat {
                usize::from(group != GroupKey::Pinned)
            } else {
                let stays = !narrowed && matches!(group, GroupKey::Named(_));
                let key = (id.clone(), group.clone());
                let folded = !narrowed && folded.contains(&key);
                self.sections.push(Section { folded, ..Section::new(Some(RowKey::Group(key.0, key.1)), group, stays) });
                self.sections.len() - 1
            };
            for who in people {
                let all = homes.entry(who).or_default();
                // In one list nobody stands twice.
                if self.want.parts != Parts::Flat || all.is_empty() {
                    all.push(at);
                }
            }
        }
        for (who, sections) in homes {
            let entry = Arc::new(entry(app, &self.want, account, Peer::new(id, who), sections.into()));
            self.count(&entry, |count| count + 1);
            for at in &*entry.sections {
                if let Some(section) = self.sections.get_mut(*at) {
                    if entry.fits {
                        section.tally.count(&entry, |count| count + 1);
                    }
                    if entry.shown {
                        section.people.push(Arc::clone(&entry));
                    }
                }
            }
            self.people.insert(entry.peer.clone(), entry);
        }
    }

    /// The rooms of an account: those that go on before those that are over, the newest on top.
    fn rooms(&mut self, id: &AccountId, account: &AccountView, folded: &BTreeSet<(AccountId, GroupKey)>) {
        let narrowed = self.is_narrowed();
        if !self.want.terms.admit_group(GroupKey::Rooms.title()) {
            return;
        }
        let wanted = |unread: bool| !self.want.unread || unread;
        let mut all: Vec<_> = account
            .rooms
            .iter()
            .filter(|(_, room)| {
                let unread = room.talk.unread > 0;
                wanted(unread) && self.want.terms.admit_room(account, room.named_after(), unread)
            })
            .collect();
        all.sort_by_key(|(_, room)| (room.over, std::cmp::Reverse(room.since)));
        let mut section = Section::new(Some(RowKey::Group(id.clone(), GroupKey::Rooms)), GroupKey::Rooms, false);
        section.folded = !narrowed && folded.contains(&(id.clone(), GroupKey::Rooms));
        section.running = all.iter().filter(|(_, room)| !room.over).count();
        section.rooms = all.into_iter().map(|(room, _)| RowKey::Room(RoomKey::new(id, room))).collect();
        self.sections.push(section);
    }

    /// Somebody's presence, name or talk changed: they move to where they belong now.
    pub(super) fn changed(&mut self, app: &App, peer: &Peer) {
        let Some(old) = self.people.get(peer).cloned() else { return };
        let Some(account) = app.accounts.get(&peer.account) else { return };
        let new = Arc::new(entry(app, &self.want, account, old.peer.clone(), Arc::clone(&old.sections)));
        if new == old {
            return;
        }
        for at in &*old.sections {
            if let Some(section) = self.sections.get_mut(*at) {
                section.take(&old);
                section.add(&new);
            }
        }
        self.count(&old, |count| count.saturating_sub(1));
        self.count(&new, |count| count + 1);
        if let Some(kept) = self.people.get_mut(peer) {
            *kept = new;
        }
    }

    /// A group is folded up or opened. Where only some people are listed, nothing is folded.
    pub(super) fn fold(&mut self, key: &RowKey, up: bool) {
        if self.is_narrowed() {
            return;
        }
        for section in self.sections.iter_mut().filter(|section| section.header.as_ref() == Some(key)) {
            section.folded = up;
        }
    }

    fn is_narrowed(&self) -> bool {
        !self.want.terms.is_empty() || self.want.unread
    }

    fn count(&mut self, entry: &Entry, step: impl Fn(usize) -> usize) {
        if entry.listed {
            self.all.count(entry, step);
        }
    }

    /// Who is listed, and how.
    #[must_use]
    pub const fn want(&self) -> &Want {
        &self.want
    }

    /// Whether rows depend on what is unread.
    #[must_use]
    pub const fn asks_for_unread(&self) -> bool {
        self.want.unread || self.want.online || self.want.terms.ask_for_unread()
    }

    /// All contacts, shown or not.
    #[must_use]
    pub const fn all(&self) -> &Tally {
        &self.all
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sections.iter().map(Section::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|section| section.len() == 0)
    }

    /// How many people are shown or folded up, whoever stands twice counted twice.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.sections.iter().map(|section| section.people.len()).sum()
    }

    /// The row at this place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Row> {
        self.from(at).next()
    }

    /// The rows from this place on.
    pub fn from(&self, at: usize) -> impl Iterator<Item = Row> + '_ {
        let mut left = at;
        let mut first = self.sections.len();
        for (number, section) in self.sections.iter().enumerate() {
            if left < section.len() {
                first = number;
                break;
            }
            left -= section.len();
        }
        let sections = self.sections.get(first..).unwrap_or_default();
        sections.iter().enumerate().flat_map(move |(number, section)| {
            let skip = if number == 0 { left } else { 0 };
            (skip..section.len()).filter_map(|at| section.row(at))
        })
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.from(0)
    }

    /// Where a row stands. A person who is no longer in that group is found in another.
    #[must_use]
    pub fn position(&self, key: &RowKey) -> Option<usize> {
        match key {
            RowKey::Person(peer, group) => {
                let entry = self.people.get(peer)?;
                let homes = || entry.sections.iter().copied();
                let named = homes().find(|at| self.sections.get(*at).is_some_and(|section| section.group == *group));
                named.into_iter().chain(homes()).find_map(|at| {
                    let section = self.sections.get(at).filter(|section| !section.folded && entry.shown)?;
                    let within = section.people.binary_search_by(|other| other.place(entry)).ok()?;
                    Some(self.before(at) + usize::from(section.has_header()) + section.rooms.len() + within)
                })
            }
            RowKey::Room(_) => self.sections.iter().enumerate().find_map(|(at, section)| {
                let within = section.rooms.iter().position(|room| room == key).filter(|_| !section.folded)?;
                Some(self.before(at) + usize::from(section.has_header()) + within)
            }),
            RowKey::Account(_) | RowKey::Group(..) => {
                let at = self.sections.iter().position(|section| section.has_header() && section.header.as_ref() == Some(key))?;
                Some(self.before(at))
            }
        }
    }

    /// The first row that stands for a conversation.
    #[must_use]
    pub fn first_chat(&self) -> Option<usize> {
        let at = self.sections.iter().position(|section| section.below() > 0)?;
        Some(self.before(at) + usize::from(self.sections.get(at).is_some_and(Section::has_header)))
    }

    fn before(&self, section: usize) -> usize {
        self.sections.iter().take(section).map(Section::len).sum()
    }
}

fn entry(app: &App, want: &Want, account: &AccountView, peer: Peer, sections: Arc<[usize]>) -> Entry {
    let unknown = Presence::default();
    let contact = account.roster.contact(&peer.who);
    let presence = contact.map(|contact| &contact.presence).or_else(|| account.others.get(&peer.who)).unwrap_or(&unknown);
    let name = fold(contact.map_or_else(|| peer.who.short(), |contact| contact.shown_name()));
    let now = presence.availability;
    let rank = match want.order {
        Order::State => now as i64,
        Order::Name => 0,
        Order::Change => app.today.last(&peer, app.now).map_or(0, |change| change.at.as_millis().saturating_neg()),
    };
    let unread = account.conversations.get(&peer.who).is_some_and(|talk| talk.unread > 0);
    let asks = contact.is_none() && account.watchers.get(&peer.who) == Some(&WatcherState::Pending);
    let fits = want.terms.admit(account, &peer, &name, presence);
    let shown = fits && (!want.unread || unread) && (!want.online || unread || asks || now.is_reachable());
    Entry { rank, name, peer, now, stale: presence.stale, listed: contact.is_some(), fits, shown, sections }
}

/// The groups of an account with their people, in the order of the screen.
fn groups(account: &AccountView, parts: Parts) -> Vec<(GroupKey, Vec<&Address>)> {
    let pinned: Vec<&Address> = account.marks.pinned.iter().filter(|who| account.roster.contact(who).is_some()).collect();
    let mut all = Vec::new();
    if parts == Parts::Roster {
        let asking: BTreeSet<&Address> = account
            .watchers
            .iter()
            .filter(|(who, state)| **state == WatcherState::Pending && account.access.of(who).is_none())
            .map(|(who, _)| who)
            .collect();
        let stranger = |who: &&Address| account.roster.contact(who).is_none() && !asking.contains(who);
        let strangers: Vec<&Address> = account.conversations.keys().filter(stranger).collect();
        all.push((GroupKey::Asking, asking.iter().copied().collect()));
        all.push((GroupKey::Pinned, pinned));
        all.push((GroupKey::Strangers, strangers));
    } else {
        all.push((GroupKey::Pinned, pinned));
    }
    let names = account.roster.groups();
    let mut named: Vec<(GroupKey, Vec<&Address>)> =
        names.iter().map(|name| (GroupKey::Named(Arc::from(name.as_str())), Vec::new())).collect();
    let places: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut ungrouped = Vec::new();
    for contact in account.roster.contacts() {
        let mut placed = false;
        for group in &contact.groups {
            if let Some((_, people)) = places.get(group.as_str()).and_then(|at| named.get_mut(*at)) {
                people.push(&contact.address);
                placed = true;
            }
        }
        if !placed {
            ungrouped.push(&contact.address);
        }
    }
    all.append(&mut named);
    all.push((GroupKey::Ungrouped, ungrouped));
    all
}

#[cfg(test)]
mod tests;
