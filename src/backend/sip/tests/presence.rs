//! Our own presence, other people's, lists and watchers.

use std::collections::BTreeMap;

use super::world::{World, roster, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event};
use crate::model::{Availability, OwnPresence, Presence, Roster, SignInPhase, WatcherState};
use crate::sip::message::Message;

const PIDF: &str = "application/pidf+xml";
const LIST: &str = "multipart/related;type=\"application/rlmi+xml\";start=\"<r>\";boundary=\"L1st\"";

fn document(name: &str, basic: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:{name}@example.test\">\
         <tuple id=\"a\"><status><basic>{basic}</basic></status></tuple></presence>"
    )
}

fn list(version: u32, full: bool, people: &[(&str, Option<&str>)]) -> String {
    let mut resources = String::new();
    let mut parts = String::new();
    for (name, basic) in people {
        match basic {
            Some(basic) => {
                resources += &format!(
                    "<resource uri=\"sip:{name}@example.test\"><instance id=\"1\" state=\"active\" cid=\"{name}\"/></resource>"
                );
                let document = document(name, basic);
                parts += &format!("--L1st\r\nContent-ID: <{name}>\r\nContent-Type: {PIDF}\r\n\r\n{document}\r\n");
            }
            None => resources += &format!("<resource uri=\"sip:{name}@example.test\"/>"),
        }
    }
    format!(
        "--L1st\r\nContent-ID: <r>\r\nContent-Type: application/rlmi+xml\r\n\r\n<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" \
         uri=\"sip:list@example.test\" version=\"{version}\" fullState=\"{full}\">{resources}</list>\r\n{parts}--L1st--\r\n"
    )
}

/// Who was said to be how, and whether it was said to be stale.
fn seen(world: &mut World) -> Vec<(String, Availability, bool)> {
    let presence = |event: Event| match event {
        Event::Presence { who, now: Presence { availability, stale, .. } } => Some((who.user().to_owned(), availability, stale)),
        _ => None,
    };
    world.take_events().into_iter().filter_map(presence).collect()
}

fn signed_in(settings: SipSettings) -> World {
    let mut world = World::new(settings);
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    world.take_events();
    world
}

fn accept(world: &mut World, subscribe: &Message) {
    world.answer(subscribe, 200, &["Expires: 3600", "Contact: <sip:203.0.113.5:5061;transport=tls>"]);
}

