//! Cuts a byte stream into messages and keep-alives (RFC 3261 section 18.3, RFC 5626 section
//! 4.4.1). All limits on what a peer may send live here.
//!
//! **Where messages end.** At CR LF CR LF plus Content-Length octets, which a stream must give. A
//! CR or LF alone is a fault, found as soon as it comes. The work is linear in what came, however
//! it was cut: the search for the empty line goes on where it stopped, and a body is counted.
//!
//! **Keep-alives.** A ping is CR LF CR LF, a pong CR LF, and a stream may cut them anywhere, so
//! the bytes alone cannot tell two pongs from one ping. What tells them apart is whether we asked:
//!
//! ```text
//!                 CR LF, pong owed                    CR LF, none owed
//!                 → Pong, one owed less               → nothing yet
//!                  ┌─────────┐                ┌──────────────────────────┐
//!                  │         v                │                          v
//!                  └────── Even ──────────────┘                         Odd
//!                            ^    CR LF → Ping; or a message             │  ┐ CR LF, pong owed
//!                            └───────────────────────────────────────────┘<─┘ → Pong
//! ```
//!
//! [`Framer::expect_pong`] says that a ping was sent. A pong is then reported the moment its CR LF
//! is there, a ping the moment its second CR LF is there; a single CR LF nobody asked for is the
//! empty line RFC 3261 section 7.5 has us skip. The result does not depend on where the stream
//! was cut. Should pings of both sides cross, each CR LF still counts once, and the ping is
//! answered when our pong is in.
//!
//! **What cannot be read.** A message may be broken and yet end at a place nobody can doubt: its
//! head ends within the limit, no CR or LF stands alone in it, and its lines give one length. Such
//! a message is told of and passed over, body and all; so is one whose body is too long to keep.
//! Everything else ends the stream.

use bytes::{Buf as _, Bytes, BytesMut};

use super::fault::{Malformed, Offence};
use super::message::{MAX_FIELDS, Message, is_token_byte, read_head, remains, stated_length, stray_break};

/// Hard limits on what a peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of start line and header fields.
    pub head: usize,
    /// Header fields.
    pub headers: usize,
    /// Octets of a body.
    pub body: usize,
    /// Keep-alives nobody asked for in a row without a message between them.
    pub pings: usize,
    /// Octets of a body that is passed over because it, or its head, cannot be taken.
    pub passed_over: usize,
    /// Messages in a row that cannot be read. Who sends nothing else speaks something else.
    pub unreadable: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 * 1024,
            headers: MAX_FIELDS,
            body: 4 * 1024 * 1024,
            pings: 1024,
            passed_over: 16 * 1024 * 1024,
            unreadable: 16,
        }
    }
}

/// Octets of buffer an idle stream may go on holding.
const ROOM_TO_KEEP: usize = 64 * 1024;

/// One thing cut from the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole message.
    Message(Box<Message>),
    /// CR LF CR LF between messages (RFC 5626 section 4.4.1): to be answered with CR LF.
    Ping,
    /// CR LF between messages: the answer to a ping of ours.
    Pong,
    /// A message that cannot be taken. The stream goes on behind it.
    Unreadable(Box<Unreadable>),
}

/// A message that cannot be taken, although it is plain where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong with it.
    pub fault: Malformed,
    /// What of it can be read: enough to tell its sender, perhaps.
    pub remains: Option<Message>,
}

/// What came of looking for a head.
enum Head {
    /// It is not all there.
    Waits,
    /// It is read.
    Taken,
    /// It is not to be taken, and its body is passed over.
    Unreadable(Box<Unreadable>),
}

/// Cuts one stream. After the first fault the stream cannot be trusted: it stays in fault.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
    /// Octets at the front of `buffer` that hold no end of a head.
    searched: usize,
    /// A head that waits for so many octets of body.
    head: Option<(Box<Message>, usize)>,
    /// Pings of ours that are not answered.
    owed: usize,
    /// Half a ping has come.
    odd: bool,
    pings: usize,
    /// Octets of a body still to be passed over.
    passing_over: usize,
    /// Messages in a row that could not be read.
    unreadable: usize,
    fault: Option<Malformed>,
    /// The head that is right in itself, but says nothing good of its body.
    offender: Option<Box<Message>>,
}

