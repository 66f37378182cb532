//! Whom a certificate names (RFC 5922 section 7.1, 7.2).

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Names of a certificate shown to the user at most.
const NAMES_SHOWN: usize = 8;

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
pub fn bare(name: &str) -> &str {
    name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name).trim_end_matches('.')
}
