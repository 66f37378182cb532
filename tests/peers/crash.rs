//! `kill -9` of the screen at random moments, while it sends and receives: nothing that was acknowledged is
//! lost, and nothing comes twice.
//!
//! Alice's screen runs in a pseudo-terminal. Bob writes to her; what he is told was delivered must be in
//! her ledger, once. She writes to Carol; what the screen showed as waiting, sent or delivered must reach
//! Carol once at most, and be shown as failed or unconfirmed where it did not.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chinwag::history::{Store, Unlock};
use chinwag::model::Retention;
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::support::{Chance, Chinwag, Lcs};

/// Kills of each test; all together 1,000.
const KILLS: u32 = 125;
/// The latest moment after the start at which it dies.
const LATEST: u64 = 320;
const ROWS: u16 = 60;
const COLUMNS: u16 = 100;

/// A chinwag with a screen.
struct Screen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn std::io::Write + Send>,
    shown: Arc<Mutex<vt100::Parser>>,
    reader: Option<std::thread::JoinHandle<()>>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Screen {
    fn start(command: &Command) -> Self {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        builder.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let shown = Arc::new(Mutex::new(vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0)));
        let (mut output, onto) = (pair.master.try_clone_reader().unwrap(), shown.clone());
        let reader = std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok(len @ 1..) = output.read(&mut buffer) {
                onto.lock().unwrap().process(&buffer[..len]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, shown, reader: Some(reader), _terminal: pair.master }
    }

    fn type_in(&mut self, keys: &str) {
        // Who was killed reads nothing any more.
        let _ = self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush());
    }

    fn rows(&self) -> Vec<String> {
        self.shown.lock().unwrap().screen().rows(0, COLUMNS).collect()
    }

    fn shows(&self, words: &str) -> bool {
        self.rows().iter().any(|row| row.contains(words))
    }

    /// Kills it, and gives what the terminal had shown by then.
    fn kill(mut self) -> Vec<String> {
        let pid = self.child.process_id().and_then(|pid| Pid::from_raw(pid.try_into().unwrap())).unwrap();
        // Not `Child::kill`, which asks politely first.
        kill_process(pid, Signal::KILL).unwrap();
        self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.rows()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Our messages on a screen, `out-N`, each with its tick.
fn ticks(rows: &[String]) -> Vec<(u32, char)> {
    let tick = |row: &String| {
        let (number, rest) = row.split_once("out-")?.1.split_once(' ')?;
        Some((number.parse().ok()?, rest.trim_start().chars().next()?))
    };
    rows.iter().filter_map(tick).collect()
}

struct Story {
    server: Lcs,
    bob: Chinwag,
    carol: Chinwag,
    data: PathBuf,
    /// Messages of ours the screen made a promise about.
    promised: BTreeSet<u32>,
    /// Those it showed as failed or unconfirmed.
    given_up: BTreeSet<u32>,
    seed: u64,
}

impl Story {
    fn begin(options: &[&str], seed: u64) -> Self {
        println!("seed {seed}");
        let server = Lcs::start(&["alice", "bob", "carol"], options);
        let sign_in = |user: &str| {
            let mut chinwag = Chinwag::start(server.command(user, "tcp"));
            chinwag.phase("online", 15);
            chinwag
        };
        let (bob, carol) = (sign_in("bob"), sign_in("carol"));
        let data = server.folder("chinwag-alice");
        for who in ["bob", "carol"] {
            let added = server.command("alice", "tcp").args(["roster", "add", who]).output().unwrap();
            assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        }
        Self { server, bob, carol, data, promised: BTreeSet::new(), given_up: BTreeSet::new(), seed }
    }

    fn screen(&self) -> Screen {
        let screen = Screen::start(&self.server.command("alice", "tcp"));
        let end = Instant::now() + Duration::from_secs(20);
        while !screen.shows("Carol") {
            assert!(Instant::now() < end, "the contact list is not shown, but:\n{}", screen.rows().join("\n"));
            std::thread::park_timeout(Duration::from_millis(2));
        }
        screen
    }

    fn note(&mut self, rows: &[String]) {
        for (number, tick) in ticks(rows) {
            match tick {
                '!' | '?' => drop(self.given_up.insert(number)),
                '⧖' | '.' | '✓' | '↥' => drop(self.promised.insert(number)),
                _ => {}
            }
        }
    }

    /// Everything Carol got, and how often.
    fn arrived(&self) -> BTreeMap<u32, usize> {
        let mut arrived = BTreeMap::new();
        for event in events(&self.carol) {
            if let Some(number) = number(&event, "message", "out-") {
                *arrived.entry(number).or_default() += 1;
            }
        }
        arrived
    }

    /// Messages of Bob's with one of these fates.
    fn told_bob(&self, fates: &[&str]) -> BTreeSet<u32> {
        let told = |event: &Value| {
            let fate = event["fate"].as_str().filter(|fate| fates.contains(fate))?;
            (event["event"] == "delivery" && !fate.is_empty()).then(|| event["id"].as_str()?.strip_prefix("in-")?.parse().ok())?
        };
        events(&self.bob).iter().filter_map(told).collect()
    }
}

fn events(of: &Chinwag) -> Vec<Value> {
    of.seen().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn number(event: &Value, kind: &str, before: &str) -> Option<u32> {
    (event["event"] == kind).then(|| event["text"].as_str()?.strip_prefix(before)?.parse().ok())?
}

fn unread(data: &Path) -> BTreeMap<u32, usize> {
    let (ledger, aside) = Store::open(data, &Unlock::KeyFile, Retention::Forever).unwrap();
    assert_eq!(aside, None, "the ledger is whole");
    let mut found = BTreeMap::new();
    for message in ledger.read().unwrap().incoming {
        let number = message.body.text.strip_prefix("in-").unwrap().parse().unwrap();
        *found.entry(number).or_default() += 1;
    }
    found
}

fn killed_again_and_again(options: &[&str], seed: u64) {
    let mut story = Story::begin(options, seed);
    let mut chance = Chance(seed);
    let (mut ours, mut theirs) = (0, 0);
    for _ in 0..KILLS {
        let mut screen = story.screen();
        let dies = Instant::now() + Duration::from_millis(chance.below(LATEST));
        screen.type_in("\u{b}carol\r");
        while Instant::now() < dies {
            // The pace of somebody who pastes lines.
            std::thread::park_timeout(
                Duration::from_millis(chance.below(40)).min(dies.saturating_duration_since(Instant::now())),
            );
            if chance.below(2) == 0 {
                ours += 1;
                screen.type_in(&format!("out-{ours}\r"));
            } else {
                theirs += 1;
                story
                    .bob
                    .say(&json!({"do": "send", "to": "alice", "text": format!("in-{theirs}"), "id": format!("in-{theirs}")}));
            }
        }
        let rows = screen.kill();
        story.note(&rows);
    }
    // Now it lives, until nothing is open any more: nobody looks at Bob's messages.
    let mut screen = story.screen();
    screen.type_in("\u{b}carol\r");
    story.bob.say(&json!({"do": "send", "to": "carol", "text": "the end"}));
    story.carol.message("the end", 60);
    let end = Instant::now() + Duration::from_mins(2);
    let open = loop {
        let rows = screen.rows();
        story.note(&rows);
        story.bob.say(&json!({"do": "traffic"}));
        story.carol.say(&json!({"do": "traffic"}));
        story.bob.event("counters", 20, |e| e["event"] == "traffic");
        story.carol.event("counters", 20, |e| e["event"] == "traffic");
        let (arrived, all) = (story.arrived(), story.promised.clone());
        let open: Vec<u32> = all.into_iter().filter(|n| !arrived.contains_key(n) && !story.given_up.contains(n)).collect();
        let awaited =
            (1..=theirs).filter(|n| !story.told_bob(&["delivered", "failed", "unconfirmed", "sent"]).contains(n)).count();
        if (open.is_empty() && awaited == 0) || Instant::now() > end {
            break open;
        }
    };
    assert_eq!(open, [0; 0], "promised, and neither arrived nor given up; seed {}", story.seed);
    let arrived = story.arrived();
    let twice: Vec<_> = arrived.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "Carol got {twice:?}; seed {}", story.seed);
    screen.kill();
    let (kept, delivered) = (unread(&story.data), story.told_bob(&["delivered"]));
    let lost: Vec<u32> = delivered.iter().copied().filter(|n| !kept.contains_key(n)).collect();
    assert_eq!(lost, [0; 0], "Bob was told that they arrived; seed {}", story.seed);
    assert!(kept.values().all(|times| *times == 1), "{kept:?}");
    println!(
        "{KILLS} kills: typed {ours}, promised {}, arrived {}, given up {}; Bob wrote {theirs}, delivered {}, kept {}",
        story.promised.len(),
        arrived.len(),
        story.given_up.len(),
        delivered.len(),
        kept.len()
    );
    assert!(arrived.len() > 20 && delivered.len() > 20, "much was going on");
}

macro_rules! killed {
    ($($name:ident: $options:expr, $seed:expr;)*) => { $(
        #[test]
        fn $name() {
            killed_again_and_again($options, $seed);
        }
    )* };
}

killed! {
    in_sessions_1: &[], 0x5eed_0001;
    in_sessions_2: &[], 0x5eed_0002;
    in_sessions_3: &[], 0x5eed_0003;
    in_sessions_4: &[], 0x5eed_0004;
    message_by_message_1: &["--disable", "lcs"], 0x5eed_0005;
    message_by_message_2: &["--disable", "lcs"], 0x5eed_0006;
    message_by_message_3: &["--disable", "lcs"], 0x5eed_0007;
    message_by_message_4: &["--disable", "lcs"], 0x5eed_0008;
}
