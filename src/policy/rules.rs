//! The policies in force, as the code that obeys them wants them: typed, and each with the policy to name.

use super::entry::Level;
use super::gate::Denial;
use super::merge::{InForce, Table};
use super::people::People;
use super::value::Value;
use crate::model::Strangers;

/// A rule, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled<T> {
    /// What it says.
    pub value: T,
    /// The policy and where it was set, for the user.
    pub denial: Denial,
}

/// Everything the two doors and the other rooms obey. `None`: nothing is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub(super) prevent_run: Option<Ruled<()>>,
    pub(super) allowed_accounts: Option<Ruled<People>>,
    pub(super) blocked_accounts: Option<Ruled<People>>,
    pub(super) net_service: Option<Ruled<()>>,
    pub(super) display_name: Option<Ruled<()>>,
    pub(super) federated: Option<Ruled<()>>,
    pub(super) allowed_domains: Option<Ruled<People>>,
    pub(super) blocked_domains: Option<Ruled<People>>,
    pub(super) unknown_senders: Option<Ruled<()>>,
    pub(super) strangers: Option<Strangers>,
    pub(super) contacts: Option<Ruled<u64>>,
    pub(super) search: Option<Ruled<()>>,
    pub(super) rooms: Option<Ruled<()>>,
    pub(super) note: Option<Ruled<()>>,
    pub(super) im: Option<Ruled<()>>,
    pub(super) files: Option<Ruled<()>>,
    pub(super) pictures: Option<Ruled<()>>,
    pub(super) typing: Option<Ruled<()>>,
    pub(super) formatting: Option<Ruled<()>>,
}

impl Rules {
    /// What a table comes to.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let flag = |name| table.flag(name);
        let people = |name| table.texts(name).map(|ruled| Ruled { value: People::new(ruled.value), denial: ruled.denial });
        let word = |name, wanted: &str| table.word(name).filter(|ruled| ruled.value == wanted).map(Ruled::bare);
        Self {
            prevent_run: flag("PreventRun"),
            allowed_accounts: people("AllowedAccounts"),
            blocked_accounts: people("BlockedAccounts"),
            net_service: flag("DisableNETMessengerService"),
            display_name: flag("RequireDisplayName"),
            federated: flag("BlockConversationFromFederatedContacts"),
            allowed_domains: people("AllowedDomains"),
            blocked_domains: people("BlockedDomains"),
            unknown_senders: word("UnknownSenderAction", "block"),
            strangers: table.word("UnknownSenderAction").and_then(|ruled| Strangers::from_word(ruled.value)),
            contacts: table.number("MaximumNumberOfContacts"),
            search: flag("DisableSearch"),
            rooms: flag("DisableGroupConversations"),
            note: flag("DisablePresenceNote"),
            im: flag("DisableIM"),
            files: flag("DisableFileTransfer"),
            pictures: flag("DisablePictures"),
            typing: flag("DisableTypingNotification"),
            formatting: flag("DisableFormatting"),
        }
    }
}

impl<T> Ruled<T> {
    /// Only whose it is.
    fn bare(self) -> Ruled<()> {
        Ruled { value: (), denial: self.denial }
    }
}

impl InForce {
    /// How it is named to who runs into it.
    #[must_use]
    pub fn denial(&self) -> Denial {
        Denial { policy: self.row.name, origin: self.origin.to_string(), managed: self.rank.level == Level::Managed }
    }
}

/// The value of a policy in force; of one that is superseded nothing is left.
impl Table {
    fn ruling(&self, name: &str) -> Option<&InForce> {
        self.get(name).filter(|one| !one.is_superseded())
    }

    /// Whether it is in force and on.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<Ruled<()>> {
        self.ruling(name).filter(|one| one.value == Value::Flag(true)).map(|one| Ruled { value: (), denial: one.denial() })
    }

    /// Whether it is in force and off, for those that allow something.
    #[must_use]
    pub fn forbids(&self, name: &str) -> Option<Ruled<()>> {
        self.ruling(name).filter(|one| one.value == Value::Flag(false)).map(|one| Ruled { value: (), denial: one.denial() })
    }

    /// Its number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<Ruled<u64>> {
        match self.ruling(name)? {
            one @ InForce { value: Value::Number(number), .. } => Some(Ruled { value: *number, denial: one.denial() }),
            _ => None,
        }
    }

    /// Its text or word.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<Ruled<&str>> {
        match self.ruling(name)? {
            one @ InForce { value: Value::Text(text), .. } => Some(Ruled { value: text, denial: one.denial() }),
            _ => None,
        }
    }

    /// Its texts.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<Ruled<&[String]>> {
        match self.ruling(name)? {
            one @ InForce { value: Value::List(texts), .. } => Some(Ruled { value: texts, denial: one.denial() }),
            _ => None,
        }
    }
}
