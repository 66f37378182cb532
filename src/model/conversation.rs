//! What was said.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::{Address, Availability, FileId, MessageRef, Past, Stamp};

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
    /// For those of others: its name among all messages to this account, if one is known.
    pub id: Option<String>,
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
    /// A file is on its way.
    File(FileId),
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

    /// The file it is about, if it is about one.
    #[must_use]
    pub const fn file(&self) -> Option<FileId> {
        match self {
            Self::Happened { what: Happening::File(id), .. } => Some(*id),
            Self::Happened { .. } | Self::Said(_) => None,
        }
    }

    /// The message, to be changed.
    pub const fn said_mut(&mut self) -> Option<&mut Line> {
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
    /// The number of the oldest entry. Each has the number after the one before, and keeps it while it is
    /// here: what older ones come or go does not change it. Older ones have smaller numbers, below zero too.
    pub first: i64,
    /// How many of the last messages the user has not seen.
    pub unread: usize,
    /// How many of the unread messages name the user.
    pub mentions: usize,
    /// The other person is writing.
    pub typing: bool,
    /// Something in it is kept on this machine until the user has seen it.
    pub kept: bool,
    /// What was said before these entries, as far as it was looked up.
    pub past: Past,
    /// When the fate of messages of ours was last heard of; of as many as there are entries.
    pub heard: BTreeMap<MessageRef, Stamp>,
}

impl Conversation {
    /// Entries kept in memory for one conversation; older ones are dropped.
    pub const MAX_ENTRIES: usize = 5_000;

    /// Adds an entry at the end, dropping the oldest when there are too many.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() >= Self::MAX_ENTRIES {
            self.drop_oldest();
        }
        self.entries.push_back(entry);
        self.unread = self.unread.min(self.entries.len());
    }

    /// Drops the oldest entry.
    pub fn drop_oldest(&mut self) -> Option<Entry> {
        self.past.cut(self.first);
        let gone = self.entries.pop_front()?;
        self.first += 1;
        if let Some(tag) = gone.said().and_then(|line| line.tag) {
            self.heard.remove(&tag);
        }
        Some(gone)
    }

    /// The number of the oldest entry that can be seen.
    #[must_use]
    pub fn oldest(&self) -> i64 {
        self.past.first(self.first)
    }

    /// The number after that of the newest entry that can be seen.
    #[must_use]
    pub fn end(&self) -> i64 {
        if self.past.gap {
            return self.past.end(self.first);
        }
        self.first.saturating_add(i64::try_from(self.entries.len()).unwrap_or(i64::MAX))
    }

    /// The entry with this number, if it can be seen.
    #[must_use]
    pub fn entry(&self, number: i64) -> Option<&Entry> {
        if number < self.past.end(self.first) {
            return self.past.entries().get(usize::try_from(number.checked_sub(self.oldest())?).ok()?);
        }
        let own = (!self.past.gap).then_some(&self.entries)?;
        own.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The message with this number.
    #[must_use]
    pub fn line(&self, number: i64) -> Option<&Line> {
        self.entry(number).and_then(Entry::said)
    }

    /// The numbers of the messages in a part of it, oldest first.
    pub fn numbers(&self, within: Range<i64>) -> impl DoubleEndedIterator<Item = i64> {
        let within = within.start.max(self.oldest())..within.end.min(self.end());
        within.filter(|number| self.line(*number).is_some())
    }

    /// The number of the message that is the `count`-th from the end; of the oldest, if there are not so many.
    #[must_use]
    pub fn number_from_end(&self, count: usize) -> Option<i64> {
        self.numbers(self.oldest()..self.end()).rev().take(count).last()
    }

    /// The messages, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.entries.iter().filter_map(Entry::said)
    }

    /// The messages, to be changed.
    pub fn lines_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Line> {
        self.entries.iter_mut().filter_map(Entry::said_mut)
    }

    /// Records the fate of one of our messages; `false` if it is not here.
    pub fn set_fate(&mut self, tag: MessageRef, fate: Fate) -> bool {
        let (entries, past) = (&mut self.entries, &mut self.past);
        let own = entries.iter_mut().rev().filter_map(Entry::said_mut);
        match own.chain(past.lines_mut().rev()).find(|line| line.tag == Some(tag)) {
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
    /// The user has a part in it, whatever was said: they began it, or had it in an earlier run.
    pub known: bool,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(n: i64) -> Entry {
        let (at, by) = (Stamp::from_millis(n), Author::Us);
        Entry::Said(Line { at, by, body: Body::plain(n.to_string()), tag: None, id: None, fate: None, delayed: false })
    }

    #[test]
    fn an_entry_keeps_its_number() {
        let mut talk = Conversation::default();
        for n in 0..i64::try_from(Conversation::MAX_ENTRIES).unwrap() + 10 {
            talk.push(said(n));
        }
        assert_eq!((talk.oldest(), talk.end()), (10, 5_010));
        assert!(talk.entry(9).is_none() && talk.entry(5_010).is_none());
        assert_eq!(talk.line(10).unwrap().body.text, "10");
        assert_eq!(talk.number_from_end(3), Some(5_007));
        talk.push(Entry::Happened { at: Stamp::default(), what: Happening::Closed { why: None } });
        assert_eq!(talk.number_from_end(1), Some(talk.end() - 2), "what happened is no message");
        assert_eq!(talk.numbers(talk.end() - 3..i64::MAX).count(), 2);
        let kept = |range: std::ops::Range<i64>| {
            range.filter_map(|n| said(n).said().cloned().map(|line| (n, line))).collect::<Vec<_>>().into_iter()
        };
        talk.past.put(talk.first, crate::model::Side::Older, kept(0..11));
        talk.past.put(talk.first, crate::model::Side::Older, kept(-5..0));
        assert_eq!((talk.oldest(), talk.line(-5).unwrap().body.text.as_str()), (-5, "-5"));
        assert_eq!(talk.line(4_000).unwrap().body.text, "4000");
    }
}
