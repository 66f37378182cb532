//! finch with pidgin-sipe, the one other client of LCS, against the embedded server and chinwag.
//!
//! Both ends were written by different people from different sources, so what they agree on is
//! what the protocol is, as far as it can be known today.

use std::time::Duration;

use serde_json::json;

use crate::support::{Chinwag, Finch, Lcs, Tap, wait_until};

fn chinwag(server: &Lcs, user: &str, transport: &str) -> Chinwag {
    let mut command = server.command(user, transport);
    command.args(["--dialect", "lcs", "--auth", "ntlm"]);
    let mut chinwag = Chinwag::start(command);
    chinwag.phase("online", 15);
    chinwag
}

/// Puts people on a user's contact list, as another program of the user would.
fn fill(server: &Lcs, user: &str, people: &[(&str, &str)]) {
    for (who, group) in people {
        let mut command = server.command(user, "tcp");
        command.args(["roster", "add", &format!("sip:{who}@example.test"), "--group", group]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "roster add: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Waits until finch shows a contact so.
#[track_caller]
fn shows(finch: &Finch, who: &str, status: &str) {
    finch.run(&["wait-contact", &format!("{who}@example.test"), status]);
}

/// Signs in with NTLM, gets contacts and groups, batch presence, sees changes, talks both ways.
fn talk(transport: &str) {
    let server = Lcs::start(&["alice", "bob", "carol"], &[]);
    fill(&server, "bob", &[("alice", "Ops"), ("carol", "Friends")]);
    let finch = Finch::sign_in(&server, "bob", transport);
    let mut alice = chinwag(&server, "alice", transport);
    let able = alice.now_or_event("what the server can do", 5, |e| e["event"] == "capabilities", |_| true);
    assert_eq!((&able["dialect"], &able["auth"], &able["signed"]), (&json!("lcs"), &json!("ntlm"), &json!(true)));

    // Contacts and groups of the server, presence of the whole list with one subscription.
    wait_until("both contacts", 10, || {
        let rows = finch.run(&["contacts"]);
        (rows.contains("alice@example.test\tOps") && rows.contains("carol@example.test\tFriends")).then_some(())
    });
    shows(&finch, "alice", "available");
    shows(&finch, "carol", "offline");
    for (ours, theirs) in
        [("busy", "busy"), ("away", "away"), ("brb", "be-right-back"), ("offline", "offline"), ("online", "available")]
    {
        alice.say(&json!({"do": "presence", "availability": ours}));
        shows(&finch, "alice", theirs);
    }

    // The other way round.
    alice.say(&json!({"do": "add", "uri": "sip:bob@example.test", "name": "Bob"}));
    alice.sees("bob", "online", 10);
    finch.run(&["status", "busy", "in a review"]);
    let busy = alice.sees("bob", "busy", 10);
    assert_eq!(busy["note"], "in a review");
    finch.run(&["status", "available", ""]);
    alice.sees("bob", "online", 10);

    // Messages and typing in both directions.
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "hello finch"}));
    assert_eq!(finch.run(&["wait-im", "alice@example.test", "hello finch"]).trim(), "hello finch");
    alice.delivery("delivered", 10);
    finch.run(&["im", "alice@example.test", "hello <b>chinwag</b>"]);
    alice.event("finch's message", 10, |e| e["event"] == "message" && e["text"].as_str().is_some_and(|t| t.starts_with("hello")));
    alice.say(&json!({"do": "typing", "to": "sip:bob@example.test", "active": true}));
    finch.run(&["wait-typing", "alice@example.test", "on"]);
    alice.say(&json!({"do": "typing", "to": "sip:bob@example.test", "active": false}));
    finch.run(&["typing", "alice@example.test", "on"]);
    alice.event("finch writing", 10, |e| e["event"] == "typing" && e["active"] == true);
    finch.run(&["typing", "alice@example.test", "paused"]);
    alice.event("finch stopped", 10, |e| e["event"] == "typing" && e["active"] == false);

    // finch closes its window; the conversation goes on in a new session.
    finch.run(&["close", "alice@example.test"]);
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "still there?"}));
    finch.run(&["wait-im", "alice@example.test", "still there"]);
    alice.delivery("delivered", 10);
    assert_eq!(alice.finish(), 0);
    shows(&finch, "alice", "offline");
}

