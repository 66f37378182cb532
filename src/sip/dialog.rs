//! Dialogs (RFC 3261 section 12): what two user agents remember of each other.

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
    /// In order: its CSeq is higher than any before.
    Fresh,
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
}

impl Dialog {
    /// The dialog a request of ours and a response (2xx, or 1xx with To tag) made; `None` when
    /// the response lacks what is needed.
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
        })
    }

    /// The dialog a request from the other side makes, once we answer it with `local_tag`. Also
    /// for a NOTIFY that comes before the answer to our SUBSCRIBE (RFC 6665 section 4.4.1), with
    /// the tag that stands in its To.
    #[must_use]
    pub fn from_request(request: &Message, local_tag: &str) -> Option<Self> {
        let mut local = request.to().ok()?;
        let remote = request.from().ok()?;
        local.params.set("tag", Some(local_tag));
        let target = request.name_addrs("Contact").into_iter().next().map(|c| c.uri).unwrap_or_else(|| remote.uri.clone());
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

    /// The next request in the dialog: Request-URI, Route, From, To, Call-ID and CSeq filled in
    /// (RFC 3261 section 12.2.1.1), loose and strict routing both.
    pub fn request(&mut self, method: Method) -> Message {
        self.local_cseq = self.local_cseq.saturating_add(1);
        let mut message = Message::request(method.clone(), self.target.as_str());
        for hop in &self.route {
            message.headers.push("Route", hop.to_string());
        }
        message.headers.push("From", self.local.to_string());
        message.headers.push("To", self.remote.to_string());
        message.headers.push("Call-ID", &self.id.call_id);
        message.headers.push("CSeq", format!("{} {method}", self.local_cseq));
        message
    }

    /// Takes note of a response to a request of ours in this dialog: the number used last (a
    /// challenge may have raised it) and, for 2xx of target-refresh requests, the new target.
    pub fn on_response(&mut self, response: &Message) {
        if let Some(cseq) = response.cseq() {
            self.local_cseq = self.local_cseq.max(cseq.number);
        }
        self.refresh_target(response);
    }

    /// Takes note of a request in this dialog.
    pub fn on_request(&mut self, request: &Message) -> InDialog {
        let number = request.cseq().map_or(0, |c| c.number);
        if self.remote_cseq.is_some_and(|seen| number < seen) {
            return InDialog::OutOfOrder;
        }
        self.remote_cseq = Some(number);
        self.refresh_target(request);
        InDialog::Fresh
    }

    fn refresh_target(&mut self, message: &Message) {
        if let Some(contact) = message.name_addrs("Contact").into_iter().next() {
            self.target = contact.uri;
        }
    }
}
