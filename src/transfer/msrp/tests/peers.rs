//! Other programs, by hand: other borders of chunks, other words, and the wrong ones.

use super::*;
use crate::transfer::{Failure, Outcome};

fn receiver(octets: u64) -> Receiver {
    Receiver::new(receiving(octets), start())
}

/// A sender who said all of a file.
fn said_all(terms: Terms) -> Sender {
    let file = vec![b'x'; usize::try_from(terms.octets).unwrap()];
    let mut sender = Sender::new(terms, start());
    sender.reads(file, start());
    sender
}

#[test]
fn chunks_of_any_size_and_borders_that_moved() {
    let mut receiver = receiver(9);
    assert_eq!(receiver.hears(chunk("d93k", "1-*/*", "1", '+'), start()).text(), answer("d93k", "200 OK"));
    // It ends earlier than it said.
    assert_eq!(receiver.hears(chunk("d93l", "2-9/9", "234", '+'), start()).text(), answer("d93l", "200 OK"));
    // It has no octets at all.
    assert_eq!(receiver.hears(chunk("d93m", "5-4/9", "", '+'), start()).text(), answer("d93m", "200 OK"));
    receiver.hears(chunk("d93n", "5-9/9", "56789", '+'), start());
    // Nothing but that it was the last.
    let last = send("d93o", "Message-ID: m3ss\r\nByte-Range: 10-9/9\r\n", None, '$');
    let end = receiver.hears(last, start());
    assert_eq!(end.text(), [answer("d93o", "200 OK"), report("r3cv0", "m3ss", "1-9/9", "200 OK")].concat());
    assert_eq!(end.end(), &Event::Done(Outcome::Unauthenticated));
}

#[test]
fn a_message_without_range_is_whole() {
    let whole = send("d93k", "Message-ID: m3ss\r\n", Some("123456789"), '$');
    let end = receiver(9).hears(whole, start());
    // Nobody asked for a report.
    assert_eq!((end.text(), end.end()), (&answer("d93k", "200 OK")[..], &Event::Done(Outcome::Unauthenticated)));
}

#[test]
fn answers_as_they_are_wanted() {
    for (wish, good, bad) in [("yes", true, true), ("partial", false, true), ("no", false, false)] {
        let wished = |text: String| text.replace("Success-Report: yes", &format!("Failure-Report: {wish}"));
        let end = receiver(2).hears(wished(chunk("d93k", "1-2/2", "12", '$')), start());
        assert_eq!(end.text(), if good { answer("d93k", "200 OK") } else { String::new() });
        let end = receiver(2).hears(wished(chunk("d93k", "2-2/2", "2", '$')), start());
        assert_eq!(end.text(), if bad { answer("d93k", "413 Stop") } else { String::new() });
    }
}

#[test]
fn pieces_that_do_not_fit() {
    let cases = [
        (chunk("d93k", "2-2/9", "2", '+'), Failure::OutOfOrder, "413 Stop"),
        ([chunk("d93l", "1-3/9", "123", '+'), chunk("d93k", "3-4/9", "34", '+')].concat(), Failure::OutOfOrder, "413 Stop"),
        ([chunk("d93l", "1-3/9", "123", '+'), chunk("d93k", "5-6/9", "56", '+')].concat(), Failure::OutOfOrder, "413 Stop"),
        (chunk("d93k", "1-8/8", "12345678", '$'), Failure::WrongSize { announced: 9, said: 8 }, "413 Stop"),
        (chunk("d93k", "1-10/10", "1234567890", '$'), Failure::WrongSize { announced: 9, said: 10 }, "413 Stop"),
        (chunk("d93k", "1-*/*", "1234567890", '$'), Failure::TooMuch, "413 Stop"),
        (chunk("d93k", "1-*/*", "12345678", '$'), Failure::WrongSize { announced: 9, said: 8 }, "400 Not understood"),
        (chunk("d93k", "1-*/9", "1234", '#'), Failure::CancelledByPeer, "200 OK"),
        (send("d93k", "Message-ID: m3ss\r\nByte-Range: 0-1/9\r\n", Some("1"), '+'), Failure::Unexpected, "400 Not understood"),
        (send("d93k", "Message-ID: m3ss\r\nMessage-ID: m3ss\r\n", Some("1"), '+'), Failure::Unexpected, "400 Not understood"),
    ];
    for (said, failure, status) in cases {
        let end = receiver(9).hears(&said, start());
        assert_eq!(end.end(), &Event::Failed(failure), "{said}");
        assert!(end.text().ends_with(&answer("d93k", status)), "{said} {end:?}");
    }
}

