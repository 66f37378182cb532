//! What an earlier version kept in clear, in `messages.db`: taken over once, then wiped.
//!
//! That it was taken over is written down together with it: whenever the program is killed, nothing is lost,
//! and nothing comes twice.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::store::{StoreFault, set_aside, told};
use super::words::Keep;
use super::{past, rows};
use crate::model::{Retention, Stamp};

/// Remembers that it was taken over.
pub(super) const TABLES: &str = "CREATE TABLE taken_over (name TEXT PRIMARY KEY) STRICT;";
/// Version of the tables in clear.
const VERSION: i64 = 1;
/// Name of the file.
const NAME: &str = "messages.db";

/// Where an earlier version kept messages.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// Takes the old file over, if there is one; where it was put if it was broken.
pub(super) fn take_over(store: &mut Connection, data_dir: &Path, retention: Retention) -> Result<Option<PathBuf>, StoreFault> {
    let path = path(data_dir);
    let at = |fault| StoreFault::File { path: path.clone(), fault };
    match std::fs::metadata(&path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            // Killed between the file and its journal.
            return wipe(&path).map(|()| None).map_err(at);
        }
        Err(fault) => return Err(at(fault)),
        Ok(found) if !found.is_file() => return Ok(None),
        Ok(_) => {}
    }
    let done: bool = store
        .query_row("SELECT EXISTS (SELECT 1 FROM taken_over WHERE name = ?1)", [NAME], |row| row.get(0))
        .map_err(|fault| told(&super::store::path(data_dir), fault))?;
    if !done {
        match copy(store, &path, retention) {
            Err(StoreFault::Database { fault, .. }) if is_broken(&fault) => return set_aside(&path).map(Some).map_err(at),
            other => other?,
        }
    }
    wipe(&path).map(|()| None).map_err(at)
}

fn copy(store: &mut Connection, path: &Path, retention: Retention) -> Result<(), StoreFault> {
    let told = |fault| told(path, fault);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let old = Connection::open_with_flags(path, flags).map_err(told)?;
    old.execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; BEGIN IMMEDIATE; COMMIT;").map_err(told)?;
    let found: i64 = old.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(told)?;
    if found > VERSION {
        return Err(StoreFault::Newer { path: path.to_owned(), found });
    }
    let change = store.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
    if found == VERSION {
        rows_of(&old, &change, retention).map_err(told)?;
    }
    change.execute("INSERT INTO taken_over (name) VALUES (?1)", [NAME]).map_err(told)?;
    change.commit().map_err(told)
}

fn rows_of(old: &Connection, change: &rusqlite::Transaction<'_>, retention: Retention) -> rusqlite::Result<()> {
    let put = |came: Stamp, keep: &Keep| -> rusqlite::Result<()> {
        let kept = rows::write(change, keep)? && retention != Retention::Off;
        if kept { past::keep(change, keep, came) } else { Ok(()) }
    };
    let mut outgoing = old.prepare("SELECT * FROM outgoing ORDER BY tag")?;
    let mut incoming = old.prepare("SELECT * FROM incoming WHERE unread ORDER BY place")?;
    let outgoing = outgoing.query_map([], rows::outgoing)?.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    let incoming = incoming.query_map([], rows::incoming)?.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    // Of what was read, only its name, so that a copy is known; older than all else.
    let mut read = old.prepare("SELECT account, id, peer FROM incoming WHERE NOT unread ORDER BY place")?;
    let mut rows = read.query([])?;
    let text = "INSERT OR IGNORE INTO incoming (account, id, peer, at, text, content_type, style, delayed, known, unread) \
                VALUES (?1, ?2, ?3, 0, '', '', 0, 0, 0, 0)";
    let mut known = change.prepare(text)?;
    while let Some(row) = rows.next()? {
        known.execute([row.get::<_, String>(0)?, row.get(1)?, row.get(2)?])?;
    }
    // As it was said, as far as the times tell; each side keeps its order.
    let mut incoming = incoming.into_iter().peekable();
    for message in outgoing {
        while let Some(earlier) = incoming.next_if(|came| came.at <= message.at) {
            put(earlier.at, &Keep::Incoming(earlier))?;
        }
        put(message.at, &Keep::Outgoing(message))?;
    }
    incoming.try_for_each(|message| put(message.at, &Keep::Incoming(message)))
}

/// Overwrites the file and its journal, and removes them; the file itself last.
fn wipe(path: &Path) -> io::Result<()> {
    for ending in ["-shm", "-wal", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let name = PathBuf::from(name);
        let mut file = match std::fs::OpenOptions::new().write(true).open(&name) {
            Ok(file) => file,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
            Err(fault) => return Err(fault),
        };
        let mut left = file.metadata()?.len();
        let zeros = vec![0; 64 * 1024];
        while left > 0 {
            let some = usize::try_from(left).unwrap_or(zeros.len()).min(zeros.len());
            file.write_all(zeros.get(..some).unwrap_or_default())?;
            left -= some as u64;
        }
        file.sync_all()?;
        std::fs::remove_file(&name)?;
    }
    Ok(())
}

fn is_broken(fault: &rusqlite::Error) -> bool {
    matches!(fault.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
