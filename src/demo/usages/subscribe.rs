//! SUBSCRIBE (RFC 6665 section 4.2.1; presence RFC 3856, winfo RFC 3857, lists RFC 4662 and 5367;
//! what LCS adds: MS-SIP sections 3.2 to 3.7).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Server;
use super::list::ListWish;
use crate::demo::features::Feature;
use crate::demo::packages::{View, list_uri_of};
use crate::demo::server::Incoming;
use crate::demo::subscriptions::{
    Due, Entry, Form, ListKind, NewSubscription, OwnPackage, Route, Subscription, SubscriptionId, Topic, Ways,
};
use crate::demo::usages::notify::entries_of;
use crate::formats::winfo::Cause;
use crate::formats::{msrtc, pidf, rlmi, winfo, xpidf};
use crate::model::Address;
use crate::sip::dialog::{Dialog, DialogId, InDialog};
use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, Method};

/// The package an Event header field names; empty without one.
pub(in crate::demo) fn package_name(request: &Message) -> String {
    let event = request.header("Event").unwrap_or_default();
    event.split(';').next().unwrap_or("").trim().to_owned()
}

/// Option tags of what LCS adds, and the features behind them.
const BENOTIFY: &str = "ms-benotify";
const PIGGYBACK: &str = "ms-piggyback-first-notify";
const AUTOEXTEND: &str = "com.microsoft.autoextend";

/// A new subscription that is permitted.
struct Wish {
    topic: Topic,
    form: Form,
    expires: u32,
}

impl Server {
    pub(in crate::demo) fn on_subscribe(&mut self, incoming: &Incoming, who: &Address, now: Instant) {
        let tag = incoming.request.to().ok().and_then(|to| to.tag());
        if let Some(tag) = tag {
            return self.on_resubscribe(incoming, who, &tag, now);
        }
        let Wish { topic, form, expires } = match self.read_subscribe(&incoming.request, who) {
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
        let persons = topic.persons();
        let new = NewSubscription {
            watcher: who.clone(),
            route,
            topic,
            form,
            ways: self.ways_of(&incoming.request, incoming.flow),
            granted: Some(Duration::from_secs(expires.into())),
        };
        let id = self.subscriptions.open(new, now);
        self.accept(incoming, &local_tag, id, expires, Due::Full, now);
        if expires == 0 {
            return;
        }
        for person in &persons {
            self.watchers_changed(person);
        }
    }

    /// What a new subscription is about, and the lifetime granted; else the refusal.
    fn read_subscribe(&self, request: &Message, who: &Address) -> Result<Wish, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let limits = &self.config.limits;
        let package = package_name(request);
        let own = OwnPackage::parse(&package).filter(|_| self.config.features.has(Feature::Lcs));
        if package != "presence" && package != "presence.winfo" && own.is_none() {
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
        let form = self.form_of(request);
        let topic = if let Some(package) = own {
            self.demand_own(request, who)?;
            Topic::Own { user: who.clone(), package, told: 0 }
        } else if package == "presence.winfo" {
            self.demand_own(request, who)?;
            Topic::Watchers { user: who.clone(), told: BTreeMap::new(), departed: BTreeMap::new() }
        } else if request.headers.lists_token("Require", "adhoclist") {
            self.demand_own(request, who)?;
            self.batch_topic(request, who)?
        } else if request.headers.lists_token("Require", "recipient-list-subscribe") {
            self.adhoc_topic(request)?
        } else {
            self.presence_topic(request, who, form)?
        };
        let form = wanted_form(request, &topic, form).ok_or_else(|| refuse(406))?;
        if self.subscriptions.load_of(who) + topic.load() > limits.watched_per_user {
            return Err(refuse(413));
        }
        Ok(Wish { topic, form, expires: asked.min(limits.max_expires) })
    }

    /// Only users themselves see their own affairs (RFC 3857 section 4.4).
    fn demand_own(&self, request: &Message, who: &Address) -> Result<(), Box<Message>> {
        let refuse = |code| Err(Box::new(Message::response_to(request, code)));
        match Address::parse(request.uri()) {
            Ok(user) if user == *who => Ok(()),
            Ok(user) if self.accounts.has(&user) => refuse(403),
            _ => refuse(404),
        }
    }

    fn presence_topic(&self, request: &Message, who: &Address, form: Option<Form>) -> Result<Topic, Box<Message>> {
        let refuse = |code| Box::new(Message::response_to(request, code));
        let resource = Address::parse(request.uri()).map_err(|_| refuse(404))?;
        if self.owner_of_list(&resource).is_some_and(|owner| owner != *who) {
            return Err(refuse(403));
        }
        if let Some(entries) = self.list_of(who, &resource) {
            super::list::demand_eventlist(request)?;
            return Ok(Topic::List { uri: resource.as_str().to_owned(), entries, kind: ListKind::Stored });
        }
        match self.view(who, &resource) {
            View::Open | View::Closed | View::Pending => Ok(Topic::Person { who: resource, told: None }),
            // Watchers of LCS are not refused: they are told nothing (MS-SIP section 3.2).
            View::Rejected if form.is_some_and(|form| form != Form::Pidf) => Ok(Topic::Person { who: resource, told: None }),
            View::Rejected => Err(refuse(403)),
            View::NoResource => Err(refuse(404)),
        }
    }

    /// Refresh, change and end (RFC 6665 section 4.2.1.2).
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
        let limits = &self.config.limits;
        let (most, least) = (limits.max_expires, limits.min_expires);
        let asked = request.expires().unwrap_or(most);
        if asked != 0 && asked < least {
            let mut response = Message::response_to(request, 423);
            response.headers.push("Min-Expires", least.to_string());
            return self.reply(incoming.transaction, response, now);
        }
        let list = match self.read_list_change(id, request) {
            Ok(list) => list,
            Err(refusal) => return self.reply(incoming.transaction, *refusal, now),
        };
        if let Err(code) = self.take_resubscribe(id, incoming, asked.min(most)) {
            return self.reply_code(incoming, code, now);
        }
        let expires = asked.min(most);
        let due = self.change_list(id, list);
        if expires != 0 {
            self.subscriptions.extend(id, now + Duration::from_secs(expires.into()));
        }
        self.accept(incoming, tag, id, expires, due, now);
    }

