//! Two devices change one list at once, in any order of what goes over the wire: when all is
//! quiet, this one shows what the server has.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::list::key;
use super::tests::{Bench, put};
use super::*;
use crate::backend::sip::services::tests::desk::{OK, group, refused};
use crate::backend::sip::tests::world::who;
use crate::formats::roaming::{Contact, Group};
use crate::model::Address;

/// How the server is.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// It tells a device of its own changes, before or after their answer.
    echo: Option<bool>,
    /// It loses one delta in so many; 0 = none.
    loses: u8,
    /// It refuses one call in so many for no reason; 0 = none.
    moody: u8,
}

/// A server with one list, and the way from it to us.
struct Server {
    list: ContactList,
    manner: Manner,
    counter: u8,
    /// What is on its way to us: documents and answers, in order.
    wire: VecDeque<Wire>,
}

enum Wire {
    Document(Document),
    Answer(Outcome),
}

impl Server {
    fn new(manner: Manner) -> Self {
        let groups = vec![Group { id: 1, name: "~".into(), external_uri: String::new() }];
        Self { list: ContactList { delta_num: 1, groups, contacts: vec![] }, manner, counter: 0, wire: VecDeque::new() }
    }

    fn one_in(&mut self, number: u8) -> bool {
        self.counter = self.counter.wrapping_add(1);
        number > 0 && self.counter.is_multiple_of(number)
    }

    /// A call of ours, taken as strictly as the documents say.
    fn serve(&mut self, call: &Call) {
        let (wanted, step) = match call.clone() {
            Call::SetContact { display_name, groups, subscribed, uri, external_uri, extension, delta_num } => {
                let groups = if groups.is_empty() { vec![1] } else { groups };
                let known = groups.iter().all(|id| self.list.groups.iter().any(|g| g.id == *id));
                let contact = Contact { uri, name: display_name, groups, subscribed, external_uri, extension };
                (delta_num, known.then_some(Step::Put(contact)))
            }
            Call::DeleteContact { uri, delta_num } => {
                let there = self.list.contacts.iter().any(|c| key(&c.uri) == key(&uri));
                (delta_num, there.then_some(Step::Delete(uri)))
            }
            Call::AddGroup { name, delta_num, .. } => (delta_num, Some(Step::AddGroup(name))),
            Call::ModifyGroup { id, name, delta_num, .. } => {
                let there = self.list.groups.iter().any(|g| g.id == id);
                (delta_num, there.then_some(Step::Rename(id, name)))
            }
            Call::DeleteGroup { id, delta_num } => {
                let empty = !self.list.contacts.iter().any(|c| c.groups.contains(&id));
                let there = self.list.groups.iter().any(|g| g.id == id);
                (delta_num, (empty && there).then_some(Step::DeleteGroup(id)))
            }
            other => panic!("{other:?}"),
        };
        let moody = self.one_in(self.manner.moody);
        let step = step.filter(|_| wanted == self.list.delta_num && !moody);
        let Some(step) = step else {
            self.wire.push_back(Wire::Answer(refused(400)));
            return;
        };
        let (delta, id) = self.apply(step);
        let answer = Wire::Answer(if id > 0 { group(id) } else { OK });
        match self.manner.echo {
            None => self.wire.push_back(answer),
            Some(true) => self.wire.extend([Wire::Document(Document::Delta(delta)), answer]),
            Some(false) => self.wire.extend([answer, Wire::Document(Document::Delta(delta))]),
        }
    }

    /// Another device changes something; we are told, if all goes well.
    fn other_device(&mut self, step: Step) {
        let (delta, _) = self.apply(step);
        if !self.one_in(self.manner.loses) {
            self.wire.push_back(Wire::Document(Document::Delta(delta)));
        }
    }

    fn apply(&mut self, step: Step) -> (ContactDelta, u8) {
        let prev_delta_num = self.list.delta_num;
        self.list.delta_num += 1;
        let mut id = 0;
        let change = match step {
            Step::Put(contact) => {
                if let Some(known) = self.list.contacts.iter_mut().find(|c| key(&c.uri) == key(&contact.uri)) {
                    known.clone_from(&contact);
                    Change::ModifiedContact(contact)
                } else {
                    self.list.contacts.push(contact.clone());
                    Change::AddedContact(contact)
                }
            }
            Step::Delete(uri) => {
                self.list.contacts.retain(|c| key(&c.uri) != key(&uri));
                Change::DeletedContact(uri)
            }
            Step::AddGroup(name) => {
                id = (2..64).find(|id| self.list.groups.iter().all(|g| g.id != *id)).unwrap();
                let group = Group { id, name, external_uri: String::new() };
                self.list.groups.push(group.clone());
                Change::AddedGroup(group)
            }
            Step::Rename(id, name) => {
                let group = self.list.groups.iter_mut().find(|g| g.id == id).unwrap();
                group.name = name;
                Change::ModifiedGroup(group.clone())
            }
            Step::DeleteGroup(id) => {
                self.list.groups.retain(|g| g.id != id);
                Change::DeletedGroup(id)
            }
        };
        (ContactDelta { delta_num: self.list.delta_num, prev_delta_num, changes: vec![change] }, id)
    }

