//! People who want to see us and wait for a decision ([MS-SIP] 3.7; the document's schema was not
//! found, it is read as SIPE does).
//!
//! Each is told of once in each session, whatever the server repeats; who is in no later document
//! was decided about, or has given up. The answer is an entry of the access list.

use std::collections::BTreeSet;

use crate::backend::Event;
use crate::backend::sip::ua::Ua;
use crate::formats::wpending;
use crate::model::{Address, WatcherState};

/// Who waits.
#[derive(Debug, Default)]
pub(super) struct PendingWatchers {
    /// A document came.
    works: bool,
    waiting: BTreeSet<Address>,
    /// Told of since the user signed in.
    told: BTreeSet<Address>,
    complained: bool,
}

impl PendingWatchers {
    /// Whether the server tells.
    pub(super) const fn works(&self) -> bool {
        self.works
    }

    /// A new link: the first document says who waits now.
    pub(super) fn start(&mut self) {
        self.works = false;
        self.complained = false;
    }

    /// The user signed out: in the next session everybody is told of again.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The document came: everybody who waits.
    pub(super) fn on_document(&mut self, body: &[u8], ua: &mut Ua) {
        let Ok(document) = wpending::read(body) else {
            ua.fault("pending-document");
            if !std::mem::replace(&mut self.complained, true) {
                let text = "What the server says of people who want to see you cannot be read; nothing was changed.";
                ua.notice(crate::backend::NoticeLevel::Warning, "document-failed", text);
            }
            return;
        };
        self.works = true;
        let mut waiting = BTreeSet::new();
        for watcher in document {
            let Ok(who) = Address::parse(&watcher.uri) else { continue };
            if self.told.len() >= MOST_TOLD && !self.told.contains(&who) {
                continue;
            }
            if waiting.insert(who.clone()) && self.told.insert(who.clone()) {
                let name = watcher.display_name.map(|name| name.chars().take(LONGEST_NAME).collect());
                ua.emit(Event::Watcher { who, name, state: WatcherState::Pending });
            }
        }
        for who in std::mem::take(&mut self.waiting) {
            if !waiting.contains(&who) {
                ua.emit(Event::Watcher { who, name: None, state: WatcherState::Terminated });
            }
        }
        self.waiting = waiting;
    }
}

/// People told of in one session.
const MOST_TOLD: usize = 10_000;
const LONGEST_NAME: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::sip::services::tests::desk;

    fn told(ua: &mut Ua) -> Vec<(String, Option<String>, WatcherState)> {
        let events = desk::events(ua).into_iter();
        let watchers = events.filter_map(|event| match event {
            Event::Watcher { who, name, state } => Some((who.user().to_owned(), name, state)),
            _ => None,
        });
        watchers.collect()
    }

    #[test]
    fn each_is_told_of_once_in_a_session() {
        let (mut ua, mut pending) = (desk::ua(), PendingWatchers::default());
        let eve = "<watchers><watcher uri=\"sip:eve@partner.test\" displayName=\"Eve\"/></watchers>";
        let both = "<w><watcher uri='eve@partner.test'/><watcher uri='mallory@x.test'/><watcher uri=''/></w>";
        pending.on_document(eve.as_bytes(), &mut ua);
        assert!(pending.works());
        assert_eq!(told(&mut ua), [("eve".into(), Some("Eve".into()), WatcherState::Pending)]);
        pending.on_document(both.as_bytes(), &mut ua);
        assert_eq!(told(&mut ua), [("mallory".into(), None, WatcherState::Pending)]);
        // A new link says it all again.
        pending.start();
        pending.on_document(eve.as_bytes(), &mut ua);
        assert_eq!(told(&mut ua), [("mallory".into(), None, WatcherState::Terminated)]);
        pending.on_document(both.as_bytes(), &mut ua);
        assert_eq!(told(&mut ua), []);
        pending.on_document(b"<watchers/>", &mut ua);
        assert_eq!(told(&mut ua).len(), 2);
        pending.forget();
        pending.on_document(eve.as_bytes(), &mut ua);
        assert_eq!(told(&mut ua).len(), 1);
    }

    #[test]
    fn what_cannot_be_read_changes_nothing_and_is_told_once() {
        let (mut ua, mut pending) = (desk::ua(), PendingWatchers::default());
        pending.on_document(b"<watchers><watcher uri='sip:eve@partner.test'/></watchers>", &mut ua);
        desk::events(&mut ua);
        for _ in 0..3 {
            pending.on_document(b"<!DOCTYPE x><watchers/>", &mut ua);
        }
        let events = desk::events(&mut ua);
        assert!(matches!(events.as_slice(), [Event::Notice { .. }]), "{events:?}");
        assert_eq!(ua.traffic.report().faults.get("pending-document"), Some(&3));
        assert_eq!(pending.waiting.len(), 1);
    }
}
