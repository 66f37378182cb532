//! A person's name on a network.

use std::fmt;
use std::sync::Arc;

/// A person's address, such as `sip:bob@example.test`, in the one spelling used for comparing.
///
/// Scheme and host are lower case; the user part is kept as written, since it is case-sensitive
/// (RFC 3261 section 19.1.4). Parameters, headers and a port are not part of a person's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Arc<str>);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("an address is needed, such as sip:bob@example.test")]
    Empty,
    /// There is no `user@host`, and no domain to complete it with.
    #[error("`{0}` is not an address: it needs the form user@domain, such as sip:bob@example.test")]
    NoDomain(String),
    /// It holds blanks, control characters, angle brackets or quotes.
    #[error("`{0}` is not an address: it holds a character that addresses cannot have")]
    BadCharacter(String),
    /// The scheme is not one a person is known by.
    #[error("`{0}` is not an address: it must begin with sip: or sips:")]
    Scheme(String),
}

const MAX_LEN: usize = 512;

impl Address {
    /// Reads what a user typed or a server sent: `sip:bob@host`, `bob@host`, `<sip:bob@host;x=y>`.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong, in words for the user.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        Self::complete(text, None)
    }

    /// As [`Address::parse`]; a bare `bob` gets the domain given.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong, in words for the user.
    pub fn complete(text: &str, domain: Option<&str>) -> Result<Self, AddressError> {
        let shown = || text.chars().filter(|c| !c.is_control()).take(80).collect::<String>();
        let trimmed = text.trim();
        let trimmed = trimmed.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(trimmed);
        if trimmed.is_empty() {
            return Err(AddressError::Empty);
        }
        if trimmed.len() > MAX_LEN
            || trimmed.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | ','))
        {
            return Err(AddressError::BadCharacter(shown()));
        }
        let (scheme, rest) = match trimmed.split_once(':') {
            Some((s, r)) if s.eq_ignore_ascii_case("sip") || s.eq_ignore_ascii_case("sips") => (s.to_ascii_lowercase(), r),
            // `host:port` after an `@` is not a scheme.
            Some((s, _)) if !s.contains('@') => return Err(AddressError::Scheme(shown())),
            _ => ("sip".to_owned(), trimmed),
        };
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (user, host),
            None => (rest, domain.ok_or_else(|| AddressError::NoDomain(shown()))?),
        };
        let user = user.split(';').next().unwrap_or(user);
        // A password in the user part is deprecated and must not be kept.
        let user = user.split(':').next().unwrap_or(user);
        let host = bare_host(host);
        if user.is_empty() || host.is_empty() {
            return Err(AddressError::NoDomain(shown()));
        }
        Ok(Self(Arc::from(format!("{scheme}:{user}@{}", host.to_ascii_lowercase()))))
    }

    /// The whole address, `sip:bob@example.test`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    #[must_use]
    pub fn user(&self) -> &str {
        self.parts().0
    }

    /// The domain, lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// The address without its scheme, as people write it: `bob@example.test`.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, rest)| rest)
    }

    fn parts(&self) -> (&str, &str) {
        self.short().rsplit_once('@').unwrap_or((self.short(), ""))
    }
}

/// Host without port, parameters and headers; keeps the brackets of an IPv6 literal.
fn bare_host(text: &str) -> &str {
    let text = text.split([';', '?', '/']).next().unwrap_or(text);
    if text.starts_with('[') {
        return text.find(']').map_or("", |end| text.get(..=end).unwrap_or(""));
    }
    text.split(':').next().unwrap_or(text)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for text in
            ["sip:bob@Example.TEST", "bob@example.test", "<SIP:bob@example.test;transport=tcp>", "sip:bob@example.test:5060?x=y"]
        {
            assert_eq!(Address::parse(text).unwrap().as_str(), "sip:bob@example.test", "{text}");
        }
        assert_eq!(Address::parse("sip:b@[::1]:5061").unwrap().as_str(), "sip:b@[::1]");
        assert_eq!(Address::complete("bob", Some("example.test")).unwrap().as_str(), "sip:bob@example.test");
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "bob", "@host", "bob@", "http://x@y", "a b@c", "sip:bob\u{1b}[2J@x", "tel:+15551", "sip:b@[::1"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
