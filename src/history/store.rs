//! The file in which messages are kept: an encrypted database (`SQLCipher`) that survives a killed process
//! and a loss of power.
//!
//! It holds the ledger, which is what waits and what nobody has read, and the history, which is everything
//! that was said. What leaves either is overwritten.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior, ffi, params};

use super::asks::{Ask, Found, Hits, Page, Part, Search, Talk};
use super::disk::put_aside;
use super::key::{Key, KeyFault, Keys, Unlock};
use super::vault::{Held, Vault};
use super::words::{Keep, Remembered, With};
use super::{import, past, rows};
use crate::model::{Address, Retention, Stamp};

/// Name of the file of its key.
const KEY: &str = "store.key";
/// Version of the tables this program writes.
const VERSION: i64 = 1;
/// Kibibytes of the database held in memory: with less, a search reads the same pages over and over.
const CACHE: i64 = 16 * 1024;
/// The last number a message of ours had. The index has only those that have one: asked otherwise, it is not used.
pub(super) const LAST_TAG: &str = "SELECT max(coalesce((SELECT max(tag) FROM said WHERE tag IS NOT NULL), 0), \
                                   coalesce((SELECT max(tag) FROM outgoing), 0))";
/// Longest time one question may take; it is told then that there is no answer.
const LONGEST_ASK: Duration = Duration::from_secs(2);
/// Steps of the database between two looks at the clock.
const STEPS: i32 = 10_000;
/// Messages deleted together.
const TOGETHER: usize = 1_000;
const DAY: Duration = Duration::from_hours(24);
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
pub enum StoreFault {
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// Another program has it open.
    #[error("{} is used by another chinwag", path.display())]
    Taken {
        /// Which.
        path: PathBuf,
    },
    /// The folder or the file cannot be used.
    #[error("{}: {fault}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        fault: io::Error,
    },
    /// The key there is opens nothing of it.
    #[error(
        "the key in {} does not fit {}, or the beginning of that file is damaged; it was left as it is. Put back the store.key that \
         belongs to it, or a copy of both. To begin anew without what is kept in it, move it away, and what lies beside it under its name",
        key.display(), path.display()
    )]
    OtherKey {
        /// Which.
        path: PathBuf,
        /// The file of the key.
        key: PathBuf,
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
    data_dir.join("store.db")
}

/// Where its key is.
#[must_use]
pub fn key_path(data_dir: &Path) -> PathBuf {
    data_dir.join(KEY)
}

/// Whether anything is kept in a data folder; `true` also where nobody lets us look: opening it says why.
#[must_use]
pub fn exists(data_dir: &Path) -> bool {
    [path(data_dir), import::path(data_dir)].iter().any(|path| path.try_exists().unwrap_or(true))
}

/// The open file. Only one program may have it open.
#[derive(Debug)]
pub struct Store {
    database: Connection,
    path: PathBuf,
    retention: Retention,
    /// What came since the bounds were looked at.
    unlimited: (usize, usize),
    /// Something was deleted of which the journal may still hold copies.
    remains: bool,
    /// Keeps others from exchanging the key.
    held: Option<Arc<Held>>,
}

impl Store {
    /// Opens the store of a data folder, or makes it. A file that its key opens, but that is broken in what a start
    /// reads of it, is put aside under another name, which comes back beside the store: nothing is thrown away. Of one
    /// whose beginning the key does not open nobody can tell whether it is broken, so it stays, as does one the disk
    /// cannot read. What an earlier version kept in clear is taken over.
    ///
    /// # Errors
    /// [`StoreFault`]; nothing was changed then.
    pub fn open(data_dir: &Path, unlock: &Unlock, retention: Retention) -> Result<(Self, Option<PathBuf>), StoreFault> {
        Self::open_with(&Vault::new(data_dir, Ok(unlock.clone())), retention)
    }

