//! What OpenSSL can serve and nobody should take: old versions of TLS, small keys, old signatures.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Lines, chinwag_bare, free_ports, wait_until};

fn openssl(folder: &Path, words: &str) {
    let mut command = Command::new("openssl");
    let output = command.current_dir(folder).args(words.split(' ')).output();
    let output = output.unwrap_or_else(|e| panic!("openssl cannot be started ({e}): run tests/run.sh"));
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A root, and a certificate of it for `example.test` with a key and a signature as asked for.
fn papers(folder: &Path, key: &str, digest: &str) {
    std::fs::write(folder.join("extensions"), "subjectAltName=DNS:example.test\n").unwrap();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=Root");
    openssl(folder, &format!("req -newkey {key} -nodes -keyout server.key -out server.csr -subj /CN=server"));
    let sign = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out server.pem";
    openssl(folder, &format!("{sign} -{digest}"));
}

/// What the doctor says of TLS with a server started with these options: state, and advice.
fn doctor(folder: &Path, options: &[&str]) -> (String, String) {
    let [port] = free_ports();
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-cert", "server.pem"]);
    command.args(["-key", "server.key", "-cipher", "DEFAULT@SECLEVEL=0", "-quiet"]).args(options);
    let server = Lines::start(&mut command);
    wait_until("openssl listens", 10, || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let mut chinwag = chinwag_bare("alice", folder);
    chinwag.args(["--aor", "sip:alice@example.test", "--server", &format!("127.0.0.1:{port}"), "--ca-file", "ca.pem"]);
    let output = chinwag.current_dir(folder).args(["doctor", "--json"]).output().unwrap();
    drop(server);
    let said = String::from_utf8(output.stdout).unwrap();
    let mut checks = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let tls = checks.find(|check| check["step"] == "tls").unwrap_or_else(|| panic!("{said}"));
    let word = |name: &str| tls[name].as_str().unwrap_or_default().to_owned();
    (word("state"), word("advice"))
}

#[test]
fn the_floor_is_tls_1_2() {
    let folder = tempfile::tempdir().unwrap();
    papers(folder.path(), "rsa:2048", "sha256");
    for version in ["-tls1", "-tls1_1"] {
        let (state, advice) = doctor(folder.path(), &[version]);
        assert_eq!(state, "failed", "{version}");
        assert!(advice.contains("older than 1.2"), "{version}: {advice}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        assert_eq!(doctor(folder.path(), &[version]).0, "ok", "{version}");
    }
}

#[test]
fn small_keys_and_old_signatures_are_told_as_such() {
    for (key, digest, words) in
        [("rsa:1024", "sha256", "an RSA key of 1024 bits"), ("rsa:2048", "sha1", "a signature with SHA-1")]
    {
        let folder = tempfile::tempdir().unwrap();
        papers(folder.path(), key, digest);
        let (state, advice) = doctor(folder.path(), &[]);
        assert_eq!(state, "failed", "{key} {digest}");
        assert!(advice.contains(words), "{key} {digest}: {advice}");
    }
}
