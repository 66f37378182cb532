//! Streams cut anywhere: messages, keep-alives, limits.

use chinwag::sip::fault::{Malformed, Offence};
use chinwag::sip::framing::{Frame, Framer, Limits, Unreadable};
use chinwag::sip::message::Method;

const SMALL: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\nl: 3\r\n\r\nabc";

/// What came out: `M` message, `u` unreadable, `i` ping, `o` pong, `!` fault.
fn run(framer: &mut Framer, pieces: &[&[u8]]) -> String {
    let mut out = String::new();
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(_))) => out.push('M'),
                Ok(Some(Frame::Ping)) => out.push('i'),
                Ok(Some(Frame::Pong)) => out.push('o'),
                Ok(Some(Frame::Unreadable(_))) => out.push('u'),
                Ok(None) => break,
                Err(_) => {
                    out.push('!');
                    break;
                }
            }
        }
    }
    out
}

fn fault(limits: Limits, data: &[u8]) -> Malformed {
    let mut framer = Framer::new(limits);
    framer.push(data);
    loop {
        match framer.next_frame() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no fault"),
            Err(fault) => return fault,
        }
    }
}

#[test]
fn keep_alives_are_told_apart_at_every_split() {
    let stream: Vec<u8> = [b"\r\n\r\n".as_slice(), b"\r\n", SMALL, b"\r\n\r\n\r\n\r\n", SMALL].concat();
    for first in 0..stream.len() {
        for second in first..stream.len() {
            let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(run(&mut Framer::new(Limits::default()), &pieces), "iMiiM", "{first} {second}");
            let mut asked = Framer::new(Limits::default());
            asked.expect_pong();
            asked.expect_pong();
            // Two owed pongs take the first two CR LFs, the lone third is skipped before the message.
            assert_eq!(run(&mut asked, &pieces), "ooMiiM", "{first} {second}");
        }
    }
}

#[test]
fn a_pong_is_reported_at_once_and_a_ping_cut_in_half_is_one_ping() {
    let mut framer = Framer::new(Limits::default());
    assert_eq!(run(&mut framer, &[b"\r\n"]), "");
    assert_eq!(run(&mut framer, &[b"\r\n"]), "i");
    framer.expect_pong();
    assert_eq!(run(&mut framer, &[b"\r"]), "");
    assert_eq!(run(&mut framer, &[b"\n"]), "o");
    framer.expect_pong();
    assert_eq!(run(&mut framer, &[b"\r\n"]), "o");
}

#[test]
fn pings_in_a_row_have_a_limit_that_messages_and_pongs_reset() {
    let limits = Limits { pings: 3, ..Limits::default() };
    assert_eq!(fault(limits, &b"\r\n\r\n".repeat(4)).what, Offence::TooManyPings);
    let mut framer = Framer::new(limits);
    let three = b"\r\n\r\n".repeat(3);
    assert_eq!(run(&mut framer, &[&three, SMALL, &three]), "iiiMiii");
    framer.expect_pong();
    assert_eq!(run(&mut framer, &[b"\r\n", &three]), "oiii");
}

#[test]
fn limits_hold_and_say_where() {
    let limits = Limits { head: 64, headers: 3, body: 5, pings: 1, passed_over: 5, unreadable: 2 };
    let at = |what, offset| Malformed { what, offset };
    let long = [b"OPTIONS sip:a@b SIP/2.0\r\nX: ".as_slice(), &[b'x'; 80]].concat();
    assert_eq!(fault(limits, &long), at(Offence::HeadTooLong, 64));
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\r\nl: 6\r\n\r\n"), at(Offence::BodyTooLong, 29));
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\r\na:\r\n\r\n"), at(Offence::NoContentLength, 27));
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\r\nl: -6\r\n\r\n"), at(Offence::ContentLength, 25));
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n"), at(Offence::DuplicateHeader, 31));
    let huge = b"OPTIONS sip:a@b SIP/2.0\r\nl: 99999999999999999999999\r\n\r\n";
    assert_eq!(fault(limits, huge), at(Offence::BodyTooLong, 51));
}

#[test]
fn a_lone_line_break_and_what_is_no_sip_are_found_at_once() {
    let limits = Limits::default();
    let at = |what, offset| Malformed { what, offset };
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\nl"), at(Offence::Character, 23));
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\rl"), at(Offence::Character, 23));
    assert_eq!(fault(limits, b"\x16\x03\x01"), at(Offence::StartLine, 0));
    assert_eq!(fault(limits, b"\rX"), at(Offence::Character, 0));
    let mut framer = Framer::new(limits);
    assert_eq!(run(&mut framer, &[b"OPTIONS sip:a@b SIP/2.0\r", b"X"]), "!");
    assert_eq!(run(&mut framer, &[SMALL]), "!", "a stream in fault stays in fault");
}

/// What is passed over of a stream that goes on behind it, octet by octet and at once.
fn passed_over(limits: Limits, data: &[u8]) -> Unreadable {
    let stream = [data, SMALL].concat();
    let mut seen = Vec::new();
    for size in [1, 7, stream.len()] {
        let mut framer = Framer::new(limits);
        let mut frames = Vec::new();
        for piece in stream.chunks(size) {
            framer.push(piece);
            while let Some(frame) = framer.next_frame().unwrap() {
                frames.push(frame);
            }
            assert!(framer.waiting() <= limits.head + limits.body + 4 + size);
        }
        let [Frame::Unreadable(unreadable), Frame::Message(next)] = frames.as_slice() else { panic!("{frames:?}") };
        assert_eq!(next.body.as_ref(), b"abc");
        seen.push(unreadable.as_ref().clone());
    }
    assert!(seen.iter().all(|other| *other == seen[0]));
    seen.swap_remove(0)
}

