//! Certificates of ours: the files, and servers that ask for one.

use std::fs;

use super::*;
use crate::model::OwnCertificate;

/// A certificate for a person, with its key, as files.
struct Papers {
    folder: tempfile::TempDir,
}

impl Papers {
    fn new(by: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "alice");
        change(&mut params);
        let cert = params.signed_by(&key, &by.issuer as &Issuer<'_, KeyPair>).unwrap();
        fs::write(folder.path().join("alice.pem"), cert.pem()).unwrap();
        fs::write(folder.path().join("alice.key"), key.serialize_pem()).unwrap();
        Self { folder }
    }

    fn files(&self) -> OwnFiles {
        OwnFiles { cert: self.folder.path().join("alice.pem"), key: self.folder.path().join("alice.key") }
    }

    fn roots(&self, of: &Authority) -> Roots {
        Roots { own: Some(Own::load(&self.files()).unwrap()), ..of.roots() }
    }

    fn with_key(&self, text: &str) -> String {
        fs::write(self.files().key, text).unwrap();
        Own::load(&self.files()).unwrap_err()
    }
}

/// A server that demands a certificate of `clients`, speaking this version only.
fn demanding(by: &Authority, clients: &Authority, version: &'static rustls::SupportedProtocolVersion) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec!["example.test".to_owned()]).unwrap();
    let cert = cert.signed_by(&key, &by.issuer as &Issuer<'_, KeyPair>).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(clients.roots().store, provider.clone()).build().unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![cert.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap()
}

/// Whether a word comes from the server; in TLS 1.3 it says only then what it thinks of us.
async fn word_from(roots: &Roots, server: ServerConfig) -> Result<(), WaitReason> {
    let (near, far) = duplex(64 * 1024);
    let serving = tokio::spawn(async move {
        if let Ok(mut stream) = TlsAcceptor::from(Arc::new(server)).accept(far).await {
            let _ = stream.write_all(b"!").await;
            let _ = stream.flush().await;
            let _ = stream.read(&mut [0; 1]).await;
        }
    });
    let names = vec!["example.test".to_owned()];
    let agreed = super::super::handshake(near, roots, names, "example.test", "there:5061", Duration::from_secs(10)).await;
    let outcome = match agreed {
        Ok(mut agreed) => agreed.stream.read_exact(&mut [0; 1]).await.map(drop).map_err(|fault| reason(&fault)),
        Err(refusal) => Err(refusal.why),
    };
    serving.abort();
    outcome
}

#[tokio::test]
async fn a_server_that_asks_gets_our_certificate_or_says_why_not() {
    let (ours, theirs) = (Authority::new(), Authority::named("Another root"));
    let (good, foreign) = (Papers::new(&ours, |_| {}), Papers::new(&theirs, |_| {}));
    let old = Papers::new(&ours, |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let own = |fault| Err(WaitReason::TlsOwn { fault });
    let refused = |why: &str| own(OwnCertificate::Refused { why: why.to_owned() });
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = || demanding(&ours, &ours, version);
        assert_eq!(word_from(&good.roots(&ours), server()).await, Ok(()), "{version:?}");
        assert_eq!(word_from(&ours.roots(), server()).await, own(OwnCertificate::Wanted), "{version:?}");
        assert_eq!(
            word_from(&foreign.roots(&ours), server()).await,
            refused("the authority that signed it is not one the server trusts"),
            "{version:?}"
        );
        assert_eq!(word_from(&old.roots(&ours), server()).await, refused("it is out of date"), "{version:?}");
    }
    // Who is not asked shows nothing, and nothing happens.
    let good = good.roots(&ours);
    assert_eq!(
        handshake(&good, ours.sign(|params| params.subject_alt_names = vec![dns("example.test")]), "example.test").await,
        Ok(())
    );
}

#[test]
fn files_that_cannot_be_used_are_told_apart() {
    let ours = Authority::new();
    let papers = Papers::new(&ours, |_| {});
    assert!(Own::load(&papers.files()).unwrap().shown.subject.contains("CN=alice"));
    let other = KeyPair::generate().unwrap().serialize_pem();
    assert!(papers.with_key(&other).contains("does not belong to the certificate in"), "another key");
    let guarded = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert!(papers.with_key(guarded).contains("protected by a passphrase"));
    let guarded = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIIB\n-----END RSA PRIVATE KEY-----\n";
    assert!(papers.with_key(guarded).contains("protected by a passphrase"));
    assert!(papers.with_key("nothing").contains("alice.key holds no private key in PEM form"));
    fs::remove_file(papers.files().key).unwrap();
    assert!(Own::load(&papers.files()).unwrap_err().contains("alice.key cannot be read"));
    fs::remove_file(papers.files().cert).unwrap();
    let trust = Trust { system: false, ca_file: None, pins: vec![], own: Some(papers.files()), newest: false };
    let WaitReason::TlsOwn { fault: OwnCertificate::Unusable { detail } } = Roots::load(&trust).unwrap_err() else { panic!() };
    assert!(detail.contains("alice.pem cannot be read"), "{detail}");
}

#[tokio::test]
async fn an_older_version_is_refused_where_policy_wants_the_newest() {
    let authority = Authority::new();
    let serve = |version: &'static rustls::SupportedProtocolVersion| {
        let key = KeyPair::generate().unwrap();
        let cert = CertificateParams::new(vec!["example.test".to_owned()]).unwrap();
        let cert = cert.signed_by(&key, &authority.issuer as &Issuer<'_, KeyPair>).unwrap();
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .unwrap()
    };
    let newest = Roots { newest: true, ..authority.roots() };
    assert_eq!(word_from(&authority.roots(), serve(&rustls::version::TLS12)).await, Ok(()));
    assert!(matches!(word_from(&newest, serve(&rustls::version::TLS12)).await, Err(WaitReason::Tls { .. })));
    assert_eq!(word_from(&newest, serve(&rustls::version::TLS13)).await, Ok(()));
}
