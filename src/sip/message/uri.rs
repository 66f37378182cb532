//! URIs (RFC 3261 section 19.1); kept as written, read in parts.

use std::borrow::Cow;
use std::fmt;

use super::Params;
use super::lex::is_token;
use crate::sip::fault::{Malformed, Offence};

/// A URI as it stood on the wire, with its parts at hand; only quotes around the value of a
/// parameter, which some clients of LCS write, are taken off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri(String);

impl Uri {
    /// Reads a URI. Schemes other than `sip` and `sips` are kept without looking inside.
    ///
    /// # Errors
    /// [`Offence::Uri`] with the offset within `text`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let fault = |offset| Malformed { what: Offence::Uri, offset };
        let text = without_quotes(text.trim_ascii());
        let text = text.as_ref();
        if let Some(offset) = text.bytes().position(|b| b <= b' ' || b == 0x7f || matches!(b, b'<' | b'>' | b'"')) {
            return Err(fault(offset));
        }
        let (scheme, rest) = text.split_once(':').ok_or_else(|| fault(0))?;
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            || rest.is_empty()
        {
            return Err(fault(0));
        }
        let uri = Self(text.into());
        if uri.is_sip() {
            let host = uri.host();
            if host.is_empty() || uri.port_text().is_some_and(|p| port_of(p).is_none()) {
                return Err(fault(scheme.len() + 1));
            }
        }
        Ok(uri)
    }

    /// The URI as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme as written; compare without regard to case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split(':').next().unwrap_or("")
    }

    /// Whether it is `sip:` or `sips:`.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("sip") || self.is_secure()
    }

    /// Whether it is `sips:`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("sips")
    }

    /// User part without password, escapes as written.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        let (user, _) = self.opaque().split_once('@')?;
        Some(user.split(':').next().unwrap_or(user))
    }

    /// Host; an IPv6 literal with its brackets. Empty for schemes other than SIP's.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host_port().0
    }

    /// Port, if written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        port_of(self.port_text()?)
    }

    /// URI parameters.
    #[must_use]
    pub fn params(&self) -> Params {
        let tail = self.after_user();
        let tail = tail.split('?').next().unwrap_or(tail);
        tail.split_once(';').map(|(_, p)| Params::parse(p)).unwrap_or_default()
    }

    /// Value of a URI parameter; `Some("")` for one without value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<String> {
        self.params().get(name)
    }

    /// Header part behind `?`, if there is one.
    #[must_use]
    pub fn headers(&self) -> Option<&str> {
        self.after_user().split_once('?').map(|(_, h)| h)
    }

    /// The address-of-record form: scheme, user and host only, host in lower case.
    #[must_use]
    pub fn aor(&self) -> String {
        let host = self.host().to_ascii_lowercase();
        let scheme = self.scheme().to_ascii_lowercase();
        match self.user() {
            Some(user) => format!("{scheme}:{user}@{host}"),
            None => format!("{scheme}:{host}"),
        }
    }

    fn opaque(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, rest)| rest)
    }

    /// What follows the `@`, or the scheme's colon. The user part may hold `;` and `?`.
    fn after_user(&self) -> &str {
        let opaque = self.opaque();
        opaque.split_once('@').map_or(opaque, |(_, rest)| rest)
    }

    fn host_port(&self) -> (&str, Option<&str>) {
        if !self.is_sip() {
            return ("", None);
        }
        let rest = self.after_user();
        let rest = rest.split([';', '?']).next().unwrap_or(rest);
        if rest.starts_with('[') {
            let end = rest.find(']').map_or(0, |at| at + 1);
            let (host, tail) = rest.split_at(end);
            return (host, tail.strip_prefix(':'));
        }
        match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        }
    }

    fn port_text(&self) -> Option<&str> {
        self.host_port().1
    }
}

/// Digits only: numbers with a sign are none here.
fn port_of(text: &str) -> Option<u16> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `transport="tcp"` as `transport=tcp`; anything else with quotes stays, and is refused.
fn without_quotes(text: &str) -> Cow<'_, str> {
    if !text.contains('"') {
        return Cow::Borrowed(text);
    }
    let bare = |part: &str| match part.split_once("=\"") {
        Some((name, value)) => match value.strip_suffix('"').filter(|v| is_token(v)) {
            Some(value) => format!("{name}={value}"),
            None => part.to_owned(),
        },
        None => part.to_owned(),
    };
    let mut parts = text.split(';');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push(';');
        out.push_str(&bare(part));
    }
    Cow::Owned(out)
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_around_a_value_are_taken_off() {
        let uri = Uri::parse("sip:a@h:5060;transport=\"tcp\";maddr=192.0.2.1").unwrap();
        assert_eq!(uri.as_str(), "sip:a@h:5060;transport=tcp;maddr=192.0.2.1");
        for wrong in ["sip:\"a\"@h", "sip:a@h;t=\"x", "sip:a@h;t=\"x y\"", "sip:a@h;t=\"\"", "sip:a@h;\"t\"=x"] {
            assert!(Uri::parse(wrong).is_err(), "{wrong}");
        }
    }
}
