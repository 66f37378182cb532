//! A signed-in session without a screen: drives the shell with time limits and signals.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::AccountView;
use crate::backend::{Command, Event, NoticeLevel, Refused, RoomEvent};
use crate::config::{AccountSettings, AuthChoice, Resolved};
use crate::model::{AccountId, Address, FileId, MessageRef, RosterHome, SignInPhase};
use crate::runtime::logging::{self, LogGuard};
use crate::runtime::policies::Sources;
use crate::runtime::secrets::Secrets;
use crate::runtime::{Front, Happened, Shell};

use super::attached::Attached;
use super::exit::{Exit, Failure};
use super::printer::Printer;
use super::signals::Signals;
use super::source::Source;

/// Longest wait for the server at sign-in, from the first look-up to the registration.
const SIGN_IN_TIME: Duration = Duration::from_secs(30);

/// Longest wait for the server to confirm a change.
pub const CONFIRM_TIME: Duration = Duration::from_secs(20);

/// What is said when it does not.
pub const NOT_CONFIRMED: &str = "the server did not confirm the change in time; it may or may not be made";

/// What is said when the time is over before signing in is.
const NOT_LET_IN: &str = "The server did not let this account in within the time given; `chinwag doctor` shows what it lacks.";

/// Longest wait for counters before signing out.
const COUNTER_TIME: Duration = Duration::from_millis(500);

/// What a session woke up for.
#[derive(Debug)]
pub enum Woke {
    /// An account reports; printed already where it is to be.
    Report(AccountId, Event),
    /// An account refused an order.
    Refused(AccountId, Refused),
    /// A file looks different now; printed already where it is to be.
    File(AccountId, FileId),
    /// The core changed for another reason.
    Changed,
    /// A line of standard input; `None` at its end.
    Line(Option<Vec<u8>>),
    /// The time is over.
    Timeout,
}

/// Whose account a command works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name of the account.
    pub id: AccountId,
    /// Its address.
    pub aor: Address,
}

impl From<&AccountSettings> for Who {
    fn from(account: &AccountSettings) -> Self {
        Self { id: account.id.clone(), aor: account.aor.clone() }
    }
}

/// A running session.
#[derive(Debug)]
pub struct Session {
    source: Source,
    accounts: Vec<AccountId>,
    /// Prints what is reported.
    pub printer: Printer,
    signals: Signals,
    deadline: Option<Instant>,
    /// The time of the run is over as soon as it is signed in.
    leaves_at_once: bool,
    /// Lines of standard input, for commands that read them.
    pub lines: Option<mpsc::Receiver<Vec<u8>>>,
    /// A password would be of use, and there is none.
    lacks_secret: bool,
    last_tag: u64,
    /// Writes the rest of the log when the session goes.
    log: Option<LogGuard>,
    /// A change to the contact list or the access list was ordered.
    changes_lists: bool,
    /// One was ordered that is kept on this machine, and nowhere else.
    keeps_here: bool,
    /// Something that was to be changed was not, or is not kept.
    unsaved: bool,
}

impl Session {
    /// Starts the shell; signs nobody in yet. Says what is wrong with its files.
    ///
    /// # Errors
    /// Exit 1 when the shell cannot start.
    pub fn start(settings: &Resolved, secrets: Secrets, printer: Printer) -> Result<Self, Failure> {
        let by_password = settings.accounts.iter().any(|account| account.auth != AuthChoice::Kerberos);
        let lacks_secret = secrets.is_empty() && by_password;
        let front = match printer.prints_messages() {
            true => Front::Printer,
            false if printer.prints_files() => Front::Courier,
            false => Front::Deaf,
        };
        let mut shell =
            Shell::for_front(settings, secrets, front).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        shell.follow_policies(Sources::of(settings));
        let accounts = settings.accounts.iter().map(|account| account.id.clone()).collect();
        let mut session = Self::over(shell, accounts, lacks_secret, printer)?;
        // The run is as good without a log file.
        session.log = logging::start(&settings.state_dir, &settings.log.level, settings.log.keep).ok();
        Ok(session)
    }

    /// A session over a shell that was put together elsewhere.
    ///
    /// # Errors
    /// Exit 1 when signals cannot be listened to.
    pub fn over(shell: Shell, accounts: Vec<AccountId>, lacks_secret: bool, printer: Printer) -> Result<Self, Failure> {
        Self::of(Source::Own(Box::new(shell)), accounts, lacks_secret, printer)
    }

    /// A session that uses the connection of the running program.
    ///
    /// # Errors
    /// Exit 1 when signals cannot be listened to.
    pub fn attached(to: Attached, printer: Printer) -> Result<Self, Failure> {
        let accounts = to.app().accounts.keys().cloned().collect();
        Self::of(Source::Attached(Box::new(to)), accounts, false, printer)
    }

