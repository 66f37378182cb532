//! The client role: requests out, responses in, challenges answered (RFC 3261 sections 8.1, 17.1, 22).

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::engine::{Endpoint, Link};
use super::stamp::{ack_for, cancel_for, offer_keep, stamp_request};
use super::vocabulary::{EndpointEvent, EndpointOutput, Failure, Flow, RequestId};
use crate::sip::auth::Proof;
use crate::sip::auth::realms::{Next, Scene, Tries};
use crate::sip::message::{Message, Method};
use crate::sip::transaction::client_invite::{self, ClientInvite};
use crate::sip::transaction::client_non_invite::{self, ClientNonInvite};
use crate::sip::transaction::key::{AckKey, ClientKey};
use crate::sip::transaction::timers::T1_64;

/// A request of the user's, over all the transactions its challenges make.
#[derive(Debug)]
pub(super) struct OpenRequest {
    /// As the user gave it, CSeq as last used.
    pub message: Message,
    /// Its octets then.
    size: usize,
    pub flow: Flow,
    /// The transaction that runs now.
    current: u64,
    pub tries: Tries,
    cancel: Cancel,
    /// In place of timers B and F.
    patience: Option<Duration>,
    /// It waits for an association or a ticket.
    pub parked: Option<Parked>,
}

/// A request that waits.
#[derive(Debug)]
pub(super) struct Parked {
    pub until: Instant,
    /// For a ticket, not for an association.
    pub for_ticket: bool,
    /// The challenge it met, if it was sent at all.
    pub refusal: Option<Box<Message>>,
}

/// How far the cancelling of an INVITE has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cancel {
    No,
    /// CANCEL must wait for a provisional response (RFC 3261 section 9.1).
    Wanted,
    Sent,
}

/// One client transaction.
#[derive(Debug)]
pub(super) struct ClientTransaction {
    pub flow: Flow,
    /// `None` for CANCELs, whose fate interests nobody.
    owner: Option<RequestId>,
    /// The request as sent.
    bytes: Bytes,
    machine: Machine,
}

#[derive(Debug)]
enum Machine {
    Invite(Box<Invite>),
    NonInvite(ClientNonInvite),
}

#[derive(Debug)]
struct Invite {
    machine: ClientInvite,
    /// As sent: ACK and CANCEL are made from it.
    sent: Message,
    /// The ACK to the non-2xx response.
    ack: Option<Bytes>,
    /// The user's ACKs to 2xx responses, to be repeated when those are; one for each branch.
    acks: Vec<(AckKey, Option<Bytes>)>,
}

/// More branches of a forked INVITE than this are not told of.
const MAX_BRANCHES: usize = 16;
/// Characters of a `Date` that are told.
const MAX_DATE: usize = 64;
/// More client transactions than this are not begun, if nothing else is said.
pub(super) const MAX_CLIENT_TRANSACTIONS: usize = 16_384;

impl ClientTransaction {
    fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Invite(invite) => invite.machine.deadline(),
            Machine::NonInvite(machine) => machine.deadline(),
        }
    }
}

impl Endpoint {
    /// Sends a request in a new client transaction. The caller gives Request-URI, From with tag,
    /// To, Call-ID, CSeq and everything that is the request's own. The endpoint puts its Via on
    /// top and adds Max-Forwards, User-Agent and known credentials where they are missing. A
    /// challenge is answered by sending again with CSeq + 1 and a new branch, as the same
    /// [`RequestId`]; the CSeq of the final response tells which number was used last. Until then
    /// others of the same dialog get numbers above it, whatever the caller gave them.
    pub fn send_request(&mut self, flow: Flow, request: Message, now: Instant) -> RequestId {
        self.send_waiting(flow, request, None, now)
    }

