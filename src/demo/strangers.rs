//! Links that have not said who they are: each has a little time for it, and gives way to new ones
//! when all places are taken, so that nobody can keep them taken without a password.

use std::time::Instant;

use super::agenda::Agenda;
use crate::sip::endpoint::Flow;

/// Links without a known user.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    since: Agenda<Flow>,
    /// When the time of each is up, if it ever is.
    until: Agenda<Flow>,
}

impl Strangers {
    /// A link came up.
    pub(super) fn came(&mut self, flow: Flow, since: Instant, until: Option<Instant>) {
        self.since.set(&flow, Some(since));
        self.until.set(&flow, until);
    }

    /// A link belongs to a user, or is gone.
    pub(super) fn known(&mut self, flow: Flow) {
        self.since.set(&flow, None);
        self.until.set(&flow, None);
    }

    /// The link that has been there longest.
    pub(super) fn oldest(&self) -> Option<Flow> {
        self.since.first().map(|(_, flow)| *flow)
    }

    /// Takes out a link whose time is up.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Flow> {
        let flow = self.until.overdue(now)?;
        self.known(flow);
        Some(flow)
    }

    /// When the next link's time is up.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.until.next()
    }
}
