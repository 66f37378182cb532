//! Hands what came over the wire to the usage it is for.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{SipBackend, Stage};
use crate::backend::Event;
use crate::backend::sip::conversations::{Came, Conversations};
use crate::backend::sip::incoming;
use crate::backend::sip::reach::{self, Teller};
use crate::backend::sip::registration::{Failure, Outcome, Registration};
use crate::backend::sip::sessions::{People, Sessions};
use crate::backend::sip::skew;
use crate::backend::sip::ua::Purpose;
use crate::model::{Access, WaitReason};
use crate::sip::auth::Doubt;
use crate::sip::endpoint::{self, EndpointEvent, RequestId, ServerTransactionId};
use crate::sip::message::{Message, Method};

impl SipBackend {
    /// Takes what the endpoint has to tell until it has nothing more.
    pub(super) fn pump(&mut self, now: Instant) {
        while let Some(event) = self.ua.next_event() {
            match event {
                EndpointEvent::Response { request, response } => self.on_response(request, &response, now),
                EndpointEvent::Failed { request, why } => self.on_failed(request, why, now),
                EndpointEvent::Request { transaction, request, .. } => self.on_request(transaction, &request, now),
                EndpointEvent::Alive { pong, .. } => self.keepalive.heard(pong, now),
                EndpointEvent::Stun { answer, .. } => {
                    if self.keepalive.bound(answer.id)
                        && let Some(at) = answer.mapped.and_then(reach::believable)
                    {
                        self.seen_at(Teller::Stun, at, now);
                    }
                }
                EndpointEvent::Fault { fault, closed, .. } => {
                    self.ua.fault(fault.what.word());
                    if closed {
                        let why = WaitReason::Protocol { detail: fault.to_string() };
                        self.fail(Failure { why, least: Duration::ZERO }, false, now);
                    }
                }
                EndpointEvent::Associated { scheme, .. } => self.ua.signed_by = Some(scheme),
                EndpointEvent::AssociationLost { .. } => self.registration.renew(&mut self.ua, now),
                EndpointEvent::Doubted { doubt, .. } => {
                    self.ua.doubted(doubt);
                    if matches!(doubt, Doubt::WrongSignature | Doubt::Replayed | Doubt::UnknownAssociation) {
                        self.registration.distrusted(now);
                    }
                }
                EndpointEvent::Ack { request, .. } => self.sessions.on_ack(&request),
                // Only those about files wait for an answer; every other INVITE has its own at once.
                EndpointEvent::Cancelled { transaction } => self.files.on_cancelled(transaction, &mut self.ua, now),
                EndpointEvent::TicketWanted { request, host } => self.ua.want_ticket(request, host),
                EndpointEvent::ServerTime { date, .. } => skew::heard(&date, &mut self.skew_told, &mut self.ua, now),
            }
        }
        self.pump_stored(now);
        self.pump_services(now);
        self.pump_files(now);
        self.subscriptions.tend_batches(&mut self.ua, now);
        self.settle(now);
        self.confirm_lists();
        self.finish(now);
        self.tell_capabilities();
        if let Stage::Leaving { until, unregistered } = self.stage {
            let answered = unregistered && !self.publication.asking() && !self.ua.awaits_text() && !self.sessions.awaits_text();
            if answered || until <= now {
                self.ua.refuse_unkept(now);
                self.gone();
            }
        }
    }

    fn on_response(&mut self, request: RequestId, response: &Message, now: Instant) {
        if response.status().is_some_and(|code| code < 200) {
            self.ua.answered(request);
            return;
        }
        let Some(purpose) = self.ua.purpose(request) else {
            Sessions::on_stray(response, &mut self.ua, now);
            return;
        };
        self.ua.closed(request);
        match purpose {
            Purpose::Register => {
                let outcome = self.registration.on_response(response, &mut self.ua, now);
                self.registered(outcome, now);
            }
            Purpose::Publish => self.publication.on_response(response, &mut self.ua, now),
            Purpose::Subscribe(id) => self.subscriptions.on_response(id, response, &mut self.ua, now),
            Purpose::Text { tag, .. } => Conversations::on_response(tag, response, &mut self.ua),
            Purpose::Service(errand) => self.services.on_response(errand, response, &mut self.ua, now),
            Purpose::Typing(to) => {
                if response.status().is_none_or(|code| code >= 300) {
                    self.typing.refused(&to);
                }
            }
            Purpose::Session { call, errand } => self.sessions.on_response(call, &errand, response, &mut self.ua, now),
            Purpose::File { id, errand } => self.files.on_response(id, errand, response, &mut self.ua, now),
            Purpose::Probe => {
                if let Some(at) = reach::seen_in(response) {
                    self.seen_at(Teller::Via, at, now);
                }
            }
        }
    }

