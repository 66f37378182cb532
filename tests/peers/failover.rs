//! The next server when one is no good, and back to the preferred one: over real sockets, by the
//! SRV records of a real name server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::dns::Domain;
use crate::support::{Chinwag, Kamailio, Lines, Wire, chinwag_bare, free_ports};

/// SRV records for servers of this machine, the best first.
fn records(service: &str, ports: &[u16]) -> String {
    let lines = ports.iter().enumerate().map(|(n, port)| {
        format!("host-record=s{n}.example.test,127.0.0.1\nsrv-host={service}.example.test,s{n}.example.test,{port},{n},0\n")
    });
    lines.collect()
}

/// A server that answers every request with 503.
struct Busy {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Busy {
    fn start(wish: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || serve_busy(stream, wish, &count));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve_busy(mut stream: TcpStream, wish: u32, count: &AtomicUsize) {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        while let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let kept: Vec<&str> = head.lines().filter(|line| copied.iter().any(|name| line.starts_with(name))).collect();
            let answer = format!(
                "SIP/2.0 503 Service Unavailable\r\n{}\r\nRetry-After: {wish}\r\nContent-Length: 0\r\n\r\n",
                kept.join("\r\n")
            );
            if head.starts_with("REGISTER ") {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(answer.as_bytes());
            }
            text = rest.to_owned();
        }
    }
}

