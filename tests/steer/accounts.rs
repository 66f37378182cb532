//! The configuration of a running program changes, and is read again.

use super::world::{Peer, World, text, until};

/// How many accounts the running program tells of.
fn accounts(world: &World) -> usize {
    let hello = Peer::connect(&world.socket()).event("hello").unwrap();
    hello["accounts"].as_array().unwrap().len()
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
    assert_eq!(accounts(&world), 2);
    std::fs::write(&file, &work).unwrap();
    alice.type_in(reload);
    alice.wait_for("1 account unchanged, home is signed out");
    until("home leaves the list", || accounts(&world) == 1);
    alice.type_in(reload);
    alice.wait_for("read again: 1 account unchanged");
    alice.quit();
}
