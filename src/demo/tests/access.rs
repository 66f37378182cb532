//! The access list: four treatments, one store for SIMPLE and LCS, and nothing that tells somebody
//! who is blocked politely from somebody who watches an absent one.

use std::time::Duration;

use super::presence::{document, publish, subscribe};
use super::rtc::{Rtc, WAYS, read_list};
use super::*;
use crate::demo::accounts::Handling;
use crate::formats::acl::{self, Ace, Sees, Subject};
use crate::formats::soap::{Call, SetPresence};
use crate::formats::wpending::{self, Pending};
use crate::formats::{msrtc, pidf};
use crate::model::Address;

const ACCESS: &str = "vnd-microsoft-roaming-ACL";

fn user(name: &str, sees: Sees) -> Ace {
    Ace {
        subject: Subject::User(format!("sip:{name}@example.test")),
        sees,
        may_write: sees == Sees::Allow || sees == Sees::Prompt,
    }
}

fn set(wire: &mut Wire, who: &Rtc, ace: Ace, delta_num: u32) -> u16 {
    let code = wire.ask(who.flow, &who.service(&Call::SetAce { ace, delta_num })).status().unwrap();
    wire.wait(Duration::from_secs(2));
    code
}

/// What somebody gets to know who asks for one person, at once and when the person comes.
fn single(watcher: &Rtc, to: &str) -> String {
    watcher.request("SUBSCRIBE", &format!("{to}@example.test"), &format!("Event: presence\nAccept: text/xml+msrtc.pidf\n{WAYS}"))
}

#[test]
fn every_treatment_in_every_place() {
    for (sees, batch, code) in [
        (Sees::Allow, "open", 200),
        (Sees::PoliteBlock, "closed", 200),
        (Sees::Prompt, "pending", 403),
        (Sees::Deny, "terminated", 403),
    ] {
        let mut wire = lcs(&[]);
        let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb"));
        alice.set_presence(&mut wire, 300, 400);
        assert_eq!(set(&mut wire, &alice, user("bob", sees), 1), 200);
        // A list says how each stands.
        let (list, documents) = read_list(&wire.ask(bob.flow, &bob.batch("create", &["alice"], WAYS)));
        let shown = documents.first().map(|(_, text)| msrtc::read(text.as_bytes()).unwrap().availability);
        let state = format!("{:?}", list.resources[0].instances[0].state).to_lowercase();
        match batch {
            "open" => assert_eq!((state.as_str(), shown), ("active", Some(300))),
            "closed" => assert_eq!((state.as_str(), shown), ("active", Some(0))),
            other => assert_eq!((state.as_str(), shown), (other, None)),
        }
        // One person alone: always 200, and nothing where there is nothing to see.
        let ok = wire.ask(bob.flow, &single(&bob, "alice"));
        assert_eq!((ok.status(), ok.body.is_empty()), (Some(200), shown.is_none()), "{sees:?}");
        assert_eq!(wire.take(bob.flow), []);
        // Asking once.
        let me = Call::GetPresence { uri: "sip:alice@example.test".into() };
        let text = bob.service(&me).replace("SERVICE sip:bob", "SERVICE sip:alice").replace("To: <sip:bob", "To: <sip:alice");
        let polled = wire.ask(bob.flow, &text);
        assert_eq!(polled.status(), Some(code), "{sees:?}");
        if code == 200 {
            assert_eq!(msrtc::read(&polled.body).unwrap().availability, shown.unwrap());
        }
        // SIMPLE sees the same.
        let simple = wire.tcp(3);
        wire.send(simple, &subscribe("bob", "alice", "Expires: 600"));
        let got = wire.take(simple);
        match sees {
            Sees::Deny => assert_eq!(got[0].status(), Some(403)),
            Sees::Prompt => assert_eq!(got[1].header("Subscription-State").as_deref(), Some("pending;expires=600")),
            _ => assert_eq!(pidf::read(&got[1].body).unwrap().is_open(), sees == Sees::Allow),
        }
    }
}

