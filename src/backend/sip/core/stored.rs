//! Joins the documents kept on a server to the rest of the account: what the server has becomes
//! our roster and access list, and what the user changes here is written there.

use std::time::Instant;

use super::{SipBackend, Stage};
use crate::backend::sip::xcap::{Document, Xcap, XcapEvent};
use crate::backend::{Event, Input, LinkId, NoticeLevel, Refused, RosterChange};
use crate::model::{Access, AccessList, Address, Roster, RosterHome};
use crate::sip::auth::Credentials;

/// The documents, and what is known of them.
#[derive(Debug)]
pub(super) struct Stored {
    xcap: Option<Xcap>,
    /// The first answer about the roster is still to come.
    reading: bool,
    /// The server holds the allow and block list.
    pub(super) access: bool,
}

impl Stored {
    pub(super) const fn new(xcap: Option<Xcap>) -> Self {
        Self { xcap, reading: false, access: false }
    }

    /// Asks the server for documents with these from the next request on.
    pub(super) fn set_credentials(&mut self, credentials: &Credentials) {
        if let Some(xcap) = &mut self.xcap {
            xcap.set_credentials(credentials.clone());
        }
    }

    /// Whether there is a server for documents at all.
    pub(super) const fn works(&self) -> bool {
        self.xcap.is_some()
    }

    /// Whether the roster of the server is still awaited.
    pub(super) const fn reading(&self) -> bool {
        self.reading
    }

    /// Whether there is a contact list on the document server that cannot be read.
    pub(super) fn is_closed(&self) -> bool {
        self.xcap.as_ref().is_some_and(Xcap::is_closed)
    }

    /// Whether changes of the user are not written yet.
    pub(super) fn unfinished(&self) -> bool {
        self.xcap.as_ref().is_some_and(Xcap::unfinished)
    }

    /// Signed in: reads everything.
    pub(super) fn start(&mut self, now: Instant) {
        if let Some(xcap) = &mut self.xcap {
            self.reading = true;
            xcap.start(now);
        }
    }

    /// The link is gone.
    pub(super) fn stop(&mut self) {
        self.reading = false;
        if let Some(xcap) = &mut self.xcap {
            xcap.stop();
        }
    }

    /// Whether a link is one of these documents'.
    pub(super) fn owns(&self, link: LinkId) -> bool {
        self.xcap.as_ref().is_some_and(|x| x.owns(link))
    }

