//! From which port a connection leaves, where policy names a range.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream, UdpSocket};

/// Connects from any port, or from a free one of the range.
pub(super) async fn connect(to: SocketAddr, range: Option<(u16, u16)>) -> io::Result<TcpStream> {
    let Some((low, high)) = range else { return TcpStream::connect(to).await };
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let mut last = none_free();
    for port in low..=high {
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A port may still belong to a connection that has just ended.
        socket.set_reuseaddr(true)?;
        if let Err(fault) = socket.bind(SocketAddr::new(any, port)) {
            last = fault;
            continue;
        }
        match socket.connect(to).await {
            // The same two ends were connected before.
            Err(fault) if matches!(fault.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable) => last = fault,
            done => return done,
        }
    }
    Err(last)
}

/// A socket for datagrams at any port, or at a free one of the range.
pub(super) async fn bind(any: IpAddr, range: Option<(u16, u16)>) -> io::Result<UdpSocket> {
    let Some((low, high)) = range else { return UdpSocket::bind(SocketAddr::new(any, 0)).await };
    let mut last = none_free();
    for port in low..=high {
        match UdpSocket::bind(SocketAddr::new(any, port)).await {
            Err(fault) => last = fault,
            done => return done,
        }
    }
    Err(last)
}

fn none_free() -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, "no port of the range that policy names is free")
}
