//! What an earlier version kept in clear is taken over, once, whenever the program is killed; keys and
//! what they open.

use std::path::Path;

use rusqlite::Connection;

use super::super::*;
use super::{file, incoming, open, outgoing, try_open, who};
use crate::model::{Fate, MessageRef, Retention, Secret, Stamp};

const SECRET: &str = "the planted secret 4711";

/// The file of an earlier version, as it lies there after `kill -9`: with its journal.
fn old_file(dir: &Path) {
    let old = Connection::open(dir.join("messages.db")).unwrap();
    old.execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;").unwrap();
    old.execute_batch(rows::TABLES).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let mut old = old;
    let change = old.transaction().unwrap();
    for keep in [
        Keep::Incoming(incoming("read", "was read")),
        Keep::Read { account: who("alice"), with: With::Person(who("bob")) },
        Keep::Incoming(Incoming { at: Stamp::from_millis(1_001), ..incoming("01", SECRET) }),
        Keep::Incoming(Incoming { at: Stamp::from_millis(900), ..incoming("02", "delayed") }),
        Keep::Outgoing(outgoing(7, SECRET)),
        Keep::Outgoing(outgoing(8, "failed")),
        Keep::Fate(MessageRef(8), Fate::Failed { why: "refused".into() }),
    ] {
        rows::write(&change, &keep).unwrap();
    }
    change.commit().unwrap();
    // Copies are what a killed process leaves; closing it in good order would take the journal over.
    let (base, journal) = ("messages.db", "messages.db-wal");
    let taken = [base, journal].map(|name| std::fs::read(dir.join(name)).unwrap());
    drop(old);
    for (name, bytes) in [base, journal].into_iter().zip(taken) {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
}

fn assert_taken_over(store: &Store) {
    let found = store.read().unwrap();
    let ids: Vec<&str> = found.incoming.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(ids, ["01", "02"]);
    let failed = Outgoing { fate: Fate::Failed { why: "refused".into() }, ..outgoing(8, "failed") };
    assert_eq!(found.outgoing, [outgoing(7, SECRET), failed]);
    assert!(found.received.iter().any(|(_, id)| id == "read"), "a copy of what was read is known");
    assert_eq!(found.last_tag, 8);
    let page = store.page(&who("alice"), &With::Person(who("bob")), &Part::End, 10).unwrap();
    let texts: Vec<&str> = page.lines.iter().map(|(_, line)| line.body.text.as_str()).collect();
    assert_eq!(texts, [SECRET, "delayed", SECRET, "failed"]);
}

#[test]
fn what_was_kept_in_clear_is_taken_over_once_and_wiped() {
    let dir = tempfile::tempdir().unwrap();
    old_file(dir.path());
    let mut store = open(dir.path());
    assert_taken_over(&store);
    for name in ["messages.db", "messages.db-wal", "messages.db-shm"] {
        assert!(!dir.path().join(name).exists(), "{name}");
    }
    // Killed before the old file was gone, and what waited was sent since.
    store.write(&[Keep::Settled(MessageRef(7), Fate::Delivered)]).unwrap();
    drop(store);
    old_file(dir.path());
    let found = open(dir.path()).read().unwrap();
    assert_eq!(found.outgoing.iter().map(|m| m.tag.0).collect::<Vec<_>>(), [8], "nothing is sent twice");
    assert!(!dir.path().join("messages.db").exists());
}

#[test]
fn nothing_is_lost_when_it_is_killed_while_it_takes_over() {
    // The new store as it is before its commit, and the old file untouched.
    let dir = tempfile::tempdir().unwrap();
    old_file(dir.path());
    let mut store = {
        let hidden = dir.path().join("hidden");
        std::fs::rename(dir.path().join("messages.db"), &hidden).unwrap();
        let journal = dir.path().join("messages.db-wal");
        std::fs::rename(&journal, dir.path().join("journal")).unwrap();
        let store = open(dir.path());
        std::fs::rename(hidden, dir.path().join("messages.db")).unwrap();
        std::fs::rename(dir.path().join("journal"), journal).unwrap();
        store
    };
    {
        let change = store.database().transaction().unwrap();
        rows::write(&change, &Keep::Outgoing(outgoing(7, SECRET))).unwrap();
        // Dropped without commit.
    }
    drop(store);
    let store = open(dir.path());
    assert_taken_over(&store);
    drop(store);
    // Killed between the journal and the file: the file alone, and then the journal alone.
    std::fs::write(dir.path().join("messages.db-wal"), b"rest").unwrap();
    open(dir.path());
    assert!(!dir.path().join("messages.db-wal").exists());
}

#[test]
fn an_old_file_that_is_broken_or_newer_is_not_thrown_away() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("messages.db"), b"this is no database, and long enough for one. ".repeat(50)).unwrap();
    let (store, aside) = try_open(dir.path()).unwrap();
    assert!(std::fs::read(aside.unwrap()).unwrap().starts_with(b"this is no"));
    drop(store);
    let dir = tempfile::tempdir().unwrap();
    old_file(dir.path());
    Connection::open(dir.path().join("messages.db")).unwrap().pragma_update(None, "user_version", 9).unwrap();
    assert!(matches!(try_open(dir.path()), Err(StoreFault::Newer { found: 9, .. })));
    assert!(dir.path().join("messages.db").exists());
}