    fn group_id(&self, which: usize) -> Option<u8> {
        let shown: Vec<u8> = self.list.groups.iter().map(|g| g.id).filter(|id| *id != 1).collect();
        shown.get(which % shown.len().max(1)).copied()
    }
}

/// Something the server does to its list.
enum Step {
    Put(Contact),
    Delete(String),
    AddGroup(String),
    Rename(u8, String),
    DeleteGroup(u8),
}

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Happens {
    WePut(u8, u8, Option<u8>),
    WeRemove(u8),
    WeAddGroup(u8),
    WeRename(u8, u8),
    WeRemoveGroup(u8),
    OthersPut(u8, u8, u8),
    OthersDelete(u8),
    OthersAddGroup(u8),
    OthersRename(u8, u8),
    OthersDeleteGroup(u8),
    /// So much of what is on its way comes.
    Comes(u8),
    LinkLost,
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = 0_u8..5;
    let group = 0_u8..4;
    prop_oneof![
        4 => (who.clone(), 0_u8..3, proptest::option::of(group.clone())).prop_map(|(w, n, g)| Happens::WePut(w, n, g)),
        2 => who.clone().prop_map(Happens::WeRemove),
        1 => group.clone().prop_map(Happens::WeAddGroup),
        1 => (group.clone(), group.clone()).prop_map(|(a, b)| Happens::WeRename(a, b)),
        1 => group.clone().prop_map(Happens::WeRemoveGroup),
        3 => (who.clone(), 0_u8..3, group.clone()).prop_map(|(w, n, g)| Happens::OthersPut(w, n, g)),
        1 => who.prop_map(Happens::OthersDelete),
        1 => group.clone().prop_map(Happens::OthersAddGroup),
        1 => (group.clone(), group.clone()).prop_map(|(a, b)| Happens::OthersRename(a, b)),
        1 => group.prop_map(Happens::OthersDeleteGroup),
        8 => (1_u8..4).prop_map(Happens::Comes),
        1 => Just(Happens::LinkLost),
    ]
}

fn name(of: u8) -> String {
    ["bob", "carol", "dave", "eve", "fay"][usize::from(of)].to_owned()
}

fn group_name(of: u8) -> String {
    ["Team", "Ops", "Night", "Home"][usize::from(of)].to_owned()
}

fn shown(of: u8) -> String {
    ["", "One", "Two"][usize::from(of)].to_owned()
}

struct Race {
    bench: Bench,
    server: Server,
    asked: usize,
}

impl Race {
    fn new(manner: Manner) -> Self {
        let mut race = Self { bench: Bench::new(Roster::default()), server: Server::new(manner), asked: 0 };
        race.server.wire.push_back(Wire::Document(Document::List(race.server.list.clone())));
        race
    }

    fn happen(&mut self, what: Happens) {
        let mut ours = |change: RosterChange| drop(self.bench.change(&change));
        match what {
            Happens::WePut(w, n, g) => {
                let groups: Vec<String> = g.into_iter().map(group_name).collect();
                let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                ours(put(&name(w), &shown(n), &groups));
            }
            Happens::WeRemove(w) => ours(RosterChange::Removed(who(&name(w)))),
            Happens::WeAddGroup(g) => ours(RosterChange::Group(GroupChange::Add(group_name(g)))),
            Happens::WeRename(a, b) => {
                ours(RosterChange::Group(GroupChange::Rename { from: group_name(a), to: group_name(b) }));
            }
            Happens::WeRemoveGroup(g) => ours(RosterChange::Group(GroupChange::Remove(group_name(g)))),
            Happens::OthersPut(w, n, g) => {
                let groups = vec![self.server.group_id(usize::from(g)).unwrap_or(1)];
                let uri = if g % 2 == 0 { who(&name(w)).to_string() } else { who(&name(w)).to_string().to_ascii_uppercase() };
                let contact = Contact { uri, name: shown(n), groups, subscribed: true, ..Contact::default() };
                self.server.other_device(Step::Put(contact));
            }
            Happens::OthersDelete(w) => {
                let uri = who(&name(w)).to_string();
                if self.server.list.contacts.iter().any(|c| key(&c.uri) == key(&uri)) {
                    self.server.other_device(Step::Delete(uri));
                }
            }
            Happens::OthersAddGroup(g) => self.server.other_device(Step::AddGroup(group_name(g))),
            Happens::OthersRename(a, b) => {
                if let Some(id) = self.server.group_id(usize::from(a)) {
                    self.server.other_device(Step::Rename(id, group_name(b)));
                }
            }
            Happens::OthersDeleteGroup(g) => self.others_delete_group(g),
            Happens::Comes(many) => {
                for _ in 0..many {
                    self.step();
                }
            }
            Happens::LinkLost => {
                self.server.wire.clear();
                self.bench.calls();
                self.bench.contacts.start(true, &self.bench.keeper.roster().clone(), self.bench.now);
                self.server.wire.push_back(Wire::Document(Document::List(self.server.list.clone())));
            }
        }
    }

