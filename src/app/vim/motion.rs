//! Where motions lead, and the text they are for.

use unicode_segmentation::UnicodeSegmentation;

use super::Find;

/// A way through the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// A letter to the left, within the line.
    Left,
    /// A letter to the right, within the line.
    Right,
    /// A line up.
    Up,
    /// A line down.
    Down,
    /// To the next beginning of a word.
    Word,
    /// To the beginning of this word or the one before.
    Back,
    /// To the end of this word or the next.
    WordEnd,
    /// To the beginning of the line.
    Home,
    /// To the first letter of the line that is no blank.
    First,
    /// To the end of the line.
    End,
    /// To the first line, or the one counted.
    Top,
    /// To the last line, or the one counted.
    Bottom,
    /// To a letter in the line.
    To(Find, char),
}

/// What a grapheme is for motions over words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Word,
    Sign,
}

fn class(grapheme: &str) -> Class {
    match grapheme.chars().next() {
        None => Class::Blank,
        Some(c) if c.is_whitespace() => Class::Blank,
        Some(c) if c.is_alphanumeric() || c == '_' => Class::Word,
        Some(_) => Class::Sign,
    }
}

/// Where the line at `at` begins and ends, its line end left out.
pub(super) fn line(text: &str, at: usize) -> (usize, usize) {
    let start = text.get(..at).unwrap_or("").rfind('\n').map_or(0, |end| end + 1);
    let end = text.get(at..).unwrap_or("").find('\n').map_or(text.len(), |more| at + more);
    (start, end)
}

/// The first letter of the line at `at` that is no blank.
pub(super) fn first(text: &str, at: usize) -> usize {
    let (start, end) = line(text, at);
    let row = text.get(start..end).unwrap_or("");
    start + (row.len() - row.trim_start_matches([' ', '\t']).len())
}

impl Motion {
    /// Whether an operator takes whole lines with it.
    pub(super) const fn is_linewise(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::Top | Self::Bottom)
    }

    /// Whether the letter it leads to belongs to the text it is for.
    const fn takes_last(self) -> bool {
        matches!(self, Self::WordEnd | Self::To(Find { back: false, .. }, _))
    }

    /// Where it leads from `at`; `None` if there is no such place.
    pub(super) fn target(self, text: &str, at: usize, count: Option<usize>) -> Option<usize> {
        let times = count.unwrap_or(1);
        let (start, end) = line(text, at);
        let rest = || text.get(at..end).unwrap_or("").graphemes(true).map(str::len);
        Some(match self {
            Self::Left => at - text.get(start..at)?.graphemes(true).rev().take(times).map(str::len).sum::<usize>(),
            Self::Right => at + rest().take(times).sum::<usize>(),
            Self::Up | Self::Down => vertical(text, at, self == Self::Up, times),
            Self::Word => (0..times).fold(at, |at, _| next_word(text, at)),
            Self::Back => (0..times).fold(at, |at, _| word_before(text, at)),
            Self::WordEnd => (0..times).fold(at, |at, _| word_end(text, at)),
            Self::Home => start,
            Self::First => first(text, at),
            Self::End => line(text, vertical(text, at, false, times.saturating_sub(1))).1,
            Self::Top | Self::Bottom => {
                let rows = text.matches('\n').count();
                let row = count.map_or(if self == Self::Top { 0 } else { rows }, |row| row.saturating_sub(1).min(rows));
                let start = text.match_indices('\n').nth(row.wrapping_sub(1)).map_or(0, |(at, _)| at + 1);
                first(text, if row == 0 { 0 } else { start })
            }
            Self::To(find, letter) => to_letter(text, at, find, letter, times)?,
        })
    }

    /// From where to where an operator is for; `None` if the motion leads nowhere. `cw` does not take the
    /// blanks behind the word, and no word motion takes the line end behind its last word.
    pub(super) fn span(self, text: &str, at: usize, count: Option<usize>, changes: bool) -> Option<(usize, usize)> {
        let on_word = text.get(at..)?.graphemes(true).next().is_some_and(|letter| class(letter) != Class::Blank);
        let motion = if self == Self::Word && changes && on_word { Self::WordEnd } else { self };
        let mut to = if motion == Self::WordEnd && self == Self::Word {
            // `cw` on the last letter of a word is for that letter.
            let times = count.unwrap_or(1);
            let within = this_word_end(text, at);
            (1..times).fold(within, |at, _| word_end(text, at))
        } else {
            motion.target(text, at, count)?
        };
        if motion.takes_last() {
            to += text.get(to..)?.graphemes(true).next().map_or(0, str::len);
        }
        if motion == Self::Word {
            let end = line(text, at).1;
            if to > end && text.get(end..to)?.trim().is_empty() && at < end {
                to = end;
            }
        }
        Some((at.min(to), at.max(to)))
    }
}

