//! A thread that writes the ledger, so that nobody waits for a disk.
//!
//! What comes while it writes is written together next time: a burst costs few commits.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::ledger::Ledger;
use super::words::{Keep, Kept};

/// Things that may wait for the thread.
const WAITING: usize = 8_192;
/// Why something is not kept that could not even be tried.
const TOO_SLOW: &str = "the disk is too slow";
/// So long nothing must come before what was deleted is wiped out of the journal.
const QUIET: Duration = Duration::from_secs(2);
/// Things written together.
const TOGETHER: usize = 256;

/// What the thread has to say of things somebody waits for.
#[derive(Debug, Default)]
pub struct Answer {
    /// They are on disk.
    pub kept: Vec<Kept>,
    /// They are not.
    pub failed: Vec<Kept>,
    /// Why something could not be written.
    pub why: Option<String>,
}

/// The thread and the way to it. Dropping it writes what waits.
#[derive(Debug)]
pub struct Keeper {
    to: Option<SyncSender<Keep>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread; `tell` is called on it with each answer.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(ledger: Ledger, tell: impl Fn(Answer) + Send + 'static) -> std::io::Result<Self> {
        let (to, from) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || work(ledger, &from, &tell))?;
        Ok(Self { to: Some(to), thread: Some(thread) })
    }

    /// Hands something over, without waiting.
    ///
    /// # Errors
    /// The answer somebody may wait for: too much waits already, or the thread is gone.
    pub fn keep(&self, keep: Keep) -> Result<(), Answer> {
        let not_kept = |keep: &Keep| Answer {
            failed: keep.answer().into_iter().collect(),
            why: Some(TOO_SLOW.to_owned()),
            ..Answer::default()
        };
        let Some(to) = &self.to else { return Err(not_kept(&keep)) };
        to.try_send(keep).map_err(|fault| match fault {
            TrySendError::Full(keep) | TrySendError::Disconnected(keep) => not_kept(&keep),
        })
    }

    /// Writes what waits and ends the thread; waits for it.
    pub fn finish(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            // It panics only by a fault of the program, which was told by then.
            let _ = thread.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.finish();
    }
}

fn work(mut ledger: Ledger, from: &Receiver<Keep>, tell: &(impl Fn(Answer) + Send)) {
    while let Some(first) = next(&mut ledger, from) {
        let mut batch = vec![first];
        batch.extend(from.try_iter().take(TOGETHER - 1));
        let answer = write(&mut ledger, &batch);
        if answer.why.is_some() || !answer.kept.is_empty() {
            tell(answer);
        }
    }
    wipe(&mut ledger);
}

/// The next thing to be written; while nothing comes, what was deleted is wiped out.
fn next(ledger: &mut Ledger, from: &Receiver<Keep>) -> Option<Keep> {
    if ledger.has_remains() {
        match from.recv_timeout(QUIET) {
            Err(RecvTimeoutError::Timeout) => wipe(ledger),
            other => return other.ok(),
        }
    }
    from.recv().ok()
}

fn wipe(ledger: &mut Ledger) {
    if let Err(fault) = ledger.wipe() {
        tracing::warn!(%fault, "what was deleted is still in the journal of the ledger");
    }
}

/// All together; if that fails, one by one, so that one thing does not keep the others out.
fn write(ledger: &mut Ledger, batch: &[Keep]) -> Answer {
    let mut answer = Answer::default();
    if ledger.write(batch).is_ok() {
        answer.kept = batch.iter().filter_map(Keep::answer).collect();
        return answer;
    }
    for keep in batch {
        match ledger.write(std::slice::from_ref(keep)) {
            Ok(()) => answer.kept.extend(keep.answer()),
            Err(fault) => {
                answer.failed.extend(keep.answer());
                answer.why = Some(fault.to_string());
            }
        }
    }
    answer
}