#[test]
fn talks_over_tcp() {
    talk("tcp");
}

#[test]
fn talks_over_tls() {
    talk("tls");
}

#[test]
fn blocks_and_lets_in_and_adds() {
    let server = Lcs::start(&["alice", "bob", "carol"], &[]);
    fill(&server, "bob", &[("alice", "Ops")]);
    fill(&server, "alice", &[("bob", "Ops")]);
    let finch = Finch::sign_in(&server, "bob", "tcp");
    let mut alice = chinwag(&server, "alice", "tcp");
    alice.sees("bob", "online", 10);

    // finch blocks chinwag: bob looks offline to alice, and no more than that.
    finch.run(&["block", "alice@example.test"]);
    alice.sees("bob", "offline", 10);
    finch.run(&["allow", "alice@example.test"]);
    alice.sees("bob", "online", 10);

    // chinwag blocks finch.
    alice.say(&json!({"do": "block", "uri": "sip:bob@example.test"}));
    shows(&finch, "alice", "offline");
    finch.run(&["im", "alice@example.test", "can you hear me"]);
    alice.say(&json!({"do": "allow", "uri": "sip:bob@example.test"}));
    shows(&finch, "alice", "available");
    finch.run(&["im", "alice@example.test", "and now?"]);
    let first = alice.event("a message", 20, |e| e["event"] == "message");
    assert!(first["text"].as_str().unwrap().contains("and now"), "a blocked person was heard: {first}");

    // finch adds a contact, and another program of bob's learns of it.
    let mut other = server.command_at("bob", "tcp", server.port, &server.folder("bob-elsewhere"));
    other.args(["--dialect", "lcs", "--auth", "ntlm"]);
    let mut other = Chinwag::start(other);
    other.phase("online", 15);
    finch.run(&["add", "carol@example.test", "Friends", "Carol C"]);
    let is_there = |e: &serde_json::Value| {
        e["event"] == "roster"
            && e["contacts"].as_array().is_some_and(|all| all.iter().any(|c| c["uri"] == "sip:carol@example.test"))
    };
    other.event("carol on the list", 10, is_there);
    // And the other way: chinwag moves a contact, finch shows it in the new group.
    other.say(&json!({"do": "add", "uri": "sip:alice@example.test", "name": "Alice", "groups": ["Night shift"]}));
    wait_until("alice in the new group", 10, || {
        finch.run(&["contacts"]).contains("alice@example.test\tNight shift").then_some(())
    });
    other.say(&json!({"do": "remove", "uri": "sip:carol@example.test"}));
    wait_until("carol gone from finch", 10, || (!finch.run(&["contacts"]).contains("carol")).then_some(()));
}

#[test]
fn talks_with_three() {
    let server = Lcs::start(&["alice", "bob", "carol"], &[]);
    let finch = Finch::sign_in(&server, "bob", "tcp");
    let mut alice = chinwag(&server, "alice", "tcp");
    let mut carol = chinwag(&server, "carol", "tcp");
    alice.say(&json!({"do": "room_open", "people": ["sip:bob@example.test", "sip:carol@example.test"]}));
    let opened = alice.event("the room", 10, |e| e["event"] == "room" && e["state"] == "opened");
    carol.event("the room", 10, |e| e["event"] == "room" && e["state"] == "opened");
    wait_until("three in finch's room", 20, || {
        let output = finch.try_run(&["chat-people"]);
        let people = String::from_utf8_lossy(&output.stdout).into_owned();
        (people.contains("alice") && people.contains("carol")).then_some(())
    });
    alice.say(&json!({"do": "room_send", "room": opened["room"], "text": "welcome both"}));
    finch.run(&["chat-wait", "welcome both"]);
    carol.message("welcome both", 10);
    finch.run(&["chat-say", "thank you"]);
    alice.event("finch in the room", 10, |e| {
        e["event"] == "message" && e["room"].is_string() && e["from"] == "sip:bob@example.test"
    });
    carol.event("finch in the room", 10, |e| {
        e["event"] == "message" && e["room"].is_string() && e["from"] == "sip:bob@example.test"
    });
    alice.say(&json!({"do": "room_leave", "room": opened["room"]}));
    carol.event("alice gone", 10, |e| e["event"] == "room" && e["state"] == "left" && e["who"] == "sip:alice@example.test");
    finch.run(&["chat-say", "just us two"]);
    carol.event("finch still in the room", 10, |e| e["event"] == "message" && e["from"] == "sip:bob@example.test");
}

