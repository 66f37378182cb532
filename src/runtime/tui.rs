//! The event loop of the screen: collect, update, execute, draw.
//!
//! It waits for signals, the terminal, the frame clock and the shell, in that order, so that the
//! keyboard is heard whatever the network does. A frame is drawn when something visible changed,
//! at most every [`FRAME`]; while nothing happens nothing wakes up.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyModifiers};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::app::{Action, App, Effect, Msg};
use crate::backend::Command;
use crate::config::{IdleSettings, Resolved};
use crate::model::Multiplexer;
use crate::runtime::multiplexer::Multiplexers;
use crate::runtime::shell::{Happened, Shell};
use crate::runtime::signals::{Signal, Signals, stop_here};
use crate::ui::{Hits, Keymap, Terminal, TerminalError, draw, translate};

/// Least time between two frames.
pub const FRAME: Duration = Duration::from_millis(16);

/// What the loop needs of a terminal.
pub trait Screen {
    /// Draws the core as it is now.
    ///
    /// # Errors
    /// The terminal is gone.
    fn draw(&mut self, app: &App) -> io::Result<()>;

    /// What an event of the terminal means.
    fn translate(&mut self, event: &Event, app: &App) -> Vec<Msg>;

    /// Carries out an effect on the terminal: ring, title, clipboard, redraw.
    ///
    /// # Errors
    /// The terminal is gone.
    fn perform(&mut self, effect: &Effect) -> io::Result<()>;

    /// Gives the terminal back to the shell it came from, as it was.
    ///
    /// # Errors
    /// The terminal is gone.
    fn leave(&mut self) -> io::Result<()>;

    /// Takes the terminal again; the next frame is drawn whole.
    ///
    /// # Errors
    /// The terminal is gone.
    fn enter(&mut self) -> io::Result<()>;
}

/// Why the loop ended.
#[derive(Debug)]
pub enum Ended {
    /// The user wished it.
    Quit,
    /// A signal asked for it.
    Signal,
    /// The terminal is gone: closed, or broken in the way given.
    Terminal(Option<io::Error>),
}

/// Takes the terminal, signs in the accounts that want it at start, and runs until the end. The
/// terminal is as it was when this returns.
///
/// # Errors
/// [`TerminalError`] when there is no terminal that can be used; nothing has happened then.
pub async fn show(shell: &mut Shell, settings: &Resolved) -> Result<Ended, TerminalError> {
    let (keymap, problems) = Keymap::new(&settings.ui);
    let mut signals = Signals::new()?;
    let mut window = Window { terminal: Terminal::enter(&settings.ui)?, keymap, hits: Hits::default() };
    shell.app_mut().configure(&settings.ui, &settings.idle);
    shell.app_mut().announces = true;
    let (columns, rows) = crossterm::terminal::size()?;
    shell.submit(Msg::Resize(columns, rows));
    for problem in problems {
        shell.submit(Msg::Trouble(problem.to_string()));
    }
    for account in settings.accounts.iter().filter(|account| account.auto_sign_in) {
        shell.submit(Msg::Action(Action::Order(account.id.clone(), Command::SignIn)));
    }
    Ok(run(shell, &mut window, EventStream::new(), &mut signals, settings.idle).await)
}

/// The real terminal.
#[derive(Debug)]
struct Window {
    terminal: Terminal,
    keymap: Keymap,
    hits: Hits,
}

impl Screen for Window {
    fn draw(&mut self, app: &App) -> io::Result<()> {
        draw(&mut self.terminal, app, &mut self.hits)
    }

    fn translate(&mut self, event: &Event, app: &App) -> Vec<Msg> {
        translate(event, app, &self.hits, &self.keymap)
    }

    fn perform(&mut self, effect: &Effect) -> io::Result<()> {
        match effect {
            Effect::Ring(_) => self.terminal.ring(),
            Effect::Title(title) => self.terminal.set_title(title),
            Effect::Copy(text) => self.terminal.copy(text),
            Effect::Redraw => self.terminal.redraw(),
            Effect::Account(..)
            | Effect::Report(..)
            | Effect::SaveRoster(..)
            | Effect::SaveMarks(..)
            | Effect::SaveHome(..)
            | Effect::Keep(_)
            | Effect::SaveRefusals(..)
            | Effect::StartTimer(..)
            | Effect::Suspend
            | Effect::Quit => Ok(()),
        }
    }

    fn leave(&mut self) -> io::Result<()> {
        self.terminal.suspend()
    }

    fn enter(&mut self) -> io::Result<()> {
        self.terminal.resume()
    }
}

/// Runs until the user quits, a signal comes or the terminal is gone. Signs out before it returns;
/// a second wish to end is obeyed at once. The terminal is the caller's to restore.
pub async fn run<S, E>(shell: &mut Shell, screen: &mut S, events: E, signals: &mut Signals, idle: IdleSettings) -> Ended
where
    S: Screen,
    E: Stream<Item = io::Result<Event>> + Unpin,
{
    let around = if idle.multiplexer { Multiplexers::around_us() } else { Multiplexers::default() };
    let mut front = Front { screen, idle: Idle::new(idle), around, next_frame: Instant::now(), away: false };
    let mut events = events;
    let ended = loop {
        match front.turn(shell, &mut events, signals).await {
            Ok(None) => {}
            Ok(Some(ended)) => break ended,
            Err(fault) => break Ended::Terminal(Some(fault)),
        }
    };
    let gone = matches!(ended, Ended::Terminal(_));
    tokio::select! {
        () = shell.shutdown() => {}
        () = insisted(&mut events, signals, gone) => {}
    }
    ended
}

