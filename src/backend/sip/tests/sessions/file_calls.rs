//! Files that are offered in calls of their own.

use super::super::world::{World, peer, settings, who};
use super::{Leg, Talk};
use crate::backend::files::{Carriage, FileCommand, FileEnd, FileEvent, FilePlan, FileWay, Over};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, NoticeLevel, PeerInfo};
use crate::model::{FileId, FileRules, Fingerprint, InvitationRules};
use crate::sip::message::Message;

const SENT: FileId = FileId::Sent(1);
const CAME: FileId = FileId::Received(1);

fn ours() -> Fingerprint {
    Fingerprint::new([0xAB; 32])
}

fn theirs() -> String {
    format!("SHA-256 {}", ["CD"; 32].join(":"))
}

fn talk() -> Talk {
    Talk::page(SipSettings { files: true, ..settings() })
}

fn told(talk: &mut Talk) -> Vec<FileEvent> {
    let told = |event| if let Event::File(told) = event { Some(told) } else { None };
    talk.world.take_events().into_iter().filter_map(told).collect()
}

fn order(talk: &mut Talk, order: FileCommand) {
    talk.world.command(Command::File(order)).unwrap();
}

/// We offer bob a file; the INVITE.
fn offer(talk: &mut Talk) -> Message {
    let name = "/home/alice/a b.txt".to_owned();
    order(talk, FileCommand::Offer { id: SENT, to: who("bob"), name, octets: 5, fingerprint: ours() });
    talk.expect("INVITE")
}

fn answer_sdp(place: &str, more: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\nm=message 2855 TCP/TLS/MSRP *\r\na=recvonly\r\n\
         a=accept-types:*\r\na=path:msrps://{place}/s3ss10n;tcp\r\n{more}"
    )
}

/// Bob says yes, and is there.
fn yes(talk: &mut Talk, invite: &Message, sdp: &str) -> Leg {
    let contact = "Contact: <sip:bob@198.51.100.9:1677;transport=tls>";
    talk.answer(invite, 200, "b1", &[contact], ("application/sdp", sdp));
    talk.expect("ACK");
    let (call, ours) = (invite.call_id().unwrap(), invite.from().unwrap().tag().unwrap());
    Leg { peer: "bob".into(), call, ours, theirs: "b1".into(), cseq: 0 }
}

/// Bob's offer, in the words of RFC 5547.
fn offer_sdp(more: &str) -> String {
    format!(
        "v=0\r\no=bob 2890844526 2890844526 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\nm=message 9 TCP/TLS/MSRP *\r\n\
         a=sendonly\r\na=accept-types:*\r\na=path:msrps://198.51.100.9:9/b0b;tcp\r\na=setup:active\r\na=fingerprint:{}\r\n\
         a=file-selector:name:\"report.txt\" type:text/plain size:20480\r\na=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd\r\n{more}",
        theirs()
    )
}

fn offers(talk: &mut Talk, call: &str, sdp: &str) -> Leg {
    let mut leg = Leg { peer: "bob".into(), call: call.into(), ours: String::new(), theirs: format!("bob{call}"), cseq: 0 };
    talk.request(&mut leg, "INVITE", &[], ("application/sdp", sdp));
    leg
}

