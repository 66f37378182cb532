//! Frames out of octets in any pieces, whatever the octets are.

use proptest::prelude::*;

use super::*;
use crate::transfer::msrp::frame::{Found, Reader, last_line, write};
use crate::transfer::msrp::head::{Fields, Flag, Head, Range, Start, Tell};

/// What was read, with bodies in one.
#[derive(Debug, Clone, PartialEq)]
enum Read {
    Head(Box<Head>, bool),
    Body(Vec<u8>),
    End(Flag),
    Broken,
    TooLong,
}

fn read(octets: &[u8], pieces: &[usize]) -> Vec<Read> {
    let (mut reader, mut read, mut rest) = (Reader::default(), Vec::new(), octets);
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let (mut piece, after) = rest.split_at((*pieces.next().unwrap()).clamp(1, rest.len()));
        rest = after;
        loop {
            let found = reader.take(&mut piece);
            match (found, read.last_mut()) {
                (Found::Nothing, _) => break,
                (Found::Body(more), Some(Read::Body(body))) => body.extend_from_slice(&more),
                (Found::Body(body), _) => read.push(Read::Body(body.into_owned())),
                (Found::Head(head, bodied), _) => read.push(Read::Head(head, bodied)),
                (Found::End(flag), _) => read.push(Read::End(flag)),
                (Found::Broken, _) => {
                    read.push(Read::Broken);
                    return read;
                }
                (Found::TooLong, _) => {
                    read.push(Read::TooLong);
                    return read;
                }
            }
        }
        assert!(piece.is_empty());
    }
    read
}

fn head() -> impl Strategy<Value = Head> {
    let id = "[A-Za-z0-9][A-Za-z0-9.+%=-]{3,31}";
    let start = prop_oneof![
        Just(Start::Send),
        Just(Start::Report),
        "[A-Z]{7,9}".prop_map(Start::Other),
        (100_u16..999).prop_map(Start::Answer)
    ];
    let range = (1_u64.., any::<Option<u64>>(), any::<Option<u64>>()).prop_map(|(start, end, total)| Range { start, end, total });
    let tell = prop::sample::select(vec![Tell::All, Tell::Faults, Tell::Nothing]);
    let fields = (
        prop::option::of(id),
        prop::option::of(range),
        any::<Option<bool>>(),
        prop::option::of(tell),
        prop::option::of(100_u16..999),
        prop::option::of("[a-z]{1,9}/[a-z]{1,9}"),
    )
        .prop_map(|(message, range, success, failure, status, media_type)| Fields {
            message,
            range,
            success,
            failure,
            status,
            media_type,
            broken: false,
        });
    let paths = prop::sample::select(vec![SENDER.to_owned(), RECEIVER.to_owned(), format!("{RELAY} {SENDER}")]);
    (id, start, paths.clone(), paths, fields).prop_map(|(id, start, to, from, fields)| Head {
        id,
        start,
        to: path(&to),
        from: path(&from),
        fields,
    })
}

/// Octets that look like the end of something, again and again.
fn body(id: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let last = last_line(id);
    let words = [
        "\r",
        "\n",
        "\r\n",
        "-",
        "--",
        "-------",
        "$",
        "+\r",
        "#\n",
        "x",
        "\r\n-------",
        "\r\n------",
        &format!("\r\n{last}"),
        &format!("\r\n{last}$"),
        &format!("\r\n{last}$\r"),
        &format!("\r\n{last}!\r\n"),
        &last,
        &format!("{last}$\r\n"),
    ]
    .map(ToOwned::to_owned);
    let words = prop::sample::select(words.to_vec());
    prop::collection::vec(words, 0..12).prop_map(|words| words.concat().into_bytes())
}

fn frame() -> impl Strategy<Value = (Head, Option<Vec<u8>>, Flag)> {
    let flag = prop::sample::select(vec![Flag::Last, Flag::More, Flag::Abort]);
    head().prop_flat_map(move |head| {
        let body = prop::option::of(body(&head.id));
        (Just(head), body, flag.clone())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(4975), ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(frames in prop::collection::vec(frame(), 1..5), pieces in prop::collection::vec(1_usize..60, 1..20)) {
        let (mut octets, mut expected) = (Vec::new(), Vec::new());
        for (head, body, flag) in frames {
            let end = format!("\r\n{}", last_line(&head.id));
            let ends_early = |body: &Vec<u8>| {
                let whole = [body, &b"\r\n"[..]].concat();
                [b'$', b'+', b'#'].into_iter().any(|flag| {
                    let end = [end.as_bytes(), &[flag], b"\r\n"].concat();
                    whole.windows(end.len()).any(|window| window == end)
                })
            };
            // Whoever writes takes another name then.
            let body = body.filter(|body| !ends_early(body));
            octets.extend(write(&head, body.as_deref(), flag));
            expected.push(Read::Head(Box::new(head), body.is_some()));
            expected.extend(body.filter(|body| !body.is_empty()).map(Read::Body));
            expected.push(Read::End(flag));
        }
        for pieces in [&[usize::MAX][..], &[1], &pieces] {
            prop_assert_eq!(&read(&octets, pieces), &expected);
        }
    }

    #[test]
    fn anything_is_read_alike_in_any_pieces(words in prop::collection::vec(word(), 0..40), pieces in prop::collection::vec(1_usize..60, 1..20)) {
        let octets = words.concat();
        let whole = read(&octets, &[usize::MAX]);
        prop_assert_eq!(&read(&octets, &[1]), &whole);
        prop_assert_eq!(&read(&octets, &pieces), &whole);
    }
}

fn word() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "MSRP d93k SEND\r\n",
        "MSRP d93k 200 OK\r\n",
        "To-Path: msrp://a:1/x;tcp\r\n",
        "From-Path: msrp://a:1/x;tcp\r\n",
        "MSRP d93k SEND\r\nTo-Path: msrp://a:1/x;tcp\r\nFrom-Path: msrp://a:1/x;tcp\r\n",
        "Message-ID: abcd\r\n",
        "Byte-Range: 1-5/5\r\n",
        "\r\n",
        "\r",
        "\n",
        "-------d93k$\r\n",
        "-------d93k",
        "$",
        "+\r\n",
        "-",
        ":",
        " ",
    ];
    prop_oneof![
        9 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..9),
        1 => (1_usize..3_000).prop_map(|count| vec![b'x'; count]),
    ]
}

#[test]
fn lines_without_end_are_not_kept() {
    let mut reader = Reader::default();
    let mut piece = &[b'x'; 2_048][..];
    assert_eq!(reader.take(&mut piece), Found::Nothing);
    assert_eq!(reader.take(&mut &b"x"[..]), Found::TooLong);
    assert_eq!(reader.take(&mut &b"\r\n"[..]), Found::Broken);
}

#[test]
fn every_split_of_a_frame() {
    let text =
        [chunk("d93k", "1-9/9", "12345\r\n-------d93", '+'), answer("d93k", "200 OK"), report("r3po", "m3ss", "1-9/9", "200 OK")];
    let text = text.concat();
    let whole = read(text.as_bytes(), &[usize::MAX]);
    assert_eq!(whole.len(), 7, "{whole:?}");
    for split in 1..text.len() {
        assert_eq!(read(text.as_bytes(), &[split, usize::MAX]), whole, "{split}");
    }
}
