//! Hands documents, answers and orders to the usage they are for.

use std::time::Instant;

use super::access::AccessRules;
use super::contacts::Contacts;
use super::directory::Directory;
use super::exchange::{Errand, Outcome};
use super::looks::Looks;
use super::pending::PendingWatchers;
use super::provisioning;
use super::publication::Publishing;
use super::wish::{Wish, Wishes};
use crate::backend::sip::own::{Document, OwnEvent};
use crate::backend::sip::ua::Ua;
use crate::backend::{Refused, RosterChange};
use crate::formats::msrtc;
use crate::model::{Access, AccessList, Address, OwnPresence, Roster};
use crate::sip::message::Message;

/// The services of one account.
#[derive(Debug)]
pub(in crate::backend::sip) struct Services {
    publishing: Publishing,
    contacts: Contacts,
    access: AccessRules,
    pending: PendingWatchers,
    directory: Directory,
    looks: Looks,
    wishes: Wishes,
}

impl Services {
    /// `roster` and `access` are those kept on this machine.
    pub(in crate::backend::sip) fn new(roster: Roster, access: AccessList) -> Self {
        Self {
            publishing: Publishing::default(),
            contacts: Contacts::new(roster),
            access: AccessRules::new(access),
            pending: PendingWatchers::default(),
            directory: Directory::default(),
            looks: Looks::default(),
            wishes: Wishes::new(),
        }
    }

    /// The registrar accepted us on a new link, and takes SERVICE.
    pub(in crate::backend::sip) fn start(&mut self, roster: &Roster, ua: &mut Ua, now: Instant) {
        self.publishing.start(now);
        self.contacts.start(ua.traits.offers(OwnEvent::Contacts.package()), roster, now);
        self.access.start(ua.traits.offers(OwnEvent::Access.package()), now);
        self.pending.start();
        self.directory.start(true);
        self.looks.start();
    }

    /// The link is gone.
    pub(in crate::backend::sip) fn stop(&mut self, ua: &mut Ua) {
        self.publishing.stop();
        self.contacts.stop();
        self.access.stop();
        self.pending.start();
        self.directory.stop(ua);
        self.looks.stop();
        self.wishes.clear();
    }

    /// Signing out.
    pub(in crate::backend::sip) fn leave(&mut self) {
        self.publishing.leave();
        self.pending.forget();
    }

    /// Our binding was renewed.
    pub(in crate::backend::sip) fn renew(&mut self, ua: &mut Ua, now: Instant) {
        self.publishing.renew(ua, now);
    }

    /// What the user wants others to see.
    pub(in crate::backend::sip) fn set_presence(&mut self, own: OwnPresence, ua: &mut Ua, now: Instant) {
        self.publishing.set(own, ua, now);
    }

    /// One of the documents about ourselves came; wishes may follow.
    pub(in crate::backend::sip) fn on_document(&mut self, event: OwnEvent, document: &Document<'_>, ua: &mut Ua, now: Instant) {
        match event {
            OwnEvent::Contacts => self.contacts.on_document(document.body, ua, &mut self.wishes, now),
            OwnEvent::Access => self.access.on_document(document.body, ua, &mut self.wishes, now),
            OwnEvent::Pending => self.pending.on_document(document.body, ua),
            OwnEvent::Provisioning => provisioning::on_document(document.body, ua),
        }
        self.welcome(ua, now);
    }

    /// A document cannot be had on this connection: the server refused it.
    pub(in crate::backend::sip) fn on_refused(&mut self, event: OwnEvent, code: u16, ua: &mut Ua) {
        match event {
            OwnEvent::Contacts => self.contacts.on_refused(code, ua),
            OwnEvent::Access => self.access.on_refused(),
            OwnEvent::Pending | OwnEvent::Provisioning => {}
        }
    }

    /// Our own presence document came, as the server shows it to others.
    pub(in crate::backend::sip) fn on_own_document(&mut self, document: &Document<'_>, ua: &mut Ua, now: Instant) {
        // Whatever is wrong with it was told by who watches it; what is stored is not known then.
        let Ok(own) = msrtc::read(document.body) else { return };
        self.publishing.on_own(own.user_info.map(|info| info.inner), ua, now);
    }

    /// A SERVICE of ours was answered.
    pub(in crate::backend::sip) fn on_response(&mut self, errand: Errand, response: &Message, ua: &mut Ua, now: Instant) {
        if let Errand::Look(number) = errand {
            return self.looks.on_response(number, response, ua, &mut self.wishes, now);
        }
        let outcome = Outcome::of(response, ua);
        self.on_outcome(errand, outcome, ua, now);
    }

