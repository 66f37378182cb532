//! The shell: owns the core, one driver task for each account, timers and files.
//!
//! ```text
//!   submit(msg) ─┐                       ┌──▶ accounts
//!   accounts ────┤   ┌──────────────┐    ├──▶ files ─────┐
//!   timers ──────┼──▶│ app::update  │───▶├──▶ timers     │ outcomes come back
//!   outcomes ────┘   └──────────────┘    └──▶ the front  │ as messages
//!      ▲───────────────────────────────────────────────◀─┘
//! ```
//!
//! The screen and the scriptable fronts use it alike. No effect is waited for.

mod assembling;
mod exchange;

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::path::PathBuf;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::app::transfers::FileDeed;
use crate::app::{App, Effect, Msg, update};
use crate::backend::{Command, Event, Refused, Target};
use crate::config::{AccountSettings, FileSettings, Resolved};
use crate::history::{Answer, Opened, StoreFault, Told};
use crate::model::{AccountId, Address, Fate, FileId, Secret, SignInPhase, Stamp};
use crate::net::driver::{Handle, Report};
use crate::policy::Denial;
use crate::runtime::beginning::{Waiting, not_kept};
use crate::runtime::control::{Asked, Control};
use crate::runtime::installation::Installation;
use crate::runtime::messages::Messages;
use crate::runtime::opener::LinkOpener;
use crate::runtime::pictures::Pictures;
use crate::runtime::policies::{Followed, Sources};
use crate::runtime::roster_file::RosterFault;
use crate::runtime::saves::{Save, Saves};
use crate::runtime::transfers::{Facts, Transfers};

use assembling::Ground;
use exchange::Exchange;

pub use assembling::Assembly;
pub use exchange::Exchanged;

/// Reports that may wait for the front; a front that lets more pile up is no longer reading, and
/// accounts wait until it does.
const READY_BOUND: usize = 1024;

/// Least time between two words to the accounts that somebody is at the keyboard.
const ATTENDING: Duration = Duration::from_secs(3);

/// Messages that one message may bring about by effects that fail at once.
const CASCADE: usize = 64;

/// Longest wait for the last answers at sign-out, whatever a network asks for.
const LONGEST_FAREWELL: Duration = Duration::from_secs(3);

/// Orders that wait for the store of messages to be open.
const HELD: usize = 640;
/// Messages of the front's tasks that may wait; a task waits when there are more.
const MAIL: usize = 64;

/// So long an account that was too busy for an order it must get is left alone.
const OWED_AGAIN: Duration = Duration::from_millis(20);

/// What the front does with messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// Shows them, and keeps nothing.
    Plain,
    /// Shows them. They are kept in the data folder, encrypted: those that wait to be sent, and those nobody
    /// has read, are there again at the next start, and what was said before can be looked up. Where that
    /// cannot be, the user is told, and all else works.
    Screen,
    /// Prints them, and orders [`Command::Received`] when that is done.
    Printer,
    /// Nothing: whoever writes is told that nobody is there.
    Deaf,
    /// The same, but for what is said about files.
    Courier,
}

/// Why the program cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The local contact list cannot be read.
    #[error(transparent)]
    Roster(#[from] RosterFault),
    /// Policy forbids it.
    #[error(transparent)]
    Forbidden(#[from] Denial),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers, and nothing can be kept secret without: {0}")]
    Random(String),
}

/// What [`Shell::next`] woke up for.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// An account reports; admitted by policy and already taken in by the core.
    Report(AccountId, Event),
    /// An account refused an order; a refused message is reported by its fate instead.
    Refused(AccountId, Refused),
    /// Something went wrong on this machine, as a sentence; the core keeps it as a note too.
    Trouble(String),
    /// A file could not be written; words for the user. The core keeps it as a note too.
    Unsaved(String),
    /// A file looks different now: it is in the core's state.
    File(AccountId, FileId),
    /// Something only the front can do: ring, title, clipboard, suspend, redraw.
    Front(Effect),
    /// The core changed for another reason.
    Changed,
    /// The program is to end; call [`Shell::shutdown`].
    Quit,
}

