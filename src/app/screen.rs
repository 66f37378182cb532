//! What is open, selected, folded, scrolled and half written. Drawing is a function of it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::{ChatKey, Composer, Finder, GroupKey, Peer, RoomKey, Row, RowKey};
use crate::model::{AccountId, Stamp};

/// The part of the state that is about the screen.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// The conversation that is open.
    pub open: Option<ChatKey>,
    /// The one before it.
    pub last: Option<ChatKey>,
    /// The row of the contact list that is selected.
    pub selected: Option<RowKey>,
    /// The rows of the contact list, once somebody asked for them; emptied when they may differ.
    pub(super) rows: OnceCell<Vec<Row>>,
    /// First row of the contact list that was shown last.
    pub roster_top: usize,
    /// Groups that are folded up.
    pub folded: BTreeSet<(AccountId, GroupKey)>,
    /// Text that contacts must hold to be listed; empty = all.
    pub filter: Composer,
    /// The filter is being typed.
    pub filtering: bool,
    /// How many rows the messages are scrolled back; 0 = the end is in view.
    pub back: usize,
    /// How many of the last messages are new since the conversation was opened: the place of the mark.
    pub new_lines: usize,
    /// What is written in each conversation and not sent.
    pub drafts: BTreeMap<ChatKey, Composer>,
    /// The user wished to begin a conversation of several people on this account: it is opened as
    /// soon as it is there.
    pub opening: Option<AccountId>,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// When a key that is no answer was last typed into a question to make sure.
    pub mistyped: Option<Stamp>,
    /// The question that waits has the keyboard; which of its answers is marked.
    pub answering: Option<usize>,
    /// The contact list is hidden where there is room for two panes.
    pub roster_hidden: bool,
    /// The details pane is hidden where there is room for three.
    pub details_hidden: bool,
    /// The name of the theme in force.
    pub theme: String,
    /// Mouse events are wanted; the terminal follows.
    pub mouse: bool,
    /// The last note is shown.
    pub note_shown: bool,
    /// The next Ctrl-C ends the program.
    pub quit_armed: bool,
    /// To whom we said that we are writing.
    pub told_typing: Option<(Peer, Stamp)>,
}

/// Something over the panes. It has the keyboard while it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// Keys and commands; scrolled down by this many rows.
    Help(usize),
    /// Go to anything: what is typed, and which row is marked.
    Palette(Composer, usize),
    /// Whom to ask into this conversation: what is typed, and which row is marked.
    Invite(ChatKey, Composer, usize),
    /// Whom to add, with the help of the server's directory.
    Find(Finder),
    /// Own presence: which row is marked.
    Status(usize),
    /// One line to be typed, for this purpose.
    Ask(Purpose, Composer),
    /// Sure? For this purpose.
    Confirm(Purpose),
}

/// What a question asked of the user is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Add a person: address, then perhaps a name.
    Add,
    /// Another name for a contact.
    Rename(Peer),
    /// Groups of a contact, with commas between.
    Groups(Peer),
    /// Another name for a group.
    RenameGroup(AccountId, String),
    /// Take a contact off the list.
    Remove(Peer),
    /// Take a group off the list.
    RemoveGroup(AccountId, String),
    /// A new group on this account.
    NewGroup(AccountId),
    /// Refuse a person everything.
    Block(Peer),
    /// Leave a conversation of several people.
    Leave(RoomKey),
    /// How the next messages are to look.
    Look,
    /// Another password for this account; what is typed is not shown.
    Password(AccountId),
    /// A note to show with one's own presence.
    Note,
    /// Leave although something is written and not sent.
    Quit,
}
