//! MESSAGE (RFC 3428): to all devices of the recipient, or kept until one comes.
//!
//! The server acts as a proxy: its Via goes on top of those there are and is gone from the
//! answer; what a device answers is passed on as it is. Credentials for this server stay here.

use std::time::Instant;

use super::Server;
use crate::demo::first_hop::epid_of;
use crate::demo::passing::{bounded, forwarded, name_device, passed_back};
use crate::demo::relay::{Origin, Relay, RelayOutcome};
use crate::demo::server::{Incoming, MessageFate, Purpose, ServerLog};
use crate::demo::store::{StoredMessage, sip_date};
use crate::model::{Address, Sees};
use crate::sip::endpoint::Failure;
use crate::sip::message::{Message, Method};

/// Media type of "is writing" (RFC 3994): worth nothing later, so never kept.
pub(in crate::demo) const TYPING: &str = "application/im-iscomposing+xml";

impl Server {
    pub(in crate::demo) fn on_message(&mut self, incoming: Incoming, from: &Address, now: Instant) {
        let Ok(to) = Address::parse(incoming.request.uri()) else { return self.reply_code(&incoming, 404, now) };
        let Some(account) = self.accounts.of(&to) else { return self.reply_code(&incoming, 404, now) };
        let rights = account.rights_of(from, self.config.default_handling);
        if !rights.may_write {
            // Who is blocked politely is told that nobody is there. A text for somebody who really is
            // away would be kept (202), so the two can be told apart: to say that a text was kept
            // which was not would be worse.
            let code = if rights.sees == Sees::PoliteBlock { 480 } else { 403 };
            return self.reply_code(&incoming, code, now);
        }
        if incoming.request.body.len() > self.config.limits.message_size {
            return self.reply_code(&incoming, 513, now);
        }
        if self.relays.len() >= self.config.limits.relays {
            return self.reply_code(&incoming, 503, now);
        }
        if self.cast.has(&to) {
            let code = if self.cast.is_here(&to) { 200 } else { 202 };
            self.reply_code(&incoming, code, now);
            return self.persona_hears(&to, from, &incoming.request, now);
        }
        let Incoming { transaction, request, .. } = incoming;
        self.pass_on(Origin::Client(transaction), to, request, now);
    }

    /// Sends a message to every device of a user.
    pub(in crate::demo) fn pass_on(&mut self, origin: Origin, to: Address, request: Box<Message>, now: Instant) {
        let epid = request.to().ok().and_then(|to| epid_of(&to));
        let targets = self.registrar.targets(&to, epid.as_deref());
        let copies: Vec<_> = targets
            .into_iter()
            .map(|binding| {
                let mut copy = forwarded(&request, binding.contact.uri.as_str());
                name_device(&mut copy, binding.epid.as_deref());
                (binding.flow, copy)
            })
            .collect();
        if copies.is_empty() {
            return self.keep(&origin, &to, &request, now);
        }
        let mut sent = Vec::new();
        for (flow, copy) in copies {
            if self.has_room(flow, &copy) {
                sent.push(self.endpoint.send_request(flow, copy, now));
            }
        }
        if sent.is_empty() {
            if let Origin::Client(transaction) = origin {
                self.endpoint.respond_with(transaction, 503, now);
            }
            return;
        }
        self.relays.start(origin, to, request, &sent);
    }

    /// A device answered, or will not.
    pub(in crate::demo) fn on_relay(&mut self, outcome: RelayOutcome, now: Instant) {
        match outcome {
            RelayOutcome::Wait => {}
            RelayOutcome::Answer(relay, response) => {
                let delivered = response.status().is_some_and(|c| c < 300);
                self.log_message(&relay, if delivered { MessageFate::Delivered } else { MessageFate::Refused });
                if let Origin::Client(transaction) = relay.origin {
                    let back = bounded(&relay.request, passed_back(&relay.request, *response));
                    self.reply(transaction, back, now);
                }
            }
            RelayOutcome::Unknown(relay) => {
                self.log_message(&relay, MessageFate::Unknown);
                // Ends the transaction without a response on the wire (RFC 4320 section 4.2): the
                // sender's own timer says what is true, that nobody knows.
                if let Origin::Client(transaction) = relay.origin {
                    self.endpoint.respond_with(transaction, 408, now);
                }
            }
            RelayOutcome::NotSent(relay) => self.keep(&relay.origin, &relay.to, &relay.request, now),
        }
    }

