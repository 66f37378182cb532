//! The locked screen, and a look through everything that was written: no secret lies anywhere in clear.

use std::path::{Path, PathBuf};

use base64::Engine as _;

use super::world::{Peer, World, text, until};

/// The folder of somebody, with a temporary folder of its own.
fn temporary(home: &Path) -> PathBuf {
    let folder = home.join("tmp");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A text in the ways it could lie on a disk.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let wide = |octets: fn(u16) -> [u8; 2]| secret.encode_utf16().flat_map(octets).collect::<Vec<u8>>();
    let hex = |upper: bool| -> Vec<u8> {
        let digits = |octet: u8| if upper { format!("{octet:02X}") } else { format!("{octet:02x}") };
        secret.bytes().map(digits).collect::<String>().into_bytes()
    };
    let mut all = vec![secret.as_bytes().to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes), hex(false), hex(true)];
    // Base64 looks otherwise by where it begins; what stands at its edges depends on what stands beside.
    for before in 0..3 {
        let octets = [&b"xyz"[..before], secret.as_bytes()].concat();
        let code = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&octets);
        let inner = code.get(4 * usize::from(before > 0)..code.len() - 2).unwrap();
        all.push(inner.as_bytes().to_vec());
    }
    all
}

/// Everything below a folder, in which one of these stands.
fn holders(folder: &Path, secrets: &[&str], found: &mut Vec<(PathBuf, String)>, looked: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = std::fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            holders(&path, secrets, found, looked);
        } else if about.is_file() {
            *looked += 1;
            let octets = std::fs::read(&path).unwrap();
            for secret in secrets {
                let holds =
                    spellings(secret).iter().any(|spelt| octets.windows(spelt.len()).any(|part| part == spelt.as_slice()));
                let named = path.file_name().unwrap().to_string_lossy().contains(secret);
                if holds || named {
                    found.push((path.clone(), (*secret).to_owned()));
                }
            }
        }
    }
}

fn assert_nothing_in_clear(home: &Path, secrets: &[&str], when: &str) {
    let (mut found, mut looked) = (Vec::new(), 0);
    for folder in ["share", "state", "tmp"] {
        holders(&home.join(folder), secrets, &mut found, &mut looked);
    }
    assert!(found.is_empty(), "{when}: {found:?}");
    assert!(looked >= 5, "{when}: there is something to look at: {looked}");
}

#[test]
fn a_planted_secret_is_found_however_it_is_spelt() {
    for (n, spelt) in spellings("planted").iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), [b"before ", spelt.as_slice(), b" after"].concat()).unwrap();
        let (mut found, mut looked) = (Vec::new(), 0);
        holders(folder.path(), &["planted"], &mut found, &mut looked);
        assert_eq!((found.len(), looked), (1, 1), "{n}");
    }
    let (code, engine) = ("beside planted too", base64::engine::general_purpose::STANDARD);
    for before in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), engine.encode(&code[before..])).unwrap();
        let (mut found, mut looked) = (Vec::new(), 0);
        holders(folder.path(), &["planted"], &mut found, &mut looked);
        assert_eq!(found.len(), 1, "{before}");
    }
}

#[test]
fn the_screen_is_locked_and_nothing_lies_in_clear() {
    for (level, wire) in [("warn", false), ("trace", true)] {
        let world = World::new(&[]);
        let config = world.config("alice");
        let home = config.ancestors().nth(3).unwrap().to_owned();
        let temporary = temporary(&home);
        let settings = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("{settings}[log]\nlevel = \"{level}\"\nwire = {wire}\n[notify]\nshow = \"full\"\n"))
            .unwrap();
        let alice = |words: &[&str]| {
            let mut command = world.run("alice", words);
            command.env("CHINWAG_PASSPHRASE", "planted passphrase").env("TMPDIR", &temporary);
            command
        };
        // A contact list of an earlier version, in clear.
        let rosters = home.join("share").join("chinwag").join("rosters");
        std::fs::create_dir_all(&rosters).unwrap();
        let list = "version = 1\n[[contact]]\nuri = \"sip:carol@example.test\"\nname = \"Plantedname\"\n[[access]]\n\
                    uri = \"sip:plantedenemy@example.test\"\naccess = \"block\"\n";
        std::fs::write(rosters.join("alice@example.test.toml"), list).unwrap();

        let mut screen = super::world::Screen::start(&alice(&[]));
        screen.wait_for("Plantedname");
        until("alice is not signed in", || alice(&["status", "--attach", "--json"]).output().unwrap().status.success());
        let sent = alice(&["send", "carol", "plantedtext of ours", "--timeout", "1"]).output().unwrap();
        assert!(text(&sent.stderr).contains("carol") || sent.status.code() == Some(0), "{}", text(&sent.stderr));
        let sent = world.output("carol", &["send", "alice", "plantedtext of theirs"]);
        assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
        screen.wait_for("Plantedname");
        // Half written, somebody pinned, and a rule.
        screen.type_in("\u{b}Plantedname\r");
        screen.wait_for("plantedtext of theirs");
        screen.type_in("plantedtext half written");
        screen.wait_for("plantedtext half written");

        screen.type_in("\u{18}\u{c}");
        screen.wait_for("chinwag is locked");
        let rows = || screen.rows().join("\n");
        until("something of people is left on the screen", || !rows().contains("lanted") && !rows().contains("alice"));
        let asked = alice(&["status", "--attach"]).output().unwrap();
        assert_eq!(asked.status.code(), Some(4));
        assert!(text(&asked.stderr).contains("locked"), "{}", text(&asked.stderr));
        let mut peer = Peer::connect(&world.socket());
        assert_eq!(peer.event("hello"), None, "nobody is let in");
        // It goes on being there for others.
        let sent = world.output("carol", &["send", "alice", "plantedtext while it is locked"]);
        assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
        assert!(!rows().contains("lanted"), "{}", rows());
        screen.type_in("wrong\r");
        screen.wait_for("not the passphrase");
        until("it did not open", || {
            // The wrong one costs two seconds.
            screen.type_in("\u{15}planted passphrase\r");
            std::thread::park_timeout(std::time::Duration::from_millis(200));
            screen.rows().join("\n").contains("plantedtext half written")
        });
        screen.wait_for("plantedtext while it is locked");

        // A trace of the protocol, which somebody asked for, holds addresses; passwords and texts it does not.
        let mut secrets = vec!["planted passphrase", "wonderland", "plantedtext", "Plantedname", "plantedenemy"];
        if !wire {
            secrets.push("carol@example.test");
        }
        assert_nothing_in_clear(&home, &secrets, "while it runs");
        screen.kill();
        assert_nothing_in_clear(&home, &secrets, "after it was killed");
        let mut screen = super::world::Screen::start(&alice(&[]));
        screen.wait_for("Plantedname");
        screen.quit();
        assert_nothing_in_clear(&home, &secrets, "at the end");
        let listed = alice(&["history", "export"]).output().unwrap();
        assert!(text(&listed.stdout).contains("plantedtext while it is locked"), "{}", text(&listed.stderr));
        // Without the passphrase nobody is told anything, and nothing is begun anew.
        let locked = world.output("alice", &["send", "carol", "hi"]);
        assert_ne!(locked.status.code(), Some(0));
        assert!(text(&locked.stderr).contains("passphrase"), "{}", text(&locked.stderr));
        assert_nothing_in_clear(&home, &secrets, "after that");
    }
}
