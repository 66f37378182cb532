//! What could be meant by what is being written: a list above it, to choose from.
//!
//! The list knows nothing of where it comes from: whoever has something to offer for the text before
//! the cursor makes one ([`names`], [`emoji`]), says which part of the text a choice takes the place
//! of, and puts it into [`crate::app::Writing::list`]. Keys, mouse and drawing are the same for all.

use std::ops::Range;

use crate::app::{App, ChatKey};
use crate::model::{Address, fold};

/// One that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What then stands in the text.
    pub insert: String,
    /// What is shown; not yet made safe for a terminal.
    pub shown: String,
    /// What else is known of it, in a few words; not yet made safe for a terminal.
    pub about: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The octets of the text that a choice takes the place of; they end at the cursor.
    pub span: Range<usize>,
    /// At least one, the best first.
    pub candidates: Vec<Candidate>,
    /// Which is marked. None in a list that came by itself: Enter sends then, as if there were none.
    pub marked: Option<usize>,
    /// The user asked for it; else it came by itself.
    pub asked: bool,
}

/// Candidates in one list; more would never be looked through.
const MAX_CANDIDATES: usize = 40;
/// Letters of the name of an emoji after which a list comes by itself.
const ENOUGH: usize = 2;
/// Octets of a word that is completed.
const MAX_WORD: usize = 64;
/// Characters of somebody's name that are put into a text.
const MAX_NAME: usize = 60;

impl Completion {
    /// Marks the next one, round the end, or the one before.
    pub fn step(&mut self, down: bool) {
        let last = self.candidates.len().saturating_sub(1);
        self.marked = Some(match (self.marked, down) {
            (None, true) => 0,
            (Some(at), true) => {
                if at >= last {
                    0
                } else {
                    at + 1
                }
            }
            (None | Some(0), false) => last,
            (Some(at), false) => at - 1,
        });
    }

    /// The one that is marked.
    #[must_use]
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.get(self.marked?)
    }
}

/// The word that ends at the cursor: where it begins, and the word.
fn word(before: &str) -> (usize, &str) {
    let start = before.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8());
    (start, before.get(start..).unwrap_or(""))
}

/// Emoji by their short names, for a text that ends at the cursor: `:smi`. Where the terminal shows
/// ASCII only, the names stay names.
#[must_use]
pub fn emoji(before: &str, ascii: bool, asked: bool) -> Option<Completion> {
    let (start, word) = word(before);
    let begun = word.strip_prefix(':')?;
    let enough = if asked { 1 } else { ENOUGH };
    let fits =
        begun.len() >= enough && begun.len() <= MAX_WORD && begun.starts_with(|c: char| c.is_ascii_alphabetic() || c == '+');
    if !fits || !begun.chars().all(is_of_a_short_name) {
        return None;
    }
    let begun = begun.to_ascii_lowercase();
    let all = emojis::iter().flat_map(|emoji| emoji.shortcodes().map(move |name| (name, emoji)));
    let mut found: Vec<_> = all.filter(|(name, _)| name.contains(&begun)).collect();
    // The nearest first: what begins so, and of that the shortest.
    found.sort_by_key(|(name, _)| (!name.starts_with(&begun), name.len()));
    let candidates: Vec<Candidate> = found
        .into_iter()
        .take(MAX_CANDIDATES)
        .map(|(name, emoji)| Candidate {
            insert: if ascii { format!(":{name}:") } else { emoji.as_str().to_owned() },
            shown: if ascii { format!(":{name}:") } else { format!("{}  :{name}:", emoji.as_str()) },
            about: emoji.name().to_owned(),
        })
        .collect();
    list(start..before.len(), candidates, asked)
}

/// The emoji whose name stands between two colons at the end of a text, `:smile:`, and where that begins.
#[must_use]
pub fn named_emoji(before: &str) -> Option<(usize, &'static str)> {
    let (start, word) = word(before);
    let name = word.strip_prefix(':')?.strip_suffix(':').filter(|name| name.len() <= MAX_WORD)?;
    emojis::get_by_shortcode(name).map(|emoji| (start, emoji.as_str()))
}

fn is_of_a_short_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+')
}

