//! Files by MSRP (RFC 4975), as RFC 5547 agrees on them: one message on a connection of its own, in chunks.
//!
//! The same as the machines beside: octets, time and what the disk says go in, [`Output`](super::Output)s come out.
//! The connection is made by others, with TLS or without; who made it speaks first (RFC 6135). A [`Sender`] to whom
//! somebody connected sends nothing until who connected has named the session. Unlike beside, a [`Receiver`] too must
//! be told by [`Receiver::written`] what has gone: it answers every chunk, and somebody may never read the answers.
//!
//! Chunks may come in any order by the RFC. Here a file is only ever added to at its end, so each must follow the one
//! before; no sender was found that does otherwise on a connection that is not shared.
//!
//! A message without a proof is taken as it is; where the SHA-1 of the file was announced, it must be the right one.
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
pub use patience::{ANSWER, REPORT};
pub use receiver::Receiver;
pub use sender::Sender;
pub use terms::Terms;

#[cfg(test)]
mod tests;
