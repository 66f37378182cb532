//! The pen: what the terminal is told so that the next letters stand where and look how they should,
//! in as few bytes as there are.
//!
//! It remembers where the cursor is, whether it is shown, which style is set and which link is open.
//! It decides about colours itself: where a cell has none, no colour sequence is ever written.

use std::fmt::Write as _;

use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

/// How letters look, and which link they belong to; 0 = none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// The letters.
    pub fg: Color,
    /// Behind them.
    pub bg: Color,
    /// Bold, reversed and so on.
    pub attributes: Modifier,
    /// Number of the link.
    pub link: u32,
}

/// Attributes with the number that sets each, and the one that takes it away.
const ATTRIBUTES: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Writes to a frame that is sent as a whole.
#[derive(Debug, Clone, Default)]
pub struct Pen {
    /// What is to be sent.
    pub frame: String,
    /// Where the terminal's cursor is, as far as it is certain.
    pub at: Option<Position>,
    shown: Option<bool>,
    look: Look,
}

impl Pen {
    /// Forgets what it knows of the terminal: somebody else wrote to it.
    pub fn forget(&mut self) {
        self.at = None;
        self.shown = None;
        self.look = Look::default();
        self.frame.push_str("\x1b[m");
    }

    /// How it writes now.
    pub const fn look(&self) -> Look {
        self.look
    }

    /// Moves the cursor, the cheapest way there is.
    pub fn go_to(&mut self, to: Position) {
        if self.at == Some(to) {
            return;
        }
        let mut best = match (to.y, to.x) {
            (0, 0) => "\x1b[H".to_owned(),
            (y, 0) => format!("\x1b[{}H", y + 1),
            (y, x) => format!("\x1b[{};{}H", y + 1, x + 1),
        };
        let mut offer = |way: String| {
            if way.len() < best.len() {
                best = way;
            }
        };
        if let Some(at) = self.at {
            if at.y == to.y {
                offer(format!("\x1b[{}G", to.x + 1));
                offer(step(to.x.abs_diff(at.x), if to.x > at.x { 'C' } else { 'D' }));
                if to.x < at.x {
                    offer("\u{8}".repeat(usize::from(at.x - to.x)));
                }
            } else if at.x == to.x {
                offer(step(to.y.abs_diff(at.y), if to.y > at.y { 'B' } else { 'A' }));
                offer(format!("\x1b[{}d", to.y + 1));
            }
            // In raw mode a line feed goes down and nowhere else.
            if to.y >= at.y && (to.x == at.x || to.x == 0) {
                let back = if to.x == at.x { "" } else { "\r" };
                offer(format!("{back}{}", "\n".repeat(usize::from(to.y - at.y))));
            }
        }
        self.frame.push_str(&best);
        self.at = Some(to);
    }

    /// Sets how the next letters look. `url` gives the address of a link.
    pub fn set_look(&mut self, wanted: Look, url: impl FnOnce(u32) -> Option<String>) {
        if self.look == wanted {
            return;
        }
        if self.look.link != wanted.link {
            match url(wanted.link).filter(|_| wanted.link != 0) {
                // The same number wherever the link goes on, so that it is one link to the terminal.
                Some(url) => {
                    let _ = write!(self.frame, "\x1b]8;id={:x};{url}\x1b\\", wanted.link);
                }
                None if self.look.link != 0 => self.frame.push_str("\x1b]8;;\x1b\\"),
                None => {}
            }
        }
        let had = self.look;
        self.look = wanted;
        let (anew, onward) = (codes(Look::default(), wanted), codes(had, wanted));
        if onward.is_empty() {
            return;
        }
        let anew = if anew.is_empty() { String::new() } else { format!(";{anew}") };
        let _ = write!(self.frame, "\x1b[{}m", if anew.len() <= onward.len() { anew } else { onward });
    }

    /// Ordinary letters, no link.
    pub fn plain(&mut self) {
        self.set_look(Look::default(), |_| None);
    }

    /// Closes a link that is open, so that nobody else writes into it.
    pub fn close_link(&mut self) {
        if self.look.link != 0 {
            self.frame.push_str("\x1b]8;;\x1b\\");
            self.look.link = 0;
        }
    }

    /// Shows or hides the cursor.
    pub fn show_cursor(&mut self, shown: bool) {
        if self.shown != Some(shown) {
            self.frame.push_str(if shown { "\x1b[?25h" } else { "\x1b[?25l" });
            self.shown = Some(shown);
        }
    }
}

/// A relative move.
fn step(by: u16, letter: char) -> String {
    if by == 1 { format!("\x1b[{letter}") } else { format!("\x1b[{by}{letter}") }
}

/// The numbers that lead from one look to another, with semicolons between.
fn codes(had: Look, wanted: Look) -> String {
    let mut codes: Vec<String> = Vec::new();
    let mut left = had.attributes;
    for (attribute, _, off) in ATTRIBUTES {
        if left.contains(attribute) && !wanted.attributes.contains(attribute) {
            codes.push(off.to_string());
            // Bold and dim go together.
            left -= if off == 22 { Modifier::BOLD | Modifier::DIM } else { attribute };
        }
    }
    codes.extend(
        ATTRIBUTES.iter().filter(|(a, ..)| wanted.attributes.contains(*a) && !left.contains(*a)).map(|(_, on, _)| on.to_string()),
    );
    if wanted.fg != had.fg {
        codes.push(color(wanted.fg, 30));
    }
    if wanted.bg != had.bg {
        codes.push(color(wanted.bg, 40));
    }
    codes.join(";")
}

/// The number that sets a colour; `base` is 30 for letters, 40 for what is behind them.
fn color(color: Color, base: u8) -> String {
    let number = match color {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(n) => return format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
    };
    (base + number).to_string()
}
