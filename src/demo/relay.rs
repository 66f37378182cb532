//! Messages on their way to the devices of a user: which answers are still open, which is best.
//!
//! ```text
//!                 2xx from one device ──────────────► answered with it, the rest is ignored
//!   forwarded ──┤ all devices answered otherwise ──► answered with the best (RFC 3261 16.7)
//!                 nothing could be sent to any ─────► as if the user were away: kept
//! ```

use std::collections::BTreeMap;

use crate::model::Address;
use crate::sip::endpoint::{Failure, RequestId, ServerTransactionId};
use crate::sip::message::Message;

/// Where a message came from, and so who learns what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A client that waits for an answer.
    Client(ServerTransactionId),
    /// A persona, who does not.
    Persona,
}

/// One message on its way.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Who learns of its fate.
    pub origin: Origin,
    /// Whom it is for.
    pub to: Address,
    /// The request as it came.
    pub request: Box<Message>,
    open: usize,
    best: Option<Box<Message>>,
    maybe_arrived: bool,
}

/// Names a [`Relay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(u64);

/// What is to be done about a message now.
#[derive(Debug, Clone)]
pub enum RelayOutcome {
    /// Wait for other devices, or it is settled already.
    Wait,
    /// Pass this answer on.
    Answer(Box<Relay>, Box<Message>),
    /// It may have arrived somewhere, or not: nobody can tell.
    Unknown(Box<Relay>),
    /// It certainly reached no device.
    NotSent(Box<Relay>),
}

/// All messages on their way.
#[derive(Debug, Default)]
pub struct Relays {
    open: BTreeMap<RelayId, Relay>,
    by_request: BTreeMap<RequestId, RelayId>,
    next: u64,
}

impl Relays {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// A message was sent to devices.
    pub fn start(&mut self, origin: Origin, to: Address, request: Box<Message>, sent: &[RequestId]) {
        let id = RelayId(self.next);
        self.next += 1;
        self.by_request.extend(sent.iter().map(|r| (*r, id)));
        self.open.insert(id, Relay { origin, to, request, open: sent.len(), best: None, maybe_arrived: false });
    }

    /// A device answered; `None` when the request is none of ours.
    pub fn on_response(&mut self, request: RequestId, response: Box<Message>) -> Option<RelayOutcome> {
        let code = response.status().unwrap_or(500);
        if code < 200 {
            return self.by_request.contains_key(&request).then_some(RelayOutcome::Wait);
        }
        let id = self.by_request.remove(&request)?;
        if code < 300 {
            // Answers of the other devices find nothing to belong to any more.
            return Some(self.open.remove(&id).map_or(RelayOutcome::Wait, |r| RelayOutcome::Answer(Box::new(r), response)));
        }
        let Some(relay) = self.open.get_mut(&id) else { return Some(RelayOutcome::Wait) };
        if relay.best.as_ref().is_none_or(|best| rank(code) < rank(best.status().unwrap_or(500))) {
            relay.best = Some(response);
        }
        Some(self.one_less(id))
    }

    /// A device will not answer; `None` when the request is none of ours.
    pub fn on_failure(&mut self, request: RequestId, why: Failure) -> Option<RelayOutcome> {
        let id = self.by_request.remove(&request)?;
        let Some(relay) = self.open.get_mut(&id) else { return Some(RelayOutcome::Wait) };
        match why {
            Failure::Timeout | Failure::LinkDown => relay.maybe_arrived = true,
            Failure::NotSent => {}
            Failure::Unreadable => {
                relay.best.get_or_insert_with(|| Box::new(Message::response_to(&relay.request, 502)));
            }
        }
        Some(self.one_less(id))
    }

    fn one_less(&mut self, id: RelayId) -> RelayOutcome {
        let Some(relay) = self.open.get_mut(&id) else { return RelayOutcome::Wait };
        relay.open = relay.open.saturating_sub(1);
        if relay.open > 0 {
            return RelayOutcome::Wait;
        }
        let Some(mut relay) = self.open.remove(&id) else { return RelayOutcome::Wait };
        match relay.best.take() {
            // "Unknown" is the truer answer when one device said no and another may have it.
            Some(best) if !relay.maybe_arrived => RelayOutcome::Answer(Box::new(relay), best),
            _ if relay.maybe_arrived => RelayOutcome::Unknown(Box::new(relay)),
            _ => RelayOutcome::NotSent(Box::new(relay)),
        }
    }
}

/// Which of several refusals is passed on: 6xx, then the lowest class (RFC 3261 section 16.7 step 6).
pub(in crate::demo) const fn rank(code: u16) -> u16 {
    match code / 100 {
        6 => 0,
        class => class,
    }
}
