//! The documents kept for us on an XCAP server (RFC 4825): roster, list service, presence rules.
//!
//! A small client beside the SIP connection: HTTP on links of its own, one request at a time.
//! Every document is read before it is first written; writes are conditional, so that what
//! another program of the same user wrote in between is read again (412) and our changes are
//! applied on top. Read RFC 4825 sections 7 and 8, RFC 4826, RFC 5025 section 9 before changing it.
//!
//! ```text
//!            200, 404                change                 2xx
//!  Unread ─────────────► Known ─────────────► Dirty ─────────────► Known
//!     ▲                                         │  412
//!     └─────────────────────────────────────────┘  changes kept
//! ```

mod documents;
mod exchange;
mod root;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use self::exchange::{Exchange, Outcome, Trouble};
use self::root::Root;
use super::settings::SipSettings;
use crate::backend::{GroupChange, LinkId, Output, Refused, RosterChange};
use crate::formats::http1::Message;
use crate::formats::pres_rules::{self, Rule};
use crate::formats::resource_lists::{self, List};
use crate::formats::rls_services::{self, Service};
use crate::model::{Access, AccessList, Address, Contact, Roster};
use crate::sip::auth::Credentials;
use crate::sip::tokens::Tokens;

/// Changes that may wait to be written.
const MAX_CHANGES: usize = 512;
/// Times in a row that somebody else may get in between.
const MAX_CONFLICTS: u8 = 5;
/// Waits before the next attempt; after the last nothing is tried until something changes.
const RETRIES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_mins(2)];

/// One of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Document {
    /// `resource-lists`: the roster.
    Roster,
    /// `pres-rules`: who may see us.
    Rules,
    /// `rls-services`: the roster as one address to subscribe to.
    Service,
}

impl Document {
    const ALL: [Self; 3] = [Self::Roster, Self::Rules, Self::Service];

    const fn application(self) -> &'static str {
        match self {
            Self::Roster => "resource-lists",
            Self::Rules => "pres-rules",
            Self::Service => "rls-services",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Roster => resource_lists::MEDIA_TYPE,
            Self::Rules => pres_rules::MEDIA_TYPE,
            Self::Service => rls_services::MEDIA_TYPE,
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roster => "contact list",
            Self::Rules => "allow and block list",
            Self::Service => "list for the subscription",
        })
    }
}

/// Why a document could not be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum XcapFailure {
    /// No answer. It is tried again, a few times.
    #[error("the document server does not answer")]
    Unreachable,
    /// The server is in trouble. It is tried again, a few times.
    #[error("the document server is in trouble ({0})")]
    Troubled(u16),
    /// Name or password are wrong there.
    #[error("the document server does not take this name and password")]
    Credentials,
    /// The server will not have it.
    #[error("the document server refuses it ({0})")]
    Refused(u16),
    /// What the server has cannot be read; it is left as it is.
    #[error("what the document server holds cannot be read, so it is left alone")]
    Unreadable,
    /// Another program writes all the time.
    #[error("another program keeps changing it")]
    Conflict,
}

impl XcapFailure {
    const fn may_pass(self) -> bool {
        matches!(self, Self::Unreachable | Self::Troubled(_))
    }
}

/// What the client has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum XcapEvent {
    /// The roster as the server has it, with our changes that are still to be written.
    Roster(Roster),
    /// The server has no roster (any more): [`Xcap::put_roster`] can give it one.
    NoRoster,
    /// The decisions the server has, with ours that are still to be written.
    Access(AccessList),
    /// All changes to a document are on the server.
    Stored(Document),
    /// A document could not be read or written.
    Failed {
        /// Which.
        document: Document,
        /// Why.
        why: XcapFailure,
    },
}

/// What is known of a document on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    Unread,
    Absent,
    /// With its entity tag, if the server gave one.
    Present(Option<String>),
    /// Leave it alone until the next start.
    GivenUp,
}

/// One document: what the server has and what is to be changed about it.
#[derive(Debug)]
struct Kept<T, C> {
    known: Known,
    server: T,
    changes: VecDeque<C>,
    conflicts: u8,
}

