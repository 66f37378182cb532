//! Archives: what is in them, and those that are made to deceive.

use super::builders::{Member, deflated, eicar, elf, gzip, office, pax, pdf, pe, png, second_name, stored, tar, zip, zip_after};
use super::{Class, Finding, Limits, class, has, judged, judged_within, words};

#[test]
fn members_are_judged_like_files() {
    let harmless = judged("a.zip", &zip(&[deflated("a/notes.txt", b"hello"), stored("b.png", &png())]));
    assert_eq!(words(&harmless), "It ends with .zip, as archives do.");
    for (member, octets, why) in [
        ("a/setup.exe", b"x".to_vec(), "\u{201c}a/setup.exe\u{201d} in it ends with .exe, as programs do."),
        ("a.txt", pe(), "\u{201c}a.txt\u{201d} in it ends with .txt but is a program for Windows."),
        ("a.jpg", elf(), "\u{201c}a.jpg\u{201d} in it ends with .jpg but is a program for Unix."),
    ] {
        for archive in [zip(&[deflated(member, &octets)]), zip(&[stored(member, &octets)])] {
            assert_eq!(words(&judged("a.zip", &archive)), why);
        }
        let packed = tar(&[(b'0', member, "", &octets)]);
        assert_eq!(words(&judged("a.tar", &packed)), why);
        for name in ["a.tar.gz", "a.tgz"] {
            assert_eq!(words(&judged(name, &gzip("", &packed))), why);
        }
        let within = zip(&[deflated("inner.zip", &zip(&[deflated(member, &octets)]))]);
        assert!(words(&judged("a.zip", &within)).contains(&format!("inner.zip/{member}")));
    }
    assert_eq!(class(&judged("a.txt.gz", &gzip("", b"hello"))), Class::Asked);
    assert!(words(&judged("a.gz", &gzip("x.exe", b"hello"))).contains("\u{201c}x.exe\u{201d} in it ends with .exe"));
    for inner in ["", "x.txt"] {
        assert!(words(&judged("x.exe.gz", &gzip(inner, b"hello"))).contains("\u{201c}x.exe\u{201d} in it"), "{inner}");
    }
    let empty = judged("a.zip", &zip(&[]));
    assert_eq!(class(&empty), Class::Asked, "{}", words(&empty));
}

#[test]
fn members_that_leave_the_folder_are_not_taken() {
    for path in ["../x.txt", "/etc/x.txt", "a/../../x.txt", "C:\\x.txt", "..\\x.txt"] {
        for verdict in [judged("a.zip", &zip(&[stored(path, b"x")])), judged("a.tar", &tar(&[(b'0', path, "", b"x")]))] {
            assert!(words(&verdict).contains("would be unpacked outside its folder"), "{path}: {}", words(&verdict));
        }
    }
    let link = |target: &[u8]| Member { mode: 0o120_777, ..stored("a/link.txt", target) };
    assert!(has(&judged("a.zip", &zip(&[link(b"b.txt")])), Some("a/link.txt"), Finding::Link));
    assert!(has(&judged("a.zip", &zip(&[link(b"../../x")])), Some("a/link.txt"), Finding::Outside));
    for (kind, target, finding) in [
        (b'2', "b.txt", Finding::Link),
        (b'2', "/etc/passwd", Finding::Outside),
        (b'1', "../x", Finding::Outside),
        (b'3', "", Finding::Device),
    ] {
        let verdict = judged("a.tar", &tar(&[(kind, "a/link.txt", target, b"")]));
        assert!(has(&verdict, Some("a/link.txt"), finding), "{target}: {}", words(&verdict));
    }
}

#[test]
fn long_names_of_tar_are_read() {
    let long = format!("{}/x.exe", "d".repeat(150));
    let gnu = tar(&[(b'L', "././@LongLink", "", long.as_bytes()), (b'0', "short.txt", "", b"x")]);
    let posix = tar(&[(b'x', "pax", "", &pax("path", &long)), (b'0', "short.txt", "", b"x")]);
    for archive in [gnu, posix] {
        assert!(words(&judged("a.tar", &archive)).contains("x.exe\u{201d} in it ends with .exe"));
    }
    let all = tar(&[(b'g', "pax", "", &pax("path", "x.txt")), (b'0', "short.txt", "", b"x")]);
    assert!(has(&judged("a.tar", &all), None, Finding::Damaged), "a path for all members");
    let twice = tar(&[(b'x', "pax", "", &pax("size", "1")), (b'0', "a.txt", "", b"four")]);
    assert!(has(&judged("a.tar", &twice), Some("a.txt"), Finding::Disagrees), "two sizes");
    let link = tar(&[(b'2', "l.txt", "a", b"hidden"), (b'0', "a.txt", "", b"x")]);
    assert!(has(&judged("a.tar", &link), Some("l.txt"), Finding::Disagrees), "a link with octets");
    let executable = tar(&[(b'*', "notes.txt", "", b"rm -r x")]);
    assert!(has(&judged("a.tar", &executable), Some("notes.txt"), Finding::Executable));
    let picture = tar(&[(b'*', "a.png", "", &png())]);
    assert_eq!(class(&judged("a.tar", &picture)), Class::Asked);
    let cut = tar(&[(b'0', "a.txt", "", &[b'x'; 2000])]);
    assert!(has(&judged("a.tar", &cut[..1500]), None, Finding::Damaged));
}

