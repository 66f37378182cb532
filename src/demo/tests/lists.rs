//! Many people in one subscription: stored lists (RFC 4662) and lists in the request (RFC 5367).

use std::time::Duration;

use super::presence::{again, document, publish, subscribe};
use super::*;
use crate::demo::accounts::Handling;
use crate::formats::rlmi::{self, State};
use crate::formats::{Extent, multipart, pidf};
use crate::model::{Address, Contact, Roster};

fn with_list(watcher: &str, people: &[&str]) -> String {
    let entries = people.iter().map(|p| format!("<entry uri=\"sip:{p}@example.test\"/>")).collect::<Vec<_>>().concat();
    format!(
        "{}\nRequire: recipient-list-subscribe\nSupported: eventlist\nContent-Type: application/resource-lists+xml
        Content-Disposition: recipient-list
        Accept: multipart/related, application/pidf+xml, application/rlmi+xml\n\n\
        <resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>{entries}</list></resource-lists>",
        subscribe(watcher, "rls", "Expires: 600").trim_end()
    )
}

/// The list part, and whether each person with a document is open.
fn read(notify: &Message) -> (rlmi::List, Vec<(String, bool)>) {
    let content_type = notify.header("Content-Type").unwrap();
    let body = multipart::read(&content_type, &notify.body).unwrap();
    let list = rlmi::read(body.root().unwrap().body).unwrap();
    let shown = list
        .resources
        .iter()
        .filter_map(|r| {
            let part = body.part(r.instances.first()?.cid.as_deref()?).unwrap();
            Some((r.uri.clone(), pidf::read(part.body).unwrap().is_open()))
        })
        .collect();
    (list, shown)
}

#[test]
fn list_in_the_request_full_then_partial() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.send(alice, &with_list("alice", &["bob", "carol", "nobody", "bob"]));
    let got = wire.take(alice);
    assert_eq!((got[0].status(), got[0].header("Require").as_deref()), (Some(200), Some("eventlist")));
    assert_eq!(got[1].header("Require").as_deref(), Some("eventlist"));
    let (list, shown) = read(&got[1]);
    assert_eq!((list.version, list.extent, list.resources.len()), (0, Extent::Full, 3));
    assert_eq!(list.uri, "sip:rls@example.test");
    assert!(list.resources[2].instances.is_empty(), "nobody knows nobody");
    assert_eq!(shown, [("sip:bob@example.test".to_owned(), false), ("sip:carol@example.test".to_owned(), false)]);
    wire.answer(alice, &got[1], 200);
    wire.wait(Duration::from_secs(2));

    wire.ask(bob, &publish("bob", "", &document("bob", "open")));
    let notify = wire.take_one(alice);
    let (list, shown) = read(&notify);
    assert_eq!((list.version, list.extent, list.resources.len()), (1, Extent::Partial, 1));
    assert_eq!(shown, [("sip:bob@example.test".to_owned(), true)]);
    wire.answer(alice, &notify, 200);

    // After a refresh everything comes again; a list cannot be changed in its dialog.
    let refresh = again(&subscribe("alice", "rls", ""), &got[0], 50, "Expires: 600");
    wire.send(alice, &refresh);
    let got2 = wire.take(alice);
    let (list, _) = read(&got2[1]);
    assert_eq!((list.version, list.extent, list.resources.len()), (2, Extent::Full, 3));
    let changed = again(&with_list("alice", &["carol"]), &got[0], 51, "");
    assert_eq!(wire.ask(alice, &changed).status(), Some(415));
}

#[test]
fn people_who_refuse_or_wait_are_told_apart() {
    let mut wire = open();
    let alice = wire.tcp(1);
    let me = Address::parse("alice@example.test").unwrap();
    for (user, handling) in [("bob", Handling::Block), ("carol", Handling::Confirm)] {
        let user = Address::complete(user, Some("example.test")).unwrap();
        wire.server.decide(&user, me.clone(), Some(handling), wire.now).unwrap();
    }
    wire.send(alice, &with_list("alice", &["bob", "carol"]));
    let (list, shown) = read(&wire.take(alice)[1]);
    let states: Vec<_> = list.resources.iter().map(|r| (r.instances[0].state, r.instances[0].reason.as_deref())).collect();
    assert_eq!(states, [(State::Terminated, Some("rejected")), (State::Pending, None)]);
    assert_eq!(shown, []);
}

