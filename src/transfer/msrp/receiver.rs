//! The side that receives a file: takes its chunks in order, answers them, checks the file, reports that it is kept.

use std::time::Instant;

use sha1::{Digest as _, Sha1};

use super::frame::{Found, Reader};
use super::head::{Fields, Flag, Head, Range, Start, Tell};
use super::session::{Session, refused};
use super::{Path, Terms};
use crate::transfer::{Event, Failure, HANDSHAKE, Machine, Outcome, Output, STALL, StoreFault, Takes};

/// The side that receives a file, from when the connection is there.
#[derive(Debug)]
pub struct Receiver {
    terms: Terms,
    session: Session,
    reader: Reader,
    state: State,
    open: Open,
    /// What is known of the message that is the file.
    message: Option<Message>,
    /// Our request that named the session, until it is answered.
    greeting: Option<String>,
    /// Of what came, where there is one to compare it with.
    hash: Option<Sha1>,
    /// Octets of the file that came.
    received: u64,
    /// Those of them that are not known to be kept.
    unstored: u64,
    /// When the other side last did what it should, or was last able to.
    moved: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The other side has not shown that it knows the session.
    Greeting,
    /// The file is to come.
    Data,
    /// The file is there and is the right one; the disk's word is missing. What follows is not read.
    Whole,
}

/// The frame that is being read.
#[derive(Debug, Default)]
enum Open {
    /// None, or one of no account.
    #[default]
    Nothing,
    /// A request that is no part of the file, and what it will be told.
    Other(Box<Head>, u16),
    /// A chunk of the file.
    Chunk(Box<Head>),
}

/// The message that is the file.
#[derive(Debug)]
struct Message {
    id: String,
    /// The way back to the sender.
    back: Path,
    /// Whether it wants to know that all of it came.
    success: bool,
    /// Whether it wants to know what goes wrong.
    faults: bool,
}

impl Receiver {
    /// A transfer over a connection that was just made. It speaks at once if we made it.
    #[must_use]
    pub fn new(terms: Terms, now: Instant) -> Self {
        let mut session = Session::new(&terms);
        let greeting = terms.active.then(|| {
            let fields = Fields { message: Some(session.message_id()), range: Some(Range::whole(0)), ..Fields::default() };
            session.request(Start::Send, terms.theirs.clone(), fields, None, Flag::Last)
        });
        Self {
            session,
            reader: Reader::default(),
            state: State::Greeting,
            open: Open::Nothing,
            message: None,
            greeting,
            hash: terms.sha1.map(|_| Sha1::new()),
            received: 0,
            unstored: 0,
            moved: now,
            terms,
        }
    }

    /// Octets of the file that came so far.
    #[cfg(test)]
    pub(super) const fn octets(&self) -> u64 {
        self.received
    }

    /// Octets that came and are not known to be kept.
    #[cfg(test)]
    pub(super) const fn unstored(&self) -> u64 {
        self.unstored
    }
}

impl Machine for Receiver {
    fn poll_output(&mut self) -> Output {
        let deadline = self.deadline();
        self.session.exchange().poll(deadline)
    }

    fn receive(&mut self, mut octets: &[u8], now: Instant) {
        let mut data = Vec::new();
        while !self.is_over() && self.state != State::Whole {
            match self.reader.take(&mut octets) {
                Found::Nothing => break,
                Found::Head(head, bodied) => self.hear(head, bodied, now),
                Found::Body(body) => self.take(&body, &mut data),
                Found::End(flag) => self.end(flag),
                Found::Broken => self.session.leave(Failure::Unexpected),
                Found::TooLong => self.session.leave(Failure::LineTooLong),
            }
        }
        if !data.is_empty() && !self.is_over() {
            self.moved = now;
            self.unstored = self.unstored.saturating_add(data.len() as u64);
            self.session.exchange().want(Output::Store(data));
            self.session.exchange().progress(self.received);
        }
        self.settle();
    }

