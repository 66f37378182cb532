//! RFC 3261 section 12, from both ends.

use super::*;
use crate::sip::message::parse_head;

fn message(text: &str) -> Message {
    parse_head(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

fn invite() -> Message {
    message(
        "INVITE sip:bob@example.test SIP/2.0\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\nFrom: \"Alice\" <sip:alice@example.test>;tag=a\n\
         To: <sip:bob@example.test>\nCall-ID: c1\nCSeq: 7 INVITE\nContact: <sip:alice@192.0.2.1>\n\
         Record-Route: <sip:p1.test;lr>\nRecord-Route: <sip:p2.test;lr>, <sip:p3.test;lr>\n\n",
    )
}

fn ok() -> Message {
    message(
        "SIP/2.0 200 OK\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\nFrom: \"Alice\" <sip:alice@example.test>;tag=a\n\
         To: <sip:bob@example.test>;tag=b\nCall-ID: c1\nCSeq: 8 INVITE\nContact: <sip:bob@198.51.100.2;transport=tcp>\n\
         Record-Route: <sip:p1.test;lr>\nRecord-Route: <sip:p2.test;lr>, <sip:p3.test;lr>\n\n",
    )
}

fn routes(message: &Message) -> Vec<String> {
    message.headers.list("Route")
}

#[test]
fn the_caller_turns_the_route_round() {
    let mut dialog = Dialog::from_response(&invite(), &ok()).unwrap();
    let id = DialogId { call_id: "c1".to_owned(), local_tag: "a".to_owned(), remote_tag: "b".to_owned() };
    assert_eq!(dialog.id(), &id);
    let request = dialog.request(Method::Message);
    assert_eq!(request.uri(), "sip:bob@198.51.100.2;transport=tcp");
    assert_eq!(routes(&request), ["<sip:p3.test;lr>", "<sip:p2.test;lr>", "<sip:p1.test;lr>"]);
    assert_eq!(request.header("From").unwrap(), "\"Alice\" <sip:alice@example.test>;tag=a");
    assert_eq!(request.header("To").unwrap(), "<sip:bob@example.test>;tag=b");
    assert_eq!((request.call_id().unwrap().as_str(), request.header("CSeq").unwrap().as_str()), ("c1", "9 MESSAGE"));
}

#[test]
fn the_callee_keeps_the_route_and_counts_from_one() {
    let mut dialog = Dialog::from_request(&invite(), "b").unwrap();
    assert_eq!(dialog.id().local_tag, "b");
    let request = dialog.request(Method::Bye);
    assert_eq!(request.uri(), "sip:alice@192.0.2.1");
    assert_eq!(routes(&request), ["<sip:p1.test;lr>", "<sip:p2.test;lr>", "<sip:p3.test;lr>"]);
    assert_eq!(request.header("From").unwrap(), "<sip:bob@example.test>;tag=b");
    assert_eq!(request.header("To").unwrap(), "\"Alice\" <sip:alice@example.test>;tag=a");
    assert_eq!(request.header("CSeq").unwrap(), "1 BYE");
}

#[test]
fn a_strict_router_gets_its_own_uri_and_the_target_goes_last() {
    let mut answer = ok();
    answer.headers.set("Record-Route", "<sip:p1.test;lr>, <sip:old.test;transport=tcp?X=y>");
    let mut dialog = Dialog::from_response(&invite(), &answer).unwrap();
    let request = dialog.request(Method::Bye);
    assert_eq!(request.uri(), "sip:old.test;transport=tcp");
    assert_eq!(routes(&request), ["<sip:p1.test;lr>", "<sip:bob@198.51.100.2;transport=tcp>"]);
}

#[test]
fn without_a_route_the_target_is_all() {
    let mut answer = ok();
    answer.headers.remove("Record-Route");
    let mut dialog = Dialog::from_response(&invite(), &answer).unwrap();
    let request = dialog.request(Method::Bye);
    assert_eq!((request.uri(), routes(&request).len()), ("sip:bob@198.51.100.2;transport=tcp", 0));
}

#[test]
fn ack_keeps_the_number_of_the_invite() {
    let mut dialog = Dialog::from_response(&invite(), &ok()).unwrap();
    let ack = dialog.ack(8);
    assert_eq!((ack.method(), ack.header("CSeq").unwrap().as_str(), routes(&ack).len()), (Some(&Method::Ack), "8 ACK", 3));
    assert_eq!(dialog.request(Method::Info).header("CSeq").unwrap(), "9 INFO");
}

#[test]
fn the_number_a_challenge_used_up_is_not_used_again() {
    let mut dialog = Dialog::from_response(&invite(), &ok()).unwrap();
    dialog.request(Method::Message);
    let mut answer = ok();
    answer.headers.set("CSeq", "10 MESSAGE");
    dialog.on_response(&answer);
    assert_eq!(dialog.request(Method::Message).header("CSeq").unwrap(), "11 MESSAGE");
}

fn in_dialog(method: &str, cseq: u32, contact: &str) -> Message {
    message(&format!(
        "{method} sip:alice@192.0.2.1 SIP/2.0\nVia: SIP/2.0/TCP b;branch=z9hG4bK{cseq}\nFrom: <sip:bob@example.test>;tag=b\n\
         To: <sip:alice@example.test>;tag=a\nCall-ID: c1\nCSeq: {cseq} {method}\nContact: <{contact}>\n\n"
    ))
}

#[test]
fn numbers_of_the_other_side_only_rise() {
    let mut dialog = Dialog::from_response(&invite(), &ok()).unwrap();
    assert_eq!(dialog.on_request(&in_dialog("MESSAGE", 5, "sip:x@y")), InDialog::Fresh, "any number may be the first");
    assert_eq!(dialog.on_request(&in_dialog("MESSAGE", 5, "sip:x@y")), InDialog::Repeated);
    assert_eq!(dialog.on_request(&in_dialog("MESSAGE", 4, "sip:x@y")), InDialog::OutOfOrder);
    assert_eq!(dialog.on_request(&in_dialog("MESSAGE", 9, "sip:x@y")), InDialog::Fresh);
    assert_eq!(dialog.on_request(&in_dialog("ACK", 5, "sip:x@y")), InDialog::Fresh);
    assert_eq!(dialog.on_request(&in_dialog("CANCEL", 5, "sip:x@y")), InDialog::Fresh);
    assert_eq!(dialog.on_request(&in_dialog("MESSAGE", 9, "sip:x@y")), InDialog::Repeated);
}

#[test]
fn only_target_refresh_requests_move_the_target() {
    let mut dialog = Dialog::from_response(&invite(), &ok()).unwrap();
    let start = dialog.target().clone();
    for (number, method) in (1_u32..).zip(["MESSAGE", "INFO", "BYE", "OPTIONS", "ACK"]) {
        dialog.on_request(&in_dialog(method, number, "sip:moved@y"));
        assert_eq!(dialog.target(), &start, "{method}");
    }
    for (number, method) in (10_u32..).zip(["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"]) {
        dialog.on_request(&in_dialog(method, number, &format!("sip:{number}@y")));
        assert_eq!(dialog.target().as_str(), format!("sip:{number}@y"), "{method}");
    }
    dialog.on_request(&in_dialog("NOTIFY", 2, "sip:late@y"));
    assert_eq!(dialog.target().as_str(), "sip:14@y", "what is out of order moves nothing");
}

#[test]
fn only_2xx_of_target_refresh_requests_move_the_target() {
    let mut dialog = Dialog::from_response(&invite(), &ok()).unwrap();
    let start = dialog.target().clone();
    for (code, cseq) in [(200, "9 MESSAGE"), (180, "9 INVITE"), (302, "9 INVITE"), (500, "9 SUBSCRIBE")] {
        let mut answer = ok();
        answer.start = Message::response(code).start;
        answer.headers.set("CSeq", cseq);
        answer.headers.set("Contact", "<sip:moved@y>");
        dialog.on_response(&answer);
        assert_eq!(dialog.target(), &start, "{code} {cseq}");
    }
    let mut answer = ok();
    answer.headers.set("CSeq", "10 SUBSCRIBE");
    answer.headers.set("Contact", "<sip:moved@y>");
    dialog.on_response(&answer);
    assert_eq!(dialog.target().as_str(), "sip:moved@y");
}

#[test]
fn a_notify_before_the_answer_makes_the_dialog() {
    let notify = in_dialog("NOTIFY", 1, "sip:pres@198.51.100.9");
    let mut dialog = Dialog::from_request(&notify, "a").unwrap();
    dialog.skip_to(4);
    assert_eq!((dialog.id().local_tag.as_str(), dialog.id().remote_tag.as_str()), ("a", "b"));
    let refresh = dialog.request(Method::Subscribe);
    assert_eq!((refresh.uri(), refresh.header("CSeq").unwrap().as_str()), ("sip:pres@198.51.100.9", "5 SUBSCRIBE"));
    assert_eq!(refresh.header("To").unwrap(), "<sip:bob@example.test>;tag=b");
}

#[test]
fn peers_without_tags_have_an_empty_one() {
    let mut answer = ok();
    answer.headers.set("To", "<sip:bob@example.test>");
    let mut dialog = Dialog::from_response(&invite(), &answer).unwrap();
    assert_eq!(dialog.id().remote_tag, "");
    assert_eq!(dialog.request(Method::Bye).header("To").unwrap(), "<sip:bob@example.test>");
    dialog.on_response(&ok());
    assert_eq!(dialog.id().remote_tag, "b", "late, but there");
}

#[test]
fn a_response_without_contact_leaves_the_request_uri() {
    let mut answer = ok();
    answer.headers.remove("Contact");
    assert_eq!(Dialog::from_response(&invite(), &answer).unwrap().target().as_str(), "sip:bob@example.test");
}

#[test]
fn secure_means_a_sips_request_uri() {
    let mut secure = invite();
    assert!(!Dialog::from_response(&secure, &ok()).unwrap().is_secure());
    secure.start = Message::request(Method::Invite, "sips:bob@example.test").start;
    assert!(Dialog::from_response(&secure, &ok()).unwrap().is_secure());
    assert!(Dialog::from_request(&secure, "b").unwrap().is_secure());
}

#[test]
fn what_lacks_its_words_makes_no_dialog() {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let mut answer = ok();
        answer.headers.remove(name);
        assert_eq!(Dialog::from_response(&invite(), &answer), None, "{name}");
    }
    let mut anonymous = ok();
    anonymous.headers.set("From", "<sip:alice@example.test>");
    assert_eq!(Dialog::from_response(&invite(), &anonymous), None);
}
