//! What is said of each kind of bad chain, which certificate is pointed at, and pinned keys.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

use super::*;
use crate::model::Unfit;

/// An authority signed by another one.
fn below(root: &Authority, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    change(&mut params);
    Authority { issuer: CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &root.issuer).unwrap() }
}

/// A server that shows a certificate of `by` for `example.test`, and these others.
fn server(by: &Authority, others: &[&Authority], change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["example.test".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "The server");
    change(&mut params);
    let cert = params.signed_by(&key, &by.issuer as &Issuer<'_, KeyPair>).unwrap();
    let chain = std::iter::once(cert.der().clone()).chain(others.iter().map(|other| other.issuer.der().clone()));
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.collect(), key)
        .unwrap()
}

async fn refused(roots: &Roots, server: ServerConfig) -> (WaitReason, Vec<String>, Option<usize>) {
    let refusal = shake(roots, server, "example.test").await.unwrap_err();
    (refusal.why, refusal.chain.into_iter().map(|shown| shown.subject).collect(), refusal.at)
}

fn unknown(distrust: Distrust) -> WaitReason {
    WaitReason::TlsUnknownCa { distrust }
}

const SERVER: &str = "CN=The server";

#[tokio::test]
async fn where_the_chain_ends_is_told() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let between = below(&ours, "Between", |_| {});
    let roots = ours.roots();
    let shown = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();

    assert_eq!(shake(&roots, server(&between, &[&between], |_| {}), "example.test").await, Ok(()));
    // The certificate between is missing.
    let told = refused(&roots, server(&between, &[], |_| {})).await;
    assert_eq!(told, (unknown(Distrust::Missing { issuer: "CN=Between".into() }), shown(&[SERVER]), Some(0)));
    // All is there, and we do not trust the root.
    let foreign = below(&theirs, "Foreign", |_| {});
    let (why, names, at) =
        refused(&Authority::named("Another root").roots(), server(&foreign, &[&foreign, &theirs], |_| {})).await;
    assert_eq!(why, unknown(Distrust::Stranger { root: "CN=Test root".into() }));
    assert_eq!((names.len(), at), (3, Some(2)));
    // The root of the same name, with another key.
    let (why, _, at) = refused(&roots, server(&foreign, &[&foreign], |_| {})).await;
    assert_eq!(why, unknown(Distrust::OtherKey { issuer: "CN=Test root".into() }));
    assert_eq!(at, Some(1));
}

#[tokio::test]
async fn the_certificate_that_is_out_of_date_is_pointed_at() {
    let ours = Authority::new();
    let old = below(&ours, "Old", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let (why, _, at) = refused(&ours.roots(), server(&old, &[&old], |_| {})).await;
    assert!(matches!(&why, WaitReason::TlsExpired { whose: Some(whose), .. } if whose == "CN=Old"), "{why:?}");
    assert_eq!(at, Some(1));
}

#[tokio::test]
async fn certificates_made_for_something_else_are_told_as_such() {
    let ours = Authority::new();
    let purpose = |purpose| server(&ours, &[], |params| params.extended_key_usages = vec![purpose]);
    let unfit = |unfit| WaitReason::TlsUnfit { unfit };
    let roots = ours.roots();
    let (why, _, at) = refused(&roots, purpose(ExtendedKeyUsagePurpose::ClientAuth)).await;
    assert_eq!((why, at), (unfit(Unfit::Purpose), Some(0)));
    assert_eq!(shake(&roots, purpose(ExtendedKeyUsagePurpose::ServerAuth), "example.test").await, Ok(()));
    let (why, ..) = refused(&roots, server(&ours, &[], |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))).await;
    assert_eq!(why, unfit(Unfit::Authority));
}

/// There is no list of revoked certificates; the sentence is for systems that know one.
#[test]
fn revoked_and_unreadable_ones_have_words_of_their_own() {
    let now = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(0));
    let said = |error| diagnosis::verdict(&error, &[], now).why;
    assert_eq!(said(rustls::CertificateError::Revoked), WaitReason::TlsUnfit { unfit: Unfit::Revoked });
    assert_eq!(said(rustls::CertificateError::BadEncoding), WaitReason::TlsUnfit { unfit: Unfit::Unreadable });
}

