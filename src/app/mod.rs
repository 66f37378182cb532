//! The core of the program, pure: `update(&mut App, Msg, Stamp) -> Effects`.
//!
//! Everything that happens arrives as a [`Msg`]; everything the world is asked to do leaves as an
//! [`Effect`]. No protocol words, no sockets, no files, no clock. The TUI and the scriptable
//! fronts share all of it.

mod action;
mod board;
mod catalogue;
mod chat;
pub mod commands;
mod completion;
mod composer;
mod condition;
mod doors;
mod effect;
mod farewell;
mod find;
mod finder;
pub mod fuzzy;
pub mod help;
pub mod keys;
pub mod link_rules;
pub mod links;
pub mod listing;
pub mod lock;
pub mod look;
pub mod marks;
mod memory;
pub mod mentions;
pub mod menu;
mod msg;
pub mod notices;
mod own;
pub mod palette;
mod panes;
pub mod pictures;
pub mod policies;
mod reading;
pub mod requests;
mod rows;
pub mod rules;
pub mod sample;
mod screen;
mod secret_line;
mod sent;
pub mod settings;
mod several;
pub mod slash;
mod state;
mod terms;
mod today;
pub mod transfers;
mod update;
mod vim;
pub mod words;
mod writing;

pub use action::{
    Action, ChatAct, ComposeAct, ContactAct, FileAct, KeyAct, ListAct, NoticeAct, OwnAct, PaneAct, Part, RequestAct, SettingAct,
    SignAct, Step,
};
pub use board::{Board, Sorting, top_of};
pub use catalogue::{ActionSpec, Arg, ArgKind, Context, catalogue, document, named};
pub use chat::{ChatKey, Peer, RoomKey};
pub use completion::{Candidate, Completion};
pub use composer::{Composer, Edit, MAX_TEXT};
pub use composer::{Row as WrittenRow, cells as written_cells, place as written_place, rows as written_rows};
pub use condition::Condition;
pub use effect::{Effect, Effects};
pub use find::{Hit, Query};
pub use finder::{Finder, FinderRow, Findings};
pub use keys::{Chord, Key, Keymap};
pub use links::{LinkDoubt, links, spelling};
pub use lock::LockAct;
pub use marks::{Alert, Marks};
pub use msg::{AccountNews, FrontNews, Msg};
pub use notices::{News, Notice, NoticeKind};
pub use own::{StatusMenu, StatusRow};
pub use panes::{Layout, MAX_PANES, Pane, PaneId, Panes, Split, Toward, Way};
pub use pictures::{Showing, Sight, Viewed};
pub use policies::{PolicyPage, PolicyRow};
pub use reading::{Anchor, Clicked, Dragged, Hinting, History, Place, Pointed, Reading, Search};
pub use requests::{RequestPage, RequestReport, RequestRow, RequestTold, Requests};
pub use rows::{GroupKey, Row, RowKey};
pub use screen::{Held, Overlay, Purpose, Screen, Visited};
pub use secret_line::SecretLine;
pub use sent::{Sent, Spoken};
pub use settings::{NewSettings, SettingChange, SettingsPage};
pub use state::{AccountView, Answer, App, Focus, Note, NoteLevel, Prompt};
pub use terms::Terms;
pub use today::{Change, Today};
pub use update::{COUNTED, Hush, RULE_TIMER, STATES, hushes, look_at, search, update, wants_newer, wants_older};
pub use vim::{Find, Mode, Motion, Operator, Vim, VimAct, Where};
pub use writing::{Doubt, Resolve, Writing};
