//! The configuration of a running program changes, and is read again.

use serde_json::Value;

use super::world::{World, events, text, until};

/// Accounts as the running program tells them: name and phase.
fn accounts(world: &World) -> Vec<(String, String)> {
    let status = world.output("alice", &["status", "--attach", "--json"]);
    let word = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let all = events(&status).into_iter().filter(|event| event["event"] == "status" || event["event"] == "phase");
    let mut all: Vec<_> = all.map(|event| (word(&event, "account"), word(&event, "phase"))).collect();
    all.dedup();
    all
}

#[test]
fn accounts_come_and_go_with_the_file() {
    let world = World::new(&[]);
    let file = world.config("alice");
    let work = std::fs::read_to_string(&file).unwrap();
    let mut alice = world.screen("alice");
    let password = file.with_file_name("builder");
    std::fs::write(&password, "builder\n").unwrap();
    let home = work.replace("[accounts.work]", "[accounts.home]").replace("alice@", "bob@");
    let home = home.replace("{ env = \"TEST_PASSWORD\" }", &format!("{{ file = {password:?} }}"));
    std::fs::write(&file, format!("{work}{home}")).unwrap();
    let reload = "\u{b}/reload\r";
    alice.type_in(reload);
    alice.wait_for("1 account unchanged, home is new");
    alice.wait_for("● home (bob@example.test)  Online   ● work (alice@example.test)  Online");
    // What leaves by either arrives at the other.
    let sent = world.output("alice", &["send", "--account", "work", "bob", "across the table", "--json"]);
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    // A file with a mistake changes nothing.
    std::fs::write(&file, format!("{work}[accounts.home\n")).unwrap();
    alice.type_in(reload);
    alice.wait_for("until the file is mended");
    assert_eq!(accounts(&world).len(), 2);
    std::fs::write(&file, &work).unwrap();
    alice.type_in(reload);
    alice.wait_for("1 account unchanged, home is signed out and removed");
    until("home leaves the list", || accounts(&world).len() == 1);
    alice.type_in(reload);
    alice.wait_for("read again: 1 account unchanged");
    alice.quit();
}