impl<T: Default, C> Kept<T, C> {
    fn new() -> Self {
        Self { known: Known::Unread, server: T::default(), changes: VecDeque::new(), conflicts: 0 }
    }

    fn add(&mut self, change: C) -> Result<(), Refused> {
        if self.changes.len() >= MAX_CHANGES {
            return Err(Refused::Busy);
        }
        self.changes.push_back(change);
        Ok(())
    }
}

/// What a request was about.
#[derive(Debug)]
enum Errand {
    Read(Document),
    /// So many of the changes are in it.
    WriteRoster(Vec<List>, usize),
    WriteRules(Vec<Rule>, usize),
    WriteService(Vec<Service>),
}

impl Errand {
    const fn document(&self) -> Document {
        match self {
            Self::Read(document) => *document,
            Self::WriteRoster(..) => Document::Roster,
            Self::WriteRules(..) => Document::Rules,
            Self::WriteService(_) => Document::Service,
        }
    }
}

/// The client. See the module's words.
#[derive(Debug)]
pub(super) struct Xcap {
    exchange: Exchange,
    user: Address,
    list_uri: Option<String>,
    running: bool,
    /// The server is not asked any more on this connection.
    resting: bool,
    errand: Option<Errand>,
    roster: Kept<Vec<List>, RosterChange>,
    /// That the server has no roster was told; ours, if there is one, is among the changes.
    told_absent: bool,
    rules: Kept<Vec<Rule>, (Address, Option<Access>)>,
    service: Kept<Vec<Service>, ()>,
    attempts: usize,
    retry_at: Option<Instant>,
    events: VecDeque<XcapEvent>,
}

impl Xcap {
    /// A client for the server the settings name; `None` if they name none that can be used.
    pub(super) fn new(settings: &SipSettings) -> Option<Self> {
        let root = Root::parse(settings.xcap_root.as_deref()?)?;
        let seed = Tokens::new(settings.seed).bytes();
        let exchange = Exchange::new(root, settings.credentials.clone(), settings.refuse_md5, &settings.product, seed);
        Some(Self {
            exchange,
            user: settings.aor.clone(),
            list_uri: settings.list_uri.clone(),
            running: false,
            resting: false,
            errand: None,
            roster: Kept::new(),
            told_absent: false,
            rules: Kept::new(),
            service: Kept::new(),
            attempts: 0,
            retry_at: None,
            events: VecDeque::new(),
        })
    }

    /// Signs requests with these from the next one on.
    pub(super) fn set_credentials(&mut self, credentials: Credentials) {
        self.exchange.set_credentials(credentials);
    }

    /// Signed in: reads all documents anew. Changes still to be written are kept.
    pub(super) fn start(&mut self, now: Instant) {
        self.running = true;
        self.resting = false;
        self.roster.known = Known::Unread;
        self.rules.known = Known::Unread;
        self.service.known = Known::Unread;
        self.attempts = 0;
        self.retry_at = None;
        self.go_on(now);
    }

    /// Signed out, or the connection is lost: no more requests until the next start.
    pub(super) fn stop(&mut self) {
        self.running = false;
        self.resting = false;
        self.errand = None;
        self.retry_at = None;
        self.exchange.rest();
    }

    /// Gives the server this roster: everybody and every group in it is added to what it has.
    pub(super) fn put_roster(&mut self, roster: &Roster, now: Instant) {
        let groups = roster.groups().iter().map(|group| RosterChange::Group(GroupChange::Add(group.clone())));
        let people = roster.contacts().map(|contact| RosterChange::Put {
            address: contact.address.clone(),
            name: contact.name.clone(),
            groups: contact.groups.clone(),
        });
        // As one: the roster is bounded, and half of it would be worse than none.
        self.roster.changes.extend(groups.chain(people));
        // An empty roster needs no document.
        if !self.roster.changes.is_empty() {
            self.changed(Document::Roster, now);
        }
    }

