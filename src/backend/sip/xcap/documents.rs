//! Documents to the model and back: roster, list service, rules.
//!
//! What other programs keep in the same documents and we do not understand as ours is carried
//! over: entries that are no addresses, services of other addresses, rules about many.

use std::collections::BTreeSet;

use crate::formats::pres_rules::{Except, Handling, Rule, Who};
use crate::formats::resource_lists::{Entry, List};
use crate::formats::rls_services::{Members, Service};
use crate::model::{Access, AccessList, Address, Contact, Roster};

/// Groups taken from a document.
const MAX_GROUPS: usize = 256;
/// Rules of others carried over.
const MAX_FOREIGN_RULES: usize = 64;

/// The roster of a resource-lists document: each named list is a group, people of nameless lists
/// are in none. Who stands in several lists is in several groups.
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

/// The resource-lists document of a roster; entries of `before` that are no addresses stay.
pub(super) fn lists_of(roster: &Roster, before: &[List]) -> Vec<List> {
    let entry = |contact: &Contact| Entry {
        uri: contact.address.as_str().to_owned(),
        display_name: Some(contact.name.clone()).filter(|name| !name.is_empty()),
    };
    let mut lists = Vec::new();
    let mut loose = List { entries: roster.contacts().filter(|c| c.groups.is_empty()).map(entry).collect(), ..List::default() };
    loose.entries.extend(foreign(before, None));
    if !loose.entries.is_empty() {
        lists.push(loose);
    }
    for group in roster.groups() {
        let mut list = List { name: Some(group.clone()), ..List::default() };
        list.entries = roster.contacts().filter(|c| c.groups.contains(group)).map(entry).collect();
        list.entries.extend(foreign(before, Some(group)));
        lists.push(list);
    }
    lists
}

/// Entries of the lists of that name that are no addresses.
fn foreign(before: &[List], name: Option<&str>) -> Vec<Entry> {
    let same = before.iter().filter(|list| list.title() == name);
    same.flat_map(|list| &list.entries).filter(|entry| Address::parse(&entry.uri).is_err()).cloned().collect()
}

/// The services with ours brought up to date; `None` if it is already.
pub(super) fn services_with(before: &[Service], uri: &str, roster: &Roster) -> Option<Vec<Service>> {
    let people = roster.contacts().filter(|contact| contact.subscribed).map(|contact| contact.address.as_str());
    let ours = Service::presence(uri, List::of(people));
    if before.iter().any(|service| same_people(service, &ours)) {
        return None;
    }
    let mut services: Vec<_> = before.iter().filter(|service| service.uri != uri).cloned().collect();
    services.push(ours);
    Some(services)
}

fn same_people(one: &Service, other: &Service) -> bool {
    fn people(service: &Service) -> Option<Vec<&str>> {
        match &service.members {
            Members::Here(list) => {
                let mut all: Vec<_> = list.everybody().into_iter().map(|entry| entry.uri.as_str()).collect();
                all.sort_unstable();
                Some(all)
            }
            Members::Elsewhere(_) => None,
        }
    }
    one.uri == other.uri && one.packages == other.packages && people(one) == people(other)
}

/// The decisions about single people in the rules; where rules differ the highest counts.
pub(super) fn access_of(rules: &[Rule]) -> AccessList {
    let mut found: Vec<(Address, Handling)> = Vec::new();
    for rule in rules {
        let people = rule.who.iter().filter_map(|who| match who {
            Who::One(uri) => Address::parse(uri).ok(),
            Who::Many { .. } => None,
        });
        found.extend(people.map(|who| (who, rule.handling)));
    }
    found.sort();
    // Sorted, the highest handling of a person comes last and stays.
    let decided = found.into_iter().filter_map(|(who, handling)| match handling {
        Handling::Allow => Some((who, Access::Allow)),
        Handling::Block | Handling::PoliteBlock => Some((who, Access::Block)),
        Handling::Confirm => None,
    });
    decided.collect()
}

