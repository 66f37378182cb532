//! Answers to SUBSCRIBE: what is granted, what is refused, what is asked once more.

use std::time::{Duration, Instant};

use super::form::{Ask, Form};
use super::{PROMISED, SOON_LEAST, SOON_MOST, SOON_TIMES, State, Subscription, Turn, state_of};
use crate::backend::sip::dialect;
use crate::backend::sip::extensions::Extensions;
use crate::backend::sip::own::OwnEvent;
use crate::backend::sip::registration::{longer, retry_after};
use crate::backend::sip::ua::Ua;
use crate::sip::dialog::Dialog;
use crate::sip::message::{Message, Method};

impl Subscription {
    /// Takes the final answer to a SUBSCRIBE of ours.
    pub(in crate::backend::sip) fn on_response(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Turn {
        if response.call_id().as_deref() != Some(self.leg.call_id.as_str()) {
            return Turn::Nothing;
        }
        self.asking = false;
        self.leg.heard(response);
        if let Some(dialog) = &mut self.dialog {
            dialog.on_response(response);
        }
        let code = response.status().unwrap_or(0);
        match (self.state, code) {
            (State::Closing, _) => {
                self.end(State::Dead);
                Turn::Nothing
            }
            (State::Idle | State::Paused(_) | State::Dead, _) => Turn::Nothing,
            (_, 200..=299) => self.accepted(response, ua, now),
            (_, 423) if self.failures < 2 => {
                self.failures += 1;
                self.least = longer(response, ua.settings.expires.subscription.max(self.least));
                self.repeat(ua, now);
                Turn::Nothing
            }
            (_, 420) if self.offered.give_up(response) => {
                // Remembered for everything else on this connection.
                ua.extensions.give_up(response);
                self.repeat(ua, now);
                Turn::Nothing
            }
            (State::Waiting, _) => self.not_started(response, ua, now),
            (State::Pending | State::Active, _) => self.not_refreshed(code, response, ua, now),
        }
    }

    /// No answer came to a SUBSCRIBE of ours.
    pub(in crate::backend::sip) fn on_failure(&mut self, ua: &mut Ua, now: Instant) -> Turn {
        self.asking = false;
        match self.state {
            State::Waiting => {
                self.back_off(Duration::ZERO, ua, now);
                Turn::Lost
            }
            State::Pending | State::Active => {
                self.refresh_later(None, ua, now);
                Turn::Unchanged(408)
            }
            State::Closing => {
                self.end(State::Dead);
                Turn::Nothing
            }
            State::Idle | State::Paused(_) | State::Dead => Turn::Nothing,
        }
    }

    fn accepted(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Turn {
        let lcs = self.form.is_lcs(ua);
        if self.dialog.is_none() {
            let mut request = Message::request(Method::Subscribe, &self.uri);
            request.headers.push("Call-ID", &self.leg.call_id);
            self.keep(Dialog::from_response(&request, response), ua);
        }
        let (word, params) = state_of(response);
        if lcs && word == "terminated" && !self.form.is_once() {
            return self.on_terminated(&params, ua, now);
        }
        self.granted = response.expires().unwrap_or(ua.settings.expires.subscription);
        self.lasts(self.granted, ua, now);
        if !lcs {
            return if self.state == State::Waiting { Turn::Accepted } else { Turn::Refreshed };
        }
        self.extensions = self.offered.granted(response);
        let brings = !response.body.is_empty();
        let seen = Extensions { piggyback: self.extensions.piggyback && brings, ..self.extensions };
        self.proved = self.proved.or(seen);
        if brings {
            return self.told(word == "pending");
        }
        if response.headers.has("ms-piggyback-cseq") && self.waiting() {
            return self.promised_nothing(ua, now);
        }
        if self.state == State::Waiting {
            return Turn::Accepted;
        }
        // Here a refresh is answered by a notification only when there is news.
        if !matches!(self.asked, Ask::Change(_, true)) {
            self.timer_n = None;
        }
        Turn::Refreshed
    }

    /// A state came.
    pub(super) fn told(&mut self, pending: bool) -> Turn {
        self.timer_n = None;
        self.failures = 0;
        let refresh = std::mem::take(&mut self.refreshed);
        self.state = if pending { State::Pending } else { State::Active };
        if self.form.is_once() {
            self.end(State::Dead);
        }
        Turn::State { pending, refresh }
    }

    /// An answer that says it brings a state, and does not.
    fn promised_nothing(&mut self, ua: &mut Ua, now: Instant) -> Turn {
        if let Form::Own(OwnEvent::Pending | OwnEvent::Access | OwnEvent::Provisioning) = self.form {
            // There may be nothing to say.
            self.told(false);
            return Turn::Quiet;
        }
        ua.fault("piggyback-empty");
        self.timer_n = Some(now + PROMISED);
        Turn::Accepted
    }

    /// The table for a SUBSCRIBE in the dialog that was refused.
    fn not_refreshed(&mut self, code: u16, response: &Message, ua: &mut Ua, now: Instant) -> Turn {
        let changes = matches!(self.asked, Ask::Change(..));
        match code {
            481 if self.form.is_lcs(ua) && self.failures < SOON_TIMES => {
                let failures = self.failures + 1;
                self.start(ua, now);
                self.failures = failures;
                Turn::Renewed
            }
            // What was wrong is the change, not the subscription.
            _ if changes && code != 481 => {
                self.timer_n = None;
                Turn::Unchanged(code)
            }
            404 | 405 | 410 | 416 | 480..=485 | 489 | 501 | 604 => {
                self.pause(SOON_LEAST, SOON_MOST, ua, now);
                Turn::Lost
            }
            _ => {
                self.bare |= matches!(self.form, Form::Batch(_)) && code < 500;
                self.refresh_later(retry_after(response), ua, now);
                Turn::Unchanged(code)
            }
        }
    }

    /// The table for a first SUBSCRIBE that was refused.
    fn not_started(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Turn {
        let code = response.status().unwrap_or(0);
        let wish = retry_after(response).unwrap_or_default();
        if let Form::Batch(_) = self.form {
            return self.no_batch(response, wish, ua, now);
        }
        match code {
            _ if self.form.is_list() && dialect::after_answer(code) == dialect::Step::Next => {
                self.end(State::Dead);
                Turn::Unsupported(code)
            }
            405 | 406 | 415 | 420 | 421 | 489 | 501 => {
                self.end(State::Dead);
                Turn::Unsupported(code)
            }
            400..=407 | 410 | 414 | 416 | 484 | 485 | 603 | 604 | 300..=399 => {
                self.end(State::Dead);
                Turn::Refused(code)
            }
            _ => {
                self.back_off(wish, ua, now);
                Turn::Lost
            }
        }
    }

    /// A batch was refused: what follows is decided by who keeps the lists, but for waiting.
    fn no_batch(&mut self, response: &Message, wish: Duration, ua: &mut Ua, now: Instant) -> Turn {
        let code = response.status().unwrap_or(0);
        if dialect::after_batch(response) == dialect::BatchStep::Later && self.failures < MOST_BATCH_FAILURES {
            self.back_off(wish, ua, now);
            return Turn::Lost;
        }
        self.end(State::Dead);
        Turn::Unsupported(code)
    }
}

/// Failures of a batch before people are asked for one by one.
const MOST_BATCH_FAILURES: u32 = 2;
