//! Hostile cases of `docs/security.md`, by number: what broke other programs, in the bytes that did.

use chinwag::formats::http1;
use chinwag::formats::sdp;
use chinwag::sip::fault::Offence;
use chinwag::sip::framing::{Frame, Framer, Limits};
use chinwag::sip::message::{Message, Method, NameAddr, Uri, Via, parse_datagram, parse_head};
use chinwag::sip::stun::{self, Answer, Stun, TransactionId};

use crate::files;
use crate::targets::TARGETS;

/// Lengths that are none, or more than can be.
const LENGTHS: [&str; 9] = ["-1", "+5", "0x10", "99999999999999999999", "18446744073709551616", "5 5", "1e1", "5;5", "٣"];

/// Whether a stream ends in a fault and gave no message before; nothing may be kept for what was promised.
fn is_refused(data: &[u8]) -> bool {
    let mut framer = Framer::new(Limits::default());
    framer.push(data);
    loop {
        assert!(framer.waiting() <= data.len(), "more is kept than came");
        match framer.next_frame() {
            Ok(Some(Frame::Message(_)) | None) => return false,
            Ok(Some(_)) => {}
            Err(_) => return true,
        }
    }
}

#[test]
fn t01_lengths_that_are_none_end_the_stream() {
    for length in LENGTHS {
        let message = format!("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: {length}\r\n\r\nhello hello");
        assert!(is_refused(message.as_bytes()), "{length}");
        let unfit = parse_datagram(message.as_bytes()).map_or(true, |message| message.check().is_err());
        assert!(unfit, "{length} in a datagram");
        let request = format!("PUT / HTTP/1.1\r\nContent-Length: {length}\r\n\r\nhello hello");
        let mut reader = http1::Reader::requests(http1::Limits::default());
        reader.push(request.as_bytes());
        assert!(reader.next_message().is_err(), "{length} in HTTP");
    }
    for two in ["Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1\r\nl: 2", "l: 2\r\nContent-Length : 1"] {
        assert!(is_refused(format!("MESSAGE sip:a@b SIP/2.0\r\n{two}\r\n\r\nhello").as_bytes()), "{two}");
    }
}

/// Leaves out each line, each tag, each element up to its end and each attribute, one at a time.
fn each_left_out(text: &str) -> Vec<String> {
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        cuts.push((at, at + line.len()));
        at += line.len();
    }
    for (open, _) in text.match_indices('<') {
        let Some(close) = text[open..].find('>').map(|end| open + end + 1) else { continue };
        cuts.push((open, close));
        let name =
            text[open + 1..close].split(|c: char| !(c.is_alphanumeric() || matches!(c, ':' | '-' | '_'))).next().unwrap_or("");
        if let Some(end) = text[close..].find(&format!("</{name}>")) {
            cuts.push((open, close + end + name.len() + 3));
        }
    }
    for (sign, _) in text.match_indices('=') {
        let begin = text[..sign].rfind(char::is_whitespace).unwrap_or(sign);
        let quoted = text[sign + 1..].chars().next().filter(|c| matches!(c, '"' | '\''));
        let end = quoted.and_then(|quote| text[sign + 2..].find(quote)).map(|end| sign + 3 + end);
        cuts.push((begin, end.unwrap_or(sign + 1)));
    }
    cuts.into_iter().filter_map(|(from, to)| Some(text.get(..from)?.to_owned() + text.get(to..)?)).collect()
}