    fn of(source: Source, accounts: Vec<AccountId>, lacks_secret: bool, printer: Printer) -> Result<Self, Failure> {
        let signals = Signals::new()?;
        let mut session = Self {
            source,
            accounts,
            printer,
            signals,
            deadline: None,
            leaves_at_once: false,
            lines: None,
            lacks_secret,
            last_tag: 0,
            log: None,
            changes_lists: false,
            keeps_here: false,
            unsaved: false,
        };
        // What was found broken at the start is told, but nothing failed by it.
        while let Some(happened) = session.source.take_ready() {
            if let Happened::Trouble(text) | Happened::Unsaved(text) = happened {
                session.printer.notice(None, NoticeLevel::Warning, "trouble", &text, None)?;
            }
        }
        Ok(session)
    }

    /// Lets others see that we are signed in.
    #[must_use]
    pub fn visible(mut self) -> Self {
        if let Source::Own(shell) = &mut self.source {
            shell.app_mut().announces = true;
        }
        self
    }

    /// Whether it uses the connection of the running program.
    #[must_use]
    pub const fn is_attached(&self) -> bool {
        self.source.is_attached()
    }

    /// Whether what is not known of people by now would not be known in a moment either.
    #[must_use]
    pub fn is_settled(&self, id: &AccountId) -> bool {
        self.source.is_settled(id)
    }

    /// Ends waiting with [`Woke::Timeout`] this long from now; `None` = never.
    pub fn limit(&mut self, after: Option<Duration>) {
        self.deadline = after.and_then(|after| Instant::now().checked_add(after));
    }

    /// Limits the whole run, signing in included. No time at all means: sign in, and leave.
    pub fn limit_run(&mut self, after: Option<Duration>) {
        self.leaves_at_once = after == Some(Duration::ZERO);
        self.limit(after.filter(|after| !after.is_zero()));
    }

    /// As [`Session::limit`], unless a limit is set already.
    pub fn limit_once(&mut self, after: Duration) {
        if self.deadline.is_none() {
            self.limit(Some(after));
        }
    }

    /// The account, as the core sees it.
    #[must_use]
    pub fn view(&self, id: &AccountId) -> Option<&AccountView> {
        self.source.app().accounts.get(id)
    }

    /// A number no message of this session had yet.
    pub const fn next_tag(&mut self) -> MessageRef {
        self.last_tag += 1;
        MessageRef(self.last_tag)
    }

    /// Gives an order.
    ///
    /// # Errors
    /// Exit 5 when policy forbids it.
    pub fn order(&mut self, id: &AccountId, command: Command) -> Result<(), Failure> {
        self.source.app().permit(id, command.clone())?;
        if let Some(on_server) = self.view(id).and_then(|view| keeps_on_server(&command, view)) {
            self.changes_lists = true;
            self.keeps_here |= !on_server;
        }
        self.source.order(id, command)
    }

    /// Offers a file; `name`, if there is one, comes back in what is printed of it.
    ///
    /// # Errors
    /// Exit 5 when policy forbids it; see also [`Session::next`].
    pub fn offer_file(&mut self, id: &AccountId, to: Address, path: String, name: Option<Value>) -> Result<(), Failure> {
        let file = self.source.offer(id, to, path, name.clone())?;
        if let (Some(file), Some(name)) = (file, name) {
            self.printer.ids.name_file(file, name);
        }
        Ok(())
    }

    /// Whether a file was offered of which nothing is known yet.
    #[must_use]
    pub fn awaits_files(&self) -> bool {
        self.source.awaits_files()
    }

    /// Yes or no to a file; no also stops one that is under way.
    ///
    /// # Errors
    /// Exit 1 for what others offer to the running program, whose user decides about that.
    pub fn decide_file(&mut self, id: &AccountId, file: FileId, yes: bool) -> Result<(), Failure> {
        self.source.decide(id, file, yes)
    }

    /// Waits until the server has every change to the lists that was ordered: it shows at once, but who
    /// signs out at once leaves before a slow server has made it.
    ///
    /// # Errors
    /// Exit 1 when the server does not confirm it in time; see also [`Session::next`].
    pub async fn lists_confirmed(&mut self, id: &AccountId) -> Result<(), Failure> {
        if !self.changes_lists {
            return Ok(());
        }
        self.order(id, Command::ConfirmLists)?;
        self.limit(Some(CONFIRM_TIME));
        loop {
            match self.next().await? {
                Woke::Report(_, Event::ListsConfirmed) => return Ok(()),
                // Told by then, and what the run ends with.
                Woke::Report(_, event) if is_loss(&event) => return Ok(()),
                Woke::Report(id, Event::Phase { phase, .. }) => self.check_phase(&id, &phase, true)?,
                Woke::Refused(_, refused) => return Err(refused.into()),
                Woke::Timeout => return Err(Failure::new(Exit::Failed, NOT_CONFIRMED)),
                Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
            }
        }
    }

