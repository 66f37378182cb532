//! The server role.

use super::support::{Bench, FLOW, Out, link, peer_request};
use crate::sip::endpoint::{Flow, refuse_extensions};
use crate::sip::message::{Message, Method};

#[test]
fn the_source_is_noted_in_the_top_via_only() {
    let mut bench = Bench::udp();
    for (via, noted) in [
        ("SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1", "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1"),
        (
            "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK2;rport",
            "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK2;rport=40000;received=198.51.100.1",
        ),
        ("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK3", "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK3;received=198.51.100.1"),
        (
            "SIP/2.0/UDP p.example;branch=z9hG4bK4, SIP/2.0/TCP 10.0.0.1;rport",
            "SIP/2.0/UDP p.example;branch=z9hG4bK4;received=198.51.100.1, SIP/2.0/TCP 10.0.0.1;rport",
        ),
    ] {
        let mut request = peer_request(Method::Message, "x");
        request.headers.set("Via", via);
        let (transaction, request) = bench.incoming(&request);
        assert_eq!(request.header("Via").unwrap(), noted);
        bench.endpoint.respond_with(transaction, 200, bench.now);
        assert_eq!(bench.sent().header("Via").unwrap(), noted);
    }
}

#[test]
fn repetitions_are_absorbed_and_answered_from_memory() {
    let mut bench = Bench::udp();
    let request = peer_request(Method::Message, "z9hG4bK1");
    let (transaction, _) = bench.incoming(&request);
    bench.receive(&request);
    assert_eq!(bench.words().len(), 0);
    bench.endpoint.respond_with(transaction, 202, bench.now);
    let answer = bench.sent();
    assert_eq!(
        (answer.status(), answer.reason(), answer.header("Server").unwrap().as_str()),
        (Some(202), "Accepted", "chinwag/test")
    );
    bench.receive(&request);
    assert_eq!(bench.sent(), answer);
    bench.endpoint.respond_with(transaction, 500, bench.now);
    assert_eq!(bench.words().len(), 0, "one final response only");
    bench.wait(32_000);
    assert_eq!(bench.endpoint.transactions(), 0);
}

#[test]
fn responses_get_one_to_tag_and_keep_the_users() {
    let mut bench = Bench::tcp();
    let (transaction, _) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK1"));
    bench.endpoint.respond_with(transaction, 180, bench.now);
    let ringing = bench.sent();
    bench.endpoint.respond_with(transaction, 486, bench.now);
    let busy = bench.sent();
    let tag = ringing.to().unwrap().tag().unwrap();
    assert_eq!(busy.to().unwrap().tag(), Some(tag));
    let (transaction, request) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK2"));
    let mut answer = Message::response_to(&request, 200);
    answer.headers.set("To", "<sip:alice@example.test>;tag=mine");
    bench.endpoint.respond(transaction, answer, bench.now);
    assert_eq!(bench.sent().header("To").unwrap(), "<sip:alice@example.test>;tag=mine");
}

#[test]
fn slow_users_are_excused_with_100() {
    let mut bench = Bench::tcp();
    bench.receive(&peer_request(Method::Invite, "z9hG4bK1"));
    bench.receive(&peer_request(Method::Message, "z9hG4bK2"));
    bench.words();
    bench.wait(199);
    assert_eq!(bench.words().len(), 0);
    bench.wait(1);
    let trying = bench.sent();
    assert_eq!((trying.status(), trying.cseq().unwrap().method), (Some(100), Method::Invite));
    assert_eq!(trying.to().unwrap().tag(), None);
    bench.wait(3300);
    assert_eq!(bench.sent().cseq().unwrap().method, Method::Message);
}

#[test]
fn a_refusal_of_invite_is_repeated_until_ack_which_stays_inside() {
    let mut bench = Bench::udp();
    let invite = peer_request(Method::Invite, "z9hG4bK1");
    let (transaction, _) = bench.incoming(&invite);
    bench.endpoint.respond_with(transaction, 488, bench.now);
    let refusal = bench.sent();
    bench.wait(1500);
    assert_eq!(bench.words(), ["> 488", "> 488"]);
    let mut ack = peer_request(Method::Ack, "z9hG4bK1");
    ack.headers.set("To", refusal.header("To").unwrap());
    bench.receive(&ack);
    bench.receive(&ack);
    bench.wait(5000);
    assert_eq!((bench.words().len(), bench.endpoint.transactions()), (0, 0));
}

