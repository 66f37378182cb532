//! Who this installation is to registrars (RFC 5626 section 4.1): the same after every start.
//!
//! Two programs that run at the same time must not both claim the name, or a registrar would take
//! one for the other and send it the other's messages. The first one holds a lock on the file; the
//! second one is somebody else until it ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use uuid::Uuid;

/// The name of this installation, held while this lives.
#[derive(Debug)]
pub struct Installation {
    /// The name.
    pub uuid: Uuid,
    lock: Option<File>,
}

impl Installation {
    /// Whether this program, and no other, has the lasting name.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.lock.is_some()
    }

    /// A name for this run only.
    #[must_use]
    pub fn passing() -> Self {
        Self { uuid: Uuid::new_v4(), lock: None }
    }

    /// Takes the name from a file in `dir`, which is made if missing.
    ///
    /// # Errors
    /// What the system says; callers go on with [`Installation::passing`].
    pub fn in_dir(dir: &Path) -> io::Result<Self> {
        private_dir(dir)?;
        let mut file = open_private(&dir.join("installation"))?;
        if file.try_lock().is_err() {
            return Ok(Self::passing());
        }
        let mut text = String::new();
        Read::by_ref(&mut file).take(256).read_to_string(&mut text)?;
        let uuid = match Uuid::parse_str(text.trim()) {
            Ok(uuid) if !uuid.is_nil() => uuid,
            // Nothing depends on an old name: a new one costs one registration.
            _ => {
                let uuid = Uuid::new_v4();
                file.set_len(0)?;
                file.rewind()?;
                writeln!(file, "{uuid}")?;
                file.sync_all()?;
                uuid
            }
        };
        Ok(Self { uuid, lock: Some(file) })
    }
}

/// Makes a folder that only the user can enter.
///
/// # Errors
/// What the system says.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stays_and_is_not_shared() {
        let dir = tempfile::tempdir().unwrap();
        let first = Installation::in_dir(&dir.path().join("new")).unwrap();
        let second = Installation::in_dir(&dir.path().join("new")).unwrap();
        assert_ne!(first.uuid, second.uuid);
        let name = first.uuid;
        drop((first, second));
        assert_eq!(Installation::in_dir(&dir.path().join("new")).unwrap().uuid, name);
    }

    #[test]
    fn a_broken_file_gets_a_new_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("installation"), "not a name").unwrap();
        let name = Installation::in_dir(dir.path()).unwrap().uuid;
        assert_eq!(Installation::in_dir(dir.path()).unwrap().uuid, name);
    }
}
