//! Where a session's reports come from and its orders go: a core of its own, or that of the running program.

use serde_json::Value;

use crate::app::{Action, App, FileAct, Msg};
use crate::backend::Command;
use crate::model::{AccountId, Address, FileId};
use crate::runtime::{Happened, Shell};

use super::attached::{Attached, Heard};
use super::exit::{Exit, Failure};

/// One of the two.
#[derive(Debug)]
pub enum Source {
    /// It signs in and out by itself.
    Own(Box<Shell>),
    /// It uses the connection of the running program.
    Attached(Box<Attached>),
}

impl Source {
    /// The core, or the picture of it.
    #[must_use]
    pub fn app(&self) -> &App {
        match self {
            Self::Own(shell) => shell.app(),
            Self::Attached(attached) => attached.app(),
        }
    }

    /// Whether it is the running program.
    #[must_use]
    pub const fn is_attached(&self) -> bool {
        matches!(self, Self::Attached(_))
    }

    /// Gives an order that policy permits.
    ///
    /// # Errors
    /// Exit 4 when the running program is gone.
    pub fn order(&mut self, id: &AccountId, command: Command) -> Result<(), Failure> {
        match self {
            Self::Own(shell) => {
                shell.submit(Msg::Action(Action::Order(id.clone(), command)));
                Ok(())
            }
            // It is signed in already; what it knows is asked for.
            Self::Attached(attached) if command == Command::SignIn => attached.follow(id),
            Self::Attached(attached) => attached.order(id, &command),
        }
    }

    /// Offers a file; gives its name where that is known already. `name` is what a script calls it.
    ///
    /// # Errors
    /// Exit 5 when policy forbids it, 4 when the running program is gone.
    pub fn offer(
        &mut self,
        account: &AccountId,
        to: Address,
        path: String,
        name: Option<Value>,
    ) -> Result<Option<FileId>, Failure> {
        let shell = match self {
            Self::Own(shell) => shell,
            Self::Attached(attached) => return attached.offer(account, &to, &path, name).map(|()| None),
        };
        let id = shell.app().next_file_id();
        shell.app().may_offer_file(account, &to)?;
        shell.submit(Msg::Action(Action::File(FileAct::Offer { account: account.clone(), to, path })));
        Ok(Some(id))
    }

    /// Yes or no to a file; no also stops one that is under way.
    ///
    /// # Errors
    /// Exit 1 for what others offer to the running program, whose user decides about that.
    pub fn decide(&mut self, account: &AccountId, id: FileId, yes: bool) -> Result<(), Failure> {
        match self {
            Self::Own(shell) => {
                shell.submit(Msg::Action(Action::File(FileAct::Decide { account: account.clone(), id, yes })));
                Ok(())
            }
            Self::Attached(attached) if !yes && id.is_sent() => attached.stop(account, id),
            Self::Attached(_) => Err(Failure::new(Exit::Failed, "files of others cannot be taken by way of the running chinwag")),
        }
    }

    /// Whether a file was offered of which nothing is known yet.
    #[must_use]
    pub fn awaits_files(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Attached(attached) => attached.awaits_files(),
        }
    }

    /// What a script calls a file, where that became known later; told once.
    pub fn take_name(&mut self, account: &AccountId, id: FileId) -> Option<Value> {
        match self {
            Self::Own(_) => None,
            Self::Attached(attached) => attached.take_name(account, id),
        }
    }

    /// Whether everything known at the beginning is told.
    #[must_use]
    pub fn is_told(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Attached(attached) => attached.is_told(),
        }
    }

    /// Whether what is not known of people by now would not be known in a moment either.
    #[must_use]
    pub fn is_settled(&self, id: &AccountId) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Attached(attached) => attached.is_settled(id),
        }
    }

    /// Somebody is at the keyboard of a session of its own.
    pub fn attend(&mut self) {
        if let Self::Own(shell) = self {
            shell.attend();
        }
    }

    /// The next thing that has happened already.
    pub fn take_ready(&mut self) -> Option<Happened> {
        match self {
            Self::Own(shell) => shell.take_ready(),
            Self::Attached(_) => None,
        }
    }

    /// The next thing that happens. Safe to drop at any time.
    ///
    /// # Errors
    /// Exit 4 when the running program is gone.
    pub async fn next(&mut self) -> Result<Happened, Failure> {
        let attached = match self {
            Self::Own(shell) => return Ok(shell.next().await),
            Self::Attached(attached) => attached,
        };
        Ok(match attached.next().await {
            Ok(Heard::Report(id, event)) => Happened::Report(id, event),
            Ok(Heard::Refused(id, refused)) => Happened::Refused(id, refused),
            Ok(Heard::File(id, file)) => Happened::File(id, file),
            Ok(Heard::Nothing) => Happened::Changed,
            Err(_) if attached.is_leaving() => Happened::Quit,
            Err(failure) => return Err(failure),
        })
    }

    /// Signs out what was signed in for this session. The last reports come out of [`Source::next`].
    pub async fn shutdown(&mut self) {
        match self {
            Self::Own(shell) => shell.shutdown().await,
            Self::Attached(attached) => attached.leave().await,
        }
    }
}
