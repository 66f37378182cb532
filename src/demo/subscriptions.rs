//! Who has asked to be told what (RFC 6665 section 4.2): the notifier's memory.
//!
//! ```text
//!   SUBSCRIBE ──► active ◄──── decision ───► pending         which of the two: seen anew at each
//!                   │ ▲                         │            notification, from the decisions
//!     notification  │ │ refresh                 │
//!                   ▼ │                         ▼
//!               told, waits ──── expiry, Expires: 0, refusal, link lost, NOTIFY failed ──► gone
//! ```
//!
//! Pure bookkeeping with indexes: by dialog, by person watched, by user whose own affairs it is
//! about, by end of lifetime. What a notification says is for [`super::packages`].
//!
//! What LCS adds (MS-SIP sections 3.3 to 3.7) is agreed upon with each SUBSCRIBE: [`Ways`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::formats::winfo::{Cause, Status};
use crate::model::Address;
use crate::sip::dialog::{Dialog, DialogId};
use crate::sip::endpoint::Flow;

/// Names a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(u64);

impl std::fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// One person on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The address as the list has it.
    pub uri: String,
    /// The same for comparing; `None` for what is no address.
    pub address: Option<Address>,
    /// The name the list has for the person.
    pub name: Option<String>,
    /// Not told yet.
    pub changed: bool,
    /// A mark of what was told last, to tell nothing twice.
    pub told: Option<u64>,
}

impl Entry {
    /// Somebody of whom nothing was told.
    #[must_use]
    pub fn new(uri: &str, name: Option<String>) -> Self {
        Self { uri: uri.to_owned(), address: Address::parse(uri).ok(), name, changed: true, told: None }
    }
}

/// Where a list comes from, and so how it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// It is the roster of its owner, or stands in a document, and follows it (RFC 4662).
    Stored,
    /// It stood in the request (RFC 5367).
    Given,
    /// It stood in the request, in the form of LCS, and can be changed in its dialog.
    Batch,
}

/// Something of a user's own that only they may ask for (MS-SIP section 3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnPackage {
    /// Contacts and groups.
    Contacts,
    /// The access list.
    Access,
    /// Who waits for a decision.
    Pending,
    /// What the administrator set up.
    Provisioning,
}

impl OwnPackage {
    const ALL: [Self; 4] = [Self::Contacts, Self::Access, Self::Pending, Self::Provisioning];

    /// The word in Event.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contacts => "vnd-microsoft-roaming-contacts",
            Self::Access => "vnd-microsoft-roaming-ACL",
            Self::Pending => "presence.wpending",
            Self::Provisioning => "vnd-microsoft-provisioning",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|package| package.word().eq_ignore_ascii_case(word))
    }
}

/// What subscriber and server have agreed upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ways {
    /// Notifications need no answer.
    pub benotify: bool,
    /// The first notification is in the answer to the SUBSCRIBE.
    pub piggyback: bool,
    /// Each notification restarts the lifetime.
    pub autoextend: bool,
}

/// The type of the documents about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// That of SIMPLE.
    #[default]
    Pidf,
    /// That of LCS.
    Msrtc,
    /// That of machines without a server.
    Xpidf,
}

/// What a subscription is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// One person's presence (RFC 3856).
    Person {
        /// Who.
        who: Address,
        /// A mark of what was told last.
        told: Option<u64>,
    },
    /// The presence of everybody on a list (RFC 4662, RFC 5367).
    List {
        /// The list's address.
        uri: String,
        /// Everybody on it.
        entries: Vec<Entry>,
        /// Where it comes from.
        kind: ListKind,
    },
    /// Something of the watcher's own.
    Own {
        /// Whose.
        user: Address,
        /// What.
        package: OwnPackage,
        /// The version told last, or a mark of what was told; 0 for nothing.
        told: u64,
    },
    /// Who watches a user (RFC 3857).
    Watchers {
        /// The user.
        user: Address,
        /// The rows told last.
        told: BTreeMap<String, (Address, Status)>,
        /// Why rows went, for those not told yet.
        departed: BTreeMap<String, Cause>,
    },
}

