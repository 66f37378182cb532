//! INVITE (RFC 3261 sections 13 and 16): sessions between the devices of two users.
//!
//! The server is a proxy that stays on the way (Record-Route). It rings one device at a time:
//! the one whose epid stands in To, else the most available one, and the next one when that one
//! is away, does not take sessions, or does not answer in time. Which device, and when the next,
//! is our choice; that LCS rings one device only is from general knowledge.

use std::collections::VecDeque;
use std::time::Instant;

use super::Server;
use crate::demo::features::Feature;
use crate::demo::first_hop::epid_of;
use crate::demo::numbers::RtcState;
use crate::demo::passing::{bounded, fits, forwarded, name_device, own_route, passed_back, rename_route, replace_contacts};
use crate::demo::publications::Publication;
use crate::demo::registrar::Binding;
use crate::demo::relay::rank;
use crate::demo::server::Incoming;
use crate::demo::sessions::{Attempt, AttemptId, Caller, Device, Errand, MAX_NAME, Ringing, Session, Stray};
use crate::demo::talks::TalkId;
use crate::model::{Address, Stamp};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::{Failure, Flow, RequestId, ServerTransactionId};
use crate::sip::message::{Message, Method};

/// Provisional answers to one INVITE that are passed back; a device that sends more says nothing new.
const MOST_PROGRESS: u8 = 16;

impl Server {
    /// A new INVITE; those within a session go to `usages/dialog.rs`.
    pub(in crate::demo) fn on_invite(&mut self, incoming: Incoming, from: &Address, now: Instant) {
        let Ok(to) = Address::parse(incoming.request.uri()) else { return self.reply_code(&incoming, 404, now) };
        if !self.accounts.has(&to) {
            return self.reply_code(&incoming, 404, now);
        }
        let tag = incoming.request.from().ok().and_then(|from| from.tag());
        if tag.is_none() || incoming.request.call_id().is_none_or(|id| id.len() > MAX_NAME) {
            return self.reply_code(&incoming, 400, now);
        }
        if incoming.request.body.len() > self.config.limits.message_size {
            return self.reply_code(&incoming, 513, now);
        }
        let (all, own) = self.sessions.open(from);
        if all >= self.config.limits.relays || own >= self.config.limits.invites_per_user {
            let mut refusal = Message::response_to(&incoming.request, 503);
            refusal.headers.push("Retry-After", "10");
            return self.reply(incoming.transaction, refusal, now);
        }
        if self.cast.has(&to) {
            return self.on_persona_called(&incoming, from, &to, now);
        }
        // Who may not write hears what is said of somebody who is away, whoever asks.
        if *from != to && !self.may_write(from, &to) {
            return self.reply_code(&incoming, 480, now);
        }
        let epid = incoming.request.to().ok().and_then(|to| epid_of(&to));
        let waiting = self.devices(&to, epid.as_deref(), Some(incoming.flow));
        if waiting.is_empty() {
            return self.reply_code(&incoming, 480, now);
        }
        self.reply_code(&incoming, 100, now);
        let caller = Caller::Client { transaction: incoming.transaction, flow: incoming.flow };
        let id = self.sessions.begin(Attempt::new(caller, from.clone(), to, incoming.request, waiting));
        self.ring_next(id, now);
    }

    /// A persona calls a user. Only devices of LCS are rung; `None` when there is none.
    pub(in crate::demo) fn persona_calls(
        &mut self,
        talk: TalkId,
        invite: Message,
        (from, to): (Address, Address),
        now: Instant,
    ) -> Option<AttemptId> {
        let epid = invite.to().ok().and_then(|to| epid_of(&to));
        let mut waiting = self.devices(&to, epid.as_deref(), None);
        waiting.retain(|device| device.is_lcs);
        if waiting.is_empty() || self.sessions.open(&from).0 >= self.config.limits.relays {
            return None;
        }
        let id = self.sessions.begin(Attempt::new(Caller::Persona(talk), from, to, Box::new(invite), waiting));
        self.ring_next(id, now);
        Some(id)
    }