#[test]
fn the_nearest_entry_counts() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb"));
    alice.set_presence(&mut wire, 300, 400);
    let sees = |wire: &mut Wire| {
        let (list, documents) = read_list(&wire.ask(bob.flow, &bob.batch("create", &["alice"], WAYS)));
        match documents.first() {
            Some((_, text)) => msrtc::read(text.as_bytes()).unwrap().availability.to_string(),
            None => format!("{:?}", list.resources[0].instances[0].state),
        }
    };
    let ace = |subject, sees| Ace { subject, sees, may_write: true };
    let steps = [
        (ace(Subject::All, Sees::Deny), "Terminated"),
        (ace(Subject::Domain("test".into()), Sees::Prompt), "Pending"),
        (ace(Subject::Domain("EXAMPLE.test".into()), Sees::Allow), "300"),
        (ace(Subject::Domain("ample.test".into()), Sees::Deny), "300"),
        (user("bob", Sees::PoliteBlock), "0"),
        (user("BOB", Sees::Allow), "300"),
    ];
    for (number, (step, expected)) in (1..).zip(steps) {
        assert_eq!(set(&mut wire, &alice, step, number), 200);
        assert_eq!(sees(&mut wire), expected, "{number}");
    }
}

/// The documents of somebody who is blocked politely, of somebody who watches a user that is away,
/// and of somebody who watches a user that wants to seem so, are the same to the octet; and what
/// happens behind them is not told.
#[test]
fn a_polite_block_leaks_nothing() {
    let mut wire = lcs(&[]);
    let bob = Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb");
    let looks = |wire: &mut Wire| {
        let batch = wire.ask(bob.flow, &bob.batch("create", &["alice"], WAYS));
        let (list, documents) = read_list(&batch);
        let alone = wire.ask(bob.flow, &single(&bob, "alice"));
        let call = Call::GetPresence { uri: "sip:alice@example.test".into() };
        let text = bob.service(&call).replace("SERVICE sip:bob", "SERVICE sip:alice").replace("To: <sip:bob", "To: <sip:alice");
        let polled = wire.ask(bob.flow, &text);
        let simple = wire.tcp(9);
        wire.send(simple, &subscribe("bob", "alice", "Expires: 0"));
        let notify = wire.take(simple).remove(1);
        wire.cut(simple);
        let states: Vec<_> = ["Subscription-State", "Expires"].iter().map(|name| alone.header(name)).collect();
        (list, documents, alone.body, polled.body, notify.body, states)
    };
    let away = looks(&mut wire);
    let alice = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    let info = "<note>at the lake</note>".to_owned();
    alice.say(&mut wire, SetPresence { availability: 0, activity: 100, user_info: Some(info.clone()), ..alice.said() });
    assert_eq!(looks(&mut wire), away, "who wants to seem offline");
    assert_eq!(set(&mut wire, &alice, user("bob", Sees::PoliteBlock), 1), 200);
    wire.take(bob.flow);
    for activity in [400, 600, 100] {
        alice.say(&mut wire, SetPresence { availability: 300, activity, user_info: Some(info.clone()), ..alice.said() });
        wire.wait(Duration::from_secs(5));
    }
    assert_eq!(wire.take(bob.flow), [], "not even that something happened");
    assert_eq!(looks(&mut wire), away, "who is blocked");
    assert_eq!(set(&mut wire, &alice, user("bob", Sees::Allow), 2), 200);
    assert_ne!(looks(&mut wire), away);
}

