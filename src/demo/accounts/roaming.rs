//! The roster as LCS numbers it (MS-SIP sections 2.2.4.1 and 3.7): groups have ids, the list has a
//! version that grows by one with each change, and what changed is remembered for a while.
//!
//! The roster itself is [`Roster`]; here is only what it has no place for. Whoever changes the
//! roster, by whatever way, ends in [`Roaming::follow`], which finds out what that is in the words
//! of LCS. Group 1, named `~`, is everybody who is in no other; it is always there.

use std::collections::{BTreeMap, VecDeque};

use crate::formats::lcs::with_scheme;
use crate::formats::roaming::{Change, Contact, ContactDelta, ContactList, DEFAULT_GROUP, DEFAULT_GROUP_NAME, Document, Group};
use crate::model::{Address, Roster};

/// Highest id a group of ours gets.
const MAX_ID: u8 = 63;
/// Versions that are remembered; who is further behind gets the whole list.
const MAX_LOG: usize = 128;
/// Changes of one version that are remembered; more are told as a whole list.
const MAX_CHANGES: usize = 64;

/// What LCS keeps beside the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roaming {
    /// The version of the list, never 0.
    number: u32,
    groups: BTreeMap<String, GroupMark>,
    contacts: BTreeMap<Address, ContactMark>,
    log: VecDeque<(u32, Vec<Change>)>,
}

/// A group's id and the address a client gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMark {
    /// Its id.
    pub id: u8,
    /// An address of a client's own.
    pub external_uri: String,
}

/// What a client stored with a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactMark {
    /// An address of a client's own.
    pub external_uri: String,
    /// Markup of a client's own.
    pub extension: Option<String>,
    /// Is in the default group beside others.
    pub also_in_default: bool,
}

impl Default for Roaming {
    fn default() -> Self {
        Self { number: 1, groups: BTreeMap::new(), contacts: BTreeMap::new(), log: VecDeque::new() }
    }
}

impl Roaming {
    /// As it was kept.
    #[must_use]
    pub fn restored(number: u32, groups: BTreeMap<String, GroupMark>, contacts: BTreeMap<Address, ContactMark>) -> Self {
        Self { number: number.max(1), groups, contacts, log: VecDeque::new() }
    }

    /// The version of the list.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Groups by name.
    #[must_use]
    pub const fn groups(&self) -> &BTreeMap<String, GroupMark> {
        &self.groups
    }

    /// Contacts with something beside what the roster has.
    #[must_use]
    pub const fn contacts(&self) -> &BTreeMap<Address, ContactMark> {
        &self.contacts
    }

    /// The name of a group.
    #[must_use]
    pub fn name_of(&self, id: u8) -> Option<&str> {
        self.groups.iter().find(|(_, mark)| mark.id == id).map(|(name, _)| name.as_str())
    }

