//! Matching of requests and responses.

use super::*;
use crate::sip::message::parse_head;

const FLOW: Flow = Flow(1);

fn request(method: &str, via: &str, cseq: &str) -> Message {
    let text = format!(
        "{method} sip:bob@example.test SIP/2.0\r\nVia: {via}\r\nFrom: <sip:alice@example.test>;tag=1\r\n\
         To: <sip:bob@example.test>\r\nCall-ID: a\r\nCSeq: {cseq}\r\n\r\n"
    );
    parse_head(text.as_bytes()).unwrap()
}

fn key(method: &str, via: &str, cseq: &str) -> ServerKey {
    ServerKey::of_request(FLOW, &request(method, via, cseq)).unwrap()
}

const VIA: &str = "SIP/2.0/UDP Host.example:5060;branch=z9hG4bK1";

#[test]
fn the_same_branch_sent_by_and_method_match() {
    assert_eq!(key("INVITE", VIA, "1 INVITE"), key("INVITE", "SIP/2.0/UDP host.EXAMPLE:5060;branch=z9hG4bK1;rport", "1 INVITE"));
}

#[test]
fn another_branch_sent_by_method_or_link_does_not_match() {
    let first = key("MESSAGE", VIA, "1 MESSAGE");
    assert_ne!(first, key("MESSAGE", "SIP/2.0/UDP host.example:5060;branch=z9hG4bK2", "1 MESSAGE"));
    assert_ne!(first, key("MESSAGE", "SIP/2.0/UDP host.example:5061;branch=z9hG4bK1", "1 MESSAGE"));
    assert_ne!(first, key("OPTIONS", VIA, "1 OPTIONS"));
    assert_ne!(Some(first), ServerKey::of_request(Flow(2), &request("MESSAGE", VIA, "1 MESSAGE")));
}

#[test]
fn ack_matches_its_invite_and_cancel_does_not() {
    let invite = key("INVITE", VIA, "1 INVITE");
    assert_eq!(invite, key("ACK", VIA, "1 ACK"));
    assert_ne!(invite, key("CANCEL", VIA, "1 CANCEL"));
    assert_eq!(ServerKey::cancelled_by(FLOW, &request("CANCEL", VIA, "1 CANCEL")), Some(invite));
}

#[test]
fn without_branch_the_dialog_words_decide() {
    for via in ["SIP/2.0/TLS client.example", "SIP/2.0/TLS client.example;branch=1", "SIP/2.0/TLS client.example;branch=z9hG4bK"]
    {
        let first = key("INVITE", via, "1 INVITE");
        assert!(matches!(first, ServerKey::Legacy { .. }), "{via}");
        assert_eq!(first, key("INVITE", via, "1 INVITE"));
        assert_eq!(first, key("ACK", via, "1 ACK"));
        assert_ne!(first, key("INVITE", via, "2 INVITE"));
        assert_ne!(first, key("NOTIFY", via, "1 NOTIFY"));
        assert_eq!(ServerKey::cancelled_by(FLOW, &request("CANCEL", via, "1 CANCEL")), Some(first));
    }
}

#[test]
fn without_branch_dialogs_of_one_call_id_are_told_apart() {
    // Everybody in a conversation of several people has the same Call-ID, and numbers repeat.
    let with_tag = |tag: &str, method: &str| {
        let mut message = request(method, "SIP/2.0/TLS client.example", &format!("2 {method}"));
        message.headers.set("To", format!("<sip:bob@example.test>;tag={tag}"));
        ServerKey::of_request(FLOW, &message).unwrap()
    };
    assert_ne!(with_tag("b", "MESSAGE"), with_tag("c", "MESSAGE"));
    assert_eq!(with_tag("b", "MESSAGE"), with_tag("b", "MESSAGE"));
    assert_eq!(with_tag("b", "ACK"), key("INVITE", "SIP/2.0/TLS client.example", "2 INVITE"));
}

#[test]
fn responses_match_by_branch_and_cseq_method() {
    let text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKx, SIP/2.0/TCP b;branch=z9hG4bKy\r\nCSeq: 4 CANCEL\r\n\r\n";
    let response = parse_head(text.as_bytes()).unwrap();
    let expected = ClientKey { flow: FLOW, branch: "z9hG4bKx".to_owned(), method: Method::Cancel };
    assert_eq!(ClientKey::of_response(FLOW, &response), Some(expected));
}
