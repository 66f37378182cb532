//! Whom to add: a line to type, what the server's directory answered, what can be chosen.

use crate::app::Composer;
use crate::model::{AccountId, Address, Listing};

/// People kept of one answer; nobody looks through more.
pub const MAX_FOUND: usize = 200;

/// The state of a search for somebody to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finder {
    /// On which account.
    pub account: AccountId,
    /// The domain of the account: completes a bare name.
    pub domain: String,
    /// The group the person is to be in.
    pub group: Option<String>,
    /// What is typed.
    pub line: Composer,
    /// Which row is marked.
    pub marked: usize,
    /// What the directory said.
    pub findings: Findings,
}

/// What a directory said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Findings {
    /// It was not asked yet.
    None,
    /// It was asked for these words.
    Asked(String),
    /// These people are called so.
    People {
        /// The words it was asked for.
        words: String,
        /// In the order of the server; of many only the first.
        people: Vec<Listing>,
        /// There are more.
        more: bool,
    },
    /// It cannot be searched now; says why.
    Failed {
        /// The words it was asked for.
        words: String,
        /// Why, in a sentence; not yet made safe for a terminal.
        why: String,
    },
}

/// Somebody who can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinderRow {
    /// As the directory has them.
    Listed(Listing),
    /// By the address that was typed, or that what was typed makes in our own domain.
    Typed {
        /// Who.
        address: Address,
        /// The name typed behind it; empty for none.
        name: String,
    },
}

impl FinderRow {
    /// Who.
    #[must_use]
    pub const fn who(&self) -> &Address {
        match self {
            Self::Listed(listing) => &listing.address,
            Self::Typed { address, .. } => address,
        }
    }
}

impl Finder {
    /// An empty line; nothing asked yet.
    #[must_use]
    pub const fn new(account: AccountId, domain: String, group: Option<String>, line: Composer) -> Self {
        Self { account, domain, group, line, marked: 0, findings: Findings::None }
    }

    /// What is typed, without blanks around it.
    #[must_use]
    pub fn words(&self) -> &str {
        self.line.text().trim()
    }

    /// Whether what is typed is an address: the directory need not be asked.
    #[must_use]
    pub fn is_address(&self) -> bool {
        let first = self.words().split_whitespace().next().unwrap_or_default();
        first.contains('@')
    }

    /// Whether the directory has answered for what is typed.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        match &self.findings {
            Findings::None | Findings::Asked(_) => false,
            Findings::People { words, .. } | Findings::Failed { words, .. } => words == self.words(),
        }
    }

    /// Who can be chosen now: the people found, then what was typed as an address.
    #[must_use]
    pub fn rows(&self) -> Vec<FinderRow> {
        let mut rows = Vec::new();
        if let Findings::People { people, .. } = &self.findings
            && self.is_answered()
        {
            rows.extend(people.iter().cloned().map(FinderRow::Listed));
        }
        if self.is_address() || self.is_answered() {
            // Whoever was found need not stand there twice.
            let found = |who: &Address| rows.iter().any(|row| matches!(row, FinderRow::Listed(one) if one.address == *who));
            let typed = self.typed().filter(|row| !matches!(row, FinderRow::Typed { address, .. } if found(address)));
            rows.extend(typed);
        }
        rows
    }

    /// What is typed as an address and perhaps a name; a bare word gets our own domain.
    fn typed(&self) -> Option<FinderRow> {
        let (address, name) = self.words().split_once(char::is_whitespace).unwrap_or((self.words(), ""));
        let address = Address::complete(address, Some(&self.domain)).ok()?;
        // Several words without an address are a name, and nobody's address.
        (self.is_address() || name.is_empty()).then(|| FinderRow::Typed { address, name: name.trim().to_owned() })
    }
}
