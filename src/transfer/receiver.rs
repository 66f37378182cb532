//! The side that receives a file: speaks first, checks the size, takes chunks, parts, checks the proof.

use std::time::Instant;

use super::chunk::{Head, Heads};
use super::cipher::Cipher;
use super::exchange::Exchange;
use super::lines::{Found, Lines};
use super::words::{Bye, Word};
use super::{Event, Failure, HANDSHAKE, Machine, Outcome, Output, Protection, STALL, StoreFault, Takes, Terms};

/// The side that receives a file, from when the connection is there.
#[derive(Debug)]
pub struct Receiver {
    terms: Terms,
    state: State,
    cipher: Cipher,
    lines: Lines,
    heads: Heads,
    exchange: Exchange,
    /// Octets of the file that came.
    received: u64,
    /// Those of them that are not known to be kept.
    unstored: u64,
    /// When the other side last did what it should, or was last able to.
    moved: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The protocol is to be agreed on.
    Version,
    /// The size of the file is to come.
    File,
    /// The file is to come; so much of the chunk is missing, 0 for a head.
    Data(u16),
    /// The file is there; what follows it is not read.
    Tail(Tail),
}

/// What is known after the last octet of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tail {
    /// A head without a file is being read.
    in_head: bool,
    /// The proof came and was right.
    proven: bool,
    /// We parted.
    parted: bool,
}

impl Receiver {
    /// A transfer over a connection that was just made. It speaks at once.
    #[must_use]
    pub fn new(terms: Terms, now: Instant) -> Self {
        let (cipher, mut exchange) = (Cipher::new(&terms.protection), Exchange::default());
        exchange.say(Word::Version(terms.protection.protocol()));
        let (lines, heads) = (Lines::default(), Heads::default());
        Self { terms, state: State::Version, cipher, lines, heads, exchange, received: 0, unstored: 0, moved: now }
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
        self.exchange.poll(deadline)
    }

    fn receive(&mut self, mut octets: &[u8], now: Instant) {
        let mut data = Vec::new();
        while !octets.is_empty() && !self.exchange.is_over() {
            match self.state {
                State::Version | State::File => self.read_line(&mut octets, now),
                State::Data(0) => self.read_head(&mut octets),
                State::Data(missing) => self.read_data(missing, &mut octets, &mut data),
                // What is proven stays so, whatever is said then.
                State::Tail(tail) if tail.proven => break,
                State::Tail(tail) => self.read_tail(tail, &mut octets),
            }
        }
        if !data.is_empty() && !self.exchange.is_over() {
            self.moved = now;
            self.unstored = self.unstored.saturating_add(data.len() as u64);
            self.exchange.want(Output::Store(data));
            self.exchange.progress(self.received);
        }
        self.settle(now);
    }

    /// Of no account: what it answers is a few octets.
    fn written(&mut self, _octets: usize, _now: Instant) {}

    fn closed(&mut self, now: Instant) {
        self.exchange.deafen();
        match self.state {
            // All of it is there; what is missing is the disk's word.
            State::Tail(tail) if tail.proven || !self.cipher.is_secure() => self.settle(now),
            State::Tail(_) => self.leave(Failure::Unproven, None),
            State::Version | State::File | State::Data(_) => self.leave(Failure::Closed, None),
        }
    }

    fn cancel(&mut self) {
        self.leave(Failure::Cancelled, Some(Word::Cancel));
    }

    fn tick(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Version | State::File => self.leave(Failure::HandshakeTimeout, None),
            State::Data(_) => self.leave(Failure::Stalled, Some(Word::Bye(Bye::Timeout))),
            State::Tail(_) => self.leave(Failure::Unproven, None),
        }
    }

    fn is_over(&self) -> bool {
        self.exchange.is_over()
    }
}

impl Takes for Receiver {
    fn stored(&mut self, octets: u64, now: Instant) {
        self.unstored = self.unstored.saturating_sub(octets);
        self.moved = now;
        self.settle(now);
    }

    fn store_failed(&mut self, fault: StoreFault) {
        let (failure, word) = match fault {
            StoreFault::Full => (Failure::Full, Word::Bye(Bye::Full)),
            StoreFault::Broken => (Failure::NotStored, Word::Cancel),
        };
        self.leave(failure, Some(word));
    }
}

impl Receiver {
    fn deadline(&self) -> Option<Instant> {
        let patience = match self.state {
            // Who is not read cannot be late.
            State::Data(_) | State::Tail(_) if self.unstored > 0 => return None,
            State::Data(_) => STALL,
            State::Version | State::File | State::Tail(_) => HANDSHAKE,
        };
        (!self.exchange.is_over()).then(|| self.moved + patience)
    }

    fn leave(&mut self, failure: Failure, word: Option<Word<'_>>) {
        if self.exchange.is_over() {
            return;
        }
        if let Some(word) = word {
            self.exchange.say(word);
        }
        self.exchange.fail(failure);
    }

