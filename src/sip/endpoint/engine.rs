//! [`Endpoint`]: what it holds, its links and its clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;

use super::client::{ClientTransaction, OpenRequest};
use super::server::ServerTransaction;
use super::vocabulary::{EndpointConfig, EndpointEvent, EndpointOutput, Flow, FlowInfo, RequestId};
use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Realms, Signing};
use crate::sip::framing::Framer;
use crate::sip::message::Method;
use crate::sip::stun::{self, TransactionId};
use crate::sip::tokens::Tokens;
use crate::sip::transaction::key::{AckKey, ClientKey, ServerKey};
use crate::sip::transaction::table::Table;

/// The user agent core. See the module's words.
#[derive(Debug)]
pub struct Endpoint {
    pub(super) config: EndpointConfig,
    pub(super) outputs: VecDeque<EndpointOutput>,
    pub(super) links: BTreeMap<Flow, Link>,
    pub(super) clients: Table<ClientKey, ClientTransaction>,
    /// How many of them there may be.
    pub(super) most_clients: usize,
    pub(super) servers: Table<ServerKey, ServerTransaction>,
    pub(super) requests: BTreeMap<RequestId, OpenRequest>,
    pub(super) next_request: u64,
    /// Accepted INVITEs of peers, to find them by their ACK.
    pub(super) accepted: HashMap<AckKey, u64>,
    /// Our INVITEs with a 2xx, to find them by the user's ACK.
    pub(super) answered: HashMap<AckKey, u64>,
    pub(super) realms: Option<Realms>,
    pub(super) signing: Signing,
    /// Requests that wait for an association or a ticket, and until when.
    pub(super) parked: BTreeSet<(Instant, RequestId)>,
}

/// A link that is up.
#[derive(Debug)]
pub(super) struct Link {
    pub info: FlowInfo,
    /// For streams.
    pub framer: Option<Framer>,
    /// Its client transactions.
    pub clients: BTreeSet<u64>,
    /// The requests open on it.
    pub requests: BTreeSet<RequestId>,
    /// Their octets.
    pub unanswered: usize,
    /// Its server transactions.
    pub servers: BTreeSet<u64>,
    /// How many of them wait for the user.
    pub open: usize,
    /// Server transactions that only absorb what is repeated, oldest first.
    pub answered: VecDeque<u64>,
    /// After a fault, or after `close`: nothing more is read or written.
    pub closed: bool,
    /// Our REGISTERs offer to keep the link alive.
    pub keep: bool,
}

impl Endpoint {
    /// An endpoint without links.
    #[must_use]
    pub fn new(mut config: EndpointConfig) -> Self {
        let credentials = config.credentials.take();
        let client = config.side == Sender::Client;
        let realms = client.then(|| Realms::new(credentials, config.schemes, config.refuse_md5));
        let signing = Signing::new(config.side, config.schemes.sign());
        Self {
            config,
            outputs: VecDeque::new(),
            links: BTreeMap::new(),
            clients: Table::default(),
            most_clients: super::client::MAX_CLIENT_TRANSACTIONS,
            servers: Table::default(),
            requests: BTreeMap::new(),
            next_request: 1,
            accepted: HashMap::new(),
            answered: HashMap::new(),
            realms,
            signing,
            parked: BTreeSet::new(),
        }
    }

    /// Lets so many requests be under way at a time. An INVITE counts for 32 s after it was accepted (RFC 6026
    /// section 7.2), so who passes many on needs room.
    pub const fn let_under_way(&mut self, most: usize) {
        self.most_clients = most;
    }

    /// The source of tags and Call-IDs.
    pub fn tokens(&mut self) -> &mut Tokens {
        &mut self.config.tokens
    }

    /// A link came up.
    pub fn flow_up(&mut self, flow: Flow, info: FlowInfo) {
        if self.links.contains_key(&flow) {
            self.flow_down(flow);
        }
        let framer = info.reliable.then(|| Framer::new(self.config.limits));
        let link = Link {
            info,
            framer,
            clients: BTreeSet::new(),
            requests: BTreeSet::new(),
            unanswered: 0,
            servers: BTreeSet::new(),
            open: 0,
            answered: VecDeque::new(),
            closed: false,
            keep: false,
        };
        self.links.insert(flow, link);
    }

