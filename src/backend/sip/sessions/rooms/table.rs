//! All conversations of several people of an account, and the orders of the user about them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::room::{Asked, MOST_PEOPLE, Manager, Room, Saying, Share, Standing};
use crate::backend::sip::sessions::calls::{CallId, Calls};
use crate::backend::sip::sessions::gate::Gate;
use crate::backend::sip::sessions::lane::Text;
use crate::backend::sip::sessions::pairs::too_long;
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, Refused, RoomCommand, RoomEvent};
use crate::model::{AccessList, Address, Body, Fate, MessageRef, RoomId};
use crate::sip::auth::Algorithm;

/// What is needed to do anything in a room.
pub(in crate::backend::sip::sessions) struct Desk<'a> {
    pub(in crate::backend::sip::sessions) calls: &'a mut Calls,
    pub(in crate::backend::sip::sessions) ua: &'a mut Ua,
    pub(in crate::backend::sip::sessions) now: Instant,
}

impl Desk<'_> {
    pub(super) fn fate(&mut self, tag: MessageRef, fate: Fate) {
        self.ua.emit(Event::Delivery { tag, fate });
    }
}

/// All conversations.
#[derive(Debug, Default)]
pub(in crate::backend::sip::sessions) struct Rooms {
    pub(super) open: BTreeMap<RoomId, Room>,
    /// Names given, so that none is given twice; the oldest are forgotten.
    given: VecDeque<String>,
    /// How many invitations others ask us for.
    pub(super) gate: Gate,
}

impl Rooms {
    /// Carries out an order.
    pub(in crate::backend::sip::sessions) fn order(
        &mut self,
        order: RoomCommand,
        access: &AccessList,
        desk: &mut Desk<'_>,
    ) -> Result<(), Refused> {
        match order {
            RoomCommand::Open(people) => self.open(people, access, desk),
            RoomCommand::Invite { room, who } => self.invite(&room, &who, access, desk),
            RoomCommand::Say { room, body, tag } => self.say(&room, body, tag, desk),
            RoomCommand::Leave(room) => {
                let room = self.open.remove(&room).ok_or_else(unknown)?;
                over(room, None, "you left before it was sent", desk);
                Ok(())
            }
            RoomCommand::Enter(id) => {
                // It may be over by now, which is told already.
                if let Some(room) = self.open.get_mut(&id) {
                    room.enter(desk);
                }
                self.tidy(&id, desk);
                Ok(())
            }
        }
    }

    fn open(&mut self, people: Vec<Address>, access: &AccessList, desk: &mut Desk<'_>) -> Result<(), Refused> {
        let own = desk.ua.settings.aor.clone();
        let people: BTreeSet<Address> = people.into_iter().filter(|who| *who != own).collect();
        if people.is_empty() {
            return Err(Refused::Unknown("a conversation needs at least one other person".to_owned()));
        }
        if people.len() >= MOST_PEOPLE {
            return Err(Refused::Unknown(format!("a conversation can hold at most {MOST_PEOPLE} people")));
        }
        if let Some(blocked) = people.iter().find(|who| !access.may_write(who)) {
            return Err(blocked_by_us(blocked));
        }
        if self.is_full() {
            return Err(Refused::Unknown("too many conversations of several people are open; leave one first".to_owned()));
        }
        let call_id = desk.ua.tokens.call_id();
        let conversation = u32::try_from(desk.ua.tokens.below(1 << 31)).unwrap_or(1).max(1);
        let id = self.name(&call_id);
        let mut room = Room::new(id.clone(), &call_id, conversation, Manager::Us);
        room.tell(RoomEvent::Opened { room: id.clone(), people: people.iter().cloned().collect(), by: None }, desk.ua);
        for who in people {
            room.ask(Asked { who, by: None });
        }
        room.step(desk);
        self.open.insert(id.clone(), room);
        self.tidy(&id, desk);
        Ok(())
    }

    fn invite(&mut self, id: &RoomId, who: &Address, access: &AccessList, desk: &mut Desk<'_>) -> Result<(), Refused> {
        let room = self.open.get_mut(id).ok_or_else(unknown)?;
        let there = room.members.contains_key(who) || *who == desk.ua.settings.aor;
        if there || room.wanted.contains(who) || room.referred.iter().any(|r| r.who == *who) {
            return Err(Refused::Unknown(format!("{} is in this conversation already, or was asked in", who.short())));
        }
        if !access.may_write(who) {
            return Err(blocked_by_us(who));
        }
        if room.is_full() || room.wanted.len() + room.referred.len() >= MOST_PEOPLE {
            return Err(Refused::Unknown(format!("a conversation can hold at most {MOST_PEOPLE} people")));
        }
        room.enter(desk);
        room.want(who.clone(), desk);
        self.tidy(id, desk);
        Ok(())
    }

