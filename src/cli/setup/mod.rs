//! The first run: three questions at the terminal, a sign-in that is tried and explained, and the smallest
//! configuration from the answers.
//!
//! Line by line, so that it works in every terminal and with a screen reader.

mod answers;
mod people;
mod run;
mod talk;

pub use run::{FirstRun, first_run};
