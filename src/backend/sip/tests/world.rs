//! A fake clock, a link, and a server that says what the test writes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::backend::account::Account;
use crate::backend::servers::Known;
use crate::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use crate::backend::{Backend, Command, DownCause, Event, Input, LinkId, LinkStage, Output, PeerInfo, Target, TicketId};
use crate::model::{AccessList, Address, Contact, KerberosFault, OwnPresence, Roster, SignInPhase, Transport, WaitReason};
use crate::sip::auth::{Credentials, Ticket};
use crate::sip::message::Message;
use crate::sip::stun::{self, Stun, TransactionId, is_stun};

/// PUBLISH, or SERVICE with our presence.
fn is_publication(sent: &[u8]) -> bool {
    let is_ours = || memchr::memmem::find(sent, b":setPresence").is_some();
    sent.starts_with(b"PUBLISH ") || (sent.starts_with(b"SERVICE ") && is_ours())
}

/// Alice's account and everything around it.
pub(super) struct World {
    pub(super) account: Account,
    pub(super) now: Instant,
    pub(super) link: Option<LinkId>,
    /// What left on links, one message each; keep-alives apart.
    pub(super) sent: VecDeque<Vec<u8>>,
    pub(super) pings: usize,
    /// Binding requests, each time they left.
    pub(super) bindings: Vec<TransactionId>,
    /// Each is answered at once: it came from there.
    pub(super) bound_to: Option<&'static str>,
    pub(super) events: Vec<Event>,
    pub(super) closed: Vec<LinkId>,
    pub(super) opened: Vec<LinkId>,
    /// Where they were to go.
    pub(super) targets: Vec<Target>,
    pub(super) wants: Option<Instant>,
    /// Tickets that are wanted, and for which host.
    pub(super) tickets: VecDeque<(TicketId, String)>,
    /// The test looks at publications itself; else each is accepted unseen.
    pub(super) publishes: bool,
    /// Who has been to the server finds no other.
    pub(super) only_server: bool,
    /// What was known when links were to be opened.
    pub(super) known: Vec<Known>,
    /// The test looks at the questions whether the server lives itself; else each is answered unseen.
    pub(super) probes: bool,
    transport: Transport,
    tag: u32,
}

/// What a server of the LCS family grants with a subscription.
pub(in crate::backend::sip) const GRANTS: &[&str] = &[
    "Expires: 28367",
    "subscription-state: active;expires=28367",
    "Supported: com.microsoft.autoextend, ms-piggyback-first-notify, ms-benotify",
];

pub(in crate::backend::sip) fn who(name: &str) -> Address {
    Address::parse(&format!("sip:{name}@example.test")).unwrap()
}

pub(in crate::backend::sip) fn settings() -> SipSettings {
    SipSettings {
        aor: who("alice"),
        display_name: String::new(),
        credentials: Some(Credentials::new("alice", "pw-alice")),
        target: Target {
            host: "example.test".into(),
            port: None,
            transport: Some(Transport::Tls),
            tls_name: "example.test".into(),
            automatic: false,
        },
        home: None,
        refusals: None,
        dialect: None,
        instance: uuid::Uuid::from_u128(0x0000_0000_0000_1000_8000_000A_95A0_E128),
        expires: Expires::default(),
        list_uri: None,
        adhoc_list_uri: None,
        xcap_root: None,
        roster: Roster::default(),
        access: AccessList::default(),
        subscribe_rate: 25,
        timing: Timing { ping: Duration::from_secs(90), ..Timing::default() },
        return_after: Duration::from_mins(5),
        refuse_md5: false,
        // The samples are signed with associations nobody here has.
        invitations: crate::model::InvitationRules::default(),
        schemes: crate::sip::auth::Schemes::only(crate::sip::auth::Scheme::Digest),
        clock: None,
        product: "chinwag/0.1".into(),
        ledger: false,
        acknowledge: Acknowledge::AtOnce,
        files: false,
        files_before: 0,
        received: Vec::new(),
        seed: [7; 32],
    }
}

/// A server of this name at the end of a TLS link.
pub(super) fn peer(server: &str, address: u8) -> PeerInfo {
    PeerInfo {
        transport: Transport::Tls,
        local: "192.0.2.10:49152".parse().unwrap(),
        peer: format!("203.0.113.{address}:5061").parse().unwrap(),
        server: server.into(),
        second_best: false,
    }
}

pub(in crate::backend::sip) fn roster(names: &[&str]) -> Roster {
    let mut roster = Roster::default();
    for name in names {
        roster.put(Contact::new(who(name)));
    }
    roster
}

