//! Message bodies to structs and back; bytes in, structs out. No SIP, no IO.
//!
//! Each document type is a room of its own with `read` and `write`. All XML goes through one
//! guarded door, [`xml`]: no document type definitions, no entities, and hard limits, so that
//! every `read` ends in time proportional to its input and never fails but with a [`Fault`].

mod fault;
pub mod iscomposing;
pub mod pidf;
pub mod rpid;
pub mod timestamp;
pub mod winfo;
pub mod xml;

pub use fault::{Fault, Offence};
