//! A sender and a receiver with a wire between them, and time that stands still.

use std::collections::VecDeque;

use super::*;

/// The most that may wait on the wire from the sender.
const MOST_WAITING: usize = 80 * 1024;

pub(in crate::transfer) struct World<S, T> {
    pub(in crate::transfer) sender: S,
    pub(in crate::transfer) receiver: T,
    to_receiver: VecDeque<u8>,
    to_sender: VecDeque<u8>,
    read: u64,
    pub(in crate::transfer) kept: Vec<u8>,
    pub(in crate::transfer) sent: Vec<Event>,
    pub(in crate::transfer) got: Vec<Event>,
    sender_closes: bool,
    receiver_closes: bool,
    told_sender: bool,
    told_receiver: bool,
    most: usize,
}

/// Octets of a file that do not repeat soon, with ends of lines among them.
pub(in crate::transfer) fn octet(at: u64) -> u8 {
    match at % 97 {
        90 => b'\r',
        91 => b'\n',
        92..97 => b'-',
        _ => (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8,
    }
}

/// What would have to be received.
pub(in crate::transfer) fn whole(octets: u64) -> Vec<u8> {
    (0..octets).map(octet).collect()
}

impl World<Sender, Receiver> {
    pub(in crate::transfer) fn new(terms: &Terms) -> Self {
        Self::of(Sender::new(terms.clone(), start()), Receiver::new(terms.clone(), start()))
    }
}

impl<S: Sends, T: Takes> World<S, T> {
    pub(in crate::transfer) fn of(sender: S, receiver: T) -> Self {
        let mut world = Self {
            sender,
            receiver,
            to_receiver: VecDeque::new(),
            to_sender: VecDeque::new(),
            read: 0,
            kept: Vec::new(),
            sent: Vec::new(),
            got: Vec::new(),
            sender_closes: false,
            receiver_closes: false,
            told_sender: false,
            told_receiver: false,
            most: 0,
        };
        world.drain();
        world
    }

    /// Does what both want.
    pub(in crate::transfer) fn drain(&mut self) {
        loop {
            match self.sender.poll_output() {
                Output::Write(octets) => self.to_receiver.extend(octets),
                Output::Read(wanted) => {
                    let piece: Vec<u8> = (self.read..self.read + wanted as u64).map(octet).collect();
                    self.read += wanted as u64;
                    self.sender.file(&piece, start());
                }
                Output::Event(event) => self.sent.push(event),
                Output::Close => self.sender_closes = true,
                Output::Store(_) => panic!("a sender stores nothing"),
                Output::Idle(_) => break,
            }
            self.most = self.most.max(self.to_receiver.len());
        }
        loop {
            match self.receiver.poll_output() {
                Output::Write(octets) => self.to_sender.extend(octets),
                Output::Store(octets) => {
                    self.receiver.stored(octets.len() as u64, start());
                    self.kept.extend(octets);
                }
                Output::Event(event) => self.got.push(event),
                Output::Close => self.receiver_closes = true,
                Output::Read(_) => panic!("a receiver reads nothing"),
                Output::Idle(_) => break,
            }
        }
        assert!(self.most < MOST_WAITING, "{} octets wait", self.most);
    }

    /// Carries up to so many octets to each side; whether anything happened.
    pub(in crate::transfer) fn carry(&mut self, to_receiver: usize, to_sender: usize) -> bool {
        let piece: Vec<u8> = self.to_receiver.drain(..to_receiver.min(self.to_receiver.len())).collect();
        let answer: Vec<u8> = self.to_sender.drain(..to_sender.min(self.to_sender.len())).collect();
        let mut happened = !piece.is_empty() || !answer.is_empty();
        if !piece.is_empty() {
            self.receiver.receive(&piece, start());
            self.sender.written(piece.len(), start());
        }
        if !answer.is_empty() {
            self.sender.receive(&answer, start());
            self.receiver.written(answer.len(), start());
        }
        self.drain();
        if self.sender_closes && self.to_receiver.is_empty() && !self.told_receiver {
            (self.told_receiver, happened) = (true, true);
            self.receiver.closed(start());
        }
        if self.receiver_closes && self.to_sender.is_empty() && !self.told_sender {
            (self.told_sender, happened) = (true, true);
            self.sender.closed(start());
        }
        self.drain();
        happened
    }

    /// Carries all there is, in pieces of a size.
    pub(in crate::transfer) fn run(&mut self, piece: usize) {
        while self.carry(piece, piece) {}
    }

    /// How it ended for the sender and the receiver; progress grows, and nothing comes after the end.
    pub(in crate::transfer) fn ends(&self) -> (Event, Event) {
        for events in [&self.sent, &self.got] {
            let told = events.iter().filter_map(|event| if let Event::Progress(octets) = event { Some(*octets) } else { None });
            assert!(told.clone().is_sorted() && told.clone().count() <= events.len());
            let ends = events.iter().filter(|event| matches!(event, Event::Done(_) | Event::Failed(_)));
            assert_eq!(ends.count(), 1, "{events:?}");
        }
        (self.sent.last().unwrap().clone(), self.got.last().unwrap().clone())
    }
}
