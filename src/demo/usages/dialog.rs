//! Requests within a session (RFC 3261 section 12.2): MESSAGE, INFO, BYE, REFER, NOTIFY, UPDATE,
//! OPTIONS and another INVITE pass to the other side as they are.
//!
//! Where they go is decided by the session: the link, the user and the tags of the sender must be
//! those of one of its sides, and the request goes down the link of the other. Route and
//! Request-URI cannot lead anywhere else. Anything that belongs to no session gets 481.

use std::time::Instant;

use super::Server;
use crate::demo::passing::{bounded, fits, forwarded, is_own_route, name_device, passed_back, replace_contacts};
use crate::demo::server::{Incoming, MessageFate, ServerLog};
use crate::demo::sessions::{DialogKey, MAX_NAME, Passing, Session};
use crate::model::Address;
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, Method};

impl Server {
    /// Whether a request belongs to a dialog: somebody has given its To a tag.
    pub(in crate::demo) fn is_in_dialog(request: &Message) -> bool {
        request.to().is_ok_and(|to| to.tag().is_some())
    }

    /// A request within a dialog, from a user who is known.
    pub(in crate::demo) fn on_in_dialog(&mut self, mut incoming: Incoming, who: &Address, now: Instant) {
        let Some((key, sender)) = self.sessions.sender(&incoming.request, incoming.flow, who) else {
            if let Some(nobodys) = self.on_talk_request(incoming, who, now) {
                self.reply_code(&nobodys, 481, now);
            }
            return;
        };
        if incoming.request.body.len() > self.config.limits.message_size {
            return self.reply_code(&incoming, 513, now);
        }
        if incoming.request.method() == Some(&Method::Invite) {
            self.reply_code(&incoming, 100, now);
        }
        let Some((to, request)) = self.for_other_side(&key, sender, &incoming.request) else {
            return self.reply_code(&incoming, 481, now);
        };
        // A BYE is always let through: it is small, and what it ends must end.
        if !self.has_room(to, &request) && request.method() != Some(&Method::Bye) {
            return self.reply_code(&incoming, 503, now);
        }
        let sent = self.endpoint.send_request(to, request, now);
        incoming.request.clear_body();
        let passing = Passing { transaction: incoming.transaction, flow: incoming.flow, to, request: incoming.request, key };
        self.sessions.passes(sent, passing);
    }

    /// ACK to a 2xx: passed on like everything else, but nobody answers it.
    pub(in crate::demo) fn on_ack(&mut self, flow: Flow, mut ack: Message) {
        let Some((key, sender)) = self.sessions.sender_by_link(&ack, flow) else { return };
        if let Some(info) = self.endpoint.flow_info(flow) {
            // As for an answer: a Contact that asks for something unknown stays.
            let _ = replace_contacts(&mut ack, flow, info);
        }
        if let Some((to, ack)) = self.for_other_side(&key, sender, &ack).filter(|(_, ack)| fits(ack)) {
            self.endpoint.send_stateless(to, ack);
        }
    }

    /// The request as the other side gets it, and that side's link. Notes what the sender says of
    /// itself.
    fn for_other_side(&mut self, key: &DialogKey, sender: usize, request: &Message) -> Option<(Flow, Message)> {
        let session = self.sessions.session_mut(key)?;
        let [first, second] = &mut session.sides;
        let (own, other) = if sender == 0 { (first, second) } else { (second, first) };
        if let Some(cseq) = request.cseq() {
            own.cseq = own.cseq.max(cseq.number);
        }
        if let Some(contact) = request.name_addrs("Contact").into_iter().next()
            && matches!(request.method(), Some(Method::Invite | Method::Update | Method::Refer | Method::Notify))
            && contact.uri.as_str().len() <= MAX_NAME
        {
            contact.uri.as_str().clone_into(&mut own.target);
        }
        let (flow, target, epid) = (other.flow, other.target.clone(), other.name.params.get("epid"));
        // A strict router has put the real target behind its Routes.
        let ours = self.endpoint.flow_info(own.flow).is_some_and(|info| is_own_route(request.uri(), info));
        let mut copy = forwarded(request, if ours { &target } else { request.uri() });
        name_device(&mut copy, epid.as_deref());
        Some((flow, copy))
    }

    /// The other side answered.
    pub(in crate::demo) fn on_passed(&mut self, passing: &Passing, response: &Message, code: u16, now: Instant) {
        let mut back = passed_back(&passing.request, response.clone());
        self.adapt(&mut back, &passing.request, passing.to, passing.flow);
        if code >= 200 || fits(&back) {
            self.endpoint.pass_back(passing.transaction, bounded(&passing.request, back), now);
        }
        if code >= 200 {
            self.after_request(passing, if code < 300 { MessageFate::Delivered } else { MessageFate::Refused });
        }
    }

    /// Nobody knows whether the other side got it. The sender is told nothing (RFC 4320 section
    /// 4.2), but for INVITE, which has no other end, and where there was an answer nobody can read.
    pub(in crate::demo) fn on_lost(&mut self, passing: &Passing, code: u16, now: Instant) {
        self.endpoint.respond_with(passing.transaction, code, now);
        self.after_request(passing, MessageFate::Unknown);
    }

    fn after_request(&mut self, passing: &Passing, fate: MessageFate) {
        match passing.request.method() {
            Some(Method::Bye) => {
                self.sessions.forget(&passing.key);
            }
            Some(Method::Message) => {
                if let (Some(from), Some(to)) = (person(&passing.request, "From"), person(&passing.request, "To")) {
                    self.log(ServerLog::Message { from, to, fate });
                }
            }
            _ => {}
        }
    }

    /// Ends a session in the name of the other side, to those of its sides who are to be told.
    pub(in crate::demo) fn hang_up(&mut self, session: &Session, tell: [bool; 2], now: Instant) {
        let [first, second] = &session.sides;
        for (from, to, told) in [(second, first, tell[0]), (first, second, tell[1])] {
            if !told {
                continue;
            }
            let mut bye = Message::request(Method::Bye, &to.target);
            bye.headers.push("From", from.name.to_string());
            bye.headers.push("To", to.name.to_string());
            bye.headers.push("Call-ID", session.key.call_id());
            bye.headers.push("CSeq", format!("{} BYE", from.cseq.saturating_add(1)));
            self.endpoint.send_request(to.flow, bye, now);
        }
    }
}

/// The person a header field names.
fn person(message: &Message, name: &str) -> Option<Address> {
    Address::parse(message.name_addr(name).ok()?.uri.as_str()).ok()
}
