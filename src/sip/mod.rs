//! RFC 3261 machinery, sans-IO. Knows nothing of messengers, sockets, clocks or tasks.
//!
//! Bytes of a connection go through [`framing`] and [`message`] to [`endpoint`], which matches
//! transactions, answers challenges and hands requests and responses to its user. [`dialog`]
//! keeps the state two user agents share (RFC 3261 section 12), [`stun`] keeps flows over UDP alive.

pub mod auth;
pub mod dialog;
pub mod endpoint;
pub mod fault;
pub mod framing;
pub mod hex;
pub mod message;
pub mod stun;
pub mod tokens;
pub mod transaction;
