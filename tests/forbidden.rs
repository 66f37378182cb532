//! What administrators forbid, seen from outside: the program as it is built, real files, a trace of the system.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(policies: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        let config = "[accounts.work]\nuri = \"sip:alice@example.test\"\nserver = \"127.0.0.1:1\"\npassword.env = \"SECRET\"\n";
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let place = Self { folder };
        for (name, text) in policies {
            place.policy(name, text);
        }
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn policy(&self, name: &str, text: &str) {
        std::fs::write(self.path("policies").join(name), text).unwrap();
    }

    /// The arguments that keep it to this place.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.folder.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("SECRET", "x").env("TERM", "xterm");
        command
    }

    fn arguments(&self) -> Vec<String> {
        let of = |name: &str| self.path(name).display().to_string();
        ["--policy-dir".to_owned(), of("policies"), "--config".to_owned(), of("config.toml"), "--data-dir".to_owned(), of("data")]
            .into()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_chinwag")).args(self.arguments()).args(arguments).output().unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn prevent_run_is_decided_before_anything_else() {
    let place = Place::new(&[("a.toml", "PreventRun = true\n")]);
    let trace = place.path("trace");
    let output = place
        .command("strace")
        .args(["-f", "-e", "trace=%network,%file", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_chinwag"))
        .args(place.arguments())
        .args(["send", "bob", "hello"])
        .output()
        .expect("strace is needed, which tests/run.sh installs");
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("set by your organisation: PreventRun ("), "{}", said(&output));
    let trace = std::fs::read_to_string(trace).unwrap();
    assert!(trace.contains("policies"), "the trace shows what is opened");
    for word in ["socket(", "connect(", "config.toml\"", "/data", "store", "keyring", "dbus"] {
        let line = trace.lines().find(|line| line.contains(word) && !line.contains("execve("));
        assert_eq!(line, None, "{word} is touched before the policy is");
    }
    // What explains it still works.
    for arguments in [&["policy", "show"][..], &["config", "check"], &["keys"]] {
        assert_eq!(place.run(arguments).status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn a_managed_setting_cannot_be_changed_on_the_command_line() {
    let place = Place::new(&[("a.toml", "\nTransport = \"tls\"\nEnableTracing = false\n")]);
    for arguments in [&["--transport", "tcp", "send", "bob", "x"][..], &["-v", "send", "bob", "x"]] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(5), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains("a.toml:"), "it says where: {}", said(&output));
    }
    let output = place.run(&["--transport", "tls", "send", "bob", "x"]);
    assert_eq!(output.status.code(), Some(4), "what is allowed anyway is no attempt: {}", said(&output));
}

#[test]
fn an_account_that_policy_leaves_nothing_of_is_not_signed_in() {
    let place = Place::new(&[("a.toml", "BlockedAccounts = [\"example.test\"]\n")]);
    let output = place.run(&["send", "bob", "hello"]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("BlockedAccounts"), "{}", said(&output));
    let place = Place::new(&[("a.toml", "AllowedTransports = [\"tls\"]\n")]);
    let output = place.run(&["--transport", "tcp", "send", "bob", "hello"]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
}

#[test]
fn everything_is_shown_with_its_place_and_its_losers() {
    let place = Place::new(&[
        ("1.toml", "IdleAfter = 1\nTransprot = \"tls\"\n"),
        ("2.json", "{\n  \"IdleAfter\": 2,\n  \"DisableIM\": \"yes\"\n}"),
        (
            "3.reg",
            "REGEDIT4\n[HKEY_CURRENT_USER\\Software\\Policies\\Microsoft\\Messenger\\Client]\n\"DisableVideo\"=dword:1\n\"CEIP\"=dword:2\n",
        ),
        ("4.toml", "broken = \n"),
    ]);
    let output = place.run(&["policy", "show", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let one = |name: &str| shown["policies"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap();
    let source = |name: &str| one(name)["source"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!((one("IdleAfter")["value"].clone(), source("IdleAfter")), (2.into(), "2.json:2".to_owned()));
    assert_eq!(one("IdleAfter")["losers"][0]["status"], "overridden");
    assert_eq!((one("DisableIM")["status"].clone(), one("DisableIM")["value"].clone()), ("wrong type".into(), true.into()));
    assert_eq!((one("DisableVideo")["value"].clone(), source("DisableVideo")), (true.into(), "3.reg:3".to_owned()));
    assert_eq!(one("CEIP")["status"], "no effect");
    assert!(one("Transprot")["words"].as_str().unwrap().contains("did you mean Transport?"));
    assert_eq!(one("DisableFileTransfer")["value"], true, "a file nobody can read may have forbidden it");
    assert_eq!(shown["broken"], true);
    let text = String::from_utf8(place.run(&["policy", "show"]).stdout).unwrap();
    assert!(text.contains("fault: ") && text.contains("4.toml:1"), "{text}");
}

#[test]
fn files_are_checked_before_they_are_rolled_out() {
    let place = Place::new(&[]);
    let check = |name: &str, text: &[u8]| {
        let path = place.path(name);
        std::fs::write(&path, text).unwrap();
        let output = place.run(&["policy", "check", path.to_str().unwrap()]);
        (output.status.code(), said(&output))
    };
    assert_eq!(check("fine.toml", b"PreventRun = true\n").0, Some(0));
    for (name, text, why) in [
        ("unknown.toml", &b"PreventFun = true\n"[..], "did you mean PreventRun?"),
        ("type.json", b"{\"PreventRun\": \"yes\"}", "expected true or false"),
        ("range.toml", b"Transport = \"tsl\"\n", "expected one of auto, udp, tcp, tls"),
        ("broken.toml", b"PreventRun = \n", "broken.toml:1"),
        ("broken.pol", b"PReg\x01\0\0\0[", "breaks off"),
        ("broken.reg", b"[x]", "first line"),
    ] {
        let (code, said) = check(name, text);
        assert!(code == Some(7) && said.contains(why), "{name}: {code:?} {said}");
    }
    assert_eq!(place.run(&["policy", "check", "/nonexistent.toml"]).status.code(), Some(7));
    assert_eq!(place.run(&["policy", "check", "/etc/passwd"]).status.code(), Some(7));
}

#[test]
fn a_file_the_configuration_names_is_obeyed() {
    let place = Place::new(&[]);
    std::fs::write(
        place.path("company.reg"),
        "REGEDIT4\n[HKEY_LOCAL_MACHINE\\Software\\Policies\\Chinwag]\n\"PreventRun\"=dword:1\n",
    )
    .unwrap();
    let config = std::fs::read_to_string(place.path("config.toml")).unwrap();
    std::fs::write(place.path("config.toml"), format!("{config}[policy]\nfiles = \"company.reg\"\n")).unwrap();
    let output = place.run(&["status"]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("company.reg:3"), "{}", said(&output));
}

#[test]
fn the_registry_becomes_a_file_of_ours() {
    let place = Place::new(&[]);
    let reg = place.path("a.reg");
    std::fs::write(&reg, "REGEDIT4\n[HKEY_LOCAL_MACHINE\\Software\\Policies\\Chinwag]\n\"IdleAfter\"=dword:0000000a\n[HKEY_LOCAL_MACHINE\\Software\\Policies\\Chinwag\\Recommended]\n\"Transport\"=\"tls\"\n").unwrap();
    let out = place.path("out.toml");
    let import = |more: &[&str]| {
        let mut arguments = vec!["policy", "import", reg.to_str().unwrap(), "--out", out.to_str().unwrap()];
        arguments.extend(more);
        let output = place.run(&arguments);
        (output.status.code(), said(&output), std::fs::read_to_string(&out).unwrap_or_default())
    };
    let (code, told, text) = import(&[]);
    assert_eq!((code, text.as_str()), (Some(0), "# From a.reg\nIdleAfter = 10\n"));
    assert!(told.contains("--recommended"), "{told}");
    assert_eq!(import(&["--recommended"]).2, "# From a.reg\nTransport = \"tls\"\n");
    assert!(Path::new(&out).exists());
}

#[test]
fn where_a_passphrase_is_wanted_no_command_reads_what_is_kept_without() {
    use chinwag::history::{Store, Unlock, is_sealed, key_path};
    let place = Place::new(&[("a.toml", "EncryptLocalStore = \"passphrase\"\n")]);
    let data = place.path("data");
    std::fs::create_dir(&data).unwrap();
    drop(Store::open(&data, &Unlock::KeyFile, chinwag::model::Retention::Forever).unwrap());
    let key = std::fs::read(key_path(&data)).unwrap();
    for (arguments, code) in [(["history", "list"], 7), (["store", "rekey"], 5)] {
        let output = place.run(&arguments);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(said(&output).contains("EncryptLocalStore"), "{}", said(&output));
        assert_eq!(std::fs::read(key_path(&data)).unwrap(), key);
    }
    for arguments in [["store", "rekey"], ["history", "list"]] {
        let mut command = place.command(env!("CARGO_BIN_EXE_chinwag"));
        let output = command.env("CHINWAG_PASSPHRASE", "right").args(place.arguments()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert_eq!(is_sealed(&key_path(&data)), Some(true));
    }
}

#[test]
fn a_session_that_may_not_run_any_more_ends() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;
    let place = Place::new(&[]);
    std::fs::write(place.path("users"), "alice:plain:x:Alice\n").unwrap();
    let mut server = place
        .command(env!("CARGO_BIN_EXE_chinwag"))
        .args(["serve", "--domain", "example.test", "--listen", "127.0.0.1:0", "--users"])
        .arg(place.path("users"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let at = lines.by_ref().find_map(|line| line.unwrap().strip_prefix("listening tcp ").map(str::to_owned)).unwrap();
    let config = format!(
        "[accounts.work]\nuri = \"sip:alice@example.test\"\nserver = \"{at}\"\ntransport = \"tcp\"\npassword.env = \"SECRET\"\n"
    );
    std::fs::write(place.path("config.toml"), config).unwrap();
    let mut session = place
        .command(env!("CARGO_BIN_EXE_chinwag"))
        .args(place.arguments())
        .args(["--json", "listen"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(session.stdout.take().unwrap()).lines();
    assert!(told.by_ref().any(|line| line.unwrap().contains("\"online\"")), "it signs in");
    place.policy("a.toml", "PreventRun = true\n");
    let output = session.wait_with_output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("PreventRun"), "{}", said(&output));
}
