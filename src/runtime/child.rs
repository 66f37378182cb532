//! Programs that are started get our environment, but for what would open something: whoever they start has it
//! too, and other programs of the user can read it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::{Mutex, PoisonError};

use tokio::process::Command;

use crate::runtime::unlock;

/// Names of the variables that hold passwords of accounts.
static WITHHELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// This variable holds a password: no program that is started from now on gets it.
pub fn withhold(name: &str) {
    WITHHELD.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
}

/// A program to be started. Only those that give passwords, and may need one for it, are started otherwise
/// (`secrets`).
pub(super) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.env_remove(unlock::VARIABLE);
    for held in &*WITHHELD.lock().unwrap_or_else(PoisonError::into_inner) {
        command.env_remove(held);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_program_gets_passphrase_or_passwords() {
        withhold("CHINWAG_TEST_WITHHELD");
        let started = program("true");
        let changed = started.as_std().get_envs();
        let gone: Vec<&OsStr> = changed.filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        for name in ["CHINWAG_PASSPHRASE", "CHINWAG_TEST_WITHHELD"] {
            assert!(gone.contains(&OsStr::new(name)), "{gone:?}");
        }
    }

    /// As the program itself sees it; cargo sets this variable for tests.
    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_withheld_is_not_there() {
        withhold("CARGO_PKG_NAME");
        let said = program("sh").args(["-c", "echo ${CARGO_PKG_NAME-none}"]).output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout), "none\n");
    }
}
