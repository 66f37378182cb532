//! `chinwag serve` as others see it: a socket, a file, standard input.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests fail by panic, their helpers too
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of alice's and bob's that asks for no password.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(folder: &Path, options: &[&str]) -> Self {
        let mut child = Self::spawn(folder, options);
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening tcp ").expect("it listens").to_owned();
        Self { child, address }
    }

    fn spawn(folder: &Path, options: &[&str]) -> Child {
        let users = folder.join("users");
        std::fs::write(&users, "alice:plain:wonderland:Alice\nbob:plain:builder:Bob\n").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.env("HOME", folder).arg("serve").arg("--users").arg(users);
        command.args(["--domain", "example.test", "--listen", "127.0.0.1:0", "--disable", "digest", "--disable", "ntlm"]);
        command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn order(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Ctrl-C; gives the exit code.
    fn interrupt(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Alice's client, as little of one as will do.
struct Caller {
    stream: TcpStream,
    cseq: u32,
    pending: Vec<u8>,
}

impl Caller {
    fn new(server: &Served) -> Self {
        let stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, cseq: 0, pending: Vec::new() }
    }

    fn send(&mut self, method: &str, more: &str, body: &str) {
        self.cseq += 1;
        let n = self.cseq;
        let target = if method == "REGISTER" { "sip:example.test" } else { "sip:alice@example.test" };
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/TCP c.test;branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:alice@example.test>;tag=t;epid=1f18002c0c\r\nTo: <sip:alice@example.test>\r\nCall-ID: call-{n}\r\n\
             CSeq: {n} {method}\r\nContact: <sip:alice@c.test:5060;transport=tcp>;proxy=replace\r\n{more}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    /// The next message.
    fn next(&mut self) -> String {
        loop {
            if let Some(message) = self.whole() {
                return message;
            }
            let mut buffer = [0; 4096];
            let length = self.stream.read(&mut buffer).expect("the server says something");
            assert_ne!(length, 0, "the server hangs up");
            self.pending.extend_from_slice(&buffer[..length]);
        }
    }

    fn whole(&mut self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        let head = text.find("\r\n\r\n")? + 4;
        let length = text[..head].lines().find_map(|l| l.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
        if self.pending.len() < head + length {
            return None;
        }
        let rest = self.pending.split_off(head + length);
        let message = std::mem::replace(&mut self.pending, rest);
        Some(String::from_utf8(message).unwrap())
    }

    fn ask(&mut self, method: &str, more: &str, body: &str) -> String {
        self.send(method, more, body);
        self.next()
    }

    fn register(&mut self) -> String {
        self.ask("REGISTER", "Event: registration\r\nms-keep-alive: UAC;hop-hop=yes\r\n", "")
    }

    fn befriend(&mut self, name: &str, delta_num: u32) -> String {
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
             <m:setContact xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><m:displayName/><m:groups/>\
             <m:subscribed>true</m:subscribed><m:URI>sip:{name}@example.test</m:URI><m:externalURI/>\
             <m:deltaNum>{delta_num}</m:deltaNum></m:setContact></s:Body></s:Envelope>"
        );
        self.ask("SERVICE", "Content-Type: application/SOAP+xml\r\n", &body)
    }

    fn contacts(&mut self) -> String {
        self.ask("SUBSCRIBE", "Event: vnd-microsoft-roaming-contacts\r\nSupported: ms-piggyback-first-notify\r\n", "")
    }

    fn batch(&mut self, people: &[&str]) -> String {
        let list = people.iter().map(|p| format!("<resource uri=\"sip:{p}\"/>")).collect::<Vec<_>>().concat();
        let body = format!(
            "<adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\" uri=\"sip:alice@example.test\"><create xmlns=\"\">{list}</create></adhoclist>"
        );
        let more = "Event: presence\r\nRequire: adhoclist\r\nSupported: eventlist\r\nSupported: ms-piggyback-first-notify\r\n\
                    Accept: application/rlmi+xml, text/xml+msrtc.pidf, multipart/related\r\nContent-Type: application/adrl+xml\r\n";
        self.ask("SUBSCRIBE", more, &body)
    }
}

fn is_ok(message: &str) -> bool {
    message.starts_with("SIP/2.0 200 ")
}

#[test]
fn contacts_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.json");
    let options = ["--store", store.to_str().unwrap()];
    let server = Served::start(folder.path(), &options);
    let mut alice = Caller::new(&server);
    assert!(is_ok(&alice.register()));
    assert!(is_ok(&alice.befriend("bob", 1)));
    // It is written while the server runs, not only at its end.
    let end = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&store).is_ok_and(|text| text.contains("sip:bob@example.test")) {
        assert!(Instant::now() < end, "nothing is written");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    assert!(is_ok(&alice.befriend("carol", 2)));
    assert_eq!(server.interrupt(), Some(130));
    let server = Served::start(folder.path(), &options);
    let mut alice = Caller::new(&server);
    let list = alice.contacts();
    assert!(
        list.contains("deltaNum=\"3\"") && list.contains("bob@example.test") && list.contains("carol@example.test"),
        "{list}"
    );
}

#[test]
fn a_broken_store_stops_the_server_and_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.json");
    std::fs::write(&store, "{ \"version\": 1, ").unwrap();
    let output = Served::spawn(folder.path(), &["--store", store.to_str().unwrap()]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("store.json cannot be used") && words.contains("left as it is"), "{words}");
    assert_eq!(std::fs::read_to_string(&store).unwrap(), "{ \"version\": 1, ");
}

#[test]
fn a_line_on_standard_input_signs_a_user_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Served::start(folder.path(), &[]);
    let mut alice = Caller::new(&server);
    assert!(is_ok(&alice.register()));
    server.order("what is this");
    server.order("deregister bob rejected");
    server.order("deregister alice unregistered 1f18002c0c");
    let told = alice.next();
    assert!(told.starts_with("BENOTIFY ") && told.ends_with("deregistered;event=unregistered"), "{told}");
    server.order("cut");
    assert_eq!(alice.stream.read(&mut [0; 16]).unwrap_or(0), 0);
}

