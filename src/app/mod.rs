//! The core of the program, pure: `update(&mut App, Msg, Stamp) -> Effects`.
//!
//! Everything that happens arrives as a [`Msg`]; everything the world is asked to do leaves as an
//! [`Effect`]. No protocol words, no sockets, no files, no clock. The TUI and the scriptable
//! fronts share all of it.

mod action;
mod chat;
mod composer;
mod effect;
mod farewell;
mod finder;
pub mod look;
mod msg;
pub mod palette;
mod rows;
pub mod sample;
mod screen;
pub mod slash;
mod state;
mod update;
pub mod words;

pub use action::{Action, ActionSpec, CATALOGUE, ContactAct, Context, Pane, Step, document, named};
pub use chat::{ChatKey, Peer, RoomKey};
pub use composer::{Composer, Edit, MAX_TEXT};
pub use effect::{Effect, Effects};
pub use finder::{Finder, FinderRow, Findings};
pub use msg::{Msg, News};
pub use rows::{GroupKey, Row, RowKey};
pub use screen::{Overlay, Purpose, Screen};
pub use state::{AccountView, Answer, App, Focus, Note, NoteLevel, Prompt};
pub use update::{COUNTED, STATES, update};
