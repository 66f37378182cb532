//! Back to the preferred server without a gap.

use std::time::Duration;

use super::world::{World, peer, roster, settings, who};
use crate::backend::sip::SipSettings;
use crate::backend::{Command, Event, LinkId, PeerInfo};
use crate::model::{Body, Fate, MessageRef, SignInPhase, Transport, WaitReason};
use crate::sip::message::Message;

const CONTACT: &str = "Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=100000";

fn spare() -> PeerInfo {
    PeerInfo { second_best: true, ..peer("b:5061", 2) }
}

/// Signed in at a spare server, at rest; and the link to it.
fn at_spare() -> (World, LinkId) {
    let mut world = World::new(SipSettings { roster: roster(&["bob"]), ..settings() });
    world.command(Command::SignIn).unwrap();
    let link = world.opened[0];
    world.up(link, &spare());
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[CONTACT, "Expires: 100000"]);
    refuse_subscriptions(&mut world);
    assert_eq!(world.last_phase(), SignInPhase::Online);
    world.take_events();
    (world, link)
}

/// Bob and the watchers need no subscription here; nothing else may have been sent.
fn refuse_subscriptions(world: &mut World) {
    while let Some(subscribe) = world.take() {
        assert_eq!(subscribe.method().unwrap().as_str(), "SUBSCRIBE");
        world.answer(&subscribe, 489, &[]);
    }
}

/// Lets time pass until a better server is looked for; after how many seconds.
fn looks(world: &mut World) -> u64 {
    let before = world.opened.len();
    for seconds in 0..10_000 {
        if world.opened.len() > before {
            return seconds;
        }
        world.seconds(1);
    }
    panic!("no look");
}

/// The better server is there, and is asked to take us in.
fn asked(world: &mut World) -> Message {
    looks(world);
    let link = *world.opened.last().unwrap();
    world.up(link, &peer("a:5061", 1));
    world.expect("REGISTER")
}

fn text(tag: u64) -> Command {
    Command::SendText { to: who("bob"), body: Body::plain("hello"), tag: MessageRef(tag) }
}

#[test]
fn everything_moves_once_the_better_server_has_taken_us_in() {
    let (mut world, old) = at_spare();
    let after = looks(&mut world);
    assert!((240..=360).contains(&after), "{after}");
    let known = world.known.last().unwrap().clone();
    assert_eq!(known.better_than, Some((Transport::Tls, "b:5061".to_owned())));
    assert!(!known.goes_on);
    assert_eq!(world.targets[1], world.targets[0]);
    let new = *world.opened.last().unwrap();
    world.up(new, &peer("a:5061", 1));
    let register = world.expect("REGISTER");
    assert!(register.header("Contact").unwrap().contains("reg-id=1"), "the same instance");
    assert_eq!(world.closed, [], "the old link stays");
    // What is written now waits for the new link, and leaves once.
    world.command(text(1)).unwrap();
    world.nothing_sent();
    world.answer(&register, 200, &[CONTACT]);
    let mut methods: Vec<String> = Vec::new();
    while let Some(request) = world.take() {
        methods.push(request.method().unwrap().to_string());
        let code = if request.method().unwrap().as_str() == "MESSAGE" { 200 } else { 489 };
        world.answer(&request, code, &[]);
    }
    methods.sort_unstable();
    assert_eq!(methods, ["MESSAGE", "SUBSCRIBE", "SUBSCRIBE"]);
    let delivered = |e: &Event| matches!(e, Event::Delivery { fate: Fate::Delivered, .. });
    assert_eq!(world.events.iter().filter(|e| delivered(e)).count(), 1);
    assert_eq!(world.phases(), ["online"], "the user is told where, and nothing else");
    assert!(!world.events.iter().any(|e| matches!(e, Event::AllStale)), "{:?}", world.events);
    // What was on its way over the old link is taken.
    world.link = Some(old);
    world.message("bob", "late", &[], "text/plain", b"late");
    world.expect_answer(200);
    assert!(world.events.iter().any(|e| matches!(e, Event::Text { body, .. } if body.text == "late")));
    world.link = Some(new);
    world.seconds(6);
    assert_eq!(world.closed, [old]);
    world.nothing_sent();
    world.seconds(1200);
    assert_eq!(world.opened.len(), 2, "the best one is no reason to look further");
    assert_eq!(world.events.iter().filter(|e| matches!(e, Event::Phase { .. })).count(), 1);
}

