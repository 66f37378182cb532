//! What is read is written again octet by octet; what is changed changes alone.

use chinwag::sip::message::{Message, Method, parse_datagram};

#[test]
fn an_unchanged_message_is_written_as_it_came() {
    let all: [&[u8]; 8] = [
        b"MESSAGE sip:a@b SIP/2.0\r\nv :  SIP/2.0/TCP x;branch=1 ,\r\n\t SIP/2.0/UDP y\r\nX-Odd:\xff\xfe \r\nl:  003 \r\n\r\na\xffc",
        b"SIP/2.0 200\r\nContent-Length: 0\r\n\r\n",
        b"SIP/2.0 200 \r\nContent-Length: 0\r\n\r\n",
        b"sip/2.0 486 Besetzt \xfc\r\nContent-Length: 0\r\n\r\n",
        b"INVITE tel:+1-555 sip/2.0\r\nContent-Length: 0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nContent-Length: 2\r\nTo: x\r\nContent-Length: 2\r\n\r\n\x00\x01",
        b"SERVICE sip:[::1]:5060 SIP/2.0\r\nl:0\r\nEmpty:\r\n: x\r\n\r\n",
        b"PUBLISH sip:a@b;x=\xc3\xa4 SIP/2.0\r\nTo: \"a\\\x00\" <sip:a>\r\nl: 0\r\n\r\n",
    ];
    for bytes in all {
        let Ok(message) = parse_datagram(bytes) else {
            assert!(bytes.windows(4).any(|w| w == b"\r\n: "), "{}", bytes.escape_ascii());
            continue;
        };
        assert_eq!(message.to_bytes().escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }
}

#[test]
fn a_wrong_or_missing_content_length_is_put_right() {
    let mut message = parse_datagram(b"SIP/2.0 200 OK\r\nl: 2\r\nTo: x\r\n\r\nabc").unwrap();
    assert_eq!(&message.to_bytes()[..], b"SIP/2.0 200 OK\r\nl: 2\r\nTo: x\r\n\r\nab");
    message.body = "abc".into();
    assert_eq!(&message.to_bytes()[..], b"SIP/2.0 200 OK\r\nTo: x\r\nContent-Length: 3\r\n\r\nabc");
    message.clear_body();
    assert_eq!(&message.to_bytes()[..], b"SIP/2.0 200 OK\r\nTo: x\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn changes_touch_nothing_else() {
    let bytes = b"BYE sip:a@b SIP/2.0\r\nv: one , two\r\nX:  kept \r\nVia: three\r\nContent-Length: 0\r\n\r\n";
    let mut message = parse_datagram(bytes).unwrap();
    message.headers.set_first("Via", "changed\r\nEvil: yes");
    message.headers.push_front("Route", "<sip:r;lr>");
    message.headers.push("Y\r\nEvil", "");
    let written = "BYE sip:a@b SIP/2.0\r\nRoute: <sip:r;lr>\r\nVia: changed  Evil: yes\r\nX:  kept \r\nVia: three\r\n\
                   Content-Length: 0\r\nY--Evil: \r\n\r\n";
    assert_eq!(std::str::from_utf8(&message.to_bytes()).unwrap(), written);
    assert_eq!(message.headers.pop_first("v").as_deref(), Some("changed  Evil: yes"));
    message.headers.set("X", "new");
    message.headers.remove("route");
    message.headers.remove("y--evil");
    let written = "BYE sip:a@b SIP/2.0\r\nX: new\r\nVia: three\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(std::str::from_utf8(&message.to_bytes()).unwrap(), written);
}

#[test]
fn a_field_set_again_and_again_takes_no_more_room() {
    let mut message = Message::request(Method::Options, "sip:a@b");
    message.headers.push("To", "<sip:kept@b>");
    for round in 0..10_000 {
        message.headers.set("X-Counter", format!("{round:0>200}"));
    }
    assert_eq!(message.header("to").as_deref(), Some("<sip:kept@b>"));
    assert_eq!(message.header("x-counter"), Some(format!("{:0>200}", 9999)));
    assert!(message.to_bytes().len() < 400);
    assert!(format!("{message:?}").len() < 1000);
}

#[test]
fn a_response_carries_what_the_request_said_octet_by_octet() {
    let bytes = b"BYE sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP x;branch=1,\r\n SIP/2.0/TCP y\r\nf: \"\xff\" <sip:a@b>;tag=1\r\n\
        t: <sip:b@b>\r\ni: 1\r\nCSeq: 1 BYE\r\nl: 0\r\n\r\n";
    let request = parse_datagram(bytes).unwrap();
    let response = Message::response_to(&request, 481);
    let written = b"SIP/2.0 481 Call/Transaction Does Not Exist\r\nVia: SIP/2.0/TCP x;branch=1, SIP/2.0/TCP y\r\n\
        From: \"\xff\" <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(response.to_bytes().escape_ascii().to_string(), written.escape_ascii().to_string());
}
