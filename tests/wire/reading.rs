//! Typed views: what other parsers lose, change or refuse, and we must not.

use chinwag::sip::fault::Offence;
use chinwag::sip::message::{
    AuthParams, CSeq, Message, Method, NameAddr, Params, Uri, Via, default_reason, parse_datagram, parse_head, quote,
    split_commas,
};

fn address(text: &str) -> NameAddr {
    NameAddr::parse(text).unwrap_or_else(|f| panic!("{text}: {f}"))
}

#[test]
fn parameters_with_colons_lose_nothing() {
    let uri = Uri::parse("sip:bob@example.com;opaque=user:epid:abc;gruu").unwrap();
    assert_eq!(uri.param("opaque").as_deref(), Some("user:epid:abc"));
    assert!(uri.params().has("gruu"));
    assert_eq!(uri.to_string(), "sip:bob@example.com;opaque=user:epid:abc;gruu");
    let route = address("<sip:p1.example.test;transport=tls;opaque=state:F:Ci.R1;lr>;x=a:b;lr");
    assert!(route.uri.params().has("lr"));
    assert_eq!(route.uri.param("opaque").as_deref(), Some("state:F:Ci.R1"));
    assert_eq!(route.params.get("x").as_deref(), Some("a:b"));
    assert_eq!(route.to_string(), "<sip:p1.example.test;transport=tls;opaque=state:F:Ci.R1;lr>;x=a:b;lr");
}

#[test]
fn ipv6_and_telephone_numbers_are_read() {
    let uri = Uri::parse("sips:a@[::1]:5061;lr?a=b").unwrap();
    assert_eq!((uri.user(), uri.host(), uri.port()), (Some("a"), "[::1]", Some(5061)));
    assert_eq!((uri.is_secure(), uri.headers(), uri.aor().as_str()), (true, Some("a=b"), "sips:a@[::1]"));
    let via = Via::parse("SIP/2.0/TLS [2001:db8::9:1]:5061;branch=z9hG4bK1;received=2001:db8::9:255").unwrap();
    assert_eq!(via.sent_by, "[2001:db8::9:1]:5061");
    assert_eq!(via.params.get("received").as_deref(), Some("2001:db8::9:255"));
    let phone = Uri::parse("tel:+1555;phone-context=example.test").unwrap();
    assert_eq!(phone.as_str(), "tel:+1555;phone-context=example.test");
    assert_eq!((phone.scheme(), phone.host(), phone.is_sip()), ("tel", "", false));
    for broken in ["", "sip:", "sip:@", ":x", "sip:a@b:", "sip:a@b:99999", "sip:a@[::1", "sip:a b", "1sip:a", "sip:a@b:5x"] {
        assert_eq!(Uri::parse(broken).map_err(|f| f.what), Err(Offence::Uri), "{broken}");
    }
}

#[test]
fn contacts_with_quoted_commas_and_lists_are_read() {
    let mut message = Message::response(200);
    message
        .headers
        .push("m", "<sip:a@b>;methods=\"INVITE, MESSAGE\";+sip.instance=\"<urn:uuid:1>\", \"C, D\" <sip:c@d;x=1,2>;q=0.5");
    message.headers.push("Contact", "sip:e@f;expires=60");
    let all = message.name_addrs("Contact");
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].params.get("methods").as_deref(), Some("INVITE, MESSAGE"));
    assert_eq!(all[0].params.get("+SIP.instance").as_deref(), Some("<urn:uuid:1>"));
    assert_eq!((all[1].display.as_str(), all[1].uri.as_str()), ("C, D", "sip:c@d;x=1,2"));
    assert_eq!(all[2].params.get("expires").as_deref(), Some("60"));
    let mut star = Message::request(Method::Register, "sip:b");
    star.headers.push("Contact", "*");
    assert_eq!(star.headers.list("Contact"), ["*"]);
    assert!(star.name_addrs("Contact").is_empty());
}

