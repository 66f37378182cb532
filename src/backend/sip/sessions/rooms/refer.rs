//! Inviting through the manager: REFER to whoever manages, and the outcome by NOTIFY
//! (RFC 3515, RFC 3892; the body is that of RFC 3420).

use std::time::Duration;

use super::names;
use super::room::{Asked, Manager, Referred, Room};
use super::table::{Desk, Rooms};
use crate::backend::RoomEvent;
use crate::backend::sip::fates;
use crate::backend::sip::sessions::calls::{CallId, Calls, Errand, MULTIPARTY};
use crate::backend::sip::sessions::people::People;
use crate::model::{Address, Fate, RoomId};
use crate::sip::endpoint::ServerTransactionId;
use crate::sip::message::{Message, Method};

impl Rooms {
    /// Somebody asks us to invite somebody.
    pub(in crate::backend::sip::sessions) fn on_refer(
        &mut self,
        id: &RoomId,
        call: CallId,
        (transaction, request): (Option<ServerTransactionId>, &Message),
        people: &People<'_>,
        desk: &mut Desk<'_>,
    ) {
        let Some(room) = self.open.get_mut(id).filter(|room| room.manager == Manager::Us) else {
            return desk.ua.respond_with(transaction, 500, desk.now);
        };
        let Some(who) = names::referred(request)
            .map(|who| people.spelling(who, &desk.ua.settings.aor))
            .filter(|who| *who != desk.ua.settings.aor)
        else {
            desk.ua.fault("refer");
            return desk.ua.respond_with(transaction, 400, desk.now);
        };
        let from = desk.calls.get(call).map(|c| c.peer.clone());
        if !from.is_some_and(|from| self.gate.opens_for(&from, desk.now)) {
            desk.ua.fault("refer-flood");
            return desk.ua.respond_with(transaction, 486, desk.now);
        }
        if !people.may_write(&who) || (room.is_full() && !room.members.contains_key(&who)) {
            return desk.ua.respond_with(transaction, 603, desk.now);
        }
        let mut response = Message::response_to(request, 202);
        response.headers.push("Contact", desk.ua.dialog_contact());
        desk.ua.respond(transaction, response, desk.now);
        let peer = desk.calls.get(call).map(|c| format!("<{}>", c.peer)).unwrap_or_default();
        let word = request.header("Referred-By").filter(|word| word.len() <= LONGEST_WORD).unwrap_or(peer);
        let asked = Asked { who, by: Some((call, word)) };
        if room.members.get(&asked.who).is_some_and(|member| !member.calls.is_empty()) {
            report(&asked, 200, desk);
        } else {
            room.ask(asked);
            room.step(desk);
        }
        self.tidy(id, desk);
    }

    /// The outcome of an invitation we asked for.
    pub(in crate::backend::sip::sessions) fn on_notify(
        &mut self,
        id: &RoomId,
        call: CallId,
        request: &Message,
        desk: &mut Desk<'_>,
    ) {
        let code = outcome(&request.body);
        if code.is_none() {
            desk.ua.fault("refer-outcome");
        }
        let Some(room) = self.open.get_mut(id) else { return };
        let code = code.unwrap_or(200);
        if code < 200 {
            return;
        }
        if let Some(at) = room.referred.iter().position(|referred| referred.call == call) {
            let Referred { who, .. } = room.referred.remove(at);
            if code >= 300 {
                room.not_invited(who, &words(code), desk);
            }
        }
        self.tidy(id, desk);
    }

    /// The manager's answer to a REFER; `None`: none will come.
    pub(in crate::backend::sip::sessions) fn refer_answered(
        &mut self,
        id: &RoomId,
        call: CallId,
        who: &Address,
        code: Option<u16>,
        gone: bool,
        desk: &mut Desk<'_>,
    ) {
        let Some(room) = self.open.get_mut(id) else { return };
        let Some(at) = room.referred.iter().position(|referred| referred.call == call && referred.who == *who) else { return };
        match code {
            Some(200..300) => return,
            // Who does not manage says so with 500, and may have a reason not to: another is found.
            Some(500) | None => {
                room.referred.remove(at);
                room.manager = Manager::Unknown;
                room.want(who.clone(), desk);
            }
            Some(_) if gone => {
                room.referred.remove(at);
                room.wanted.push_back(who.clone());
            }
            Some(code) => {
                room.referred.remove(at);
                room.not_invited(who.clone(), &words(code), desk);
            }
        }
        self.tidy(id, desk);
    }
}

