//! The terminal itself: one guard owns every mode that is changed, and takes all back however
//! the program ends.

use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::backend::ThinBackend;
use super::hit::Hits;
use super::theme::Theme;
use super::view::view;
use crate::app::App;
use crate::config::UiSettings;

/// Alternate screen, bracketed paste, focus events, no wrapping at the edge.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?7l";
/// Everything back, whether it was on or not; the cursor shown, style reset.
const LEAVE: &str = "\x1b[?2026l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[m\x1b[?25h\x1b[?1049l";
/// Clicks, wheel; in the form without limits.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Whether the modes are ours now; the panic hook looks at it.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Why the screen cannot be used. The command line says so and ends with the code for wrong use.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Input or output is no terminal.
    #[error("the screen needs a terminal for input and output; `chinwag send`, `watch` and `say` work without one")]
    NotATerminal,
    /// It can do nothing.
    #[error("this terminal (TERM={0}) cannot show the screen; `chinwag send`, `watch` and `say` work in it")]
    Dumb(String),
    /// The system refused.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// The terminal while the screen is ours.
#[derive(Debug)]
pub struct Terminal {
    inner: ratatui::Terminal<ThinBackend<Stdout>>,
    theme: Theme,
    utf8: bool,
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`TerminalError`] in words for the user; nothing is changed then.
    pub fn enter(settings: &UiSettings) -> Result<Self, TerminalError> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        let term = std::env::var("TERM").unwrap_or_default();
        if cfg!(unix) && matches!(term.as_str(), "" | "dumb" | "unknown") {
            return Err(TerminalError::Dumb(if term.is_empty() { "unset".to_owned() } else { term }));
        }
        restore_on_panic();
        let inner = ratatui::Terminal::new(ThinBackend::new(io::stdout()))?;
        let utf8 = is_utf8();
        let mut terminal = Self { inner, theme: Theme::from_settings(settings, utf8), utf8, mouse: false };
        terminal.take()?;
        Ok(terminal)
    }

    /// Gives the terminal back for a while (to stop, or to run another program).
    ///
    /// # Errors
    /// The system refused.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.mouse = false;
        restore()
    }

    /// Takes it again after [`Terminal::suspend`], and draws everything anew with the next frame.
    ///
    /// # Errors
    /// The system refused.
    pub fn resume(&mut self) -> io::Result<()> {
        self.take()
    }

    /// Draws everything anew with the next frame.
    ///
    /// # Errors
    /// The system refused.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.inner.backend_mut().forget();
        self.inner.clear()
    }

    /// Whether it shows more than ASCII, as far as the locale says.
    #[must_use]
    pub const fn shows_utf8(&self) -> bool {
        self.utf8
    }

    /// Rings the bell.
    ///
    /// # Errors
    /// The system refused.
    pub fn ring(&mut self) -> io::Result<()> {
        self.say("\x07")
    }

    /// Sets the title of the window.
    ///
    /// # Errors
    /// The system refused.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        self.say(&format!("\x1b]2;{}\x07", super::text::line(title)))
    }

    /// Puts text on the clipboard, where the terminal permits it (OSC 52).
    ///
    /// # Errors
    /// The system refused.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        self.say(&format!("\x1b]52;c;{}\x07", STANDARD.encode(text)))
    }

    fn take(&mut self) -> io::Result<()> {
        crossterm::terminal::enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        self.say(ENTER)?;
        self.redraw()
    }

    fn say(&mut self, sequence: &str) -> io::Result<()> {
        let out = self.inner.backend_mut().out();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = restore();
    }
}

/// Draws one frame, and notes in `hits` what is where.
///
/// # Errors
/// The terminal is gone.
pub fn draw(terminal: &mut Terminal, app: &App, hits: &mut Hits) -> io::Result<()> {
    if terminal.mouse != app.screen.mouse {
        terminal.mouse = app.screen.mouse;
        terminal.say(if terminal.mouse { MOUSE_ON } else { MOUSE_OFF })?;
    }
    let theme = terminal.theme;
    terminal.inner.draw(|frame| view(app, theme, frame, hits))?;
    Ok(())
}

/// Takes every mode back that [`Terminal::enter`] changed; does nothing when none is ours. For
/// the end by a signal.
///
/// # Errors
/// The system refused.
pub fn restore() -> io::Result<()> {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = io::stdout();
    let said = out.write_all(LEAVE.as_bytes()).and_then(|()| out.flush());
    crossterm::terminal::disable_raw_mode()?;
    said
}

/// A panic shall be read on a terminal that works.
fn restore_on_panic() {
    static ONCE: AtomicBool = AtomicBool::new(false);
    if ONCE.swap(true, Ordering::SeqCst) {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        let _ = restore();
        before(what);
    }));
}

/// Whether the locale can show marks beyond ASCII.
fn is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    let named = set.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    });
    named || cfg!(windows)
}
