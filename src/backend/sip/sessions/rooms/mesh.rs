//! The sessions of a conversation of several people: invitations out and in, and who has gone.

use std::time::{Duration, Instant};

use super::election::Election;
use super::names::{self, Place};
use super::room::{Asked, Hush, MOST_PEOPLE, Manager, Room, Share, Standing};
use super::table::{Desk, Rooms};
use crate::backend::RoomEvent;
use crate::backend::sip::fates;
use crate::backend::sip::sessions::calls::{Call, CallId, Errand, Invitation, MULTIPARTY, Owner};
use crate::backend::sip::sessions::pairs::send_text;
use crate::backend::sip::sessions::people::{People, same};
use crate::backend::sip::sessions::state::OnAnswer;
use crate::backend::sip::ua::Ua;
use crate::model::{Address, Fate, RoomId};
use crate::sip::endpoint::Failure;
use crate::sip::message::Message;

/// Where an INVITE leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip::sessions) enum Entry {
    /// To a talk of two.
    Pair,
    /// To a conversation we are in.
    Known(RoomId),
    /// To one that is new for us.
    New(RoomId),
    /// There are too many people in it.
    TooMany,
    /// We are in too many.
    Full,
}

impl Rooms {
    /// Where an INVITE leads: more than two names in `EndPoints`, or having been sent because of
    /// them, make it one to a conversation of several.
    pub(in crate::backend::sip::sessions) fn entry(
        &mut self,
        request: &Message,
        from: &Address,
        people: &People<'_>,
        ua: &Ua,
    ) -> Entry {
        let call_id = request.call_id().unwrap_or_default();
        let Some(places) = places(request, people, ua) else { return Entry::TooMany };
        if let Some(id) = self.with_call_id(&call_id).cloned() {
            let fits = self.open.get(&id).is_some_and(|room| room.members.contains_key(from) || !room.is_full());
            return if fits { Entry::Known(id) } else { Entry::TooMany };
        }
        if places.len() <= 2 && !names::is_triggered(request) {
            return Entry::Pair;
        }
        // Each may name dozens of people whom we are to invite, so strangers do not get at all the places.
        let by_strangers = self.open.values().filter(|room| room.by_stranger).count();
        if self.is_full() || (by_strangers >= MOST_BY_STRANGERS && !people.knows(from)) {
            return Entry::Full;
        }
        Entry::New(self.name(&call_id))
    }

    /// Somebody invited us to a conversation and was accepted; `pair` is the talk of two that
    /// becomes one of several by it.
    pub(in crate::backend::sip::sessions) fn invited(
        &mut self,
        id: &RoomId,
        call: CallId,
        request: &Message,
        pair: Option<CallId>,
        people: &People<'_>,
        desk: &mut Desk<'_>,
    ) {
        let Some((from, call_id)) = desk.calls.get(call).map(|c| (c.peer.clone(), c.call_id().to_owned())) else { return };
        let listed = self.listed(id, &from, request, people, desk);
        let new = !self.open.contains_key(id);
        let conversation = desk.calls.get(call).map_or(1, Call::conversation);
        let room = self.open.entry(id.clone()).or_insert_with(|| Room::new(id.clone(), &call_id, conversation, Manager::Unknown));
        let old = pair.and_then(|pair| room.adopt(pair, desk));
        if new {
            // By whom we were really asked in, a triggered INVITE does not say.
            let until = if names::is_triggered(request) && old.is_none() { desk.now + HUSH } else { desk.now };
            room.by_stranger = !people.knows(&from);
            room.entered = !room.by_stranger;
            room.hush = Some(Hush::new(old.unwrap_or_else(|| from.clone()), until));
            room.member(&from, Standing::Listed);
        }
        let named = names::manager(request);
        let mut there = std::iter::once(&from).chain(listed.iter().map(|place| &place.who));
        let manager = named.and_then(|named| there.find(|who| same(who, &named)).cloned());
        if let Some(manager) = manager.filter(|_| room.manager != Manager::Us) {
            room.managed_by(manager, desk);
        }
        room.came_in(&from, call, desk);
        for place in listed {
            if !room.members.contains_key(&place.who) && !room.is_full() {
                if !new {
                    room.tell(RoomEvent::Joined { room: id.clone(), who: place.who.clone() }, desk.ua);
                }
                room.member(&place.who, Standing::Listed).epid.clone_from(&place.epid);
                if room.entered {
                    room.trigger(&place.who, desk);
                }
            }
        }
        if people.knows(&from) {
            room.by_stranger = false;
            room.enter(desk);
        }
        if request.headers.has("Roster-Manager") && !new {
            room.announce(&from, desk.ua);
        }
        room.hush_due(desk);
        self.tidy(id, desk);
    }

