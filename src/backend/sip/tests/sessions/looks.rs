//! How texts look, and what they say in other types of bodies.

use super::super::world::who;
use super::Talk;
use crate::backend::{Command, Event};
use crate::model::{Body, MessageRef, TextStyle};

/// The vector: Tahoma, bold, red.
const MSGR: &str = "WAAtAE0ATQBTAC0ASQBNAC0ARgBvAHIAbQBhAHQAOgAgAEYATgA9AFQAYQBoAG8AbQBhADsAIABFAEYAPQBCADsAIABDAE8APQBmAGYAOwAgAEMAUwA9ADAAOwAgAFAARgA9ADIAMgANAAoADQAKAA";

fn body(talk: &mut Talk) -> Body {
    let text = |event| match event {
        Event::Text { body, .. } => Some(body),
        _ => None,
    };
    talk.world.take_events().into_iter().find_map(text).unwrap()
}

#[test]
fn both_ways() {
    let bold_red = TextStyle { bold: true, colour: Some([0xff, 0, 0]), ..TextStyle::default() };
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    talk.request(&mut leg, "MESSAGE", &[], (&format!("text/plain; charset=UTF-8;msgr={MSGR}"), "x"));
    talk.expect_answer(200);
    assert_eq!(body(&mut talk), Body { style: bold_red, ..Body::plain("x") });
    talk.request(&mut leg, "MESSAGE", &[], ("text/plain; charset=UTF-8;msgr=broken!", "x"));
    talk.expect_answer(200);
    assert_eq!(body(&mut talk), Body::plain("x"));
    let styled = Body { style: bold_red, ..Body::plain("y") };
    talk.world.command(Command::SendText { to: who("bob"), body: styled, tag: MessageRef(1) }).unwrap();
    let message = talk.expect("MESSAGE");
    assert_eq!(message.header("Content-Type").unwrap(), format!("text/plain; charset=UTF-8;msgr={MSGR}"));
    talk.world.answer(&message, 200, &[]);
    talk.say("bob", "plain", 2);
    assert_eq!(talk.expect("MESSAGE").header("Content-Type").unwrap(), "text/plain; charset=UTF-8");
}

#[test]
fn other_types_say_what_they_say() {
    let alternative = "--b\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n--b\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\nyes\r\n--b--\r\n";
    let related =
        "--b\r\nContent-Type: text/html\r\n\r\n<p>so <b>it</b> is</p>\r\n--b\r\nContent-Type: image/gif\r\n\r\nGIF\r\n--b--\r\n";
    let nested = "--o\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ndeep\r\n--b--\r\n\r\n--o--\r\n";
    let table = [
        ("text/plain", "Grüße", "Grüße"),
        ("text/html; charset=UTF-8", "<p>Hi <b>there</b></p>", "Hi there"),
        ("text/rtf", r"{\rtf1\ansi Hello, {\b Bob}!\par}", "Hello, Bob!"),
        ("multipart/alternative;boundary=b", alternative, "yes"),
        ("multipart/related;boundary=b", related, "so it is"),
        ("multipart/mixed;boundary=o", nested, "deep"),
        ("message/cpim", "From: <sip:bob@example.test>\r\n\r\nContent-Type: text/plain\r\n\r\nwrapped", "wrapped"),
    ];
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    for (kind, wire, said) in table {
        talk.request(&mut leg, "MESSAGE", &[], (kind, wire));
        talk.expect_answer(200);
        assert_eq!(body(&mut talk).text, said, "{kind}");
    }
}

#[test]
fn the_look_of_a_text_in_the_invite() {
    let mut talk = Talk::new();
    let format = format!("ms-text-format: text/plain; charset=UTF-8;msgr={MSGR};ms-body=SGVsbG8sIEJvYiE=");
    talk.invite("bob", "c1", &[&format]);
    talk.expect_answer(200);
    let body = body(&mut talk);
    assert!(body.style.bold && body.text == "Hello, Bob!");
}
