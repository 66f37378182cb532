//! What must hold for any bytes. One function for each fuzz target; the ordinary tests run the
//! same functions over the corpus, over the fixtures and over random bytes.

#![allow(clippy::missing_panics_doc, clippy::panic)] // to panic is how a target reports

use chinwag::sip::framing::{Frame, Framer, Limits};
use chinwag::sip::message::{
    AuthParams, CSeq, Message, NameAddr, Params, Uri, Via, parse_datagram, parse_head, quote, split_commas,
};
use chinwag::sip::stun::{self, Answer, Stun};

pub mod bodies;
pub mod inspect;
pub mod msrp;
pub mod policies;
pub mod screen;
pub mod security;
pub mod transfer;

/// A target and its name, which is also that of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 39] = [
    ("message", message),
    ("framer", framer),
    ("uri", uri),
    ("name_addr", name_addr),
    ("via", via),
    ("stun", stun),
    ("params", params),
    ("msrtc", bodies::msrtc),
    ("user_info", bodies::user_info),
    ("adrl", bodies::adrl),
    ("rlmi", bodies::rlmi),
    ("roaming", bodies::roaming),
    ("acl", bodies::acl),
    ("wpending", bodies::wpending),
    ("provisioning", bodies::provisioning),
    ("soap", bodies::soap),
    ("keyboard", bodies::keyboard),
    ("mim", bodies::mim),
    ("registration_event", bodies::registration_event),
    ("xpidf", bodies::xpidf),
    ("sdp", bodies::sdp),
    ("msgr", bodies::msgr),
    ("text_format", bodies::text_format),
    ("multipart", bodies::multipart),
    ("simple", bodies::simple),
    ("xml", bodies::xml),
    ("ntlm_challenge", security::ntlm_challenge),
    ("ntlm_answer", security::ntlm_answer),
    ("sa_header", security::sa_header),
    ("signature", security::signature),
    ("shown", screen::shown),
    ("policy_toml", policies::toml),
    ("policy_json", policies::json),
    ("policy_pol", policies::pol),
    ("policy_reg", policies::reg),
    ("inspect", inspect::file),
    ("invitation", bodies::invitation),
    ("transfer", transfer::transfer),
    ("msrp", msrp::msrp),
];

/// A datagram is refused with an offset inside it, or read, written and read again as the same.
pub fn message(data: &[u8]) {
    if let Err(fault) = parse_head(data) {
        assert!(fault.offset <= data.len(), "{fault:?}");
    }
    match parse_datagram(data) {
        Err(fault) => assert!(fault.offset <= data.len(), "{fault:?}"),
        Ok(message) => {
            let written = message.to_bytes();
            let again = parse_datagram(&written).unwrap_or_else(|fault| panic!("written but not readable: {fault:?}"));
            assert_eq!(again.start, message.start);
            assert_eq!(again.body, message.body);
            assert_eq!(again.to_bytes(), written, "the second writing differs");
            if message.headers.has("Content-Length") {
                assert_eq!(again, message);
                assert!(contains(data, &written), "an unchanged message was written otherwise");
            }
            look_at(&message);
        }
    }
}

/// Every view of a message can be taken, whatever is in it.
fn look_at(message: &Message) {
    if let Err(fault) = message.check() {
        assert!(fault.offset <= message.to_bytes().len() + 2, "{fault:?}");
    }
    let _ = (message.cseq(), message.expires(), message.content_type(), message.top_via(), message.call_id());
    let _ = (message.from(), message.to(), Uri::of_request(message), message.content_length());
    let mut changed = message.clone();
    for header in message.headers.iter() {
        let name = header.name();
        assert!(message.headers.has(name));
        let _ = (message.name_addrs(name), message.headers.list(name), AuthParams::parse(&header.value()));
        changed.headers.set(name, header.value());
    }
    let written = changed.to_bytes();
    assert!(parse_datagram(&written).is_ok(), "a changed message is not readable");
    let response = Message::response_to(message, 400).to_bytes();
    assert!(parse_datagram(&response).is_ok(), "a response is not readable");
    if let Ok(theirs) = message.to_rsip() {
        let back = Message::from_rsip(&theirs).unwrap_or_else(|why| panic!("not back from rsip: {why}"));
        assert_eq!(back.body, message.body);
    }
}

