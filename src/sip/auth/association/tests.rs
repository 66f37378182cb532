//! Signature texts against published ones, and both sides against each other.

use proptest::prelude::*;

use super::*;
use crate::sip::message::parse_head;

const REALM: &str = "SIP Communications Service";

fn terms(version: TextVersion) -> Terms {
    Terms { scheme: Scheme::Ntlm, realm: REALM.into(), target: "lcs1.example.test".into(), opaque: "4452DFB0".into(), version }
}

fn text(version: TextVersion, message: &Message, random: &str, number: &str) -> String {
    String::from_utf8(Text::of(&terms(version), message, random, number).unwrap().0).unwrap()
}

fn request() -> Message {
    parse_head(
        b"SUBSCRIBE sip:alice@example.test SIP/2.0\r\n\
          Via: SIP/2.0/TLS 192.0.2.10:49152;branch=z9hG4bK1\r\n\
          From: <sip:alice@example.test>;tag=82249b57436d4aa39ec38afa968fa994;epid=1f18002c0c\r\n\
          To: <sip:alice@example.test>\r\n\
          Call-ID: 72558074992e4f2cafb48c6e44b90a0c\r\n\
          CSeq: 1 SUBSCRIBE\r\n",
    )
    .unwrap()
}

fn response() -> Message {
    let mut response = Message::response_to(&request(), 200);
    response.headers.set("To", "<sip:alice@example.test>;tag=6A6C5447");
    response.headers.push("Expires", "39743");
    response
}

#[test]
fn the_published_texts() {
    assert_eq!(
        text(TextVersion::V2, &request(), "009139df", "1"),
        "<NTLM><009139df><1><SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><><>"
    );
    assert_eq!(
        text(TextVersion::V2, &response(), "EAA5A52F", "1"),
        "<NTLM><EAA5A52F><1><SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><6A6C5447><39743><200>"
    );
    for version in [TextVersion::V3, TextVersion::V4] {
        assert_eq!(
            text(version, &request(), "009139df", "1"),
            "<NTLM><009139df><1><SIP Communications Service><lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><sip:alice@example.test><><><><>"
        );
    }
}

#[test]
fn the_same_texts_for_kerberos() {
    // As the published ones, with the scheme's word and the service's whole name (MS-SIP section 3.1.4.2).
    let terms = |version| Terms { scheme: Scheme::Kerberos, target: "sip/lcs1.example.test".into(), ..terms(version) };
    let text = |version, message: &Message, random: &str| {
        String::from_utf8(Text::of(&terms(version), message, random, "1").unwrap().0).unwrap()
    };
    assert_eq!(
        text(TextVersion::V2, &request(), "009139df"),
        "<Kerberos><009139df><1><SIP Communications Service><sip/lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><><>"
    );
    assert_eq!(
        text(TextVersion::V2, &response(), "EAA5A52F"),
        "<Kerberos><EAA5A52F><1><SIP Communications Service><sip/lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><6A6C5447><39743><200>"
    );
    assert_eq!(
        text(TextVersion::V4, &request(), "009139df"),
        "<Kerberos><009139df><1><SIP Communications Service><sip/lcs1.example.test><72558074992e4f2cafb48c6e44b90a0c><1><SUBSCRIBE><sip:alice@example.test><82249b57436d4aa39ec38afa968fa994><sip:alice@example.test><><><><>"
    );
}

