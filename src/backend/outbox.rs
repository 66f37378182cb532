//! Messages whose fate is open; never sends anything again by itself.
//!
//! Messages to one person leave one after the other: the next one goes when the fate of the one
//! before is known (RFC 3428 section 8), so they arrive in the order they were written. Where the
//! network lets the next one pass a message whose answer is late ([`Outbox::let_pass`]), it goes
//! without waiting. What was not sent yet survives a lost connection and leaves after the return,
//! also when the network had it already and gives it back ([`Outbox::put_back`]); what was on its
//! way when the connection went is *unconfirmed*, and stays so.
//!
//! Where the front keeps a ledger a message is held until it is written there that it may have
//! arrived from now on ([`Outbox::ask_next`], [`Outbox::release`]): whatever happens to the program,
//! nothing is sent twice.
//!
//! ```text
//!   hold --> Queued --take_next()--> Open --fate--> settled
//!              |  ^                  |  |
//!              |  +---- put_back ----+  |
//!              | signed out             | link lost
//!              v                        v
//!            Failed                 Unconfirmed
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
    waiting: VecDeque<Waiting>,
    open: BTreeMap<MessageRef, Open>,
    /// Nothing leaves that was not released.
    ledger: bool,
}

/// A message that was not handed to the network.
#[derive(Debug)]
struct Waiting {
    letter: Letter,
    leave: Leave,
}

/// How far a message is from leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    /// It is not its turn, or nobody was asked.
    NotAsked,
    /// The front is writing it down.
    Asked,
    /// It may.
    Free,
}

/// A message that was handed to the network.
#[derive(Debug)]
struct Open {
    letter: Letter,
    /// The next one need not wait for it.
    passed: bool,
}

impl Outbox {
    /// An outbox from which nothing leaves before it is released.
    #[must_use]
    pub fn with_ledger() -> Self {
        Self { ledger: true, ..Self::default() }
    }

    /// Takes a message; `Ok(true)` if it must wait for the one before it.
    ///
    /// # Errors
    /// [`Refused::Busy`] when too much waits already.
    pub fn hold(&mut self, letter: Letter) -> Result<bool, Refused> {
        let same = self.waiting.iter().filter(|w| w.letter.to == letter.to).count();
        if self.waiting.len() >= MOST || same >= MOST_EACH {
            return Err(Refused::Busy);
        }
        let waits = same > 0 || self.is_open(&letter.to);
        self.waiting.push_back(self.waiting(letter));
        Ok(waits)
    }

    /// The next message whose turn it is and that is to be written down before it leaves.
    pub fn ask_next(&mut self) -> Option<MessageRef> {
        let at = self.turn(Leave::NotAsked)?;
        let waiting = self.waiting.get_mut(at)?;
        waiting.leave = Leave::Asked;
        Some(waiting.letter.tag)
    }

    /// It is written down: the message may leave.
    pub fn release(&mut self, tag: MessageRef) {
        if let Some(waiting) = self.waiting.iter_mut().find(|w| w.letter.tag == tag && w.leave == Leave::Asked) {
            waiting.leave = Leave::Free;
        }
    }

    /// Takes a message out that has not left; `false` if it does not wait.
    pub fn withdraw(&mut self, tag: MessageRef) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|w| w.letter.tag != tag);
        self.waiting.len() < before
    }

    /// The next message that may leave now; it is open from here on.
    pub fn take_next(&mut self) -> Option<Letter> {
        let at = self.turn(Leave::Free)?;
        let Waiting { letter, .. } = self.waiting.remove(at)?;
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
            let behind = |w: &Waiting| w.letter.to == open.letter.to && w.letter.tag < tag;
            let at = self.waiting.iter().rposition(behind).map_or(0, |at| at + 1);
            self.waiting.insert(at, self.waiting(open.letter));
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
        std::mem::take(&mut self.waiting).into_iter().map(|w| w.letter.tag).collect()
    }

    /// Whether nothing waits and nothing is on its way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.open.is_empty()
    }

    fn waiting(&self, letter: Letter) -> Waiting {
        Waiting { letter, leave: if self.ledger { Leave::NotAsked } else { Leave::Free } }
    }

    /// The place of the first message whose turn it is and that is as far as this: of each person's
    /// messages only the first counts, and only while none to that person is open.
    fn turn(&self, leave: Leave) -> Option<usize> {
        let mut met = BTreeSet::new();
        self.waiting.iter().position(|w| met.insert(&w.letter.to) && w.leave == leave && !self.is_open(&w.letter.to))
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
    fn with_a_ledger_each_message_is_asked_about_in_its_turn() {
        let mut outbox = Outbox::with_ledger();
        for tag in 1..=2 {
            outbox.hold(letter("bob@x", tag)).unwrap();
        }
        outbox.hold(letter("carol@x", 3)).unwrap();
        assert_eq!(outbox.take_next(), None, "nothing leaves unasked");
        assert_eq!(outbox.ask_next(), Some(MessageRef(1)));
        assert_eq!(outbox.ask_next(), Some(MessageRef(3)));
        assert_eq!(outbox.ask_next(), None, "the second to bob waits for the first");
        outbox.release(MessageRef(2));
        assert_eq!(outbox.take_next(), None, "released without being asked about");
        outbox.release(MessageRef(1));
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(1));
        assert_eq!(outbox.ask_next(), None);
        outbox.put_back(MessageRef(1));
        assert_eq!(outbox.ask_next(), Some(MessageRef(1)), "what comes back is asked about anew");
        outbox.release(MessageRef(1));
        outbox.take_next();
        outbox.settle(MessageRef(1));
        assert_eq!(outbox.ask_next(), Some(MessageRef(2)));
        outbox.release(MessageRef(3));
        assert_eq!(outbox.take_next().unwrap().tag, MessageRef(3));
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
