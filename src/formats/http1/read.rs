//! Cuts the bytes of one link into messages.
//!
//! ```text
//!          head complete         length / chunk line
//!  Head ──────────────────► Body ─────────────────────► message out ──► Head
//!    │                        ▲ │
//!    │ no body                │ └─ until close: message out at `close`
//!    └──► message out ──► Head┘
//! ```

use super::{Broken, Fields, Message, Start};

/// Hard limits on what a peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of first line and header fields.
    pub head: usize,
    /// Header fields.
    pub fields: usize,
    /// Octets of a body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: 16 * 1024, fields: 100, body: 1024 * 1024 }
    }
}

/// Octets of one line between chunks.
const CHUNK_LINE: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Requests,
    Responses,
}

/// How the rest of a body comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// So many octets.
    Octets(usize),
    /// A line with the size of the next chunk.
    ChunkSize,
    /// So many octets of a chunk, then a line end.
    Chunk(usize),
    /// Trailing fields up to an empty line; so many octets of them are gone.
    Trailer(usize),
    /// Whatever comes until the link closes.
    UntilClose,
}

/// Cuts one link. After the first fault it stays in fault.
#[derive(Debug)]
pub struct Reader {
    side: Side,
    limits: Limits,
    buffer: Vec<u8>,
    /// Octets at the front of the buffer that are done with.
    used: usize,
    /// Octets after those in which the end of the head was sought already.
    searched: usize,
    body: Option<(Message, Rest)>,
    broken: Option<Broken>,
}

impl Reader {
    /// Reads requests, as a server does.
    #[must_use]
    pub fn requests(limits: Limits) -> Self {
        Self::new(Side::Requests, limits)
    }

    /// Reads responses, as a client does.
    #[must_use]
    pub fn responses(limits: Limits) -> Self {
        Self::new(Side::Responses, limits)
    }

    fn new(side: Side, limits: Limits) -> Self {
        Self { side, limits, buffer: Vec::new(), used: 0, searched: 0, body: None, broken: None }
    }

    /// Adds what was read from the link.
    pub fn push(&mut self, data: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        if self.used > 0 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        self.buffer.extend_from_slice(data);
    }

