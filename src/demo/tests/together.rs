//! One presence of SIMPLE and LCS: devices of either kind make one picture, and watchers of either
//! kind see it in their form.

use std::time::Duration;

use super::presence::{document, publish, subscribe};
use super::rtc::{Rtc, WAYS, read_list};
use super::*;
use crate::formats::rpid::Activity;
use crate::formats::soap::SetPresence;
use crate::formats::{msrtc, pidf};

fn seen(wire: &mut Wire, watcher: &Rtc, who: &str) -> msrtc::Presentity {
    let (_, documents) = read_list(&wire.ask(watcher.flow, &watcher.batch("create", &[who], WAYS)));
    msrtc::read(documents[0].1.as_bytes()).unwrap()
}

fn seen_by_simple(wire: &mut Wire, who: &str) -> pidf::Presence {
    let flow = wire.tcp(50);
    wire.send(flow, &subscribe("carol", who, "Expires: 0"));
    let notify = wire.take(flow).remove(1);
    wire.cut(flow);
    pidf::read(&notify.body).unwrap()
}

#[test]
fn the_most_available_device_speaks() {
    let mut wire = lcs(&[]);
    let bob = Rtc::new(&mut wire, 9, "bob", "bbbbbbbbbb");
    let (desk, phone) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "alice", "cccccccccc"));
    assert_eq!(seen(&mut wire, &bob, "alice").devices.len(), 0, "signed in and silent is not there");
    desk.say(
        &mut wire,
        SetPresence {
            availability: 300,
            activity: 200,
            note: Some("on the roof".into()),
            device_name: Some("DESK".into()),
            ..desk.said()
        },
    );
    wire.wait(Duration::from_secs(90));
    phone.set_presence(&mut wire, 300, 400);
    let all = seen(&mut wire, &bob, "alice");
    assert_eq!((all.availability, all.activity, all.epid.as_str(), all.devices.len()), (300, 400, "cccccccccc", 2));
    let device = all.devices.iter().find(|d| d.epid == "aaaaaaaaaa").unwrap();
    assert_eq!(
        (device.age, device.activity, device.note.as_deref(), device.name.as_deref()),
        (Some(90), 200, Some("on the roof"), Some("DESK"))
    );
    // Each row: what the two say, and who speaks.
    for ((a, b), epid) in [
        (((300, 100), (200, 400)), "aaaaaaaaaa"),
        (((300, 600), (300, 400)), "cccccccccc"),
        (((300, 600), (300, 200)), "aaaaaaaaaa"),
        (((300, 750), (300, 150)), "cccccccccc"),
        (((0, 400), (300, 100)), "cccccccccc"),
    ] {
        desk.set_presence(&mut wire, a.0, a.1);
        phone.set_presence(&mut wire, b.0, b.1);
        assert_eq!(seen(&mut wire, &bob, "alice").epid, epid, "{a:?} {b:?}");
    }
    // A device that signs out takes what it said along.
    let out = with_header(&rtc_registration("alice", "cccccccccc"), "Expires: 0");
    assert_eq!(wire.ask(phone.flow, &out).status(), Some(200));
    assert_eq!(
        seen(&mut wire, &bob, "alice"),
        msrtc::Presentity {
            uri: "sip:alice@example.test".into(),
            display_name: Some("Alice".into()),
            ..msrtc::Presentity::default()
        }
    );
}

