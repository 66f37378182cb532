//! Texts to one person, in order: which may leave now, which wait, which got no answer.
//!
//! RFC 3428 section 8: one MESSAGE at a time within a dialog. Some programs are
//! reported never to answer a MESSAGE, so after two seconds a second one may leave, on links that keep the order; there
//! are never more than two on their way (our choice).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::{Body, MessageRef};

/// One text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// Ties it to its fate.
    pub(super) tag: MessageRef,
    /// What.
    pub(super) body: Arc<Body>,
    /// It was sent before, and certainly not delivered.
    pub(super) again: bool,
}

/// A text on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Flying {
    text: Text,
    since: Instant,
    /// The next one was let past it.
    passed: bool,
}

/// The texts to one person.
#[derive(Debug, Default)]
pub(super) struct Lane {
    waiting: VecDeque<Text>,
    flying: Vec<Flying>,
}

impl Lane {
    /// Takes a text behind all others; `false`: too many wait already.
    pub(super) fn push(&mut self, text: Text) -> bool {
        let room = self.waiting.len() < MOST_WAITING;
        if room {
            self.waiting.push_back(text);
        }
        room
    }

    /// Takes back a text that was certainly not delivered, before all that were written after it.
    pub(super) fn put_back(&mut self, mut text: Text) {
        text.again = true;
        let at = self.waiting.iter().take_while(|other| other.tag < text.tag).count();
        self.waiting.insert(at, text);
    }

    /// The text that may leave now. It is on its way from here on.
    pub(super) fn take_next(&mut self, reliable: bool, now: Instant) -> Option<Text> {
        let late = |f: &Flying| f.since + SECOND_AFTER <= now;
        let free = self.flying.is_empty() || (reliable && self.flying.len() < MOST_FLYING && self.flying.iter().all(late));
        if !free {
            return None;
        }
        let text = self.waiting.pop_front()?;
        self.flying.push(Flying { text: text.clone(), since: now, passed: false });
        Some(text)
    }

    /// The answer to a text came.
    pub(super) fn landed(&mut self, tag: MessageRef) -> Option<Text> {
        let at = self.flying.iter().position(|f| f.text.tag == tag)?;
        Some(self.flying.remove(at).text)
    }

    /// Texts whose answer is so late that the next may pass them; each is told of once.
    pub(super) fn newly_late(&mut self, now: Instant) -> Option<MessageRef> {
        if self.flying.len() >= MOST_FLYING {
            return None;
        }
        let late = self.flying.iter_mut().find(|f| !f.passed && f.since + SECOND_AFTER <= now)?;
        late.passed = true;
        Some(late.text.tag)
    }

    /// Texts whose answer will not be waited for any longer.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Text> {
        let (over, flying) = std::mem::take(&mut self.flying).into_iter().partition(|f| f.since + ANSWER_WAIT <= now);
        self.flying = flying;
        over.into_iter().map(|f| f.text).collect()
    }

    /// Hands out what did not leave.
    pub(super) fn take_waiting(&mut self) -> Vec<Text> {
        std::mem::take(&mut self.waiting).into()
    }

    /// Hands out what is on its way.
    pub(super) fn take_flying(&mut self) -> Vec<Text> {
        std::mem::take(&mut self.flying).into_iter().map(|f| f.text).collect()
    }

    /// Whether a text waits for its turn.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether a text is on its way.
    pub(super) fn flies(&self) -> bool {
        !self.flying.is_empty()
    }

    /// Whether nothing waits and nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.flying.is_empty()
    }

    /// When it wants to hear of the time.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let full = self.flying.len() >= MOST_FLYING;
        let due = |f: &Flying| if full || f.passed { f.since + ANSWER_WAIT } else { f.since + SECOND_AFTER };
        self.flying.iter().map(due).min()
    }
}

/// A second text may leave when the first is without answer for this long.
const SECOND_AFTER: Duration = Duration::from_secs(2);
/// A text without answer for this long is unconfirmed.
pub(super) const ANSWER_WAIT: Duration = Duration::from_mins(1);
const MOST_FLYING: usize = 2;
/// Texts that may wait for one person.
const MOST_WAITING: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tag: u64) -> Text {
        Text { tag: MessageRef(tag), body: Arc::new(Body::plain("x")), again: false }
    }

    fn next(lane: &mut Lane, now: Instant) -> Option<u64> {
        lane.take_next(true, now).map(|t| t.tag.0)
    }

    #[test]
    fn one_at_a_time_and_a_second_after_two_seconds() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        for tag in 1..=4 {
            assert!(lane.push(text(tag)));
        }
        assert_eq!((next(&mut lane, start), next(&mut lane, at(1999))), (Some(1), None));
        assert_eq!(lane.next_timeout(), Some(at(2000)));
        assert_eq!((lane.newly_late(at(1999)), lane.newly_late(at(2000))), (None, Some(MessageRef(1))));
        assert_eq!(lane.newly_late(at(2000)), None, "told once");
        assert_eq!((next(&mut lane, at(2000)), next(&mut lane, at(9000))), (Some(2), None), "never three");
        assert_eq!(lane.newly_late(at(9000)), None);
        assert!(lane.landed(MessageRef(1)).is_some() && lane.landed(MessageRef(1)).is_none());
        assert_eq!(lane.newly_late(at(9000)), Some(MessageRef(2)));
        assert_eq!(next(&mut lane, at(9000)), Some(3));
        lane.landed(MessageRef(2));
        lane.landed(MessageRef(3));
        assert_eq!(next(&mut lane, at(9000)), Some(4));
    }

    #[test]
    fn what_comes_back_leaves_in_the_order_it_was_written() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        let late = start + Duration::from_secs(3);
        for tag in 1..=3 {
            lane.push(text(tag));
        }
        assert_eq!((next(&mut lane, start), next(&mut lane, late)), (Some(1), Some(2)));
        for tag in [1, 2] {
            let text = lane.landed(MessageRef(tag)).unwrap();
            lane.put_back(text);
        }
        let order: Vec<u64> = lane.take_waiting().iter().map(|t| t.tag.0).collect();
        assert_eq!(order, [1, 2, 3]);
    }

    #[test]
    fn datagrams_never_overlap() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        lane.push(text(1));
        lane.push(text(2));
        assert!(lane.take_next(false, now).is_some());
        assert_eq!(lane.take_next(false, now + Duration::from_secs(30)), None);
    }

    #[test]
    fn a_minute_without_answer() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        lane.push(text(1));
        next(&mut lane, now);
        lane.newly_late(now + SECOND_AFTER);
        assert_eq!(lane.next_timeout(), Some(now + ANSWER_WAIT));
        assert_eq!(lane.overdue(now + Duration::from_secs(59)), []);
        assert_eq!(lane.overdue(now + ANSWER_WAIT), [text(1)]);
        assert!(lane.is_empty());
    }

    #[test]
    fn what_comes_back_goes_first_and_bounds_hold() {
        let (mut lane, now) = (Lane::default(), Instant::now());
        for tag in 0..MOST_WAITING as u64 {
            assert!(lane.push(text(tag)));
        }
        assert!(!lane.push(text(999)));
        next(&mut lane, now);
        let back = lane.landed(MessageRef(0)).unwrap();
        lane.put_back(back);
        let again = lane.take_next(true, now).unwrap();
        assert_eq!((again.tag, again.again), (MessageRef(0), true));
        assert_eq!((lane.take_flying().len(), lane.take_waiting().len()), (1, MOST_WAITING - 1));
    }
}
