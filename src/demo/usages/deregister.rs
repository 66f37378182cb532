//! The server signs a device out ([MS-SIPREGE]'s `registration-notify`; LCS sends the body and no
//! more). The notification belongs to the dialog of the REGISTER: its Call-ID, its From tag in To.

use std::fmt;
use std::time::Instant;

use super::Server;
use crate::demo::features::Feature;
use crate::demo::registrar::Binding;
use crate::demo::server::{Purpose, ServerLog};
use crate::formats::winfo::Cause;
use crate::model::Address;
use crate::sip::message::{Message, Method};

/// Media type of the notification.
const MEDIA_TYPE: &str = "text/registration-event";

/// Why a device is signed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deregistration {
    /// Too many devices, or signed in elsewhere: do not come back by yourself.
    Unregistered,
    /// The account is disabled: do not come back.
    Rejected,
    /// The user has moved to another server: look for it.
    Deactivated,
}

impl Deregistration {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unregistered, Self::Rejected, Self::Deactivated];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::Rejected => "rejected",
            Self::Deactivated => "deactivated",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

impl fmt::Display for Deregistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Server {
    /// Signs a user out: the device of LCS with this endpoint identifier, or all devices. Says how
    /// many there were. Their subscriptions end without a word of their own.
    pub fn deregister(&mut self, who: &Address, epid: Option<&str>, why: Deregistration, now: Instant) -> usize {
        let gone = self.registrar.take(who, epid);
        for binding in &gone {
            self.send_off(who, binding, why, now);
        }
        if !gone.is_empty() {
            self.audience_changed(who, now);
        }
        self.pump(now);
        gone.len()
    }

    /// Tells a device that it is signed out, and ends everything it had.
    pub(in crate::demo) fn send_off(&mut self, who: &Address, binding: &Binding, why: Deregistration, now: Instant) {
        for id in self.subscriptions.on_flow(binding.flow) {
            if self.subscriptions.of(id).is_some_and(|s| s.watcher == *who) {
                self.forget_subscription(id, Cause::Deactivated);
            }
        }
        self.device_left(who, binding);
        self.log(ServerLog::SignedOut { who: who.clone(), flow: binding.flow });
        let Some(epid) = &binding.epid else { return };
        let best_effort = self.config.features.has(Feature::Benotify);
        let method = if best_effort { Method::Benotify } else { Method::Notify };
        let mut request = Message::request(method.clone(), binding.contact.uri.as_str());
        request.headers.push("From", format!("<{who}>;tag={}", self.endpoint.tokens().tag()));
        request.headers.push("To", format!("<{who}>;tag={};epid={epid}", binding.from_tag));
        request.headers.push("Call-ID", &binding.call_id);
        request.headers.push("CSeq", format!("1 {method}"));
        request.headers.push("Event", "registration-notify");
        request.headers.push("subscription-state", "terminated;expires=0");
        request.set_body(MEDIA_TYPE, format!("deregistered;event={why}").into_bytes());
        if best_effort {
            return self.endpoint.send_stateless(binding.flow, request);
        }
        let request = self.endpoint.send_request(binding.flow, request, now);
        self.purposes.insert(request, Purpose::LastNotify);
    }
}
