//! How a shell is built: from the settings, or over any networks.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::exchange::Exchange;
use super::{Front, LONGEST_FAREWELL, MAIL, Running, Shell, StartError, random};
use crate::app::{AccountView, App, Msg, RULE_TIMER, RequestReport};
use crate::backend::Target;
use crate::backend::sip::Acknowledge;
use crate::config::{AccountSettings, Resolved};
use crate::history::Vault;
use crate::model::{AccessList, AccountId, Roster, Secret};
use crate::net::connect::Connector;
use crate::net::trace::Trace;
use crate::policy::Policy;
use crate::runtime::account_from::{Known, connect_settings, target};
use crate::runtime::beginning::{Network, Waiting, open_messages};
use crate::runtime::installation::Installation;
use crate::runtime::opener::LinkOpener;
use crate::runtime::pictures::Pictures;
use crate::runtime::saves::Saves;
use crate::runtime::secrets::Secrets;
use crate::runtime::transfers::Transfers;
use crate::runtime::{home_file, marks_file, refusals_file, report_file, roster_file, rules_file, unlock};

/// One account for [`Shell::assemble`].
#[derive(Debug)]
pub struct Assembly {
    /// Its id.
    pub id: AccountId,
    /// What the user sees at first.
    pub view: AccountView,
    /// Its network; `None` if it comes later.
    pub network: Option<Network>,
    /// Where its local contact list is kept, if anywhere.
    pub roster_file: Option<PathBuf>,
    /// Where its home server is kept, if anywhere, and where its settings lead.
    pub home_file: Option<(PathBuf, Target)>,
    /// Where it is remembered that its password was refused, if anywhere.
    pub refusals_file: Option<PathBuf>,
    /// Where it is kept what is told of whom, if anywhere.
    pub rules_file: Option<PathBuf>,
    /// Where it is kept what the user marked people with, if anywhere.
    pub marks_file: Option<PathBuf>,
}

#[cfg(test)]
impl Assembly {
    /// One of which nothing is kept.
    pub(crate) fn bare(id: AccountId, view: AccountView, network: Network) -> Self {
        let network = Some(network);
        Self { id, view, network, roster_file: None, home_file: None, refusals_file: None, rules_file: None, marks_file: None }
    }
}

impl Shell {
    /// Builds the core and the accounts; reads local contact lists. Signs nobody in. Needs a tokio
    /// runtime around it.
    ///
    /// # Errors
    /// [`StartError`] in words for the user.
    pub fn new(settings: &Resolved, secrets: Secrets) -> Result<Self, StartError> {
        Self::for_front(settings, secrets, Front::Plain)
    }

