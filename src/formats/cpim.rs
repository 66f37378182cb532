//! Wrapped messages (RFC 3862), `message/cpim`: who wrote what and when, around the content itself.
//!
//! Read only: message headers, an empty line, the content's headers, an empty line, the content.

use super::{Fault, Offence, timestamp};

/// The media type.
pub const MEDIA_TYPE: &str = "message/cpim";

/// What is inside, and what stands around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpim<'b> {
    /// When it was written, in milliseconds since 1970 UTC.
    pub date_time: Option<i64>,
    /// Type of the content; `text/plain` where it says none.
    pub content_type: String,
    /// The content.
    pub body: &'b [u8],
}

const MAX_HEADER: usize = 16 * 1024;

/// Reads a wrapped message. Unknown headers are passed over.
pub fn read(body: &[u8]) -> Result<Cpim<'_>, Fault> {
    let (outer, rest) = head(body, 0)?;
    let (inner, content) = head(rest, body.len() - rest.len())?;
    let date_time = field(outer, "DateTime").and_then(timestamp::read);
    let content_type = field(inner, "Content-Type").unwrap_or("text/plain").to_owned();
    Ok(Cpim { date_time, content_type, body: content })
}

/// Cuts off the lines up to an empty one. `from` is where they begin in the whole body.
fn head(body: &[u8], from: usize) -> Result<(&str, &[u8]), Fault> {
    let mut end = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let next = end + line.len();
        if next > MAX_HEADER {
            return Err(Offence::TooLong.at(from + end));
        }
        if matches!(line, b"\r\n" | b"\n") {
            let text = std::str::from_utf8(body.get(..end).unwrap_or_default());
            let text = text.map_err(|e| Offence::Encoding.at(from + e.valid_up_to()))?;
            return Ok((text, body.get(next..).unwrap_or_default()));
        }
        end = next;
    }
    Err(Offence::Truncated.at(from + body.len()))
}

/// A header's value; names compare without regard to case, as not everybody follows the standard.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().filter_map(|line| line.split_once(':')).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_example() {
        let body = b"From: Alice <sip:alice@example.test>\r\nTo: <sip:bob@example.test>\r\nNS: imdn <urn:ietf:params:imdn>\r\n\
            imdn.Message-ID: 34jk324j\r\nDateTime: 2026-11-22T19:40:00Z\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Length: 11\r\n\r\nHello, Bob!";
        let message = read(body).unwrap();
        assert_eq!(message.date_time, Some(1_795_376_400_000));
        assert_eq!((message.content_type.as_str(), message.body), ("text/plain; charset=utf-8", &b"Hello, Bob!"[..]));
    }

    #[test]
    fn broken_ones_are_faults() {
        for (body, what) in [
            (&b""[..], Offence::Truncated),
            (b"From: x\r\n\r\nContent-Type: text/plain", Offence::Truncated),
            (b"From: \xff\r\n\r\n\r\nx", Offence::Encoding),
        ] {
            assert_eq!(read(body).unwrap_err().what, what);
        }
        assert_eq!(read(&vec![b'a'; 20_000]).unwrap_err().what, Offence::TooLong);
        assert_eq!(read(b"\r\n\r\nx").unwrap().body, b"x");
    }
}
