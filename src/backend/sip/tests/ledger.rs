//! Where the front writes messages down: ours wait for it to leave, others' to be acknowledged.

use std::time::Duration;

use super::world::{World, settings, who};
use crate::backend::sip::{Acknowledge, SipSettings};
use crate::backend::{Command, Event};
use crate::model::{Body, MessageRef, SignInPhase};

fn kept() -> SipSettings {
    SipSettings { ledger: true, acknowledge: Acknowledge::WhenKept, ..settings() }
}

fn send(world: &mut World, text: &str, tag: u64) {
    world.command(Command::SendText { to: who("bob"), body: Body::plain(text), tag: MessageRef(tag) }).unwrap();
}

/// What became of ours, and which are about to leave.
fn told(world: &mut World) -> Vec<(u64, &'static str)> {
    let told = |event| match event {
        Event::Delivery { tag, fate } => Some((tag.0, fate.word())),
        Event::Leaving(tag) => Some((tag.0, "leaving")),
        _ => None,
    };
    world.take_events().into_iter().filter_map(told).collect()
}

fn ids(world: &mut World) -> Vec<String> {
    let id = |event| if let Event::Text { id, .. } = event { Some(id) } else { None };
    world.take_events().into_iter().filter_map(id).collect()
}

#[test]
fn nothing_leaves_before_it_is_released() {
    let mut world = World::online(kept());
    world.take_events();
    send(&mut world, "one", 1);
    send(&mut world, "two", 2);
    assert_eq!(told(&mut world), [(1, "leaving"), (2, "queued")]);
    world.nothing_sent();
    world.command(Command::Release(MessageRef(2))).unwrap();
    world.nothing_sent();
    world.command(Command::Release(MessageRef(1))).unwrap();
    let one = world.expect("MESSAGE");
    world.answer(&one, 200, &[]);
    assert_eq!(told(&mut world), [(1, "sent"), (1, "delivered"), (2, "leaving")]);
    world.command(Command::Withdraw(MessageRef(2))).unwrap();
    assert_eq!(told(&mut world), [(2, "failed")]);
    world.command(Command::Release(MessageRef(2))).unwrap();
    world.nothing_sent();
}

#[test]
fn what_waits_outlasts_signing_out_and_a_refused_sign_in() {
    let mut world = World::new(kept());
    send(&mut world, "one", 1);
    assert_eq!(told(&mut world), [(1, "queued")], "written while signed out");
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 403, &[]);
    assert!(matches!(world.last_phase(), SignInPhase::Offline { why: Some(_) }));
    assert_eq!(told(&mut world), [], "nothing is given up");
    world.connect();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    world.until("SUBSCRIBE");
    assert_eq!(told(&mut world), [(1, "leaving")]);
    world.cut();
    world.command(Command::Release(MessageRef(1))).unwrap();
    assert_eq!(told(&mut world), [], "released after the link was lost, it goes on waiting");
    world.seconds(3);
    world.link_up();
    let register = world.expect("REGISTER");
    world.answer(&register, 200, &[]);
    world.expect("SUBSCRIBE");
    let message = world.expect("MESSAGE");
    assert_eq!(&message.body[..], b"one");
}

#[test]
fn a_message_is_acknowledged_when_it_is_written_down_and_so_are_its_copies() {
    let mut world = World::online(kept());
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.message("bob", "c2", &[], "text/plain", b"there");
    world.nothing_sent();
    let ids = ids(&mut world);
    assert_eq!(ids.len(), 2);
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.nothing_sent();
    world.command(Command::Received("ffffffffffffffff".into())).unwrap();
    world.nothing_sent();
    world.command(Command::Received(ids[0].clone())).unwrap();
    world.expect_answer(200);
    world.expect_answer(200);
    world.nothing_sent();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.expect_answer(200);
    world.command(Command::Received(ids[1].clone())).unwrap();
    world.expect_answer(200);
    world.command(Command::Received(ids[1].clone())).unwrap();
    world.nothing_sent();
    world.message("bob", "c3", &[], "application/im-iscomposing+xml", b"<isComposing/>");
    world.expect_answer(200);
}

#[test]
fn a_message_that_is_not_taken_is_refused_as_if_nobody_was_there() {
    let mut world = World::online(kept());
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.message("bob", "c2", &[], "text/plain", b"there");
    world.nothing_sent();
    let ids = ids(&mut world);
    world.command(Command::Declined(ids[0].clone())).unwrap();
    world.expect_answer(480);
    world.command(Command::Declined(ids[0].clone())).unwrap();
    world.command(Command::Received(ids[0].clone())).unwrap();
    world.nothing_sent();
    world.command(Command::Received(ids[1].clone())).unwrap();
    world.expect_answer(200);
    // Sent once more it is looked at once more.
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.nothing_sent();
    world.command(Command::Received(ids[0].clone())).unwrap();
    world.expect_answer(200);
}

#[test]
fn what_was_written_down_in_an_earlier_run_is_not_shown_again() {
    let mut world = World::online(kept());
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    let received = ids(&mut world);
    let mut world = World::online(SipSettings { received, ..kept() });
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.expect_answer(200);
    assert_eq!(ids(&mut world), [""; 0]);
}

#[test]
fn more_than_a_disk_can_take_is_refused() {
    let mut world = World::online(kept());
    world.take_events();
    for n in 0..1_024 {
        world.message("bob", &format!("c{n}"), &[], "text/plain", b"x");
    }
    world.nothing_sent();
    world.message("bob", "one-more", &[], "text/plain", b"x");
    world.expect_answer(503);
    let ids = ids(&mut world);
    assert_eq!(ids.len(), 1_024);
    for id in ids {
        world.command(Command::Received(id)).unwrap();
        world.expect_answer(200);
    }
    world.pass(Duration::from_secs(1));
    world.message("bob", "one-more", &[], "text/plain", b"x");
    assert_eq!(self::ids(&mut world).len(), 1, "it may come again");
}

#[test]
fn what_is_not_written_down_when_we_leave_did_not_arrive() {
    let mut world = World::online(kept());
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.command(Command::SignOut).unwrap();
    while let Some(request) = world.take() {
        if request.method().is_some() {
            world.answer(&request, 200, &[]);
        } else {
            assert_eq!(request.status(), Some(480));
            return;
        }
    }
    panic!("bob is left without an answer");
}

#[test]
fn who_reads_no_messages_is_not_there_for_them() {
    let mut world = World::online(SipSettings { acknowledge: Acknowledge::Never, ..settings() });
    world.take_events();
    world.message("bob", "c1", &[], "text/plain", b"hello");
    world.expect_answer(480);
    assert_eq!(ids(&mut world), [""; 0]);
}

#[test]
fn a_front_that_keeps_nothing_is_not_asked() {
    let mut world = World::online(settings());
    world.take_events();
    send(&mut world, "one", 1);
    world.expect("MESSAGE");
    assert_eq!(told(&mut world), [(1, "sent")]);
}
