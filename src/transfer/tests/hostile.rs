//! Whatever anybody sends, in whatever pieces: no panic, no growth, one end.

use proptest::prelude::*;

use super::*;
use crate::transfer::StoreFault;

/// What may happen to a machine.
#[derive(Debug, Clone)]
enum Happening {
    Octets(Vec<u8>),
    Words(Vec<&'static str>),
    Chunk(u16, u8),
    File(usize),
    Written(usize),
    Stored(u64),
    StoreFailed,
    Passed(u64),
    Closed,
    Cancel,
}

fn happening() -> impl Strategy<Value = Happening> {
    let words = prop::sample::select(vec![
        "VER MSN_SECURE_FTP\r\n",
        "VER MSNFTP\r\n",
        "USR bob@example.test 1234567\r\n",
        "FIL 5000\r\n",
        "TFR\r\n",
        "BYE 16777989\r\n",
        "CCL\r\n",
        "MAC d/RtdKi5Jg21e72U2cJ4nVjpluw=\0\r\n",
        "\x01\0\0",
        "\0\0\0",
        "VER ",
        "\r\n",
    ]);
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..2_000).prop_map(Happening::Octets),
        8 => prop::collection::vec(words, 1..4).prop_map(Happening::Words),
        4 => (0_u16..6_000, any::<u8>()).prop_map(|(length, octet)| Happening::Chunk(length, octet)),
        4 => (0_usize..40_000).prop_map(Happening::File),
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
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(6891), ..ProptestConfig::default() })]

    #[test]
    fn anything_happens(hidden in any::<bool>(), happenings in prop::collection::vec(happening(), 0..40)) {
        let terms = if hidden { secure(5_000) } else { plain(5_000) };
        let (mut sender, mut receiver) = (Sender::new(terms.clone(), start()), Receiver::new(terms, start()));
        let (mut now, mut sender_ended, mut receiver_ended, mut kept) = (start(), false, false, 0);
        for happening in happenings {
            match happening {
                Happening::Octets(octets) => { sender.receive(&octets, now); receiver.receive(&octets, now); }
                Happening::Words(words) => for word in words {
                    sender.receive(word.as_bytes(), now);
                    receiver.receive(word.as_bytes(), now);
                },
                Happening::Chunk(length, octet) => {
                    let [low, high] = length.to_le_bytes();
                    receiver.receive(&[0, low, high], now);
                    receiver.receive(&vec![octet; usize::from(length)], now);
                }
                Happening::File(octets) => sender.file(&vec![0; octets], now),
                Happening::Written(octets) => sender.written(octets, now),
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
            let wanted = receiver.wanted();
            kept += wanted.file.len();
            check(&wanted, 8_000, &mut receiver_ended);
            assert!(kept <= 5_000);
            assert_eq!((sender.is_over(), receiver.is_over()), (sender_ended, receiver_ended));
        }
    }
}
