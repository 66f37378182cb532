//! Each command through the running program, beside the same command that signs in by itself.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;

use serde_json::{Value, json};

use super::world::{Running, Screen, World, events, text, until};

const LCS: &[&str] = &[];
const SIMPLE: &[&str] = &["--disable", "lcs"];

#[test]
fn a_message_leaves_by_the_running_program_and_shows_there() {
    for options in [LCS, SIMPLE] {
        let world = World::new(options);
        let mut bob = world.start("bob", &["listen", "--json"]);
        bob.event("phase", |event| event["phase"] == "online");
        let alice = world.screen("alice");
        let folder = world.socket();
        let mode = |path: &std::path::Path| std::fs::symlink_metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o600, 0o700));
        let sent = world.output("alice", &["send", "bob", "hello", "by", "socket", "--json"]);
        assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
        assert_eq!(bob.event("message", |_| true)["text"], "hello by socket");
        let mut alice = alice;
        alice.type_in("\u{b}bob\r");
        alice.wait_for("hello by socket");
        // The same by a sign-in of its own gives the same lines.
        let own = world.output("alice", &["send", "bob", "hello", "by", "socket", "--json", "--no-attach"]);
        assert_eq!(events(&sent), events(&own));
        // And on the screen of the running program it is not.
        assert_eq!(bob.event("message", |_| true)["text"], "hello by socket");
        let quiet = world.output("alice", &["send", "bob", "without", "words"]);
        assert_eq!((quiet.status.code(), text(&quiet.stdout), text(&quiet.stderr)), (Some(0), String::new(), String::new()));
        let path = world.socket();
        alice.quit();
        assert!(!path.exists(), "the socket goes with the program");
    }
}

#[test]
fn what_cannot_be_delivered_ends_with_six_both_ways() {
    for options in [LCS, SIMPLE] {
        let world = World::new(options);
        let _alice = world.screen("alice");
        let both = |words: &[&str]| {
            let attached = world.output("alice", &[words, &["--attach"]].concat());
            let own = world.output("alice", &[words, &["--no-attach"]].concat());
            assert_eq!(attached.status.code(), own.status.code(), "{words:?}");
            assert_eq!((text(&attached.stderr), events(&attached)), (text(&own.stderr), events(&own)), "{words:?}");
            attached
        };
        let nobody = both(&["send", "nobody", "hi", "--json"]);
        assert_eq!(nobody.status.code(), Some(6));
        assert!(text(&nobody.stderr).contains("not delivered"), "{}", text(&nobody.stderr));
        assert_eq!(both(&["send", "b ob", "hi"]).status.code(), Some(2));
        assert_eq!(both(&["roster", "remove", "nobody"]).status.code(), Some(2));
    }
}

#[test]
fn presence_is_the_same_by_both_ways() {
    for options in [LCS, SIMPLE] {
        let world = World::new(options);
        let mut bob = world.start("bob", &["say"]);
        bob.event("phase", |event| event["phase"] == "online");
        for who in ["bob", "carol"] {
            assert!(world.output("alice", &["roster", "add", who]).status.success());
        }
        let _alice = world.screen("alice");
        say(&mut bob, &json!({"do": "presence", "availability": "busy", "note": "in a call"}));
        bob.event("presence", |event| event["self"] == true && event["availability"] == "busy");
        let look = |how| world.output("alice", &["watch", "--once", "--json", how]);
        until("the running program does not know", || text(&look("--attach").stdout).contains("in a call"));
        let presence = |all: Vec<Value>| {
            let all = all.into_iter().filter(|event| event["event"] == "presence" && event["self"] != true);
            let mut all: Vec<Value> = all.collect();
            all.sort_by_key(|event| event["who"].to_string());
            all.dedup();
            all
        };
        let (attached, own) = (look("--attach"), look("--no-attach"));
        assert_eq!((attached.status.code(), own.status.code()), (Some(0), Some(0)));
        let fields = |all: &[Value]| -> Vec<Vec<String>> {
            all.iter().map(|event| event.as_object().unwrap().keys().cloned().collect()).collect()
        };
        let (attached, own) = (presence(events(&attached)), presence(events(&own)));
        assert_eq!(fields(&attached), fields(&own));
        let said = |all: &[Value]| -> Vec<(Value, Value, Value)> {
            all.iter().map(|event| (event["who"].clone(), event["availability"].clone(), event["note"].clone())).collect()
        };
        assert_eq!(said(&attached), said(&own));
        // Somebody who is not on the list, once and again; and what changes is followed.
        let stranger = |how| {
            let output = world.output("bob", &["watch", "--once", "alice", "--json", how]);
            let told = events(&output).into_iter().find(|event| event["event"] == "presence" && event["self"] != true).unwrap();
            (output.status.code(), told["availability"].clone())
        };
        drop(bob);
        let mut screen = world.screen("bob");
        for _ in 0..2 {
            assert_eq!(stranger("--attach"), (Some(0), json!("online")));
        }
        assert_eq!(stranger("--no-attach"), (Some(0), json!("online")));
        let mut follows = world.start("bob", &["watch", "alice", "--json"]);
        follows.event("presence", |event| event["who"] == "sip:alice@example.test" && event["availability"] == "online");
        assert_eq!(world.output("alice", &["status", "lunch", "back", "at", "1"]).status.code(), Some(0));
        let told = follows.event("presence", |event| event["availability"] == "lunch");
        assert_eq!(told["note"], "back at 1");
        // The program that follows ends with a sentence when the other one does.
        screen.quit();
        assert_eq!(follows.exit_code(), Some(4));
    }
}

