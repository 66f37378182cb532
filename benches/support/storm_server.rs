//! The embedded server and a storm out of its dialogs: in memory, or on one TCP connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use chinwag::backend::account::Account;
use chinwag::backend::{Backend, Command, Event, Input, LinkId, Output, PeerInfo};
use chinwag::demo::{Feature, Features, Server, ServerConfig, ServerOutput, User};
use chinwag::model::{Contact, OwnPresence, Roster, SignInPhase, Stamp, Transport};
use chinwag::sip::endpoint::{Flow, FlowInfo};
use chinwag::sip::message::{Message, parse_datagram};

use crate::people::{DOMAIN, address, settings};

/// Contacts.
pub const PEOPLE: usize = 100;

/// A server that `me` has everybody on the roster of; nobody is asked for a password unless signed.
fn server(signed: bool, now: Instant) -> Server {
    let names: Vec<String> = (0..PEOPLE).map(|n| format!("c{n:04}")).collect();
    let mut users = vec![User::with_password("me", "Me", DOMAIN, "pw-me")];
    users.extend(names.iter().map(|name| User::with_password(name, "", DOMAIN, "x")));
    let mut config = ServerConfig::new(DOMAIN, users, [5; 32], (now, Stamp::from_millis(0)));
    let off: &[Feature] = if signed { &[Feature::Digest] } else { &[Feature::Digest, Feature::Ntlm] };
    config.features = Features::without(off);
    config.limits.notify_interval = Duration::ZERO;
    // Nothing is renewed while the signed storm is made.
    config.limits.max_expires = 1_000_000;
    let mut server = Server::new(config);
    let mut roster = Roster::default();
    for name in names {
        roster.put(Contact::new(address(&name)));
    }
    server.set_roster(&address("me"), roster, now).unwrap();
    server
}

/// One notification about one person in the dialog of the batch, in the place of `sample`.
fn notification(sample: &Message, cseq: usize, who: &str, activity: u32, note: usize) -> String {
    let field = |name: &str| sample.header(name).unwrap_or_default();
    let body = format!(
        "<presentity uri=\"{who}@{DOMAIN}\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\"><availability aggregate=\"300\" \
         description=\"\" epid=\"8bfb9f3f24\"/><activity aggregate=\"{activity}\" description=\"\" epid=\"8bfb9f3f24\"/><displayName \
         displayName=\"Contact {who}\"/><devices><devicePresence epid=\"8bfb9f3f24\" ageOfPresence=\"0\"><availability aggregate=\"300\" \
         description=\"online\"/><activity aggregate=\"{activity}\" description=\"\" note=\"storm {note}\"/></devicePresence></devices></presentity>"
    );
    // The watcher is From in the answer to its SUBSCRIBE and To in notifications.
    format!(
        "BENOTIFY {} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK50867967.{cseq:08x};branched=FALSE\r\nMax-Forwards: 70\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} BENOTIFY\r\nRequire: eventlist\r\nEvent: presence\r\n\
         subscription-state: active;expires=3600\r\nContent-Type: text/xml+msrtc.pidf\r\nContent-Length: {}\r\n\r\n{body}",
        "sip:127.0.0.1:49152;transport=tcp",
        field("To"),
        field("From"),
        field("Call-ID"),
        body.len()
    )
}

/// Everything there is to say, the last being that the first person is busy.
fn notifications(sample: &Message, count: usize) -> Vec<u8> {
    let mut storm = String::with_capacity(count * 1000);
    for n in 0..count {
        let last = n + 1 == count;
        let who = if last { 0 } else { n % PEOPLE };
        let activity = if last { 600 } else { [400, 300][n / PEOPLE % 2] };
        storm += &notification(sample, 1_000 + n, &format!("c{who:04}"), activity, n);
    }
    storm.into_bytes()
}

/// Whether a message of the server is the answer to the batch subscription.
fn is_batch_answer(message: &Message) -> bool {
    message.status() == Some(200)
        && message.header("Event").is_some_and(|e| e == "presence")
        && message.headers.lists_token("Require", "eventlist")
}

/// Client and server in memory.
pub struct InMemory {
    account: Account,
    server: Server,
    link: LinkId,
    clock: Instant,
    batch: Option<Message>,
    signed: bool,
}

