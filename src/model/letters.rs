//! Text as it is compared: without case, accents and forms.

use std::ops::Range;

use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};

/// A letter as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Without case, accents and forms.
    pub folded: char,
    /// Where it stands in the text, in octets, with the marks on it; several letters of one character
    /// (`ß`) stand at the same place.
    pub at: Range<usize>,
}

/// The letters of a text, in order. Marks belong to the letter they stand on; marks on nothing are left
/// out.
#[must_use]
pub fn letters(text: &str) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(text.len());
    for (from, c) in text.char_indices() {
        let to = from + c.len_utf8();
        if is_mark(c) {
            if let Some(last) = letters.last_mut() {
                last.at.end = to;
            }
        } else {
            fold_into(c, |folded| letters.push(Letter { folded, at: from..to }));
        }
    }
    letters
}

/// A text as it is compared: `Inês` and `INES` are the same.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_mark(*c)) {
        fold_into(c, |c| folded.push(c));
    }
    folded
}

/// One character as it is compared: none, one or several letters.
pub fn fold_into(c: char, mut letter: impl FnMut(char)) {
    const NORMALIZER: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfkd();
    if c.is_ascii() {
        return letter(c.to_ascii_lowercase());
    }
    for c in NORMALIZER.normalize_iter(std::iter::once(c)).filter(|c| !is_mark(*c)) {
        // Capitals first: `ß` is `ss` then, and every sigma the same.
        for c in c.to_uppercase().flat_map(char::to_lowercase).filter(|c| !is_mark(*c)) {
            // Letters that are no letter with an accent to Unicode, and are to readers.
            match c {
                'ł' => letter('l'),
                'ø' => letter('o'),
                'đ' | 'ð' => letter('d'),
                'ħ' => letter('h'),
                'ı' => letter('i'),
                'ς' => letter('σ'),
                'æ' => "ae".chars().for_each(&mut letter),
                'œ' => "oe".chars().for_each(&mut letter),
                'þ' => "th".chars().for_each(&mut letter),
                _ => letter(c),
            }
        }
    }
}

/// Whether it is nothing by itself: an accent, a point of Hebrew or Arabic, a joiner, a tone of skin, a
/// direction.
#[must_use]
pub const fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{591}'..='\u{5bd}'
        | '\u{5bf}'..='\u{5c7}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{feff}'
        | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_accents_and_forms_do_not_count() {
        for (one, other) in [
            ("Inês", "INES"),
            ("CAFÉ", "cafe\u{301}"),
            ("Łukasz", "lukasz"),
            ("Straße", "STRASSE"),
            ("ŁÓDŹ", "lodz"),
            ("Ærø", "aero"),
            ("ﬁne", "fine"),
            ("ＡＢＣ１２", "abc12"),
            ("Ångström", "angstrom"),
            ("ΣΊΣΥΦΟΣ", "σισυφος"),
            ("İstanbul", "ıstanbul"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("👍🏽", "👍"),
            ("e\u{200b}vil", "evil"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("Bob"), fold("Rob"));
        assert_eq!(fold("広志"), "広志");
    }

    proptest! {
        #[test]
        fn letters_are_the_folded_text_and_where_it_stands(text in ".{0,40}") {
            let letters = letters(&text);
            prop_assert_eq!(letters.iter().map(|letter| letter.folded).collect::<String>(), fold(&text));
            let mut last = 0;
            for letter in letters {
                prop_assert!(letter.at.start >= last && text.get(letter.at.clone()).is_some_and(|part| !part.is_empty()));
                last = letter.at.start;
            }
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