#[test]
fn our_own_state_is_shown_and_set() {
    for options in [LCS, SIMPLE] {
        let world = World::new(options);
        let refused = world.output("alice", &["status", "away"]);
        assert_eq!(refused.status.code(), Some(4), "nobody would keep it");
        assert!(text(&refused.stderr).contains("--stay"), "{}", text(&refused.stderr));
        assert_eq!(world.output("alice", &["status", "sleepy"]).status.code(), Some(2));
        let alice = world.screen("alice");
        let set = world.output("alice", &["status", "away", "lunch", "until", "1", "--json"]);
        assert_eq!(set.status.code(), Some(0), "{}", text(&set.stderr));
        let shown = world.output("alice", &["status", "--json"]);
        assert_eq!(events(&set), events(&shown));
        let event = &events(&shown)[0];
        let told = (&event["event"], &event["self"], &event["availability"], &event["note"], &event["account"]);
        assert_eq!(told, (&json!("presence"), &json!(true), &json!("away"), &json!("lunch until 1"), &json!("work")));
        assert_eq!(events(&shown).len(), 1);
        alice.wait_for("Away");
        // Another program that signs in sees what others see, and changes nothing.
        let other = world.output("alice", &["status", "--json", "--no-attach"]);
        assert_eq!(other.status.code(), Some(0), "{}", text(&other.stderr));
        assert_eq!(events(&other)[0]["availability"], "away");
        let human = world.output("alice", &["status"]);
        assert_eq!(text(&human.stdout), "alice@example.test             away      \"lunch until 1\"\n");
        let back = world.output("alice", &["status", "online"]);
        assert_eq!(back.status.code(), Some(0));
        assert_eq!(events(&world.output("alice", &["status", "--json"]))[0]["note"], Value::Null);
    }
}

