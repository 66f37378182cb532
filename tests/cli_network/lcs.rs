//! Against the embedded server as a server of the LCS family: rooms, looks, the directory, lists on
//! the server, what the doctor says of it all.

use super::*;

/// The lines of a command's output, each as JSON.
fn events(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn script(world: &World, name: &str) -> Running {
    Running::start(&mut world.run_as(name, &["say"])).online()
}

#[test]
fn a_room_by_script() {
    let world = World::new();
    let (mut alice, mut bob, mut carol) = (script(&world, "alice"), script(&world, "bob"), script(&world, "carol"));
    alice.say(r#"{"do":"room_open","people":["bob","sip:carol@example.test"],"id":"open"}"#);
    let opened = alice.event("room", |event| event["state"] == "opened");
    assert_eq!((&opened["id"], &opened["by"]), (&"open".into(), &Value::Null));
    let room = opened["room"].as_str().unwrap().to_owned();
    let joined = [0, 1].map(|_| alice.event("room", |event| event["state"] == "joined")["who"].clone());
    assert!(joined.contains(&"sip:bob@example.test".into()) && joined.contains(&"sip:carol@example.test".into()), "{joined:?}");
    let theirs = [&mut bob, &mut carol].map(|guest| {
        let opened = guest.event("room", |event| event["state"] == "opened");
        assert_eq!(opened["by"], "sip:alice@example.test");
        opened["room"].as_str().unwrap().to_owned()
    });

    let style = r##"{"bold":true,"color":"#ff0000"}"##;
    alice.say(&format!(r#"{{"do":"room_send","room":"{room}","text":"hello both","style":{style},"id":"say"}}"#));
    let fate = alice.event("delivery", |event| event["fate"] != "sent" && event["fate"] != "queued");
    assert_eq!((&fate["id"], &fate["fate"]), (&"say".into(), &"delivered".into()), "{fate}");
    for (guest, theirs) in [&mut bob, &mut carol].into_iter().zip(&theirs) {
        let message = guest.event("message", |_| true);
        assert_eq!((&message["text"], &message["from"]), (&"hello both".into(), &"sip:alice@example.test".into()));
        assert_eq!(message["room"], theirs.as_str());
        assert_eq!(message["style"], serde_json::json!({"bold": true, "color": "#ff0000"}));
    }
    bob.say(&format!(r#"{{"do":"room_send","room":"{}","text":"and hello from me","id":1}}"#, theirs[0]));
    assert_eq!(carol.event("message", |_| true)["from"], "sip:bob@example.test");
    let message = alice.event("message", |_| true);
    assert_eq!((&message["text"], &message["room"]), (&"and hello from me".into(), &room.clone().into()));
    assert_eq!(message.get("style"), None, "only where there is one");

    alice.say(&format!(r#"{{"do":"room_invite","room":"{room}","to":"nobody","id":"ask"}}"#));
    let left = alice.event("room", |event| event["id"] == "ask");
    assert_eq!((&left["state"], &left["who"]), (&"left".into(), &"sip:nobody@example.test".into()));
    assert!(left["why"].is_string(), "{left}");
    carol.say(&format!(r#"{{"do":"room_leave","room":"{}","id":"bye"}}"#, theirs[1]));
    assert_eq!(carol.event("room", |event| event["state"] == "closed")["id"], "bye");
    alice.event("room", |event| event["state"] == "left" && event["who"] == "sip:carol@example.test");
    alice.say(r#"{"do":"room_send","room":"gone","text":"?","id":"lost"}"#);
    assert_eq!(alice.event("delivery", |event| event["id"] == "lost")["fate"], "failed");
    for mut one in [alice, bob, carol] {
        assert_eq!(one.exit_code(), Some(0));
    }
}

#[test]
fn looks_travel() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json", "--count", "1"])).online();
    let sent = world.output("alice", &["send", "bob", "look", "--format", "italic underline color=#0000ff"]);
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    let style = &bob.event("message", |_| true)["style"];
    assert_eq!(*style, serde_json::json!({"italic": true, "underline": true, "color": "#0000ff"}));
    let wrong = world.output("alice", &["send", "bob", "look", "--format", "wavy"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
    assert!(text(&wrong.stderr).contains("is no look"), "{}", text(&wrong.stderr));
}

#[test]
fn the_directory_finds_people() {
    let world = World::new();
    let found = world.output("alice", &["find", "Bob"]);
    assert_eq!(found.status.code(), Some(0), "{}", text(&found.stderr));
    assert!(text(&found.stdout).starts_with("bob@example.test"), "{}", text(&found.stdout));
    let found = world.output("alice", &["find", "bob", "--json"]);
    let search = events(&found).pop().unwrap();
    assert_eq!((&search["event"], &search["words"], &search["more"]), (&"search".into(), &"bob".into(), &false.into()));
    assert_eq!((&search["people"][0]["uri"], &search["people"][0]["name"]), (&"sip:bob@example.test".into(), &"Bob".into()));
    let nobody = world.output("alice", &["find", "zebedee"]);
    assert_eq!((nobody.status.code(), text(&nobody.stdout)), (Some(0), String::new()));
    assert!(text(&nobody.stderr).contains("knows nobody"), "{}", text(&nobody.stderr));
    let mut alice = script(&world, "alice");
    alice.say(r#"{"do":"search","words":"carol","id":7}"#);
    assert_eq!(alice.event("search", |_| true)["id"], 7);
}

#[test]
fn lists_are_kept_by_the_server() {
    let world = World::new();
    let run = |device: &str, words: &[&str]| {
        let output = world.run_on(device, "alice", words).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run("desk", &["roster", "add", "bob", "--name", "Bobby", "--group", "Ops"]);
    run("desk", &["roster", "groups", "add", "Night"]);
    run("laptop", &["roster", "rename", "bob", "Robert"]);
    run("laptop", &["roster", "move", "bob", "Night"]);
    run("laptop", &["roster", "groups", "rename", "Ops", "Day"]);
    let roster: Value = serde_json::from_str(&run("desk", &["roster", "list", "--json"])).unwrap();
    assert_eq!(roster["contacts"][0]["name"], "Robert");
    assert_eq!(roster["contacts"][0]["groups"], serde_json::json!(["Night"]));
    assert!(roster["groups"].as_array().unwrap().contains(&"Day".into()), "{roster}");
    run("desk", &["roster", "groups", "remove", "Day"]);
    run("desk", &["roster", "remove", "bob"]);
    assert_eq!(run("laptop", &["roster", "list"]), "");
    run("desk", &["access", "block", "eve"]);
    let listed = run("laptop", &["access", "list"]);
    assert!(listed.contains("block  eve@example.test\n"), "{listed}");
}

#[test]
fn lists_outlive_the_server() {
    let mut world = World::new();
    let run = |world: &World, words: &[&str]| {
        let output = world.output("alice", words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run(&world, &["roster", "add", "bob", "--name", "Bobby", "--group", "Ops"]);
    run(&world, &["access", "block", "carol"]);
    world.restart();
    let other = world.run_on("new machine", "alice", &["roster", "list", "--json"]).stdin(Stdio::null()).output().unwrap();
    let roster: Value = serde_json::from_slice(&other.stdout).unwrap();
    assert_eq!((&roster["contacts"][0]["name"], &roster["groups"]), (&"Bobby".into(), &serde_json::json!(["Ops"])), "{roster}");
    assert!(run(&world, &["access", "list"]).contains("block  carol@example.test\n"));
    run(&world, &["roster", "move", "bob", "Night"]);
    assert!(run(&world, &["roster", "list"]).contains("Night"));
}

#[test]
fn the_doctor_explains_the_dialect() {
    let world = World::new();
    let output = world.output("alice", &["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}\n{}", text(&output.stdout), text(&output.stderr));
    let checks = events(&output);
    let check = |step: &str| checks.iter().find(|check| check["step"] == step).unwrap_or_else(|| panic!("{step}: {checks:#?}"));
    assert!(check("dialect")["text"].as_str().unwrap().starts_with("LCS"));
    for step in ["batch", "benotify", "piggyback", "autoextend", "sessions", "directory", "contacts", "faults", "keep-alive"] {
        assert_eq!(check(step)["state"], "ok", "{step}");
    }
    assert_eq!(check("signing")["state"], "warning", "in clear, everybody can read it");
    for check in &checks {
        assert_eq!(check["state"] == "ok", check["advice"].is_null(), "what is not well says what to do: {check}");
    }
    let plain = World::simple();
    let checks = events(&plain.output("alice", &["doctor", "--json"]));
    let dialect = checks.iter().find(|check| check["step"] == "dialect").unwrap();
    assert!(dialect["text"].as_str().unwrap().starts_with("SIMPLE"), "{dialect}");
    assert!(!checks.iter().any(|check| check["step"] == "benotify"), "no word of what only the other dialect has");
}

#[test]
fn signed_out_by_the_server_says_why() {
    let mut world = World::new();
    let mut alice = Running::start(&mut world.run_as("alice", &["listen", "--json"])).online();
    world.server.say("deregister alice unregistered");
    let phase = alice.event("phase", |event| event["phase"] == "offline");
    assert_eq!(phase["why"], "signed_out_by_server");
    assert!(phase["text"].as_str().unwrap().contains("another place"), "{phase}");
    assert_eq!(alice.exit_code(), Some(3));
}
