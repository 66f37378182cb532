//! SERVICE: contacts and groups with their versions, told to every device; the directory; calls
//! that cannot be.

use super::rtc::{Rtc, WAYS};
use super::*;
use crate::formats::roaming::{self, Change, Contact, Document, Group};
use crate::formats::soap::{Answer, Call, SetPresence, read_answer};

const CONTACTS: &str = "vnd-microsoft-roaming-contacts";

fn set_contact(name: &str, groups: &[u8], delta_num: u32) -> Call {
    Call::SetContact {
        display_name: String::new(),
        groups: groups.to_vec(),
        subscribed: true,
        uri: format!("sip:{name}@example.test"),
        external_uri: String::new(),
        extension: None,
        delta_num,
    }
}

fn add_group(name: &str, delta_num: u32) -> Call {
    Call::AddGroup { name: name.into(), external_uri: String::new(), delta_num }
}

fn document(message: &Message) -> Document {
    assert_eq!(message.content_type(), roaming::MEDIA_TYPE);
    roaming::read(&message.body).unwrap()
}

fn delta(message: &Message) -> (u32, u32, Vec<Change>) {
    match document(message) {
        Document::Delta(delta) => (delta.prev_delta_num, delta.delta_num, delta.changes),
        Document::List(list) => panic!("a delta wanted: {list:?}"),
    }
}

fn call(wire: &mut Wire, who: &Rtc, call: &Call) -> u16 {
    wire.ask(who.flow, &who.service(call)).status().unwrap()
}

