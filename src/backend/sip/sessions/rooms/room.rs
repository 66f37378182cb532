//! One conversation of several people: who is in it, what is to be done, what was said.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use super::election::Election;
use crate::backend::sip::sessions::calls::{Call, CallId, Calls};
use crate::backend::sip::sessions::lane::Lane;
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, RoomEvent};
use crate::model::{Address, Fate, MessageRef, RoomId};

/// One conversation.
#[derive(Debug)]
pub(super) struct Room {
    /// Its name for the user.
    pub(super) id: RoomId,
    /// The Call-ID of all its sessions.
    pub(super) call_id: String,
    /// `Ms-Conversation-ID` of all its sessions.
    pub(super) conversation: u32,
    /// Who invites.
    pub(super) manager: Manager,
    /// Everybody but us.
    pub(super) members: BTreeMap<Address, Member>,
    /// We manage: whom to invite next.
    pub(super) queue: VecDeque<Asked>,
    /// We manage: who is being invited.
    pub(super) asking: Option<Asked>,
    /// To be invited as soon as somebody manages.
    pub(super) wanted: VecDeque<Address>,
    /// Asked of the manager.
    pub(super) referred: Vec<Referred>,
    /// A bid of ours.
    pub(super) election: Option<Election>,
    /// Another won; until then the word is awaited.
    pub(super) lost_until: Option<Instant>,
    /// Bids made since the last manager.
    pub(super) bids: u8,
    /// What was said, while its fate is open.
    pub(super) sayings: BTreeMap<MessageRef, Saying>,
    /// Somebody who is not on the contact list asked us in.
    pub(super) by_stranger: bool,
    /// We take part: whom others name is invited by us. Who is not on the contact list cannot bring that about.
    pub(super) entered: bool,
    /// The user has not been told of it yet.
    pub(super) hush: Option<Hush>,
}

/// A conversation we came into by somebody who had found us in a list: the one who really asked
/// us in is about to follow.
#[derive(Debug)]
pub(super) struct Hush {
    /// It is told then in any case.
    pub(super) until: Instant,
    /// Who came first.
    pub(super) by: Address,
    held: Vec<RoomEvent>,
}

impl Hush {
    pub(super) const fn new(by: Address, until: Instant) -> Self {
        Self { until, by, held: Vec::new() }
    }

    /// Whether anything was said that the user must be told.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }
}

/// Who invites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Manager {
    /// We.
    Us,
    /// Somebody else.
    Other(Address),
    /// The last one left.
    Unknown,
}

/// Somebody in a conversation.
#[derive(Debug)]
pub(super) struct Member {
    /// Texts to them.
    pub(super) lane: Lane,
    /// Their sessions with us; more than one after both sides invited at once.
    pub(super) calls: Vec<CallId>,
    /// Their device.
    pub(super) epid: Option<String>,
    /// How they stand.
    pub(super) standing: Standing,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Asked in by us, not there yet.
    Asked,
    /// There, as another said; the session is being made.
    Listed,
    /// There.
    In,
}

/// Somebody to be invited by us as manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whom.
    pub(super) who: Address,
    /// For whom: the session of the one who asked, and the word on it.
    pub(super) by: Option<(CallId, String)>,
}

/// Somebody we asked the manager to invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Referred {
    /// Whom.
    pub(super) who: Address,
    /// The session with the manager.
    pub(super) call: CallId,
    /// The outcome is awaited until then.
    pub(super) until: Instant,
}

impl Room {
    pub(super) fn new(id: RoomId, call_id: &str, conversation: u32, manager: Manager) -> Self {
        Self {
            id,
            call_id: call_id.to_owned(),
            conversation,
            manager,
            members: BTreeMap::new(),
            queue: VecDeque::new(),
            asking: None,
            wanted: VecDeque::new(),
            referred: Vec::new(),
            election: None,
            lost_until: None,
            bids: 0,
            sayings: BTreeMap::new(),
            by_stranger: false,
            entered: true,
            hush: None,
        }
    }

    /// Tells the user what happened; while the conversation itself is not told of, what was said
    /// is held back, and who came and went shows in the list of people later.
    pub(super) fn tell(&mut self, event: RoomEvent, ua: &mut Ua) {
        match &mut self.hush {
            None => ua.emit(Event::Room(event)),
            Some(hush) => {
                if matches!(event, RoomEvent::Text { .. }) && hush.held.len() < MOST_HELD {
                    hush.held.push(event);
                }
            }
        }
    }

    /// Tells the user of the conversation, and what was held back.
    pub(super) fn announce(&mut self, by: &Address, ua: &mut Ua) {
        let Some(hush) = self.hush.take() else { return };
        let others = self.members.keys().filter(|who| *who != by).cloned();
        let people = self.members.contains_key(by).then(|| by.clone()).into_iter().chain(others).collect();
        ua.emit(Event::Room(RoomEvent::Opened { room: self.id.clone(), people, by: Some(by.clone()) }));
        for event in hush.held {
            ua.emit(Event::Room(event));
        }
    }

    /// Somebody in it, who is added if need be.
    pub(super) fn member(&mut self, who: &Address, standing: Standing) -> &mut Member {
        self.members.entry(who.clone()).or_insert_with(|| Member {
            lane: Lane::default(),
            calls: Vec::new(),
            epid: None,
            standing,
        })
    }

    /// Whether one more would be too many; we count too.
    pub(super) fn is_full(&self) -> bool {
        self.members.len() + 1 >= MOST_PEOPLE
    }

