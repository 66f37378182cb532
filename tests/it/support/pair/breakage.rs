//! Ways to break links and servers beyond [`Pair::cut`] and [`Pair::freeze`].
//!
//! | what breaks | how |
//! | --- | --- |
//! | a link, in the middle of what is under way | [`Pair::reset`] |
//! | one end of a link; the other thinks that it lives | [`Pair::half_open`] |
//! | bytes vanish one way or both | [`Pair::hole`] |
//! | nothing leads to the server from one place | [`Pair::set_reach`] |
//! | the server stands still for a while | [`Pair::stall_server`] |
//! | the server begins anew | [`Pair::restart_server`] |

use std::time::Duration;

use super::{ClientId, DOMAIN, FlowInfo, Happening, Line, LinkId, Pair, Server, Transport, WaitReason, Way};

/// What becomes of attempts to reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// They get there.
    Fine,
    /// They are refused at once.
    Refused,
    /// Nobody answers.
    Silent,
}

/// Which end of a link is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loser {
    /// The client knows that it ended, the server does not.
    Client,
    /// The server knows that it ended, the client does not; what the client sends vanishes.
    Server,
    /// The same, and what the client sends is answered with a reset.
    ServerTells,
}

/// How a server begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// It knows contact lists and access lists as before; never who was signed in.
    pub remembers: bool,
    /// Its links end; else they stay open at the client until it sends something.
    pub says_goodbye: bool,
}

/// What becomes of something that was sent: nothing, itself, or other things; by time, way and bytes.
pub type Tamper = fn(Duration, Way, &[u8]) -> Vec<Vec<u8>>;

/// How long a connect waits for an answer; as `net/connect.rs` has it.
const CONNECT_WAIT: Duration = Duration::from_secs(20);

impl Line {
    /// What the server knows of the link.
    pub(super) fn info(&self, client: ClientId) -> FlowInfo {
        FlowInfo {
            transport: match self.transport {
                Transport::Tls => "TLS",
                Transport::Tcp => "TCP",
                Transport::Udp => "UDP",
            },
            reliable: self.transport != Transport::Udp,
            local: "192.0.2.1:5060".to_owned(),
            peer_ip: format!("192.0.2.{}", 10 + client.0),
            peer_port: u16::try_from(40_000 + self.flow.0 % 20_000).unwrap_or(40_000),
        }
    }
}

impl Pair {
    /// Breaks the links of a client with what is under way: a piece of it may still arrive, even a part of a message;
    /// then both ends learn of it.
    pub fn reset(&mut self, client: ClientId) {
        for link in self.up_links(client) {
            for way in [Way::Up, Way::Down] {
                self.tear(client, link, way);
            }
            self.end(client, link, WaitReason::Closed);
            if let Some(line) = self.clients[client.0].links.get(&link) {
                let flow = line.flow;
                self.plan(self.now, Happening::ServerHearsEnd(flow));
            }
        }
    }

    /// Of what is under way one way a random part arrives now, the rest never.
    fn tear(&mut self, client: ClientId, link: LinkId, way: Way) {
        let is_ours = |happening: &Happening| match happening {
            Happening::ToServer(c, l, _) => way == Way::Up && (*c, *l) == (client, link),
            Happening::ToClient(c, l, _) => way == Way::Down && (*c, *l) == (client, link),
            _ => false,
        };
        let keys: Vec<_> = self.agenda.iter().filter(|(_, h)| is_ours(h)).map(|(key, _)| *key).collect();
        let pieces: Vec<Happening> = keys.iter().filter_map(|key| self.agenda.remove(key)).collect();
        let bytes: Vec<u8> = pieces
            .into_iter()
            .flat_map(|h| match h {
                Happening::ToServer(_, _, bytes) | Happening::ToClient(_, _, bytes) => bytes,
                _ => Vec::new(),
            })
            .collect();
        let keep = usize::try_from(self.chance.below(bytes.len() as u64 + 1)).unwrap_or(0);
        if keep == 0 {
            return;
        }
        let part = bytes[..keep].to_vec();
        match way {
            // The end was not heard of yet on either side.
            Way::Up => self.happen(Happening::ToServer(client, link, part)),
            Way::Down => self.happen(Happening::ToClient(client, link, part)),
        }
    }

    /// One end of a client's links goes; the other end is told nothing.
    pub fn half_open(&mut self, client: ClientId, loser: Loser) {
        for link in self.up_links(client) {
            let Some(line) = self.clients[client.0].links.get_mut(&link) else { continue };
            let flow = line.flow;
            match loser {
                Loser::Client => {
                    line.lost = [true; 2];
                    self.end(client, link, WaitReason::Closed);
                }
                Loser::Server => {
                    line.lost = [true; 2];
                    self.plan(self.now, Happening::ServerHearsEnd(flow));
                }
                Loser::ServerTells => {
                    line.resets = true;
                    self.plan(self.now, Happening::ServerHearsEnd(flow));
                }
            }
        }
    }

    /// Bytes of a client's links that are up vanish from now on: up, down. Nobody is told.
    pub fn hole(&mut self, client: ClientId, lost: [bool; 2]) {
        for link in self.up_links(client) {
            if let Some(line) = self.clients[client.0].links.get_mut(&link) {
                line.lost = lost;
            }
        }
    }

    /// From now on links do this to whatever is sent.
    pub fn set_tamper(&mut self, tamper: Tamper) {
        self.tamper = Some(tamper);
    }

    /// What becomes of links this client wants from now on.
    pub fn set_reach(&mut self, client: ClientId, reach: Reach) {
        self.clients[client.0].reach = reach;
    }

    /// The server does nothing for so long; what comes meanwhile waits.
    pub fn stall_server(&mut self, time: Duration) {
        self.stalled = Some(self.now + time);
    }

    /// The server ends and begins anew.
    pub fn restart_server(&mut self, how: Restart) {
        self.restarts = self.restarts.wrapping_add(1);
        let mut config = self.config.clone();
        config.seed[1] = self.restarts;
        let memory = how.remembers.then(|| self.server.snapshot());
        self.server = Server::new(config);
        if let Some(memory) = memory {
            self.server.restore(memory).unwrap();
        }
        for (flow, (client, link)) in std::mem::take(&mut self.flows) {
            let Some(line) = self.clients[client.0].links.get_mut(&link) else { continue };
            if line.transport == Transport::Udp {
                // A datagram socket has nothing to lose.
                let info = line.info(client);
                self.flows.insert(flow, (client, link));
                self.server.flow_up(flow, info, self.now);
            } else if how.says_goodbye {
                if line.is_up {
                    self.end(client, link, WaitReason::Closed);
                }
            } else {
                line.resets = true;
            }
        }
        self.drain_server();
    }

    /// The link, if the server can be reached; else the client is told, now or later.
    pub(super) fn reached(&mut self, client: ClientId, link: LinkId, line: Line) -> Option<Line> {
        let at = format!("{DOMAIN}:5060");
        match self.clients[client.0].reach {
            _ if line.transport == Transport::Udp => Some(line),
            Reach::Fine if self.is_open => Some(line),
            Reach::Fine | Reach::Refused => {
                self.end(client, link, WaitReason::Refused { at });
                None
            }
            Reach::Silent => {
                self.plan(self.now + CONNECT_WAIT, Happening::ClientHearsEnd(client, link, WaitReason::Timeout { at }));
                None
            }
        }
    }
}
