//! SIP as a messenger.

mod settings;

pub use settings::{Expires, SipSettings};
