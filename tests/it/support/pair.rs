//! [`Pair`]: clients and the embedded server in one memory, with time by hand.
//!
//! Everything is deterministic: the same calls give the same bytes at the same virtual times. A
//! test reads like a story:
//!
//! ```ignore
//! let mut pair = Pair::new();
//! let (alice, bob) = (pair.signed_in("alice"), pair.signed_in("bob"));
//! pair.say(alice, "bob", "hello");
//! pair.until(bob, "the message", |e| matches!(e, Event::Text { .. }));
//! pair.cut(bob);
//! pair.run_for(Duration::from_secs(5));
//! assert_eq!(pair.texts(bob), ["hello"]);
//! ```
//!
//! What went over the wire is in [`Pair::wire`]; a wait that does not end panics with the whole
//! of it. Links break by [`Pair::cut`] (both ends learn of it), [`Pair::freeze`] (bytes vanish,
//! nobody is told) and [`Pair::close_server`] (nobody listens); [`Faults`] make them slow and
//! uneven. More ways to break things are in `pair/breakage.rs`, and what tests of many random
//! faults need to judge by is in `pair/journal.rs`.

#![allow(dead_code, reason = "each test uses what it needs")]

mod breakage;
mod journal;

pub use breakage::{Loser, Reach, Restart, Tamper};
pub use journal::{Entry, Noted};

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chinwag::backend::account::Account;
use chinwag::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use chinwag::backend::{
    Backend, Command, DownCause, Event, Input, LinkId, LinkStage, Output, PeerInfo, Refused, RoomCommand, RoomEvent, Target,
    TicketId,
};
use chinwag::demo::{Feature, Features, Server, ServerConfig, ServerLog, ServerOutput, User};
use chinwag::model::{
    AccessList, Address, Body, Fate, KerberosFault, MessageRef, OwnPresence, Presence, Roster, SignInPhase, Stamp, Transport,
    WaitReason,
};
use chinwag::sip::auth::{Credentials, Ticket};
use chinwag::sip::endpoint::{Flow, FlowInfo};
use chinwag::sip::tokens::Tokens;

/// The domain of every test.
pub const DOMAIN: &str = "example.test";
/// Where the home server listens.
pub const HOME_PORT: u16 = 5070;
/// When a server misses a client whose farewell got lost: its system repeats what is not acknowledged
/// for about so long, or longer.
const MISSED_AFTER: Duration = Duration::from_mins(2);
/// Longest virtual time a wait may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// Most steps of one wait: a loop that does not let time pass is a fault.
const MAX_STEPS: usize = 200_000;

/// Which client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(usize);

/// How links behave. Chance comes from the seed.
#[derive(Debug, Clone)]
pub struct Faults {
    /// One way.
    pub latency: Duration,
    /// Up to this much more.
    pub jitter: Duration,
    /// Streams: bytes come in pieces of at most this many octets; 0 = whole.
    pub piece: usize,
    /// Streams: bytes under way together come as one.
    pub coalesce: bool,
    /// The server's answers to pings vanish: it is one that gives none.
    pub no_pongs: bool,
    /// After this long the system ends a link on which bytes were sent into a black hole.
    pub user_timeout: Option<Duration>,
    /// Datagrams lost of each thousand.
    pub drop_per_mille: u64,
    /// Datagrams that come twice of each thousand.
    pub double_per_mille: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(10),
            jitter: Duration::ZERO,
            piece: 0,
            coalesce: false,
            no_pongs: false,
            user_timeout: None,
            drop_per_mille: 0,
            double_per_mille: 0,
        }
    }
}

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From a client to the server.
    Up,
    /// From the server to a client.
    Down,
}

/// Something that was sent.
#[derive(Debug, Clone)]
pub struct Wired {
    /// When, from the start.
    pub at: Duration,
    /// Whose.
    pub client: ClientId,
    /// Which way.
    pub way: Way,
    /// The message, or the keep-alive.
    pub text: String,
}

impl Wired {
    /// Method of a request, code of a response, `ping` for keep-alives.
    pub fn kind(&self) -> String {
        let first = self.text.lines().next().unwrap_or("");
        match first.strip_prefix("SIP/2.0 ") {
            Some(rest) => rest.split(' ').next().unwrap_or("").to_owned(),
            None if first.is_empty() => "ping".to_owned(),
            None => first.split(' ').next().unwrap_or("").to_owned(),
        }
    }

