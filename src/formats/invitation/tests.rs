//! Golden texts both ways, and what hostile ones come to.

use super::read::CANCEL_WORDS;
use super::*;
use crate::formats::Offence;

const OFFER: &str = "Application-Name: File Transfer\r\nApplication-GUID: {5D3E02AB-6190-11d3-BBBB-00C04F795683}\r\n\
                     Invitation-Command: INVITE\r\nInvitation-Cookie: 482311907\r\nApplication-File: report.txt\r\n\
                     Application-FileSize: 20480\r\nConnectivity: N\r\nEncryption: R\r\n";
const KEYS: &str = "Invitation-Command: ACCEPT\r\nRequest-Data: IP-Address:\r\nInvitation-Cookie: 482311907\r\n\
                    Encryption-Key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\r\nHash-Key: GBkaGxwdHh8gISIjJCUmJygpKissLS4v\r\n";
const PLACE: &str = "IP-Address: 192.0.2.10\r\nPort: 6891\r\nPortX: 11178\r\nAuthCookie: 1234567\r\n";
const CANCEL: &str = "Invitation-Command: CANCEL\r\nInvitation-Cookie: 482311907\r\nCancel-Code: REJECT\r\n";
const COOKIE: Cookie = Cookie::new(482_311_907);

fn keys() -> (Key, Key) {
    let counted = |from| Key::new(std::array::from_fn(|at| u8::try_from(from + at).unwrap()));
    (counted(0), counted(24))
}

fn offer() -> Offer {
    Offer {
        cookie: Some(COOKIE),
        name: "report.txt".into(),
        octets: Some(20_480),
        connectivity: false,
        encryption: Encryption::Required,
    }
}

/// Reads as this and writes as that.
fn golden(text: &str, invitation: &Invitation) {
    assert_eq!(read(text.as_bytes()).as_ref(), Ok(invitation), "{text}");
    assert_eq!(write(invitation), text);
}

#[test]
fn golden_texts() {
    let place = ("192.0.2.10".parse().unwrap(), 6891, Cookie::new(1_234_567));
    golden(OFFER, &Invitation::Offer(offer()));
    let plain = Offer { connectivity: true, encryption: Encryption::None, ..offer() };
    golden(OFFER.split_once("Connectivity").unwrap().0, &Invitation::Offer(plain));
    golden(KEYS, &Invitation::Accept(Accept::taken(COOKIE, Some(keys()))));
    let listening = Accept::taken(COOKIE, Some(keys())).listening(place.0, place.1, place.2).sender_connects();
    assert_eq!((listening.place(), listening.keys()), (Some(place), Some((&keys().0, &keys().1))));
    golden(&format!("{KEYS}{PLACE}Sender-Connect: TRUE\r\n"), &Invitation::Accept(listening));
    let sender = Accept::taken(COOKIE, None).listening(place.0, place.1, place.2);
    let start = KEYS.split_once("Encryption-Key").unwrap().0;
    golden(&format!("{start}{PLACE}"), &Invitation::Accept(sender));
    golden(CANCEL, &Invitation::Cancel { cookie: COOKIE, code: CancelCode::Reject });
}

#[test]
fn every_code() {
    for (code, word) in CANCEL_WORDS {
        golden(&CANCEL.replace("REJECT", word), &Invitation::Cancel { cookie: COOKIE, code });
    }
    let without = CANCEL.split_once("Cancel-Code").unwrap().0;
    golden(without, &Invitation::Cancel { cookie: COOKIE, code: CancelCode::Unnamed });
    let unknown = read(CANCEL.replace("REJECT", "FAIL").as_bytes());
    assert_eq!(unknown, Ok(Invitation::Cancel { cookie: COOKIE, code: CancelCode::Unnamed }));
}

#[test]
fn any_order_any_case_any_line_end() {
    let mut lines: Vec<String> = OFFER.lines().map(|line| line.replacen(": ", " :\t", 1)).collect();
    lines.reverse();
    for (at, line) in lines.iter_mut().enumerate() {
        let (name, value) = line.split_once(':').unwrap();
        *line = format!("{}:{value}  ", if at % 2 == 0 { name.to_uppercase() } else { name.to_lowercase() });
    }
    for end in ["\r\n", "\n"] {
        assert_eq!(read(format!("{}{end}{end}", lines.join(end)).as_bytes()), Ok(Invitation::Offer(offer())));
    }
    assert_eq!(read(CANCEL.replace("CANCEL", "cancel").replace("REJECT", "reject").as_bytes()), read(CANCEL.as_bytes()));
}

