//! The personas as their visitor meets them, on the wire.

use std::time::Duration;

use super::presence::subscribe;
use super::*;
use crate::demo::DefaultHandling;
use crate::demo::accounts::Handling;
use crate::formats::winfo::{self, Status};
use crate::formats::{iscomposing, pidf};
use crate::model::Address;

/// Alice signed in among the personas, without Digest.
fn visit(seed: u8) -> (Wire, Flow) {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.users.truncate(1);
        config.seed = [seed; 32];
        config.personas = true;
        config.default_handling = DefaultHandling::Confirm;
    });
    let alice = wire.tcp(1);
    wire.register(alice, "alice");
    (wire, alice)
}

/// Lets time pass, answering every request; all requests in order.
fn live(wire: &mut Wire, flow: Flow, time: Duration) -> Vec<Message> {
    let end = wire.now + time;
    let mut seen = Vec::new();
    while wire.now < end {
        for request in wire.take(flow).into_iter().filter(|m| m.method().is_some()) {
            wire.answer(flow, &request, 200);
            seen.push(request);
        }
        wire.wait(Duration::from_millis(100));
    }
    seen
}

#[test]
fn somebody_types_then_greets_by_name() {
    let (mut wire, alice) = visit(1);
    let seen = live(&mut wire, alice, Duration::from_secs(6));
    let typing = seen.iter().find(|m| m.content_type() == iscomposing::MEDIA_TYPE).unwrap();
    assert_eq!(iscomposing::read(&typing.body).unwrap().state, iscomposing::State::Active);
    let text = seen.iter().find(|m| m.content_type() == "text/plain").unwrap();
    assert_eq!(text.from().unwrap().display, "Bob Marlowe");
    assert!(String::from_utf8_lossy(&text.body).contains("Alice"));
}

#[test]
fn they_answer() {
    let (mut wire, alice) = visit(1);
    live(&mut wire, alice, Duration::from_secs(6));
    let hello = "MESSAGE sip:carol@example.test SIP/2.0\nFrom: <sip:alice@example.test>;tag=1\nTo: <sip:carol@example.test>\n\
                 Content-Type: text/plain\n\nthanks for the pictures";
    wire.send(alice, hello);
    let response = wire.take(alice).into_iter().find(|m| m.status().is_some()).unwrap();
    assert_eq!(response.status(), Some(200));
    let seen = live(&mut wire, alice, Duration::from_secs(8));
    assert!(seen.iter().any(|m| m.content_type() == "text/plain" && m.from().unwrap().uri.user() == Some("carol")), "{seen:?}");
}

#[test]
fn their_presence_is_seen_and_changes() {
    let (mut wire, alice) = visit(1);
    wire.send(alice, &subscribe("alice", "dave", ""));
    let seen = live(&mut wire, alice, Duration::from_secs(4));
    let states: Vec<bool> =
        seen.iter().filter(|m| m.header("Event").is_some()).map(|m| pidf::read(&m.body).unwrap().is_open()).collect();
    assert_eq!(states, [false, true], "dave comes in");
}

#[test]
fn the_newcomer_waits_to_be_let_in_and_is_glad() {
    let (mut wire, alice) = visit(1);
    wire.send(alice, &subscribe("alice", "alice", "Event: presence.winfo"));
    let seen = live(&mut wire, alice, Duration::from_millis(300));
    let info = winfo::read(&seen.iter().find(|m| m.header("Event").is_some()).unwrap().body).unwrap();
    let pending: Vec<_> = info.lists[0].watchers.iter().filter(|w| w.status == Status::Pending).map(|w| w.uri.as_str()).collect();
    assert_eq!(pending, ["sip:nora@example.test"]);
    assert_eq!(info.lists[0].watchers.len(), 10);
    let (me, nora) = (Address::parse("alice@example.test").unwrap(), Address::parse("nora@example.test").unwrap());
    wire.server.decide(&me, nora, Some(Handling::Allow), wire.now).unwrap();
    let seen = live(&mut wire, alice, Duration::from_secs(5));
    assert!(seen.iter().any(|m| String::from_utf8_lossy(&m.body).contains("letting me in, Alice")), "{seen:?}");
}

#[test]
fn the_same_seed_sends_the_same_bytes() {
    let run = |seed| {
        let (mut wire, alice) = visit(seed);
        live(&mut wire, alice, Duration::from_mins(5)).iter().map(Message::to_bytes).collect::<Vec<_>>()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn nobody_signs_in_as_a_persona() {
    let (mut wire, alice) = visit(1);
    assert_eq!(wire.ask(alice, &registration("bob")).status(), Some(403));
}
