//! The event loop of the screen: collect, update, execute, draw.
//!
//! It waits for signals, the terminal, the frame clock and the shell, in that order, so that the
//! keyboard is heard whatever the network does. A frame is drawn when something visible changed,
//! at most every [`FRAME`]; while nothing happens nothing wakes up. A terminal that does not read is not
//! waited for: nothing is drawn until it has taken what it was sent, and then the state as it is by then.

use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyModifiers};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::app::{Action, App, Effect, FrontNews, Msg, Showing};
use crate::backend::Command;
use crate::config::{IdleSettings, Resolved, UiSettings};
use crate::model::Multiplexer;
use crate::net::surroundings::clock;
use crate::runtime::editor::{Editor, EditorFault, Prepared};
use crate::runtime::multiplexer::Multiplexers;
use crate::runtime::notifier::Notifier;
use crate::runtime::reread::{self, Reread, Source};
use crate::runtime::shell::{Happened, Shell};
use crate::runtime::signals::{Signal, Signals, stop_here};
use crate::runtime::themes;
use crate::runtime::tty::{self, TerminalError, Tty};
use crate::ui::{Abilities, Hits, Terminal, Theme, draw, shown, translate};

/// Least time between two frames.
pub const FRAME: Duration = Duration::from_millis(16);
/// The same where the terminal is far away and cannot keep up.
pub const SLOW_FRAME: Duration = Duration::from_millis(100);
/// Longest wait for the last answers when the terminal is gone: nobody is there to see them.
pub(super) const HURRY: Duration = Duration::from_millis(700);

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
    fn translate(&mut self, event: Event, app: &App) -> Vec<Msg>;

    /// Carries out an effect on the terminal: ring, title, clipboard, theme, redraw; what comes of it.
    ///
    /// # Errors
    /// The terminal is gone.
    fn perform(&mut self, effect: &Effect) -> io::Result<Vec<Msg>>;

    /// Whether the terminal has taken all it was sent. While it has not, nothing is drawn.
    fn is_clear(&self) -> bool {
        true
    }

    /// Ready when [`Screen::is_clear`].
    ///
    /// # Errors
    /// The terminal is gone.
    fn poll_clear(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Least time until the next frame.
    fn pace(&self) -> Duration {
        FRAME
    }

    /// Columns and rows now, if they can be told.
    fn size(&self) -> Option<(u16, u16)> {
        None
    }

    /// Gives the terminal back to the shell it came from, as it was.
    ///
    /// # Errors
    /// The terminal is gone.
    fn leave(&mut self) -> io::Result<()>;

    /// Other settings of the screen are in force; gives what is wrong with them.
    fn configure(&mut self, ui: &UiSettings) -> Vec<String>;

    /// How it shows pictures.
    fn showing(&self) -> Showing {
        Showing::Words
    }

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
    tty::check()?;
    let mut signals = Signals::new()?;
    let notifier = Notifier::new(&settings.notify, shell.mail());
    let app = shell.app_mut();
    let problems = app.configure(&settings.ui, &settings.idle);
    app.title = settings.notify.title;
    app.notices.settings = settings.notify.clone();
    app.notices.show = settings.notify.shown(notifier.over_ssh());
    app.announces = true;
    shell.submit(Msg::Settings(Box::new(reread::at_start(source))));
    let (columns, rows) = tty::size();
    shell.submit(Msg::Resize(columns, rows));
    for problem in problems {
        shell.submit(Msg::Trouble(problem.to_string()));
    }
    let abilities = abilities(&settings.ui);
    shell.app_mut().showing = abilities.pictures.showing();
    let theme = first_theme(&settings.ui, abilities, shell);
    let (tty, keyboard) = Tty::enter()?;
    let terminal = Terminal::new(theme, &abilities);
    let mut window = Window { terminal, tty, hits: Hits::default(), notifier, themes: settings.ui.themes.clone() };
    for account in settings.accounts.iter().filter(|account| account.auto_sign_in) {
        shell.submit(Msg::Action(Action::Order(account.id.clone(), Command::SignIn)));
    }
    Ok(run(shell, &mut window, keyboard, &mut signals, settings.idle, source).await)
}