    /// The same with a key that may be found already.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(vault: &Vault, retention: Retention) -> Result<(Self, Option<PathBuf>), StoreFault> {
        Self::begin(vault, retention).map(|(store, _, aside)| (store, aside))
    }

    /// The same, with everything kept: it was read to see whether the file is broken.
    pub(super) fn begin(vault: &Vault, retention: Retention) -> Result<(Self, Remembered, Option<PathBuf>), StoreFault> {
        let (data_dir, path) = (vault.dir(), path(vault.dir()));
        let at = |fault| StoreFault::File { path: path.clone(), fault };
        usable(&path).map_err(at)?;
        let held = vault.held()?;
        private(&path).map_err(at)?;
        let begun = Self::open_with_any(&path, &held.keys, retention).and_then(|store| store.begun(data_dir));
        let (mut store, remembered, aside) = match begun {
            // Its key opened it by then, and a disk that fails or is full is told otherwise.
            Err(StoreFault::Database { fault, .. }) if fault.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                let broken = set_aside(&path).map_err(at)?;
                private(&path).map_err(at)?;
                let (store, remembered, _) = Self::open_as_it_is(&path, held.keys.newest(), retention)?.begun(data_dir)?;
                (store, remembered, Some(broken))
            }
            other => other?,
        };
        store.held = Some(held);
        Ok((store, remembered, aside))
    }

    /// What every start does with it. The file of an earlier version comes last, since it is wiped then: a store that is
    /// broken shall not take it in before that is known.
    fn begun(mut self, data_dir: &Path) -> Result<(Self, Remembered, Option<PathBuf>), StoreFault> {
        let mut remembered = self.read()?;
        match self.close_open_fates().and_then(|()| self.wipe()) {
            // The next start does it, and until then everything can be read.
            Err(StoreFault::Database { fault, .. }) if fault.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                tracing::warn!("the disk is full");
            }
            done => done?,
        }
        let more = import::path(data_dir).try_exists().unwrap_or(true);
        let aside = import::take_over(&mut self.database, data_dir, self.retention)?;
        if more {
            remembered = self.read()?;
        }
        Ok((self, remembered, aside))
    }

    /// With whichever key opens it, the old one first: a journal a killed program left is of that one.
    fn open_with_any(path: &Path, keys: &Keys, retention: Retention) -> Result<Self, StoreFault> {
        match Self::open_as_it_is(path, &keys.now, retention) {
            Err(StoreFault::OtherKey { .. }) if keys.next.is_some() => Self::open_as_it_is(path, keys.newest(), retention),
            other => other,
        }
    }

    /// Encrypts the store of a data folder with another key, unless that was done.
    pub(super) fn exchange_key(data_dir: &Path, keys: &Keys, next: &Key) -> Result<(), StoreFault> {
        let path = path(data_dir);
        match Self::open_as_it_is(&path, &keys.now, Retention::Forever) {
            Err(StoreFault::OtherKey { .. }) => Self::try_key(data_dir, next),
            old => {
                let database = old?.database;
                let told = |fault| told(&path, fault);
                // With a journal of the old kind all of it is done, or none: it holds the old pages as they lie there.
                let mode = |mode: &str| database.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(()));
                mode("DELETE").map_err(told)?;
                database.execute_batch(&next.statement("rekey")).map_err(told)?;
                mode("WAL").map_err(told)
            }
        }
    }

    /// Whether this is the key of the store of a data folder.
    pub(super) fn try_key(data_dir: &Path, key: &Key) -> Result<(), StoreFault> {
        Self::open_as_it_is(&path(data_dir), key, Retention::Forever).map(drop)
    }

    fn open_as_it_is(path: &Path, key: &Key, retention: Retention) -> Result<Self, StoreFault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags).map_err(|fault| told(path, fault))?;
        // What the key does not open is closed as it was found, its journal too.
        let journal_stays = |database: &Connection, stays| {
            let set = database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, stays);
            set.map(drop).map_err(|fault| told(path, fault))
        };
        journal_stays(&database, true)?;
        let mut store = Self { database, path: path.to_owned(), retention, unlimited: (0, 0), remains: true, held: None };
        store.prepare(key)?;
        journal_stays(&store.database, false)?;
        Ok(store)
    }

    /// Key, settings and tables.
    fn prepare(&mut self, key: &Key) -> Result<(), StoreFault> {
        let path = self.path.clone();
        let told = |fault| told_at_first(&path, fault);
        let database = &mut self.database;
        // It would write to the terminal by itself, over the screen.
        database.execute_batch("PRAGMA cipher_log_level = NONE; PRAGMA cipher_log = off;").map_err(told)?;
        database.execute_batch(&key.statement("key")).map_err(told)?;
        // One fsync for each commit; what is deleted is overwritten; nobody else gets in.
        let settings = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                        PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;";
        database.execute_batch(settings).map_err(told)?;
        database.pragma_update(None, "cache_size", -CACHE).map_err(told)?;
        let found: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(told)?;
        if found > VERSION {
            return Err(StoreFault::Newer { path, found });
        }
        if found == VERSION {
            // Nothing is written, so that a full disk lets everything be read.
            return Ok(());
        }
        let change = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        if found < 1 {
            change.execute_batch(rows::TABLES).map_err(told)?;
            change.execute_batch(past::TABLES).map_err(told)?;
            change.execute_batch(import::TABLES).map_err(told)?;
        }
        change.pragma_update(None, "user_version", VERSION).map_err(told)?;
        change.commit().map_err(told)
    }

    fn close_open_fates(&mut self) -> Result<(), StoreFault> {
        self.change(|change| {
            past::close_open_fates(change)?;
            unharmed(change)
        })
    }

    /// All of it or nothing.
    fn change<T>(&mut self, how: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreFault> {
        let path = &self.path;
        let told = |fault| told(path, fault);
        let change = self.database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        let out = how(&change).map_err(told)?;
        change.commit().map_err(told)?;
        Ok(out)
    }

    /// Writes things down together, in order; on return they are on disk, all or none.
    ///
    /// # Errors
    /// What the database says, such as that the disk is full; nothing was written then.
    pub fn write(&mut self, batch: &[Keep]) -> Result<(), StoreFault> {
        // A file somebody took away is written to for ever, and read by nobody.
        std::fs::metadata(&self.path).map_err(|fault| StoreFault::File { path: self.path.clone(), fault })?;
        let path = self.path.clone();
        let told = |fault| told(&path, fault);
        let (mut count, mut octets) = self.unlimited;
        let change = self.database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
        let came = now();
        for keep in batch {
            if rows::write(&change, keep).map_err(told)? && self.retention != Retention::Off {
                past::keep(&change, keep, came).map_err(told)?;
            }
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
        self.remains |= batch.iter().any(|keep| {
            matches!(
                keep,
                Keep::Settled(..)
                    | Keep::TakenBack(_)
                    | Keep::Read { .. }
                    | Keep::ReadKnown { .. }
                    | Keep::Discarded { .. }
                    | Keep::Draft(_)
            )
        });
        Ok(())
    }

    /// Takes what was deleted out of the journal as well.
    ///
    /// # Errors
    /// What the database says; it is tried again the next time.
    pub fn wipe(&mut self) -> Result<(), StoreFault> {
        if std::mem::take(&mut self.remains) {
            let told = |fault| told(&self.path, fault);
            let done = self.database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            self.remains = done.is_err();
            done.map_err(told)?;
        }
        Ok(())
    }

    /// Whether [`Store::wipe`] has something to do.
    #[must_use]
    pub const fn has_remains(&self) -> bool {
        self.remains
    }

    /// Everything kept.
    ///
    /// # Errors
    /// What the database says.
    pub fn read(&self) -> Result<Remembered, StoreFault> {
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
            let last_tag: i64 = database.query_row(LAST_TAG, [], |row| row.get(0))?;
            let (last_tag, history) = (last_tag.unsigned_abs(), self.retention != Retention::Off);
            let screen = "SELECT text FROM single WHERE name = ?1";
            let screen = database.query_row(screen, [rows::SCREEN], |row| row.get(0)).optional()?;
            let mut drafts = database.prepare("SELECT * FROM drafts")?;
            let drafts = drafts.query_map([], rows::draft)?.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            // Behind all else: a page the disk could not give counts as harmed too, and was told as what it is.
            unharmed(database)?;
            Ok(Remembered { outgoing, incoming, received, screen, last_tag, history, drafts })
        };
        read().map_err(|fault| told(&self.path, fault))
    }
}

