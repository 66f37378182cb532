//! Documents of users over HTTP (XCAP, RFC 4825), on the same listener as SIP.
//!
//! The first bytes of a stream tell which it speaks. Users read and write their own documents
//! only: `resource-lists` is the roster, `pres-rules` the decisions on watchers, `rls-services`
//! addresses to subscribe to many at once. A stored document is given back as it came as long as
//! what it says still holds; a roster changed by another way makes a new one. Parts of documents
//! (node selectors) cannot be had: 501. Read RFC 4825 sections 6 to 8 before changing it.

mod documents;
mod request;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;

use self::documents::{decisions_of, lists_of, roster_of, rules_of};
use self::request::{Conditions, Place, place_of};
use super::auth::Verdict;
use super::features::Feature;
use super::server::{Server, ServerLog};
use super::subscriptions::{Due, Entry};
use crate::formats::http1::{Limits, Message, Reader, Start};
use crate::formats::{Fault, Offence, pres_rules, resource_lists, rls_services};
use crate::model::Address;
use crate::sip::auth::Algorithm;
use crate::sip::auth::digest::Signed;
use crate::sip::endpoint::Flow;
use crate::sip::message::Method;

/// Requests answered of what one read of a link brings; who sends more at once is sent away.
const MAX_AT_ONCE: usize = 8;
/// Octets of one document.
const MAX_DOCUMENT: usize = 256 * 1024;
/// How requests for documents begin. No SIP method begins so.
const OPENINGS: [&[u8]; 3] = [b"GET /", b"PUT /", b"DELETE /"];

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Application {
    /// The roster.
    ResourceLists,
    /// Decisions on watchers.
    PresRules,
    /// Addresses that stand for lists.
    RlsServices,
}

impl Application {
    const ALL: [Self; 3] = [Self::ResourceLists, Self::PresRules, Self::RlsServices];

    const fn word(self) -> &'static str {
        match self {
            Self::ResourceLists => "resource-lists",
            Self::PresRules => "pres-rules",
            Self::RlsServices => "rls-services",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::ResourceLists => resource_lists::MEDIA_TYPE,
            Self::PresRules => pres_rules::MEDIA_TYPE,
            Self::RlsServices => rls_services::MEDIA_TYPE,
        }
    }
}

/// What a stream speaks.
#[derive(Debug)]
enum Speech {
    /// Too little came to tell.
    Unknown(Vec<u8>),
    /// HTTP.
    Http(Reader),
    /// Nothing more: it is being closed.
    Done,
}

/// Streams that speak HTTP, and the documents as they were stored.
#[derive(Debug, Default)]
pub(super) struct Xcap {
    /// Streams not listed speak SIP.
    streams: BTreeMap<Flow, Speech>,
    stored: BTreeMap<(Address, Application), Vec<u8>>,
}

