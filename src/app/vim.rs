//! Modes for writing, as in Vim: counts, operators with motions, a register of its own.
//!
//! The grammar is built from single steps: `2`, `d`, `w` are three actions, and what was pressed so
//! far waits in [`Vim`]. The text stays the composer's, which also keeps what can be undone.

use unicode_segmentation::UnicodeSegmentation;

use crate::app::{Composer, Edit};

mod motion;

pub use motion::Motion;

/// What keys do in the text being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// They write.
    #[default]
    Insert,
    /// They are commands.
    Normal,
}

/// Where inserting begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Before the cursor.
    Before,
    /// Behind the letter at the cursor.
    After,
    /// Before the first letter of the line.
    Start,
    /// At the end of the line.
    End,
    /// On a new line below.
    Below,
    /// On a new line above.
    Above,
}

/// What is done with the text of a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// It is cut out.
    Delete,
    /// It is cut out, and inserting begins.
    Change,
    /// It is kept, to be put elsewhere.
    Yank,
}

/// A search for a letter in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Find {
    /// Just before it, not onto it.
    pub till: bool,
    /// Towards the beginning.
    pub back: bool,
}

/// A step of normal mode, or into and out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VimAct {
    /// To normal mode; there, gives up what was begun.
    Normal,
    /// Begins to insert.
    Insert(Where),
    /// Moves, or says what an operator is for.
    Motion(Motion),
    /// Waits for a motion; twice, it is for whole lines.
    Operator(Operator),
    /// An operator for the rest of the line.
    ToEnd(Operator),
    /// A digit of a count; `0` alone goes to the beginning of the line.
    Digit(u8),
    /// Cuts letters at the cursor; `true` = and begins to insert.
    Letters(bool),
    /// Cuts letters before the cursor.
    LettersBefore,
    /// Puts what was cut or yanked; `true` = before the cursor.
    Put(bool),
    /// Takes the last change back.
    Undo,
    /// Does what was taken back once more.
    Redo,
    /// Waits for a letter to go to.
    Find(Find),
    /// Goes to that letter again; `true` = the other way.
    FindAgain(bool),
    /// Waits for a letter to put in place of the one at the cursor.
    Replace,
    /// Joins the next line to this one.
    Join,
    /// The letter that was waited for.
    Letter(char),
    /// Gives up what was begun.
    Cancel,
}

/// What a letter is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    Find(Find),
    Replace,
}

/// The mode, and what was pressed of a command so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vim {
    /// The mode.
    pub mode: Mode,
    count: Option<usize>,
    operator: Option<(Operator, usize)>,
    wait: Option<Wait>,
    found: Option<(Find, char)>,
    /// What was cut or yanked last; whole lines end with a line end.
    register: String,
}

/// Largest count; more would only be a slip.
const MAX_COUNT: usize = 9_999;

impl Vim {
    /// Whether the next letter is not a command but the letter that was asked for.
    #[must_use]
    pub const fn waits_for_letter(&self) -> bool {
        self.wait.is_some()
    }

    /// Whether a motion is waited for.
    #[must_use]
    pub const fn waits_for_motion(&self) -> bool {
        self.operator.is_some()
    }

    /// What was pressed of a command so far: `2d3`.
    #[must_use]
    pub fn begun(&self) -> String {
        let number = |n: usize| if n == 1 { String::new() } else { n.to_string() };
        let mut said = self.operator.map_or_else(String::new, |(operator, count)| {
            let letter = match operator {
                Operator::Delete => 'd',
                Operator::Change => 'c',
                Operator::Yank => 'y',
            };
            format!("{}{letter}", number(count))
        });
        said.push_str(&self.count.map_or_else(String::new, |count| count.to_string()));
        match self.wait {
            Some(Wait::Replace) => said.push('r'),
            Some(Wait::Find(Find { till, back })) => said.push(match (till, back) {
                (false, false) => 'f',
                (false, true) => 'F',
                (true, false) => 't',
                (true, true) => 'T',
            }),
            None => {}
        }
        said
    }

    /// Does a step on the text; `true` if the text changed.
    pub fn step(&mut self, act: VimAct, text: &mut Composer) -> bool {
        let before = text.text().to_owned();
        self.carry_out(act, text);
        if self.mode == Mode::Normal {
            stay_on_letter(text);
        }
        text.text() != before
    }