#[test]
fn a_file_that_is_wrapped_is_not_taken() {
    let wrapped = |said: String, as_what: &str| said.replace("text/plain", as_what);
    for as_what in ["message/cpim", "Message/CPIM", "message/cpim; charset=utf-8", "message/cpim;x=y"] {
        // What is around it makes it longer: that is not what is said of it.
        let end = receiver(9).hears(wrapped(chunk("d93k", "1-40/40", "12345", '+'), as_what), start());
        assert_eq!(end.text(), answer("d93k", "415 Not of this type"), "{as_what}");
        assert_eq!(end.events, [Event::Started, Event::Failed(Failure::Wrapped)], "{as_what}");
        assert!(end.close && end.file.is_empty());
        // As it was announced to be.
        let mut receiver = Receiver::new(Terms { media_type: "message/CPIM".into(), ..receiving(9) }, start());
        let end = receiver.hears(wrapped(chunk("d93k", "1-9/9", "123456789", '$'), as_what), start());
        assert_eq!(end.end(), &Event::Done(Outcome::Unauthenticated));
    }
    let end = receiver(9).hears(wrapped(chunk("d93k", "1-9/9", "123456789", '$'), "message/cpim-not"), start());
    assert_eq!(end.end(), &Event::Done(Outcome::Unauthenticated));
    // In the middle of it too.
    let mut receiver = receiver(9);
    receiver.hears(chunk("d93k", "1-5/9", "12345", '+'), start());
    let end = receiver.hears(wrapped(chunk("d93l", "6-9/9", "6789", '$'), "message/cpim"), start());
    assert_eq!((end.text(), end.end()), (&answer("d93l", "415 Not of this type")[..], &Event::Failed(Failure::Wrapped)));
}

#[test]
fn frames_that_are_none() {
    let long = format!("MSRP d93k SEND\r\nTo-Path: {}\r\n", "x".repeat(2_100));
    for (said, failure) in [
        ("GET / HTTP/1.1\r\n".to_owned(), Failure::Unexpected),
        (format!("MSRP d93k SEND\r\nFrom-Path: {SENDER}\r\n"), Failure::Unexpected),
        (format!("MSRP d93k SEND\r\nTo-Path: {RECEIVER}\r\nMessage-ID: m3ss\r\n"), Failure::Unexpected),
        (chunk("d93k", "1-9/9", "", '+').replace("Content-Type", "Content Type"), Failure::Unexpected),
        (send("d93k", &"X: y\r\n".repeat(33), None, '$'), Failure::Unexpected),
        (send("d93k", "", None, '!'), Failure::Unexpected),
        (send("d93k", "-------other$\r\n", None, '$'), Failure::Unexpected),
        (long, Failure::LineTooLong),
    ] {
        let end = receiver(9).hears(&said, start());
        assert_eq!((end.text(), end.end()), ("", &Event::Failed(failure)), "{said}");
        let end = Sender::new(sending(9), start()).hears(&said, start());
        assert_eq!(end.end(), &Event::Failed(failure), "{said}");
    }
}

