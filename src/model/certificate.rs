//! Certificates: keys that are pinned, and the reasons not to go on with one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The SHA-256 of a public key (of its `SubjectPublicKeyInfo`, as in RFC 7469 section 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pin([u8; 32]);

impl Pin {
    /// From the octets of the hash.
    #[must_use]
    pub const fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Reads `sha256:` and the hash as 64 hexadecimal digits, with colons between them or without,
    /// or in Base64; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let word = text.get(..7).filter(|word| word.eq_ignore_ascii_case("sha256:"))?;
        let hash = text.get(word.len()..)?;
        let digits: String = hash.chars().filter(|c| *c != ':').collect();
        if digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            let mut octets = [0; 32];
            for (octet, at) in octets.iter_mut().zip((0..64).step_by(2)) {
                *octet = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
            }
            return Some(Self(octets));
        }
        STANDARD.decode(hash).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Why the way from a certificate to somebody we trust does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// The server signed its certificate itself.
    SelfSigned,
    /// Nobody showed the certificate of this issuer, and it is not trusted here: a certificate between
    /// is missing, or the root is.
    Missing {
        /// Who signed the last certificate of the chain.
        issuer: String,
    },
    /// The chain is whole and leads to this root, which is not trusted here.
    Stranger {
        /// The root.
        root: String,
    },
    /// An authority of this name is trusted, but another key than its own made the signature.
    OtherKey {
        /// The authority's name.
        issuer: String,
    },
}

/// Why a certificate is no good, whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It was revoked.
    Revoked,
    /// It was made for something else than servers.
    Purpose,
    /// It is the certificate of an authority.
    Authority,
    /// Key or signature are of a kind that is not safe or not known.
    Weak {
        /// Which: `an RSA key of 1024 bits`.
        what: String,
    },
    /// It cannot be read.
    Unreadable,
}

/// What is wrong with the certificate we show, or should show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnCertificate {
    /// The server wants one, and there is none.
    Wanted,
    /// The server does not take it.
    Refused {
        /// Why, as far as the server says.
        why: String,
    },
    /// The files named for it cannot be used.
    Unusable {
        /// What is wrong, and what to do.
        detail: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_in_every_form_and_shown_in_one() {
        // The hash of nothing, as `openssl dgst -sha256` prints it.
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let colons = "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";
        let base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let shown = format!("sha256:{hex}");
        for text in [shown.clone(), format!(" SHA256:{colons} "), format!("sha256:{base64}")] {
            assert_eq!(Pin::parse(&text).map(|pin| pin.to_string()).as_ref(), Some(&shown), "{text}");
        }
        let short = &hex[1..];
        for text in ["", "sha256:", hex, "sha1:00", &format!("sha256:{short}"), "sha256:47DEQpj8HBSa", "sha256é:"] {
            assert_eq!(Pin::parse(text), None, "{text}");
        }
    }
}
