//! Dialogs (RFC 3261 section 12): what two user agents remember of each other.

use std::cmp::Ordering;

use super::message::{Message, Method, NameAddr, Uri};

/// Names a dialog (RFC 3261 section 12): Call-ID, our tag, the other's tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: String,
    /// The tag we chose.
    pub local_tag: String,
    /// The tag the other side chose; empty if it sent none (RFC 2543 peers).
    pub remote_tag: String,
}

/// What happened to a request received in a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDialog {
    /// In order: its CSeq is higher than any before. (ACK and CANCEL, which repeat the number of
    /// their INVITE, are always this.)
    Fresh,
    /// CSeq equal to the last one: the same request once more, by another way or after its
    /// transaction ended. Answer as before, do nothing twice.
    Repeated,
    /// CSeq lower than one seen before: answer 500 (RFC 3261 section 12.2.2).
    OutOfOrder,
}

/// One dialog, as either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    id: DialogId,
    local: NameAddr,
    remote: NameAddr,
    target: Uri,
    route: Vec<NameAddr>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
    secure: bool,
}

impl Dialog {
    /// The dialog a request of ours and a response (2xx, or 1xx with To tag) made; `None` when
    /// the response lacks what is needed (RFC 3261 section 12.1.2).
    #[must_use]
    pub fn from_response(request: &Message, response: &Message) -> Option<Self> {
        let local = response.from().ok()?;
        let remote = response.to().ok()?;
        let target =
            response.name_addrs("Contact").into_iter().next().map(|c| c.uri).or_else(|| Uri::parse(request.uri()).ok())?;
        let mut route = response.name_addrs("Record-Route");
        route.reverse();
        Some(Self {
            id: DialogId { call_id: response.call_id()?, local_tag: local.tag()?, remote_tag: remote.tag().unwrap_or_default() },
            local,
            remote,
            target,
            route,
            local_cseq: response.cseq()?.number,
            remote_cseq: None,
            secure: is_sips(request.uri()),
        })
    }

