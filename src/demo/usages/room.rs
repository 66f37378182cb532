//! Personas in conversations of several people, as SIPE and clients like it hold them.
//!
//! Nobody is in the middle: everybody has a session with everybody, all with one Call-ID. One of
//! them, the roster manager, invites others; who is invited calls those already there
//! (`TriggeredInvite`). When the manager leaves another one is elected. No document of
//! Microsoft's about this was found; it is what clients that talk to each other do.

use std::time::Instant;

use super::Server;
use super::talk::MULTIPARTY;
use crate::demo::first_hop;
use crate::demo::personas::epid_of;
use crate::demo::server::Incoming;
use crate::demo::talks::{Piece, Stage, TalkId};
use crate::formats::mim::{self, Action};
use crate::model::Address;
use crate::sip::message::{Message, Method, default_reason};

/// Most people of an INVITE's list that are looked at.
const MAX_ENDPOINTS: usize = 16;

/// The people an INVITE says are in the conversation, with their devices.
fn endpoints(invite: &Message) -> Vec<(Address, Option<String>)> {
    let named = invite.name_addrs("EndPoints").into_iter().take(MAX_ENDPOINTS);
    named.filter_map(|name| Some((Address::parse(name.uri.as_str()).ok()?, first_hop::epid_of(&name)))).collect()
}

fn is_triggered(invite: &Message) -> bool {
    invite.header("TriggeredInvite").is_some_and(|value| value.trim().eq_ignore_ascii_case("TRUE"))
}

fn manager_of(invite: &Message) -> Option<Address> {
    Address::parse(&invite.header("Roster-Manager")?).ok()
}

impl Server {
    /// Notes what an INVITE says of the company; `false` when it is a talk of two.
    pub(in crate::demo) fn enter_room(&mut self, persona: &Address, from: &Address, invite: &Message) -> bool {
        let (people, manager) = (endpoints(invite), manager_of(invite));
        let call_id = invite.call_id().unwrap_or_default();
        let is_known = self.talks.room(&call_id, persona).is_some();
        if people.len() <= 2 && manager.is_none() && !is_triggered(invite) && !is_known {
            return false;
        }
        let epid = invite.from().ok().and_then(|from| first_hop::epid_of(&from));
        let room = self.talks.room_mut(&call_id, persona);
        room.enter(persona.clone(), Some(epid_of(persona)));
        room.enter(from.clone(), epid);
        for (who, epid) in people {
            room.enter(who, epid);
        }
        // Only the one who manages can give it away.
        if manager.is_some() && room.manager.as_ref().is_none_or(|present| present == from) {
            room.manager = manager;
        }
        true
    }

    /// Calls everybody in the room with whom there is no talk yet, unless the one who called did
    /// so for that reason.
    pub(in crate::demo) fn meet_everybody(&mut self, persona: &Address, from: &Address, invite: &Message, now: Instant) {
        if is_triggered(invite) {
            return;
        }
        let call_id = invite.call_id().unwrap_or_default();
        for (user, epid) in endpoints(invite) {
            if user != *from {
                self.call_into_room(persona, &user, epid.as_deref(), &call_id, now);
            }
        }
    }

    /// Calls somebody who is in the room already. Between personas nothing is needed.
    fn call_into_room(&mut self, persona: &Address, user: &Address, epid: Option<&str>, call_id: &str, now: Instant) {
        let is_stranger = !self.accounts.has(user) || self.cast.has(user);
        if is_stranger || self.talks.between(persona, user, call_id).is_some() {
            return;
        }
        let mut invite = self.persona_invite(persona, user, epid, call_id);
        invite.headers.push("Require", MULTIPARTY);
        invite.headers.push("TriggeredInvite", "TRUE");
        self.call_out(persona, user, invite, Vec::new(), None, now);
    }

    /// Somebody says something in company: one of the personas answers.
    pub(in crate::demo) fn hears_in_room(&mut self, persona: &Address, from: &Address, call_id: &str, text: &str, now: Instant) {
        let crowd = self.talks.crowd(call_id);
        let room = self.talks.room_mut(call_id, persona);
        let turn = room.heard;
        room.heard += 1;
        let count = u64::try_from(crowd.len()).unwrap_or(1).max(1);
        let next = usize::try_from(turn % count).ok().and_then(|at| crowd.get(at));
        let is_next = next == Some(persona);
        self.cast.hears_in_room(persona, from, call_id, text, &crowd, is_next, now);
    }

    /// A persona says something to everybody in a room; those it has no talk with hear nothing.
    pub(in crate::demo) fn tells_room(&mut self, persona: &Address, call_id: &str, text: &str, now: Instant) {
        let piece = self.worded(persona, text.to_owned());
        for id in self.talks.in_room(call_id, persona) {
            self.talk_does(id, piece.clone(), now);
        }
    }

    /// A persona gathers a user and another persona.
    pub(in crate::demo) fn gathers(
        &mut self,
        (persona, other): (&Address, &Address),
        user: &Address,
        call_id: &str,
        text: String,
        now: Instant,
    ) {
        for who in [persona, other] {
            let room = self.talks.room_mut(call_id, who);
            room.manager = Some(persona.clone());
            room.enter(persona.clone(), Some(epid_of(persona)));
            room.enter(other.clone(), Some(epid_of(other)));
        }
        let piece = self.worded(persona, text);
        if !self.manager_calls(persona, user, call_id, vec![piece], None, now) {
            self.talks.leave_room(call_id, persona);
            self.talks.leave_room(call_id, other);
        }
    }

