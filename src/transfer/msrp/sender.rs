//! The side that sends a file: chunk after chunk, so many of them unanswered, then waits for the report.

use std::collections::VecDeque;
use std::time::Instant;

use super::frame::{Found, Reader};
use super::head::{Fields, Flag, Head, Range, Start, Tell};
use super::session::{Session, refused};
use super::{ANSWER, Terms};
use crate::transfer::{CONFIRMATION, Event, Failure, HANDSHAKE, Machine, Outcome, Output, STALL, Sends};

/// Octets of the file in a chunk: what relays pass on (Kamailio's takes 10,240).
const PIECE: usize = 8 * 1024;
/// Octets of the wire that may wait for the connection when more of the file is asked for.
const LOW: u64 = PIECE as u64;
/// Chunks that may be unanswered.
const WINDOW: usize = 64;
/// A chunk of more octets must say that it may end earlier (RFC 4975, section 5.1).
const SMALL: usize = 2048;

/// The side that sends a file, from when the connection is there.
#[derive(Debug)]
pub struct Sender {
    terms: Terms,
    session: Session,
    reader: Reader,
    state: State,
    /// The request of the other side that is being read, and what it will be told.
    request: Option<(Box<Head>, u16)>,
    /// Octets of the next chunk.
    piece: Vec<u8>,
    /// Octets of the file that were asked for and have not come.
    asked: usize,
    /// Octets of the file that were given to the connection.
    given: u64,
    /// Those of them of which it was answered that they came.
    answered: u64,
    /// Those from the first on of which it was reported that they came.
    reported: u64,
    unanswered: VecDeque<Unanswered>,
    /// When the connection last took something, or had nothing to take.
    moved: Instant,
    /// When the last answer came.
    heard: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Who connected is to name the session.
    Greeting,
    /// The file goes.
    Data,
    /// The file was given to the connection; the receiver is to say that it has it.
    Farewell,
}

/// A chunk that was not answered.
#[derive(Debug)]
struct Unanswered {
    id: String,
    octets: u64,
    /// Octets of the wire up to its end.
    end: u64,
    /// When its last octet went.
    gone: Option<Instant>,
}

/// What time is up for.
#[derive(Debug, Clone, Copy)]
enum Due {
    Greeting,
    Connection,
    Answer,
    Report,
}

impl Sender {
    /// A transfer over a connection that was just made. It speaks at once if we made it.
    #[must_use]
    pub fn new(terms: Terms, now: Instant) -> Self {
        let mut sender = Self {
            session: Session::new(&terms),
            reader: Reader::default(),
            state: State::Greeting,
            request: None,
            piece: Vec::new(),
            asked: 0,
            given: 0,
            answered: 0,
            reported: 0,
            unanswered: VecDeque::new(),
            moved: now,
            heard: now,
            terms,
        };
        if sender.terms.active {
            sender.begin(now);
        }
        sender
    }

    /// Octets of the file of which the other side said that they came.
    #[cfg(test)]
    pub(super) const fn octets(&self) -> u64 {
        self.answered
    }
}

impl Machine for Sender {
    fn poll_output(&mut self) -> Output {
        let deadline = self.due().map(|(at, _)| at);
        self.session.exchange().poll(deadline)
    }

    fn receive(&mut self, mut octets: &[u8], now: Instant) {
        while !self.is_over() {
            match self.reader.take(&mut octets) {
                Found::Nothing => break,
                Found::Head(head, bodied) => self.hear(head, bodied, now),
                // Nobody sends us anything here.
                Found::Body(_) => {}
                Found::End(_) => {
                    if let Some((head, code)) = self.request.take() {
                        self.session.answer(&head, code);
                    }
                }
                Found::Broken => self.session.leave(Failure::Unexpected),
                Found::TooLong => self.session.leave(Failure::LineTooLong),
            }
        }
    }

    fn written(&mut self, octets: usize, now: Instant) {
        if self.is_over() {
            return;
        }
        self.session.written(octets);
        if self.state == State::Greeting {
            return;
        }
        self.moved = now;
        let gone = self.session.gone();
        let whole = self.unanswered.iter_mut().filter(|chunk| chunk.gone.is_none() && chunk.end <= gone);
        whole.for_each(|chunk| chunk.gone = Some(now));
        self.go_on();
    }

    fn closed(&mut self, _now: Instant) {
        self.session.exchange().deafen();
        if self.is_over() {
            return;
        }
        if self.all_answered() {
            self.session.done(Outcome::Unconfirmed);
        } else {
            self.session.leave(Failure::Closed);
        }
    }

    fn cancel(&mut self) {
        self.abort(Failure::Cancelled);
    }

    fn tick(&mut self, now: Instant) {
        let Some((_, due)) = self.due().filter(|(at, _)| now >= *at) else { return };
        match due {
            Due::Greeting => self.session.leave(Failure::HandshakeTimeout),
            Due::Connection => self.session.leave(Failure::Stalled),
            Due::Answer => self.session.leave(Failure::NotAnswered),
            // An answer says that a piece came, the report alone that the file is kept (RFC 4975, section 7.1.3).
            Due::Report => self.session.done(Outcome::Unconfirmed),
        }
    }

    fn is_over(&self) -> bool {
        self.session.is_over()
    }
}

impl Sends for Sender {
    fn file(&mut self, octets: &[u8], now: Instant) {
        if self.asked == 0 || self.is_over() {
            return;
        }
        if octets.is_empty() || octets.len() > self.asked {
            return self.abort(Failure::FileChanged);
        }
        self.asked = 0;
        self.piece.extend_from_slice(octets);
        if self.piece.len() == self.room() {
            self.chunk(now);
        }
        self.go_on();
    }