#[test]
fn strangers_get_nothing() {
    for (from, to) in [(SENDER, "s3ss10niD"), (RECEIVER, "iau39soe2843Z")] {
        let wrong = from.rsplit_once('/').map(|(before, _)| format!("{before}/{to};tcp")).unwrap();
        let said = chunk("d93k", "1-9/9", "123456789", '$').replace(from, &wrong);
        let end = receiver(9).hears(&said, start());
        assert!(end.text().starts_with("MSRP d93k 481 "), "{end:?}");
        assert_eq!((end.file.len(), end.end()), (0, &Event::Failed(Failure::WrongSession)));
        let mut sender = Sender::new(Terms { ours: path(RECEIVER), theirs: path(SENDER), active: false, ..sending(9) }, start());
        let end = sender.hears(&said, start());
        assert!(end.text().starts_with("MSRP d93k 481 "), "{end:?}");
        assert_eq!(end.events, [Event::Failed(Failure::WrongSession)]);
    }
    // What is no request names no session.
    let mut sender = Sender::new(Terms { active: false, ..sending(9) }, start());
    let said = [answer("s3nd0", "200 OK"), report("r3cv", "s3nd", "1-9/9", "200 OK")].concat();
    assert_eq!(sender.hears(said, start()), Wanted { deadline: Some(seconds(10)), ..Wanted::default() });
}

/// On a connection of which one session is ours.
#[test]
fn other_sessions_and_methods_and_messages() {
    let mut receiver = receiver(9);
    receiver.hears(chunk("d93k", "1-4/9", "1234", '+'), start());
    let other = chunk("d93l", "1-4/4", "abcd", '$').replace("iau39soe2843z", "an0ther");
    assert!(receiver.hears(other, start()).text().starts_with("MSRP d93l 481 No such session\r\n"));
    let other = chunk("d93m", "1-4/4", "abcd", '$').replace("m3ss", "0ther");
    assert_eq!(receiver.hears(other, start()).text(), answer("d93m", "413 Stop"));
    let other = send("d93n", "", Some("abcd"), '$').replace(" SEND", " NICKNAME");
    assert_eq!(receiver.hears(other, start()).text(), answer("d93n", "501 No such method"));
    assert_eq!(receiver.hears(send("d93o", "", Some("abcd"), '$'), start()).text(), answer("d93o", "400 Not understood"));
    assert_eq!(receiver.hears(send("d93p", "Byte-Range: 1-0/0\r\n", None, '$'), start()).text(), answer("d93p", "200 OK"));
    let greeting = send("d93q", "Message-ID: 0ther\r\nByte-Range: 1-0/0\r\n", Some(""), '$');
    assert_eq!(receiver.hears(greeting, start()).text(), answer("d93q", "200 OK"));
    assert_eq!(receiver.hears(report("r3po", "m3ss", "1-4/9", "413 Stop"), start()).text(), "");
    assert_eq!(receiver.hears(answer("n0ne", "481"), start()).text(), "");
    let end = receiver.hears(chunk("d93r", "5-9/9", "56789", '$'), start());
    assert_eq!((&end.file[..], end.end()), (&b"56789"[..], &Event::Done(Outcome::Unauthenticated)));
}

#[test]
fn what_is_sent_to_a_sender() {
    let swapped = |text: String| text.replace(SENDER, "<>").replace(RECEIVER, SENDER).replace("<>", RECEIVER);
    let mut sender = said_all(sending(9));
    for (said, code) in [
        (send("d93k", "Message-ID: m3ss\r\nByte-Range: 1-0/0\r\n", None, '$'), "200 "),
        (chunk("d93l", "1-5/5", "hello", '$'), "403 "),
        (send("d93m", "Byte-Range: ?\r\n", None, '$'), "400 "),
        (send("d93n", "", None, '$').replace(" SEND", " AUTH"), "501 "),
        (send("d93o", "", None, '$').replace("iau39soe2843z", "an0ther"), "481 "),
    ] {
        let wanted = sender.hears(swapped(said), start());
        assert!(wanted.text().get(10..).is_some_and(|rest| rest.starts_with(code)), "{code} {wanted:?}");
        assert!(!wanted.close);
    }
    sender.hears(answer("s3nd0", "200 OK"), start());
    assert_eq!(sender.hears(report("r3po", "s3nd", "1-9/9", "200 OK"), start()).end(), &Event::Done(Outcome::Confirmed));
}

