//! The contact list against answers and documents written by hand.

use std::time::{Duration, Instant};

use super::*;
use crate::backend::Event;
use crate::backend::sip::roster::RosterKeeper;
use crate::backend::sip::services::tests::desk::{self, OK, group, notices, refused};
use crate::backend::sip::services::wish::Wish;
use crate::backend::sip::tests::world::{roster, who};
use crate::model::RosterHome;
use crate::sip::message::parse_datagram;

/// The list with everything around it.
pub(super) struct Bench {
    pub(super) ua: Ua,
    pub(super) contacts: Contacts,
    pub(super) keeper: RosterKeeper,
    pub(super) now: Instant,
    /// Times the list was asked for anew.
    pub(super) asked: usize,
    pub(super) events: Vec<Event>,
}

const NONE_YET: &str = "<contactList deltaNum=\"1\"><group id=\"1\" name=\"~\" externalURI=\"\"/></contactList>";

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/wire/{name}.sip", env!("CARGO_MANIFEST_DIR"));
    parse_datagram(&std::fs::read(path).unwrap()).unwrap().body.to_vec()
}

pub(super) fn put(name: &str, shown: &str, groups: &[&str]) -> RosterChange {
    RosterChange::Put { address: who(name), name: shown.into(), groups: groups.iter().map(|g| (*g).to_owned()).collect() }
}

fn add_group(name: &str) -> RosterChange {
    RosterChange::Group(GroupChange::Add(name.into()))
}

fn rename_group(from: &str, to: &str) -> RosterChange {
    RosterChange::Group(GroupChange::Rename { from: from.into(), to: to.into() })
}

fn remove_group(name: &str) -> RosterChange {
    RosterChange::Group(GroupChange::Remove(name.into()))
}

impl Bench {
    pub(super) fn new(local: Roster) -> Self {
        let mut bench = Self {
            ua: desk::ua(),
            contacts: Contacts::new(local.clone()),
            keeper: RosterKeeper::new(local),
            now: Instant::now(),
            asked: 0,
            events: Vec::new(),
        };
        bench.contacts.start(true, &bench.keeper.roster().clone(), bench.now);
        bench
    }

    /// With the list of appendix A.1, and the delta of A.2.
    fn signed_in() -> Self {
        let mut bench = Self::new(Roster::default());
        bench.document(&fixture("a01-2-200"));
        bench.document(&fixture("a02-1-benotify"));
        bench.settle();
        bench.events.clear();
        bench
    }

    /// With a list of these groups and contacts.
    fn with(version: u32, groups: &str, contacts: &str) -> Self {
        let mut bench = Self::new(Roster::default());
        bench.list(version, groups, contacts);
        bench.events.clear();
        bench
    }

    pub(super) fn document(&mut self, body: &[u8]) {
        let mut wishes = Wishes::new();
        self.contacts.on_document(body, &mut self.ua, &mut wishes, self.now);
        self.take(wishes);
    }

    fn list(&mut self, version: u32, groups: &str, contacts: &str) {
        let text = format!("<contactList deltaNum='{version}'><group id='1' name='~'/>{groups}{contacts}</contactList>");
        self.document(text.as_bytes());
    }

    fn delta(&mut self, from: u32, to: u32, changes: &str) {
        let text = format!("<contactDelta deltaNum='{to}' prevDeltaNum='{from}'>{changes}</contactDelta>");
        self.document(text.as_bytes());
    }

    /// The user changes something, as the account lets them.
    pub(super) fn change(&mut self, change: &RosterChange) -> Result<(), Refused> {
        self.contacts.permits(change, self.keeper.roster())?;
        let before = self.keeper.roster().clone();
        let event = match change {
            RosterChange::Put { address, name, groups } => self.keeper.put(address.clone(), name, groups.clone())?,
            RosterChange::Removed(who) => self.keeper.remove(who)?,
            RosterChange::Group(group) => self.keeper.group(group.clone())?,
        };
        self.events.push(event);
        self.contacts.change(change, &before, &mut self.ua, self.now);
        self.take(Wishes::new());
        Ok(())
    }

    #[track_caller]
    fn must(&mut self, change: &RosterChange) {
        self.change(change).unwrap();
    }

