//! What the server keeps for each user: name, roster, decisions on watchers.
//!
//! The SIMPLE side reaches the roster and the decisions by XCAP, the LCS side by its roaming
//! contacts and access list; both see the same [`Account`] and learn of each other's changes by
//! [`Account::revision`].

use std::collections::BTreeMap;

use super::config::{DefaultHandling, ServerLimits};
pub use crate::formats::pres_rules::Handling;
use crate::model::{Access, Address, Roster};

use super::users::StoredSecret;

impl From<Access> for Handling {
    /// A user who blocks a person is shown to that person as offline.
    fn from(access: Access) -> Self {
        match access {
            Access::Allow => Self::Allow,
            Access::Block => Self::PoliteBlock,
        }
    }
}

impl Handling {
    /// Whether messages of such a person are passed on.
    #[must_use]
    pub const fn may_write(self) -> bool {
        matches!(self, Self::Allow | Self::Confirm)
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
    decisions: BTreeMap<Address, Handling>,
    revision: u64,
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
            decisions: BTreeMap::new(),
            revision: 0,
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

    /// Replaces contacts and groups.
    ///
    /// # Errors
    /// [`AccountFault::Full`]: nothing has changed then.
    pub fn set_roster(&mut self, roster: Roster, limits: &ServerLimits) -> Result<(), AccountFault> {
        if roster.len() > limits.roster_entries || roster.groups().len() > limits.roster_entries {
            return Err(AccountFault::Full);
        }
        self.roster = roster;
        self.revision += 1;
        Ok(())
    }

    /// Decisions on watchers.
    #[must_use]
    pub const fn decisions(&self) -> &BTreeMap<Address, Handling> {
        &self.decisions
    }

    /// Replaces all decisions on watchers.
    ///
    /// # Errors
    /// [`AccountFault::Full`]: nothing has changed then.
    pub fn set_decisions(&mut self, decisions: BTreeMap<Address, Handling>, limits: &ServerLimits) -> Result<(), AccountFault> {
        if decisions.len() > limits.roster_entries {
            return Err(AccountFault::Full);
        }
        self.decisions = decisions;
        self.revision += 1;
        Ok(())
    }

    /// Records one decision; `None` forgets it.
    ///
    /// # Errors
    /// [`AccountFault::Full`]: nothing has changed then.
    pub fn decide(&mut self, who: Address, handling: Option<Handling>, limits: &ServerLimits) -> Result<(), AccountFault> {
        match handling {
            None => {
                self.decisions.remove(&who);
            }
            Some(handling) => {
                if self.decisions.len() >= limits.roster_entries && !self.decisions.contains_key(&who) {
                    return Err(AccountFault::Full);
                }
                self.decisions.insert(who, handling);
            }
        }
        self.revision += 1;
        Ok(())
    }

    /// Counts the changes to roster and decisions.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// How a person is treated: the decision, else people on the roster are allowed, else as configured.
    #[must_use]
    pub fn handling_of(&self, who: &Address, default: DefaultHandling) -> Handling {
        if let Some(handling) = self.decisions.get(who) {
            return *handling;
        }
        if self.is_resident || self.roster.contact(who).is_some() {
            return Handling::Allow;
        }
        match default {
            DefaultHandling::Allow => Handling::Allow,
            DefaultHandling::Confirm => Handling::Confirm,
        }
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
        assert_eq!(account.revision(), 2);
        let none = ServerLimits { roster_entries: 0, ..limits };
        assert_eq!(account.decide(Address::parse("x@y").unwrap(), Some(Handling::Allow), &none), Err(AccountFault::Full));
    }
}
