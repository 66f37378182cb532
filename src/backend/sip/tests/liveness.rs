//! Whether the link is alive: one test for each arrow of `keepalive.rs`.

use std::time::Duration;

use super::world::{World, settings, who};
use crate::backend::sip::{SipSettings, Timing};
use crate::backend::{Command, Input};
use crate::model::{Body, MessageRef, SignInPhase, Transport};

/// Signed in to a server that said this with its 200; what was sent meanwhile is answered.
fn online(settings: SipSettings, said: &[&str]) -> World {
    let mut world = World::new(settings);
    world.probes = true;
    world.connect();
    let register = world.expect("REGISTER");
    let contact = "Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600";
    world.answer(&register, 200, &[&[contact], said].concat());
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    world
}

/// The same where the registrar wrote this into our Via (RFC 6223).
fn online_with_via(said: &str) -> World {
    let mut world = World::new(settings());
    world.probes = true;
    world.connect();
    let register = world.expect("REGISTER");
    assert!(register.top_via().unwrap().params.has("keep"));
    let answer = world.answer_bytes(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains(";keep"), "{answer}");
    world.feed(answer.replace(";keep", said).as_bytes());
    let winfo = world.expect("SUBSCRIBE");
    world.answer(&winfo, 489, &[]);
    world
}

/// Says the promise of pongs.
const PONGS: &[&str] = &["Require: outbound", "Flow-Timer: 60"];

/// Lets time pass; each ping is answered.
fn answering(world: &mut World, seconds: u64) {
    for _ in 0..seconds * 10 {
        let pings = world.pings;
        world.pass(Duration::from_millis(100));
        if world.pings > pings {
            world.feed(b"\r\n");
        }
    }
}

fn attend(world: &mut World) {
    world.command(Command::Attend).unwrap();
}

fn disturb(world: &mut World) {
    world.input(Input::Disturbed);
}

fn say(world: &mut World) {
    world.command(Command::SendText { to: who("bob"), body: Body::plain("there?"), tag: MessageRef(1) }).unwrap();
    world.expect("MESSAGE");
}

/// Tenths of a second until the link is given up, the server being silent.
fn tenths_until_dead(world: &mut World) -> u64 {
    for tenth in 0..3000 {
        if world.timed_out() {
            return tenth;
        }
        world.pass(Duration::from_millis(100));
    }
    panic!("never");
}

#[test]
fn silence_is_pinged_soon_while_somebody_is_there_and_seldom_else() {
    let mut world = online(settings(), PONGS);
    world.feed(b"\r\n");
    assert_eq!(world.pings, 1);
    attend(&mut world);
    answering(&mut world, 29);
    let attended = world.pings;
    assert!((5..=6).contains(&attended), "one each 5 s: {attended}");
    // Nobody any more: an interval of 48 to 60 s again.
    answering(&mut world, 120);
    assert!((2..=3).contains(&(world.pings - attended)), "{}", world.pings - attended);
    assert_eq!(world.last_phase(), SignInPhase::Online);
}

#[test]
fn who_is_heard_is_not_pinged() {
    let mut world = online(settings(), PONGS);
    world.feed(b"\r\n");
    for n in 0..6 {
        attend(&mut world);
        world.seconds(4);
        world.message("bob", &format!("c{n}"), &[], "text/plain", b"hi");
        world.take();
    }
    assert_eq!(world.pings, 1, "what the first one asked");
}

#[test]
fn a_black_hole_is_noticed_in_fourteen_seconds_with_one_ping() {
    let mut world = online(settings(), PONGS);
    answering(&mut world, 20);
    attend(&mut world);
    answering(&mut world, 11);
    attend(&mut world);
    let pings = world.pings;
    let tenths = tenths_until_dead(&mut world);
    assert!(tenths <= 141, "{tenths}");
    assert_eq!(world.pings - pings, 1);
    assert_eq!(world.closed.len(), 1);
    // The first wait after a loss is the usual one.
    world.seconds(4);
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn nobody_there_means_the_interval_and_the_wait_for_the_pong() {
    let mut world = online(settings(), PONGS);
    answering(&mut world, 200);
    let tenths = tenths_until_dead(&mut world);
    assert!(tenths <= 700, "{tenths}");
}

#[test]
fn who_comes_back_to_the_keyboard_finds_the_truth_soon() {
    let mut world = online(settings(), PONGS);
    world.feed(b"\r\n");
    world.seconds(20);
    // Silent for 20 s, and that was well. Now it is asked at once.
    let pings = world.pings;
    attend(&mut world);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.pings, pings + 1);
    let tenths = tenths_until_dead(&mut world);
    assert!((89..=91).contains(&tenths), "{tenths}");
}