#[test]
fn encrypted_members_are_asked_about_and_their_names_count() {
    let locked = |name| Member { flags: 1, ..stored(name, b"????????????") };
    let verdict = judged("a.zip", &zip(&[locked("a.txt")]));
    assert!(has(&verdict, Some("a.txt"), Finding::Locked) && class(&verdict) == Class::Asked);
    assert_eq!(class(&judged("a.zip", &zip(&[locked("a.exe")]))), Class::Blocked);
    let aes = Member { method: 99, flags: 1, extra: b"\x01\x99\x07\0\x02\0AE\x03\x08\0".to_vec(), ..stored("a.txt", b"????") };
    assert!(has(&judged("a.zip", &zip(&[aes])), Some("a.txt"), Finding::Locked));
    let other = Member { method: 14, ..stored("a.txt", b"????") };
    assert!(has(&judged("a.zip", &zip(&[other])), Some("a.txt"), Finding::Closed));
}

#[test]
fn what_is_read_in_two_ways_is_not_taken() {
    let one = stored("a.txt", b"hello");
    let renamed = Member { local_name: Some(b"a.exe".to_vec()), ..one.clone() };
    assert!(has(&judged("a.zip", &zip(&[renamed])), Some("a.txt"), Finding::Disagrees));
    let lying = Member { unpacked: 3, ..deflated("a.txt", b"hello") };
    assert!(has(&judged("a.zip", &zip(&[lying])), Some("a.txt"), Finding::Disagrees));
    let lying = Member { unpacked: 3, ..one.clone() };
    assert!(has(&judged("a.zip", &zip(&[lying])), Some("a.txt"), Finding::Disagrees));
    let ended = judged("a.zip", &zip(&[stored("a.vbs\0.txt", b"x")]));
    assert!(words(&ended).contains("different things"), "some end a name at a zero: {}", words(&ended));
    let wrong = Member { sum: 1, ..one.clone() };
    assert!(has(&judged("a.zip", &zip(&[wrong])), Some("a.txt"), Finding::Damaged));
    let overlapping = zip(&[one.clone(), Member { same_as: Some(0), ..one.clone() }]);
    assert!(has(&judged("a.zip", &overlapping), None, Finding::Overlap));
    let unlisted = zip(&[one.clone(), Member { unlisted: true, ..stored("b.exe", &pe()) }, stored("c.txt", b"x")]);
    assert!(has(&judged("a.zip", &unlisted), None, Finding::Unlisted));
    let second = Member { extra: second_name("a.exe"), ..one.clone() };
    assert!(has(&judged("a.zip", &zip(&[second])), Some("a.txt"), Finding::Disagrees));
    let mut fewer = zip(&[one.clone(), stored("b.txt", b"x")]);
    let end = fewer.len();
    fewer[end - 12] = 1;
    fewer[end - 14] = 1;
    assert!(has(&judged("a.zip", &fewer), None, Finding::Disagrees), "a record more than is said");
    let cut = zip(std::slice::from_ref(&one));
    assert!(has(&judged("a.zip", &cut[..cut.len() - 30]), None, Finding::Damaged));
    let mut behind = deflated("a.txt", b"hello");
    behind.packed.extend_from_slice(b"MZ and more");
    assert!(has(&judged("a.zip", &zip(&[behind])), Some("a.txt"), Finding::Disagrees), "octets behind the packed ones");
    let trailing = [zip(&[one]), b"more".to_vec()].concat();
    assert!(has(&judged("a.zip", &trailing), None, Finding::Trailing));
}