impl World {
    pub(super) fn new(settings: SipSettings) -> Self {
        let transport = settings.target.transport.unwrap_or(Transport::Tls);
        let mut world = Self {
            account: Account::new(settings),
            now: Instant::now(),
            link: None,
            sent: VecDeque::new(),
            pings: 0,
            bindings: Vec::new(),
            bound_to: None,
            events: Vec::new(),
            closed: Vec::new(),
            opened: Vec::new(),
            targets: Vec::new(),
            wants: None,
            tickets: VecDeque::new(),
            publishes: false,
            only_server: true,
            known: Vec::new(),
            probes: false,
            transport,
            tag: 0,
        };
        world.drain();
        world.command(Command::SetPresence(OwnPresence::default())).unwrap();
        world
    }

    /// Signed in, with the winfo subscription refused; nothing asked for that is not wanted.
    pub(super) fn online(settings: SipSettings) -> Self {
        let mut world = Self::new(settings);
        world.connect();
        let register = world.expect("REGISTER");
        world.answer(&register, 200, &["Contact: <sip:alice@192.0.2.10:49152;transport=tls>;expires=600"]);
        let winfo = world.expect("SUBSCRIBE");
        assert_eq!(winfo.header("Event").unwrap(), "presence.winfo");
        world.answer(&winfo, 489, &[]);
        world
    }

    pub(super) fn connect(&mut self) {
        self.command(Command::SignIn).unwrap();
        self.link_up();
    }

    pub(super) fn link_up(&mut self) {
        let link = *self.opened.last().unwrap();
        for stage in [LinkStage::Resolving, LinkStage::Connecting] {
            self.account.handle_input(Input::Progress { link, stage }, self.now);
        }
        let peer = PeerInfo { transport: self.transport, ..peer("sip.example.test:5061", 5) };
        self.up(link, &peer);
    }

    /// A link comes up, wherever it leads.
    pub(super) fn up(&mut self, link: LinkId, peer: &PeerInfo) {
        self.link = Some(link);
        self.account.handle_input(Input::Up { link, peer }, self.now);
        self.drain();
    }

    /// A ticket comes, or cannot be had.
    pub(super) fn give(&mut self, ticket: TicketId, outcome: Result<Ticket, KerberosFault>) {
        self.account.handle_input(Input::Ticket { ticket, outcome }, self.now);
        self.drain();
    }

    /// The link asked for last cannot be opened.
    pub(super) fn cannot_open(&mut self) {
        self.down(WaitReason::Closed);
    }

    /// The link asked for last cannot be opened, or ends.
    pub(super) fn down(&mut self, why: WaitReason) {
        let link = *self.opened.last().unwrap();
        self.account.handle_input(Input::Down { link, why: DownCause(why) }, self.now);
        self.drain();
    }

    /// Something happened outside.
    pub(super) fn input(&mut self, input: Input<'_>) {
        self.account.handle_input(input, self.now);
        self.drain();
    }

    pub(super) fn cut(&mut self) {
        let link = self.link.take().unwrap();
        self.account.handle_input(Input::Down { link, why: DownCause(WaitReason::Closed) }, self.now);
        self.drain();
    }

    pub(super) fn command(&mut self, command: Command) -> Result<(), crate::backend::Refused> {
        let done = self.account.handle_command(command, self.now);
        self.drain();
        done
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let Some(link) = self.link else { return };
        self.account.handle_input(Input::Bytes { link, data: bytes }, self.now);
        self.drain();
    }

    /// Lets time pass, stopping wherever the account wants to be called.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..100_000 {
            match self.wants {
                Some(at) if at <= end => {
                    self.now = self.now.max(at);
                    self.account.handle_timeout(self.now);
                    self.drain();
                }
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("the account wants to be called for ever");
    }

    pub(super) fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    fn drain(&mut self) {
        let before = self.bindings.len();
        self.drain_once();
        if let (Some(from), true) = (self.bound_to, self.bindings.len() > before) {
            self.bind(from);
        }
        while let Some(at) = self.sent.iter().position(|b| !self.probes && b.starts_with(b"OPTIONS ")) {
            let probe = crate::sip::message::parse_datagram(&self.sent.remove(at).unwrap()).unwrap();
            self.answer(&probe, 200, &[]);
        }
        while let Some(at) = self.sent.iter().position(|b| !self.publishes && is_publication(b)) {
            let publish = crate::sip::message::parse_datagram(&self.sent.remove(at).unwrap()).unwrap();
            let Some(link) = self.link else { return };
            let bytes = self.answer_bytes(&publish, 200, &["SIP-ETag: unseen", "Expires: 3600"]);
            self.account.handle_input(Input::Bytes { link, data: &bytes }, self.now);
            self.drain_once();
        }
    }

