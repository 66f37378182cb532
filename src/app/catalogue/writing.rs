//! What helps writing, besides the editing of a text.

use super::Context::{Composer, Messages, Overlay};
use super::{ActionSpec, cmd, key};
use crate::app::{Action, ComposeAct};

/// The rows.
pub(super) const ROWS: &[ActionSpec] = &[
    key(
        Composer,
        "sent.older",
        &["ctrl-up"],
        Action::Compose(ComposeAct::Sent(true)),
        "What you sent before; then Up and Down go on",
    ),
    key(Composer, "sent.newer", &["ctrl-down"], Action::Compose(ComposeAct::Sent(false)), "What you sent after that"),
    key(Composer, "sent.search", &["ctrl-r"], Action::Compose(ComposeAct::Search), "Look for something you sent before"),
    key(Overlay, "sent.search-on", &["ctrl-r"], Action::Compose(ComposeAct::Search), "The one before that"),
    cmd(
        Composer,
        "edit.external",
        &["alt-e", "ctrl-x ctrl-e"],
        (&["editor"], ""),
        Action::Compose(ComposeAct::Editor),
        "Write in your own editor",
    ),
    cmd(
        Composer,
        "message.me",
        &[],
        (&["me"], "does something"),
        Action::Compose(ComposeAct::Me(None)),
        "Say what you do: sent as \"* your name does something\"",
    ),
    cmd(
        Messages,
        "message.unsend",
        &[],
        (&["unsend"], ""),
        Action::Compose(ComposeAct::Unsend),
        "Take back the last message that has not left, to write it anew",
    ),
];
