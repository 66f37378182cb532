//! All talks in sessions of one account: hands orders, answers and requests to where they belong.

use std::time::Instant;

use super::body::{self, Content, Fingerprint};
use super::calls::{self, CallId, Calls, Errand, Owner};
use super::invites::Gate;
use super::pairs::{self, Pairs};
use super::state::OnTimer;
use crate::backend::sip::conversations::{date_of, id_of};
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, NoticeLevel, Refused};
use crate::formats::keyboard::{self, KeyboardActivity};
use crate::model::{AccessList, Address, Body, Fate, MessageRef};
use crate::sip::dialog::InDialog;
use crate::sip::endpoint::{Failure, ServerTransactionId};
use crate::sip::message::{Message, Method};

/// Talks in sessions.
#[derive(Debug, Default)]
pub(in crate::backend::sip) struct Sessions {
    pub(super) calls: Calls,
    pub(super) pairs: Pairs,
    pub(super) gate: Gate,
}

impl Sessions {
    /// Whether texts to a person go in a session: where the server wants that, but for people
    /// whose program takes none; elsewhere where they have invited us to one.
    pub(in crate::backend::sip) fn talks_to(&self, who: &Address, ua: &Ua) -> bool {
        self.pairs.known(who).unwrap_or(ua.traits.sessions)
    }

    /// Takes a text of the user.
    pub(in crate::backend::sip) fn send_text(
        &mut self,
        to: &Address,
        body: &Body,
        tag: MessageRef,
        ua: &mut Ua,
        now: Instant,
    ) -> Result<(), Refused> {
        self.pairs.send_text(to, body, tag, &mut self.calls, ua, now)
    }

    /// The user is writing, or has stopped.
    pub(in crate::backend::sip) fn typing(&mut self, to: &Address, active: bool, ua: &mut Ua, now: Instant) {
        self.pairs.typing(to, active, &mut self.calls, ua, now);
    }

    /// Takes a request within a session, and INVITE; `false` if it is neither.
    pub(in crate::backend::sip) fn on_request(
        &mut self,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        access: &AccessList,
        ua: &mut Ua,
        now: Instant,
    ) -> bool {
        let Some(method) = request.method() else { return false };
        let known = self.calls.of_request(request);
        match (method, known) {
            (Method::Invite, _) => self.on_invite(transaction, request, access, ua, now),
            (Method::Message, None) => {
                // Without a tag it belongs to no session and does not claim to.
                let claims = request.to().ok().and_then(|to| to.tag()).is_some();
                if claims {
                    ua.respond_with(transaction, 481, now);
                }
                return claims;
            }
            (Method::Message | Method::Info | Method::Bye | Method::Refer | Method::Notify, Some(id)) => {
                self.within(id, transaction, request, access, ua, now);
            }
            _ => return false,
        }
        true
    }

    /// A request within a session.
    fn within(
        &mut self,
        id: CallId,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        access: &AccessList,
        ua: &mut Ua,
        now: Instant,
    ) {
        match self.calls.on_request(id, request) {
            Some(InDialog::Fresh) => {}
            Some(InDialog::Repeated) => return ua.respond_with(transaction, 200, now),
            Some(InDialog::OutOfOrder) => {
                ua.fault("session-order");
                return ua.respond_with(transaction, 500, now);
            }
            None => return ua.respond_with(transaction, 481, now),
        }
        match request.method() {
            Some(Method::Message) => self.on_message(id, transaction, request, access, ua, now),
            Some(Method::Info) => self.on_info(id, transaction, request, ua, now),
            Some(Method::Bye) => {
                ua.respond_with(transaction, 200, now);
                if let Some(call) = self.calls.remove(id) {
                    self.over(id, &call.owner, &call.peer, ua, now);
                }
            }
            _ => ua.respond_with(transaction, 501, now),
        }
    }

