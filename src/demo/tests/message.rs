//! Messages: to one device, to several, to nobody yet.

use std::time::Duration;

use super::*;
use crate::demo::accounts::Handling;
use crate::demo::server::MessageFate;
use crate::model::Address;

fn bob() -> Address {
    Address::parse("bob@example.test").unwrap()
}

fn text_to_bob(text: &str) -> String {
    format!(
        "MESSAGE sip:bob@example.test SIP/2.0
        From: \"Alice\" <sip:alice@example.test>;tag=m1
        To: <sip:bob@example.test>
        Content-Type: text/plain\n\n{text}"
    )
}

/// Both signed in by one link each.
fn pair() -> (Wire, Flow, Flow) {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.register(alice, "alice");
    wire.register(bob, "bob");
    (wire, alice, bob)
}

#[test]
fn passes_through_like_a_proxy() {
    let (mut wire, alice, bob) = pair();
    let via = "Via: SIP/2.0/TCP client.test;branch=z9hG4bKmine;rport";
    wire.send(
        alice,
        &with_header(&text_to_bob("hello"), &format!("{via}\nMax-Forwards: 70\nProxy-Authorization: Digest x=\"y\"")),
    );
    let request = wire.take_one(bob);
    assert_eq!(request.uri(), "sip:bob@client.test:5070;transport=tcp");
    assert_eq!(request.body, "hello");
    assert_eq!(request.header("Max-Forwards").as_deref(), Some("69"));
    assert!(!request.headers.has("Proxy-Authorization"));
    let vias = request.headers.list("Via");
    assert_eq!(vias.len(), 2);
    assert!(vias[1].contains("z9hG4bKmine") && vias[1].contains("received=192.0.2.11"), "{vias:?}");
    wire.answer(bob, &request, 200);
    let response = wire.take_one(alice);
    assert_eq!(response.status(), Some(200));
    assert_eq!(response.headers.list("Via").len(), 1);
    assert!(response.header("Via").unwrap().contains("z9hG4bKmine"));
    assert!(response.header("To").unwrap().ends_with(";tag=device"));
}

#[test]
fn refusals_of_the_recipient_come_through() {
    let (mut wire, alice, bob) = pair();
    wire.send(alice, &text_to_bob("hello"));
    let request = wire.take_one(bob);
    let mut response = Message::response_to(&request, 415);
    response.headers.push("Accept", "text/html");
    wire.answer_with(bob, &response);
    let answer = wire.take_one(alice);
    assert_eq!((answer.status(), answer.header("Accept").as_deref()), (Some(415), Some("text/html")));
}

#[test]
fn first_yes_of_several_devices_wins() {
    let (mut wire, alice, desk) = pair();
    let phone = wire.tcp(3);
    wire.ask(phone, &registration("bob").replace("client.test", "phone.test"));
    wire.send(alice, &text_to_bob("hello"));
    let (at_desk, at_phone) = (wire.take_one(desk), wire.take_one(phone));
    wire.answer(desk, &at_desk, 480);
    assert_eq!(wire.take(alice), []);
    wire.answer(phone, &at_phone, 200);
    assert_eq!(wire.take_one(alice).status(), Some(200));

    wire.send(alice, &text_to_bob("again"));
    let (at_desk, at_phone) = (wire.take_one(desk), wire.take_one(phone));
    wire.answer(desk, &at_desk, 200);
    wire.answer(phone, &at_phone, 200);
    assert_eq!(wire.take_one(alice).status(), Some(200));

    wire.send(alice, &text_to_bob("no"));
    let (at_desk, at_phone) = (wire.take_one(desk), wire.take_one(phone));
    wire.answer(desk, &at_desk, 500);
    wire.answer(phone, &at_phone, 603);
    assert_eq!(wire.take_one(alice).status(), Some(603));
}

#[test]
fn kept_for_who_is_away_and_delivered_in_order() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    for text in ["one", "two"] {
        assert_eq!(wire.ask(alice, &text_to_bob(text)).status(), Some(202));
        wire.wait(Duration::from_mins(1));
    }
    wire.register(bob, "bob");
    let first = wire.take_one(bob);
    assert_eq!(first.body, "one");
    assert_eq!(first.header("Date").as_deref(), Some("Sun, 22 Nov 2026 19:40:00 GMT"));
    assert_eq!(first.header("From").as_deref(), Some("\"Alice\" <sip:alice@example.test>;tag=m1"));
    wire.answer(bob, &first, 200);
    let second = wire.take_one(bob);
    assert_eq!((second.body.as_ref(), second.header("Date").unwrap().as_str()), (&b"two"[..], "Sun, 22 Nov 2026 19:41:00 GMT"));
    wire.answer(bob, &second, 200);
    assert_eq!(wire.take(bob), []);
}

