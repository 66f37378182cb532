//! The terminal as a file: its modes, and bytes both ways without ever waiting for it.
//!
//! One guard owns every mode that is changed, and all are taken back however the program ends: when it is
//! dropped, by a panic, before the program stops or lends the terminal to another one. The terminal is
//! opened anew, so that not waiting for it is our affair alone and not that of the shell we came from.

use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crossterm::event::Event;
use futures_util::Stream;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr, ttyname};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{Sleep, sleep};

use crate::runtime::crash;
use crate::ui::{Decoder, ENTER, PATIENCE, leaving};

/// Most octets that wait for a terminal that does not read; more are thrown away, and the screen is drawn
/// whole when it reads again.
const BOUND: usize = 2 * 1024 * 1024;
/// Longest wait for a terminal to take what gives it back.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why the screen cannot be used. The command line says so and ends with the code for wrong use.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Input or output is no terminal.
    #[error(
        "the screen needs a terminal for input and output; `chinwag --plain` writes line below line without one, \
         `chinwag send`, `watch` and `say` are for scripts"
    )]
    NotATerminal,
    /// It can do nothing.
    #[error("this terminal (TERM={0}) cannot show the screen; `chinwag --plain` writes line below line in it")]
    Dumb(String),
    /// The system refused.
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// What is needed to give the terminal back.
struct Held {
    output: OwnedFd,
    terminal: OwnedFd,
    before: Termios,
}

/// The modes are ours while something is in it; the panic hook looks at it.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this program can show its screen here.
///
/// # Errors
/// [`TerminalError`] in words for the user.
pub fn check() -> Result<(), TerminalError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(TerminalError::NotATerminal);
    }
    let term = std::env::var("TERM").unwrap_or_default();
    if matches!(term.as_str(), "" | "dumb" | "unknown") {
        return Err(TerminalError::Dumb(if term.is_empty() { "unset".to_owned() } else { term }));
    }
    Ok(())
}

/// The terminal to write to; its modes are ours while it lives.
#[derive(Debug)]
pub struct Tty {
    output: AsyncFd<OwnedFd>,
    waiting: Vec<u8>,
    overflown: bool,
    /// The last frame did not go out at once.
    slow: bool,
    entered: bool,
}

impl Tty {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// [`TerminalError`] in words for the user; nothing is changed then.
    pub fn enter() -> Result<(Self, Keyboard), TerminalError> {
        check()?;
        restore_on_panic();
        let input = watched(open(io::stdin().as_fd(), OFlags::RDONLY)?, Interest::READABLE)?;
        let output = watched(open(io::stdout().as_fd(), OFlags::WRONLY)?, Interest::WRITABLE)?;
        let keyboard = Keyboard { input, decoder: Decoder::default(), patience: None, ended: false };
        let mut tty = Self { output, waiting: Vec::new(), overflown: false, slow: false, entered: false };
        tty.take()?;
        Ok((tty, keyboard))
    }

    /// Takes the modes, again after [`Tty::leave`].
    ///
    /// # Errors
    /// The system refused.
    pub fn take(&mut self) -> io::Result<()> {
        let terminal = io::stdin().as_fd().try_clone_to_owned()?;
        let before = tcgetattr(&terminal)?;
        let mut raw = before.clone();
        raw.make_raw();
        let output = self.output.get_ref().try_clone()?;
        let mut held = held();
        tcsetattr(&terminal, OptionalActions::Now, &raw)?;
        *held = Some(Held { output, terminal, before });
        drop(held);
        self.entered = true;
        self.write(ENTER)
    }

    /// Gives the terminal back as it was. What waits to be written is written first, if the terminal
    /// takes it soon.
    pub fn leave(&mut self) {
        self.entered = false;
        write_soon(self.output.get_ref().as_fd(), &std::mem::take(&mut self.waiting));
        restore();
    }

    /// Whether a panic that did not end the program gave the terminal back.
    #[must_use]
    pub fn was_taken_away(&self) -> bool {
        self.entered && held().is_none()
    }

    /// Writes, as far as the terminal reads; the rest waits for [`Tty::poll_clear`].
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = text.as_bytes();
        if self.waiting.is_empty() {
            while !bytes.is_empty() {
                match rustix::io::write(self.output.get_ref(), bytes) {
                    Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => break,
                    Err(gone) => return Err(gone.into()),
                }
            }
            self.slow = !bytes.is_empty();
        }
        if self.waiting.len() + bytes.len() <= BOUND {
            self.waiting.extend_from_slice(bytes);
        } else {
            self.overflown = true;
        }
        Ok(())
    }

    /// Whether everything is written.
    #[must_use]
    pub const fn is_clear(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the terminal was slower than what is written to it.
    #[must_use]
    pub const fn is_slow(&self) -> bool {
        self.slow
    }

    /// Whether something was thrown away since this was last asked.
    pub const fn take_overflown(&mut self) -> bool {
        std::mem::replace(&mut self.overflown, false)
    }

    /// Ready when everything is written.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn poll_clear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let mut ready = ready!(self.output.poll_write_ready(cx))?;
            match ready.try_io(|output| Ok(rustix::io::write(output, &self.waiting)?)) {
                Ok(Ok(written)) => drop(self.waiting.drain(..written)),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(gone)) => return Poll::Ready(Err(gone)),
                Err(_would_block) => {}
            }
        }
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
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => (80, 24),
    }
}

