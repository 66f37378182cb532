//! Documents kept on Kamailio (XCAP): who may see us, the contact list, the list to subscribe to.

use serde_json::{Value, json};

use crate::support::{Chinwag, Kamailio, Lines};

/// A chinwag that keeps its documents on the server; `more` are further lines of its account.
fn with_documents(server: &Kamailio, user: &str, more: &str) -> Chinwag {
    let mut chinwag = Chinwag::start(Chinwag::configured(server, user, &config(server, user, more)));
    chinwag.phase("online", 15);
    chinwag
}

fn watcher(chinwag: &mut Chinwag, who: &str, state: &str) -> Value {
    let who = format!("sip:{who}@example.test");
    chinwag.event(&format!("watcher {who} {state}"), 15, |e| {
        e["event"] == "watcher" && e["who"] == who.as_str() && e["state"] == state
    })
}

fn subscribes(chinwag: &mut Chinwag) -> u64 {
    chinwag.say(&json!({"do": "traffic"}));
    let traffic = chinwag.event("traffic", 5, |e| e["event"] == "traffic");
    traffic["by_method"]["SUBSCRIBE"].as_u64().unwrap_or_else(|| panic!("{traffic}"))
}

#[test]
fn a_watcher_waits_is_allowed_and_is_blocked() {
    let server = Kamailio::start(&[("ACTIVE", "0")]);
    let mut alice = with_documents(&server, "alice", "");
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    bob.say(&json!({"do": "add", "uri": "sip:alice@example.test"}));
    watcher(&mut alice, "bob", "pending");
    alice.say(&json!({"do": "allow", "uri": "sip:bob@example.test"}));
    alice.event("the decision", 5, |e| e["event"] == "access" && e["allow"] == json!(["sip:bob@example.test"]));
    watcher(&mut alice, "bob", "active");
    bob.presence("alice", "online", 15);

    alice.say(&json!({"do": "presence", "availability": "busy", "note": "writing"}));
    bob.presence("alice", "busy", 10);
    alice.say(&json!({"do": "block", "uri": "sip:bob@example.test"}));
    bob.event("alice out of sight", 15, |e| {
        e["event"] == "presence"
            && e["who"] == "sip:alice@example.test"
            && matches!(e["availability"].as_str(), Some("unknown" | "offline"))
    });
    // Nor can bob come back, nor write.
    assert_eq!(bob.finish(), 0);
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "why?"}));
    // As with somebody who is away, the server may keep it: bob cannot tell.
    bob.event("what became of it", 10, |e| e["event"] == "delivery" && (e["fate"] == "failed" || e["stored"] == true));
    assert!(!bob.seen().iter().any(|l| l.contains("\"busy\"")), "{:#?}", bob.seen());
    assert!(!alice.seen().iter().any(|l| l.contains("why?")));
}

#[test]
fn the_contact_list_lives_on_the_server() {
    let server = Kamailio::start(&[]);
    let mut first = with_documents(&server, "alice", "");
    for (order, now) in [
        (
            json!({"do": "add", "uri": "sip:bob@example.test", "name": "Bob", "groups": ["Work"]}),
            json!([["sip:bob@example.test", "Bob", ["Work"]]]),
        ),
        (
            json!({"do": "add", "uri": "sip:bob@example.test", "name": "Bób & <co>"}),
            json!([["sip:bob@example.test", "Bób & <co>", ["Work"]]]),
        ),
        (
            json!({"do": "add", "uri": "sip:carol@example.test"}),
            json!([["sip:bob@example.test", "Bób & <co>", ["Work"]], ["sip:carol@example.test", "", []]]),
        ),
        (
            json!({"do": "group", "act": "rename", "name": "Work", "to": "Friends"}),
            json!([["sip:bob@example.test", "Bób & <co>", ["Friends"]], ["sip:carol@example.test", "", []]]),
        ),
        (json!({"do": "remove", "uri": "sip:bob@example.test"}), json!([["sip:carol@example.test", "", []]])),
    ] {
        first.say(&order);
        let is_so = |e: &Value| e["event"] == "roster" && people(e) == now;
        first.event("our own change", 5, is_so);
        // Another device, and one that comes with nothing of its own.
        let mut tries = 0;
        loop {
            let mut other = Lines::start(
                Chinwag::device(&server, "alice", "other", &config(&server, "alice", "")).args(["roster", "list", "--json"]),
            );
            assert_eq!(other.exit_code(15), 0, "{:?}", other.seen);
            let seen = other.seen.iter().filter_map(|l| serde_json::from_str::<Value>(l).ok()).any(|e| is_so(&e));
            if seen {
                break;
            }
            tries += 1;
            assert!(tries < 5, "after {order}: {:?}", other.seen);
        }
    }
    assert_eq!(first.finish(), 0);
}

fn config(server: &Kamailio, user: &str, more: &str) -> String {
    let port = server.port;
    format!(
        "[accounts.{user}]\nuri = \"sip:{user}@example.test\"\nserver = \"127.0.0.1:{port}\"\ntransport = \"tcp\"\n\
         xcap_root = \"http://127.0.0.1:{port}/xcap-root\"\n{more}"
    )
}

fn people(roster: &Value) -> Value {
    let mut all: Vec<Value> =
        roster["contacts"].as_array().unwrap().iter().map(|c| json!([c["uri"], c["name"], c["groups"]])).collect();
    all.sort_by_key(ToString::to_string);
    Value::Array(all)
}

#[test]
fn one_subscription_for_all_without_further_settings() {
    let server = Kamailio::start(&[]);
    crate::sipp::publish(&server, 100);
    let names: Vec<String> = (1..=100).map(|n| format!("sip:u{n:04}@example.test")).collect();
    let mut alice = with_documents(&server, "alice", "");
    for name in &names {
        alice.say(&json!({"do": "add", "uri": name}));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut all_online = |e: &Value| {
        if e["event"] == "presence" && e["availability"] == "online" {
            seen.insert(e["who"].as_str().unwrap().to_owned());
        }
        seen.len() == names.len()
    };
    alice.event("all online", 60, &mut all_online);
    println!("while adding: {} SUBSCRIBEs", subscribes(&mut alice));
    assert_eq!(alice.finish(), 0);

    let mut alice = with_documents(&server, "alice", "");
    let mut seen = std::collections::BTreeSet::new();
    let already: Vec<Value> = alice.seen().iter().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let mut all_online = |e: &Value| {
        if e["event"] == "presence" && e["availability"] == "online" {
            seen.insert(e["who"].as_str().unwrap().to_owned());
        }
        seen.len() == names.len()
    };
    if !already.iter().any(&mut all_online) {
        alice.event("all online again", 30, &mut all_online);
    }
    let count = subscribes(&mut alice);
    assert!(count <= 12, "{count} SUBSCRIBE messages, answers and challenges counted");
}
