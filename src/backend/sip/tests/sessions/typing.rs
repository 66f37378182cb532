//! Who is writing, by INFO.

use super::super::world::who;
use super::Talk;
use crate::backend::{Command, Event};

const TYPE: &str = "<?xml version=\"1.0\"?><KeyboardActivity><status status=\"type\" /></KeyboardActivity>";
const IDLE: &str = "<?xml version=\"1.0\"?><KeyboardActivity><status status=\"idle\" /></KeyboardActivity>";

fn typing(talk: &mut Talk, active: bool) {
    talk.world.command(Command::Typing { to: who("bob"), active }).unwrap();
}

fn told(talk: &mut Talk) -> Vec<bool> {
    let told = |event| match event {
        Event::Typing { active, .. } => Some(active),
        _ => None,
    };
    talk.world.take_events().into_iter().filter_map(told).collect()
}

#[test]
fn never_makes_a_session() {
    let mut talk = Talk::new();
    typing(&mut talk, true);
    talk.nothing();
    talk.say("bob", "x", 1);
    let invite = talk.expect("INVITE");
    typing(&mut talk, true);
    talk.nothing();
    talk.answer(&invite, 480, "b", &[], ("", ""));
    talk.expect("ACK");
    typing(&mut talk, true);
    talk.nothing();
}

#[test]
fn out() {
    let mut talk = Talk::new();
    talk.established("bob");
    typing(&mut talk, true);
    let info = talk.expect("INFO");
    assert_eq!((info.header("Content-Type").unwrap(), &info.body[..]), ("application/xml".into(), TYPE.as_bytes()));
    talk.world.answer(&info, 200, &[]);
    for _ in 0..3 {
        talk.seconds(3);
        typing(&mut talk, true);
        talk.nothing();
    }
    talk.seconds(1);
    typing(&mut talk, true);
    let info = talk.expect("INFO");
    talk.world.answer(&info, 200, &[]);
    talk.seconds(5);
    let info = talk.expect("INFO");
    assert_eq!(&info.body[..], IDLE.as_bytes());
    talk.world.answer(&info, 200, &[]);
    typing(&mut talk, true);
    let info = talk.expect("INFO");
    talk.world.answer(&info, 200, &[]);
    talk.say("bob", "done", 1);
    let text = talk.expect("MESSAGE");
    talk.world.answer(&text, 200, &[]);
    talk.seconds(30);
    talk.nothing();
}

#[test]
fn a_program_that_does_not_want_to_know_is_left_alone() {
    let mut talk = Talk::new();
    talk.established("bob");
    typing(&mut talk, true);
    let info = talk.expect("INFO");
    talk.world.answer(&info, 415, &[]);
    talk.seconds(20);
    typing(&mut talk, true);
    talk.nothing();
    talk.say("bob", "the session stands", 1);
    talk.expect("MESSAGE");
}

#[test]
fn in_() {
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    talk.request(&mut leg, "INFO", &[], ("application/xml", TYPE));
    talk.expect_answer(200);
    talk.request(&mut leg, "INFO", &[], ("application/xml", TYPE));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), [true]);
    talk.request(&mut leg, "INFO", &[], ("application/xml", IDLE));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), [false]);
    talk.request(&mut leg, "INFO", &[], ("application/xml", TYPE));
    talk.expect_answer(200);
    talk.hears(&mut leg, "text");
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), [true, false]);
    talk.request(&mut leg, "INFO", &[], ("application/xml", TYPE));
    talk.expect_answer(200);
    talk.seconds(14);
    assert_eq!(told(&mut talk), [true]);
    talk.seconds(1);
    assert_eq!(told(&mut talk), [false]);
    talk.request(&mut leg, "INFO", &[], ("application/xml", TYPE));
    talk.expect_answer(200);
    talk.request(&mut leg, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), [true, false]);
}

#[test]
fn other_information_is_answered_and_broken_one_counted() {
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    talk.request(&mut leg, "INFO", &[], ("application/x-unheard-of", "?"));
    talk.expect_answer(200);
    talk.request(&mut leg, "INFO", &[], ("application/xml", "<KeyboardActivity>"));
    talk.expect_answer(200);
    let composing = "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state></isComposing>";
    talk.request(&mut leg, "MESSAGE", &[], ("application/im-iscomposing+xml", composing));
    talk.expect_answer(200);
    assert_eq!(told(&mut talk), [true]);
    talk.world.command(Command::ReportTraffic).unwrap();
    let [Event::Traffic(traffic)] = &talk.world.events[..] else { panic!() };
    assert_eq!(traffic.faults.get("keyboard-activity"), Some(&1));
}
