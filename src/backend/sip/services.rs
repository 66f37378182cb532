//! What is asked of the server by SERVICE, and what it keeps for us: our presence, contacts, access
//! list, directory ([MS-SIP] 3.2, 3.7 to 3.10).

use std::collections::VecDeque;
use std::time::Instant;

use super::own::{Document, OwnEvent};
use super::ua::Ua;
use crate::model::{Address, OwnPresence};

/// Something the subscriptions are to do for the services.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(dead_code, reason = "spoken by the parts to come")]
pub(super) enum Wish {
    /// A document is wanted anew: ask again, in the dialog if there is one.
    Resubscribe(OwnEvent),
    /// Watch a person.
    Watch(Address),
    /// No longer watch a person.
    Unwatch(Address),
}

/// The services of one account.
#[derive(Debug, Default)]
pub(super) struct Services {
    wishes: VecDeque<Wish>,
}

impl Services {
    /// The registrar accepted us on a new link, and takes presence by SERVICE.
    pub(super) fn start(&mut self, _ua: &mut Ua, _now: Instant) {}

    /// The link is gone.
    pub(super) fn stop(&mut self) {
        self.wishes.clear();
    }

    /// What the user wants others to see.
    pub(super) fn set_presence(&mut self, _own: OwnPresence, _ua: &mut Ua, _now: Instant) {}

    /// One of the documents about ourselves came; wishes may follow.
    pub(super) fn on_document(&mut self, _event: OwnEvent, _document: &Document<'_>, _ua: &mut Ua, _now: Instant) {}

    /// A document cannot be had on this connection: the server refused it.
    pub(super) fn on_refused(&mut self, _event: OwnEvent, _code: u16, _ua: &mut Ua, _now: Instant) {}

    /// Our own presence document came, as the server shows it to others.
    pub(super) fn on_own_document(&mut self, _document: &Document<'_>, _ua: &mut Ua, _now: Instant) {}

    /// What is wanted of the subscriptions, oldest first.
    pub(super) fn next_wish(&mut self) -> Option<Wish> {
        self.wishes.pop_front()
    }
}
