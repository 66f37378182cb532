//! Drawing: a pure function of the state. One file for each part of the screen; [`frame`] puts
//! them together.

mod bars;
mod board;
mod canvas;
mod chat;
mod composer;
mod details;
mod find;
mod frame;
mod messages;
mod overlay;
mod own;
mod roster;
mod status;
mod welcome;

use canvas::{Canvas, cells};
pub use frame::view;
