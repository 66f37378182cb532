//! All talks in sessions of one account: hands orders, answers and requests to where they belong.

use std::time::Instant;

use super::body::{self, Content, Fingerprint};
use super::calls::{self, CallId, Calls, Errand, Owner};
use super::gate::Gate;
use super::pairs::{self, Pairs};
use super::people::People;
use super::refusal::take_invitation;
use super::rooms::{Desk, Landing, Rooms};
use super::state::OnTimer;
use crate::backend::sip::conversations::{date_of, id_of};
use crate::backend::sip::fates;
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, Refused, RoomCommand, RoomEvent};
use crate::formats::invitation;
use crate::formats::iscomposing::{self, State};
use crate::formats::keyboard::{self, KeyboardActivity};
use crate::formats::mim;
use crate::model::{AccessList, Address, Body, Fate, MessageRef};
use crate::sip::dialog::InDialog;
use crate::sip::endpoint::{Failure, ServerTransactionId};
use crate::sip::message::{Message, Method};

/// Talks in sessions.
#[derive(Debug, Default)]
pub(in crate::backend::sip) struct Sessions {
    pub(super) calls: Calls,
    pub(super) pairs: Pairs,
    pub(super) rooms: Rooms,
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

    /// Takes an order about a conversation of several people.
    pub(in crate::backend::sip) fn room(
        &mut self,
        order: RoomCommand,
        access: &AccessList,
        ua: &mut Ua,
        now: Instant,
    ) -> Result<(), Refused> {
        if matches!(order, RoomCommand::Open(_)) && !ua.traits.sessions {
            return Err(Refused::Unsupported("hold conversations of several people"));
        }
        let Self { calls, rooms, .. } = self;
        rooms.order(order, access, &mut Desk { calls, ua, now })
    }

    /// The user is writing, or has stopped.
    pub(in crate::backend::sip) fn typing(&mut self, to: &Address, active: bool, ua: &mut Ua, now: Instant) {
        self.pairs.typing(to, active, &mut self.calls, ua, now);
    }

    /// Whether a request is within a session.
    pub(in crate::backend::sip) fn holds(&self, request: &Message) -> bool {
        self.calls.of_request(request).is_some()
    }

