//! Talks of two: which session the next text takes, and what becomes of texts.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::body;
use super::calls::{Call, CallId, Calls, Errand, Invitation, Owner};
use super::keys::Keys;
use super::lane::{Lane, Text};
use super::people::same;
use super::state::{OnAnswer, OnRefusal, PATIENCE};
use crate::backend::sip::conversations::Conversations;
use crate::backend::sip::fates;
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, Refused};
use crate::formats::keyboard::{self, KeyboardActivity};
use crate::model::{Address, Body, Fate, MessageRef};
use crate::sip::endpoint::Failure;
use crate::sip::message::{Message, Method};

/// All talks of two of an account.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    people: BTreeMap<Address, Pair>,
    /// Who is writing.
    pub(super) keys: Keys,
    /// Texts the next one may pass, for the outbox.
    late: VecDeque<MessageRef>,
}

/// One talk.
#[derive(Debug, Default)]
struct Pair {
    lane: Lane,
    /// Sessions that stand or are being made; two after both sides invited at once.
    calls: Vec<CallId>,
    /// Their program takes no sessions.
    page: bool,
}

impl Pair {
    fn is_empty(&self) -> bool {
        self.lane.is_empty() && self.calls.is_empty() && !self.page
    }
}

impl Pairs {
    /// Whether a person is written to in a session; `None`: nothing is known of them.
    pub(super) fn known(&self, who: &Address) -> Option<bool> {
        self.people.get(who).map(|pair| !pair.page || !pair.calls.is_empty())
    }

    /// An address as the talk with this person has it, if there is one.
    pub(super) fn spelling(&self, who: Address) -> Address {
        if self.people.contains_key(&who) {
            return who;
        }
        let known = self.people.keys().find(|known| same(known, &who));
        known.cloned().unwrap_or(who)
    }

    /// Takes a text of the user.
    pub(super) fn send_text(
        &mut self,
        to: &Address,
        body: &Body,
        tag: MessageRef,
        calls: &mut Calls,
        ua: &mut Ua,
        now: Instant,
    ) -> Result<(), Refused> {
        if let Some(why) = too_long(body, ua) {
            tell(tag, Fate::Failed { why: why.to_owned() }, ua);
            return Ok(());
        }
        let pair = self.people.entry(to.clone()).or_default();
        if !pair.lane.push(Text { tag, body: Arc::new(body.clone()), again: false }) {
            return Err(Refused::Busy);
        }
        self.advance(to, calls, ua, now);
        Ok(())
    }

    /// Sends what may leave, and makes a session where one is needed.
    pub(super) fn advance(&mut self, who: &Address, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        while let Some(pair) = self.people.get_mut(who).filter(|pair| pair.lane.waits()) {
            let Some(id) = voice(&pair.calls, calls) else {
                if pair.calls.is_empty() {
                    self.begin(who, calls, ua, now);
                }
                break;
            };
            let Some(text) = pair.lane.take_next(ua.reliable(), now) else { break };
            let errand = Errand::Text { tag: text.tag, to: who.clone(), room: None };
            if !send_text(id, &text.body, errand, calls, ua, now) {
                pair.lane.landed(text.tag);
                pair.lane.put_back(text);
                break;
            }
            self.keys.forget(who);
            tell(text.tag, Fate::Sent, ua);
        }
        self.tidy(who);
    }

    /// There is no session: invites, or sends texts one by one to somebody who takes none.
    fn begin(&mut self, who: &Address, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(pair) = self.people.get_mut(who) else { return };
        if pair.page {
            for text in pair.lane.take_waiting() {
                if Conversations::send_text(who, &text.body, text.tag, ua, now).is_err() {
                    tell(text.tag, Fate::Failed { why: NOT_SENT.to_owned() }, ua);
                }
            }
            return;
        }
        let invitation = Invitation {
            peer: who.clone(),
            epid: None,
            owner: Owner::Pair,
            call_id: None,
            conversation: None,
            extra: Vec::new(),
            patience: PATIENCE,
        };
        match calls.invite(invitation, ua, now) {
            Some(id) => pair.calls.push(id),
            None => self.fail_waiting(who, &Fate::Failed { why: TOO_MANY.to_owned() }, ua),
        }
    }

