//! What people do who mean no good.

use super::super::world::who;
use super::{SDP, Talk};
use crate::backend::{Command, Event};
use crate::model::Fate;

fn faults(talk: &mut Talk) -> std::collections::BTreeMap<&'static str, u64> {
    talk.world.take_events();
    talk.world.command(Command::ReportTraffic).unwrap();
    let [Event::Traffic(traffic)] = &talk.world.events[..] else { panic!() };
    traffic.faults.clone()
}

#[test]
fn a_flood_of_invites_from_one_person_is_bounded() {
    let mut talk = Talk::new();
    let mut accepted = 0;
    for call in 0..200 {
        talk.invite("mallory", &format!("flood{call}"), &[]);
        let answer = std::iter::from_fn(|| talk.take()).find_map(|m| m.status()).unwrap();
        // Their program says that it is too much, and not that somebody does not want to be disturbed.
        assert!(matches!(answer, 200 | 503));
        accepted += u32::from(answer == 200);
    }
    assert_eq!(accepted, 10);
    talk.invited("bob", "c1", &[]);
    talk.seconds(4);
    while talk.take().is_some() {}
    talk.invite("mallory", "later", &[]);
    talk.expect_answer(200);
    assert_eq!(faults(&mut talk).get("invite-flood"), Some(&190));
}

#[test]
fn strangers_do_not_fill_all_places_for_conversations_of_several() {
    let mut talk = Talk::new();
    talk.world.command(Command::PutContact { address: who("bob"), name: String::new(), groups: vec![] }).unwrap();
    let ask = |talk: &mut Talk, from: &str, at: u32| {
        let named = format!("EndPoints: <sip:alice@example.test>, <sip:{from}@example.test>, <sip:victim{at}@example.test>");
        talk.invite(from, &format!("room{from}{at}"), &[&named]);
        std::iter::from_fn(|| talk.take()).find_map(|m| m.status()).unwrap()
    };
    let answers: Vec<u16> = (0..12).map(|at| ask(&mut talk, &format!("stranger{at}"), at)).collect();
    assert_eq!(answers.iter().filter(|code| **code == 200).count(), 8, "{answers:?}");
    assert_eq!(answers.last(), Some(&486));
    assert_eq!(ask(&mut talk, "bob", 99), 200, "a contact still gets one");
}

#[test]
fn sessions_in_the_thousands_are_bounded() {
    let mut talk = Talk::new();
    let mut refused = 0;
    for at in 0..3000 {
        let peer = format!("p{}", at / 2);
        talk.invite(&peer, &format!("c{at}"), &[]);
        let answer = std::iter::from_fn(|| talk.take()).find_map(|m| m.status()).unwrap();
        refused += u32::from(answer >= 400);
        assert!(matches!(answer, 200 | 486 | 503), "{answer}");
    }
    assert!(refused >= 900, "{refused}");
    talk.world
        .command(Command::SendText { to: who("bob"), body: crate::model::Body::plain("x"), tag: crate::model::MessageRef(1) })
        .unwrap();
    let fates = talk.fates();
    assert!(matches!(fates.last(), Some((1, Fate::Failed { .. }))), "{fates:?}");
}

#[test]
fn garbage_for_a_description() {
    let mut talk = Talk::new();
    let table = ["", "v=0", "hello", "v=0\r\nm=message\r\n", "v=0\r\nm=\r\nm=message 0 sip null\r\n", "\u{0}\u{1}"];
    for (at, sdp) in table.into_iter().enumerate() {
        let mut leg =
            super::Leg { peer: format!("mallory{at}"), call: format!("c{at}"), ours: String::new(), theirs: "m".into(), cseq: 0 };
        talk.request(&mut leg, "INVITE", &[], ("application/sdp", sdp));
        let answer = talk.take().unwrap();
        assert_eq!(answer.status(), Some(488), "{sdp:?}");
    }
    let mut leg = super::Leg { peer: "mallory".into(), call: "x".into(), ours: String::new(), theirs: "m".into(), cseq: 0 };
    talk.request(&mut leg, "INVITE", &[], ("multipart/mixed;boundary=x", "--x--"));
    talk.expect_answer(415);
    let huge = format!("v=0\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(100_000));
    leg.call = "y".into();
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", &huge));
    talk.expect_answer(488);
}

#[test]
fn contradictions_in_headers() {
    let mut talk = Talk::new();
    talk.invite("bob", "c1", &["Require: 100rel, com.microsoft.rtc-multiparty, nonsense"]);
    let refused = talk.expect_answer(420);
    assert_eq!(refused.header("Unsupported").unwrap(), "100rel, nonsense");
    let mut leg = talk.invited(
        "bob",
        "c2",
        &["Contact: <sip:other@198.51.100.9>", "Ms-Conversation-ID: -5", "EndPoints: <<,\",", "Supported: ,,"],
    );
    talk.hears(&mut leg, "x");
    talk.expect_answer(200);
    let big = "x".repeat(300 * 1024);
    talk.hears(&mut leg, &big);
    talk.expect_answer(513);
    talk.hears(&mut leg, "y");
    talk.expect_answer(200);
    assert_eq!(talk.texts().len(), 2);
}

#[test]
fn a_first_text_of_ten_megabytes_ends_the_link_and_nothing_else() {
    let mut talk = Talk::new();
    let header = format!("ms-text-format: text/plain;ms-body={}", "QUFB".repeat(2_500_000));
    talk.invite("mallory", "c1", &[&header]);
    assert!(!talk.world.closed.is_empty(), "no head is that long");
    let mut talk = Talk::new();
    let header = format!("ms-text-format: text/plain;ms-body={}", "QUFB".repeat(12_000));
    talk.invite("mallory", "c1", &[&header]);
    talk.expect_answer(200);
    assert_eq!(talk.texts()[0].1.len(), 36_000);
}

#[test]
fn an_answer_that_makes_no_dialog() {
    let mut talk = Talk::new();
    talk.say("bob", "x", 1);
    let invite = talk.expect("INVITE");
    let headers = ["Contact: garbage", "Record-Route: garbage"];
    talk.answer(&invite, 200, "b", &headers, ("application/sdp", SDP));
    assert!(talk.take().is_some_and(|m| m.method().unwrap().as_str() == "ACK"), "the person's address will do");
}