/// For whom the bytes of a stream are.
pub(super) enum Sorted<'a> {
    Sip(Cow<'a, [u8]>),
    Http(Cow<'a, [u8]>),
    Wait,
}

impl Xcap {
    /// A stream came up.
    pub(super) fn up(&mut self, flow: Flow) {
        self.streams.insert(flow, Speech::Unknown(Vec::new()));
    }

    /// A stream is gone.
    pub(super) fn down(&mut self, flow: Flow) {
        self.streams.remove(&flow);
    }

    /// Tells by its first bytes what a stream speaks.
    pub(super) fn sort<'a>(&mut self, flow: Flow, data: &'a [u8]) -> Sorted<'a> {
        let first = match self.streams.get_mut(&flow) {
            None => return Sorted::Sip(Cow::Borrowed(data)),
            Some(Speech::Http(_)) => return Sorted::Http(Cow::Borrowed(data)),
            Some(Speech::Done) => return Sorted::Wait,
            Some(Speech::Unknown(first)) => first,
        };
        let all = if first.is_empty() {
            Cow::Borrowed(data)
        } else {
            first.extend_from_slice(data);
            Cow::Owned(std::mem::take(first))
        };
        if OPENINGS.iter().any(|opening| all.starts_with(opening)) {
            let limits = Limits { body: MAX_DOCUMENT, ..Limits::default() };
            self.streams.insert(flow, Speech::Http(Reader::requests(limits)));
            return Sorted::Http(all);
        }
        if OPENINGS.iter().any(|opening| opening.starts_with(&all)) {
            self.streams.insert(flow, Speech::Unknown(all.into_owned()));
            return Sorted::Wait;
        }
        self.streams.remove(&flow);
        Sorted::Sip(all)
    }

    /// The list services of a user, as they were stored.
    pub(super) fn list_services(&self, user: &Address) -> Option<String> {
        let body = self.stored.get(&(user.clone(), Application::RlsServices))?;
        String::from_utf8(body.clone()).ok()
    }

    /// List services that were kept.
    pub(super) fn put_list_services(&mut self, user: &Address, document: String) {
        self.stored.insert((user.clone(), Application::RlsServices), document.into_bytes());
    }

    /// Members of a list service of a user.
    pub(super) fn service(&self, user: &Address, uri: &Address) -> Option<Vec<Entry>> {
        let body = self.stored.get(&(user.clone(), Application::RlsServices))?;
        let services = rls_services::read(body).ok()?;
        let service = services.into_iter().find(|service| Address::parse(&service.uri).as_ref() == Ok(uri))?;
        match service.members {
            rls_services::Members::Here(list) => Some(documents::entries_of(&list)),
            rls_services::Members::Elsewhere(_) => None,
        }
    }
}

impl Server {
    /// Takes bytes of a stream that speaks HTTP.
    pub(super) fn on_http(&mut self, flow: Flow, data: &[u8], now: Instant) {
        // Taken out while its requests are served, so that the server is free.
        let Some(Speech::Http(mut reader)) = self.xcap.streams.insert(flow, Speech::Done) else { return };
        reader.push(data);
        for _ in 0..MAX_AT_ONCE {
            match reader.next_message() {
                Ok(Some(request)) => {
                    let mut response = self.on_document(flow, &request, now);
                    response.keep_alive = request.keep_alive;
                    self.transmit(flow, Bytes::from(response.encode()));
                    if !request.keep_alive {
                        return self.close_flow(flow);
                    }
                }
                Ok(None) => {
                    self.xcap.streams.insert(flow, Speech::Http(reader));
                    return;
                }
                Err(_) => {
                    let mut response = Message::response(400, "Bad Request");
                    response.keep_alive = false;
                    self.transmit(flow, Bytes::from(response.encode()));
                    return self.close_flow(flow);
                }
            }
        }
        self.close_flow(flow);
    }

    /// Answers one request.
    fn on_document(&mut self, flow: Flow, request: &Message, now: Instant) -> Message {
        let Start::Request { method, target } = &request.start else { return Message::response(400, "Bad Request") };
        let (user, application) = match place_of(target, &self.config.domain) {
            Place::Document(user, application) => (user, application),
            Place::Capabilities => return capabilities(method),
            Place::Within => return Message::response(501, "Not Implemented"),
            Place::Nowhere => return Message::response(404, "Not Found"),
        };
        if let Err(refusal) = self.identify_web(flow, request, method, target, &user, now) {
            return *refusal;
        }
        self.strangers.known(flow);
        let key = (user, application);
        match method.as_str() {
            "GET" => self.on_get(request, &key),
            "PUT" => self.on_put(request, &key),
            "DELETE" => self.on_delete(request, &key),
            _ => Message::response(405, "Method Not Allowed").with("Allow", "GET, PUT, DELETE"),
        }
    }

