//! The contact list on the server ([MS-SIP] 2.2.4.1, 3.7): read once, kept up to date by deltas, and
//! changed by calls of which each names the version it is made to.
//!
//! ```text
//!            full list              change              200
//!  Stale ──────────────► Current ──────────► Asking ──────────► Current
//!    ▲                      │                   │
//!    └──────────────────────┴───────────────────┘
//!       a version is missing      refused, no answer: once more on the fresh list
//! ```
//!
//! What the user wants is kept as [`Intent`]s beside the list of the server; what is shown is that
//! list with all of them fulfilled. So a change shows at once, goes when it was given up, and is
//! made again on top of whatever another device did meanwhile. One call is under way at a time.
//!
//! **Versions.** A delta from the version we have is taken; one to it was seen before; any other
//! leaves a gap, and the whole list is asked for. A change of ours that was accepted makes the next
//! version, whether or not the server tells of it by a delta; if it does, before or after its 200,
//! the delta is recognised by its numbers. The contents of deltas are absolute, so that taking that
//! one on top of what we did ourselves changes nothing, unless the server did not count our change
//! as one: then it is another device's, and needed.
//!
//! **First sign-in.** As with documents on an XCAP server: where the server has a list, it takes the
//! place of the local one. A list that nothing was ever put into gets the local one. That cannot be
//! told from one that was emptied, so it is done once in each run of the program, with the list it
//! was started with.

mod intent;
mod list;

use std::collections::VecDeque;
use std::time::Instant;

use self::intent::{Intent, Step};
use self::list::{MOST_GROUPS, ServerList};

pub(super) use self::list::key;
use super::exchange::{self, Errand, Outcome, Said};
use super::resync::Resync;
use super::wish::Wishes;
use crate::backend::sip::own::OwnEvent;
use crate::backend::sip::ua::Ua;
use crate::backend::{GroupChange, NoticeLevel, Refused, RosterChange};
use crate::formats::roaming::{self, Change, ContactDelta, ContactList, DEFAULT_GROUP_NAME, Document, MAX_NAME};
use crate::formats::soap::{Answer, Call};
use crate::model::{Address, Roster};

/// The list, and what is to be changed about it.
#[derive(Debug)]
pub(super) struct Contacts {
    /// The server has it on this connection, as far as we know.
    offered: bool,
    /// As the server has it; `None` before the first document of this run.
    list: Option<ServerList>,
    /// It is that of this connection, and nothing was missed.
    current: bool,
    intents: VecDeque<Waiting>,
    asking: Option<Asking>,
    /// The change of ours that made the present version.
    made: Option<Versions>,
    /// Versions gone through: from, to.
    passed: VecDeque<Versions>,
    resync: Resync,
    /// The list the program was started with, until the server's is known.
    local: Option<Roster>,
    /// People added by the user, who may see us from now on.
    added: VecDeque<Address>,
    /// What is to be seen may be something else by now.
    changed: bool,
    /// A document that cannot be read was told of on this connection.
    complained: bool,
    /// The server would not give it on this connection.
    refused: bool,
}

/// From one version to the next.
type Versions = (u32, u32);

/// An intent that is not fulfilled yet.
#[derive(Debug)]
struct Waiting {
    intent: Intent,
    /// Of the user, rather than of the list of the first sign-in.
    of_user: bool,
    /// Calls that were done.
    done: usize,
    /// The group that was made last for it.
    made: Option<String>,
    /// Calls that failed, and what the last of them was about.
    failed: usize,
    failed_at: Option<Aim>,
}

/// The call under way.
#[derive(Debug)]
struct Asking {
    call: Call,
    /// The version it was made to.
    version: u32,
}

impl Contacts {
    pub(super) const fn new(local: Roster) -> Self {
        Self {
            offered: false,
            list: None,
            current: false,
            intents: VecDeque::new(),
            asking: None,
            made: None,
            passed: VecDeque::new(),
            resync: Resync::new(OwnEvent::Contacts),
            local: Some(local),
            added: VecDeque::new(),
            changed: false,
            complained: false,
            refused: false,
        }
    }

