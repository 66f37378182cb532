//! How far a transfer is, how fast it goes, how long it will take.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back is looked for the rate.
const WINDOW: Duration = Duration::from_secs(5);
/// How close together what is remembered may be.
const STEP: Duration = Duration::from_millis(250);
/// How long nothing is said of the rate.
const SETTLING: Duration = Duration::from_secs(1);

/// How far a transfer is. Bounded: some twenty moments are remembered.
#[derive(Debug, Clone)]
pub struct Progress {
    total: u64,
    done: u64,
    /// When it was how far, the oldest first; never empty but for the time before `new` returns.
    past: VecDeque<(Instant, u64)>,
}

impl Progress {
    /// Of so many octets, from now on.
    #[must_use]
    pub fn new(total: u64, now: Instant) -> Self {
        Self { total, done: 0, past: VecDeque::from([(now, 0)]) }
    }

    /// So many octets are done by now.
    pub fn advance(&mut self, done: u64, now: Instant) {
        self.done = done.min(self.total).max(self.done);
        if self.past.back().is_some_and(|(at, _)| now.saturating_duration_since(*at) < STEP) {
            return;
        }
        self.past.push_back((now, self.done));
        // The last one before the window is where it begins.
        while self.past.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= WINDOW) {
            self.past.pop_front();
        }
    }

    /// Octets in a second, over the last seconds. None in the first one, where it would say nothing.
    #[must_use]
    pub fn rate(&self, now: Instant) -> Option<u64> {
        let begins = |at: &Instant| now.saturating_duration_since(*at) >= WINDOW;
        let (at, then) = self.past.iter().rev().find(|(at, _)| begins(at)).or(self.past.front())?;
        let passed = now.saturating_duration_since(*at);
        if passed < SETTLING {
            return None;
        }
        let moved = u128::from(self.done.saturating_sub(*then));
        let rate = (moved * 1000).checked_div(passed.as_millis())?;
        Some(u64::try_from(rate).unwrap_or(u64::MAX))
    }

    /// How long it will take at this rate; none where nothing moves, or it is not known yet.
    #[must_use]
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let rate = self.rate(now).filter(|rate| *rate > 0)?;
        let left = self.total.saturating_sub(self.done);
        Some(Duration::from_secs(left.div_ceil(rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn what_runs_steadily_has_a_rate_and_an_end() {
        let start = Instant::now();
        let mut progress = Progress::new(10 * MIB, start);
        progress.advance(MIB / 2, at(start, 500));
        assert_eq!((progress.rate(at(start, 500)), progress.left(at(start, 500))), (None, None), "too early to say");
        for tick in 1..=40 {
            progress.advance(tick * MIB / 8, at(start, tick * 100));
        }
        let now = at(start, 4_000);
        assert_eq!((progress.rate(now), progress.left(now)), (Some(MIB + MIB / 4), Some(Duration::from_secs(4))));
        progress.advance(10 * MIB, at(start, 8_000));
        assert_eq!(progress.left(at(start, 8_000)), Some(Duration::ZERO));
    }

    #[test]
    fn what_stands_still_is_said_to() {
        let start = Instant::now();
        let mut progress = Progress::new(10 * MIB, start);
        for tick in 1..=8 {
            progress.advance(tick * MIB / 4, at(start, tick * 250));
        }
        assert_eq!(progress.rate(at(start, 2_000)), Some(MIB));
        let slower = progress.rate(at(start, 4_000)).unwrap();
        assert!(slower > 0 && slower < MIB, "{slower}");
        assert_eq!((progress.rate(at(start, 60_000)), progress.left(at(start, 60_000))), (Some(0), None));
    }

    #[test]
    fn a_new_rate_shows_within_seconds_and_little_is_remembered() {
        let start = Instant::now();
        let mut progress = Progress::new(u64::MAX, start);
        let mut done = 0;
        for millis in 0..100_000 {
            done += if millis < 90_000 { 100 } else { 1_000 };
            progress.advance(done, at(start, millis));
            assert!(progress.past.len() <= 22);
        }
        let rate = progress.rate(at(start, 99_999)).unwrap();
        assert!((999_000..=1_001_000).contains(&rate), "{rate}");
    }

    #[test]
    fn odd_numbers() {
        let start = Instant::now();
        let mut progress = Progress::new(0, start);
        assert_eq!((progress.rate(start), progress.left(start)), (None, None));
        progress.advance(5, at(start, 9));
        assert_eq!(progress.done, 0);
        let mut progress = Progress::new(u64::MAX, start);
        progress.advance(u64::MAX - 1, at(start, 2_000));
        progress.advance(3, at(start, 3_000));
        assert_eq!(progress.done, u64::MAX - 1);
        assert!(progress.rate(at(start, 2_000)).is_some());
        // A clock that goes back says nothing.
        assert_eq!(Progress::new(9, at(start, 9_000)).rate(start), None);
    }
}
