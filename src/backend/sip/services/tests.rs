//! The services by themselves: documents and answers are fed by hand, calls and events looked at.

#[allow(dead_code, reason = "each test uses what it needs")]
pub(super) mod desk;
