//! One Binding request and its repetitions (RFC 8489 section 6.2.1): after 0, 0.5, 1.5, 3.5, 7.5, 15.5 and
//! 31.5 s, and no answer by 39.5 s means that there is none.

use std::time::{Duration, Instant};

use super::TransactionId;

/// A request that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    id: TransactionId,
    began: Instant,
    sent: u32,
}

/// What passing time meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet.
    Wait,
    /// Send it again.
    Again,
    /// No answer will come.
    Over,
}

impl Exchange {
    /// The request was sent.
    #[must_use]
    pub const fn new(id: TransactionId, now: Instant) -> Self {
        Self { id, began: now, sent: 1 }
    }

    /// Which request.
    #[must_use]
    pub const fn id(&self) -> TransactionId {
        self.id
    }

    /// When [`Exchange::handle_timeout`] is wanted next.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        if self.sent >= MOST_REQUESTS {
            return self.began + PATIENCE;
        }
        self.began + FIRST_WAIT * ((1 << self.sent) - 1)
    }

    /// Takes note that time passed. Repetitions that are long overdue are one.
    pub fn handle_timeout(&mut self, now: Instant) -> Step {
        if now >= self.began + PATIENCE {
            return Step::Over;
        }
        let before = self.sent;
        while self.sent < MOST_REQUESTS && self.deadline() <= now {
            self.sent += 1;
        }
        if self.sent > before { Step::Again } else { Step::Wait }
    }
}

/// RTO.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Rc.
const MOST_REQUESTS: u32 = 7;
/// Silence of the server for so long means that it will not answer: the last request, and Rm times RTO.
pub const PATIENCE: Duration = Duration::from_millis(39_500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_times_at_growing_distances() {
        let start = Instant::now();
        let mut exchange = Exchange::new(TransactionId([7; 12]), start);
        let mut at = Vec::new();
        loop {
            let now = exchange.deadline();
            let before = start + now.duration_since(start).saturating_sub(Duration::from_millis(1));
            assert_eq!(exchange.handle_timeout(before), Step::Wait);
            at.push(now.duration_since(start).as_millis());
            match exchange.handle_timeout(now) {
                Step::Again => {}
                Step::Over => break,
                Step::Wait => panic!("asked for a time at which there is nothing to do"),
            }
        }
        assert_eq!(at, [500, 1500, 3500, 7500, 15_500, 31_500, 39_500]);
    }

    #[test]
    fn who_slept_sends_once() {
        let start = Instant::now();
        let mut exchange = Exchange::new(TransactionId([7; 12]), start);
        let now = start + Duration::from_secs(20);
        assert_eq!(exchange.handle_timeout(now), Step::Again);
        assert_eq!(exchange.handle_timeout(now), Step::Wait);
        assert_eq!(exchange.handle_timeout(start + Duration::from_hours(1)), Step::Over);
    }
}