    fn identify_web(
        &mut self,
        flow: Flow,
        request: &Message,
        method: &str,
        target: &str,
        user: &Address,
        now: Instant,
    ) -> Result<(), Box<Message>> {
        let forbidden = || Err(Box::new(Message::response(403, "Forbidden")));
        if !self.config.features.authenticate() {
            return if self.accounts.has(user) { Ok(()) } else { forbidden() };
        }
        // There is no NTLM over HTTP here.
        if !self.config.features.has(Feature::Digest) {
            return forbidden();
        }
        let Some(method) = Method::parse(method) else { return Err(Box::new(Message::response(400, "Bad Request"))) };
        let signed = Signed { method: &method, uri: target, body: &request.body };
        let values = request.fields.all("Authorization");
        match self.authenticator.check_values(values, &signed, &self.accounts, now) {
            Verdict::Known(who) if who == *user => Ok(()),
            Verdict::Known(_) => forbidden(),
            Verdict::Malformed => Err(Box::new(Message::response(400, "Bad Request"))),
            Verdict::Ask { stale } => {
                if request.fields.value("Authorization").is_some() && !stale {
                    self.log(ServerLog::WrongCredentials { flow });
                }
                let mut response = Message::response(401, "Unauthorized");
                for challenge in self.authenticator.challenges(stale, now) {
                    response.fields.push("WWW-Authenticate", &challenge);
                }
                Err(Box::new(response))
            }
        }
    }

    fn on_get(&self, request: &Message, key: &(Address, Application)) -> Message {
        let Some(body) = self.document(key) else { return Message::response(404, "Not Found") };
        let tag = tag_of(&body);
        if Conditions::of(request).is_known(&tag) {
            return Message::response(304, "Not Modified").with("ETag", &tag);
        }
        Message::response(200, "OK").with("ETag", &tag).with_body(key.1.media_type(), body)
    }

    fn on_put(&mut self, request: &Message, key: &(Address, Application)) -> Message {
        let before = self.document(key).map(|body| tag_of(&body));
        if !Conditions::of(request).permit(before.as_deref()) {
            return Message::response(412, "Precondition Failed");
        }
        let media_type = request.fields.value("Content-Type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case(key.1.media_type()) {
            return Message::response(415, "Unsupported Media Type");
        }
        if let Err(conflict) = self.store_document(key, &request.body) {
            return conflict.response();
        }
        let (status, reason) = if before.is_some() { (200, "OK") } else { (201, "Created") };
        let tag = tag_of(&request.body);
        Message::response(status, reason).with("ETag", &tag)
    }

    fn on_delete(&mut self, request: &Message, key: &(Address, Application)) -> Message {
        let Some(body) = self.document(key) else { return Message::response(404, "Not Found") };
        if !Conditions::of(request).permit(Some(&tag_of(&body))) {
            return Message::response(412, "Precondition Failed");
        }
        self.xcap.stored.remove(key);
        if let Some(account) = self.accounts.of_mut(&key.0) {
            // Nothing always fits.
            let _ = match key.1 {
                Application::ResourceLists => account.set_roster(crate::model::Roster::default(), &self.config.limits),
                Application::PresRules => account.set_decisions(BTreeMap::new(), &self.config.limits),
                Application::RlsServices => Ok(()),
            };
        }
        self.document_changed(key);
        Message::response(200, "OK")
    }

    /// A document as it is now: as stored while that holds, else made anew.
    fn document(&self, key: &(Address, Application)) -> Option<Vec<u8>> {
        let account = self.accounts.of(&key.0)?;
        let stored = self.xcap.stored.get(key);
        let (holds, empty, made) = match key.1 {
            Application::ResourceLists => {
                let read = stored.and_then(|body| resource_lists::read(body).ok());
                let holds = read.is_some_and(|lists| roster_of(&lists) == *account.roster());
                let empty = account.roster().is_empty() && account.roster().groups().is_empty();
                (holds, empty, resource_lists::write(&lists_of(account.roster())))
            }
            Application::PresRules => {
                let read = stored.and_then(|body| pres_rules::read(body).ok());
                let holds = read.is_some_and(|rules| decisions_of(&rules) == account.decisions());
                (holds, account.decisions().is_empty(), pres_rules::write(&rules_of(&account.decisions())))
            }
            Application::RlsServices => return stored.cloned(),
        };
        match stored {
            Some(body) if holds => Some(body.clone()),
            Some(_) | None if empty => None,
            Some(_) | None => Some(made.into_bytes()),
        }
    }