#[test]
fn an_acceptance_is_repeated_until_ack_which_comes_to_the_user_once() {
    let mut bench = Bench::tcp();
    let (transaction, _) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK1"));
    bench.endpoint.respond_with(transaction, 200, bench.now);
    let ok = bench.sent();
    bench.wait(1500);
    assert_eq!(bench.words(), ["> 200", "> 200"]);
    let mut ack = peer_request(Method::Ack, "z9hG4bK1");
    ack.headers.set("Via", "SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKown");
    ack.headers.set("To", ok.header("To").unwrap());
    for _ in 0..2 {
        bench.receive(&ack);
    }
    assert_eq!(bench.words(), ["ACK"]);
    bench.wait(32_000);
    assert_eq!((bench.words().len(), bench.endpoint.transactions()), (0, 0));
}

#[test]
fn what_a_proxy_passes_back_is_another_ones_answer() {
    let mut bench = Bench::tcp();
    let (transaction, invite) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK1"));
    let mut answer = Message::response_to(&invite, 200);
    answer.headers.set("To", "<sip:bob@example.test>;tag=device");
    bench.endpoint.pass_back(transaction, answer.clone(), bench.now);
    assert_eq!(bench.sent().to_bytes(), answer.to_bytes(), "nothing is added");
    bench.wait(8000);
    assert_eq!(bench.words().len(), 0, "who accepted repeats it");
    let mut ack = peer_request(Method::Ack, "z9hG4bK1");
    ack.headers.set("To", "<sip:bob@example.test>;tag=device");
    for _ in 0..2 {
        bench.receive(&ack);
    }
    assert_eq!(bench.words(), ["ACK", "ACK"]);
    bench.wait(32_000);
    assert_eq!(bench.endpoint.transactions(), 0);
}

#[test]
fn an_ack_of_no_invite_is_dropped() {
    let mut bench = Bench::tcp();
    bench.receive(&peer_request(Method::Ack, "z9hG4bK1"));
    assert_eq!(bench.words().len(), 0);
}

#[test]
fn cancel_is_answered_and_told_once() {
    let mut bench = Bench::udp();
    let (transaction, _) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK1"));
    let cancel = peer_request(Method::Cancel, "z9hG4bK1");
    bench.receive(&cancel);
    let out = bench.out();
    let [Out::Sent(ok), Out::Cancelled(cancelled)] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!((ok.status(), ok.header("CSeq").unwrap().as_str(), *cancelled), (Some(200), "1 CANCEL", transaction));
    bench.receive(&cancel);
    assert_eq!(bench.words(), ["> 200"]);
    bench.endpoint.respond_with(transaction, 487, bench.now);
    let terminated = bench.sent();
    assert_eq!((terminated.status(), terminated.to().unwrap().tag()), (Some(487), ok.to().unwrap().tag()));
}

#[test]
fn cancel_after_the_answer_changes_nothing_and_of_nothing_gets_481() {
    let mut bench = Bench::tcp();
    let (transaction, _) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK1"));
    bench.endpoint.respond_with(transaction, 200, bench.now);
    bench.words();
    bench.receive(&peer_request(Method::Cancel, "z9hG4bK1"));
    assert_eq!(bench.words(), ["> 200"]);
    bench.receive(&peer_request(Method::Cancel, "z9hG4bK2"));
    assert_eq!(bench.words(), ["> 481"]);
}

#[test]
fn benotify_is_told_and_never_answered() {
    let mut bench = Bench::tcp();
    bench.receive(&peer_request(Method::Benotify, "z9hG4bK1"));
    let out = bench.out();
    let [Out::Request(None, request)] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!(request.method(), Some(&Method::Benotify));
    let mut broken = peer_request(Method::Benotify, "z9hG4bK2");
    broken.headers.remove("CSeq");
    bench.receive(&broken);
    bench.wait(60_000);
    assert_eq!((bench.words(), bench.endpoint.transactions()), (vec!["fault".to_owned()], 0));
}

#[test]
fn methods_nobody_knows_come_to_the_user() {
    let mut bench = Bench::tcp();
    let (transaction, request) = bench.incoming(&peer_request(Method::parse("FLY").unwrap(), "z9hG4bK1"));
    assert_eq!(request.method().map(Method::as_str), Some("FLY"));
    bench.endpoint.respond_with(transaction, 501, bench.now);
    assert_eq!(bench.words(), ["> 501"]);
}

#[test]
fn broken_requests_get_400_with_the_reason_and_leave_nothing() {
    let mut bench = Bench::tcp();
    for (name, value, reason) in [
        ("From", None, "Bad Request: a missing header field"),
        ("CSeq", Some("1 INVITE"), "Bad Request: a broken header field value"),
        ("CSeq", Some("x"), "Bad Request: a broken header field value"),
        ("Max-Forwards", Some("many"), "Bad Request: a broken header field value"),
    ] {
        let mut request = peer_request(Method::Message, "z9hG4bK1");
        request.headers.remove(name);
        if let Some(value) = value {
            request.headers.push(name, value);
        }
        bench.receive(&request);
        let out = bench.out();
        let [Out::Sent(answer), Out::Fault] = out.as_slice() else { panic!("{out:?}") };
        assert_eq!((answer.status(), answer.reason()), (Some(400), reason), "{name}");
    }
    let mut no_via = peer_request(Method::Message, "z9hG4bK1");
    no_via.headers.remove("Via");
    bench.receive(&no_via);
    let mut ack = peer_request(Method::Ack, "z9hG4bK1");
    ack.headers.remove("From");
    bench.receive(&ack);
    assert_eq!((bench.words(), bench.endpoint.transactions()), (vec!["fault".to_owned(); 2], 0));
}

