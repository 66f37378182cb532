//! What the server keeps for each user: name, roster, access list, what they store with presence.
//!
//! The SIMPLE side reaches roster and access list by XCAP, the LCS side by its roaming contacts
//! and ACL; both see the same [`Account`]. The four treatments of RFC 5025 are the first letters of
//! LCS: allow A, block D, confirm P, polite-block B.

mod calls;
mod roaming;

use std::collections::BTreeMap;

pub use calls::CallFault;
pub use roaming::{ContactMark, GroupMark, Roaming};

use super::config::{DefaultHandling, ServerLimits};
use super::users::StoredSecret;
pub use crate::formats::pres_rules::Handling;
use crate::formats::roaming::Document;
use crate::model::{Access, AccessList, Address, Rights, Roster, Sees, Subject};
use roaming::Marks;

impl From<Access> for Handling {
    /// A user who blocks a person is shown to that person as offline.
    fn from(access: Access) -> Self {
        match access {
            Access::Allow => Self::Allow,
            Access::Block => Self::PoliteBlock,
        }
    }
}

impl From<Sees> for Handling {
    fn from(sees: Sees) -> Self {
        match sees {
            Sees::Allow => Self::Allow,
            Sees::Deny => Self::Block,
            Sees::Prompt => Self::Confirm,
            Sees::PoliteBlock => Self::PoliteBlock,
        }
    }
}

impl Handling {
    /// Whether messages of such a person are passed on.
    #[must_use]
    pub const fn may_write(self) -> bool {
        matches!(self, Self::Allow | Self::Confirm)
    }

    /// The same in the two letters of LCS.
    #[must_use]
    pub const fn rights(self) -> Rights {
        let sees = match self {
            Self::Allow => Sees::Allow,
            Self::Block => Sees::Deny,
            Self::Confirm => Sees::Prompt,
            Self::PoliteBlock => Sees::PoliteBlock,
        };
        Rights { sees, may_write: self.may_write() }
    }
}

impl DefaultHandling {
    /// The same in the two letters of LCS.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match self {
            Self::Allow => Handling::Allow.rights(),
            Self::Confirm => Handling::Confirm.rights(),
        }
    }
}

/// One user as the server knows them.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name others see; empty for none.
    pub display: String,
    /// What the password is checked with; `None` for personas, who never sign in from outside.
    pub secret: Option<StoredSecret>,
    roster: Roster,
    roaming: Roaming,
    access: AccessList,
    /// Version of the access list, never 0.
    access_number: u32,
    /// What the user stores with presence: markup, the same for all devices.
    user_info: Option<String>,
    /// A persona: has no password and hides from nobody.
    is_resident: bool,
}

/// Why a change to an account is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// There is no room for it.
    #[error("the list is full")]
    Full,
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
}

impl Account {
    /// A user with an empty roster.
    #[must_use]
    pub fn new(display: &str, secret: Option<StoredSecret>) -> Self {
        Self {
            display: display.to_owned(),
            secret,
            roster: Roster::default(),
            roaming: Roaming::default(),
            access: AccessList::default(),
            access_number: 1,
            user_info: None,
            is_resident: false,
        }
    }

    /// A persona: lives in the server, hides from nobody, cannot sign in from outside.
    #[must_use]
    pub fn resident(display: &str) -> Self {
        Self { is_resident: true, ..Self::new(display, None) }
    }

    /// Whether this is a persona.
    #[must_use]
    pub const fn is_resident(&self) -> bool {
        self.is_resident
    }

    /// Contacts and groups.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// What LCS keeps beside the roster, and the version of it.
    #[must_use]
    pub const fn roaming(&self) -> &Roaming {
        &self.roaming
    }

    /// What to tell somebody who knows this version of the roster; see [`Roaming::since`].
    #[must_use]
    pub fn contacts_since(&self, known: u32) -> Option<(u32, Document)> {
        self.roaming.since(known, &self.roster)
    }

    /// Replaces contacts and groups.
    ///
    /// # Errors
    /// [`AccountFault::Full`]: nothing has changed then.
    pub fn set_roster(&mut self, roster: Roster, limits: &ServerLimits) -> Result<(), AccountFault> {
        if roster.len() > limits.roster_entries || roster.groups().len() > limits.roster_entries {
            return Err(AccountFault::Full);
        }
        self.roaming.follow(&self.roster, &roster, Marks::None, false);
        self.roster = roster;
        Ok(())
    }

    /// Who may see the user and write to them.
    #[must_use]
    pub const fn access(&self) -> &AccessList {
        &self.access
    }

    /// Version of the access list.
    #[must_use]
    pub const fn access_number(&self) -> u32 {
        self.access_number
    }

    /// Decisions on single watchers.
    #[must_use]
    pub fn decisions(&self) -> BTreeMap<Address, Handling> {
        self.access.people().map(|(who, rights)| (who.clone(), rights.sees.into())).collect()
    }

