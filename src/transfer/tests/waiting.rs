//! How long each waits for what, and what it does then.

use super::*;
use crate::transfer::{Failure, Outcome};

#[test]
fn for_each_word_of_the_other_side() {
    let steps: [&[u8]; 3] = [b"", b"VER MSN_SECURE_FTP\r\n", b"USR bob@example.test 1234567\r\n"];
    let mut sender = Sender::new(secure(9), start());
    for (at, step) in steps.into_iter().enumerate() {
        let now = seconds(at as u64 * 9);
        let wanted = sender.hears(step, now);
        assert_eq!(wanted.deadline, Some(now + Duration::from_secs(10)));
        // Half a word is no word.
        assert_eq!(sender.hears(b" ", now + Duration::from_secs(5)).deadline, wanted.deadline);
        sender.tick(now + Duration::from_secs(9));
        assert!(!sender.is_over());
    }
    sender.tick(seconds(28));
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::HandshakeTimeout));

    let mut receiver = Receiver::new(secure(9), start());
    assert_eq!(receiver.wanted().deadline, Some(seconds(10)));
    assert_eq!(receiver.hears(b"VER MSN_SECURE_FTP\r\n", seconds(9)).deadline, Some(seconds(19)));
    receiver.tick(seconds(19));
    assert_eq!(receiver.wanted().end(), &Event::Failed(Failure::HandshakeTimeout));
}

#[test]
fn for_the_file() {
    let mut receiver = Receiver::greeted(secure(9));
    assert_eq!(receiver.wanted().deadline, Some(seconds(60)));
    // Heads without octets are no progress.
    assert_eq!(receiver.hears([0; 300], seconds(30)).deadline, Some(seconds(60)));
    assert_eq!(receiver.hears([0, 2, 0, 1], seconds(50)).deadline, Some(seconds(110)));
    receiver.tick(seconds(109));
    assert!(!receiver.is_over());
    receiver.tick(seconds(110));
    let wanted = receiver.wanted();
    assert_eq!((wanted.text(), wanted.end()), ("BYE 2164261694\r\n", &Event::Failed(Failure::Stalled)));
}

#[test]
fn nobody_is_late_for_our_disk() {
    let mut receiver = Receiver::greeted(secure(9));
    receiver.receive(&[0, 2, 0, 1], seconds(1));
    assert_eq!(receiver.wanted().deadline, None);
    receiver.tick(seconds(1_000));
    receiver.stored(1, seconds(1_000));
    assert_eq!(receiver.wanted().deadline, Some(seconds(1_060)));
    let (mut sender, wanted) = Sender::greeted(secure(9));
    assert_eq!((wanted.read, wanted.deadline), (Some(9), None));
    sender.tick(seconds(1_000));
    sender.file(b"12345", seconds(1_000));
    assert_eq!(sender.wanted().deadline, Some(seconds(1_060)));
}

#[test]
fn for_a_connection_that_takes_nothing() {
    let (mut sender, _) = Sender::greeted(secure(9));
    sender.file(b"123456789", seconds(5));
    assert_eq!(sender.wanted().deadline, Some(seconds(65)));
    sender.written(3, seconds(60));
    assert_eq!(sender.wanted().deadline, Some(seconds(120)));
    sender.tick(seconds(120));
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::Stalled));
}

#[test]
fn for_the_farewell_and_the_proof() {
    let (mut sender, _) = Sender::greeted(secure(11));
    assert_eq!(sender.reads(b"hello world", seconds(5)).deadline, Some(seconds(65)));
    sender.tick(seconds(65));
    let wanted = sender.wanted();
    assert!(wanted.text().starts_with("MAC d/Rt"), "{wanted:?}");
    assert_eq!(wanted.end(), &Event::Done(Outcome::Unconfirmed));

    let mut receiver = Receiver::greeted(secure(1));
    let wanted = receiver.hears([0, 1, 0, 1], seconds(5));
    assert_eq!((wanted.close, wanted.deadline), (false, Some(seconds(15))));
    receiver.tick(seconds(15));
    assert_eq!(receiver.wanted().end(), &Event::Failed(Failure::Unproven));
}

#[test]
fn more_of_the_file_is_asked_for_only_as_the_connection_takes_it() {
    let (mut sender, wanted) = Sender::greeted(plain(1 << 40));
    let piece = vec![0; wanted.read.unwrap()];
    let mut given = 0;
    loop {
        sender.file(&piece, start());
        let wanted = sender.wanted();
        given += wanted.wire.len();
        if wanted.read.is_none() {
            break;
        }
    }
    assert!(given <= 70_000, "{given}");
    sender.written(given - piece.len() - 1, start());
    assert_eq!(sender.wanted().read, None);
    sender.written(1, start());
    assert_eq!(sender.wanted().read, Some(piece.len()));
}
