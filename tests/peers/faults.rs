//! Against Kamailio when things go wrong: forgotten state, old nonces, frozen servers, cut wires; and several devices.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Chinwag, Kamailio, Wire};

fn config(server_port: u16, user: &str, transport: &str, more: &str) -> String {
    format!(
        "[accounts.{user}]\nuri = \"sip:{user}@example.test\"\nserver = \"127.0.0.1:{server_port}\"\n\
         transport = \"{transport}\"\n{more}\n"
    )
}

fn online(server: &Kamailio, user: &str, config: &str) -> Chinwag {
    let mut chinwag = Chinwag::start(Chinwag::configured(server, user, config));
    chinwag.phase("online", 15);
    chinwag
}

fn send(chinwag: &mut Chinwag, to: &str, text: &str, id: &str) {
    chinwag.say(&json!({"do": "send", "to": format!("sip:{to}@example.test"), "text": text, "id": id}));
}

fn fate(chinwag: &mut Chinwag, id: &str, fate: &str, seconds: u64) -> Value {
    chinwag.event(&format!("{id} {fate}"), seconds, |e| e["event"] == "delivery" && e["id"] == id && e["fate"] == fate)
}

/// Texts of all messages that came, in order.
fn came(chinwag: &Chinwag) -> Vec<String> {
    let events = chinwag.seen().iter().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    events.filter(|e| e["event"] == "message").map(|e| e["text"].as_str().unwrap().to_owned()).collect()
}

fn lost_the_link(chinwag: &Chinwag) -> bool {
    chinwag.seen().iter().any(|l| l.contains("\"phase\":\"waiting\""))
}

#[test]
fn old_nonces_are_renewed_quietly() {
    let server = Kamailio::start(&[("NONCE_EXPIRE", "1")]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tcp");
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    let begin = Instant::now();
    let mut count = 0;
    while begin.elapsed() < Duration::from_secs(4) {
        let text = format!("number {count}");
        send(&mut alice, "bob", &text, &text);
        fate(&mut alice, &text, "delivered", 5);
        bob.message(&text, 5);
        count += 1;
        std::thread::park_timeout(Duration::from_millis(400));
    }
    assert!(!lost_the_link(&alice) && !lost_the_link(&bob));
    assert_eq!(came(&bob).len(), count);
}

#[test]
fn a_server_that_forgot_everything_is_told_anew_without_a_lost_link() {
    let server = Kamailio::start(&[("MAX_EXPIRES", "12")]);
    let mut alice = Chinwag::sign_in(&server, "alice", "udp");
    let mut bob = Chinwag::sign_in(&server, "bob", "udp");
    alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
    alice.presence("bob", "online", 10);
    server.crash();
    server.up();
    // Its tag is unknown now (412): published anew. The subscription is unknown too (481): made anew.
    bob.say(&json!({"do": "presence", "availability": "busy", "note": "again"}));
    assert_eq!(alice.presence("bob", "busy", 40)["note"], "again");
    // Both are registered again.
    send(&mut alice, "bob", "still there?", "1");
    bob.message("still there?", 20);
    send(&mut bob, "alice", "yes", "2");
    alice.message("yes", 20);
    assert!(!lost_the_link(&alice), "{:#?}", alice.seen());
    assert!(!lost_the_link(&bob), "{:#?}", bob.seen());
}

#[test]
fn a_message_in_flight_is_unconfirmed_and_not_sent_again() {
    let server = Kamailio::start(&[("FLOW_TIMER", "5")]);
    let mut alice = online(&server, "alice", &config(server.port, "alice", "tcp", "[timing]\npong_wait = 2\nping_interval = 5"));
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    server.freeze();
    send(&mut alice, "bob", "in flight", "flying");
    fate(&mut alice, "flying", "sent", 5);
    let unsure = fate(&mut alice, "flying", "unconfirmed", 30);
    assert!(unsure["why"].as_str().unwrap().contains("may have arrived"), "{unsure}");
    send(&mut alice, "bob", "typed while waiting", "typed");
    fate(&mut alice, "typed", "queued", 5);
    server.thaw();
    alice.phase("online", 60);
    bob.message("typed while waiting", 60);
    // What the server had in its buffers it may deliver, once.
    send(&mut alice, "bob", "and the last", "last");
    bob.message("and the last", 60);
    let all = came(&bob);
    let copies = all.iter().filter(|t| *t == "in flight").count();
    assert!(copies <= 1, "{all:?}");
    assert_eq!(all.iter().filter(|t| *t == "typed while waiting").count(), 1, "{all:?}");
    println!("in flight arrived {copies} times");
}

#[test]
fn messages_typed_while_waiting_leave_in_order_on_return() {
    let server = Kamailio::start(&[]);
    let wire = Wire::to(server.port);
    let mut alice = online(&server, "alice", &config(wire.port, "alice", "tcp", ""));
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    send(&mut alice, "bob", "before", "before");
    fate(&mut alice, "before", "delivered", 5);
    wire.cut();
    alice.phase("waiting", 10);
    for n in 0..10 {
        let id = format!("queued {n}");
        send(&mut alice, "bob", &id, &id);
        fate(&mut alice, &id, "queued", 5);
    }
    wire.join();
    for n in 0..10 {
        fate(&mut alice, &format!("queued {n}"), "delivered", 60);
    }
    bob.message("queued 9", 5);
    let expected: Vec<String> = std::iter::once("before".to_owned()).chain((0..10).map(|n| format!("queued {n}"))).collect();
    assert_eq!(came(&bob), expected);
}

#[test]
fn two_devices_of_one_person() {
    let server = Kamailio::start(&[]);
    let settings = config(server.port, "alice", "tcp", "");
    let mut desk = Chinwag::start(Chinwag::device(&server, "alice", "desk", &settings));
    desk.phase("online", 15);
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    bob.say(&json!({"do": "add", "uri": "sip:alice@example.test"}));
    bob.presence("alice", "online", 10);
    let mut phone = Chinwag::start(Chinwag::device(&server, "alice", "phone", &settings));
    phone.phase("online", 15);
    let alice_with = |devices: u64, availability: &'static str| {
        move |e: &Value| {
            e["event"] == "presence"
                && e["who"] == "sip:alice@example.test"
                && e["devices"] == devices
                && e["availability"] == availability
        }
    };
    bob.event("two devices", 10, alice_with(2, "online"));
    send(&mut bob, "alice", "to both of you", "1");
    desk.message("to both of you", 5);
    phone.message("to both of you", 5);
    phone.say(&json!({"do": "presence", "availability": "away"}));
    // One is there, so alice is.
    bob.event("one away", 10, alice_with(2, "online"));
    assert_eq!(phone.finish(), 0);
    bob.event("one device left", 10, alice_with(1, "online"));
    send(&mut bob, "alice", "to one of you", "2");
    desk.message("to one of you", 5);
    assert_eq!(desk.finish(), 0);
    bob.presence("alice", "offline", 10);
}

