//! The sessions of an account with their dialogs (RFC 3261 sections 12 to 15): INVITE, ACK and
//! BYE, both ways. To whom a session belongs, a talk of two or a room, is not looked at here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::call::deadline;
use super::lane::ANSWER_WAIT;
use super::offer;
use super::rooms;
use super::state::{Form, Machine, OnAnswer, OnClose};
use crate::backend::sip::ua::{Leg, Purpose, Ua, tagged};
use crate::formats::sdp::{self, Media};
use crate::model::Address;
use crate::sip::dialog::{Dialog, InDialog};
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::{Message, Method};

pub(super) use super::call::{Call, Invitation, Invited, Owner};
pub(in crate::backend::sip) use super::call::{CallId, Errand};

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Calls {
    last: u64,
    all: BTreeMap<CallId, Call>,
    /// By Call-ID and our tag.
    names: BTreeMap<(String, String), CallId>,
}

impl Calls {
    pub(super) fn get(&self, id: CallId) -> Option<&Call> {
        self.all.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.all.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (CallId, &Call)> {
        self.all.iter().map(|(id, call)| (*id, call))
    }

    /// Whether there is no room for another.
    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= MOST_CALLS
    }

    /// The session a request belongs to: Call-ID and both tags are its own (RFC 3261 section 12.2.2).
    pub(super) fn of_request(&self, request: &Message) -> Option<CallId> {
        let ours = request.to().ok()?.tag()?;
        let id = *self.names.get(&(request.call_id()?, ours))?;
        let theirs = request.from().ok()?.tag().unwrap_or_default();
        let dialog = self.all.get(&id)?.dialog()?;
        (dialog.id().remote_tag == theirs).then_some(id)
    }

    /// The session with a Call-ID that belongs to a talk of two.
    pub(super) fn of_pair(&self, call_id: &str) -> Option<CallId> {
        let from = (call_id.to_owned(), String::new());
        let named = self.names.range(from..).take_while(|((id, _), _)| id == call_id);
        named.map(|(_, id)| *id).find(|id| self.all.get(id).is_some_and(|c| c.owner == Owner::Pair && c.is_live()))
    }

    /// Invites somebody; `None` when there is no room or no link.
    pub(super) fn invite(&mut self, invitation: Invitation, ua: &mut Ua, now: Instant) -> Option<CallId> {
        if self.is_full() {
            return None;
        }
        let Invitation { peer, epid, owner, call_id, conversation, extra, patience } = invitation;
        let mut leg = Leg::new(peer.as_str(), &mut ua.tokens);
        if let Some(call_id) = call_id {
            leg.call_id = call_id;
        }
        let conversation = conversation.unwrap_or_else(|| conversation_id(ua));
        let id = self.add(Call {
            peer,
            owner,
            machine: Machine::inviting(patience, now),
            ours: true,
            since: now,
            active: now,
            deaf: false,
            first: None,
            leg,
            invite: None,
            dialog: None,
            epid,
            conversation,
            manager: None,
            extra,
        });
        if self.send_invite(id, Form::Message, ua, now) {
            return Some(id);
        }
        self.remove(id);
        None
    }

    fn add(&mut self, call: Call) -> CallId {
        self.last += 1;
        let id = CallId(self.last);
        self.names.insert((call.leg.call_id.clone(), call.leg.tag.clone()), id);
        self.all.insert(id, call);
        id
    }

    /// Sends the INVITE of a session, its first or the one with the other media name.
    pub(super) fn send_invite(&mut self, id: CallId, form: Form, ua: &mut Ua, now: Instant) -> bool {
        let Some(call) = self.all.get_mut(&id) else { return false };
        let mut request = ua.request(&Method::Invite, call.peer.as_str(), call.leg.next());
        if let Some(epid) = &call.epid {
            request.headers.set("To", format!("<{}>;epid={epid}", call.peer));
        }
        request.headers.push("Contact", ua.dialog_contact());
        request.headers.push("Supported", "ms-sender");
        request.headers.push("Ms-Conversation-ID", call.conversation.to_string());
        for (name, value) in &call.extra {
            request.headers.push(name, value);
        }
        let offer = offer::ours(form, &call.peer, ua);
        request.set_body(sdp::MEDIA_TYPE, offer.into_bytes());
        let purpose = Purpose::Session { call: id, errand: Errand::Invite };
        call.invite = ua.send_waiting(request, purpose, Some(INVITE_WAIT), now);
        call.invite.is_some()
    }

