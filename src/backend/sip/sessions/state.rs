//! One session with one person, as a machine without anything around it.
//!
//! ```text
//!                 INVITE out                              INVITE in, answered at once
//!      +-------------------------------- None ---------------------------------+
//!      v                                                                       |
//!  +----------+ 1xx: wait                                                      |
//!  | Inviting |--+ 415 488 501 606: the other media name, once                 |
//!  |          |<-+                                                             |
//!  +----------+                                                                |
//!    |  |  |  2xx: ACK          +-------------+ <------------------------------+
//!    |  |  +------------------->| Established | --+ ACK; MESSAGE, INFO both ways
//!    |  |                       |             | <-+
//!    |  |                       +-------------+
//!    |  | other final: fail,      |  |  408 480 481 to MESSAGE or INFO; INVITE in of the same
//!    |  | or page mode            |  |  person; no ACK in 32 s; 10 min idle; closed by us: BYE
//!    |  |                         |  v
//!    |  |                 BYE in: |  +---------+
//!    |  |                     200 |  | Closing | (what the other side sent meanwhile still counts)
//!    |  |                         |  +---------+
//!    |  |                         |    | any answer to BYE, BYE in, or 32 s
//!    |  v                         v    v
//!    |  +------------------------------------+
//!    +->|               Closed               |
//!       +------------------------------------+
//!   60 s: CANCEL, fail     (a 2xx that comes later is acknowledged and answered with BYE)
//! ```
//!
//! A refused MESSAGE with 408, 480 or 481 means that a BYE was lost: the session dangles, and
//! what to do about it is what closing does, so *dangling* is no state of its own here. Nor is
//! *ringing*: an INVITE is answered at once or refused at once ([`super::invites`]).

use std::time::{Duration, Instant};

/// How the media line of an offer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `m=message ... sip sip:bob@example.test`
    Message,
    /// `m=x-ms-message ... sip null`, for older programs.
    XMsMessage,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Our INVITE is under way.
    Inviting {
        /// What it offers.
        form: Form,
        /// It fails then.
        until: Instant,
    },
    /// Both sides may send.
    Established {
        /// ACK to our 2xx must come by then.
        ack_by: Option<Instant>,
    },
    /// Our BYE is under way.
    Closing {
        /// It counts as answered then.
        until: Instant,
    },
    /// Over.
    Closed,
}

/// What a response says beyond its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Objection {
    /// Nothing.
    None,
    /// Warning 309: an administrator forbids it.
    Policy,
    /// Warning 308: one side wants encryption, the other does not.
    Encryption,
}

/// What to do about an answer to our INVITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnAnswer {
    /// Nothing.
    Wait,
    /// Acknowledge: the session stands.
    Establish,
    /// Acknowledge and end it at once: nobody waits for it any more.
    Decline,
    /// Invite again with the other media name.
    TryAgain(Form),
    /// The other side takes no sessions: messages go one by one.
    Page,
    /// It failed for good.
    Fail,
}

/// What to do about a refusal of a request within the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnRefusal {
    /// The session stands.
    Stay,
    /// The session is gone on the other side: send BYE.
    Bye,
}

/// How a session is ended from this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnClose {
    /// Cancel the INVITE.
    Cancel,
    /// Send BYE.
    Bye,
    /// It is over or about to be.
    Nothing,
}

/// What to do about the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnTimer {
    /// Nothing.
    Nothing,
    /// The INVITE was not answered: cancel it.
    GiveUp,
    /// The ACK never came: send BYE.
    Bye,
    /// Forget the session.
    Over,
}

/// The machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    state: State,
    /// Both forms of the offer were tried.
    tried_other: bool,
}

impl Machine {
    /// We invite; `patience` is how long an answer may take.
    pub(super) fn inviting(patience: Duration, now: Instant) -> Self {
        Self { state: State::Inviting { form: Form::Message, until: now + patience }, tried_other: false }
    }

    /// We were invited and said yes.
    pub(super) fn accepted(now: Instant) -> Self {
        Self { state: State::Established { ack_by: Some(now + ACK_WAIT) }, tried_other: false }
    }

    /// Where it stands.
    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Whether texts may be sent.
    pub(super) const fn is_established(&self) -> bool {
        matches!(self.state, State::Established { .. })
    }

