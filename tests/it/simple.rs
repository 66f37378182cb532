//! The client's upkeep against the embedded server: lists, watchers, entity-tags, nonces, typing.

use std::time::Duration;

use chinwag::backend::sip::SipSettings;
use chinwag::backend::{Command, Event};
use chinwag::demo::DefaultHandling;
use chinwag::demo::accounts::Handling;
use chinwag::model::{Access, Availability, Contact, Fate, OwnPresence, Roster, SignInPhase, WatcherState};

use crate::support::pair::{ClientId, Pair, Way, address};

fn with_roster(settings: &mut SipSettings, names: &[&str]) {
    let mut roster = Roster::default();
    for name in names {
        roster.put(Contact::new(address(name)));
    }
    settings.roster = roster;
}

fn sees(pair: &Pair, client: ClientId, of: &str, wanted: Availability) -> bool {
    pair.presence(client, of).is_some_and(|p| p.availability == wanted && !p.stale)
}

fn choose(pair: &mut Pair, client: ClientId, chosen: Availability) {
    pair.order(client, Command::SetPresence(OwnPresence { chosen, ..OwnPresence::default() }));
}

#[test]
fn every_state_reaches_the_other_side() {
    let mut pair = Pair::simple();
    let bob = pair.signed_in("bob");
    let alice = pair.client_with("alice", |s| with_roster(s, &["bob"]));
    pair.sign_in(alice);
    for chosen in Availability::ALL {
        if chosen == Availability::Unknown {
            continue;
        }
        choose(&mut pair, bob, chosen);
        pair.run_until(chosen.word(), |p| sees(p, alice, "bob", chosen));
    }
}

#[test]
fn a_list_in_the_request_is_one_subscription() {
    let mut pair = Pair::simple();
    let bob = pair.signed_in("bob");
    let alice = pair.client_with("alice", |s| {
        with_roster(s, &["bob", "carol", "dave"]);
        s.adhoc_list_uri = Some("sip:rls@example.test".into());
    });
    pair.sign_in(alice);
    pair.run_until("bob online", |p| sees(p, alice, "bob", Availability::Online));
    pair.run_for(Duration::from_secs(10));
    let subscribes = pair.wired(alice, Way::Up, "SUBSCRIBE");
    let presence = subscribes.iter().filter(|w| w.header("Event").as_deref() == Some("presence"));
    // Each place is challenged once, so the request comes twice.
    let mut uris: Vec<&str> = presence.map(|w| w.text.split(' ').nth(1).unwrap()).collect();
    uris.dedup();
    assert_eq!(uris, ["sip:rls@example.test"], "{}", pair.transcript());
    let told = pair.events(alice).iter().any(|e| matches!(e, Event::Capabilities(c) if c.batch));
    assert!(told, "{}", pair.transcript());
    pair.order(bob, Command::SignOut);
    pair.run_until("bob offline", |p| sees(p, alice, "bob", Availability::Offline));
}

#[test]
fn upkeep_over_a_day() {
    let mut pair = Pair::simple();
    let bob = pair.signed_in("bob");
    let alice = pair.client_with("alice", |s| with_roster(s, &["bob"]));
    pair.sign_in(alice);
    pair.run_until("bob online", |p| sees(p, alice, "bob", Availability::Online));
    pair.take_events(alice);
    pair.take_events(bob);
    pair.run_for(Duration::from_hours(24));
    for client in [alice, bob] {
        let troubled =
            pair.events(client).iter().any(|e| matches!(e, Event::AllStale | Event::Phase { .. } | Event::Notice { .. }));
        assert!(!troubled, "{:?}", pair.events(client));
    }
    choose(&mut pair, bob, Availability::Busy);
    pair.run_until("bob busy", |p| sees(p, alice, "bob", Availability::Busy));
}