fn vertical(text: &str, at: usize, up: bool, times: usize) -> usize {
    let (start, _) = line(text, at);
    let column = text.get(start..at).unwrap_or("").graphemes(true).count();
    let mut row = start;
    for _ in 0..times {
        let (start, end) = line(text, row);
        row = match (up, start, end) {
            (true, 0, _) => 0,
            (true, start, _) => line(text, start - 1).0,
            (false, start, end) if end >= text.len() => start,
            (false, _, end) => end + 1,
        };
        if up && row == 0 {
            break;
        }
    }
    let (start, end) = line(text, row);
    start + text.get(start..end).unwrap_or("").graphemes(true).take(column).map(str::len).sum::<usize>()
}

fn next_word(text: &str, at: usize) -> usize {
    let mut letters = text.get(at..).unwrap_or("").grapheme_indices(true).peekable();
    let Some((_, now)) = letters.peek() else { return at };
    let here = class(now);
    let mut left = here == Class::Blank;
    for (offset, letter) in letters {
        let kind = class(letter);
        left |= kind != here;
        if left && kind != Class::Blank && (offset > 0) {
            return at + offset;
        }
    }
    text.len()
}

fn word_before(text: &str, at: usize) -> usize {
    let mut found = None;
    for (offset, letter) in text.get(..at).unwrap_or("").grapheme_indices(true).rev() {
        match (found, class(letter)) {
            (None, Class::Blank) => {}
            (Some((_, kind)), now) if now != kind => break,
            (_, kind) => found = Some((offset, kind)),
        }
    }
    found.map_or(0, |(offset, _)| offset)
}

/// The last letter of the word after the letter at `at`.
fn word_end(text: &str, at: usize) -> usize {
    let step = text.get(at..).and_then(|rest| rest.graphemes(true).next()).map_or(0, str::len);
    let from = at + step;
    let blanks = text.get(from..).unwrap_or("").graphemes(true).take_while(|letter| class(letter) == Class::Blank);
    let start = from + blanks.map(str::len).sum::<usize>();
    if start >= text.len() { at } else { this_word_end(text, start) }
}

/// The last letter of the word that has the letter at `at`.
fn this_word_end(text: &str, at: usize) -> usize {
    let mut last = at;
    let mut kind = None;
    for (offset, letter) in text.get(at..).unwrap_or("").grapheme_indices(true) {
        if *kind.get_or_insert_with(|| class(letter)) != class(letter) {
            break;
        }
        last = at + offset;
    }
    last
}

fn to_letter(text: &str, at: usize, find: Find, letter: char, times: usize) -> Option<usize> {
    let (start, end) = line(text, at);
    let is = |grapheme: &str| grapheme.starts_with(letter);
    if find.back {
        let (offset, grapheme) =
            text.get(start..at)?.grapheme_indices(true).rev().filter(|(_, letter)| is(letter)).nth(times.saturating_sub(1))?;
        return Some(start + offset + if find.till { grapheme.len() } else { 0 });
    }
    let (offset, _) =
        text.get(at..end)?.grapheme_indices(true).skip(1).filter(|(_, letter)| is(letter)).nth(times.saturating_sub(1))?;
    let to = at + offset;
    if find.till { Some(to - text.get(at..to)?.graphemes(true).next_back().map_or(0, str::len)) } else { Some(to) }
}
