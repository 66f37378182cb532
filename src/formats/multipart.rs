//! Multipart bodies (RFC 2046 section 5.1, RFC 2387): cut into parts by bytes, and written.
//!
//! Parts are slices of the body: nothing is copied and nothing is decoded, so that binary parts
//! come through as they are. Lines may end with CR LF or LF.

use std::fmt::Write as _;

use super::media_type::MediaType;
use super::{Fault, Offence};

/// Most parts of one body.
pub const MAX_PARTS: usize = 4096;
/// How deep multipart bodies may stand within one another.
pub const MAX_DEPTH: u8 = 4;
const MAX_HEAD: usize = 8 * 1024;
const MAX_BOUNDARY: usize = 70;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'b> {
    /// Its type; `text/plain` where it says none.
    pub content_type: MediaType,
    /// Its name, without angle brackets.
    pub content_id: Option<String>,
    /// Its content.
    pub body: &'b [u8],
    depth: u8,
}

/// A body cut into parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multipart<'b> {
    /// Name of the part to begin with, without angle brackets.
    pub start: Option<String>,
    /// All parts in order.
    pub parts: Vec<Part<'b>>,
}

impl<'b> Multipart<'b> {
    /// The part of that name; angle brackets around it do not matter.
    #[must_use]
    pub fn part(&self, id: &str) -> Option<&Part<'b>> {
        let id = bare(id);
        self.parts.iter().find(|part| part.content_id.as_deref() == Some(id))
    }

    /// The part to begin with: the one named `start`, else the first.
    #[must_use]
    pub fn root(&self) -> Option<&Part<'b>> {
        self.start.as_deref().and_then(|start| self.part(start)).or_else(|| self.parts.first())
    }
}

impl<'b> Part<'b> {
    /// The parts of a part that is a multipart body itself.
    pub fn parts(&self) -> Result<Multipart<'b>, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Offence::TooDeep.at(0));
        }
        cut(&self.content_type, self.body, self.depth + 1)
    }
}

/// Cuts a body whose `Content-Type` is this.
pub fn read<'b>(content_type: &str, body: &'b [u8]) -> Result<Multipart<'b>, Fault> {
    cut(&MediaType::read(content_type), body, 1)
}

fn cut<'b>(content_type: &MediaType, body: &'b [u8], depth: u8) -> Result<Multipart<'b>, Fault> {
    if !content_type.is_multipart() {
        return Err(Offence::WrongDocument.at(0));
    }
    let boundary = content_type.parameter("boundary").ok_or(Offence::Boundary.at(0))?;
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY || boundary.bytes().any(|b| b < b' ') {
        return Err(Offence::Boundary.at(0));
    }
    let mut parts = Vec::new();
    // Where the part being read begins; none while in the preamble.
    let mut begin = None;
    let mut at = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let next = at + line.len();
        if let Some(kind) = delimiter(line, boundary) {
            if let Some(from) = begin {
                if parts.len() >= MAX_PARTS {
                    return Err(Offence::TooManyParts.at(at));
                }
                parts.push(part(without_line_end(body.get(from..at).unwrap_or_default()), from, depth)?);
            }
            if kind == Delimiter::Close {
                let start = content_type.parameter("start").map(|id| bare(id).to_owned());
                return Ok(Multipart { start, parts });
            }
            begin = Some(next);
        }
        at = next;
    }
    Err(Offence::Truncated.at(body.len()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Delimiter {
    Between,
    Close,
}

/// What kind of delimiter a line is: `--boundary` or `--boundary--`, blanks may follow.
fn delimiter(line: &[u8], boundary: &str) -> Option<Delimiter> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?;
    let rest = rest.trim_ascii_end();
    match rest {
        b"" => Some(Delimiter::Between),
        b"--" => Some(Delimiter::Close),
        _ => None,
    }
}

/// The line end before a delimiter belongs to the delimiter.
fn without_line_end(content: &[u8]) -> &[u8] {
    content.strip_suffix(b"\r\n").or_else(|| content.strip_suffix(b"\n")).unwrap_or(content)
}

/// Cuts a part into head and content. `from` is where it stands in the body.
fn part(content: &[u8], from: usize, depth: u8) -> Result<Part<'_>, Fault> {
    let mut head = 0;
    let mut found = Part { content_type: MediaType::read("text/plain"), content_id: None, body: &[], depth };
    let mut field = String::new();
    for line in content.split_inclusive(|b| *b == b'\n') {
        head += line.len();
        if head > MAX_HEAD {
            return Err(Offence::TooLong.at(from + head));
        }
        let text = without_line_end(line);
        let folded = text.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        if !folded {
            take_field(&mut found, &field);
            field.clear();
        }
        if text.is_empty() {
            break;
        }
        field.push_str(std::str::from_utf8(text).map_err(|_| Offence::Encoding.at(from + head - line.len()))?);
    }
    take_field(&mut found, &field);
    found.body = content.get(head..).unwrap_or_default();
    Ok(found)
}

