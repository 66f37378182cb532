//! The line editor: several lines of text, a cursor that never stands inside a grapheme.
//!
//! Pure text handling. What is typed or pasted is only ever text; nothing here acts.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Longest text that can be written, in octets. A paste is cut off there.
pub const MAX_TEXT: usize = 16 * 1024;

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
    /// To the line above.
    Up,
    /// To the line below.
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
    /// Exchanges the two graphemes around the cursor.
    Transpose,
    /// Takes the last change back.
    Undo,
}

/// Text being written, and where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Composer {
    text: String,
    cursor: usize,
    cut: String,
    undo: Vec<(String, usize)>,
}

/// Steps of undo kept for one text.
const MAX_UNDO: usize = 50;

impl Composer {
    /// This text, with the cursor at its end.
    #[must_use]
    pub fn with(text: &str) -> Self {
        let mut composer = Self::default();
        composer.paste(text);
        composer.undo.clear();
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

    /// Takes the text out and leaves none; what was cut stays.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        self.undo.clear();
        std::mem::take(&mut self.text)
    }

    /// Puts text at the cursor: line ends become `\n`, tabs stay, other control characters go.
    pub fn paste(&mut self, text: &str) {
        let clean: String = text
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        self.remember();
        self.put(&clean);
    }

    /// Does one step; `true` if the text changed.
    pub fn apply(&mut self, edit: Edit) -> bool {
        let before = self.text.len();
        match edit {
            Edit::Insert(c) if !c.is_control() => {
                if c == ' ' {
                    self.remember();
                }
                self.put(c.encode_utf8(&mut [0; 4]));
            }
            Edit::Insert(_) => {}
            Edit::Newline => {
                self.remember();
                self.put("\n");
            }
            Edit::Backspace => self.cut_out(self.left_of(self.cursor), self.cursor, false),
            Edit::Delete => self.cut_out(self.cursor, self.right_of(self.cursor), false),
            Edit::Left => self.cursor = self.left_of(self.cursor),
            Edit::Right => self.cursor = self.right_of(self.cursor),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::Home => self.cursor = self.line_start(),
            Edit::End => self.cursor = self.line_end(),
            Edit::Up => self.vertical(true),
            Edit::Down => self.vertical(false),
            Edit::KillToEnd => {
                // At the end of a line the line end itself goes, as everywhere.
                let end = if self.line_end() == self.cursor { self.right_of(self.cursor) } else { self.line_end() };
                self.cut_out(self.cursor, end, true);
            }
            Edit::KillToStart => self.cut_out(self.line_start(), self.cursor, true),
            Edit::KillWordLeft => self.cut_out(self.word_left(), self.cursor, true),
            Edit::KillWordRight => self.cut_out(self.cursor, self.word_right(), true),
            Edit::Yank => {
                let cut = self.cut.clone();
                self.remember();
                self.put(&cut);
            }
            Edit::Transpose => return self.transpose(),
            Edit::Undo => return self.undo(),
        }
        self.text.len() != before
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or("")
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or("")
    }

