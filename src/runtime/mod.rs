//! The shell: wires everything, awaits everything.
//!
//! [`shell`] owns the core and one driver task for each account; every front (the screen in
//! [`tui`], the scriptable ones in the command line) drives it and prints what comes out.

pub mod account_from;
pub mod demo_world;
pub mod descriptors;
mod editor;
pub mod home_file;
pub mod installation;
pub mod logging;
mod messages;
pub mod probe;
pub mod refusals_file;
pub mod roster_file;
pub mod secrets;
pub mod serve;
pub mod server_store;
pub mod shell;
pub mod signals;
pub mod tui;

pub use shell::{Front, Happened, Shell, StartError};