    fn others_delete_group(&mut self, g: u8) {
        let Some(id) = self.server.group_id(usize::from(g)) else { return };
        let members: Vec<Contact> = self.server.list.contacts.iter().filter(|c| c.groups.contains(&id)).cloned().collect();
        for mut member in members {
            member.groups.retain(|group| *group != id);
            if member.groups.is_empty() {
                member.groups.push(1);
            }
            self.server.other_device(Step::Put(member));
        }
        self.server.other_device(Step::DeleteGroup(id));
    }

    /// What we sent gets to the server, and one thing that is on its way to us comes. Whether anything did.
    fn step(&mut self) -> bool {
        let calls = self.bench.calls();
        let asked = std::mem::replace(&mut self.asked, self.bench.asked) != self.bench.asked;
        let any = !calls.is_empty() || asked;
        if asked {
            self.server.wire.push_back(Wire::Document(Document::List(self.server.list.clone())));
        }
        for call in &calls {
            self.server.serve(call);
        }
        match self.server.wire.pop_front() {
            Some(Wire::Document(document)) => self.bench.document(roaming::write(&document).as_bytes()),
            Some(Wire::Answer(outcome)) => self.bench.answer(&outcome),
            None => return any,
        }
        true
    }

    fn quiet(&mut self) {
        for _ in 0..10_000 {
            if !self.step() {
                if self.bench.contacts.next_timeout().is_none() {
                    return;
                }
                self.bench.pass(1);
            }
        }
        panic!("it never gets quiet");
    }
}

/// Address as compared, name, groups.
type Person = (String, String, Vec<String>);

/// What can be compared: people by address as compared, with name and groups; names of groups.
fn picture(roster: &Roster) -> (Vec<Person>, Vec<String>) {
    let folded = |address: &Address| address.short().to_ascii_lowercase();
    let mut people: Vec<_> = roster
        .contacts()
        .map(|c| {
            let mut groups = c.groups.clone();
            groups.sort();
            (folded(&c.address), c.name.clone(), groups)
        })
        .collect();
    people.sort();
    let mut groups = roster.groups().to_vec();
    groups.sort();
    (people, groups)
}

fn race(manner: Manner, story: Vec<Happens>) {
    let mut race = Race::new(manner);
    for what in story {
        race.happen(what);
    }
    // What was lost on the way is noticed with the next change that comes.
    race.server.manner = Manner { loses: 0, moody: 0, ..race.server.manner };
    race.quiet();
    race.server.other_device(Step::Put(Contact {
        uri: "zoe@example.test".into(),
        groups: vec![1],
        subscribed: true,
        ..Contact::default()
    }));
    race.quiet();
    let server = ServerList::of(race.server.list.clone());
    assert_eq!(race.bench.contacts.intents.len(), 0);
    assert_eq!(picture(race.bench.keeper.roster()), picture(&server.roster()));
    let ours = race.bench.contacts.list.as_ref().unwrap();
    assert_eq!(ours.delta_num, server.delta_num);
    assert_eq!(picture(&ours.roster()), picture(&server.roster()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn all_ends_with_the_servers_list(
        echo in proptest::option::of(any::<bool>()),
        loses in prop_oneof![Just(0_u8), 2_u8..5],
        moody in prop_oneof![Just(0_u8), 2_u8..5],
        story in proptest::collection::vec(happens(), 0..60),
    ) {
        race(Manner { echo, loses, moody }, story);
    }
}
