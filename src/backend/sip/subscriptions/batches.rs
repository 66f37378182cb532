//! Many people with few subscriptions, as servers of the LCS family have it ([MS-SIP] 3.3): who is
//! on which list, what follows when a list or one person of it is refused.
//!
//! Everybody wanted has exactly one place: on a list, among those still to be asked for, alone, or
//! with those who cannot be had now. [`Subscriptions::tend_batches`] brings that in line with who is
//! wanted, once for everything that changed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{Of, Subscriptions};
use crate::backend::sip::batch::{Batch, Division, Refusal, Verdict, Ways};
use crate::backend::sip::dialect::{self, BatchStep, ListWay};
use crate::backend::sip::documents;
use crate::backend::sip::list::{Changes, Ended, Way};
use crate::backend::sip::own::Told;
use crate::backend::sip::registration::words;
use crate::backend::sip::subscription::{Form, SubscriptionId, Turn};
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, NoticeLevel};
use crate::formats::rlmi;
use crate::model::{Address, Presence};
use crate::sip::message::Message;

/// All lists of one connection.
#[derive(Debug, Default)]
pub(super) struct Batches {
    lists: BTreeMap<SubscriptionId, Batch>,
    division: Division,
    /// Lists asked for in search of what the server takes.
    questions: BTreeMap<SubscriptionId, u64>,
    /// How lists can be changed here, as far as was found out.
    ways: Ways,
    /// People who are not asked for again on this connection.
    barred: BTreeSet<Address>,
    /// People whose addresses the server cannot stand in a list; remembered beyond the connection.
    refused: BTreeSet<Address>,
    /// How often one person's subscription ended by itself without a state between.
    lapses: BTreeMap<Address, u32>,
    /// People to be asked for again then.
    returning: BTreeMap<Address, Instant>,
    /// We may see nobody.
    stopped: bool,
    /// Who is wanted, or what stands in the way, has changed.
    stirred: bool,
}

impl Batches {
    /// For the next connection: what the server cannot stand is known already.
    pub(super) fn begin_anew(self) -> Self {
        Self { refused: self.refused, ..Self::default() }
    }

    /// Who is wanted has changed.
    pub(super) const fn stir(&mut self) {
        self.stirred = true;
    }

    /// A person is not wanted any more: if they come back, everything is tried again.
    pub(super) fn forget(&mut self, who: &Address) {
        self.barred.remove(who);
        self.refused.remove(who);
        self.returning.remove(who);
        self.lapses.remove(who);
        self.stirred = true;
    }

    /// What a list knows of a person.
    pub(super) fn known(&self, who: &Address) -> Option<&Presence> {
        self.lists.values().filter(|b| b.holds(who)).find_map(|b| b.table.known(who))
    }

    /// Whether a list has told anything.
    pub(super) fn works(&self) -> bool {
        self.lists.values().any(|b| b.table.is_told())
    }

    /// When somebody is to be asked for again.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.returning.values().min().copied()
    }

    /// Those whose time has come.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let before = self.returning.len();
        self.returning.retain(|_, at| *at > now);
        self.stirred |= self.returning.len() != before;
    }
}

impl Subscriptions {
    /// Gives everybody wanted a place, and asks for what has changed.
    pub(in crate::backend::sip) fn tend_batches(&mut self, ua: &mut Ua, now: Instant) {
        if !self.has_batches() || !std::mem::take(&mut self.batches.stirred) {
            return;
        }
        if self.batches.stopped {
            return;
        }
        let homeless = self.homeless(&ua.settings.aor);
        self.house(homeless);
        self.ask_questions(ua, now);
        let given_up = self.batches.division.give_up();
        self.add_people(given_up, ua, now);
        self.blame(ua);
        let ids: Vec<SubscriptionId> = self.batches.lists.keys().copied().collect();
        for id in ids {
            self.tend(id, ua, now);
        }
    }

    /// Whether lists are the present way.
    pub(super) fn has_batches(&self) -> bool {
        self.running && self.ways.front() == Some(&ListWay::Batch) && !self.is_awaiting()
    }

