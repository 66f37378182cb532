//! A client among the people who live in the server: sessions and conversations of several people
//! with them; and one user at several devices, of several kinds.

use std::time::Duration;

use chinwag::backend::{Command, Event, RoomCommand, RoomEvent};
use chinwag::demo::DefaultHandling;
use chinwag::model::{Address, Availability, Body, Dialect, Fate, MessageRef, OwnPresence, RoomId};

use crate::support::pair::{ClientId, Pair, Way, address};

/// Alice at home among the personas.
fn house(seed: u8) -> (Pair, ClientId) {
    let mut pair = Pair::with_server(|config| {
        config.personas = true;
        config.default_handling = DefaultHandling::Confirm;
        config.users.truncate(1);
        config.seed = [seed; 32];
    });
    let alice = pair.signed_in("alice");
    (pair, alice)
}

/// Texts of talks of two, with who wrote them.
fn texts(pair: &Pair, client: ClientId) -> Vec<(String, String)> {
    let text = |e: &Event| match e {
        Event::Text { from, body, .. } => Some((from.user().to_owned(), body.text.clone())),
        _ => None,
    };
    pair.events(client).iter().filter_map(text).collect()
}

/// What was said in rooms.
fn said(pair: &Pair, client: ClientId) -> Vec<(String, String)> {
    let text = |e: &Event| match e {
        Event::Room(RoomEvent::Text { from, body, .. }) => Some((from.user().to_owned(), body.text.clone())),
        _ => None,
    };
    pair.events(client).iter().filter_map(text).collect()
}

fn opened(pair: &Pair, client: ClientId) -> Option<(RoomId, Option<Address>)> {
    let opened = |e: &Event| match e {
        Event::Room(RoomEvent::Opened { room, by, .. }) => Some((room.clone(), by.clone())),
        _ => None,
    };
    pair.events(client).iter().find_map(opened)
}

/// MESSAGEs outside of sessions.
fn pages(pair: &Pair, client: ClientId, way: Way) -> usize {
    let outside = |to: Option<String>| to.is_some_and(|to| !to.contains("tag="));
    pair.wired(client, way, "MESSAGE").iter().filter(|w| outside(w.header("To"))).count()
}

#[test]
fn somebody_greets_in_a_session_and_is_answered_there() {
    let (mut pair, alice) = house(1);
    pair.until(alice, "somebody writes", |e| matches!(e, Event::Typing { from, active: true } if from.user() == "bob"));
    pair.until(alice, "the greeting", |e| matches!(e, Event::Text { from, .. } if from.user() == "bob"));
    let before = texts(&pair, alice).len();
    let tag = pair.say(alice, "bob", "hello Bob, lunch?");
    pair.run_until("the answer", |p| texts(p, alice).iter().skip(before).any(|(from, _)| from == "bob"));
    assert_eq!(pair.fate(alice, tag), Some(Fate::Delivered));
    assert_eq!(pair.wired(alice, Way::Down, "INVITE").len(), 1);
    assert_eq!(pair.wired(alice, Way::Up, "INVITE").len(), 0, "one session for both\n{}", pair.transcript());
    assert_eq!(pages(&pair, alice, Way::Down) + pages(&pair, alice, Way::Up), 0);
}

#[test]
fn who_is_written_to_answers_in_the_session() {
    let (mut pair, alice) = house(1);
    // Somebody who is out cannot be called.
    let tag = pair.say(alice, "ivan", "are you there?");
    pair.run_until("its fate", |p| p.fate(alice, tag).is_some_and(|f| f.is_final()));
    assert!(matches!(pair.fate(alice, tag), Some(Fate::Failed { .. })));
    let tag = pair.say(alice, "frank", "thanks for the pictures");
    pair.run_until("the answer", |p| texts(p, alice).iter().any(|(from, _)| from == "frank"));
    assert_eq!(pair.fate(alice, tag), Some(Fate::Delivered));
    assert_eq!(pair.wired(alice, Way::Up, "INVITE").len(), 2, "one each");
    // A writer's hand arrives as one.
    for number in 0..8 {
        pair.say(alice, "judy", &format!("line {number}"));
        pair.run_for(Duration::from_secs(8));
    }
    let styled = |e: &Event| matches!(e, Event::Text { from, body, .. } if from.user() == "judy" && body.style.italic);
    assert!(pair.events(alice).iter().any(styled), "{:?}", pair.events(alice));
}

