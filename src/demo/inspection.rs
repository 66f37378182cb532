//! What every request must pass before a usage sees it (RFC 3261 sections 8.2 and 16.3).

use super::features::Feature;
use super::server::Server;
use crate::sip::message::{Message, Method, Uri};

impl Server {
    /// Looks at method, hops, Request-URI and demanded extensions; gives the response to refuse
    /// the request with, or nothing when it may go on.
    pub(in crate::demo) fn objection(&self, request: &Message) -> Option<Message> {
        let refuse = |code| Message::response_to(request, code);
        match request.method() {
            None => return Some(refuse(400)),
            Some(Method::Register | Method::Options | Method::Message | Method::Publish | Method::Subscribe) => {}
            Some(method) if passes(method) => {}
            Some(Method::Service) if self.takes_calls() => {}
            Some(Method::Other(_) | Method::Service) => return Some(self.with_allow(refuse(501))),
            Some(_) => return Some(self.with_allow(refuse(405))),
        }
        // Hops only matter for what is passed on; everything else ends here.
        let passed_on = request.method().is_some_and(|method| *method == Method::Message || passes(method));
        if passed_on && request.header("Max-Forwards").is_some_and(|h| h.trim() == "0") {
            return Some(refuse(483));
        }
        match Uri::of_request(request) {
            Err(_) => return Some(refuse(400)),
            Ok(uri) if !uri.is_sip() => return Some(refuse(416)),
            Ok(_) => {}
        }
        // What a session requires is between its two sides; what is demanded of proxies is demanded
        // of us (RFC 3261 section 16.3 item 5).
        let ours = if request.method().is_some_and(passes) { Vec::new() } else { request.headers.list("Require") };
        let mut unknown: Vec<String> = ours.into_iter().filter(|tag| !self.understands(tag, request.method())).collect();
        let benotify = self.config.features.has(Feature::Benotify);
        let demanded = request.headers.list("Proxy-Require");
        unknown.extend(demanded.into_iter().filter(|tag| !benotify || !tag.eq_ignore_ascii_case("ms-benotify")));
        if !unknown.is_empty() {
            let mut response = refuse(420);
            response.headers.push("Unsupported", unknown.join(", "));
            return Some(response);
        }
        None
    }

    fn understands(&self, tag: &str, method: Option<&Method>) -> bool {
        let is = |name: &str| tag.eq_ignore_ascii_case(name);
        match method {
            Some(Method::Register) => is("outbound"),
            Some(Method::Subscribe) => {
                is("eventlist")
                    || (is("recipient-list-subscribe") && self.takes_lists())
                    || (is("adhoclist") && self.takes_lists() && self.config.features.has(Feature::Lcs))
            }
            _ => false,
        }
    }

    fn takes_lists(&self) -> bool {
        self.config.features.has(Feature::Batch)
    }

    /// Media types taken in requests.
    pub(in crate::demo) fn accepted_types(&self) -> &'static str {
        if self.takes_lists() {
            "application/pidf+xml, application/resource-lists+xml, text/plain, application/im-iscomposing+xml"
        } else {
            "application/pidf+xml, text/plain, application/im-iscomposing+xml"
        }
    }

    /// Adds what the server supports, one option tag a line: some clients read no lists.
    pub(in crate::demo) fn push_supported(&self, response: &mut Message) {
        let has = |feature| self.config.features.has(feature);
        let tags = [
            ("adhoclist", has(Feature::Lcs) && has(Feature::Batch)),
            ("com.microsoft.msrtc.presence", has(Feature::Lcs)),
            ("outbound", true),
            ("eventlist", true),
            ("recipient-list-subscribe", has(Feature::Batch)),
        ];
        for (tag, _) in tags.into_iter().filter(|(_, on)| *on) {
            response.headers.push("Supported", tag);
        }
    }

    /// The event packages; without blanks, since some clients compare what stands between commas.
    pub(in crate::demo) fn allow_events(&self) -> &'static str {
        if self.config.features.has(Feature::Lcs) {
            "vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-ACL,\
             presence,presence.wpending,presence.winfo"
        } else {
            "presence, presence.winfo"
        }
    }

    /// The methods.
    pub(in crate::demo) fn allow(&self) -> &'static str {
        if self.takes_calls() {
            "REGISTER, OPTIONS, MESSAGE, PUBLISH, SUBSCRIBE, INVITE, ACK, CANCEL, BYE, INFO, REFER, NOTIFY, UPDATE, SERVICE"
        } else {
            "REGISTER, OPTIONS, MESSAGE, PUBLISH, SUBSCRIBE, INVITE, ACK, CANCEL, BYE, INFO, REFER, NOTIFY, UPDATE"
        }
    }

    fn with_allow(&self, mut response: Message) -> Message {
        response.headers.push("Allow", self.allow());
        response
    }
}

/// Methods of sessions between two devices.
const fn passes(method: &Method) -> bool {
    matches!(method, Method::Invite | Method::Bye | Method::Info | Method::Refer | Method::Notify | Method::Update)
}