    /// Value of the first header field of this name, in its long form.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or("");
        head.lines().skip(1).find_map(|line| {
            let (n, v) = line.split_once(':')?;
            n.trim().eq_ignore_ascii_case(name).then(|| v.trim().to_owned())
        })
    }
}

struct Client {
    name: String,
    account: Account,
    wants: Option<Instant>,
    events: Vec<Event>,
    /// When each of them came, since they were taken last.
    times: Vec<Instant>,
    links: BTreeMap<LinkId, Line>,
    next_tag: u64,
    reach: Reach,
}

/// One link between a client and the server.
#[derive(Debug, Clone)]
struct Line {
    flow: Flow,
    transport: Transport,
    is_up: bool,
    /// Bytes vanish, up and down.
    lost: [bool; 2],
    /// The server's end is gone and answers whatever comes with a reset.
    resets: bool,
    at_home: bool,
    last: [Instant; 2],
}

#[derive(Debug)]
enum Happening {
    Progress(ClientId, LinkId),
    Connect(ClientId, LinkId),
    ToServer(ClientId, LinkId, Vec<u8>),
    ToClient(ClientId, LinkId, Vec<u8>),
    ServerHearsEnd(Flow),
    ClientHearsEnd(ClientId, LinkId, WaitReason),
    Ticket(ClientId, TicketId, String),
}

/// Gives a ticket to a user for the service at a host.
pub type Issuer = Box<dyn FnMut(&str, &str) -> Result<Ticket, KerberosFault>>;

/// Clients and a server. See the module's words.
pub struct Pair {
    /// Virtual time.
    pub now: Instant,
    /// The server.
    pub server: Server,
    /// A second one, at [`HOME_PORT`], if there is one.
    pub home: Option<Server>,
    /// What the server had to say to its log.
    pub log: Vec<ServerLog>,
    /// Gives tickets of Kerberos to a user, by name, for the service at a host.
    pub issuer: Issuer,
    /// How links behave from now on.
    pub faults: Faults,
    /// The preferred way to the server is down: links come up at a spare one, before the same registrar.
    pub spare: bool,
    start: Instant,
    is_open: bool,
    clients: Vec<Client>,
    agenda: BTreeMap<(Instant, u64), Happening>,
    order: u64,
    wire: Vec<Wired>,
    chance: Tokens,
    flows: BTreeMap<Flow, (ClientId, LinkId)>,
    next_flow: u64,
    /// With what the server was made, and how often it was begun anew.
    config: ServerConfig,
    restarts: u8,
    /// The server does nothing until then.
    stalled: Option<Instant>,
    /// Noted only where somebody asked for it.
    journal: Option<Vec<Noted>>,
    /// What becomes of something that was sent.
    tamper: Option<Tamper>,
}

impl Pair {
    /// A server with users `alice`, `bob`, `carol` and `dave`, all with the password `secret`.
    pub fn new() -> Self {
        Self::with_server(|_| {})
    }

    /// A plain SIMPLE server with the same users.
    pub fn simple() -> Self {
        Self::simple_with(|_| {})
    }

