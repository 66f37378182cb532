//! The other end of the words of scripts: reads the events that another chinwag tells, and writes the acts
//! that it is to carry out.
//!
//! What is read of an event gives the same line again when it is written: that is all a program that
//! follows another one needs, and it is tested. What a line does not hold (the names of devices, say)
//! stays unknown.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::events;
use crate::app::look;
use crate::app::transfers::{FileStage, Progress, Transfer};
use crate::backend::{Command, Event, Found, GroupChange, NoticeLevel, RoomCommand, RoomEvent, Traffic};
use crate::model::{
    Access, AccessList, AccountId, Address, Availability, Body, Capabilities, Contact, Device, Dialect, Fate, FileId, Listing,
    MessageRef, Presence, Rights, RoomId, Roster, RosterHome, Sees, SignInPhase, Stamp, Subject, TextStyle, Transport,
    WaitReason, WatcherState,
};

/// An event that another chinwag told of one of its accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Of which.
    pub account: AccountId,
    /// What.
    pub event: Event,
    /// Our own note, where it is our own presence.
    pub note: Option<String>,
}

/// Reads an event; `None` for what is none that we know. A newer program may tell more than we understand.
#[must_use]
pub fn event(line: &Map<String, Value>) -> Option<Told> {
    let of = Of(line);
    let account = AccountId::new(of.text("account")?);
    let own = of.flag("self");
    let note = if own { Some(of.text("note").unwrap_or_default().to_owned()) } else { None };
    let event = match of.text("event")? {
        "phase" => of.phase()?,
        "capabilities" => Event::Capabilities(of.capabilities()?),
        "roster" => Event::RosterReset { roster: of.roster()?, home: RosterHome::Local },
        "access" => Event::AccessReset(of.access()?),
        "lists_confirmed" => Event::ListsConfirmed,
        "presence" if own => Event::OwnPresence(of.availability()?),
        "presence" => Event::Presence { who: of.address("who")?, now: of.presence()? },
        "message" => of.message()?,
        "typing" => Event::Typing { from: of.address("from")?, active: of.flag("active") },
        "delivery" => Event::Delivery { tag: MessageRef(line.get("id")?.as_u64()?), fate: of.fate()? },
        "watcher" => {
            let states = [WatcherState::Pending, WatcherState::Active, WatcherState::Terminated];
            let state = states.into_iter().find(|state| of.text("state") == Some(state.word()))?;
            Event::Watcher { who: of.address("who")?, name: of.owned("name"), state }
        }
        "notice" => {
            let levels = [NoticeLevel::Info, NoticeLevel::Warning, NoticeLevel::Error];
            let level = levels.into_iter().find(|level| of.text("level") == Some(level.word()))?;
            Event::Notice { level, code: lasting(of.text("code")?), text: of.owned("text")?, by: None }
        }
        "search" => Event::Search { words: of.owned("words")?, found: of.found()? },
        "own_name" => Event::OwnName(of.owned("name")?),
        "room" => Event::Room(of.room()?),
        "traffic" => Event::Traffic(of.traffic()),
        _ => return None,
    };
    Some(Told { account, event, note })
}

/// Reads how far a file is, and which it is; `None` where that is not told.
#[must_use]
pub fn file(line: &Map<String, Value>) -> Option<(AccountId, FileId, Transfer)> {
    let of = Of(line);
    let id: FileId = of.text("file")?.parse().ok()?;
    let done = line.get("done_bytes").and_then(Value::as_u64).unwrap_or(0);
    let stage = match of.text("state")? {
        "opening" => FileStage::Opening,
        "offered" => FileStage::Offered,
        "agreed" => FileStage::Agreeing,
        "moving" => {
            let left = line.get("left_s").and_then(Value::as_u64).map(Duration::from_secs);
            FileStage::Moving(Progress { done, rate: line.get("rate").and_then(Value::as_u64), left })
        }
        "checking" => FileStage::Checking,
        "doubtful" => FileStage::Doubtful,
        "done" => FileStage::Done { place: of.owned("path"), confirmed: of.flag("confirmed") },
        "ended" => FileStage::Ended { why: of.owned("why")? },
        _ => return None,
    };
    let reasons = line.get("reasons").and_then(Value::as_array).into_iter().flatten();
    let transfer = Transfer {
        peer: of.address(if id.is_sent() { "to" } else { "from" })?,
        name: of.owned("name")?,
        path: None,
        octets: line.get("size")?.as_u64()?,
        secret: of.flag("encrypted"),
        doubts: reasons.filter_map(Value::as_str).map(str::to_owned).collect(),
        blocked: of.text("verdict") == Some("block"),
        stage,
        warned: false,
    };
    Some((AccountId::new(of.text("account")?), id, transfer))
}

