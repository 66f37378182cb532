//! The exchange of a short message with its report, octet for octet, in both roles.

use super::*;
use crate::transfer::Outcome;
use crate::transfer::msrp::frame::{Found, Reader, write};
use crate::transfer::msrp::head::{Fields, Flag, Head, Range, Start, Tell};

const SEND: &str = "MSRP d93kswow SEND\r\n\
    To-Path: msrps://198.51.100.9:2855/iau39soe2843z;tcp\r\n\
    From-Path: msrps://192.0.2.10:2855/s3ss10nid;tcp\r\n\
    Message-ID: 12339sdqwer\r\n\
    Byte-Range: 1-11/11\r\n\
    Success-Report: yes\r\n\
    Failure-Report: yes\r\n\
    Content-Type: text/plain\r\n\
    \r\n\
    Hello, Bob!\r\n\
    -------d93kswow$\r\n";
const ANSWER: &str = "MSRP d93kswow 200 OK\r\n\
    To-Path: msrps://192.0.2.10:2855/s3ss10nid;tcp\r\n\
    From-Path: msrps://198.51.100.9:2855/iau39soe2843z;tcp\r\n\
    -------d93kswow$\r\n";
const REPORT: &str = "MSRP e71q0aab REPORT\r\n\
    To-Path: msrps://192.0.2.10:2855/s3ss10nid;tcp\r\n\
    From-Path: msrps://198.51.100.9:2855/iau39soe2843z;tcp\r\n\
    Message-ID: 12339sdqwer\r\n\
    Byte-Range: 1-11/11\r\n\
    Status: 000 200 OK\r\n\
    -------e71q0aab$\r\n";

fn frames() -> [(&'static str, Head, Option<&'static str>); 3] {
    let (message, range) = (Some("12339sdqwer".to_owned()), Some(Range::whole(11)));
    let send = Fields {
        message: message.clone(),
        range,
        success: Some(true),
        failure: Some(Tell::All),
        media_type: Some("text/plain".to_owned()),
        ..Fields::default()
    };
    let report = Fields { message, range, status: Some(200), ..Fields::default() };
    let (sender, receiver) = (path(SENDER), path(RECEIVER));
    let head = |id: &str, start, to: &Path, from: &Path, fields| Head {
        id: id.to_owned(),
        start,
        to: to.clone(),
        from: from.clone(),
        fields,
    };
    [
        (SEND, head("d93kswow", Start::Send, &receiver, &sender, send), Some("Hello, Bob!")),
        (ANSWER, head("d93kswow", Start::Answer(200), &sender, &receiver, Fields::default()), None),
        (REPORT, head("e71q0aab", Start::Report, &sender, &receiver, report), None),
    ]
}

#[test]
fn written_and_read() {
    for (text, head, body) in frames() {
        let written = write(&head, body.map(str::as_bytes), Flag::Last);
        assert_eq!(std::str::from_utf8(&written), Ok(text));
        let (mut reader, mut octets) = (Reader::default(), text.as_bytes());
        assert_eq!(reader.take(&mut octets), Found::Head(Box::new(head), body.is_some()));
        if let Some(body) = body {
            assert_eq!(reader.take(&mut octets), Found::Body(body.as_bytes().into()));
        }
        assert_eq!(reader.take(&mut octets), Found::End(Flag::Last));
        assert_eq!(reader.take(&mut octets), Found::Nothing);
    }
}

#[test]
fn received() {
    let mut receiver = Receiver::new(receiving(11), start());
    assert_eq!(receiver.wanted().text(), "");
    let end = receiver.hears(SEND, start());
    assert_eq!(end.text(), [ANSWER, &REPORT.replace("e71q0aab", "r3cv0")].concat());
    assert_eq!(&end.file[..], b"Hello, Bob!");
    assert_eq!(end.events, [Event::Started, Event::Progress(11), Event::Done(Outcome::Unauthenticated)]);
}

#[test]
fn sent() {
    let mut sender = Sender::new(sending(11), start());
    let wanted = sender.wanted();
    assert_eq!((wanted.text(), wanted.read, &wanted.events[..]), ("", Some(11), &[Event::Started][..]));
    let said = sender.reads("Hello, Bob!", start());
    assert_eq!((said.text(), said.read), (&SEND.replace("d93kswow", "s3nd0").replace("12339sdqwer", "s3nd")[..], None));
    let came = sender.hears(ANSWER.replace("d93kswow", "s3nd0"), start());
    assert_eq!((came.text(), &came.events[..]), ("", &[Event::Progress(11)][..]));
    let end = sender.hears(REPORT.replace("12339sdqwer", "s3nd"), start());
    assert_eq!((end.text(), end.end()), ("", &Event::Done(Outcome::Confirmed)));
}

#[test]
fn who_connects_names_the_session() {
    let mut receiver = Receiver::new(Terms { active: true, ..receiving(11) }, start());
    let greeting = "MSRP r3cv0 SEND\r\n\
        To-Path: msrps://192.0.2.10:2855/s3ss10nid;tcp\r\n\
        From-Path: msrps://198.51.100.9:2855/iau39soe2843z;tcp\r\n\
        Message-ID: r3cv\r\n\
        Byte-Range: 1-0/0\r\n\
        -------r3cv0$\r\n";
    assert_eq!(receiver.wanted().text(), greeting);
    let mut sender = Sender::new(Terms { active: false, ..sending(11) }, start());
    assert_eq!(sender.wanted(), Wanted { deadline: Some(seconds(10)), ..Wanted::default() });
    let wanted = sender.hears(greeting, start());
    assert_eq!(
        wanted.text(),
        "MSRP r3cv0 200 OK\r\nTo-Path: msrps://198.51.100.9:2855/iau39soe2843z;tcp\r\nFrom-Path: msrps://192.0.2.10:2855/s3ss10nid;tcp\r\n-------r3cv0$\r\n"
    );
    assert_eq!((wanted.read, &wanted.events[..]), (Some(11), &[Event::Started][..]));
    assert_eq!(receiver.hears(&wanted.wire, seconds(9)).deadline, Some(seconds(69)));
    assert_eq!(receiver.hears(SEND, seconds(50)).end(), &Event::Done(Outcome::Unauthenticated));
}

/// SHA-1 of `Hello, Bob!`, worked out elsewhere.
const SHA1: [u8; 20] =
    [0x88, 0x19, 0x2e, 0x3e, 0x2e, 0x83, 0x24, 0x38, 0x87, 0x41, 0x08, 0x97, 0xef, 0xd9, 0x02, 0x87, 0xb8, 0xe4, 0x53, 0xa7];

#[test]
fn the_right_hash_proves_a_file_and_another_does_not() {
    let mut receiver = Receiver::new(Terms { sha1: Some(SHA1), ..receiving(11) }, start());
    assert_eq!(receiver.hears(SEND, start()).end(), &Event::Done(Outcome::Authenticated));
    let mut receiver = Receiver::new(Terms { sha1: Some(SHA1), ..receiving(11) }, start());
    let end = receiver.hears(SEND.replace("Bob", "Rob"), start());
    assert_eq!(end.text(), ANSWER.replace("200 OK", "400 Not understood"));
    assert_eq!(end.end(), &Event::Failed(crate::transfer::Failure::WrongMac));
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?} {:?} {:?}", sending(11), Receiver::new(receiving(11), start()), Sender::new(sending(11), start()));
    for secret in ["s3nd", "r3cv", "s3ss10nid", "iau39soe2843z"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
