//! The event loop of the screen: collect, update, execute, draw.
//!
//! It waits for signals, the terminal, the frame clock and the shell, in that order, so that the
//! keyboard is heard whatever the network does. A frame is drawn when something visible changed,
//! at most every [`FRAME`]; while nothing happens nothing wakes up.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyModifiers};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::app::{Action, App, Effect, Msg};
use crate::backend::Command;
use crate::config::{IdleSettings, Resolved};
use crate::runtime::editor::{Editor, EditorFault, Prepared};
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

    /// Its columns and rows, which may have changed while it was given back.
    ///
    /// # Errors
    /// The terminal is gone.
    fn size(&self) -> io::Result<(u16, u16)>;
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
    let keyboard = Keyboard::default();
    let mut window =
        Window { terminal: Terminal::enter(&settings.ui)?, keymap, hits: Hits::default(), keyboard: keyboard.clone() };
    shell.app_mut().screen.writing.ascii = !window.terminal.shows_utf8();
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
    Ok(run(shell, &mut window, keyboard, &mut signals, settings.idle).await)
}

/// What is typed, while the terminal is ours: another program on it must get every key.
#[derive(Debug, Clone)]
struct Keyboard(Rc<RefCell<Option<EventStream>>>);

impl Default for Keyboard {
    fn default() -> Self {
        Self(Rc::new(RefCell::new(Some(EventStream::new()))))
    }
}

impl Keyboard {
    fn listen(&self, listens: bool) {
        *self.0.borrow_mut() = listens.then(EventStream::new);
    }
}

impl Stream for Keyboard {
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Whoever takes the terminal again asks anew.
        self.0.borrow_mut().as_mut().map_or(Poll::Pending, |stream| stream.poll_next_unpin(cx))
    }
}

/// The real terminal.
#[derive(Debug)]
struct Window {
    terminal: Terminal,
    keymap: Keymap,
    hits: Hits,
    keyboard: Keyboard,
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
            | Effect::SaveHome(..)
            | Effect::Keep(_)
            | Effect::SaveRefusals(..)
            | Effect::StartTimer(..)
            | Effect::Edit(_)
            | Effect::Suspend
            | Effect::Quit => Ok(()),
        }
    }

    fn leave(&mut self) -> io::Result<()> {
        self.keyboard.listen(false);
        self.terminal.suspend()
    }

    fn enter(&mut self) -> io::Result<()> {
        self.terminal.resume()?;
        self.keyboard.listen(true);
        Ok(())
    }

    fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }
}

/// Runs until the user quits, a signal comes or the terminal is gone. Signs out before it returns;
/// a second wish to end is obeyed at once. The terminal is the caller's to restore.
pub async fn run<S, E>(shell: &mut Shell, screen: &mut S, events: E, signals: &mut Signals, idle: IdleSettings) -> Ended
where
    S: Screen,
    E: Stream<Item = io::Result<Event>> + Unpin,
{
    let mut front =
        Front { screen, idle: Idle::new(idle), next_frame: Instant::now(), away: false, editor: None, held: Vec::new() };
    let mut events = events;
    let ended = loop {
        match front.turn(shell, &mut events, signals).await {
            Ok(None) => {}
            Ok(Some(ended)) => break ended,
            Err(fault) => break Ended::Terminal(Some(fault)),
        }
    };
    if let Some(editor) = front.editor.take()
        && let Some(text) = editor.close().await
    {
        shell.submit(Msg::Edited(Ok(text)));
    }
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
    next_frame: Instant,
    /// The terminal is given back while the program is stopped.
    away: bool,
    /// An editor has the terminal.
    editor: Option<Editor>,
    /// What is to be done on the terminal when it is ours again.
    held: Vec<Effect>,
}

/// Effects that wait for the terminal.
const HELD: usize = 64;

enum Woke {
    Signal(Signal),
    Event(Option<io::Result<Event>>),
    Edited(Result<String, EditorFault>),
    Frame,
    Idle,
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
        let (frame, idle, editor) = (self.next_frame, self.idle.due(), &mut self.editor);
        let woke = tokio::select! {
            biased;
            signal = signals.next() => Woke::Signal(signal),
            event = events.next() => Woke::Event(event),
            outcome = async { match editor { Some(editor) => editor.finished().await, None => std::future::pending().await } } => {
                Woke::Edited(outcome)
            }
            () = sleep_until(frame), if wanted => Woke::Frame,
            () = async { match idle { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => Woke::Idle,
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
                for msg in self.screen.translate(&event, shell.app()) {
                    shell.submit(msg);
                }
                Ok(None)
            }
            Woke::Idle => {
                if let Some(msg) = self.idle.passed() {
                    shell.submit(msg);
                }
                Ok(None)
            }
            Woke::Edited(outcome) => {
                self.editor = None;
                self.back(shell)?;
                if let Some(msg) = self.idle.touched() {
                    shell.submit(msg);
                }
                shell.submit(Msg::Edited(outcome.map_err(|fault| fault.to_string())));
                Ok(None)
            }
            Woke::Shell(Happened::Front(Effect::Edit(text))) => self.edit(&text, shell),
            Woke::Shell(Happened::Front(Effect::Suspend)) => self.suspend(),
            Woke::Shell(Happened::Front(effect)) if self.away => {
                // Another program is on the terminal.
                if self.held.len() < HELD {
                    self.held.push(effect);
                }
                Ok(None)
            }
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
            // The editor on the terminal is meant; it stops and goes on with us, and keeps the terminal.
            Signal::Interrupt | Signal::Continue if self.editor.is_some() => Ok(None),
            Signal::Suspend if self.editor.is_some() => stop_here().map(|()| None),
            Signal::Interrupt => Ok(Some(Ended::Signal)),
            Signal::Suspend => self.suspend(),
            Signal::Continue => self.back(shell).map(|()| None),
        }
    }

    /// The terminal is ours again.
    fn back(&mut self, shell: &mut Shell) -> io::Result<()> {
        self.screen.enter()?;
        self.away = false;
        let (columns, rows) = self.screen.size()?;
        shell.submit(Msg::Resize(columns, rows));
        shell.app_mut().dirty = true;
        for effect in std::mem::take(&mut self.held) {
            self.screen.perform(&effect)?;
        }
        Ok(())
    }

    /// Gives the terminal to an editor. Everything else goes on.
    fn edit(&mut self, text: &str, shell: &mut Shell) -> io::Result<Option<Ended>> {
        let fault = match Prepared::new(text) {
            Ok(_) if self.away => return Ok(None),
            Ok(prepared) => {
                self.screen.leave()?;
                self.away = true;
                match prepared.start() {
                    Ok(editor) => {
                        self.editor = Some(editor);
                        return Ok(None);
                    }
                    Err(fault) => {
                        self.back(shell)?;
                        fault
                    }
                }
            }
            Err(fault) => fault,
        };
        shell.submit(Msg::Edited(Err(fault.to_string())));
        Ok(None)
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
    let signal = async { while !matches!(signals.next().await, Signal::End | Signal::Interrupt) {} };
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
