//! Timer values of RFC 3261 section 17 (table 4) and RFC 6026, under the letters of the RFC.
//!
//! | letter | value | what ends |
//! | --- | --- | --- |
//! | A | T1, doubling | wait before INVITE is sent again (unreliable) |
//! | B | 64*T1 | wait for any response to INVITE |
//! | C | over 3 min | wait for a final response to INVITE after a provisional one |
//! | D | over 32 s, 0 if reliable | absorbing of repeated non-2xx responses to INVITE |
//! | E | T1, doubling to T2 | wait before a non-INVITE request is sent again (unreliable) |
//! | F | 64*T1 | wait for a final response to a non-INVITE request |
//! | G | T1, doubling to T2 | wait before a non-2xx response to INVITE is sent again (unreliable) |
//! | H | 64*T1 | wait for ACK |
//! | I | T4, 0 if reliable | absorbing of repeated ACKs |
//! | J | 64*T1, 0 if reliable | absorbing of repeated non-INVITE requests |
//! | K | T4, 0 if reliable | absorbing of repeated responses to non-INVITE |
//! | L | 64*T1 | absorbing of repeated INVITEs after a 2xx |
//! | M | 64*T1 | passing on of further 2xx to INVITE |

use std::time::{Duration, Instant};

/// Estimate of a round trip.
pub const T1: Duration = Duration::from_millis(500);
/// Longest wait between retransmissions.
pub const T2: Duration = Duration::from_secs(4);
/// Longest time a message may linger in the network.
pub const T4: Duration = Duration::from_secs(5);
/// 64*T1: timers B, F, H, J, L and M.
pub const T1_64: Duration = Duration::from_secs(32);
/// Timer C: "larger than 3 minutes" (RFC 3261 section 16.6).
pub const TIMER_C: Duration = Duration::from_secs(200);
/// When 100 goes out for an INVITE nobody answered yet (RFC 3261 section 17.2.1).
pub const TRYING_INVITE: Duration = Duration::from_millis(200);
/// When 100 goes out for any other request: the time after which timer E of the other side
/// stands at T2 (RFC 4320 section 4.1).
pub const TRYING_NON_INVITE: Duration = Duration::from_millis(3500);

/// A timer that fires again and again, each time later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// When it fires next.
    pub due: Instant,
    interval: Duration,
}

impl Repeat {
    /// Fires first after T1; never on reliable links.
    #[must_use]
    pub fn unless_reliable(reliable: bool, now: Instant) -> Option<Self> {
        (!reliable).then(|| Self::starting(now))
    }

    /// Fires first after T1.
    #[must_use]
    pub fn starting(now: Instant) -> Self {
        Self { due: now + T1, interval: T1 }
    }

    /// It fired: waits twice as long, at most `cap`. Counts from `now`, so that a clock that
    /// jumped brings one retransmission and not a burst.
    pub fn again(&mut self, now: Instant, cap: Duration) {
        self.interval = (self.interval * 2).min(cap);
        self.due = now + self.interval;
    }

    /// From now on waits `interval`.
    pub fn slow_to(&mut self, interval: Duration) {
        self.interval = interval;
    }
}

/// The earlier of two, where there are any.
#[must_use]
pub fn earlier(repeat: Option<Repeat>, other: Instant) -> Instant {
    repeat.map_or(other, |r| r.due.min(other))
}
