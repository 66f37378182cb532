//! What was said.

use std::collections::VecDeque;

use super::{Address, Availability, MessageRef, Stamp};

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Text as the person wrote it; not yet made safe for a terminal.
    pub text: String,
    /// How the sender wants all of it to look.
    pub style: TextStyle,
    /// Media type it came as, `text/plain` for what we write.
    pub content_type: String,
}

/// How a whole message is to look. A terminal shows what it can of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextStyle {
    /// Heavy.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// With a line below.
    pub underline: bool,
    /// With a line through it.
    pub strike: bool,
    /// Red, green and blue of the letters.
    pub colour: Option<[u8; 3]>,
    /// Written from right to left.
    pub right_to_left: bool,
}

impl Body {
    /// Plain text.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: TextStyle::default(), content_type: "text/plain".to_owned() }
    }
}

/// Who wrote a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// This user.
    Us,
    /// Somebody else.
    Them(Address),
}

/// What became of a message we sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not sent yet: waits for the connection or for the message before it.
    Queued,
    /// On its way; no answer yet.
    Sent,
    /// Accepted by the other person's program.
    Delivered,
    /// The server keeps it until the person signs in.
    Stored,
    /// Refused or impossible; says why.
    Failed {
        /// Why, in words for the user.
        why: String,
    },
    /// No answer came: it may have arrived or not. Never sent again without the user.
    Unconfirmed {
        /// What happened, in words for the user.
        why: String,
    },
}

impl Fate {
    /// The word in JSON events (`stored` counts as `sent`: the server has it, the person not yet).
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent | Self::Stored => "sent",
            Self::Delivered => "delivered",
            Self::Failed { .. } => "failed",
            Self::Unconfirmed { .. } => "unconfirmed",
        }
    }

    /// Whether nothing is left to wait for. What the server stores may still become delivered.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// One message in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was written, as far as known, else when it came.
    pub at: Stamp,
    /// By whom.
    pub by: Author,
    /// What.
    pub body: Body,
    /// For our own: which message; ties it to its fate.
    pub tag: Option<MessageRef>,
    /// For our own: what became of it.
    pub fate: Option<Fate>,
    /// It waited on the server while we were signed out.
    pub delayed: bool,
}

/// Something that happened in a conversation besides messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// This person asked us in.
    Opened(Address),
    /// We asked this person in.
    Invited(Address),
    /// This person came in.
    Joined(Address),
    /// This person left or could not be reached.
    Left {
        /// Who.
        who: Address,
        /// Why, in a sentence, if it was not their own wish.
        why: Option<String>,
    },
    /// This person became something, and we wished to be told.
    Became {
        /// Who.
        who: Address,
        /// What.
        now: Availability,
    },
    /// It is over for us.
    Closed {
        /// Why, in a sentence; `None`: as we wished.
        why: Option<String>,
    },
}

/// One thing in a conversation, in the order of their coming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Something was said.
    Said(Line),
    /// Something happened.
    Happened {
        /// When.
        at: Stamp,
        /// What.
        what: Happening,
    },
}

impl Entry {
    /// When.
    #[must_use]
    pub const fn at(&self) -> Stamp {
        match self {
            Self::Said(line) => line.at,
            Self::Happened { at, .. } => *at,
        }
    }

    /// The message, if it is one.
    #[must_use]
    pub const fn said(&self) -> Option<&Line> {
        match self {
            Self::Said(line) => Some(line),
            Self::Happened { .. } => None,
        }
    }
}

/// What was said and what happened in one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conversation {
    /// Oldest first; at most [`Conversation::MAX_ENTRIES`].
    pub entries: VecDeque<Entry>,
    /// How many of the last messages the user has not seen.
    pub unread: usize,
    /// The other person is writing.
    pub typing: bool,
    /// Something in it is kept on this machine until the user has seen it.
    pub kept: bool,
}

impl Conversation {
    /// Entries kept in memory for one conversation; older ones are dropped.
    pub const MAX_ENTRIES: usize = 5_000;

    /// Adds an entry at the end, dropping the oldest when there are too many.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() >= Self::MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.unread = self.unread.min(self.entries.len());
    }

    /// The messages, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.entries.iter().filter_map(Entry::said)
    }

    /// The messages, to be changed.
    pub fn lines_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Line> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Said(line) => Some(line),
            Entry::Happened { .. } => None,
        })
    }

    /// Records the fate of one of our messages; `false` if it is not here.
    pub fn set_fate(&mut self, tag: MessageRef, fate: Fate) -> bool {
        match self.lines_mut().rev().find(|line| line.tag == Some(tag)) {
            Some(line) => {
                line.fate = Some(fate);
                true
            }
            None => false,
        }
    }
}

/// A conversation of several people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// What was said and what happened.
    pub talk: Conversation,
    /// Who else is in, or was asked in, in the order of their coming; at most [`Room::MAX_PEOPLE`].
    people: Vec<Address>,
    /// Everybody who was in at some time, as many.
    been: Vec<Address>,
    /// Since when we are in it.
    pub since: Stamp,
    /// Nothing can be said here any more.
    pub over: bool,
}

impl Room {
    /// People kept of one room.
    pub const MAX_PEOPLE: usize = 200;

    /// A room with these people, since now.
    #[must_use]
    pub fn with<'a>(people: impl IntoIterator<Item = &'a Address>, now: Stamp) -> Self {
        let mut room = Self { since: now, ..Self::default() };
        people.into_iter().for_each(|who| room.enter(who));
        room
    }

    /// Who else is in, or was asked in.
    #[must_use]
    pub fn people(&self) -> &[Address] {
        &self.people
    }

    /// After whom it is called: who is in, else who was.
    #[must_use]
    pub fn named_after(&self) -> &[Address] {
        if self.people.is_empty() { &self.been } else { &self.people }
    }

    /// Somebody came in, or was asked in.
    pub fn enter(&mut self, who: &Address) {
        for list in [&mut self.people, &mut self.been] {
            if list.len() < Self::MAX_PEOPLE && !list.contains(who) {
                list.push(who.clone());
            }
        }
    }

    /// Somebody left.
    pub fn leave(&mut self, who: &Address) {
        self.people.retain(|one| one != who);
    }
}
