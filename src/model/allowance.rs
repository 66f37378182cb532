//! How often something may happen: a bucket for each of many, and no more of them than are wanted.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Stamp;

/// So many at once, then one each so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Then one in this time.
    pub each: Duration,
}

impl Rate {
    /// The time after which a bucket that was emptied is full again, in milliseconds.
    fn whole(self) -> i64 {
        i64::from(self.burst).saturating_mul(self.step())
    }

    fn step(self) -> i64 {
        i64::try_from(self.each.as_millis()).unwrap_or(i64::MAX)
    }
}

/// A token bucket for each name. Of each only the time is kept when it will be full again; one that is full
/// is as good as none, so those go first when there are too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowances {
    rate: Rate,
    most: usize,
    full_at: BTreeMap<String, i64>,
}

impl Allowances {
    /// Buckets of this rate, at most so many.
    #[must_use]
    pub const fn new(rate: Rate, most: usize) -> Self {
        Self { rate, most, full_at: BTreeMap::new() }
    }

    /// Whether there is one left for a name.
    #[must_use]
    pub fn has(&self, name: &str, now: Stamp) -> bool {
        self.next(name, now).saturating_sub(now.as_millis()) <= self.rate.whole()
    }

    /// Takes one.
    pub fn take(&mut self, name: &str, now: Stamp) {
        let next = self.next(name, now);
        if self.full_at.len() >= self.most && !self.full_at.contains_key(name) {
            self.make_room(now);
        }
        self.full_at.insert(name.to_owned(), next);
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }

    /// When the bucket would be full again if one more was taken.
    fn next(&self, name: &str, now: Stamp) -> i64 {
        let now = now.as_millis();
        // A clock that was set back must not shut anybody out for longer than an empty bucket does.
        let latest = now.saturating_add(self.rate.whole());
        let full_at = self.full_at.get(name).map_or(now, |at| (*at).clamp(now, latest));
        full_at.saturating_add(self.rate.step())
    }

    /// Forgets those that are full; if none is, the one that is nearest to it.
    fn make_room(&mut self, now: Stamp) {
        self.full_at.retain(|_, at| *at > now.as_millis());
        if self.full_at.len() >= self.most
            && let Some(fullest) = self.full_at.iter().min_by_key(|(_, at)| **at).map(|(name, _)| name.clone())
        {
            self.full_at.remove(&fullest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Rate = Rate { burst: 3, each: Duration::from_secs(10) };

    fn at(seconds: i64) -> Stamp {
        Stamp::from_millis(1_000_000 + seconds * 1_000)
    }

    /// How many of `count` tries at this time succeed.
    fn tries(all: &mut Allowances, name: &str, seconds: i64, count: usize) -> usize {
        (0..count)
            .filter(|_| {
                let has = all.has(name, at(seconds));
                if has {
                    all.take(name, at(seconds));
                }
                has
            })
            .count()
    }

    #[test]
    fn some_at_once_then_one_by_one() {
        let mut all = Allowances::new(SLOW, 10);
        assert_eq!(tries(&mut all, "a", 0, 9), 3);
        assert_eq!(tries(&mut all, "b", 0, 2), 2, "another has their own");
        assert_eq!(tries(&mut all, "a", 9, 9), 0);
        assert_eq!(tries(&mut all, "a", 10, 9), 1);
        assert_eq!(tries(&mut all, "a", 1_000, 9), 3, "it does not grow beyond its size");
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out_for_long() {
        let mut all = Allowances::new(SLOW, 10);
        assert_eq!(tries(&mut all, "a", 1_000_000, 3), 3);
        assert_eq!(tries(&mut all, "a", 0, 1), 0);
        assert_eq!(tries(&mut all, "a", 30, 9), 0, "nothing was taken at the earlier time, so nothing is known of it");
        all.take("a", at(0));
        assert!(tries(&mut all, "a", 50, 9) >= 1);
    }

    #[test]
    fn there_are_never_more_than_wanted() {
        let mut all = Allowances::new(SLOW, 10);
        for n in 0..10_000 {
            all.take(&n.to_string(), at(n / 100));
            assert!(all.len() <= 10);
        }
        assert!(!all.is_empty());
    }
}
