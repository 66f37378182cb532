//! Time on hostile input grows with its size, not with the square of it.

use std::time::{Duration, Instant};

use chinwag::sip::framing::{Framer, Limits};
use chinwag::sip::message::{AuthParams, Message, NameAddr, Params, Uri, Via, parse_datagram};

const SIZE: usize = 64 * 1024;

/// Fails when four times the input takes more than nine times as long; a square would take sixteen.
fn linear(name: &str, run: impl Fn(usize)) {
    let best = |size: usize| {
        (0..4)
            .map(|_| {
                let begin = Instant::now();
                run(size);
                begin.elapsed()
            })
            .min()
            .unwrap()
    };
    // Other work on the machine may disturb one comparison, not three.
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (small, big) = (best(SIZE), best(4 * SIZE));
        if big < small * 9 + Duration::from_millis(20) {
            return;
        }
        seen.push((small, big));
    }
    panic!("{name}: times for {SIZE} octets and for four times that: {seen:?}");
}

fn with_header(name: &str, value: &[u8]) -> Vec<u8> {
    [b"INVITE sip:a@b SIP/2.0\r\n", name.as_bytes(), b": ", value, b"\r\nl: 0\r\n\r\n"].concat()
}

#[test]
fn one_enormous_field_of_any_shape_is_read_in_linear_time() {
    let shapes: [(&str, &[u8]); 16] = [
        ("commas", b","),
        ("vias", b"SIP/2.0/UDP a;b,"),
        ("quotes", b"\""),
        ("backslashes", b"\\"),
        ("escaped quotes", b"\"\\\"\","),
        ("open brackets", b"<"),
        ("close brackets", b">"),
        ("semicolons", b";"),
        ("parameters", b";a=b"),
        ("folds", b"\r\n "),
        ("folded words", b"a\r\n\t"),
        ("blanks", b" "),
        ("at signs", b"sip:a@"),
        ("slashes", b"/"),
        ("addresses", b"\"x\" <sip:a@b;c?d>;e=\"f,g\","),
        ("no UTF-8", b"\xff"),
    ];
    for (name, shape) in shapes {
        linear(name, |size| {
            let data = with_header("Contact", &shape.repeat(size / shape.len()));
            let mut message = parse_datagram(&data).unwrap();
            let _ = message.check();
            let value = message.header("Contact").unwrap();
            let _ = (NameAddr::parse(&value), NameAddr::parse_list(&value), Via::parse(&value), AuthParams::parse(&value));
            let _ = (Uri::parse(&value), Params::parse(&value), message.name_addrs("Contact"));
            let _ = message.headers.lists_token("Contact", "none");
            assert_eq!(message.to_bytes(), data);
            message.headers.push_front("Contact", "<sip:a@b>");
            message.headers.set("Contact", &value);
            assert!(parse_datagram(&message.to_bytes()).is_ok());
        });
    }
}

#[test]
fn an_enormous_uri_or_start_line_is_read_in_linear_time() {
    for shape in ["@", ";", "?", ":", "[", "a=b;", "%41", "é"] {
        linear(shape, |size| {
            let text = format!("sip:{}@host", shape.repeat(size / shape.len()));
            if let Ok(uri) = Uri::parse(&text) {
                let _ = (uri.user(), uri.host(), uri.port(), uri.params(), uri.headers(), uri.aor());
            }
            let line = format!("INVITE {text} SIP/2.0\r\nl: 0\r\n\r\n");
            let _ = parse_datagram(line.as_bytes()).map(|m| m.check());
        });
    }
}

#[test]
fn more_fields_than_allowed_end_the_reading() {
    linear("many fields", |size| {
        let data = [b"INVITE sip:a@b SIP/2.0\r\n".as_slice(), &b"v:\r\n".repeat(size / 4), b"\r\n"].concat();
        assert!(parse_datagram(&data).is_err());
    });
}

fn drained(framer: &mut Framer, pieces: &mut dyn Iterator<Item = &[u8]>) -> usize {
    let mut frames = 0;
    for piece in pieces {
        framer.push(piece);
        while let Ok(Some(_)) = framer.next_frame() {
            frames += 1;
        }
    }
    frames
}

