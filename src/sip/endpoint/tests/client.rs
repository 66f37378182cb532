//! The client role.

use super::support::{Bench, FLOW, Out, link, request, response};
use crate::sip::endpoint::{Failure, Flow, RequestId};
use crate::sip::message::{Message, Method};

fn message() -> Message {
    request(Method::Message, "sip:bob@example.test", "m1")
}

fn invite() -> Message {
    request(Method::Invite, "sip:bob@example.test", "i1")
}

#[test]
fn every_request_gets_via_max_forwards_and_user_agent_unless_it_has_them() {
    let mut bench = Bench::tcp();
    let mut plain = message();
    bench.send(&plain);
    let sent = bench.sent();
    let via = sent.top_via().unwrap();
    assert_eq!((via.transport.as_str(), via.sent_by.as_str()), ("TCP", "192.0.2.10:5060"));
    assert!(via.params.has("rport") && via.branch().unwrap().starts_with("z9hG4bK"));
    assert_eq!(
        (sent.header("Max-Forwards").unwrap().as_str(), sent.header("User-Agent").unwrap().as_str()),
        ("70", "chinwag/test")
    );
    plain.headers.push("Max-Forwards", "5");
    plain.headers.push("User-Agent", "other");
    bench.send(&plain);
    let sent = bench.sent();
    assert_eq!((sent.headers.count("Max-Forwards"), sent.header("User-Agent").unwrap().as_str()), (1, "other"));
}

#[test]
fn provisional_responses_but_100_come_and_the_final_one_ends_it() {
    let mut bench = Bench::udp();
    bench.send(&message());
    let sent = bench.sent();
    assert_eq!(bench.endpoint.method_of(RequestId(1)), Some(&Method::Message));
    for code in [100, 182, 200, 200, 500] {
        bench.receive(&response(&sent, code));
    }
    assert_eq!(bench.words(), ["182", "200"]);
    assert_eq!(bench.endpoint.method_of(RequestId(1)), None);
    bench.wait(5000);
    assert_eq!((bench.endpoint.transactions(), bench.words().len()), (0, 0));
}

#[test]
fn without_an_answer_it_fails_once_after_32_seconds() {
    let mut bench = Bench::udp();
    bench.send(&message());
    bench.wait(31_999);
    assert_eq!(bench.words(), ["> MESSAGE"; 11]);
    bench.wait(1);
    assert_eq!(bench.words(), ["Timeout"]);
    bench.wait(100_000);
    assert_eq!((bench.words().len(), bench.endpoint.transactions()), (0, 0));
}

#[test]
fn no_more_are_begun_than_may_be_under_way() {
    let mut bench = Bench::tcp();
    bench.endpoint.let_under_way(1);
    bench.send(&message());
    bench.words();
    bench.send(&invite());
    assert_eq!(bench.out(), [Out::Failed(RequestId(2), Failure::NotSent)]);
    bench.endpoint.let_under_way(2);
    bench.send(&invite());
    assert_eq!(bench.words(), ["> INVITE"]);
}

#[test]
fn when_the_link_goes_it_fails_once() {
    let mut bench = Bench::tcp();
    bench.send(&message());
    bench.send(&invite());
    bench.words();
    bench.endpoint.flow_down(FLOW);
    assert_eq!(bench.out(), [Out::Failed(RequestId(1), Failure::LinkDown), Out::Failed(RequestId(2), Failure::LinkDown)]);
    bench.send(&message());
    assert_eq!(bench.out(), [Out::Failed(RequestId(3), Failure::NotSent)]);
    assert_eq!((bench.endpoint.transactions(), bench.endpoint.next_timeout()), (0, None));
}

#[test]
fn responses_of_others_are_nobodys() {
    let mut bench = Bench::udp();
    bench.endpoint.flow_up(Flow(2), link(false));
    bench.send(&message());
    let sent = bench.sent();
    let right = response(&sent, 200);
    bench.endpoint.handle_bytes(Flow(2), &right.to_bytes(), bench.now);
    let mut other_method = right.clone();
    other_method.headers.set("CSeq", "1 INVITE");
    bench.receive(&other_method);
    let mut other_branch = right.clone();
    other_branch.headers.set("Via", "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKother");
    bench.receive(&other_branch);
    assert_eq!(bench.words().len(), 0);
    let mut broken = right.clone();
    broken.headers.remove("From");
    bench.receive(&broken);
    assert_eq!(bench.words(), ["fault"]);
    bench.receive(&right);
    assert_eq!(bench.words(), ["200"]);
}

