//! The doors: [`Policy::run`] before anything else, [`Policy::permit`] for what leaves, [`Policy::admit`] for what
//! enters.
//!
//! A door may also let something through changed: a text without its looks, say. Where a rule needs to know more
//! than what passes, it asks [`Facts`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::Read;
use super::merge::{Table, merge};
use super::people::{People, is_of_net_service};
use super::rules::{Ruled, Rules};
use super::source::from_server;
use super::values::ScreenRules;
use crate::backend::files::{FileCommand, FileEvent};
use crate::backend::{Command, Event, RoomCommand, RoomEvent};
use crate::model::{Address, Body, Strangers, TextStyle};

/// An order that policy allows. Only this file can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permitted<T>(T);

impl<T> Permitted<T> {
    /// What was permitted.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// A look at what was permitted.
    pub const fn as_inner(&self) -> &T {
        &self.0
    }
}

/// A report that policy lets in. Only this file can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted<T>(T);

impl<T> Admitted<T> {
    /// What was admitted.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// A look at what was admitted.
    pub const fn as_inner(&self) -> &T {
        &self.0
    }
}

/// The program may run. Only this file can make one.
#[derive(Debug)]
pub struct MayRun(());

/// A picture may be looked at. Only this file can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MayView(());

/// A policy said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {policy} ({origin})", if *managed { "set by your organisation" } else { "recommended by your organisation" })]
pub struct Denial {
    /// Name of the policy.
    pub policy: &'static str,
    /// Where it was set: file and line, or registry key.
    pub origin: String,
    /// The user cannot change it.
    pub managed: bool,
}

/// What the doors know of the account something is about.
pub trait Facts {
    /// Our address.
    fn own(&self) -> &Address;
    /// The name others see of us; empty for none.
    fn own_name(&self) -> &str;
    /// How many people are on the contact list.
    fn contacts(&self) -> usize;
    /// Whether somebody is on it.
    fn is_contact(&self, who: &Address) -> bool;
    /// Whether we wrote to somebody.
    fn wrote_to(&self, who: &Address) -> bool;
    /// What forbids this account as it is set.
    fn barred(&self) -> Option<&Denial>;
}

/// The policies in force; an immutable snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What the sources on this machine say.
    sources: Arc<Read>,
    /// What servers arranged, by account.
    server: BTreeMap<String, Vec<(String, String)>>,
    table: Arc<Table>,
    rules: Arc<Rules>,
    screen: Arc<ScreenRules>,
}

impl Policy {
    /// By what the sources say.
    #[must_use]
    pub fn of(read: Read) -> Self {
        Self::assembled(Arc::new(read), BTreeMap::new())
    }

    /// The same, and what the server of an account arranged at its last sign-in.
    #[must_use]
    pub fn with_server(&self, account: &str, settings: Vec<(String, String)>) -> Self {
        let mut server = self.server.clone();
        server.insert(account.to_owned(), settings);
        Self::assembled(self.sources.clone(), server)
    }

    /// Other sources, and what the servers arranged before.
    #[must_use]
    pub fn renewed(&self, new: &Self) -> Self {
        Self::assembled(new.sources.clone(), self.server.clone())
    }

    fn assembled(sources: Arc<Read>, server: BTreeMap<String, Vec<(String, String)>>) -> Self {
        let mut read = (*sources).clone();
        for (account, settings) in &server {
            read.append(from_server(account, settings));
        }
        let table = merge(read);
        let (rules, screen) = (Arc::new(Rules::new(&table)), Arc::new(table.screen()));
        Self { sources, server, table: Arc::new(table), rules, screen }
    }

    /// What is in force, and why.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What the screen obeys; made once, for it is asked with every frame.
    #[must_use]
    pub fn screen(&self) -> &ScreenRules {
        &self.screen
    }

    /// What becomes of messages of people the user does not know, where that is set.
    #[must_use]
    pub fn strangers(&self) -> Option<Strangers> {
        self.rules.strangers
    }

