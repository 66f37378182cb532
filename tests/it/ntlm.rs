//! NTLM between the client and the embedded server: sign-in in every form, every message signed,
//! and what happens when a server lies, forgets, or has another time.

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag::backend::{Command, Event};
use chinwag::demo::features::{Feature, Features};
use chinwag::demo::{ServerConfig, ServerLog, hash_secret, parse_users};
use chinwag::model::{Capabilities, Fate, SignInPhase};
use chinwag::sip::auth::ntlm::Weakening;
use chinwag::sip::auth::{AcceptorSettings, Clock, Doubt, Mischief, Prank, Rejected, SaHeader, Scheme, Schemes, TextVersion};
use chinwag::sip::message::Method;

use crate::support::pair::{ClientId, DOMAIN, Pair, Way, Wired, address, password};

const FORMS: [(TextVersion, bool, Weakening); 5] = [
    (TextVersion::V2, false, Weakening::None),
    (TextVersion::V2, false, Weakening::Bits56),
    (TextVersion::V2, false, Weakening::Bits40),
    (TextVersion::V3, true, Weakening::None),
    (TextVersion::V4, true, Weakening::None),
];

fn server(change: impl FnOnce(&mut ServerConfig)) -> Pair {
    Pair::with_server(|config| {
        config.features = Features::without(&[Feature::Digest]);
        change(config);
    })
}

fn found(pair: &Pair, client: ClientId) -> Capabilities {
    let told = |e: &Event| match e {
        Event::Capabilities(found) => Some(found.clone()),
        _ => None,
    };
    pair.events(client).iter().rev().find_map(told).unwrap()
}

fn faults(pair: &mut Pair, client: ClientId) -> BTreeMap<String, u64> {
    pair.order(client, Command::ReportTraffic);
    let told = |e: &Event| match e {
        Event::Traffic(traffic) => Some(traffic.faults.clone()),
        _ => None,
    };
    let faults = pair.events(client).iter().rev().find_map(told).unwrap();
    faults.into_iter().map(|(word, count)| (word.to_string(), count)).collect()
}

