//! Whatever anybody sends, in whatever pieces: no panic, no growth, one end.

use proptest::prelude::*;

use super::*;
use crate::transfer::StoreFault;

/// What may happen to a machine.
#[derive(Debug, Clone)]
enum Happening {
    Octets(Vec<u8>),
    Frames(Vec<String>),
    File(usize),
    Written(usize),
    Stored(u64),
    StoreFailed,
    Passed(u64),
    Closed,
    Cancel,
}

/// Frames that come from either side.
fn frames() -> Vec<String> {
    let there = [
        chunk("d93k", "1-*/*", "12345", '+'),
        chunk("d93k", "1-5/5000", "", '+'),
        chunk("d93k", "6-*/5000", &"x".repeat(4_995), '$'),
        chunk("d93k", "1-5000/5000", &"x".repeat(5_000), '$'),
        chunk("d93k", "1-*/*", &"x".repeat(5_001), '+'),
        chunk("d93k", "1-*/5000", "", '#'),
        send("d93k", "Message-ID: s3nd\r\nByte-Range: 1-0/0\r\n", None, '$'),
        send("d93k", "", None, '$').replace("SEND", "AUTH"),
        answer("s3nd0", "200 OK"),
        answer("s3nd1", "200 OK"),
        answer("r3cv0", "200 OK"),
        report("r3po", "s3nd", "1-5000/5000", "200 OK"),
        report("r3po", "m3ss", "1-5/5000", "413 Stop"),
    ];
    let back = there.clone().map(|frame| frame.replace(SENDER, "<>").replace(RECEIVER, SENDER).replace("<>", RECEIVER));
    there.into_iter().chain(back).collect()
}

fn happening() -> impl Strategy<Value = Happening> {
    let frames = prop::sample::select(frames());
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..2_000).prop_map(Happening::Octets),
        1 => (frames.clone(), 0_usize..300).prop_map(|(frame, cut)| Happening::Octets(frame.as_bytes()[..cut.min(frame.len())].to_vec())),
        12 => prop::collection::vec(frames, 1..4).prop_map(Happening::Frames),
        4 => (0_usize..6_000).prop_map(Happening::File),
        4 => (0_usize..100_000).prop_map(Happening::Written),
        4 => (0_u64..10_000).prop_map(Happening::Stored),
        1 => Just(Happening::StoreFailed),
        1 => (0_u64..20).prop_map(Happening::Passed),
        1 => Just(Happening::Closed),
        1 => Just(Happening::Cancel),
    ]
}

/// What is wanted since the last time: no more than so many octets, one end, and nothing after it.
fn check(wanted: &Wanted, most: usize, ended: &mut bool) {
    assert!(wanted.wire.len() <= 70_000 && wanted.file.len() <= most, "{} {}", wanted.wire.len(), wanted.file.len());
    let ends = wanted.events.iter().filter(|event| matches!(event, Event::Done(_) | Event::Failed(_))).count();
    assert_eq!(ends, usize::from(wanted.close));
    assert!(!*ended || *wanted == Wanted::default(), "{wanted:?}");
    *ended |= wanted.close;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(2855), ..ProptestConfig::default() })]

    #[test]
    fn anything_happens(active in any::<bool>(), happenings in prop::collection::vec(happening(), 0..40)) {
        let mut sender = Sender::new(Terms { active, ..sending(5_000) }, start());
        let mut receiver = Receiver::new(Terms { active: !active, ..receiving(5_000) }, start());
        let (mut now, mut sender_ended, mut receiver_ended, mut kept) = (start(), false, false, 0);
        // What is asked for first is taken before anything comes.
        check(&sender.wanted(), 0, &mut sender_ended);
        for happening in happenings {
            match happening {
                Happening::Octets(octets) => { sender.receive(&octets, now); receiver.receive(&octets, now); }
                Happening::Frames(frames) => for frame in frames {
                    sender.receive(frame.as_bytes(), now);
                    receiver.receive(frame.as_bytes(), now);
                },
                Happening::File(octets) => sender.file(&vec![0; octets], now),
                Happening::Written(octets) => { sender.written(octets, now); receiver.written(octets, now); }
                Happening::Stored(octets) => receiver.stored(octets, now),
                Happening::StoreFailed => { receiver.store_failed(StoreFault::Full); sender.read_failed(); }
                Happening::Passed(count) => {
                    now += Duration::from_secs(count);
                    sender.tick(now);
                    receiver.tick(now);
                }
                Happening::Closed => { sender.closed(now); receiver.closed(now); }
                Happening::Cancel => { sender.cancel(); receiver.cancel(); }
            }
            check(&sender.wanted(), 0, &mut sender_ended);
            let wanted = Wanted::of(|| receiver.poll_output());
            kept += wanted.file.len();
            check(&wanted, 16_000, &mut receiver_ended);
            assert!(kept <= 5_000);
            assert_eq!((sender.is_over(), receiver.is_over()), (sender_ended, receiver_ended));
        }
    }
}
