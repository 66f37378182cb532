//! Where a session is: MSRP URIs, and the paths that lead there (RFC 4975, section 6).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Octets of one URI.
const LONGEST: usize = 512;
/// URIs of one path; nobody has so many relays.
const MOST: usize = 8;

/// An MSRP URI. Two are equal as section 6.1 has it: scheme, host and transport without regard to case, addresses as
/// addresses, ports where there are any, the session id letter for letter; users and other parameters do not count.
#[derive(Clone)]
pub struct Uri {
    /// As it was written.
    text: String,
    parts: Parts,
}

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    secure: bool,
    host: Host,
    port: Option<u16>,
    session: Option<String>,
    /// In small letters.
    transport: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// In small letters.
    Name(String),
}

impl Uri {
    /// The URI of a session that is reached by TCP. None where the host or the session id cannot stand in one.
    #[must_use]
    pub fn new(secure: bool, host: &str, port: u16, session: &str) -> Option<Self> {
        let scheme = if secure { "msrps" } else { "msrp" };
        let host = host.parse::<Ipv6Addr>().map_or_else(|_| host.to_owned(), |address| format!("[{address}]"));
        let uri = Self::parse(&format!("{scheme}://{host}:{port}/{session};tcp"))?;
        (uri.session() == Some(session) && uri.port() == Some(port)).then_some(uri)
    }

    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sound = text.len() <= LONGEST && text.bytes().all(|octet| octet.is_ascii_graphic());
        let (scheme, rest) = text.split_once("://").filter(|_| sound)?;
        let secure = scheme.eq_ignore_ascii_case("msrps");
        if !secure && !scheme.eq_ignore_ascii_case("msrp") {
            return None;
        }
        let mut params = rest.split(';');
        let (place, transport) = (params.next()?, params.next()?);
        let (authority, session) = match place.split_once('/') {
            Some((authority, session)) => (authority, Some(session)),
            None => (place, None),
        };
        let (host, port) = host_and_port(authority.rsplit_once('@').map_or(authority, |(_, after)| after))?;
        let known = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+=/".contains(&octet);
        if session.is_some_and(|session| session.is_empty() || !session.bytes().all(known)) {
            return None;
        }
        if transport.is_empty() || !transport.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            return None;
        }
        let (session, transport) = (session.map(ToOwned::to_owned), transport.to_ascii_lowercase());
        Some(Self { text: text.to_owned(), parts: Parts { secure, host, port, session, transport } })
    }

    /// Whether it wants TLS (`msrps`).
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.parts.secure
    }

    /// Whether it is reached by TCP; nothing else was ever defined.
    #[must_use]
    pub fn is_tcp(&self) -> bool {
        self.parts.transport == "tcp"
    }

    /// A name or an address, without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.parts.host {
            Host::Address(address) => address.to_string(),
            Host::Name(name) => name.clone(),
        }
    }

    /// The address, where the host is none that has to be looked up.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self.parts.host {
            Host::Address(address) => Some(address),
            Host::Name(_) => None,
        }
    }

    /// The port, which must be there in a session description.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.parts.port
    }

    /// What tells the session from others at the same place.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.parts.session.as_deref()
    }
}

fn host_and_port(authority: &str) -> Option<(Host, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
        (Host::Address(address.parse::<Ipv6Addr>().ok()?.into()), port)
    } else {
        let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        let known = |octet: u8| octet.is_ascii_alphanumeric() || b"-._".contains(&octet);
        if host.is_empty() || !host.bytes().all(known) {
            return None;
        }
        (host.parse().map_or_else(|_| Host::Name(host.to_ascii_lowercase()), Host::Address), port)
    };
    match port {
        None => Some((host, None)),
        Some(digits) if digits.bytes().all(|octet| octet.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port > 0).map(|port| (host, Some(port)))
        }
        Some(_) => None,
    }
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Uri {}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Who knows a session id may speak for the session, so it is not shown.
impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { secure, host, port, session: _, transport } = &self.parts;
        f.debug_struct("Uri")
            .field("secure", secure)
            .field("host", host)
            .field("port", port)
            .field("transport", transport)
            .finish_non_exhaustive()
    }
}

/// The way to a session: relays, if there are any, then the session itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    relays: Vec<Uri>,
    session: Uri,
}

impl Path {
    /// Reads what stands in `a=path`, `To-Path` and `From-Path`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uris = text.split_ascii_whitespace().take(MOST + 1).map(Uri::parse);
        let mut relays: Vec<Uri> = uris.collect::<Option<_>>()?;
        let session = relays.pop().filter(|_| relays.len() < MOST)?;
        Some(Self { relays, session })
    }

    /// The first on the way, which is to be connected to.
    #[must_use]
    pub fn first(&self) -> &Uri {
        self.relays.first().unwrap_or(&self.session)
    }

    /// The session itself.
    #[must_use]
    pub const fn session(&self) -> &Uri {
        &self.session
    }
}

impl From<Uri> for Path {
    fn from(session: Uri) -> Self {
        Self { relays: Vec::new(), session }
    }
}

