//! Another key for what is kept, and another passphrase for the key.
//!
//! ```text
//!   store.key:  old  ──▶  old and new  ─────────────────────▶  new
//!   store.db:                  └──▶ encrypted with the new one ──┤
//!   sealed files:                   └──▶ sealed with the new one ┘
//! ```
//!
//! While both keys are in the file, either may open the store and each file; so whoever is stopped at any
//! point loses nothing, and who comes next goes on where it stopped.

use std::io;
use std::path::{Path, PathBuf};

use super::disk;
use super::key::{self, Key, KeyFault, Keys, Unlock};
use super::store::{self, Store, StoreFault};
use super::vault::{self, Held};

/// Folders within the data folder whose files are sealed.
pub const SEALED_FOLDERS: [&str; 3] = ["rosters", "rules", "marks"];

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Both keys are in the file.
    Announced,
    /// The database has the new key.
    Database,
    /// One more file has it.
    File,
    /// Only the new key is in the file.
    Done,
}

/// The name by which a sealed file is known: its folder and its own name.
#[must_use]
pub fn sealed_name(path: &Path) -> String {
    let word = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    format!("{}/{}", word(path.parent().and_then(Path::file_name)), word(path.file_name()))
}

/// Gives everything that is kept in a data folder a new key. The folder must be this program's alone.
///
/// # Errors
/// [`StoreFault`]; what was done by then is good, and the next program goes on with it.
pub fn change_key(dir: &Path, unlock: &Unlock) -> Result<(), StoreFault> {
    change_key_by_steps(dir, unlock, &mut |_| true)
}

/// The same; `go_on` is asked after each step.
pub(super) fn change_key_by_steps(dir: &Path, unlock: &Unlock, go_on: &mut dyn FnMut(Step) -> bool) -> Result<(), StoreFault> {
    let _lock = Held::alone(dir)?;
    let path = store::key_path(dir);
    let mut keys = key::find(&path, &store::path(dir), unlock)?;
    if keys.next.is_none() {
        if has_store(dir) {
            Store::try_key(dir, &keys.now)?;
        }
        keys.next = Some(Key::random()?);
        key::write(&path, &keys, unlock)?;
    }
    if go_on(Step::Announced) {
        finish(dir, unlock, keys, go_on)?;
    }
    Ok(())
}

/// Has the key opened by another passphrase from now on, or by none. The folder must be this program's alone.
///
/// # Errors
/// [`KeyFault`]; nothing was changed then.
pub fn change_passphrase(dir: &Path, old: &Unlock, new: &Unlock) -> Result<(), KeyFault> {
    let _lock = Held::alone(dir)?;
    let path = store::key_path(dir);
    // A key that lies there as it is must not be sealed with the old passphrase first.
    let old = if key::is_sealed(&path) == Some(false) { &Unlock::KeyFile } else { old };
    let keys = key::find(&path, &store::path(dir), old)?;
    key::write(&path, &keys, new)
}

/// Brings an exchange that has begun to its end; the key in force then. The lock must be held.
pub(super) fn finish(dir: &Path, unlock: &Unlock, keys: Keys, go_on: &mut dyn FnMut(Step) -> bool) -> Result<Keys, StoreFault> {
    let Some(next) = keys.next.clone() else { return Ok(keys) };
    if has_store(dir) {
        Store::exchange_key(dir, &keys, &next)?;
    }
    if !go_on(Step::Database) {
        return Ok(keys);
    }
    for file in sealed_files(dir) {
        reseal(&file, &keys, &next).map_err(|fault| StoreFault::File { path: file.clone(), fault })?;
        if !go_on(Step::File) {
            return Ok(keys);
        }
    }
    let keys = Keys { now: next, next: None };
    key::write(&store::key_path(dir), &keys, unlock)?;
    go_on(Step::Done);
    Ok(keys)
}

fn has_store(dir: &Path) -> bool {
    std::fs::metadata(store::path(dir)).is_ok_and(|found| found.len() > 0)
}

/// A file of a data folder that is sealed, if there is one.
pub(super) fn any_sealed(dir: &Path) -> Result<Option<PathBuf>, KeyFault> {
    for path in sealed_files(dir) {
        if vault::is_sealed_file(&path).map_err(|fault| key::file_fault(&path, fault))? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn sealed_files(dir: &Path) -> Vec<PathBuf> {
    let entries = SEALED_FOLDERS.iter().filter_map(|folder| std::fs::read_dir(dir.join(folder)).ok());
    let mut files: Vec<PathBuf> = entries.flatten().flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// The name under which a file was sealed, also of one that was put aside (`runtime/roster_file.rs`).
fn name_once(path: &Path) -> String {
    let name = sealed_name(path);
    match name.rsplit_once(".broken-") {
        Some((before, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => before.to_owned(),
        _ => name,
    }
}

/// Seals a file with the new key; one that neither key opens stays as it is.
fn reseal(path: &Path, keys: &Keys, next: &Key) -> io::Result<()> {
    let key_fault = |fault: KeyFault| io::Error::other(fault.to_string());
    let name = name_once(path);
    let octets = std::fs::read(path)?;
    if !vault::is_sealed(&octets) || vault::open(next, &name, &octets).map_err(key_fault)?.is_some() {
        return Ok(());
    }
    let Some(content) = vault::open(&keys.now, &name, &octets).map_err(key_fault)? else {
        tracing::warn!(path = %path.display(), "the key of the store does not open this file; it is left as it is");
        return Ok(());
    };
    let sealed = vault::seal(next, &name, &content).map_err(key_fault)?;
    // A link to a file elsewhere stays a link.
    let path = std::fs::canonicalize(path)?;
    // By this name it is swept away if we are stopped (`runtime/roster_file.rs`).
    let prefix = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    disk::place(&path, &sealed, (&prefix, ".new"), true)
}
