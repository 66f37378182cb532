//! Either side gives up after any number of steps; both know it, and nobody waits.

use super::*;
use crate::transfer::{Failure, StoreFault};

#[test]
fn either_side_at_every_point() {
    for (octets, piece) in [(70_000, 700), (300, 20), (0, 20)] {
        for (sender_connects, by_sender) in [(true, true), (true, false), (false, true), (false, false)] {
            let (mut told, mut late) = (false, false);
            for after in 0.. {
                let mut world = connected(octets, sender_connects);
                let over = (0..after).any(|_| !world.carry(piece, piece));
                if by_sender {
                    world.sender.cancel();
                } else {
                    world.receiver.cancel();
                }
                world.drain();
                world.run(piece);
                let (sent, got) = world.ends();
                let (ours, theirs) = if by_sender { (&sent, &got) } else { (&got, &sent) };
                let cancelled = *ours == Event::Failed(Failure::Cancelled);
                if over {
                    // It was over: it stays as it was.
                    assert!(!cancelled, "{ours:?}");
                    break;
                }
                let expected = match theirs {
                    Event::Failed(Failure::CancelledByPeer | Failure::Closed) => cancelled,
                    Event::Done(_) => true,
                    _ => false,
                };
                assert!(expected, "after {after} of {octets} by sender {by_sender}: {ours:?} {theirs:?}");
                told |= *theirs == Event::Failed(Failure::CancelledByPeer);
                late |= matches!(theirs, Event::Done(_));
            }
            assert!(late, "no point was after the last word");
            // A small file is given to the connection as a whole: nothing of it can be taken back.
            let small = octets == 0 || (by_sender && octets < 1_000);
            assert!(told || small, "nobody was ever told: {octets} {sender_connects} {by_sender}");
        }
    }
}

#[test]
fn twice_is_once() {
    let mut receiver = Receiver::new(receiving(1), start());
    receiver.cancel();
    receiver.cancel();
    receiver.store_failed(StoreFault::Full);
    receiver.closed(start());
    receiver.receive(chunk("d93k", "1-1/1", "x", '$').as_bytes(), start());
    receiver.tick(seconds(1_000));
    let wanted = receiver.wanted();
    assert_eq!((wanted.text(), &wanted.events[..]), ("", &[Event::Failed(Failure::Cancelled)][..]));
    assert_eq!(receiver.wanted(), Wanted::default());
    let mut sender = Sender::new(sending(1), start());
    sender.cancel();
    sender.cancel();
    sender.closed(start());
    sender.read_failed();
    sender.file(b"x", start());
    sender.receive(answer("s3nd0", "200 OK").as_bytes(), start());
    sender.tick(seconds(1_000));
    let wanted = sender.wanted();
    assert_eq!(wanted.text().matches("MSRP ").count(), 1);
    assert_eq!(wanted.end(), &Event::Failed(Failure::Cancelled));
    assert_eq!(sender.wanted(), Wanted::default());
}

#[test]
fn a_sender_says_that_no_more_will_come() {
    let mut sender = Sender::new(sending(100_000), start());
    let wanted = sender.wanted();
    sender.reads(vec![b'x'; wanted.read.unwrap()], start());
    sender.cancel();
    let wanted = sender.wanted();
    let fields = "Message-ID: s3nd\r\nByte-Range: 8193-*/100000\r\nSuccess-Report: yes\r\nFailure-Report: yes\r\n";
    assert_eq!((wanted.text(), wanted.end()), (&send("s3nd1", fields, Some(""), '#')[..], &Event::Failed(Failure::Cancelled)));
    // To somebody who has not named the session nothing is said.
    let mut sender = Sender::new(Terms { active: false, ..sending(9) }, start());
    sender.cancel();
    let wanted = sender.wanted();
    assert_eq!((wanted.text(), wanted.end()), ("", &Event::Failed(Failure::Cancelled)));
}

#[test]
fn a_receiver_says_so_in_a_chunk_and_between_two() {
    let whole = chunk("d93k", "1-5/9", "five5", '+');
    for (said, expected) in
        [(&whole[..whole.len() - 20], answer("d93k", "413 Stop")), (&whole[..], report("r3cv0", "m3ss", "1-5/9", "413 Stop"))]
    {
        let mut receiver = Receiver::new(receiving(9), start());
        receiver.hears(said, start());
        receiver.cancel();
        let wanted = receiver.wanted();
        assert_eq!((wanted.text(), wanted.end()), (&expected[..], &Event::Failed(Failure::Cancelled)));
        // What was said is understood.
        let mut sender = Sender::new(sending(9), start());
        sender.reads("123456789", start());
        let heard = expected.replace("d93k", "s3nd0").replace("m3ss", "s3nd");
        assert_eq!(sender.hears(heard, start()).end(), &Event::Failed(Failure::CancelledByPeer));
    }
    // Who wants to be told nothing is told nothing.
    let mut receiver = Receiver::new(receiving(9), start());
    receiver.hears(whole.replace("Success-Report: yes", "Failure-Report: no"), start());
    receiver.cancel();
    assert_eq!(receiver.wanted().text(), "");
}

#[test]
fn a_full_disk_is_told_to_the_sender() {
    for (fault, failure) in [(StoreFault::Full, Failure::Full), (StoreFault::Broken, Failure::NotStored)] {
        let mut receiver = Receiver::new(receiving(9), start());
        receiver.receive(chunk("d93k", "1-9/9", "five5", '+').as_bytes(), start());
        receiver.wanted();
        receiver.store_failed(fault);
        let wanted = receiver.wanted();
        assert_eq!((wanted.text(), wanted.end()), (&report("r3cv0", "m3ss", "1-5/9", "413 Stop")[..], &Event::Failed(failure)));
    }
}

#[test]
fn what_was_not_taken_of_a_file_that_failed_is_not_kept() {
    let mut receiver = Receiver::new(receiving(9), start());
    receiver.receive(chunk("d93k", "1-5/9", "five5", '+').as_bytes(), start());
    receiver.cancel();
    let wanted = receiver.wanted();
    assert_eq!((wanted.file.len(), wanted.end()), (0, &Event::Failed(Failure::Cancelled)));
}

#[test]
fn a_file_that_changed_or_cannot_be_read() {
    for piece in [&b""[..], b"too many octets"] {
        let mut sender = Sender::new(sending(9), start());
        sender.file(piece, start());
        let wanted = sender.wanted();
        assert!(wanted.text().ends_with("-------s3nd0#\r\n"), "{wanted:?}");
        assert_eq!(wanted.end(), &Event::Failed(Failure::FileChanged));
    }
    let mut sender = Sender::new(sending(9), start());
    sender.read_failed();
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::NotRead));
}
