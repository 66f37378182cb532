//! The menu of one's own presence: a state in one key, states with a text that administrators offer, a note, the notes
//! of before.

use crate::app::{App, Composer, STATES};
use crate::model::{AccountId, Availability};

/// The menu while it is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusMenu {
    /// The row that is marked.
    pub marked: usize,
    /// The note that goes with what is chosen.
    pub note: Composer,
    /// The note has the keyboard.
    pub writing: bool,
    /// Which account it is about; none = all.
    pub account: Option<AccountId>,
    /// States with a text that administrators offer.
    pub offered: Vec<(Availability, String)>,
    /// Notes shown before, the last first; those of the account, or of all.
    pub notes: Vec<String>,
}

/// A row of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRow<'a> {
    /// Be so.
    State(Availability),
    /// Be so, with this note.
    Offered(Availability, &'a str),
    /// Write a note.
    Note,
    /// Show this note again.
    Again(&'a str),
}

impl StatusMenu {
    /// The menu for one account, or for all.
    #[must_use]
    pub fn about(app: &App, account: Option<AccountId>) -> Self {
        let meant = || app.accounts.iter().filter(|(id, _)| account.as_ref().is_none_or(|one| one == *id));
        let own = meant().next().map(|(_, view)| &view.own);
        let marked = own.and_then(|own| STATES.iter().position(|state| *state == own.chosen)).unwrap_or(0);
        let note = own.map_or("", |own| &own.note);
        let mut notes: Vec<String> = Vec::new();
        for old in meant().flat_map(|(_, view)| &view.marks.own_notes) {
            if old != note && !notes.contains(old) {
                notes.push(old.clone());
            }
        }
        notes.truncate(crate::app::marks::MAX_OWN_NOTES);
        let offered = offered(&app.policy.screen().states);
        Self { marked, note: Composer::with(note), writing: false, offered, notes, account }
    }

    /// Administrators offer other states while the menu is open.
    pub(super) fn offer(&mut self, states: &[(String, String)]) {
        self.offered = offered(states);
        self.marked = self.marked.min(self.len() - 1);
    }

    /// The row of the note.
    #[must_use]
    pub fn note_row(&self) -> usize {
        STATES.len() + self.offered.len()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.note_row() + 1 + self.notes.len()
    }

    /// Never.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// The row at this place.
    #[must_use]
    pub fn row(&self, at: usize) -> Option<StatusRow<'_>> {
        if let Some(state) = STATES.get(at) {
            return Some(StatusRow::State(*state));
        }
        match at.checked_sub(self.note_row()) {
            None => self.offered.get(at - STATES.len()).map(|(state, text)| StatusRow::Offered(*state, text)),
            Some(0) => Some(StatusRow::Note),
            Some(note) => self.notes.get(note - 1).map(|note| StatusRow::Again(note)),
        }
    }

    /// The key that chooses a row: a digit for a state, as far as there are digits, a letter for a note.
    #[must_use]
    pub fn key(&self, at: usize) -> Option<char> {
        match at.checked_sub(self.note_row()) {
            None => char::from_digit(u32::try_from(at).ok()? + 1, 10),
            Some(0) => Some('n'),
            Some(note) => char::from_u32(u32::from('a') + u32::try_from(note - 1).ok()?).filter(|c| *c < 'n'),
        }
    }

    /// The digits that choose: `1-7`.
    #[must_use]
    pub fn digits(&self) -> String {
        format!("1-{}", self.note_row().min(9))
    }

    /// The row that this key chooses.
    #[must_use]
    pub fn place_of(&self, key: char) -> Option<usize> {
        (0..self.len()).find(|at| self.key(*at) == Some(key.to_ascii_lowercase()))
    }

    /// The next account of those there are, after the last one all of them again.
    #[must_use]
    pub fn next_account(&self, app: &App) -> Self {
        let next = match &self.account {
            None => app.accounts.keys().next().filter(|_| app.accounts.len() > 1),
            Some(id) => app.accounts.keys().skip_while(|other| *other != id).nth(1),
        };
        Self::about(app, next.cloned())
    }
}

/// States as administrators write them, as the menu has them.
fn offered(states: &[(String, String)]) -> Vec<(Availability, String)> {
    states.iter().filter_map(|(state, text)| Some((Availability::from_word(state)?, text.clone()))).collect()
}