    fn carry_out(&mut self, act: VimAct, text: &mut Composer) {
        match act {
            VimAct::Normal => self.leave_insert(text),
            VimAct::Cancel => self.give_up(),
            VimAct::Digit(0) if self.count.is_none() => self.motion(Motion::Home, text),
            VimAct::Digit(digit) => {
                let count = self.count.unwrap_or(0).saturating_mul(10).saturating_add(usize::from(digit));
                self.count = Some(count.min(MAX_COUNT));
            }
            VimAct::Insert(place) => self.insert(place, text),
            VimAct::Motion(motion) => self.motion(motion, text),
            VimAct::Operator(operator) => match self.operator {
                Some((begun, _)) if begun == operator => self.lines(operator, text),
                Some(_) => self.give_up(),
                None => self.operator = Some((operator, self.count.take().unwrap_or(1))),
            },
            VimAct::ToEnd(operator) => {
                self.operator = Some((operator, 1));
                self.motion(Motion::End, text);
            }
            VimAct::Letters(insert) => {
                let count = self.count.take().unwrap_or(1);
                let (from, end) = (text.cursor(), motion::line(text.text(), text.cursor()).1);
                let to = text
                    .text()
                    .get(from..end)
                    .map_or(from, |rest| from + rest.graphemes(true).take(count).map(str::len).sum::<usize>());
                self.operate(if insert { Operator::Change } else { Operator::Delete }, from, to, text);
            }
            VimAct::LettersBefore => {
                let count = self.count.take().unwrap_or(1);
                let (start, to) = (motion::line(text.text(), text.cursor()).0, text.cursor());
                let back =
                    text.text().get(start..to).unwrap_or("").graphemes(true).rev().take(count).map(str::len).sum::<usize>();
                self.operate(Operator::Delete, to - back, to, text);
            }
            VimAct::Put(before) => self.put(before, text),
            VimAct::Undo | VimAct::Redo => {
                self.give_up();
                text.apply(if act == VimAct::Undo { Edit::Undo } else { Edit::Redo });
            }
            VimAct::Find(find) => self.wait = Some(Wait::Find(find)),
            VimAct::Replace => self.wait = Some(Wait::Replace),
            VimAct::FindAgain(other) => {
                if let Some((find, letter)) = self.found {
                    let find = Find { back: find.back != other, ..find };
                    self.motion(Motion::To(find, letter), text);
                }
            }
            VimAct::Join => {
                self.give_up();
                let end = motion::line(text.text(), text.cursor()).1;
                let blanks = text.text().get(end..).and_then(|rest| rest.strip_prefix('\n'));
                if let Some(next) = blanks {
                    let skipped = next.len() - next.trim_start_matches([' ', '\t']).len();
                    text.replace(end, end + 1 + skipped, " ");
                    text.go_to(end);
                }
            }
            VimAct::Letter(letter) => self.letter(letter, text),
        }
    }

    /// Forgets what was pressed of a command.
    fn give_up(&mut self) {
        (self.count, self.operator, self.wait) = (None, None, None);
    }

    fn leave_insert(&mut self, text: &mut Composer) {
        self.give_up();
        if self.mode == Mode::Insert {
            self.mode = Mode::Normal;
            // The cursor goes onto the letter that was written last.
            let start = motion::line(text.text(), text.cursor()).0;
            if text.cursor() > start {
                text.apply(Edit::Left);
            }
        }
    }

    fn insert(&mut self, place: Where, text: &mut Composer) {
        self.give_up();
        self.mode = Mode::Insert;
        let (start, end) = motion::line(text.text(), text.cursor());
        // What is written now is taken back apart from what was.
        text.replace(text.cursor(), text.cursor(), "");
        match place {
            Where::After if text.cursor() < end => drop(text.apply(Edit::Right)),
            Where::Before | Where::After => {}
            Where::Start => text.go_to(motion::first(text.text(), text.cursor())),
            Where::End => text.go_to(end),
            Where::Below => {
                text.replace(end, end, "\n");
            }
            Where::Above => {
                text.replace(start, start, "\n");
                text.go_to(start);
            }
        }
    }

