//! Everything the core may ask the world to do.

use std::time::Duration;

use crate::backend::refusals::Refusals;
use crate::backend::{Command, Event, Target};
use crate::history::Keep;
use crate::model::{AccessList, AccountId, Roster};
use crate::policy::{Admitted, Permitted};

/// Something to be done; none is waited for, results come back as messages.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Give an order to an account.
    Account(AccountId, Permitted<Command>),
    /// Report what happened to a front that prints events (JSON, `watch`); the screen ignores it.
    Report(AccountId, Admitted<Event>),
    /// Write the local roster and access list of an account, atomically.
    SaveRoster(AccountId, Roster, AccessList),
    /// Remember the home server of an account; `None` forgets it.
    SaveHome(AccountId, Option<Target>),
    /// Write something down in the ledger of messages.
    Keep(Keep),
    /// Remember that a password was refused; `None` forgets it.
    SaveRefusals(AccountId, Option<Refusals>),
    /// Ring the bell or notify; the text is already safe to show.
    Ring(String),
    /// Set the terminal's title.
    Title(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Report back after this time as [`crate::app::Msg::Timer`]. A timer of the same name is replaced.
    StartTimer(&'static str, Duration),
    /// Let the user write this in an editor outside; comes back as [`crate::app::Msg::Edited`].
    Edit(String),
    /// Stop the program to the background (terminal job control).
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Sign out everywhere and end.
    Quit,
}

/// What one message brought about, in order.
pub type Effects = Vec<Effect>;
