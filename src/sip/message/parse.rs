//! Bytes to [`Message`].

use bytes::Bytes;

use super::lex::is_token;
use super::{Headers, Message, Method, StartLine};
use crate::sip::fault::{Malformed, Offence};

const fn fault(what: Offence, offset: usize) -> Malformed {
    Malformed { what, offset }
}

/// Reads a start line and header fields: everything before the body, with or without the empty
/// line that ends it. The body of the result is empty.
///
/// # Errors
/// [`Malformed`] with the offset within `head`.
pub fn parse_head(head: &[u8]) -> Result<Message, Malformed> {
    let text = std::str::from_utf8(head).map_err(|e| fault(Offence::Character, e.valid_up_to()))?;
    let mut lines = Lines { text, at: 0 };
    let (_, first) = lines.next().ok_or_else(|| fault(Offence::StartLine, 0))?;
    let start = parse_start(first)?;
    let mut headers = Headers::default();
    for (at, line) in lines {
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| fault(Offence::HeaderLine, at))?;
        let name = name.trim_end_matches([' ', '\t']);
        if !is_token(name) {
            return Err(fault(Offence::HeaderLine, at));
        }
        if let Some(bad) = value.bytes().position(|b| b == 0) {
            return Err(fault(Offence::Character, at + name.len() + 1 + bad));
        }
        headers.push_raw(name, value);
    }
    Ok(Message { start, headers, body: Bytes::new() })
}

/// Reads one datagram: a whole message. Bytes beyond Content-Length are ignored; without
/// Content-Length the rest is the body (RFC 3261 section 18.3).
///
/// # Errors
/// [`Malformed`]; [`Offence::Truncated`] when less came than Content-Length says.
pub fn parse_datagram(data: &[u8]) -> Result<Message, Malformed> {
    let end = memchr::memmem::find(data, b"\r\n\r\n").ok_or_else(|| fault(Offence::Truncated, data.len()))?;
    let mut message = parse_head(data.get(..end).unwrap_or(data))?;
    let body = data.get(end + 4..).unwrap_or(&[]);
    let body = match message.headers.get("Content-Length") {
        None => body,
        Some(text) => {
            let len: usize = text.trim().parse().map_err(|_| fault(Offence::ContentLength, end))?;
            body.get(..len).ok_or_else(|| fault(Offence::Truncated, data.len()))?
        }
    };
    message.body = Bytes::copy_from_slice(body);
    Ok(message)
}

fn parse_start(line: &str) -> Result<StartLine, Malformed> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let number: u16 = code.parse().map_err(|_| fault(Offence::StatusCode, 8))?;
        if code.len() != 3 || !(100..700).contains(&number) {
            return Err(fault(Offence::StatusCode, 8));
        }
        return Ok(StartLine::Status { code: number, reason: reason.to_owned() });
    }
    let mut parts = line.split(' ');
    let (Some(method), Some(uri), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(fault(Offence::StartLine, 0));
    };
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(fault(Offence::Version, line.len() - version.len()));
    }
    let method = Method::parse(method).ok_or_else(|| fault(Offence::Method, 0))?;
    if uri.is_empty() {
        return Err(fault(Offence::Uri, line.len()));
    }
    Ok(StartLine::Request { method, uri: uri.to_owned() })
}

/// Logical lines: a line break followed by a blank continues the line (RFC 3261 section 7.3.1).
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        if rest.is_empty() {
            return None;
        }
        let mut search = 0;
        loop {
            let tail = rest.get(search..)?;
            let Some(found) = tail.find("\r\n") else {
                self.at = self.text.len();
                return Some((start, rest));
            };
            let end = search + found;
            let folded = rest.as_bytes().get(end + 2).is_some_and(|b| matches!(b, b' ' | b'\t'));
            if !folded {
                self.at = start + end + 2;
                return Some((start, rest.get(..end)?));
            }
            search = end + 2;
        }
    }
}