    fn motion(&mut self, motion: Motion, text: &mut Composer) {
        let counted = self.count.take();
        let Some((operator, times)) = self.operator.take() else {
            if let Some(to) = motion.target(text.text(), text.cursor(), counted) {
                text.go_to(to);
            }
            return;
        };
        // `2d3w` is for six words.
        let count = match (counted, times) {
            (None, 1) => None,
            (counted, times) => Some(counted.unwrap_or(1).saturating_mul(times).min(MAX_COUNT)),
        };
        let Some((from, to)) = motion.span(text.text(), text.cursor(), count, operator == Operator::Change) else { return };
        if motion.is_linewise() {
            self.whole_lines(operator, from, to, text);
        } else {
            self.operate(operator, from, to, text);
        }
    }

    /// `dd`, `cc`, `yy`: this line and as many below as were counted.
    fn lines(&mut self, operator: Operator, text: &mut Composer) {
        let times = self.operator.take().map_or(1, |(_, times)| times);
        let count = self.count.take().unwrap_or(1).saturating_mul(times).min(MAX_COUNT);
        let down = Motion::Down.target(text.text(), text.cursor(), Some(count.saturating_sub(1)));
        let last = if count > 1 { down.unwrap_or(text.cursor()) } else { text.cursor() };
        self.whole_lines(operator, text.cursor(), last, text);
    }

    fn whole_lines(&mut self, operator: Operator, from: usize, to: usize, text: &mut Composer) {
        let (start, end) = (motion::line(text.text(), from).0, motion::line(text.text(), to).1);
        let kept = format!("{}\n", text.text().get(start..end).unwrap_or(""));
        match operator {
            Operator::Yank => text.go_to(start),
            Operator::Change => {
                text.replace(start, end, "");
                self.mode = Mode::Insert;
            }
            Operator::Delete => {
                // A line end goes with the lines: the one behind them, else the one before.
                let (start, end) = if end < text.text().len() { (start, end + 1) } else { (start.saturating_sub(1), end) };
                text.replace(start, end, "");
                text.go_to(motion::first(text.text(), text.cursor()));
            }
        }
        self.register = kept;
    }

    fn operate(&mut self, operator: Operator, from: usize, to: usize, text: &mut Composer) {
        self.give_up();
        if from < to {
            text.text().get(from..to).unwrap_or("").clone_into(&mut self.register);
            if operator == Operator::Yank {
                text.go_to(from);
            } else {
                text.replace(from, to, "");
            }
        }
        if operator == Operator::Change {
            self.mode = Mode::Insert;
        }
    }

    fn put(&mut self, before: bool, text: &mut Composer) {
        let count = self.count.take().unwrap_or(1).min(100);
        self.give_up();
        if self.register.is_empty() {
            return;
        }
        let (start, end) = motion::line(text.text(), text.cursor());
        if let Some(lines) = self.register.strip_suffix('\n') {
            let whole = vec![lines; count].join("\n");
            if before {
                text.replace(start, start, &format!("{whole}\n"));
                text.go_to(start);
            } else {
                text.replace(end, end, &format!("\n{whole}"));
                text.go_to(end + 1);
            }
            return;
        }
        let whole = self.register.repeat(count);
        let mut at = text.cursor();
        if !before && at < end {
            at += text.text().get(at..end).and_then(|rest| rest.graphemes(true).next()).map_or(0, str::len);
        }
        text.replace(at, at, &whole);
        // Onto the last letter that was put.
        text.apply(Edit::Left);
    }

    fn letter(&mut self, letter: char, text: &mut Composer) {
        match self.wait.take() {
            Some(Wait::Find(find)) => {
                self.found = Some((find, letter));
                self.motion(Motion::To(find, letter), text);
            }
            Some(Wait::Replace) => {
                let count = self.count.take().unwrap_or(1);
                let (from, end) = (text.cursor(), motion::line(text.text(), text.cursor()).1);
                let rest = text.text().get(from..end).unwrap_or("");
                let there: Vec<usize> = rest.graphemes(true).take(count).map(str::len).collect();
                if there.len() == count && !letter.is_control() {
                    text.replace(from, from + there.iter().sum::<usize>(), &letter.to_string().repeat(count));
                    text.apply(Edit::Left);
                }
            }
            None => {}
        }
    }
}

/// In normal mode the cursor stands on a letter, never behind the last one of a line.
fn stay_on_letter(text: &mut Composer) {
    let (start, end) = motion::line(text.text(), text.cursor());
    if text.cursor() >= end && end > start {
        text.go_to(end);
        text.apply(Edit::Left);
    }
}

#[cfg(test)]
mod tests;
