//! The store of messages in this run: opened, written and asked by its thread, finished at the end.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::history::{Answer, Ask, Found, Keep, Keeper, Told, Vault};
use crate::model::Retention;

/// Answers that may wait for the program; the thread waits when there are more.
const ANSWERS: usize = 256;

/// The store at work, or being opened.
#[derive(Debug)]
pub struct Messages {
    keeper: Keeper,
    answers: mpsc::Receiver<Told>,
}

impl Messages {
    /// Begins to open the store; the first answer says whether that went well.
    ///
    /// # Errors
    /// A sentence: the system has no thread to give.
    pub fn open(vault: Arc<Vault>, retention: Retention) -> Result<Self, String> {
        let (to, answers) = mpsc::channel(ANSWERS);
        // Nobody listens any more only when the program ends.
        let tell = move |told| drop(to.blocking_send(told));
        let keeper = Keeper::start(vault, retention, tell).map_err(|fault| fault.to_string())?;
        Ok(Self { keeper, answers })
    }

    /// Writes something down.
    ///
    /// # Errors
    /// The answer, if it cannot even be tried: too much waits already.
    pub fn keep(&self, keep: Keep) -> Result<(), Answer> {
        self.keeper.keep(keep)
    }

    /// Looks something up.
    ///
    /// # Errors
    /// The answer, if it cannot even be tried: too much waits already.
    pub fn ask(&self, ask: Ask) -> Result<(), Box<Found>> {
        self.keeper.ask(ask)
    }

    /// Asks for everything that is kept for a start; `false` if it cannot even be tried.
    #[must_use]
    pub fn read(&self) -> bool {
        self.keeper.read()
    }

    /// The next answer. Safe to drop at any time.
    pub async fn next(&mut self) -> Told {
        match self.answers.recv().await {
            Some(told) => told,
            None => std::future::pending().await,
        }
    }

    /// Writes what waits, and closes the file.
    pub async fn finish(self) {
        let Self { mut keeper, answers } = self;
        // The thread must not wait for somebody who reads answers.
        drop(answers);
        if spawn_blocking(move || keeper.finish()).await.is_err() {
            tracing::error!("the store of messages was not closed in good order");
        }
    }
}
