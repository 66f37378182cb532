//! Two clients and the server: the main job, in memory.

use std::time::Duration;

use chinwag::backend::{Command, Event};
use chinwag::demo::ServerLog;
use chinwag::model::{Availability, Fate, OwnPresence, SignInPhase, Transport, WaitReason};
use chinwag::sip::auth::{Scheme, Schemes};

use crate::support::pair::{Faults, Pair, Way, address, password};

#[test]
fn signing_in_by_digest_takes_one_challenge() {
    let mut pair = Pair::new();
    let alice = pair.client_with("alice", |s| s.schemes = Schemes::only(Scheme::Digest));
    pair.sign_in(alice);
    assert_eq!(pair.wired(alice, Way::Up, "REGISTER").len(), 2, "{}", pair.transcript());
    assert!(pair.wired(alice, Way::Up, "REGISTER")[1].header("Authorization").unwrap().contains("algorithm=SHA-256"));
    assert!(pair.log.iter().any(|l| matches!(l, ServerLog::SignedIn { who, .. } if *who == address("alice"))));
}

#[test]
fn a_wrong_password_is_final() {
    for (scheme, requests) in [(Scheme::Digest, 2), (Scheme::Ntlm, 3)] {
        let mut pair = Pair::new();
        let alice = pair.client_with("alice", |s| {
            s.credentials = Some(password("alice", "guess"));
            s.schemes = Schemes::only(scheme);
        });
        pair.order(alice, Command::SignIn);
        pair.run_for(Duration::from_mins(30));
        assert_eq!(
            pair.phase(alice),
            Some(SignInPhase::Offline { why: Some(WaitReason::WrongPassword) }),
            "{}",
            pair.transcript()
        );
        assert_eq!(pair.wired(alice, Way::Up, "REGISTER").len(), requests, "no second try: it would lock the account");
    }
}

#[test]
fn texts_both_ways() {
    let mut pair = Pair::new();
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    let hello = pair.say(alice, "bob", "hello");
    pair.until(bob, "the text", |e| matches!(e, Event::Text { body, .. } if body.text == "hello"));
    let back = pair.say(bob, "alice", "hello yourself ☕");
    pair.until(alice, "the text", |e| matches!(e, Event::Text { .. }));
    pair.settle();
    assert_eq!(pair.texts(alice), ["hello yourself ☕"]);
    assert_eq!((pair.fate(alice, hello), pair.fate(bob, back)), (Some(Fate::Delivered), Some(Fate::Delivered)));
}

#[test]
fn a_text_waits_for_who_is_away() {
    let mut pair = Pair::simple();
    let alice = pair.signed_in("alice");
    let tag = pair.say(alice, "bob", "see you");
    pair.run_until("its fate", |p| p.fate(alice, tag).is_some_and(|f| f == Fate::Stored));
    pair.run_for(Duration::from_mins(5));
    let bob = pair.signed_in("bob");
    pair.until(bob, "the text", |e| matches!(e, Event::Text { delayed: true, .. }));
    assert_eq!(pair.texts(bob), ["see you"]);
}

#[test]
fn presence_both_ways_and_gone_at_sign_out() {
    let mut pair = Pair::new();
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.order(bob, Command::SetPresence(OwnPresence::default()));
    pair.order(alice, Command::PutContact { address: address("bob"), name: String::new(), groups: Vec::new() });
    let sees = |pair: &Pair, wanted| pair.presence(alice, "bob").is_some_and(|p| p.availability == wanted && !p.stale);
    pair.run_until("bob online", |p| sees(p, Availability::Online));
    let busy = OwnPresence { chosen: Availability::Busy, note: "in a call".into(), ..OwnPresence::default() };
    pair.order(bob, Command::SetPresence(busy));
    pair.run_until("bob busy", |p| sees(p, Availability::Busy));
    assert_eq!(pair.presence(alice, "bob").unwrap().note.as_deref(), Some("in a call"));
    pair.order(bob, Command::SignOut);
    pair.run_until("bob offline", |p| sees(p, Availability::Offline));
}

#[test]
fn a_cut_is_healed_and_everything_refreshed() {
    let mut pair = Pair::new();
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.order(bob, Command::SetPresence(OwnPresence::default()));
    pair.order(alice, Command::PutContact { address: address("bob"), name: String::new(), groups: Vec::new() });
    pair.run_until("bob online", |p| p.presence(alice, "bob").is_some_and(|p| p.availability == Availability::Online));
    pair.take_events(alice);
    pair.cut(alice);
    assert!(pair.events(alice).contains(&Event::AllStale), "at once\n{}", pair.transcript());
    pair.run_until("coming back", |p| p.phase(alice) == Some(SignInPhase::Online));
    pair.run_until("bob online again", |p| p.presence(alice, "bob").is_some_and(|p| p.availability == Availability::Online));
    pair.say(bob, "alice", "still there?");
    pair.until(alice, "the text", |e| matches!(e, Event::Text { .. }));
}

#[test]
fn a_dead_link_is_noticed_without_being_told() {
    let mut pair = Pair::new();
    let alice = pair.signed_in("alice");
    pair.take_events(alice);
    pair.freeze(alice);
    pair.until(alice, "the loss", |e| matches!(e, Event::AllStale));
    pair.run_until("coming back", |p| p.phase(alice) == Some(SignInPhase::Online));
}

#[test]
fn a_server_that_is_away_for_a_while() {
    let mut pair = Pair::new();
    let alice = pair.client("alice");
    pair.close_server();
    pair.order(alice, Command::SignIn);
    pair.run_until("waiting", |p| matches!(p.phase(alice), Some(SignInPhase::Waiting { .. })));
    pair.open_server();
    pair.run_until("sign-in", |p| p.phase(alice) == Some(SignInPhase::Online));
}

#[test]
fn pieces_and_lumps_change_nothing() {
    for (piece, coalesce) in [(1, false), (7, false), (100, true)] {
        let mut pair = Pair::new();
        pair.faults = Faults { piece, coalesce, jitter: Duration::from_millis(30), ..Faults::default() };
        let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
        for n in 0..5 {
            pair.say(alice, "bob", &format!("text {n}"));
        }
        pair.run_until("all texts", |p| p.texts(bob).len() == 5);
        assert_eq!(pair.texts(bob), ["text 0", "text 1", "text 2", "text 3", "text 4"]);
    }
}

#[test]
fn datagrams_that_get_lost_and_doubled() {
    for seed in 1..=5 {
        let mut pair = Pair::new();
        pair.seed(seed);
        pair.faults = Faults { drop_per_mille: 150, double_per_mille: 100, ..Faults::default() };
        let over_udp = |s: &mut chinwag::backend::sip::SipSettings| s.target.transport = Some(Transport::Udp);
        let (alice, bob) = (pair.client_with("alice", over_udp), pair.client_with("bob", over_udp));
        pair.sign_in(alice);
        pair.sign_in(bob);
        pair.say(alice, "bob", "once");
        pair.run_for(Duration::from_secs(40));
        assert_eq!(pair.texts(bob), ["once"], "seed {seed}\n{}", pair.transcript());
    }
}

#[test]
fn who_says_nothing_of_being_there_is_not_published() {
    let mut pair = Pair::new();
    let alice = pair.client("alice");
    pair.order(alice, Command::SignIn);
    pair.run_for(Duration::from_mins(10));
    assert_eq!(pair.phase(alice), Some(SignInPhase::Online));
    assert!(pair.wired(alice, Way::Up, "PUBLISH").is_empty(), "{}", pair.transcript());
}
