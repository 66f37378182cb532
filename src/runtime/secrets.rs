//! Where passwords come from. Nothing here shows or logs one.
//!
//! A program that gives one gets the whole environment: what it needs to do so may be in it, a password too.

use std::collections::BTreeMap;
use std::io;
use std::process::{Command, ExitStatus, Stdio};

use zeroize::Zeroizing;

use crate::config::{AccountSettings, PasswordSource};
use crate::model::{AccountId, Secret};
use crate::net::link::plain;
use crate::runtime::{child, keyring};

/// Passwords by account; an account without one signs in only where nobody asks.
pub type Secrets = BTreeMap<AccountId, Secret>;

/// Longest wait for a command that has no terminal.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Longest password taken from a file or command.
const LONGEST: u64 = 4096;

/// Why a password could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The command could not be run.
    #[error("the password command `{command}` of account {account} cannot be run: {detail}")]
    CommandNotRun {
        /// Which account.
        account: AccountId,
        /// The program.
        command: String,
        /// The system's words.
        detail: String,
    },
    /// The command ended with a failure.
    #[error("the password command `{command}` of account {account} failed ({status})")]
    CommandFailed {
        /// Which account.
        account: AccountId,
        /// The program.
        command: String,
        /// How it ended.
        status: String,
    },
    /// The file could not be read.
    #[error("the password file {path} of account {account} cannot be read: {detail}")]
    File {
        /// Which account.
        account: AccountId,
        /// The file.
        path: String,
        /// The system's words.
        detail: String,
    },
    /// The environment variable is not set.
    #[error("account {account} takes its password from the environment variable {name}, which is not set")]
    Env {
        /// Which account.
        account: AccountId,
        /// The variable.
        name: String,
    },
    /// The keyring did not give it.
    #[error("the password of account {account} cannot be had from the keyring: {detail}")]
    Keyring {
        /// Which account.
        account: AccountId,
        /// What is the matter.
        detail: String,
    },
    /// What was found is empty, too long or not text.
    #[error("the password found for account {account} is empty or cannot be used")]
    Unusable {
        /// Which account.
        account: AccountId,
    },
}

/// Finds the password of one account. [`PasswordSource::Ask`] gives `None`: asking is the front's work.
///
/// A command runs with this terminal, so that it may ask for its own passphrase, and a keyring asks its user; call
/// this before the screen is taken over.
///
/// # Errors
/// [`SecretError`] in words for the user.
pub fn find(account: &AccountSettings) -> Result<Option<Secret>, SecretError> {
    let id = &account.id;
    let line = match &account.password {
        PasswordSource::Given(secret) => return Ok(Some(secret.clone())),
        PasswordSource::Ask => return Ok(None),
        PasswordSource::Env(name) => {
            in_variable(name).ok_or_else(|| SecretError::Env { account: id.clone(), name: name.clone() })?
        }
        PasswordSource::File(path) => {
            let read = || -> io::Result<Zeroizing<Vec<u8>>> {
                let mut bytes = Zeroizing::new(Vec::new());
                io::Read::read_to_end(&mut io::Read::take(std::fs::File::open(path)?, LONGEST), &mut bytes)?;
                Ok(bytes)
            };
            read().map_err(|fault| SecretError::File {
                account: id.clone(),
                path: path.display().to_string(),
                detail: plain(&fault),
            })?
        }
        PasswordSource::Command(words) => run(id, words)?,
        PasswordSource::Keyring => return from_keyring(id, keyring::password(&account.aor)),
    };
    first_line(&line).map(Some).ok_or_else(|| SecretError::Unusable { account: id.clone() })
}

