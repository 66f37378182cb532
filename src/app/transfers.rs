//! Files on their way, as the core sees them: who, what, how far.

use std::time::Duration;

use crate::app::AccountView;
use crate::backend::files::FilePlan;
use crate::inspect::SenderClass;
use crate::model::{Address, FileId, Fingerprint};

/// One file.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// The other side.
    pub peer: Address,
    /// Its name. As it came from there for files that are offered to us: not yet made safe for a terminal.
    pub name: String,
    /// Where it lies, for files of ours: its path as it was given.
    pub path: Option<String>,
    /// How many octets it has, as far as known.
    pub octets: u64,
    /// It travels encrypted.
    pub secret: bool,
    /// Why it is to be thought about: sentences. Empty: nothing speaks against it.
    pub doubts: Vec<String>,
    /// It is not taken, for these reasons.
    pub blocked: bool,
    /// How far it is.
    pub stage: FileStage,
    /// The user was told that it would travel unencrypted.
    pub warned: bool,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq)]
pub enum FileStage {
    /// The program looks at the file that is to be sent.
    Opening,
    /// It is offered, and nobody has answered.
    Offered,
    /// Both sides want it, and look for the way.
    Agreeing,
    /// Octets travel.
    Moving(Progress),
    /// All came, and it is looked into.
    Checking,
    /// Something was found in it; the user decides whether it is kept. Until then nobody can open it.
    Doubtful,
    /// It is there.
    Done {
        /// Where, for files of others: its path as text.
        place: Option<String>,
        /// Their program says so; else it is only known that all was sent.
        confirmed: bool,
    },
    /// It will not come, or not go.
    Ended {
        /// Why: a clause.
        why: String,
    },
}

/// How much has come through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Octets.
    pub done: u64,
    /// Octets a second, once that can be told.
    pub rate: Option<u64>,
    /// Time left, once that can be told.
    pub left: Option<Duration>,
}

impl AccountView {
    /// The number of the last file that was offered to us; 0: none was.
    #[must_use]
    pub fn last_file_received(&self) -> u64 {
        let received = |id: &FileId| if let FileId::Received(number) = id { Some(*number) } else { None };
        self.transfers.keys().filter_map(received).max().unwrap_or(0)
    }
}

impl Transfer {
    /// Whether nothing more will happen to it.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, FileStage::Done { .. } | FileStage::Ended { .. })
    }

    /// Whether the user is asked something about it.
    #[must_use]
    pub fn asks(&self, id: FileId) -> bool {
        match self.stage {
            FileStage::Offered => !id.is_sent(),
            FileStage::Doubtful => true,
            _ => false,
        }
    }

    /// Where it lies on this machine, once it is through: what came was looked into by then, and kept.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match &self.stage {
            FileStage::Done { place, .. } => place.as_deref().or(self.path.as_deref()),
            _ => None,
        }
    }

    /// Octets that came through.
    #[must_use]
    pub const fn done(&self) -> u64 {
        match &self.stage {
            FileStage::Moving(progress) => progress.done,
            FileStage::Checking | FileStage::Doubtful | FileStage::Done { .. } => self.octets,
            _ => 0,
        }
    }
}

impl FileStage {
    /// The word in JSON events.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Offered => "offered",
            Self::Agreeing => "agreed",
            Self::Moving(_) => "moving",
            Self::Checking => "checking",
            Self::Doubtful => "doubtful",
            Self::Done { .. } => "done",
            Self::Ended { .. } => "ended",
        }
    }
}

/// What the shell is to do about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileDeed {
    /// Open the file with this path, to be sent.
    Open(String),
    /// Send the one that is open, this way.
    Send(FilePlan),
    /// Take one, this way.
    Take {
        /// Its name as it came.
        name: String,
        /// Who sends it.
        sender: SenderClass,
        /// How.
        plan: FilePlan,
    },
    /// Stop, and leave nothing behind.
    Stop,
    /// Keep it, doubtful as it is.
    Keep,
}

/// What the shell has to tell of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileNews {
    /// The one that is to be sent is open.
    Opened {
        /// Its name, without folders.
        name: String,
        /// How many octets it has.
        octets: u64,
        /// What the certificate made for it is known by.
        fingerprint: Fingerprint,
    },
    /// A port is open for it.
    Listening {
        /// Which.
        port: u16,
        /// What our certificate is known by, if it comes by TLS.
        fingerprint: Option<Fingerprint>,
    },
    /// So much has come through.
    Moved(Progress),
    /// All came, and it is looked into.
    Checking,
    /// What was found in it, in sentences; the user decides.
    Doubtful(Vec<String>),
    /// It came, and lies here.
    Kept {
        /// Its path as text.
        place: String,
    },
    /// It was sent.
    Sent {
        /// Their program confirmed that.
        confirmed: bool,
    },
    /// It did not go, or was not kept, for this reason: a clause.
    Failed(String),
}
