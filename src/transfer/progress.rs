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
