//! What the user marked people with on this machine: one TOML file for each address of ours,
//! sealed with the key of the store.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::marks::{MAX_ACCEPTED, MAX_ALERTS, MAX_OWN_NOTES, MAX_PINNED};
use crate::app::{Alert, Condition, Marks};
use crate::history::{Content, Vault};
use crate::model::Address;
use crate::runtime::roster_file::file_name;
use crate::runtime::sealed_file;

/// The form written today.
const VERSION: u32 = 1;
/// Largest file read: far above what is kept.
const LARGEST: u64 = 1024 * 1024;
/// The word for any change.
const ANY: &str = "any";

#[derive(Debug, Serialize, Deserialize)]
struct OnDisk {
    version: u32,
    #[serde(default)]
    pinned: Vec<String>,
    #[serde(default)]
    accepted: Vec<String>,
    #[serde(default)]
    own_notes: Vec<String>,
    #[serde(default, rename = "alert")]
    alerts: Vec<AlertOnDisk>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AlertOnDisk {
    who: String,
    when: String,
    #[serde(default)]
    always: bool,
}

/// The file of one of our addresses.
#[must_use]
pub fn path(data_dir: &Path, aor: &Address) -> PathBuf {
    data_dir.join("marks").join(format!("{}.toml", file_name(aor.short())))
}

/// Reads a file. A missing one is no marks; of one that is edited by hand, what makes no sense is
/// passed over.
///
/// # Errors
/// A sentence: the system does not let us read it, there is no key, or it is no file of ours.
pub fn load(path: &Path, vault: &Vault) -> Result<Marks, String> {
    let (bytes, clear) = match sealed_file::read(path, LARGEST, vault).map_err(|fault| fault.to_string())? {
        None => return Ok(Marks::default()),
        Some(Content::Sealed(bytes)) => (bytes, false),
        Some(Content::Clear(bytes)) => (bytes, true),
    };
    let marks = understand(&bytes)?;
    if clear && let Err(why) = sealed_file::take_over(path, &bytes, vault) {
        tracing::warn!(%why, "a file is not as it should be");
    }
    Ok(marks)
}

fn understand(bytes: &[u8]) -> Result<Marks, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    let disk: OnDisk = toml::from_str(text).map_err(|fault| fault.message().to_owned())?;
    if disk.version != VERSION {
        return Err(format!("it was written by another version of this program (form {})", disk.version));
    }
    let alert = |kept: AlertOnDisk| {
        let when = if kept.when == ANY { None } else { Some(Condition::from_word(&kept.when)?) };
        Some((Address::parse(&kept.who).ok()?, Alert { when, always: kept.always }))
    };
    Ok(Marks {
        pinned: disk.pinned.iter().filter_map(|who| Address::parse(who).ok()).take(MAX_PINNED).collect(),
        alerts: disk.alerts.into_iter().filter_map(alert).take(MAX_ALERTS).collect(),
        accepted: disk.accepted.iter().filter_map(|who| Address::parse(who).ok()).take(MAX_ACCEPTED).collect(),
        own_notes: disk.own_notes.into_iter().take(MAX_OWN_NOTES).collect(),
    })
}

/// Writes a file, all or nothing.
///
/// # Errors
/// A sentence; the old file is unharmed then.
pub fn save(path: &Path, aor: &Address, marks: &Marks, vault: &Vault) -> Result<(), String> {
    let disk = OnDisk {
        version: VERSION,
        pinned: marks.pinned.iter().map(|who| who.as_str().to_owned()).collect(),
        accepted: marks.accepted.iter().map(|who| who.as_str().to_owned()).collect(),
        own_notes: marks.own_notes.clone(),
        alerts: marks
            .alerts
            .iter()
            .map(|(who, alert)| AlertOnDisk {
                who: who.as_str().to_owned(),
                when: alert.when.map_or(ANY, Condition::word).to_owned(),
                always: alert.always,
            })
            .collect(),
    };
    let head = format!("# Who is pinned and whose changes are waited for by {aor}.\n");
    let text = head + &toml::to_string(&disk).map_err(|fault| fault.to_string())?;
    sealed_file::write(path, text.as_bytes(), vault).map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Unlock;

    fn address(user: &str) -> Address {
        Address::parse(&format!("{user}@example.test")).unwrap()
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), Ok(Unlock::KeyFile));
        let path = path(dir.path(), &address("alice"));
        assert_eq!(load(&path, &vault).unwrap(), Marks::default());
        let marks = Marks {
            pinned: [address("bob"), address("carla")].into(),
            alerts: [
                (address("bob"), Alert { when: Some(Condition::Free), always: false }),
                (address("dan"), Alert { when: None, always: true }),
            ]
            .into(),
            accepted: [address("eve")].into(),
            own_notes: vec!["on shift \"until\" 5\u{1b}".into(), "lunch".into()],
        };
        save(&path, &address("alice"), &marks, &vault).unwrap();
        assert_eq!(load(&path, &vault).unwrap(), marks);
    }

    #[test]
    fn marks_in_clear_are_sealed_when_they_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), Ok(Unlock::KeyFile));
        let path = dir.path().join("x.toml");
        std::fs::write(&path, "version = 1\npinned = [\"bob@example.test\"]\n").unwrap();
        for _ in 0..2 {
            assert_eq!(load(&path, &vault).unwrap().pinned, [address("bob")].into());
            assert!(!String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains("bob"));
        }
        assert!(load(&path, &Vault::new(dir.path(), Err("locked".to_owned()))).unwrap_err().contains("locked"));
    }

    #[test]
    fn nonsense_is_passed_over_and_a_broken_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), Ok(Unlock::KeyFile));
        let path = dir.path().join("x.toml");
        let text = "version = 1\npinned = [\"no address\", \"bob@example.test\"]\n[[alert]]\nwho = \"bob@example.test\"\nwhen = \"hungry\"\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(load(&path, &vault).unwrap(), Marks { pinned: [address("bob")].into(), ..Marks::default() });
        for broken in ["version = 2\n", "pinned", "\u{0}"] {
            std::fs::write(&path, broken).unwrap();
            assert!(load(&path, &vault).is_err(), "{broken:?}");
        }
        std::fs::write(&path, b"version = 1 # \xff").unwrap();
        assert!(load(&path, &vault).is_err());
    }
}
