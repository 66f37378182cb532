//! Settings: the file as typed, layers over it, and the resolved result.

mod resolved;

pub use resolved::{
    AccountSettings, IdleSettings, Keepalive, LogSettings, PasswordSource, Resolved, ServerChoice, TransportChoice, UiSettings,
};
