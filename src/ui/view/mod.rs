//! Drawing: a pure function of the state. One file for each part of the screen; [`frame`] puts
//! them together.

mod bars;
mod board;
mod canvas;
mod chat;
mod completion;
mod composer;
mod details;
mod find;
mod frame;
mod history;
mod letter;
mod messages;
mod overlay;
mod own;
mod passage;
mod pointing;
mod roster;
mod settings;
mod status;
mod told;
mod welcome;

use canvas::{Canvas, cells};
pub use frame::{paint, view};
