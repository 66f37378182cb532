//! Whether the program runs.

use super::row::{Category, Fixed, Lock, Row};

const START: Category = Category::Start;

pub(super) const ROWS: &[Row] = &[
    Row::flag(
        "PreventRun",
        START,
        "chinwag does not run at all. It is looked at before the network, the keyring, the history or any other file of the user's.",
    )
    .legacy("PreventRun"),
    Row::flag(
        "PreventAutoRun",
        START,
        "No account signs in by itself when the program starts; the user can still sign in.",
    )
    .legacy("PreventAutoRun")
    .locks(&[Lock::when(Fixed::Flag(true), "accounts.auto_sign_in", Fixed::Flag(false))]),
    Row::flag(
        "DisableControlSocket",
        START,
        "Other programs of the user cannot use the running chinwag through its socket.",
    )
    .locks(&[Lock::when(Fixed::Flag(true), "control.socket", Fixed::Flag(false))]),
];
