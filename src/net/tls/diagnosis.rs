//! What is wrong with a chain, said so that somebody can do something about it, and which
//! certificate of it is at fault.

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};
use x509_parser::public_key::PublicKey;

use super::shown::{clean, dates, name};
use crate::model::{Distrust, Stamp, Unfit, WaitReason};

/// Certificates of one chain that are looked at; nobody has more, but anybody may send more.
pub(super) const CHAIN: usize = 10;

/// An RSA key of fewer bits is not taken.
const RSA_BITS: usize = 2048;

/// The verdict on a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// For the user.
    pub(super) why: WaitReason,
    /// Which certificate of the chain is at fault.
    pub(super) at: Option<usize>,
}

/// What an error of the library means for this chain, the server's own certificate first.
pub(super) fn verdict(error: &CertificateError, chain: &[CertificateDer<'_>], now: UnixTime) -> Verdict {
    let first = |why| Verdict { why, at: Some(0) };
    let unfit = |unfit| first(WaitReason::TlsUnfit { unfit });
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => out_of_date(chain, stamp(now)),
        CertificateError::UnknownIssuer => match weak(chain) {
            Some(found) => found,
            None => distrust(chain),
        },
        CertificateError::BadSignature => weak(chain).unwrap_or_else(|| {
            let issuer = last(chain).and_then(|(_, last)| name(parse(last)?.issuer())).unwrap_or_default();
            Verdict {
                why: WaitReason::TlsUnknownCa { distrust: Distrust::OtherKey { issuer } },
                at: last(chain).map(|(at, _)| at),
            }
        }),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            weak(chain).unwrap_or_else(|| unfit(Unfit::Weak { what: "its signature".to_owned() }))
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            first(WaitReason::TlsName { expected: expected.to_str().into_owned(), found: presented.clone() })
        }
        CertificateError::Revoked => unfit(Unfit::Revoked),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => unfit(Unfit::Purpose),
        CertificateError::BadEncoding => unfit(Unfit::Unreadable),
        CertificateError::Other(other) if other.to_string().contains("UnsupportedCertVersion") => {
            weak(chain).unwrap_or_else(|| unfit(Unfit::Unreadable))
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            if chain.first().is_some_and(is_self_signed) {
                first(WaitReason::TlsUnknownCa { distrust: Distrust::SelfSigned })
            } else {
                unfit(Unfit::Authority)
            }
        }
        other => first(WaitReason::Tls {
            detail: format!("the certificate of the server cannot be used: {}", clean(&other.to_string())),
        }),
    }
}

/// As the model counts time.
pub(super) fn stamp(time: UnixTime) -> Stamp {
    Stamp::from_millis(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
}

fn out_of_date(chain: &[CertificateDer<'_>], clock: Stamp) -> Verdict {
    let dated = chain.iter().take(CHAIN).enumerate().filter_map(|(at, one)| Some((at, one, dates(one)?)));
    let mut wrong = dated.filter(|(_, _, (from, until))| clock < *from || clock > *until);
    let Some((at, one, (from, until))) = wrong.next() else {
        let why = WaitReason::TlsExpired { whose: None, from: clock, until: clock, clock };
        return Verdict { why, at: None };
    };
    let whose = (at > 0).then(|| parse(one).and_then(|one| name(one.subject())).unwrap_or_default());
    Verdict { why: WaitReason::TlsExpired { whose, from, until, clock }, at: Some(at) }
}

/// Follows the issuers as far as the server shows them.
fn distrust(chain: &[CertificateDer<'_>]) -> Verdict {
    let Some((at, end)) = last(chain) else {
        return Verdict { why: WaitReason::TlsUnfit { unfit: Unfit::Unreadable }, at: None };
    };
    let issuer = parse(end).and_then(|end| name(end.issuer())).unwrap_or_default();
    let distrust = match (at, is_self_signed(end)) {
        (0, true) => Distrust::SelfSigned,
        (_, true) => Distrust::Stranger { root: issuer },
        (_, false) => Distrust::Missing { issuer },
    };
    Verdict { why: WaitReason::TlsUnknownCa { distrust }, at: Some(at) }
}

/// The certificate at which the way from the server's own ends.
fn last<'a, 'b>(chain: &'a [CertificateDer<'b>]) -> Option<(usize, &'a CertificateDer<'b>)> {
    let mut at = 0;
    let mut end = chain.first()?;
    // As many steps as there are certificates, so that issuers in a circle end too.
    for _ in 0..chain.len().min(CHAIN) {
        if is_self_signed(end) {
            break;
        }
        let Some(current) = parse(end) else { break };
        let next = chain
            .iter()
            .enumerate()
            .take(CHAIN)
            .skip(1)
            .find(|(_, other)| parse(other).is_some_and(|other| other.subject().as_raw() == current.issuer().as_raw()));
        match next {
            Some((found, next)) if found != at => (at, end) = (found, next),
            _ => break,
        }
    }
    Some((at, end))
}

fn parse<'a>(one: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    Some(X509Certificate::from_der(one).ok()?.1)
}

/// Names itself as its issuer. Whether the signature is its own does not matter where it is not trusted.
fn is_self_signed(one: &CertificateDer<'_>) -> bool {
    parse(one).is_some_and(|one| one.subject().as_raw() == one.issuer().as_raw())
}

fn weak(chain: &[CertificateDer<'_>]) -> Option<Verdict> {
    let found = chain.iter().take(CHAIN).enumerate().find_map(|(at, one)| Some((at, weakness(one)?)));
    found.map(|(at, what)| Verdict { why: WaitReason::TlsUnfit { unfit: Unfit::Weak { what } }, at: Some(at) })
}

/// What is not safe about a key or a signature, or not known here.
pub(super) fn weakness(one: &CertificateDer<'_>) -> Option<String> {
    let parsed = parse(one)?;
    if let Ok(PublicKey::RSA(key)) = parsed.public_key().parsed()
        && key.key_size() < RSA_BITS
    {
        return Some(format!("an RSA key of {} bits", key.key_size()));
    }
    if parsed.version() != X509Version::V3 {
        return Some("a certificate older than version 3".to_owned());
    }
    // A root's own signature says nothing and is not looked at.
    if is_self_signed(one) {
        return None;
    }
    let signed = match parsed.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.2" => "MD2",
        "1.2.840.113549.1.1.4" => "MD5",
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => "SHA-1",
        _ => return None,
    };
    Some(format!("a signature with {signed}"))
}