    fn say(&mut self, id: &RoomId, body: Body, tag: MessageRef, desk: &mut Desk<'_>) -> Result<(), Refused> {
        let room = self.open.get_mut(id).ok_or_else(unknown)?;
        if let Some(why) = too_long(&body, desk.ua) {
            desk.fate(tag, Fate::Failed { why: why.to_owned() });
            return Ok(());
        }
        if room.members.is_empty() {
            return Err(Refused::Unknown("nobody else is in this conversation".to_owned()));
        }
        if room.sayings.len() >= MOST_SAYINGS {
            return Err(Refused::Busy);
        }
        room.enter(desk);
        let body = Arc::new(body);
        let open = room.members.keys().cloned().collect();
        room.sayings.insert(tag, Saying::to(open));
        desk.fate(tag, Fate::Sent);
        let people: Vec<Address> = room.members.keys().cloned().collect();
        for who in people {
            let text = Text { tag, body: Arc::clone(&body), again: false };
            let fits = room.members.get_mut(&who).is_some_and(|member| member.lane.push(text));
            if fits {
                room.flush(&who, desk);
            } else {
                room.share(tag, &who, Share::Missed("too much waits for this person".to_owned()), desk.ua);
            }
        }
        self.tidy(id, desk);
        Ok(())
    }

    /// A name for a conversation, made from its Call-ID and never given before.
    pub(super) fn name(&mut self, call_id: &str) -> RoomId {
        let mut name = String::new();
        for round in 0..=MOST_NAMES as u64 {
            name = Algorithm::Sha256.hash(&[call_id.as_bytes(), &round.to_be_bytes()]);
            name.truncate(16);
            if !self.given.contains(&name) {
                break;
            }
        }
        if self.given.len() >= MOST_NAMES {
            self.given.pop_front();
        }
        self.given.push_back(name.clone());
        RoomId::new(&name)
    }

    /// Whether there is no room for another.
    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MOST_ROOMS
    }

    /// The conversation with a Call-ID.
    pub(super) fn with_call_id(&self, call_id: &str) -> Option<&RoomId> {
        self.open.values().find(|room| room.call_id == call_id).map(|room| &room.id)
    }

    /// A text came.
    pub(in crate::backend::sip::sessions) fn show(&mut self, id: &RoomId, text: RoomEvent, ua: &mut Ua) {
        if let Some(room) = self.open.get_mut(id) {
            room.tell(text, ua);
        }
    }

    /// Whether a conversation goes on.
    pub(in crate::backend::sip::sessions) fn has(&self, id: &RoomId) -> bool {
        self.open.contains_key(id)
    }

    /// Ends a conversation that everybody else has left.
    pub(super) fn tidy(&mut self, id: &RoomId, desk: &mut Desk<'_>) {
        if self.open.get(id).is_some_and(Room::is_empty)
            && let Some(room) = self.open.remove(id)
        {
            over(room, Some("nobody else is in this conversation any more"), "nobody was there", desk);
        }
    }

    /// The answer to a text for one person came, or will not come.
    pub(in crate::backend::sip::sessions) fn landed(
        &mut self,
        id: &RoomId,
        (tag, to): (MessageRef, &Address),
        landing: Landing,
        desk: &mut Desk<'_>,
    ) {
        let Some(room) = self.open.get_mut(id) else { return };
        let text = room.members.get_mut(to).and_then(|member| member.lane.landed(tag));
        let (call, fate) = match landing {
            Landing::Fate(fate) => (None, fate),
            Landing::NoSession { call, fate } => (Some(call), fate),
        };
        if let Some(call) = call {
            room.forget_call(to, call);
        }
        if let Some(text) = text {
            let other = call.and_then(|_| room.voice(to, desk.calls)).and(room.members.get_mut(to));
            match other {
                Some(member) if !text.again => member.lane.put_back(text),
                _ => room.share(tag, to, Share::of(fate), desk.ua),
            }
        }
        if call.is_some() {
            room.lost(to, "their program has forgotten the conversation", desk);
        }
        room.flush(to, desk);
        self.tidy(id, desk);
    }

    /// Takes note that time passed.
    pub(in crate::backend::sip::sessions) fn handle_timeout(&mut self, desk: &mut Desk<'_>) {
        let ids: Vec<RoomId> = self.open.keys().cloned().collect();
        for id in ids {
            if let Some(room) = self.open.get_mut(&id) {
                room.handle_timeout(desk);
            }
            self.tidy(&id, desk);
        }
    }

    /// When [`Rooms::handle_timeout`] is wanted next.
    pub(in crate::backend::sip::sessions) fn next_timeout(&self) -> Option<Instant> {
        self.open.values().filter_map(Room::next_timeout).min()
    }

    /// Whether the answer to a text is awaited.
    pub(in crate::backend::sip::sessions) fn awaits(&self) -> bool {
        self.open.values().any(|room| room.members.values().any(|member| member.lane.flies()))
    }

    /// Whether we are in a conversation of several people.
    pub(in crate::backend::sip::sessions) fn any(&self) -> bool {
        !self.open.is_empty()
    }

    /// We sign out.
    pub(in crate::backend::sip::sessions) fn leave_all(&mut self, desk: &mut Desk<'_>) {
        for room in std::mem::take(&mut self.open).into_values() {
            over(room, None, "you left before it was sent", desk);
        }
    }

    /// The link is gone, and every session with it.
    pub(in crate::backend::sip::sessions) fn reset(&mut self, ua: &mut Ua) {
        for mut room in std::mem::take(&mut self.open).into_values() {
            room.conclude(Some("the connection was lost"), "the connection was lost before it was sent", ua);
        }
    }
}