/// What the terminal can do, and the settings want of it.
fn abilities(settings: &UiSettings) -> Abilities {
    let abilities = Abilities::read(settings, |name| std::env::var(name).ok());
    if tty::cell().is_some() { abilities } else { abilities.without_pixels() }
}

/// The theme of the settings; where there is none, the default one, and the user is told.
fn first_theme(settings: &UiSettings, abilities: Abilities, shell: &mut Shell) -> Theme {
    match themes::load(&settings.theme, settings.themes.as_deref(), &abilities) {
        Ok((theme, problems)) => {
            for problem in problems {
                shell.submit(Msg::Trouble(problem.to_string()));
            }
            theme
        }
        Err(why) => {
            shell.submit(Msg::Trouble(why));
            Theme::of("terminal", &[], &abilities)
        }
    }
}

/// The real terminal.
#[derive(Debug)]
struct Window {
    terminal: Terminal,
    tty: Tty,
    hits: Hits,
    notifier: Notifier,
    /// Where the user's themes are.
    themes: Option<PathBuf>,
}

impl Window {
    /// Sends what is to be sent, as far as the terminal takes it.
    fn send(&mut self) -> io::Result<()> {
        let bytes = self.terminal.take();
        if !bytes.is_empty() {
            self.tty.write(&bytes)?;
        }
        Ok(())
    }

    /// Another theme, or the names of all.
    fn theme(&mut self, name: Option<&str>) -> Vec<Msg> {
        let folder = self.themes.as_deref();
        let Some(name) = name else { return vec![Msg::Front(FrontNews::Words(themes::listed(folder)))] };
        match themes::load(name, folder, self.terminal.abilities()) {
            Ok((theme, problems)) => {
                self.terminal.set_theme(theme);
                let said = problems.iter().map(|problem| Msg::Trouble(problem.to_string()));
                std::iter::once(Msg::Front(FrontNews::Theme(name.to_owned()))).chain(said).collect()
            }
            Err(why) => vec![Msg::Trouble(why)],
        }
    }
}

impl Screen for Window {
    fn draw(&mut self, app: &App) -> io::Result<()> {
        // Something panicked, was caught, and its words were written to the terminal.
        if self.tty.was_taken_away() {
            self.enter()?;
        }
        if self.tty.take_overflown() {
            self.terminal.forget();
        }
        // Letters may have been made larger since.
        self.terminal.set_cell(if app.showing == Showing::Pixels { tty::cell() } else { None });
        draw(&mut self.terminal, app, &mut self.hits);
        self.send()
    }

    fn is_clear(&self) -> bool {
        self.tty.is_clear()
    }

