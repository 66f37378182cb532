//! What is to be sent to the terminal: frames, title, bell, clipboard. Bytes are gathered here and sent
//! by `runtime::tty`, which owns the modes; nothing here waits for a terminal.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::abilities::{Abilities, Between};
use super::hit::Hits;
use super::painter::Painter;
use super::pictures::{ERASE, Pictures, Plate, Print};
use super::text;
use super::theme::Theme;
use super::view::paint;
use crate::app::{App, Mode};
use crate::config::KeySet;

/// The title put aside, alternate screen, bracketed paste, focus events, no wrapping at the edge.
pub const ENTER: &str = "\x1b[22;2t\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?7l";
/// Everything back, whether it was on or not; an open link closed, the cursor shown, style reset. Begins
/// with what ends a sequence that was cut off.
const LEAVE: &str = "\x1b\\\x1b[?2026l\x1b]8;;\x1b\\\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[m\x1b[?25h\x1b[?1049l\x1b[23;2t";
/// Clicks, wheel, and moves while a button is down; in the form without limits.
const MOUSE_ON: &str = "\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l";
/// The cursor as the user has it.
const OWN_SHAPE: &str = "\x1b[0 q";
/// Whether the cursor's shape was changed, and is to be given back; the panic hook looks at it.
static SHAPED: AtomicBool = AtomicBool::new(false);
/// Whether the terminal keeps a picture that it is to be told to forget.
static LAID: AtomicBool = AtomicBool::new(false);

/// Everything back that was changed, to be sent last.
#[must_use]
pub fn leaving() -> String {
    // Few know the sequence among old consoles; they are not sent it where it was not needed.
    let shape = if SHAPED.swap(false, Ordering::SeqCst) { OWN_SHAPE } else { "" };
    // Behind what ends a sequence that was cut off, such as that of the picture.
    let picture = if LAID.swap(false, Ordering::SeqCst) { format!("\x1b\\{ERASE}") } else { String::new() };
    format!("{shape}{picture}{LEAVE}")
}

/// Most octets of a text for the clipboard: terminals take 100,000 of its base64 form, and no more.
const MAX_COPY: usize = 74_000;
/// Pieces in which GNU screen passes sequences on.
const SCREEN_PIECE: usize = 700;
/// Columns and rows that are drawn at most, whatever the terminal says of its size.
const LARGEST: (u16, u16) = (1_000, 500);

/// Pixels of a cell, as far as known.
type CellSize = Option<(u16, u16)>;

/// What the terminal shows, and what it is to be sent.
#[derive(Debug)]
pub struct Terminal {
    theme: Theme,
    abilities: Abilities,
    painter: Painter,
    out: String,
    mouse: bool,
    /// Pixels of a cell, as far as known.
    cell: CellSize,
    /// The picture that was made ready last, and what for.
    print: Option<(Plate, CellSize, Rc<Print>)>,
    title: Option<String>,
    titled: Option<String>,
    shape: &'static str,
}

impl Terminal {
    /// A terminal of which nothing is known yet but what it can do.
    #[must_use]
    pub fn new(theme: Theme, abilities: &Abilities) -> Self {
        Self {
            theme,
            abilities: *abilities,
            painter: Painter::new(abilities.wide),
            out: String::new(),
            mouse: false,
            cell: None,
            print: None,
            title: None,
            titled: None,
            shape: "",
        }
    }

    /// What it can do.
    #[must_use]
    pub const fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// So many pixels a cell has there.
    pub const fn set_cell(&mut self, cell: CellSize) {
        self.cell = cell;
    }

    /// Pictures are shown this way from the next frame on.
    pub fn set_pictures(&mut self, pictures: Pictures) {
        self.abilities.pictures = pictures;
        self.print = None;
    }

