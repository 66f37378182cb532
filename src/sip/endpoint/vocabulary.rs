//! The words between an endpoint and its user.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Clock, Credentials, Doubt, Proof, Scheme, Schemes};
use crate::sip::fault::Malformed;
use crate::sip::framing::Limits;
use crate::sip::message::Message;
use crate::sip::stun::Answer;
use crate::sip::tokens::Tokens;

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

impl FlowInfo {
    /// Where what comes over the link comes from.
    pub(super) fn source(&self) -> Option<SocketAddr> {
        let ip = self.peer_ip.trim_matches(['[', ']']).parse().ok()?;
        Some(SocketAddr::new(ip, self.peer_port))
    }
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
    /// A client answers 401 and 407 where it can. A server hands them to its user as responses, and
    /// signs with the associations it is given.
    pub side: Sender,
    /// What a client answers challenges with that want a password.
    pub credentials: Option<Credentials>,
    /// What challenges may be answered with.
    pub schemes: Schemes,
    /// The time on the wall, for handshakes that carry it.
    pub clock: Option<Clock>,
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
    /// A final response came that cannot be read.
    Unreadable,
}

/// Why an association is no good any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The other side refused what was signed with it, or there was none.
    Refused,
    /// Its time is over.
    Expired,
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
    /// [`respond`](super::Endpoint::respond); methods never answered (BENOTIFY) have `transaction: None`.
    Request {
        /// To answer with.
        transaction: Option<ServerTransactionId>,
        /// Where it came from.
        flow: Flow,
        /// The request; its top Via has `received` and `rport` filled in.
        request: Box<Message>,
        /// What vouches for it. Only servers see [`Proof::Doubtful`].
        proof: Proof,
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
    /// A Binding request was answered, on a link of datagrams.
    Stun {
        /// Which link.
        flow: Flow,
        /// The answer, to whichever request.
        answer: Answer,
    },
    /// Sign-in made a security association: from now on every message on the link is signed.
    Associated {
        /// Which link.
        flow: Flow,
        /// How.
        scheme: Scheme,
    },
    /// The association of a link is no good any more: send a REGISTER, which will begin without
    /// one. Requests that were refused wait inside the endpoint until it is answered.
    AssociationLost {
        /// Which link.
        flow: Flow,
        /// Why.
        why: Loss,
    },
    /// A request needs a ticket for the SIP service at a host: give it, or say that there is none, with
    /// [`take_ticket`](super::Endpoint::take_ticket). Told once for each challenge; a request that waits
    /// too long goes on without.
    TicketWanted {
        /// Which request.
        request: RequestId,
        /// The host, as the server names it.
        host: String,
    },
    /// A message or a challenge was not believed; the link lives on.
    Doubted {
        /// Which link.
        flow: Flow,
        /// Why.
        doubt: Doubt,
    },
    /// The server told its time along with a challenge.
    ServerTime {
        /// Which link.
        flow: Flow,
        /// `Date` as the server wrote it.
        date: String,
    },
    /// The peer sent what cannot be stood.
    Fault {
        /// Which link.
        flow: Flow,
        /// What.
        fault: Malformed,
        /// Nobody can tell where the stream goes on, so the endpoint closed the link.
        closed: bool,
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
