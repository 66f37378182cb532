//! Challenges and credentials: a scheme and comma-joined `name=value` pairs (RFC 3261 section 25.1).

use super::lex::{is_token, split_commas, unquote};

/// `Digest realm="a", nonce="b"`, as read from a challenge or credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthParams {
    /// The scheme as written; compare without regard to case.
    pub scheme: String,
    pairs: Vec<(String, String)>,
}

impl AuthParams {
    /// Reads a whole header field value; `None` if it has no scheme.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        if !is_token(scheme) {
            return None;
        }
        let pairs = split_commas(rest)
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), unquote(value)))
            .collect();
        Some(Self { scheme: scheme.to_owned(), pairs })
    }

    /// A value without quotes and escapes; names compare without regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All pairs in order, values without quotes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}
