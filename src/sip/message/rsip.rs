//! To and from the `rsip` crate, for programs that speak it, and as a second opinion in tests.
//!
//! The only file that names `rsip`. Its types hold the standard subset of SIP: a closed set of
//! methods, host names and IPv4, one address in a header field. What it could not give back as it
//! was is refused here with the reason; nothing is corrupted in silence. Three things are not
//! carried: the reason phrase of registered status codes, how names and blanks were written, and
//! the case of a URI's `transport`, which `rsip` writes in capitals (RFC 3261 section 19.1.4: the
//! same URI).

use ::rsip::headers::{ToTypedHeader as _, UntypedHeader as _};

use super::{CSeq, Message, Method, NameAddr, StartLine, Via, default_reason};

/// Why a message cannot be put into `rsip`'s types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    /// A method outside its closed set, such as BENOTIFY.
    #[error("a method rsip does not know")]
    Method,
    /// A Request-URI it refuses or would change: IPv6, `tel:`, colons in parameters.
    #[error("a Request-URI rsip would change")]
    Uri,
    /// A header field it refuses or would change when read.
    #[error("a header field rsip would change")]
    Header,
    /// Octets that are no UTF-8 in a header field.
    #[error("a header field that is not UTF-8")]
    Octets,
    /// A body that is no UTF-8: it would be written as something else.
    #[error("a body that is not UTF-8")]
    Body,
    /// The whole is refused.
    #[error("a message rsip refuses")]
    Refused,
}

impl Message {
    /// The message in `rsip`'s types.
    ///
    /// # Errors
    /// [`Untranslatable`] when `rsip` would refuse it, or give back something else.
    pub fn to_rsip(&self) -> Result<::rsip::SipMessage, Untranslatable> {
        if std::str::from_utf8(&self.body).is_err() {
            return Err(Untranslatable::Body);
        }
        let mut plain = Self { start: self.start.clone(), headers: super::Headers::default(), body: self.body.clone() };
        for header in self.headers.iter() {
            if std::str::from_utf8(header.raw_bytes()).is_err() {
                return Err(Untranslatable::Octets);
            }
            plain.headers.push(super::names::long_name(header.name()), header.value());
        }
        if let StartLine::Request { method, uri } = &self.start {
            let known = method.as_str().parse::<::rsip::Method>().map_err(|_| Untranslatable::Method)?;
            if known.to_string() != method.as_str() {
                return Err(Untranslatable::Method);
            }
            let read = ::rsip::Uri::try_from(uri.as_str()).map_err(|_| Untranslatable::Uri)?;
            if !read.to_string().eq_ignore_ascii_case(uri) {
                return Err(Untranslatable::Uri);
            }
        }
        let bytes = plain.to_bytes();
        let theirs = ::rsip::SipMessage::try_from(bytes.as_ref()).map_err(|_| Untranslatable::Refused)?;
        if !headers_of(&theirs).all(survives) {
            return Err(Untranslatable::Header);
        }
        let back = Self::from_rsip(&theirs)?;
        let same = back.headers.iter().map(|h| (super::names::long_name(h.name()).to_ascii_lowercase(), h.value()));
        let there = same.filter(|(name, _)| name != "content-length");
        let here = plain.headers.iter().map(|h| (h.name().to_ascii_lowercase(), h.value()));
        if !there.eq(here.filter(|(name, _)| name != "content-length")) {
            return Err(Untranslatable::Header);
        }
        if back.body == self.body { Ok(theirs) } else { Err(Untranslatable::Body) }
    }

    /// A message out of `rsip`'s types.
    ///
    /// # Errors
    /// [`Untranslatable`] when its parts do not make a message.
    pub fn from_rsip(theirs: &::rsip::SipMessage) -> Result<Self, Untranslatable> {
        let mut message = match theirs {
            ::rsip::SipMessage::Request(request) => {
                let method = Method::parse(&request.method.to_string()).ok_or(Untranslatable::Method)?;
                let uri = request.uri.to_string();
                super::Uri::parse(&uri).map_err(|_| Untranslatable::Uri)?;
                Self::request(method, &uri)
            }
            ::rsip::SipMessage::Response(response) => {
                let mut message = Self::response(response.status_code.code());
                if let (::rsip::StatusCode::Other(code, words), StartLine::Status { reason, .. }) =
                    (&response.status_code, &mut message.start)
                    && default_reason(*code) == "Unknown"
                {
                    reason.clone_from(words);
                }
                message
            }
        };
        for header in headers_of(theirs) {
            let line = header.to_string();
            let (name, value) = line.split_once(':').ok_or(Untranslatable::Header)?;
            message.headers.push(name, value.trim());
        }
        message.body = theirs.body().clone().into();
        Ok(message)
    }
}

fn headers_of(message: &::rsip::SipMessage) -> impl Iterator<Item = &::rsip::Header> {
    match message {
        ::rsip::SipMessage::Request(request) => request.headers.iter(),
        ::rsip::SipMessage::Response(response) => response.headers.iter(),
    }
}

/// Whether the typed view of a field says what the field says, as far as we read it ourselves.
fn survives(header: &::rsip::Header) -> bool {
    use ::rsip::Header;
    match header {
        Header::Via(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), Via::parse),
        Header::CSeq(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), CSeq::parse),
        Header::From(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), address),
        Header::To(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), address),
        Header::Contact(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), address),
        Header::Route(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), address),
        Header::RecordRoute(it) => alike(it.value(), it.clone().typed().ok().map(|t| t.to_string()).as_deref(), address),
        _ => true,
    }
}

fn address(text: &str) -> Option<NameAddr> {
    NameAddr::parse(text).ok()
}

fn alike<T: ToString>(ours: &str, theirs: Option<&str>, read: impl Fn(&str) -> Option<T>) -> bool {
    match (read(ours), theirs.and_then(&read)) {
        (Some(ours), Some(theirs)) => ours.to_string().eq_ignore_ascii_case(&theirs.to_string()),
        _ => false,
    }
}