    /// Takes an INVITE: answers it with 200. `None` when it makes no dialog.
    pub(super) fn accept(&mut self, invited: Invited<'_>, ua: &mut Ua, now: Instant) -> Option<CallId> {
        let Invited { transaction, request, peer, owner, media, first } = invited;
        let tag = ua.tokens.tag();
        let mut named = request.clone();
        name_device(&mut named, "To", ua);
        let dialog = Dialog::from_request(&named, &tag)?;
        let conversation = conversation_of(request).unwrap_or_else(|| conversation_id(ua));
        let leg = Leg { to: peer.to_string(), tag: tag.clone(), call_id: dialog.id().call_id.clone(), cseq: 0 };
        let mut response = answer(request, media, &peer, ua);
        if first.is_some() {
            response.headers.push("Supported", "ms-text-format");
        }
        ua.respond(transaction, tagged(response, &tag), now);
        Some(self.add(Call {
            peer,
            owner,
            machine: Machine::accepted(now),
            ours: false,
            since: now,
            active: now,
            deaf: false,
            first,
            leg,
            invite: None,
            dialog: Some(dialog),
            epid: None,
            conversation,
            manager: rooms::manager(request),
            extra: Vec::new(),
        }))
    }

    /// An INVITE within a session: it stands as before.
    pub(super) fn reaccept(
        &mut self,
        id: CallId,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        media: Media,
        ua: &mut Ua,
        now: Instant,
    ) {
        let Some(call) = self.all.get_mut(&id) else { return };
        call.active = now;
        let response = answer(request, media, &call.peer.clone(), ua);
        ua.respond(transaction, response, now);
    }

    /// Takes a final answer to the INVITE of a session. A 2xx is acknowledged here, and ended at
    /// once where nobody waits for it.
    pub(super) fn on_answer(&mut self, id: CallId, response: &Message, ua: &mut Ua, now: Instant) -> OnAnswer {
        let code = response.status().unwrap_or(0);
        let Some(call) = self.all.get_mut(&id) else {
            decline(response, ua, now);
            return OnAnswer::Wait;
        };
        call.leg.heard(response);
        let mut todo = call.machine.on_answer(code, offer::objection(response));
        match todo {
            OnAnswer::Establish => {
                let request = Message::request(Method::Invite, call.peer.as_str());
                call.dialog = Dialog::from_response(&request, response);
                call.invite = None;
                (call.since, call.active) = (now, now);
                if let (Some(dialog), Some(cseq)) = (&call.dialog, response.cseq()) {
                    ua.send_stateless(dialog.ack(cseq.number));
                } else {
                    ua.fault("invite-answer");
                    call.machine.on_bye();
                    todo = OnAnswer::Fail;
                }
            }
            OnAnswer::Decline => decline(response, ua, now),
            OnAnswer::Wait | OnAnswer::TryAgain(_) | OnAnswer::Page | OnAnswer::Fail => {}
        }
        todo
    }

    /// A request within a session, with everything but its body; `None` where there is no dialog.
    pub(super) fn request(&mut self, id: CallId, method: Method, ua: &Ua) -> Option<Message> {
        let dialog = self.all.get_mut(&id)?.dialog.as_mut()?;
        // RFC 3428 section 4: a MESSAGE has no Contact; where devices have names it always has one.
        let contact = ua.traits.epid || !matches!(method, Method::Message | Method::Bye);
        let mut request = dialog.request(method);
        if contact {
            request.headers.push("Contact", ua.dialog_contact());
        }
        Some(request)
    }

    /// Sends a request within a session.
    pub(super) fn send(id: CallId, request: Message, errand: Errand, ua: &mut Ua, now: Instant) -> bool {
        let patience = matches!(errand, Errand::Text { .. }).then_some(ANSWER_WAIT);
        ua.send_waiting(request, Purpose::Session { call: id, errand }, patience, now).is_some()
    }

    /// Ends a session from this side.
    pub(super) fn close(&mut self, id: CallId, ua: &mut Ua, now: Instant) {
        let Some(call) = self.all.get_mut(&id) else { return };
        match call.machine.close(now) {
            OnClose::Cancel => {
                let invite = call.invite;
                if let Some(invite) = invite {
                    ua.cancel(invite, now);
                }
                self.remove(id);
            }
            OnClose::Bye => self.send_bye(id, ua, now),
            OnClose::Nothing => {}
        }
    }

    /// Sends the BYE of a session whose machine wants it.
    pub(super) fn send_bye(&mut self, id: CallId, ua: &mut Ua, now: Instant) {
        let sent = self.request(id, Method::Bye, ua).is_some_and(|bye| Self::send(id, bye, Errand::Bye, ua, now));
        if !sent {
            self.remove(id);
        }
    }

