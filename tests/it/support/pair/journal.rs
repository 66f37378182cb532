//! What clients were ordered, what they told and which links they wanted, with the times: what a
//! judge needs who was not there.

use std::time::Duration;

use chinwag::backend::{Command, Event, Target};

use super::{ClientId, Pair};

/// Something that happened at a client.
#[derive(Debug, Clone)]
pub struct Noted {
    /// When, from the start.
    pub at: Duration,
    /// At which.
    pub client: ClientId,
    /// What.
    pub entry: Entry,
}

/// What happened at a client.
#[derive(Debug, Clone)]
pub enum Entry {
    /// It was told to do something.
    Order(Command),
    /// It refused the order before.
    Refused,
    /// It told something.
    Event(Event),
    /// It wanted a link.
    Open(Target),
}

impl Pair {
    /// From now on everything is noted, with its time.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// What was noted since the last call.
    pub fn take_journal(&mut self) -> Vec<Noted> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn note(&mut self, client: ClientId, entry: impl FnOnce() -> Entry) {
        let at = self.now - self.start;
        if let Some(journal) = &mut self.journal {
            journal.push(Noted { at, client, entry: entry() });
        }
    }
}
