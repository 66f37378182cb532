//! Framing, keep-alives and faults as the endpoint shows them.

use super::support::{Bench, FLOW, Out, peer_request};
use crate::sip::message::Method;

#[test]
fn pings_are_answered_and_pongs_told() {
    let mut bench = Bench::tcp();
    bench.endpoint.handle_bytes(FLOW, b"\r\n\r\n", bench.now);
    assert_eq!(bench.words(), ["> \"\\r\\n\""]);
    bench.endpoint.ping(FLOW);
    assert_eq!(bench.words(), ["> \"\\r\\n\\r\\n\""]);
    bench.endpoint.handle_bytes(FLOW, b"\r\n", bench.now);
    assert_eq!(bench.words(), ["pong"]);
}

#[test]
fn nothing_is_pinged_on_datagrams() {
    let mut bench = Bench::udp();
    bench.endpoint.ping(FLOW);
    assert_eq!(bench.words().len(), 0);
    bench.endpoint.handle_bytes(FLOW, b"\r\n\r\n", bench.now);
    bench.endpoint.handle_bytes(FLOW, b"\0\x01\0\0STUN", bench.now);
    assert_eq!(bench.words().len(), 0);
}

#[test]
fn binding_requests_and_answers_pass_by_the_messages() {
    use std::net::SocketAddr;

    use crate::sip::endpoint::{EndpointEvent, EndpointOutput};
    use crate::sip::stun::{self, Answer, Stun, TransactionId};

    let id = TransactionId([9; 12]);
    let peer: SocketAddr = "198.51.100.1:40000".parse().unwrap();
    let mut bench = Bench::udp();
    let mut after = |bytes: &[u8]| {
        bench.endpoint.handle_bytes(FLOW, bytes, bench.now);
        assert_eq!(bench.endpoint.poll(), Some(EndpointOutput::Event(EndpointEvent::Alive { flow: FLOW, pong: false })));
        bench.endpoint.poll()
    };
    // Who asks is told where it is seen.
    let Some(EndpointOutput::Transmit { bytes, .. }) = after(&stun::request(id)) else { panic!("no answer") };
    let answer = Answer { id, mapped: Some(peer) };
    assert_eq!(stun::read(&bytes), Some(Stun::Answer(answer)));
    assert_eq!(after(&bytes), Some(EndpointOutput::Event(EndpointEvent::Stun { flow: FLOW, answer })));
    assert_eq!(after(&bytes[..23]), None);
    bench.endpoint.ask_binding(FLOW, id);
    assert_eq!(bench.endpoint.poll(), Some(EndpointOutput::Transmit { flow: FLOW, bytes: stun::request(id).into() }));
    let mut bench = Bench::tcp();
    bench.endpoint.ask_binding(FLOW, id);
    assert_eq!(bench.endpoint.poll(), None);
}

#[test]
fn all_that_came_at_once_is_worked_on_in_order() {
    let mut bench = Bench::tcp();
    let mut bytes = Vec::new();
    for branch in ["z9hG4bK1", "z9hG4bK2"] {
        bytes.extend_from_slice(&peer_request(Method::Message, branch).to_bytes());
        bytes.extend_from_slice(b"\r\n\r\n");
    }
    bytes.extend_from_slice(&peer_request(Method::Options, "z9hG4bK3").to_bytes());
    bench.endpoint.handle_bytes(FLOW, &bytes, bench.now);
    assert_eq!(bench.words(), ["MESSAGE", "> \"\\r\\n\"", "MESSAGE", "> \"\\r\\n\"", "OPTIONS"]);
}

#[test]
fn a_fault_closes_a_stream_for_good() {
    let mut bench = Bench::tcp();
    bench.endpoint.handle_bytes(FLOW, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bench.now);
    assert_eq!(bench.words(), ["closed", "fault"]);
    bench.receive(&peer_request(Method::Message, "z9hG4bK1"));
    bench.endpoint.ping(FLOW);
    bench.send(&super::support::request(Method::Options, "sip:example.test", "o"));
    bench.endpoint.close(FLOW);
    assert_eq!(bench.words(), ["NotSent"]);
}

