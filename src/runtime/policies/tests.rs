//! Real folders: who may have written them, and what is said of the rest. Here the files belong to whoever runs the
//! tests, and that is the administrator.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;
use crate::policy::Value;

mod rows;

struct Place {
    folder: tempfile::TempDir,
    sources: Sources,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let owners = vec![rustix::process::getuid().as_raw()];
    let (folder_of, user) = (folder.path().join("policies"), Some("alice".into()));
    let sources = Sources { folder: folder_of, user, instead: None, named: Vec::new(), owners };
    for level in ["managed", "recommended", "users/alice/managed", "users/alice/recommended"] {
        std::fs::create_dir_all(sources.folder.join(level)).unwrap();
    }
    Place { folder, sources }
}

impl Place {
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.sources.folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        path
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.sources.policy().table().get(name).map(|one| one.value.clone())
    }

    fn faults(&self) -> Vec<String> {
        self.sources.read().faults.into_iter().map(|fault| fault.what).collect()
    }
}

#[test]
fn folders_count_as_their_place_says() {
    let place = place();
    place.write("managed/b.toml", "IdleAfter = 2\n");
    place.write("managed/a.json", "{\"IdleAfter\": 1, \"AwayAfter\": 10}");
    place.write("users/alice/managed/z.toml", "IdleAfter = 3\nDisableIM = true\n");
    place.write("recommended/r.toml", "AwayAfter = 20\nTransport = \"tcp\"\n");
    place.write("managed/.hidden.toml", "PreventRun = true\n");
    place.write("managed/note.txt", "PreventRun = true\n");
    assert_eq!(place.value("IdleAfter"), Some(Value::Number(2)), "the last name of the machine's folder");
    assert_eq!(place.value("AwayAfter"), Some(Value::Number(10)));
    assert_eq!(place.value("DisableIM"), Some(Value::Flag(true)));
    assert_eq!(place.value("Transport"), Some(Value::Text("tcp".into())));
    assert_eq!(place.value("PreventRun"), None);
    assert_eq!(place.faults(), ["it is not read: a file of policies ends in .toml, .json, .pol or .reg"]);
    assert!(place.sources.has_policies());
}

#[test]
fn what_others_could_have_written_is_refused_and_holds_strictly() {
    for harm in 0..6 {
        let mut place = place();
        let path = place.write("managed/a.toml", "DisableFileTransfer = false\n");
        let folder = place.sources.folder.join("managed");
        let why = match harm {
            0 => {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
                "others than its owner can write to it"
            }
            1 => {
                place.sources.owners = vec![u32::MAX];
                "not to root"
            }
            2 => {
                let outside = place.folder.path().join("outside.toml");
                std::fs::rename(&path, &outside).unwrap();
                symlink(&outside, &path).unwrap();
                "it is a link out of its folder"
            }
            3 => {
                std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
                "others than its owner can write to it"
            }
            4 => {
                std::fs::remove_file(&path).unwrap();
                let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
                rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
                "it is no file"
            }
            _ => {
                std::fs::remove_file(&path).unwrap();
                std::fs::create_dir(&path).unwrap();
                "it is no file"
            }
        };
        let faults = place.faults();
        assert!(faults.iter().all(|fault| fault.contains(why)) && !faults.is_empty(), "{why}: {faults:?}");
        assert_eq!(place.value("DisableFileTransfer"), Some(Value::Flag(true)), "{why}");
        assert!(place.sources.policy().table().is_broken());
    }
}

#[test]
fn links_within_the_folder_are_followed_and_loops_are_told() {
    let place = place();
    let path = place.write("managed/.real.toml", "IdleAfter = 5\n");
    symlink(&path, place.sources.folder.join("managed/link.toml")).unwrap();
    assert_eq!(place.value("IdleAfter"), Some(Value::Number(5)));
    symlink("loop.toml", place.sources.folder.join("managed/loop.toml")).unwrap();
    assert!(place.faults()[0].contains("cannot be read"), "{:?}", place.faults());
}

