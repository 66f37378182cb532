//! We begin: INVITE, ACK, texts in order, and what becomes of them.

use super::super::world::who;
use super::Talk;
use crate::backend::Command;
use crate::model::{Fate, MessageRef};

#[test]
fn a_text_makes_a_session_and_follows_the_ack() {
    let mut talk = Talk::new();
    talk.say("bob", "one", 1);
    let invite = talk.expect("INVITE");
    talk.nothing();
    assert_eq!(talk.words(), [], "nothing of it was sent");
    talk.answer(&invite, 180, "b", &[], ("", ""));
    talk.nothing();
    let leg = talk.yes(&invite, "b");
    let ack = talk.expect("ACK");
    assert_eq!((ack.uri(), ack.cseq().unwrap().number), ("sip:bob@198.51.100.9:1677;transport=tls", 1));
    let one = talk.expect("MESSAGE");
    assert_eq!((one.call_id().unwrap(), one.cseq().unwrap().number, &one.body[..]), (leg.call, 2, &b"one"[..]));
    assert_eq!(talk.words(), [(1, "sent")]);
    talk.say("bob", "two", 2);
    assert_eq!(talk.words(), [(2, "queued")]);
    talk.nothing();
    talk.world.answer(&one, 200, &[]);
    let two = talk.expect("MESSAGE");
    assert_eq!(two.cseq().unwrap().number, 3);
    talk.world.answer(&two, 200, &[]);
    assert_eq!(talk.words(), [(1, "delivered"), (2, "sent"), (2, "delivered")]);
    talk.nothing();
}

#[test]
fn the_route_and_the_names_of_devices_are_kept() {
    let mut talk = Talk::new();
    talk.say("bob", "one", 1);
    let invite = talk.expect("INVITE");
    assert!(invite.header("From").unwrap().ends_with(";epid=0000000000"));
    let to = invite.header("To").unwrap();
    let mut answer = invite.clone();
    answer.headers.set("To", format!("{to};epid=8bfb9f3f24"));
    let headers = [
        "Contact: <sip:198.51.100.9:1677;transport=tls;ms-received-cid=2A00>",
        "Record-Route: <sip:b.example.test;lr>, <sip:a.example.test;lr>",
    ];
    talk.answer(&answer, 200, "b", &headers, ("", ""));
    for method in ["ACK", "MESSAGE"] {
        let request = talk.expect(method);
        assert_eq!(request.uri(), "sip:198.51.100.9:1677;transport=tls;ms-received-cid=2A00");
        assert_eq!(request.headers.list("Route"), ["<sip:a.example.test;lr>", "<sip:b.example.test;lr>"]);
        assert!(request.header("To").unwrap().contains(";epid=8bfb9f3f24"), "{request:?}");
        assert!(request.header("From").unwrap().contains(";epid=0000000000"));
    }
}

#[test]
fn a_second_text_may_leave_after_two_seconds_and_a_third_may_not() {
    let mut talk = Talk::new();
    talk.established("bob");
    for tag in 1..=4 {
        talk.say("bob", "x", tag);
    }
    let one = talk.expect("MESSAGE");
    talk.world.pass(std::time::Duration::from_millis(1999));
    talk.nothing();
    talk.seconds(1);
    let two = talk.expect("MESSAGE");
    talk.seconds(20);
    talk.nothing();
    talk.world.answer(&two, 200, &[]);
    let three = talk.expect("MESSAGE");
    talk.world.take_events();
    talk.world.answer(&one, 200, &[]);
    talk.nothing();
    assert_eq!(talk.words(), [(1, "delivered")]);
    talk.seconds(2);
    let four = talk.expect("MESSAGE");
    talk.world.answer(&three, 200, &[]);
    talk.world.answer(&four, 200, &[]);
    assert_eq!(talk.words(), [(4, "sent"), (3, "delivered"), (4, "delivered")]);
}

#[test]
fn a_text_without_answer_for_a_minute_is_unconfirmed() {
    let mut talk = Talk::new();
    talk.established("bob");
    talk.say("bob", "x", 1);
    talk.expect("MESSAGE");
    talk.world.take_events();
    talk.seconds(59);
    assert_eq!(talk.words(), []);
    talk.seconds(1);
    assert_eq!(talk.words(), [(1, "unconfirmed")]);
    talk.nothing();
}

