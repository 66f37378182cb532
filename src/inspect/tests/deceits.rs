//! Archives that one program reads in one way and another in another: whatever any of them would see, is seen.

use super::builders::{
    Member, commented, deflated, elf, gzip, office, pax, pdf_with, pe, second_name, stored, tar, zip, zip_after,
};
use super::{Class, Finding, class, has, judged, words};

#[test]
fn an_end_behind_the_end_is_seen() {
    let first = zip(&[stored("notes.txt", b"hello")]);
    let both = zip_after(&first, &[stored("setup.exe", &pe())], true);
    let second = &both[first.len()..];
    for comment in [second.to_vec(), [second, b"X"].concat(), [&b"X"[..], second, b"PK\x05\x06"].concat()] {
        let verdict = judged("a.zip", &commented(first.clone(), &comment));
        assert!(has(&verdict, None, Finding::Disagrees), "{}", words(&verdict));
    }
    let no_end = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &[7; 8], &[0; 2]].concat();
    let behind = zip_after(b"X", &[stored("notes.txt", b"hello")], true);
    assert!(has(&judged("a.zip", &commented(behind, &no_end)), None, Finding::Damaged), "an end that leads nowhere");
    let plain = judged("a.zip", &commented(first, b"about the archive"));
    assert_eq!(words(&plain), "It ends with .zip, as archives do.");
}

#[test]
fn a_directory_of_a_wrong_size_is_no_way_to_hide_it() {
    for before in [&b""[..], b"X", b"GIF89a"] {
        let mut archive = zip_after(before, &[stored("setup.exe", &pe())], true);
        let size = archive.len() - 10;
        archive[size] += 1;
        let verdict = judged("a.zip", &archive);
        assert!(has(&verdict, None, Finding::Damaged), "{before:?}: {}", words(&verdict));
        assert_ne!(class(&judged("a.gif", &archive)), Class::Allowed);
    }
}

#[test]
fn a_false_mark_of_encryption_hides_nothing() {
    let aes = b"\x01\x99\x07\0\x02\0AE\x03\x08\0".to_vec();
    for (flags, extra) in [(0x2000, Vec::new()), (0x40, Vec::new()), (0, aes)] {
        let marked = Member { flags, extra, ..deflated("picture.dat", &elf()) };
        let verdict = judged("a.zip", &zip(&[marked]));
        assert!(has(&verdict, Some("picture.dat"), Finding::Disagrees), "{flags:x}: {}", words(&verdict));
        assert!(words(&verdict).contains("a program for Unix"), "{flags:x}: {}", words(&verdict));
    }
}

#[test]
fn a_second_name_must_be_the_first() {
    let named = |first: &[u8], second: &str| {
        let member = Member { name: first.to_vec(), extra: second_name(second), ..stored("", b"hello") };
        judged("a.zip", &zip(&[member]))
    };
    for (first, second) in
        [("a.txt", "b.txt"), ("a.txt", "../../a.txt"), ("a.txt", "C:a.txt"), ("a.txt", "a.exe"), ("a_b.txt", "a_b/c.txt")]
    {
        let verdict = named(first.as_bytes(), second);
        assert!(words(&verdict).contains("different things"), "{first} {second}: {}", words(&verdict));
    }
    let twice = [second_name("a.txt"), second_name("a.exe")].concat();
    let verdict = judged("a.zip", &zip(&[Member { extra: twice, ..stored("a.txt", b"hello") }]));
    assert!(has(&verdict, Some("a.txt"), Finding::Disagrees), "which of two counts nobody knows: {}", words(&verdict));
    // Letters beyond ASCII are written in many ways in the first, or not at all.
    for (first, second) in [
        (&b"Gr\x81\xe1e.txt"[..], "Grüße.txt"),
        (&b"Gr__e.txt"[..], "Grüße.txt"),
        (&b"Gr#U00fc#U00dfe.txt"[..], "Grüße.txt"),
        (&b"\x93\xfa\x96{a.txt"[..], "日本a.txt"),
        ("Grüße.txt".as_bytes(), "Grüße.txt"),
    ] {
        let verdict = named(first, second);
        assert_eq!(words(&verdict), "It ends with .zip, as archives do.", "{second}");
    }
}

