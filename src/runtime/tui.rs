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

use crate::app::{Action, App, Effect, Msg, NewSettings};
use crate::backend::Command;
use crate::config::{IdleSettings, Resolved, UiSettings};
use crate::runtime::reread::{self, Reread, Source};
use crate::runtime::notifier::{Notifier};
use crate::runtime::shell::{Happened, Shell};
use crate::runtime::signals::{Signal, Signals, stop_here};
use crate::ui::{Hits, Keymap, Terminal, TerminalError, draw, shown, translate};

/// Least time between two frames.
pub const FRAME: Duration = Duration::from_millis(16);

/// What the loop needs of a terminal.
pub trait Screen {
    /// Draws the core as it is now.
    ///
    /// # Errors
    /// The terminal is gone.
    fn draw(&mut self, app: &App) -> io::Result<()>;

    /// What the core does not know yet of what was drawn last.
    fn shown(&self, _app: &App) -> Option<Msg> {
        None
    }

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

    /// Other settings of the screen are in force; gives what is wrong with them.
    fn configure(&mut self, ui: &UiSettings) -> Vec<String>;

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
pub async fn show(shell: &mut Shell, settings: &Resolved, source: &mut dyn Source) -> Result<Ended, TerminalError> {
    let (keymap, problems) = Keymap::new(&settings.ui);
    let mut signals = Signals::new()?;
    let notifier = Notifier::new(&settings.notify, shell.mail());
    let terminal = Terminal::enter(&settings.ui)?;
    let app = shell.app_mut();
    app.configure(&settings.ui, &settings.idle);
    app.title = settings.notify.title;
    app.notices.settings = settings.notify.clone();
    app.notices.show = settings.notify.shown(notifier.over_ssh());
    let mut window = Window { terminal, keymap, hits: Hits::default(), notifier };
    shell.app_mut().announces = true;
    // The settings page shows what there is from the first moment; the problems were told at the start.
    let found = NewSettings { problems: Vec::new(), ..reread::read(source).told };
    shell.submit(Msg::Settings(Box::new(NewSettings { general: None, ..found })));
    let (columns, rows) = crossterm::terminal::size()?;
    shell.submit(Msg::Resize(columns, rows));
    for problem in problems {
        shell.submit(Msg::Trouble(problem.to_string()));
    }
    for account in settings.accounts.iter().filter(|account| account.auto_sign_in) {
        shell.submit(Msg::Action(Action::Order(account.id.clone(), Command::SignIn)));
    }
    Ok(run(shell, &mut window, EventStream::new(), &mut signals, settings.idle, source).await)
}

/// The real terminal.
#[derive(Debug)]
struct Window {
    terminal: Terminal,
    keymap: Keymap,
    hits: Hits,
    notifier: Notifier,
}

impl Screen for Window {
    fn draw(&mut self, app: &App) -> io::Result<()> {
        draw(&mut self.terminal, app, &mut self.hits)
    }

    fn shown(&self, app: &App) -> Option<Msg> {
        shown(app, &self.hits)
    }

    fn translate(&mut self, event: &Event, app: &App) -> Vec<Msg> {
        translate(event, app, &self.hits, &self.keymap)
    }

    fn perform(&mut self, effect: &Effect) -> io::Result<()> {
        match effect {
            Effect::Notify(notice) => self.terminal.notify(&self.notifier.tell(notice)),
            Effect::Recall(id) => self.terminal.notify(&self.notifier.recall(*id)),
            Effect::Title(title) => self.terminal.set_title(title),
            Effect::Copy(text) => self.terminal.copy(text),
            Effect::Redraw => self.terminal.redraw(),
            Effect::Account(..)
            | Effect::Report(..)
            | Effect::SaveRoster(..)
            | Effect::SaveHome(..)
            | Effect::Keep(_)
            | Effect::Ask(_)
            | Effect::Open(_)
            | Effect::SaveRefusals(..)
            | Effect::SaveRules(..)
            | Effect::StartTimer(..)
            | Effect::Suspend
            | Effect::Set(_)
            | Effect::Reload
            | Effect::Quit => Ok(()),
        }
    }

    fn configure(&mut self, ui: &UiSettings) -> Vec<String> {
        let (keymap, problems) = Keymap::new(ui);
        self.keymap = keymap;
        self.terminal.configure(ui);
        problems.iter().map(ToString::to_string).collect()
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
pub async fn run<S, E>(
    shell: &mut Shell,
    screen: &mut S,
    events: E,
    signals: &mut Signals,
    idle: IdleSettings,
    source: &mut dyn Source,
) -> Ended
where
    S: Screen,
    E: Stream<Item = io::Result<Event>> + Unpin,
{
    let mut front = Front { screen, source, idle: Idle::new(idle), next_frame: Instant::now(), away: false };
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
    source: &'a mut dyn Source,
    idle: Idle,
    next_frame: Instant,
    /// The terminal is given back while the program is stopped.
    away: bool,
}

enum Woke {
    Signal(Signal),
    Event(Option<io::Result<Event>>),
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
            if let Some(msg) = self.screen.shown(shell.app()) {
                shell.submit(msg);
            }
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
            Woke::Shell(Happened::Front(Effect::Suspend)) => self.suspend(),
            Woke::Shell(Happened::Front(Effect::Set(change))) => {
                match reread::set(self.source, &change) {
                    Ok(reread) => self.reconfigure(reread, shell),
                    Err(why) => shell.submit(Msg::Trouble(why)),
                }
                Ok(None)
            }
            Woke::Shell(Happened::Front(Effect::Reload)) => {
                let mut reread = reread::read(self.source);
                reread.told.said = reread.resolved.as_ref().map(|_| "the settings were read again".to_owned());
                self.reconfigure(reread, shell);
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

    /// Other settings are in force from now on.
    fn reconfigure(&mut self, reread: Reread, shell: &mut Shell) {
        let Reread { mut told, resolved } = reread;
        if let Some(new) = resolved {
            told.problems.extend(self.screen.configure(&new.ui));
            self.idle = Idle::new(new.idle);
        }
        shell.submit(Msg::Settings(Box::new(told)));
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
