//! Who is watched, and by which subscriptions: few for whole lists where the server has lists, else
//! one for each person, started at a measured pace.
//!
//! The ways are tried in the order [`super::dialect::list_ways`] gives; [`super::subscription`]
//! keeps each dialog. People a list does not hold are subscribed to one by one. What is known of
//! people is told as it comes; what a lost subscription knew is told again as stale.

mod batches;
mod lists;
mod ourselves;
mod people;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use self::batches::Batches;
use super::dialect::{ListWay, list_ways};
use super::extensions::Extensions;
use super::list::ListTable;
use super::own::{OwnEvent, Told};
use super::subscription::{Form, Subscription, SubscriptionId, Turn};
use super::ua::Ua;
use super::watchers::Watchers;
use crate::backend::Event;
use crate::model::{Address, Presence};
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::{Message, Method};

/// All subscriptions of one account.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// People whose presence is wanted.
    wanted: BTreeSet<Address>,
    entries: BTreeMap<SubscriptionId, Entry>,
    people: BTreeMap<Address, SubscriptionId>,
    by_call: HashMap<String, SubscriptionId>,
    list: Option<(SubscriptionId, ListTable)>,
    batches: Batches,
    /// What subscriptions of this connection were seen to have.
    seen: Extensions,
    watchers: Watchers,
    ways: VecDeque<ListWay>,
    queue: VecDeque<SubscriptionId>,
    /// About ourselves, for the services.
    told: VecDeque<Told>,
    /// SUBSCRIBEs unanswered; subscriptions without first state.
    asking: BTreeSet<SubscriptionId>,
    waiting: BTreeSet<SubscriptionId>,
    timers: BTreeSet<(Instant, SubscriptionId)>,
    pace: Option<(Instant, u32)>,
    running: bool,
    /// The list on the server was tried again after it was stored there.
    retried: bool,
    /// The list is made by us and subscribed to once it is stored.
    own_list: bool,
    awaited: Awaited,
    /// What the dialogs have as our Contact.
    contact: String,
    /// Who watches us is asked for again then.
    look: Option<Instant>,
    next_id: u64,
    /// Refusals of the whole package one after the other, without a success.
    deaf: u32,
}

#[derive(Debug)]
struct Entry {
    subscription: Subscription,
    of: Of,
    call_id: String,
    timer: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Of {
    Person { who: Address, last: Option<Presence> },
    List,
    Batch,
    Watchers,
    Own(OwnEvent),
}

/// What must be known before people are asked for: the list of our own making, to be on the
/// server, or the contacts the server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Awaited {
    /// It is there, it failed, or there is none.
    #[default]
    No,
    /// There is nobody to be on it yet.
    Empty,
    /// People wait for it until then.
    Until(Instant),
    /// The server's contacts are waited for until then.
    Contacts(Instant),
}

impl Subscriptions {
    /// No subscription yet; `own_list`: the list is made by us and not subscribed to before
    /// [`Subscriptions::list_stored`] or [`Subscriptions::no_list`].
    pub(super) fn new(own_list: bool) -> Self {
        Self { own_list, ..Self::default() }
    }

    /// Wants a person's presence.
    pub(super) fn want(&mut self, who: &Address, ua: &mut Ua, now: Instant) {
        if !self.wanted.insert(who.clone()) || !self.running {
            return;
        }
        if let Some(known) = self.list.as_ref().and_then(|(_, table)| table.known(who)) {
            let now = known.clone();
            ua.emit(Event::Presence { who: who.clone(), now });
            return;
        }
        if self.awaited != Awaited::No {
            self.await_list(now);
            return;
        }
        if self.has_batches() {
            if let Some(now) = self.batches.known(who).cloned() {
                ua.emit(Event::Presence { who: who.clone(), now });
            }
            self.batches.stir();
            return;
        }
        match &self.list {
            // The list's first state will tell whether it holds this person.
            Some((_, table)) if !table.is_told() => return,
            // The first person wanted: only now is there something to ask a list for.
            None if self.wanted.len() == 1 && self.ways.len() > 1 => {
                self.try_way(ua, now);
                return;
            }
            Some(_) | None => {}
        }
        self.add_person(who.clone());
        self.run_queue(ua, now);
    }

