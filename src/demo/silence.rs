//! Links that promised to keep alive (`ms-keep-alive` with `hop-hop=yes`; outbound, RFC 5626 sections 4.4 and
//! 5.4): one that is silent for longer than agreed is dead, and is closed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::agenda::Agenda;
use crate::sip::endpoint::Flow;

/// Links under watch: how long they may be silent, and until when they may now.
#[derive(Debug, Default)]
pub(super) struct Silence {
    longest: BTreeMap<Flow, Duration>,
    until: Agenda<Flow>,
}

impl Silence {
    /// A link promised to send something at least this often.
    pub(super) fn watch(&mut self, flow: Flow, longest: Duration, now: Instant) {
        self.longest.insert(flow, longest);
        self.until.set(&flow, Some(now + longest));
    }

    /// Something came.
    pub(super) fn heard(&mut self, flow: Flow, now: Instant) {
        if let Some(longest) = self.longest.get(&flow) {
            self.until.set(&flow, Some(now + *longest));
        }
    }

    /// A link is gone.
    pub(super) fn gone(&mut self, flow: Flow) {
        self.longest.remove(&flow);
        self.until.set(&flow, None);
    }

    /// Takes out a link that was silent for too long.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Flow> {
        let flow = self.until.overdue(now)?;
        self.longest.remove(&flow);
        Some(flow)
    }

    /// When the next link was silent for too long.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.until.next()
    }
}
