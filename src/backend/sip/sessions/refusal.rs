//! How invitations to what we do not have are declined: in our own name, or in an administrator's.
//!
//! Clients of the family tell an objection of policy by 606 with Warning 309, and one to encryption by 488 with
//! Warning 308; so do we (`offer::objection` reads the same).

use std::time::Instant;

use super::offer::Calling;
use super::people::People;
use crate::backend::sip::ua::{FileCall, Invited, Ua};
use crate::formats::file_description::FileDescription;
use crate::formats::invitation::{self, Invitation};
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
    refusal(transaction, request, code, warning, ua, now);
    let text = format!("{} tried to {}; {why}", from.short(), calling.what);
    ua.notice_of(from, "call-declined", text);
}

/// Declines media in our own name.
pub(super) fn refuse_media(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    refusal(transaction, request, 488, "399 chinwag \"text messages only\"", ua, now);
}

/// Takes an invitation of Messenger's older protocol, for [`crate::backend::sip::files`] to read; or declines what it
/// offers. `false`: it is to be answered like a body that nobody can read.
pub(in crate::backend::sip) fn take_invitation(
    (transaction, request): (Option<ServerTransactionId>, &Message),
    from: &Address,
    people: &People<'_>,
    ua: &mut Ua,
    now: Instant,
) -> bool {
    let Ok(invitation) = invitation::read(&request.body) else {
        ua.fault("invitation");
        return false;
    };
    let takes = ua.settings.files;
    if let Invitation::Offer(offer) = &invitation
        && decline_file((transaction, request), from, (&offer.name, offer.octets), people, ua, now)
    {
        return true;
    }
    if takes {
        ua.respond_with(transaction, 200, now);
        let program = request.headers.get("User-Agent").unwrap_or_default().to_string();
        ua.invitations.push(Invited { from: from.clone(), what: invitation, program });
    }
    takes
}

/// Takes a call that offers a file, for [`crate::backend::sip::files`] to answer; or declines it.
pub(super) fn take_file_call(
    (transaction, request): (Option<ServerTransactionId>, &Message),
    from: Address,
    description: FileDescription,
    people: &People<'_>,
    ua: &mut Ua,
    now: Instant,
) {
    let file = &description.medium.file;
    let file = (file.name.as_deref().unwrap_or_default(), file.octets);
    if decline_file((transaction, request), &from, file, people, ua, now) {
        return;
    }
    if ua.settings.files {
        ua.file_calls.push(FileCall { transaction, request: request.clone(), from, description });
    } else {
        refuse_media(transaction, request, ua, now);
    }
}

/// Declines a file in an administrator's name, if a policy is against it, and tells the user of every one that is not
/// taken. `true`: it is answered.
fn decline_file(
    (transaction, request): (Option<ServerTransactionId>, &Message),
    from: &Address,
    (name, octets): (&str, Option<u64>),
    people: &People<'_>,
    ua: &mut Ua,
    now: Instant,
) -> bool {
    let what = if name.is_empty() { "a file".to_owned() } else { format!("the file {name}") };
    let wants = format!("{} wants to send you {what}", from.short());
    // What policy says of a file of somebody who is not on the list is told after whether they are heard at all.
    if ua.settings.files && !people.knows(&people.spelling(from.clone(), &ua.settings.aor)) {
        return false;
    }
    // Whether there is a scanner is known to the program that takes it.
    match ua.settings.invitations.files.judge(name, octets, ua.settings.files) {
        Verdict::Block { why, whose } => {
            refusal(transaction, request, 606, "309 chinwag \"forbidden by policy\"", ua, now);
            ua.notice_of(from, "file-declined", format!("{wants}; it was declined since {why}: {whose}"));
            true
        }
        _ if ua.settings.files => false,
        Verdict::Ask { .. } | Verdict::Allow => {
            let text = format!("{wants}; this command takes no files, so it was declined");
            ua.notice_of(from, "file-declined", text);
            false
        }
    }
}

/// Refuses a request and says why.
pub(in crate::backend::sip) fn refusal(
    transaction: Option<ServerTransactionId>,
    request: &Message,
    code: u16,
    warning: &str,
    ua: &mut Ua,
    now: Instant,
) {
    let mut response = Message::response_to(request, code);
    response.headers.push("Warning", warning);
    ua.respond(transaction, response, now);
}
