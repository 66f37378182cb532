//! Other programs, by hand: ones that leave words out, and ones that send the wrong ones.

use super::*;
use crate::transfer::{Bye, Failure, Outcome};

/// A client that was seen never to say `BYE`, and to close when it thinks it is done.
#[test]
fn a_receiver_that_never_parts() {
    let (mut sender, _) = Sender::greeted(secure(11));
    sender.reads(b"hello world", start());
    sender.closed(start());
    assert_eq!(sender.wanted().end(), &Event::Done(Outcome::Unconfirmed));
    // Before all has gone it is no such thing.
    let (mut sender, _) = Sender::greeted(secure(11));
    sender.file(b"hello world", start());
    sender.wanted();
    sender.written(3, start());
    sender.closed(start());
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::Closed));
}

#[test]
fn a_sender_that_closes_early() {
    let early: [(&[u8], Failure); 3] =
        [(b"", Failure::Closed), (&[0, 9, 0, 1, 2], Failure::Closed), (&[0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], Failure::Unproven)];
    for (octets, failure) in early {
        let mut receiver = Receiver::greeted(secure(9));
        receiver.hears(octets, start());
        receiver.closed(start());
        assert_eq!(receiver.wanted().end(), &Event::Failed(failure));
    }
    let mut receiver = Receiver::new(secure(9), start());
    receiver.closed(start());
    assert_eq!(receiver.wanted().end(), &Event::Failed(Failure::Closed));
}

#[test]
fn a_sender_that_closes_while_our_disk_writes() {
    let mut receiver = Receiver::greeted(plain(2));
    receiver.receive(&[0, 2, 0, 8, 9, 1, 0, 0], start());
    receiver.closed(start());
    let wanted = receiver.wanted();
    assert_eq!((&wanted.file[..], wanted.close), (&[8, 9][..], false));
    receiver.stored(2, start());
    let wanted = receiver.wanted();
    assert_eq!((wanted.text(), wanted.end()), ("", &Event::Done(Outcome::Unauthenticated)));
}

#[test]
fn a_sender_that_proves_before_it_is_asked() {
    let mut receiver = Receiver::greeted(secure(11));
    let (mut sender, _) = Sender::greeted(secure(11));
    let mut said = sender.reads(b"hello world", start()).wire;
    said.extend(sender.hears(b"BYE 16777989\r\n", start()).wire);
    let wanted = receiver.hears(&said, start());
    assert_eq!((&wanted.file[..], wanted.end()), (&b"hello world"[..], &Event::Done(Outcome::Authenticated)));
    assert!(wanted.text().ends_with("BYE 16777989\r\n"));
    // With the head of an end between them.
    let mut receiver = Receiver::greeted(secure(11));
    said.splice(14..14, [1, 0, 0]);
    assert_eq!(receiver.hears(&said, start()).end(), &Event::Done(Outcome::Authenticated));
}

#[test]
fn a_sender_that_ends_or_sends_what_it_should_not() {
    let table: [(&[u8], Failure); 8] = [
        (&[1, 0, 0], Failure::CancelledByPeer),
        (&[0, 2, 0, 1, 2, 1, 0, 0], Failure::CancelledByPeer),
        (&[1, 1, 0], Failure::BadChunk),
        (&[2, 0, 0], Failure::BadChunk),
        (b"CCL\r\n", Failure::CancelledByPeer),
        (&[0, 10, 0], Failure::TooMuch),
        (&[0, 0xff, 0xff], Failure::TooMuch),
        (&[0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 0, 1], Failure::TooMuch),
    ];
    for (octets, failure) in table {
        let mut receiver = Receiver::greeted(secure(9));
        let wanted = receiver.hears(octets, start());
        assert_eq!(wanted.end(), &Event::Failed(failure), "{octets:?}");
    }
}