    /// The next message; `Ok(None)` when more bytes are needed.
    ///
    /// # Errors
    /// [`Broken`], again and again once it happened.
    pub fn next_message(&mut self) -> Result<Option<Message>, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let result = self.step();
        if let Err(broken) = result {
            self.broken = Some(broken);
            self.buffer = Vec::new();
            self.used = 0;
            self.body = None;
        }
        result
    }

    /// The link closed: the message that this completes, if there is one.
    ///
    /// # Errors
    /// [`Broken::Truncated`] when it closed in the middle of a message.
    pub fn close(&mut self) -> Result<Option<Message>, Broken> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        match self.body.take() {
            Some((message, Rest::UntilClose)) => Ok(Some(message)),
            None if self.rest().iter().all(u8::is_ascii_whitespace) => Ok(None),
            Some(_) | None => Err(Broken::Truncated),
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.used..).unwrap_or_default()
    }

    fn step(&mut self) -> Result<Option<Message>, Broken> {
        if self.body.is_none() {
            let Some((message, rest)) = self.head()? else { return Ok(None) };
            match rest {
                None => return Ok(Some(message)),
                Some(rest) => self.body = Some((message, rest)),
            }
        }
        let Some((mut message, rest)) = self.body.take() else { return Ok(None) };
        match self.fill(&mut message, rest)? {
            None => Ok(Some(message)),
            Some(rest) => {
                self.body = Some((message, rest));
                Ok(None)
            }
        }
    }

    fn head(&mut self) -> Result<Option<(Message, Option<Rest>)>, Broken> {
        // Empty lines before a message do no harm (RFC 9112 section 2.2).
        while self.searched == 0 && matches!(self.rest().first(), Some(b'\r' | b'\n')) {
            self.used += 1;
        }
        let Some(length) = self.head_length() else {
            return if self.rest().len() > self.limits.head { Err(Broken::HeadTooLong) } else { Ok(None) };
        };
        if length > self.limits.head {
            return Err(Broken::HeadTooLong);
        }
        let head = self.buffer.get(self.used..self.used + length).unwrap_or_default();
        let head = std::str::from_utf8(head).map_err(|_| Broken::Field)?;
        let parsed = parse(head, self.side, self.limits)?;
        self.used += length;
        self.searched = 0;
        Ok(Some(parsed))
    }

    /// Octets of the head with the empty line after it, if that is there.
    fn head_length(&mut self) -> Option<usize> {
        let from = self.searched.saturating_sub(3);
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        for (at, octet) in rest.iter().enumerate().skip(from) {
            let after = rest.get(at + 1..).unwrap_or_default();
            if *octet != b'\n' {
                continue;
            }
            if after.starts_with(b"\r\n") {
                return Some(at + 3);
            }
            if after.starts_with(b"\n") {
                return Some(at + 2);
            }
        }
        self.searched = rest.len();
        None
    }

    /// Moves what came into the body; what is still to come, `None` when the body is whole.
    fn fill(&mut self, message: &mut Message, mut rest: Rest) -> Result<Option<Rest>, Broken> {
        loop {
            rest = match rest {
                Rest::Octets(0) => return Ok(None),
                Rest::Octets(wanted) => match wanted - self.take(message, wanted)? {
                    0 => return Ok(None),
                    left => return Ok(Some(Rest::Octets(left))),
                },
                Rest::UntilClose => {
                    self.take(message, usize::MAX)?;
                    return Ok(Some(rest));
                }
                Rest::Chunk(0) => match self.line()? {
                    None => return Ok(Some(rest)),
                    Some(line) if line.is_empty() => Rest::ChunkSize,
                    Some(_) => return Err(Broken::Chunk),
                },
                Rest::Chunk(wanted) => match wanted - self.take(message, wanted)? {
                    0 => Rest::Chunk(0),
                    left => return Ok(Some(Rest::Chunk(left))),
                },
                Rest::ChunkSize => match self.line()? {
                    None => return Ok(Some(rest)),
                    Some(line) => match chunk_size(&line)? {
                        0 => Rest::Trailer(0),
                        size if size > self.limits.body => return Err(Broken::BodyTooLong),
                        size => Rest::Chunk(size),
                    },
                },
                Rest::Trailer(gone) => match self.line()? {
                    None => return Ok(Some(rest)),
                    Some(line) if line.is_empty() => return Ok(None),
                    Some(line) if gone + line.len() > self.limits.head => return Err(Broken::HeadTooLong),
                    Some(line) => Rest::Trailer(gone + line.len() + 1),
                },
            };
        }
    }

    /// Moves up to so many octets into the body; how many it were.
    fn take(&mut self, message: &mut Message, wanted: usize) -> Result<usize, Broken> {
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        let now = rest.get(..wanted.min(rest.len())).unwrap_or_default();
        if message.body.len() + now.len() > self.limits.body {
            return Err(Broken::BodyTooLong);
        }
        message.body.extend_from_slice(now);
        let taken = now.len();
        self.used += taken;
        Ok(taken)
    }

    /// A short line without its end, if it is all there.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let rest = self.rest();
        let Some(end) = rest.iter().take(CHUNK_LINE).position(|b| *b == b'\n') else {
            return if rest.len() >= CHUNK_LINE { Err(Broken::Chunk) } else { Ok(None) };
        };
        let line = rest.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        self.used += end + 1;
        Ok(Some(line))
    }
}

fn chunk_size(line: &[u8]) -> Result<usize, Broken> {
    let text = std::str::from_utf8(line).map_err(|_| Broken::Chunk)?;
    let digits = text.split(';').next().unwrap_or_default().trim();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Broken::Chunk);
    }
    usize::from_str_radix(digits, 16).map_err(|_| Broken::BodyTooLong)
}