    /// The other people named in an INVITE. Those we have blocked are not let in by it, which the
    /// user is told.
    fn listed(&self, id: &RoomId, from: &Address, request: &Message, people: &People<'_>, desk: &mut Desk<'_>) -> Vec<Place> {
        let mut places = places(request, people, desk.ua).unwrap_or_default();
        places.retain(|place| place.who != *from && place.who != desk.ua.settings.aor);
        let known = self.open.get(id);
        for place in places.iter().filter(|place| !people.may_write(&place.who)) {
            if known.is_none() {
                let who = place.who.short();
                let text = format!(
                    "{who}, whom you have blocked, is in the conversation that {} asked you into; neither of you will see what the other writes",
                    from.short()
                );
                desk.ua.notice_of(from, "blocked-in-room", text);
            }
        }
        places.retain(|place| people.may_write(&place.who));
        places
    }

    /// Takes the final answer to an INVITE of ours.
    pub(in crate::backend::sip::sessions) fn on_answer(
        &mut self,
        id: &RoomId,
        call: CallId,
        response: &Message,
        desk: &mut Desk<'_>,
    ) {
        let Some(who) = desk.calls.get(call).map(|c| c.peer.clone()) else { return };
        let answer = desk.calls.on_answer(call, response, desk.ua, desk.now);
        let Some(room) = self.open.get_mut(id) else {
            desk.calls.close(call, desk.ua, desk.now);
            return;
        };
        match answer {
            OnAnswer::Wait | OnAnswer::Decline => {}
            OnAnswer::Establish => room.came_in(&who, call, desk),
            OnAnswer::TryAgain(form) => {
                if !desk.calls.send_invite(call, form, desk.ua, desk.now) {
                    desk.calls.remove(call);
                    room.not_reached(&who, call, 480, "the connection was lost", desk);
                }
            }
            OnAnswer::Page | OnAnswer::Fail => {
                desk.calls.remove(call);
                let code = response.status().unwrap_or(500);
                let why = match (code, fates::of_refusal(response)) {
                    (405 | 415 | 420 | 488 | 501, _) => "their program does not know conversations of several people".to_owned(),
                    (_, Fate::Failed { why }) => why,
                    _ => "they could not be reached".to_owned(),
                };
                room.not_reached(&who, call, code, &why, desk);
            }
        }
        self.tidy(id, desk);
    }

    /// No answer to an INVITE of ours came.
    pub(in crate::backend::sip::sessions) fn gave_up(&mut self, id: &RoomId, call: CallId, who: &Address, desk: &mut Desk<'_>) {
        if let Some(room) = self.open.get_mut(id) {
            room.not_reached(who, call, 408, "their program did not answer", desk);
        }
        self.tidy(id, desk);
    }

    /// A session is over: somebody left, or `why`.
    pub(in crate::backend::sip::sessions) fn ended(
        &mut self,
        id: &RoomId,
        call: CallId,
        who: &Address,
        why: Option<&str>,
        desk: &mut Desk<'_>,
    ) {
        if let Some(room) = self.open.get_mut(id) {
            room.forget_call(who, call);
            let live = room.members.get(who).is_some_and(|member| !member.calls.is_empty());
            if !live {
                room.gone(who, why, "they left before it was sent", desk);
            }
        }
        self.tidy(id, desk);
    }
}

/// Conversations at a time into which people asked us who are not on the contact list.
const MOST_BY_STRANGERS: usize = 8;

/// The people in `EndPoints`, spelt as we know them; `None` when there are too many.
fn places(request: &Message, people: &People<'_>, ua: &Ua) -> Option<Vec<Place>> {
    let mut places = names::endpoints(request, MOST_PEOPLE)?;
    for place in &mut places {
        place.who = people.spelling(place.who.clone(), &ua.settings.aor);
    }
    places.dedup_by(|one, other| one.who == other.who);
    Some(places)
}

