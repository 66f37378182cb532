//! Keys in, cells out.
//!
//! Drawing is a function of [`crate::app::App`]; keys and clicks become
//! [`crate::app::Msg`]s. The loop that joins the two lives in `runtime`:
//!
//! ```text
//! let mut terminal = Terminal::new(theme, &abilities);
//! draw(&mut terminal, app, &mut hits);                 // after App::configure, when App::dirty
//! tty.write(terminal.take());                          // nothing here waits for a terminal
//! for msg in translate(event, app, &hits, &app.keys) { shell.submit(msg) }
//! ```
//!
//! Text written by others reaches the screen through [`text`] only.

mod abilities;
mod ask;
mod decode;
mod hit;
mod input;
mod keymap;
mod layout;
mod lines;
mod marks;
pub mod notify;
mod painter;
mod pen;
mod pictures;
mod terminal;
pub mod text;
mod theme;
mod view;

pub use crate::app::Keymap;
pub use abilities::{Abilities, Depth};
pub use ask::hidden;
pub use decode::{Decoder, PATIENCE};
pub use hit::{Hits, LinkAt, Target, TextAt};
pub use input::{shown, translate};
pub use keymap::chord;
pub use lines::{Lines, typed};
pub use marks::{Marks, Set};
pub use painter::{Link, Painter};
pub use pictures::{Pictures, Plate, Print, Protocol};
pub use terminal::{ENTER, Terminal, draw, leaving};
pub use theme::Theme;
pub use view::{paint, view};

#[cfg(test)]
mod tests;
