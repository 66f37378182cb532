//! Messages whose fate is open; never sends anything again by itself.
//!
//! Messages to one person leave one after the other: the next one goes when the fate of the one
//! before is known (RFC 3428 section 8), so they arrive in the order they were written. Where the
//! network lets the next one pass a message whose answer is late ([`Outbox::let_pass`]), it goes
//! without waiting. What was not sent yet survives a lost connection and leaves after the return,
//! also when the network had it already and gives it back ([`Outbox::put_back`]); what was on its
//! way when the connection went is *unconfirmed*, and stays so.
//!
//! ```text
//!   hold --> Queued --take_next()--> Open --fate--> settled
//!              |  ^                  |  |
//!              |  +---- put_back ----+  |
//!              | signed out             | link lost
//!              v                        v
//!            Failed                 Unconfirmed
//! ```

use std::collections::{BTreeMap, VecDeque};

use super::Refused;
use crate::model::{Address, Body, MessageRef};

/// A message that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: Address,
    /// What.
    pub body: Body,
    /// Ties it to its fate.
    pub tag: MessageRef,
}

/// Messages that have not reached their fate.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Letter>,
    open: BTreeMap<MessageRef, Open>,
}

/// A message that was handed to the network.
#[derive(Debug)]
struct Open {
    letter: Letter,
    /// The next one need not wait for it.
    passed: bool,
}

impl Outbox {
    /// Takes a message; `Ok(true)` if it must wait for the one before it.
    ///
    /// # Errors
    /// [`Refused::Busy`] when too much waits already.
    pub fn hold(&mut self, letter: Letter) -> Result<bool, Refused> {
        let same = self.waiting.iter().filter(|l| l.to == letter.to).count();
        if self.waiting.len() >= MOST || same >= MOST_EACH {
            return Err(Refused::Busy);
        }
        let waits = same > 0 || self.is_open(&letter.to);
        self.waiting.push_back(letter);
        Ok(waits)
    }

    /// The next message that may leave now; it is open from here on.
    pub fn take_next(&mut self) -> Option<Letter> {
        let at = self.waiting.iter().position(|l| !self.is_open(&l.to))?;
        let letter = self.waiting.remove(at)?;
        self.open.insert(letter.tag, Open { letter: letter.clone(), passed: false });
        Some(letter)
    }

    /// The next message to the same person need not wait for this one.
    pub fn let_pass(&mut self, tag: MessageRef) {
        if let Some(open) = self.open.get_mut(&tag) {
            open.passed = true;
        }
    }

    /// The network did not send this one and gives it back: it leaves before those that wait.
    pub fn put_back(&mut self, tag: MessageRef) {
        if let Some(open) = self.open.remove(&tag) {
            // Several come back in the order they left.
            let behind = |l: &Letter| l.to == open.letter.to && l.tag < tag;
            let at = self.waiting.iter().rposition(behind).map_or(0, |at| at + 1);
            self.waiting.insert(at, open.letter);
        }
    }

    /// Notes that the fate of a message is known; `false` if it was not open.
    pub fn settle(&mut self, tag: MessageRef) -> bool {
        self.open.remove(&tag).is_some()
    }

    /// The connection is gone: hands out what was on its way.
    pub fn take_open(&mut self) -> Vec<MessageRef> {
        std::mem::take(&mut self.open).into_keys().collect()
    }

    /// Nothing will leave any more: hands out what waited.
    pub fn take_waiting(&mut self) -> Vec<MessageRef> {
        std::mem::take(&mut self.waiting).into_iter().map(|l| l.tag).collect()
    }

    /// Whether nothing waits and nothing is on its way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.open.is_empty()
    }

    fn is_open(&self, to: &Address) -> bool {
        self.open.values().any(|open| open.letter.to == *to && !open.passed)
    }
}

/// Messages that may wait altogether, and for one person.
const MOST: usize = 500;
const MOST_EACH: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str, tag: u64) -> Letter {
        Letter { to: Address::parse(to).unwrap(), body: Body::plain("x"), tag: MessageRef(tag) }
    }

    #[test]
    fn one_at_a_time_for_each_person() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.hold(letter("bob@x", 1)), Ok(false));
        assert_eq!(outbox.hold(letter("bob@x", 2)), Ok(true));
        assert_eq!(outbox.hold(letter("carol@x", 3)), Ok(false));
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(1));
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(3), "carol does not wait for bob");
        assert_eq!(outbox.take_next(), None);
        assert!(outbox.settle(MessageRef(1)));
        assert!(!outbox.settle(MessageRef(1)));
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(2));
    }

    #[test]
    fn a_lost_link_opens_nothing_twice() {
        let mut outbox = Outbox::default();
        outbox.hold(letter("bob@x", 1)).unwrap();
        outbox.hold(letter("bob@x", 2)).unwrap();
        outbox.take_next();
        assert_eq!(outbox.take_open(), [MessageRef(1)]);
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(2), "the first is not sent again");
        assert_eq!(outbox.take_next(), None);
    }

    #[test]
    fn a_late_answer_lets_the_next_one_pass() {
        let mut outbox = Outbox::default();
        for tag in 1..=3 {
            outbox.hold(letter("bob@x", tag)).unwrap();
        }
        outbox.take_next();
        assert_eq!(outbox.take_next(), None);
        outbox.let_pass(MessageRef(1));
        outbox.let_pass(MessageRef(9));
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(2));
        assert_eq!(outbox.take_next(), None);
        assert!(outbox.settle(MessageRef(1)));
        assert_eq!(outbox.take_open(), [MessageRef(2)]);
    }

    #[test]
    fn what_was_not_sent_comes_back_in_order() {
        let mut outbox = Outbox::default();
        for tag in 1..=3 {
            outbox.hold(letter("bob@x", tag)).unwrap();
        }
        outbox.take_next();
        outbox.let_pass(MessageRef(1));
        outbox.take_next();
        outbox.put_back(MessageRef(1));
        outbox.put_back(MessageRef(2));
        outbox.put_back(MessageRef(2));
        assert_eq!(outbox.take_open(), []);
        assert_eq!(outbox.take_waiting(), [MessageRef(1), MessageRef(2), MessageRef(3)]);
    }

    #[test]
    fn bounded() {
        let mut outbox = Outbox::default();
        for tag in 0..200 {
            outbox.hold(letter("bob@x", tag)).unwrap();
        }
        assert_eq!(outbox.hold(letter("bob@x", 200)), Err(Refused::Busy));
        assert!(outbox.hold(letter("carol@x", 201)).is_ok());
        assert_eq!(outbox.take_waiting().len(), 201);
        assert!(outbox.is_empty());
    }
}
