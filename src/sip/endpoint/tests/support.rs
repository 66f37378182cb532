//! One endpoint on a bench: the test plays its peer, its user and its clock.

use std::time::{Duration, Instant};

use crate::sip::auth::ntlm::Sender;
use crate::sip::auth::{Credentials, Doubt, Scheme, Schemes};
use crate::sip::endpoint::{
    Endpoint, EndpointConfig, EndpointEvent, EndpointOutput, Failure, Flow, FlowInfo, Loss, RequestId, ServerTransactionId,
};
use crate::sip::framing::Limits;
use crate::sip::message::{Message, Method, parse_datagram};
use crate::sip::tokens::Tokens;

pub(super) const FLOW: Flow = Flow(1);

pub(super) struct Bench {
    pub endpoint: Endpoint,
    pub now: Instant,
}

/// What came out, made short.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Out {
    Sent(Message),
    Raw(String),
    Closed,
    Response(RequestId, Message),
    Failed(RequestId, Failure),
    Request(Option<ServerTransactionId>, Message),
    Ack(Message),
    Cancelled(ServerTransactionId),
    Pong,
    Fault,
    Associated(Scheme),
    Lost(Loss),
    Doubted(Doubt),
    Ticket(RequestId, String),
    Time(String),
}

pub(super) fn config(credentials: bool) -> EndpointConfig {
    EndpointConfig {
        product: "chinwag/test".to_owned(),
        tokens: Tokens::from_number(7),
        side: if credentials { Sender::Client } else { Sender::Server },
        credentials: credentials.then(|| Credentials::new("alice", "Passw0rd!")),
        schemes: Schemes::ANY,
        clock: None,
        limits: Limits::default(),
        refuse_md5: false,
        max_server_transactions: 4,
    }
}

pub(super) fn link(reliable: bool) -> FlowInfo {
    FlowInfo {
        transport: if reliable { "TCP" } else { "UDP" },
        reliable,
        local: "192.0.2.10:5060".to_owned(),
        peer_ip: "198.51.100.1".to_owned(),
        peer_port: 40000,
    }
}

impl Bench {
    pub(super) fn with(config: EndpointConfig, reliable: bool) -> Self {
        let mut endpoint = Endpoint::new(config);
        endpoint.flow_up(FLOW, link(reliable));
        Self { endpoint, now: Instant::now() }
    }

    pub(super) fn tcp() -> Self {
        Self::with(config(true), true)
    }

    pub(super) fn udp() -> Self {
        Self::with(config(true), false)
    }

    /// All that came out since the last time, `Alive` without pong left away.
    pub(super) fn out(&mut self) -> Vec<Out> {
        let mut all = Vec::new();
        while let Some(output) = self.endpoint.poll() {
            all.push(match output {
                EndpointOutput::Transmit { bytes, .. } => match parse_datagram(&bytes) {
                    Ok(message) => Out::Sent(message),
                    Err(_) => Out::Raw(String::from_utf8_lossy(&bytes).into_owned()),
                },
                EndpointOutput::Close { .. } => Out::Closed,
                EndpointOutput::Event(event) => match event {
                    EndpointEvent::Response { request, response } => Out::Response(request, *response),
                    EndpointEvent::Failed { request, why } => Out::Failed(request, why),
                    EndpointEvent::Request { transaction, request, .. } => Out::Request(transaction, *request),
                    EndpointEvent::Ack { request, .. } => Out::Ack(*request),
                    EndpointEvent::Cancelled { transaction } => Out::Cancelled(transaction),
                    EndpointEvent::Alive { pong: true, .. } => Out::Pong,
                    EndpointEvent::Alive { pong: false, .. } | EndpointEvent::Stun { .. } => continue,
                    EndpointEvent::Fault { .. } => Out::Fault,
                    EndpointEvent::Associated { scheme, .. } => Out::Associated(scheme),
                    EndpointEvent::AssociationLost { why, .. } => Out::Lost(why),
                    EndpointEvent::Doubted { doubt, .. } => Out::Doubted(doubt),
                    EndpointEvent::TicketWanted { request, host } => Out::Ticket(request, host),
                    EndpointEvent::ServerTime { date, .. } => Out::Time(date),
                },
            });
        }
        all
    }