    /// The devices of a user that may be rung, the best first; never the one that calls. The one
    /// that is named is the only one, while it is there.
    fn devices(&self, who: &Address, epid: Option<&str>, caller: Option<Flow>) -> VecDeque<Device> {
        let mut bindings = self.registrar.targets(who, epid);
        bindings.retain(|b| Some(b.flow) != caller);
        bindings.reverse();
        bindings.sort_by_key(|b| std::cmp::Reverse((b.is_lcs, self.availability(who, b))));
        let device = |b: &Binding| Device {
            flow: b.flow,
            target: b.contact.uri.as_str().to_owned(),
            epid: b.epid.clone(),
            is_lcs: b.is_lcs,
        };
        bindings.into_iter().map(device).collect()
    }

    /// How available the device says its user is, and when it said so last: as for the picture
    /// that others have of the user.
    fn availability(&self, who: &Address, device: &Binding) -> ((u32, u32), Stamp) {
        let said = self.publications.of(who).iter().filter(|said| match &said.rtc {
            Some(_) => device.epid.as_ref() == Some(&said.device),
            None => said.flow() == Some(device.flow),
        });
        let rank = |said: &Publication| match &said.rtc {
            Some(state) => state.rank(),
            None => RtcState::of_document(&said.document).rank(),
        };
        said.map(|said| (rank(said), said.at)).max().unwrap_or_default()
    }

    /// Rings the next device, or answers with the best there was.
    fn ring_next(&mut self, id: AttemptId, now: Instant) {
        let Some(attempt) = self.sessions.attempt_mut(id) else { return };
        let Some(device) = attempt.waiting.pop_front() else { return self.refuse_attempt(id, now) };
        let mut invite = forwarded(&attempt.request, &device.target);
        if !self.has_room(device.flow, &invite) {
            return self.too_busy(id, now);
        }
        let Some(attempt) = self.sessions.attempt_mut(id) else { return };
        let stays_on_the_way = matches!(attempt.caller, Caller::Client { .. });
        name_device(&mut invite, device.epid.as_deref());
        if stays_on_the_way && let Some(info) = self.endpoint.flow_info(device.flow) {
            invite.headers.push_front("Record-Route", own_route(info));
        } else {
            invite.headers.push("Contact", self.own_contact(device.flow));
        }
        let mut sent = invite.clone();
        sent.clear_body();
        let request = self.endpoint.send_request(device.flow, invite, now);
        let patience = now + self.config.limits.ring;
        self.sessions.rings(id, Ringing { request, device, sent: Box::new(sent), patience });
    }

    /// The device has too much to answer already.
    fn too_busy(&mut self, id: AttemptId, now: Instant) {
        if let Some(attempt) = self.sessions.attempt_mut(id) {
            attempt.best.get_or_insert_with(|| Box::new(Message::response_to(&attempt.request, 503)));
        }
        self.ring_next(id, now);
    }

    fn refuse_attempt(&mut self, id: AttemptId, now: Instant) {
        let Some(attempt) = self.sessions.end(id) else { return };
        let code = if attempt.cancelled { 487 } else { 480 };
        match (attempt.caller, attempt.best) {
            (Caller::Client { transaction, .. }, Some(best)) => {
                let back = bounded(&attempt.request, passed_back(&attempt.request, *best));
                self.endpoint.pass_back(transaction, back, now);
            }
            (Caller::Client { transaction, .. }, None) => {
                self.reply(transaction, Message::response_to(&attempt.request, code), now);
            }
            (Caller::Persona(talk), best) => self.on_talk_refused(talk, best.and_then(|b| b.status()).unwrap_or(code), now),
        }
    }

