//! Keys: how they are written, which are in force, what is wrong with them, what a press means.
//!
//! A row of the catalogue has its keys of the plain set; `sets` says what differs in the others;
//! the user's lines of `[keys.*]` come on top.

mod chord;
mod keymap;
mod press;
mod problem;
mod sets;

pub use chord::{Chord, Key, Sequence, shown};
pub use keymap::{Bound, Keymap, Source};
pub use press::{contexts, contexts_beneath, press, what_may_follow};
pub use problem::{KeyFault, KeyProblem};

#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
