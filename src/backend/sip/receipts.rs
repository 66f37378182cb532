//! Messages that came and are not acknowledged yet, because the front writes them down first.
//!
//! A 200 says that the message arrived (RFC 3428 section 7). Where the front keeps a ledger that is
//! true only when the message is on disk; so the answer waits for that, which takes milliseconds. A
//! copy that comes meanwhile waits with the first one.

use std::collections::BTreeMap;
use std::time::Instant;

use super::settings::Acknowledge;
use super::ua::Ua;
use crate::sip::endpoint::ServerTransactionId;

/// What is to be acknowledged on this link, by the message's id.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    open: BTreeMap<String, Vec<ServerTransactionId>>,
    count: usize,
}

impl Receipts {
    /// Nothing more is written down fast enough.
    pub(super) const fn is_full(&self) -> bool {
        self.count >= MOST
    }

    /// The link is gone, and with it whoever waited for an answer.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Ua {
    /// Nobody here reads messages.
    pub(super) fn is_deaf(&self) -> bool {
        self.settings.acknowledge == Acknowledge::Never
    }

    /// A message came that is to be shown: acknowledged now, or when it is written down.
    pub(super) fn acknowledge(&mut self, id: &str, transaction: Option<ServerTransactionId>, now: Instant) {
        match transaction {
            Some(waits) if self.settings.acknowledge == Acknowledge::WhenKept => {
                self.receipts.count += 1;
                self.receipts.open.entry(id.to_owned()).or_default().push(waits);
            }
            _ => self.respond_with(transaction, 200, now),
        }
    }

    /// A copy of a message that came before: acknowledged as that one.
    pub(super) fn acknowledge_copy(&mut self, id: &str, transaction: Option<ServerTransactionId>, now: Instant) {
        if self.receipts.open.contains_key(id) && !self.receipts.is_full() {
            self.acknowledge(id, transaction, now);
        } else {
            self.respond_with(transaction, 200, now);
        }
    }

    /// We leave, and what was not written down by now will not be: who wrote it learns that nobody is there,
    /// instead of waiting for an answer.
    pub(super) fn refuse_unkept(&mut self, now: Instant) {
        for transaction in std::mem::take(&mut self.receipts).open.into_values().flatten() {
            self.respond_with(Some(transaction), 480, now);
        }
    }

    /// The message with this id is written down.
    pub(super) fn written_down(&mut self, id: &str, now: Instant) {
        self.answer_waiting(id, 200, now);
    }

    /// The message with this id is not taken: answered as if nobody was here to read it.
    pub(super) fn not_taken(&mut self, id: &str, now: Instant) {
        self.answer_waiting(id, 480, now);
    }

    fn answer_waiting(&mut self, id: &str, code: u16, now: Instant) {
        let waiting = self.receipts.open.remove(id).unwrap_or_default();
        self.receipts.count = self.receipts.count.saturating_sub(waiting.len());
        for transaction in waiting {
            self.respond_with(Some(transaction), code, now);
        }
    }
}

/// Messages that may wait; as many as a disk writes down in seconds.
const MOST: usize = 1024;