#[test]
fn a_body_in_single_octets_is_taken_in_linear_time() {
    linear("body", |size| {
        let head = format!("INVITE sip:a@b SIP/2.0\r\nl: {size}\r\n\r\n");
        let data = [head.as_bytes(), &vec![b'\r'; size]].concat();
        assert_eq!(drained(&mut Framer::new(Limits::default()), &mut data.chunks(1)), 1);
    });
}

#[test]
fn a_head_in_single_octets_is_taken_in_linear_time() {
    let limits = Limits { head: 8 * SIZE, ..Limits::default() };
    for shape in [b"a".as_slice(), b"\r\n ", b"\r\n\t\r\n "] {
        linear("head", |size| {
            let data = with_header("X-Long", &shape.repeat(size / 4 / shape.len()));
            assert_eq!(drained(&mut Framer::new(limits), &mut data.chunks(1)), 1);
        });
    }
}

#[test]
fn small_messages_and_keep_alives_in_one_push_are_cut_in_linear_time() {
    let limits = Limits { pings: usize::MAX, ..Limits::default() };
    linear("messages", |size| {
        let one = b"A b SIP/2.0\r\nl:1\r\n\r\nx";
        let data = one.repeat(size / one.len());
        assert_eq!(drained(&mut Framer::new(limits), &mut std::iter::once(&data[..])), size / one.len());
    });
    linear("pings", |size| {
        let data = b"\r\n".repeat(size / 2);
        assert_eq!(drained(&mut Framer::new(limits), &mut std::iter::once(&data[..])), size / 4);
    });
}

#[test]
fn what_is_passed_over_is_passed_over_in_linear_time() {
    let limits = Limits { head: 8 * SIZE, unreadable: usize::MAX, ..Limits::default() };
    linear("broken heads", |size| {
        let data = b"A\r\nl:1\r\n\r\nx".repeat(size / 12);
        assert_eq!(drained(&mut Framer::new(limits), &mut std::iter::once(&data[..])), size / 12);
    });
    for shape in ["\r\n ", ":\r\n", "l:0\r\n", "l\t"] {
        linear(shape, |size| {
            let data = format!("A\r\n:\r\n{}l:0\r\n\r\n", shape.repeat(size / shape.len()));
            let _ = drained(&mut Framer::new(limits), &mut data.as_bytes().chunks(1));
        });
    }
    linear("long body", |size| {
        let limits = Limits { body: 1, ..limits };
        let data = [format!("A b SIP/2.0\r\nl:{size}\r\n\r\n").as_bytes(), &vec![b'\r'; size]].concat();
        assert_eq!(drained(&mut Framer::new(limits), &mut data.chunks(1)), 1);
    });
}

#[test]
fn a_message_built_of_many_fields_is_built_in_linear_time() {
    linear("building", |size| {
        let mut message = Message::response(200);
        for number in 0..size / 64 {
            message.headers.push("X-Field", format!("{number:0>50}"));
        }
        message.headers.remove("x-field");
        assert!(message.headers.is_empty());
    });
}

#[test]
fn what_waits_in_a_framer_is_bounded_by_its_limits() {
    let limits = Limits { head: 1000, headers: 16, body: 2000, pings: 4, passed_over: 9000, unreadable: 4 };
    let endless: [&[u8]; 6] = [
        b"a",
        b"INVITE sip:a@b SIP/2.0\r\nX: y\r\n ",
        b"\r\n",
        b"\0",
        b"INVITE\r\nl: 0\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nl: 9000\r\n\r\n",
    ];
    for shape in endless {
        let mut framer = Framer::new(limits);
        for _ in 0..10_000 {
            framer.push(shape);
            while let Ok(Some(_)) = framer.next_frame() {}
            assert!(framer.waiting() <= limits.head + limits.body + shape.len() + 4);
        }
        assert!(framer.next_frame().is_err(), "{}", shape.escape_ascii());
    }
}