#[test]
fn refused_sessions_fail_what_waits_with_the_reason() {
    let table: &[(u16, &str, &str)] = &[
        (403, "", "you are not allowed to write to this person, or they blocked you (403)"),
        (404, "", "there is no such person on this server (404)"),
        (408, "", "the server could not reach the person in time (408)"),
        (480, "", "the person is not signed in (480)"),
        (486, "", "the person does not want to be disturbed now (486)"),
        (488, "Warning: 308 ms.com \"Encryption Levels Incompatible\"", "the two sides do not agree on encryption (488)"),
        (500, "", "the person's service is not available now; try again later (500)"),
        (503, "", "the person's service is not available now; try again later (503)"),
        (504, "", "the person's service is not available now; try again later (504)"),
        (603, "", "the person's service is not available now; try again later (603)"),
        (606, "Warning: 309 lcs1 \"not allowed, by policy\"", "a policy of the network's administrator blocks it (606)"),
    ];
    for (code, header, words) in table {
        let mut talk = Talk::new();
        talk.say("bob", "one", 1);
        talk.say("bob", "two", 2);
        let invite = talk.expect("INVITE");
        talk.world.take_events();
        let headers: &[&str] = if header.is_empty() { &[] } else { &[header] };
        talk.answer(&invite, *code, "b", headers, ("", ""));
        talk.expect("ACK");
        assert_eq!(talk.fates(), [(1, Fate::Failed { why: (*words).to_owned() })], "{code}");
        let again = talk.expect("INVITE");
        assert_ne!(again.call_id(), invite.call_id(), "the next text tries anew");
    }
}

#[test]
fn the_older_media_name_and_then_one_by_one() {
    for (first, second) in [(488, 488), (415, 501), (501, 405), (606, 415)] {
        let mut talk = Talk::new();
        talk.say("bob", "one", 1);
        let invite = talk.expect("INVITE");
        assert!(String::from_utf8_lossy(&invite.body).contains("\r\nm=message 5060 sip sip:bob@example.test\r\n"));
        talk.answer(&invite, first, "b", &[], ("", ""));
        talk.expect("ACK");
        let again = talk.expect("INVITE");
        assert!(String::from_utf8_lossy(&again.body).contains("\r\nm=x-ms-message 5060 sip null\r\n"));
        assert_eq!((again.call_id(), again.cseq().unwrap().number), (invite.call_id(), 2));
        assert_eq!(again.header("Ms-Conversation-ID"), invite.header("Ms-Conversation-ID"));
        talk.answer(&again, second, "b", &[], ("", ""));
        talk.expect("ACK");
        let page = talk.expect("MESSAGE");
        assert_eq!((page.uri(), &page.body[..]), ("sip:bob@example.test", &b"one"[..]));
        assert!(page.to().unwrap().tag().is_none());
        talk.world.answer(&page, 200, &[]);
        assert_eq!(talk.words(), [(1, "sent"), (1, "delivered")]);
        talk.say("bob", "two", 2);
        let page = talk.expect("MESSAGE");
        assert_eq!(page.uri(), "sip:bob@example.test", "it is remembered");
    }
}

#[test]
fn the_older_media_name_may_be_accepted() {
    let mut talk = Talk::new();
    talk.say("bob", "one", 1);
    let invite = talk.expect("INVITE");
    talk.answer(&invite, 488, "b", &[], ("", ""));
    talk.expect("ACK");
    let again = talk.expect("INVITE");
    talk.yes(&again, "b");
    assert_eq!(talk.expect("ACK").cseq().unwrap().number, 2);
    assert_eq!(talk.expect("MESSAGE").cseq().unwrap().number, 3);
}

