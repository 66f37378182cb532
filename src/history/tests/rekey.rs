//! Another key and another passphrase, stopped after each step; other programs at the key meanwhile.

use super::super::rekey::{Step, change_key_by_steps};
use super::*;

fn sealed_file(dir: &Path, vault: &Vault, name: &str) -> std::path::PathBuf {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, vault.seal(&sealed_name(&path), name.as_bytes()).unwrap()).unwrap();
    path
}

const NAMES: [&str; 3] = ["rosters/alice.toml", "rosters/bob.toml", "marks/alice.toml"];

/// A store with a message in it, and sealed files.
fn full(dir: &Path, unlock: &Unlock) {
    let vault = Vault::new(dir, Ok(unlock.clone()));
    let (mut store, _) = Store::open_with(&vault, Retention::Forever).unwrap();
    store.write(&[Keep::Outgoing(outgoing(1, "one"))]).unwrap();
    for name in NAMES {
        sealed_file(dir, &vault, name);
    }
    std::fs::write(dir.join("rosters/clear.toml"), "version = 1").unwrap();
}

fn assert_whole(dir: &Path, unlock: &Unlock, when: &str) {
    let vault = Vault::new(dir, Ok(unlock.clone()));
    // Who has a key keeps others from exchanging it: only then what is read stays what it is.
    vault.held().unwrap();
    for name in NAMES {
        let octets = std::fs::read(dir.join(name)).unwrap();
        let content = vault.open(name, octets).unwrap_or_else(|fault| panic!("{when}: {name}: {fault}"));
        assert_eq!(content, Content::Sealed(name.as_bytes().to_vec()), "{when}");
    }
    let (store, aside) = Store::open_with(&vault, Retention::Forever).unwrap();
    assert_eq!((aside, store.read().unwrap().outgoing.len()), (None, 1), "{when}");
    assert_eq!(std::fs::read_to_string(dir.join("rosters/clear.toml")).unwrap(), "version = 1");
}

#[test]
fn a_new_key_opens_everything_and_the_old_one_nothing() {
    for unlock in [Unlock::KeyFile, Unlock::Passphrase(crate::model::Secret::new("right".to_owned()))] {
        let dir = tempfile::tempdir().unwrap();
        full(dir.path(), &unlock);
        let old = std::fs::read(key_path(dir.path())).unwrap();
        let before = std::fs::read(dir.path().join(NAMES[0])).unwrap();
        change_key(dir.path(), &unlock).unwrap();
        assert_whole(dir.path(), &unlock, "after");
        let new = std::fs::read_to_string(key_path(dir.path())).unwrap();
        assert!(new.as_bytes() != old && !new.contains("next"), "{new}");
        // What was stolen before is worth nothing any more.
        let stolen = tempfile::tempdir().unwrap();
        std::fs::copy(file(dir.path()), file(stolen.path())).unwrap();
        std::fs::write(key_path(stolen.path()), &old).unwrap();
        let vault = Vault::new(stolen.path(), Ok(unlock.clone()));
        assert!(vault.open(NAMES[0], std::fs::read(dir.path().join(NAMES[0])).unwrap()).is_err());
        assert!(vault.open(NAMES[0], before).is_ok());
        assert!(
            matches!(Store::open_with(&vault, Retention::Forever), Err(StoreFault::OtherKey { .. })),
            "the old key opens nothing"
        );
    }
}

#[test]
fn stopped_after_any_step_nothing_is_lost_and_the_next_program_goes_on() {
    let unlock = Unlock::KeyFile;
    // Announced, the database, three sealed files and one in clear, done.
    for stop in 1..=7 {
        for again in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            full(dir.path(), &unlock);
            let mut steps = Vec::new();
            change_key_by_steps(dir.path(), &unlock, &mut |step| {
                steps.push(step);
                steps.len() < stop
            })
            .unwrap();
            assert_eq!((steps.len(), steps.last() == Some(&Step::Done)), (stop, stop == 7), "{steps:?}");
            let when = format!("stopped after {steps:?}, again: {again}");
            let both = std::fs::read_to_string(key_path(dir.path())).unwrap().contains("next");
            assert_eq!(both, stop < 7, "{when}");
            if again {
                change_key(dir.path(), &unlock).unwrap();
            } else {
                // Whoever comes while others are at work opens it with either key.
                let other = std::fs::File::options().append(true).open(dir.path().join("store.lock")).unwrap();
                other.lock_shared().unwrap();
                assert_whole(dir.path(), &unlock, &when);
                assert_eq!(std::fs::read_to_string(key_path(dir.path())).unwrap().contains("next"), both);
            }
            assert_whole(dir.path(), &unlock, &when);
            assert!(!std::fs::read_to_string(key_path(dir.path())).unwrap().contains("next"), "{when}: it was finished");
        }
    }
}