    /// A persona who manages the room invites a user; `false` when there is no device to ring.
    fn manager_calls(
        &mut self,
        persona: &Address,
        user: &Address,
        call_id: &str,
        waiting: Vec<Piece>,
        referred: Option<(TalkId, String)>,
        now: Instant,
    ) -> bool {
        let room = self.talks.room_mut(call_id, persona);
        let was_there = room.people.iter().any(|person| person.who == *user);
        room.enter(user.clone(), None);
        let list: Vec<String> = room
            .people
            .iter()
            .map(|person| match &person.epid {
                Some(epid) => format!("<{}>;epid={epid}", person.who),
                None => format!("<{}>", person.who),
            })
            .collect();
        let mut invite = self.persona_invite(persona, user, None, call_id);
        invite.headers.push("Require", MULTIPARTY);
        invite.headers.push("Roster-Manager", persona.as_str());
        invite.headers.push("EndPoints", list.join(", "));
        let referrer = referred.map(|(id, by)| {
            if !by.is_empty() {
                invite.headers.push("Referred-By", by);
            }
            id
        });
        let rings = self.call_out(persona, user, invite, waiting, referrer, now);
        if !rings && !was_there {
            self.talks.room_mut(call_id, persona).leave(user);
        }
        rings
    }

    /// Somebody asks a persona to invite a third person (RFC 3515). Only the manager can.
    pub(in crate::demo) fn on_refer(&mut self, id: TalkId, incoming: &Incoming, now: Instant) {
        let Some(talk) = self.talks.of(id) else { return };
        let (persona, call_id) = (talk.persona.clone(), talk.call_id.clone());
        let manages = self.talks.room(&call_id, &persona).is_some_and(|room| room.manager.as_ref() == Some(&persona));
        if !manages {
            return self.reply_code(incoming, 500, now);
        }
        let wanted = incoming.request.name_addr("Refer-To").ok().and_then(|to| Address::parse(to.uri.as_str()).ok());
        let Some(wanted) = wanted else { return self.reply_code(incoming, 400, now) };
        self.reply_code(incoming, 202, now);
        if self.talks.between(&persona, &wanted, &call_id).is_some() {
            return self.sends_report(id, 200, now);
        }
        if self.cast.has(&wanted) {
            let code = if self.cast.is_here(&wanted) { 200 } else { 480 };
            if code == 200 {
                self.persona_joins(&wanted, &persona, &call_id, now);
            }
            return self.sends_report(id, code, now);
        }
        let by = incoming.request.header("Referred-By").unwrap_or_default();
        let code = if self.accounts.has(&wanted) { 480 } else { 404 };
        if code == 404 || !self.manager_calls(&persona, &wanted, &call_id, Vec::new(), Some((id, by)), now) {
            self.sends_report(id, code, now);
        }
    }

    /// A persona is invited by another one, and calls everybody else.
    fn persona_joins(&mut self, persona: &Address, manager: &Address, call_id: &str, now: Instant) {
        let room = self.talks.room_mut(call_id, manager);
        room.enter(persona.clone(), Some(epid_of(persona)));
        let copy = room.clone();
        let people = copy.people.clone();
        *self.talks.room_mut(call_id, persona) = copy;
        for person in people {
            self.call_into_room(persona, &person.who, person.epid.as_deref(), call_id, now);
        }
        self.cast.enters_room(persona, call_id, now);
    }

    /// Tells who asked for the invitation what became of it, if anybody did.
    pub(in crate::demo) fn report(&mut self, id: TalkId, code: u16, now: Instant) {
        if let Some(referrer) = self.talks.of_mut(id).and_then(|talk| talk.referrer.take()) {
            self.sends_report(referrer, code, now);
        }
    }

    fn sends_report(&mut self, to: TalkId, code: u16, now: Instant) {
        let Some(talk) = self.talks.of_mut(to) else { return };
        let Stage::Up { flow, dialog } = &mut talk.stage else { return };
        let (flow, mut notify) = (*flow, dialog.request(Method::Notify));
        notify.headers.push("Event", "refer");
        notify.headers.push("Subscription-State", "terminated");
        notify.set_body("message/sipfrag", format!("SIP/2.0 {code} {}", default_reason(code)));
        self.talk_sends(to, flow, notify, now);
    }

    /// A step of the election of a manager, and a persona's answer: everybody else may have it.
    pub(in crate::demo) fn election(&mut self, id: TalkId, info: &Message) -> Option<(&'static str, String)> {
        if info.content_type() != mim::MEDIA_TYPE {
            return None;
        }
        let talk = self.talks.of(id).filter(|talk| talk.is_room)?;
        let (persona, call_id) = (talk.persona.clone(), talk.call_id.clone());
        let uri = persona.as_str().to_owned();
        let answer = match mim::read(&info.body).ok()? {
            Action::RequestRm { .. } => Action::RequestRmResponse { uri, allow: true },
            Action::SetRm { uri: elected } => {
                self.talks.room_mut(&call_id, &persona).manager = Address::parse(&elected).ok();
                Action::SetRmResponse { uri }
            }
            Action::RequestRmResponse { .. } | Action::SetRmResponse { .. } => return None,
        };
        Some((mim::MEDIA_TYPE, mim::write(&answer)))
    }
}