    fn read_line(&mut self, octets: &mut &[u8], now: Instant) {
        let line = match self.lines.take(octets) {
            Found::Line(line) => line,
            Found::Nothing => return,
            Found::TooLong => return self.leave(Failure::LineTooLong, None),
        };
        self.moved = now;
        match (Word::read(&line), self.state) {
            (Some(Word::Cancel), _) => self.leave(Failure::CancelledByPeer, None),
            (Some(Word::Bye(bye)), _) => self.leave(Failure::PeerEnded(bye), None),
            (Some(Word::Version(said)), State::Version) => self.agree(said),
            (Some(Word::File(said)), State::File) => self.begin(said),
            _ => self.leave(Failure::Unexpected, None),
        }
    }

    /// The protocol must be ours: one that protects less is no answer.
    fn agree(&mut self, said: &str) {
        if !said.eq_ignore_ascii_case(self.terms.protection.protocol()) {
            return self.leave(Failure::WrongProtocol, None);
        }
        self.state = State::File;
        let user = self.terms.said_user();
        self.exchange.say(Word::User(&user, self.terms.auth_cookie));
    }

    fn begin(&mut self, said: u64) {
        let announced = self.terms.octets;
        if said != announced {
            return self.leave(Failure::WrongSize { announced, said }, Some(Word::Cancel));
        }
        self.exchange.say(Word::Transfer);
        self.exchange.want(Output::Event(Event::Started));
        self.state = State::Data(0);
        self.end_of_file();
    }

    fn read_head(&mut self, octets: &mut &[u8]) {
        match self.heads.take(octets) {
            Some(Head::Data(length)) if u64::from(length) > self.missing() => self.leave(Failure::TooMuch, Some(Word::Cancel)),
            Some(Head::Data(length)) => self.state = State::Data(length),
            Some(Head::End) => self.leave(Failure::CancelledByPeer, None),
            Some(Head::Broken) => self.leave(Failure::BadChunk, Some(Word::Cancel)),
            None => {}
        }
    }

    fn read_data(&mut self, missing: u16, octets: &mut &[u8], data: &mut Vec<u8>) {
        let (piece, rest) = octets.split_at(usize::from(missing).min(octets.len()));
        *octets = rest;
        let before = data.len();
        data.extend_from_slice(piece);
        self.cipher.open(data.get_mut(before..).unwrap_or_default());
        self.received = self.received.saturating_add(piece.len() as u64);
        // A piece is never longer than what is missing.
        self.state = State::Data(missing.saturating_sub(u16::try_from(piece.len()).unwrap_or(missing)));
        self.end_of_file();
    }

    const fn missing(&self) -> u64 {
        self.terms.octets.saturating_sub(self.received)
    }

    fn end_of_file(&mut self) {
        if self.missing() == 0 {
            self.state = State::Tail(Tail::default());
        }
    }

    /// After the file: its proof, or a head that says that it is over. Another chunk is too much.
    fn read_tail(&mut self, tail: Tail, octets: &mut &[u8]) {
        let head_begins = self.lines.is_empty() && octets.first().is_some_and(|octet| *octet <= 1);
        if tail.in_head || head_begins {
            let head = self.heads.take(octets);
            self.state = State::Tail(Tail { in_head: head.is_none(), ..tail });
            match head {
                None | Some(Head::End) => {}
                Some(Head::Data(_)) => self.leave(Failure::TooMuch, Some(Word::Cancel)),
                Some(Head::Broken) => self.leave(Failure::BadChunk, Some(Word::Cancel)),
            }
            return;
        }
        match self.lines.take(octets) {
            Found::Nothing => {}
            Found::TooLong => self.leave(Failure::LineTooLong, None),
            Found::Line(line) => match Word::read(&line) {
                Some(Word::Cancel) => self.leave(Failure::CancelledByPeer, None),
                Some(Word::Mac(code)) if self.cipher.proves(code) => self.state = State::Tail(Tail { proven: true, ..tail }),
                Some(Word::Mac(_)) if self.cipher.is_secure() => self.leave(Failure::WrongMac, None),
                _ => self.leave(Failure::Unexpected, None),
            },
        }
    }

    /// Parts when all is kept, and ends when all is proven.
    fn settle(&mut self, now: Instant) {
        let State::Tail(tail) = self.state else { return };
        if self.exchange.is_over() || self.unstored > 0 {
            return;
        }
        if !tail.parted {
            self.exchange.say(Word::Bye(Bye::Received));
            self.moved = now;
            self.state = State::Tail(Tail { parted: true, ..tail });
        }
        match self.terms.protection {
            Protection::Plain => self.exchange.done(Outcome::Unauthenticated),
            Protection::Secure(_) if tail.proven => self.exchange.done(Outcome::Authenticated),
            Protection::Secure(_) => {}
        }
    }
}