struct Front<'a, S> {
    screen: &'a mut S,
    idle: Idle,
    around: Multiplexers,
    next_frame: Instant,
    /// The terminal is given back while the program is stopped.
    away: bool,
}

enum Woke {
    Signal(Signal),
    Event(Option<io::Result<Event>>),
    Frame,
    Idle,
    Detached(Option<Multiplexer>),
    Shell(Happened),
}

impl<S: Screen> Front<'_, S> {
    async fn turn<E>(&mut self, shell: &mut Shell, events: &mut E, signals: &mut Signals) -> io::Result<Option<Ended>>
    where
        E: Stream<Item = io::Result<Event>> + Unpin,
    {
        let wanted = shell.app().dirty && !self.away;
        if wanted && Instant::now() >= self.next_frame {
            shell.app_mut().dirty = false;
            self.screen.draw(shell.app())?;
            self.next_frame = Instant::now() + FRAME;
        }
        let wanted = shell.app().dirty && !self.away;
        let (frame, idle) = (self.next_frame, self.idle.due());
        let woke = tokio::select! {
            biased;
            signal = signals.next() => Woke::Signal(signal),
            event = events.next() => Woke::Event(event),
            () = sleep_until(frame), if wanted => Woke::Frame,
            () = async { match idle { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => Woke::Idle,
            detached = self.around.changed() => Woke::Detached(detached),
            happened = shell.next() => Woke::Shell(happened),
        };
        match woke {
            Woke::Signal(signal) => self.signal(signal, shell),
            Woke::Event(None) => Ok(Some(Ended::Terminal(None))),
            Woke::Event(Some(event)) => {
                let event = event?;
                if !matches!(event, Event::Resize(..) | Event::FocusLost) {
                    shell.attend();
                }
                if !matches!(event, Event::Resize(..) | Event::FocusLost | Event::FocusGained)
                    && let Some(msg) = self.idle.touched()
                {
                    shell.submit(msg);
                }
                if matches!(event, Event::FocusLost) {
                    self.around.look();
                }
                for msg in self.screen.translate(&event, shell.app()) {
                    shell.submit(msg);
                }
                Ok(None)
            }
            Woke::Detached(by) => {
                if by.is_none() {
                    // Whoever attached it again is there.
                    shell.attend();
                    self.idle.touched();
                }
                shell.submit(Msg::Detached(by));
                Ok(None)
            }
            Woke::Idle => {
                self.around.look();
                if let Some(msg) = self.idle.passed() {
                    shell.submit(msg);
                }
                Ok(None)
            }
            Woke::Shell(Happened::Front(Effect::Suspend)) => self.suspend(),
            Woke::Shell(Happened::Front(effect)) => {
                if effect == Effect::Redraw {
                    shell.app_mut().dirty = true;
                }
                self.screen.perform(&effect)?;
                Ok(None)
            }
            Woke::Shell(Happened::Quit) => Ok(Some(Ended::Quit)),
            Woke::Frame
            | Woke::Shell(
                Happened::Report(..) | Happened::Refused(..) | Happened::Trouble(_) | Happened::Unsaved(_) | Happened::Changed,
            ) => Ok(None),
        }
    }

    fn signal(&mut self, signal: Signal, shell: &mut Shell) -> io::Result<Option<Ended>> {
        match signal {
            Signal::End => Ok(Some(Ended::Signal)),
            Signal::Suspend => self.suspend(),
            Signal::Continue => {
                self.screen.enter()?;
                self.away = false;
                shell.app_mut().dirty = true;
                Ok(None)
            }
        }
    }

    fn suspend(&mut self) -> io::Result<Option<Ended>> {
        self.screen.leave()?;
        self.away = true;
        if stop_here().is_err() {
            self.screen.enter()?;
            self.away = false;
        }
        Ok(None)
    }
}

/// Waits for a second wish to end: a signal, or Ctrl-C and Ctrl-Q, which are keys to a terminal in
/// raw mode.
async fn insisted<E>(events: &mut E, signals: &mut Signals, gone: bool)
where
    E: Stream<Item = io::Result<Event>> + Unpin,
{
    let key = async {
        if gone {
            std::future::pending::<()>().await;
        }
        loop {
            match events.next().await {
                Some(Ok(Event::Key(key)))
                    if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'q')) =>
                {
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => std::future::pending::<()>().await,
            }
        }
    };
    let signal = async { while signals.next().await != Signal::End {} };
    tokio::select! {
        () = key => {}
        () = signal => {}
    }
}

/// Nobody at the keyboard: one timer for all thresholds.
#[derive(Debug)]
struct Idle {
    thresholds: Vec<Duration>,
    /// How many of them have passed.
    passed: usize,
    since: Instant,
}

impl Idle {
    fn new(settings: IdleSettings) -> Self {
        let mut thresholds: Vec<Duration> =
            [settings.idle_after, settings.away_after].into_iter().filter(|after| !after.is_zero()).collect();
        thresholds.sort();
        thresholds.dedup();
        Self { thresholds, passed: 0, since: Instant::now() }
    }

    fn due(&self) -> Option<Instant> {
        self.thresholds.get(self.passed).map(|after| self.since + *after)
    }

    fn passed(&mut self) -> Option<Msg> {
        let after = *self.thresholds.get(self.passed)?;
        self.passed += 1;
        Some(Msg::KeyboardIdle(after))
    }

    fn touched(&mut self) -> Option<Msg> {
        self.since = Instant::now();
        (std::mem::take(&mut self.passed) > 0).then_some(Msg::KeyboardIdle(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests;
