//! Orders of the user.

use std::time::Instant;

use super::{MOST_GUESTS, SipBackend};
use crate::backend::files::FileCommand;
use crate::backend::sip::conversations::Conversations;
use crate::backend::{Command, Event, Refused, RosterChange};
use crate::model::{Address, Body, MessageRef};

impl SipBackend {
    pub(super) fn carry_out(&mut self, command: Command, now: Instant) -> Result<(), Refused> {
        match command {
            Command::SignIn => self.sign_in(now),
            Command::RetryNow => {
                self.servers.forget();
                self.sign_in(now);
            }
            Command::SignOut => self.sign_out(now),
            Command::SetPassword(secret) => {
                let credentials = self.ua.settings.set_password(&secret);
                self.stored.set_credentials(&credentials);
            }
            Command::SetPresence(own) => {
                self.services.set_presence(own.clone(), &mut self.ua, now);
                self.publication.set(own, &mut self.ua, now);
            }
            Command::SendText { to, body, tag } => {
                if !self.connected() {
                    return Err(Refused::Offline);
                }
                self.send_text(&to, &body, tag, now)?;
            }
            // Who may not write to us does not learn that we are there.
            Command::Typing { to, .. } if !self.access.may_write(&to) => {}
            Command::Typing { to, active } => {
                if self.connected() && self.sessions.talks_to(&to, &self.ua) {
                    self.sessions.typing(&to, active, &mut self.ua, now);
                } else if self.connected() {
                    self.typing.ours(&to, active, &mut self.ua, now);
                }
            }
            Command::PutContact { address, name, groups } => {
                self.change_roster(RosterChange::Put { address, name, groups }, now)?;
            }
            Command::RemoveContact(who) => self.change_roster(RosterChange::Removed(who), now)?,
            Command::Group(change) => self.change_roster(RosterChange::Group(change), now)?,
            Command::SetAccess { who, access } => self.set_access(who, access, now)?,
            Command::Watch(people) => {
                for who in people {
                    self.watch(&who, now);
                }
            }
            Command::Look(people) if self.connected() => self.look(people, now),
            // Asked when it is known how.
            Command::Look(people) => {
                let room = MOST_GUESTS.saturating_sub(self.looked_for.len());
                self.looked_for.extend(people.into_iter().take(room));
            }
            Command::Search { words } => {
                if !self.connected() {
                    return Err(Refused::Offline);
                }
                self.services.search(&words, &mut self.ua, now)?;
            }
            Command::Room(order) => {
                if !self.connected() {
                    return Err(Refused::Offline);
                }
                if self.preferred.is_moving() {
                    return Err(Refused::Busy);
                }
                self.sessions.room(order, &self.access, &mut self.ua, now)?;
            }
            Command::File(order) => {
                let connected = self.connected();
                let letters = matches!(&order, FileCommand::Offer { to, .. } if self.sessions.talks_to(to, &self.ua));
                self.files.order(order, connected, letters, &mut self.ua, now);
            }
            Command::Received(id) => {
                self.ua.written_down(&id, now);
                self.written_down_on_old(&id, now);
            }
            Command::Declined(id) => {
                self.conversations.not_taken(&id);
                self.ua.not_taken(&id, now);
                self.declined_on_old(&id, now);
            }
            // The account's outbox has taken it.
            Command::Release(_) | Command::Withdraw(_) => {}
            Command::Obey(rules) => self.ua.settings.invitations = *rules,
            Command::Attend => self.keepalive.attend(&self.ua, now),
            Command::ConfirmLists => self.confirms = true,
            Command::ReportTraffic => {
                let traffic = self.ua.traffic.report();
                self.ua.emit(Event::Traffic(traffic));
            }
        }
        Ok(())
    }

    /// Sends a text in a session where there is one or should be, else by itself.
    pub(super) fn send_text(&mut self, to: &Address, body: &Body, tag: MessageRef, now: Instant) -> Result<(), Refused> {
        if self.sessions.talks_to(to, &self.ua) {
            self.sessions.send_text(to, body, tag, &mut self.ua, now)
        } else {
            Conversations::send_text(to, body, tag, &mut self.ua, now)?;
            self.typing.text_sent(to);
            Ok(())
        }
    }

    /// Subscribes to somebody who need not be on the roster.
    pub(super) fn watch(&mut self, who: &Address, now: Instant) {
        if self.guests.len() < MOST_GUESTS && self.guests.insert(who.clone()) {
            self.subscriptions.want(who, &mut self.ua, now);
        }
    }

    /// Asks how people are; by a subscription where the server cannot be asked otherwise.
    pub(super) fn look(&mut self, people: Vec<Address>, now: Instant) {
        for who in people {
            if !self.services.look(who.clone(), &mut self.ua, now) {
                self.watch(&who, now);
            }
        }
    }
}