    fn poll_clear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tty.poll_clear(cx)
    }

    fn pace(&self) -> Duration {
        if self.terminal.abilities().remote && self.tty.is_slow() { SLOW_FRAME } else { FRAME }
    }

    fn size(&self) -> Option<(u16, u16)> {
        Some(tty::size())
    }

    fn shown(&self, app: &App) -> Option<Msg> {
        shown(app, &self.hits)
    }

    fn translate(&mut self, event: Event, app: &App) -> Vec<Msg> {
        translate(event, app, &self.hits, &app.keys)
    }

    fn perform(&mut self, effect: &Effect) -> io::Result<Vec<Msg>> {
        let mut news = Vec::new();
        match effect {
            Effect::Notify(notice) => self.terminal.notify(&self.notifier.tell(notice)),
            Effect::Recall(id) => self.terminal.notify(&self.notifier.recall(*id)),
            Effect::Title(title) => self.terminal.set_title(title),
            Effect::Copy(text) => news.push(Msg::Front(FrontNews::Words(format!("copied: {}", self.terminal.copy(text))))),
            Effect::Theme(name) => news = self.theme(name.as_deref()),
            Effect::Redraw => self.terminal.redraw(),
            Effect::Account(..)
            | Effect::Report(..)
            | Effect::SaveRoster(..)
            | Effect::SaveMarks(..)
            | Effect::SaveHome(..)
            | Effect::Keep(_)
            | Effect::Ask(_)
            | Effect::Open(_)
            | Effect::File(..)
            | Effect::FileChanged(..)
            | Effect::View(..)
            | Effect::SaveRefusals(..)
            | Effect::SaveRules(..)
            | Effect::WriteReport(_)
            | Effect::TryPassphrase(_)
            | Effect::StartTimer(..)
            | Effect::Edit(_)
            | Effect::Suspend
            | Effect::Set(_)
            | Effect::Reload
            | Effect::Quit => {}
        }
        self.send()?;
        Ok(news)
    }

    fn configure(&mut self, ui: &UiSettings) -> Vec<String> {
        // The core takes the keys in itself, and whoever reads the file says what is wrong with them.
        self.themes.clone_from(&ui.themes);
        self.terminal.set_pictures(abilities(ui).pictures);
        match themes::load(&ui.theme, ui.themes.as_deref(), self.terminal.abilities()) {
            Ok((theme, problems)) => {
                self.terminal.set_theme(theme);
                problems.iter().map(ToString::to_string).collect()
            }
            Err(why) => vec![why],
        }
    }

    fn showing(&self) -> Showing {
        self.terminal.abilities().pictures.showing()
    }

    fn leave(&mut self) -> io::Result<()> {
        self.tty.leave();
        Ok(())
    }

    fn enter(&mut self) -> io::Result<()> {
        self.terminal.forget();
        self.tty.take()
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
    let around = if idle.multiplexer { Multiplexers::around_us() } else { Multiplexers::default() };
    let mut front = Front {
        screen,
        source,
        idle: Idle::new(idle, clock()),
        clock,
        around,
        next_frame: Instant::now(),
        away: false,
        editor: None,
        edited: None,
        held: Vec::new(),
    };
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
    if gone {
        shell.hurry(HURRY);
    }
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
    /// Time that goes on while the machine sleeps.
    clock: fn() -> Duration,
    around: Multiplexers,
    next_frame: Instant,
    /// The terminal is given back while the program is stopped.
    away: bool,
    /// An editor has the terminal.
    editor: Option<Editor>,
    /// When one ended last.
    edited: Option<Instant>,
    /// What is to be done on the terminal when it is ours again.
    held: Vec<Effect>,
}

/// So long after an editor's end an interrupt was meant for it: on the screen Ctrl-C is a key and no signal.
const AFTERMATH: Duration = Duration::from_millis(300);

/// Effects that wait for the terminal.
const HELD: usize = 64;

enum Woke {
    Signal(Signal),
    Event(Option<io::Result<Event>>),
    Edited(Result<String, EditorFault>),
    Frame,
    Clear(io::Result<()>),
    Idle,
    Detached(Option<Multiplexer>),
    Shell(Happened),
}