    /// Changes the roster on the server.
    pub(super) fn change_roster(&mut self, change: RosterChange, now: Instant) -> Result<(), Refused> {
        self.roster.add(change)?;
        self.changed(Document::Roster, now);
        Ok(())
    }

    /// Changes a decision on the server; `None` forgets it.
    pub(super) fn set_access(&mut self, who: Address, access: Option<Access>, now: Instant) -> Result<(), Refused> {
        self.rules.add((who, access))?;
        self.changed(Document::Rules, now);
        Ok(())
    }

    /// Whether the contact list of the server cannot be changed on this connection: nobody knows what
    /// is in it, and what is changed here meanwhile would be gone when it is known again.
    pub(super) fn is_closed(&self) -> bool {
        self.resting || self.roster.known == Known::GivenUp
    }

    /// Whether changes are being written, or will be as soon as their document is known.
    pub(super) fn unfinished(&self) -> bool {
        let roster = !self.roster.changes.is_empty() && self.roster.known != Known::GivenUp;
        let rules = !self.rules.changes.is_empty() && self.rules.known != Known::GivenUp;
        self.running && (roster || rules)
    }

    /// Whether a link is one of this client's.
    pub(super) fn owns(&self, link: LinkId) -> bool {
        self.exchange.owns(link)
    }

    pub(super) fn handle_up(&mut self, link: LinkId) {
        self.exchange.up(link);
    }

    pub(super) fn handle_bytes(&mut self, link: LinkId, data: &[u8], now: Instant) {
        let outcome = self.exchange.bytes(link, data);
        self.settle(outcome, now);
    }

    pub(super) fn handle_down(&mut self, link: LinkId, now: Instant) {
        let outcome = self.exchange.down(link);
        self.settle(outcome, now);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let outcome = self.exchange.timeout(now);
        self.settle(outcome, now);
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            self.go_on(now);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        [self.exchange.next_timeout(), self.retry_at].into_iter().flatten().min()
    }

    /// Links to open and close, bytes to send.
    pub(super) fn next_output(&mut self) -> Option<Output> {
        self.exchange.next_output()
    }

    pub(super) fn next_event(&mut self) -> Option<XcapEvent> {
        self.events.pop_front()
    }

    fn changed(&mut self, document: Document, now: Instant) {
        // Kamailio 5.6 does not look at `If-None-Match`: a first document of another program,
        // written since we found none, would be lost. So look again.
        let known = self.known(document);
        if *known == Known::Absent {
            *known = Known::Unread;
        }
        self.attempts = 0;
        self.retry_at = None;
        self.go_on(now);
    }

    /// The roster as it will be when everything is written.
    fn roster_now(&self) -> Roster {
        let mut roster = documents::roster_of(&self.roster.server);
        for change in &self.roster.changes {
            apply(&mut roster, change);
        }
        roster
    }

    fn access_now(&self) -> AccessList {
        let mut access = documents::access_of(&self.rules.server);
        for (who, decision) in &self.rules.changes {
            access.set(who.clone(), *decision);
        }
        access
    }

    fn known(&mut self, document: Document) -> &mut Known {
        match document {
            Document::Roster => &mut self.roster.known,
            Document::Rules => &mut self.rules.known,
            Document::Service => &mut self.service.known,
        }
    }

    /// Sends the next request there is reason for.
    fn go_on(&mut self, now: Instant) {
        if !self.running || self.exchange.is_busy() || self.retry_at.is_some() {
            return;
        }
        let Some(errand) = self.next_errand() else {
            self.exchange.rest();
            return;
        };
        let document = errand.document();
        let path = self.exchange.path(document.application(), self.user.as_str());
        let body = match &errand {
            Errand::Read(_) => None,
            Errand::WriteRoster(lists, _) => Some(resource_lists::write(lists)),
            Errand::WriteRules(rules, _) => Some(pres_rules::write(rules)),
            Errand::WriteService(services) => Some(rls_services::write(services)),
        };
        let request = match body {
            None => Message::request("GET", &path),
            Some(body) => {
                let request = Message::request("PUT", &path).with_body(document.media_type(), body);
                match self.known(document) {
                    Known::Present(Some(etag)) => request.with("If-Match", etag),
                    Known::Absent => request.with("If-None-Match", "*"),
                    Known::Present(None) | Known::Unread | Known::GivenUp => request,
                }
            }
        };
        self.errand = Some(errand);
        self.exchange.begin(request, now);
    }

