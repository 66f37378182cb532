//! Files that travel: each on a thread of its own, so that no slow disk holds the screen up.
//!
//! [`Transfers`] begins them and passes the user's orders on; `task` is what one of them does from its beginning to
//! its end, `passage` moves the octets, `outgoing` and `quarantine` are the files, `check` looks into what came, and
//! `scan` asks the scanner, `clamd` the daemon.

mod check;
#[cfg_attr(not(unix), path = "clamd_absent.rs")]
mod clamd;
mod outgoing;
mod passage;
mod quarantine;
mod scan;
mod task;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use task::Task;

use crate::app::Msg;
use crate::app::transfers::{FileDeed, FileNews};
use crate::config::FileSettings;
use crate::model::{AccountId, Address, FileId, FileRules};

/// What of the core's state a file needs to know when it begins.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The other side.
    pub peer: Address,
    /// What policy says of files.
    pub rules: FileRules,
}

/// Longest wait for the last of them.
const LAST: Duration = Duration::from_secs(4);

/// All files under way.
#[derive(Debug)]
pub struct Transfers {
    settings: FileSettings,
    mail: mpsc::Sender<Msg>,
    running: BTreeMap<(AccountId, FileId), mpsc::UnboundedSender<FileDeed>>,
    /// Held by every thread; nothing is ever said.
    alive: (mpsc::Sender<()>, mpsc::Receiver<()>),
}

impl Transfers {
    /// None yet. What they have to tell goes to `mail`.
    #[must_use]
    pub fn new(settings: FileSettings, mail: mpsc::Sender<Msg>) -> Self {
        Self { settings, mail, running: BTreeMap::new(), alive: mpsc::channel(1) }
    }

    /// Other settings for those that begin from now on.
    pub fn set(&mut self, settings: FileSettings) {
        self.settings = settings;
    }

    /// Does what the core wants. What is at once known to fail comes back.
    pub fn order(&mut self, account: &AccountId, id: FileId, deed: FileDeed, facts: Option<Facts>) -> Option<FileNews> {
        self.running.retain(|_, deeds| !deeds.is_closed());
        let key = (account.clone(), id);
        if matches!(deed, FileDeed::Open(_) | FileDeed::Take { .. }) {
            return self.begin(key, deed, facts?);
        }
        if let Some(deeds) = self.running.get(&key) {
            // It may have ended meanwhile, and has told so.
            let _ = deeds.send(deed);
        }
        None
    }

    /// Stops them all, and waits until each has said good-bye and left nothing behind, for a few seconds at most.
    pub async fn finish(self) {
        let (alive, mut ends) = self.alive;
        drop((self.running, alive));
        let _ = timeout(LAST, ends.recv()).await;
    }

    fn begin(&mut self, key: (AccountId, FileId), first: FileDeed, facts: Facts) -> Option<FileNews> {
        let turn = self.running.len();
        let (deeds, taken) = mpsc::unbounded_channel();
        let _ = deeds.send(first);
        let name = format!("file {}", key.1);
        let task = Task {
            key: key.clone(),
            facts,
            settings: self.settings.clone(),
            turn,
            deeds: taken,
            mail: self.mail.clone(),
            _alive: self.alive.0.clone(),
        };
        match std::thread::Builder::new().name(name).spawn(move || task.run()) {
            Ok(_) => {
                self.running.insert(key, deeds);
                None
            }
            Err(why) => Some(FileNews::Failed(format!("the system has no room for another thread: {why}"))),
        }
    }
}
