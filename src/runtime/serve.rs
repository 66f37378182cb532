//! Joins the embedded server to sockets.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::demo::{Deregistration, Server, ServerLog, ServerOutput};
use crate::model::{Address, Stamp, Transport};
use crate::net::listen::{AT_THE_DOOR, FlowEvent, FlowFacts, Flows};
use crate::net::tls;
use crate::runtime::server_store::{ServerStore, StoreFault};
use crate::sip::endpoint::{Flow, FlowInfo};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// In clear text.
    pub tcp: Vec<SocketAddr>,
    /// With TLS: address, certificate file, key file.
    pub tls: Vec<(SocketAddr, PathBuf, PathBuf)>,
    /// With TLS, clients must show a certificate of one of these authorities.
    pub client_ca: Option<PathBuf>,
}

impl Doors {
    /// Open files needed for so many connections.
    #[must_use]
    pub const fn descriptors(&self, connections: usize) -> u64 {
        let doors = self.tcp.len().saturating_add(self.tls.len());
        let at_doors = doors.saturating_mul(AT_THE_DOOR.saturating_add(1));
        connections.saturating_add(SPARE).saturating_add(at_doors).saturating_add(OTHER_FILES) as u64
    }
}

/// Open files that are no connections: standard streams, the system's queues, the store being written.
const OTHER_FILES: usize = 32;

/// Connections beyond those the server keeps: a new one must be up before the server can send another
/// one away for it, and that one takes a moment to close.
const SPARE: usize = 64;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {at}: {why}")]
    Listen {
        /// Which.
        at: SocketAddr,
        /// The system's words.
        why: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("{0}")]
    Tls(String),
}

/// What can be asked of a running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerOrder {
    /// Drop every connection at once, as a failing network does.
    Cut,
    /// Stop listening and drop every connection, as a server that went down; or listen again on the
    /// same addresses.
    Refuse(bool),
    /// Sign a user out, with all devices or the one of this endpoint identifier.
    Deregister {
        /// Whom.
        who: Address,
        /// Which device.
        epid: Option<String>,
        /// Why.
        why: Deregistration,
    },
}

impl ServerOrder {
    /// Reads a line of control, as `serve --help` describes it.
    ///
    /// # Errors
    /// What is wrong, in words for the user.
    pub fn parse(line: &str, domain: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["cut"] => Ok(Self::Cut),
            ["deregister", name, why, rest @ ..] if rest.len() < 2 => {
                let who = Address::complete(name, Some(domain)).map_err(|fault| fault.to_string())?;
                let why = Deregistration::parse(why)
                    .ok_or_else(|| format!("`{why}` is no reason: use unregistered, rejected or deactivated"))?;
                Ok(Self::Deregister { who, epid: rest.first().map(|epid| (*epid).to_owned()), why })
            }
            _ => Err("this line is not understood: use `deregister NAME REASON [EPID]` or `cut`".to_owned()),
        }
    }
}

/// How what the server sends is cut into segments, for tests of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Segments {
    /// As it comes.
    #[default]
    Whole,
    /// One octet each.
    Byte,
    /// Up to so many messages to a client at once.
    Coalesce(usize),
}

/// How long a message waits for others.
const GATHERING: Duration = Duration::from_millis(50);

/// Messages that wait for others to leave together.
#[derive(Debug)]
struct Gathered {
    count: usize,
    bytes: BytesMut,
    until: Instant,
}

/// A server on its sockets.
#[derive(Debug)]
pub struct Serving {
    server: Server,
    store: Option<ServerStore>,
    segments: Segments,
    gathered: BTreeMap<u64, Gathered>,
    flows: Flows,
    doors: Vec<(SocketAddr, Option<Arc<rustls::ServerConfig>>)>,
    orders: mpsc::Receiver<ServerOrder>,
    listening: bool,
}

