//! Round trips, broken files, failing saves.

use super::*;

fn me() -> Address {
    Address::parse("alice@example.test").unwrap()
}

fn vault(dir: &tempfile::TempDir) -> Vault {
    Vault::new(dir.path(), Ok(crate::history::Unlock::KeyFile))
}

fn sample() -> (Roster, AccessList) {
    let mut roster = Roster::default();
    roster.add_group("Empty \"quoted\" group").unwrap();
    let bob = Address::parse("bob@example.test").unwrap();
    roster.put(Contact { name: "Bob \u{1f600} 'B'".into(), groups: vec!["Ops".into()], ..Contact::new(bob.clone()) });
    roster.put(Contact { subscribed: false, ..Contact::new(Address::parse("sips:Carol@[::1]").unwrap()) });
    let access = [(bob, Access::Allow), (Address::parse("eve@example.test").unwrap(), Access::Block)].into_iter().collect();
    (roster, access)
}

#[test]
fn what_is_saved_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), &me());
    assert_eq!(load(&path, &vault(&dir)).unwrap(), Loaded::default());
    let (roster, access) = sample();
    save(&path, &me(), &roster, &access, &vault(&dir)).unwrap();
    assert_eq!(load(&path, &vault(&dir)).unwrap(), Loaded { roster, access, trouble: None });
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_list_in_clear_is_taken_over_and_none_is_in_clear_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), &me());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let (roster, access) = sample();
    std::fs::write(&path, describe(&me(), &roster, &access).unwrap()).unwrap();
    for _ in 0..2 {
        let expected = Loaded { roster: roster.clone(), access: access.clone(), trouble: None };
        assert_eq!(load(&path, &vault(&dir)).unwrap(), expected);
        let found = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!found.contains("bob") && !found.contains("example.test"), "{found}");
    }
    // A copy of an older version, which its user put back.
    std::fs::write(&path, "version = 1\n[[contact]]\nuri = 'sip:dan@example.test'\n").unwrap();
    assert_eq!(load(&path, &vault(&dir)).unwrap().roster.contacts().count(), 1);
    save(&path, &me(), &roster, &access, &vault(&dir)).unwrap();
    assert_eq!(load(&path, &vault(&dir)).unwrap().access, access);
}

#[test]
fn a_locked_list_is_no_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), &me());
    let (roster, access) = sample();
    save(&path, &me(), &roster, &access, &vault(&dir)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let locked = Vault::new(dir.path(), Err("no passphrase today".to_owned()));
    let fault = load(&path, &locked).unwrap_err();
    assert!(matches!(&fault, RosterFault::Locked { why, .. } if why == "no passphrase today"), "{fault}");
    let fault = save(&path, &me(), &roster, &access, &locked).unwrap_err();
    assert!(fault.to_string().contains("no passphrase today"), "{fault}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // A key that is gone is not made anew: that would open nothing.
    let key = crate::history::key_path(dir.path());
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(load(&path, &vault(&dir)).unwrap_err(), RosterFault::Locked { .. }));
    assert!(!key.exists() && std::fs::read(&path).unwrap() == before);
    // With another key nobody can tell whom it blocks either, however often one starts.
    std::fs::write(&key, format!("chinwag store key 1\nplain {}\n", "0".repeat(64))).unwrap();
    for _ in 0..2 {
        let fault = load(&path, &vault(&dir)).unwrap_err();
        assert!(matches!(&fault, RosterFault::Locked { why, .. } if why.contains("another key")), "{fault}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[cfg(unix)]
#[test]
fn a_list_in_clear_that_cannot_be_encrypted_is_used_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), &me());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let (roster, access) = sample();
    let text = describe(&me(), &roster, &access).unwrap();
    std::fs::write(&path, &text).unwrap();
    let locked = Vault::new(dir.path(), Err("no passphrase today".to_owned()));
    let loaded = load(&path, &locked).unwrap();
    assert_eq!((loaded.roster, loaded.access), (roster, access));
    assert!(loaded.trouble.unwrap().ends_with("lies there in clear and could not be encrypted: no passphrase today"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn the_form_on_disk_is_this() {
    let (roster, access) = sample();
    let text = describe(&me(), &roster, &access).unwrap();
    let expected = "# Contacts of sip:alice@example.test.\n\
        version = 1\n\
        groups = ['Empty \"quoted\" group', \"Ops\"]\n\n\
        [[contact]]\nuri = \"sip:bob@example.test\"\nname = \"Bob 😀 'B'\"\ngroups = [\"Ops\"]\n\n\
        [[contact]]\nuri = \"sips:Carol@[::1]\"\nsubscribed = false\n\n\
        [[access]]\nuri = \"sip:bob@example.test\"\naccess = \"allow\"\n\n\
        [[access]]\nuri = \"sip:eve@example.test\"\naccess = \"block\"\n";
    assert_eq!(text, expected);
}

#[test]
fn table_by_table_is_the_same_as_the_whole() {
    let whole = |text: &str| toml::from_str::<OnDisk>(text).map(|disk| format!("{disk:?}")).map_err(|_| ());
    let pieces = |text: &str| in_pieces(text).map(|disk| format!("{disk:?}")).map_err(|_| ());
    let (roster, access) = sample();
    let written = describe(&me(), &roster, &access).unwrap();
    for text in [
        written.as_str(),
        "version = 1",
        "version = 1\r\n[[contact]]\r\nuri = \"sip:a@b\"\r\n  [[contact]]\r\nuri = \"sip:c@d\"\r\n",
        "version = 1\n[[access]]\nuri = 'sip:a@b'\naccess = 'allow'\n[[contact]]\nuri = 'sip:a@b'",
    ] {
        assert!(pieces(text).is_ok() && pieces(text) == whole(text), "{text}");
    }
    // What only the whole can tell: text that looks like a table, a table within one, nothing before it.
    let text = "version = 1\n[[contact]]\nuri = 'sip:a@b'\nname = \"\"\"\n[[contact]]\nuri = 'sip:c@d'\"\"\"\n";
    assert!(pieces(text).is_err() && whole(text).is_ok());
    assert_eq!(understand(text.as_bytes()).unwrap().0.contacts().next().unwrap().name, "[[contact]]\nuri = 'sip:c@d'");
    for text in ["[[contact]]\nuri = 'sip:a@b'\n", "version = 1\n[[other]]\n", "version = 1\n[[contact]]\nuri = 'sip:a@b'\nx = 1"]
    {
        assert!(pieces(text).is_err() && whole(text).is_err(), "{text}");
    }
    let fault = understand(b"version = 1\n[[contact]]\nuri = 'sip:a@b'\n[[contact]]\nname = 3\n").unwrap_err();
    assert!(fault.starts_with("line 5: "), "{fault}");
}

#[test]
fn a_broken_file_is_kept_aside_each_time_under_a_new_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), &me());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    for (n, text) in [
        (1, "version = 1\n[[contact]]\nuri = \"nobody\"\n"),
        (2, "version = 1\ncontact = 3\n"),
        (3, "version = 2\n"),
        (4, "\u{0}"),
    ] {
        std::fs::write(&path, text).unwrap();
        let loaded = load(&path, &vault(&dir)).unwrap();
        assert!(loaded.roster.is_empty());
        let trouble = loaded.trouble.unwrap();
        let aside = format!("{}.broken-{n}", path.display());
        assert!(trouble.contains(&aside), "{trouble}");
        assert_eq!(std::fs::read_to_string(aside).unwrap(), text);
        assert!(!path.exists());
    }
    std::fs::write(&path, "version = 1\n[[contact]]\nuri = 7\n").unwrap();
    assert!(load(&path, &vault(&dir)).unwrap().trouble.unwrap().contains("line 3"));
}