#[test]
fn named_files_and_a_folder_for_trials_belong_to_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("company.toml");
    std::fs::write(&named, "IdleAfter = 7\nPortRangeEnabled = true\n").unwrap();
    let none = Sources { folder: folder.path().join("none"), user: None, instead: None, named: vec![named], owners: vec![ROOT] };
    assert!(!none.has_policies());
    let policy = none.policy();
    assert_eq!(policy.table().get("IdleAfter").unwrap().rank.scope, Scope::Own);
    assert!(policy.table().get("PortRangeEnabled").is_none(), "a user does not speak for the machine");
    let missing = Sources { named: vec![folder.path().join("gone.toml")], ..none.clone() };
    assert!(missing.policy().table().is_broken());
    let trial = Sources { named: Vec::new(), ..none }.tried(folder.path().to_owned());
    assert_eq!(trial.policy().table().get("IdleAfter").unwrap().rank, Rank { level: Level::Managed, scope: Scope::Machine });
}

#[test]
fn names_of_users_lead_nowhere_else() {
    for name in ["..", "a/b", "", ".hidden"] {
        let user = Some(name.into());
        let sources = Sources { folder: "/p".into(), user, instead: None, named: Vec::new(), owners: vec![ROOT] };
        assert_eq!(sources.folders().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn a_change_is_told() {
    let place = place();
    let mut watch = watch::Watch::over(&place.sources);
    for (name, text) in [("managed/a.toml", "IdleAfter = 1\n"), ("users/alice/managed/b.toml", "IdleAfter = 1\n")] {
        place.write(name, text);
        tokio::time::timeout(std::time::Duration::from_secs(10), watch.changed()).await.unwrap();
    }
    // A folder that is made later is watched from then on.
    let later = place.sources.folder.join("recommended");
    std::fs::remove_dir(&later).unwrap();
    watch.changed().await;
    std::fs::create_dir(&later).unwrap();
    watch.changed().await;
    place.write("recommended/c.toml", "IdleAfter = 1\n");
    tokio::time::timeout(std::time::Duration::from_secs(10), watch.changed()).await.unwrap();
}

/// From a file that is written until the core obeys. The time is printed; `benches/policies.rs` measures it.
#[tokio::test]
async fn a_change_is_obeyed_by_the_program_that_runs() {
    let place = place();
    let mut shell = crate::runtime::Shell::assemble(place.sources.policy(), Vec::new());
    shell.follow_policies(place.sources.clone());
    assert!(shell.app().policy.run().is_ok());
    let begin = std::time::Instant::now();
    place.write("managed/a.toml", "DisableIM = true\n");
    while shell.app().policy.table().get("DisableIM").is_none() {
        let _ = tokio::time::timeout(std::time::Duration::from_secs(10), shell.next()).await.unwrap();
    }
    println!("obeyed after {:?}", begin.elapsed());
    place.write("managed/a.toml", "PreventRun = true\n");
    let mut quits = false;
    while !quits {
        let happened = tokio::time::timeout(std::time::Duration::from_secs(10), shell.next()).await.unwrap();
        quits = happened == crate::runtime::Happened::Quit;
    }
    assert!(shell.app().policy.run().is_err());
}

/// The first policy of a machine: nothing of its folder was there when the program started.
#[tokio::test]
async fn a_folder_that_is_made_piece_by_piece_is_seen() {
    let base = tempfile::tempdir().unwrap();
    let place = Place { sources: Sources { folder: base.path().join("etc/chinwag/policies"), ..place().sources }, folder: base };
    let mut followed = Followed::new(place.sources.clone());
    for folder in ["users/alice/managed", "managed"] {
        std::fs::create_dir_all(place.sources.folder.join(folder)).unwrap();
        let name = format!("{folder}/a.toml");
        place.write(&name, if folder == "managed" { "IdleAfter = 1\n" } else { "IdleAfter = 2\n" });
        let wanted = if folder == "managed" { 1 } else { 2 };
        loop {
            let policy = tokio::time::timeout(std::time::Duration::from_secs(10), followed.next()).await.unwrap();
            if policy.table().get("IdleAfter").is_some_and(|one| one.value == Value::Number(wanted)) {
                break;
            }
        }
    }
}

#[test]
fn what_cannot_be_looked_at_may_hold_policies() {
    let place = place();
    let managed = place.sources.folder.join("managed");
    std::fs::remove_dir(&managed).unwrap();
    std::fs::write(&managed, "").unwrap();
    assert!(place.sources.has_policies(), "a file in the place of the folder");
    assert!(place.sources.policy().table().is_broken());
    let none = Sources { folder: "/nonexistent".into(), ..place.sources };
    assert!(!none.has_policies() && none.policy().table().is_empty());
}