    /// Signed in; the list comes by subscription, if the server has it. `roster` is the list so far.
    pub(super) fn start(&mut self, offered: bool, roster: &Roster, now: Instant) {
        self.stop();
        self.offered = offered;
        if let Some(local) = &mut self.local {
            roster.clone_into(local);
        }
        if offered {
            self.resync.start(now);
        }
    }

    /// The link is gone. What is not fulfilled yet waits for the next one.
    pub(super) fn stop(&mut self) {
        self.offered = false;
        self.current = false;
        self.asking = None;
        self.made = None;
        self.passed.clear();
        self.resync.stop();
        self.complained = false;
        self.refused = false;
    }

    /// Whether the contact list lives on the server: changes go there.
    pub(super) const fn on_server(&self) -> bool {
        self.offered || self.list.is_some()
    }

    /// Whether the list is still awaited.
    pub(super) const fn reading(&self) -> bool {
        self.offered && !self.current && !self.complained
    }

    /// Whether changes are on their way, or will be once the list is known again.
    pub(super) fn unfinished(&self) -> bool {
        self.asking.is_some() || (self.offered && !self.intents.is_empty())
    }

    /// Whether a change can be made, as far as can be told beforehand.
    pub(super) fn permits(&self, change: &RosterChange, roster: &Roster) -> Result<(), Refused> {
        if self.intents.len() >= MOST_INTENTS {
            return Err(Refused::Busy);
        }
        if self.refused && self.list.is_some() {
            let text = "the server does not give out your contact list now, so it cannot be changed; sign in again later";
            return Err(Refused::Unknown(text.to_owned()));
        }
        let (name, groups, renamed): (&str, &[String], Option<&str>) = match change {
            RosterChange::Put { name, groups, .. } => (name, groups, None),
            RosterChange::Group(GroupChange::Add(name)) => (name, std::slice::from_ref(name), None),
            RosterChange::Group(GroupChange::Rename { to, .. }) => (to, &[], Some(to)),
            RosterChange::Group(GroupChange::Remove(_)) | RosterChange::Removed(_) => return Ok(()),
        };
        if name.len() > MAX_NAME || groups.iter().any(|group| group.len() > MAX_NAME) {
            return Err(Refused::Unknown(format!("names may have at most {MAX_NAME} bytes on this server")));
        }
        if groups.iter().map(String::as_str).chain(renamed).any(|group| group.trim() == DEFAULT_GROUP_NAME) {
            return Err(Refused::Unknown(format!("a group cannot be named {DEFAULT_GROUP_NAME} on this server")));
        }
        let hidden = self.list.as_ref().map_or(1, |list| list.group_count() - list.roster().groups().len());
        let new = groups.iter().filter(|group| !roster.groups().contains(group)).count();
        if new > 0 && roster.groups().len() + hidden + new > MOST_GROUPS {
            return Err(Refused::Unknown(format!("this server keeps at most {MOST_GROUPS} groups")));
        }
        Ok(())
    }

    /// The user changed the roster, which was `before`; it shows already.
    pub(super) fn change(&mut self, change: &RosterChange, before: &Roster, ua: &mut Ua, now: Instant) {
        self.intents.push_back(Waiting::new(Intent::of(change, before), true));
        self.go_on(ua, now);
    }

    /// Somebody the user added is on the server's list now.
    pub(super) fn next_added(&mut self) -> Option<Address> {
        self.added.pop_front()
    }

    /// The document came.
    pub(super) fn on_document(&mut self, body: &[u8], ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        match roaming::read(body) {
            Ok(Document::List(list)) => self.take_list(list),
            Ok(Document::Delta(delta)) => self.take_delta(delta, wishes, now),
            Err(_) => {
                ua.fault("contacts-document");
                if !std::mem::replace(&mut self.complained, true) {
                    let text = "What the server says of the contact list cannot be read; nothing was changed.";
                    ua.notice(NoticeLevel::Warning, "document-failed", text);
                }
            }
        }
        self.go_on(ua, now);
    }

