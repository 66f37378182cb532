//! Rings when the system changes links, addresses or routes. What exactly it did is not looked at.

use std::io;

/// Told of changes by the kernel (rtnetlink(7)). For tokio, which knows no netlink, this is a socket of
/// datagrams like others: it is read, and nothing else.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Bell(tokio::net::UnixDatagram);

#[cfg(target_os = "linux")]
impl Bell {
    /// Asks to be told. Needs a tokio runtime around it.
    pub(super) fn hang() -> io::Result<Self> {
        use rustix::net::netlink::SocketAddrNetlink;
        use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // No protocol is NETLINK_ROUTE, whose number is zero.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        Ok(Self(tokio::net::UnixDatagram::from_std(socket.into())?))
    }

    /// Waits for a change; for ever without a bell. One that breaks is taken down.
    pub(super) async fn ring(bell: &mut Option<Self>) {
        if let Some(hung) = bell {
            if hung.0.readable().await.is_ok() {
                return;
            }
            *bell = None;
        }
        std::future::pending::<()>().await;
    }

    /// Throws away what was told so far.
    pub(super) fn silence(&mut self) {
        let mut buffer = [0; 8192];
        for _ in 0..MOST {
            match self.0.try_recv(&mut buffer) {
                // More was told than the kernel keeps.
                Err(fault) if fault.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => {}
                Err(_) => return,
                Ok(_) => {}
            }
        }
    }
}

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR`, `RTMGRP_IPV6_ROUTE` of
/// `linux/rtnetlink.h`.
#[cfg(target_os = "linux")]
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
/// Told at once, at most: a storm must not keep the account from its work.
#[cfg(target_os = "linux")]
const MOST: usize = 1024;

/// Systems that are looked at from time to time only.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) struct Bell(std::convert::Infallible);

#[cfg(not(target_os = "linux"))]
impl Bell {
    pub(super) fn hang() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) async fn ring(_: &mut Option<Self>) {
        std::future::pending::<()>().await;
    }

    pub(super) fn silence(&mut self) {
        match self.0 {}
    }
}
