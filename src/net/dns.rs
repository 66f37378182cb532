//! Asks name servers.
//!
//! Addresses come from the system's own resolver, so that hosts files and whatever else the machine
//! is set up for work as everywhere; SRV records come from the name servers the system names. When
//! the user names a name server, everything is asked there and nowhere else.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::net::locate::names::{Lookup, LookupFault, Names, Naptr, Srv, literal};

/// Wait for one answer of a name server; asked twice at most.
const ANSWER_TIME: Duration = Duration::from_secs(3);

/// The name servers in use.
pub struct Dns {
    resolver: Option<TokioResolver>,
    named: bool,
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dns").field("named", &self.named).finish_non_exhaustive()
    }
}

impl Dns {
    /// As the system is set up. Without name servers, such as in a bare container, SRV lookups find
    /// nothing and addresses still come from the hosts file.
    #[must_use]
    pub fn system() -> Self {
        let resolver = TokioResolver::builder_tokio().ok().and_then(|mut builder| {
            limits(builder.options_mut());
            builder.build().ok()
        });
        Self { resolver, named: false }
    }

    /// This name server and no other.
    #[must_use]
    pub fn server(at: SocketAddr) -> Self {
        let connection = |mut connection: ConnectionConfig| {
            connection.port = at.port();
            connection
        };
        let connections = vec![connection(ConnectionConfig::udp()), connection(ConnectionConfig::tcp())];
        let server = NameServerConfig::new(at.ip(), true, connections);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        limits(builder.options_mut());
        Self { resolver: builder.build().ok(), named: true }
    }

    /// The name server a setting such as `192.0.2.53:53`, `192.0.2.53` or `ns.example.test:53` names.
    ///
    /// # Errors
    /// What the system says about the name.
    pub async fn named(text: &str) -> io::Result<Self> {
        let with_port = match (literal(text), text.rsplit_once(':')) {
            (Some(ip), _) => return Ok(Self::server(SocketAddr::new(ip, 53))),
            (None, Some(_)) => text.to_owned(),
            (None, None) => format!("{text}:53"),
        };
        let found = tokio::net::lookup_host(with_port).await?.next();
        found.map(Self::server).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn limits(options: &mut ResolverOpts) {
    options.timeout = ANSWER_TIME;
    options.attempts = 2;
    options.negative_max_ttl = Some(Duration::from_secs(30));
}

impl Names for Dns {
    fn srv(&self, name: &str) -> Lookup<Srv> {
        let (resolver, name) = (self.resolver.clone(), rooted(name));
        Box::pin(async move {
            let resolver = resolver.ok_or(LookupFault::NotFound)?;
            let found = resolver.srv_lookup(name).await.map_err(|fault| meaning(&fault))?;
            let records = found.answers().iter().filter_map(|record| match &record.data {
                RData::SRV(srv) => {
                    Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, host: unrooted(&srv.target) })
                }
                _ => None,
            });
            Ok(records.collect())
        })
    }

    fn naptr(&self, name: &str) -> Lookup<Naptr> {
        let (resolver, name) = (self.resolver.clone(), rooted(name));
        Box::pin(async move {
            let resolver = resolver.ok_or(LookupFault::NotFound)?;
            let found = resolver.lookup(name, RecordType::NAPTR).await.map_err(|fault| meaning(&fault))?;
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            let records = found.answers().iter().filter_map(|record| match &record.data {
                RData::NAPTR(naptr) => Some(Naptr {
                    order: naptr.order,
                    preference: naptr.preference,
                    flags: text(&naptr.flags),
                    service: text(&naptr.services),
                    regexp: text(&naptr.regexp),
                    replacement: unrooted(&naptr.replacement),
                }),
                _ => None,
            });
            Ok(records.collect())
        })
    }

    fn addresses(&self, host: &str) -> Lookup<IpAddr> {
        if let Some(ip) = literal(host) {
            return Box::pin(async move { Ok(vec![ip]) });
        }
        let host = host.to_owned();
        let Some(resolver) = self.resolver.clone().filter(|_| self.named) else {
            return Box::pin(async move {
                let found = tokio::net::lookup_host((host, 0)).await.map_err(|_| LookupFault::NotFound)?;
                Ok(found.map(|a| a.ip()).collect())
            });
        };
        Box::pin(async move {
            let found = resolver.lookup_ip(rooted(&host)).await.map_err(|fault| meaning(&fault))?;
            Ok(found.iter().collect())
        })
    }
}

/// With its final dot, so that no search list is applied: a search list could lead elsewhere.
fn rooted(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

fn unrooted(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

fn meaning(fault: &NetError) -> LookupFault {
    if fault.is_no_records_found() || fault.is_nx_domain() { LookupFault::NotFound } else { LookupFault::NoAnswer }
}
