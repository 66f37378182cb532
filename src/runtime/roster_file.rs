//! The local contact list and access list: one TOML file for each address of ours, sealed with the key of the
//! store.
//!
//! A save is all or nothing: written beside, forced to disk, then renamed over. A file that cannot
//! be understood is kept beside under another name, never overwritten. One in clear, as earlier versions wrote
//! it or somebody put it there, is taken over.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::history::{self, Content, Vault, beside, put_aside};
use crate::model::{Access, AccessList, Address, Contact, Roster};
use crate::net::link::plain;
use crate::runtime::installation::private_dir;
use crate::runtime::sealed_file::{self, SealedFault};

/// The form written today.
const VERSION: u32 = 1;

/// Largest file read: far above 10 000 contacts.
const LARGEST: u64 = 64 * 1024 * 1024;

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Contacts and groups.
    pub roster: Roster,
    /// Decisions on access.
    pub access: AccessList,
    /// What was wrong, in words for the user: the file was put aside, or lies there in clear still.
    pub trouble: Option<String>,
}

/// A file could not be read or written; says so in words for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterFault {
    /// Reading failed.
    #[error("the contact list {path} cannot be read: {detail}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        detail: String,
    },
    /// It is encrypted, and there is no key, or not its own.
    #[error("the contact list {path} stays locked, and nobody you blocked must come through meanwhile: {why}")]
    Locked {
        /// The file.
        path: String,
        /// Why there is no key.
        why: String,
    },
    /// Writing failed; the file is as it was before.
    #[error("the contact list could not be saved to {path}: {detail}; what was saved before is unharmed")]
    Unwritable {
        /// The file.
        path: String,
        /// The system's words.
        detail: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnDisk {
    version: u32,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default, rename = "contact")]
    contacts: Vec<ContactOnDisk>,
    #[serde(default)]
    access: Vec<AccessOnDisk>,
}

