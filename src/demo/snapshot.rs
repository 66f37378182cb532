//! What is kept of users over a restart: rosters with the numbers of LCS, access lists, what they
//! store with presence, lists they made by XCAP.
//!
//! Plain data to be written as the shell likes. A snapshot that is not right in every part is
//! refused as a whole: half a roster is worse than an old one. Users of whom the server knows
//! nothing (any more) are carried along unread.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::accounts::{Account, ContactMark, GroupMark, Roaming};
use super::server::Server;
use crate::model::{AccessList, Address, Contact, Rights, Roster, Sees, Subject};

/// The form written today.
const VERSION: u32 = 1;
/// Ids of groups that are given out.
const IDS: std::ops::RangeInclusive<u8> = 2..=63;

/// Everything that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    version: u32,
    accounts: BTreeMap<String, Record>,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::demo) struct Record {
    contacts_version: u32,
    groups: Vec<GroupRecord>,
    contacts: Vec<ContactRecord>,
    access_version: u32,
    access: Vec<AccessRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_info: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_services: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRecord {
    name: String,
    /// None for groups beyond those LCS can number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u8>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    external_uri: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactRecord {
    uri: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    subscribed: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    external_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    also_in_default: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessRecord {
    /// `*`, `@domain` or an address.
    who: String,
    /// The two letters of LCS.
    rights: String,
}

/// Why a snapshot cannot be used; in words for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotFault {
    /// It is of another form.
    #[error("it was written by another version of this program (form {0})")]
    Version(u32),
    /// Something in it cannot be.
    #[error("of the user {user} it says something that cannot be: {what}")]
    Account {
        /// Whose.
        user: String,
        /// What.
        what: &'static str,
    },
}

impl Server {
    /// What is to be kept now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut accounts = self.unknown.clone();
        for (who, account) in self.accounts.iter().filter(|(_, account)| !account.is_resident()) {
            let mut record = record_of(account);
            record.list_services = self.xcap.list_services(who);
            accounts.insert(who.as_str().to_owned(), record);
        }
        Snapshot { version: VERSION, accounts }
    }

    /// Takes in what was kept. Meant for a server that nobody is connected to yet.
    ///
    /// # Errors
    /// [`SnapshotFault`]: nothing has changed then.
    pub fn restore(&mut self, snapshot: Snapshot) -> Result<(), SnapshotFault> {
        if snapshot.version != VERSION {
            return Err(SnapshotFault::Version(snapshot.version));
        }
        let mut known = Vec::new();
        let mut unknown = BTreeMap::new();
        for (user, record) in snapshot.accounts {
            let fault = |what| SnapshotFault::Account { user: user.clone(), what };
            let who = Address::parse(&user).map_err(|_| fault("its address"))?;
            let read = Restored::of(&record).map_err(fault)?;
            if self.accounts.of(&who).is_some_and(|account| !account.is_resident()) {
                known.push((who, read, record));
            } else {
                unknown.insert(user, record);
            }
        }
        for (who, read, record) in known {
            if let Some(account) = self.accounts.of_mut(&who) {
                account.restore(read.roster, read.roaming, read.access, record.user_info);
            }
            if let Some(document) = record.list_services {
                self.xcap.put_list_services(&who, document);
            }
        }
        self.unknown = unknown;
        Ok(())
    }
}

fn record_of(account: &Account) -> Record {
    let (roster, roaming) = (account.roster(), account.roaming());
    let groups = roster.groups().iter().map(|name| {
        let mark = roaming.groups().get(name);
        GroupRecord {
            name: name.clone(),
            id: mark.map(|mark| mark.id),
            external_uri: mark.map(|mark| mark.external_uri.clone()).unwrap_or_default(),
        }
    });
    let contacts = roster.contacts().map(|contact| {
        let mark = roaming.contacts().get(&contact.address).cloned().unwrap_or_default();
        ContactRecord {
            uri: contact.address.as_str().to_owned(),
            name: contact.name.clone(),
            groups: contact.groups.clone(),
            subscribed: contact.subscribed,
            external_uri: mark.external_uri,
            extension: mark.extension,
            also_in_default: mark.also_in_default,
        }
    });
    let people = account.access().people().map(|(who, rights)| (Subject::Person(who.clone()), rights));
    let access = people.chain(account.access().rules()).map(|(subject, rights)| AccessRecord {
        who: match subject {
            Subject::Everybody => "*".to_owned(),
            Subject::Domain(domain) => format!("@{domain}"),
            Subject::Person(who) => who.as_str().to_owned(),
        },
        rights: letters(rights),
    });
    Record {
        contacts_version: roaming.number(),
        groups: groups.collect(),
        contacts: contacts.collect(),
        access_version: account.access_number(),
        access: access.collect(),
        user_info: account.user_info().map(str::to_owned),
        list_services: None,
    }
}

/// A record read and found right.
struct Restored {
    roster: Roster,
    roaming: Roaming,
    access: (AccessList, u32),
}

impl Restored {
    fn of(record: &Record) -> Result<Self, &'static str> {
        let mut roster = Roster::default();
        let mut marks = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for group in &record.groups {
            roster.add_group(&group.name).map_err(|_| "the name of a group")?;
            let Some(id) = group.id else { continue };
            if !IDS.contains(&id) || !ids.insert(id) {
                return Err("the number of a group");
            }
            marks.insert(group.name.clone(), GroupMark { id, external_uri: group.external_uri.clone() });
        }
        let mut contacts = BTreeMap::new();
        for contact in &record.contacts {
            let who = Address::parse(&contact.uri).map_err(|_| "the address of a contact")?;
            if contact.groups.iter().any(|group| !roster.groups().contains(group)) {
                return Err("the group of a contact");
            }
            if roster.contact(&who).is_some() {
                return Err("a contact twice");
            }
            let mark = ContactMark {
                external_uri: contact.external_uri.clone(),
                extension: contact.extension.clone(),
                also_in_default: contact.also_in_default,
            };
            if mark != ContactMark::default() {
                contacts.insert(who.clone(), mark);
            }
            roster.put(Contact {
                name: contact.name.clone(),
                groups: contact.groups.clone(),
                subscribed: contact.subscribed,
                ..Contact::new(who)
            });
        }
        let mut access = AccessList::default();
        for entry in &record.access {
            let subject = match entry.who.strip_prefix('@') {
                Some(domain) => Subject::Domain(domain.to_owned()),
                None if entry.who == "*" => Subject::Everybody,
                None => Subject::Person(Address::parse(&entry.who).map_err(|_| "the address of an access rule")?),
            };
            access.put(subject, rights_of(&entry.rights).ok_or("the letters of an access rule")?);
        }
        let roaming = Roaming::restored(record.contacts_version, marks, contacts);
        Ok(Self { roster, roaming, access: (access, record.access_version) })
    }
}

fn letters(rights: Rights) -> String {
    let first = match rights.sees {
        Sees::Allow => 'A',
        Sees::Deny => 'D',
        Sees::Prompt => 'P',
        Sees::PoliteBlock => 'B',
    };
    [first, if rights.may_write { 'A' } else { 'D' }].iter().collect()
}

fn rights_of(letters: &str) -> Option<Rights> {
    let sees = match letters.get(..1)? {
        "A" => Sees::Allow,
        "D" => Sees::Deny,
        "P" => Sees::Prompt,
        "B" => Sees::PoliteBlock,
        _ => return None,
    };
    match letters.get(1..)? {
        "A" => Some(Rights { sees, may_write: true }),
        "D" => Some(Rights { sees, may_write: false }),
        _ => None,
    }
}
