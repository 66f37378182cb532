//! Bytes to [`Message`].
//!
//! Lines end with CR LF and with nothing else: a CR or LF that stands alone is refused, since
//! peers that disagree about where a line ends can be played against each other. Octets that are
//! no UTF-8 are kept in header values; NUL is refused but for one behind a backslash.

use bytes::Bytes;

use super::headers::Field;
use super::lex::{is_token_byte, is_token_bytes};
use super::names::Name;
use super::{Headers, Message, Method, StartLine};
use crate::sip::fault::{Malformed, Offence};

/// Header fields in one message, where nobody says otherwise.
pub(crate) const MAX_FIELDS: usize = 256;

const fn fault(what: Offence, offset: usize) -> Malformed {
    Malformed { what, offset }
}

/// Reads a start line and header fields: everything before the body, with or without the empty
/// line that ends it. Empty lines before the start line are skipped. The body of the result is
/// empty.
///
/// # Errors
/// [`Malformed`] with the offset within `head`.
pub fn parse_head(head: &[u8]) -> Result<Message, Malformed> {
    let skip = leading_breaks(head);
    read_head(Bytes::copy_from_slice(head.get(skip..).unwrap_or(&[])), MAX_FIELDS).map_err(|f| fault(f.what, f.offset + skip))
}

/// Reads one datagram: a whole message. Bytes beyond Content-Length are ignored; without
/// Content-Length the rest is the body (RFC 3261 section 18.3).
///
/// # Errors
/// [`Malformed`]; [`Offence::Truncated`] when less came than Content-Length says.
pub fn parse_datagram(data: &[u8]) -> Result<Message, Malformed> {
    let skip = leading_breaks(data);
    let text = data.get(skip..).unwrap_or(&[]);
    let end = memchr::memmem::find(text, b"\r\n\r\n").ok_or_else(|| fault(Offence::Truncated, data.len()))?;
    let behind = |f: Malformed| fault(f.what, f.offset + skip);
    let head = Bytes::copy_from_slice(text.get(..end).unwrap_or(text));
    let mut message = read_head(head, MAX_FIELDS).map_err(behind)?;
    let body = text.get(end + 4..).unwrap_or(&[]);
    let body = match message.content_length().map_err(behind)? {
        None => body,
        Some(len) => body.get(..len).ok_or_else(|| fault(Offence::Truncated, data.len()))?,
    };
    message.body = Bytes::copy_from_slice(body);
    Ok(message)
}

/// Octets of empty lines before anything else (RFC 3261 section 7.5).
pub(crate) fn leading_breaks(data: &[u8]) -> usize {
    data.chunks_exact(2).take_while(|pair| *pair == b"\r\n").count() * 2
}

/// Reads a head that is ours to keep, with at most `max_headers` fields.
pub(crate) fn read_head(head: Bytes, max_headers: usize) -> Result<Message, Malformed> {
    let data: &[u8] = &head;
    for at in memchr::memchr_iter(0, data) {
        if at == 0 || data.get(at - 1) != Some(&b'\\') {
            return Err(fault(Offence::Character, at));
        }
    }
    let start_end = line_end(data, 0)?;
    let (start, odd) = read_start(data.get(..start_end).unwrap_or(data))?;
    let mut fields = Vec::with_capacity(20.min(max_headers));
    let mut at = start_end + 2;
    while at < data.len() {
        let mut end = line_end(data, at)?;
        if end == at {
            break;
        }
        while matches!(data.get(end + 2), Some(b' ' | b'\t')) {
            end = line_end(data, end + 2)?;
        }
        if fields.len() >= max_headers {
            return Err(fault(Offence::TooManyHeaders, at));
        }
        fields.push(read_field(data, at, end)?);
        at = end + 2;
    }
    let odd_start = if odd { start_end } else { 0 };
    Ok(Message { start, headers: Headers::from_read(head, odd_start, fields), body: Bytes::new() })
}