    fn drain_once(&mut self) {
        loop {
            match self.account.poll_output() {
                Output::Open { link, to, known } => {
                    // There is one server at each place, but where a test says otherwise.
                    if self.only_server && known.goes_on && self.targets.last() == Some(&to) {
                        let why = DownCause(WaitReason::NoOtherServer);
                        self.account.handle_input(Input::Down { link, why }, self.now);
                    } else {
                        self.opened.push(link);
                        self.targets.push(to);
                        self.known.push(known);
                    }
                }
                Output::Transmit { bytes, .. } if bytes.iter().all(|b| matches!(b, b'\r' | b'\n')) => self.pings += 1,
                Output::Transmit { bytes, .. } if is_stun(&bytes) => match stun::read(&bytes) {
                    Some(Stun::Request(id)) => self.bindings.push(id),
                    other => panic!("{other:?}"),
                },
                Output::Transmit { bytes, .. } => self.sent.push_back(bytes.to_vec()),
                Output::Close { link } => self.closed.push(link),
                Output::Ticket { ticket, host } => self.tickets.push_back((ticket, host)),
                Output::Event(event) => self.events.push(event),
                Output::Idle(wants) => {
                    self.wants = wants;
                    return;
                }
            }
        }
    }

    /// The next message that left, which must be this request.
    #[track_caller]
    pub(super) fn expect(&mut self, method: &str) -> Message {
        let message = self.take().unwrap_or_else(|| panic!("nothing was sent instead of {method}; events: {:?}", self.events));
        assert_eq!(message.method().map(ToString::to_string).as_deref(), Some(method), "{message:?}");
        message
    }

    /// Lets time pass until a request leaves, which must be this one; and how many seconds passed.
    #[track_caller]
    pub(super) fn until(&mut self, method: &str) -> (Message, u64) {
        for tenths in 0_u64..100_000 {
            if !self.sent.is_empty() {
                return (self.expect(method), tenths.div_ceil(10));
            }
            self.pass(Duration::from_millis(100));
        }
        panic!("no {method}");
    }

    /// Whether the last failure was for want of an answer.
    pub(super) fn timed_out(&self) -> bool {
        let waiting = |event: &Event| match event {
            Event::Phase { phase: SignInPhase::Waiting { why, .. }, .. } => Some(matches!(why, WaitReason::Timeout { .. })),
            _ => None,
        };
        self.events.iter().rev().find_map(waiting) == Some(true)
    }

    /// The next message that left, which must be this response.
    #[track_caller]
    pub(super) fn expect_answer(&mut self, code: u16) -> Message {
        let message = self.take().expect("nothing was sent");
        assert_eq!(message.status(), Some(code), "{message:?}");
        message
    }

    pub(super) fn take(&mut self) -> Option<Message> {
        self.sent.pop_front().map(|bytes| crate::sip::message::parse_datagram(&bytes).unwrap())
    }

    #[track_caller]
    pub(super) fn nothing_sent(&self) {
        assert_eq!(self.sent.iter().map(|b| String::from_utf8_lossy(b).into_owned()).collect::<Vec<_>>(), Vec::<String>::new());
    }

    /// The server answers a request.
    pub(super) fn answer(&mut self, request: &Message, code: u16, headers: &[&str]) {
        let bytes = self.answer_bytes(request, code, headers);
        self.feed(&bytes);
    }

