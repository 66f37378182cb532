//! Writing.

use super::Context::Composer;
use super::{ActionSpec, key};
use crate::app::{Action, Edit, KeyAct, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(Composer, "message.send", &["enter"], Action::Submit, "Send"),
    key(Composer, "edit.newline", &["alt-enter", "ctrl-j", "shift-enter"], Action::Edit(Edit::Newline), "New line"),
    key(Composer, "edit.complete", &["tab"], Action::Complete, "Complete a command, else to the next part"),
    key(
        Composer,
        "edit.complete-back",
        &["shift-tab"],
        Action::Keys(KeyAct::CompleteBack),
        "The proposal before, else to the part before",
    ),
    key(Composer, "messages.back", &["pageup"], Action::Scroll(Step::PageUp), "Messages a page up"),
    key(Composer, "messages.on", &["pagedown"], Action::Scroll(Step::PageDown), "Messages a page down"),
    key(Composer, "messages.row-back", &["shift-up"], Action::Scroll(Step::Up), "Messages a row up"),
    key(Composer, "messages.row-on", &["shift-down"], Action::Scroll(Step::Down), "Messages a row down"),
    key(
        Composer,
        "messages.end",
        &["ctrl-end"],
        Action::Scroll(Step::Bottom),
        "To the last message; with nothing written End does",
    ),
    key(Composer, "edit.left", &["left", "ctrl-b"], Action::Edit(Edit::Left), "Left"),
    key(Composer, "edit.right", &["right"], Action::Edit(Edit::Right), "Right"),
    key(Composer, "edit.up", &["up"], Action::Edit(Edit::Up), "Line up; from empty text to the messages"),
    key(Composer, "edit.down", &["down"], Action::Edit(Edit::Down), "Line down"),
    key(Composer, "edit.word-left", &["ctrl-left", "alt-b"], Action::Edit(Edit::WordLeft), "A word left"),
    key(Composer, "edit.word-right", &["ctrl-right", "alt-f"], Action::Edit(Edit::WordRight), "A word right"),
    key(Composer, "edit.home", &["home", "ctrl-a"], Action::Edit(Edit::Home), "Beginning of the line"),
    key(Composer, "edit.end", &["end", "ctrl-e"], Action::Edit(Edit::End), "End of the line"),
    key(Composer, "edit.backspace", &["backspace", "ctrl-h"], Action::Edit(Edit::Backspace), "Delete before the cursor"),
    key(Composer, "edit.delete", &["delete", "ctrl-d"], Action::Edit(Edit::Delete), "Delete at the cursor"),
    key(Composer, "edit.cut-word", &["ctrl-w", "alt-backspace"], Action::Edit(Edit::KillWordLeft), "Cut the word before"),
    key(Composer, "edit.cut-word-right", &["alt-d", "ctrl-delete"], Action::Edit(Edit::KillWordRight), "Cut the word after"),
    key(Composer, "edit.cut-to-start", &["ctrl-u"], Action::Edit(Edit::KillToStart), "Cut to the beginning of the line"),
    key(Composer, "edit.cut-to-end", &["alt-k", "ctrl-x ctrl-k"], Action::Edit(Edit::KillToEnd), "Cut to the end of the line"),
    key(Composer, "edit.paste-cut", &["ctrl-y"], Action::Edit(Edit::Yank), "Put back what was cut"),
    key(Composer, "edit.paste-other", &["alt-y"], Action::Edit(Edit::YankOther), "Instead of it, what was cut before"),
    key(Composer, "edit.transpose", &["ctrl-t"], Action::Edit(Edit::Transpose), "Exchange two letters"),
    key(Composer, "edit.undo", &["ctrl-_", "ctrl-/"], Action::Edit(Edit::Undo), "Undo"),
    key(Composer, "edit.redo", &["alt-z"], Action::Edit(Edit::Redo), "Do again what was undone"),
];
