//! The one sanitiser: text written by others becomes text a terminal can show, and nothing else.
//!
//! What comes out never holds a control character (C0, DEL, C1), a direction override, a line
//! separator, a character that cannot be seen where it means nothing, or more than a few marks on one
//! letter. Widths are counted by grapheme, the way the screen counts cells. No other file turns foreign
//! text into cells.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use crate::app::links;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Marks and joiners a single grapheme may carry; more are a way to smear the screen.
const MAX_MARKS: usize = 6;
/// Joints of a picture made of several: a family of four has three. A terminal that knows none shows all parts
/// side by side, however few cells they should take.
const MAX_JOINTS: usize = 4;
/// Holds letters apart that would join, and joins those that would not.
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
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
    let mut clean = Clean { text: String::with_capacity(text.len()), marks: 0, joints: 0, held: None };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            other => other,
        };
        match c {
            '\n' if keep_lines => clean.letter('\n'),
            '\t' if keep_lines => TAB.chars().for_each(|blank| clean.letter(blank)),
            '\n' | '\t' => clean.letter(' '),
            // Visible stand-ins, so that nobody wonders where the character went.
            '\0'..='\u{1f}' => clean.letter(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\u{7f}' => clean.letter('\u{2421}'),
            '\u{80}'..='\u{9f}' => clean.letter('\u{fffd}'),
            '\u{1f1e6}'..='\u{1f1ff}' => clean.letter(flag_letter(c)),
            _ if is_dropped(c) => {}
            _ if is_mark(c) => clean.mark(c),
            _ => clean.letter(c),
        }
    }
    clean.settle(None);
    clean.text
}

/// What is clean of a text so far.
struct Clean {
    text: String,
    /// Marks on its last letter.
    marks: usize,
    /// Joints of the picture at its end.
    joints: usize,
    /// A joiner behind its end. Whether it means something tells what comes to stand behind it.
    held: Option<char>,
}

impl Clean {
    fn letter(&mut self, c: char) {
        self.settle(Some(c));
        if !self.text.ends_with(JOINER) {
            self.joints = 0;
        }
        self.text.push(c);
        self.marks = 0;
    }

    fn mark(&mut self, c: char) {
        // It needs something to sit on.
        let Some(before) = self.last().filter(|before| !matches!(before, '\n' | ' ')) else { return };
        if matches!(c, JOINER | NON_JOINER) {
            self.held = self.held.or((self.marks < MAX_MARKS).then_some(c));
            return;
        }
        let joiner = self.joiner(Some(c));
        if self.marks + usize::from(joiner.is_some()) < MAX_MARKS && is_sensible(c, joiner.unwrap_or(before)) {
            self.settle(Some(c));
            self.text.push(c);
            self.marks += 1;
        }
    }

    fn last(&self) -> Option<char> {
        self.text.chars().next_back()
    }

    /// Puts the joiner down, or drops it.
    fn settle(&mut self, next: Option<char>) {
        if let Some(joiner) = self.joiner(next) {
            self.joints += usize::from(joiner == JOINER);
            self.marks += 1;
            self.text.push(joiner);
        }
        self.held = None;
    }

    /// The joiner behind the end, if it does anything before `next`. One that does nothing cannot be seen, and makes
    /// two names that look the same different ones.
    fn joiner(&self, next: Option<char>) -> Option<char> {
        let (held, before) = (self.held?, self.last()?);
        let is_pictures = is_picture(before) || matches!(before, '\u{fe0e}' | '\u{fe0f}');
        let does_something = match held {
            JOINER if is_pictures => self.joints < MAX_JOINTS && next.is_some_and(is_picture),
            JOINER => is_joining(before),
            _ => is_joining(before) && next.is_some_and(is_joining),
        };
        does_something.then_some(held)
    }
}

/// Whether a mark does anything where it stands: selectors that do nothing cannot be seen either.
const fn is_sensible(mark: char, before: char) -> bool {
    match mark {
        '\u{fe0e}' | '\u{fe0f}' => is_picture(before) || matches!(before, '0'..='9' | '#' | '*'),
        _ => true,
    }
}

/// Signs that are shown as letters or as pictures, and those that are pictures only, in blocks: among them are
/// all that Unicode calls pictographic, and no halves of flags.
const fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}')
}

/// Letters and marks of scripts in which joiners change what is written, in blocks.
const fn is_joining(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1a20}'..='\u{1c4f}'
        | '\u{a840}'..='\u{a87f}' | '\u{a8e0}'..='\u{a8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10a00}'..='\u{10aff}' | '\u{11000}'..='\u{11fff}' | '\u{1e900}'..='\u{1e95f}')
}

/// Flags are two letters of an alphabet of their own. Terminals do not agree whether such a pair takes two
/// cells or four, and what one of them leaves behind stands in the rows of others; so the letters are shown.
fn flag_letter(c: char) -> char {
    char::from_u32(u32::from('A') + u32::from(c).saturating_sub(0x1_f1e6)).unwrap_or('\u{fffd}')
}

/// Characters that only deceive: directions forced on others, invisible ones, fillers, tags, and selectors of
/// forms no terminal has.
const fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters without a width of their own.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) == 0
}

/// Longest address a link leads to; terminals give up on longer ones, each at a length of its own.
const MAX_LINK: usize = 2_000;

/// Makes the address of a link fit to be told to a terminal; `None` for what is not to be opened.
#[must_use]
pub fn link(url: &str) -> Option<String> {
    if url.len() > MAX_LINK || !links::is_known(url) || links::is_call(url) {
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
mod tests;
