//! REGISTER (RFC 3261 section 10.3, RFC 5626 section 6).

use std::time::Instant;

use super::Server;
use crate::demo::registrar::{RegisterChange, RegisterFault, RegisterWish, contacts_of};
use crate::demo::server::{Incoming, ServerLog};
use crate::demo::store::sip_date;
use crate::model::Address;
use crate::sip::message::Message;

impl Server {
    pub(in crate::demo) fn on_register(&mut self, incoming: &Incoming, who: &Address, now: Instant) {
        let request = &incoming.request;
        // The address to register stands in To; nobody registers for another (RFC 3261 section 10.3).
        let aor = request.to().ok().and_then(|to| Address::parse(to.uri.as_str()).ok());
        match aor {
            None => return self.reply_code(incoming, 400, now),
            Some(aor) if !self.accounts.has(&aor) => return self.reply_code(incoming, 404, now),
            Some(aor) if aor != *who => return self.reply_code(incoming, 403, now),
            Some(_) => {}
        }
        let limits = self.config.limits.clone();
        let result =
            RegisterWish::read(request, &limits).and_then(|wish| self.registrar.apply(who, incoming.flow, &wish, &limits, now));
        let changes = match result {
            Ok(changes) => changes,
            Err(fault) => return self.refuse_register(incoming, fault, now),
        };
        let bindings = self.registrar.bindings(who);
        let mut response = Message::response_to(request, 200);
        for contact in contacts_of(bindings, now) {
            response.headers.push("Contact", contact);
        }
        if bindings.iter().any(|b| b.flow == incoming.flow && b.outbound) {
            response.headers.push("Require", "outbound");
            response.headers.push("Flow-Timer", limits.flow_timer.to_string());
        }
        response.headers.push("Supported", self.supported());
        response.headers.push("Allow-Events", Self::ALLOW_EVENTS);
        response.headers.push("Date", sip_date(self.stamp(now)));
        self.reply(incoming.transaction, response, now);
        for change in changes {
            self.log(match change {
                RegisterChange::Added(flow) => ServerLog::SignedIn { who: who.clone(), flow },
                RegisterChange::Removed(flow) => ServerLog::SignedOut { who: who.clone(), flow },
            });
        }
        self.bindings_changed(who, now);
    }

    /// A user's devices came or went.
    pub(in crate::demo) fn bindings_changed(&mut self, who: &Address, now: Instant) {
        self.deliver_waiting(who, now);
        self.audience_changed(who, now);
    }

    fn refuse_register(&mut self, incoming: &Incoming, fault: RegisterFault, now: Instant) {
        let mut response = Message::response_to(
            &incoming.request,
            match fault {
                RegisterFault::Malformed => 400,
                RegisterFault::TooBrief => 423,
                RegisterFault::OutOfOrder => 500,
                RegisterFault::TooMany => 503,
            },
        );
        match fault {
            RegisterFault::TooBrief => response.headers.push("Min-Expires", self.config.limits.min_expires.to_string()),
            RegisterFault::TooMany => response.headers.push("Retry-After", "60"),
            RegisterFault::Malformed | RegisterFault::OutOfOrder => {}
        }
        self.reply(incoming.transaction, response, now);
    }
}
