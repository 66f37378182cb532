//! Real faults of real servers, each with Kamailio and with the embedded server: killed, frozen, moved to another
//! address, with another certificate, reset in the middle of a message. Each ends with everybody seen as they are
//! and a message each way that came once. What other files show already is in the table of `docs/testing.md`.

use serde_json::{Value, json};

use crate::dns::Domain;
use crate::support::{Certificate, Chinwag, Kind, Shears, Site, Way, Wire};

/// Most seconds until a client is back after what was wrong is right again: its third attempt.
const SOON: u64 = 120;

/// Most seconds for what takes a moment.
const MOMENT: u64 = 20;

/// Alice and bob, who have each other on their lists.
struct Two {
    alice: Chinwag,
    bob: Chinwag,
}

fn send(from: &mut Chinwag, to: &str, text: &str) {
    from.say(&json!({"do": "send", "to": format!("sip:{to}@example.test"), "text": text, "id": text}));
}

/// The last word on a message.
fn fate(of: &mut Chinwag, id: &str, seconds: u64) -> String {
    let about = |e: &Value| e["event"] == "delivery" && e["id"] == id;
    let last = |e: &Value| matches!(e["fate"].as_str(), Some("delivered" | "failed" | "unconfirmed")) || e["stored"] == true;
    of.now_or_event(&format!("the fate of {id}"), seconds, about, last)["fate"].as_str().unwrap().to_owned()
}

fn gets(one: &mut Chinwag, text: &str, seconds: u64) {
    let about = |e: &Value| e["event"] == "message" && e["text"] == text;
    one.now_or_event(text, seconds, about, |_| true);
}

/// How often a text came.
fn copies(one: &Chinwag, text: &str) -> usize {
    let events = one.seen().iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter(|e| e["event"] == "message" && e["text"] == text).count()
}

fn phases(one: &Chinwag) -> Vec<String> {
    let events = one.seen().iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter(|e| e["event"] == "phase").map(|e| e["phase"].as_str().unwrap().to_owned()).collect()
}

impl Drop for Two {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.story());
        }
    }
}

impl Two {
    fn meet(mut alice: Chinwag, mut bob: Chinwag) -> Self {
        for one in [&mut alice, &mut bob] {
            one.phase("online", MOMENT);
        }
        let mut two = Self { alice, bob };
        two.add_each_other();
        two.are_well("first");
        two
    }

    /// Also after the loss of the server's memory: a list that it kept is gone with it.
    fn add_each_other(&mut self) {
        for (one, other) in [(&mut self.alice, "bob"), (&mut self.bob, "alice")] {
            one.say(&json!({"do": "add", "uri": format!("sip:{other}@example.test")}));
        }
    }

    /// Each sees what the other says now, and a message goes each way.
    fn are_well(&mut self, word: &str) {
        let Self { alice, bob } = self;
        for turn in 0..2 {
            let (from, name, to, to_name) =
                if turn == 0 { (&mut *alice, "alice", &mut *bob, "bob") } else { (&mut *bob, "bob", &mut *alice, "alice") };
            let note = format!("{word} of {name}");
            from.say(&json!({"do": "presence", "availability": "busy", "note": note}));
            let who = format!("sip:{name}@example.test");
            let about = |e: &Value| e["event"] == "presence" && e["who"] == who.as_str();
            to.now_or_event(&note, SOON, about, |e| e["note"] == note.as_str() && e["stale"] == false);
            send(from, to_name, &note);
            assert_eq!(fate(from, &note, MOMENT), "delivered");
            gets(to, &note, MOMENT);
        }
    }

    /// How often the text `queued` is to come: in the LCS dialect it fails, and says so, if bob is not back yet when it
    /// leaves.
    fn queued_came(&mut self) -> usize {
        if fate(&mut self.alice, "queued", SOON) == "failed" {
            assert!(self.alice.seen().iter().any(|line| line.contains("\"queued\"") && line.contains("480")));
            return 0;
        }
        gets(&mut self.bob, "queued", MOMENT);
        1
    }

