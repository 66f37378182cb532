//! The contact list as the backend keeps it: our own copy, which the program saves.

use crate::backend::{Event, GroupChange, Refused, RosterChange};
use crate::model::{Address, Contact, Roster, RosterError, RosterHome};

/// Contacts and groups, and where they live.
#[derive(Debug)]
pub(super) struct RosterKeeper {
    roster: Roster,
    home: RosterHome,
}

impl RosterKeeper {
    /// The roster known from the last time.
    pub(super) const fn new(roster: Roster) -> Self {
        Self { roster, home: RosterHome::Local }
    }

    /// Where it lives.
    pub(super) const fn home(&self) -> RosterHome {
        self.home
    }

    /// The roster itself.
    pub(super) const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// From now on it lives there.
    pub(super) const fn move_to(&mut self, home: RosterHome) {
        self.home = home;
    }

    /// Another roster takes its place.
    pub(super) fn replace(&mut self, roster: Roster, home: RosterHome) {
        self.roster = roster;
        self.home = home;
    }

    /// Whether a person is on it and to be watched.
    pub(super) fn watches(&self, who: &Address) -> bool {
        self.roster.contact(who).is_some_and(|c| c.subscribed)
    }

    /// Everybody to be watched.
    pub(super) fn watched(&self) -> impl Iterator<Item = &Address> {
        self.roster.contacts().filter(|c| c.subscribed).map(|c| &c.address)
    }

    /// The whole roster as an event.
    pub(super) fn reset(&self) -> Event {
        Event::RosterReset { roster: self.roster.clone(), home: self.home }
    }

    /// Adds a person or changes name and groups.
    pub(super) fn put(&mut self, address: Address, name: &str, groups: Vec<String>) -> Result<Event, Refused> {
        if self.roster.contact(&address).is_none() && self.roster.len() >= MOST_CONTACTS {
            return Err(Refused::Busy);
        }
        let mut probe = Roster::default();
        for group in groups.iter().filter(|g| !self.roster.groups().contains(g)) {
            match probe.add_group(group) {
                Ok(()) | Err(RosterError::GroupExists(_)) => {}
                Err(error) => return Err(Refused::Unknown(error.to_string())),
            }
        }
        let mut contact = self.roster.contact(&address).cloned().unwrap_or_else(|| Contact::new(address.clone()));
        contact.name = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        contact.groups = groups;
        let change = RosterChange::Put { address, name: contact.name.clone(), groups: contact.groups.clone() };
        self.roster.put(contact);
        Ok(self.changed(change))
    }

    /// Takes a person off.
    pub(super) fn remove(&mut self, who: &Address) -> Result<Event, Refused> {
        self.roster.remove(who).map_err(|e| Refused::Unknown(e.to_string()))?;
        Ok(self.changed(RosterChange::Removed(who.clone())))
    }

    /// Changes a group.
    pub(super) fn group(&mut self, change: GroupChange) -> Result<Event, Refused> {
        let done = match &change {
            GroupChange::Add(name) => self.roster.add_group(name),
            GroupChange::Rename { from, to } => self.roster.rename_group(from, to),
            GroupChange::Remove(name) => self.roster.remove_group(name),
        };
        done.map_err(|e| Refused::Unknown(e.to_string()))?;
        Ok(self.changed(RosterChange::Group(change)))
    }

    fn changed(&self, change: RosterChange) -> Event {
        Event::RosterChanged { changes: vec![change], home: self.home }
    }
}

const MOST_CONTACTS: usize = 20_000;
const LONGEST_NAME: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> Address {
        Address::parse("bob@example.test").unwrap()
    }

    #[test]
    fn changes_are_told_and_impossible_ones_change_nothing() {
        let mut keeper = RosterKeeper::new(Roster::default());
        assert_eq!(keeper.put(bob(), "x", vec!["a\u{7}".into()]), Err(Refused::Unknown(RosterError::BadGroupName.to_string())));
        assert!(!keeper.watches(&bob()));
        let event = keeper.put(bob(), "Bob\u{1b}[2J", vec!["Ops".into()]).unwrap();
        let put = RosterChange::Put { address: bob(), name: "Bob[2J".into(), groups: vec!["Ops".into()] };
        assert_eq!(event, Event::RosterChanged { changes: vec![put], home: RosterHome::Local });
        assert!(keeper.watches(&bob()));
        assert!(keeper.group(GroupChange::Add("Ops".into())).is_err());
        assert!(keeper.group(GroupChange::Rename { from: "Ops".into(), to: "Night".into() }).is_ok());
        assert!(keeper.remove(&bob()).is_ok());
        assert!(keeper.remove(&bob()).is_err());
    }
}