impl<S: Screen> Front<'_, S> {
    async fn turn<E>(&mut self, shell: &mut Shell, events: &mut E, signals: &mut Signals) -> io::Result<Option<Ended>>
    where
        E: Stream<Item = io::Result<Event>> + Unpin,
    {
        let wanted = shell.app().dirty && !self.away && self.screen.is_clear();
        if wanted && Instant::now() >= self.next_frame {
            shell.app_mut().dirty = false;
            self.screen.draw(shell.app())?;
            if let Some(msg) = self.screen.shown(shell.app()) {
                shell.submit(msg);
            }
            self.next_frame = Instant::now() + self.screen.pace();
        }
        let clear = self.screen.is_clear();
        let wanted = shell.app().dirty && !self.away && clear;
        let (screen, there) = (&mut *self.screen, !self.away);
        let (frame, idle, editor) = (self.next_frame, self.idle.due(), &mut self.editor);
        let woke = tokio::select! {
            biased;
            signal = signals.next() => Woke::Signal(signal),
            event = events.next(), if there => Woke::Event(event),
            outcome = async { match editor { Some(editor) => editor.finished().await, None => std::future::pending().await } } => {
                Woke::Edited(outcome)
            }
            written = poll_fn(|cx| screen.poll_clear(cx)), if !clear => Woke::Clear(written),
            () = sleep_until(frame), if wanted => Woke::Frame,
            () = async { match idle { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => Woke::Idle,
            detached = self.around.changed() => Woke::Detached(detached),
            happened = shell.next() => Woke::Shell(happened),
        };
        // Before a key is taken in, or a frame drawn: the machine may have slept, and timers with it.
        self.look_at_clock(shell);
        match woke {
            Woke::Signal(signal) => self.signal(signal, shell),
            Woke::Event(None) => Ok(Some(Ended::Terminal(None))),
            Woke::Event(Some(event)) => {
                let event = event?;
                if !matches!(event, Event::Resize(..) | Event::FocusLost) {
                    shell.attend();
                }
                if !matches!(event, Event::Resize(..) | Event::FocusLost | Event::FocusGained)
                    && let Some(msg) = self.idle.touched((self.clock)())
                {
                    shell.submit(msg);
                }
                if matches!(event, Event::FocusLost) {
                    self.around.look();
                }
                for msg in self.screen.translate(event, shell.app()) {
                    shell.submit(msg);
                }
                Ok(None)
            }
            Woke::Detached(by) => {
                if by.is_none() {
                    // Whoever attached it again is there.
                    shell.attend();
                    self.idle.touched((self.clock)());
                }
                shell.submit(Msg::Detached(by));
                Ok(None)
            }
            Woke::Clear(written) => {
                written?;
                Ok(None)
            }
            Woke::Idle => {
                self.around.look();
                Ok(None)
            }
            Woke::Edited(outcome) => {
                self.editor = None;
                self.edited = Some(Instant::now());
                self.back(shell)?;
                if let Some(msg) = self.idle.touched((self.clock)()) {
                    shell.submit(msg);
                }
                shell.submit(Msg::Edited(outcome.map_err(|fault| fault.to_string())));
                Ok(None)
            }
            Woke::Shell(Happened::Front(Effect::Edit(text))) => self.edit(&text, shell),
            Woke::Shell(Happened::Front(Effect::Suspend)) => self.suspend(),
            Woke::Shell(Happened::Front(Effect::Set(change))) => {
                match reread::set(self.source, &change) {
                    Ok(reread) => self.reconfigure(reread, shell),
                    Err(why) => shell.submit(Msg::Trouble(why)),
                }
                Ok(None)
            }
            Woke::Shell(Happened::Front(Effect::Reload)) => {
                let mut reread = reread::reload(self.source);
                reread::put_in_force(&mut reread, shell);
                self.reconfigure(reread, shell);
                Ok(None)
            }
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
                for msg in self.screen.perform(&effect)? {
                    shell.submit(msg);
                }
                Ok(None)
            }
            Woke::Shell(Happened::Quit) => Ok(Some(Ended::Quit)),
            Woke::Frame
            | Woke::Shell(
                Happened::Report(..)
                | Happened::File(..)
                | Happened::Refused(..)
                | Happened::Trouble(_)
                | Happened::Unsaved(_)
                | Happened::Changed,
            ) => Ok(None),
        }
    }

    /// The core is told of what nobody touched the keyboard for.
    fn look_at_clock(&mut self, shell: &mut Shell) {
        while let Some(msg) = self.idle.passed((self.clock)()) {
            shell.submit(msg);
        }
    }

    /// Other settings are in force from now on.
    fn reconfigure(&mut self, reread: Reread, shell: &mut Shell) {
        let Reread { mut told, resolved } = reread;
        if let Some(new) = resolved {
            told.problems.extend(self.screen.configure(&new.ui));
            shell.app_mut().showing = self.screen.showing();
            self.idle = Idle::new(new.idle, (self.clock)());
            shell.set_files(new.files);
        }
        shell.submit(Msg::Settings(Box::new(told)));
    }

    fn signal(&mut self, signal: Signal, shell: &mut Shell) -> io::Result<Option<Ended>> {
        match signal {
            Signal::HangUp => Ok(Some(Ended::Terminal(None))),
            Signal::Resize => {
                self.resized(shell);
                Ok(None)
            }
            // The editor on the terminal is meant; it stops and goes on with us, and keeps the terminal.
            Signal::Interrupt | Signal::Continue if self.editor.is_some() => Ok(None),
            // A Ctrl-C that ended it came to us as well, and may be seen after its end.
            Signal::Interrupt if self.edited.is_some_and(|ended| ended.elapsed() < AFTERMATH) => Ok(None),
            Signal::Suspend if self.editor.is_some() => stop_here().map(|()| None),
            Signal::End | Signal::Interrupt => Ok(Some(Ended::Signal)),
            Signal::Suspend => self.suspend(),
            Signal::Continue => self.back(shell).map(|()| None),
        }
    }

    /// The terminal may have another size.
    fn resized(&self, shell: &mut Shell) {
        if let Some((columns, rows)) = self.screen.size().filter(|size| *size != shell.app().size) {
            shell.submit(Msg::Resize(columns, rows));
        }
    }

    /// The terminal is ours again.
    fn back(&mut self, shell: &mut Shell) -> io::Result<()> {
        self.screen.enter()?;
        self.away = false;
        self.resized(shell);
        shell.app_mut().dirty = true;
        let mut held = std::mem::take(&mut self.held);
        if shell.app().is_locked() {
            // They were made while names and texts were shown.
            held.retain(|effect| !matches!(effect, Effect::Notify(_)));
        }
        for effect in held {
            for msg in self.screen.perform(&effect)? {
                shell.submit(msg);
            }
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
    let signal = async { while !matches!(signals.next().await, Signal::End | Signal::HangUp | Signal::Interrupt) {} };
    tokio::select! {
        () = key => {}
        () = signal => {}
    }
}

/// Nobody at the keyboard: one timer for all thresholds. The timer stands still while the machine sleeps, so what has
/// passed is told by a clock that does not, which is given as an argument.
#[derive(Debug)]
pub(super) struct Idle {
    thresholds: Vec<Duration>,
    /// How many of them have passed.
    passed: usize,
    /// When somebody was there last, by the timer and by the clock.
    since: (Instant, Duration),
}

impl Idle {
    pub(super) fn new(settings: IdleSettings, clock: Duration) -> Self {
        let mut thresholds: Vec<Duration> = [settings.idle_after, settings.away_after, settings.lock_after]
            .into_iter()
            .filter(|after| !after.is_zero())
            .collect();
        thresholds.sort();
        thresholds.dedup();
        Self { thresholds, passed: 0, since: (Instant::now(), clock) }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.thresholds.get(self.passed).map(|after| self.since.0 + *after)
    }

    /// The next threshold, if it has passed.
    pub(super) fn passed(&mut self, clock: Duration) -> Option<Msg> {
        let after = *self.thresholds.get(self.passed)?;
        // The clock may have been set back, where it is that on the wall.
        let quiet = self.since.0.elapsed().max(clock.saturating_sub(self.since.1));
        if quiet < after {
            return None;
        }
        self.passed += 1;
        Some(Msg::KeyboardIdle(after))
    }

    pub(super) fn touched(&mut self, clock: Duration) -> Option<Msg> {
        self.since = (Instant::now(), clock);
        (std::mem::take(&mut self.passed) > 0).then_some(Msg::KeyboardIdle(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests;