#[test]
fn an_invite_without_answer_fails_after_a_minute_and_a_late_yes_is_ended() {
    let mut talk = Talk::new();
    talk.say("bob", "one", 1);
    let invite = talk.expect("INVITE");
    talk.answer(&invite, 180, "b", &[], ("", ""));
    talk.seconds(59);
    assert_eq!(talk.words(), []);
    talk.seconds(1);
    let fates = talk.fates();
    assert!(matches!(&fates[..], [(1, Fate::Failed { why })] if why.contains("nothing was sent")), "{fates:?}");
    talk.expect("CANCEL");
    talk.yes(&invite, "b");
    talk.expect("ACK");
    let bye = talk.expect("BYE");
    assert_eq!((bye.to().unwrap().tag().unwrap(), bye.uri()), ("b".into(), "sip:bob@198.51.100.9:1677;transport=tls"));
    talk.nothing();
}

#[test]
fn other_branches_of_a_fork_are_ended() {
    let mut talk = Talk::new();
    talk.say("bob", "one", 1);
    let invite = talk.expect("INVITE");
    talk.yes(&invite, "first");
    talk.expect("ACK");
    talk.expect("MESSAGE");
    talk.yes(&invite, "second");
    assert_eq!(talk.expect("ACK").to().unwrap().tag().unwrap(), "second");
    assert_eq!(talk.expect("BYE").to().unwrap().tag().unwrap(), "second");
    talk.nothing();
}

#[test]
fn too_long_is_refused_with_a_sentence() {
    let mut talk = Talk::new();
    talk.say("bob", &"x".repeat(32 * 1024 + 1), 1);
    let fates = talk.fates();
    assert!(matches!(&fates[..], [(1, Fate::Failed { why })] if why.contains("32 kB")), "{fates:?}");
    talk.nothing();
}

#[test]
fn a_lost_link_makes_what_was_sent_unconfirmed_and_keeps_the_rest() {
    let mut talk = Talk::new();
    talk.established("bob");
    talk.say("bob", "on its way", 1);
    talk.say("carol", "not sent", 2);
    talk.say("carol", "not handed over", 3);
    talk.expect("MESSAGE");
    talk.expect("INVITE");
    talk.world.take_events();
    talk.world.cut();
    assert_eq!(talk.words(), [(1, "unconfirmed"), (2, "queued")]);
    talk.seconds(3);
    talk.world.link_up();
    let register = talk.world.expect("REGISTER");
    talk.world.answer(&register, 200, &["Supported: com.microsoft.msrtc.presence", "Expires: 600"]);
    let invite = talk.expect("INVITE");
    talk.yes(&invite, "c");
    talk.expect("ACK");
    let message = talk.expect("MESSAGE");
    assert_eq!(&message.body[..], b"not sent");
    talk.world.answer(&message, 200, &[]);
    assert_eq!(&talk.expect("MESSAGE").body[..], b"not handed over");
    talk.nothing();
}

#[test]
fn sign_out_says_good_bye() {
    let mut talk = Talk::new();
    talk.established("bob");
    talk.say("carol", "x", 1);
    let invite = talk.expect("INVITE");
    talk.answer(&invite, 180, "c", &[], ("", ""));
    talk.world.take_events();
    talk.world.command(Command::SignOut).unwrap();
    talk.expect("BYE");
    talk.expect("CANCEL");
    talk.seconds(3);
    assert_eq!(talk.words().last(), Some(&(1, "failed")));
}

#[test]
fn an_idle_session_is_closed_and_made_anew() {
    let mut talk = Talk::new();
    let mut leg = talk.established("bob");
    talk.seconds(300);
    talk.hears(&mut leg, "still here");
    talk.expect_answer(200);
    talk.seconds(599);
    talk.nothing();
    talk.seconds(1);
    let bye = talk.expect("BYE");
    assert_eq!(bye.call_id().unwrap(), leg.call);
    talk.hears(&mut leg, "just before your BYE came");
    talk.expect_answer(200);
    assert_eq!(talk.texts().len(), 2, "it crossed our BYE");
    talk.world.answer(&bye, 200, &[]);
    talk.hears(&mut leg, "after it");
    talk.expect_answer(481);
    talk.say("bob", "again", 1);
    assert_ne!(talk.expect("INVITE").call_id().unwrap(), leg.call);
    let _ = (who("bob"), MessageRef(1));
}
