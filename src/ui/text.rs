//! The one sanitiser: text written by others becomes text a terminal can show, and nothing else.
//!
//! What comes out never holds a control character (C0, DEL, C1), a direction override, a line
//! separator, or more than a few marks on one letter. Widths are counted by grapheme, the way the
//! screen counts cells. No other file turns foreign text into cells.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Marks and joiners a single grapheme may carry; more are a way to smear the screen.
const MAX_MARKS: usize = 6;
/// Cells a tab stands for within a message.
const TAB: &str = "    ";

/// Makes text safe for one row: line ends and tabs become blanks.
#[must_use]
pub fn line(text: &str) -> String {
    clean(text, false)
}

/// Makes text safe for several rows: line ends stay, tabs become blanks.
#[must_use]
pub fn block(text: &str) -> String {
    clean(text, true)
}

fn clean(text: &str, keep_lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            other => other,
        };
        match c {
            '\n' if keep_lines => out.push('\n'),
            '\t' if keep_lines => out.push_str(TAB),
            '\n' | '\t' => out.push(' '),
            // Visible stand-ins, so that nobody wonders where the character went.
            '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' => out.push('\u{fffd}'),
            '\u{1f1e6}'..='\u{1f1ff}' => out.push(flag_letter(c)),
            _ if is_dropped(c) => continue,
            _ if is_mark(c) => {
                // A mark needs something to sit on.
                if marks >= MAX_MARKS || out.is_empty() || out.ends_with(['\n', ' ']) {
                    continue;
                }
                marks += 1;
                out.push(c);
                continue;
            }
            _ => out.push(c),
        }
        marks = 0;
    }
    out
}

/// Flags are two letters of an alphabet of their own. Terminals do not agree whether such a pair takes two
/// cells or four, and what one of them leaves behind stands in the rows of others; so the letters are shown.
fn flag_letter(c: char) -> char {
    char::from_u32(u32::from('A') + u32::from(c).saturating_sub(0x1_f1e6)).unwrap_or('\u{fffd}')
}

/// Characters that only deceive: directions forced on others, invisible ones, fillers, tags.
const fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters without a width of their own.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) == 0
}

/// Longest address a link leads to; terminals give up on longer ones, each at a length of its own.
const MAX_LINK: usize = 2_000;
/// What a link may lead to: nothing that does anything by being opened.
const SCHEMES: [&str; 5] = ["https://", "http://", "mailto:", "sip:", "sips:"];

/// Makes the address of a link fit to be told to a terminal; `None` for what is not to be opened.
#[must_use]
pub fn link(url: &str) -> Option<String> {
    let known = |scheme: &&str| url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    if url.len() > MAX_LINK || !SCHEMES.iter().any(known) {
        return None;
    }
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}

/// Cells a safe text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Shortens a safe text to at most `cells`, ending in `…` where something was left out.
#[must_use]
pub fn truncate(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let Some(room) = cells.checked_sub(1) else { return String::new() };
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        out.push_str(grapheme);
    }
    out.push('…');
    out
}

/// A safe text in exactly `cells`: shortened or filled with blanks.
#[must_use]
pub fn fit(text: &str, cells: usize) -> String {
    let mut out = truncate(text, cells);
    let missing = cells.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// Breaks a safe text (see [`block`]) into rows of at most `cells`, between words where that is
/// possible. At least one row; linear in the text.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph, cells.max(1), &mut rows);
    }
    rows
}

fn wrap_paragraph(text: &str, cells: usize, rows: &mut Vec<String>) {
    let mut row = Row { text: String::new(), used: 0, cells, rows };
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            row.blank();
        }
        // A word with wide letters may be broken before and behind each of them.
        let mut narrow = 0;
        let mut from = 0;
        for (place, grapheme) in word.grapheme_indices(true) {
            if grapheme.width() > 1 {
                row.whole(word.get(from..place).unwrap_or(""), narrow);
                row.whole(grapheme, grapheme.width());
                (from, narrow) = (place + grapheme.len(), 0);
            } else {
                narrow += grapheme.width();
            }
        }
        row.whole(word.get(from..).unwrap_or(""), narrow);
    }
    row.end();
}

/// A row being filled.
struct Row<'a> {
    text: String,
    used: usize,
    cells: usize,
    rows: &'a mut Vec<String>,
}

