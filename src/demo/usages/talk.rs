//! Personas in sessions: they are called, they call, they type, they say something, they hang up.
//!
//! Here the server is a user agent and no proxy. What goes over the wire follows the clients of
//! LCS: the first text may come within the INVITE (`ms-text-format`), typing is INFO with
//! `KeyboardActivity`, everything else is MESSAGE.

use std::time::Instant;

use super::Server;
use crate::demo::features::Feature;
use crate::demo::passing::{name_device, replace_contacts};
use crate::demo::personas::epid_of;
use crate::demo::server::{Incoming, MessageFate, Purpose, ServerLog};
use crate::demo::sessions::Ringing;
use crate::demo::talks::{Piece, Stage, Talk, TalkId};
use crate::formats::keyboard::{self, KeyboardActivity};
use crate::formats::sdp::{self, Media, Offer};
use crate::formats::{msgr, text_format};
use crate::model::Address;
use crate::sip::dialog::{Dialog, InDialog};
use crate::sip::endpoint::{Failure, Flow};
use crate::sip::message::{Message, Method, quote};

/// Option tag of conversations of several people.
pub(in crate::demo) const MULTIPARTY: &str = "com.microsoft.rtc-multiparty";
/// Where a client that needs no server would be listened for; nobody looks at it.
const PORT: u16 = 5060;
/// Answers upon which a session is dead.
const DEAD: [u16; 3] = [408, 480, 481];

impl Server {
    /// A user calls a persona.
    pub(in crate::demo) fn on_persona_called(&mut self, incoming: &Incoming, from: &Address, persona: &Address, now: Instant) {
        let offer = match self.answerable(&incoming.request, from, persona) {
            Ok(offer) => offer,
            Err(refusal) => return self.reply(incoming.transaction, *refusal, now),
        };
        let mut request = incoming.request.clone();
        name_device(&mut request, Some(&epid_of(persona)));
        let tag = self.endpoint.tokens().tag();
        let Some(dialog) = Dialog::from_request(&request, &tag) else { return self.reply_code(incoming, 400, now) };
        let first = request.headers.get(text_format::HEADER).and_then(|value| text_format::read(&value).ok());
        let first = first.filter(|text| text.content_type == "text/plain" && !text.body.is_empty());

        let mut response = Message::response_to(&request, 200);
        response.headers.set("To", dialog.local().to_string());
        response.headers.copy_from(&request.headers, "Record-Route");
        response.headers.push("Contact", self.own_contact(incoming.flow));
        response.headers.push("Supported", MULTIPARTY);
        if first.is_some() {
            response.headers.push("Supported", text_format::HEADER);
        }
        response.set_body(sdp::MEDIA_TYPE, self.answer_to(incoming.flow, offer.media, from));
        self.reply(incoming.transaction, response, now);

        let call_id = dialog.id().call_id.clone();
        self.end_former(persona, from, &call_id, now);
        let is_room = self.enter_room(persona, from, &request);
        let id = self.talks.fresh();
        let talk = Talk {
            persona: persona.clone(),
            user: from.clone(),
            call_id: call_id.clone(),
            stage: Stage::Up { flow: incoming.flow, dialog: Box::new(dialog) },
            is_room,
            waiting: Vec::new(),
            first: None,
            referrer: None,
            last: now,
        };
        self.talks.insert(id, talk);
        if is_room {
            self.meet_everybody(persona, from, &request, now);
        }
        if let Some(text) = first {
            self.hears_text(id, &text.body, now);
            if let Some(talk) = self.talks.of_mut(id) {
                talk.first = Some(text.body.into());
            }
        }
    }

