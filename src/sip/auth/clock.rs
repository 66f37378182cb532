//! The time on the wall, worked out from the clock that timers use.

use std::time::{Duration, Instant};

/// What the wall showed at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    at: Instant,
    /// Since 1970-01-01.
    showed: Duration,
}

/// Seconds from 1601 to 1970.
const EPOCHS: u64 = 11_644_473_600;

impl Clock {
    /// At `at` it was `showed` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn new(at: Instant, showed: Duration) -> Self {
        Self { at, showed }
    }

    /// Since 1970-01-01T00:00:00Z, at another moment.
    #[must_use]
    pub fn unix(&self, now: Instant) -> Duration {
        match now.checked_duration_since(self.at) {
            Some(later) => self.showed.saturating_add(later),
            None => self.showed.saturating_sub(self.at.saturating_duration_since(now)),
        }
    }

    /// In tenths of microseconds since 1601, as MS-NLMP counts.
    #[must_use]
    pub fn filetime(&self, now: Instant) -> u64 {
        let unix = self.unix(now);
        unix.as_secs().saturating_add(EPOCHS).saturating_mul(10_000_000).saturating_add(u64::from(unix.subsec_nanos() / 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_and_after() {
        let now = Instant::now() + Duration::from_secs(100);
        let clock = Clock::new(now, Duration::from_secs(1_000_000_000));
        assert_eq!(clock.unix(now + Duration::from_secs(5)), Duration::from_secs(1_000_000_005));
        assert_eq!(clock.unix(now.checked_sub(Duration::from_secs(5)).unwrap()), Duration::from_secs(999_999_995));
        // 2001-09-09T01:46:40Z
        assert_eq!(clock.filetime(now + Duration::from_nanos(1_234_567)), 126_444_736_000_012_345);
    }
}
