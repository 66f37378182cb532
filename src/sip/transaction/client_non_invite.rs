//! The non-INVITE client transaction (RFC 3261 section 17.1.2).

use std::time::{Duration, Instant};

use super::timers::{Repeat, T1_64, T2, T4, earlier};

/// ```text
///                      | request from the user: send it
///                      V
///       timer E    +-----------+
///       resend  +->|  Trying   |-- timer F or link error: tell the user --+
///               +--|           |                                          |
///                  +-----------+                                          |
///        200-699:   |       | 1xx: tell the user                          |
///        tell the   |       V                                             |
///        user       |  +------------+ <-+ timer E: resend; 1xx: tell      |
///                   |  | Proceeding | --+                                 |
///                   |  +------------+-- timer F or link error: tell ------+
///                   |       | 200-699: tell the user                      |
///                   V       V                                             |
///                  +-----------+                                          |
///                  | Completed | (further responses are absorbed)         |
///                  +-----------+                                          |
///                      | timer K                                          |
///                      V                                                  |
///                  +------------+                                         |
///                  | Terminated |<----------------------------------------+
///                  +------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Sent, nothing heard.
    Trying {
        /// Timer E.
        e: Option<Repeat>,
        /// Timer F.
        f: Instant,
    },
    /// A provisional response came.
    Proceeding {
        /// Timer E.
        e: Option<Repeat>,
        /// Timer F.
        f: Instant,
    },
    /// The final response came.
    Completed {
        /// Timer K.
        k: Instant,
    },
    /// Over.
    Terminated,
}

/// What to do about a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnResponse {
    /// Tell the user.
    Deliver,
    /// Nothing: the user knows it.
    Absorb,
}

/// What to do about a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimer {
    /// Send the request again.
    Resend,
    /// Tell the user that no answer came.
    TimedOut,
    /// Nothing.
    Nothing,
}

/// The machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientNonInvite {
    state: State,
    reliable: bool,
}

impl ClientNonInvite {
    /// The request was sent.
    #[must_use]
    pub fn new(reliable: bool, now: Instant) -> Self {
        Self { state: State::Trying { e: Repeat::unless_reliable(reliable, now), f: now + T1_64 }, reliable }
    }

    /// Waits this long for a final response, in place of timer F.
    #[must_use]
    pub fn waiting(self, patience: Duration, now: Instant) -> Self {
        match self.state {
            State::Trying { e, .. } => Self { state: State::Trying { e, f: now + patience }, ..self },
            State::Proceeding { .. } | State::Completed { .. } | State::Terminated => self,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// A response came.
    pub fn on_response(&mut self, code: u16, now: Instant) -> OnResponse {
        match self.state {
            State::Trying { mut e, f } | State::Proceeding { mut e, f } if code < 200 => {
                if let Some(e) = &mut e {
                    e.slow_to(T2);
                }
                self.state = State::Proceeding { e, f };
                OnResponse::Deliver
            }
            State::Trying { .. } | State::Proceeding { .. } => {
                self.state = if self.reliable { State::Terminated } else { State::Completed { k: now + T4 } };
                OnResponse::Deliver
            }
            State::Completed { .. } | State::Terminated => OnResponse::Absorb,
        }
    }

    /// Time passed; to be called until [`ClientNonInvite::deadline`] is in the future.
    pub fn on_timer(&mut self, now: Instant) -> OnTimer {
        match &mut self.state {
            State::Trying { e, f } | State::Proceeding { e, f } => {
                if *f <= now {
                    self.state = State::Terminated;
                    return OnTimer::TimedOut;
                }
                match e {
                    Some(e) if e.due <= now => {
                        e.again(now, T2);
                        OnTimer::Resend
                    }
                    _ => OnTimer::Nothing,
                }
            }
            State::Completed { k } if *k <= now => {
                self.state = State::Terminated;
                OnTimer::Nothing
            }
            State::Completed { .. } | State::Terminated => OnTimer::Nothing,
        }
    }

    /// When it wants to hear of the time; `None` when it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Trying { e, f } | State::Proceeding { e, f } => Some(earlier(e, f)),
            State::Completed { k } => Some(k),
            State::Terminated => None,
        }
    }
}

#[cfg(test)]
mod tests;
