//! The contact list as a server has it: groups by number, contacts by address, and its version
//! ([MS-SIP] 2.2.4.1, 3.7).
//!
//! Group 1, `~`, is where contacts are that are in no other; it is not shown as a group. Everything
//! the server told is kept, also what is not shown, so that it goes back as it came.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::formats::lcs;
use crate::formats::roaming::{Change, Contact, ContactList, DEFAULT_GROUP, DEFAULT_GROUP_NAME, Group, MAX_GROUP_ID};
use crate::formats::soap::Call;
use crate::model::{self, Address, Roster};

/// Groups of one list, the default group among them ([MS-SIP] 2.2.4.1).
pub(super) const MOST_GROUPS: usize = 64;
/// Contacts kept of a list that only grows.
const MOST_CONTACTS: usize = 20_000;
/// Characters shown of the name of a group; the bound of our own groups.
const LONGEST_GROUP_NAME: usize = 64;
/// Characters shown of the name of a contact.
const LONGEST_NAME: usize = 200;

/// Groups and contacts at one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ServerList {
    pub(super) delta_num: u32,
    /// In the order in which they came.
    groups: Vec<Group>,
    /// By address as compared.
    contacts: BTreeMap<String, Contact>,
}

/// The spelling addresses are compared by: servers write one person's name in several ways.
pub(in super::super) fn key(uri: &str) -> String {
    lcs::without_scheme(uri).to_ascii_lowercase()
}

impl ServerList {
    /// The list of a full document.
    pub(super) fn of(list: ContactList) -> Self {
        let mut this = Self { delta_num: list.delta_num, ..Self::default() };
        for group in list.groups {
            this.put_group(group);
        }
        for contact in list.contacts {
            this.put_contact(contact);
        }
        this
    }

    /// Whether nothing was ever put into it, as far as can be seen.
    pub(super) fn is_blank(&self) -> bool {
        self.contacts.is_empty() && self.groups.iter().all(|group| shown_name(group).is_none())
    }

    /// Takes changes of a delta, in whatever order they stand; whether anything is otherwise now.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> bool {
        let mut differs = false;
        for change in changes {
            match change {
                Change::AddedGroup(group) | Change::ModifiedGroup(group) => differs |= self.put_group(group),
                Change::DeletedGroup(id) => differs |= self.drop_group(id),
                Change::AddedContact(contact) | Change::ModifiedContact(contact) => differs |= self.put_contact(contact),
                Change::DeletedContact(uri) => differs |= self.contacts.remove(&key(&uri)).is_some(),
            }
        }
        differs
    }

    /// Takes in that the server did what was asked. `id` is the number it gave to a new group.
    pub(super) fn did(&mut self, call: &Call, id: u8) {
        match call.clone() {
            Call::SetContact { display_name, groups, subscribed, uri, external_uri, extension, .. } => {
                self.put_contact(Contact { uri, name: display_name, groups, subscribed, external_uri, extension });
            }
            Call::DeleteContact { uri, .. } => drop(self.contacts.remove(&key(&uri))),
            Call::AddGroup { name, external_uri, .. } => {
                self.put_group(Group { id, name, external_uri });
            }
            Call::ModifyGroup { id, name, external_uri, .. } => {
                self.put_group(Group { id, name, external_uri });
            }
            Call::DeleteGroup { id, .. } => {
                self.drop_group(id);
            }
            Call::SetPresence(_) | Call::GetPresence { .. } | Call::SetAce { .. } | Call::DirectorySearch { .. } => {}
        }
    }

    /// A contact by address.
    pub(super) fn contact(&self, who: &Address) -> Option<&Contact> {
        self.contacts.get(&key(who.as_str()))
    }

    /// Everybody who is in one of these groups.
    pub(super) fn members<'a>(&'a self, ids: &'a [u8]) -> impl Iterator<Item = &'a Contact> {
        self.contacts.values().filter(|contact| contact.groups.iter().any(|id| ids.contains(id)))
    }

    /// A group by its number.
    pub(super) fn group(&self, id: u8) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// How many groups there are, the default group among them.
    pub(super) fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// The numbers of the groups shown under a name: more than one only where a server has two of
    /// the same name.
    pub(super) fn ids_of(&self, name: &str) -> Vec<u8> {
        let named = self.groups.iter().filter(|group| shown_name(group).is_some_and(|shown| shown == name));
        named.map(|group| group.id).collect()
    }

    /// The name a group is shown under; `None` for the default group and for none.
    pub(super) fn name_of(&self, id: u8) -> Option<String> {
        self.group(id).and_then(shown_name)
    }

    /// Whether there is a default group.
    pub(super) fn has_default_group(&self) -> bool {
        self.group(DEFAULT_GROUP).is_some()
    }

    /// A number no group has; `None` if all are taken.
    pub(super) fn free_id(&self) -> Option<u8> {
        (2..=MAX_GROUP_ID).chain([0]).find(|id| self.group(*id).is_none())
    }

    /// As the user sees it. An address that is none is not shown.
    pub(super) fn roster(&self) -> Roster {
        let mut roster = Roster::default();
        for name in self.groups.iter().filter_map(shown_name) {
            // Two of one name are one group here.
            drop(roster.add_group(&name));
        }
        let names: BTreeMap<u8, String> = self.groups.iter().filter_map(|g| Some((g.id, shown_name(g)?))).collect();
        for contact in self.contacts.values() {
            let Ok(address) = Address::parse(&contact.uri) else { continue };
            let mut groups: Vec<String> = Vec::new();
            for name in contact.groups.iter().filter_map(|id| names.get(id)) {
                if !groups.contains(name) {
                    groups.push(name.clone());
                }
            }
            let name = clean(&contact.name, LONGEST_NAME);
            roster.put(model::Contact { name, groups, subscribed: contact.subscribed, ..model::Contact::new(address) });
        }
        roster
    }

    /// Whether that changed anything; so the three below.
    fn put_group(&mut self, group: Group) -> bool {
        match self.groups.iter_mut().find(|known| known.id == group.id) {
            Some(known) if *known == group => return false,
            Some(known) => *known = group,
            None => self.groups.push(group),
        }
        true
    }

    /// A group goes; whoever is still in it is in it no longer.
    fn drop_group(&mut self, id: u8) -> bool {
        let before = self.groups.len();
        self.groups.retain(|group| group.id != id);
        if self.groups.len() == before {
            return false;
        }
        for contact in self.contacts.values_mut() {
            contact.groups.retain(|group| *group != id);
        }
        true
    }

    /// A person keeps the spelling they came with first.
    fn put_contact(&mut self, contact: Contact) -> bool {
        let key = key(&contact.uri);
        let room = self.contacts.len() < MOST_CONTACTS;
        match self.contacts.entry(key) {
            Entry::Occupied(mut known) => {
                let contact = Contact { uri: known.get().uri.clone(), ..contact };
                known.insert(contact.clone()) != contact
            }
            Entry::Vacant(place) if room => {
                place.insert(contact);
                true
            }
            Entry::Vacant(_) => false,
        }
    }
}

