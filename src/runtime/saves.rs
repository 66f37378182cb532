//! Files the shell has written: contacts, marks, rules, what was learned of a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::app::Marks;
use crate::app::rules::Rules;
use crate::backend::Target;
use crate::backend::refusals::Refusals;
use crate::history::Vault;
use crate::model::{AccessList, Address, Roster};
use crate::runtime::{home_file, marks_file, refusals_file, roster_file, rules_file};

/// Files being written, one at a time; of one file only the newest version waits.
#[derive(Debug, Default)]
pub(super) struct Saves {
    /// What seals them; none where nothing is to be kept.
    pub(super) vault: Option<Arc<Vault>>,
    waiting: BTreeMap<PathBuf, Save>,
    running: Option<JoinHandle<Result<(), String>>>,
}

/// What a file is to hold.
#[derive(Debug)]
pub(super) enum Save {
    Roster(Address, Roster, AccessList),
    Home(Target, Option<Target>),
    Refusals(Option<Refusals>),
    Rules(Rules),
    Marks(Address, Marks),
}

impl Save {
    fn write(&self, path: &Path, vault: Option<&Vault>) -> Result<(), String> {
        let vault = || vault.ok_or_else(|| format!("{} could not be saved: there is no key to encrypt it with", path.display()));
        match self {
            Self::Roster(aor, roster, access) => {
                roster_file::save(path, aor, roster, access, vault()?).map_err(|fault| fault.to_string())
            }
            Self::Refusals(refusals) => {
                if let Err(fault) = refusals_file::save(path, *refusals) {
                    tracing::warn!(%fault, path = %path.display(), "that the password was refused could not be remembered");
                }
                Ok(())
            }
            Self::Rules(rules) => rules_file::save(path, rules, vault()?)
                .map_err(|fault| format!("what you are told of whom could not be saved to {}: {fault}", path.display())),
            Self::Marks(aor, marks) => marks_file::save(path, aor, marks, vault()?)
                .map_err(|fault| format!("whom you pinned and wait for could not be saved to {}: {fault}", path.display())),
            Self::Home(start, home) => {
                if let Err(fault) = home_file::save(path, start, home.as_ref()) {
                    // Nothing is lost by it but a moment at the next start.
                    tracing::warn!(%fault, path = %path.display(), "the home server could not be remembered");
                }
                Ok(())
            }
        }
    }
}

impl Saves {
    pub(super) fn queue(&mut self, path: PathBuf, save: Save) {
        self.waiting.insert(path, save);
        self.start();
    }

    fn start(&mut self) {
        if self.running.is_some() {
            return;
        }
        if let Some((path, save)) = self.waiting.pop_first() {
            let vault = self.vault.clone();
            self.running = Some(tokio::task::spawn_blocking(move || save.write(&path, vault.as_deref())));
        }
    }

    /// Waits for the file being written; words for the user if it failed. For ever if there is none.
    pub(super) async fn next(&mut self) -> Option<String> {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let outcome = running.await;
        self.running = None;
        self.start();
        match outcome {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(fault),
            Err(_) => Some("the contact list could not be saved because of a fault in the program".to_owned()),
        }
    }

    pub(super) async fn finish(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        while self.running.is_some() {
            troubles.extend(self.next().await);
        }
        troubles
    }
}