#[test]
fn the_better_server_that_was_busy_is_looked_at_when_it_wished() {
    let mut world = World::new(settings());
    world.only_server = false;
    world.command(Command::SignIn).unwrap();
    for (server, wish) in [("silent:5061", None), ("busy:5061", Some("Retry-After: 400"))] {
        world.up(*world.opened.last().unwrap(), &peer(server, 1));
        let register = world.expect("REGISTER");
        match wish {
            Some(wish) => world.answer(&register, 503, &[wish]),
            None => world.down(WaitReason::Closed),
        }
    }
    world.up(*world.opened.last().unwrap(), &spare());
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[CONTACT]);
    refuse_subscriptions(&mut world);
    let mut shut = Vec::new();
    for _ in 0..2 {
        looks(&mut world);
        shut.push(world.known.last().unwrap().shut.iter().map(|met| met.server.clone()).collect::<Vec<_>>());
        world.down(WaitReason::NoOtherServer);
    }
    assert_eq!(shut, [vec!["busy:5061".to_owned()], vec![]]);
}

#[test]
fn while_nobody_better_is_there_it_looks_ever_less_often() {
    let (mut world, _) = at_spare();
    let mut pauses = Vec::new();
    for _ in 0..5 {
        pauses.push(looks(&mut world));
        world.down(WaitReason::NoOtherServer);
    }
    for (pause, whole) in pauses.iter().zip([300, 600, 1200, 1800, 1800]) {
        assert!((whole * 8 / 10..=whole * 12 / 10 + 1).contains(pause), "{pauses:?}");
    }
    assert_eq!(world.phases(), [""; 0], "nobody notices");
}

#[test]
fn whatever_fails_on_the_way_the_old_link_stays() {
    type Fail = fn(&mut World, &Message);
    let fails: [(&str, Fail); 4] = [
        ("busy", |world, register| world.answer(register, 503, &["Retry-After: 10"])),
        ("redirects", |world, register| world.answer(register, 302, &["Contact: <sip:c.example.test;transport=tls>"])),
        ("hangs up", |world, _| world.down(WaitReason::Closed)),
        ("silent", |world, _| world.seconds(10)),
    ];
    for (what, fail) in fails {
        let (mut world, old) = at_spare();
        let register = asked(&mut world);
        world.command(text(1)).unwrap();
        fail(&mut world, &register);
        world.link = Some(old);
        let (mut bound, mut sent) = (0, 0);
        while let Some(request) = world.take() {
            bound += usize::from(request.method().unwrap().as_str() == "REGISTER");
            sent += usize::from(request.method().unwrap().as_str() == "MESSAGE");
            world.answer(&request, 200, &[]);
        }
        assert_eq!((bound, sent), (1, 1), "{what}: the old server is to have our binding again");
        assert_eq!(world.phases(), [""; 0], "{what}");
        assert!(!world.closed.contains(&old), "{what}");
        let delivered = |e: &Event| matches!(e, Event::Delivery { fate: Fate::Delivered, .. });
        assert!(world.events.iter().any(delivered), "{what}");
    }
}

#[test]
fn a_wrong_password_there_is_not_tried_again() {
    let (mut world, old) = at_spare();
    let register = asked(&mut world);
    world.answer(&register, 401, &["WWW-Authenticate: Digest realm=\"example.test\", nonce=\"abc\", qop=\"auth\""]);
    let second = world.expect("REGISTER");
    world.answer(&second, 401, &["WWW-Authenticate: Digest realm=\"example.test\", nonce=\"def\", qop=\"auth\""]);
    world.link = Some(old);
    let again = world.expect("REGISTER");
    world.answer(&again, 200, &[CONTACT]);
    let opened = world.opened.len();
    world.seconds(2_000);
    assert_eq!(world.opened.len(), opened);
}

#[test]
fn it_waits_while_something_is_under_way_and_ends_with_the_link() {
    let (mut world, old) = at_spare();
    world.seconds(235);
    world.command(text(1)).unwrap();
    let message = world.expect("MESSAGE");
    let opened = world.opened.len();
    world.seconds(20);
    world.answer(&message, 200, &[]);
    assert!(looks(&mut world) <= 360);
    world.link = Some(old);
    world.cut();
    assert_eq!(world.closed.len(), 1, "the new one is given up");
    let SignInPhase::Waiting { .. } = world.last_phase() else { panic!("{:?}", world.events) };
    assert_eq!(world.opened.len(), opened + 1);
    let mut world = World::new(SipSettings { return_after: Duration::ZERO, ..settings() });
    world.command(Command::SignIn).unwrap();
    world.up(world.opened[0], &spare());
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[CONTACT]);
    refuse_subscriptions(&mut world);
    world.seconds(2_000);
    assert_eq!(world.opened.len(), 1, "never");
}
