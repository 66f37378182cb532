//! Plays a plan: clients, server and links of [`Pair`], and a list of every text written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use chinwag::backend::Command;
use chinwag::backend::sip::{Expires, SipSettings};
use chinwag::demo::oddities::Refusal;
use chinwag::demo::{Feature, Features};
use chinwag::model::{Address, Body, Contact, MessageRef, OwnPresence, Roster, Transport};
use chinwag::sip::auth::{Scheme, Schemes};

use super::plan::{Act, Family, LinkFault, Plan, ServerFault, What};
use crate::support::pair::{ClientId, Faults, Noted, Pair, Reach, Way, address};

/// Users, by their index.
pub const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// Where the document server is looked for, so that links to it can be told from others.
pub const XCAP_PORT: u16 = 8080;

/// A text that an account took.
#[derive(Debug, Clone)]
pub struct Written {
    /// By which device, for whom.
    pub from: usize,
    pub to: usize,
    pub tag: MessageRef,
    pub text: String,
    /// When.
    pub at: Duration,
}

/// A schedule that runs.
pub struct World {
    pub pair: Pair,
    pub plan: Plan,
    pub clients: Vec<ClientId>,
    pub written: Vec<Written>,
    /// Everything clients did and told, as far as taken.
    pub journal: Vec<Noted>,
    /// A server began anew without any memory.
    forgotten: bool,
    /// What of a client's doings the judge does not get to see: for tests of the judge.
    pub hides: Option<fn(&Noted) -> bool>,
    /// When the server lost what it kept of texts for people who are away.
    pub restarts: Vec<Duration>,
    next_text: u64,
}

impl World {
    /// A world at its start: everybody signed in, knowing everybody.
    pub fn new(plan: Plan) -> Self {
        let mut pair = Pair::with_server(|config| {
            config.features = match plan.family {
                Family::Lcs => Features::default().with(&LCS),
                _ => Features::without(&[Feature::Lcs]),
            };
            config.oddities.version_gap = plan.version_gap;
            config.limits.max_expires = 600;
        });
        pair.seed(plan.seed);
        pair.keep_journal();
        let people: BTreeSet<usize> = plan.devices.iter().copied().collect();
        let clients = plan
            .devices
            .iter()
            .enumerate()
            .map(|(number, user)| pair.client_with(USERS[*user], |settings| configure(settings, &plan, number, &people)));
        let clients: Vec<ClientId> = clients.collect();
        let mut world = Self {
            pair,
            plan,
            clients,
            written: Vec::new(),
            journal: Vec::new(),
            restarts: Vec::new(),
            next_text: 1,
            forgotten: false,
            hides: None,
        };
        for client in world.clients.clone() {
            world.give(client, Command::SetPresence(OwnPresence::default()));
            world.give(client, Command::SignIn);
        }
        world.pair.run_for(Duration::from_secs(5));
        world
    }

    /// Whether contact lists and decisions were lost at the server.
    pub fn has_forgotten(&self) -> bool {
        self.forgotten
    }

    /// How much a device has sent since then.
    pub fn sent_since(&self, device: usize, since: Duration) -> usize {
        let recent = self.pair.wire().iter().rev().take_while(|w| w.at >= since);
        recent.filter(|w| w.client == self.clients[device] && w.way == Way::Up).count()
    }

    /// The time of the schedule.
    pub fn now(&self) -> Duration {
        self.pair.now - self.pair.started()
    }

    /// Plays the plan, until the weather is over.
    pub fn play(&mut self) {
        let begins = self.now();
        self.pair.faults = self.plan.faults.clone();
        for step in self.plan.steps.clone() {
            let at = begins + step.at;
            self.pair.run_for(at.saturating_sub(self.now()));
            match step.what {
                What::Act(device, act) => self.act(device, act),
                What::Link(device, fault) => self.link_fault(device, fault),
                What::Server(fault) => self.server_fault(fault),
            }
        }
        self.pair.run_for((begins + self.plan.ends).saturating_sub(self.now()));
        self.clear_up();
    }

