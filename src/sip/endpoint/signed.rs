//! Links with a security association: signing what leaves, checking what comes, and requests that
//! wait for a new association, or for the ticket to make one with (MS-SIP section 3.1.5; see [`crate::sip::auth::signing`]).

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::client::{OpenRequest, Parked};
use super::engine::Endpoint;
use super::vocabulary::{EndpointEvent, Failure, Flow, Loss, RequestId};
use crate::sip::auth::{Association, Proof, Ticket};
use crate::sip::message::{Message, Method, parse_datagram};

/// Longest wait of a request for an association or a ticket: as long as for an answer.
const PATIENCE: Duration = Duration::from_secs(32);

/// What the answer to a REGISTER means for the requests that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Wait,
    /// There is an association.
    Send(Flow),
    /// There will be none.
    Fail(Flow),
}

impl Endpoint {
    /// Signs and checks everything on a link from now on, as the server that accepted a client's
    /// answer; takes the place of the association before.
    pub fn associate(&mut self, flow: Flow, association: Association) {
        if self.links.contains_key(&flow) {
            self.signing.accept(flow, association);
        }
    }

    /// Forgets the association of a link: the client is to be challenged again.
    pub fn dissociate(&mut self, flow: Flow) {
        self.signing.forget(flow);
    }

    /// Whether messages on a link are signed and checked.
    #[must_use]
    pub fn is_associated(&self, flow: Flow) -> bool {
        self.signing.covers(flow)
    }

    /// Sends a message that is complete but for its signature.
    pub(super) fn send_signed(&mut self, flow: Flow, mut message: Message) {
        self.signing.protect(flow, &mut message, &mut self.config.tokens);
        self.transmit(flow, message.to_bytes());
    }

    /// Sends once more what was kept without its signature. No number is good twice, so it gets a
    /// new one.
    pub(super) fn send_again(&mut self, flow: Flow, bytes: Bytes) {
        if self.signing.covers(flow)
            && let Ok(message) = parse_datagram(&bytes)
        {
            return self.send_signed(flow, message);
        }
        self.transmit(flow, bytes);
    }

    /// Sends a message of which `bytes` is what is kept, unsigned.
    pub(super) fn send_kept(&mut self, flow: Flow, message: Message, bytes: Bytes) {
        if self.signing.covers(flow) {
            self.send_signed(flow, message);
        } else {
            self.transmit(flow, bytes);
        }
    }

    /// Looks at a message that came; `None` when it must not be worked on.
    pub(super) fn judge(&mut self, flow: Flow, message: &Message) -> Option<Proof> {
        let judgement = self.signing.judge(flow, message);
        self.tell_doubts();
        (!judgement.discard).then_some(judgement.proof)
    }

    pub(super) fn tell_doubts(&mut self) {
        while let Some((flow, doubt)) = self.signing.next_doubt() {
            self.tell(EndpointEvent::Doubted { flow, doubt });
        }
    }

    /// Whether a new request of the user's must wait for an association.
    pub(super) fn must_wait(&self, flow: Flow, id: RequestId) -> bool {
        self.signing.is_waiting(flow) && self.method_of(id) != Some(&Method::Register)
    }

    /// Keeps a request until there is a new association; the first one tells the user.
    pub(super) fn park(&mut self, id: RequestId, refusal: Option<Box<Message>>, now: Instant) {
        let Some(open) = self.requests.get_mut(&id) else { return };
        let until = now + PATIENCE;
        let refused = refusal.is_some();
        open.parked = Some(Parked { until, for_ticket: false, refusal });
        let flow = open.flow;
        self.parked.insert((until, id));
        if refused && self.signing.lose(flow) {
            self.tell(EndpointEvent::AssociationLost { flow, why: Loss::Refused });
        }
    }

    /// Keeps a request until there is a ticket for it, and tells the user which is wanted.
    pub(super) fn await_ticket(&mut self, id: RequestId, refusal: Box<Message>, now: Instant) {
        let Some(open) = self.requests.get_mut(&id) else { return };
        let host = open.tries.wanted_host().unwrap_or_default().to_owned();
        let until = now + PATIENCE;
        open.parked = Some(Parked { until, for_ticket: true, refusal: Some(refusal) });
        self.parked.insert((until, id));
        self.tell(EndpointEvent::TicketWanted { request: id, host });
    }

