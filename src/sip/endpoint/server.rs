//! The server role: requests in, responses out (RFC 3261 sections 8.2, 9.2 and 17.2).

use std::time::Instant;

use bytes::Bytes;

use super::engine::Endpoint;
use super::stamp::{note_source, tag_response};
use super::vocabulary::{EndpointEvent, Flow, ServerTransactionId};
use crate::sip::fault::Offence;
use crate::sip::message::{Message, Method, StartLine};
use crate::sip::transaction::key::{AckKey, ServerKey};
use crate::sip::transaction::server_invite::{self, ServerInvite};
use crate::sip::transaction::server_non_invite::{self, ServerNonInvite};

/// One server transaction.
#[derive(Debug)]
pub(super) struct ServerTransaction {
    pub flow: Flow,
    /// The request without its body: what responses are made from.
    request: Message,
    /// The To tag of our responses, once there is one.
    tag: Option<String>,
    /// The last response.
    response: Option<Bytes>,
    /// Where ACK finds it, once a 2xx was sent.
    ack: Option<AckKey>,
    cancelled: bool,
    machine: Machine,
}

#[derive(Debug)]
enum Machine {
    Invite(ServerInvite),
    NonInvite(ServerNonInvite),
}

/// Seconds after which a peer that got 503 may try again.
const RETRY_AFTER: &str = "10";
/// Answered transactions kept for each link to absorb repetitions; the oldest go first.
const MAX_ANSWERED: usize = 2048;

impl ServerTransaction {
    fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            Machine::Invite(machine) => machine.deadline(),
            Machine::NonInvite(machine) => machine.deadline(),
        }
    }

    const fn is_open(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => machine.is_open(),
            Machine::NonInvite(machine) => machine.is_open(),
        }
    }
}

impl Endpoint {
    /// Answers a request. Fills in a To tag where the request has none, and Server.
    pub fn respond(&mut self, transaction: ServerTransactionId, mut response: Message, now: Instant) {
        if !self.config.product.is_empty() && !response.headers.has("Server") {
            response.headers.push("Server", &self.config.product);
        }
        self.send_response(transaction, response, now);
    }

    /// Passes on what another answered, as a proxy does: nothing is added to it, and a 2xx to
    /// INVITE is not repeated on a reliable link.
    pub fn pass_back(&mut self, transaction: ServerTransactionId, response: Message, now: Instant) {
        if let Some(ServerTransaction { machine: Machine::Invite(machine), .. }) = self.servers.get_mut(transaction.0) {
            machine.pass_back();
        }
        self.send_response(transaction, response, now);
    }

    fn send_response(&mut self, transaction: ServerTransactionId, response: Message, now: Instant) {
        let id = transaction.0;
        let (Some(code), Some(entry)) = (response.status(), self.servers.get_mut(id)) else { return };
        let was_open = entry.is_open();
        let send = match &mut entry.machine {
            Machine::Invite(machine) => machine.on_reply(code, now) == server_invite::OnReply::Send,
            Machine::NonInvite(machine) => machine.on_reply(code, now) == server_non_invite::OnReply::Send,
        };
        let flow = entry.flow;
        if send {
            let mut response = response;
            if code > 100 {
                let own = response.to().ok().and_then(|to| to.tag());
                let tag = own.or_else(|| entry.tag.clone()).unwrap_or_else(|| self.config.tokens.tag());
                tag_response(&mut response, &tag);
                entry.tag = Some(tag);
            }
            // Kept without a signature: each time it is sent it gets one of its own.
            let bytes = response.to_bytes();
            entry.response = Some(bytes.clone());
            if matches!(entry.machine, Machine::Invite(_)) && (200..300).contains(&code) {
                entry.ack = AckKey::of(&response);
                if let Some(key) = &entry.ack {
                    self.accepted.insert(key.clone(), id);
                }
            }
            self.send_kept(flow, response, bytes);
        }
        self.settle_server(id, was_open);
    }

    /// Answers a request with nothing but a code.
    pub fn respond_with(&mut self, transaction: ServerTransactionId, code: u16, now: Instant) {
        let Some(entry) = self.servers.get(transaction.0) else { return };
        let response = Message::response_to(&entry.request, code);
        self.respond(transaction, response, now);
    }

