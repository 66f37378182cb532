//! What the embedded server keeps of its users, in a file: read at the start, written whole after
//! changes, never half.
//!
//! A file that cannot be used ends the program before it begins, and is not touched. A write that
//! fails is told once and tried again; what is in memory stays, and so does the old file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::demo::{Server, Snapshot};
use crate::net::link::plain;
use crate::runtime::roster_file::{sweep, write_whole};

/// Largest file read.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Between one write and the next, so that many changes become one.
const PAUSE: Duration = Duration::from_millis(100);
/// Between a write that failed and the next.
const AGAIN: Duration = Duration::from_secs(5);

/// The file cannot be used or written; in words for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// Reading failed.
    #[error("the store {path} cannot be read: {detail}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        detail: String,
    },
    /// What it says cannot be understood.
    #[error("the store {path} cannot be used: {detail}. It was left as it is: mend it, or give another file")]
    Broken {
        /// The file.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// Writing failed; the file is as it was before.
    #[error(
        "the store {path} could not be written: {detail}; what was written before is unharmed, and nothing is lost while the server runs"
    )]
    Unwritable {
        /// The file.
        path: String,
        /// The system's words.
        detail: String,
    },
}

/// A file, and what of the server is in it.
pub struct ServerStore {
    path: PathBuf,
    /// The server's count of changes when it was written last.
    written: u64,
    writing: Option<JoinHandle<Result<u64, StoreFault>>>,
    not_before: Instant,
    is_failing: bool,
    tell: Box<dyn FnMut(&str) + Send>,
}

impl std::fmt::Debug for ServerStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerStore").field("path", &self.path).field("written", &self.written).finish_non_exhaustive()
    }
}

impl ServerStore {
    /// Gives a server what the file holds; a missing file is an empty one. `tell` gets words for
    /// the user about writes that fail.
    ///
    /// # Errors
    /// [`StoreFault`]: the server and the file are as before.
    pub fn open(path: &Path, server: &mut Server, tell: impl FnMut(&str) + Send + 'static) -> Result<Self, StoreFault> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        sweep(&path);
        if let Some(snapshot) = load(&path)? {
            let broken = |detail: String| StoreFault::Broken { path: path.display().to_string(), detail };
            server.restore(snapshot).map_err(|fault| broken(fault.to_string()))?;
        }
        Ok(Self {
            path,
            written: server.changes(),
            writing: None,
            not_before: Instant::now(),
            is_failing: false,
            tell: Box::new(tell),
        })
    }

    /// When something is to be written; `None` while nothing is, or a write runs.
    #[must_use]
    pub fn due(&self, server: &Server) -> Option<Instant> {
        (self.writing.is_none() && server.changes() != self.written).then_some(self.not_before)
    }

    /// Begins to write, beside everything else.
    pub fn write(&mut self, server: &Server) {
        let (path, snapshot, changes) = (self.path.clone(), server.snapshot(), server.changes());
        self.writing = Some(tokio::task::spawn_blocking(move || save(&path, &snapshot).map(|()| changes)));
    }

    /// Waits for a write that runs; for ever if none does. Safe to drop.
    pub async fn finished(&mut self) {
        let Some(writing) = &mut self.writing else { return std::future::pending().await };
        let result = writing.await;
        self.writing = None;
        let fault = match result {
            Ok(Ok(changes)) => {
                self.written = changes;
                self.not_before = Instant::now() + PAUSE;
                if std::mem::take(&mut self.is_failing) {
                    (self.tell)("the store is written again");
                }
                return;
            }
            Ok(Err(fault)) => fault.to_string(),
            Err(fault) => fault.to_string(),
        };
        self.not_before = Instant::now() + AGAIN;
        if !std::mem::replace(&mut self.is_failing, true) {
            (self.tell)(&fault);
        }
    }

    /// Writes what is not written yet, and waits for it: for the end.
    ///
    /// # Errors
    /// [`StoreFault::Unwritable`].
    pub async fn close(mut self, server: &Server) -> Result<(), StoreFault> {
        if let Some(writing) = self.writing.take()
            && let Ok(Ok(changes)) = writing.await
        {
            self.written = changes;
        }
        if server.changes() == self.written { Ok(()) } else { save(&self.path, &server.snapshot()) }
    }
}

fn load(path: &Path) -> Result<Option<Snapshot>, StoreFault> {
    let unreadable = |fault: &io::Error| StoreFault::Unreadable { path: path.display().to_string(), detail: plain(fault) };
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(LARGEST).read_to_end(&mut bytes).map_err(|fault| unreadable(&fault))?,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(unreadable(&fault)),
    };
    let broken = |fault: serde_json::Error| StoreFault::Broken { path: path.display().to_string(), detail: fault.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(broken)
}

fn save(path: &Path, snapshot: &Snapshot) -> Result<(), StoreFault> {
    let unwritable = |fault: &io::Error| StoreFault::Unwritable { path: path.display().to_string(), detail: plain(fault) };
    let mut bytes = serde_json::to_vec_pretty(snapshot).map_err(|fault| unwritable(&fault.into()))?;
    bytes.push(b'\n');
    write_whole(path, &bytes).map_err(|fault| unwritable(&fault))
}

#[cfg(test)]
mod tests;
