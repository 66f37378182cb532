//! `update`: one file for each kind of message; [`route`] sends each to its file.
//!
//! Everything that enters from a network passes [`crate::policy::Policy::admit`] there; everything
//! that leaves passes [`crate::policy::Policy::permit`].

mod account;
mod completing;
mod compose;
mod contacts;
mod conversation;
mod crowd;
mod drafts;
mod finding;
mod ledger;
mod navigate;
mod overlay;
mod panes;
mod presence;
mod prompts;
mod resend;
mod room;
mod roster;
mod route;
mod waiting;
mod writing;

pub use overlay::STATES;
pub use route::update;
use route::{act, order};
pub use waiting::COUNTED;

#[cfg(test)]
mod keys_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod room_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod writing_tests;
