//! What the user wants of the contact list, and the calls that bring it about.
//!
//! An intent says what the user changed, not how the list is to look: on a list that another device
//! has changed meanwhile it changes that and nothing else. [`Intent::next`] gives the next call towards
//! it; when there is none left it is fulfilled. A change of somebody whom another device has taken
//! off is overtaken; so is the new name of a group that is gone.

use super::list::{MOST_GROUPS, ServerList, group_name};
use crate::backend::{GroupChange, RosterChange};
use crate::formats::roaming::{Contact, DEFAULT_GROUP};
use crate::formats::soap::Call;
use crate::model::{Address, Roster};

/// One wish of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// Somebody is to be on the list, under this name and in these groups.
    Add { who: Address, name: String, groups: Vec<String> },
    /// Somebody on the list is to have another name, or to be in other groups.
    Change { who: Address, name: Option<String>, join: Vec<String>, leave: Vec<String> },
    /// Somebody is to be on the list no more.
    Remove(Address),
    /// A group of this name is wanted.
    AddGroup(String),
    /// A group is to have another name.
    RenameGroup { from: String, to: String },
    /// A group is to be gone; its contacts stay.
    RemoveGroup(String),
}

/// The way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// This is to be called next.
    Call(Call),
    /// Nothing is left to do.
    Done,
    /// It cannot be, for this reason.
    Never(&'static str),
}

impl Intent {
    /// What a change to the roster means on top of what it was.
    pub(super) fn of(change: &RosterChange, before: &Roster) -> Self {
        match change {
            RosterChange::Put { address, name, groups } => {
                let groups: Vec<String> = groups.iter().map(|group| group_name(group)).collect();
                match before.contact(address) {
                    None => Self::Add { who: address.clone(), name: name.clone(), groups },
                    Some(known) => Self::Change {
                        who: address.clone(),
                        name: (known.name != *name).then(|| name.clone()),
                        join: groups.iter().filter(|group| !known.groups.contains(group)).cloned().collect(),
                        leave: known.groups.iter().filter(|group| !groups.contains(group)).cloned().collect(),
                    },
                }
            }
            RosterChange::Removed(who) => Self::Remove(who.clone()),
            RosterChange::Group(GroupChange::Add(name)) => Self::AddGroup(group_name(name)),
            RosterChange::Group(GroupChange::Rename { from, to }) => Self::RenameGroup { from: from.clone(), to: group_name(to) },
            RosterChange::Group(GroupChange::Remove(name)) => Self::RemoveGroup(name.clone()),
        }
    }

    /// The next call towards it on this list. `begun`: one was made already.
    pub(super) fn next(&self, list: &ServerList, begun: bool) -> Step {
        match self {
            Self::Add { who, name, groups } => match list.contact(who) {
                Some(known) => change(known, Some(name.as_str()).filter(|n| !n.is_empty()), groups, &[], list),
                None => add(who, name, groups, list),
            },
            Self::Change { who, name, join, leave } => match list.contact(who) {
                Some(known) => change(known, name.as_deref(), join, leave, list),
                None => Step::Done,
            },
            Self::Remove(who) => list.contact(who).map_or(Step::Done, |known| {
                Step::Call(Call::DeleteContact { uri: known.uri.clone(), delta_num: list.delta_num })
            }),
            Self::AddGroup(name) => missing_group(std::slice::from_ref(name), list).unwrap_or(Step::Done),
            Self::RenameGroup { from, to } => rename(from, to, list, begun),
            Self::RemoveGroup(name) => remove_group(name, list),
        }
    }

    /// Makes a list what it will be when the server has done everything.
    pub(super) fn fulfil(&self, list: &mut ServerList) {
        for begun in 0..MOST_STEPS {
            let Step::Call(call) = self.next(list, begun > 0) else { return };
            if matches!(self, Self::RemoveGroup(_)) {
                // As the calls would do it one by one, in one go.
                return self.empty_and_drop(list);
            }
            let id = list.free_id().unwrap_or(0);
            list.did(&call, id);
        }
    }

    fn empty_and_drop(&self, list: &mut ServerList) {
        let Self::RemoveGroup(name) = self else { return };
        let ids = list.ids_of(name);
        let calls: Vec<Call> = list.members(&ids).map(|member| moved(member, without(member, &ids, list), list)).collect();
        for call in &calls {
            list.did(call, 0);
        }
        for id in ids {
            list.did(&Call::DeleteGroup { id, delta_num: 0 }, 0);
        }
    }

    /// Another device gave a group another name: what was meant is the same group.
    pub(super) fn group_renamed(&mut self, old: &str, new: &str) {
        let names: Vec<&mut String> = match self {
            Self::Add { groups, .. } => groups.iter_mut().collect(),
            Self::Change { join, leave, .. } => join.iter_mut().chain(leave).collect(),
            Self::RenameGroup { from: name, .. } | Self::RemoveGroup(name) => vec![name],
            Self::Remove(_) | Self::AddGroup(_) => Vec::new(),
        };
        for name in names.into_iter().filter(|name| *name == old) {
            new.clone_into(name);
        }
    }

