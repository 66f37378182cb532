//! Either side gives up after any number of steps; both know it, and nobody waits.

use super::world::World;
use super::*;
use crate::transfer::{Failure, StoreFault};

const PIECE: usize = 700;

fn cancelled(event: &Event) -> bool {
    matches!(event, Event::Failed(Failure::Cancelled))
}

#[test]
fn either_side_at_every_point() {
    for terms in [secure(6_000), plain(6_000), secure(0), plain(0)] {
        for by_sender in [true, false] {
            let mut late = false;
            for after in 0.. {
                let mut world = World::new(&terms);
                let over = (0..after).any(|_| !world.carry(PIECE, PIECE));
                if by_sender {
                    world.sender.cancel();
                } else {
                    world.receiver.cancel();
                }
                world.drain();
                world.run(PIECE);
                let (sent, got) = world.ends();
                let (ours, theirs) = if by_sender { (&sent, &got) } else { (&got, &sent) };
                if over {
                    // It was over: it stays as it was.
                    assert!(!cancelled(ours), "{ours:?}");
                    break;
                }
                let expected = match theirs {
                    Event::Failed(Failure::CancelledByPeer | Failure::Closed) => cancelled(ours),
                    // The last word had gone already.
                    Event::Failed(Failure::Unproven) => cancelled(ours) && by_sender,
                    Event::Done(_) => true,
                    _ => false,
                };
                late |= matches!(theirs, Event::Done(_));
                assert!(expected, "after {after} of {terms:?} by sender {by_sender}: {ours:?} {theirs:?}");
            }
            assert!(late, "no point was after the last word");
        }
    }
}

#[test]
fn twice_is_once() {
    let mut receiver = Receiver::new(secure(1), start());
    receiver.cancel();
    receiver.cancel();
    receiver.store_failed(StoreFault::Full);
    receiver.closed(start());
    receiver.receive(b"VER MSN_SECURE_FTP\r\n", start());
    receiver.tick(seconds(1_000));
    let wanted = receiver.wanted();
    assert_eq!((wanted.text(), &wanted.events[..]), ("VER MSN_SECURE_FTP\r\nCCL\r\n", &[Event::Failed(Failure::Cancelled)][..]));
    assert_eq!(receiver.wanted(), Wanted::default());
    let mut sender = Sender::new(secure(1), start());
    sender.cancel();
    sender.cancel();
    sender.closed(start());
    sender.read_failed();
    sender.receive(b"VER MSN_SECURE_FTP\r\n", start());
    sender.tick(seconds(1_000));
    let wanted = sender.wanted();
    assert_eq!((wanted.text(), wanted.end()), ("CCL\r\n", &Event::Failed(Failure::Cancelled)));
}

#[test]
fn a_sender_ends_between_chunks() {
    let (mut sender, wanted) = Sender::greeted(plain(9));
    assert_eq!(wanted.read, Some(9));
    sender.file(b"five5", start());
    sender.cancel();
    let wanted = sender.wanted();
    assert_eq!((&wanted.wire[..], wanted.end()), (&b"\0\x05\0five5\x01\0\0"[..], &Event::Failed(Failure::Cancelled)));
}

#[test]
fn a_full_disk_is_told_to_the_sender() {
    for (fault, word, ours, theirs) in [
        (StoreFault::Full, "BYE 2147942405\r\n", Failure::Full, Failure::PeerFull),
        (StoreFault::Broken, "CCL\r\n", Failure::NotStored, Failure::CancelledByPeer),
    ] {
        let mut receiver = Receiver::greeted(plain(9));
        receiver.receive(b"\0\x05\0five5", start());
        receiver.wanted();
        receiver.store_failed(fault);
        let wanted = receiver.wanted();
        assert_eq!((wanted.text(), wanted.end()), (word, &Event::Failed(ours)));
        let (mut sender, _) = Sender::greeted(plain(9));
        assert_eq!(sender.hears(word.as_bytes(), start()).end(), &Event::Failed(theirs));
    }
}

#[test]
fn what_was_not_taken_of_a_file_that_failed_is_not_kept() {
    let mut receiver = Receiver::greeted(plain(9));
    receiver.receive(b"\0\x05\0five5", start());
    receiver.cancel();
    let wanted = receiver.wanted();
    assert_eq!((wanted.file.len(), wanted.end()), (0, &Event::Failed(Failure::Cancelled)));
}

#[test]
fn a_file_that_changed_or_cannot_be_read() {
    for piece in [&b""[..], b"too many octets"] {
        let (mut sender, _) = Sender::greeted(secure(9));
        sender.file(piece, start());
        let wanted = sender.wanted();
        assert_eq!((&wanted.wire[..], wanted.end()), (&b"\x01\0\0"[..], &Event::Failed(Failure::FileChanged)));
    }
    let (mut sender, _) = Sender::greeted(secure(9));
    sender.read_failed();
    assert_eq!(sender.wanted().end(), &Event::Failed(Failure::NotRead));
}
