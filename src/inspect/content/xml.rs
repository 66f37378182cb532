//! XML: as it is meant, however it is written, and the documents of Office that are one file of it.

use super::{Source, piece};
use crate::inspect::reason::Finding;

/// XML in small letters, with one sort of quotes, without blanks, and with the letter in the place of its number. What
/// is in UTF-16 comes out in one octet a letter.
pub(in crate::inspect) fn reduced(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut start = None;
    for octet in octets {
        match octet {
            0 | b' ' | b'\t' | b'\r' | b'\n' => {}
            b'\'' => out.push(b'"'),
            b'&' => {
                start = Some(out.len());
                out.push(b'&');
            }
            b';' => {
                let letter = start.take().and_then(|at: usize| Some((at, letter(out.get(at + 1..)?)?)));
                if let Some((at, _)) = letter {
                    out.truncate(at);
                }
                out.push(letter.map_or(b';', |(_, letter)| letter));
            }
            _ => out.push(octet.to_ascii_lowercase()),
        }
    }
    out
}

/// The letter of ASCII that a number stands for: `#97`, `#x61`.
fn letter(reference: &[u8]) -> Option<u8> {
    let number = std::str::from_utf8(reference.strip_prefix(b"#")?).ok()?;
    let code = match number.strip_prefix('x') {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => number.parse(),
    };
    code.ok().filter(u8::is_ascii).map(|code| code.to_ascii_lowercase())
}

/// What a document of Office does that is one file of XML: one of Word 2003, or a package with all its parts.
pub(in crate::inspect) fn office_xml(source: &mut dyn Source, most: usize) -> std::io::Result<Vec<Finding>> {
    let octets = piece(source, 0, most.saturating_add(1))?;
    let text = reduced(&octets);
    let has = |word: &str| memchr::memmem::find(&text, word.as_bytes()).is_some();
    let is_word = has("worddocument") && (has("docsuppdata") || says_macros(&text));
    let is_package = has("xmlpackage") && super::MACRO_WORDS.iter().any(|word| has(word));
    let mut found = Vec::new();
    if is_word || is_package {
        found.push(Finding::Macros);
    }
    if octets.len() > most {
        found.push(Finding::NotSearched);
    }
    Ok(found)
}

/// Whether a document says that it has macros. Most say that they have none.
fn says_macros(text: &[u8]) -> bool {
    const WORD: &[u8] = b"macrospresent=\"";
    let mut values = memchr::memmem::find_iter(text, WORD).filter_map(|at| text.get(at + WORD.len()..));
    values.any(|value| !value.starts_with(b"no\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_read_as_it_is_meant() {
        for (written, meant) in [
            ("<A b = 'C'/>", "<ab=\"c\"/>"),
            ("m&#97;&#x6D;&#X6d;&#0000000097;", "mamma"),
            ("&#38;#97;&amp;&#8364;&#;&;;&#97", "&#97;&amp;&#8364;&#;&;;&#97"),
        ] {
            assert_eq!(String::from_utf8(reduced(written.as_bytes())).unwrap(), meant, "{written}");
        }
    }
}