    fn put(&mut self, text: &str) {
        let mut room = MAX_TEXT.saturating_sub(self.text.len()).min(text.len());
        while !text.is_char_boundary(room) {
            room -= 1;
        }
        let text = text.get(..room).unwrap_or("");
        self.text.insert_str(self.cursor, text);
        self.cursor = self.settle(self.cursor + text.len());
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

    fn word_left(&self) -> usize {
        self.before().unicode_word_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn word_right(&self) -> usize {
        self.after().unicode_word_indices().next().map_or(self.text.len(), |(at, word)| self.cursor + at + word.len())
    }

    fn vertical(&mut self, up: bool) {
        let start = self.line_start();
        let column = self.text.get(start..self.cursor).unwrap_or("").graphemes(true).count();
        let target = if up {
            if start == 0 {
                self.cursor = 0;
                return;
            }
            let above = self.text.get(..start - 1).unwrap_or("");
            above.rfind('\n').map_or(0, |at| at + 1)
        } else {
            let end = self.line_end();
            if end == self.text.len() {
                self.cursor = end;
                return;
            }
            end + 1
        };
        let line = self.text.get(target..).unwrap_or("").split('\n').next().unwrap_or("");
        self.cursor = target + line.graphemes(true).take(column).map(str::len).sum::<usize>();
    }

    fn cut_out(&mut self, from: usize, to: usize, keep: bool) {
        if from >= to {
            return;
        }
        self.remember();
        let gone: String = self.text.drain(from..to).collect();
        self.cursor = self.settle(from);
        if keep {
            self.cut = gone;
        }
    }

    fn transpose(&mut self) -> bool {
        let middle = if self.cursor == self.text.len() { self.left_of(self.cursor) } else { self.cursor };
        let (start, end) = (self.left_of(middle), self.right_of(middle));
        let (Some(a), Some(b)) = (self.text.get(start..middle), self.text.get(middle..end)) else { return false };
        if a.is_empty() || b.is_empty() || a == "\n" || b == "\n" {
            return false;
        }
        let swapped = format!("{b}{a}");
        self.remember();
        self.text.replace_range(start..end, &swapped);
        self.cursor = self.settle(end);
        true
    }

    fn remember(&mut self) {
        if self.undo.last().is_some_and(|(text, _)| *text == self.text) {
            return;
        }
        if self.undo.len() >= MAX_UNDO {
            self.undo.remove(0);
        }
        self.undo.push((self.text.clone(), self.cursor));
    }

    fn undo(&mut self) -> bool {
        while let Some((text, cursor)) = self.undo.pop() {
            if text != self.text {
                (self.text, self.cursor) = (text, cursor);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, edits: &[Edit]) -> (String, usize) {
        let mut composer = Composer::with(text);
        for edit in edits {
            composer.apply(*edit);
        }
        (composer.text().to_owned(), composer.cursor())
    }

    #[test]
    fn cursor_moves_by_graphemes() {
        // Family emoji (ZWJ), flag, e + combining acute, CJK.
        for one in ["👨‍👩‍👧", "🇩🇪", "e\u{301}", "字"] {
            let text = format!("a{one}b");
            assert_eq!(typed(&text, &[Edit::Left, Edit::Backspace]), ("ab".to_owned(), 1), "{one}");
            assert_eq!(typed(&text, &[Edit::Home, Edit::Right, Edit::Delete]), ("ab".to_owned(), 1), "{one}");
        }
    }

    #[test]
    fn combining_mark_joins_the_letter_before() {
        let (text, cursor) = typed("e", &[Edit::Insert('\u{301}'), Edit::Left]);
        assert_eq!((text.as_str(), cursor), ("e\u{301}", 0));
    }

    #[test]
    fn words_and_kills() {
        assert_eq!(typed("one two three", &[Edit::KillWordLeft]), ("one two ".to_owned(), 8));
        assert_eq!(typed("one two", &[Edit::WordLeft, Edit::KillToStart, Edit::End, Edit::Yank]), ("twoone ".to_owned(), 7));
        assert_eq!(typed("one two", &[Edit::Home, Edit::KillWordRight]), (" two".to_owned(), 0));
        assert_eq!(typed("ab\ncd", &[Edit::KillToStart, Edit::Backspace]), ("ab".to_owned(), 2));
        assert_eq!(typed("ab", &[Edit::Transpose]), ("ba".to_owned(), 2));
    }

    #[test]
    fn lines_up_and_down_keep_the_column() {
        assert_eq!(typed("abc\nde\nfgh", &[Edit::Up]).1, 6);
        assert_eq!(typed("abc\nde\nfgh", &[Edit::Up, Edit::Up, Edit::Up]).1, 0);
        assert_eq!(typed("abc\ndef", &[Edit::Up, Edit::Left, Edit::Down]).1, 6);
    }

    #[test]
    fn paste_is_text_only_and_bounded() {
        let mut composer = Composer::default();
        composer.paste("/quit\r\n\u{1b}[2Jx\u{9b}y");
        assert_eq!(composer.text(), "/quit\n[2Jxy");
        composer.paste(&"字".repeat(MAX_TEXT));
        assert!(composer.text().len() <= MAX_TEXT);
        assert!(composer.apply(Edit::Undo));
        assert_eq!(composer.text(), "/quit\n[2Jxy");
    }

    #[test]
    fn arbitrary_edits_keep_the_cursor_between_graphemes() {
        use proptest::prelude::*;
        const ALL: [Edit; 18] = [
            Edit::Newline,
            Edit::Backspace,
            Edit::Delete,
            Edit::Left,
            Edit::Right,
            Edit::WordLeft,
            Edit::WordRight,
            Edit::Home,
            Edit::End,
            Edit::Up,
            Edit::Down,
            Edit::KillToEnd,
            Edit::KillToStart,
            Edit::KillWordLeft,
            Edit::KillWordRight,
            Edit::Yank,
            Edit::Transpose,
            Edit::Undo,
        ];
        let step = prop_oneof![any::<char>().prop_map(Edit::Insert), (0..ALL.len()).prop_map(|at| ALL[at])];
        proptest!(ProptestConfig::with_cases(64), |(start in ".{0,12}", edits in proptest::collection::vec(step, 0..60))| {
            let mut composer = Composer::with(&start);
            for edit in edits {
                composer.apply(edit);
                let at = composer.cursor();
                prop_assert!(at == composer.text().len() || composer.text().grapheme_indices(true).any(|(i, _)| i == at));
            }
        });
    }
}
