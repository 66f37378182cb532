//! How invitations to what we do not have are declined: in our own name, or in an administrator's.
//!
//! Clients of the family tell an objection of policy by 606 with Warning 309, and one to encryption by 488 with
//! Warning 308; so do we (`offer::objection` reads the same).

use std::time::Instant;

use super::offer::Calling;
use crate::backend::NoticeLevel;
use crate::backend::sip::ua::Ua;
use crate::formats::invitation::Offer;
use crate::model::{Address, Objection, Verdict};
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::Message;

/// Declines a call, and tells the user.
pub(super) fn decline_call(
    (transaction, request): (Option<ServerTransactionId>, &Message),
    from: &Address,
    calling: &Calling,
    ua: &mut Ua,
    now: Instant,
) {
    let (code, warning, why) = match ua.settings.invitations.objection(calling.to) {
        None => (488, "399 chinwag \"text messages only\"", "that is not possible here, so the call was declined".to_owned()),
        Some(Objection::Policy(whose)) => (606, "309 chinwag \"forbidden by policy\"", format!("the call was declined: {whose}")),
        Some(Objection::Encryption(whose)) => {
            (488, "308 chinwag \"encryption is not as policy wants it\"", format!("the call was declined: {whose}"))
        }
    };
    answer(transaction, request, code, warning, ua, now);
    let text = format!("{} tried to {}; {why}", from.short(), calling.what);
    ua.notice(NoticeLevel::Info, "call-declined", text);
}

/// Declines media in our own name.
pub(super) fn refuse_media(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    answer(transaction, request, 488, "399 chinwag \"text messages only\"", ua, now);
}

/// Declines a file in an administrator's name, if a policy is against it, and tells the user in any case. `true`:
/// it is answered.
pub(super) fn decline_file(
    (transaction, request): (Option<ServerTransactionId>, &Message),
    from: &Address,
    offer: &Offer,
    ua: &mut Ua,
    now: Instant,
) -> bool {
    let what = if offer.name.is_empty() { "a file".to_owned() } else { format!("the file {}", offer.name) };
    let wants = format!("{} wants to send you {what}", from.short());
    match ua.settings.invitations.files.judge(&offer.name, offer.octets) {
        Verdict::Block { why, whose } => {
            answer(transaction, request, 606, "309 chinwag \"forbidden by policy\"", ua, now);
            ua.notice(NoticeLevel::Info, "file-declined", format!("{wants}; it was declined since {why}: {whose}"));
            true
        }
        Verdict::Ask { why, whose } => {
            let text = format!("{wants}; {why} ({whose}), but files cannot be taken yet, so it was declined");
            ua.notice(NoticeLevel::Info, "file-declined", text);
            false
        }
        Verdict::Allow => {
            ua.notice(NoticeLevel::Info, "file-declined", format!("{wants}; that is not possible here, so it was declined"));
            false
        }
    }
}

fn answer(transaction: Option<ServerTransactionId>, request: &Message, code: u16, warning: &str, ua: &mut Ua, now: Instant) {
    let mut response = Message::response_to(request, code);
    response.headers.push("Warning", warning);
    ua.respond(transaction, response, now);
}
