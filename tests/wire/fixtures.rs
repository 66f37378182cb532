//! The sample messages, one file each under `tests/fixtures/wire`: LCS (`s01`, `a01` to `a08`) and
//! SIMPLE (`s10`, `a09` to `a11`).

use chinwag::sip::framing::{Frame, Framer, Limits};
use chinwag::sip::message::{Message, Method, parse_datagram};

use crate::files;

fn message(name: &str) -> Message {
    let (_, data) = files("tests/fixtures/wire").into_iter().find(|(n, _)| n == name).unwrap();
    parse_datagram(&data).unwrap()
}

#[test]
fn every_sample_is_fit_and_written_as_it_came() {
    let all = files("tests/fixtures/wire");
    assert_eq!(all.len(), 37);
    for (name, data) in all {
        let message = parse_datagram(&data).unwrap_or_else(|f| panic!("{name}: {f}"));
        assert_eq!(message.check(), Ok(()), "{name}");
        assert_eq!(message.content_length(), Ok(Some(message.body.len())), "{name}");
        assert_eq!(message.to_bytes(), data, "{name}");
    }
}

/// One message or keep-alive in the order they came.
fn frames(pieces: &[&[u8]]) -> Vec<Frame> {
    let mut framer = Framer::new(Limits::default());
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.next_frame().unwrap() {
            frames.push(frame);
        }
    }
    frames
}

#[test]
fn every_sample_comes_out_of_a_stream_cut_at_any_point() {
    for (name, data) in files("tests/fixtures/wire") {
        let expected = vec![Frame::Message(Box::new(parse_datagram(&data).unwrap()))];
        for cut in 0..=data.len() {
            let (a, b) = data.split_at(cut);
            assert_eq!(frames(&[a, b]), expected, "{name} cut at {cut}");
        }
        let single: Vec<&[u8]> = data.chunks(1).collect();
        assert_eq!(frames(&single), expected, "{name} octet by octet");
    }
}

#[test]
fn all_samples_in_one_stream_come_out_in_order_whatever_the_pieces() {
    let all = files("tests/fixtures/wire");
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    for (_, data) in &all {
        stream.extend_from_slice(data);
        stream.extend_from_slice(b"\r\n\r\n");
        expected.push(Frame::Message(Box::new(parse_datagram(data).unwrap())));
        expected.push(Frame::Ping);
    }
    for size in [1, 2, 3, 7, 64, 1000, 1460, 65536] {
        let pieces: Vec<&[u8]> = stream.chunks(size).collect();
        assert_eq!(frames(&pieces), expected, "pieces of {size}");
    }
}

#[test]
fn an_lcs_invitation_is_read_in_all_its_parts() {
    let invite = message("a07-1-invite");
    assert_eq!((invite.method(), invite.status()), (Some(&Method::Invite), None));
    assert_eq!(invite.uri(), "sip:192.0.2.10:49152;transport=tls;ms-received-cid=1E00");
    let route = &invite.name_addrs("Record-Route")[0];
    assert!(route.uri.params().has("lr"));
    assert_eq!(route.uri.param("ms-route-sig").as_deref(), Some("aa0001"));
    let via = invite.top_via().unwrap();
    assert_eq!((via.transport.as_str(), via.sent_by.as_str()), ("TLS", "203.0.113.5:5061"));
    assert_eq!(via.branch().as_deref(), Some("z9hG4bK0C0C0001.00000001"));
    assert_eq!(via.params.get("branched").as_deref(), Some("FALSE"));
    assert_eq!(invite.headers.list("Via").len(), 2);
    let from = invite.from().unwrap();
    assert_eq!((from.display.as_str(), from.uri.as_str()), ("Bob Example", "sip:bob@example.test"));
    assert_eq!((from.tag().as_deref(), from.params.get("epid").as_deref()), (Some("b0b1000001"), Some("8bfb9f3f24")));
    assert_eq!(invite.cseq().unwrap().to_string(), "1 INVITE");
    assert_eq!(invite.content_type(), "application/sdp");
    let info = chinwag::sip::message::AuthParams::parse(&invite.headers.get("Authentication-Info").unwrap()).unwrap();
    assert_eq!(
        (info.scheme.as_str(), info.get("snum"), info.get("realm")),
        ("NTLM", Some("13"), Some("SIP Communications Service"))
    );
}

#[test]
fn an_lcs_registration_and_its_answer_are_read_in_all_their_parts() {
    let register = message("s01-1-register");
    let contact = &register.name_addrs("Contact")[0];
    assert_eq!(contact.uri.as_str(), "sip:192.0.2.10:49152;transport=tls");
    assert_eq!((contact.uri.host(), contact.uri.port(), contact.uri.user()), ("192.0.2.10", Some(49152), None));
    assert!(contact.params.get("methods").unwrap().ends_with("REFER, BENOTIFY"));
    assert_eq!(contact.params.get("proxy").as_deref(), Some("replace"));
    assert!(register.headers.lists_token("Supported", "ADHOCLIST"));
    let ok = message("s01-2-200");
    assert_eq!((ok.status(), ok.reason(), ok.expires()), (Some(200), "OK", Some(900)));
    assert_eq!(ok.headers.list("Supported"), ["adhoclist", "com.microsoft.msrtc.presence"]);
    assert_eq!(ok.headers.list("allow-events").len(), 5);
    assert_eq!(ok.from().unwrap().display, "Alice");
    assert_eq!(ok.header("MS-Keep-Alive").as_deref(), Some("UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300"));
}

#[test]
fn best_effort_notifications_and_services_are_methods_like_any_other() {
    assert_eq!(message("a02-1-benotify").method(), Some(&Method::Benotify));
    assert_eq!(message("a02-1-benotify").cseq().unwrap().method, Method::Benotify);
    assert_eq!(message("a03-1-service").method(), Some(&Method::Service));
    assert_eq!(message("a06-1-benotify").content_type(), "multipart/related");
    let typed = message("a08-2-notify");
    assert_eq!(&typed.body[..], b"SIP/2.0 200 OK");
}
