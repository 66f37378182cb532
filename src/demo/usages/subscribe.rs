//! SUBSCRIBE (RFC 6665 section 4.2.1; presence RFC 3856, winfo RFC 3857, lists RFC 4662 and 5367).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::Server;
use super::notify::entries_of;
use crate::demo::packages::{View, list_uri_of};
use crate::demo::server::Incoming;
use crate::demo::subscriptions::{Due, Entry, Route, SubscriptionId, Topic};
use crate::formats::winfo::Cause;
use crate::formats::{pidf, resource_lists, rlmi, winfo};
use crate::model::Address;
use crate::sip::dialog::{Dialog, DialogId, InDialog};
use crate::sip::endpoint::Flow;
use crate::sip::message::Message;

/// The package an Event header field names; empty without one.
pub(in crate::demo) fn package_name(request: &Message) -> String {
    let event = request.header("Event").unwrap_or_default();
    event.split(';').next().unwrap_or("").trim().to_owned()
}

impl Server {
    pub(in crate::demo) fn on_subscribe(&mut self, incoming: &Incoming, who: &Address, now: Instant) {
        let tag = incoming.request.to().ok().and_then(|to| to.tag());
        if let Some(tag) = tag {
            return self.on_resubscribe(incoming, who, &tag, now);
        }
        let (topic, expires) = match self.read_subscribe(&incoming.request, who) {
            Ok(wish) => wish,
            Err(refusal) => return self.reply(incoming.transaction, *refusal, now),
        };
        let local_tag = self.endpoint.tokens().tag();
        let Some(dialog) = Dialog::from_request(&incoming.request, &local_tag) else {
            return self.reply_code(incoming, 400, now);
        };
        let route = Route::Wire {
            flow: incoming.flow,
            dialog: Box::new(dialog),
            event: incoming.request.header("Event").unwrap_or_default(),
        };
        self.accept(incoming, &local_tag, expires, matches!(topic, Topic::List { .. }), now);
        let persons = topic.persons();
        let until = now + Duration::from_secs(expires.into());
        let id = self.subscriptions.open(who.clone(), route, topic, Some(until), now);
        if expires == 0 {
            return self.end_subscription(id, "timeout", Cause::Timeout, now);
        }
        for person in &persons {
            self.watchers_changed(person);
        }
    }

