//! Events as JSON objects: names and fields scripts rely on.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use crate::app::transfers::{FileStage, Transfer};
use crate::app::{AccountView, look, words};
use crate::backend::{Event, Found, NoticeLevel, RoomEvent, Traffic};
use crate::model::{
    Access, AccessList, AccountId, Address, Availability, Capabilities, Fate, FileId, KerberosFault, MessageRef, Presence,
    Roster, RosterHome, SignInPhase, Stamp, Subject, TextStyle, Transport, WaitReason,
};

/// One line of JSON: `event`, `at`, `account`, then the event's own fields.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonEvent {
    name: &'static str,
    at: Stamp,
    account: Option<AccountId>,
    fields: Vec<(&'static str, Value)>,
}

impl JsonEvent {
    /// An event without fields of its own yet.
    #[must_use]
    pub fn new(name: &'static str, at: Stamp, account: Option<&AccountId>) -> Self {
        Self { name, at, account: account.cloned(), fields: Vec::new() }
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Adds a field where there is something to add.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The line, without its end. Nothing in it can steer a terminal: what JSON lets stand and a
    /// terminal would obey is escaped too.
    #[must_use]
    pub fn line(&self) -> String {
        let plain = serde_json::to_string(self).unwrap_or_else(|_| String::from("{}"));
        harmless(plain)
    }
}

/// JSON that says the same and cannot steer a terminal it is shown in.
#[must_use]
pub fn harmless(json: String) -> String {
    if json.chars().any(needs_escape) { escape(&json) } else { json }
}

impl Serialize for JsonEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", self.name)?;
        map.serialize_entry("at", &self.at.to_rfc3339())?;
        map.serialize_entry("account", &self.account.as_ref().map(AccountId::as_str))?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Outside of ASCII only texts within quotes can hold these, so replacing them keeps the JSON.
const fn needs_escape(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 64);
    let mut units = [0; 2];
    for c in text.chars() {
        if needs_escape(c) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// `phase`
#[must_use]
pub fn phase(event: JsonEvent, phase: &SignInPhase, server: Option<&str>, transport: Option<Transport>) -> JsonEvent {
    let event = event.with("phase", phase.word()).with("server", server).with("transport", transport.map(Transport::word));
    match phase {
        SignInPhase::Waiting { retry_in, why } => event
            .with("retry_in_ms", u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX))
            .with("why", why_word(why))
            .with("text", words::wait_reason(why)),
        SignInPhase::Offline { why: Some(why) } => event.with("why", why_word(why)).with("text", words::wait_reason(why)),
        SignInPhase::Offline { why: None }
        | SignInPhase::Resolving
        | SignInPhase::Connecting
        | SignInPhase::Securing
        | SignInPhase::Authenticating
        | SignInPhase::Subscribing
        | SignInPhase::Online => event,
    }
}

/// A stable word for what ended a connection.
#[must_use]
pub const fn why_word(why: &WaitReason) -> &'static str {
    match why {
        WaitReason::NameNotFound { .. } => "name_not_found",
        WaitReason::ServerOutside { .. } => "server_outside",
        WaitReason::Refused { .. } => "refused",
        WaitReason::Timeout { .. } => "timeout",
        WaitReason::Network { .. } => "network",
        WaitReason::TlsName { .. } => "tls_name",
        WaitReason::TlsUnknownCa { .. } => "tls_unknown_ca",
        WaitReason::TlsExpired { .. } => "tls_expired",
        WaitReason::TlsKeyChanged { .. } => "tls_key_changed",
        WaitReason::Policy { .. } => "policy",
        WaitReason::TlsOwn { .. } => "tls_own_certificate",
        WaitReason::TlsUnfit { .. } | WaitReason::Tls { .. } => "tls",
        WaitReason::WrongPassword => "wrong_password",
        WaitReason::UnknownUser => "unknown_user",
        WaitReason::Forbidden { .. } => "forbidden",
        WaitReason::Busy { .. } => "busy",
        WaitReason::NoCommonAuth { .. } => "no_common_auth",
        WaitReason::Kerberos(fault) => kerberos_word(fault),
        WaitReason::NoOtherServer => "no_other_server",
        WaitReason::Closed => "closed",
        WaitReason::Moved => "moved",
        WaitReason::SignedOutByServer { .. } => "signed_out_by_server",
        WaitReason::WrongSignature => "wrong_signature",
        WaitReason::Protocol { .. } => "protocol",
        WaitReason::Told { why, .. } => why,
    }
}