    /// Takes people off who are not wanted, and finds those wanted who have no place. We ourselves
    /// are always wanted: our own document tells what is stored with it.
    fn homeless(&mut self, own: &Address) -> BTreeSet<Address> {
        let mut homeless: BTreeSet<Address> = self.wanted.iter().chain([own]).cloned().collect();
        for batch in self.batches.lists.values_mut() {
            let gone: Vec<Address> = batch.target().filter(|who| !self.wanted.contains(who) && *who != own).cloned().collect();
            for who in &gone {
                batch.take_off(who);
            }
            for who in batch.target() {
                homeless.remove(who);
            }
        }
        let batches = &self.batches;
        let housed = batches.division.people().chain(self.people.keys()).chain(&batches.barred);
        for who in housed.chain(&batches.refused).chain(batches.returning.keys()) {
            homeless.remove(who);
        }
        homeless
    }

    /// Puts people on a list that has room for them, or has one asked for.
    fn house(&mut self, homeless: BTreeSet<Address>) {
        if homeless.is_empty() {
            return;
        }
        let limit = self.batches.division.limit();
        let room = |batch: &&mut Batch| batch.takes_more() && batch.len() + homeless.len() <= limit;
        if let Some(batch) = self.batches.lists.values_mut().find(room) {
            for who in homeless {
                batch.put(who);
            }
        } else {
            self.batches.division.add(homeless.into_iter().collect());
        }
    }

    fn ask_questions(&mut self, ua: &mut Ua, now: Instant) {
        while let Some(question) = self.batches.division.next() {
            // Who is not wanted any more need not be asked for.
            let own = &ua.settings.aor;
            let people: Vec<Address> =
                question.people.into_iter().filter(|who| self.wanted.contains(who) || who == own).collect();
            if people.is_empty() {
                self.batches.division.answered(question.id, Verdict::Void);
            } else if self.batches.lists.len() >= MOST_LISTS {
                self.batches.division.answered(question.id, Verdict::Void);
                self.add_people(people, ua, now);
            } else {
                let watcher = ua.settings.aor.to_string();
                let id = self.open_batch(&watcher, Batch::new(people, self.batches.ways), ua, now);
                self.batches.questions.insert(id, question.id);
            }
        }
    }

    fn open_batch(&mut self, uri: &str, batch: Batch, ua: &mut Ua, now: Instant) -> SubscriptionId {
        let id = self.add(uri, Form::Batch(bytes::Bytes::new()), Of::Batch);
        self.batches.lists.insert(id, batch);
        self.begin(id, ua, now);
        id
    }

    /// A list is about to be asked for in a new dialog.
    pub(super) fn batch_begins(&mut self, id: SubscriptionId, watcher: &str) {
        let (Some(batch), Some(entry)) = (self.batches.lists.get_mut(&id), self.entries.get_mut(&id)) else { return };
        if let Some(list) = batch.restated(false, watcher) {
            entry.subscription.set_list(list);
        }
        batch.begun();
    }

    /// Asks for the next change of one list.
    fn tend(&mut self, id: SubscriptionId, ua: &mut Ua, now: Instant) {
        let (Some(batch), Some(entry)) = (self.batches.lists.get_mut(&id), self.entries.get_mut(&id)) else { return };
        if batch.len() == 0 {
            self.batches.lists.remove(&id);
            if let Some(question) = self.batches.questions.remove(&id) {
                self.batches.division.answered(question, Verdict::Void);
                self.batches.stir();
            }
            self.drop_entry(id, ua, now);
            return;
        }
        let watcher = ua.settings.aor.to_string();
        if let Some(list) = batch.restated(entry.subscription.in_dialog(), &watcher) {
            entry.subscription.set_list(list);
        }
        if entry.subscription.can_change()
            && let Some((change, news)) = batch.next_change(&watcher)
        {
            entry.subscription.change(change, news, ua, now);
            self.touch(id);
        }
    }

