//! A thread that writes the ledger, so that nobody waits for a disk.
//!
//! What comes while it writes is written together next time: a burst costs few commits.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::ledger::{Ledger, LedgerFault};
use super::words::{Keep, Kept};

/// Things that may wait for the thread.
const WAITING: usize = 8_192;
/// Why something is not kept that could not even be tried.
const TOO_SLOW: &str = "the disk is too slow";
/// Things written together.
const TOGETHER: usize = 256;

/// What the thread has to say: it is on disk; or, where `why` is given, not all could be written.
#[derive(Debug)]
pub struct Answer {
    /// Which things somebody waits for, in order.
    pub kept: Vec<Kept>,
    /// Why they are not on disk.
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
        let not_kept = |keep: &Keep| Answer { kept: keep.answer().into_iter().collect(), why: Some(TOO_SLOW.to_owned()) };
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
    while let Ok(first) = from.recv() {
        let mut batch = vec![first];
        batch.extend(from.try_iter().take(TOGETHER - 1));
        let why = write(&mut ledger, &batch).err().map(|fault| fault.to_string());
        let kept: Vec<Kept> = batch.iter().filter_map(Keep::answer).collect();
        if why.is_some() || !kept.is_empty() {
            tell(Answer { kept, why });
        }
    }
}

/// All together; if that fails, one by one, so that one thing does not keep the others out.
fn write(ledger: &mut Ledger, batch: &[Keep]) -> Result<(), LedgerFault> {
    let outcome = ledger.write(batch);
    if outcome.is_ok() || batch.len() == 1 {
        return outcome;
    }
    let mut last = Ok(());
    for keep in batch {
        last = ledger.write(std::slice::from_ref(keep)).and(last);
    }
    last
}