#[test]
fn a_request_with_a_body_that_cannot_be_taken_is_told_so_first() {
    let head = "MESSAGE sip:alice@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK1;rport\r\n\
        From: <sip:b@x>;tag=1\r\nTo: <sip:a@x>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n";
    for (line, code, reason) in [
        ("", 400, "Bad Request: no Content-Length on a stream"),
        ("Content-Length: -1\r\n", 400, "Bad Request: a wrong Content-Length"),
        ("Content-Length: 4294967296\r\n", 413, "Request Entity Too Large"),
    ] {
        let mut bench = Bench::tcp();
        bench.endpoint.handle_bytes(FLOW, format!("{head}{line}\r\n").as_bytes(), bench.now);
        let out = bench.out();
        let [Out::Sent(answer), Out::Closed, Out::Fault] = out.as_slice() else { panic!("{line:?}: {out:?}") };
        assert_eq!((answer.status(), answer.reason()), (Some(code), reason));
        assert!(answer.header("Via").unwrap().ends_with(";rport=40000;received=198.51.100.1"));
    }
    let mut bench = Bench::tcp();
    bench.endpoint.handle_bytes(FLOW, head.replace("MESSAGE", "BENOTIFY").as_bytes(), bench.now);
    bench.endpoint.handle_bytes(FLOW, b"\r\n", bench.now);
    assert_eq!(bench.words(), ["closed", "fault"]);
}

