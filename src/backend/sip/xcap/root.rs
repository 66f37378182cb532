//! The address of the document server: where to connect, and the paths of documents (RFC 4825
//! section 6).

use std::fmt::Write as _;

use crate::backend::Target;
use crate::model::Transport;

/// `http://host[:port]/path`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    secure: bool,
    /// Without brackets.
    host: String,
    port: u16,
    /// Without a slash at its end.
    path: String,
}

impl Root {
    /// Reads a URL; `None` if it is none of HTTP.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        if !rest.bytes().all(|b| b.is_ascii_graphic()) || rest.contains(['?', '#']) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(literal) => {
                let (host, rest) = literal.split_once(']')?;
                (host, rest.strip_prefix(':'))
            }
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => port.parse().ok()?,
            None if secure => 443,
            None => 80,
        };
        let good = !host.is_empty() && !host.contains(['@', '[', ']']);
        good.then(|| Self { secure, host: host.to_ascii_lowercase(), port, path: path.trim_end_matches('/').to_owned() })
    }

    pub(super) fn target(&self) -> Target {
        Target {
            host: self.host.clone(),
            port: Some(self.port),
            transport: Some(if self.secure { Transport::Tls } else { Transport::Tcp }),
            tls_name: self.host.clone(),
            automatic: false,
        }
    }

    /// The value of `Host`.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// `/root/APPLICATION/users/USER/index`.
    pub(super) fn document(&self, application: &str, user: &str) -> String {
        format!("{}/{application}/users/{}/index", self.path, segment(user))
    }
}

/// Escapes what a path segment cannot hold (RFC 3986 section 3.3).
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, b| {
        if b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&b) {
            escaped.push(char::from(b));
        } else {
            let _ = write!(escaped, "%{b:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_urls() {
        let plain = Root::parse("http://127.0.0.1:5060/xcap-root/").unwrap();
        assert_eq!(plain.authority(), "127.0.0.1:5060");
        assert_eq!(
            plain.document("pres-rules", "sip:alice@example.test"),
            "/xcap-root/pres-rules/users/sip:alice@example.test/index"
        );
        assert_eq!((plain.target().port, plain.target().transport), (Some(5060), Some(Transport::Tcp)));
        let secure = Root::parse("HTTPS://Xcap.example.test").unwrap();
        assert_eq!((secure.authority().as_str(), secure.target().port), ("xcap.example.test", Some(443)));
        assert_eq!(secure.document("a", "sip:b/c é@x"), "/a/users/sip:b%2Fc%20%C3%A9@x/index");
        assert_eq!((secure.target().transport, secure.target().tls_name.as_str()), (Some(Transport::Tls), "xcap.example.test"));
        let literal = Root::parse("http://[::1]:8080/x").unwrap();
        assert_eq!((literal.authority().as_str(), literal.target().host.as_str()), ("[::1]:8080", "::1"));
        for bad in [
            "",
            "ftp://x",
            "http://",
            "http:///x",
            "http://x:port/",
            "http://[::1/",
            "x/y",
            "http://u@x/",
            "http://a b/",
            "http://x/?q",
        ] {
            assert_eq!(Root::parse(bad), None, "{bad}");
        }
    }
}
