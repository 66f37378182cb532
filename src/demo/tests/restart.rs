//! What outlives the server.

use super::rtc::{Rtc, WAYS, read_list};
use super::*;
use crate::demo::snapshot::{Snapshot, SnapshotFault};
use crate::formats::acl::{Ace, Sees, Subject};
use crate::formats::msrtc;
use crate::formats::soap::{Call, SetPresence};
use crate::model::Address;

fn change(wire: &mut Wire, who: &Rtc, call: &Call) {
    assert_eq!(wire.ask(who.flow, &who.service(call)).status(), Some(200), "{call:?}");
    wire.take(who.flow);
}

/// What alice is told when she signs in.
fn told(wire: &mut Wire, link: u64) -> Vec<String> {
    let alice = Rtc::new(wire, link, "alice", "aaaaaaaaaa");
    let own = ["vnd-microsoft-roaming-contacts", "vnd-microsoft-roaming-ACL"];
    let mut bodies: Vec<String> =
        own.map(|event| String::from_utf8(wire.ask(alice.flow, &alice.own(event, "*/*", WAYS)).body.to_vec()).unwrap()).to_vec();
    let (_, documents) = read_list(&wire.ask(alice.flow, &alice.batch("create", &["alice"], WAYS)));
    bodies.push(msrtc::read(documents[0].1.as_bytes()).unwrap().user_info.map(|info| info.inner).unwrap_or_default());
    bodies
}

/// A server with something in every corner.
fn lived_in() -> Wire {
    let mut wire = lcs(&[]);
    let alice = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    let group = |name: &str, delta_num| Call::AddGroup { name: name.into(), external_uri: "sip:ext@x.test".into(), delta_num };
    for (delta_num, name) in (1..).zip(["One", "Two", "Three"]) {
        change(&mut wire, &alice, &group(name, delta_num));
    }
    change(&mut wire, &alice, &Call::DeleteGroup { id: 3, delta_num: 4 });
    let contact = Call::SetContact {
        display_name: "B. \"<&>".into(),
        groups: vec![1, 4],
        subscribed: false,
        uri: "sip:bob@example.test".into(),
        external_uri: "sip:other@x.test".into(),
        extension: Some("<a xmlns=\"urn:x\">1</a>".into()),
        delta_num: 5,
    };
    change(&mut wire, &alice, &contact);
    for (delta_num, (subject, sees)) in (1..).zip([
        (Subject::User("sip:bob@example.test".into()), Sees::PoliteBlock),
        (Subject::Domain("partner.test".into()), Sees::Deny),
        (Subject::All, Sees::Prompt),
    ]) {
        change(&mut wire, &alice, &Call::SetAce { ace: Ace { subject, sees, may_write: true }, delta_num });
    }
    let said = SetPresence { availability: 300, activity: 400, user_info: Some("<note>kept</note>".into()), ..alice.said() };
    change(&mut wire, &alice, &Call::SetPresence(said));
    wire
}

#[test]
fn everything_is_as_before() {
    let mut wire = lived_in();
    let before = told(&mut wire, 2);
    assert!(
        before[0].contains("deltaNum=\"6\"")
            && before[0].contains("<group id=\"4\" name=\"Three\" externalURI=\"sip:ext@x.test\"/>"),
        "{before:?}"
    );
    assert!(before[0].contains("groups=\"1 4\" subscribed=\"false\"") && before[1].contains("deltaNum=\"4\""), "{before:?}");
    assert_eq!(before[2], "<note>kept</note>");
    let text = serde_json::to_string(&wire.server.snapshot()).unwrap();
    let mut again = lcs(&[]);
    again.server.restore(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(told(&mut again, 2), before);
    assert_eq!(again.server.snapshot(), wire.server.snapshot());
    // The next group gets a free number, and the next version follows.
    let alice = Rtc::new(&mut again, 3, "alice", "cccccccccc");
    let call = Call::AddGroup { name: "Four".into(), external_uri: String::new(), delta_num: 6 };
    let answer = again.ask(alice.flow, &alice.service(&call));
    assert_eq!(crate::formats::soap::read_answer(&answer.body), Ok(crate::formats::soap::Answer::GroupAdded(3)));
}

#[test]
fn changes_are_counted_and_looking_is_none() {
    let mut wire = lived_in();
    let before = wire.server.changes();
    told(&mut wire, 2);
    assert_eq!(wire.server.changes(), before);
    let who = Address::parse("bob@example.test").unwrap();
    wire.server.set_roster(&who, crate::model::Roster::default(), wire.now).unwrap();
    assert_ne!(wire.server.changes(), before);
}

#[test]
fn a_snapshot_that_is_wrong_anywhere_is_refused_as_a_whole() {
    let wire = lived_in();
    let good = serde_json::to_string(&wire.server.snapshot()).unwrap();
    let table = [
        ("\"version\":1", "\"version\":2"),
        ("\"id\":4", "\"id\":2"),
        ("\"id\":4", "\"id\":1"),
        ("\"id\":4", "\"id\":64"),
        ("\"groups\":[\"Three\"]", "\"groups\":[\"Nowhere\"]"),
        ("\"uri\":\"sip:bob@example.test\"", "\"uri\":\"bob\""),
        ("\"who\":\"sip:bob@example.test\"", "\"who\":\"nobody\""),
        ("\"rights\":\"BA\"", "\"rights\":\"XA\""),
        ("\"rights\":\"BA\"", "\"rights\":\"BAA\""),
        ("\"name\":\"Three\"", "\"name\":\"One\""),
        ("\"sip:alice@example.test\":", "\"alice\":"),
    ];
    for (from, to) in table {
        assert!(good.contains(from), "{from} in {good}");
        let mut fresh = lcs(&[]);
        let before = fresh.server.snapshot();
        let wrong: Snapshot = serde_json::from_str(&good.replacen(from, to, 1)).unwrap();
        assert!(fresh.server.restore(wrong).is_err(), "{to}");
        assert_eq!(fresh.server.snapshot(), before, "{to}");
    }
    assert!(serde_json::from_str::<Snapshot>(&good.replace("\"access\":", "\"axess\":")).is_err());
    let mut fresh = lcs(&[]);
    let fault = fresh.server.restore(serde_json::from_str(&good.replace("\"version\":1", "\"version\":7")).unwrap());
    assert_eq!(fault, Err(SnapshotFault::Version(7)));
}

#[test]
fn users_who_are_not_known_any_more_are_carried_along() {
    let wire = lived_in();
    let text = serde_json::to_string(&wire.server.snapshot()).unwrap();
    let mut other = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.users.retain(|user| user.name != "alice");
        config.personas = true;
    });
    other.server.restore(serde_json::from_str(&text).unwrap()).unwrap();
    let kept = serde_json::to_value(other.server.snapshot()).unwrap();
    let before: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(kept["accounts"]["sip:alice@example.test"], before["accounts"]["sip:alice@example.test"]);
    assert!(kept["accounts"].as_object().unwrap().keys().all(|who| !who.contains("dana")), "personas are not kept");
}