#[test]
fn the_list_is_told_to_every_device_and_is_that_of_simple() {
    let mut wire = lcs(&[]);
    let (desk, phone) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "alice", "bbbbbbbbbb"));
    let everybody = Ace { subject: Subject::All, sees: Sees::Allow, may_write: true };
    for device in [&desk, &phone] {
        let ok = wire.ask(device.flow, &device.own(ACCESS, acl::MEDIA_TYPE, WAYS));
        let list = acl::read(&ok.body).unwrap();
        assert_eq!((list.delta_num, list.aces), (1, vec![everybody.clone()]), "what the server does with everybody");
    }
    let odd = Ace { subject: Subject::User("sip:bob@example.test".into()), sees: Sees::PoliteBlock, may_write: true };
    assert_eq!(set(&mut wire, &desk, odd.clone(), 1), 200);
    assert_eq!(set(&mut wire, &desk, user("carol", Sees::Deny), 1), 409, "made to another version");
    for device in [&desk, &phone] {
        let list = acl::read(&wire.take_one(device.flow).body).unwrap();
        assert_eq!((list.delta_num, list.aces), (2, vec![odd.clone(), everybody.clone()]));
    }
    // By XCAP somebody else is decided upon; what only LCS can say stays.
    let (alice, carol) = (Address::parse("alice@example.test").unwrap(), Address::parse("carol@example.test").unwrap());
    let mut decisions = wire.server.account(&alice).unwrap().decisions();
    assert_eq!(decisions.values().copied().collect::<Vec<_>>(), [Handling::PoliteBlock]);
    decisions.insert(carol, Handling::Confirm);
    wire.server.set_decisions(&alice, decisions, wire.now).unwrap();
    wire.collect();
    let list = acl::read(&wire.take_one(phone.flow).body).unwrap();
    assert_eq!((list.delta_num, list.aces), (3, vec![odd, user("carol", Sees::Prompt), everybody]));
    for bad in [Subject::Domain("not a domain".into()), Subject::User("sip:b ob@x".into())] {
        let ace = Ace { subject: bad, sees: Sees::Allow, may_write: true };
        assert_eq!(set(&mut wire, &desk, ace, 3), 400);
    }
}

#[test]
fn who_waits_is_told_and_then_not() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb"));
    alice.set_presence(&mut wire, 300, 400);
    assert_eq!(set(&mut wire, &alice, Ace { subject: Subject::All, sees: Sees::Prompt, may_write: true }, 1), 200);
    let ok = wire.ask(alice.flow, &alice.own("presence.wpending", wpending::MEDIA_TYPE, WAYS));
    assert_eq!(wpending::read(&ok.body).unwrap(), []);
    wire.ask(bob.flow, &bob.batch("create", &["alice"], WAYS));
    let waiting = Pending { uri: "sip:bob@example.test".into(), display_name: Some("Bob".into()) };
    assert_eq!(wpending::read(&wire.take_one(alice.flow).body).unwrap(), [waiting]);
    // The same person by a second way is the same person.
    wire.ask(bob.flow, &single(&bob, "alice"));
    assert_eq!(wire.take(alice.flow), []);
    assert_eq!(set(&mut wire, &alice, user("bob", Sees::Allow), 2), 200);
    assert_eq!(wpending::read(&wire.take_one(alice.flow).body).unwrap(), []);
    let told = wire.take(bob.flow);
    assert_eq!(told.len(), 2, "the list and the single one: {told:?}");
    assert!(told.iter().all(|t| msrtc::read(&t.body).unwrap().availability == 300));
    // Somebody who may see nothing any more is not left with what they saw.
    assert_eq!(set(&mut wire, &alice, user("bob", Sees::Deny), 3), 200);
    let mut told = wire.take(bob.flow);
    told.sort_by_key(|t| t.body.len());
    assert_eq!(msrtc::read(&told[0].body).unwrap().availability, 0);
    assert_eq!(read_list(&told[1]).0.resources[0].instances[0].reason.as_deref(), Some("rejected"));
}

#[test]
fn messages_of_somebody_blocked_are_refused_as_before() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), wire.tcp(2));
    wire.ask(alice.flow, &publish("alice", "", &document("alice", "open")));
    assert_eq!(set(&mut wire, &alice, user("bob", Sees::Deny), 1), 200);
    let text = "MESSAGE sip:alice@example.test SIP/2.0
        From: <sip:bob@example.test>;tag=m1
        To: <sip:alice@example.test>
        Content-Type: text/plain\n\nhello";
    assert_eq!(wire.ask(bob, text).status(), Some(403));
}