/// A request of the peer's with a line in it that breaks it, and a length that does not.
fn broken_request(method: &str, line: &str) -> String {
    format!(
        "{method} sip:alice@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bKb;rport\r\n\
        From: <sip:b@x>;tag=1\r\nTo: <sip:a@x>\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n{line}\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn a_request_that_cannot_be_read_is_answered_and_the_stream_lives_on() {
    let many = "X: y\r\n".repeat(300);
    for (text, code, reason) in [
        (broken_request("MESSAGE", "no colon"), 400, "Bad Request: a broken header line"),
        (broken_request("INVITE", ": nameless"), 400, "Bad Request: a broken header line"),
        (broken_request("MESSAGE", many.trim_end()), 400, "Bad Request: too many header fields"),
        (broken_request("MESSAGE", "X: y").replace("SIP/2.0\r", "SIP/3.0\r"), 505, "Version Not Supported"),
        (broken_request("MESSAGE", "X: y").replace("Length: 0", "Length: 5000000"), 413, "Request Entity Too Large"),
    ] {
        let mut bench = Bench::tcp();
        bench.endpoint.handle_bytes(FLOW, text.as_bytes(), bench.now);
        let out = bench.out();
        let [Out::Sent(answer), Out::Fault] = out.as_slice() else { panic!("{text:?}: {out:?}") };
        assert_eq!((answer.status(), answer.reason()), (Some(code), reason));
        assert!(answer.check().is_ok(), "{answer:?}");
        assert!(answer.header("Via").unwrap().ends_with(";rport=40000;received=198.51.100.1"));
        bench.endpoint.handle_bytes(FLOW, &vec![b'x'; if code == 413 { 5_000_000 } else { 0 }], bench.now);
        bench.receive(&peer_request(Method::Message, "z9hG4bK1"));
        assert_eq!(bench.words(), ["MESSAGE"]);
    }
}

#[test]
fn what_must_not_or_cannot_be_answered_is_told_and_no_more() {
    let lacking = |name: &str| broken_request("MESSAGE", "no colon").replace(&format!("\n{name}:"), "\nX:");
    for text in [
        broken_request("ACK", "no colon"),
        broken_request("BENOTIFY", "no colon"),
        lacking("Via"),
        lacking("From"),
        lacking("To"),
        lacking("Call-ID"),
        lacking("CSeq"),
        broken_request("MESSAGE", "no colon").replace("1 MESSAGE", "1 ACK"),
        broken_request("MESSAGE", "X: y").replace("MESSAGE sip:alice@192.0.2.10 SIP/2.0", "SIP/2.0 999 Odd"),
        broken_request("MESSAGE", "X: y").replace("MESSAGE sip:alice@192.0.2.10 SIP/2.0", "SIP/2.0 099 Odd"),
    ] {
        let mut bench = Bench::tcp();
        bench.endpoint.handle_bytes(FLOW, text.as_bytes(), bench.now);
        bench.receive(&peer_request(Method::Message, "z9hG4bK1"));
        assert_eq!(bench.words(), ["fault", "MESSAGE"], "{text}");
    }
}

#[test]
fn messages_unfit_to_be_worked_on_are_told_too() {
    let mut bench = Bench::tcp();
    for (method, expected) in
        [(Method::Message, ["> 400", "fault"].as_slice()), (Method::Benotify, &["fault"]), (Method::Ack, &["fault"])]
    {
        let mut unfit = peer_request(method, "z9hG4bK1");
        unfit.headers.set("From", "<");
        bench.receive(&unfit);
        assert_eq!(bench.words(), expected);
    }
    bench.send(&super::support::request(Method::Message, "sip:bob@example.test", "m"));
    let sent = bench.sent();
    let mut unfit = super::support::response(&sent, 200);
    unfit.headers.push("From", "<sip:other@x>");
    bench.receive(&unfit);
    assert_eq!(bench.words(), ["fault"]);
    bench.receive(&super::support::response(&sent, 200));
    assert_eq!(bench.words(), ["200"]);
}

#[test]
fn a_final_response_that_cannot_be_read_ends_its_request() {
    for (method, code, expected) in [
        (Method::Message, 200, ["Unreadable", "fault"].as_slice()),
        (Method::Message, 404, &["Unreadable", "fault"]),
        (Method::Message, 180, &["fault"]),
        (Method::Invite, 486, &["> ACK", "Unreadable", "fault"]),
        (Method::Invite, 200, &["Unreadable", "fault"]),
    ] {
        let mut bench = Bench::tcp();
        bench.send(&super::support::request(method, "sip:bob@example.test", "m"));
        let sent = bench.sent();
        let mut padded = super::support::response(&sent, code);
        for _ in 0..300 {
            padded.headers.push("X", "y");
        }
        bench.receive(&padded);
        assert_eq!(bench.words(), expected, "{code}");
        bench.wait(300_000);
        bench.out();
        assert!(code < 200 || bench.endpoint.leaves_nothing(), "{code}: {:?}", bench.endpoint);
    }
    let mut bench = Bench::tcp();
    let stranger = broken_request("MESSAGE", "no colon").replace("MESSAGE sip:alice@192.0.2.10 SIP/2.0", "SIP/2.0 200 OK");
    bench.endpoint.handle_bytes(FLOW, stranger.as_bytes(), bench.now);
    assert_eq!(bench.words(), ["fault"], "an answer to nothing");
}

#[test]
fn who_sends_nothing_that_can_be_read_is_given_up() {
    let mut bench = Bench::tcp();
    let broken = broken_request("ACK", "no colon");
    bench.endpoint.handle_bytes(FLOW, broken.repeat(16).as_bytes(), bench.now);
    assert_eq!(bench.words(), vec!["fault"; 16]);
    bench.endpoint.handle_bytes(FLOW, broken.as_bytes(), bench.now);
    assert_eq!(bench.words(), ["closed", "fault"]);
}

#[test]
fn a_fault_spoils_one_datagram_only() {
    let mut bench = Bench::udp();
    bench.endpoint.handle_bytes(FLOW, b"nonsense", bench.now);
    assert_eq!(bench.words(), ["fault"]);
    bench.receive(&peer_request(Method::Message, "z9hG4bK1"));
    assert_eq!(bench.words(), ["MESSAGE"]);
}

#[test]
fn links_nobody_knows_bring_nothing() {
    let mut bench = Bench::tcp();
    let bytes = peer_request(Method::Message, "z9hG4bK1").to_bytes();
    bench.endpoint.handle_bytes(crate::sip::endpoint::Flow(9), &bytes, bench.now);
    bench.endpoint.flow_down(crate::sip::endpoint::Flow(9));
    assert_eq!(bench.words().len(), 0);
    assert_eq!(bench.endpoint.flow_info(FLOW).map(|l| l.transport), Some("TCP"));
    assert_eq!(bench.endpoint.flow_info(crate::sip::endpoint::Flow(9)), None);
}
