//! Kamailio or the embedded server, whichever a test is about: one set of handles for what happens to servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Chinwag, Kamailio, Lines, chinwag_bare, free_ports, script};

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Kamailio.
    Kamailio,
    /// `chinwag serve`.
    Embedded,
}

/// What a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// As it should be.
    Good,
    /// For somebody else.
    WrongName,
    /// Out of date.
    Expired,
}

/// A server with accounts alice and bob, on ports it keeps.
pub struct Site {
    server: Server,
    /// TCP.
    pub port: u16,
    /// TLS.
    pub tls_port: u16,
}

enum Server {
    Kamailio(Box<Kamailio>),
    Embedded(Box<Embedded>),
}

struct Embedded {
    dir: tempfile::TempDir,
    remembers: bool,
    process: Option<Lines>,
}

impl Site {
    /// Starts it; `remembers`: what it keeps in files outlives it.
    pub fn start(kind: Kind, remembers: bool) -> Self {
        let (server, [port, tls_port]) = match kind {
            Kind::Kamailio => {
                let kamailio = Kamailio::start(if remembers { &[("KEEP", "1")] } else { &[] });
                let ports = [kamailio.port, kamailio.tls_port];
                (Server::Kamailio(Box::new(kamailio)), ports)
            }
            Kind::Embedded => {
                let dir = tempfile::tempdir().unwrap();
                let certs = Command::new(script("kamailio/make-certs.sh")).arg(dir.path()).output().unwrap();
                assert!(certs.status.success(), "make-certs.sh: {}", String::from_utf8_lossy(&certs.stderr));
                std::fs::write(dir.path().join("users"), "alice:plain:pw-alice:Alice\nbob:plain:pw-bob:Bob\n").unwrap();
                (Server::Embedded(Box::new(Embedded { dir, remembers, process: None })), free_ports())
            }
        };
        let mut site = Self { server, port, tls_port };
        std::fs::copy(site.file("server.pem"), site.file("good.pem")).unwrap();
        if kind == Kind::Embedded {
            site.up();
        }
        site
    }

    /// Starts it again.
    pub fn up(&mut self) {
        let (port, tls_port) = (self.port, self.tls_port);
        match &mut self.server {
            Server::Kamailio(kamailio) => kamailio.up(),
            Server::Embedded(own) => own.up(port, tls_port),
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        match &mut self.server {
            Server::Kamailio(kamailio) => kamailio.crash(),
            Server::Embedded(own) => own.process = None,
        }
    }

    /// SIGSTOP.
    pub fn freeze(&self) {
        match &self.server {
            Server::Kamailio(kamailio) => kamailio.freeze(),
            Server::Embedded(own) => own.process.as_ref().unwrap().freeze(),
        }
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        match &self.server {
            Server::Kamailio(kamailio) => kamailio.thaw(),
            Server::Embedded(own) => own.process.as_ref().unwrap().thaw(),
        }
    }

    /// Begins anew with this one.
    pub fn show(&mut self, certificate: Certificate) {
        let name = match certificate {
            Certificate::Good => "good.pem",
            Certificate::WrongName => "wronghost.pem",
            Certificate::Expired => "expired.pem",
        };
        std::fs::copy(self.file(name), self.file("server.pem")).unwrap();
        self.kill();
        self.up();
    }

    /// A file of the server's.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder("").join(name)
    }

    fn folder(&self, name: &str) -> PathBuf {
        match &self.server {
            Server::Kamailio(kamailio) => kamailio.folder(name),
            Server::Embedded(own) => {
                let folder = own.dir.path().join(name);
                std::fs::create_dir_all(&folder).unwrap();
                folder
            }
        }
    }

    /// A user of this server, signing in at this port of this machine, with more settings.
    pub fn person(&self, user: &str, transport: &str, port: u16, more: &str) -> Chinwag {
        let folder = self.folder(&format!("chinwag-{user}"));
        let config = format!(
            "[accounts.{user}]\nuri = \"sip:{user}@example.test\"\nserver = \"127.0.0.1:{port}\"\ntransport = \"{transport}\"\n\
             ca_file = \"{}\"\n{more}\n",
            self.file("ca.pem").display()
        );
        Chinwag::start(with_config(user, &folder, &config))
    }
}

impl Embedded {
    fn up(&mut self, port: u16, tls_port: u16) {
        let file = |name: &str| self.dir.path().join(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["serve", "--domain", "example.test", "--listen", &format!("127.0.0.1:{port}")]);
        command.args(["--tls-listen", &format!("127.0.0.1:{tls_port}")]).arg("--users").arg(file("users"));
        command.arg("--cert").arg(file("server.pem")).arg("--key").arg(file("server.key"));
        if self.remembers {
            command.arg("--store").arg(file("kept.json"));
        }
        let mut process = Lines::start(&mut command);
        process.line("the server listens", 15, |line| line.starts_with("listening tls"));
        self.process = Some(process);
    }
}

/// The program with this configuration.
fn with_config(user: &str, folder: &Path, config: &str) -> Command {
    let file = folder.join("config.toml");
    std::fs::write(&file, config).unwrap();
    let mut command = chinwag_bare(user, folder);
    command.arg("--config").arg(file);
    command
}
