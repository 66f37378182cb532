//! Conversations on the wire: text in, answers out.

mod access;
mod batch;
mod deregister;
mod golden;
mod hostile;
mod lists;
mod message;
mod personas;
mod presence;
mod register;
mod register_lcs;
mod restart;
mod rtc;
mod service;
mod sessions;
mod talks;
mod together;
mod xcap;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Feature, Features, Server, ServerConfig, ServerLog, ServerOutput, User};
use crate::model::Stamp;
use crate::sip::auth::digest::Signed;
use crate::sip::auth::{Challenge, Credentials};
use crate::sip::endpoint::{Flow, FlowInfo};
use crate::sip::framing::{Frame, Framer, Limits};
use crate::sip::message::{AuthParams, Message, Method};

/// A server and what it has sent, with time by hand.
pub struct Wire {
    pub server: Server,
    pub now: Instant,
    pub logs: Vec<ServerLog>,
    pub closed: Vec<Flow>,
    framers: BTreeMap<Flow, Framer>,
    received: BTreeMap<Flow, Vec<Message>>,
    branch: u32,
}

/// Two users, no Digest: for everything that is not about signing in.
pub fn open() -> Wire {
    Wire::new(|config| config.features = Features::without(&[Feature::Digest, Feature::Ntlm]))
}

/// As [`open`], with everything of LCS on but what is named.
pub fn lcs(disabled: &[Feature]) -> Wire {
    Wire::new(|config| config.features = lcs_without(disabled))
}

/// No authentication, everything else on but what is named.
pub fn lcs_without(disabled: &[Feature]) -> Features {
    let all = [Feature::Batch, Feature::Benotify, Feature::Piggyback, Feature::Autoextend, Feature::Lcs];
    let on: Vec<Feature> = all.into_iter().filter(|f| !disabled.contains(f)).collect();
    Features::without(&Feature::ALL).with(&on)
}

impl Wire {
    /// Users `alice` (password `secret-a`), `bob` (`secret-b`) and `carol` (`secret-c`) at `example.test`.
    pub fn new(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let now = Instant::now();
        let users = [("alice", "Alice"), ("bob", "Bob"), ("carol", "")]
            .map(|(name, display)| User::with_password(name, display, "example.test", &format!("secret-{}", &name[..1])));
        let started = (now, Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap());
        let mut config = ServerConfig::new("example.test", users.to_vec(), [7; 32], started);
        change(&mut config);
        Self {
            server: Server::new(config),
            now,
            logs: Vec::new(),
            closed: Vec::new(),
            framers: BTreeMap::new(),
            received: BTreeMap::new(),
            branch: 0,
        }
    }

    /// A stream from a client.
    pub fn tcp(&mut self, number: u64) -> Flow {
        let flow = Flow(number);
        let info = FlowInfo {
            transport: "TCP",
            reliable: true,
            local: "192.0.2.1:5060".into(),
            peer_ip: format!("192.0.2.{}", 10 + number),
            peer_port: 40_000,
        };
        self.server.flow_up(flow, info, self.now);
        self.collect();
        flow
    }