#[test]
fn two_files_in_one_are_seen() {
    let inner = [stored("x.exe", &pe())];
    let plain = [stored("x.txt", b"hello")];
    for counted in [false, true] {
        let picture = zip_after(&png(), &inner, counted);
        assert!(words(&judged("a.png", &picture)).contains("x.exe"), "{}", words(&judged("a.png", &picture)));
        let verdict = judged("a.png", &zip_after(&png(), &plain, counted));
        assert!(has(&verdict, None, Finding::TwoKinds) && class(&verdict) == Class::Asked, "{}", words(&verdict));
        let verdict = judged("a.pdf", &zip_after(&pdf("", ""), &plain, counted));
        assert!(has(&verdict, None, Finding::TwoKinds), "{}", words(&verdict));
    }
    let both = [&b"GIF89a\n"[..], &pdf("/JS (x)", "")].concat();
    assert!(has(&judged("a.gif", &both), None, Finding::TwoKinds) && has(&judged("a.gif", &both), None, Finding::Script));
}

#[test]
fn bombs_are_not_unpacked() {
    let zeros = vec![0; 20 << 20];
    let bomb = zip(&[deflated("a.txt", &zeros)]);
    assert!(has(&judged("a.zip", &bomb), None, Finding::Bomb), "{}", words(&judged("a.zip", &bomb)));
    assert!(has(&judged("a.gz", &gzip("", &zeros)), None, Finding::Bomb));
    let nested = zip(&[stored("b.zip", &bomb)]);
    assert!(has(&judged("a.zip", &nested), None, Finding::Bomb));
    // Of few octets that pack well nobody need be afraid.
    assert_eq!(class(&judged("a.zip", &zip(&[deflated("a.txt", &vec![b' '; 500_000])]))), Class::Asked);
    let total = Limits { total: 10_000, ..Limits::default() };
    let large = zip(&[stored("a.txt", &[b'x'; 6000]), stored("b.txt", &[b'x'; 6000])]);
    assert!(has(&judged_within("a.zip", &large, total), None, Finding::TooLarge));
    let held = Limits { held: 1000, ..Limits::default() };
    let inner = zip(&[deflated("inner.zip", &large)]);
    assert!(has(&judged_within("a.zip", &inner, held), Some("inner.zip"), Finding::TooLarge));
    assert_eq!(class(&judged_within("a.zip", &zip(&[stored("a.txt", &[b'x'; 6000])]), held)), Class::Asked);
}

#[test]
fn depth_and_number_have_limits() {
    let mut nested = zip(&[stored("a.txt", b"hello")]);
    for depth in 2..=5 {
        nested = zip(&[deflated("n.zip", &nested)]);
        let verdict = judged("a.zip", &nested);
        assert_eq!(class(&verdict), if depth <= 3 { Class::Asked } else { Class::Blocked }, "{depth}: {}", words(&verdict));
    }
    assert!(words(&judged("a.zip", &nested)).contains("is in too many archives"));
    let many: Vec<Member> = (0..10_000).map(|number| stored(&format!("{number}.txt"), b"")).collect();
    let verdict = judged("a.zip", &zip(&many));
    assert!(has(&verdict, None, Finding::TooMany) && class(&verdict) == Class::Asked, "{}", words(&verdict));
    let paths: Vec<String> = (0..1200).map(|number| format!("{number}.txt")).collect();
    let entries: Vec<_> = paths.iter().map(|path| (b'0', path.as_str(), "", &b"x"[..])).collect();
    assert!(has(&judged("a.tar", &tar(&entries)), None, Finding::TooMany));
    let bad: Vec<Member> = (0..100).map(|number| stored(&format!("{number}.exe"), b"")).collect();
    let verdict = judged("a.zip", &zip(&bad));
    assert_eq!(verdict.reasons().len(), 13);
    assert!(words(&verdict).ends_with("There are 88 more reasons."), "{}", words(&verdict));
}

#[test]
fn names_of_members_are_shown_safe() {
    let verdict = judged("a.zip", &zip(&[stored("a\u{1b}[2J/evil\u{202e}fdp.exe", b"x")]));
    let words = words(&verdict);
    assert!(words.contains("a[2J/evilfdp.exe") && !words.contains(['\u{1b}', '\u{202e}']), "{words}");
}

#[test]
fn what_scanners_test_themselves_with_is_only_text_here() {
    // It is the scanner's to know. Ours says what it is.
    assert_eq!(class(&judged("a.txt", &eicar())), Class::Allowed);
    assert_eq!(class(&judged("a.com", &eicar())), Class::Blocked);
}

#[test]
fn documents_in_archives_are_looked_into() {
    let document = office("macroEnabled", &[]);
    let verdict = judged("a.zip", &zip(&[deflated("b.docx", &document)]));
    assert!(words(&verdict).contains("b.docx/[Content_Types].xml\u{201d} in it holds macros"), "{}", words(&verdict));
}