    /// Somebody tells where the server sees us.
    fn seen_at(&mut self, teller: Teller, at: SocketAddr, now: Instant) {
        if self.ua.reach.learn(teller, at) {
            let outcome = self.registration.seen_at(at, true, &mut self.ua, now);
            self.registered(outcome, now);
        }
    }

    fn on_failed(&mut self, request: RequestId, why: endpoint::Failure, now: Instant) {
        let Some(purpose) = self.ua.purpose(request) else { return };
        self.ua.closed(request);
        match purpose {
            Purpose::Register => {
                let outcome = self.registration.on_failure(&self.ua);
                self.registered(outcome, now);
            }
            Purpose::Publish => self.publication.on_failure(&mut self.ua, now),
            Purpose::Subscribe(id) => self.subscriptions.on_failure(id, &mut self.ua, now),
            Purpose::Text { tag, .. } => Conversations::on_failure(tag, why, &mut self.ua),
            Purpose::Typing(to) => self.typing.refused(&to),
            Purpose::Session { call, errand } => self.sessions.on_failure(call, &errand, why, &mut self.ua, now),
            Purpose::Service(errand) => self.services.on_failure(errand, &mut self.ua, now),
            Purpose::File { id, errand } => self.files.on_failure(id, errand, why, &mut self.ua),
            Purpose::Probe => {}
        }
        if why == endpoint::Failure::Timeout {
            self.keepalive.unanswered(&mut self.ua, now);
        }
    }

    pub(super) fn registered(&mut self, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Going => {}
            Outcome::Gone => {
                if let Stage::Leaving { unregistered, .. } = &mut self.stage {
                    *unregistered = true;
                }
            }
            Outcome::Elsewhere(places, otherwise) => self.follow(places, otherwise, now),
            Outcome::Failed(failure) => self.fail(failure, true, now),
            Outcome::Registered(granted) => {
                if granted.first {
                    self.signed_in(&granted, now);
                } else {
                    self.subscriptions.tell_contact(&self.ua, now);
                    self.services.renew(&mut self.ua, now);
                }
            }
        }
    }

    /// Whether a request is of somebody who may not write, so that nobody is there for them, whatever they ask. Sessions
    /// tell by themselves what is within them; what a person's server tells of them, and ours of us, we asked for.
    pub(super) fn is_away_for(&self, request: &Message) -> bool {
        let Some(from) = incoming::sender(request) else { return false };
        let people = People { access: &self.access, roster: self.roster.roster() };
        let from = people.spelling(from, &self.ua.settings.aor);
        let asked_for = match request.method() {
            Some(Method::Notify) => {
                let of_us = Registration::is_notice(request) && self.access.of(&from) != Some(Access::Block);
                of_us || self.subscriptions.holds(request)
            }
            // It is not answered.
            Some(Method::Benotify) => true,
            _ => false,
        };
        !self.access.may_write(&from) && from != self.ua.settings.aor && !asked_for && !self.sessions.holds(request)
    }

    fn on_request(&mut self, transaction: Option<ServerTransactionId>, request: &Message, now: Instant) {
        if self.files.on_request(transaction, request, &mut self.ua, now) {
            return;
        }
        if self.is_away_for(request) {
            return self.ua.respond_with(transaction, 480, now);
        }
        let people = People { access: &self.access, roster: self.roster.roster() };
        if self.sessions.on_request(transaction, request, &people, &mut self.ua, now) {
            return;
        }
        match request.method() {
            Some(Method::Message) => match self.conversations.on_message(transaction, request, &people, &mut self.ua, now) {
                Came::Text { id, from, body, sent, delayed } => {
                    let from = people.spelling(from, &self.ua.settings.aor);
                    self.typing.text_came(&from, &mut self.ua);
                    self.ua.emit(Event::Text { id, from, body, sent, delayed });
                }
                Came::Composing { from } => {
                    let from = people.spelling(from, &self.ua.settings.aor);
                    self.typing.came(from, &request.body, &mut self.ua, now);
                }
                Came::Nothing => {}
            },
            // A registrar may tell the old link that its binding is taken by the new one.
            Some(Method::Notify | Method::Benotify) if Registration::is_notice(request) && self.preferred.is_moving() => {
                self.ua.respond_with(transaction, 200, now);
            }
            Some(Method::Notify | Method::Benotify) if Registration::is_notice(request) => {
                let told = self.registration.on_notice(request);
                self.ua.respond_with(transaction, if told.is_some() { 200 } else { 481 }, now);
                match told {
                    Some(told) => self.deregistered(told, now),
                    None => self.ua.fault("notification-unknown"),
                }
            }
            Some(Method::Notify | Method::Benotify) => self.subscriptions.on_notify(transaction, request, &mut self.ua, now),
            _ => incoming::answer(transaction, request, &mut self.ua, now),
        }
    }
}