    /// Whether nobody is in it or about to come.
    pub(super) fn is_empty(&self) -> bool {
        let gone = self.members.values().all(|member| !self.entered && member.calls.is_empty());
        gone && self.wanted.is_empty() && self.referred.is_empty()
    }

    /// The session to write to somebody: the one that stands longest.
    pub(super) fn voice(&self, who: &Address, calls: &Calls) -> Option<CallId> {
        let member = self.members.get(who)?;
        member.calls.iter().copied().find(|id| calls.get(*id).is_some_and(Call::is_established))
    }

    /// Everybody there is a session with.
    pub(super) fn present(&self, calls: &Calls) -> Vec<(Address, CallId)> {
        self.members.keys().filter_map(|who| Some((who.clone(), self.voice(who, calls)?))).collect()
    }

    /// Notes what became of a text for one person; the fate for all when it is the last.
    pub(super) fn settle(&mut self, tag: MessageRef, who: &Address, share: Share) -> Option<Fate> {
        let saying = self.sayings.get_mut(&tag)?;
        if !saying.open.remove(who) {
            return None;
        }
        match share {
            Share::Reached => {}
            Share::Missed(why) => saying.missed.push((who.clone(), why)),
            Share::Unsure(why) => saying.unsure.push((who.clone(), why)),
        }
        if !saying.open.is_empty() {
            return None;
        }
        self.sayings.remove(&tag).map(Saying::fate)
    }
}

/// What was said to everybody.
#[derive(Debug, Default)]
pub(super) struct Saying {
    /// Those of whom it is not known.
    open: BTreeSet<Address>,
    missed: Vec<(Address, String)>,
    unsure: Vec<(Address, String)>,
}

/// What became of a text for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Share {
    /// They have it.
    Reached,
    /// They have it not; why.
    Missed(String),
    /// They may have it; why it is not known.
    Unsure(String),
}

impl Share {
    /// The share that a fate in a talk of two would be.
    pub(super) fn of(fate: Fate) -> Self {
        match fate {
            Fate::Delivered | Fate::Stored => Self::Reached,
            Fate::Failed { why } => Self::Missed(why),
            Fate::Unconfirmed { why } => Self::Unsure(why),
            Fate::Queued | Fate::Sent => Self::Unsure("no answer came".to_owned()),
        }
    }
}

impl Saying {
    /// Nothing is known of any of these people yet.
    pub(super) fn to(open: BTreeSet<Address>) -> Self {
        Self { open, ..Self::default() }
    }

    fn fate(self) -> Fate {
        let Self { missed, unsure, .. } = self;
        if !missed.is_empty() {
            return Fate::Failed { why: format!("it did not reach {}", listed(&missed)) };
        }
        if !unsure.is_empty() {
            return Fate::Unconfirmed { why: format!("it may not have reached {}", listed(&unsure)) };
        }
        Fate::Delivered
    }
}

/// People with reasons, the first few by name.
fn listed(people: &[(Address, String)]) -> String {
    let named: Vec<String> = people.iter().take(NAMED).map(|(who, why)| format!("{}: {why}", who.short())).collect();
    let more = people.len().saturating_sub(NAMED);
    let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!("{}{rest}", named.join("; "))
}

/// Texts held back.
const MOST_HELD: usize = 100;
/// People named when a text did not reach them.
const NAMED: usize = 5;
/// People in a conversation, with us.
pub(super) const MOST_PEOPLE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: &str) -> Address {
        Address::parse(&format!("{name}@example.test")).unwrap()
    }

    fn room(names: &[&str]) -> Room {
        let mut room = Room::new(RoomId::new("r"), "call", 1, Manager::Us);
        let open = names.iter().map(|name| who(name)).collect();
        room.sayings.insert(MessageRef(1), Saying::to(open));
        room
    }

    #[test]
    fn one_fate_for_all() {
        let tag = MessageRef(1);
        let mut all = room(&["bob", "carol"]);
        assert_eq!(all.settle(tag, &who("bob"), Share::Reached), None);
        assert_eq!(all.settle(tag, &who("bob"), Share::Missed("twice".into())), None);
        assert_eq!(all.settle(tag, &who("carol"), Share::Reached), Some(Fate::Delivered));
        let mut unsure = room(&["bob", "carol"]);
        unsure.settle(tag, &who("bob"), Share::Unsure("no answer came in time".into()));
        let why = "it may not have reached bob@example.test: no answer came in time".to_owned();
        assert_eq!(unsure.settle(tag, &who("carol"), Share::Reached), Some(Fate::Unconfirmed { why }));
        let mut missed = room(&["bob", "carol", "dave"]);
        missed.settle(tag, &who("bob"), Share::Missed("gone".into()));
        missed.settle(tag, &who("carol"), Share::Unsure("late".into()));
        let why = "it did not reach bob@example.test: gone; dave@example.test: busy".to_owned();
        assert_eq!(missed.settle(tag, &who("dave"), Share::Missed("busy".into())), Some(Fate::Failed { why }));
        let names: Vec<String> = (0..8).map(|n| format!("p{n}")).collect();
        let mut many = room(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let fates: Vec<Fate> = names.iter().filter_map(|n| many.settle(tag, &who(n), Share::Missed("x".into()))).collect();
        let [fate] = &fates[..] else { panic!("{fates:?}") };
        assert!(matches!(fate, Fate::Failed { why } if why.ends_with("p4@example.test: x; and 3 more")));
    }
}