/// Signed in with bob on the roster and his subscription active.
fn watching_bob() -> (World, Message) {
    let mut world = signed_in(SipSettings { roster: roster(&["bob"]), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    accept(&mut world, &subscribe);
    world.notify(&subscribe, "n", 1, "active;expires=3600", Some((PIDF, &document("bob", "open"))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Online, false)]);
    (world, subscribe)
}

fn own(chosen: Availability) -> Command {
    Command::SetPresence(OwnPresence { chosen, ..OwnPresence::default() })
}

#[test]
fn publication_life() {
    let mut world = World::new(settings());
    world.publishes = true;
    world.command(own(Availability::Busy)).unwrap();
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let initial = world.expect("PUBLISH");
    assert!(initial.header("SIP-If-Match").is_none());
    assert!(String::from_utf8_lossy(&initial.body).contains("<rpid:busy/>"));
    world.expect("SUBSCRIBE");
    world.take_events();
    world.command(own(Availability::Away)).unwrap();
    world.command(own(Availability::OnThePhone)).unwrap();
    world.nothing_sent();
    world.answer(&initial, 200, &["SIP-ETag: a.1", "Expires: 1800"]);
    let modify = world.expect("PUBLISH");
    assert_eq!(modify.header("SIP-If-Match").unwrap(), "a.1");
    assert!(String::from_utf8_lossy(&modify.body).contains("on-the-phone"), "only the newest");
    assert_eq!(modify.cseq().unwrap().number, 2);
    world.answer(&modify, 200, &["SIP-ETag: a.2", "Expires: 1800"]);
    assert!(world.take_events().contains(&Event::OwnPresence(Availability::OnThePhone)));
    world.command(own(Availability::OnThePhone)).unwrap();
    world.nothing_sent();
    world.seconds(100);
    world.sent.clear();
    let refresh = loop {
        world.seconds(10);
        if let Some(message) = world.take() {
            if message.method().unwrap().as_str() == "PUBLISH" {
                break message;
            }
            if message.method().unwrap().as_str() == "REGISTER" {
                world.answer(&message, 200, &[]);
            }
        }
    };
    assert_eq!(refresh.header("SIP-If-Match").unwrap(), "a.2");
    assert_eq!(refresh.header("Expires").unwrap(), "3600");
    assert!(refresh.body.is_empty() && !refresh.headers.has("Content-Type"));
    world.answer(&refresh, 412, &[]);
    let again = world.expect("PUBLISH");
    assert!(again.header("SIP-If-Match").is_none() && !again.body.is_empty());
}

/// Signed in, with the first PUBLISH unanswered.
fn publishing() -> (World, Message) {
    let mut world = World::new(settings());
    world.publishes = true;
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let initial = world.expect("PUBLISH");
    assert!(String::from_utf8_lossy(&initial.body).contains("<basic>open</basic>"));
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    (world, initial)
}

fn published() -> World {
    let (mut world, initial) = publishing();
    world.answer(&initial, 200, &["SIP-ETag: a.1", "Expires: 3600"]);
    world.take_events();
    world
}

#[test]
fn a_server_error_to_an_entity_tag_is_a_lost_tag() {
    let mut world = published();
    world.command(own(Availability::Busy)).unwrap();
    let modify = world.expect("PUBLISH");
    world.answer(&modify, 500, &[]);
    let initial = world.expect("PUBLISH");
    assert!(initial.header("SIP-If-Match").is_none());
    world.answer(&initial, 500, &[]);
    world.nothing_sent();
    world.seconds(125);
    world.expect("PUBLISH");
}

#[test]
fn too_brief_a_publication() {
    let (mut world, initial) = publishing();
    world.answer(&initial, 423, &["Min-Expires: 7200"]);
    let again = world.expect("PUBLISH");
    assert_eq!(again.header("Expires").unwrap(), "7200");
    assert!(!again.body.is_empty());
}

#[test]
fn a_server_without_publication_is_left_alone() {
    for code in [405, 489, 501, 403, 404, 415] {
        let (mut world, initial) = publishing();
        world.take_events();
        world.answer(&initial, code, &[]);
        assert!(world.events.iter().any(|e| matches!(e, Event::Notice { code: "publish-refused", .. })), "{code}");
        let Some(Event::Capabilities(found)) = world.events.iter().find(|e| matches!(e, Event::Capabilities(_))) else {
            panic!()
        };
        assert!(!found.publish);
        world.command(own(Availability::Busy)).unwrap();
        world.nothing_sent();
    }
}

#[test]
fn an_entity_tag_outlives_the_link() {
    let mut world = published();
    world.cut();
    world.seconds(3);
    world.link_up();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let modify = world.expect("PUBLISH");
    assert_eq!(modify.header("SIP-If-Match").unwrap(), "a.1");
    assert!(!modify.body.is_empty());
}

#[test]
fn appearing_offline_is_published_as_closed() {
    let mut world = published();
    world.command(own(Availability::Offline)).unwrap();
    let modify = world.expect("PUBLISH");
    assert!(String::from_utf8_lossy(&modify.body).contains("<basic>closed</basic>"));
}

#[test]
fn presence_of_one_person() {
    let (mut world, subscribe) = watching_bob();
    world.notify(&subscribe, "n", 2, "active;expires=3500", Some((PIDF, &document("bob", "closed"))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Offline, false)]);
    world.notify(&subscribe, "n", 1, "active", Some((PIDF, &document("bob", "open"))));
    world.expect_answer(500);
    world.notify(&subscribe, "other", 9, "active", Some((PIDF, &document("bob", "open"))));
    world.expect_answer(481);
    world.notify(&subscribe, "n", 3, "active", Some((PIDF, &document("carol", "open"))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [], "a document about somebody else says nothing");
    world.notify(&subscribe, "n", 4, "active", None);
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Unknown, false)], "no document: nothing is known");
}

