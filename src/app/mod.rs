//! The core of the program, pure: `update(&mut App, Msg, Stamp) -> Effects`.
//!
//! Everything that happens arrives as a [`Msg`]; everything the world is asked to do leaves as an
//! [`Effect`]. No protocol words, no sockets, no files, no clock. The TUI and the scriptable
//! fronts share all of it.

mod action;
mod board;
mod catalogue;
mod chat;
mod composer;
mod condition;
mod effect;
mod farewell;
mod finder;
pub mod fold;
pub mod listing;
pub mod look;
pub mod marks;
mod msg;
mod own;
pub mod palette;
mod panes;
mod rows;
pub mod sample;
mod screen;
pub mod slash;
mod state;
mod terms;
mod today;
mod update;
pub mod words;

pub use action::{Action, ContactAct, ListAct, OwnAct, PaneAct, Part, Step};
pub use board::{Board, Sorting, top_of};
pub use catalogue::{ActionSpec, Context, catalogue, document, named};
pub use chat::{ChatKey, Peer, RoomKey};
pub use composer::{Composer, Edit, MAX_TEXT};
pub use condition::Condition;
pub use effect::{Effect, Effects};
pub use finder::{Finder, FinderRow, Findings};
pub use marks::{Alert, Marks};
pub use msg::Msg;
pub use own::{StatusMenu, StatusRow};
pub use panes::{Layout, MAX_PANES, Pane, PaneId, Panes, Split, Toward, Way};
pub use rows::{GroupKey, Row, RowKey};
pub use screen::{Overlay, Purpose, Screen, Visited};
pub use state::{AccountView, Answer, App, Focus, Note, NoteLevel, Prompt};
pub use terms::Terms;
pub use today::{Change, Today};
pub use update::{COUNTED, STATES, update};