    /// Waits for the next thing to happen and prints it where it is to be printed.
    ///
    /// # Errors
    /// Exit 130 on a signal, a quiet end when nobody reads the output any more.
    pub async fn next(&mut self) -> Result<Woke, Failure> {
        let deadline = self.deadline;
        let lines = &mut self.lines;
        let woke = tokio::select! {
            biased;
            () = self.signals.next() => return Err(Failure::new(Exit::Interrupted, "")),
            () = async { match deadline { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => Woke::Timeout,
            happened = self.source.next() => match happened? {
                Happened::Report(id, event) => {
                    self.unsaved |= is_loss(&event);
                    Woke::Report(id, event)
                }
                Happened::File(id, file) => {
                    if let Some(name) = self.source.take_name(&id, file) {
                        self.printer.ids.name_file(file, name);
                    }
                    self.printer.file(&id, file, self.source.app())?;
                    Woke::File(id, file)
                }
                Happened::Refused(id, refused) => Woke::Refused(id, refused),
                Happened::Trouble(text) => {
                    self.trouble(&text)?;
                    Woke::Changed
                }
                Happened::Unsaved(text) => {
                    self.not_saved(&text)?;
                    Woke::Changed
                }
                // Nobody here wants to quit; a policy may.
                Happened::Quit => return Err(self.source.app().policy.run().err().map_or_else(Failure::reader_gone, Failure::from)),
                Happened::Front(_) | Happened::Changed => Woke::Changed,
            },
            line = async { match lines { Some(lines) => lines.recv().await, None => std::future::pending().await } } => Woke::Line(line),
        };
        if let Woke::Line(Some(_)) = &woke {
            self.source.attend();
        }
        if let Woke::Report(id, event) = &woke {
            self.printer.report(id, event, self.source.app())?;
            self.printed(id, event)?;
        }
        Ok(woke)
    }

    /// What was printed arrived: now its sender is told. The running program does that for what it shows.
    fn printed(&mut self, id: &AccountId, event: &Event) -> Result<(), Failure> {
        match message_of(event) {
            Some(name) if !self.is_attached() => self.source.order(id, Command::Received(name.to_owned())),
            _ => Ok(()),
        }
    }

    /// Signs every account in and waits until one is online. The first failure to reach or to be
    /// let in ends it: a script wants to know, not to wait.
    ///
    /// # Errors
    /// Exit 3 or 4 with the reason; see also [`Session::next`].
    pub async fn sign_in(&mut self) -> Result<(), Failure> {
        for id in self.accounts.clone() {
            self.order(&id, Command::SignIn)?;
        }
        let own_deadline = self.deadline;
        let latest = Instant::now() + SIGN_IN_TIME;
        self.deadline = Some(own_deadline.map_or(latest, |own| own.min(latest)));
        let mut missing: Vec<AccountId> = self.accounts.clone();
        while !missing.is_empty() || !self.source.is_told() {
            match self.next().await? {
                Woke::Report(id, Event::Phase { phase: SignInPhase::Online, .. }) => missing.retain(|waiting| *waiting != id),
                Woke::Report(id, Event::Phase { phase, .. }) => {
                    if self.is_attached() && phase == (SignInPhase::Offline { why: None }) {
                        return Err(Failure::new(Exit::Unreachable, format!("the running chinwag is signed out of {id}")));
                    }
                    self.check_phase(&id, &phase, true)?;
                }
                Woke::Refused(_, refused) => return Err(refused.into()),
                Woke::Timeout => {
                    return Err(self.not_let_in(&missing));
                }
                Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
            }
        }
        self.deadline = if self.leaves_at_once { Some(Instant::now()) } else { own_deadline };
        Ok(())
    }

    /// Why the time is over: a server that is connected to and says nothing is named.
    fn not_let_in(&self, missing: &[AccountId]) -> Failure {
        let views = missing.iter().filter_map(|id| self.view(id));
        let silent = views.filter(|view| view.phase == SignInPhase::Authenticating).find_map(|view| view.server.clone());
        let text = silent.map_or_else(
            || NOT_LET_IN.to_owned(),
            |at| format!("The server {at} takes connections but did not answer within the time given. Check server, port and transport; `chinwag doctor` shows more."),
        );
        Failure::new(Exit::Unreachable, text)
    }

    /// Whether this step of an account ends the run: a final refusal always, a back-off only
    /// while `first` signing in.
    ///
    /// # Errors
    /// Exit 3 or 4 with the reason.
    pub fn check_phase(&self, id: &AccountId, phase: &SignInPhase, first: bool) -> Result<(), Failure> {
        let why = match phase {
            SignInPhase::Offline { why: Some(why) } => why,
            SignInPhase::Waiting { why, .. } if first => why,
            _ => return Ok(()),
        };
        let mut failure = Failure::from(why);
        if failure.exit == Exit::SignInRefused && self.lacks_secret {
            failure.text.push_str(" No password was given: name one with --password-env or --password-stdin.");
        }
        if self.accounts.len() > 1 {
            failure.text = format!("{id}: {}", failure.text);
        }
        Err(failure)
    }

    /// Reports the counters where they are printed, signs out, and prints what the farewell brings.
    /// A second signal ends it at once.
    ///
    /// # Errors
    /// A quiet end when nobody reads the output any more.
    pub async fn finish(&mut self, counters: bool) -> Result<(), Failure> {
        // The counters of the running program go on.
        if counters && !self.is_attached() {
            let online: Vec<AccountId> = self
                .accounts
                .iter()
                .filter(|id| self.view(id).is_some_and(|view| view.phase == SignInPhase::Online))
                .cloned()
                .collect();
            for id in &online {
                self.order(id, Command::ReportTraffic)?;
            }
            self.lines = None;
            self.limit(Some(COUNTER_TIME));
            let mut missing = online.len();
            while missing > 0 {
                match self.next().await? {
                    Woke::Report(_, Event::Traffic(_)) => missing -= 1,
                    Woke::Timeout => break,
                    _ => {}
                }
            }
        }
        self.printer.leave();
        tokio::select! {
            biased;
            () = self.signals.next() => return Err(Failure::new(Exit::Interrupted, "")),
            () = self.source.shutdown() => {}
        }
        while let Ok(happened) = timeout(COUNTER_TIME, self.source.next()).await {
            match happened? {
                Happened::Report(id, event) => {
                    self.unsaved |= is_loss(&event);
                    // The sender of a message cannot be told any more that it arrived, and may send it again.
                    if message_of(&event).is_none() {
                        self.printer.report(&id, &event, self.source.app())?;
                    }
                }
                Happened::Trouble(text) => self.trouble(&text)?,
                Happened::Unsaved(text) => self.not_saved(&text)?,
                Happened::Quit => break,
                Happened::File(id, file) => self.printer.file(&id, file, self.source.app())?,
                Happened::Refused(..) | Happened::Front(_) | Happened::Changed => {}
            }
        }
        Ok(())
    }

    fn trouble(&mut self, text: &str) -> Result<(), Failure> {
        self.unsaved = true;
        self.printer.notice(None, NoticeLevel::Error, "trouble", text, None)
    }

    /// A file could not be written. The run failed by that only if it changed what is kept there: a
    /// script would else do again what is done.
    fn not_saved(&mut self, text: &str) -> Result<(), Failure> {
        if self.keeps_here {
            return self.trouble(text);
        }
        self.printer.notice(None, NoticeLevel::Warning, "trouble", text, None)
    }

    /// Signs in, lets `work` do its part, and signs out whatever became of it.
    ///
    /// # Errors
    /// What `work` or signing in failed with, before what signing out failed with.
    pub async fn run<F>(mut self, counters: bool, work: F) -> Result<Exit, Failure>
    where
        F: AsyncFnOnce(&mut Self) -> Result<Exit, Failure>,
    {
        let outcome = match self.sign_in().await {
            Ok(()) => work(&mut self).await,
            Err(failure) => Err(failure),
        };
        let farewell = self.finish(counters && outcome.is_ok()).await;
        let exit = outcome?;
        farewell?;
        Ok(if self.unsaved && exit == Exit::Done { Exit::Failed } else { exit })
    }
}

/// Whether what an order changes is kept by the server; `None` if it changes no list.
fn keeps_on_server(command: &Command, view: &AccountView) -> Option<bool> {
    match command {
        Command::PutContact { .. } | Command::RemoveContact(_) | Command::Group(_) => {
            Some(view.can(|able| able.roster_home == RosterHome::Server))
        }
        Command::SetAccess { .. } => Some(view.can(|able| able.access_on_server)),
        _ => None,
    }
}

/// The name of the message that came, if one did.
fn message_of(event: &Event) -> Option<&str> {
    match event {
        Event::Text { id, .. } | Event::Room(RoomEvent::Text { id, .. }) => Some(id),
        _ => None,
    }
}

/// Whether a report says that a change was shown and not kept by the server after all.
fn is_loss(event: &Event) -> bool {
    matches!(event, Event::Notice { code: "contacts-refused" | "access-refused" | "lists-unconfirmed", .. })
}

/// The address a user typed; a bare name gets the account's own domain.
///
/// # Errors
/// Exit 2 when it is none.
pub fn person(text: &str, account: &Who) -> Result<Address, Failure> {
    Ok(Address::complete(text, Some(account.aor.domain()))?)
}

#[cfg(test)]
mod tests;
