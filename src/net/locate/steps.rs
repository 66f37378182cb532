//! The order in which a server is looked for, as a table.
//!
//! Read RFC 3263 section 4 before changing this. For the domain of a sign-in address (automatic
//! configuration) the names of the LCS family come first, then RFC 3263, then plain host names; every
//! step under TLS comes before any in clear text. A server that was named is looked up by RFC 3263
//! alone; with a port, or as an address, it is not looked for at all.

use std::fmt;

use crate::backend::Target;
use crate::model::Transport;
use crate::net::locate::names::literal;

/// Default port of SIP in clear text (RFC 3261 section 19.1.2).
pub const PORT: u16 = 5060;

/// Default port of SIP over TLS.
pub const TLS_PORT: u16 = 5061;

/// Where access servers of the LCS family listen for clients on the Internet.
pub const EXTERNAL_PORT: u16 = 443;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The way.
    pub transport: Transport,
    /// Where the servers of this step come from.
    pub source: Source,
}

/// Where servers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// SRV records of this name.
    Srv(String),
    /// NAPTR records of `domain` for this service; without any, the SRV records of `otherwise`
    /// (RFC 3263 section 4.1).
    Naptr {
        /// Asked for NAPTR.
        domain: String,
        /// `SIPS+D2T` and its kind.
        service: &'static str,
        /// The SRV name that the service has by default.
        otherwise: String,
    },
    /// These hosts and ports, where no service record was found for this way.
    Hosts(Vec<(String, u16)>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.transport.word())?;
        match &self.source {
            Source::Srv(name) => write!(f, "SRV {name}"),
            Source::Naptr { domain, service, otherwise } => write!(f, "NAPTR {domain} {service}, else SRV {otherwise}"),
            Source::Hosts(hosts) => {
                let hosts: Vec<String> = hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect();
                write!(f, "hosts {}", hosts.join(" "))
            }
        }
    }
}

/// The steps to `to`, the best first.
///
/// Without a transport TLS is wanted; clear text follows only if `clear_text` permits it. UDP is
/// taken only where it was asked for.
#[must_use]
pub fn steps(to: &Target, clear_text: bool) -> Vec<Step> {
    let ways: &[Transport] = match to.transport {
        Some(Transport::Tcp) => &[Transport::Tcp],
        Some(Transport::Udp) => &[Transport::Udp],
        None if clear_text => &[Transport::Tls, Transport::Tcp],
        None | Some(Transport::Tls) => &[Transport::Tls],
    };
    let name = to.host.trim_end_matches('.');
    ways.iter()
        .flat_map(|&transport| {
            // A port or an address leaves nothing to look for (RFC 3263 section 4.2).
            let sources = if let Some(port) = to.port.or_else(|| literal(name).map(|_| default_port(transport))) {
                vec![Source::Hosts(vec![(name.to_owned(), port)])]
            } else if to.automatic {
                automatic(name, transport)
            } else {
                named(name, transport)
            };
            sources.into_iter().map(move |source| Step { transport, source })
        })
        .collect()
}

/// For the domain of a sign-in address.
fn automatic(domain: &str, transport: Transport) -> Vec<Source> {
    let srv = |service: &str| Source::Srv(format!("{service}.{domain}"));
    let host = |label: &str, port: u16| (format!("{label}.{domain}"), port);
    let itself = |port: u16| (domain.to_owned(), port);
    match transport {
        Transport::Tls => vec![
            srv("_sipinternaltls._tcp"),
            srv("_sip._tls"),
            naptr(domain, "SIPS+D2T", "_sips._tcp"),
            Source::Hosts(vec![
                host("sipinternal", TLS_PORT),
                host("sip", TLS_PORT),
                host("sipexternal", EXTERNAL_PORT),
                itself(TLS_PORT),
            ]),
        ],
        Transport::Tcp => vec![
            srv("_sipinternal._tcp"),
            naptr(domain, "SIP+D2T", "_sip._tcp"),
            Source::Hosts(vec![host("sipinternal", PORT), host("sip", PORT), itself(PORT)]),
        ],
        // The LCS family never spoke SIP over UDP, and nothing tells at once that nobody is there.
        Transport::Udp => vec![naptr(domain, "SIP+D2U", "_sip._udp"), Source::Hosts(vec![itself(PORT)])],
    }
}

