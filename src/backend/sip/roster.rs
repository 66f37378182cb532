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

    /// Another roster takes its place, or this one is found to live elsewhere. What is to be told of
    /// it: single changes where they say it all.
    pub(super) fn take(&mut self, roster: Roster, home: RosterHome) -> Option<Event> {
        let moved = std::mem::replace(&mut self.home, home) != home;
        if self.roster == roster {
            return moved.then(|| self.reset());
        }
        let before = std::mem::replace(&mut self.roster, roster);
        let changes = if moved { None } else { difference(before, &self.roster) };
        Some(changes.map_or_else(|| self.reset(), |changes| Event::RosterChanged { changes, home }))
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

/// The changes that make one roster of another; `None` where changes cannot say it.
fn difference(mut before: Roster, after: &Roster) -> Option<Vec<RosterChange>> {
    let mut changes: Vec<RosterChange> = Vec::new();
    let gone: Vec<Address> = before.contacts().map(|c| &c.address).filter(|who| after.contact(who).is_none()).cloned().collect();
    for who in gone {
        before.remove(&who).ok()?;
        changes.push(RosterChange::Removed(who));
    }
    let lost: Vec<String> = before.groups().iter().filter(|group| !after.groups().contains(group)).cloned().collect();
    let new: Vec<String> = after.groups().iter().filter(|group| !before.groups().contains(group)).cloned().collect();
    if let ([from], [to]) = (lost.as_slice(), new.as_slice())
        && before.groups().len() == after.groups().len()
    {
        before.rename_group(from, to).ok()?;
        changes.push(RosterChange::Group(GroupChange::Rename { from: from.clone(), to: to.clone() }));
    } else {
        for group in lost {
            before.remove_group(&group).ok()?;
            changes.push(RosterChange::Group(GroupChange::Remove(group)));
        }
        for group in new {
            before.add_group(&group).ok()?;
            changes.push(RosterChange::Group(GroupChange::Add(group)));
        }
    }
    for contact in after.contacts() {
        let known = before.contact(&contact.address);
        if known.is_some_and(|known| (&known.name, &known.groups) == (&contact.name, &contact.groups)) {
            continue;
        }
        let subscribed = known.is_none_or(|known| known.subscribed);
        before.put(Contact { subscribed, ..contact.clone() });
        let (address, name, groups) = (contact.address.clone(), contact.name.clone(), contact.groups.clone());
        changes.push(RosterChange::Put { address, name, groups });
    }
    (before == *after).then_some(changes)
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
