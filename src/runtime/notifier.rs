//! Makes notices noticed: bytes for the terminal, the desktop, a program of the user's.
//!
//! What takes time has tasks of its own, off the way of keys and network: each thing ends after two seconds,
//! and a desktop that failed three times in a row is not asked again.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::child;
use super::desktop::{self, Desktop};
use crate::app::Msg;
use crate::app::notices::{Notice, NoticeKind};
use crate::config::{NotifySettings, Show, Via};
use crate::net::link::plain;
use crate::ui::notify::{Between, Surroundings, readable, recall, sequence, texts, ways};

/// Longest time a program of the user's may take.
const LIMIT: std::time::Duration = desktop::LIMIT;
/// Programs at one time; a notice that would be one more is not given to any.
const PROGRAMS: usize = 5;
/// Notices that may wait for the desktop; one more is left out.
const WAITING: usize = 16;
/// Failures in a row after which the desktop is given up.
const FAILURES: usize = 3;

/// Makes notices noticed.
#[derive(Debug)]
pub struct Notifier {
    settings: NotifySettings,
    around: Surroundings,
    /// Tells our notices from those of another program in the same terminal.
    mark: u32,
    mail: mpsc::Sender<Msg>,
    /// Where the session bus is, if not where the environment says.
    bus: Option<String>,
    /// The desktop's task, once it was needed.
    desktop: Option<mpsc::Sender<Order>>,
    desktop_off: Arc<AtomicBool>,
    programs: Arc<Semaphore>,
}

#[derive(Debug)]
enum Order {
    Show(Notice, Option<oneshot::Sender<Result<String, String>>>),
    Close(u32),
}

impl Notifier {
    /// Looks around, and does nothing yet. Troubles and the answers of a test go to `mail`.
    #[must_use]
    pub fn new(settings: &NotifySettings, mail: mpsc::Sender<Msg>) -> Self {
        let mut around = Surroundings::of(|name| std::env::var(name).ok());
        around.desktop &= desktop::is_there();
        Self::within(settings, around, mail)
    }

    /// The same in made-up surroundings.
    #[must_use]
    pub fn within(settings: &NotifySettings, around: Surroundings, mail: mpsc::Sender<Msg>) -> Self {
        Self {
            settings: settings.clone(),
            around,
            mark: std::process::id(),
            mail,
            bus: None,
            desktop: None,
            desktop_off: Arc::default(),
            programs: Arc::new(Semaphore::new(PROGRAMS)),
        }
    }

    /// Whether the user sits at another machine.
    #[must_use]
    pub const fn over_ssh(&self) -> bool {
        self.around.over_ssh
    }

    fn ways(&self) -> Vec<Via> {
        ways(&self.settings, &self.around, !self.desktop_off.load(Ordering::Relaxed))
    }

    /// Makes a notice noticed; gives what is to be written to the terminal. Needs a tokio runtime around it.
    pub fn tell(&mut self, notice: &Notice) -> String {
        let ways = self.ways();
        let written: String = ways.iter().map(|way| sequence(*way, notice, self.mark, self.around.between)).collect();
        if notice.kind == NoticeKind::Test {
            self.test(notice, &ways);
            return written;
        }
        if ways.contains(&Via::Desktop) {
            self.ask_desktop(Order::Show(notice.clone(), None));
        }
        if ways.contains(&Via::Command)
            && let Ok(place) = Arc::clone(&self.programs).try_acquire_owned()
        {
            let (command, json) = (self.settings.command.clone(), json(notice));
            tokio::spawn(async move {
                if let Err(why) = run(&command, &json).await {
                    tracing::warn!(why, "the program for notices");
                }
                drop(place);
            });
        }
        written
    }

    /// Takes a notice back; gives what is to be written to the terminal.
    pub fn recall(&mut self, id: u32) -> String {
        let ways = self.ways();
        if ways.contains(&Via::Desktop) && self.desktop.is_some() {
            self.ask_desktop(Order::Close(id));
        }
        ways.iter().map(|way| recall(*way, id, self.mark, self.around.between)).collect()
    }

    fn ask_desktop(&mut self, order: Order) {
        let (off, mail) = (&self.desktop_off, &self.mail);
        let desktop = self.desktop.get_or_insert_with(|| {
            let (orders, taken) = mpsc::channel(WAITING);
            let desktop = self.bus.as_deref().map_or_else(Desktop::default, Desktop::at);
            tokio::spawn(serve_desktop(desktop, taken, Arc::clone(off), mail.clone()));
            orders
        });
        // A desktop with so much to do has told enough.
        let _ = desktop.try_send(order);
    }