#[test]
fn the_first_notification_may_come_before_the_answer() {
    let mut world = signed_in(SipSettings { roster: roster(&["bob"]), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    world.notify(&subscribe, "early", 1, "active;expires=3600", Some((PIDF, &document("bob", "open"))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Online, false)]);
    let late = String::from_utf8(world.answer_bytes(&subscribe, 200, &["Expires: 60", "Contact: <sip:203.0.113.5>"])).unwrap();
    let to = subscribe.header("To").unwrap();
    let late =
        late.lines().map(|l| if l.starts_with("To:") { format!("To: {to};tag=early") } else { l.to_owned() }).collect::<Vec<_>>();
    world.feed((late.join("\r\n") + "\r\n\r\n").as_bytes());
    world.seconds(55);
    let refresh = world.expect("SUBSCRIBE");
    assert_eq!(refresh.call_id(), subscribe.call_id());
    assert_eq!(refresh.cseq().unwrap().number, 2);
    assert_eq!(refresh.to().unwrap().tag().as_deref(), Some("early"));
}

#[test]
fn refresh_and_its_answers() {
    let (mut world, subscribe) = watching_bob();
    let refresh = next(&mut world, "SUBSCRIBE");
    assert_eq!(refresh.call_id(), subscribe.call_id());
    assert_eq!(refresh.header("Expires").unwrap(), "3600");
    accept(&mut world, &refresh);
    world.take_events();
    world.notify(&refresh, "n", 2, "active;expires=3600", None);
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [], "nothing new in answer to a refresh");
    let refresh = next(&mut world, "SUBSCRIBE");
    world.take_events();
    world.answer(&refresh, 481, &[]);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Online, true)]);
    world.seconds(5);
    let anew = world.expect("SUBSCRIBE");
    assert_ne!(anew.call_id(), subscribe.call_id());
    assert!(anew.to().unwrap().tag().is_none());
}

/// The next request of a method, with registrations answered on the way.
fn next(world: &mut World, method: &str) -> Message {
    for _ in 0..100_000 {
        match world.take() {
            Some(message) if message.method().is_some_and(|m| m.as_str() == method) => return message,
            Some(message) if message.method().is_some_and(|m| m.as_str() == "REGISTER") => world.answer(&message, 200, &[]),
            Some(_) => {}
            None => world.seconds(1),
        }
    }
    panic!("no {method}");
}

#[test]
fn a_refresh_without_answer_keeps_what_stands() {
    let (mut world, _) = watching_bob();
    let refresh = next(&mut world, "SUBSCRIBE");
    world.answer(&refresh, 503, &[]);
    world.take_events();
    let again = next(&mut world, "SUBSCRIBE");
    assert_eq!(again.call_id(), refresh.call_id());
    assert_eq!(seen(&mut world), []);
}

#[test]
fn ends_and_what_follows() {
    let unknown = Some(Availability::Unknown);
    let table = [
        ("terminated;reason=deactivated", Some((1, 5)), Some(Availability::Online)),
        ("terminated;reason=timeout", Some((1, 5)), Some(Availability::Online)),
        ("terminated;reason=probation;retry-after=100", Some((100, 121)), Some(Availability::Online)),
        ("terminated;reason=giveup;retry-after=200", Some((200, 241)), Some(Availability::Online)),
        ("terminated;reason=giveup", Some((1, 5)), Some(Availability::Online)),
        ("terminated", Some((1, 5)), Some(Availability::Online)),
        ("terminated;reason=news", Some((1, 5)), Some(Availability::Online)),
        ("terminated;reason=rejected", None, unknown),
        ("terminated;reason=noresource", None, unknown),
        ("terminated;reason=invariant", None, None),
    ];
    for (state, again, shown) in table {
        let (mut world, subscribe) = watching_bob();
        world.notify(&subscribe, "n", 2, state, None);
        world.expect_answer(200);
        let stale = shown == Some(Availability::Online);
        assert_eq!(seen(&mut world), shown.map(|s| ("bob".to_owned(), s, stale)).into_iter().collect::<Vec<_>>(), "{state}");
        if let Some((least, most)) = again {
            world.pass(std::time::Duration::from_millis(least * 1000 - 100));
            world.nothing_sent();
            world.seconds(most - least + 1);
            let anew = world.expect("SUBSCRIBE");
            assert_ne!(anew.call_id(), subscribe.call_id(), "{state}");
        } else {
            world.seconds(400);
            world.nothing_sent();
        }
    }
}