/// Bob's file is under way; what we answered.
fn running(talk: &mut Talk) -> (Leg, Message) {
    let mut leg = offers(talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    order(talk, FileCommand::Accept(CAME));
    order(talk, FileCommand::Listening { id: CAME, port: 6891, fingerprint: Some(ours()) });
    let ok = talk.expect_answer(200);
    leg.ours = ok.to().unwrap().tag().unwrap();
    talk.request_numbered(&leg, 1, "ACK", &[], ("", ""));
    told(talk);
    (leg, ok)
}

/// Bob takes ours, and can be connected to.
fn good_answer() -> String {
    answer_sdp("198.51.100.9:2855", &format!("a=fingerprint:{}\r\n", theirs()))
}

fn agreed(told: &[FileEvent]) -> &FilePlan {
    let [FileEvent::Agreed { plan, .. }] = told else { panic!("{told:?}") };
    plan
}

#[test]
fn one_is_sent_to_who_listens() {
    let mut talk = talk();
    let invite = offer(&mut talk);
    let sdp = String::from_utf8_lossy(&invite.body).into_owned();
    let path = sdp.lines().find_map(|line| line.strip_prefix("a=path:")).unwrap().to_owned();
    let id = sdp.lines().find_map(|line| line.strip_prefix("a=file-transfer-id:")).unwrap();
    let expected = format!(
        "v=0\r\no=- 0 0 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=message 9 TCP/TLS/MSRP *\r\na=sendonly\r\n\
         a=accept-types:*\r\na=path:{path}\r\na=setup:active\r\na=fingerprint:{}\r\na=file-selector:name:\"a b.txt\" size:5\r\n\
         a=file-transfer-id:{id}\r\na=file-disposition:attachment\r\n",
        ours()
    );
    assert_eq!(sdp, expected);
    assert!(path.starts_with("msrps://192.0.2.10:9/") && path.ends_with(";tcp") && id.len() == 32, "{sdp}");
    talk.answer(&invite, 180, "b1", &[], ("", ""));
    assert!(told(&mut talk).is_empty());
    let more = format!("a=setup:passive\r\na=fingerprint:{}\r\n", theirs());
    yes(&mut talk, &invite, &answer_sdp("198.51.100.9:2855", &more));
    let told = told(&mut talk);
    let plan = agreed(&told);
    assert_eq!((plan.way, plan.octets()), (FileWay::Dial("198.51.100.9:2855".parse().unwrap()), 5));
    let Carriage::Msrp(terms, Over::Tls(peer)) = &plan.carriage else { panic!("{plan:?}") };
    assert_eq!((terms.ours.to_string(), terms.theirs.to_string()), (path, "msrps://198.51.100.9:2855/s3ss10n;tcp".into()));
    assert_eq!((*peer, terms.active), (Fingerprint::parse(&theirs()), true));
    order(&mut talk, FileCommand::Done(SENT));
    talk.expect("BYE");
    talk.nothing();
}

#[test]
fn who_takes_none_so_is_offered_it_in_the_other_way() {
    for code in [405, 415, 488, 501, 606] {
        let mut talk = talk();
        let invite = offer(&mut talk);
        talk.world.answer(&invite, code, &[]);
        talk.expect("ACK");
        let message = talk.expect("MESSAGE");
        assert!(message.content_type().starts_with("text/x-msmsgsinvite"), "{code}");
        assert!(String::from_utf8_lossy(&message.body).contains("Application-File: a b.txt\r\n"), "{code}");
        assert!(told(&mut talk).is_empty(), "{code}");
    }
}

#[test]
fn refusals_and_answers_that_cannot_be_used() {
    let refused = |code, headers: &[&str]| {
        let mut talk = talk();
        let invite = offer(&mut talk);
        talk.world.answer(&invite, code, headers);
        talk.expect("ACK");
        talk.nothing();
        let told = told(&mut talk);
        let [FileEvent::Ended { id: SENT, why }] = told.as_slice() else { panic!("{told:?}") };
        why.clone()
    };
    assert_eq!((refused(603, &[]), refused(408, &[])), (FileEnd::Declined, FileEnd::TimedOut));
    assert!(refused(480, &[]).words().contains("not signed in"));
    assert!(refused(500, &["Warning: 399 chinwag \"no\""]).words().contains("not available"));
    assert!(refused(606, &["Warning: 309 x \"no\""]).words().contains("policy"));
    let fingerprint = format!("a=fingerprint:{}\r\n", theirs());
    let good = answer_sdp("198.51.100.9:2855", &fingerprint);
    for (sdp, words) in [
        ("nonsense".to_owned(), "not to be understood"),
        (good.replace("m=message 2855", "m=message 0"), "takes no files"),
        (answer_sdp("198.51.100.9:2855", ""), "how to know"),
        (good.replace("SHA-256", "SHA-1"), "how to know"),
        (good.replace("TCP/TLS/MSRP", "TCP/MSRP"), "how to know"),
        (answer_sdp("127.0.0.1:2855", &fingerprint), "no place"),
        (answer_sdp("198.51.100.9:80", &fingerprint), "no place"),
        (answer_sdp("198.51.100.7:2855/r;tcp msrps://198.51.100.9:2855", &fingerprint), "relay"),
        (answer_sdp("bob.example.test:2855", &fingerprint), "no place"),
        (answer_sdp("198.51.100.9:2855", &format!("{fingerprint}a=setup:active\r\n")), "no place"),
    ] {
        let mut talk = talk();
        let invite = offer(&mut talk);
        yes(&mut talk, &invite, &sdp);
        talk.expect("BYE");
        let told = told(&mut talk);
        let [FileEvent::Ended { id: SENT, why: FileEnd::Failed(why) }] = told.as_slice() else { panic!("{sdp}: {told:?}") };
        assert!(why.contains(words), "{sdp}: {why}");
    }
}

#[test]
fn one_is_taken() {
    let mut talk = talk();
    let mut leg = offers(&mut talk, "c1", &offer_sdp(""));
    let ringing = talk.expect_answer(180);
    let (name, from) = ("report.txt".to_owned(), who("bob"));
    assert_eq!(told(&mut talk), [FileEvent::Offered { id: CAME, from, name, octets: 20480, secret: true }]);
    order(&mut talk, FileCommand::Accept(CAME));
    let told_of = told(&mut talk);
    let plan = agreed(&told_of);
    let Carriage::Msrp(terms, Over::Tls(peer)) = &plan.carriage else { panic!("{plan:?}") };
    assert_eq!((plan.way, plan.octets()), (FileWay::Listen("192.0.2.10".parse().unwrap()), 20480));
    assert_eq!((terms.theirs.to_string(), *peer), ("msrps://198.51.100.9:9/b0b;tcp".into(), Fingerprint::parse(&theirs())));
    assert!(!terms.active && terms.media_type == "text/plain");
    talk.nothing();
    order(&mut talk, FileCommand::Listening { id: CAME, port: 6891, fingerprint: Some(ours()) });
    let ok = talk.expect_answer(200);
    assert_eq!(ok.to().unwrap().tag(), ringing.to().unwrap().tag());
    let session = terms.ours.session().session().unwrap();
    let expected = format!(
        "v=0\r\no=- 0 0 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=message 6891 TCP/TLS/MSRP *\r\na=recvonly\r\n\
         a=accept-types:text/plain application/octet-stream\r\na=path:msrps://192.0.2.10:6891/{session};tcp\r\n\
         a=setup:passive\r\na=fingerprint:{}\r\n\
         a=file-selector:name:\"report.txt\" type:text/plain size:20480\r\na=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd\r\n\
         a=file-disposition:attachment\r\n",
        ours()
    );
    assert_eq!(String::from_utf8_lossy(&ok.body), expected);
    leg.ours = ok.to().unwrap().tag().unwrap();
    talk.request_numbered(&leg, 1, "ACK", &[], ("", ""));
    // They hang up, and the last octets are given time.
    talk.request(&mut leg, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    talk.seconds(29);
    assert!(told(&mut talk).is_empty());
    order(&mut talk, FileCommand::Done(CAME));
    talk.nothing();
    talk.seconds(5);
    assert!(told(&mut talk).is_empty());
}

#[test]
fn who_hangs_up_early_is_not_waited_for() {
    let mut talk = talk();
    let mut leg = offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    order(&mut talk, FileCommand::Accept(CAME));
    order(&mut talk, FileCommand::Listening { id: CAME, port: 6891, fingerprint: Some(ours()) });
    leg.ours = talk.expect_answer(200).to().unwrap().tag().unwrap();
    told(&mut talk);
    talk.request(&mut leg, "BYE", &[], ("", ""));
    talk.expect_answer(200);
    talk.seconds(31);
    assert_eq!(told(&mut talk), [FileEvent::Ended { id: CAME, why: FileEnd::Cancelled }]);
}

#[test]
fn either_side_gives_up_at_any_time() {
    // We, before their answer, and they said yes all the same.
    let mut talk = talk();
    let invite = offer(&mut talk);
    talk.answer(&invite, 180, "b1", &[], ("", ""));
    order(&mut talk, FileCommand::Cancel(SENT));
    talk.expect("CANCEL");
    assert_eq!(told(&mut talk), [FileEvent::Ended { id: SENT, why: FileEnd::Withdrawn }]);
    yes(&mut talk, &invite, &answer_sdp("198.51.100.9:2855", ""));
    talk.expect("BYE");
    // We decline.
    let leg = offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    order(&mut talk, FileCommand::Cancel(CAME));
    talk.expect_answer(603);
    talk.request_numbered(&leg, 1, "ACK", &[], ("", ""));
    // They withdraw it.
    let branch = talk.branch + 1;
    let leg = offers(&mut talk, "c2", &offer_sdp(""));
    talk.expect_answer(180);
    told(&mut talk);
    talk.branch = branch - 1;
    talk.request_numbered(&leg, 1, "CANCEL", &[], ("", ""));
    talk.expect_answer(200);
    talk.expect_answer(487);
    assert_eq!(told(&mut talk), [FileEvent::Ended { id: FileId::Received(2), why: FileEnd::Cancelled }]);
}

#[test]
fn nobody_waits_for_ever() {
    let mut talk = talk();
    let invite = offer(&mut talk);
    talk.answer(&invite, 180, "b1", &[], ("", ""));
    offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    told(&mut talk);
    talk.seconds(601);
    let told = told(&mut talk);
    for id in [SENT, CAME] {
        assert!(told.contains(&FileEvent::Ended { id, why: FileEnd::TimedOut }), "{told:?}");
    }
}

#[test]
fn offers_that_cannot_be_taken_are_refused_before_anybody_is_asked() {
    let plain = offer_sdp("").replace("TCP/TLS/MSRP", "TCP/MSRP").replace("msrps:", "msrp:");
    for (sdp, code) in [
        (offer_sdp("").replace(" size:20480", ""), 488),
        (offer_sdp("").replace("a=path:msrps", "a=path:http"), 488),
        (offer_sdp("").replace("setup:active", "setup:passive"), 488),
        (offer_sdp("").replace("sendonly", "recvonly"), 488),
        (offer_sdp("").replace("a=file-selector", "a=x"), 488),
        // The certificate would be the relay's.
        (offer_sdp("").replace("a=path:", "a=path:msrps://198.51.100.7:2855/r;tcp "), 488),
        (plain.replace("a=path:", "a=path:msrp://198.51.100.7:2855/r;tcp "), 180),
        (plain.clone(), 180),
    ] {
        let mut talk = talk();
        offers(&mut talk, "c1", &sdp);
        talk.expect_answer(code);
    }
    // In the clear: told as such.
    let mut talk = talk();
    offers(&mut talk, "c1", &plain);
    talk.expect_answer(180);
    assert!(matches!(told(&mut talk).as_slice(), [FileEvent::Offered { secret: false, .. }]));
    // One person, many files.
    for n in 2..=8 {
        offers(&mut talk, &format!("c{n}"), &offer_sdp(""));
        talk.expect_answer(180);
    }
    offers(&mut talk, "c9", &offer_sdp(""));
    assert!(talk.expect_answer(500).header("Warning").unwrap().contains("too many"));
    assert_eq!(told(&mut talk).len(), 7);
}

#[test]
fn policy_and_commands_without_files_decline() {
    let files = FileRules { none: Some("set by your organisation".into()), ..FileRules::default() };
    let invitations = InvitationRules { files, ..InvitationRules::default() };
    for (settings, code) in
        [(SipSettings { files: true, invitations, ..settings() }, 606), (SipSettings { files: false, ..settings() }, 488)]
    {
        let mut talk = Talk::page(settings);
        talk.world.command(Command::PutContact { address: who("bob"), name: String::new(), groups: Vec::new() }).unwrap();
        while talk.take().is_some() {}
        talk.world.take_events();
        offers(&mut talk, "c1", &offer_sdp(""));
        talk.expect_answer(code);
        let events = talk.world.take_events();
        let [Event::Notice { level: NoticeLevel::Info, code: "file-declined", text, by: Some(_) }] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert!(text.contains("report.txt"), "{text}");
    }
}

#[test]
fn what_stands_in_the_way_of_a_lost_connection_ends() {
    let mut talk = talk();
    offer(&mut talk);
    offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    told(&mut talk);
    talk.world.cut();
    let told = told(&mut talk);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|event| matches!(event, FileEvent::Ended { why: FileEnd::Failed(_), .. })), "{told:?}");
}