/// As it stands in `a=path`, `To-Path` and `From-Path`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for relay in &self.relays {
            write!(f, "{relay} ")?;
        }
        write!(f, "{}", self.session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn parts() {
        let read = uri("msrps://192.0.2.10:2855/s3ss10nid;tcp");
        assert_eq!((read.is_secure(), read.is_tcp(), read.host(), read.port()), (true, true, "192.0.2.10".into(), Some(2855)));
        assert_eq!((read.session(), read.address()), (Some("s3ss10nid"), "192.0.2.10".parse().ok()));
        let read = uri("MSRP://user@Relay.Example.test;tcp;x=y");
        assert_eq!(
            (read.is_secure(), read.host(), read.port(), read.session()),
            (false, "relay.example.test".into(), None, None)
        );
        let read = uri("msrp://[2001:DB8::1]:9000/a/b+c=~._-;TCP");
        assert_eq!((read.host(), read.port(), read.session()), ("2001:db8::1".into(), Some(9000), Some("a/b+c=~._-")));
        assert_eq!(read.to_string(), "msrp://[2001:DB8::1]:9000/a/b+c=~._-;TCP");
    }

    #[test]
    fn made_here() {
        let made = |host: &str, session: &str| Uri::new(true, host, 2855, session).map(|uri| uri.to_string());
        assert_eq!(made("192.0.2.10", "abc"), Some("msrps://192.0.2.10:2855/abc;tcp".into()));
        assert_eq!(made("2001:db8::1", "abc"), Some("msrps://[2001:db8::1]:2855/abc;tcp".into()));
        for (host, session) in [("", "abc"), ("a b", "abc"), ("a", ""), ("a", "x y"), ("a", "x\r\ny"), ("a", "x;y"), ("a/b", "")]
        {
            assert_eq!(Uri::new(false, host, 1, session), None, "{host:?} {session:?}");
        }
        assert_eq!(Uri::new(false, "a", 0, "abc"), None);
    }

    #[test]
    fn no_uris() {
        for text in [
            "",
            "msrp",
            "msrp://",
            "msrp://;tcp",
            "msrp://a",
            "msrp://a:1/x",
            "msrp://a:1/;tcp",
            "msrp://a:1/x;",
            "msrp://a:1/x;t-p",
            "msrp://a:/x;tcp",
            "msrp://a:0/x;tcp",
            "msrp://a:+1/x;tcp",
            "msrp://a:65536/x;tcp",
            "msrp://a:1:2/x;tcp",
            "msrp://::1/x;tcp",
            "msrp://[::1/x;tcp",
            "msrp://[::1]1/x;tcp",
            "msrp://[a]:1/x;tcp",
            "msrp://a:1/x y;tcp",
            "msrp://a:1/x\";tcp",
            "msrp://ä:1/x;tcp",
            "sip:a@b;tcp",
            "http://a:1/x;tcp",
        ] {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
        let long = |count: usize| format!("msrp://a:1/{};tcp", "x".repeat(count));
        assert!(Uri::parse(&long(400)).is_some() && Uri::parse(&long(600)).is_none());
    }

    /// RFC 4975, section 6.1.
    #[test]
    fn which_are_equal() {
        let one = uri("msrp://Host.example.test:8493/asfd34;tcp");
        for other in [
            "MSRP://host.EXAMPLE.test:8493/asfd34;TCP",
            "msrp://user@host.example.test:8493/asfd34;tcp",
            "msrp://host.example.test:8493/asfd34;tcp;more=1",
        ] {
            assert_eq!(one, uri(other));
        }
        for other in [
            "msrps://host.example.test:8493/asfd34;tcp",
            "msrp://other.example.test:8493/asfd34;tcp",
            "msrp://host.example.test:8494/asfd34;tcp",
            "msrp://host.example.test/asfd34;tcp",
            "msrp://host.example.test:8493/asfd35;tcp",
            "msrp://host.example.test:8493/asFd34;tcp",
            "msrp://host.example.test:8493;tcp",
            "msrp://host.example.test:8493/asfd34;sctp",
        ] {
            assert_ne!(one, uri(other));
        }
        assert_eq!(uri("msrp://[2001:db8:0:0::1]:1/x;tcp"), uri("msrp://[2001:DB8::1]:1/x;tcp"));
    }

    #[test]
    fn paths() {
        let text = "msrps://relay.example.test:2855/r;tcp msrps://192.0.2.10:9/s;tcp";
        let path = Path::parse(text).unwrap();
        assert_eq!((path.to_string(), path.relays.len()), (text.to_owned(), 1));
        assert_eq!((path.first().port(), path.session().port()), (Some(2855), Some(9)));
        let direct = Path::from(path.session().clone());
        assert_eq!((direct.first(), direct.relays.len()), (path.session(), 0));
        assert_eq!(Path::parse(" msrps://192.0.2.10:9/s;tcp "), Some(direct));
        let many = |count: usize| Path::parse(&"msrp://a:1/x;tcp ".repeat(count)).map(|path| path.relays.len());
        assert_eq!((many(0), many(1), many(MOST), many(MOST + 1)), (None, Some(0), Some(MOST - 1), None));
        assert_eq!(Path::parse("msrp://a:1/x;tcp nonsense"), None);
    }

    #[test]
    fn session_ids_are_not_shown() {
        let path = Path::parse("msrp://a:1/s3cret;tcp msrp://b:1/s3cret;tcp").unwrap();
        assert!(!format!("{path:?}").contains("s3cret"));
    }
}