    /// The ticket a request waits for; `None`: there is none, and the next best scheme that was offered
    /// has its turn. For a request that does not wait (any more) it is dropped.
    pub fn take_ticket(&mut self, request: RequestId, ticket: Option<Ticket>, now: Instant) {
        let waits = |open: &&mut OpenRequest| open.parked.as_ref().is_some_and(|parked| parked.for_ticket);
        let Some(open) = self.requests.get_mut(&request).filter(waits) else { return };
        open.tries.take_ticket(ticket);
        let Some(refusal) = self.unpark(request) else { return };
        if !self.try_again(request, &refusal, now) {
            self.conclude(request, *refusal, Proof::None, now);
        }
    }

    /// What a final response to a request means for the associations of its link.
    pub(super) fn settle_association(&mut self, id: RequestId, code: u16, proof: Proof) -> Outcome {
        let Some(open) = self.requests.get(&id).filter(|o| o.message.method() == Some(&Method::Register)) else {
            return Outcome::Wait;
        };
        let flow = open.flow;
        let success = (200..300).contains(&code);
        let refused = matches!(code, 401 | 403 | 407);
        if open.tries.shook_hands() && matches!(code, 401 | 407) {
            self.signing.abandon(flow);
        } else if open.tries.shook_hands()
            && (success || proof == Proof::Signed)
            && let Some(scheme) = self.signing.adopt(flow)
        {
            self.tell(EndpointEvent::Associated { flow, scheme });
            return Outcome::Send(flow);
        } else if open.tries.shook_hands() {
            // Came to nothing: nobody else's success may put it in force.
            self.signing.abandon(flow);
        }
        if (success || refused) && self.signing.is_waiting(flow) {
            self.signing.stop_waiting(flow);
            return Outcome::Fail(flow);
        }
        Outcome::Wait
    }

    /// What a REGISTER without answer means.
    pub(super) fn unsettled_association(&mut self, id: RequestId) -> Outcome {
        let Some(open) = self.requests.get(&id).filter(|o| o.message.method() == Some(&Method::Register)) else {
            return Outcome::Wait;
        };
        self.signing.abandon(open.flow);
        Outcome::Wait
    }

    /// Sends, or fails, what waited on a link, in the order in which it was asked for.
    pub(super) fn wake_parked(&mut self, outcome: Outcome, now: Instant) {
        let (flow, send) = match outcome {
            Outcome::Wait => return,
            Outcome::Send(flow) => (flow, true),
            Outcome::Fail(flow) => (flow, false),
        };
        let waits = |open: &OpenRequest| open.flow == flow && open.parked.as_ref().is_some_and(|parked| !parked.for_ticket);
        let on_flow = |id: &RequestId| self.requests.get(id).is_some_and(waits);
        let mut waiting: Vec<RequestId> = self.parked.iter().map(|(_, id)| *id).filter(on_flow).collect();
        waiting.sort_unstable();
        for id in waiting {
            if send {
                self.unpark(id);
                self.begin(id, now);
            } else {
                self.fail_parked(id);
            }
        }
    }

    /// A request waits no more; the challenge it met, if there is one.
    fn unpark(&mut self, id: RequestId) -> Option<Box<Message>> {
        let parked = self.requests.get_mut(&id)?.parked.take()?;
        self.parked.remove(&(parked.until, id));
        parked.refusal
    }

    /// Gives the user the challenge that stays unanswered.
    fn fail_parked(&mut self, id: RequestId) {
        let Some(open) = self.end(id) else { return };
        match open.parked.and_then(|p| p.refusal) {
            Some(response) => self.tell(EndpointEvent::Response { request: id, response }),
            None => self.tell(EndpointEvent::Failed { request: id, why: Failure::NotSent }),
        }
    }

    /// Time passed for associations and for what waits for one.
    pub(super) fn association_timer(&mut self, now: Instant) {
        for flow in self.signing.due(now) {
            self.tell(EndpointEvent::AssociationLost { flow, why: Loss::Expired });
        }
        while let Some((_, id)) = self.parked.first().filter(|(until, _)| *until <= now).copied() {
            if self.requests.get(&id).and_then(|open| open.parked.as_ref()).is_some_and(|parked| parked.for_ticket) {
                self.take_ticket(id, None, now);
            } else {
                self.fail_parked(id);
            }
        }
    }
}