#[test]
fn without_the_feature_the_list_is_refused() {
    let mut wire = Wire::new(|config| config.features = Features::without(&[Feature::Digest, Feature::Ntlm, Feature::Batch]));
    let alice = wire.tcp(1);
    let response = wire.ask(alice, &with_list("alice", &["bob"]));
    assert_eq!((response.status(), response.header("Unsupported").as_deref()), (Some(420), Some("recipient-list-subscribe")));
    let options =
        wire.ask(alice, "OPTIONS sip:example.test SIP/2.0\nFrom: <sip:alice@example.test>;tag=1\nTo: <sip:example.test>");
    assert!(!options.headers.lists_token("Supported", "recipient-list-subscribe"));
}

#[test]
fn bad_lists_are_refused() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.limits.list_entries = 1;
    });
    let alice = wire.tcp(1);
    let good = with_list("alice", &["bob"]);
    assert_eq!(wire.ask(alice, &good.replace("Supported: eventlist", "Supported: path")).status(), Some(421));
    assert_eq!(wire.ask(alice, &good.replace("resource-lists+xml\n", "json\n")).status(), Some(415));
    assert_eq!(wire.ask(alice, &with_list("alice", &[])).status(), Some(400));
    assert_eq!(wire.ask(alice, &with_list("alice", &["bob", "carol"])).status(), Some(413));
    assert_eq!(wire.ask(alice, &good.replace("sip:rls@example.test SIP", "sip:rls@other.test SIP")).status(), Some(404));
}

#[test]
fn stored_list_is_the_roster_and_follows_it() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    let me = Address::parse("alice@example.test").unwrap();
    let mut roster = Roster::default();
    let mut friend = Contact::new(Address::parse("bob@example.test").unwrap());
    friend.name = "Bobby".into();
    roster.put(friend);
    wire.server.set_roster(&me, roster.clone(), wire.now).unwrap();
    let text = subscribe("alice", "alice-contacts", "Supported: eventlist");
    assert_eq!(wire.ask(bob, &text.replace("From: <sip:alice", "From: <sip:bob")).status(), Some(403));
    assert_eq!(wire.ask(alice, &subscribe("alice", "alice-contacts", "")).status(), Some(421));
    wire.send(alice, &text);
    let got = wire.take(alice);
    let (list, _) = read(&got[1]);
    assert_eq!((list.resources.len(), list.resources[0].name.as_deref()), (1, Some("Bobby")));
    wire.answer(alice, &got[1], 200);
    roster.put(Contact::new(Address::parse("carol@example.test").unwrap()));
    wire.server.set_roster(&me, roster, wire.now).unwrap();
    wire.collect();
    let (list, _) = read(&wire.take_one(alice));
    assert_eq!((list.extent, list.version, list.resources.len()), (Extent::Full, 1, 2));
}

#[test]
fn what_is_too_long_for_one_notification_comes_in_several() {
    let users: Vec<String> = (0..30).map(|number| format!("u{number}")).collect();
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.users.extend(users.iter().map(|name| User::with_password(name, "", "example.test", "x")));
    });
    let alice = wire.tcp(1);
    // Written anew it takes four times as many octets.
    let document =
        |user: &str| document(user, "open").replace("</presence>", &format!("<note>{}</note></presence>", ">".repeat(15_000)));
    for (number, user) in users.iter().enumerate() {
        let flow = wire.tcp(10 + number as u64);
        assert_eq!(wire.ask(flow, &publish(user, "", &document(user))).status(), Some(200));
    }
    let all: Vec<&str> = users.iter().map(String::as_str).collect();
    wire.send(alice, &with_list("alice", &all));
    let mut open = std::collections::BTreeSet::new();
    let mut extents = Vec::new();
    let mut got = wire.take(alice);
    got.remove(0);
    for _ in 0..10 {
        for notify in std::mem::take(&mut got) {
            assert!(notify.body.len() < 300 * 1024, "{}", notify.body.len());
            let (list, shown) = read(&notify);
            extents.push((list.extent, list.resources.len()));
            open.extend(shown.into_iter().filter(|(_, open)| *open).map(|(uri, _)| uri));
            wire.answer(alice, &notify, 200);
        }
        wire.wait(Duration::from_secs(1));
        got = wire.take(alice);
    }
    assert_eq!(open.len(), users.len());
    assert_eq!(
        extents,
        [
            (Extent::Full, 30),
            (Extent::Partial, 4),
            (Extent::Partial, 4),
            (Extent::Partial, 4),
            (Extent::Partial, 4),
            (Extent::Partial, 4),
            (Extent::Partial, 4),
            (Extent::Partial, 2)
        ]
    );
    wire.ask(Flow(10), &publish("u0", "", &self::document("u0", "closed")));
    let (list, _) = read(&wire.take_one(alice));
    assert_eq!(list.resources.len(), 1, "the rest is told");
}
