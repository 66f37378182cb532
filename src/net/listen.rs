//! The other side: listeners for the embedded server.
//!
//! Each connection is a task of its own, so that one slow client costs the others nothing.
//!
//! | what | bound | when full |
//! | --- | --- | --- |
//! | connections | given to [`Flows::new`] | a new one waits at the door |
//! | at each door: those that wait, and those whose TLS handshake is not over | [`AT_THE_DOOR`] | the oldest is closed |
//! | what clients sent and the server has not taken | 256 pieces | reading stops, TCP pushes back |
//! | what waits for one client | [`PIECES`] pieces, [`crate::net::link::WRITE_LIMIT`] octets | the client is dropped: it does not read |
//! | time for a TLS handshake | [`HANDSHAKE_TIME`] | the connection is closed |

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::model::{Transport, WaitReason};
use crate::net::connect::tune;
use crate::net::link::{Link, Polled, Stream, Wire};
use crate::net::octets::Octets;
use crate::net::wires::CLOSING_TIME;

/// Pieces that may wait for one client before its task takes them.
pub const PIECES: usize = 512;

/// Longest TLS handshake.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Connections that may be in their TLS handshake, or wait for others to end, at each door. A
/// handshake takes moments; who takes longer while others come is in their way.
pub const AT_THE_DOOR: usize = 64;

/// Connections the system may hold until they are accepted, if it lets us have so many: all clients of a server
/// that was gone for a moment come at once, and who finds no place tries again a second later.
const QUEUE: u32 = 1024;

/// Octets read from a client at a time.
const READ_SIZE: usize = 16 * 1024;

/// What is known of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowFacts {
    /// The way.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// The client's.
    pub peer: SocketAddr,
}

/// Something happened on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowEvent {
    /// A client is connected, its TLS handshake done.
    Up(u64, FlowFacts),
    /// A client sent this.
    Bytes(u64, Bytes),
    /// The connection ended.
    Down(u64),
}

/// All listeners and connections of one server.
#[derive(Debug)]
pub struct Flows {
    listeners: JoinSet<()>,
    clients: BTreeMap<u64, Client>,
    reports: (mpsc::Sender<Told>, mpsc::Receiver<Told>),
    happened: VecDeque<FlowEvent>,
    room: Arc<Semaphore>,
    ids: Arc<AtomicU64>,
    octets: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Client {
    out: mpsc::Sender<Bytes>,
    cut: Arc<Notify>,
}

#[derive(Debug)]
enum Told {
    Up(u64, FlowFacts, Client),
    Bytes(u64, Bytes),
    Down(u64),
}

impl Flows {
    /// Nothing listens yet; at most so many clients at a time.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        Self {
            listeners: JoinSet::new(),
            clients: BTreeMap::new(),
            reports: mpsc::channel(256),
            happened: VecDeque::new(),
            room: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            ids: Arc::new(AtomicU64::new(1)),
            octets: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Writes one octet at a time to clients that connect from now on, for tests of them.
    pub fn write_octets(&self) {
        self.octets.store(true, Ordering::Relaxed);
    }

    /// Listens on an address, with TLS if a configuration is given; port 0 takes any.
    ///
    /// # Errors
    /// What the system says.
    #[allow(clippy::unused_async, reason = "works within a runtime only, and says so")]
    pub async fn listen(&mut self, at: SocketAddr, tls: Option<Arc<ServerConfig>>) -> io::Result<SocketAddr> {
        let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // As `TcpListener::bind` does; on Windows it would let others take the address.
        #[cfg(not(windows))]
        socket.set_reuseaddr(true)?;
        socket.bind(at)?;
        let listener = socket.listen(QUEUE)?;
        let local = listener.local_addr()?;
        let door = Door {
            listener,
            tls: tls.map(TlsAcceptor::from),
            reports: self.reports.0.clone(),
            room: self.room.clone(),
            ids: self.ids.clone(),
            octets: self.octets.clone(),
        };
        self.listeners.spawn(door.run());
        Ok(local)
    }

    /// Stops listening; connections stay. What was listened on is free again.
    pub async fn stop_listening(&mut self) {
        self.listeners.shutdown().await;
    }

    /// Waits for the next thing to happen. Safe to drop at any time.
    pub async fn next(&mut self) -> FlowEvent {
        loop {
            if let Some(event) = self.happened.pop_front() {
                return event;
            }
            match self.reports.1.recv().await {
                Some(Told::Up(id, facts, client)) => {
                    self.clients.insert(id, client);
                    return FlowEvent::Up(id, facts);
                }
                Some(Told::Bytes(id, bytes)) if self.clients.contains_key(&id) => return FlowEvent::Bytes(id, bytes),
                Some(Told::Down(id)) if self.clients.remove(&id).is_some() => return FlowEvent::Down(id),
                Some(Told::Bytes(..) | Told::Down(_)) => {}
                // We hold a sender ourselves, so this does not come.
                None => std::future::pending().await,
            }
        }
    }

    /// Sends to a client, without waiting. One that does not read is dropped.
    pub fn send(&mut self, id: u64, bytes: Bytes) {
        let Some(client) = self.clients.get(&id) else { return };
        if client.out.try_send(bytes).is_err() {
            self.cut(id);
        }
    }

