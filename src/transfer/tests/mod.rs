//! Both machines: against what was seen on the wire, against each other, and against whoever means no good.

mod cancelling;
mod hostile;
mod pair;
mod peers;
mod vector;
mod waiting;
pub(super) mod world;

use std::time::{Duration, Instant};

use super::{Event, Keys, Machine, Output, Protection, Receiver, Sender, Sends, Takes, Terms};

/// 0, 1, 2 … 23.
pub(super) const ENCRYPTION_KEY: [u8; 24] = counted(0);
/// 24, 25 … 47.
pub(super) const HASH_KEY: [u8; 24] = counted(24);

const fn counted(mut from: u8) -> [u8; 24] {
    let mut key = [0; 24];
    let mut at = 0;
    while at < key.len() {
        key[at] = from;
        (at, from) = (at + 1, from + 1);
    }
    key
}

pub(super) fn secure(octets: u64) -> Terms {
    let protection = Protection::Secure(Keys::new(&ENCRYPTION_KEY, &HASH_KEY));
    Terms { user: "bob@example.test".into(), auth_cookie: 1_234_567, octets, protection }
}

pub(super) fn plain(octets: u64) -> Terms {
    Terms { protection: Protection::Plain, ..secure(octets) }
}

pub(super) fn start() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *START.get_or_init(Instant::now)
}

pub(super) fn seconds(count: u64) -> Instant {
    start() + Duration::from_secs(count)
}

/// What a machine wanted up to its idle.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Wanted {
    pub(super) wire: Vec<u8>,
    pub(super) file: Vec<u8>,
    pub(super) read: Option<usize>,
    pub(super) events: Vec<Event>,
    pub(super) close: bool,
    pub(super) deadline: Option<Instant>,
}

impl Wanted {
    pub(super) fn of(mut poll: impl FnMut() -> Output) -> Self {
        let mut wanted = Self::default();
        loop {
            match poll() {
                Output::Write(octets) => wanted.wire.extend(octets),
                Output::Store(octets) => wanted.file.extend(octets),
                Output::Read(octets) => assert_eq!(wanted.read.replace(octets), None),
                Output::Event(event) => wanted.events.push(event),
                Output::Close => wanted.close = true,
                Output::Idle(deadline) => {
                    wanted.deadline = deadline;
                    return wanted;
                }
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.wire).unwrap()
    }

    /// The event that ended it.
    pub(super) fn end(&self) -> &Event {
        assert!(self.close, "{self:?}");
        assert_eq!(self.deadline, None);
        self.events.last().unwrap()
    }
}

/// A receiver of either protocol, as tests ask it.
pub(super) trait Hears: Takes {
    /// What it wants; what it says goes at once.
    fn wanted(&mut self) -> Wanted {
        let wanted = Wanted::of(|| self.poll_output());
        self.written(wanted.wire.len(), start());
        wanted
    }

    /// Hears octets, and keeps at once what there is to keep.
    fn hears(&mut self, octets: impl AsRef<[u8]>, now: Instant) -> Wanted {
        self.receive(octets.as_ref(), now);
        let mut wanted = self.wanted();
        if !wanted.file.is_empty() {
            self.stored(wanted.file.len() as u64, now);
            let more = self.wanted();
            wanted.wire.extend(more.wire);
            wanted.events.extend(more.events);
            (wanted.close, wanted.deadline) = (more.close, more.deadline);
        }
        wanted
    }
}

impl<T: Takes> Hears for T {}

impl Sender {
    pub(super) fn wanted(&mut self) -> Wanted {
        Wanted::of(|| self.poll_output())
    }

    /// Hears octets; what it says goes at once.
    pub(super) fn hears(&mut self, octets: &[u8], now: Instant) -> Wanted {
        self.receive(octets, now);
        let wanted = self.wanted();
        self.written(wanted.wire.len(), now);
        wanted
    }

    /// Gets a piece of the file; what it says goes at once.
    pub(super) fn reads(&mut self, octets: &[u8], now: Instant) -> Wanted {
        self.file(octets, now);
        let mut wanted = self.wanted();
        self.written(wanted.wire.len(), now);
        let more = self.wanted();
        wanted.events.extend(more.events);
        wanted.read = wanted.read.or(more.read);
        wanted.wire.extend(&more.wire);
        self.written(more.wire.len(), now);
        Wanted { deadline: self.wanted().deadline, ..wanted }
    }

    /// A sender to whom the receiver said all that comes before the file.
    pub(super) fn greeted(terms: Terms) -> (Self, Wanted) {
        let (version, size) = (format!("VER {}\r\n", terms.protection.protocol()), format!("FIL {}\r\n", terms.octets));
        let mut sender = Self::new(terms, start());
        assert_eq!(sender.hears(version.as_bytes(), start()).text(), version);
        assert_eq!(sender.hears(b"USR bob@example.test 1234567\r\n", start()).text(), size);
        let wanted = sender.hears(b"TFR\r\n", start());
        assert_eq!(wanted.events.first(), Some(&Event::Started));
        (sender, wanted)
    }
}

impl Receiver {
    /// A receiver to whom the sender said all that comes before the file.
    pub(super) fn greeted(terms: Terms) -> Self {
        let (protocol, octets) = (terms.protection.protocol(), terms.octets);
        let mut receiver = Self::new(terms, start());
        assert_eq!(receiver.wanted().text(), format!("VER {protocol}\r\n"));
        let said = receiver.hears(format!("VER {protocol}\r\n").as_bytes(), start());
        assert_eq!(said.text(), "USR bob@example.test 1234567\r\n");
        receiver.receive(format!("FIL {octets}\r\n").as_bytes(), start());
        receiver
    }
}
