//! Files over a TCP connection of their own, as Messenger sends them: `MSN_SECURE_FTP`, encrypted and authenticated,
//! and `MSNFTP`, neither. Pure: octets, time and what the disk says go in, octets and events come out.
//!
//! The connection is made by others, in either direction; then a [`Receiver`] or [`Sender`] is made, which agree on
//! who they are, pass the file in chunks, and part. The receiver speaks first, whoever connected. Feed it what
//! happens, then take [`Output`]s with `poll_output` until [`Output::Idle`], which holds the next deadline.
//! Each asks for no more than it can use, so a file of any size needs the same memory.
//!
//! No published text of the two protocols was found; this is what clients of the family do, as far as it was seen.
//! RC4 and SHA-1 are what the encrypted one has: better than nothing, and no more.
//!
//! - `terms`: what was agreed before, and the keys
//! - `machine`: what one side can be told and asked, in this protocol and the other
//! - `receiver`, `sender`: the two machines; `output` and `failure`: what they say
//! - `words`, `lines`, `chunk`, `cipher`, `patience`: what they are made of
//! - `msrp`: the other way there is, of RFC 4975; the same outputs and ends
//! - `progress`, `amounts`: how far it is, how fast, and how long yet; in words
//! - `ports`, `address`: where to listen, what to tell of it, and where not to connect to

pub mod address;
mod amounts;
mod chunk;
mod cipher;
mod exchange;
mod failure;
mod lines;
mod machine;
pub mod msrp;
mod output;
mod patience;
pub mod ports;
mod progress;
mod receiver;
mod sender;
mod terms;
mod words;

pub use amounts::{duration, octets};
pub use failure::Failure;
pub use machine::{Machine, Sends, Takes};
pub use output::{Event, Outcome, Output, StoreFault};
pub use patience::{CONFIRMATION, HANDSHAKE, STALL};
pub use progress::Progress;
pub use receiver::Receiver;
pub use sender::Sender;
pub use terms::{Keys, Protection, Terms};
pub use words::Bye;

#[cfg(test)]
mod tests;
