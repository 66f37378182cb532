//! Names, and what is left of them.

use proptest::prelude::*;

use crate::inspect::{Oddity, SafeName};

#[test]
fn names_come_out_safe() {
    for (foreign, safe, oddities) in [
        ("report.txt", "report.txt", &[][..]),
        ("../../x.txt", "x.txt", &[Oddity::Path]),
        ("..\\x.txt", "x.txt", &[Oddity::Path]),
        ("/etc/passwd.txt", "passwd.txt", &[Oddity::Path]),
        ("C:\\Users\\a\\x.txt", "x.txt", &[Oddity::Path]),
        ("C:x.txt", "x.txt", &[Oddity::Path]),
        ("~/.ssh/x", "x", &[Oddity::Path]),
        (".bashrc", "_.bashrc", &[Oddity::Leading]),
        ("-rf.txt", "_-rf.txt", &[Oddity::Leading]),
        ("~x", "_~x", &[Oddity::Leading]),
        ("", "file", &[Oddity::Empty]),
        ("..", "file", &[Oddity::Trailing, Oddity::Empty]),
        ("a/", "file", &[Oddity::Path, Oddity::Empty]),
        ("CON", "_CON", &[Oddity::Device]),
        ("con.txt", "_con.txt", &[Oddity::Device]),
        ("COM\u{b9}.log", "_COM\u{b9}.log", &[Oddity::Device]),
        ("a.txt . .", "a.txt", &[Oddity::Trailing]),
        ("a.txt\0.jpg", "a.txt.jpg", &[Oddity::Hidden]),
        ("a\u{1b}[31m.txt", "a[31m.txt", &[Oddity::Hidden]),
        ("a\u{200b}.txt", "a.txt", &[Oddity::Hidden]),
        ("a\u{200e}.txt", "a.txt", &[]),
        ("a\u{9b}1m.txt", "a1m.txt", &[Oddity::Hidden]),
        ("what?.txt", "what_.txt", &[Oddity::Unwritable]),
        ("a.txt:b.exe", "a.txt_b.exe", &[Oddity::Unwritable]),
        ("e\u{301}.txt", "\u{e9}.txt", &[]),
        ("a b  c.txt", "a b  c.txt", &[]),
        ("v1.2 notes.txt", "v1.2 notes.txt", &[]),
        ("all.tar.gz", "all.tar.gz", &[]),
        ("\u{1f469}\u{200d}\u{1f4bb}.png", "\u{1f469}\u{200d}\u{1f4bb}.png", &[]),
        ("a.pdf.exe", "a.pdf.exe", &[Oddity::DoubleExtension]),
        ("a.exe.pdf", "a.exe.pdf", &[Oddity::DoubleExtension]),
        ("a.pdf            .exe", "a.pdf .exe", &[Oddity::Padding, Oddity::DoubleExtension]),
        ("a.pdf\u{3164}\u{3164}\u{3164}\u{3164}.exe", "a.pdf .exe", &[Oddity::Padding, Oddity::DoubleExtension]),
    ] {
        let name = SafeName::of(foreign);
        assert_eq!((name.as_str(), name.oddities()), (safe, oddities), "{foreign:?}");
    }
}

#[test]
fn a_name_that_is_turned_round_shows_its_true_end() {
    let name = SafeName::of("evil\u{202e}fdp.exe");
    assert_eq!((name.as_str(), name.extension()), ("evilfdp.exe", Some("exe")));
    assert_eq!(name.oddities(), [Oddity::Hidden]);
}

#[test]
fn long_names_are_cut_before_the_extension() {
    let fits = format!("{}.txt", "a".repeat(251));
    assert_eq!(SafeName::of(&fits).as_str(), fits);
    for long in [format!("{}.txt", "a".repeat(252)), format!("{}.txt", "\u{1f469}\u{200d}\u{1f4bb}".repeat(400))] {
        let name = SafeName::of(&long);
        assert!(name.as_str().len() <= 255 && name.extension() == Some("txt"), "{name}");
        assert_eq!(name.oddities(), [Oddity::Long]);
        assert!(long.starts_with(name.as_str().trim_end_matches(".txt")), "cut at a character as people see it");
    }
    let one = SafeName::of(&format!("a{}.txt", "\u{301}".repeat(300)));
    assert_eq!(one.as_str(), "file.txt", "a character that is too long is no name");
    assert_eq!(SafeName::of(&"x".repeat(5000)).as_str().len(), 255);
    let tail = SafeName::of(&format!("{}.tar.gz", "b".repeat(300)));
    assert!(tail.as_str().ends_with(".tar.gz") && tail.as_str().len() == 255);
}

#[test]
fn another_name_keeps_the_extension() {
    for (name, other) in [
        ("report.txt", "report (2).txt"),
        ("all.tar.gz", "all (2).tar.gz"),
        ("README", "README (2)"),
        (".bashrc", "_ (2).bashrc"),
        ("v1.2 notes", "v1 (2).2 notes"),
    ] {
        assert_eq!(SafeName::of(name).alternative(2), other);
    }
    let long = SafeName::of(&format!("{}.txt", "a".repeat(300))).alternative(17);
    assert!(long.len() == 255 && long.ends_with("a (17).txt"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_one_safe_component(foreign in prop_oneof![
        "\\PC{0,40}",
        ".{0,300}",
        prop::collection::vec(prop::sample::select(vec!["/", "\\", ".", " ", "..", "CON", "nul", "-", "~", ":", "exe", "\u{202e}", "\u{200d}",
            "\u{301}", "\u{1f469}", "a", "\0", "\u{3164}", "?", "COM1", "e"]), 0..30).prop_map(|parts| parts.concat()),
    ]) {
        let name = SafeName::of(&foreign);
        for text in [name.as_str().to_owned(), name.alternative(3)] {
            prop_assert!(!text.is_empty() && text.len() <= 255);
            prop_assert!(!text.contains(['/', '\\', '\0', ':', '*', '?', '"', '<', '>', '|']));
            prop_assert!(!text.starts_with(['.', '-', '~', ' ']) && !text.ends_with(['.', ' ']), "{:?}", text);
            prop_assert!(!text.chars().any(char::is_control));
        }
        let again = SafeName::of(name.as_str());
        prop_assert_eq!(again.as_str(), name.as_str(), "twice is once");
        prop_assert_eq!(again.extensions(), name.extensions());
    }
}