/// A table of the file by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    #[serde(default, rename = "contact")]
    contacts: Vec<ContactOnDisk>,
    #[serde(default)]
    access: Vec<AccessOnDisk>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactOnDisk {
    uri: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    subscribed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessOnDisk {
    uri: String,
    access: Decision,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Allow,
    Block,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_yes(value: &bool) -> bool {
    *value
}

/// The file of one of our addresses.
#[must_use]
pub fn path(data_dir: &Path, aor: &Address) -> PathBuf {
    data_dir.join("rosters").join(format!("{}.toml", file_name(aor.short())))
}

/// Reads a file. A missing one is an empty list. What killed programs left beside it goes.
///
/// # Errors
/// [`RosterFault::Unreadable`] when the system does not let us read it, [`RosterFault::Locked`] without its key.
pub fn load(path: &Path, vault: &Vault) -> Result<Loaded, RosterFault> {
    let name = || path.display().to_string();
    let unreadable = |fault: &io::Error| RosterFault::Unreadable { path: name(), detail: plain(fault) };
    let understood = match sealed_file::read(path, LARGEST, vault) {
        Ok(None) => return Ok(Loaded::default()),
        Ok(Some(Content::Sealed(bytes))) => understand(&bytes).map(|lists| (lists, None)),
        Ok(Some(Content::Clear(bytes))) => {
            understand(&bytes).map(|lists| (lists, sealed_file::take_over(path, &bytes, vault).err()))
        }
        // Whom it blocks nobody can tell, so it is no empty one.
        Err(fault @ SealedFault::Damaged(_)) => {
            let why = format!("{fault}; put back the one that belongs to it, or move the list away to go on with an empty one");
            return Err(RosterFault::Locked { path: name(), why });
        }
        Err(SealedFault::File(detail)) => return Err(RosterFault::Unreadable { path: name(), detail }),
        Err(SealedFault::Key(why)) => return Err(RosterFault::Locked { path: name(), why: why.to_string() }),
    };
    match understood {
        Ok(((roster, access), trouble)) => Ok(Loaded { roster, access, trouble }),
        Err(why) => {
            let aside = put_aside(path, &[]).map_err(|fault| unreadable(&fault))?;
            let trouble = format!(
                "the contact list {} cannot be used: {why}. It was kept as {}; mend it and put it back, or go on with an empty list",
                path.display(),
                aside.display()
            );
            Ok(Loaded { trouble: Some(trouble), ..Loaded::default() })
        }
    }
}

/// Writes a file, all or nothing.
///
/// # Errors
/// [`RosterFault::Unwritable`]; the old file is unharmed then.
pub fn save(path: &Path, aor: &Address, roster: &Roster, access: &AccessList, vault: &Vault) -> Result<(), RosterFault> {
    let unwritable = |detail: String| RosterFault::Unwritable { path: path.display().to_string(), detail };
    let text = describe(aor, roster, access).map_err(|fault| unwritable(fault.to_string()))?;
    sealed_file::write(path, text.as_bytes(), vault).map_err(|fault| unwritable(fault.to_string()))
}

fn understand(bytes: &[u8]) -> Result<(Roster, AccessList), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    let disk: OnDisk = in_pieces(text).or_else(|_| toml::from_str(text)).map_err(|fault| {
        let line = fault.span().map(|span| text.get(..span.start).unwrap_or("").lines().count().max(1));
        let what = fault.message().lines().next().unwrap_or("").to_owned();
        line.map_or(what.clone(), |line| format!("line {line}: {what}"))
    })?;
    if disk.version != VERSION {
        return Err(format!("it was written by another version of this program (form {})", disk.version));
    }
    let mut roster = Roster::default();
    for group in &disk.groups {
        roster.add_group(group).map_err(|fault| fault.to_string())?;
    }
    for entry in disk.contacts {
        let address = Address::parse(&entry.uri).map_err(|fault| fault.to_string())?;
        roster.put(Contact { name: entry.name, groups: entry.groups, subscribed: entry.subscribed, ..Contact::new(address) });
    }
    let mut access = AccessList::default();
    for entry in disk.access {
        let who = Address::parse(&entry.uri).map_err(|fault| fault.to_string())?;
        let decision = match entry.access {
            Decision::Allow => Access::Allow,
            Decision::Block => Access::Block,
        };
        access.set(who, Some(decision));
    }
    Ok((roster, access))
}

/// Reads table by table: ten thousand contacts as one document held 4 MiB more for good, and took half as long
/// again to the first frame. Where that does not work (a row of text that looks like the beginning of a table, or a mistake) it
/// must be read as a whole, for the right result or the right number of the line.
fn in_pieces(text: &str) -> Result<OnDisk, toml::de::Error> {
    let starts = text.match_indices("\n[[").map(|(at, _)| at + 1);
    let ends = starts.clone().skip(1).chain([text.len()]);
    let head = starts.clone().next().unwrap_or(text.len());
    let mut disk: OnDisk = toml::from_str(text.get(..head).unwrap_or_default())?;
    for (start, end) in starts.zip(ends) {
        let piece: Piece = toml::from_str(text.get(start..end).unwrap_or_default())?;
        disk.contacts.extend(piece.contacts);
        disk.access.extend(piece.access);
    }
    Ok(disk)
}

fn describe(aor: &Address, roster: &Roster, access: &AccessList) -> Result<String, toml::ser::Error> {
    let contacts = roster.contacts().map(|c| ContactOnDisk {
        uri: c.address.as_str().to_owned(),
        name: c.name.clone(),
        groups: c.groups.clone(),
        subscribed: c.subscribed,
    });
    let access = access.iter().map(|(who, access)| AccessOnDisk {
        uri: who.as_str().to_owned(),
        access: match access {
            Access::Allow => Decision::Allow,
            Access::Block => Decision::Block,
        },
    });
    let disk =
        OnDisk { version: VERSION, groups: roster.groups().to_vec(), contacts: contacts.collect(), access: access.collect() };
    let head = format!("# Contacts of {aor}.\n");
    Ok(head + &toml::to_string(&disk)?)
}

/// Writes beside the file, forces it to disk, and renames it over the old one.
///
/// # Errors
/// What the system says; the old file is unharmed then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = history::at_end_of_links(path);
    let dir = path.parent().ok_or(io::ErrorKind::NotFound)?;
    private_dir(dir)?;
    let mut beside = beside(dir, &prefix(&path), SUFFIX)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    rename_over(beside, &path)?;
    // The rename itself is to survive a power cut too, where the system can do it.
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
    Ok(())
}

/// Gives a new file, which was written beside it, the name of the old one.
fn rename_over(mut beside: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    let mut patience = if cfg!(windows) { READERS } else { 0 };
    loop {
        match beside.persist(path) {
            Ok(_) => return Ok(()),
            // On Windows a file that anybody reads keeps its name, as when another of our programs starts.
            Err(fault) if fault.error.kind() == io::ErrorKind::PermissionDenied && patience > 0 => {
                patience -= 1;
                beside = fault.file;
                std::thread::sleep(READING);
            }
            Err(fault) => return Err(fault.error),
        }
    }
}

/// How often a file that is being read is tried again.
const READERS: usize = 20;

/// How long reading it takes, about.
const READING: Duration = Duration::from_millis(10);

/// Removes what programs that were killed while they wrote this file left beside it. Who writes holds a
/// lock on the new file, so that no other program takes it for one of those.
pub fn sweep(path: &Path) {
    let path = history::at_end_of_links(path);
    let prefix = prefix(&path);
    if let Some(dir) = path.parent() {
        history::sweep(dir, |name| name.starts_with(&prefix) && name.ends_with(SUFFIX));
    }
}

/// The end of the name of a file being written.
const SUFFIX: &str = ".new";

/// The beginning of the names of files being written that are to become this one.
fn prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

/// A name every file system takes, the same for the same address, different for different ones.
pub fn file_name(text: &str) -> String {
    use std::fmt::Write;
    let mut name = String::new();
    for byte in text.bytes() {
        let plain = byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-' | b'@');
        if plain && !(name.is_empty() && byte == b'.') {
            name.push(char::from(byte));
        } else {
            // Capitals too: some file systems do not tell them apart.
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len() > 180 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        name.truncate(160);
        let _ = write!(name, "-{hash:016x}");
    }
    name
}

#[cfg(test)]
mod tests;