/// finch renews its registration 30 s before its end, so here every 3 s; what was subscribed and
/// signed goes on.
#[test]
fn survives_re_registration() {
    let server = Lcs::start(&["alice", "bob"], &["--expires", "33"]);
    fill(&server, "bob", &[("alice", "Ops")]);
    let tap = Tap::to(server.port, Duration::ZERO);
    let finch = Finch::start(&server, "bob", "tcp", tap.port);
    finch.run(&["online"]);
    let mut alice = chinwag(&server, "alice", "tcp");
    shows(&finch, "alice", "available");
    let registered = tap.requests("REGISTER");
    wait_until("two more registrations of finch's", 20, || (tap.requests("REGISTER") >= registered + 2).then_some(()));
    alice.say(&json!({"do": "presence", "availability": "busy"}));
    shows(&finch, "alice", "busy");
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "some time later"}));
    finch.run(&["wait-im", "alice@example.test", "some time later"]);
    alice.delivery("delivered", 10);
}

/// An administrator's disabling ends a session, and finch does not come back by itself.
#[test]
fn is_signed_out_by_the_server() {
    let mut server = Lcs::start(&["alice", "bob"], &[]);
    let finch = Finch::sign_in(&server, "bob", "tcp");
    let mut alice = chinwag(&server, "alice", "tcp");
    server.lines.tell("deregister bob rejected");
    server.lines.tell("deregister alice rejected");
    wait_until("finch offline", 10, || (!finch.try_run(&["online", "--seconds", "0.1"]).status.success()).then_some(()));
    let phase = alice.phase("offline", 10);
    assert_eq!(phase["why"], "signed_out_by_server");
}

/// Runs a command to its end, beside whatever the caller does meanwhile.
fn begun(mut command: std::process::Command) -> std::thread::JoinHandle<std::process::Output> {
    std::thread::spawn(move || command.output().unwrap())
}

/// Octets nobody would get right by chance.
fn odd_text() -> Vec<u8> {
    (0..40_000_u32).flat_map(|number| format!("{} {number}\n", number.wrapping_mul(2_654_435_761)).into_bytes()).collect()
}

/// finch offers a file, chinwag takes it: encrypted, checked by its authentication code, whole.
#[test]
fn sends_a_file() {
    let server = Lcs::start(&["alice", "bob"], &[]);
    fill(&server, "alice", &[("bob", "Ops")]);
    let into = server.folder("downloads");
    let mut receive = server.command("alice", "tcp");
    receive.args(["--dialect", "lcs", "--auth", "ntlm", "--json", "receive", "--timeout", "60", "--into"]).arg(&into);
    let receiving = begun(receive);
    let finch = Finch::sign_in(&server, "bob", "tcp");
    let file = server.folder("from-finch").join("minutes.txt");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, odd_text()).unwrap();
    finch.run(&["send-file", "alice@example.test", file.to_str().unwrap()]);
    let output = receiving.join().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("\"encrypted\":true"), "{said}");
    assert!(std::fs::read(into.join("minutes.txt")).unwrap() == odd_text(), "{said}");
}

/// chinwag offers a file, finch takes it: all of it arrives and is right. finch never says that it has it, as it is
/// made, so that chinwag cannot say more than that it was sent, after a minute.
#[test]
fn takes_a_file() {
    let server = Lcs::start(&["alice", "bob"], &[]);
    let finch = Finch::sign_in(&server, "bob", "tcp");
    finch.run(&["open-files"]);
    let file = server.folder("from-chinwag").join("minutes.txt");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, odd_text()).unwrap();
    let mut send = server.command("alice", "tcp");
    send.args(["--dialect", "lcs", "--auth", "ntlm", "--json", "send", "bob", "--file"]).arg(&file);
    let sending = begun(send);
    let into = server.folder("of-finch").join("minutes.txt");
    std::fs::create_dir_all(into.parent().unwrap()).unwrap();
    wait_until("the offer", 20, || finch.try_run(&["take-file", into.to_str().unwrap()]).status.success().then_some(()));
    let output = sending.join().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("\"confirmed\":false"), "{said}");
    wait_until("the whole file", 10, || (std::fs::read(&into).ok()? == odd_text()).then_some(()));
}
