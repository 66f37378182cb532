//! Where a text names somebody: whole words, whatever their case and their accents.

use std::ops::Range;

use icu_normalizer::DecomposingNormalizer;

/// Octets of a text that are looked at; longer ones are no talk.
const MAX_TEXT: usize = 64 * 1024;
/// Places found at most in one text.
const MAX_FOUND: usize = 200;

/// Where `text` holds one of `words`, in octets, in order, none within another. A word may be several
/// (`Alice Adams`). Letters count as the same whatever their case and accents; marks that follow a
/// letter belong to it. A text beyond 64 KiB is not looked at.
#[must_use]
pub fn mentions<W: AsRef<str>>(text: &str, words: &[W]) -> Vec<Range<usize>> {
    let words: Vec<Vec<char>> = words.iter().map(|word| letters(word.as_ref())).filter(|word| !word.is_empty()).collect();
    if words.is_empty() || text.len() > MAX_TEXT {
        return Vec::new();
    }
    let folded = fold(text);
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
            && found.last().is_none_or(|before| before.end <= first.from)
        {
            found.push(first.from..last.to);
        }
        at += length;
    }
    found
}

/// A letter as it is compared, and where it stands in the text.
#[derive(Debug, Clone, Copy)]
struct Letter {
    folded: char,
    from: usize,
    to: usize,
}

fn fold(text: &str) -> Vec<Letter> {
    let normalizer = DecomposingNormalizer::new_nfkd();
    let mut letters: Vec<Letter> = Vec::with_capacity(text.len());
    for (from, c) in text.char_indices() {
        let to = from + c.len_utf8();
        if c.is_ascii() {
            letters.push(Letter { folded: c.to_ascii_lowercase(), from, to });
            continue;
        }
        if is_accent(c) {
            if let Some(last) = letters.last_mut() {
                last.to = to;
            }
            continue;
        }
        let parts = normalizer.normalize_iter(std::iter::once(c)).filter(|part| !is_accent(*part));
        letters.extend(
            parts.flat_map(char::to_lowercase).filter(|part| !is_accent(*part)).flat_map(plain).map(|folded| Letter {
                folded,
                from,
                to,
            }),
        );
    }
    letters
}

/// The letters of a word as they are compared, without blanks around them.
fn letters(word: &str) -> Vec<char> {
    fold(word.trim()).into_iter().map(|letter| letter.folded).collect()
}

/// Letters that are no letter with an accent to Unicode, and are to readers.
fn plain(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' => ('d', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
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