#[test]
fn a_delivery_cut_short_starts_again() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.ask(alice, &text_to_bob("one"));
    wire.register(bob, "bob");
    assert_eq!(wire.take_one(bob).body, "one");
    wire.cut(bob);
    let back = wire.tcp(3);
    wire.register(back, "bob");
    assert_eq!(wire.take_one(back).body, "one");
}

#[test]
fn typing_is_never_kept() {
    let mut wire = open();
    let alice = wire.tcp(1);
    let typing = text_to_bob("<isComposing/>").replace("text/plain", "application/im-iscomposing+xml");
    assert_eq!(wire.ask(alice, &typing).status(), Some(480));
    assert_eq!(wire.server.store.count(&bob()), 0);
}

#[test]
fn a_full_store_says_so() {
    let mut wire = Wire::new(|config| {
        config.features = Features::without(&[Feature::Digest, Feature::Ntlm]);
        config.limits.stored_messages = 1;
    });
    let alice = wire.tcp(1);
    assert_eq!(wire.ask(alice, &text_to_bob("one")).status(), Some(202));
    assert_eq!(wire.ask(alice, &text_to_bob("two")).status(), Some(480));
}

#[test]
fn no_such_user_no_more_hops_too_long() {
    let (mut wire, alice, _) = pair();
    assert_eq!(wire.ask(alice, &text_to_bob("x").replace("sip:bob@", "sip:nobody@")).status(), Some(404));
    assert_eq!(wire.ask(alice, &with_header(&text_to_bob("x"), "Max-Forwards: 0")).status(), Some(483));
    assert_eq!(wire.ask(alice, &text_to_bob(&"x".repeat(65 * 1024))).status(), Some(513));
}

#[test]
fn blocked_people_are_refused() {
    let (mut wire, alice, bob_flow) = pair();
    let limits = wire.server.config.limits.clone();
    for (handling, code) in [(Handling::Block, 403), (Handling::PoliteBlock, 480)] {
        let account = wire.server.accounts.of_mut(&bob()).unwrap();
        account.decide(Address::parse("alice@example.test").unwrap(), Some(handling), &limits).unwrap();
        assert_eq!(wire.ask(alice, &text_to_bob("x")).status(), Some(code));
        assert_eq!(wire.take(bob_flow), []);
    }
}

#[test]
fn a_link_lost_before_the_answer_leaves_the_fate_open() {
    let (mut wire, alice, bob_flow) = pair();
    wire.send(alice, &text_to_bob("x"));
    wire.take_one(bob_flow);
    wire.cut(bob_flow);
    // RFC 4320 section 4.2: no 408. The sender's own timer tells that nobody knows.
    assert_eq!(wire.take(alice), []);
    assert_eq!(wire.server.store.count(&bob()), 0, "it may have arrived: not sent twice");
    assert!(matches!(wire.logs.last(), Some(ServerLog::Message { fate: MessageFate::Unknown, .. })));
}

#[test]
fn asked_for_a_password_like_a_proxy() {
    let mut wire = Wire::new(|_| {});
    let alice = wire.tcp(1);
    let response = wire.ask(alice, &text_to_bob("x"));
    assert_eq!((response.status(), response.headers.has("Proxy-Authenticate")), (Some(407), true));
    assert_eq!(wire.ask_signed(alice, &text_to_bob("x"), "alice", "secret-a").status(), Some(202));
    assert_eq!(wire.ask_signed(alice, &text_to_bob("x"), "bob", "secret-b").status(), Some(403), "From is not bob");
}

/// The receiver had it already, and only its answer was lost: it must be able to tell.
#[test]
fn what_is_handed_over_again_is_the_same_message() {
    let mut wire = open();
    let (alice, bob) = (wire.tcp(1), wire.tcp(2));
    wire.ask(alice, &text_to_bob("one"));
    wire.register(bob, "bob");
    let first = wire.take_one(bob);
    wire.cut(bob);
    let back = wire.tcp(3);
    wire.register(back, "bob");
    let again = wire.take_one(back);
    let name = |message: &Message| (message.call_id(), message.cseq().unwrap().number, message.header("From"));
    assert_eq!(name(&first), name(&again));
}