/// The signature on a message: the field it stands in, and its number.
fn signature(wired: &Wired) -> Option<(&'static str, u32)> {
    let (names, proof, number): ([&'static str; 2], _, _) = match wired.way {
        Way::Up => (["Authorization", "Proxy-Authorization"], "response", "cnum"),
        Way::Down => (["Authentication-Info", "Proxy-Authentication-Info"], "rspauth", "snum"),
    };
    names.into_iter().find_map(|name| {
        let header = SaHeader::parse(&wired.header(name)?).filter(|h| h.scheme == Scheme::Ntlm && h.get(proof).is_some())?;
        Some((name, header.get(number)?.parse().ok()?))
    })
}

/// Everything after sign-in carries a signature, each number once and in order.
fn assert_signed(pair: &Pair, client: ClientId) {
    let messages: Vec<&Wired> = pair.wire().iter().filter(|w| w.client == client && w.kind() != "ping").collect();
    let signed_in = messages.iter().position(|w| w.kind() == "200").unwrap();
    assert!(messages.len() > signed_in + 10, "too little was said: {}", messages.len());
    for way in [Way::Up, Way::Down] {
        let mut last = 0;
        for wired in messages.iter().skip(signed_in).filter(|w| w.way == way) {
            let (field, number) = signature(wired).unwrap_or_else(|| panic!("unsigned:\n{}", wired.text));
            assert_eq!(field, if way == Way::Up { "Authorization" } else { "Authentication-Info" });
            assert!(number > last, "{number} after {last}");
            last = number;
        }
    }
}

#[test]
fn a_conversation_in_every_form() {
    for (version, extended, weakening) in FORMS {
        let mut pair = server(|config| config.ntlm = AcceptorSettings { version, extended, weakening, timestamp: false });
        let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
        assert_eq!(pair.wired(alice, Way::Up, "REGISTER").len(), 3);
        assert_eq!(found(&pair, alice).auth, "ntlm");
        assert!(found(&pair, alice).signed);
        pair.order(alice, Command::PutContact { address: address("bob"), name: String::new(), groups: Vec::new() });
        let hello = pair.say(alice, "bob", "hello");
        pair.until(bob, "the text", |e| matches!(e, Event::Text { body, .. } if body.text == "hello"));
        let back = pair.say(bob, "alice", "hello yourself");
        pair.until(alice, "the text", |e| matches!(e, Event::Text { .. }));
        pair.run_for(Duration::from_mins(12));
        assert_eq!((pair.fate(alice, hello), pair.fate(bob, back)), (Some(Fate::Delivered), Some(Fate::Delivered)));
        assert_signed(&pair, alice);
        assert_signed(&pair, bob);
        assert!(faults(&mut pair, alice).is_empty(), "{version:?} {extended}");
        let doubts: Vec<&ServerLog> = pair.log.iter().filter(|l| matches!(l, ServerLog::Doubted { .. })).collect();
        assert!(doubts.is_empty(), "{doubts:?}");
        pair.order(alice, Command::SignOut);
        pair.run_until("signed out", |p| p.phase(alice) == Some(SignInPhase::Offline { why: None }));
        assert_signed(&pair, alice);
    }
}

#[test]
fn a_challenge_with_the_time_brings_an_integrity_code() {
    let mut pair = server(|config| config.ntlm.timestamp = true);
    let alice = pair.signed_in("alice");
    let last = pair.wired(alice, Way::Up, "REGISTER")[2].header("Authorization").unwrap();
    let data = SaHeader::parse(&last).unwrap().data().unwrap().unwrap();
    assert!(chinwag::sip::auth::ntlm::Authenticate::parse(&data).unwrap().mic.is_some());
    assert!(found(&pair, alice).signed);
}

/// How often the user is told of the clock, and in what words.
fn clock_notices(pair: &Pair, client: ClientId) -> Vec<String> {
    let told = |e: &Event| match e {
        Event::Notice { code: "clock-skew", text, .. } => Some(text.clone()),
        _ => None,
    };
    pair.events(client).iter().filter_map(told).collect()
}

#[test]
fn clocks_that_are_far_apart_are_told() {
    let minutes = |count: i64| count * 60;
    for (off, words) in [
        (0, None),
        (minutes(14), None),
        (minutes(-14), None),
        (minutes(16), Some("16 minutes ahead of the server's")),
        (minutes(-16), Some("16 minutes behind the server's")),
        (minutes(5 * 60), Some("5 hours ahead of the server's")),
        (minutes(-60 * 24 * 365), Some("365 days behind the server's")),
    ] {
        let mut wall = 0;
        let mut pair = server(|config| wall = config.started.1.as_millis() / 1000);
        let started = pair.started();
        let shown = Duration::from_secs(u64::try_from(wall + off).unwrap());
        let alice = pair.client_with("alice", |s| s.clock = Some(Clock::new(started, shown)));
        pair.sign_in(alice);
        pair.cut(alice);
        pair.run_until("signed in again", |pair| matches!(pair.phase(alice), Some(SignInPhase::Online)));
        let told = clock_notices(&pair, alice);
        match words {
            None => assert_eq!(told, [""; 0], "{off}"),
            // Once, however often it signs in.
            Some(words) => assert!(told.len() == 1 && told[0].contains(words), "{off}: {told:?}"),
        }
    }
}

#[test]
fn names_may_carry_a_domain() {
    for name in ["alice", "EXAMPLE\\alice", "example\\ALICE", "alice@example.test", "Alice@EXAMPLE.test"] {
        let mut pair = server(|_| {});
        let alice = pair.client_with("alice", |s| s.credentials = Some(password(name, "secret")));
        pair.sign_in(alice);
        assert_eq!(found(&pair, alice).auth, "ntlm", "{name}");
    }
    for name in ["alice@elsewhere.test", "nobody", "EXAMPLE\\bob\\alice"] {
        let mut pair = server(|_| {});
        let alice = pair.client_with("alice", |s| s.credentials = Some(password(name, "secret")));
        pair.order(alice, Command::SignIn);
        pair.run_for(Duration::from_secs(5));
        assert!(matches!(pair.phase(alice), Some(SignInPhase::Offline { why: Some(_) })), "{name}");
        let told = |l: &ServerLog| matches!(l, ServerLog::HandshakeRejected { why: Rejected::NoSuchUser, .. });
        assert!(pair.log.iter().any(told), "{name}");
    }
    // Bob's password opens nothing of Alice's.
    let mut pair = server(|_| {});
    let alice = pair.client_with("alice", |s| s.credentials = Some(password("bob", "secret")));
    pair.order(alice, Command::SignIn);
    pair.run_for(Duration::from_secs(5));
    assert!(matches!(pair.phase(alice), Some(SignInPhase::Offline { why: Some(_) })));
}

/// Both schemes on one server; each client has its own.
#[test]
fn digest_and_ntlm_side_by_side() {
    let mut pair = Pair::new();
    let alice = pair.signed_in("alice");
    let bob = pair.client_with("bob", |s| s.schemes = Schemes::only(Scheme::Digest));
    pair.sign_in(bob);
    assert_eq!((found(&pair, alice).auth, found(&pair, bob).auth), ("ntlm", "digest"));
    assert_eq!((found(&pair, alice).signed, found(&pair, bob).signed), (true, false));
    let hello = pair.say(alice, "bob", "hello");
    pair.until(bob, "the text", |e| matches!(e, Event::Text { .. }));
    let back = pair.say(bob, "alice", "hello yourself");
    pair.until(alice, "the text", |e| matches!(e, Event::Text { .. }));
    pair.settle();
    assert_eq!((pair.fate(alice, hello), pair.fate(bob, back)), (Some(Fate::Delivered), Some(Fate::Delivered)));
    // Nothing made for the one reaches the other.
    let strange = |w: &&Wired| w.client == bob && (w.text.contains("NTLM ") && w.kind() != "401" && w.kind() != "407");
    assert_eq!(pair.wire().iter().filter(strange).count(), 0);
    let leaked = |w: &&Wired| w.client == alice && w.way == Way::Down && w.text.contains("uthorization:");
    assert_eq!(pair.wire().iter().filter(leaked).count(), 0);
}

/// A users file of an earlier version has no NT hash: those users are offered Digest alone.
#[test]
fn users_without_an_nt_hash_sign_in_by_digest() {
    let old = hash_secret("alice", DOMAIN, "secret").split("$nt=").next().unwrap().to_owned();
    let new = hash_secret("bob", DOMAIN, "secret");
    let users = parse_users(&format!("alice:{old}\nbob:{new}\n"), DOMAIN).unwrap().users;
    let mut pair = Pair::with_server(|config| config.users = users);
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    assert_eq!((found(&pair, alice).auth, found(&pair, bob).auth), ("digest", "ntlm"));
}

fn prank(mischief: Mischief, method: Method) -> Prank {
    Prank { mischief, method }
}

#[test]
fn a_server_that_lies_is_not_believed() {
    for (mischief, word) in [
        (Mischief::WrongSignature, "wrong_signature"),
        (Mischief::Replayed, "replayed_signature"),
        (Mischief::Unsigned, "unsigned_message"),
    ] {
        let mut pair = server(|config| {
            // The server itself refuses a text to nobody; its answer is the one to be spoilt.
            config.oddities.signing.pranks = vec![prank(mischief, Method::Invite), prank(mischief, Method::Message)];
        });
        let alice = pair.signed_in("alice");
        let lost = pair.say(alice, "nobody", "hello");
        pair.run_for(Duration::from_mins(3));
        assert_eq!(faults(&mut pair, alice).get(word), Some(&1), "{mischief:?}\n{}", pair.transcript());
        assert_ne!(pair.fate(alice, lost), Some(Fate::Delivered), "{mischief:?}");
        assert_eq!(pair.phase(alice), Some(SignInPhase::Online), "the connection lives on");
        let bob = pair.signed_in("bob");
        pair.say(alice, "bob", "hello");
        pair.until(bob, "the text", |e| matches!(e, Event::Text { .. }));
    }
}

#[test]
fn numbers_may_jump() {
    let mut pair = server(|config| {
        config.oddities.signing.pranks =
            vec![prank(Mischief::Jump(300), Method::Subscribe), prank(Mischief::Jump(300), Method::Invite)];
    });
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.say(alice, "bob", "hello");
    pair.until(bob, "the text", |e| matches!(e, Event::Text { .. }));
    assert!(faults(&mut pair, alice).is_empty());
}

#[test]
fn an_association_lost_in_mid_session_comes_back_without_loss() {
    for method in [Method::Subscribe, Method::Invite, Method::Message, Method::Service] {
        let mut pair = server(|_| {});
        let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
        pair.settle();
        pair.with(|server, _| server.oddities().signing.forget_at.push(method.clone()));
        let registers = pair.wired(alice, Way::Up, "REGISTER").len();
        pair.order(alice, Command::PutContact { address: address("carol"), name: String::new(), groups: Vec::new() });
        let first = pair.say(alice, "bob", "one");
        let second = pair.say(alice, "bob", "two");
        pair.run_for(Duration::from_secs(20));
        assert_eq!(pair.texts(bob), ["one", "two"], "{method}\n{}", pair.transcript());
        assert_eq!((pair.fate(alice, first), pair.fate(alice, second)), (Some(Fate::Delivered), Some(Fate::Delivered)));
        let came = pair.wired(alice, Way::Up, "REGISTER").len() - registers;
        assert!((2..=3).contains(&came), "{method}: {came} REGISTERs\n{}", pair.transcript());
        assert_eq!(pair.phase(alice), Some(SignInPhase::Online), "nobody noticed");
        assert!(found(&pair, alice).signed);
    }
}

#[test]
fn a_password_changed_meanwhile_ends_the_session_with_words() {
    let mut pair = server(|_| {});
    let alice = pair.signed_in("alice");
    pair.settle();
    // The server forgets, and then will not have it any more.
    pair.with(|server, _| {
        server.oddities().signing.forget_at.push(Method::Invite);
        server.oddities().register = Some(chinwag::demo::oddities::Refusal::Challenge);
    });
    let lost = pair.say(alice, "bob", "hello");
    pair.run_for(Duration::from_mins(2));
    assert!(matches!(pair.phase(alice), Some(SignInPhase::Offline { why: Some(_) })), "{:?}", pair.phase(alice));
    assert_ne!(pair.fate(alice, lost), Some(Fate::Delivered));
}

#[test]
fn the_association_is_renewed_after_eight_hours() {
    let mut pair = server(|_| {});
    let alice = pair.signed_in("alice");
    pair.run_for(Duration::from_hours(8) - Duration::from_mins(10));
    let handshakes = |pair: &Pair| {
        let registers = pair.wired(alice, Way::Up, "REGISTER");
        registers.iter().filter(|w| w.text.contains("gssapi-data=\"TlRM")).count()
    };
    assert_eq!(handshakes(&pair), 1);
    pair.run_for(Duration::from_mins(20));
    assert_eq!(handshakes(&pair), 2, "once, and not when it was too late");
    let bob = pair.signed_in("bob");
    pair.say(alice, "bob", "still here");
    pair.until(bob, "the text", |e| matches!(e, Event::Text { .. }));
    assert!(faults(&mut pair, alice).is_empty());
    assert_eq!(pair.phase(alice), Some(SignInPhase::Online));
}

#[test]
fn a_folded_challenge_is_read() {
    let mut pair = server(|config| config.oddities.signing.folded = true);
    let alice = pair.signed_in("alice");
    let folded = |w: &&Wired| w.client == alice && w.text.contains(",\r\n gssapi-data=") && w.text.contains("AA\r\n\tAA");
    assert_eq!(pair.wire().iter().filter(folded).count(), 1);
    assert!(found(&pair, alice).signed);
}

#[test]
fn what_a_stranger_says_on_somebodys_link_is_not_believed() {
    let mut pair = server(|_| {});
    let alice = pair.signed_in("alice");
    let flow = pair.flow(alice);
    let unsigned = format!(
        "MESSAGE sip:bob@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
         From: <sip:alice@{DOMAIN}>;tag=x\r\nTo: <sip:bob@{DOMAIN}>\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nevil"
    );
    pair.with(|server, now| server.handle_bytes(flow, unsigned.as_bytes(), now));
    pair.settle();
    assert!(pair.log.iter().any(|l| matches!(l, ServerLog::Doubted { doubt: Doubt::Unsigned, .. })));
    assert!(!pair.log.iter().any(|l| matches!(l, ServerLog::Message { .. })));
}
