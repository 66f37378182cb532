//! Invitations of Messenger's older protocol, `text/x-msmsgsinvite`: lines of `Name: value`, here those about files.
//!
//! No published text of the format was found; clients of the family are known to send these fields. A file goes
//! in three steps: an [`Offer`], an [`Accept`] of the receiver with keys, and whoever listens tells its address and
//! port in its [`Accept`]. Each of the two may take it back by a cancellation at any time.
//!
//! - `accept`: the answer that takes a file
//! - `cookie`: the numbers that tell invitations apart, and the keys
//! - `read`: bytes to [`Invitation`]
//! - `write`: back again

mod accept;
mod cookie;
mod read;
mod write;

pub use accept::Accept;
pub use cookie::{Cookie, Key};
pub use read::read;
pub use write::{refusal, write};

/// Its media type.
pub const MEDIA_TYPE: &str = "text/x-msmsgsinvite";
/// What an invitation is sent as.
pub const CONTENT_TYPE: &str = "text/x-msmsgsinvite; charset=UTF-8";
/// The application that sends files.
pub const FILE_TRANSFER: &str = "{5D3E02AB-6190-11d3-BBBB-00C04F795683}";
/// What clients of the family say for `PortX`; nothing is known to use it.
pub const PORT_X: u16 = 11178;
/// Most characters of the name of a file.
pub const LONGEST_NAME: usize = 512;

/// What an invitation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitation {
    /// A file is offered.
    Offer(Offer),
    /// An offer is taken, or its sender tells where it listens.
    Accept(Accept),
    /// An offer is declined, or a transfer given up.
    Cancel {
        /// Which.
        cookie: Cookie,
        /// Why.
        code: CancelCode,
    },
    /// Another application is offered, which is to be refused with [`CancelCode::NotInstalled`].
    Other(Other),
}

/// A file that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// Its number; without one nobody can answer it.
    pub cookie: Option<Cookie>,
    /// The name of the file as it was sent, but for control characters; empty for none. It may hold a path, and
    /// words that are no good name of a file.
    pub name: String,
    /// How many octets it says it has.
    pub octets: Option<u64>,
    /// Whether its sender can be connected to. `false` is `Connectivity: N`: the receiver is to listen.
    pub connectivity: bool,
    /// Whether it is to be encrypted.
    pub encryption: Encryption,
}

/// Whether a file is to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encryption {
    /// It must be (`Encryption: R`). Values nobody was seen to send count as this one, since it is the safe one.
    Required,
    /// It goes in the clear: nothing is said of it.
    #[default]
    None,
}

/// Why an invitation is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelCode {
    /// The user declined.
    Reject,
    /// There is no such application.
    NotInstalled,
    /// Nobody answered in time, or whoever invited took it back.
    Timeout,
    /// The transfer itself went wrong.
    TransferTimeout,
    /// The conversation ended.
    ConversationEnded,
    /// None is given, or one we do not know.
    Unnamed,
}

/// An invitation to another application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its number; without one nobody can answer it.
    pub cookie: Option<Cookie>,
    /// What it calls itself; empty for nothing.
    pub application: String,
    /// Which it is; empty for nothing.
    pub guid: String,
}

#[cfg(test)]
mod tests;
