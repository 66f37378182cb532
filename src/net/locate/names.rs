//! Questions to name servers, and the records that come back.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Lower is tried first.
    pub priority: u16,
    /// Share within the priority.
    pub weight: u16,
    /// Port of the service.
    pub port: u16,
    /// Name of the host, without the final dot; empty: the service is not offered.
    pub host: String,
}

/// One NAPTR record (RFC 3403 section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naptr {
    /// Lower is read first.
    pub order: u16,
    /// Lower is preferred within the order.
    pub preference: u16,
    /// `s`: the replacement has SRV records.
    pub flags: String,
    /// Such as `SIPS+D2T`.
    pub service: String,
    /// Empty for SIP.
    pub regexp: String,
    /// The name to go on with, without the final dot.
    pub replacement: String,
}

/// Why a lookup gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupFault {
    /// The name does not exist or has no such record.
    NotFound,
    /// The name server did not answer in time, or answered with a failure.
    NoAnswer,
}

impl fmt::Display for LookupFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "there is none",
            Self::NoAnswer => "the name server gave no answer",
        })
    }
}

/// A lookup under way.
pub type Lookup<T> = Pin<Box<dyn Future<Output = Result<Vec<T>, LookupFault>> + Send>>;

/// Answers questions about names.
pub trait Names: fmt::Debug + Send + Sync {
    /// SRV records of a name.
    fn srv(&self, name: &str) -> Lookup<Srv>;
    /// NAPTR records of a name.
    fn naptr(&self, name: &str) -> Lookup<Naptr>;
    /// Addresses of a name, in the order to be tried.
    fn addresses(&self, host: &str) -> Lookup<IpAddr>;
}

/// The literal a host is, if it is one; brackets around IPv6 are understood.
#[must_use]
pub fn literal(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host).parse().ok()
}