    /// What a new subscription is about, and the lifetime granted; else the refusal.
    fn read_subscribe(&self, request: &Message, who: &Address) -> Result<(Topic, u32), Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let limits = &self.config.limits;
        let package = package_name(request);
        if package != "presence" && package != "presence.winfo" {
            let mut response = refuse(489);
            response.headers.push("Allow-Events", self.allow_events());
            return Err(response);
        }
        let asked = request.expires().unwrap_or(limits.max_expires);
        if asked != 0 && asked < limits.min_expires {
            let mut response = refuse(423);
            response.headers.push("Min-Expires", limits.min_expires.to_string());
            return Err(response);
        }
        if request.name_addrs("Contact").is_empty() {
            return Err(refuse(400));
        }
        if self.subscriptions.count_of(who) >= limits.subscriptions_per_user {
            let mut response = refuse(503);
            response.headers.push("Retry-After", "60");
            return Err(response);
        }
        let topic = if package == "presence.winfo" {
            self.winfo_topic(request, who)?
        } else if request.headers.lists_token("Require", "recipient-list-subscribe") {
            self.adhoc_topic(request)?
        } else {
            self.presence_topic(request, who)?
        };
        let wanted = match topic {
            Topic::Person(_) => pidf::MEDIA_TYPE,
            Topic::List { .. } => rlmi::MEDIA_TYPE,
            Topic::Watchers { .. } => winfo::MEDIA_TYPE,
        };
        if !accepts(request, wanted) {
            return Err(refuse(406));
        }
        Ok((topic, asked.min(limits.max_expires)))
    }

    fn winfo_topic(&self, request: &Message, who: &Address) -> Result<Topic, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        match Address::parse(request.uri()) {
            // Only the user sees who watches the user (RFC 3857 section 4.4).
            Ok(user) if user == *who => Ok(Topic::Watchers { user, told: BTreeMap::new(), departed: BTreeMap::new() }),
            Ok(user) if self.accounts.has(&user) => Err(refuse(403)),
            _ => Err(refuse(404)),
        }
    }

    fn presence_topic(&self, request: &Message, who: &Address) -> Result<Topic, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let resource = Address::parse(request.uri()).map_err(|_| refuse(404))?;
        if self.owner_of_list(&resource).is_some_and(|owner| owner != *who) {
            return Err(refuse(403));
        }
        if let Some(entries) = self.list_of(who, &resource) {
            demand_eventlist(request)?;
            return Ok(Topic::List { uri: resource.as_str().to_owned(), entries, stored: true });
        }
        match self.view(who, &resource) {
            View::Shown(_) | View::Pending => Ok(Topic::Person(resource)),
            View::Rejected => Err(refuse(403)),
            View::NoResource => Err(refuse(404)),
        }
    }

    fn adhoc_topic(&self, request: &Message) -> Result<Topic, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let list = Address::parse(request.uri()).map_err(|_| refuse(404))?;
        if list.domain() != self.config.domain {
            return Err(refuse(404));
        }
        demand_eventlist(request)?;
        if request.content_type() != resource_lists::MEDIA_TYPE || request.headers.has("Content-Encoding") {
            let mut response = refuse(415);
            response.headers.push("Accept", resource_lists::MEDIA_TYPE);
            return Err(response);
        }
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
            entries.push(Entry {
                uri: entry.uri.clone(),
                address: Address::parse(&entry.uri).ok(),
                name: entry.display_name.clone(),
                changed: true,
            });
        }
        if entries.is_empty() {
            return Err(refuse(400));
        }
        Ok(Topic::List { uri: list.as_str().to_owned(), entries, stored: false })
    }

    /// Refresh and end (RFC 6665 section 4.2.1.2).
    fn on_resubscribe(&mut self, incoming: &Incoming, who: &Address, tag: &str, now: Instant) {
        let request = &incoming.request;
        let dialog = DialogId {
            call_id: request.call_id().unwrap_or_default(),
            local_tag: tag.to_owned(),
            remote_tag: request.from().ok().and_then(|f| f.tag()).unwrap_or_default(),
        };
        let found = self.subscriptions.by_dialog(&dialog);
        let found = found.filter(|id| self.subscriptions.of(*id).is_some_and(|s| s.watcher == *who));
        let Some(id) = found else { return self.reply_code(incoming, 481, now) };
        let limits = self.config.limits.clone();
        let asked = request.expires().unwrap_or(limits.max_expires);
        if asked != 0 && asked < limits.min_expires {
            let mut response = Message::response_to(request, 423);
            response.headers.push("Min-Expires", limits.min_expires.to_string());
            return self.reply(incoming.transaction, response, now);
        }
        let is_list = match self.take_resubscribe(id, incoming) {
            Ok(is_list) => is_list,
            Err(code) => return self.reply_code(incoming, code, now),
        };
        let expires = asked.min(limits.max_expires);
        self.accept(incoming, tag, expires, is_list, now);
        if expires == 0 {
            return self.end_subscription(id, "timeout", Cause::Timeout, now);
        }
        self.subscriptions.extend(id, now + Duration::from_secs(expires.into()));
        self.subscriptions.set_due(id, Due::Full);
    }

    fn take_resubscribe(&mut self, id: SubscriptionId, incoming: &Incoming) -> Result<bool, u16> {
        let request = &incoming.request;
        let Some(subscription) = self.subscriptions.of_mut(id) else { return Err(481) };
        if package_name(request) != subscription.topic.package() {
            return Err(489);
        }
        let is_list = matches!(subscription.topic, Topic::List { .. });
        // A list cannot be changed in its dialog (RFC 5367 section 5.1).
        if is_list && !request.body.is_empty() {
            return Err(415);
        }
        if let Route::Wire { flow, dialog, .. } = &mut subscription.route {
            if dialog.on_request(request) == InDialog::OutOfOrder {
                return Err(500);
            }
            *flow = incoming.flow;
        }
        Ok(is_list)
    }

    /// 200 with what a dialog needs.
    fn accept(&mut self, incoming: &Incoming, local_tag: &str, expires: u32, is_list: bool, now: Instant) {
        let mut response = Message::response_to(&incoming.request, 200);
        if let Ok(mut to) = incoming.request.to() {
            to.params.set("tag", Some(local_tag));
            response.headers.set("To", to.to_string());
        }
        for route in incoming.request.headers.get_all("Record-Route") {
            response.headers.push("Record-Route", route);
        }
        response.headers.push("Contact", self.own_contact(incoming.flow));
        response.headers.push("Expires", expires.to_string());
        if is_list {
            response.headers.push("Require", "eventlist");
        }
        self.reply(incoming.transaction, response, now);
    }

    /// Where requests in a dialog reach the server.
    pub(in crate::demo) fn own_contact(&self, flow: Flow) -> String {
        let info = self.endpoint.flow_info(flow);
        let (local, transport) = info.map_or((self.config.domain.as_str(), "TCP"), |i| (i.local.as_str(), i.transport));
        format!("<sip:{local};transport={}>", transport.to_ascii_lowercase())
    }

    /// The people of a stored list of a user: the roster, or one stored by XCAP.
    pub(in crate::demo) fn list_of(&self, user: &Address, list: &Address) -> Option<Vec<Entry>> {
        if self.owner_of_list(list).as_ref() == Some(user) {
            return self.accounts.of(user).map(|account| entries_of(account.roster()));
        }
        self.xcap.service(user, list)
    }

    /// Whose roster a list address stands for.
    fn owner_of_list(&self, list: &Address) -> Option<Address> {
        let user = list.user().strip_suffix("-contacts")?;
        let owner = Address::complete(user, Some(&self.config.domain)).ok()?;
        (self.accounts.has(&owner) && list_uri_of(user, &self.config.domain) == list.as_str()).then_some(owner)
    }
}

/// Without `eventlist` the subscriber would not understand the notifications (RFC 4662 section 4.4).
fn demand_eventlist(request: &Message) -> Result<(), Box<Message>> {
    if request.headers.lists_token("Supported", "eventlist") || request.headers.lists_token("Require", "eventlist") {
        return Ok(());
    }
    let mut response = Message::response_to(request, 421);
    response.headers.push("Require", "eventlist");
    Err(Box::new(response))
}

/// Whether a type may stand in notifications; without Accept the package's own may.
fn accepts(request: &Message, media_type: &str) -> bool {
    let accepted = request.headers.list("Accept");
    let main = media_type.split('/').next().unwrap_or("");
    accepted.is_empty()
        || accepted.iter().any(|a| {
            let a = a.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            a == media_type || a == "*/*" || a == format!("{main}/*")
        })
}