const FLOW: Flow = Flow(1);

impl InMemory {
    /// `me`, signed in, with the whole roster known.
    pub fn sign_in(signed: bool) -> Self {
        let clock = Instant::now();
        let mut world = Self {
            account: Account::new(settings("me", "pw-me", 0)),
            server: server(signed, clock),
            link: LinkId(0),
            clock,
            batch: None,
            signed,
        };
        world.account.handle_command(Command::SetPresence(OwnPresence::default()), clock).unwrap();
        world.account.handle_command(Command::SignIn, clock).unwrap();
        world.settle();
        assert!(world.batch.is_some(), "there is no batch subscription");
        world
    }

    fn settle(&mut self) {
        let mut quiet = 0;
        while quiet < 30 {
            let mut busy = false;
            loop {
                match self.account.poll_output() {
                    Output::Open { link, .. } => {
                        self.link = link;
                        self.server.flow_up(FLOW, info(), self.clock);
                        self.account.handle_input(Input::Up { link, peer: &peer() }, self.clock);
                    }
                    Output::Transmit { bytes, .. } => self.server.handle_bytes(FLOW, &bytes, self.clock),
                    Output::Event(Event::Phase { phase: SignInPhase::Offline { why }, .. }) => panic!("signed out: {why:?}"),
                    Output::Event(_) | Output::Close { .. } | Output::Ticket { .. } => continue,
                    Output::Idle(_) => break,
                }
                busy = true;
            }
            for bytes in self.take_server() {
                busy = true;
                if let Ok(message) = parse_datagram(&bytes)
                    && is_batch_answer(&message)
                {
                    self.batch = Some(message);
                }
                self.account.handle_input(Input::Bytes { link: self.link, data: &bytes }, self.clock);
            }
            if !busy {
                quiet += 1;
                self.clock += Duration::from_millis(200);
                self.account.handle_timeout(self.clock);
                self.server.handle_timeout(self.clock);
            }
        }
    }

    fn take_server(&mut self) -> Vec<bytes::Bytes> {
        let mut out = Vec::new();
        while let Some(output) = self.server.poll() {
            if let ServerOutput::Transmit { flow: FLOW, bytes } = output {
                out.push(bytes);
            }
        }
        out
    }

    /// The storm as bytes. Signed ones are made by the server, of what somebody else publishes.
    pub fn storm(&mut self, count: usize) -> Vec<u8> {
        if !self.signed {
            return notifications(self.batch.as_ref().unwrap(), count);
        }
        let mut other = Publisher::sign_in(&mut self.server, self.clock);
        let mut storm = Vec::new();
        for bytes in self.take_server() {
            self.account.handle_input(Input::Bytes { link: self.link, data: &bytes }, self.clock);
        }
        let mut made = 0;
        for round in 0..count * 2 + 100 {
            if made == count {
                break;
            }
            // Now and then a sign of life, so that the link stays; not more in a row than is stood.
            if round % 100 == 99 {
                self.server.handle_bytes(FLOW, b"\r\n\r\n", self.clock);
            }
            self.clock += Duration::from_secs(3);
            other.publish(&mut self.server, made, self.clock);
            self.server.handle_timeout(self.clock);
            while let Some(output) = self.server.poll() {
                match output {
                    ServerOutput::Transmit { flow: FLOW, bytes } if bytes.starts_with(b"BENOTIFY") => {
                        made += 1;
                        storm.extend_from_slice(&bytes);
                    }
                    ServerOutput::Transmit { flow, bytes } if flow == Publisher::FLOW => other.feed(&bytes, self.clock),
                    _ => {}
                }
            }
        }
        assert_eq!(made, count, "the server did not tell of every change");
        storm
    }

    /// The client takes bytes of the server.
    pub fn feed(&mut self, bytes: &[u8], mut take: impl FnMut(Output)) {
        self.account.handle_input(Input::Bytes { link: self.link, data: bytes }, self.clock);
        loop {
            match self.account.poll_output() {
                Output::Idle(_) => break,
                output => take(output),
            }
        }
    }
}

/// Somebody who changes presence again and again.
struct Publisher {
    account: Account,
    link: LinkId,
}