impl Row<'_> {
    /// Ends this row; blanks at its end are not shown.
    fn end(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.rows.push(std::mem::take(&mut self.text));
        self.used = 0;
    }

    /// A blank between two words; where there is no room the row ends instead.
    fn blank(&mut self) {
        if self.used < self.cells {
            self.text.push(' ');
            self.used += 1;
        } else {
            self.end();
        }
    }

    /// A piece that is broken only where it is wider than a row.
    fn whole(&mut self, piece: &str, wide: usize) {
        if wide <= self.cells {
            if self.used + wide > self.cells {
                self.end();
            }
            self.text.push_str(piece);
            self.used += wide;
            return;
        }
        for grapheme in piece.graphemes(true) {
            // Wider than a whole row: nothing can be shown of it.
            let shown = if grapheme.width() > self.cells { "…" } else { grapheme };
            if self.used + shown.width() > self.cells {
                self.end();
            }
            self.text.push_str(shown);
            self.used += shown.width();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn flags_are_letters() {
        assert_eq!(line("\u{1f1e9}\u{1f1ea} and \u{1f1ff}"), "DE and Z");
        assert_eq!(width(&line("\u{1f1e9}\u{1f1ea}")), 2);
    }

    #[test]
    fn escapes_overrides_and_smears_are_gone() {
        assert_eq!(line("a\u{1b}[2Jb\u{7}\u{9b}31m\u{7f}"), "a␛[2Jb␇\u{fffd}31m␡");
        assert_eq!(line("evil\u{202e}txt.exe\u{2066}x\u{2069}"), "eviltxt.exex");
        assert_eq!(line("a\u{200b}b\u{feff}c\u{e0041}"), "abc");
        assert_eq!(line(&format!("a{}", "\u{301}".repeat(500))), format!("a{}", "\u{301}".repeat(MAX_MARKS)));
        assert_eq!(line("\u{301}\u{301}a"), "a");
        assert_eq!(line("one\r\ntwo\tthree\u{2028}four"), "one two three four");
        assert_eq!(block("one\r\ntwo\tx\rthree"), "one\ntwo    x\nthree");
    }

    #[test]
    fn links_lead_where_they_may() {
        assert_eq!(link("HTTPS://example.test/a?b=c;d"), Some("HTTPS://example.test/a?b=c;d".to_owned()));
        assert_eq!(link("https://example.test/ä \u{1b}\\x"), Some("https://example.test/%C3%A4%20%1B\\x".to_owned()));
        assert_eq!(link("sip:bob@example.test"), Some("sip:bob@example.test".to_owned()));
        for bad in
            ["file:///etc/passwd", "javascript:alert(1)", "example.test", "", "ssh://x", &format!("http://{}", "x".repeat(3_000))]
        {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn widths_by_grapheme() {
        for (text, cells) in
            [("abc", 3), ("字字", 4), ("e\u{301}", 1), ("❤\u{fe0f}", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("שלום", 4), ("ｆｕｌｌ", 8)]
        {
            assert_eq!(width(&line(text)), cells, "{text}");
        }
    }

    #[test]
    fn truncation_says_so() {
        assert_eq!(truncate("abcdef", 4), "abc…");
        assert_eq!(truncate("字字字", 4), "字…");
        assert_eq!(truncate("abc", 3), "abc");
        assert_eq!(truncate("abc", 0), "");
        assert_eq!(fit("字字字", 4), "字… ");
    }

    #[test]
    fn wraps_between_words() {
        assert_eq!(wrap("can you check the alert", 10), ["can you", "check the", "alert"]);
        assert_eq!(wrap("https://example.test/r/4711", 12), ["https://exam", "ple.test/r/4", "711"]);
        assert_eq!(wrap("字字字字", 5), ["字字", "字字"]);
        assert_eq!(wrap("log: https://a.test", 14), ["log:", "https://a.test"]);
        assert_eq!(wrap("  in  it", 20), ["  in  it"]);
        assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(wrap("字", 1), ["…"]);
    }

    proptest! {
        #[test]
        fn never_a_control_character(text in any::<String>(), raw in proptest::collection::vec(0u32..0x300, 0..40)) {
            let all: String = text.chars().chain(raw.into_iter().filter_map(char::from_u32)).collect();
            prop_assert!(!line(&all).chars().any(|c| c.is_control() || is_dropped(c)));
            prop_assert!(!block(&all).chars().any(|c| (c.is_control() && c != '\n') || is_dropped(c)));
        }

        #[test]
        fn never_wider_than_asked(text in any::<String>(), mixed in "[a-z 字👨é\u{301}\u{200d}]{0,40}", cells in 0usize..30) {
            for text in [line(&text), line(&mixed)] {
                prop_assert!(width(&truncate(&text, cells)) <= cells);
                prop_assert_eq!(width(&fit(&text, cells)), cells);
                for row in wrap(&text, cells) {
                    prop_assert!(width(&row) <= cells.max(1), "{:?}", row);
                }
            }
        }
    }
}
