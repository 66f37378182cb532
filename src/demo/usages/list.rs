//! Lists in requests: `resource-lists` (RFC 5367) and the ad hoc lists of LCS (MS-SIP section 3.3),
//! which can be changed within their dialog.
//!
//! One address that is none spoils a list of LCS as a whole, with 400: so that server was seen to
//! do, and clients must find the offender by themselves.

use std::collections::BTreeSet;

use super::Server;
use crate::demo::subscriptions::{Due, Entry, ListKind, SubscriptionId, Topic};
use crate::formats::adrl::{self, Adhoc, Change};
use crate::formats::resource_lists;
use crate::model::Address;
use crate::sip::message::Message;

/// Longest address of LCS (MS-SIP section 10).
const MAX_URI: usize = 454;

/// What a list becomes.
pub(in crate::demo) struct ListWish {
    /// Everybody on it from now on.
    pub entries: Vec<Entry>,
    /// What is to be told then.
    pub due: Due,
}

impl Server {
    /// A list of RFC 5367.
    pub(super) fn adhoc_topic(&self, request: &Message) -> Result<Topic, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let list = Address::parse(request.uri()).map_err(|_| refuse(404))?;
        if list.domain() != self.config.domain {
            return Err(refuse(404));
        }
        demand_eventlist(request)?;
        demand_type(request, resource_lists::MEDIA_TYPE)?;
        let lists = resource_lists::read(&request.body).map_err(|_| refuse(400))?;
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        for entry in lists.iter().flat_map(resource_lists::List::everybody) {
            if !seen.insert(entry.uri.clone()) {
                continue;
            }
            if entries.len() >= self.config.limits.list_entries {
                return Err(refuse(413));
            }
            entries.push(Entry::new(&entry.uri, entry.display_name.clone()));
        }
        if entries.is_empty() {
            return Err(refuse(400));
        }
        Ok(Topic::List { uri: list.as_str().to_owned(), entries, kind: ListKind::Given })
    }

    /// A list of LCS.
    pub(super) fn batch_topic(&self, request: &Message, who: &Address) -> Result<Topic, Box<Message>> {
        demand_eventlist(request)?;
        let list = self.read_adrl(request)?;
        if list.change != Change::Create {
            return Err(Box::new(Message::response_to(request, 400)));
        }
        let entries = self.with_people(Vec::new(), &list.resources).ok_or_else(|| Message::response_to(request, 413))?;
        Ok(Topic::List { uri: who.as_str().to_owned(), entries, kind: ListKind::Batch })
    }

    /// What a SUBSCRIBE within a dialog makes of the dialog's list; nothing if it has no body.
    pub(super) fn read_list_change(&self, id: SubscriptionId, request: &Message) -> Result<Option<ListWish>, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let Some(Topic::List { entries, kind, .. }) = self.subscriptions.of(id).map(|s| &s.topic) else { return Ok(None) };
        if request.body.is_empty() {
            return Ok(None);
        }
        if *kind != ListKind::Batch {
            // A list of RFC 5367 cannot be changed in its dialog (section 5.1).
            return Err(refuse(415));
        }
        let list = self.read_adrl(request)?;
        let (entries, due) = match list.change {
            Change::Create => (self.with_people(Vec::new(), &list.resources), Due::Full),
            Change::Add => (self.with_people(entries.clone(), &list.resources), Due::Change),
            Change::Delete => {
                let gone: BTreeSet<Address> = list.resources.iter().filter_map(|uri| Address::parse(uri).ok()).collect();
                let stay = entries.iter().filter(|e| e.address.as_ref().is_none_or(|who| !gone.contains(who)));
                (Some(stay.cloned().collect()), Due::Nothing)
            }
        };
        let entries = entries.ok_or_else(|| refuse(413))?;
        let others =
            self.subscriptions.of(id).map_or(0, |s| self.subscriptions.load_of(&s.watcher).saturating_sub(s.topic.load()));
        if others + entries.len() > self.config.limits.watched_per_user {
            return Err(refuse(413));
        }
        Ok(Some(ListWish { entries, due }))
    }

    fn read_adrl(&self, request: &Message) -> Result<Adhoc, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        demand_type(request, adrl::MEDIA_TYPE)?;
        let list = adrl::read(&request.body).map_err(|_| refuse(400))?;
        if list.resources.iter().any(|uri| self.is_poison(uri)) {
            return Err(refuse(400));
        }
        Ok(list)
    }

    /// Whether an address spoils a list: it is none, or a test says so.
    fn is_poison(&self, uri: &str) -> bool {
        match Address::parse(uri) {
            Err(_) => true,
            Ok(address) => uri.len() > MAX_URI || self.config.poison.contains(&address),
        }
    }

    /// A list with more people, each once; `None` when it grows too long.
    fn with_people(&self, mut entries: Vec<Entry>, uris: &[String]) -> Option<Vec<Entry>> {
        let mut seen: BTreeSet<Address> = entries.iter().filter_map(|e| e.address.clone()).collect();
        for uri in uris {
            let entry = Entry::new(uri, None);
            if entry.address.as_ref().is_some_and(|who| seen.insert(who.clone())) {
                entries.push(entry);
            }
            if entries.len() > self.config.limits.list_entries {
                return None;
            }
        }
        Some(entries)
    }
}

/// Without `eventlist` the subscriber would not understand the notifications (RFC 4662 section 4.4).
pub(super) fn demand_eventlist(request: &Message) -> Result<(), Box<Message>> {
    if request.headers.lists_token("Supported", "eventlist") || request.headers.lists_token("Require", "eventlist") {
        return Ok(());
    }
    let mut response = Message::response_to(request, 421);
    response.headers.push("Require", "eventlist");
    Err(Box::new(response))
}

fn demand_type(request: &Message, media_type: &str) -> Result<(), Box<Message>> {
    if request.content_type().eq_ignore_ascii_case(media_type) && !request.headers.has("Content-Encoding") {
        return Ok(());
    }
    let mut response = Message::response_to(request, 415);
    response.headers.push("Accept", media_type);
    Err(Box::new(response))
}
