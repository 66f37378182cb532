//! Files that are written whole, put aside and wiped, so that nothing that is kept is lost or left behind.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// How often in a row a new file may be swept away before we give up: programs that start are few.
const SWEPT: usize = 10;
/// Names that are tried for a file that is put aside.
const NAMES: u32 = 1000;

/// A new file, in whose name stands what it is to become; locked as long as it is open, so that nobody takes it for
/// one that a killed program left.
///
/// # Errors
/// What the system says.
pub fn beside(dir: &Path, prefix: &str, suffix: &str) -> io::Result<tempfile::NamedTempFile> {
    for _ in 0..SWEPT {
        let file = tempfile::Builder::new().prefix(prefix).suffix(suffix).tempfile_in(dir)?;
        // Before it is locked, a program that starts now may sweep it away: then there is another.
        let swept = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock)) || !file.path().exists();
        if !swept {
            return Ok(file);
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// The whole file or none of it, readable by the user only, on disk before this returns. Its name begins and ends so
/// until it is whole. `over` = in place of one that is there, whose octets are overwritten where nobody can reach them
/// by another name.
pub(super) fn place(path: &Path, octets: &[u8], (prefix, suffix): (&str, &str), over: bool) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let old = if over && cfg!(unix) { File::options().write(true).open(path).ok() } else { None };
    let mut file = beside(dir, prefix, suffix)?;
    file.write_all(octets)?;
    file.as_file().sync_all()?;
    if over { file.persist(path) } else { file.persist_noclobber(path) }.map_err(|fault| fault.error)?;
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    if let Some(old) = old {
        // The new one is in its place whatever becomes of this.
        let _ = overwrite(old);
    }
    Ok(())
}

/// Removes files of a folder that killed programs left half done, and overwrites them. Those that somebody is writing
/// are locked.
pub fn sweep(dir: &Path, is_ours: impl Fn(&str) -> bool) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(&is_ours)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::options().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            // The name first: whoever has just given it another one keeps what is in it.
            let _ = std::fs::remove_file(entry.path());
            let _ = overwrite(file);
        }
    }
}

/// Overwrites a file that has no name any more, so that a thief of the disk does not find it. One that has, as in a copy
/// made of links, stays; so does every one on systems that do not tell.
///
/// # Errors
/// What the system says.
pub fn overwrite(file: File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::io::Seek as _;
        use std::os::unix::fs::MetadataExt as _;
        let (mut file, about) = (&file, file.metadata()?);
        if about.nlink() == 0 {
            file.rewind()?;
            file.write_all(&vec![0; usize::try_from(about.len()).unwrap_or(0)])?;
            file.sync_all()?;
        }
    }
    drop(file);
    Ok(())
}

/// A link to a file elsewhere stays a link: it is the file that is written.
#[must_use]
pub fn at_end_of_links(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Gives a file that cannot be used a name nothing has, `.broken-1` or the next number at its end, and what lies beside
/// it under its name and an ending the same. Where it is now.
///
/// # Errors
/// What the system says; the file has its name still.
pub fn put_aside(path: &Path, endings: &[&str]) -> io::Result<PathBuf> {
    let with = |path: &Path, ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    for n in 1..NAMES {
        let aside = with(path, &format!(".broken-{n}"));
        if is_there(&aside) || endings.iter().any(|ending| is_there(&with(&aside, ending))) {
            continue;
        }
        // The file itself last: alone it is found again, and what belongs to it would be taken for another's.
        for ending in endings {
            match rename_anew(&with(path, ending), &with(&aside, ending)) {
                Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
                _ => {}
            }
        }
        match rename_anew(path, &aside) {
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
            done => return done.map(|()| aside),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Gives a file another name, never that of one that is there.
fn rename_anew(from: &Path, to: &Path) -> io::Result<()> {
    // A hard link never replaces what is there, unlike a rename.
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from),
        Err(fault) if matches!(fault.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => Err(fault),
        // Not every file system has them.
        Err(_) if std::fs::symlink_metadata(to).is_err() => std::fs::rename(from, to),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_aside_takes_its_own_along_and_the_place_of_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let holds = |name: &str| std::fs::read_to_string(at(name)).unwrap();
        // Somebody has the first name, and what belongs to a file of the second.
        std::fs::write(at("a.broken-1"), "first").unwrap();
        std::fs::write(at("a.broken-2-wal"), "second").unwrap();
        for (n, text) in [(3, "third"), (4, "fourth")] {
            std::fs::write(at("a"), text).unwrap();
            std::fs::write(at("a-wal"), format!("{text} journal")).unwrap();
            let aside = put_aside(&at("a"), &["-wal", "-shm"]).unwrap();
            assert_eq!(aside, at(&format!("a.broken-{n}")));
            assert_eq!(std::fs::read_to_string(&aside).unwrap(), text);
            assert_eq!(holds(&format!("a.broken-{n}-wal")), format!("{text} journal"));
            assert!(!at("a").exists() && !at("a-wal").exists());
        }
        assert_eq!((holds("a.broken-1"), holds("a.broken-2-wal")), ("first".into(), "second".into()));
        assert_eq!(put_aside(&at("a"), &["-wal"]).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_swept_is_overwritten_unless_somebody_writes_it_or_it_got_its_name() {
        use std::io::Read as _;
        let dir = tempfile::tempdir().unwrap();
        let left = |name: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, "a key").unwrap();
            path
        };
        let (ours, other, named) = (left(".k1"), left(".other"), left(".k2"));
        std::fs::hard_link(&named, dir.path().join("k")).unwrap();
        let mut writing = beside(dir.path(), ".k", "").unwrap();
        writing.write_all(b"a key").unwrap();
        let mut held = [&ours, &named].map(|path| File::open(path).unwrap());
        sweep(dir.path(), |name| name.starts_with(".k"));
        let read = held.each_mut().map(|file| {
            let mut octets = Vec::new();
            file.read_to_end(&mut octets).unwrap();
            octets
        });
        assert_eq!(read, [vec![0; 5], b"a key".to_vec()]);
        assert!(!ours.exists() && other.exists() && !named.exists() && writing.path().exists());
        assert_eq!(std::fs::read(writing.path()).unwrap(), b"a key");
    }
}