/// The core and everything it needs.
#[derive(Debug)]
pub struct Shell {
    app: App,
    accounts: BTreeMap<AccountId, Running>,
    timers: BTreeMap<&'static str, Instant>,
    inbox: VecDeque<Msg>,
    ready: VecDeque<Happened>,
    saves: Saves,
    quit: bool,
    last_heard: usize,
    /// When the accounts were told last that somebody is at the keyboard.
    attended: Option<Instant>,
    /// Held, so that a second program is not taken for this one.
    installation: Option<Installation>,
    messages: Option<Messages>,
    /// Accounts that begin when the store of messages is open, since they must know what came before; and
    /// what they are to do then.
    waiting: Vec<Waiting>,
    held: Vec<(AccountId, Command)>,
    /// The socket by which other programs steer this one.
    control: Option<Control>,
    opener: LinkOpener,
    /// Orders an account was too busy for and that must not get lost.
    owed: VecDeque<(AccountId, Command)>,
    /// What tasks of the front have to say.
    mail: (mpsc::Sender<Msg>, mpsc::Receiver<Msg>),
    /// Longest wait for the last answers at sign-out.
    patience: Duration,
    /// What accounts are made on; none where they were made up.
    ground: Option<Ground>,
    exchange: Exchange,
    /// Where policies come from, watched; none where they are made up.
    policies: Option<Followed>,
    /// Reads pictures.
    pictures: Pictures,
    /// Files under way; none where they are made up.
    transfers: Option<Transfers>,
}

#[derive(Debug)]
struct Running {
    handle: Option<Handle>,
    /// Ordered to sign in and not known to be out again.
    awake: bool,
    /// The settings and the password it runs by; none where it was made up.
    by: Option<(AccountSettings, Option<Secret>)>,
    roster: Option<(PathBuf, Address)>,
    home: Option<(PathBuf, Target)>,
    refusals: Option<PathBuf>,
    rules: Option<PathBuf>,
    marks: Option<(PathBuf, Address)>,
}

impl Shell {
    /// Lets other programs of the user steer this one, if the settings want that and no other program with
    /// the same data folder does. What goes wrong is told the user, and all else works.
    pub fn open_socket(&mut self, settings: &Resolved) {
        if !settings.control.socket || !self.installation.as_ref().is_some_and(Installation::is_held) {
            return;
        }
        match Control::open(&settings.data_dir, &settings.state_dir) {
            Ok(control) => self.control = Some(control),
            Err(fault) if fault.kind() == std::io::ErrorKind::Unsupported => {}
            Err(fault) => self.trouble(format!("other programs cannot use this connection: {fault}")),
        }
    }

    /// Follows what administrators change from now on.
    pub fn follow_policies(&mut self, sources: Sources) {
        if self.policies.as_ref().is_none_or(|followed| *followed.sources() != sources) {
            self.policies = Some(Followed::new(sources));
        }
    }

    /// Files of others end there from now on, and are looked at so.
    pub fn set_files(&mut self, settings: FileSettings) {
        self.app.has_scanner = settings.scanner.is_some();
        if let Some(transfers) = &mut self.transfers {
            transfers.set(settings);
        }
    }

    /// The core, to look at.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The core, for what belongs to a front alone (focus, scroll, the drawn mark).
    pub const fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// For tasks of the front: what they send is taken in as by [`Shell::submit`].
    #[must_use]
    pub fn mail(&self) -> mpsc::Sender<Msg> {
        self.mail.0.clone()
    }

    /// Takes a message in now and carries out what follows. What is to be printed or done by the
    /// front comes out of [`Shell::next`].
    pub fn submit(&mut self, msg: Msg) {
        self.inbox.push_back(msg);
        for _ in 0..CASCADE {
            let Some(msg) = self.inbox.pop_front() else { return };
            let at = now();
            for effect in update(&mut self.app, msg, at) {
                self.execute(effect);
            }
        }
    }

    /// Somebody is at the keyboard: the accounts are told, every few seconds.
    pub fn attend(&mut self) {
        let now = Instant::now();
        if self.attended.is_some_and(|last| now < last + ATTENDING) {
            return;
        }
        self.attended = Some(now);
        for (id, account) in &self.accounts {
            if let (Some(handle), Ok(order)) = (&account.handle, self.app.permit(id, Command::Attend)) {
                // An account with so much to do hears of its connection anyway.
                let _ = handle.order(order.into_inner());
            }
        }
    }

    /// Waits for the next thing to happen. Safe to drop at any time.
    pub async fn next(&mut self) -> Happened {
        loop {
            if let Some(happened) = self.ready.pop_front() {
                return happened;
            }
            if self.quit {
                return Happened::Quit;
            }
            self.turn().await;
            if self.ready.is_empty() && !self.quit {
                return Happened::Changed;
            }
        }
    }

    /// The next thing that has happened already, without waiting for another.
    pub fn take_ready(&mut self) -> Option<Happened> {
        self.ready.pop_front()
    }