const fn kerberos_word(fault: &KerberosFault) -> &'static str {
    match fault {
        KerberosFault::NoLibrary { .. } => "kerberos_no_library",
        KerberosFault::NotBuilt => "kerberos_not_built",
        KerberosFault::NoTicket => "kerberos_no_ticket",
        KerberosFault::Expired => "kerberos_expired",
        KerberosFault::UnknownService { .. } => "kerberos_unknown_service",
        KerberosFault::Unreachable => "kerberos_unreachable",
        KerberosFault::ClockSkew => "kerberos_clock_skew",
        KerberosFault::Refused { .. } => "kerberos_refused",
        KerberosFault::Other { .. } => "kerberos_failed",
    }
}

/// `capabilities`
#[must_use]
pub fn capabilities(event: JsonEvent, able: &Capabilities) -> JsonEvent {
    event
        .with("dialect", able.dialect.word())
        .with("batch", able.batch)
        .with("benotify", able.benotify)
        .with("piggyback", able.piggyback)
        .with("autoextend", able.autoextend)
        .with("keepalive_s", able.keepalive.map(|interval| interval.as_secs()))
        .with("ping", able.ping)
        .with("pings_answered", able.pongs)
        .with("outbound", able.outbound)
        .with("gruu", able.gruu)
        .with("seen_at", able.seen_at.map(|at| at.to_string()))
        .with("auth", able.auth)
        .with("publish", able.publish)
        .with("watchers", able.watchers)
        .with("access_on_server", able.access_on_server)
        .with("roster_on_server", able.roster_home == RosterHome::Server)
        .with("sessions", able.sessions)
        .with("directory", able.directory)
        .with("signed", able.signed)
}

/// `roster`
#[must_use]
pub fn roster(event: JsonEvent, roster: &Roster) -> JsonEvent {
    let contacts: Vec<Value> = roster
        .contacts()
        .map(|contact| {
            json!({
                "uri": contact.address.as_str(),
                "name": contact.name,
                "groups": contact.groups,
                "subscribed": contact.subscribed,
            })
        })
        .collect();
    event.with("contacts", contacts).with("groups", roster.groups().to_vec())
}

/// `access`
#[must_use]
pub fn access(event: JsonEvent, list: &AccessList) -> JsonEvent {
    let named =
        |wanted| -> Vec<String> { list.iter().filter(|(_, access)| *access == wanted).map(|(who, _)| who.to_string()).collect() };
    let rules: Vec<Value> = list
        .rules()
        .map(|(subject, rights)| {
            let domain = match &subject {
                Subject::Domain(domain) => Some(domain.as_str()),
                Subject::Everybody | Subject::Person(_) => None,
            };
            json!({ "domain": domain, "sees": rights.sees.word(), "may_write": rights.may_write })
        })
        .collect();
    let event = event.with("allow", named(Access::Allow)).with("block", named(Access::Block));
    if rules.is_empty() { event } else { event.with("rules", rules) }
}

/// How a message looks: the fields that are on; `None` where it is plain.
#[must_use]
pub fn style(style: &TextStyle) -> Option<Value> {
    let flags = [
        ("bold", style.bold),
        ("italic", style.italic),
        ("underline", style.underline),
        ("strike", style.strike),
        ("right_to_left", style.right_to_left),
    ];
    let mut fields: Map<String, Value> =
        flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name.to_owned(), Value::Bool(true))).collect();
    if let Some(colour) = style.colour {
        fields.insert("color".to_owned(), Value::String(look::hex(colour)));
    }
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// `presence`
#[must_use]
pub fn presence(event: JsonEvent, who: &Address, now: &Presence) -> JsonEvent {
    event
        .with("who", who.as_str())
        .with("availability", now.availability.word())
        .with("note", now.note.clone())
        .with("devices", now.devices.len())
        .with("since", now.since.map(Stamp::to_rfc3339))
        .with("stale", now.stale)
}

