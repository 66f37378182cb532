//! Where the socket is: one for each data folder, in a folder that only the user can enter.
//!
//! `$XDG_RUNTIME_DIR/chinwag`, which is gone after a restart of the machine; where there is no such folder,
//! `/run/user` and the user's number, since programs started by cron are not told; else the state folder.
//! Folders that are links, or that belong to others, are not used.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Longest path of a socket that every system takes.
const LONGEST: usize = 103;

/// Our number, as the system counts users.
#[must_use]
pub fn our_uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// The folders the socket may be in, the best one first.
#[must_use]
pub fn folders(state_dir: &Path) -> Vec<PathBuf> {
    let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let runtime = given.unwrap_or_else(|| PathBuf::from(format!("/run/user/{}", our_uid())));
    let ours = std::fs::symlink_metadata(&runtime).is_ok_and(|meta| meta.is_dir() && is_ours_alone(&meta, 0o022));
    let runtime = ours.then(|| runtime.join("chinwag"));
    runtime.into_iter().chain([state_dir.join("control")]).collect()
}

/// The name of the socket of a data folder, however the way there is written.
#[must_use]
pub fn name(data_dir: &Path) -> String {
    let whole = std::fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let start = digest.iter().take(8).fold(0_u64, |start, byte| start << 8 | u64::from(*byte));
    format!("{start:016x}.sock")
}

/// Whether it belongs to us and gives others none of these permissions.
fn is_ours_alone(meta: &std::fs::Metadata, forbidden: u32) -> bool {
    meta.uid() == our_uid() && meta.mode() & forbidden == 0
}

/// Makes a folder that only we can enter, or makes sure that it is one.
///
/// # Errors
/// What the system says; that it is a link, or belongs to somebody else.
pub fn prepare(folder: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
        Err(fault) if fault.kind() != io::ErrorKind::AlreadyExists => return Err(fault),
        _ => {}
    }
    let meta = std::fs::symlink_metadata(folder)?;
    if !meta.is_dir() || meta.uid() != our_uid() {
        return Err(io::Error::other(format!("{} is not a folder of this user's own", folder.display())));
    }
    if meta.mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Makes way for a new socket: what a killed program left is taken away, anything else stays.
///
/// # Errors
/// What is there instead, or that the path is too long.
pub fn clear(path: &Path) -> io::Result<()> {
    if path.as_os_str().len() > LONGEST {
        return Err(io::Error::other(format!("the path {} is too long for a socket", path.display())));
    }
    match std::fs::symlink_metadata(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(fault),
        Ok(meta) if meta.file_type().is_socket() && meta.uid() == our_uid() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::other(format!("{} is there and is no socket of ours", path.display()))),
    }
}

/// Whether a socket of ours, and nothing else, is at this path.
#[must_use]
pub fn is_socket_of_ours(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| std::fs::symlink_metadata(folder).ok());
    let safe = folder.is_some_and(|meta| meta.is_dir() && is_ours_alone(&meta, 0o077));
    safe && std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket() && meta.uid() == our_uid())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn one_name_for_each_data_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        std::fs::create_dir_all(&one).unwrap();
        symlink(&one, &other).unwrap();
        assert_eq!(name(&one), name(&other), "the same folder by another way");
        assert_eq!(name(&one), name(&one.join("..").join("one")));
        assert_ne!(name(&one), name(dir.path()));
        assert_eq!(name(&one).len(), "0123456789abcdef.sock".len());
    }

    #[test]
    fn a_folder_is_for_us_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a").join("b");
        prepare(&folder).unwrap();
        let mode = || std::fs::metadata(&folder).unwrap().mode() & 0o777;
        assert_eq!(mode(), 0o700);
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(mode(), 0o700, "others are put out");
        let link = dir.path().join("link");
        symlink(&folder, &link).unwrap();
        assert!(prepare(&link).is_err(), "a link leads anywhere");
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(prepare(&file).is_err());
    }

    #[test]
    fn only_old_sockets_make_way() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("chinwag");
        prepare(&dir).unwrap();
        let path = dir.join("s.sock");
        clear(&path).unwrap();
        assert!(!is_socket_of_ours(&path));
        drop(UnixListener::bind(&path).unwrap());
        assert!(is_socket_of_ours(&path));
        clear(&path).unwrap();
        assert!(!path.exists());
        std::fs::write(&path, "precious").unwrap();
        assert!(clear(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        let (link, target) = (dir.join("l.sock"), dir.join("t.sock"));
        let _target = UnixListener::bind(&target).unwrap();
        symlink(&target, &link).unwrap();
        assert!(clear(&link).is_err() && !is_socket_of_ours(&link));
        assert!(target.exists(), "what a link leads to is not touched");
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(!is_socket_of_ours(&target), "anybody could have put it there");
        assert!(clear(&dir.join("x".repeat(120))).is_err());
    }
}