    /// Waits no longer than this for the last answers when it shuts down.
    pub const fn hurry(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Signs out everywhere, waits up to three seconds for the last answers, saves what is to be
    /// saved, and closes all links. Reports of the farewell come out of [`Shell::next`] afterwards,
    /// then [`Happened::Quit`].
    pub async fn shutdown(&mut self) {
        self.quit = true;
        self.app.leave();
        if let Some(control) = &mut self.control {
            control.close();
        }
        let mut longest = Duration::ZERO;
        for (id, account) in &self.accounts {
            let Some(handle) = account.handle.as_ref().filter(|_| account.awake) else { continue };
            if let Ok(order) = self.app.permit(id, Command::SignOut)
                && handle.order(order.into_inner()).is_ok()
            {
                longest = longest.max(handle.farewell().min(LONGEST_FAREWELL));
            }
        }
        let until = Instant::now() + longest.min(self.patience);
        while self.accounts.values().any(|a| a.awake) && self.ready.len() < READY_BOUND {
            if timeout_at(until, self.turn()).await.is_err() {
                break;
            }
        }
        for effect in self.app.last_drafts() {
            self.execute(effect);
        }
        let handles: Vec<Handle> = self.accounts.values_mut().filter_map(|a| a.handle.take()).collect();
        futures_util::future::join_all(handles.into_iter().map(Handle::end)).await;
        self.exchange.finish().await;
        if let Some(transfers) = self.transfers.take() {
            transfers.finish().await;
        }
        if let Some(messages) = self.messages.take() {
            if let Some(shape) = self.app.last_shape() {
                // A screen that is not remembered is no loss to speak of.
                let _ = messages.keep(shape);
            }
            messages.finish().await;
        }
        for trouble in self.saves.finish().await {
            self.unsaved(trouble);
        }
        if let Some(mut control) = self.control.take() {
            control.last_words().await;
        }
    }

    /// Tells of something that went wrong on this machine.
    fn trouble(&mut self, text: String) {
        self.ready.push_back(Happened::Trouble(text.clone()));
        self.submit(Msg::Trouble(text));
    }

    fn unsaved(&mut self, text: String) {
        self.ready.push_back(Happened::Unsaved(text.clone()));
        self.submit(Msg::Trouble(text));
    }

    /// Waits for one thing and takes it in.
    async fn turn(&mut self) {
        let due = self.timers.iter().min_by_key(|(_, at)| **at).map(|(name, at)| (*name, *at));
        let woken = {
            let (accounts, saves, messages) = (&mut self.accounts, &mut self.saves, &mut self.messages);
            let control = &mut self.control;
            let opener = &mut self.opener;
            let mail = &mut self.mail.1;
            let exchange = &mut self.exchange;
            let policies = &mut self.policies;
            let (from, owes) = (self.last_heard, !self.owed.is_empty());
            tokio::select! {
                biased;
                () = async { match due { Some((_, at)) => sleep_until(at).await, None => std::future::pending().await } } => {
                    Woken::Timer(due.map_or("", |(name, _)| name))
                }
                Some(msg) = mail.recv() => Woken::Mail(Box::new(msg)),
                trouble = saves.next() => Woken::Saved(trouble),
                told = async { match messages { Some(messages) => messages.next().await, None => std::future::pending().await } } => {
                    Woken::Told(told)
                }
                () = sleep(OWED_AGAIN), if owes => Woken::Owed,
                // Each connection has its pace, so this leaves room for what comes next.
                asked = async { match control { Some(control) => control.next().await, None => std::future::pending().await } } => {
                    Woken::Asked(asked)
                }
                trouble = opener.next() => Woken::NotOpened(trouble),
                due = exchange.next() => Woken::Exchange(due),
                new = async { match policies { Some(followed) => followed.next().await, None => std::future::pending().await } } => {
                    Woken::Mail(Box::new(Msg::Policies(Box::new(new))))
                }
                (place, id, report) = poll_fn(|cx| poll_reports(accounts, from, cx)) => {
                    self.last_heard = place;
                    Woken::Report(id, report)
                }
            }
        };
        match woken {
            Woken::Timer(name) => {
                self.timers.remove(name);
                self.submit(Msg::Timer(name));
            }
            Woken::Saved(Some(trouble)) => self.unsaved(trouble),
            Woken::Saved(None) => {}
            Woken::Told(Told::Opened(opened)) => self.opened(opened),
            Woken::Told(Told::Kept(Answer { kept, failed, why })) => self.submit(Msg::Kept { kept, failed, why }),
            Woken::Told(Told::Found(found)) => self.submit(Msg::Past(found)),
            Woken::Told(Told::Read(read)) => self.reread(read),
            Woken::Exchange(due) => self.exchanged(due),
            Woken::NotOpened(trouble) => self.trouble(trouble),
            Woken::Mail(msg) => self.submit(*msg),
            Woken::Owed => {
                for (id, command) in std::mem::take(&mut self.owed) {
                    self.order(id, command);
                }
            }
            Woken::Asked(asked) => {
                let msg = self.control.as_mut().and_then(|control| control.obey(asked, &self.app, now()));
                if let Some(msg) = msg {
                    self.submit(msg);
                }
            }
            Woken::Report(id, Some(Report::Event(event))) => {
                if let (Event::Phase { phase: SignInPhase::Offline { .. }, .. }, Some(account)) =
                    (&event, self.accounts.get_mut(&id))
                {
                    account.awake = false;
                }
                self.submit(Msg::Account(id.clone(), event));
                self.look_after(&id);
            }
            Woken::Report(id, Some(Report::Refused(refused))) => {
                self.refuse(&id, &refused);
                self.submit(Msg::Refused(id, refused));
            }
            Woken::Report(id, None) => {
                tracing::error!(account = %id, "the task of an account ended by itself");
                if self.exchange.is_leaving(&id) {
                    return self.out(&id, false);
                }
                if let Some(account) = self.accounts.get_mut(&id) {
                    account.handle = None;
                    account.awake = false;
                }
                let text = format!("account {id} stopped because of a fault in the program; restart it, and please report this");
                self.trouble(text);
            }
        }
    }

    fn execute(&mut self, effect: Effect) {
        match effect {
            Effect::Account(id, command) => self.order(id, command.into_inner()),
            Effect::Report(id, event) => {
                let event = event.into_inner();
                if let Some(control) = &mut self.control {
                    control.told(&self.app, &id, &event, now());
                }
                self.ready.push_back(Happened::Report(id, event));
            }
            Effect::SaveRoster(id, roster, access) => {
                if let Some((path, aor)) = self.accounts.get(&id).and_then(|a| a.roster.clone()) {
                    self.saves.queue(path, Save::Roster(aor, roster, access));
                }
            }
            Effect::SaveHome(id, home) => {
                if let Some((path, start)) = self.accounts.get(&id).and_then(|a| a.home.clone()) {
                    self.saves.queue(path, Save::Home(start, home));
                }
            }
            Effect::SaveMarks(id, marks) => {
                if let Some((path, aor)) = self.accounts.get(&id).and_then(|a| a.marks.clone()) {
                    self.saves.queue(path, Save::Marks(aor, marks));
                }
            }
            Effect::Keep(keep) => {
                if let Some(Err(Answer { kept, failed, why })) = self.messages.as_ref().map(|messages| messages.keep(keep)) {
                    self.inbox.push_back(Msg::Kept { kept, failed, why });
                }
            }
            Effect::Ask(ask) => {
                if let Some(Err(found)) = self.messages.as_ref().map(|messages| messages.ask(ask)) {
                    self.inbox.push_back(Msg::Past(*found));
                }
            }
            Effect::SaveRefusals(id, refusals) => {
                if let Some(path) = self.accounts.get(&id).and_then(|a| a.refusals.clone()) {
                    self.saves.queue(path, Save::Refusals(refusals));
                }
            }
            Effect::WriteReport(report) => {
                if let Some(ground) = &self.ground {
                    ground.write_report(*report, self.mail());
                }
            }
            Effect::SaveRules(id, rules) => {
                if let Some(path) = self.accounts.get(&id).and_then(|a| a.rules.clone()) {
                    self.saves.queue(path, Save::Rules(rules));
                }
            }
            Effect::File(id, file, deed) => self.carry(&id, file, deed),
            Effect::View(id, file, place, _) => self.pictures.read(&id, file, &place),
            Effect::FileChanged(id, file) => {
                if let Some(control) = &mut self.control {
                    control.file(&self.app, &id, file, now());
                }
                self.ready.push_back(Happened::File(id, file));
            }
            Effect::StartTimer(name, after) => {
                self.timers.insert(name, Instant::now() + after);
            }
            Effect::TryPassphrase(typed) => {
                let right = self.saves.vault.as_ref().is_some_and(|vault| vault.opens_with(&typed));
                self.inbox.push_back(Msg::Passphrase(right));
            }
            Effect::Open(link) => self.opener.open(&link),
            Effect::Quit => self.quit = true,
            front @ (Effect::Notify(_)
            | Effect::Recall(_)
            | Effect::Title(_)
            | Effect::Copy(_)
            | Effect::Theme(_)
            | Effect::Edit(_)
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Set(_)
            | Effect::Reload) => {
                self.ready.push_back(Happened::Front(front));
            }
        }
    }

    /// Does something about a file.
    fn carry(&mut self, id: &AccountId, file: FileId, deed: FileDeed) {
        let facts = self.app.accounts.get(id).and_then(|account| {
            let peer = account.transfers.get(&file)?.peer.clone();
            Some(Facts { peer, rules: self.app.policy.table().invitations().files })
        });
        let news = match &mut self.transfers {
            Some(transfers) => transfers.order(id, file, deed, facts),
            None => None,
        };
        if let Some(news) = news {
            self.inbox.push_back(Msg::File(id.clone(), file, news));
        }
    }

    /// The store of messages is open, or cannot be: the accounts begin.
    fn opened(&mut self, opened: Result<Opened, StoreFault>) {
        let remembered = match opened {
            Ok(Opened { remembered, aside }) => {
                if let Some(aside) = aside {
                    let aside = aside.display();
                    self.trouble(format!(
                        "the file of kept messages was broken; it was put aside as {aside}, and a new one begun"
                    ));
                }
                Some(remembered)
            }
            Err(fault) => {
                self.messages = None;
                self.app.opening = false;
                self.trouble(not_kept(&fault.to_string()));
                None
            }
        };
        for waiting in std::mem::take(&mut self.waiting) {
            if let Some(running) = self.accounts.get_mut(&waiting.account.id) {
                running.handle = Some(waiting.ready(remembered.as_ref()).start());
            }
        }
        // What waited for the network waits in front of what the user did since.
        if let Some(remembered) = remembered {
            self.submit(Msg::Remembered(remembered));
        }
        for (id, command) in std::mem::take(&mut self.held) {
            self.order(id, command);
        }
    }

    /// Tells that an account refused an order.
    fn refuse(&mut self, id: &AccountId, refused: &Refused) {
        if let Some(control) = &mut self.control {
            control.refused(id, refused, now());
        }
        self.ready.push_back(Happened::Refused(id.clone(), refused.clone()));
    }

    fn order(&mut self, id: AccountId, command: Command) {
        if self.waiting.iter().any(|waiting| waiting.account.id == id) && self.held.len() < HELD {
            return self.held.push((id, command));
        }
        let signs_in = matches!(command, Command::SignIn);
        if signs_in && self.exchange.is_leaving(&id) {
            return;
        }
        let Some(account) = self.accounts.get_mut(&id) else { return };
        if let (Command::SetPassword(secret), Some((_, known))) = (&command, &mut account.by) {
            *known = Some(secret.clone());
        }
        let message = command.message();
        let owed = command.is_owed().then(|| command.clone());
        let outcome = match &account.handle {
            Some(handle) => handle.order(command),
            None => Err(Refused::Offline),
        };
        match outcome {
            Ok(()) => account.awake |= signs_in,
            Err(Refused::Busy) if owed.is_some() => self.owed.extend(owed.map(|command| (id, command))),
            Err(refused) => {
                let msg = if let Some(tag) = message {
                    Msg::Account(id, Event::Delivery { tag, fate: Fate::Failed { why: refused.to_string() } })
                } else {
                    self.refuse(&id, &refused);
                    Msg::Refused(id, refused)
                };
                self.inbox.push_back(msg);
            }
        }
    }
}

enum Woken {
    Timer(&'static str),
    Mail(Box<Msg>),
    Saved(Option<String>),
    Told(Told),
    NotOpened(String),
    Owed,
    Exchange(exchange::Due),
    Asked(Asked),
    Report(AccountId, Option<Report>),
}

/// The next report of any account; the search begins after the one heard last.
fn poll_reports(
    accounts: &mut BTreeMap<AccountId, Running>,
    from: usize,
    cx: &mut Context<'_>,
) -> Poll<(usize, AccountId, Option<Report>)> {
    let count = accounts.len();
    for (place, (id, account)) in accounts.iter_mut().enumerate().skip(from).take(count) {
        if let Some(handle) = &mut account.handle
            && let Poll::Ready(report) = handle.reports.poll_recv(cx)
        {
            return Poll::Ready((place + 1, id.clone(), report));
        }
    }
    for (place, (id, account)) in accounts.iter_mut().enumerate().take(from.min(count)) {
        if let Some(handle) = &mut account.handle
            && let Poll::Ready(report) = handle.reports.poll_recv(cx)
        {
            return Poll::Ready((place + 1, id.clone(), report));
        }
    }
    Poll::Pending
}

/// Random bytes from the system.
///
/// # Errors
/// [`StartError::Random`].
pub fn random<const N: usize>() -> Result<[u8; N], StartError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|fault| StartError::Random(fault.to_string()))?;
    Ok(bytes)
}

/// The wall time of a message.
fn now() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
