//! INVITEs of others: which are accepted, and what is said to the rest.

use std::time::Instant;

use super::body::{self, Fingerprint};
use super::book::Sessions;
use super::calls::{Call, Invited, MULTIPARTY, Owner};
use super::offer::{self, Wish};
use super::people::People;
use super::refusal::{decline_call, refuse_media, take_file_call};
use super::rooms::{Desk, Entry};
use crate::backend::sip::incoming::sender;
use crate::backend::sip::ua::Ua;
use crate::formats::sdp::{self, Media};
use crate::model::Address;
use crate::sip::dialog::InDialog;
use crate::sip::endpoint::{ServerTransactionId, refuse_extensions};
use crate::sip::message::Message;

impl Sessions {
    /// An INVITE came.
    pub(super) fn on_invite(
        &mut self,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) {
        if request.to().ok().and_then(|to| to.tag()).is_some() {
            return self.on_reinvite(transaction, request, ua, now);
        }
        let Some(from) = sender(request) else {
            return ua.respond_with(transaction, 400, now);
        };
        let from = self.pairs.spelling(people.spelling(from, &ua.settings.aor));
        if (ua.is_deaf() && !ua.settings.files) || !people.may_write(&from) {
            return ua.respond_with(transaction, 480, now);
        }
        if let Some(refusal) = refuse_extensions(request, &[MULTIPARTY]) {
            return ua.respond(transaction, refusal, now);
        }
        if !self.gate.opens_for(&from, now) {
            ua.fault("invite-flood");
            // Not 486: nobody asked not to be disturbed.
            return busy(transaction, request, 503, ua, now);
        }
        match offer::wish(request) {
            Wish::Messages(_) if self.calls.is_full() => busy(transaction, request, 503, ua, now),
            Wish::Messages(media) => self.welcome((transaction, request), from, media, people, ua, now),
            Wish::File(file) => take_file_call((transaction, request), from, file, people, ua, now),
            Wish::Other(calling) => decline_call((transaction, request), &from, &calling, ua, now),
            Wish::Broken => {
                ua.fault("session-description");
                refuse_media(transaction, request, ua, now);
            }
            Wish::NotSdp => {
                let mut response = Message::response_to(request, 415);
                response.headers.push("Accept", sdp::MEDIA_TYPE);
                ua.respond(transaction, response, now);
            }
        }
    }

    /// Somebody wants to talk.
    fn welcome(
        &mut self,
        (transaction, request): (Option<ServerTransactionId>, &Message),
        from: Address,
        media: Media,
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) {
        let text = match body::first_text(request) {
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => {
                ua.fault("text-format");
                None
            }
            None => None,
        };
        let first = text.as_ref().map(Fingerprint::of);
        let owner = match self.rooms.entry(request, &from, people, ua) {
            Entry::Pair => Owner::Pair,
            Entry::Known(room) | Entry::New(room) => Owner::Room(room),
            Entry::TooMany => {
                ua.fault("endpoints");
                return crowded(transaction, request, ua, now);
            }
            Entry::Full => return busy(transaction, request, 486, ua, now),
        };
        let invited = Invited { transaction, request, peer: from.clone(), owner: owner.clone(), media, first };
        let Some(id) = self.calls.accept(invited, ua, now) else {
            ua.fault("invite");
            return ua.respond_with(transaction, 400, now);
        };
        match &owner {
            Owner::Pair => self.pairs.invited(id, &mut self.calls, ua, now),
            Owner::Room(room) => {
                let pair = self.calls.of_pair(&request.call_id().unwrap_or_default());
                if let Some(pair) = pair {
                    self.pairs.hand_over(pair, &mut self.calls, ua, now);
                }
                let Self { calls, rooms, .. } = self;
                rooms.invited(room, id, request, pair, people, &mut Desk { calls, ua, now });
            }
        }
        if let Some(text) = text {
            self.show(&owner, from, text, request, ua);
        }
    }

    /// An INVITE within a session, which it leaves as it is.
    fn on_reinvite(&mut self, transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
        let Some(id) = self.calls.of_request(request).filter(|id| self.calls.get(*id).is_some_and(Call::is_live)) else {
            return ua.respond_with(transaction, 481, now);
        };
        if self.calls.on_request(id, request) == Some(InDialog::OutOfOrder) {
            ua.fault("session-order");
            return ua.respond_with(transaction, 500, now);
        }
        match offer::wish(request) {
            Wish::Messages(media) => self.calls.reaccept(id, transaction, request, media, ua, now),
            _ if request.body.is_empty() => self.calls.reaccept(id, transaction, request, Media::Message, ua, now),
            _ => refuse_media(transaction, request, ua, now),
        }
    }
}

/// More people than we can talk to.
fn crowded(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    let mut response = Message::response_to(request, 603);
    response.headers.push("Warning", "399 chinwag \"too many people\"");
    ua.respond(transaction, response, now);
}

fn busy(transaction: Option<ServerTransactionId>, request: &Message, code: u16, ua: &mut Ua, now: Instant) {
    let mut response = Message::response_to(request, code);
    response.headers.push("Retry-After", "10");
    ua.respond(transaction, response, now);
}
