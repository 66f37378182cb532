//! The file in which messages are kept: a database (`SQLite`) that survives a killed process and a loss of power.
//!
//! What the user has read, and what is known to have arrived, is overwritten in it. It is readable by
//! the user only, and not encrypted.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use super::rows;
use super::words::{Keep, Remembered};
use crate::model::Address;

/// Version of the tables this program writes.
const VERSION: i64 = 2;
/// Ids of read messages that are remembered.
const IDS: i64 = 4_096;
/// Unread messages kept, and octets of their text; strangers' go first, and of those the oldest.
const UNREAD: i64 = 20_000;
const UNREAD_OCTETS: i64 = 64 * 1024 * 1024;
/// What may come before these bounds are looked at again: the look reads all that is unread.
const BETWEEN: usize = 1_000;
const OCTETS_BETWEEN: usize = 4 * 1024 * 1024;

/// Why messages cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The folder or the file cannot be used.
    #[error("{}: {fault}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        fault: io::Error,
    },
    /// A newer chinwag wrote it.
    #[error("{} was written by a newer version of chinwag (format {found}); it is left as it is", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// The database says no.
    #[error("{}: {fault}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// What it says.
        fault: rusqlite::Error,
    },
}

/// Where messages are kept within the data folder.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("messages.db")
}

/// The open file. Only one program may have it open.
#[derive(Debug)]
pub struct Ledger {
    database: Connection,
    path: PathBuf,
    /// What came since the bounds were looked at.
    unlimited: (usize, usize),
    /// Something was deleted of which the journal may still hold copies.
    remains: bool,
}

impl Ledger {
    /// Opens the file, or makes it. One that is broken is put aside under another name, which comes
    /// back beside the ledger: nothing is thrown away.
    ///
    /// # Errors
    /// [`LedgerFault`]; nothing was changed then.
    pub fn open(path: &Path) -> Result<(Self, Option<PathBuf>), LedgerFault> {
        match Self::open_as_it_is(path) {
            Err(LedgerFault::Database { fault, .. }) if is_broken(&fault) => {
                let aside = set_aside(path).map_err(|fault| LedgerFault::File { path: path.to_owned(), fault })?;
                Ok((Self::open_as_it_is(path)?, Some(aside)))
            }
            other => Ok((other?, None)),
        }
    }

    fn open_as_it_is(path: &Path) -> Result<Self, LedgerFault> {
        private(path).map_err(|fault| LedgerFault::File { path: path.to_owned(), fault })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let told = |fault| LedgerFault::Database { path: path.to_owned(), fault };
        let database = Connection::open_with_flags(path, flags).map_err(told)?;
        let mut ledger = Self { database, path: path.to_owned(), unlimited: (0, 0), remains: true };
        ledger.prepare()?;
        ledger.wipe()?;
        Ok(ledger)
    }

    /// Settings and tables.
    fn prepare(&mut self) -> Result<(), LedgerFault> {
        let path = self.path.clone();
        let told = |fault| LedgerFault::Database { path: path.clone(), fault };
        let database = &mut self.database;
        // One fsync for each commit; what is deleted is overwritten; nobody else gets in.
        let settings = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                        PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;";
        database.execute_batch(settings).map_err(told)?;
        let found: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(told)?;
        if found > VERSION {
            return Err(LedgerFault::Newer { path, found });
        }
        let change = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        if found < 1 {
            change.execute_batch(rows::VERSION_1).map_err(told)?;
        }
        if found < 2 {
            change.execute_batch(rows::VERSION_2).map_err(told)?;
        }
        change.pragma_update(None, "user_version", VERSION).map_err(told)?;
        change.commit().map_err(told)
    }

    /// Writes things down together, in order; on return they are on disk, all or none.
    ///
    /// # Errors
    /// What the database says, such as that the disk is full; nothing was written then.
    pub fn write(&mut self, batch: &[Keep]) -> Result<(), LedgerFault> {
        // A file somebody took away is written to for ever, and read by nobody.
        std::fs::metadata(&self.path).map_err(|fault| LedgerFault::File { path: self.path.clone(), fault })?;
        let path = self.path.clone();
        let told = |fault| LedgerFault::Database { path: path.clone(), fault };
        let (mut count, mut octets) = self.unlimited;
        let change = self.database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        for keep in batch {
            rows::write(&change, keep).map_err(told)?;
            if let Keep::Incoming(message) = keep {
                (count, octets) = (count + 1, octets + message.body.text.len());
            }
        }
        if count > BETWEEN || octets > OCTETS_BETWEEN {
            limit(&change).map_err(told)?;
            (count, octets) = (0, 0);
        }
        change.commit().map_err(told)?;
        self.unlimited = (count, octets);
        self.remains |= batch.iter().any(|keep| matches!(keep, Keep::Settled(_) | Keep::Read { .. } | Keep::Draft(_)));
        Ok(())
    }