/// The line of an act that makes another chinwag carry out an order; `None` for orders it takes from
/// nobody else. Deliveries come back with the number of the message as `id`.
#[must_use]
pub fn act(account: &AccountId, order: &Command) -> Option<String> {
    let people = |people: &[Address]| people.iter().map(|who| who.as_str().to_owned()).collect::<Vec<_>>();
    let mut line = match order {
        Command::SendText { to, body, tag } => {
            json!({"do": "send", "to": to.as_str(), "text": body.text, "style": events::style(&body.style), "id": tag.0})
        }
        Command::Typing { to, active } => json!({"do": "typing", "to": to.as_str(), "active": active}),
        Command::SetPresence(own) => json!({"do": "presence", "availability": own.chosen.word(), "note": own.note}),
        Command::PutContact { address, name, groups } => {
            json!({"do": "add", "uri": address.as_str(), "name": name, "groups": groups})
        }
        Command::RemoveContact(who) => json!({"do": "remove", "uri": who.as_str()}),
        Command::Group(GroupChange::Add(name)) => json!({"do": "group", "act": "add", "name": name}),
        Command::Group(GroupChange::Rename { from, to }) => json!({"do": "group", "act": "rename", "name": from, "to": to}),
        Command::Group(GroupChange::Remove(name)) => json!({"do": "group", "act": "remove", "name": name}),
        Command::SetAccess { who, access } => json!({"do": access.word(), "uri": who.as_str()}),
        Command::Watch(who) => json!({"do": "watch", "people": people(who)}),
        Command::Look(who) => json!({"do": "watch", "people": people(who), "once": true}),
        Command::Search { words } => json!({"do": "search", "words": words}),
        Command::Room(RoomCommand::Open(who)) => json!({"do": "room_open", "people": people(who)}),
        Command::Room(RoomCommand::Invite { room, who }) => {
            json!({"do": "room_invite", "room": room.as_str(), "to": who.as_str()})
        }
        Command::Room(RoomCommand::Say { room, body, tag }) => {
            json!({"do": "room_send", "room": room.as_str(), "text": body.text, "style": events::style(&body.style), "id": tag.0})
        }
        Command::Room(RoomCommand::Leave(room)) => json!({"do": "room_leave", "room": room.as_str()}),
        Command::ConfirmLists => json!({"do": "confirm_lists"}),
        Command::ReportTraffic => json!({"do": "traffic"}),
        Command::SignIn
        | Command::SignOut
        | Command::RetryNow
        | Command::SetPassword(_)
        | Command::Release(_)
        | Command::Withdraw(_)
        | Command::Received(_)
        | Command::Declined(_)
        | Command::Obey(_)
        | Command::File(_)
        | Command::Room(RoomCommand::Enter(_))
        | Command::Attend => return None,
    };
    let fields = line.as_object_mut()?;
    fields.insert("account".to_owned(), Value::from(account.as_str()));
    // So a refusal can be told from what happens by itself.
    fields.entry("id").or_insert_with(|| Value::from("order"));
    Some(line.to_string())
}

/// Different words kept for the whole run, and the longest of them: a program that tells more is not ours.
const WORDS: usize = 256;
const LONGEST_WORD: usize = 64;

