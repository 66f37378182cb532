//! What somebody may be asked to be: the words of filters, of alerts and of `chinwag wait`.

use crate::model::Availability;

/// A state, or several that mean the same to who waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Signed in, whatever else.
    Online,
    /// Here and ready to talk.
    Free,
    /// Here and not to be disturbed: busy, or on the phone.
    Busy,
    /// Signed in and not here.
    Away,
    /// This and nothing else.
    Exactly(Availability),
}

impl Condition {
    /// Reads a word a user may type; `None` if it is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "online" => Self::Online,
            "free" | "available" => Self::Free,
            "busy" | "dnd" => Self::Busy,
            "away" => Self::Away,
            other => match Availability::from_word(other)? {
                Availability::Online => Self::Free,
                exact => Self::Exactly(exact),
            },
        })
    }

    /// The usual word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Free => "free",
            Self::Busy => "busy",
            Self::Away => "away",
            Self::Exactly(exact) => exact.word(),
        }
    }

    /// Whether somebody who is so meets it.
    #[must_use]
    pub const fn holds(self, now: Availability) -> bool {
        match self {
            Self::Online => now.is_reachable(),
            Self::Free => matches!(now, Availability::Online),
            Self::Busy => matches!(now, Availability::Busy | Availability::OnThePhone),
            Self::Away => {
                matches!(now, Availability::Away | Availability::BeRightBack | Availability::OutToLunch | Availability::Idle)
            }
            // Both are fieldless: the same number is the same state.
            Self::Exactly(exact) => now as u8 == exact as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip_and_mean_what_they_say() {
        for word in ["online", "free", "busy", "away", "brb", "phone", "lunch", "idle", "offline", "unknown"] {
            assert_eq!(Condition::from_word(word).unwrap().word(), word);
        }
        assert_eq!(Condition::from_word("available"), Some(Condition::Free));
        assert_eq!(Condition::from_word("bob"), None);
        let met = |word: &str| {
            let condition = Condition::from_word(word).unwrap();
            Availability::ALL.into_iter().filter(|now| condition.holds(*now)).map(Availability::word).collect::<Vec<_>>()
        };
        assert_eq!(met("online"), ["online", "busy", "phone", "idle", "brb", "away", "lunch"]);
        assert_eq!(met("free"), ["online"]);
        assert_eq!(met("busy"), ["busy", "phone"]);
        assert_eq!(met("away"), ["idle", "brb", "away", "lunch"]);
        assert_eq!(met("lunch"), ["lunch"]);
        assert_eq!(met("unknown"), ["unknown"]);
    }
}