#[test]
fn a_room_of_three_and_then_four() {
    let (mut pair, alice) = house(1);
    let people: Vec<Address> = vec![address("bob"), address("grace")];
    pair.order(alice, Command::Room(RoomCommand::Open(people)));
    pair.run_until("the room", |p| opened(p, alice).is_some());
    let (room, _) = opened(&pair, alice).unwrap();
    pair.run_for(Duration::from_secs(2));
    let say = |pair: &mut Pair, text: &str, tag: u64| {
        let body = Body::plain(text);
        pair.order(alice, Command::Room(RoomCommand::Say { room: room.clone(), body, tag: MessageRef(tag) }));
        pair.run_until("both have it", |p| p.fate(alice, MessageRef(tag)) == Some(Fate::Delivered));
        let before = said(pair, alice).len();
        pair.run_until("an answer", |p| said(p, alice).len() > before);
        pair.run_for(Duration::from_secs(6));
        assert_eq!(said(pair, alice).len(), before + 1, "one of them answers\n{}", pair.transcript());
        said(pair, alice).pop().unwrap().0
    };
    let (first, second) = (say(&mut pair, "who has the agenda", 900), say(&mut pair, "nobody then", 901));
    assert_ne!(first, second, "by turns");
    assert_eq!(say(&mut pair, "Grace, what do you say", 902), "grace");
    pair.order(alice, Command::Room(RoomCommand::Invite { room: room.clone(), who: address("frank") }));
    pair.run_for(Duration::from_secs(3));
    assert_eq!(say(&mut pair, "welcome, Frank", 903), "frank", "{}", pair.transcript());
    pair.order(alice, Command::Room(RoomCommand::Leave(room.clone())));
    pair.run_for(Duration::from_secs(2));
    assert_eq!(pair.wired(alice, Way::Up, "BYE").len(), 3);
}

#[test]
fn two_of_the_house_begin_a_room() {
    for seed in 1..20 {
        let (mut pair, alice) = house(seed);
        for _ in 0..20 {
            pair.run_for(Duration::from_mins(1));
            if opened(&pair, alice).is_some() {
                break;
            }
        }
        let Some((room, by)) = opened(&pair, alice) else { continue };
        assert!(by.is_some(), "asked in");
        // Whoever manages it lets others in.
        pair.order(alice, Command::Room(RoomCommand::Invite { room, who: address("nora") }));
        pair.run_for(Duration::from_secs(12));
        let everybody: std::collections::BTreeSet<_> = said(&pair, alice).into_iter().map(|(who, _)| who).collect();
        assert!(everybody.len() >= 3 && everybody.contains("nora"), "{everybody:?}\n{}", pair.transcript());
        assert!(!pair.wired(alice, Way::Up, "REFER").is_empty());
        return;
    }
    panic!("nobody ever did");
}

#[test]
fn the_device_in_use_gets_the_text_and_no_other() {
    let mut pair = Pair::new();
    let (alice, desk, laptop) = (pair.signed_in("alice"), pair.signed_in("bob"), pair.signed_in("bob"));
    pair.run_for(Duration::from_secs(5));
    let away = |chosen| Command::SetPresence(OwnPresence { chosen, ..OwnPresence::default() });
    for (away_one, used) in [(desk, laptop), (laptop, desk)] {
        pair.order(used, away(Availability::Online));
        pair.order(away_one, away(Availability::Away));
        pair.run_for(Duration::from_secs(10));
        let (before_used, before_away) = (pair.texts(used).len(), pair.texts(away_one).len());
        let other = pair.signed_in("carol");
        let tag = pair.say(other, "bob", "where are you?");
        pair.run_until("delivered", |p| p.fate(other, tag) == Some(Fate::Delivered));
        assert_eq!((pair.texts(used).len(), pair.texts(away_one).len()), (before_used + 1, before_away));
        pair.order(other, Command::SignOut);
        pair.run_for(Duration::from_secs(1));
    }
    // It goes in the middle of a talk: the next text reaches the other one.
    let tag = pair.say(alice, "bob", "one");
    pair.run_until("delivered", |p| p.fate(alice, tag) == Some(Fate::Delivered));
    pair.order(desk, Command::SignOut);
    pair.run_for(Duration::from_secs(3));
    let before = pair.texts(laptop).len();
    let tag = pair.say(alice, "bob", "two");
    pair.run_until("delivered", |p| p.fate(alice, tag) == Some(Fate::Delivered));
    assert_eq!(pair.texts(laptop).len(), before + 1);
}

#[test]
fn clients_of_both_kinds_write_to_each_other() {
    let mut pair = Pair::new();
    let alice = pair.signed_in("alice");
    let bob = pair.client_with("bob", |s| s.dialect = Some(Dialect::Simple));
    pair.sign_in(bob);
    let (to_bob, to_alice) = (pair.say(alice, "bob", "to SIMPLE"), pair.say(bob, "alice", "to LCS"));
    pair.run_until("both delivered", |p| {
        p.fate(alice, to_bob) == Some(Fate::Delivered) && p.fate(bob, to_alice) == Some(Fate::Delivered)
    });
    assert_eq!((pair.texts(bob), pair.texts(alice)), (vec!["to SIMPLE".to_owned()], vec!["to LCS".to_owned()]));
}
