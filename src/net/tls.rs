//! TLS: whom we trust, whether a certificate names the server (RFC 5922 section 7.1, 7.2), and who we
//! are to servers that ask.
//!
//! The chain is checked by webpki as everywhere; the name is checked here, by the rules for SIP: a
//! SIP URI in the certificate speaks before a DNS name, the whole name must be equal, and a wildcard
//! matches nothing. A certificate that the user names as trusted itself (a self-signed one, as labs
//! have) is accepted without a chain while it is in date. A pinned key takes the place of chain and name.

mod diagnosis;
mod handshake;
mod names;
mod own;
mod reasons;
mod shown;
mod verify;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::model::{OwnCertificate, Pin, WaitReason};
use crate::net::link::plain;

pub use handshake::{Agreed, Refusal, handshake};
pub use names::{Identities, identities};
pub use own::{Own, OwnFiles};
pub use reasons::session_reason;
pub use shown::Shown;

use own::Presenter;
use verify::{Seen, SipVerifier};

/// Whom we trust, and who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The roots of this machine.
    pub system: bool,
    /// A file with further ones, PEM.
    pub ca_file: Option<PathBuf>,
    /// Keys of the server. Where there are some, it must have one of them, and nothing else counts but dates.
    pub pins: Vec<Pin>,
    /// Shown to servers that ask who we are.
    pub own: Option<OwnFiles>,
    /// TLS 1.3, and nothing below.
    pub newest: bool,
}

/// The trusted roots, loaded.
#[derive(Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    /// Certificates of the user's file: trusted as they are.
    named: Arc<Vec<CertificateDer<'static>>>,
    pins: Arc<Vec<Pin>>,
    own: Option<Own>,
    newest: bool,
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots").field("roots", &self.store.len()).field("pins", &self.pins).finish_non_exhaustive()
    }
}

impl Roots {
    /// Loads the roots, and our own certificate; reads files.
    ///
    /// # Errors
    /// [`WaitReason::Tls`] and [`WaitReason::TlsOwn`] in words for the user, when a file of the user
    /// cannot be used.
    pub fn load(trust: &Trust) -> Result<Self, WaitReason> {
        let own = trust.own.as_ref().map(Own::load).transpose();
        let own = own.map_err(|detail| WaitReason::TlsOwn { fault: OwnCertificate::Unusable { detail } })?;
        let mut store = RootCertStore::empty();
        if trust.system {
            let found = rustls_native_certs::load_native_certs();
            let (taken, left) = store.add_parsable_certificates(found.certs);
            tracing::debug!(taken, left, faults = found.errors.len(), "system roots");
        }
        let named = match &trust.ca_file {
            Some(path) => certificates(path).map_err(|detail| WaitReason::Tls { detail })?,
            None => Vec::new(),
        };
        store.add_parsable_certificates(named.iter().cloned());
        if store.is_empty() && named.is_empty() && trust.pins.is_empty() {
            let detail =
                "this machine has no trusted roots; install them (ca-certificates) or name a file with `ca_file`".to_owned();
            return Err(WaitReason::Tls { detail });
        }
        Ok(Self { store: Arc::new(store), named: Arc::new(named), pins: Arc::new(trust.pins.clone()), own, newest: trust.newest })
    }

    /// The configuration of a connection to a server that must be called one of `names`, and where
    /// that tells what it saw.
    fn client(&self, names: Vec<String>) -> Result<(ClientConfig, Seen), WaitReason> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let seen = Seen::default();
        let verifier = SipVerifier { roots: self.clone(), names, provider: provider.clone(), seen: seen.clone() };
        let presenter = Presenter::new(self.own.as_ref(), seen.clone());
        let versions: &[_] = if self.newest { &[&rustls::version::TLS13] } else { rustls::DEFAULT_VERSIONS };
        let versions = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|fault| WaitReason::Tls { detail: fault.to_string() })?;
        let config = versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = config.with_client_cert_resolver(Arc::new(presenter));
        config.enable_sni = true;
        Ok((config, seen))
    }
}

/// The certificates of a PEM file.
///
/// # Errors
/// A sentence for the user.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|fault| format!("the file {shown} cannot be read: {}", plain(&fault)))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) | Err(_) => Err(format!("the file {shown} holds no certificate in PEM form")),
    }
}

/// The private key of a PEM file.
///
/// # Errors
/// A sentence for the user.
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|fault| format!("the file {shown} cannot be read: {}", plain(&fault)))?;
    let pem = zeroize::Zeroizing::new(pem);
    let says = |words: &[u8]| memchr::memmem::find(&pem, words).is_some();
    match PrivateKeyDer::from_pem_slice(&pem) {
        // RFC 5958, and the older form of OpenSSL.
        _ if says(b"BEGIN ENCRYPTED PRIVATE KEY") || says(b"Proc-Type: 4,ENCRYPTED") => Err(format!(
            "the private key in {shown} is protected by a passphrase; write it without one to a file only you can read \
             (openssl pkey -in OLD -out NEW)"
        )),
        Ok(key) => Ok(key),
        Err(_) => Err(format!("the file {shown} holds no private key in PEM form")),
    }
}

/// The configuration of our own server; with `client_ca` clients must show a certificate of one of
/// these authorities.
///
/// # Errors
/// A sentence for the user.
pub fn server(cert: &Path, key: &Path, client_ca: Option<&Path>) -> Result<ServerConfig, String> {
    let chain = certificates(cert)?;
    let key = private_key(key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|fault| fault.to_string())?;
    let config = match client_ca {
        None => versions.with_no_client_auth(),
        Some(path) => {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(certificates(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider).build();
            let unfit = |fault| format!("the authorities in {} cannot be used: {fault}", path.display());
            versions.with_client_cert_verifier(verifier.map_err(unfit)?)
        }
    };
    config.with_single_cert(chain, key).map_err(|fault| format!("certificate and key cannot be used: {fault}"))
}

/// The name to ask for in the handshake; address literals are not sent (RFC 6066 section 3).
fn server_name(name: &str) -> Result<ServerName<'static>, WaitReason> {
    let bare = names::bare(name).to_owned();
    ServerName::try_from(bare).map_err(|_| WaitReason::Tls { detail: format!("`{name}` cannot be the name of a server") })
}

#[cfg(test)]
mod tests;