    /// Whether it is or may become established.
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.state, State::Established { .. } | State::Inviting { .. })
    }

    /// An answer to our INVITE came.
    pub(super) fn on_answer(&mut self, code: u16, objection: Objection) -> OnAnswer {
        let State::Inviting { form, until } = self.state else {
            return if (200..300).contains(&code) { OnAnswer::Decline } else { OnAnswer::Wait };
        };
        match code {
            ..200 => OnAnswer::Wait,
            200..300 => {
                self.state = State::Established { ack_by: None };
                OnAnswer::Establish
            }
            415 | 488 | 501 | 606 if !self.tried_other && objection == Objection::None => {
                let other = match form {
                    Form::Message => Form::XMsMessage,
                    Form::XMsMessage => Form::Message,
                };
                self.tried_other = true;
                self.state = State::Inviting { form: other, until };
                OnAnswer::TryAgain(other)
            }
            405 | 415 | 488 | 501 if objection == Objection::None => {
                self.state = State::Closed;
                OnAnswer::Page
            }
            _ => {
                self.state = State::Closed;
                OnAnswer::Fail
            }
        }
    }

    /// No answer to our INVITE will come.
    pub(super) fn on_failure(&mut self) {
        if matches!(self.state, State::Inviting { .. }) {
            self.state = State::Closed;
        }
    }

    /// The other side acknowledged our 2xx, or sent something else within the session, which
    /// says as much.
    pub(super) fn on_ack(&mut self) {
        if let State::Established { ack_by } = &mut self.state {
            *ack_by = None;
        }
    }

    /// A MESSAGE or INFO of ours was refused.
    pub(super) fn on_refusal(&mut self, code: u16, now: Instant) -> OnRefusal {
        if matches!(code, 408 | 480 | 481) && self.close(now) == OnClose::Bye { OnRefusal::Bye } else { OnRefusal::Stay }
    }

    /// The other side ended it.
    pub(super) fn on_bye(&mut self) {
        self.state = State::Closed;
    }

    /// Our BYE was answered, however.
    pub(super) fn on_farewell(&mut self) {
        if matches!(self.state, State::Closing { .. }) {
            self.state = State::Closed;
        }
    }

    /// We end it.
    pub(super) fn close(&mut self, now: Instant) -> OnClose {
        match self.state {
            State::Inviting { .. } => {
                self.state = State::Closed;
                OnClose::Cancel
            }
            State::Established { .. } => {
                self.state = State::Closing { until: now + FAREWELL };
                OnClose::Bye
            }
            State::Closing { .. } | State::Closed => OnClose::Nothing,
        }
    }

    /// Time passed.
    pub(super) fn on_timer(&mut self, now: Instant) -> OnTimer {
        match self.state {
            State::Inviting { until, .. } if until <= now => {
                self.state = State::Closed;
                OnTimer::GiveUp
            }
            State::Established { ack_by: Some(by) } if by <= now => {
                self.state = State::Closing { until: now + FAREWELL };
                OnTimer::Bye
            }
            State::Closing { until } if until <= now => {
                self.state = State::Closed;
                OnTimer::Over
            }
            State::Inviting { .. } | State::Established { .. } | State::Closing { .. } => OnTimer::Nothing,
            State::Closed => OnTimer::Over,
        }
    }

    /// When it wants to hear of the time.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Inviting { until, .. } | State::Closing { until } => Some(until),
            State::Established { ack_by } => ack_by,
            State::Closed => None,
        }
    }
}

/// Longest wait for the answer to an INVITE.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// 64*T1: RFC 3261 section 13.3.1.4.
const ACK_WAIT: Duration = Duration::from_secs(32);
/// 64*T1.
const FAREWELL: Duration = Duration::from_secs(32);

#[cfg(test)]
mod tests {
    use super::*;

    fn inviting() -> (Machine, Instant) {
        let now = Instant::now();
        (Machine::inviting(PATIENCE, now), now)
    }

    fn established() -> (Machine, Instant) {
        let (mut machine, now) = inviting();
        assert_eq!(machine.on_answer(200, Objection::None), OnAnswer::Establish);
        (machine, now)
    }

    #[test]
    fn an_invite_is_answered() {
        let (mut machine, now) = inviting();
        assert_eq!(machine.state(), State::Inviting { form: Form::Message, until: now + PATIENCE });
        for code in [100, 180, 183] {
            assert_eq!(machine.on_answer(code, Objection::None), OnAnswer::Wait);
        }
        assert!(machine.is_live() && !machine.is_established());
        assert_eq!(machine.on_answer(200, Objection::None), OnAnswer::Establish);
        assert_eq!(machine.state(), State::Established { ack_by: None });
        assert_eq!(machine.deadline(), None);
        assert_eq!(machine.on_answer(200, Objection::None), OnAnswer::Decline, "another branch of a fork");
    }

