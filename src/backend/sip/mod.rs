//! SIP as a messenger.
//!
//! [`SipBackend`] routes; each usage has a file of its own and talks to the endpoint through
//! `ua.rs` only: `registration.rs` and `keepalive.rs` hold the connection, `conversations.rs` the
//! messages, `subscription.rs` what is known of others.

mod activity;
mod batch;
mod capabilities;
mod conversations;
mod core;
mod dialect;
mod documents;
mod extensions;
mod fates;
mod files;
mod incoming;
mod keepalive;
mod list;
mod own;
mod presence;
mod publication;
mod reach;
mod receipts;
mod redirect;
mod registration;
mod roster;
mod services;
mod sessions;
mod settings;
mod skew;
mod subscription;
mod subscriptions;
mod text;
mod tickets;
mod traffic;
mod traits;
mod typing;
mod ua;
mod watchers;
mod xcap;

pub use self::core::SipBackend;
pub use settings::{Acknowledge, Expires, SipSettings, Timing};

#[cfg(test)]
mod tests;
