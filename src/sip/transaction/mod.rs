//! Transactions (RFC 3261 section 17, RFC 6026, RFC 4320), sans-IO.
//!
//! Four small machines that know states and timers and nothing of messages or links. The
//! [`endpoint`](super::endpoint) owns them in a [`table::Table`], gives them codes and the time,
//! and does what they answer. [`key`] says which message belongs to which transaction.

pub mod client_invite;
pub mod client_non_invite;
pub mod key;
pub mod server_invite;
pub mod server_non_invite;
pub mod table;
pub mod timers;

#[cfg(test)]
mod tests {
    pub(in crate::sip::transaction) mod script;
}
