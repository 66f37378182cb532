//! SIP as a messenger.
//!
//! [`SipBackend`] routes; each usage has a file of its own and talks to the endpoint through
//! `ua.rs` only: `registration.rs` and `keepalive.rs` hold the connection, `conversations.rs` the
//! messages, `subscription.rs` what is known of others.

mod conversations;
mod core;
mod fates;
mod incoming;
mod keepalive;
mod registration;
mod settings;
mod subscription;
mod text;
mod traffic;
mod ua;
#[allow(dead_code)] // Until core.rs takes it up.
mod xcap;

pub use self::core::SipBackend;
pub use settings::{Expires, SipSettings};
