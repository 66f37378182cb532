//! What the user marked people with on this machine: one TOML file for each address of ours.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::marks::{MAX_ACCEPTED, MAX_ALERTS, MAX_OWN_NOTES, MAX_PINNED};
use crate::app::{Alert, Condition, Marks};
use crate::model::Address;
use crate::runtime::roster_file::{file_name, write_whole};

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
/// The system does not let us read it, or it is no file of ours.
pub fn load(path: &Path) -> io::Result<Marks> {
    let mut text = String::new();
    match File::open(path) {
        Ok(file) => file.take(LARGEST).read_to_string(&mut text)?,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Marks::default()),
        Err(fault) => return Err(fault),
    };
    let disk: OnDisk = toml::from_str(&text).map_err(|fault| io::Error::other(fault.message().to_owned()))?;
    if disk.version != VERSION {
        return Err(io::Error::other(format!("it was written by another version of this program (form {})", disk.version)));
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
/// What the system says; the old file is unharmed then.
pub fn save(path: &Path, aor: &Address, marks: &Marks) -> io::Result<()> {
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
    let text = head + &toml::to_string(&disk).map_err(io::Error::other)?;
    write_whole(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(user: &str) -> Address {
        Address::parse(&format!("{user}@example.test")).unwrap()
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = path(dir.path(), &address("alice"));
        assert_eq!(load(&path).unwrap(), Marks::default());
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
        save(&path, &address("alice"), &marks).unwrap();
        assert_eq!(load(&path).unwrap(), marks);
    }

    #[test]
    fn nonsense_is_passed_over_and_a_broken_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.toml");
        let text = "version = 1\npinned = [\"no address\", \"bob@example.test\"]\n[[alert]]\nwho = \"bob@example.test\"\nwhen = \"hungry\"\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(load(&path).unwrap(), Marks { pinned: [address("bob")].into(), ..Marks::default() });
        for broken in ["version = 2\n", "pinned", "\u{0}"] {
            std::fs::write(&path, broken).unwrap();
            assert!(load(&path).is_err(), "{broken:?}");
        }
        std::fs::write(&path, b"version = 1 # \xff").unwrap();
        assert!(load(&path).is_err());
    }
}