/// Where the line that begins at `from` ends: at its CR LF, or at the end of everything.
pub(super) fn line_end(data: &[u8], from: usize) -> Result<usize, Malformed> {
    let rest = data.get(from..).unwrap_or(&[]);
    let Some(found) = memchr::memchr2(b'\r', b'\n', rest) else { return Ok(data.len()) };
    match rest.get(found..found + 2) {
        Some(b"\r\n") => Ok(from + found),
        _ => Err(fault(Offence::Character, from + found)),
    }
}

pub(super) fn read_field(data: &[u8], start: usize, end: usize) -> Result<Field, Malformed> {
    let line = data.get(start..end).unwrap_or(&[]);
    let name_len = line.iter().position(|b| !is_token_byte(*b)).unwrap_or(line.len());
    let mut colon = name_len;
    while matches!(line.get(colon), Some(b' ' | b'\t')) {
        colon += 1;
    }
    if name_len == 0 {
        return Err(fault(Offence::HeaderLine, start));
    }
    if line.get(colon) != Some(&b':') {
        return Err(fault(Offence::HeaderLine, start + colon));
    }
    let name = Name::of(line.get(..name_len).unwrap_or(&[]));
    Ok(Field { name, own: false, start, name_len, value: start + colon + 1, end })
}

/// Reads a start line; the flag says that it is not what we would write for the result.
pub(super) fn read_start(line: &[u8]) -> Result<(StartLine, bool), Malformed> {
    match line.get(..4) {
        Some(word) if word.eq_ignore_ascii_case(b"SIP/") => read_status(line),
        _ => read_request(line),
    }
}

fn read_status(line: &[u8]) -> Result<(StartLine, bool), Malformed> {
    let version = line.get(..8).unwrap_or(line);
    if !version.eq_ignore_ascii_case(b"SIP/2.0 ") {
        return Err(fault(Offence::Version, 0));
    }
    let code = match line.get(8..11) {
        Some(&[a @ b'1'..=b'6', b @ b'0'..=b'9', c @ b'0'..=b'9']) => {
            u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0')
        }
        _ => return Err(fault(Offence::StatusCode, 8)),
    };
    let reason = match line.get(11..) {
        None | Some([]) => None,
        Some([b' ', reason @ ..]) => Some(reason),
        Some(_) => return Err(fault(Offence::StatusCode, 8)),
    };
    // A reason phrase is for people: octets that are no UTF-8 show as U+FFFD and are kept aside.
    let text = String::from_utf8_lossy(reason.unwrap_or(b""));
    let odd = !version.starts_with(b"SIP/2.0") || reason.is_none() || reason.is_some_and(|r| r != text.as_bytes());
    Ok((StartLine::Status { code, reason: text.into_owned() }, odd))
}

fn read_request(line: &[u8]) -> Result<(StartLine, bool), Malformed> {
    let first = memchr::memchr(b' ', line).ok_or_else(|| fault(Offence::StartLine, line.len()))?;
    let last = memchr::memrchr(b' ', line).filter(|last| *last > first).ok_or_else(|| fault(Offence::StartLine, first))?;
    let method = line.get(..first).unwrap_or(&[]);
    let uri = line.get(first + 1..last).unwrap_or(&[]);
    let version = line.get(last + 1..).unwrap_or(&[]);
    if !is_token_bytes(method) {
        return Err(fault(Offence::Method, 0));
    }
    if let Some(bad) = uri.iter().position(|b| *b <= b' ' || *b == 0x7f) {
        return Err(fault(Offence::StartLine, first + 1 + bad));
    }
    if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        let what =
            if version.len() >= 4 && version[..4].eq_ignore_ascii_case(b"SIP/") { Offence::Version } else { Offence::StartLine };
        return Err(fault(what, last + 1));
    }
    if uri.is_empty() {
        return Err(fault(Offence::Uri, first + 1));
    }
    let uri = std::str::from_utf8(uri).map_err(|e| fault(Offence::Character, first + 1 + e.valid_up_to()))?;
    let method = std::str::from_utf8(method).ok().and_then(Method::parse).ok_or_else(|| fault(Offence::Method, 0))?;
    Ok((StartLine::Request { method, uri: uri.to_owned() }, version != b"SIP/2.0"))
}
