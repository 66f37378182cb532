//! Where a file of somebody else lies until it may be opened: a folder of its own within the folder it will end in,
//! under a name that says nothing, for nobody but the user to read, and never to be run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::inspect::SafeName;
use crate::model::Address;
use crate::transfer::StoreFault;

/// The folder.
const FOLDER: &str = ".chinwag-quarantine";
/// Room that is left on the disk beyond the file.
#[cfg(unix)]
const SPARE: u64 = 16 * 1024 * 1024;
/// Younger files may belong to a program that has made them and not locked them yet.
const YOUNG: Duration = Duration::from_mins(1);
/// Names that are tried before we give up.
const NAMES: u32 = 10_000;

/// One file there. It is deleted when dropped.
#[derive(Debug)]
pub(super) struct Quarantined {
    file: File,
    path: PathBuf,
    folder: PathBuf,
    released: bool,
}

impl Quarantined {
    /// Makes an empty one, and sweeps away what killed programs left there.
    ///
    /// # Errors
    /// Why it cannot come, as a clause.
    pub(super) fn new(folder: &Path, octets: u64) -> Result<Self, String> {
        let told = |path: &Path, why: &io::Error| format!("{} cannot be used: {why}", path.display());
        std::fs::create_dir_all(folder).map_err(|why| told(folder, &why))?;
        let quarantine = folder.join(FOLDER);
        private_folder(&quarantine).map_err(|why| told(&quarantine, &why))?;
        sweep(&quarantine);
        has_room(&quarantine, octets)?;
        let name = uuid::Uuid::new_v4().simple().to_string();
        let path = quarantine.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|why| told(&path, &why))?;
        // What is locked belongs to a program that lives.
        file.try_lock().map_err(|why| format!("{} cannot be locked: {why}", path.display()))?;
        Ok(Self { file, path, folder: folder.to_owned(), released: false })
    }

    /// Adds octets at its end.
    pub(super) fn store(&mut self, octets: &[u8]) -> Result<(), StoreFault> {
        self.file.write_all(octets).map_err(|why| match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => StoreFault::Full,
            _ => StoreFault::Broken,
        })
    }

    /// All has come: from now on others can read it too, which some systems keep from them while it is locked for us.
    ///
    /// # Errors
    /// Why it cannot be, as a clause.
    pub(super) fn share(&self) -> Result<(), String> {
        let told = |why: &dyn std::fmt::Display| format!("{} cannot be locked: {why}", self.path.display());
        self.file.unlock().map_err(|why| told(&why))?;
        self.file.try_lock_shared().map_err(|why| told(&why))
    }

    /// It, to be looked into.
    pub(super) const fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that all of it is on the disk, which may take a while.
    ///
    /// # Errors
    /// Why it is not, as a clause.
    pub(super) fn settle(&self) -> Result<(), String> {
        self.file.sync_all().map_err(|why| format!("it could not be written to the disk: {why}"))
    }

    /// Lets it out under the name it was given, or one like it: nothing is ever overwritten. It is marked as coming
    /// from `from`, where the file system can.
    ///
    /// # Errors
    /// Why it stays, as a clause; it is deleted then.
    pub(super) fn release(mut self, name: &SafeName, from: &Address) -> Result<PathBuf, String> {
        mark(&self.file, &self.path, from);
        for number in 1..=NAMES {
            let to = self.folder.join(if number == 1 { name.as_str().to_owned() } else { name.alternative(number) });
            match place(&self.path, &to) {
                Ok(()) => {
                    self.released = true;
                    sync_folder(&self.folder);
                    return Ok(to);
                }
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                Err(why) => return Err(format!("{} cannot be written: {why}", to.display())),
            }
        }
        Err(format!("there are too many files called {} already", name.as_str()))
    }
}

impl Drop for Quarantined {
    fn drop(&mut self) {
        if !self.released {
            // What cannot be deleted now is swept away the next time.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Gives a file another name that nobody has; all or nothing.
fn place(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        // The other name, if it stays, is swept away the next time.
        Ok(()) => {
            let _ = std::fs::remove_file(from);
            Ok(())
        }
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Err(why),
        // Some file systems know no second names: then the name is taken first, and the file put into its place.
        Err(_) => {
            OpenOptions::new().write(true).create_new(true).open(to)?;
            std::fs::rename(from, to).inspect_err(|_| {
                let _ = std::fs::remove_file(to);
            })
        }
    }
}

/// A folder of ours that nobody else can look into, and that is no link to elsewhere.
fn private_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let made = std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(path);
    #[cfg(not(unix))]
    let made = std::fs::create_dir(path);
    match made {
        Err(why) if why.kind() != io::ErrorKind::AlreadyExists => return Err(why),
        _ => {}
    }
    let found = std::fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to somebody else"));
        }
        if found.mode() & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Deletes what nobody holds any more.
fn sweep(quarantine: &Path) {
    for left in std::fs::read_dir(quarantine).into_iter().flatten().flatten() {
        let is_file = left.file_type().is_ok_and(|kind| kind.is_file());
        let made = left.metadata().and_then(|found| found.modified()).ok();
        let is_young = made.and_then(|made| made.elapsed().ok()).is_some_and(|age| age < YOUNG);
        if !is_file || is_young {
            continue;
        }
        let Ok(file) = OpenOptions::new().read(true).write(true).open(left.path()) else { continue };
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            drop(file);
            let _ = std::fs::remove_file(left.path());
        }
    }
}

#[cfg(unix)]
fn has_room(folder: &Path, octets: u64) -> Result<(), String> {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < octets.saturating_add(SPARE) {
        return Err(format!("there is no room for it in {}", folder.parent().unwrap_or(folder).display()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn has_room(_: &Path, _: u64) -> Result<(), String> {
    Ok(())
}

/// Marks a file as coming from somebody: programs that open files can warn of that. Not all file systems can.
#[cfg(target_os = "linux")]
fn mark(file: &File, _: &Path, from: &Address) {
    let _ = rustix::fs::fsetxattr(file, "user.xdg.origin.url", from.as_str().as_bytes(), rustix::fs::XattrFlags::empty());
}

#[cfg(windows)]
fn mark(_: &File, path: &Path, _: &Address) {
    let mut stream = path.as_os_str().to_owned();
    stream.push(":Zone.Identifier");
    let _ = std::fs::write(stream, "[ZoneTransfer]\r\nZoneId=3\r\n");
}

#[cfg(not(any(target_os = "linux", windows)))]
fn mark(_: &File, _: &Path, _: &Address) {}

/// The new name is on the disk too.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}
