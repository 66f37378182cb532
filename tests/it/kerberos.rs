//! Kerberos between the client and the embedded server, with tickets that are made up: what comes of
//! it is the same whatever made them. The real ones are in `tests/peers/kerberos.rs`.

use std::time::Duration;

use chinwag::backend::{Command, Event};
use chinwag::demo::features::{Feature, Features};
use chinwag::demo::{ServerConfig, ServerLog};
use chinwag::model::{Capabilities, Fate, KerberosFault, SignInPhase, WaitReason};
use chinwag::sip::auth::fake::{FakeTaker, ticket};
use chinwag::sip::auth::{Doubt, Mischief, Prank, Rejected, SaHeader, Scheme, Schemes, TextVersion};
use chinwag::sip::message::Method;

use crate::support::pair::{ClientId, DOMAIN, Pair, Way};

const LIFE: Duration = Duration::from_hours(10);

/// A server that takes tickets, and whose clients have some that are good for `life`.
fn pair_with(life: Duration, change: impl FnOnce(&mut ServerConfig)) -> Pair {
    let mut pair = Pair::with_server(change);
    pair.server.take_tickets(Box::new(FakeTaker::new(DOMAIN, life)));
    pair.issuer = Box::new(move |user, host| Ok(ticket(&principal(user), host, life)));
    pair
}

fn principal(user: &str) -> String {
    format!("{user}@{}", DOMAIN.to_uppercase())
}

fn found(pair: &Pair, client: ClientId) -> Capabilities {
    let told = |e: &Event| match e {
        Event::Capabilities(found) => Some(found.clone()),
        _ => None,
    };
    pair.events(client).iter().rev().find_map(told).unwrap()
}

/// A client that knows no password.
fn passwordless(pair: &mut Pair, user: &str) -> ClientId {
    pair.client_with(user, |settings| settings.credentials = None)
}

fn doubts(pair: &Pair) -> Vec<&ServerLog> {
    pair.log.iter().filter(|l| matches!(l, ServerLog::Doubted { .. } | ServerLog::HandshakeRejected { .. })).collect()
}

#[test]
fn a_conversation_in_every_version() {
    for version in [TextVersion::V2, TextVersion::V3, TextVersion::V4] {
        let mut pair = pair_with(LIFE, |config| config.ntlm.version = version);
        let (alice, bob) = (passwordless(&mut pair, "alice"), pair.client("bob"));
        pair.sign_in(alice);
        pair.sign_in(bob);
        assert_eq!(pair.wired(alice, Way::Up, "REGISTER").len(), 2, "{version:?}");
        for client in [alice, bob] {
            assert_eq!(found(&pair, client).auth, "kerberos", "it is preferred though there is a password");
            assert!(found(&pair, client).signed);
        }
        let hello = pair.say(alice, "bob", "hello");
        pair.until(bob, "the text", |e| matches!(e, Event::Text { body, .. } if body.text == "hello"));
        let back = pair.say(bob, "alice", "hello yourself");
        pair.until(alice, "the text", |e| matches!(e, Event::Text { .. }));
        pair.run_for(Duration::from_mins(12));
        assert_eq!((pair.fate(alice, hello), pair.fate(bob, back)), (Some(Fate::Delivered), Some(Fate::Delivered)));
        assert!(doubts(&pair).is_empty(), "{:?}", doubts(&pair));
        // Everything after sign-in carries a signature, and the name of the association.
        let opaques: std::collections::BTreeSet<_> = pair
            .wire()
            .iter()
            .filter(|w| w.client == alice && w.way == Way::Up && w.kind() != "ping")
            .skip(2)
            .map(|w| {
                let header = SaHeader::parse(&w.header("Authorization").unwrap()).unwrap();
                assert!(header.scheme == Scheme::Kerberos && header.signature("response").is_some(), "{}", w.text);
                header.get("opaque").unwrap_or_default().to_owned()
            })
            .collect();
        assert_eq!(opaques.len(), 1, "{opaques:?}");
        assert_eq!(opaques.first().unwrap().len(), 8);
        pair.order(alice, Command::SignOut);
        pair.run_until("signed out", |p| p.phase(alice) == Some(SignInPhase::Offline { why: None }));
    }
}

