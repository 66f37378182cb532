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