#[tokio::test]
async fn what_stands_in_certificates_is_cleaned_and_bounded() {
    let ours = Authority::new();
    let noisy = format!("evil\u{1b}[31m\r\nname {}", "x".repeat(5_000));
    let config = server(&ours, &[], |params| params.distinguished_name.push(DnType::OrganizationName, noisy));
    let refusal = shake(&Authority::named("Other").roots(), config, "example.test").await.unwrap_err();
    let leaf = &refusal.chain[0];
    assert!(!leaf.subject.chars().any(char::is_control) && leaf.subject.len() <= 200, "{leaf:?}");
    assert!(leaf.names.contains(&"example.test".to_owned()), "{leaf:?}");
    assert_eq!((leaf.fingerprint.len(), leaf.key.as_str()), (95, "EC 256"));
}

#[tokio::test]
async fn many_certificates_in_a_circle_end() {
    let ours = Authority::new();
    let (a, b) = (below(&ours, "A", |_| {}), below(&ours, "B", |_| {}));
    let (ab, ba) = (below(&a, "B", |_| {}), below(&b, "A", |_| {}));
    let others: Vec<&Authority> = std::iter::repeat_n([&ab, &ba], 20).flatten().collect();
    let refusal = shake(&Authority::named("Other").roots(), server(&ab, &others, |_| {}), "example.test").await.unwrap_err();
    assert_eq!(refusal.chain.len(), diagnosis::CHAIN);
}

fn pinned(pins: Vec<Pin>) -> Roots {
    Roots::load(&Trust { system: false, ca_file: None, pins, own: None, newest: false }).unwrap()
}

#[tokio::test]
async fn a_pinned_key_takes_the_place_of_chain_and_name() {
    let key = KeyPair::generate().unwrap();
    let certificate = |names: &[&str], until: i32| {
        let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params.self_signed(&key).unwrap().der().clone()
    };
    let pin = Shown::read(&certificate(&[], 2090)).unwrap().pin;
    let other = Pin::new([7; 32]);
    let roots = pinned(vec![other, pin]);
    // Another certificate with the same key, for whatever name, signed by nobody.
    let config = serve_with(certificate(&["elsewhere.test"], 2090), &key);
    assert_eq!(shake(&roots, config, "example.test").await, Ok(()));
    // Dates count all the same.
    let told = shake(&roots, serve_with(certificate(&["example.test"], 2020), &key), "example.test").await.unwrap_err();
    assert!(matches!(told.why, WaitReason::TlsExpired { .. }), "{told:?}");
    // Another key, however good its chain: the new one is shown.
    let told =
        shake(&pinned(vec![other]), serve_with(certificate(&["example.test"], 2090), &key), "example.test").await.unwrap_err();
    assert_eq!(told.why, WaitReason::TlsKeyChanged { expected: vec![other], found: pin });
    assert!(told.why.is_final());
    assert_eq!((told.at, told.chain[0].pin), (Some(0), pin));
}

#[tokio::test]
async fn a_good_chain_does_not_help_another_key_than_the_pinned_one() {
    let ours = Authority::new();
    let roots = Roots { pins: Arc::new(vec![Pin::new([7; 32])]), ..ours.roots() };
    let told = shake(&roots, server(&ours, &[], |_| {}), "example.test").await.unwrap_err();
    assert!(matches!(told.why, WaitReason::TlsKeyChanged { .. }), "{told:?}");
}

/// The certificate of a pinned key alone, from somebody who does not hold the key.
#[tokio::test]
async fn a_stolen_certificate_without_its_key_is_refused() {
    let key = KeyPair::generate().unwrap();
    let stolen = CertificateParams::new(vec!["example.test".to_owned()]).unwrap().self_signed(&key).unwrap().der().clone();
    let pin = Shown::read(&stolen).unwrap().pin;
    let thief = KeyPair::generate().unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let signer = provider.key_provider.load_private_key(PrivatePkcs8KeyDer::from(thief.serialize_der()).into()).unwrap();
    let shown = rustls::sign::CertifiedKey::new(vec![stolen], signer);
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(shown)));
    let told = shake(&pinned(vec![pin]), config, "example.test").await.unwrap_err();
    assert_eq!(told.why, WaitReason::Tls { detail: "the server does not hold the key of the certificate it shows".into() });
}
