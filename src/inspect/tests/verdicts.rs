//! Verdicts: rules, senders and scanners together.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::builders::{compound, deflated, office, pe, zip};
use super::{Class, Limits, class, words};
use crate::inspect::scanner::NotLooked;
use crate::inspect::{Offer, Scan, SenderClass, Verdict, after, before};
use crate::model::FileRules;

const SENDERS: [SenderClass; 3] = [SenderClass::Contact, SenderClass::Known, SenderClass::Federated];

fn rules(change: impl FnOnce(&mut FileRules)) -> FileRules {
    let mut rules = FileRules::default();
    change(&mut rules);
    rules
}

fn list(words: &[&str]) -> (Vec<String>, String) {
    (words.iter().map(|word| (*word).to_owned()).collect(), "P (policy.toml)".to_owned())
}

fn offered(name: &str, rules: &FileRules) -> Verdict {
    before(&Offer { name, octets: Some(10), sender: SenderClass::Contact }, rules, false)
}

fn arrived(name: &str, octets: &[u8], rules: &FileRules, scan: Option<&Scan>) -> Verdict {
    let offer = Offer { name, octets: None, sender: SenderClass::Contact };
    after(&offer, &mut Cursor::new(octets), rules, scan, Limits::default())
}

#[test]
fn the_class_does_not_depend_on_the_sender() {
    let free = FileRules::default();
    for sender in SENDERS {
        for (name, wanted) in [
            ("a.jpg", Class::Allowed),
            ("a.doc", Class::Asked),
            ("a.exe", Class::Blocked),
            ("a.unheard", Class::Asked),
            ("a.pdf.exe", Class::Blocked),
            ("evil\u{202e}gpj.exe", Class::Blocked),
            ("a.exe .", Class::Blocked),
            ("CON.txt", Class::Asked),
            ("a\u{202e}b.jpg", Class::Asked),
            ("what?.txt", Class::Allowed),
        ] {
            let verdict = before(&Offer { name, octets: None, sender }, &free, false);
            assert_eq!(class(&verdict), wanted, "{name} {sender:?}: {}", words(&verdict));
        }
    }
    let verdict = before(&Offer { name: "a.doc", octets: None, sender: SenderClass::Known }, &free, false);
    assert_eq!(words(&verdict), "It ends with .doc, as documents do. The sender is not on your contact list.");
}

#[test]
fn rules_go_before_what_is_built_in() {
    let why = |verdict: Verdict| (class(&verdict), words(&verdict).contains("P (policy.toml)"));
    assert_eq!(why(offered("a.jpg", &rules(|rules| rules.blocked = Some(list(&["jpg"]))))), (Class::Blocked, true));
    assert_eq!(why(offered("a.jpg", &rules(|rules| rules.asked = Some(list(&["jpg"]))))), (Class::Asked, true));
    assert_eq!(why(offered("a.jpg", &rules(|rules| rules.allowed = Some(list(&["pdf"]))))), (Class::Blocked, true));
    assert_eq!(why(offered("a.jpg", &rules(|rules| rules.none = Some("P (policy.toml)".into())))), (Class::Blocked, true));
    assert_eq!(why(offered("a.jpg", &rules(|rules| rules.most = Some((9, "P (policy.toml)".into()))))), (Class::Blocked, true));
    assert_eq!(why(offered("a.jpg", &rules(|rules| rules.scanned = Some("P (policy.toml)".into())))), (Class::Blocked, true));
    let scanned = rules(|rules| rules.scanned = Some("P".into()));
    let offer = Offer { name: "a.jpg", octets: Some(1), sender: SenderClass::Contact };
    assert_eq!(before(&offer, &scanned, true), Verdict::Allow);
    // Members are files too.
    let archive = zip(&[deflated("a.jpg", b"")]);
    assert_eq!(
        why(arrived("a.zip", &archive, &rules(|rules| rules.blocked = Some(list(&["jpg"]))), None)),
        (Class::Blocked, true)
    );
}