    fn read_failed(&mut self) {
        self.abort(Failure::NotRead);
    }
}

impl Sender {
    /// What is waited for and will be up first.
    fn due(&self) -> Option<(Instant, Due)> {
        if self.is_over() {
            return None;
        }
        if self.state == State::Greeting {
            return Some((self.moved + HANDSHAKE, Due::Greeting));
        }
        let connection = (self.session.unwritten() > 0).then(|| (self.moved + STALL, Due::Connection));
        let gone = self.unanswered.iter().filter_map(|chunk| chunk.gone).min();
        let answer = gone.map(|gone| (gone.max(self.heard) + ANSWER, Due::Answer));
        let report = self.all_answered().then(|| (self.heard + CONFIRMATION, Due::Report));
        // What else may be waited for is our own disk.
        [connection, answer, report].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn all_answered(&self) -> bool {
        self.state == State::Farewell && self.unanswered.is_empty()
    }

    /// Ends badly, and says that no more of the file will come.
    fn abort(&mut self, failure: Failure) {
        if self.state == State::Data && !self.is_over() {
            let start = self.given.saturating_add(1);
            let fields = self.fields(Range { start, end: None, total: Some(self.terms.octets) });
            self.session.request(Start::Send, self.terms.theirs.clone(), fields, Some(&[]), Flag::Abort);
        }
        self.session.leave(failure);
    }

    fn begin(&mut self, now: Instant) {
        (self.state, self.moved) = (State::Data, now);
        self.session.tell(Event::Started);
        if self.terms.octets == 0 {
            self.chunk(now);
        }
        self.go_on();
    }

    /// Octets of the chunk that is being put together.
    fn room(&self) -> usize {
        usize::try_from(self.terms.octets.saturating_sub(self.given)).unwrap_or(PIECE).min(PIECE)
    }

    /// Asks for more of the file, as far as the connection takes it and the other side answers.
    fn go_on(&mut self) {
        let may = self.state == State::Data && self.asked == 0 && !self.is_over();
        if may && self.session.unwritten() <= LOW && self.unanswered.len() < WINDOW {
            self.asked = self.room().saturating_sub(self.piece.len());
            self.session.exchange().want(Output::Read(self.asked));
        }
    }

    fn fields(&self, range: Range) -> Fields {
        Fields {
            message: Some(self.session.message_id()),
            range: Some(range),
            success: Some(true),
            failure: Some(Tell::All),
            media_type: Some(self.terms.said_media_type()),
            ..Fields::default()
        }
    }

    /// Gives a chunk to the connection.
    fn chunk(&mut self, now: Instant) {
        // Who had nothing to write could not be late.
        if self.session.unwritten() == 0 {
            self.moved = now;
        }
        let mut piece = std::mem::take(&mut self.piece);
        let (start, octets) = (self.given.saturating_add(1), piece.len() as u64);
        self.given = self.given.saturating_add(octets);
        let end = (piece.len() <= SMALL).then_some(self.given);
        let fields = self.fields(Range { start, end, total: Some(self.terms.octets) });
        let last = self.given == self.terms.octets;
        let flag = if last { Flag::Last } else { Flag::More };
        let id = self.session.request(Start::Send, self.terms.theirs.clone(), fields, Some(&piece), flag);
        self.unanswered.push_back(Unanswered { id, octets, end: self.session.queued(), gone: None });
        if last {
            self.state = State::Farewell;
        }
        piece.clear();
        self.piece = piece;
    }

    fn hear(&mut self, head: Box<Head>, bodied: bool, now: Instant) {
        let ours = self.session.is_ours(&head);
        let code = match head.start {
            Start::Answer(code) => return self.answer(&head.id, code, now),
            Start::Report if ours => return self.report(&head.fields),
            Start::Report => return,
            _ if !ours && self.state == State::Greeting => {
                self.session.answer(&head, 481);
                return self.session.leave(Failure::WrongSession);
            }
            _ if !ours => 481,
            Start::Other(_) => 501,
            Start::Send if head.fields.broken => 400,
            // Files go one way here, so nothing may be sent to us.
            Start::Send if bodied => 403,
            Start::Send => 200,
        };
        self.request = Some((head, code));
        if ours && self.state == State::Greeting {
            self.begin(now);
        }
    }

    fn answer(&mut self, id: &str, code: u16, now: Instant) {
        let Some(at) = self.unanswered.iter().position(|chunk| chunk.id == id) else { return };
        if code != 200 {
            return self.session.leave(refused(code));
        }
        if let Some(chunk) = self.unanswered.remove(at) {
            self.answered = self.answered.saturating_add(chunk.octets);
        }
        self.heard = now;
        self.session.exchange().progress(self.answered);
        self.go_on();
    }

    /// What became of the file, or of a part of it.
    fn report(&mut self, fields: &Fields) {
        let known = fields.message.as_ref().is_some_and(|message| *message == self.session.message_id());
        let Some(code) = fields.status.filter(|_| known && !fields.broken) else { return };
        if code != 200 {
            return self.session.leave(refused(code));
        }
        let Range { start, end, .. } = fields.range.unwrap_or(Range::whole(self.terms.octets));
        if let Some(end) = end.filter(|_| start <= self.reported.saturating_add(1)) {
            self.reported = self.reported.max(end);
            if self.state == State::Farewell && self.reported >= self.terms.octets {
                self.session.done(Outcome::Confirmed);
            }
        }
    }
}
