//! Whatever comes: no panic, and no more work than the limits allow.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use proptest::prelude::*;

use super::builders::{compound, deflated, elf, gzip, office, pax, pdf, png, presentation, stored, tar, zip, zip_after};
use crate::inspect::{Limits, Offer, SenderClass, after};
use crate::model::FileRules;

/// A file that counts what is read of it.
struct Counting {
    octets: Cursor<Vec<u8>>,
    read: u64,
}

impl Read for Counting {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.octets.read(out)?;
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for Counting {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.octets.seek(to)
    }
}

const LIMITS: Limits = Limits { depth: 3, ratio: 100, entries: 50, total: 1 << 20, held: 64 << 10, searched: 1 << 20 };

fn look(name: &str, octets: Vec<u8>) -> u64 {
    let offer = Offer { name, octets: None, sender: SenderClass::Known };
    let mut file = Counting { octets: Cursor::new(octets), read: 0 };
    let _ = after(&offer, &mut file, &FileRules::default(), None, LIMITS);
    file.read
}

fn seeds() -> Vec<Vec<u8>> {
    let inner = zip(&[deflated("a.txt", &[b'x'; 400]), stored("b.png", &png())]);
    vec![
        inner.clone(),
        zip(&[stored("n.zip", &inner), deflated("m.zip", &inner), deflated("t.tar", &tar(&[(b'0', "x", "", b"y")]))]),
        zip_after(&png(), &[stored("a", b"b")], true),
        tar(&[(b'0', "a/b.txt", "", &elf()), (b'2', "l", "a", b""), (b'L', "x", "", b"long"), (b'0', "y", "", &inner)]),
        gzip("a.tar", &tar(&[(b'0', "a", "", &inner)])),
        tar(&[(b'x', "x", "", &pax("path", "y")), (b'0', "GIF89a", "", &inner), (b'1', "l", "y", b"")]),
        compound(&["WordDocument", "VBA"], [0; 4]),
        presentation(b"\x1f\0\xff\x03\x14\0\0\0\x02\0\0\x04"),
        b"<?xml version='1.0'?><w:wordDocument w:macrosPresent='&#121;es'>".to_vec(),
        office("x", &[deflated("word/vbaProject.bin", &compound(&["VBA"], [0; 4]))]),
        pdf("/JS", "<< /Launch >>"),
        b"{\\rtf1{\\object\\objdata 01}}".to_vec(),
        b"<?xml version='1.0'?><html><!-- --><script>".to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_files_end_soon(
        seed in prop::sample::select(seeds()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0_u8), Just(1), Just(0xff), any::<u8>()]), 0..12),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut octets = seed;
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Some(end) = end {
            octets.truncate(end.index(octets.len() + 1));
        }
        let long = octets.len() as u64;
        for name in ["a.zip", "a.docx", "a.tar", "a.txt"] {
            let read = look(name, octets.clone());
            prop_assert!(read <= 40 * long + (4 << 20), "{} of {} octets", read, long);
        }
    }

    #[test]
    fn any_octets_end_soon(head in prop::sample::select(vec![
        &b""[..], b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-", b"{\\rtf", b"MZ", b"<html", b"\xff\xfe",
    ]), rest in prop::collection::vec(any::<u8>(), 0..2000)) {
        look("a.b", [head, &rest].concat());
    }
}

#[test]
fn a_large_file_is_not_read_as_a_whole() {
    let mut film = b"\x1a\x45\xdf\xa3".to_vec();
    film.resize(8 << 20, 7);
    let read = look("a.mkv", film);
    assert!(read < 1 << 20, "{read} octets of a film");
}
