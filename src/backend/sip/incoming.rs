//! Requests nobody else takes: what we can, what we refuse, and how to say so.

use std::time::Instant;

use super::sessions;
use super::ua::Ua;
use crate::formats::sdp;
use crate::model::Address;
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::{Message, Method};

/// Methods we know, outside conversations of several people.
pub(super) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY, INFO";

/// Bodies we can read in a MESSAGE.
pub(super) const ACCEPT: &str = "text/plain, text/html, message/cpim, application/im-iscomposing+xml";

/// Answers a request that belongs to no usage.
pub(super) fn answer(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    let Some(method) = request.method() else { return };
    match method {
        Method::Options => {
            let mut response = Message::response_to(request, 200);
            response.headers.push("Allow", ALLOW);
            response.headers.push("Accept", ACCEPT);
            response.set_body(sdp::MEDIA_TYPE, sessions::ability(ua).into_bytes());
            ua.respond(transaction, response, now);
        }
        Method::Bye | Method::Info | Method::Update | Method::Prack | Method::Notify => ua.respond_with(transaction, 481, now),
        // Where the server holds presence, its own SUBSCRIBEs want a yes and nothing else (as SIPE
        // answers them).
        Method::Subscribe if ua.traits.set_presence => ua.respond_with(transaction, 200, now),
        Method::Subscribe => {
            let mut response = Message::response_to(request, 489);
            response.headers.push("Allow-Events", "presence");
            ua.respond(transaction, response, now);
        }
        Method::Register | Method::Publish | Method::Refer | Method::Service => {
            let mut response = Message::response_to(request, 405);
            response.headers.push("Allow", ALLOW);
            ua.respond(transaction, response, now);
        }
        // The endpoint keeps CANCEL and ACK to itself, the sessions INVITE; a BENOTIFY is never
        // answered.
        Method::Invite | Method::Ack | Method::Cancel | Method::Benotify => {}
        Method::Message | Method::Other(_) => {
            let mut response = Message::response_to(request, 501);
            response.headers.push("Allow", ALLOW);
            ua.respond(transaction, response, now);
        }
    }
}

/// Who sent a request: the address in From.
pub(super) fn sender(request: &Message) -> Option<Address> {
    Address::parse(request.from().ok()?.uri.as_str()).ok()
}
