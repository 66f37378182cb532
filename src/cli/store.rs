//! `store`: the encrypted file of all that is kept, its key and its passphrase. Signs nobody in.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use crate::config::Resolved;
use crate::history::{KeyFault, StoreFault, Unlock, change_key, change_passphrase, exists, is_sealed, key_path, path};
use crate::model::Secret;
use crate::runtime::installation::Installation;
use crate::runtime::unlock;

use super::args;
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::{secrets, settings};

/// Carries out `store`.
///
/// # Errors
/// Exit 7 when it is locked or the configuration cannot be used, 5 when a policy forbids it, 1 when the disk
/// says no or another chinwag is at work.
pub fn run(task: &args::Store, global: &args::Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let settings = settings::resolve(global, diagnostics)?;
    let dir = settings.data_dir.as_path();
    if let args::Store::Status = task {
        return status(&settings, global.json);
    }
    if !key_path(dir).try_exists().unwrap_or(true) && !exists(dir) {
        return Err(Failure::new(Exit::Failed, format!("nothing is kept in {}", dir.display())));
    }
    let _installation = alone(dir)?;
    match task {
        args::Store::Status => {}
        args::Store::Rekey => {
            let unlock = opened_by(&settings)?;
            unlock::check(&settings, &unlock).map_err(|why| Failure::new(Exit::Forbidden, why))?;
            change_key(dir, &unlock).map_err(failed)?;
            diagnostics.tell("everything that is kept has a new key; copies you made before need the old store.key");
        }
        args::Store::Passphrase { new_env, remove } => {
            let new = if *remove { Unlock::KeyFile } else { Unlock::Passphrase(new_passphrase(new_env.as_deref())?) };
            unlock::check(&settings, &new).map_err(|why| Failure::new(Exit::Forbidden, why))?;
            let old = opened_by(&settings)?;
            change_passphrase(dir, &old, &new).map_err(|fault| failed(fault.into()))?;
            diagnostics.tell(if *remove {
                "the key lies in store.key as it is; whoever can read your files can read what is kept"
            } else {
                "the new passphrase is in force; unlock_command or CHINWAG_PASSPHRASE have to give it from now on"
            });
            if settings.keyring {
                diagnostics.tell(
                    "now set key = \"file\" in [store]: as long as it is \"keyring\", the passphrase in the keyring is tried",
                );
            }
        }
    }
    Ok(Exit::Done)
}

fn status(settings: &Resolved, json: bool) -> Result<Exit, Failure> {
    let dir = settings.data_dir.as_path();
    let (store, key) = (path(dir), key_path(dir));
    let octets = std::fs::metadata(&store).map(|found| found.len()).ok();
    let sealed = is_sealed(&key);
    // A passphrase that is given goes before the keyring.
    let keyring = settings.keyring && !unlock::is_known(settings);
    let mut out = std::io::stdout().lock();
    if json {
        let said = serde_json::json!({
            "event": "store", "path": store.display().to_string(), "octets": octets, "key": key.display().to_string(),
            "passphrase": sealed, "keyring": keyring,
        });
        writeln!(out, "{said}")?;
        return Ok(Exit::Done);
    }
    match octets {
        Some(octets) => writeln!(out, "{}  {octets} octets, encrypted", store.display())?,
        None => writeln!(out, "{}  not there: no messages are kept", store.display())?,
    }
    let how = match sealed {
        None => "not there, or no key of chinwag",
        Some(false) => "the key as it is: whoever can read your files can read what is kept",
        Some(true) if keyring => "the key, sealed with a passphrase in the keyring",
        Some(true) => "the key, sealed with a passphrase",
    };
    writeln!(out, "{}  {how}", key.display())?;
    Ok(Exit::Done)
}

/// The data folder for this program alone.
fn alone(dir: &Path) -> Result<Installation, Failure> {
    let in_use = |why: &str| Failure::new(Exit::Failed, format!("{} cannot be changed: {why}", dir.display()));
    let installation = Installation::in_dir(dir).map_err(|fault| in_use(&fault.to_string()))?;
    if installation.is_held() { Ok(installation) } else { Err(in_use("another chinwag uses it; end that first")) }
}

/// What opens the key now; asks for the passphrase where nothing gives one.
fn opened_by(settings: &Resolved) -> Result<Unlock, Failure> {
    let found = unlock::find(settings).map_err(|why| Failure::new(Exit::Configuration, why))?;
    let sealed = is_sealed(&key_path(&settings.data_dir)) == Some(true);
    if found == Unlock::KeyFile && sealed && asks() {
        return secrets::ask("Passphrase in force: ").map(Unlock::Passphrase);
    }
    Ok(found)
}

fn new_passphrase(variable: Option<&str>) -> Result<Secret, Failure> {
    let usage = |text: String| Failure::new(Exit::Usage, text);
    if let Some(name) = variable {
        let text = std::env::var(name).ok().filter(|text| !text.is_empty());
        return text.map(Secret::new).ok_or_else(|| usage(format!("the environment variable {name} holds no passphrase")));
    }
    if !asks() {
        return Err(usage(
            "there is no terminal to ask at; name the variable that holds the new passphrase with --new-env".to_owned(),
        ));
    }
    let first = secrets::ask("New passphrase: ")?;
    if first.expose().is_empty() {
        return Err(usage("an empty passphrase protects nothing; to do without one, say --remove".to_owned()));
    }
    let second = secrets::ask("The same again: ")?;
    if first == second { Ok(first) } else { Err(usage("these were two different ones; nothing was changed".to_owned())) }
}

fn asks() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

#[allow(clippy::needless_pass_by_value)] // As `map_err` wants it.
fn failed(fault: StoreFault) -> Failure {
    let is_locked = matches!(
        &fault,
        StoreFault::OtherKey { .. }
            | StoreFault::Key(
                KeyFault::Locked
                    | KeyFault::Wrong { .. }
                    | KeyFault::NotGiven(_)
                    | KeyFault::Gone { .. }
                    | KeyFault::Damaged { .. }
            )
    );
    let exit = if is_locked { Exit::Configuration } else { Exit::Failed };
    Failure::new(exit, fault.to_string())
}