#[test]
fn a_type_an_administrator_takes_by_name_is_asked_about() {
    let takes = rules(|rules| rules.allowed = Some(list(&["exe", "docm", "txt"])));
    assert_eq!(class(&offered("a.exe", &takes)), Class::Asked);
    assert_eq!(class(&arrived("a.exe", &pe(), &takes, None)), Class::Asked);
    assert_eq!(class(&arrived("a.txt", &pe(), &takes, None)), Class::Blocked, "under a false name it is not what is taken");
    let document = office("", &[deflated("word/vbaProject.bin", b"x")]);
    assert_eq!(class(&arrived("a.docm", &document, &takes, None)), Class::Asked);
    let neither = rules(|rules| (rules.allowed, rules.blocked) = (Some(list(&["exe"])), Some(list(&["exe"]))));
    assert_eq!(class(&offered("a.exe", &neither)), Class::Blocked);
}

#[test]
fn a_document_with_macros_an_administrator_takes_is_taken_with_all_its_parts() {
    let types = "<Override ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/>";
    let project = deflated("word/vbaProject.bin", &compound(&["VBA", "dir"], [0; 4]));
    let document = office(types, std::slice::from_ref(&project));
    let takes = rules(|rules| rules.allowed = Some(list(&["docm", "docx", "zip"])));
    assert_eq!(
        class(&arrived("a.docm", &document, &takes, None)),
        Class::Asked,
        "{}",
        words(&arrived("a.docm", &document, &takes, None))
    );
    let packed = zip(&[deflated("b.docm", &document)]);
    assert_eq!(class(&arrived("a.zip", &packed, &takes, None)), Class::Asked);
    // Neither without the rule, nor under another name, nor in one that is not taken.
    assert_eq!(class(&arrived("a.docm", &document, &FileRules::default(), None)), Class::Blocked);
    assert_eq!(class(&arrived("a.docx", &document, &takes, None)), Class::Blocked);
    let inner = office(types, &[project, deflated("word/embeddings/b.xlsm", &document)]);
    assert_eq!(class(&arrived("a.docm", &inner, &takes, None)), Class::Blocked);
}

#[test]
fn the_size_must_be_the_one_that_was_said() {
    for (said, wanted) in
        [(None, Class::Allowed), (Some(5), Class::Allowed), (Some(4), Class::Blocked), (Some(6), Class::Blocked)]
    {
        let offer = Offer { name: "a.txt", octets: said, sender: SenderClass::Contact };
        let verdict = after(&offer, &mut Cursor::new(b"hello"), &FileRules::default(), None, Limits::default());
        assert_eq!(class(&verdict), wanted, "{said:?}");
    }
    let small = rules(|rules| rules.most = Some((4, "P".into())));
    assert_eq!(class(&arrived("a.txt", b"hello", &small, None)), Class::Blocked, "nothing was said, but it is too large");
}

#[test]
fn a_scanner_counts_and_fails_closed_where_it_must() {
    let (free, required) = (FileRules::default(), rules(|rules| rules.scanned = Some("P".into())));
    let late = Scan::NotLooked(NotLooked::Late);
    for (scan, freely, strictly) in [
        (Some(Scan::Clean), Class::Allowed, Class::Allowed),
        (Some(Scan::Found("Eicar".into())), Class::Blocked, Class::Blocked),
        (Some(late), Class::Asked, Class::Blocked),
        (None, Class::Allowed, Class::Blocked),
    ] {
        assert_eq!(class(&arrived("a.txt", b"x", &free, scan.as_ref())), freely, "{scan:?}");
        assert_eq!(class(&arrived("a.txt", b"x", &required, scan.as_ref())), strictly, "{scan:?}");
    }
    let found = arrived("a.txt", b"x", &free, Some(&Scan::Found("Eicar".into())));
    assert_eq!(words(&found), "It was found to be harmful by the scanner: Eicar.");
    let clean = arrived("a.exe", &pe(), &required, Some(&Scan::Clean));
    assert_eq!(class(&clean), Class::Blocked, "a scanner that finds nothing is one voice");
}

/// A disk that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("broken"))
    }
}

impl Seek for Broken {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(100)
    }
}

#[test]
fn what_cannot_be_read_is_not_taken() {
    let offer = Offer { name: "a.txt", octets: None, sender: SenderClass::Contact };
    let verdict = after(&offer, &mut Broken, &FileRules::default(), None, Limits::default());
    assert_eq!(words(&verdict), "It could not be read from the disk.");
    assert_eq!(class(&verdict), Class::Blocked);
}
