//! The messages of RFC 4475, one file each under `tests/fixtures/torture`, named as there.
//!
//! Kept, though the RFC would let us refuse: `escruri` (header part in a Request-URI), `baddate`
//! (Date is not looked at), `badaspec` (blanks inside the brackets) and `baddn` (a comma in a
//! display name without quotes).

use chinwag::sip::fault::Offence;
use chinwag::sip::message::{Message, Uri, parse_datagram};

use crate::files;

enum Fate {
    /// Read, and fit to be worked on.
    Good,
    /// Read, but `check` finds this, where the text stands.
    Unfit(Offence, &'static str),
    /// Not read, because of this, where the text stands.
    Refused(Offence, &'static str),
}

use Fate::{Good, Refused, Unfit};

const TABLE: [(&str, Fate); 49] = [
    ("badaspec", Good),
    ("badbranch", Good),
    ("baddate", Good),
    ("baddn", Good),
    ("badinv01", Unfit(Offence::HeaderValue, "Via: SIP/2.0/UDP 192.0.2.15;;,;,,")),
    ("badvers", Refused(Offence::Version, "SIP/7.0\r\nVia")),
    ("bcast", Good),
    ("bext01", Good),
    ("bigcode", Refused(Offence::StatusCode, "4294967301")),
    ("clerr", Refused(Offence::Truncated, "")),
    ("cparam01", Good),
    ("cparam02", Good),
    ("dblreq", Good),
    ("esc01", Good),
    ("esc02", Good),
    ("escnull", Good),
    ("escruri", Good),
    ("insuf", Unfit(Offence::MissingHeader, "INVITE ")),
    ("intmeth", Good),
    ("inv2543", Good),
    ("invut", Good),
    ("longreq", Good),
    ("ltgtruri", Unfit(Offence::Uri, "<sip:user@example.com>")),
    ("lwsdisp", Good),
    ("lwsruri", Refused(Offence::StartLine, " lr SIP/2.0")),
    ("lwsstart", Refused(Offence::StartLine, " sip:user@example.com  SIP/2.0")),
    ("mcl01", Refused(Offence::DuplicateHeader, "Content-Length: 5")),
    ("mismatch01", Unfit(Offence::HeaderValue, "CSeq: 8 INVITE")),
    ("mismatch02", Unfit(Offence::HeaderValue, "CSeq: 8 INVITE")),
    ("mpart01", Good),
    ("multi01", Unfit(Offence::DuplicateHeader, "From: sip:caller@example.net;tag=2923420123")),
    ("ncl", Refused(Offence::ContentLength, "Content-Length: -999")),
    ("noreason", Good),
    ("novelsc", Good),
    ("quotbal", Unfit(Offence::Uri, "To: \"Mr. J. User <sip")),
    ("regaut01", Good),
    ("regbadct", Unfit(Offence::HeaderValue, "Contact: sip:user@example.com?Route")),
    ("regescrt", Good),
    ("scalar02", Unfit(Offence::HeaderValue, "CSeq: 36893488147419103232")),
    ("scalarlg", Unfit(Offence::HeaderValue, "CSeq: 9292394834772304023312")),
    ("sdp01", Good),
    ("semiuri", Good),
    ("transports", Good),
    ("trws", Refused(Offence::StartLine, " SIP/2.0 \r\n")),
    ("unkscm", Good),
    ("unksm2", Good),
    ("unreason", Good),
    ("wsinv", Good),
    ("zeromf", Good),
];

#[test]
fn every_torture_message_meets_its_fate() {
    let all = files("tests/fixtures/torture");
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, TABLE.map(|(name, _)| name));
    for ((name, data), (_, fate)) in all.iter().zip(&TABLE) {
        let result = parse_datagram(data).and_then(|m| m.check().map(|()| m));
        match fate {
            Good => {
                let message = result.unwrap_or_else(|f| panic!("{name}: {f}"));
                let written = message.to_bytes();
                if message.headers.has("Content-Length") {
                    assert!(data.starts_with(&written), "{name} is written otherwise");
                }
            }
            Unfit(what, text) | Refused(what, text) => {
                assert_eq!(parse_datagram(data).is_ok(), matches!(fate, Unfit(..)), "{name}");
                let fault = result.expect_err(name);
                assert_eq!(fault.what, *what, "{name}");
                let at = data.get(fault.offset..).unwrap_or_else(|| panic!("{name}: {fault}"));
                assert!(at.starts_with(text.as_bytes()), "{name}: {fault}: {}", at.escape_ascii());
            }
        }
    }
}

fn message(name: &str) -> Message {
    let (_, data) = files("tests/fixtures/torture").into_iter().find(|(n, _)| n == name).unwrap();
    parse_datagram(&data).unwrap()
}

#[test]
fn wsinv_is_read_through_its_blanks_and_folds() {
    let wsinv = message("wsinv");
    assert_eq!(wsinv.uri(), "sip:vivekg@chair-dnrc.example.com;unknownparam");
    assert_eq!(wsinv.to().unwrap().tag().as_deref(), Some("1918181833n"));
    let from = wsinv.from().unwrap();
    assert_eq!(from.display, "J Rosenberg \\\"");
    assert_eq!(from.tag().as_deref(), Some("98asjd8"));
    assert_eq!(wsinv.cseq().unwrap().to_string(), "9 INVITE");
    assert_eq!(wsinv.header("max-forwards").as_deref(), Some("0068"));
    assert_eq!(wsinv.header("Subject").as_deref(), Some(""));
    assert_eq!(wsinv.header("newfangledheader").as_deref(), Some("newfangled value continued newfangled value"));
    let vias = wsinv.headers.list("Via");
    let vias: Vec<_> = vias.iter().map(|v| chinwag::sip::message::Via::parse(v).unwrap().to_string()).collect();
    let expected = [
        "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw",
        "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
        "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239",
    ];
    assert_eq!(vias, expected);
    let contact = &wsinv.name_addrs("Contact")[0];
    assert_eq!(contact.display, "Quoted string \"\"");
    let params: Vec<_> = contact.params.iter().collect();
    assert_eq!(params, [("newparam", Some("newvalue")), ("secondparam", None), ("q", Some("0.33"))]);
    assert!(wsinv.name_addrs("Route")[0].uri.params().has("lr"));
}

#[test]
fn odd_characters_stand_where_they_may() {
    let odd = message("intmeth");
    assert_eq!(odd.method().unwrap().as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(odd.cseq().unwrap().method, *odd.method().unwrap());
    let uri = Uri::of_request(&odd).unwrap();
    assert_eq!(uri.user(), Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    assert_eq!(uri.host(), "example.com");
    assert_eq!(odd.to().unwrap().display, "BEL:\u{7} NUL:\0 DEL:\u{7f}");
    let from = odd.from().unwrap();
    assert_eq!(from.display, "token1~` token2'+_ token3*%!.-");
    assert_eq!(from.params.get("fromParam''~+*_!.-%").as_deref(), Some("работающий"));
    assert_eq!(odd.header("extensionHeader-!.%*+_`'~").as_deref(), Some("\u{feff}大停電"));
    assert_eq!(message("unreason").reason(), "= 2**3 * 5**2 но сто девяносто девять - простое");
    assert_eq!((message("noreason").status(), message("noreason").reason()), (Some(100), ""));
}

#[test]
fn escapes_semicolons_and_unknown_schemes_are_left_alone() {
    let semi = message("semiuri");
    let uri = Uri::of_request(&semi).unwrap();
    assert_eq!((uri.user(), uri.host()), (Some("user;par=u%40example.net"), "example.com"));
    assert_eq!(uri.params().iter().count(), 0);
    assert_eq!(message("esc01").name_addrs("Contact")[0].uri.user(), Some("cal%6Cer"));
    assert!(!message("esc01").name_addrs("Contact")[0].uri.params().has("lr"), "%6C%72 is not lr");
    let escaped = message("esc02");
    assert_eq!(escaped.method().unwrap().as_str(), "RE%47IST%45R");
    assert_eq!(escaped.headers.list("Contact").len(), 2, "C%6Fntact is not Contact");
    let beep = message("novelsc");
    assert_eq!(Uri::of_request(&beep).unwrap().scheme(), "soap.beep");
    assert_eq!(message("unksm2").to().unwrap().uri.as_str(), "isbn:2983792873");
    // Without brackets a parameter is the header's, with them it is the URI's.
    let (without, with) = (message("cparam01"), message("cparam02"));
    assert!(without.name_addrs("Contact")[0].params.has("unknownparam"));
    assert!(with.name_addrs("Contact")[0].uri.params().has("unknownparam"));
    assert_eq!(message("regescrt").name_addrs("Contact")[0].uri.headers(), Some("Route=%3Csip:sip.example.com%3E"));
}

#[test]
fn what_follows_in_a_datagram_is_not_part_of_the_message() {
    let first = message("dblreq");
    assert_eq!(first.body.len(), 0);
    assert_eq!(first.cseq().unwrap().to_string(), "8 REGISTER");
    assert_eq!(message("inv2543").content_length(), Ok(None));
    assert!(message("mpart01").body.windows(2).any(|w| w == [0xff, 0xfe]));
}
