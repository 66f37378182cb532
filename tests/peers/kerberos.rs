//! Kerberos for real: a KDC of MIT Kerberos, its library on our side, and on the other either our own
//! server or a program of a few lines around the same library in Python.

use std::process::{Command, Output};

use crate::support::{Chinwag, Kdc, Lines, chinwag_command, script, wait_until};
use serde_json::json;

const HOUR: u32 = 3600;

/// `chinwag serve` with the key of sip/example.test.
fn serve(kdc: &Kdc, options: &[&str]) -> (Lines, u16) {
    let users = kdc.file("users");
    std::fs::write(&users, "alice:plain:pw-alice:Alice\nbob:plain:pw-bob:Bob\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    kdc.equip(&mut command, "nobody").args(["serve", "--domain", "example.test", "--listen", "127.0.0.1:0", "--users"]);
    let mut lines = Lines::start(command.arg(users).args(options));
    let line = lines.line("its port", 10, |l| l.starts_with("listening tcp"));
    (lines, line.rsplit(':').next().unwrap().trim().parse().unwrap())
}

fn with_keytab(kdc: &Kdc) -> (Lines, u16) {
    serve(kdc, &["--keytab", kdc.keytab().to_str().unwrap()])
}

/// The Python server; `spoilt`: the method whose answers it signs wrongly.
fn foreign(kdc: &Kdc, host: &str, version: &str, spoilt: &str) -> (Lines, u16) {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script("kerberos/sip_gss.py")).args(["serve", host, version]);
    if !spoilt.is_empty() {
        command.arg(spoilt);
    }
    kdc.equip(&mut command, "nobody").env("KRB5_KTNAME", kdc.keytab());
    let mut lines = Lines::start(&mut command);
    let port = lines.line("its port", 20, |l| l.starts_with("port "));
    (lines, port[5..].trim().parse().unwrap())
}

/// The program for a user who knows a password that `--auth kerberos` must not need.
fn client(kdc: &Kdc, user: &str, port: u16, auth: &str) -> Command {
    let folder = kdc.file(&format!("chinwag-{user}-{auth}"));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = chinwag_command(user, &folder);
    command.args(["--server", &format!("127.0.0.1:{port}"), "--transport", "tcp", "--auth", auth]);
    kdc.equip(&mut command, user);
    command
}

/// Runs `send` to bob; its exit code and what it said.
fn send(mut command: Command) -> (i32, String) {
    let Output { status, stdout, stderr } =
        command.args(["send", "--timeout", "25", "bob@example.test", "hello"]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap_or(-1), said)
}

/// Signs in, reads the contact list and leaves; its exit code and what it said.
fn look(mut command: Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.args(["roster", "list"]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap_or(-1), said)
}

/// `doctor`; its exit code and what it said.
fn doctor(mut command: Command) -> (i32, String) {
    let output = command.arg("doctor").output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn signs_in_and_talks_both_ways_by_ticket_alone() {
    let kdc = Kdc::start();
    let (_server, port) = with_keytab(&kdc);
    let sign_in = |user: &str, auth: &str| {
        kdc.kinit(user, HOUR);
        let mut chinwag = Chinwag::start(client(&kdc, user, port, auth));
        let able = chinwag.event("what the server can do", 25, |e| e["event"] == "capabilities");
        assert_eq!(able["auth"], "kerberos", "{able}");
        chinwag
    };
    // Who leaves the choice to the program gets the best, though there is a password.
    let (mut alice, mut bob) = (sign_in("alice", "kerberos"), sign_in("bob", "auto"));
    alice.say(&json!({"do": "send", "to": "sip:bob@example.test", "text": "hello bob"}));
    bob.message("hello bob", 15);
    alice.delivery("delivered", 15);
    bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "hello alice"}));
    alice.message("hello alice", 15);
    bob.delivery("delivered", 15);
    alice.say(&json!({"do": "traffic"}));
    let traffic = alice.event("counters", 10, |e| e["event"] == "traffic");
    assert!(!traffic.to_string().contains("signature"), "{traffic}");
    assert_eq!(alice.finish(), 0);
    assert_eq!(bob.finish(), 0);
    // The doctor names the ticket and what it was used for.
    let (code, said) = doctor(client(&kdc, "alice", port, "kerberos"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("kerberos: ticket of alice@EXAMPLE.TEST for sip/example.test, good for "), "{said}");
    assert!(said.contains("authentication-used: Kerberos; a ticket was shown"), "{said}");
}

