//! The key of the store: 32 random octets in the file `store.key`, as they are or sealed with a passphrase.
//!
//! A passphrase does not open the store itself but the key: so a wrong one is told apart from a broken
//! store, and another one needs no new store. It is made into a key by Argon2id, whose numbers stand in
//! the file. Without the file nobody can read the store.
//!
//! While one key takes the place of another ([`rekey`]) the file holds both.

use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{disk, rekey};
use crate::model::Secret;

/// First line of the file.
const FIRST: &str = "chinwag store key 1";
/// Octets of a key, of a salt, of a nonce (`XChaCha20`).
const KEY: usize = 32;
const SALT: usize = 16;
const NONCE: usize = 24;
/// Argon2id as RFC 9106 section 4 has it for little memory: 64 MiB, three passes; one lane, since the
/// library computes them one after the other.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// More than this a file cannot make us compute: 1 GiB, 32 passes.
const MOST_MEMORY: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 32;
/// How the name of a file of keys begins until it is whole; letters and digits follow.
const BESIDE: &str = ".store.key";
/// Longest file that is read.
const LONGEST: u64 = 4096;

/// How the key is had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlock {
    /// It lies in its file as it is: who can read the file can read the store.
    KeyFile,
    /// The user's passphrase opens the file.
    Passphrase(Secret),
}

/// Why there is no key. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyFault {
    /// The file cannot be used.
    #[error("{}: {fault}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        fault: Arc<io::Error>,
    },
    /// Something is encrypted, but there is no key.
    #[error(
        "{} is encrypted and its key {} is gone; put that file back from a copy. To begin anew without what is kept, move store.db, \
         with what lies beside it under its name, and the folders rosters, rules and marks away",
        kept.display(), path.display()
    )]
    Gone {
        /// The file that should be there.
        path: PathBuf,
        /// The store, or a sealed file.
        kept: PathBuf,
    },
    /// The file holds something else.
    #[error("{} is not a key of chinwag, or damaged; put it back from a copy", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// A passphrase is needed.
    #[error(
        "your messages are locked with a passphrase: set CHINWAG_PASSPHRASE, or unlock_command in [store] of the configuration; if \
         it lies in the keyring of your desktop, set key = \"keyring\" there"
    )]
    Locked,
    /// Not this one.
    #[error("the passphrase does not open {}; nothing was changed, try again with the right one", path.display())]
    Wrong {
        /// The file it should open.
        path: PathBuf,
    },
    /// The system gives no random numbers, or too little memory.
    #[error("no key can be made: {0}")]
    NotMade(String),
    /// What was to give the passphrase did not, or policy wants one; a sentence for the user.
    #[error("{0}")]
    NotGiven(String),
    /// Another program is at the key.
    #[error("another chinwag uses the key {}; end that first, or wait until it is done", path.display())]
    Busy {
        /// The key.
        path: PathBuf,
    },
}

/// The key, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key(Zeroizing<[u8; KEY]>);

/// The key of a store, and the one that is taking its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    /// What everything was encrypted with.
    pub(super) now: Key,
    /// What everything is to be encrypted with; some of it may be already.
    pub(super) next: Option<Key>,
}

impl Keys {
    /// The one to encrypt with.
    pub(super) fn newest(&self) -> &Key {
        self.next.as_ref().unwrap_or(&self.now)
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.now).chain(&self.next)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

impl Key {
    /// A new one.
    pub(super) fn random() -> Result<Self, KeyFault> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// Another one made of this one, for one purpose: nobody can tell either from the other.
    pub(super) fn derived(&self, purpose: &[u8]) -> Result<Self, KeyFault> {
        let not_made = |_| KeyFault::NotMade("it cannot be derived".to_owned());
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).map_err(not_made)?;
        mac.update(purpose);
        Ok(Self(Zeroizing::new(mac.finalize().into_bytes().into())))
    }

    /// What encrypts with it.
    pub(super) fn cipher(&self) -> Result<XChaCha20Poly1305, KeyFault> {
        XChaCha20Poly1305::new_from_slice(&self.0[..]).map_err(|fault| KeyFault::NotMade(fault.to_string()))
    }

    /// The words that give it to the database: `key` opens one with it, `rekey` encrypts an open one anew.
    pub(super) fn statement(&self, pragma: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(96));
        text.push_str("PRAGMA ");
        text.push_str(pragma);
        text.push_str(" = \"x'");
        hex(&self.0[..], &mut text);
        text.push_str("'\";");
        text
    }
}

