//! The access list on the server ([MS-SIP] 2.2.3, 3.7.4.2, 3.7.5.1): who may see us and who may write.
//!
//! The first document of a connection is the whole list. The form of later ones is not documented; they
//! look the same, so what they name is merged in by type and mask and nothing is taken out: an entry
//! that went by another way shows until the next sign-in, but nobody who is blocked is let in by
//! a document that names only what changed.
//!
//! The list has a version of its own. Changes name it; what is accepted makes the next one. After a
//! gap, and where a change is refused, the list is asked for anew, and the change made once more.
//!
//! The server holds watchers to the first letter of an entry. The second, who may write, is ours to
//! enforce: [`AccessList::may_write`]. People blocked on this machine only, before the server could do
//! it, stay blocked where its list says nothing of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::contacts::key;
use super::exchange::{self, Errand, Outcome};
use super::resync::Resync;
use super::wish::Wishes;
use crate::backend::sip::own::OwnEvent;
use crate::backend::sip::ua::Ua;
use crate::backend::{NoticeLevel, Refused};
use crate::formats::acl::{self, Ace, Acl};
use crate::formats::soap::Call;
use crate::model::{Access, AccessList, Address, Rights, Sees, Subject};

/// The list, and what is to be changed about it.
#[derive(Debug)]
pub(super) struct AccessRules {
    /// The server has it on this connection, as far as we know.
    offered: bool,
    list: Option<ServerList>,
    /// A document came on this connection.
    heard: bool,
    /// Changes can be made to it.
    current: bool,
    decisions: VecDeque<Decision>,
    /// The version the call under way was made to.
    asking: Option<u32>,
    /// Versions we made.
    made: VecDeque<u32>,
    resync: Resync,
    /// Blocked on this machine only.
    local: AccessList,
    /// What is to be seen may be something else by now.
    changed: bool,
    complained: bool,
}

/// The list as the server has it.
#[derive(Debug, Default)]
struct ServerList {
    version: u32,
    /// By type and mask as compared.
    entries: BTreeMap<(u8, String), Ace>,
}

/// A decision of the user that the server has not taken yet.
#[derive(Debug)]
struct Decision {
    who: Address,
    access: Access,
    failed: u8,
}

impl AccessRules {
    pub(super) const fn new(local: AccessList) -> Self {
        Self {
            offered: false,
            list: None,
            heard: false,
            current: false,
            decisions: VecDeque::new(),
            asking: None,
            made: VecDeque::new(),
            resync: Resync::new(OwnEvent::Access),
            local,
            changed: false,
            complained: false,
        }
    }

    /// Signed in; the list comes by subscription, if the server has it.
    pub(super) fn start(&mut self, offered: bool, now: Instant) {
        self.stop();
        self.offered = offered;
        if offered {
            self.resync.start(now);
        }
    }

    /// The link is gone. What was decided waits for the next one.
    pub(super) fn stop(&mut self) {
        self.offered = false;
        self.heard = false;
        self.current = false;
        self.asking = None;
        self.made.clear();
        self.resync.stop();
        self.complained = false;
    }

    /// Whether decisions are kept on the server.
    pub(super) const fn on_server(&self) -> bool {
        self.offered || self.list.is_some()
    }

    /// Whether the server is known to keep them.
    pub(super) const fn works(&self) -> bool {
        self.offered && self.list.is_some()
    }

    /// Whether the list is still awaited.
    pub(super) const fn reading(&self) -> bool {
        self.offered && !self.heard && !self.complained
    }

    /// Whether changes are on their way, or will be once the list is known again.
    pub(super) fn unfinished(&self) -> bool {
        self.asking.is_some() || (self.offered && !self.decisions.is_empty())
    }

    /// The user decided.
    pub(super) fn set(&mut self, who: Address, access: Access, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        if self.decisions.len() >= MOST_DECISIONS {
            return Err(Refused::Busy);
        }
        self.decisions.push_back(Decision { who, access, failed: 0 });
        self.changed = true;
        self.go_on(ua, now);
        Ok(())
    }

