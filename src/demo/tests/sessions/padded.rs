//! Messages with as much in their heads as can be sent: who gets them must be able to take them.

use super::*;
use crate::model::Address;

/// A request or response with so many fields and octets more.
fn padded(message: &str, fields: usize, octets: usize) -> String {
    let mut text = message.to_owned();
    for number in 0..fields {
        text = with_header(&text, &format!("X-{number}: y"));
    }
    if octets > 0 { with_header(&text, &format!("X: {}", "y".repeat(octets))) } else { text }
}

/// From little to more than the server can read.
const SIZES: [(usize, usize); 11] =
    [(100, 0), (150, 0), (180, 0), (200, 0), (235, 0), (246, 0), (260, 0), (0, 40_000), (0, 60_000), (0, 65_020), (150, 48_000)];

fn text(body: &str) -> String {
    format!(
        "MESSAGE sip:bob@example.test SIP/2.0
        From: <sip:alice@example.test>;tag=m1
        To: <sip:bob@example.test>
        Content-Type: text/plain\n\n{body}"
    )
}

/// The one answer, and what the other side got.
fn sent(wire: &mut Wire, from: Flow, to: Flow, request: &str) -> (Option<u16>, Vec<Message>) {
    wire.send(from, request);
    let got = wire.take(to);
    for request in &got {
        wire.answer(to, request, 200);
    }
    (wire.take(from).last().and_then(Message::status), got)
}

#[test]
fn a_padded_request_reaches_nobody_who_cannot_take_it() {
    let (mut wire, alice, bob, carol) = three();
    wire.talk(("alice", alice), ("carol", carol), "c1");
    let mut number = 1;
    for (fields, octets) in SIZES {
        let fine = fields <= 180 && octets <= 40_000;
        for (request, other) in [
            (text("hello"), bob),
            (invite("alice", "bob", &format!("{fields}-{octets}")), bob),
            (within("INFO", "alice", "carol", "c1", number + 1, ""), carol),
        ] {
            number += 1;
            let (answer, got) = sent(&mut wire, alice, other, &padded(&request, fields, octets));
            let refusal = if fields > 250 { 400 } else { 513 };
            let expected = if fine { 200 } else { refusal };
            assert_eq!((answer, got.len()), (Some(expected), usize::from(fine)), "{fields} {octets} {request}");
        }
        if fine {
            // The last INVITE was accepted with another's tag.
            wire.take(bob);
        }
    }
    assert_eq!(wire.closed, []);
    wire.send(alice, &padded(&within("ACK", "alice", "carol", "c1", 1, ""), 240, 0));
    assert_eq!(wire.take(carol), [], "an ACK is answered by nobody");
    assert_eq!(sent(&mut wire, alice, bob, &text("in the end")).0, Some(200));
}

#[test]
fn contacts_that_grow_on_the_way_count_as_they_leave() {
    let (mut wire, alice, bob, _) = three();
    let contacts = vec!["<sip:a>;proxy=replace"; 300].join(",");
    let request = with_header(&text("hello"), &format!("Contact: {contacts}"));
    assert_eq!(sent(&mut wire, alice, bob, &request), (Some(513), vec![]));
    wire.talk(("alice", alice), ("bob", bob), "c1");
    let ack = with_header(
        &within("ACK", "alice", "bob", "c1", 1, ""),
        &format!("Contact: {}", vec!["<sip:a>;proxy=replace"; 900].join(",")),
    );
    wire.send(alice, &ack);
    assert_eq!(wire.take(bob), []);
}

#[test]
fn a_padded_message_is_not_kept_for_later() {
    let (mut wire, alice, bob, _) = three();
    wire.cut(bob);
    let content_type = format!("text/plain;x={}", "y".repeat(50_000));
    let long = text("long").replace("text/plain", &content_type);
    assert_eq!(wire.ask(alice, &long).status(), Some(513));
    assert_eq!(wire.ask(alice, &text("short")).status(), Some(202));
    let bob = wire.tcp(9);
    wire.send(bob, &registration("bob"));
    assert_eq!(wire.take(bob).last().unwrap().body, "short");
}