    /// The dialog a request from the other side makes, once we answer it with `local_tag`
    /// (RFC 3261 section 12.1.1). Also for a NOTIFY that comes before the answer to our SUBSCRIBE
    /// (RFC 6665 section 4.4.1), with the tag that stands in its To; requests of ours then start
    /// behind `CSeq` 0, so give [`Dialog::skip_to`] the number of the SUBSCRIBE.
    #[must_use]
    pub fn from_request(request: &Message, local_tag: &str) -> Option<Self> {
        let mut local = request.to().ok()?;
        let remote = request.from().ok()?;
        local.params.set("tag", Some(local_tag));
        let target = request.name_addrs("Contact").into_iter().next().map_or_else(|| remote.uri.clone(), |c| c.uri);
        Some(Self {
            id: DialogId {
                call_id: request.call_id()?,
                local_tag: local_tag.to_owned(),
                remote_tag: remote.tag().unwrap_or_default(),
            },
            local,
            remote,
            target,
            route: request.name_addrs("Record-Route"),
            local_cseq: 0,
            remote_cseq: request.cseq().map(|c| c.number),
            secure: is_sips(request.uri()),
        })
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &DialogId {
        &self.id
    }

    /// Where the other side wants requests.
    #[must_use]
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// The other side as From and To name it.
    #[must_use]
    pub const fn remote(&self) -> &NameAddr {
        &self.remote
    }

    /// Our side as From and To name it.
    #[must_use]
    pub const fn local(&self) -> &NameAddr {
        &self.local
    }

    /// Whether the request that made it went to a `sips:` URI: its requests must stay on TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Requests of ours name the device they come from in their From ([MS-SIP] 3.1.5.1), whatever
    /// the other side made of it. The other side's device stays in To as it came.
    pub fn name_device(&mut self, epid: &str) {
        self.local.params.set("epid", Some(epid));
    }

    /// Requests of ours get numbers above `cseq`.
    pub fn skip_to(&mut self, cseq: u32) {
        self.local_cseq = self.local_cseq.max(cseq);
    }

    /// The next request in the dialog: Request-URI, Route, From, To, Call-ID and CSeq filled in
    /// (RFC 3261 section 12.2.1.1), loose and strict routing both. Not for ACK and CANCEL, which
    /// keep the number of their INVITE.
    pub fn request(&mut self, method: Method) -> Message {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.request_numbered(method, self.local_cseq)
    }

    /// The ACK to a 2xx: like [`Dialog::request`], with the number of the INVITE
    /// (RFC 3261 section 13.2.2.4).
    #[must_use]
    pub fn ack(&self, invite_cseq: u32) -> Message {
        self.request_numbered(Method::Ack, invite_cseq)
    }

    /// Takes note of a response to a request of ours in this dialog: the number used last (a
    /// challenge may have raised it) and, for 2xx of target-refresh requests, the new target.
    pub fn on_response(&mut self, response: &Message) {
        let Some(cseq) = response.cseq() else { return };
        self.local_cseq = self.local_cseq.max(cseq.number);
        let success = response.status().is_some_and(|code| (200..300).contains(&code));
        if success && refreshes_target(&cseq.method) {
            self.refresh_target(response);
        }
        // An RFC 2543 peer, or a forked SUBSCRIBE's first NOTIFY, may bring the tag late.
        if self.id.remote_tag.is_empty()
            && let Some(tag) = response.to().ok().and_then(|to| to.tag())
        {
            self.remote.params.set("tag", Some(&tag));
            self.id.remote_tag = tag;
        }
    }

    /// Takes note of a request in this dialog.
    pub fn on_request(&mut self, request: &Message) -> InDialog {
        let Some(method) = request.method() else { return InDialog::OutOfOrder };
        if matches!(method, Method::Ack | Method::Cancel) {
            return InDialog::Fresh;
        }
        let number = request.cseq().map_or(0, |c| c.number);
        match self.remote_cseq.map(|seen| number.cmp(&seen)) {
            Some(Ordering::Less) => return InDialog::OutOfOrder,
            Some(Ordering::Equal) => return InDialog::Repeated,
            Some(Ordering::Greater) | None => {}
        }
        self.remote_cseq = Some(number);
        if refreshes_target(method) {
            self.refresh_target(request);
        }
        InDialog::Fresh
    }

    fn request_numbered(&self, method: Method, number: u32) -> Message {
        let cseq = format!("{number} {method}");
        let strict = self.route.first().filter(|hop| !hop.uri.params().has("lr"));
        let uri = strict.map_or_else(|| self.target.as_str().to_owned(), |hop| without_headers(hop.uri.as_str()));
        let mut message = Message::request(method, &uri);
        for hop in self.route.iter().skip(usize::from(strict.is_some())) {
            message.headers.push("Route", hop.to_string());
        }
        if strict.is_some() {
            message.headers.push("Route", format!("<{}>", self.target));
        }
        message.headers.push("From", self.local.to_string());
        message.headers.push("To", self.remote.to_string());
        message.headers.push("Call-ID", &self.id.call_id);
        message.headers.push("CSeq", cseq);
        message
    }

    fn refresh_target(&mut self, message: &Message) {
        if let Some(contact) = message.name_addrs("Contact").into_iter().next() {
            self.target = contact.uri;
        }
    }
}

/// Target-refresh requests (RFC 3261 section 6, RFC 3311, RFC 6665 section 4.4.1, RFC 3515).
const fn refreshes_target(method: &Method) -> bool {
    matches!(method, Method::Invite | Method::Update | Method::Subscribe | Method::Notify | Method::Benotify | Method::Refer)
}

fn is_sips(uri: &str) -> bool {
    Uri::parse(uri).is_ok_and(|u| u.is_secure())
}

/// What a Request-URI may not hold is taken off (RFC 3261 section 12.2.1.1).
fn without_headers(uri: &str) -> String {
    let Some((user, rest)) = uri.split_once('@') else {
        return uri.split('?').next().unwrap_or(uri).to_owned();
    };
    format!("{user}@{}", rest.split('?').next().unwrap_or(rest))
}

#[cfg(test)]
mod tests;
