//! OPTIONS (RFC 3261 section 11): what the server can do.

use std::time::Instant;

use super::Server;
use crate::demo::server::Incoming;
use crate::sip::message::Message;

impl Server {
    pub(in crate::demo) fn on_options(&mut self, incoming: &Incoming, now: Instant) {
        let mut response = Message::response_to(&incoming.request, 200);
        response.headers.push("Allow", self.allow());
        response.headers.push("Allow-Events", self.allow_events());
        response.headers.push("Accept", self.accepted_types());
        self.push_supported(&mut response);
        self.reply(incoming.transaction, response, now);
    }
}
