//! Joins the services to the subscriptions: documents about ourselves go one way, wishes come back.

use std::time::Instant;

use super::SipBackend;
use crate::backend::Event;
use crate::backend::sip::own::{Document, OwnEvent, Told};
use crate::backend::sip::services::Wish;

impl SipBackend {
    /// Gives the services what came about ourselves, and carries out what they want then.
    pub(super) fn pump_services(&mut self, now: Instant) {
        let mut contacts = false;
        while let Some(told) = self.subscriptions.next_told() {
            contacts |= told.is_of(OwnEvent::Contacts);
            match told {
                Told::Document { event, content_type, body } => {
                    let document = Document { content_type: &content_type, body: &body };
                    self.services.on_document(event, &document, &mut self.ua, now);
                }
                Told::Refused { event, code } => self.services.on_refused(event, code, &mut self.ua),
                Told::Presence { content_type, body } => {
                    let document = Document { content_type: &content_type, body: &body };
                    self.services.on_own_document(&document, &mut self.ua, now);
                }
            }
        }
        // Once for all that came together.
        self.pump_wishes(now);
        if contacts {
            self.subscriptions.contacts_known(&mut self.ua, now);
            self.pump_wishes(now);
        }
    }

    /// Carries out what the services want of the subscriptions.
    fn pump_wishes(&mut self, now: Instant) {
        while let Some(wish) = self.services.next_wish() {
            match wish {
                Wish::Resubscribe(event) => self.subscriptions.ask_own(event, &mut self.ua, now),
                Wish::Roster(roster) => self.roster_is(roster, now),
                Wish::Access(access) => {
                    if self.access != access {
                        self.access = access;
                        self.ua.emit(Event::AccessReset(self.access.clone()));
                        self.sessions.part(&self.access, &mut self.ua, now);
                    }
                }
                Wish::Watch(who) => self.watch(&who, now),
                Wish::PublishOtherwise => self.publication.start(&mut self.ua, now),
            }
        }
    }
}
