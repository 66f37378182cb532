//! REGISTER (RFC 3261 section 10.3, RFC 5626 section 6; LCS: [MS-SIP] sections 3.1.5, 3.2, and what
//! later documents of that family say of `epid`, `Event: registration` and `ms-keep-alive`).

use std::time::{Duration, Instant};

use super::Server;
use crate::demo::features::Feature;
use crate::demo::first_hop::epid_of;
use crate::demo::oddities::Refusal;
use crate::demo::registrar::{RegisterChange, RegisterFault, RegisterWish, RtcDevice, contacts_of};
use crate::demo::server::{Incoming, ServerLog};
use crate::demo::store::sip_date;
use crate::model::Address;
use crate::sip::endpoint::Flow;
use crate::sip::message::Message;

/// How long a link may be silent that is to be kept alive so often, in seconds: there is to be time for
/// what is slow on its way (RFC 5626 section 5.4).
fn patience(interval: u32) -> Duration {
    Duration::from_secs(interval.into()) * 3 / 2
}

/// Option tag of a client that says what its user does.
const SETS_PRESENCE: &str = "com.microsoft.msrtc.presence";

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
        if self.is_turned_away(incoming, who, now) {
            return;
        }
        if let Some(home) = self.config.homes.get(who).cloned() {
            return self.send_home(incoming, &home, now);
        }
        let rtc = match self.rtc_device(request) {
            Ok(rtc) => rtc,
            Err(code) => return self.reply_code(incoming, code, now),
        };
        let mut limits = self.config.limits.clone();
        limits.max_expires = self.config.oddities.registration.unwrap_or(limits.max_expires);
        limits.min_expires = limits.min_expires.min(limits.max_expires);
        self.expire_bindings(now);
        let result = RegisterWish::read(request, rtc.as_ref(), &limits)
            .and_then(|wish| self.registrar.apply(who, incoming.flow, &wish, &limits, now));
        let changes = match result {
            Ok(changes) => changes,
            Err(fault) => return self.refuse_register(incoming, fault, now),
        };
        let response = self.registered(incoming, who, rtc.as_ref(), now);
        self.reply(incoming.transaction, response, now);
        self.carry_out(who, rtc.as_ref(), incoming.flow, changes, now);
    }

    /// The 200.
    fn registered(&mut self, incoming: &Incoming, who: &Address, rtc: Option<&RtcDevice>, now: Instant) -> Message {
        let mut response = Message::response_to(&incoming.request, 200);
        let bindings = self.registrar.bindings(who);
        let own = bindings.iter().find(|b| b.flow == incoming.flow && b.epid.as_ref() == rtc.map(|rtc| &rtc.epid));
        let left = own.map(|b| b.expires_at.saturating_duration_since(now).as_secs());
        for contact in contacts_of(bindings, now) {
            response.headers.push("Contact", contact);
        }
        let is_outbound = own.is_some_and(|b| b.outbound);
        if is_outbound {
            response.headers.push("Require", "outbound");
            let timer = self.config.limits.flow_timer;
            response.headers.push("Flow-Timer", timer.to_string());
            // Over datagrams it would be kept alive by STUN, which not every client does.
            if self.endpoint.flow_info(incoming.flow).is_some_and(|info| info.reliable) {
                self.silence.watch(incoming.flow, patience(timer), now);
            }
        }
        if rtc.is_some() {
            response.headers.push("Expires", left.unwrap_or(0).to_string());
            self.name_in_from(&mut response, who);
        }
        response.headers.push("Allow-Events", self.allow_events());
        self.push_supported(&mut response);
        if left.is_some() && self.keeps_alive(&incoming.request) {
            let timeout = self.config.limits.keepalive;
            if !is_outbound {
                self.silence.watch(incoming.flow, patience(timeout), now);
            }
            let agreed = format!("UAS; tcp=no; hop-hop=yes; end-end=no; timeout={timeout}");
            response.headers.push("ms-keep-alive", agreed);
        }
        response.headers.push("Date", sip_date(self.stamp(now)));
        response
    }

    /// What becomes of the world when devices came and went.
    fn carry_out(&mut self, who: &Address, rtc: Option<&RtcDevice>, flow: Flow, changes: Vec<RegisterChange>, now: Instant) {
        let mut left = false;
        for change in changes {
            match change {
                RegisterChange::Added(binding) => self.log(ServerLog::SignedIn { who: who.clone(), flow: binding.flow }),
                RegisterChange::Removed(binding) => {
                    left |= binding.flow == flow && binding.epid.as_ref() == rtc.map(|rtc| &rtc.epid);
                    self.device_left(who, &binding);
                    self.log(ServerLog::SignedOut { who: who.clone(), flow: binding.flow });
                }
                RegisterChange::Evicted(binding) => self.send_off(who, &binding, super::Deregistration::Unregistered, now),
            }
        }
        if let Some(rtc) = rtc.filter(|_| !left) {
            self.device_came(who, rtc, flow, now);
        }
        self.bindings_changed(who, now);
    }

    /// A user's devices came or went.
    pub(in crate::demo) fn bindings_changed(&mut self, who: &Address, now: Instant) {
        self.deliver_waiting(who, now);
        self.audience_changed(who, now);
    }

    /// Takes away registrations that are out of time.
    pub(in crate::demo) fn expire_bindings(&mut self, now: Instant) {
        for (who, binding) in self.registrar.expire(now) {
            self.device_left(&who, &binding);
            self.audience_changed(&who, now);
        }
    }

    /// What an LCS client says of its device; the code to refuse it with when that is wrong.
    fn rtc_device(&self, request: &Message) -> Result<Option<RtcDevice>, u16> {
        if !self.config.features.has(Feature::Lcs) {
            return Ok(None);
        }
        let events: Vec<_> = request.headers.get_all("Event").map(std::borrow::Cow::into_owned).collect();
        if events.len() > 1 || events.iter().any(|event| !event.trim().eq_ignore_ascii_case("registration")) {
            return Err(489);
        }
        let sets_presence = request.headers.lists_token("Supported", SETS_PRESENCE);
        let epid = request.from().ok().and_then(|from| epid_of(&from));
        match epid {
            Some(epid) => Ok(Some(RtcDevice { epid, sets_presence })),
            None if sets_presence || !events.is_empty() || request.headers.has("ms-keep-alive") => Err(400),
            None => Ok(None),
        }
    }

    /// Whether the client promised to keep its connection alive, and is to.
    fn keeps_alive(&self, request: &Message) -> bool {
        let offered = request.header("ms-keep-alive").unwrap_or_default().to_ascii_lowercase();
        self.config.features.has(Feature::Lcs)
            && !self.config.oddities.no_keepalive
            && offered.split(';').any(|part| part.trim() == "hop-hop=yes")
    }

    /// The name the server has for a user goes into From of the answer.
    fn name_in_from(&self, response: &mut Message, who: &Address) {
        let display = self.accounts.of(who).map(|account| account.display.as_str()).unwrap_or_default();
        if let Ok(mut from) = response.from()
            && !display.is_empty()
        {
            display.clone_into(&mut from.display);
            response.headers.set("From", from.to_string());
        }
    }

    /// The user is at home elsewhere.
    fn send_home(&mut self, incoming: &Incoming, home: &str, now: Instant) {
        let transport = self.endpoint.flow_info(incoming.flow).map_or("tcp", |info| info.transport).to_ascii_lowercase();
        let mut response = Message::response_to(&incoming.request, 301);
        response.headers.push("Contact", format!("<sip:{home};transport={transport}>"));
        self.reply(incoming.transaction, response, now);
    }

    /// Carries out what a test wants to go wrong; `true` if the REGISTER is done with.
    fn is_turned_away(&mut self, incoming: &Incoming, who: &Address, now: Instant) -> bool {
        let known = self.registrar.bindings(who).iter().any(|b| b.flow == incoming.flow);
        let once = if known { self.config.oddities.refresh.take() } else { None };
        match once.or_else(|| self.config.oddities.register.clone()) {
            None => false,
            Some(Refusal::Silent) => true,
            Some(Refusal::Challenge) => {
                self.challenge(incoming, false, now);
                true
            }
            Some(Refusal::Code(code, fields)) => {
                let mut response = Message::response_to(&incoming.request, code);
                for (name, value) in fields {
                    response.headers.push(name, value);
                }
                self.reply(incoming.transaction, response, now);
                true
            }
        }
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
