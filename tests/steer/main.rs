//! The built program on a screen, steered by commands through its socket: a pseudo-terminal, `chinwag serve`
//! on loopback, and files of a folder of the test's own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod accounts;
mod commands;
mod disks;
mod faults;
mod files;
mod secrets;
mod world;