/// Names for the word at the cursor: of people in the conversation, then of contacts. After `@`, or,
/// in a conversation of several people, for any word.
#[must_use]
pub fn names(app: &App, chat: &ChatKey, before: &str) -> Option<Completion> {
    let (start, word) = word(before);
    let (at, begun) = match word.strip_prefix('@') {
        Some(rest) => ("@", rest),
        None => ("", word),
    };
    let several = matches!(chat, ChatKey::Room(_));
    if (at.is_empty() && (!several || begun.is_empty())) || begun.len() > MAX_WORD {
        return None;
    }
    let begun = fold(begun);
    // As people are spoken to: `Bob: ` at the beginning, else `Bob `.
    let end = if several && start == 0 { ": " } else { " " };
    let account = app.accounts.get(chat.account())?;
    let candidate = |who: &Address| {
        let name = plain(account.shown_name(who));
        is_meant(&name, who, &begun).then(|| Candidate {
            insert: format!("{at}{name}{end}"),
            shown: name,
            about: who.short().to_owned(),
        })
    };
    let here: Vec<&Address> = match chat {
        ChatKey::Room(key) => app.room(key).map(|room| room.people().iter().collect()).unwrap_or_default(),
        ChatKey::Person(peer) => vec![&peer.who],
    };
    let others = account.roster.contacts().map(|contact| &contact.address).filter(|who| !here.contains(who));
    let candidates: Vec<Candidate> = here.iter().copied().chain(others).filter_map(candidate).take(MAX_CANDIDATES).collect();
    list(start..before.len(), candidates, true)
}

/// Whether somebody may be meant by a word, folded, that is not at its end: the beginning of the name, of one of
/// its words, or of the address.
pub(super) fn is_meant(name: &str, who: &Address, begun: &str) -> bool {
    let name = fold(name);
    let address = [who.short(), who.user()].into_iter().any(|part| fold(part).starts_with(begun));
    address || name.starts_with(begun) || name.split(' ').any(|word| word.starts_with(begun))
}

/// A name others chose, for a text of our own: one line, nothing that is not seen.
fn plain(name: &str) -> String {
    let hidden =
        |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let seen: String = name.chars().filter(|c| !hidden(*c)).take(MAX_NAME).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list(span: Range<usize>, candidates: Vec<Candidate>, asked: bool) -> Option<Completion> {
    (!candidates.is_empty()).then_some(Completion { span, candidates, marked: asked.then_some(0), asked })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample::sample_with_rooms;

    fn inserted(list: Option<Completion>) -> Vec<String> {
        list.map(|list| list.candidates.into_iter().map(|one| one.insert).collect()).unwrap_or_default()
    }

    #[test]
    fn emoji_by_their_short_names() {
        let list = emoji("so :smil", false, false).unwrap();
        assert_eq!((list.span.clone(), list.marked), (3..8, None));
        assert_eq!(list.candidates[0].insert, "😄");
        assert!(list.candidates[0].shown.contains(":smile:"));
        for none in ["see :1", "at 10:30", "http://x", "a::sm", ":", ":s", "x:smile"] {
            assert_eq!(emoji(none, false, false), None, "{none}");
        }
        assert!(emoji(":s", false, true).is_some(), "asked for, one letter does");
        assert_eq!(inserted(emoji(":smile", true, false))[0], ":smile:", "a terminal of ASCII shows no emoji");
        assert_eq!(named_emoji("so :tada:"), Some((3, "🎉")));
        assert_eq!(named_emoji("so :nothing:"), None);
        assert_eq!(named_emoji("std::tada:"), None);
    }

    #[test]
    fn names_of_those_who_are_in_come_first() {
        let app = sample_with_rooms();
        let room = app.screen.open().cloned().unwrap();
        assert!(matches!(room, ChatKey::Room(_)));
        let all = inserted(names(&app, &room, "@"));
        let people = app.open_chat().map(|(account, _)| account.roster.len()).unwrap();
        assert!(all.len() >= people && all[0].starts_with('@'), "{all:?}");
        let bob = inserted(names(&app, &room, "bo"));
        assert_eq!(bob[0], "Bob Stone: ", "spoken to");
        assert_eq!(inserted(names(&app, &room, "ask sto"))[0], "Bob Stone ");
        assert_eq!(inserted(names(&app, &room, "@INES"))[0], "@Inês: ", "whatever the case and the accents");
        let person = ChatKey::Person(crate::app::Peer::new(room.account(), &Address::parse("bob@example.test").unwrap()));
        assert_eq!(names(&app, &person, "bo"), None, "in a conversation of two, words are words");
        assert_eq!(inserted(names(&app, &person, "@bo"))[0], "@Bob Stone ");
    }

    #[test]
    fn names_of_others_hide_nothing_in_our_text() {
        assert_eq!(plain("Eve\u{202e}\n\u{1b}[2J  Adams"), "Eve[2J Adams");
        assert_eq!(plain(&"x".repeat(500)).len(), MAX_NAME);
    }
}
