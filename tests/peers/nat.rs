//! Being reached: by the names and flows that Kamailio gives (RFC 5626, RFC 5627), and behind a NAT that forgets
//! (`net/nat.sh`).

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chinwag::sip::message::{Message, parse_datagram};
use serde_json::{Value, json};

use crate::support::{Chinwag, Kamailio, Lines, chinwag_bare, script};

/// The server's address, and the NAT's as the server sees it.
const SERVER: &str = "10.99.2.2";
const NAT: &str = "10.99.2.1";
/// Seconds of silence after which the NAT forgets.
const MEMORY: &str = "8";

/// Carries datagrams between one client and the server, and keeps what it carried.
struct Relay {
    port: u16,
    server: u16,
    client: Arc<UdpSocket>,
    /// The socket towards the server; another one after [`Relay::rebind`].
    outside: Arc<Mutex<UdpSocket>>,
    last: Arc<Mutex<Option<SocketAddr>>>,
    carried: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Relay {
    fn to(server: u16) -> Self {
        let client = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let port = client.local_addr().unwrap().port();
        let outside = Arc::new(Mutex::new(UdpSocket::bind("127.0.0.1:0").unwrap()));
        let relay = Self { port, server, client, outside, last: Arc::default(), carried: Arc::default() };
        let (client, outside) = (Arc::clone(&relay.client), Arc::clone(&relay.outside));
        let (last, carried) = (Arc::clone(&relay.last), Arc::clone(&relay.carried));
        // Both threads end with the process.
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok((len, from)) = client.recv_from(&mut buffer) {
                *last.lock().unwrap() = Some(from);
                carried.lock().unwrap().push(buffer[..len].to_vec());
                let _ = outside.lock().unwrap().send_to(&buffer[..len], ("127.0.0.1", server));
            }
        });
        relay.listen();
        relay
    }

    /// From now on the server sees another address.
    fn rebind(&self) {
        *self.outside.lock().unwrap() = UdpSocket::bind("127.0.0.1:0").unwrap();
        self.listen();
    }

    fn listen(&self) {
        let outside = self.outside.lock().unwrap().try_clone().unwrap();
        let (client, last, carried) = (Arc::clone(&self.client), Arc::clone(&self.last), Arc::clone(&self.carried));
        let server = self.server;
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok((len, from)) = outside.recv_from(&mut buffer) {
                assert_eq!(from.port(), server);
                carried.lock().unwrap().push(buffer[..len].to_vec());
                if let Some(to) = *last.lock().unwrap() {
                    let _ = client.send_to(&buffer[..len], to);
                }
            }
        });
    }

    fn seen_at(&self) -> String {
        self.outside.lock().unwrap().local_addr().unwrap().to_string().replace("0.0.0.0", "127.0.0.1")
    }

    /// The requests of a method.
    fn requests(&self, method: &str) -> Vec<Message> {
        let carried = self.carried.lock().unwrap();
        let requests = carried.iter().filter(|datagram| datagram.starts_with(method.as_bytes()));
        requests.map(|datagram| parse_datagram(datagram).unwrap()).collect()
    }
}

#[test]
fn kamailio_keeps_the_flow_and_gives_a_name() {
    let server = Kamailio::start(&[]);
    for (transport, ping) in [("udp", "stun"), ("tcp", "lines"), ("tls", "lines")] {
        let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
        let mut alice = Chinwag::start(Chinwag::command(&server, "alice", transport));
        let able = pings_answered(&mut alice);
        assert_eq!((&able["outbound"], &able["gruu"], &able["ping"]), (&json!(true), &json!(true), &json!(ping)));
        assert!(able["seen_at"].as_str().unwrap().starts_with("127.0.0.1:"), "{able}");
        alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
        alice.sees("bob", "online", 10);
        bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "hello"}));
        alice.message("hello", 10);
        assert_eq!(alice.finish(), 0, "{transport}");
        assert_eq!(bob.finish(), 0, "{transport}");
    }
}

