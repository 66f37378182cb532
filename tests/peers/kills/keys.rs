//! Another key and another passphrase, by the program that is killed: one of the two always opens all that is kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chinwag::history::{
    Content, Incoming, Keep, KeyFault, Store, StoreFault, Unlock, Vault, is_sealed, key_path, path, sealed_name,
};
use chinwag::model::{Address, Body, Retention, Secret, Stamp};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{kill, kills, pass_until, was_killed};
use crate::support::{Chance, chinwag_command};

/// Messages at first, and the octets of one.
const MESSAGES: u32 = 3_000;
const OCTETS: usize = 700;
/// After so many kills more messages come.
const BETWEEN: u32 = 5;
/// Files that are sealed with the key.
const SEALED: [&str; 3] = ["rosters/alice.toml", "rosters/bob.toml", "marks/alice.toml"];
/// Passphrases; none: the key lies in its file as it is.
const PASSPHRASES: [Option<&str>; 4] = [None, Some("one"), Some("two"), Some("three")];

type Passphrase = Option<&'static str>;

fn unlock(passphrase: Passphrase) -> Unlock {
    passphrase.map_or(Unlock::KeyFile, |text| Unlock::Passphrase(Secret::new(text.to_owned())))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// How often what was found.
#[derive(Debug, Default)]
struct Found {
    killed: u32,
    /// The program was done before.
    ended: u32,
    /// Both keys were in the file.
    between: u32,
    /// A new passphrase was in force, or the old one.
    new: u32,
    old: u32,
    /// A file of a key lay there half done.
    left: u32,
    /// The database had a journal to go back by.
    journal: u32,
}

struct Story {
    home: TempDir,
    /// The data folder, which is another one from time to time.
    data: PathBuf,
    /// Messages that were acknowledged.
    kept: u32,
    /// In force.
    passphrase: Passphrase,
    /// How long the program takes, about.
    takes: Duration,
    found: Found,
}

impl Story {
    fn begin() -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        fs::create_dir(&data).unwrap();
        let vault = Vault::new(&data, Ok(Unlock::KeyFile));
        let mut story = Self { home, data, kept: 0, passphrase: None, takes: Duration::ZERO, found: Found::default() };
        let (mut store, _) = Store::open_with(&vault, Retention::Forever).unwrap();
        story.write(&mut store, MESSAGES);
        for name in SEALED {
            let file = story.data.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, vault.seal(&sealed_name(&file), name.as_bytes()).unwrap()).unwrap();
        }
        drop((store, vault));
        story
    }

    fn write(&mut self, store: &mut Store, count: u32) {
        let address = |user: &str| Address::parse(&format!("sip:{user}@example.test")).unwrap();
        let message = |number: u32| {
            Keep::Incoming(Incoming {
                id: format!("id-{number}"),
                account: address("alice"),
                room: None,
                from: address("bob"),
                body: Body::plain(text(number)),
                at: Stamp::from_millis(1_700_000_000_000 + i64::from(number)),
                delayed: false,
                known: true,
            })
        };
        let batch: Vec<Keep> = (self.kept..self.kept + count).map(message).collect();
        store.write(&batch).unwrap();
        self.kept += count;
    }

    /// Messages come, and who keeps them is killed before they left the journal.
    fn more(&mut self, turn: u32) {
        let (mut store, aside) = Store::open(&self.data, &unlock(self.passphrase), Retention::Forever).unwrap();
        assert_eq!(aside, None);
        self.write(&mut store, 5);
        let next = self.home.path().join(format!("data-{turn}"));
        copy(&self.data, &next);
        drop(store);
        fs::remove_dir_all(std::mem::replace(&mut self.data, next)).unwrap();
    }

    /// The program that gives it this passphrase, or another key.
    fn command(&self, new: Option<Passphrase>) -> Command {
        let mut command = chinwag_command("alice", &self.data);
        command.arg("store").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.env_remove("CHINWAG_PASSPHRASE").envs(self.passphrase.map(|text| ("CHINWAG_PASSPHRASE", text)));
        match new {
            None => command.arg("rekey"),
            Some(None) => command.args(["passphrase", "--remove"]),
            Some(Some(text)) => command.args(["passphrase", "--new-env", "NEW"]).env("NEW", text),
        };
        command
    }

    /// Lets it run to its end.
    fn unharmed(&mut self, new: Option<Passphrase>) {
        let began = Instant::now();
        let output = self.command(new).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.takes = self.takes.max(began.elapsed());
        self.passphrase = new.unwrap_or(self.passphrase);
    }

    /// Starts it and kills it.
    fn killed(&mut self, chance: &mut Chance, new: Option<Passphrase>) {
        let dies = Instant::now() + chance.within(self.takes + self.takes / 16);
        let mut child = self.command(new).spawn().unwrap();
        pass_until(dies);
        let status = kill(&mut child);
        if was_killed(status) {
            self.found.killed += 1;
            self.takes += self.takes / 32;
        } else {
            let mut words = String::new();
            std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut words).unwrap();
            assert!(status.success(), "{status}: {words}");
            self.found.ended += 1;
            self.takes -= self.takes / 8;
        }
        let may = new.map_or(vec![self.passphrase], |new| vec![self.passphrase, new]);
        let old = self.passphrase;
        self.passphrase = self.look(&may);
        assert!(was_killed(status) || Some(self.passphrase) == new.or(Some(old)), "it said that it had done it");
        if new.is_some() {
            *(if self.passphrase == old { &mut self.found.old } else { &mut self.found.new }) += 1;
        }
    }

    /// Looks at a copy, so that the next kill finds what this one left; the passphrase in force, one of these.
    fn look(&mut self, may: &[Passphrase]) -> Passphrase {
        let sealed = is_sealed(&key_path(&self.data)).expect("there is a key");
        let lines = fs::read_to_string(key_path(&self.data)).unwrap();
        self.found.between += u32::from(lines.contains("next"));
        self.found.left += u32::from(!half_keys(&self.data).is_empty());
        self.found.journal += u32::from(self.data.join("store.db-journal").exists());
        let mut opens = Vec::new();
        for &passphrase in may.iter().filter(|passphrase| passphrase.is_some() == sealed) {
            let dir = self.home.path().join("look");
            copy(&self.data, &dir);
            if whole(&dir, passphrase, self.kept) {
                opens.push(passphrase);
            }
            fs::remove_dir_all(&dir).unwrap();
        }
        assert_eq!(opens.len(), 1, "of {may:?} open it: {opens:?}");
        opens[0]
    }
}