impl Framer {
    /// A framer for a new stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: BytesMut::new(),
            searched: 0,
            head: None,
            owed: 0,
            odd: false,
            pings: 0,
            passing_over: 0,
            unreadable: 0,
            fault: None,
            offender: None,
        }
    }

    /// Adds what was read from the stream. Take all frames before adding more: what waits here
    /// is bounded by the limits plus one addition.
    pub fn push(&mut self, data: &[u8]) {
        if self.fault.is_none() {
            self.buffer.extend_from_slice(data);
        }
    }

    /// A ping was sent: the next CR LF between messages is its answer.
    pub fn expect_pong(&mut self) {
        self.owed = self.owed.saturating_add(1).min(self.limits.pings);
    }

    /// The next thing; `Ok(None)` when more bytes are needed.
    ///
    /// # Errors
    /// [`Malformed`], again and again once it happened.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Malformed> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let result = self.step();
        if let Err(fault) = result {
            self.fault = Some(fault);
            self.buffer = BytesMut::new();
            self.head = None;
        }
        result
    }

    /// After a fault: the head of the message at fault, if that much could be read. There is
    /// somebody to tell then, before the stream is closed.
    pub fn take_offender(&mut self) -> Option<Box<Message>> {
        self.offender.take()
    }

    /// Octets that came and are not part of a frame yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    fn step(&mut self) -> Result<Option<Frame>, Malformed> {
        if self.pass_over() {
            return Ok(None);
        }
        if self.head.is_none() {
            if let Some(keep_alive) = self.keep_alive()? {
                return Ok(Some(keep_alive));
            }
            match self.cut_head()? {
                Head::Waits => return Ok(None),
                Head::Unreadable(unreadable) => return Ok(Some(Frame::Unreadable(unreadable))),
                Head::Taken => {}
            }
        }
        let Some((_, length)) = &self.head else { return Ok(None) };
        if self.buffer.len() < *length {
            return Ok(None);
        }
        let Some((mut message, length)) = self.head.take() else { return Ok(None) };
        message.body = self.cut_body(length);
        self.give_room_back();
        Ok(Some(Frame::Message(message)))
    }

    /// Drops what came of a body that is not wanted; says whether more of it must come.
    fn pass_over(&mut self) -> bool {
        if self.passing_over == 0 {
            return false;
        }
        let here = self.passing_over.min(self.buffer.len());
        self.buffer.advance(here);
        self.passing_over -= here;
        self.give_room_back();
        self.passing_over > 0
    }

    fn give_room_back(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > ROOM_TO_KEEP {
            self.buffer = BytesMut::new();
        }
    }

    /// Takes the CR LFs at the front.
    fn keep_alive(&mut self) -> Result<Option<Frame>, Malformed> {
        while self.buffer.starts_with(b"\r\n") {
            self.buffer.advance(2);
            self.searched = 0;
            if self.owed > 0 {
                self.owed -= 1;
                self.pings = 0;
                return Ok(Some(Frame::Pong));
            }
            self.odd = !self.odd;
            if !self.odd {
                self.pings += 1;
                if self.pings > self.limits.pings {
                    return Err(Malformed { what: Offence::TooManyPings, offset: 0 });
                }
                return Ok(Some(Frame::Ping));
            }
        }
        Ok(None)
    }

    /// Reads the head once its end is there.
    fn cut_head(&mut self) -> Result<Head, Malformed> {
        let fault = |what, offset| Malformed { what, offset };
        let data: &[u8] = &self.buffer;
        let from = self.searched.saturating_sub(3);
        let found = empty_line(data.get(from..).unwrap_or(&[])).map(|at| at + from);
        // The last three octets may belong to the empty line.
        let end = found.unwrap_or(data.len().saturating_sub(3));
        if end > self.limits.head {
            return Err(fault(Offence::HeadTooLong, self.limits.head));
        }
        if found.is_none() {
            look_at_part(data, self.searched)?;
            self.searched = data.len();
            return Ok(Head::Waits);
        }
        let head = Bytes::copy_from_slice(data.get(..end).unwrap_or(data));
        let message = match read_head(head.clone(), self.limits.headers) {
            Ok(message) => message,
            Err(fault) => {
                let length = self.plain_end(&head, fault)?;
                let remains = remains(&head, self.limits.headers);
                return self.leave_out(end, length, Unreadable { fault, remains });
            }
        };
        let fault = match message.content_length() {
            Ok(Some(length)) if length <= self.limits.body => {
                self.unreadable = 0;
                self.head_done(end);
                self.head = Some((Box::new(message), length));
                return Ok(Head::Taken);
            }
            Ok(Some(length)) if length <= self.limits.passed_over => {
                let fault = fault(Offence::BodyTooLong, end);
                return self.leave_out(end, length, Unreadable { fault, remains: Some(message) });
            }
            Ok(Some(_)) => fault(Offence::BodyTooLong, end),
            Ok(None) => fault(Offence::NoContentLength, end),
            Err(fault) => fault,
        };
        self.offender = Some(Box::new(message));
        Err(fault)
    }

    fn head_done(&mut self, end: usize) {
        self.buffer.advance(end + 4);
        self.searched = 0;
        self.odd = false;
        self.pings = 0;
    }

    /// The length of the body behind a head that cannot be read; the fault where it is in doubt.
    fn plain_end(&self, head: &Bytes, fault: Malformed) -> Result<usize, Malformed> {
        look_at_first(head)?;
        if let Some(offset) = stray_break(head) {
            return Err(Malformed { what: Offence::Character, offset });
        }
        let most = self.limits.passed_over.max(self.limits.body);
        stated_length(head).filter(|length| *length <= most).ok_or(fault)
    }

    /// Passes over a message whose head ends at `end`, unless there were too many of them.
    fn leave_out(&mut self, end: usize, length: usize, unreadable: Unreadable) -> Result<Head, Malformed> {
        self.unreadable += 1;
        if self.unreadable > self.limits.unreadable {
            return Err(Malformed { what: Offence::TooManyUnreadable, offset: unreadable.fault.offset });
        }
        self.head_done(end);
        self.passing_over = length;
        Ok(Head::Unreadable(Box::new(unreadable)))
    }

    /// Small bodies are copied, so that a message kept for long holds no more than itself; big
    /// ones are cut off the buffer as they are.
    fn cut_body(&mut self, length: usize) -> Bytes {
        if length < 16 * 1024 {
            let body = Bytes::copy_from_slice(self.buffer.get(..length).unwrap_or(&[]));
            self.buffer.advance(length);
            return body;
        }
        self.buffer.split_to(length).freeze()
    }
}

