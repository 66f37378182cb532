//! `name-addr` and `addr-spec` with header parameters: From, To, Contact, Route, Record-Route …

use std::fmt;

use super::lex::{quote, split_commas, unquote};
use super::{Params, Uri};
use crate::sip::fault::{Malformed, Offence};

/// A display name, a URI and the parameters of the header field around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// Display name without quotes and escapes; empty for none.
    pub display: String,
    /// The address.
    pub uri: Uri,
    /// Header parameters (behind the `>`).
    pub params: Params,
}

impl NameAddr {
    /// A plain `<uri>`.
    #[must_use]
    pub fn new(uri: Uri) -> Self {
        Self { display: String::new(), uri, params: Params::default() }
    }

    /// Reads one element.
    ///
    /// # Errors
    /// [`Offence::HeaderValue`] or [`Offence::Uri`], with the offset within `text`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let fault = |offset| Malformed { what: Offence::HeaderValue, offset };
        let text = text.trim();
        let open = open_bracket(text);
        let Some(open) = open else {
            // Without brackets every parameter belongs to the header, and what looks like the
            // URI's headers must not be there (RFC 3261 section 20.10, RFC 4475 section 3.1.2.11).
            let (uri, params) = text.split_once(';').unwrap_or((text, ""));
            if let Some(at) = uri.find('?') {
                return Err(fault(at));
            }
            return Ok(Self { display: String::new(), uri: Uri::parse(uri)?, params: Params::parse(params) });
        };
        let display = text.get(..open).unwrap_or("");
        let rest = text.get(open + 1..).unwrap_or("");
        let (uri, tail) = rest.split_once('>').ok_or_else(|| fault(text.len()))?;
        let tail = tail.trim_start();
        if !tail.is_empty() && !tail.starts_with(';') {
            return Err(fault(text.len() - tail.len()));
        }
        Ok(Self { display: unquote(display), uri: Uri::parse(uri)?, params: Params::parse(tail) })
    }

    /// Reads a comma-joined list.
    ///
    /// # Errors
    /// As [`NameAddr::parse`], for the first element that cannot be read.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Malformed> {
        split_commas(text).map(Self::parse).collect()
    }

    /// The `tag` parameter.
    #[must_use]
    pub fn tag(&self) -> Option<String> {
        self.params.get("tag")
    }
}

/// The `<` that opens the URI: the first one outside a quoted display name.
fn open_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|b| {
        if escaped {
            escaped = false;
            return false;
        }
        match b {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' if !quoted => return true,
            _ => {}
        }
        false
    })
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.display.is_empty() {
            write!(f, "{} ", quote(&self.display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}