#[test]
fn a_ticket_bounds_an_association_and_is_renewed_in_time() {
    let (now, terms) = (Instant::now(), Terms { scheme: Scheme::Kerberos, ..terms(TextVersion::V2) });
    for (life, ends, renewed) in [
        (Duration::from_hours(10), 8 * 3600, 8 * 3600 - 300),
        (Duration::from_secs(u64::from(u32::MAX)), 8 * 3600, 8 * 3600 - 300),
        (Duration::from_hours(1), 3600, 3300),
        (Duration::from_mins(8), 480, 240),
        (Duration::from_secs(100), 100, 60),
        (Duration::from_secs(30), 30, 30),
        (Duration::ZERO, 0, 0),
    ] {
        let mechanism = Box::new(crate::sip::auth::fake::FakeMechanism::new(b"token", Sender::Client));
        let made = Association::ticketed(terms.clone(), Sender::Client, Asker::Origin, mechanism, life, now);
        assert_eq!(made.ends().duration_since(now).as_secs(), ends, "{life:?}");
        assert_eq!(made.renew_at().duration_since(now).as_secs(), renewed, "{life:?}");
    }
}

#[test]
fn a_captured_text_with_its_message() {
    // The values of a capture of our lab, in the message they come from.
    let message = parse_head(
        b"SIP/2.0 200 OK\r\n\
          From: \"Alice <the first>\" <sip:alice@lab.example> ; epid=0a ; Tag=219906746\r\n\
          t: sip:alice@lab.example;tag=1002\r\n\
          i: D7F5gF2F3a8F46iBCDBm2936t58DFb3A1Bx09C9x\r\n\
          CSEQ:  3 \t REGISTER \r\n\
          EXPIRES: 7200 \r\n",
    )
    .unwrap();
    let terms = Terms { target: "lcs.lab.example".into(), ..terms(TextVersion::V3) };
    let text = Text::of(&terms, &message, "F9332CD8", "1").unwrap().0;
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "<NTLM><F9332CD8><1><SIP Communications Service><lcs.lab.example><D7F5gF2F3a8F46iBCDBm2936t58DFb3A1Bx09C9x><3><REGISTER><sip:alice@lab.example><219906746><sip:alice@lab.example><1002><><><7200><200>"
    );
}

#[test]
fn octets_are_taken_as_they_stand() {
    let message = parse_head(
        b"MESSAGE sip:b@x SIP/2.0\r\n\
          From: \"a;tag=no\\\"<sip:no@x>\" <SIP:Al%69ce@EXAMPLE.test;p=1?h=2>;x=\";tag=no\";TAG=\"q;t\"\r\n\
          To: <sip:b@x>;tag=1;tag=2\r\n\
          Call-ID: A@b\r\n\
          CSeq: 007 MESSAGE\r\n\
          P-Asserted-Identity: \"B\" <mailto:b@x>, <tel:+1;ext=2>\r\n\
          P-Asserted-Identity: <sip:b@x>, <sip:second@x>\r\n\
          P-Preferred-Identity: <sip:not@x>\r\n",
    )
    .unwrap();
    assert_eq!(
        text(TextVersion::V3, &message, "R", "12"),
        "<NTLM><R><12><SIP Communications Service><lcs1.example.test><A@b><007><MESSAGE><SIP:Al%69ce@EXAMPLE.test;p=1?h=2><\"q;t\"><sip:b@x><1><sip:b@x><tel:+1;ext=2><>"
    );
    let mut preferred = message;
    preferred.headers.remove("P-Asserted-Identity");
    assert!(text(TextVersion::V3, &preferred, "R", "12").ends_with("<1><sip:not@x><><>"));
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let mut lacking = request();
        lacking.headers.remove(name);
        assert!(Text::of(&terms(TextVersion::V2), &lacking, "R", "1").is_none(), "{name}");
    }
}

fn pair(version: TextVersion, flags: Flags, weakening: Weakening) -> (Association, Association) {
    let (key, now) = (SessionKey::new([0x55; 16]), Instant::now());
    (
        Association::client(terms(version), Asker::Origin, &key, flags, now),
        Association::server(terms(version), &key, flags, weakening, now),
    )
}

const EXTENDED: Flags = Flags(0x6008_8251);
const PLAIN: Flags = Flags(0x6000_8251);

fn carried(message: &Message, name: &str) -> SaHeader {
    SaHeader::all(message, name).next().unwrap()
}

