//! Orders of the user.

use std::time::Instant;

use super::{MOST_GUESTS, SipBackend};
use crate::backend::sip::conversations::Conversations;
use crate::backend::{Command, Event, Refused};

impl SipBackend {
    pub(super) fn carry_out(&mut self, command: Command, now: Instant) -> Result<(), Refused> {
        match command {
            Command::SignIn | Command::RetryNow => self.sign_in(),
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
                if self.sessions.talks_to(&to, &self.ua) {
                    self.sessions.send_text(&to, &body, tag, &mut self.ua, now)?;
                } else {
                    Conversations::send_text(&to, &body, tag, &mut self.ua, now)?;
                    self.typing.text_sent(&to);
                }
            }
            Command::Typing { to, active } => {
                if self.connected() && self.sessions.talks_to(&to, &self.ua) {
                    self.sessions.typing(&to, active, &mut self.ua, now);
                } else if self.connected() {
                    self.typing.ours(&to, active, &mut self.ua, now);
                }
            }
            Command::PutContact { address, name, groups } => {
                let changed = self.roster.put(address.clone(), &name, groups)?;
                self.store_roster(&changed, now);
                self.ua.emit(changed);
                self.subscriptions.want(&address, &mut self.ua, now);
            }
            Command::RemoveContact(who) => {
                let changed = self.roster.remove(&who)?;
                self.store_roster(&changed, now);
                self.ua.emit(changed);
                if !self.guests.contains(&who) {
                    self.subscriptions.unwant(&who, &mut self.ua, now);
                }
            }
            Command::Group(change) => {
                let changed = self.roster.group(change)?;
                self.store_roster(&changed, now);
                self.ua.emit(changed);
            }
            Command::SetAccess { who, access } => self.set_access(who, access, now)?,
            Command::Watch(people) => {
                for who in people {
                    if self.guests.len() < MOST_GUESTS && self.guests.insert(who.clone()) {
                        self.subscriptions.want(&who, &mut self.ua, now);
                    }
                }
            }
            Command::Search { .. } => return Err(Refused::Unsupported("search its directory")),
            Command::Room(_) => return Err(Refused::Unsupported("hold conversations of several people")),
            Command::ReportTraffic => {
                let traffic = self.ua.traffic.report();
                self.ua.emit(Event::Traffic(traffic));
            }
        }
        Ok(())
    }
}
