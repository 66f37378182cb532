//! The system's library.
//!
//! `ffi` is the one file of the program with `unsafe` in it, `layout` has its types; `system` makes tickets and signatures
//! of what it gives, `faults` tells what the library's numbers mean to the user.

mod faults;
mod ffi;
mod layout;
mod system;

pub use system::{Keytab, ticket};

/// Whether tickets can be had at all, with the library there.
pub const IS_BUILT: bool = true;