    /// What both were told, for the words of a failure.
    fn story(&self) -> String {
        let told = |one: &Chinwag| {
            one.seen().iter().filter(|line| !line.contains("\"capabilities\"")).cloned().collect::<Vec<_>>().join("\n")
        };
        format!("alice:\n{}\nbob:\n{}", told(&self.alice), told(&self.bob))
    }

    /// Both leave; how often each of these texts came to anybody.
    fn end(mut self, texts: &[&str]) -> Vec<usize> {
        let codes = (self.alice.finish(), self.bob.finish());
        assert_eq!(codes, (0, 0), "{:#?}\n{:#?}", self.alice.seen(), self.bob.seen());
        for one in [&self.alice, &self.bob] {
            let told = phases(one);
            assert!(!told.contains(&"offline".to_owned()) || told.last().is_some_and(|last| last == "offline"), "{told:?}");
            let texts = one.seen().iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut texts: Vec<Value> = texts.filter(|e| e["event"] == "message").map(|e| e["text"].clone()).collect();
            let all = texts.len();
            texts.sort_by_key(Value::to_string);
            texts.dedup();
            assert_eq!(texts.len(), all, "something came twice: {:#?}", one.seen());
        }
        texts.iter().map(|text| copies(&self.alice, text) + copies(&self.bob, text)).collect()
    }
}

fn killed(kind: Kind, transport: &str, remembers: bool) {
    let mut site = Site::start(kind, remembers);
    let port = if transport == "tls" { site.tls_port } else { site.port };
    let wire = Wire::to(port);
    let mut two = Two::meet(site.person("alice", transport, wire.port, ""), site.person("bob", transport, port, ""));
    site.kill();
    for one in [&mut two.alice, &mut two.bob] {
        one.phase("waiting", MOMENT);
    }
    send(&mut two.alice, "bob", "queued");
    let queued = two.alice.event("queued", MOMENT, |e| e["event"] == "delivery" && e["id"] == "queued");
    assert_eq!(queued["fate"], "queued");
    // Alice comes back last: a text of the LCS dialect to somebody who is not there fails, and says so.
    wire.cut();
    site.up();
    two.bob.phase("online", SOON);
    wire.join();
    two.alice.phase("online", SOON);
    gets(&mut two.bob, "queued", SOON);
    assert_eq!(fate(&mut two.alice, "queued", MOMENT), "delivered");
    if !remembers {
        two.add_each_other();
    }
    two.are_well("then");
    assert_eq!(two.end(&["queued", "first of bob", "then of bob", "then of alice"]), [1, 1, 1, 1]);
}

#[test]
fn kamailio_killed_and_begun_anew() {
    killed(Kind::Kamailio, "tcp", false);
}

#[test]
fn kamailio_killed_with_its_memory_kept() {
    killed(Kind::Kamailio, "tls", true);
}

#[test]
fn the_embedded_server_killed_and_begun_anew() {
    killed(Kind::Embedded, "tcp", false);
}

#[test]
fn the_embedded_server_killed_with_its_memory_kept() {
    killed(Kind::Embedded, "tls", true);
}

fn frozen(kind: Kind) {
    let site = Site::start(kind, false);
    let timing = "[timing]\nping_interval = 5\npong_wait = 2";
    let person = |name: &str| site.person(name, "tcp", site.port, timing);
    let mut two = Two::meet(person("alice"), person("bob"));
    site.freeze();
    send(&mut two.alice, "bob", "in flight");
    two.alice.phase("waiting", 30);
    send(&mut two.alice, "bob", "queued");
    let queued = two.alice.event("queued", MOMENT, |e| e["event"] == "delivery" && e["id"] == "queued");
    assert_eq!(queued["fate"], "queued");
    assert_eq!(fate(&mut two.alice, "in flight", MOMENT), "unconfirmed");
    two.bob.phase("waiting", 30);
    site.thaw();
    for one in [&mut two.alice, &mut two.bob] {
        one.phase("online", SOON);
    }
    let queued = two.queued_came();
    two.are_well("then");
    let came = two.end(&["in flight", "queued", "then of alice"]);
    assert!(came[0] <= 1 && came[1..] == [queued, 1], "{came:?}");
}

