//! They begin.

use super::super::world::{World, settings, who};
use super::{SDP, Talk};
use crate::backend::{Command, Event};
use crate::model::Access;

#[test]
fn an_invite_is_accepted_at_once_and_texts_are_shown_once() {
    let mut talk = Talk::new();
    let mut leg = talk.invite("bob", "c1", &[]);
    let ok = talk.expect_answer(200);
    assert_eq!(ok.header("Supported").unwrap(), "com.microsoft.rtc-multiparty");
    assert!(String::from_utf8_lossy(&ok.body).contains("\r\nm=message 5060 sip sip:bob@example.test\r\n"));
    leg.ours = ok.to().unwrap().tag().unwrap();
    talk.request_numbered(&leg, 1, "ACK", &[], ("", ""));
    talk.hears(&mut leg, "hello");
    talk.expect_answer(200);
    talk.request_numbered(&leg, 2, "MESSAGE", &[], ("text/plain", "hello"));
    talk.expect_answer(200);
    talk.hears(&mut leg, "hello");
    talk.expect_answer(200);
    assert_eq!(talk.texts(), [("bob".into(), "hello".into()), ("bob".into(), "hello".into())]);
    talk.say("bob", "hi", 1);
    let hi = talk.expect("MESSAGE");
    assert_eq!((hi.call_id().unwrap().as_str(), hi.cseq().unwrap().number), ("c1", 1));
    assert!(hi.header("From").unwrap().contains(";epid=0000000000"), "{hi:?}");
    assert!(hi.header("To").unwrap().contains(";epid=8bfb9f3f24"));
    talk.request(&mut leg, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    talk.hears(&mut leg, "too late");
    talk.expect_answer(481);
}

#[test]
fn the_answer_has_the_media_name_of_the_offer() {
    let mut talk = Talk::new();
    let mut leg = talk.invite("carol", "c0", &[]);
    talk.expect_answer(200);
    leg.call = "c1".into();
    leg.ours = String::new();
    let old = SDP.replace("m=message 5060 sip sip:alice@example.test", "m=x-ms-message 5060 sip null");
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", &old));
    let ok = talk.expect_answer(200);
    assert!(String::from_utf8_lossy(&ok.body).contains("\r\nm=x-ms-message 5060 sip sip:alice@example.test\r\n"), "{ok:?}");
}

#[test]
fn a_text_within_the_invite_is_shown_and_not_again() {
    let mut talk = Talk::new();
    let format = "ms-text-format: text/plain; charset=UTF-8;ms-body=SGVsbG8sIEJvYiE=";
    let mut leg = talk.invite("bob", "c1", &[format]);
    let ok = talk.expect_answer(200);
    assert!(ok.headers.lists_token("Supported", "ms-text-format"));
    leg.ours = ok.to().unwrap().tag().unwrap();
    talk.hears(&mut leg, "Hello, Bob!");
    talk.expect_answer(200);
    talk.hears(&mut leg, "Hello, Bob!");
    talk.expect_answer(200);
    assert_eq!(talk.texts().len(), 2, "the repetition is not shown, the second time it is meant");
    let mut leg = talk.invite("carol", "c2", &["ms-text-format: text/plain;ms-body=%%%"]);
    let ok = talk.expect_answer(200);
    assert!(!ok.headers.lists_token("Supported", "ms-text-format"));
    leg.ours = ok.to().unwrap().tag().unwrap();
    talk.hears(&mut leg, "then so");
    talk.expect_answer(200);
    assert_eq!(talk.texts(), [("carol".into(), "then so".into())]);
    let invitation = "ms-text-format: text/x-msmsgsinvite; charset=UTF-8;ms-body=SGVsbG8sIEJvYiE=";
    talk.invite("dave", "c3", &[invitation]);
    let ok = talk.expect_answer(200);
    assert!(!ok.headers.lists_token("Supported", "ms-text-format"));
    assert_eq!(talk.texts(), []);
}

/// Zoe, who was talked to before, calls with these media.
fn called(talk: &mut Talk, call: &str, media: &str) {
    let mut leg = talk.invite("zoe", "other", &[]);
    talk.expect_answer(200);
    talk.world.take_events();
    (leg.call, leg.ours) = (call.to_owned(), String::new());
    let sdp = format!("v=0\r\no=- 0 0 IN IP4 198.51.100.9\r\ns=session\r\nt=0 0\r\n{media}");
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", &sdp));
}

#[test]
fn calls_are_declined_with_what_they_were_about() {
    let table = [
        ("m=audio 6000 RTP/AVP 0\r\n", "tried to call you with voice;"),
        ("m=audio 6000 RTP/AVP 0\r\nm=video 6002 RTP/AVP 34\r\n", "tried to call you with voice and video;"),
        ("m=application 1503 tcp msdata\r\n", "tried to share a program or a whiteboard with you;"),
    ];
    for (at, (media, words)) in table.into_iter().enumerate() {
        let mut talk = Talk::new();
        called(&mut talk, &format!("c{at}"), media);
        let refused = talk.expect_answer(488);
        assert_eq!(refused.header("Warning").unwrap(), "399 chinwag \"text messages only\"");
        let [Event::Notice { code: "call-declined", text, .. }] = &talk.world.events[..] else {
            panic!("{:?}", talk.world.events)
        };
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn calls_and_files_are_declined_in_an_administrators_name() {
    use crate::model::{FileRules, InvitationRules, Secrecy};
    let whose = || Some("set by your organisation: P (f:1)".to_owned());
    let none = InvitationRules::default;
    let required = Some((Secrecy::Required, "E".to_owned()));
    let table = [
        (InvitationRules { voice: whose(), ..none() }, "m=audio 6000 RTP/AVP 0\r\n", 606, "309"),
        (InvitationRules { video: whose(), ..none() }, "m=audio 6000 RTP/AVP 0\r\n", 488, "399"),
        (InvitationRules { video: whose(), ..none() }, "m=video 6002 RTP/AVP 34\r\n", 606, "309"),
        (InvitationRules { sharing: whose(), ..none() }, "m=application 1503 tcp msdata\r\n", 606, "309"),
        (InvitationRules { calls_secret: required.clone(), ..none() }, "m=audio 6000 RTP/AVP 0\r\n", 488, "308"),
        (InvitationRules { calls_secret: required.clone(), ..none() }, "m=audio 6000 RTP/SAVP 0\r\n", 488, "399"),
        (InvitationRules { calls_secret: required, ..none() }, "m=audio 1 RTP/SAVP 0\r\nm=video 2 RTP/AVP 34\r\n", 488, "308"),
        (
            InvitationRules { sharing_secret: Some((Secrecy::Off, "O".into())), ..none() },
            "m=application 1 TCP/TLS x\r\n",
            488,
            "308",
        ),
    ];
    for (at, (rules, media, code, warning)) in table.into_iter().enumerate() {
        let mut talk = Talk::new();
        talk.world.command(Command::Obey(Box::new(rules))).unwrap();
        called(&mut talk, &format!("c{at}"), media);
        let refused = talk.expect_answer(code);
        assert!(refused.header("Warning").unwrap().starts_with(warning), "{media}");
        let [Event::Notice { text, .. }] = &talk.world.events[..] else { panic!("{:?}", talk.world.events) };
        assert_eq!(text.contains("that is not possible here"), warning == "399", "{text}");
    }
    let offer = "Application-Name: File Transfer\r\nApplication-File: report.exe\r\nApplication-FileSize: 9\r\n";
    let exe = FileRules { blocked: Some((vec!["exe".into()], "P".into())), ..FileRules::default() };
    for (files, code) in [(FileRules::default(), 415), (FileRules { none: whose(), ..FileRules::default() }, 606), (exe, 606)] {
        let mut talk = Talk::new();
        let mut leg = talk.invited("bob", "c1", &[]);
        talk.world.command(Command::Obey(Box::new(InvitationRules { files, ..none() }))).unwrap();
        talk.world.take_events();
        talk.request(&mut leg, "MESSAGE", &[], ("text/x-msmsgsinvite; charset=UTF-8", offer));
        talk.expect_answer(code);
        let [Event::Notice { code: "file-declined", text, .. }] = &talk.world.events[..] else {
            panic!("{:?}", talk.world.events)
        };
        assert!(text.contains("report.exe"), "{text}");
    }
}

#[test]
fn what_others_bring_about_is_told_with_their_name() {
    let mut talk = Talk::new();
    called(&mut talk, "c1", "m=audio 6000 RTP/AVP 0\r\n");
    talk.expect_answer(488);
    let mut leg = talk.invited("bob", "c2", &[]);
    talk.request(&mut leg, "MESSAGE", &[], ("text/x-msmsgsinvite; charset=UTF-8", "Application-Name: File Transfer\r\n"));
    let by = |event: &Event| if let Event::Notice { code, by, .. } = event { Some((*code, by.clone())) } else { None };
    let told: Vec<_> = talk.world.events.iter().filter_map(by).collect();
    assert_eq!(told, [("call-declined", Some(who("zoe"))), ("file-declined", Some(who("bob")))]);
}

#[test]
fn media_with_messages_among_them_are_taken() {
    let mut talk = Talk::new();
    let mut leg = talk.invite("zoe", "other", &[]);
    talk.expect_answer(200);
    (leg.call, leg.ours) = ("c".into(), String::new());
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", &format!("{SDP}m=audio 6000 RTP/AVP 0\r\n")));
    talk.expect_answer(200);
}

#[test]
fn blocked_people_are_away() {
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    talk.world.command(Command::SetAccess { who: who("bob"), access: Access::Block }).unwrap();
    talk.expect("BYE");
    talk.world.take_events();
    talk.hears(&mut leg, "let me in");
    assert!(talk.take().is_some_and(|m| m.status().is_some_and(|code| code >= 400)));
    talk.invite("bob", "c2", &[]);
    talk.expect_answer(480);
    assert_eq!(talk.texts(), []);
}

#[test]
fn what_we_cannot_read_is_refused_with_what_we_can() {
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    talk.request(&mut leg, "MESSAGE", &[], ("image/gif", "GIF89a"));
    let refused = talk.expect_answer(415);
    for kind in ["text/plain", "text/html", "text/rtf", "multipart/alternative", "application/im-iscomposing+xml"] {
        assert!(refused.headers.lists_token("Accept", kind), "{kind}");
    }
    talk.request(&mut leg, "MESSAGE", &["Content-Encoding: gzip"], ("text/plain", "x"));
    talk.expect_answer(415);
    talk.world.take_events();
    talk.request(&mut leg, "MESSAGE", &[], ("text/x-msmsgsinvite; charset=UTF-8", "Application-Name: File Transfer\r\n"));
    talk.expect_answer(415);
    assert!(matches!(&talk.world.events[..], [Event::Notice { code: "file-declined", .. }]));
}

#[test]
fn unknown_dialogs_and_wrong_order() {
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    for _ in 0..3 {
        talk.hears(&mut leg, "x");
        talk.expect_answer(200);
    }
    talk.request_numbered(&leg, 2, "MESSAGE", &[], ("text/plain", "from the past"));
    talk.expect_answer(500);
    assert_eq!(talk.texts().len(), 3);
    for method in ["MESSAGE", "INFO", "BYE"] {
        let mut stranger = leg.clone();
        stranger.theirs = "other".into();
        talk.request(&mut stranger, method, &[], ("text/plain", "x"));
        talk.expect_answer(481);
        let mut stranger = leg.clone();
        stranger.call = "other".into();
        talk.request(&mut stranger, method, &[], ("text/plain", "x"));
        talk.expect_answer(481);
    }
    let mut stranger = leg.clone();
    stranger.call = "other".into();
    talk.request(&mut stranger, "INVITE", &[], ("application/sdp", SDP));
    talk.expect_answer(481);
}

#[test]
fn an_invite_within_the_session_changes_nothing_but_the_way() {
    let mut talk = Talk::new();
    let mut leg = talk.invited("bob", "c1", &[]);
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", SDP));
    let ok = talk.expect_answer(200);
    assert_eq!(ok.to().unwrap().tag().unwrap(), leg.ours);
    let sdp = SDP.replace("m=message", "m=audio");
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", &sdp));
    talk.expect_answer(488);
    talk.hears(&mut leg, "still here");
    talk.expect_answer(200);
    assert_eq!(talk.texts().len(), 1);
}

#[test]
fn a_new_invite_of_the_same_person_replaces_the_session() {
    let mut talk = Talk::new();
    let old = talk.established("bob");
    talk.seconds(10);
    let mut new = talk.invited("bob", "zz-their-new-one", &[]);
    let bye = talk.expect("BYE");
    assert_eq!(bye.call_id().unwrap(), old.call);
    talk.world.answer(&bye, 481, &[]);
    talk.say("bob", "on the new one", 1);
    assert_eq!(talk.expect("MESSAGE").call_id().unwrap(), "zz-their-new-one");
    talk.hears(&mut new, "yes");
    talk.expect_answer(200);
    assert_eq!(talk.texts().len(), 1);
}

#[test]
fn the_text_on_its_way_is_not_sent_twice_when_the_session_is_replaced() {
    let mut talk = Talk::new();
    talk.established("bob");
    talk.seconds(10);
    talk.say("bob", "one", 1);
    let one = talk.expect("MESSAGE");
    talk.invited("bob", "c2", &[]);
    talk.expect("BYE");
    talk.nothing();
    talk.world.answer(&one, 200, &[]);
    assert_eq!(talk.words(), [(1, "sent"), (1, "delivered")]);
    talk.say("bob", "two", 2);
    let two = talk.expect("MESSAGE");
    assert_eq!(two.call_id().unwrap(), "c2");
    talk.invited("bob", "c3", &[]);
    talk.expect("BYE");
    talk.world.answer(&two, 481, &[]);
    let again = talk.expect("MESSAGE");
    assert_eq!((again.call_id().unwrap().as_str(), &again.body[..]), ("c3", &b"two"[..]), "it was certainly not delivered");
}

#[test]
fn the_case_of_letters_makes_no_other_person() {
    let mut talk = Talk::new();
    talk.established("bob");
    talk.seconds(10);
    let mut leg = talk.invited("BOB", "c2", &[]);
    talk.expect("BYE");
    talk.hears(&mut leg, "me again");
    talk.expect_answer(200);
    assert_eq!(talk.texts(), [("bob".into(), "me again".into())]);
    talk.say("bob", "one talk", 1);
    assert_eq!(talk.expect("MESSAGE").call_id().unwrap(), "c2");
}

#[test]
fn what_we_can_is_told_without_an_address() {
    let mut talk = Talk::new();
    let mut leg = super::Leg { peer: "bob".into(), call: "o".into(), ours: String::new(), theirs: "b".into(), cseq: 0 };
    talk.request(&mut leg, "OPTIONS", &[], ("", ""));
    let ok = talk.expect_answer(200);
    for method in ["INVITE", "MESSAGE", "INFO", "BYE", "CANCEL", "OPTIONS"] {
        assert!(ok.headers.lists_token("Allow", method), "{method}");
    }
    let sdp = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=session\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n\
               m=message 5060 sip sip:alice@example.test\r\n";
    assert_eq!((ok.content_type().as_str(), &ok.body[..]), ("application/sdp", sdp.as_bytes()));
}

#[test]
fn no_ack_in_time_ends_the_session() {
    let mut talk = Talk::new();
    talk.invite("bob", "c1", &[]);
    talk.expect_answer(200);
    talk.seconds(31);
    while let Some(repeated) = talk.take() {
        assert_eq!(repeated.status(), Some(200));
    }
    talk.seconds(1);
    while let Some(message) = talk.take() {
        if message.status().is_none() {
            assert_eq!(message.method().unwrap().as_str(), "BYE");
            return;
        }
    }
    panic!("no BYE");
}

#[test]
fn invites_that_cross_leave_one_session() {
    for ours_is_lower in [true, false] {
        let mut talk = Talk::new();
        talk.say("bob", "mine", 1);
        let invite = talk.expect("INVITE");
        let call = if ours_is_lower { "zzz" } else { "!" };
        let mut theirs = talk.invited("bob", call, &[]);
        let message = talk.expect("MESSAGE");
        assert_eq!(message.call_id().unwrap(), call, "theirs stands already");
        let mut ours = talk.yes(&invite, "b");
        talk.expect("ACK");
        talk.world.answer(&message, 200, &[]);
        talk.hears(&mut theirs, "a");
        talk.expect_answer(200);
        talk.hears(&mut ours, "b");
        talk.expect_answer(200);
        assert_eq!(talk.texts().len(), 2, "both are heard");
        let (main, spare) = if ours_is_lower { (&ours, &theirs) } else { (&theirs, &ours) };
        talk.say("bob", "next", 2);
        let next = talk.expect("MESSAGE");
        assert_eq!(next.call_id().unwrap(), main.call);
        talk.world.answer(&next, 200, &[]);
        talk.seconds(4);
        talk.nothing();
        talk.seconds(1);
        let bye = talk.expect("BYE");
        assert_eq!(bye.call_id().unwrap(), spare.call);
        talk.seconds(60);
        talk.nothing();
    }
}

#[test]
fn a_crossing_invite_saves_the_text_when_ours_is_refused() {
    let mut talk = Talk::new();
    talk.say("bob", "mine", 1);
    let invite = talk.expect("INVITE");
    talk.invited("bob", "zzz", &[]);
    let message = talk.expect("MESSAGE");
    talk.answer(&invite, 486, "b", &[], ("", ""));
    talk.expect("ACK");
    talk.world.answer(&message, 200, &[]);
    assert_eq!(talk.words(), [(1, "sent"), (1, "delivered")]);
    talk.say("bob", "next", 2);
    assert_eq!(talk.expect("MESSAGE").call_id().unwrap(), "zzz");
}

#[test]
fn on_other_networks_sessions_are_taken_but_not_begun() {
    let mut talk = Talk { world: World::online(settings()), branch: 0 };
    talk.say("bob", "x", 1);
    let page = talk.expect("MESSAGE");
    assert_eq!(page.uri(), "sip:bob@example.test");
    talk.world.answer(&page, 200, &[]);
    talk.invited("bob", "c1", &[]);
    talk.say("bob", "y", 2);
    assert_eq!(talk.expect("MESSAGE").call_id().unwrap(), "c1");
}
