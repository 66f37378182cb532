//! Talks in sessions and conversations of several people, between clients through the server.

use std::time::Duration;

use chinwag::backend::{Command, Event, RoomCommand, RoomEvent};
use chinwag::demo::{Feature, Features};
use chinwag::model::{Access, Address, Body, Fate, MessageRef, RoomId, TextStyle};

use crate::support::pair::{ClientId, Faults, Pair, Way, address};

/// A server that wants sessions.
fn lcs() -> Pair {
    Pair::with_server(|s| s.features = Features::default().with(&[Feature::Lcs]))
}

fn signed_in(pair: &mut Pair, user: &str, number: u128) -> ClientId {
    // The device's name is made of the first digits.
    let client = pair.client_with(user, |s| s.instance = uuid::Uuid::from_u128(number << 96));
    pair.sign_in(client);
    client
}

fn talkers(pair: &mut Pair) -> (ClientId, ClientId) {
    (signed_in(pair, "alice", 1), signed_in(pair, "bob", 2))
}

fn is_delivered(pair: &Pair, client: ClientId, tag: MessageRef) -> bool {
    pair.fate(client, tag) == Some(Fate::Delivered)
}

/// MESSAGEs outside sessions.
fn pages(pair: &Pair, client: ClientId) -> usize {
    let outside = |to: Option<String>| to.is_some_and(|to| !to.contains("tag="));
    pair.wired(client, Way::Up, "MESSAGE").iter().filter(|w| outside(w.header("To"))).count()
}

#[test]
fn both_ways_in_order_on_one_session() {
    for seed in 0..6 {
        let mut pair = lcs();
        pair.seed(seed);
        let (alice, bob) = talkers(&mut pair);
        pair.faults = Faults {
            latency: Duration::from_millis(20 + 40 * seed),
            jitter: Duration::from_millis(400 * seed),
            piece: if seed % 2 == 0 { 0 } else { 37 },
            coalesce: seed % 3 == 2,
            ..Faults::default()
        };
        let mut tags = Vec::new();
        for n in 0..20 {
            tags.push((alice, pair.say(alice, "bob", &format!("a{n}"))));
            if n > 5 {
                tags.push((bob, pair.say(bob, "alice", &format!("b{n}"))));
            }
            pair.run_for(Duration::from_millis(130 * (n % 5)));
        }
        pair.run_until("all delivered", |p| tags.iter().all(|(who, tag)| is_delivered(p, *who, *tag)));
        let wanted = |letter: char, from: u64| (from..20).map(|n| format!("{letter}{n}")).collect::<Vec<_>>();
        assert_eq!(pair.texts(bob), wanted('a', 0), "{}", pair.transcript());
        assert_eq!(pair.texts(alice), wanted('b', 6));
        assert_eq!(pages(&pair, alice) + pages(&pair, bob), 0);
        pair.run_for(Duration::from_secs(30));
        assert_eq!(pair.wired(alice, Way::Up, "INVITE").iter().filter(|w| w.header("To").unwrap().contains("bob")).count(), 1);
    }
}

#[test]
fn typing_is_seen_only_within_a_session() {
    let mut pair = lcs();
    let (alice, bob) = talkers(&mut pair);
    let typing = |active| Command::Typing { to: address("bob"), active };
    let seen = |p: &Pair| {
        let seen = |e: &Event| match e {
            Event::Typing { active, .. } => Some(*active),
            _ => None,
        };
        p.events(bob).iter().filter_map(seen).collect::<Vec<_>>()
    };
    pair.order(alice, typing(true));
    pair.run_for(Duration::from_secs(10));
    assert!(pair.wired(alice, Way::Up, "INFO").is_empty() && seen(&pair).is_empty());
    let tag = pair.say(alice, "bob", "first");
    pair.run_until("delivered", |p| is_delivered(p, alice, tag));
    pair.order(alice, typing(true));
    pair.run_until("typing", |p| seen(p) == [true]);
    pair.run_until("no longer", |p| seen(p) == [true, false]);
    pair.order(alice, typing(true));
    pair.run_until("typing", |p| seen(p) == [true, false, true]);
    let tag = pair.say(alice, "bob", "second");
    pair.run_until("delivered", |p| is_delivered(p, alice, tag));
    assert_eq!(seen(&pair), [true, false, true, false]);
}

