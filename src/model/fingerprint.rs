//! What a certificate that nobody vouches for is known by.

use std::fmt;

/// The SHA-256 of a certificate, as session descriptions carry it (RFC 8122 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// From the octets of the hash.
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Reads the name of the hash and its octets, `SHA-256 12:AB:...`; `None` for another hash and for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.trim().split_once(' ')?;
        if !name.eq_ignore_ascii_case("sha-256") {
            return None;
        }
        let mut parts = value.trim().split(':');
        let mut hash = [0; 32];
        for octet in &mut hash {
            let digits = parts.next().filter(|digits| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            *octet = u8::from_str_radix(digits, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(hash))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHA-256 ")?;
        for (at, octet) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_session_descriptions_have_it() {
        let text = format!("SHA-256 {}", ["4A", "AD"].repeat(16).join(":"));
        let read = Fingerprint::parse(&text).unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(Fingerprint::parse(&text.to_lowercase()), Some(read));
        let long = format!("{text}:00");
        for other in [
            "",
            "SHA-256",
            "SHA-256 4A:AD",
            &text.replace("SHA-256", "SHA-1"),
            &long,
            &text.replace("4A", "+A"),
            &text.replace(':', ""),
        ] {
            assert_eq!(Fingerprint::parse(other), None, "{other}");
        }
    }
}
