//! Octets as hexadecimal digits.

use std::fmt::Write as _;

/// In lower case.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut out, octet| {
        let _ = write!(out, "{octet:02x}");
        out
    })
}

/// The octets that digits of either case stand for; `None` when they are no pairs of digits.
#[must_use]
pub fn octets(digits: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

/// The same; `None` unless they are exactly `N`.
#[must_use]
pub fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    if digits.len() != N * 2 {
        return None;
    }
    octets(digits)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(hex(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(unhex("00aBFf"), Some([0, 0xab, 0xff]));
        for broken in ["", "00ab", "00abf", "00abfff", "00abff00", "00abfg", "+0abff", "00ab\u{e9}"] {
            assert_eq!(unhex::<3>(broken), None, "{broken}");
        }
    }
}