    fn written(&mut self, octets: usize, _now: Instant) {
        self.session.written(octets);
    }

    fn closed(&mut self, _now: Instant) {
        self.session.exchange().deafen();
        // Of a file that is there what is missing is the disk's word.
        if self.state != State::Whole {
            self.session.leave(Failure::Closed);
        }
    }

    fn cancel(&mut self) {
        self.stop(413, Failure::Cancelled);
    }

    fn tick(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Greeting => self.session.leave(Failure::HandshakeTimeout),
            State::Data | State::Whole => self.stop(408, Failure::Stalled),
        }
    }

    fn is_over(&self) -> bool {
        self.session.is_over()
    }
}

impl Takes for Receiver {
    fn stored(&mut self, octets: u64, now: Instant) {
        self.unstored = self.unstored.saturating_sub(octets);
        self.moved = now;
        self.settle();
    }

    fn store_failed(&mut self, fault: StoreFault) {
        let failure = match fault {
            StoreFault::Full => Failure::Full,
            StoreFault::Broken => Failure::NotStored,
        };
        self.stop(413, failure);
    }
}

impl Receiver {
    fn deadline(&self) -> Option<Instant> {
        let patience = match self.state {
            State::Greeting => HANDSHAKE,
            // Who is not read cannot be late.
            State::Data | State::Whole if self.unstored > 0 => return None,
            State::Data | State::Whole => STALL,
        };
        (!self.is_over()).then(|| self.moved + patience)
    }

    /// Ends badly. The sender is told by the answer to the chunk that is being read, or else by a report.
    fn stop(&mut self, code: u16, failure: Failure) {
        if self.is_over() {
            return;
        }
        if let Open::Chunk(head) = std::mem::take(&mut self.open) {
            self.session.answer(&head, code);
        } else if self.message.as_ref().is_some_and(|message| message.faults) {
            self.report(code);
        }
        self.session.leave(failure);
    }

    /// Says what became of the file so far.
    fn report(&mut self, code: u16) {
        let Some(message) = &self.message else { return };
        let fields = Fields {
            message: Some(message.id.clone()),
            range: Some(Range { start: 1, end: Some(self.received), total: Some(self.terms.octets) }),
            status: Some(code),
            ..Fields::default()
        };
        self.session.request(Start::Report, message.back.clone(), fields, None, Flag::Last);
    }

    fn hear(&mut self, head: Box<Head>, bodied: bool, now: Instant) {
        match head.start {
            Start::Report => {}
            Start::Answer(code) => self.greeted(&head.id, code, now),
            _ if !self.session.is_ours(&head) => {
                if self.state == State::Greeting && !self.terms.active {
                    self.session.answer(&head, 481);
                    return self.session.leave(Failure::WrongSession);
                }
                self.open = Open::Other(head, 481);
            }
            Start::Other(_) => self.open = Open::Other(head, 501),
            Start::Send if head.fields.broken => {
                self.session.answer(&head, 400);
                self.session.leave(Failure::Unexpected);
            }
            Start::Send => {
                self.bind(now);
                self.send(head, bodied);
            }
        }
    }

    /// The other side has shown that it knows the session.
    fn bind(&mut self, now: Instant) {
        if self.state == State::Greeting {
            (self.state, self.moved) = (State::Data, now);
        }
    }

    /// An answer, which can be one to our greeting.
    fn greeted(&mut self, id: &str, code: u16, now: Instant) {
        if self.greeting.take_if(|greeting| *greeting == id).is_none() {
            return;
        }
        if code == 200 {
            self.bind(now);
        } else {
            self.session.leave(refused(code));
        }
    }

