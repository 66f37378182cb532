//! Drawing: a pure function of the state. One file for each part of the screen; [`frame`] puts
//! them together.

mod accounts;
mod bars;
mod board;
mod canvas;
mod chat;
mod choices;
mod commands;
mod completion;
mod composer;
mod details;
mod find;
mod frame;
mod help;
mod history;
mod letter;
mod locked;
mod menu;
mod messages;
mod overlay;
mod own;
mod passage;
mod pending;
mod picture;
mod pointing;
mod policies;
mod requests;
mod roster;
mod settings;
mod status;
mod told;
mod welcome;

use canvas::{Canvas, cells};
pub use frame::{paint, view};