    /// Takes what was deleted out of the journal as well.
    ///
    /// # Errors
    /// What the database says; it is tried again the next time.
    pub fn wipe(&mut self) -> Result<(), LedgerFault> {
        if std::mem::take(&mut self.remains) {
            let told = |fault| LedgerFault::Database { path: self.path.clone(), fault };
            let done = self.database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            self.remains = done.is_err();
            done.map_err(told)?;
        }
        Ok(())
    }

    /// Whether [`Ledger::wipe`] has something to do.
    #[must_use]
    pub const fn has_remains(&self) -> bool {
        self.remains
    }

    /// Everything kept.
    ///
    /// # Errors
    /// What the database says.
    pub fn read(&self) -> Result<Remembered, LedgerFault> {
        let read = || -> rusqlite::Result<Remembered> {
            let database = &self.database;
            let mut outgoing = database.prepare("SELECT * FROM outgoing ORDER BY tag")?;
            let outgoing = outgoing.query_map([], rows::outgoing)?.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            let mut incoming = database.prepare("SELECT * FROM incoming WHERE unread ORDER BY place")?;
            let incoming = incoming.query_map([], rows::incoming)?.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            let mut received = database.prepare("SELECT account, id FROM incoming ORDER BY place DESC LIMIT ?1")?;
            let received = received.query_map([IDS], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            let received = received.collect::<Result<Vec<_>, _>>()?;
            let received = received.into_iter().filter_map(|(account, id)| Some((Address::parse(&account).ok()?, id))).collect();
            let mut drafts = database.prepare("SELECT * FROM drafts")?;
            let drafts = drafts.query_map([], rows::draft)?.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            Ok(Remembered { outgoing, incoming, received, drafts })
        };
        read().map_err(|fault| LedgerFault::Database { path: self.path.clone(), fault })
    }
}

#[cfg(test)]
impl Ledger {
    /// From now on the disk is nearly full.
    pub(super) fn limit_pages(&self) {
        self.database.pragma_update(None, "max_page_count", 64).unwrap();
    }
}

/// Keeps the table of what came within its bounds.
fn limit(to: &rusqlite::Transaction<'_>) -> rusqlite::Result<()> {
    let last: i64 = to.query_row("SELECT coalesce(max(place), 0) FROM incoming", [], |row| row.get(0))?;
    to.prepare_cached("DELETE FROM incoming WHERE NOT unread AND place <= ?1")?.execute([last - IDS])?;
    loop {
        let sizes = "SELECT count(*), coalesce(sum(length(CAST(text AS BLOB))), 0) FROM incoming WHERE unread";
        let (count, octets): (i64, i64) = to.prepare_cached(sizes)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if count <= UNREAD && octets <= UNREAD_OCTETS {
            return Ok(());
        }
        let oldest =
            "DELETE FROM incoming WHERE place IN (SELECT place FROM incoming WHERE unread ORDER BY known, place LIMIT ?1)";
        to.prepare_cached(oldest)?.execute(params![(count - UNREAD).max(16)])?;
    }
}

fn is_broken(fault: &rusqlite::Error) -> bool {
    matches!(fault.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Gives a broken file another name; the newest broken one keeps it.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    for rest in ["-wal", "-shm"] {
        match std::fs::rename(with(rest), with(&format!(".broken{rest}"))) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
            _ => {}
        }
    }
    let aside = with(".broken");
    std::fs::rename(path, &aside)?;
    #[cfg(unix)]
    std::fs::set_permissions(&aside, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(aside)
}

/// The file is there and nobody but the user may read it, before anything is in it.
fn private(path: &Path) -> io::Result<()> {
    // A pipe would be opened for ever.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _file = options.open(path)?;
    Ok(())
}