#[test]
fn display_names_keep_their_quotes_and_escapes() {
    for (text, display) in [
        (r#""A \"B\" \\ C" <sip:a@b>"#, r#"A "B" \ C"#),
        (r#""<sip:evil@x>" <sip:a@b>"#, "<sip:evil@x>"),
        (r#""a;tag=x,b"<sip:a@b>"#, "a;tag=x,b"),
        ("Two Words <sip:a@b>", "Two Words"),
        ("Zoë <sip:a@b>", "Zoë"),
        ("<sip:a@b>", ""),
    ] {
        let read = address(text);
        assert_eq!((read.display.as_str(), read.uri.as_str()), (display, "sip:a@b"), "{text}");
        assert_eq!(address(&read.to_string()), read, "{text}");
    }
    for broken in ["<sip:a@b", "<sip:a@b> x", "\"a <sip:a@b>", "sip:a@b?x=y", "", "<>"] {
        assert!(NameAddr::parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn challenges_of_every_scheme_are_read() {
    let ntlm =
        AuthParams::parse("NTLM realm=\"SIP Communications Service\", targetname=\"lcs1.example.test\", version=3").unwrap();
    assert_eq!((ntlm.get("TargetName"), ntlm.get("version"), ntlm.get("nonce")), (Some("lcs1.example.test"), Some("3"), None));
    assert_eq!(AuthParams::parse("Kerberos").unwrap().scheme, "Kerberos");
    let digest =
        AuthParams::parse("Digest realm=\"a\\\"b\", qop=\"auth,auth-int\",nonce = \"x==\" , algorithm=SHA-256,stale=TRUE")
            .unwrap();
    assert_eq!((digest.get("realm"), digest.get("qop"), digest.get("nonce")), (Some("a\"b"), Some("auth,auth-int"), Some("x==")));
    assert_eq!(digest.get("algorithm"), Some("SHA-256"));
    assert_eq!(digest.iter().count(), 5);
    assert_eq!(AuthParams::parse("\"no scheme\""), None);
}

#[test]
fn compact_names_are_the_long_ones() {
    let data =
        b"MESSAGE sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP x\r\nf: <sip:a@b>;tag=1\r\nt: <sip:b@b>\r\ni: id\r\nCSEQ: 1 MESSAGE\r\n\
        c: text/plain\r\no: presence\r\nk: a\r\ns: subject\r\nu: x\r\nr: <sip:r@b>\r\nx: 60\r\nl: 2\r\n\r\nhi";
    let message = parse_datagram(data).unwrap();
    assert_eq!(message.check(), Ok(()));
    for (name, value) in [
        ("via", "SIP/2.0/TCP x"),
        ("Call-ID", "id"),
        ("CONTENT-TYPE", "text/plain"),
        ("Event", "presence"),
        ("Supported", "a"),
        ("Subject", "subject"),
        ("Allow-Events", "x"),
        ("Refer-To", "<sip:r@b>"),
        ("Session-Expires", "60"),
        ("Content-Length", "2"),
    ] {
        assert_eq!(message.header(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(message.headers.first("Via").unwrap().name(), "v");
    assert!(message.headers.first("v").unwrap().is_named("VIA"));
    assert_eq!(message.to_bytes(), &data[..]);
}

#[test]
fn folds_blanks_missing_reasons_and_empty_lines_in_front_are_read() {
    let data = b"\r\n\r\nSIP/2.0 299\r\nX :\r\n  a\r\n\tb \r\n\r\n";
    let message = parse_datagram(data).unwrap();
    assert_eq!((message.status(), message.reason()), (Some(299), ""));
    assert_eq!(message.header("x").as_deref(), Some("a b"));
    assert_eq!(message.headers.first("x").unwrap().raw(), "\r\n  a\r\n\tb ");
    assert_eq!(parse_head(b"sip/2.0 200 My Own Words").unwrap().reason(), "My Own Words");
    let broken = parse_head(b"\r\n\r\nSIP/2.0 200 OK\r\nbroken\r\n").unwrap_err();
    assert_eq!((broken.what, broken.offset), (Offence::HeaderLine, 26), "offsets count the empty lines too");
}

#[test]
fn octets_that_are_no_text_are_kept_and_shown_as_such() {
    let data = b"SIP/2.0 486 Besetzt f\xfcr heute\r\nFrom: \"J\xf6rg\" <sip:j@b>\r\nl: 2\r\n\r\n\xff\xfe";
    let message = parse_datagram(data).unwrap();
    assert_eq!(message.reason(), "Besetzt f\u{fffd}r heute");
    assert_eq!(message.from().unwrap().display, "J\u{fffd}rg");
    assert_eq!(message.headers.first("From").unwrap().raw_bytes(), b" \"J\xf6rg\" <sip:j@b>");
    assert_eq!(message.to_bytes(), &data[..]);
}

#[test]
fn broken_heads_are_refused_with_the_place() {
    for (data, what, offset) in [
        (&b""[..], Offence::StartLine, 0),
        (b"INVITE", Offence::StartLine, 6),
        (b"INVITE sip:a@b", Offence::StartLine, 6),
        (b"INVITE sip:a@b HTTP/1.1", Offence::StartLine, 15),
        (b"INVITE sip:a@b SIP/3.0", Offence::Version, 15),
        (b"IN\"VITE sip:a@b SIP/2.0", Offence::Method, 0),
        (b"INVITE  SIP/2.0", Offence::Uri, 7),
        (b"INVITE sip:\xff SIP/2.0", Offence::Character, 11),
        (b"SIP/2.1 200 OK", Offence::Version, 0),
        (b"SIP/2.0 99 OK", Offence::StatusCode, 8),
        (b"SIP/2.0 700 OK", Offence::StatusCode, 8),
        (b"SIP/2.0 2000 OK", Offence::StatusCode, 8),
        (b"SIP/2.0 200 OK\r\n: x", Offence::HeaderLine, 16),
        (b"SIP/2.0 200 OK\r\na b: x", Offence::HeaderLine, 18),
        (b"SIP/2.0 200 OK\r\n x: y", Offence::HeaderLine, 16),
        (b"SIP/2.0 200 OK\nx: y", Offence::Character, 14),
        (b"SIP/2.0 200 OK\r\nx: y\rz", Offence::Character, 20),
        (b"SIP/2.0 200 OK\r\nx: y\nz", Offence::Character, 20),
        (b"SIP/2.0 200 OK\r\nx: \0", Offence::Character, 19),
    ] {
        let fault = parse_head(data).expect_err(&data.escape_ascii().to_string());
        assert_eq!((fault.what, fault.offset), (what, offset), "{}", data.escape_ascii());
    }
    assert_eq!(parse_datagram(b"SIP/2.0 200 OK\r\n").unwrap_err().what, Offence::Truncated);
}

#[test]
fn sequence_numbers_and_seconds_are_numbers() {
    assert_eq!(CSeq::parse("  4711\t BENOTIFY ").unwrap().to_string(), "4711 BENOTIFY");
    for broken in ["", "1", "x INVITE", "-1 INVITE", "+1 INVITE", "4294967296 INVITE", "1 INVITE x", "1 IN\"VITE"] {
        assert_eq!(CSeq::parse(broken), None, "{broken}");
    }
    let mut message = Message::response(200);
    for (text, seconds) in
        [("3600", Some(3600)), (" 5 ;x", Some(5)), ("99999999999", Some(u32::MAX)), ("-1", None), ("", None), ("soon", None)]
    {
        message.headers.set("Expires", text);
        assert_eq!(message.expires(), seconds, "{text}");
    }
}

#[test]
fn lists_split_at_commas_that_separate() {
    let split: Vec<&str> = split_commas(" a ,, \"b,c\" <d,e> , \"f\\\",g\" ,").collect();
    assert_eq!(split, ["a", "\"b,c\" <d,e>", "\"f\\\",g\""]);
    let params = Params::parse("; a = b ;c; d=\"x;y\" ;;e=");
    let all: Vec<_> = params.iter().collect();
    assert_eq!(all, [("a", Some("b")), ("c", None), ("d", Some("\"x;y\"")), ("e", Some(""))]);
    assert_eq!(params.get("D").as_deref(), Some("x;y"));
    assert_eq!(params.to_string(), ";a=b;c;d=\"x;y\";e=");
    assert_eq!(quote("a\"b\\c\r\nd"), "\"a\\\"b\\\\c  d\"");
}

#[test]
fn a_check_names_what_is_missing_double_or_broken() {
    let good =
        "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 2 BYE\r\n";
    let check = |text: String| parse_head(text.as_bytes()).unwrap().check().map_err(|f| f.what);
    assert_eq!(check(good.to_owned()), Ok(()));
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let without: String = good.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect();
        assert_eq!(check(without), Err(Offence::MissingHeader), "{name}");
    }
    for (line, offence) in [
        ("From: <sip:a@b>;tag=1", Offence::DuplicateHeader),
        ("t: <sip:b@b>", Offence::DuplicateHeader),
        ("i: 1", Offence::DuplicateHeader),
        ("cseq: 2 BYE", Offence::DuplicateHeader),
        ("Content-Length: x", Offence::ContentLength),
        ("Content-Length: 1\r\nl: 2", Offence::DuplicateHeader),
        ("Max-Forwards: many", Offence::HeaderValue),
        ("Max-Forwards: 70\r\nMax-Forwards: 70", Offence::DuplicateHeader),
        ("Contact: <sip:a", Offence::HeaderValue),
        ("Contact: *, <sip:a@b>", Offence::HeaderValue),
        ("Via: nonsense", Offence::HeaderValue),
    ] {
        assert_eq!(check(format!("{good}{line}\r\n")), Err(offence), "{line}");
    }
    for line in ["Content-Length: 1\r\nl: 1", "Contact: *", "Max-Forwards: 0", "Contact: <sip:a@b>, sip:c@d", "X: y\r\nX: y"] {
        assert_eq!(check(format!("{good}{line}\r\n")), Ok(()), "{line}");
    }
}

#[test]
fn every_status_code_has_words() {
    assert_eq!(Message::response(423).to_bytes(), "SIP/2.0 423 Interval Too Brief\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(default_reason(699), "Unknown");
}
