//! The doors to the street: arguments in, exit code out.
//!
//! [`args`] is the command line as documented, `settings` joins it to the configuration,
//! [`exit`] is the one place where outcomes become codes and sentences, [`output`] the one place
//! that prints. What each subcommand does has a file of its own.

pub mod about;
pub mod args;
mod attached;
mod demo;
mod doctor;
pub mod exit;
mod files;
mod history;
mod housekeeping;
mod keys;
mod listen;
mod notify;
mod online;
pub mod output;
mod password;
mod policies;
mod policy;
mod printer;
mod roster;
mod run;
mod say;
mod screen;
mod secrets;
mod send;
mod serve;
mod session;
mod settings;
mod setup;
mod signals;
mod source;
mod status;
mod store;
mod wait;
mod watch;
mod way;

use crate::runtime::script::events;
pub use run::run;