    fn take_resubscribe(&mut self, id: SubscriptionId, incoming: &Incoming, expires: u32) -> Result<(), u16> {
        let request = &incoming.request;
        let ways = self.ways_of(request, incoming.flow);
        let Some(subscription) = self.subscriptions.of_mut(id) else { return Err(481) };
        if !package_name(request).eq_ignore_ascii_case(subscription.topic.package()) {
            return Err(489);
        }
        if let Route::Wire { dialog, .. } = &mut subscription.route
            && dialog.on_request(request) == InDialog::OutOfOrder
        {
            return Err(500);
        }
        // Who ends a subscription has no wishes any more.
        if expires != 0 {
            subscription.ways = ways;
            subscription.granted = Duration::from_secs(expires.into());
        }
        self.subscriptions.moved(id, incoming.flow);
        Ok(())
    }

    /// 200 with what a dialog needs; with the state in it where that was agreed upon, else the
    /// state follows. A subscription for no time ends.
    fn accept(&mut self, incoming: &Incoming, local_tag: &str, id: SubscriptionId, expires: u32, due: Due, now: Instant) {
        let Some(mut subscription) = self.subscriptions.lend(id) else { return };
        let is_new = incoming.request.to().is_ok_and(|to| to.tag().is_none());
        let ways = subscription.ways;
        // Somebody who leaves need not hear once more what they know.
        let tells_now = ways.piggyback && (expires != 0 || is_new) && due != Due::Nothing;
        let notice = if tells_now { self.notice(&mut subscription, due == Due::Full) } else { None };
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
        if matches!(subscription.topic, Topic::List { .. }) {
            response.headers.push("Require", "eventlist");
        }
        if is_lcs(&subscription) {
            state_ways(&mut response, &incoming.request, ways, expires);
        }
        if let Some((content_type, body)) = notice.as_ref().and_then(|notice| notice.body.clone()) {
            if let Route::Wire { dialog, .. } = &mut subscription.route {
                let number = dialog.request(Method::Notify).cseq().map_or(1, |cseq| cseq.number);
                response.headers.push("ms-piggyback-cseq", number.to_string());
            }
            response.set_body(&content_type, body);
            subscription.last_sent = Some(now);
        }
        self.subscriptions.give_back(subscription);
        self.reply(incoming.transaction, response, now);
        if tells_now {
            self.subscriptions.set_told(id);
        }
        if notice.is_some_and(|notice| notice.more) {
            self.subscriptions.set_due(id, Due::Change);
        }
        match expires {
            0 if tells_now || (!is_new && (ways.benotify || ways.piggyback)) => self.forget_subscription(id, Cause::Timeout),
            0 => self.end_subscription(id, "timeout", Cause::Timeout, now),
            _ if !tells_now => self.subscriptions.set_due(id, due),
            _ => {}
        }
    }