impl Room {
    /// Invites those who are to be invited, one after the other, if that is for us to do.
    pub(super) fn step(&mut self, desk: &mut Desk<'_>) {
        while self.manager == Manager::Us && self.asking.is_none() {
            let Some(next) = self.queue.pop_front() else { return };
            match self.members.get(&next.who).map(|member| member.standing) {
                Some(Standing::Asked) => {}
                there => {
                    super::refer::report(&next, if there.is_some() { 200 } else { 480 }, desk);
                    continue;
                }
            }
            let own = desk.ua.settings.aor.to_string();
            let mut extra = vec![
                ("Require", MULTIPARTY.to_owned()),
                ("Roster-Manager", own),
                ("EndPoints", names::write(&self.places(desk))),
            ];
            extra.extend(next.by.iter().map(|(_, word)| ("Referred-By", word.clone())));
            let who = next.who.clone();
            self.asking = Some(next);
            if !self.call(&who, extra, desk) {
                self.lost(&who, "too many conversations are open at once", desk);
            }
        }
    }

    /// Everybody, we first.
    fn places(&self, desk: &Desk<'_>) -> Vec<Place> {
        let own = Place { who: desk.ua.settings.aor.clone(), epid: desk.ua.epid() };
        let others = self.members.iter().map(|(who, member)| Place { who: who.clone(), epid: member.epid.clone() });
        std::iter::once(own).chain(others).collect()
    }

    /// We take part from now on: whom others named, and who has no session with us, is invited.
    pub(super) fn enter(&mut self, desk: &mut Desk<'_>) {
        if std::mem::replace(&mut self.entered, true) {
            return;
        }
        let named = self.members.iter().filter(|(_, member)| member.standing == Standing::Listed && member.calls.is_empty());
        let named: Vec<Address> = named.map(|(who, _)| who.clone()).collect();
        for who in named {
            self.trigger(&who, desk);
        }
    }

    /// Invites somebody because an INVITE named them.
    pub(super) fn trigger(&mut self, who: &Address, desk: &mut Desk<'_>) {
        let extra = vec![("TriggeredInvite", "TRUE".to_owned()), ("Require", MULTIPARTY.to_owned())];
        if !self.call(who, extra, desk) {
            self.lost(who, "too many conversations are open at once", desk);
        }
    }