#[test]
fn kamailio_frozen_and_thawed() {
    frozen(Kind::Kamailio);
}

#[test]
fn the_embedded_server_frozen_and_thawed() {
    frozen(Kind::Embedded);
}

/// The name leads to another server, and the one it led to before dies.
fn moved(kind: Kind) {
    let (mut old, new) = (Site::start(kind, false), Site::start(kind, false));
    let leads_to = |port: u16| {
        format!("host-record=s{port}.example.test,127.0.0.1\nsrv-host=_sip._tcp.example.test,s{port}.example.test,{port}\n")
    };
    let mut domain = Domain::new();
    domain.tells(&leads_to(old.port));
    let person = |name: &str| Chinwag::start(domain.person(name, "transport = \"tcp\""));
    let mut two = Two::meet(person("alice"), person("bob"));
    domain.tells(&leads_to(new.port));
    old.kill();
    for one in [&mut two.alice, &mut two.bob] {
        one.phase("waiting", MOMENT);
    }
    send(&mut two.alice, "bob", "queued");
    for one in [&mut two.alice, &mut two.bob] {
        // What was known of the name is good for half a minute; then comes the next attempt.
        let online = one.phase("online", 400);
        assert_eq!(online["server"], format!("s{0}.example.test:{0}", new.port));
    }
    let queued = two.queued_came();
    two.add_each_other();
    two.are_well("there");
    assert_eq!(two.end(&["queued", "there of alice", "there of bob"]), [queued, 1, 1]);
}

#[test]
fn kamailio_moved_by_its_name() {
    moved(Kind::Kamailio);
}

#[test]
fn the_embedded_server_moved_by_its_name() {
    moved(Kind::Embedded);
}

/// The server comes back with a certificate that nobody should take, and later with the right one.
fn certificate(kind: Kind, certificate: Certificate, why: &str) {
    // With its memory Kamailio shows alice, whose connection it lost when it was killed, for an hour.
    let mut site = Site::start(kind, kind == Kind::Embedded);
    let port = site.tls_port;
    let mut two = Two::meet(site.person("alice", "tls", port, ""), site.person("bob", "tcp", site.port, ""));
    let bob_is_back = |bob: &mut Chinwag| {
        bob.phase("waiting", MOMENT);
        bob.phase("online", SOON);
    };
    site.show(certificate);
    // Trying again would not help, so the script ends and says why.
    let offline = two.alice.phase("offline", SOON);
    assert_eq!(offline["why"], why);
    assert!(offline["text"].as_str().is_some_and(|text| text.contains("certificate")), "{offline}");
    assert_eq!(two.alice.finish(), 4);
    bob_is_back(&mut two.bob);
    // Kamailio, which forgot her, knows nothing of her.
    let about = |e: &Value| e["event"] == "presence" && e["who"] == "sip:alice@example.test";
    let is_gone = |e: &Value| {
        e["stale"] == false && (e["availability"] == "offline" || (e["availability"] == "unknown" && e["devices"] == 0))
    };
    two.bob.now_or_event("alice is not there", SOON, about, is_gone);
    let mut again = site.person("alice", "tls", port, "");
    assert_eq!(again.phase("offline", MOMENT)["why"], why);
    assert_eq!(again.finish(), 4);
    site.show(Certificate::Good);
    bob_is_back(&mut two.bob);
    send(&mut two.bob, "alice", "kept for alice");
    // In the LCS dialect nothing is kept, and the sender is told.
    let kept = usize::from(fate(&mut two.bob, "kept for alice", MOMENT) != "failed");
    two.alice = site.person("alice", "tls", port, "");
    two.alice.phase("online", MOMENT);
    if kept == 1 {
        gets(&mut two.alice, "kept for alice", MOMENT);
    }
    two.are_well("then");
    assert_eq!(two.end(&["kept for alice", "then of alice", "then of bob"]), [kept, 1, 1]);
}

