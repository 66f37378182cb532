//! From cells to the terminal: a thin ratatui backend that writes no more than it must.
//!
//! It remembers where the cursor is, whether it is shown and which style is set, gathers a frame
//! in memory and writes it at once, between the marks of a synchronized update. It decides about
//! colours itself: where the theme has none, no colour sequence is ever written.

use std::fmt::Write as _;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// Writes cells to `W`.
#[derive(Debug)]
pub struct ThinBackend<W: Write> {
    out: W,
    frame: String,
    /// Where the terminal's cursor is, as far as it is certain.
    at: Option<Position>,
    shown: Option<bool>,
    style: (Color, Color, Modifier),
    size: Option<Size>,
}

/// Attributes with the number that sets each.
const ATTRIBUTES: [(Modifier, u8); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

impl<W: Write> ThinBackend<W> {
    /// A backend that asks the terminal for its size.
    pub const fn new(out: W) -> Self {
        Self {
            out,
            frame: String::new(),
            at: None,
            shown: None,
            style: (Color::Reset, Color::Reset, Modifier::empty()),
            size: None,
        }
    }

    /// A backend of a fixed size, for tests and measurements.
    pub fn with_size(out: W, size: Size) -> Self {
        let mut backend = Self::new(out);
        backend.size = Some(size);
        backend
    }

    /// Where it writes to.
    pub const fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Forgets what it remembers of the terminal: somebody else wrote to it.
    pub fn forget(&mut self) {
        self.at = None;
        self.shown = None;
        self.style = (Color::Reset, Color::Reset, Modifier::empty());
        self.frame.push_str("\x1b[m");
    }

    fn go_to(&mut self, to: Position) {
        match self.at {
            Some(at) if at == to => return,
            Some(at) if at.y == to.y && to.x == 0 => self.frame.push('\r'),
            Some(at) if at.y == to.y && at.x > to.x && at.x - to.x < 4 => {
                self.frame.extend(std::iter::repeat_n('\u{8}', usize::from(at.x - to.x)));
            }
            Some(at) if at.y == to.y && to.x > at.x => {
                let _ = write!(self.frame, "\x1b[{}C", to.x - at.x);
            }
            _ => {
                let _ = write!(self.frame, "\x1b[{};{}H", to.y + 1, to.x + 1);
            }
        }
        self.at = Some(to);
    }

    fn set_style(&mut self, wanted: (Color, Color, Modifier)) {
        if self.style == wanted {
            return;
        }
        let (fg, bg, attributes) = self.style;
        let mut codes: Vec<String> = Vec::new();
        // Taking an attribute away is a reset; then everything wanted is set anew.
        let reset = !(attributes - wanted.2).is_empty()
            || (fg != wanted.0 && wanted.0 == Color::Reset)
            || (bg != wanted.1 && wanted.1 == Color::Reset);
        let had = if reset { (Color::Reset, Color::Reset, Modifier::empty()) } else { self.style };
        if reset {
            codes.push(String::new());
        }
        codes.extend(ATTRIBUTES.iter().filter(|(m, _)| wanted.2.contains(*m) && !had.2.contains(*m)).map(|(_, n)| n.to_string()));
        if wanted.0 != had.0 {
            codes.extend(color(wanted.0, 30));
        }
        if wanted.1 != had.1 {
            codes.extend(color(wanted.1, 40));
        }
        if !codes.is_empty() {
            let _ = write!(self.frame, "\x1b[{}m", codes.join(";"));
        }
        self.style = wanted;
    }
}

/// The number that sets a colour; `base` is 30 for letters, 40 for what is behind them.
fn color(color: Color, base: u8) -> Option<String> {
    let number = match color {
        Color::Reset => return None,
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
        Color::Indexed(n) => return Some(format!("{};5;{n}", base + 8)),
        Color::Rgb(r, g, b) => return Some(format!("{};2;{r};{g};{b}", base + 8)),
    };
    Some((base + number).to_string())
}

/// Whether every terminal gives it the same width: one code point that is no emoji of several parts.
fn is_certain(symbol: &str) -> bool {
    symbol.is_ascii() || {
        let mut chars = symbol.chars();
        matches!((chars.next(), chars.next()), (Some(c), None) if u32::from(c) < 0x1_f000)
    }
}

impl<W: Write> Backend for ThinBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let columns = self.size()?.width;
        for (x, y, cell) in content {
            let symbol = cell.symbol();
            self.go_to(Position::new(x, y));
            self.set_style((cell.fg, cell.bg, cell.modifier));
            self.frame.push_str(symbol);
            let wide = u16::try_from(crate::ui::text::width(symbol)).unwrap_or(1).max(1);
            // At the right edge, and behind symbols terminals disagree about, the place is not certain.
            let next = x + wide;
            self.at = (next < columns && is_certain(symbol)).then_some(Position::new(next, y));
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown != Some(false) {
            self.frame.push_str("\x1b[?25l");
            self.shown = Some(false);
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.shown != Some(true) {
            self.frame.push_str("\x1b[?25h");
            self.shown = Some(true);
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.set_style((Color::Reset, Color::Reset, Modifier::empty()));
        self.frame.push_str("\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, _region: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        match self.size {
            Some(size) => Ok(size),
            None => crossterm::terminal::size().map(|(columns, rows)| Size::new(columns, rows)),
        }
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        // A frame of a few cells needs no marks: it fits one write.
        let whole = self.frame.len() > 64;
        let mut bytes = Vec::with_capacity(self.frame.len() + 16);
        if whole {
            bytes.extend_from_slice(b"\x1b[?2026h");
        }
        bytes.extend_from_slice(self.frame.as_bytes());
        if whole {
            bytes.extend_from_slice(b"\x1b[?2026l");
        }
        self.frame.clear();
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}
