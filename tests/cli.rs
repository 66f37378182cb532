//! The built program, as a script sees it: output, diagnostics, exit codes.

#![allow(clippy::unwrap_used)] // tests fail by panic, their helpers too

use std::path::Path;

use assert_cmd::Command;

/// The program with nothing of this machine's settings in its environment.
fn chinwag() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for name in ["CHINWAG_CONFIG", "CHINWAG_DATA_DIR", "CHINWAG_PASSPHRASE", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

fn config(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/configs").join(name)
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_and_version() {
    let help = chinwag().arg("--help").assert().code(0).get_output().clone();
    for word in ["demo", "send", "watch", "policy", "--json", "--password-env", "Exit codes"] {
        assert!(stdout(&help).contains(word), "{word}");
    }
    assert!(!stdout(&help).contains("--policy-dir"));
    let version = chinwag().arg("--version").assert().code(0).get_output().clone();
    assert!(stdout(&version).starts_with(concat!("chinwag ", env!("CARGO_PKG_VERSION"))));
    assert!(stdout(&version).contains("commit:") && stdout(&version).contains("features:"));
}

#[test]
fn wrong_usage_is_2() {
    chinwag().arg("--no-such-option").assert().code(2);
    chinwag().args(["send"]).assert().code(2);
    chinwag().args(["--aor", "nobody", "listen"]).assert().code(2);
    chinwag().args(["--aor", "a@b.test", "--server", "h:0", "listen"]).assert().code(2);
}

/// What a script took from others may be quoted in a complaint; no terminal obeys it there.
#[test]
fn what_is_typed_wrongly_is_quoted_harmlessly() {
    let evil = "\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}x";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[accounts.work]\nuri = \"sip:a@b.test\"\n[ui]\n\"k\u{202e}\u{9b}y\" = 1\ntheme = \"\u{9b}\"\n")
        .unwrap();
    let named = file.to_str().unwrap();
    for words in [
        vec![evil],
        vec!["--no-such", evil],
        vec!["--aor", evil, "listen"],
        vec!["--transport", evil, "listen"],
        vec!["wait", "a@b.test", "--status", evil],
        vec!["--config", named, "config", "check"],
        vec!["--config", named, "config", "check", "--json"],
        vec!["policy", "show", evil],
        vec!["--data-dir", named, "history", "show", evil],
    ] {
        let said = chinwag().args(&words).output().unwrap();
        let text = stdout(&said) + &stderr(&said);
        assert!(!said.status.success() && !text.is_empty(), "{words:?}");
        let obeyed = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(obeyed, None, "{words:?}: {text:?}");
    }
}

/// `chinwag notify test` with this configuration, in an environment of its own.
fn notify_test(folder: &Path, file: &Path) -> Command {
    let mut command = chinwag();
    command.args(["notify", "test", "--config"]).arg(file).arg("--data-dir").arg(folder);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder).env("TERM", "xterm");
    command
}

#[test]
fn a_test_of_notifications_says_what_was_sent_and_what_is_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let settings = "[accounts.work]\nuri = \"sip:alice@example.test\"\n[notify]\nvia = [\"bell\", \"osc777\", \"command\"]\n\
                    command = [\"false\"]\nquiet = [\"mon,tue,wed,thu,fri,sat,sun\"]\n";
    std::fs::write(&file, settings).unwrap();
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    let muted = r#"{"rules":[{"who":"sip:bob@example.test","always":"none"}]}"#;
    std::fs::write(rules.join("alice@example.test.json"), muted).unwrap();
    let said = stdout(&notify_test(folder.path(), &file).assert().code(0).get_output().clone());
    for part in [
        "Terminal: TERM=xterm",
        "osc777: sent ESC ]777;notify;chinwag;This is a test.",
        "bell: sent BEL.",
        "command: failed: false ended with exit status: 1.",
        "what is for the terminal was not sent",
        "these are quiet hours, until",
        "bob@example.test: the conversation is muted",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "no sequence goes to a file: {said:?}");
}