    /// An answer to something that was sent on; `false` when it is none of ours.
    pub(in crate::demo) fn on_session_response(&mut self, request: RequestId, response: &Message, now: Instant) -> bool {
        let Some(errand) = self.sessions.errand(request).cloned() else { return false };
        let code = response.status().unwrap_or(500);
        if code >= 200 {
            self.sessions.errand_done(request);
        }
        match errand {
            Errand::Attempt(id) => self.on_rung(id, response, code, now),
            Errand::Stray(stray) if (200..300).contains(&code) => self.turn_away(&stray, response, now),
            Errand::Stray(_) => {}
            Errand::Passing(passing) => self.on_passed(&passing, response, code, now),
        }
        true
    }

    /// No answer will come; `false` when it is none of ours.
    pub(in crate::demo) fn on_session_failure(&mut self, request: RequestId, why: Failure, now: Instant) -> bool {
        let Some(errand) = self.sessions.errand(request).cloned() else { return false };
        self.sessions.errand_done(request);
        match errand {
            Errand::Attempt(id) => {
                if let Some(attempt) = self.sessions.attempt_mut(id) {
                    attempt.ringing = None;
                    if attempt.cancelled {
                        attempt.waiting.clear();
                    } else if let Some(code) = code_for(why) {
                        attempt.best.get_or_insert_with(|| Box::new(Message::response_to(&attempt.request, code)));
                    }
                }
                self.ring_next(id, now);
            }
            Errand::Stray(_) => {}
            Errand::Passing(passing) => self.on_lost(&passing, code_for(why).unwrap_or(408), now),
        }
        true
    }

    fn on_rung(&mut self, id: AttemptId, response: &Message, code: u16, now: Instant) {
        let Some(attempt) = self.sessions.attempt_mut(id) else { return };
        let Some(ringing) = attempt.ringing.clone() else { return };
        if code < 300 {
            let Caller::Client { transaction, flow } = attempt.caller else {
                if code >= 200 {
                    self.on_persona_accepted(id, &ringing, response, now);
                }
                return;
            };
            attempt.progress = attempt.progress.saturating_add(1);
            let progress = attempt.progress;
            let mut back = passed_back(&attempt.request, response.clone());
            self.adapt(&mut back, &ringing.sent, ringing.device.flow, flow);
            if code < 200 {
                if progress <= MOST_PROGRESS && fits(&back) {
                    self.endpoint.pass_back(transaction, back, now);
                }
                return;
            }
            return self.on_accepted(id, &ringing, response, (transaction, flow), back, now);
        }
        attempt.ringing = None;
        if attempt.best.as_ref().is_none_or(|best| rank(code) <= rank(best.status().unwrap_or(500))) {
            attempt.best = Some(Box::new(response.clone()));
        }
        if attempt.cancelled || !is_worth_another(code) {
            attempt.waiting.clear();
        }
        self.ring_next(id, now);
    }

    fn on_accepted(
        &mut self,
        id: AttemptId,
        ringing: &Ringing,
        response: &Message,
        (transaction, flow): (ServerTransactionId, Flow),
        back: Message,
        now: Instant,
    ) {
        let Some(attempt) = self.sessions.end(id) else { return };
        let callee = (attempt.to, ringing.device.flow);
        let session = Session::new(&attempt.request, &back, (attempt.from, flow), callee).filter(|_| fits(&back));
        let Some(session) = session else {
            // Without its tag nothing can be said in the dialog; what is too big the caller cannot take.
            let stray = Stray { flow: ringing.device.flow, sent: ringing.sent.clone() };
            self.turn_away(&stray, response, now);
            return self.reply(transaction, Message::response_to(&attempt.request, 502), now);
        };
        let forgotten = self.sessions.remember(session, self.config.limits.sessions_per_user);
        self.endpoint.pass_back(transaction, back, now);
        if let Some(old) = forgotten {
            self.hang_up(&old, [true, true], now);
        }
    }

