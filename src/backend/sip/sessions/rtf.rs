//! Rich Text Format reduced to what it says (Rich Text Format Specification 1.6).
//!
//! Control words become line ends and characters or go away; groups that are not text (fonts,
//! colours, pictures, and all that begin with `\*`) go with their content. One pass, no nesting
//! of our own: a group within a hidden one is counted.

/// The text in a document; `None` if it is none.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let version = bytes.trim_ascii_start().strip_prefix(b"{\\rtf")?;
    let digits = version.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut rest = version.get(digits..)?;
    rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let mut out = Out { text: String::new(), skip: 1, owed: 0, surrogate: None };
    // Depth of open groups, and the depth at which a hidden one began.
    let (mut depth, mut hidden) = (1_u32, None);
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'{' => {
                depth = depth.saturating_add(1);
                out.owed = 0;
            }
            b'}' => {
                depth = depth.saturating_sub(1);
                out.owed = 0;
                if hidden.is_some_and(|at| depth < at) {
                    hidden = None;
                }
                if depth == 0 {
                    break;
                }
            }
            b'\\' => {
                let (word, after) = control(tail);
                rest = after;
                match word {
                    Control::Hide if hidden.is_none() => hidden = Some(depth),
                    Control::Binary(octets) => rest = rest.get(octets..).unwrap_or_default(),
                    word if hidden.is_none() => out.take(&word),
                    _ => {}
                }
            }
            b'\r' | b'\n' => {}
            octet if hidden.is_none() => out.octet(*octet),
            _ => {}
        }
    }
    Some(out.text.trim().to_owned())
}

/// What a control word means for the text.
enum Control {
    Nothing,
    Text(&'static str),
    Octet(u8),
    Unit(u16),
    /// Octets that stand for one `\u` in programs that do not know it.
    Skip(usize),
    /// The group is not text.
    Hide,
    Binary(usize),
}

fn control(tail: &[u8]) -> (Control, &[u8]) {
    let Some((first, after)) = tail.split_first() else { return (Control::Nothing, tail) };
    match first {
        b'\'' => {
            let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok());
            let octet = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
            (octet.map_or(Control::Nothing, Control::Octet), after.get(2..).unwrap_or_default())
        }
        b'\\' | b'{' | b'}' => (Control::Octet(*first), after),
        b'~' => (Control::Text(" "), after),
        b'_' => (Control::Text("-"), after),
        b'*' => (Control::Hide, after),
        b'\r' | b'\n' => (Control::Text("\n"), after),
        c if c.is_ascii_alphabetic() => word(tail),
        _ => (Control::Nothing, after),
    }
}

/// A control word with its number; one blank behind it belongs to it.
fn word(tail: &[u8]) -> (Control, &[u8]) {
    let letters = tail.iter().take(32).take_while(|c| c.is_ascii_alphabetic()).count();
    let (name, after) = tail.split_at(letters);
    let digits = after.iter().take(11).take_while(|c| c.is_ascii_digit() || **c == b'-').count();
    let (number, after) = after.split_at(digits);
    let number: Option<i64> = std::str::from_utf8(number).ok().and_then(|n| n.parse().ok());
    let after = after.strip_prefix(b" ").unwrap_or(after);
    let word = match name {
        b"par" | b"line" | b"sect" | b"page" => Control::Text("\n"),
        b"tab" => Control::Text("\t"),
        b"emdash" | b"endash" => Control::Text("-"),
        b"lquote" | b"rquote" => Control::Text("'"),
        b"ldblquote" | b"rdblquote" => Control::Text("\""),
        b"bullet" => Control::Text("*"),
        // Numbers above 32767 are written as negative ones.
        b"u" => number.and_then(|n| u16::try_from(n & 0xffff).ok()).map_or(Control::Nothing, Control::Unit),
        b"uc" => Control::Skip(number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1).min(8)),
        b"bin" => Control::Binary(number.and_then(|n| usize::try_from(n).ok()).unwrap_or(0)),
        b"fonttbl" | b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" | b"header" | b"footer" | b"listtable"
        | b"generator" => Control::Hide,
        _ => Control::Nothing,
    };
    (word, after)
}

struct Out {
    text: String,
    /// As `\uc` says.
    skip: usize,
    /// Octets still to be passed over after a `\u`.
    owed: usize,
    /// The first half of a character beyond the basic plane.
    surrogate: Option<u16>,
}

impl Out {
    fn take(&mut self, word: &Control) {
        match word {
            Control::Text(text) => {
                self.owed = 0;
                self.text.push_str(text);
            }
            Control::Octet(octet) => self.octet(*octet),
            Control::Unit(unit) => self.unit(*unit),
            Control::Skip(octets) => self.skip = *octets,
            Control::Nothing | Control::Hide | Control::Binary(_) => {}
        }
    }

    fn octet(&mut self, octet: u8) {
        if self.owed > 0 {
            self.owed -= 1;
        } else {
            self.text.push(crate::backend::sip::text::windows_1252(octet));
        }
    }

    fn unit(&mut self, unit: u16) {
        self.owed = self.skip;
        let pair = self.surrogate.take().map(|high| [high, unit]);
        if let Some(c) = pair.and_then(|pair| char::decode_utf16(pair).next()).and_then(Result::ok) {
            self.text.push(c);
        } else if (0xd800..0xdc00).contains(&unit) {
            self.surrogate = Some(unit);
        } else {
            self.text.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says() {
        let table = [
            (r"{\rtf1\ansi{\fonttbl{\f0 Tahoma;}}{\colortbl;\red255\green0\blue0;}\f0\cf1 Hello, {\b Bob}!\par}", "Hello, Bob!"),
            (r"{\rtf1 one\par two\line three\tab four}", "one\ntwo\nthree\tfour"),
            (r"{\rtf1 Gr\'fc\'dfe \u8364?\'80}", "Grüße €€"),
            (r"{\rtf1\uc2 \u-10179??\u-8704??x}", "\u{1f600}x"),
            (r"{\rtf1 a\{b\}c\\d\~e}", "a{b}c\\d e"),
            (r"{\rtf1{\*\generator Riched20;}{\pict\bin5 }}}}}text}shown}", "shown"),
            (r"{\rtf1 {\*\x {y} z}w", "w"),
        ];
        for (rtf, said) in table {
            assert_eq!(text(rtf.as_bytes()).as_deref(), Some(said), "{rtf}");
        }
        assert_eq!(text(b"plain"), None);
    }

    #[test]
    fn hostile_documents_end_in_time() {
        for piece in ["{", "}", "\\", "\\'", "\\u", "{\\*", "\\bin99999999999", "\\u-1", "\\uc99999"] {
            let _ = text(format!("{{\\rtf1 {}", piece.repeat(100_000)).as_bytes());
        }
    }
}
