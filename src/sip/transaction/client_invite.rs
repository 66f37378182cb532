//! The INVITE client transaction (RFC 3261 section 17.1.1, RFC 6026 section 7.2).

use std::time::{Duration, Instant};

use super::timers::{Repeat, T1_64, TIMER_C, earlier};

/// ```text
///                      | INVITE from the user: send it
///                      V
///       timer A    +-----------+
///       resend  +->|  Calling  |-- timer B or link error: tell the user --+
///               +--|           |                                          |
///                  +-----------+                                          |
///          2xx: |      |   | 1xx: tell the user                           |
///          tell |      |   V                                              |
///               |      | +------------+ <-+ 1xx: tell the user            |
///               |      | | Proceeding | --+                               |
///               |      | +------------+-- timer C or link error: tell ----+
///               |      |   |     | 2xx: tell the user                     |
///               |      |   |     +----------------+                       |
///      300-699: send   |   | 300-699: send ACK,   |                       |
///      ACK, tell the   V   V tell the user        |                       |
///      user        +-----------+ <-+ 300-699:     |                       |
///               |  | Completed | --+ send ACK     |                       |
///               |  +-----------+                  V                       |
///               |      |                     +----------+ <-+ 2xx: tell   |
///               +------|-------------------->| Accepted | --+ the user    |
///                      |                     +----------+                 |
///                      | timer D or               | timer M               |
///                      | link error               |                       |
///                      V                          |                       |
///                  +------------+ <---------------+                       |
///                  | Terminated | <---------------------------------------+
///                  +------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Sent, nothing heard.
    Calling {
        /// Timer A.
        a: Option<Repeat>,
        /// Timer B.
        b: Instant,
    },
    /// A provisional response came.
    Proceeding {
        /// Timer C, or the end of the wait after CANCEL (RFC 3261 section 9.1).
        c: Instant,
        /// A CANCEL is on its way: provisional responses win no more time.
        cancelled: bool,
    },
    /// A final response other than 2xx came and was acknowledged.
    Completed {
        /// Timer D.
        d: Instant,
    },
    /// A 2xx came.
    Accepted {
        /// Timer M.
        m: Instant,
    },
    /// Over.
    Terminated,
}

/// What to do about a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnResponse {
    /// Tell the user.
    Deliver,
    /// Send ACK and tell the user.
    AcknowledgeAndDeliver,
    /// Send ACK once more.
    Acknowledge,
    /// Nothing.
    Absorb,
}

/// What to do about a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimer {
    /// Send the INVITE again.
    Resend,
    /// Tell the user that no answer came.
    TimedOut,
    /// Nothing.
    Nothing,
}

/// Timer D on unreliable links: "at least 32 seconds".
const TIMER_D: Duration = T1_64;

/// The machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientInvite {
    state: State,
    reliable: bool,
}

impl ClientInvite {
    /// The INVITE was sent.
    #[must_use]
    pub fn new(reliable: bool, now: Instant) -> Self {
        Self { state: State::Calling { a: Repeat::unless_reliable(reliable, now), b: now + T1_64 }, reliable }
    }

    /// Waits this long for any response, in place of timer B.
    #[must_use]
    pub fn waiting(self, patience: Duration, now: Instant) -> Self {
        match self.state {
            State::Calling { a, .. } => Self { state: State::Calling { a, b: now + patience }, ..self },
            State::Proceeding { .. } | State::Completed { .. } | State::Accepted { .. } | State::Terminated => self,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// A response came.
    pub fn on_response(&mut self, code: u16, now: Instant) -> OnResponse {
        match (self.state, code) {
            (State::Proceeding { cancelled: true, .. }, ..200) | (State::Accepted { .. }, 200..300) => OnResponse::Deliver,
            (State::Calling { .. } | State::Proceeding { cancelled: false, .. }, ..200) => {
                self.state = State::Proceeding { c: now + TIMER_C, cancelled: false };
                OnResponse::Deliver
            }
            (State::Calling { .. } | State::Proceeding { .. }, 200..300) => {
                self.state = State::Accepted { m: now + T1_64 };
                OnResponse::Deliver
            }
            (State::Calling { .. } | State::Proceeding { .. }, _) => {
                self.state = if self.reliable { State::Terminated } else { State::Completed { d: now + TIMER_D } };
                OnResponse::AcknowledgeAndDeliver
            }
            (State::Completed { .. }, 300..) => OnResponse::Acknowledge,
            (State::Accepted { .. } | State::Completed { .. } | State::Terminated, _) => OnResponse::Absorb,
        }
    }

    /// A CANCEL was sent: if nothing final comes in 64*T1, the INVITE is taken for dead
    /// (RFC 3261 section 9.1).
    pub fn on_cancel(&mut self, now: Instant) {
        if let State::Proceeding { cancelled: false, .. } = self.state {
            self.state = State::Proceeding { c: now + T1_64, cancelled: true };
        }
    }

    /// Time passed; to be called until [`ClientInvite::deadline`] is in the future.
    pub fn on_timer(&mut self, now: Instant) -> OnTimer {
        match &mut self.state {
            State::Calling { b: end, .. } | State::Proceeding { c: end, .. } if *end <= now => {
                self.state = State::Terminated;
                OnTimer::TimedOut
            }
            State::Calling { a: Some(a), .. } if a.due <= now => {
                a.again(now, Duration::MAX);
                OnTimer::Resend
            }
            State::Completed { d: end } | State::Accepted { m: end } if *end <= now => {
                self.state = State::Terminated;
                OnTimer::Nothing
            }
            State::Calling { .. }
            | State::Proceeding { .. }
            | State::Completed { .. }
            | State::Accepted { .. }
            | State::Terminated => OnTimer::Nothing,
        }
    }

    /// When it wants to hear of the time; `None` when it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Calling { a, b } => Some(earlier(a, b)),
            State::Proceeding { c: end, .. } | State::Completed { d: end } | State::Accepted { m: end } => Some(end),
            State::Terminated => None,
        }
    }
}

#[cfg(test)]
mod tests;