impl Room {
    /// Asks the manager to invite somebody.
    pub(super) fn refer(&mut self, who: Address, manager: &Address, desk: &mut Desk<'_>) {
        let call = self.voice(manager, desk.calls);
        let request = call.and_then(|call| Some((call, desk.calls.request(call, Method::Refer, desk.ua)?)));
        let Some((call, mut request)) = request else {
            self.manager = Manager::Unknown;
            self.wanted.push_back(who);
            return self.elect(desk);
        };
        let from = request.header("From").unwrap_or_default();
        request.headers.push("Refer-to", format!("<{who}>"));
        request.headers.push("Referred-By", without_name(&from));
        request.headers.push("Require", MULTIPARTY);
        self.referred.push(Referred { who: who.clone(), call, until: desk.now + OUTCOME_WAIT });
        Calls::send(call, request, Errand::Refer(who), desk.ua, desk.now);
    }

    /// Somebody could not be invited.
    pub(super) fn not_invited(&mut self, who: Address, why: &str, desk: &mut Desk<'_>) {
        if !self.members.contains_key(&who) {
            self.tell(RoomEvent::Left { room: self.id.clone(), who, why: Some(why.to_owned()) }, desk.ua);
        }
    }

    /// Invitations of which the outcome is no longer awaited.
    pub(super) fn referrals_due(&mut self, desk: &mut Desk<'_>) {
        let (over, open) = std::mem::take(&mut self.referred).into_iter().partition(|r: &Referred| r.until <= desk.now);
        self.referred = open;
        let over: Vec<Referred> = over;
        for referred in over {
            self.not_invited(referred.who, "it was not told whether they could be invited", desk);
        }
    }
}

/// Tells who asked for an invitation what became of it.
pub(super) fn report(asked: &Asked, code: u16, desk: &mut Desk<'_>) {
    let Some((call, _)) = &asked.by else { return };
    let Some(mut notify) = desk.calls.request(*call, Method::Notify, desk.ua) else { return };
    notify.headers.push("Event", "refer");
    notify.headers.push("Subscription-State", "terminated");
    let outcome = format!("SIP/2.0 {code} {}", crate::sip::message::default_reason(code));
    notify.set_body(SIPFRAG, outcome.into_bytes());
    Calls::send(*call, notify, Errand::Report, desk.ua, desk.now);
}

/// The code in a piece of a response; none where it is none.
fn outcome(body: &[u8]) -> Option<u16> {
    let line = body.split(|b| matches!(b, b'\r' | b'\n')).find(|line| !line.is_empty())?;
    let rest = std::str::from_utf8(line.get(..line.len().min(64))?).ok()?.strip_prefix("SIP/2.0 ")?;
    let code = rest.split(' ').next()?.parse().ok()?;
    (100..700).contains(&code).then_some(code)
}

/// Why somebody was not invited, in words.
fn words(code: u16) -> String {
    match fates::of_refusal(&Message::response(code)) {
        Fate::Failed { why } => why,
        _ => format!("the invitation was refused ({code})"),
    }
}

/// An address with its parameters, without the name before it.
fn without_name(from: &str) -> String {
    let Ok(mut named) = crate::sip::message::NameAddr::parse(from) else { return from.to_owned() };
    named.display.clear();
    named.to_string()
}

/// RFC 3420.
const SIPFRAG: &str = "message/sipfrag";
/// Longest wait for the outcome of an invitation by the manager.
const OUTCOME_WAIT: Duration = Duration::from_secs(90);
/// Octets of a Referred-By that is passed on.
const LONGEST_WORD: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes() {
        let table: &[(&[u8], Option<u16>)] = &[
            (b"SIP/2.0 200 OK", Some(200)),
            (b"\r\nSIP/2.0 480 Temporarily Unavailable\r\nWarning: x\r\n", Some(480)),
            (b"SIP/2.0 100", Some(100)),
            (b"SIP/2.0 99 x", None),
            (b"HTTP/1.1 200 OK", None),
            (b"SIP/2.0 \xff", None),
            (b"", None),
        ];
        for (body, code) in table {
            assert_eq!(outcome(body), *code, "{body:?}");
        }
    }
}
