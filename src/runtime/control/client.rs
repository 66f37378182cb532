//! One connection to the socket: lines in, at a bearable pace; lines out, as fast as they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::following::Follow;
use crate::model::{AccountId, FileId, MessageRef};
use crate::runtime::script::ids::Ids;

/// Longest line taken; the rest of a longer one is thrown away.
pub const LONGEST_LINE: usize = 256 * 1024;

/// Time one line costs, and how much of it may be used up at once: 100 lines a second, 200 in a burst.
pub const PACE: Duration = Duration::from_millis(10);
const BURST: Duration = Duration::from_secs(2);

/// What a connection has to say.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line longer than is taken.
    TooLong,
    /// It is gone, with a file of its own under way.
    Gone,
}

/// A program that steers us.
#[derive(Debug)]
pub struct Client {
    /// Its number; never used again.
    pub number: u64,
    /// What it wants to be told.
    pub follows: BTreeMap<AccountId, Follow>,
    /// Ids of its acts.
    pub ids: BTreeMap<AccountId, Ids>,
    /// Its messages whose fate is open.
    pub open: BTreeSet<MessageRef>,
    /// Files it offered that are under way.
    pub files: BTreeSet<(AccountId, FileId)>,
    /// When it said something last.
    pub heard: Instant,
    stream: UnixStream,
    input: Vec<u8>,
    /// The rest of a line that was too long is being thrown away.
    skipping: bool,
    output: BytesMut,
    /// A line is sent in part.
    within: bool,
    /// Everything said so far is paid for at this time.
    paid: Instant,
    /// It says nothing any more.
    ended: bool,
    /// It gets what waits, and is closed then.
    closing: bool,
    broken: bool,
}

impl Client {
    /// A new one.
    pub fn new(number: u64, stream: UnixStream, now: Instant) -> Self {
        Self {
            number,
            follows: BTreeMap::new(),
            ids: BTreeMap::new(),
            open: BTreeSet::new(),
            files: BTreeSet::new(),
            heard: now,
            stream,
            input: Vec::new(),
            skipping: false,
            output: BytesMut::new(),
            within: false,
            paid: now,
            ended: false,
            closing: false,
            broken: false,
        }
    }

    /// Puts a line out.
    pub fn tell(&mut self, line: &str) {
        if !self.closing && !self.broken {
            self.output.extend_from_slice(line.as_bytes());
            self.output.extend_from_slice(b"\n");
        }
    }

    /// Octets that wait for it to read them.
    pub fn waiting(&self) -> usize {
        self.output.len()
    }

    /// It does not read what it asked for: that is thrown away, and it is told so as the last thing.
    pub fn drop_with(&mut self, last: &str) {
        let begun = if self.within { memchr::memchr(b'\n', &self.output).map_or(0, |end| end + 1) } else { 0 };
        // A new one, so that the memory of the old one is given back.
        self.output = BytesMut::from(self.output.get(..begun).unwrap_or_default());
        self.tell(last);
        self.closing = true;
    }

    /// It says nothing any more: it gets what waits, and the answers it waits for, and is closed then.
    pub fn end(&mut self) {
        self.ended = true;
        self.follows.clear();
    }

    /// It said so: what follows is not heard.
    pub fn quit(&mut self) {
        self.input.clear();
        self.end();
    }

    /// Whether it is only told why it has to go.
    pub const fn is_leaving(&self) -> bool {
        self.closing || self.broken
    }

    /// More time is used up than by any line: this one costs much.
    pub fn charge(&mut self, more: Duration) {
        self.paid += more;
    }

    /// Whether it waits for what becomes of something it ordered.
    pub fn awaits(&self) -> bool {
        !self.open.is_empty() || !self.files.is_empty() || self.ids.values().any(Ids::any_waits)
    }

    /// Whether nobody would miss it much: it follows nothing and waits for nothing.
    pub fn is_idle(&self) -> bool {
        (self.closing && self.files.is_empty()) || (self.follows.is_empty() && !self.awaits())
    }

    /// Whether it says nothing any more while a file of its own is under way: it may be gone without a word.
    pub fn may_be_gone(&self) -> bool {
        self.ended && !self.files.is_empty()
    }

    /// Whether it is gone, or is made to go, while a file of its own is under way. Who only says nothing any more
    /// still listens.
    pub fn leaves_files(&self, cx: &mut Context<'_>) -> bool {
        if self.files.is_empty() {
            return false;
        }
        let mut deaf = || match pin!(self.stream.ready(Interest::WRITABLE)).poll(cx) {
            Poll::Ready(Ok(ready)) => ready.is_write_closed(),
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        self.is_leaving() || (self.ended && deaf())
    }

    /// Whether it is to be forgotten.
    pub fn is_over(&self) -> bool {
        self.broken || (self.output.is_empty() && (self.closing || (self.ended && self.input.is_empty() && !self.awaits())))
    }

    /// Whether everything that was to be told is with the system.
    pub fn is_told(&self) -> bool {
        self.broken || self.output.is_empty()
    }

    /// Sends as much as is taken; never waits.
    pub fn write(&mut self, cx: &mut Context<'_>) {
        while !self.output.is_empty() && !self.broken {
            match self.stream.try_write(&self.output) {
                Ok(0) => self.broken = true,
                Ok(taken) => {
                    self.within = taken.checked_sub(1).and_then(|last| self.output.get(last)) != Some(&b'\n');
                    self.output.advance(taken);
                }
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => match self.stream.poll_write_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(_)) => self.broken = true,
                    Poll::Pending => return,
                },
                Err(_) => self.broken = true,
            }
        }
    }

    /// The next line; or, where there is one and it is too early for it, from when on.
    pub fn hear(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Heard, Option<Instant>> {
        if self.closing || self.broken {
            return Err(None);
        }
        loop {
            if self.paid > now + BURST {
                return Err(Some(self.paid - BURST));
            }
            if let Some(heard) = self.take_line() {
                self.heard = now;
                self.paid = self.paid.max(now) + PACE;
                return Ok(heard);
            }
            if self.ended {
                return Err(None);
            }
            match self.stream.poll_read_ready(cx) {
                Poll::Pending => return Err(None),
                Poll::Ready(Err(_)) => self.broken = true,
                Poll::Ready(Ok(())) => self.read(),
            }
            if self.broken {
                return Err(None);
            }
        }
    }

    fn read(&mut self) {
        let mut buffer = [0; 16 * 1024];
        match self.stream.try_read(&mut buffer) {
            Ok(0) => self.end(),
            Ok(len) => self.input.extend_from_slice(buffer.get(..len).unwrap_or_default()),
            Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.broken = true,
        }
    }

    fn take_line(&mut self) -> Option<Heard> {
        loop {
            let line = match memchr::memchr(b'\n', &self.input) {
                Some(end) => {
                    let mut line: Vec<u8> = self.input.drain(..=end).collect();
                    line.pop();
                    line
                }
                // The last line needs no end.
                None if self.ended && !self.input.is_empty() => std::mem::take(&mut self.input),
                None if self.input.len() > LONGEST_LINE => {
                    self.input.clear();
                    return (!std::mem::replace(&mut self.skipping, true)).then_some(Heard::TooLong);
                }
                None => return None,
            };
            if !std::mem::take(&mut self.skipping) {
                return Some(if line.len() > LONGEST_LINE { Heard::TooLong } else { Heard::Line(line) });
            }
        }
    }
}