#[cfg(unix)]
#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let dir = tempfile::tempdir().unwrap();
    // A folder where the file is to be: the rename fails at the last moment.
    let path = dir.path().join("rosters");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("inside"), "kept").unwrap();
    let (roster, access) = sample();
    let fault = save(&path, &me(), &roster, &access, &vault(&dir)).unwrap_err();
    assert!(fault.to_string().contains("could not be saved"), "{fault}");
    assert_eq!(std::fs::read_to_string(path.join("inside")).unwrap(), "kept");
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    let left: Vec<_> = left.into_iter().filter(|name| !name.to_string_lossy().starts_with("store.")).collect();
    assert_eq!(left, ["rosters"], "a piece was left behind");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_elsewhere_stays_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real.toml");
    std::fs::write(&real, "version = 1\n").unwrap();
    let link = dir.path().join("link.toml");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let (roster, access) = sample();
    save(&link, &me(), &roster, &access, &vault(&dir)).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(load(&link, &vault(&dir)).unwrap().roster, roster);
}

#[test]
fn what_killed_programs_left_goes_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), &me());
    let (roster, access) = sample();
    save(&path, &me(), &roster, &access, &vault(&dir)).unwrap();
    let rosters = path.parent().unwrap();
    let names = || {
        let mut names: Vec<_> =
            std::fs::read_dir(rosters).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    // Killed while it wrote: the file stays, the lock does not.
    let (file, left) = beside(rosters, &prefix(&path), SUFFIX).unwrap().keep().unwrap();
    drop(file);
    assert_eq!(names().len(), 2);
    // Nobody else's, though the names are much alike.
    for other in [".bob@example.test.toml.1.new", "alice@example.test.toml.1.new", ".alice@example.test.toml.swp"] {
        std::fs::write(rosters.join(other), "").unwrap();
    }
    // Another program is writing at this moment.
    let mut writing = beside(rosters, &prefix(&path), SUFFIX).unwrap();
    writing.write_all(b"version = 1\n").unwrap();
    assert_eq!(load(&path, &vault(&dir)).unwrap().roster, roster);
    assert!(!left.exists(), "{:?}", names());
    assert_eq!(names().len(), 5, "{:?}", names());
    writing.persist(&path).unwrap();
    assert_eq!(load(&path, &vault(&dir)).unwrap(), Loaded::default());
    assert_eq!(names().len(), 4, "{:?}", names());
}

#[test]
fn file_names_are_safe_and_differ() {
    assert_eq!(file_name("alice@example.test"), "alice@example.test");
    assert_eq!(file_name("../A/b"), "%2e./%41/b".replace("./", ".%2f").replace("/b", "%2fb"));
    let (a, b) = ("x".repeat(400) + "1", "x".repeat(400) + "2");
    assert!(file_name(&a).len() <= 200);
    assert_ne!(file_name(&a), file_name(&b));
}
