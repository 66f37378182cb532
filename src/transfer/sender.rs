//! The side that sends a file: waits to be spoken to, checks who it is, sends chunks, waits for the farewell.

use std::time::Instant;

use super::chunk::{self, END, LARGEST};
use super::cipher::Cipher;
use super::exchange::Exchange;
use super::lines::{Found, Lines};
use super::words::{Bye, Word};
use super::{CONFIRMATION, Event, Failure, HANDSHAKE, Machine, Outcome, Output, STALL, Sends, Terms};

/// Octets of the file that are asked for at once.
const PIECE: usize = 16 * LARGEST;
/// Octets that may wait for the connection when more of the file is asked for.
const LOW: usize = PIECE;

/// The side that sends a file, from when the connection is there.
#[derive(Debug)]
pub struct Sender {
    terms: Terms,
    state: State,
    cipher: Cipher,
    lines: Lines,
    exchange: Exchange,
    /// Octets of the file that were given to the connection.
    given: u64,
    /// The most that was told.
    told: u64,
    /// Octets of the wire that are not known to have gone.
    unwritten: usize,
    /// Octets of the file that were asked for and have not come.
    asked: usize,
    /// When the other side last did what it should, or was last able to.
    moved: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The receiver is to name the protocol.
    Version,
    /// It is to say who it is.
    User,
    /// It is to say that the file may come.
    Transfer,
    /// The file goes.
    Data,
    /// The file has gone; the receiver is to say that it has it.
    Farewell,
}

impl Sender {
    /// A transfer over a connection that was just made.
    #[must_use]
    pub fn new(terms: Terms, now: Instant) -> Self {
        Self {
            state: State::Version,
            cipher: Cipher::new(&terms.protection),
            terms,
            lines: Lines::default(),
            exchange: Exchange::default(),
            given: 0,
            told: 0,
            unwritten: 0,
            asked: 0,
            moved: now,
        }
    }

    /// Octets of the file that have gone so far, as was last told.
    #[cfg(test)]
    pub(super) const fn octets(&self) -> u64 {
        self.told
    }
}

impl Machine for Sender {
    fn poll_output(&mut self) -> Output {
        let deadline = self.deadline();
        self.exchange.poll(deadline)
    }

    fn receive(&mut self, mut octets: &[u8], now: Instant) {
        while !octets.is_empty() && !self.exchange.is_over() {
            match self.lines.take(&mut octets) {
                Found::Nothing => {}
                Found::Line(line) => self.hear(&line, now),
                Found::TooLong => self.leave(Failure::LineTooLong, &[]),
            }
        }
    }

    fn written(&mut self, octets: usize, now: Instant) {
        if self.exchange.is_over() {
            return;
        }
        self.unwritten = self.unwritten.saturating_sub(octets);
        if matches!(self.state, State::Data | State::Farewell) {
            self.moved = now;
            self.tell();
            self.go_on();
        }
    }

    fn closed(&mut self, _now: Instant) {
        self.exchange.deafen();
        match self.state {
            State::Farewell if self.unwritten == 0 => self.exchange.done(Outcome::Unconfirmed),
            _ => self.leave(Failure::Closed, &[]),
        }
    }

    fn cancel(&mut self) {
        match self.state {
            State::Version | State::User => {
                let word = Word::Cancel.write();
                self.leave(Failure::Cancelled, word.as_bytes());
            }
            // Who knows the size waits for chunks.
            State::Transfer | State::Data => self.leave(Failure::Cancelled, &END),
            State::Farewell => self.leave(Failure::Cancelled, &[]),
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Version | State::User | State::Transfer => self.leave(Failure::HandshakeTimeout, &[]),
            State::Farewell if self.unwritten == 0 => {
                // Who does not part may still want to check what it has.
                self.prove();
                self.exchange.done(Outcome::Unconfirmed);
            }
            State::Data | State::Farewell => self.leave(Failure::Stalled, &[]),
        }
    }

    fn is_over(&self) -> bool {
        self.exchange.is_over()
    }
}

impl Sends for Sender {
    fn file(&mut self, octets: &[u8], now: Instant) {
        if self.asked == 0 || self.exchange.is_over() {
            return;
        }
        if octets.is_empty() || octets.len() > self.asked {
            return self.leave(Failure::FileChanged, &END);
        }
        self.asked = 0;
        self.wait_from(now);
        self.given = self.given.saturating_add(octets.len() as u64);
        let mut wire = Vec::with_capacity(octets.len() + octets.len().div_ceil(LARGEST) * chunk::HEAD);
        for piece in octets.chunks(LARGEST) {
            chunk::write(piece, &mut wire, |data| self.cipher.seal(data));
        }
        self.unwritten += self.exchange.write(wire);
        self.go_on();
    }

