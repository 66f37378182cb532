//! The shell: wires everything, awaits everything.
//!
//! [`shell`] owns the core and one driver task for each account; every front (the screen in
//! [`tui`], the scriptable ones in the command line) drives it and prints what comes out.

pub mod account_from;
mod beginning;
pub mod child;
pub mod config_file;
pub mod control;
pub mod crash;
pub mod demo_world;
pub mod descriptors;
#[cfg_attr(any(not(unix), target_os = "macos"), path = "desktop_absent.rs")]
pub mod desktop;
mod editor;
pub mod home_file;
pub mod installation;
#[cfg_attr(any(not(unix), target_os = "macos"), path = "keyring_absent.rs")]
pub mod keyring;
pub mod lines;
pub mod logging;
pub mod marks_file;
mod messages;
pub mod multiplexer;
pub mod notifier;
pub mod opener;
pub mod pictures;
pub mod policies;
pub mod probe;
pub mod refusals_file;
pub mod report_file;
pub mod reread;
pub mod roster_file;
pub mod rules_file;
mod saves;
pub mod script;
mod sealed_file;
pub mod secrets;
pub mod serve;
pub mod server_store;
pub mod shell;
pub mod signals;
pub mod themes;
pub mod transfers;
#[cfg_attr(not(unix), path = "tty_elsewhere.rs")]
pub mod tty;
pub mod tui;
pub mod unlock;

pub use beginning::Network;
pub use shell::{Front, Happened, Shell, StartError};