    /// Takes the final answer to an INVITE of ours.
    pub(super) fn on_answer(&mut self, id: CallId, response: &Message, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(who) = calls.get(id).map(|call| call.peer.clone()) else { return };
        match calls.on_answer(id, response, ua, now) {
            OnAnswer::Wait | OnAnswer::Decline => {}
            OnAnswer::Establish => self.advance(&who, calls, ua, now),
            OnAnswer::TryAgain(form) => {
                if !calls.send_invite(id, form, ua, now) {
                    self.uninvited(id, Some(&Fate::Failed { why: NOT_SENT.to_owned() }), calls, ua, now);
                }
            }
            OnAnswer::Page => self.uninvited(id, None, calls, ua, now),
            OnAnswer::Fail => self.uninvited(id, Some(&fates::of_refusal(response)), calls, ua, now),
        }
    }

    /// No session came of an INVITE of ours. Nothing of the texts was sent: they go with another
    /// session that stands, else one by one where `fate` is `None`, else they fail.
    pub(super) fn uninvited(&mut self, id: CallId, fate: Option<&Fate>, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(call) = calls.failed(id) else { return };
        let Some(pair) = self.people.get_mut(&call.peer) else { return };
        pair.calls.retain(|other| *other != id);
        if pair.calls.is_empty() {
            match fate {
                Some(fate) => self.fail_waiting(&call.peer, fate, ua),
                None => self.note_page(&call.peer),
            }
        }
        self.advance(&call.peer, calls, ua, now);
    }

    /// Remembers that somebody's program takes no sessions.
    fn note_page(&mut self, who: &Address) {
        let known = self.people.values().filter(|pair| pair.page).count();
        if let Some(pair) = self.people.get_mut(who) {
            pair.page = true;
        }
        if known >= MOST_PAGERS
            && let Some(other) = self.people.iter().find(|(w, p)| p.page && *w != who).map(|(w, _)| w.clone())
        {
            if let Some(pair) = self.people.get_mut(&other) {
                pair.page = false;
            }
            self.tidy(&other);
        }
    }

    /// No answer to our INVITE came in time.
    pub(super) fn gave_up(&mut self, id: CallId, who: &Address, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(pair) = self.people.get_mut(who) else { return };
        pair.calls.retain(|other| *other != id);
        if pair.calls.is_empty() {
            self.fail_waiting(who, &Fate::Failed { why: NO_ANSWER.to_owned() }, ua);
        }
        self.advance(who, calls, ua, now);
    }

    /// Somebody invited us and was accepted.
    pub(super) fn invited(&mut self, id: CallId, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(who) = calls.get(id).map(|call| call.peer.clone()) else { return };
        let pair = self.people.entry(who.clone()).or_default();
        for old in std::mem::take(&mut pair.calls) {
            let crossed = |call: &Call| call.ours && (!call.is_established() || call.since + CROSSING >= now);
            if calls.get(old).is_some_and(crossed) {
                pair.calls.push(old);
            } else {
                calls.close(old, ua, now);
            }
        }
        pair.calls.push(id);
        self.advance(&who, calls, ua, now);
    }

    /// A session becomes part of a conversation of several.
    pub(super) fn hand_over(&mut self, id: CallId, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(who) = calls.get(id).map(|call| call.peer.clone()) else { return };
        self.ended(id, &who, calls, ua, now);
    }

    /// A session is over, whoever ended it; texts that wait take another or a new one.
    pub(super) fn ended(&mut self, id: CallId, who: &Address, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(pair) = self.people.get_mut(who) else { return };
        pair.calls.retain(|other| *other != id);
        if pair.calls.is_empty() {
            self.keys.text_came(who, ua);
            self.keys.forget(who);
        }
        self.advance(who, calls, ua, now);
    }