    /// Takes a request within a session, and INVITE; `false` if it is neither.
    pub(in crate::backend::sip) fn on_request(
        &mut self,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) -> bool {
        let Some(method) = request.method() else { return false };
        let known = self.calls.of_request(request);
        match (method, known) {
            (Method::Invite, _) => self.on_invite(transaction, request, people, ua, now),
            (Method::Message, None) => {
                // Without a tag it belongs to no session and does not claim to.
                let claims = request.to().ok().and_then(|to| to.tag()).is_some();
                if claims {
                    ua.respond_with(transaction, 481, now);
                }
                return claims;
            }
            (Method::Message | Method::Info | Method::Bye | Method::Refer | Method::Notify, Some(id)) => {
                self.within(id, transaction, request, people, ua, now);
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
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) {
        match self.calls.on_request(id, request) {
            Some(InDialog::Fresh) => {}
            Some(InDialog::Repeated) => return ua.acknowledge_copy(&id_of(request), transaction, now),
            Some(InDialog::OutOfOrder) => {
                ua.fault("session-order");
                return ua.respond_with(transaction, 500, now);
            }
            None => return ua.respond_with(transaction, 481, now),
        }
        match request.method() {
            Some(Method::Message) => self.on_message(id, transaction, request, people, ua, now),
            Some(Method::Info) => self.on_info(id, transaction, request, ua, now),
            Some(Method::Bye) => {
                ua.respond_with(transaction, 200, now);
                if let Some(call) = self.calls.remove(id) {
                    self.over(id, (&call.owner, &call.peer), None, ua, now);
                }
            }
            Some(Method::Refer) => self.on_refer(id, transaction, request, people, ua, now),
            Some(Method::Notify) => self.on_notify(id, transaction, request, ua, now),
            _ => ua.respond_with(transaction, 501, now),
        }
    }

    fn on_message(
        &mut self,
        id: CallId,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (from, owner, first) = (call.peer.clone(), call.owner.clone(), call.first.take());
        call.active = now;
        if !people.may_write(&from) {
            ua.respond_with(transaction, 480, now);
            self.close(id, Some("you have blocked them"), ua, now);
            return;
        }
        if matches!(&owner, Owner::Room(room) if !self.rooms.has(room)) {
            return ua.respond_with(transaction, 481, now);
        }
        if ua.is_deaf() && request.content_type() != invitation::MEDIA_TYPE {
            return ua.respond_with(transaction, 480, now);
        }
        if request.body.len() > body::LONGEST_INCOMING {
            return ua.respond_with(transaction, 513, now);
        }
        match body::read(request) {
            // Words that come to nothing are not said to have been read.
            Content::Text(text) if text.text.is_empty() && !request.body.is_empty() => refuse_type(transaction, request, ua, now),
            Content::Text(text) if first == Some(Fingerprint::of(&text)) || text.text.is_empty() => {
                ua.respond_with(transaction, 200, now);
            }
            Content::Text(_) if ua.receipts.is_full() => ua.respond_with(transaction, 503, now),
            Content::Text(text) => {
                ua.acknowledge(&id_of(request), transaction, now);
                self.show(&owner, from, text, request, ua);
            }
            Content::Composing => {
                ua.respond_with(transaction, 200, now);
                if let (Owner::Pair, Ok(told)) = (owner, iscomposing::read(&request.body)) {
                    let active = told.state == State::Active;
                    self.pairs.keys.theirs(&from, active, ua, now);
                }
            }
            Content::Invitation => {
                if !take_invitation((transaction, request), &from, people, ua, now) {
                    refuse_type(transaction, request, ua, now);
                }
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
            Owner::Room(room) => self.rooms.show(room, RoomEvent::Text { room: room.clone(), id, from, body }, ua),
        }
    }

    fn on_info(&mut self, id: CallId, transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
        let Some((from, owner)) = self.calls.get(id).map(|call| (call.peer.clone(), call.owner.clone())) else { return };
        let Self { calls, rooms, .. } = self;
        if let (Owner::Room(room), mim::MEDIA_TYPE) = (&owner, request.content_type().as_str()) {
            return rooms.on_action(room, id, (transaction, request), &mut Desk { calls, ua, now });
        }
        let Some(call) = calls.get_mut(id) else { return };
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

    fn on_refer(
        &mut self,
        id: CallId,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) {
        let Self { calls, rooms, .. } = self;
        match calls.get(id).map(|call| call.owner.clone()) {
            Some(Owner::Room(room)) => rooms.on_refer(&room, id, (transaction, request), people, &mut Desk { calls, ua, now }),
            // In a talk of two nobody manages.
            Some(Owner::Pair) | None => ua.respond_with(transaction, 500, now),
        }
    }

    fn on_notify(&mut self, id: CallId, transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
        let event = request.header("Event").unwrap_or_default();
        if !event.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("refer") {
            return ua.respond_with(transaction, 489, now);
        }
        ua.respond_with(transaction, 200, now);
        let Self { calls, rooms, .. } = self;
        if let Some(Owner::Room(room)) = calls.get(id).map(|call| call.owner.clone()) {
            rooms.on_notify(&room, id, request, &mut Desk { calls, ua, now });
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
        let Self { calls, pairs, rooms, .. } = self;
        let known = calls.get(id).map(|call| (call.owner.clone(), call.peer.clone()));
        match errand {
            Errand::Invite => match known {
                Some((Owner::Pair, _)) => pairs.on_answer(id, response, calls, ua, now),
                Some((Owner::Room(room), _)) => rooms.on_answer(&room, id, response, &mut Desk { calls, ua, now }),
                None => calls::decline(response, ua, now),
            },
            Errand::Text { tag, to, room: None } => pairs.answered(id, (*tag, to), response, calls, ua, now),
            Errand::Text { tag, to, room: Some(room) } => {
                calls.heard(id, response);
                let gone = pairs::dangles(id, code, calls, ua, now);
                let fate = fates::of_text(response);
                let landing = match code {
                    480 | 481 => Landing::NoSession { call: id, fate },
                    _ => Landing::Fate(fate),
                };
                rooms.landed(room, (*tag, to), landing, &mut Desk { calls, ua, now });
                if gone {
                    rooms.ended(room, id, to, Some(UNREACHABLE), &mut Desk { calls, ua, now });
                }
            }
            Errand::Typing => {
                calls.heard(id, response);
                if code >= 300 {
                    pairs.typing_refused(id, code, calls, ua, now);
                }
            }
            Errand::Bye => calls.farewell(id),
            Errand::Refer(_) | Errand::Report | Errand::Ballot | Errand::Proclaim => {
                calls.heard(id, response);
                let gone = pairs::dangles(id, code, calls, ua, now);
                let Some((Owner::Room(room), peer)) = known else { return };
                let desk = &mut Desk { calls, ua, now };
                match errand {
                    Errand::Refer(who) => rooms.refer_answered(&room, id, who, Some(code), gone, desk),
                    Errand::Ballot => rooms.ballot(&room, &peer, Some(response), desk),
                    _ => {}
                }
                if gone {
                    rooms.ended(&room, id, &peer, Some(UNREACHABLE), desk);
                }
            }
        }
    }

    /// A further 2xx to an INVITE whose answer is known.
    pub(in crate::backend::sip) fn on_stray(response: &Message, ua: &mut Ua, now: Instant) {
        calls::decline(response, ua, now);
    }

    /// No answer to a request of ours will come.
    pub(in crate::backend::sip) fn on_failure(&mut self, id: CallId, errand: &Errand, why: Failure, ua: &mut Ua, now: Instant) {
        let Self { calls, pairs, rooms, .. } = self;
        let known = calls.get(id).map(|call| (call.owner.clone(), call.peer.clone()));
        match errand {
            Errand::Invite => match known {
                Some((Owner::Pair, _)) => {
                    let fate = Fate::Failed { why: pairs::NO_ANSWER.to_owned() };
                    pairs.uninvited(id, Some(&fate), calls, ua, now);
                }
                Some((Owner::Room(room), peer)) => {
                    calls.failed(id);
                    rooms.gave_up(&room, id, &peer, &mut Desk { calls, ua, now });
                }
                None => {}
            },
            Errand::Text { tag, to, room: None } => pairs.unanswered((*tag, to), why, calls, ua, now),
            Errand::Text { tag, to, room: Some(room) } => {
                let landing = Landing::Fate(fates::of_failure(why));
                rooms.landed(room, (*tag, to), landing, &mut Desk { calls, ua, now });
            }
            Errand::Bye => calls.farewell(id),
            Errand::Refer(who) => {
                if let Some((Owner::Room(room), _)) = known {
                    rooms.refer_answered(&room, id, who, None, false, &mut Desk { calls, ua, now });
                }
            }
            Errand::Ballot => {
                if let Some((Owner::Room(room), peer)) = known {
                    rooms.ballot(&room, &peer, None, &mut Desk { calls, ua, now });
                }
            }
            Errand::Typing | Errand::Report | Errand::Proclaim => {}
        }
    }

    /// Ends a session from this side.
    fn close(&mut self, id: CallId, why: Option<&str>, ua: &mut Ua, now: Instant) {
        let Some(call) = self.calls.get(id) else { return };
        let (owner, peer) = (call.owner.clone(), call.peer.clone());
        self.calls.close(id, ua, now);
        self.over(id, (&owner, &peer), why, ua, now);
    }

    /// Hangs up on everybody who may not write to us any more: within a session they would go on
    /// learning that we are there.
    pub(in crate::backend::sip) fn part(&mut self, access: &AccessList, ua: &mut Ua, now: Instant) {
        let ids: Vec<CallId> = self.calls.iter().filter(|(_, call)| !access.may_write(&call.peer)).map(|(id, _)| id).collect();
        for id in ids {
            self.close(id, Some("you have blocked them"), ua, now);
        }
    }

    /// A session is over, or about to be; `why`, if it was not the wish of the other side.
    fn over(&mut self, id: CallId, (owner, peer): (&Owner, &Address), why: Option<&str>, ua: &mut Ua, now: Instant) {
        let Self { calls, pairs, rooms, .. } = self;
        match owner {
            Owner::Pair => pairs.ended(id, peer, calls, ua, now),
            Owner::Room(room) => rooms.ended(room, id, peer, why, &mut Desk { calls, ua, now }),
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
                    self.over(id, (&owner, &peer), Some("their program did not confirm the conversation"), ua, now);
                }
                OnTimer::Over => {
                    self.calls.remove(id);
                }
                OnTimer::Nothing if call.is_idle(now) => self.close(id, None, ua, now),
                OnTimer::Nothing => {}
            }
        }
        let Self { calls, pairs, rooms, .. } = self;
        pairs.handle_timeout(calls, ua, now);
        rooms.handle_timeout(&mut Desk { calls, ua, now });
    }

    fn gave_up(&mut self, id: CallId, owner: &Owner, peer: &Address, ua: &mut Ua, now: Instant) {
        let Self { calls, pairs, rooms, .. } = self;
        match owner {
            Owner::Pair => pairs.gave_up(id, peer, calls, ua, now),
            Owner::Room(room) => rooms.gave_up(room, id, peer, &mut Desk { calls, ua, now }),
        }
    }

    /// When [`Sessions::handle_timeout`] is wanted next.
    pub(in crate::backend::sip) fn next_timeout(&self) -> Option<Instant> {
        [self.calls.next_timeout(), self.pairs.next_timeout(&self.calls), self.rooms.next_timeout()].into_iter().flatten().min()
    }

    /// A text whose answer is late, so that the next one may pass it.
    pub(in crate::backend::sip) fn take_late(&mut self) -> Option<MessageRef> {
        self.pairs.take_late()
    }

    /// Whether the answer to a text is awaited.
    pub(in crate::backend::sip) fn awaits_text(&self) -> bool {
        self.pairs.awaits() || self.rooms.awaits()
    }

    /// Whether something would be cut off if all sessions ended now: texts under way, or a
    /// conversation of several people.
    pub(in crate::backend::sip) fn is_engaged(&self) -> bool {
        self.awaits_text() || self.rooms.any()
    }

    /// We sign out: says good-bye to everybody.
    pub(in crate::backend::sip) fn leave(&mut self, ua: &mut Ua, now: Instant) {
        let Self { calls, rooms, .. } = self;
        rooms.leave_all(&mut Desk { calls, ua, now });
        let all: Vec<CallId> = self.calls.iter().map(|(id, _)| id).collect();
        for id in all {
            self.calls.close(id, ua, now);
        }
        self.pairs.keys.stop(ua);
    }

    /// The link is gone, and every session with it.
    pub(in crate::backend::sip) fn reset(&mut self, ua: &mut Ua) {
        self.rooms.reset(ua);
        self.pairs.reset(ua);
        self.calls.clear();
        self.gate = Gate::default();
    }
}

const UNREACHABLE: &str = "they could not be reached any more";

/// Answers a body we cannot read with what we can.
fn refuse_type(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    let mut response = Message::response_to(request, 415);
    response.headers.push("Accept", body::ACCEPT);
    response.headers.push("Accept-Encoding", "identity");
    ua.respond(transaction, response, now);
}
