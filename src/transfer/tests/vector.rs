//! `hello world`, octet for octet: the keys 0 to 23 and 24 to 47, worked out apart from this program.

use super::*;
use crate::transfer::{Failure, Outcome};

const CHUNK: [u8; 14] = [0x00, 0x0b, 0x00, 0xd2, 0x0e, 0x2f, 0xf4, 0x8a, 0x28, 0xc2, 0xbc, 0xe3, 0xaf, 0x96];
const MAC: &str = "MAC d/RtdKi5Jg21e72U2cJ4nVjpluw=\0\r\n";

#[test]
fn received() {
    let mut receiver = Receiver::new(secure(11), start());
    assert_eq!(receiver.wanted().text(), "VER MSN_SECURE_FTP\r\n");
    assert_eq!(receiver.hears(b"VER MSN_SECURE_FTP\r\n", start()).text(), "USR bob@example.test 1234567\r\n");
    let begun = receiver.hears(b"FIL 11\r\n", start());
    assert_eq!((begun.text(), &begun.events[..]), ("TFR\r\n", &[Event::Started][..]));
    let came = receiver.hears(CHUNK, start());
    assert_eq!(
        (came.text(), &came.file[..], &came.events[..]),
        ("BYE 16777989\r\n", &b"hello world"[..], &[Event::Progress(11)][..])
    );
    assert!(!came.close);
    let end = receiver.hears(MAC.as_bytes(), start());
    assert_eq!((end.text(), end.end()), ("", &Event::Done(Outcome::Authenticated)));
}

#[test]
fn sent() {
    let (mut sender, wanted) = Sender::greeted(secure(11));
    assert_eq!((wanted.text(), wanted.read), ("", Some(11)));
    let gone = sender.reads(b"hello world", start());
    assert_eq!((&gone.wire[..], gone.read, &gone.events[..]), (&CHUNK[..], None, &[Event::Progress(11)][..]));
    let end = sender.hears(b"BYE 16777989\r\n", start());
    assert_eq!((end.text(), end.end()), (MAC, &Event::Done(Outcome::Confirmed)));
}

#[test]
fn plain_both_ways() {
    let mut receiver = Receiver::greeted(plain(5));
    assert_eq!(receiver.wanted().text(), "TFR\r\n");
    let end = receiver.hears(b"\0\x05\0hello", start());
    assert_eq!(
        (end.text(), &end.file[..], end.end()),
        ("BYE 16777989\r\n", &b"hello"[..], &Event::Done(Outcome::Unauthenticated))
    );

    let (mut sender, wanted) = Sender::greeted(plain(5));
    assert_eq!(wanted.read, Some(5));
    assert_eq!(sender.reads(b"hello", start()).wire, b"\0\x05\0hello\x01\0\0");
    let end = sender.hears(b"BYE 16777989\r\n", start());
    assert_eq!((end.text(), end.end()), ("", &Event::Done(Outcome::Confirmed)));
}

#[test]
fn a_wrong_proof_is_a_failure_whatever_came() {
    let wrong = ["MAC d/RtdKi5Jg21e72U2cJ4nVjplux=", "MAC ", "MAC AAAA", "MAC !", "MAC d/RtdKi5Jg21e72U2cJ4nVjpluw=AAAA"];
    for mac in wrong {
        let mut receiver = Receiver::greeted(secure(11));
        receiver.hears(CHUNK, start());
        let end = receiver.hears(format!("{mac}\0\r\n").as_bytes(), start());
        assert_eq!(end.end(), &Event::Failed(Failure::WrongMac), "{mac}");
    }
    // One bit of the file is another.
    let mut receiver = Receiver::greeted(secure(11));
    let mut changed = CHUNK;
    changed[5] ^= 1;
    receiver.hears(changed, start());
    assert_eq!(receiver.hears(MAC.as_bytes(), start()).end(), &Event::Failed(Failure::WrongMac));
}

#[test]
fn a_proof_without_its_zero_octet_will_do() {
    let mut receiver = Receiver::greeted(secure(11));
    receiver.hears(CHUNK, start());
    assert_eq!(receiver.hears(MAC.replace('\0', "").as_bytes(), start()).end(), &Event::Done(Outcome::Authenticated));
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?} {:?} {:?}", secure(11), Receiver::new(secure(11), start()), Sender::new(secure(11), start()));
    assert!(!shown.contains("1234567"), "{shown}");
    assert!(!shown.contains("[0, 1, 2"), "{shown}");
    assert_eq!(shown.matches("Secure([secret])").count() + shown.matches("Keys([secret])").count(), 5, "{shown}");
}