impl Serving {
    /// Opens the doors; the addresses really listened on come first TCP, then TLS, in the order given.
    ///
    /// # Errors
    /// [`ServeError`] in words for the user.
    pub async fn open(
        server: Server,
        doors: Doors,
    ) -> Result<(Self, Vec<(Transport, SocketAddr)>, mpsc::Sender<ServerOrder>), ServeError> {
        let mut wanted: Vec<(SocketAddr, Option<Arc<rustls::ServerConfig>>)> = doors.tcp.iter().map(|at| (*at, None)).collect();
        for (at, cert, key) in &doors.tls {
            let config = tls::server(cert, key, doors.client_ca.as_deref()).map_err(ServeError::Tls)?;
            wanted.push((*at, Some(Arc::new(config))));
        }
        let mut flows = Flows::new(server.most_flows().saturating_add(SPARE));
        let mut open = Vec::new();
        let mut bound = Vec::new();
        for (at, config) in wanted {
            let local = flows.listen(at, config.clone()).await.map_err(|why| ServeError::Listen { at, why })?;
            open.push((if config.is_some() { Transport::Tls } else { Transport::Tcp }, local));
            bound.push((local, config));
        }
        let (orders_tx, orders) = mpsc::channel(8);
        let serving = Self {
            server,
            store: None,
            segments: Segments::Whole,
            gathered: BTreeMap::new(),
            flows,
            doors: bound,
            orders,
            listening: true,
        };
        Ok((serving, open, orders_tx))
    }

    /// Keeps what is kept of users in a file, from which the server was filled.
    #[must_use]
    pub fn with_store(mut self, store: Option<ServerStore>) -> Self {
        self.store = store;
        self
    }

    /// Cuts what is sent otherwise.
    #[must_use]
    pub fn with_segments(mut self, segments: Segments) -> Self {
        self.segments = segments;
        if segments == Segments::Byte {
            self.flows.write_octets();
        }
        self
    }

    /// Serves until the sender of orders is gone.
    pub async fn run(mut self) {
        self.serve().await;
    }

    /// Serves until something else is done; then writes what is not written yet.
    ///
    /// # Errors
    /// [`StoreFault`]: the last changes could not be written.
    pub async fn run_until(mut self, end: impl Future<Output = ()>) -> Result<(), StoreFault> {
        tokio::select! {
            () = self.serve() => {}
            () = end => {}
        }
        match self.store.take() {
            Some(store) => store.close(&self.server).await,
            None => Ok(()),
        }
    }

