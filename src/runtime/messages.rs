//! The ledger of messages in this run: opened at the start, written by its thread, finished at the end.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::history::{Answer, Keep, Keeper, Ledger, Remembered, path};

/// Answers that may wait for the program; the thread waits when there are more.
const ANSWERS: usize = 256;

/// What was found at the start.
#[derive(Debug)]
pub struct Opened {
    /// The ledger at work.
    pub messages: Messages,
    /// What earlier runs left.
    pub remembered: Remembered,
    /// A broken file was put aside here.
    pub aside: Option<PathBuf>,
}

/// The ledger at work.
#[derive(Debug)]
pub struct Messages {
    keeper: Keeper,
    answers: mpsc::Receiver<Answer>,
}

impl Messages {
    /// Opens the ledger of a data folder and reads it.
    ///
    /// # Errors
    /// A sentence; messages are not kept then.
    pub fn open(data_dir: &Path) -> Result<Opened, String> {
        let (ledger, aside) = Ledger::open(&path(data_dir)).map_err(|fault| fault.to_string())?;
        let remembered = ledger.read().map_err(|fault| fault.to_string())?;
        let (to, answers) = mpsc::channel(ANSWERS);
        // Nobody listens any more only when the program ends.
        let tell = move |answer| drop(to.blocking_send(answer));
        let keeper = Keeper::start(ledger, tell).map_err(|fault| fault.to_string())?;
        Ok(Opened { messages: Self { keeper, answers }, remembered, aside })
    }

    /// Writes something down.
    ///
    /// # Errors
    /// The answer, if it cannot even be tried: too much waits already.
    pub fn keep(&self, keep: Keep) -> Result<(), Answer> {
        self.keeper.keep(keep)
    }

    /// The next answer. Safe to drop at any time.
    pub async fn next(&mut self) -> Answer {
        match self.answers.recv().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    /// Writes what waits, and closes the file.
    pub async fn finish(self) {
        let Self { mut keeper, answers } = self;
        // The thread must not wait for somebody who reads answers.
        drop(answers);
        if spawn_blocking(move || keeper.finish()).await.is_err() {
            tracing::error!("the ledger of messages was not closed in good order");
        }
    }
}