/// For a server that was named.
fn named(name: &str, transport: Transport) -> Vec<Source> {
    let services = match transport {
        // `_sip._tls` is no name of RFC 3263, but many domains have it alone.
        Transport::Tls => vec![naptr(name, "SIPS+D2T", "_sips._tcp"), Source::Srv(format!("_sip._tls.{name}"))],
        Transport::Tcp => vec![naptr(name, "SIP+D2T", "_sip._tcp")],
        Transport::Udp => vec![naptr(name, "SIP+D2U", "_sip._udp")],
    };
    services.into_iter().chain([Source::Hosts(vec![(name.to_owned(), default_port(transport))])]).collect()
}

fn naptr(domain: &str, service: &'static str, otherwise: &str) -> Source {
    Source::Naptr { domain: domain.to_owned(), service, otherwise: format!("{otherwise}.{domain}") }
}

/// The port where nothing says otherwise.
#[must_use]
pub const fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Tls => TLS_PORT,
        Transport::Tcp | Transport::Udp => PORT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(host: &str, port: Option<u16>, transport: Option<Transport>, automatic: bool, clear_text: bool) -> Vec<String> {
        let to = Target { host: host.into(), port, transport, tls_name: host.into(), automatic };
        steps(&to, clear_text).iter().map(ToString::to_string).collect()
    }

    const TLS: [&str; 4] = [
        "tls: SRV _sipinternaltls._tcp.d.test",
        "tls: SRV _sip._tls.d.test",
        "tls: NAPTR d.test SIPS+D2T, else SRV _sips._tcp.d.test",
        "tls: hosts sipinternal.d.test:5061 sip.d.test:5061 sipexternal.d.test:443 d.test:5061",
    ];
    const CLEAR: [&str; 3] = [
        "tcp: SRV _sipinternal._tcp.d.test",
        "tcp: NAPTR d.test SIP+D2T, else SRV _sip._tcp.d.test",
        "tcp: hosts sipinternal.d.test:5060 sip.d.test:5060 d.test:5060",
    ];

    #[test]
    fn the_order_for_a_sign_in_address() {
        assert_eq!(shown("d.test.", None, None, true, true), [&TLS[..], &CLEAR[..]].concat());
        assert_eq!(shown("d.test", None, None, true, false), TLS);
        assert_eq!(shown("d.test", None, Some(Transport::Tls), true, true), TLS);
        assert_eq!(shown("d.test", None, Some(Transport::Tcp), true, false), CLEAR);
        assert_eq!(
            shown("d.test", None, Some(Transport::Udp), true, true),
            ["udp: NAPTR d.test SIP+D2U, else SRV _sip._udp.d.test", "udp: hosts d.test:5060"]
        );
    }

    #[test]
    fn the_order_for_a_server_that_was_named() {
        assert_eq!(
            shown("s.test", None, None, false, true),
            [
                "tls: NAPTR s.test SIPS+D2T, else SRV _sips._tcp.s.test",
                "tls: SRV _sip._tls.s.test",
                "tls: hosts s.test:5061",
                "tcp: NAPTR s.test SIP+D2T, else SRV _sip._tcp.s.test",
                "tcp: hosts s.test:5060",
            ]
        );
        assert_eq!(
            shown("s.test", None, Some(Transport::Udp), false, false),
            ["udp: NAPTR s.test SIP+D2U, else SRV _sip._udp.s.test", "udp: hosts s.test:5060"]
        );
    }

    #[test]
    fn a_port_or_an_address_is_gone_to_straight() {
        assert_eq!(shown("s.test", Some(5070), None, false, true), ["tls: hosts s.test:5070", "tcp: hosts s.test:5070"]);
        assert_eq!(shown("192.0.2.1", None, None, false, true), ["tls: hosts 192.0.2.1:5061", "tcp: hosts 192.0.2.1:5060"]);
        assert_eq!(shown("[::1]", None, Some(Transport::Udp), false, true), ["udp: hosts [::1]:5060"]);
        assert_eq!(shown("192.0.2.1", None, None, true, false), ["tls: hosts 192.0.2.1:5061"], "a domain may be an address");
    }
}