#[test]
fn lifetimes_that_are_too_short_are_made_longer() {
    let mut pair = Pair::simple_with(|s| s.limits.min_expires = 1200);
    let bob = pair.signed_in("bob");
    let alice = pair.client_with("alice", |s| {
        with_roster(s, &["bob"]);
        s.expires = chinwag::backend::sip::Expires { registration: 60, publication: 60, subscription: 60 };
    });
    pair.sign_in(alice);
    pair.run_until("bob online", |p| sees(p, alice, "bob", Availability::Online));
    assert!(pair.wired(alice, Way::Down, "423").len() >= 3, "{}", pair.transcript());
    choose(&mut pair, bob, Availability::Away);
    pair.run_until("bob away", |p| sees(p, alice, "bob", Availability::Away));
}

#[test]
fn stale_nonces_are_renewed_silently() {
    let mut pair = Pair::simple_with(|s| s.limits.nonce_lifetime = Duration::from_secs(30));
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.take_events(alice);
    for n in 0..3 {
        pair.run_for(Duration::from_mins(2));
        let tag = pair.say(alice, "bob", &format!("text {n}"));
        pair.run_until("its fate", |p| p.fate(alice, tag) == Some(Fate::Delivered));
    }
    assert_eq!(pair.texts(bob).len(), 3);
    assert_eq!(pair.events(alice).iter().filter(|e| matches!(e, Event::Phase { .. })).count(), 0);
}

#[test]
fn typing_is_seen_and_ends_with_the_text() {
    let mut pair = Pair::simple();
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.order(alice, Command::Typing { to: address("bob"), active: true });
    pair.until(bob, "typing", |e| matches!(e, Event::Typing { active: true, .. }));
    pair.say(alice, "bob", "done");
    pair.until(bob, "no longer typing", |e| matches!(e, Event::Typing { active: false, .. }));
    assert_eq!(pair.texts(bob), ["done"]);
}

#[test]
fn watchers_are_told() {
    let mut pair = Pair::simple_with(|s| s.default_handling = DefaultHandling::Confirm);
    let alice = pair.signed_in("alice");
    let bob = pair.client_with("bob", |s| with_roster(s, &["alice"]));
    pair.sign_in(bob);
    pair.until(
        alice,
        "the question",
        |e| matches!(e, Event::Watcher { who, state: WatcherState::Pending, .. } if *who == address("bob")),
    );
    assert!(sees(&pair, bob, "alice", Availability::Unknown));
    pair.with(|server, now| {
        server.decide(&address("alice"), address("bob"), Some(Handling::Allow), now).unwrap();
    });
    pair.run_until("alice online", |p| sees(p, bob, "alice", Availability::Online));
    pair.until(alice, "the watcher", |e| matches!(e, Event::Watcher { state: WatcherState::Active, .. }));
}

#[test]
fn blocked_people_cannot_write() {
    let mut pair = Pair::simple();
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.order(alice, Command::SetAccess { who: address("bob"), access: Access::Block });
    let tag = pair.say(bob, "alice", "hello?");
    pair.run_until("its fate", |p| matches!(p.fate(bob, tag), Some(Fate::Failed { .. })));
    assert!(pair.texts(alice).is_empty());
}

#[test]
fn what_was_written_meanwhile_leaves_after_the_return() {
    let mut pair = Pair::simple();
    let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
    pair.cut(alice);
    let tags: Vec<_> = (0..3).map(|n| pair.say(alice, "bob", &format!("text {n}"))).collect();
    assert_eq!(pair.fate(alice, tags[2]), Some(Fate::Queued));
    pair.run_until("all delivered", |p| tags.iter().all(|t| p.fate(alice, *t) == Some(Fate::Delivered)));
    assert_eq!(pair.texts(bob), ["text 0", "text 1", "text 2"]);
}

#[test]
fn everybody_signs_out_cleanly() {
    let mut pair = Pair::simple();
    let alice = pair.client_with("alice", |s| with_roster(s, &["bob"]));
    pair.sign_in(alice);
    pair.run_for(Duration::from_secs(5));
    pair.order(alice, Command::SignOut);
    pair.run_until("signed out", |p| p.phase(alice) == Some(SignInPhase::Offline { why: None }));
    assert_eq!(pair.wired(alice, Way::Down, "481").len(), 0, "{}", pair.transcript());
    pair.sign_in(alice);
}