    /// Another theme from the next frame on.
    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
    }

    /// Takes what is to be sent.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// The modes were changed by somebody else: they are set anew where they are not those of
    /// [`ENTER`], and the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.mouse = false;
        self.titled = None;
        self.shape = "";
        self.redraw();
    }

    /// Draws everything anew with the next frame.
    pub const fn redraw(&mut self) {
        self.painter.forget();
    }

    /// Sends a sequence that changes nothing on the screen: see [`super::notify`].
    pub fn notify(&mut self, sequence: &str) {
        self.say(sequence);
    }

    /// Sets the title of the window, with the next frame.
    pub fn set_title(&mut self, title: &str) {
        self.title = Some(text::line(title));
    }

    /// Puts text on the clipboard of the terminal (OSC 52); says which way it goes, and how much of it.
    pub fn copy(&mut self, copied: &str) -> String {
        let mut end = copied.len().min(MAX_COPY);
        while !copied.is_char_boundary(end) {
            end -= 1;
        }
        let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(copied.get(..end).unwrap_or_default()));
        let way = match self.abilities.between {
            None => {
                self.say(&sequence);
                "sent to your terminal's clipboard (OSC 52), if it permits that"
            }
            Some(Between::Tmux) => {
                // tmux takes it itself with `set-clipboard on`, and passes it on with `allow-passthrough on`.
                self.say(&sequence);
                self.say(&format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")));
                "sent through tmux to your terminal's clipboard; tmux needs `set-clipboard on` for it"
            }
            Some(Between::Screen) => {
                for piece in sequence.as_bytes().chunks(SCREEN_PIECE) {
                    self.say(&format!("\x1bP{}\x1b\\", String::from_utf8_lossy(piece)));
                }
                "sent through screen to your terminal's clipboard (OSC 52), if that permits it"
            }
        };
        if end < copied.len() {
            format!("the first {end} octets of {} were {way}; terminals take no more", copied.len())
        } else {
            way.to_owned()
        }
    }

    /// A picture ready to be sent, made once for each place and size of cells.
    fn print_for(&mut self, plate: Option<&Plate>, rows: u16) -> Option<Rc<Print>> {
        let Pictures::By(protocol) = self.abilities.pictures else { return None };
        // Some terminals scroll where a picture reaches the last row.
        let Some(plate) = plate.filter(|plate| plate.room.bottom() < rows) else {
            self.print = None;
            return None;
        };
        if !self.print.as_ref().is_some_and(|(of, cell, _)| of == plate && *cell == self.cell) {
            let print = Print::new(plate, protocol, self.cell, self.abilities.remote)?;
            self.print = Some((plate.clone(), self.cell, Rc::new(print)));
        }
        let print = self.print.as_ref().map(|(.., print)| Rc::clone(print))?;
        LAID.fetch_or(!print.erase.is_empty(), Ordering::SeqCst);
        Some(print)
    }

    /// Sends a sequence as it is, behind what is to be sent already.
    pub fn say(&mut self, sequence: &str) {
        self.out.push_str(sequence);
    }
}

/// Draws one frame, and notes in `hits` what is where. Nothing is sent where nothing changed.
pub fn draw(terminal: &mut Terminal, app: &App, hits: &mut Hits) {
    if terminal.mouse != app.screen.mouse {
        terminal.mouse = app.screen.mouse;
        terminal.say(if app.screen.mouse { MOUSE_ON } else { MOUSE_OFF });
    }
    let shape = cursor_shape(app);
    if terminal.shape != shape {
        terminal.shape = shape;
        SHAPED.store(true, Ordering::SeqCst);
        terminal.say(if shape.is_empty() { OWN_SHAPE } else { shape });
    }
    if terminal.title != terminal.titled {
        terminal.titled.clone_from(&terminal.title);
        if let Some(title) = terminal.title.clone() {
            terminal.say(&format!("\x1b]2;{title}\x07"));
        }
    }
    let (columns, rows) = app.size;
    let mut cells = Buffer::empty(Rect::new(0, 0, columns.min(LARGEST.0), rows.min(LARGEST.1)));
    let cursor = paint(app, &terminal.theme, &mut cells, hits);
    let links = if terminal.abilities.hyperlinks { hits.leads.as_slice() } else { &[] };
    let print = terminal.print_for(hits.plate.as_ref(), rows);
    terminal.painter.lay(print);
    let frame = terminal.painter.frame(&cells, links, cursor);
    terminal.say(&frame);
}