#[test]
fn a_refused_invite_is_acknowledged_inside() {
    let mut bench = Bench::udp();
    let mut with_route = invite();
    with_route.headers.push("Route", "<sip:p1.example.test;lr>");
    bench.send(&with_route);
    let sent = bench.sent();
    bench.receive(&response(&sent, 486));
    let out = bench.out();
    let [Out::Sent(ack), Out::Response(RequestId(1), busy)] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!(busy.status(), Some(486));
    assert_eq!((ack.method(), ack.uri()), (Some(&Method::Ack), "sip:bob@example.test"));
    assert_eq!(ack.header("To").unwrap(), "<sip:bob@example.test>;tag=b");
    for name in ["Via", "From", "Call-ID", "Route"] {
        assert_eq!(ack.header(name), sent.header(name), "{name}");
    }
    assert_eq!(ack.header("CSeq").unwrap(), "1 ACK");
    bench.receive(&response(&sent, 486));
    assert_eq!(bench.words(), ["> ACK"], "again, and the user is not told again");
}

#[test]
fn a_repeated_2xx_gets_the_users_ack_again_and_other_branches_come_through() {
    let mut bench = Bench::udp();
    bench.send(&invite());
    let sent = bench.sent();
    let ok = response(&sent, 200);
    bench.receive(&ok);
    assert_eq!(bench.words(), ["200"]);
    bench.receive(&ok);
    assert_eq!(bench.words().len(), 0, "the user has not acknowledged yet");
    let mut ack = request(Method::Ack, "sip:bob@203.0.113.5", "i1");
    ack.headers.set("To", "<sip:bob@example.test>;tag=b");
    bench.endpoint.send_stateless(FLOW, ack);
    let first_ack = bench.sent();
    assert_ne!(first_ack.top_via().unwrap().branch(), sent.top_via().unwrap().branch());
    bench.receive(&ok);
    assert_eq!(bench.sent(), first_ack);
    let mut fork = ok;
    fork.headers.set("To", "<sip:bob@example.test>;tag=other");
    bench.receive(&fork);
    assert_eq!(bench.words(), ["200"]);
    bench.wait(32_000);
    assert_eq!(bench.endpoint.transactions(), 0);
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut bench = Bench::tcp();
    let id = bench.send(&invite());
    let sent = bench.sent();
    bench.endpoint.cancel(id, bench.now);
    bench.endpoint.cancel(id, bench.now);
    assert_eq!(bench.words().len(), 0);
    bench.receive(&response(&sent, 100));
    let cancel = bench.sent();
    assert_eq!((cancel.method(), cancel.uri()), (Some(&Method::Cancel), "sip:bob@example.test"));
    for name in ["Via", "From", "To", "Call-ID"] {
        assert_eq!(cancel.header(name), sent.header(name), "{name}");
    }
    assert_eq!(cancel.header("CSeq").unwrap(), "1 CANCEL");
    bench.endpoint.cancel(id, bench.now);
    bench.receive(&response(&cancel, 200));
    assert_eq!(bench.words().len(), 0);
    bench.receive(&response(&sent, 487));
    assert_eq!(bench.words(), ["> ACK", "487"]);
    assert_eq!(bench.endpoint.transactions(), 0);
}

#[test]
fn cancel_comes_too_late_for_a_final_response() {
    let mut bench = Bench::tcp();
    let id = bench.send(&invite());
    let sent = bench.sent();
    bench.endpoint.cancel(id, bench.now);
    bench.receive(&response(&sent, 200));
    bench.endpoint.cancel(id, bench.now);
    assert_eq!(bench.words(), ["200"]);
}

#[test]
fn a_cancelled_invite_that_stays_unanswered_fails() {
    let mut bench = Bench::tcp();
    let id = bench.send(&invite());
    let sent = bench.sent();
    bench.receive(&response(&sent, 180));
    bench.endpoint.cancel(id, bench.now);
    assert_eq!(bench.words(), ["180", "> CANCEL"]);
    bench.wait(32_000);
    assert_eq!(bench.words(), ["Timeout"]);
    assert_eq!(bench.endpoint.transactions(), 0);
}

#[test]
fn ack_carries_the_credentials_of_its_invite() {
    let mut bench = Bench::tcp();
    bench.send(&invite());
    let mut demand = response(&bench.sent(), 407);
    demand.headers.push("Proxy-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
    bench.receive(&demand);
    let out = bench.out();
    let [Out::Sent(ack), Out::Sent(again)] = out.as_slice() else { panic!("{out:?}") };
    assert_eq!((ack.method(), again.header("CSeq").unwrap().as_str()), (Some(&Method::Ack), "2 INVITE"));
    bench.receive(&response(again, 200));
    bench.words();
    let mut ack = request(Method::Ack, "sip:bob@203.0.113.5", "i1");
    ack.headers.set("CSeq", "2 ACK");
    ack.headers.set("To", "<sip:bob@example.test>;tag=b");
    bench.endpoint.send_stateless(FLOW, ack);
    assert_eq!(bench.sent().header("Proxy-Authorization"), again.header("Proxy-Authorization"));
}

#[test]
fn benotify_is_sent_and_forgotten() {
    let mut bench = Bench::udp();
    bench.endpoint.send_stateless(FLOW, request(Method::Benotify, "sip:bob@example.test", "b1"));
    assert_eq!(bench.sent().method(), Some(&Method::Benotify));
    assert_eq!((bench.endpoint.transactions(), bench.endpoint.next_timeout()), (0, None));
}
