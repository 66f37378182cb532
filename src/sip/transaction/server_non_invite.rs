//! The non-INVITE server transaction (RFC 3261 section 17.2.2, RFC 4320).

use std::time::Instant;

use super::timers::{T1_64, TRYING_NON_INVITE};

/// RFC 4320 adds to RFC 3261: no provisional response but 100, and that only after 3.5 s; no 408;
/// after 64*T1 nothing is sent at all, since the other side has stopped waiting.
///
/// ```text
///                      | request: tell the user
///                      V
///                  +-----------+ <-+ request again: nothing
///                  |  Trying   | --+
///                  +-----------+---------- 64*T1, or 408 from the user --+
///       200-699     |       | 3.5 s: send 100                            |
///       from the    |       V                                            |
///       user: send  |  +------------+ <-+ request again: send 100        |
///                   |  | Proceeding | --+                                |
///                   |  +------------+----- 64*T1, or 408 from the user --+
///                   |       | 200-699 from the user: send                |
///                   V       V                                            |
///                  +-----------+ <-+ request again: send response        |
///                  | Completed | --+                                     |
///                  +-----------+                                         |
///                      | timer J                                         |
///                      V                                                 |
///                  +------------+                                        |
///                  | Terminated | <--------------------------------------+
///                  +------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing sent yet.
    Trying {
        /// When 100 goes out.
        trying: Instant,
        /// When the other side stops waiting.
        end: Instant,
    },
    /// 100 was sent.
    Proceeding {
        /// When the other side stops waiting.
        end: Instant,
    },
    /// The final response was sent.
    Completed {
        /// Timer J.
        j: Instant,
    },
    /// Over.
    Terminated,
}

/// What to do about the user's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnReply {
    /// Send it.
    Send,
    /// Do not: it would do harm, or comes too late.
    Suppress,
}

/// What to do about a retransmitted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRepeat {
    /// Send the last response again.
    Resend,
    /// Nothing.
    Absorb,
}

/// What to do about a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimer {
    /// Send 100 and keep it as the last response.
    SendTrying,
    /// Nothing.
    Nothing,
}

/// The machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerNonInvite {
    state: State,
    reliable: bool,
}

impl ServerNonInvite {
    /// A new request came.
    #[must_use]
    pub fn new(reliable: bool, now: Instant) -> Self {
        Self { state: State::Trying { trying: now + TRYING_NON_INVITE, end: now + T1_64 }, reliable }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether the user owes a final response.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Trying { .. } | State::Proceeding { .. })
    }

    /// The user answers.
    pub fn on_reply(&mut self, code: u16, now: Instant) -> OnReply {
        match (self.state, code) {
            (State::Trying { .. } | State::Proceeding { .. }, 408) => {
                self.state = State::Terminated;
                OnReply::Suppress
            }
            (State::Trying { .. } | State::Proceeding { .. }, 200..) => {
                self.state = if self.reliable { State::Terminated } else { State::Completed { j: now + T1_64 } };
                OnReply::Send
            }
            (State::Trying { .. } | State::Proceeding { .. } | State::Completed { .. } | State::Terminated, _) => {
                OnReply::Suppress
            }
        }
    }

    /// The request came once more.
    #[must_use]
    pub const fn on_repeat(&self) -> OnRepeat {
        match self.state {
            State::Proceeding { .. } | State::Completed { .. } => OnRepeat::Resend,
            State::Trying { .. } | State::Terminated => OnRepeat::Absorb,
        }
    }

    /// Time passed; to be called until [`ServerNonInvite::deadline`] is in the future.
    pub fn on_timer(&mut self, now: Instant) -> OnTimer {
        match self.state {
            State::Trying { end, .. } | State::Proceeding { end } | State::Completed { j: end } if end <= now => {
                self.state = State::Terminated;
                OnTimer::Nothing
            }
            State::Trying { trying, end } if trying <= now => {
                self.state = State::Proceeding { end };
                OnTimer::SendTrying
            }
            State::Trying { .. } | State::Proceeding { .. } | State::Completed { .. } | State::Terminated => OnTimer::Nothing,
        }
    }

    /// When it wants to hear of the time; `None` when it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Trying { trying, end } => Some(trying.min(end)),
            State::Proceeding { end } | State::Completed { j: end } => Some(end),
            State::Terminated => None,
        }
    }
}

#[cfg(test)]
mod tests;