#[test]
fn refusals_are_sentences() {
    for (code, failure) in [
        (400, Failure::NotUnderstood),
        (403, Failure::Forbidden),
        (408, Failure::PeerTimeout),
        (413, Failure::CancelledByPeer),
        (415, Failure::TypeRefused),
        (423, Failure::Refused(423)),
        (481, Failure::NoSession),
        (501, Failure::NotUnderstood),
        (506, Failure::OtherConnection),
    ] {
        let status = format!("{code} words");
        let end = said_all(sending(9)).hears(answer("s3nd0", &status), start());
        assert_eq!((end.text(), end.end()), ("", &Event::Failed(failure)));
        let end = said_all(sending(9)).hears(report("r3po", "s3nd", "1-9/9", &status), start());
        assert_eq!(end.end(), &Event::Failed(failure));
        let mut receiver = Receiver::new(Terms { active: true, ..receiving(9) }, start());
        let end = receiver.hears(answer("r3cv0", &status), start());
        assert_eq!(end.end(), &Event::Failed(failure));
    }
    assert_eq!(Failure::Refused(423).to_string(), "the other side refused the file (code 423)");
}

#[test]
fn reports_in_parts_of_others_and_too_early() {
    let mut sender = said_all(sending(9));
    for said in [
        report("r3po", "0ther", "1-9/9", "200 OK"),
        report("r3po", "s3nd", "4-9/9", "200 OK"),
        report("r3po", "s3nd", "1-*/9", "200 OK"),
        report("r3po", "s3nd", "1-9/9", "200 OK").replace("000", "001"),
        report("r3po", "s3nd", "1-9/9", "200 OK").replace("Status", "State"),
        report("r3po", "s3nd", "1-9/9", "200 OK").replace("iau39soe2843z", "an0ther"),
        report("r3po", "s3nd", "1-3/9", "200 OK"),
    ] {
        assert!(!sender.hears(&said, start()).close, "{said}");
    }
    assert_eq!(sender.hears(report("r3po", "s3nd", "4-9/9", "200 OK"), start()).end(), &Event::Done(Outcome::Confirmed));
    // Before all was said it can only be wrong.
    let mut sender = Sender::new(sending(9), start());
    assert!(!sender.hears(report("r3po", "s3nd", "1-9/9", "200 OK"), start()).close);
}

#[test]
fn ends_without_a_report() {
    let relayed = Terms { theirs: path(&format!("{RELAY} {RECEIVER}")), ..sending(9) };
    // That every piece came does not say that the file is kept, whoever answered.
    for terms in [sending(9), relayed] {
        let mut sender = said_all(terms.clone());
        assert_eq!(sender.hears(answer("s3nd0", "200 OK"), seconds(9)).deadline, Some(seconds(69)));
        sender.tick(seconds(69));
        assert_eq!(sender.wanted().end(), &Event::Done(Outcome::Unconfirmed));
        // Who closes has nothing more to say.
        let mut sender = said_all(terms.clone());
        sender.hears(answer("s3nd0", "200 OK"), seconds(9));
        sender.closed(start());
        assert_eq!(sender.wanted().end(), &Event::Done(Outcome::Unconfirmed));
        // A report of a part is none of the whole.
        let mut sender = said_all(terms.clone());
        sender.hears(answer("s3nd0", "200 OK"), seconds(9));
        sender.hears(report("r3po", "s3nd", "1-8/9", "200 OK"), seconds(9));
        sender.closed(start());
        assert_eq!(sender.wanted().end(), &Event::Done(Outcome::Unconfirmed));
        // What was not answered did not come, for all we know.
        let mut sender = said_all(terms);
        sender.closed(start());
        assert_eq!(sender.wanted().end(), &Event::Failed(Failure::Closed));
    }
}

