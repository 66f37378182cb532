//! Links that have not said who they are: each has a little time for it, and gives way to new ones
//! when all places are taken, so that nobody can keep them taken without a password.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::sip::endpoint::Flow;

/// Links without a known user.
#[derive(Debug, Default)]
pub(super) struct Strangers(BTreeMap<Flow, Stranger>);

#[derive(Debug)]
struct Stranger {
    since: Instant,
    /// When its time is up, if it ever is.
    until: Option<Instant>,
}

impl Strangers {
    /// A link came up.
    pub(super) fn came(&mut self, flow: Flow, since: Instant, until: Option<Instant>) {
        self.0.insert(flow, Stranger { since, until });
    }

    /// A link belongs to a user, or is gone.
    pub(super) fn known(&mut self, flow: Flow) {
        self.0.remove(&flow);
    }

    /// The link that has been there longest.
    pub(super) fn oldest(&self) -> Option<Flow> {
        self.0.iter().min_by_key(|(flow, stranger)| (stranger.since, **flow)).map(|(flow, _)| *flow)
    }

    /// Takes out a link whose time is up.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Flow> {
        let is_due = |stranger: &Stranger| stranger.until.is_some_and(|until| until <= now);
        let flow = self.0.iter().find(|(_, stranger)| is_due(stranger)).map(|(flow, _)| *flow)?;
        self.0.remove(&flow);
        Some(flow)
    }

    /// When the next link's time is up.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.values().filter_map(|stranger| stranger.until).min()
    }
}