/// The name a group is shown under; the default group is not shown.
fn shown_name(group: &Group) -> Option<String> {
    if group.id == DEFAULT_GROUP || group.name == DEFAULT_GROUP_NAME {
        return None;
    }
    let name = group_name(&group.name);
    Some(if name.is_empty() { format!("Group {}", group.id) } else { name })
}

/// The name of a group as it is shown, and as ours are written: so that what was made is found again.
pub(super) fn group_name(name: &str) -> String {
    clean(name, LONGEST_GROUP_NAME)
}

fn clean(name: &str, longest: usize) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    name.trim().chars().take(longest).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::roaming::{self, Document};

    fn read(text: &str) -> ServerList {
        match roaming::read(text.as_bytes()).unwrap() {
            Document::List(list) => ServerList::of(list),
            Document::Delta(_) => panic!("a delta"),
        }
    }

    fn who(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    /// The list of section 5.1 of the protocol document, grown a little.
    const LIST: &str = "<contactList deltaNum=\"685\"><group id=\"1\" name=\"~\" externalURI=\"\"/>\
        <group id=\"2\" name=\"Team\" externalURI=\"\"/><group id=\"5\" name=\"Team\" externalURI=\"x\"/>\
        <group id=\"7\" name=\" &#9;\" externalURI=\"\"/>\
        <contact uri=\"bob@example.test \" name=\"\" groups=\"1 2 \" subscribed=\"true\" externalURI=\"\"/>\
        <contact uri=\"SIP:Carol@example.test\" name=\"Carol (ops)\" groups=\"5 2 9\" subscribed=\"false\" externalURI=\"\"/>\
        <contact uri=\"tel:+1555\" name=\"Phone\" groups=\"7\" subscribed=\"true\" externalURI=\"\"/></contactList>";

    #[test]
    fn as_the_user_sees_it() {
        let list = read(LIST);
        let roster = list.roster();
        assert_eq!(roster.groups(), ["Team", "Group 7"]);
        let bob = roster.contact(&who("bob@example.test")).unwrap();
        assert_eq!((bob.name.as_str(), bob.groups.as_slice(), bob.subscribed), ("", &["Team".to_owned()][..], true));
        let carol = roster.contact(&who("Carol@example.test")).unwrap();
        assert_eq!((carol.name.as_str(), carol.groups.len(), carol.subscribed), ("Carol (ops)", 1, false));
        assert_eq!(roster.len(), 2, "a telephone is no address of ours, but it stays on the list");
        assert_eq!(list.members(&[7]).count(), 1);
        assert_eq!(list.ids_of("Team"), [2, 5]);
        assert!(!list.is_blank() && read("<contactList deltaNum='1'><group id='1' name='~'/></contactList>").is_blank());
    }

    #[test]
    fn deltas_of_every_kind() {
        let mut list = read(LIST);
        let delta = "<contactDelta deltaNum=\"686\" prevDeltaNum=\"685\"><deletedGroup id=\"5\"/>\
            <addedGroup id=\"3\" name=\"Friends\" externalURI=\"\"/><modifiedGroup id=\"2\" name=\"Crew\" externalURI=\"\"/>\
            <modifiedContact uri=\"sip:BOB@example.test\" name=\"Bob\" groups=\"3\" subscribed=\"true\" externalURI=\"\"/>\
            <deletedContact uri=\"sip:tel@example.test\"/><deletedContact uri=\"carol@example.test\"/>\
            <addedContact uri=\"dave@example.test\" name=\"\" groups=\"1 \" subscribed=\"true\" externalURI=\"\"/></contactDelta>";
        let Document::Delta(delta) = roaming::read(delta.as_bytes()).unwrap() else { panic!() };
        list.apply(delta.changes);
        let roster = list.roster();
        assert_eq!(roster.groups(), ["Crew", "Group 7", "Friends"]);
        assert_eq!(list.contact(&who("bob@example.test")).unwrap().groups, [3]);
        let names: Vec<_> = roster.contacts().map(|c| c.address.short().to_owned()).collect();
        assert_eq!(names, ["bob@example.test", "dave@example.test"]);
        assert_eq!(list.free_id(), Some(4));
    }
}