    /// What did not come about, as the beginning of a sentence.
    pub(super) fn failed(&self) -> String {
        match self {
            Self::Add { who, .. } => format!("Adding {} to the contact list failed", who.short()),
            Self::Change { who, .. } => format!("Changing name and groups of {} failed", who.short()),
            Self::Remove(who) => format!("Taking {} off the contact list failed", who.short()),
            Self::AddGroup(name) => format!("Making the group {name} failed"),
            Self::RenameGroup { from, .. } => format!("Renaming the group {from} failed"),
            Self::RemoveGroup(name) => format!("Removing the group {name} failed"),
        }
    }
}

/// Where there is no room for one more group, the contact is added without it.
fn add(who: &Address, name: &str, groups: &[String], list: &ServerList) -> Step {
    if let Some(step @ Step::Call(_)) = missing_group(groups, list) {
        return step;
    }
    let mut ids: Vec<u8> = groups.iter().filter_map(|group| list.ids_of(group).first().copied()).collect();
    if ids.is_empty() && list.has_default_group() {
        ids.push(DEFAULT_GROUP);
    }
    ids.sort_unstable();
    Step::Call(Call::SetContact {
        display_name: name.to_owned(),
        groups: ids,
        subscribed: true,
        uri: who.to_string(),
        external_uri: String::new(),
        extension: None,
        delta_num: list.delta_num,
    })
}

fn change(known: &Contact, name: Option<&str>, join: &[String], leave: &[String], list: &ServerList) -> Step {
    if let Some(step) = missing_group(join, list) {
        return step;
    }
    let leaving: Vec<u8> = leave.iter().flat_map(|group| list.ids_of(group)).collect();
    let mut ids: Vec<u8> = known.groups.iter().filter(|id| !leaving.contains(id)).copied().collect();
    for group in join {
        let of_name = list.ids_of(group);
        if !of_name.iter().any(|id| ids.contains(id)) {
            ids.extend(of_name.first());
        }
    }
    // Who was only where everybody is that is in no group, is there no longer.
    let was_shown = known.groups.iter().any(|id| list.name_of(*id).is_some());
    if !was_shown && ids.iter().any(|id| list.name_of(*id).is_some()) {
        ids.retain(|id| *id != DEFAULT_GROUP);
    }
    if ids.is_empty() && !known.groups.is_empty() && list.has_default_group() {
        ids.push(DEFAULT_GROUP);
    }
    ids.sort_unstable();
    let mut before = known.groups.clone();
    before.sort_unstable();
    let name = name.unwrap_or(&known.name);
    if ids == before && name == known.name {
        return Step::Done;
    }
    let call = moved(known, ids, list);
    Step::Call(match call {
        Call::SetContact { groups, subscribed, uri, external_uri, extension, delta_num, .. } => {
            Call::SetContact { display_name: name.to_owned(), groups, subscribed, uri, external_uri, extension, delta_num }
        }
        other => other,
    })
}

fn rename(from: &str, to: &str, list: &ServerList, begun: bool) -> Step {
    let ids = list.ids_of(from);
    if from == to || ids.is_empty() {
        return Step::Done;
    }
    if !begun && !list.ids_of(to).is_empty() {
        return Step::Never("there is a group of that name by now");
    }
    let known = ids.first().and_then(|id| list.group(*id));
    known.map_or(Step::Done, |group| {
        Step::Call(Call::ModifyGroup {
            id: group.id,
            name: to.to_owned(),
            external_uri: group.external_uri.clone(),
            delta_num: list.delta_num,
        })
    })
}

/// A group must be empty before it can go: its contacts are put elsewhere first.
fn remove_group(name: &str, list: &ServerList) -> Step {
    let ids = list.ids_of(name);
    let Some(id) = ids.first().copied() else { return Step::Done };
    Step::Call(match list.members(&ids).next() {
        Some(member) => moved(member, without(member, &ids, list), list),
        None => Call::DeleteGroup { id, delta_num: list.delta_num },
    })
}

/// The call for the first group of these that there is not yet.
fn missing_group(names: &[String], list: &ServerList) -> Option<Step> {
    let name = names.iter().find(|name| list.ids_of(name).is_empty())?;
    if list.group_count() >= MOST_GROUPS {
        return Some(Step::Never("the server keeps at most 64 groups"));
    }
    Some(Step::Call(Call::AddGroup { name: name.clone(), external_uri: String::new(), delta_num: list.delta_num }))
}

/// The groups of a contact but these; the default group if there is no other.
fn without(contact: &Contact, ids: &[u8], list: &ServerList) -> Vec<u8> {
    let mut rest: Vec<u8> = contact.groups.iter().filter(|id| !ids.contains(id)).copied().collect();
    if rest.is_empty() && !ids.is_empty() && list.has_default_group() {
        rest.push(DEFAULT_GROUP);
    }
    rest
}

/// A contact as it is, but in these groups.
fn moved(contact: &Contact, groups: Vec<u8>, list: &ServerList) -> Call {
    Call::SetContact {
        display_name: contact.name.clone(),
        groups,
        subscribed: contact.subscribed,
        uri: contact.uri.clone(),
        external_uri: contact.external_uri.clone(),
        extension: contact.extension.clone(),
        delta_num: list.delta_num,
    }
}

/// More calls than one intent needs, those that empty a group apart.
const MOST_STEPS: usize = MOST_GROUPS + 2;