    /// The user added somebody to the contact list: they may see us, unless it was decided otherwise.
    pub(super) fn allow_new(&mut self, who: &Address, ua: &mut Ua, now: Instant) {
        // Before the list is known, nobody can tell what was decided elsewhere.
        if self.current && self.now().of(who).is_none() {
            // Too much under way is a reason to leave it.
            drop(self.set(who.clone(), Access::Allow, ua, now));
        }
    }

    /// The document came.
    pub(super) fn on_document(&mut self, body: &[u8], ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        if let Ok(list) = acl::read(body) {
            self.take(list, wishes, now);
        } else {
            ua.fault("access-document");
            if !std::mem::replace(&mut self.complained, true) {
                let text = "What the server says of the allow and block list cannot be read; nothing was changed.";
                ua.notice(NoticeLevel::Warning, "document-failed", text);
            }
        }
        self.go_on(ua, now);
    }

    /// The list as it is to be seen now, if that may be something else than before.
    pub(super) fn news(&mut self) -> Option<AccessList> {
        std::mem::take(&mut self.changed).then(|| self.now())
    }

    /// The server does not give it.
    pub(super) fn on_refused(&mut self) {
        self.offered = false;
        self.resync.stop();
    }

    /// The call under way ended.
    pub(super) fn on_outcome(&mut self, outcome: &Outcome, ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        let Some(version) = self.asking.take() else { return };
        match outcome {
            Outcome::Done(_) => {
                let done = self.decisions.pop_front();
                // Else a document that came before the answer has it already.
                if let (Some(done), Some(list)) = (done, self.list.as_mut())
                    && list.version == version
                {
                    list.put(list.ace(&done));
                    list.version = version.wrapping_add(1);
                    remember(&mut self.made, list.version);
                }
                self.resync.better();
            }
            Outcome::Refused { .. } | Outcome::Silent => self.failed(outcome, ua, wishes, now),
        }
        self.go_on(ua, now);
    }

    pub(super) fn handle_timeout(&mut self, wishes: &mut Wishes, now: Instant) {
        self.resync.handle_timeout(wishes, now);
    }

    pub(super) const fn next_timeout(&self) -> Option<Instant> {
        self.resync.next_timeout()
    }

    /// Takes a document: the whole list, or as much of it as changed.
    fn take(&mut self, document: Acl, wishes: &mut Wishes, now: Instant) {
        let version = document.delta_num;
        self.resync.came();
        let list = self.list.get_or_insert_default();
        if !std::mem::replace(&mut self.heard, true) {
            *list = ServerList::default();
        } else if self.current && version < list.version {
            // An old one of a change of ours that was followed by another; else the server has begun anew.
            if !self.made.contains(&version) {
                self.current = false;
                self.resync.want(wishes, now);
            }
            return;
        } else if self.current && version > list.version.saturating_add(1) {
            self.resync.want(wishes, now);
        } else if version > list.version {
            self.resync.better();
        }
        for ace in document.aces {
            list.put(ace);
        }
        list.version = version;
        self.current = true;
        self.changed = true;
    }

    /// Refused, or without answer: once more on a fresh list, then given up.
    fn failed(&mut self, outcome: &Outcome, ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        let Some(decision) = self.decisions.front_mut() else { return };
        decision.failed += 1;
        if decision.failed > 1 || outcome.is_unknown() {
            let what = match decision.access {
                Access::Allow => "allowed",
                Access::Block => "blocked",
            };
            let text = format!("{} could not be {what}: {}.", decision.who.short(), outcome.why());
            self.decisions.pop_front();
            ua.notice(NoticeLevel::Error, "access-refused", text);
            self.changed = true;
            if outcome.is_unknown() {
                return;
            }
        }
        self.current = false;
        self.resync.want(wishes, now);
    }