/// Pixels of a cell, where the terminal tells how many it has.
#[must_use]
pub fn cell() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    let part = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|one| *one > 0);
    Some((part(size.ws_xpixel, size.ws_col)?, part(size.ws_ypixel, size.ws_row)?))
}

/// Opens a terminal anew, so that it can be read or written without waiting.
fn open(terminal: BorrowedFd<'_>, how: OFlags) -> io::Result<OwnedFd> {
    let flags = how | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let by_name = ttyname(terminal, Vec::new()).and_then(|name| rustix::fs::open(name, flags, Mode::empty()));
    // Somebody else's terminal (`su`), or one of another container, has no name that could be opened.
    match by_name.or_else(|_| rustix::fs::open("/dev/tty", flags, Mode::empty())) {
        Ok(opened) => Ok(opened),
        Err(_) => terminal.try_clone_to_owned(),
    }
}

/// Has the runtime tell when a file can be read or written.
#[allow(deprecated)] // It is for files that may change under it; an `OwnedFd` never does.
fn watched(file: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(file, interest)
}

/// Writes as much as the terminal takes within [`LAST_WORDS`].
fn write_soon(output: BorrowedFd<'_>, mut bytes: &[u8]) {
    let until = std::time::Instant::now() + LAST_WORDS;
    while !bytes.is_empty() {
        match rustix::io::write(output, bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let left = until.saturating_duration_since(std::time::Instant::now());
                let timeout = rustix::event::Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
                if left.is_zero() || poll(&mut [PollFd::new(&output, PollFlags::OUT)], Some(&timeout)).is_err() {
                    return;
                }
            }
            Err(_gone) => return,
        }
    }
}

/// Takes every mode back that was changed; does nothing when none is ours.
pub fn restore() {
    let Some(held) = held().take() else { return };
    write_soon(held.output.as_fd(), leaving().as_bytes());
    // A terminal that is gone has no modes.
    let _ = tcsetattr(&held.terminal, OptionalActions::Now, &held.before);
}

/// How the terminal reads and writes at some moment, for when another program was on it: one that was killed, or
/// that fails, gives nothing back.
#[derive(Debug)]
pub struct Modes(Option<Termios>);

impl Modes {
    /// Those of now.
    #[must_use]
    pub fn now() -> Self {
        Self(tcgetattr(io::stdin()).ok())
    }

    /// Puts them back.
    pub fn put_back(&self) {
        if let Some(modes) = &self.0 {
            // A terminal that is gone has no modes.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, modes);
        }
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

/// What the terminal sends: keys, mouse, paste, focus. Ends when the terminal is gone.
#[derive(Debug)]
pub struct Keyboard {
    input: AsyncFd<OwnedFd>,
    decoder: Decoder,
    /// Until when the rest of a sequence may come.
    patience: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

impl Stream for Keyboard {
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let keyboard = self.get_mut();
        loop {
            if let Some(event) = keyboard.decoder.event() {
                return Poll::Ready(Some(Ok(event)));
            }
            if keyboard.ended {
                return Poll::Ready(None);
            }
            if let Poll::Ready(ready) = keyboard.input.poll_read_ready(cx) {
                let mut bytes = [0; 4096];
                match ready?.try_io(|input| Ok(rustix::io::read(input, &mut bytes)?)) {
                    // A terminal that is gone reads as its end, or as an error, and never otherwise again.
                    Ok(Ok(0)) => keyboard.ended = true,
                    Ok(Ok(len)) => {
                        keyboard.decoder.feed(bytes.get(..len).unwrap_or_default());
                        keyboard.patience = None;
                    }
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(Err(_gone)) => keyboard.ended = true,
                    Err(_would_block) => {}
                }
                continue;
            }
            if !keyboard.decoder.is_waiting() {
                return Poll::Pending;
            }
            let patience = keyboard.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
            ready!(patience.as_mut().poll(cx));
            keyboard.patience = None;
            keyboard.decoder.settle();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use portable_pty::{PtySize, native_pty_system};

    use super::*;

    /// A terminal that is ours, with the end by which it lives.
    fn taken() -> impl Sized {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let name = pty.master.tty_name().unwrap();
        let terminal = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let before = tcgetattr(&terminal).unwrap();
        let output = terminal.try_clone().unwrap();
        *held() = Some(Held { output, terminal, before });
        pty
    }

    /// The test runs itself once more as the program in which something panics: a hook is that of a whole process.
    #[test]
    fn a_panic_that_is_caught_leaves_the_terminal_ours() {
        if std::env::var_os("CHINWAG_TEST_PANICS").is_some() {
            let _terminal = taken();
            restore_on_panic();
            assert_eq!(crash::caught::<()>(|| panic!("of a decoder")), None);
            assert!(held().is_some(), "the screen goes on");
            let _ = std::thread::spawn::<_, ()>(|| panic!("of our own")).join();
            assert!(held().is_none(), "it is read on a terminal that works");
            return;
        }
        let mut again = Command::new(std::env::current_exe().unwrap());
        let name = "runtime::tty::tests::a_panic_that_is_caught_leaves_the_terminal_ours";
        let done = again.args(["--exact", name, "--nocapture"]).env("CHINWAG_TEST_PANICS", "1").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