#[test]
fn looks_arrive_as_they_left() {
    let mut pair = lcs();
    let (alice, bob) = talkers(&mut pair);
    let style = TextStyle { bold: true, italic: true, underline: true, colour: Some([0x12, 0x34, 0xff]), ..TextStyle::default() };
    let body = Body { style, ..Body::plain("Grüße — 你好") };
    pair.order(alice, Command::SendText { to: address("bob"), body: body.clone(), tag: MessageRef(900) });
    let plain = Body::plain("plain");
    pair.order(alice, Command::SendText { to: address("bob"), body: plain.clone(), tag: MessageRef(901) });
    pair.run_until("delivered", |p| is_delivered(p, alice, MessageRef(901)));
    let bodies: Vec<&Body> = pair
        .events(bob)
        .iter()
        .filter_map(|e| match e {
            Event::Text { body, .. } => Some(body),
            _ => None,
        })
        .collect();
    assert_eq!(bodies, [&body, &plain]);
}

#[test]
fn first_messages_that_cross() {
    for latency in [5, 50, 300] {
        let mut pair = lcs();
        let (alice, bob) = talkers(&mut pair);
        pair.faults.latency = Duration::from_millis(latency);
        let tags = [(alice, pair.say(alice, "bob", "a1")), (bob, pair.say(bob, "alice", "b1"))];
        pair.run_until("both delivered", |p| tags.iter().all(|(who, tag)| is_delivered(p, *who, *tag)));
        pair.run_for(Duration::from_secs(20));
        let up = |p: &Pair, kind: &str| p.wired(alice, Way::Up, kind).len() + p.wired(bob, Way::Up, kind).len();
        assert!(up(&pair, "BYE") >= 1, "one of the two sessions went\n{}", pair.transcript());
        let invites = up(&pair, "INVITE");
        let tags = [(alice, pair.say(alice, "bob", "a2")), (bob, pair.say(bob, "alice", "b2"))];
        pair.run_until("both delivered", |p| tags.iter().all(|(who, tag)| is_delivered(p, *who, *tag)));
        assert_eq!(up(&pair, "INVITE"), invites, "the other still stands\n{}", pair.transcript());
        assert_eq!((pair.texts(bob).join(" "), pair.texts(alice).join(" ")), ("a1 a2".into(), "b1 b2".into()));
    }
}

#[test]
fn a_program_that_crashed_gets_the_next_text_on_a_new_session() {
    let mut pair = lcs();
    let (alice, bob) = talkers(&mut pair);
    let tag = pair.say(alice, "bob", "before");
    pair.run_until("delivered", |p| is_delivered(p, alice, tag));
    // The link vanishes without a word to anybody; after a while bob's program notices.
    pair.freeze(bob);
    let lost = pair.say(alice, "bob", "into the void");
    pair.run_until("its fate", |p| p.fate(alice, lost).is_some_and(|f| f.is_final()));
    assert!(!is_delivered(&pair, alice, lost), "{}", pair.transcript());
    pair.run_for(Duration::from_mins(3));
    let tag = pair.say(alice, "bob", "after");
    pair.run_until("its fate", |p| p.fate(alice, tag).is_some_and(|f| f.is_final()));
    assert!(is_delivered(&pair, alice, tag), "{}", pair.transcript());
    assert_eq!(pair.texts(bob), ["before", "after"], "nothing comes twice");
    let reply = pair.say(bob, "alice", "here I am");
    pair.run_until("delivered", |p| is_delivered(p, bob, reply));
    assert_eq!(pair.texts(alice), ["here I am"]);
}

#[test]
fn a_lost_connection_comes_back_and_the_talk_goes_on() {
    let mut pair = lcs();
    let (alice, bob) = talkers(&mut pair);
    let tag = pair.say(alice, "bob", "one");
    pair.run_until("delivered", |p| is_delivered(p, alice, tag));
    pair.cut(alice);
    let tag = pair.say(alice, "bob", "two");
    pair.run_until("delivered", |p| is_delivered(p, alice, tag));
    assert_eq!(pair.texts(bob), ["one", "two"]);
    let tag = pair.say(bob, "alice", "three");
    pair.run_until("delivered", |p| is_delivered(p, bob, tag));
    assert_eq!(pair.texts(alice), ["three"]);
}