#[test]
fn kamailio_notifies_by_that_name_and_a_new_address_is_a_new_flow() {
    let server = Kamailio::start(&[]);
    let relay = Relay::to(server.port);
    let mut bob = Chinwag::sign_in(&server, "bob", "tcp");
    let config = format!(
        "[accounts.alice]\nuri = \"sip:alice@example.test\"\nserver = \"127.0.0.1:{}\"\ntransport = \"udp\"\n\
         [timing]\ndatagram_ping_interval = 5\n",
        relay.port
    );
    let mut alice = Chinwag::start(Chinwag::configured(&server, "alice", &config));
    let able = pings_answered(&mut alice);
    assert_eq!(able["seen_at"], relay.seen_at());
    alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
    alice.sees("bob", "online", 10);
    let name = relay.requests("SUBSCRIBE").last().unwrap().name_addrs("Contact").remove(0).uri;
    assert!(name.as_str().starts_with("sip:alice@example.test;gr=urn:uuid:"), "{name}");
    assert!(relay.requests("NOTIFY").iter().all(|notify| notify.uri() == name.as_str()));

    relay.rebind();
    let lost = alice.phase("waiting", 10);
    assert_eq!(lost["why"], "network", "{lost}");
    alice.event("the new address", 20, |e| e["event"] == "capabilities" && e["seen_at"] == relay.seen_at());
    bob.say(&json!({"do": "presence", "availability": "busy"}));
    alice.sees("bob", "busy", 10);
    bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "and here?"}));
    alice.message("and here?", 10);
}

/// What the server can do, once it has answered a ping, which may be a moment after the rest.
fn pings_answered(alice: &mut Chinwag) -> Value {
    alice.event("capabilities", 15, |e| e["event"] == "capabilities" && e["pings_answered"] == true)
}

/// A server, bob beside it, and alice behind a NAT.
struct Natted {
    alice: Chinwag,
    bob: Chinwag,
    _server: Kamailio,
    life: Lines,
}

impl Natted {
    fn start(transport: &str, timing: &str) -> Self {
        let mut life = Lines::start(Command::new(script("net/nat.sh")).args(["up", MEMORY]));
        let ready = life.line("the namespaces", 10, |line| line.starts_with("ready "));
        let pids: Vec<String> = ready.split(' ').skip(1).map(str::to_owned).collect();
        let beside = pids[0].clone();
        let server = Kamailio::start_by(&[("HOST", SERVER)], move |command| on(&beside, command));
        let bob = Chinwag::start(on(&pids[0], &client(&server, "bob", "tcp", "")));
        let alice = Chinwag::start(on(&pids[1], &client(&server, "alice", transport, timing)));
        let mut natted = Self { alice, bob, _server: server, life };
        natted.bob.phase("online", 15);
        let able = pings_answered(&mut natted.alice);
        assert!(able["seen_at"].as_str().unwrap().starts_with(NAT), "{able}");
        natted
    }

    /// Nobody says anything, for longer than the NAT remembers; then bob does.
    fn bob_writes_later(&mut self) {
        std::thread::park_timeout(Duration::from_secs(20));
        self.bob.say(&json!({"do": "send", "to": "sip:alice@example.test", "text": "still there?"}));
    }

    fn reaches_her_later(mut self) {
        self.bob_writes_later();
        self.alice.message("still there?", 4);
        assert_eq!(self.bob.delivery("delivered", 5)["stored"], Value::Null);
        assert!(!self.alice.seen().iter().any(|line| line.contains("\"waiting\"")), "{:#?}", self.alice.seen());
    }
}

impl Drop for Natted {
    fn drop(&mut self) {
        self.life.end_input();
        self.life.exit_code(5);
    }
}

/// The command, on one of the machines.
fn on(machine: &str, command: &Command) -> Command {
    let mut there = Command::new(script("net/lab.sh"));
    there.args(["in", machine]).arg(command.get_program()).args(command.get_args());
    there.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    there
}

fn client(server: &Kamailio, user: &str, transport: &str, timing: &str) -> Command {
    let folder = server.folder(&format!("chinwag-{user}"));
    let file = folder.join("config.toml");
    let port = server.port;
    let text = format!(
        "[accounts.{user}]\nuri = \"sip:{user}@example.test\"\nserver = \"{SERVER}:{port}\"\ntransport = \"{transport}\"\n[timing]\n{timing}\n"
    );
    std::fs::write(&file, text).unwrap();
    let mut command = chinwag_bare(user, &folder);
    command.arg("--config").arg(file);
    command
}

#[test]
fn behind_a_nat_that_forgets_a_message_arrives_over_udp() {
    Natted::start("udp", "datagram_ping_interval = 5").reaches_her_later();
}

#[test]
fn behind_a_nat_that_forgets_a_message_arrives_over_tcp() {
    Natted::start("tcp", "ping_interval = 5").reaches_her_later();
}

/// What the two tests above would see if nothing were sent meanwhile.
#[test]
fn without_keep_alive_the_nat_forgets() {
    let mut natted = Natted::start("udp", "datagram_ping_interval = 3600");
    natted.bob_writes_later();
    natted.bob.event("kept by the server", 15, |e| e["event"] == "delivery" && e["stored"] == true);
    assert!(!natted.alice.seen().iter().any(|line| line.contains("still there?")), "{:#?}", natted.alice.seen());
}