    /// Tries every way that is taken, and tells what became of it.
    fn test(&mut self, notice: &Notice, ways: &[Via]) {
        let mut lines = self.about();
        for way in ways.iter().filter(|way| !matches!(way, Via::Desktop | Via::Command)) {
            let sent = readable(&sequence(*way, notice, self.mark, self.around.between));
            lines.push(format!("{}: sent {sent}. Terminals do not answer: look and listen.", way.word()));
        }
        if self.around.between == Between::Tmux && ways.iter().any(|way| matches!(way, Via::Osc99 | Via::Osc777 | Via::Osc9)) {
            lines.push("tmux passes it on only with `set -g allow-passthrough on`.".to_owned());
        }
        let answer = ways.contains(&Via::Desktop).then(|| {
            let (told, answer) = oneshot::channel();
            self.ask_desktop(Order::Show(notice.clone(), Some(told)));
            answer
        });
        if answer.is_none() {
            lines.extend(self.why_no_desktop());
        }
        let command = ways.contains(&Via::Command).then(|| self.settings.command.clone());
        let (json, mail) = (json(notice), self.mail.clone());
        tokio::spawn(async move {
            if let Some(answer) = answer {
                lines.push(match answer.await {
                    Ok(Ok(said)) => format!("desktop: {said}."),
                    Ok(Err(why)) => format!("desktop: failed: {why}."),
                    Err(_) => "desktop: it is busy with other notices.".to_owned(),
                });
            }
            if let Some(command) = command {
                let program = command.first().map_or("", String::as_str);
                lines.push(match run(&command, &json).await {
                    Ok(()) => format!("command: {program} took it."),
                    Err(why) => format!("command: failed: {why}."),
                });
            }
            // Nobody waits for it any more only when the program ends.
            let _ = mail.send(Msg::Tested(lines)).await;
        });
    }

    /// Where the program runs, in words.
    fn about(&self) -> Vec<String> {
        let between = match self.around.between {
            Between::Nothing => "",
            Between::Tmux => ", within tmux",
            Between::Screen => ", within screen",
            Between::Other => ", within something that passes on the bell only",
        };
        let ssh = if self.around.over_ssh { ", over SSH" } else { "" };
        let speaks = self.around.speaks.map_or("only the bell", Via::word);
        let show = match self.settings.shown(self.around.over_ssh) {
            Show::Full => "sender and text are shown",
            Show::Sender => "the sender is shown, not the text",
            Show::Count => "only the number of messages is shown",
        };
        let mut lines = vec![format!("Terminal: {}{between}{ssh}; it knows {speaks}; {show}.", self.around.known_by)];
        if self.ways().is_empty() {
            lines.push("No way is left: see `via` in [notify], and `bell` in [ui].".to_owned());
        }
        if self.settings.via.contains(&Via::Command) && self.settings.command.is_empty() {
            lines.push("command: none is set; `command` in [notify] names it.".to_owned());
        }
        lines
    }

    fn why_no_desktop(&self) -> Option<String> {
        if !self.settings.via.contains(&Via::Auto) {
            return None;
        }
        let why = if self.desktop_off.load(Ordering::Relaxed) {
            "it failed three times and is not asked again"
        } else if !self.around.desktop {
            "there is no session bus"
        } else {
            "you are connected by SSH, and it would appear at the other machine"
        };
        Some(format!("desktop: not used: {why}."))
    }
}

/// The desktop's task: one notice after the other, until it is given up or the program ends.
async fn serve_desktop(mut desktop: Desktop, mut orders: mpsc::Receiver<Order>, off: Arc<AtomicBool>, mail: mpsc::Sender<Msg>) {
    let mut failures = 0;
    while let Some(order) = orders.recv().await {
        let (notice, told) = match order {
            Order::Close(id) => {
                desktop.close(id).await;
                continue;
            }
            Order::Show(notice, told) => (notice, told),
        };
        if off.load(Ordering::Relaxed) && told.is_none() {
            continue;
        }
        let shown = desktop.show(&notice).await;
        failures = if shown.is_ok() { 0 } else { failures + 1 };
        if let Err(why) = &shown
            && failures == FAILURES
        {
            off.store(true, Ordering::Relaxed);
            tracing::warn!(why, "notifications of the desktop are given up");
            let text = format!("notifications of the desktop failed {FAILURES} times and are off: {why}");
            let _ = mail.send(Msg::Trouble(text)).await;
        } else if shown.is_ok() {
            off.store(false, Ordering::Relaxed);
        }
        if let Some(told) = told {
            // Who asked may have left.
            let _ = told.send(shown);
        }
    }
}

/// What a program of the user's is given: no more than the user wants to be shown.
fn json(notice: &Notice) -> String {
    let (title, body) = texts(notice);
    let json = serde_json::json!({
        "kind": notice.kind.word(),
        "id": notice.id,
        "account": notice.account.as_ref().map(crate::model::AccountId::as_str),
        "from": notice.from.as_ref().map(crate::model::Address::as_str),
        "title": title,
        "body": body,
        "count": notice.count,
        "mention": notice.mention,
    });
    format!("{json}\n")
}

/// Runs a program without a shell, the JSON on its standard input; it is ended after [`LIMIT`].
async fn run(command: &[String], json: &str) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let mut spawned = child::program(program);
    spawned.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    // Not of our terminal's foreground: it shall not read keys.
    #[cfg(unix)]
    spawned.process_group(0);
    let mut child = spawned.spawn().map_err(|fault| format!("{program} cannot be run: {}", plain(&fault)))?;
    let input = child.stdin.take();
    let whole = async {
        if let Some(mut input) = input {
            // A program that does not read may do so.
            let _ = input.write_all(json.as_bytes()).await;
        }
        child.wait().await
    };
    match timeout(LIMIT, whole).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{program} ended with {status}")),
        Ok(Err(fault)) => Err(format!("{program}: {}", plain(&fault))),
        Err(_) => Err(format!("{program} took longer than {} s and was ended", LIMIT.as_secs())),
    }
}

#[cfg(test)]
mod tests;