/// The keys of the store `store`, whose file is `path`. Where there is neither, nor a sealed file beside it, one is
/// made. One that lies there as it is, while there is a passphrase, is sealed with it from now on.
pub(super) fn find(path: &Path, store: &Path, unlock: &Unlock) -> Result<Keys, KeyFault> {
    let file = |fault| file_fault(path, fault);
    sweep(path);
    let Some(text) = read(path).map_err(file)? else {
        if let Some(kept) = encrypted(store)? {
            // Another program may have begun meanwhile: then there is a key.
            let gone = || KeyFault::Gone { path: path.to_owned(), kept };
            return if path.try_exists().unwrap_or(false) { find(path, store, unlock) } else { Err(gone()) };
        }
        let keys = Keys { now: Key::random()?, next: None };
        return match place(path, &written(&keys, unlock)?, false) {
            // Another program was faster: there is one key for all.
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => find(path, store, unlock),
            done => done.map(|()| keys).map_err(file),
        };
    };
    let damaged = || KeyFault::Damaged { path: path.to_owned() };
    match (Written::read(&text).ok_or_else(damaged)?, unlock) {
        (Written::Plain(keys), Unlock::KeyFile) => Ok(keys),
        (Written::Plain(keys), Unlock::Passphrase(_)) => {
            write(path, &keys, unlock)?;
            Ok(keys)
        }
        (Written::Sealed { .. }, Unlock::KeyFile) => Err(KeyFault::Locked),
        (Written::Sealed { memory, passes, salt, sealed, next }, Unlock::Passphrase(passphrase)) => {
            let cipher = cipher(passphrase, &salt, memory, passes)?;
            let open = |Sealed { nonce, octets }: Sealed| {
                let opened = cipher.decrypt(&XNonce::from(nonce), octets.as_slice()).map(Zeroizing::new);
                let opened = opened.map_err(|_| KeyFault::Wrong { path: path.to_owned() })?;
                let key: [u8; KEY] = opened.as_slice().try_into().map_err(|_| damaged())?;
                Ok::<_, KeyFault>(Key(Zeroizing::new(key)))
            };
            Ok(Keys { now: open(sealed)?, next: next.map(open).transpose()? })
        }
    }
}

/// What a key was needed for: the store, else a sealed file beside it.
fn encrypted(store: &Path) -> Result<Option<PathBuf>, KeyFault> {
    if std::fs::metadata(store).is_ok_and(|found| found.len() > 0) {
        return Ok(Some(store.to_owned()));
    }
    store.parent().map_or(Ok(None), rekey::any_sealed)
}

/// Writes the file for these keys, all or nothing; it is on disk when this returns.
pub(super) fn write(path: &Path, keys: &Keys, unlock: &Unlock) -> Result<(), KeyFault> {
    sweep(path);
    // Else the key would go on lying there as it was.
    place(&disk::at_end_of_links(path), &written(keys, unlock)?, true).map_err(|fault| file_fault(path, fault))
}

/// Whether the file at `path` wants a passphrase; `None` if there is none, or none of ours.
#[must_use]
pub fn is_sealed(path: &Path) -> Option<bool> {
    let text = read(path).ok()??;
    Written::read(&text).map(|written| matches!(written, Written::Sealed { .. }))
}

pub(super) fn file_fault(path: &Path, fault: io::Error) -> KeyFault {
    KeyFault::File { path: path.to_owned(), fault: Arc::new(fault) }
}

/// What a file says.
enum Written {
    Plain(Keys),
    Sealed { memory: u32, passes: u32, salt: [u8; SALT], sealed: Sealed, next: Option<Sealed> },
}

/// A key that a passphrase opens.
struct Sealed {
    nonce: [u8; NONCE],
    octets: Vec<u8>,
}

impl Sealed {
    fn read(nonce: &str, sealed: &str) -> Option<Self> {
        Some(Self { nonce: octets(nonce)?, octets: octets::<{ KEY + 16 }>(sealed)?.to_vec() })
    }
}

