//! One HTTP request at a time to the document server, on a link of its own, with Digest.
//!
//! ```text
//!            begin              Up               answer, not 401
//!  Closed ─────────► Opening ─────────► Waiting ─────────────────► Idle ──► Closed (rest)
//!                       │                │   ▲ 401, challenge new     │
//!                       │ Down, late     │   └── sent again ──┘       │ begin
//!                       ▼                ▼                            ▼
//!                   trouble          trouble; a link that had       Waiting
//!                                    served before is opened anew once
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::root::Root;
use crate::backend::servers::Known;
use crate::backend::{LinkId, Output};
use crate::formats::http1::{Limits, Message, Reader, Start};
use crate::sip::auth::Credentials;
use crate::sip::auth::choose::choose;
use crate::sip::auth::digest::{Challenge, Signed};
use crate::sip::message::{AuthParams, Method};
use crate::sip::tokens::Tokens;

/// Longest wait for a link and an answer on it.
const PATIENCE: Duration = Duration::from_secs(15);
/// Answers to challenges for one request: the first, and a stale nonce or two.
const MAX_ANSWERS: u8 = 3;
const MAX_CHALLENGES: usize = 8;
/// Links of this kind are numbered from here, so that they never meet those for SIP.
const FIRST_LINK: u64 = 1 << 32;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No link, or it ended, or nothing came in time, or no HTTP came.
    Unreachable,
    /// The server does not take our name and password, or we have none.
    Credentials,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With an answer other than 401.
    Answer {
        /// Its code.
        status: u16,
        /// Entity tag, with its quotes.
        etag: Option<String>,
        /// Its body.
        body: Vec<u8>,
    },
    /// Without.
    Trouble(Trouble),
}

#[derive(Debug)]
enum Link {
    Closed,
    Opening(LinkId),
    Up {
        link: LinkId,
        reader: Reader,
        /// It has carried an answer: its end is then no news of the server.
        served: bool,
    },
}

#[derive(Debug)]
struct Waiting {
    request: Message,
    answers: u8,
    until: Instant,
}

/// The exchange. See the module's words.
#[derive(Debug)]
pub(super) struct Exchange {
    root: Root,
    credentials: Option<Credentials>,
    refuse_md5: bool,
    product: String,
    tokens: Tokens,
    link: Link,
    last_link: u64,
    waiting: Option<Waiting>,
    challenge: Option<(Challenge, u32)>,
    outputs: VecDeque<Output>,
}

impl Exchange {
    pub(super) fn new(root: Root, credentials: Option<Credentials>, refuse_md5: bool, product: &str, seed: [u8; 32]) -> Self {
        Self {
            root,
            credentials,
            refuse_md5,
            product: product.to_owned(),
            tokens: Tokens::new(seed),
            link: Link::Closed,
            last_link: FIRST_LINK,
            waiting: None,
            challenge: None,
            outputs: VecDeque::new(),
        }
    }