/// How a text for one person landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip::sessions) enum Landing {
    /// With this fate.
    Fate(Fate),
    /// The session is gone on the other side, so that it certainly did not arrive; or with this
    /// fate, if it cannot be sent again.
    NoSession {
        /// Which.
        call: CallId,
        /// That fate.
        fate: Fate,
    },
}

/// A conversation is over for us.
fn over(mut room: Room, why: Option<&str>, unsent: &str, desk: &mut Desk<'_>) {
    let calls: Vec<CallId> = room.members.values().flat_map(|member| member.calls.iter().copied()).collect();
    for call in calls {
        desk.calls.close(call, desk.ua, desk.now);
    }
    room.conclude(why, unsent, desk.ua);
}

fn unknown() -> Refused {
    Refused::Unknown("this conversation is over".to_owned())
}

fn blocked_by_us(who: &Address) -> Refused {
    Refused::Unknown(format!("you have blocked {}; allow them first", who.short()))
}

impl Room {
    /// What became of a text for one person.
    pub(super) fn share(&mut self, tag: MessageRef, who: &Address, share: Share, ua: &mut Ua) {
        if let Some(fate) = self.settle(tag, who, share) {
            ua.emit(Event::Delivery { tag, fate });
        }
    }

    /// It is over: texts get their fates, and the user is told.
    fn conclude(&mut self, why: Option<&str>, unsent: &str, ua: &mut Ua) {
        let people: Vec<Address> = self.members.keys().cloned().collect();
        for who in people {
            self.drop_texts(&who, unsent, ua);
        }
        match self.hush.as_ref().map(|hush| (hush.by.clone(), hush.holds())) {
            // Nobody was told of it, and nothing was said.
            Some((_, false)) => return,
            Some((by, true)) => self.announce(&by, ua),
            None => {}
        }
        ua.emit(Event::Room(RoomEvent::Closed { room: self.id.clone(), why: why.map(str::to_owned) }));
    }

    /// Texts to somebody who is no longer there get their fates.
    pub(super) fn drop_texts(&mut self, who: &Address, unsent: &str, ua: &mut Ua) {
        let Some(member) = self.members.get_mut(who) else { return };
        let (flying, waiting) = (member.lane.take_flying(), member.lane.take_waiting());
        for text in flying {
            let why = "the conversation ended before the answer came".to_owned();
            self.share(text.tag, who, Share::Unsure(why), ua);
        }
        for text in waiting {
            self.share(text.tag, who, Share::Missed(unsent.to_owned()), ua);
        }
    }

    /// Puts somebody on the list of those to be invited by us.
    pub(super) fn ask(&mut self, asked: Asked) {
        self.member(&asked.who, Standing::Asked);
        self.queue.push_back(asked);
    }
}

/// Conversations at once.
const MOST_ROOMS: usize = 32;
/// Texts of which the fate is open, for each conversation.
const MOST_SAYINGS: usize = 200;
/// Names remembered.
const MOST_NAMES: usize = 1024;