    /// Whether another group finds an id.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.free_id().is_some()
    }

    /// The whole list.
    #[must_use]
    pub fn list(&self, roster: &Roster) -> ContactList {
        ContactList { delta_num: self.number, groups: self.all_groups(roster), contacts: self.all_contacts(roster) }
    }

    /// What to tell somebody who knows this version: the next step, the whole list when that is
    /// not remembered any more, nothing when there is nothing new.
    #[must_use]
    pub fn since(&self, known: u32, roster: &Roster) -> Option<(u32, Document)> {
        if known == self.number {
            return None;
        }
        let step = self.log.iter().find(|(number, _)| *number == known.wrapping_add(1));
        Some(match step {
            Some((number, changes)) => {
                let delta = ContactDelta { delta_num: *number, prev_delta_num: known, changes: changes.clone() };
                (*number, Document::Delta(delta))
            }
            None => (self.number, Document::List(self.list(roster))),
        })
    }

    /// The roster was this and is now that. `marks` says what becomes of what is kept beside it.
    /// `always`: the version grows even if nothing is different.
    pub fn follow(&mut self, before: &Roster, after: &Roster, marks: Marks, always: bool) {
        let (old_groups, old_contacts) = (self.all_groups(before), self.all_contacts(before));
        let touched = match &marks {
            Marks::Contact(who, _) => Some(who.clone()),
            Marks::None | Marks::Group(..) | Marks::Rename(..) => None,
        };
        self.mark(marks);
        self.adopt(after);
        let (new_groups, new_contacts) = (self.all_groups(after), self.all_contacts(after));
        let mut changes = differences(&old_groups, &new_groups, &old_contacts, &new_contacts);
        if changes.is_empty() {
            if !always {
                return;
            }
            // Told all the same: who counts along must see the number.
            let same = touched.and_then(|who| new_contacts.into_iter().find(|c| c.uri == who.as_str()));
            changes.extend(same.map(Change::ModifiedContact));
        }
        self.number = self.number.checked_add(1).unwrap_or(1);
        if changes.len() > MAX_CHANGES {
            self.log.clear();
            return;
        }
        self.log.push_back((self.number, changes));
        if self.log.len() > MAX_LOG {
            self.log.pop_front();
        }
    }

    fn mark(&mut self, marks: Marks) {
        match marks {
            Marks::None => {}
            Marks::Contact(who, mark) => {
                self.contacts.insert(who, mark);
            }
            Marks::Group(name, external_uri) => {
                if let Some(id) = self.free_id() {
                    self.groups.insert(name, GroupMark { id, external_uri });
                }
            }
            Marks::Rename(from, to, external_uri) => {
                if let Some(mark) = self.groups.remove(&from) {
                    self.groups.insert(to, GroupMark { id: mark.id, external_uri });
                }
            }
        }
    }

    /// New groups get ids, as long as there are any; what is gone is forgotten.
    fn adopt(&mut self, roster: &Roster) {
        self.groups.retain(|name, _| roster.groups().iter().any(|group| group == name));
        for name in roster.groups() {
            if !self.groups.contains_key(name)
                && let Some(id) = self.free_id()
            {
                self.groups.insert(name.clone(), GroupMark { id, external_uri: String::new() });
            }
        }
        self.contacts.retain(|who, mark| roster.contact(who).is_some() && *mark != ContactMark::default());
    }

    fn free_id(&self) -> Option<u8> {
        (DEFAULT_GROUP + 1..=MAX_ID).find(|id| self.groups.values().all(|mark| mark.id != *id))
    }

    fn all_groups(&self, roster: &Roster) -> Vec<Group> {
        let default = Group { id: DEFAULT_GROUP, name: DEFAULT_GROUP_NAME.to_owned(), external_uri: String::new() };
        let named = roster.groups().iter().filter_map(|name| {
            let mark = self.groups.get(name)?;
            Some(Group { id: mark.id, name: name.clone(), external_uri: mark.external_uri.clone() })
        });
        std::iter::once(default).chain(named).collect()
    }

    fn all_contacts(&self, roster: &Roster) -> Vec<Contact> {
        let contact = |contact: &crate::model::Contact| {
            let mark = self.contacts.get(&contact.address).cloned().unwrap_or_default();
            let mut groups: Vec<u8> = contact.groups.iter().filter_map(|name| self.groups.get(name)).map(|m| m.id).collect();
            groups.sort_unstable();
            if groups.is_empty() || mark.also_in_default {
                groups.insert(0, DEFAULT_GROUP);
            }
            Contact {
                uri: with_scheme(contact.address.as_str()),
                name: contact.name.clone(),
                groups,
                subscribed: contact.subscribed,
                external_uri: mark.external_uri,
                extension: mark.extension,
            }
        };
        roster.contacts().map(contact).collect()
    }
}

/// What becomes of what is kept beside the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marks {
    /// Nothing.
    None,
    /// A contact has this now.
    Contact(Address, ContactMark),
    /// A new group has this address.
    Group(String, String),
    /// A group has another name, and this address.
    Rename(String, String, String),
}

