//! Streams cut anywhere: messages, keep-alives, limits.

use chinwag::sip::fault::{Malformed, Offence};
use chinwag::sip::framing::{Frame, Framer, Limits};

const SMALL: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\nl: 3\r\n\r\nabc";

/// What came out: `M` message, `i` ping, `o` pong, `!` fault.
fn run(framer: &mut Framer, pieces: &[&[u8]]) -> String {
    let mut out = String::new();
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(_))) => out.push('M'),
                Ok(Some(Frame::Ping)) => out.push('i'),
                Ok(Some(Frame::Pong)) => out.push('o'),
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
    let limits = Limits { head: 64, headers: 3, body: 5, pings: 1 };
    let at = |what, offset| Malformed { what, offset };
    let long = [b"OPTIONS sip:a@b SIP/2.0\r\nX: ".as_slice(), &[b'x'; 80]].concat();
    assert_eq!(fault(limits, &long), at(Offence::HeadTooLong, 64));
    assert_eq!(fault(limits, b"OPTIONS sip:a@b SIP/2.0\r\na:\r\na:\r\na:\r\nl:0\r\n\r\n"), at(Offence::TooManyHeaders, 37));
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
