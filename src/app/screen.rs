//! What is open, selected, folded, scrolled and half written. Drawing is a function of it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::commands::Cycle;
use super::menu::Menu;
use super::palette::Choice;
use super::{
    Anchor, Board, ChatKey, Chord, Clicked, Composer, Doubt, Dragged, Finder, Hinting, History, LinkDoubt, Pane, PaneId, Panes,
    Peer, PolicyPage, RequestPage, RoomKey, RowKey, Search, SecretLine, SettingsPage, Spoken, StatusMenu, Viewed, Vim, Way,
    Writing, listing::Listing,
};
use crate::model::{AccountId, Stamp};

/// The part of the state that is about the screen.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// The places for conversations.
    pub panes: Panes,
    /// The conversation that was open before.
    pub last: Option<ChatKey>,
    /// The conversations that were open, to go back to and forward again.
    pub visited: Visited,
    /// The row of the contact list that is selected.
    pub selected: Option<RowKey>,
    /// The rows of the contact list, once somebody asked for them; emptied when they may differ.
    pub(super) rows: OnceCell<Listing>,
    /// First row of the contact list that was shown last.
    pub roster_top: usize,
    /// Headers of groups and accounts below which everything is folded up.
    pub folded: BTreeSet<RowKey>,
    /// Each account stands by itself in lists; else groups of the same name are one.
    pub apart: bool,
    /// Only this account is listed.
    pub account: Option<AccountId>,
    /// What contacts must have to be listed ([`super::Terms`]); empty = all.
    pub filter: Composer,
    /// The filter is being typed.
    pub filtering: bool,
    /// Only people who can be reached are listed, and who wrote something unread.
    pub online_only: bool,
    /// Only conversations with something unread are listed.
    pub unread_only: bool,
    /// Who is what since when, over the whole screen.
    pub board: Board,
    /// What is written in each conversation and not sent.
    pub drafts: BTreeMap<ChatKey, Composer>,
    /// Where one was in conversations that were left, where that was not the end.
    pub(super) left_at: BTreeMap<ChatKey, Anchor>,
    /// Words are looked for in the open conversation.
    pub search: Option<Search>,
    /// A link is being chosen by letters.
    pub hinting: Option<Hinting>,
    /// The mouse is held down over messages.
    pub dragged: Option<Dragged>,
    /// The message that was clicked last.
    pub(super) clicked: Option<Clicked>,
    /// What goes with them.
    pub writing: Writing,
    /// The user wished to begin a conversation of several people on this account: it is opened as
    /// soon as it is there.
    pub opening: Option<AccountId>,
    /// Going through the proposals for a command.
    pub cycle: Cycle,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// When a key that is no answer was last typed into a question to make sure.
    pub mistyped: Option<Stamp>,
    /// The question that waits has the keyboard; which of its answers is marked.
    pub answering: Option<usize>,
    /// Columns the user gave the contact list; `None`: as the width of the screen suggests.
    pub roster_width: Option<u16>,
    /// What is remembered over restarts changed, and a moment later it is written down.
    pub(super) reshaped: Option<Written>,
    /// The line that is held by the mouse.
    pub held: Option<Held>,
    /// A message that is to be selected when it has been looked up.
    pub(super) going: Option<(ChatKey, crate::history::Place)>,
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
    /// Keys pressed that begin something.
    pub pending: Vec<Chord>,
    /// Names of the actions the palette was used for, the latest at the end.
    pub used: Vec<&'static str>,
    /// What the palette found for what is typed, once somebody asked; emptied by whatever happens.
    pub(super) found: OnceCell<Vec<Choice>>,
    /// The mode of writing, in the key set that has modes.
    pub vim: Vim,
    /// To whom we said that we are writing.
    pub told_typing: Option<(Peer, Stamp)>,
}

/// A line between two parts of the screen, held by the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The one right of the contact list.
    Roster,
    /// The one before this pane.
    Pane(PaneId, Way),
}

/// How far a change of the screen is on its way to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is to be.
    Wanted,
    /// It is, in a moment.
    Soon,
}

/// The way through the conversations, for going back and forward.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visited {
    /// Opened before the one that is open, the latest at the end; at most [`Visited::MAX`].
    past: Vec<ChatKey>,
    /// Left by going back, the nearest at the end.
    ahead: Vec<ChatKey>,
}

impl Visited {
    /// Conversations remembered.
    pub const MAX: usize = 100;

    /// Another conversation takes the place of this one, by the user's wish.
    pub fn leave(&mut self, chat: ChatKey) {
        self.ahead.clear();
        if self.past.last() != Some(&chat) {
            self.past.push(chat);
        }
        if self.past.len() > Self::MAX {
            self.past.remove(0);
        }
    }

    /// Where to go when this is open: back, or forward again.
    pub fn go(&mut self, here: Option<ChatKey>, backwards: bool) -> Option<ChatKey> {
        let (from, to) = if backwards { (&mut self.past, &mut self.ahead) } else { (&mut self.ahead, &mut self.past) };
        let mut next = from.pop()?;
        if here.as_ref() == Some(&next) {
            next = from.pop()?;
        }
        to.extend(here);
        Some(next)
    }

    /// The conversations that were open, the latest first.
    pub fn latest(&self) -> impl Iterator<Item = &ChatKey> {
        self.past.iter().rev()
    }

    /// A conversation is gone.
    pub fn forget(&mut self, chat: &ChatKey) {
        self.keep(|one| one != chat);
    }

    /// All conversations but these are gone.
    pub(super) fn keep(&mut self, stays: impl Fn(&ChatKey) -> bool) {
        self.past.retain(&stays);
        self.ahead.retain(&stays);
    }
}

