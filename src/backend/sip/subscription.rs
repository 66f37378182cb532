//! One subscription, from the first SUBSCRIBE to its end (RFC 6665 section 4.1, RFC 3856).
//!
//! ```text
//!            start                NOTIFY pending
//!   Idle ------------> Waiting ----------------> Pending
//!    ^                  |  |  NOTIFY active         |  NOTIFY active
//!    |                  |  +---------------> Active <+
//!    |   423: again     |                      |  0.75..0.9 of the time: SUBSCRIBE in the dialog
//!    |   with its wish  |                      |  200: longer   other error: again, until it ends
//!    |                  |                      |
//!    |    time up,      | no NOTIFY in 32 s    | 404 405 410 416 480..485 489 501 604, or
//!    +<---------------- Paused <---------------+ NOTIFY terminated (table in `on_terminated`)
//!                       |                      |
//!                       | 403 603 404          | rejected, noresource, invariant
//!                       v                      v
//!                      Dead <------------------+          any --stop--> Closing --200--> gone
//! ```
//!
//! A NOTIFY may come before the answer to the SUBSCRIBE and then makes the dialog. A second
//! NOTIFY with another tag is a fork: presence has one dialog only, the other gets 481.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::dialect;
use super::own::OwnEvent;
use super::registration::{longer, retry_after};
use super::ua::{Leg, Purpose, Ua};
use crate::sip::dialog::{Dialog, InDialog};
use crate::sip::message::{Message, Method, Params};

/// Numbers a subscription of ours; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SubscriptionId(pub(super) u64);

/// What a subscription asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// One person's presence.
    Person,
    /// A list kept on the server (RFC 4662).
    StoredList,
    /// A list that stands in the request (RFC 5367).
    AdhocList(Bytes),
    /// Who watches us (RFC 3857).
    Watchers,
    /// A document about ourselves ([MS-SIP] 3.7).
    Own(OwnEvent),
}

impl Form {
    /// The event package.
    const fn event(&self) -> &'static str {
        match self {
            Self::Person | Self::StoredList | Self::AdhocList(_) => "presence",
            Self::Watchers => "presence.winfo",
            Self::Own(event) => event.package(),
        }
    }

    const fn accept(&self) -> &'static str {
        match self {
            Self::Person => "application/pidf+xml",
            Self::StoredList | Self::AdhocList(_) => "application/pidf+xml, application/rlmi+xml, multipart/related",
            Self::Watchers => "application/watcherinfo+xml",
            Self::Own(event) => event.media_type(),
        }
    }
}

/// What an answer, a notification or passing time meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing for others.
    Nothing,
    /// The subscription was accepted (the state comes by itself).
    Accepted,
    /// A notification came; `refresh` when it answers a SUBSCRIBE in the dialog.
    State {
        /// The person has not decided whether we may watch.
        pending: bool,
        /// It answers a refresh of ours.
        refresh: bool,
    },
    /// It ended; a new one will be started by itself. What was known is not confirmed any more.
    Lost,
    /// It ended, and what was known stays true for good.
    Frozen,
    /// It ended for good: we may not, or there is nothing.
    Refused(u16),
    /// The server cannot do this form.
    Unsupported(u16),
}

/// One subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    id: SubscriptionId,
    uri: String,
    form: Form,
    state: State,
    leg: Leg,
    dialog: Option<Dialog>,
    /// `Min-Expires` of a notifier that found our wish too short.
    least: u32,
    ends: Option<Instant>,
    refresh: Option<Instant>,
    /// Timer N: by then a NOTIFY must have come.
    timer_n: Option<Instant>,
    /// A SUBSCRIBE is unanswered.
    asking: bool,
    /// The next NOTIFY answers a refresh.
    refreshed: bool,
    failures: u32,
    asked_full: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Waiting,
    Pending,
    Active,
    Paused(Instant),
    Closing,
    Dead,
}

impl Subscription {
    /// A subscription that was not started yet.
    pub(super) fn new(id: SubscriptionId, uri: &str, form: Form) -> Self {
        Self {
            id,
            uri: uri.to_owned(),
            form,
            state: State::Idle,
            leg: Leg { to: uri.to_owned(), tag: String::new(), call_id: String::new(), cseq: 0 },
            dialog: None,
            least: 0,
            ends: None,
            refresh: None,
            timer_n: None,
            asking: false,
            refreshed: false,
            failures: 0,
            asked_full: None,
        }
    }

