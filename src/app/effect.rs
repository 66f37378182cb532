//! Everything the core may ask the world to do.

use std::time::Duration;

use crate::app::notices::Notice;
use crate::app::rules::Rules;
use crate::app::transfers::FileDeed;
use crate::app::{Marks, RequestReport, SettingChange};
use crate::backend::refusals::Refusals;
use crate::backend::{Command, Event, Target};
use crate::history::{Ask, Keep};
use crate::model::{AccessList, AccountId, FileId, Roster, Secret};
use crate::policy::{Admitted, MayView, Permitted};

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
    /// Look something up in what is kept; comes back as [`crate::app::Msg::Past`].
    Ask(Ask),
    /// Remember that a password was refused; `None` forgets it.
    SaveRefusals(AccountId, Option<Refusals>),
    /// Write down what the user marked people of an account with.
    SaveMarks(AccountId, Marks),
    /// Write what a stranger wrote to a file of the user's, and say where it is.
    WriteReport(Box<RequestReport>),
    /// Tell the user of what they do not see; its texts are not yet made safe.
    Notify(Notice),
    /// What was told under this number need not be seen any more.
    Recall(u32),
    /// Write the rules of an account down: what is told of whom.
    SaveRules(AccountId, Rules),
    /// Do something about a file.
    File(AccountId, FileId, FileDeed),
    /// Read the picture at this path, for this file; comes back as [`crate::app::Msg::Picture`].
    View(AccountId, FileId, String, MayView),
    /// A file looks different now: for fronts that print what happens.
    FileChanged(AccountId, FileId),
    /// Set the terminal's title.
    Title(String),
    /// Open a link with the program this machine has for it. It holds ASCII only.
    Open(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Load another theme; without a name, say which there are. The answer is [`crate::app::Msg::Front`].
    Theme(Option<String>),
    /// Report back after this time as [`crate::app::Msg::Timer`]. A timer of the same name is replaced.
    StartTimer(&'static str, Duration),
    /// Let the user write this in an editor outside; comes back as [`crate::app::Msg::Edited`].
    Edit(String),
    /// Stop the program to the background (terminal job control).
    Suspend,
    /// Change the configuration file, then read it again.
    Set(SettingChange),
    /// Read the configuration file again.
    Reload,
    /// See whether this is the passphrase that opens what is kept; the answer is [`crate::app::Msg::Passphrase`].
    TryPassphrase(Secret),
    /// Draw everything anew.
    Redraw,
    /// Sign out everywhere and end.
    Quit,
}

/// What one message brought about, in order.
pub type Effects = Vec<Effect>;
