//! Joins the embedded server to sockets.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::demo::{Deregistration, Server, ServerLog, ServerOutput};
use crate::model::{Address, Stamp, Transport};
use crate::net::listen::{FlowEvent, FlowFacts, Flows};
use crate::net::tls;
use crate::sip::endpoint::{Flow, FlowInfo};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// In clear text.
    pub tcp: Vec<SocketAddr>,
    /// With TLS: address, certificate file, key file.
    pub tls: Vec<(SocketAddr, PathBuf, PathBuf)>,
    /// Connections at a time.
    pub connections: usize,
}

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

/// A server on its sockets.
#[derive(Debug)]
pub struct Serving {
    server: Server,
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
            let config = tls::server(cert, key).map_err(ServeError::Tls)?;
            wanted.push((*at, Some(Arc::new(config))));
        }
        let mut flows = Flows::new(doors.connections);
        let mut open = Vec::new();
        let mut bound = Vec::new();
        for (at, config) in wanted {
            let local = flows.listen(at, config.clone()).await.map_err(|why| ServeError::Listen { at, why })?;
            open.push((if config.is_some() { Transport::Tls } else { Transport::Tcp }, local));
            bound.push((local, config));
        }
        let (orders_tx, orders) = mpsc::channel(8);
        Ok((Self { server, flows, doors: bound, orders, listening: true }, open, orders_tx))
    }

    /// Serves until the sender of orders is gone.
    pub async fn run(mut self) {
        let mut earliest = Instant::now();
        loop {
            self.drain();
            let due = self.server.next_timeout().map(Instant::from_std).map(|due| due.max(earliest));
            tokio::select! {
                biased;
                () = async { match due { Some(due) => sleep_until(due).await, None => std::future::pending().await } } => {
                    self.server.handle_timeout(now());
                    earliest = Instant::now() + Duration::from_millis(1);
                }
                order = self.orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                event = self.flows.next() => self.happened(event),
            }
        }
    }

    fn happened(&mut self, event: FlowEvent) {
        match event {
            // Accepted before the door was shut.
            FlowEvent::Up(id, _) if !self.listening => self.flows.cut(id),
            FlowEvent::Up(id, facts) => self.server.flow_up(Flow(id), info(&facts), now()),
            FlowEvent::Bytes(id, bytes) => self.server.handle_bytes(Flow(id), &bytes, now()),
            FlowEvent::Down(id) => self.server.flow_down(Flow(id), now()),
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
                ServerOutput::Transmit { flow, bytes } => self.flows.send(flow.0, bytes),
                ServerOutput::Close { flow } => self.flows.close(flow.0),
                ServerOutput::Log(line) => log(&line),
            }
        }
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
        ServerLog::Message { fate, .. } => tracing::debug!(?fate, "message"),
        ServerLog::Fault { flow, fault } => tracing::warn!(flow = flow.0, ?fault, "a client sent what cannot be understood"),
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
