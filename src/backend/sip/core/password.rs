//! Keeps an account from being locked by a password that is wrong.

use std::time::{Duration, Instant};

use super::SipBackend;
use crate::backend::refusals::Refusals;
use crate::backend::{Event, NoticeLevel};
use crate::model::{SignInPhase, WaitReason};

impl SipBackend {
    /// Whether the password was refused so often lately that it is not tried; the user is told then.
    pub(super) fn is_held_back(&mut self, now: Instant) -> bool {
        let Some((mark, time)) = self.mark(now) else { return false };
        let Some(left) = self.ua.settings.refusals.and_then(|known| known.holds(mark, time)) else { return false };
        let minutes = left.as_secs().div_ceil(60).max(1);
        let text = format!(
            "The servers refused this password twice, so it is not tried for another {minutes} min, or the account might be \
             locked. Give the right one."
        );
        self.ua.notice(NoticeLevel::Error, "password-held-back", text);
        self.phase(SignInPhase::Offline { why: Some(WaitReason::WrongPassword) });
        true
    }

    /// A server refused the password.
    pub(super) fn password_refused(&mut self, now: Instant) {
        if let Some((mark, time)) = self.mark(now) {
            self.remember(Some(Refusals::another(self.ua.settings.refusals, mark, time)));
        }
    }

    /// A server took us in.
    pub(super) fn password_accepted(&mut self) {
        if self.ua.settings.refusals.is_some() {
            self.remember(None);
        }
    }

    fn remember(&mut self, refusals: Option<Refusals>) {
        self.ua.settings.refusals = refusals;
        self.ua.emit(Event::Refusals(refusals));
    }

    /// The mark of the password, and the time on the wall; `None` without either.
    fn mark(&self, now: Instant) -> Option<(u16, Duration)> {
        let settings = &self.ua.settings;
        let credentials = settings.credentials.as_ref()?;
        Some((Refusals::mark(credentials, settings.instance.as_bytes()), settings.clock?.unix(now)))
    }
}