    fn send(&mut self, head: Box<Head>, bodied: bool) {
        let announced = self.terms.octets;
        let range = head.fields.range.unwrap_or(Range { start: 1, end: None, total: None });
        // Some greet with a body of no octets.
        let holds = bodied && (announced == 0 || range.total != Some(0));
        let code = match (&head.fields.message, &self.message) {
            (Some(id), Some(message)) if *id == message.id => None,
            (Some(_), None) if holds => None,
            _ if !holds => Some(200),
            (None, _) => Some(400),
            (Some(_), _) => Some(413),
        };
        if let Some(code) = code {
            self.open = Open::Other(head, code);
            return;
        }
        let failure = match range.total {
            _ if self.is_wrapped(&head) => Some(Failure::Wrapped),
            Some(said) if said != announced => Some(Failure::WrongSize { announced, said }),
            _ if range.start != self.received.saturating_add(1) => Some(Failure::OutOfOrder),
            _ => None,
        };
        // Who wraps it is the right one, and would wrap it again.
        if self.message.is_none() && matches!(failure, None | Some(Failure::Wrapped)) {
            self.session.tell(Event::Started);
        }
        let before = self.message.as_ref().is_some_and(|message| message.success);
        self.message = head.fields.message.clone().map(|id| Message {
            id,
            back: head.from.clone(),
            success: before || head.fields.success == Some(true),
            faults: head.fields.failure != Some(Tell::Nothing),
        });
        self.open = Open::Chunk(head);
        if let Some(failure) = failure {
            self.stop(if failure == Failure::Wrapped { 415 } else { 413 }, failure);
        }
    }

    /// Whether what comes is not the file alone, which only a file that is such a message itself may look like.
    fn is_wrapped(&self, head: &Head) -> bool {
        head.fields.media_type.as_deref().is_some_and(is_cpim) && !is_cpim(&self.terms.media_type)
    }

    fn take(&mut self, body: &[u8], data: &mut Vec<u8>) {
        if !matches!(self.open, Open::Chunk(_)) {
            return;
        }
        let octets = body.len() as u64;
        if octets > self.terms.octets.saturating_sub(self.received) {
            return self.stop(413, Failure::TooMuch);
        }
        self.received = self.received.saturating_add(octets);
        if let Some(hash) = &mut self.hash {
            hash.update(body);
        }
        data.extend_from_slice(body);
    }

    fn end(&mut self, flag: Flag) {
        match (std::mem::take(&mut self.open), flag) {
            (Open::Nothing, _) => {}
            (Open::Other(head, code), _) => self.session.answer(&head, code),
            (Open::Chunk(head), Flag::More) => self.session.answer(&head, 200),
            (Open::Chunk(head), Flag::Abort) => {
                self.session.answer(&head, 200);
                self.session.leave(Failure::CancelledByPeer);
            }
            (Open::Chunk(head), Flag::Last) => {
                let fault = self.fault();
                self.session.answer(&head, if fault.is_some() { 400 } else { 200 });
                match fault {
                    Some(failure) => self.session.leave(failure),
                    None => self.state = State::Whole,
                }
            }
        }
    }

    /// What is wrong with a file that has come to its end.
    fn fault(&mut self) -> Option<Failure> {
        let (announced, said) = (self.terms.octets, self.received);
        if announced != said {
            return Some(Failure::WrongSize { announced, said });
        }
        let hash: Option<[u8; 20]> = self.hash.take().map(|hash| hash.finalize().into());
        (hash != self.terms.sha1).then_some(Failure::WrongMac)
    }

    /// Reports and ends when all is kept.
    fn settle(&mut self) {
        if self.state != State::Whole || self.unstored > 0 || self.is_over() {
            return;
        }
        if self.message.as_ref().is_some_and(|message| message.success) {
            self.report(200);
        }
        let proven = self.terms.sha1.is_some();
        self.session.done(if proven { Outcome::Authenticated } else { Outcome::Unauthenticated });
    }
}

/// Whether a media type is that of a message around a message (RFC 3862).
fn is_cpim(media_type: &str) -> bool {
    media_type.split(';').next().is_some_and(|plain| plain.trim().eq_ignore_ascii_case("message/cpim"))
}
