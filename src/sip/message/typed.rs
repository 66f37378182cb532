//! [`Message`] and the views of it that every layer needs.

use std::fmt;

use bytes::Bytes;

use super::lex::is_token;
use super::names::Name;
use super::{Headers, Method, NameAddr, Params, Uri, default_reason, split_commas};
use crate::sip::fault::{Malformed, Offence};

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartLine {
    /// `METHOD uri SIP/2.0`
    Request {
        /// The method.
        method: Method,
        /// Request-URI as written.
        uri: String,
    },
    /// `SIP/2.0 code reason`
    Status {
        /// 100 to 699.
        code: u16,
        /// The reason phrase as written, perhaps empty.
        reason: String,
    },
}

/// A request or a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: StartLine,
    /// Header fields.
    pub headers: Headers,
    /// The body; bytes, whatever its type claims.
    pub body: Bytes,
}

impl Message {
    /// A request without header fields.
    #[must_use]
    pub fn request(method: Method, uri: &str) -> Self {
        Self { start: StartLine::Request { method, uri: uri.to_owned() }, headers: Headers::default(), body: Bytes::new() }
    }

    /// A response without header fields, with the usual reason phrase.
    #[must_use]
    pub fn response(code: u16) -> Self {
        Self {
            start: StartLine::Status { code, reason: default_reason(code).to_owned() },
            headers: Headers::default(),
            body: Bytes::new(),
        }
    }

    /// The response to a request with what must be copied: Via, From, To, Call-ID, `CSeq`
    /// (RFC 3261 section 8.2.6.2). The To tag is the caller's to add.
    #[must_use]
    pub fn response_to(request: &Self, code: u16) -> Self {
        let mut response = Self::response(code);
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            response.headers.copy_from(&request.headers, name);
        }
        response
    }

    /// The method of a request; `None` for a response.
    #[must_use]
    pub const fn method(&self) -> Option<&Method> {
        match &self.start {
            StartLine::Request { method, .. } => Some(method),
            StartLine::Status { .. } => None,
        }
    }

    /// The status code of a response; `None` for a request.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match &self.start {
            StartLine::Status { code, .. } => Some(*code),
            StartLine::Request { .. } => None,
        }
    }

    /// The reason phrase of a response; empty for a request.
    #[must_use]
    pub fn reason(&self) -> &str {
        match &self.start {
            StartLine::Status { reason, .. } => reason,
            StartLine::Request { .. } => "",
        }
    }

    /// The Request-URI as written; empty for a response.
    #[must_use]
    pub fn uri(&self) -> &str {
        match &self.start {
            StartLine::Request { uri, .. } => uri,
            StartLine::Status { .. } => "",
        }
    }

    /// First value of a header field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(std::borrow::Cow::into_owned)
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(&self) -> Option<String> {
        self.header("Call-ID")
    }

    /// `CSeq`; `None` when missing or broken.
    #[must_use]
    pub fn cseq(&self) -> Option<CSeq> {
        CSeq::parse(&self.headers.get("CSeq")?)
    }

    /// From.
    ///
    /// # Errors
    /// [`Offence::MissingHeader`] or what [`NameAddr::parse`] finds.
    pub fn from(&self) -> Result<NameAddr, Malformed> {
        self.name_addr("From")
    }

    /// To.
    ///
    /// # Errors
    /// [`Offence::MissingHeader`] or what [`NameAddr::parse`] finds.
    pub fn to(&self) -> Result<NameAddr, Malformed> {
        self.name_addr("To")
    }

    /// A header field with one address in it.
    ///
    /// # Errors
    /// [`Offence::MissingHeader`] or what [`NameAddr::parse`] finds.
    pub fn name_addr(&self, name: &str) -> Result<NameAddr, Malformed> {
        let value = self.headers.get(name).ok_or(Malformed { what: Offence::MissingHeader, offset: 0 })?;
        NameAddr::parse(&value)
    }

    /// A header field with a list of addresses, over all its lines: Contact, Route, Record-Route.
    /// `Contact: *` and elements that cannot be read are left out.
    #[must_use]
    pub fn name_addrs(&self, name: &str) -> Vec<NameAddr> {
        self.headers.list(name).iter().filter_map(|v| NameAddr::parse(v).ok()).collect()
    }

    /// The topmost Via.
    #[must_use]
    pub fn top_via(&self) -> Option<Via> {
        let line = self.headers.get("Via")?;
        Via::parse(split_commas(&line).next()?)
    }

    /// Expires in seconds; `None` when missing or not a number. Numbers too big are the biggest.
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        parse_delta(&self.headers.get("Expires")?)
    }

    /// The number of octets Content-Length gives; `None` when it is missing. Numbers too big are
    /// the biggest.
    ///
    /// # Errors
    /// [`Offence::ContentLength`] when it is not a number, [`Offence::DuplicateHeader`] when it
    /// stands there twice with different numbers.
    pub fn content_length(&self) -> Result<Option<usize>, Malformed> {
        let mut length = None;
        for field in self.headers.fields().iter().filter(|f| f.name == Name::CONTENT_LENGTH) {
            let fault = |what| Malformed { what, offset: if field.own { 0 } else { field.start } };
            let number = read_length(self.headers.view(field).raw_bytes()).ok_or_else(|| fault(Offence::ContentLength))?;
            if length.is_some_and(|l| l != number) {
                return Err(fault(Offence::DuplicateHeader));
            }
            length = Some(number);
        }
        Ok(length)
    }

    /// Media type without parameters in lower case; empty when there is none.
    #[must_use]
    pub fn content_type(&self) -> String {
        let value = self.headers.get("Content-Type").unwrap_or_default();
        value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
    }

    /// Sets body and Content-Type.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Bytes>) {
        self.headers.set("Content-Type", content_type);
        self.body = body.into();
    }

    /// Takes away body and the header fields that describe it.
    pub fn clear_body(&mut self) {
        for name in ["Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length"] {
            self.headers.remove(name);
        }
        self.body = Bytes::new();
    }
}

