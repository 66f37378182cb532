//! Being reached behind a NAT: the address the server sees, GRUU, outbound (RFC 3581, 5626, 5627, 8489).

use std::time::Duration;

use super::world::{World, roster, settings};
use crate::backend::Event;
use crate::backend::sip::SipSettings;
use crate::model::{Capabilities, SignInPhase, Transport, WaitReason};
use crate::sip::message::Message;

const SEEN: &str = "203.0.113.7:40001";
const LOCAL: &str = "<sip:alice@192.0.2.10:49152>";
const INSTANCE: &str = ";reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\"";
const OUTBOUND: &[&str] = &["Require: outbound", "Supported: outbound"];

fn udp() -> SipSettings {
    let mut settings = SipSettings { roster: roster(&["bob"]), ..settings() };
    settings.target.transport = Some(Transport::Udp);
    settings
}

/// Registering, with the registrar's first 200 saying this, from where it sees us.
fn world(said: &[&str]) -> World {
    let mut world = World::new(udp());
    world.bound_to = Some(SEEN);
    world.connect();
    let register = world.expect("REGISTER");
    assert!(contacts(&register)[0].starts_with(LOCAL), "{register:?}");
    world.answer_from(&register, SEEN, said);
    world
}

/// The watcher information and bob are subscribed to; hands out the latter.
fn subscribed(world: &mut World) -> Message {
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    let bob = world.expect("SUBSCRIBE");
    world.answer(&bob, 200, &["Expires: 3600", "Contact: <sip:203.0.113.5>"]);
    world.notify(&bob, "n", 1, "active;expires=3600", None);
    world.expect_answer(200);
    bob
}

fn contacts(message: &Message) -> Vec<String> {
    message.headers.list("Contact")
}

fn capabilities(world: &World) -> Capabilities {
    let found = |event: &Event| match event {
        Event::Capabilities(able) => Some(able.clone()),
        _ => None,
    };
    world.events.iter().rev().find_map(found).unwrap()
}

#[test]
fn behind_a_nat_the_address_the_server_sees_is_registered_in_place_of_ours() {
    let mut world = world(&[]);
    let bob = subscribed(&mut world);
    assert_eq!(contacts(&bob), ["<sip:alice@203.0.113.7:40001>"]);
    world.pass(Duration::from_millis(1));
    let register = world.expect("REGISTER");
    let [old, new] = &contacts(&register)[..] else { panic!("{register:?}") };
    assert_eq!(*old, format!("{}{}", LOCAL, ";expires=0"));
    assert!(new.starts_with(&format!("<sip:alice@203.0.113.7:40001>{INSTANCE}")), "{new}");
    world.answer_from(&register, SEEN, &["Contact: <sip:alice@203.0.113.7:40001>;expires=600"]);
    // That is all, for as long as nothing changes.
    let (register, seconds) = world.until("REGISTER");
    assert!((450..=540).contains(&seconds), "{seconds}");
    assert_eq!(contacts(&register).len(), 1);
    world.answer_from(&register, SEEN, &[]);
    world.seconds(5);
    world.nothing_sent();
    assert_eq!(capabilities(&world).seen_at, Some(SEEN.parse().unwrap()));
}

#[test]
fn no_nat_no_second_register() {
    let mut world = World::new(udp());
    world.bound_to = Some("192.0.2.10:49152");
    world.connect();
    let register = world.expect("REGISTER");
    world.answer_from(&register, "192.0.2.10:49152", &[]);
    assert_eq!(contacts(&subscribed(&mut world)), [LOCAL]);
    world.seconds(20);
    world.nothing_sent();
}

#[test]
fn a_registrar_that_refuses_the_other_contact_keeps_the_first() {
    for code in [400, 403, 500, 503] {
        let mut world = world(&[]);
        subscribed(&mut world);
        world.pass(Duration::from_millis(1));
        let register = world.expect("REGISTER");
        world.answer(&register, code, &[]);
        let (register, seconds) = world.until("REGISTER");
        assert!((440..=540).contains(&seconds), "{code}: {seconds}");
        assert!(contacts(&register)[0].starts_with(LOCAL));
        world.answer_from(&register, SEEN, &[]);
        let (bob, _) = world.until("SUBSCRIBE");
        assert_eq!(contacts(&bob), [LOCAL], "as the registrar wants it");
        world.answer(&bob, 200, &[]);
        world.seconds(5);
        world.nothing_sent();
        assert_eq!(world.last_phase(), SignInPhase::Online);
    }
}