    /// Call-ID of the present dialog or attempt; empty when there is none.
    pub(super) fn call_id(&self) -> &str {
        &self.leg.call_id
    }

    /// Whether an answer to a SUBSCRIBE is awaited.
    pub(super) const fn asking(&self) -> bool {
        self.asking
    }

    /// Whether the first state is still to come.
    pub(super) const fn waiting(&self) -> bool {
        matches!(self.state, State::Idle | State::Waiting)
    }

    /// Whether it is time to start, or to start again.
    pub(super) fn due(&self, now: Instant) -> bool {
        matches!(self.state, State::Paused(until) if until <= now)
    }

    /// Sends the first SUBSCRIBE of a new dialog.
    pub(super) fn start(&mut self, ua: &mut Ua, now: Instant) {
        self.leg = Leg::new(&self.uri, &mut ua.tokens);
        self.dialog = None;
        self.ends = None;
        self.refresh = None;
        self.refreshed = false;
        self.state = State::Waiting;
        self.ask(ua, now);
    }

    /// Subscribes for longer, in the dialog.
    pub(super) fn ask_again(&mut self, ua: &mut Ua, now: Instant) {
        if !self.asking && self.dialog.is_some() && matches!(self.state, State::Active | State::Pending) {
            self.resubscribe(ua.settings.expires.subscription.max(self.least), ua, now);
        }
    }

    /// Asks for the full state because something was missed; a server whose counting never fits
    /// is not asked more often than [`FULL_STATE_PAUSE`] allows.
    pub(super) fn ask_full(&mut self, ua: &mut Ua, now: Instant) {
        if self.asked_full.is_none_or(|at| now.saturating_duration_since(at) >= FULL_STATE_PAUSE) {
            self.asked_full = Some(now);
            self.ask_again(ua, now);
        }
    }

    /// Ends it, telling the server if there is a dialog; `false` if there is nothing to wait for.
    pub(super) fn stop(&mut self, ua: &mut Ua, now: Instant) -> bool {
        self.refresh = None;
        self.timer_n = None;
        let tell = self.dialog.is_some() && matches!(self.state, State::Active | State::Pending | State::Waiting);
        self.state = if tell { State::Closing } else { State::Dead };
        if tell {
            self.resubscribe(0, ua, now);
            self.timer_n = None;
        }
        tell
    }

    /// Takes the final answer to a SUBSCRIBE of ours.
    pub(super) fn on_response(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Turn {
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
            (State::Waiting | State::Pending | State::Active, 200..=299) => self.accepted(response, ua, now),
            (State::Waiting | State::Pending | State::Active, 423) if self.failures < 2 => {
                self.failures += 1;
                self.least = longer(response, ua.settings.expires.subscription.max(self.least));
                if self.dialog.is_some() {
                    self.resubscribe(self.least, ua, now);
                } else {
                    self.ask(ua, now);
                }
                Turn::Nothing
            }
            (State::Waiting, _) => self.not_started(code, retry_after(response), ua, now),
            (State::Pending | State::Active, 404 | 405 | 410 | 416 | 480..=485 | 489 | 501 | 604) => {
                self.pause(SOON_LEAST, SOON_MOST, ua, now);
                Turn::Lost
            }
            (State::Pending | State::Active, _) => {
                self.refresh_later(retry_after(response), ua, now);
                Turn::Nothing
            }
            (State::Idle | State::Paused(_) | State::Dead, _) => Turn::Nothing,
        }
    }

    /// No answer came to a SUBSCRIBE of ours.
    pub(super) fn on_failure(&mut self, ua: &mut Ua, now: Instant) -> Turn {
        self.asking = false;
        match self.state {
            State::Waiting => {
                self.back_off(Duration::ZERO, ua, now);
                Turn::Lost
            }
            State::Pending | State::Active => {
                self.refresh_later(None, ua, now);
                Turn::Nothing
            }
            State::Closing => {
                self.end(State::Dead);
                Turn::Nothing
            }
            State::Idle | State::Paused(_) | State::Dead => Turn::Nothing,
        }
    }

