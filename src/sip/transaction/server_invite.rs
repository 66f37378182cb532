//! The INVITE server transaction (RFC 3261 section 17.2.1, RFC 6026 section 7.1).
//!
//! The repetition of 2xx until ACK comes is the user agent core's work in the RFC (section
//! 13.3.1.4); it lives here because it shares its clock and its end with the Accepted state.

use std::time::Instant;

use super::timers::{Repeat, T1_64, T2, T4, TRYING_INVITE, earlier};

/// ```text
///                      | INVITE: tell the user
///                      V
///   INVITE again:  +------------+ <-+ 1xx from the user: send; 200 ms: send 100
///   resend 1xx  +->| Proceeding |   |
///               +--|            | --+
///                  +------------+
///      300-699 from  |        | 2xx from the user: send
///      the user:     |        +-----------------------+
///      send          V                                V
///   INVITE again   +-----------+              +----------+ <-+ INVITE again: nothing
///   or timer G: +->| Completed |              | Accepted |   | ACK: tell the user
///   resend      +--|           |              |          | --+ timer: resend 2xx until ACK
///                  +-----------+              +----------+
///             ACK:  |       | timer H: give up    | timer L
///             V     |       |                     |
///        +-----------+      |                     |
///        | Confirmed | (ACKs are absorbed)        |
///        +-----------+      |                     |
///             | timer I     |                     |
///             V             V                     V
///        +---------------------------------------------+
///        |                 Terminated                  |
///        +---------------------------------------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No final response yet.
    Proceeding {
        /// When 100 goes out, unless something else did.
        trying: Option<Instant>,
    },
    /// A final response other than 2xx was sent.
    Completed {
        /// Timer G.
        g: Option<Repeat>,
        /// Timer H.
        h: Instant,
    },
    /// It was acknowledged.
    Confirmed {
        /// Timer I.
        i: Instant,
    },
    /// A 2xx was sent.
    Accepted {
        /// Repetition of the 2xx until ACK comes (RFC 3261 section 13.3.1.4).
        repeat: Option<Repeat>,
        /// Timer L.
        l: Instant,
    },
    /// Over.
    Terminated,
}

/// What to do about the user's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnReply {
    /// Send it.
    Send,
    /// Do not: a final response was sent before.
    Suppress,
}

/// What to do about a retransmitted INVITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRepeat {
    /// Send the last response again, if there is one.
    Resend,
    /// Nothing.
    Absorb,
}

/// What to do about an ACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnAck {
    /// Tell the user.
    Deliver,
    /// Nothing.
    Absorb,
}

/// What to do about a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimer {
    /// Send 100 and keep it as the last response.
    SendTrying,
    /// Send the last response again.
    Resend,
    /// Nothing.
    Nothing,
}

/// The machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerInvite {
    state: State,
    reliable: bool,
    /// The user is a proxy: who accepted repeats the 2xx, and every ACK is passed on.
    passes: bool,
}

impl ServerInvite {
    /// A new INVITE came.
    #[must_use]
    pub fn new(reliable: bool, now: Instant) -> Self {
        Self { state: State::Proceeding { trying: Some(now + TRYING_INVITE) }, reliable, passes: false }
    }

    /// The user is a proxy (RFC 3261 section 16.7): on a reliable link the 2xx goes out once.
    pub const fn pass_back(&mut self) {
        self.passes = true;
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether the user owes a final response.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    /// The user answers.
    pub fn on_reply(&mut self, code: u16, now: Instant) -> OnReply {
        match (self.state, code) {
            (State::Proceeding { .. }, ..200) => self.state = State::Proceeding { trying: None },
            (State::Proceeding { .. }, 200..300) => {
                let repeat = if self.passes { Repeat::unless_reliable(self.reliable, now) } else { Some(Repeat::starting(now)) };
                self.state = State::Accepted { repeat, l: now + T1_64 };
            }
            (State::Proceeding { .. }, _) => {
                self.state = State::Completed { g: Repeat::unless_reliable(self.reliable, now), h: now + T1_64 };
            }
            (State::Completed { .. } | State::Confirmed { .. } | State::Accepted { .. } | State::Terminated, _) => {
                return OnReply::Suppress;
            }
        }
        OnReply::Send
    }

    /// The INVITE came once more.
    #[must_use]
    pub const fn on_repeat(&self) -> OnRepeat {
        match self.state {
            State::Proceeding { .. } | State::Completed { .. } => OnRepeat::Resend,
            State::Confirmed { .. } | State::Accepted { .. } | State::Terminated => OnRepeat::Absorb,
        }
    }

    /// ACK came.
    pub fn on_ack(&mut self, now: Instant) -> OnAck {
        match self.state {
            State::Completed { .. } => {
                self.state = if self.reliable { State::Terminated } else { State::Confirmed { i: now + T4 } };
                OnAck::Absorb
            }
            State::Accepted { repeat: Some(_), l } => {
                self.state = State::Accepted { repeat: None, l };
                OnAck::Deliver
            }
            State::Accepted { repeat: None, .. } if self.passes => OnAck::Deliver,
            State::Accepted { repeat: None, .. } | State::Proceeding { .. } | State::Confirmed { .. } | State::Terminated => {
                OnAck::Absorb
            }
        }
    }

    /// Time passed; to be called until [`ServerInvite::deadline`] is in the future.
    pub fn on_timer(&mut self, now: Instant) -> OnTimer {
        match &mut self.state {
            State::Proceeding { trying: Some(trying) } if *trying <= now => {
                self.state = State::Proceeding { trying: None };
                OnTimer::SendTrying
            }
            State::Completed { h: end, .. } | State::Confirmed { i: end } | State::Accepted { l: end, .. } if *end <= now => {
                self.state = State::Terminated;
                OnTimer::Nothing
            }
            State::Completed { g: Some(repeat), .. } | State::Accepted { repeat: Some(repeat), .. } if repeat.due <= now => {
                repeat.again(now, T2);
                OnTimer::Resend
            }
            State::Proceeding { .. }
            | State::Completed { .. }
            | State::Confirmed { .. }
            | State::Accepted { .. }
            | State::Terminated => OnTimer::Nothing,
        }
    }

    /// When it wants to hear of the time; `None` when it waits for its user or is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Proceeding { trying } => trying,
            State::Completed { g: repeat, h: end } | State::Accepted { repeat, l: end } => Some(earlier(repeat, end)),
            State::Confirmed { i } => Some(i),
            State::Terminated => None,
        }
    }
}

#[cfg(test)]
mod tests;