    /// Does not want a person's presence any more.
    pub(super) fn unwant(&mut self, who: &Address, ua: &mut Ua, now: Instant) {
        self.wanted.remove(who);
        self.batches.forget(who);
        // We ourselves are watched in any case, where our own document is of use.
        if (*who != ua.settings.aor || !ua.traits.set_presence)
            && let Some(id) = self.people.remove(who)
        {
            self.drop_entry(id, ua, now);
        }
    }

    /// Does not want a person's presence after the next sign-in.
    pub(super) fn forget(&mut self, who: &Address) {
        self.wanted.remove(who);
    }

    /// The registrar accepted us on a new link: asks for everything wanted.
    pub(super) fn start(&mut self, ua: &mut Ua, now: Instant) {
        self.clear();
        self.running = true;
        self.contact = ua.dialog_contact();
        self.deaf = 0;
        self.ways = list_ways(&ua.settings, &ua.traits).into();
        let own = ua.settings.aor.clone();
        let offered = |event: &OwnEvent| ua.traits.set_presence && ua.traits.offers(event.package());
        for event in OwnEvent::ALL.into_iter().filter(offered).collect::<Vec<_>>() {
            let id = self.add(own.as_str(), Form::Own(event), Of::Own(event));
            self.begin(id, ua, now);
        }
        // Where presence is told by SERVICE, who waits for us to decide is told by `wpending`.
        let pending = ua.traits.offers(OwnEvent::Pending.package());
        if !ua.traits.set_presence || (ua.traits.offers("presence.winfo") && !pending) {
            let id = self.add(own.as_str(), Form::Watchers, Of::Watchers);
            self.begin(id, ua, now);
        }
        if ua.traits.set_presence && ua.traits.offers(OwnEvent::Contacts.package()) {
            self.awaited = Awaited::Contacts(now + LIST_WAIT);
        } else if self.own_list && self.ways.front() != Some(&ListWay::Batch) {
            self.awaited = Awaited::Empty;
            if !self.wanted.is_empty() {
                self.await_list(now);
            }
        } else {
            self.try_way(ua, now);
        }
    }