    pub(super) fn take_batch(&mut self, id: SubscriptionId, turn: Turn, told: Option<&Message>, ua: &mut Ua, now: Instant) {
        let answers = told.is_some_and(|message| message.status().is_some());
        match turn {
            Turn::Nothing | Turn::Frozen | Turn::Quiet => return,
            Turn::Accepted | Turn::Refreshed => {
                self.agreed(id);
            }
            Turn::State { pending, .. } => {
                let partial = answers && self.agreed(id);
                if let Some(message) = told.filter(|m| !pending || !m.body.is_empty()) {
                    self.read_batch(id, message, answers, partial, ua, now);
                }
                // Most notifications change nothing here.
                if !answers && !self.batches.stirred {
                    return;
                }
            }
            Turn::Unchanged(_) => self.unchanged(id, ua, now),
            Turn::Renewed => {
                if let Some(batch) = self.batches.lists.get_mut(&id) {
                    batch.renewed();
                }
            }
            Turn::Lost => self.batch_lost(id, ua),
            // The list as a whole was ended for good: that is no list any more.
            Turn::Refused(_) => self.batch_refused(id, None, ua, now),
            Turn::Unsupported(_) => self.batch_refused(id, told, ua, now),
        }
        self.batches.stir();
    }

    /// The server took what was asked for; whether people were added.
    fn agreed(&mut self, id: SubscriptionId) -> bool {
        if let Some(question) = self.batches.questions.remove(&id) {
            self.batches.division.answered(question, Verdict::Taken);
        }
        self.batches.lists.get_mut(&id).is_some_and(Batch::agreed)
    }

    /// The server refused a change.
    fn unchanged(&mut self, id: SubscriptionId, ua: &mut Ua, now: Instant) {
        let Some(batch) = self.batches.lists.get_mut(&id) else { return };
        let refusal = batch.refused();
        self.batches.ways = self.batches.ways.max(batch.ways().min(Ways::Whole));
        if let Refusal::Otherwise(people) = refusal {
            self.add_people(people, ua, now);
        }
    }

    fn batch_lost(&mut self, id: SubscriptionId, ua: &mut Ua) {
        let Some(batch) = self.batches.lists.get_mut(&id) else { return };
        batch.lost();
        let Some(batch) = self.batches.lists.get(&id) else { return };
        self.not_confirmed(batch, ua);
    }

    /// What a list told is not kept up to date any more.
    fn not_confirmed(&self, batch: &Batch, ua: &mut Ua) {
        for (who, known) in batch.table.members() {
            if self.wanted.contains(who) {
                ua.emit(Event::Presence { who: who.clone(), now: Presence { stale: true, ..known.clone() } });
            }
        }
    }

    /// A list was refused, or cannot go on.
    fn batch_refused(&mut self, id: SubscriptionId, response: Option<&Message>, ua: &mut Ua, now: Instant) {
        let Some(batch) = self.batches.lists.remove(&id) else { return };
        self.not_confirmed(&batch, ua);
        self.drop_entry(id, ua, now);
        let people: Vec<Address> = batch.target().cloned().collect();
        let question = self.batches.questions.remove(&id).filter(|_| !batch.at_pool);
        let step = response.map_or(BatchStep::Next, dialect::after_batch);
        match (question, step) {
            (_, BatchStep::Stop) => {
                let text = response.and_then(words).map(|words| format!(": {words}")).unwrap_or_default();
                let text = format!("The server does not let you see the presence of your contacts{text}.");
                ua.notice(NoticeLevel::Warning, "presence-refused", text);
                self.not_known(&people, ua);
                self.batches.division = Division::default();
                self.batches.barred.extend(people);
                self.batches.stopped = self.batches.lists.is_empty();
            }
            (Some(question), BatchStep::Divide) => self.batches.division.answered(question, Verdict::Refused),
            (Some(question), BatchStep::Halve) => self.batches.division.answered(question, Verdict::TooLong),
            (_, BatchStep::Next | BatchStep::Later) if self.batches.lists.is_empty() && !batch.at_pool => {
                self.batches = std::mem::take(&mut self.batches).begin_anew();
                self.ways.pop_front();
                self.try_way(ua, now);
            }
            (question, _) => {
                if let Some(question) = question {
                    self.batches.division.answered(question, Verdict::Void);
                }
                self.add_people(people, ua, now);
            }
        }
    }

    /// Tells of those whom the server cannot stand.
    fn blame(&mut self, ua: &mut Ua) {
        let culprits = self.batches.division.take_culprits();
        if culprits.is_empty() {
            return;
        }
        let named: Vec<&str> = culprits.iter().take(MOST_NAMED).map(Address::as_str).collect();
        let more = culprits.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text =
            format!("The server does not take these addresses, so their presence is not known: {}{more}.", named.join(", "));
        ua.notice(NoticeLevel::Warning, "addresses-refused", text);
        self.not_known(&culprits, ua);
        self.batches.refused.extend(culprits);
    }