/// A number of octets with blanks around it; digits only, numbers too big are the biggest.
pub(super) fn read_length(raw: &[u8]) -> Option<usize> {
    let digits = raw.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_usize, |n, d| n.saturating_mul(10).saturating_add(usize::from(d - b'0'))))
}

/// Seconds, as Expires, Min-Expires and Retry-After give them; digits beyond 32 bits saturate.
pub(crate) fn parse_delta(text: &str) -> Option<u32> {
    let digits = text.trim().split([';', ' ', '(']).next().unwrap_or("").trim();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}

/// `CSeq: 5 MESSAGE`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31 in what we send.
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl CSeq {
    /// Reads a `CSeq`; `None` when it is broken.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split_ascii_whitespace();
        let number = parts.next()?;
        let method = Method::parse(parts.next()?)?;
        if parts.next().is_some() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Self { number: number.parse().ok()?, method })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// One Via element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `TCP`, `TLS`, `UDP` or another token, as written.
    pub transport: String,
    /// `sent-by`: host and perhaps port, as written.
    pub sent_by: String,
    /// Parameters.
    pub params: Params,
}

impl Via {
    /// Reads one element; `None` when it is broken.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // `SIP / 2.0 / TCP  host` with blanks around the slashes is legal.
        let (name, rest) = text.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        let (transport, rest) = rest.trim_start().split_once(|c: char| c.is_ascii_whitespace())?;
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" || !is_token(transport) {
            return None;
        }
        let (sent_by, params) = rest.split_once(';').unwrap_or((rest, ""));
        let sent_by = sent_by.trim();
        if sent_by.is_empty() {
            return None;
        }
        Some(Self { transport: transport.to_owned(), sent_by: sent_by.to_owned(), params: Params::parse(params) })
    }

    /// The branch parameter.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        self.params.get("branch")
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}{}", self.transport, self.sent_by, self.params)
    }
}

impl Uri {
    /// The Request-URI of a request.
    ///
    /// # Errors
    /// [`Offence::Uri`] for a response or a URI that cannot be read.
    pub fn of_request(message: &Message) -> Result<Self, Malformed> {
        Self::parse(message.uri())
    }
}
