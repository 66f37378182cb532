//! The built program, as a script sees it: output, diagnostics, exit codes.

#![allow(clippy::unwrap_used)] // tests fail by panic, their helpers too

use std::path::Path;

use assert_cmd::Command;

/// The program with nothing of this machine's settings in its environment.
fn chinwag() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    for name in ["CHINWAG_CONFIG", "CHINWAG_DATA_DIR", "NO_COLOR"] {
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
    for word in ["demo", "send", "watch", "--json", "--password-env", "Exit codes"] {
        assert!(stdout(&help).contains(word), "{word}");
    }
    for hidden in ["history", "policy show", "--policy-dir"] {
        assert!(!stdout(&help).contains(hidden), "{hidden}");
    }
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
    let output = chinwag()
        .args(["notify", "test", "--config"])
        .arg(&file)
        .arg("--data-dir")
        .arg(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env("TERM", "xterm")
        .assert()
        .code(0)
        .get_output()
        .clone();
    let said = stdout(&output);
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

#[test]
fn what_is_not_there_says_so() {
    for line in ["history list --with bob", "policy show"] {
        let output = chinwag().args(line.split(' ')).assert().code(2).get_output().clone();
        assert!(stderr(&output).contains("not there yet"), "{line}: {}", stderr(&output));
    }
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
