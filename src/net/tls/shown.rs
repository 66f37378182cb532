//! A certificate in words, for people who ask what a server shows. What stands in it is foreign text:
//! it is bounded here, and control characters are taken out; whoever shows it makes it safe for a terminal.

use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use super::diagnosis::{CHAIN, weakness};
use super::names::identities;
use crate::model::{Pin, Stamp};

/// Characters of a name or text taken from a certificate.
const TEXT: usize = 200;

/// A certificate of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Begin of its time.
    pub from: Stamp,
    /// End of its time.
    pub until: Stamp,
    /// The servers it names; for authorities there are none.
    pub names: Vec<String>,
    /// Kind of key: `RSA 2048`.
    pub key: String,
    /// SHA-256 of the whole, in hexadecimal digits with colons.
    pub fingerprint: String,
    /// Its key, as `pin` takes it.
    pub pin: Pin,
    /// What about it is not safe.
    pub weak: Option<String>,
}

impl Shown {
    /// Reads one; `None` if that cannot be done.
    #[must_use]
    pub fn read(one: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(one).ok()?;
        let (from, until) = dates(one)?;
        let key = match parsed.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
            Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
            Ok(PublicKey::DSA(_)) => "DSA".to_owned(),
            _ => "another kind".to_owned(),
        };
        let digits: Vec<String> = Sha256::digest(one.as_ref()).iter().map(|octet| format!("{octet:02X}")).collect();
        let names = if parsed.is_ca() { Vec::new() } else { identities(one).map(|found| found.shown()).unwrap_or_default() };
        Some(Self {
            subject: name(parsed.subject()).unwrap_or_else(|| "nobody".to_owned()),
            issuer: name(parsed.issuer()).unwrap_or_else(|| "nobody".to_owned()),
            from,
            until,
            names,
            key,
            fingerprint: digits.join(":"),
            pin: pin(one)?,
            weak: weakness(one),
        })
    }

    /// The certificates of a chain that can be read, at most [`CHAIN`].
    pub(super) fn chain(chain: &[CertificateDer<'_>]) -> Vec<Self> {
        chain.iter().take(CHAIN).filter_map(Self::read).collect()
    }
}

/// The key of a certificate, as `SubjectPublicKeyInfo` in DER.
pub(super) fn key(of: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(of).ok()?;
    Some(parsed.public_key().raw.to_vec())
}

/// The hash of that.
pub(super) fn pin(of: &CertificateDer<'_>) -> Option<Pin> {
    Some(Pin::new(Sha256::digest(key(of)?).into()))
}

/// From when until when a certificate counts.
pub(super) fn dates(one: &CertificateDer<'_>) -> Option<(Stamp, Stamp)> {
    let (_, parsed) = X509Certificate::from_der(one).ok()?;
    let stamp = |seconds: i64| Stamp::from_millis(seconds.saturating_mul(1000));
    let validity = parsed.validity();
    Some((stamp(validity.not_before.timestamp()), stamp(validity.not_after.timestamp())))
}

/// A name as people write it: `CN=Root, O=Example`; `None` for an empty one.
pub(super) fn name(of: &X509Name<'_>) -> Option<String> {
    let text = clean(&of.to_string());
    (!text.is_empty()).then_some(text)
}

/// Without control characters, and bounded.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT).collect()
}