    fn not_known(&self, people: &[Address], ua: &mut Ua) {
        for who in people.iter().filter(|who| self.wanted.contains(*who)) {
            ua.emit(Event::Presence { who: who.clone(), now: Presence::default() });
        }
    }

    fn read_batch(&mut self, id: SubscriptionId, message: &Message, answers: bool, partial: bool, ua: &mut Ua, now: Instant) {
        let Some(batch) = self.batches.lists.get_mut(&id) else { return };
        let mut table = std::mem::take(&mut batch.table);
        let find = |uri: &str| batch.named(uri).cloned();
        let way = Way { find: &find, answers, partial, own: Some(&ua.settings.aor) };
        let essence = message.content_type();
        let read = if essence.starts_with("multipart/") || essence == rlmi::MEDIA_TYPE {
            table.apply(&message.header("Content-Type").unwrap_or_default(), &message.body, &way)
        } else if message.body.is_empty() {
            Ok(Changes::default())
        } else if documents::is_presence(&essence) {
            Ok(table.apply_one(&essence, &message.body, &way))
        } else {
            Ok(Changes { faults: vec!["notification-type"], ..Changes::default() })
        };
        batch.table = table;
        match read {
            Ok(changes) => self.take_changes(id, changes, ua, now),
            Err(_) => ua.fault("list-unreadable"),
        }
    }

    fn take_changes(&mut self, id: SubscriptionId, changes: Changes, ua: &mut Ua, now: Instant) {
        for fault in changes.faults {
            ua.fault(fault);
        }
        if let Some((content_type, body)) = changes.own {
            self.told.push_back(Told::Presence { content_type, body });
        }
        for (who, now) in changes.told {
            if !self.batches.lapses.is_empty() && !changes.ended.iter().any(|(ended, _)| *ended == who) {
                self.batches.lapses.remove(&who);
            }
            if self.wanted.contains(&who) {
                ua.emit(Event::Presence { who, now });
            }
        }
        self.not_known(&changes.gone, ua);
        if changes.missed
            && let Some(entry) = self.entries.get_mut(&id)
        {
            ua.fault("version-gap");
            entry.subscription.ask_full(ua, now);
            self.touch(id);
        }
        let mut pools: BTreeMap<String, Vec<Address>> = BTreeMap::new();
        for (who, ended) in changes.ended {
            self.take_ended(id, who, ended, &mut pools, ua, now);
        }
        for (host, people) in pools {
            if self.batches.lists.len() >= MOST_LISTS {
                self.add_people(people, ua, now);
                continue;
            }
            let batch = Batch::new_at_pool(people);
            self.open_batch(&format!("sip:{host}"), batch, ua, now);
        }
    }

    /// One person's subscription within a list ended; the others stay.
    fn take_ended(
        &mut self,
        id: SubscriptionId,
        who: Address,
        ended: Ended,
        pools: &mut BTreeMap<String, Vec<Address>>,
        ua: &mut Ua,
        now: Instant,
    ) {
        let Some(batch) = self.batches.lists.get_mut(&id) else { return };
        batch.dropped(&who);
        self.batches.stirred = true;
        let lapses = self.batches.lapses.entry(who.clone()).or_default();
        *lapses = lapses.saturating_add(1);
        match ended {
            Ended::AtOnce if *lapses <= MOST_LAPSES => {}
            Ended::AtOnce | Ended::Later => {
                let span = PAUSE.saturating_mul(1 << (*lapses).min(6));
                batch.take_off(&who);
                self.batches.returning.insert(who, now + ua.share(span, 500, 1000));
            }
            Ended::ForGood => {
                batch.take_off(&who);
                self.batches.barred.insert(who);
            }
            Ended::At(host) if !batch.at_pool && pools.len() < MOST_LISTS => {
                batch.take_off(&who);
                pools.entry(host).or_default().push(who);
            }
            Ended::Alone | Ended::At(_) => {
                batch.take_off(&who);
                self.add_person(who);
            }
        }
    }
}

/// Lists of one connection; with more, people are asked for one by one.
const MOST_LISTS: usize = 64;
/// People named in a notice.
const MOST_NAMED: usize = 10;
/// Times one person is added again at once, without a state between.
const MOST_LAPSES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(30);
