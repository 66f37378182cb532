//! The key sets: what differs from the plain keys that stand in the rows of the catalogue.
//!
//! A line gives keys to an action in a context. A row's plain key that is in the way of such a line,
//! in the same context, is not in force in that set; all others are.

mod emacs;
mod vim;

use crate::app::Context;
use crate::config::KeySet;

/// Context, keys, name of the action.
type Difference = (Context, &'static str, &'static str);

/// What a set says besides the rows.
pub(super) const fn differences(set: KeySet) -> &'static [Difference] {
    match set {
        KeySet::Plain => &[],
        KeySet::Vim => vim::KEYS,
        KeySet::Emacs => emacs::KEYS,
    }
}
