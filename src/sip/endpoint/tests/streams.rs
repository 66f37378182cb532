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