    /// A link is gone; requests open on it fail with [`super::Failure::LinkDown`].
    pub fn flow_down(&mut self, flow: Flow) {
        let Some(link) = self.links.remove(&flow) else { return };
        self.drop_clients(&link);
        for id in link.servers {
            self.forget_server(id);
        }
        if let Some(realms) = &mut self.realms {
            realms.forget(flow);
        }
        self.signing.forget(flow);
    }

    /// What is known of a link that is up.
    #[must_use]
    pub fn flow_info(&self, flow: Flow) -> Option<&FlowInfo> {
        self.links.get(&flow).map(|l| &l.info)
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(id) = self.clients.due(now) {
            self.client_timer(id, now);
        }
        while let Some(id) = self.servers.due(now) {
            self.server_timer(id, now);
        }
        self.association_timer(now);
    }

    /// When [`Endpoint::handle_timeout`] is wanted next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let parked = self.parked.first().map(|(until, _)| *until);
        [self.clients.next_due(), self.servers.next_due(), self.signing.next_due(), parked].into_iter().flatten().min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<EndpointOutput> {
        self.outputs.pop_front()
    }

    /// Sends a keep-alive (CR LF CR LF) on a stream; nothing on datagrams.
    pub fn ping(&mut self, flow: Flow) {
        if let Some(framer) = self.links.get_mut(&flow).and_then(|l| l.framer.as_mut()) {
            framer.expect_pong();
            self.transmit(flow, Bytes::from_static(b"\r\n\r\n"));
        }
    }

    /// Sends a Binding request; nothing on streams. Repeating it is the caller's (`sip::stun::Exchange`).
    pub fn ask_binding(&mut self, flow: Flow, id: TransactionId) {
        if self.links.get(&flow).is_some_and(|link| link.framer.is_none()) {
            self.transmit(flow, stun::request(id).into());
        }
    }

    /// From now on our REGISTERs offer to keep the link alive (`keep` of RFC 6223 section 4.2). The Via of
    /// the answer tells whether that is wanted, and how often.
    pub fn offer_keep(&mut self, flow: Flow) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.keep = true;
        }
    }

    /// Closes a link after what was sent on it.
    pub fn close(&mut self, flow: Flow) {
        if let Some(link) = self.links.get_mut(&flow)
            && !link.closed
        {
            link.closed = true;
            self.outputs.push_back(EndpointOutput::Close { flow });
        }
    }

    /// Which method of request is open under an id.
    #[must_use]
    pub fn method_of(&self, request: RequestId) -> Option<&Method> {
        self.requests.get(&request)?.message.method()
    }

    /// Octets of requests sent on a link that have no final answer: nobody knows whether they are
    /// taken from it yet.
    #[must_use]
    pub fn unanswered(&self, flow: Flow) -> usize {
        self.links.get(&flow).map_or(0, |link| link.unanswered)
    }

    /// How many transactions there are, both sides, those included that only absorb repetitions.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether every book is empty, as it must be when all has ended.
    #[cfg(test)]
    pub(super) fn leaves_nothing(&self) -> bool {
        self.transactions() == 0
            && self.requests.is_empty()
            && self.parked.is_empty()
            && self.accepted.is_empty()
            && self.answered.is_empty()
            && self.links.values().all(|l| {
                l.clients.is_empty() && l.requests.is_empty() && l.servers.is_empty() && l.open == 0 && l.unanswered == 0
            })
    }

    pub(super) fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        if self.links.get(&flow).is_some_and(|l| !l.closed) {
            self.outputs.push_back(EndpointOutput::Transmit { flow, bytes });
        }
    }

    pub(super) fn tell(&mut self, event: EndpointEvent) {
        self.outputs.push_back(EndpointOutput::Event(event));
    }
}
