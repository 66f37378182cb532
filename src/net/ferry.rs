//! The connection on which one file travels between two people's machines; `secret` puts TLS over it.

mod secret;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

pub use secret::Identity;

/// Longest wait for a connection that we make.
const DIAL: Duration = Duration::from_secs(15);

/// Connects to where the other side listens.
///
/// # Errors
/// What the system says; [`io::ErrorKind::TimedOut`] after 15 s.
pub async fn dial(place: SocketAddr) -> io::Result<TcpStream> {
    let stream = timeout(DIAL, TcpStream::connect(place)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    stream.set_nodelay(true)?;
    Ok(stream)
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

    /// Whoever comes next.
    ///
    /// # Errors
    /// What the system says.
    pub async fn visitor(&self) -> io::Result<TcpStream> {
        let (stream, _) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last connection is still dying can be taken again; on Windows this would let two share one.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(4)
}

#[cfg(test)]
mod tests {
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
}
