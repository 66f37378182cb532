//! Sessions the other side has forgotten.

use super::super::world::who;
use super::Talk;
use crate::backend::Command;

#[test]
fn a_text_that_finds_no_session_is_sent_on_a_new_one_once() {
    for code in [480, 481] {
        let mut talk = Talk::new();
        let leg = talk.established("bob");
        talk.say("bob", "one", 1);
        let one = talk.expect("MESSAGE");
        talk.world.take_events();
        talk.world.answer(&one, code, &[]);
        let bye = talk.expect("BYE");
        assert_eq!(bye.call_id().unwrap(), leg.call);
        let invite = talk.expect("INVITE");
        assert_ne!(invite.call_id().unwrap(), leg.call);
        talk.yes(&invite, "b2");
        talk.expect("ACK");
        let again = talk.expect("MESSAGE");
        assert_eq!(&again.body[..], b"one");
        talk.world.answer(&again, code, &[]);
        talk.expect("BYE");
        talk.nothing();
        assert_eq!(talk.words(), [(1, "sent"), (1, "failed")], "not for ever");
        talk.say("bob", "two", 2);
        talk.expect("INVITE");
    }
}

#[test]
fn an_answer_that_leaves_it_open_is_not_sent_again() {
    let mut talk = Talk::new();
    talk.established("bob");
    talk.say("bob", "one", 1);
    let one = talk.expect("MESSAGE");
    talk.world.answer(&one, 408, &[]);
    talk.expect("BYE");
    talk.nothing();
    assert_eq!(talk.words(), [(1, "sent"), (1, "unconfirmed")]);
}

#[test]
fn other_refusals_leave_the_session() {
    let mut talk = Talk::new();
    let leg = talk.established("bob");
    talk.say("bob", "one", 1);
    let one = talk.expect("MESSAGE");
    talk.answer(&one, 606, "", &["Warning: 309 lcs1.example.test \"Message contents not allowed by policy\""], ("", ""));
    talk.nothing();
    assert_eq!(talk.words(), [(1, "sent"), (1, "failed")]);
    talk.say("bob", "two", 2);
    assert_eq!(talk.expect("MESSAGE").call_id().unwrap(), leg.call);
}

#[test]
fn a_dead_session_is_found_by_typing_too() {
    let mut talk = Talk::new();
    let leg = talk.established("bob");
    talk.world.command(Command::Typing { to: who("bob"), active: true }).unwrap();
    let info = talk.expect("INFO");
    talk.world.answer(&info, 481, &[]);
    assert_eq!(talk.expect("BYE").call_id().unwrap(), leg.call);
    talk.world.command(Command::Typing { to: who("bob"), active: true }).unwrap();
    talk.nothing();
}

#[test]
fn a_bye_that_crosses_a_text() {
    let mut talk = Talk::new();
    let mut leg = talk.established("bob");
    talk.say("bob", "one", 1);
    let one = talk.expect("MESSAGE");
    talk.request(&mut leg, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    talk.nothing();
    talk.world.answer(&one, 481, &[]);
    let invite = talk.expect("INVITE");
    talk.yes(&invite, "b2");
    talk.expect("ACK");
    assert_eq!(&talk.expect("MESSAGE").body[..], b"one");
}
