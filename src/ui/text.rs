//! The one sanitiser: text written by others becomes text a terminal can show, and nothing else.
//!
//! What comes out never holds a control character (C0, DEL, C1), a direction override, a line
//! separator, or more than a few marks on one letter. Widths are counted by grapheme, the way the
//! screen counts cells. No other file turns foreign text into cells.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

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

/// The end of a safe text: as much of it as fits in `cells`.
#[must_use]
pub fn tail(text: &str, cells: usize) -> &str {
    let mut used = 0;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > cells {
            break;
        }
        start = at;
    }
    text.get(start..).unwrap_or_default()
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
    let paragraphs = text.split('\n').flat_map(|part| break_words(part, 0, cells).into_iter().filter_map(|row| part.get(row)));
    paragraphs.map(|row| narrowed(row, cells).into_owned()).collect()
}

/// The same with the rows after the first `hang` cells further in, so that they stand below what the first
/// says behind its number or mark.
#[must_use]
pub fn hanging(text: &str, cells: usize, hang: usize) -> Vec<String> {
    let (mark, said) = text.split_at_checked(hang).unwrap_or(("", text));
    let rows = wrap(said, cells.saturating_sub(hang).max(1));
    rows.into_iter()
        .enumerate()
        .map(|(at, row)| if at == 0 { format!("{mark}{row}") } else { format!("{:hang$}{row}", "") })
        .collect()
}

/// What is shown of a row in so many cells: a letter wider than all of them is not.
#[must_use]
pub fn narrowed(row: &str, cells: usize) -> Cow<'_, str> {
    if row.graphemes(true).all(|grapheme| grapheme.width() <= cells) {
        return Cow::Borrowed(row);
    }
    Cow::Owned(row.graphemes(true).map(|grapheme| if grapheme.width() > cells { "…" } else { grapheme }).collect())
}

/// Where a safe text without line ends is broken into rows, between words where that is possible; `lead` =
/// cells of the first row that are taken already. At least one row; blanks at its end belong to none.
#[must_use]
pub fn break_words(text: &str, lead: usize, cells: usize) -> Vec<Range<usize>> {
    let mut row = Row::new(text, lead, cells);
    let mut at = 0;
    for (n, word) in text.split(' ').enumerate() {
        if n > 0 {
            row.blank(at);
            at += 1;
        }
        // A word with wide letters may be broken before and behind each of them.
        let (mut narrow, mut from) = (0, at);
        for (place, grapheme) in word.grapheme_indices(true) {
            if grapheme.width() > 1 {
                row.whole(from..at + place, narrow);
                row.whole(at + place..at + place + grapheme.len(), grapheme.width());
                (from, narrow) = (at + place + grapheme.len(), 0);
            } else {
                narrow += grapheme.width();
            }
        }
        at += word.len();
        row.whole(from..at, narrow);
    }
    row.end();
    row.rows
}

/// The same for text in which every blank counts: it is broken wherever a row is full.
#[must_use]
pub fn break_cells(text: &str, lead: usize, cells: usize) -> Vec<Range<usize>> {
    let mut row = Row::new(text, lead, cells);
    row.pieces(0..text.len());
    row.end();
    row.rows
}

/// A row being filled.
struct Row<'a> {
    text: &'a str,
    /// What is in it.
    part: Range<usize>,
    used: usize,
    cells: usize,
    rows: Vec<Range<usize>>,
}

impl<'a> Row<'a> {
    fn new(text: &'a str, lead: usize, cells: usize) -> Self {
        let cells = cells.max(1);
        Self { text, part: 0..0, used: lead.min(cells), cells, rows: Vec::new() }
    }

    /// Ends this row; blanks at its end are not shown.
    fn end(&mut self) {
        let kept = self.text.get(self.part.clone()).unwrap_or_default().trim_end_matches(' ').len();
        self.rows.push(self.part.start..self.part.start + kept);
        self.part.start = self.part.end;
        self.used = 0;
    }

    /// A blank between two words; where there is no room the row ends instead.
    fn blank(&mut self, at: usize) {
        if self.used < self.cells {
            self.used += 1;
            self.part.end = at + 1;
        } else {
            self.end();
            self.part = at + 1..at + 1;
        }
    }

    /// A piece that is broken only where it is wider than a row.
    fn whole(&mut self, piece: Range<usize>, wide: usize) {
        if wide > self.cells {
            return self.pieces(piece);
        }
        if self.used + wide > self.cells {
            self.end();
        }
        self.part.end = piece.end;
        self.used += wide;
    }

    fn pieces(&mut self, piece: Range<usize>) {
        let text = self.text;
        for (at, grapheme) in text.get(piece.clone()).unwrap_or_default().grapheme_indices(true) {
            // Wider than a whole row: a sign is shown instead.
            let wide = if grapheme.width() > self.cells { 1 } else { grapheme.width() };
            if self.used + wide > self.cells {
                self.end();
            }
            self.part.end = piece.start + at + grapheme.len();
            self.used += wide;
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
    fn the_end_of_a_text_is_whole_letters() {
        assert_eq!((tail("one two", 3), tail("one", 9), tail("one", 0)), ("two", "one", ""));
        assert_eq!((tail("a字", 1), tail("a字", 2), tail("👨‍👩‍👧e\u{301}", 3)), ("", "字", "👨‍👩‍👧e\u{301}"));
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

    #[test]
    fn rows_know_where_they_begin() {
        let rows = |text: &str, lead| break_words(text, lead, 10).into_iter().map(|row| text[row].to_owned()).collect::<Vec<_>>();
        assert_eq!(rows("can you check the alert", 6), ["can", "you check", "the alert"]);
        assert_eq!(rows("understand it", 6), ["", "understand", "it"]);
        let text = "if x:    go  to 1";
        assert_eq!(break_cells(text, 0, 8).into_iter().map(|row| &text[row]).collect::<Vec<_>>(), ["if x:", " go  to", "1"]);
    }

    #[test]
    fn a_letter_wider_than_the_row_is_an_ellipsis() {
        // One grapheme of three cells: a wide letter with a spacing mark.
        for (text, cells, shown) in [("꒐ો", 2, "…"), ("字", 1, "…"), ("a字", 2, "a字"), ("꒐ો", 3, "꒐ો")] {
            assert_eq!(narrowed(text, cells), shown, "{text} in {cells}");
        }
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
                for rows in [break_words(&text, 3, cells), break_cells(&text, 3, cells)] {
                    let mut last = 0;
                    for (n, row) in rows.into_iter().enumerate() {
                        prop_assert!(row.start >= last && text[last..row.start].trim().is_empty(), "nothing is left out");
                        let shown = narrowed(&text[row.clone()], cells.max(1));
                        prop_assert!(width(&shown) + if n == 0 { 3.min(cells.max(1)) } else { 0 } <= cells.max(1).max(3), "{shown:?}");
                        last = row.end;
                    }
                    prop_assert!(text[last..].trim().is_empty());
                }
            }
        }
    }
}