#[test]
fn a_state_without_a_screen_lasts_as_long_as_the_command() {
    let world = World::new(LCS);
    let mut alice = world.start("alice", &["status", "busy", "--stay", "--json"]);
    let told = alice.event("presence", |event| event["self"] == true);
    assert_eq!(told["availability"], "busy");
    let seen = world.output("bob", &["watch", "--once", "alice", "--json"]);
    assert!(text(&seen.stdout).contains(r#""availability":"busy""#), "{}", text(&seen.stdout));
    super::world::signal(alice.0.id(), rustix::process::Signal::INT);
    assert_eq!(alice.exit_code(), Some(130));
}

#[test]
fn the_contact_list_is_changed_in_one_place() {
    for options in [LCS, SIMPLE] {
        let world = World::new(options);
        let mut alice = world.screen("alice");
        let added = world.output("alice", &["roster", "add", "bob", "--name", "Bobby", "--group", "Ops", "--json"]);
        assert_eq!(added.status.code(), Some(0), "{}", text(&added.stderr));
        alice.wait_for("Bobby");
        let list = |how| world.output("alice", &["roster", "list", "--json", how]);
        assert_eq!(events(&list("--attach")), events(&added));
        assert_eq!(text(&world.output("alice", &["roster", "groups"]).stdout), format!("{:<30}  1\n", "Ops"));
        let blocked = world.output("alice", &["access", "block", "carol"]);
        assert_eq!(blocked.status.code(), Some(0), "{}", text(&blocked.stderr));
        let access = text(&world.output("alice", &["access", "list"]).stdout);
        assert!(access.lines().any(|line| line == "block  carol@example.test"), "{access}");
        alice.quit();
        assert_eq!(events(&list("--no-attach")), events(&added), "it is kept");
    }
}

#[test]
fn who_listens_sees_what_comes_and_takes_nothing_away() {
    let world = World::new(LCS);
    let mut alice = world.screen("alice");
    let mut listens = world.start("alice", &["listen", "--attach", "--json"]);
    listens.event("phase", |event| event["phase"] == "online");
    let sent = world.output("bob", &["send", "alice", "are you there?", "--json", "--no-attach"]);
    assert_eq!(events(&sent)[0]["fate"], "delivered", "by the screen's own word");
    let told = listens.event("message", |_| true);
    assert_eq!((&told["text"], &told["from"]), (&json!("are you there?"), &json!("sip:bob@example.test")));
    // Bob is not on her list, until she writes to him.
    alice.wait_for("1 request");
    let own = world.output("alice", &["send", "bob", "yes", "--attach", "--timeout", "5"]);
    assert!(own.status.code().is_some());
    alice.quit();
    assert_eq!(listens.exit_code(), Some(4));
    // Nobody looked at it: it is unread at the next start.
    let alice = world.screen("alice");
    alice.wait_for("1");
    assert!(alice.rows().iter().any(|row| row.contains("bob") && row.contains('1')), "{}", alice.rows().join("\n"));
}

#[test]
fn a_script_says_everything_through_the_running_program() {
    let world = World::new(LCS);
    let _alice = world.screen("alice");
    let mut bob = world.start("bob", &["say"]);
    bob.event("phase", |event| event["phase"] == "online");
    let mut script = world.start("alice", &["say", "--attach"]);
    script.event("phase", |event| event["phase"] == "online");
    say(&mut script, &json!({"do": "send", "to": "bob", "text": "one", "id": "first"}));
    let told = script.event("delivery", |event| event["fate"] == "delivered");
    assert_eq!(told["id"], "first");
    bob.event("message", |event| event["text"] == "one");
    say(&mut script, &json!({"do": "add", "uri": "bob", "id": 5}));
    assert_eq!(script.event("roster", |event| event["id"] != Value::Null)["id"], 5);
    say(&mut script, &json!({"do": "search", "words": "bob", "id": "s"}));
    let found = script.event("search", |_| true);
    assert_eq!((&found["id"], &found["people"][0]["name"]), (&json!("s"), &json!("Bob")));
    say(&mut script, &json!({"do": "room_open", "people": ["bob", "carol"], "id": "r"}));
    assert_eq!(script.event("room", |event| event["state"] == "opened")["id"], "r");
    say(&mut script, &json!({"do": "dance", "id": "d"}));
    assert_eq!(script.event("notice", |event| event["id"] == "d")["code"], "unknown_act");
    say(&mut bob, &json!({"do": "send", "to": "alice", "text": "two"}));
    script.event("message", |event| event["text"] == "two");
    drop(script.0.stdin.take());
    assert_eq!(script.exit_code(), Some(0));
    // The screen is signed in all the while.
    assert_eq!(world.output("alice", &["status", "--attach"]).status.code(), Some(0));
}

#[test]
fn where_nobody_runs_it_is_said() {
    let world = World::new(LCS);
    let none = world.output("alice", &["send", "--attach", "bob", "hi"]);
    assert_eq!(none.status.code(), Some(4));
    assert!(text(&none.stderr).contains("start `chinwag`"), "{}", text(&none.stderr));
    let _bob = world.screen("bob");
    let none = world.output("alice", &["send", "--attach", "bob", "hi"]);
    assert_eq!(none.status.code(), Some(4), "a program of another data folder is not used");
    assert!(text(&none.stderr).contains("one runs with --data-dir"), "{}", text(&none.stderr));
    let odd = world.output("bob", &["send", "--attach", "--server", "h:1", "alice", "hi"]);
    assert_eq!(odd.status.code(), Some(2), "{}", text(&odd.stderr));
    let both = world.output("bob", &["send", "--attach", "--no-attach", "alice", "hi"]);
    assert_eq!(both.status.code(), Some(2));
    let other = world.output("bob", &["send", "--attach", "--aor", "sip:alice@example.test", "alice", "hi"]);
    assert_eq!(other.status.code(), Some(2), "{}", text(&other.stderr));
    // Without --attach, alice signs in by herself.
    assert_eq!(world.output("alice", &["send", "bob", "hi"]).status.code(), Some(0));
}

#[test]
fn a_second_screen_says_where_the_first_one_is() {
    let world = World::new(LCS);
    let alice = world.screen("alice");
    let second = world.output("alice", &[]);
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second.stderr);
    assert!(said.contains(&format!("as process {}", alice.pid())) && said.contains("chinwag send"), "{said}");
    let beside = Screen::start(&world.run("alice", &["--no-attach"]));
    beside.wait_for("another one runs");
    assert_eq!(world.sockets().len(), 1, "there is one socket for each data folder");
}

fn say(to: &mut Running, act: &Value) {
    let stdin = to.0.stdin.as_mut().unwrap();
    writeln!(stdin, "{act}").unwrap();
    stdin.flush().unwrap();
}