#[test]
fn an_open_question_ends_sooner_when_somebody_comes() {
    let mut world = online(settings(), PONGS);
    world.feed(b"\r\n");
    let pings = world.pings;
    while world.pings == pings {
        world.pass(Duration::from_millis(100));
    }
    world.pass(Duration::from_millis(8500));
    attend(&mut world);
    let tenths = tenths_until_dead(&mut world);
    assert!((4..=6).contains(&tenths), "9 s after the question, not 10: {tenths}");
}

#[test]
fn pings_that_are_never_answered_kill_nobody() {
    // As servers of the LCS family do it.
    let mut world = online(settings(), &["ms-keep-alive: UAS;hop-hop=yes;timeout=300"]);
    for _ in 0..20 {
        attend(&mut world);
        world.seconds(10);
    }
    assert_eq!(world.last_phase(), SignInPhase::Online);
    assert!((38..=41).contains(&world.pings), "one each 5 s of silence: {}", world.pings);
    let pings = world.pings;
    world.seconds(241 + 30);
    assert!((3..=6).contains(&(world.pings - pings)), "and each 240 s later: {}", world.pings - pings);
}

#[test]
fn a_request_without_answer_asks_once_and_silence_is_death() {
    let mut world = online(settings(), &[]);
    world.seconds(40);
    attend(&mut world);
    say(&mut world);
    world.pass(Duration::from_millis(9_900));
    world.nothing_sent();
    world.pass(Duration::from_millis(200));
    let probe = world.expect("OPTIONS");
    assert_eq!(probe.uri(), "sip:example.test");
    let tenths = tenths_until_dead(&mut world);
    assert!((88..=90).contains(&tenths), "{tenths}");
    world.nothing_sent();
}

#[test]
fn any_word_of_the_server_clears_the_suspicion() {
    let mut world = online(settings(), &[]);
    attend(&mut world);
    say(&mut world);
    world.seconds(11);
    let probe = world.expect("OPTIONS");
    world.seconds(7);
    world.answer(&probe, 405, &[]);
    world.seconds(9);
    assert_eq!(world.last_phase(), SignInPhase::Online);
    // And so does anything else it sends: slow servers are not killed.
    let mut world = online(settings(), &[]);
    say(&mut world);
    for n in 0..10 {
        attend(&mut world);
        world.seconds(9);
        world.message("bob", &format!("c{n}"), &[], "text/plain", b"hi");
        world.expect_answer(200);
    }
    assert_eq!(world.last_phase(), SignInPhase::Online);
    world.nothing_sent();
}

#[test]
fn a_provisional_answer_is_an_answer() {
    let mut world = online(settings(), &[]);
    attend(&mut world);
    world.command(Command::SendText { to: who("bob"), body: Body::plain("there?"), tag: MessageRef(1) }).unwrap();
    let message = world.expect("MESSAGE");
    world.answer(&message, 183, &[]);
    world.seconds(20);
    world.nothing_sent();
}

#[test]
fn with_nobody_there_the_question_comes_when_the_request_is_given_up() {
    let mut world = online(settings(), &[]);
    world.seconds(5);
    say(&mut world);
    world.pass(Duration::from_millis(31_900));
    world.nothing_sent();
    world.pass(Duration::from_millis(200));
    world.expect("OPTIONS");
    let tenths = tenths_until_dead(&mut world);
    assert!((98..=100).contains(&tenths), "{tenths}");
    // With a shorter time in the settings it comes then.
    let timing = Timing { request: Duration::from_secs(12), ..Timing::default() };
    let mut world = online(SipSettings { timing, ..settings() }, &[]);
    world.seconds(5);
    say(&mut world);
    world.pass(Duration::from_millis(12_100));
    world.expect("OPTIONS");
}