/// The same while the screen has the terminal: a command gets none, and not more than this long; a keyring holds up
/// nothing else.
///
/// # Errors
/// [`SecretError`] in words for the user.
pub async fn find_behind(account: &AccountSettings) -> Result<Option<Secret>, SecretError> {
    let id = &account.id;
    let words = match &account.password {
        PasswordSource::Command(words) => words,
        PasswordSource::Keyring => return from_keyring(id, keyring::password_behind(&account.aor).await),
        _ => return find(account),
    };
    let command = words.first().cloned().unwrap_or_default();
    let not_run = |detail: String| SecretError::CommandNotRun { account: id.clone(), command: command.clone(), detail };
    let mut child = tokio::process::Command::new(&command);
    // What asks for a passphrase at a terminal would write over the screen.
    child.args(words.iter().skip(1)).env_remove("GPG_TTY").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let Ok(output) = tokio::time::timeout(PATIENCE, child.output()).await else {
        return Err(SecretError::CommandFailed { account: id.clone(), command, status: "it did not end".to_owned() });
    };
    let output = output.map_err(|fault| not_run(plain(&fault)))?;
    if !output.status.success() {
        let status = output.status.to_string();
        return Err(SecretError::CommandFailed { account: id.clone(), command, status });
    }
    let stdout = Zeroizing::new(output.stdout);
    first_line(&stdout).map(Some).ok_or_else(|| SecretError::Unusable { account: id.clone() })
}

fn from_keyring(account: &AccountId, found: Result<Secret, String>) -> Result<Option<Secret>, SecretError> {
    let found = found.map_err(|detail| SecretError::Keyring { account: account.clone(), detail })?;
    let usable = first_line(found.expose().as_bytes());
    usable.map(Some).ok_or_else(|| SecretError::Unusable { account: account.clone() })
}

fn run(account: &AccountId, words: &[String]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let command = words.first().cloned().unwrap_or_default();
    let not_run = |detail: String| SecretError::CommandNotRun { account: account.clone(), command: command.clone(), detail };
    let (status, stdout) = output_of(words).map_err(|fault| not_run(plain(&fault)))?;
    if !status.success() {
        let status = status.to_string();
        return Err(SecretError::CommandFailed { account: account.clone(), command, status });
    }
    Ok(stdout)
}

/// Runs a program with this terminal; how it ended, and what it printed.
fn output_of(words: &[String]) -> io::Result<(ExitStatus, Zeroizing<Vec<u8>>)> {
    let output = Command::new(words.first().map_or("", String::as_str))
        .args(words.iter().skip(1))
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .output()?;
    Ok((output.status, Zeroizing::new(output.stdout)))
}

/// The password in a variable, if it holds one that can be used.
#[must_use]
pub fn variable(name: &str) -> Option<Secret> {
    first_line(&in_variable(name)?)
}

fn in_variable(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    child::withhold(name);
    std::env::var(name).ok().map(|value| Zeroizing::new(value.into_bytes()))
}

/// The first line a program prints.
///
/// # Errors
/// What it did instead, in words that follow its name.
pub fn first_line_of(words: &[String]) -> Result<Secret, String> {
    let (status, stdout) = output_of(words).map_err(|fault| format!("cannot be run: {}", plain(&fault)))?;
    if !status.success() {
        return Err(format!("failed ({status})"));
    }
    first_line(&stdout).ok_or_else(|| "printed nothing that can be used".to_owned())
}

fn first_line(bytes: &[u8]) -> Option<Secret> {
    let line = bytes.split(|b| *b == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).ok()?;
    let fine = !text.is_empty() && text.len() < 4096 && !text.contains('\0');
    fine.then(|| Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_without_its_end() {
        for (bytes, expected) in
            [(&b"pw\nmore"[..], Some("pw")), (b"pw\r\n", Some("pw")), (b" p w ", Some(" p w ")), (b"\nx", None)]
        {
            assert_eq!(first_line(bytes).as_ref().map(Secret::expose), expected);
        }
        assert_eq!(first_line(&[0xff, 0xfe]), None);
    }

    #[test]
    fn a_command_answers_fails_or_is_missing() {
        let id = AccountId::new("work");
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(first_line(&run(&id, &words("printf pw")).unwrap()).unwrap().expose(), "pw");
        assert!(matches!(run(&id, &words("false")), Err(SecretError::CommandFailed { .. })));
        assert!(matches!(run(&id, &words("/nonexistent/prog")), Err(SecretError::CommandNotRun { .. })));
    }
}
