//! The program across a cable that fails: black holes, lost addresses, pulled plugs, frozen servers. The
//! two ends of the cable are network namespaces (`net/lab.sh`).

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chinwag::model::Stamp;
use serde_json::{Value, json};

use crate::support::{Chinwag, Kamailio, Lines, chinwag_bare, script};

/// The server's address in every lab.
const SERVER: &str = "10.77.0.1";
/// Most seconds until a client is back after what was wrong is right again: its second attempt, at most.
const SOON: u64 = 60;

/// Two machines and the cable between them.
struct Lab {
    life: Lines,
    server: String,
    client: String,
}

impl Lab {
    fn new() -> Self {
        let mut life = Lines::start(Command::new(script("net/lab.sh")).arg("up"));
        let ready = life.line("the namespaces", 10, |line| line.starts_with("ready "));
        let mut pids = ready.split(' ').skip(1).map(str::to_owned);
        let (server, client) = (pids.next().unwrap(), pids.next().unwrap());
        Self { life, server, client }
    }

    /// The command, on one of the machines.
    fn on(machine: &str, command: &Command) -> Command {
        let mut there = Command::new(script("net/lab.sh"));
        there.args(["in", machine]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => there.env(name, value),
                None => there.env_remove(name),
            };
        }
        there
    }

    fn run(what: &str, machine: &str) {
        let output = Command::new(script("net/lab.sh")).args([what, machine]).output().unwrap();
        assert!(output.status.success(), "lab.sh {what}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn cut(&self) -> Stamp {
        Self::run("cut", &self.server);
        now()
    }

    fn heal(&self) {
        Self::run("heal", &self.server);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.life.end_input();
        self.life.exit_code(5);
    }
}

/// `chinwag serve` on the one machine, alice on the other, bob beside the server.
struct Served {
    alice: Chinwag,
    bob: Chinwag,
    server: Lines,
    _dir: tempfile::TempDir,
    lab: Lab,
}

impl Served {
    fn start(timing: &str) -> Self {
        let lab = Lab::new();
        let dir = tempfile::tempdir().unwrap();
        let users = dir.path().join("users");
        std::fs::write(&users, "alice:plain:pw-alice:Alice\nbob:plain:pw-bob:Bob\n").unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        serve.args(["serve", "--domain", "example.test", "--listen", &format!("{SERVER}:0"), "--users"]).arg(&users);
        let mut server = Lines::start(&mut Lab::on(&lab.server, &serve));
        let line = server.line("its port", 10, |line| line.starts_with("listening tcp"));
        let port: u16 = line.rsplit(':').next().unwrap().trim().parse().unwrap();
        let start = |user: &str, machine: &str, timing: &str| {
            let mut one = Chinwag::start(Lab::on(machine, &client(dir.path(), user, port, timing)));
            one.phase("online", 15);
            one
        };
        let mut bob = start("bob", &lab.server, "");
        let mut alice = start("alice", &lab.client, timing);
        bob.say(&json!({"do": "allow", "uri": "sip:alice@example.test"}));
        alice.say(&json!({"do": "add", "uri": "sip:bob@example.test"}));
        alice.sees("bob", "online", 10);
        Self { alice, bob, server, _dir: dir, lab }
    }

    /// Alice is back, and sees what bob did while she was away.
    fn is_well_again(&mut self) {
        self.alice.phase("online", SOON);
        self.alice.sees("bob", "busy", 10);
    }

    fn bob_is_busy(&mut self) {
        self.bob.say(&json!({"do": "presence", "availability": "busy"}));
    }
}

