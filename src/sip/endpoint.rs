//! The user agent core: bytes of links in, requests and responses out (RFC 3261 sections 8, 17, 22).
//!
//! An [`Endpoint`] frames and parses what links bring, matches it to transactions, retransmits
//! where the link is not reliable, answers 401 and 407 when it has credentials, answers pings,
//! and hands everything else to its user as [`EndpointEvent`]s, in order. The client side and
//! the embedded server use the same type.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::auth::Credentials;
use super::fault::Malformed;
use super::framing::Limits;
use super::message::{Message, Method};
use super::tokens::Tokens;

/// A link as the endpoint numbers it (the same numbers as outside).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow(pub u64);

/// What the endpoint must know of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowInfo {
    /// `TCP`, `TLS` or `UDP`: goes into Via.
    pub transport: &'static str,
    /// Stream: framing by Content-Length, no retransmission. Else datagrams.
    pub reliable: bool,
    /// Our end, `host:port`: goes into Via.
    pub local: String,
    /// The other end's address without port: goes into `received`.
    pub peer_ip: String,
    /// The other end's port: goes into `rport`.
    pub peer_port: u16,
}

/// A client transaction, and what follows from answering its challenges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A server transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerTransactionId(pub u64);

/// Settings of an endpoint.
#[derive(Debug)]
pub struct EndpointConfig {
    /// For `User-Agent` in requests and `Server` in responses.
    pub product: String,
    /// Source of branches, tags and cnonces.
    pub tokens: Tokens,
    /// Answers 401 and 407; `None` hands them to the user as responses.
    pub credentials: Option<Credentials>,
    /// Limits on what a peer may send.
    pub limits: Limits,
    /// Do not answer challenges of less than SHA-256.
    pub refuse_md5: bool,
    /// Bound on open server transactions for each link; beyond it requests get 503.
    pub max_server_transactions: usize,
}

/// Why a request got no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No response in 64*T1 (timer B or F).
    Timeout,
    /// The link went away first: it may have arrived or not.
    LinkDown,
    /// The link was gone before anything was sent.
    NotSent,
}

/// What the endpoint tells its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointEvent {
    /// A response other than 100. Provisional ones come as often as they arrive; the first final
    /// one ends the request (for INVITE, further 2xx of other branches come too).
    Response {
        /// The request it answers.
        request: RequestId,
        /// The response.
        response: Box<Message>,
    },
    /// No final response will come.
    Failed {
        /// The request.
        request: RequestId,
        /// Why.
        why: Failure,
    },
    /// A new request (not a retransmission, not CANCEL or ACK). Answer it with
    /// [`Endpoint::respond`]; methods never answered (BENOTIFY) have `transaction: None`.
    Request {
        /// To answer with.
        transaction: Option<ServerTransactionId>,
        /// Where it came from.
        flow: Flow,
        /// The request; its top Via has `received` and `rport` filled in.
        request: Box<Message>,
    },
    /// ACK to a 2xx of ours (ACKs to other responses stay inside).
    Ack {
        /// Where it came from.
        flow: Flow,
        /// The request.
        request: Box<Message>,
    },
    /// The INVITE of this transaction was cancelled: answer it with 487. The CANCEL is answered.
    Cancelled {
        /// The INVITE's transaction.
        transaction: ServerTransactionId,
    },
    /// Our ping was answered, or any other bytes came: the link lives.
    Alive {
        /// Which link.
        flow: Flow,
        /// It was the answer to a ping.
        pong: bool,
    },
    /// The peer sent what cannot be stood. On a stream the link is closed by the endpoint.
    Fault {
        /// Which link.
        flow: Flow,
        /// What.
        fault: Malformed,
    },
}

/// What the endpoint wants done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointOutput {
    /// Send these bytes.
    Transmit {
        /// On this link.
        flow: Flow,
        /// One message, or a keep-alive.
        bytes: Bytes,
    },
    /// Close the link.
    Close {
        /// Which.
        flow: Flow,
    },
    /// Tell the user.
    Event(EndpointEvent),
}

/// The user agent core. See the module's words.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    outputs: VecDeque<EndpointOutput>,
}

impl Endpoint {
    /// An endpoint without links.
    #[must_use]
    pub fn new(config: EndpointConfig) -> Self {
        Self { config, outputs: VecDeque::new() }
    }

    /// The source of tags and Call-IDs.
    pub fn tokens(&mut self) -> &mut Tokens {
        &mut self.config.tokens
    }

    /// A link came up.
    pub fn flow_up(&mut self, flow: Flow, info: FlowInfo) {
        let _ = (flow, info);
    }

    /// A link is gone; requests open on it fail with [`Failure::LinkDown`].
    pub fn flow_down(&mut self, flow: Flow) {
        let _ = flow;
    }

    /// What is known of a link that is up.
    #[must_use]
    pub fn flow_info(&self, flow: Flow) -> Option<&FlowInfo> {
        let _ = flow;
        None
    }

    /// Bytes came (for datagrams: exactly one). Never fails.
    pub fn handle_bytes(&mut self, flow: Flow, data: &[u8], now: Instant) {
        let _ = (flow, data, now);
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// When [`Endpoint::handle_timeout`] is wanted next.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<EndpointOutput> {
        self.outputs.pop_front()
    }

    /// Sends a request in a new client transaction. The caller gives Request-URI, From with tag,
    /// To, Call-ID, CSeq and everything that is the request's own. The endpoint puts its Via on
    /// top and adds Max-Forwards, User-Agent and known credentials where they are missing. A
    /// challenge is answered by sending again with CSeq + 1 and a new branch, as the same
    /// [`RequestId`]; the CSeq of the final response tells which number was used last.
    pub fn send_request(&mut self, flow: Flow, request: Message, now: Instant) -> RequestId {
        let _ = (flow, request, now);
        RequestId(0)
    }

    /// Sends a CANCEL for an INVITE that has no final response.
    pub fn cancel(&mut self, request: RequestId, now: Instant) {
        let _ = (request, now);
    }

    /// Sends a request outside any transaction: ACK to a 2xx, BENOTIFY. Adds what
    /// [`Endpoint::send_request`] adds.
    pub fn send_stateless(&mut self, flow: Flow, request: Message) {
        let _ = (flow, request);
    }

    /// Answers a request. Fills in a To tag where the request has none, and Server.
    pub fn respond(&mut self, transaction: ServerTransactionId, response: Message, now: Instant) {
        let _ = (transaction, response, now);
    }

    /// Answers a request with nothing but a code.
    pub fn respond_with(&mut self, transaction: ServerTransactionId, code: u16, now: Instant) {
        let _ = (transaction, code, now);
    }

    /// Sends a keep-alive (CR LF CR LF) on a stream; nothing on datagrams.
    pub fn ping(&mut self, flow: Flow) {
        let _ = flow;
    }

    /// Closes a link after what was sent on it.
    pub fn close(&mut self, flow: Flow) {
        self.outputs.push_back(EndpointOutput::Close { flow });
    }

    /// Which method of request is open under an id.
    #[must_use]
    pub fn method_of(&self, request: RequestId) -> Option<&Method> {
        let _ = request;
        None
    }
}