impl Topic {
    /// The Event header field's package.
    #[must_use]
    pub const fn package(&self) -> &'static str {
        match self {
            Self::Person { .. } | Self::List { .. } => "presence",
            Self::Watchers { .. } => "presence.winfo",
            Self::Own { package, .. } => package.word(),
        }
    }

    /// Whose presence it is about.
    pub fn persons(&self) -> Vec<Address> {
        match self {
            Self::Person { who, .. } => vec![who.clone()],
            Self::List { entries, .. } => entries.iter().filter_map(|e| e.address.clone()).collect(),
            Self::Watchers { .. } | Self::Own { .. } => Vec::new(),
        }
    }

    /// How many people it is about.
    #[must_use]
    pub const fn load(&self) -> usize {
        match self {
            Self::Person { .. } => 1,
            Self::List { entries, .. } => entries.len(),
            Self::Watchers { .. } | Self::Own { .. } => 0,
        }
    }

    /// Whose own affairs it is about.
    const fn own(&self) -> Option<&Address> {
        match self {
            Self::Watchers { user, .. } | Self::Own { user, .. } => Some(user),
            Self::Person { .. } | Self::List { .. } => None,
        }
    }
}

/// The way to the subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A client.
    Wire {
        /// Its link.
        flow: Flow,
        /// The dialog the SUBSCRIBE made.
        dialog: Box<Dialog>,
        /// Event as it was asked for, with its `id`.
        event: String,
    },
    /// A persona: watches, and needs no notification.
    Persona,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// What changed, no sooner than the interval permits.
    Change,
    /// Everything, at once: after every SUBSCRIBE.
    Full,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its name.
    pub id: SubscriptionId,
    /// Who is told.
    pub watcher: Address,
    /// How.
    pub route: Route,
    /// About what.
    pub topic: Topic,
    /// In which form.
    pub form: Form,
    /// What was agreed upon.
    pub ways: Ways,
    /// The lifetime granted last.
    pub granted: Duration,
    /// When it ends; `None` for personas.
    pub expires_at: Option<Instant>,
    /// When it began.
    pub since: Instant,
    /// What is to be told.
    pub due: Due,
    /// A notification is on its way: the next one waits.
    pub in_flight: bool,
    /// When the last notification went.
    pub last_sent: Option<Instant>,
    /// Number of the next document with a version.
    pub version: u32,
}

impl Subscription {
    /// When a notification may go; `None` while there is nothing to say or one is on its way.
    #[must_use]
    pub fn ready_at(&self, interval: Duration, now: Instant) -> Option<Instant> {
        match self.due {
            _ if self.in_flight => None,
            Due::Nothing => None,
            Due::Full => Some(now),
            // Changes of a user's own are few, and awaited.
            Due::Change if matches!(self.topic, Topic::Own { .. }) => Some(now),
            Due::Change => Some(self.last_sent.map_or(now, |sent| sent + interval)),
        }
    }
}

/// What a subscription begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscription {
    /// Who is told.
    pub watcher: Address,
    /// How.
    pub route: Route,
    /// About what.
    pub topic: Topic,
    /// In which form.
    pub form: Form,
    /// What was agreed upon.
    pub ways: Ways,
    /// For how long; `None` for personas.
    pub granted: Option<Duration>,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub struct Subscriptions {
    all: BTreeMap<SubscriptionId, Subscription>,
    by_dialog: BTreeMap<DialogId, SubscriptionId>,
    watching: BTreeMap<Address, BTreeSet<SubscriptionId>>,
    own: BTreeMap<Address, BTreeSet<SubscriptionId>>,
    by_watcher: BTreeMap<Address, BTreeSet<SubscriptionId>>,
    by_flow: BTreeMap<Flow, BTreeSet<SubscriptionId>>,
    counts: BTreeMap<Address, usize>,
    /// How many people each watcher's subscriptions are about, all together.
    loads: BTreeMap<Address, usize>,
    ends: BTreeSet<(Instant, SubscriptionId)>,
    due: BTreeSet<SubscriptionId>,
    next: u64,
}