#[test]
fn who_is_not_there_and_who_is_blocked() {
    let mut pair = lcs();
    let (alice, bob) = talkers(&mut pair);
    let tag = pair.say(alice, "carol", "anybody there?");
    pair.run_until("its fate", |p| p.fate(alice, tag).is_some_and(|f| f.is_final()));
    assert!(matches!(pair.fate(alice, tag), Some(Fate::Failed { .. })), "{:?}", pair.fate(alice, tag));
    pair.order(bob, Command::SetAccess { who: address("alice"), access: Access::Block });
    pair.run_for(Duration::from_secs(2));
    let tag = pair.say(alice, "bob", "please");
    pair.run_until("its fate", |p| p.fate(alice, tag).is_some_and(|f| f.is_final()));
    assert!(matches!(pair.fate(alice, tag), Some(Fate::Failed { .. })), "{:?}", pair.fate(alice, tag));
    assert!(pair.texts(bob).is_empty());
}

#[test]
fn talking_to_oneself_ends() {
    let mut pair = lcs();
    let alice = signed_in(&mut pair, "alice", 1);
    let mut tags = Vec::new();
    for n in 0..3 {
        tags.push(pair.say(alice, "alice", &format!("note {n}")));
        pair.run_for(Duration::from_secs(7));
    }
    pair.run_until("fates", |p| tags.iter().all(|tag| p.fate(alice, *tag).is_some_and(|f| f.is_final())));
    let sent = pair.wired(alice, Way::Up, "INVITE").len();
    pair.run_for(Duration::from_mins(5));
    assert_eq!(pair.wired(alice, Way::Up, "INVITE").len(), sent);
}

// Several people.

fn room_of(pair: &Pair, client: ClientId) -> Option<RoomId> {
    let opened = |e: &Event| match e {
        Event::Room(RoomEvent::Opened { room, .. }) => Some(room.clone()),
        _ => None,
    };
    pair.events(client).iter().rev().find_map(opened)
}

fn say(pair: &mut Pair, client: ClientId, text: &str, tag: u64) {
    let room = room_of(pair, client).unwrap();
    pair.order(client, Command::Room(RoomCommand::Say { room, body: Body::plain(text), tag: MessageRef(tag) }));
}

fn heard(pair: &Pair, client: ClientId) -> Vec<String> {
    let text = |e: &Event| match e {
        Event::Room(RoomEvent::Text { from, body, .. }) => Some(format!("{}: {}", from.user(), body.text)),
        _ => None,
    };
    pair.events(client).iter().filter_map(text).collect()
}

fn left(pair: &Pair, client: ClientId) -> Vec<String> {
    let left = |e: &Event| match e {
        Event::Room(RoomEvent::Left { who, .. }) => Some(who.user().to_owned()),
        _ => None,
    };
    pair.events(client).iter().filter_map(left).collect()
}

/// Alice manages a conversation with bob and carol; dave is signed in.
fn three(pair: &mut Pair) -> [ClientId; 4] {
    let clients =
        [signed_in(pair, "alice", 1), signed_in(pair, "bob", 2), signed_in(pair, "carol", 3), signed_in(pair, "dave", 4)];
    let [alice, bob, carol, _] = clients;
    let people: Vec<Address> = vec![address("bob"), address("carol")];
    pair.order(alice, Command::Room(RoomCommand::Open(people)));
    pair.run_until("all in", |p| room_of(p, bob).is_some() && room_of(p, carol).is_some());
    pair.run_for(Duration::from_secs(3));
    clients
}

#[test]
fn three_people_hear_each_other() {
    for seed in 0..4 {
        let mut pair = lcs();
        pair.seed(seed);
        pair.faults.jitter = Duration::from_millis(150 * seed);
        let [alice, bob, carol, _] = three(&mut pair);
        for (n, client) in [alice, bob, carol].into_iter().enumerate() {
            say(&mut pair, client, &format!("text {n}"), 700);
            pair.run_until("everybody has it", |p| is_delivered(p, client, MessageRef(700)));
        }
        assert_eq!(heard(&pair, alice), ["bob: text 1", "carol: text 2"], "{}", pair.transcript());
        assert_eq!(heard(&pair, bob), ["alice: text 0", "carol: text 2"]);
        assert_eq!(heard(&pair, carol), ["alice: text 0", "bob: text 1"]);
        for client in [alice, bob, carol] {
            assert!(pair.texts(client).is_empty() && left(&pair, client).is_empty(), "{}", pair.transcript());
        }
    }
}