#[test]
fn too_many_at_once_get_503_until_the_user_answers() {
    let mut bench = Bench::udp();
    bench.endpoint.flow_up(Flow(2), link(false));
    let first = bench.incoming(&peer_request(Method::Message, "z9hG4bK0")).0;
    for i in 1..4 {
        bench.incoming(&peer_request(Method::Message, &format!("z9hG4bK{i}")));
    }
    bench.receive(&peer_request(Method::Message, "z9hG4bK4"));
    let busy = bench.sent();
    assert_eq!((busy.status(), busy.header("Retry-After").unwrap().as_str()), (Some(503), "10"));
    assert_eq!(bench.endpoint.transactions(), 4);
    bench.endpoint.handle_bytes(Flow(2), &peer_request(Method::Message, "z9hG4bK4").to_bytes(), bench.now);
    assert_eq!(bench.words(), ["MESSAGE"], "another link has its own bound");
    bench.endpoint.respond_with(first, 200, bench.now);
    bench.receive(&peer_request(Method::Message, "z9hG4bK4"));
    assert_eq!(bench.words(), ["> 200", "MESSAGE"]);
    bench.receive(&peer_request(Method::Message, "z9hG4bK1"));
    assert_eq!(bench.words().len(), 0, "repetitions are known even when it is full");
}

#[test]
fn answered_ones_are_kept_within_a_bound() {
    let mut bench = Bench::udp();
    for i in 0..3000 {
        let (transaction, _) = bench.incoming(&peer_request(Method::Message, &format!("z9hG4bK{i}")));
        bench.endpoint.respond_with(transaction, 200, bench.now);
    }
    bench.words();
    assert_eq!(bench.endpoint.transactions(), 2048);
    bench.receive(&peer_request(Method::Message, "z9hG4bK2999"));
    assert_eq!(bench.words(), ["> 200"]);
    bench.wait(32_000);
    assert_eq!((bench.endpoint.transactions(), bench.endpoint.next_timeout()), (0, None));
}

#[test]
fn peers_without_branch_are_matched_all_the_same() {
    let mut bench = Bench::udp();
    let legacy = |method: Method| {
        let mut request = peer_request(method, "x");
        request.headers.set("Via", "SIP/2.0/UDP 198.51.100.1:40000");
        request
    };
    let (transaction, _) = bench.incoming(&legacy(Method::Invite));
    bench.receive(&legacy(Method::Invite));
    assert_eq!(bench.words().len(), 0);
    bench.endpoint.respond_with(transaction, 486, bench.now);
    let refusal = bench.sent();
    bench.receive(&legacy(Method::Invite));
    assert_eq!(bench.sent(), refusal);
    let mut ack = legacy(Method::Ack);
    ack.headers.set("To", refusal.header("To").unwrap());
    bench.receive(&ack);
    bench.wait(6000);
    assert_eq!((bench.words().len(), bench.endpoint.transactions()), (0, 0));
}

#[test]
fn when_the_link_goes_its_requests_go() {
    let mut bench = Bench::udp();
    let (transaction, _) = bench.incoming(&peer_request(Method::Invite, "z9hG4bK1"));
    let (answered, _) = bench.incoming(&peer_request(Method::Message, "z9hG4bK2"));
    bench.endpoint.respond_with(answered, 200, bench.now);
    bench.words();
    bench.endpoint.flow_down(FLOW);
    bench.endpoint.respond_with(transaction, 200, bench.now);
    assert_eq!((bench.words().len(), bench.endpoint.transactions(), bench.endpoint.next_timeout()), (0, 0, None));
}

#[test]
fn unsupported_extensions_are_named() {
    let mut request = peer_request(Method::Subscribe, "z9hG4bK1");
    assert_eq!(refuse_extensions(&request, &["eventlist"]), None);
    request.headers.push("Require", "EventList, com.example.fly");
    request.headers.push("Require", "x");
    let refusal = refuse_extensions(&request, &["eventlist"]).unwrap();
    assert_eq!((refusal.status(), refusal.header("Unsupported").unwrap().as_str()), (Some(420), "com.example.fly, x"));
    let mut ack = peer_request(Method::Ack, "z9hG4bK1");
    ack.headers.push("Require", "x");
    assert_eq!(refuse_extensions(&ack, &[]), None);
}
