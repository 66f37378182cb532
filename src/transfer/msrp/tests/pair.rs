//! The two machines against each other, however the wire cuts what they say.

use proptest::prelude::*;

use super::*;
use crate::transfer::Outcome;
use crate::transfer::tests::world::whole;

fn both_went_well(octets: u64, world: &World<Sender, Receiver>) {
    assert_eq!(world.ends(), (Event::Done(Outcome::Confirmed), Event::Done(Outcome::Unauthenticated)));
    assert!(world.kept == whole(octets));
    assert_eq!((world.sender.octets(), world.receiver.octets(), world.receiver.unstored()), (octets, octets, 0));
}

#[test]
fn every_size_of_file_and_piece() {
    for octets in [0, 1, 2, 2047, 2048, 2049, 8_191, 8_192, 8_193, 65_536, 700_000] {
        for piece in [1, 2, 3, 7, 2049, 65_536] {
            if octets > 5_000 && piece < 100 {
                continue;
            }
            for sender_connects in [true, false] {
                let mut world = connected(octets, sender_connects);
                world.run(piece);
                both_went_well(octets, &world);
            }
        }
    }
}

#[test]
fn every_split_point() {
    for sender_connects in [true, false] {
        // All that the sender says is within 1,000 octets, all that the receiver says too.
        for split in 0..1_000 {
            let mut world = connected(400, sender_connects);
            let mut passed = 0;
            loop {
                let piece = if passed < split { split - passed } else { usize::MAX };
                passed += piece.min(1 << 20);
                if !world.carry(piece, piece) {
                    break;
                }
            }
            both_went_well(400, &world);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(2855), ..ProptestConfig::default() })]

    #[test]
    fn random_splits(octets in 0_u64..70_000, sender_connects in any::<bool>(), cuts in prop::collection::vec((1_usize..5_000, 1_usize..400), 1..60)) {
        let mut world = connected(octets, sender_connects);
        for (there, back) in cuts.iter().cycle() {
            if !world.carry(*there, *back) {
                break;
            }
        }
        both_went_well(octets, &world);
    }
}

/// A file of which octets are counted and not kept: never more than a few pieces are anywhere. To look for the end of
/// a chunk in it is slow without optimisation, so here it is less than below.
#[test]
fn a_quarter_of_a_gibibyte_in_constant_memory() {
    let octets = (1 << 28) + 1;
    let (mut sender, mut receiver) = (Sender::new(sending(octets), start()), Receiver::new(receiving(octets), start()));
    let (mut kept, piece) = (0, vec![7; 40_000]);
    let mut ends = Vec::new();
    while ends.len() < 2 {
        let answer = sender.wanted();
        assert!(answer.wire.len() < 80_000);
        receiver.receive(&answer.wire, start());
        sender.written(answer.wire.len(), start());
        if let Some(wanted) = answer.read {
            sender.file(&piece[..wanted], start());
        }
        let said = receiver.wanted();
        kept += said.file.len() as u64;
        receiver.stored(said.file.len() as u64, start());
        assert!(said.file.len() + said.wire.len() < 80_000);
        sender.receive(&said.wire, start());
        ends.extend([said, answer].into_iter().filter(|of| of.close).map(|of| of.end().clone()));
    }
    assert_eq!(kept, octets);
    assert_eq!(ends, [Event::Done(Outcome::Unauthenticated), Event::Done(Outcome::Confirmed)]);
}

/// Only the receiver, and in one chunk.
#[test]
fn three_gibibytes_in_one_chunk() {
    let octets: u64 = 3 << 30;
    let mut receiver = Receiver::new(receiving(octets), start());
    let head = chunk("d93k", "1-*/3221225472", "", '$');
    let mut piece = vec![b'x'; 1 << 20];
    *piece.last_mut().unwrap() = b'\r';
    let (head, end) = head.split_at(head.find("\r\n\r\n").unwrap() + 4);
    receiver.receive(head.as_bytes(), start());
    let mut kept = 0;
    for _ in 0..octets >> 20 {
        receiver.receive(&piece, start());
        let file = receiver.wanted().file.len();
        assert!(file <= piece.len() + 64);
        kept += file as u64;
        receiver.stored(file as u64, start());
    }
    // One CR may be the end.
    assert_eq!(kept, octets - 1);
    let wanted = receiver.hears(end, start());
    assert_eq!((wanted.file.len(), wanted.end()), (1, &Event::Done(Outcome::Unauthenticated)));
}