/// Everybody on the list of whom something was known when the connection was lost: how they are marked now.
pub fn gone_stale(view: &AccountView) -> impl Iterator<Item = (&Address, Presence)> {
    let known = view.roster.contacts().filter(|contact| contact.presence.availability != Availability::Unknown);
    known.map(|contact| (&contact.address, Presence { stale: true, ..contact.presence.clone() }))
}

/// `presence` of ourselves, as the server shows it to others.
#[must_use]
pub fn own_presence(event: JsonEvent, who: &Address, shown: Availability, note: &str) -> JsonEvent {
    let note = (!note.is_empty()).then(|| note.to_owned());
    let now = Presence { availability: shown, note, ..Presence::default() };
    presence(event, who, &now).with("self", true)
}

/// `delivery`; `id` is the script's own where it gave one.
#[must_use]
pub fn delivery(event: JsonEvent, tag: MessageRef, id: Option<Value>, fate: &Fate) -> JsonEvent {
    let why = match fate {
        Fate::Failed { why } | Fate::Unconfirmed { why } => Some(why.clone()),
        Fate::Queued | Fate::Sent | Fate::Delivered | Fate::Stored => None,
    };
    let stored = matches!(fate, Fate::Stored).then_some(Value::Bool(true));
    event
        .with("id", id.unwrap_or_else(|| Value::String(tag.to_string())))
        .with("fate", fate.word())
        .with("why", why)
        .with_some("stored", stored)
}

/// `notice`
#[must_use]
pub fn notice(event: JsonEvent, level: NoticeLevel, code: &str, text: &str) -> JsonEvent {
    event.with("level", level.word()).with("code", code).with("text", text)
}

/// `traffic`
#[must_use]
pub fn traffic(event: JsonEvent, counters: &Traffic) -> JsonEvent {
    event
        .with("sip_out", counters.sip_out)
        .with("sip_in", counters.sip_in)
        .with("bytes_out", counters.bytes_out)
        .with("bytes_in", counters.bytes_in)
        .with("by_method", json!(counters.by_method))
        .with("faults", json!(counters.faults))
}

/// `search`
#[must_use]
pub fn search(event: JsonEvent, words: &str, found: &Result<Found, String>) -> JsonEvent {
    let event = event.with("words", words);
    let found = match found {
        Ok(found) => found,
        Err(why) => return event.with("error", why.as_str()),
    };
    let people: Vec<Value> = found
        .people
        .iter()
        .map(|one| {
            json!({
                "uri": one.address.as_str(),
                "name": one.name,
                "mail": one.mail,
                "company": one.company,
                "country": one.country,
            })
        })
        .collect();
    event.with("people", people).with("more", found.more)
}

/// `room`, and `message` for what is said in one.
#[must_use]
pub fn room(event: JsonEvent, us: &Address, told: &RoomEvent) -> JsonEvent {
    match told {
        RoomEvent::Opened { room, people, by } => {
            let people: Vec<&str> = people.iter().map(Address::as_str).collect();
            let by = by.as_ref().map(Address::as_str);
            event.with("room", room.as_str()).with("state", "opened").with("people", people).with("by", by)
        }
        RoomEvent::Joined { room, who } => event.with("room", room.as_str()).with("state", "joined").with("who", who.as_str()),
        RoomEvent::Left { room, who, why } => {
            event.with("room", room.as_str()).with("state", "left").with("who", who.as_str()).with("why", why.clone())
        }
        RoomEvent::Closed { room, why } => event.with("room", room.as_str()).with("state", "closed").with("why", why.clone()),
        RoomEvent::Text { room, id, from, body } => event
            .with("from", from.as_str())
            .with("to", us.as_str())
            .with("room", room.as_str())
            .with("text", body.text.as_str())
            .with("content_type", body.content_type.as_str())
            .with("id", id.as_str())
            .with("delayed", false)
            .with_some("style", style(&body.style)),
    }
}

