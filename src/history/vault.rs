//! The key of a data folder, found when it is first wanted, and small files that are sealed with it: contacts
//! and what is decided about them.
//!
//! Whoever has a key holds a shared lock on `store.lock`; to exchange the key takes the lock alone. So nobody
//! writes with a key that is no longer in force.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead as _, Payload};

use super::key::{self, Key, KeyFault, Keys, Unlock};
use super::{rekey, store};
use crate::model::Secret;

/// First octets of a sealed file.
const MAGIC: &[u8] = b"chinwag sealed 1\n";
/// Octets of a nonce (`XChaCha20`): long enough to be chosen at random for each file.
const NONCE: usize = 24;
/// What the key of sealed files is derived for: the database has the other one to itself.
const PURPOSE: &[u8] = b"chinwag sealed files 1";
/// How often, and how long each time, another program that is at the key is waited for.
const TRIES: usize = 60;
const WAIT: Duration = Duration::from_millis(50);

/// The way to the key of a data folder.
#[derive(Debug)]
pub struct Vault {
    dir: PathBuf,
    unlock: Result<Unlock, String>,
    held: Mutex<Option<Arc<Held>>>,
}

/// The key, and the lock that keeps others from exchanging it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) keys: Keys,
    lock: Option<File>,
}

/// What a file that may be sealed held.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// It was not sealed.
    Clear(Vec<u8>),
    /// It was.
    Sealed(Vec<u8>),
}

/// Why a sealed file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealFault {
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// It is damaged, or sealed with another key, or was another file.
    #[error("it is damaged, or was encrypted with another key than the one in store.key")]
    Damaged,
}

impl Vault {
    /// The key of `dir`. `unlock` = how it is had, or a sentence for the user that says why it cannot be.
    #[must_use]
    pub fn new(dir: &Path, unlock: Result<Unlock, String>) -> Self {
        Self { dir: dir.to_owned(), unlock, held: Mutex::new(None) }
    }

    /// The data folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The passphrase it is opened with, if one does that.
    #[must_use]
    pub const fn passphrase(&self) -> Option<&Secret> {
        match &self.unlock {
            Ok(Unlock::Passphrase(secret)) => Some(secret),
            _ => None,
        }
    }

    /// Whether this is the passphrase it is opened with.
    #[must_use]
    pub fn opens_with(&self, typed: &Secret) -> bool {
        matches!(&self.unlock, Ok(Unlock::Passphrase(secret)) if secret == typed)
    }

    pub(super) fn unlock(&self) -> Result<&Unlock, KeyFault> {
        self.unlock.as_ref().map_err(|why| KeyFault::NotGiven(why.clone()))
    }

    /// The key; made where there is none. What failed is tried again the next time.
    pub(super) fn held(&self) -> Result<Arc<Held>, KeyFault> {
        // Two threads that want it at the same time need not both compute it.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = &*held {
            return Ok(Arc::clone(held));
        }
        let found = Arc::new(self.find()?);
        *held = Some(Arc::clone(&found));
        Ok(found)
    }

    fn find(&self) -> Result<Held, KeyFault> {
        let unlock = self.unlock()?;
        let path = store::key_path(&self.dir);
        let lock = lock_file(&self.dir);
        shared(lock.as_ref(), &path)?;
        let keys = key::find(&path, &store::path(&self.dir), unlock)?;
        if keys.next.is_none() {
            return Ok(Held { keys, lock });
        }
        // Somebody was stopped while they exchanged it. Where others are at work too, either key does.
        let alone = lock.as_ref().is_some_and(|lock| lock.unlock().is_ok() && lock.try_lock().is_ok());
        let keys = if alone {
            // It may have been finished meanwhile.
            let keys = key::find(&path, &store::path(&self.dir), unlock)?;
            rekey::finish(&self.dir, unlock, keys.clone(), &mut |_| true).unwrap_or_else(|fault| {
                tracing::warn!(%fault, "the new key of the store is not in force everywhere yet");
                keys
            })
        } else {
            keys
        };
        if let Some(lock) = lock.as_ref().filter(|_| alone) {
            let _ = lock.unlock();
        }
        shared(lock.as_ref(), &path)?;
        Ok(Held { keys, lock })
    }

    /// Seals what is to be in a file, so that it is good under this name only.
    ///
    /// # Errors
    /// There is no key.
    pub fn seal(&self, name: &str, content: &[u8]) -> Result<Vec<u8>, KeyFault> {
        seal(self.held()?.keys.newest(), name, content)
    }

    /// What a file holds. One that is not sealed needs no key.
    ///
    /// # Errors
    /// [`SealFault`].
    pub fn open(&self, name: &str, octets: Vec<u8>) -> Result<Content, SealFault> {
        if !is_sealed(&octets) {
            return Ok(Content::Clear(octets));
        }
        let (_, path) = (self.unlock()?, store::key_path(&self.dir));
        let is_held = self.held.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !is_held && !path.try_exists().unwrap_or(true) {
            // One made anew opens nothing that is sealed.
            return Err(KeyFault::Gone { path, kept: self.dir.join(name) }.into());
        }
        let held = self.held()?;
        for key in held.keys.all() {
            if let Some(content) = open(key, name, &octets)? {
                return Ok(Content::Sealed(content));
            }
        }
        Err(SealFault::Damaged)
    }
}