#[test]
fn what_stands_in_the_way_has_its_sentence_and_its_code() {
    let mut kdc = Kdc::start();
    let (_server, port) = with_keytab(&kdc);
    // No ticket.
    let (code, said) = send(client(&kdc, "alice", port, "kerberos"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("There is no Kerberos ticket on this machine. Run kinit"), "{said}");
    assert!(!said.contains("password"), "{said}");
    // Left to the program, it is no reason to stay out; the doctor says what is missing.
    let (code, said) = look(client(&kdc, "alice", port, "auto"));
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("Kerberos"), "{said}");
    let (code, said) = doctor(client(&kdc, "alice", port, "auto"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("warning  kerberos: no ticket for sip/example.test") && said.contains("Run kinit"), "{said}");
    assert!(said.contains("authentication-used: NTLM"), "{said}");
    // A ticket that is over.
    kdc.kinit("alice", 2);
    wait_until("the ticket is over", 20, || (!kdc.has_ticket("alice")).then_some(()));
    let (code, said) = send(client(&kdc, "alice", port, "kerberos"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("The Kerberos ticket has expired. Run kinit"), "{said}");
    // A service Kerberos does not know.
    kdc.kinit("alice", HOUR);
    let (_foreign, unknown) = foreign(&kdc, "nowhere.example.test", "4", "");
    let (code, said) = send(client(&kdc, "alice", unknown, "kerberos"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("Kerberos knows no service sip/nowhere.example.test"), "{said}");
    // No library.
    let mut command = client(&kdc, "alice", port, "kerberos");
    command.env("CHINWAG_GSSAPI", "/nonexistent/libgssapi.so");
    let (code, said) = send(command);
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("(CHINWAG_GSSAPI: /nonexistent/libgssapi.so). Install libgssapi-krb5-2"), "{said}");
    let mut command = client(&kdc, "alice", port, "auto");
    command.env("CHINWAG_GSSAPI", "/nonexistent/libgssapi.so");
    let (code, said) = look(command);
    assert_eq!(code, 0, "{said}");
    // A server that offers something else only.
    let (_other, without) = serve(&kdc, &[]);
    let (code, said) = send(client(&kdc, "alice", without, "kerberos"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("no way to authenticate that can be used here (it offers NTLM, Digest"), "{said}");
    // No KDC; the ticket for signing in to others is there, the one for the service is not.
    kdc.stop();
    let (code, said) = send(client(&kdc, "alice", port, "kerberos"));
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("No Kerberos server (KDC) answers."), "{said}");
}

#[test]
fn a_server_without_the_right_key_says_so() {
    let kdc = Kdc::start();
    let users = kdc.file("users");
    std::fs::write(&users, "alice:plain:pw-alice\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    kdc.equip(&mut command, "nobody").args(["serve", "--domain", "other.test", "--listen", "127.0.0.1:0", "--users"]);
    let output = command.arg(users).arg("--keytab").arg(kdc.keytab()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("cannot be used for sip/other.test"), "{said}");
}

#[test]
fn a_ticket_for_another_realm_of_users_is_refused_for_good() {
    let kdc = Kdc::start();
    let (_server, port) = with_keytab(&kdc);
    kdc.kinit("bob", HOUR);
    // Bob's ticket, alice's address.
    let mut command = client(&kdc, "alice", port, "kerberos");
    kdc.equip(&mut command, "bob");
    let (code, said) = send(command);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("refuses sign-in (403"), "{said}");
}

#[test]
fn a_foreign_server_believes_us_and_we_believe_it() {
    let kdc = Kdc::start();
    kdc.kinit("alice", HOUR);
    for version in ["2", "3", "4"] {
        let (mut server, port) = foreign(&kdc, "lcs.example.test", version, "");
        let mut command = client(&kdc, "alice", port, "kerberos");
        command.args(["--dialect", "simple"]);
        let (code, said) = send(command);
        // Answers other than to REGISTER count only when they are signed rightly.
        assert_eq!(code, 0, "version {version}: {said}\n{:?}", server.seen);
        server.line("the last word", 10, |l| l.starts_with("good REGISTER") && l.contains("opaque"));
        let seen = server.seen.join("\n");
        assert!(seen.contains("token of alice@EXAMPLE.TEST complete integrity any order"), "{seen}");
        assert!(seen.contains("good MESSAGE") && seen.contains("opaque 28 040400ff"), "{seen}");
        assert_eq!(seen.contains("good REGISTER 1 -"), version == "4", "only version 4 signs the token too: {seen}");
        assert!(!seen.contains("bad ") && !seen.contains("Traceback"), "{seen}");
    }
}

/// The cipher of Windows Server 2003: signatures have the form of the captures in MS-SIP section 4.3.
#[test]
fn the_cipher_of_the_old_servers_too() {
    let kdc = Kdc::with_cipher("rc4");
    kdc.kinit("alice", HOUR);
    let (mut server, port) = foreign(&kdc, "lcs.example.test", "2", "");
    let mut command = client(&kdc, "alice", port, "kerberos");
    command.args(["--dialect", "simple"]);
    let (code, said) = send(command);
    assert_eq!(code, 0, "{said}\n{:?}", server.seen);
    server.line("a signature of 37 octets", 10, |l| l.starts_with("good MESSAGE") && l.ends_with("opaque 37 60230609"));
    assert!(!server.seen.join("\n").contains("bad "), "{:?}", server.seen);
    // And our own server.
    let (_server, port) = with_keytab(&kdc);
    let (code, said) = look(client(&kdc, "alice", port, "kerberos"));
    assert_eq!(code, 0, "{said}");
}

#[test]
fn an_answer_a_foreign_server_signs_wrongly_is_not_believed() {
    let kdc = Kdc::start();
    kdc.kinit("alice", HOUR);
    let (server, port) = foreign(&kdc, "lcs.example.test", "4", "MESSAGE");
    let mut command = client(&kdc, "alice", port, "kerberos");
    let output = command.args(["--dialect", "simple", "send", "--timeout", "6", "bob@example.test", "hello"]).output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}\n{:?}", String::from_utf8_lossy(&output.stderr), server.seen);
    let (_server, port) = foreign(&kdc, "lcs.example.test", "4", "REGISTER");
    let (code, said) = send(client(&kdc, "alice", port, "kerberos"));
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("is signed wrongly"), "{said}");
}

#[test]
fn a_foreign_client_believes_our_server_and_is_checked_by_it() {
    let kdc = Kdc::start();
    let (mut server, port) = with_keytab(&kdc);
    kdc.kinit("alice", HOUR);
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script("kerberos/sip_gss.py")).args(["client", &port.to_string(), "example.test", "alice"]);
    let output = kdc.equip(&mut command, "alice").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let expected = "offer 401 sip/example.test 4\nspoilt 401\nreplayed 401\nsigned in 200 proven\nout of order 200 proven\n\
                    late 200 proven\ntampered 401\nunsigned 401\n";
    assert_eq!(said, expected);
    assert!(server.runs());
}
