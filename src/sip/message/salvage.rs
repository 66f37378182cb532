//! What can still be said of a head that cannot be read: where its message ends, and whom to tell.
//!
//! The lines are those that [`super::parse`] would read. Nothing is guessed: what could be read in
//! two ways is not read at all.

use bytes::Bytes;

use super::headers::Field;
use super::lex::{is_token_byte, is_token_bytes};
use super::names::Name;
use super::parse::{line_end, read_field, read_start};
use super::typed::read_length;
use super::{Headers, Message, Method, StartLine};

/// Where a CR or LF stands alone. A peer may take it for the end of a line, so that nobody can tell
/// where the message ends.
pub(crate) fn stray_break(head: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        match line_end(head, from) {
            Err(fault) => return Some(fault.offset),
            Ok(end) if end >= head.len() => return None,
            Ok(end) => from = end + 2,
        }
    }
}

/// The octets of body a head gives, if all its lines that speak of them say the same.
pub(crate) fn stated_length(head: &[u8]) -> Option<usize> {
    let mut stated = None;
    for (start, end) in lines(head) {
        // Blanks in front count for nothing here: others may take the line for a field.
        let line = head.get(start..end).unwrap_or(&[]).trim_ascii_start();
        let (name, rest) = line.split_at(line.iter().position(|b| !is_token_byte(*b)).unwrap_or(line.len()));
        if Name::of(name) != Name::CONTENT_LENGTH {
            continue;
        }
        let colon = rest.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
        let length = read_length(rest.get(colon..)?.strip_prefix(b":")?)?;
        if stated.is_some_and(|other| other != length) {
            return None;
        }
        stated = Some(length);
    }
    stated
}

/// A message of what can be read of a head: its first line and the first `most` good fields. Of a
/// broken request line only the method is left; nothing at all of a broken status line.
pub(crate) fn remains(head: &Bytes, most: usize) -> Option<Message> {
    let line = head.get(..line_end(head, 0).ok()?)?;
    let start = match read_start(line) {
        Ok((start, _)) => start,
        Err(_) => StartLine::Request { method: method_of(line)?, uri: String::new() },
    };
    let fields: Vec<Field> = lines(head).filter_map(|(start, end)| read_field(head, start, end).ok()).take(most).collect();
    Some(Message { start, headers: Headers::from_read(head.clone(), 0, fields), body: Bytes::new() })
}

fn method_of(line: &[u8]) -> Option<Method> {
    let word = line.split(|b| *b == b' ').next().filter(|word| is_token_bytes(word))?;
    Method::parse(std::str::from_utf8(word).ok()?)
}

/// Start and end of each line behind the first one, folds included.
fn lines(head: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let end_of = |from| line_end(head, from).unwrap_or(head.len());
    let mut at = end_of(0) + 2;
    std::iter::from_fn(move || {
        if at >= head.len() {
            return None;
        }
        let start = at;
        let mut end = end_of(start);
        while matches!(head.get(end + 2), Some(b' ' | b'\t')) {
            end = end_of(end + 2);
        }
        at = end + 2;
        Some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_taken_only_where_nothing_contradicts_it() {
        for (lines, length) in [
            ("no colon\r\nContent-Length: 12", Some(12)),
            (": x\r\nL : 7\r\n", Some(7)),
            ("l:\r\n 7", Some(7)),
            ("Content-Length: 12\r\nl: 12", Some(12)),
            ("Content-Length: 12\r\nl: 13", None),
            ("Content-Length: 12\r\nContent-Length 13", None),
            ("Content-Length: 12\r\nl", None),
            ("l\r\n : 12", None),
            (" Content-Length: 12", Some(12)),
            (" Content-Length: 12\r\nl: 13", None),
            ("Content-Length: -1", None),
            ("Content-Length: 1 2", None),
            ("Content-Length:", None),
            ("X: y\r\n Content-Length: 12", None),
            ("X: l: 12", None),
            ("", None),
        ] {
            assert_eq!(stated_length(format!("A b SIP/2.0\r\n{lines}").as_bytes()), length, "{lines:?}");
        }
    }

    #[test]
    fn good_lines_remain() {
        let left = |text: &str, most| remains(&Bytes::copy_from_slice(text.as_bytes()), most);
        let request = left("MESSAGE sip:a@b SIP/3.0\r\nVia: v\r\nbroken\r\n: x\r\ni:\r\n y\r\nX: z", 2).unwrap();
        assert_eq!((request.method(), request.uri()), (Some(&Method::Message), ""));
        assert_eq!((request.header("Via").as_deref(), request.call_id().as_deref()), (Some("v"), Some("y")));
        assert_eq!(request.headers.len(), 2);
        assert_eq!(left("SIP/2.0 200 OK\r\nbroken", 9).unwrap().status(), Some(200));
        for lost in ["SIP/2.0 999 OK\r\nVia: v", "SIP/3.0 200 OK", "<a> b SIP/2.0", ""] {
            assert_eq!(left(lost, 9), None, "{lost}");
        }
    }

    #[test]
    fn breaks_that_stand_alone_are_found() {
        assert_eq!(stray_break(b"A b SIP/2.0\r\nX: y\r\n"), None);
        assert_eq!(stray_break(b"A b SIP/2.0\r\nX: \ny"), Some(16));
        assert_eq!(stray_break(b"A b SIP/2.0\r\nX: y\r"), Some(17));
    }
}
