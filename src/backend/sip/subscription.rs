//! One subscription, from the first SUBSCRIBE to its end (RFC 6665 section 4.1, RFC 3856; [MS-SIP]
//! 3.3 to 3.6).
//!
//! ```text
//!            start                NOTIFY pending
//!   Idle ------------> Waiting ----------------> Pending
//!    ^                  |  |  NOTIFY active,        |  NOTIFY active
//!    |                  |  |  or 200 with body      |
//!    |                  |  +---------------> Active <+
//!    |   423, 420:      |                      |  0.75..0.9 of the time, or 120 s before (LCS):
//!    |   again          |                      |  SUBSCRIBE in the dialog
//!    |                  |                      |  200: longer   other error: again, until it ends
//!    |    time up,      | no NOTIFY in 32 s    | 404 405 410 416 480..485 489 501 604, or
//!    +<---------------- Paused <---------------+ NOTIFY terminated (table in `on_terminated`)
//!                       |                      |
//!                       | 403 603 404          | rejected, noresource, invariant
//!                       v                      v
//!                      Dead <------------------+          any --stop--> Closing --200--> gone
//! ```
//!
//! A NOTIFY may come before the answer to the SUBSCRIBE and then makes the dialog. A second
//! NOTIFY with another tag is a fork: presence has one dialog only, the other gets 481. Servers of
//! the LCS family tell the first state in the 200, and of a person perhaps nothing at all, which
//! is no error there ([MS-SIP] 3.2); what they grant is kept for each dialog.

mod answers;
mod form;
mod notifications;

use std::time::{Duration, Instant};

use bytes::Bytes;

use self::form::Ask;
pub(super) use self::form::Form;
use super::extensions::Extensions;
use super::ua::{Leg, Purpose, Ua};
use crate::sip::dialog::Dialog;
use crate::sip::message::{Message, Method, Params};

/// Numbers a subscription of ours; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SubscriptionId(pub(super) u64);

