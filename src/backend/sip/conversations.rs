//! Messages in pager mode, both ways (RFC 3428), and composing indications with their timers.
//!
//! A message is sent once. Its fate is what the answer says ([`super::fates`]); where no answer
//! comes it is unconfirmed and is never sent again from here. An incoming message is answered at
//! once and shown once, also when the sender's server delivers it twice.
//!
//! Messages of people who are blocked get the answer of somebody who is not there (480), as all else they ask.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use super::fates;
use super::incoming::{ACCEPT, sender};
use super::sessions::{self, People};
use super::text;
use super::ua::{Leg, Purpose, Ua};
use crate::backend::{Event, Refused};
use crate::formats::cpim;
use crate::formats::invitation;
use crate::formats::media_type::MediaType;
use crate::model::{Address, Body, Fate, MessageRef, Stamp};
use crate::sip::auth::Algorithm;
use crate::sip::endpoint::{Failure, ServerTransactionId};
use crate::sip::message::{Message, Method};

/// Pager mode of one account.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    seen: Seen,
    /// When the registrar accepted us on this link: what it kept for us comes right after.
    since: Option<Instant>,
}

/// What an incoming MESSAGE carried, once it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing to show: refused, or seen before.
    Nothing,
    /// Text for the user.
    Text {
        /// Its name among all messages.
        id: String,
        /// From whom.
        from: Address,
        /// What, when it was written, and whether it waited on the server.
        body: Body,
        sent: Option<Stamp>,
        delayed: bool,
    },
    /// A composing indication.
    Composing {
        /// From whom.
        from: Address,
    },
}