/// A stream gives the same frames and the same fault however it is cut. The first two octets
/// choose the size of the pieces and how many pongs are awaited.
pub fn framer(data: &[u8]) {
    let [piece, owed, stream @ ..] = data else { return };
    let limits = Limits { head: 4096, headers: 32, body: 4096, pings: 8, passed_over: 8192, unreadable: 4 };
    let run = |size: usize| {
        let mut framer = Framer::new(limits);
        for _ in 0..owed % 4 {
            framer.expect_pong();
        }
        let mut frames = Vec::new();
        for chunk in stream.chunks(size.max(1)) {
            framer.push(chunk);
            loop {
                match framer.next_frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(fault) => {
                        assert!(fault.offset <= stream.len(), "{fault:?}");
                        assert_eq!(framer.next_frame(), Err(fault), "a fault is for good");
                        return (frames, true);
                    }
                }
            }
            assert!(framer.waiting() <= limits.head + limits.body + 4 + size, "more waits than the limits allow");
        }
        (frames, false)
    };
    let whole = run(stream.len());
    let cut = run(usize::from(*piece % 16) + 1);
    assert_eq!(whole, cut);
    for frame in whole.0 {
        match frame {
            Frame::Message(message) => look_at(&message),
            Frame::Unreadable(unreadable) => {
                assert!(unreadable.fault.offset <= limits.head, "{:?}", unreadable.fault);
                // What remains is written so that it can be read, as the answer to it must be.
                if let Some(remains) = unreadable.remains {
                    let answer = Message::response_to(&remains, 400).to_bytes();
                    assert!(parse_datagram(&answer).is_ok(), "an answer is not readable");
                    assert!(remains.headers.len() <= limits.headers, "more fields remain than there may be");
                }
            }
            Frame::Ping | Frame::Pong => {}
        }
    }
}

/// A URI keeps its text; its parts are parts of it.
pub fn uri(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Uri::parse(&text) {
        Err(fault) => assert!(fault.offset <= text.len(), "{fault:?}"),
        Ok(uri) => {
            // Quotes around the value of a parameter are taken off.
            assert!(text.contains('"') || uri.as_str() == text.trim_ascii());
            assert_eq!(Uri::parse(uri.as_str()).as_ref(), Ok(&uri));
            assert!(uri.as_str().contains(uri.host()));
            let _ = (uri.scheme(), uri.user(), uri.port(), uri.params(), uri.headers(), uri.param("transport"), uri.is_sip());
            if uri.is_sip() {
                let aor = Uri::parse(&uri.aor()).unwrap_or_else(|fault| panic!("{:?}: {fault:?}", uri.aor()));
                assert_eq!(aor.aor(), uri.aor());
            }
        }
    }
}

/// An address is written so that it is read as the same.
pub fn name_addr(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match NameAddr::parse(&text) {
        Err(fault) => assert!(fault.offset <= text.len(), "{fault:?}"),
        Ok(address) => {
            let written = address.to_string();
            let again = NameAddr::parse(&written).unwrap_or_else(|fault| panic!("{written:?}: {fault:?}"));
            assert_eq!(again.uri, address.uri);
            assert_eq!(again.to_string(), written);
            let _ = address.tag();
        }
    }
    let _ = NameAddr::parse_list(&text);
    assert!(!quote(&text).contains(['\r', '\n', '\0']));
}

/// STUN is read or not; an address that was read is written so that it is read as the same.
pub fn stun(data: &[u8]) {
    match stun::read(data) {
        Some(Stun::Request(id)) => assert_eq!(stun::read(&stun::request(id)), Some(Stun::Request(id))),
        Some(Stun::Answer(Answer { id, mapped: Some(at) })) => {
            assert_eq!(stun::read(&stun::answer(id, at)), stun::read(data));
        }
        Some(Stun::Answer(_)) | None => {}
    }
    assert!(stun::is_stun(data) || stun::read(data).is_none());
}

/// A Via is written so that it is read as the same; lists fall into parts of themselves.
pub fn via(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for element in split_commas(&text) {
        assert!(!element.is_empty() && text.contains(element));
    }
    if let Some(via) = Via::parse(&text) {
        let written = via.to_string();
        let again = Via::parse(&written).unwrap_or_else(|| panic!("{written:?}"));
        assert_eq!(again.to_string(), written);
        let _ = via.branch();
    }
    if let Some(cseq) = CSeq::parse(&text) {
        assert_eq!(CSeq::parse(&cseq.to_string()), Some(cseq));
    }
}

/// Parameters are written so that they are read as the same.
pub fn params(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let params = Params::parse(&text);
    let written = params.to_string();
    assert_eq!(Params::parse(&written).to_string(), written);
    for (name, _) in params.iter() {
        assert!(params.has(name) && params.get(name).is_some());
    }
    if let Some(auth) = AuthParams::parse(&text) {
        for (name, _) in auth.iter() {
            assert!(auth.get(name).is_some());
        }
    }
}

fn contains(data: &[u8], part: &[u8]) -> bool {
    data.windows(part.len()).any(|w| w == part)
}