#[test]
fn a_nat_that_never_rests_brings_one_register_a_minute() {
    let mut world = world(&[]);
    subscribed(&mut world);
    let mut registers = 0;
    for second in 0..600 {
        world.pass(Duration::from_secs(1));
        world.bound_to = Some(if second % 60 < 30 { "203.0.113.7:50001" } else { "203.0.113.7:50002" });
        while let Some(message) = world.take() {
            registers += 1;
            assert!(contacts(&message).len() <= 2);
            world.answer_from(&message, &format!("203.0.113.7:{}", 40_100 + registers), &[]);
        }
    }
    assert!((9..=11).contains(&registers), "{registers}");
    assert_eq!(world.last_phase(), SignInPhase::Online);
}

#[test]
fn another_address_seen_later_is_registered_at_once() {
    let mut world = world(&[]);
    subscribed(&mut world);
    world.pass(Duration::from_millis(1));
    let register = world.expect("REGISTER");
    world.answer_from(&register, SEEN, &[]);
    world.seconds(70);
    world.nothing_sent();
    world.bound_to = Some("203.0.113.7:40002");
    let (register, seconds) = world.until("REGISTER");
    assert!(seconds <= 29, "{seconds}");
    assert_eq!(contacts(&register)[0], "<sip:alice@203.0.113.7:40001>;expires=0");
    assert!(contacts(&register)[1].starts_with("<sip:alice@203.0.113.7:40002>"));
    world.answer_from(&register, "203.0.113.7:40002", &[]);
    world.pass(Duration::from_millis(100));
    // Who notifies us must know of it too.
    let bob = world.expect("SUBSCRIBE");
    assert_eq!(contacts(&bob), ["<sip:alice@203.0.113.7:40002>"]);
    assert!(bob.to().unwrap().tag().is_some(), "in the dialog");
    world.answer(&bob, 200, &[]);
    world.seconds(5);
    world.nothing_sent();
}

#[test]
fn with_outbound_another_address_is_a_failed_flow() {
    let mut world = world(OUTBOUND);
    let bob = subscribed(&mut world);
    assert_eq!(contacts(&bob), ["<sip:alice@192.0.2.10:49152;ob>"]);
    world.seconds(40);
    world.nothing_sent();
    assert!(capabilities(&world).outbound && !capabilities(&world).gruu);
    world.bound_to = Some("203.0.113.7:40002");
    world.seconds(27);
    let failed =
        |event: &Event| matches!(event, Event::Phase { phase: SignInPhase::Waiting { why: WaitReason::Network { .. }, .. }, .. });
    assert_eq!(world.events.iter().filter(|event| failed(event)).count(), 1);
    world.seconds(5);
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn a_gruu_stands_in_contacts_until_the_registrar_takes_it_back() {
    let gruu = "sip:alice@example.test;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128";
    let contact = format!("Contact: {LOCAL}{INSTANCE};pub-gruu=\"{gruu}\";temp-gruu=\"sip:t1@example.test;gr\";expires=600");
    let mut world = world(&[&contact, "Supported: gruu"]);
    let bob = subscribed(&mut world);
    assert_eq!(contacts(&bob), [format!("<{gruu}>")]);
    world.seconds(5);
    world.nothing_sent();
    assert!(capabilities(&world).gruu);
    // Another address: the registrar, at least, is to know.
    world.bound_to = Some("203.0.113.7:40002");
    let (register, seconds) = world.until("REGISTER");
    assert!(seconds <= 29);
    assert!(contacts(&register)[0].starts_with(LOCAL) && contacts(&register).len() == 1);
    world.answer_from(&register, "203.0.113.7:40002", &[]);
    world.pass(Duration::from_millis(1));
    while world.sent.front().is_some_and(|sent| sent.starts_with(b"SUBSCRIBE")) {
        let again = world.expect("SUBSCRIBE");
        assert_eq!(contacts(&again), ["<sip:alice@203.0.113.7:40002>"], "no GRUU any more");
        world.answer(&again, 200, &[]);
    }
    assert!(!capabilities(&world).gruu);
    // And a new link begins without.
    world.cut();
    world.seconds(5);
    world.link_up();
    assert!(contacts(&world.expect("REGISTER"))[0].starts_with(LOCAL));
}

#[test]
fn the_way_out_is_not_the_way_to_the_registrar() {
    let mut world = world(&["Service-Route: <sip:edge.example.test;lr>", "Require: outbound"]);
    let bob = subscribed(&mut world);
    assert_eq!(bob.headers.list("Route"), ["<sip:edge.example.test;lr>"]);
    let (register, _) = world.until("REGISTER");
    assert!(!register.headers.has("Route"));
    assert_eq!(register.headers.list("Supported")[..3], ["path", "outbound", "gruu"]);
}
