//! Files of people and of what is decided about them: sealed with the key of the store, written all or nothing.
//!
//! What an earlier version left in clear is read as it is, sealed at once, and overwritten.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::history::{self, Content, KeyFault, SealFault, Vault, sealed_name};
use crate::net::link::plain;
use crate::runtime::installation::private_dir;
use crate::runtime::roster_file::{sweep, write_whole};

/// Why a file cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealedFault {
    /// The system says no, in its words.
    #[error("{0}")]
    File(String),
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// It cannot be opened with the key there is.
    #[error("{0}")]
    Damaged(SealFault),
}

impl SealedFault {
    fn system(fault: &io::Error) -> Self {
        Self::File(plain(fault))
    }
}

impl From<SealFault> for SealedFault {
    fn from(fault: SealFault) -> Self {
        match fault {
            SealFault::Key(fault) => Self::Key(fault),
            fault @ SealFault::Damaged => Self::Damaged(fault),
        }
    }
}

/// What a file holds, up to so many octets; `None` if there is none. What killed programs left beside it goes.
///
/// # Errors
/// [`SealedFault`]; the file is as it was.
pub fn read(path: &Path, largest: u64, vault: &Vault) -> Result<Option<Content>, SealedFault> {
    sweep(path);
    let Some(octets) = octets(path, largest)? else { return Ok(None) };
    let name = sealed_name(path);
    match vault.open(&name, octets) {
        // It may have got another key while ours was waited for. Now that we hold one, nobody exchanges it.
        Err(SealFault::Damaged) => {
            let Some(octets) = self::octets(path, largest)? else { return Ok(None) };
            Ok(Some(vault.open(&name, octets)?))
        }
        opened => Ok(Some(opened?)),
    }
}

fn octets(path: &Path, largest: u64) -> Result<Option<Vec<u8>>, SealedFault> {
    let mut octets = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(largest).read_to_end(&mut octets).map_err(|fault| SealedFault::system(&fault))?,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(SealedFault::system(&fault)),
    };
    Ok(Some(octets))
}

/// Writes a file, sealed. One in clear that was there is overwritten, as far as the disk does what it is told.
///
/// # Errors
/// [`SealedFault`]; the old file is unharmed then.
pub fn write(path: &Path, content: &[u8], vault: &Vault) -> Result<(), SealedFault> {
    // The key is made with the first file, where there is none.
    private_dir(vault.dir()).map_err(|fault| SealedFault::system(&fault))?;
    let sealed = vault.seal(&sealed_name(path), content)?;
    let old = hold(path);
    write_whole(path, &sealed).map_err(|fault| SealedFault::system(&fault))?;
    if let Some(old) = old
        && let Err(fault) = history::overwrite(old)
    {
        tracing::warn!(%fault, path = %path.display(), "what lay there in clear could not be overwritten");
    }
    Ok(())
}

/// Removes a file, if there is one.
///
/// # Errors
/// [`SealedFault::File`].
pub fn remove(path: &Path) -> Result<(), SealedFault> {
    let old = hold(path);
    match std::fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(SealedFault::system(&fault)),
        _ => {}
    }
    if let Some(old) = old
        && let Err(fault) = history::overwrite(old)
    {
        tracing::warn!(%fault, path = %path.display(), "what lay there in clear could not be overwritten");
    }
    Ok(())
}

/// Seals a file that was read in clear and found to be good.
///
/// # Errors
/// A sentence for the user; the file is as it was.
pub fn take_over(path: &Path, content: &[u8], vault: &Vault) -> Result<(), String> {
    write(path, content, vault)
        .map_err(|fault| format!("{} lies there in clear and could not be encrypted: {fault}", path.display()))
}

/// A file in clear that is about to be replaced, to be overwritten then. On Windows an open file cannot be replaced.
fn hold(path: &Path) -> Option<File> {
    if !cfg!(unix) {
        return None;
    }
    let mut file = File::options().read(true).write(true).open(path).ok()?;
    let mut beginning = Vec::new();
    Read::by_ref(&mut file).take(BEGINNING).read_to_end(&mut beginning).ok()?;
    (!beginning.starts_with(b"chinwag ")).then_some(file)
}

/// Octets that tell a sealed file.
const BEGINNING: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Unlock;

    fn vault(dir: &Path) -> Vault {
        Vault::new(dir, Ok(Unlock::KeyFile))
    }

    #[test]
    fn a_file_is_sealed_and_read_again_under_its_own_name() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, path) = (vault(dir.path()), dir.path().join("rosters").join("alice.toml"));
        assert!(matches!(read(&path, 100, &vault), Ok(None)));
        write(&path, b"bob@example.test", &vault).unwrap();
        assert!(!String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains("bob"));
        assert_eq!(read(&path, 1000, &vault).unwrap(), Some(Content::Sealed(b"bob@example.test".to_vec())));
        let other = path.with_file_name("eve.toml");
        std::fs::copy(&path, &other).unwrap();
        assert!(matches!(read(&other, 1000, &vault), Err(SealedFault::Damaged(_))), "nobody gets the list of another");
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_was_in_clear_is_overwritten_unless_it_has_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, path) = (vault(dir.path()), dir.path().join("rosters").join("alice.toml"));
        write(&path, b"", &vault).unwrap();
        for linked in [false, true] {
            std::fs::write(&path, "bob@example.test").unwrap();
            let copy = dir.path().join("copy");
            if linked {
                std::fs::hard_link(&path, &copy).unwrap();
            }
            let mut held = File::open(&path).unwrap();
            assert_eq!(read(&path, 1000, &vault).unwrap(), Some(Content::Clear(b"bob@example.test".to_vec())));
            take_over(&path, b"bob@example.test", &vault).unwrap();
            let mut left = Vec::new();
            held.read_to_end(&mut left).unwrap();
            assert_eq!(left == b"bob@example.test", linked, "{left:?}");
            assert_eq!(read(&path, 1000, &vault).unwrap(), Some(Content::Sealed(b"bob@example.test".to_vec())));
        }
    }
}
