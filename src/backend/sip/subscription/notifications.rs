//! Notifications: which belong to a subscription, and what their state means.

use std::time::{Duration, Instant};

use super::form::Form;
use super::{PROBATION, SOON_LEAST, SOON_MOST, State, Subscription, Turn, state_of};
use crate::backend::sip::ua::Ua;
use crate::sip::dialog::{Dialog, InDialog};
use crate::sip::message::{Message, Method, Params};

impl Subscription {
    /// Takes a NOTIFY or BENOTIFY: the code to answer with, where it is answered, and what it meant.
    pub(in crate::backend::sip) fn on_notify(&mut self, request: &Message, ua: &mut Ua, now: Instant) -> (u16, Turn) {
        let event = request.header("Event").unwrap_or_default();
        if !event.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case(self.form.event()) {
            return (489, Turn::Nothing);
        }
        let to_tag = request.to().ok().and_then(|to| to.tag()).unwrap_or_default();
        if to_tag != self.leg.tag || matches!(self.state, State::Idle | State::Paused(_) | State::Dead) {
            return (481, Turn::Nothing);
        }
        if let Err(code) = self.belongs(request, ua) {
            return (code, Turn::Nothing);
        }
        if *request.method().unwrap_or(&Method::Notify) == Method::Benotify && !self.asking && !self.extensions.benotify {
            ua.fault("benotify-unasked");
        }
        self.timer_n = None;
        if self.state == State::Closing {
            return (200, Turn::Nothing);
        }
        let (word, params) = state_of(request);
        let is_the_one = self.form.is_once() && !request.body.is_empty();
        if word == "terminated" && !is_the_one {
            self.refreshed = false;
            return (200, self.on_terminated(&params, ua, now));
        }
        self.extend(&params, ua, now);
        (200, self.told(word == "pending"))
    }

    /// Whether a notification is one of this dialog, and new; it may make the dialog.
    fn belongs(&mut self, request: &Message, ua: &mut Ua) -> Result<(), u16> {
        let Some(dialog) = &mut self.dialog else {
            if let Some(mut dialog) = Dialog::from_request(request, &self.leg.tag) {
                // The answer may never come: the next request must not repeat the number then.
                dialog.skip_to(self.leg.cseq);
                self.keep(Some(dialog), ua);
            }
            return Ok(());
        };
        let from_tag = request.from().ok().and_then(|from| from.tag()).unwrap_or_default();
        if dialog.id().remote_tag != from_tag {
            return Err(481);
        }
        // In a batch the version counts, and CSeq may come in any order ([MS-SIP] 3.3.5.1).
        let in_order = dialog.on_request(request) != InDialog::OutOfOrder || matches!(self.form, Form::Batch(_));
        if !in_order {
            ua.fault("notification-order");
            return Err(500);
        }
        Ok(())
    }

    /// How long it lasts now: what the notification says, or, where that was granted, the time
    /// granted at first once more ([MS-SIP] 3.6).
    fn extend(&mut self, params: &Params, ua: &mut Ua, now: Instant) {
        let said = params.get("expires").and_then(|e| e.parse::<u32>().ok());
        let seconds = match said {
            // A server that counts down after all is believed.
            Some(said) if self.extensions.autoextend => Some(said.min(self.granted)),
            None if self.extensions.autoextend => Some(self.granted),
            said => said,
        };
        if let Some(seconds) = seconds {
            self.lasts(seconds, ua, now);
        }
    }

    /// The table of RFC 6665 section 4.1.3.
    pub(super) fn on_terminated(&mut self, params: &Params, ua: &mut Ua, now: Instant) -> Turn {
        let wish = params.get("retry-after").and_then(|v| v.parse().ok()).map(Duration::from_secs);
        let reason = params.get("reason").unwrap_or_default().to_ascii_lowercase();
        match reason.as_str() {
            "rejected" => {
                self.end(State::Dead);
                Turn::Refused(403)
            }
            "noresource" => {
                self.end(State::Dead);
                Turn::Refused(404)
            }
            "invariant" => {
                self.end(State::Dead);
                Turn::Frozen
            }
            "deactivated" | "timeout" => {
                self.pause(SOON_LEAST, SOON_MOST, ua, now);
                Turn::Lost
            }
            "probation" => {
                self.back_off(wish.unwrap_or(PROBATION), ua, now);
                Turn::Lost
            }
            // `giveup`, none, and words to come.
            _ => {
                match wish {
                    Some(wish) => self.back_off(wish, ua, now),
                    None => self.pause(SOON_LEAST, SOON_MOST, ua, now),
                }
                Turn::Lost
            }
        }
    }
}