    /// The same with other settings.
    pub fn simple_with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::with_server(|config| {
            config.features = Features::without(&[Feature::Lcs]);
            change(config);
        })
    }

    /// The first with other settings.
    pub fn with_server(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let now = Instant::now();
        let started = (now, Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap());
        let mut config = ServerConfig::new(DOMAIN, users(), [1; 32], started);
        change(&mut config);
        Self {
            now,
            server: Server::new(config.clone()),
            home: None,
            log: Vec::new(),
            issuer: Box::new(|_, _| Err(KerberosFault::NoTicket)),
            faults: Faults::default(),
            spare: false,
            start: now,
            is_open: true,
            clients: Vec::new(),
            agenda: BTreeMap::new(),
            order: 0,
            wire: Vec::new(),
            chance: Tokens::from_number(1),
            flows: BTreeMap::new(),
            next_flow: 1,
            config,
            restarts: 0,
            stalled: None,
            journal: None,
            tamper: None,
        }
    }

    /// The home server of some users: the first one sends them there.
    pub fn add_home(&mut self, change: impl FnOnce(&mut ServerConfig)) {
        let started = (self.now, Stamp::parse_rfc3339("2026-11-22T19:40:00Z").unwrap());
        let mut config = ServerConfig::new(DOMAIN, users(), [2; 32], started);
        change(&mut config);
        self.home = Some(Server::new(config));
    }

    /// Another course of chance.
    pub fn seed(&mut self, seed: u64) {
        self.chance = Tokens::from_number(seed);
    }

    /// A client for a user, over TCP, with the right password; signed out.
    pub fn client(&mut self, user: &str) -> ClientId {
        self.client_with(user, |_| {})
    }

    /// A client with other settings.
    pub fn client_with(&mut self, user: &str, change: impl FnOnce(&mut SipSettings)) -> ClientId {
        let number = self.clients.len();
        let mut settings = settings(user, number);
        change(&mut settings);
        self.clients.push(Client {
            name: user.to_owned(),
            account: Account::new(settings),
            wants: None,
            events: Vec::new(),
            times: Vec::new(),
            links: BTreeMap::new(),
            next_tag: 1,
            reach: Reach::Fine,
        });
        ClientId(number)
    }

    /// A client for a user, signed in.
    pub fn signed_in(&mut self, user: &str) -> ClientId {
        let client = self.client(user);
        self.sign_in(client);
        client
    }

    /// Signs in and waits until it is done.
    pub fn sign_in(&mut self, client: ClientId) {
        self.order(client, Command::SetPresence(OwnPresence::default()));
        self.order(client, Command::SignIn);
        self.run_until("sign-in", |pair| pair.phase(client) == Some(SignInPhase::Online));
    }

    /// Gives an order that must be accepted.
    pub fn order(&mut self, client: ClientId, command: Command) {
        let shown = format!("{command:?}");
        if let Err(refused) = self.try_order(client, command) {
            panic!("{shown} was refused: {refused}\n{}", self.transcript());
        }
    }

    /// Gives an order.
    pub fn try_order(&mut self, client: ClientId, command: Command) -> Result<(), Refused> {
        let now = self.now;
        self.note(client, || Entry::Order(command.clone()));
        let done = self.clients[client.0].account.handle_command(command, now);
        if done.is_err() {
            self.note(client, || Entry::Refused);
        }
        self.drain(client);
        done
    }

    /// Sends a text to a user of the domain; its reference.
    pub fn say(&mut self, client: ClientId, to: &str, text: &str) -> MessageRef {
        let slot = &mut self.clients[client.0];
        let tag = MessageRef(slot.next_tag);
        slot.next_tag += 1;
        self.order(client, Command::SendText { to: address(to), body: Body::plain(text), tag });
        tag
    }

    /// Changes the server as an administrator or another protocol would.
    pub fn with(&mut self, change: impl FnOnce(&mut Server, Instant)) {
        let now = self.now;
        change(&mut self.server, now);
        self.drain_server();
    }

    // What happened.

    /// All events of a client so far.
    pub fn events(&self, client: ClientId) -> &[Event] {
        &self.clients[client.0].events
    }

    /// All events of a client since the last call.
    pub fn take_events(&mut self, client: ClientId) -> Vec<Event> {
        self.clients[client.0].times.clear();
        std::mem::take(&mut self.clients[client.0].events)
    }

    /// When the first such event came since the events were taken last.
    pub fn happened_at(&self, client: ClientId, is: impl Fn(&Event) -> bool) -> Option<Instant> {
        let client = &self.clients[client.0];
        client.events.iter().zip(&client.times).find(|(event, _)| is(event)).map(|(_, at)| *at)
    }

    /// Virtual time since the start.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// How far sign-in is.
    pub fn phase(&self, client: ClientId) -> Option<SignInPhase> {
        self.events(client).iter().rev().find_map(|e| match e {
            Event::Phase { phase, .. } => Some(phase.clone()),
            _ => None,
        })
    }

    /// What a client shows of a person now.
    pub fn presence(&self, client: ClientId, of: &str) -> Option<Presence> {
        let who = address(of);
        self.events(client).iter().rev().find_map(|e| match e {
            Event::Presence { who: w, now } if *w == who => Some(now.clone()),
            _ => None,
        })
    }

    /// The texts a client received.
    pub fn texts(&self, client: ClientId) -> Vec<String> {
        let text = |e: &Event| match e {
            Event::Text { body, .. } => Some(body.text.clone()),
            _ => None,
        };
        self.events(client).iter().filter_map(text).collect()
    }

    /// What became of a message, as last told.
    pub fn fate(&self, client: ClientId, tag: MessageRef) -> Option<Fate> {
        self.events(client).iter().rev().find_map(|e| match e {
            Event::Delivery { tag: t, fate } if *t == tag => Some(fate.clone()),
            _ => None,
        })
    }

    /// When it began.
    pub fn started(&self) -> Instant {
        self.start
    }

    /// Everything sent so far.
    pub fn wire(&self) -> &[Wired] {
        &self.wire
    }

    /// What a client sent or received of one [`Wired::kind`].
    pub fn wired(&self, client: ClientId, way: Way, kind: &str) -> Vec<&Wired> {
        self.wire.iter().filter(|w| w.client == client && w.way == way && w.kind() == kind).collect()
    }

    /// Everything sent so far, for people.
    pub fn transcript(&self) -> String {
        let mut out = String::new();
        for w in &self.wire {
            let arrow = if w.way == Way::Up { "->" } else { "<-" };
            let first = w.text.lines().next().unwrap_or("");
            let _ = writeln!(out, "{:>9.3} {:>6} {arrow} {first}", w.at.as_secs_f64(), self.clients[w.client.0].name);
        }
        for client in &self.clients {
            let _ = writeln!(out, "{}:", client.name);
            for event in &client.events {
                let _ = writeln!(out, "    {event:?}");
            }
        }
        out
    }

    // Time.

    /// Lets things happen until this is so; panics with the transcript if it never is.
    pub fn run_until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let end = self.now + PATIENCE;
        for _ in 0..MAX_STEPS {
            if done(self) {
                return;
            }
            if !self.step(end) {
                break;
            }
        }
        panic!("waited in vain for {what}\n{}", self.transcript());
    }

    /// Lets things happen until a client reports such an event (or has already).
    pub fn until(&mut self, client: ClientId, what: &str, wanted: impl Fn(&Event) -> bool) {
        self.run_until(what, |pair| pair.events(client).iter().any(&wanted));
    }

    /// Lets this much time pass.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..MAX_STEPS {
            if !self.step(end) {
                self.now = end;
                return;
            }
        }
        panic!("too much happens\n{}", self.transcript());
    }

    /// Lets everything under way arrive, without waiting for timers.
    pub fn settle(&mut self) {
        for _ in 0..MAX_STEPS {
            let Some(((at, _), _)) = self.agenda.first_key_value() else { return };
            let at = *at;
            self.step(at);
        }
        panic!("it does not settle\n{}", self.transcript());
    }

    /// The next thing that happens up to `end`; `false` when nothing does.
    fn step(&mut self, end: Instant) -> bool {
        let agenda = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let server = [self.server.next_timeout(), self.home.as_ref().and_then(Server::next_timeout)].into_iter().flatten().min();
        let server = server.map(|at| self.stalled.map_or(at, |until| until.max(at)));
        let client = self.clients.iter().enumerate().filter_map(|(n, c)| Some((c.wants?, n))).min();
        let Some(at) = [agenda, server, client.map(|c| c.0)].into_iter().flatten().min() else { return false };
        if at > end {
            return false;
        }
        self.now = self.now.max(at);
        if agenda == Some(at) {
            if let Some((_, happening)) = self.agenda.pop_first() {
                self.happen(happening);
            }
        } else if server == Some(at) {
            self.server.handle_timeout(self.now);
            if let Some(home) = &mut self.home {
                home.handle_timeout(self.now);
            }
            self.drain_server();
        } else if let Some((_, number)) = client {
            let now = self.now;
            self.clients[number].account.handle_timeout(now);
            self.drain(ClientId(number));
        }
        true
    }

    // Faults.

    /// Breaks the link of a client; both ends learn of it.
    pub fn cut(&mut self, client: ClientId) {
        for link in self.up_links(client) {
            self.end(client, link, WaitReason::Closed);
            if let Some(line) = self.clients[client.0].links.get(&link) {
                let flow = line.flow;
                self.plan(self.now, Happening::ServerHearsEnd(flow));
            }
        }
        self.settle();
    }

    /// The server's name for the link of a client.
    pub fn flow(&self, client: ClientId) -> Flow {
        let (flow, _) = self.flows.iter().find(|(_, (of, _))| *of == client).unwrap();
        *flow
    }

    /// From now on bytes of the link vanish in both ways and nobody is told.
    pub fn freeze(&mut self, client: ClientId) {
        for link in self.up_links(client) {
            if let Some(line) = self.clients[client.0].links.get_mut(&link) {
                line.lost = [true; 2];
            }
        }
    }

    /// Nobody listens any more; links that are up stay.
    pub fn close_server(&mut self) {
        self.is_open = false;
    }

    /// The server listens again.
    pub fn open_server(&mut self) {
        self.is_open = true;
    }

    fn up_links(&self, client: ClientId) -> Vec<LinkId> {
        self.clients[client.0].links.iter().filter(|(_, l)| l.is_up).map(|(id, _)| *id).collect()
    }

    fn end(&mut self, client: ClientId, link: LinkId, why: WaitReason) {
        if let Some(line) = self.clients[client.0].links.get_mut(&link) {
            line.is_up = false;
        }
        self.plan(self.now, Happening::ClientHearsEnd(client, link, why));
    }

    // The machinery.

    fn plan(&mut self, at: Instant, happening: Happening) {
        self.order += 1;
        self.agenda.insert((at, self.order), happening);
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.now;
        match happening {
            Happening::Progress(client, link) => {
                self.input(client, Input::Progress { link, stage: LinkStage::Connecting });
            }
            Happening::Connect(client, link) => self.connect(client, link),
            Happening::ToServer(client, link, bytes) => {
                if let Some(until) = self.stalled.filter(|until| *until > now) {
                    return self.plan(until, Happening::ToServer(client, link, bytes));
                }
                let Some(line) = self.clients[client.0].links.get(&link).filter(|l| !l.lost[0]) else { return };
                let (flow, at_home) = (line.flow, line.at_home);
                if line.resets {
                    return self.end(client, link, WaitReason::Closed);
                }
                self.server_at(at_home).handle_bytes(flow, &bytes, now);
                self.drain_server();
            }
            Happening::ToClient(client, link, bytes) => {
                if self.clients[client.0].links.get(&link).is_some_and(|l| l.is_up && !l.lost[1]) {
                    self.input(client, Input::Bytes { link, data: &bytes });
                }
            }
            Happening::ServerHearsEnd(flow) => {
                self.flows.remove(&flow);
                self.server.flow_down(flow, now);
                if let Some(home) = &mut self.home {
                    home.flow_down(flow, now);
                }
                self.drain_server();
            }
            Happening::Ticket(client, ticket, host) => {
                let outcome = (self.issuer)(&self.clients[client.0].name, &host);
                self.input(client, Input::Ticket { ticket, outcome });
            }
            Happening::ClientHearsEnd(client, link, why) => self.input(client, Input::Down { link, why: DownCause(why) }),
        }
    }

    fn connect(&mut self, client: ClientId, link: LinkId) {
        let Some(line) = self.clients[client.0].links.get(&link).cloned() else { return };
        let Some(line) = self.reached(client, link, line) else { return };
        let info = line.info(client);
        let peer = PeerInfo {
            transport: line.transport,
            local: format!("{}:{}", info.peer_ip, info.peer_port).parse().unwrap(),
            peer: "192.0.2.1:5060".parse().unwrap(),
            server: match (line.at_home, self.spare) {
                (true, _) => format!("{DOMAIN}:{HOME_PORT}"),
                (false, true) => format!("spare.{DOMAIN}:5060"),
                (false, false) => format!("{DOMAIN}:5060"),
            },
            second_best: self.spare && !line.at_home,
        };
        if let Some(line) = self.clients[client.0].links.get_mut(&link) {
            line.is_up = true;
        }
        self.flows.insert(line.flow, (client, link));
        let now = self.now;
        self.server_at(line.at_home).flow_up(line.flow, info, now);
        self.drain_server();
        self.input(client, Input::Up { link, peer: &peer });
    }

    fn input(&mut self, client: ClientId, input: Input<'_>) {
        let now = self.now;
        self.clients[client.0].account.handle_input(input, now);
        self.drain(client);
    }

    fn drain(&mut self, client: ClientId) {
        loop {
            match self.clients[client.0].account.poll_output() {
                Output::Idle(wants) => {
                    self.clients[client.0].wants = wants;
                    return;
                }
                Output::Ticket { ticket, host } => {
                    self.plan(self.now + self.faults.latency, Happening::Ticket(client, ticket, host));
                }
                Output::Event(event) => {
                    self.note(client, || Entry::Event(event.clone()));
                    // As the core does for people who are known.
                    if let Event::Room(RoomEvent::Opened { room, by: Some(_), .. }) = &event {
                        let enter = Command::Room(RoomCommand::Enter(room.clone()));
                        let _ = self.clients[client.0].account.handle_command(enter, self.now);
                    }
                    self.clients[client.0].events.push(event);
                    self.clients[client.0].times.push(self.now);
                }
                Output::Open { link, to, known } => {
                    // There is one server behind each port.
                    let at = format!("{DOMAIN}:{}", to.port.unwrap_or(5060));
                    let none_better = self.spare && known.better_than.is_some();
                    if none_better || known.shut.iter().any(|met| met.server == at) {
                        self.plan(self.now, Happening::ClientHearsEnd(client, link, WaitReason::NoOtherServer));
                        continue;
                    }
                    self.note(client, || Entry::Open(to.clone()));
                    let flow = Flow(self.next_flow);
                    self.next_flow += 1;
                    let transport = to.transport.unwrap_or(Transport::Tcp);
                    let line = Line {
                        flow,
                        transport,
                        is_up: false,
                        lost: [false; 2],
                        resets: false,
                        at_home: to.port == Some(HOME_PORT),
                        last: [self.now; 2],
                    };
                    self.clients[client.0].links.insert(link, line);
                    self.plan(self.now, Happening::Progress(client, link));
                    self.plan(self.now + self.faults.latency * 2, Happening::Connect(client, link));
                }
                Output::Transmit { link, bytes } => self.transmit(client, link, Way::Up, &bytes),
                Output::Close { link } => {
                    // What was sent before arrives before.
                    if let Some(line) = self.clients[client.0].links.get_mut(&link) {
                        line.is_up = false;
                        let (flow, at) = (line.flow, line.last[0].max(self.now + self.faults.latency));
                        // Nobody hears a datagram socket close. Through a hole the server's system misses
                        // the other end some time later.
                        let heard = if line.lost[0] { at + MISSED_AFTER } else { at };
                        if line.transport != Transport::Udp {
                            self.plan(heard, Happening::ServerHearsEnd(flow));
                        }
                    }
                }
            }
        }
    }

    fn server_at(&mut self, at_home: bool) -> &mut Server {
        match &mut self.home {
            Some(home) if at_home => home,
            _ => &mut self.server,
        }
    }

    fn drain_server(&mut self) {
        while let Some(output) = self.server.poll().or_else(|| self.home.as_mut()?.poll()) {
            match output {
                ServerOutput::Log(entry) => self.log.push(entry),
                ServerOutput::Transmit { flow, bytes } => {
                    if let Some((client, link)) = self.flows.get(&flow).copied() {
                        self.transmit(client, link, Way::Down, &bytes);
                    }
                }
                ServerOutput::Close { flow } => {
                    if let Some((client, link)) = self.flows.remove(&flow) {
                        let at = self.now + self.faults.latency;
                        self.plan(at, Happening::ClientHearsEnd(client, link, WaitReason::Closed));
                        self.plan(at, Happening::ServerHearsEnd(flow));
                    }
                }
            }
        }
    }

    fn transmit(&mut self, client: ClientId, link: LinkId, way: Way, bytes: &[u8]) {
        match self.tamper {
            Some(tamper) => tamper(self.now - self.start, way, bytes).iter().for_each(|b| self.send(client, link, way, b)),
            None => self.send(client, link, way, bytes),
        }
    }

    fn send(&mut self, client: ClientId, link: LinkId, way: Way, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.wire.push(Wired { at: self.now - self.start, client, way, text });
        let Some(line) = self.clients[client.0].links.get(&link).cloned() else { return };
        if way == Way::Down && bytes == b"\r\n" && self.faults.no_pongs {
            return;
        }
        if let (Way::Up, true, Some(after)) = (way, line.lost[0], self.faults.user_timeout) {
            let why = WaitReason::Network { detail: "Connection timed out".to_owned() };
            self.plan(self.now + after, Happening::ClientHearsEnd(client, link, why));
        }
        let mut copies = 1;
        if line.transport == Transport::Udp {
            if self.chance.below(1000) < self.faults.drop_per_mille {
                return;
            }
            if self.chance.below(1000) < self.faults.double_per_mille {
                copies = 2;
            }
        }
        for _ in 0..copies {
            let jitter = u64::try_from(self.faults.jitter.as_micros()).unwrap();
            let mut at = self.now + self.faults.latency + Duration::from_micros(self.chance.below(jitter + 1));
            if line.transport == Transport::Udp {
                self.plan_bytes(at, client, link, way, bytes.to_vec());
                continue;
            }
            // A stream keeps its order.
            let slot = usize::from(way == Way::Down);
            let last = self.clients[client.0].links.get(&link).map_or(self.now, |l| l.last[slot]);
            at = at.max(last);
            if let Some(line) = self.clients[client.0].links.get_mut(&link) {
                line.last[slot] = at;
            }
            if self.faults.coalesce && self.append(client, link, way, bytes) {
                continue;
            }
            for piece in self.pieces(bytes) {
                self.plan_bytes(at, client, link, way, piece);
            }
        }
    }

    fn pieces(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        if self.faults.piece == 0 {
            return vec![bytes.to_vec()];
        }
        let mut rest: VecDeque<u8> = bytes.iter().copied().collect();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let size = 1 + usize::try_from(self.chance.below(u64::try_from(self.faults.piece).unwrap())).unwrap();
            pieces.push(rest.drain(..size.min(rest.len())).collect());
        }
        pieces
    }

    /// Adds bytes to the last ones under way the same way; `false` if there are none.
    fn append(&mut self, client: ClientId, link: LinkId, way: Way, bytes: &[u8]) -> bool {
        let same = |h: &Happening| match h {
            Happening::ToServer(c, l, _) => way == Way::Up && (*c, *l) == (client, link),
            Happening::ToClient(c, l, _) => way == Way::Down && (*c, *l) == (client, link),
            _ => false,
        };
        match self.agenda.values_mut().rev().find(|h| same(h)) {
            Some(Happening::ToServer(_, _, waiting) | Happening::ToClient(_, _, waiting)) => {
                waiting.extend_from_slice(bytes);
                true
            }
            _ => false,
        }
    }

    fn plan_bytes(&mut self, at: Instant, client: ClientId, link: LinkId, way: Way, bytes: Vec<u8>) {
        self.plan(
            at,
            match way {
                Way::Up => Happening::ToServer(client, link, bytes),
                Way::Down => Happening::ToClient(client, link, bytes),
            },
        );
    }
}

