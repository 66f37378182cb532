//! The embedded server as a program of its own, speaking LCS, for one test; stopped with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Lines, chinwag_command, script};

/// A running `chinwag serve`: people with the password `pw-` and their name.
pub struct Lcs {
    dir: tempfile::TempDir,
    /// Its output, its input for control lines, and its life.
    pub lines: Lines,
    /// TCP.
    pub port: u16,
    /// TLS.
    pub tls_port: u16,
}

impl Lcs {
    /// Starts it with more options.
    pub fn start(people: &[&str], options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let users: String =
            people.iter().map(|one| format!("{one}:plain:pw-{one}:{}", full_name(one))).collect::<Vec<_>>().join("\n");
        let file = dir.path().join("users");
        std::fs::write(&file, users).unwrap();
        let certs = Command::new(script("kamailio/make-certs.sh")).arg(dir.path()).output().unwrap();
        assert!(certs.status.success(), "make-certs.sh: {}", String::from_utf8_lossy(&certs.stderr));
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command
            .args(["serve", "--domain", "example.test", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"])
            .arg("--users")
            .arg(&file)
            .arg("--cert")
            .arg(dir.path().join("server.pem"))
            .arg("--key")
            .arg(dir.path().join("server.key"))
            .args(options);
        let mut lines = Lines::start(&mut command);
        let port_of = |line: String| line.rsplit(':').next().unwrap().trim().parse().unwrap();
        let port = port_of(lines.line("its TCP port", 10, |l| l.starts_with("listening tcp")));
        let tls_port = port_of(lines.line("its TLS port", 10, |l| l.starts_with("listening tls")));
        Self { dir, lines, port, tls_port }
    }

    /// A folder of this test.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A file of this test.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The port of a transport.
    pub fn port_of(&self, transport: &str) -> u16 {
        if transport == "tls" { self.tls_port } else { self.port }
    }

    /// The program set up for a user of this server, without a subcommand yet.
    pub fn command(&self, user: &str, transport: &str) -> Command {
        self.command_at(user, transport, self.port_of(transport), &self.folder(&format!("chinwag-{user}")))
    }

    /// The same with another port, such as that of a wire in between, and a folder of its own.
    pub fn command_at(&self, user: &str, transport: &str, port: u16, folder: &Path) -> Command {
        let mut command = chinwag_command(user, folder);
        command.args(["--server", &format!("127.0.0.1:{port}"), "--transport", transport]);
        if transport == "tls" {
            command.arg("--ca-file").arg(self.file("ca.pem"));
        }
        command
    }
}

/// `alice` is called Alice Example.
fn full_name(user: &str) -> String {
    let mut letters = user.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{} Example", letters.as_str())
}
