//! Who may see us and write to us.

use std::collections::BTreeMap;

use super::Address;

/// The decision about one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// May see presence and send messages.
    Allow,
    /// Sees us as offline; messages are refused.
    Block,
}

impl Access {
    /// The word in JSON and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }
}

/// Somebody who subscribes to our presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WatcherState {
    /// Waits for the user's decision.
    Pending,
    /// Sees our presence.
    Active,
    /// Gone or refused.
    Terminated,
}

impl WatcherState {
    /// The word in JSON events.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Terminated => "terminated",
        }
    }
}

/// Decisions made so far; a person not listed has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessList(BTreeMap<Address, Access>);

impl AccessList {
    /// The decision about `who`, if there is one.
    #[must_use]
    pub fn of(&self, who: &Address) -> Option<Access> {
        self.0.get(who).copied()
    }

    /// Whether `who` is blocked.
    #[must_use]
    pub fn blocks(&self, who: &Address) -> bool {
        self.of(who) == Some(Access::Block)
    }

    /// Records a decision; `None` forgets it.
    pub fn set(&mut self, who: Address, access: Option<Access>) {
        match access {
            Some(access) => {
                self.0.insert(who, access);
            }
            None => {
                self.0.remove(&who);
            }
        }
    }

    /// All decisions, by address.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, Access)> {
        self.0.iter().map(|(who, access)| (who, *access))
    }
}

impl FromIterator<(Address, Access)> for AccessList {
    fn from_iter<T: IntoIterator<Item = (Address, Access)>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}