    /// Takes in what a document says.
    fn store_document(&mut self, key: &(Address, Application), body: &[u8]) -> Result<(), Conflict> {
        let account = self.accounts.of_mut(&key.0).ok_or(Conflict::Constraint)?;
        match key.1 {
            Application::ResourceLists => {
                let roster = roster_of(&resource_lists::read(body)?);
                account.set_roster(roster, &self.config.limits).map_err(|_| Conflict::Constraint)?;
            }
            Application::PresRules => {
                let decisions = decisions_of(&pres_rules::read(body)?);
                account.set_decisions(decisions, &self.config.limits).map_err(|_| Conflict::Constraint)?;
            }
            Application::RlsServices => self.check_services(&rls_services::read(body)?)?,
        }
        // Stored before anybody is told: the lists of the user are read from it.
        self.xcap.stored.insert(key.clone(), body.to_vec());
        self.document_changed(key);
        Ok(())
    }

    /// A list must not have the address of a person, nor more members than a list may have.
    fn check_services(&self, services: &[rls_services::Service]) -> Result<(), Conflict> {
        for service in services {
            let address = Address::parse(&service.uri).map_err(|_| Conflict::Constraint)?;
            if self.accounts.has(&address) {
                return Err(Conflict::Uniqueness);
            }
            if let rls_services::Members::Here(list) = &service.members
                && list.everybody().len() > self.config.limits.list_entries
            {
                return Err(Conflict::Constraint);
            }
        }
        Ok(())
    }

    fn document_changed(&mut self, key: &(Address, Application)) {
        self.account_changed();
        match key.1 {
            Application::ResourceLists => self.roster_changed(&key.0),
            Application::PresRules => self.access_changed(&key.0),
            Application::RlsServices => self.lists_changed(&key.0),
        }
    }

    /// Lists of a user may have other members now: who watches them is told anew.
    pub(super) fn lists_changed(&mut self, user: &Address) {
        for (id, uri) in self.subscriptions.stored_lists_of(user) {
            let Ok(uri) = Address::parse(&uri) else { continue };
            let entries = self.list_of(user, &uri).unwrap_or_default();
            self.subscriptions.set_entries(id, entries);
            self.subscriptions.set_due(id, Due::Full);
        }
    }
}

/// What is wrong with a document (RFC 4825 section 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflict {
    NotWellFormed,
    NotUtf8,
    Schema,
    Constraint,
    Uniqueness,
}

impl From<Fault> for Conflict {
    fn from(fault: Fault) -> Self {
        match fault.what {
            Offence::Syntax | Offence::Truncated | Offence::Entity | Offence::Character | Offence::Doctype => Self::NotWellFormed,
            Offence::Encoding => Self::NotUtf8,
            Offence::TooLong
            | Offence::TooDeep
            | Offence::TooManyElements
            | Offence::TooManyAttributes
            | Offence::TooManySpaces
            | Offence::TooMany
            | Offence::TooManyParts => Self::Constraint,
            Offence::WrongDocument | Offence::Missing | Offence::Value | Offence::Boundary => Self::Schema,
        }
    }
}

impl Conflict {
    fn response(self) -> Message {
        let element = match self {
            Self::NotWellFormed => "not-well-formed",
            Self::NotUtf8 => "not-utf-8",
            Self::Schema => "schema-validation-error",
            Self::Constraint => "constraint-failure",
            Self::Uniqueness => "uniqueness-failure",
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\"><{element}/></xcap-error>"
        );
        Message::response(409, "Conflict").with_body("application/xcap-error+xml", body)
    }
}

/// The entity tag of a document: the same for the same octets.
fn tag_of(body: &[u8]) -> String {
    let mut hash = Algorithm::Sha256.hash(&[body]);
    hash.truncate(16);
    format!("\"{hash}\"")
}

/// What can be stored here (RFC 4825 section 12).
fn capabilities(method: &str) -> Message {
    if method != "GET" {
        return Message::response(405, "Method Not Allowed").with("Allow", "GET");
    }
    let auids = Application::ALL.map(|application| format!("<auid>{}</auid>", application.word())).concat();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xcap-caps xmlns=\"urn:ietf:params:xml:ns:xcap-caps\">\
         <auids><auid>xcap-caps</auid>{auids}</auids><extensions/><namespaces/></xcap-caps>"
    );
    Message::response(200, "OK").with_body("application/xcap-caps+xml", body)
}
