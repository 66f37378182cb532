//! The ids of a script: each comes back with what its act brought about.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::events::{self, JsonEvent};
use crate::app::AccountView;
use crate::backend::{Command, Event, RoomCommand, RoomEvent};
use crate::model::{Address, Fate, FileId, MessageRef, RoomId};

/// What became of an order of a script, told by the event it causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The roster.
    Roster,
    /// Who may see us.
    Access,
    /// That the server has all changes.
    Confirmed,
    /// Our own presence.
    Presence,
    /// The counters.
    Traffic,
    /// What the directory has for these words.
    Search(String),
    /// A conversation of several people that we begin.
    Room,
    /// Whether this person comes into that room.
    Guest(RoomId, Address),
    /// The end of that room.
    RoomEnd(RoomId),
}

impl Cause {
    /// Which event an order causes; `None` where nothing comes of it that could carry an id.
    #[must_use]
    pub fn of_order(order: &Command) -> Option<Self> {
        Some(match order {
            Command::PutContact { .. } | Command::RemoveContact(_) | Command::Group(_) => Self::Roster,
            Command::SetAccess { .. } => Self::Access,
            Command::ConfirmLists => Self::Confirmed,
            Command::SetPresence(_) => Self::Presence,
            Command::ReportTraffic => Self::Traffic,
            Command::Search { words } => Self::Search(words.clone()),
            Command::Room(RoomCommand::Open(_)) => Self::Room,
            Command::Room(RoomCommand::Invite { room, who }) => Self::Guest(room.clone(), who.clone()),
            Command::Room(RoomCommand::Leave(room)) => Self::RoomEnd(room.clone()),
            _ => return None,
        })
    }

    /// Which waiting order an event answers.
    #[must_use]
    pub fn of_event(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Search { words, .. } => Self::Search(words.clone()),
            Event::Room(RoomEvent::Opened { by: None, .. }) => Self::Room,
            Event::Room(RoomEvent::Joined { room, who } | RoomEvent::Left { room, who, .. }) => {
                Self::Guest(room.clone(), who.clone())
            }
            Event::Room(RoomEvent::Closed { room, .. }) => Self::RoomEnd(room.clone()),
            Event::RosterReset { .. } | Event::RosterChanged { .. } => Self::Roster,
            Event::AccessReset(_) => Self::Access,
            Event::ListsConfirmed => Self::Confirmed,
            Event::OwnPresence(_) => Self::Presence,
            Event::Traffic(_) => Self::Traffic,
            _ => return None,
        })
    }
}

/// Ids of orders that may wait for their event.
const MAX_WAITING: usize = 256;

/// The ids that wait.
#[derive(Debug, Default)]
pub struct Ids {
    messages: BTreeMap<MessageRef, Value>,
    waiting: VecDeque<(Cause, Value)>,
    files: BTreeMap<FileId, Value>,
}

impl Ids {
    /// The script's id for a message; comes back with its fates.
    pub fn name_message(&mut self, tag: MessageRef, id: Value) {
        self.messages.insert(tag, id);
    }

    /// The script's id for another order; comes back with the next event of its kind.
    pub fn name_cause(&mut self, cause: Cause, id: Option<Value>) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.extend(id.map(|id| (cause, id)));
    }

    /// The id of the oldest order that waits.
    pub fn oldest(&mut self) -> Option<Value> {
        self.waiting.pop_front().map(|(_, id)| id)
    }

    /// The script's id for a file that it offers; comes back with everything that is told of it.
    pub fn name_file(&mut self, file: FileId, id: Value) {
        self.files.insert(file, id);
    }

    /// The script's id for a file; `over`: nothing more will be told of it.
    pub fn of_file(&mut self, file: FileId, over: bool) -> Option<Value> {
        if over { self.files.remove(&file) } else { self.files.get(&file).cloned() }
    }

    /// Whether an event answers something that waits.
    #[must_use]
    pub fn answers(&self, event: &Event) -> bool {
        if let Event::Delivery { tag, .. } = event {
            return self.messages.contains_key(tag);
        }
        Cause::of_event(event).is_some_and(|cause| self.waiting.iter().any(|(waiting, _)| *waiting == cause))
    }

    /// Whether an order waits for its event; messages do not count.
    #[must_use]
    pub fn any_waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The line of a report, with its id where it answers an order; `None` for what has no line of its
    /// own.
    pub fn line(&mut self, base: JsonEvent, event: &Event, view: &AccountView) -> Option<JsonEvent> {
        if let Event::Delivery { tag, fate } = event {
            let id = self.messages.get(tag).cloned();
            if fate.is_final() && !matches!(fate, Fate::Stored) {
                self.messages.remove(tag);
            }
            return Some(events::delivery(base, *tag, id, fate));
        }
        let id = Cause::of_event(event).and_then(|cause| self.take(&cause));
        let line = events::of_report(base, event, &view.aor, &view.roster, &view.own.note)?.with_some("id", id);
        let request = matches!(event, Event::Text { from, .. } if view.is_stranger(from));
        Some(line.with_some("request", request.then_some(Value::Bool(true))))
    }

    fn take(&mut self, cause: &Cause) -> Option<Value> {
        let at = self.waiting.iter().position(|(waiting, _)| waiting == cause)?;
        self.waiting.remove(at).map(|(_, id)| id)
    }
}
