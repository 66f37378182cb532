//! What a connection is told: the state at the beginning, then what happens.

use std::collections::BTreeSet;

use super::client::Client;
use crate::app::{AccountView, App};
use crate::backend::Event;
use crate::model::{AccountId, Address, FileId, Presence, Stamp};
use crate::runtime::script::acts::{BadAct, Wish};
use crate::runtime::script::events::{self, JsonEvent};
use crate::runtime::script::ids::Ids;

/// Whose presence is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum People {
    /// Nobody's.
    #[default]
    Nobody,
    /// Theirs.
    These(BTreeSet<Address>),
    /// Everybody's.
    All,
}

impl People {
    /// Whether this one is among them.
    pub fn have(&self, who: &Address) -> bool {
        match self {
            Self::Nobody => false,
            Self::These(people) => people.contains(who),
            Self::All => true,
        }
    }
}

/// What of an account is told. Sign-in, notices and our own presence always are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Follow {
    /// How others are.
    pub presence: People,
    /// Messages that come, who writes, who watches us, rooms.
    pub messages: bool,
    /// The contact list and the access list.
    pub lists: bool,
}

impl Follow {
    /// Reads the act.
    pub fn read(wish: &Wish, domain: &str) -> Result<Self, BadAct> {
        let flag = |name: &str| match wish.field(name) {
            None => Ok(false),
            Some(value) => {
                value.as_bool().ok_or_else(|| wish.bad("bad_field", format!("follow: \"{name}\" must be true or false")))
            }
        };
        let presence = match wish.field("presence") {
            Some(serde_json::Value::Array(people)) => {
                let one = |one: &serde_json::Value| {
                    let text =
                        one.as_str().ok_or_else(|| "\"presence\" must be true, false or a list of addresses".to_owned())?;
                    Address::complete(text, Some(domain)).map_err(|error| error.to_string())
                };
                let people = people.iter().map(one).collect::<Result<_, _>>();
                People::These(people.map_err(|text| wish.bad("bad_field", format!("follow: {text}")))?)
            }
            _ if flag("presence")? => People::All,
            _ => People::Nobody,
        };
        Ok(Self { presence, messages: flag("messages")?, lists: flag("lists")? })
    }
}

/// What is known of what an account knows.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge {
    /// The server has told its contact list, if it keeps one.
    pub listed: bool,
    /// What is not known of people by now will not be known in a moment either.
    pub settled: bool,
}

/// Everything a new follower must know. Before sign-in that is not much: lists and people may be other than
/// they were.
pub fn state(client: &mut Client, id: &AccountId, view: &AccountView, follow: Follow, knows: Knowledge, wish: &Wish, at: Stamp) {
    let line = |name| JsonEvent::new(name, at, Some(id));
    let mut tell = |event: JsonEvent| client.tell(&event.line());
    tell(events::phase(line("phase"), &view.phase, view.server.as_deref(), view.transport));
    if let Some(able) = &view.capabilities {
        tell(events::capabilities(line("capabilities"), able));
    }
    if !view.listed_name.is_empty() {
        tell(line("own_name").with("name", view.listed_name.as_str()));
    }
    let shown = view.own_shown.unwrap_or_else(|| view.own.effective());
    tell(events::own_presence(line("presence"), &view.aor, shown, &view.own.note));
    if follow.lists && knows.listed {
        tell(events::roster(line("roster"), &view.roster));
        tell(events::access(line("access"), &view.access));
    }
    let known = view.roster.contacts().filter(|contact| view.is_online() && contact.presence != Presence::default());
    for contact in known.filter(|contact| follow.presence.have(&contact.address)) {
        tell(events::presence(line("presence"), &contact.address, &contact.presence));
    }
    tell(line("followed").with("settled", knows.settled).with_some("id", wish.id().cloned()));
    client.follows.insert(id.clone(), follow);
}

/// Tells every connection what happened, each what it asked for.
pub fn tell(clients: &mut [Client], id: &AccountId, view: &AccountView, event: &Event, at: Stamp) {
    let base = || JsonEvent::new(events::name_of(event), at, Some(id));
    // Most lines are the same for all.
    let mut same: Option<Option<String>> = None;
    for client in clients {
        if let Event::AllStale = event {
            if let Some(follow) = client.follows.get(id) {
                let people: Vec<_> = events::gone_stale(view).filter(|(who, _)| follow.presence.have(who)).collect();
                for (who, now) in people {
                    client.tell(&events::presence(JsonEvent::new("presence", at, Some(id)), who, &now).line());
                }
            }
            continue;
        }
        if !wants(client, id, event) {
            continue;
        }
        if let Some(ids) = client.ids.get_mut(id).filter(|ids| ids.answers(event)) {
            if let Some(line) = ids.line(base(), event, view) {
                client.tell(&line.line());
            }
        } else {
            let line = same.get_or_insert_with(|| Ids::default().line(base(), event, view).map(|line| line.line()));
            if let Some(line) = line {
                client.tell(line);
            }
        }
        if let Event::Delivery { tag, fate } = event
            && fate.is_final()
        {
            client.open.remove(tag);
        }
    }
}

/// Tells those who offered a file how far it is.
pub fn tell_file(clients: &mut [Client], app: &App, account: &AccountId, id: FileId, at: Stamp) {
    let key = (account.clone(), id);
    for client in clients.iter_mut().filter(|client| client.files.contains(&key)) {
        let Some((view, transfer)) = app.accounts.get(account).and_then(|view| Some((view, view.transfers.get(&id)?))) else {
            client.files.remove(&key);
            continue;
        };
        let over = transfer.is_over();
        let name = client.ids.get_mut(account).and_then(|ids| ids.of_file(id, over)).unwrap_or_else(|| id.to_string().into());
        let line = events::file(JsonEvent::new("file", at, Some(account)), &view.aor, id, transfer);
        client.tell(&line.with("id", name).line());
        if over {
            client.files.remove(&key);
        }
    }
}

fn wants(client: &Client, id: &AccountId, event: &Event) -> bool {
    let follow = client.follows.get(id);
    let asked = client.ids.get(id).is_some_and(|ids| ids.answers(event));
    match event {
        Event::Delivery { .. } | Event::ListsConfirmed | Event::Traffic(_) | Event::Search { .. } => asked,
        Event::Phase { .. } | Event::Capabilities(_) | Event::Notice { .. } | Event::OwnName(_) | Event::OwnPresence(_) => {
            asked || follow.is_some()
        }
        Event::RosterReset { .. } | Event::RosterChanged { .. } | Event::AccessReset(_) => {
            asked || follow.is_some_and(|follow| follow.lists)
        }
        Event::Presence { who, .. } => follow.is_some_and(|follow| follow.presence.have(who)),
        Event::Text { .. } | Event::Typing { .. } | Event::Watcher { .. } | Event::Room(_) => {
            asked || follow.is_some_and(|follow| follow.messages)
        }
        Event::File(_) | Event::AllStale | Event::Leaving(_) | Event::Home(_) | Event::Arranged(_) | Event::Refusals(_) => false,
    }
}
