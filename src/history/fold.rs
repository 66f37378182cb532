//! Text as it is searched: without case, accents and forms, cut into words.
//!
//! What is written and what is looked for pass the same way, so that they meet. Of scripts that put no
//! blanks between words every letter is a word by itself, and a row of them is found as a row: so two
//! letters of Chinese are found, which three letters at a time (trigrams) would not find. The index
//! itself then has nothing to decide: it cuts at blanks.

use std::ops::Range;

use crate::model::{fold_into, is_mark};

/// Characters of a word that count; nobody looks for more.
const LONGEST: usize = 64;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Folded.
    pub(super) folded: String,
    /// Where it stands in the text, in octets.
    pub(super) at: Range<usize>,
    /// It is one letter of a script without blanks, or a picture.
    pub(super) alone: bool,
}

/// What a character is to a search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Of a word.
    Letter,
    /// A word by itself.
    Alone,
    /// Nothing: an accent, a joiner, a tone of skin.
    Mark,
    /// Between words.
    Gap,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let range = at..at + c.len_utf8();
        let part = part(c);
        match part {
            Part::Gap => open = false,
            Part::Mark => {
                if let Some(word) = words.last_mut().filter(|word| word.at.end == at) {
                    word.at.end = range.end;
                }
            }
            Part::Letter if open => {
                if let Some(word) = words.last_mut() {
                    if word.folded.chars().count() < LONGEST {
                        fold(c, &mut word.folded);
                    }
                    word.at.end = range.end;
                }
            }
            Part::Letter | Part::Alone => {
                let mut folded = String::new();
                fold(c, &mut folded);
                open = part == Part::Letter;
                words.push(Word { folded, at: range, alone: !open });
            }
        }
    }
    words.retain(|word| !word.folded.is_empty());
    words
}

/// The text as the index takes it: folded words with blanks between.
pub(super) fn indexed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for word in words(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word.folded);
    }
    out
}

fn part(c: char) -> Part {
    match u32::from(c) {
        _ if is_mark(c) => Part::Mark,
        // Thai, Lao, Burmese, Khmer; kana, ideographs; pictures.
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3100..=0x312f | 0x31a0..=0x31ff
            if c.is_alphanumeric() =>
        {
            Part::Alone
        }
        0x2190..=0x2bff
        | 0x3005..=0x3007
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xf900..=0xfaff
        | 0xff66..=0xff9d
        | 0x1_f000..=0x1_faff
        | 0x2_0000..=0x3_ffff => Part::Alone,
        _ if c.is_alphanumeric() => Part::Letter,
        _ => Part::Gap,
    }
}

/// One character folded; of ASCII nothing but letters and digits comes out.
fn fold(c: char, into: &mut String) {
    fold_into(c, |c| {
        if !c.is_ascii() || c.is_ascii_alphanumeric() {
            into.push(c);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_forms_do_not_matter() {
        for (one, other) in [
            ("CAFÉ", "cafe"),
            ("cafe\u{301}", "Café"),
            ("Straße", "STRASSE"),
            ("ŁÓDŹ", "lodz"),
            ("Ærø", "aero"),
            ("ﬁne", "fine"),
            ("ＡＢＣ１２", "abc12"),
            ("Σίσυφος", "σισυφοσ"),
            ("İstanbul ISTANBUL ıstanbul", "istanbul istanbul istanbul"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("👍🏽", "👍"),
        ] {
            assert_eq!(indexed(one), indexed(other), "{one} {other}");
        }
    }

    #[test]
    fn words_are_cut_where_readers_cut_them() {
        for (text, cut) in [
            ("Hello, world!", "hello world"),
            ("bob@example.test", "bob example test"),
            ("don't  stop\nnow", "don t stop now"),
            ("日本語のtext", "日 本 語 の text"),
            ("ok👍👍", "ok 👍 👍"),
            ("한국어 공부", "한국어 공부"),
            ("\"' OR 1=1 -- *", "or 1 1"),
            ("\u{0}\u{1b}[31mred", "31mred"),
            ("…!? ", ""),
        ] {
            let wanted = cut.split(' ').map(indexed).collect::<Vec<_>>().join(" ");
            assert_eq!(indexed(text), wanted, "{text}");
        }
        let text = "Grüße, 日本";
        let found: Vec<_> = words(text).into_iter().map(|word| (text[word.at].to_owned(), word.alone)).collect();
        assert_eq!(found, [("Grüße".to_owned(), false), ("日".to_owned(), true), ("本".to_owned(), true)]);
        assert_eq!(words(&"x".repeat(10_000))[0].folded.len(), LONGEST);
    }

    #[test]
    fn what_comes_out_is_letters_digits_and_no_ascii_besides() {
        let all: String = (0..=0x3_ffff).filter_map(char::from_u32).collect();
        for word in words(&all) {
            assert!(word.folded.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii()), "{:?}", word.folded);
        }
    }
}
