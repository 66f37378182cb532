//! People who are asked for one by one.

use std::time::Instant;

use super::{MOST_DEAF, Of, Subscriptions};
use crate::backend::sip::documents;
use crate::backend::sip::own::Told;
use crate::backend::sip::subscription::{Form, SubscriptionId, Turn};
use crate::backend::sip::ua::Ua;
use crate::backend::{Event, NoticeLevel};
use crate::model::{Address, Presence};
use crate::sip::message::Message;

impl Subscriptions {
    pub(super) fn take_person(
        &mut self,
        id: SubscriptionId,
        who: &Address,
        last: Option<Presence>,
        turn: Turn,
        notify: Option<&Message>,
        ua: &mut Ua,
    ) {
        let told = match turn {
            Turn::Nothing | Turn::Accepted | Turn::Frozen | Turn::Refreshed | Turn::Unchanged(_) | Turn::Renewed => None,
            Turn::State { pending: true, .. } | Turn::Refused(_) => Some(Presence::default()),
            Turn::State { pending: false, refresh } => {
                notify.and_then(|n| read_person(n, who, refresh && last.is_some(), last.as_ref(), ua))
            }
            Turn::Quiet => last.is_none().then(Presence::default),
            Turn::Lost => last.map(|known| Presence { stale: true, ..known }),
            Turn::Unsupported(code) => {
                self.package_refused(code, ua);
                Some(Presence::default())
            }
        };
        let Some(now) = told else { return };
        if let Some(Of::Person { last, .. }) = self.entries.get_mut(&id).map(|e| &mut e.of) {
            *last = Some(now.clone());
        }
        if *who == ua.settings.aor
            && let (Turn::State { .. }, Some(notify)) = (turn, notify)
            && !notify.body.is_empty()
        {
            self.told.push_back(Told::Presence { content_type: notify.content_type(), body: notify.body.clone() });
        }
        if self.wanted.contains(who) {
            ua.emit(Event::Presence { who: who.clone(), now });
        }
    }

    /// A server that refuses the package for one person after the other is not asked for all.
    fn package_refused(&mut self, code: u16, ua: &mut Ua) {
        self.deaf += 1;
        if self.deaf != MOST_DEAF {
            return;
        }
        self.queue.clear();
        let text = format!("this server does not show the presence of others ({code})");
        ua.notice(NoticeLevel::Warning, "presence-unsupported", text);
    }

    /// Asks for people one by one; where that is many in a family of servers that all users sign
    /// in to at the same hour, in random order.
    pub(super) fn add_people(&mut self, mut people: Vec<Address>, ua: &mut Ua, now: Instant) {
        if ua.traits.set_presence {
            for at in (1..people.len()).rev() {
                let other = usize::try_from(ua.tokens.below(at as u64 + 1)).unwrap_or(at);
                people.swap(at, other);
            }
        }
        for who in people {
            self.add_person(who);
        }
        self.run_queue(ua, now);
    }

    pub(super) fn add_person(&mut self, who: Address) {
        if self.people.contains_key(&who) || self.deaf >= MOST_DEAF {
            return;
        }
        let id = self.add(who.as_str(), Form::Person, Of::Person { who: who.clone(), last: None });
        self.people.insert(who, id);
        self.queue.push_back(id);
    }
}

/// What a notification about one person says. Without a document it says that there is none:
/// unknown; but one that answers a refresh may leave it out when nothing changed (`keep`).
fn read_person(notify: &Message, who: &Address, keep: bool, last: Option<&Presence>, ua: &mut Ua) -> Option<Presence> {
    if notify.body.is_empty() {
        return (!keep).then(Presence::default);
    }
    let content_type = notify.content_type();
    if !documents::is_presence(&content_type) {
        ua.fault("presence-unreadable");
        return Some(Presence::default());
    }
    match documents::read(&content_type, &notify.body) {
        // Somebody else's state must not be shown under this name.
        Ok(document) if !documents::is_about(&document.about, who) => {
            ua.fault("presence-stranger");
            None
        }
        Ok(document) => Some(document.now),
        Err(_) => {
            ua.fault("presence-unreadable");
            // What was known is shown, as long as there is anything.
            last.is_none().then(Presence::default)
        }
    }
}