    async fn serve(&mut self) {
        let mut earliest = Instant::now();
        loop {
            self.drain();
            let due = self.server.next_timeout().map(Instant::from_std).map(|due| due.max(earliest));
            let writes = self.store.as_ref().and_then(|store| store.due(&self.server));
            let leaves = self.gathered.values().map(|gathered| gathered.until).min();
            tokio::select! {
                biased;
                () = at(due) => {
                    self.server.handle_timeout(now());
                    earliest = Instant::now() + Duration::from_millis(1);
                }
                () = at(leaves) => self.let_go(|gathered| gathered.until <= Instant::now()),
                () = at(writes) => if let Some(store) = &mut self.store { store.write(&self.server) },
                () = async { match &mut self.store { Some(store) => store.finished().await, None => std::future::pending().await } } => {}
                order = self.orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                event = self.flows.next() => {
                    self.happened(event);
                    self.drain();
                    // What this brought to others is written before more of it comes: a burst of one
                    // client must not fill what may wait for another who reads.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    fn happened(&mut self, event: FlowEvent) {
        match event {
            // Accepted before the door was shut.
            FlowEvent::Up(id, _) if !self.listening => self.flows.cut(id),
            FlowEvent::Up(id, facts) => self.server.flow_up(Flow(id), info(&facts), now()),
            FlowEvent::Bytes(id, bytes) => self.server.handle_bytes(Flow(id), &bytes, now()),
            FlowEvent::Down(id) => {
                self.gathered.remove(&id);
                self.server.flow_down(Flow(id), now());
            }
        }
    }

    async fn obey(&mut self, order: ServerOrder) {
        match order {
            ServerOrder::Cut => self.flows.cut_all(),
            ServerOrder::Refuse(true) => {
                self.flows.stop_listening().await;
                self.listening = false;
                self.flows.cut_all();
            }
            ServerOrder::Refuse(false) if !self.listening => {
                self.listening = true;
                for (at, config) in self.doors.clone() {
                    if let Err(fault) = self.flows.listen(at, config).await {
                        tracing::error!(%fault, %at, "cannot listen again");
                    }
                }
            }
            ServerOrder::Refuse(false) => {}
            ServerOrder::Deregister { who, epid, why } => {
                let devices = self.server.deregister(&who, epid.as_deref(), why, now());
                tracing::info!(devices, "signed out by order");
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.server.poll() {
            match output {
                ServerOutput::Transmit { flow, bytes } => self.send(flow.0, bytes),
                ServerOutput::Close { flow } => {
                    self.let_go(|_| true);
                    self.flows.close(flow.0);
                }
                ServerOutput::Log(line) => log(&line),
            }
        }
    }

    fn send(&mut self, flow: u64, bytes: Bytes) {
        let Segments::Coalesce(most) = self.segments else { return self.flows.send(flow, bytes) };
        let until = Instant::now() + GATHERING;
        let gathered = self.gathered.entry(flow).or_insert_with(|| Gathered { count: 0, bytes: BytesMut::new(), until });
        gathered.bytes.extend_from_slice(&bytes);
        gathered.count += 1;
        if gathered.count >= most {
            self.let_go(|gathered| gathered.count >= most);
        }
    }

    fn let_go(&mut self, which: impl Fn(&Gathered) -> bool) {
        let ready: Vec<u64> = self.gathered.iter().filter(|(_, gathered)| which(gathered)).map(|(flow, _)| *flow).collect();
        for flow in ready {
            if let Some(gathered) = self.gathered.remove(&flow) {
                self.flows.send(flow, gathered.bytes.freeze());
            }
        }
    }
}

/// Waits for a moment; for ever if there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn info(facts: &FlowFacts) -> FlowInfo {
    FlowInfo {
        transport: match facts.transport {
            Transport::Tls => "TLS",
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        },
        reliable: facts.transport.is_reliable(),
        local: facts.local.to_string(),
        peer_ip: facts.peer.ip().to_string(),
        peer_port: facts.peer.port(),
    }
}

/// Lines of the log name links and outcomes, not people.
fn log(line: &ServerLog) {
    match line {
        ServerLog::SignedIn { flow, .. } => tracing::info!(flow = flow.0, "signed in"),
        ServerLog::SignedOut { flow, .. } => tracing::info!(flow = flow.0, "signed out"),
        ServerLog::WrongCredentials { flow } => tracing::warn!(flow = flow.0, "wrong name or password"),
        ServerLog::HandshakeRejected { flow, why } => tracing::warn!(flow = flow.0, ?why, "an NTLM sign-in was refused"),
        ServerLog::Doubted { flow, doubt } => tracing::warn!(flow = flow.0, why = doubt.word(), "a message was not believed"),
        ServerLog::Message { fate, .. } => tracing::debug!(?fate, "message"),
        ServerLog::Fault { flow, fault } => tracing::warn!(flow = flow.0, ?fault, "a client sent what cannot be understood"),
        ServerLog::Displaced { flow } => tracing::warn!(flow = flow.0, "too many connections; one without a user gave way"),
        ServerLog::TooManyFlows { flow } => tracing::warn!(flow = flow.0, "too many connections"),
    }
}

/// The same moment on both clocks, for [`crate::demo::ServerConfig`].
#[must_use]
pub fn both_clocks() -> (std::time::Instant, Stamp) {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now(), Stamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

#[cfg(test)]
mod tests;