    /// The answer to a text came.
    pub(super) fn answered(
        &mut self,
        id: CallId,
        (tag, to): (MessageRef, &Address),
        response: &Message,
        calls: &mut Calls,
        ua: &mut Ua,
        now: Instant,
    ) {
        let code = response.status().unwrap_or(0);
        calls.heard(id, response);
        let text = self.people.get_mut(to).and_then(|pair| pair.lane.landed(tag));
        let gone = dangles(id, code, calls, ua, now);
        if let Some(text) = text {
            match self.people.get_mut(to) {
                // The other side never saw it.
                Some(pair) if matches!(code, 480 | 481) && !text.again => pair.lane.put_back(text),
                _ => tell(tag, fates::of_text(response), ua),
            }
        }
        if gone {
            self.ended(id, to, calls, ua, now);
        }
        self.advance(to, calls, ua, now);
    }

    /// No answer to a text will come.
    pub(super) fn unanswered(
        &mut self,
        (tag, to): (MessageRef, &Address),
        why: Failure,
        calls: &mut Calls,
        ua: &mut Ua,
        now: Instant,
    ) {
        let Some(pair) = self.people.get_mut(to) else { return };
        if pair.lane.landed(tag).is_some() {
            tell(tag, fates::of_failure(why), ua);
        }
        self.advance(to, calls, ua, now);
    }

    /// The user is writing, or has stopped. Never makes a session.
    pub(super) fn typing(&mut self, to: &Address, active: bool, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(id) = self.people.get(to).and_then(|pair| voice(&pair.calls, calls)) else {
            self.keys.forget(to);
            return;
        };
        if calls.get(id).is_some_and(|call| call.deaf) {
            return;
        }
        if let Some(active) = self.keys.ours(to, active, now) {
            send_typing(id, active, calls, ua, now);
        }
    }

    /// An indication of ours was refused.
    pub(super) fn typing_refused(&mut self, id: CallId, code: u16, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        let Some(call) = calls.get_mut(id) else { return };
        let who = call.peer.clone();
        call.deaf = true;
        self.keys.forget(&who);
        if dangles(id, code, calls, ua, now) {
            self.ended(id, &who, calls, ua, now);
        }
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, calls: &mut Calls, ua: &mut Ua, now: Instant) {
        for to in self.keys.handle_timeout(ua, now) {
            if let Some(id) = self.people.get(&to).and_then(|pair| voice(&pair.calls, calls)) {
                send_typing(id, false, calls, ua, now);
            }
        }
        let busy = |pair: &Pair| pair.lane.flies() || pair.calls.len() > 1;
        let people: Vec<Address> = self.people.iter().filter(|(_, pair)| busy(pair)).map(|(who, _)| who.clone()).collect();
        for who in people {
            let Some(pair) = self.people.get_mut(&who) else { continue };
            for text in pair.lane.overdue(now) {
                tell(text.tag, fates::of_failure(Failure::Timeout), ua);
            }
            self.late.extend(pair.lane.newly_late(now));
            if let Some(id) = spare(&pair.calls, calls).filter(|(_, at)| *at <= now).map(|(id, _)| id) {
                pair.calls.retain(|other| *other != id);
                calls.close(id, ua, now);
            }
            self.advance(&who, calls, ua, now);
        }
    }

    /// When [`Pairs::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self, calls: &Calls) -> Option<Instant> {
        let lanes = self.people.values().filter_map(|pair| pair.lane.next_timeout());
        let spares = self.people.values().filter_map(|pair| spare(&pair.calls, calls)).map(|(_, at)| at);
        lanes.chain(spares).chain(self.keys.next_timeout()).min()
    }

    /// A text the next one may pass.
    pub(super) fn take_late(&mut self) -> Option<MessageRef> {
        self.late.pop_front()
    }

    /// Whether the answer to a text is awaited.
    pub(super) fn awaits(&self) -> bool {
        self.people.values().any(|pair| pair.lane.flies())
    }

    /// The link is gone. What was on its way is unconfirmed; what was not sent goes back to the
    /// outbox, which keeps it for the return.
    pub(super) fn reset(&mut self, ua: &mut Ua) {
        self.keys.stop(ua);
        self.late.clear();
        for mut pair in std::mem::take(&mut self.people).into_values() {
            for text in pair.lane.take_flying() {
                tell(text.tag, fates::of_failure(Failure::LinkDown), ua);
            }
            for text in pair.lane.take_waiting() {
                tell(text.tag, Fate::Queued, ua);
            }
        }
    }

    fn fail_waiting(&mut self, who: &Address, fate: &Fate, ua: &mut Ua) {
        let texts = self.people.get_mut(who).map(|pair| pair.lane.take_waiting()).unwrap_or_default();
        for text in texts {
            tell(text.tag, fate.clone(), ua);
        }
    }

    fn tidy(&mut self, who: &Address) {
        if self.people.get(who).is_some_and(Pair::is_empty) {
            self.people.remove(who);
        }
    }
}

