//! Which message belongs to which transaction (RFC 3261 sections 17.1.3 and 17.2.3).

use crate::sip::endpoint::Flow;
use crate::sip::message::{Message, Method};

/// The start of every branch made by the rules of RFC 3261 section 8.1.1.7.
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// Names a client transaction: the branch is ours, so nothing more is needed than the method,
/// which tells a CANCEL from its INVITE.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientKey {
    /// The link the request went out on; responses from elsewhere are nobody's.
    pub flow: Flow,
    /// The branch of our Via.
    pub branch: String,
    /// The method in CSeq.
    pub method: Method,
}

impl ClientKey {
    /// The transaction a response belongs to; `None` when Via or CSeq cannot be read.
    #[must_use]
    pub fn of_response(flow: Flow, response: &Message) -> Option<Self> {
        Some(Self { flow, branch: response.top_via()?.branch()?, method: response.cseq()?.method })
    }
}

/// Names a server transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ServerKey {
    /// Peers that follow RFC 3261.
    Branch {
        /// The link.
        flow: Flow,
        /// The top Via's branch.
        branch: String,
        /// The top Via's host and port, in lower case.
        sent_by: String,
        /// The method; INVITE for ACK.
        method: Method,
    },
    /// Peers that send no branch, or one without the magic cookie (RFC 2543, and LCS).
    Legacy {
        /// The link.
        flow: Flow,
        /// The method; INVITE for ACK.
        method: Method,
        /// Request-URI.
        uri: String,
        /// Call-ID.
        call_id: String,
        /// The number in CSeq.
        cseq: u32,
        /// From tag.
        from_tag: String,
        /// To tag; none for INVITE, whose ACK has one that it has not.
        to_tag: String,
    },
}

impl ServerKey {
    /// The transaction a request belongs to; `None` when what names it cannot be read.
    #[must_use]
    pub fn of_request(flow: Flow, request: &Message) -> Option<Self> {
        let method = match request.method()? {
            Method::Ack => Method::Invite,
            other => other.clone(),
        };
        Self::with_method(flow, request, method)
    }

    /// The INVITE a CANCEL is about.
    #[must_use]
    pub fn cancelled_by(flow: Flow, cancel: &Message) -> Option<Self> {
        Self::with_method(flow, cancel, Method::Invite)
    }

    fn with_method(flow: Flow, request: &Message, method: Method) -> Option<Self> {
        let via = request.top_via()?;
        match via.branch() {
            Some(branch) if branch.starts_with(MAGIC_COOKIE) && branch.len() > MAGIC_COOKIE.len() => {
                Some(Self::Branch { flow, branch, sent_by: via.sent_by.to_ascii_lowercase(), method })
            }
            _ => {
                let to_tag = request.to().ok().filter(|_| method != Method::Invite).and_then(|to| to.tag());
                Some(Self::Legacy {
                    flow,
                    method,
                    uri: request.uri().to_owned(),
                    call_id: request.call_id()?,
                    cseq: request.cseq()?.number,
                    from_tag: request.from().ok()?.tag().unwrap_or_default(),
                    to_tag: to_tag.unwrap_or_default(),
                })
            }
        }
    }
}

/// Names an INVITE of either side by its dialog: an ACK to a 2xx has a branch of its own and is
/// found by this (RFC 3261 section 13.2.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AckKey {
    /// Call-ID.
    pub call_id: String,
    /// The number in CSeq.
    pub cseq: u32,
    /// From tag.
    pub from_tag: String,
    /// To tag.
    pub to_tag: String,
}

impl AckKey {
    /// Reads it from an ACK or a 2xx; `None` when something is missing.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        Some(Self {
            call_id: message.call_id()?,
            cseq: message.cseq()?.number,
            from_tag: message.from().ok()?.tag().unwrap_or_default(),
            to_tag: message.to().ok()?.tag().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
