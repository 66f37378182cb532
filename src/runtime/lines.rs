//! The program without a screen (see `ui::lines`): lines in, lines out. The terminal is used as it is; only
//! while a password is typed its letters are not shown.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use tokio::sync::mpsc;
use tokio::time::sleep_until;
use zeroize::Zeroizing;

use crate::app::{Action, Effect, FrontNews, Msg};
use crate::backend::Command;
use crate::config::Resolved;
use crate::net::surroundings::clock;
use crate::runtime::reread::{self, Reread, Source};
use crate::runtime::shell::{Happened, Shell};
use crate::runtime::signals::{Signal, Signals, stop_here};
use crate::runtime::tui::{Ended, Idle};
use crate::ui::{Lines, typed};

/// Longest line taken, in octets.
const LONGEST: u64 = 64 * 1024;
/// Octets there is room for at once: where a line grew, a copy of it would stay, and it may be a password.
const SHORT: usize = 4096;

/// Signs in the accounts that want it at start, and writes and reads lines until the end.
///
/// # Errors
/// Signals cannot be listened to.
pub async fn show(shell: &mut Shell, settings: &Resolved, source: &mut dyn Source) -> io::Result<Ended> {
    let mut signals = Signals::new()?;
    shell.app_mut().configure(&settings.ui, &settings.idle);
    let app = shell.app_mut();
    (app.announces, app.title) = (true, false);
    shell.submit(Msg::Settings(Box::new(reread::at_start(source))));
    for account in settings.accounts.iter().filter(|account| account.auto_sign_in) {
        shell.submit(Msg::Action(Action::Order(account.id.clone(), Command::SignIn)));
    }
    let bell = settings.ui.bell && io::stdout().is_terminal();
    let mut front = Front { lines: Lines::default(), bell, prompted: None, idle: Idle::new(settings.idle, clock()), source };
    let ended = front.run(shell, &mut signals, read_lines()).await;
    echo(true);
    if matches!(ended, Ended::Terminal(_)) {
        shell.hurry(crate::runtime::tui::HURRY);
    }
    tokio::select! {
        () = shell.shutdown() => {}
        () = async { while !matches!(signals.next().await, Signal::End | Signal::HangUp) {} } => {}
    }
    Ok(ended)
}

struct Front<'a> {
    source: &'a mut dyn Source,
    /// What is not read rings.
    bell: bool,
    lines: Lines,
    /// The prompt that stands at the end, with nothing behind it.
    prompted: Option<String>,
    idle: Idle,
}

impl Front<'_> {
    async fn run(&mut self, shell: &mut Shell, signals: &mut Signals, mut input: mpsc::Receiver<Zeroizing<String>>) -> Ended {
        loop {
            if let Err(gone) = self.write(shell) {
                return Ended::Terminal(Some(gone));
            }
            let idle = self.idle.due();
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    Signal::End | Signal::Interrupt => return Ended::Signal,
                    Signal::HangUp => return Ended::Terminal(None),
                    Signal::Suspend => drop(stop_here()),
                    Signal::Continue => self.prompted = None,
                    Signal::Resize => {}
                },
                line = input.recv() => {
                    let Some(line) = line else { return Ended::Quit };
                    self.prompted = None;
                    shell.attend();
                    if let Some(msg) = self.idle.touched(clock()) {
                        shell.submit(msg);
                    }
                    for msg in typed(shell.app_mut(), &line) {
                        shell.submit(msg);
                    }
                }
                () = async { match idle { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {
                    if let Some(msg) = self.idle.passed(clock()) {
                        shell.submit(msg);
                    }
                }
                happened = shell.next() => match happened {
                    Happened::Quit => return Ended::Quit,
                    Happened::Front(effect) => self.perform(shell, &effect),
                    _ => {}
                },
            }
        }
    }

    /// What only a terminal could do.
    fn perform(&mut self, shell: &mut Shell, effect: &Effect) {
        match effect {
            Effect::Notify(_) if self.bell => {
                let _ = io::stdout().lock().write_all(b"\x07");
            }
            Effect::Suspend => {
                let _ = stop_here();
            }
            Effect::Set(change) => match reread::set(self.source, change) {
                Ok(reread) => self.reconfigure(reread, shell),
                Err(why) => shell.submit(Msg::Trouble(why)),
            },
            Effect::Reload => {
                let mut reread = reread::reload(self.source);
                reread::put_in_force(&mut reread, shell);
                self.reconfigure(reread, shell);
            }
            Effect::Redraw => self.prompted = None,
            Effect::Theme(_) => shell.submit(Msg::Front(FrontNews::Words("lines have no theme".to_owned()))),
            Effect::Copy(_) => {
                shell.submit(Msg::Front(FrontNews::Words("there is no clipboard to be reached from here".to_owned())));
            }
            _ => {}
        }
    }

    /// Other settings are in force from now on.
    fn reconfigure(&mut self, reread: Reread, shell: &mut Shell) {
        if let Some(new) = &reread.resolved {
            self.bell = new.ui.bell && io::stdout().is_terminal();
            self.idle = Idle::new(new.idle, clock());
            shell.set_files(new.files.clone());
        }
        shell.submit(Msg::Settings(Box::new(reread.told)));
        // There is no title to be kept current.
        shell.app_mut().title = false;
    }

    /// Writes what is new, and the prompt last.
    fn write(&mut self, shell: &mut Shell) -> io::Result<()> {
        let news = self.lines.news(shell.app());
        if matches!(shell.app().screen.overlay, Some(crate::app::Overlay::Help(..))) {
            // It is read by now, and nothing is to be typed into it.
            shell.submit(Msg::Action(Action::Back));
        }
        let mut out = io::stdout().lock();
        let prompts = io::stdin().is_terminal();
        if !news.is_empty() && self.prompted.take().is_some() {
            // What is being typed stays where it is; the news begin a line of their own.
            writeln!(out)?;
        }
        for line in news {
            writeln!(out, "{line}")?;
        }
        let prompt = self.lines.prompt(shell.app());
        if prompts && self.prompted.as_ref() != Some(&prompt) {
            if self.prompted.is_some() {
                writeln!(out)?;
            }
            write!(out, "{prompt}")?;
            self.prompted = Some(prompt);
        }
        out.flush()?;
        echo(!Lines::is_secret(shell.app()));
        Ok(())
    }
}

/// Has the terminal show what is typed, or not.
fn echo(on: bool) {
    #[cfg(unix)]
    {
        use std::sync::atomic::{AtomicBool, Ordering};

        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        static HIDDEN: AtomicBool = AtomicBool::new(false);
        if HIDDEN.swap(!on, Ordering::SeqCst) != on {
            return;
        }
        if let Ok(mut modes) = tcgetattr(io::stdin()) {
            modes.local_modes.set(LocalModes::ECHO, on);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        }
    }
    #[cfg(not(unix))]
    let _ = on;
}

/// Lines of standard input; reading them must not hold anything up. One may be a password, so they are wiped.
fn read_lines() -> mpsc::Receiver<Zeroizing<String>> {
    let (lines, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Zeroizing::new(Vec::with_capacity(SHORT));
            match io::Read::take(&mut input, LONGEST).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let line = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if lines.blocking_send(Zeroizing::new(line)).is_err() {
                return;
            }
        }
    });
    receiver
}
