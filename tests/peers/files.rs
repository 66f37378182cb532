//! Files from one chinwag to another by way of Kamailio and of the embedded server, looked at by a real `ClamAV`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use crate::support::{Chinwag, Kamailio, Lcs, wait_until};

/// Octets nobody would get right by chance.
fn odd_text() -> Vec<u8> {
    (0..40_000_u32).flat_map(|number| format!("{} {number}\n", number.wrapping_mul(2_654_435_761)).into_bytes()).collect()
}

fn begun(mut command: Command) -> JoinHandle<Output> {
    std::thread::spawn(move || command.stdin(Stdio::null()).output().unwrap())
}

fn said(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Alice offers until bob is there to take it.
fn offered(send: impl Fn() -> Command) -> Output {
    wait_until("somebody who takes it", 40, || {
        let output = send().stdin(Stdio::null()).output().unwrap();
        let nobody =
            said(&output).contains("not signed in") || said(&output).contains("(480)") || said(&output).contains("(404)");
        (!nobody).then_some(output)
    })
}

#[test]
fn by_way_of_kamailio_in_a_call_and_by_msrp() {
    let server = Kamailio::start(&[("alice", "pw-alice"), ("bob", "pw-bob")]);
    let into = server.folder("downloads");
    let file = server.folder("ours").join("minutes.txt");
    fs::write(&file, odd_text()).unwrap();
    let mut receive = Chinwag::command(&server, "bob", "tls");
    receive.args(["--json", "receive", "sip:alice@example.test", "--timeout", "90", "--into"]).arg(&into);
    let receiving = begun(receive);
    let output = offered(|| {
        let mut send = Chinwag::command(&server, "alice", "tls");
        send.args(["--json", "send", "bob", "--timeout", "30", "--file"]).arg(&file);
        send
    });
    assert!(output.status.success(), "{}", said(&output));
    let output = receiving.join().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read(into.join("minutes.txt")).unwrap() == odd_text());
}

/// A `ClamAV` of this test's own: no database but one line of ours, a socket in a folder of ours.
struct Clamd {
    child: Child,
    socket: PathBuf,
}

impl Clamd {
    fn start(folder: &Path) -> Self {
        let database = folder.join("database");
        fs::create_dir_all(&database).unwrap();
        let hex = eicar().bytes().fold(String::new(), |hex, octet| hex + &format!("{octet:02x}"));
        fs::write(database.join("ours.ndb"), format!("Local.Eicar-Test:0:*:{hex}\n")).unwrap();
        let socket = folder.join("clamd.sock");
        let config = folder.join("clamd.conf");
        let user = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8(user.stdout).unwrap();
        let lines = format!(
            "DatabaseDirectory {}\nLocalSocket {}\nForeground yes\nUser {}\nStreamMaxLength 4M\nMaxFileSize 4M\n",
            database.display(),
            socket.display(),
            user.trim()
        );
        fs::write(&config, lines).unwrap();
        let child = Command::new("clamd").arg("-c").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("clamd is of the Debian package clamav-daemon; tests/run.sh installs it");
        let clamd = Self { child, socket };
        wait_until("clamd", 30, || std::os::unix::net::UnixStream::connect(&clamd.socket).ok());
        clamd
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The test file every scanner finds, put together here so that none finds it in the sources.
fn eicar() -> String {
    format!("{}{}", r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*")
}

/// Bob's program, which asks the scanner at this socket, with these policies.
fn asks(server: &Lcs, socket: &Path, policies: &str) -> Command {
    let folder = server.folder("chinwag-bob");
    let config = folder.join("config.toml");
    let text = format!(
        "[files]\nclamd = \"{}\"\n[accounts.bob]\nuri = \"sip:bob@example.test\"\nserver = \"127.0.0.1:{}\"\ntransport = \"tcp\"\n",
        socket.display(),
        server.port
    );
    fs::write(&config, text).unwrap();
    let managed = folder.join("policies");
    fs::create_dir_all(&managed).unwrap();
    fs::write(managed.join("one.toml"), policies).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
    command
        .env("CHINWAG_TEST_PASSWORD", "pw-bob")
        .env("XDG_CONFIG_HOME", &folder)
        .args(["--password-env", "CHINWAG_TEST_PASSWORD", "--config"])
        .arg(&config)
        .arg("--policy-dir")
        .arg(&managed)
        .arg("--data-dir")
        .arg(folder.join("data"));
    command
}

/// Sends one file from alice to bob, who has this scanner and these policies; what bob said, and what is in his folder.
fn scanned(server: &Lcs, name: &str, octets: &[u8], socket: &Path, policies: &str) -> (String, Vec<String>) {
    let into = server.folder(&format!("downloads-{name}"));
    let file = server.folder("ours").join(name);
    fs::write(&file, octets).unwrap();
    let mut receive = asks(server, socket, policies);
    receive.args(["--json", "receive", "alice", "--timeout", "20", "--into"]).arg(&into);
    let receiving = begun(receive);
    offered(|| {
        let mut send = server.command("alice", "tcp");
        send.args(["send", "bob", "--timeout", "30", "--file"]).arg(&file);
        send
    });
    let output = receiving.join().unwrap();
    let kept = fs::read_dir(&into).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    (said(&output), kept.filter(|name| !name.starts_with('.')).collect())
}

#[test]
fn what_clamav_finds_is_not_kept() {
    let server = Lcs::start(&["alice", "bob"], &[]);
    let clamd = Clamd::start(&server.folder("clamd"));
    let (words, kept) = scanned(&server, "plain.txt", b"nothing to see here\n", &clamd.socket, "");
    assert_eq!(kept, ["plain.txt"], "{words}");
    let (words, kept) = scanned(&server, "odd.txt", eicar().as_bytes(), &clamd.socket, "");
    assert!(kept.is_empty(), "{words}");
    assert!(words.contains("Local.Eicar-Test"), "{words}");
    // Larger than it takes: it did not look, which is asked about, and nobody answers here.
    let (words, kept) = scanned(&server, "long.txt", &b"words and words\n".repeat(400_000), &clamd.socket, "");
    assert!(kept.is_empty() && words.contains("larger than it takes"), "{words}");
}

#[test]
fn a_scanner_that_is_gone_is_no_excuse_where_policy_wants_one() {
    let server = Lcs::start(&["alice", "bob"], &[]);
    let nowhere = server.folder("clamd").join("nobody");
    let (words, kept) = scanned(&server, "plain.txt", b"nothing to see here\n", &nowhere, "FileTransferScan = \"required\"\n");
    assert!(kept.is_empty(), "{words}");
    assert!(words.contains("could not be reached"), "{words}");
}
