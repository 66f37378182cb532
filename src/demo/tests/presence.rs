//! Publishing and watching one person; who watches.

use std::time::Duration;

use super::*;
use crate::demo::accounts::Handling;
use crate::demo::config::DefaultHandling;
use crate::formats::winfo::{self, Cause, Status};
use crate::formats::{Extent, pidf};
use crate::model::Address;

pub fn document(user: &str, basic: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:{user}@example.test\">\
         <tuple id=\"t1\"><status><basic>{basic}</basic></status></tuple></presence>"
    )
}

pub fn publish(user: &str, more: &str, body: &str) -> String {
    let content = if body.is_empty() { "" } else { "\nContent-Type: application/pidf+xml" };
    let more = if more.is_empty() { String::new() } else { format!("\n{more}") };
    format!(
        "PUBLISH sip:{user}@example.test SIP/2.0
        From: <sip:{user}@example.test>;tag=p1
        To: <sip:{user}@example.test>
        Event: presence{more}{content}\n\n{body}"
    )
}

pub fn subscribe(watcher: &str, to: &str, more: &str) -> String {
    let event = if more.contains("Event:") { "" } else { "\nEvent: presence" };
    format!(
        "SUBSCRIBE sip:{to}@example.test SIP/2.0
        From: <sip:{watcher}@example.test>;tag=w1
        To: <sip:{to}@example.test>
        Contact: <sip:{watcher}@client.test:5070;transport=tcp>{event}\n{more}"
    )
}

/// The same dialog once more.
pub fn again(first: &str, ok: &Message, cseq: u32, more: &str) -> String {
    let to = first.lines().find(|l| l.trim().starts_with("To:")).unwrap();
    let text = first.replace(to, &format!("To: {}", ok.header("To").unwrap()));
    with_header(&text, &format!("Call-ID: {}\nCSeq: {cseq} SUBSCRIBE\n{more}", ok.call_id().unwrap()))
}

fn shown(notify: &Message) -> pidf::Presence {
    pidf::read(&notify.body).unwrap()
}

fn state(notify: &Message) -> String {
    notify.header("Subscription-State").unwrap()
}

fn decide(wire: &mut Wire, user: &str, who: &str, handling: Handling) {
    let (user, who) =
        (Address::complete(user, Some("example.test")).unwrap(), Address::complete(who, Some("example.test")).unwrap());
    wire.server.decide(&user, who, Some(handling), wire.now).unwrap();
    wire.collect();
}

#[test]
fn life_of_a_publication() {
    let mut wire = open();
    let flow = wire.tcp(1);
    let open_doc = document("alice", "open");
    let first = wire.ask(flow, &publish("alice", "Expires: 5000", &open_doc));
    assert_eq!(
        (first.status(), first.header("Expires").as_deref()),
        (Some(200), Some("3600")),
        "never longer than asked or allowed"
    );
    let tag = first.header("SIP-ETag").unwrap();
    let refreshed = wire.ask(flow, &publish("alice", &format!("SIP-If-Match: {tag}"), ""));
    assert_eq!(refreshed.status(), Some(200));
    let tag2 = refreshed.header("SIP-ETag").unwrap();
    assert_ne!(tag, tag2, "a new tag every time");
    assert_eq!(wire.ask(flow, &publish("alice", &format!("SIP-If-Match: {tag}"), "")).status(), Some(412));
    let modified = wire.ask(flow, &publish("alice", &format!("SIP-If-Match: {tag2}"), &document("alice", "closed")));
    let tag3 = modified.header("SIP-ETag").unwrap();
    assert_eq!(wire.ask(flow, &publish("alice", &format!("SIP-If-Match: {tag3}\nExpires: 0"), "")).status(), Some(200));
    assert_eq!(wire.ask(flow, &publish("alice", &format!("SIP-If-Match: {tag3}\nExpires: 0"), "")).status(), Some(412));
}

