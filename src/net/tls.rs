//! TLS: whom we trust, and whether a certificate names the server (RFC 5922 section 7.1, 7.2).
//!
//! The chain is checked by webpki as everywhere; the name is checked here, by the rules for SIP: a
//! SIP URI in the certificate speaks before a DNS name, the whole name must be equal, and a wildcard
//! matches nothing. A certificate that the user names as trusted itself (a self-signed one, as labs
//! have) is accepted without a chain while it is in date.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, RootCertStore,
    ServerConfig, SignatureScheme,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::model::WaitReason;
use crate::net::link::{plain, reason};

/// Names of a certificate shown to the user at most.
const NAMES_SHOWN: usize = 8;

/// Whom we trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The roots of this machine.
    pub system: bool,
    /// A file with further ones, PEM.
    pub ca_file: Option<PathBuf>,
}

/// The trusted roots, loaded.
#[derive(Debug, Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    /// Certificates of the user's file: trusted as they are.
    named: Arc<Vec<CertificateDer<'static>>>,
}

impl Roots {
    /// Loads the roots; reads files.
    ///
    /// # Errors
    /// [`WaitReason::Tls`] in words for the user, when the user's file cannot be used.
    pub fn load(trust: &Trust) -> Result<Self, WaitReason> {
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
        if store.is_empty() && named.is_empty() {
            let detail =
                "this machine has no trusted roots; install them (ca-certificates) or name a file with `ca_file`".to_owned();
            return Err(WaitReason::Tls { detail });
        }
        Ok(Self { store: Arc::new(store), named: Arc::new(named) })
    }

    /// The configuration of a connection to a server that must be called one of `names`.
    ///
    /// # Errors
    /// [`WaitReason::Tls`] if TLS cannot be set up at all.
    pub fn client(&self, names: Vec<String>) -> Result<ClientConfig, WaitReason> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = SipVerifier { roots: self.clone(), names, provider: provider.clone() };
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|fault| WaitReason::Tls { detail: fault.to_string() })?;
        let mut config = versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
        config.enable_sni = true;
        Ok(config)
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

/// The configuration of our own server.
///
/// # Errors
/// A sentence for the user.
pub fn server(cert: &Path, key: &Path) -> Result<ServerConfig, String> {
    let chain = certificates(cert)?;
    let shown = key.display();
    let pem = std::fs::read(key).map_err(|fault| format!("the file {shown} cannot be read: {}", plain(&fault)))?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| format!("the file {shown} holds no private key in PEM form"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|versions| versions.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|fault| format!("certificate and key cannot be used: {fault}"))
}

/// The name to ask for in the handshake; address literals are not sent (RFC 6066 section 3).
///
/// # Errors
/// [`WaitReason::Tls`] for a text that cannot be a name.
pub fn server_name(name: &str) -> Result<ServerName<'static>, WaitReason> {
    let bare = bare(name).to_owned();
    ServerName::try_from(bare).map_err(|_| WaitReason::Tls { detail: format!("`{name}` cannot be the name of a server") })
}

struct SipVerifier {
    roots: Roots,
    names: Vec<String>,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for SipVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SipVerifier").field("names", &self.names).finish_non_exhaustive()
    }
}

impl SipVerifier {
    fn check_chain(&self, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Error> {
        if self.roots.named.iter().any(|named| named.as_ref() == leaf.as_ref()) {
            return in_date(leaf, now);
        }
        let parsed = ParsedCertificate::try_from(leaf)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots.store, chain, now, algorithms)
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
        self.check_chain(end_entity, intermediates, now)?;
        let found = identities(end_entity).ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if self.names.iter().any(|name| found.names(name)) {
            return Ok(ServerCertVerified::assertion());
        }
        let presented = found.shown();
        Err(CertificateError::NotValidForNameContext { expected: server_name.to_owned(), presented }.into())
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

fn in_date(leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let bad = Error::InvalidCertificate(CertificateError::BadEncoding);
    let Ok((_, parsed)) = X509Certificate::from_der(leaf) else { return Err(bad) };
    let now = i64::try_from(now.as_secs()).map_err(|_| bad)?;
    if now < parsed.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > parsed.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// Who a certificate says it is (RFC 5922 section 7.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identities {
    /// Hosts of SIP URIs without a user part.
    pub sip: Vec<String>,
    /// DNS names.
    pub dns: Vec<String>,
    /// Addresses.
    pub ip: Vec<IpAddr>,
    /// The common name; counts only where there is no alternative name of any kind.
    pub common: Option<String>,
}

/// Reads the identities; `None` if the certificate cannot be read.
#[must_use]
pub fn identities(leaf: &CertificateDer<'_>) -> Option<Identities> {
    let (_, parsed) = X509Certificate::from_der(leaf).ok()?;
    let mut found = Identities::default();
    let Some(names) = parsed.subject_alternative_name().ok()? else {
        found.common = parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned);
        return Some(found);
    };
    for name in &names.value.general_names {
        match name {
            GeneralName::URI(uri) => found.sip.extend(sip_host(uri)),
            GeneralName::DNSName(name) => found.dns.push((*name).to_owned()),
            GeneralName::IPAddress(octets) => found.ip.extend(ip(octets)),
            _ => {}
        }
    }
    Some(found)
}

impl Identities {
    /// Whether the certificate speaks for this name.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        let name = bare(name);
        if let Ok(address) = name.parse::<IpAddr>() {
            return self.ip.contains(&address);
        }
        let same = |other: &String| !other.contains('*') && other.trim_end_matches('.').eq_ignore_ascii_case(name);
        if !self.sip.is_empty() {
            return self.sip.iter().any(same);
        }
        self.dns.iter().any(same) || self.common.as_ref().is_some_and(same)
    }