/// What they start has their environment too, and other programs of the user can read it.
#[cfg(unix)]
#[test]
fn programs_are_started_without_what_opens_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (file, seen) = (folder.path().join("config.toml"), folder.path().join("seen"));
    let settings = format!(
        "[accounts.work]\nuri = \"sip:alice@example.test\"\npassword.env = \"WORD\"\n[notify]\nvia = [\"command\"]\n\
         command = [\"sh\", \"-c\", \"env > '{}'\"]\n",
        seen.display()
    );
    std::fs::write(&file, settings).unwrap();
    notify_test(folder.path(), &file)
        .args(["--password-env", "OTHER"])
        .envs([("WORD", "5esame"), ("OTHER", "5esame"), ("CHINWAG_PASSPHRASE", "5esame")])
        .assert()
        .code(0);
    let seen = std::fs::read_to_string(&seen).unwrap();
    assert!(seen.contains("TERM=xterm") && !seen.contains("5esame"), "{seen}");
}

#[test]
fn policies_are_listed_where_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let output = chinwag().arg("--policy-dir").arg(folder.path()).args(["policy", "show"]).assert().code(0).get_output().clone();
    assert!(stdout(&output).contains("no policies are set"), "{}", stdout(&output));
    let output =
        chinwag().arg("--policy-dir").arg(folder.path()).args(["policy", "show", "--all"]).assert().code(0).get_output().clone();
    assert!(stdout(&output).contains("PreventRun = false"), "{}", stdout(&output));
    chinwag().args(["policy", "show", "PreventFun"]).assert().code(2);
}

#[test]
fn broken_configuration_is_7_with_its_place() {
    let file = config("invalid/wrong_values.toml");
    let output = chinwag().arg("--config").arg(&file).arg("listen").assert().code(7).get_output().clone();
    assert!(stderr(&output).contains("wrong_values.toml:3:13: error: accounts.work.transport"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    let output = chinwag().args(["--config", "/does/not/exist.toml", "listen"]).assert().code(7).get_output().clone();
    assert!(stderr(&output).contains("cannot be read"));
}

#[test]
fn configuration_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/config.toml");
    let run = |words: &[&str]| chinwag().env("CHINWAG_CONFIG", &file).args(words).output().unwrap();
    assert_eq!(stdout(&run(&["config", "path"])).trim_end(), file.to_str().unwrap());
    assert_eq!(run(&["config", "init"]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), include_str!("../config.example.toml"));
    assert_eq!(run(&["config", "check"]).status.code(), Some(0));
    assert_eq!(run(&["config", "init"]).status.code(), Some(1), "never written over");
    let listen = run(&["listen"]);
    assert_eq!(listen.status.code(), Some(7));
    assert!(stderr(&listen).contains("--aor"));
}

#[test]
fn a_history_that_cannot_be_looked_at_is_not_called_empty() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |data: &std::path::Path| {
        let words = ["--aor", "sip:alice@example.test", "history", "list"];
        chinwag().env("XDG_CONFIG_HOME", folder.path()).arg("--data-dir").arg(data).args(words).output().unwrap()
    };
    let empty = kept(&folder.path().join("new"));
    assert_eq!(empty.status.code(), Some(0));
    assert!(stderr(&empty).contains("nothing is kept"), "{}", stderr(&empty));
    // A folder that nobody can enter, root neither.
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let closed = kept(&file.join("data"));
    assert_eq!(closed.status.code(), Some(1), "{}", stderr(&closed));
    assert!(!stderr(&closed).contains("nothing is kept"), "{}", stderr(&closed));
}

#[test]
fn check_looks_for_the_theme_and_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let checked = |theme: &str| {
        std::fs::write(&file, format!("[ui]\ntheme = \"{theme}\"\n")).unwrap();
        let output = chinwag().arg("--config").arg(&file).args(["config", "check"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "a warning: the default one is shown then");
        stdout(&output)
    };
    std::fs::create_dir(folder.path().join("themes")).unwrap();
    std::fs::write(folder.path().join("themes/night.toml"), "unread = { fg = \"grene\" }\n").unwrap();
    assert_eq!(checked("dark"), "");
    let lost = checked("drak");
    assert!(lost.contains(":2:9: warning: ui.theme: there is no theme drak; did you mean dark?"), "{lost}");
    assert!(checked("night").contains("night.toml:1:17: warning: unread.fg"), "{}", checked("night"));
}