#[test]
fn refusals_in_the_order_of_the_standard() {
    let mut wire = open();
    let flow = wire.tcp(1);
    let body = document("alice", "open");
    let code = |wire: &mut Wire, text: &str| wire.ask(flow, text).status().unwrap();
    assert_eq!(code(&mut wire, &publish("alice", "", &body).replace("PUBLISH sip:alice", "PUBLISH sip:nobody")), 404);
    assert_eq!(code(&mut wire, &publish("alice", "", &body).replace("PUBLISH sip:alice", "PUBLISH sip:bob")), 403);
    let bad = wire.ask(flow, &publish("alice", "", &body).replace("Event: presence", "Event: weather"));
    assert_eq!((bad.status(), bad.headers.has("Allow-Events")), (Some(489), true));
    assert_eq!(code(&mut wire, &publish("alice", "", &body).replace("Event: presence\n", "\n")), 489);
    assert_eq!(code(&mut wire, &publish("alice", "SIP-If-Match: a\nSIP-If-Match: b", &body)), 400);
    assert_eq!(code(&mut wire, &publish("alice", "SIP-If-Match: a\nExpires: 5", &body)), 412, "412 comes before 423");
    let brief = wire.ask(flow, &publish("alice", "Expires: 5", &body));
    assert_eq!((brief.status(), brief.header("Min-Expires").as_deref()), (Some(423), Some("60")));
    let odd = wire.ask(flow, &publish("alice", "", &body).replace("application/pidf+xml", "text/plain"));
    assert_eq!((odd.status(), odd.header("Accept").as_deref()), (Some(415), Some("application/pidf+xml")));
    assert_eq!(code(&mut wire, &publish("alice", "", "")), 400);
    assert_eq!(code(&mut wire, &publish("alice", "", "<presence")), 400);
    for code in [200; 10] {
        assert_eq!(wire.ask(flow, &publish("alice", "", &body)).status(), Some(code));
    }
    assert_eq!(code(&mut wire, &publish("alice", "", &body)), 503, "bounded");
}

#[test]
fn a_watcher_is_told_at_once_and_of_every_change() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.send(bob, &subscribe("bob", "alice", "Expires: 600"));
    let got = wire.take(bob);
    assert_eq!(got.len(), 2);
    let (ok, first) = (&got[0], &got[1]);
    assert_eq!((ok.status(), ok.header("Expires").as_deref()), (Some(200), Some("600")));
    assert!(ok.header("To").unwrap().contains("tag="));
    assert_eq!(first.uri(), "sip:bob@client.test:5070;transport=tcp");
    assert_eq!(first.header("Event").as_deref(), Some("presence"));
    assert_eq!(state(first), "active;expires=600");
    assert_eq!(first.header("From"), ok.header("To"), "the same dialog, seen from here");
    assert!(!shown(first).is_open());
    assert_eq!(shown(first).name(), Some("Alice"));
    wire.answer(bob, first, 200);

    wire.wait(Duration::from_secs(2));
    let tag = wire.ask(alice, &publish("alice", "", &document("alice", "open"))).header("SIP-ETag").unwrap();
    let second = wire.take_one(bob);
    assert!(shown(&second).is_open());
    assert_eq!(second.cseq().unwrap().number, first.cseq().unwrap().number + 1);
    // While a notification is unanswered the next one waits; then only the last state is told.
    wire.ask(alice, &publish("alice", &format!("SIP-If-Match: {tag}\nExpires: 0"), ""));
    wire.wait(Duration::from_secs(5));
    assert_eq!(wire.take(bob), []);
    wire.answer(bob, &second, 200);
    let third = wire.take_one(bob);
    assert!(!shown(&third).is_open());
}

#[test]
fn not_more_often_than_the_interval() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.send(bob, &subscribe("bob", "alice", ""));
    let first = wire.take(bob).remove(1);
    wire.answer(bob, &first, 200);
    wire.ask(alice, &publish("alice", "", &document("alice", "open")));
    assert_eq!(wire.take(bob), [], "a moment after the first");
    wire.wait(Duration::from_secs(1));
    assert!(shown(&wire.take_one(bob)).is_open());
}

#[test]
fn refresh_expiry_and_the_last_word() {
    let mut wire = open();
    let bob = wire.tcp(2);
    let text = subscribe("bob", "alice", "Expires: 600");
    wire.send(bob, &text);
    let got = wire.take(bob);
    wire.answer(bob, &got[1], 200);
    wire.wait(Duration::from_secs(500));
    let text = subscribe("bob", "alice", "");
    wire.send(bob, &again(&text, &got[0], 50, "Expires: 600"));
    let refreshed = wire.take(bob);
    assert_eq!(refreshed[0].status(), Some(200));
    assert_eq!(state(&refreshed[1]), "active;expires=600");
    wire.answer(bob, &refreshed[1], 200);
    assert_eq!(wire.ask(bob, &again(&text, &got[0], 49, "Expires: 600")).status(), Some(500), "out of order");
    wire.wait(Duration::from_mins(10));
    let last = wire.take_one(bob);
    assert_eq!(state(&last), "terminated;reason=timeout");
    assert_eq!(wire.ask(bob, &again(&text, &got[0], 51, "Expires: 600")).status(), Some(481));
}

