//! What is looked for: words as they are typed become a question to the index, and marks in what it finds.
//!
//! Nothing of what is typed reaches the language of the index but letters and digits (`fold`).

use std::ops::Range;

use super::fold;

/// Characters of a search that count, and parts of it.
const LONGEST: usize = 400;
const TERMS: usize = 16;
/// Characters of a text that are shown of it, and of those how many before the first word found.
const SHOWN: usize = 200;
const LEAD: usize = 40;

/// Words that must all be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query(Vec<Term>);

/// Words in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    words: Vec<String>,
    /// The last may be the beginning of one.
    begun: bool,
}

impl Query {
    /// `None` if there is nothing to look for.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let typed: String = typed.chars().take(LONGEST).collect();
        let mut terms = Vec::new();
        for (n, part) in typed.split('"').enumerate() {
            if n % 2 == 1 {
                terms.extend(Term::of(part, false));
            } else {
                terms.extend(part.split_whitespace().filter_map(|word| Term::of(word, true)));
            }
        }
        terms.truncate(TERMS);
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// In the language of the index; `talk` = only in this conversation.
    pub(super) fn to_index(&self, talk: Option<i64>) -> String {
        let terms: Vec<String> =
            self.0.iter().map(|term| format!("\"{}\"{}", term.words.join(" "), if term.begun { " *" } else { "" })).collect();
        let mut text = format!("text : ({})", terms.join(" AND "));
        if let Some(talk) = talk {
            text = format!("talk : \"{}\" AND {text}", super::past::talk_word(talk));
        }
        text
    }

    /// Where the words stand in a text, in octets, in order and apart.
    pub(super) fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let words = fold::words(text);
        let mut marks: Vec<Range<usize>> = Vec::new();
        for term in &self.0 {
            for found in words.windows(term.words.len()).filter(|found| term.is(found)) {
                if let (Some(first), Some(last)) = (found.first(), found.last()) {
                    marks.push(first.at.start..last.at.end);
                }
            }
        }
        marks.sort_by_key(|mark| (mark.start, mark.end));
        marks.dedup_by(|next, mark| {
            let meets = next.start <= mark.end;
            if meets {
                mark.end = mark.end.max(next.end);
            }
            meets
        });
        marks
    }

    /// The part of a text that is to be shown, whether it begins later than the text, and the marks in it.
    pub(super) fn excerpt(&self, text: &str) -> (String, bool, Vec<Range<usize>>) {
        let marks = self.marks(text);
        let first = marks.first().map_or(0, |mark| mark.start);
        let start = text.get(..first).unwrap_or_default().char_indices().rev().take(LEAD).last().map_or(first, |(at, _)| at);
        // From the beginning, if that is near.
        let start = if text.get(..first).is_some_and(|before| before.chars().count() <= LEAD) { 0 } else { start };
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.char_indices().nth(SHOWN).map_or(rest.len(), |(at, _)| at);
        let shown = rest.get(..end).unwrap_or_default().to_owned();
        let within = |mark: Range<usize>| {
            let (from, to) = (mark.start.checked_sub(start)?, mark.end.checked_sub(start)?.min(end));
            (from < to).then_some(from..to)
        };
        (shown, start > 0, marks.into_iter().filter_map(within).collect())
    }
}

impl Term {
    fn of(text: &str, begun: bool) -> Option<Self> {
        let words = fold::words(text);
        // A letter that is a word by itself is not the beginning of another.
        let begun = begun && words.last().is_some_and(|word| !word.alone);
        let words: Vec<String> = words.into_iter().map(|word| word.folded).collect();
        (!words.is_empty()).then_some(Self { words, begun })
    }

    fn is(&self, found: &[fold::Word]) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        let mut found = found.iter();
        before.iter().zip(&mut found).all(|(word, found)| found.folded == *word)
            && found.next().is_some_and(|word| if self.begun { word.folded.starts_with(last) } else { word.folded == *last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_cannot_speak_the_language_of_the_index() {
        for (typed, asked) in [
            ("Hello wor", "text : (\"hello\" * AND \"wor\" *)"),
            ("\"hello wor\" x", "text : (\"hello wor\" AND \"x\" *)"),
            ("NOT a OR b*", "text : (\"not\" * AND \"a\" * AND \"or\" * AND \"b\" *)"),
            ("talk:t1 NEAR(a b, 2)", "text : (\"talk t1\" * AND \"near a\" * AND \"b\" * AND \"2\" *)"),
            ("a-b^c", "text : (\"a b c\" *)"),
            ("日本", "text : (\"日 本\")"),
            ("unclosed \"quote here", "text : (\"unclosed\" * AND \"quote here\")"),
        ] {
            assert_eq!(Query::read(typed).unwrap().to_index(None), asked, "{typed}");
        }
        assert_eq!(Query::read("x").unwrap().to_index(Some(7)), "talk : \"t7\" AND text : (\"x\" *)");
        for nothing in ["", "  ", "\"", "\"\" () *", "!?…"] {
            assert_eq!(Query::read(nothing), None, "{nothing}");
        }
        assert_eq!(Query::read(&"x ".repeat(10_000)).unwrap().0.len(), TERMS);
    }

    #[test]
    fn marks_stand_where_the_words_are() {
        let marked = |typed: &str, text: &str| -> Vec<String> {
            Query::read(typed).unwrap().marks(text).into_iter().map(|mark| text[mark].to_owned()).collect()
        };
        assert_eq!(marked("gru welt", "Grüße an die Welt, GRUNDLOS"), ["Grüße", "Welt", "GRUNDLOS"]);
        assert_eq!(marked("日本", "これは日本語"), ["日本"]);
        assert_eq!(marked("\"a b\"", "a b a c b"), ["a b"]);
        assert_eq!(marked("a aa", "aaa b"), ["aaa"], "marks do not overlap");
    }

    #[test]
    fn an_excerpt_holds_the_first_word_found() {
        let long = format!("{} näedle {}", "é".repeat(5_000), "z".repeat(5_000));
        let (shown, cut, marks) = Query::read("naedle").unwrap().excerpt(&long);
        assert!(cut && shown.chars().count() == SHOWN);
        assert_eq!(marks.iter().map(|mark| &shown[mark.clone()]).collect::<Vec<_>>(), ["näedle"]);
        let (shown, cut, marks) = Query::read("b").unwrap().excerpt("a b c");
        assert!(shown == "a b c" && !cut && marks.iter().eq([&(2..3)]));
    }
}