#[test]
fn nobody_exchanges_a_key_that_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    full(dir.path(), &Unlock::KeyFile);
    // Put aside, since this version does not understand it: the next one may.
    std::fs::rename(dir.path().join(NAMES[1]), dir.path().join("rosters/bob.toml.broken-1")).unwrap();
    let key = std::fs::read(key_path(dir.path())).unwrap();
    let vault = Vault::new(dir.path(), Ok(Unlock::KeyFile));
    vault.seal("rosters/x", b"x").unwrap();
    let busy = |fault: StoreFault| assert!(matches!(fault, StoreFault::Key(KeyFault::Busy { .. })), "{fault}");
    busy(change_key(dir.path(), &Unlock::KeyFile).unwrap_err());
    busy(change_passphrase(dir.path(), &Unlock::KeyFile, &Unlock::KeyFile).unwrap_err().into());
    let (store, _) = Store::open_with(&vault, Retention::Forever).unwrap();
    drop(vault);
    busy(change_key(dir.path(), &Unlock::KeyFile).unwrap_err());
    assert_eq!(std::fs::read(key_path(dir.path())).unwrap(), key);
    drop(store);
    change_key(dir.path(), &Unlock::KeyFile).unwrap();
    std::fs::rename(dir.path().join("rosters/bob.toml.broken-1"), dir.path().join(NAMES[1])).unwrap();
    assert_whole(dir.path(), &Unlock::KeyFile, "put back");
}

#[test]
fn what_a_killed_program_left_of_a_key_goes_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    full(dir.path(), &Unlock::KeyFile);
    let left = dir.path().join(".store.keyAbCdEf");
    std::fs::write(&left, "chinwag store key 1\nplain 00").unwrap();
    let writer = std::fs::File::options().write(true).open(&left).unwrap();
    writer.lock().unwrap();
    assert_whole(dir.path(), &Unlock::KeyFile, "while another writes it");
    assert!(left.exists());
    drop(writer);
    assert_whole(dir.path(), &Unlock::KeyFile, "after it was killed");
    assert!(!left.exists());
}

#[test]
fn a_passphrase_comes_changes_and_goes() {
    let dir = tempfile::tempdir().unwrap();
    let with = |word: &str| Unlock::Passphrase(crate::model::Secret::new(word.to_owned()));
    full(dir.path(), &Unlock::KeyFile);
    assert_eq!(is_sealed(&key_path(dir.path())), Some(false));
    change_passphrase(dir.path(), &with("not in force"), &with("one")).unwrap();
    assert_eq!(is_sealed(&key_path(dir.path())), Some(true));
    assert_whole(dir.path(), &with("one"), "one");
    assert!(matches!(change_passphrase(dir.path(), &with("wrong"), &with("two")), Err(KeyFault::Wrong { .. })));
    assert!(matches!(change_passphrase(dir.path(), &Unlock::KeyFile, &with("two")), Err(KeyFault::Locked)));
    assert_whole(dir.path(), &with("one"), "still one");
    change_passphrase(dir.path(), &with("one"), &with("two")).unwrap();
    assert_whole(dir.path(), &with("two"), "two");
    assert!(matches!(Store::open(dir.path(), &with("one"), Retention::Forever), Err(StoreFault::Key(KeyFault::Wrong { .. }))));
    change_passphrase(dir.path(), &with("two"), &Unlock::KeyFile).unwrap();
    assert_whole(dir.path(), &Unlock::KeyFile, "none");
    std::fs::write(key_path(dir.path()), "something else").unwrap();
    assert_eq!(is_sealed(&key_path(dir.path())), None);
}
