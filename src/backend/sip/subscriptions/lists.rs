//! Lists as SIMPLE has them: kept on the server (RFC 4662) or given once in the request (RFC 5367);
//! and the ways that are tried one after the other.

use std::time::Instant;

use super::{Awaited, Of, Subscriptions};
use crate::backend::sip::dialect::ListWay;
use crate::backend::sip::list::{ListTable, Way};
use crate::backend::sip::subscription::{Form, SubscriptionId, Turn};
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, NoticeLevel};
use crate::formats::resource_lists;
use crate::model::{Address, Presence};
use crate::sip::message::Message;

impl Subscriptions {
    /// The list on the server was brought up to date: its full state is wanted, or, if it was no
    /// list before, it is tried again.
    pub(in crate::backend::sip) fn list_stored(&mut self, ua: &mut Ua, now: Instant) {
        if !self.running || ua.settings.list_uri.is_none() {
            return;
        }
        match self.list.as_ref().map(|(id, _)| *id) {
            Some(id) => {
                if let Some(entry) = self.entries.get_mut(&id) {
                    entry.subscription.ask_full(ua, now);
                }
                self.touch(id);
            }
            None if !self.retried && !self.wanted.is_empty() && !self.has_batches() => {
                self.retried = true;
                self.awaited = Awaited::No;
                self.ways = [ListWay::Stored, ListWay::Singles].into();
                self.try_way(ua, now);
            }
            None => {}
        }
    }

    pub(super) fn take_list(&mut self, id: SubscriptionId, turn: Turn, notify: Option<&Message>, ua: &mut Ua, now: Instant) {
        // Nobody told us that this server has lists: it may take ours for a person it does not know.
        let doubtful = self.own_list && !self.list.as_ref().is_some_and(|(_, table)| table.is_told());
        match turn {
            Turn::State { pending: true, .. } | Turn::Lost | Turn::Frozen if doubtful => self.next_way(id, ua, now),
            Turn::Nothing
            | Turn::Accepted
            | Turn::Refreshed
            | Turn::Unchanged(_)
            | Turn::Renewed
            | Turn::Quiet
            | Turn::Frozen
            | Turn::State { pending: true, .. } => {}
            Turn::State { pending: false, .. } => {
                if let Some(notify) = notify {
                    self.read_list(id, notify, ua, now);
                }
            }
            Turn::Lost => {
                let Some((_, table)) = self.list.as_mut() else { return };
                table.new_dialog();
                for (who, known) in table.members() {
                    if self.wanted.contains(who) {
                        ua.emit(Event::Presence { who: who.clone(), now: Presence { stale: true, ..known.clone() } });
                    }
                }
            }
            Turn::Refused(_) | Turn::Unsupported(_) => self.next_way(id, ua, now),
        }
    }

    fn read_list(&mut self, id: SubscriptionId, notify: &Message, ua: &mut Ua, now: Instant) {
        let content_type = notify.header("Content-Type").unwrap_or_default();
        let essence = notify.content_type();
        let is_list = essence.starts_with("multipart/") || essence == "application/rlmi+xml";
        let Some((_, table)) = self.list.as_mut() else { return };
        if !is_list {
            // What we asked for is no list to this server: it shows one person, or nobody.
            if !notify.headers.lists_token("Require", "eventlist") && table.members().next().is_none() {
                self.next_way(id, ua, now);
            }
            return;
        }
        let Ok(changes) = table.apply(&content_type, &notify.body, &Way::any()) else {
            ua.fault("list-unreadable");
            ua.notice(NoticeLevel::Warning, "list-unreadable", "the server sent a presence list that cannot be read");
            return;
        };
        for fault in changes.faults {
            ua.fault(fault);
        }
        for (who, now) in changes.told {
            if self.wanted.contains(&who) {
                ua.emit(Event::Presence { who, now });
            }
        }
        if changes.missed
            && let Some(entry) = self.entries.get_mut(&id)
        {
            entry.subscription.ask_full(ua, now);
            self.touch(id);
        }
        if changes.full {
            for who in changes.gone.into_iter().filter(|who| self.wanted.contains(who)) {
                ua.emit(Event::Presence { who, now: Presence::default() });
            }
            self.cover(ua, now);
        }
    }

    /// People the list does not hold are asked for one by one.
    fn cover(&mut self, ua: &mut Ua, now: Instant) {
        let Some((_, table)) = self.list.as_ref() else { return };
        let missing: Vec<Address> = self.wanted.iter().filter(|who| !table.covers(who)).cloned().collect();
        let double: Vec<Address> = self.people.keys().filter(|who| table.covers(who)).cloned().collect();
        for who in missing {
            self.add_person(who);
        }
        for who in double {
            if let Some(id) = self.people.remove(&who) {
                self.drop_entry(id, ua, now);
            }
        }
        self.run_queue(ua, now);
    }

    /// The present way does not work here.
    fn next_way(&mut self, id: SubscriptionId, ua: &mut Ua, now: Instant) {
        self.list = None;
        self.drop_entry(id, ua, now);
        self.ways.pop_front();
        self.try_way(ua, now);
    }

    pub(super) fn try_way(&mut self, ua: &mut Ua, now: Instant) {
        let way = self.ways.front().copied().unwrap_or(ListWay::Singles);
        if way == ListWay::Batch {
            self.batches.stir();
            return;
        }
        if ua.traits.set_presence {
            // What is stored with our presence must be known before it is told anew.
            self.add_person(ua.settings.aor.clone());
        }
        if self.wanted.is_empty() {
            self.run_queue(ua, now);
            return;
        }
        let (uri, form) = match way {
            ListWay::Adhoc => {
                let list = resource_lists::List::of(self.wanted.iter().map(Address::as_str));
                (ua.settings.adhoc_list_uri.clone(), Form::AdhocList(resource_lists::write(&[list]).into_bytes().into()))
            }
            ListWay::Stored => (ua.settings.list_uri.clone(), Form::StoredList),
            ListWay::Batch | ListWay::Singles => (None, Form::Person),
        };
        let Some(uri) = uri else {
            self.add_people(self.wanted.iter().cloned().collect(), ua, now);
            return;
        };
        let id = self.add(&uri, form, Of::List);
        self.list = Some((id, ListTable::default()));
        self.begin(id, ua, now);
    }
}