#[test]
fn unsubscribing_and_asking_once() {
    let mut wire = open();
    let bob = wire.tcp(2);
    let text = subscribe("bob", "alice", "");
    wire.send(bob, &text);
    let got = wire.take(bob);
    wire.answer(bob, &got[1], 200);
    wire.send(bob, &again(&text, &got[0], 50, "Expires: 0"));
    let end = wire.take(bob);
    assert_eq!((end[0].status(), state(&end[1]).as_str()), (Some(200), "terminated;reason=timeout"));
    wire.send(bob, &subscribe("bob", "alice", "Expires: 0"));
    let once = wire.take(bob);
    assert_eq!((once[0].status(), once[0].header("Expires").as_deref()), (Some(200), Some("0")));
    assert_eq!((state(&once[1]).as_str(), shown(&once[1]).is_open()), ("terminated;reason=timeout", false));
}

#[test]
fn refusals_of_subscriptions() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.limits.subscriptions_per_user = 1;
    });
    let bob = wire.tcp(2);
    let bad = wire.ask(bob, &subscribe("bob", "alice", "Event: weather"));
    assert_eq!((bad.status(), bad.headers.lists_token("Allow-Events", "presence.winfo")), (Some(489), true));
    assert_eq!(wire.ask(bob, &subscribe("bob", "nobody", "")).status(), Some(404));
    assert_eq!(wire.ask(bob, &subscribe("bob", "alice", "Expires: 5")).status(), Some(423));
    assert_eq!(wire.ask(bob, &subscribe("bob", "alice", "Accept: text/html")).status(), Some(406));
    assert_eq!(wire.ask(bob, &subscribe("bob", "alice", "Event: presence.winfo")).status(), Some(403), "not bob's to see");
    decide(&mut wire, "alice", "bob", Handling::Block);
    assert_eq!(wire.ask(bob, &subscribe("bob", "alice", "")).status(), Some(403));
    decide(&mut wire, "alice", "bob", Handling::Allow);
    wire.send(bob, &subscribe("bob", "alice", ""));
    assert_eq!(wire.take(bob)[0].status(), Some(200));
    assert_eq!(wire.ask(bob, &subscribe("bob", "carol", "")).status(), Some(503), "bounded");
}

#[test]
fn a_decision_changes_what_is_seen() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.default_handling = DefaultHandling::Confirm;
    });
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.ask(alice, &publish("alice", "", &document("alice", "open")));
    wire.send(bob, &subscribe("bob", "alice", "Expires: 600"));
    let mut notify = wire.take(bob).remove(1);
    assert_eq!((state(&notify).as_str(), notify.body.len()), ("pending;expires=600", 0));
    for (handling, expected) in [(Handling::Allow, true), (Handling::PoliteBlock, false)] {
        wire.answer(bob, &notify, 200);
        wire.wait(Duration::from_secs(1));
        decide(&mut wire, "alice", "bob", handling);
        notify = wire.take_one(bob);
        assert!(state(&notify).starts_with("active"), "{handling:?}");
        assert_eq!(shown(&notify).is_open(), expected, "{handling:?}");
    }
    wire.answer(bob, &notify, 200);
    wire.wait(Duration::from_secs(1));
    decide(&mut wire, "alice", "bob", Handling::Block);
    assert_eq!(state(&wire.take_one(bob)), "terminated;reason=rejected");
}

#[test]
fn a_subscriber_that_does_not_want_it_is_forgotten() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.send(bob, &subscribe("bob", "alice", ""));
    let first = wire.take(bob).remove(1);
    wire.answer(bob, &first, 481);
    wire.wait(Duration::from_secs(2));
    wire.ask(alice, &publish("alice", "", &document("alice", "open")));
    assert_eq!(wire.take(bob), []);
    // One that says nothing is forgotten after 64*T1.
    wire.send(bob, &subscribe("bob", "alice", ""));
    wire.take(bob);
    wire.wait(Duration::from_secs(33));
    wire.ask(alice, &publish("alice", "", &document("alice", "open")));
    assert_eq!(wire.take(bob), []);
}

