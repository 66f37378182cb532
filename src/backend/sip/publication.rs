//! Telling the server how we are (RFC 3903).
//!
//! ```text
//!           state and link         200: SIP-ETag
//!   Quiet ----------------> Asking --------------> Standing --0.8 of the time: refresh--> Asking
//!     ^                      | ^ 412, or 500 to an     |  newer state: modify --> Asking
//!     | time                 | | entity-tag: initial   |
//!     |                      | | 423: Min-Expires      | sign-out: remove (Expires 0)
//!     +--- 5xx, no answer ---+-+                       v
//!                            | 405 489 501 ...        gone
//!                            v
//!                           Off for this link
//! ```
//!
//! One PUBLISH is under way at a time; what the user decides meanwhile goes next, and only the
//! newest. An entity-tag that has not run out is used again after a lost link.

use std::time::{Duration, Instant};

use super::presence;
use super::registration::{longer, retry_after};
use super::ua::{Leg, Purpose, Ua};
use crate::backend::{Event, NoticeLevel};
use crate::formats::pidf;
use crate::model::OwnPresence;
use crate::sip::message::{Message, Method};

/// Our publication.
#[derive(Debug, Default)]
pub(super) struct Publication {
    /// What the user wants others to see; `None` tells them nothing, so that a command that only
    /// looks something up does not make a person appear and vanish.
    wanted: Option<OwnPresence>,
    /// What was sent last.
    told: Option<OwnPresence>,
    state: State,
    leg: Option<Leg>,
    tag: Option<EntityTag>,
    /// `Min-Expires` of a server that found our wish too short.
    least: u32,
    refusals: u32,
    failures: u32,
    off: bool,
    /// Remove as soon as the answer under way is there.
    leaving: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct EntityTag {
    text: String,
    ends: Instant,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is under way and nothing stands at the server.
    #[default]
    Quiet,
    /// A PUBLISH is under way.
    Asking(Operation),
    /// The server has our state until it must be refreshed.
    Standing { refresh: Instant },
    /// The server could not take it; again at this time.
    Paused { until: Instant },
}

/// The operations of RFC 3903 section 4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Initial,
    Refresh,
    Modify,
    Remove,
}

impl Publication {
    /// What the user wants others to see.
    pub(super) fn set(&mut self, own: OwnPresence, ua: &mut Ua, now: Instant) {
        self.wanted = Some(own);
        if ua.link_id().is_some() && self.leg.is_some() && !self.leaving {
            self.tell(ua, now);
        }
    }

    /// The registrar accepted us on a new link.
    pub(super) fn start(&mut self, ua: &mut Ua, now: Instant) {
        self.leg = Some(Leg::new(ua.settings.aor.as_str(), &mut ua.tokens));
        self.off = false;
        self.leaving = false;
        self.refusals = 0;
        self.failures = 0;
        self.state = State::Quiet;
        self.told = None;
        self.tell(ua, now);
    }

    /// The link is gone; an entity-tag may still be good.
    pub(super) fn stop(&mut self) {
        self.leg = None;
        self.leaving = false;
        self.state = State::Quiet;
        self.told = None;
    }

    /// Removes our state; `false` if there is nothing to wait for.
    pub(super) fn leave(&mut self, ua: &mut Ua, now: Instant) -> bool {
        if matches!(self.state, State::Asking(_)) {
            self.leaving = true;
            return true;
        }
        self.leaving = true;
        if self.off || self.valid_tag(now).is_none() {
            return false;
        }
        self.send(Operation::Remove, ua, now);
        true
    }

    /// Whether a PUBLISH is unanswered.
    pub(super) const fn asking(&self) -> bool {
        matches!(self.state, State::Asking(_))
    }

    /// Whether the server takes our state, as far as we know.
    pub(super) const fn works(&self) -> bool {
        !self.off
    }

    /// Takes the final answer.
    pub(super) fn on_response(&mut self, response: &Message, ua: &mut Ua, now: Instant) {
        let State::Asking(operation) = self.state else { return };
        if let Some(leg) = &mut self.leg {
            leg.heard(response);
        }
        let code = response.status().unwrap_or(0);
        self.state = State::Quiet;
        match code {
            200..=299 if operation == Operation::Remove => self.tag = None,
            200..=299 => self.accepted(response, ua, now),
            // The server does not know our tag (Kamailio says 500): it is never used again.
            412 => self.forget(ua, now),
            500 if !matches!(operation, Operation::Initial) => self.forget(ua, now),
            423 if self.refusals < MOST_REFUSALS => {
                self.refusals += 1;
                self.least = longer(response, ua.settings.expires.publication.max(self.least));
                self.told = None;
            }
            408 | 423 | 480 | 500 | 502..=504 => self.later(retry_after(response), ua, now),
            _ => self.refused(code, ua),
        }
        self.tell(ua, now);
    }

