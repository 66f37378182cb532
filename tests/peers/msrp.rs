//! What we say by MSRP, read and passed on by Kamailio's relay.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use chinwag::transfer::msrp::{Path, Receiver, Sender, Terms};
use chinwag::transfer::{Event, Machine as _, Output, Sends as _, Takes as _};

use crate::support::Kamailio;

/// Text that looks like MSRP itself, and all octets there are.
fn file() -> Vec<u8> {
    let hostile = b"\r\n-------a1b2c3d4$\r\nMSRP a1b2c3d4 SEND\r\nTo-Path: x\r\n\r\n-------";
    let all: Vec<u8> = (0..=255).collect();
    hostile.iter().chain(&all).copied().cycle().take(700_000).collect()
}

/// One end, its connection, and what it has to write.
struct End {
    stream: TcpStream,
    pending: Vec<u8>,
    over: Option<Event>,
    closing: bool,
}

impl End {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        Self { stream, pending: Vec::new(), over: None, closing: false }
    }

    fn path(&self) -> String {
        format!("msrp://127.0.0.1:{}/s3ss10n;tcp", self.stream.local_addr().unwrap().port())
    }

    /// Sends what there is; how much.
    fn flush(&mut self) -> usize {
        let sent = std::mem::take(&mut self.pending);
        self.stream.write_all(&sent).unwrap();
        sent.len()
    }

    fn read(&mut self) -> Vec<u8> {
        let mut piece = vec![0; 64 * 1024];
        match self.stream.read(&mut piece) {
            Ok(count) => {
                piece.truncate(count);
                piece
            }
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => Vec::new(),
            Err(why) => panic!("{why}"),
        }
    }

    /// What is alike for both; `false`: nothing more is wanted.
    fn does(&mut self, output: Output) -> bool {
        match output {
            Output::Write(octets) => self.pending.extend(octets),
            Output::Event(event @ (Event::Done(_) | Event::Failed(_))) => self.over = Some(event),
            Output::Event(_) => {}
            Output::Close => self.closing = true,
            Output::Idle(_) => return false,
            Output::Read(_) | Output::Store(_) => unreachable!("done before"),
        }
        !self.closing
    }
}

#[test]
fn kamailio_passes_on_a_file_and_its_answers() {
    let server = Kamailio::start(&[]);
    let (mut alice, mut bob) = (End::new(server.port), End::new(server.port));
    let relay = format!("msrp://127.0.0.1:{}/relay;tcp", server.port);
    let through = |end: &End| Path::parse(&format!("{relay} {}", end.path())).unwrap();
    let direct = |end: &End| Path::parse(&end.path()).unwrap();
    let file = file();
    let terms = |ours: &End, theirs: &End, token: &str| Terms {
        ours: direct(ours),
        theirs: through(theirs),
        octets: file.len() as u64,
        media_type: "application/octet-stream".into(),
        sha1: None,
        active: true,
        token: token.into(),
    };
    let now = Instant::now();
    let mut sender = Sender::new(terms(&alice, &bob, "a1b2c3d4e5f6a7b8"), now);
    let mut receiver = Receiver::new(terms(&bob, &alice, "b1b2c3d4e5f6a7b8"), now);
    let (mut rest, mut stored) = (file.as_slice(), Vec::new());
    let deadline = now + Duration::from_mins(1);
    while alice.over.is_none() || bob.over.is_none() {
        let now = Instant::now();
        assert!(now < deadline, "stored {} of {}", stored.len(), file.len());
        loop {
            match sender.poll_output() {
                Output::Read(most) => {
                    let (piece, after) = rest.split_at(most.min(rest.len()));
                    rest = after;
                    sender.file(piece, now);
                }
                other => {
                    if !alice.does(other) {
                        break;
                    }
                }
            }
        }
        loop {
            match receiver.poll_output() {
                Output::Store(octets) => {
                    stored.extend_from_slice(&octets);
                    receiver.stored(octets.len() as u64, now);
                }
                other => {
                    if !bob.does(other) {
                        break;
                    }
                }
            }
        }
        sender.written(alice.flush(), now);
        receiver.written(bob.flush(), now);
        sender.receive(&alice.read(), now);
        receiver.receive(&bob.read(), now);
        sender.tick(now);
        receiver.tick(now);
    }
    assert!(matches!(alice.over, Some(Event::Done(_))), "{:?}", alice.over);
    assert!(matches!(bob.over, Some(Event::Done(_))), "{:?}", bob.over);
    assert!(stored == file, "what came is another file");
    let _ = alice.stream.shutdown(Shutdown::Both);
}
