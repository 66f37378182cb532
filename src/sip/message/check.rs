//! Whether a message that could be cut into lines also says what every SIP message must say
//! (RFC 3261 sections 8.1.1, 8.2 and 16.3; RFC 4475 section 3).

use super::{Message, NameAddr, StartLine, Uri, Via, split_commas};
use crate::sip::fault::{Malformed, Offence};

/// Fields that must be there.
const NEEDED: [&str; 5] = ["Via", "From", "To", "Call-ID", "CSeq"];

/// Fields that may stand there once: a second one could tell somebody else another story.
const SINGLE: [&str; 9] =
    ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type", "Event", "Expires", "Subscription-State"];

impl Message {
    /// Finds what makes a message unfit to be worked on: answer a request with 400, drop a
    /// response.
    ///
    /// Via, From, To, Call-ID and `CSeq` must be there and readable; what may stand once stands
    /// once; `CSeq` fits in 32 bits and names the method of the request; the Request-URI, every
    /// Contact of a request, Content-Length and Max-Forwards can be read. A missing Max-Forwards
    /// is forgiven (RFC 3261 section 16.3), and so is a Content-Length that stands twice with the
    /// same number.
    ///
    /// # Errors
    /// The first offence. Its offset is that of the header field, 0 for one that is missing.
    pub fn check(&self) -> Result<(), Malformed> {
        let fault = |what, name| Malformed { what, offset: self.headers.offset_of(name) };
        if let Some(second) = SINGLE.iter().find_map(|name| self.headers.iter_named(name).nth(1)) {
            return Err(Malformed { what: Offence::DuplicateHeader, offset: second.offset() });
        }
        if let Some(name) = NEEDED.iter().find(|name| self.headers.first(name).is_none_or(|h| h.value_bytes().is_empty())) {
            return Err(fault(Offence::MissingHeader, name));
        }
        let cseq = self.cseq().ok_or_else(|| fault(Offence::HeaderValue, "CSeq"))?;
        if !self.headers.get_all("Via").all(|line| split_commas(&line).all(|via| Via::parse(via).is_some())) {
            return Err(fault(Offence::HeaderValue, "Via"));
        }
        self.from().map_err(|f| fault(f.what, "From"))?;
        self.to().map_err(|f| fault(f.what, "To"))?;
        self.content_length()?;
        if let StartLine::Request { method, uri } = &self.start {
            if cseq.method != *method {
                return Err(fault(Offence::HeaderValue, "CSeq"));
            }
            Uri::parse(uri).map_err(|f| Malformed { what: f.what, offset: method.as_str().len() + 1 + f.offset })?;
            if self.headers.get("Max-Forwards").is_some_and(|v| v.is_empty() || !v.bytes().all(|b| b.is_ascii_digit())) {
                return Err(fault(Offence::HeaderValue, "Max-Forwards"));
            }
            self.check_contacts().map_err(|what| fault(what, "Contact"))?;
        }
        Ok(())
    }

    /// Each Contact is an address, or there is one alone and it is `*`.
    fn check_contacts(&self) -> Result<(), Offence> {
        let (mut star, mut all) = (false, 0_usize);
        for line in self.headers.get_all("Contact") {
            for element in split_commas(&line) {
                all += 1;
                star |= element == "*";
                if element != "*" {
                    NameAddr::parse(element).map_err(|f| f.what)?;
                }
            }
        }
        if star && all > 1 { Err(Offence::HeaderValue) } else { Ok(()) }
    }
}
