//! How long each waits for what, and what it does then.

use super::*;
use crate::transfer::{Failure, Outcome};

#[test]
fn for_who_connected_to_name_the_session() {
    let mut sender = Sender::new(Terms { active: false, ..sending(9) }, start());
    // Half a word is no word.
    assert_eq!(sender.hears("MSRP d93k SEND\r\nTo-", seconds(9)).deadline, Some(seconds(10)));
    sender.tick(seconds(9));
    assert!(!sender.is_over());
    sender.tick(seconds(10));
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::HandshakeTimeout));
    for active in [true, false] {
        let mut receiver = Receiver::new(Terms { active, ..receiving(9) }, start());
        assert_eq!(receiver.wanted().deadline, Some(seconds(10)));
        receiver.tick(seconds(10));
        assert_eq!(receiver.wanted().end(), &Event::Failed(Failure::HandshakeTimeout));
    }
}

#[test]
fn for_the_file() {
    let mut receiver = Receiver::new(receiving(9), start());
    // The session is named once; words without octets are no progress.
    let greeting = send("d93k", "Message-ID: m3ss\r\n", None, '$');
    assert_eq!(receiver.hears(&greeting, seconds(5)).deadline, Some(seconds(65)));
    assert_eq!(receiver.hears(&greeting, seconds(30)).deadline, Some(seconds(65)));
    let said = chunk("d93k", "1-9/9", "12", '+');
    assert_eq!(receiver.hears(&said[..said.len() - 14], seconds(50)).deadline, Some(seconds(110)));
    receiver.tick(seconds(109));
    assert!(!receiver.is_over());
    receiver.tick(seconds(110));
    let wanted = receiver.wanted();
    assert_eq!((wanted.text(), wanted.end()), (&answer("d93k", "408 Too late")[..], &Event::Failed(Failure::Stalled)));
    // It is understood.
    let mut sender = Sender::new(sending(9), start());
    sender.reads("123456789", start());
    assert_eq!(sender.hears(answer("s3nd0", "408 Too late"), start()).end(), &Event::Failed(Failure::PeerTimeout));
}

#[test]
fn nobody_is_late_for_our_disk() {
    let mut receiver = Receiver::new(receiving(9), start());
    receiver.receive(chunk("d93k", "1-9/9", "12", '+').as_bytes(), seconds(1));
    assert_eq!(receiver.wanted().deadline, None);
    receiver.tick(seconds(1_000));
    receiver.stored(2, seconds(1_000));
    assert_eq!(receiver.wanted().deadline, Some(seconds(1_060)));
    let mut sender = Sender::new(sending(9), start());
    let wanted = sender.wanted();
    assert_eq!((wanted.read, wanted.deadline), (Some(9), None));
    sender.tick(seconds(1_000));
    sender.file(b"123456789", seconds(1_000));
    assert_eq!(sender.wanted().deadline, Some(seconds(1_060)));
}

#[test]
fn for_a_connection_that_takes_nothing() {
    let mut sender = Sender::new(sending(9), start());
    sender.file(b"123456789", seconds(5));
    assert_eq!(sender.wanted().deadline, Some(seconds(65)));
    sender.written(3, seconds(60));
    assert_eq!(sender.wanted().deadline, Some(seconds(120)));
    sender.tick(seconds(120));
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::Stalled));
}

#[test]
fn for_each_answer() {
    let mut sender = Sender::new(sending(100_000), start());
    sender.wanted();
    for at in [5, 6, 7] {
        sender.reads(vec![b'x'; 8_192], seconds(at));
    }
    assert_eq!(sender.wanted().deadline, Some(seconds(35)));
    // Whose answers come is not gone: who reads slowly has more time for the next.
    assert_eq!(sender.hears(answer("s3nd0", "200 OK"), seconds(20)).deadline, Some(seconds(50)));
    // An answer to nothing is none.
    assert_eq!(sender.hears(answer("s3nd0", "200 OK"), seconds(21)).deadline, Some(seconds(50)));
    sender.tick(seconds(49));
    assert!(!sender.is_over());
    sender.tick(seconds(50));
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::NotAnswered));
}

#[test]
fn answers_in_any_order() {
    let mut sender = Sender::new(sending(16_385), start());
    for piece in [8_192, 8_192, 1] {
        sender.reads(vec![b'x'; piece], start());
    }
    let mut told = Vec::new();
    for id in ["s3nd2", "s3nd0", "s3nd1"] {
        told.extend(sender.hears(answer(id, "200 OK"), start()).events);
    }
    assert_eq!(told, [Event::Progress(1), Event::Progress(8_193), Event::Progress(16_385)]);
    sender.tick(seconds(59));
    assert!(!sender.is_over());
    sender.tick(seconds(60));
    assert_eq!(sender.wanted().end(), &Event::Done(Outcome::Unconfirmed));
}

#[test]
fn more_of_the_file_is_asked_for_only_as_it_is_taken_and_answered() {
    let mut sender = Sender::new(sending(1 << 40), start());
    let piece = vec![0; sender.wanted().read.unwrap()];
    let mut waits = 0;
    loop {
        sender.file(&piece, start());
        let wanted = sender.wanted();
        waits += wanted.wire.len();
        if wanted.read.is_none() {
            break;
        }
    }
    assert!(waits <= 70_000, "{waits}");
    sender.written(waits - piece.len() - 1, start());
    assert_eq!(sender.wanted().read, None);
    sender.written(1, start());
    assert_eq!(sender.wanted().read, Some(piece.len()));
    sender.written(piece.len(), start());
    // Nothing waits, and nobody answers.
    let mut unanswered = 1;
    while sender.reads(&piece, start()).read.is_some() {
        unanswered += 1;
    }
    assert_eq!(unanswered + 1, 64);
    assert_eq!(sender.hears(answer("s3nd0", "200 OK"), start()).read, Some(piece.len()));
}

#[test]
fn answers_that_nobody_reads_do_not_pile_up() {
    let mut receiver = Receiver::new(receiving(1 << 30), start());
    let mut waits = 0;
    for at in 1_u64.. {
        receiver.receive(chunk("d93k", &format!("{at}-{at}/*"), "x", '+').as_bytes(), start());
        receiver.stored(1, start());
        let wanted = Wanted::of(|| receiver.poll_output());
        waits += wanted.wire.len();
        if wanted.close {
            assert_eq!(wanted.end(), &Event::Failed(Failure::NotReading));
            break;
        }
    }
    assert!(waits < 600_000, "{waits}");
    let mut sender = Sender::new(sending(1 << 30), start());
    let mut waits = 0;
    loop {
        let other = send("d93k", "", None, '$').replace(RECEIVER, "<>").replace(SENDER, RECEIVER).replace("<>", SENDER);
        sender.receive(other.as_bytes(), start());
        let wanted = sender.wanted();
        waits += wanted.wire.len();
        if wanted.close {
            assert_eq!(wanted.end(), &Event::Failed(Failure::NotReading));
            break;
        }
    }
    assert!(waits < 600_000, "{waits}");
}
