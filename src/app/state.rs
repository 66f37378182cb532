//! What the user sees, before it is drawn.

use std::collections::BTreeMap;

use crate::model::{
    AccessList, AccountId, Address, Capabilities, Conversation, OwnPresence, Roster, SignInPhase, Transport, WatcherState,
};
use crate::policy::Policy;

/// Which part of the screen has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The contact list.
    #[default]
    Roster,
    /// The messages of the open conversation.
    Messages,
    /// The text being written.
    Composer,
}

/// A question that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// May this person see us?
    Watcher(AccountId, Address),
}

/// One account as the user sees it.
#[derive(Debug, Clone)]
pub struct AccountView {
    /// Our own address.
    pub aor: Address,
    /// How far sign-in is.
    pub phase: SignInPhase,
    /// Host and port we are or were connected to.
    pub server: Option<String>,
    /// The way.
    pub transport: Option<Transport>,
    /// What the server can do.
    pub capabilities: Option<Capabilities>,
    /// Our own presence.
    pub own: OwnPresence,
    /// Contacts and groups.
    pub roster: Roster,
    /// Decisions on access.
    pub access: AccessList,
    /// People who watch us.
    pub watchers: BTreeMap<Address, WatcherState>,
    /// Talks, by person.
    pub conversations: BTreeMap<Address, Conversation>,
}

/// The whole state of the program.
#[derive(Debug)]
pub struct App {
    /// Accounts by id.
    pub accounts: BTreeMap<AccountId, AccountView>,
    /// Policies in force.
    pub policy: Policy,
    /// Which part has the keyboard.
    pub focus: Focus,
    /// A question that waits.
    pub prompt: Option<Prompt>,
    /// Something visible changed since the last frame.
    pub dirty: bool,
}

impl AccountView {
    /// An account that has not signed in yet.
    #[must_use]
    pub fn new(aor: Address) -> Self {
        Self {
            aor,
            phase: SignInPhase::Offline { why: None },
            server: None,
            transport: None,
            capabilities: None,
            own: OwnPresence::default(),
            roster: Roster::default(),
            access: AccessList::default(),
            watchers: BTreeMap::new(),
            conversations: BTreeMap::new(),
        }
    }
}

impl App {
    /// The state at start: these accounts, nobody signed in.
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = (AccountId, AccountView)>, policy: Policy) -> Self {
        Self { accounts: accounts.into_iter().collect(), policy, focus: Focus::default(), prompt: None, dirty: true }
    }
}
