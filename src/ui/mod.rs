//! Keys in, cells out.
//!
//! Drawing is a function of [`crate::app::App`]; keys and clicks become
//! [`crate::app::Msg`]s. The loop that joins the two lives in `runtime`:
//!
//! ```text
//! let (mut keymap, problems) = Keymap::new(&settings);
//! let mut terminal = Terminal::enter(&settings)?;      // restores everything when dropped
//! draw(&mut terminal, app, &mut hits)?;                // after App::configure, when App::dirty
//! for msg in translate(&event, app, &hits, &keymap) { shell.submit(msg) }
//! ```
//!
//! Text written by others reaches the screen through [`text`] only.

mod ask;
mod backend;
mod hit;
mod input;
mod keymap;
mod layout;
pub mod notify;
mod terminal;
pub mod text;
mod theme;
mod view;

pub use ask::hidden;
pub use backend::ThinBackend;
pub use hit::{Hits, LinkAt, Target, TextAt};
pub use input::{shown, translate};
pub use keymap::{Chord, KeyProblem, Keymap};
pub use terminal::{Terminal, TerminalError, draw, restore};
pub use theme::Theme;
pub use view::view;

#[cfg(test)]
mod tests;
