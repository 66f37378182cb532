//! Drawing: a pure function of the state. One file for each part of the screen; [`frame`] puts
//! them together.

mod bars;
mod canvas;
mod chat;
mod completion;
mod composer;
mod details;
mod find;
mod frame;
mod messages;
mod overlay;
mod roster;
mod status;
mod welcome;

use canvas::{Canvas, cells};
pub use frame::view;