    pub(super) fn answer_bytes(&mut self, request: &Message, code: u16, headers: &[&str]) -> Vec<u8> {
        self.tag += 1;
        // The same tag that `notify` is given by the tests.
        let mut out = format!("SIP/2.0 {code} {}\r\n", crate::sip::message::default_reason(code));
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let value = request.header(name).unwrap();
            let tag = if name == "To" && !value.contains(";tag=") { ";tag=n".to_owned() } else { String::new() };
            out += &format!("{name}: {value}{tag}\r\n");
        }
        for header in headers {
            out += &format!("{header}\r\n");
        }
        (out + "Content-Length: 0\r\n\r\n").into_bytes()
    }

    /// The server answers the last Binding request: it came from there.
    pub(super) fn bind(&mut self, from: &str) {
        let id = *self.bindings.last().unwrap();
        self.feed(&stun::answer(id, from.parse().unwrap()));
    }

    /// The server answers a request it saw come from there.
    pub(super) fn answer_from(&mut self, request: &Message, from: &str, headers: &[&str]) {
        let (ip, port) = from.rsplit_once(':').unwrap();
        let bytes = self.answer_bytes(request, 200, headers);
        let via = String::from_utf8(bytes).unwrap().replacen(";rport", &format!(";received={ip};rport={port}"), 1);
        self.feed(via.as_bytes());
    }

    /// The server answers a SUBSCRIBE with a state in the answer.
    pub(super) fn piggyback(&mut self, subscribe: &Message, headers: &[&str], content_type: &str, body: &str) {
        let mut bytes = self.answer_bytes(subscribe, 200, headers);
        let length = b"Content-Length: 0\r\n\r\n".len();
        bytes.truncate(bytes.len() - length);
        let event = subscribe.header("Event").unwrap();
        let rest = format!(
            "Contact: <sip:lcs1.example.test:5061;transport=tls>\r\nEvent: {event}\r\nms-piggyback-cseq: 1\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        bytes.extend_from_slice(rest.as_bytes());
        self.feed(&bytes);
    }

    /// Answers what a client of the LCS family asks about itself, so that it is online: its own
    /// presence, which it then publishes.
    pub(super) fn answer_about_ourselves(&mut self) {
        while let Some(message) = self.take() {
            match message.method().map(|m| m.as_str().to_owned()).as_deref() {
                Some("SUBSCRIBE") => {
                    let own = "<presentity uri=\"alice@example.test\"><availability aggregate=\"0\"/><activity aggregate=\"0\"/></presentity>";
                    self.piggyback(&message, GRANTS, "text/xml+msrtc.pidf", own);
                }
                Some("SERVICE") => self.answer(&message, 200, &[]),
                _ => panic!("{message:?}"),
            }
        }
    }

    /// The server sends a NOTIFY in the dialog of a SUBSCRIBE of ours. `server` is its tag.
    pub(super) fn notify(&mut self, subscribe: &Message, server: &str, cseq: u32, state: &str, body: Option<(&str, &str)>) {
        let contact = subscribe.name_addrs("Contact").remove(0).uri;
        let to = subscribe.to().unwrap();
        let from = format!("<{}>;tag={server}", to.uri);
        let event = subscribe.header("Event").unwrap();
        let (content_type, text) = body.unwrap_or(("", ""));
        let content_type = if content_type.is_empty() { String::new() } else { format!("Content-Type: {content_type}\r\n") };
        let require = if content_type.contains("multipart") { "Require: eventlist\r\n" } else { "" };
        let message = format!(
            "NOTIFY {contact} SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bKn{cseq}{server}{}\r\nMax-Forwards: 70\r\n\
             From: {from}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} NOTIFY\r\nContact: <sip:203.0.113.5:5061;transport=tls>\r\n\
             Event: {event}\r\nSubscription-State: {state}\r\n{require}{content_type}Content-Length: {}\r\n\r\n{text}",
            subscribe.call_id().unwrap(),
            subscribe.header("From").unwrap(),
            subscribe.call_id().unwrap(),
            text.len()
        );
        self.feed(message.as_bytes());
    }

    /// Somebody sends a MESSAGE.
    pub(super) fn message(&mut self, from: &str, call: &str, headers: &[&str], content_type: &str, body: &[u8]) {
        let mut out = format!(
            "MESSAGE sip:alice@192.0.2.10:49152;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 203.0.113.5:5061;branch=z9hG4bKm{call}{}\r\n\
             Max-Forwards: 69\r\nFrom: <sip:{from}@example.test>;tag=b1\r\nTo: <sip:alice@example.test>\r\nCall-ID: {call}\r\n\
             CSeq: 1 MESSAGE\r\n",
            self.tag
        );
        self.tag += 1;
        for header in headers {
            out += &format!("{header}\r\n");
        }
        if !content_type.is_empty() {
            out += &format!("Content-Type: {content_type}\r\n");
        }
        out += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut bytes = out.into_bytes();
        bytes.extend_from_slice(body);
        self.feed(&bytes);
    }

    /// Events since the last call.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The words of the phases since the last call to [`World::take_events`].
    pub(super) fn phases(&self) -> Vec<&'static str> {
        let word = |event: &Event| match event {
            Event::Phase { phase, .. } => Some(phase.word()),
            _ => None,
        };
        self.events.iter().filter_map(word).collect()
    }

    pub(super) fn last_phase(&self) -> SignInPhase {
        let phase = |event: &Event| match event {
            Event::Phase { phase, .. } => Some(phase.clone()),
            _ => None,
        };
        self.events.iter().rev().find_map(phase).unwrap()
    }
}
