//! Requests and responses out of octets that come in any pieces, and into octets.

use std::borrow::Cow;

use memchr::memchr;

use super::Path;
use super::head::{Fields, Flag, Head, Start, value_of};
use crate::transfer::lines::{self, Lines};

/// Octets of a line: a path of several URIs.
const LONGEST: usize = 2048;
/// Header fields of a frame, those of the paths left out.
const MOST: usize = 32;
/// What the last line of a frame begins with.
const HYPHENS: &str = "-------";

/// The last line of the frames of a transaction, without its flag. It must not stand in what they hold.
pub(super) fn last_line(id: &str) -> String {
    format!("{HYPHENS}{id}")
}

/// A frame as it goes.
pub(super) fn write(head: &Head, body: Option<&[u8]>, flag: Flag) -> Vec<u8> {
    let (before, last) = (head.to_string(), last_line(&head.id));
    let mut octets = Vec::with_capacity(before.len() + body.map_or(0, <[u8]>::len) + last.len() + 8);
    octets.extend_from_slice(before.as_bytes());
    if let Some(body) = body {
        octets.extend_from_slice(b"\r\n");
        octets.extend_from_slice(body);
        octets.extend_from_slice(b"\r\n");
    }
    octets.extend_from_slice(last.as_bytes());
    octets.extend_from_slice(&[flag.octet(), b'\r', b'\n']);
    octets
}

/// Takes frames apart.
#[derive(Debug)]
pub(super) struct Reader {
    lines: Lines,
    state: State,
}

#[derive(Debug)]
enum State {
    /// A first line is to come.
    Start,
    /// The path to us is to come.
    To(String, Start),
    /// The path back is to come.
    From(String, Start, Path),
    /// Header fields, and how many there were.
    Fields(Box<Head>, usize),
    /// What the frame holds.
    Body(Body),
    /// A frame that holds nothing has ended.
    Ended(Flag),
    /// Nothing that comes can be understood any more.
    Broken,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The octets are used up.
    Nothing,
    /// A frame begins; whether it holds anything, which may be no octets.
    Head(Box<Head>, bool),
    /// Octets of what it holds.
    Body(Cow<'a, [u8]>),
    /// The frame ends.
    End(Flag),
    /// Nobody can tell what it is, nor what follows.
    Broken,
    /// A line is longer than any.
    TooLong,
}

impl Default for Reader {
    fn default() -> Self {
        Self { lines: Lines::up_to(LONGEST), state: State::Start }
    }
}

impl Reader {
    /// Takes what was found from the front of the octets. To be called until there is nothing.
    pub(super) fn take<'a>(&mut self, octets: &mut &'a [u8]) -> Found<'a> {
        loop {
            match &mut self.state {
                State::Body(body) => {
                    let found = body.take(octets);
                    if matches!(found, Found::End(_)) {
                        self.state = State::Start;
                    }
                    return found;
                }
                State::Ended(flag) => {
                    let flag = *flag;
                    self.state = State::Start;
                    return Found::End(flag);
                }
                State::Broken => return Found::Broken,
                State::Start | State::To(..) | State::From(..) | State::Fields(..) => {}
            }
            match self.lines.take(octets) {
                lines::Found::Nothing => return Found::Nothing,
                lines::Found::TooLong => {
                    self.state = State::Broken;
                    return Found::TooLong;
                }
                lines::Found::Line(line) => {
                    if let Some(found) = self.line(&line) {
                        return found;
                    }
                }
            }
        }
    }

    /// A line of a head; what it makes known.
    fn line(&mut self, line: &str) -> Option<Found<'static>> {
        let (next, found) = match std::mem::replace(&mut self.state, State::Broken) {
            State::Start => (Start::read(line).map(|(id, start)| State::To(id, start)), None),
            State::To(id, start) => {
                let path = value_of(line, "To-Path").and_then(Path::parse);
                (path.map(|to| State::From(id, start, to)), None)
            }
            State::From(id, start, to) => {
                let path = value_of(line, "From-Path").and_then(Path::parse);
                let head = path.map(|from| Box::new(Head { id, start, to, from, fields: Fields::default() }));
                (head.map(|head| State::Fields(head, 0)), None)
            }
            State::Fields(head, _) if line.is_empty() => (Some(State::Body(Body::new(&head.id))), Some(Found::Head(head, true))),
            State::Fields(head, _) if line.starts_with(HYPHENS) => {
                let flag = line.strip_prefix(last_line(&head.id).as_str());
                let flag = flag.and_then(|flag| if let [octet] = flag.as_bytes() { Flag::read(*octet) } else { None });
                (flag.map(State::Ended), flag.map(|_| Found::Head(head, false)))
            }
            State::Fields(mut head, count) => {
                let sound = count < MOST && head.fields.read(line);
                (sound.then_some(State::Fields(head, count + 1)), None)
            }
            State::Body(_) | State::Ended(_) | State::Broken => (None, None),
        };
        match next {
            Some(next) => {
                self.state = next;
                found
            }
            None => Some(Found::Broken),
        }
    }
}

/// What a frame holds, up to its last line.
#[derive(Debug)]
struct Body {
    /// What comes after it, without the flag and the end of the line.
    end: Vec<u8>,
    /// Octets that came and may be the end: so many of it, the flag and the end of the line.
    held: usize,
    /// The flag, if it is among them.
    flag: u8,
}

impl Body {
    fn new(id: &str) -> Self {
        Self { end: format!("\r\n{}", last_line(id)).into_bytes(), held: 0, flag: 0 }
    }

    fn take<'a>(&mut self, octets: &mut &'a [u8]) -> Found<'a> {
        if self.held == 0 {
            let (piece, rest) = octets.split_at(before_end(octets));
            *octets = rest;
            if !piece.is_empty() {
                return Found::Body(Cow::Borrowed(piece));
            }
        }
        while let Some((octet, rest)) = octets.split_first() {
            if !self.may_go_on(*octet) {
                return Found::Body(Cow::Owned(self.give_back()));
            }
            *octets = rest;
            self.held += 1;
            if self.held == self.end.len() + 3 {
                // It was let in as one.
                return Flag::read(self.flag).map_or(Found::Broken, Found::End);
            }
        }
        Found::Nothing
    }

    /// Whether an octet may follow those that are held.
    fn may_go_on(&mut self, octet: u8) -> bool {
        match self.end.get(self.held) {
            Some(expected) => octet == *expected,
            None if self.held == self.end.len() => {
                self.flag = octet;
                Flag::read(octet).is_some()
            }
            None => octet == if self.held == self.end.len() + 1 { b'\r' } else { b'\n' },
        }
    }

    /// What was held was no end. A CR at its end, behind the flag, may begin another one; there is none before.
    fn give_back(&mut self) -> Vec<u8> {
        let mut octets = self.end.get(..self.held).unwrap_or(&self.end).to_vec();
        if self.held > self.end.len() {
            octets.push(self.flag);
        }
        self.held = usize::from(self.held == self.end.len() + 2);
        octets
    }
}

/// Octets before what may be the end: CR and LF, or a CR that is the last.
fn before_end(octets: &[u8]) -> usize {
    let mut from = 0;
    while let Some(rest) = octets.get(from..)
        && let Some(at) = memchr(b'\r', rest)
    {
        if rest.get(at + 1).is_none_or(|next| *next == b'\n') {
            return from + at;
        }
        from += at + 1;
    }
    octets.len()
}
