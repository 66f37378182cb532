//! Links that have not said who they are: each has a little time for it, so that nobody can keep
//! all places taken without a password.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::sip::endpoint::Flow;

/// Links without a known user, and when their time is up.
#[derive(Debug, Default)]
pub(super) struct Strangers(BTreeMap<Flow, Instant>);

impl Strangers {
    /// A link came up.
    pub(super) fn came(&mut self, flow: Flow, until: Instant) {
        self.0.insert(flow, until);
    }

    /// A link belongs to a user, or is gone.
    pub(super) fn known(&mut self, flow: Flow) {
        self.0.remove(&flow);
    }

    /// Takes out a link whose time is up.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Flow> {
        let flow = self.0.iter().find(|(_, until)| **until <= now).map(|(flow, _)| *flow)?;
        self.0.remove(&flow);
        Some(flow)
    }

    /// When the next link's time is up.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.values().min().copied()
    }
}