    /// The same for a front that does something with messages.
    ///
    /// # Errors
    /// As [`Shell::new`].
    pub fn for_front(settings: &Resolved, mut secrets: Secrets, front: Front) -> Result<Self, StartError> {
        settings.policy.run()?;
        let mut troubles = settings.policy.table().complaints();
        let installation = Installation::in_dir(&settings.data_dir).unwrap_or_else(|fault| {
            tracing::warn!(%fault, "no lasting name for this installation");
            Installation::passing()
        });
        let vault = Arc::new(Vault::new(&settings.data_dir, unlock::permitted(settings)));
        let ground = Ground::new(settings, &vault, &installation, front);
        let (mut assemblies, mut waiting) = (Vec::new(), Vec::new());
        for account in &settings.accounts {
            let secret = secrets.get(&account.id).cloned();
            let (assembly, begins) = ground.assemble(account, secret, None, &mut troubles)?;
            assemblies.push(assembly);
            waiting.push(begins);
        }
        // Not before: where contacts cannot be unlocked, no store is begun with the key that does not fit them.
        let messages = open_messages(settings, &vault, &installation, front, &mut troubles);
        if messages.is_none() {
            for (assembly, begins) in assemblies.iter_mut().zip(waiting.drain(..)) {
                assembly.network = Some(begins.ready(None));
            }
        }
        let mut shell = Self::assemble(settings.policy.clone(), assemblies);
        shell.installation = Some(installation);
        for account in &settings.accounts {
            if let Some(running) = shell.accounts.get_mut(&account.id) {
                running.by = Some((account.clone(), secrets.remove(&account.id)));
            }
        }
        shell.ground = Some(ground);
        shell.app.asks_nobody = front != Front::Screen;
        shell.app.has_scanner = settings.files.scanner.is_some();
        shell.transfers = Some(Transfers::new(settings.files.clone(), shell.mail()));
        let lockable = front == Front::Screen && !settings.ui.plain && unlock::is_known(settings);
        shell.app.lock.fit(vault.passphrase().filter(|_| lockable));
        if front == Front::Screen && !shell.app.lock.possible && !settings.idle.lock_after.is_zero() {
            let why = if settings.ui.plain {
                "lines below each other (--plain) cannot be locked"
            } else if shell.app.lock.untypable {
                "the passphrase that opens what is kept cannot be typed"
            } else {
                "no passphrase of yours opens what is kept"
            };
            troubles.push(format!("the screen is not locked after a while, as [idle] lock_after wants: {why}"));
        }
        shell.saves.vault = Some(vault);
        shell.app.idle_after = settings.idle.idle_after;
        shell.app.away_after = settings.idle.away_after;
        shell.app.notices.settings = settings.notify.clone();
        shell.submit(Msg::Timer(RULE_TIMER));
        shell.app.queue_for = settings.messages.queue_for;
        shell.app.drafts_offline = settings.messages.drafts_offline;
        shell.app.strangers = settings.messages.strangers;
        shell.app.opening = messages.is_some();
        shell.messages = messages;
        shell.waiting = waiting;
        for trouble in troubles {
            shell.trouble(trouble);
        }
        Ok(shell)
    }

    /// Builds a shell over any networks.
    #[must_use]
    pub fn assemble(policy: Policy, assemblies: Vec<Assembly>) -> Self {
        let mut views = Vec::new();
        let mut accounts = BTreeMap::new();
        for assembly in assemblies {
            let (id, view, running) = Running::new(assembly);
            accounts.insert(id.clone(), running);
            views.push((id, view));
        }
        let mail = mpsc::channel(MAIL);
        Self {
            app: App::new(views, policy),
            accounts,
            timers: BTreeMap::new(),
            inbox: VecDeque::new(),
            ready: VecDeque::new(),
            saves: Saves::default(),
            quit: false,
            last_heard: 0,
            attended: None,
            installation: None,
            messages: None,
            waiting: Vec::new(),
            held: Vec::new(),
            control: None,
            opener: LinkOpener::default(),
            owed: VecDeque::new(),
            pictures: Pictures::new(mail.0.clone()),
            mail,
            patience: LONGEST_FAREWELL,
            ground: None,
            exchange: Exchange::default(),
            policies: None,
            transfers: None,
        }
    }
}

impl Running {
    /// It begins, where it has its network already.
    pub(super) fn new(assembly: Assembly) -> (AccountId, AccountView, Self) {
        let Assembly { id, view, network, roster_file, home_file, refusals_file, rules_file, marks_file } = assembly;
        let marks = marks_file.map(|path| (path, view.aor.clone()));
        let roster = roster_file.map(|path| (path, view.aor.clone()));
        let handle = network.map(Network::start);
        let (home, refusals, rules) = (home_file, refusals_file, rules_file);
        (id, view, Self { handle, awake: false, by: None, roster, home, refusals, rules, marks })
    }
}

/// What accounts are made on: the same for all, from the start to the end of the program.
#[derive(Debug)]
pub(super) struct Ground {
    front: Front,
    instance: uuid::Uuid,
    vault: Arc<Vault>,
    data_dir: PathBuf,
    state_dir: PathBuf,
    wire: bool,
}

impl Ground {
    fn new(settings: &Resolved, vault: &Arc<Vault>, installation: &Installation, front: Front) -> Self {
        let vault = Arc::clone(vault);
        let (data_dir, state_dir) = (settings.data_dir.clone(), settings.state_dir.clone());
        Self { front, instance: installation.uuid, vault, data_dir, state_dir, wire: settings.log.wire }
    }

