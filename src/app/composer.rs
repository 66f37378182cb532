//! The line editor: several lines of text, a cursor that never stands inside a grapheme.
//!
//! Pure text handling. What is typed or pasted is only ever text; nothing here acts. A key costs the
//! same however long the text is, but for moving by rows, which lays the text out once.

mod cuts;
mod past;
mod rows;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use cuts::{Cuts, Side};
use past::{Change, Kind, Past};
pub use rows::{Row, cells, place, rows};

/// Longest text that can be written, in octets. A paste is cut off there.
pub const MAX_TEXT: usize = 64 * 1024;

/// A step of editing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// A character was typed.
    Insert(char),
    /// A new line within the text.
    Newline,
    /// Deletes the grapheme before the cursor.
    Backspace,
    /// Deletes the grapheme at the cursor.
    Delete,
    /// One grapheme back.
    Left,
    /// One grapheme on.
    Right,
    /// To the beginning of this or the last word.
    WordLeft,
    /// To the end of this or the next word.
    WordRight,
    /// To the beginning of the line.
    Home,
    /// To the end of the line.
    End,
    /// To the row above.
    Up,
    /// To the row below.
    Down,
    /// Cuts to the end of the line.
    KillToEnd,
    /// Cuts to the beginning of the line.
    KillToStart,
    /// Cuts the word before the cursor.
    KillWordLeft,
    /// Cuts the word after the cursor.
    KillWordRight,
    /// Puts what was cut last.
    Yank,
    /// Instead of what was just put, what was cut before it.
    YankOther,
    /// Exchanges the two graphemes around the cursor.
    Transpose,
    /// Takes the last change back.
    Undo,
    /// Does what was taken back last again.
    Redo,
}

/// Octets in which a word is looked for: to look through a whole long text costs time where there are none.
const MAX_WORD: usize = 1024;

/// What was done last, as far as the next step goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    /// Anything.
    #[default]
    Else,
    /// Something was cut: what is cut next belongs to it.
    Cut,
    /// This was put back, from the one octet to the other: something else can take its place.
    Put(usize, usize),
    /// The cursor went by rows, from this column: it comes back to it behind shorter rows.
    Rows(usize),
}

/// Text being written, and where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Composer {
    text: String,
    cursor: usize,
    cuts: Cuts,
    past: Past,
    last: Last,
    /// What it begins with was not typed.
    foreign: bool,
}

impl Composer {
    /// This text, with the cursor at its end.
    #[must_use]
    pub fn with(text: &str) -> Self {
        let mut composer = Self::default();
        composer.paste(text);
        composer.past = Past::default();
        composer
    }

    /// What is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in octets from the start; always between two graphemes.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it begins with something that was not typed here: no command without a question.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// Takes the text out and leaves none; what was cut stays.
    pub fn take(&mut self) -> String {
        let cuts = std::mem::take(&mut self.cuts);
        std::mem::replace(self, Self { cuts, ..Self::default() }).text
    }

    /// Puts text at the cursor: line ends become `\n`, tabs stay, other control characters go.
    pub fn paste(&mut self, text: &str) {
        let clean = cleaned(text);
        self.foreign |= self.cursor == 0 && !clean.is_empty();
        self.put(&clean, Kind::Whole);
        self.last = Last::Else;
    }

    /// Puts text in place of what is between two places, which must lie between graphemes; can be
    /// taken back in one step.
    pub fn replace(&mut self, from: usize, to: usize, text: &str) {
        if from <= to && self.text.is_char_boundary(from) && self.text.is_char_boundary(to) {
            let clean = cleaned(text);
            self.exchange(from, to, &clean, Kind::Whole);
            self.last = Last::Else;
        }
    }

    /// Puts another text in place of all of it; can be taken back in one step. `foreign` = it was
    /// not typed here.
    pub fn rewrite(&mut self, text: &str, foreign: bool) {
        self.replace(0, self.text.len(), text);
        self.foreign = foreign && !self.text.is_empty();
    }