    /// Takes a NOTIFY: the code to answer with, and what it meant.
    pub(super) fn on_notify(&mut self, request: &Message, ua: &mut Ua, now: Instant) -> (u16, Turn) {
        let event = request.header("Event").unwrap_or_default();
        if !event.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case(self.form.event()) {
            return (489, Turn::Nothing);
        }
        let to_tag = request.to().ok().and_then(|to| to.tag()).unwrap_or_default();
        if to_tag != self.leg.tag || matches!(self.state, State::Idle | State::Paused(_) | State::Dead) {
            return (481, Turn::Nothing);
        }
        if let Some(dialog) = &mut self.dialog {
            let from_tag = request.from().ok().and_then(|from| from.tag()).unwrap_or_default();
            if dialog.id().remote_tag != from_tag {
                return (481, Turn::Nothing);
            }
            if dialog.on_request(request) == InDialog::OutOfOrder {
                return (500, Turn::Nothing);
            }
        } else if let Some(mut dialog) = Dialog::from_request(request, &self.leg.tag) {
            // The answer may never come: the next request must not repeat the number then.
            dialog.skip_to(self.leg.cseq);
            self.dialog = Some(dialog);
        }
        self.timer_n = None;
        if self.state == State::Closing {
            return (200, Turn::Nothing);
        }
        let refresh = std::mem::take(&mut self.refreshed);
        let value = request.header("Subscription-State").unwrap_or_else(|| "active".to_owned());
        let (word, params) = value.split_once(';').unwrap_or((&value, ""));
        let params = Params::parse(params);
        let word = word.trim().to_ascii_lowercase();
        if word == "terminated" {
            return (200, self.on_terminated(&params, ua, now));
        }
        self.failures = 0;
        if let Some(seconds) = params.get("expires").and_then(|e| e.parse::<u32>().ok()) {
            self.lasts(seconds, ua, now);
        }
        let pending = word == "pending";
        self.state = if pending { State::Pending } else { State::Active };
        (200, Turn::State { pending, refresh })
    }