#[test]
fn a_disturbance_asks_at_once_and_only_once() {
    let mut world = online(settings(), PONGS);
    world.feed(b"\r\n");
    let pings = world.pings;
    disturb(&mut world);
    disturb(&mut world);
    assert_eq!(world.pings, pings + 1, "a storm is one question");
    world.seconds(2);
    disturb(&mut world);
    assert_eq!(world.pings, pings + 1, "and puts nothing off");
    let tenths = tenths_until_dead(&mut world);
    assert!((29..=31).contains(&tenths), "5 s after the first: {tenths}");
    // Where pongs are not known, an OPTIONS.
    let mut world = online(settings(), &[]);
    disturb(&mut world);
    disturb(&mut world);
    let probe = world.expect("OPTIONS");
    world.nothing_sent();
    world.answer(&probe, 200, &[]);
    world.seconds(20);
    assert_eq!(world.last_phase(), SignInPhase::Online);
}

/// The same over UDP.
fn online_by_datagrams(said: &[&str]) -> World {
    let mut settings = settings();
    settings.target.transport = Some(Transport::Udp);
    online(settings, said)
}

const HERE: &str = "192.0.2.10:49152";

#[test]
fn datagrams_are_kept_alive_by_binding_requests() {
    let mut world = online_by_datagrams(&[]);
    assert_eq!(world.bindings.len(), 1, "asked at once, to learn whether it is answered");
    world.bind(HERE);
    world.bound_to = Some(HERE);
    for n in 2..6 {
        let mut tenths = 0;
        while world.bindings.len() < n {
            tenths += 1;
            world.pass(Duration::from_millis(100));
        }
        assert!((239..=291).contains(&tenths), "24 to 29 s: {tenths}");
    }
    world.bound_to = None;
    assert_eq!(world.pings, 0, "no CR LF on datagrams");
    world.nothing_sent();
    // Seven times at growing distances, and then the flow has failed.
    let before = world.bindings.len();
    let tenths = tenths_until_dead(&mut world);
    assert!((240 + 395..=290 + 396).contains(&tenths), "{tenths}");
    assert_eq!(world.bindings.len() - before, 7);
    assert!(world.bindings[before..].iter().all(|id| *id == world.bindings[before]));
}

#[test]
fn a_wish_for_more_keep_alives_counts_over_datagrams_too() {
    let mut world = online_by_datagrams(&["Require: outbound", "Flow-Timer: 10"]);
    world.bind(HERE);
    world.pass(Duration::from_millis(10_001));
    assert_eq!(world.bindings.len(), 2);
}

#[test]
fn who_answers_no_binding_request_is_asked_by_options() {
    for promise in [&[][..], &["Require: outbound", "Flow-Timer: 120"]] {
        let mut world = online_by_datagrams(promise);
        world.pass(Duration::from_millis(39_400));
        world.nothing_sent();
        assert_eq!((world.bindings.len(), world.last_phase()), (7, SignInPhase::Online));
        world.pass(Duration::from_millis(200));
        let probe = world.expect("OPTIONS");
        world.answer(&probe, 404, &[]);
        // Silence at the keyboard does not bring more of them.
        for _ in 0..3 {
            attend(&mut world);
            world.seconds(7);
            world.nothing_sent();
        }
        let (probe, seconds) = world.until("OPTIONS");
        assert!((2..=9).contains(&seconds), "{seconds}");
        world.answer(&probe, 200, &[]);
        let (probe, seconds) = world.until("OPTIONS");
        assert!((24..=29).contains(&seconds), "{seconds}");
        assert!(probe.top_via().unwrap().params.has("rport"));
        assert!(tenths_until_dead(&mut world) <= 101);
        assert_eq!(world.bindings.len(), 7);
    }
}

#[test]
fn a_black_hole_of_datagrams_is_noticed_while_somebody_is_there() {
    let mut world = online_by_datagrams(&[]);
    world.bind(HERE);
    attend(&mut world);
    let tenths = tenths_until_dead(&mut world);
    assert!((139..=141).contains(&tenths), "{tenths}");
    assert_eq!(world.bindings.len(), 1 + 5, "one question, repeated");
    // Where only OPTIONS helps: by a request without answer.
    let mut world = online_by_datagrams(&[]);
    world.pass(Duration::from_millis(39_600));
    let probe = world.expect("OPTIONS");
    world.answer(&probe, 200, &[]);
    attend(&mut world);
    say(&mut world);
    let tenths = tenths_until_dead(&mut world);
    assert!((188..=191).contains(&tenths), "{tenths}");
}

