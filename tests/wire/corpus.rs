//! The fuzz targets over their corpora, the fixtures and random changes of them.

use proptest::prelude::*;

use crate::files;
use crate::targets::TARGETS;

#[test]
fn every_corpus_holds() {
    for (name, target) in TARGETS {
        let files = files(&format!("fuzz/corpus/{name}"));
        assert!(files.len() >= 5, "{name} has {} files", files.len());
        for (_, data) in files {
            target(&data);
        }
    }
}

#[test]
fn every_target_holds_for_every_fixture_line() {
    for folder in ["tests/fixtures/wire", "tests/fixtures/torture"] {
        for (_, data) in files(folder) {
            for (_, target) in TARGETS {
                target(&data);
                for line in data.split(|b| *b == b'\n') {
                    target(line);
                    target(line.splitn(2, |b| *b == b':').last().unwrap());
                }
            }
        }
    }
}

#[test]
fn cut_fixtures_never_panic() {
    for (name, data) in files("tests/fixtures/torture") {
        for end in (0..data.len()).step_by(if name == "longreq" { 7 } else { 1 }) {
            let _ = chinwag::sip::message::parse_datagram(&data[..end]);
            let _ = chinwag::sip::message::parse_head(&data[..end]).map(|m| m.check());
        }
    }
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> =
        ["tests/fixtures/wire", "tests/fixtures/torture"].into_iter().flat_map(files).map(|(_, data)| data).collect();
    let change = (any::<prop::sample::Index>(), 0_u8..4, prop::sample::select(b"\r\n \t\0\"<>;:,@=\\[]?*\xff%a0".to_vec()));
    (prop::sample::select(all), prop::collection::vec(change, 1..8)).prop_map(|(mut data, changes)| {
        for (at, how, octet) in changes {
            let at = at.index(data.len().max(1)).min(data.len());
            match how {
                0 => data.insert(at, octet),
                1 if at < data.len() => data[at] = octet,
                2 if at < data.len() => drop(data.remove(at)),
                _ => data.truncate(at.max(16)),
            }
        }
        data
    })
}

/// A target with one of its own seeds, changed by words that matter to the grammar of bodies.
fn changed_seed() -> impl Strategy<Value = (fn(&[u8]), Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, target) in TARGETS {
        seeds.extend(files(&format!("fuzz/corpus/{name}")).into_iter().map(|(_, data)| (target, data)));
    }
    let words = prop::sample::select(vec![
        "<",
        ">",
        "/>",
        "</",
        "\"",
        "'",
        "=",
        "&",
        "&lt;",
        "&#10;",
        "&#x1b;",
        "&x;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?x?>",
        "xmlns=''",
        " xmlns:m=\"u:v\"",
        "m:",
        ":",
        " ",
        "\t",
        "\r\n",
        "\0",
        "é",
        "\u{feff}",
        "\u{a0}",
        "\u{2028}",
        "sip:",
        "tel:",
        "SIP: ",
        "-1",
        "65",
        "0",
        "4294967296",
        "true",
        ";",
        "--",
        "m=audio 1 x y\r\n",
        "note",
        "<note/>",
        "<a>",
        "</a>",
        "%",
        "%41",
        ",",
    ]);
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..5, words);
    (prop::sample::select(seeds), prop::collection::vec(change, 1..8)).prop_map(|((target, mut data), changes)| {
        for (from, to, how, word) in changes {
            let (a, b) = (from.index(data.len() + 1), to.index(data.len() + 1));
            let (from, to) = (a.min(b), a.max(b));
            match how {
                0 | 1 => drop(data.splice(from..from, word.bytes())),
                2 => drop(data.splice(from..(from + 1).min(data.len()), word.bytes())),
                3 => drop(data.drain(from..(from + 1).min(data.len()))),
                _ => {
                    let piece = data[from..to.min(from + 80)].to_vec();
                    data.splice(to..to, piece);
                }
            }
        }
        (target, data)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2048), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_of_seeds_hold((target, data) in changed_seed()) {
        target(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_of_fixtures_hold(data in mutated()) {
        for (_, target) in TARGETS {
            target(&data);
        }
    }

    #[test]
    fn random_bytes_hold(data in prop::collection::vec(any::<u8>(), 0..300)) {
        for (_, target) in TARGETS {
            target(&data);
        }
    }

    #[test]
    fn random_words_of_sip_hold(words in prop::collection::vec(prop::sample::select(vec![
        "SIP/2.0", "sip:", "tel:+1", "\r\n", "\r\n\r\n", " ", ":", ";", ",", "<", ">", "\"", "\\", "=", "@", "[::1]", "?", "tag", "lr",
        "Via", "v", "From", "To", "l: 0", "Content-Length", "CSeq", "1 INVITE", "INVITE ", "200 ", "*", "a", "é", "\t", "/", "%41",
    ]), 0..40)) {
        let data = words.concat().into_bytes();
        for (_, target) in TARGETS {
            target(&data);
        }
    }
}
