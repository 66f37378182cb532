//! What was said in a conversation before what is at hand, as far as it was looked up.

use std::collections::VecDeque;

use super::{Conversation, Entry, Line};

/// A part of what was said before the entries of a conversation: it lies before them, and it moves, since
/// all of it would not fit into memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// Oldest first, nothing left out among them.
    entries: VecDeque<Entry>,
    /// The place of each among all that is kept.
    places: VecDeque<i64>,
    /// The number of the oldest, where there is a gap; else they end where the conversation's own begin.
    first: i64,
    /// The places between which everything was looked up, whether it is here or among the conversation's
    /// own entries.
    pub looked_at: Option<(i64, i64)>,
    /// There is something older.
    pub more: bool,
    /// Between these and the conversation's own entries something is left out.
    pub gap: bool,
    /// An answer is waited for.
    pub waiting: bool,
}

/// Numbers between what was looked up apart and the conversation's own entries; more than anybody can
/// scroll through.
const APART: i64 = 1 << 40;

/// At which end something is put, and at which it may go then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Older than what is there.
    Older,
    /// Newer.
    Newer,
}

impl Past {
    /// Entries kept of it, and octets of their text.
    pub const MAX_ENTRIES: usize = 2_000;
    /// See above.
    pub const MAX_TEXT: usize = 2 * 1024 * 1024;

    /// Oldest first.
    #[must_use]
    pub const fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// Which entry has this place.
    #[must_use]
    pub fn position(&self, place: i64) -> Option<usize> {
        self.places.iter().position(|one| *one == place)
    }

    /// The number of the oldest; `own` = that of the conversation's own oldest entry.
    #[must_use]
    pub fn first(&self, own: i64) -> i64 {
        if self.gap { self.first } else { own.saturating_sub(self.count()) }
    }

    /// The number after that of the newest.
    #[must_use]
    pub fn end(&self, own: i64) -> i64 {
        self.first(own).saturating_add(self.count())
    }

    fn count(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX)
    }

    /// What is looked up from now on does not lead to the conversation's own entries.
    pub fn begin_apart(&mut self, own: i64) {
        self.gap = true;
        self.first = own.saturating_sub(APART);
    }

    /// Puts messages at one end, oldest first; what is too much goes from the other. `own` = the number of
    /// the conversation's own oldest entry.
    pub fn put(&mut self, own: i64, side: Side, lines: impl DoubleEndedIterator<Item = (i64, Line)>) {
        self.first = self.first(own);
        match side {
            Side::Older => {
                for (place, line) in lines.rev() {
                    self.first -= 1;
                    self.entries.push_front(Entry::Said(line));
                    self.places.push_front(place);
                }
            }
            Side::Newer => {
                for (place, line) in lines {
                    self.entries.push_back(Entry::Said(line));
                    self.places.push_back(place);
                }
            }
        }
        self.trim(side);
    }

    fn trim(&mut self, put: Side) {
        let size = |entry: &Entry| entry.said().map_or(0, |line| line.body.text.len());
        let mut held: usize = self.entries.iter().map(size).sum();
        while (self.entries.len() > Self::MAX_ENTRIES || held > Self::MAX_TEXT) && self.entries.len() > 1 {
            let gone = match put {
                Side::Older => {
                    self.gap = true;
                    self.places.pop_back();
                    self.entries.pop_back()
                }
                Side::Newer => {
                    self.more = true;
                    self.first += 1;
                    self.places.pop_front();
                    self.entries.pop_front()
                }
            };
            held -= gone.as_ref().map_or(0, size);
            if let (Some((from, to)), Some(first), Some(last)) = (&mut self.looked_at, self.places.front(), self.places.back()) {
                match put {
                    Side::Older => *to = *last,
                    Side::Newer => *from = *first,
                }
            }
        }
    }

    /// The oldest of the conversation's own entries went: it was not looked at yet, or is left out now.
    pub(super) fn cut(&mut self, own: i64) {
        if self.entries.is_empty() {
            self.looked_at = None;
        } else {
            self.first = self.first(own);
            self.gap = true;
        }
    }

    /// The messages, to be changed.
    pub(super) fn lines_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Line> {
        self.entries.iter_mut().filter_map(Entry::said_mut)
    }
}

impl Conversation {
    /// What can be seen of it without looking anything up, oldest first: what was looked up of the past, and
    /// the conversation's own entries where nothing is left out between.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &Entry> + Clone {
        let own = (!self.past.gap).then_some(&self.entries);
        self.past.entries.iter().chain(own.into_iter().flatten())
    }

    /// Back to the end of it: what was looked up of the past is let go, if it does not lead there.
    pub fn to_end(&mut self) {
        if self.past.gap {
            self.past = Past { waiting: self.past.waiting, ..Past::default() };
        }
    }
}