    fn next_errand(&mut self) -> Option<Errand> {
        for document in Document::ALL {
            let wanted = document != Document::Service || self.list_uri.is_some();
            if wanted && *self.known(document) == Known::Unread {
                return Some(Errand::Read(document));
            }
        }
        if !self.roster.changes.is_empty() && self.roster.known != Known::GivenUp {
            let lists = documents::lists_of(&self.roster_now(), &self.roster.server);
            return Some(Errand::WriteRoster(lists, self.roster.changes.len()));
        }
        if !self.rules.changes.is_empty() && self.rules.known != Known::GivenUp {
            let rules = documents::rules_of(&self.access_now(), &self.rules.server);
            return Some(Errand::WriteRules(rules, self.rules.changes.len()));
        }
        // The service follows the roster, so it needs one that was read.
        let roster_read = matches!(self.roster.known, Known::Present(_));
        if roster_read && self.service.known != Known::GivenUp {
            let uri = self.list_uri.as_deref()?;
            let services = documents::services_with(&self.service.server, uri, &self.roster_now())?;
            return Some(Errand::WriteService(services));
        }
        None
    }

    /// Takes the end of a request and goes on.
    fn settle(&mut self, outcome: Option<Outcome>, now: Instant) {
        let Some(outcome) = outcome else { return };
        let Some(errand) = self.errand.take() else { return };
        match outcome {
            Outcome::Trouble(Trouble::Unreachable) => self.fail(&errand, XcapFailure::Unreachable, now),
            Outcome::Trouble(Trouble::Credentials) => self.fail(&errand, XcapFailure::Credentials, now),
            Outcome::Answer { status, etag, body } => self.answered(errand, status, etag, &body, now),
        }
        self.go_on(now);
    }

    fn answered(&mut self, errand: Errand, status: u16, etag: Option<String>, body: &[u8], now: Instant) {
        let document = errand.document();
        match (&errand, status) {
            (Errand::Read(_), 200) => {
                if self.read(document, body) {
                    self.attempts = 0;
                    *self.known(document) = Known::Present(etag);
                } else {
                    self.fail(&errand, XcapFailure::Unreadable, now);
                }
            }
            (Errand::Read(_), 404) => {
                self.attempts = 0;
                self.absent(document);
            }
            (Errand::WriteRoster(..) | Errand::WriteRules(..) | Errand::WriteService(_), 200..=299) => {
                self.attempts = 0;
                *self.known(document) = Known::Present(etag);
                self.written(errand);
            }
            (_, 412) => self.conflict(&errand, now),
            (_, 429 | 500..) => self.fail(&errand, XcapFailure::Troubled(status), now),
            _ => self.fail(&errand, XcapFailure::Refused(status), now),
        }
    }

    /// Takes in what the server has; whether it could be read.
    fn read(&mut self, document: Document, body: &[u8]) -> bool {
        match document {
            Document::Roster => match resource_lists::read(body) {
                Ok(lists) => {
                    self.roster.server = lists;
                    self.told_absent = false;
                    let roster = self.roster_now();
                    self.events.push_back(XcapEvent::Roster(roster));
                    true
                }
                Err(_) => false,
            },
            Document::Rules => match pres_rules::read(body) {
                Ok(rules) => {
                    self.rules.server = rules;
                    let access = self.access_now();
                    self.events.push_back(XcapEvent::Access(access));
                    true
                }
                Err(_) => false,
            },
            Document::Service => match rls_services::read(body) {
                Ok(services) => {
                    self.service.server = services;
                    let same = self.list_uri.as_deref().is_some_and(|uri| {
                        documents::services_with(&self.service.server, uri, &documents::roster_of(&self.roster.server)).is_none()
                    });
                    if same {
                        self.events.push_back(XcapEvent::Stored(Document::Service));
                    }
                    true
                }
                Err(_) => false,
            },
        }
    }

