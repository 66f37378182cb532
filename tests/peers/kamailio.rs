//! Against Kamailio: sign-in over each transport, chat, presence, lists, offline messages, crashes.

use serde_json::json;

use crate::support::{Chinwag, Kamailio, Lines, wait_until};

const TRANSPORTS: [&str; 3] = ["tcp", "tls", "udp"];

#[test]
fn signs_in_over_each_transport() {
    let server = Kamailio::start(&[]);
    for transport in TRANSPORTS {
        let mut alice = Chinwag::sign_in(&server, "alice", transport);
        let contacts = server.rpc("ul.dump");
        assert!(contacts.contains("alice"), "{contacts}");
        assert_eq!(alice.finish(), 0, "{transport}");
        wait_until("the registration is gone", 5, || (!server.rpc("ul.dump").contains("alice@")).then_some(()));
    }
}

#[test]
fn signs_in_with_sha_256() {
    let server = Kamailio::start(&[("ALGO", "SHA-256")]);
    assert_eq!(Chinwag::sign_in(&server, "alice", "tcp").finish(), 0);
}

#[test]
fn follows_min_expires() {
    let server = Kamailio::start(&[("MIN_EXPIRES", "1200")]);
    assert_eq!(Chinwag::sign_in(&server, "alice", "tcp").finish(), 0);
}

#[test]
fn a_wrong_password_is_said_and_not_hammered() {
    let server = Kamailio::start(&[]);
    for transport in TRANSPORTS {
        let mut command = Chinwag::command(&server, "alice", transport);
        command.env("CHINWAG_TEST_PASSWORD", "wrong").args(["send", "sip:bob@example.test", "hi"]);
        let mut run = Lines::start(&mut command);
        assert_eq!(run.exit_code(15), 3, "{transport}: {:?}", run.seen);
        assert!(run.seen.iter().any(|l| l.contains("password")), "{:?}", run.seen);
    }
}

#[test]
fn an_unknown_account_is_refused() {
    let server = Kamailio::start(&[]);
    let mut command = Chinwag::command(&server, "nobody", "tcp");
    let mut run = Lines::start(command.args(["send", "sip:bob@example.test", "hi"]));
    assert_eq!(run.exit_code(15), 3, "{:?}", run.seen);
}

#[test]
fn certificates_that_cannot_be_trusted_are_told_apart() {
    for (certificate, with_ca, words) in
        [("server.pem", false, "trust"), ("expired.pem", true, "out of date"), ("wronghost.pem", true, "name")]
    {
        let server = Kamailio::start(&[("CERT", certificate)]);
        let mut command = Chinwag::command(&server, "alice", "tls");
        if !with_ca {
            // The same command without the root: its certificate is signed by nobody known.
            let arguments: Vec<_> = command.get_args().map(std::ffi::OsStr::to_owned).collect();
            let at = arguments.iter().position(|a| a == "--ca-file").unwrap();
            let mut bare = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
            bare.args(arguments.iter().enumerate().filter(|(i, _)| *i != at && *i != at + 1).map(|(_, a)| a));
            bare.envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))));
            command = bare;
        }
        let mut run = Lines::start(command.args(["send", "sip:bob@example.test", "hi"]));
        assert_eq!(run.exit_code(15), 4, "{certificate}: {:?}", run.seen);
        assert!(run.seen.iter().any(|l| l.to_lowercase().contains(words)), "{certificate}: {:?}", run.seen);
    }
}

#[test]
fn two_chinwags_chat_type_and_see_each_other() {
    let server = Kamailio::start(&[]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tls");
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    alice.say(&json!({"do": "add", "uri": "sip:bob@example.test", "name": "Bob", "groups": ["Friends"]}));
    bob.say(&json!({"do": "add", "uri": "sip:alice@example.test"}));
    alice.presence("bob", "online", 10);
    bob.presence("alice", "online", 10);

    bob.say(&json!({"do": "presence", "availability": "lunch", "note": "back at 3"}));
    let lunch = alice.presence("bob", "lunch", 10);
    assert_eq!(lunch["note"], "back at 3");

    alice.say(&json!({"do": "typing", "to": "sip:bob@example.test", "active": true}));
    bob.event("typing", 5, |e| e["event"] == "typing" && e["from"] == "sip:alice@example.test" && e["active"] == true);
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "héllo ✓ 你好", "id": "first"}));
    let got = bob.message("héllo ✓ 你好", 5);
    assert_eq!(got["from"], "sip:alice@example.test");
    assert_eq!(got["delayed"], false);
    assert_eq!(alice.delivery("delivered", 5)["id"], "first");

    bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "two\nlines"}));
    alice.message("two\nlines", 5);
    assert_eq!(bob.finish(), 0);
    alice.presence("bob", "offline", 10);
    assert_eq!(alice.finish(), 0);
}