/// Where an empty line begins. A search costs more to prepare than a look at a few octets.
fn empty_line(data: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    if data.len() < 32 { data.windows(4).position(|w| w == END) } else { memchr::memmem::find(data, END) }
}

/// Finds what can already be said against a head that is not all there: octets no SIP message
/// begins with, and a CR or LF alone, looking at each octet once.
fn look_at_part(data: &[u8], searched: usize) -> Result<(), Malformed> {
    look_at_first(data)?;
    for at in memchr::memchr2_iter(b'\r', b'\n', data.get(searched..).unwrap_or(&[])).map(|at| at + searched) {
        let before = at.checked_sub(1).and_then(|at| data.get(at));
        let lone = match data.get(at) {
            Some(b'\n') => before != Some(&b'\r'),
            _ => data.get(at + 1).is_some_and(|b| *b != b'\n'),
        };
        if lone {
            return Err(Malformed { what: Offence::Character, offset: at });
        }
    }
    if searched > 0 && data.get(searched - 1) == Some(&b'\r') && data.get(searched).is_some_and(|b| *b != b'\n') {
        return Err(Malformed { what: Offence::Character, offset: searched - 1 });
    }
    Ok(())
}

fn look_at_first(data: &[u8]) -> Result<(), Malformed> {
    match data.first() {
        Some(first) if *first != b'\r' && !is_token_byte(*first) => Err(Malformed { what: Offence::StartLine, offset: 0 }),
        _ => Ok(()),
    }
}
