//! `update`: one file for each kind of message; [`route`] sends each to its file.
//!
//! Everything that enters from a network passes [`crate::policy::Policy::admit`] there; everything
//! that leaves passes [`crate::policy::Policy::permit`].

mod account;
mod accounts;
mod ages;
mod alerts;
mod completing;
mod compose;
mod contacts;
mod conversation;
mod crowd;
mod drafts;
mod files;
mod finding;
mod keys;
mod ledger;
mod listing;
mod locking;
mod navigate;
mod notices;
mod overlay;
mod own;
mod panes;
mod past;
mod pictures;
mod policies;
mod presence;
mod prompts;
mod reading;
mod requests;
mod resend;
mod room;
mod roster;
mod route;
mod searching;
mod settings;
mod waiting;
mod writing;

pub use notices::{Hush, RULE_TIMER, hushes};
pub use overlay::STATES;
pub use past::{look_at, search, wants_newer, wants_older};
pub use route::update;
use route::{act, order};
pub use waiting::COUNTED;

#[cfg(test)]
mod files_tests;
#[cfg(test)]
mod keys_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod notices_tests;
#[cfg(test)]
mod past_tests;
#[cfg(test)]
mod pictures_tests;
#[cfg(test)]
mod policies_tests;
#[cfg(test)]
mod presence_tests;
#[cfg(test)]
mod requests_tests;
#[cfg(test)]
mod room_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod writing_tests;
