//! Writing in normal mode, in the key set that has modes. A row's keys are in force in that set only.

use super::Context::{Composer, Normal};
use super::{ActionSpec, key};
use crate::app::{Action, Find, KeyAct, Motion, Operator, VimAct, Where};

const fn vim(name: &'static str, keys: &'static [&'static str], act: VimAct, help: &'static str) -> ActionSpec {
    key(Normal, name, keys, Action::Keys(KeyAct::Vim(act)), help)
}

const fn find(till: bool, back: bool) -> VimAct {
    VimAct::Find(Find { till, back })
}

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(Composer, "vim.normal", &[], Action::Keys(KeyAct::Vim(VimAct::Normal)), "To normal mode, where keys are commands"),
    vim("vim.left", &["h", "left", "backspace", "ctrl-h"], VimAct::Motion(Motion::Left), "A letter left"),
    vim("vim.right", &["l", "right", "space"], VimAct::Motion(Motion::Right), "A letter right"),
    vim("vim.down", &["j", "down"], VimAct::Motion(Motion::Down), "A line down"),
    vim("vim.up", &["k", "up"], VimAct::Motion(Motion::Up), "A line up; from empty text to the messages"),
    vim("vim.word", &["w", "ctrl-right"], VimAct::Motion(Motion::Word), "To the next word"),
    vim("vim.back", &["b", "ctrl-left"], VimAct::Motion(Motion::Back), "To the beginning of the word"),
    vim("vim.word-end", &["e"], VimAct::Motion(Motion::WordEnd), "To the end of the word"),
    vim("vim.home", &["home"], VimAct::Motion(Motion::Home), "To the beginning of the line"),
    vim("vim.first", &["^"], VimAct::Motion(Motion::First), "To the first letter of the line"),
    vim("vim.end", &["$", "end"], VimAct::Motion(Motion::End), "To the end of the line"),
    vim("vim.top", &["g g"], VimAct::Motion(Motion::Top), "To the first line, or the one counted"),
    vim("vim.bottom", &["shift-g"], VimAct::Motion(Motion::Bottom), "To the last line, or the one counted"),
    vim("vim.find", &["f"], find(false, false), "To a letter"),
    vim("vim.find-back", &["shift-f"], find(false, true), "Back to a letter"),
    vim("vim.till", &["t"], find(true, false), "To just before a letter"),
    vim("vim.till-back", &["shift-t"], find(true, true), "Back to just behind a letter"),
    vim("vim.find-again", &[";"], VimAct::FindAgain(false), "To that letter again"),
    vim("vim.find-other-way", &[","], VimAct::FindAgain(true), "To that letter, the other way"),
    vim("vim.insert", &["i", "insert"], VimAct::Insert(Where::Before), "Write here"),
    vim("vim.append", &["a"], VimAct::Insert(Where::After), "Write behind the cursor"),
    vim("vim.insert-start", &["shift-i"], VimAct::Insert(Where::Start), "Write at the beginning of the line"),
    vim("vim.append-end", &["shift-a"], VimAct::Insert(Where::End), "Write at the end of the line"),
    vim("vim.open-below", &["o"], VimAct::Insert(Where::Below), "Write on a new line below"),
    vim("vim.open-above", &["shift-o"], VimAct::Insert(Where::Above), "Write on a new line above"),
    vim("vim.delete", &["d"], VimAct::Operator(Operator::Delete), "Cut: a motion follows, or d for the line"),
    vim("vim.change", &["c"], VimAct::Operator(Operator::Change), "Cut and write: a motion follows, or c for the line"),
    vim("vim.yank", &["y"], VimAct::Operator(Operator::Yank), "Keep, to put elsewhere: a motion follows, or y for the line"),
    vim("vim.delete-end", &["shift-d"], VimAct::ToEnd(Operator::Delete), "Cut to the end of the line"),
    vim("vim.change-end", &["shift-c"], VimAct::ToEnd(Operator::Change), "Cut to the end of the line and write"),
    vim("vim.yank-line", &["shift-y"], VimAct::ToEnd(Operator::Yank), "Keep the rest of the line"),
    vim("vim.cut", &["x", "delete"], VimAct::Letters(false), "Cut the letter"),
    vim("vim.cut-before", &["shift-x"], VimAct::LettersBefore, "Cut the letter before"),
    vim("vim.substitute", &["s"], VimAct::Letters(true), "Cut the letter and write"),
    vim("vim.put", &["p"], VimAct::Put(false), "Put what was cut or kept behind the cursor"),
    vim("vim.put-before", &["shift-p"], VimAct::Put(true), "Put what was cut or kept before the cursor"),
    vim("vim.replace", &["r"], VimAct::Replace, "Another letter in its place"),
    vim("vim.join", &["shift-j"], VimAct::Join, "Join the next line"),
    vim("vim.undo", &["u"], VimAct::Undo, "Undo"),
    vim("vim.redo", &["ctrl-r"], VimAct::Redo, "Redo"),
    vim("vim.0", &["0"], VimAct::Digit(0), "Beginning of the line, or a digit"),
    vim("vim.1", &["1"], VimAct::Digit(1), "So many times"),
    vim("vim.2", &["2"], VimAct::Digit(2), "So many times"),
    vim("vim.3", &["3"], VimAct::Digit(3), "So many times"),
    vim("vim.4", &["4"], VimAct::Digit(4), "So many times"),
    vim("vim.5", &["5"], VimAct::Digit(5), "So many times"),
    vim("vim.6", &["6"], VimAct::Digit(6), "So many times"),
    vim("vim.7", &["7"], VimAct::Digit(7), "So many times"),
    vim("vim.8", &["8"], VimAct::Digit(8), "So many times"),
    vim("vim.9", &["9"], VimAct::Digit(9), "So many times"),
    vim("vim.cancel", &["esc", "ctrl-["], VimAct::Normal, "Give up what was begun"),
];
