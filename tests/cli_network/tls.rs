//! The built program and certificates: its own, the server's, and one that was replaced; what the
//! doctor says of them.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;

/// An authority, a server's certificate and alice's, in files.
struct Papers {
    folder: PathBuf,
    authority: CertificateParams,
    key: KeyPair,
}

impl Papers {
    fn new(folder: &Path) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Test root");
        let papers = Self { folder: folder.to_owned(), authority, key: KeyPair::generate().unwrap() };
        let root = papers.authority.self_signed(&papers.key).unwrap();
        std::fs::write(folder.join("ca.pem"), root.pem()).unwrap();
        papers
    }

    /// Writes a certificate and its key.
    fn sign(&self, file: &str, change: impl FnOnce(&mut CertificateParams)) {
        let issuer = Issuer::from_params(&self.authority, &self.key);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["example.test".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, file);
        change(&mut params);
        std::fs::write(self.path(file, "pem"), params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
        std::fs::write(self.path(file, "key"), key.serialize_pem()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(self.path(file, "key"), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    fn path(&self, file: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{file}.{kind}"))
    }
}

/// A server with TLS, and alice with a configuration of her own.
struct Secured {
    folder: tempfile::TempDir,
    papers: Papers,
    address: String,
    server: Running,
}

impl Secured {
    fn new(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("users"), "alice:plain:wonderland:Alice\nbob:plain:builder:Bob\n").unwrap();
        let papers = Papers::new(folder.path());
        papers.sign("server", |_| {});
        let (server, address) = Self::serve(&papers, "127.0.0.1:0", options);
        Self { folder, papers, address, server }
    }

    fn serve(papers: &Papers, at: &str, options: &[&str]) -> (Running, String) {
        let mut command = program(&papers.folder);
        command.current_dir(&papers.folder).args(["serve", "--users", "users", "--domain", "example.test", "--tls-listen", at]);
        command.args(["--cert", "server.pem", "--key", "server.key"]).args(options);
        let mut server = Running::start(&mut command);
        let line = server.line(|line| line.starts_with("listening tls "));
        (server, line.rsplit(' ').next().unwrap().to_owned())
    }

    fn alice(&self, more: &str, words: &[&str]) -> Command {
        let config = self.folder.path().join("config.toml");
        let text = format!(
            "[accounts.work]\nuri = \"sip:alice@example.test\"\nserver = \"{}\"\npassword.env = \"TEST_PASSWORD\"\n{more}\n",
            self.address
        );
        std::fs::write(&config, text).unwrap();
        let mut command = program(self.folder.path());
        command.current_dir(self.folder.path()).env("TEST_PASSWORD", "wonderland").stdin(Stdio::null());
        command.arg("--config").arg(config).arg("--data-dir").arg(self.folder.path().join("alice")).args(words);
        command
    }

    fn doctor(&self, more: &str) -> (Option<i32>, Vec<Value>) {
        let output = self.alice(more, &["doctor", "--json"]).output().unwrap();
        (output.status.code(), text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

fn check<'a>(checks: &'a [Value], step: &str) -> &'a Value {
    checks.iter().find(|check| check["step"] == step).unwrap_or_else(|| panic!("{step}: {checks:#?}"))
}

const TRUSTING: &str = "ca_file = \"ca.pem\"";

#[test]
fn a_server_that_demands_certificates_gets_ours() {
    let world = Secured::new(&["--client-ca", "ca.pem"]);
    world.papers.sign("alice", |_| {});
    world.papers.sign("old", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let with = |file: &str| format!("{TRUSTING}\nclient_cert = \"{file}.pem\"\nclient_key = \"{file}.key\"");
    let watch = |more: &str| {
        let output = world.alice(more, &["watch", "--timeout", "0"]).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let (code, said) = watch(&with("alice"));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = watch(TRUSTING);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("wants a certificate of its users") && said.contains("client_cert and client_key"), "{said}");
    let (code, said) = watch(&with("old"));
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("does not take your certificate: it is out of date"), "{said}");
    let (code, said) = watch(&format!("{TRUSTING}\nclient_cert = \"alice.pem\"\nclient_key = \"old.key\""));
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("old.key does not belong to the certificate in alice.pem"), "{said}");
    let (code, said) = watch(&format!("{TRUSTING}\nclient_cert = \"alice.pem\""));
    assert_eq!(code, Some(7), "{said}");
    assert!(said.contains("set client_key"), "{said}");

    let (code, checks) = world.doctor(&with("alice"));
    assert_eq!(code, Some(0), "{checks:#?}");
    assert_eq!(check(&checks, "own-certificate")["state"], "ok", "{checks:#?}");
    assert!(check(&checks, "tls")["text"].as_str().unwrap().contains("asked for your certificate and got it"), "{checks:#?}");
    let (code, checks) = world.doctor(&with("old"));
    assert_eq!((code, &check(&checks, "own-certificate")["state"]), (Some(4), &"failed".into()), "{checks:#?}");
}

#[test]
fn the_doctor_shows_the_chain_and_a_pin_that_works() {
    let world = Secured::new(&[]);
    // Nobody this machine knows.
    let (code, checks) = world.doctor("");
    let tls = check(&checks, "tls");
    assert_eq!((code, &tls["state"]), (Some(4), &"failed".into()), "{checks:#?}");
    let leaf = &tls["chain"][0];
    assert_eq!(
        (&leaf["subject"], &leaf["issuer"], &leaf["at_fault"]),
        (&"CN=server".into(), &"CN=Test root".into(), &true.into())
    );
    assert_eq!(leaf["names"], serde_json::json!(["example.test"]));
    let pin = leaf["pin"].as_str().unwrap();
    assert_eq!(check(&checks, "next")["state"], "failed");
    // The key it shows is the one to pin, and openssl says the same.
    let command = "openssl x509 -in server.pem -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -r";
    let openssl = Command::new("sh").args(["-c", command]).current_dir(world.folder.path()).output().unwrap();
    assert_eq!(format!("sha256:{}", text(&openssl.stdout).split(' ').next().unwrap()), pin);
    let (code, checks) = world.doctor(&format!("pin = \"{pin}\""));
    assert_eq!(code, Some(0), "{checks:#?}");
    assert_eq!(check(&checks, "tls")["chain"][0]["pin"], pin);
    assert_eq!(
        (&check(&checks, "next")["state"], &check(&checks, "next")["advice"]),
        (&"ok".into(), &Value::Null),
        "{checks:#?}"
    );
    // Another key, however good the chain.
    let other = format!("sha256:{}", "a7".repeat(32));
    let (code, checks) = world.doctor(&format!("{TRUSTING}\npin = [\"{other}\"]"));
    assert_eq!(code, Some(4));
    let advice = check(&checks, "tls")["advice"].as_str().unwrap();
    assert!(advice.contains(&other) && advice.contains(pin) && advice.contains("administrator"), "{advice}");
}

#[test]
fn all_is_well_on_one_screen() {
    let world = Secured::new(&[]);
    let output = world.alice(TRUSTING, &["doctor"]).output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    // Lines longer than the screen is wide take more of them.
    let rows: usize = said.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum();
    assert!(rows <= 24, "{rows} rows:\n{said}");
    assert!(said.lines().all(|line| !line.starts_with("failed") && !line.starts_with("warning")), "{said}");
    assert_eq!(said.lines().last(), Some("next     nothing to do: all is well"));
}

#[test]
fn a_certificate_replaced_by_a_stranger_ends_it_for_good() {
    let mut world = Secured::new(&[]);
    let mut alice = Running::start(&mut world.alice(TRUSTING, &["listen", "--json"])).online();
    world.server.interrupt();
    world.server.exit_code();
    // Same place, another authority.
    let strangers = world.folder.path().join("strangers");
    std::fs::create_dir(&strangers).unwrap();
    std::fs::copy(world.folder.path().join("users"), strangers.join("users")).unwrap();
    let papers = Papers::new(&strangers);
    papers.sign("server", |_| {});
    let (_server, _) = Secured::serve(&papers, &world.address, &[]);
    let phase = alice.event("phase", |event| event["phase"] == "offline");
    assert_eq!(phase["why"], "tls_unknown_ca", "{phase}");
    assert_eq!(alice.exit_code(), Some(4));
}