    /// Start lines of requests and codes of responses that came out, one word each.
    pub(super) fn words(&mut self) -> Vec<String> {
        self.out().iter().map(word).collect()
    }

    /// The one message that came out, and nothing else.
    pub(super) fn sent(&mut self) -> Message {
        let mut out = self.out();
        assert_eq!(out.len(), 1, "{out:?}");
        match out.remove(0) {
            Out::Sent(message) => message,
            other => panic!("expected a message, not {other:?}"),
        }
    }

    /// Milliseconds pass, every timer on its time.
    pub(super) fn wait(&mut self, millis: u64) {
        let until = self.now + Duration::from_millis(millis);
        while let Some(at) = self.endpoint.next_timeout().filter(|at| *at <= until) {
            assert!(at >= self.now, "a timer in the past");
            self.now = at;
            self.endpoint.handle_timeout(at);
        }
        self.now = until;
    }

    pub(super) fn receive(&mut self, message: &Message) {
        self.endpoint.handle_bytes(FLOW, &message.to_bytes(), self.now);
    }

    pub(super) fn send(&mut self, request: &Message) -> RequestId {
        self.endpoint.send_request(FLOW, request.clone(), self.now)
    }

    /// The open server transaction of the request that just came.
    pub(super) fn incoming(&mut self, request: &Message) -> (ServerTransactionId, Message) {
        self.receive(request);
        match self.out().pop() {
            Some(Out::Request(Some(transaction), request)) => (transaction, request),
            other => panic!("expected a request, not {other:?}"),
        }
    }
}

pub(super) fn word(out: &Out) -> String {
    match out {
        Out::Sent(message) => match message.method() {
            Some(method) => format!("> {method}"),
            None => format!("> {}", message.status().unwrap()),
        },
        Out::Raw(text) => format!("> {text:?}"),
        Out::Closed => "closed".to_owned(),
        Out::Response(_, response) => format!("{}", response.status().unwrap()),
        Out::Failed(_, why) => format!("{why:?}"),
        Out::Request(_, request) => format!("{}", request.method().unwrap()),
        Out::Ack(_) => "ACK".to_owned(),
        Out::Cancelled(_) => "cancelled".to_owned(),
        Out::Pong => "pong".to_owned(),
        Out::Fault => "fault".to_owned(),
        Out::Associated(scheme) => format!("associated {scheme}"),
        Out::Lost(why) => format!("lost {why:?}"),
        Out::Doubted(doubt) => doubt.word().to_owned(),
        Out::Ticket(_, host) => format!("ticket for {host}"),
        Out::Time(date) => format!("time {date}"),
    }
}

/// A request of the user's.
pub(super) fn request(method: Method, uri: &str, call_id: &str) -> Message {
    let cseq = format!("1 {method}");
    let mut message = Message::request(method, uri);
    message.headers.push("From", "<sip:alice@example.test>;tag=a");
    message.headers.push("To", format!("<{uri}>"));
    message.headers.push("Call-ID", call_id);
    message.headers.push("CSeq", cseq);
    message
}

/// A request of the peer's.
pub(super) fn peer_request(method: Method, branch: &str) -> Message {
    let mut message = request(method, "sip:alice@192.0.2.10:5060", branch);
    message.headers.push_front("Via", format!("SIP/2.0/UDP 198.51.100.1:40000;branch={branch}"));
    message
}

/// The peer's response to what the endpoint sent.
pub(super) fn response(sent: &Message, code: u16) -> Message {
    let mut response = Message::response_to(sent, code);
    let to = response.header("To").unwrap();
    if code > 100 && !to.contains("tag=") {
        response.headers.set("To", format!("{to};tag=b"));
    }
    response
}