#[test]
fn no_file_holds_what_was_said_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    old_file(dir.path());
    let mut store = open(dir.path());
    let secret = |n: usize| format!("{SECRET} number {n}");
    store.write(&(0..300).map(|n| Keep::Incoming(incoming(&format!("s{n}"), &secret(n)))).collect::<Vec<_>>()).unwrap();
    store.write(&[Keep::Outgoing(Outgoing { to: who("zaphod"), ..outgoing(99, SECRET) })]).unwrap();
    let holds = |word: &[u8]| -> Vec<std::path::PathBuf> {
        let files = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| std::fs::read(path).unwrap().windows(word.len()).any(|part| part == word)).collect()
    };
    for word in ["planted", "4711", "zaphod", "alice", "SQLite format"] {
        assert_eq!(holds(word.as_bytes()), Vec::<std::path::PathBuf>::new(), "{word}, while it is open");
    }
    drop(store);
    for word in ["planted", "4711", "zaphod", "alice", "SQLite format"] {
        assert_eq!(holds(word.as_bytes()), Vec::<std::path::PathBuf>::new(), "{word}");
    }
}

#[test]
fn a_wrong_key_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let with = |word: &str| Store::open(dir.path(), &Unlock::Passphrase(Secret::new(word.to_owned())), Retention::Forever);
    let (mut store, _) = with("right").unwrap();
    store.write(&[Keep::Outgoing(outgoing(1, "one"))]).unwrap();
    drop(store);
    let before = std::fs::read(file(dir.path())).unwrap();
    assert!(with("wrong").unwrap_err().to_string().contains("passphrase does not open"));
    assert!(try_open(dir.path()).unwrap_err().to_string().contains("CHINWAG_PASSPHRASE"));
    let key = std::fs::read(key_path(dir.path())).unwrap();
    std::fs::remove_file(key_path(dir.path())).unwrap();
    assert!(with("right").unwrap_err().to_string().contains("put that file back"));
    assert_eq!(std::fs::read(file(dir.path())).unwrap(), before);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing but the lock lies beside it");
    std::fs::write(key_path(dir.path()), key).unwrap();
    assert_eq!(with("right").unwrap().0.read().unwrap().outgoing.len(), 1);
    // Another key that is one opens nothing, and changes nothing either.
    let (before, right) = (std::fs::read(file(dir.path())).unwrap(), std::fs::read(key_path(dir.path())).unwrap());
    let other = tempfile::tempdir().unwrap();
    drop(open(other.path()));
    std::fs::copy(key_path(other.path()), key_path(dir.path())).unwrap();
    let fault = try_open(dir.path()).unwrap_err();
    assert!(matches!(fault, StoreFault::OtherKey { .. }), "{fault}");
    assert_eq!(std::fs::read(file(dir.path())).unwrap(), before);
    std::fs::write(key_path(dir.path()), right).unwrap();
    assert_eq!(with("right").unwrap().0.read().unwrap().outgoing.len(), 1);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    // Who may do everything writes there all the same.
    if std::fs::write(dir.path().join("probe"), b"").is_err() {
        assert!(matches!(try_open(dir.path()), Err(StoreFault::Key(KeyFault::File { .. }))));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let nowhere = Path::new("/proc/chinwag");
    assert!(matches!(try_open(nowhere), Err(StoreFault::Key(KeyFault::File { .. }))));
}