    fn on_persona_accepted(&mut self, id: AttemptId, ringing: &Ringing, response: &Message, now: Instant) {
        let Some(Attempt { caller: Caller::Persona(talk), .. }) = self.sessions.end(id) else { return };
        if !self.on_talk_accepted(talk, ringing, response, now) {
            let stray = Stray { flow: ringing.device.flow, sent: ringing.sent.clone() };
            self.turn_away(&stray, response, now);
        }
    }

    /// What differs between the two sides of a session in an answer on its way back: Contact and
    /// our own name in Record-Route.
    pub(in crate::demo) fn adapt(&self, back: &mut Message, sent: &Message, from: Flow, to: Flow) {
        if self.config.features.has(Feature::Lcs)
            && let Some(info) = self.endpoint.flow_info(from)
        {
            // A Contact that asks for something unknown stays: it is the sender's own loss.
            let _ = replace_contacts(back, from, info);
        }
        if let (Some(inserted), Some(info)) = (sent.header("Record-Route"), self.endpoint.flow_info(to)) {
            rename_route(back, &inserted, &own_route(info));
        }
    }

    /// Somebody accepted whom nobody waits for any more.
    fn turn_away(&mut self, stray: &Stray, response: &Message, now: Instant) {
        let Some(mut dialog) = Dialog::from_response(&stray.sent, response) else { return };
        let number = stray.sent.cseq().map_or(1, |c| c.number);
        let mut ack = dialog.ack(number);
        let mut bye = dialog.request(Method::Bye);
        // The way leads by ourselves.
        ack.headers.remove("Route");
        bye.headers.remove("Route");
        self.endpoint.send_stateless(stray.flow, ack);
        self.endpoint.send_request(stray.flow, bye, now);
    }

    /// The caller thought better of it. The answer comes from the device (RFC 3261 section 16.10).
    pub(in crate::demo) fn on_cancelled(&mut self, transaction: ServerTransactionId, now: Instant) {
        if let Some(id) = self.sessions.attempt_of(transaction) {
            let Some(attempt) = self.sessions.attempt_mut(id) else { return };
            attempt.cancelled = true;
            let ringing = attempt.ringing.as_ref().map(|r| r.request);
            if let Some(request) = ringing {
                self.endpoint.cancel(request, now);
            }
        } else if let Some(request) = self.sessions.passing_of(transaction) {
            self.endpoint.cancel(request, now);
        } else {
            self.endpoint.respond_with(transaction, 487, now);
        }
    }

    /// A link is gone: who called by it waits no longer, who talked by it has hung up.
    pub(in crate::demo) fn sessions_down(&mut self, flow: Flow, now: Instant) {
        for id in self.sessions.attempts_from(flow) {
            self.give_up(id, now);
        }
        for session in self.sessions.flow_down(flow) {
            let tell = [session.sides[0].flow != flow, session.sides[1].flow != flow];
            self.hang_up(&session, tell, now);
        }
    }

    /// Nobody waits for the answer any more.
    pub(in crate::demo) fn give_up(&mut self, id: AttemptId, now: Instant) {
        if let Some(request) = self.sessions.give_up_device(id) {
            self.endpoint.cancel(request, now);
        }
        self.sessions.end(id);
    }

    /// Devices that have rung long enough while another one waits.
    pub(in crate::demo) fn sessions_due(&mut self, now: Instant) {
        while let Some(id) = self.sessions.impatient(now) {
            if let Some(request) = self.sessions.give_up_device(id) {
                self.endpoint.cancel(request, now);
            }
            self.ring_next(id, now);
        }
    }
}

/// What a caller is told of a device that gave no answer, or none that can be passed on.
const fn code_for(why: Failure) -> Option<u16> {
    match why {
        Failure::Timeout => Some(408),
        Failure::Unreadable => Some(502),
        Failure::LinkDown | Failure::NotSent => None,
    }
}

/// Whether another device of the user may have a better answer: away, unanswered, gone, or a
/// client that does not take sessions at all.
const fn is_worth_another(code: u16) -> bool {
    matches!(code, 405 | 408 | 410 | 480 | 481 | 501 | 503)
}