    /// The weather is over: what was broken for ever stays so, everything new works.
    fn clear_up(&mut self) {
        self.pair.faults = Faults { latency: Duration::from_millis(5), ..Faults::default() };
        self.server_fault(ServerFault::Recovers);
        for client in self.clients.clone() {
            self.pair.set_reach(client, Reach::Fine);
            if self.plan.family == Family::SimpleUdp {
                self.pair.hole(client, [false; 2]);
            }
        }
    }

    /// What clients did and told since the last call.
    pub fn listen(&mut self) -> Vec<Noted> {
        let mut news = self.pair.take_journal();
        if let Some(hides) = self.hides {
            news.retain(|noted| !hides(noted));
        }
        self.journal.extend(news.iter().cloned());
        news
    }

    /// Whom a device has as contacts at the start, without names and groups.
    pub fn first_contacts(&self, device: usize) -> BTreeMap<Address, (String, BTreeSet<String>)> {
        let me = self.plan.devices[device];
        let others = self.plan.devices.iter().filter(|user| **user != me);
        others.map(|user| (address(USERS[*user]), (String::new(), BTreeSet::new()))).collect()
    }

    fn give(&mut self, client: ClientId, command: Command) -> bool {
        self.pair.try_order(client, command).is_ok()
    }

    fn act(&mut self, device: usize, act: Act) {
        let client = self.clients[device];
        match act {
            Act::SignIn => {
                self.give(client, Command::SignIn);
            }
            Act::SignOut => {
                self.give(client, Command::SignOut);
            }
            Act::RetryNow => {
                self.give(client, Command::RetryNow);
            }
            Act::Presence(chosen, note) => {
                self.give(client, Command::SetPresence(OwnPresence { chosen, note, ..OwnPresence::default() }));
            }
            Act::Say { to, count } => {
                for _ in 0..count {
                    self.say(device, to);
                }
            }
            Act::Typing { to } => {
                self.give(client, Command::Typing { to: address(USERS[to]), active: true });
            }
            Act::Put { who, name, group } => {
                let groups = group.into_iter().map(str::to_owned).collect();
                self.give(client, Command::PutContact { address: address(USERS[who]), name: name.to_owned(), groups });
            }
            Act::Remove { who } => {
                self.give(client, Command::RemoveContact(address(USERS[who])));
            }
            Act::Access { who, access } => {
                self.give(client, Command::SetAccess { who: address(USERS[who]), access });
            }
        }
    }

    /// Writes a text that no other is like.
    pub fn say(&mut self, device: usize, to: usize) {
        let number = self.next_text;
        self.next_text += 1;
        let (tag, text) = (MessageRef(number), format!("text {number}"));
        let order = Command::SendText { to: address(USERS[to]), body: Body::plain(&text), tag };
        let at = self.now();
        if self.give(self.clients[device], order) {
            self.written.push(Written { from: device, to, tag, text, at });
        }
    }

    fn link_fault(&mut self, device: usize, fault: LinkFault) {
        let client = self.clients[device];
        // A datagram socket has no ends; what can happen to it is that datagrams vanish.
        let fault = match fault {
            LinkFault::Cut | LinkFault::Reset | LinkFault::HalfOpen(_) | LinkFault::Reach(Reach::Refused | Reach::Silent)
                if self.plan.family == Family::SimpleUdp =>
            {
                LinkFault::Hole([true; 2])
            }
            LinkFault::Reach(Reach::Fine) if self.plan.family == Family::SimpleUdp => LinkFault::Hole([false; 2]),
            other => other,
        };
        match fault {
            LinkFault::Cut => self.pair.cut(client),
            LinkFault::Reset => self.pair.reset(client),
            LinkFault::HalfOpen(loser) => self.pair.half_open(client, loser),
            LinkFault::Hole(lost) => self.pair.hole(client, lost),
            LinkFault::Reach(reach) => self.pair.set_reach(client, reach),
        }
    }

