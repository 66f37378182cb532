//! Cuts a byte stream into messages and keep-alives. All limits on what a peer may send live here.

use bytes::{Bytes, BytesMut};

use super::fault::{Malformed, Offence};
use super::message::{Message, parse_head};

/// Hard limits on what a peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of start line and header fields.
    pub head: usize,
    /// Header fields.
    pub headers: usize,
    /// Octets of a body.
    pub body: usize,
    /// Keep-alives in a row without a message between them.
    pub pings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: 64 * 1024, headers: 256, body: 4 * 1024 * 1024, pings: 1024 }
    }
}

/// One thing cut from the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole message.
    Message(Box<Message>),
    /// CR LF CR LF between messages (RFC 5626 section 4.4.1): to be answered with CR LF.
    Ping,
    /// A single CR LF between messages: the answer to our ping.
    Pong,
}

/// Cuts one stream. After the first fault the stream cannot be trusted: it stays in fault.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
    searched: usize,
    head: Option<(Message, usize)>,
    pings: usize,
    fault: Option<Malformed>,
}

impl Framer {
    /// A framer for a new stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new(), searched: 0, head: None, pings: 0, fault: None }
    }

    /// Adds what was read from the stream.
    pub fn push(&mut self, data: &[u8]) {
        if self.fault.is_none() {
            self.buffer.extend_from_slice(data);
        }
    }

    /// The next thing; `Ok(None)` when more bytes are needed.
    ///
    /// A CR LF that may be half a ping is reported as soon as what follows shows which it is;
    /// a CR LF at the end of what came is a [`Frame::Pong`] at once.
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

    fn step(&mut self) -> Result<Option<Frame>, Malformed> {
        let fault = |what, offset| Malformed { what, offset };
        if self.head.is_none() {
            if self.buffer.starts_with(b"\r\n") {
                self.pings += 1;
                if self.pings > self.limits.pings {
                    return Err(fault(Offence::TooManyPings, 0));
                }
                if self.buffer.starts_with(b"\r\n\r\n") {
                    let _ = self.buffer.split_to(4);
                    return Ok(Some(Frame::Ping));
                }
                if self.buffer.as_ref() == b"\r\n\r" {
                    return Ok(None);
                }
                let _ = self.buffer.split_to(2);
                return Ok(Some(Frame::Pong));
            }
            if self.buffer.as_ref() == b"\r" || self.buffer.is_empty() {
                return Ok(None);
            }
            let from = self.searched.saturating_sub(3);
            let found = self.buffer.get(from..).and_then(|b| memchr::memmem::find(b, b"\r\n\r\n")).map(|at| at + from);
            let Some(end) = found else {
                self.searched = self.buffer.len();
                return if self.buffer.len() > self.limits.head {
                    Err(fault(Offence::HeadTooLong, self.limits.head))
                } else {
                    Ok(None)
                };
            };
            if end > self.limits.head {
                return Err(fault(Offence::HeadTooLong, self.limits.head));
            }
            let head = self.buffer.split_to(end + 4);
            self.searched = 0;
            let message = parse_head(head.get(..end).unwrap_or(&head))?;
            if message.headers.len() > self.limits.headers {
                return Err(fault(Offence::TooManyHeaders, end));
            }
            let length = content_length(&message, end)?;
            if length > self.limits.body {
                return Err(fault(Offence::BodyTooLong, end));
            }
            self.head = Some((message, length));
        }
        let ready = self.head.as_ref().is_some_and(|(_, length)| self.buffer.len() >= *length);
        if !ready {
            return Ok(None);
        }
        let Some((mut message, length)) = self.head.take() else { return Ok(None) };
        message.body = Bytes::copy_from_slice(&self.buffer.split_to(length));
        self.pings = 0;
        Ok(Some(Frame::Message(Box::new(message))))
    }
}

fn content_length(message: &Message, end: usize) -> Result<usize, Malformed> {
    let fault = |what| Malformed { what, offset: end };
    let mut length = None;
    for value in message.headers.get_all("Content-Length") {
        let number: usize = value.trim().parse().map_err(|_| fault(Offence::ContentLength))?;
        if length.is_some_and(|l| l != number) {
            return Err(fault(Offence::DuplicateHeader));
        }
        length = Some(number);
    }
    length.ok_or_else(|| fault(Offence::NoContentLength))
}