/// The session to send on: the one with the lowest Call-ID of those that stand.
fn voice(ids: &[CallId], calls: &Calls) -> Option<CallId> {
    let standing = ids.iter().filter_map(|id| calls.get(*id).filter(|c| c.is_established()).map(|c| (c.call_id(), *id)));
    standing.min().map(|(_, id)| id)
}

/// The session that is not needed beside the one to send on, and when it may go.
fn spare(ids: &[CallId], calls: &Calls) -> Option<(CallId, Instant)> {
    let main = voice(ids, calls).filter(|_| ids.len() > 1)?;
    let others = ids.iter().filter(|id| **id != main);
    others.copied().find_map(|id| calls.get(id).filter(|c| c.is_established()).map(|c| (id, c.active + SPARE)))
}

/// Whether an answer says that the session is gone; then BYE was sent.
pub(super) fn dangles(id: CallId, code: u16, calls: &mut Calls, ua: &mut Ua, now: Instant) -> bool {
    let refusal = calls.get_mut(id).map(|call| call.machine.on_refusal(code, now));
    let gone = refusal == Some(OnRefusal::Bye);
    if gone {
        calls.send_bye(id, ua, now);
    }
    gone
}

/// Sends a text in a session.
pub(super) fn send_text(id: CallId, body: &Body, errand: Errand, calls: &mut Calls, ua: &mut Ua, now: Instant) -> bool {
    let Some(mut request) = calls.request(id, Method::Message, ua) else { return false };
    request.set_body(&body::content_type(body), body.text.clone().into_bytes());
    if let Some(call) = calls.get_mut(id) {
        call.active = now;
    }
    Calls::send(id, request, errand, ua, now)
}

/// Why a text cannot be sent for its length.
pub(super) fn too_long(body: &Body, ua: &Ua) -> Option<&'static str> {
    if body.text.len() > body::LONGEST_TEXT {
        Some("the message is too long; send it in parts of at most 32 kB")
    } else if !ua.reliable() && body.text.len() > LONGEST_IN_A_DATAGRAM {
        Some("the message is too long for a connection over UDP; send it in parts of at most 600 octets")
    } else {
        None
    }
}

fn send_typing(id: CallId, active: bool, calls: &mut Calls, ua: &mut Ua, now: Instant) {
    let Some(mut request) = calls.request(id, Method::Info, ua) else { return };
    let activity = if active { KeyboardActivity::Type } else { KeyboardActivity::Idle };
    request.set_body(keyboard::MEDIA_TYPE, keyboard::write(&activity).into_bytes());
    if let Some(call) = calls.get_mut(id) {
        call.active = now;
    }
    Calls::send(id, request, Errand::Typing, ua, now);
}

fn tell(tag: MessageRef, fate: Fate, ua: &mut Ua) {
    ua.emit(Event::Delivery { tag, fate });
}

/// INVITEs of both sides crossed if ours was answered no longer ago than this when theirs came.
const CROSSING: Duration = Duration::from_secs(2);
/// A second session with the same person goes after this long without a word.
const SPARE: Duration = Duration::from_secs(5);
/// People remembered to take no sessions.
const MOST_PAGERS: usize = 512;

/// RFC 3428 section 8 wants requests of at most 1300 octets; header fields take the rest.
const LONGEST_IN_A_DATAGRAM: usize = 600;
const NOT_SENT: &str = "the connection was lost before it was sent";
const TOO_MANY: &str = "too many conversations are open at once; close some and try again";
pub(super) const NO_ANSWER: &str = "the person's program did not answer, so nothing was sent; try again later";