    fn server_fault(&mut self, fault: ServerFault) {
        match fault {
            ServerFault::Restart(how) => {
                let at = self.now();
                self.restarts.push(at);
                self.forgotten |= !how.remembers;
                self.pair.restart_server(how);
            }
            ServerFault::Stall(time) => self.pair.stall_server(time),
            ServerFault::Busy(retry_after) => {
                let wish = retry_after.map(|seconds| ("Retry-After", seconds.to_string()));
                let refusal = Refusal::Code(503, wish.into_iter().collect());
                self.pair.with(|server, _| server.oddities().register = Some(refusal));
            }
            ServerFault::Gone => self.pair.close_server(),
            ServerFault::Recovers => {
                self.pair.open_server();
                self.pair.with(|server, _| server.oddities().register = None);
            }
        }
    }

    /// What happened, for people.
    pub fn story(&self) -> String {
        let mut out = format!("{:?} seed {}\n", self.plan.family, self.plan.seed);
        let _ = writeln!(out, "devices {:?}, {:?}, gap {}", self.plan.devices, self.plan.faults, self.plan.version_gap);
        for step in &self.plan.steps {
            let _ = writeln!(out, "{:>9.3} {:?}", 5.0 + step.at.as_secs_f64(), step.what);
        }
        let _ = writeln!(out, "{:>9.3} the weather is over", 5.0 + self.plan.ends.as_secs_f64());
        out
    }

    /// What went over the wire and what clients did and told, in order.
    pub fn told(&self) -> String {
        let device = |client: ClientId| self.clients.iter().position(|c| *c == client).unwrap_or(9);
        let wire = self.pair.wire().iter().map(|w| {
            let arrow = if w.way == Way::Up { "->" } else { "<-" };
            let first = w.text.lines().next().unwrap_or("");
            let event = w.header("Event").map(|e| format!("  [{e}]")).unwrap_or_default();
            let call = w.header("Call-ID").map(|c| c.chars().take(6).collect::<String>()).unwrap_or_default();
            let cseq = w.header("CSeq").unwrap_or_default();
            (w.at, 0, format!("{} {arrow} {first}{event}  {call} {cseq}", device(w.client)))
        });
        let noted = self.journal.iter().map(|n| (n.at, 1, format!("{}    {:?}", device(n.client), n.entry)));
        let mut all: Vec<_> = wire.chain(noted).collect();
        all.sort_by_key(|(at, kind, _)| (*at, *kind));
        let mut out = String::new();
        for (at, _, line) in all {
            let _ = writeln!(out, "{:>9.3} {line}", at.as_secs_f64());
        }
        out
    }
}

const LCS: [Feature; 6] =
    [Feature::Lcs, Feature::Batch, Feature::Benotify, Feature::Piggyback, Feature::Autoextend, Feature::Ntlm];

fn configure(settings: &mut SipSettings, plan: &Plan, number: usize, people: &BTreeSet<usize>) {
    let me = plan.devices[number];
    let mut roster = Roster::default();
    for who in people.iter().filter(|who| **who != me) {
        roster.put(Contact::new(address(USERS[*who])));
    }
    settings.roster = roster;
    settings.expires = Expires { registration: 300, publication: 300, subscription: 300 };
    match plan.family {
        Family::SimpleTcp => settings.schemes = Schemes::only(Scheme::Digest),
        Family::SimpleUdp => {
            settings.schemes = Schemes::only(Scheme::Digest);
            settings.target.transport = Some(Transport::Udp);
        }
        Family::Xcap => {
            settings.schemes = Schemes::only(Scheme::Digest);
            settings.xcap_root = Some(format!("http://example.test:{XCAP_PORT}/xcap-root"));
        }
        Family::Lcs => settings.schemes = Schemes::only(if plan.seed.is_multiple_of(4) { Scheme::Digest } else { Scheme::Ntlm }),
    }
    let mut seed = [u8::try_from(100 + number).unwrap(); 32];
    seed[..8].copy_from_slice(&plan.seed.to_be_bytes());
    settings.seed = seed;
}
