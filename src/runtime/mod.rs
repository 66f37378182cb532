//! The shell: wires everything, awaits everything.
//!
//! [`shell`] owns the core and one driver task for each account; every front (the screen in
//! [`tui`], the scriptable ones in the command line) drives it and prints what comes out.

pub mod account_from;
pub mod installation;
pub mod logging;
pub mod roster_file;
pub mod secrets;
// pub mod serve;
pub mod shell;

pub use shell::{Happened, Shell, StartError};