    /// The server does not give it.
    pub(super) fn on_refused(&mut self, code: u16, ua: &mut Ua) {
        // It said that it keeps one; a server that does not know the package after all keeps none.
        if self.offered && !matches!(code, 405 | 489 | 501) {
            let text = format!(
                "The server does not give out your contact list ({code}). The list of this machine is shown; what you change \
                 in it now is not on the server, and its list takes over again when it is there."
            );
            ua.notice(NoticeLevel::Warning, "contacts-local", text);
        }
        self.offered = false;
        self.refused = true;
        self.resync.stop();
    }

    /// The call under way ended.
    pub(super) fn on_outcome(&mut self, outcome: &Outcome, ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        let Some(asking) = self.asking.take() else { return };
        let is_known = matches!(outcome, Outcome::Done(_)) && self.accepted(&asking, outcome);
        if is_known {
            if let Some(waiting) = self.intents.front_mut() {
                waiting.done += 1;
                waiting.failed_at = None;
                if let Call::AddGroup { name, .. } = &asking.call {
                    waiting.made = Some(name.clone());
                }
            }
            self.resync.better();
        } else {
            self.failed(&asking, outcome, ua, wishes, now);
        }
        self.go_on(ua, now);
    }

    pub(super) fn handle_timeout(&mut self, wishes: &mut Wishes, now: Instant) {
        self.resync.handle_timeout(wishes, now);
    }

    pub(super) const fn next_timeout(&self) -> Option<Instant> {
        self.resync.next_timeout()
    }

    fn take_list(&mut self, list: ContactList) {
        let list = ServerList::of(list);
        if let Some(local) = self.local.take()
            && list.is_blank()
        {
            self.give(&local);
        }
        self.list = Some(list);
        self.current = true;
        self.made = None;
        self.passed.clear();
        self.resync.came();
        self.changed = true;
    }

    /// The server's list was never filled: it gets ours, and what the user changed since on top.
    fn give(&mut self, local: &Roster) {
        let groups = local.groups().iter().map(|group| Intent::AddGroup(group.clone()));
        let people = local.contacts().map(|contact| Intent::Add {
            who: contact.address.clone(),
            name: contact.name.clone(),
            groups: contact.groups.clone(),
        });
        let changed = std::mem::take(&mut self.intents);
        self.intents.extend(groups.chain(people).map(|intent| Waiting::new(intent, false)));
        self.intents.extend(changed);
    }

    fn take_delta(&mut self, delta: ContactDelta, wishes: &mut Wishes, now: Instant) {
        let Some(list) = self.list.as_mut().filter(|_| self.current) else {
            // A full list was asked for, and is newer.
            return;
        };
        let step = (delta.prev_delta_num, delta.delta_num);
        let (from, to) = step;
        let ours = self.made == Some(step) && to == list.delta_num;
        if !ours && (to == list.delta_num || self.passed.contains(&step)) {
            return;
        }
        if !ours && (from != list.delta_num || to <= from) {
            self.current = false;
            self.resync.want(wishes, now);
            return;
        }
        for change in &delta.changes {
            if let Change::ModifiedGroup(group) = change
                && let Some(old) = list.name_of(group.id)
            {
                for waiting in &mut self.intents {
                    waiting.intent.group_renamed(&old, &group.name);
                }
            }
        }
        // What we did ourselves comes back as a delta: nothing to show for it.
        self.changed |= list.apply(delta.changes);
        list.delta_num = to;
        if !ours {
            self.made = None;
            self.resync.better();
            pass(&mut self.passed, step);
        }
    }

    /// The server did what was asked. Whether we know what the list is now.
    fn accepted(&mut self, asking: &Asking, outcome: &Outcome) -> bool {
        let Some(list) = self.list.as_mut().filter(|_| self.current) else {
            // The list that was asked for will tell.
            return true;
        };
        let id = match (&asking.call, outcome) {
            (Call::AddGroup { .. }, Outcome::Done(Said::Answer(Answer::GroupAdded(id)))) => *id,
            (Call::AddGroup { .. }, _) => return false,
            _ => 0,
        };
        let is_new = matches!(asking.call, Call::AddGroup { .. }) && list.group(id).is_none();
        if list.delta_num != asking.version {
            // A delta or a list that came before the answer has it already.
            return list.delta_num > asking.version && !is_new;
        }
        if !is_new && matches!(asking.call, Call::AddGroup { .. }) {
            return false;
        }
        list.did(&asking.call, id);
        let step = (asking.version, asking.version.wrapping_add(1));
        list.delta_num = step.1;
        self.made = Some(step);
        pass(&mut self.passed, step);
        true
    }

