//! Rings when the system changes links, addresses or routes, and when its clock makes a leap, as it does after
//! sleep. What exactly happened is not looked at.

use std::io;

#[cfg(target_os = "linux")]
use rustix::fd::AsFd;
#[cfg(target_os = "linux")]
use tokio::net::unix::pipe::Receiver;

/// Told by the kernel.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Bell {
    /// Of links, addresses and routes (rtnetlink(7)). For tokio, which knows no netlink, this is a socket of
    /// datagrams like others: it is read, and nothing else.
    routes: tokio::net::UnixDatagram,
    /// A timer that never ends by itself, but does when the clock on the wall leaps: set by somebody, or set
    /// right after sleep (`timerfd_create(2)`, `TFD_TIMER_CANCEL_ON_SET`). For tokio, which knows no timers of
    /// the kernel's, a pipe.
    clock: Receiver,
}

#[cfg(target_os = "linux")]
impl Bell {
    /// Asks to be told. Needs a tokio runtime around it.
    pub(super) fn hang() -> io::Result<Self> {
        use rustix::net::netlink::SocketAddrNetlink;
        use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // No protocol is NETLINK_ROUTE, whose number is zero.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let clock = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        wind(&clock)?;
        let clock = Receiver::from_owned_fd_unchecked(clock)?;
        Ok(Self { routes: tokio::net::UnixDatagram::from_std(socket.into())?, clock })
    }

    /// Waits for a change; for ever without a bell. One that breaks is taken down.
    pub(super) async fn ring(bell: &mut Option<Self>) {
        if let Some(hung) = bell {
            let rang = tokio::select! {
                routes = hung.routes.readable() => routes.is_ok(),
                clock = hung.clock.readable() => clock.is_ok(),
            };
            if rang {
                return;
            }
            *bell = None;
        }
        std::future::pending::<()>().await;
    }

    /// Throws away what was told so far.
    pub(super) fn silence(&mut self) {
        // `WouldBlock`: it has not rung. All else ends the timer, which is wound up again.
        if !self.clock.try_read(&mut [0; 8]).is_err_and(|fault| fault.kind() == io::ErrorKind::WouldBlock)
            && let Err(fault) = wind(&self.clock)
        {
            tracing::warn!(%fault, "leaps of the clock are not told any more");
        }
        let mut buffer = [0; 8192];
        for _ in 0..MOST {
            match self.routes.try_recv(&mut buffer) {
                // More was told than the kernel keeps.
                Err(fault) if fault.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => {}
                Err(_) => return,
                Ok(_) => {}
            }
        }
    }
}

/// Lets the timer run to a time that never comes.
#[cfg(target_os = "linux")]
fn wind(timer: impl AsFd) -> io::Result<()> {
    use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
    let never = Itimerspec {
        it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: Timespec { tv_sec: i64::from(u32::MAX) * 2, tv_nsec: 0 },
    };
    timerfd_settime(timer, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET, &never)?;
    Ok(())
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
