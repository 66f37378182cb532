//! Back from a spare server to the preferred one, both before the same registrar: nobody notices.

use std::time::Duration;

use chinwag::backend::sip::SipSettings;
use chinwag::backend::{Command, Event, RoomCommand, RoomEvent};
use chinwag::demo::{Feature, Features};
use chinwag::model::{Availability, Contact, Fate, OwnPresence, Roster, SignInPhase};

use crate::support::pair::{ClientId, DOMAIN, Pair, Way, address};

/// A client with somebody on the roster, both ways of telling presence alike.
fn watches(settings: &mut SipSettings, who: &str) {
    let mut roster = Roster::default();
    roster.put(Contact::new(address(who)));
    settings.roster = roster;
}

/// Alice at the spare server, bob at the preferred one; each watches the other.
fn apart(mut pair: Pair) -> (Pair, ClientId, ClientId) {
    let bob = pair.client_with("bob", |s| watches(s, "alice"));
    pair.sign_in(bob);
    pair.spare = true;
    let alice = pair.client_with("alice", |s| watches(s, "bob"));
    pair.sign_in(alice);
    pair.order(alice, Command::SetPresence(OwnPresence { chosen: Availability::Busy, ..OwnPresence::default() }));
    pair.run_until("both see each other", |p| {
        let is = |of, who, wanted| p.presence(of, who).is_some_and(|now| now.availability == wanted && !now.stale);
        is(bob, "alice", Availability::Busy) && is(alice, "bob", Availability::Online)
    });
    (pair, alice, bob)
}

fn server_of(event: &Event) -> Option<(SignInPhase, String)> {
    match event {
        Event::Phase { phase, server, .. } => Some((phase.clone(), server.clone().unwrap_or_default())),
        _ => None,
    }
}

fn both(check: fn(Pair)) {
    check(Pair::simple());
    check(Pair::with_server(|s| s.features = Features::default().with(&[Feature::Lcs])));
}

#[test]
fn nobody_notices_the_move() {
    both(|pair| {
        let (mut pair, alice, bob) = apart(pair);
        let before = pair.say(alice, "bob", "before");
        pair.run_until("the first text", |p| p.fate(alice, before) == Some(Fate::Delivered));
        pair.run_for(Duration::from_mins(3));
        pair.take_events(alice);
        pair.take_events(bob);
        pair.spare = false;
        // Texts both ways all the time, so that some come in the middle of it.
        let (mut sent, mut tags) = (Vec::new(), Vec::new());
        for n in 0..400 {
            let text = format!("text {n}");
            tags.push((alice, pair.say(alice, "bob", &text)));
            tags.push((bob, pair.say(bob, "alice", &text)));
            sent.push(text);
            pair.run_for(Duration::from_millis(970));
        }
        pair.run_until("every text arrives", |p| tags.iter().all(|(who, tag)| p.fate(*who, *tag) == Some(Fate::Delivered)));
        for client in [alice, bob] {
            assert_eq!(pair.texts(client), sent, "{}", pair.transcript());
        }
        let phases: Vec<_> = pair.events(alice).iter().filter_map(server_of).collect();
        assert_eq!(phases, [(SignInPhase::Online, format!("{DOMAIN}:5060"))], "{}", pair.transcript());
        for (client, of, wanted) in [(bob, "alice", Availability::Busy), (alice, "bob", Availability::Online)] {
            let all_along = pair.events(client).iter().all(|event| match event {
                Event::Presence { who, now } if *who == address(of) => now.availability == wanted && !now.stale,
                Event::AllStale => false,
                _ => true,
            });
            assert!(all_along, "{}", pair.transcript());
        }
        // And everything works there.
        pair.order(alice, Command::SetPresence(OwnPresence { chosen: Availability::Away, ..OwnPresence::default() }));
        pair.order(bob, Command::SetPresence(OwnPresence { chosen: Availability::Away, ..OwnPresence::default() }));
        pair.run_until("presence goes on", |p| {
            [(bob, "alice"), (alice, "bob")]
                .iter()
                .all(|(client, of)| p.presence(*client, of).is_some_and(|now| now.availability == Availability::Away))
        });
    });
}

#[test]
fn a_conversation_of_several_people_is_not_cut_off() {
    let mut pair = Pair::with_server(|s| s.features = Features::default().with(&[Feature::Lcs]));
    let carol = pair.signed_in("carol");
    let (mut pair, alice, bob) = apart(pair);
    pair.order(alice, Command::Room(RoomCommand::Open(vec![address("bob"), address("carol")])));
    for client in [bob, carol] {
        pair.until(client, "the invitation", |e| matches!(e, Event::Room(RoomEvent::Opened { .. })));
    }
    pair.spare = false;
    pair.take_events(alice);
    pair.run_for(Duration::from_mins(15));
    assert_eq!(pair.events(alice).iter().filter_map(server_of).count(), 0, "{}", pair.transcript());
    let registers = pair.wired(alice, Way::Up, "REGISTER").len();
    assert!(registers > 0);
}
