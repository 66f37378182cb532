//! What is known of ourselves: who watches us, and documents the server keeps for us.

use std::time::Instant;

use super::{Awaited, Of, RULES_WAIT, Subscriptions};
use crate::backend::sip::own::{OwnEvent, Told};
use crate::backend::sip::subscription::{SubscriptionId, Turn};
use crate::backend::sip::ua::Ua;
use crate::sip::message::Message;

impl Subscriptions {
    /// What a subscription told about ourselves, oldest first.
    pub(in crate::backend::sip) fn next_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// A document about ourselves is wanted anew.
    pub(in crate::backend::sip) fn ask_own(&mut self, event: OwnEvent, ua: &mut Ua, now: Instant) {
        let found = self.entries.iter_mut().find(|(_, entry)| entry.of == Of::Own(event));
        if let Some((id, entry)) = found {
            let id = *id;
            entry.subscription.ask_again(ua, now);
            self.touch(id);
        }
    }

    /// The contact list of the server was taken in, or cannot be had: who is wanted is known.
    pub(in crate::backend::sip) fn contacts_known(&mut self, ua: &mut Ua, now: Instant) {
        if matches!(self.awaited, Awaited::Contacts(_)) {
            self.awaited = Awaited::No;
            self.try_way(ua, now);
        }
    }

    pub(super) fn take_own(&mut self, event: OwnEvent, turn: Turn, told: Option<&Message>, ua: &mut Ua, now: Instant) {
        match (turn, told) {
            (Turn::State { pending: false, .. }, Some(message)) if !message.body.is_empty() => {
                let (content_type, body) = (message.content_type(), message.body.clone());
                self.told.push_back(Told::Document { event, content_type, body });
            }
            (Turn::Refused(code) | Turn::Unsupported(code), _) => {
                self.told.push_back(Told::Refused { event, code });
            }
            (Turn::Lost, _) if event == OwnEvent::Contacts => self.contacts_known(ua, now),
            _ => {}
        }
    }

    /// The decisions on the server changed. Not every server tells its watcher information of
    /// that (Kamailio 5.6 does not), so it is asked for, once they had time to take effect.
    pub(in crate::backend::sip) fn rules_stored(&mut self, now: Instant) {
        if self.running && self.watchers.works() {
            self.look.get_or_insert(now + RULES_WAIT);
        }
    }

    pub(super) fn look_at_watchers(&mut self, ua: &mut Ua, now: Instant) {
        self.look = None;
        let found = self.entries.iter_mut().find(|(_, entry)| entry.of == Of::Watchers);
        let Some((id, entry)) = found.map(|(id, entry)| (*id, entry)) else { return };
        entry.subscription.ask_again(ua, now);
        self.touch(id);
    }

    pub(super) fn take_watchers(&mut self, id: SubscriptionId, turn: Turn, notify: Option<&Message>, ua: &mut Ua, now: Instant) {
        match turn {
            Turn::State { pending: false, .. } => {
                let missed = notify.is_some_and(|n| self.watchers.apply(&n.body, ua));
                if missed && let Some(entry) = self.entries.get_mut(&id) {
                    entry.subscription.ask_full(ua, now);
                    self.touch(id);
                }
            }
            Turn::Lost => self.watchers.new_dialog(),
            Turn::Refused(_) | Turn::Unsupported(_) => self.watchers.stop(),
            Turn::Nothing
            | Turn::Accepted
            | Turn::Refreshed
            | Turn::Unchanged(_)
            | Turn::Renewed
            | Turn::Quiet
            | Turn::Frozen
            | Turn::State { pending: true, .. } => {}
        }
    }
}
