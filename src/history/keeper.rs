//! A thread that opens the store, writes it and answers from it, so that nobody waits for a disk.
//!
//! What comes while it writes is written together next time: a burst costs few commits. Questions are
//! answered after what came before them is written; of searches that wait only the newest.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::asks::{Ask, Found};
use super::store::{Store, StoreFault};
use super::vault::Vault;
use super::words::{Keep, Kept, Remembered};
use crate::model::Retention;

/// Things that may wait for the thread.
const WAITING: usize = 8_192;
/// Why something is not kept, or not answered, that could not even be tried.
const TOO_SLOW: &str = "the disk is too slow";
/// So long nothing must come before what was deleted is wiped out of the journal.
const QUIET: Duration = Duration::from_secs(2);
/// Between two parts of a great deletion.
const BETWEEN: Duration = Duration::from_millis(20);
/// Things taken together.
const TOGETHER: usize = 256;
/// How often it is looked whether something is older than is to be kept.
const SWEEP: Duration = Duration::from_hours(1);

/// What the thread has to say.
#[derive(Debug)]
pub enum Told {
    /// The store is open, or cannot be opened: then the thread has ended. It comes first.
    Opened(Result<Opened, StoreFault>),
    /// What became of things somebody waits for.
    Kept(Answer),
    /// An answer to a question.
    Found(Found),
    /// What is kept now, as [`Keeper::read`] asked for it.
    Read(Result<Remembered, StoreFault>),
}

/// What was found when the store was opened.
#[derive(Debug)]
pub struct Opened {
    /// What earlier runs left.
    pub remembered: Remembered,
    /// A broken file was put aside here.
    pub aside: Option<PathBuf>,
}

/// What became of things somebody waits for.
#[derive(Debug, Default)]
pub struct Answer {
    /// They are on disk.
    pub kept: Vec<Kept>,
    /// They are not.
    pub failed: Vec<Kept>,
    /// Why something could not be written.
    pub why: Option<String>,
}

#[derive(Debug)]
enum Order {
    Keep(Keep),
    Ask(Ask),
    Read,
}

/// The thread and the way to it. Dropping it writes what waits.
#[derive(Debug)]
pub struct Keeper {
    to: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread, which opens the store with a key; `tell` is called on it with what it has to say.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(vault: Arc<Vault>, retention: Retention, tell: impl Fn(Told) + Send + 'static) -> std::io::Result<Self> {
        Self::with(move || Store::begin(&vault, retention), tell)
    }