    pub(super) fn answer(&mut self, outcome: &Outcome) {
        let mut wishes = Wishes::new();
        self.contacts.on_outcome(outcome, &mut self.ua, &mut wishes, self.now);
        self.take(wishes);
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        let mut wishes = Wishes::new();
        self.contacts.handle_timeout(&mut wishes, self.now);
        self.take(wishes);
    }

    fn take(&mut self, wishes: Wishes) {
        for wish in wishes {
            match wish {
                Wish::Resubscribe(event) => {
                    assert_eq!(event, OwnEvent::Contacts);
                    self.asked += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        if let Some(roster) = self.contacts.news() {
            self.events.extend(self.keeper.take(roster, RosterHome::Server));
        }
    }

    /// Everything that left; events of the link are added to the others.
    fn sent(&mut self) -> Vec<Vec<u8>> {
        let (sent, events) = desk::drain(&mut self.ua);
        self.events.extend(events);
        sent.into_iter().map(|message| message.body.to_vec()).collect()
    }

    pub(super) fn calls(&mut self) -> Vec<Call> {
        self.sent().iter().map(|body| crate::formats::soap::read_call(body).unwrap()).collect()
    }

    /// The only call that left.
    #[track_caller]
    fn call(&mut self) -> Call {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}; {:?}", self.events);
        calls.remove(0)
    }

    #[track_caller]
    fn settle(&mut self) {
        assert_eq!(self.calls(), []);
    }

    /// What is shown of somebody: name and groups.
    fn shown(&self, name: &str) -> Option<(String, String)> {
        self.keeper.roster().contact(&who(name)).map(|contact| (contact.name.clone(), contact.groups.join(" ")))
    }

    fn told(&mut self) -> Vec<String> {
        self.settle();
        let events = std::mem::take(&mut self.events);
        notices(&events).into_iter().map(str::to_owned).collect()
    }
}

/// Where a call goes: a word and the version it is made to.
fn words(call: &Call) -> (String, u32) {
    match call {
        Call::SetContact { uri, display_name, groups, delta_num, .. } => {
            (format!("set {uri} {display_name} {groups:?}"), *delta_num)
        }
        Call::DeleteContact { uri, delta_num } => (format!("delete {uri}"), *delta_num),
        Call::AddGroup { name, delta_num, .. } => (format!("add group {name}"), *delta_num),
        Call::ModifyGroup { id, name, delta_num, .. } => (format!("modify group {id} {name}"), *delta_num),
        Call::DeleteGroup { id, delta_num } => (format!("delete group {id}"), *delta_num),
        other => panic!("{other:?}"),
    }
}

fn set(name: &str, shown: &str, groups: &[u8], version: u32) -> (String, u32) {
    (format!("set sip:{name}@example.test {shown} {groups:?}"), version)
}

#[test]
fn the_list_and_delta_of_the_appendix() {
    let mut bench = Bench::new(Roster::default());
    assert!(bench.contacts.reading() && bench.contacts.on_server());
    bench.document(&fixture("a01-2-200"));
    assert!(!bench.contacts.reading());
    let Some(Event::RosterReset { roster, home: RosterHome::Server }) = bench.events.pop() else { panic!() };
    assert_eq!(roster.groups(), ["Team"]);
    assert_eq!(bench.shown("bob"), Some((String::new(), "Team".into())));
    assert_eq!(bench.shown("carol"), Some(("Carol (ops)".into(), "Team".into())));
    bench.document(&fixture("a02-1-benotify"));
    let dave = RosterChange::Put { address: who("dave"), name: String::new(), groups: vec![] };
    assert_eq!(bench.events, [Event::RosterChanged { changes: vec![dave], home: RosterHome::Server }]);
    // Everybody is asked for nothing.
    bench.settle();
    assert_eq!(bench.contacts.resync.next_timeout(), None);
}

#[test]
fn calls_in_the_bytes_of_the_appendix() {
    let mut bench = Bench::signed_in();
    // Dave is on the list already, without name and in the default group.
    bench.must(&put("dave", "Dave", &["Team"]));
    assert_eq!(bench.sent(), [fixture("a03-1-service")]);
    // A second change waits for the first.
    bench.must(&add_group("Friends"));
    bench.settle();
    bench.answer(&OK);
    assert_eq!(bench.sent(), [fixture("a03-3-service")]);
    bench.answer(&group(3));
    // The answer tells the number.
    bench.must(&put("dave", "Dave", &["Team", "Friends"]));
    assert_eq!(words(&bench.call()), set("dave", "Dave", &[2, 3], 15));
    assert!(bench.contacts.next_added().is_none(), "who was on the list was not added");
}

#[test]
fn every_change_the_user_can_make() {
    let groups = "<group id='2' name='Team'/><group id='4' name='Ops' externalURI='x'/>";
    let bob = "<contact uri='bob@example.test ' name='' groups='1 2 ' subscribed='false' externalURI='u'>\
               <contactExtension><a/></contactExtension></contact>";
    let mut bench = Bench::with(7, groups, bob);
    // What we do not know goes back as it came; who was hidden in the default group too stays there.
    bench.must(&put("bob", "Bob", &["Ops"]));
    let Call::SetContact { subscribed, external_uri, extension, .. } = bench.calls().remove(0) else { panic!() };
    assert_eq!((subscribed, external_uri.as_str(), extension.as_deref()), (false, "u", Some("<a/>")));
    bench.answer(&OK);
    let steps: [(&RosterChange, &[(String, u32)]); 8] = [
        (&put("bob", "Robert", &["Ops"]), &[set("bob", "Robert", &[1, 4], 8)]),
        (&put("bob", "Robert", &[]), &[set("bob", "Robert", &[1], 9)]),
        // Who was in none is not left in the default group.
        (&put("bob", "Robert", &["Team"]), &[set("bob", "Robert", &[2], 10)]),
        (&put("eve", "", &[]), &[set("eve", "", &[1], 11)]),
        (&put("eve", "", &["New"]), &[("add group New".into(), 12), set("eve", "", &[5], 13)]),
        (&rename_group("Ops", "Night"), &[("modify group 4 Night".into(), 14)]),
        (&remove_group("Team"), &[set("bob", "Robert", &[1], 15), ("delete group 2".into(), 16)]),
        (&RosterChange::Removed(who("bob")), &[("delete sip:bob@example.test".into(), 17)]),
    ];
    for (change, expected) in steps {
        bench.must(change);
        for expected in expected {
            let call = bench.call();
            assert_eq!(words(&call), *expected, "{change:?}");
            if let Call::ModifyGroup { external_uri, .. } = &call {
                assert_eq!(external_uri, "x");
            }
            bench.answer(&if matches!(call, Call::AddGroup { .. }) { group(5) } else { OK });
        }
        bench.settle();
    }
    assert_eq!(bench.keeper.roster().groups(), ["Night", "New"]);
    assert_eq!(bench.shown("eve"), Some((String::new(), "New".into())));
    assert_eq!(bench.contacts.next_added(), Some(who("eve")));
    assert_eq!(bench.contacts.next_added(), None);
    assert!(bench.told().is_empty());
    // What is so already needs no call.
    bench.must(&put("eve", "", &["New"]));
    bench.settle();
}

#[test]
fn a_group_is_emptied_before_it_goes() {
    let contacts = "<contact uri='bob@example.test' groups='2 4' subscribed='true'/><contact uri='carol@example.test' groups='2' subscribed='true'/>";
    let mut bench = Bench::with(1, "<group id='2' name='Team'/><group id='4' name='Ops'/>", contacts);
    bench.must(&remove_group("Team"));
    assert_eq!(bench.shown("bob"), Some((String::new(), "Ops".into())), "at once");
    assert_eq!(words(&bench.call()), set("bob", "", &[4], 1));
    bench.answer(&OK);
    assert_eq!(words(&bench.call()), set("carol", "", &[1], 2));
    // Another device puts somebody in meanwhile.
    bench.delta(2, 3, "<modifiedContact uri='sip:carol@example.test' name='' groups='1' subscribed='true'/>");
    bench.answer(&OK);
    assert_eq!(words(&bench.call()), ("delete group 2".into(), 3));
    bench.delta(3, 4, "<addedContact uri='sip:dave@example.test' name='' groups='2' subscribed='true'/>");
    bench.answer(&refused(400));
    bench.settle();
    assert_eq!(bench.asked, 1);
    let dave = "<contact uri='dave@example.test' name='' groups='2' subscribed='true'/>";
    bench.list(4, "<group id='2' name='Team'/><group id='4' name='Ops'/>", dave);
    assert_eq!(words(&bench.call()), set("dave", "", &[1], 4));
    bench.answer(&OK);
    assert_eq!(words(&bench.call()), ("delete group 2".into(), 5));
    bench.answer(&OK);
    assert_eq!(bench.keeper.roster().groups(), ["Ops"]);
}

/// The server tells of our own change before its 200, after it, or not at all.
#[test]
fn our_own_change_is_counted_once() {
    let dave = "<addedContact uri='sip:dave@example.test' name='Dave' groups='1' subscribed='true'/>";
    for when in ["before", "after", "never", "twice", "late"] {
        let mut bench = Bench::with(12, "", "");
        bench.must(&put("dave", "Dave", &[]));
        assert_eq!(bench.call().clone(), {
            let Step::Call(call) =
                Intent::of(&put("dave", "Dave", &[]), &Roster::default()).next(bench.contacts.list.as_ref().unwrap(), false)
            else {
                panic!()
            };
            call
        });
        bench.events.clear();
        if when == "before" || when == "twice" {
            bench.delta(12, 13, dave);
        }
        bench.answer(&OK);
        if when == "after" || when == "twice" {
            bench.delta(12, 13, dave);
        }
        // The next one names the next version, and other devices' changes come on top.
        bench.must(&put("dave", "David", &[]));
        assert_eq!(words(&bench.call()), set("dave", "David", &[1], 13), "{when}");
        bench.answer(&OK);
        if when == "late" {
            bench.delta(12, 13, dave);
            bench.delta(13, 14, &dave.replace("Dave", "David"));
        }
        bench.delta(14, 15, "<addedContact uri='sip:eve@example.test' name='' groups='1' subscribed='true'/>");
        assert_eq!((bench.asked, bench.shown("dave").unwrap().0.as_str()), (0, "David"), "{when}");
        assert!(bench.shown("eve").is_some(), "{when}");
        let resets = bench.events.iter().filter(|e| matches!(e, Event::RosterReset { .. })).count();
        assert_eq!(resets, 0, "{when}");
        let puts = bench.events.iter().filter(|e| matches!(e, Event::RosterChanged { .. })).count();
        assert_eq!(puts, 2, "{when}: the second change of Dave, and Eve");
    }
}

#[test]
fn a_change_the_server_did_not_count_hides_nobody_elses() {
    let mut bench = Bench::with(12, "", "<contact uri='bob@example.test' groups='1' subscribed='true'/>");
    bench.must(&put("bob", "Bob", &[]));
    bench.call();
    bench.answer(&OK);
    // To the server that made no new version; the next one is another device's.
    bench.delta(12, 13, "<addedContact uri='sip:eve@example.test' name='' groups='1' subscribed='true'/>");
    assert!(bench.shown("eve").is_some());
    bench.must(&put("eve", "Eve", &[]));
    assert_eq!(words(&bench.call()).1, 13);
}

#[test]
fn gaps_and_repetitions() {
    let mut bench = Bench::with(12, "", "");
    let eve = "<addedContact uri='sip:eve@example.test' name='' groups='1' subscribed='true'/>";
    bench.delta(10, 12, eve);
    assert_eq!((bench.asked, bench.shown("eve")), (0, None), "to the version we have: seen");
    bench.delta(12, 13, eve);
    bench.delta(12, 13, "<deletedContact uri='sip:eve@example.test'/>");
    assert!(bench.shown("eve").is_some(), "seen before");
    for (from, to) in [(15, 16), (11, 14), (13, 13), (13, 12), (13, 2)] {
        let mut bench = Bench::with(12, "", "");
        bench.delta(12, 13, eve);
        bench.delta(from, to, "<deletedContact uri='sip:eve@example.test'/>");
        let passed = to == 13;
        assert_eq!(bench.asked, usize::from(!passed), "{from} {to}");
        // While the list is on its way, nothing is sent and no delta counts.
        bench.must(&put("dave", "", &[]));
        if !passed {
            bench.settle();
            bench.delta(13, 14, eve);
            bench.list(3, "", "");
            assert_eq!(bench.shown("eve"), None, "also a list of a lower number counts");
            assert_eq!(words(&bench.call()).1, 3);
        }
        assert!(bench.shown("dave").is_some());
    }
}

#[test]
fn asking_anew_has_a_pace() {
    let mut bench = Bench::with(1, "", "");
    let mut versions = 1;
    for seconds in [0, 1, 2, 4, 8, 16, 32, 60, 60] {
        bench.delta(versions + 10, versions + 11, "");
        assert!(seconds == 0 || bench.asked == 0, "{seconds}");
        bench.pass(seconds);
        assert_eq!(bench.asked, 1, "{seconds}");
        bench.asked = 0;
        versions += 11;
        bench.list(versions, "", "");
    }
    bench.delta(versions, versions + 1, "<addedContact uri='sip:eve@example.test' groups='1'/>");
    bench.delta(9, 10, "");
    assert_eq!(bench.asked, 1, "at once when all was well before");
}

/// First and second answer to a change, and what becomes of it.
#[test]
fn refusals_and_conflicts() {
    let refusals = [400, 403, 404, 408, 409, 412, 413, 480, 500, 503];
    let outcomes = refusals.into_iter().map(refused).chain([Outcome::Silent]);
    for first in outcomes.clone() {
        for second in outcomes.clone().chain([OK]) {
            let mut bench = Bench::with(5, "", "<contact uri='bob@example.test' name='Bob' groups='1' subscribed='true'/>");
            bench.must(&put("eve", "Eve", &[]));
            bench.must(&RosterChange::Removed(who("bob")));
            assert_eq!(words(&bench.call()).1, 5);
            bench.answer(&first);
            bench.settle();
            assert_eq!(bench.asked, 1);
            assert!(bench.shown("eve").is_some() && bench.shown("bob").is_none(), "still hoped for");
            // The fresh list has a change of another device.
            let others = "<contact uri='bob@example.test' name='Bob' groups='1' subscribed='true'/>\
                          <contact uri='dave@example.test' name='' groups='1' subscribed='true'/>";
            bench.list(9, "", others);
            assert_eq!(words(&bench.call()), set("eve", "Eve", &[1], 9));
            bench.answer(&second);
            if second == OK {
                assert_eq!(words(&bench.call()), ("delete sip:bob@example.test".into(), 10));
                assert!(bench.told().is_empty());
                assert!(bench.shown("eve").is_some() && bench.shown("dave").is_some());
                continue;
            }
            assert!(bench.shown("eve").is_none(), "rolled back");
            assert_eq!(bench.asked, 1, "not faster than is decent");
            bench.pass(1);
            assert_eq!(bench.asked, 2);
            bench.list(9, "", others);
            assert_eq!(words(&bench.call()), ("delete sip:bob@example.test".into(), 9), "the next one has its own chance");
            let told = bench.told();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with("Adding eve@example.test to the contact list failed: "), "{told:?}");
        }
    }
}

#[test]
fn what_was_done_although_no_answer_came_is_not_done_twice() {
    let mut bench = Bench::with(5, "", "");
    bench.must(&put("eve", "Eve", &["Friends"]));
    bench.call();
    bench.answer(&Outcome::Silent);
    bench.list(6, "<group id='3' name='Friends'/>", "");
    assert_eq!(words(&bench.call()), set("eve", "Eve", &[3], 6));
    bench.answer(&Outcome::Silent);
    bench.pass(1);
    let eve = "<contact uri='eve@example.test' name='Eve' groups='3' subscribed='true'/>";
    bench.list(7, "<group id='3' name='Friends'/>", eve);
    bench.settle();
    assert_eq!(bench.contacts.next_added(), Some(who("eve")));
}

#[test]
fn a_server_without_service_is_asked_once() {
    for code in [405, 501] {
        let mut bench = Bench::with(5, "", "");
        bench.must(&put("eve", "", &[]));
        bench.call();
        bench.answer(&refused(code));
        assert_eq!((bench.asked, bench.shown("eve")), (0, None));
        assert_eq!(bench.told().len(), 1);
    }
}

#[test]
fn an_answer_without_the_number_of_the_group_is_looked_up() {
    for answer in [OK, group(1)] {
        let mut bench = Bench::with(5, "", "");
        bench.must(&put("eve", "", &["New"]));
        bench.call();
        bench.answer(&answer);
        bench.settle();
        assert_eq!(bench.asked, 1);
        bench.list(6, "<group id='9' name='New'/>", "");
        assert_eq!(words(&bench.call()), set("eve", "", &[9], 6));
    }
}

#[test]
fn what_was_meant_is_done_to_what_another_device_left() {
    let bob = "<contact uri='bob@example.test' name='Bob' groups='2' subscribed='true'/>";
    let groups = "<group id='2' name='Team'/><group id='3' name='Ops'/>";
    // A move here and another name there: both.
    let mut bench = Bench::with(5, groups, bob);
    bench.must(&put("bob", "Bob", &["Ops"]));
    bench.call();
    bench.answer(&refused(400));
    bench.list(6, groups, &bob.replace("Bob", "Bobby"));
    assert_eq!(words(&bench.call()), set("bob", "Bobby", &[3], 6));
    // Gone there: a change here does not bring them back.
    let mut bench = Bench::with(5, groups, bob);
    bench.must(&put("bob", "Robert", &["Team"]));
    bench.call();
    bench.answer(&refused(400));
    bench.list(6, groups, "");
    assert_eq!((bench.shown("bob"), bench.told()), (None, vec![]));
    // The group has another name by now: it is the same group.
    let mut bench = Bench::with(5, groups, bob);
    bench.must(&put("eve", "", &[]));
    bench.call();
    bench.must(&put("bob", "Bob", &["Team", "Ops"]));
    bench.must(&remove_group("Team"));
    bench.delta(5, 6, "<modifiedGroup id='3' name='Night'/>");
    bench.answer(&refused(400));
    bench.list(6, "<group id='2' name='Team'/><group id='3' name='Night'/>", bob);
    bench.call();
    bench.answer(&OK);
    assert_eq!(words(&bench.call()), set("bob", "Bob", &[2, 3], 7));
    assert_eq!(bench.keeper.roster().groups(), ["Night"]);
    // A name that is taken by now is not made twice.
    let mut bench = Bench::with(5, groups, bob);
    bench.must(&rename_group("Ops", "Night"));
    bench.call();
    bench.answer(&refused(400));
    bench.list(6, "<group id='2' name='Team'/><group id='3' name='Ops'/><group id='4' name='Night'/>", bob);
    assert_eq!(bench.told(), ["Renaming the group Ops failed: there is a group of that name by now."]);
    assert_eq!(bench.keeper.roster().groups(), ["Team", "Ops", "Night"]);
}

#[test]
fn clear_refusals() {
    let groups: Vec<String> = (2..=63).map(|id| format!("<group id='{id}' name='g{id}'/>")).collect();
    let mut bench = Bench::with(1, &groups.concat(), "");
    bench.must(&add_group("last"));
    let full = Refused::Unknown("this server keeps at most 64 groups".into());
    assert_eq!(bench.change(&add_group("one more")), Err(full.clone()));
    assert_eq!(bench.change(&put("eve", "", &["one more"])), Err(full));
    assert_eq!(bench.change(&put("eve", "", &["g2", "last"])), Ok(()));
    let long = Refused::Unknown("names may have at most 256 bytes on this server".into());
    assert_eq!(bench.change(&put("eve", &"ä".repeat(129), &[])), Err(long));
    assert_eq!(bench.change(&put("eve", &"ä".repeat(128), &[])), Ok(()));
    while bench.contacts.intents.len() < MOST_INTENTS {
        bench.must(&RosterChange::Put {
            address: who(&format!("u{}", bench.contacts.intents.len())),
            name: String::new(),
            groups: vec![],
        });
    }
    assert_eq!(bench.change(&put("eve", "", &[])), Err(Refused::Busy));
    let no_room = "the server has no room for more (413)";
    assert_eq!(refused(413).why(), no_room);
}

#[test]
fn names_of_groups() {
    let mut bench = Bench::with(1, "", "");
    for change in [add_group("~"), put("eve", "", &[" ~ "]), rename_group("x", "~")] {
        assert_eq!(bench.change(&change), Err(Refused::Unknown("a group cannot be named ~ on this server".into())));
    }
    // Blanks around a name are no part of it.
    bench.must(&put("eve", "", &[" New "]));
    assert_eq!(words(&bench.call()).0, "add group New");
    bench.answer(&group(2));
    assert_eq!(words(&bench.call()), set("eve", "", &[2], 2));
    bench.answer(&OK);
    bench.settle();
    // A server that keeps another name than it was given is not asked for ever.
    bench.must(&put("dave", "", &["Very Long"]));
    assert_eq!(words(&bench.call()).0, "add group Very Long");
    bench.delta(3, 4, "<addedGroup id='3' name='Very'/>");
    bench.answer(&group(3));
    bench.settle();
    assert_eq!(bench.told().len(), 1);
    assert!(bench.shown("dave").is_none());
}

#[test]
fn first_sign_in() {
    let mut local = roster(&["bob", "carol"]);
    local.add_group("Team").unwrap();
    local.put(crate::model::Contact {
        name: "Dave".into(),
        groups: vec!["Team".into()],
        ..crate::model::Contact::new(who("dave"))
    });
    // Something is on the server: it takes the place of ours.
    let mut bench = Bench::new(local.clone());
    bench.list(3, "", "<contact uri='eve@example.test' groups='1' subscribed='true'/>");
    bench.settle();
    assert_eq!(bench.keeper.roster().len(), 1);
    // Nothing was ever put there: it gets ours, with what was changed meanwhile.
    let mut bench = Bench::new(local.clone());
    bench.must(&RosterChange::Removed(who("carol")));
    bench.document(NONE_YET.as_bytes());
    assert_eq!(bench.keeper.roster().len(), 2);
    let expected = [
        (("add group Team".to_owned(), 1), group(2)),
        (set("bob", "", &[1], 2), OK),
        (set("carol", "", &[1], 3), OK),
        (set("dave", "Dave", &[2], 4), OK),
        (("delete sip:carol@example.test".to_owned(), 5), OK),
    ];
    for (expected, answer) in expected {
        assert_eq!(words(&bench.call()), expected);
        bench.answer(&answer);
    }
    assert!(bench.contacts.next_added().is_none(), "nobody of an old list is let in by that");
    // Once in a run: what is emptied later stays empty.
    bench.list(9, "", "");
    bench.settle();
    assert!(bench.keeper.roster().is_empty());
    // A server that does not take it all: one word.
    let mut bench = Bench::new(local);
    bench.document(NONE_YET.as_bytes());
    bench.call();
    bench.answer(&group(2));
    bench.call();
    bench.answer(&refused(413));
    bench.list(2, "<group id='2' name='Team'/>", "");
    bench.call();
    bench.answer(&refused(413));
    bench.settle();
    assert_eq!(
        bench.told(),
        ["The server did not take all of the contact list kept here: the server has no room for more (413)."]
    );
    assert_eq!(bench.keeper.roster().groups(), ["Team"]);
}

#[test]
fn changes_wait_for_the_next_connection() {
    let mut bench = Bench::with(5, "", "");
    bench.must(&put("eve", "", &[]));
    bench.call();
    bench.contacts.stop();
    bench.must(&put("dave", "", &[]));
    bench.answer(&OK);
    bench.settle();
    assert!(bench.contacts.on_server(), "it has been there in this run");
    bench.contacts.start(true, &bench.keeper.roster().clone(), bench.now);
    bench.settle();
    bench.list(6, "", "<contact uri='eve@example.test' groups='1' subscribed='true'/>");
    assert_eq!(words(&bench.call()), set("dave", "", &[1], 6));
    assert!(bench.shown("eve").is_some());
}

#[test]
fn what_cannot_be_read_changes_nothing_and_is_told_once() {
    let mut bench = Bench::with(5, "", "<contact uri='bob@example.test' groups='1' subscribed='true'/>");
    let deep = "<a>".repeat(200_000);
    for body in ["", "<contactList", "<contactList deltaNum='x'/>", "<!DOCTYPE a><contactList deltaNum='6'/>", "<x/>", &deep] {
        bench.document(body.as_bytes());
    }
    assert_eq!(bench.ua.traffic.report().faults.get("contacts-document"), Some(&6));
    assert_eq!(bench.told().len(), 1);
    assert!(bench.shown("bob").is_some());
    bench.delta(5, 6, "<deletedContact uri='bob@example.test'/>");
    assert!(bench.shown("bob").is_none());
}

#[test]
fn a_document_that_is_refused_or_never_comes_holds_nothing_up() {
    let mut bench = Bench::new(Roster::default());
    bench.contacts.on_refused(403, &mut bench.ua);
    assert!(!bench.contacts.reading() && !bench.contacts.on_server());
    assert_eq!(bench.contacts.next_timeout(), None);
    let mut bench = Bench::new(Roster::default());
    bench.pass(39);
    assert_eq!(bench.asked, 0);
    bench.pass(1);
    assert_eq!(bench.asked, 1);
    bench.pass(10_000);
    bench.pass(10_000);
    assert!(bench.asked < 10);
}
