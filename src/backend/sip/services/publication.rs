//! Our presence by SERVICE `setPresence` ([MS-SIP] 3.2.4.1, 3.2.4.2).
//!
//! ```text
//!                own document, or 5 s         200
//!   Off ──► Waiting ──────────────► Ready ◄───────── Asking ── 403 404 405 501 ──► Off, PUBLISH
//!    ▲                                │ change, new binding ▲ │
//!    │ refused otherwise              └─────────────────────┘ │ 5xx, no answer
//!    └──────────────────────────────────────────────────────  └──► Paused 60..120 s ──► Ready
//! ```
//!
//! What a person stores with their presence (`userInfo`) must survive: our own document tells it, and it
//! is sent back with each publication. Nothing is published before that document came; after 5 s
//! without one it is done nevertheless (our choice), and once more should the document come later
//! and have something. Changes are sent at most once in 2 s, the newest only. At sign-out nothing is
//! sent: the server ends the presence of a device with its binding.

use std::time::{Duration, Instant};

use super::exchange::{self, Errand, Outcome};
use super::wish::{Wish, Wishes};
use crate::backend::sip::activity;
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, NoticeLevel};
use crate::formats::soap::{Call, SetPresence};
use crate::model::OwnPresence;

/// Our publication.
#[derive(Debug, Default)]
pub(super) struct Publishing {
    /// What the user wants others to see; `None` tells them nothing.
    wanted: Option<OwnPresence>,
    /// What was sent last.
    told: Option<OwnPresence>,
    /// What is stored with it.
    stored: Option<String>,
    /// The document that tells what is stored came on this connection.
    known: bool,
    /// The last publication was made without knowing.
    blind: bool,
    /// What was told is to be told again.
    again: bool,
    /// What is under way says something new.
    news: bool,
    /// Signing out: nothing is begun any more.
    leaving: bool,
    state: State,
    /// When something was sent last.
    last: Option<Instant>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Off,
    Waiting {
        until: Instant,
    },
    Ready,
    Asking,
    Paused {
        until: Instant,
    },
}

impl Publishing {
    /// What the user wants others to see.
    pub(super) fn set(&mut self, own: OwnPresence, ua: &mut Ua, now: Instant) {
        self.wanted = Some(own);
        self.tell(ua, now);
    }

    /// Signed in.
    pub(super) fn start(&mut self, now: Instant) {
        self.stop();
        self.state = State::Waiting { until: now + PATIENCE };
    }

    /// The link is gone. What is stored is remembered, in case the next one does not tell.
    pub(super) fn stop(&mut self) {
        self.state = State::Off;
        self.told = None;
        self.known = false;
        self.blind = false;
        self.again = false;
        self.leaving = false;
        self.last = None;
    }

    /// Signing out.
    pub(super) fn leave(&mut self) {
        self.leaving = true;
        if self.state != State::Asking {
            self.state = State::Off;
        }
    }

    /// Whether something was sent that is not answered.
    pub(super) const fn asking(&self) -> bool {
        matches!(self.state, State::Asking)
    }

    /// Whether the server takes our presence this way, as far as we know.
    pub(super) fn works(&self) -> bool {
        self.state != State::Off
    }

    /// Our binding was renewed: so is what we tell, else the server may show us offline.
    pub(super) fn renew(&mut self, ua: &mut Ua, now: Instant) {
        self.again = true;
        self.tell(ua, now);
    }

    /// Our own presence came, with what is stored.
    pub(super) fn on_own(&mut self, stored: Option<String>, ua: &mut Ua, now: Instant) {
        self.known = true;
        self.stored = stored;
        if matches!(self.state, State::Waiting { .. }) {
            self.state = State::Ready;
        }
        if self.stored.is_some() && std::mem::take(&mut self.blind) {
            self.again = true;
        }
        self.tell(ua, now);
    }

    /// The publication under way ended.
    pub(super) fn on_outcome(&mut self, outcome: &Outcome, ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        if self.state != State::Asking {
            return;
        }
        self.state = State::Ready;
        match outcome {
            Outcome::Done(_) => {
                if let Some(told) = self.told.as_ref().filter(|_| self.news) {
                    ua.emit(Event::OwnPresence(told.effective()));
                }
            }
            Outcome::Refused { code: 403 | 404 | 405 | 501, .. } => {
                self.state = State::Off;
                wishes.push_back(Wish::PublishOtherwise);
            }
            Outcome::Refused { code: 408 | 480 | 500 | 502..=504, again } => self.later(*again, ua, now),
            Outcome::Silent => self.later(None, ua, now),
            Outcome::Refused { code, .. } => {
                self.state = State::Off;
                let text = format!("the server refused your presence ({code}): others cannot see whether you are online");
                ua.notice(NoticeLevel::Warning, "publish-refused", text);
            }
        }
        self.tell(ua, now);
    }

    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        match self.state {
            State::Waiting { until } | State::Paused { until } if until <= now => self.state = State::Ready,
            State::Off | State::Waiting { .. } | State::Ready | State::Asking | State::Paused { .. } => {}
        }
        self.tell(ua, now);
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { until } | State::Paused { until } => Some(until),
            State::Ready if self.is_news() => Some(self.last? + PACE),
            State::Off | State::Ready | State::Asking => None,
        }
    }

    fn is_news(&self) -> bool {
        self.wanted.is_some() && !self.leaving && (self.again || self.wanted != self.told)
    }

    /// Sends what is wanted if it is not what was told, unless that is too soon.
    fn tell(&mut self, ua: &mut Ua, now: Instant) {
        let soon = self.last.is_some_and(|last| now < last + PACE);
        if self.state != State::Ready || !self.is_news() || soon {
            return;
        }
        let Some(own) = self.wanted.clone() else { return };
        let call = Call::SetPresence(self.call(&own, ua));
        if exchange::ask(&call, Errand::Presence, ua, now) {
            self.state = State::Asking;
            self.last = Some(now);
            self.blind = !self.known;
            self.again = false;
            self.news = self.told.as_ref() != Some(&own);
            self.told = Some(own);
        }
    }

    fn call(&self, own: &OwnPresence, ua: &Ua) -> SetPresence {
        let numbers = activity::numbers(own.effective());
        let shown = numbers.availability > 0;
        SetPresence {
            uri: ua.settings.aor.to_string(),
            availability: numbers.availability,
            activity: numbers.activity,
            availability_description: numbers.availability_words.to_owned(),
            activity_description: numbers.activity_words.to_owned(),
            // Who appears to be away from the network says nothing.
            note: Some(own.note.clone()).filter(|note| shown && !note.is_empty()),
            device_name: ua.settings.product.split('/').next().map(str::to_owned),
            device_data: None,
            user_info: self.stored.clone(),
        }
    }

    /// Again after one to two minutes, or when the server wishes.
    fn later(&mut self, wish: Option<Duration>, ua: &mut Ua, now: Instant) {
        self.told = None;
        let wait = ua.share(PAUSE, 500, 1000).max(wish.unwrap_or_default());
        self.state = State::Paused { until: now + wait };
    }
}

/// Longest wait for our own document.
const PATIENCE: Duration = Duration::from_secs(5);
/// Shortest time between two publications.
const PACE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests;