#[test]
fn a_lost_link_takes_presence_with_it_after_a_while() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    let tag = wire.ask(alice, &publish("alice", "", &document("alice", "open"))).header("SIP-ETag").unwrap();
    wire.send(bob, &subscribe("bob", "alice", ""));
    let first = wire.take(bob).remove(1);
    wire.answer(bob, &first, 200);
    wire.cut(alice);
    wire.wait(Duration::from_secs(20));
    assert_eq!(wire.take(bob), [], "time to come back");
    let back = wire.tcp(3);
    assert_eq!(wire.ask(back, &publish("alice", &format!("SIP-If-Match: {tag}"), "")).status(), Some(200));
    wire.wait(Duration::from_secs(20));
    assert_eq!(wire.take(bob), []);
    wire.cut(back);
    wire.wait(Duration::from_secs(31));
    assert!(!shown(&wire.take_one(bob)).is_open());
}

#[test]
fn watchers_all_first_then_changes() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.default_handling = DefaultHandling::Confirm;
    });
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.send(alice, &subscribe("alice", "alice", "Event: presence.winfo"));
    let mut notify = wire.take(alice).remove(1);
    let next = |wire: &mut Wire, notify: &mut Message| {
        let info = winfo::read(&notify.body).unwrap();
        wire.answer(alice, notify, 200);
        wire.wait(Duration::from_secs(2));
        info
    };
    let info = next(&mut wire, &mut notify);
    assert_eq!((info.version, info.extent, info.lists[0].watchers.len()), (0, Extent::Full, 0));

    wire.send(bob, &subscribe("bob", "alice", ""));
    let got = wire.take(bob);
    notify = wire.take_one(alice);
    let info = next(&mut wire, &mut notify);
    let row = &info.lists[0].watchers[0];
    assert_eq!((info.version, info.extent), (1, Extent::Partial));
    assert_eq!(
        (row.uri.as_str(), row.status, row.display_name.as_deref()),
        ("sip:bob@example.test", Status::Pending, Some("Bob"))
    );

    wire.answer(bob, &got[1], 200);
    decide(&mut wire, "alice", "bob", Handling::Allow);
    notify = wire.take_one(alice);
    let info = next(&mut wire, &mut notify);
    assert_eq!((info.version, info.lists[0].watchers[0].status), (2, Status::Active));
    assert_eq!(info.lists[0].watchers[0].cause, Cause::Approved);

    let told = wire.take_one(bob);
    wire.answer(bob, &told, 200);
    wire.send(bob, &again(&subscribe("bob", "alice", ""), &got[0], 50, "Expires: 0"));
    notify = wire.take_one(alice);
    let info = next(&mut wire, &mut notify);
    assert_eq!((info.version, info.lists[0].watchers[0].status), (3, Status::Terminated));
}

#[test]
fn a_user_with_many_subscriptions_does_not_hide_the_others() {
    let mut wire = open();
    let (alice, bob, carol) = (wire.tcp(1), wire.tcp(2), wire.tcp(3));
    for _ in 0..40 {
        wire.ask(bob, &subscribe("bob", "alice", ""));
    }
    wire.ask(carol, &subscribe("carol", "alice", ""));
    wire.send(alice, &subscribe("alice", "alice", "Event: presence.winfo"));
    let info = winfo::read(&wire.take(alice)[1].body).unwrap();
    let rows = |who: &str| info.lists[0].watchers.iter().filter(|row| row.uri == format!("sip:{who}@example.test")).count();
    assert_eq!((rows("bob"), rows("carol")), (10, 1));
}

#[test]
fn what_many_devices_say_is_cut_before_it_is_too_long() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    for device in 0..10 {
        let note = format!("<note>{device} {}</note></presence>", ">".repeat(15_000));
        wire.ask(bob, &publish("bob", "", &document("bob", "open").replace("</presence>", &note)));
    }
    wire.send(alice, &subscribe("alice", "bob", ""));
    let body = wire.take(alice)[1].body.clone();
    assert!(body.len() <= 128 * 1024, "{}", body.len());
    let notes: Vec<String> = pidf::read(&body).unwrap().notes.iter().map(|note| note.text[..1].to_owned()).collect();
    assert_eq!(notes, ["9", "8"], "the latest word counts");
}
