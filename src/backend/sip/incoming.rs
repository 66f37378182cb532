//! Requests nobody else takes: what we can, what we refuse, and how to say so.

use std::time::Instant;

use super::ua::Ua;
use crate::backend::NoticeLevel;
use crate::model::Address;
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::{Message, Method};

/// Methods we know. INVITE is among them because we answer it ourselves: with 488, politely.
pub(super) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY";

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
            ua.respond(transaction, response, now);
        }
        Method::Invite => refuse_call(transaction, request, ua, now),
        Method::Bye | Method::Info | Method::Update | Method::Prack | Method::Notify => ua.respond_with(transaction, 481, now),
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
        // The endpoint keeps CANCEL and ACK to itself; a BENOTIFY is never answered.
        Method::Ack | Method::Cancel | Method::Benotify => {}
        Method::Message | Method::Other(_) => {
            let mut response = Message::response_to(request, 501);
            response.headers.push("Allow", ALLOW);
            ua.respond(transaction, response, now);
        }
    }
}

/// A call: there is neither voice nor video here, and the user should know who tried.
fn refuse_call(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    let in_dialog = request.to().ok().and_then(|to| to.tag()).is_some();
    if in_dialog {
        ua.respond_with(transaction, 481, now);
        return;
    }
    let mut response = Message::response_to(request, 488);
    response.headers.push("Warning", "399 chinwag \"text messages only\"");
    ua.respond(transaction, response, now);
    if let Some(who) = sender(request) {
        let text = format!("{} tried to call you; calls are not possible here, so the call was declined", who.short());
        ua.notice(NoticeLevel::Info, "call-declined", text);
    }
}

/// Who sent a request: the address in From.
pub(super) fn sender(request: &Message) -> Option<Address> {
    Address::parse(request.from().ok()?.uri.as_str()).ok()
}
