//! What can be done with what was said.

use super::Context::Messages;
use super::{ActionSpec, cmd, key};
use crate::app::{Action, Focus, Step};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    cmd(
        Messages,
        "message.to",
        &[],
        (&["msg", "query"], "who [text]"),
        Action::Message(None),
        "Open a conversation, or send at once",
    ),
    key(Messages, "messages.up", &["up", "k"], Action::Scroll(Step::Up), "A row up"),
    key(Messages, "messages.down", &["down", "j"], Action::Scroll(Step::Down), "A row down"),
    key(Messages, "messages.page-up", &["pageup"], Action::Scroll(Step::PageUp), "A page up"),
    key(Messages, "messages.page-down", &["pagedown"], Action::Scroll(Step::PageDown), "A page down"),
    key(Messages, "messages.top", &["home", "g"], Action::Scroll(Step::Top), "To the first message"),
    key(Messages, "messages.bottom", &["end", "shift-g"], Action::Scroll(Step::Bottom), "To the last message"),
    key(Messages, "messages.write", &["enter", "i"], Action::FocusOn(Focus::Composer), "Write"),
    cmd(Messages, "message.resend", &["shift-r"], (&["resend"], ""), Action::Resend, "Send the last lost message again"),
    key(Messages, "message.copy", &["y"], Action::Copy, "Copy the last message"),
    key(Messages, "messages.help", &["?"], Action::Help, "Keys and commands"),
];
