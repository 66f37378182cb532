//! What a SUBSCRIBE asks for, and the words for it (RFC 3856, RFC 4662, RFC 5367, RFC 3857;
//! [MS-SIP] 3.3.4.1 and 3.7.4.1).

use bytes::Bytes;

use crate::backend::sip::extensions::Extensions;
use crate::backend::sip::own::OwnEvent;
use crate::backend::sip::ua::Ua;
use crate::formats::adrl;
use crate::sip::message::Message;

/// What a subscription asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip) enum Form {
    /// One person's presence.
    Person,
    /// A list kept on the server (RFC 4662).
    StoredList,
    /// A list that stands in the request (RFC 5367).
    AdhocList(Bytes),
    /// A list that stands in the request and may be changed later ([MS-SIP] 3.3); this is the
    /// whole of it.
    Batch(Bytes),
    /// Who watches us (RFC 3857).
    Watchers,
    /// A document about ourselves ([MS-SIP] 3.7).
    Own(OwnEvent),
}

/// What a SUBSCRIBE is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    /// Begin a dialog.
    Begin,
    /// Last longer; a list is told anew.
    Extend,
    /// Last longer, and nothing else.
    ExtendOnly,
    /// Change the list; whether news must follow.
    Change(Bytes, bool),
    /// End.
    End,
}

impl Form {
    /// The event package.
    pub(super) const fn event(&self) -> &'static str {
        match self {
            Self::Person | Self::StoredList | Self::AdhocList(_) | Self::Batch(_) => "presence",
            Self::Watchers => "presence.winfo",
            Self::Own(event) => event.package(),
        }
    }

    /// Whether it is of the LCS family on this server: these have extensions, leave the lifetime
    /// to the server, and live by its rules for refreshing.
    pub(super) const fn is_lcs(&self, ua: &Ua) -> bool {
        match self {
            Self::Person => ua.traits.set_presence,
            Self::Batch(_) | Self::Own(_) => true,
            Self::StoredList | Self::AdhocList(_) | Self::Watchers => false,
        }
    }

    /// Whether one answer is all that is wanted.
    pub(super) fn is_once(&self) -> bool {
        *self == Self::Own(OwnEvent::Provisioning)
    }

    /// Whether it asks for many people.
    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Self::StoredList | Self::AdhocList(_) | Self::Batch(_))
    }

    const fn accept(&self, lcs: bool) -> &'static str {
        match self {
            Self::Person if lcs => {
                "text/xml+msrtc.pidf, application/xpidf+xml, application/pidf+xml, application/rlmi+xml, multipart/related"
            }
            Self::Person => "application/pidf+xml",
            Self::StoredList | Self::AdhocList(_) => "application/pidf+xml, application/rlmi+xml, multipart/related",
            Self::Batch(_) => "application/rlmi+xml, text/xml+msrtc.pidf, multipart/related",
            Self::Watchers => "application/watcherinfo+xml",
            Self::Own(event) => event.media_type(),
        }
    }

    /// Writes everything behind CSeq. `expires`: the lifetime wished.
    pub(super) fn write(&self, request: &mut Message, ask: &Ask, expires: u32, extensions: Extensions, ua: &Ua) {
        let lcs = self.is_lcs(ua);
        let ends = *ask == Ask::End;
        request.headers.push("Contact", ua.dialog_contact());
        request.headers.push("Event", self.event());
        if ends || self.is_once() {
            request.headers.push("Expires", "0");
        } else if !lcs {
            request.headers.push("Expires", expires.to_string());
        }
        if lcs {
            request.headers.push("Accept", self.accept(lcs));
            extensions.ask(request);
        }
        match self {
            Self::StoredList => request.headers.push("Supported", "eventlist"),
            Self::AdhocList(_) => {
                if *ask == Ask::Begin {
                    request.headers.push("Require", "recipient-list-subscribe");
                }
                request.headers.push("Supported", "eventlist");
            }
            Self::Batch(_) | Self::Person | Self::Watchers | Self::Own(_) => {}
        }
        if !lcs {
            request.headers.push("Accept", self.accept(lcs));
        }
        self.write_list(request, ask);
    }

    fn write_list(&self, request: &mut Message, ask: &Ask) {
        let (whole, change) = match (self, ask) {
            // A list in a later SUBSCRIBE has no meaning there (RFC 5367 section 3.2).
            (Self::AdhocList(body), Ask::Begin) => {
                request.headers.push("Content-Disposition", "recipient-list");
                request.set_body("application/resource-lists+xml", body.clone());
                return;
            }
            (Self::Batch(whole), Ask::Begin | Ask::Extend) => (Some(whole), None),
            (Self::Batch(_), Ask::Change(change, _)) => (None, Some(change)),
            (Self::Batch(_), Ask::ExtendOnly) => (None, None),
            _ => return,
        };
        let list = whole.or(change);
        if list.is_some() {
            request.headers.push("Require", "adhoclist");
        }
        request.headers.push("Supported", "eventlist");
        if let Some(list) = list {
            request.set_body(adrl::MEDIA_TYPE, list.clone());
        }
    }
}