    /// The binding was refreshed: where it gave us another Contact, all dialogs learn of it, as fast as the pace
    /// of new ones allows (RFC 6665 section 4.1.2.2).
    pub(super) fn tell_contact(&mut self, ua: &Ua, now: Instant) {
        let contact = ua.dialog_contact();
        if !self.running || self.contact == contact {
            return;
        }
        self.contact = contact;
        let step = WINDOW / ua.settings.subscribe_rate.max(1);
        let ids: Vec<SubscriptionId> = self.entries.keys().copied().collect();
        for (id, turn) in ids.into_iter().zip(0..) {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.subscription.hasten(now + step * turn);
            }
            self.touch(id);
        }
    }

    fn await_list(&mut self, now: Instant) {
        if self.awaited == Awaited::Empty {
            self.awaited = Awaited::Until(now + LIST_WAIT);
        }
    }

    /// The list of our own making cannot be had, or not soon: people are asked for one by one.
    pub(super) fn no_list(&mut self, ua: &mut Ua, now: Instant) {
        if std::mem::take(&mut self.awaited) != Awaited::No {
            self.ways = [ListWay::Singles].into();
            self.try_way(ua, now);
        }
    }

    /// The link is gone: every dialog is void.
    pub(super) fn stop(&mut self) {
        self.clear();
        self.running = false;
    }

    /// Ends all subscriptions, as far as good-bye can be said to so many.
    pub(super) fn leave(&mut self, ua: &mut Ua, now: Instant) {
        let ids: Vec<SubscriptionId> = self.entries.keys().copied().take(MOST_FAREWELLS).collect();
        for id in ids {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.subscription.stop(ua, now);
            }
            self.touch(id);
        }
        self.queue.clear();
        self.running = false;
    }

    /// Whether everything asked for at sign-in has its first state.
    pub(super) fn settled(&self) -> bool {
        self.queue.is_empty() && self.waiting.is_empty() && !self.is_awaiting()
    }

    /// Whether something must be known before people are asked for.
    const fn is_awaiting(&self) -> bool {
        matches!(self.awaited, Awaited::Until(_) | Awaited::Contacts(_))
    }

    /// Whether one subscription serves for many people.
    pub(super) fn batch(&self) -> bool {
        self.list.as_ref().is_some_and(|(_, table)| table.members().next().is_some()) || self.batches.works()
    }

    /// What subscriptions of this connection were seen to have.
    pub(super) const fn seen(&self) -> Extensions {
        self.seen
    }

    /// Whether the server tells who watches us.
    pub(super) fn watchers_work(&self) -> bool {
        self.watchers.works()
    }

    /// Takes the final answer to a SUBSCRIBE of ours.
    pub(super) fn on_response(&mut self, id: SubscriptionId, response: &Message, ua: &mut Ua, now: Instant) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let turn = entry.subscription.on_response(response, ua, now);
        self.take(id, turn, Some(response), ua, now);
    }

    /// No answer came to a SUBSCRIBE of ours.
    pub(super) fn on_failure(&mut self, id: SubscriptionId, ua: &mut Ua, now: Instant) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let turn = entry.subscription.on_failure(ua, now);
        self.take(id, turn, None, ua, now);
    }

    /// Whether a request is within a subscription of ours.
    pub(super) fn holds(&self, request: &Message) -> bool {
        request.call_id().is_some_and(|call| self.by_call.contains_key(&call))
    }

    /// Takes a NOTIFY and answers it; or a BENOTIFY, which is never answered.
    pub(super) fn on_notify(&mut self, transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
        let id = request.call_id().and_then(|call| self.by_call.get(&call).copied());
        let Some((id, entry)) = id.and_then(|id| Some((id, self.entries.get_mut(&id)?))) else {
            let known = request.header("Event").is_some_and(|e| {
                let name = e.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
                matches!(name.as_str(), "presence" | "presence.winfo")
            });
            if request.method() == Some(&Method::Benotify) {
                ua.fault("notification-unknown");
                return;
            }
            ua.respond_with(transaction, if known { 481 } else { 489 }, now);
            return;
        };
        let (code, turn) = entry.subscription.on_notify(request, ua, now);
        if request.method() != Some(&Method::Benotify) {
            ua.respond_with(transaction, code, now);
        } else if matches!(code, 481 | 489) {
            ua.fault("notification-unknown");
        }
        self.take(id, turn, Some(request), ua, now);
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        // Looked up once: what is due again at once has its turn at the next call.
        let due: Vec<(Instant, SubscriptionId)> = self.timers.iter().take_while(|(at, _)| *at <= now).copied().collect();
        for timer in due {
            if !self.timers.remove(&timer) {
                continue;
            }
            let (_, id) = timer;
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.timer = None;
            if entry.subscription.due(now) {
                self.queue.push_back(id);
                continue;
            }
            let turn = entry.subscription.handle_timeout(ua, now);
            self.take(id, turn, None, ua, now);
        }
        match self.awaited {
            Awaited::Until(at) if at <= now => self.no_list(ua, now),
            Awaited::Contacts(at) if at <= now => self.contacts_known(ua, now),
            Awaited::No | Awaited::Empty | Awaited::Until(_) | Awaited::Contacts(_) => {}
        }
        self.batches.handle_timeout(now);
        if self.look.is_some_and(|at| at <= now) {
            self.look_at_watchers(ua, now);
        }
        self.run_queue(ua, now);
    }

    /// When [`Subscriptions::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let paced =
            self.pace.filter(|_| !self.queue.is_empty() && self.asking.len() < MOST_ASKING).map(|(begin, _)| begin + WINDOW);
        let awaited = match self.awaited {
            Awaited::Until(at) | Awaited::Contacts(at) => Some(at),
            Awaited::No | Awaited::Empty => None,
        };
        let timer = self.timers.first().map(|(at, _)| *at);
        [timer, paced, awaited, self.look, self.batches.next_timeout()].into_iter().flatten().min()
    }

    /// Does what an answer, a notification or time meant.
    fn take(&mut self, id: SubscriptionId, turn: Turn, notify: Option<&Message>, ua: &mut Ua, now: Instant) {
        self.touch(id);
        let Some(of) = self.entries.get(&id).map(|e| e.of.clone()) else { return };
        if matches!(turn, Turn::State { .. } | Turn::Accepted) {
            self.deaf = 0;
        }
        match of {
            Of::Person { who, last } => self.take_person(id, &who, last, turn, notify, ua),
            Of::List => self.take_list(id, turn, notify, ua, now),
            Of::Batch => self.take_batch(id, turn, notify, ua, now),
            Of::Watchers => self.take_watchers(id, turn, notify, ua, now),
            Of::Own(event) => self.take_own(event, turn, notify, ua, now),
        }
        self.run_queue(ua, now);
    }

    fn add(&mut self, uri: &str, form: Form, of: Of) -> SubscriptionId {
        self.next_id += 1;
        let id = SubscriptionId(self.next_id);
        let subscription = Subscription::new(id, uri, form);
        self.entries.insert(id, Entry { subscription, of, call_id: String::new(), timer: None });
        id
    }

    fn begin(&mut self, id: SubscriptionId, ua: &mut Ua, now: Instant) {
        self.batch_begins(id, ua.settings.aor.as_str());
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.subscription.start(ua, now);
        if entry.of == Of::Watchers {
            self.watchers.new_dialog();
        }
        self.touch(id);
    }

    /// Starts what waits, as fast as the pace allows.
    fn run_queue(&mut self, ua: &mut Ua, now: Instant) {
        while !self.queue.is_empty() && self.asking.len() < MOST_ASKING && self.may_start(ua, now) {
            if let Some(id) = self.queue.pop_front() {
                self.begin(id, ua, now);
            }
        }
    }

    fn may_start(&mut self, ua: &Ua, now: Instant) -> bool {
        let rate = ua.settings.subscribe_rate.max(1);
        match &mut self.pace {
            Some((begin, started)) if now.saturating_duration_since(*begin) < WINDOW => {
                *started += 1;
                *started <= rate
            }
            pace => {
                *pace = Some((now, 1));
                true
            }
        }
    }

    fn drop_entry(&mut self, id: SubscriptionId, ua: &mut Ua, now: Instant) {
        self.queue.retain(|queued| *queued != id);
        let Some(mut entry) = self.entries.remove(&id) else { return };
        entry.subscription.stop(ua, now);
        self.by_call.remove(&entry.call_id);
        if let Some(at) = entry.timer {
            self.timers.remove(&(at, id));
        }
        self.asking.remove(&id);
        self.waiting.remove(&id);
    }

    /// Brings the indexes in line with a subscription that may have changed.
    fn touch(&mut self, id: SubscriptionId) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let subscription = &entry.subscription;
        if entry.call_id != subscription.call_id() {
            self.by_call.remove(&entry.call_id);
            subscription.call_id().clone_into(&mut entry.call_id);
            if !entry.call_id.is_empty() {
                self.by_call.insert(entry.call_id.clone(), id);
            }
        }
        let timer = subscription.next_timeout();
        if entry.timer != timer {
            if let Some(at) = entry.timer {
                self.timers.remove(&(at, id));
            }
            entry.timer = timer;
            self.timers.extend(timer.map(|at| (at, id)));
        }
        self.seen = self.seen.or(subscription.proved());
        mark(&mut self.asking, id, subscription.asking());
        mark(&mut self.waiting, id, subscription.waiting());
    }

    fn clear(&mut self) {
        let (wanted, next_id, own_list) = (std::mem::take(&mut self.wanted), self.next_id, self.own_list);
        let watchers = std::mem::take(&mut self.watchers);
        let batches = std::mem::take(&mut self.batches).begin_anew();
        *self = Self { wanted, batches, watchers, own_list, next_id, ..Self::default() };
        self.watchers.new_dialog();
    }
}

fn mark(set: &mut BTreeSet<SubscriptionId>, id: SubscriptionId, is_in: bool) {
    if is_in {
        set.insert(id);
    } else {
        set.remove(&id);
    }
}

/// Longest wait for a list of our own making; below the time sign-in waits for first states.
const LIST_WAIT: Duration = Duration::from_secs(2);
/// Time for decisions on the server to take effect.
const RULES_WAIT: Duration = Duration::from_secs(1);
/// SUBSCRIBEs unanswered at a time.
const MOST_ASKING: usize = 20;
const WINDOW: Duration = Duration::from_secs(1);
/// Subscriptions told of our leaving; the registrar ends the others with the connection.
const MOST_FAREWELLS: usize = 100;
/// Refusals of the package before we believe that the server does not have it.
const MOST_DEAF: u32 = 5;