#[test]
fn both_sides_believe_each_other_in_every_form() {
    for version in [TextVersion::V2, TextVersion::V3, TextVersion::V4] {
        for (flags, weakenings) in [(EXTENDED, &Weakening::ALL[..1]), (PLAIN, &Weakening::ALL[..])] {
            for weakening in weakenings {
                let (mut client, mut server) = pair(version, flags, *weakening);
                let mut tokens = Tokens::from_number(1);
                let mut down = response();
                server.sign(&mut down, &mut tokens);
                let header = carried(&down, "Authentication-Info");
                assert_eq!(
                    (header.get("snum"), header.get("opaque"), header.get("qop")),
                    (Some("1"), Some("4452DFB0"), Some("auth"))
                );
                assert!(terms(version).are_named_by(&header));
                assert_eq!(client.verify(&down, &header), Ok(()), "{version:?} {flags:?} {weakening:?}");
                // By the first signature the client knows which key it is.
                let mut up = request();
                client.sign(&mut up, &mut tokens);
                let header = carried(&up, "Authorization");
                assert_eq!(server.verify(&up, &header), Ok(()), "{version:?} {flags:?} {weakening:?}");
                assert_eq!(server.verify(&up, &header), Err(Wrong::Replay));
                let mut again = request();
                client.sign(&mut again, &mut tokens);
                assert_eq!(carried(&again, "Authorization").get("cnum"), Some("2"));
                assert_eq!(server.verify(&again, &carried(&again, "Authorization")), Ok(()));
            }
        }
    }
}

#[test]
fn a_key_that_was_settled_stays() {
    let (mut client, mut full) = pair(TextVersion::V2, PLAIN, Weakening::None);
    let (_, mut weak) = pair(TextVersion::V2, PLAIN, Weakening::Bits40);
    let mut tokens = Tokens::from_number(1);
    let mut first = response();
    full.sign(&mut first, &mut tokens);
    assert_eq!(client.verify(&first, &carried(&first, "Authentication-Info")), Ok(()));
    let mut second = response();
    weak.skip_to(2);
    weak.sign(&mut second, &mut tokens);
    assert_eq!(client.verify(&second, &carried(&second, "Authentication-Info")), Err(Wrong::Signature));
}

#[test]
fn a_wrong_message_uses_up_no_number_and_settles_no_key() {
    let (mut client, mut server) = pair(TextVersion::V2, PLAIN, Weakening::Bits56);
    let mut tokens = Tokens::from_number(1);
    let mut good = response();
    server.sign(&mut good, &mut tokens);
    let header = carried(&good, "Authentication-Info");
    let mut forged = good.clone();
    forged.headers.set("Expires", "1");
    assert_eq!(client.verify(&forged, &header), Err(Wrong::Signature));
    assert_eq!(client.verify(&good, &header), Ok(()));
    // Both directions share a key here, but not the names of parameters.
    assert_eq!(server.verify(&good, &header), Err(Wrong::Signature));
}

