//! Files on the wire: whatever the other side says, each side ends at most once, wants nothing after it, and keeps
//! no more than was announced.

use std::time::{Duration, Instant};

use chinwag::transfer::{Event, Keys, Machine as _, Output, Protection, Receiver, Sender, Sends as _, Takes as _, Terms};

/// Octets of the file.
const OCTETS: u64 = 11;

/// The first octet says how, the second in which pieces; the others are what the other side says.
pub fn transfer(data: &[u8]) {
    let Some(([how, piece], said)) = data.split_first_chunk() else { return };
    let secure = how & 1 == 1;
    let protection = if secure { Protection::Secure(Keys::new(&KEY, &KEY)) } else { Protection::Plain };
    let terms = Terms { user: "bob@example.test".to_owned(), auth_cookie: 1_234_567, octets: OCTETS, protection };
    let piece = usize::from(*piece).max(1);
    let (whole, cut) = (receive(&terms, said, usize::MAX), receive(&terms, said, piece));
    // Without a proof the end is there as soon as the file is; what follows may be seen or not.
    if secure {
        assert_eq!(whole, cut, "pieces of {piece}");
    }
    send(&terms, said, piece);
}

/// What came of it: the end, and the file if it is one to keep.
fn receive(terms: &Terms, said: &[u8], piece: usize) -> Option<(Event, Vec<u8>)> {
    let now = Instant::now();
    let mut receiver = Receiver::new(terms.clone(), now);
    let mut told = Told::default();
    for piece in said.chunks(piece.min(said.len()).max(1)) {
        receiver.receive(piece, now);
        loop {
            let wanted = told.take(|| receiver.poll_output());
            if wanted.stored == 0 {
                break;
            }
            receiver.stored(wanted.stored, now);
        }
    }
    assert!(told.file.len() as u64 <= OCTETS, "more than was announced");
    let open = !receiver.is_over();
    receiver.closed(now);
    told.take(|| receiver.poll_output());
    assert!(receiver.is_over(), "nothing is waited for: {open}");
    let kept = matches!(told.end, Some(Event::Done(_)));
    assert!(!kept || told.file.len() as u64 == OCTETS, "less than was announced");
    let file = if kept { told.file } else { Vec::new() };
    told.end.map(|end| (end, file))
}

fn send(terms: &Terms, said: &[u8], piece: usize) {
    let mut now = Instant::now();
    let mut sender = Sender::new(terms.clone(), now);
    let mut told = Told::default();
    for piece in said.chunks(piece) {
        sender.receive(piece, now);
        loop {
            let wanted = told.take(|| sender.poll_output());
            sender.written(wanted.written, now);
            if wanted.read == 0 {
                break;
            }
            sender.file(&vec![0; wanted.read.min(3)], now);
        }
    }
    // Whatever was said, it does not wait without end.
    for _ in 0..2 {
        now += Duration::from_mins(10);
        sender.tick(now);
        let wanted = told.take(|| sender.poll_output());
        sender.written(wanted.written, now);
    }
    assert!(sender.is_over() && told.end.is_some(), "it waits without end");
}

/// What was wanted since the last time.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) written: usize,
    pub(crate) read: usize,
    pub(crate) stored: u64,
}

/// What was told so far.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) file: Vec<u8>,
    pub(crate) end: Option<Event>,
    closed: bool,
}

impl Told {
    pub(crate) fn take(&mut self, mut poll: impl FnMut() -> Output) -> Wanted {
        let mut wanted = Wanted::default();
        loop {
            let output = poll();
            assert!(!self.closed || matches!(output, Output::Idle(None)), "{output:?} after the end");
            match output {
                Output::Write(octets) => wanted.written += octets.len(),
                Output::Read(octets) => wanted.read = octets,
                Output::Store(octets) => {
                    wanted.stored += octets.len() as u64;
                    self.file.extend(octets);
                }
                Output::Event(end @ (Event::Done(_) | Event::Failed(_))) => {
                    assert_eq!(self.end.replace(end), None, "it ends twice");
                }
                Output::Event(Event::Started | Event::Progress(_)) => {}
                Output::Close => self.closed = true,
                Output::Idle(_) => return wanted,
            }
        }
    }
}

const KEY: [u8; 24] = *b"twenty-four octets of it";
