//! A disk that is full, and one that cannot be written: a small file system of the test's own, mounted in a
//! name space of its own (`unshare` of util-linux). Everything is said plainly, and nothing is lost.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use chinwag::history::{Incoming, Keep, Store, Unlock, Vault, sealed_name};
use chinwag::model::{Address, Body, Retention, Stamp};

use super::world::text;

/// What is done on the small disk; each command leaves its output and its exit code.
const STEPS: &str = r#"
mount -t tmpfs -o size="$SIZE" none "$DATA"
cp -r "$SEED/." "$DATA"
run() {
  name=$1; shift
  "$CHINWAG" --data-dir "$DATA" --config "$OUT/none.toml" "$@" >"$OUT/$name" 2>"$OUT/$name.err" </dev/null
  echo $? >"$OUT/$name.code"
}
: >"$OUT/none.toml"
run before history export --json
cat /dev/zero >"$DATA/fill" 2>/dev/null
run full history export --json
run full-rekey store rekey
run full-after history export --json
rm "$DATA/fill"
run freed history export --json
run rekey store rekey
run rekeyed history export --json
mount -o remount,ro "$DATA"
run readonly history export --json
run readonly-rekey store rekey
run readonly-delete history delete bob@example.test
mount -o remount,rw "$DATA"
run last history export --json
cp -r "$DATA/." "$SEED/after"
"#;

fn seed(dir: &Path) {
    let who = |name: &str| Address::parse(&format!("sip:{name}@example.test")).unwrap();
    let vault = Vault::new(dir, Ok(Unlock::KeyFile));
    let (mut store, _) = Store::open_with(&vault, Retention::Forever).unwrap();
    let message = |n: usize| {
        Keep::Incoming(Incoming {
            id: format!("id-{n}"),
            account: who("alice"),
            room: None,
            from: who("bob"),
            body: Body::plain(format!("message number {n}, {}", "with some words ".repeat(10))),
            at: Stamp::from_millis(1_767_268_800_000),
            delayed: false,
            known: true,
        })
    };
    store.write(&(0..1_000).map(message).collect::<Vec<_>>()).unwrap();
    let roster = dir.join("rosters").join("alice@example.test.toml");
    std::fs::create_dir(roster.parent().unwrap()).unwrap();
    std::fs::write(&roster, vault.seal(&sealed_name(&roster), b"version = 1\n").unwrap()).unwrap();
}

#[test]
fn full_and_read_only_disks_are_told_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir_all(&place).unwrap();
        place
    };
    let (seeded, data, out) = (place("seed"), place("data"), place("out"));
    seed(&seeded);
    let octets: u64 = std::fs::read_dir(&seeded).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", STEPS]);
    command.env("SEED", &seeded).env("DATA", &data).env("OUT", &out).env("SIZE", (3 * octets).to_string());
    command.env("CHINWAG", env!("CARGO_BIN_EXE_chinwag")).env_remove("CHINWAG_PASSPHRASE").env_remove("CHINWAG_CONFIG");
    let ran = command.output().unwrap_or_else(|fault| panic!("unshare of util-linux is needed: {fault}"));
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap_or_default();
    let code = |name: &str| read(&format!("{name}.code")).trim().to_owned();
    let said = |name: &str| read(&format!("{name}.err"));
    let whole = read("before");
    assert_eq!((whole.lines().count(), code("before").as_str()), (1_000, "0"), "{}", said("before"));
    for name in ["full", "full-after", "freed", "rekeyed", "last"] {
        assert_eq!(code(name), "0", "{name}: {}", said(name));
        assert!(read(name) == whole, "{name}: {}", said(name));
    }
    assert_eq!(code("full-rekey"), "1", "{}", said("full-rekey"));
    assert!(said("full-rekey").contains("full") || said("full-rekey").contains("No space left"), "{}", said("full-rekey"));
    assert_eq!(code("rekey"), "0", "{}", said("rekey"));
    for name in ["readonly", "readonly-rekey", "readonly-delete"] {
        assert_eq!(code(name), "1", "{name}: {}", said(name));
        assert!(said(name).contains("ead-only file system") && said(name).lines().count() == 1, "{name}: {}", said(name));
    }
    // The contact list has the new key as well.
    let after = Vault::new(&seeded.join("after"), Ok(Unlock::KeyFile));
    let roster = std::fs::read(seeded.join("after/rosters/alice@example.test.toml")).unwrap();
    let opened = after.open("rosters/alice@example.test.toml", roster).unwrap();
    assert_eq!(opened, chinwag::history::Content::Sealed(b"version = 1\n".to_vec()));
}