impl Subscriptions {
    /// Takes a new subscription up; everything about it is due at once.
    pub fn open(&mut self, new: NewSubscription, now: Instant) -> SubscriptionId {
        let NewSubscription { watcher, route, topic, form, ways, granted } = new;
        let expires_at = granted.map(|granted| now + granted);
        let id = SubscriptionId(self.next);
        self.next += 1;
        if let Route::Wire { dialog, flow, .. } = &route {
            self.by_dialog.insert(dialog.id().clone(), id);
            self.by_flow.entry(*flow).or_default().insert(id);
        }
        self.by_watcher.entry(watcher.clone()).or_default().insert(id);
        for person in topic.persons() {
            self.watching.entry(person).or_default().insert(id);
        }
        if let Some(user) = topic.own() {
            self.own.entry(user.clone()).or_default().insert(id);
        }
        self.ends.extend(expires_at.map(|at| (at, id)));
        *self.counts.entry(watcher.clone()).or_default() += 1;
        *self.loads.entry(watcher.clone()).or_default() += topic.load();
        self.due.insert(id);
        let subscription = Subscription {
            id,
            watcher,
            route,
            topic,
            form,
            ways,
            granted: granted.unwrap_or_default(),
            expires_at,
            since: now,
            due: Due::Full,
            in_flight: false,
            last_sent: None,
            version: 0,
        };
        self.all.insert(id, subscription);
        id
    }

    /// Ends a subscription.
    pub fn close(&mut self, id: SubscriptionId) -> Option<Subscription> {
        let subscription = self.all.remove(&id)?;
        if let Route::Wire { dialog, flow, .. } = &subscription.route {
            self.by_dialog.remove(dialog.id());
            drop_from(&mut self.by_flow, flow, id);
        }
        drop_from(&mut self.by_watcher, &subscription.watcher, id);
        for person in subscription.topic.persons() {
            drop_from(&mut self.watching, &person, id);
        }
        if let Some(user) = subscription.topic.own() {
            drop_from(&mut self.own, user, id);
        }
        if let Some(at) = subscription.expires_at {
            self.ends.remove(&(at, id));
        }
        lower(&mut self.counts, &subscription.watcher, 1);
        lower(&mut self.loads, &subscription.watcher, subscription.topic.load());
        self.due.remove(&id);
        Some(subscription)
    }

    /// One subscription.
    #[must_use]
    pub fn of(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.all.get(&id)
    }

    /// One subscription, to be changed; not its link, its dialog's name, topic's persons or lifetime.
    pub fn of_mut(&mut self, id: SubscriptionId) -> Option<&mut Subscription> {
        self.all.get_mut(&id)
    }

    /// Takes a subscription in hand to speak for it; it must be given back at once. Its place in
    /// all lists is kept.
    pub fn lend(&mut self, id: SubscriptionId) -> Option<Subscription> {
        self.all.remove(&id)
    }

    /// Gives back what was lent.
    pub fn give_back(&mut self, subscription: Subscription) {
        self.all.insert(subscription.id, subscription);
    }

    /// The subscription of a dialog.
    #[must_use]
    pub fn by_dialog(&self, dialog: &DialogId) -> Option<SubscriptionId> {
        self.by_dialog.get(dialog).copied()
    }

    /// How many subscriptions a user has open.
    #[must_use]
    pub fn count_of(&self, watcher: &Address) -> usize {
        self.counts.get(watcher).copied().unwrap_or(0)
    }

    /// How many people a user's subscriptions are about, all together.
    #[must_use]
    pub fn load_of(&self, watcher: &Address) -> usize {
        self.loads.get(watcher).copied().unwrap_or(0)
    }

    /// Subscriptions to a person's presence, alone or in lists.
    #[must_use]
    pub fn watching(&self, who: &Address) -> Vec<SubscriptionId> {
        self.watching.get(who).into_iter().flatten().copied().collect()
    }

