//! What can be asked of the history, and what it answers.

use std::ops::Range;

use super::words::With;
use crate::model::{Address, Author, Line, MessageRef, Stamp};

/// Where a message stands among all: later ones have greater places, and no place is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub i64);

/// A message, by what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// By its place.
    Place(Place),
    /// One of ours.
    Tag(MessageRef),
    /// One of others.
    Id(String),
}

/// Which part of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The last messages.
    End,
    /// Those just before this one.
    Before(Mark),
    /// Those just after this one.
    After(Mark),
    /// This one in the middle of others.
    Around(Mark),
}

/// Who searches, and the how manieth time: of searches of one asker that have not begun only the newest
/// is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket {
    /// Who; the screen is 0.
    pub asker: u32,
    /// Greater for each search.
    pub number: u64,
}

/// A question; it is answered after everything that was to be written down before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A part of a conversation; answered by [`Found::Page`].
    Page {
        /// Who we are there.
        account: Address,
        /// With whom.
        with: With,
        /// Which part.
        part: Part,
        /// How many messages at most.
        count: usize,
    },
    /// Messages with all these words, newest first; answered by [`Found::Hits`].
    Search(Search),
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What to look for, as it was typed: each word may be the beginning of one, what stands in double
    /// quotes must be there as it is. Case and accents do not matter.
    pub words: String,
    /// Only in this conversation of this account.
    pub with: Option<(Address, With)>,
    /// Only before this place: the next part of a long answer.
    pub before: Option<Place>,
    /// How many at most.
    pub count: usize,
    /// What is held as well: what people who are not known wrote to the user alone, and nobody read.
    pub held: bool,
    /// Comes back with the answer.
    pub ticket: Ticket,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// To [`Ask::Page`].
    Page(Page),
    /// To [`Ask::Search`].
    Hits(Hits),
    /// There is no answer.
    Nothing {
        /// To this question.
        ask: Ask,
        /// Why, in words for the user.
        why: String,
    },
}

/// A part of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Who we are there.
    pub account: Address,
    /// With whom.
    pub with: With,
    /// What was asked for.
    pub part: Part,
    /// The messages, oldest first.
    pub lines: Vec<(Place, Line)>,
    /// There are older ones.
    pub more_before: bool,
    /// There are newer ones.
    pub more_after: bool,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// Of the question.
    pub ticket: Ticket,
    /// Newest first.
    pub hits: Vec<Hit>,
    /// There are older ones.
    pub more: bool,
}

/// A message that was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it stands; a page around it can be asked for.
    pub place: Place,
    /// Who we are there.
    pub account: Address,
    /// In which conversation.
    pub with: With,
    /// When.
    pub at: Stamp,
    /// By whom.
    pub by: Author,
    /// For our own: which.
    pub tag: Option<MessageRef>,
    /// For those of others: its name.
    pub id: Option<String>,
    /// Its text around the first word found; not yet made safe for a terminal.
    pub excerpt: String,
    /// Something was left out before it.
    pub cut: bool,
    /// The words found in it, in octets.
    pub marks: Vec<Range<usize>>,
}

/// A conversation that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Who we are there.
    pub account: Address,
    /// With whom.
    pub with: With,
    /// Who else said something in it.
    pub people: Vec<Address>,
    /// How many messages.
    pub count: u64,
    /// When the first and the last were said.
    pub first: Stamp,
    /// See above.
    pub last: Stamp,
}