    pub(super) fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = Some(credentials);
    }

    pub(super) fn is_busy(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn owns(&self, id: LinkId) -> bool {
        match &self.link {
            Link::Closed => false,
            Link::Opening(link) | Link::Up { link, .. } => *link == id,
        }
    }

    pub(super) fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|waiting| waiting.until)
    }

    /// The path of a document of ours below the root.
    pub(super) fn path(&self, application: &str, user: &str) -> String {
        self.root.document(application, user)
    }

    /// Sends a request; only while not busy.
    pub(super) fn begin(&mut self, request: Message, now: Instant) {
        let request = request.with("Host", &self.root.authority()).with("User-Agent", &self.product);
        self.waiting = Some(Waiting { request, answers: 0, until: now + PATIENCE });
        self.go_on();
    }

    /// Nothing more to send for now.
    pub(super) fn rest(&mut self) {
        self.waiting = None;
        self.close();
    }

    pub(super) fn up(&mut self, id: LinkId) {
        if matches!(self.link, Link::Opening(link) if link == id) {
            self.link = Link::Up { link: id, reader: Reader::responses(Limits::default()), served: false };
            self.go_on();
        }
    }

    pub(super) fn bytes(&mut self, id: LinkId, data: &[u8]) -> Option<Outcome> {
        let Link::Up { link, reader, .. } = &mut self.link else { return None };
        if *link != id {
            return None;
        }
        reader.push(data);
        self.read()
    }

    pub(super) fn down(&mut self, id: LinkId) -> Option<Outcome> {
        if !self.owns(id) {
            return None;
        }
        let (last, served) = match &mut self.link {
            Link::Up { reader, served, .. } => (reader.close(), *served),
            Link::Closed | Link::Opening(_) => (Ok(None), false),
        };
        self.link = Link::Closed;
        if let Ok(Some(message)) = last {
            return self.take(message);
        }
        self.waiting.as_ref()?;
        if served {
            self.go_on();
            return None;
        }
        Some(self.fail(Trouble::Unreachable))
    }

    pub(super) fn timeout(&mut self, now: Instant) -> Option<Outcome> {
        let late = self.waiting.as_ref().is_some_and(|waiting| waiting.until <= now);
        late.then(|| self.fail(Trouble::Unreachable))
    }

    fn fail(&mut self, trouble: Trouble) -> Outcome {
        self.waiting = None;
        self.close();
        Outcome::Trouble(trouble)
    }

    fn close(&mut self) {
        match self.link {
            Link::Opening(link) | Link::Up { link, .. } => self.outputs.push_back(Output::Close { link }),
            Link::Closed => {}
        }
        self.link = Link::Closed;
    }

    /// Sends what waits, or opens a link for it.
    fn go_on(&mut self) {
        let Some(waiting) = &self.waiting else { return };
        match &self.link {
            Link::Opening(_) => {}
            Link::Closed => {
                let link = LinkId(self.last_link);
                self.last_link += 1;
                self.link = Link::Opening(link);
                self.outputs.push_back(Output::Open { link, to: self.root.target(), known: Known::default() });
            }
            Link::Up { link, .. } => {
                let link = *link;
                let mut request = waiting.request.clone();
                if let Some(value) = self.authorization(&request) {
                    request.fields.push("Authorization", &value);
                }
                self.outputs.push_back(Output::Transmit { link, bytes: Bytes::from(request.encode()) });
            }
        }
    }

    fn authorization(&mut self, request: &Message) -> Option<String> {
        let Start::Request { method, target } = &request.start else { return None };
        let method = Method::parse(method)?;
        let credentials = self.credentials.as_ref()?;
        let (challenge, count) = self.challenge.as_mut()?;
        *count += 1;
        let cnonce = self.tokens.hex(8);
        Some(challenge.answer(credentials, &Signed { method: &method, uri: target, body: &request.body }, &cnonce, *count))
    }

    fn read(&mut self) -> Option<Outcome> {
        loop {
            let Link::Up { reader, .. } = &mut self.link else { return None };
            match reader.next_message() {
                Ok(Some(message)) => {
                    let outcome = self.take(message);
                    if outcome.is_some() {
                        return outcome;
                    }
                }
                Ok(None) => return None,
                Err(_) if self.waiting.is_some() => return Some(self.fail(Trouble::Unreachable)),
                Err(_) => {
                    self.close();
                    return None;
                }
            }
        }
    }

    /// Takes an answer: the outcome, unless it is a challenge that can be answered.
    fn take(&mut self, message: Message) -> Option<Outcome> {
        let Start::Response { status, .. } = message.start else { return None };
        if status < 200 || self.waiting.is_none() {
            return None;
        }
        if !message.keep_alive {
            self.close();
        } else if let Link::Up { served, .. } = &mut self.link {
            *served = true;
        }
        if status == 401 {
            return self.challenged(&message);
        }
        self.waiting = None;
        let etag = message.fields.value("ETag").map(str::to_owned);
        Some(Outcome::Answer { status, etag, body: message.body })
    }

    fn challenged(&mut self, message: &Message) -> Option<Outcome> {
        let offered = message.fields.all("WWW-Authenticate").take(MAX_CHALLENGES);
        let offered = offered.filter_map(|value| Challenge::parse(&AuthParams::parse(value)?)).collect();
        let chosen = choose(offered, self.refuse_md5).into_iter().next();
        let waiting = self.waiting.as_mut()?;
        // The first refusal may be of an old nonce taken up again; a second is of the password.
        let again = chosen.filter(|challenge| waiting.answers == 0 || (challenge.stale && waiting.answers < MAX_ANSWERS));
        let Some(challenge) = again.filter(|_| self.credentials.is_some()) else {
            self.challenge = None;
            return Some(self.fail(Trouble::Credentials));
        };
        waiting.answers += 1;
        self.challenge = Some((challenge, 0));
        self.go_on();
        None
    }
}