#[test]
fn every_field_counts() {
    let (mut client, mut server) = pair(TextVersion::V3, EXTENDED, Weakening::None);
    let mut tokens = Tokens::from_number(1);
    let mut signed = request();
    signed.headers.push("Expires", "60");
    client.sign(&mut signed, &mut tokens);
    let header = carried(&signed, "Authorization");
    assert_eq!(server.verify(&signed, &header), Ok(()));
    for (name, value) in [
        ("From", "<sip:mallory@example.test>;tag=82249b57436d4aa39ec38afa968fa994"),
        ("From", "<sip:alice@example.test>;tag=other"),
        ("To", "<sip:bob@example.test>"),
        ("To", "<sip:alice@example.test>;tag=other"),
        ("Call-ID", "other"),
        ("CSeq", "2 SUBSCRIBE"),
        ("CSeq", "1 NOTIFY"),
        ("Expires", "61"),
        ("P-Asserted-Identity", "<sip:mallory@example.test>"),
    ] {
        let mut changed = signed.clone();
        changed.headers.set(name, value);
        assert_eq!(server.verify(&changed, &header), Err(Wrong::Signature), "{name}: {value}");
    }
    for broken in [
        "NTLM crand=\"1\", cnum=\"1\"",
        "NTLM crand=\"1\", cnum=\"+1\", response=\"01000000d1e8804f56b39ea664000000\"",
        "NTLM crand=\"1\", cnum=\"4294967297\", response=\"01000000d1e8804f56b39ea664000000\"",
        "NTLM cnum=\"1\", response=\"01000000d1e8804f56b39ea664000000\"",
        "NTLM crand=\"1\", cnum=\"1\", response=\"01\"",
    ] {
        assert_eq!(server.verify(&signed, &SaHeader::parse(broken).unwrap()), Err(Wrong::Signature), "{broken}");
    }
}

#[test]
fn numbers_have_32_bits_however_well_they_are_signed() {
    let (mut client, mut server) = pair(TextVersion::V2, EXTENDED, Weakening::None);
    let mut signed = |number: &str| {
        let text = client.text(&request(), "1", number).unwrap();
        let signature = hex(&client.seal.sign(Sender::Client, text.bytes()).unwrap());
        let field = format!("NTLM crand=\"1\", cnum=\"{number}\", response=\"{signature}\"");
        server.verify(&request(), &SaHeader::parse(&field).unwrap())
    };
    for broken in ["4294967296", "4294967297", "18446744073709551617", "+1", "1 "] {
        assert_eq!(signed(broken), Err(Wrong::Signature), "{broken}");
    }
    assert_eq!(signed("1"), Ok(()));
    assert_eq!(signed("4294967295"), Ok(()));
    assert_eq!(signed("1"), Err(Wrong::Replay));
}

#[test]
fn numbers_end_and_time_does() {
    let (mut client, _) = pair(TextVersion::V2, EXTENDED, Weakening::None);
    assert_eq!(client.ends() - client.renew_at(), Duration::from_mins(5));
    client.skip_to(u32::MAX);
    let mut last = request();
    client.sign(&mut last, &mut Tokens::from_number(1));
    assert_eq!(carried(&last, "Authorization").get("cnum"), Some("4294967295"));
    let mut none = request();
    client.sign(&mut none, &mut Tokens::from_number(1));
    assert!(!none.headers.has("Authorization"), "a number is never used again");
}

#[test]
fn which_association_a_field_names() {
    let names = |text: &str| terms(TextVersion::V2).are_named_by(&SaHeader::parse(text).unwrap());
    assert!(names("NTLM realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\", opaque=4452DFB0"));
    assert!(names("ntlm targetname=lcs1.example.test, realm=\"SIP Communications Service\""));
    assert!(!names("NTLM realm=\"sip communications service\", targetname=\"lcs1.example.test\""), "realms have a case");
    assert!(!names("NTLM realm=\"SIP Communications Service\", targetname=\"lcs2.example.test\""));
    assert!(!names("NTLM realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\", opaque=\"FFFFFFFF\""));
    assert!(!names("Kerberos realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\""));
}

#[test]
fn keys_are_not_shown() {
    let (client, _) = pair(TextVersion::V2, EXTENDED, Weakening::None);
    let shown = format!("{client:?}");
    assert!(!shown.contains("eys") && !shown.contains("55"), "{shown}");
}

proptest! {
    #[test]
    fn no_message_breaks_the_text(from in "\\PC{0,60}", to in "\\PC{0,60}", identity in "\\PC{0,80}") {
        let mut message = request();
        message.headers.set("From", from);
        message.headers.set("To", to);
        message.headers.push("P-Asserted-Identity", identity);
        let _ = Text::of(&terms(TextVersion::V4), &message, "R", "1");
    }
}