/// The cursor shows the mode, where there are modes: a block, an underline while more is waited for, a
/// bar for writing. Nothing = the user's own.
fn cursor_shape(app: &App) -> &'static str {
    let vim = &app.screen.vim;
    match vim.mode {
        _ if app.keys.set() != KeySet::Vim => "",
        Mode::Normal if app.is_modal() && !vim.begun().is_empty() => "\x1b[4 q",
        Mode::Normal if app.is_modal() => "\x1b[2 q",
        _ => "\x1b[6 q",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(between: Option<Between>) -> Terminal {
        Terminal::new(Theme::new(true, false), &Abilities { between, ..Abilities::default() })
    }

    #[test]
    fn the_clipboard_is_reached_the_way_there_is() {
        let mut direct = terminal(None);
        assert!(direct.copy("hällo").contains("OSC 52"));
        assert_eq!(direct.take(), "\x1b]52;c;aMOkbGxv\x07");
        let mut tmux = terminal(Some(Between::Tmux));
        assert!(tmux.copy("hi").contains("through tmux"));
        assert_eq!(tmux.take(), "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        let mut screen = terminal(Some(Between::Screen));
        screen.copy(&"x".repeat(3_000));
        let sent = screen.take();
        let pieces: Vec<&str> = sent.split("\x1bP").skip(1).map(|piece| piece.strip_suffix("\x1b\\").unwrap()).collect();
        assert!(pieces.len() > 4 && pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE));
        assert!(pieces.concat().starts_with("\x1b]52;c;") && pieces.concat().ends_with('\x07'));
    }

    #[test]
    fn no_more_is_copied_than_terminals_take_and_that_is_said() {
        let mut terminal = terminal(None);
        let said = terminal.copy(&"ä".repeat(60_000));
        assert!(said.contains("the first 74000 octets of 120000"), "{said}");
        assert!(terminal.take().len() < 100_000);
    }

    #[test]
    fn a_title_is_text_and_sent_once() {
        let mut terminal = terminal(None);
        let (mut hits, app) = (Hits::default(), crate::app::sample::sample_app());
        draw(&mut terminal, &app, &mut hits);
        terminal.take();
        terminal.set_title("a\u{7}\u{1b}]52;c;x\u{7}");
        draw(&mut terminal, &app, &mut hits);
        assert_eq!(terminal.take(), "\x1b]2;a␇␛]52;c;x␇\x07");
        draw(&mut terminal, &app, &mut hits);
        assert_eq!(terminal.take(), "", "nothing changed, nothing is sent");
    }

    #[test]
    fn a_picture_of_the_terminals_own_comes_and_goes() {
        use crate::app::sample::{sample_picture, sample_with_pictures};
        use crate::app::{Action, FileAct, Msg, Showing, update};
        use crate::model::FileId;
        use crate::ui::Protocol;
        let abilities = Abilities { pictures: Pictures::By(Protocol::Kitty), ..Abilities::default() };
        let mut terminal = Terminal::new(Theme::new(true, false), &abilities);
        let (mut hits, mut app) = (Hits::default(), sample_with_pictures());
        app.showing = Showing::Pixels;
        let now = app.now;
        let mut sends = |app: &App| {
            draw(&mut terminal, app, &mut hits);
            terminal.take()
        };
        sends(&app);
        update(&mut app, Msg::Action(Action::File(FileAct::View(None))), now);
        assert!(!sends(&app).contains("\x1b_G"), "it is not read yet");
        let id = app.accounts.keys().next().unwrap().clone();
        update(&mut app, Msg::Picture(id, FileId::Received(1), Ok(sample_picture(40, 30))), now);
        let sent = sends(&app);
        assert!(sent.contains("\x1b_Ga=T,") && sent.contains("400 by 300 pixels"), "{sent:?}");
        assert_eq!(sends(&app), "");
        assert!(leaving().contains(ERASE) && !leaving().contains(ERASE));
        // The screen is too small for anything.
        app.size = (8, 2);
        let sent = sends(&app);
        assert!(sent.contains(ERASE) && !sent.contains("a=T"), "{sent:?}");
        app.size = (80, 24);
        assert!(sends(&app).contains("a=T"));
        update(&mut app, Msg::Action(Action::Back), now);
        let sent = sends(&app);
        assert!(sent.contains(ERASE) && !sent.contains("a=T"), "{sent:?}");
    }

    #[test]
    fn sizes_no_terminal_has_are_survived() {
        let mut terminal = terminal(None);
        let (mut hits, mut app) = (Hits::default(), crate::app::sample::sample_app());
        for size in [(0, 0), (1, 1), (0, 50), (u16::MAX, 1), (1, u16::MAX), (u16::MAX, u16::MAX), (80, 24)] {
            app.size = size;
            draw(&mut terminal, &app, &mut hits);
            terminal.take();
        }
    }
}