#[test]
fn a_broken_message_with_a_plain_end_is_passed_over() {
    let many = format!("MESSAGE sip:a@b SIP/2.0\r\n{}l: 3\r\n\r\nxyz", "X: y\r\n".repeat(300));
    for (data, what, offset) in [
        ("MESSAGE sip:a@b SIP/2.0\r\nno colon\r\nContent-Length: 3\r\n\r\nxyz", Offence::HeaderLine, 28),
        ("MESSAGE sip:a@b SIP/2.0\r\n: y\r\nl: 3\r\n\r\nxyz", Offence::HeaderLine, 25),
        ("MESSAGE sip:a@b SIP/3.0\r\nl: 3\r\n\r\nxyz", Offence::Version, 16),
        ("MESSAGE SIP/2.0\r\nl: 0\r\n\r\n", Offence::StartLine, 7),
        ("SIP/2.0 999 Odd\r\nl: 3\r\n\r\nxyz", Offence::StatusCode, 8),
        ("SIP/2.0 099 Odd\r\nl: 3\r\n\r\nxyz", Offence::StatusCode, 8),
        ("MESSAGE sip:a@b SIP/2.0\r\nX: \0\r\nl: 3\r\n\r\nxyz", Offence::Character, 28),
        ("MESSAGE sip:a@b SIP/2.0\r\nX y\r\nl: 3\r\nl: 3\r\n\r\nxyz", Offence::HeaderLine, 27),
        (many.as_str(), Offence::TooManyHeaders, 25 + 256 * 6),
    ] {
        assert_eq!(passed_over(Limits::default(), data.as_bytes()).fault, Malformed { what, offset }, "{data:?}");
    }
}

#[test]
fn what_can_be_read_of_a_broken_message_remains() {
    let broken = b"MESSAGE sip:a@b SIP/2.0\r\nVia: v\r\nno colon\r\ni: call\r\nl: 0\r\n\r\n";
    let remains = passed_over(Limits::default(), broken).remains.unwrap();
    assert_eq!(remains.method(), Some(&Method::Message));
    assert_eq!((remains.header("Via").as_deref(), remains.call_id().as_deref()), (Some("v"), Some("call")));
    assert_eq!(passed_over(Limits::default(), b"SIP/3.0 200 OK\r\nl: 0\r\n\r\n").remains, None);
}

#[test]
fn a_body_too_long_to_keep_is_passed_over_without_being_kept() {
    let limits = Limits { head: 200, body: 64, passed_over: 4096, ..Limits::default() };
    let head = b"MESSAGE sip:a@b SIP/2.0\r\nl: 4096\r\n\r\n";
    let long = passed_over(limits, &[head.as_slice(), &b"\r\n".repeat(2048)].concat());
    assert_eq!(long.fault, Malformed { what: Offence::BodyTooLong, offset: 32 });
    assert_eq!(long.remains.unwrap().method(), Some(&Method::Message));
    let longer = b"MESSAGE sip:a@b SIP/2.0\r\nl: 4097\r\n\r\n";
    assert_eq!(fault(limits, longer).what, Offence::BodyTooLong);
    let broken = b"MESSAGE sip:a@b SIP/2.0\r\n?\r\nl: 4097\r\n\r\n";
    assert_eq!(fault(limits, broken).what, Offence::HeaderLine);
}

#[test]
fn a_broken_message_whose_end_is_in_doubt_ends_the_stream() {
    for (data, what) in [
        (b"MESSAGE sip:a@b SIP/3.0\r\nl: 3\r\nl: 4\r\n\r\n".as_slice(), Offence::Version),
        (b"MESSAGE sip:a@b SIP/3.0\r\nl: three\r\n\r\n", Offence::Version),
        (b"MESSAGE sip:a@b SIP/3.0\r\nl\r\n\r\n", Offence::Version),
        (b"MESSAGE sip:a@b SIP/3.0\r\n\r\n", Offence::Version),
        (b"MESSAGE sip:a@b SIP/3.0\r\nX: \nY\r\nl: 3\r\n\r\n", Offence::Character),
        (b"MESSAGE sip:a@b SIP/2.0\r\nX: \0\rY\r\nl: 3\r\n\r\n", Offence::Character),
        (b"<message/>\r\nl: 3\r\n\r\n", Offence::StartLine),
    ] {
        assert_eq!(fault(Limits::default(), data).what, what, "{}", data.escape_ascii());
        let cut = run(&mut Framer::new(Limits::default()), &data.chunks(1).collect::<Vec<_>>());
        assert_eq!(cut.trim_end_matches('!'), "", "{}", data.escape_ascii());
        assert!(!cut.is_empty(), "{}", data.escape_ascii());
    }
}

#[test]
fn who_sends_nothing_that_can_be_read_is_given_up() {
    let broken = b"SIP/2.0 999 Odd\r\nl: 0\r\n\r\n";
    let limits = Limits { unreadable: 3, ..Limits::default() };
    assert_eq!(fault(limits, &broken.repeat(4)).what, Offence::TooManyUnreadable);
    let three = broken.repeat(3);
    assert_eq!(run(&mut Framer::new(limits), &[&three, SMALL, &three, b"\r\n\r\n", broken]), "uuuMuuui!");
}
