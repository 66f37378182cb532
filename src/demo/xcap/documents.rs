//! Documents to what the server keeps of a user, and back.

use std::collections::{BTreeMap, BTreeSet};

use crate::demo::subscriptions::Entry;
use crate::formats::pres_rules::{Handling, Rule, Who};
use crate::formats::resource_lists::{self, List};
use crate::model::{Address, Contact, Roster};

/// Groups taken from a document.
const MAX_GROUPS: usize = 256;

/// The roster of a document: each named list is a group, people of nameless lists are in none.
pub(super) fn roster_of(lists: &[List]) -> Roster {
    let mut roster = Roster::default();
    for list in lists {
        collect(list, &mut roster);
    }
    roster
}

fn collect(list: &List, roster: &mut Roster) {
    let group = list.title().filter(|name| {
        if roster.groups().len() < MAX_GROUPS {
            let _ = roster.add_group(name);
        }
        roster.groups().iter().any(|group| group == name)
    });
    for entry in &list.entries {
        let Ok(address) = Address::parse(&entry.uri) else { continue };
        roster.join(address, entry.display_name.as_deref().unwrap_or_default(), group);
    }
    for inner in &list.lists {
        collect(inner, roster);
    }
}

/// The document of a roster.
pub(super) fn lists_of(roster: &Roster) -> Vec<List> {
    let entry = |contact: &Contact| resource_lists::Entry {
        uri: contact.address.as_str().to_owned(),
        display_name: Some(contact.name.clone()).filter(|name| !name.is_empty()),
    };
    let loose: Vec<_> = roster.contacts().filter(|c| c.groups.is_empty()).map(entry).collect();
    let mut lists = Vec::new();
    if !loose.is_empty() {
        lists.push(List { entries: loose, ..List::default() });
    }
    for group in roster.groups() {
        let entries = roster.contacts().filter(|c| c.groups.contains(group)).map(entry).collect();
        lists.push(List { name: Some(group.clone()), entries, ..List::default() });
    }
    lists
}

/// The people of a list service, each once.
pub(super) fn entries_of(list: &List) -> Vec<Entry> {
    let mut seen = BTreeSet::new();
    let people = list.everybody().into_iter().filter(|entry| seen.insert(entry.uri.as_str()));
    people.map(|entry| Entry::new(&entry.uri, entry.display_name.clone())).collect()
}

/// The decisions on single watchers in the rules; where rules differ the highest counts. Rules
/// about many are kept in the document, but decide nothing here.
pub(super) fn decisions_of(rules: &[Rule]) -> BTreeMap<Address, Handling> {
    let mut decisions = BTreeMap::new();
    for rule in rules {
        for who in &rule.who {
            let Who::One(uri) = who else { continue };
            let Ok(address) = Address::parse(uri) else { continue };
            let decided = decisions.entry(address).or_insert(rule.handling);
            *decided = rule.handling.max(*decided);
        }
    }
    decisions
}

/// The rules that say so.
pub(super) fn rules_of(decisions: &BTreeMap<Address, Handling>) -> Vec<Rule> {
    Handling::ALL
        .into_iter()
        .map(|handling| {
            let people = decisions.iter().filter(|(_, decided)| **decided == handling);
            Rule::about(handling, people.map(|(who, _)| who.as_str()))
        })
        .filter(|rule| !rule.who.is_empty())
        .collect()
}