impl Written {
    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != FIRST {
            return None;
        }
        let words: Vec<&str> = lines.flat_map(|line| line.split(' ')).collect();
        let plain = |key: &str| Some(Key(Zeroizing::new(octets::<KEY>(key)?)));
        match words.as_slice() {
            ["plain", key] => Some(Self::Plain(Keys { now: plain(key)?, next: None })),
            ["plain", key, "next", next] => Some(Self::Plain(Keys { now: plain(key)?, next: Some(plain(next)?) })),
            ["argon2id", memory, passes, salt, "sealed", nonce, sealed, rest @ ..] => {
                let (memory, passes) = (memory.parse().ok()?, passes.parse().ok()?);
                let fine = (8..=MOST_MEMORY).contains(&memory) && (1..=MOST_PASSES).contains(&passes);
                let next = match rest {
                    [] => None,
                    ["next", nonce, sealed] => Some(Sealed::read(nonce, sealed)?),
                    _ => return None,
                };
                let (salt, sealed) = (octets(salt)?, Sealed::read(nonce, sealed)?);
                fine.then_some(Self::Sealed { memory, passes, salt, sealed, next })
            }
            _ => None,
        }
    }
}

/// The file for these keys.
fn written(keys: &Keys, unlock: &Unlock) -> Result<Zeroizing<String>, KeyFault> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    let _ = writeln!(*text, "{FIRST}");
    match unlock {
        Unlock::KeyFile => {
            for (word, key) in ["plain", "next"].into_iter().zip(keys.all()) {
                let _ = write!(*text, "{word} ");
                hex(&key.0[..], &mut text);
                text.push('\n');
            }
        }
        Unlock::Passphrase(passphrase) => {
            let salt = random::<SALT>()?;
            let cipher = cipher(passphrase, &salt, MEMORY, PASSES)?;
            let _ = write!(*text, "argon2id {MEMORY} {PASSES} ");
            hex(&salt, &mut text);
            text.push('\n');
            for (word, key) in ["sealed", "next"].into_iter().zip(keys.all()) {
                let nonce = random::<NONCE>()?;
                let sealed = cipher.encrypt(&XNonce::from(nonce), &key.0[..]);
                let sealed = sealed.map_err(|_| KeyFault::NotMade("it cannot be sealed".to_owned()))?;
                let _ = write!(*text, "{word} ");
                hex(&nonce, &mut text);
                text.push(' ');
                hex(&sealed, &mut text);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

fn cipher(passphrase: &Secret, salt: &[u8], memory: u32, passes: u32) -> Result<XChaCha20Poly1305, KeyFault> {
    let not_made = |fault: argon2::Error| KeyFault::NotMade(fault.to_string());
    let params = Params::new(memory, passes, 1, Some(KEY)).map_err(not_made)?;
    let mut key = Zeroizing::new([0; KEY]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.expose().as_bytes(), salt, &mut key[..]).map_err(not_made)?;
    XChaCha20Poly1305::new_from_slice(&key[..]).map_err(|fault| KeyFault::NotMade(fault.to_string()))
}

fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            let is_link = std::fs::symlink_metadata(path).is_ok();
            return if is_link {
                Err(io::Error::new(fault.kind(), "it is a link to a file that is not there"))
            } else {
                Ok(None)
            };
        }
        _ => {}
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or(0)));
    std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// The whole file or none of it. `over` = in place of one that is there, which is overwritten.
fn place(path: &Path, text: &str, over: bool) -> io::Result<()> {
    disk::place(path, text.as_bytes(), (BESIDE, ""), over)
}

/// Removes and overwrites what killed programs left of files of keys, here and where a link leads.
fn sweep(path: &Path) {
    let is_ours = |name: &str| {
        name.strip_prefix(BESIDE).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    let there = disk::at_end_of_links(path);
    let dirs = [path.parent(), there.parent().filter(|_| there != path)];
    dirs.into_iter().flatten().for_each(|dir| disk::sweep(dir, is_ours));
}

/// Octets nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N], KeyFault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|fault| KeyFault::NotMade(format!("the system gives no random numbers: {fault}")))?;
    Ok(bytes)
}

fn hex(bytes: &[u8], into: &mut String) {
    for byte in bytes {
        let _ = write!(into, "{byte:02x}");
    }
}

