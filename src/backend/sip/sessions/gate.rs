//! How often each person may ask for what costs us something: a session and a BYE for each
//! INVITE, an INVITE of ours for each REFER. A program asks once for each talk; one that does it
//! all the time is broken or worse.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::model::Address;

/// Counts what each person asks for.
#[derive(Debug, Default)]
pub(super) struct Gate {
    people: BTreeMap<Address, Visits>,
}

#[derive(Debug, Clone, Copy)]
struct Visits {
    /// How many more may come at once.
    left: u32,
    since: Instant,
}

impl Gate {
    /// Whether one more of a person may come in.
    pub(super) fn opens_for(&mut self, who: &Address, now: Instant) -> bool {
        if self.people.len() >= MOST_PEOPLE {
            self.people.retain(|_, v| v.left + earned(v.since, now) < AT_ONCE);
        }
        if self.people.len() >= MOST_PEOPLE && !self.people.contains_key(who) {
            return false;
        }
        let visits = self.people.entry(who.clone()).or_insert(Visits { left: AT_ONCE, since: now });
        let more = earned(visits.since, now);
        if more > 0 {
            *visits = Visits { left: (visits.left + more).min(AT_ONCE), since: now };
        }
        let opens = visits.left > 0;
        visits.left = visits.left.saturating_sub(1);
        opens
    }
}

/// What is earned back by waiting: one for each two seconds.
fn earned(since: Instant, now: Instant) -> u32 {
    u32::try_from(now.saturating_duration_since(since).as_secs() / 2).unwrap_or(AT_ONCE).min(AT_ONCE)
}

/// How many may come at once.
const AT_ONCE: u32 = 10;
/// People who are counted.
const MOST_PEOPLE: usize = 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn who(n: usize) -> Address {
        Address::parse(&format!("p{n}@example.test")).unwrap()
    }

    #[test]
    fn ten_at_once_and_then_one_each_two_seconds() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        assert_eq!((0..100).filter(|_| gate.opens_for(&who(0), now)).count(), 10);
        assert!(gate.opens_for(&who(1), now), "others are not held up");
        assert!(!gate.opens_for(&who(0), now + Duration::from_millis(1999)));
        assert!(gate.opens_for(&who(0), now + Duration::from_secs(2)));
        assert!(!gate.opens_for(&who(0), now + Duration::from_secs(2)));
        assert_eq!((0..100).filter(|_| gate.opens_for(&who(0), now + Duration::from_hours(1))).count(), 10);
    }

    #[test]
    fn a_crowd_is_bounded_and_forgotten_when_it_is_quiet() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        assert_eq!((0..5000).filter(|n| gate.opens_for(&who(*n), now)).count(), MOST_PEOPLE);
        assert!(gate.opens_for(&who(6000), now + Duration::from_secs(2)));
    }
}