#[test]
fn waiting_for_a_decision_is_unknown() {
    let mut world = signed_in(SipSettings { roster: roster(&["bob"]), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    world.answer(&subscribe, 202, &["Expires: 3600", "Contact: <sip:203.0.113.5>"]);
    world.notify(&subscribe, "n", 1, "pending;expires=3600", None);
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Unknown, false)]);
    world.notify(&subscribe, "n", 2, "active;expires=3600", Some((PIDF, &document("bob", "open"))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Online, false)]);
}

#[test]
fn timer_n() {
    let mut world = signed_in(SipSettings { roster: roster(&["bob"]), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    accept(&mut world, &subscribe);
    world.seconds(32);
    world.notify(&subscribe, "n", 1, "active", Some((PIDF, &document("bob", "open"))));
    world.expect_answer(481);
    world.seconds(61);
    let anew = world.expect("SUBSCRIBE");
    assert_ne!(anew.call_id(), subscribe.call_id());
}

#[test]
fn many_people_are_paced() {
    let names: Vec<String> = (0..100).map(|n| format!("u{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = signed_in(SipSettings { roster: roster(&names), subscribe_rate: 10, ..settings() });
    assert_eq!(world.sent.len(), 10);
    world.seconds(1);
    assert_eq!(world.sent.len(), 20);
    world.seconds(2);
    assert_eq!(world.sent.len(), 20, "no more than twenty unanswered");
    assert_eq!(world.last_phase(), SignInPhase::Online);
    for _ in 0..5 {
        let subscribe = world.expect("SUBSCRIBE");
        accept(&mut world, &subscribe);
    }
    assert_eq!(world.sent.len(), 20);
}

#[test]
fn a_server_without_presence_is_not_asked_for_everybody() {
    let names: Vec<String> = (0..100).map(|n| format!("u{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = signed_in(SipSettings { roster: roster(&names), ..settings() });
    let mut asked = 0;
    while let Some(subscribe) = world.take() {
        asked += 1;
        world.answer(&subscribe, 489, &[]);
    }
    assert!(asked <= 25, "{asked}");
    assert!(world.events.iter().any(|e| matches!(e, Event::Notice { code: "presence-unsupported", .. })));
    world.seconds(60);
    world.nothing_sent();
}

fn with_lists(names: &[&str], adhoc: bool, stored: bool) -> SipSettings {
    SipSettings {
        roster: roster(names),
        adhoc_list_uri: adhoc.then(|| "sip:rls@example.test".to_owned()),
        list_uri: stored.then(|| "sip:alice-list@example.test".to_owned()),
        ..settings()
    }
}

#[test]
fn one_subscription_for_the_list() {
    let mut world = signed_in(with_lists(&["bob", "carol", "dave"], false, true));
    let subscribe = world.expect("SUBSCRIBE");
    assert_eq!(subscribe.uri(), "sip:alice-list@example.test");
    assert!(subscribe.headers.lists_token("Supported", "eventlist"));
    accept(&mut world, &subscribe);
    world.notify(
        &subscribe,
        "n",
        1,
        "active;expires=3600",
        Some((LIST, &list(0, true, &[("bob", None), ("carol", None), ("eve", Some("open"))]))),
    );
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Unknown, false), ("carol".into(), Availability::Unknown, false)]);
    let single = world.expect("SUBSCRIBE");
    assert_eq!(single.uri(), "sip:dave@example.test", "who is not on the list is asked for alone");
    world.notify(&subscribe, "n", 2, "active;expires=3600", Some((LIST, &list(1, false, &[("bob", Some("open"))]))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Online, false)]);
    world.notify(&subscribe, "n", 3, "active;expires=3600", Some((LIST, &list(5, false, &[("carol", Some("open"))]))));
    world.expect_answer(200);
    let refresh = world.expect("SUBSCRIBE");
    assert_eq!(refresh.call_id(), subscribe.call_id(), "a gap: full state is asked for");
    accept(&mut world, &refresh);
    world.notify(&subscribe, "n", 4, "active;expires=3600", Some((LIST, &list(9, false, &[("carol", Some("closed"))]))));
    world.expect_answer(200);
    world.nothing_sent();
    assert_eq!(seen(&mut world).last().unwrap(), &("carol".to_owned(), Availability::Offline, false));
}

#[test]
fn a_list_that_is_none_is_left() {
    for (code, notify) in [(404, false), (489, false), (403, false), (200, true)] {
        let mut world = signed_in(with_lists(&["bob"], false, true));
        let subscribe = world.expect("SUBSCRIBE");
        if notify {
            accept(&mut world, &subscribe);
            world.notify(&subscribe, "n", 1, "active;expires=3600", None);
            world.expect_answer(200);
            let end = world.expect("SUBSCRIBE");
            assert_eq!(end.header("Expires").unwrap(), "0");
        } else {
            world.answer(&subscribe, code, &[]);
        }
        let single = world.expect("SUBSCRIBE");
        assert_eq!(single.uri(), "sip:bob@example.test", "{code}");
    }
}

#[test]
fn from_the_list_in_the_request_down_to_single_people() {
    let mut world = signed_in(with_lists(&["bob", "carol"], true, true));
    let adhoc = world.expect("SUBSCRIBE");
    assert!(adhoc.headers.lists_token("Require", "recipient-list-subscribe"));
    world.answer(&adhoc, 420, &["Unsupported: recipient-list-subscribe"]);
    let stored = world.expect("SUBSCRIBE");
    assert!(!stored.headers.has("Require") && stored.body.is_empty());
    world.answer(&stored, 404, &[]);
    let mut people: Vec<String> = (0..2).map(|_| world.expect("SUBSCRIBE").uri().to_owned()).collect();
    people.sort();
    assert_eq!(people, ["sip:bob@example.test", "sip:carol@example.test"]);
}

#[test]
fn contacts_come_and_go() {
    let (mut world, subscribe) = watching_bob();
    world.command(Command::PutContact { address: who("carol"), name: String::new(), groups: vec![] }).unwrap();
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:carol@example.test");
    world.command(Command::PutContact { address: who("bob"), name: "Bob".into(), groups: vec![] }).unwrap();
    world.nothing_sent();
    world.command(Command::Watch(vec![who("bob"), who("dave")])).unwrap();
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:dave@example.test");
    world.command(Command::RemoveContact(who("carol"))).unwrap();
    world.nothing_sent();
    world.command(Command::RemoveContact(who("bob"))).unwrap();
    world.nothing_sent();
    world.notify(&subscribe, "n", 2, "active", Some((PIDF, &document("bob", "closed"))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Offline, false)], "still watched as a guest");
}

fn winfo(version: u32, state: &str, rows: &[(&str, &str, &str)]) -> String {
    let rows: String = rows
        .iter()
        .map(|(id, status, who)| {
            format!("<watcher id=\"{id}\" event=\"subscribe\" status=\"{status}\">sip:{who}@example.test</watcher>")
        })
        .collect();
    format!(
        "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"{version}\" state=\"{state}\">\
         <watcher-list resource=\"sip:alice@example.test\" package=\"presence\">{rows}</watcher-list></watcherinfo>"
    )
}

#[test]
fn watchers() {
    let mut world = World::new(settings());
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    let subscribe = world.expect("SUBSCRIBE");
    assert_eq!(
        (subscribe.uri(), subscribe.header("Accept").unwrap()),
        ("sip:alice@example.test", "application/watcherinfo+xml".into())
    );
    accept(&mut world, &subscribe);
    world.take_events();
    let told = |world: &mut World| {
        let watcher = |event: Event| match event {
            Event::Watcher { who, state, .. } => Some((who.user().to_owned(), state)),
            _ => None,
        };
        world.take_events().into_iter().filter_map(watcher).collect::<BTreeMap<_, _>>()
    };
    let mut cseq = 0;
    let mut notify = |world: &mut World, body: &str| {
        cseq += 1;
        world.notify(&subscribe, "n", cseq, "active;expires=3600", Some(("application/watcherinfo+xml", body)));
        world.expect_answer(200);
    };
    notify(&mut world, &winfo(0, "full", &[("1", "pending", "bob"), ("2", "active", "carol"), ("3", "waiting", "dave")]));
    let expected = [("bob", WatcherState::Pending), ("carol", WatcherState::Active), ("dave", WatcherState::Pending)];
    assert_eq!(told(&mut world), expected.map(|(who, state)| (who.to_owned(), state)).into());
    notify(&mut world, &winfo(1, "partial", &[("1", "active", "bob"), ("2", "terminated", "carol")]));
    let expected = [("bob", WatcherState::Active), ("carol", WatcherState::Terminated)];
    assert_eq!(told(&mut world), expected.map(|(who, state)| (who.to_owned(), state)).into());
    notify(&mut world, &winfo(1, "partial", &[("1", "pending", "bob")]));
    assert!(told(&mut world).is_empty(), "seen before");
    notify(&mut world, &winfo(4, "partial", &[("9", "pending", "eve")]));
    assert_eq!(told(&mut world).len(), 1);
    world.expect("SUBSCRIBE");
    for hostile in ["<", "<watcherinfo/>", "\u{0}", "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"] {
        notify(&mut world, hostile);
    }
    assert!(world.take_events().is_empty());
}

#[test]
fn ten_thousand_contacts() {
    let mut many = Roster::default();
    for n in 0..10_000 {
        many.put(crate::model::Contact::new(who(&format!("u{n}"))));
    }
    let mut world = signed_in(SipSettings { roster: many, list_uri: Some("sip:l@example.test".into()), ..settings() });
    let subscribe = world.expect("SUBSCRIBE");
    accept(&mut world, &subscribe);
    let names: Vec<String> = (0..10_000).map(|n| format!("u{n}")).collect();
    let people: Vec<(&str, Option<&str>)> = names.iter().map(|n| (n.as_str(), None)).collect();
    world.notify(&subscribe, "n", 1, "active;expires=3600", Some((LIST, &list(0, true, &people))));
    world.expect_answer(200);
    assert_eq!(seen(&mut world).len(), 10_000);
    world.nothing_sent();
}

#[test]
fn people_added_while_the_list_is_awaited_are_not_asked_for_twice() {
    let mut world = signed_in(SipSettings { list_uri: Some("sip:list@example.test".into()), ..settings() });
    for name in ["bob", "carol", "dave"] {
        let (address, name, groups) = (who(name), String::new(), Vec::new());
        world.command(Command::PutContact { address, name, groups }).unwrap();
    }
    let subscribe = world.expect("SUBSCRIBE");
    assert_eq!(subscribe.uri(), "sip:list@example.test");
    world.nothing_sent(); // one list for all
    world.answer(&subscribe, 200, &["Contact: <sip:rls@192.0.2.1;transport=tls>"]);
    let body = list(0, true, &[("bob", Some("open")), ("carol", None)]);
    world.notify(&subscribe, "n", 1, "active;expires=3600", Some((LIST, &body)));
    world.expect_answer(200);
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:dave@example.test", "the list does not hold dave");
    world.nothing_sent();
}

/// The link to the documents comes up; there are none, and what is written is answered so.
fn serve_documents(world: &mut World, written: &str) {
    let sip = world.link;
    world.link_up();
    let is_http = |bytes: &Vec<u8>| bytes.starts_with(b"GET ") || bytes.starts_with(b"PUT ");
    while let Some(request) = world.sent.iter().position(is_http).and_then(|at| world.sent.remove(at)) {
        let status = if request.starts_with(b"GET ") { "404 Not Found" } else { written };
        world.feed(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes());
    }
    world.link = sip;
}

/// Signed in with a server for documents, which has none and takes all; the SUBSCRIBE that follows.
fn with_documents() -> (World, Message) {
    let mut world =
        World::new(SipSettings { xcap_root: Some("http://127.0.0.1:1/x".into()), roster: roster(&["bob"]), ..settings() });
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    world.nothing_sent(); // nobody is asked for before the list is stored
    serve_documents(&mut world, "201 Created");
    let subscribe = world.expect("SUBSCRIBE");
    assert_eq!(subscribe.uri(), "sip:alice-chinwag-contacts@example.test");
    (world, subscribe)
}

#[test]
fn a_list_of_our_own_making_is_subscribed_to_once_it_is_stored() {
    let (mut world, subscribe) = with_documents();
    accept(&mut world, &subscribe);
    let body = list(0, true, &[("bob", Some("open"))]);
    world.notify(&subscribe, "n", 1, "active;expires=3600", Some((LIST, &body)));
    world.expect_answer(200);
    world.nothing_sent();
    assert_eq!(seen(&mut world), [("bob".into(), Availability::Online, false)]);
}

#[test]
fn a_server_that_takes_our_list_for_a_person_is_asked_for_each() {
    let (mut world, subscribe) = with_documents();
    accept(&mut world, &subscribe);
    world.notify(&subscribe, "n", 1, "pending;expires=3600", None);
    world.expect_answer(200);
    assert_eq!(world.expect("SUBSCRIBE").header("Expires").unwrap(), "0");
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:bob@example.test");
    // Nor is a server waited for that answers and then says nothing.
    let (mut world, subscribe) = with_documents();
    accept(&mut world, &subscribe);
    let (next, after) = world.until("SUBSCRIBE");
    assert_eq!(next.uri(), "sip:bob@example.test");
    assert!(after <= 33, "{after}");
}

#[test]
fn without_answer_from_the_documents_people_are_asked_for_one_by_one() {
    let mut world = World::new(SipSettings {
        xcap_root: Some("http://127.0.0.1:1/x".into()),
        roster: roster(&["bob", "carol"]),
        ..settings()
    });
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    world.nothing_sent();
    let (single, after) = world.until("SUBSCRIBE");
    assert_eq!((single.uri(), after), ("sip:bob@example.test", 2));
    assert_eq!(world.expect("SUBSCRIBE").uri(), "sip:carol@example.test");
}

#[test]
fn changes_to_documents_are_confirmed_and_waited_for() {
    let carol = || Command::PutContact { address: who("carol"), name: String::new(), groups: Vec::new() };
    let told = |world: &World| {
        let confirmed = world.events.contains(&Event::ListsConfirmed);
        (confirmed, world.events.iter().any(|e| matches!(e, Event::Notice { code: "lists-unconfirmed", .. })))
    };
    for (written, expected) in [("200 OK", (true, false)), ("403 Forbidden", (false, true))] {
        let (mut world, _) = with_documents();
        world.command(carol()).unwrap();
        world.command(Command::ConfirmLists).unwrap();
        assert_eq!(told(&world), (false, false), "it shows, but nobody has it yet");
        serve_documents(&mut world, written);
        assert_eq!(told(&world), expected, "{written}");
        // What the server does not take any more would be gone at the next sign-in.
        let again = world.command(carol());
        assert_eq!(matches!(again, Err(crate::backend::Refused::Unknown(_))), written == "403 Forbidden", "{again:?}");
    }
    // Signing out waits a moment for them, too.
    let leaves = |world: &World| world.sent.iter().any(|bytes| bytes.starts_with(b"REGISTER"));
    let (mut world, _) = with_documents();
    world.command(carol()).unwrap();
    world.command(Command::SignOut).unwrap();
    assert!(!leaves(&world));
    serve_documents(&mut world, "200 OK");
    assert!(leaves(&world));
    assert_eq!(told(&world), (false, false));
    let (mut world, _) = with_documents();
    world.command(carol()).unwrap();
    world.command(Command::SignOut).unwrap();
    world.seconds(1);
    assert!(leaves(&world));
    assert_eq!(told(&world), (false, true));
}