/// Statuses whose responses never have a body (RFC 9112 section 6.3).
pub(super) const fn may_have_body(status: u16) -> bool {
    !matches!(status, 100..=199 | 204 | 304)
}

fn parse(head: &str, side: Side, limits: Limits) -> Result<(Message, Option<Rest>), Broken> {
    let mut lines = head.lines();
    let (start, version) = start(lines.next().unwrap_or_default(), side)?;
    let mut fields = Fields::default();
    for line in lines.take_while(|line| !line.is_empty()) {
        if fields.0.len() >= limits.fields {
            return Err(Broken::TooManyFields);
        }
        // Folded lines and blanks before the colon are how requests get smuggled.
        let (name, value) = line.split_once(':').ok_or(Broken::Field)?;
        if name.is_empty() || !name.bytes().all(is_token) || value.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return Err(Broken::Field);
        }
        fields.push(name, value.trim());
    }
    let keep_alive = if version == 0 { fields.lists("Connection", "keep-alive") } else { !fields.lists("Connection", "close") };
    let rest = rest(&start, &fields, limits)?;
    let keep_alive = keep_alive && rest != Some(Rest::UntilClose);
    Ok((Message { start, fields, body: Vec::new(), keep_alive }, rest))
}

/// The first line and the minor version.
fn start(line: &str, side: Side) -> Result<(Start, u8), Broken> {
    let mut words = line.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (one, two, three) = (word(), word(), word());
    match side {
        Side::Requests => {
            let minor = version(three)?;
            if one.is_empty() || !one.bytes().all(is_token) || two.is_empty() || !two.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Broken::StartLine);
            }
            Ok((Start::Request { method: one.to_owned(), target: two.to_owned() }, minor))
        }
        Side::Responses => {
            let minor = version(one)?;
            let status = Some(two).filter(|digits| digits.len() == 3).and_then(|digits| digits.parse().ok());
            let status = status.filter(|status| (100..600).contains(status)).ok_or(Broken::StartLine)?;
            Ok((Start::Response { status, reason: three.trim().to_owned() }, minor))
        }
    }
}

fn version(word: &str) -> Result<u8, Broken> {
    match word {
        "HTTP/1.1" => Ok(1),
        "HTTP/1.0" => Ok(0),
        other if other.starts_with("HTTP/") => Err(Broken::Version),
        _ => Err(Broken::StartLine),
    }
}

const fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// How the body comes (RFC 9112 section 6.3).
fn rest(start: &Start, fields: &Fields, limits: Limits) -> Result<Option<Rest>, Broken> {
    if let Start::Response { status, .. } = start
        && !may_have_body(*status)
    {
        return Ok(None);
    }
    let length = length(fields)?;
    let mut codings = fields.all("Transfer-Encoding").flat_map(|value| value.split(',')).map(str::trim);
    match (codings.next(), codings.next(), length) {
        (None, ..) => {}
        (Some(coding), None, None) if coding.eq_ignore_ascii_case("chunked") => return Ok(Some(Rest::ChunkSize)),
        (Some(_), _, Some(_)) => return Err(Broken::Length),
        (Some(_), ..) => return Err(Broken::Coding),
    }
    match (length, start) {
        (Some(length), _) if length > limits.body => Err(Broken::BodyTooLong),
        (Some(0), _) | (None, Start::Request { .. }) => Ok(None),
        (Some(length), _) => Ok(Some(Rest::Octets(length))),
        (None, Start::Response { .. }) => Ok(Some(Rest::UntilClose)),
    }
}

fn length(fields: &Fields) -> Result<Option<usize>, Broken> {
    let mut found = None;
    for value in fields.all("Content-Length").flat_map(|value| value.split(',')) {
        let digits = value.trim();
        if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Broken::Length);
        }
        let number: usize = digits.parse().map_err(|_| Broken::Length)?;
        if found.is_some_and(|found| found != number) {
            return Err(Broken::Length);
        }
        found = Some(number);
    }
    Ok(found)
}