#[test]
fn without_tickets_it_is_ntlm_or_digest() {
    for (without, by) in [(vec![], "ntlm"), (vec![Feature::Ntlm], "digest")] {
        let mut pair = pair_with(LIFE, |config| config.features = Features::without(&without));
        pair.issuer = Box::new(|_, _| Err(KerberosFault::NoTicket));
        let alice = pair.signed_in("alice");
        assert_eq!(found(&pair, alice).auth, by);
    }
    // A server without a key offers none; one whose feature is off neither.
    let mut pair = Pair::new();
    pair.issuer = Box::new(|_, _| panic!("nobody asks for Kerberos"));
    pair.signed_in("alice");
    let mut pair = pair_with(LIFE, |config| config.features = Features::without(&[Feature::Kerberos]));
    pair.issuer = Box::new(|_, _| panic!("nobody asks for Kerberos"));
    pair.signed_in("alice");
}

#[test]
fn tickets_of_others_open_no_door() {
    for (principal, why, then) in [
        ("alice@OTHER.TEST", Some(Rejected::NoSuchUser), "ntlm"),
        ("alice/admin@CHINWAG.TEST", Some(Rejected::NoSuchUser), "ntlm"),
        ("nobody@CHINWAG.TEST", Some(Rejected::NoSuchUser), "ntlm"),
        ("@CHINWAG.TEST", Some(Rejected::NoSuchUser), "ntlm"),
    ] {
        let principal = principal.replace("CHINWAG.TEST", &DOMAIN.to_uppercase());
        let mut pair = pair_with(LIFE, |_| {});
        let shown = principal.clone();
        pair.issuer = Box::new(move |_, host| Ok(ticket(&shown, host, LIFE)));
        let alice = pair.signed_in("alice");
        assert_eq!(found(&pair, alice).auth, then, "{principal}");
        let rejected = pair.log.iter().find_map(|l| match l {
            ServerLog::HandshakeRejected { why, .. } => Some(*why),
            _ => None,
        });
        assert_eq!(rejected, why, "{principal}");
    }
    // Bob's ticket is no good for alice's address.
    let mut pair = pair_with(LIFE, |_| {});
    pair.issuer = Box::new(|_, host| Ok(ticket(&principal("bob"), host, LIFE)));
    let alice = passwordless(&mut pair, "alice");
    pair.order(alice, Command::SignIn);
    pair.run_until("refused", |p| {
        matches!(p.phase(alice), Some(SignInPhase::Offline { why: Some(WaitReason::Forbidden { code: 403, .. }) }))
    });
    // One for another service neither.
    let mut pair = pair_with(LIFE, |_| {});
    pair.issuer = Box::new(|user, _| Ok(ticket(&principal(user), "other.test", LIFE)));
    let alice = pair.client_with("alice", |settings| settings.schemes = Schemes::only(Scheme::Kerberos));
    pair.order(alice, Command::SignIn);
    let refused = WaitReason::Kerberos(KerberosFault::Refused { host: DOMAIN.to_owned() });
    pair.run_until("refused", |p| p.phase(alice) == Some(SignInPhase::Offline { why: Some(refused.clone()) }));
}

