//! Files by MSRP (RFC 4975), as RFC 5547 agrees on them: one message on a connection of its own, in chunks.
//!
//! The same as the machines beside: octets, time and what the disk says go in, [`Output`](super::Output)s come out.
//! The connection is made by others, with TLS or without; who made it speaks first (RFC 6135). A [`Sender`] to whom
//! somebody connected sends nothing until who connected has named the session. Unlike beside, it is of account
//! to a [`Receiver`] too what has gone: it answers every chunk, and somebody may never read the answers.
//!
//! By the RFC chunks may come in any order, and again. Here a file is only ever added to at its end, so each chunk must
//! follow the one before, whatever it said of where it would end; one that leaves a gap or comes again ends the
//! transfer with [`Failure::OutOfOrder`](super::Failure::OutOfOrder). On one connection senders have no reason for it.
//!
//! A file of which no hash was announced is taken as it is; where there is one (SHA-1), it must be the right one.
//!
//! - `terms`, `path`: what was agreed before; the URIs of a session
//! - `sender`, `receiver`: the two machines; `session`: what both do alike; `patience`: how long they wait
//! - `head`, `frame`: requests and responses on the wire, of any length in constant memory

mod frame;
mod head;
mod path;
mod patience;
mod receiver;
mod sender;
mod session;
mod terms;

pub use path::{Path, Uri};
pub use patience::ANSWER;
pub use receiver::Receiver;
pub use sender::Sender;
pub use terms::Terms;

#[cfg(test)]
mod tests;
