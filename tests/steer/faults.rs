//! What goes wrong at the socket and does not at the screen: killed programs, programs that do not read,
//! programs that talk nonsense, and too many of them.

use std::io::Write as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::world::{PATIENCE, Peer, World, signal, text, until};

#[test]
fn killed_while_a_message_is_under_way() {
    let world = World::new(&[]);
    let mut alice = world.screen("alice");
    let socket = world.socket();
    // The server says nothing any more, so the fate stays open.
    signal(world.server.0.id(), Signal::STOP);
    let mut send = world.start("alice", &["send", "bob", "are you there?", "--json"]);
    // The command has ordered it when the conversation is there.
    alice.wait_for("bob@example.test");
    let began = Instant::now();
    alice.kill();
    assert_eq!(send.exit_code(), Some(6));
    assert!(began.elapsed() < PATIENCE / 2, "it is known at once: {:?}", began.elapsed());
    let mut said = String::new();
    std::io::Read::read_to_string(send.0.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert!(said.contains("may or may not have arrived") && said.contains("has ended"), "{said}");
    assert!(socket.exists(), "nobody could take it away");
    signal(world.server.0.id(), Signal::CONT);
    // A dead socket is nobody.
    assert_eq!(world.output("alice", &["status", "--attach"]).status.code(), Some(4));
    // The next program takes its place.
    let _alice = world.screen("alice");
    assert_eq!(world.output("alice", &["status", "--attach", "busy"]).status.code(), Some(0));
    assert_eq!(world.sockets().len(), 1);
}

#[test]
fn a_message_waits_for_the_connection_and_the_command_says_so() {
    let world = World::new(&[]);
    let mut alice = world.screen("alice");
    signal(world.server.0.id(), Signal::STOP);
    let sent = world.output("alice", &["send", "bob", "hi", "--timeout", "1"]);
    assert_eq!(sent.status.code(), Some(6));
    assert!(text(&sent.stderr).contains("may or may not"), "{}", text(&sent.stderr));
    signal(world.server.0.id(), Signal::CONT);
    // Ended in good order while it waits: what the program learns until then is told.
    signal(world.server.0.id(), Signal::STOP);
    let mut send = world.start("alice", &["send", "carol", "the last one"]);
    alice.wait_for("carol@example.test");
    alice.quit();
    assert_eq!(send.exit_code(), Some(6));
    signal(world.server.0.id(), Signal::CONT);
}

#[test]
fn a_stopped_program_is_not_waited_for() {
    let world = World::new(&[]);
    let alice = world.screen("alice");
    signal(alice.pid(), Signal::STOP);
    let none = world.output("alice", &["status", "--attach"]);
    assert_eq!(none.status.code(), Some(4));
    assert!(text(&none.stderr).contains("is it stopped?"), "{}", text(&none.stderr));
    // Without --attach it signs in by itself.
    assert_eq!(world.output("alice", &["status"]).status.code(), Some(0));
    signal(alice.pid(), Signal::CONT);
    assert_eq!(world.output("alice", &["status", "--attach"]).status.code(), Some(0));
}

#[test]
fn nonsense_floods_and_the_deaf_do_not_slow_the_screen() {
    let world = World::new(&[]);
    let mut bob = world.start("bob", &["listen", "--json"]);
    bob.event("phase", |event| event["phase"] == "online");
    assert!(world.output("alice", &["roster", "add", "bob"]).status.success());
    let mut alice = world.screen("alice");
    let socket = world.socket();
    let mut garbage = Peer::connect(&socket);
    let octets: Vec<u8> = (0..400_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    garbage.0.get_mut().write_all(&octets).unwrap();
    garbage.say("");
    assert_eq!(garbage.event("notice").unwrap()["code"], "malformed");
    // It asks for the contact list without end, and never reads.
    let deaf = Peer::connect(&socket);
    deaf.0.get_ref().set_nonblocking(true).unwrap();
    let flood = "{\"do\":\"roster\"}\n".repeat(10_000);
    let _ = deaf.0.get_ref().write(flood.as_bytes());
    // A thousand that only sit there.
    let idle: Vec<Peer> = (0..1_000).map(|_| Peer::connect(&socket)).collect();
    let began = Instant::now();
    alice.type_in("\u{b}bob\rstill here?");
    alice.wait_for("still here?");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(world.output("alice", &["status", "--attach"]).status.code(), Some(0));
    assert_eq!(world.output("alice", &["send", "--attach", "bob", "hi"]).status.code(), Some(0));
    drop((idle, deaf, garbage));
    let mut good = Peer::connect(&socket);
    assert_eq!(good.event("hello").unwrap()["pid"], alice.pid());
    // While nobody asks for anything nothing is burnt.
    until("the screen does not come to rest", || cpu(alice.pid(), Duration::from_millis(300)) < 3);
}

/// Ticks of the processor a process used in a while.
fn cpu(pid: u32, time: Duration) -> u64 {
    let used = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = used();
    std::thread::park_timeout(time);
    used() - before
}

#[test]
fn two_programs_at_a_time_do_not_mix_their_messages() {
    let world = World::new(&[]);
    let _alice = world.screen("alice");
    let mut bob = world.start("bob", &["listen", "--json"]);
    bob.event("phase", |event| event["phase"] == "online");
    let socket = world.socket();
    let mut peers = [Peer::connect(&socket), Peer::connect(&socket)];
    for (number, peer) in peers.iter_mut().enumerate() {
        for turn in 0..20 {
            peer.say(&json!({"do": "send", "to": "bob", "text": format!("{number}-{turn}"), "id": turn}).to_string());
        }
    }
    for peer in &mut peers {
        let mut delivered = Vec::new();
        while delivered.len() < 20 {
            let told = peer.event("delivery").unwrap();
            if told["fate"] == "delivered" {
                delivered.push(told["id"].as_u64().unwrap());
            }
        }
        assert_eq!(delivered, (0..20).collect::<Vec<_>>(), "in the order they were sent");
    }
    let mut came: Vec<Value> = (0..40).map(|_| bob.event("message", |_| true)["text"].clone()).collect();
    came.sort_by_key(Value::to_string);
    came.dedup();
    assert_eq!(came.len(), 40);
}

/// The figure of `docs/performance.md`.
#[test]
fn a_message_takes_milliseconds() {
    let world = World::new(&[]);
    let _alice = world.screen("alice");
    let mut bob = world.start("bob", &["listen", "--json"]);
    bob.event("phase", |event| event["phase"] == "online");
    let time = |how: &str| {
        let began = Instant::now();
        let sent = world.output("alice", &["send", "bob", "hi", how]);
        assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
        bob.event("message", |_| true);
        began.elapsed()
    };
    let mut time = time;
    let median = |mut all: Vec<Duration>| {
        all.sort();
        all[all.len() / 2]
    };
    let attached = median((0..21).map(|_| time("--attach")).collect());
    let own = median((0..5).map(|_| time("--no-attach")).collect());
    println!("send, from start to end with delivery: {attached:?} through the running program, {own:?} by signing in");
    assert!(attached < own, "{attached:?} {own:?}");
}