fn users() -> Vec<User> {
    let users = [("alice", "Alice Adams"), ("bob", "Bob Brown"), ("carol", "Carol Clark"), ("dave", "")];
    users.map(|(name, display)| User::with_password(name, display, DOMAIN, "secret")).to_vec()
}

/// The address of a user of the domain.
pub fn address(user: &str) -> Address {
    Address::complete(user, Some(DOMAIN)).unwrap()
}

/// Settings of a client, complete.
pub fn settings(user: &str, number: usize) -> SipSettings {
    SipSettings {
        aor: address(user),
        display_name: String::new(),
        credentials: Some(password(user, "secret")),
        target: Target {
            host: DOMAIN.to_owned(),
            port: Some(5060),
            transport: Some(Transport::Tcp),
            tls_name: DOMAIN.to_owned(),
            automatic: false,
        },
        home: None,
        refusals: None,
        dialect: None,
        // The first digits tell devices apart.
        instance: uuid::Uuid::from_u128((0x1000_0001 + number as u128) << 96),
        expires: Expires::default(),
        list_uri: None,
        adhoc_list_uri: None,
        xcap_root: None,
        roster: Roster::default(),
        access: AccessList::default(),
        subscribe_rate: 25,
        timing: Timing { ping: Duration::from_secs(30), ..Timing::default() },
        return_after: Duration::from_mins(5),
        refuse_md5: false,
        invitations: chinwag::model::InvitationRules::default(),
        schemes: chinwag::sip::auth::Schemes::ANY,
        clock: None,
        product: "chinwag/test".to_owned(),
        ledger: false,
        acknowledge: Acknowledge::AtOnce,
        files: false,
        files_before: 0,
        received: Vec::new(),
        seed: [u8::try_from(100 + number).unwrap(); 32],
    }
}

/// A name and a password.
pub fn password(user: &str, password: &str) -> Credentials {
    Credentials::new(user, password)
}
