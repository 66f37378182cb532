//! Names in certificates, and handshakes over pipes with certificates made on the spot.

mod chains;
mod own;

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::model::{Distrust, Stamp};
use crate::net::link::reason;

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        Self::named("Test root")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn roots(&self) -> Roots {
        let mut store = RootCertStore::empty();
        store.add(self.issuer.der().clone()).unwrap();
        Roots { store: Arc::new(store), named: Arc::default(), pins: Arc::default(), own: None, newest: false }
    }

    fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        change(&mut params);
        let cert = params.signed_by(&key, &self.issuer as &Issuer<'_, KeyPair>).unwrap();
        serve_with(cert.der().clone(), &key)
    }
}

fn serve_with(cert: CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .unwrap()
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

async fn shake(roots: &Roots, server: ServerConfig, name: &str) -> Result<(), Refusal> {
    let (near, far) = duplex(64 * 1024);
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let serving = tokio::spawn(async move {
        if let Ok(mut stream) = acceptor.accept(far).await {
            let _ = stream.write_all(b"hi").await;
            let _ = stream.flush().await;
            let _ = stream.read(&mut [0; 1]).await;
        }
    });
    let outcome = match super::handshake(near, roots, vec![name.to_owned()], name, "there:5061", Duration::from_secs(10)).await {
        Ok(mut agreed) => {
            let mut word = [0; 2];
            agreed.stream.read_exact(&mut word).await.unwrap();
            Ok(())
        }
        Err(refusal) => Err(refusal),
    };
    serving.abort();
    outcome
}

async fn handshake(roots: &Roots, server: ServerConfig, name: &str) -> Result<(), WaitReason> {
    shake(roots, server, name).await.map_err(|refusal| refusal.why)
}

fn wrong(expected: &str, found: &[&str]) -> Result<(), WaitReason> {
    Err(WaitReason::TlsName { expected: expected.to_owned(), found: found.iter().map(|n| (*n).to_owned()).collect() })
}

#[tokio::test]
async fn names_decide_by_the_rules_of_sip() {
    let ca = Authority::new();
    let roots = ca.roots();
    let names = |names: Vec<SanType>| ca.sign(|params| params.subject_alt_names = names);
    let check = async |server, name: &str| handshake(&roots, server, name).await;

    assert_eq!(check(names(vec![dns("example.test")]), "example.test").await, Ok(()));
    assert_eq!(check(names(vec![dns("Example.TEST")]), "example.test").await, Ok(()));
    assert_eq!(check(names(vec![uri("sip:example.test")]), "example.test").await, Ok(()));
    assert_eq!(check(names(vec![dns("foo.example.test")]), "example.test").await, wrong("example.test", &["foo.example.test"]));
    // A SIP URI speaks before a DNS name.
    let both = vec![uri("sip:other.test"), dns("example.test")];
    assert_eq!(check(names(both), "example.test").await, wrong("example.test", &["other.test", "example.test"]));
    // A person is not a server, and a web site is not a SIP server: the DNS name still counts.
    let person = vec![uri("sip:alice@example.test"), uri("https://example.test"), dns("sip.example.test")];
    assert_eq!(check(names(person), "example.test").await, wrong("example.test", &["sip.example.test"]));
    // No wildcards.
    assert_eq!(
        check(names(vec![dns("*.example.test")]), "sip.example.test").await,
        wrong("sip.example.test", &["*.example.test"])
    );
    // Addresses only where the user gave one.
    let address = vec![SanType::IpAddress("192.0.2.7".parse().unwrap())];
    assert_eq!(check(names(address.clone()), "192.0.2.7").await, Ok(()));
    assert_eq!(check(names(address), "192.0.2.8").await, wrong("192.0.2.8", &["192.0.2.7"]));
}

#[tokio::test]
async fn the_common_name_counts_only_alone() {
    let ca = Authority::new();
    let alone = ca.sign(|params| params.distinguished_name.push(DnType::CommonName, "example.test"));
    assert_eq!(handshake(&ca.roots(), alone, "example.test").await, Ok(()));
    let beside = ca.sign(|params| {
        params.distinguished_name.push(DnType::CommonName, "example.test");
        params.subject_alt_names = vec![dns("other.test")];
    });
    assert_eq!(handshake(&ca.roots(), beside, "example.test").await, wrong("example.test", &["other.test"]));
}

#[tokio::test]
async fn strangers_and_old_certificates_are_told_apart() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let good = |params: &mut CertificateParams| params.subject_alt_names = vec![dns("example.test")];
    let stranger = handshake(&ours.roots(), theirs.sign(good), "example.test").await;
    assert!(matches!(stranger, Err(WaitReason::TlsUnknownCa { .. })), "{stranger:?}");
    let old = ours.sign(|params| {
        good(params);
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    });
    let told = handshake(&ours.roots(), old, "example.test").await;
    let Err(WaitReason::TlsExpired { whose: None, from, until, clock }) = told else { panic!("{told:?}") };
    let day = |text| Stamp::parse_rfc3339(text).unwrap();
    assert_eq!((from, until), (day("2019-01-01T00:00:00Z"), day("2020-01-01T00:00:00Z")));
    assert!(clock > until);
    let early = ours.sign(|params| {
        good(params);
        params.not_before = rcgen::date_time_ymd(2090, 1, 1);
        params.not_after = rcgen::date_time_ymd(2095, 1, 1);
    });
    let told = handshake(&ours.roots(), early, "example.test").await;
    assert!(matches!(told, Err(WaitReason::TlsExpired { from, clock, .. }) if clock < from), "{told:?}");
}

