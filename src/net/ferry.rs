//! The connection on which one file travels between two people's machines; `secret` puts TLS over it.

mod secret;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsStream;

pub use secret::Identity;

/// Longest wait for a connection that we make.
const DIAL: Duration = Duration::from_secs(15);
/// Longest wait for the first octet of somebody who came and is to speak first.
const SILENCE: Duration = Duration::from_secs(3);
/// Before somebody is waited for again, when the system had a fault.
const PAUSE: Duration = Duration::from_millis(100);
/// Faults in a row after which nobody is waited for any more.
const MOST_FAULTS: u32 = 50;

/// Connects to where the other side listens.
///
/// # Errors
/// What the system says; [`io::ErrorKind::TimedOut`] after 15 s.
pub async fn dial(place: SocketAddr) -> io::Result<TcpStream> {
    let stream = timeout(DIAL, TcpStream::connect(place)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The connection to somebody who came and showed to be the right one, as far as that shows before the file's own words.
#[derive(Debug)]
pub enum Guest {
    /// By TCP alone, which shows nothing.
    Bare(TcpStream),
    /// By TLS.
    Secret(Box<TlsStream<TcpStream>>),
}

/// Waits for the first octet of somebody who came, and leaves it where it is.
///
/// # Errors
/// What the system says; [`io::ErrorKind::TimedOut`] after 3 s, [`io::ErrorKind::UnexpectedEof`] where they left.
pub async fn first_octet(stream: &TcpStream) -> io::Result<()> {
    let mut octet = [0];
    let count = timeout(SILENCE, stream.peek(&mut octet)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// An open port that waits for the other side.
#[derive(Debug)]
pub struct Port(TcpListener);

impl Port {
    /// Opens the first of these ports that is free.
    ///
    /// # Errors
    /// What the system says of the last one.
    pub fn open(at: IpAddr, ports: &[u16]) -> io::Result<Self> {
        let mut fault = io::Error::new(io::ErrorKind::AddrNotAvailable, "no port is allowed");
        for port in ports {
            match listen(SocketAddr::new(at, *port)) {
                Ok(listener) => return Ok(Self(listener)),
                Err(why) => fault = why,
            }
        }
        Err(fault)
    }

    /// Which it is.
    ///
    /// # Errors
    /// What the system says.
    pub fn number(&self) -> io::Result<u16> {
        self.0.local_addr().map(|at| at.port())
    }

    /// Whoever comes next. Who left again before they were met does not count.
    ///
    /// # Errors
    /// What the system says, when it has said so for 5 s.
    pub async fn visitor(&self) -> io::Result<TcpStream> {
        loop {
            let (stream, _) = patiently(|| self.0.accept()).await?;
            // Some systems refuse this of a connection that is gone.
            if stream.set_nodelay(true).is_ok() {
                return Ok(stream);
            }
        }
    }
}

/// Tries until it goes well: a fault may be the doing of one visitor, or of a program that has all descriptors for a moment.
async fn patiently<T, F>(mut accept: impl FnMut() -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut faults = 0;
    loop {
        match accept().await {
            Err(why) if faults >= MOST_FAULTS => return Err(why),
            Err(_) => {
                faults += 1;
                sleep(PAUSE).await;
            }
            came => return came,
        }
    }
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last connection is still dying can be taken again; on Windows this would let two share one.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(16)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn the_next_free_port_is_taken() {
        let here = IpAddr::from([127, 0, 0, 1]);
        let first = Port::open(here, &[0]).unwrap();
        let taken = first.number().unwrap();
        let second = Port::open(here, &[taken, 0]).unwrap();
        assert_ne!(second.number().unwrap(), taken);
        assert_eq!(Port::open(here, &[taken]).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert!(Port::open(here, &[]).is_err());
        let (came, went) = tokio::join!(first.visitor(), dial(SocketAddr::new(here, taken)));
        assert_eq!(came.unwrap().peer_addr().unwrap(), went.unwrap().local_addr().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_of_one_visitor_ends_nothing_and_one_that_stays_does() {
        let mut tries = 0_u32;
        let came = patiently(|| {
            tries += 1;
            std::future::ready(if tries < 4 { Err(io::Error::from(io::ErrorKind::ConnectionAborted)) } else { Ok(tries) })
        });
        assert_eq!(came.await.unwrap(), 4);
        let begin = tokio::time::Instant::now();
        let never = patiently(|| std::future::ready(Err::<(), _>(io::Error::other("no descriptor is left")))).await;
        assert_eq!(never.unwrap_err().to_string(), "no descriptor is left");
        let waited = begin.elapsed();
        assert!((PAUSE * MOST_FAULTS..PAUSE * (MOST_FAULTS + 1)).contains(&waited), "{waited:?}");
    }

    #[tokio::test]
    async fn who_says_nothing_is_not_waited_for_long() {
        let here = IpAddr::from([127, 0, 0, 1]);
        let port = Port::open(here, &[0]).unwrap();
        let at = SocketAddr::new(here, port.number().unwrap());
        let (came, went) = tokio::join!(port.visitor(), dial(at));
        let (mut came, mut went) = (came.unwrap(), went.unwrap());
        went.write_all(b"x").await.unwrap();
        first_octet(&came).await.unwrap();
        assert_eq!(came.read_u8().await.unwrap(), b'x', "it is still there");
        tokio::time::pause();
        assert_eq!(first_octet(&came).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        tokio::time::resume();
        drop(went);
        assert_eq!(first_octet(&came).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