/// `file`: how far a file is.
#[must_use]
pub fn file(event: JsonEvent, us: &Address, id: FileId, transfer: &Transfer) -> JsonEvent {
    let (from, to) = if id.is_sent() { (us, &transfer.peer) } else { (&transfer.peer, us) };
    let verdict = match (transfer.blocked, transfer.doubts.is_empty()) {
        (true, _) => "block",
        (false, false) => "ask",
        (false, true) => "allow",
    };
    let event = event
        .with("from", from.as_str())
        .with("to", to.as_str())
        .with("file", id.to_string())
        .with("name", transfer.name.as_str())
        .with("size", transfer.octets)
        .with("state", transfer.stage.word())
        .with("verdict", verdict)
        .with("reasons", transfer.doubts.clone())
        .with("encrypted", transfer.secret)
        .with("done_bytes", transfer.done());
    match &transfer.stage {
        FileStage::Moving(progress) => event.with("rate", progress.rate).with("left_s", progress.left.map(|left| left.as_secs())),
        FileStage::Done { place, confirmed } => event.with("path", place.clone()).with("confirmed", *confirmed),
        FileStage::Ended { why } => event.with("why", why.as_str()),
        _ => event,
    }
}

/// What an account reports, as its line; `None` for what has no line of its own.
/// `us` is the account's address.
#[must_use]
pub fn of_report(base: JsonEvent, report: &Event, us: &Address, whole: &Roster, note: &str) -> Option<JsonEvent> {
    Some(match report {
        Event::Phase { phase: step, server, transport } => phase(base, step, server.as_deref(), *transport),
        Event::Capabilities(able) => capabilities(base, able),
        Event::RosterReset { .. } | Event::RosterChanged { .. } => roster(base, whole),
        Event::Presence { who, now } => presence(base, who, now),
        Event::OwnPresence(shown) => own_presence(base, us, *shown, note),
        Event::Text { id, from, body, sent, delayed } => base
            .with("from", from.as_str())
            .with("to", us.as_str())
            .with("text", body.text.as_str())
            .with("content_type", body.content_type.as_str())
            .with("id", id.as_str())
            .with("delayed", *delayed)
            .with("written", sent.map(Stamp::to_rfc3339))
            .with_some("style", style(&body.style)),
        Event::Typing { from, active } => base.with("from", from.as_str()).with("active", *active),
        Event::Delivery { tag, fate } => delivery(base, *tag, None, fate),
        Event::Watcher { who, name, state } => {
            base.with("who", who.as_str()).with("name", name.clone()).with("state", state.word())
        }
        Event::Notice { level, code, text, .. } => notice(base, *level, code, text),
        Event::Traffic(counters) => traffic(base, counters),
        Event::AccessReset(list) => access(base, list),
        Event::Search { words, found } => search(base, words, found),
        Event::OwnName(name) => base.with("name", name.as_str()),
        Event::Room(event) => room(base, us, event),
        Event::ListsConfirmed => base,
        // Files are told by what the core makes of them: `file`.
        Event::File(_) | Event::AllStale | Event::Home(_) | Event::Arranged(_) | Event::Leaving(_) | Event::Refusals(_) => {
            return None;
        }
    })
}