#[test]
fn a_day_of_tickets() {
    // Each is good for an hour, and a new one is to be had at any time.
    let life = Duration::from_hours(1);
    let mut pair = pair_with(life, |_| {});
    let (alice, bob) = (passwordless(&mut pair, "alice"), passwordless(&mut pair, "bob"));
    pair.sign_in(alice);
    pair.sign_in(bob);
    pair.run_for(Duration::from_hours(24));
    let tokens = pair.wired(alice, Way::Up, "REGISTER").iter().filter(|w| w.text.contains("gssapi-data")).count();
    assert!((25..=28).contains(&tokens), "{tokens} tickets in a day");
    assert_eq!(pair.phase(alice), Some(SignInPhase::Online));
    let text = pair.say(alice, "bob", "still here");
    pair.until(bob, "the text", |e| matches!(e, Event::Text { .. }));
    pair.run_for(Duration::from_secs(5));
    assert_eq!(pair.fate(alice, text), Some(Fate::Delivered));
    // A new handshake begins without the old association; everything else is signed.
    let other = |log: &&&ServerLog| !matches!(log, ServerLog::Doubted { doubt: Doubt::Unsigned, .. });
    assert_eq!(doubts(&pair).iter().filter(other).count(), 0, "{:?}", doubts(&pair));
}

#[test]
fn a_ticket_that_ends_and_is_not_renewed_is_told_and_not_asked_for_all_the_time() {
    // All there is ends in an hour; after that there is none until somebody runs kinit.
    let mut pair = pair_with(Duration::from_hours(10), |_| {});
    let (start, over) = (std::rc::Rc::new(std::cell::Cell::new(0_u64)), Duration::from_hours(1));
    let asked = start.clone();
    let clock = std::rc::Rc::new(std::cell::Cell::new(Duration::ZERO));
    let time = clock.clone();
    pair.issuer = Box::new(move |user, host| {
        asked.set(asked.get() + 1);
        match over.checked_sub(time.get()).filter(|left| !left.is_zero()) {
            Some(left) => Ok(ticket(&principal(user), host, left)),
            None => Err(KerberosFault::Expired),
        }
    });
    let alice = passwordless(&mut pair, "alice");
    pair.sign_in(alice);
    for minute in 1..=180 {
        pair.run_for(Duration::from_mins(1));
        clock.set(Duration::from_mins(minute));
    }
    let why = WaitReason::Kerberos(KerberosFault::Expired);
    assert!(matches!(pair.phase(alice), Some(SignInPhase::Waiting { why: said, .. }) if said == why), "{:?}", pair.phase(alice));
    // About five while the last five minutes shrink, then one each five to ten minutes.
    assert!((10..=40).contains(&start.get()), "{} tickets asked for", start.get());
    // kinit, and the user says so.
    pair.issuer = Box::new(|user, host| Ok(ticket(&principal(user), host, LIFE)));
    pair.order(alice, Command::RetryNow);
    pair.run_until("online", |p| p.phase(alice) == Some(SignInPhase::Online));
}

#[test]
fn a_server_that_lies_is_not_believed() {
    for mischief in [Mischief::WrongSignature, Mischief::Replayed, Mischief::Unsigned] {
        let mut pair = pair_with(LIFE, |config| {
            config.oddities.signing.pranks = vec![Prank { mischief, method: Method::Message }];
        });
        let (bob, alice) = (passwordless(&mut pair, "bob"), passwordless(&mut pair, "alice"));
        // The prank is for the first association that is made.
        pair.sign_in(alice);
        pair.sign_in(bob);
        pair.order(alice, Command::ReportTraffic);
        let before = pair.texts(alice).len();
        pair.say(bob, "alice", "first");
        pair.run_for(Duration::from_mins(1));
        pair.order(alice, Command::ReportTraffic);
        let faults = pair.events(alice).iter().rev().find_map(|e| match e {
            Event::Traffic(traffic) => Some(traffic.faults.clone()),
            _ => None,
        });
        let faults = faults.unwrap();
        let doubted = ["wrong_signature", "replayed_signature", "unsigned_message"].iter().any(|word| faults.contains_key(word));
        assert!(doubted, "{mischief:?}: {faults:?}");
        assert!(pair.texts(alice).len() <= before + 1, "{mischief:?}");
        assert_eq!(pair.phase(alice), Some(SignInPhase::Online), "{mischief:?}");
    }
}
