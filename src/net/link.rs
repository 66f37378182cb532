//! One connection: its read side, and a write buffer with a bound.
//!
//! A link is polled, never awaited: what is to be written leaves while bytes are being read, so two
//! full pipes cannot wait for each other for ever. Nothing here knows a protocol.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UdpSocket;

use crate::model::WaitReason;
use crate::net::tls::session_reason;

/// Most that waits to be written on one link; a peer that lets more pile up is taken for dead.
pub const WRITE_LIMIT: usize = 1024 * 1024;

/// Most that is read at a time. Also the largest datagram.
pub const READ_SIZE: usize = 64 * 1024;

/// A stream of bytes in both directions: TCP, TLS, or a pipe in a test.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What a link runs over.
pub enum Wire {
    /// Bytes in order.
    Stream(Box<dyn Stream>),
    /// Datagrams from and to one peer; the socket is connected.
    Datagram(UdpSocket),
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream(_) => "Wire::Stream",
            Self::Datagram(_) => "Wire::Datagram",
        })
    }
}

/// What polling a link found.
#[derive(Debug, PartialEq, Eq)]
pub enum Polled {
    /// So many bytes are in the buffer.
    Bytes(usize),
    /// The link has ended.
    Ended(WaitReason),
}

/// One connection.
///
/// ```text
///            close()                 all written, shut down
///   Open ──────────────▶ Closing ──────────────────────────▶ Ended(Closed)
///     │                     │
///     └─────────────────────┴── end of stream, fault ──────▶ Ended(why)
/// ```
#[derive(Debug)]
pub struct Link {
    wire: Wire,
    queue: VecDeque<Bytes>,
    queued: usize,
    flush_due: bool,
    closing: bool,
    /// Our end and the other, where that is known.
    pub ends: Option<(SocketAddr, SocketAddr)>,
}

/// The write buffer of a link is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl Link {
    /// Starts with nothing to write.
    #[must_use]
    pub const fn new(wire: Wire) -> Self {
        Self { wire, queue: VecDeque::new(), queued: 0, flush_due: false, closing: false, ends: None }
    }

    /// Takes bytes to be written when there is room. A datagram for which there is no room is lost,
    /// as datagrams are; a stream for which there is none is dead.
    ///
    /// # Errors
    /// [`Overflow`]: more than [`WRITE_LIMIT`] would wait; the link is to be dropped.
    pub fn send(&mut self, bytes: Bytes) -> Result<(), Overflow> {
        if self.closing || bytes.is_empty() {
            return Ok(());
        }
        if self.queued.saturating_add(bytes.len()) > WRITE_LIMIT {
            return match self.wire {
                Wire::Stream(_) => Err(Overflow),
                Wire::Datagram(_) => Ok(()),
            };
        }
        self.queued = self.queued.saturating_add(bytes.len());
        self.queue.push_back(bytes);
        Ok(())
    }

    /// How many bytes wait to be written.
    #[must_use]
    pub const fn queued(&self) -> usize {
        self.queued
    }

    /// Ends the link once all is written. What still arrives is thrown away.
    pub const fn close(&mut self) {
        self.closing = true;
    }

    /// Writes what can be written, then reads once into `buffer` if `may_read`.
    pub fn poll(&mut self, cx: &mut Context<'_>, may_read: bool, buffer: &mut [u8]) -> Poll<Polled> {
        match self.poll_write(cx) {
            Poll::Ready(Err(fault)) => return Poll::Ready(Polled::Ended(self.last_word(cx, &fault))),
            Poll::Ready(Ok(())) if self.closing => {
                return match self.poll_shutdown(cx) {
                    Poll::Ready(_) => Poll::Ready(Polled::Ended(WaitReason::Closed)),
                    Poll::Pending => Poll::Pending,
                };
            }
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        if self.closing || !may_read {
            return Poll::Pending;
        }
        let mut read = ReadBuf::new(buffer);
        match ready!(self.poll_read(cx, &mut read)) {
            Err(fault) => Poll::Ready(Polled::Ended(self.reason(&fault))),
            Ok(()) if read.filled().is_empty() && matches!(self.wire, Wire::Stream(_)) => {
                Poll::Ready(Polled::Ended(WaitReason::Closed))
            }
            Ok(()) => Poll::Ready(Polled::Bytes(read.filled().len())),
        }
    }

    /// Why nothing can be written any more: a server that closes TLS in anger says so before, and that
    /// explains more than that the connection is gone.
    fn last_word(&mut self, cx: &mut Context<'_>, fault: &io::Error) -> WaitReason {
        let mut some = [0; 256];
        match self.poll_read(cx, &mut ReadBuf::new(&mut some)) {
            Poll::Ready(Err(said)) if tls_fault(&said).is_some() => self.reason(&said),
            _ => self.reason(fault),
        }
    }

    /// Nobody at the other end of a datagram socket is told by the network, late.
    fn reason(&self, fault: &io::Error) -> WaitReason {
        match &self.wire {
            Wire::Datagram(socket) if fault.kind() == io::ErrorKind::ConnectionRefused => {
                WaitReason::Refused { at: socket.peer_addr().map(|at| at.to_string()).unwrap_or_default() }
            }
            Wire::Datagram(_) | Wire::Stream(_) => reason(fault),
        }
    }

    /// Writes until nothing waits ([`Poll::Ready`]) or the peer takes no more.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(front) = self.queue.front_mut() {
            match &mut self.wire {
                Wire::Stream(stream) => {
                    let n = ready!(Pin::new(stream).poll_write(cx, front))?;
                    if n == 0 {
                        return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                    }
                    let n = n.min(front.len());
                    front.advance(n);
                    self.queued = self.queued.saturating_sub(n);
                    self.flush_due = true;
                    if front.is_empty() {
                        self.queue.pop_front();
                    }
                }
                Wire::Datagram(socket) => {
                    let sent = ready!(socket.poll_send(cx, front));
                    self.queued = self.queued.saturating_sub(front.len());
                    self.queue.pop_front();
                    sent?;
                }
            }
        }
        if self.flush_due
            && let Wire::Stream(stream) = &mut self.wire
        {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.flush_due = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Stream(stream) => Pin::new(stream).poll_read(cx, into),
            Wire::Datagram(socket) => socket.poll_recv(cx, into),
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Stream(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Datagram(_) => Poll::Ready(Ok(())),
        }
    }
}

/// What a fault of a socket means to the user.
#[must_use]
pub fn reason(fault: &io::Error) -> WaitReason {
    use io::ErrorKind;
    if let Some(fault) = tls_fault(fault) {
        return session_reason(fault);
    }
    match fault.kind() {
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::WriteZero => WaitReason::Closed,
        _ => WaitReason::Network { detail: plain(fault) },
    }
}

fn tls_fault(fault: &io::Error) -> Option<&rustls::Error> {
    fault.get_ref().and_then(|inner| inner.downcast_ref())
}

/// The system's words without its error number.
#[must_use]
pub fn plain(fault: &io::Error) -> String {
    let text = fault.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