    /// Closes a connection after what was sent has left; [`FlowEvent::Down`] follows, and nothing
    /// more is heard of it.
    pub fn close(&mut self, id: u64) {
        if self.clients.remove(&id).is_some() {
            self.happened.push_back(FlowEvent::Down(id));
        }
    }

    /// Drops a connection at once, as if the network had; [`FlowEvent::Down`] follows.
    pub fn cut(&mut self, id: u64) {
        if let Some(client) = self.clients.remove(&id) {
            client.cut.notify_one();
            self.happened.push_back(FlowEvent::Down(id));
        }
    }

    /// Drops every connection at once.
    pub fn cut_all(&mut self) {
        for id in self.clients.keys().copied().collect::<Vec<_>>() {
            self.cut(id);
        }
    }

    /// How many clients are connected.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether nobody is connected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }
}

/// One listening socket.
struct Door {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    reports: mpsc::Sender<Told>,
    room: Arc<Semaphore>,
    ids: Arc<AtomicU64>,
    octets: Arc<AtomicBool>,
}

impl Door {
    async fn run(self) {
        // A sender for each connection at the door; when it is dropped, the connection is.
        let mut waiting: VecDeque<oneshot::Sender<()>> = VecDeque::new();
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(fault) => {
                    // Out of file descriptors, most likely: others may close some meanwhile.
                    tracing::warn!(%fault, "no connection can be accepted");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            waiting.retain(|connection| !connection.is_closed());
            if waiting.len() >= AT_THE_DOOR {
                // Many come at once after a failure of the network; those who are let in at once just had no turn yet.
                tokio::task::yield_now().await;
                waiting.retain(|connection| !connection.is_closed());
            }
            if waiting.len() >= AT_THE_DOOR {
                tracing::warn!("too many connections at the door; the oldest was turned away");
                waiting.pop_front();
            }
            let (stays, turned_away) = oneshot::channel();
            waiting.push_back(stays);
            let (tls, reports, room) = (self.tls.clone(), self.reports.clone(), self.room.clone());
            let id = self.ids.fetch_add(1, Ordering::Relaxed);
            let octets = self.octets.load(Ordering::Relaxed);
            tokio::spawn(async move {
                let enter = async {
                    let (wire, facts) = greet(stream, peer, tls, octets).await?;
                    Some((wire, facts, room.acquire_owned().await.ok()?))
                };
                let entered = tokio::select! {
                    entered = enter => entered,
                    _ = turned_away => None,
                };
                if let Some((wire, facts, room)) = entered {
                    serve(id, wire, facts, reports).await;
                    drop(room);
                }
            });
        }
    }
}

/// What was sent to a client may stay without confirmation for so long.
const UNCONFIRMED: Duration = Duration::from_mins(1);

async fn greet(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, octets: bool) -> Option<(Wire, FlowFacts)> {
    tune(&stream, UNCONFIRMED).ok()?;
    let local = stream.local_addr().ok()?;
    let stream: Box<dyn Stream> = if octets { Box::new(Octets(stream)) } else { Box::new(stream) };
    let Some(tls) = tls else {
        return Some((Wire::Stream(stream), FlowFacts { transport: Transport::Tcp, local, peer }));
    };
    match timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some((Wire::Stream(Box::new(stream)), FlowFacts { transport: Transport::Tls, local, peer })),
        Ok(Err(fault)) => {
            tracing::info!(%fault, "a TLS handshake failed");
            None
        }
        Err(_) => None,
    }
}

/// One client, until it or the server ends.
async fn serve(id: u64, wire: Wire, facts: FlowFacts, reports: mpsc::Sender<Told>) {
    let (out, mut pieces) = mpsc::channel(PIECES);
    let cut = Arc::new(Notify::new());
    if reports.send(Told::Up(id, facts, Client { out, cut: cut.clone() })).await.is_err() {
        return;
    }
    let mut link = Link::new(wire);
    loop {
        tokio::select! {
            biased;
            () = cut.notified() => return,
            piece = pieces.recv() => {
                let Some(bytes) = piece else {
                    link.close();
                    let _ = timeout(CLOSING_TIME, poll_fn(|cx| link.poll(cx, false, &mut []))).await;
                    return;
                };
                if link.send(bytes).is_err() {
                    break;
                }
            }
            read = poll_fn(|cx| read(&mut link, cx)) => match read {
                Ok(bytes) => {
                    tokio::select! {
                        () = cut.notified() => return,
                        sent = reports.send(Told::Bytes(id, bytes)) => if sent.is_err() { return },
                    }
                }
                Err(_) => break,
            },
        }
    }
    let _ = reports.send(Told::Down(id)).await;
}

/// Reads what is there. The room for it is taken from the stack, so that thousands of idle connections need none.
fn read(link: &mut Link, cx: &mut Context<'_>) -> Poll<Result<Bytes, WaitReason>> {
    let mut buffer = [0; READ_SIZE];
    link.poll(cx, true, &mut buffer).map(|polled| match polled {
        Polled::Bytes(len) => Ok(Bytes::copy_from_slice(buffer.get(..len).unwrap_or(&[]))),
        Polled::Ended(why) => Err(why),
    })
}

#[cfg(test)]
mod tests;