    /// The cursor to this place, or to the next one between graphemes.
    pub fn go_to(&mut self, at: usize) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at += 1;
        }
        self.cursor = self.settle(at);
        self.last = Last::Else;
    }

    /// Does one step; `true` if the text changed. Rows are lines.
    pub fn apply(&mut self, edit: Edit) -> bool {
        self.apply_at(edit, usize::MAX)
    }

    /// Does one step where the text is shown in rows of this width; `true` if the text changed.
    pub fn apply_at(&mut self, edit: Edit, width: usize) -> bool {
        let last = std::mem::take(&mut self.last);
        let changed = match edit {
            Edit::Insert(c) if !c.is_control() => self.put(c.encode_utf8(&mut [0; 4]), Kind::Typed),
            Edit::Insert(_) => false,
            Edit::Newline => self.put("\n", Kind::Typed),
            Edit::Backspace => self.cut_out(self.left_of(self.cursor), self.cursor, Kind::Erased).is_some(),
            Edit::Delete => self.cut_out(self.cursor, self.right_of(self.cursor), Kind::Erased).is_some(),
            Edit::KillToEnd => {
                // At the end of a line the line end itself goes, as everywhere.
                let end = if self.line_end() == self.cursor { self.right_of(self.cursor) } else { self.line_end() };
                self.cut(self.cursor, end, last)
            }
            Edit::KillToStart => self.cut(self.line_start(), self.cursor, last),
            Edit::KillWordLeft => self.cut(self.word_left(), self.cursor, last),
            Edit::KillWordRight => self.cut(self.cursor, self.word_right(), last),
            Edit::Yank => self.put_back(),
            Edit::YankOther => self.put_other(last),
            Edit::Transpose => self.transpose(),
            Edit::Undo => self.undo(),
            Edit::Redo => self.redo(),
            Edit::Up | Edit::Down => self.vertical(edit == Edit::Up, width, last),
            _ => self.go(edit),
        };
        if !changed {
            self.past.seal();
        }
        changed
    }

    /// Whether the cursor is in the first row at this width (`up`), or in the last.
    #[must_use]
    pub fn is_at_edge(&self, up: bool, width: usize) -> bool {
        let rows = rows(&self.text, width);
        let row = place(&self.text, &rows, self.cursor).0;
        row == if up { 0 } else { rows.len() - 1 }
    }

    /// Steps that move the cursor within its line.
    fn go(&mut self, edit: Edit) -> bool {
        self.cursor = match edit {
            Edit::Left => self.left_of(self.cursor),
            Edit::Right => self.right_of(self.cursor),
            Edit::WordLeft => self.word_left(),
            Edit::WordRight => self.word_right(),
            Edit::Home => self.line_start(),
            Edit::End => self.line_end(),
            _ => self.cursor,
        };
        false
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or("")
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or("")
    }

    /// Puts text at the cursor, as much as there is room for.
    fn put(&mut self, text: &str, kind: Kind) -> bool {
        let room = MAX_TEXT.saturating_sub(self.text.len());
        let text = text.get(..text.floor_char_boundary(room.min(text.len()))).unwrap_or("");
        let typed_first = self.cursor == 0 && kind == Kind::Typed && !text.is_empty();
        self.exchange(self.cursor, self.cursor, text, kind);
        self.foreign &= !typed_first;
        !text.is_empty()
    }

    /// Every change of the text goes through here: what was between two places goes, this comes.
    fn exchange(&mut self, from: usize, to: usize, text: &str, kind: Kind) {
        let room = MAX_TEXT.saturating_sub(self.text.len() - (to - from));
        let text = text.get(..text.floor_char_boundary(room.min(text.len()))).unwrap_or("");
        if from == to && text.is_empty() {
            return;
        }
        let gone = self.text.get(from..to).unwrap_or("").to_owned();
        self.past.note(Change { at: from, gone, came: text.to_owned(), cursor: self.cursor, kind });
        self.swap(from, to, text);
    }

    fn swap(&mut self, from: usize, to: usize, text: &str) {
        self.text.replace_range(from..to, text);
        self.cursor = self.settle(from + text.len());
        self.foreign &= !self.text.is_empty();
    }

    /// The next place between graphemes at or after `at`: a mark typed after a letter joins it.
    fn settle(&self, at: usize) -> usize {
        let mut probe = GraphemeCursor::new(at, self.text.len(), true);
        match probe.is_boundary(&self.text, 0) {
            Ok(false) => self.right_of(at),
            _ => at,
        }
    }

    fn left_of(&self, at: usize) -> usize {
        GraphemeCursor::new(at, self.text.len(), true).prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn right_of(&self, at: usize) -> usize {
        GraphemeCursor::new(at, self.text.len(), true).next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }

    fn line_start(&self) -> usize {
        self.before().rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.after().find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    /// The beginning of this or the last word, or as far as is looked for one.
    fn word_left(&self) -> usize {
        let from = self.settle(self.text.floor_char_boundary(self.cursor.saturating_sub(MAX_WORD)));
        let before = self.text.get(from..self.cursor).unwrap_or("");
        before.unicode_word_indices().next_back().map_or(from, |(at, _)| from + at)
    }

    /// The end of this or the next word, or as far as is looked for one.
    fn word_right(&self) -> usize {
        let to = self.settle(self.text.floor_char_boundary((self.cursor + MAX_WORD).min(self.text.len())));
        let after = self.text.get(self.cursor..to).unwrap_or("");
        after.unicode_word_indices().next().map_or(to, |(at, word)| self.cursor + at + word.len())
    }

    fn vertical(&mut self, up: bool, width: usize, last: Last) -> bool {
        let rows = rows(&self.text, width);
        let (row, column) = place(&self.text, &rows, self.cursor);
        let column = if let Last::Rows(from) = last { from } else { column };
        let target = if up { row.checked_sub(1) } else { Some(row + 1) };
        self.cursor = match target {
            Some(row) => rows::at_column(&self.text, &rows, row, column).unwrap_or(self.text.len()),
            None => 0,
        };
        self.last = Last::Rows(column);
        false
    }

    /// Takes out what is between two places and gives it.
    fn cut_out(&mut self, from: usize, to: usize, kind: Kind) -> Option<String> {
        let gone = self.text.get(from..to).filter(|gone| !gone.is_empty())?.to_owned();
        self.exchange(from, to, "", kind);
        Some(gone)
    }

    /// Takes out what is between two places, to be put back elsewhere.
    fn cut(&mut self, from: usize, to: usize, last: Last) -> bool {
        let side = if to == self.cursor { Side::Before } else { Side::After };
        let Some(gone) = self.cut_out(from, to, Kind::Whole) else {
            self.last = last;
            return false;
        };
        self.cuts.put(gone, side, last == Last::Cut);
        self.last = Last::Cut;
        true
    }

    fn put_back(&mut self) -> bool {
        let (from, cut) = (self.cursor, self.cuts.last().unwrap_or("").to_owned());
        let changed = self.put(&cut, Kind::Whole);
        self.last = Last::Put(from, self.cursor);
        changed
    }

    fn put_other(&mut self, last: Last) -> bool {
        let Last::Put(from, to) = last else { return false };
        let Some(cut) = self.cuts.turn().map(str::to_owned) else { return false };
        self.exchange(from, to, &cut, Kind::Whole);
        self.last = Last::Put(from, self.cursor);
        true
    }

    fn transpose(&mut self) -> bool {
        let middle = if self.cursor == self.text.len() { self.left_of(self.cursor) } else { self.cursor };
        let (start, end) = (self.left_of(middle), self.right_of(middle));
        let (Some(a), Some(b)) = (self.text.get(start..middle), self.text.get(middle..end)) else { return false };
        if a.is_empty() || b.is_empty() || a == "\n" || b == "\n" {
            return false;
        }
        let swapped = format!("{b}{a}");
        self.exchange(start, end, &swapped, Kind::Whole);
        true
    }

    fn undo(&mut self) -> bool {
        let Some(change) = self.past.undo() else { return false };
        let Change { at, gone, came, cursor, .. } = change.clone();
        self.swap(at, at + came.len(), &gone);
        self.cursor = cursor;
        true
    }

    fn redo(&mut self) -> bool {
        let Some(change) = self.past.redo() else { return false };
        let Change { at, gone, came, .. } = change.clone();
        self.swap(at, at + gone.len(), &came);
        true
    }
}

/// What of a text can be written: line ends become `\n`, tabs stay, other control characters go.
fn cleaned(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests;