#[test]
fn chat_over_udp_within_its_limit() {
    let server = Kamailio::start(&[]);
    let mut alice = Chinwag::sign_in(&server, "alice", "udp");
    let mut bob = Chinwag::sign_in(&server, "bob", "udp");
    for (from, to, to_name) in [(0, 1, "bob"), (1, 0, "alice")] {
        let pair = [&mut alice, &mut bob];
        let text = format!("hello {to_name}");
        send(pair[from], to_name, &text, "short");
        fate(pair[from], "short", "delivered", 5);
        pair[to].message(&text, 5);
    }
    // The longest text that is let through arrives; longer ones are refused with the reason.
    let mut longest = None;
    for length in (400..1400).step_by(50) {
        let (text, id) = ("x".repeat(length), format!("x{length}"));
        send(&mut alice, "bob", &text, &id);
        let end = alice.event("an end", 10, |e| {
            e["event"] == "delivery"
                && e["id"] == id.as_str()
                && matches!(e["fate"].as_str(), Some("delivered" | "failed" | "unconfirmed"))
        });
        if end["fate"] == "delivered" {
            bob.message(&text, 5);
            longest = Some(length);
            continue;
        }
        let why = end["why"].as_str().unwrap();
        assert!(end["fate"] == "failed" && why.contains("too long") && why.contains("UDP"), "{end}");
        break;
    }
    assert!(longest.is_some_and(|l| (500..1300).contains(&l)), "{longest:?}");
}

#[test]
fn forty_kilobytes_over_tcp() {
    let server = Kamailio::start(&[]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tcp");
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    let text = "0123456789abcdef ✓".repeat(2000);
    send(&mut alice, "bob", &text, "long");
    bob.message(&text, 10);
    fate(&mut alice, "long", "delivered", 5);
}