#[tokio::test]
async fn a_certificate_named_by_the_user_is_trusted_as_it_is() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["example.test".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let cert = params.self_signed(&key).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, cert.pem()).unwrap();
    let roots = Roots::load(&Trust { system: false, ca_file: Some(path), pins: vec![], own: None, newest: false }).unwrap();
    let server = || serve_with(cert.der().clone(), &key);
    assert_eq!(handshake(&roots, server(), "example.test").await, Ok(()));
    assert_eq!(handshake(&roots, server(), "other.test").await, wrong("other.test", &["example.test"]));
    let stranger = WaitReason::TlsUnknownCa { distrust: Distrust::SelfSigned };
    assert_eq!(handshake(&Authority::new().roots(), server(), "example.test").await, Err(stranger));
}

#[test]
fn a_file_without_certificates_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    let load = || {
        Roots::load(&Trust { system: false, ca_file: Some(path.clone()), pins: vec![], own: None, newest: false })
            .map(drop)
            .unwrap_err()
    };
    for content in [None, Some("nothing of use")] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let WaitReason::Tls { detail } = load() else { panic!() };
        assert!(detail.contains("ca.pem"), "{detail}");
    }
}

async fn answered_with(bytes: &'static [u8]) -> WaitReason {
    let (near, mut far) = duplex(64 * 1024);
    tokio::spawn(async move {
        let mut hello = [0; 4096];
        let _ = far.read(&mut hello).await;
        let _ = far.write_all(bytes).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    let (roots, names) = (Authority::new().roots(), vec!["example.test".to_owned()]);
    super::handshake(near, &roots, names, "example.test", "there:5061", Duration::from_secs(10)).await.unwrap_err().why
}

#[tokio::test(start_paused = true)]
async fn what_is_no_tls_or_old_tls_is_said_in_words() {
    let words = async |bytes| match answered_with(bytes).await {
        WaitReason::Tls { detail } => detail,
        other => panic!("{other:?}"),
    };
    assert!(words(b"SIP/2.0 400 Bad Request\r\n\r\n").await.starts_with("the server speaks SIP in clear on this port, not TLS"));
    assert_eq!(words(b"HTTP/1.1 400 Bad Request\r\n\r\n").await, "the server does not speak TLS on this port, but HTTP");
    assert_eq!(words(b"what is this noise?\r\n").await, "the server does not speak TLS on this port");
    assert!(words(b"").await.contains("closed the connection during the handshake"));
    // The alert protocol_version, as a server of TLS 1.0 sends it.
    assert!(words(b"\x15\x03\x01\x00\x02\x02\x46").await.contains("older than 1.2"));
    // A ServerHello of TLS 1.0.
    let hello: &'static [u8] = b"\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01\
        01234567890123456789012345678901\x00\x00\x2f\x00";
    assert!(words(hello).await.contains("older than 1.2"));
}