fn take_field(part: &mut Part<'_>, field: &str) {
    let Some((name, value)) = field.split_once(':') else { return };
    if name.trim().eq_ignore_ascii_case("Content-Type") {
        part.content_type = MediaType::read(value);
    } else if name.trim().eq_ignore_ascii_case("Content-ID") {
        part.content_id = Some(bare(value).to_owned());
    }
}

/// `<id>` and `id` to `id`.
pub(super) fn bare(id: &str) -> &str {
    let mut id = id.trim();
    while let Some(inner) = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')) {
        id = inner.trim();
    }
    id
}

/// A part to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart<'a> {
    /// Its `Content-Type` value.
    pub content_type: &'a str,
    /// Its name, without angle brackets.
    pub content_id: &'a str,
    /// Its content.
    pub body: &'a [u8],
}

/// A multipart body that has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The `Content-Type` value for it.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Writes a `multipart/related` body; the first part is the one to begin with.
///
/// `boundary` is made longer if it occurs within a part. It must be a token of at most 60 octets.
#[must_use]
pub fn write_related(boundary: &str, parts: &[NewPart<'_>]) -> Written {
    let boundary = free_boundary(boundary, parts);
    let mut content_type = "multipart/related".to_owned();
    if let Some(first) = parts.first() {
        let _ = write!(content_type, ";type=\"{}\";start=\"<{}>\"", essence(first), first.content_id);
    }
    let _ = write!(content_type, ";boundary=\"{boundary}\"");
    Written { content_type, body: write_parts(&boundary, parts, ["<", ">"], "\r\n") }
}

/// As [`write_related`], in the form of Live Communications Server 2005: names of parts without
/// angle brackets, parameters without quotes, and an empty line after each part, since some of its
/// clients take four octets off the end of a part before they look at it.
///
/// Parts read from it end with a line end more than was written.
#[must_use]
pub fn write_related_as_lcs(boundary: &str, parts: &[NewPart<'_>]) -> Written {
    let boundary = free_boundary(boundary, parts);
    let mut content_type = "multipart/related".to_owned();
    if let Some(first) = parts.first() {
        let _ = write!(content_type, ";type=\"{}\";start={}", essence(first), first.content_id);
    }
    let _ = write!(content_type, ";boundary={boundary}");
    Written { content_type, body: write_parts(&boundary, parts, ["", ""], "\r\n\r\n") }
}

fn essence<'a>(part: &NewPart<'a>) -> &'a str {
    part.content_type.split(';').next().unwrap_or_default().trim()
}

fn write_parts(boundary: &str, parts: &[NewPart<'_>], brackets: [&str; 2], after: &str) -> Vec<u8> {
    let [open, close] = brackets;
    let mut body = Vec::new();
    for part in parts {
        let head = format!(
            "--{boundary}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {open}{}{close}\r\nContent-Type: {}\r\n\r\n",
            part.content_id, part.content_type
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part.body);
        body.extend_from_slice(after.as_bytes());
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

/// The boundary wished for, with a number after it if it begins a line of a part.
fn free_boundary(wished: &str, parts: &[NewPart<'_>]) -> String {
    let taken = |boundary: &str| {
        let mut lines = parts.iter().flat_map(|part| part.body.split(|b| *b == b'\n'));
        lines.any(|line| line.strip_prefix(b"--").is_some_and(|rest| rest.starts_with(boundary.as_bytes())))
    };
    if !taken(wished) {
        return wished.to_owned();
    }
    // A part could foresee every one of these only by being as long as all of them together.
    let numbered = (1u32..1000).map(|n| format!("{wished}.{n}x")).find(|boundary| !taken(boundary));
    numbered.unwrap_or_else(|| wished.to_owned())
}

#[cfg(test)]
mod tests;
