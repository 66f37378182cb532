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

/// Whether somebody sees our presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sees {
    /// Sees us as we are.
    Allow,
    /// Is refused.
    Deny,
    /// Waits until we have decided.
    Prompt,
    /// Sees us as offline, and is not told.
    PoliteBlock,
}

impl Sees {
    /// The word in JSON and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Prompt => "prompt",
            Self::PoliteBlock => "polite_block",
        }
    }
}

/// What somebody may do, in the two letters of Microsoft's access lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights {
    /// The first letter.
    pub sees: Sees,
    /// The second letter: messages and calls come through.
    pub may_write: bool,
}

impl Rights {
    /// Everything: what holds where nothing was decided.
    pub const ALL: Self = Self { sees: Sees::Allow, may_write: true };
    /// Nothing, without a word.
    pub const NONE: Self = Self { sees: Sees::PoliteBlock, may_write: false };

    /// The decision that this is, if it is one: nothing was decided about who may write and waits
    /// for our word on presence. Half a permission is none.
    #[must_use]
    pub const fn decision(self) -> Option<Access> {
        match (self.sees, self.may_write) {
            (Sees::Allow, true) => Some(Access::Allow),
            (Sees::Prompt, true) => None,
            _ => Some(Access::Block),
        }
    }
}

impl From<Access> for Rights {
    fn from(access: Access) -> Self {
        match access {
            Access::Allow => Self::ALL,
            Access::Block => Self::NONE,
        }
    }
}

/// Whom an entry of an access list is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// Everybody.
    Everybody,
    /// A domain with the domains below it.
    Domain(String),
    /// One person.
    Person(Address),
}

/// Decisions made so far; a person not listed has none. Servers may have rules for domains and
/// for everybody beside them: the word about a person outweighs that about the domain, the
/// longest domain outweighs the shorter ones, and these outweigh what is said about everybody.
///
/// People are compared without regard to case: who is blocked must not come back as `BOB`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessList {
    people: BTreeMap<String, (Address, Rights)>,
    domains: BTreeMap<String, Rights>,
    everybody: Option<Rights>,
}

impl AccessList {
    /// The decision about `who` personally, if there is one.
    #[must_use]
    pub fn of(&self, who: &Address) -> Option<Access> {
        self.personal(who).and_then(Rights::decision)
    }

    /// Whether `who` is blocked, personally or by a rule.
    #[must_use]
    pub fn blocks(&self, who: &Address) -> bool {
        match self.of(who) {
            Some(access) => access == Access::Block,
            None => !self.may_write(who),
        }
    }

    /// Whether messages and calls of `who` come through.
    #[must_use]
    pub fn may_write(&self, who: &Address) -> bool {
        self.rights(who).may_write
    }

    /// What holds for `who`, whatever the entry that says so.
    #[must_use]
    pub fn rights(&self, who: &Address) -> Rights {
        self.ruling(who).unwrap_or(Rights::ALL)
    }

    /// What an entry says of `who`, the nearest first; `None` if none does.
    #[must_use]
    pub fn ruling(&self, who: &Address) -> Option<Rights> {
        self.personal(who).or_else(|| self.by_domain(who.domain())).or(self.everybody)
    }

    /// Records a decision; `None` forgets it.
    pub fn set(&mut self, who: Address, access: Option<Access>) {
        match access {
            Some(access) => self.put(Subject::Person(who), access.into()),
            None => {
                self.people.remove(&folded(&who));
            }
        }
    }

    /// Records an entry.
    pub fn put(&mut self, subject: Subject, rights: Rights) {
        match subject {
            Subject::Everybody => self.everybody = Some(rights),
            Subject::Domain(domain) => {
                self.domains.insert(domain.to_ascii_lowercase(), rights);
            }
            Subject::Person(who) => {
                self.people.insert(folded(&who), (who, rights));
            }
        }
    }