    /// The message medium a persona is invited to, or why the INVITE is refused.
    fn answerable(&self, invite: &Message, from: &Address, persona: &Address) -> Result<Offer, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(invite, code));
        if !self.cast.is_here(persona) {
            return Err(refuse(480));
        }
        let strange: Vec<String> =
            invite.headers.list("Require").into_iter().filter(|tag| !tag.eq_ignore_ascii_case(MULTIPARTY)).collect();
        if !strange.is_empty() {
            let mut refusal = refuse(420);
            refusal.headers.push("Unsupported", strange.join(", "));
            return Err(refusal);
        }
        if self.talks.count_of(from) >= self.config.limits.talks_per_user {
            return Err(refuse(486));
        }
        let description = sdp::read(&invite.body).ok().filter(|_| invite.content_type() == sdp::MEDIA_TYPE);
        description.and_then(|d| d.message).ok_or_else(|| refuse(488))
    }

    fn answer_to(&self, flow: Flow, media: Media, target: &Address) -> String {
        let local = self.endpoint.flow_info(flow).map_or("", |info| info.local.as_str());
        let address = local.rsplit_once(':').map_or(local, |(host, _)| host.trim_matches(['[', ']'])).to_owned();
        let accept_types = vec!["text/plain".to_owned()];
        sdp::write(&Offer { address, media, port: PORT, target: Some(target.as_str().to_owned()), accept_types })
    }

    /// A user who calls has forgotten the talk there was; in company each stays for itself.
    fn end_former(&mut self, persona: &Address, user: &Address, call_id: &str, now: Instant) {
        let former = self.talks.of_two(persona, user).filter(|id| self.talks.of(*id).is_some_and(|t| t.flow().is_some()));
        let twin = self.talks.between(persona, user, call_id);
        for id in [former, twin].into_iter().flatten() {
            self.leave_talk(id, now);
        }
    }

    /// A request within a dialog of a persona; gives it back when it belongs to none.
    pub(in crate::demo) fn on_talk_request(&mut self, incoming: Incoming, who: &Address, now: Instant) -> Option<Incoming> {
        let request = &incoming.request;
        let Some(id) = self.talks.of_request(request, incoming.flow, who) else { return Some(incoming) };
        let talk = self.talks.of_mut(id)?;
        let Stage::Up { dialog, .. } = &mut talk.stage else { return Some(incoming) };
        if dialog.on_request(request) == InDialog::OutOfOrder {
            self.reply_code(&incoming, 500, now);
            return None;
        }
        match request.method() {
            Some(Method::Message) => self.on_talk_message(id, &incoming, now),
            Some(Method::Info) => self.on_talk_info(id, &incoming, now),
            Some(Method::Refer) => self.on_refer(id, &incoming, now),
            Some(Method::Bye) => {
                self.reply_code(&incoming, 200, now);
                self.talks.close(id);
            }
            Some(Method::Invite) => self.on_talk_again(&incoming, who, now),
            Some(Method::Notify | Method::Options) => self.reply_code(&incoming, 200, now),
            _ => self.reply_code(&incoming, 405, now),
        }
        None
    }

    fn on_talk_message(&mut self, id: TalkId, incoming: &Incoming, now: Instant) {
        let request = &incoming.request;
        match request.content_type().as_str() {
            "text/plain" | "" => {}
            super::message::TYPING => return self.reply_code(incoming, 200, now),
            _ => {
                let mut refusal = Message::response_to(request, 415);
                refusal.headers.push("Accept", "text/plain");
                return self.reply(incoming.transaction, refusal, now);
            }
        }
        self.reply_code(incoming, 200, now);
        let first = self.talks.of_mut(id).and_then(|talk| talk.first.take());
        if first.is_none_or(|first| first != request.body) {
            self.hears_text(id, &request.body, now);
        }
    }

    fn hears_text(&mut self, id: TalkId, body: &[u8], now: Instant) {
        let text = String::from_utf8_lossy(body).into_owned();
        let Some(talk) = self.talks.of_mut(id) else { return };
        talk.last = now;
        let (persona, user, call_id) = (talk.persona.clone(), talk.user.clone(), talk.call_id.clone());
        if talk.is_room {
            self.hears_in_room(&persona, &user, &call_id, &text, now);
        } else {
            self.cast.hears(&persona, &user, &text, now);
        }
    }

    /// Typing, or a step of an election; what a persona does not understand is no fault.
    fn on_talk_info(&mut self, id: TalkId, incoming: &Incoming, now: Instant) {
        let mut response = Message::response_to(&incoming.request, 200);
        if let Some((content_type, body)) = self.election(id, &incoming.request) {
            response.set_body(content_type, body);
        }
        self.reply(incoming.transaction, response, now);
    }

    /// Another INVITE within the dialog: as before.
    fn on_talk_again(&mut self, incoming: &Incoming, user: &Address, now: Instant) {
        let offer = sdp::read(&incoming.request.body).ok().and_then(|d| d.message);
        let Some(offer) = offer else { return self.reply_code(incoming, 488, now) };
        let mut response = Message::response_to(&incoming.request, 200);
        response.headers.push("Contact", self.own_contact(incoming.flow));
        response.headers.push("Supported", MULTIPARTY);
        response.set_body(sdp::MEDIA_TYPE, self.answer_to(incoming.flow, offer.media, user));
        self.reply(incoming.transaction, response, now);
    }

    /// A persona does something in a session with a user, which is begun if need be; `false` when
    /// the user has no device that takes sessions.
    pub(in crate::demo) fn in_session(&mut self, persona: &Address, user: &Address, piece: Piece, now: Instant) -> bool {
        if let Some(id) = self.talks.of_two(persona, user) {
            self.talk_does(id, piece, now);
            return true;
        }
        let call_id = self.endpoint.tokens().call_id();
        let invite = self.persona_invite(persona, user, None, &call_id);
        self.call_out(persona, user, invite, vec![piece], None, now)
    }

    /// The INVITE of a persona; Request-URI and Contact come with the device that is rung.
    pub(in crate::demo) fn persona_invite(
        &mut self,
        persona: &Address,
        user: &Address,
        epid: Option<&str>,
        call_id: &str,
    ) -> Message {
        let display = self.accounts.of(persona).map(|a| quote(&a.display)).unwrap_or_default();
        let tag = self.endpoint.tokens().tag();
        let conversation = self.endpoint.tokens().below(1 << 31);
        let mut invite = Message::request(Method::Invite, user.as_str());
        invite.headers.push("From", format!("{display} <{persona}>;tag={tag};epid={}", epid_of(persona)));
        invite.headers.push("To", format!("<{user}>"));
        name_device(&mut invite, epid);
        invite.headers.push("Call-ID", call_id);
        invite.headers.push("CSeq", "1 INVITE");
        invite.headers.push("Supported", "ms-sender");
        invite.headers.push("Ms-Conversation-ID", conversation.to_string());
        let flow = self.registrar.bindings(user).last().map(|binding| binding.flow);
        let body = self.answer_to(flow.unwrap_or(Flow(0)), Media::Message, user);
        invite.set_body(sdp::MEDIA_TYPE, body);
        invite
    }

    /// Calls a user in the name of a persona; `false` when there is no device to ring.
    pub(in crate::demo) fn call_out(
        &mut self,
        persona: &Address,
        user: &Address,
        invite: Message,
        waiting: Vec<Piece>,
        referrer: Option<TalkId>,
        now: Instant,
    ) -> bool {
        if !self.may_write(persona, user) {
            return false;
        }
        if !self.config.features.has(Feature::Lcs) || self.talks.count_of(user) >= self.config.limits.talks_per_user {
            return false;
        }
        let call_id = invite.call_id().unwrap_or_default();
        let is_room = self.talks.room(&call_id, persona).is_some();
        let id = self.talks.fresh();
        let Some(attempt) = self.persona_calls(id, invite, (persona.clone(), user.clone()), now) else { return false };
        let talk = Talk {
            persona: persona.clone(),
            user: user.clone(),
            call_id,
            stage: Stage::Calling(attempt),
            is_room,
            waiting,
            first: None,
            referrer,
            last: now,
        };
        self.talks.insert(id, talk);
        true
    }

    /// A device accepted the call of a persona; `false` when the persona has gone meanwhile.
    pub(in crate::demo) fn on_talk_accepted(&mut self, id: TalkId, ringing: &Ringing, response: &Message, now: Instant) -> bool {
        let (flow, mut response) = (ringing.device.flow, response.clone());
        if let Some(info) = self.endpoint.flow_info(flow) {
            let _ = replace_contacts(&mut response, flow, info);
        }
        let Some(dialog) = Dialog::from_response(&ringing.sent, &response) else { return false };
        let ack = dialog.ack(ringing.sent.cseq().map_or(1, |cseq| cseq.number));
        let Some(waiting) = self.talks.is_up(id, flow, dialog) else { return false };
        self.endpoint.send_stateless(flow, ack);
        for piece in waiting {
            self.talk_does(id, piece, now);
        }
        self.report(id, 200, now);
        true
    }

    /// No device took the call. What was to be said goes as a message outside of any session, but
    /// not to somebody who does not want to be disturbed.
    pub(in crate::demo) fn on_talk_refused(&mut self, id: TalkId, code: u16, now: Instant) {
        self.report(id, code, now);
        let Some(talk) = self.talks.close(id) else { return };
        if talk.is_room || matches!(code, 486 | 487 | 600..=699) {
            return;
        }
        for piece in talk.waiting {
            if let Piece::Text { text, .. } = piece {
                self.persona_sends(&talk.persona, &talk.user, "text/plain", text, now);
            }
        }
    }

    /// Does something in a talk, or keeps it until the talk is up.
    pub(in crate::demo) fn talk_does(&mut self, id: TalkId, piece: Piece, now: Instant) {
        let Some(talk) = self.talks.of_mut(id) else { return };
        let Stage::Up { flow, dialog } = &mut talk.stage else { return talk.keep(piece) };
        let flow = *flow;
        let request = match piece {
            Piece::Keys(active) => {
                let mut info = dialog.request(Method::Info);
                let activity = if active { KeyboardActivity::Type } else { KeyboardActivity::Idle };
                info.set_body(keyboard::MEDIA_TYPE, keyboard::write(&activity));
                info
            }
            Piece::Text { content_type, text } => {
                let mut message = dialog.request(Method::Message);
                message.set_body(&content_type, text);
                talk.last = now;
                message
            }
        };
        self.talk_sends(id, flow, request, now);
    }

    pub(in crate::demo) fn talk_sends(&mut self, id: TalkId, flow: Flow, mut request: Message, now: Instant) {
        request.headers.push("Contact", self.own_contact(flow));
        let request = self.endpoint.send_request(flow, request, now);
        self.purposes.insert(request, Purpose::Talk(id));
    }

    /// A request of a persona was answered, or will not be.
    pub(in crate::demo) fn on_talk_answer(&mut self, id: TalkId, result: Result<&Message, Failure>, now: Instant) {
        // Some clients of that time never answer a MESSAGE: silence proves nothing.
        let (Some(talk), Ok(response)) = (self.talks.of_mut(id), result) else { return };
        let (persona, user) = (talk.persona.clone(), talk.user.clone());
        if let Stage::Up { dialog, .. } = &mut talk.stage {
            dialog.on_response(response);
        }
        let code = response.status().unwrap_or(500);
        if response.cseq().is_some_and(|cseq| cseq.method == Method::Message) {
            let fate = if code < 300 { MessageFate::Delivered } else { MessageFate::Refused };
            self.log(ServerLog::Message { from: persona, to: user, fate });
        }
        if DEAD.contains(&code) {
            self.leave_talk(id, now);
        }
    }

    /// A persona hangs up.
    pub(in crate::demo) fn leave_talk(&mut self, id: TalkId, now: Instant) {
        match self.talks.close(id).map(|talk| talk.stage) {
            Some(Stage::Up { flow, mut dialog }) => {
                let bye = dialog.request(Method::Bye);
                self.endpoint.send_request(flow, bye, now);
            }
            Some(Stage::Calling(attempt)) => self.give_up(attempt, now),
            None => {}
        }
    }

    /// A persona goes: it hangs up everywhere.
    pub(in crate::demo) fn leave_all_talks(&mut self, persona: &Address, now: Instant) {
        for id in self.talks.of_persona(persona) {
            self.leave_talk(id, now);
        }
        for call_id in self.talks.rooms_of(persona) {
            self.talks.leave_room(&call_id, persona);
        }
    }

    /// A link is gone, and the talks with it.
    pub(in crate::demo) fn talks_down(&mut self, flow: Flow) {
        for id in self.talks.on_flow(flow) {
            self.talks.close(id);
        }
    }

    /// Talks in which nobody has said anything for long.
    pub(in crate::demo) fn talks_due(&mut self, now: Instant) {
        while let Some(id) = self.talks.idle(self.config.limits.talk_idle, now) {
            self.leave_talk(id, now);
        }
    }

    /// What a persona says, in the look it likes.
    pub(in crate::demo) fn worded(&mut self, persona: &Address, text: String) -> Piece {
        let look = self.cast.look_of(persona).map(|look| format!(";msgr={}", msgr::write(&look))).unwrap_or_default();
        Piece::Text { content_type: format!("text/plain; charset=UTF-8{look}"), text }
    }
}