    /// No answer came: the server may have our state or not.
    pub(super) fn on_failure(&mut self, ua: &mut Ua, now: Instant) {
        if self.asking() {
            self.later(None, ua, now);
        }
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        match self.state {
            State::Standing { refresh } if refresh <= now => {
                let operation = if self.valid_tag(now).is_some() { Operation::Refresh } else { Operation::Initial };
                self.send(operation, ua, now);
            }
            State::Paused { until } if until <= now => {
                self.state = State::Quiet;
                self.tell(ua, now);
            }
            State::Quiet | State::Asking(_) | State::Standing { .. } | State::Paused { .. } => {}
        }
    }

    /// When [`Publication::handle_timeout`] is wanted next.
    pub(super) const fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Standing { refresh } => Some(refresh),
            State::Paused { until } => Some(until),
            State::Quiet | State::Asking(_) => None,
        }
    }

    /// Sends what is wanted if it is not what was told, and nothing is under way.
    fn tell(&mut self, ua: &mut Ua, now: Instant) {
        if self.off || self.asking() || matches!(self.state, State::Paused { .. }) {
            return;
        }
        if self.leaving {
            if self.valid_tag(now).is_some() {
                self.send(Operation::Remove, ua, now);
            }
            return;
        }
        if self.told == self.wanted {
            return;
        }
        let operation = if self.valid_tag(now).is_some() { Operation::Modify } else { Operation::Initial };
        self.send(operation, ua, now);
    }

    fn accepted(&mut self, response: &Message, ua: &mut Ua, now: Instant) {
        self.failures = 0;
        self.refusals = 0;
        let seconds = response.expires().unwrap_or(ua.settings.expires.publication);
        let lifetime = Duration::from_secs(u64::from(seconds)).max(SHORTEST);
        self.tag = response.header("SIP-ETag").map(|text| EntityTag { text, ends: now + lifetime });
        let refresh = now + ua.share(lifetime, 780, 820);
        self.state = State::Standing { refresh };
        if let Some(told) = &self.told {
            ua.emit(Event::OwnPresence(told.effective()));
        }
    }

    fn forget(&mut self, ua: &mut Ua, now: Instant) {
        self.tag = None;
        self.told = None;
        self.failures += 1;
        if self.failures > MOST_REFUSALS {
            self.later(None, ua, now);
        }
    }

    /// Again after one to two minutes, or when the server wishes.
    fn later(&mut self, wish: Option<Duration>, ua: &mut Ua, now: Instant) {
        self.told = None;
        let wait = ua.share(PAUSE, 500, 1000).max(wish.unwrap_or_default());
        self.state = State::Paused { until: now + wait };
    }

    fn refused(&mut self, code: u16, ua: &mut Ua) {
        self.off = true;
        self.tag = None;
        let text = match code {
            404 | 405 | 415 | 489 | 501 => {
                format!("this server does not take presence ({code}): others cannot see whether you are online")
            }
            _ => format!("the server refused your presence ({code}): others cannot see whether you are online"),
        };
        ua.notice(NoticeLevel::Warning, "publish-refused", text);
    }

    fn valid_tag(&self, now: Instant) -> Option<&str> {
        self.tag.as_ref().filter(|t| t.ends > now).map(|t| t.text.as_str())
    }

    fn send(&mut self, operation: Operation, ua: &mut Ua, now: Instant) {
        let tag = self.valid_tag(now).map(str::to_owned);
        let Some(leg) = &mut self.leg else { return };
        let aor = ua.settings.aor.clone();
        let mut request = ua.request(&Method::Publish, aor.as_str(), leg.next());
        request.headers.push("Event", "presence");
        let expires = if operation == Operation::Remove { 0 } else { ua.settings.expires.publication.max(self.least) };
        request.headers.push("Expires", expires.to_string());
        if operation != Operation::Initial
            && let Some(tag) = tag
        {
            request.headers.push("SIP-If-Match", tag);
        }
        if matches!(operation, Operation::Initial | Operation::Modify) {
            let Some(own) = self.wanted.clone() else { return };
            let device: String = ua.settings.instance.simple().to_string().chars().take(10).collect();
            let body = presence::document(&own, &aor, &ua.settings.display_name, &device);
            request.set_body(pidf::MEDIA_TYPE, body.into_bytes());
            self.told = Some(own);
        }
        if ua.send(request, Purpose::Publish, now) {
            self.state = State::Asking(operation);
        }
    }
}

const MOST_REFUSALS: u32 = 2;
const SHORTEST: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_mins(2);
