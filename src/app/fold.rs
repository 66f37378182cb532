//! Words as they are compared: without case and accents.

use icu_normalizer::DecomposingNormalizer;

/// The letters of a text without case and accents: `Inês` and `ines` are the same.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.chars().flat_map(char::to_lowercase);
    DecomposingNormalizer::new_nfkd().normalize_iter(lower).filter(|c| !is_accent(*c)).flat_map(plain).collect()
}

const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Letters that are no letter with an accent to Unicode, and are to readers.
fn plain(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' => ('d', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_and_accents_do_not_count() {
        for (a, b) in [
            ("Inês", "INES"),
            ("Łukasz", "lukasz"),
            ("Weiß", "weiss"),
            ("e\u{301}", "É"),
            ("Ångström", "angstrom"),
            ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("Bob"), fold("Rob"));
        assert_eq!(fold("広志"), "広志");
    }
}