    #[test]
    fn the_other_media_name_is_tried_once() {
        for code in [415, 488, 501, 606] {
            let (mut machine, now) = inviting();
            assert_eq!(machine.on_answer(code, Objection::None), OnAnswer::TryAgain(Form::XMsMessage), "{code}");
            assert_eq!(machine.state(), State::Inviting { form: Form::XMsMessage, until: now + PATIENCE });
            let second = if code == 606 { OnAnswer::Fail } else { OnAnswer::Page };
            assert_eq!(machine.on_answer(code, Objection::None), second, "{code}");
            assert_eq!(machine.state(), State::Closed);
        }
    }

    #[test]
    fn final_refusals() {
        let table = [
            (403, Objection::None, OnAnswer::Fail),
            (404, Objection::None, OnAnswer::Fail),
            (405, Objection::None, OnAnswer::Page),
            (408, Objection::None, OnAnswer::Fail),
            (480, Objection::None, OnAnswer::Fail),
            (486, Objection::None, OnAnswer::Fail),
            (488, Objection::Encryption, OnAnswer::Fail),
            (500, Objection::None, OnAnswer::Fail),
            (603, Objection::None, OnAnswer::Fail),
            (606, Objection::Policy, OnAnswer::Fail),
        ];
        for (code, objection, wanted) in table {
            let (mut machine, _) = inviting();
            assert_eq!(machine.on_answer(code, objection), wanted, "{code}");
            assert_eq!(machine.state(), State::Closed, "{code}");
            assert_eq!(machine.on_answer(code, objection), OnAnswer::Wait, "{code}");
        }
    }

    #[test]
    fn an_invite_without_answer_is_given_up_and_a_late_yes_declined() {
        let (mut machine, now) = inviting();
        assert_eq!(machine.deadline(), Some(now + PATIENCE));
        assert_eq!(machine.on_timer(now + PATIENCE.saturating_sub(Duration::from_nanos(1))), OnTimer::Nothing);
        assert_eq!(machine.on_timer(now + PATIENCE), OnTimer::GiveUp);
        assert_eq!(machine.on_answer(200, Objection::None), OnAnswer::Decline);
        assert_eq!(machine.on_timer(now + PATIENCE), OnTimer::Over);
        let (mut machine, _) = inviting();
        machine.on_failure();
        assert_eq!(machine.state(), State::Closed);
    }

    #[test]
    fn a_yes_of_ours_wants_its_ack() {
        let now = Instant::now();
        let mut machine = Machine::accepted(now);
        assert!(machine.is_established(), "texts may come and go before the ACK");
        assert_eq!(machine.deadline(), Some(now + ACK_WAIT));
        machine.on_ack();
        assert_eq!((machine.deadline(), machine.on_timer(now + ACK_WAIT)), (None, OnTimer::Nothing));
        let mut machine = Machine::accepted(now);
        assert_eq!(machine.on_timer(now + ACK_WAIT), OnTimer::Bye);
        assert_eq!(machine.state(), State::Closing { until: now + ACK_WAIT + FAREWELL });
    }

    #[test]
    fn refusals_that_make_it_dangle() {
        for code in [408, 480, 481] {
            let (mut machine, now) = established();
            assert_eq!(machine.on_refusal(code, now), OnRefusal::Bye, "{code}");
            assert_eq!(machine.state(), State::Closing { until: now + FAREWELL });
            assert_eq!(machine.on_refusal(code, now), OnRefusal::Stay, "one BYE is enough");
        }
        for code in [400, 403, 415, 486, 500, 503, 606] {
            let (mut machine, now) = established();
            assert_eq!(machine.on_refusal(code, now), OnRefusal::Stay, "{code}");
            assert!(machine.is_established());
        }
    }

    #[test]
    fn the_end() {
        let (mut machine, now) = established();
        machine.on_bye();
        assert_eq!((machine.state(), machine.close(now)), (State::Closed, OnClose::Nothing));
        let (mut machine, now) = established();
        assert_eq!(machine.close(now), OnClose::Bye);
        assert_eq!((machine.is_live(), machine.close(now)), (false, OnClose::Nothing));
        machine.on_farewell();
        assert_eq!(machine.state(), State::Closed);
        let (mut machine, now) = established();
        machine.close(now);
        assert_eq!(machine.deadline(), Some(now + FAREWELL));
        assert_eq!(machine.on_timer(now + FAREWELL), OnTimer::Over);
        let (mut machine, now) = established();
        machine.close(now);
        machine.on_bye();
        assert_eq!(machine.state(), State::Closed, "both said good-bye");
        let (mut machine, now) = inviting();
        assert_eq!(machine.close(now), OnClose::Cancel);
        assert_eq!(machine.on_answer(200, Objection::None), OnAnswer::Decline);
    }
}
