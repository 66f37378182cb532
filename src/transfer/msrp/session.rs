//! What both sides do alike: name their requests, answer those of the other side, count what has not gone.

use std::fmt;

use memchr::memmem;

use super::frame::{last_line, write};
use super::head::{Fields, Flag, Head, Start, Tell};
use super::{Path, Terms};
use crate::transfer::exchange::Exchange;
use crate::transfer::{Event, Failure, Outcome, Output};

/// Octets that may wait for the connection when something is to be answered.
const MOST_WAITING: u64 = 512 * 1024;

/// One side of a session.
#[derive(Debug)]
pub(super) struct Session {
    ours: Path,
    theirs: Path,
    token: Token,
    /// Requests so far.
    count: u64,
    exchange: Exchange,
    /// Octets that were to be written so far.
    queued: u64,
    /// Those of them that have gone.
    gone: u64,
}

/// What our requests begin their names with.
struct Token(String);

impl Token {
    fn new(given: &str) -> Self {
        let mut token: String = given.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        while token.len() < 4 {
            token.push('0');
        }
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([secret])")
    }
}

impl Session {
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            ours: terms.ours.clone(),
            theirs: terms.theirs.clone(),
            token: Token::new(&terms.token),
            count: 0,
            exchange: Exchange::default(),
            queued: 0,
            gone: 0,
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.exchange.is_over()
    }

    pub(super) fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// What our messages are called; each side has one.
    pub(super) fn message_id(&self) -> String {
        self.token.0.clone()
    }

    /// Octets that have gone so far.
    pub(super) const fn gone(&self) -> u64 {
        self.gone
    }

    /// Octets that were to go so far.
    pub(super) const fn queued(&self) -> u64 {
        self.queued
    }

    /// Octets that have not gone.
    pub(super) const fn unwritten(&self) -> u64 {
        self.queued.saturating_sub(self.gone)
    }

    /// So many more have gone.
    pub(super) fn written(&mut self, octets: usize) {
        self.gone = self.gone.saturating_add(octets as u64).min(self.queued);
    }

    /// Whether it comes from the other side and is for us. Relays on the way are of no account.
    pub(super) fn is_ours(&self, head: &Head) -> bool {
        head.to.session() == self.ours.session() && head.from.session() == self.theirs.session()
    }

    /// Makes a request; the name of it, which stands nowhere in what it holds as the end would.
    pub(super) fn request(&mut self, start: Start, to: Path, fields: Fields, body: Option<&[u8]>, flag: Flag) -> String {
        let id = loop {
            let id = format!("{}{:x}", self.token.0, self.count);
            self.count = self.count.wrapping_add(1);
            if memmem::find(body.unwrap_or_default(), last_line(&id).as_bytes()).is_none() {
                break id;
            }
        };
        let head = Head { id, start, to, from: self.ours.session().clone().into(), fields };
        self.write(write(&head, body, flag));
        head.id
    }

    /// Answers a request, as far as it wants an answer. To a SEND the first on the way back wants to know it, to
    /// others who made them (RFC 4975, section 7.2).
    pub(super) fn answer(&mut self, request: &Head, code: u16) {
        let wanted = match request.fields.failure {
            None | Some(Tell::All) => true,
            Some(Tell::Faults) => code != 200,
            Some(Tell::Nothing) => false,
        };
        let to = match request.start {
            Start::Send => request.from.first().clone().into(),
            Start::Other(_) => request.from.clone(),
            Start::Report | Start::Answer(_) => return,
        };
        if !wanted {
            return;
        }
        if self.unwritten() > MOST_WAITING {
            return self.leave(Failure::NotReading);
        }
        let from = self.ours.session().clone().into();
        let head = Head { id: request.id.clone(), start: Start::Answer(code), to, from, fields: Fields::default() };
        self.write(write(&head, None, Flag::Last));
    }

    fn write(&mut self, octets: Vec<u8>) {
        let count = self.exchange.write(octets);
        self.queued = self.queued.saturating_add(count as u64);
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.exchange.want(Output::Event(event));
    }

    /// Ends well.
    pub(super) fn done(&mut self, outcome: Outcome) {
        self.exchange.done(outcome);
    }

    /// Ends badly, if it has not ended.
    pub(super) fn leave(&mut self, failure: Failure) {
        if !self.is_over() {
            self.exchange.fail(failure);
        }
    }
}

/// What a code that refuses a request means for the file.
pub(super) const fn refused(code: u16) -> Failure {
    match code {
        400 | 501 => Failure::NotUnderstood,
        403 => Failure::Forbidden,
        408 => Failure::PeerTimeout,
        413 => Failure::CancelledByPeer,
        415 => Failure::TypeRefused,
        481 => Failure::NoSession,
        506 => Failure::OtherConnection,
        other => Failure::Refused(other),
    }
}