    /// What is agreed upon: everything that is asked for and on.
    fn ways_of(&self, request: &Message, flow: Flow) -> Ways {
        let agreed = |feature, tag| self.config.features.has(feature) && request.headers.lists_token("Supported", tag);
        // What is lost on its way would be lost for good.
        let reliable = self.endpoint.flow_info(flow).is_some_and(|info| info.reliable);
        Ways {
            benotify: agreed(Feature::Benotify, BENOTIFY) && reliable,
            piggyback: agreed(Feature::Piggyback, PIGGYBACK),
            autoextend: agreed(Feature::Autoextend, AUTOEXTEND),
        }
    }

    /// The first type of document in Accept that the server can make; `None` if it says none.
    fn form_of(&self, request: &Message) -> Option<Form> {
        let lcs = self.config.features.has(Feature::Lcs);
        request.headers.list("Accept").iter().find_map(|text| {
            let media_type = text.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            match media_type.as_str() {
                pidf::MEDIA_TYPE | "*/*" | "application/*" => Some(Form::Pidf),
                msrtc::MEDIA_TYPE if lcs => Some(Form::Msrtc),
                xpidf::MEDIA_TYPE if lcs => Some(Form::Xpidf),
                _ => None,
            }
        })
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

    /// Gives a list other people, and says what is to be told then.
    fn change_list(&mut self, id: SubscriptionId, wish: Option<ListWish>) -> Due {
        let Some(wish) = wish else { return Due::Full };
        let before = self.subscriptions.of(id).map(|s| s.topic.persons()).unwrap_or_default();
        let due = wish.due;
        self.subscriptions.set_entries(id, wish.entries);
        let after = self.subscriptions.of(id).map(|s| s.topic.persons()).unwrap_or_default();
        for person in before.iter().chain(&after) {
            self.watchers_changed(person);
        }
        due
    }
}

/// The form a subscription gets; `None` where the client takes none that fits.
fn wanted_form(request: &Message, topic: &Topic, form: Option<Form>) -> Option<Form> {
    let silent = !request.headers.has("Accept");
    match topic {
        Topic::Person { .. } => form.or(silent.then_some(Form::Pidf)),
        Topic::List { kind: ListKind::Batch, .. } => accepts(request, rlmi::MEDIA_TYPE).then(|| form.unwrap_or(Form::Msrtc)),
        Topic::List { .. } => accepts(request, rlmi::MEDIA_TYPE).then(|| form.unwrap_or_default()),
        Topic::Watchers { .. } => accepts(request, winfo::MEDIA_TYPE).then(Form::default),
        Topic::Own { package, .. } => accepts(request, package.media_type()).then(Form::default),
    }
}

/// Whether a type may stand in notifications; without Accept the package's own may.
fn accepts(request: &Message, media_type: &str) -> bool {
    let accepted = request.headers.list("Accept");
    let main = media_type.split('/').next().unwrap_or("");
    accepted.is_empty()
        || accepted.iter().any(|a| {
            let a = a.split(';').next().unwrap_or("").trim();
            a.eq_ignore_ascii_case(media_type) || a == "*/*" || a.eq_ignore_ascii_case(&format!("{main}/*"))
        })
}

/// Whether the subscriber speaks the dialect of LCS.
fn is_lcs(subscription: &Subscription) -> bool {
    subscription.ways != Ways::default()
        || subscription.form != Form::Pidf
        || matches!(subscription.topic, Topic::Own { .. } | Topic::List { kind: ListKind::Batch, .. })
}

/// Says in the answer what was agreed upon, and how the subscription stands.
fn state_ways(response: &mut Message, request: &Message, ways: Ways, expires: u32) {
    response.headers.copy_from(&request.headers, "Event");
    let word = if expires == 0 { "terminated" } else { "active" };
    response.headers.push("subscription-state", format!("{word};expires={expires}"));
    for (tag, on) in [(AUTOEXTEND, ways.autoextend), (PIGGYBACK, ways.piggyback), (BENOTIFY, ways.benotify)] {
        if on {
            response.headers.push("Supported", tag);
        }
    }
}
