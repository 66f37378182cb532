//! `password`: the password of an account in the keyring of the desktop. Signs nobody in.

use std::io::IsTerminal as _;

use crate::config::{AccountSettings, PasswordSource};
use crate::model::Secret;
use crate::runtime::keyring;

use super::args::{self, Global};
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::{secrets, settings};

/// Carries out `password`.
///
/// # Errors
/// Exit 5 when a policy forbids saved passwords, 2 without a password, 7 when the configuration cannot be used, 1 when
/// the keyring cannot do it.
pub fn run(task: args::Password, global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let settings = settings::resolve(global, diagnostics)?;
    let account = settings::single_account(&settings)?;
    let whose = &account.aor;
    match task {
        args::Password::Set => {
            if let Some(ruled) = settings.policy.table().forbids("SavePassword") {
                return Err(ruled.denial.into());
            }
            let secret = given(account, global)?;
            keyring::keep_password(whose, &secret).map_err(|why| failed("kept in", account, &why))?;
            diagnostics.tell(&format!("the password of {whose} is in the keyring of your desktop"));
            if account.password != PasswordSource::Keyring {
                diagnostics.tell("it is used where the account has password.keyring = true");
            }
        }
        args::Password::Forget => {
            let was_there = keyring::forget_password(whose).map_err(|why| failed("taken from", account, &why))?;
            diagnostics.tell(&if was_there {
                format!("the password of {whose} is no longer in the keyring of your desktop")
            } else {
                format!("the keyring of your desktop holds no password of {whose}")
            });
        }
    }
    Ok(Exit::Done)
}

/// The password to keep: from where the options say, from standard input that is no terminal, else asked for.
fn given(account: &AccountSettings, global: &Global) -> Result<Secret, Failure> {
    if let Some(name) = &global.password_env {
        let why = || Failure::new(Exit::Usage, format!("the environment variable {name} holds no password"));
        return crate::runtime::secrets::variable(name).ok_or_else(why);
    }
    if global.password_stdin || !std::io::stdin().is_terminal() {
        return secrets::first_line_of_stdin();
    }
    let asked = secrets::ask(&format!("Password of {}: ", account.aor))?;
    let is_empty = asked.expose().is_empty();
    if is_empty { Err(Failure::new(Exit::Usage, "an empty password is none; nothing was changed")) } else { Ok(asked) }
}

fn failed(what: &str, account: &AccountSettings, why: &str) -> Failure {
    Failure::new(Exit::Failed, format!("the password of {} cannot be {what} the keyring: {why}", account.aor))
}