fn octets<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if hex.len() != 2 * N || !hex.is_ascii() {
        return None;
    }
    for (n, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Unlock {
        Unlock::Passphrase(Secret::new(text.to_owned()))
    }

    #[test]
    fn a_key_stays_the_same_and_a_passphrase_seals_it() {
        let dir = tempfile::tempdir().unwrap();
        let (path, store) = (dir.path().join("store.key"), dir.path().join("store.db"));
        let key = find(&path, &store, &Unlock::KeyFile).unwrap();
        assert_eq!(key, find(&path, &store, &Unlock::KeyFile).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let plain = std::fs::read_to_string(&path).unwrap();
        assert_eq!(key, find(&path, &store, &passphrase("correct horse")).unwrap(), "it is sealed, not changed");
        let sealed = std::fs::read_to_string(&path).unwrap();
        assert!(!sealed.contains(plain.split(' ').next_back().unwrap().trim()) && sealed.contains("argon2id 65536 3 "));
        assert_eq!(key, find(&path, &store, &passphrase("correct horse")).unwrap());
        assert!(matches!(find(&path, &store, &passphrase("wrong")), Err(KeyFault::Wrong { .. })));
        assert!(matches!(find(&path, &store, &Unlock::KeyFile), Err(KeyFault::Locked)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), sealed, "nothing was changed");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_no_key_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, store) = (dir.path().join("store.key"), dir.path().join("store.db"));
        let zeros = "0".repeat(32);
        for text in [
            "",
            "chinwag store key 2\nplain 00",
            "chinwag store key 1\nplain 00\n",
            "chinwag store key 1\nplain zz\n",
            &format!("chinwag store key 1\nargon2id 4294967295 3 {zeros}\nsealed {} {}\n", "0".repeat(48), "0".repeat(96)),
            &format!("chinwag store key 1\nargon2id 64 0 {zeros}\nsealed {} {}\n", "0".repeat(48), "0".repeat(96)),
        ] {
            std::fs::write(&path, text).unwrap();
            for unlock in [Unlock::KeyFile, passphrase("x")] {
                assert!(matches!(find(&path, &store, &unlock), Err(KeyFault::Damaged { .. })), "{text}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::remove_file(&path).unwrap();
        let gone = || match find(&path, &store, &Unlock::KeyFile) {
            Err(KeyFault::Gone { kept, .. }) => kept,
            other => panic!("{other:?}"),
        };
        std::fs::write(&store, b"something").unwrap();
        assert_eq!(gone(), store, "no new key for an old store");
        std::fs::remove_file(&store).unwrap();
        let rules = dir.path().join("rules");
        std::fs::create_dir(&rules).unwrap();
        std::fs::write(rules.join("a.json"), b"chinwag sealed 1\nsomething").unwrap();
        std::fs::write(rules.join("b.json"), b"{}").unwrap();
        assert_eq!(gone(), rules.join("a.json"), "nor for what is sealed beside it");
        assert!(!path.exists());
        std::fs::remove_file(rules.join("a.json")).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", &path).unwrap();
            let fault = find(&path, &store, &Unlock::KeyFile).unwrap_err().to_string();
            assert!(fault.ends_with("it is a link to a file that is not there"), "{fault}");
            std::fs::remove_file(&path).unwrap();
        }
        std::fs::create_dir(&path).unwrap();
        assert!(find(&path, &store, &Unlock::KeyFile).unwrap_err().to_string().ends_with("it is not a file"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_key_elsewhere_stays_a_link_and_no_plain_key_is_left_there() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (path, store, target) = (dir.path().join("store.key"), dir.path().join("store.db"), elsewhere.path().join("a key"));
        let key = find(&target, &store, &Unlock::KeyFile).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        let mut held = std::fs::File::open(&target).unwrap();
        assert_eq!(find(&path, &store, &passphrase("x")).unwrap(), key);
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!((is_sealed(&target), is_sealed(&path)), (Some(true), Some(true)));
        let mut left = Vec::new();
        held.read_to_end(&mut left).unwrap();
        assert!(left.iter().all(|octet| *octet == 0), "the plain key is overwritten");
    }

    #[test]
    fn what_a_killed_program_left_of_a_key_goes_when_one_is_found_or_written() {
        let dir = tempfile::tempdir().unwrap();
        let (path, store) = (dir.path().join("store.key"), dir.path().join("store.db"));
        let keys = find(&path, &store, &Unlock::KeyFile).unwrap();
        let (left, others) = (dir.path().join(".store.keyx1Y2z3"), dir.path().join(".store.key.swp"));
        for way in ["found", "written"] {
            std::fs::copy(&path, &left).unwrap();
            std::fs::write(&others, "").unwrap();
            match way {
                "found" => drop(find(&path, &store, &Unlock::KeyFile).unwrap()),
                _ => write(&path, &keys, &Unlock::KeyFile).unwrap(),
            }
            assert!(!left.exists() && others.exists(), "{way}");
        }
        assert_eq!(find(&path, &store, &Unlock::KeyFile).unwrap(), keys);
    }
}