#[test]
fn homes_limits_and_poison() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(
        folder.path(),
        &["--home", "bob=127.0.0.1:5999", "--list-limit", "2", "--poison", "sip:spoilt@example.test"],
    );
    let mut alice = Caller::new(&server);
    assert!(is_ok(&alice.register()));
    assert!(alice.batch(&["bob@example.test", "carol@example.test", "dave@example.test"]).starts_with("SIP/2.0 413 "));
    assert!(alice.batch(&["bob@example.test", "spoilt@example.test"]).starts_with("SIP/2.0 400 "));
    assert!(is_ok(&alice.batch(&["bob@example.test"])));
    let mut bob = Caller::new(&server);
    bob.stream.write_all(
        b"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP c.test;branch=z9hG4bKb\r\nFrom: <sip:bob@example.test>;tag=b\r\n\
          To: <sip:bob@example.test>\r\nCall-ID: b\r\nCSeq: 1 REGISTER\r\nContact: <sip:bob@c.test>\r\nContent-Length: 0\r\n\r\n",
    )
    .unwrap();
    let moved = bob.next();
    assert!(moved.starts_with("SIP/2.0 301 ") && moved.contains("Contact: <sip:127.0.0.1:5999;transport=tcp>"), "{moved}");
    for wrong in ["nobody=127.0.0.1:5999", "bob", "bob=host", "bob=host:0"] {
        let output = Served::spawn(folder.path(), &["--home", wrong]).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn segments_change_nothing_but_their_size() {
    let folder = tempfile::tempdir().unwrap();
    for how in ["whole", "byte", "coalesce", "coalesce:3"] {
        let server = Served::start(folder.path(), &["--segments", how]);
        let mut alice = Caller::new(&server);
        assert!(is_ok(&alice.register()), "{how}");
        assert!(is_ok(&alice.contacts()), "{how}");
        for n in 1..8 {
            assert!(is_ok(&alice.befriend(&format!("u{n}"), n)), "{how} {n}");
            let told = alice.next();
            assert!(told.starts_with("NOTIFY ") && told.contains(&format!("deltaNum=\"{}\"", n + 1)), "{how} {told}");
            // The answer to it is the client's business; without one there is no next.
            let lines: Vec<&str> = told
                .lines()
                .filter(|l| ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|n| l.starts_with(&format!("{n}: "))))
                .collect();
            let answer = format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", lines.join("\r\n"));
            alice.stream.write_all(answer.as_bytes()).unwrap();
        }
    }
    let output = Served::spawn(folder.path(), &["--segments", "halves"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// Of so many connections held at once, how many are answered in a second round of pings.
fn held(server: &Served, count: usize) -> usize {
    let mut streams: Vec<TcpStream> = (0..count).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    let is_answered = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"\r\n\r\n").is_ok() && stream.read_exact(&mut [0; 2]).is_ok()
    };
    let _first = streams.iter_mut().map(is_answered).filter(|answered| *answered).count();
    streams.iter_mut().map(is_answered).filter(|answered| *answered).count()
}

#[test]
fn three_hundred_connections_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(held(&Served::start(folder.path(), &["--connections", "300"]), 300), 300);
    assert_eq!(held(&Served::start(folder.path(), &[]), 300), 256);
}

#[test]
fn the_limit_of_open_files_is_raised_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    std::fs::write(&users, "alice:plain:wonderland:Alice\n").unwrap();
    let serve = |limits: &str, connections: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{limits}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_chinwag"), "serve", "--users"]);
        command.arg(&users).args(["--listen", "127.0.0.1:0", "--connections", connections]).env("HOME", folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    // Raised by the server itself.
    let mut child = serve("ulimit -Sn 64", "300");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening tcp ").expect("it listens").to_owned();
    assert_eq!(held(&Served { child, address }, 300), 300);
    // Not to be had.
    let output = serve("ulimit -n 200", "300").wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("and the system allows 200; raise that limit") && said.contains("--connections"), "{said}");
}