    /// A SERVICE of ours stays without answer.
    pub(in crate::backend::sip) fn on_failure(&mut self, errand: Errand, ua: &mut Ua, now: Instant) {
        self.on_outcome(errand, Outcome::Silent, ua, now);
    }

    fn on_outcome(&mut self, errand: Errand, outcome: Outcome, ua: &mut Ua, now: Instant) {
        match errand {
            Errand::Presence => self.publishing.on_outcome(&outcome, ua, &mut self.wishes, now),
            Errand::Contacts => self.contacts.on_outcome(&outcome, ua, &mut self.wishes, now),
            Errand::Access => self.access.on_outcome(&outcome, ua, &mut self.wishes, now),
            Errand::Search(number) => self.directory.on_outcome(number, outcome, ua),
            Errand::Look(number) => self.looks.on_failure(number, ua, now),
        }
        self.welcome(ua, now);
    }

    /// Whether the contact list lives on the server.
    pub(in crate::backend::sip) const fn keeps_roster(&self) -> bool {
        self.contacts.on_server()
    }

    /// Whether a change to the contact list can be made, as far as can be told beforehand.
    pub(in crate::backend::sip) fn permits(&self, change: &RosterChange, roster: &Roster) -> Result<(), Refused> {
        if self.keeps_roster() { self.contacts.permits(change, roster) } else { Ok(()) }
    }

    /// The user changed the roster, which was `before`; it shows already.
    pub(in crate::backend::sip) fn change_roster(&mut self, change: &RosterChange, before: &Roster, ua: &mut Ua, now: Instant) {
        self.contacts.change(change, before, ua, now);
        self.welcome(ua, now);
    }

    /// Whether decisions on access are kept on the server.
    pub(in crate::backend::sip) const fn keeps_access(&self) -> bool {
        self.access.on_server()
    }

    /// The user decided about somebody.
    pub(in crate::backend::sip) fn set_access(
        &mut self,
        who: Address,
        access: Access,
        ua: &mut Ua,
        now: Instant,
    ) -> Result<(), Refused> {
        self.access.set(who, access, ua, now)
    }

    /// The user searches the directory.
    pub(in crate::backend::sip) fn search(&mut self, words: &str, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        self.directory.search(words, ua, now)
    }

    /// How is somebody? `false` if this server cannot be asked for it once.
    pub(in crate::backend::sip) fn look(&mut self, who: Address, ua: &mut Ua, now: Instant) -> bool {
        self.looks.look(who, ua, now)
    }

    /// Whom the user added may see them.
    fn welcome(&mut self, ua: &mut Ua, now: Instant) {
        while let Some(who) = self.contacts.next_added() {
            self.access.allow_new(&who, ua, now);
        }
    }

    pub(in crate::backend::sip) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        self.publishing.handle_timeout(ua, now);
        self.contacts.handle_timeout(&mut self.wishes, now);
        self.access.handle_timeout(&mut self.wishes, now);
    }

    pub(in crate::backend::sip) fn next_timeout(&self) -> Option<Instant> {
        [self.publishing.next_timeout(), self.contacts.next_timeout(), self.access.next_timeout()].into_iter().flatten().min()
    }

    /// What is wanted of the rest of the account, oldest first.
    pub(in crate::backend::sip) fn next_wish(&mut self) -> Option<Wish> {
        self.wishes
            .pop_front()
            .or_else(|| self.contacts.news().map(Wish::Roster))
            .or_else(|| self.access.news().map(Wish::Access))
    }

    /// Whether something that belongs to signing in is still awaited.
    pub(in crate::backend::sip) const fn settling(&self) -> bool {
        self.publishing.asking() || self.contacts.reading() || self.access.reading()
    }

    /// Whether something of the user's is on its way.
    pub(in crate::backend::sip) fn unfinished(&self) -> bool {
        self.publishing.asking() || self.lists_unfinished()
    }

    /// Whether the server has not confirmed all changes to the contact list and the access list.
    pub(in crate::backend::sip) fn lists_unfinished(&self) -> bool {
        self.contacts.unfinished() || self.access.unfinished()
    }

    /// Whether the server takes our presence by SERVICE.
    pub(in crate::backend::sip) fn publishes(&self) -> bool {
        self.publishing.works()
    }

    /// Whether the server holds watchers to the access list it keeps.
    pub(in crate::backend::sip) const fn enforces_access(&self) -> bool {
        self.access.works()
    }

    /// Whether the server tells who waits for a decision.
    pub(in crate::backend::sip) const fn tells_pending(&self) -> bool {
        self.pending.works()
    }

    /// Whether the directory can be searched.
    pub(in crate::backend::sip) const fn has_directory(&self) -> bool {
        self.directory.works()
    }
}