    /// The same, however the store is opened.
    pub(super) fn with(
        open: impl FnOnce() -> Result<(Store, Remembered, Option<PathBuf>), StoreFault> + Send + 'static,
        tell: impl Fn(Told) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (to, from) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || match open() {
            Ok((store, remembered, aside)) => {
                tell(Told::Opened(Ok(Opened { remembered, aside })));
                work(store, &from, &tell);
            }
            Err(fault) => tell(Told::Opened(Err(fault))),
        })?;
        Ok(Self { to: Some(to), thread: Some(thread) })
    }

    /// Hands something over to be written, without waiting.
    ///
    /// # Errors
    /// The answer somebody may wait for: too much waits already, or the thread is gone.
    pub fn keep(&self, keep: Keep) -> Result<(), Answer> {
        self.order(Order::Keep(keep)).map_err(|order| Answer {
            failed: if let Order::Keep(keep) = *order { keep.answer().into_iter().collect() } else { Vec::new() },
            why: Some(TOO_SLOW.to_owned()),
            ..Answer::default()
        })
    }

    /// Asks something, without waiting.
    ///
    /// # Errors
    /// The answer: too much waits already, or the thread is gone.
    pub fn ask(&self, ask: Ask) -> Result<(), Box<Found>> {
        self.order(Order::Ask(ask.clone())).map_err(|_| Box::new(Found::Nothing { ask, why: TOO_SLOW.to_owned() }))
    }

    /// Asks for everything that is kept for a start, without waiting. `false`: too much waits already, or the
    /// thread is gone.
    #[must_use]
    pub fn read(&self) -> bool {
        self.order(Order::Read).is_ok()
    }

    fn order(&self, order: Order) -> Result<(), Box<Order>> {
        let Some(to) = &self.to else { return Err(Box::new(order)) };
        to.try_send(order).map_err(|fault| match fault {
            TrySendError::Full(order) | TrySendError::Disconnected(order) => Box::new(order),
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

fn work(mut store: Store, from: &Receiver<Order>, tell: &(impl Fn(Told) + Send)) {
    // Not at once: the start has enough to do.
    let mut sweep = Instant::now() + QUIET;
    while let Some(first) = next(&mut store, from, &mut sweep) {
        let (mut keeps, mut asks, mut reads) = (Vec::new(), Vec::new(), 0);
        for order in std::iter::once(first).chain(from.try_iter().take(TOGETHER - 1)) {
            match order {
                Order::Keep(keep) => keeps.push(keep),
                Order::Ask(ask) => asks.push(ask),
                Order::Read => reads += 1,
            }
        }
        if !keeps.is_empty() {
            let answer = write(&mut store, &keeps);
            if answer.why.is_some() || !answer.kept.is_empty() {
                tell(Told::Kept(answer));
            }
        }
        for ask in newest(asks) {
            tell(Told::Found(store.answer(&ask)));
        }
        for _ in 0..reads {
            tell(Told::Read(store.read()));
        }
    }
    wipe(&mut store);
}

/// The next thing to be done; while nothing comes, what is too old is deleted, and what was deleted is
/// wiped out.
fn next(store: &mut Store, from: &Receiver<Order>, sweep: &mut Instant) -> Option<Order> {
    loop {
        let now = Instant::now();
        let due = sweep.saturating_duration_since(now);
        match from.recv_timeout(if store.has_remains() { due.min(QUIET) } else { due }) {
            Ok(order) => return Some(order),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                if Instant::now() >= *sweep {
                    swept(store, sweep);
                } else {
                    wipe(store);
                }
            }
        }
    }
}

/// Deletes some of what is too old; the rest in the next quiet moment.
fn swept(store: &mut Store, sweep: &mut Instant) {
    let more = store.sweep().unwrap_or_else(|fault| {
        tracing::warn!(%fault, "what is older than it is to be kept could not be deleted");
        false
    });
    *sweep = Instant::now() + if more { BETWEEN } else { SWEEP };
}

/// The questions without the searches that somebody followed by another.
fn newest(asks: Vec<Ask>) -> Vec<Ask> {
    let mut last = BTreeMap::new();
    for ask in &asks {
        if let Ask::Search(search) = ask {
            last.insert(search.ticket.asker, search.ticket.number);
        }
    }
    let current = |ask: &Ask| match ask {
        Ask::Page { .. } => true,
        Ask::Search(search) => last.get(&search.ticket.asker) == Some(&search.ticket.number),
    };
    asks.into_iter().filter(current).collect()
}

fn wipe(store: &mut Store) {
    if let Err(fault) = store.wipe() {
        tracing::warn!(%fault, "what was deleted is still in the journal of the store");
    }
}

/// All together; if that fails, one by one, so that one thing does not keep the others out.
fn write(store: &mut Store, batch: &[Keep]) -> Answer {
    let mut answer = Answer::default();
    if store.write(batch).is_ok() {
        answer.kept = batch.iter().filter_map(Keep::answer).collect();
        return answer;
    }
    for keep in batch {
        match store.write(std::slice::from_ref(keep)) {
            Ok(()) => answer.kept.extend(keep.answer()),
            Err(fault) => {
                answer.failed.extend(keep.answer());
                answer.why = Some(fault.to_string());
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Search, Ticket};

    #[test]
    fn of_searches_that_wait_only_the_newest_of_each_asker_is_answered() {
        let search = |asker, number| {
            let ticket = Ticket { asker, number };
            Ask::Search(Search { words: "x".into(), with: None, before: None, count: 1, held: false, ticket })
        };
        let asks = vec![search(0, 1), search(1, 1), search(0, 2), search(0, 3)];
        assert_eq!(newest(asks), [search(1, 1), search(0, 3)]);
    }
}
