//! A wire that delays what it carries and keeps a record of it: one proxy on loopback for any client.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chinwag::sip::framing::{Frame, Framer, Limits};
use chinwag::sip::message::Message;

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// Bytes, and when they came out at the far end.
#[derive(Debug, Clone)]
pub struct Piece {
    /// When.
    pub at: Instant,
    /// Which way.
    pub way: Way,
    /// What.
    pub bytes: Vec<u8>,
}

/// A message, and when its last octet came out.
#[derive(Debug)]
#[allow(dead_code, reason = "tests look at the messages only")]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// Which way.
    pub way: Way,
    /// Octets of it.
    pub octets: usize,
    /// The message.
    pub message: Message,
}

/// One wire to a port of this machine; each connection through it is delayed by `delay` one way.
pub struct Tap {
    /// Where to connect.
    pub port: u16,
    pieces: Arc<Mutex<Vec<Piece>>>,
    began: Arc<Mutex<Option<Instant>>>,
}

impl Tap {
    /// A wire to `server`.
    pub fn to(server: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (pieces, began) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
        let (all, first) = (Arc::clone(&pieces), Arc::clone(&began));
        // Ends with the process.
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                first.lock().unwrap().get_or_insert_with(Instant::now);
                // The handshake of TCP takes a round trip as well.
                std::thread::sleep(delay * 2);
                let Ok(far) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], server))) else { continue };
                for stream in [&near, &far] {
                    let _ = stream.set_nodelay(true);
                }
                for (from, to, way) in [(&near, &far, Way::Up), (&far, &near, Way::Down)] {
                    carry(from.try_clone().unwrap(), to.try_clone().unwrap(), way, delay, Arc::clone(&all));
                }
            }
        });
        Self { port, pieces, began }
    }

    /// When the first connection was asked for.
    #[allow(dead_code, reason = "not every user asks")]
    pub fn began(&self) -> Option<Instant> {
        *self.began.lock().unwrap()
    }

    /// When something passed last.
    #[allow(dead_code, reason = "not every user asks")]
    pub fn last(&self) -> Option<Instant> {
        self.pieces.lock().unwrap().last().map(|p| p.at)
    }

    /// Every message so far in the order in which they came out. For one connection.
    pub fn messages(&self) -> Vec<Seen> {
        let pieces = self.pieces.lock().unwrap().clone();
        let mut framers = [Framer::new(Limits::default()), Framer::new(Limits::default())];
        let mut seen = Vec::new();
        for piece in pieces {
            let framer = &mut framers[usize::from(piece.way == Way::Down)];
            framer.push(&piece.bytes);
            while let Ok(Some(frame)) = framer.next_frame() {
                if let Frame::Message(message) = frame {
                    let octets = message.to_bytes().len();
                    seen.push(Seen { at: piece.at, way: piece.way, octets, message: *message });
                }
            }
        }
        seen
    }

    /// Messages of the client with this method.
    #[allow(dead_code, reason = "not every user asks")]
    pub fn requests(&self, method: &str) -> usize {
        self.messages().iter().filter(|s| s.way == Way::Up && s.message.method().is_some_and(|m| m.as_str() == method)).count()
    }

    /// Octets one way until a moment.
    #[allow(dead_code, reason = "not every user asks")]
    pub fn octets(&self, way: Way, until: Instant) -> usize {
        self.pieces.lock().unwrap().iter().filter(|p| p.way == way && p.at <= until).map(|p| p.bytes.len()).sum()
    }
}

/// One direction: what was read is written when its time has come, in order, without holding up what follows.
fn carry(mut from: TcpStream, to: TcpStream, way: Way, delay: Duration, all: Arc<Mutex<Vec<Piece>>>) {
    let (send, due) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count) = from.read(&mut buffer) {
            if count == 0 || send.send((Instant::now() + delay, buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    std::thread::spawn(move || deliver(&due, to, way, &all));
}

fn deliver(due: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream, way: Way, all: &Mutex<Vec<Piece>>) {
    while let Ok((at, bytes)) = due.recv() {
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        // Noted before it is written: the reader may act at once.
        all.lock().unwrap().push(Piece { at: Instant::now(), way, bytes: bytes.clone() });
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