impl Store {
    /// Answers a question.
    #[must_use]
    pub fn answer(&mut self, ask: &Ask) -> Found {
        let found = match ask {
            Ask::Page { account, with, part, count } => self.page(account, with, part, *count).map(Found::Page),
            Ask::Search(search) => self.search(search).map(Found::Hits),
        };
        found.unwrap_or_else(|fault| {
            let why = match &fault {
                StoreFault::Database { fault, .. } if fault.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                    "it takes too long; look for a rarer word, or in one conversation".to_owned()
                }
                _ => fault.to_string(),
            };
            Found::Nothing { ask: ask.clone(), why }
        })
    }

    /// A part of a conversation.
    ///
    /// # Errors
    /// What the database says.
    pub fn page(&self, account: &Address, with: &With, part: &Part, count: usize) -> Result<Page, StoreFault> {
        past::page(&self.database, account, with, part, count).map_err(|fault| told(&self.path, fault))
    }

    /// Messages with all words of a search, newest first.
    ///
    /// # Errors
    /// What the database says; it was interrupted if it took too long.
    pub fn search(&mut self, search: &Search) -> Result<Hits, StoreFault> {
        let until = Instant::now() + LONGEST_ASK;
        let path = self.path.clone();
        let told = |fault| told(&path, fault);
        self.database.progress_handler(STEPS, Some(move || Instant::now() > until)).map_err(told)?;
        let found = past::search(&self.database, search);
        self.database.progress_handler(0, None::<fn() -> bool>).map_err(told)?;
        found.map_err(told)
    }

    /// Every conversation of the history, the one with the newest message first.
    ///
    /// # Errors
    /// What the database says.
    pub fn talks(&self) -> Result<Vec<Talk>, StoreFault> {
        past::talks(&self.database).map_err(|fault| told(&self.path, fault))
    }

    /// Deletes everything said in a conversation, and of the ledger what was to be read in it; what waits to
    /// be sent goes on waiting. How many messages of the history.
    ///
    /// # Errors
    /// What the database says; a part may be gone then.
    pub fn forget_talk(&mut self, account: &Address, with: &With) -> Result<usize, StoreFault> {
        self.change(|change| rows::read(change, account, with))?;
        let talk = past::talk_of(&self.database, account, with).map_err(|fault| told(&self.path, fault))?;
        let count = talk.map_or(Ok(0), |talk| self.forget(past::Old::Talk(talk)))?;
        self.remains = true;
        self.wipe()?;
        Ok(count)
    }

    /// Deletes everything written before a time; how many messages.
    ///
    /// # Errors
    /// As [`Store::forget_talk`].
    pub fn forget_before(&mut self, before: Stamp) -> Result<usize, StoreFault> {
        let count = self.forget(past::Old::Written(before))?;
        self.wipe()?;
        Ok(count)
    }

    fn forget(&mut self, old: past::Old) -> Result<usize, StoreFault> {
        let mut count = 0;
        loop {
            let some = self.change(|change| past::forget(change, old, TOGETHER))?;
            count += some;
            self.remains |= some > 0;
            if some == 0 {
                return Ok(count);
            }
        }
    }

    /// Deletes some of what is older than is to be kept; whether there is more.
    ///
    /// # Errors
    /// What the database says.
    pub fn sweep(&mut self) -> Result<bool, StoreFault> {
        let oldest = match self.retention {
            Retention::Forever => return Ok(false),
            Retention::Days(days) => Stamp::from_millis(now().as_millis() - millis(DAY.saturating_mul(days))),
            Retention::Off => Stamp::from_millis(i64::MAX),
        };
        let gone = self.change(|change| past::forget(change, past::Old::Came(oldest), TOGETHER))?;
        self.remains |= gone > 0;
        Ok(gone > 0)
    }
}