    /// Makes the next call there is reason for.
    fn go_on(&mut self, ua: &mut Ua, now: Instant) {
        while self.offered && self.current && self.asking.is_none() {
            let (Some(list), Some(decision)) = (&self.list, self.decisions.front()) else { return };
            let ace = list.ace(decision);
            if list.has(&ace) {
                self.decisions.pop_front();
                self.changed = true;
                continue;
            }
            let call = Call::SetAce { ace, delta_num: list.version };
            if !exchange::ask(&call, Errand::Access, ua, now) {
                return;
            }
            self.asking = Some(list.version);
        }
    }

    /// The list with all decisions taken.
    fn now(&self) -> AccessList {
        let mut all = AccessList::default();
        for ace in self.list.iter().flat_map(|list| list.entries.values()) {
            if let Some((subject, rights)) = entry(ace) {
                all.put(subject, rights);
            }
        }
        for (who, access) in self.local.iter().filter(|(_, access)| *access == Access::Block) {
            if all.of(who).is_none() {
                all.set(who.clone(), Some(access));
            }
        }
        for decision in &self.decisions {
            all.set(decision.who.clone(), Some(decision.access));
        }
        all
    }
}

impl ServerList {
    fn put(&mut self, ace: Ace) {
        let key = place(&ace);
        if self.entries.len() < MOST_ENTRIES || self.entries.contains_key(&key) {
            self.entries.insert(key, ace);
        }
    }

    fn has(&self, ace: &Ace) -> bool {
        self.entries.get(&place(ace)).is_some_and(|known| (known.sees, known.may_write) == (ace.sees, ace.may_write))
    }

    /// The entry a decision makes, under the mask the server knows the person by.
    fn ace(&self, decision: &Decision) -> Ace {
        let rights = Rights::from(decision.access);
        let mut ace =
            Ace { subject: acl::Subject::User(decision.who.to_string()), sees: letter(rights.sees), may_write: rights.may_write };
        if let Some(known) = self.entries.get(&place(&ace)) {
            ace.subject = known.subject.clone();
        }
        ace
    }
}

/// Where an entry stands: by type and mask.
fn place(ace: &Ace) -> (u8, String) {
    match &ace.subject {
        acl::Subject::All => (0, String::new()),
        acl::Subject::Domain(domain) => (1, domain.to_ascii_lowercase()),
        acl::Subject::User(uri) => (2, key(uri)),
    }
}

/// An entry in the words of the program; `None` for a mask that is no address.
fn entry(ace: &Ace) -> Option<(Subject, Rights)> {
    let subject = match &ace.subject {
        acl::Subject::All => Subject::Everybody,
        acl::Subject::Domain(domain) => Subject::Domain(domain.clone()),
        acl::Subject::User(uri) => Subject::Person(Address::parse(uri).ok()?),
    };
    let sees = match ace.sees {
        acl::Sees::Allow => Sees::Allow,
        acl::Sees::Deny => Sees::Deny,
        acl::Sees::Prompt => Sees::Prompt,
        acl::Sees::PoliteBlock => Sees::PoliteBlock,
    };
    Some((subject, Rights { sees, may_write: ace.may_write }))
}

const fn letter(sees: Sees) -> acl::Sees {
    match sees {
        Sees::Allow => acl::Sees::Allow,
        Sees::Deny => acl::Sees::Deny,
        Sees::Prompt => acl::Sees::Prompt,
        Sees::PoliteBlock => acl::Sees::PoliteBlock,
    }
}

fn remember(made: &mut VecDeque<u32>, version: u32) {
    if made.len() >= MOST_MADE {
        made.pop_front();
    }
    made.push_back(version);
}

/// Decisions that may wait.
const MOST_DECISIONS: usize = 512;
/// Entries kept of a list that only grows.
const MOST_ENTRIES: usize = 20_000;
/// Versions remembered.
const MOST_MADE: usize = 64;

#[cfg(test)]
mod tests;
