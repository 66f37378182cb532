//! What was changed in a text, to be taken back and done again.
//!
//! Only differences are kept. Letters typed one after the other are one change up to the end of a
//! word, so that undoing goes by words and not by letters; so do letters deleted one by one.

use std::collections::VecDeque;

/// Changes kept of one text, and octets of what went and came by them.
const MAX_CHANGES: usize = 300;
const MAX_OCTETS: usize = 256 * 1024;

/// How a change came about: what belongs together is one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Typed, letter by letter.
    Typed,
    /// Deleted, letter by letter.
    Erased,
    /// All else stands for itself.
    Whole,
}

/// At a place, this went and that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: usize,
    pub(super) gone: String,
    pub(super) came: String,
    /// Where the cursor was before.
    pub(super) cursor: usize,
    pub(super) kind: Kind,
}

impl Change {
    const fn octets(&self) -> usize {
        self.gone.len() + self.came.len()
    }

    /// Takes the next change in, if both are one to the user.
    fn absorb(&mut self, next: &Change) -> bool {
        if self.kind != next.kind {
            return false;
        }
        match self.kind {
            Kind::Typed => {
                let follows = self.at + self.came.len() == next.at && self.gone.is_empty() && next.gone.is_empty();
                let new_word = self.came.ends_with(char::is_whitespace) && !next.came.starts_with(char::is_whitespace);
                if follows && !new_word {
                    self.came.push_str(&next.came);
                }
                follows && !new_word
            }
            Kind::Erased if next.at + next.gone.len() == self.at => {
                let new_word = self.gone.starts_with(char::is_whitespace) && !next.gone.ends_with(char::is_whitespace);
                if !new_word {
                    self.gone.insert_str(0, &next.gone);
                    self.at = next.at;
                }
                !new_word
            }
            Kind::Erased if next.at == self.at => {
                self.gone.push_str(&next.gone);
                true
            }
            Kind::Erased | Kind::Whole => false,
        }
    }
}

/// The changes of one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Past {
    done: VecDeque<Change>,
    undone: Vec<Change>,
    octets: usize,
    /// The last change may still grow: nothing happened since.
    open: bool,
}

impl Past {
    /// Something was changed.
    pub(super) fn note(&mut self, change: Change) {
        self.undone.clear();
        self.octets += change.octets();
        let grew = self.open && self.done.back_mut().is_some_and(|last| last.absorb(&change));
        if !grew {
            self.done.push_back(change);
        }
        self.open = true;
        while self.done.len() > 1 && (self.done.len() > MAX_CHANGES || self.octets > MAX_OCTETS) {
            let gone = self.done.pop_front().map_or(0, |change| change.octets());
            self.octets = self.octets.saturating_sub(gone);
        }
    }

    /// Whatever comes next is a change of its own.
    pub(super) fn seal(&mut self) {
        self.open = false;
    }

    /// The last change, to be taken back; it can be done again.
    pub(super) fn undo(&mut self) -> Option<&Change> {
        self.open = false;
        let change = self.done.pop_back()?;
        self.octets = self.octets.saturating_sub(change.octets());
        self.undone.push(change);
        self.undone.last()
    }

    /// The change that was taken back last, to be done again.
    pub(super) fn redo(&mut self) -> Option<&Change> {
        self.open = false;
        let change = self.undone.pop()?;
        self.octets += change.octets();
        self.done.push_back(change);
        self.done.back()
    }
}
