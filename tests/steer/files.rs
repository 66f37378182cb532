//! Files that a command offers by way of the running program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::world::{Running, World, events, signal, text};

const LCS: &[&str] = &[];
const SIMPLE: &[&str] = &["--disable", "lcs"];

/// Bob, who is told of everything, and what he takes lies here.
fn bob(world: &World) -> (Running, PathBuf) {
    let config = world.config("bob");
    let folder = config.with_file_name("downloads");
    std::fs::create_dir(&folder).unwrap();
    let settings = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{settings}[files]\nfolder = \"{}\"\n", folder.display())).unwrap();
    // Whoever is on the list may offer files.
    assert!(world.output("bob", &["roster", "add", "alice"]).status.success());
    let mut bob = world.start("bob", &["say"]);
    bob.event("phase", |event| event["phase"] == "online");
    (bob, folder)
}

fn say(to: &mut Running, act: &Value) {
    let stdin = to.0.stdin.as_mut().unwrap();
    writeln!(stdin, "{act}").unwrap();
    stdin.flush().unwrap();
}

/// The next offer that comes, and an answer to it.
fn answer(bob: &mut Running, word: &str) -> String {
    let offered = bob.event("file", |event| event["state"] == "offered");
    let name = offered["file"].as_str().unwrap().to_owned();
    say(bob, &json!({"do": word, "id": name}));
    name
}

/// A file of alice's.
fn ours(world: &World) -> (PathBuf, Vec<u8>) {
    let file = world.config("alice").with_file_name("minutes of today.txt");
    let octets = "what was said, and by whom\n".repeat(5_000).into_bytes();
    std::fs::write(&file, &octets).unwrap();
    (file, octets)
}

fn words(file: &Path) -> [&str; 4] {
    ["send", "bob", "--file", file.to_str().unwrap()]
}

#[test]
fn a_file_leaves_by_the_running_program_and_shows_there() {
    for options in [LCS, SIMPLE] {
        let world = World::new(options);
        let (mut bob, folder) = bob(&world);
        let (file, octets) = ours(&world);
        let mut alice = world.screen("alice");
        let mut last = Vec::new();
        for how in ["--attach", "--no-attach"] {
            let mut command = world.run("alice", &["send", "bob", "--json", how, "--file", "minutes of today.txt"]);
            // The running program is in another folder.
            command.current_dir(file.parent().unwrap()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let sending = command.spawn().unwrap();
            let name = answer(&mut bob, "accept");
            let done = bob.event("file", |event| event["file"] == name.as_str() && event["state"] == "done");
            let output = sending.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{how}: {}", text(&output.stderr));
            assert!(std::fs::read(done["path"].as_str().unwrap()).unwrap() == octets);
            let mut told = events(&output);
            told.retain(|event| event["event"] == "file");
            last.push(told.pop().unwrap());
        }
        assert_eq!(last[0]["state"], "done");
        assert_eq!(last[0], last[1], "by either way");
        let kept = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(kept.filter(|name| !name.starts_with('.')).count(), 2);
        alice.type_in("\u{b}bob\r");
        alice.wait_for("minutes of today.txt");
        alice.quit();
    }
}

#[test]
fn a_file_that_does_not_go_ends_with_six_both_ways() {
    let world = World::new(LCS);
    let (mut bob, _) = bob(&world);
    let (file, _) = ours(&world);
    let _alice = world.screen("alice");
    let mut said = Vec::new();
    for how in ["--attach", "--no-attach"] {
        let mut declined = world.start("alice", &[&words(&file)[..], &[how]].concat());
        answer(&mut bob, "reject");
        assert_eq!(declined.exit_code(), Some(6), "{how}");
        let nobody = world.output("alice", &["send", "nobody", "--file", file.to_str().unwrap(), how]);
        let missing = world.output("alice", &["send", "bob", "--file", "/no/such/file", how]);
        assert_eq!((nobody.status.code(), missing.status.code()), (Some(6), Some(6)), "{how}");
        said.push([nobody, missing].map(|output| text(&output.stderr)));
    }
    assert_eq!(said[0], said[1]);
    let late = world.output("alice", &[&words(&file)[..], &["--attach", "--timeout", "1"]].concat());
    assert_eq!(late.status.code(), Some(6));
    assert!(text(&late.stderr).contains("nobody took the file in time"), "{}", text(&late.stderr));
    bob.event("file", |event| event["state"] == "ended" && event["why"] != "you declined it");
}

#[test]
fn who_leaves_takes_the_offer_along() {
    let world = World::new(LCS);
    let (mut bob, _) = bob(&world);
    let (file, _) = ours(&world);
    let alice = world.screen("alice");
    for (how, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let mut sending = world.start("alice", &words(&file));
        let offered = bob.event("file", |event| event["state"] == "offered");
        signal(sending.0.id(), how);
        assert_eq!(sending.exit_code(), code);
        bob.event("file", |event| event["file"] == offered["file"] && event["state"] == "ended");
    }
    // And the running program takes along what it offered for others.
    let mut sending = world.start("alice", &words(&file));
    bob.event("file", |event| event["state"] == "offered");
    let mut alice = alice;
    alice.quit();
    assert_eq!(sending.exit_code(), Some(6));
}

#[test]
fn a_script_has_its_files_sent_by_the_running_program() {
    let world = World::new(LCS);
    let (mut bob, _) = bob(&world);
    let (file, _) = ours(&world);
    let _alice = world.screen("alice");
    let mut script = world.start("alice", &["say", "--attach"]);
    script.event("phase", |event| event["phase"] == "online");
    say(&mut script, &json!({"do": "offer_file", "to": "bob", "path": file, "id": "first"}));
    let declined = script.event("file", |event| event["state"] == "offered");
    assert_eq!(declined["id"], "first");
    bob.event("file", |event| event["state"] == "offered");
    say(&mut script, &json!({"do": "reject", "id": declined["file"]}));
    assert_eq!(script.event("file", |event| event["state"] == "ended")["id"], "first");
    // The end of input waits for what was offered.
    say(&mut script, &json!({"do": "offer_file", "to": "bob", "path": file, "id": 2}));
    drop(script.0.stdin.take());
    answer(&mut bob, "accept");
    assert_eq!(script.event("file", |event| event["state"] == "done")["id"], 2);
    assert_eq!(script.exit_code(), Some(0));
}
