//! Automatic configuration against a real name server: dnsmasq on loopback tells the way, `chinwag
//! serve` is what is found, over TLS with an authority of the test's own.

use std::path::PathBuf;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::support::{Chinwag, Lines, chinwag_bare, free_ports, wait_until};

/// A domain with a name server and an authority; servers are started one by one.
pub struct Domain {
    dir: tempfile::TempDir,
    /// Where the name server is.
    pub dns_port: u16,
    dns: Option<Lines>,
}

impl Domain {
    pub fn new() -> Self {
        let [dns_port] = free_ports();
        Self { dir: tempfile::tempdir().unwrap(), dns_port, dns: None }
    }

    /// Starts dnsmasq with these records; it answers for example.test alone and asks nobody.
    pub fn tells(&mut self, records: &str) {
        // The one before, with what it told.
        self.dns = None;
        let port = self.dns_port;
        let user = Command::new("id").arg("-un").output().unwrap();
        let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
        let config = format!(
            "port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-poll\n\
             local=/example.test/\nlocal-ttl=30\nuser={user}\n{records}\n"
        );
        let (file, pid) = (self.dir.path().join("dnsmasq.conf"), self.dir.path().join("dnsmasq.pid"));
        std::fs::write(&file, config).unwrap();
        let program = ["/usr/sbin/dnsmasq", "/sbin/dnsmasq"].into_iter().find(|path| std::path::Path::new(path).exists());
        let mut command = Command::new(program.expect("dnsmasq is not installed: run tests/run.sh"));
        command.args(["--keep-in-foreground", "--log-facility=-", "--log-queries"]);
        command.arg(format!("--conf-file={}", file.display())).arg(format!("--pid-file={}", pid.display()));
        let mut dns = Lines::start(&mut command);
        dns.line("dnsmasq starts", 10, |line| line.contains("started"));
        wait_until("dnsmasq answers", 10, || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        self.dns = Some(dns);
    }

    /// Starts a server on this port with a certificate for this name.
    pub fn server(&self, port: u16, name: &str, options: &[&str]) -> Lines {
        let folder = self.folder(&format!("server-{port}"));
        let users = folder.join("users");
        std::fs::write(&users, "alice:plain:pw-alice:Alice\nbob:plain:pw-bob:Bob\n").unwrap();
        let (cert, key) = self.certificate(name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["serve", "--domain", "example.test", "--tls-listen", &format!("127.0.0.1:{port}")]).args(options);
        command.arg("--users").arg(users).arg("--cert").arg(cert).arg("--key").arg(key);
        let mut server = Lines::start(&mut command);
        server.line("the server listens", 15, |line| line.starts_with("listening tls"));
        server
    }

    /// A certificate of the authority for a name; the authority is made with the first one.
    fn certificate(&self, name: &str) -> (PathBuf, PathBuf) {
        let (ca, ca_key) = (self.ca(), self.dir.path().join("ca.key"));
        if !ca.exists() {
            let key = KeyPair::generate().unwrap();
            let cert = Self::authority().self_signed(&key).unwrap();
            std::fs::write(&ca, cert.pem()).unwrap();
            std::fs::write(&ca_key, key.serialize_pem()).unwrap();
        }
        let issuer = Issuer::new(Self::authority(), KeyPair::from_pem(&std::fs::read_to_string(ca_key).unwrap()).unwrap());
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let (cert_file, key_file) = (self.dir.path().join(format!("{name}.pem")), self.dir.path().join(format!("{name}.key")));
        std::fs::write(&cert_file, cert.pem()).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        (cert_file, key_file)
    }

    fn authority() -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test root");
        params
    }

    fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// The program told nothing but alice's address, the name server and the authority, and `more`
    /// in her configuration.
    pub fn alice(&self, more: &str) -> Command {
        self.person("alice", more)
    }

