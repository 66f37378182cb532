//! Another parser as a second opinion: what both accept both read alike; what it would corrupt is
//! refused before it gets there.

use chinwag::sip::message::{Message, Untranslatable, parse_datagram};

use crate::files;

fn read(text: &str) -> Message {
    parse_datagram(text.as_bytes()).unwrap()
}

fn with(header: &str) -> String {
    format!("MESSAGE sip:bob@example.test SIP/2.0\r\n{header}\r\nContent-Length: 0\r\n\r\n")
}

#[test]
fn what_both_accept_both_read_alike() {
    let mut alike = Vec::new();
    for (name, data) in ["tests/fixtures/wire", "tests/fixtures/torture"].into_iter().flat_map(files) {
        let Ok(message) = parse_datagram(&data) else { continue };
        let Ok(theirs) = message.to_rsip() else { continue };
        let back = Message::from_rsip(&theirs).unwrap();
        assert_eq!((back.method(), back.status()), (message.method(), message.status()), "{name}");
        assert!(back.uri().eq_ignore_ascii_case(message.uri()), "{name}");
        assert_eq!(back.body, message.body, "{name}");
        for header in message.headers.iter() {
            let there: Vec<_> = back.headers.get_all(header.name()).collect();
            assert!(there.contains(&header.value()), "{name}: {}", header.name());
        }
        assert_eq!(back.cseq(), message.cseq(), "{name}");
        assert_eq!(back.from().ok(), message.from().ok(), "{name}");
        assert_eq!(back.to().ok(), message.to().ok(), "{name}");
        alike.push(name);
    }
    assert!(alike.len() >= 15, "only {alike:?}");
    for name in ["a09-1-publish", "a10-1-subscribe", "a11-1-message", "s10-1-message", "s10-2-notify", "s10-3-200"] {
        assert!(alike.iter().any(|n| n == name), "{name} is not among {alike:?}");
    }
}

#[test]
fn what_it_would_corrupt_is_refused_with_the_reason() {
    use Untranslatable::{Body, Header, Method, Octets, Uri};
    let request = |line: &str| read(&format!("{line} SIP/2.0\r\nContent-Length: 0\r\n\r\n")).to_rsip().map(drop);
    assert_eq!(request("BENOTIFY sip:a@b.test"), Err(Method));
    assert_eq!(request("SERVICE sip:a@b.test"), Err(Method));
    assert_eq!(request("message sip:a@b.test"), Err(Method), "methods have their case");
    assert_eq!(request("MESSAGE sip:a@[::1]:5061"), Err(Uri));
    assert_eq!(request("MESSAGE tel:+1555"), Err(Uri));
    assert_eq!(request("MESSAGE sip:a@b.test;opaque=user:epid:abc;gruu"), Err(Uri));
    let field = |line: &str| read(&with(line)).to_rsip().map(drop);
    for line in [
        "CSeq: 2 BENOTIFY",
        "Record-Route: <sip:p1.example.test;transport=tls;opaque=state:F:Ci.R1;lr>",
        "Via: SIP/2.0/TLS [::1]:5061;branch=z9hG4bK1",
        "Contact: <sip:a@b.test>;methods=\"INVITE, MESSAGE\"",
        "Contact: <sip:a@b.test>, <sip:c@d.test>",
    ] {
        assert_eq!(field(line), Err(Header), "{line}");
    }
    let mut message = read(&with("To: <sip:b@b.test>"));
    message.body = (&b"\xff"[..]).into();
    assert_eq!(message.to_rsip().map(drop), Err(Body));
    let octets = b"MESSAGE sip:a@b.test SIP/2.0\r\nSubject: \xff\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(parse_datagram(octets).unwrap().to_rsip().map(drop), Err(Octets));
}

#[test]
fn compact_names_folds_and_case_are_made_plain_on_the_way() {
    let message = read(&with("v: SIP/2.0/TCP host.test;branch=z9hG4bK1\r\nf: <sip:a@b.test>;tag=1\r\nSUBJECT: hi\r\n there"));
    let back = Message::from_rsip(&message.to_rsip().unwrap()).unwrap();
    assert_eq!(back.header("Via").as_deref(), Some("SIP/2.0/TCP host.test;branch=z9hG4bK1"));
    assert_eq!(back.headers.first("Subject").unwrap().value(), "hi there");
}