#[test]
fn an_offline_message_arrives_later_and_is_marked() {
    let server = Kamailio::start(&[]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tcp");
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "read this later"}));
    alice.delivery("sent", 5);
    let mut bob = Chinwag::start(Chinwag::command(&server, "bob", "tcp"));
    let got = bob.message("read this later", 15);
    assert_eq!(got["delayed"], true);
    assert_eq!(got["from"], "sip:alice@example.test");
}

#[test]
fn a_message_to_nobody_fails_with_its_reason() {
    let server = Kamailio::start(&[]);
    let mut command = Chinwag::command(&server, "alice", "tcp");
    let mut run = Lines::start(command.args(["send", "sip:nobody@example.test", "hi"]));
    assert_eq!(run.exit_code(15), 6, "{:?}", run.seen);
}

/// 200 accounts publish; alice sees them all.
fn two_hundred(list: bool) -> u64 {
    let server = Kamailio::start(&[]);
    crate::sipp::publish(&server, 200);
    let names: Vec<String> = (1..=200).map(|n| format!("u{n:04}")).collect();
    let mut config = format!(
        "[accounts.alice]\nuri = \"sip:alice@example.test\"\nserver = \"127.0.0.1:{}\"\ntransport = \"tcp\"\n",
        server.port
    );
    if list {
        server.store_list("alice", "alice-list", &names);
        config += "list_uri = \"sip:alice-list@example.test\"\n";
    }
    let command = Chinwag::configured(&server, "alice", &config);
    let mut alice = Chinwag::start(command);
    alice.phase("online", 15);
    for name in &names {
        alice.say(&json!({"do": "add", "uri": format!("sip:{name}@example.test")}));
    }
    let mut seen = std::collections::BTreeSet::new();
    alice.event("all 200 online", 60, |e| {
        if e["event"] == "presence" && e["availability"] == "online" {
            seen.insert(e["who"].as_str().unwrap().to_owned());
        }
        seen.len() == 200
    });
    alice.say(&json!({"do": "traffic"}));
    let traffic = alice.event("traffic", 5, |e| e["event"] == "traffic");
    traffic["SUBSCRIBE"].as_u64().or_else(|| traffic["by_method"]["SUBSCRIBE"].as_u64()).unwrap_or_else(|| panic!("{traffic}"))
}

#[test]
fn two_hundred_contacts_individually() {
    // Each SUBSCRIBE is challenged or carries credentials at once; the answers are counted too.
    assert!(two_hundred(false) >= 400);
}

#[test]
fn two_hundred_contacts_by_one_list_subscription() {
    let subscribes = two_hundred(true);
    assert!(subscribes <= 12, "{subscribes} SUBSCRIBE messages for one list");
}

#[test]
fn a_killed_server_makes_presence_stale_and_its_return_heals() {
    let server = Kamailio::start(&[]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tcp");
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
    alice.presence("bob", "online", 10);
    server.crash();
    alice.event("stale", 10, |e| e["event"] == "presence" && e["stale"] == true);
    let waiting = alice.phase("waiting", 10);
    assert!(waiting["retry_in_ms"].as_u64().is_some() && waiting["why"].is_string(), "{waiting}");
    server.up();
    // First states come before `online` where the server has them, and after it where it has not yet.
    alice.presence("bob", "online", 60);
    bob.phase("online", 60);
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "still there?"}));
    bob.message("still there?", 10);
}

#[test]
fn the_pings_find_a_frozen_server() {
    let server = Kamailio::start(&[("FLOW_TIMER", "4")]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tcp");
    server.freeze();
    alice.phase("waiting", 30);
    server.thaw();
    alice.phase("online", 60);
}