    /// The same; an answer may take this long, in place of timers B and F (64*T1). For peers that
    /// are known to be slow: the network is not less lost for it.
    pub fn send_waiting(&mut self, flow: Flow, request: Message, patience: Option<Duration>, now: Instant) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        let up = self.links.get(&flow).is_some_and(|l| !l.closed);
        let full = self.clients.len() >= self.most_clients || self.parked.len() >= self.most_clients;
        if !up || request.method().is_none() || full {
            self.tell(EndpointEvent::Failed { request: id, why: Failure::NotSent });
            return id;
        }
        let mut request = request;
        self.number(&mut request, None);
        let (tries, cancel) = (Tries::default(), Cancel::No);
        let size = request.head_len() + request.body.len();
        let open = OpenRequest { message: request, size, flow, current: 0, tries, cancel, patience, parked: None };
        self.requests.insert(id, open);
        if let Some(link) = self.links.get_mut(&flow) {
            link.requests.insert(id);
            link.unanswered += size;
        }
        if self.must_wait(flow, id) {
            self.park(id, None, now);
        } else {
            self.begin(id, now);
        }
        id
    }

    /// Sends a CANCEL for an INVITE that has no final response.
    pub fn cancel(&mut self, request: RequestId, now: Instant) {
        let Some(open) = self.requests.get_mut(&request) else { return };
        if open.cancel != Cancel::No || open.message.method() != Some(&Method::Invite) {
            return;
        }
        if open.parked.is_some() {
            self.fail(request, Failure::NotSent);
            return;
        }
        open.cancel = Cancel::Wanted;
        self.cancel_if_due(request, now);
    }

    /// Sends a request outside any transaction: ACK to a 2xx, BENOTIFY. Adds what
    /// [`Endpoint::send_request`] adds.
    pub fn send_stateless(&mut self, flow: Flow, request: Message) {
        let Some(link) = self.links.get(&flow) else { return };
        let mut message = request;
        let branch = self.config.tokens.branch();
        stamp_request(&mut message, &link.info, &branch, &self.config.product);
        if message.method() == Some(&Method::Ack) {
            self.remember_ack(&mut message);
        }
        self.send_signed(flow, message);
    }

    /// Starts a transaction for a request: its first, or the next after a challenge.
    pub(super) fn begin(&mut self, id: RequestId, now: Instant) {
        let Some(open) = self.requests.get_mut(&id) else { return };
        let Some(link) = self.links.get(&open.flow).filter(|l| !l.closed) else {
            self.fail(id, Failure::LinkDown);
            return;
        };
        let Some(method) = open.message.method().cloned() else { return };
        let (flow, reliable) = (open.flow, link.info.reliable);
        let patience = open.patience.unwrap_or(T1_64);
        let mut message = open.message.clone();
        let branch = self.config.tokens.branch();
        stamp_request(&mut message, &link.info, &branch, &self.config.product);
        if link.keep && method == Method::Register {
            offer_keep(&mut message);
        }
        if let Some(realms) = &mut self.realms {
            let (signing, tokens) = (&mut self.signing, &mut self.config.tokens);
            let mut scene = Scene { flow, reliable, now, clock: self.config.clock, signing, tokens };
            realms.sign(&mut scene, &mut message, &mut open.tries);
        }
        let bytes = message.to_bytes();
        let machine = if method == Method::Invite {
            Machine::Invite(Box::new(Invite {
                machine: ClientInvite::new(reliable, now).waiting(patience, now),
                sent: message.clone(),
                ack: None,
                acks: Vec::new(),
            }))
        } else {
            Machine::NonInvite(ClientNonInvite::new(reliable, now).waiting(patience, now))
        };
        let transaction = ClientTransaction { flow, owner: Some(id), bytes: bytes.clone(), machine };
        let due = transaction.deadline();
        open.current = self.clients.insert(ClientKey { flow, branch, method }, transaction, due);
        let current = open.current;
        if let Some(link) = self.links.get_mut(&flow) {
            link.clients.insert(current);
        }
        self.send_kept(flow, message, bytes);
    }

    /// A response came.
    pub(super) fn handle_response(&mut self, flow: Flow, response: Message, now: Instant) {
        let Some(id) = ClientKey::of_response(flow, &response).and_then(|key| self.clients.find(&key)) else { return };
        if let Err(fault) = response.check() {
            return self.tell_fault(flow, fault);
        }
        let Some((request, proof)) = self.take_response(flow, id, &response, now) else { return };
        self.deliver(request, response, proof, now);
    }

    /// A response came of which this much can be read. It ends its request, as far as anybody can
    /// tell: to wait longer would bring nothing.
    pub(super) fn handle_unreadable(&mut self, flow: Flow, remains: &Message, now: Instant) {
        let Some(id) = ClientKey::of_response(flow, remains).and_then(|key| self.clients.find(&key)) else { return };
        let Some((request, _)) = self.take_response(flow, id, remains, now) else { return };
        if remains.status().is_some_and(|code| code >= 200) {
            self.lose(request, Failure::Unreadable, now);
        }
    }

    /// Moves the transaction of a response; the request that is to hear of it, if one is.
    fn take_response(&mut self, flow: Flow, id: u64, response: &Message, now: Instant) -> Option<(RequestId, Proof)> {
        let code = response.status()?;
        let proof = self.judge(flow, response)?;
        let transaction = self.clients.get_mut(id)?;
        let owner = transaction.owner;
        let mut ack = None;
        let deliver = match &mut transaction.machine {
            Machine::NonInvite(machine) => machine.on_response(code, now) == client_non_invite::OnResponse::Deliver,
            Machine::Invite(invite) => match invite.machine.on_response(code, now) {
                client_invite::OnResponse::Absorb => false,
                client_invite::OnResponse::Acknowledge => {
                    ack.clone_from(&invite.ack);
                    false
                }
                client_invite::OnResponse::AcknowledgeAndDeliver => {
                    let bytes = ack_for(&invite.sent, response).to_bytes();
                    invite.ack = Some(bytes.clone());
                    ack = Some(bytes);
                    true
                }
                client_invite::OnResponse::Deliver if code >= 200 => match AckKey::of(response) {
                    Some(branch) => match invite.acks.iter().find(|(key, _)| *key == branch) {
                        Some((_, known)) => {
                            ack.clone_from(known);
                            false
                        }
                        None if invite.acks.len() < MAX_BRANCHES => {
                            self.answered.insert(branch.clone(), id);
                            invite.acks.push((branch, None));
                            true
                        }
                        None => false,
                    },
                    None => false,
                },
                client_invite::OnResponse::Deliver => true,
            },
        };
        self.reschedule_client(id);
        if let Some(ack) = ack {
            self.send_again(flow, ack);
        }
        owner.filter(|_| deliver).map(|request| (request, proof))
    }

    fn deliver(&mut self, request: RequestId, response: Message, proof: Proof, now: Instant) {
        let code = response.status().unwrap_or(500);
        match code {
            100 => self.cancel_if_due(request, now),
            101..200 => {
                self.tell(EndpointEvent::Response { request, response: Box::new(response) });
                self.cancel_if_due(request, now);
            }
            401 | 407 if self.answer_challenge(request, &response, now) => {}
            _ => self.conclude(request, response, proof, now),
        }
    }

    /// The answer is final.
    pub(super) fn conclude(&mut self, request: RequestId, response: Message, proof: Proof, now: Instant) {
        let code = response.status().unwrap_or(500);
        if let (Some(realms), Some(open), 200..300) = (&mut self.realms, self.requests.get(&request), code) {
            realms.accepted(open.flow, &open.tries);
            realms.take_next_nonce(open.flow, &response, &open.tries);
        }
        let outcome = self.settle_association(request, code, proof);
        self.end(request);
        self.tell(EndpointEvent::Response { request, response: Box::new(response) });
        self.wake_parked(outcome, now);
    }

    /// Sends the request again with credentials, if that can help.
    fn answer_challenge(&mut self, request: RequestId, response: &Message, now: Instant) -> bool {
        let (true, Some(open)) = (self.realms.is_some(), self.requests.get(&request)) else { return false };
        let flow = open.flow;
        if !self.links.contains_key(&flow) || open.cancel != Cancel::No {
            return false;
        }
        if let Some(date) = response.headers.get("Date") {
            let date = date.chars().take(MAX_DATE).collect();
            self.outputs.push_back(EndpointOutput::Event(EndpointEvent::ServerTime { flow, date }));
        }
        self.try_again(request, response, now)
    }

    /// The same for a challenge that was there before, now that more is known.
    pub(super) fn try_again(&mut self, request: RequestId, response: &Message, now: Instant) -> bool {
        let (Some(realms), Some(open)) = (&mut self.realms, self.requests.get_mut(&request)) else { return false };
        let flow = open.flow;
        let Some(link) = self.links.get(&flow) else { return false };
        let reliable = link.info.reliable;
        let (signing, tokens) = (&mut self.signing, &mut self.config.tokens);
        let mut scene = Scene { flow, reliable, now, clock: self.config.clock, signing, tokens };
        let next = realms.learn(&mut scene, &open.message, response, &mut open.tries);
        if let Some(mut cseq) = open.message.cseq().filter(|_| matches!(next, Next::Again | Next::Park)) {
            cseq.number = cseq.number.saturating_add(1);
            let mut message = open.message.clone();
            message.headers.set("CSeq", cseq.to_string());
            self.number(&mut message, Some(request));
            if let Some(open) = self.requests.get_mut(&request) {
                open.message = message;
            }
        }
        self.tell_doubts();
        match next {
            Next::GiveUp => false,
            Next::Again => {
                self.begin(request, now);
                true
            }
            Next::Ticket => {
                self.await_ticket(request, Box::new(response.clone()), now);
                true
            }
            Next::Park => {
                self.park(request, Some(Box::new(response.clone())), now);
                true
            }
        }
    }

    /// Raises the CSeq of a request within a dialog above those of the others that are open there. What
    /// is sent again after a challenge takes a number that the dialog does not know to be taken; two
    /// requests with one number are one to the other side, and the second would be lost without a word.
    fn number(&self, message: &mut Message, except: Option<RequestId>) {
        // Who answers no challenges passes on what others have numbered.
        let in_dialog = self.realms.is_some() && message.to().is_ok_and(|to| to.tag().is_some());
        let Some(mut cseq) = message.cseq().filter(|_| in_dialog) else { return };
        let leg = |message: &Message| Some((message.call_id()?, message.from().ok()?.tag()?));
        let Some(ours) = leg(message) else { return };
        let others = self.requests.iter().filter(|(id, _)| Some(**id) != except);
        let others = others.filter(|(_, open)| leg(&open.message).as_ref() == Some(&ours));
        let highest = others.filter_map(|(_, open)| open.message.cseq()).map(|cseq| cseq.number).max();
        if let Some(highest) = highest.filter(|highest| *highest >= cseq.number) {
            cseq.number = highest.saturating_add(1);
            message.headers.set("CSeq", cseq.to_string());
        }
    }

    /// Sends the CANCEL that waited for a provisional response.
    fn cancel_if_due(&mut self, request: RequestId, now: Instant) {
        let Some(open) = self.requests.get_mut(&request).filter(|o| o.cancel == Cancel::Wanted) else { return };
        let (flow, current) = (open.flow, open.current);
        let Some(ClientTransaction { machine: Machine::Invite(invite), .. }) = self.clients.get_mut(current) else { return };
        if !matches!(invite.machine.state(), client_invite::State::Proceeding { .. }) {
            return;
        }
        invite.machine.on_cancel(now);
        let mut cancel = cancel_for(&invite.sent);
        let Some(branch) = invite.sent.top_via().and_then(|v| v.branch()) else { return };
        open.cancel = Cancel::Sent;
        self.reschedule_client(current);
        let Some(link) = self.links.get(&flow) else { return };
        let reliable = link.info.reliable;
        if !self.config.product.is_empty() {
            cancel.headers.push("User-Agent", &self.config.product);
        }
        let bytes = cancel.to_bytes();
        let machine = Machine::NonInvite(ClientNonInvite::new(reliable, now));
        let transaction = ClientTransaction { flow, owner: None, bytes: bytes.clone(), machine };
        let due = transaction.deadline();
        let id = self.clients.insert(ClientKey { flow, branch, method: Method::Cancel }, transaction, due);
        if let Some(link) = self.links.get_mut(&flow) {
            link.clients.insert(id);
        }
        self.send_kept(flow, cancel, bytes);
    }

    /// Keeps the user's ACK with its INVITE, to be sent again when the 2xx comes again, and gives
    /// it the INVITE's credentials (RFC 3261 sections 13.2.2.4 and 22.1).
    fn remember_ack(&mut self, ack: &mut Message) {
        let Some(key) = AckKey::of(ack) else { return };
        let Some(&id) = self.answered.get(&key) else { return };
        let Some(ClientTransaction { machine: Machine::Invite(invite), .. }) = self.clients.get_mut(id) else { return };
        for name in ["Authorization", "Proxy-Authorization"] {
            if !ack.headers.has(name) {
                for value in invite.sent.headers.get_all(name) {
                    ack.headers.push(name, value);
                }
            }
        }
        if let Some((_, slot)) = invite.acks.iter_mut().find(|(k, _)| *k == key) {
            *slot = Some(ack.to_bytes());
        }
    }

    pub(super) fn client_timer(&mut self, id: u64, now: Instant) {
        let Some(transaction) = self.clients.get_mut(id) else { return };
        let (flow, owner) = (transaction.flow, transaction.owner);
        let (resend, timed_out) = match &mut transaction.machine {
            Machine::Invite(invite) => match invite.machine.on_timer(now) {
                client_invite::OnTimer::Resend => (true, false),
                client_invite::OnTimer::TimedOut => (false, true),
                client_invite::OnTimer::Nothing => (false, false),
            },
            Machine::NonInvite(machine) => match machine.on_timer(now) {
                client_non_invite::OnTimer::Resend => (true, false),
                client_non_invite::OnTimer::TimedOut => (false, true),
                client_non_invite::OnTimer::Nothing => (false, false),
            },
        };
        let again = resend.then(|| transaction.bytes.clone());
        self.reschedule_client(id);
        if let Some(bytes) = again {
            self.send_again(flow, bytes);
        }
        if let Some(request) = owner.filter(|_| timed_out) {
            self.lose(request, Failure::Timeout, now);
        }
    }

    /// Nobody will ever know how a request was answered.
    fn lose(&mut self, request: RequestId, why: Failure, now: Instant) {
        let outcome = self.unsettled_association(request);
        self.fail(request, why);
        self.wake_parked(outcome, now);
    }

    /// A link is gone: what is open on it fails.
    pub(super) fn drop_clients(&mut self, link: &Link) {
        for id in &link.clients {
            self.forget_client(*id);
        }
        for request in &link.requests {
            self.fail(*request, Failure::LinkDown);
        }
    }

    pub(super) fn fail(&mut self, request: RequestId, why: Failure) {
        if self.end(request).is_some() {
            self.tell(EndpointEvent::Failed { request, why });
        }
    }

    pub(super) fn end(&mut self, request: RequestId) -> Option<OpenRequest> {
        let open = self.requests.remove(&request)?;
        if let Some(Parked { until, .. }) = &open.parked {
            self.parked.remove(&(*until, request));
        }
        if let Some(link) = self.links.get_mut(&open.flow) {
            link.requests.remove(&request);
            link.unanswered = link.unanswered.saturating_sub(open.size);
        }
        Some(open)
    }

    fn forget_client(&mut self, id: u64) {
        let Some(transaction) = self.clients.remove(id) else { return };
        if let Some(link) = self.links.get_mut(&transaction.flow) {
            link.clients.remove(&id);
        }
        if let Machine::Invite(invite) = transaction.machine {
            for (key, _) in invite.acks {
                if self.answered.get(&key) == Some(&id) {
                    self.answered.remove(&key);
                }
            }
        }
    }

    fn reschedule_client(&mut self, id: u64) {
        let Some(due) = self.clients.get(id).map(ClientTransaction::deadline) else { return };
        if due.is_none() {
            self.forget_client(id);
        } else {
            self.clients.schedule(id, due);
        }
    }
}