/// Two devices of alice, both told of the roster.
fn two_devices(wire: &mut Wire) -> (Rtc, Rtc) {
    let (desk, phone) = (Rtc::new(wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(wire, 2, "alice", "bbbbbbbbbb"));
    for device in [&desk, &phone] {
        let ok = wire.ask(device.flow, &device.own(CONTACTS, roaming::MEDIA_TYPE, WAYS));
        let Document::List(list) = document(&ok) else { panic!("a list") };
        assert_eq!((list.delta_num, list.groups.len(), list.contacts.len()), (1, 1, 0));
        assert_eq!((list.groups[0].id, list.groups[0].name.as_str()), (1, "~"), "always there");
    }
    (desk, phone)
}

#[test]
fn contacts_and_groups_are_told_to_every_device() {
    let mut wire = lcs(&[]);
    let (desk, phone) = two_devices(&mut wire);
    let added = wire.ask(desk.flow, &desk.service(&add_group("Team", 1)));
    assert_eq!(read_answer(&added.body), Ok(Answer::GroupAdded(2)));
    let team = Group { id: 2, name: "Team".into(), external_uri: String::new() };
    for device in [&desk, &phone] {
        let told = wire.take_one(device.flow);
        assert_eq!(told.header("Event").as_deref(), Some(CONTACTS));
        assert_eq!(delta(&told), (1, 2, vec![Change::AddedGroup(team.clone())]));
    }
    let bob = Contact { uri: "sip:bob@example.test".into(), groups: vec![1, 2], subscribed: true, ..Contact::default() };
    let steps = [
        (set_contact("bob", &[1, 2], 2), vec![Change::AddedContact(bob.clone())]),
        (
            Call::ModifyGroup { id: 2, name: "Crew".into(), external_uri: String::new(), delta_num: 3 },
            vec![Change::ModifiedGroup(Group { name: "Crew".into(), ..team })],
        ),
        (set_contact("bob", &[2], 4), vec![Change::ModifiedContact(Contact { groups: vec![2], ..bob.clone() })]),
        (set_contact("bob", &[2], 5), vec![Change::ModifiedContact(Contact { groups: vec![2], ..bob.clone() })]),
        (
            Call::DeleteGroup { id: 2, delta_num: 6 },
            vec![Change::ModifiedContact(Contact { groups: vec![1], ..bob }), Change::DeletedGroup(2)],
        ),
        (
            Call::DeleteContact { uri: "sip:bob@example.test".into(), delta_num: 7 },
            vec![Change::DeletedContact("sip:bob@example.test".into())],
        ),
    ];
    for (number, (step, changes)) in (2..).zip(steps) {
        let ok = wire.ask(phone.flow, &phone.service(&step));
        assert_eq!((ok.status(), ok.body.len()), (Some(200), 0), "{step:?}");
        for device in [&desk, &phone] {
            assert_eq!(delta(&wire.take_one(device.flow)), (number, number + 1, changes.clone()));
        }
    }
    // Addresses have `sip:` in changes, and none in lists: finch insists.
    call(&mut wire, &desk, &set_contact("carol", &[], 8));
    let told = String::from_utf8(wire.take_one(phone.flow).body.to_vec()).unwrap();
    assert!(told.contains("<addedContact uri=\"sip:carol@example.test\""), "{told}");
    let list = wire.ask(desk.flow, &desk.own(CONTACTS, roaming::MEDIA_TYPE, WAYS));
    let list = String::from_utf8(list.body.to_vec()).unwrap();
    assert!(list.contains("<contact uri=\"carol@example.test\" name=\"\" groups=\"1\" subscribed=\"true\" externalURI=\"\"/>"));
}

#[test]
fn a_change_to_another_version_is_refused() {
    let mut wire = lcs(&[]);
    let (desk, phone) = two_devices(&mut wire);
    assert_eq!(call(&mut wire, &desk, &set_contact("bob", &[], 1)), 200);
    // The phone has not heard yet: it must not undo what it has not seen.
    assert_eq!(call(&mut wire, &phone, &set_contact("carol", &[], 1)), 409);
    assert_eq!(call(&mut wire, &phone, &set_contact("carol", &[], 3)), 409);
    assert_eq!(call(&mut wire, &phone, &set_contact("carol", &[], 2)), 200);
}

#[test]
fn without_benotify_changes_go_one_after_the_other() {
    let mut wire = lcs(&[Feature::Benotify]);
    let desk = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    let ways = WAYS.replace("Proxy-Require: ms-benotify", "X-None: 1");
    wire.ask(desk.flow, &desk.own(CONTACTS, roaming::MEDIA_TYPE, &ways));
    for (number, name) in (1..).zip(["bob", "carol", "dave"]) {
        assert_eq!(call(&mut wire, &desk, &set_contact(name, &[], number)), 200);
    }
    for number in 1..4 {
        let told = wire.take_one(desk.flow);
        assert_eq!((told.method(), delta(&told).0), (Some(&Method::Notify), number));
        wire.answer(desk.flow, &told, 200);
    }
    assert_eq!(wire.take(desk.flow), []);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.limits.roster_entries = 70;
    });
    let alice = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    assert_eq!(call(&mut wire, &alice, &add_group("Team", 1)), 200);
    let long = "n".repeat(257);
    let group = |id, name: &str| Call::ModifyGroup { id, name: name.into(), external_uri: String::new(), delta_num: 2 };
    let table = [
        (add_group("Team", 2), 403),
        (add_group("~", 2), 403),
        (add_group("", 2), 400),
        (add_group(&long, 2), 413),
        (group(1, "Other"), 403),
        (group(9, "Other"), 404),
        (group(2, "~"), 403),
        (Call::DeleteGroup { id: 1, delta_num: 2 }, 403),
        (Call::DeleteGroup { id: 40, delta_num: 2 }, 404),
        (Call::DeleteContact { uri: "sip:bob@example.test".into(), delta_num: 2 }, 404),
        (set_contact("bob", &[9], 2), 404),
        (set_contact("b ob", &[], 2), 400),
    ];
    for (wrong, code) in table {
        assert_eq!(call(&mut wire, &alice, &wrong), code, "{wrong:?}");
    }
    let mut number = 2;
    let mut fill = |wire: &mut Wire, step: &dyn Fn(u32) -> Call| {
        let code = call(wire, &alice, &step(number));
        number += u32::from(code == 200);
        code
    };
    for n in 0..61 {
        assert_eq!(fill(&mut wire, &|number| add_group(&format!("g{n}"), number)), 200);
    }
    assert_eq!(fill(&mut wire, &|number| add_group("one too many", number)), 413);
    for n in 0..70 {
        assert_eq!(fill(&mut wire, &|number| set_contact(&format!("u{n}"), &[], number)), 200);
    }
    assert_eq!(fill(&mut wire, &|number| set_contact("one-too-many", &[], number)), 413);
}

