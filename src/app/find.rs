//! Words in texts, whatever their case and their accents: as they are typed, and where they stand.

use std::ops::Range;

use crate::app::{App, ChatKey};
use crate::history::Place;
use crate::model::{Author, Stamp, fold, letters};

/// Characters of a search that count, and parts of it.
const LONGEST: usize = 400;
const TERMS: usize = 16;
/// Places marked in one text.
const MAX_MARKS: usize = 200;
/// Characters of a text that are shown of it, and of those how many before the first word found.
const SHOWN: usize = 200;
const LEAD: usize = 40;
/// Messages found at most, and octets of text looked through for them.
const MAX_HITS: usize = 200;
const MAX_TEXT: usize = 16 * 1024 * 1024;

/// A message that was looked for in all conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In which conversation.
    pub chat: ChatKey,
    /// Where it is.
    pub spot: Spot,
    /// When.
    pub at: Stamp,
    /// By whom.
    pub by: Author,
    /// Its text around the first word found; not yet made safe for a terminal.
    pub excerpt: String,
    /// Something was left out before it.
    pub cut: bool,
    /// The words found in it, in octets.
    pub marks: Vec<Range<usize>>,
}

/// Where a message that was found is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// At hand, with this number.
    Here(i64),
    /// In the history, at this place.
    Kept(Place),
}

/// Words that must all be there, each anywhere; what stands in double quotes as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<String>);

impl Query {
    /// `None` if there is nothing to look for.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let typed: String = typed.chars().take(LONGEST).collect();
        let mut terms = Vec::new();
        for (n, part) in typed.split('"').enumerate() {
            if n % 2 == 1 {
                terms.push(fold(part));
            } else {
                terms.extend(part.split_whitespace().map(fold));
            }
        }
        terms.retain(|term| !term.trim().is_empty());
        terms.truncate(TERMS);
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// Whether a text holds all of them.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let folded = fold(text);
        self.0.iter().all(|term| folded.contains(term.as_str()))
    }

    /// Where they stand in a text, in octets, in order and apart.
    #[must_use]
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let letters = letters(text);
        let mut found = Vec::new();
        for term in &self.0 {
            let term: Vec<char> = term.chars().collect();
            let places = letters
                .windows(term.len().max(1))
                .filter(|part| part.iter().map(|letter| letter.folded).eq(term.iter().copied()));
            found.extend(places.filter_map(|part| Some(part.first()?.at.start..part.last()?.at.end)).take(MAX_MARKS));
        }
        apart(found)
    }

    /// The part of a text that is to be shown, whether it begins later than the text, and the marks in it.
    pub(super) fn excerpt(&self, text: &str) -> (String, bool, Vec<Range<usize>>) {
        let marks = self.marks(text);
        let first = marks.first().map_or(0, |mark| mark.start);
        let before = text.get(..first).unwrap_or_default();
        let start = before.char_indices().rev().take(LEAD).last().map_or(first, |(at, _)| at);
        let shown: String = text.get(start..).unwrap_or_default().chars().take(SHOWN).collect();
        let within = |mark: Range<usize>| Some(mark.start.checked_sub(start)?..(mark.end - start).min(shown.len()));
        let marks = marks.into_iter().filter_map(within).filter(|mark| mark.start < mark.end).collect();
        (shown, start > 0, marks)
    }
}

/// The messages of everybody that hold these words, the newest first, and whether there may be more.
/// Whatever is at hand is looked through, the conversations heard of last first.
#[must_use]
pub fn in_all(app: &App, query: &Query) -> (Vec<Hit>, bool) {
    let mut talks: Vec<_> = app.accounts.iter().flat_map(|(id, account)| account.chats(id)).collect();
    talks.sort_by_key(|(_, talk)| std::cmp::Reverse(talk.entries.back().map(crate::model::Entry::at)));
    let (mut hits, mut read, mut more) = (Vec::new(), 0, false);
    'talks: for (chat, talk) in talks {
        for number in talk.numbers(talk.oldest()..talk.end()).rev() {
            let Some(line) = talk.line(number) else { continue };
            read += line.body.text.len();
            if read > MAX_TEXT {
                more = true;
                break 'talks;
            }
            if query.is_in(&line.body.text) {
                let (excerpt, cut, marks) = query.excerpt(&line.body.text);
                hits.push(Hit {
                    chat: chat.clone(),
                    spot: Spot::Here(number),
                    at: line.at,
                    by: line.by.clone(),
                    excerpt,
                    cut,
                    marks,
                });
            }
        }
    }
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.at));
    more |= hits.len() > MAX_HITS;
    hits.truncate(MAX_HITS);
    (hits, more)
}

/// Places in order, those that meet made one.
fn apart(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|mark| (mark.start, mark.end));
    found.dedup_by(|next, mark| {
        let meets = next.start < mark.end;
        if meets {
            mark.end = mark.end.max(next.end);
        }
        meets
    });
    found.truncate(MAX_MARKS);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked<'t>(typed: &str, text: &'t str) -> Vec<&'t str> {
        Query::read(typed).map_or_else(Vec::new, |query| query.marks(text).into_iter().map(|mark| &text[mark]).collect())
    }

    #[test]
    fn case_and_accents_do_not_matter() {
        assert_eq!(marked("gruss", "Gruss, GRUSS"), ["Gruss", "GRUSS"]);
        assert_eq!(marked("ines", "Inês, INE\u{302}S"), ["Inês", "INE\u{302}S"]);
        assert_eq!(marked("日本", "これは日本語"), ["日本"]);
        assert_eq!(marked("ﬁle", "FILE"), ["FILE"]);
        assert_eq!(marked("evil", "e\u{200b}vil"), ["e\u{200b}vil"]);
        assert_eq!(marked("a aa", "aaa b"), ["aaa"], "marks do not overlap");
    }

    #[test]
    fn all_words_and_what_is_quoted() {
        let query = Query::read("disk \"on db\"").unwrap();
        assert!(query.is_in("the DISK is on DB3") && !query.is_in("disk db3 on") && !query.is_in("on db3"));
        for nothing in ["", "  ", "\"", "\" \""] {
            assert_eq!(Query::read(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn an_excerpt_holds_the_first_word_found() {
        let long = format!("{} näedle {}", "é".repeat(5_000), "z".repeat(5_000));
        let (shown, cut, marks) = Query::read("naedle").unwrap().excerpt(&long);
        assert!(cut && shown.chars().count() == SHOWN);
        assert_eq!(marks.iter().map(|mark| &shown[mark.clone()]).collect::<Vec<_>>(), ["näedle"]);
        let (shown, cut, marks) = Query::read("b").unwrap().excerpt("a b c");
        assert_eq!((shown.as_str(), cut, &shown[marks[0].clone()]), ("a b c", false, "b"));
    }

    proptest! {
        #[test]
        fn marks_are_places(text in ".{0,60}", typed in ".{1,4}") {
            if let Some(query) = Query::read(&typed) {
                let marks = query.marks(&text);
                prop_assert_eq!(query.0.len() == 1 && query.is_in(&text), query.0.len() == 1 && !marks.is_empty());
                let mut last = 0;
                for mark in marks {
                    prop_assert!(mark.start >= last && text.get(mark.clone()).is_some());
                    last = mark.end;
                }
            }
        }
    }
}