#[test]
fn who_signs_out_lets_nobody_wait() {
    let mut talk = talk();
    offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    told(&mut talk);
    talk.world.command(Command::SignOut).unwrap();
    // Nobody declined it.
    talk.expect_answer(480);
    assert_eq!(told(&mut talk), [FileEvent::Ended { id: CAME, why: FileEnd::Withdrawn }]);
}

#[test]
fn what_is_under_way_outlives_signing_out() {
    let mut talk = talk();
    let invite = offer(&mut talk);
    yes(&mut talk, &invite, &good_answer());
    running(&mut talk);
    talk.world.command(Command::SignOut).unwrap();
    // A BYE would have the other side stop it.
    talk.nothing();
    assert!(told(&mut talk).is_empty());
}

#[test]
fn who_cannot_be_connected_to_is_not_asked() {
    let mut world = World::new(SipSettings { files: true, ..settings() });
    world.command(Command::SignIn).unwrap();
    let link = *world.opened.last().unwrap();
    world.up(link, &PeerInfo { local: "[fe80::1]:49152".parse().unwrap(), ..peer("sip.example.test:5061", 5) });
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &["Expires: 600"]);
    let mut talk = Talk { world, branch: 0 };
    talk.nothing();
    talk.world.take_events();
    offers(&mut talk, "c1", &offer_sdp(""));
    assert!(talk.expect_answer(488).header("Warning").unwrap().contains("cannot be connected to"));
    assert!(told(&mut talk).is_empty());
}

