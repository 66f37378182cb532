//! How what is kept is unlocked: by a program, by an environment variable, by the keyring of the desktop, else
//! by the key file as it lies there.

use crate::config::Resolved;
use crate::history::{Unlock, is_sealed, key_path};
use crate::model::Secret;
use crate::runtime::keyring;
use crate::runtime::secrets::first_line_of;

/// Holds the passphrase, where no program prints it.
pub const VARIABLE: &str = "CHINWAG_PASSPHRASE";

/// How the store is unlocked. A command runs with this terminal, so that it may ask, and a keyring asks its
/// user; call this before the screen is taken over.
///
/// # Errors
/// A sentence. The store is not opened by other means then.
pub fn find(settings: &Resolved) -> Result<Unlock, String> {
    let given = from(&settings.unlock_command, || std::env::var_os(VARIABLE).map(std::ffi::OsString::into_string))?;
    if given != Unlock::KeyFile || !settings.keyring {
        return Ok(given);
    }
    // A new passphrase does not open what is sealed with another one.
    let make = is_sealed(&key_path(&settings.data_dir)) != Some(true);
    keyring::passphrase(make).map(Unlock::Passphrase).map_err(|why| no_keyring(&why))
}

/// Whether its user knows the passphrase, or can look it up: one in the keyring they never saw.
#[must_use]
pub fn is_known(settings: &Resolved) -> bool {
    !settings.unlock_command.is_empty() || std::env::var_os(VARIABLE).is_some_and(|text| !text.is_empty())
}

fn no_keyring(why: &str) -> String {
    format!(
        "what is kept stays locked: its passphrase lies in the keyring (`[store] key`), and {why}. Where no keyring runs, as on a \
         host without a desktop, give the passphrase by `[store] unlock_command` or {VARIABLE}, or set key = \"file\" before anything is kept"
    )
}

/// The same as policy has it: where a passphrase is wanted, no key lies in a file.
///
/// # Errors
/// A sentence.
pub fn permitted(settings: &Resolved) -> Result<Unlock, String> {
    let unlock = find(settings)?;
    check(settings, &unlock).map(|()| unlock)
}

/// Whether policy lets it be unlocked in this way.
///
/// # Errors
/// A sentence.
pub fn check(settings: &Resolved, unlock: &Unlock) -> Result<(), String> {
    let wanted = settings.policy.table().word("EncryptLocalStore").filter(|ruled| ruled.value == "passphrase");
    match (unlock, wanted) {
        (Unlock::KeyFile, Some(ruled)) => {
            Err(format!("a passphrase is needed (`[store] unlock_command` or `key`, or {VARIABLE}): {}", ruled.denial))
        }
        _ => Ok(()),
    }
}

fn from(command: &[String], variable: impl FnOnce() -> Option<Result<String, std::ffi::OsString>>) -> Result<Unlock, String> {
    if !command.is_empty() {
        let line = first_line_of(command).map_err(|why| format!("unlock_command {why}, so what is kept stays locked"))?;
        return Ok(Unlock::Passphrase(line));
    }
    match variable() {
        None => Ok(Unlock::KeyFile),
        Some(Ok(text)) if text.is_empty() => Ok(Unlock::KeyFile),
        Some(Ok(text)) => Ok(Unlock::Passphrase(Secret::new(text))),
        Some(Err(_)) => Err(format!("{VARIABLE} is not text, so what is kept stays locked")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_goes_before_the_variable_and_both_before_the_file() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let passphrase = |text: &str| Ok(Unlock::Passphrase(Secret::new(text.to_owned())));
        let variable = || Some(Ok("from the variable".to_owned()));
        assert_eq!(from(&words("printf one\\ntwo"), variable), passphrase("one"));
        assert_eq!(from(&[], variable), passphrase("from the variable"));
        assert_eq!(from(&[], || None), Ok(Unlock::KeyFile));
        assert_eq!(from(&[], || Some(Ok(String::new()))), Ok(Unlock::KeyFile));
        for (line, why) in
            [("false", "failed"), ("/nonexistent/prog", "cannot be run"), ("true", "printed nothing that can be used")]
        {
            let told = from(&words(line), variable).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