    fn on_message(
        &mut self,
        id: CallId,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        access: &AccessList,
        ua: &mut Ua,
        now: Instant,
    ) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (from, owner, first) = (call.peer.clone(), call.owner.clone(), call.first.take());
        call.active = now;
        if !access.may_write(&from) {
            ua.respond_with(transaction, 480, now);
            self.close(id, ua, now);
            return;
        }
        if request.body.len() > body::LONGEST_INCOMING {
            return ua.respond_with(transaction, 513, now);
        }
        match body::read(request) {
            Content::Text(text) => {
                ua.respond_with(transaction, 200, now);
                if first == Some(Fingerprint::of(&text)) || text.text.is_empty() {
                    return;
                }
                self.show(&owner, from, text, request, ua);
            }
            Content::Composing => {
                ua.respond_with(transaction, 200, now);
                if let (Owner::Pair, Ok(told)) = (owner, crate::formats::iscomposing::read(&request.body)) {
                    let active = told.state == crate::formats::iscomposing::State::Active;
                    self.pairs.keys.theirs(&from, active, ua, now);
                }
            }
            Content::File => {
                refuse_type(transaction, request, ua, now);
                let text = format!("{} wants to send you a file; that is not possible here, so it was declined", from.short());
                ua.notice(NoticeLevel::Info, "file-declined", text);
            }
            Content::Unreadable => refuse_type(transaction, request, ua, now),
        }
    }

    /// Shows a text that came.
    pub(super) fn show(&mut self, owner: &Owner, from: Address, body: Body, message: &Message, ua: &mut Ua) {
        let id = id_of(message);
        match owner {
            Owner::Pair => {
                self.pairs.keys.text_came(&from, ua);
                ua.emit(Event::Text { id, from, body, sent: date_of(message), delayed: false });
            }
            Owner::Room(_) => {}
        }
    }

    fn on_info(&mut self, id: CallId, transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (from, owner) = (call.peer.clone(), call.owner.clone());
        // What an INFO we do not know is about is the sender's business.
        ua.respond_with(transaction, 200, now);
        if request.content_type() != keyboard::MEDIA_TYPE {
            return;
        }
        call.active = now;
        match keyboard::read(&request.body) {
            Ok(activity) if owner == Owner::Pair => {
                self.pairs.keys.theirs(&from, activity == KeyboardActivity::Type, ua, now);
            }
            Ok(_) => {}
            Err(_) => ua.fault("keyboard-activity"),
        }
    }

    /// An ACK came.
    pub(in crate::backend::sip) fn on_ack(&mut self, ack: &Message) {
        self.calls.on_ack(ack);
    }

    /// Takes a final answer to a request of ours.
    pub(in crate::backend::sip) fn on_response(
        &mut self,
        id: CallId,
        errand: &Errand,
        response: &Message,
        ua: &mut Ua,
        now: Instant,
    ) {
        let code = response.status().unwrap_or(0);
        match errand {
            Errand::Invite => match self.calls.get(id).map(|call| call.owner.clone()) {
                Some(Owner::Pair) => self.pairs.on_answer(id, response, &mut self.calls, ua, now),
                Some(Owner::Room(_)) => {}
                None => calls::decline(response, ua, now),
            },
            Errand::Text { tag, to, room: None } => self.pairs.answered(id, (*tag, to), response, &mut self.calls, ua, now),
            Errand::Typing => {
                self.calls.heard(id, response);
                if code >= 300 {
                    self.pairs.typing_refused(id, code, &mut self.calls, ua, now);
                }
            }
            Errand::Bye => {
                self.calls.remove(id);
            }
            _ => {}
        }
    }

    /// A further 2xx to an INVITE whose answer is known.
    pub(in crate::backend::sip) fn on_stray(response: &Message, ua: &mut Ua, now: Instant) {
        calls::decline(response, ua, now);
    }

    /// No answer to a request of ours will come.
    pub(in crate::backend::sip) fn on_failure(&mut self, id: CallId, errand: &Errand, why: Failure, ua: &mut Ua, now: Instant) {
        match errand {
            Errand::Invite => match self.calls.get(id).map(|call| call.owner.clone()) {
                Some(Owner::Pair) => {
                    let fate = Fate::Failed { why: pairs::NO_ANSWER.to_owned() };
                    self.pairs.uninvited(id, Some(&fate), &mut self.calls, ua, now);
                }
                Some(Owner::Room(_)) | None => {}
            },
            Errand::Text { tag, to, room: None } => self.pairs.unanswered((*tag, to), why, &mut self.calls, ua, now),
            Errand::Bye => {
                self.calls.remove(id);
            }
            _ => {}
        }
    }

    /// Ends a session from this side.
    fn close(&mut self, id: CallId, ua: &mut Ua, now: Instant) {
        let Some(call) = self.calls.get(id) else { return };
        let (owner, peer) = (call.owner.clone(), call.peer.clone());
        self.calls.close(id, ua, now);
        self.over(id, &owner, &peer, ua, now);
    }

    /// A session is over, or about to be.
    fn over(&mut self, id: CallId, owner: &Owner, peer: &Address, ua: &mut Ua, now: Instant) {
        match owner {
            Owner::Pair => self.pairs.ended(id, peer, &mut self.calls, ua, now),
            Owner::Room(_) => {}
        }
    }

    /// Takes note that time passed.
    pub(in crate::backend::sip) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        for id in self.calls.due(now) {
            let Some(call) = self.calls.get_mut(id) else { continue };
            match call.machine.on_timer(now) {
                OnTimer::GiveUp => {
                    let (owner, peer) = (call.owner.clone(), call.peer.clone());
                    self.calls.give_up(id, ua, now);
                    self.gave_up(id, &owner, &peer, ua, now);
                }
                OnTimer::Bye => {
                    let (owner, peer) = (call.owner.clone(), call.peer.clone());
                    ua.fault("no-ack");
                    self.calls.send_bye(id, ua, now);
                    self.over(id, &owner, &peer, ua, now);
                }
                OnTimer::Over => {
                    self.calls.remove(id);
                }
                OnTimer::Nothing if call.is_established() && call.active + calls::IDLE <= now => self.close(id, ua, now),
                OnTimer::Nothing => {}
            }
        }
        self.pairs.handle_timeout(&mut self.calls, ua, now);
    }

    fn gave_up(&mut self, id: CallId, owner: &Owner, peer: &Address, ua: &mut Ua, now: Instant) {
        match owner {
            Owner::Pair => self.pairs.gave_up(id, peer, &mut self.calls, ua, now),
            Owner::Room(_) => {}
        }
    }

    /// When [`Sessions::handle_timeout`] is wanted next.
    pub(in crate::backend::sip) fn next_timeout(&self) -> Option<Instant> {
        [self.calls.next_timeout(), self.pairs.next_timeout(&self.calls)].into_iter().flatten().min()
    }

    /// A text whose answer is late, so that the next one may pass it.
    pub(in crate::backend::sip) fn take_late(&mut self) -> Option<MessageRef> {
        self.pairs.take_late()
    }

    /// Whether the answer to a text is awaited.
    pub(in crate::backend::sip) fn awaits_text(&self) -> bool {
        self.pairs.awaits()
    }

    /// We sign out: says good-bye to everybody.
    pub(in crate::backend::sip) fn leave(&mut self, ua: &mut Ua, now: Instant) {
        let all: Vec<CallId> = self.calls.iter().map(|(id, _)| id).collect();
        for id in all {
            self.calls.close(id, ua, now);
        }
        self.pairs.keys.stop(ua);
    }

    /// The link is gone, and every session with it.
    pub(in crate::backend::sip) fn reset(&mut self, ua: &mut Ua) {
        self.pairs.reset(ua);
        self.calls.clear();
        self.gate = Gate::default();
    }
}

/// Answers a body we cannot read with what we can.
fn refuse_type(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    let mut response = Message::response_to(request, 415);
    response.headers.push("Accept", body::ACCEPT);
    response.headers.push("Accept-Encoding", "identity");
    ua.respond(transaction, response, now);
}