#[test]
fn kamailio_with_a_certificate_for_another_name() {
    certificate(Kind::Kamailio, Certificate::WrongName, "tls_name");
}

#[test]
fn kamailio_with_an_expired_certificate() {
    certificate(Kind::Kamailio, Certificate::Expired, "tls_expired");
}

#[test]
fn the_embedded_server_with_a_certificate_for_another_name() {
    certificate(Kind::Embedded, Certificate::WrongName, "tls_name");
}

#[test]
fn the_embedded_server_with_an_expired_certificate() {
    certificate(Kind::Embedded, Certificate::Expired, "tls_expired");
}

/// Octets that pass before the reset: in the first line, in the head, in or behind the body.
const CUTS: [usize; 4] = [1, 30, 400, 900];

fn cut_in_a_message(kind: Kind, way: Way) {
    let site = Site::start(kind, false);
    let shears = Shears::to(site.port);
    // Within a session of LCS silence is waited for a minute; SIMPLE knows sooner, and shows as much.
    let more = if way == Way::Down { "dialect = \"simple\"" } else { "" };
    let mut bob = Some(site.person("bob", "tcp", site.port, more));
    // The embedded server waits half a minute for the answer to what it passed on, so one cut must do.
    let cuts = if (kind, way) == (Kind::Embedded, Way::Down) { &CUTS[1..2] } else { &CUTS[..] };
    for &octets in cuts {
        // A new run each time: after a second loss within a minute the wait is longer.
        let alice = site.person("alice", "tcp", shears.port, more);
        let mut two = Two::meet(alice, bob.take().unwrap_or_else(|| site.person("bob", "tcp", site.port, more)));
        shears.cut_after(way, octets);
        let text = format!("cut after {octets} {}", "x".repeat(700));
        let fate = if way == Way::Up {
            send(&mut two.alice, "bob", &text);
            two.alice.phase("waiting", MOMENT);
            let fate = fate(&mut two.alice, &text, SOON);
            // Nobody knows how far it came.
            assert!(matches!(fate.as_str(), "unconfirmed" | "delivered"), "{kind:?} {octets}: {fate}");
            fate
        } else {
            send(&mut two.bob, "alice", &text);
            two.alice.phase("waiting", MOMENT);
            fate(&mut two.bob, &text, 60)
        };
        assert!(shears.has_cut());
        two.alice.phase("online", SOON);
        two.are_well("then");
        if fate == "sent" {
            // The server keeps it; alice was back before it did, so it comes with her next sign-in.
            assert_eq!((two.alice.finish(), copies(&two.alice, &text), copies(&two.alice, "then of bob")), (0, 0, 1));
            two.alice = site.person("alice", "tcp", shears.port, more);
            gets(&mut two.alice, &text, MOMENT);
        }
        let came = two.end(&[&text, "then of alice", "then of bob"]);
        println!("{kind:?} {way:?} {octets}: {fate}, came {} times", came[0]);
        let right = match fate.as_str() {
            "delivered" | "sent" => came[0] == 1,
            "failed" => came[0] == 0,
            _ => came[0] <= 1,
        };
        // What came to the run before is counted there.
        assert!(right && came[1..] == [1, usize::from(fate != "sent")], "{kind:?} {way:?} {octets}: {fate}, {came:?}");
    }
}

#[test]
fn reset_in_a_message_to_kamailio() {
    cut_in_a_message(Kind::Kamailio, Way::Up);
}

#[test]
fn reset_in_a_message_from_kamailio() {
    cut_in_a_message(Kind::Kamailio, Way::Down);
}

#[test]
fn reset_in_a_message_to_the_embedded_server() {
    cut_in_a_message(Kind::Embedded, Way::Up);
}

#[test]
fn reset_in_a_message_from_the_embedded_server() {
    cut_in_a_message(Kind::Embedded, Way::Down);
}