#[test]
fn t03_a_message_or_document_without_one_of_its_parts_is_read_or_refused() {
    let mut tried = 0;
    for (name, target) in TARGETS {
        for (_, data) in files(&format!("fuzz/corpus/{name}")) {
            for without in each_left_out(&String::from_utf8_lossy(&data)) {
                target(without.as_bytes());
                tried += 1;
            }
        }
    }
    for (_, data) in files("tests/fixtures/wire") {
        for without in each_left_out(&String::from_utf8_lossy(&data)) {
            let _ = parse_head(without.as_bytes()).map(|message| message.check());
            for (_, target) in TARGETS.iter().filter(|(name, _)| matches!(*name, "message" | "framer")) {
                target(without.as_bytes());
            }
            tried += 1;
        }
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn t14_no_text_begins_a_message_or_a_field() {
    let evil = "hi\r\nBYE sip:bob@b SIP/2.0\r\nContent-Length: 0\r\n\r\n\0\u{85}\u{2028}";
    let mut message = Message::request(Method::Message, "sip:bob@b");
    let mut from = NameAddr::new(Uri::parse("sip:alice@a").unwrap());
    from.display = evil.to_owned();
    message.headers.push("From", from.to_string());
    for name in ["Subject", "To", "X-Note", "Content-Type", "Call-ID"] {
        message.headers.push(name, evil);
    }
    message.headers.set("Reason", evil);
    message.body = evil.as_bytes().to_vec().into();
    let written = message.to_bytes();
    let mut framer = Framer::new(Limits::default());
    framer.push(&written);
    let Ok(Some(Frame::Message(read))) = framer.next_frame() else { panic!("{}", written.escape_ascii()) };
    assert_eq!((read.headers.len(), &read.body[..]), (8, evil.as_bytes()), "{}", written.escape_ascii());
    assert!(matches!(framer.next_frame(), Ok(None)), "nothing comes behind it");
    let head = &written[..written.len() - evil.len()];
    assert!(!head.windows(5).any(|five| five == b"\r\nBYE"), "{}", head.escape_ascii());
}

#[test]
fn t15_names_of_nothing() {
    for (text, display) in [("\"\" <sip:a@b>", ""), ("<sip:a@b>", ""), ("\" \" <sip:a@b>", " "), ("\"\\\"\" <sip:a@b>", "\"")] {
        let address = NameAddr::parse(text).unwrap();
        assert_eq!(address.display, display, "{text}");
        assert_eq!(NameAddr::parse(&address.to_string()).unwrap().uri, address.uri);
    }
    for none in ["<sip:@b>", "sip:@b", "<>", "\"\"", "", "<sip:>"] {
        let nobody = NameAddr::parse(none).map_or(true, |address| address.uri.user().is_none_or(str::is_empty));
        assert!(nobody, "{none}");
        assert!(chinwag::model::Address::parse(none).is_err(), "{none}");
    }
}

#[test]
fn t18_a_from_that_names_nobody() {
    let with = |from: &str| {
        format!("MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x\r\n{from}To: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 2 MESSAGE\r\n\r\n")
    };
    let check = |from: &str| parse_head(with(from).as_bytes()).map(|message| message.check());
    assert_eq!(check("From: <sip:a@b>;tag=1\r\n"), Ok(Ok(())));
    for broken in ["\" \\ \"", "\"\\", "\"", "Alice", "<", "<>", "<sip:a", ";tag=1", ""] {
        let Ok(unfit) = check(&format!("From: {broken}\r\n")) else { continue };
        assert!(unfit.is_err(), "{broken}");
    }
    assert_eq!(check("").unwrap().map_err(|fault| fault.what), Err(Offence::MissingHeader));
    let untagged = parse_head(with("From: <sip:a@b>\r\n").as_bytes()).unwrap();
    assert_eq!(untagged.from().unwrap().tag(), None, "as of RFC 2543; who it is of is told all the same");
}

#[test]
fn t20_descriptions_of_nothing() {
    for line in [
        "m",
        "m=",
        "m= ",
        "m=\0",
        "m=message",
        "m=message x",
        "m=message -1 sip null",
        "m=message 65536 sip null",
        "=",
        "a=",
        "c=",
    ] {
        for end in ["", "\n", "\r\n", "\r"] {
            let text = format!("v=0\r\n{line}{end}");
            // What the answer to it is made of, too.
            let _ = sdp::read(text.as_bytes()).map(|found| assert!(found.message.is_none(), "{text:?}"));
        }
        let _ = sdp::read(line.as_bytes());
    }
    let many = format!("v=0\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(10_000));
    assert!(sdp::read(many.as_bytes()).is_err());
    assert!(sdp::read(&[b"v=0\r\n".as_slice(), &b"m\n".repeat(10_000)].concat()).is_ok());
}

#[test]
fn t21_keys_of_calls_are_passed_over_whatever_they_are() {
    let long = "A".repeat(30_000);
    for key in ["", "1", "1 AES_CM_128_HMAC_SHA1_80", "1 X inline:!!!!", "-1 X inline:", &format!("1 X inline:{long}"), &long] {
        let text = format!("v=0\r\na=crypto:{key}\r\nm=message 5060 sip null\r\n{}", format!("a=crypto:{key}\r\n").repeat(2));
        let found = sdp::read(text.as_bytes());
        assert!(text.len() > sdp::MAX_SIZE || found.unwrap().message.is_some(), "{key:.40}");
    }
}

#[test]
fn t25_attributes_whose_length_is_wrong() {
    let id = TransactionId([7; 12]);
    let refusal = |kind: u16, declared: u16, value: &[u8]| {
        let attribute = [&kind.to_be_bytes()[..], &declared.to_be_bytes(), value].concat();
        let length = u16::try_from(attribute.len()).unwrap();
        [&0x0111_u16.to_be_bytes()[..], &length.to_be_bytes(), &0x2112_a442_u32.to_be_bytes(), &id.0, &attribute].concat()
    };
    // ERROR-CODE shorter than its own head: nobody reads it, and the refusal counts.
    for value in [&[][..], &[0, 0, 4, 0]] {
        let refused = stun::read(&refusal(0x0009, u16::try_from(value.len()).unwrap(), value));
        assert_eq!(refused, Some(Stun::Answer(Answer { id, mapped: None })));
    }
    for kind in [0x0001, 0x0009, 0x0020, 0x0006, 0x8022, 0x8028] {
        for declared in (0..64).chain([0x7fff, 0xfffc, 0xffff]) {
            for room in [0, 4, 8, 20] {
                let read = stun::read(&refusal(kind, declared, &vec![1; room]));
                assert!(usize::from(declared) <= room || read.is_none(), "{kind:#x} {declared} in {room}");
            }
        }
    }
}

#[test]
fn t27_tags_without_end_and_fields_given_twice() {
    let tag = "x".repeat(64 * 1024);
    let message = format!(
        "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x;branch={tag}\r\nFrom: <sip:a@b>;tag={tag}\r\nTo: <sip:b@b>\r\nCall-ID: {tag}\r\n\
         CSeq: 2 MESSAGE\r\nl: 0\r\n\r\n"
    );
    assert!(is_refused(message.as_bytes()));
    let good = "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 2 MESSAGE\r\n";
    for second in
        ["From: <sip:evil@b>;tag=1", "f: <sip:evil@b>", "Call-ID: 2", "i: 2", "CSeq: 3 MESSAGE", "To: <sip:c@b>", "CSeq : 2 BYE"]
    {
        for text in [format!("{good}{second}\r\n\r\n"), good.replacen("\r\n", &format!("\r\n{second}\r\n"), 1) + "\r\n"] {
            let fault = parse_datagram(text.as_bytes()).map(|message| message.check().map_err(|fault| fault.what));
            assert_eq!(fault, Ok(Err(Offence::DuplicateHeader)), "{second}");
        }
    }
}

#[test]
fn t28_a_field_is_found_and_removed_however_it_is_written() {
    let forms = ["From: x", "From : x", "From\t:x", "from:  x", "FROM:\r\n x", "f: x", "F :\tx", "f:\r\n\t x", "fRoM \t : x "];
    for form in forms {
        let text = format!("MESSAGE sip:a@b SIP/2.0\r\n{form}\r\nl: 0\r\n\r\n");
        let mut message = parse_datagram(text.as_bytes()).unwrap_or_else(|fault| panic!("{form:?}: {fault:?}"));
        assert_eq!(message.header("From").as_deref().map(str::trim), Some("x"), "{form:?}");
        assert_eq!(message.headers.count("f"), 1);
        message.headers.remove("From");
        let written = message.to_bytes();
        assert!(!message.headers.has("f") && !written.contains(&b'x'), "{form:?}: {}", written.escape_ascii());
    }
    for secret in ["Authorization : x", "AUTHORIZATION:\r\n x", "Proxy-Authorization\t:\tx", "authorization:x"] {
        let text = format!("MESSAGE sip:a@b SIP/2.0\r\n{secret}\r\nl: 0\r\n\r\n");
        let mut message = parse_datagram(text.as_bytes()).unwrap();
        message.headers.remove("Authorization");
        message.headers.remove("Proxy-Authorization");
        assert!(!message.to_bytes().contains(&b'x'), "{secret:?}");
    }
}

#[test]
fn t29_ports_that_are_none() {
    for (port, number) in [("5060", Some(5060)), ("00005060", Some(5060)), ("65535", Some(65_535))] {
        assert_eq!(Uri::parse(&format!("sip:a@b:{port}")).map(|uri| uri.port()), Ok(number), "{port}");
    }
    for port in ["99999", "65536", "", "-1", "+5060", "5060x", "0x50", "50 60", "٥", &"9".repeat(10_000), &"0".repeat(10_000)] {
        let none = Uri::parse(&format!("sip:a@b:{port}")).map_or(true, |uri| uri.port().is_none_or(|port| port == 0));
        assert!(none, "{port:.20}");
        let via = Via::parse(&format!("SIP/2.0/TCP b:{port};branch=z9hG4bK1;rport={port}"));
        assert!(via.is_none_or(|via| via.sent_by.len() <= port.len() + 2), "{port:.20}");
        if let Ok(address) = chinwag::model::Address::parse(&format!("sip:a@b:{port}")) {
            assert_eq!(address.as_str(), "sip:a@b", "{port:.20}");
        }
    }
}
