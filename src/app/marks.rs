//! What the user marked people with on this machine: pins, and wishes to be told of changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::Condition;
use crate::model::{Address, Availability};

/// People that can be pinned on one account.
pub const MAX_PINNED: usize = 200;
/// People of one account whose changes can be waited for.
pub const MAX_ALERTS: usize = 500;
/// People of one account who are known though they are not on the list.
pub const MAX_ACCEPTED: usize = 1_000;
/// Notes of our own that are offered again.
pub const MAX_OWN_NOTES: usize = 5;

/// The wish to be told when somebody becomes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// What they must become; none: anything else than they are.
    pub when: Option<Condition>,
    /// Again and again, not only the first time.
    pub always: bool,
}

impl Alert {
    /// Whether a change meets it. What was never known before is no change.
    #[must_use]
    pub fn met_by(&self, before: Availability, after: Availability) -> bool {
        before != Availability::Unknown
            && before != after
            && self.when.is_none_or(|condition| !condition.holds(before) && condition.holds(after))
    }

    /// `when online, once`: as it is listed.
    #[must_use]
    pub fn words(&self) -> String {
        let often = if self.always { "always" } else { "once" };
        match self.when {
            None => format!("at any change, {often}"),
            Some(condition) => format!("when {}, {often}", condition.word()),
        }
    }
}

/// What is kept on this machine for one account, besides what the network keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Shown on top.
    pub pinned: BTreeSet<Address>,
    /// Whose changes are waited for.
    pub alerts: BTreeMap<Address, Alert>,
    /// Not on the list, but accepted or written to: what they write is no request.
    pub accepted: BTreeSet<Address>,
    /// Notes we showed with our own presence, the last first.
    pub own_notes: Vec<String>,
}

impl Marks {
    /// A note of ours was shown: it is offered again.
    pub(super) fn noted(&mut self, note: &str) -> bool {
        if note.is_empty() || self.own_notes.first().is_some_and(|last| last == note) {
            return false;
        }
        self.own_notes.retain(|other| other != note);
        self.own_notes.insert(0, note.to_owned());
        self.own_notes.truncate(MAX_OWN_NOTES);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_met_by_a_change_only() {
        use Availability::{Away, Busy, Offline, Online, Unknown};
        let online = Alert { when: Some(Condition::Online), always: false };
        let free = Alert { when: Some(Condition::Free), always: false };
        let any = Alert { when: None, always: true };
        for (before, after, met) in [
            (Offline, Online, [true, true, true]),
            (Offline, Busy, [true, false, true]),
            (Busy, Online, [false, true, true]),
            (Online, Away, [false, false, true]),
            (Online, Online, [false, false, false]),
            (Unknown, Online, [false, false, false]),
            (Online, Unknown, [false, false, true]),
        ] {
            assert_eq!([online, free, any].map(|alert| alert.met_by(before, after)), met, "{before:?} {after:?}");
        }
    }

    #[test]
    fn own_notes_are_few_and_the_last_comes_first() {
        let mut marks = Marks::default();
        for note in ["a", "b", "a", "", "c", "d", "e", "f"] {
            marks.noted(note);
        }
        assert_eq!(marks.own_notes, ["f", "e", "d", "c", "a"]);
        assert!(!marks.noted("f"));
    }
}
