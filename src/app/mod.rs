//! The core of the program, pure: `update(&mut App, Msg, Stamp) -> Effects`.
//!
//! Everything that happens arrives as a [`Msg`]; everything the world is asked to do leaves as an
//! [`Effect`]. No protocol words, no sockets, no files, no clock. The TUI and the scriptable
//! fronts share all of it.

mod action;
mod catalogue;
mod chat;
mod completion;
mod composer;
mod effect;
mod farewell;
mod finder;
pub mod look;
mod msg;
pub mod palette;
mod panes;
mod rows;
pub mod sample;
mod screen;
mod sent;
pub mod slash;
mod state;
mod update;
pub mod words;
mod writing;

pub use action::{Action, ComposeAct, ContactAct, PaneAct, Part, Step};
pub use catalogue::{ActionSpec, Context, catalogue, document, named};
pub use chat::{ChatKey, Peer, RoomKey};
pub use completion::{Candidate, Completion};
pub use composer::{Composer, Edit, MAX_TEXT};
pub use composer::{Row as WrittenRow, cells as written_cells, place as written_place, rows as written_rows};
pub use effect::{Effect, Effects};
pub use finder::{Finder, FinderRow, Findings};
pub use msg::Msg;
pub use panes::{Layout, MAX_PANES, Pane, PaneId, Panes, Split, Toward, Way};
pub use rows::{GroupKey, Row, RowKey};
pub use screen::{Overlay, Purpose, Screen, Visited};
pub use sent::{Sent, Spoken};
pub use state::{AccountView, Answer, App, Focus, Note, NoteLevel, Prompt};
pub use update::{COUNTED, STATES, update};
pub use writing::{Doubt, Resolve, Writing};