#[test]
fn calls_that_are_none_get_400_and_nothing_else() {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    let good = alice.service(&Call::SetPresence(SetPresence { availability: 300, activity: 400, ..alice.said() }));
    let deep = "<a>".repeat(20_000);
    let table = [
        (good.replace("</SOAP-ENV:Body>", ""), 400),
        (good.replace("m:aggregate=\"300\"", "m:aggregate=\"1e99\""), 400),
        (good.replace("m:aggregate=\"300\"", "m:aggregate=\"-3\""), 400),
        (good.replace("m:availability ", "m:elsewhere "), 400),
        (good.replace("setPresence", "setEverything"), 400),
        (good.replace("<SOAP-ENV:Envelope", "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><SOAP-ENV:Envelope"), 400),
        (good.replace("<m:presentity", &format!("{deep}<m:presentity")), 400),
        (good.replace("uri=\"sip:alice", "uri=\"sip:bob"), 403),
        (good.replace("To: <sip:alice", "To: <sip:bob"), 403),
        (good.replace("SOAP+xml", "json"), 415),
        (good.replace(";epid=aaaaaaaaaa", ""), 400),
    ];
    for (wrong, code) in table {
        let refused = wire.ask(alice.flow, &wrong);
        assert_eq!((refused.status(), refused.body.len()), (Some(code), 0), "{}", &wrong[..wrong.len().min(900)]);
    }
    for length in [17_000, 100_000] {
        let long = good.replace("m:aggregate=\"300\"", &format!("m:aggregate=\"300\" m:description=\"{}\"", "x".repeat(length)));
        assert_eq!(wire.ask(alice.flow, &long).status(), Some(413), "{length}");
    }
    // After all that the user is as before, and can be heard.
    assert_eq!(wire.ask(alice.flow, &good).status(), Some(200));
}

#[test]
fn the_directory_finds_by_beginnings() {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.personas = true;
        for n in 0..120 {
            config.users.push(User::with_password(&format!("u{n:03}"), &format!("Unit Number{n}"), "example.test", "x"));
        }
    });
    let alice = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    let mut search = |rows: &[(&str, &str)], max_results| {
        let rows = rows.iter().map(|(a, v)| ((*a).to_owned(), (*v).to_owned())).collect();
        let text = alice.service(&Call::DirectorySearch { rows, max_results });
        let text =
            text.replace("SERVICE sip:alice@example.test", "SERVICE sip:example.test").replace("To: <sip:alice@", "To: <sip:");
        let ok = wire.ask(alice.flow, &text);
        assert_eq!(ok.status(), Some(200));
        let Ok(Answer::Directory { rows, more }) = read_answer(&ok.body) else { panic!("an answer") };
        (rows, more)
    };
    let (rows, more) = search(&[("givenName", "ali")], 100);
    assert_eq!(
        (rows.len(), rows[0].uri.as_str(), rows[0].display_name.as_deref(), more),
        (1, "sip:alice@example.test", Some("Alice"), false)
    );
    assert_eq!(search(&[("givenName", "nobody")], 100).0.len(), 0);
    let (rows, more) = search(&[("sn", "number")], 100);
    assert_eq!((rows.len(), more), (100, true));
    assert_eq!(search(&[("givenName", "unit"), ("mail", "sip:u0")], 1000).0.len(), 100, "every row counts");
    assert!(
        !search(&[("displayName", "dana")], 10).0.is_empty() || !search(&[("displayName", "c")], 10).0.is_empty(),
        "personas too"
    );
    assert_eq!(search(&[], 10).0.len(), 0);
}
