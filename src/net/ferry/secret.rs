//! TLS between two programs that have no authority in common: each is known by the fingerprint of its certificate,
//! which came by way of the server (RFC 4975 section 14.4, RFC 8122). The certificate is made for one file.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName as IssuerName, Error, ServerConfig, SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use crate::model::Fingerprint;

/// Longest wait until both sides know each other.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// Who we are while one file travels.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Makes one that says nothing about us.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new() -> io::Result<Self> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(Vec::new())?;
            params.distinguished_name = DistinguishedName::new();
            let certificate = params.self_signed(&key)?.der().clone();
            let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
            Ok::<_, rcgen::Error>(Self { certificate, key })
        };
        make().map_err(io::Error::other)
    }

    /// What our certificate is known by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.certificate)
    }

    /// Greets whoever listens; they must be known by this.
    ///
    /// # Errors
    /// What TLS says of it; [`io::ErrorKind::TimedOut`] after 15 s.
    pub async fn greet<S>(&self, stream: S, peer: Option<Fingerprint>) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let verifier = Arc::new(Known { peer, provider: provider() });
        let config = ClientConfig::builder_with_provider(verifier.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(vec![self.certificate.clone()], self.key.clone_key())
            .map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::new(config));
        // The name is of no account: it is the certificate that is known.
        let name = ServerName::try_from("file.invalid").map_err(io::Error::other)?;
        soon(connector.connect(name, stream)).await.map(TlsStream::from)
    }

    /// Is greeted by whoever connected; they must be known by this.
    ///
    /// # Errors
    /// What TLS says of it; [`io::ErrorKind::TimedOut`] after 15 s.
    pub async fn welcome<S>(&self, stream: S, peer: Option<Fingerprint>) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let verifier = Arc::new(Known { peer, provider: provider() });
        let config = ServerConfig::builder_with_provider(verifier.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .map_err(io::Error::other)?;
        soon(TlsAcceptor::from(Arc::new(config)).accept(stream)).await.map(TlsStream::from)
    }
}

async fn soon<T>(shaking: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(HANDSHAKE, shaking).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    Fingerprint::new(Sha256::digest(certificate).into())
}

/// Takes the one certificate that was told, whatever stands in it; where none was told, any.
#[derive(Debug)]
struct Known {
    peer: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl Known {
    fn judge(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        if self.peer.is_none_or(|peer| peer == fingerprint(certificate)) {
            Ok(())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(end_entity).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Known {
    fn root_hint_subjects(&self) -> &[IssuerName] {
        &[]
    }

    /// Who was not told by a certificate need not show one.
    fn client_auth_mandatory(&self) -> bool {
        self.peer.is_some()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Whether a word of the caller reaches who listens.
    async fn reaches(caller: &Identity, listener: &Identity, known: (Option<Fingerprint>, Option<Fingerprint>)) -> bool {
        let (one, other) = tokio::io::duplex(64 * 1024);
        let calls = async {
            let mut stream = caller.greet(one, known.0).await?;
            stream.write_all(b"word").await?;
            stream.flush().await?;
            stream.read_u8().await
        };
        let listens = async {
            let mut stream = listener.welcome(other, known.1).await?;
            let mut word = [0; 4];
            stream.read_exact(&mut word).await?;
            stream.write_all(b"!").await?;
            stream.flush().await?;
            Ok::<_, io::Error>(word == *b"word")
        };
        let (called, heard) = tokio::join!(calls, listens);
        called.is_ok() && heard.unwrap_or(false)
    }

    #[tokio::test]
    async fn both_must_be_who_was_told() {
        let (alice, bob, eve) = (Identity::new().unwrap(), Identity::new().unwrap(), Identity::new().unwrap());
        let (knows_bob, knows_alice) = (Some(bob.fingerprint()), Some(alice.fingerprint()));
        assert!(reaches(&alice, &bob, (knows_bob, knows_alice)).await);
        assert!(!reaches(&alice, &eve, (knows_bob, knows_alice)).await, "somebody else listens");
        assert!(!reaches(&eve, &bob, (knows_bob, knows_alice)).await, "somebody else calls");
        assert!(reaches(&eve, &bob, (None, None)).await, "nobody was told");
        assert_ne!(alice.fingerprint(), Identity::new().unwrap().fingerprint());
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_not_waited_for() {
        let (one, _other) = tokio::io::duplex(64 * 1024);
        let fault = Identity::new().unwrap().greet(one, None).await.map(|_| ()).unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
    }
}
