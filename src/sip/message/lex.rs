//! The smallest pieces of the grammar (RFC 3261 section 25.1).

/// Whether `text` is a `token`.
pub(crate) fn is_token(text: &str) -> bool {
    is_token_bytes(text.as_bytes())
}

/// Whether `text` is a `token`.
pub(crate) fn is_token_bytes(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| is_token_byte(*b))
}

/// Whether an octet may stand in a `token`.
pub(crate) const fn is_token_byte(octet: u8) -> bool {
    TOKEN[octet as usize]
}

/// ASCII lower case, also where constants are made.
pub(crate) const fn lower(octet: u8) -> u8 {
    octet.to_ascii_lowercase()
}

static TOKEN: [bool; 256] = token_table();

const fn token_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut octet = 0_u8;
    loop {
        table[octet as usize] = octet.is_ascii_alphanumeric()
            || matches!(octet, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        if octet == 127 {
            return table;
        }
        octet += 1;
    }
}

/// Splits at commas that stand outside quotes and angle brackets; elements are trimmed, empty ones left out.
pub fn split_commas(text: &str) -> impl Iterator<Item = &str> {
    split_outside(text, b',')
}

/// Splits at `separator` outside quoted strings and angle brackets.
pub(crate) fn split_outside(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        loop {
            let here = rest?;
            let (mut quoted, mut escaped, mut depth) = (false, false, 0_u32);
            let cut = here.bytes().position(|b| {
                if escaped {
                    escaped = false;
                    return false;
                }
                match b {
                    b'\\' if quoted => escaped = true,
                    b'"' => quoted = !quoted,
                    b'<' if !quoted => depth += 1,
                    b'>' if !quoted => depth = depth.saturating_sub(1),
                    b if b == separator && !quoted && depth == 0 => return true,
                    _ => {}
                }
                false
            });
            let (element, tail) = match cut.and_then(|at| Some((here.get(..at)?, here.get(at + 1..)?))) {
                Some((element, tail)) => (element, Some(tail)),
                None => (here, None),
            };
            rest = tail;
            let element = element.trim();
            if !element.is_empty() {
                return Some(element);
            }
        }
    })
}

/// Takes quotes and escapes off a quoted string; other text comes back as it is.
pub(crate) fn unquote(text: &str) -> String {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// Writes a quoted string, escaping what must be.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out.push('"');
    out
}