    fn read_failed(&mut self) {
        self.leave(Failure::NotRead, &END);
    }
}

impl Sender {
    fn deadline(&self) -> Option<Instant> {
        let patience = match self.state {
            State::Version | State::User | State::Transfer => HANDSHAKE,
            State::Data | State::Farewell if self.unwritten > 0 => STALL,
            // What is waited for is our own disk.
            State::Data => return None,
            State::Farewell => CONFIRMATION,
        };
        (!self.exchange.is_over()).then(|| self.moved + patience)
    }

    fn leave(&mut self, failure: Failure, last: &[u8]) {
        if !self.exchange.is_over() {
            self.exchange.write(last.to_vec());
            self.exchange.fail(failure);
        }
    }

    fn say(&mut self, word: Word<'_>) {
        self.unwritten += self.exchange.say(word);
    }

    fn hear(&mut self, line: &str, now: Instant) {
        let Some(word) = Word::read(line) else { return self.leave(Failure::Unexpected, &[]) };
        match (word, self.state) {
            (Word::Cancel, _) => self.leave(Failure::CancelledByPeer, &[]),
            (Word::Bye(bye), _) => self.part(bye),
            (Word::Version(said), State::Version) => self.agree(said, now),
            (Word::User(user, cookie), State::User) => self.identify(user, cookie, now),
            (Word::Transfer, State::Transfer) => {
                (self.state, self.moved) = (State::Data, now);
                self.exchange.want(Output::Event(Event::Started));
                self.go_on();
            }
            _ => self.leave(Failure::Unexpected, &[]),
        }
    }

    /// Of the protocols that are spoken, one must be ours; one that protects less is no answer.
    fn agree(&mut self, said: &str, now: Instant) {
        let protocol = self.terms.protection.protocol();
        if !said.split_ascii_whitespace().any(|said| said.eq_ignore_ascii_case(protocol)) {
            return self.leave(Failure::WrongProtocol, &[]);
        }
        (self.state, self.moved) = (State::User, now);
        self.say(Word::Version(protocol));
    }

    fn identify(&mut self, user: &str, cookie: u32, now: Instant) {
        if !self.terms.is_receiver(user) {
            return self.leave(Failure::WrongUser, &[]);
        }
        if !self.terms.is_cookie(cookie) {
            return self.leave(Failure::WrongCookie, &[]);
        }
        (self.state, self.moved) = (State::Transfer, now);
        self.say(Word::File(self.terms.octets));
    }

    /// Asks for more of the file, as far as the connection takes it, or ends it.
    fn go_on(&mut self) {
        if self.state != State::Data {
            return;
        }
        let left = self.terms.octets.saturating_sub(self.given);
        if left == 0 {
            self.state = State::Farewell;
            if !self.cipher.is_secure() {
                self.unwritten += self.exchange.write(END.to_vec());
            }
        } else if self.asked == 0 && self.unwritten <= LOW {
            self.asked = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            self.exchange.want(Output::Read(self.asked));
        }
    }

    /// Who had nothing to write could not be late.
    fn wait_from(&mut self, now: Instant) {
        if self.unwritten == 0 {
            self.moved = now;
        }
    }

    /// Tells what has gone, as near as can be known: heads of chunks are among what has not.
    fn tell(&mut self) {
        let gone = self.given.saturating_sub(self.unwritten as u64);
        if gone > self.told {
            self.told = gone;
            self.exchange.progress(gone);
        }
    }

    fn part(&mut self, bye: Bye) {
        match bye {
            Bye::Received | Bye::Sent if self.state == State::Farewell => {
                self.prove();
                self.exchange.done(Outcome::Confirmed);
            }
            Bye::Cancelled => self.leave(Failure::CancelledByPeer, &[]),
            Bye::Full => self.leave(Failure::PeerFull, &[]),
            Bye::Timeout => self.leave(Failure::PeerTimeout, &[]),
            Bye::Received | Bye::Sent | Bye::Other(_) => self.leave(Failure::PeerEnded(bye), &[]),
        }
    }

    /// Says the authentication code, if there is one.
    fn prove(&mut self) {
        if let Some(code) = self.cipher.code() {
            self.say(Word::Mac(&code));
        }
    }
}
