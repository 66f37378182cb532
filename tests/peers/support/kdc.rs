//! A KDC of MIT Kerberos for one test: realm EXAMPLE.TEST, stopped with the test.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{Lines, free_ports, script, wait_until};

/// A running KDC and its folder.
pub struct Kdc {
    dir: tempfile::TempDir,
    /// Its life.
    kdc: Option<Lines>,
}

impl Kdc {
    /// Starts it.
    pub fn start() -> Self {
        Self::with_cipher("aes")
    }

    /// Starts one whose services have this cipher: `aes`, or `rc4` as the old servers.
    pub fn with_cipher(cipher: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [port] = free_ports();
        let mut command = Command::new(script("kerberos/kdc.sh"));
        let mut kdc = Lines::start(command.arg(dir.path()).arg(port.to_string()).arg(cipher));
        wait_until("the KDC listens", 20, || {
            assert!(kdc.runs(), "kdc.sh ended");
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { dir, kdc: Some(kdc) }
    }

    /// Stops it; tickets stay.
    pub fn stop(&mut self) {
        self.kdc = None;
    }

    /// A file or folder of this test.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The keys of sip/lcs.example.test and sip/example.test.
    pub fn keytab(&self) -> PathBuf {
        self.file("sip.keytab")
    }

    /// Sets a program up for this realm and the tickets of `user`, who may have none.
    pub fn equip<'a>(&self, command: &'a mut Command, user: &str) -> &'a mut Command {
        command
            .env("KRB5_CONFIG", self.file("krb5.conf"))
            .env("KRB5CCNAME", format!("FILE:{}", self.file(&format!("cc-{user}")).display()))
            .env("KRB5RCACHENAME", format!("dfl:{}", self.file("rcache").display()))
            .env_remove("KRB5_KTNAME")
            .env_remove("CHINWAG_GSSAPI")
    }

    /// Gets a ticket for `user` that is good for so many seconds.
    pub fn kinit(&self, user: &str, seconds: u32) {
        let mut command = Command::new("kinit");
        let mut lines = Lines::start(self.equip(&mut command, user).args(["-l", &format!("{seconds}s"), user]));
        lines.tell(&format!("pw-{user}"));
        assert_eq!(lines.exit_code(20), 0, "{:?}", lines.seen);
    }

    /// Whether `user` has a ticket that is good for something. It is asked for a service, since a ticket is
    /// good for a moment longer than `klist` says.
    pub fn has_ticket(&self, user: &str) -> bool {
        let mut command = Command::new("kvno");
        let command = self.equip(&mut command, user).args(["-q", "sip/lcs.example.test"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }
}