    /// The same for somebody else.
    pub fn person(&self, user: &str, more: &str) -> Command {
        let folder = self.folder(user);
        let config = folder.join("config.toml");
        let (port, ca) = (self.dns_port, self.ca());
        let text = format!(
            "[accounts.work]\nuri = \"sip:{user}@example.test\"\ndns = \"127.0.0.1:{port}\"\nca_file = \"{}\"\n{more}\n",
            ca.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = chinwag_bare(user, &folder);
        command.arg("--config").arg(config);
        command
    }

    /// What `doctor` says: step, state, text.
    fn doctor(&self, more: &str, options: &[&str]) -> Vec<(String, String, String)> {
        let output = self.alice(more).args(options).args(["doctor", "--json"]).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let lines = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let of = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        lines.map(|line| (of(&line, "step"), of(&line, "state"), of(&line, "text"))).collect()
    }
}

#[test]
fn the_address_alone_leads_to_the_server_past_a_dead_one() {
    let mut domain = Domain::new();
    let [port, dead] = free_ports();
    domain.tells(&format!(
        "host-record=gone.example.test,127.0.0.1\nhost-record=pool.example.test,127.0.0.1\n\
         srv-host=_sipinternaltls._tcp.example.test,gone.example.test,{dead},1,0\n\
         srv-host=_sipinternaltls._tcp.example.test,pool.example.test,{port},2,0"
    ));
    // As servers of the LCS family have it: the certificate holds the server's own name only.
    let _server = domain.server(port, "pool.example.test", &[]);
    let mut alice = Chinwag::start(domain.alice(""));
    let online = alice.phase("online", 20);
    assert_eq!((&online["server"], &online["transport"]), (&format!("pool.example.test:{port}").into(), &"tls".into()));
    assert_eq!(alice.finish(), 0);
}

#[test]
fn naptr_leads_to_the_server() {
    let mut domain = Domain::new();
    let [port] = free_ports();
    domain.tells(&format!(
        "host-record=edge.hoster.test,127.0.0.1\n\
         naptr-record=example.test,20,10,s,SIP+D2T,,_sip._tcp.example.test\n\
         naptr-record=example.test,10,10,s,SIPS+D2T,,_chosen._tcp.example.test\n\
         srv-host=_chosen._tcp.example.test,edge.hoster.test,{port},1,0"
    ));
    // The server is a hoster's, and its certificate is for the domain (RFC 5922).
    let _server = domain.server(port, "example.test", &[]);
    let mut alice = Chinwag::start(domain.alice(""));
    assert_eq!(alice.phase("online", 20)["server"], format!("edge.hoster.test:{port}"));
    assert_eq!(alice.finish(), 0);
}

#[test]
fn the_next_server_takes_over_when_one_dies() {
    let mut domain = Domain::new();
    let ports: [u16; 2] = free_ports();
    let [first, second] = ports;
    domain.tells(&format!(
        "host-record=one.example.test,127.0.0.1\nhost-record=two.example.test,127.0.0.1\n\
         srv-host=_sip._tls.example.test,one.example.test,{first},1,0\n\
         srv-host=_sip._tls.example.test,two.example.test,{second},2,0"
    ));
    let one = domain.server(first, "example.test", &[]);
    let _two = domain.server(second, "example.test", &[]);
    let mut alice = Chinwag::start(domain.alice(""));
    assert_eq!(alice.phase("online", 20)["server"], format!("one.example.test:{first}"));
    drop(one);
    assert_eq!(alice.phase("online", 30)["server"], format!("two.example.test:{second}"));
    assert_eq!(alice.finish(), 0);
}

#[test]
fn the_doctor_tells_every_question_and_answer() {
    let mut domain = Domain::new();
    let [port, dead] = free_ports();
    domain.tells(&format!(
        "host-record=gone.example.test,127.0.0.1\nhost-record=sip.example.test,127.0.0.1\n\
         srv-host=_sip._tls.example.test,gone.example.test,{dead},1,0\n\
         srv-host=_sips._tcp.example.test,sip.example.test,{port},1,0"
    ));
    let _server = domain.server(port, "sip.example.test", &[]);
    let told = domain.doctor("", &[]);
    let line = |step: &str, state: &str, text: String| (step.to_owned(), state.to_owned(), text);
    let begun = [
        line("way", "ok", "found automatically, for example.test".into()),
        line("name", "ok", "SRV _sipinternaltls._tcp.example.test: no such record".into()),
        line("name", "ok", format!("SRV _sip._tls.example.test: gone.example.test:{dead}")),
        line("address", "ok", format!("gone.example.test:{dead}: 127.0.0.1:{dead}")),
        line("connect", "warning", format!("tls to 127.0.0.1:{dead}")),
        line("name", "ok", "NAPTR example.test for SIPS+D2T: no such record".into()),
        line("name", "ok", format!("SRV _sips._tcp.example.test: sip.example.test:{port}")),
        line("address", "ok", format!("sip.example.test:{port}: 127.0.0.1:{port}")),
    ];
    assert_eq!(told[1..9], begun, "{told:#?}");
    assert!(told.iter().any(|(step, state, _)| step == "sign-in" && state == "ok"), "{told:#?}");
}

#[test]
fn the_strict_rule_takes_only_servers_called_as_the_domain() {
    let mut domain = Domain::new();
    let [port] = free_ports();
    domain.tells(&format!(
        "host-record=pool.example.test,127.0.0.1\nhost-record=sip.example.test,127.0.0.1\n\
         srv-host=_sip._tls.example.test,pool.example.test,{port},1,0\n\
         srv-host=_sip._tls.example.test,sip.example.test,{port},2,0"
    ));
    let _server = domain.server(port, "example.test", &[]);
    let strict = "server = \"127.0.0.1:1\"\nautomatic = true\nstrict_server_names = true";
    let mut alice = Chinwag::start(domain.alice(strict));
    assert_eq!(alice.phase("online", 20)["server"], format!("sip.example.test:{port}"));
    assert_eq!(alice.finish(), 0);
    let told = domain.doctor(strict, &[]);
    let way = "found automatically, for example.test; 127.0.0.1:1, which was named by hand, is not used";
    assert_eq!(told[1].2, way, "automatic configuration goes before what was entered by hand");
    assert!(
        told.iter().any(|(step, state, text)| (step.as_str(), state.as_str(), text.as_str())
            == ("name", "warning", "a server was passed over"))
    );
    // Who names a server at the terminal means it.
    let told = domain.doctor(strict, &["--server", &format!("127.0.0.1:{port}")]);
    assert_eq!(told[1].2, format!("named by hand: 127.0.0.1, port {port}"));
    assert!(told.iter().any(|(step, state, _)| step == "sign-in" && state == "ok"), "{told:#?}");
}

#[test]
fn the_home_server_is_remembered_and_given_up_when_it_is_gone() {
    let mut domain = Domain::new();
    let ports: [u16; 2] = free_ports();
    let [pool, home] = ports;
    domain.tells(&format!(
        "host-record=pool.example.test,127.0.0.1\nhost-record=home.example.test,127.0.0.1\n\
         srv-host=_sipinternaltls._tcp.example.test,pool.example.test,{pool},1,0"
    ));
    let director = domain.server(pool, "pool.example.test", &["--home", &format!("alice=home.example.test:{home}")]);
    let at_home = domain.server(home, "home.example.test", &[]);
    let signs_in = || {
        let mut alice = Chinwag::start(domain.alice(""));
        let server = alice.phase("online", 20)["server"].clone();
        assert_eq!(alice.finish(), 0);
        server
    };
    assert_eq!(signs_in(), format!("home.example.test:{home}"), "redirected");
    drop(director);
    assert_eq!(signs_in(), format!("home.example.test:{home}"), "remembered");
    drop(at_home);
    let _pool = domain.server(pool, "pool.example.test", &[]);
    assert_eq!(signs_in(), format!("pool.example.test:{pool}"), "looked up anew");
    let files = std::fs::read_dir(domain.folder("alice").join("homes")).unwrap();
    assert_eq!(files.count(), 0, "forgotten");
}
