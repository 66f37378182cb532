//! Everything that can happen.

use crate::app::transfers::FileNews;
use crate::app::{AccountView, Action, NewSettings};
use crate::backend::{Event, Refused};
use crate::history::{Found, Kept, Remembered};
use crate::model::{AccountId, FileId, Multiplexer, Picture};
use crate::policy::Policy;

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// The user wants something (key, mouse, palette, slash command, `say`).
    Action(Action),
    /// Text was pasted; never a command.
    Paste(String),
    /// The terminal has a new size: columns, rows.
    Resize(u16, u16),
    /// An account reports.
    Account(AccountId, Event),
    /// An account refused an order it was given.
    Refused(AccountId, Refused),
    /// The terminal window got or lost the user's attention, as far as it tells.
    Attention(bool),
    /// Nobody touched the keyboard for this long (sent when a threshold passes), or, zero,
    /// somebody did again.
    KeyboardIdle(std::time::Duration),
    /// The terminal we run in was left, by this program that keeps it running; none: it is before
    /// somebody's eyes again.
    Detached(Option<Multiplexer>),
    /// The editor of [`crate::app::Effect::Edit`] has ended: what was written, or why there is nothing.
    Edited(Result<String, String>),
    /// A timer asked for by [`crate::app::Effect::StartTimer`] is due.
    Timer(&'static str),
    /// The ledger of messages is open, and this is in it.
    Remembered(Remembered),
    /// This is on disk; that could not be written, and why.
    Kept {
        /// Written.
        kept: Vec<Kept>,
        /// Not written.
        failed: Vec<Kept>,
        /// Why.
        why: Option<String>,
    },
    /// The settings were read anew.
    Settings(Box<NewSettings>),
    /// The policies of this machine were read anew.
    Policies(Box<Policy>),
    /// An account came, went, or begins anew.
    Accounts(AccountNews),
    /// What was asked for of what is kept.
    Past(Found),
    /// The shell has something to tell of a file.
    File(AccountId, FileId, FileNews),
    /// A picture was read for [`crate::app::Effect::View`], or why it was not: a sentence.
    Picture(AccountId, FileId, Result<Picture, String>),
    /// Whether the passphrase of [`crate::app::Effect::TryPassphrase`] was the right one.
    Passphrase(bool),
    /// The front tried every way to tell the user of something; what became of it, line by line.
    Tested(Vec<String>),
    /// The front has something to tell.
    Front(FrontNews),
    /// A file could not be written, or another effect failed; words for the user.
    Trouble(String),
}

/// What becomes of an account while the program runs.
#[derive(Debug, Clone, PartialEq)]
pub enum AccountNews {
    /// There is a new one.
    Came(AccountId, Box<AccountView>),
    /// It does nothing any more; it is gone, or begins anew afterwards.
    Out {
        /// Which.
        id: AccountId,
        /// It was signed out in good order: of everything it sent is known what became of it.
        clean: bool,
    },
    /// It begins anew, with the same address.
    Anew {
        /// Which.
        id: AccountId,
        /// The name the user chose for themselves there; empty for none.
        name: String,
    },
    /// It is no more. What is kept of it stays kept.
    Gone(AccountId),
    /// What earlier runs, and this one, left of it.
    Remembered(AccountId, Box<Remembered>),
}

/// What a front tells the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrontNews {
    /// This theme is in force now.
    Theme(String),
    /// Words for the user, of something that went well.
    Words(String),
}