#[test]
fn a_padded_answer_is_a_bad_gateway_and_closes_nothing() {
    for (fields, octets) in SIZES {
        let fine = fields <= 180 && octets <= 40_000;
        let (mut wire, alice, bob, carol) = three();
        wire.talk(("alice", alice), ("carol", carol), "c1");
        for (request, to, flow) in [
            (text("hello"), "bob", bob),
            (within("MESSAGE", "alice", "carol", "c1", 2, "x"), "carol", carol),
            (invite("alice", "bob", "c2"), "bob", bob),
        ] {
            for code in [486, 200] {
                wire.send(alice, &request);
                let got = wire.take_one(flow);
                wire.take(alice);
                let mut answer = Message::response_to(&got, code);
                answer.headers.set("To", format!("<sip:{to}@example.test>;tag={to}1"));
                answer.headers.copy_from(&got.headers, "Record-Route");
                answer.headers.push("Contact", format!("<sip:{to}@client.test:5070;transport=tcp>"));
                for number in 0..fields {
                    answer.headers.push(&format!("X-{number}"), "y");
                }
                if octets > 0 {
                    answer.headers.push("X", "y".repeat(octets));
                }
                wire.answer_with(flow, &answer);
                let back = wire.take_one(alice);
                assert_eq!(back.status(), Some(if fine { code } else { 502 }), "{fields} {octets} {request}");
                let after: Vec<_> = wire.take(flow).iter().filter_map(|m| m.method().map(ToString::to_string)).collect();
                let hung_up = !fine && code == 200 && fields < 250 && request.starts_with("INVITE");
                let refused = code == 486 && request.starts_with("INVITE");
                let expected: &[&str] = if hung_up {
                    &["ACK", "BYE"]
                } else if refused {
                    &["ACK"]
                } else {
                    &[]
                };
                assert_eq!(after, expected, "{fields} {octets} {request}");
            }
        }
        assert_eq!(wire.closed, []);
    }
}

#[test]
fn a_padded_ringing_is_left_out() {
    let (mut wire, alice, bob, _) = three();
    wire.send(alice, &invite("alice", "bob", "c1"));
    let got = wire.take_one(bob);
    wire.take(alice);
    let mut ringing = Message::response_to(&got, 180);
    for _ in 0..240 {
        ringing.headers.push("X", "y");
    }
    wire.answer_with(bob, &ringing);
    assert_eq!(wire.take(alice), []);
    wire.accept(bob, &got, "bob");
    assert_eq!(wire.take_one(alice).status(), Some(200));
}

#[test]
fn who_was_padded_at_is_there_all_the_time() {
    let (mut wire, alice, bob, _) = three();
    for fields in 150..260 {
        sent(&mut wire, alice, bob, &padded(&text("hello"), fields, 0));
    }
    assert_eq!(wire.server.registrar.targets(&Address::parse("bob@example.test").unwrap(), None).len(), 1);
    assert_eq!(wire.closed, []);
}

#[test]
fn a_flood_gets_no_further_than_what_a_device_may_have_to_answer() {
    let (mut wire, alice, bob, carol) = three();
    wire.talk(("alice", alice), ("bob", bob), "c1");
    let long = "x".repeat(60_000);
    let sayings: [&dyn Fn(u32) -> String; 3] =
        [&|_| text(&long), &|number| within("MESSAGE", "alice", "bob", "c1", number, &long), &|number| {
            invite("alice", "bob", &format!("call-{number}")).replace("v=0", &format!("v=0{long}"))
        }];
    for (saying, number) in sayings.into_iter().zip([100, 200, 300]) {
        for number in number..number + 20 {
            wire.send(alice, &saying(number));
        }
        let got = wire.take(bob);
        assert_eq!(got.len(), 8, "of 60,000 octets each");
        let refused = wire.take(alice).iter().filter(|answer| answer.status() == Some(503)).count();
        assert_eq!(refused, 12);
        assert_eq!(wire.ask(carol, &text(&long).replace("alice", "carol")).status(), Some(503));
        for request in &got {
            wire.answer(bob, request, 486);
        }
        wire.take(alice);
        wire.take(bob);
    }
    assert_eq!(sent(&mut wire, carol, bob, &text("hello").replace("alice", "carol")).0, Some(200), "all is over");
    wire.send(alice, &within("BYE", "alice", "bob", "c1", 900, ""));
    assert_eq!(wire.take_one(bob).method(), Some(&Method::Bye));
}

#[test]
fn ringing_without_end_is_told_for_a_while() {
    let (mut wire, alice, bob, _) = three();
    wire.send(alice, &invite("alice", "bob", "c1"));
    let got = wire.take_one(bob);
    wire.take(alice);
    for _ in 0..100 {
        wire.answer(bob, &got, 180);
    }
    assert_eq!(wire.take(alice).len(), 16);
    wire.accept(bob, &got, "bob");
    assert_eq!(wire.take_one(alice).status(), Some(200));
}