    /// Writes a report beside all else; what became of it comes as mail.
    pub(super) fn write_report(&self, report: RequestReport, mail: mpsc::Sender<Msg>) {
        let data_dir = self.data_dir.clone();
        tokio::task::spawn_blocking(move || drop(mail.blocking_send(report_file::told(&data_dir, &report))));
    }

    /// An account that has not begun, with what is kept of it in files. `known` = its contacts and decisions,
    /// where they are known better than from the file.
    pub(super) fn assemble(
        &self,
        account: &AccountSettings,
        secret: Option<Secret>,
        known: Option<(Roster, AccessList)>,
        troubles: &mut Vec<String>,
    ) -> Result<(Assembly, Waiting), StartError> {
        let path = roster_file::path(&self.data_dir, &account.aor);
        let (roster, access) = if let Some(known) = known {
            known
        } else {
            let loaded = roster_file::load(&path, &self.vault)?;
            troubles.extend(loaded.trouble);
            (loaded.roster, loaded.access)
        };
        let mut view = AccountView::new(account.aor.clone());
        view.chosen_name.clone_from(&account.display_name);
        view.barred.clone_from(&account.barred);
        view.roster = roster.clone();
        view.access = access.clone();
        // Marks are the screen's business; who prints only has none to change.
        let mut marks_path = (self.front == Front::Screen).then(|| marks_file::path(&self.data_dir, &account.aor));
        match marks_path.as_deref().map(|path| marks_file::load(path, &self.vault)) {
            Some(Ok(marks)) => view.marks = marks,
            Some(Err(fault)) => {
                let file = marks_path.take().unwrap_or_default();
                let file = file.display();
                troubles
                    .push(format!("whom you pinned and wait for is not known, and is not kept: {file} cannot be read: {fault}"));
            }
            None => {}
        }
        let (home_path, start) = (home_file::path(&self.data_dir, &account.aor), target(account));
        let home = home_file::load(&home_path, &start, account.allow_clear_text).unwrap_or_else(|fault| {
            let file = home_path.display();
            troubles.push(format!("the home server in {file} is not used, since the file cannot be read: {fault}"));
            None
        });
        let refusals_path = refusals_file::path(&self.data_dir, &account.aor);
        let rules_path = rules_file::path(&self.data_dir, &account.aor);
        let rules_path = match rules_file::load(&rules_path, &self.vault) {
            Ok(rules) => {
                view.rules = rules;
                Some(rules_path)
            }
            // What could not be read is not written over by the next rule either.
            Err(why) => {
                troubles.push(why);
                None
            }
        };
        let known = Known {
            home,
            refusals: refusals_file::load(&refusals_path),
            secret,
            roster,
            access,
            instance: self.instance,
            ledger: false,
            acknowledge: match self.front {
                Front::Plain => Acknowledge::AtOnce,
                // What the screen does not want, such as too much of a stranger, is declined.
                Front::Printer | Front::Screen => Acknowledge::WhenKept,
                Front::Deaf | Front::Courier => Acknowledge::Never,
            },
            files: self.front != Front::Deaf,
            files_before: 0,
            received: Vec::new(),
            seed: random()?,
        };
        let opener = Connector::new(connect_settings(account, u64::from_le_bytes(random()?)));
        let trace = self.wire.then(|| wire_trace(&self.state_dir, account)).flatten();
        let begins = Waiting { account: account.clone(), known, opener: Box::new(opener), trace };
        let assembly = Assembly {
            id: account.id.clone(),
            view,
            network: None,
            roster_file: Some(path),
            home_file: Some((home_path, start)),
            refusals_file: Some(refusals_path),
            rules_file: rules_path,
            marks_file: marks_path,
        };
        Ok((assembly, begins))
    }
}

fn wire_trace(state_dir: &Path, account: &AccountSettings) -> Option<Trace> {
    let name = format!("wire-{}.log", account.id.as_str().chars().filter(char::is_ascii_alphanumeric).collect::<String>());
    crate::runtime::installation::private_dir(state_dir).ok()?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(state_dir.join(name)).ok()?;
    Some(Trace::new(Box::new(std::io::BufWriter::new(file))))
}