    /// Refused, or without answer: once more on a fresh list, if it is still needed; then given up.
    fn failed(&mut self, asking: &Asking, outcome: &Outcome, ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        let hopeless = outcome.is_unknown();
        if let Some(waiting) = self.intents.front_mut() {
            waiting.failed += 1;
            let aim = aim(&asking.call);
            let again = waiting.failed_at.replace(aim.clone()) == Some(aim);
            if again || hopeless {
                self.give_up(&outcome.why(), ua);
                if hopeless {
                    return;
                }
            }
        }
        self.current = false;
        self.resync.want(wishes, now);
    }

    /// The first intent will not be: what it changed shows no more.
    fn give_up(&mut self, why: &str, ua: &mut Ua) {
        let Some(waiting) = self.intents.pop_front() else { return };
        let text = if waiting.of_user {
            format!("{}: {why}.", waiting.intent.failed())
        } else {
            // One word for all that is left of the local list.
            self.intents.retain(|other| other.of_user);
            format!("The server did not take all of the contact list kept here: {why}.")
        };
        ua.notice(NoticeLevel::Error, "contacts-refused", text);
        self.changed = true;
    }

    /// Makes the next call there is reason for.
    fn go_on(&mut self, ua: &mut Ua, now: Instant) {
        while self.offered && self.current && self.asking.is_none() {
            let Some(list) = &self.list else { return };
            let Some(waiting) = self.intents.front() else { return };
            let version = list.delta_num;
            if waiting.done + waiting.failed > MOST_CALLS {
                self.give_up("another device keeps changing it", ua);
                continue;
            }
            match waiting.intent.next(list, waiting.done > 0) {
                // It was made, and is not there: the server has another name for it.
                Step::Call(Call::AddGroup { name, .. }) if waiting.made.as_ref() == Some(&name) => {
                    self.give_up("the server does not keep a group of that name", ua);
                }
                Step::Call(call) => {
                    if !exchange::ask(&call, Errand::Contacts, ua, now) {
                        return;
                    }
                    self.asking = Some(Asking { call, version });
                }
                Step::Done => {
                    let done = self.intents.pop_front();
                    if let Some(Waiting { intent: Intent::Add { who, .. }, of_user: true, .. }) = done {
                        self.added.push_back(who);
                    }
                }
                Step::Never(why) => self.give_up(why, ua),
            }
        }
    }

    /// The list as it is to be seen now, if that may be something else than before.
    pub(super) fn news(&mut self) -> Option<Roster> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut list = self.list.clone()?;
        for waiting in &self.intents {
            waiting.intent.fulfil(&mut list);
        }
        Some(list.roster())
    }
}

impl Waiting {
    const fn new(intent: Intent, of_user: bool) -> Self {
        Self { intent, of_user, done: 0, made: None, failed: 0, failed_at: None }
    }
}

/// What a call is about: its kind, and the contact or group.
type Aim = (std::mem::Discriminant<Call>, String);

fn aim(call: &Call) -> Aim {
    let what = match call {
        Call::SetContact { uri, .. } | Call::DeleteContact { uri, .. } | Call::GetPresence { uri } => uri.clone(),
        Call::AddGroup { name, .. } => name.clone(),
        Call::ModifyGroup { id, .. } | Call::DeleteGroup { id, .. } => id.to_string(),
        Call::SetPresence(_) | Call::SetAce { .. } | Call::DirectorySearch { .. } => String::new(),
    };
    (std::mem::discriminant(call), what)
}

fn pass(passed: &mut VecDeque<Versions>, step: Versions) {
    if passed.len() >= MOST_PASSED {
        passed.pop_front();
    }
    passed.push_back(step);
}

/// Changes that may wait.
const MOST_INTENTS: usize = 512;
/// Calls for one intent: a group with everybody in it can be emptied, but not for ever.
const MOST_CALLS: usize = 5000;
/// Versions remembered.
const MOST_PASSED: usize = 64;

#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod tests;