/// The rules for these decisions; rules about many stay, but for those decided about.
pub(super) fn rules_of(access: &AccessList, before: &[Rule]) -> Vec<Rule> {
    let of = |wanted: Access| access.iter().filter(move |(_, decision)| *decision == wanted).map(|(who, _)| who.as_str());
    // Blocked people first: some servers stop at the first rule that matches.
    let mut rules = vec![Rule::about(Handling::Block, of(Access::Block)), Rule::about(Handling::Allow, of(Access::Allow))];
    rules.retain(|rule| !rule.who.is_empty());
    for rule in before.iter().take(MAX_FOREIGN_RULES) {
        let mut many = rule.clone();
        many.who.retain_mut(|who| match who {
            Who::One(uri) => Address::parse(uri).is_err(),
            Who::Many { except, .. } => {
                let there: BTreeSet<_> = except.iter().filter_map(single).collect();
                let missing = of(Access::Block).filter(|who| !there.contains(who)).map(|who| Except::One(who.to_owned()));
                let missing: Vec<_> = missing.collect();
                except.extend(missing);
                true
            }
        });
        if !many.who.is_empty() {
            while rules.iter().any(|rule| rule.id == many.id) {
                many.id.push_str("-others");
            }
            rules.push(many);
        }
    }
    rules
}

fn single(except: &Except) -> Option<&str> {
    match except {
        Except::One(uri) => Some(uri),
        Except::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::pres_rules::decide;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn contact(text: &str, name: &str, groups: &[&str]) -> Contact {
        let groups = groups.iter().map(|&g| g.to_owned()).collect();
        Contact { name: name.into(), groups, ..Contact::new(address(text)) }
    }

    #[test]
    fn roster_there_and_back() {
        let mut roster = Roster::default();
        roster.add_group("Empty").unwrap();
        roster.put(contact("bob@x.test", "Bob", &["Work", "Friends & all"]));
        roster.put(contact("carol@x.test", "", &[]));
        let lists = lists_of(&roster, &[]);
        let names: Vec<_> = lists.iter().map(|l| (l.name.as_deref(), l.entries.len())).collect();
        assert_eq!(names, [(None, 1), (Some("Empty"), 0), (Some("Work"), 1), (Some("Friends & all"), 1)]);
        assert_eq!(roster_of(&lists), roster);
    }

    #[test]
    fn what_others_keep_stays() {
        let tel = Entry { uri: "tel:+15551".into(), display_name: None };
        let before = [List { name: Some("Work".into()), entries: vec![tel.clone()], ..List::default() }];
        let mut roster = roster_of(&before);
        assert_eq!((roster.len(), roster.groups()), (0, &["Work".to_owned()][..]));
        roster.put(contact("bob@x.test", "", &["Work"]));
        let lists = lists_of(&roster, &before);
        assert_eq!(lists[0].entries.last(), Some(&tel));
    }

    #[test]
    fn our_service_among_others() {
        let mut roster = Roster::default();
        roster.put(contact("bob@x.test", "", &[]));
        let other = Service { uri: "sip:o@x".into(), members: Members::Elsewhere("http://x".into()), packages: vec![] };
        let first = services_with(std::slice::from_ref(&other), "sip:l@x", &roster).unwrap();
        assert_eq!((first.len(), &first[0]), (2, &other));
        assert_eq!(services_with(&first, "sip:l@x", &roster), None);
        roster.put(contact("carol@x.test", "", &[]));
        assert_eq!(services_with(&first, "sip:l@x", &roster).unwrap().len(), 2);
    }

    #[test]
    fn rules_there_and_back() {
        let access: AccessList =
            [(address("bob@x.test"), Access::Allow), (address("eve@x.test"), Access::Block)].into_iter().collect();
        let many = Rule { id: "allow".into(), who: vec![Who::Many { domain: None, except: vec![] }], handling: Handling::Allow };
        let rules = rules_of(&access, std::slice::from_ref(&many));
        assert_eq!(rules.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["block", "allow", "allow-others"]);
        assert_eq!(access_of(&rules), access);
        assert_eq!(decide(&rules, "sip:eve@x.test"), Some(Handling::Block));
        assert_eq!(decide(&rules, "sip:dave@x.test"), Some(Handling::Allow));
        // Again from its own outcome: the same.
        assert_eq!(rules_of(&access, &rules), rules);
    }
}