/// The name of a report's line.
#[must_use]
pub const fn name_of(report: &Event) -> &'static str {
    match report {
        Event::Phase { .. } | Event::Home(_) | Event::Arranged(_) | Event::Refusals(_) => "phase",
        Event::Capabilities(_) => "capabilities",
        Event::RosterReset { .. } | Event::RosterChanged { .. } => "roster",
        Event::AccessReset(_) => "access",
        Event::ListsConfirmed => "lists_confirmed",
        Event::Presence { .. } | Event::AllStale | Event::OwnPresence(_) => "presence",
        Event::Text { .. } | Event::Room(RoomEvent::Text { .. }) => "message",
        Event::Typing { .. } => "typing",
        Event::Delivery { .. } | Event::Leaving(_) => "delivery",
        Event::Watcher { .. } => "watcher",
        Event::Notice { .. } => "notice",
        Event::Traffic(_) => "traffic",
        Event::Search { .. } => "search",
        Event::OwnName(_) => "own_name",
        Event::Room(_) => "room",
        Event::File(_) => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Listing, Rights, RoomId, Sees};

    fn base(report: &Event) -> JsonEvent {
        let at = Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap();
        JsonEvent::new(name_of(report), at, Some(&AccountId::new("work")))
    }

    fn line(report: &Event) -> String {
        let us = Address::parse("alice@example.test").unwrap();
        of_report(base(report), report, &us, &Roster::default(), "").unwrap().line()
    }

    fn bob() -> Address {
        Address::parse("bob@example.test").unwrap()
    }

    #[test]
    fn lines_are_the_contract() {
        let refused = WaitReason::Refused { at: "127.0.0.1:9".into() };
        let reports = [
            Event::Phase { phase: SignInPhase::Online, server: Some("h:5061".into()), transport: Some(Transport::Tls) },
            Event::Phase {
                phase: SignInPhase::Waiting { retry_in: std::time::Duration::from_millis(1500), why: refused },
                server: None,
                transport: None,
            },
            Event::Presence { who: bob(), now: Presence { availability: Availability::OnThePhone, ..Presence::default() } },
            Event::Text { id: "0123456789abcdef".into(), from: bob(), body: Body::plain("hi"), sent: None, delayed: false },
            Event::Typing { from: bob(), active: true },
            Event::Delivery { tag: MessageRef(3), fate: Fate::Stored },
            Event::Delivery { tag: MessageRef(4), fate: Fate::Unconfirmed { why: "no answer".into() } },
            Event::Watcher { who: bob(), name: None, state: crate::model::WatcherState::Pending },
            Event::Notice { level: NoticeLevel::Error, code: "bad_line", text: "…".into(), by: None },
            Event::Traffic(Traffic { faults: [("bad_body", 2)].into(), ..Traffic::default() }),
            Event::OwnPresence(Availability::Busy),
        ];
        insta::assert_snapshot!(reports.iter().map(line).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn lines_of_rooms_looks_and_the_directory() {
        let room = RoomId::new("r1");
        let style = TextStyle { bold: true, colour: Some([255, 0, 10]), ..TextStyle::default() };
        let body = Body { style, ..Body::plain("hi") };
        let said = |body| RoomEvent::Text { room: room.clone(), id: "0123456789abcdef".into(), from: bob(), body };
        let why = Some("no answer".to_owned());
        let (name, mail, company, country) = ("Bob".into(), "b@x.test".into(), "X".into(), "SE".into());
        let found = Found { people: vec![Listing { address: bob(), name, mail, company, country }], more: true };
        let mut access = AccessList::default();
        access.set(bob(), Some(Access::Block));
        access.put(Subject::Domain("partner.test".into()), Rights::ALL);
        access.put(Subject::Everybody, Rights { sees: Sees::Prompt, may_write: false });
        let reports = [
            Event::Room(RoomEvent::Opened { room: room.clone(), people: vec![bob()], by: None }),
            Event::Room(RoomEvent::Opened { room: room.clone(), people: vec![bob()], by: Some(bob()) }),
            Event::Room(RoomEvent::Joined { room: room.clone(), who: bob() }),
            Event::Room(said(body.clone())),
            Event::Room(said(Body::plain("plain"))),
            Event::Room(RoomEvent::Left { room: room.clone(), who: bob(), why }),
            Event::Room(RoomEvent::Closed { room: room.clone(), why: None }),
            Event::Text { id: "0123456789abcdef".into(), from: bob(), body, sent: None, delayed: false },
            Event::Search { words: "bob".into(), found: Ok(found) },
            Event::Search { words: "bob".into(), found: Err("the directory does not answer".into()) },
            Event::OwnName("Alice Adams".into()),
            Event::AccessReset(access),
        ];
        insta::assert_snapshot!(reports.iter().map(line).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn nothing_in_a_line_steers_a_terminal() {
        let nasty = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}txet\u{200f}\u{e0041}\n\0";
        let text = line(&Event::Text {
            id: "0123456789abcdef".into(),
            from: bob(),
            body: Body::plain(nasty),
            sent: None,
            delayed: false,
        });
        assert!(text.chars().all(|c| (' '..='~').contains(&c)), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["text"], nasty);
    }
}
