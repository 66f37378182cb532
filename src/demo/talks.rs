//! The personas' own sessions: with whom they talk, and in which company.
//!
//! Bookkeeping only; `usages/talk.rs` sends and answers, `usages/room.rs` does what is particular
//! to conversations of several people.
//!
//! ```text
//!   persona calls ──► calling ──2xx──► up ──BYE, idle, link gone──► forgotten
//!   user calls ────────────────200───► up
//! ```
//!
//! In a conversation of several people everybody has a session with everybody, all with the same
//! Call-ID. Between two personas nothing goes over the wire: that both are in a [`Room`] is enough.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::sessions::{AttemptId, DialogKey};
use crate::model::Address;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::Flow;
use crate::sip::message::Message;

/// Names a [`Talk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TalkId(u64);

/// Something a persona does in a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Begins or stops to write.
    Keys(bool),
    /// Says something.
    Text {
        /// Its type, with how it looks.
        content_type: String,
        /// The words.
        text: String,
    },
}

/// How far a talk has come.
#[derive(Debug, Clone)]
pub enum Stage {
    /// The user's device rings.
    Calling(AttemptId),
    /// There is a dialog.
    Up {
        /// By this link.
        flow: Flow,
        /// The persona's side of it.
        dialog: Box<Dialog>,
    },
}

/// A session of a persona with a user.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Who of the house.
    pub persona: Address,
    /// With whom.
    pub user: Address,
    /// Call-ID; in company the same for everybody.
    pub call_id: String,
    /// How far it has come.
    pub stage: Stage,
    /// Part of a conversation of several people.
    pub is_room: bool,
    /// What is to be said once it is up.
    pub waiting: Vec<Piece>,
    /// The text that came with the INVITE: a client may send it once more.
    pub first: Option<Bytes>,
    /// Who asked for this user to be invited, and learns whether they came.
    pub referrer: Option<TalkId>,
    /// When something was said last.
    pub last: Instant,
}

/// Somebody in a conversation of several people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Who.
    pub who: Address,
    /// At which device.
    pub epid: Option<String>,
}

/// A conversation of several people as one persona in it sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Who may invite others; nobody after they have left.
    pub manager: Option<Address>,
    /// Everybody known to be in it, the persona included.
    pub people: Vec<Endpoint>,
    /// How many texts were heard: decides whose turn it is to answer.
    pub heard: u64,
}

/// Most people of a room that are remembered.
const MAX_PEOPLE: usize = 32;
/// Most things a persona keeps to say until a session is up.
const MAX_WAITING: usize = 8;

impl Room {
    /// Somebody is in the room.
    pub fn enter(&mut self, who: Address, epid: Option<String>) {
        if let Some(person) = self.people.iter_mut().find(|person| person.who == who) {
            person.epid = epid.or(person.epid.take());
        } else if self.people.len() < MAX_PEOPLE {
            self.people.push(Endpoint { who, epid });
        }
    }

    /// Somebody has left.
    pub fn leave(&mut self, who: &Address) {
        self.people.retain(|person| person.who != *who);
        if self.manager.as_ref() == Some(who) {
            self.manager = None;
        }
    }
}

impl Talk {
    /// Keeps something to be said later.
    pub fn keep(&mut self, piece: Piece) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push(piece);
        }
    }

    /// The link, once it is up.
    #[must_use]
    pub const fn flow(&self) -> Option<Flow> {
        match &self.stage {
            Stage::Up { flow, .. } => Some(*flow),
            Stage::Calling(_) => None,
        }
    }
}

/// All talks of all personas.
#[derive(Debug, Default)]
pub struct Talks {
    all: BTreeMap<TalkId, Talk>,
    dialogs: BTreeMap<DialogKey, TalkId>,
    rooms: BTreeMap<(String, Address), Room>,
    next: u64,
}