#[test]
fn a_lost_answer_costs_nothing_and_any_datagram_is_a_sign_of_life() {
    let mut world = online_by_datagrams(&[]);
    world.bind(HERE);
    world.seconds(29);
    let ids = world.bindings.clone();
    assert_eq!(ids.len(), 2);
    world.seconds(20);
    assert!(world.bindings.len() > 4, "repeated");
    world.message("bob", "c1", &[], "text/plain", b"hi");
    world.expect_answer(200);
    world.seconds(30);
    assert!(!world.timed_out());
    assert_ne!(world.bindings.last(), ids.last(), "the next one is another");
    // The answer to an old one tells nothing, but that somebody is there.
    world.feed(&crate::sip::stun::answer(ids[1], "203.0.113.66:1".parse().unwrap()));
    assert_eq!(world.last_phase(), SignInPhase::Online);
}

#[test]
fn a_disturbance_asks_over_datagrams_too() {
    let mut world = online_by_datagrams(&[]);
    disturb(&mut world);
    world.expect("OPTIONS");
    let tenths = tenths_until_dead(&mut world);
    assert!((49..=51).contains(&tenths), "{tenths}");
    let mut world = online_by_datagrams(&[]);
    world.bind(HERE);
    disturb(&mut world);
    assert_eq!(world.bindings.len(), 2);
    world.nothing_sent();
    let tenths = tenths_until_dead(&mut world);
    assert!((49..=51).contains(&tenths), "{tenths}");
}

#[test]
fn no_keep_alive_over_datagrams_where_none_is_wanted() {
    let timing = Timing { datagram_ping: Duration::ZERO, ..Timing::default() };
    let mut settings = SipSettings { timing, ..settings() };
    settings.target.transport = Some(Transport::Udp);
    let mut world = online(settings, &[]);
    world.seconds(200);
    world.nothing_sent();
    assert_eq!(world.bindings, []);
}

#[test]
fn a_program_that_stood_still_asks_again_before_it_gives_up() {
    let mut world = online(settings(), PONGS);
    world.feed(b"\r\n");
    let pings = world.pings;
    while world.pings == pings {
        world.pass(Duration::from_millis(100));
    }
    // Stopped for an hour; the driver says so before it calls for timers, and reads what came.
    world.now += Duration::from_hours(1);
    disturb(&mut world);
    assert_eq!(world.pings, pings + 2);
    world.feed(b"\r\n\r\n");
    world.pass(Duration::from_millis(1));
    assert!(!world.timed_out());
}

#[test]
fn a_disturbance_cuts_the_wait_for_the_next_attempt() {
    let mut world = online(settings(), &[]);
    world.cut();
    for _ in 0..3 {
        // Later waits are long.
        world.seconds(400);
        if world.opened.len() >= 3 {
            break;
        }
        world.cannot_open();
    }
    world.cannot_open();
    let opened = world.opened.len();
    disturb(&mut world);
    world.pass(Duration::from_millis(1001));
    assert_eq!(world.opened.len(), opened + 1);
}

#[test]
fn signed_out_nothing_is_asked() {
    let mut world = World::new(settings());
    attend(&mut world);
    disturb(&mut world);
    world.seconds(60);
    assert_eq!((world.pings, world.opened.len()), (0, 0));
}

#[test]
fn keep_with_an_interval_is_followed_and_promises_pongs() {
    let mut world = online_with_via(";keep=20");
    assert_eq!(world.pings, 1);
    world.feed(b"\r\n");
    world.seconds(20);
    assert_eq!(world.pings, 2, "80 to 100 % of 20 s");
    assert!(tenths_until_dead(&mut world) <= 100);
}

#[test]
fn keep_of_zero_leaves_the_interval_to_us() {
    let mut world = online_with_via(";keep=0");
    world.feed(b"\r\n");
    world.seconds(71);
    assert_eq!(world.pings, 1, "90 s, less a fifth at most");
    world.seconds(19);
    assert_eq!(world.pings, 2);
    assert!(tenths_until_dead(&mut world) <= 100);
}

#[test]
fn keep_without_value_promises_nothing() {
    let mut world = online_with_via(";keep");
    world.seconds(300);
    assert_eq!(world.last_phase(), SignInPhase::Online);
}
