//! People in groups, in order, and kept in order while single people change.
//!
//! The contact list and the board are both such listings. One is built whole when groups, filter or
//! order change; when only somebody's presence changed, that person moves, whatever the number of others.

mod section;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::section::{Entry, Section};
use crate::app::{AccountView, App, GroupKey, Peer, RoomKey, Row, RowKey, Terms};
use crate::model::{AccountId, Address, Presence, WatcherState, fold};

pub use self::section::Tally;

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
    /// Each account with its own groups below a heading, not groups of the same name as one.
    pub apart: bool,
    /// Only this account.
    pub account: Option<AccountId>,
}

/// Rows of people and headers.
#[derive(Debug, Clone)]
pub struct Listing {
    want: Want,
    sections: Vec<Section>,
    /// The sections that are headings of accounts.
    headings: BTreeMap<AccountId, usize>,
    people: BTreeMap<Peer, Arc<Entry>>,
    all: Tally,
}

impl Listing {
    /// Everything anew.
    pub(super) fn build(app: &App, want: Want, folded: &BTreeSet<RowKey>) -> Self {
        let mut made =
            Self { want, sections: Vec::new(), headings: BTreeMap::new(), people: BTreeMap::new(), all: Tally::default() };
        if made.want.parts == Parts::Flat {
            let pins = app.accounts.values().any(|account| !account.marks.pinned.is_empty());
            let header = |group: GroupKey| {
                let first = app.accounts.keys().next().filter(|_| pins);
                first.map(|id| RowKey::Group(id.clone(), group))
            };
            made.sections.push(Section::new(header(GroupKey::Pinned), GroupKey::Pinned, false));
            made.sections.push(Section::new(header(GroupKey::Ungrouped), GroupKey::Ungrouped, false));
        }
        let listed = |id: &AccountId| {
            made.want.terms.admit_account(id.as_str()) && made.want.account.as_ref().is_none_or(|only| only == id)
        };
        let members: Vec<Member<'_>> = app
            .accounts
            .iter()
            .filter(|(id, _)| listed(id))
            .map(|(id, view)| Member { id, view, groups: groups(view, made.want.parts) })
            .collect();
        let apart = made.want.apart && made.want.parts != Parts::Flat;
        if apart && app.accounts.len() > 1 && made.want.account.is_none() {
            for member in &members {
                made.below_heading(app, member, folded);
            }
        } else {
            made.fill(app, &members, folded);
        }
        for section in &mut made.sections {
            section.people.sort_by(|a, b| a.place(b));
        }
        made
    }

    /// An account by itself: its heading, then its groups.
    fn below_heading(&mut self, app: &App, member: &Member<'_>, folded: &BTreeSet<RowKey>) {
        let id = member.id.clone();
        let header = RowKey::Account(id.clone());
        let up = !self.is_narrowed() && folded.contains(&header);
        let first = self.sections.len();
        let heading = Section::new(Some(header), GroupKey::Ungrouped, true);
        self.sections.push(Section { folded: up, owners: vec![id.clone()], ..heading });
        self.headings.insert(id, first);
        self.fill(app, std::slice::from_ref(member), folded);
        for section in self.sections.iter_mut().skip(first + 1) {
            section.hidden = up;
        }
    }

