//! Tickets of Kerberos that requests of ours wait for: wanted outside, brought back by a number.

use std::collections::BTreeMap;
use std::time::Instant;

use super::ua::Ua;
use crate::backend::{Output, TicketId};
use crate::model::KerberosFault;
use crate::sip::auth::Ticket;
use crate::sip::endpoint::RequestId;

/// What is wanted, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    last: u64,
    /// Those of this link. A request wants one at a time.
    wanted: BTreeMap<TicketId, RequestId>,
    /// The host of the service wanted last, and why there was no ticket for it.
    host: String,
    fault: Option<KerberosFault>,
}

impl Tickets {
    /// The link is gone: what comes for it comes too late.
    pub(super) fn forget(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }

    /// Those of another link that is up at the same time; their numbers differ.
    pub(super) fn split(&mut self) -> Self {
        self.last = self.last.wrapping_add(2 * APART);
        Self { last: self.last.wrapping_add(APART), ..Self::default() }
    }

    /// Whether this one is wanted on this link.
    pub(super) fn want(&self, ticket: TicketId) -> bool {
        self.wanted.contains_key(&ticket)
    }

    /// Why the server did not let us in by Kerberos: there was no ticket, or it did not take it.
    pub(super) fn fault(&self) -> KerberosFault {
        self.fault.clone().unwrap_or_else(|| KerberosFault::Refused { host: self.host.clone() })
    }
}

impl Ua {
    /// A request waits for a ticket.
    pub(super) fn want_ticket(&mut self, request: RequestId, host: String) {
        self.tickets.last += 1;
        let ticket = TicketId(self.tickets.last);
        self.tickets.wanted.insert(ticket, request);
        self.tickets.host.clone_from(&host);
        // So it is until one comes.
        self.tickets.fault = Some(KerberosFault::Unreachable);
        self.pass(Output::Ticket { ticket, host });
    }

    /// It came, or cannot be had. What was not asked for on this link is dropped.
    pub(super) fn take_ticket(&mut self, ticket: TicketId, outcome: Result<Ticket, KerberosFault>, now: Instant) {
        let Some(request) = self.tickets.wanted.remove(&ticket) else { return };
        let found = match outcome {
            Ok(found) => {
                self.tickets.fault = None;
                Some(found)
            }
            Err(fault) => {
                self.tickets.fault = Some(fault);
                None
            }
        };
        self.endpoint().take_ticket(request, found, now);
        self.absorb();
    }
}

/// More tickets than one link wants.
const APART: u64 = 1 << 32;