impl Talks {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is neither a talk nor a room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.dialogs.is_empty() && self.rooms.is_empty()
    }

    /// How many a user has.
    #[must_use]
    pub fn count_of(&self, user: &Address) -> usize {
        self.all.values().filter(|talk| talk.user == *user).count()
    }

    /// A name for the next talk.
    pub const fn fresh(&mut self) -> TalkId {
        self.next += 1;
        TalkId(self.next)
    }

    /// Begins a talk.
    pub fn insert(&mut self, id: TalkId, talk: Talk) {
        if let Stage::Up { dialog, .. } = &talk.stage {
            self.dialogs.insert(DialogKey::from(dialog.id()), id);
        }
        self.all.insert(id, talk);
    }

    /// One talk.
    #[must_use]
    pub fn of(&self, id: TalkId) -> Option<&Talk> {
        self.all.get(&id)
    }

    /// One talk, to change it.
    pub fn of_mut(&mut self, id: TalkId) -> Option<&mut Talk> {
        self.all.get_mut(&id)
    }

    /// The user accepted; `None` when the talk is over already.
    pub fn is_up(&mut self, id: TalkId, flow: Flow, dialog: Dialog) -> Option<Vec<Piece>> {
        let talk = self.all.get_mut(&id)?;
        self.dialogs.insert(DialogKey::from(dialog.id()), id);
        talk.stage = Stage::Up { flow, dialog: Box::new(dialog) };
        Some(std::mem::take(&mut talk.waiting))
    }

    /// Ends a talk. The room it was part of has one person less for that persona, and is gone
    /// with the last one.
    pub fn close(&mut self, id: TalkId) -> Option<Talk> {
        let talk = self.all.remove(&id)?;
        if let Stage::Up { dialog, .. } = &talk.stage {
            let key = DialogKey::from(dialog.id());
            if self.dialogs.get(&key) == Some(&id) {
                self.dialogs.remove(&key);
            }
        }
        let is_last_with = self.between(&talk.persona, &talk.user, &talk.call_id).is_none();
        let key = (talk.call_id.clone(), talk.persona.clone());
        if talk.is_room
            && is_last_with
            && let Some(room) = self.rooms.get_mut(&key)
        {
            room.leave(&talk.user);
            if self.in_room(&talk.call_id, &talk.persona).is_empty() {
                self.rooms.remove(&key);
            }
            // A persona who waits there to be called waits in vain.
            if !self.all.values().any(|other| other.call_id == talk.call_id) {
                self.rooms.retain(|(call_id, _), _| *call_id != talk.call_id);
            }
        }
        Some(talk)
    }

    /// The talk a request belongs to: link, user and both tags must be those of the dialog.
    #[must_use]
    pub fn of_request(&self, request: &Message, flow: Flow, who: &Address) -> Option<TalkId> {
        let id = *self.dialogs.get(&DialogKey::of(request)?)?;
        let talk = self.all.get(&id)?;
        let Stage::Up { flow: own, dialog } = &talk.stage else { return None };
        let speaks = request.from().ok()?.tag()? == dialog.id().remote_tag;
        (speaks && *own == flow && talk.user == *who).then_some(id)
    }

    /// The talk of two between a persona and a user that began last.
    #[must_use]
    pub fn of_two(&self, persona: &Address, user: &Address) -> Option<TalkId> {
        let is_it = |talk: &Talk| !talk.is_room && talk.persona == *persona && talk.user == *user;
        self.all.iter().rev().find(|(_, talk)| is_it(talk)).map(|(id, _)| *id)
    }

    /// The talk of a persona and a user under a Call-ID.
    #[must_use]
    pub fn between(&self, persona: &Address, user: &Address, call_id: &str) -> Option<TalkId> {
        let is_it = |talk: &Talk| talk.call_id == call_id && talk.persona == *persona && talk.user == *user;
        self.all.iter().find(|(_, talk)| is_it(talk)).map(|(id, _)| *id)
    }

    /// The talks of a persona in a room.
    #[must_use]
    pub fn in_room(&self, call_id: &str, persona: &Address) -> Vec<TalkId> {
        let is_it = |talk: &Talk| talk.is_room && talk.call_id == call_id && talk.persona == *persona;
        self.all.iter().filter(|(_, talk)| is_it(talk)).map(|(id, _)| *id).collect()
    }

    /// The talks that go by a link.
    #[must_use]
    pub fn on_flow(&self, flow: Flow) -> Vec<TalkId> {
        self.all.iter().filter(|(_, talk)| talk.flow() == Some(flow)).map(|(id, _)| *id).collect()
    }

    /// The talks of a persona.
    #[must_use]
    pub fn of_persona(&self, persona: &Address) -> Vec<TalkId> {
        self.all.iter().filter(|(_, talk)| talk.persona == *persona).map(|(id, _)| *id).collect()
    }

    /// A talk in which nothing was said for this long.
    #[must_use]
    pub fn idle(&self, since: Duration, now: Instant) -> Option<TalkId> {
        self.all.iter().find(|(_, talk)| talk.last + since <= now).map(|(id, _)| *id)
    }

    /// When [`Talks::idle`] has something next.
    #[must_use]
    pub fn next_timeout(&self, idle: Duration) -> Option<Instant> {
        self.all.values().map(|talk| talk.last + idle).min()
    }

    /// A room as a persona sees it.
    #[must_use]
    pub fn room(&self, call_id: &str, persona: &Address) -> Option<&Room> {
        self.rooms.get(&(call_id.to_owned(), persona.clone()))
    }

    /// A room as a persona sees it, to change it; the persona enters one that is not there.
    pub fn room_mut(&mut self, call_id: &str, persona: &Address) -> &mut Room {
        self.rooms.entry((call_id.to_owned(), persona.clone())).or_default()
    }

    /// A persona is in a room no longer.
    pub fn leave_room(&mut self, call_id: &str, persona: &Address) {
        self.rooms.remove(&(call_id.to_owned(), persona.clone()));
    }

    /// The rooms a persona is in.
    #[must_use]
    pub fn rooms_of(&self, persona: &Address) -> Vec<String> {
        self.rooms.keys().filter(|(_, who)| who == persona).map(|(call_id, _)| call_id.clone()).collect()
    }

    /// The personas who talk in a room, always in the same order.
    #[must_use]
    pub fn crowd(&self, call_id: &str) -> Vec<Address> {
        let who = self.rooms.keys().filter(|(id, _)| id == call_id).map(|(_, who)| who);
        who.filter(|who| !self.in_room(call_id, who).is_empty()).cloned().collect()
    }
}