#[test]
fn what_is_broken_in_an_offer_is_not_there() {
    for size in ["-1", "+5", "0x10", "99999999999999999999", "1 2", "", "١"] {
        let text = OFFER.replace("20480", size).replace("482311907", size);
        assert_eq!(read(text.as_bytes()), Ok(Invitation::Offer(Offer { octets: None, cookie: None, ..offer() })), "{size}");
    }
    let huge = OFFER.replace("20480", "18446744073709551615");
    assert_eq!(read(huge.as_bytes()), Ok(Invitation::Offer(Offer { octets: Some(u64::MAX), ..offer() })));
    let Ok(Invitation::Offer(long)) = read(OFFER.replace("report", &"n".repeat(2_000)).as_bytes()) else { panic!() };
    assert_eq!(long.name.len(), LONGEST_NAME);
    let name = OFFER.replace("report.txt", " ../a\u{7}\u{85} b: c\0.txt ");
    assert_eq!(read(name.as_bytes()), Ok(Invitation::Offer(Offer { name: "../a b: c.txt".into(), ..offer() })));
    // An offer of nobody knows what, in the shortest of words.
    assert_eq!(
        read(b"Application-File: a"),
        Ok(Invitation::Offer(Offer { name: "a".into(), connectivity: true, ..Offer::default() }))
    );
    // What nobody was seen to send is taken as the safe one.
    let odd = read(OFFER.replace("Encryption: R", "Encryption: X").as_bytes());
    assert_eq!(odd, Ok(Invitation::Offer(offer())));
}

#[test]
fn what_is_broken_in_an_answer_is_not_there() {
    let whole = format!("{KEYS}{PLACE}");
    let changes = [
        ("192.0.2.10", "host.example"),
        ("Port: 6891", "Port: 0"),
        ("Port: 6891", "Port: 65536"),
        ("AuthCookie: 1234567", "AuthCookie: 4294967296"),
    ];
    for (from, to) in changes {
        let Ok(Invitation::Accept(answer)) = read(whole.replace(from, to).as_bytes()) else { panic!() };
        assert_eq!(answer.place(), None, "{to}");
        assert!(answer.keys().is_some());
    }
    for key in ["", "AAEC", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==", "!!!!", "AAECAwQFBgcICQoLDA0ODxAREhMUFRY"] {
        let Ok(Invitation::Accept(answer)) = read(whole.replace("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", key).as_bytes()) else {
            panic!()
        };
        assert_eq!((answer.keys(), answer.place().is_some()), (None, true), "{key}");
    }
}

#[test]
fn what_is_no_invitation() {
    let offence = |text: &str| read(text.as_bytes()).map_err(|fault| fault.what);
    assert_eq!(offence(""), Err(Offence::WrongDocument));
    assert_eq!(offence("Invitation-Command: DANCE\r\nInvitation-Cookie: 1"), Err(Offence::WrongDocument));
    for command in ["ACCEPT", "CANCEL"] {
        assert_eq!(offence(&format!("Invitation-Command: {command}")), Err(Offence::Missing));
    }
    assert_eq!(offence(&"a".repeat(8 * 1024 + 1)), Err(Offence::TooLong));
    assert!(read(b"\xff\xfe").is_err());
}

#[test]
fn other_applications_are_refused() {
    let text = "Application-Name: NetMeeting\r\nApplication-GUID: {44BBA842-CC51-11CF-AAFA-00AA00B6015C}\r\n\
                Invitation-Command: INVITE\r\nInvitation-Cookie: 482311907\r\n";
    let Ok(Invitation::Other(other)) = read(text.as_bytes()) else { panic!() };
    assert_eq!((other.application.as_str(), other.guid.as_str()), ("NetMeeting", "{44BBA842-CC51-11CF-AAFA-00AA00B6015C}"));
    let refused = refusal(&other).unwrap();
    assert_eq!(write(&refused), CANCEL.replace("REJECT", "REJECT_NOT_INSTALLED"));
    golden(text, &Invitation::Other(other.clone()));
    assert_eq!(refusal(&Other { cookie: None, ..other }), None);
}

#[test]
fn names_cannot_make_lines() {
    let name = format!(" a\r\nEncryption: R\n{}", "ü".repeat(600));
    let written = write(&Invitation::Offer(Offer { name, connectivity: true, cookie: Some(COOKIE), ..Offer::default() }));
    assert_eq!(written.lines().count(), 5);
    let Ok(Invitation::Offer(again)) = read(written.as_bytes()) else { panic!() };
    assert!(again.name.starts_with("aEncryption: R"), "{again:?}");
    assert_eq!((again.encryption, again.name.chars().count()), (Encryption::None, LONGEST_NAME));
}

#[test]
fn keys_and_cookies_are_not_shown() {
    let accept = Accept::taken(COOKIE, Some(keys())).listening([192, 0, 2, 10].into(), 6891, Cookie::new(1_234_567));
    let shown = format!("{:?} {:?}", Invitation::Accept(accept), offer());
    for secret in ["482311907", "1234567", "AAEC", "[0, 1", "0, 1, 2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn cookies_of_ours_are_within_the_range() {
    for octets in [[0; 4], [255; 4], [0x7f, 0x35, 0x9a, 0x3b]] {
        assert!((1..1_000_000_000).contains(&Cookie::from_random(octets).number()));
    }
}