    fn absent(&mut self, document: Document) {
        *self.known(document) = Known::Absent;
        match document {
            Document::Roster => {
                self.roster.server.clear();
                // Also with a change under way: a server that lost the roster must not end up with
                // what was changed last and nothing else.
                if !std::mem::replace(&mut self.told_absent, true) {
                    self.events.push_back(XcapEvent::NoRoster);
                }
            }
            Document::Rules => {
                self.rules.server.clear();
                let access = self.access_now();
                self.events.push_back(XcapEvent::Access(access));
            }
            Document::Service => self.service.server.clear(),
        }
    }

    fn written(&mut self, errand: Errand) {
        let document = errand.document();
        let done = match errand {
            Errand::Read(_) => false,
            Errand::WriteRoster(lists, changes) => {
                self.roster.server = lists;
                self.roster.changes.drain(..changes.min(self.roster.changes.len()));
                self.roster.conflicts = 0;
                self.told_absent &= !self.roster.changes.is_empty();
                self.roster.changes.is_empty()
            }
            Errand::WriteRules(rules, changes) => {
                self.rules.server = rules;
                self.rules.changes.drain(..changes.min(self.rules.changes.len()));
                self.rules.conflicts = 0;
                self.rules.changes.is_empty()
            }
            Errand::WriteService(services) => {
                self.service.server = services;
                self.service.conflicts = 0;
                true
            }
        };
        if done {
            self.events.push_back(XcapEvent::Stored(document));
        }
    }

    /// Somebody else wrote in between: read again, our changes stay.
    fn conflict(&mut self, errand: &Errand, now: Instant) {
        let conflicts = match errand.document() {
            Document::Roster => &mut self.roster.conflicts,
            Document::Rules => &mut self.rules.conflicts,
            Document::Service => &mut self.service.conflicts,
        };
        *conflicts += 1;
        if *conflicts > MAX_CONFLICTS {
            *conflicts = 0;
            self.fail(errand, XcapFailure::Conflict, now);
        } else {
            *self.known(errand.document()) = Known::Unread;
        }
    }

    fn fail(&mut self, errand: &Errand, why: XcapFailure, now: Instant) {
        let document = errand.document();
        if why.may_pass() {
            // Told once; the retries that follow are quiet.
            if self.attempts == 0 {
                self.events.push_back(XcapEvent::Failed { document, why });
            }
            if let Some(wait) = RETRIES.get(self.attempts) {
                self.attempts += 1;
                self.retry_at = Some(now + *wait);
            } else {
                self.give_up();
            }
            return;
        }
        self.events.push_back(XcapEvent::Failed { document, why });
        if why == XcapFailure::Credentials {
            self.give_up();
            return;
        }
        *self.known(document) = Known::GivenUp;
        match document {
            Document::Roster => {
                self.roster.changes.clear();
                self.told_absent = false;
            }
            Document::Rules => self.rules.changes.clear(),
            Document::Service => {}
        }
    }

    /// No more requests until the next start.
    fn give_up(&mut self) {
        self.running = false;
        self.resting = true;
        self.exchange.rest();
    }
}

fn apply(roster: &mut Roster, change: &RosterChange) {
    // What cannot be done to the roster of the moment has been overtaken by another program.
    match change {
        RosterChange::Put { address, name, groups } => {
            let contact = Contact { name: name.clone(), groups: groups.clone(), ..Contact::new(address.clone()) };
            roster.put(contact);
        }
        RosterChange::Removed(address) => drop(roster.remove(address)),
        RosterChange::Group(GroupChange::Add(name)) => drop(roster.add_group(name)),
        RosterChange::Group(GroupChange::Rename { from, to }) => drop(roster.rename_group(from, to)),
        RosterChange::Group(GroupChange::Remove(name)) => drop(roster.remove_group(name)),
    }
}

#[cfg(test)]
mod pair_tests;
#[cfg(test)]
mod tests;
