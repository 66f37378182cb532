//! A line for what nobody may read: it has all its room from the start, so that no copy is left where it grew,
//! and what was in it is wiped. It remembers nothing that was taken back or cut.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use super::Edit;
use crate::model::Secret;

/// Octets of a secret that can be typed.
const LONGEST: usize = 4096;

/// What is typed and not shown. Letters come and go at its end.
#[derive(PartialEq, Eq)]
pub struct SecretLine(Zeroizing<String>);

impl SecretLine {
    /// Whether all of this could be typed here.
    #[must_use]
    pub fn takes(text: &str) -> bool {
        text.len() <= LONGEST && !text.chars().any(char::is_control)
    }

    /// Letters typed.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.0.chars().count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a text in, up to the end of its first line, as far as there is room.
    pub(super) fn type_in(&mut self, text: &str) {
        for letter in text.chars().take_while(|letter| *letter != '\n' && *letter != '\r') {
            if !letter.is_control() && self.0.len() + letter.len_utf8() <= LONGEST {
                self.0.push(letter);
            }
        }
    }

    /// Does one step of editing; those that need a cursor, or a memory, do nothing.
    pub(super) fn apply(&mut self, step: Edit) {
        match step {
            Edit::Insert(letter) => self.type_in(letter.encode_utf8(&mut [0; 4])),
            Edit::Backspace => self.erase(),
            Edit::KillToStart | Edit::KillWordLeft => self.clear(),
            _ => {}
        }
    }

    /// Takes the last letter back.
    pub(super) fn erase(&mut self) {
        self.0.pop();
    }

    /// Takes all of it back.
    pub(super) fn clear(&mut self) {
        self.0.zeroize();
    }

    /// Takes it out, not a copy of it, and leaves nothing.
    pub(super) fn take(&mut self) -> Secret {
        Secret::new(std::mem::replace(&mut *self.0, String::with_capacity(LONGEST)))
    }
}

impl Default for SecretLine {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(LONGEST)))
    }
}

impl Clone for SecretLine {
    fn clone(&self) -> Self {
        // A copy as strings make it has no room, and would grow.
        let mut copy = Self::default();
        copy.0.push_str(&self.0);
        copy
    }
}

impl fmt::Debug for SecretLine {
    /// What is typed is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_being_typed_stays_in_one_place() {
        let mut line = SecretLine::default();
        let place = line.0.as_ptr();
        line.type_in("p\u{7}w\tx\nmore");
        assert_eq!((line.0.as_str(), line.letters()), ("pwx", 3));
        line.type_in(&"é".repeat(LONGEST));
        assert_eq!((line.0.len(), line.letters()), (LONGEST - 1, 3 + (LONGEST - 4) / 2));
        line.clear();
        line.type_in("again");
        assert_eq!(line.0.as_ptr(), place, "it never grew");
        let copy = line.clone();
        assert!(copy == line && copy.0.capacity() >= LONGEST);
        assert_eq!((line.take(), line.is_empty()), (Secret::new("again".to_owned()), true));
        assert!(line.0.capacity() >= LONGEST);
    }

    #[test]
    fn of_a_secret_nothing_comes_back() {
        let mut line = SecretLine::default();
        let steps = [
            (Edit::Insert('a'), "a"),
            (Edit::Insert('é'), "aé"),
            (Edit::Insert('\u{1b}'), "aé"),
            (Edit::Left, "aé"),
            (Edit::Backspace, "a"),
            (Edit::Undo, "a"),
            (Edit::KillWordLeft, ""),
            (Edit::Yank, ""),
            (Edit::Redo, ""),
            (Edit::Insert('b'), "b"),
            (Edit::KillToStart, ""),
            (Edit::Undo, ""),
            (Edit::Backspace, ""),
        ];
        for (step, left) in steps {
            line.apply(step);
            assert_eq!(line.0.as_str(), left, "{step:?}");
        }
        line.type_in("s3cret");
        assert!(!format!("{line:?}").contains("s3cret"));
    }

    #[test]
    fn what_no_key_types_is_known() {
        let (full, over) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
        for (text, typed) in [
            ("correct horse", true),
            (full.as_str(), true),
            (over.as_str(), false),
            ("tab\there", false),
            ("two\nlines", false),
            ("", true),
        ] {
            assert_eq!(SecretLine::takes(text), typed, "{} octets", text.len());
            let mut line = SecretLine::default();
            line.type_in(text);
            assert_eq!(line.take().expose() == text, typed, "{} octets", text.len());
        }
    }
}
