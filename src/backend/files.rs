//! The words about files between the program and a network: the network agrees with the other side on the way,
//! the program carries the octets.

use std::net::{IpAddr, SocketAddr};

use crate::model::{Address, FileId, Fingerprint};
use crate::transfer::{Terms, msrp};

/// An order about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileCommand {
    /// Offer one.
    Offer {
        /// Its name from now on, of the kind [`FileId::Sent`].
        id: FileId,
        /// To whom.
        to: Address,
        /// The name the other side sees: no folders.
        name: String,
        /// How many octets it has.
        octets: u64,
        /// What our certificate is known by, if it travels by TLS.
        fingerprint: Fingerprint,
    },
    /// Take one that was offered.
    Accept(FileId),
    /// We listen at this port, as [`FileWay::Listen`] asked for.
    Listening {
        /// For which.
        id: FileId,
        /// Where.
        port: u16,
        /// What our certificate is known by, if it travels by TLS.
        fingerprint: Option<Fingerprint>,
    },
    /// Decline an offer, withdraw one, or stop what is under way.
    Cancel(FileId),
    /// The octets are through, or will not be; the other side knows by itself.
    Done(FileId),
}

/// Something that happened to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEvent {
    /// Somebody offers one. Nothing of it came yet.
    Offered {
        /// Its name from now on.
        id: FileId,
        /// Who.
        from: Address,
        /// The name it was given there, as it came.
        name: String,
        /// How many octets it is said to have.
        octets: u64,
        /// It would come encrypted.
        secret: bool,
    },
    /// Both sides want it, and this is the way.
    Agreed {
        /// Which.
        id: FileId,
        /// How.
        plan: FilePlan,
    },
    /// It will not come, or not go, or not go on.
    Ended {
        /// Which.
        id: FileId,
        /// Why.
        why: FileEnd,
    },
}

impl FileEvent {
    /// Which file it is about.
    #[must_use]
    pub const fn id(&self) -> FileId {
        match self {
            Self::Offered { id, .. } | Self::Agreed { id, .. } | Self::Ended { id, .. } => *id,
        }
    }
}

/// How the octets of a file travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// In which protocol.
    pub carriage: Carriage,
    /// Who calls whom.
    pub way: FileWay,
}

impl FilePlan {
    /// How many octets it has, as announced.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        match &self.carriage {
            Carriage::Messenger(terms) => terms.octets,
            Carriage::Msrp(terms, _) => terms.octets,
        }
    }
}

/// The protocol a file travels by, with what both sides know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carriage {
    /// As Messenger sends them.
    Messenger(Terms),
    /// By MSRP. Where we listen, the port of our path is to be set.
    Msrp(Box<msrp::Terms>, Over),
}

/// What MSRP goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// TCP alone.
    Tcp,
    /// TLS, the other side's certificate being known by this; without it anybody's is taken.
    Tls(Option<Fingerprint>),
}

/// Who connects to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileWay {
    /// The other side comes to us, at this address of ours; the port is told by [`FileCommand::Listening`].
    Listen(IpAddr),
    /// We go there.
    Dial(SocketAddr),
}

/// Why a file was not agreed upon, or stopped from outside its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEnd {
    /// The other side does not want it.
    Declined,
    /// The other side stopped it, or withdrew the offer.
    Cancelled,
    /// We did.
    Withdrawn,
    /// Nobody answered in time.
    TimedOut,
    /// It cannot be, for this reason: a clause.
    Failed(String),
}

impl FileEnd {
    /// What happened, in a clause.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Declined => "they declined it".to_owned(),
            Self::Cancelled => "they cancelled it".to_owned(),
            Self::Withdrawn => "it was cancelled".to_owned(),
            Self::TimedOut => "there was no answer in time".to_owned(),
            Self::Failed(why) => why.clone(),
        }
    }
}
