//! The contact list.

use std::collections::BTreeMap;

use super::{Address, Presence};

/// A person on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub address: Address,
    /// The name the user gave; empty when the user gave none.
    pub name: String,
    /// Groups the contact is in; empty = in none.
    pub groups: Vec<String>,
    /// Whether presence is asked for.
    pub subscribed: bool,
    /// What is known of the person now.
    pub presence: Presence,
}

impl Contact {
    /// A contact of whom nothing is known yet.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self { address, name: String::new(), groups: Vec::new(), subscribed: true, presence: Presence::default() }
    }

    /// The best name to show: the user's, else the person's own, else the address.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        if !self.name.is_empty() {
            return &self.name;
        }
        self.presence.display_name.as_deref().filter(|n| !n.is_empty()).unwrap_or_else(|| self.address.short())
    }
}

/// Why a change to the roster cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// There is no such contact.
    #[error("{0} is not on the contact list")]
    NoSuchContact(Address),
    /// There is no such group.
    #[error("there is no group named {0}")]
    NoSuchGroup(String),
    /// A group of that name is there already.
    #[error("a group named {0} exists already")]
    GroupExists(String),
    /// A group needs a name that can be shown.
    #[error("a group needs a name of 1 to 64 characters without control characters")]
    BadGroupName,
}

/// Contacts and groups. Groups may be empty; a contact may be in several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roster {
    contacts: BTreeMap<Address, Contact>,
    groups: Vec<String>,
}

impl Roster {
    /// All contacts, by address.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.values()
    }

    /// How many contacts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contacts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty()
    }

    /// Group names in the user's order.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// One contact.
    #[must_use]
    pub fn contact(&self, who: &Address) -> Option<&Contact> {
        self.contacts.get(who)
    }

    /// One contact, to be changed. Its address must stay as it is.
    pub fn contact_mut(&mut self, who: &Address) -> Option<&mut Contact> {
        self.contacts.get_mut(who)
    }

    /// Adds or replaces a contact; groups it names come into being. Presence already known stays.
    pub fn put(&mut self, mut contact: Contact) {
        for group in &contact.groups {
            if !self.groups.contains(group) {
                self.groups.push(group.clone());
            }
        }
        if let Some(old) = self.contacts.get(&contact.address) {
            contact.presence = old.presence.clone();
        }
        self.contacts.insert(contact.address.clone(), contact);
    }

    /// Takes in somebody whom a list of a document names: who is named again keeps the first name
    /// and is in one more group. The group must be there.
    pub fn join(&mut self, who: Address, name: &str, group: Option<&str>) {
        let contact = self.contacts.entry(who).or_insert_with_key(|who| Contact::new(who.clone()));
        if contact.name.is_empty() {
            name.clone_into(&mut contact.name);
        }
        if let Some(group) = group
            && !contact.groups.iter().any(|g| g == group)
        {
            contact.groups.push(group.to_owned());
        }
    }

    /// Takes a contact off the list.
    ///
    /// # Errors
    /// [`RosterError::NoSuchContact`].
    pub fn remove(&mut self, who: &Address) -> Result<Contact, RosterError> {
        self.contacts.remove(who).ok_or_else(|| RosterError::NoSuchContact(who.clone()))
    }

    /// Makes an empty group.
    ///
    /// # Errors
    /// [`RosterError::GroupExists`], [`RosterError::BadGroupName`].
    pub fn add_group(&mut self, name: &str) -> Result<(), RosterError> {
        check_group_name(name)?;
        if self.groups.iter().any(|g| g == name) {
            return Err(RosterError::GroupExists(name.to_owned()));
        }
        self.groups.push(name.to_owned());
        Ok(())
    }

    /// Renames a group in place; its contacts go with it.
    ///
    /// # Errors
    /// [`RosterError::NoSuchGroup`], [`RosterError::GroupExists`], [`RosterError::BadGroupName`].
    pub fn rename_group(&mut self, from: &str, to: &str) -> Result<(), RosterError> {
        check_group_name(to)?;
        if self.groups.iter().any(|g| g == to) {
            return Err(RosterError::GroupExists(to.to_owned()));
        }
        let slot = self.groups.iter_mut().find(|g| *g == from).ok_or_else(|| RosterError::NoSuchGroup(from.to_owned()))?;
        to.clone_into(slot);
        for contact in self.contacts.values_mut() {
            for group in contact.groups.iter_mut().filter(|g| *g == from) {
                to.clone_into(group);
            }
        }
        Ok(())
    }

    /// Removes a group; its contacts stay on the list.
    ///
    /// # Errors
    /// [`RosterError::NoSuchGroup`].
    pub fn remove_group(&mut self, name: &str) -> Result<(), RosterError> {
        let at = self.groups.iter().position(|g| g == name).ok_or_else(|| RosterError::NoSuchGroup(name.to_owned()))?;
        self.groups.remove(at);
        for contact in self.contacts.values_mut() {
            contact.groups.retain(|g| g != name);
        }
        Ok(())
    }

    /// Marks everything known about presence as stale: the link it came by is gone.
    pub fn mark_stale(&mut self) {
        for contact in self.contacts.values_mut() {
            contact.presence.stale = true;
        }
    }
}

fn check_group_name(name: &str) -> Result<(), RosterError> {
    let fine = !name.trim().is_empty() && name.chars().count() <= 64 && !name.chars().any(char::is_control);
    if fine { Ok(()) } else { Err(RosterError::BadGroupName) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Availability;

    fn bob() -> Address {
        Address::parse("bob@example.test").unwrap()
    }

    #[test]
    fn groups_follow_contacts() {
        let mut roster = Roster::default();
        roster.put(Contact { groups: vec!["Ops".into()], ..Contact::new(bob()) });
        roster.rename_group("Ops", "Night").unwrap();
        assert_eq!(roster.contact(&bob()).unwrap().groups, ["Night"]);
        roster.remove_group("Night").unwrap();
        assert!(roster.contact(&bob()).unwrap().groups.is_empty());
        assert_eq!(roster.remove_group("Night"), Err(RosterError::NoSuchGroup("Night".into())));
        assert_eq!(roster.add_group("a\u{7}"), Err(RosterError::BadGroupName));
    }

    #[test]
    fn replacing_keeps_presence() {
        let mut roster = Roster::default();
        roster.put(Contact::new(bob()));
        roster.contact_mut(&bob()).unwrap().presence.availability = Availability::Busy;
        roster.put(Contact { name: "Bob".into(), ..Contact::new(bob()) });
        assert_eq!(roster.contact(&bob()).unwrap().presence.availability, Availability::Busy);
        roster.mark_stale();
        assert!(roster.contact(&bob()).unwrap().presence.stale);
    }
}
