//! Files whose sender and receiver are killed: whatever lies in the folder is whole, and nothing there was changed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::{kill, kills, pass_until, was_killed};
use crate::support::{Chance, Lcs};

/// Octets of each file, at least.
const OCTETS: usize = 2_000_000;
const NAME: &str = "report.txt";
/// Where somebody who lives must have seen the end of a file whose other side was killed.
const LATEST: Duration = Duration::from_secs(20);

/// In which what came is looked into and put in its place, about.
const SHORT: Duration = Duration::from_millis(60);

/// A program that prints events.
struct Program {
    child: Child,
    events: Receiver<Value>,
    seen: Vec<Value>,
}

impl Program {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (send, events) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // The last line of who was killed may be half a line.
                let Ok(event) = serde_json::from_str(&line) else { break };
                if send.send(event).is_err() {
                    break;
                }
            }
        });
        Self { child, events, seen: Vec::new() }
    }

    /// Waits for such an event; `false`: it did not come by then, or the program has ended.
    fn sees(&mut self, until: Instant, mut wanted: impl FnMut(&Value) -> bool) -> bool {
        if self.seen.iter().any(&mut wanted) {
            return true;
        }
        while let Ok(event) = self.events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            let hit = wanted(&event);
            self.seen.push(event);
            if hit {
                return true;
            }
        }
        false
    }

    /// The same, and it must come.
    fn waits(&mut self, what: &str, wanted: impl FnMut(&Value) -> bool) {
        let came = self.sees(Instant::now() + LATEST, wanted);
        assert!(came, "not in {LATEST:?}: {what}; it said {:#?}", self.seen);
    }

    /// Kills it; whether it lived. All it said has been seen then.
    fn kill(&mut self) -> bool {
        let status = kill(&mut self.child);
        self.seen.extend(self.events.iter());
        was_killed(status)
    }

    /// Whether it told of a file in one of these states.
    fn told(&self, states: &[&str]) -> bool {
        self.seen.iter().any(|event| is_in(event, states))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_in(event: &Value, states: &[&str]) -> bool {
    event["event"] == "file" && states.iter().any(|state| event["state"] == *state)
}

/// How often what was found.
#[derive(Debug, Default)]
struct Found {
    receivers: u32,
    senders: u32,
    /// The receiver was killed while octets came; while it looked into them.
    moving: u32,
    checking: u32,
    /// It said that it had it.
    done: u32,
    /// It lay there, and nobody had said so.
    unsaid: u32,
    /// Something lay in quarantine.
    left: u32,
    /// Who lived on was told.
    outlived: u32,
}

struct Story {
    server: Lcs,
    into: PathBuf,
    ours: PathBuf,
    /// From the sender's start to the first octets, and from those to the end.
    before: Duration,
    after: Duration,
    /// What lay in quarantine, and is to be swept away.
    left: BTreeSet<PathBuf>,
    found: Found,
}

/// The file of a round: no two are the same anywhere.
fn content(round: u32) -> Vec<u8> {
    let mut text = format!("round {round}\n").into_bytes();
    let mut number = round;
    while text.len() < OCTETS {
        number = number.wrapping_mul(2_654_435_761).wrapping_add(1);
        text.extend(format!("{round} {number:08x} is a line of some length, so that there are not too many of them\n").bytes());
    }
    text
}

/// Of which round it is, if it is whole.
fn round_of(path: &Path) -> Option<u32> {
    let octets = fs::read(path).unwrap();
    let first = octets.split(|octet| *octet == b'\n').next()?;
    let round = std::str::from_utf8(first).ok()?.strip_prefix("round ")?.parse().ok()?;
    (octets == content(round)).then_some(round)
}

impl Story {
    fn begin() -> Self {
        let server = Lcs::start(&["alice", "bob"], &[]);
        let (into, ours) = (server.folder("downloads"), server.folder("ours"));
        // What is there already, under the names a file would get.
        fs::write(into.join(NAME), "precious").unwrap();
        fs::write(server.file("elsewhere"), "precious").unwrap();
        std::os::unix::fs::symlink(server.file("elsewhere"), into.join("report (3).txt")).unwrap();
        fs::create_dir(into.join("report (4).txt")).unwrap();
        let (before, after) = (Duration::ZERO, Duration::ZERO);
        Self { server, into, ours, before, after, left: BTreeSet::new(), found: Found::default() }
    }

    /// The two of a round, the receiver signed in.
    fn pair(&self, round: u32) -> (Program, Program) {
        let mut receive = self.server.command("bob", "tcp");
        receive.args(["--json", "receive", "alice", "--count", "9", "--into"]).arg(&self.into);
        let mut receiver = Program::start(receive);
        receiver.waits("bob is signed in", |event| event["event"] == "phase" && event["phase"] == "online");
        let file = self.ours.join(NAME);
        fs::write(&file, content(round)).unwrap();
        let mut send = self.server.command("alice", "tcp");
        send.args(["--json", "send", "bob", "--timeout", "8", "--file"]).arg(&file);
        (receiver, Program::start(send))
    }

    /// A round in which nobody is killed before the file is there.
    fn unharmed(&mut self, round: u32) {
        let began = Instant::now();
        let (mut receiver, mut sender) = self.pair(round);
        receiver.waits("the file comes", |event| is_in(event, &["moving"]));
        let moving = Instant::now();
        receiver.waits("the file is there", |event| is_in(event, &["done"]));
        (self.before, self.after) = (moving - began, moving.elapsed());
        sender.waits("it was sent", |event| is_in(event, &["done"]));
        receiver.kill();
        sender.kill();
        self.look(round, &receiver, true);
        assert_eq!(self.quarantined(), BTreeSet::new());
    }

    /// A round in which both are killed, one after the other.
    fn round(&mut self, round: u32, chance: &mut Chance) {
        let (mut receiver, mut sender) = self.pair(round);
        let (state, span) = match chance.below(8) {
            0 | 1 => (None, self.before),
            2 => (Some("checking"), SHORT),
            _ => (Some("moving"), self.after + self.after / 8),
        };
        if state.is_none_or(|state| receiver.sees(Instant::now() + LATEST, |event| is_in(event, &[state]))) {
            pass_until(Instant::now() + chance.within(span));
        }
        let outlives = chance.below(4) == 0;
        if chance.below(2) == 0 {
            let lived = receiver.kill();
            self.receiver_died(lived, &receiver);
            if outlives && receiver.told(&["moving"]) {
                sender.waits("the receiver is gone", |event| is_in(event, &["done", "ended"]));
                self.found.outlived += 1;
            } else {
                pass_until(Instant::now() + chance.within(self.after));
            }
            self.found.senders += u32::from(sender.kill());
        } else {
            self.found.senders += u32::from(sender.kill());
            if outlives && receiver.told(&["moving"]) {
                receiver.waits("the sender is gone", |event| is_in(event, &["done", "ended"]));
                self.found.outlived += 1;
            } else {
                pass_until(Instant::now() + chance.within(self.after));
            }
            let lived = receiver.kill();
            self.receiver_died(lived, &receiver);
        }
        self.look(round, &receiver, false);
    }

    fn receiver_died(&mut self, lived: bool, receiver: &Program) {
        assert!(lived, "it waits for more: {:#?}", receiver.seen);
        self.found.receivers += 1;
        let over = receiver.told(&["done", "ended"]);
        self.found.checking += u32::from(receiver.told(&["checking"]) && !over);
        self.found.moving += u32::from(receiver.told(&["moving"]) && !receiver.told(&["checking"]) && !over);
    }

    /// What there is when both are dead.
    fn look(&mut self, round: u32, receiver: &Program, must: bool) {
        let mut came = BTreeSet::new();
        for entry in fs::read_dir(&self.into).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if [".chinwag-quarantine", NAME, "report (3).txt", "report (4).txt"].contains(&name.as_str()) {
                continue;
            }
            assert_eq!(round_of(&path), Some(round), "{name} is whole");
            came.insert(path);
        }
        let done = receiver.seen.iter().filter(|event| is_in(event, &["done"]));
        let said: BTreeSet<PathBuf> = done.map(|event| PathBuf::from(event["path"].as_str().unwrap())).collect();
        assert!(said.is_subset(&came), "{said:?} is said to be there, {came:?} is");
        assert!(came.len() <= 1 && (!must || said.len() == 1), "{came:?} came, {said:?} was told");
        self.found.done += u32::from(!said.is_empty());
        self.found.unsaid += u32::from(said.is_empty() && !came.is_empty());
        for path in &came {
            fs::remove_file(path).unwrap();
        }
        for precious in [self.into.join(NAME), self.server.file("elsewhere")] {
            assert_eq!(fs::read_to_string(precious).unwrap(), "precious");
        }
        assert!(fs::symlink_metadata(self.into.join("report (3).txt")).unwrap().is_symlink());
        assert_eq!(fs::read_dir(self.into.join("report (4).txt")).unwrap().count(), 0);
        // Whoever takes a file sweeps away what lay there before; young ones might be somebody's, so these grow old.
        let left = self.quarantined();
        if receiver.told(&["moving", "checking", "done"]) {
            assert!(left.is_disjoint(&self.left), "not swept away: {left:?}");
            self.left.clear();
        }
        for path in left.difference(&self.left) {
            self.found.left += 1;
            let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
            fs::File::options().write(true).open(path).unwrap().set_modified(an_hour_ago).unwrap();
        }
        self.left = left;
    }

    fn quarantined(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(self.into.join(".chinwag-quarantine"));
        entries.map_or_else(|_| BTreeSet::new(), |entries| entries.map(|entry| entry.unwrap().path()).collect())
    }
}

#[test]
fn a_file_under_way() {
    let (seed, count) = (0x5eed_0013, kills(24));
    println!("seed {seed:#x}, {count} kills of each side");
    let (mut story, mut chance) = (Story::begin(), Chance(seed));
    story.unharmed(0);
    println!("{:?} until it moves, {:?} until it is there", story.before, story.after);
    let mut round = 0;
    while story.found.receivers.min(story.found.senders) < count {
        round += 1;
        story.round(round, &mut chance);
    }
    story.unharmed(round + 1);
    println!("{:?} in {round} rounds", story.found);
    assert!(story.found.moving > 0 && story.found.done > 0 && story.found.left > 0, "much was going on");
}