    fn call(&mut self, who: &Address, extra: Vec<(&'static str, String)>, desk: &mut Desk<'_>) -> bool {
        let invitation = Invitation {
            peer: who.clone(),
            epid: self.members.get(who).and_then(|member| member.epid.clone()),
            owner: Owner::Room(self.id.clone()),
            call_id: Some(self.call_id.clone()),
            conversation: Some(self.conversation),
            extra,
            patience: PATIENCE,
        };
        let call = desk.calls.invite(invitation, desk.ua, desk.now);
        if let (Some(call), Some(member)) = (call, self.members.get_mut(who)) {
            member.calls.push(call);
        }
        call.is_some()
    }

    /// A talk of two becomes part of this; who it was with.
    fn adopt(&mut self, pair: CallId, desk: &mut Desk<'_>) -> Option<Address> {
        let call = desk.calls.get_mut(pair)?;
        call.owner = Owner::Room(self.id.clone());
        let (who, manager) = (call.peer.clone(), call.manager.clone());
        let epid = call.peer_epid();
        let member = self.member(&who, Standing::In);
        member.calls.push(pair);
        member.epid = epid;
        if manager.as_ref() == Some(&who) {
            self.manager = Manager::Other(who.clone());
        }
        Some(who)
    }

    /// There is a session with somebody now.
    pub(super) fn came_in(&mut self, who: &Address, call: CallId, desk: &mut Desk<'_>) {
        let (room, epid) = (self.id.clone(), desk.calls.get(call).and_then(Call::peer_epid));
        let known = self.members.contains_key(who);
        let member = self.member(who, Standing::Asked);
        if !member.calls.contains(&call) {
            member.calls.push(call);
        }
        // Somebody who invites us again and again has forgotten the first ones.
        let spare = member.calls.len().saturating_sub(MOST_SESSIONS);
        for old in member.calls.drain(..spare) {
            desk.calls.close(old, desk.ua, desk.now);
        }
        if epid.is_some() {
            member.epid = epid;
        }
        let before = std::mem::replace(&mut member.standing, Standing::In);
        if !known || before == Standing::Asked {
            self.tell(RoomEvent::Joined { room, who: who.clone() }, desk.ua);
        }
        self.wanted.retain(|wanted| wanted != who);
        self.referred.retain(|referred| referred.who != *who);
        self.asked(who, 200, desk);
        self.flush(who, desk);
        self.step(desk);
    }

    /// The invitation of somebody has come to its end.
    fn asked(&mut self, who: &Address, code: u16, desk: &mut Desk<'_>) {
        if self.asking.as_ref().is_some_and(|asking| asking.who == *who)
            && let Some(asked) = self.asking.take()
        {
            super::refer::report(&asked, code, desk);
        }
        let all = std::mem::take(&mut self.queue);
        let (done, queue): (Vec<Asked>, Vec<Asked>) = all.into_iter().partition(|asked| asked.who == *who);
        self.queue = queue.into();
        for asked in done {
            super::refer::report(&asked, code, desk);
        }
    }

    /// Sends what may leave to somebody.
    pub(super) fn flush(&mut self, who: &Address, desk: &mut Desk<'_>) {
        while let Some(call) = self.voice(who, desk.calls) {
            let Some(member) = self.members.get_mut(who) else { return };
            let Some(text) = member.lane.take_next(desk.ua.reliable(), desk.now) else { return };
            let errand = Errand::Text { tag: text.tag, to: who.clone(), room: Some(self.id.clone()) };
            if !send_text(call, &text.body, errand, desk.calls, desk.ua, desk.now) {
                member.lane.landed(text.tag);
                member.lane.put_back(text);
                return;
            }
        }
    }

    /// A session with somebody is no more.
    pub(super) fn forget_call(&mut self, who: &Address, call: CallId) {
        if let Some(member) = self.members.get_mut(who) {
            member.calls.retain(|other| *other != call);
        }
    }

    /// An INVITE of ours led to nothing.
    fn not_reached(&mut self, who: &Address, call: CallId, code: u16, why: &str, desk: &mut Desk<'_>) {
        self.forget_call(who, call);
        if self.members.get(who).is_some_and(|member| member.calls.is_empty()) {
            self.asked(who, code, desk);
            self.lost(who, why, desk);
        }
        self.step(desk);
    }

    /// Somebody cannot be reached, unless there is another session with them.
    pub(super) fn lost(&mut self, who: &Address, why: &str, desk: &mut Desk<'_>) {
        if self.members.get(who).is_some_and(|member| member.calls.is_empty()) {
            self.gone(who, Some(why), why, desk);
        }
    }

    /// Somebody is no longer there.
    pub(super) fn gone(&mut self, who: &Address, why: Option<&str>, unsent: &str, desk: &mut Desk<'_>) {
        if !self.members.contains_key(who) {
            return;
        }
        self.drop_texts(who, unsent, desk.ua);
        self.members.remove(who);
        self.asked(who, 480, desk);
        self.tell(RoomEvent::Left { room: self.id.clone(), who: who.clone(), why: why.map(str::to_owned) }, desk.ua);
        self.manager_gone(who, desk);
        self.step(desk);
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, desk: &mut Desk<'_>) {
        let people: Vec<Address> =
            self.members.iter().filter(|(_, member)| member.lane.flies()).map(|(who, _)| who.clone()).collect();
        for who in people {
            let overdue = self.members.get_mut(&who).map(|member| {
                while member.lane.newly_late(desk.now).is_some() {}
                member.lane.overdue(desk.now)
            });
            for text in overdue.unwrap_or_default() {
                self.share(text.tag, &who, Share::of(fates::of_failure(Failure::Timeout)), desk.ua);
            }
            self.flush(&who, desk);
        }
        self.referrals_due(desk);
        self.election_due(desk);
        self.hush_due(desk);
    }

    /// Tells the user of a conversation nobody else will explain any more.
    fn hush_due(&mut self, desk: &mut Desk<'_>) {
        if let Some(by) = self.hush.as_ref().filter(|hush| hush.until <= desk.now).map(|hush| hush.by.clone()) {
            self.announce(&by, desk.ua);
        }
    }

    /// When [`Room::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let lanes = self.members.values().filter_map(|member| member.lane.next_timeout());
        let referrals = self.referred.iter().map(|referred| referred.until);
        let election = self.election.as_ref().map(Election::deadline);
        let hush = self.hush.as_ref().map(|hush| hush.until);
        lanes.chain(referrals).chain(election).chain(self.lost_until).chain(hush).min()
    }
}

/// Sessions with one person of a conversation: one of ours and one of theirs, if both invited.
const MOST_SESSIONS: usize = 2;
/// Longest wait for the one who asked us in, when somebody who was asked in too was faster.
const HUSH: Duration = Duration::from_secs(2);
/// Longest wait for somebody to come in; programs answer by themselves.
const PATIENCE: Duration = Duration::from_secs(30);
