//! Who is writing, in sessions: INFO with `KeyboardActivity`, both ways, and its timers.
//!
//! No document gives timers, so these are our choice:
//!
//! ```text
//!   we:     idle --key: tell--> writing --key after 10 s: tell again--> writing
//!           writing --5 s without key, or stopped: tell--> idle     writing --text sent--> idle
//!   they:   idle --type--> writing --idle, text, or 15 s--> idle
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::backend::Event;
use crate::backend::sip::ua::Ua;
use crate::model::Address;

/// Indications of one account.
#[derive(Debug, Default)]
pub(super) struct Keys {
    ours: BTreeMap<Address, Ours>,
    theirs: BTreeMap<Address, Instant>,
}

/// An indication of ours that stands.
#[derive(Debug, Clone, Copy)]
struct Ours {
    told: Instant,
    idle_at: Instant,
}

impl Keys {
    /// The user is writing, or has stopped; what to tell the other side, if anything.
    pub(super) fn ours(&mut self, to: &Address, active: bool, now: Instant) -> Option<bool> {
        match (self.ours.get_mut(to), active) {
            (Some(ours), true) => {
                ours.idle_at = now + IDLE_AFTER;
                let again = ours.told + REFRESH <= now;
                if again {
                    ours.told = now;
                }
                again.then_some(true)
            }
            (None, true) => {
                let room = self.ours.len() < MOST;
                if room {
                    self.ours.insert(to.clone(), Ours { told: now, idle_at: now + IDLE_AFTER });
                }
                room.then_some(true)
            }
            (Some(_), false) => {
                self.ours.remove(to);
                Some(false)
            }
            (None, false) => None,
        }
    }

    /// A text of ours left, or there is nobody to tell any more.
    pub(super) fn forget(&mut self, to: &Address) {
        self.ours.remove(to);
    }

    /// The other side is writing, or has stopped.
    pub(super) fn theirs(&mut self, from: &Address, active: bool, ua: &mut Ua, now: Instant) {
        if !active {
            self.text_came(from, ua);
            return;
        }
        let known = self.theirs.contains_key(from);
        if known || self.theirs.len() < MOST {
            self.theirs.insert(from.clone(), now + TIME_OUT);
            if !known {
                ua.emit(Event::Typing { from: from.clone(), active: true });
            }
        }
    }

    /// A text came, or the session ended: they are done writing.
    pub(super) fn text_came(&mut self, from: &Address, ua: &mut Ua) {
        if self.theirs.remove(from).is_some() {
            ua.emit(Event::Typing { from: from.clone(), active: false });
        }
    }

    /// The link is gone.
    pub(super) fn stop(&mut self, ua: &mut Ua) {
        self.ours.clear();
        for from in std::mem::take(&mut self.theirs).into_keys() {
            ua.emit(Event::Typing { from, active: false });
        }
    }

    /// Takes note that time passed; who is to be told that we stopped.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) -> Vec<Address> {
        let over: Vec<Address> = self.theirs.iter().filter(|(_, at)| **at <= now).map(|(from, _)| from.clone()).collect();
        for from in over {
            self.text_came(&from, ua);
        }
        let quiet: Vec<Address> = self.ours.iter().filter(|(_, o)| o.idle_at <= now).map(|(to, _)| to.clone()).collect();
        for to in &quiet {
            self.ours.remove(to);
        }
        quiet
    }

    /// When [`Keys::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.ours.values().map(|o| o.idle_at).chain(self.theirs.values().copied()).min()
    }
}

/// Told again after this long, if the user still writes.
const REFRESH: Duration = Duration::from_secs(10);
/// Without a key for this long the user has stopped.
const IDLE_AFTER: Duration = Duration::from_secs(5);
/// The other side has stopped when nothing is heard for this long.
const TIME_OUT: Duration = Duration::from_secs(15);
/// People remembered in each direction.
const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_at_the_first_key_again_after_ten_seconds_and_once_at_the_end() {
        let (mut keys, start) = (Keys::default(), Instant::now());
        let at = |s| start + Duration::from_secs(s);
        let bob = Address::parse("bob@example.test").unwrap();
        assert_eq!(keys.ours(&bob, true, at(0)), Some(true));
        assert_eq!(keys.ours(&bob, true, at(4)), None);
        assert_eq!(keys.ours(&bob, true, at(9)), None);
        assert_eq!(keys.ours(&bob, true, at(10)), Some(true));
        assert_eq!(keys.next_timeout(), Some(at(15)));
        assert_eq!(keys.ours(&bob, false, at(11)), Some(false));
        assert_eq!(keys.ours(&bob, false, at(11)), None);
        assert_eq!((keys.ours(&bob, true, at(20)), keys.next_timeout()), (Some(true), Some(at(25))));
        keys.forget(&bob);
        assert_eq!((keys.next_timeout(), keys.ours(&bob, false, at(21))), (None, None));
    }
}
