//! One Kamailio for one test, on free ports, stopped with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{free_ports, script};

/// A running server: accounts alice, bob, carol, dave, u0001 to u2000; password `pw-` and the name.
pub struct Kamailio {
    dir: tempfile::TempDir,
    /// TCP and UDP.
    pub port: u16,
    /// TLS.
    pub tls_port: u16,
    environment: Vec<(&'static str, &'static str)>,
    /// Where the scripts run: here, or in another network.
    place: Box<dyn Fn(&Command) -> Command>,
}

impl Kamailio {
    /// Starts it with the settings of `kamailio.sh`'s head.
    pub fn start(environment: &[(&'static str, &'static str)]) -> Self {
        let here = |command: &Command| {
            let mut same = Command::new(command.get_program());
            same.args(command.get_args());
            same
        };
        Self::start_by(environment, here)
    }

    /// The same, each command being run as `place` makes it.
    pub fn start_by(environment: &[(&'static str, &'static str)], place: impl Fn(&Command) -> Command + 'static) -> Self {
        let [port, tls_port] = free_ports();
        let dir = tempfile::tempdir().unwrap();
        let server = Self { dir, port, tls_port, environment: environment.to_vec(), place: Box::new(place) };
        server.up();
        server
    }

    /// Starts it (again) on the same ports.
    pub fn up(&self) {
        self.run(&["start", &self.path(), &self.port.to_string(), &self.tls_port.to_string()]);
    }

    /// Kills it: connections are reset.
    pub fn crash(&self) {
        self.run(&["crash", &self.path()]);
    }

    /// Stops it in its tracks: connections stay, nobody answers.
    pub fn freeze(&self) {
        self.run(&["freeze", &self.path()]);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.run(&["thaw", &self.path()]);
    }

    /// Asks it something.
    pub fn rpc(&self, command: &str) -> String {
        let output = self.run(&["rpc", &self.path(), command]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Stores a list `sip:NAME@example.test` for a user, members by user name.
    pub fn store_list(&self, user: &str, name: &str, members: &[String]) {
        let status = Command::new("python3")
            .arg(script("kamailio/xcap.py"))
            .args([&self.port.to_string(), user, "list", name])
            .args(members)
            .output()
            .unwrap();
        assert!(status.status.success(), "xcap.py: {}", String::from_utf8_lossy(&status.stdout));
    }

    /// The root that signed its certificate.
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A folder for the test's own files.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn path(&self) -> String {
        self.dir.path().to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(script("kamailio/kamailio.sh"));
        command.args(arguments);
        let output = (self.place)(&command).envs(self.environment.iter().copied()).output().unwrap();
        assert!(
            output.status.success(),
            "kamailio.sh {}: {}\nIf it is not installed, run tests/run.sh.",
            arguments[0],
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        let log = Path::new(&self.path()).join("kamailio.log");
        if std::thread::panicking()
            && let Ok(text) = std::fs::read_to_string(log)
        {
            let tail: Vec<&str> = text.lines().rev().take(20).collect();
            eprintln!("kamailio's last words:\n{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
        let _ = Command::new(script("kamailio/kamailio.sh")).args(["thaw", &self.path()]).output();
        let _ = Command::new(script("kamailio/kamailio.sh")).args(["stop", &self.path()]).output();
    }
}