    /// A request came.
    pub(super) fn handle_request(&mut self, flow: Flow, mut request: Message, now: Instant) {
        let (Some(method), Some(link)) = (request.method().cloned(), self.links.get(&flow)) else { return };
        let reliable = link.info.reliable;
        let broken = request.check().err();
        note_source(&mut request, &link.info);
        let Some(proof) = self.judge(flow, &request) else { return };
        match method {
            Method::Ack => {
                match broken {
                    None => self.handle_ack(flow, request, now),
                    Some(fault) => self.tell_fault(flow, fault),
                }
                return;
            }
            Method::Benotify => {
                self.tell(match broken {
                    None => EndpointEvent::Request { transaction: None, flow, request: Box::new(request), proof },
                    Some(fault) => EndpointEvent::Fault { flow, fault, closed: false },
                });
                return;
            }
            _ => {}
        }
        if let Some(fault) = broken {
            self.refuse(flow, &request, 400, Some(fault.what));
            self.tell_fault(flow, fault);
            return;
        }
        let Some(key) = ServerKey::of_request(flow, &request) else { return };
        if let Some(id) = self.servers.find(&key) {
            self.repeat(id);
            return;
        }
        if method == Method::Cancel {
            self.handle_cancel(flow, key, &request, now);
            return;
        }
        if self.links.get(&flow).is_some_and(|l| l.open >= self.config.max_server_transactions) {
            self.refuse(flow, &request, 503, None);
            return;
        }
        let machine = if method == Method::Invite {
            Machine::Invite(ServerInvite::new(reliable, now))
        } else {
            Machine::NonInvite(ServerNonInvite::new(reliable, now))
        };
        let id = self.open_server(flow, key, &request, machine);
        let transaction = Some(ServerTransactionId(id));
        self.tell(EndpointEvent::Request { transaction, flow, request: Box::new(request), proof });
    }

    fn open_server(&mut self, flow: Flow, key: ServerKey, request: &Message, machine: Machine) -> u64 {
        let mut head = request.clone();
        head.clear_body();
        let entry = ServerTransaction { flow, request: head, tag: None, response: None, ack: None, cancelled: false, machine };
        let due = entry.deadline();
        let id = self.servers.insert(key, entry, due);
        if let Some(link) = self.links.get_mut(&flow) {
            link.open += 1;
            link.servers.insert(id);
        }
        id
    }

    /// A request that is known came again.
    fn repeat(&mut self, id: u64) {
        let Some(entry) = self.servers.get(id) else { return };
        let resend = match &entry.machine {
            Machine::Invite(machine) => machine.on_repeat() == server_invite::OnRepeat::Resend,
            Machine::NonInvite(machine) => machine.on_repeat() == server_non_invite::OnRepeat::Resend,
        };
        if let Some(bytes) = entry.response.clone().filter(|_| resend) {
            self.send_again(entry.flow, bytes);
        }
    }

    fn handle_ack(&mut self, flow: Flow, request: Message, now: Instant) {
        let by_dialog = AckKey::of(&request).and_then(|key| self.accepted.get(&key).copied());
        let by_branch = || ServerKey::of_request(flow, &request).and_then(|key| self.servers.find(&key));
        // One that matches nothing is late: its INVITE is over.
        let Some(id) = by_dialog.or_else(by_branch) else { return };
        let Some(ServerTransaction { machine: Machine::Invite(machine), .. }) = self.servers.get_mut(id) else { return };
        let deliver = machine.on_ack(now) == server_invite::OnAck::Deliver;
        self.settle_server(id, false);
        if deliver {
            self.tell(EndpointEvent::Ack { flow, request: Box::new(request) });
        }
    }

    fn handle_cancel(&mut self, flow: Flow, key: ServerKey, request: &Message, now: Instant) {
        let invite = ServerKey::cancelled_by(flow, request).and_then(|key| self.servers.find(&key));
        let reliable = self.links.get(&flow).is_some_and(|l| l.info.reliable);
        let Some(invite) = invite else {
            self.refuse(flow, request, 481, None);
            return;
        };
        let cancel = self.open_server(flow, key, request, Machine::NonInvite(ServerNonInvite::new(reliable, now)));
        let fresh_tag = self.config.tokens.tag();
        let mut tell = false;
        if let Some(entry) = self.servers.get_mut(invite) {
            // The 200 to CANCEL and the response to INVITE carry the same tag (section 9.2).
            let tag = entry.tag.get_or_insert(fresh_tag).clone();
            tell = entry.is_open() && !entry.cancelled;
            entry.cancelled = true;
            if let Some(cancel) = self.servers.get_mut(cancel) {
                cancel.tag = Some(tag);
            }
        }
        self.respond_with(ServerTransactionId(cancel), 200, now);
        if tell {
            self.tell(EndpointEvent::Cancelled { transaction: ServerTransactionId(invite) });
        }
    }