impl super::App {
    /// Columns of the contact list on a screen of this width, where the user gave it no others.
    #[must_use]
    pub fn usual_roster_width(columns: u16) -> u16 {
        (columns / 10 * 3 + columns % 10 * 3 / 10).clamp(22, 32)
    }

    /// From this many columns on there is room for the details: beside one conversation, or several.
    #[must_use]
    pub fn details_from(&self) -> u16 {
        let one = self.screen.panes.count() == 1 || self.screen.panes.is_zoomed();
        if one { 100 } else { 160 }
    }
}

impl Screen {
    /// The conversation that is open in the focused pane.
    #[must_use]
    pub fn open(&self) -> Option<&ChatKey> {
        self.panes.focused().chat.as_ref()
    }

    /// What was sent in a conversation before and holds these words, the last first.
    #[must_use]
    pub fn sent_before(&self, chat: &ChatKey, words: &str) -> Vec<&Spoken> {
        self.writing.sent.get(chat).map(|sent| sent.holding(words).collect()).unwrap_or_default()
    }

    /// The focused pane.
    #[must_use]
    pub fn pane(&self) -> &Pane {
        self.panes.focused()
    }

    /// The focused pane, to be changed.
    pub fn pane_mut(&mut self) -> &mut Pane {
        self.panes.focused_mut()
    }
}

/// Something over the panes. It has the keyboard while it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// Keys and commands: what is typed to search them, and how many rows they are scrolled down.
    Help(Composer, usize),
    /// Go to anything: what is typed, and which row is marked.
    Palette(Composer, usize),
    /// Whom to ask into this conversation: what is typed, and which row is marked.
    Invite(ChatKey, Composer, usize),
    /// Whom to add, with the help of the server's directory.
    Find(Finder),
    /// What can be done with something.
    Menu(Menu),
    /// Own presence.
    Status(StatusMenu),
    /// Whose changes are waited for; which row is marked.
    Alerts(usize),
    /// Everything that is known of a message; scrolled down by this many rows.
    Letter(ChatKey, i64, usize),
    /// Words looked for in all conversations.
    History(History),
    /// What was sent in this conversation before: what is typed, and which of those found is marked.
    Sent(ChatKey, Composer, usize),
    /// What to do with a text; which of the answers is marked.
    Doubt(Doubt, usize),
    /// One line to be typed, for this purpose.
    Ask(Purpose, Composer),
    /// Another password for this account; what is typed is not shown.
    Password(AccountId, SecretLine),
    /// What can be set.
    Settings(SettingsPage),
    /// What administrators have set.
    Policies(PolicyPage),
    /// Who wrote, or asks to see us, and is not known.
    Requests(RequestPage),
    /// A picture.
    Picture(Viewed),
    /// Sure? For this purpose.
    Confirm(Purpose),
    /// Something to be read that is longer than a note.
    Told {
        /// Its title.
        title: &'static str,
        /// What is said; not yet made safe.
        lines: Vec<String>,
        /// Rows scrolled down.
        top: usize,
    },
}

impl Overlay {
    /// The account it is about, if it is about one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Invite(chat, ..) | Self::Letter(chat, ..) | Self::Sent(chat, ..) => Some(chat.account()),
            Self::Find(finder) => Some(&finder.account),
            Self::Status(menu) => menu.account.as_ref(),
            Self::Ask(purpose, _) | Self::Confirm(purpose) => purpose.account(),
            Self::Password(id, _) => Some(id),
            Self::Help(..)
            | Self::Palette(..)
            | Self::Menu(_)
            | Self::Alerts(_)
            | Self::History(_)
            | Self::Doubt(..)
            | Self::Settings(_)
            | Self::Policies(_)
            | Self::Told { .. } => None,
            Self::Picture(viewed) => Some(&viewed.account),
            Self::Requests(page) => page.at.as_ref().map(|peer| &peer.account),
        }
    }

    /// Whether letters are typed into it.
    #[must_use]
    pub const fn takes_text(&self) -> bool {
        match self {
            Self::Palette(..)
            | Self::Help(..)
            | Self::Invite(..)
            | Self::Find(_)
            | Self::Ask(..)
            | Self::Password(..)
            | Self::Status(_)
            | Self::History(_)
            | Self::Sent(..)
            | Self::Settings(_)
            | Self::Policies(_) => true,
            Self::Menu(_)
            | Self::Alerts(_)
            | Self::Letter(..)
            | Self::Doubt(..)
            | Self::Told { .. }
            | Self::Confirm(_)
            | Self::Requests(_)
            | Self::Picture(_) => false,
        }
    }
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
    /// A note to show with one's own presence.
    Note,
    /// Open a link, even if there are doubts about it.
    Follow(String, Vec<LinkDoubt>),
    /// Leave although something is written and not sent.
    Quit,
}

impl Purpose {
    /// A link about which nothing is odd: Enter is answer enough.
    #[must_use]
    pub fn is_plain_link(&self) -> bool {
        matches!(self, Self::Follow(_, doubts) if doubts.iter().all(|doubt| *doubt == LinkDoubt::Rule))
    }

    /// The account it is about, if it is about one.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Rename(peer) | Self::Groups(peer) | Self::Remove(peer) | Self::Block(peer) => Some(&peer.account),
            Self::RenameGroup(id, _) | Self::RemoveGroup(id, _) | Self::NewGroup(id) => Some(id),
            Self::Leave(room) => Some(&room.account),
            Self::Add | Self::Look | Self::Note | Self::Follow(..) | Self::Quit => None,
        }
    }
}