impl Held {
    /// Takes the key for this program alone, so that it can be exchanged.
    pub(super) fn alone(dir: &Path) -> Result<Option<File>, KeyFault> {
        let lock = lock_file(dir);
        if let Some(Err(TryLockError::WouldBlock)) = lock.as_ref().map(File::try_lock) {
            return Err(KeyFault::Busy { path: store::key_path(dir) });
        }
        Ok(lock)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

/// Whether these are the octets of a sealed file.
pub(super) fn is_sealed(octets: &[u8]) -> bool {
    octets.starts_with(MAGIC)
}

/// Whether the file at a path is sealed.
pub(super) fn is_sealed_file(path: &Path) -> io::Result<bool> {
    let mut beginning = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut beginning)?;
    Ok(is_sealed(&beginning))
}

pub(super) fn seal(key: &Key, name: &str, content: &[u8]) -> Result<Vec<u8>, KeyFault> {
    let nonce = key::random::<NONCE>()?;
    let about = [MAGIC, name.as_bytes()].concat();
    let sealed = key.derived(PURPOSE)?.cipher()?.encrypt(&XNonce::from(nonce), Payload { msg: content, aad: &about });
    let sealed = sealed.map_err(|_| KeyFault::NotMade("it cannot be sealed".to_owned()))?;
    Ok([MAGIC, &nonce, &sealed].concat())
}

/// What a sealed file holds; `None` if this key does not open it under this name.
pub(super) fn open(key: &Key, name: &str, octets: &[u8]) -> Result<Option<Vec<u8>>, KeyFault> {
    let rest = octets.strip_prefix(MAGIC).and_then(|rest| rest.split_first_chunk::<NONCE>());
    let Some((nonce, sealed)) = rest else { return Ok(None) };
    let about = [MAGIC, name.as_bytes()].concat();
    let opened = key.derived(PURPOSE)?.cipher()?.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &about });
    Ok(opened.ok())
}

/// The file that is locked. Where none can be had, nothing can be exchanged either.
fn lock_file(dir: &Path) -> Option<File> {
    let path = dir.join("store.lock");
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).or_else(|_| File::open(&path)).ok()
}

fn shared(lock: Option<&File>, key: &Path) -> Result<(), KeyFault> {
    let Some(lock) = lock else { return Ok(()) };
    for _ in 0..TRIES {
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(WAIT),
            // A file system without locks: then nobody has any.
            _ => return Ok(()),
        }
    }
    Err(KeyFault::Busy { path: key.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_name_and_with_its_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), Ok(Unlock::KeyFile));
        let sealed = vault.seal("rosters/a", b"bob@example.test").unwrap();
        assert!(!sealed.windows(3).any(|part| part == b"bob"));
        assert_ne!(sealed, vault.seal("rosters/a", b"bob@example.test").unwrap(), "each time with another nonce");
        assert_eq!(vault.open("rosters/a", sealed.clone()).unwrap(), Content::Sealed(b"bob@example.test".to_vec()));
        assert!(matches!(vault.open("rosters/b", sealed.clone()), Err(SealFault::Damaged)));
        for at in [MAGIC.len(), MAGIC.len() + NONCE, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(matches!(vault.open("rosters/a", changed), Err(SealFault::Damaged)), "{at}");
            assert!(matches!(vault.open("rosters/a", sealed[..at].to_vec()), Err(SealFault::Damaged)), "{at}");
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let other = Vault::new(elsewhere.path(), Ok(Unlock::KeyFile));
        assert!(matches!(other.open("rosters/a", sealed.clone()), Err(SealFault::Key(KeyFault::Gone { .. }))));
        assert!(!store::key_path(elsewhere.path()).exists(), "none is made for it");
        other.seal("rosters/a", b"x").unwrap();
        assert!(matches!(other.open("rosters/a", sealed.clone()), Err(SealFault::Damaged)));
        let passphrase = Unlock::Passphrase(Secret::new("right".to_owned()));
        drop(vault);
        let locked = Vault::new(dir.path(), Ok(passphrase));
        assert!(matches!(locked.open("rosters/a", sealed.clone()), Ok(Content::Sealed(_))));
        let without = Vault::new(dir.path(), Ok(Unlock::KeyFile));
        assert!(matches!(without.open("rosters/a", sealed), Err(SealFault::Key(KeyFault::Locked))));
    }

    #[test]
    fn what_is_in_clear_needs_no_key() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path(), Err("nobody knows it".to_owned()));
        assert_eq!(vault.open("a", b"version = 1".to_vec()).unwrap(), Content::Clear(b"version = 1".to_vec()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!(vault.seal("a", b"x").unwrap_err().to_string(), "nobody knows it");
        assert!(matches!(vault.open("a", MAGIC.to_vec()), Err(SealFault::Key(KeyFault::NotGiven(_)))));
    }
}
