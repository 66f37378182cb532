//! What strangers may send: any bytes, cut anywhere, as many as they like.

use std::time::Duration;

use super::support::{Bench, FLOW, Out, peer_request, request, response, word};
use crate::sip::endpoint::{EndpointOutput, ServerTransactionId};
use crate::sip::message::{Message, Method};
use crate::sip::tokens::Tokens;

/// A stream with all kinds of things in it.
fn conversation() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut message = peer_request(Method::Message, "z9hG4bK1");
    message.set_body("text/plain", "hello\r\n\r\nSIP/2.0 200 OK\r\n");
    let mut stranger = Message::response(200);
    for (name, value) in [
        ("Via", "SIP/2.0/TCP x;branch=z9hG4bKnobody"),
        ("From", "<sip:a@x>;tag=1"),
        ("To", "<sip:b@x>;tag=2"),
        ("Call-ID", "c"),
        ("CSeq", "1 MESSAGE"),
    ] {
        stranger.headers.push(name, value);
    }
    for part in [
        message.to_bytes().as_ref(),
        b"\r\n\r\n",
        peer_request(Method::Invite, "z9hG4bK2").to_bytes().as_ref(),
        stranger.to_bytes().as_ref(),
        peer_request(Method::Cancel, "z9hG4bK2").to_bytes().as_ref(),
        b"\r\n\r\n",
        peer_request(Method::Ack, "z9hG4bK2").to_bytes().as_ref(),
        peer_request(Method::Benotify, "z9hG4bK3").to_bytes().as_ref(),
    ] {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[test]
fn where_a_stream_is_cut_makes_no_difference() {
    let bytes = conversation();
    let mut whole = Bench::tcp();
    whole.endpoint.handle_bytes(FLOW, &bytes, whole.now);
    let expected = whole.words();
    assert_eq!(expected, ["MESSAGE", "> \"\\r\\n\"", "INVITE", "> 200", "cancelled", "> \"\\r\\n\"", "BENOTIFY"]);
    for cut in 0..=bytes.len() {
        let mut bench = Bench::tcp();
        bench.endpoint.handle_bytes(FLOW, &bytes[..cut], bench.now);
        bench.endpoint.handle_bytes(FLOW, &bytes[cut..], bench.now);
        assert_eq!(bench.words(), expected, "cut at {cut}");
    }
    let mut bench = Bench::tcp();
    for byte in bytes.chunks(1) {
        bench.endpoint.handle_bytes(FLOW, byte, bench.now);
    }
    assert_eq!(bench.words(), expected, "octet by octet");
}

#[test]
fn spoilt_bytes_do_no_harm() {
    let clean = conversation();
    for seed in 0..1500 {
        let mut dice = Tokens::from_number(seed);
        let reliable = dice.below(2) == 0;
        let mut bench = if reliable { Bench::tcp() } else { Bench::udp() };
        bench.send(&request(Method::Message, "sip:bob@example.test", "m"));
        let sent = bench.sent();
        let mut bytes = if dice.below(3) == 0 { response(&sent, 401).to_bytes().to_vec() } else { clean.clone() };
        for _ in 0..=dice.below(6) {
            let at = usize::try_from(dice.below(bytes.len() as u64)).unwrap();
            match dice.below(3) {
                0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\r\n ;,<>\"\\:=%\0"[usize::try_from(dice.below(13)).unwrap()]),
            }
        }
        for chunk in bytes.chunks(usize::try_from(1 + dice.below(400)).unwrap()) {
            bench.endpoint.handle_bytes(FLOW, chunk, bench.now);
        }
        let out = bench.out();
        if reliable && out.contains(&Out::Closed) {
            let at = out.iter().position(|o| *o == Out::Closed).unwrap();
            assert!(
                out[at..].iter().all(|o| matches!(o, Out::Closed | Out::Fault)),
                "seed {seed}: {:?}",
                out.iter().map(word).collect::<Vec<_>>()
            );
        }
        for entry in out {
            if let Out::Request(Some(transaction), _) = entry {
                bench.endpoint.respond_with(transaction, 500, bench.now);
            }
        }
        bench.wait(300_000);
        bench.out();
        assert!(bench.endpoint.leaves_nothing(), "seed {seed}: {:?}", bench.endpoint);
    }
}

#[test]
fn a_flood_is_bounded_and_over_when_it_is_over() {
    let mut bench = Bench::udp();
    for i in 0..5_000 {
        let method = [Method::Invite, Method::Message, Method::Ack, Method::Cancel, Method::Benotify][i % 5].clone();
        bench.receive(&peer_request(method, &format!("z9hG4bK{i}")));
    }
    assert!(bench.endpoint.transactions() <= 4);
    let open: Vec<ServerTransactionId> =
        bench.out().into_iter().filter_map(|o| if let Out::Request(id, _) = o { id } else { None }).collect();
    assert_eq!(open.len(), 4);
    for transaction in open {
        bench.endpoint.respond_with(transaction, 480, bench.now);
    }
    bench.wait(60_000);
    bench.out();
    assert!(bench.endpoint.leaves_nothing());
}

#[test]
fn ten_thousand_requests_at_once_all_end() {
    let mut bench = Bench::udp();
    for i in 0..10_000 {
        bench.send(&request(Method::Message, "sip:bob@example.test", &i.to_string()));
        bench.endpoint.handle_timeout(bench.now);
        bench.now += Duration::from_micros(50);
    }
    let (mut sent, mut failed) = (0, 0);
    while let Some(at) = bench.endpoint.next_timeout() {
        bench.endpoint.handle_timeout(at);
        while let Some(output) = bench.endpoint.poll() {
            match output {
                EndpointOutput::Transmit { .. } => sent += 1,
                EndpointOutput::Event(_) => failed += 1,
                EndpointOutput::Close { .. } => panic!("no reason to close"),
            }
        }
    }
    assert_eq!((sent, failed), (110_000, 10_000));
    assert!(bench.endpoint.leaves_nothing());
}