/// A server for TCP in clear.
fn plain_server(domain: &Domain, port: u16) -> Lines {
    let users = domain.folder(&format!("plain-{port}")).join("users");
    std::fs::write(&users, "alice:plain:pw-alice:Alice\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command.args(["serve", "--domain", "example.test", "--listen", &format!("127.0.0.1:{port}")]).arg("--users").arg(users);
    let mut server = Lines::start(&mut command);
    server.line("the server listens", 15, |line| line.starts_with("listening tcp"));
    server
}

fn send(from: &mut Chinwag, to: &str, text: &str) {
    from.say(&json!({"do": "send", "to": format!("sip:{to}@example.test"), "text": text, "id": text}));
    from.delivery("delivered", 20);
}

fn phases(chinwag: &Chinwag) -> Vec<String> {
    let events = chinwag.seen().iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter(|e| e["event"] == "phase").map(|e| e["phase"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_busy_server_is_followed_by_the_next_without_a_wait() {
    let mut domain = Domain::new();
    let [port] = free_ports();
    let busy = Busy::start(3600);
    domain.tells(&records("_sip._tcp", &[busy.port, port]));
    let _server = plain_server(&domain, port);
    let mut alice = Chinwag::start(domain.alice("transport = \"tcp\""));
    assert_eq!(alice.phase("online", 20)["server"], format!("s1.example.test:{port}"));
    assert!(!phases(&alice).contains(&"waiting".to_owned()), "{:#?}", alice.seen());
    assert_eq!(busy.asked(), 1);
    assert_eq!(alice.finish(), 0);
}

#[test]
fn a_domain_of_busy_servers_gets_one_request_each_and_is_left_alone_as_long_as_they_wish() {
    let mut domain = Domain::new();
    let busy = [4, 3, 600].map(Busy::start);
    domain.tells(&records("_sip._tcp", &busy.each_ref().map(|b| b.port)));
    let mut alice = Chinwag::start(domain.alice("transport = \"tcp\""));
    let waiting = alice.phase("waiting", 20);
    assert_eq!(busy.each_ref().map(Busy::asked), [1, 1, 1]);
    assert_eq!(waiting["why"], "busy");
    let wait = waiting["retry_in_ms"].as_u64().unwrap();
    assert!(wait >= 3000, "{waiting}");
    assert_eq!(alice.finish(), 4);
    assert_eq!(busy.each_ref().map(Busy::asked), [1, 1, 1]);
}

#[test]
fn nobody_at_a_datagram_port_is_noticed_at_once() {
    let server = Kamailio::start(&[]);
    let mut domain = Domain::new();
    let [dead] = free_ports();
    domain.tells(&records("_sip._udp", &[dead, server.port]));
    let mut alice = Chinwag::start(domain.alice("transport = \"udp\""));
    // Waiting for timer F would take 32 seconds.
    assert_eq!(alice.phase("online", 15)["server"], format!("s1.example.test:{}", server.port));
    assert!(!phases(&alice).contains(&"waiting".to_owned()), "{:#?}", alice.seen());
    assert_eq!(alice.finish(), 0);
}

#[test]
fn a_frozen_server_is_left_for_the_next() {
    let mut domain = Domain::new();
    let [first, second] = free_ports();
    domain.tells(&records("_sip._tls", &[first, second]));
    let one = domain.server(first, "example.test", &[]);
    let _two = domain.server(second, "example.test", &[]);
    let mut alice = Chinwag::start(domain.alice("[timing]\nping_interval = 5\npong_wait = 2"));
    assert_eq!(alice.phase("online", 20)["server"], format!("s0.example.test:{first}"));
    one.freeze();
    // A frozen process accepts connections all the same; its handshake ends after 10 seconds.
    assert_eq!(alice.phase("online", 60)["server"], format!("s1.example.test:{second}"));
    one.thaw();
    assert_eq!(alice.finish(), 0);
}

#[test]
fn back_to_the_preferred_server_without_a_gap() {
    // Two ways to one registrar, as of two servers of a cluster.
    let server = Kamailio::start(&[]);
    let preferred = Wire::to(server.port);
    let mut domain = Domain::new();
    domain.tells(&records("_sip._tcp", &[preferred.port, server.port]));
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    bob.say(&json!({"do": "add", "uri": "sip:alice@example.test"}));
    preferred.cut();
    let mut alice = Chinwag::start(domain.alice("transport = \"tcp\"\nreturn_after = 1"));
    assert_eq!(alice.phase("online", 20)["server"], format!("s1.example.test:{}", server.port), "{:#?}", alice.seen());
    alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
    bob.presence("alice", "online", 20);
    alice.presence("bob", "online", 20);
    let (seen_by_alice, seen_by_bob) = (alice.seen().len(), bob.seen().len());
    preferred.join();
    let online = alice.phase("online", 30);
    assert_eq!(online["server"], format!("s0.example.test:{}", preferred.port));
    send(&mut alice, "bob", "from there");
    bob.message("from there", 20);
    send(&mut bob, "alice", "to there");
    alice.message("to there", 20);
    alice.say(&json!({"do": "presence", "availability": "busy"}));
    bob.presence("alice", "busy", 20);
    bob.say(&json!({"do": "presence", "availability": "away"}));
    alice.presence("bob", "away", 20);
    let of = |lines: &[String]| -> Vec<Value> { lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect() };
    let (mine, theirs) = (of(&alice.seen()[seen_by_alice..]), of(&bob.seen()[seen_by_bob..]));
    let told: Vec<&Value> = mine.iter().filter(|e| e["event"] == "phase").collect();
    assert_eq!(told.len(), 1, "nothing but where we are now: {mine:#?}");
    for event in mine.iter().chain(&theirs).filter(|e| e["event"] == "presence") {
        assert!(event["stale"] == false && event["availability"] != "offline", "{event}");
    }
    assert_eq!((alice.finish(), bob.finish()), (0, 0));
}

#[test]
fn a_wrong_password_is_tried_at_one_server_and_in_two_runs() {
    let mut domain = Domain::new();
    let [first, second] = free_ports();
    domain.tells(&records("_sip._tls", &[first, second]));
    let (_one, _two) = (domain.server(first, "example.test", &[]), domain.server(second, "example.test", &[]));
    let folder = domain.folder("wrong");
    let _ = domain.alice("");
    let config = domain.folder("alice").join("config.toml");
    let start = |password: &str| {
        let mut command = chinwag_bare("alice", &folder);
        command.arg("--config").arg(&config).env("CHINWAG_TEST_PASSWORD", password);
        Chinwag::start(command)
    };
    let tries = |alice: &Chinwag| phases(alice).iter().filter(|phase| *phase == "authenticating").count();
    for run in 0..3 {
        let mut alice = start("wrong");
        let offline = alice.phase("offline", 20);
        assert_eq!(offline["why"], "wrong_password");
        assert_eq!(alice.finish(), 3);
        if run < 2 {
            assert_eq!(offline["server"], format!("s0.example.test:{first}"));
        }
        assert_eq!(tries(&alice), usize::from(run < 2), "run {run}: {:#?}", alice.seen());
    }
    let mut alice = start("pw-alice");
    alice.phase("online", 20);
    assert_eq!(alice.finish(), 0);
}