#[test]
fn check_reports_everything() {
    let file = config("invalid/misspelt.toml");
    let output = chinwag().arg("--config").arg(&file).args(["config", "check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "warnings only");
    assert_eq!(stdout(&output).lines().count(), 5);
    let output = chinwag().arg("--config").arg(&file).args(["config", "check", "--json"]).output().unwrap();
    for line in stdout(&output).lines() {
        let problem: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(problem["severity"], "warning");
    }
}

#[test]
fn completions_and_manual() {
    for shell in ["bash", "zsh", "fish"] {
        let output = chinwag().args(["completions", shell]).assert().code(0).get_output().clone();
        assert!(stdout(&output).contains("password-env"), "{shell}");
    }
    let man = chinwag().arg("man").assert().code(0).get_output().clone();
    assert!(stdout(&man).contains(".TH chinwag"));
}

#[test]
fn accounts_are_chosen_by_name() {
    let file = config("valid/full.toml");
    let run = |words: &[&str]| chinwag().arg("--config").arg(&file).args(words).output().unwrap();
    let several = run(&["send", "bob", "hi"]);
    assert_eq!(several.status.code(), Some(2));
    assert!(stderr(&several).contains("work, home"), "{}", stderr(&several));
    let misspelt = run(&["--account", "wrok", "send", "bob", "hi"]);
    assert_eq!(misspelt.status.code(), Some(2));
    assert!(stderr(&misspelt).contains("did you mean work?"), "{}", stderr(&misspelt));
}

#[test]
fn every_feature_of_the_server_has_its_word() {
    let help = stdout(&chinwag().args(["serve", "--help"]).output().unwrap());
    for word in ["batch", "benotify", "piggyback", "autoextend", "ntlm", "kerberos", "digest", "lcs"] {
        let line = help.lines().find(|l| l.trim_start().starts_with(&format!("- {word}:"))).unwrap();
        assert!(!line.contains("not there yet"), "{help}");
    }
    chinwag().args(["serve", "--users", "none", "--listen", "127.0.0.1:0", "--disable", "nonsense"]).assert().code(2);
}

#[test]
fn keys_are_listed_and_checked() {
    let run = |words: &[&str]| {
        let mut command = chinwag();
        command.args(words).arg("--config").arg(config("keys.toml"));
        command.output().unwrap()
    };
    let checked = run(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(7));
    let said = stdout(&checked);
    for words in [
        "keys.toml:5:1: error: keys.everywhere.hyper-☃: this is not a key",
        "keys.toml:6:1: warning: keys.everywhere.ctrl-x g: `Ctrl-X g 0` for chat.10 and 9 more can no longer be typed then",
        "keys.toml:7:1: warning: keys.everywhere.f9: there is no action of this name; `chinwag keys` lists them; did you mean `help`?",
        "keys.toml:10:1: warning: keys.roster.ctrl-i: most terminals send the same for this key and for `tab`",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let listed = run(&["keys"]);
    assert_eq!(listed.status.code(), Some(7));
    let said = stdout(&listed);
    assert!(said.starts_with("keys: vim\n"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("* ctrl-x g") && line.contains("palette")), "{said}");
    assert!(stderr(&listed).contains("line 5: [keys.everywhere]"), "{}", stderr(&listed));
    let json = stdout(&run(&["keys", "--json"]));
    let line = json.lines().find(|line| line.contains("\"contact.remove\"") && line.contains("\"x\"")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (line["context"].as_str(), line["source"].as_str(), line["line"].as_u64()),
        (Some("roster"), Some("user"), Some(11))
    );
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let fine = chinwag().arg("keys").env("XDG_CONFIG_HOME", std::env::temp_dir().join("there-is-nothing-here")).assert().code(0);
    assert!(stdout(fine.get_output()).starts_with("keys: plain\n"));
    let page = stdout(chinwag().arg("man").assert().code(0).get_output());
    assert!(page.contains(".SH KEYS") && page.contains("Ctrl\\-K"), "{page}");
}

/// A data folder with a history, and what runs on it.
fn with_history() -> (tempfile::TempDir, impl Fn(&[&str]) -> std::process::Output) {
    use chinwag::history::{Incoming, Keep, Outgoing, Store, Unlock};
    use chinwag::model::{Address, Body, Fate, MessageRef, Retention, RoomId, Stamp};
    let dir = tempfile::tempdir().unwrap();
    let who = |name: &str| Address::parse(&format!("sip:{name}@example.test")).unwrap();
    let at = |day: i64| Stamp::from_millis(1_767_268_800_000 + day * 86_400_000);
    let (mut store, _) = Store::open(dir.path(), &Unlock::KeyFile, Retention::Forever).unwrap();
    let came = |id: &str, from: &str, room: Option<&str>, text: &str, day| {
        Keep::Incoming(Incoming {
            id: id.into(),
            account: who("alice"),
            room: room.map(RoomId::new),
            from: who(from),
            body: Body::plain(text),
            at: at(day),
            delayed: false,
            known: true,
        })
    };
    let body = Body::plain("Lünch at noon?");
    let sent = Outgoing { tag: MessageRef(1), account: who("alice"), to: who("bob"), body, at: at(0), fate: Fate::Queued };
    let keeps = [
        Keep::Outgoing(sent),
        Keep::Settled(MessageRef(1), Fate::Delivered),
        came("a1", "bob", None, "yes\nwith \u{1b}[31mpleasure", 1),
        came("a2", "carol", Some("r-1"), "lunch for everybody", 2),
    ];
    store.write(&keeps).unwrap();
    let data = dir.path().to_owned();
    let run = move |words: &[&str]| {
        let none = data.join("none.toml");
        std::fs::write(&none, "").unwrap();
        chinwag().arg("--data-dir").arg(&data).arg("--config").arg(none).env("TZ", "UTC").args(words).output().unwrap()
    };
    (dir, run)
}

#[test]
fn history_is_listed_shown_searched_and_exported() {
    let (_dir, run) = with_history();
    let list = stdout(&run(&["history", "list"]));
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.contains("bob@example.test  2 messages") && list.contains("r-1 (carol@example.test)  1 message,"), "{list}");
    let show = stdout(&run(&["history", "show", "bob@example.test"]));
    assert_eq!(
        show,
        "-- Thu 1 Jan 2026\n12:00 alice@example.test: Lünch at noon?\n-- Fri 2 Jan 2026\n12:00 bob@example.test: yes\n      with ␛[31mpleasure\n"
    );
    let last = stdout(&run(&["history", "show", "bob@example.test", "--last", "1"]));
    assert!(last.contains("yes") && !last.contains("noon"), "{last}");
    let found = stdout(&run(&["history", "search", "LUNCH"]));
    let order: Vec<bool> = found.lines().map(|line| line.contains("everybody")).collect();
    assert_eq!(order, [true, false], "newest first: {found}");
    assert_eq!(stdout(&run(&["history", "search", "lunch", "--with", "bob@example.test"])).lines().count(), 1);
    let export = stdout(&run(&["history", "export", "--json"]));
    let lines: Vec<serde_json::Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    let ours = lines.iter().find(|line| line["id"] == "m1").unwrap();
    assert_eq!(
        (&ours["event"], &ours["fate"], &ours["to"]),
        (&"message".into(), &"delivered".into(), &"sip:bob@example.test".into())
    );
    assert_eq!(ours["at"], "2026-01-01T12:00:00.000Z");
    assert!(lines.iter().any(|line| line["room"] == "r-1" && line["from"] == "sip:carol@example.test"));
    let nobody = run(&["history", "show", "dave@example.test"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(stderr(&nobody).contains("history list"), "{}", stderr(&nobody));
}

#[test]
fn what_is_held_of_a_stranger_is_listed_and_not_searched() {
    use chinwag::history::{Incoming, Keep, Store, Unlock};
    use chinwag::model::{Address, Body, Retention, Stamp};
    let (dir, run) = with_history();
    let who = |name: &str| Address::parse(&format!("sip:{name}@example.test")).unwrap();
    let held = Incoming {
        id: "e1".into(),
        account: who("alice"),
        room: None,
        from: who("eve"),
        body: Body::plain("lunch with me"),
        at: Stamp::from_millis(0),
        delayed: false,
        known: false,
    };
    let (mut store, _) = Store::open(dir.path(), &Unlock::KeyFile, Retention::Forever).unwrap();
    store.write(&[Keep::Incoming(held)]).unwrap();
    drop(store);
    let found = stdout(&run(&["history", "search", "lunch"]));
    assert!(found.lines().count() == 2 && !found.contains("eve@"), "{found}");
    assert!(stdout(&run(&["history", "list"])).contains("eve@example.test  1 message,"));
    assert!(stdout(&run(&["history", "show", "eve@example.test"])).contains("lunch with me"));
}

#[test]
fn the_store_gets_another_key_and_another_passphrase() {
    let (dir, run) = with_history();
    let with = |passphrase: &str, words: &[&str]| {
        let none = dir.path().join("none.toml");
        let mut command = chinwag();
        command.arg("--data-dir").arg(dir.path()).arg("--config").arg(none).args(words);
        command.env("CHINWAG_PASSPHRASE", passphrase).env("NEW", "new words").output().unwrap()
    };
    let export = stdout(&run(&["history", "export", "--json"]));
    assert!(stdout(&run(&["store", "status"])).contains("the key as it is"));
    let key = || std::fs::read_to_string(dir.path().join("store.key")).unwrap();
    let old = key();
    let rekeyed = run(&["store", "rekey"]);
    assert_eq!(rekeyed.status.code(), Some(0), "{}", stderr(&rekeyed));
    assert!(old != key() && !key().contains("next"));
    assert_eq!(stdout(&run(&["history", "export", "--json"])), export);
    // Nobody can be asked here.
    let asked = run(&["store", "passphrase"]);
    assert_eq!(asked.status.code(), Some(2));
    assert!(stderr(&asked).contains("--new-env"), "{}", stderr(&asked));
    assert_eq!(run(&["store", "passphrase", "--new-env", "NO_SUCH"]).status.code(), Some(2));
    let changed = with("", &["store", "passphrase", "--new-env", "NEW"]);
    assert_eq!(changed.status.code(), Some(0), "{}", stderr(&changed));
    let status: serde_json::Value = serde_json::from_str(&stdout(&run(&["store", "status", "--json"]))).unwrap();
    assert_eq!((&status["passphrase"], &status["keyring"]), (&true.into(), &false.into()));
    assert_eq!(stdout(&with("new words", &["history", "export", "--json"])), export);
    for words in [&["store", "rekey"][..], &["store", "passphrase", "--remove"]] {
        for output in [with("wrong", words), run(words)] {
            assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
            assert!(stderr(&output).contains("passphrase"), "{}", stderr(&output));
        }
    }
    assert_eq!(with("new words", &["store", "rekey"]).status.code(), Some(0));
    assert_eq!(with("new words", &["store", "passphrase", "--remove"]).status.code(), Some(0));
    assert_eq!(stdout(&run(&["history", "export", "--json"])), export);
    let lock = std::fs::File::options().append(true).open(dir.path().join("installation")).unwrap();
    lock.lock().unwrap();
    let refused = run(&["store", "rekey"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("another chinwag uses it"), "{}", stderr(&refused));
}

#[cfg(unix)]
#[test]
fn without_a_keyring_what_to_do_is_said_and_nothing_is_changed() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    std::fs::write(&config, "[store]\nkey = \"keyring\"\n").unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let planted = format!("chinwag store key 1\nplain {}\n", "0".repeat(64));
    std::fs::write(data.join("store.key"), &planted).unwrap();
    let mut command = chinwag();
    command.arg("--config").arg(&config).arg("--data-dir").arg(&data).args(["store", "rekey"]);
    let output = command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus").output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let said = stderr(&output);
    assert!(said.contains("the session bus cannot be reached") && said.contains("CHINWAG_PASSPHRASE"), "{said}");
    assert_eq!(std::fs::read_to_string(data.join("store.key")).unwrap(), planted);
}

#[cfg(unix)]
#[test]
fn a_password_from_the_keyring_is_a_matter_of_the_keyring_and_of_policy() {
    let dir = tempfile::tempdir().unwrap();
    let (config, rules) = (dir.path().join("config.toml"), dir.path().join("policies"));
    let account = "[accounts.work]\nuri = \"sip:alice@example.test\"\nserver = \"127.0.0.1:1\"\npassword.keyring = true\n";
    std::fs::write(&config, account).unwrap();
    std::fs::create_dir(&rules).unwrap();
    let run = |words: &[&str]| {
        let mut command = chinwag();
        command.arg("--config").arg(&config).arg("--data-dir").arg(dir.path().join("data")).arg("--policy-dir").arg(&rules);
        command.args(words).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus").env("WORD", "secret-word");
        command.output().unwrap()
    };
    for (words, code, said) in [
        (&["send", "bob", "hi"][..], 7, "of account work cannot be had from the keyring: the session bus cannot be reached"),
        (&["password", "set", "--password-env", "WORD"], 1, "cannot be kept in the keyring: the session bus cannot be reached"),
        (&["password", "set", "--password-env", "NO_SUCH"], 2, "NO_SUCH holds no password"),
        (&["password", "set"], 2, "standard input has no password"),
        (&["password", "forget"], 1, "cannot be taken from the keyring: the session bus cannot be reached"),
    ] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(said) && !stderr(&output).contains("secret-word"), "{}", stderr(&output));
    }
    std::fs::write(rules.join("a.toml"), "SavePassword = false\n").unwrap();
    let refused = run(&["password", "set", "--password-env", "WORD"]);
    assert_eq!(refused.status.code(), Some(5), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("SavePassword"), "{}", stderr(&refused));
    // It is not read either; nobody can be asked, so it is tried without.
    let unread = run(&["send", "bob", "hi"]);
    assert!(stderr(&unread).contains("it is not used, and the password is asked for"), "{}", stderr(&unread));
    assert_eq!(unread.status.code(), Some(4), "{}", stderr(&unread));
}

#[test]
fn history_is_deleted_and_locked() {
    let (dir, run) = with_history();
    assert_eq!(run(&["history", "delete"]).status.code(), Some(2));
    assert_eq!(run(&["history", "delete", "--before", "yesterday"]).status.code(), Some(2));
    let deleted = run(&["history", "delete", "--before", "2026-01-02"]);
    assert!(stderr(&deleted).contains("1 message was deleted"), "{}", stderr(&deleted));
    assert!(!stdout(&run(&["history", "export"])).contains("noon"));
    assert_eq!(run(&["history", "delete", "r-1"]).status.code(), Some(0));
    assert_eq!(stdout(&run(&["history", "list"])).lines().count(), 1);
    // Another program has it.
    let lock = std::fs::File::options().append(true).create(true).open(dir.path().join("installation")).unwrap();
    lock.lock().unwrap();
    let refused = run(&["history", "list"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("another chinwag uses it"), "{}", stderr(&refused));
    drop(lock);
    // From now on it is locked.
    let locked = |passphrase: &str| {
        let none = dir.path().join("none.toml");
        let mut command = chinwag();
        command.arg("--data-dir").arg(dir.path()).arg("--config").arg(none).env("CHINWAG_PASSPHRASE", passphrase);
        command.args(["history", "list"]).output().unwrap()
    };
    assert_eq!(stdout(&locked("right")).lines().count(), 1);
    assert_eq!(stdout(&locked("right")).lines().count(), 1);
    for output in [locked("wrong"), run(&["history", "list"])] {
        assert_eq!((output.status.code(), stdout(&output)), (Some(7), String::new()));
        assert!(stderr(&output).contains("passphrase") && stderr(&output).lines().count() == 1, "{}", stderr(&output));
    }
}