    /// Replaces all decisions on single watchers; rules for domains and for everybody stay.
    ///
    /// # Errors
    /// [`AccountFault::Full`]: nothing has changed then.
    pub fn set_decisions(&mut self, decisions: BTreeMap<Address, Handling>, limits: &ServerLimits) -> Result<(), AccountFault> {
        if decisions.len() > limits.roster_entries {
            return Err(AccountFault::Full);
        }
        let mut access = AccessList::default();
        for (subject, rights) in self.access.rules() {
            access.put(subject, rights);
        }
        for (who, handling) in decisions {
            // Somebody who may write although refused, as LCS can say, goes on so.
            let before = self.access.people().find(|(known, rights)| **known == who && Handling::from(rights.sees) == handling);
            let rights = before.map_or(handling.rights(), |(_, rights)| rights);
            access.put(Subject::Person(who), rights);
        }
        self.set_access(access);
        Ok(())
    }

    /// Records one decision; `None` forgets it.
    ///
    /// # Errors
    /// [`AccountFault::Full`]: nothing has changed then.
    pub fn decide(&mut self, who: Address, handling: Option<Handling>, limits: &ServerLimits) -> Result<(), AccountFault> {
        let mut access = self.access.clone();
        match handling {
            None => access.set(who, None),
            Some(handling) => access.put(Subject::Person(who), handling.rights()),
        }
        if access.len() > limits.roster_entries && access.len() > self.access.len() {
            return Err(AccountFault::Full);
        }
        self.set_access(access);
        Ok(())
    }

    fn set_access(&mut self, access: AccessList) {
        if access != self.access {
            self.access = access;
            self.access_number = self.access_number.checked_add(1).unwrap_or(1);
        }
    }

    /// What the user stores with presence.
    #[must_use]
    pub fn user_info(&self) -> Option<&str> {
        self.user_info.as_deref()
    }

    /// Stores something else; `true` if it is something else.
    pub fn set_user_info(&mut self, info: Option<String>) -> bool {
        let info = info.filter(|info| !info.trim().is_empty());
        let changed = self.user_info != info;
        self.user_info = info;
        changed
    }

    /// What holds for a person: the nearest entry of the access list, else people on the roster are
    /// allowed, else as configured.
    #[must_use]
    pub fn rights_of(&self, who: &Address, default: DefaultHandling) -> Rights {
        if let Some(rights) = self.access.ruling(who) {
            return rights;
        }
        if self.is_resident || self.roster.contact(who).is_some() {
            return Rights::ALL;
        }
        default.rights()
    }

    /// How a person is treated who asks for presence.
    #[must_use]
    pub fn handling_of(&self, who: &Address, default: DefaultHandling) -> Handling {
        self.rights_of(who, default).sees.into()
    }

    /// Takes in what was kept over a restart.
    pub fn restore(&mut self, roster: Roster, roaming: Roaming, access: (AccessList, u32), user_info: Option<String>) {
        self.roster = roster;
        self.roaming = roaming;
        self.access = access.0;
        self.access_number = access.1.max(1);
        self.user_info = user_info;
    }
}

/// All users of the domain, by address.
#[derive(Debug, Clone, Default)]
pub struct Accounts(BTreeMap<Address, Account>);

impl Accounts {
    /// Adds a user.
    pub fn insert(&mut self, who: Address, account: Account) {
        self.0.insert(who, account);
    }

    /// One user.
    #[must_use]
    pub fn of(&self, who: &Address) -> Option<&Account> {
        self.0.get(who)
    }

    /// One user, to be changed.
    pub fn of_mut(&mut self, who: &Address) -> Option<&mut Account> {
        self.0.get_mut(who)
    }

    /// Whether there is such a user.
    #[must_use]
    pub fn has(&self, who: &Address) -> bool {
        self.0.contains_key(who)
    }

    /// All users.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Contact;

    #[test]
    fn letters_of_lcs_are_the_treatments_of_the_standard() {
        for (handling, sees, may_write) in [
            (Handling::Allow, Sees::Allow, true),
            (Handling::Confirm, Sees::Prompt, true),
            (Handling::PoliteBlock, Sees::PoliteBlock, false),
            (Handling::Block, Sees::Deny, false),
        ] {
            assert_eq!(handling.rights(), Rights { sees, may_write });
            assert_eq!(Handling::from(sees), handling);
        }
    }

    #[test]
    fn decision_then_roster_then_default() {
        let bob = Address::parse("bob@example.test").unwrap();
        let limits = ServerLimits::default();
        let mut account = Account::new("Alice", None);
        assert_eq!(account.handling_of(&bob, DefaultHandling::Confirm), Handling::Confirm);
        assert_eq!(account.handling_of(&bob, DefaultHandling::Allow), Handling::Allow);
        let mut roster = Roster::default();
        roster.put(Contact::new(bob.clone()));
        account.set_roster(roster, &limits).unwrap();
        assert_eq!(account.handling_of(&bob, DefaultHandling::Confirm), Handling::Allow);
        account.decide(bob.clone(), Some(Access::Block.into()), &limits).unwrap();
        assert_eq!(account.handling_of(&bob, DefaultHandling::Confirm), Handling::PoliteBlock);
        assert!(!Handling::PoliteBlock.may_write());
        assert_eq!((account.roaming().number(), account.access_number()), (2, 2), "each change has its number");
        let none = ServerLimits { roster_entries: 0, ..limits };
        assert_eq!(account.decide(Address::parse("x@y").unwrap(), Some(Handling::Allow), &none), Err(AccountFault::Full));
    }
}