impl Conversations {
    /// The registrar accepted us on a new link.
    pub(super) fn signed_in(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// Sends one message; its fate comes with [`Conversations::on_response`].
    pub(super) fn send_text(to: &Address, body: &Body, tag: MessageRef, ua: &mut Ua, now: Instant) -> Result<(), Refused> {
        let leg = Leg::new(to.as_str(), &mut ua.tokens);
        let mut request = ua.request(&Method::Message, to.as_str(), &Leg { cseq: 1, ..leg });
        // Only where sessions are the rule do programs know looks.
        let content_type = match body.content_type.as_str() {
            "text/plain" if ua.traits.sessions => sessions::content_type(body),
            "text/plain" => "text/plain;charset=UTF-8".to_owned(),
            other => other.to_owned(),
        };
        request.set_body(&content_type, body.text.clone().into_bytes());
        let size = request.to_bytes().len() + ADDED_BY_ENDPOINT;
        if body.text.len() > LONGEST_TEXT || (!ua.reliable() && size > LONGEST_DATAGRAM) {
            let why = if ua.reliable() {
                "the message is too long; send it in parts of at most 64 kB".to_owned()
            } else {
                format!(
                    "the message is too long for a connection over UDP ({size} of {LONGEST_DATAGRAM} octets); send it in parts"
                )
            };
            ua.emit(Event::Delivery { tag, fate: Fate::Failed { why } });
            return Ok(());
        }
        if !ua.send(request, Purpose::Text { to: to.clone(), tag }, now) {
            return Err(Refused::Offline);
        }
        ua.emit(Event::Delivery { tag, fate: Fate::Sent });
        Ok(())
    }

    /// The message with this id was not taken, and its sender learns it: sent again, it is another one.
    pub(super) fn not_taken(&mut self, id: &str) {
        self.seen.forget(id);
    }

    /// Takes the final answer to a message of ours.
    pub(super) fn on_response(tag: MessageRef, response: &Message, ua: &mut Ua) {
        let fate = fates::of_code(response.status().unwrap_or(0), response.reason());
        ua.emit(Event::Delivery { tag, fate });
    }

    /// Takes note that a message of ours stays without answer.
    pub(super) fn on_failure(tag: MessageRef, why: Failure, ua: &mut Ua) {
        ua.emit(Event::Delivery { tag, fate: fates::of_failure(why) });
    }

    /// Takes a MESSAGE: answers it and says what it carried.
    pub(super) fn on_message(
        &mut self,
        transaction: Option<ServerTransactionId>,
        request: &Message,
        people: &People<'_>,
        ua: &mut Ua,
        now: Instant,
    ) -> Came {
        let Some(from) = sender(request) else {
            ua.respond_with(transaction, 400, now);
            return Came::Nothing;
        };
        if !people.access.may_write(&from) {
            // As if nobody was there: that somebody is blocked is not told them.
            ua.respond_with(transaction, 480, now);
            return Came::Nothing;
        }
        if request.content_type() == invitation::MEDIA_TYPE {
            if !sessions::take_invitation((transaction, request), &from, people, ua, now) {
                refuse_type(transaction, request, ua, now);
            }
            return Came::Nothing;
        }
        if ua.is_deaf() {
            ua.respond_with(transaction, 480, now);
            return Came::Nothing;
        }
        if request.body.len() > LONGEST_INCOMING {
            ua.respond_with(transaction, 513, now);
            return Came::Nothing;
        }
        if ua.receipts.is_full() {
            ua.respond_with(transaction, 503, now);
            return Came::Nothing;
        }
        let encoded = request.headers.get("Content-Encoding").is_some_and(|e| !e.eq_ignore_ascii_case("identity"));
        let content_type = request.content_type();
        let mut written = None;
        let body = match content_type.as_str() {
            _ if encoded => None,
            "" | "text/plain" => Some(text::decode(request)),
            "text/html" => Some(text::from_html(&text::decode(request))),
            "application/im-iscomposing+xml" => {
                ua.respond_with(transaction, 200, now);
                return if self.seen.again(&id_of(request), request) { Came::Nothing } else { Came::Composing { from } };
            }
            cpim::MEDIA_TYPE => unwrap(request).map(|(text, at)| {
                written = at;
                text
            }),
            _ => None,
        };
        // Words that come to nothing are not said to have been read.
        let Some(text) = body.filter(|text| !text.is_empty() || request.body.is_empty()) else {
            refuse_type(transaction, request, ua, now);
            return Came::Nothing;
        };
        let id = id_of(request);
        if self.seen.again(&id, request) || ua.settings.received.contains(&id) {
            ua.acknowledge_copy(&id, transaction, now);
            return Came::Nothing;
        }
        if text.is_empty() {
            ua.respond_with(transaction, 200, now);
            return Came::Nothing;
        }
        ua.acknowledge(&id, transaction, now);
        let content_type = if content_type.is_empty() { "text/plain".to_owned() } else { content_type };
        let date = date_of(request);
        let fresh = self.since.is_some_and(|since| now.saturating_duration_since(since) <= KEPT_COMES_WITHIN);
        let delayed = date.is_some() && fresh;
        Came::Text {
            id,
            from,
            body: Body { text, style: sessions::style_of(request), content_type },
            sent: written.or(date),
            delayed,
        }
    }
}

/// The same for every copy of a message: Call-ID and sender's tag are random and copied by servers.
pub(super) fn id_of(request: &Message) -> String {
    let call = request.call_id().unwrap_or_default();
    let number = request.cseq().map(|c| c.number.to_string()).unwrap_or_default();
    let tag = request.from().ok().and_then(|f| f.tag()).unwrap_or_default();
    let mut id = Algorithm::Sha256.hash(&[call.as_bytes(), number.as_bytes(), tag.as_bytes()]);
    id.truncate(16);
    id
}

/// When a message was written, if it says so.
pub(super) fn date_of(request: &Message) -> Option<Stamp> {
    request.headers.get("Date").and_then(|d| Stamp::parse_rfc2822(&d))
}

/// The text within a wrapped message, and when it was written; `None` if it wraps something else.
fn unwrap(request: &Message) -> Option<(String, Option<Stamp>)> {
    let inside = cpim::read(&request.body).ok()?;
    let kind = MediaType::read(&inside.content_type);
    let decoded = text::decode_as(kind.parameter("charset").unwrap_or_default(), inside.body);
    let text = match kind.essence.as_str() {
        "text/plain" => decoded,
        "text/html" => text::from_html(&decoded),
        _ => return None,
    };
    Some((text, inside.date_time.map(Stamp::from_millis)))
}

fn refuse_type(transaction: Option<ServerTransactionId>, request: &Message, ua: &mut Ua, now: Instant) {
    let mut response = Message::response_to(request, 415);
    response.headers.push("Accept", ACCEPT);
    response.headers.push("Accept-Encoding", "identity");
    ua.respond(transaction, response, now);
}

/// Messages seen lately, so that one delivered twice is shown once. Bounded: the oldest is
/// forgotten first.
#[derive(Debug, Default)]
struct Seen {
    /// Their names, with a hash of what they say: some programs number two texts alike.
    order: VecDeque<(String, u64)>,
    known: BTreeSet<(String, u64)>,
}

impl Seen {
    /// Whether the message of this name came before; remembers it.
    fn again(&mut self, id: &str, request: &Message) -> bool {
        let mut hash = DefaultHasher::new();
        request.body.hash(&mut hash);
        let key = (id.to_owned(), hash.finish());
        if !self.known.insert(key.clone()) {
            return true;
        }
        self.order.push_back(key);
        if self.order.len() > MOST_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }

    /// As if it had not come.
    fn forget(&mut self, id: &str) {
        self.known.retain(|(known, _)| known != id);
        self.order.retain(|(known, _)| known != id);
    }
}

/// What the endpoint adds to a request: Via, Max-Forwards, User-Agent, credentials.
const ADDED_BY_ENDPOINT: usize = 420;
/// RFC 3428 section 8: a request over UDP.
const LONGEST_DATAGRAM: usize = 1300;
/// A message of ours over a stream.
const LONGEST_TEXT: usize = 64 * 1024;
/// A message to us.
const LONGEST_INCOMING: usize = 256 * 1024;
const MOST_SEEN: usize = 1024;
/// What a server kept for us comes within this time after registration.
const KEPT_COMES_WITHIN: Duration = Duration::from_mins(1);