    /// May the program run?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub fn run(&self) -> Result<MayRun, Denial> {
        match &self.rules.prevent_run {
            Some(ruled) => Err(ruled.denial.clone()),
            None => Ok(MayRun(())),
        }
    }

    /// May pictures be looked at?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub fn view(&self) -> Result<MayView, Denial> {
        deny(self.rules.pictures.as_ref())?;
        Ok(MayView(()))
    }

    /// May this order leave?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub fn permit(&self, command: Command, facts: &dyn Facts) -> Result<Permitted<Command>, Denial> {
        let rules = &*self.rules;
        let command = match command {
            Command::SignIn => {
                self.may_sign_in(facts)?;
                Command::SignIn
            }
            Command::SetPresence(own) => {
                if !own.note.is_empty() {
                    deny(rules.note.as_ref())?;
                }
                Command::SetPresence(own)
            }
            Command::SendText { to, body, tag } => {
                deny(rules.im.as_ref())?;
                self.may_reach(&to, facts)?;
                Command::SendText { to, body: self.dressed(body), tag }
            }
            Command::Typing { to, active } => {
                deny(rules.im.as_ref().or(rules.typing.as_ref()))?;
                self.may_reach(&to, facts)?;
                Command::Typing { to, active }
            }
            Command::PutContact { address, name, groups } => {
                self.may_reach(&address, facts)?;
                let new = !facts.is_contact(&address);
                deny(rules.contacts.as_ref().filter(|most| new && facts.contacts() as u64 >= most.value))?;
                Command::PutContact { address, name, groups }
            }
            Command::Watch(people) => Command::Watch(self.reachable(people, facts)?),
            Command::Look(people) => Command::Look(self.reachable(people, facts)?),
            Command::Search { words } => {
                deny(rules.search.as_ref())?;
                Command::Search { words }
            }
            Command::Room(order) => Command::Room(self.permit_in_room(order, facts)?),
            Command::File(order) => Command::File(self.permit_file(order, facts)?),
            // What leaves, gives up or only concerns our own side is never kept back.
            command @ (Command::SignOut
            | Command::RetryNow
            | Command::SetPassword(_)
            | Command::RemoveContact(_)
            | Command::Group(_)
            | Command::SetAccess { .. }
            | Command::ConfirmLists
            | Command::ReportTraffic
            | Command::Release(_)
            | Command::Withdraw(_)
            | Command::Received(_)
            | Command::Declined(_)
            | Command::Obey(_)
            | Command::Attend) => command,
        };
        Ok(Permitted(command))
    }

    fn permit_in_room(&self, order: RoomCommand, facts: &dyn Facts) -> Result<RoomCommand, Denial> {
        let rules = &*self.rules;
        Ok(match order {
            RoomCommand::Open(people) => {
                deny(rules.im.as_ref().or(rules.rooms.as_ref()))?;
                people.iter().try_for_each(|who| self.may_reach(who, facts))?;
                RoomCommand::Open(people)
            }
            RoomCommand::Invite { room, who } => {
                deny(rules.im.as_ref().or(rules.rooms.as_ref()))?;
                self.may_reach(&who, facts)?;
                RoomCommand::Invite { room, who }
            }
            RoomCommand::Say { room, body, tag } => {
                deny(rules.im.as_ref().or(rules.rooms.as_ref()))?;
                RoomCommand::Say { room, body: self.dressed(body), tag }
            }
            order @ (RoomCommand::Leave(_) | RoomCommand::Enter(_)) => order,
        })
    }

    /// May a file be offered to this person? Asked before there is an order, which needs the file.
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub fn may_offer_file(&self, to: &Address, facts: &dyn Facts) -> Result<(), Denial> {
        deny(self.rules.files.as_ref())?;
        self.may_reach(to, facts)
    }

    fn permit_file(&self, order: FileCommand, facts: &dyn Facts) -> Result<FileCommand, Denial> {
        match &order {
            FileCommand::Offer { to, .. } => self.may_offer_file(to, facts)?,
            FileCommand::Accept(_) => deny(self.rules.files.as_ref())?,
            FileCommand::Listening { .. } | FileCommand::Cancel(_) | FileCommand::Done(_) => {}
        }
        Ok(order)
    }

    /// May this report enter?
    ///
    /// # Errors
    /// [`Denial`] names the policy and where it was set.
    pub fn admit(&self, event: Event, facts: &dyn Facts) -> Result<Admitted<Event>, Denial> {
        let rules = &*self.rules;
        let event = match event {
            Event::Text { id, from, body, sent, delayed } => {
                deny(rules.im.as_ref())?;
                self.may_reach(&from, facts)?;
                self.may_begin(&from, facts)?;
                Event::Text { id, from, body: self.dressed(body), sent, delayed }
            }
            Event::Typing { from, active } => {
                deny(rules.im.as_ref())?;
                self.may_reach(&from, facts)?;
                self.may_begin(&from, facts)?;
                Event::Typing { from, active }
            }
            Event::Notice { level, code, text, by: Some(by) } => {
                self.may_reach(&by, facts)?;
                self.may_begin(&by, facts)?;
                Event::Notice { level, code, text, by: Some(by) }
            }
            Event::Presence { who, now } => {
                self.may_reach(&who, facts)?;
                Event::Presence { who, now }
            }
            Event::Watcher { who, name, state } => {
                self.may_reach(&who, facts)?;
                Event::Watcher { who, name, state }
            }
            Event::Room(told) => Event::Room(self.admit_of_room(told, facts)?),
            Event::File(FileEvent::Offered { id, from, name, octets, secret }) => {
                deny(rules.files.as_ref())?;
                self.may_reach(&from, facts)?;
                self.may_begin(&from, facts)?;
                Event::File(FileEvent::Offered { id, from, name, octets, secret })
            }
            // About ourselves, our lists, and what we ordered.
            event => event,
        };
        Ok(Admitted(event))
    }

    fn admit_of_room(&self, told: RoomEvent, facts: &dyn Facts) -> Result<RoomEvent, Denial> {
        let rules = &*self.rules;
        Ok(match told {
            RoomEvent::Opened { room, people, by: Some(by) } => {
                deny(rules.im.as_ref().or(rules.rooms.as_ref()))?;
                self.may_reach(&by, facts)?;
                self.may_begin(&by, facts)?;
                RoomEvent::Opened { room, people, by: Some(by) }
            }
            RoomEvent::Text { room, id, from, body } => {
                deny(rules.im.as_ref().or(rules.rooms.as_ref()))?;
                self.may_reach(&from, facts)?;
                RoomEvent::Text { room, id, from, body: self.dressed(body) }
            }
            told => told,
        })
    }

    fn may_sign_in(&self, facts: &dyn Facts) -> Result<(), Denial> {
        let rules = &*self.rules;
        let own = facts.own();
        deny(rules.blocked_accounts.as_ref().filter(|people| people.value.have(own)))?;
        deny(rules.allowed_accounts.as_ref().filter(|people| !people.value.have(own)))?;
        deny(rules.net_service.as_ref().filter(|_| is_of_net_service(own)))?;
        deny(rules.display_name.as_ref().filter(|_| facts.own_name().trim().is_empty()))?;
        facts.barred().map_or(Ok(()), |denial| Err(denial.clone()))
    }

    /// Whether anything may pass between us and somebody.
    fn may_reach(&self, who: &Address, facts: &dyn Facts) -> Result<(), Denial> {
        let rules = &*self.rules;
        let foreign = !who.domain().eq_ignore_ascii_case(facts.own().domain());
        let outside = |people: &&Ruled<People>| foreign && !people.value.have(who);
        deny(rules.net_service.as_ref().filter(|_| is_of_net_service(who)))?;
        deny(rules.blocked_domains.as_ref().filter(|people| people.value.have(who)))?;
        deny(rules.allowed_domains.as_ref().filter(outside))
    }

    /// Whether somebody may begin a conversation with us.
    fn may_begin(&self, who: &Address, facts: &dyn Facts) -> Result<(), Denial> {
        let rules = &*self.rules;
        // Looked at last: it goes through all that was said.
        if rules.federated.is_none() && rules.unknown_senders.is_none() || facts.wrote_to(who) {
            return Ok(());
        }
        let foreign = !who.domain().eq_ignore_ascii_case(facts.own().domain());
        deny(rules.federated.as_ref().filter(|_| foreign))?;
        deny(rules.unknown_senders.as_ref().filter(|_| !facts.is_contact(who)))
    }

    /// Those of many people between whom and us something may pass.
    fn reachable(&self, people: Vec<Address>, facts: &dyn Facts) -> Result<Vec<Address>, Denial> {
        let mut why = None;
        let people: Vec<Address> =
            people.into_iter().filter(|who| self.may_reach(who, facts).map_err(|denial| why = Some(denial)).is_ok()).collect();
        match why {
            Some(denial) if people.is_empty() => Err(denial),
            _ => Ok(people),
        }
    }

    /// A text as it may look.
    fn dressed(&self, body: Body) -> Body {
        if self.rules.formatting.is_some() { Body { style: TextStyle::default(), ..body } } else { body }
    }
}

fn deny<T>(ruled: Option<&Ruled<T>>) -> Result<(), Denial> {
    ruled.map_or(Ok(()), |ruled| Err(ruled.denial.clone()))
}

#[cfg(test)]
mod tests;