#[test]
fn each_kind_of_watcher_sees_each_kind_of_device() {
    let mut wire = lcs(&[]);
    let (bob, carol) = (Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb"), Rtc::new(&mut wire, 3, "carol", "cccccccccc"));
    let simple = wire.tcp(1);
    wire.ask(
        simple,
        &publish("alice", "", &document("alice", "open").replace("</presence>", "<note>lunch at one</note></presence>")),
    );
    let alice = seen(&mut wire, &bob, "alice");
    assert_eq!((alice.availability, alice.activity, alice.devices.len()), (300, 400, 1));
    assert_eq!(alice.devices[0].note.as_deref(), Some("lunch at one"));
    assert!(alice.epid.bytes().all(|b| b.is_ascii_hexdigit()) && alice.epid.len() <= 16 && !alice.epid.is_empty());

    bob.say(&mut wire, SetPresence { availability: 300, activity: 600, note: Some("in a review".into()), ..bob.said() });
    let shown = seen_by_simple(&mut wire, "bob");
    assert!(shown.is_open());
    assert_eq!(
        (shown.persons[0].activities.as_slice(), shown.persons[0].notes[0].text.as_str()),
        (&[Activity::Busy][..], "in a review")
    );
    // Both at once: two devices of one user.
    wire.ask(simple, &publish("bob", "", &document("bob", "open")).replace("From: <sip:alice", "From: <sip:bob"));
    let both = seen(&mut wire, &carol, "bob");
    assert_eq!((both.devices.len(), both.activity), (2, 400));
    assert_eq!(seen_by_simple(&mut wire, "bob").tuples.len(), 2);
}

#[test]
fn what_is_stored_with_presence_outlives_the_device() {
    let mut wire = lcs(&[]);
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb"));
    let info = |wire: &mut Wire, who: &Rtc| seen(wire, who, "alice").user_info.map(|info| info.inner);
    let said =
        SetPresence { availability: 300, activity: 400, user_info: Some("<note>at the lake</note>".into()), ..alice.said() };
    alice.say(&mut wire, said);
    assert_eq!(info(&mut wire, &bob).as_deref(), Some("<note>at the lake</note>"));
    let (_, own) = read_list(&wire.ask(alice.flow, &alice.batch("create", &["alice"], WAYS)));
    let own = msrtc::read(own[0].1.as_bytes()).unwrap();
    assert_eq!(own.user_info.unwrap().note.as_deref(), Some("at the lake"));
    // Who does not send it keeps it; too long is too long.
    alice.set_presence(&mut wire, 300, 600);
    let long = format!("<note>{}</note>", "n".repeat(1100));
    let too_long = alice.service(&crate::formats::soap::Call::SetPresence(SetPresence {
        user_info: Some(long),
        availability: 300,
        ..alice.said()
    }));
    wire.ask(alice.flow, &too_long);
    assert_eq!(info(&mut wire, &bob).as_deref(), Some("<note>at the lake</note>"));
    // The link is lost, the device comes back: its user sees what was stored.
    wire.cut(alice.flow);
    wire.wait(Duration::from_mins(1));
    assert_eq!((seen(&mut wire, &bob, "alice").availability, info(&mut wire, &bob)), (0, None));
    let back = Rtc::new(&mut wire, 5, "alice", "aaaaaaaaaa");
    assert_eq!(info(&mut wire, &back).as_deref(), Some("<note>at the lake</note>"));
}

#[test]
fn a_device_that_comes_back_must_speak_again() {
    let mut wire = lcs(&[]);
    wire.server.oddities().no_keepalive = true;
    let (alice, bob) = (Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa"), Rtc::new(&mut wire, 2, "bob", "bbbbbbbbbb"));
    alice.set_presence(&mut wire, 300, 400);
    wire.cut(alice.flow);
    wire.wait(Duration::from_secs(10));
    let back = Rtc::new(&mut wire, 3, "alice", "aaaaaaaaaa");
    wire.wait(Duration::from_mins(1));
    assert_eq!(seen(&mut wire, &bob, "alice").availability, 300, "what it said holds for a while");
    wire.wait(Duration::from_secs(150));
    assert_eq!(seen(&mut wire, &bob, "alice").availability, 0, "and then no longer");
    back.set_presence(&mut wire, 300, 600);
    wire.wait(Duration::from_mins(20));
    assert_eq!(seen(&mut wire, &bob, "alice").activity, 600, "who spoke need not again");
    // One that does not come back goes sooner.
    wire.cut(back.flow);
    wire.wait(Duration::from_secs(31));
    assert_eq!(seen(&mut wire, &bob, "alice").availability, 0);
}

#[test]
fn personas_are_people_to_lcs_too() {
    let mut wire = Wire::new(|config| {
        config.features = lcs_without(&[]);
        config.personas = true;
    });
    let alice = Rtc::new(&mut wire, 1, "alice", "aaaaaaaaaa");
    let ok = wire.ask(alice.flow, &alice.own("vnd-microsoft-roaming-contacts", "*/*", WAYS));
    let crate::formats::roaming::Document::List(list) = crate::formats::roaming::read(&ok.body).unwrap() else {
        panic!("a list")
    };
    assert!(list.contacts.len() > 3 && list.groups.len() > 2, "{list:?}");
    let names: Vec<String> = list.contacts.iter().map(|c| c.uri["sip:".len()..].split('@').next().unwrap().to_owned()).collect();
    let people: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_, documents) = read_list(&wire.ask(alice.flow, &alice.batch("create", &people, WAYS)));
    let shown: Vec<_> = documents.iter().map(|(_, text)| msrtc::read(text.as_bytes()).unwrap()).collect();
    assert_eq!(shown.len(), people.len());
    assert!(shown.iter().all(|p| p.display_name.is_some()));
    assert!(shown.iter().any(|p| p.availability == 300 && p.devices.len() == 1));
}
