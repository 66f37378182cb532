//! What is built, written and read is the same.

use chinwag::sip::message::{Message, Method, NameAddr, Params, StartLine, Uri, parse_datagram, quote};
use proptest::prelude::*;

fn token() -> impl Strategy<Value = String> {
    "[-a-zA-Z0-9.!%*_+`'~]{1,12}"
}

/// A field as wire bytes: a name, blanks, and any octets but those that end lines.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let octet = any::<u8>().prop_filter("ends a line or must be escaped", |b| !matches!(b, b'\r' | b'\n' | 0));
    let piece = prop::collection::vec(octet, 0..20);
    (token(), "[ \t]{0,2}", prop::collection::vec(piece, 1..3))
        .prop_map(|(name, blank, pieces)| [name.as_bytes(), blank.as_bytes(), b":", &pieces.join(b"\r\n\t".as_slice())].concat())
}

fn start() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (token(), "[!-~é]{1,20}", "(SIP|sip|Sip)/2\\.0").prop_map(|(m, u, v)| format!("{m} {u} {v}").into_bytes()),
        (100..700_u16, prop::collection::vec(any::<u8>(), 0..10)).prop_map(|(code, reason)| {
            let mut line = format!("SIP/2.0 {code} ").into_bytes();
            line.extend(reason.into_iter().filter(|b| !matches!(b, b'\r' | b'\n' | 0)));
            line
        }),
        (100..700_u16).prop_map(|code| format!("SIP/2.0 {code}").into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_is_written_as_it_was_read(
        start in start(),
        fields in prop::collection::vec(field(), 0..12),
        body in prop::collection::vec(any::<u8>(), 0..100),
        at in any::<prop::sample::Index>(),
    ) {
        let mut fields: Vec<_> = fields.into_iter().filter(|f| !f.starts_with(b"l") && !f.starts_with(b"L")).collect();
        fields.insert(at.index(fields.len() + 1), format!("Content-Length: {}", body.len()).into_bytes());
        let data = [start, b"\r\n".to_vec(), fields.join(b"\r\n".as_slice()), b"\r\n\r\n".to_vec(), body.clone()].concat();
        let message = parse_datagram(&data).unwrap();
        prop_assert_eq!(message.headers.len(), fields.len());
        prop_assert_eq!(message.to_bytes(), &data);
        for (header, line) in message.headers.iter().zip(&fields) {
            let colon = line.iter().position(|b| *b == b':').unwrap();
            prop_assert_eq!(header.raw_bytes(), &line[colon + 1..]);
        }
        // One change changes one line.
        let mut changed = message.clone();
        changed.headers.push("X-New", "1");
        changed.headers.remove("x-new");
        prop_assert_eq!(changed.to_bytes(), &data);
    }

    #[test]
    fn any_message_built_is_read_as_the_same(
        code in 100..700_u16, method in token(), user in "[a-z0-9]{1,8}", request in any::<bool>(),
        fields in prop::collection::vec((token(), "\\PC{0,30}"), 0..10),
        body in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut message = if request {
            Message::request(Method::parse(&method).unwrap(), &format!("sip:{user}@example.test"))
        } else {
            Message::response(code)
        };
        for (name, value) in &fields {
            if !name.eq_ignore_ascii_case("l") {
                message.headers.push(name, value);
            }
        }
        message.body = body.into();
        message.headers.push("Content-Length", message.body.len().to_string());
        prop_assert_eq!(parse_datagram(&message.to_bytes()).unwrap(), message);
    }

    #[test]
    fn any_value_pushed_stays_one_line(name in "\\PC{1,10}|[\r\n:a]{1,5}", value in "[\r\n\0a: ]{0,30}", reason in "[\r\na]{0,5}") {
        let mut message = Message::response(200);
        message.start = StartLine::Status { code: 200, reason };
        message.headers.push(&name, &value);
        let again = parse_datagram(&message.to_bytes()).unwrap();
        prop_assert!(again.headers.len() <= 2);
        prop_assert_eq!(again.body.len(), 0);
    }

    #[test]
    fn any_display_name_and_parameter_survives(
        display in "[^\\p{Cc}]{0,30}", user in "[a-z0-9.%;?/&=+$,-]{1,12}", value in "[^\\p{Cc}]{0,20}", word in token(),
    ) {
        let uri = Uri::parse(&format!("sip:{user}@[2001:db8::1]:5061;opaque=user:epid:{word};lr")).unwrap();
        prop_assert_eq!(uri.user(), Some(user.as_str()));
        prop_assert_eq!((uri.host(), uri.port()), ("[2001:db8::1]", Some(5061)));
        prop_assert!(uri.params().has("lr"));
        let mut params = Params::default();
        params.set("tag", Some(&word));
        params.set_quoted("note", &value);
        let address = NameAddr { display, uri, params };
        let again = NameAddr::parse(&address.to_string()).unwrap();
        prop_assert_eq!(&again, &address);
        prop_assert_eq!(again.params.get("NOTE"), Some(value.clone()));
        let twice = format!("{address}, {address}");
        prop_assert_eq!(NameAddr::parse_list(&twice).unwrap(), vec![address.clone(), address]);
        prop_assert_eq!(quote(&value).len() - 2, value.len() + value.matches(['"', '\\']).count());
    }
}
