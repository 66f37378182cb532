//! What was written in a conversation before, to be walked through and used again.

use std::collections::VecDeque;

/// Texts kept of one conversation, and their octets.
const MAX_TEXTS: usize = 100;
const MAX_OCTETS: usize = 64 * 1024;

/// A text that was sent, or a command that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// As it was written.
    pub text: String,
    /// It went out as it stands, whatever it begins with.
    pub verbatim: bool,
}

/// The texts of one conversation, and where the user is among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    texts: VecDeque<Spoken>,
    walk: Option<Walk>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Walk {
    /// Which of the texts is shown.
    at: usize,
    /// What was being written when the walk began.
    draft: Spoken,
}

impl Sent {
    /// Keeps a text; the same once more is kept once.
    pub fn push(&mut self, spoken: Spoken) {
        self.walk = None;
        if self.texts.back() == Some(&spoken) {
            return;
        }
        self.texts.push_back(spoken);
        while self.texts.len() > 1 && (self.texts.len() > MAX_TEXTS || self.octets() > MAX_OCTETS) {
            self.texts.pop_front();
        }
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether `draft` is one of the texts, reached by walking, and unchanged.
    #[must_use]
    pub fn is_walking(&self, draft: &str) -> bool {
        self.walk.as_ref().and_then(|walk| self.texts.get(walk.at)).is_some_and(|spoken| spoken.text == draft)
    }

    /// The text before; `None` if there is none. What is being written is kept meanwhile.
    pub fn older(&mut self, draft: Spoken) -> Option<Spoken> {
        let walk = self.walk.take().filter(|walk| self.texts.get(walk.at).is_some_and(|spoken| spoken.text == draft.text));
        let (at, draft) = match walk {
            Some(walk) => (walk.at.checked_sub(1), walk.draft),
            None => (self.texts.len().checked_sub(1), draft),
        };
        let spoken = at.and_then(|at| self.texts.get(at).cloned());
        self.walk = Some(Walk { at: at.unwrap_or(0), draft }).filter(|_| !self.texts.is_empty());
        spoken
    }

    /// The text after, at last what was being written when the walk began; `None` without a walk.
    pub fn newer(&mut self, draft: &str) -> Option<Spoken> {
        if !self.is_walking(draft) {
            self.walk = None;
            return None;
        }
        let walk = self.walk.take()?;
        match self.texts.get(walk.at + 1) {
            Some(spoken) => {
                let spoken = spoken.clone();
                self.walk = Some(Walk { at: walk.at + 1, ..walk });
                Some(spoken)
            }
            None => Some(walk.draft),
        }
    }

    /// The texts that hold these words, the last one first; each once.
    pub fn holding(&self, words: &str) -> impl Iterator<Item = &Spoken> {
        let words = words.to_lowercase();
        let mut seen = std::collections::BTreeSet::new();
        self.texts.iter().rev().filter(move |spoken| spoken.text.to_lowercase().contains(&words) && seen.insert(&spoken.text))
    }

    fn octets(&self) -> usize {
        self.texts.iter().map(|spoken| spoken.text.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str) -> Spoken {
        Spoken { text: text.to_owned(), verbatim: false }
    }

    fn three() -> Sent {
        let mut sent = Sent::default();
        for text in ["one", "two", "two", "three"] {
            sent.push(spoken(text));
        }
        sent
    }

    #[test]
    fn there_and_back_again() {
        let mut sent = three();
        let mut draft = spoken("half wri");
        let mut seen = Vec::new();
        while let Some(text) = sent.older(draft.clone()) {
            seen.push(text.text.clone());
            draft = text;
        }
        while let Some(text) = sent.newer(&draft.text) {
            seen.push(text.text.clone());
            draft = text;
        }
        assert_eq!(seen, ["three", "two", "one", "two", "three", "half wri"]);
    }

    #[test]
    fn a_text_that_was_changed_is_a_new_one() {
        let mut sent = three();
        sent.older(spoken(""));
        assert!(sent.is_walking("three") && !sent.is_walking("three!"));
        assert_eq!(sent.newer("three!"), None);
        assert_eq!(sent.older(spoken("three!")), Some(spoken("three")));
        assert_eq!(sent.newer("three"), Some(spoken("three!")), "it is not lost");
    }

    #[test]
    fn found_by_words_and_bounded() {
        let mut sent = three();
        assert_eq!(sent.holding("T").map(|spoken| spoken.text.as_str()).collect::<Vec<_>>(), ["three", "two"]);
        for n in 0..500 {
            sent.push(spoken(&format!("{n} {}", "x".repeat(1_000))));
        }
        assert!(sent.texts.len() <= MAX_TEXTS && sent.octets() <= MAX_OCTETS);
    }
}