/// What an answer, a notification or passing time meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing for others.
    Nothing,
    /// The subscription was accepted (the state comes by itself).
    Accepted,
    /// A state came, by notification or in an answer; `refresh` when a SUBSCRIBE in the dialog
    /// asked for it.
    State {
        /// The person has not decided whether we may watch.
        pending: bool,
        /// It answers a refresh of ours.
        refresh: bool,
    },
    /// A SUBSCRIBE in the dialog was accepted.
    Refreshed,
    /// A SUBSCRIBE in the dialog was refused; the dialog stands.
    Unchanged(u16),
    /// The server did not know the dialog any more; a new one was asked for at once.
    Renewed,
    /// It was accepted, but nothing is told.
    Quiet,
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
    /// The lifetime granted last, seconds.
    granted: u32,
    ends: Option<Instant>,
    refresh: Option<Instant>,
    /// Timer N: by then a NOTIFY must have come.
    timer_n: Option<Instant>,
    /// A SUBSCRIBE is unanswered.
    asking: bool,
    /// What it was to do.
    asked: Ask,
    /// The next NOTIFY answers a refresh.
    refreshed: bool,
    failures: u32,
    asked_full: Option<Instant>,
    /// What was asked for with the last SUBSCRIBE, and what was granted in this dialog.
    offered: Extensions,
    extensions: Extensions,
    /// What was seen to work, in any dialog.
    proved: Extensions,
    /// A state that was promised did not come: it is asked for without piggyback.
    nudged: bool,
    /// A list cannot be told anew to make it last longer.
    bare: bool,
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
            granted: 0,
            ends: None,
            refresh: None,
            timer_n: None,
            asking: false,
            asked: Ask::Begin,
            refreshed: false,
            failures: 0,
            asked_full: None,
            offered: Extensions::default(),
            extensions: Extensions::default(),
            proved: Extensions::default(),
            nudged: false,
            bare: false,
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

    /// Whether there is a dialog.
    pub(super) const fn in_dialog(&self) -> bool {
        self.dialog.is_some()
    }

    /// Whether there is a dialog in which a list can be changed now.
    pub(super) fn can_change(&self) -> bool {
        !self.asking && self.dialog.is_some() && matches!(self.state, State::Active | State::Pending)
    }

    /// What was seen to work.
    pub(super) const fn proved(&self) -> Extensions {
        self.proved
    }

    /// The list, as a new dialog and a refresh tell it.
    pub(super) fn set_list(&mut self, whole: Bytes) {
        if let Form::Batch(list) = &mut self.form {
            *list = whole;
        }
    }

    /// Sends the first SUBSCRIBE of a new dialog.
    pub(super) fn start(&mut self, ua: &mut Ua, now: Instant) {
        self.leg = Leg::new(&self.uri, &mut ua.tokens);
        self.dialog = None;
        self.ends = None;
        self.refresh = None;
        self.refreshed = false;
        self.nudged = false;
        self.extensions = Extensions::default();
        self.state = State::Waiting;
        self.send(Ask::Begin, ua, now);
    }

    /// Subscribes for longer, in the dialog.
    pub(super) fn ask_again(&mut self, ua: &mut Ua, now: Instant) {
        if self.can_change() {
            self.send(if self.bare { Ask::ExtendOnly } else { Ask::Extend }, ua, now);
        }
    }

    /// Subscribes for longer by then at the latest, in the dialog.
    pub(super) fn hasten(&mut self, at: Instant) {
        self.refresh = self.refresh.map(|refresh| refresh.min(at));
    }

    /// Asks for the full state because something was missed; a server whose counting never fits
    /// is not asked more often than [`FULL_STATE_PAUSE`] allows.
    pub(super) fn ask_full(&mut self, ua: &mut Ua, now: Instant) {
        if self.asked_full.is_none_or(|at| now.saturating_duration_since(at) >= FULL_STATE_PAUSE) {
            self.asked_full = Some(now);
            self.ask_again(ua, now);
        }
    }

    /// Changes the list in the dialog, where [`Subscription::can_change`]. `news`: somebody comes
    /// to it, whose state must follow.
    pub(super) fn change(&mut self, list: Bytes, news: bool, ua: &mut Ua, now: Instant) {
        if self.can_change() {
            self.send(Ask::Change(list, news), ua, now);
        }
    }

    /// Ends it, telling the server if there is a dialog; `false` if there is nothing to wait for.
    pub(super) fn stop(&mut self, ua: &mut Ua, now: Instant) -> bool {
        self.refresh = None;
        self.timer_n = None;
        let tell = self.dialog.is_some() && matches!(self.state, State::Active | State::Pending | State::Waiting);
        self.state = if tell { State::Closing } else { State::Dead };
        if tell {
            self.send(Ask::End, ua, now);
            self.timer_n = None;
        }
        tell
    }

    /// Takes note that time passed. Starting anew is not done here but by who paces the starts,
    /// when [`Subscription::due`].
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) -> Turn {
        if self.timer_n.is_some_and(|at| at <= now) {
            self.timer_n = None;
            return self.nothing_came(ua, now);
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

    /// The state that must follow a SUBSCRIBE did not come in time.
    fn nothing_came(&mut self, ua: &mut Ua, now: Instant) -> Turn {
        let accepted = self.dialog.is_some() && !self.asking && matches!(self.state, State::Waiting | State::Pending);
        match &self.form {
            // Silence is normal there: the person may not let us see, or be away ([MS-SIP] 3.2).
            Form::Person if accepted && self.form.is_lcs(ua) => {
                self.state = State::Active;
                Turn::Quiet
            }
            Form::Batch(_) if self.state == State::Active && !self.asking => {
                // Somebody was added, and nothing is told of them.
                self.nudged = true;
                self.ask_full(ua, now);
                Turn::Nothing
            }
            form if accepted && form.is_once() => {
                self.end(State::Dead);
                Turn::Nothing
            }
            form if accepted && form.is_lcs(ua) && !self.nudged => {
                self.nudged = true;
                self.send(Ask::Extend, ua, now);
                Turn::Nothing
            }
            Form::Batch(_) if accepted => {
                self.end(State::Dead);
                Turn::Unsupported(408)
            }
            _ => {
                self.back_off(Duration::ZERO, ua, now);
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
        let until_refresh = if !self.form.is_lcs(ua) {
            ua.share(lifetime, 750, 900)
        } else if lifetime > 2 * HEADSTART {
            // Early by up to a tenth, so that not everything comes at once.
            ua.share(lifetime.saturating_sub(HEADSTART), 900, 1000)
        } else {
            lifetime * 4 / 5
        };
        self.refresh = Some(now + until_refresh);
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

    /// Sends the same SUBSCRIBE once more, with what was learnt from its refusal.
    fn repeat(&mut self, ua: &mut Ua, now: Instant) {
        self.send(self.asked.clone(), ua, now);
    }

    fn send(&mut self, ask: Ask, ua: &mut Ua, now: Instant) {
        let mut request = match &mut self.dialog {
            Some(dialog) => {
                self.refreshed = true;
                dialog.request(Method::Subscribe)
            }
            None if matches!(ask, Ask::Begin) => ua.request(&Method::Subscribe, &self.uri, self.leg.next()),
            None => return,
        };
        self.offered = Extensions::default();
        if self.form.is_lcs(ua) && ask != Ask::End {
            self.offered = Extensions { piggyback: ua.extensions.piggyback && !self.nudged, ..ua.extensions };
        }
        let expires = ua.settings.expires.subscription.max(self.least);
        self.form.write(&mut request, &ask, expires, self.offered, ua);
        self.asked = ask;
        if ua.send(request, Purpose::Subscribe(self.id), now) {
            self.asking = true;
            self.timer_n = Some(now + TIMER_N);
        }
    }

    /// Requests of ours in the dialog name this device as those outside do.
    fn keep(&mut self, dialog: Option<Dialog>, ua: &Ua) {
        self.dialog = dialog;
        if let (Some(dialog), Some(epid)) = (&mut self.dialog, ua.epid()) {
            dialog.name_device(&epid);
        }
    }
}

/// The word of a `Subscription-State`, in lower case, and its parameters; `active` where there is
/// none.
fn state_of(message: &Message) -> (String, Params) {
    let value = message.header("Subscription-State").unwrap_or_else(|| "active".to_owned());
    let (word, params) = value.split_once(';').unwrap_or((&value, ""));
    (word.trim().to_ascii_lowercase(), Params::parse(params))
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
/// So long before its end a subscription of the LCS family is refreshed (as SIPE does).
const HEADSTART: Duration = Duration::from_mins(2);
/// Wait for a state that an answer promised but did not bring.
const PROMISED: Duration = Duration::from_secs(3);
