//! Percent encoding (RFC 3986 section 2.1) of words inside other formats.

use std::fmt::Write as _;

/// Every octet but letters, digits and `-._~` as `%41`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(octet));
        } else {
            let _ = write!(encoded, "%{octet:02X}");
        }
    }
    encoded
}

/// The text; what is not encoded well stands as it is, and octets that are not UTF-8 are replaced.
pub(super) fn decode(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.first_chunk::<2>().filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let octet = digits.filter(|d| !d.starts_with('+')).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octets.push(octet.unwrap_or(*first));
        rest = if octet.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(encode("MS Sans Serif"), "MS%20Sans%20Serif");
        for text in ["", "a b", "100%", "é;=\"", "%41"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("%4g%+1%4"), "%4g%+1%4");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }
}
