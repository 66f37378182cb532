//! Asks for a document anew, not faster than is decent: at once the first time, then after 1, 2, 4 ..
//! 60 seconds for as long as nothing gets better (our choice). A document that does not come within
//! the time of a transaction is asked for again, a few times.

use std::time::{Duration, Instant};

use super::wish::{Wish, Wishes};
use crate::backend::sip::own::OwnEvent;

/// How asking for one document stands.
#[derive(Debug)]
pub(super) struct Resync {
    event: OwnEvent,
    /// Times in a row.
    tries: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is wanted.
    Idle,
    /// It is to be asked for then.
    Due(Instant),
    /// It was asked for; again then.
    Asked(Instant),
}

impl Resync {
    pub(super) const fn new(event: OwnEvent) -> Self {
        Self { event, tries: 0, state: State::Idle }
    }

    /// A new connection: the subscriptions ask by themselves.
    pub(super) fn start(&mut self, now: Instant) {
        self.tries = 0;
        self.state = State::Asked(now + PATIENCE);
    }

    /// Nothing is wanted any more.
    pub(super) fn stop(&mut self) {
        self.tries = 0;
        self.state = State::Idle;
    }

    /// The document is wanted. One that was asked for already is on its way.
    pub(super) fn want(&mut self, wishes: &mut Wishes, now: Instant) {
        if self.state == State::Idle {
            self.plan(wishes, now);
        }
    }

    fn plan(&mut self, wishes: &mut Wishes, now: Instant) {
        let wait = match self.tries {
            0 => Duration::ZERO,
            tries => (Duration::from_secs(1) * 2_u32.pow(tries.min(7) - 1)).min(LONGEST_WAIT),
        };
        self.tries = self.tries.saturating_add(1);
        self.state = State::Due(now + wait);
        self.handle_timeout(wishes, now);
    }

    /// The document came.
    pub(super) fn came(&mut self) {
        self.state = State::Idle;
    }

    /// Something went as it should.
    pub(super) fn better(&mut self) {
        self.tries = 0;
    }

    pub(super) fn handle_timeout(&mut self, wishes: &mut Wishes, now: Instant) {
        match self.state {
            State::Due(at) if at <= now => {
                self.state = State::Asked(now + PATIENCE);
                wishes.push_back(Wish::Resubscribe(self.event));
            }
            State::Asked(at) if at <= now && self.tries < MOST_TRIES => self.plan(wishes, now),
            State::Asked(at) if at <= now => self.state = State::Idle,
            State::Idle | State::Due(_) | State::Asked(_) => {}
        }
    }

    pub(super) const fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle => None,
            State::Due(at) | State::Asked(at) => Some(at),
        }
    }
}

/// As long as a request may stay without answer, and a little more.
const PATIENCE: Duration = Duration::from_secs(40);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Times in a row that nothing comes before it is given up.
const MOST_TRIES: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_faster_than_is_decent() {
        let mut now = Instant::now();
        let start = now;
        let (mut resync, mut wishes) = (Resync::new(OwnEvent::Contacts), Wishes::new());
        let mut asked = Vec::new();
        for _ in 0..10 {
            resync.want(&mut wishes, now);
            resync.want(&mut wishes, now);
            while wishes.is_empty() {
                now = resync.next_timeout().unwrap();
                resync.handle_timeout(&mut wishes, now);
            }
            assert_eq!(wishes.drain(..).collect::<Vec<_>>(), [Wish::Resubscribe(OwnEvent::Contacts)]);
            resync.came();
            asked.push((now - start).as_secs());
        }
        assert_eq!(asked, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
        resync.better();
        resync.want(&mut wishes, now);
        assert_eq!(wishes.pop_front(), Some(Wish::Resubscribe(OwnEvent::Contacts)));
    }

    #[test]
    fn what_does_not_come_is_asked_for_again() {
        let now = Instant::now();
        let (mut resync, mut wishes) = (Resync::new(OwnEvent::Access), Wishes::new());
        resync.start(now);
        resync.handle_timeout(&mut wishes, now + Duration::from_secs(39));
        assert!(wishes.is_empty());
        resync.handle_timeout(&mut wishes, now + PATIENCE);
        assert_eq!(wishes.len(), 1);
        resync.stop();
        assert_eq!(resync.next_timeout(), None);
    }
}
