//! `update`: one file for each kind of message; [`route`] sends each to its file.
//!
//! Everything that enters from a network passes [`crate::policy::Policy::admit`] there; everything
//! that leaves passes [`crate::policy::Policy::permit`].

mod account;
mod ages;
mod alerts;
mod compose;
mod contacts;
mod conversation;
mod crowd;
mod finding;
mod ledger;
mod listing;
mod navigate;
mod overlay;
mod own;
mod panes;
mod presence;
mod prompts;
mod room;
mod roster;
mod route;
mod waiting;

pub use overlay::STATES;
pub use route::update;
use route::{act, order};
pub use waiting::COUNTED;

#[cfg(test)]
mod keys_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod presence_tests;
#[cfg(test)]
mod room_tests;
#[cfg(test)]
mod tests;
