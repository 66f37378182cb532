//! A wire that is reset in the middle of what it carries.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Way;

/// What still passes one way before the reset.
type Cut = Arc<Mutex<Option<(Way, usize)>>>;

/// Carries TCP connections to a port of this machine.
pub struct Shears {
    /// Where to connect.
    pub port: u16,
    cut: Cut,
}

impl Shears {
    /// A wire to `server`.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Cut::default();
        let shared = Arc::clone(&cut);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], server))) else { continue };
                let cut = Arc::clone(&shared);
                std::thread::spawn(move || carry(near, far, &cut));
            }
        });
        Self { port, cut }
    }

    /// Lets so many more octets through this way, then resets the connection at both ends. Connections after it are
    /// whole.
    pub fn cut_after(&self, way: Way, octets: usize) {
        *self.cut.lock().unwrap() = Some((way, octets));
    }

    /// Whether the cut was made.
    pub fn has_cut(&self) -> bool {
        self.cut.lock().unwrap().is_none()
    }
}

/// One thread owns both ends: closing them is what resets them.
fn carry(mut near: TcpStream, mut far: TcpStream, cut: &Cut) {
    for end in [&near, &far] {
        end.set_nonblocking(true).unwrap();
        let _ = end.set_nodelay(true);
        socket2::SockRef::from(end).set_linger(Some(Duration::ZERO)).unwrap();
    }
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let mut idle = true;
        for way in [Way::Up, Way::Down] {
            let (from, to) = if way == Way::Up { (&mut near, &mut far) } else { (&mut far, &mut near) };
            match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    idle = false;
                    let most = passes(cut, way, count);
                    if write(to, &buffer[..most]).is_err() || most < count {
                        return;
                    }
                }
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
        if idle {
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }
}

/// How much of this passes.
fn passes(cut: &Cut, way: Way, count: usize) -> usize {
    let mut cut = cut.lock().unwrap();
    match &mut *cut {
        Some((which, left)) if *which == way => {
            if count > *left {
                let last = *left;
                *cut = None;
                return last;
            }
            *left -= count;
            count
        }
        _ => count,
    }
}

fn write(to: &mut TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(fault) if fault.kind() == ErrorKind::WouldBlock => std::thread::park_timeout(Duration::from_millis(2)),
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}
