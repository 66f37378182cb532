//! Changes that clients of LCS ask for (MS-SIP sections 3.7.4 and 9): each says which version of the
//! list it is made to, and is refused where that is not the present one.
//!
//! The codes of refusals are our choice: those of LCS are not documented.

use super::{Account, ContactMark, Marks};
use crate::demo::config::ServerLimits;
use crate::formats::acl::{self, Ace};
use crate::formats::roaming::{DEFAULT_GROUP, DEFAULT_GROUP_NAME, MAX_EXTERNAL_URI, MAX_NAME};
use crate::formats::soap::Call;
use crate::model::{Address, Contact, Rights, RosterError, Sees, Subject};

/// Longest markup kept with a contact, octets.
const MAX_EXTENSION: usize = 1024;

/// Why a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFault {
    /// Something in it cannot be: 400.
    Malformed,
    /// It is not the user's to change: 403.
    Forbidden,
    /// What is to be changed is not there: 404.
    NotThere,
    /// It was made to another version: 409.
    OtherVersion,
    /// There is no room for it: 413.
    TooBig,
}

impl CallFault {
    /// The code of the response.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Forbidden => 403,
            Self::NotThere => 404,
            Self::OtherVersion => 409,
            Self::TooBig => 413,
        }
    }
}

impl Account {
    /// Carries out a change to contacts or groups; gives the id of a group that was added.
    ///
    /// # Errors
    /// [`CallFault`]: nothing has changed then.
    pub fn change_contacts(&mut self, call: &Call, limits: &ServerLimits) -> Result<Option<u8>, CallFault> {
        let (Call::SetContact { delta_num, .. }
        | Call::DeleteContact { delta_num, .. }
        | Call::AddGroup { delta_num, .. }
        | Call::ModifyGroup { delta_num, .. }
        | Call::DeleteGroup { delta_num, .. }) = call
        else {
            return Err(CallFault::Malformed);
        };
        if *delta_num != self.roaming.number() {
            return Err(CallFault::OtherVersion);
        }
        let mut roster = self.roster.clone();
        let (marks, added) = match call {
            Call::SetContact { .. } => (self.contact(call, &mut roster, limits)?, None),
            Call::DeleteContact { uri, .. } => {
                let who = Address::parse(uri).map_err(|_| CallFault::Malformed)?;
                roster.remove(&who).map_err(|_| CallFault::NotThere)?;
                (Marks::None, None)
            }
            Call::AddGroup { name, external_uri, .. } => {
                fits(name, external_uri)?;
                if !self.roaming.has_room() || roster.groups().len() >= limits.roster_entries {
                    return Err(CallFault::TooBig);
                }
                roster.add_group(name).map_err(|fault| of_roster(&fault))?;
                (Marks::Group(name.clone(), external_uri.clone()), Some(name))
            }
            Call::ModifyGroup { id, name, external_uri, .. } => {
                fits(name, external_uri)?;
                let old = self.group(*id)?;
                if old != *name {
                    roster.rename_group(&old, name).map_err(|fault| of_roster(&fault))?;
                }
                (Marks::Rename(old, name.clone(), external_uri.clone()), None)
            }
            Call::DeleteGroup { id, .. } => {
                roster.remove_group(&self.group(*id)?).map_err(|fault| of_roster(&fault))?;
                (Marks::None, None)
            }
            _ => return Err(CallFault::Malformed),
        };
        self.roaming.follow(&self.roster, &roster, marks, true);
        self.roster = roster;
        Ok(added.and_then(|name| self.roaming.groups().get(name)).map(|mark| mark.id))
    }

    /// Puts an entry into the access list.
    ///
    /// # Errors
    /// [`CallFault`]: nothing has changed then.
    pub fn change_access(&mut self, ace: &Ace, delta_num: u32, limits: &ServerLimits) -> Result<(), CallFault> {
        if delta_num != self.access_number {
            return Err(CallFault::OtherVersion);
        }
        let subject = match &ace.subject {
            acl::Subject::All => Subject::Everybody,
            acl::Subject::Domain(domain) if is_domain(domain) => Subject::Domain(domain.to_ascii_lowercase()),
            acl::Subject::Domain(_) => return Err(CallFault::Malformed),
            acl::Subject::User(uri) => Subject::Person(Address::parse(uri).map_err(|_| CallFault::Malformed)?),
        };
        let mut access = self.access.clone();
        access.put(subject, Rights { sees: sees(ace.sees), may_write: ace.may_write });
        if access.len() > limits.roster_entries && access.len() > self.access.len() {
            return Err(CallFault::TooBig);
        }
        self.access = access;
        // Grows even where nothing is different: clients count along.
        self.access_number = self.access_number.checked_add(1).unwrap_or(1);
        Ok(())
    }

    fn contact(&self, call: &Call, roster: &mut crate::model::Roster, limits: &ServerLimits) -> Result<Marks, CallFault> {
        let Call::SetContact { display_name, groups, subscribed, uri, external_uri, extension, .. } = call else {
            return Err(CallFault::Malformed);
        };
        let address = Address::parse(uri).map_err(|_| CallFault::Malformed)?;
        fits(display_name, external_uri)?;
        if extension.as_ref().is_some_and(|markup| markup.len() > MAX_EXTENSION) {
            return Err(CallFault::TooBig);
        }
        if roster.contact(&address).is_none() && roster.len() >= limits.roster_entries {
            return Err(CallFault::TooBig);
        }
        let named: Vec<String> =
            groups.iter().filter(|id| **id != DEFAULT_GROUP && **id != 0).map(|id| self.group(*id)).collect::<Result<_, _>>()?;
        let mark = ContactMark {
            external_uri: external_uri.clone(),
            extension: extension.clone(),
            also_in_default: !named.is_empty() && groups.contains(&DEFAULT_GROUP),
        };
        let contact =
            Contact { name: display_name.clone(), groups: named, subscribed: *subscribed, ..Contact::new(address.clone()) };
        roster.put(contact);
        Ok(Marks::Contact(address, mark))
    }

    /// The name of a group that can be changed.
    fn group(&self, id: u8) -> Result<String, CallFault> {
        if id == DEFAULT_GROUP {
            return Err(CallFault::Forbidden);
        }
        self.roaming.name_of(id).map(str::to_owned).ok_or(CallFault::NotThere)
    }
}

fn fits(name: &str, external_uri: &str) -> Result<(), CallFault> {
    if name == DEFAULT_GROUP_NAME {
        return Err(CallFault::Forbidden);
    }
    if name.len() > MAX_NAME || external_uri.len() > MAX_EXTERNAL_URI { Err(CallFault::TooBig) } else { Ok(()) }
}

const fn of_roster(fault: &RosterError) -> CallFault {
    match fault {
        RosterError::NoSuchContact(_) | RosterError::NoSuchGroup(_) => CallFault::NotThere,
        RosterError::GroupExists(_) => CallFault::Forbidden,
        RosterError::BadGroupName => CallFault::Malformed,
    }
}

fn is_domain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

const fn sees(sees: acl::Sees) -> Sees {
    match sees {
        acl::Sees::Allow => Sees::Allow,
        acl::Sees::Deny => Sees::Deny,
        acl::Sees::Prompt => Sees::Prompt,
        acl::Sees::PoliteBlock => Sees::PoliteBlock,
    }
}
