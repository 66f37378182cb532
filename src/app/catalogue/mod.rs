//! Every action with a name, its keys, its slash command and its help: one table for all of them.
//!
//! A file for each topic; keys, help, palette, slash commands and `docs/keys.md` follow by themselves.

mod args;
mod board;
mod composer;
mod document;
mod everywhere;
mod messages;
mod notices;
mod overlay;
mod panes;
mod question;
mod requests;
mod roster;
mod settings;
mod spec;
mod vim;
mod writing;

pub use args::{Arg, ArgKind};
pub use document::document;
pub use spec::{ActionSpec, Context, catalogue, named};
use spec::{cmd, key};
