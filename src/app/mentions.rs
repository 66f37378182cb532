//! Where a text names somebody: whole words, whatever their case and their accents.

use std::ops::Range;

use crate::model::{Letter, fold, letters};

/// Octets of a text that are looked at; longer ones are no talk.
const MAX_TEXT: usize = 64 * 1024;
/// Places found at most in one text.
const MAX_FOUND: usize = 200;

/// Where `text` holds one of `words`, in octets, in order, none within another. A word may be several
/// (`Alice Adams`). Letters count as the same whatever their case and accents; marks that follow a
/// letter belong to it. A text beyond 64 KiB is not looked at.
#[must_use]
pub fn mentions<W: AsRef<str>>(text: &str, words: &[W]) -> Vec<Range<usize>> {
    let words: Vec<Vec<char>> =
        words.iter().map(|word| fold(word.as_ref().trim()).chars().collect::<Vec<_>>()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() || text.len() > MAX_TEXT {
        return Vec::new();
    }
    let folded = letters(text);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < folded.len() && found.len() < MAX_FOUND {
        // The longest one counts: `Alice Adams` before `Alice`.
        let longest = words.iter().filter(|word| begins_at(&folded, at, word)).map(Vec::len).max();
        let Some(length) = longest else {
            at += 1;
            continue;
        };
        if let (Some(first), Some(last)) = (folded.get(at), folded.get(at + length - 1))
            // A character may stand for several letters.
            && found.last().is_none_or(|before| before.end <= first.at.start)
        {
            found.push(first.at.start..last.at.end);
        }
        at += length;
    }
    found
}

fn begins_at(text: &[Letter], at: usize, word: &[char]) -> bool {
    let Some(here) = text.get(at..at + word.len()) else { return false };
    if !here.iter().zip(word).all(|(letter, wanted)| letter.folded == *wanted) {
        return false;
    }
    let letter = |at: usize| text.get(at).map(|letter| letter.folded);
    let before = at.checked_sub(1).and_then(letter);
    let ends = |outside: Option<char>, inside: Option<char>| !outside.zip(inside).is_some_and(|(a, b)| belong(a, b));
    ends(before, word.first().copied()) && ends(letter(at + word.len()), word.last().copied())
}

/// Whether two letters side by side are of one word. Some scripts are written without blanks.
fn belong(a: char, b: char) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let without_blanks = |c: char| matches!(c, '\u{e00}'..='\u{eff}' | '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    of_word(a) && of_word(b) && !without_blanks(a) && !without_blanks(b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'t>(text: &'t str, words: &[&str]) -> Vec<&'t str> {
        mentions(text, words).into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn whole_words_whatever_their_case() {
        assert_eq!(found("Alice, malice, alice's ALICE_2 @alice", &["alice"]), ["Alice", "alice", "alice"]);
        assert_eq!(found("db3 is not db31", &["DB3"]), ["db3"]);
        assert_eq!(found("ask Alice Adams or alice", &["alice", "Alice Adams"]), ["Alice Adams", "alice"]);
        assert_eq!(found("c++ and c", &["c++"]), ["c++"]);
        assert!(
            found("nothing", &["", "  "]).is_empty() && found("", &["a"]).is_empty() && found("a", &[] as &[&str]).is_empty()
        );
    }

    #[test]
    fn accents_do_not_matter() {
        assert_eq!(found("olá inês, INES e Ine\u{302}s!", &["Inês"]), ["inês", "INES", "Ine\u{302}s"]);
        assert_eq!(found("Strasse STRASSE Straße", &["straße"]), ["Strasse", "STRASSE", "Straße"]);
        assert_eq!(found("İstanbul ΣΊΣΥΦΟΣ σίσυφος", &["istanbul", "Σίσυφος"]), ["İstanbul", "ΣΊΣΥΦΟΣ", "σίσυφος"]);
        assert_eq!(found("ﬁle ＡＢＣ", &["file", "abc"]), ["ﬁle", "ＡＢＣ"]);
    }

    #[test]
    fn scripts_without_blanks() {
        assert_eq!(found("広志さん、広志", &["広志"]), ["広志", "広志"]);
        assert_eq!(found("שירה, שירה2", &["שירה"]), ["שירה"]);
    }

    #[test]
    fn long_texts_take_no_time_and_give_no_flood() {
        assert!(mentions(&"a ".repeat(MAX_TEXT), &["a"]).is_empty());
        assert_eq!(mentions(&"a ".repeat(1000), &["a"]).len(), MAX_FOUND);
    }

    proptest! {
        #[test]
        fn places_are_places(text in ".{0,60}", word in ".{1,4}") {
            let mut last = 0;
            for place in mentions(&text, &[word.as_str()]) {
                prop_assert!(place.start >= last && place.end > place.start);
                prop_assert!(text.get(place.clone()).is_some());
                last = place.start;
            }
        }
    }
}
