//! Every intention of the user: one catalogue for keys, palette, slash commands, help and docs.

use crate::backend::Command;
use crate::model::AccountId;

/// Something the user wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Leave the program.
    Quit,
    /// A ready order to an account (scripts, `say`).
    Order(AccountId, Command),
}

/// Where an action makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Anywhere.
    Everywhere,
    /// The contact list has the focus.
    Roster,
    /// The messages have the focus.
    Messages,
    /// The text being written has the focus.
    Composer,
}

/// One row of the catalogue.
#[derive(Debug, Clone)]
pub struct ActionSpec {
    /// Name in the configuration and the docs, such as `contact.open`.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Default keys.
    pub keys: &'static [&'static str],
    /// Where.
    pub context: Context,
    /// The action.
    pub action: Action,
}

/// Every action with a name.
pub const CATALOGUE: &[ActionSpec] = &[ActionSpec {
    name: "quit",
    help: "Sign out and leave",
    keys: &["ctrl-q"],
    context: Context::Everywhere,
    action: Action::Quit,
}];