#[test]
fn what_is_said_of_a_member_of_tar_is_said_once() {
    let file = (b'0', "short.txt", "", &b"del x"[..]);
    let said = |records: &[(&str, &str)]| records.iter().flat_map(|(key, value)| pax(key, value)).collect::<Vec<_>>();
    let (run, notes) = (said(&[("path", "run.bat")]), said(&[("path", "notes.txt")]));
    let sparse = said(&[("GNU.sparse.name", "run.bat"), ("path", "notes.txt")]);
    let map = said(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "5")]);
    let holes = said(&[("SUN.holesdata", " 0 5")]);
    for (what, entries) in [
        ("long, then pax", vec![(b'L', "././@LongLink", "", &b"notes.txt\0"[..]), (b'x', "x", "", &run[..]), file]),
        ("pax, then long", vec![(b'x', "x", "", &run[..]), (b'L', "././@LongLink", "", &b"notes.txt\0"[..]), file]),
        ("pax twice", vec![(b'x', "x", "", &run[..]), (b'x', "x", "", &notes[..]), file]),
        ("two kinds of pax", vec![(b'x', "x", "", &notes[..]), (b'X', "x", "", &run[..]), file]),
        ("a name of its own for a sparse file", vec![(b'x', "x", "", &sparse[..]), file]),
        ("a map", vec![(b'x', "x", "", &map[..]), file]),
        ("holes", vec![(b'x', "x", "", &holes[..]), file]),
    ] {
        let verdict = judged("a.tar", &tar(&entries));
        assert!(words(&verdict).contains("different things"), "{what}: {}", words(&verdict));
    }
    let solaris = judged("a.tar", &tar(&[(b'X', "x", "", &run[..]), file]));
    assert!(words(&solaris).contains("\u{201c}run.bat\u{201d} in it ends with .bat"), "{}", words(&solaris));
    let same = tar(&[(b'L', "././@LongLink", "", b"notes.txt\0"), (b'x', "x", "", &notes[..]), file]);
    assert_eq!(words(&judged("a.tar", &same)), "It ends with .tar, as archives do.");
    let all = tar(&[(b'g', "g", "", &map), file]);
    assert!(has(&judged("a.tar", &all), None, Finding::Damaged), "a map for all members");
}

#[test]
fn a_tar_archive_is_one_whatever_its_first_member_is_called() {
    for first in ["GIF89a", "PK\x03\x04", "BZh", "%PDF-", "{\\rtf", "MZ", "\x1f", "070701"] {
        let archive = tar(&[(b'0', first, "", b"x"), (b'0', "setup.exe", "", &pe())]);
        for (name, octets) in
            [("a.tar", archive.clone()), ("a.gif", archive.clone()), ("a.tgz", gzip("", &archive)), ("a.gz", gzip("", &archive))]
        {
            let verdict = judged(name, &octets);
            assert!(words(&verdict).contains("setup.exe\u{201d} in it ends with .exe"), "{first} {name}: {}", words(&verdict));
        }
    }
    // A harmless one stays one.
    assert_eq!(words(&judged("a.tar", &tar(&[(b'0', "ID3.txt", "", b"x")]))), "It ends with .tar, as archives do.");
}

#[test]
fn what_is_called_a_tar_archive_is_one() {
    let mut broken = tar(&[(b'0', "a.txt", "", b"x"), (b'0', "setup.exe", "", &pe())]);
    broken[150] ^= 1;
    for (name, octets) in [
        ("a.tar", broken.clone()),
        ("a.tar.gz", gzip("", &broken)),
        ("a.tgz", gzip("", &broken)),
        ("a.tar", gzip("", &broken)),
        ("a.tar", b"hello".to_vec()),
        ("a.tar", zip(&[stored("a.txt", b"hello")])),
    ] {
        let verdict = judged(name, &octets);
        assert!(words(&verdict).contains("is damaged"), "{name}: {}", words(&verdict));
    }
    for (name, octets) in [
        ("a.tar", Vec::new()),
        ("a.tar", tar(&[])),
        ("a.tgz", gzip("", &tar(&[]))),
        ("a.tar", gzip("", &tar(&[(b'0', "a.txt", "", b"x")]))),
        ("a.tar.xz", b"\xfd7zXZ\0\0\x04".to_vec()),
    ] {
        assert_eq!(class(&judged(name, &octets)), Class::Asked, "{name}: {}", words(&judged(name, &octets)));
    }
}

