//! What becomes of messages of people the user does not know.

/// What becomes of a message of somebody who is not on the contact list and was not written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strangers {
    /// It is held, and the user is asked.
    #[default]
    Quarantine,
    /// It is shown like any other.
    Allow,
    /// It is not let in.
    Block,
}

impl Strangers {
    /// The words of settings and policies, in the order of the policy's numbers.
    pub const WORDS: [&str; 3] = ["allow", "block", "quarantine"];

    /// What a word of settings and policies says.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "quarantine" => Some(Self::Quarantine),
            "allow" => Some(Self::Allow),
            "block" => Some(Self::Block),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_says_something() {
        let all = Strangers::WORDS.map(Strangers::from_word);
        assert_eq!(all, [Some(Strangers::Allow), Some(Strangers::Block), Some(Strangers::Quarantine)]);
        assert_eq!(Strangers::from_word("hold"), None);
    }
}