impl Publisher {
    const FLOW: Flow = Flow(2);

    fn sign_in(server: &mut Server, now: Instant) -> Self {
        let mut other = Self { account: Account::new(settings("c0000", "x", 1)), link: LinkId(0) };
        other.account.handle_command(Command::SetPresence(OwnPresence::default()), now).unwrap();
        other.account.handle_command(Command::SignIn, now).unwrap();
        let mut clock = now;
        for _ in 0..400 {
            other.drain(server, clock);
            let mut to_me = Vec::new();
            while let Some(output) = server.poll() {
                if let ServerOutput::Transmit { flow: Self::FLOW, bytes } = output {
                    to_me.push(bytes);
                }
            }
            for bytes in to_me {
                other.feed(&bytes, clock);
            }
            clock += Duration::from_millis(1);
            other.account.handle_timeout(clock);
        }
        other
    }

    fn drain(&mut self, server: &mut Server, now: Instant) {
        loop {
            match self.account.poll_output() {
                Output::Open { link, .. } => {
                    self.link = link;
                    server.flow_up(Self::FLOW, info(), now);
                    self.account.handle_input(Input::Up { link, peer: &peer() }, now);
                }
                Output::Transmit { bytes, .. } => server.handle_bytes(Self::FLOW, &bytes, now),
                Output::Event(_) | Output::Close { .. } | Output::Ticket { .. } => {}
                Output::Idle(_) => break,
            }
        }
    }

    fn feed(&mut self, bytes: &[u8], now: Instant) {
        self.account.handle_input(Input::Bytes { link: self.link, data: bytes }, now);
    }

    fn publish(&mut self, server: &mut Server, number: usize, now: Instant) {
        let own = OwnPresence { note: format!("storm {number}"), ..OwnPresence::default() };
        let _ = self.account.handle_command(Command::SetPresence(own), now);
        self.account.handle_timeout(now);
        self.drain(server, now);
    }
}

/// The server on one TCP connection, which turns into a storm on demand.
pub struct OverTcp {
    pub port: u16,
    order: Sender<usize>,
    began: Receiver<Instant>,
}

impl OverTcp {
    /// Waits for one client.
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (order, orders) = channel();
        let (tell, began) = channel();
        // Ends with the process.
        std::thread::spawn(move || {
            let (stream, peer) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            serve(stream, peer, &orders, &tell);
        });
        Self { port, order, began }
    }

    /// Lets it loose; when its first octet left.
    pub fn send_storm(&self, count: usize) -> Instant {
        self.order.send(count).unwrap();
        self.began.recv().unwrap()
    }
}

fn serve(mut stream: TcpStream, peer: SocketAddr, orders: &Receiver<usize>, tell: &Sender<Instant>) {
    let mut server = server(false, Instant::now());
    let info = FlowInfo { peer_port: peer.port(), ..info() };
    server.flow_up(FLOW, info, Instant::now());
    let mut buffer = vec![0; 64 * 1024];
    let mut batch = None;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => server.handle_bytes(FLOW, &buffer[..count], Instant::now()),
            Err(_) => server.handle_timeout(Instant::now()),
        }
        while let Some(output) = server.poll() {
            if let ServerOutput::Transmit { flow: FLOW, bytes } = output {
                if let Ok(message) = parse_datagram(&bytes)
                    && is_batch_answer(&message)
                {
                    batch = Some(message);
                }
                if stream.write_all(&bytes).is_err() {
                    return;
                }
            }
        }
        if let Ok(count) = orders.try_recv() {
            let storm = notifications(batch.as_ref().expect("no batch subscription"), count);
            tell.send(Instant::now()).unwrap();
            if stream.write_all(&storm).is_err() {
                return;
            }
        }
    }
}

fn info() -> FlowInfo {
    FlowInfo { transport: "TCP", reliable: true, local: "127.0.0.1:5060".into(), peer_ip: "127.0.0.1".into(), peer_port: 49152 }
}

fn peer() -> PeerInfo {
    PeerInfo {
        transport: Transport::Tcp,
        local: "127.0.0.1:49152".parse().unwrap(),
        peer: "127.0.0.1:5060".parse().unwrap(),
        server: "memory".into(),
        second_best: false,
    }
}