fn client(dir: &std::path::Path, user: &str, port: u16, timing: &str) -> Command {
    let folder = dir.join(format!("chinwag-{user}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    let text = format!(
        "[accounts.{user}]\nuri = \"sip:{user}@example.test\"\nserver = \"{SERVER}:{port}\"\ntransport = \"tcp\"\n[timing]\n{timing}\n"
    );
    std::fs::write(&file, text).unwrap();
    let mut command = chinwag_bare(user, &folder);
    command.arg("--config").arg(file);
    command
}

fn now() -> Stamp {
    Stamp::from_millis(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

/// How long after `begin` the loss was noticed. `typing`: with a line of input each second meanwhile,
/// which orders nothing.
fn noticed(alice: &mut Chinwag, begin: Stamp, typing: bool, most: u64) -> Duration {
    if typing {
        for _ in 0..most {
            alice.touch();
            std::thread::park_timeout(Duration::from_secs(1));
        }
    }
    let waiting: Value = alice.phase("waiting", if typing { 1 } else { most + 2 });
    let at = Stamp::parse_rfc3339(waiting["at"].as_str().unwrap()).unwrap();
    let took = begin.age(at);
    println!("noticed after {took:?}: {}", waiting["why"]);
    took
}

/// Somebody is there for a while before the cable fails.
fn type_for(alice: &mut Chinwag, seconds: u64) {
    for _ in 0..seconds {
        alice.touch();
        std::thread::park_timeout(Duration::from_secs(1));
    }
}

#[test]
fn a_black_hole_is_noticed_within_fifteen_seconds_while_somebody_types() {
    let mut world = Served::start("");
    type_for(&mut world.alice, 6);
    let begin = world.lab.cut();
    let took = noticed(&mut world.alice, begin, true, 15);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    world.bob_is_busy();
    world.lab.heal();
    world.is_well_again();
}

/// As with servers that answer no pings: the time for pongs is so long here that only the system tells.
#[test]
fn the_system_alone_notices_it_as_soon() {
    let mut world = Served::start("pong_wait = 120\nattended_pong_wait = 120\nprobe_wait = 120");
    type_for(&mut world.alice, 6);
    let begin = world.lab.cut();
    let took = noticed(&mut world.alice, begin, true, 15);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    world.bob_is_busy();
    world.lab.heal();
    world.is_well_again();
}

#[test]
fn with_nobody_there_it_takes_the_interval_and_the_wait_for_the_pong() {
    let mut world = Served::start("ping_interval = 10\npong_wait = 5\nattended_for = 5\ntcp_user_timeout = 60");
    let begin = world.lab.cut();
    let took = noticed(&mut world.alice, begin, false, 15);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    world.bob_is_busy();
    world.lab.heal();
    world.is_well_again();
}

#[test]
fn a_lost_address_is_death_at_once_and_a_new_one_is_tried_at_once() {
    let mut world = Served::start("");
    let begin = now();
    Lab::run("forget", &world.lab.client);
    let took = noticed(&mut world.alice, begin, false, 5);
    assert!(took <= Duration::from_secs(3), "{took:?}");
    // It fails a few times, and would wait for long.
    world.alice.phase("waiting", SOON);
    world.bob_is_busy();
    Lab::run("address", &world.lab.client);
    let begin = now();
    let online = world.alice.phase("online", 12);
    let back = begin.age(Stamp::parse_rfc3339(online["at"].as_str().unwrap()).unwrap());
    println!("back after {back:?}");
    world.alice.sees("bob", "busy", 10);
}

#[test]
fn a_pulled_plug_is_noticed_within_the_wait_for_a_sign_of_life() {
    let mut world = Served::start("");
    let begin = now();
    Lab::run("down", &world.lab.client);
    let took = noticed(&mut world.alice, begin, false, 10);
    assert!(took <= Duration::from_secs(9), "{took:?}");
    world.bob_is_busy();
    Lab::run("plug", &world.lab.client);
    world.is_well_again();
}

#[test]
fn a_plug_that_is_put_in_again_soon_costs_nothing() {
    let mut world = Served::start("");
    Lab::run("down", &world.lab.client);
    std::thread::park_timeout(Duration::from_millis(1500));
    Lab::run("plug", &world.lab.client);
    world.bob_is_busy();
    world.alice.sees("bob", "busy", 10);
    assert!(!world.alice.seen().iter().any(|line| line.contains("\"waiting\"")), "{:#?}", world.alice.seen());
}

#[test]
fn a_frozen_server_is_noticed_while_somebody_types() {
    let mut world = Served::start("");
    type_for(&mut world.alice, 3);
    let begin = now();
    world.server.signal("STOP");
    let took = noticed(&mut world.alice, begin, true, 15);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    world.server.signal("CONT");
    world.bob_is_busy();
    world.is_well_again();
}

/// Kamailio on the one machine, alice on the other.
fn with_kamailio(timing: &str, environment: &[(&'static str, &'static str)]) -> (Lab, Kamailio, Chinwag) {
    let lab = Lab::new();
    let machine = lab.server.clone();
    let server = Kamailio::start_by(environment, move |command| Lab::on(&machine, command));
    let mut alice = Chinwag::start(Lab::on(&lab.client, &client(&server.folder("people"), "alice", server.port, timing)));
    alice.phase("online", 15);
    (lab, server, alice)
}

#[test]
fn kamailio_in_a_black_hole() {
    let (lab, _server, mut alice) = with_kamailio("attended_for = 5", &[("HOST", SERVER), ("FLOW_TIMER", "10")]);
    // Nobody there: its Flow-Timer of ten seconds, and ten for the pong.
    let begin = lab.cut();
    let took = noticed(&mut alice, begin, false, 20);
    assert!(took <= Duration::from_secs(20), "{took:?}");
    lab.heal();
    alice.phase("online", SOON);
    // Somebody there.
    type_for(&mut alice, 6);
    let begin = lab.cut();
    let took = noticed(&mut alice, begin, true, 15);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    lab.heal();
    alice.phase("online", SOON);
}

#[test]
fn kamailio_frozen() {
    let (_lab, server, mut alice) = with_kamailio("", &[("HOST", SERVER)]);
    type_for(&mut alice, 3);
    let begin = now();
    server.freeze();
    let took = noticed(&mut alice, begin, true, 15);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    server.thaw();
    alice.phase("online", SOON);
}
