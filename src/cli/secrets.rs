//! Passwords for a run: from the options, the configuration, or the person at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use zeroize::Zeroizing;

use crate::config::{AuthChoice, PasswordSource, Resolved};
use crate::model::Secret;
use crate::runtime::secrets::{Secrets, find};
use crate::ui::hidden;

use super::args::Global;
use super::exit::{Exit, Failure};
use super::signals::Ending;

/// The passwords of all accounts; none for those that sign in by Kerberos alone. An account whose password nobody knows, and nobody can be asked
/// for, signs in without: some servers want none.
///
/// # Errors
/// Exit 7 when a source fails, 130 when the person gives up.
pub fn gather(settings: &mut Resolved, global: &Global) -> Result<Secrets, Failure> {
    if global.password_stdin {
        let secret = first_line_of_stdin()?;
        for account in &mut settings.accounts {
            account.password = PasswordSource::Given(secret.clone());
        }
    } else if let Some(name) = &global.password_env {
        for account in &mut settings.accounts {
            account.password = PasswordSource::Env(name.clone());
        }
    }
    let mut secrets = Secrets::new();
    for account in settings.accounts.iter().filter(|account| account.auth != AuthChoice::Kerberos) {
        let found = find(account).map_err(|error| Failure::new(Exit::Configuration, error.to_string()))?;
        let found = match found {
            None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
                Some(ask(&format!("Password of {}: ", account.aor))?)
            }
            found => found,
        };
        if let Some(secret) = found.filter(|secret| !secret.expose().is_empty()) {
            secrets.insert(account.id.clone(), secret);
        }
    }
    Ok(secrets)
}

/// Where all passwords come from, if the options say so, after [`gather`].
#[must_use]
pub fn given(settings: &Resolved, global: &Global) -> Option<PasswordSource> {
    let given = global.password_stdin || global.password_env.is_some();
    settings.accounts.first().filter(|_| given).map(|account| account.password.clone())
}

/// Longest password taken.
const LONGEST: u64 = 4096;

/// The first line of standard input; what follows stays there for others.
///
/// # Errors
/// Exit 2 when there is none.
pub fn first_line_of_stdin() -> Result<Secret, Failure> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    let text = line.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::new(Exit::Usage, "standard input has no password in its first line"));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Asks at the terminal, without showing what is typed.
///
/// # Errors
/// Exit 130 on Ctrl-C and signals, 1 when the terminal fails.
pub fn ask(question: &str) -> Result<Secret, Failure> {
    let ending = Ending::new()?;
    hidden(question, || ending.keys())?.ok_or_else(|| Failure::new(Exit::Interrupted, ""))
}