#[cfg(test)]
impl Store {
    /// To look into it, and to fill it.
    pub(super) const fn database(&mut self) -> &mut Connection {
        &mut self.database
    }

    /// From now on the disk is nearly full.
    pub(super) fn limit_pages(&self) {
        self.database.pragma_update(None, "max_page_count", 128).unwrap();
        assert_eq!(self.database.query_row("PRAGMA max_page_count", [], |row| row.get::<_, i64>(0)).unwrap(), 128);
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

/// Whether all that was read until now is what was written. For a page that fails its check the database gives noughts
/// and goes on: at the end of a long text nobody else would notice.
fn unharmed(database: &Connection) -> rusqlite::Result<()> {
    let status: Option<String> = database.query_row("PRAGMA cipher_status", [], |row| row.get(0)).optional()?;
    if status.as_deref() == Some("0") {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None));
    }
    Ok(())
}

/// What the database says of a file.
pub(super) fn told(path: &Path, fault: rusqlite::Error) -> StoreFault {
    if fault.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
        return StoreFault::Taken { path: path.to_owned() };
    }
    StoreFault::Database { path: path.to_owned(), fault }
}

/// The same while it is opened: what is not encrypted with this key cannot be told from what is damaged.
fn told_at_first(path: &Path, fault: rusqlite::Error) -> StoreFault {
    let is_empty = || std::fs::metadata(path).is_ok_and(|found| found.len() == 0);
    if fault.sqlite_error_code() == Some(ErrorCode::NotADatabase) && !is_empty() {
        return StoreFault::OtherKey { path: path.to_owned(), key: path.with_file_name(KEY) };
    }
    told(path, fault)
}

fn now() -> Stamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Stamp::from_millis(millis(since))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Gives a broken database another name, with its journal.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = put_aside(path, &["-wal", "-shm"])?;
    #[cfg(unix)]
    std::fs::set_permissions(&aside, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(aside)
}

/// A pipe would be opened for ever.
fn usable(path: &Path) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    Ok(())
}

/// The file is there and nobody but the user may read it, before anything is in it.
fn private(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _file = options.open(path)?;
    Ok(())
}