#[test]
fn somebody_leaves_then_the_manager_and_another_is_found() {
    let mut pair = lcs();
    let [alice, bob, carol, dave] = three(&mut pair);
    // A third is invited through the manager.
    let room = room_of(&pair, bob).unwrap();
    pair.order(bob, Command::Room(RoomCommand::Invite { room, who: address("dave") }));
    pair.run_until("dave in", |p| room_of(p, dave).is_some());
    pair.run_for(Duration::from_secs(3));
    assert!(!pair.wired(bob, Way::Up, "REFER").is_empty());
    say(&mut pair, dave, "hello", 1);
    pair.run_until("everybody has it", |p| is_delivered(p, dave, MessageRef(1)));
    for client in [alice, bob, carol] {
        assert_eq!(heard(&pair, client), ["dave: hello"]);
    }
    // Somebody leaves.
    let room = room_of(&pair, carol).unwrap();
    pair.order(carol, Command::Room(RoomCommand::Leave(room)));
    pair.run_until("carol left", |p| [alice, bob, dave].iter().all(|c| left(p, *c) == ["carol"]));
    // The manager leaves; the other two go on.
    let room = room_of(&pair, alice).unwrap();
    pair.order(alice, Command::Room(RoomCommand::Leave(room)));
    pair.run_until("alice left", |p| [bob, dave].iter().all(|c| left(p, *c) == ["carol", "alice"]));
    say(&mut pair, bob, "only we two", 2);
    pair.run_until("dave has it", |p| is_delivered(p, bob, MessageRef(2)));
    // Somebody else manages when somebody is to be invited.
    let room = room_of(&pair, dave).unwrap();
    pair.order(dave, Command::Room(RoomCommand::Invite { room, who: address("carol") }));
    pair.run_until("carol is back", |p| {
        p.events(carol).iter().filter(|e| matches!(e, Event::Room(RoomEvent::Opened { .. }))).count() == 2
    });
    pair.run_for(Duration::from_secs(3));
    say(&mut pair, carol, "I am back", 3);
    pair.run_until("everybody has it", |p| is_delivered(p, carol, MessageRef(3)));
    assert_eq!(heard(&pair, bob).last().unwrap(), "carol: I am back", "{}", pair.transcript());
    assert_eq!(heard(&pair, dave).last().unwrap(), "carol: I am back");
    assert_eq!(heard(&pair, alice), ["dave: hello"]);
}

#[test]
fn two_who_bid_at_once_agree() {
    for seed in 0..4 {
        let mut pair = lcs();
        pair.seed(seed);
        let [alice, bob, carol, dave] = three(&mut pair);
        let room = room_of(&pair, alice).unwrap();
        pair.order(alice, Command::Room(RoomCommand::Leave(room)));
        pair.run_until("alice left", |p| [bob, carol].iter().all(|c| left(p, *c) == ["alice"]));
        for (client, who) in [(bob, "dave"), (carol, "alice")] {
            let room = room_of(&pair, client).unwrap();
            pair.order(client, Command::Room(RoomCommand::Invite { room, who: address(who) }));
        }
        pair.run_until("both came", |p| {
            room_of(p, dave).is_some()
                && p.events(alice).iter().filter(|e| matches!(e, Event::Room(RoomEvent::Opened { .. }))).count() == 2
        });
        pair.run_for(Duration::from_secs(5));
        say(&mut pair, dave, "all four", 1);
        pair.run_until("everybody has it", |p| is_delivered(p, dave, MessageRef(1)));
        for client in [alice, bob, carol] {
            assert_eq!(heard(&pair, client).last().unwrap(), "dave: all four", "{}", pair.transcript());
        }
    }
}

#[test]
fn who_crashes_is_missed() {
    let mut pair = lcs();
    let [alice, bob, carol, _] = three(&mut pair);
    pair.order(bob, Command::SignOut);
    pair.run_until("bob left", |p| left(p, alice) == ["bob"] && left(p, carol) == ["bob"]);
    pair.cut(carol);
    pair.run_until("over", |p| p.events(alice).iter().any(|e| matches!(e, Event::Room(RoomEvent::Closed { why: Some(_), .. }))));
    assert!(pair.events(carol).iter().any(|e| matches!(e, Event::Room(RoomEvent::Closed { why: Some(_), .. }))));
    assert!(pair.events(bob).iter().any(|e| matches!(e, Event::Room(RoomEvent::Closed { why: None, .. }))));
}
