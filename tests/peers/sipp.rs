//! SIPp: accounts in numbers, and messages that are odd but legal, or not legal at all.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{Chinwag, Kamailio, Lines, chinwag_command, free_ports, script, wait_until};

/// Lets the accounts u0001 … publish that they are there.
pub fn publish(server: &Kamailio, count: usize) {
    use std::fmt::Write as _;
    let folder = server.folder("sipp");
    let users = (1..=count).fold("SEQUENTIAL\n".to_owned(), |mut out, n| {
        let _ = writeln!(out, "u{n:04};[authentication username=u{n:04} password=pw-u{n:04}];");
        out
    });
    std::fs::write(folder.join("users.csv"), users).unwrap();
    run(&folder, server.port, "sipp/publish.xml", count);
}

/// Lets carol send alice one message of each type, as they are, through Kamailio.
fn messages(server: &Kamailio, of: &[(&str, &str)]) {
    use std::fmt::Write as _;
    let folder = server.folder("sipp-messages");
    let lines = of.iter().fold("SEQUENTIAL\n".to_owned(), |mut out, (kind, body)| {
        assert!(!kind.contains(';') || kind.contains("\\;"), "escape the semicolon in {kind}");
        let _ = writeln!(out, "[authentication username=carol password=pw-carol];{kind};{body};");
        out
    });
    std::fs::write(folder.join("users.csv"), lines).unwrap();
    run(&folder, server.port, "sipp/any_message.xml", of.len());
}

/// Runs a scenario as a client until `count` calls are done.
fn run(folder: &Path, server: u16, scenario: &str, count: usize) {
    let [port] = free_ports();
    let output = Command::new("sipp")
        .current_dir(folder)
        .arg(format!("127.0.0.1:{server}"))
        .arg("-sf")
        .arg(script(scenario))
        .args(["-inf", "users.csv", "-t", "t1", "-i", "127.0.0.1", "-p", &port.to_string()])
        .args(["-m", &count.to_string(), "-r", "100", "-nostdin", "-timeout", "60", "-trace_err"])
        .output()
        .unwrap_or_else(|e| panic!("sipp cannot be started ({e}): run tests/run.sh"));
    assert!(output.status.success(), "sipp {scenario}: {}", String::from_utf8_lossy(&output.stdout));
}

/// Runs a scenario as a server on TCP; its port.
fn serve(folder: &Path, scenario: &str, more: &[&str]) -> (u16, Lines) {
    let [port] = free_ports();
    let mut command = Command::new("sipp");
    command.current_dir(folder).arg("-sf").arg(script(scenario)).args(["-t", "t1", "-i", "127.0.0.1"]);
    command.args(["-p", &port.to_string(), "-nostdin", "-timeout", "60", "-trace_err"]).args(more);
    let sipp = Lines::start(&mut command);
    wait_until("sipp listens", 10, || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    (port, sipp)
}

#[test]
fn a_registrar_that_sends_us_elsewhere() {
    let server = Kamailio::start(&[]);
    let elsewhere = format!("127.0.0.1:{}", server.port);
    let (port, _sipp) = serve(&server.folder("sipp"), "sipp/redirect.xml", &["-key", "elsewhere", &elsewhere]);
    let mut command = chinwag_command("alice", &server.folder("chinwag-alice"));
    command.args(["--server", &format!("127.0.0.1:{port}"), "--transport", "tcp"]);
    let mut alice = Chinwag::start(command);
    assert_eq!(alice.phase("online", 15)["server"], elsewhere);
    assert_eq!(alice.finish(), 0);
}

#[test]
fn odd_and_broken_notifications_are_all_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (port, _sipp) = serve(folder.path(), "sipp/odd_server.xml", &[]);
    let mut command = chinwag_command("alice", folder.path());
    command.args(["--server", &format!("127.0.0.1:{port}"), "--transport", "tcp"]);
    let mut alice = Chinwag::start(command);
    alice.phase("online", 15);
    alice.say(&json!({"do": "add", "uri": "sip:odd@example.test"}));
    alice.message("every odd message was answered", 40);
    assert!(alice.runs());
    assert!(!alice.seen().iter().any(|l| l.contains("\"phase\":\"waiting\"")), "it lost its connection: {:?}", alice.seen());
}

#[test]
fn messages_of_every_kind_leave_it_signed_in() {
    let server = Kamailio::start(&[]);
    let mut alice = Chinwag::sign_in(&server, "alice", "tcp");
    messages(
        &server,
        &[
            ("text/plain", "plain as it should be"),
            ("application/im-iscomposing+xml", "<isComposing"),
            ("application/pidf+xml", "<presence><tuple>"),
            ("text/html", "<b>bold</b>"),
            ("message/cpim", "no headers at all"),
            ("multipart/mixed", "no boundary"),
            ("text/plain", "\x1b[2J\x1b]0;owned\x07 tricks"),
            ("/", "no type"),
            ("text/plain", ""),
        ],
    );
    alice.message("plain as it should be", 10);
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "after the storm"}));
    alice.message("after the storm", 10);
    assert!(!alice.seen().iter().any(|l| l.contains("\"phase\":\"waiting\"")), "{:?}", alice.seen());
}