    /// Everybody who watches a person, each as often as they do.
    #[must_use]
    pub fn watchers_of(&self, who: &Address) -> Vec<Address> {
        let ids = self.watching.get(who).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id)).map(|s| s.watcher.clone()).collect()
    }

    /// Subscriptions to a user's own affairs: watchers, roster, access list.
    #[must_use]
    pub fn own_of(&self, user: &Address) -> Vec<SubscriptionId> {
        self.own.get(user).into_iter().flatten().copied().collect()
    }

    /// Subscriptions to stored lists of a user, with the address of the list.
    #[must_use]
    pub fn stored_lists_of(&self, user: &Address) -> Vec<(SubscriptionId, String)> {
        let own = self.by_watcher.get(user).into_iter().flatten();
        own.filter_map(|id| self.all.get(id))
            .filter_map(|s| match &s.topic {
                Topic::List { uri, kind: ListKind::Stored, .. } => Some((s.id, uri.clone())),
                Topic::List { .. } | Topic::Person { .. } | Topic::Watchers { .. } | Topic::Own { .. } => None,
            })
            .collect()
    }

    /// Gives a list other people.
    pub fn set_entries(&mut self, id: SubscriptionId, new: Vec<Entry>) {
        let Some(subscription) = self.all.get_mut(&id) else { return };
        let before = subscription.topic.persons();
        let Topic::List { entries, .. } = &mut subscription.topic else { return };
        lower(&mut self.loads, &subscription.watcher, entries.len());
        *self.loads.entry(subscription.watcher.clone()).or_default() += new.len();
        *entries = new;
        let after = subscription.topic.persons();
        for person in before {
            drop_from(&mut self.watching, &person, id);
        }
        for person in after {
            self.watching.entry(person).or_default().insert(id);
        }
    }

    /// Gives a subscription more time, or less.
    pub fn extend(&mut self, id: SubscriptionId, until: Instant) {
        let Some(subscription) = self.all.get_mut(&id) else { return };
        if let Some(at) = subscription.expires_at.replace(until) {
            self.ends.remove(&(at, id));
        }
        self.ends.insert((until, id));
    }

    /// A subscription is refreshed by this link, and told by it from now on.
    pub fn moved(&mut self, id: SubscriptionId, to: Flow) {
        let Some(Route::Wire { flow, .. }) = self.all.get_mut(&id).map(|s| &mut s.route) else { return };
        let before = std::mem::replace(flow, to);
        drop_from(&mut self.by_flow, &before, id);
        self.by_flow.entry(to).or_default().insert(id);
    }

    /// Something is to be told; the greater need counts.
    pub fn set_due(&mut self, id: SubscriptionId, due: Due) {
        if let Some(subscription) = self.all.get_mut(&id) {
            subscription.due = subscription.due.max(due);
            self.due.insert(id);
        }
    }

    /// Everything was told.
    pub fn set_told(&mut self, id: SubscriptionId) {
        if let Some(subscription) = self.all.get_mut(&id) {
            subscription.due = Due::Nothing;
        }
        self.due.remove(&id);
    }

    /// A subscription that has something to say and may say it now.
    #[must_use]
    pub fn next_ready(&self, interval: Duration, now: Instant) -> Option<SubscriptionId> {
        self.due
            .iter()
            .filter_map(|id| self.all.get(id))
            .find(|s| s.ready_at(interval, now).is_some_and(|at| at <= now))
            .map(|s| s.id)
    }

    /// A subscription that is out of time.
    #[must_use]
    pub fn next_ended(&self, now: Instant) -> Option<SubscriptionId> {
        self.ends.first().filter(|(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// Subscriptions of a link.
    #[must_use]
    pub fn on_flow(&self, flow: Flow) -> Vec<SubscriptionId> {
        self.by_flow.get(&flow).into_iter().flatten().copied().collect()
    }

    /// When something ends or may be told.
    #[must_use]
    pub fn next_timeout(&self, interval: Duration, now: Instant) -> Option<Instant> {
        let ready = self.due.iter().filter_map(|id| self.all.get(id)).filter_map(|s| s.ready_at(interval, now));
        ready.chain(self.ends.first().map(|(at, _)| *at)).min()
    }
}

fn lower(counts: &mut BTreeMap<Address, usize>, who: &Address, by: usize) {
    if let Some(count) = counts.get_mut(who) {
        *count = count.saturating_sub(by);
        if *count == 0 {
            counts.remove(who);
        }
    }
}

fn drop_from<K: Ord>(index: &mut BTreeMap<K, BTreeSet<SubscriptionId>>, key: &K, id: SubscriptionId) {
    if let Some(set) = index.get_mut(key) {
        set.remove(&id);
        if set.is_empty() {
            index.remove(key);
        }
    }
}