    /// Sends a request given as lines; blank lines in front of the text are taken off. Via,
    /// Max-Forwards, Call-ID, CSeq and Content-Length are added where the text has none.
    pub fn send(&mut self, flow: Flow, text: &str) {
        let (head, body) = match text.trim_start().split_once("\n\n") {
            Some((head, body)) => (head.to_owned(), body.to_owned()),
            None => (text.trim().to_owned(), String::new()),
        };
        let lines: Vec<&str> = head.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let has =
            |name: &str| lines.iter().any(|l| l.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())));
        let method = lines[0].split(' ').next().unwrap().to_owned();
        self.branch += 1;
        let mut wire = format!("{}\r\n", lines[0]);
        if !has("Via") {
            write!(wire, "Via: SIP/2.0/TCP client.test;branch=z9hG4bKtest{};rport\r\n", self.branch).unwrap();
        }
        for (name, value) in [
            ("Max-Forwards", "70".to_owned()),
            ("Call-ID", format!("call-{}", self.branch)),
            ("CSeq", format!("{} {method}", self.branch)),
        ] {
            if !has(name) {
                write!(wire, "{name}: {value}\r\n").unwrap();
            }
        }
        for line in &lines[1..] {
            write!(wire, "{line}\r\n").unwrap();
        }
        write!(wire, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.server.handle_bytes(flow, wire.as_bytes(), self.now);
        self.collect();
    }

    /// Sends a request and returns the one answer to it.
    pub fn ask(&mut self, flow: Flow, text: &str) -> Message {
        self.send(flow, text);
        let all = self.take(flow);
        let (mut answers, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|m| m.status().is_some());
        self.received.entry(flow).or_default().splice(0..0, others);
        assert_eq!(answers.len(), 1, "one answer wanted: {answers:?}");
        answers.remove(0)
    }

    /// As [`Wire::ask`], answering a challenge with this password.
    pub fn ask_signed(&mut self, flow: Flow, text: &str, user: &str, password: &str) -> Message {
        let first = self.ask(flow, text);
        let (field, name) = match first.status() {
            Some(401) => ("WWW-Authenticate", "Authorization"),
            Some(407) => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => return first,
        };
        let value = digest_challenge(&first, field);
        let signed = sign(&value, text, user, password, 1);
        self.ask(flow, &with_header(text, &format!("{name}: {signed}")))
    }

    /// Everything the server has sent on a link since the last call.
    pub fn take(&mut self, flow: Flow) -> Vec<Message> {
        self.received.remove(&flow).unwrap_or_default()
    }

    /// The one request the server has sent on a link.
    pub fn take_one(&mut self, flow: Flow) -> Message {
        let mut all = self.take(flow);
        assert_eq!(all.len(), 1, "one message wanted: {all:?}");
        all.remove(0)
    }

    /// Answers a request of the server.
    pub fn answer(&mut self, flow: Flow, request: &Message, code: u16) {
        self.answer_with(flow, &{
            let mut response = Message::response_to(request, code);
            let to = response.header("To").unwrap();
            if !to.contains("tag=") {
                response.headers.set("To", format!("{to};tag=device"));
            }
            response
        });
    }

    /// Sends a response as it is.
    pub fn answer_with(&mut self, flow: Flow, response: &Message) {
        self.server.handle_bytes(flow, &response.to_bytes(), self.now);
        self.collect();
    }

    /// Lets time pass, timer by timer.
    pub fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.server.next_timeout().filter(|t| *t <= end) {
            self.now = self.now.max(next);
            self.server.handle_timeout(self.now);
            self.collect();
        }
        self.now = end;
    }

    /// Cuts a link.
    pub fn cut(&mut self, flow: Flow) {
        self.server.flow_down(flow, self.now);
        self.collect();
    }

    /// Collects what was sent, but for one link, which does not speak SIP.
    fn collect_past(&mut self, web: Flow) {
        self.collect_but(Some(web));
    }

    fn collect(&mut self) {
        self.collect_but(None);
    }

    fn collect_but(&mut self, web: Option<Flow>) {
        while let Some(output) = self.server.poll() {
            match output {
                ServerOutput::Log(log) => self.logs.push(log),
                ServerOutput::Close { flow } => self.closed.push(flow),
                ServerOutput::Transmit { flow, .. } if Some(flow) == web => {}
                ServerOutput::Transmit { flow, bytes } => {
                    let framer = self.framers.entry(flow).or_insert_with(|| Framer::new(Limits::default()));
                    framer.push(&bytes);
                    while let Some(frame) = framer.next_frame().unwrap() {
                        match frame {
                            Frame::Message(message) => self.received.entry(flow).or_default().push(*message),
                            Frame::Unreadable(message) => panic!("a client cannot take this: {message:?}"),
                            Frame::Ping | Frame::Pong => {}
                        }
                    }
                }
            }
        }
    }

    /// Registers a user on a link, with one device.
    pub fn register(&mut self, flow: Flow, user: &str) {
        let response = self.ask(flow, &registration(user));
        assert_eq!(response.status(), Some(200));
    }
}

/// A plain REGISTER.
pub fn registration(user: &str) -> String {
    format!(
        "REGISTER sip:example.test SIP/2.0
        From: <sip:{user}@example.test>;tag=r1
        To: <sip:{user}@example.test>
        Contact: <sip:{user}@client.test:5070;transport=tcp>
        Expires: 600"
    )
}

/// The REGISTER of a client of LCS, on a link of [`Wire::tcp`].
pub fn rtc_registration(user: &str, epid: &str) -> String {
    format!(
        "REGISTER sip:example.test SIP/2.0
        Via: SIP/2.0/TCP 10.0.0.9:49152
        From: <sip:{user}@example.test>;tag=3e49177a52;epid={epid}
        To: <sip:{user}@example.test>
        Contact: <sip:10.0.0.9:49152;transport=tcp>;methods=\"INVITE, MESSAGE, INFO, BENOTIFY\";proxy=replace
        User-Agent: RTC/1.3
        Supported: com.microsoft.msrtc.presence, adhoclist
        ms-keep-alive: UAC;hop-hop=yes
        Event: registration
        Allow-Events: presence"
    )
}

/// Adds a header line to a request given as lines.
pub fn with_header(text: &str, line: &str) -> String {
    match text.trim_start().split_once("\n\n") {
        Some((head, body)) => format!("{head}\n{line}\n\n{body}"),
        None => format!("{}\n{line}", text.trim()),
    }
}

/// The Digest challenge liked best.
pub fn digest_challenge(response: &Message, field: &str) -> String {
    response.headers.get_all(field).find(|c| c.starts_with("Digest ")).unwrap().into_owned()
}

/// Credentials for a challenge.
pub fn sign(challenge: &str, text: &str, user: &str, password: &str, count: u32) -> String {
    let first = text.trim_start().lines().next().unwrap();
    let mut words = first.split(' ');
    let (method, uri) = (Method::parse(words.next().unwrap()).unwrap(), words.next().unwrap().to_owned());
    let body = text.trim_start().split_once("\n\n").map_or("", |(_, b)| b);
    let challenge = Challenge::parse(&AuthParams::parse(challenge).unwrap()).unwrap();
    let credentials = Credentials::new(user, password);
    challenge.answer(&credentials, &Signed { method: &method, uri: &uri, body: body.as_bytes() }, "0a4f113b", count)
}