    pub(super) fn handle_input(&mut self, input: &Input<'_>, now: Instant) {
        let Some(xcap) = &mut self.xcap else { return };
        match input {
            Input::Progress { .. } | Input::Ticket { .. } | Input::Disturbed => {}
            Input::Up { link, .. } => xcap.handle_up(*link),
            Input::Bytes { link, data } => xcap.handle_bytes(*link, data, now),
            Input::Down { link, .. } => xcap.handle_down(*link, now),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Some(xcap) = &mut self.xcap {
            xcap.handle_timeout(now);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.xcap.as_ref().and_then(Xcap::next_timeout)
    }
}

impl SipBackend {
    /// Takes what the documents have to tell, and what they want sent.
    pub(super) fn pump_stored(&mut self, now: Instant) {
        while let Some(event) = self.stored.xcap.as_mut().and_then(Xcap::next_event) {
            match event {
                XcapEvent::Roster(roster) => self.server_roster(roster, now),
                XcapEvent::NoRoster => self.give_roster(now),
                XcapEvent::Access(access) => self.server_access(&access),
                XcapEvent::Stored(Document::Service) => self.subscriptions.list_stored(&mut self.ua, now),
                XcapEvent::Stored(Document::Rules) => self.subscriptions.rules_stored(now),
                XcapEvent::Stored(Document::Roster) => {}
                XcapEvent::Failed { document, why } => {
                    if document == Document::Roster {
                        self.stored.reading = false;
                    }
                    if matches!(document, Document::Roster | Document::Service) {
                        self.subscriptions.no_list(&mut self.ua, now);
                    }
                    let text = format!("The {document} on the server: {why}.");
                    self.ua.notice(NoticeLevel::Warning, "document-failed", text);
                    if document != Document::Service && std::mem::take(&mut self.confirms) {
                        self.unconfirmed();
                    }
                }
            }
        }
        while let Some(output) = self.stored.xcap.as_mut().and_then(Xcap::next_output) {
            self.ua.pass(output);
        }
    }

    /// The server's roster is the roster.
    fn server_roster(&mut self, roster: Roster, now: Instant) {
        self.stored.reading = false;
        self.roster_is(roster, now);
    }

    /// The roster is this, on the server: tells so, and watches who is on it.
    pub(super) fn roster_is(&mut self, roster: Roster, now: Instant) {
        let before: Vec<Address> = self.roster.watched().cloned().collect();
        let Some(changed) = self.roster.take(roster, RosterHome::Server) else { return };
        self.ua.emit(changed);
        let gone = before.into_iter().filter(|who| !self.roster.watches(who) && !self.guests.contains(who));
        for who in gone {
            self.subscriptions.unwant(&who, &mut self.ua, now);
        }
        for who in self.roster.watched() {
            self.subscriptions.want(who, &mut self.ua, now);
        }
    }

    /// The server has no roster yet: it gets ours.
    fn give_roster(&mut self, now: Instant) {
        self.stored.reading = false;
        self.roster.move_to(RosterHome::Server);
        if let Some(xcap) = &mut self.stored.xcap {
            xcap.put_roster(self.roster.roster(), now);
            self.ua.emit(self.roster.reset());
        }
    }

    /// The server's decisions; people blocked here only stay blocked.
    fn server_access(&mut self, access: &AccessList) {
        self.stored.access = true;
        let mut all = self.access.clone();
        for (who, decision) in access.iter() {
            all.set(who.clone(), Some(decision));
        }
        self.access = all;
        self.ua.emit(Event::AccessReset(self.access.clone()));
    }

    /// A change to the roster that is made here already.
    fn store_roster(&mut self, change: &Event, now: Instant) {
        let (Some(xcap), Event::RosterChanged { changes, .. }) = (&mut self.stored.xcap, change) else { return };
        let mut done = Ok(());
        for change in changes {
            done = done.and(xcap.change_roster(change.clone(), now));
        }
        if done.is_err() {
            let text = "Too many changes to the contact list wait to be stored on the server; this one is only kept here.";
            self.ua.notice(NoticeLevel::Warning, "document-failed", text);
        }
    }

    pub(super) fn set_access(&mut self, who: Address, access: Access, now: Instant) -> Result<(), Refused> {
        if self.services.keeps_access() {
            self.services.set_access(who.clone(), access, &mut self.ua, now)?;
            self.decided(who, access, now);
            return Ok(());
        }
        if let Some(xcap) = &mut self.stored.xcap {
            xcap.set_access(who.clone(), Some(access), now)?;
        } else if access == Access::Block {
            let text = format!(
                "Messages from {} are refused from now on; this server cannot hide your presence from them.",
                who.short()
            );
            self.ua.notice(NoticeLevel::Info, "blocked-locally", text);
        }
        self.decided(who, access, now);
        Ok(())
    }

    fn decided(&mut self, who: Address, access: Access, now: Instant) {
        self.access.set(who, Some(access));
        self.ua.emit(Event::AccessReset(self.access.clone()));
        self.sessions.part(&self.access, &mut self.ua, now);
    }

    /// An address of documents that cannot be used is worth a word, once signed in.
    pub(super) fn start_stored(&mut self, now: Instant) {
        debug_assert!(matches!(self.stage, Stage::Settling { .. }));
        if self.stored.xcap.is_none() && self.ua.settings.xcap_root.is_some() {
            let text = "The address of the document server (xcap_root) cannot be used; the contact list is kept here.";
            self.ua.notice(NoticeLevel::Warning, "document-failed", text);
        }
        // Where the server keeps the contact list itself, there are not two of them.
        if !self.services.keeps_roster() {
            self.stored.start(now);
        }
    }

    /// The user changes the roster.
    pub(super) fn change_roster(&mut self, change: RosterChange, now: Instant) -> Result<(), Refused> {
        self.services.permits(&change, self.roster.roster())?;
        if self.stored.is_closed() {
            let text = "the contact list on the document server cannot be read now, so it cannot be changed; sign in again later";
            return Err(Refused::Unknown(text.to_owned()));
        }
        let kept = self.services.keeps_roster();
        let before = kept.then(|| self.roster.roster().clone());
        let changed = match &change {
            RosterChange::Put { address, name, groups } => self.roster.put(address.clone(), name, groups.clone())?,
            RosterChange::Removed(who) => self.roster.remove(who)?,
            RosterChange::Group(group) => self.roster.group(group.clone())?,
        };
        if !kept {
            self.store_roster(&changed, now);
        }
        self.ua.emit(changed.clone());
        if let (Some(before), Event::RosterChanged { changes, .. }) = (before, changed) {
            for change in &changes {
                self.services.change_roster(change, &before, &mut self.ua, now);
            }
        }
        match change {
            RosterChange::Put { address, .. } if self.roster.watches(&address) => {
                self.subscriptions.want(&address, &mut self.ua, now);
            }
            RosterChange::Removed(who) if !self.guests.contains(&who) => {
                self.subscriptions.unwant(&who, &mut self.ua, now);
            }
            RosterChange::Put { .. } | RosterChange::Removed(_) | RosterChange::Group(_) => {}
        }
        Ok(())
    }
}
