//! How documents of Live Communications Server 2005 (MS-SIP) write addresses, numbers and truths.
//!
//! Addresses stand with or without `sip:` on the wire, by the kind of document; our structs always
//! have it. Numbers that are none are absent, never a fault of the document.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::xml::Element;

/// Base64 that is read with and without padding.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
/// Base64 that is written with padding.
pub(super) const PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
/// Base64 that is written without.
pub(super) const UNPADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT.with_encode_padding(false));

const SCHEMES: [&str; 6] = ["sip", "sips", "tel", "im", "pres", "mailto"];

/// An address with its scheme, `sip:` where it has none. Blanks around it are no part of it, nor is
/// a second `sip:` before it.
#[must_use]
pub fn with_scheme(uri: &str) -> String {
    let (scheme, rest) = split(uri);
    format!("{scheme}:{rest}")
}

/// An address without `sip:`; one with another scheme keeps it.
#[must_use]
pub fn without_scheme(uri: &str) -> &str {
    let mut rest = uri.trim();
    while let Some((_, after)) = rest.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("sip")) {
        rest = after.trim();
    }
    rest
}

/// The scheme and what follows it.
fn split(uri: &str) -> (&'static str, &str) {
    let bare = without_scheme(uri);
    let (scheme, rest) = bare.split_once(':').unwrap_or_default();
    match SCHEMES.iter().find(|known| known.eq_ignore_ascii_case(scheme)) {
        Some(scheme) => (scheme, rest.trim()),
        None => ("sip", bare),
    }
}

/// The address in an attribute, with its scheme; none if there is nothing in it.
pub(super) fn uri(element: &Element, attribute: &str) -> Option<String> {
    let (scheme, rest) = split(element.lcs(attribute)?);
    (!rest.is_empty()).then(|| format!("{scheme}:{rest}"))
}

/// A number of decimal digits. A sign, a fraction, no digits at all or too many: none.
pub(super) fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The number in an attribute.
pub(super) fn number_in(element: &Element, attribute: &str) -> Option<u32> {
    element.lcs(attribute).and_then(number)
}

/// A truth: `true` or `1`, in any case of letters.
pub(super) fn is_true(text: &str) -> bool {
    let text = text.trim();
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// The text of an attribute; none if it is empty.
pub(super) fn text_in(element: &Element, attribute: &str) -> Option<String> {
    element.lcs(attribute).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether a word of an element is this one, in any case of letters and any name space.
pub(super) fn is_word(element: &Element, word: &str) -> bool {
    element.name.eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_get_and_lose_their_scheme() {
        for (given, with, without) in [
            ("bob@example.test", "sip:bob@example.test", "bob@example.test"),
            (" sip:bob@example.test ", "sip:bob@example.test", "bob@example.test"),
            ("SIP:Bob@x", "sip:Bob@x", "Bob@x"),
            ("sips:b@x", "sips:b@x", "sips:b@x"),
            ("tel:+1555", "tel:+1555", "tel:+1555"),
            ("b@x:5060", "sip:b@x:5060", "b@x:5060"),
            ("sip: Sip:\tb@x", "sip:b@x", "b@x"),
            ("sip:tel: +1555", "tel:+1555", "tel:+1555"),
            ("", "sip:", ""),
        ] {
            assert_eq!((with_scheme(given).as_str(), without_scheme(with)), (with, without));
            assert_eq!(with_scheme(without_scheme(given)), with);
        }
    }

    #[test]
    fn numbers_and_truths() {
        assert_eq!((number(" 42 "), number("0"), number("4294967295")), (Some(42), Some(0), Some(u32::MAX)));
        for none in ["", "-1", "+1", "1.5", "0x10", "4294967296", "1000000000000000000000000000000", "one"] {
            assert_eq!(number(none), None, "{none}");
        }
        assert!(is_true("TRUE") && is_true("1") && is_true(" true ") && !is_true("false") && !is_true("yes"));
    }
}
