//! The two machines against each other, however the wire cuts what they say.

use proptest::prelude::*;

use super::world::{World, whole};
use super::*;
use crate::transfer::Outcome;

fn both_went_well(terms: &Terms, world: &World<Sender, Receiver>) {
    let outcome = if matches!(terms.protection, Protection::Plain) { Outcome::Unauthenticated } else { Outcome::Authenticated };
    assert_eq!(world.ends(), (Event::Done(Outcome::Confirmed), Event::Done(outcome)));
    assert!(world.kept == whole(terms.octets));
    assert_eq!((world.sender.octets(), world.receiver.octets(), world.receiver.unstored()), (terms.octets, terms.octets, 0));
}

#[test]
fn every_size_of_file_and_piece() {
    for octets in [0, 1, 2, 3, 2044, 2045, 2046, 4090, 16 * 2045, 16 * 2045 + 1, 100_000, 300_000] {
        for piece in [1, 2, 3, 5, 2047, 2048, 2049, 65_536] {
            if octets > 5_000 && piece < 100 {
                continue;
            }
            for terms in [secure(octets), plain(octets)] {
                let mut world = World::new(&terms);
                world.run(piece);
                both_went_well(&terms, &world);
            }
        }
    }
}

#[test]
fn every_split_point() {
    for terms in [secure(2050), plain(2050)] {
        // All that the sender says is within 2,200 octets, all that the receiver says within 120.
        for split in 0..2_200 {
            let mut world = World::new(&terms);
            let mut passed = 0;
            loop {
                let piece = if passed < split { split - passed } else { usize::MAX };
                passed += piece.min(1 << 20);
                if !world.carry(piece, if split < 120 { split.max(1) } else { usize::MAX }) {
                    break;
                }
            }
            both_went_well(&terms, &world);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(6891), ..ProptestConfig::default() })]

    #[test]
    fn random_splits(octets in 0_u64..70_000, hidden in any::<bool>(), cuts in prop::collection::vec((1_usize..5_000, 1_usize..40), 1..60)) {
        let terms = if hidden { secure(octets) } else { plain(octets) };
        let mut world = World::new(&terms);
        for (there, back) in cuts.iter().cycle() {
            if !world.carry(*there, *back) {
                break;
            }
        }
        both_went_well(&terms, &world);
    }
}

/// A file of which octets are counted and not kept: never more than a few pieces are anywhere.
fn counted(terms: &Terms) -> Vec<Event> {
    let (mut sender, mut receiver) = (Sender::new(terms.clone(), start()), Receiver::new(terms.clone(), start()));
    let (mut kept, mut ends) = (0, Vec::new());
    let piece = vec![7; 40_000];
    loop {
        let said = receiver.wanted();
        kept += said.file.len() as u64;
        receiver.stored(said.file.len() as u64, start());
        sender.receive(&said.wire, start());
        let answer = sender.wanted();
        assert!(said.file.len() + said.wire.len() + answer.wire.len() < 80_000);
        receiver.receive(&answer.wire, start());
        sender.written(answer.wire.len(), start());
        if let Some(wanted) = answer.read {
            sender.file(&piece[..wanted], start());
        }
        ends.extend(
            [said.close, answer.close].into_iter().zip([said, answer]).filter_map(|(end, of)| end.then(|| of.end().clone())),
        );
        if ends.len() == 2 {
            assert_eq!(kept, terms.octets);
            return ends;
        }
    }
}

#[test]
fn three_gibibytes_in_constant_memory() {
    let ends = counted(&plain((3 << 30) + 1));
    assert_eq!(ends, [Event::Done(Outcome::Unauthenticated), Event::Done(Outcome::Confirmed)]);
}

/// The cipher is slow without optimisation, so here it is less.
#[test]
fn sixty_four_mebibytes_encrypted() {
    let mut ends = counted(&secure((64 << 20) + 1));
    ends.sort_by_key(|end| format!("{end:?}"));
    assert_eq!(ends, [Event::Done(Outcome::Authenticated), Event::Done(Outcome::Confirmed)]);
}
