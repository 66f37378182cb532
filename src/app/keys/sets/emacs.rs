//! Keys as in Emacs and readline: the letter keys of the plain set are that already, so here stand
//! the ones it gives to something else, and what hands look for under Ctrl-X.

use super::Difference;
use crate::app::Context::{Composer, Everywhere, Messages, Overlay, Roster};

/// The differences.
pub(super) const KEYS: &[Difference] = &[
    (Everywhere, "alt-x", "palette"),
    (Everywhere, "ctrl-x b", "palette"),
    (Everywhere, "ctrl-x k", "chat.close"),
    (Everywhere, "ctrl-x ctrl-c", "quit"),
    (Everywhere, "ctrl-x ctrl-z", "suspend"),
    (Everywhere, "ctrl-g", "back"),
    (Composer, "ctrl-k", "edit.cut-to-end"),
    (Composer, "ctrl-n", "edit.down"),
    (Composer, "ctrl-p", "edit.up"),
    (Composer, "ctrl-x u", "edit.undo"),
    (Composer, "ctrl-v", "messages.on"),
    (Composer, "alt-v", "messages.back"),
    (Composer, "alt-p", "messages.row-back"),
    (Composer, "alt-n", "messages.row-on"),
    (Overlay, "ctrl-v", "menu.page-down"),
    (Overlay, "alt-v", "menu.page-up"),
    (Messages, "ctrl-n", "messages.down"),
    (Messages, "ctrl-p", "messages.up"),
    (Messages, "ctrl-v", "messages.page-down"),
    (Messages, "alt-v", "messages.page-up"),
    (Messages, "alt-<", "messages.top"),
    (Messages, "alt->", "messages.bottom"),
    (Messages, "alt-w", "message.copy"),
    (Roster, "ctrl-n", "roster.down"),
    (Roster, "ctrl-p", "roster.up"),
    (Roster, "ctrl-v", "roster.page-down"),
    (Roster, "alt-v", "roster.page-up"),
    (Roster, "alt-<", "roster.top"),
    (Roster, "alt->", "roster.bottom"),
    (Roster, "ctrl-f", "roster.unfold"),
    (Roster, "ctrl-b", "roster.fold"),
    (Roster, "ctrl-s", "roster.filter"),
];
