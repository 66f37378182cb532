//! How a text lies in rows of a width: the one measure for moving the cursor and for drawing.
//!
//! Rows end between words where that is possible, and never within a grapheme. Everything that is
//! written is in some row: a blank for which there is no room begins the next one. One pass over the
//! text, whatever is in it.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cells of a tab.
const TAB: usize = 4;

/// A row: the octets from `start` to `end` of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The first octet.
    pub start: usize,
    /// The octet after the last.
    pub end: usize,
    /// A line end follows, which is in no row; else the next row goes on at once.
    pub hard: bool,
}

/// Cells a grapheme takes where text is written.
#[must_use]
pub fn cells(grapheme: &str) -> usize {
    match grapheme {
        "\t" => TAB,
        "\n" => 0,
        other => other.width(),
    }
}

/// The end of the grapheme that begins at `at`, which must lie between two.
pub(super) fn grapheme_end(text: &str, at: usize) -> usize {
    let ascii = |at: usize| text.as_bytes().get(at).is_none_or(u8::is_ascii);
    if at < text.len() && ascii(at) && ascii(at + 1) {
        // Nothing joins two of these: `\r` is never in the text.
        return at + 1;
    }
    at + text.get(at..).and_then(|rest| rest.graphemes(true).next()).map_or(0, str::len)
}

/// The graphemes of a text from a place on, with where they begin and the cells they take.
fn graphemes(text: &str, from: usize) -> impl Iterator<Item = (usize, &str, usize)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let end = grapheme_end(text, at);
        let grapheme = text.get(at..end).filter(|grapheme| !grapheme.is_empty())?;
        let begins = std::mem::replace(&mut at, end);
        Some((begins, grapheme, cells(grapheme)))
    })
}

/// The rows of a text at a width in cells. There is one at least; behind a full last row there is
/// an empty one, where the cursor can be.
#[must_use]
pub fn rows(text: &str, width: usize) -> Vec<Row> {
    let width = width.max(1);
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    // Where the row can end, and the cells up to there.
    let mut gap: Option<(usize, usize)> = None;
    let mut after_wide = false;
    for (at, grapheme, wide) in graphemes(text, 0) {
        if grapheme == "\n" {
            rows.push(Row { start, end: at, hard: true });
            (start, used, gap, after_wide) = (at + 1, 0, None, false);
            continue;
        }
        let blank = grapheme == " " || grapheme == "\t";
        if wide > 1 || after_wide {
            gap = Some((at, used));
        }
        if used + wide > width && at > start {
            let (end, before) = gap.filter(|(end, _)| *end > start && !blank).unwrap_or((at, used));
            rows.push(Row { start, end, hard: false });
            (start, used, gap) = (end, used - before, None);
        }
        used += wide;
        after_wide = wide > 1 && !blank;
        if blank {
            gap = Some((at + grapheme.len(), used));
        }
    }
    rows.push(Row { start, end: text.len(), hard: false });
    if used >= width {
        rows.push(Row { start: text.len(), end: text.len(), hard: false });
    }
    rows
}

/// The row of a place in the text, and its column in cells.
#[must_use]
pub fn place(text: &str, rows: &[Row], at: usize) -> (usize, usize) {
    let row = rows.partition_point(|row| row.start <= at).saturating_sub(1);
    let start = rows.get(row).map_or(0, |row| row.start);
    let column = graphemes(text, start).take_while(|(begins, ..)| *begins < at).map(|(_, _, wide)| wide).sum();
    (row, column)
}

/// The place in the text at a column of one of its rows, or the nearest before it; `None` without
/// such a row.
pub(super) fn at_column(text: &str, rows: &[Row], row: usize, column: usize) -> Option<usize> {
    let here = rows.get(row)?;
    let mut used = 0;
    let mut last = here.start;
    for (at, _, wide) in graphemes(text, here.start).take_while(|(at, ..)| *at < here.end) {
        last = at;
        if used + wide > column {
            return Some(at);
        }
        used += wide;
    }
    // Where the text goes on at once, behind its last grapheme is the next row already.
    let ends = here.hard || row + 1 == rows.len();
    Some(if ends { here.end } else { last })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, width: usize) -> Vec<&str> {
        rows(text, width).iter().map(|row| &text[row.start..row.end]).collect()
    }

    #[test]
    fn rows_end_between_words() {
        assert_eq!(shown("can you check the alert", 10), ["can you ", "check the ", "alert"]);
        assert_eq!(shown("see https://example.test/r/4711", 12), ["see ", "https://exam", "ple.test/r/4", "711"]);
        assert_eq!(shown("one two", 3), ["one", " ", "two", ""], "a full last row has one behind it for the cursor");
        assert_eq!(shown("字字字字", 5), ["字字", "字字"]);
        assert_eq!(shown("ab字字", 5), ["ab字", "字"]);
        assert_eq!(shown("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(shown("a\n", 5), ["a", ""]);
        assert_eq!(shown("", 5), [""]);
        assert_eq!(shown("字", 1), ["字", ""]);
        assert_eq!(shown("\t\tx", 6), ["\t", "\tx"]);
    }

    #[test]
    fn columns_of_wide_and_joined_letters() {
        // CJK, family (ZWJ), flag, combining mark, right to left in the order it is written, a tab.
        for (text, column) in [("字字", 4), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("e\u{301}e", 2), ("שלום", 4), ("\tx", 5)]
        {
            assert_eq!(place(text, &rows(text, 40), text.len()), (0, column), "{text}");
        }
    }

    proptest! {
        #[test]
        fn rows_hold_all_that_is_written(text in "[a-z 字👨é\u{301}\u{200d}\t\n\u{1f1e9}]{0,60}", any in any::<String>(), width in 1usize..20) {
            for text in [text, any.replace('\r', "")] {
                let rows = rows(&text, width);
                let joined: String = rows.iter().flat_map(|row| [&text[row.start..row.end], if row.hard { "\n" } else { "" }]).collect();
                prop_assert_eq!(&joined, &text);
                for row in &rows {
                    let inside: Vec<usize> = text[row.start..row.end].graphemes(true).map(cells).collect();
                    prop_assert!(inside.iter().sum::<usize>() <= width || inside.len() == 1, "{:?} at {}", row, width);
                }
                for (at, _) in text.grapheme_indices(true) {
                    let (row, column) = place(&text, &rows, at);
                    let there = at_column(&text, &rows, row, column).unwrap();
                    // Letters without a width of their own share their column with the next one.
                    prop_assert_eq!(place(&text, &rows, there), (row, column));
                }
            }
        }
    }
}
