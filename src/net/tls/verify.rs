//! Decides on the certificates a server shows, and keeps what it saw and why it decided so: the
//! errors of the library do not say enough to help anybody.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::Roots;
use super::diagnosis::{self, Verdict};
use super::names::identities;
use super::shown;
use crate::model::{Unfit, WaitReason};

/// What was seen in one handshake. Held only to look or to note.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Noted>>);

/// What is noted of a handshake.
#[derive(Debug, Clone, Default)]
pub(super) struct Noted {
    /// The server's certificates, its own first.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Why they were refused.
    pub(super) verdict: Option<Verdict>,
    /// The server asked for a certificate of ours: whether one was shown.
    pub(super) asked: Option<bool>,
}

impl Seen {
    pub(super) fn note(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn take(&self) -> Noted {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) struct SipVerifier {
    pub(super) roots: Roots,
    pub(super) names: Vec<String>,
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) seen: Seen,
}

impl fmt::Debug for SipVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipVerifier").field("names", &self.names).finish_non_exhaustive()
    }
}

impl SipVerifier {
    /// The whole decision. `chain` begins with the server's own certificate.
    fn judge(
        &self,
        chain: &[CertificateDer<'static>],
        asked_for: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Box<(Error, Verdict)>> {
        let refused = |error: CertificateError| {
            let verdict = diagnosis::verdict(&error, chain, now);
            Box::new((Error::InvalidCertificate(error), verdict))
        };
        let (leaf, between) = chain.split_first().ok_or_else(|| refused(CertificateError::BadEncoding))?;
        if !self.roots.pins.is_empty() {
            let found = shown::pin(leaf).ok_or_else(|| refused(CertificateError::BadEncoding))?;
            if !self.roots.pins.contains(&found) {
                let why = WaitReason::TlsKeyChanged { expected: self.roots.pins.to_vec(), found };
                let verdict = Verdict { why, at: Some(0) };
                return Err(Box::new((CertificateError::ApplicationVerificationFailure.into(), verdict)));
            }
            return in_date(leaf, now).map_err(refused);
        }
        if self.roots.named.contains(leaf) {
            in_date(leaf, now).map_err(refused)?;
        } else {
            let algorithms = self.provider.signature_verification_algorithms.all;
            let checked = ParsedCertificate::try_from(leaf)
                .and_then(|leaf| verify_server_cert_signed_by_trust_anchor(&leaf, &self.roots.store, between, now, algorithms));
            checked.map_err(|fault| match fault {
                Error::InvalidCertificate(error) => refused(error),
                _ => refused(CertificateError::BadEncoding),
            })?;
        }
        let found = identities(leaf).ok_or_else(|| refused(CertificateError::BadEncoding))?;
        if self.names.iter().any(|name| found.names(name)) {
            return Ok(());
        }
        let presented = found.shown();
        Err(refused(CertificateError::NotValidForNameContext { expected: asked_for.to_owned(), presented }))
    }

    /// A signature of the handshake is wrong: the server does not hold the key, or it is of a kind
    /// that cannot be checked.
    fn signature_refused(&self, fault: Error) -> Error {
        self.seen.note(|seen| {
            let weak = seen.chain.first().and_then(diagnosis::weakness);
            let why = weak.map_or_else(
                || WaitReason::Tls { detail: "the server does not hold the key of the certificate it shows".to_owned() },
                |what| WaitReason::TlsUnfit { unfit: Unfit::Weak { what } },
            );
            seen.verdict = Some(Verdict { why, at: Some(0) });
        });
        fault
    }
}

impl ServerCertVerifier for SipVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = std::iter::once(end_entity).chain(intermediates).map(|c| c.clone().into_owned()).collect();
        let judged = self.judge(&chain, server_name, now);
        self.seen.note(|seen| {
            seen.chain = chain;
            seen.verdict = judged.as_ref().err().map(|refused| refused.1.clone());
        });
        judged.map(|()| ServerCertVerified::assertion()).map_err(|refused| refused.0)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
            .map_err(|fault| self.signature_refused(fault))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
            .map_err(|fault| self.signature_refused(fault))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn in_date(leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let (from, until) = shown::dates(leaf).ok_or(CertificateError::BadEncoding)?;
    let now = diagnosis::stamp(now);
    if now < from {
        return Err(CertificateError::NotValidYet);
    }
    if now > until {
        return Err(CertificateError::Expired);
    }
    Ok(())
}