    /// Gives up an INVITE that was not answered in time. A 2xx that still comes is declined.
    pub(super) fn give_up(&mut self, id: CallId, ua: &mut Ua, now: Instant) {
        if let Some(invite) = self.remove(id).and_then(|call| call.invite) {
            ua.cancel(invite, now);
        }
    }

    /// No answer to the INVITE of a session will come.
    pub(super) fn failed(&mut self, id: CallId) -> Option<Call> {
        self.all.get_mut(&id)?.machine.on_failure();
        self.remove(id)
    }

    /// Our BYE was answered, or will not be.
    pub(super) fn farewell(&mut self, id: CallId) {
        if let Some(call) = self.all.get_mut(&id) {
            call.machine.on_farewell();
            self.remove(id);
        }
    }

    /// Takes note of an answer to a request within a session.
    pub(super) fn heard(&mut self, id: CallId, response: &Message) {
        if let Some(dialog) = self.all.get_mut(&id).and_then(|call| call.dialog.as_mut()) {
            dialog.on_response(response);
        }
    }

    /// Takes note of a request within a session.
    pub(super) fn on_request(&mut self, id: CallId, request: &Message) -> Option<InDialog> {
        let call = self.all.get_mut(&id)?;
        let turn = call.dialog.as_mut()?.on_request(request);
        call.machine.on_ack();
        Some(turn)
    }

    /// An ACK came.
    pub(super) fn on_ack(&mut self, ack: &Message) {
        if let Some(call) = self.of_request(ack).and_then(|id| self.all.get_mut(&id)) {
            call.machine.on_ack();
        }
    }

    /// Forgets a session.
    pub(super) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.all.remove(&id)?;
        self.names.remove(&(call.leg.call_id.clone(), call.leg.tag.clone()));
        Some(call)
    }

    /// Forgets all of them.
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.names.clear();
    }

    /// Sessions that want to hear of the time.
    pub(super) fn due(&self, now: Instant) -> Vec<CallId> {
        self.all.iter().filter(|(_, call)| deadline(call).is_some_and(|at| at <= now)).map(|(id, _)| *id).collect()
    }

    /// When one of them does.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.all.values().filter_map(deadline).min()
    }
}

/// The 200 to an INVITE, but for tag and what the text in it needs.
fn answer(request: &Message, media: Media, peer: &Address, ua: &Ua) -> Message {
    let mut response = Message::response_to(request, 200);
    response.headers.copy_from(&request.headers, "Record-Route");
    response.headers.push("Contact", ua.dialog_contact());
    response.headers.push("Supported", MULTIPARTY);
    response.set_body(sdp::MEDIA_TYPE, offer::answer(media, peer, ua).into_bytes());
    response
}

/// A 2xx nobody waits for, perhaps of another branch: acknowledged, and ended at once
/// (RFC 3261 section 13.2.2.4).
pub(super) fn decline(response: &Message, ua: &mut Ua, now: Instant) {
    let Some(cseq) = response.cseq().filter(|cseq| cseq.method == Method::Invite) else { return };
    if !response.status().is_some_and(|code| (200..300).contains(&code)) {
        return;
    }
    let target = response.to().map(|to| to.uri.as_str().to_owned()).unwrap_or_default();
    let Some(mut dialog) = Dialog::from_response(&Message::request(Method::Invite, &target), response) else { return };
    ua.send_stateless(dialog.ack(cseq.number));
    let bye = dialog.request(Method::Bye);
    ua.send(bye, Purpose::Session { call: NOBODY, errand: Errand::Bye }, now);
}

/// Puts the name of our device on a header field with our address, where it is missing.
fn name_device(message: &mut Message, header: &str, ua: &Ua) {
    if let (Some(epid), Ok(mut ours)) = (ua.epid(), message.name_addr(header))
        && !ours.params.has("epid")
    {
        ours.params.set("epid", Some(&epid));
        message.headers.set(header, ours.to_string());
    }
}

fn conversation_id(ua: &mut Ua) -> u32 {
    u32::try_from(ua.tokens.below(1 << 31)).unwrap_or(1).max(1)
}

fn conversation_of(request: &Message) -> Option<u32> {
    request.headers.get("Ms-Conversation-ID")?.trim().parse().ok()
}

/// The option tag of conversations of several people.
pub(super) const MULTIPARTY: &str = "com.microsoft.rtc-multiparty";
/// Sessions at once.
const MOST_CALLS: usize = 2048;
/// An INVITE is given up before its transaction ends by itself, so that a late 2xx finds it.
const INVITE_WAIT: Duration = Duration::from_secs(90);
/// The session of a BYE that ends what never was one.
const NOBODY: CallId = CallId(0);