    /// The recipient is away: keeps the message, or says that it cannot be kept.
    fn keep(&mut self, origin: &Origin, to: &Address, request: &Message, now: Instant) {
        let (from, call_id) = (request.header("From").unwrap_or_default(), request.call_id().unwrap_or_default());
        let content_type = request.header("Content-Type").unwrap_or_else(|| "text/plain".to_owned());
        let kept = request.content_type() != TYPING && {
            let cseq = request.cseq().map_or(1, |cseq| cseq.number);
            let message = StoredMessage { from, call_id, cseq, content_type, body: request.body.clone(), at: self.stamp(now) };
            self.store.keep(to, message, &self.config.limits).is_ok()
        };
        if let Ok(from) = request.from()
            && let Ok(from) = Address::parse(from.uri.as_str())
        {
            let fate = if kept { MessageFate::Kept } else { MessageFate::Away };
            self.log(ServerLog::Message { from, to: to.clone(), fate });
        }
        if let Origin::Client(transaction) = origin {
            self.endpoint.respond_with(*transaction, if kept { 202 } else { 480 }, now);
        }
    }

    /// Sends the oldest waiting message that was not passed over to the device that came last, unless one is on its
    /// way.
    pub(in crate::demo) fn deliver_waiting(&mut self, to: &Address, now: Instant) {
        if self.delivering.contains(to) {
            return;
        }
        let older = self.passed_over.get(to).copied().unwrap_or(0);
        let Some(message) = self.store.after(to, older) else {
            self.passed_over.remove(to);
            return;
        };
        let Some(binding) = self.registrar.bindings(to).last() else {
            self.passed_over.remove(to);
            return;
        };
        let mut request = Message::request(Method::Message, binding.contact.uri.as_str());
        request.headers.push("From", &message.from);
        request.headers.push("To", format!("<{to}>"));
        request.headers.push("Call-ID", &message.call_id);
        request.headers.push("CSeq", format!("{} MESSAGE", message.cseq));
        request.headers.push("Date", sip_date(message.at));
        request.set_body(&message.content_type, message.body.clone());
        name_device(&mut request, binding.epid.as_deref());
        let flow = binding.flow;
        let id = self.endpoint.send_request(flow, request, now);
        self.purposes.insert(id, Purpose::Waiting(to.clone()));
        self.delivering.insert(to.clone());
    }

    /// What became of a waiting message: a definite answer ends it, anything else leaves it for the next time the
    /// user registers. Who takes nothing from its sender now may take the next one from somebody else.
    pub(in crate::demo) fn on_waiting(&mut self, to: &Address, result: Result<u16, Failure>, now: Instant) {
        self.delivering.remove(to);
        let older = self.passed_over.get(to).copied().unwrap_or(0);
        match result {
            Ok(480) => {
                self.passed_over.insert(to.clone(), older.saturating_add(1));
            }
            Ok(408 | 500..=599) | Err(_) => {
                self.passed_over.remove(to);
                return;
            }
            Ok(_) => self.store.delivered(to, older),
        }
        self.deliver_waiting(to, now);
    }

    fn log_message(&mut self, relay: &Relay, fate: MessageFate) {
        let from = relay.request.from().ok().and_then(|f| Address::parse(f.uri.as_str()).ok());
        if let Some(from) = from {
            self.log(ServerLog::Message { from, to: relay.to.clone(), fate });
        }
    }
}