    pub(super) fn server_timer(&mut self, id: u64, now: Instant) {
        let Some(entry) = self.servers.get_mut(id) else { return };
        let was_open = entry.is_open();
        let (trying, resend) = match &mut entry.machine {
            Machine::Invite(machine) => match machine.on_timer(now) {
                server_invite::OnTimer::SendTrying => (true, false),
                server_invite::OnTimer::Resend => (false, true),
                server_invite::OnTimer::Nothing => (false, false),
            },
            Machine::NonInvite(machine) => match machine.on_timer(now) {
                server_non_invite::OnTimer::SendTrying => (true, false),
                server_non_invite::OnTimer::Nothing => (false, false),
            },
        };
        if trying {
            entry.response = Some(Message::response_to(&entry.request, 100).to_bytes());
        }
        let flow = entry.flow;
        let bytes = entry.response.clone().filter(|_| trying || resend);
        if let Some(bytes) = bytes {
            self.send_again(flow, bytes);
        }
        self.settle_server(id, was_open);
    }

    /// Brings the books in line with a machine that moved.
    fn settle_server(&mut self, id: u64, was_open: bool) {
        let Some(entry) = self.servers.get(id) else { return };
        let (flow, due, open) = (entry.flow, entry.deadline(), entry.is_open());
        self.servers.schedule(id, due);
        let mut oldest = None;
        if let Some(link) = self.links.get_mut(&flow).filter(|_| was_open && !open) {
            link.open = link.open.saturating_sub(1);
            if due.is_some() {
                link.answered.push_back(id);
                if link.answered.len() > MAX_ANSWERED {
                    oldest = link.answered.pop_front();
                }
            }
        }
        if !open && due.is_none() {
            self.forget_server(id);
        }
        if let Some(oldest) = oldest {
            self.forget_server(oldest);
        }
    }

    pub(super) fn forget_server(&mut self, id: u64) {
        let Some(entry) = self.servers.remove(id) else { return };
        if let Some(link) = self.links.get_mut(&entry.flow) {
            link.servers.remove(&id);
            if entry.is_open() {
                link.open = link.open.saturating_sub(1);
            }
            // Mostly it is the oldest; others that ended early are skipped over here in passing.
            while link.answered.front().is_some_and(|front| self.servers.get(*front).is_none()) {
                link.answered.pop_front();
            }
        }
        if let Some(key) = entry.ack
            && self.accepted.get(&key) == Some(&id)
        {
            self.accepted.remove(&key);
        }
    }

    /// Answers a request of which not everything could be read or taken, if enough of it was.
    pub(super) fn refuse_offender(&mut self, flow: Flow, mut request: Message, offence: Offence) {
        let Some(link) = self.links.get(&flow) else { return };
        let method = request.method();
        let named = method.is_some() && request.cseq().map(|cseq| cseq.method).as_ref() == method;
        let is_known = named && request.from().is_ok() && request.to().is_ok() && request.headers.has("Call-ID");
        if !is_known || matches!(method, Some(Method::Ack | Method::Benotify)) {
            return;
        }
        note_source(&mut request, &link.info);
        let (code, words) = match offence {
            Offence::BodyTooLong => (413, None),
            Offence::Version => (505, None),
            _ => (400, Some(offence)),
        };
        self.refuse(flow, &request, code, words);
    }

    /// Answers without a transaction: what cannot be worked on leaves nothing behind.
    fn refuse(&mut self, flow: Flow, request: &Message, code: u16, offence: Option<Offence>) {
        if request.top_via().is_none() {
            return;
        }
        let mut response = Message::response_to(request, code);
        if let (Some(offence), StartLine::Status { reason, .. }) = (offence, &mut response.start) {
            *reason = format!("Bad Request: {offence}");
        }
        if code == 503 {
            response.headers.push("Retry-After", RETRY_AFTER);
        }
        let tag = self.config.tokens.tag();
        tag_response(&mut response, &tag);
        if !self.config.product.is_empty() {
            response.headers.push("Server", &self.config.product);
        }
        self.send_signed(flow, response);
    }
}