    /// The names for a sentence to the user.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        let ips = self.ip.iter().map(ToString::to_string);
        let all = self.sip.iter().chain(&self.dns).chain(&self.common).cloned().chain(ips);
        let clean = all.map(|n| n.chars().filter(|c| !c.is_control()).take(253).collect::<String>());
        let mut names: Vec<String> = clean.take(NAMES_SHOWN).collect();
        names.dedup();
        names
    }
}

fn sip_host(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("sip") || rest.contains('@') {
        return None;
    }
    let host = rest.split([';', '?', ':']).next().unwrap_or(rest);
    (!host.is_empty()).then(|| host.to_owned())
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// Without brackets and without the final dot.
fn bare(name: &str) -> &str {
    name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name).trim_end_matches('.')
}

/// What a failed handshake means to the user.
#[must_use]
pub fn handshake_reason(fault: &io::Error, expected: &str) -> WaitReason {
    let Some(fault) = fault.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match reason(fault) {
            WaitReason::Closed => tls("the server closed the connection during the handshake; it may not speak TLS on this port"),
            other => other,
        };
    };
    let old = "the server speaks only versions of TLS older than 1.2, which are not safe; \
               it needs an update, or a TLS proxy in front of it";
    match fault {
        Error::InvalidCertificate(certificate) => certificate_reason(certificate, expected),
        Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        )
        | Error::AlertReceived(AlertDescription::ProtocolVersion) => tls(old),
        Error::InvalidMessage(_) => tls("the server does not speak TLS on this port"),
        Error::NoCertificatesPresented => tls("the server showed no certificate"),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            WaitReason::TlsName { expected: expected.to_owned(), found: Vec::new() }
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            tls("the server and this program have no way of encrypting in common")
        }
        Error::AlertReceived(alert) => tls(&format!("the server ended the handshake: {alert:?}")),
        other => tls(&other.to_string()),
    }
}

/// What a fault of TLS means to the user that comes after the handshake. With TLS 1.3 what the server
/// thinks of the client comes only then (RFC 8446 section 4.4.2.4).
pub fn session_reason(fault: &Error) -> WaitReason {
    match fault {
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            tls("the server wants a certificate of its users, and chinwag cannot show one")
        }
        Error::AlertReceived(alert) => tls(&format!("the server ended it: {alert:?}")),
        Error::DecryptError | Error::InvalidMessage(_) => tls("what came in between is not what the server sent"),
        other => tls(&other.to_string()),
    }
}

fn certificate_reason(fault: &CertificateError, expected: &str) -> WaitReason {
    match fault {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => WaitReason::TlsExpired,
        CertificateError::UnknownIssuer | CertificateError::BadSignature => WaitReason::TlsUnknownCa,
        CertificateError::NotValidForName => WaitReason::TlsName { expected: expected.to_owned(), found: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            WaitReason::TlsName { expected: expected.to_owned(), found: presented.clone() }
        }
        CertificateError::Revoked => tls("the certificate of the server was revoked"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            tls("the certificate of the server was not made for servers")
        }
        // A root certificate used as the server's own and not named in `ca_file`.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => WaitReason::TlsUnknownCa,
        other => tls(&format!("the certificate of the server cannot be used: {other}")),
    }
}

fn tls(detail: &str) -> WaitReason {
    WaitReason::Tls { detail: detail.chars().filter(|c| !c.is_control()).take(300).collect() }
}

#[cfg(test)]
mod tests;