/// What changed, in the order LCS tells it: groups that came, contacts, groups that went.
fn differences(old_groups: &[Group], new_groups: &[Group], old: &[Contact], new: &[Contact]) -> Vec<Change> {
    let mut changes = Vec::new();
    for group in new_groups {
        match old_groups.iter().find(|old| old.id == group.id) {
            None => changes.push(Change::AddedGroup(group.clone())),
            Some(old) if old != group => changes.push(Change::ModifiedGroup(group.clone())),
            Some(_) => {}
        }
    }
    let before: BTreeMap<&str, &Contact> = old.iter().map(|c| (c.uri.as_str(), c)).collect();
    let after: BTreeMap<&str, &Contact> = new.iter().map(|c| (c.uri.as_str(), c)).collect();
    for contact in new {
        match before.get(contact.uri.as_str()) {
            None => changes.push(Change::AddedContact(contact.clone())),
            Some(old) if *old != contact => changes.push(Change::ModifiedContact(contact.clone())),
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|c| !after.contains_key(c.uri.as_str()));
    changes.extend(gone.map(|c| Change::DeletedContact(c.uri.clone())));
    let gone = old_groups.iter().filter(|old| new_groups.iter().all(|new| new.id != old.id));
    changes.extend(gone.map(|group| Change::DeletedGroup(group.id)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(name: &str, groups: &[&str]) -> crate::model::Contact {
        let address = Address::complete(name, Some("example.test")).unwrap();
        crate::model::Contact { groups: groups.iter().map(|g| (*g).to_owned()).collect(), ..crate::model::Contact::new(address) }
    }

    #[test]
    fn any_change_is_told_in_words_of_lcs() {
        let (mut roaming, empty) = (Roaming::default(), Roster::default());
        let mut roster = Roster::default();
        roster.put(contact("bob", &["Team"]));
        roaming.follow(&empty, &roster, Marks::None, false);
        assert_eq!(roaming.number(), 2);
        let (number, Document::Delta(delta)) = roaming.since(1, &roster).unwrap() else { panic!("a delta") };
        assert_eq!((number, delta.delta_num, delta.prev_delta_num), (2, 2, 1));
        let [Change::AddedGroup(group), Change::AddedContact(bob)] = &delta.changes[..] else { panic!("{delta:?}") };
        assert_eq!((group.id, group.name.as_str()), (2, "Team"));
        assert_eq!((bob.uri.as_str(), &bob.groups[..]), ("sip:bob@example.test", &[2][..]));

        // A group goes, and its contacts stay.
        let before = roster.clone();
        roster.remove_group("Team").unwrap();
        roaming.follow(&before, &roster, Marks::None, false);
        let (_, Document::Delta(delta)) = roaming.since(2, &roster).unwrap() else { panic!("a delta") };
        let [Change::ModifiedContact(bob), Change::DeletedGroup(2)] = &delta.changes[..] else { panic!("{delta:?}") };
        assert_eq!(bob.groups, [1]);

        // Nothing changed: nothing is told, unless somebody counts along.
        roaming.follow(&roster, &roster, Marks::None, false);
        assert_eq!(roaming.since(3, &roster), None);
        let who = Address::complete("bob", Some("example.test")).unwrap();
        roaming.follow(&roster, &roster, Marks::Contact(who, ContactMark::default()), true);
        let (_, Document::Delta(delta)) = roaming.since(3, &roster).unwrap() else { panic!("a delta") };
        assert!(matches!(&delta.changes[..], [Change::ModifiedContact(_)]));

        // Who is too far behind, or knows a version that never was, gets everything.
        assert!(matches!(roaming.since(0, &roster), Some((4, Document::List(_)))));
        assert!(matches!(roaming.since(99, &roster), Some((4, Document::List(_)))));
    }

    #[test]
    fn default_group_beside_others() {
        let (mut roaming, empty) = (Roaming::default(), Roster::default());
        let mut roster = Roster::default();
        roster.put(contact("bob", &["Team"]));
        let who = Address::complete("bob", Some("example.test")).unwrap();
        let mark = ContactMark { also_in_default: true, ..ContactMark::default() };
        roaming.follow(&empty, &roster, Marks::Contact(who, mark), true);
        assert_eq!(roaming.list(&roster).contacts[0].groups, [1, 2]);
        // Who leaves the roster takes what was kept along.
        roaming.follow(&roster, &empty, Marks::None, false);
        assert!(roaming.contacts().is_empty() && roaming.groups().is_empty());
    }

    #[test]
    fn a_rename_keeps_the_id_and_much_at_once_is_a_list() {
        let mut roaming = Roaming::default();
        let mut roster = Roster::default();
        roster.add_group("A").unwrap();
        roster.add_group("B").unwrap();
        roaming.follow(&Roster::default(), &roster, Marks::None, false);
        let before = roster.clone();
        roster.rename_group("B", "C").unwrap();
        roaming.follow(&before, &roster, Marks::Rename("B".into(), "C".into(), String::new()), true);
        let (_, Document::Delta(delta)) = roaming.since(2, &roster).unwrap() else { panic!("a delta") };
        let [Change::ModifiedGroup(group)] = &delta.changes[..] else { panic!("{delta:?}") };
        assert_eq!((group.id, group.name.as_str()), (3, "C"));
        let before = roster.clone();
        for n in 0..200 {
            roster.put(contact(&format!("u{n}"), &[]));
        }
        for n in 0..80 {
            roster.add_group(&format!("g{n}")).unwrap();
        }
        roaming.follow(&before, &roster, Marks::None, false);
        let Some((_, Document::List(list))) = roaming.since(3, &roster) else { panic!("a list") };
        assert_eq!((list.contacts.len(), list.groups.len()), (200, 63), "ids are few");
        assert!(!roaming.has_room());
    }
}