    /// All personal decisions, by address.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, Access)> {
        self.people.values().filter_map(|(who, rights)| Some((who, rights.decision()?)))
    }

    /// What holds for single people, by address.
    pub fn people(&self) -> impl Iterator<Item = (&Address, Rights)> {
        self.people.values().map(|(who, rights)| (who, *rights))
    }

    /// What holds for whole domains and for everybody.
    pub fn rules(&self) -> impl Iterator<Item = (Subject, Rights)> {
        let domains = self.domains.iter().map(|(domain, rights)| (Subject::Domain(domain.clone()), *rights));
        domains.chain(self.everybody.map(|rights| (Subject::Everybody, rights)))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len() + self.domains.len() + usize::from(self.everybody.is_some())
    }

    /// Whether nothing was decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn personal(&self, who: &Address) -> Option<Rights> {
        self.people.get(&folded(who)).map(|(_, rights)| *rights)
    }

    /// The longest domain that `domain` is, or is below.
    fn by_domain(&self, domain: &str) -> Option<Rights> {
        let mut rest = domain;
        loop {
            if let Some(rights) = self.domains.get(rest) {
                return Some(*rights);
            }
            rest = rest.split_once('.')?.1;
        }
    }
}

impl FromIterator<(Address, Access)> for AccessList {
    fn from_iter<T: IntoIterator<Item = (Address, Access)>>(iter: T) -> Self {
        let mut list = Self::default();
        for (who, access) in iter {
            list.set(who, Some(access));
        }
        list
    }
}

/// The spelling people are compared by.
fn folded(who: &Address) -> String {
    who.short().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn rights(sees: Sees, may_write: bool) -> Rights {
        Rights { sees, may_write }
    }

    #[test]
    fn the_nearest_word_counts() {
        let mut list = AccessList::default();
        assert_eq!(list.rights(&who("a@b.test")), Rights::ALL);
        list.put(Subject::Everybody, rights(Sees::Prompt, false));
        list.put(Subject::Domain("Partner.test".into()), Rights::ALL);
        list.put(Subject::Domain("lab.partner.test".into()), rights(Sees::Deny, false));
        list.put(Subject::Person(who("bob@lab.partner.test")), rights(Sees::PoliteBlock, true));
        for (name, expected) in [
            ("x@other.test", rights(Sees::Prompt, false)),
            ("x@partner.test", Rights::ALL),
            ("x@SALES.partner.test", Rights::ALL),
            ("x@notpartner.test", rights(Sees::Prompt, false)),
            ("x@a.lab.partner.test", rights(Sees::Deny, false)),
            ("BOB@lab.partner.test", rights(Sees::PoliteBlock, true)),
        ] {
            assert_eq!(list.rights(&who(name)), expected, "{name}");
        }
        assert!(list.blocks(&who("x@other.test")) && !list.blocks(&who("x@partner.test")));
        assert_eq!(list.rules().count(), 3);
        assert_eq!(list.len(), 4);
    }

    #[test]
    fn decisions_are_the_personal_entries_that_decide() {
        let mut list: AccessList = [(who("bob@x.test"), Access::Block)].into_iter().collect();
        assert_eq!(list.rights(&who("sips:BOB@x.test")), Rights::NONE);
        list.put(Subject::Person(who("carol@x.test")), rights(Sees::Prompt, true));
        list.put(Subject::Everybody, Rights::NONE);
        assert_eq!(list.iter().collect::<Vec<_>>(), [(&who("bob@x.test"), Access::Block)]);
        assert_eq!((list.of(&who("carol@x.test")), list.of(&who("dave@x.test"))), (None, None));
        list.set(who("Bob@x.test"), Some(Access::Allow));
        assert_eq!(list.of(&who("bob@x.test")), Some(Access::Allow));
        list.set(who("bob@x.test"), None);
        assert!(list.blocks(&who("bob@x.test")), "as everybody");
    }
}