#[test]
fn one_that_was_wanted_and_cannot_be_taken_is_not_declined() {
    // The port cannot be opened; an order that cannot be carried out; nothing happens at all.
    let fails: [fn(&mut Talk); 3] =
        [|talk| order(talk, FileCommand::Cancel(CAME)), |talk| order(talk, FileCommand::Accept(CAME)), |talk| talk.seconds(61)];
    for fail in fails {
        let mut talk = talk();
        offers(&mut talk, "c1", &offer_sdp(""));
        talk.expect_answer(180);
        order(&mut talk, FileCommand::Accept(CAME));
        told(&mut talk);
        fail(&mut talk);
        let no = talk.expect_answer(500);
        assert!(no.header("Warning").unwrap().starts_with("399 "), "{no:?}");
        let told = told(&mut talk);
        assert!(matches!(told.as_slice(), [FileEvent::Ended { id: CAME, .. }]), "{told:?}");
        talk.nothing();
    }
}

#[test]
fn who_waits_for_the_user_is_told_so_each_minute() {
    let mut talk = talk();
    offers(&mut talk, "c1", &offer_sdp(""));
    let tag = talk.expect_answer(180).to().unwrap().tag();
    told(&mut talk);
    for minute in 1..10 {
        talk.seconds(59);
        talk.nothing();
        talk.seconds(1);
        assert_eq!(talk.expect_answer(180).to().unwrap().tag(), tag, "{minute}");
    }
    talk.seconds(60);
    talk.expect_answer(480);
    assert_eq!(told(&mut talk), [FileEvent::Ended { id: CAME, why: FileEnd::TimedOut }]);
    talk.seconds(60);
    talk.nothing();
}

