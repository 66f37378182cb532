//! The text in a message body: character sets, and markup reduced to what it says.

use crate::sip::message::{Message, Params};

/// Reads a text body by its `charset`; bytes that fit nowhere become U+FFFD.
pub(super) fn decode(message: &Message) -> String {
    let value = message.headers.get("Content-Type").unwrap_or_default();
    let charset = value.split_once(';').and_then(|(_, p)| Params::parse(p).get("charset")).unwrap_or_default();
    decode_as(&charset, &message.body)
}

/// Reads bytes in a named character set: UTF-8 and its subset, the Latin ones, and UTF-16.
pub(super) fn decode_as(charset: &str, bytes: &[u8]) -> String {
    match charset.to_ascii_lowercase().as_str() {
        "iso-8859-1" | "latin1" | "iso-8859-15" => bytes.iter().map(|b| char::from(*b)).collect(),
        "windows-1252" | "cp1252" => bytes.iter().copied().map(windows_1252).collect(),
        "utf-16le" => decode_utf16(true, bytes),
        "utf-16be" => decode_utf16(false, bytes),
        // Without a mark it should be big-endian (RFC 2781 section 4.3), and on Windows is not: there are
        // more zeros in the upper halves of letters than in the lower ones.
        "utf-16" => {
            let zeros = |at: usize| bytes.iter().skip(at).step_by(2).filter(|b| **b == 0).count();
            decode_utf16(zeros(1) > zeros(0), bytes)
        }
        _ => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
    }
}

/// Reads bytes of which nobody said the character set: UTF-8 if they are that, else windows-1252.
pub(super) fn decode_unnamed(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
        Ok(text) => text.to_owned(),
        Err(_) => decode_as("windows-1252", bytes),
    }
}

/// The character of an octet in windows-1252; the five it does not define stay what they are in
/// ISO 8859-1.
pub(super) fn windows_1252(octet: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“',
        '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let high = usize::from(octet).checked_sub(0x80).and_then(|at| HIGH.get(at));
    high.copied().unwrap_or(char::from(octet))
}

fn decode_utf16(little: bool, bytes: &[u8]) -> String {
    let (little, bytes) = match bytes {
        [0xff, 0xfe, rest @ ..] => (true, rest),
        [0xfe, 0xff, rest @ ..] => (false, rest),
        other => (little, other),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    // Half a letter is one that cannot be read.
    text.chain(rest.iter().map(|_| char::REPLACEMENT_CHARACTER)).collect()
}

/// Reduces HTML to its text: tags go, line breaks and paragraphs become line ends, entities
/// become characters, and nothing in `script` and `style` is kept.
pub(super) fn from_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // Known once, so that many tags that never end cost no more than one.
    let last_end = html.rfind('>').unwrap_or(0);
    while let Some(at) = rest.find(['<', '&']) {
        let (text, tail) = rest.split_at(at);
        push_collapsed(&mut out, text);
        let ends = html.len() - tail.len() < last_end;
        rest = if tail.starts_with('<') { skip_tag(tail, ends, &mut out) } else { entity(tail, &mut out) };
    }
    push_collapsed(&mut out, rest);
    out.trim().to_owned()
}

/// Adds text with runs of blanks made one, as a browser would.
fn push_collapsed(out: &mut String, text: &str) {
    for c in text.chars() {
        if !c.is_ascii_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
    }
}

/// Passes over a tag; what follows it. `ends`: there is a `>` somewhere behind it.
fn skip_tag<'a>(tail: &'a str, ends: bool, out: &mut String) -> &'a str {
    let inside = tail.get(1..).unwrap_or("");
    if inside.starts_with("!--") {
        return inside.find("-->").and_then(|at| inside.get(at + 3..)).unwrap_or("");
    }
    let looks_like_tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
    let Some(end) = (looks_like_tag && ends).then(|| inside.find('>')).flatten() else {
        out.push('<');
        return inside;
    };
    let after = inside.get(end + 1..).unwrap_or("");
    let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).take(16).collect();
    match name.to_ascii_lowercase().as_str() {
        "br" => out.push('\n'),
        "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" if !out.is_empty() && !out.ends_with('\n') => out.push('\n'),
        name @ ("script" | "style" | "title") if !inside.starts_with('/') => return skip_element(after, name),
        _ => {}
    }
    after
}

/// Passes over an element whose content is not text.
fn skip_element<'a>(after: &'a str, name: &str) -> &'a str {
    let mut rest = after;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or("");
        if rest.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return rest.find('>').and_then(|end| rest.get(end + 1..)).unwrap_or("");
        }
    }
    ""
}

/// Reads an entity; what follows it. What is none stays as it is.
fn entity<'a>(tail: &'a str, out: &mut String) -> &'a str {
    let known = tail.bytes().take(12).position(|b| b == b';').and_then(|end| {
        let name = tail.get(1..end)?;
        let value = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => ' ',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        };
        Some((value, end))
    });
    let (value, end) = known.unwrap_or(('&', 0));
    out.push(value);
    tail.get(end + 1..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_what_it_says() {
        let table = [
            ("<p>Hello,\n <b>Bob</b>!</p>", "Hello, Bob!"),
            ("one<br/>two<BR>three", "one\ntwo\nthree"),
            ("<p>a</p><p>b</p>", "a\nb"),
            ("a &lt;b&gt; &amp;&#38;&#x26; &bogus; & c", "a <b> &&& &bogus; & c"),
            ("<style>p{}</style>x<script>alert('</b>')</SCRIPT>y", "xy"),
            ("<!-- <p>secret --> shown", "shown"),
            ("1 < 2", "1 < 2"),
            ("unclosed <b", "unclosed <b"),
            ("<script>never", ""),
            ("&#xD800;&#99999999;", "&#xD800;&#99999999;"),
        ];
        for (html, text) in table {
            assert_eq!(from_html(html), text, "{html}");
        }
    }

    #[test]
    fn hostile_markup_takes_no_time() {
        let _ = from_html(&"<".repeat(200_000));
        let _ = from_html(&"&".repeat(200_000));
        let _ = from_html(&format!("<script>{}", "</".repeat(100_000)));
    }

    #[test]
    fn character_sets() {
        assert_eq!(decode_as("UTF-8", b"\xef\xbb\xbfh\xc3\xa9"), "hé");
        assert_eq!(decode_as("ISO-8859-1", b"h\xe9"), "hé");
        assert_eq!(decode_as("utf-16le", b"h\0\xe9\0"), "hé");
        assert_eq!(decode_as("UTF-16", b"h\0\xe9\0"), "hé");
        assert_eq!(decode_as("utf-16", b"\0h\0\xe9"), "hé");
        assert_eq!(decode_as("utf-16", b"\xff\xfeh\0"), "h");
        assert_eq!(decode_as("utf-16", b"h"), "\u{fffd}", "half a letter is told");
        assert_eq!(decode_as("", b"h\xe9"), "h\u{fffd}");
        assert_eq!(decode_as("Windows-1252", b"\x80 \x93h\xe9\x94 \x81"), "€ “hé” \u{81}");
        assert_eq!(decode_unnamed(b"h\xe9 \x80"), "hé €");
        assert_eq!(decode_unnamed("hé €".as_bytes()), "hé €");
    }

    #[test]
    fn tags_that_never_end_are_text_and_read_in_one_go() {
        assert_eq!(from_html("1 <a 2 > 3 <b 4"), "1 3 <b 4");
        let endless = "<a".repeat(128 * 1024);
        assert_eq!(from_html(&endless), endless);
    }
}