    /// Takes note that time passed. Starting anew is not done here but by who paces the starts,
    /// when [`Subscription::due`].
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) -> Turn {
        if self.timer_n.is_some_and(|at| at <= now) {
            self.timer_n = None;
            self.back_off(Duration::ZERO, ua, now);
            return Turn::Lost;
        }
        if self.ends.is_some_and(|at| at <= now) && matches!(self.state, State::Active | State::Pending) {
            self.pause(SOON_LEAST, SOON_MOST, ua, now);
            return Turn::Lost;
        }
        if self.refresh.is_some_and(|at| at <= now) {
            self.refresh = None;
            self.ask_again(ua, now);
        }
        Turn::Nothing
    }

    /// When [`Subscription::handle_timeout`] is wanted next, or a new start.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Paused(until) => Some(until),
            State::Idle | State::Dead | State::Closing => None,
            // Nothing is kept up that was never told; Timer N ends it.
            State::Waiting => self.timer_n,
            State::Pending | State::Active => [self.refresh, self.ends, self.timer_n].into_iter().flatten().min(),
        }
    }

    fn accepted(&mut self, response: &Message, ua: &mut Ua, now: Instant) -> Turn {
        if self.dialog.is_none() {
            let mut request = Message::request(Method::Subscribe, &self.uri);
            request.headers.push("Call-ID", &self.leg.call_id);
            self.dialog = Dialog::from_response(&request, response);
        }
        let seconds = response.expires().unwrap_or(ua.settings.expires.subscription);
        self.lasts(seconds, ua, now);
        if self.state == State::Waiting { Turn::Accepted } else { Turn::Nothing }
    }

    /// The table for a first SUBSCRIBE that was refused.
    fn not_started(&mut self, code: u16, wish: Option<Duration>, ua: &mut Ua, now: Instant) -> Turn {
        let list = matches!(self.form, Form::StoredList | Form::AdhocList(_));
        match code {
            _ if list && dialect::after_answer(code) == dialect::Step::Next => {
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
                self.back_off(wish.unwrap_or_default(), ua, now);
                Turn::Lost
            }
        }
    }

    /// The table of RFC 6665 section 4.1.3.
    fn on_terminated(&mut self, params: &Params, ua: &mut Ua, now: Instant) -> Turn {
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

    /// A new dialog soon; when that happens too often, later.
    fn pause(&mut self, least: Duration, most: Duration, ua: &mut Ua, now: Instant) {
        if self.failures >= SOON_TIMES {
            self.back_off(Duration::ZERO, ua, now);
            return;
        }
        self.failures += 1;
        let thousandths = u32::try_from(least.as_millis() * 1000 / most.as_millis().max(1)).unwrap_or(0);
        let wait = ua.share(most, thousandths, 1000);
        self.end(State::Paused(now + wait));
    }

    /// A new dialog after 30 s * 2^n, at least `wish`.
    fn back_off(&mut self, wish: Duration, ua: &mut Ua, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        let span = (BACK_OFF * (1 << self.failures.min(6))).min(LONGEST_BACK_OFF);
        let wish = wish.min(LONGEST_WISH);
        let wait = ua.share(span, 500, 1000).max(wish + ua.share(wish, 0, 200));
        self.end(State::Paused(now + wait));
    }

    /// A refresh failed, but the subscription stands until its end.
    fn refresh_later(&mut self, wish: Option<Duration>, ua: &mut Ua, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.timer_n = None;
        let wait = ua.share(BACK_OFF * (1 << self.failures.min(6)), 500, 1000).max(wish.unwrap_or_default());
        self.refresh = Some(now + wait);
    }

    fn lasts(&mut self, seconds: u32, ua: &mut Ua, now: Instant) {
        let lifetime = Duration::from_secs(u64::from(seconds)).max(SHORTEST);
        self.ends = Some(now + lifetime);
        self.refresh = Some(now + ua.share(lifetime, 750, 900));
    }

    fn end(&mut self, state: State) {
        self.state = state;
        self.dialog = None;
        self.ends = None;
        self.refresh = None;
        self.timer_n = None;
        self.asking = false;
        self.leg.call_id.clear();
    }

    fn ask(&mut self, ua: &mut Ua, now: Instant) {
        let request = ua.request(&Method::Subscribe, &self.uri, self.leg.next());
        let expires = ua.settings.expires.subscription.max(self.least);
        self.send(request, expires, true, ua, now);
    }

    fn resubscribe(&mut self, expires: u32, ua: &mut Ua, now: Instant) {
        let Some(dialog) = &mut self.dialog else { return };
        let request = dialog.request(Method::Subscribe);
        self.refreshed = true;
        self.send(request, expires, false, ua, now);
    }

    fn send(&mut self, mut request: Message, expires: u32, first: bool, ua: &mut Ua, now: Instant) {
        request.headers.push("Contact", ua.dialog_contact());
        request.headers.push("Event", self.form.event());
        request.headers.push("Expires", expires.to_string());
        match &self.form {
            Form::StoredList => request.headers.push("Supported", "eventlist"),
            Form::AdhocList(_) => {
                if first {
                    request.headers.push("Require", "recipient-list-subscribe");
                }
                request.headers.push("Supported", "eventlist");
            }
            Form::Person | Form::Watchers | Form::Own(_) => {}
        }
        request.headers.push("Accept", self.form.accept());
        // A list in a later SUBSCRIBE has no meaning (RFC 5367 section 3.2).
        if first && let Form::AdhocList(body) = &self.form {
            request.headers.push("Content-Disposition", "recipient-list");
            request.set_body("application/resource-lists+xml", body.clone());
        }
        if ua.send(request, Purpose::Subscribe(self.id), now) {
            self.asking = true;
            self.timer_n = Some(now + TIMER_N);
        }
    }
}

const TIMER_N: Duration = Duration::from_secs(32);
const SOON_LEAST: Duration = Duration::from_secs(1);
const SOON_MOST: Duration = Duration::from_secs(5);
/// New dialogs begun soon, without a notification between them.
const SOON_TIMES: u32 = 3;
const BACK_OFF: Duration = Duration::from_secs(30);
const LONGEST_BACK_OFF: Duration = Duration::from_mins(30);
const PROBATION: Duration = Duration::from_mins(1);
const LONGEST_WISH: Duration = Duration::from_hours(24);
const FULL_STATE_PAUSE: Duration = Duration::from_secs(30);
/// A notifier that grants less is not asked more often than this allows.
const SHORTEST: Duration = Duration::from_secs(10);
