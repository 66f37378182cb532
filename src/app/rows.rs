//! The contact list as rows: accounts, groups, people, in the order they are shown.
//!
//! Built when it is first asked for after groups or filter changed, and kept in order after that;
//! drawing lays out only the rows in view.

use std::sync::Arc;

use crate::app::listing::{Listing, Order, Parts, Tally, Want};
use crate::app::{App, ChatKey, Peer, RoomKey, Terms};
use crate::model::AccountId;

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

/// A group on the screen. Six of them are ours and can have no name of the user's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// People who wrote and are not known: one row for all of them.
    Requests,
    /// People who ask to see us.
    Asking,
    /// People the user wants on top.
    Pinned,
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
            Self::Requests => "Requests",
            Self::Asking => "Asking to see you",
            Self::Pinned => "Pinned",
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
    /// For a group or an account: how many of its people can be reached.
    pub reachable: usize,
    /// For a group: how many people it has.
    pub total: usize,
    /// For a group: how many of its people are what.
    pub tally: Tally,
    /// For a header: what is below it is folded up.
    pub folded: bool,
}

impl Row {
    pub(super) fn new(key: RowKey) -> Self {
        Self { key, reachable: 0, total: 0, tally: Tally::default(), folded: false }
    }
}

impl App {
    /// The rows of the contact list, in order.
    #[must_use]
    pub fn rows(&self) -> &Listing {
        let screen = &self.screen;
        screen.rows.get_or_init(|| {
            let terms = Terms::read(screen.filter.text());
            let (online, unread) = (screen.online_only, screen.unread_only);
            let (apart, account) = (screen.apart, screen.account.clone());
            let want = Want { terms, online, unread, order: Order::State, parts: Parts::Roster, apart, account };
            Listing::build(self, want, &screen.folded)
        })
    }

    /// Which row is selected; the first person's where none was chosen yet.
    #[must_use]
    pub fn selected_row(&self) -> usize {
        let rows = self.rows();
        let found = self.screen.selected.as_ref().and_then(|key| rows.position(key));
        found.or_else(|| rows.first_chat()).unwrap_or(0)
    }
}