    /// The groups of these accounts, those of the same name as one.
    fn fill(&mut self, app: &App, members: &[Member<'_>], folded: &BTreeSet<RowKey>) {
        if self.want.parts == Parts::Roster {
            self.requests(members);
            self.rooms(members, folded);
        }
        let sections = self.groups(members, folded);
        for member in members {
            let mut homes: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
            for (group, people) in &member.groups {
                let Some(at) = sections.get(group) else { continue };
                for who in people {
                    let all = homes.entry(who).or_default();
                    // In one list nobody stands twice.
                    if self.want.parts != Parts::Flat || all.is_empty() {
                        all.push(*at);
                    }
                }
            }
            for (who, homes) in homes {
                let peer = Peer::new(member.id, who);
                self.put(Arc::new(entry(app, &self.want, member.view, peer, homes.into())));
            }
        }
    }

    /// The sections of these accounts' groups, in the order of the screen; where each is.
    fn groups(&mut self, members: &[Member<'_>], folded: &BTreeSet<RowKey>) -> BTreeMap<GroupKey, usize> {
        let narrowed = self.is_narrowed();
        let mut owners: BTreeMap<&GroupKey, Vec<&AccountId>> = BTreeMap::new();
        let mut order: Vec<&GroupKey> = Vec::new();
        for member in members {
            let wanted = |group: &GroupKey| self.want.terms.admit_group(group.title());
            for (group, people) in member.groups.iter().filter(|(group, _)| wanted(group)) {
                let of = owners.entry(group).or_insert_with(|| {
                    order.push(group);
                    Vec::new()
                });
                if matches!(group, GroupKey::Named(_)) || !people.is_empty() {
                    of.push(member.id);
                }
            }
        }
        // Ours stand before and behind those of all accounts.
        order.sort_by_key(|group| match group {
            GroupKey::Named(_) => 1,
            GroupKey::Ungrouped => 2,
            _ => 0,
        });
        let mut places = BTreeMap::new();
        for group in order {
            if self.want.parts == Parts::Flat {
                places.insert(group.clone(), usize::from(*group != GroupKey::Pinned));
                continue;
            }
            let owners = owners.remove(group).unwrap_or_default();
            let Some(first) = owners.first().copied().or_else(|| members.first().map(|member| member.id)) else { continue };
            let up = |id: &&AccountId| folded.contains(&RowKey::Group((*id).clone(), group.clone()));
            let stays = !narrowed && matches!(group, GroupKey::Named(_));
            let header = Some(RowKey::Group(first.clone(), group.clone()));
            places.insert(group.clone(), self.sections.len());
            self.sections.push(Section {
                folded: !narrowed && !owners.is_empty() && owners.iter().all(up),
                owners: owners.into_iter().cloned().collect(),
                ..Section::new(header, group.clone(), stays)
            });
        }
        places
    }

    fn put(&mut self, entry: Arc<Entry>) {
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

    /// One row for all who wrote and are not known.
    fn requests(&mut self, members: &[Member<'_>]) {
        let count: usize = members.iter().map(|member| member.view.requests.len()).sum();
        let wanted = self.want.terms.is_empty()
            || (self.want.terms.is_of_groups() && self.want.terms.admit_group(GroupKey::Requests.title()));
        let Some(first) = members.iter().find(|member| !member.view.requests.is_empty()).filter(|_| wanted) else { return };
        let header = RowKey::Group(first.id.clone(), GroupKey::Requests);
        let mut section = Section::new(Some(header), GroupKey::Requests, true);
        section.owners = members.iter().map(|member| member.id.clone()).collect();
        section.requests = count;
        self.sections.push(section);
    }

    /// The rooms of these accounts: those that go on before those that are over, the newest on top.
    fn rooms(&mut self, members: &[Member<'_>], folded: &BTreeSet<RowKey>) {
        let narrowed = self.is_narrowed();
        let Some(first) = members.first().filter(|_| self.want.terms.admit_group(GroupKey::Rooms.title())) else { return };
        let wanted = |unread: bool| !self.want.unread || unread;
        let all = members.iter().flat_map(|member| member.view.rooms.iter().map(move |(id, room)| (member, id, room)));
        let mut all: Vec<_> = all
            .filter(|(member, _, room)| {
                let unread = room.talk.unread > 0;
                wanted(unread) && self.want.terms.admit_room(member.view, room.named_after(), unread)
            })
            .collect();
        all.sort_by_key(|(_, _, room)| (room.over, std::cmp::Reverse(room.since)));
        let header = |id: &AccountId| RowKey::Group(id.clone(), GroupKey::Rooms);
        let mut section = Section::new(Some(header(first.id)), GroupKey::Rooms, false);
        let owners = members.iter().filter(|member| !member.view.rooms.is_empty());
        section.owners = owners.map(|member| member.id.clone()).collect();
        section.folded = !narrowed && !section.owners.is_empty() && section.owners.iter().all(|id| folded.contains(&header(id)));
        section.running = all.iter().filter(|(_, _, room)| !room.over).count();
        section.rooms = all.into_iter().map(|(member, id, _)| RowKey::Room(RoomKey::new(member.id, id))).collect();
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

    /// A group or an account is folded up or opened. Where only some people are listed, nothing is folded.
    pub(super) fn fold(&mut self, key: &RowKey, up: bool) {
        if self.is_narrowed() {
            return;
        }
        for section in &mut self.sections {
            if section.header.as_ref() == Some(key) {
                section.folded = up;
            } else if let RowKey::Account(id) = key
                && section.owners.contains(id)
            {
                section.hidden = up;
            }
        }
    }

    /// What of the accounts' groups and headings a header stands for.
    pub(super) fn parts_of(&self, header: &RowKey) -> Vec<RowKey> {
        let RowKey::Group(first, group) = header else { return vec![header.clone()] };
        let section = self.sections.iter().find(|section| section.group == *group && section.owners.contains(first));
        let owners = section.map(|section| section.owners.as_slice()).filter(|owners| !owners.is_empty());
        owners.unwrap_or(std::slice::from_ref(first)).iter().map(|id| RowKey::Group(id.clone(), group.clone())).collect()
    }

    /// The heading of an account, where it has one.
    pub(super) fn heading_of(&self, id: &AccountId) -> Option<RowKey> {
        self.headings.get(id).map(|_| RowKey::Account(id.clone()))
    }

    fn is_narrowed(&self) -> bool {
        !self.want.terms.is_empty() || self.want.unread
    }

    fn count(&mut self, entry: &Entry, step: impl Fn(usize) -> usize) {
        if entry.listed {
            self.all.count(entry, &step);
            if let Some(heading) = self.headings.get(&entry.peer.account).and_then(|at| self.sections.get_mut(*at)) {
                heading.tally.count(entry, step);
            }
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
                    let section = self.sections.get(at).filter(|section| section.below() > 0 && entry.shown)?;
                    let within = section.people.binary_search_by(|other| other.place(entry)).ok()?;
                    Some(self.before(at) + usize::from(section.has_header()) + section.rooms.len() + within)
                })
            }
            RowKey::Room(_) => self.sections.iter().enumerate().find_map(|(at, section)| {
                let within = section.rooms.iter().position(|room| room == key).filter(|_| section.below() > 0)?;
                Some(self.before(at) + usize::from(section.has_header()) + within)
            }),
            RowKey::Account(_) | RowKey::Group(..) => {
                let named = |section: &Section| section.has_header() && section.header.as_ref() == Some(key);
                // Of accounts in one list any has the group.
                let meant = |section: &Section| match key {
                    RowKey::Group(id, group) => section.has_header() && section.group == *group && section.owners.contains(id),
                    _ => false,
                };
                let at = self.sections.iter().position(named).or_else(|| self.sections.iter().position(meant))?;
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

/// An account that is listed, with its groups.
struct Member<'a> {
    id: &'a AccountId,
    view: &'a AccountView,
    groups: Vec<(GroupKey, Vec<&'a Address>)>,
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
