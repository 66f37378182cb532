//! finch with pidgin-sipe, the one other client of LCS, in folders of its own; stopped with the test.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::{Lcs, script};

/// One signed-in finch.
pub struct Finch {
    dir: PathBuf,
}

impl Finch {
    /// Starts it for a user of this server and waits until it is signed in.
    pub fn sign_in(server: &Lcs, user: &str, transport: &str) -> Self {
        let finch = Self::start(server, user, transport, server.port_of(transport));
        finch.run(&["online"]);
        finch
    }

    /// Starts it against a port of this machine.
    pub fn start(server: &Lcs, user: &str, transport: &str, port: u16) -> Self {
        // The path of a socket must be short.
        let finch = Self { dir: server.folder(&format!("f-{user}")) };
        let address = format!("127.0.0.1:{port}");
        let (who, login, password) = (format!("{user}@example.test"), format!("EXAMPLE\\{user}"), format!("pw-{user}"));
        let cert = server.file("server.pem").display().to_string();
        let mut words = vec!["start", "--server", &address, "--user", &who, "--login", &login];
        words.extend(["--password", &password, "--transport", transport]);
        if transport == "tls" {
            words.extend(["--cert", &cert]);
        }
        finch.run(&words);
        finch
    }

    /// Carries out one word of `finch_peer.py`; what it printed.
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.try_run(words);
        assert!(
            output.status.success(),
            "finch {words:?}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&self.try_run(&["screen"]).stdout)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The same where failing is an answer too.
    pub fn try_run(&self, words: &[&str]) -> Output {
        Command::new("python3").arg(script("finch/finch_peer.py")).arg(&self.dir).args(words).output().unwrap()
    }
}

impl Drop for Finch {
    fn drop(&mut self) {
        let _ = self.try_run(&["stop"]);
    }
}
