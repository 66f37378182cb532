//! Asks name servers.
//!
//! Addresses come from the system's own resolver, so that hosts files and whatever else the machine
//! is set up for work as everywhere; SRV records come from the name servers the system names. When
//! the user names a name server, everything is asked there and nowhere else. A static program asks the
//! name servers for addresses too.
//!
//! What name servers answered is kept for as long as they said (its TTL), and that there is no such
//! name for as long as they said but half a minute at most (RFC 2308). All that holds while the system
//! names the same name servers: on another network a name may lead elsewhere. Addresses the system's
//! resolver gives are kept by it, if at all.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use crate::net::locate::names::{Lookup, LookupFault, Names, Naptr, Srv, literal};

/// Wait for one answer of a name server; asked twice at most.
const ANSWER_TIME: Duration = Duration::from_secs(3);

/// Aliases of aliases that are followed.
const MOST_ALIASES: usize = 4;

/// Where the system says which name servers there are; hickory reads the same file.
const SYSTEM: &str = "/etc/resolv.conf";

/// A static program cannot load what the system's resolver is set up with; it asks the name servers, and reads the file of hosts itself.
const STATIC: bool = cfg!(target_feature = "crt-static");

/// Name servers with what they answered, for as long as the same ones are in use.
#[derive(Debug, Default)]
pub struct Kept {
    /// What names the servers, and they themselves. Held only to look or to replace.
    last: Mutex<Option<(Vec<u8>, Arc<Dns>)>>,
}

impl Kept {
    /// The name server a setting names, or those of the system.
    ///
    /// # Errors
    /// What the system says about the name of the name server.
    pub async fn names(&self, named: Option<&str>) -> io::Result<Arc<Dns>> {
        if let Some(text) = named {
            let at = Dns::address(text).await?;
            return Ok(self.same_or(at.to_string().as_bytes(), || Dns::server(at)));
        }
        // Where nothing tells whether the name servers are the same ones, nothing is kept.
        let Ok(contents) = std::fs::read(SYSTEM) else { return Ok(Arc::new(Dns::system())) };
        Ok(self.same_or(&contents, Dns::system))
    }

    /// Forgets everything. Some systems always name themselves as the name server and do not show
    /// that the network is another one; that none of the servers answers may be such a case.
    pub fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn same_or(&self, from: &[u8], make: impl FnOnce() -> Dns) -> Arc<Dns> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, dns)) if known == from => dns.clone(),
            _ => {
                let made = Arc::new(make());
                *last = Some((from.to_vec(), made.clone()));
                made
            }
        }
    }
}

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

    /// Where the name server is that a setting such as `192.0.2.53:53`, `192.0.2.53` or
    /// `ns.example.test:53` names.
    async fn address(text: &str) -> io::Result<SocketAddr> {
        let with_port = match (literal(text), text.rsplit_once(':')) {
            (Some(ip), _) => return Ok(SocketAddr::new(ip, 53)),
            (None, Some(_)) => text.to_owned(),
            (None, None) => format!("{text}:53"),
        };
        let found = tokio::net::lookup_host(with_port).await?.next();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn limits(options: &mut ResolverOpts) {
    options.timeout = ANSWER_TIME;
    options.attempts = 2;
    options.negative_max_ttl = Some(Duration::from_secs(30));
}

impl Dns {
    /// The records of a name. hickory looks for those of an alias in other answers only, so an answer that
    /// holds alias and records is none to it: the alias is followed here.
    fn records(&self, name: &str, kind: RecordType) -> Lookup<Record> {
        let (resolver, mut name) = (self.resolver.clone(), rooted(name));
        Box::pin(async move {
            let resolver = resolver.ok_or(LookupFault::NotFound)?;
            for _ in 0..=MOST_ALIASES {
                match resolver.lookup(name.as_str(), kind).await {
                    Ok(found) => {
                        let found: Vec<Record> =
                            about(found.answers(), &name).filter(|record| record.record_type() == kind).cloned().collect();
                        if !found.is_empty() {
                            return Ok(found);
                        }
                    }
                    Err(fault) if fault.is_no_records_found() && !fault.is_nx_domain() => {}
                    Err(fault) => return Err(meaning(&fault)),
                }
                name = alias(&resolver, &name).await?;
            }
            Err(LookupFault::NotFound)
        })
    }
}

/// The name this one is an alias of.
async fn alias(resolver: &TokioResolver, name: &str) -> Result<String, LookupFault> {
    let found = resolver.lookup(name, RecordType::CNAME).await.map_err(|fault| meaning(&fault))?;
    let target = about(found.answers(), name).find_map(|record| match &record.data {
        RData::CNAME(target) => Some(rooted(&target.0.to_ascii())),
        _ => None,
    });
    target.ok_or(LookupFault::NotFound)
}

impl Names for Dns {
    fn srv(&self, name: &str) -> Lookup<Srv> {
        let found = self.records(name, RecordType::SRV);
        Box::pin(async move {
            let read = |record: Record| match record.data {
                RData::SRV(srv) => {
                    Some(Srv { priority: srv.priority, weight: srv.weight, port: srv.port, host: unrooted(&srv.target) })
                }
                _ => None,
            };
            Ok(found.await?.into_iter().filter_map(read).collect())
        })
    }

    fn naptr(&self, name: &str) -> Lookup<Naptr> {
        let found = self.records(name, RecordType::NAPTR);
        Box::pin(async move {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            let read = |record: Record| match record.data {
                RData::NAPTR(naptr) => Some(Naptr {
                    order: naptr.order,
                    preference: naptr.preference,
                    flags: text(&naptr.flags),
                    service: text(&naptr.services),
                    regexp: text(&naptr.regexp),
                    replacement: unrooted(&naptr.replacement),
                }),
                _ => None,
            };
            Ok(found.await?.into_iter().filter_map(read).collect())
        })
    }

    fn addresses(&self, host: &str) -> Lookup<IpAddr> {
        if let Some(ip) = literal(host) {
            return Box::pin(async move { Ok(vec![ip]) });
        }
        let host = host.to_owned();
        let Some(resolver) = self.resolver.clone().filter(|_| self.named || STATIC) else {
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

/// The records about the name that was asked for: a name server may say what it likes, but only of what
/// it was asked. Where the name is an alias, hickory leaves those of the name it leads to, and no others.
fn about<'a>(records: &'a [Record], asked: &str) -> impl Iterator<Item = &'a Record> {
    let name = Name::from_str_relaxed(asked).unwrap_or_default();
    let is_alias = !records.iter().any(|record| record.name == name);
    records.iter().filter(move |record| is_alias || record.name == name)
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

#[cfg(test)]
mod tests;
