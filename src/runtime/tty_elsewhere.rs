//! The terminal where there is no Unix: as `tty.rs`, with what crossterm has for the purpose.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use crossterm::event::EventStream;

use crate::runtime::crash;
use crate::ui::{ENTER, leaving};

/// What the terminal sends.
pub type Keyboard = EventStream;

/// Why the screen cannot be used. The command line says so and ends with the code for wrong use.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Input or output is no terminal.
    #[error(
        "the screen needs a terminal for input and output; `chinwag --plain` writes line below line without one, \
         `chinwag send`, `watch` and `say` are for scripts"
    )]
    NotATerminal,
    /// It obeys no sequences.
    #[error("this console obeys no sequences and cannot show the screen; `chinwag --plain` writes line below line in it")]
    Dumb,
    /// The system refused.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

static HELD: AtomicBool = AtomicBool::new(false);

/// Whether this program can show its screen here.
///
/// # Errors
/// [`TerminalError`] in words for the user.
pub fn check() -> Result<(), TerminalError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(TerminalError::NotATerminal);
    }
    if obeys() { Ok(()) } else { Err(TerminalError::Dumb) }
}

/// Consoles of Windows obey sequences once they are told to.
#[cfg(windows)]
fn obeys() -> bool {
    crossterm::ansi_support::supports_ansi()
}

#[cfg(not(windows))]
const fn obeys() -> bool {
    true
}

/// The terminal to write to; its modes are ours while it lives.
#[derive(Debug)]
pub struct Tty {
    entered: bool,
}

impl Tty {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`TerminalError`] in words for the user.
    pub fn enter() -> Result<(Self, Keyboard), TerminalError> {
        check()?;
        restore_on_panic();
        let mut tty = Self { entered: false };
        tty.take()?;
        Ok((tty, EventStream::new()))
    }

    /// Takes the modes, again after [`Tty::leave`].
    ///
    /// # Errors
    /// The system refused.
    pub fn take(&mut self) -> io::Result<()> {
        crossterm::terminal::enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        self.entered = true;
        self.write(ENTER)
    }

    /// Gives the terminal back as it was.
    pub fn leave(&mut self) {
        self.entered = false;
        restore();
    }

    /// Whether a panic that did not end the program gave the terminal back.
    #[must_use]
    pub fn was_taken_away(&self) -> bool {
        self.entered && !HELD.load(Ordering::SeqCst)
    }

    /// Writes.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Whether everything is written: always, here.
    #[must_use]
    pub const fn is_clear(&self) -> bool {
        true
    }

    /// Whether the terminal was slower than what is written to it.
    #[must_use]
    pub const fn is_slow(&self) -> bool {
        false
    }

    /// Whether something was thrown away.
    pub const fn take_overflown(&mut self) -> bool {
        false
    }

    /// Ready when everything is written.
    ///
    /// # Errors
    /// None here.
    pub fn poll_clear(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        if self.entered {
            self.leave();
        }
    }
}

/// Columns and rows of the terminal; 80 and 24 where it does not know.
#[must_use]
pub fn size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or((80, 24))
}

/// Pixels of a cell: nobody tells here.
#[must_use]
pub const fn cell() -> Option<(u16, u16)> {
    None
}

/// How the terminal reads and writes at some moment; there is nothing to be kept of it here.
#[derive(Debug)]
pub struct Modes;

impl Modes {
    /// Those of now.
    #[must_use]
    pub const fn now() -> Self {
        Self
    }

    /// Puts them back.
    pub const fn put_back(&self) {}
}

/// Takes every mode back that was changed; does nothing when none is ours.
pub fn restore() {
    if HELD.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(leaving().as_bytes()).and_then(|()| out.flush());
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// A panic shall be read on a terminal that works, also where nothing is dropped after it. One that is caught is not
/// read there, and the screen goes on.
fn restore_on_panic() {
    static ONCE: AtomicBool = AtomicBool::new(false);
    if ONCE.swap(true, Ordering::SeqCst) {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        if !crash::is_caught() {
            restore();
        }
        before(what);
    }));
}
