//! The contact list as rows: accounts, groups, people, in the order they are shown.
//!
//! Built when it is first asked for after something changed, however large the list is; drawing
//! lays out only the rows in view.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::{AccountView, App, ChatKey, Peer, RoomKey};
use crate::model::{AccountId, Address, Availability, WatcherState};

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// Header of an account.
    Account(AccountId),
    /// Header of a group.
    Group(AccountId, GroupKey),
    /// A conversation of several people.
    Room(RoomKey),
    /// A person within a group.
    Person(Peer, GroupKey),
}

impl RowKey {
    /// The conversation that the row stands for, if it stands for one.
    #[must_use]
    pub fn chat(&self) -> Option<ChatKey> {
        match self {
            Self::Person(peer, _) => Some(peer.clone().into()),
            Self::Room(room) => Some(room.clone().into()),
            Self::Account(_) | Self::Group(..) => None,
        }
    }

    /// On which account it is.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        match self {
            Self::Account(id) | Self::Group(id, _) => id,
            Self::Person(peer, _) => &peer.account,
            Self::Room(room) => &room.account,
        }
    }
}

/// A group on the screen. Four of them are ours and can have no name of the user's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// People who ask to see us.
    Asking,
    /// Conversations of several people.
    Rooms,
    /// People who are not on the list and with whom there is a conversation.
    Strangers,
    /// A group of the roster.
    Named(Arc<str>),
    /// Contacts in no group.
    Ungrouped,
}

impl GroupKey {
    /// Its title; not yet made safe for a terminal.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Asking => "Asking to see you",
            Self::Rooms => "Rooms",
            Self::Strangers => "Not on your list",
            Self::Named(name) => name,
            Self::Ungrouped => "Others",
        }
    }
}

/// A row of the contact list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub key: RowKey,
    /// For a group: how many of its people can be reached.
    pub reachable: usize,
    /// For a group: how many people it has.
    pub total: usize,
}

impl Row {
    const fn new(key: RowKey) -> Self {
        Self { key, reachable: 0, total: 0 }
    }
}

impl App {
    /// The rows of the contact list, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        self.screen.rows.get_or_init(|| build(self))
    }

    /// Which row is selected; the first person's where none was chosen yet.
    #[must_use]
    pub fn selected_row(&self) -> usize {
        let rows = self.rows();
        let found = self.screen.selected.as_ref().and_then(|key| {
            rows.iter().position(|row| row.key == *key).or_else(|| match key {
                // The person moved to another group: the same person there.
                RowKey::Person(peer, _) => {
                    rows.iter().position(|row| matches!(&row.key, RowKey::Person(other, _) if other == peer))
                }
                _ => None,
            })
        });
        found.or_else(|| rows.iter().position(|row| row.key.chat().is_some())).unwrap_or(0)
    }
}

fn build(app: &App) -> Vec<Row> {
    let mut rows = Vec::new();
    let wanted = app.screen.filter.text().trim().to_lowercase();
    for (id, account) in &app.accounts {
        if app.accounts.len() > 1 {
            rows.push(Row::new(RowKey::Account(id.clone())));
        }
        rooms(app, id, account, &wanted, &mut rows);
        for (group, mut people) in groups(account) {
            people.retain(|who| matches_filter(account, who, &wanted));
            if people.is_empty() && !(wanted.is_empty() && matches!(group, GroupKey::Named(_))) {
                continue;
            }
            let reach = |who: &Address| account.presence_of(who).map_or(Availability::Unknown, |p| p.availability);
            let reachable = people.iter().filter(|who| reach(who).is_reachable()).count();
            rows.push(Row { key: RowKey::Group(id.clone(), group.clone()), reachable, total: people.len() });
            if wanted.is_empty() && app.screen.folded.contains(&(id.clone(), group.clone())) {
                continue;
            }
            people.sort_by_cached_key(|who| (reach(who), account.shown_name(who).to_lowercase()));
            rows.extend(people.into_iter().map(|who| Row::new(RowKey::Person(Peer::new(id, who), group.clone()))));
        }
    }
    rows
}

/// The rooms of an account: those that go on before those that are over, the newest on top.
fn rooms(app: &App, id: &AccountId, account: &AccountView, wanted: &str, rows: &mut Vec<Row>) {
    let mut all: Vec<_> = account
        .rooms
        .iter()
        .filter(|(_, room)| {
            let hit = |who: &Address| matches_filter(account, who, wanted);
            wanted.is_empty() || room.named_after().iter().any(hit)
        })
        .collect();
    if all.is_empty() {
        return;
    }
    let running = all.iter().filter(|(_, room)| !room.over).count();
    rows.push(Row { key: RowKey::Group(id.clone(), GroupKey::Rooms), reachable: running, total: all.len() });
    if wanted.is_empty() && app.screen.folded.contains(&(id.clone(), GroupKey::Rooms)) {
        return;
    }
    all.sort_by_key(|(_, room)| (room.over, std::cmp::Reverse(room.since)));
    rows.extend(all.into_iter().map(|(room, _)| Row::new(RowKey::Room(RoomKey::new(id, room)))));
}

fn matches_filter(account: &AccountView, who: &Address, wanted: &str) -> bool {
    wanted.is_empty() || account.shown_name(who).to_lowercase().contains(wanted) || who.short().to_lowercase().contains(wanted)
}

/// The groups of an account with their people, in the order of the screen.
fn groups(account: &AccountView) -> Vec<(GroupKey, Vec<&Address>)> {
    let asking: Vec<&Address> = account
        .watchers
        .iter()
        .filter(|(who, state)| **state == WatcherState::Pending && account.access.of(who).is_none())
        .map(|(who, _)| who)
        .collect();
    let asks: BTreeSet<&Address> = asking.iter().copied().collect();
    let strangers: Vec<&Address> =
        account.conversations.keys().filter(|who| account.roster.contact(who).is_none() && !asks.contains(who)).collect();
    let mut named: Vec<(GroupKey, Vec<&Address>)> =
        account.roster.groups().iter().map(|name| (GroupKey::Named(Arc::from(name.as_str())), Vec::new())).collect();
    let places: std::collections::BTreeMap<&str, usize> =
        account.roster.groups().iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
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
    let mut all = vec![(GroupKey::Asking, asking), (GroupKey::Strangers, strangers)];
    all.append(&mut named);
    all.push((GroupKey::Ungrouped, ungrouped));
    all
}
