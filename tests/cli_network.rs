//! The built program against `chinwag serve` on the loopback interface: what scripts rely on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests fail by panic, their helpers too

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

#[path = "cli_network/lcs.rs"]
mod lcs;
#[path = "cli_network/tls.rs"]
mod tls;

/// Longest wait for anything; only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A child that does not outlive its test, with its output line by line.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, stdin, lines, seen: Vec::new() }
    }

    /// The next line for which `wanted` is true; earlier ones are skipped.
    fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let errors = self.errors();
                    panic!("the line did not come; there were {:#?}\n{errors}", self.seen);
                }
            }
        }
    }

    /// The next event of this name for which `wanted` is true.
    fn event(&mut self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let line = self.line(|line| {
            let event: Value = serde_json::from_str(line).expect("every line is JSON");
            event["event"] == name && wanted(&event)
        });
        serde_json::from_str(&line).unwrap()
    }

    fn online(mut self) -> Self {
        self.event("phase", |event| event["phase"] == "online");
        self
    }

    fn say(&mut self, act: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{act}").unwrap();
        stdin.flush().unwrap();
    }

    /// Ends its input and waits for its exit code.
    fn exit_code(&mut self) -> Option<i32> {
        self.stdin = None;
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end: {:#?}", self.seen);
            // Waiting for the end of a child has no deadline of its own in std.
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn interrupt(&self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::INT).unwrap();
    }

    fn errors(&mut self) -> String {
        let _ = self.child.kill();
        let mut text = String::new();
        if let Some(mut err) = self.child.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut err, &mut text);
        }
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server with alice and bob, and a folder for everybody's files.
struct World {
    folder: tempfile::TempDir,
    address: String,
    server: Running,
}

impl World {
    fn new() -> Self {
        Self::with(&["--listen", "127.0.0.1:0"])
    }

    /// A plain SIMPLE server.
    fn simple() -> Self {
        Self::with(&["--listen", "127.0.0.1:0", "--disable", "lcs"])
    }

    fn with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let users = "alice:plain:wonderland:Alice\nbob:plain:builder:Bob\ncarol:plain:sesame:Carol\n";
        std::fs::write(folder.path().join("users"), users).unwrap();
        let (server, address) = Self::serve(folder.path(), options);
        Self { folder, address, server }
    }

    fn serve(folder: &Path, options: &[&str]) -> (Running, String) {
        let mut command = program(folder);
        command.arg("serve").arg("--users").arg(folder.join("users")).args(["--domain", "example.test"]);
        command.arg("--store").arg(folder.join("store.json")).args(options);
        let mut server = Running::start(&mut command);
        let line = server.line(|line| line.starts_with("listening "));
        (server, line.rsplit(' ').next().unwrap().to_owned())
    }

    /// The server ends as by Ctrl-C, and another goes on with what it kept.
    fn restart(&mut self) {
        self.server.interrupt();
        self.server.exit_code();
        (self.server, self.address) = Self::serve(self.folder.path(), &["--listen", "127.0.0.1:0"]);
    }

    /// A command of alice, bob or carol.
    fn run_as(&self, name: &str, words: &[&str]) -> Command {
        self.run_on(name, name, words)
    }

    /// The same on a device with files of its own.
    fn run_on(&self, device: &str, name: &str, words: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        let password = match name {
            "alice" => "wonderland",
            "bob" => "builder",
            _ => "sesame",
        };
        command.env("TEST_PASSWORD", password);
        command.args(["--aor", &format!("sip:{name}@example.test"), "--server", &self.address, "--transport", "tcp"]);
        command.args(["--password-env", "TEST_PASSWORD"]);
        command.arg("--data-dir").arg(self.folder.path().join(device)).args(words);
        command
    }

    fn output(&self, name: &str, words: &[&str]) -> Output {
        self.run_as(name, words).stdin(Stdio::null()).output().unwrap()
    }
}

fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for name in ["CHINWAG_CONFIG", "CHINWAG_DATA_DIR", "NO_COLOR"] {
        command.env_remove(name);
    }
    // Nothing of this machine's user is read.
    command.env("HOME", home).env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("share"));
    command.env("XDG_STATE_HOME", home.join("state"));
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_message_from_alice_to_bob() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json", "--count", "1"])).online();
    let sent = world.output("alice", &["send", "bob", "hello", "Bob", "--json"]);
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    let delivery: Value = serde_json::from_str(&text(&sent.stdout)).unwrap();
    assert_eq!((delivery["event"].as_str(), delivery["fate"].as_str()), (Some("delivery"), Some("delivered")));
    let message = bob.event("message", |_| true);
    assert_eq!(message["text"], "hello Bob");
    assert_eq!(message["from"], "sip:alice@example.test");
    assert_eq!(message["to"], "sip:bob@example.test");
    assert_eq!(message["account"], "bob@example.test");
    assert_eq!(message["delayed"], false);
    bob.event("traffic", |_| true);
    bob.event("phase", |event| event["phase"] == "offline");
    assert_eq!(bob.exit_code(), Some(0));
}

#[test]
fn what_was_printed_is_what_its_sender_is_told_arrived() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json", "--count", "1"])).online();
    let mut alice = Running::start(&mut world.run_as("alice", &["say", "--json"])).online();
    let texts = ["one", "two", "three"];
    for text in texts {
        alice.say(&format!(r#"{{"do":"send","to":"bob","text":"{text}","id":"{text}"}}"#));
    }
    let printed = bob.event("message", |_| true)["text"].clone();
    bob.event("phase", |event| event["phase"] == "offline");
    assert_eq!(bob.exit_code(), Some(0));
    bob.seen.extend(bob.lines.try_iter());
    let messages = bob.seen.iter().filter(|line| line.contains(r#""event":"message""#)).count();
    assert_eq!((messages, printed), (1, Value::from("one")));
    // Whatever the server says of the others stands before its answer to this. Of one that came just as Bob hung
    // up nobody says anything for a minute.
    alice.event("delivery", |event| event["id"] == "one" && event["fate"] == "delivered");
    alice.say(r#"{"do":"presence","availability":"busy"}"#);
    alice.event("presence", |event| event["self"] == true && event["availability"] == "busy");
    let delivered = alice.seen.iter().filter(|line| line.contains(r#""fate":"delivered""#));
    assert_eq!(delivered.count(), 1);
}

#[test]
fn a_message_from_standard_input() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json", "--count", "1"])).online();
    let mut alice = Running::start(&mut world.run_as("alice", &["send", "sip:bob@example.test"]));
    alice.say("two\nlines");
    assert_eq!(alice.exit_code(), Some(0));
    assert_eq!(bob.event("message", |_| true)["text"], "two\nlines");
}

#[test]
fn people_read_sentences() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--count", "1"]));
    let nasty = "evil \u{1b}[2J\u{202e}txt";
    // Whatever the order of the two sign-ins: the server keeps the message.
    let sent = world.output("alice", &["send", "bob", nasty]);
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    let line = bob.line(|line| line.contains("alice@example.test"));
    assert!(line.contains("evil") && !line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line:?}");
    assert_eq!(bob.exit_code(), Some(0));
}

#[test]
fn a_session_by_script() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["say"])).online();
    let mut alice = Running::start(&mut world.run_as("alice", &["say"])).online();
    alice.say(r#"{"do":"send","to":"bob","text":"from a script","id":"first"}"#);
    let fate = alice.event("delivery", |event| event["fate"] != "sent" && event["fate"] != "queued");
    assert_eq!((fate["id"].as_str(), fate["fate"].as_str()), (Some("first"), Some("delivered")));
    assert_eq!(bob.event("message", |_| true)["text"], "from a script");
    bob.say(r#"{"do":"send","to":"sip:alice@example.test","text":"and back","id":2}"#);
    assert_eq!(alice.event("message", |_| true)["text"], "and back");
    bob.event("delivery", |event| event["id"] == 2 && event["fate"] == "delivered");

    alice.say("this is no JSON");
    assert_eq!(alice.event("notice", |_| true)["level"], "error");
    let longest = 256 * 1024;
    for text in [longest, longest + 1, 2 * longest].map(|length| format!("{{\"do\":\"{}", "x".repeat(length - 7))) {
        alice.say(&text);
        let notice = alice.event("notice", |_| true);
        let said = notice["text"].as_str().unwrap();
        assert_eq!(said == "this line is too long (256 KiB at most)", text.len() > longest, "{said}");
    }
    alice.say(r#"{"do":"dance","id":"x"}"#);
    let notice = alice.event("notice", |event| event["code"] == "unknown_act");
    assert_eq!(notice["id"], "x");
    alice.say(r#"{"do":"send","to":"nobody","text":"?","id":"lost"}"#);
    let fate = alice.event("delivery", |event| event["id"] == "lost" && event["fate"] == "failed");
    assert!(fate["why"].is_string());
    alice.say(r#"{"do":"traffic","id":"t"}"#);
    assert!(alice.event("traffic", |event| event["id"] == "t")["sip_out"].as_u64().unwrap() > 3);
    alice.say(r#"{"do":"quit"}"#);
    alice.event("phase", |event| event["phase"] == "offline");
    assert_eq!(alice.exit_code(), Some(0));
    assert_eq!(bob.exit_code(), Some(0), "end of input is quit");
}

#[test]
fn wrong_passwords_and_unknown_people_are_refused() {
    let world = World::new();
    let wrong = world.run_as("alice", &["listen"]).env("TEST_PASSWORD", "guess").stdin(Stdio::null()).output().unwrap();
    assert_eq!(wrong.status.code(), Some(3), "{}", text(&wrong.stderr));
    assert!(text(&wrong.stderr).contains("password"));
    let none = world.run_as("alice", &["listen"]).env_remove("TEST_PASSWORD").stdin(Stdio::null()).output().unwrap();
    assert_eq!(none.status.code(), Some(7), "{}", text(&none.stderr));
    assert!(text(&none.stderr).contains("TEST_PASSWORD"));
    let nobody = world.output("alice", &["send", "nobody", "hi"]);
    assert_eq!(nobody.status.code(), Some(6), "{}", text(&nobody.stderr));
    assert_eq!(text(&nobody.stdout), "");
}

#[test]
fn a_password_from_standard_input_comes_before_the_text() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json", "--count", "1"])).online();
    let mut command = program(world.folder.path());
    command.args(["--aor", "sip:alice@example.test", "--server", &world.address, "--transport", "tcp", "--password-stdin"]);
    command.arg("--data-dir").arg(world.folder.path().join("alice")).args(["send", "bob"]);
    let mut alice = Running::start(&mut command);
    alice.say("wonderland\nthe text");
    assert_eq!(alice.exit_code(), Some(0));
    assert_eq!(bob.event("message", |_| true)["text"], "the text");
}

#[test]
fn nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("127.0.0.1:{port}");
    let mut command = program(folder.path());
    command.args(["--aor", "sip:a@example.test", "--server", &server, "--transport", "tcp", "send", "b", "hi"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(&server));
}

#[test]
fn certificates_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["example.test".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let world = World::with(&["--tls-listen", "127.0.0.1:0", "--cert", cert, "--key", key]);
    let run = |extra: &[&str]| {
        let mut command = program(world.folder.path());
        command.env("TEST_PASSWORD", "wonderland");
        command.args(["--aor", "sip:alice@example.test", "--server", &world.address, "--transport", "tls"]);
        command.args(["--password-env", "TEST_PASSWORD", "listen", "--timeout", "0"]).args(extra);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("--ca-file"), "{}", text(&output.stderr));
    let output = run(&["--ca-file", cert]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = World::simple();
    let mut bob = world.run_as("bob", &["listen", "--json"]);
    let mut bob = bob.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(bob.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("online") {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0);
    }
    drop(out);
    assert_eq!(world.output("alice", &["send", "bob", "anybody there?"]).status.code(), Some(0));
    let end = bob.wait_with_output().unwrap();
    assert_eq!((end.status.code(), text(&end.stderr)), (Some(0), String::new()));
}

#[test]
fn an_interrupted_session_signs_out() {
    let world = World::new();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json"])).online();
    bob.interrupt();
    bob.event("phase", |event| event["phase"] == "offline");
    assert_eq!(bob.exit_code(), Some(130));
}

#[test]
fn time_limits_end_in_good_order() {
    let world = World::new();
    let output = world.output("bob", &["listen", "--timeout", "2", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

/// A server that takes the connection and never says a word.
#[test]
fn a_time_limit_counts_while_signing_in() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::new();
    for words in
        [&["watch", "--timeout", "0.2"][..], &["listen", "--timeout", "0.2"], &["send", "alice", "hello", "--timeout", "0.2"]]
    {
        let mut command = program(world.folder.path());
        command.args(["--aor", "sip:bob@example.test", "--server", &silent.local_addr().unwrap().to_string()]);
        command.args(["--transport", "tcp", "--dialect", "lcs"]).args(words).stdin(Stdio::null());
        let output = command.output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{errors}");
        assert!(errors.contains("within the time given"), "{errors}");
    }
}

#[test]
fn searching_is_refused_plainly() {
    let world = World::simple();
    let output = world.output("alice", &["find", "bob"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("this server cannot do that"), "{}", text(&output.stderr));
}

#[test]
fn the_contact_list_is_kept_and_changed() {
    let world = World::simple();
    let run = |words: &[&str]| {
        let output = world.output("alice", words);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run(&["roster", "add", "bob", "--name", "Bobby", "--group", "Ops"]);
    assert!(run(&["roster", "list"]).contains("Bobby"));
    run(&["roster", "rename", "bob", "Robert"]);
    run(&["roster", "move", "Robert", "Night"]);
    run(&["roster", "groups", "remove", "Ops"]);
    let roster: Value = serde_json::from_str(&run(&["roster", "list", "--json"])).unwrap();
    assert_eq!(roster["groups"], serde_json::json!(["Night"]));
    assert_eq!(roster["contacts"][0]["uri"], "sip:bob@example.test");
    assert_eq!(roster["contacts"][0]["name"], "Robert");
    assert_eq!(roster["contacts"][0]["groups"], serde_json::json!(["Night"]));
    let misspelt = world.output("alice", &["roster", "remove", "bbo"]);
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(text(&misspelt.stderr).contains("did you mean bob?"), "{}", text(&misspelt.stderr));
    run(&["roster", "remove", "bob"]);
    assert_eq!(run(&["roster", "list"]), "");

    run(&["access", "block", "eve"]);
    run(&["access", "allow", "bob"]);
    assert_eq!(run(&["access", "list"]), "allow  bob@example.test\nblock  eve@example.test\n");
}

#[test]
fn presence_is_seen_and_followed() {
    let world = World::new();
    assert_eq!(world.output("alice", &["roster", "add", "bob"]).status.code(), Some(0));
    let mut bob = Running::start(&mut world.run_as("bob", &["say"])).online();
    bob.say(r#"{"do":"presence","availability":"busy","note":"deep in it","id":"p"}"#);
    bob.event("presence", |event| event["id"] == "p");

    let once = world.output("alice", &["watch", "--once", "--json"]);
    assert_eq!(once.status.code(), Some(0), "{}", text(&once.stderr));
    let events: Vec<Value> = text(&once.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<&Value> = events.iter().filter(|event| event["event"] == "presence").collect();
    assert_eq!(shown.len(), 1, "{events:#?}");
    assert_eq!(
        (&shown[0]["who"], &shown[0]["availability"], &shown[0]["note"], &shown[0]["stale"]),
        (&"sip:bob@example.test".into(), &"busy".into(), &"deep in it".into(), &false.into())
    );

    let mut alice = Running::start(&mut world.run_as("alice", &["watch", "--json"])).online();
    bob.say(r#"{"do":"presence","availability":"lunch"}"#);
    let lunch = alice.event("presence", |event| event["availability"] == "lunch");
    assert_eq!(lunch["previous"], "busy", "{lunch}");
    alice.interrupt();
    assert_eq!(alice.exit_code(), Some(130));
}

#[test]
fn a_script_waits_until_somebody_is_free() {
    let world = World::new();
    assert_eq!(world.output("alice", &["roster", "add", "bob"]).status.code(), Some(0));
    let mut bob = Running::start(&mut world.run_as("bob", &["say"])).online();
    bob.say(r#"{"do":"presence","availability":"busy","id":"p"}"#);
    bob.event("presence", |event| event["id"] == "p");

    let online = world.output("alice", &["wait", "bob", "--json"]);
    assert_eq!(online.status.code(), Some(0), "{}", text(&online.stderr));
    let lines: Vec<Value> = text(&online.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!((&lines[0]["event"], &lines[0]["availability"]), (&"presence".into(), &"busy".into()));

    let free = world.output("alice", &["wait", "bob", "--status", "free", "--timeout", "2"]);
    assert_eq!(free.status.code(), Some(1), "{}", text(&free.stderr));
    assert!(text(&free.stderr).contains("did not come to be free"), "{}", text(&free.stderr));
    assert_eq!(text(&free.stdout), "");

    let mut waits = Running::start(&mut world.run_as("alice", &["wait", "bob", "--status", "free", "--json"]));
    bob.say(r#"{"do":"presence","availability":"online"}"#);
    waits.event("presence", |event| event["availability"] == "online");
    assert_eq!(waits.exit_code(), Some(0));
    // Somebody who is on no list is asked about for this.
    let unlisted = world.output("bob", &["wait", "alice", "--status", "offline", "--timeout", "20"]);
    assert_eq!(unlisted.status.code(), Some(0), "{}", text(&unlisted.stderr));
    assert_eq!(world.output("alice", &["wait", "bob", "--status", "hungry"]).status.code(), Some(2));
}

#[test]
fn refusals_find_their_act() {
    let world = World::simple();
    let mut alice = Running::start(&mut world.run_as("alice", &["say"])).online();
    alice.say(r#"{"do":"add","uri":"bob","id":"add"}"#);
    alice.say(r#"{"do":"block","uri":"eve","id":"block"}"#);
    alice.say(r#"{"do":"typing","to":"bob","id":"typing"}"#);
    alice.say(r#"{"do":"search","words":"bob","id":"search"}"#);
    assert_eq!(alice.event("notice", |event| event["code"] == "refused")["id"], "search");
    alice.say(r#"{"do":"roster","id":"list"}"#);
    assert_eq!(alice.event("roster", |event| event["id"] == "list")["contacts"][0]["uri"], "sip:bob@example.test");
    assert_eq!(alice.exit_code(), Some(0));
}

#[test]
fn the_doctor_explains_the_way() {
    let world = World::new();
    let output = world.output("alice", &["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}\n{}", text(&output.stdout), text(&output.stderr));
    let checks: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let state = |step: &str| checks.iter().find(|check| check["step"] == step).map(|check| check["state"].clone());
    for step in ["address", "connect", "server", "authentication", "sign-in"] {
        assert_eq!(state(step), Some("ok".into()), "{step}: {checks:#?}");
    }
    let output = world.run_as("alice", &["doctor"]).env("TEST_PASSWORD", "guess").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("failed   sign-in"), "{}", text(&output.stdout));
}

#[test]
fn hashed_secrets_serve() {
    let folder = tempfile::tempdir().unwrap();
    let mut hash =
        Running::start(program(folder.path()).args(["serve", "--hash", "--name", "carol", "--domain", "example.test"]));
    hash.say("open sesame");
    let secret = hash.line(|_| true);
    assert!(!secret.contains("sesame"));
    let users = folder.path().join("users");
    std::fs::write(&users, format!("carol:{secret}:Carol\n")).unwrap();
    let mut serve = program(folder.path());
    serve.arg("serve").arg("--users").arg(&users).args(["--domain", "example.test", "--listen", "127.0.0.1:0"]);
    let mut server = Running::start(&mut serve);
    let line = server.line(|line| line.starts_with("listening tcp "));
    let mut carol = program(folder.path());
    carol.env("TEST_PASSWORD", "open sesame").args(["--password-env", "TEST_PASSWORD", "--transport", "tcp"]);
    carol.args(["--aor", "sip:carol@example.test", "--server", line.rsplit(' ').next().unwrap(), "listen", "--timeout", "0"]);
    let output = carol.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

/// The events of `demo --headless` with these options.
fn demonstration(options: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = program(folder.path());
    let started = Instant::now();
    demo.args(["demo", "--headless", "--json", "--seed", "7"]).args(options);
    let output = demo.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}\n{}", text(&output.stdout), text(&output.stderr));
    assert!(started.elapsed() < PATIENCE);
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_demonstration_shows_everything_without_a_terminal() {
    let events = demonstration(&[]);
    let is_step = |code: &&str| code.starts_with("demo_");
    let steps: Vec<&str> = events.iter().filter_map(|event| event["code"].as_str()).filter(is_step).collect();
    let expected = ["signed_in", "dialect", "roster", "presence", "chat", "room", "lost", "recovered"];
    assert_eq!(steps, expected.map(|step| format!("demo_{step}")));
    for name in ["phase", "capabilities", "own_name", "roster", "presence", "message", "delivery", "room", "traffic"] {
        assert!(events.iter().any(|event| event["event"] == name), "{name}");
    }
    assert!(events.iter().any(|event| event["event"] == "presence" && event["stale"] == true));
    let able = events.iter().rfind(|event| event["event"] == "capabilities").unwrap();
    assert_eq!((&able["dialect"], &able["auth"], &able["signed"]), (&"lcs".into(), &"ntlm".into(), &true.into()));
    for feature in ["batch", "benotify", "piggyback", "autoextend", "sessions", "directory", "roster_on_server"] {
        assert_eq!(able[feature], true, "{feature}: {able}");
    }
    assert!(events.iter().filter(|event| event["event"] == "phase").all(|event| event["transport"] == "tls"), "never in clear");
    let traffic = events.iter().find(|event| event["event"] == "traffic").unwrap();
    assert_eq!(traffic["faults"], serde_json::json!({}), "our own server keeps to the rules");
}

#[test]
fn the_demonstration_signs_in_by_digest_where_that_is_wished() {
    let events = demonstration(&["--auth", "digest"]);
    let able = events.iter().rfind(|event| event["event"] == "capabilities").unwrap();
    assert_eq!((&able["dialect"], &able["auth"], &able["signed"]), (&"lcs".into(), &"digest".into(), &false.into()));
}

#[test]
fn the_demonstration_speaks_the_other_dialect_too() {
    let events = demonstration(&["--dialect", "simple"]);
    let able = events.iter().rfind(|event| event["event"] == "capabilities").unwrap();
    assert_eq!((able["dialect"].as_str(), able["batch"].as_bool()), (Some("simple"), Some(true)));
    assert!(events.iter().any(|event| event["code"] == "demo_recovered"));
}

#[test]
fn the_screen_needs_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path()).arg("demo").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("terminal"));
}

#[cfg(unix)]
#[test]
fn a_change_that_could_not_be_saved_is_no_success() {
    let world = World::simple();
    let dir = world.folder.path().join("alice");
    std::fs::create_dir(&dir).unwrap();
    // Nothing to read there, and nothing can be written: as on a full disk, also for root.
    std::os::unix::fs::symlink("/nonexistent/rosters", dir.join("rosters")).unwrap();
    let added = world.output("alice", &["roster", "add", "bob"]);
    assert_eq!(added.status.code(), Some(1), "{}", text(&added.stderr));
    assert!(text(&added.stderr).contains("the contact list could not be saved to"), "{}", text(&added.stderr));
    let blocked = world.output("alice", &["access", "block", "carol"]);
    assert_eq!(blocked.status.code(), Some(1), "{}", text(&blocked.stderr));
    let sent = world.output("alice", &["roster", "list"]);
    assert_eq!((sent.status.code(), text(&sent.stderr).as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn what_was_done_is_done_though_nothing_can_be_written() {
    let world = World::new();
    let blocked = world.output("alice", &["access", "block", "carol"]);
    assert_eq!(blocked.status.code(), Some(0), "{}", text(&blocked.stderr));
    // Another machine with a full disk, which hears of that decision.
    let full = world.folder.path().join("full");
    std::fs::create_dir(&full).unwrap();
    std::os::unix::fs::symlink("/nonexistent/rosters", full.join("rosters")).unwrap();
    let mut bob = Running::start(&mut world.run_as("bob", &["listen", "--json", "--count", "1"])).online();
    for words in [&["send", "bob", "hi"][..], &["watch", "bob", "--once"], &["roster", "add", "bob"]] {
        let output = world.run_on("full", "alice", words).stdin(Stdio::null()).output().unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {errors}");
        assert!(errors.contains("the contact list could not be saved to"), "{words:?}: {errors}");
    }
    assert_eq!(bob.event("message", |_| true)["text"], "hi");
}

#[test]
fn a_broken_contact_list_is_told_and_kept() {
    let world = World::new();
    let file = world.folder.path().join("alice").join("rosters").join("alice@example.test.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "version = 1\n[[people]]\n").unwrap();
    let listed = world.output("alice", &["roster", "list"]);
    assert_eq!(listed.status.code(), Some(0));
    assert!(text(&listed.stderr).contains("cannot be used"), "{}", text(&listed.stderr));
    assert_eq!(std::fs::read_to_string(format!("{}.broken-1", file.display())).unwrap(), "version = 1\n[[people]]\n");
    assert_eq!(text(&world.output("alice", &["roster", "list"]).stderr), "");
}

/// All text of the files below a folder, each with its path.
fn files_below(folder: &Path, found: &mut Vec<(std::path::PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push((path.clone(), String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()));
        }
    }
}

#[test]
fn nothing_written_holds_what_is_secret() {
    for settings in ["", "[log]\nlevel = \"debug\"\nwire = true\n", "[log]\nlevel = \"trace\"\nwire = true\n"] {
        let world = World::new();
        let config = |name: &str, display: &str| {
            let file = world.folder.path().join(format!("{name}.toml"));
            let account = "[accounts.home]\npassword.env = \"TEST_PASSWORD\"\ntransport = \"tcp\"\n";
            let rest =
                format!("uri = \"sip:{name}@example.test\"\nserver = \"{}\"\ndisplay_name = \"{display}\"\n", world.address);
            std::fs::write(&file, format!("{settings}{account}{rest}")).unwrap();
            file
        };
        let run = |name: &str, file: &Path, words: &[&str]| {
            let mut command = program(world.folder.path());
            command.env("TEST_PASSWORD", if name == "alice" { "wonderland" } else { "builder" });
            command.arg("--config").arg(file).arg("--data-dir").arg(world.folder.path().join(name)).arg("-v").args(words);
            command
        };
        let (alice, bob) = (config("alice", "Alicia Plantedname"), config("bob", "Robert Plantedname"));
        let mut listener = Running::start(&mut run("bob", &bob, &["listen", "--json", "--count", "1"])).online();
        let added = run("alice", &alice, &["roster", "add", "bob", "--name", "Bobby Plantedname"]).output().unwrap();
        assert_eq!(added.status.code(), Some(0), "{}", text(&added.stderr));
        let sent = run("alice", &alice, &["send", "bob", "planted words"]).output().unwrap();
        assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
        assert_eq!(listener.event("message", |_| true)["text"], "planted words");
        assert_eq!(listener.exit_code(), Some(0));
        let mut wrong = run("alice", &alice, &["send", "bob", "planted words"]);
        let wrong = wrong.env("TEST_PASSWORD", "wrong-planted").output().unwrap();
        assert_eq!(wrong.status.code(), Some(3), "{}", text(&wrong.stderr));

        let mut written = Vec::new();
        for name in ["alice", "bob"] {
            files_below(&world.folder.path().join(name), &mut written);
        }
        let logs = written.iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "log")).count();
        assert!(logs >= 2, "there is something to look at: {:?}", written.iter().map(|(path, _)| path).collect::<Vec<_>>());
        // Of other people the log does not even have the address.
        for (path, found) in written.iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "log")) {
            let other = if path.starts_with(world.folder.path().join("alice")) { "bob@" } else { "alice@" };
            assert!(!found.contains(other), "`{other}` stands in {}:\n{found}", path.display());
        }
        for (name, output) in [("added", &added), ("sent", &sent), ("wrong", &wrong)] {
            written.push((name.into(), text(&output.stderr) + &text(&output.stdout)));
        }
        written.push(("listener".into(), listener.errors()));
        for (path, found) in &written {
            for secret in ["wonderland", "builder", "planted", "Planted", "response=", "cnonce="] {
                assert!(!found.contains(secret), "`{secret}` stands in {}:\n{found}", path.display());
            }
        }
    }
}
