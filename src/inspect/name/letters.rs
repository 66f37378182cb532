//! Which characters of a foreign name stay.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Blanks in a row from which on they are there to push something away.
const PADDING: usize = 4;

/// A name of characters that are seen, in the composed form (NFC).
pub(super) struct Visible {
    pub(super) text: String,
    /// Whether something was taken out that has no business in a name.
    pub(super) hid: bool,
}

/// Takes out what is not seen. Joiners stay where scripts and emoji need them, between two characters beyond ASCII;
/// elsewhere they go without a word, like the marks of direction that people of two scripts type.
pub(super) fn visible(foreign: &str) -> Visible {
    const NORMALIZER: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    let mut kept = String::with_capacity(foreign.len());
    let mut hid = false;
    let composed = NORMALIZER.normalize(foreign);
    let mut letters = composed.chars().peekable();
    let mut before = 'a';
    while let Some(c) = letters.next() {
        let joins = is_joiner(c) && is_joined(before) && letters.peek().is_some_and(|next| is_joined(*next));
        hid |= is_unseen(c) && !matches!(c, '\u{200c}'..='\u{200f}' | '\u{ad}');
        if joins || !is_unseen(c) {
            kept.push(c);
            before = c;
        }
    }
    Visible { text: NORMALIZER.normalize(&kept).into_owned(), hid }
}

const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Whether joiners have a meaning beside it.
fn is_joined(c: char) -> bool {
    !c.is_ascii() && !is_unseen(c) && !is_blank(c)
}

/// Controls, directions, and characters without width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A name with simple blanks.
pub(super) struct Spaced {
    pub(super) text: String,
    pub(super) padded: bool,
}

/// Makes every kind of blank a simple one, and of many one.
pub(super) fn spaced(text: &str) -> Spaced {
    let mut out = String::with_capacity(text.len());
    let mut padded = false;
    let mut run = 0;
    for c in text.chars() {
        if !is_blank(c) {
            run = 0;
            out.push(c);
            continue;
        }
        run += 1;
        if run == PADDING {
            padded = true;
            out.truncate(out.len() + 2 - PADDING);
        } else if run < PADDING {
            out.push(' ');
        }
    }
    Spaced { text: out, padded }
}

/// White space, and letters that look like it.
const fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Puts a line where file systems take no such character; a colon would name a stream beside the file.
pub(super) fn writable(text: &str) -> String {
    text.replace(['<', '>', ':', '"', '|', '?', '*'], "_")
}