fn text(number: u32) -> String {
    format!("{number} {}", "words ".repeat(OCTETS / 6))
}

/// Files in which a key was to be written.
fn half_keys(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".store.key")).collect()
}

/// Whether this opens it. Then everything is in it, under one key.
fn whole(dir: &Path, passphrase: Passphrase, kept: u32) -> bool {
    let vault = Vault::new(dir, Ok(unlock(passphrase)));
    let (store, aside) = match Store::open_with(&vault, Retention::Forever) {
        Err(StoreFault::Key(KeyFault::Wrong { .. })) => return false,
        opened => opened.unwrap(),
    };
    assert_eq!(aside, None, "the store is whole");
    let read: BTreeSet<String> = store.read().unwrap().incoming.into_iter().map(|message| message.body.text).collect();
    let lost: Vec<u32> = (0..kept).filter(|number| !read.contains(&text(*number))).collect();
    assert!(lost.is_empty() && read.len() == usize::try_from(kept).unwrap(), "lost: {lost:?}");
    for name in SEALED {
        let content = vault.open(name, fs::read(dir.join(name)).unwrap()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(content, Content::Sealed(name.as_bytes().to_vec()));
    }
    drop((store, vault));
    let lines = fs::read_to_string(key_path(dir)).unwrap();
    assert!(!lines.contains("next"), "who comes next goes on with it");
    assert!(half_keys(dir).is_empty(), "no key lies beside it");
    if passphrase.is_none() {
        let key = lines.trim().rsplit(' ').next().unwrap();
        let database = Connection::open(path(dir)).unwrap();
        database.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
        let mut check = database.prepare("PRAGMA cipher_integrity_check").unwrap();
        let faults: Vec<String> = check.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(faults.is_empty(), "{faults:?}");
        let said: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(said, "ok");
    }
    true
}

/// Kills it again and again; what it is to do is drawn anew each time.
fn killed_again_and_again(seed: u64, count: u32, mut task: impl FnMut(&mut Chance, Passphrase) -> Option<Passphrase>) -> Found {
    println!("seed {seed:#x}, {count} kills");
    let (mut story, mut chance) = (Story::begin(), Chance(seed));
    for _ in 0..3 {
        let new = task(&mut chance, story.passphrase);
        story.unharmed(new);
    }
    let mut turn = 0;
    while story.found.killed < count {
        turn += 1;
        let new = task(&mut chance, story.passphrase);
        story.killed(&mut chance, new);
        if turn % BETWEEN == 0 {
            story.more(turn);
        }
    }
    story.unharmed(None);
    story.look(&[story.passphrase]);
    println!("{:?}; {} messages, all there", story.found, story.kept);
    story.found
}

#[test]
fn a_new_key() {
    let found = killed_again_and_again(0x5eed_0011, kills(40), |_, _| None);
    assert!(found.between > 5, "much was going on");
}

#[test]
fn another_passphrase() {
    let found = killed_again_and_again(0x5eed_0012, kills(24), |chance, old| {
        let others: Vec<Passphrase> = PASSPHRASES.into_iter().filter(|one| *one != old).collect();
        // Now and then another key for the one that is sealed.
        (chance.below(6) > 0).then(|| *chance.of(&others))
    });
    assert!(found.old > 0 && found.new > 0, "much was going on");
}
