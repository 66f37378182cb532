//! How far a transfer is, how fast it goes, how long it will take.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::amounts;

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

    /// Octets that are done.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// Octets altogether.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Hundredths that are done; 100 only when all is.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let hundredths = (u128::from(self.done) * 100).checked_div(u128::from(self.total)).unwrap_or(100);
        u8::try_from(hundredths).unwrap_or(100)
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

    /// All of it in words: `4.2 MiB of 10.0 MiB, 1.3 MiB/s, 5 s left`.
    #[must_use]
    pub fn words(&self, now: Instant) -> String {
        let far = format!("{} of {}", amounts::octets(self.done), amounts::octets(self.total));
        if self.done == self.total {
            return far;
        }
        match (self.rate(now), self.left(now)) {
            (None, _) => far,
            (Some(rate), Some(left)) => format!("{far}, {}/s, {} left", amounts::octets(rate), amounts::duration(left)),
            (Some(_), None) => format!("{far}, nothing moves"),
        }
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
    fn in_words() {
        let start = Instant::now();
        let mut progress = Progress::new(10 * MIB, start);
        progress.advance(MIB / 2, at(start, 500));
        assert_eq!(progress.words(at(start, 500)), "512.0 KiB of 10.0 MiB");
        for tick in 1..=40 {
            progress.advance(tick * MIB / 8, at(start, tick * 100));
        }
        assert_eq!(progress.words(at(start, 4_000)), "5.0 MiB of 10.0 MiB, 1.2 MiB/s, 4 s left");
        assert_eq!((progress.percent(), progress.done(), progress.total()), (50, 5 * MIB, 10 * MIB));
        progress.advance(10 * MIB, at(start, 8_000));
        assert_eq!((progress.words(at(start, 8_000)), progress.percent()), ("10.0 MiB of 10.0 MiB".into(), 100));
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
        assert_eq!(progress.words(at(start, 60_000)), "2.0 MiB of 10.0 MiB, nothing moves");
        assert_eq!(progress.left(at(start, 60_000)), None);
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
        assert_eq!((progress.percent(), progress.words(start)), (100, "0 B of 0 B".into()));
        progress.advance(5, at(start, 9));
        assert_eq!(progress.done(), 0);
        let mut progress = Progress::new(u64::MAX, start);
        progress.advance(u64::MAX - 1, at(start, 2_000));
        progress.advance(3, at(start, 3_000));
        assert_eq!((progress.done(), progress.percent()), (u64::MAX - 1, 99));
        assert!(progress.rate(at(start, 2_000)).is_some());
        // A clock that goes back says nothing.
        assert_eq!(Progress::new(9, at(start, 9_000)).rate(start), None);
    }
}