#[test]
fn a_tar_archive_that_is_a_zip_archive_too_is_looked_into_as_both() {
    let inner = [stored("setup.exe", &pe())];
    let behind = zip_after(&tar(&[(b'0', "a.txt", "", b"hello")]), &inner, true);
    // The octets of a member that alone are no archive: places count from the beginning of the whole.
    let whole = zip_after(&[&[0; 512][..], b"HELLO\n\0\x01"].concat(), &inner, true);
    let within = tar(&[(b'0', "a.dat", "", &whole[512..])]);
    for archive in [behind, within] {
        for name in ["a.zip", "a.tar"] {
            let verdict = judged(name, &archive);
            assert!(words(&verdict).contains("setup.exe\u{201d} in it ends with .exe"), "{name}: {}", words(&verdict));
        }
    }
    // An archive that is a member is looked at as one, and makes nothing else of the whole.
    let document = office("", &[stored("word/printerSettings1.bin", &[0, 1, 2])]);
    let archive = tar(&[(b'0', "b.docx", "", &document)]);
    assert_eq!(
        words(&judged("a.tar", &archive)),
        "It ends with .tar, as archives do. \u{201c}b.docx\u{201d} in it ends with .docx, as documents do."
    );
    assert_eq!(class(&judged("a.zip", &archive)), Class::Blocked);
}

#[test]
fn no_way_leads_through_links() {
    let link = |place: &'static str, target: &'static str| (b'2', place, target, &b""[..]);
    let file = |path: &'static str| (b'0', path, "", &b"x"[..]);
    for (what, entries, member) in [
        ("up from a link", vec![link("a/b/l.txt", "../.."), link("x.txt", "a/b/l.txt/..")], "x.txt"),
        ("up from a folder", vec![link("x.txt", "a/../b")], "x.txt"),
        ("below a link", vec![link("x.d", "a"), file("x.d/o.txt")], "x.d/o.txt"),
        ("below one in other letters", vec![link("X.d", "a"), file("./x.D/b/o.txt")], "./x.D/b/o.txt"),
        ("a link to a link", vec![link("a/b.txt", ".."), (b'1', "c.txt", "a/b.txt", &b""[..])], "c.txt"),
        ("below that", vec![link("a", "b"), (b'1', "c", "a", &b""[..]), file("c/o.txt")], "c/o.txt"),
    ] {
        let verdict = judged("a.tar", &tar(&entries));
        assert!(has(&verdict, Some(member), Finding::Outside), "{what}: {}", words(&verdict));
    }
    let linked = Member { mode: 0o120_777, ..stored("x.d", b"a") };
    let archive = zip(&[stored("x.d/o.txt", b"x"), linked]);
    assert!(has(&judged("a.zip", &archive), Some("x.d/o.txt"), Finding::Outside));
    let beside = judged("a.tar", &tar(&[link("x.d", "a"), file("x.d.txt"), file("x/d.txt")]));
    assert_eq!(class(&beside), Class::Asked, "{}", words(&beside));
}

#[test]
fn objects_of_a_pdf_are_found_in_streams_that_do_not_say_what_they_are() {
    let verdict = judged("a.pdf", &pdf_with("", "/N 1 /First 4", "5 0 << /S /Launch >>"));
    assert!(has(&verdict, None, Finding::Launches), "{}", words(&verdict));
    let profile = judged("a.pdf", &pdf_with("/First 1 0 R", "/N 3", "/S /Launch"));
    assert_eq!(words(&profile), "It ends with .pdf, as documents do.", "a profile of colours has a number too");
}
