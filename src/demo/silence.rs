//! Links that promised to keep alive (`ms-keep-alive` with `hop-hop=yes`): one that is silent for
//! longer than agreed is dead, and is closed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::sip::endpoint::Flow;

/// Links under watch: how long they may be silent, and until when they may now.
#[derive(Debug, Default)]
pub(super) struct Silence(BTreeMap<Flow, (Duration, Instant)>);

impl Silence {
    /// A link promised to send something at least this often.
    pub(super) fn watch(&mut self, flow: Flow, longest: Duration, now: Instant) {
        self.0.insert(flow, (longest, now + longest));
    }

    /// Something came.
    pub(super) fn heard(&mut self, flow: Flow, now: Instant) {
        if let Some((longest, until)) = self.0.get_mut(&flow) {
            *until = now + *longest;
        }
    }

    /// A link is gone.
    pub(super) fn gone(&mut self, flow: Flow) {
        self.0.remove(&flow);
    }

    /// Takes out a link that was silent for too long.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Flow> {
        let flow = self.0.iter().find(|(_, (_, until))| *until <= now).map(|(flow, _)| *flow)?;
        self.0.remove(&flow);
        Some(flow)
    }

    /// When the next link was silent for too long.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.0.values().map(|(_, until)| *until).min()
    }
}