#[test]
fn one_that_is_withdrawn_at_once_is_not_asked_about() {
    let mut talk = talk();
    let message = |method: &str, body: &str| {
        format!(
            "{method} sip:alice@192.0.2.10:49152;transport=tls SIP/2.0\r\n\
             Via: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bKatonce\r\nMax-Forwards: 69\r\n\
             From: <sip:bob@example.test>;tag=b0\r\nTo: <sip:alice@example.test>\r\nCall-ID: c0\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:bob@198.51.100.9:1677;transport=tls>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let both = message("INVITE", &offer_sdp("")) + &message("CANCEL", "");
    talk.world.feed(both.as_bytes());
    talk.expect_answer(200);
    talk.expect_answer(487);
    talk.nothing();
    assert!(told(&mut talk).is_empty());
    offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    assert!(matches!(told(&mut talk).as_slice(), [FileEvent::Offered { id: CAME, .. }]));
}

#[test]
fn who_hangs_up_before_the_answer_withdraws_it() {
    for taken in [false, true] {
        let mut talk = talk();
        let mut leg = offers(&mut talk, "c1", &offer_sdp(""));
        leg.ours = talk.expect_answer(180).to().unwrap().tag().unwrap();
        if taken {
            order(&mut talk, FileCommand::Accept(CAME));
        }
        told(&mut talk);
        talk.request(&mut leg, "BYE", &[], ("", ""));
        talk.expect_answer(200);
        talk.expect_answer(487);
        talk.nothing();
        assert_eq!(told(&mut talk), [FileEvent::Ended { id: CAME, why: FileEnd::Cancelled }], "{taken}");
    }
}

#[test]
fn a_call_that_is_refreshed_stays_as_it_is() {
    const TIMER: &[&str] = &["Session-Expires: 1800;refresher=uac"];
    const SDP: &str = "application/sdp";
    let mut talk = talk();
    let (mut leg, ok) = running(&mut talk);
    for body in [(SDP, offer_sdp("")), ("", String::new())] {
        talk.request(&mut leg, "INVITE", TIMER, (body.0, &body.1));
        let again = talk.expect_answer(200);
        assert_eq!((again.content_type().as_str(), &again.body), (SDP, &ok.body));
        talk.request_numbered(&leg, leg.cseq, "ACK", &[], ("", ""));
    }
    talk.request(&mut leg, "UPDATE", TIMER, ("", ""));
    assert!(talk.expect_answer(200).body.is_empty());
    talk.request(&mut leg, "UPDATE", TIMER, (SDP, &offer_sdp("")));
    assert_eq!(talk.expect_answer(200).body, ok.body);
    for other in [offer_sdp("").replace("vBnG916bdberum2fFEABR1FR3ExZMUrd", "another"), "nonsense".to_owned()] {
        talk.request(&mut leg, "INVITE", TIMER, (SDP, &other));
        talk.expect_answer(488);
    }
    // By who takes ours, and has no name for it.
    let invite = offer(&mut talk);
    let answer = good_answer();
    let mut leg = yes(&mut talk, &invite, &answer);
    assert!(matches!(told(&mut talk).as_slice(), [FileEvent::Agreed { id: SENT, .. }]));
    talk.request(&mut leg, "INVITE", TIMER, (SDP, &answer));
    assert_eq!(talk.expect_answer(200).body, invite.body);
    talk.request_numbered(&leg, leg.cseq, "ACK", &[], ("", ""));
    talk.request(&mut leg, "INVITE", TIMER, (SDP, &answer.replace("s3ss10n", "another")));
    talk.expect_answer(488);
    talk.seconds(60);
    talk.nothing();
    assert!(told(&mut talk).is_empty());
}

#[test]
fn calls_that_nobody_answered_end_when_the_link_is_left_for_a_better_one() {
    const CONTACT: &str = "Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=100000";
    let mut world = World::new(SipSettings { files: true, ..settings() });
    world.command(Command::SignIn).unwrap();
    let old = *world.opened.last().unwrap();
    world.up(old, &PeerInfo { second_best: true, ..peer("b:5061", 2) });
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[CONTACT]);
    let mut talk = Talk { world, branch: 0 };
    talk.nothing();
    for _ in 0..1_000 {
        if talk.world.opened.len() == 1 {
            talk.world.seconds(1);
        }
    }
    let new = *talk.world.opened.last().unwrap();
    talk.world.up(new, &peer("a:5061", 1));
    let register = talk.world.expect("REGISTER");
    // The better server has not said yes when both sides offer something over the link there is.
    talk.world.link = Some(old);
    offers(&mut talk, "c1", &offer_sdp(""));
    talk.expect_answer(180);
    let invite = offer(&mut talk);
    talk.answer(&invite, 180, "b1", &[], ("", ""));
    told(&mut talk);
    talk.world.link = Some(new);
    talk.world.answer(&register, 200, &[CONTACT]);
    let mut sent = Vec::new();
    while let Some(message) = talk.take() {
        sent.push(message.method().map_or_else(|| message.status().unwrap().to_string(), ToString::to_string));
    }
    sent.sort_unstable();
    assert_eq!(sent, ["480", "CANCEL"]);
    let why = FileEnd::Failed("the connection moved to another server meanwhile".to_owned());
    assert_eq!(told(&mut talk), [SENT, CAME].map(|id| FileEvent::Ended { id, why: why.clone() }));
    // A yes that comes all the same is ended at once.
    talk.world.link = Some(old);
    yes(&mut talk, &invite, &good_answer());
    talk.expect("BYE");
}