/// The same word, for as long as the program runs: the words of events are few.
fn lasting(word: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(word) {
        return known;
    }
    if kept.len() >= WORDS || word.len() > LONGEST_WORD {
        return "other";
    }
    let new: &'static str = Box::leak(word.to_owned().into_boxed_str());
    kept.insert(new);
    new
}

struct Of<'a>(&'a Map<String, Value>);

impl<'a> Of<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &'a Value> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    fn address(&self, name: &str) -> Option<Address> {
        Address::parse(self.text(name)?).ok()
    }

    fn addresses(&self, name: &str) -> Vec<Address> {
        self.list(name).filter_map(|one| Address::parse(one.as_str()?).ok()).collect()
    }

    fn stamp(&self, name: &str) -> Option<Stamp> {
        Stamp::parse_rfc3339(self.text(name)?)
    }

    fn availability(&self) -> Option<Availability> {
        Availability::from_word(self.text("availability")?)
    }

    fn phase(&self) -> Option<Event> {
        let why =
            || self.text("why").map(|why| WaitReason::Told { why: lasting(why), text: self.owned("text").unwrap_or_default() });
        let phase = match self.text("phase")? {
            "resolving" => SignInPhase::Resolving,
            "connecting" => SignInPhase::Connecting,
            "securing" => SignInPhase::Securing,
            "authenticating" => SignInPhase::Authenticating,
            "subscribing" => SignInPhase::Subscribing,
            "online" => SignInPhase::Online,
            "waiting" => {
                let retry_in = Duration::from_millis(self.number("retry_in_ms").unwrap_or_default());
                SignInPhase::Waiting { retry_in, why: why()? }
            }
            "offline" => SignInPhase::Offline { why: why() },
            _ => return None,
        };
        let ways = [Transport::Tls, Transport::Tcp, Transport::Udp];
        let transport = ways.into_iter().find(|way| self.text("transport") == Some(way.word()));
        Some(Event::Phase { phase, server: self.owned("server"), transport })
    }

    fn capabilities(&self) -> Option<Capabilities> {
        let dialects = [Dialect::Lcs, Dialect::Simple];
        Some(Capabilities {
            dialect: dialects.into_iter().find(|dialect| self.text("dialect") == Some(dialect.word()))?,
            batch: self.flag("batch"),
            benotify: self.flag("benotify"),
            piggyback: self.flag("piggyback"),
            autoextend: self.flag("autoextend"),
            keepalive: self.number("keepalive_s").map(Duration::from_secs),
            pongs: self.flag("pings_answered"),
            ping: lasting(self.text("ping")?),
            outbound: self.flag("outbound"),
            gruu: self.flag("gruu"),
            seen_at: self.text("seen_at").and_then(|at| at.parse().ok()),
            auth: lasting(self.text("auth")?),
            publish: self.flag("publish"),
            watchers: self.flag("watchers"),
            access_on_server: self.flag("access_on_server"),
            roster_home: if self.flag("roster_on_server") { RosterHome::Server } else { RosterHome::Local },
            sessions: self.flag("sessions"),
            directory: self.flag("directory"),
            signed: self.flag("signed"),
        })
    }

    fn roster(&self) -> Option<Roster> {
        let mut roster = Roster::default();
        for group in self.list("groups") {
            roster.add_group(group.as_str()?).ok()?;
        }
        for one in self.list("contacts") {
            let of = Of(one.as_object()?);
            roster.put(Contact {
                name: of.owned("name")?,
                groups: of.list("groups").filter_map(|group| group.as_str().map(str::to_owned)).collect(),
                subscribed: of.flag("subscribed"),
                ..Contact::new(of.address("uri")?)
            });
        }
        Some(roster)
    }

    fn access(&self) -> Option<AccessList> {
        let mut list = AccessList::default();
        for (name, access) in [("allow", Access::Allow), ("block", Access::Block)] {
            for who in self.addresses(name) {
                list.set(who, Some(access));
            }
        }
        for rule in self.list("rules") {
            let of = Of(rule.as_object()?);
            let all = [Sees::Allow, Sees::Deny, Sees::Prompt, Sees::PoliteBlock];
            let sees = all.into_iter().find(|sees| of.text("sees") == Some(sees.word()))?;
            let subject = of.owned("domain").map_or(Subject::Everybody, Subject::Domain);
            list.put(subject, Rights { sees, may_write: of.flag("may_write") });
        }
        Some(list)
    }

    fn presence(&self) -> Option<Presence> {
        /// More devices than anybody has.
        const DEVICES: usize = 1_000;
        let devices = usize::try_from(self.number("devices").unwrap_or_default()).unwrap_or(DEVICES);
        Some(Presence {
            availability: self.availability()?,
            note: self.owned("note"),
            devices: vec![Device::default(); devices.min(DEVICES)],
            since: self.stamp("since"),
            stale: self.flag("stale"),
            display_name: None,
        })
    }

    fn body(&self) -> Option<Body> {
        let mut style = TextStyle::default();
        if let Some(Value::Object(fields)) = self.0.get("style") {
            let of = Of(fields);
            style = TextStyle {
                bold: of.flag("bold"),
                italic: of.flag("italic"),
                underline: of.flag("underline"),
                strike: of.flag("strike"),
                right_to_left: of.flag("right_to_left"),
                colour: of.text("color").and_then(|name| look::colour(name).ok().flatten()),
            };
        }
        Some(Body { text: self.owned("text")?, style, content_type: self.owned("content_type")? })
    }

    fn message(&self) -> Option<Event> {
        let (id, from, body) = (self.owned("id")?, self.address("from")?, self.body()?);
        Some(match self.text("room") {
            Some(room) => Event::Room(RoomEvent::Text { room: RoomId::new(room), id, from, body }),
            None => Event::Text { id, from, body, sent: self.stamp("written"), delayed: self.flag("delayed") },
        })
    }

    fn fate(&self) -> Option<Fate> {
        let why = self.owned("why").unwrap_or_default();
        Some(match self.text("fate")? {
            "queued" => Fate::Queued,
            "sent" if self.flag("stored") => Fate::Stored,
            "sent" => Fate::Sent,
            "delivered" => Fate::Delivered,
            "failed" => Fate::Failed { why },
            "unconfirmed" => Fate::Unconfirmed { why },
            _ => return None,
        })
    }

    fn found(&self) -> Option<Result<Found, String>> {
        if let Some(why) = self.owned("error") {
            return Some(Err(why));
        }
        let mut people = Vec::new();
        for one in self.list("people") {
            let of = Of(one.as_object()?);
            people.push(Listing {
                address: of.address("uri")?,
                name: of.owned("name")?,
                mail: of.owned("mail")?,
                company: of.owned("company")?,
                country: of.owned("country")?,
            });
        }
        Some(Ok(Found { people, more: self.flag("more") }))
    }

    fn room(&self) -> Option<RoomEvent> {
        let room = RoomId::new(self.text("room")?);
        let why = self.owned("why");
        Some(match self.text("state")? {
            "opened" => RoomEvent::Opened { room, people: self.addresses("people"), by: self.address("by") },
            "joined" => RoomEvent::Joined { room, who: self.address("who")? },
            "left" => RoomEvent::Left { room, who: self.address("who")?, why },
            "closed" => RoomEvent::Closed { room, why },
            _ => return None,
        })
    }

    fn traffic(&self) -> Traffic {
        let counts = |name: &str| {
            let map = self.0.get(name).and_then(Value::as_object);
            map.into_iter().flatten().filter_map(|(word, count)| Some((word.clone(), count.as_u64()?)))
        };
        let count = |name| self.number(name).unwrap_or_default();
        Traffic {
            sip_out: count("sip_out"),
            sip_in: count("sip_in"),
            bytes_out: count("bytes_out"),
            bytes_in: count("bytes_in"),
            by_method: counts("by_method").collect(),
            faults: counts("faults").map(|(word, count)| (lasting(&word), count)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