#[test]
fn words_before_the_file() {
    let long = "x".repeat(513);
    let receiver: [(&[&str], Failure); 10] = [
        (&["VER MSNFTP\r\n"], Failure::WrongProtocol),
        (&["VER MSN_SECURE_FTP MSNFTP\r\n"], Failure::WrongProtocol),
        (&["VER\r\n"], Failure::WrongProtocol),
        (&["FIL 9\r\n"], Failure::Unexpected),
        (&["\r\n"], Failure::Unexpected),
        (&["CCL\r\n"], Failure::CancelledByPeer),
        (&["BYE 7\r\n"], Failure::PeerEnded(Bye::Other(7))),
        (&["VER MSN_SECURE_FTP\r\n", "FIL 10\r\n"], Failure::WrongSize { announced: 9, said: 10 }),
        (&["VER MSN_SECURE_FTP\r\n", "FIL -9\r\n"], Failure::Unexpected),
        (&[&long], Failure::LineTooLong),
    ];
    for (said, failure) in receiver {
        let mut receiver = Receiver::new(secure(9), start());
        for line in said {
            receiver.receive(line.as_bytes(), start());
        }
        assert_eq!(receiver.wanted().end(), &Event::Failed(failure), "{said:?}");
    }
    let version = "VER MSN_SECURE_FTP\r\n";
    let sender: [(&[&str], Failure); 10] = [
        (&["VER MSNFTP\r\n"], Failure::WrongProtocol),
        (&[version, "USR eve@example.test 1234567\r\n"], Failure::WrongUser),
        (&[version, "USR bob@example.test 1234568\r\n"], Failure::WrongCookie),
        (&[version, "USR bob@example.test\r\n"], Failure::Unexpected),
        (&[version, "USR bob@example.test 99999999999\r\n"], Failure::Unexpected),
        (&[version, "TFR\r\n"], Failure::Unexpected),
        (&["USR bob@example.test 1234567\r\n"], Failure::Unexpected),
        (&["GET / HTTP/1.1\r\n"], Failure::Unexpected),
        (&[version, "BYE 2164261682\r\n"], Failure::CancelledByPeer),
        (&[&long], Failure::LineTooLong),
    ];
    for (said, failure) in sender {
        let mut sender = Sender::new(secure(9), start());
        for line in said {
            sender.receive(line.as_bytes(), start());
        }
        assert_eq!(sender.wanted().end(), &Event::Failed(failure), "{said:?}");
    }
}

#[test]
fn names_and_words_in_any_case() {
    for user in ["bob@example.test", "BOB@Example.TEST", "sip:bob@example.test", "SIP:Bob@example.test"] {
        let mut sender = Sender::new(secure(9), start());
        sender.hears(b"ver MSNFTP msn_secure_ftp\n", start());
        assert_eq!(sender.hears(format!("usr {user} 1234567\r\n").as_bytes(), start()).text(), "FIL 9\r\n");
    }
    let terms = Terms { user: "sip:bob@exa mple.test\r\nCCL".into(), ..secure(9) };
    let mut receiver = Receiver::new(terms, start());
    receiver.wanted();
    assert_eq!(receiver.hears(b"VER MSN_SECURE_FTP\r\n", start()).text(), "USR bob@example.testCCL 1234567\r\n");
}

#[test]
fn a_receiver_that_parts_in_the_middle() {
    for (code, failure) in [
        (16_777_989, Failure::PeerEnded(Bye::Received)),
        (16_777_987, Failure::PeerEnded(Bye::Sent)),
        (2_147_942_405, Failure::PeerFull),
        (2_164_261_682, Failure::CancelledByPeer),
        (2_164_261_694, Failure::PeerTimeout),
        (1, Failure::PeerEnded(Bye::Other(1))),
    ] {
        let (mut sender, _) = Sender::greeted(plain(9));
        assert_eq!(sender.hears(format!("BYE {code}\r\n").as_bytes(), start()).end(), &Event::Failed(failure));
        assert_eq!(Bye::from_code(code).code(), code);
    }
    let (mut sender, _) = Sender::greeted(plain(9));
    assert_eq!(sender.hears(b"hello?\r\n", start()).end(), &Event::Failed(Failure::Unexpected));
}

#[test]
fn ends_are_sentences() {
    assert_eq!(Failure::PeerEnded(Bye::Other(7)).to_string(), "the other side ended the transfer early (code 7)");
    let wrong = Failure::WrongSize { announced: 9, said: 10 }.to_string();
    assert_eq!(wrong, "the file is of another size than was announced (9 octets announced, 10 said)");
}