#[test]
fn through_relays() {
    let mut sender = Sender::new(Terms { theirs: path(&format!("{RELAY} {RECEIVER}")), ..sending(9) }, start());
    let said = sender.reads("123456789", start());
    assert!(said.text().contains(&format!("\r\nTo-Path: {RELAY} {RECEIVER}\r\nFrom-Path: {SENDER}\r\n")), "{said:?}");
    // The relay takes itself out of one path and puts itself into the other.
    let passed = said.text().replace(&format!("{RELAY} {RECEIVER}"), RECEIVER).replace(SENDER, &format!("{RELAY} {SENDER}"));
    let end = receiver(9).hears(passed, start());
    let (answered, reported) = end.text().split_at(end.text().find("MSRP r3cv0").unwrap());
    assert_eq!(answered, answer("s3nd0", "200 OK").replace(SENDER, RELAY));
    assert_eq!(reported, report("r3cv0", "s3nd", "1-9/9", "200 OK").replace(SENDER, &format!("{RELAY} {SENDER}")));
    assert_eq!(end.end(), &Event::Done(Outcome::Unauthenticated));
}

#[test]
fn a_sender_that_closes_early_or_while_our_disk_writes() {
    for said in [String::new(), chunk("d93k", "1-2/9", "12", '+'), chunk("d93k", "1-9/9", "123456789", '+')] {
        let mut receiver = receiver(9);
        receiver.hears(said, start());
        receiver.closed(start());
        assert_eq!(receiver.wanted().end(), &Event::Failed(Failure::Closed));
    }
    let mut receiver = receiver(2);
    receiver.receive(chunk("d93k", "1-2/2", "12", '$').as_bytes(), start());
    receiver.closed(start());
    let wanted = receiver.wanted();
    assert_eq!((&wanted.file[..], wanted.close), (&b"12"[..], false));
    receiver.stored(2, start());
    let wanted = receiver.wanted();
    assert_eq!((wanted.text(), wanted.end()), ("", &Event::Done(Outcome::Unauthenticated)));
}

#[test]
fn the_end_of_a_chunk_stands_nowhere_in_it() {
    let file = (0..40).map(|count| format!("-------s3nd{count:x}$\r\n")).collect::<Vec<_>>().concat();
    let mut sender = Sender::new(sending(file.len() as u64), start());
    let said = sender.reads(&file, start());
    assert!(said.text().starts_with("MSRP s3nd28 SEND\r\n"), "{said:?}");
    let end = receiver(file.len() as u64).hears(&said.wire, start());
    assert_eq!((&end.file[..], end.end()), (file.as_bytes(), &Event::Done(Outcome::Unauthenticated)));
}

#[test]
fn short_reads_make_full_chunks() {
    let mut sender = Sender::new(sending(11_000), start());
    assert_eq!(sender.wanted().read, Some(8_192));
    let wanted = sender.reads(vec![b'x'; 3_000], start());
    assert_eq!((wanted.text(), wanted.read), ("", Some(5_192)));
    let wanted = sender.reads(vec![b'x'; 5_192], start());
    assert!(wanted.text().contains("\r\nByte-Range: 1-*/11000\r\n") && wanted.text().ends_with("+\r\n"));
    assert_eq!(wanted.read, Some(2_808));
    let wanted = sender.reads(vec![b'x'; 2_808], start());
    assert!(wanted.text().contains("\r\nByte-Range: 8193-*/11000\r\n") && wanted.text().ends_with("$\r\n"));
}

#[test]
fn words_from_outside_cannot_break_a_frame() {
    for (token, media_type) in [("", ""), ("a\r\nb-c", "text/plain\r\nX: y"), ("..", "text"), (&"t".repeat(99), "é/é")] {
        let terms = Terms { token: token.into(), media_type: media_type.into(), ..sending(3) };
        let said = Sender::new(terms, start()).reads("abc", start());
        assert!(said.text().contains("\r\nContent-Type: application/octet-stream\r\n\r\n"), "{said:?}");
        assert_eq!(receiver(3).hears(&said.wire, start()).end(), &Event::Done(Outcome::Unauthenticated));
    }
}
