//! The exchanges of the protocol document's appendix A with servers of the IETF's kind: A.9 to A.11.

use super::lcs_golden::{assert_like, fixture};
use super::world::{World, roster, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event};
use crate::model::{Availability, Body, Fate, MessageRef, OwnPresence, Presence, Stamp};
use crate::sip::message::{Message, parse_datagram};

macro_rules! wire {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/wire/", $name, ".sip"))
    };
}

fn publish(world: &mut World) -> Message {
    std::iter::from_fn(|| world.take()).find(|m| m.method().is_some_and(|m| m.as_str() == "PUBLISH")).unwrap()
}

/// A.9: published, refreshed, and published anew when the server has forgotten it.
#[test]
fn our_presence() {
    let mut world = World::new(settings());
    world.publishes = true;
    world.command(Command::SetPresence(OwnPresence { chosen: Availability::Busy, ..OwnPresence::default() })).unwrap();
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Expires: 600000"]);
    let names = ["To", "CSeq", "Event", "Expires", "SIP-If-Match", "Content-Type"];
    let first = publish(&mut world);
    assert_like(&first, wire!("a09-1-publish"), &names);
    let states = |message: &Message| {
        let document = crate::formats::pidf::read(&message.body).unwrap();
        (document.entity.clone(), document.tuples[0].basic, document.persons[0].activities.clone())
    };
    assert_eq!(states(&first), states(&parse_datagram(wire!("a09-1-publish").as_bytes()).unwrap()));
    world.feed(&fixture(wire!("a09-2-200"), &first));
    world.seconds(1800 * 3 / 4 - 1);
    assert!(world.take().is_none_or(|m| m.method().is_some_and(|m| m.as_str() != "PUBLISH")));
    let refresh = (0..1800 * 3 / 20 + 2).find_map(|_| {
        world.seconds(1);
        std::iter::from_fn(|| world.take()).find(|m| m.method().is_some_and(|m| m.as_str() == "PUBLISH"))
    });
    let refresh = refresh.unwrap();
    assert_like(&refresh, wire!("a09-3-publish"), &names);
    assert_eq!((refresh.call_id(), refresh.body.len()), (first.call_id(), 0));
    world.feed(&fixture(wire!("a09-4-412"), &refresh));
    let anew = publish(&mut world);
    assert_eq!((anew.header("SIP-If-Match"), states(&anew)), (None, states(&first)));
}

/// A.10: one subscription for several people, the list in the request (RFC 5367).
#[test]
fn several_people() {
    let with_list =
        SipSettings { roster: roster(&["bob", "carol"]), adhoc_list_uri: Some("sip:rls@example.test".into()), ..settings() };
    let mut world = World::online(with_list);
    let asked = world.expect("SUBSCRIBE");
    let names =
        ["To", "CSeq", "Contact", "Event", "Expires", "Require", "Supported", "Accept", "Content-Type", "Content-Disposition"];
    assert_like(&asked, wire!("a10-1-subscribe"), &names);
    assert_eq!(asked.body, parse_datagram(wire!("a10-1-subscribe").as_bytes()).unwrap().body);
    world.feed(&fixture(wire!("a10-2-200"), &asked));
    world.take_events();
    world.feed(&fixture(wire!("a10-3-notify"), &asked));
    world.expect_answer(200);
    let told: Vec<(String, Presence)> = world
        .take_events()
        .into_iter()
        .filter_map(|e| if let Event::Presence { who, now } = e { Some((who.user().to_owned(), now)) } else { None })
        .collect();
    let bob = told.iter().find(|(who, _)| who == "bob").map(|(_, now)| (now.availability, now.note.clone()));
    assert_eq!(bob, Some((Availability::Online, Some("hello".into()))));
    assert!(told.iter().all(|(who, now)| who == "bob" || now.availability == Availability::Unknown), "{told:?}");
}

/// A.11: wrapped messages (RFC 3862), one kept for later, and a notification we did not ask for.
#[test]
fn wrapped_messages() {
    let mut world = World::online(settings());
    world.command(Command::SendText { to: who("bob"), body: Body::plain("Hello, Bob!"), tag: MessageRef(1) }).unwrap();
    let sent = world.expect("MESSAGE");
    assert_like(&sent, wire!("a11-1-message"), &["To", "CSeq"]);
    world.take_events();
    world.feed(&fixture(wire!("a11-2-202"), &sent));
    assert_eq!(world.take_events(), [Event::Delivery { tag: MessageRef(1), fate: Fate::Stored }]);
    // What bob's program would send us of the same kind.
    let came =
        wire!("a11-1-message").replace("sip:bob@", "sip:x@").replace("sip:alice@", "sip:bob@").replace("sip:x@", "sip:alice@");
    world.take_events();
    world.feed(came.as_bytes());
    world.expect_answer(200);
    let [Event::Text { from, body, sent, .. }] = &world.events[..] else { panic!("{:?}", world.events) };
    let at = Stamp::parse_rfc3339("2026-11-22T19:40:00Z");
    assert_eq!((from.user(), body.text.as_str(), *sent), ("bob", "Hello, Bob!", at));
    world.take_events();
    world.feed(wire!("a11-3-message").as_bytes());
    let refused = world.expect_answer(415);
    assert!(refused.headers.lists_token("Accept", "message/cpim"));
    assert_eq!(world.take_events(), []);
}
