//! What is to happen in a schedule: drawn from its seed before anything runs, so that it can be
//! printed and read.

use std::time::Duration;

use chinwag::model::{Access, Availability};

use super::chance::Chance;
use crate::support::pair::{Faults, Loser, Reach, Restart};

/// Which network a schedule plays in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// SIMPLE with Digest over TCP; contacts are kept by the program.
    SimpleTcp,
    /// The same over UDP: datagrams get lost, doubled and overtaken.
    SimpleUdp,
    /// SIMPLE over TCP with contacts and rules on a document server.
    Xcap,
    /// The LCS family, signed by NTLM: batch subscriptions, BENOTIFY, sessions, lists on the server.
    Lcs,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::SimpleTcp, Self::SimpleUdp, Self::Xcap, Self::Lcs];
}

/// Everything about a schedule.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub family: Family,
    /// Which user each client is of: an index of [`super::world::USERS`].
    pub devices: Vec<usize>,
    /// How links behave while the weather is bad.
    pub faults: Faults,
    /// The server's list notifications skip versions.
    pub version_gap: bool,
    /// In the order of time.
    pub steps: Vec<Step>,
    /// When the weather is over.
    pub ends: Duration,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Step {
    /// When, from the start.
    pub at: Duration,
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone)]
pub enum What {
    /// A user does something at a device.
    Act(usize, Act),
    /// Something breaks at the link of a device.
    Link(usize, LinkFault),
    /// Something happens to the server.
    Server(ServerFault),
}

/// What a user does. People are indexes of users.
#[derive(Debug, Clone)]
pub enum Act {
    SignIn,
    SignOut,
    RetryNow,
    Presence(Availability, String),
    /// So many texts at once.
    Say {
        to: usize,
        count: usize,
    },
    Typing {
        to: usize,
    },
    Put {
        who: usize,
        name: &'static str,
        group: Option<&'static str>,
    },
    Remove {
        who: usize,
    },
    Access {
        who: usize,
        access: Access,
    },
}

/// What breaks at the links of one device.
#[derive(Debug, Clone, Copy)]
pub enum LinkFault {
    Cut,
    Reset,
    HalfOpen(Loser),
    /// Bytes vanish: up, down.
    Hole([bool; 2]),
    Reach(Reach),
}

/// What happens to the server.
#[derive(Debug, Clone, Copy)]
pub enum ServerFault {
    Restart(Restart),
    Stall(Duration),
    /// REGISTER gets 503 and this Retry-After, seconds, until the next `Recovers`.
    Busy(Option<u32>),
    /// Nobody listens, until the next `Recovers`.
    Gone,
    Recovers,
}

/// What a busy server asks for, where it asks for anything: more than the shortest second wait, seconds.
pub const RETRY_AFTER: u32 = 60;

const NAMES: [&str; 3] = ["", "One", "Two"];
const GROUPS: [&str; 2] = ["Team", "Ops"];
const STATES: [Availability; 7] = [
    Availability::Online,
    Availability::Busy,
    Availability::BeRightBack,
    Availability::Away,
    Availability::OnThePhone,
    Availability::OutToLunch,
    Availability::Offline,
];
const NOTES: [&str; 3] = ["", "back at 3", "in a call"];

impl Plan {
    /// The plan of a seed.
    pub fn draw(family: Family, seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0xc0ff_ee00 ^ ((family as u64) << 56));
        let users = usize::try_from(chance.between(2, 4)).unwrap();
        let mut devices: Vec<usize> = (0..users).collect();
        if chance.percent(25) {
            devices.push(0);
        }
        let faults = weather(family, &mut chance);
        let ends = Duration::from_secs(chance.between(60, 240));
        let mut plan = Self {
            seed,
            family,
            version_gap: family == Family::Lcs && chance.percent(20),
            devices,
            faults,
            steps: Vec::new(),
            ends,
        };
        for _ in 0..chance.between(8, 24) {
            let device = chance.index(plan.devices.len());
            let act = plan.act(device, users, &mut chance);
            let at = plan.time(&mut chance);
            plan.add(at, What::Act(device, act));
        }
        for _ in 0..chance.between(1, 5) {
            let at = plan.time(&mut chance);
            plan.add_fault(at, &mut chance);
        }
        plan.steps.sort_by_key(|step| step.at);
        plan
    }

    fn add(&mut self, at: Duration, what: What) {
        self.steps.push(Step { at, what });
    }

    /// Mostly anywhere, often close to something else that happens.
    fn time(&self, chance: &mut Chance) -> Duration {
        if !self.steps.is_empty() && chance.percent(40) {
            let near = self.steps[chance.index(self.steps.len())].at;
            return near + Duration::from_millis(chance.below(60));
        }
        Duration::from_millis(chance.below(u64::try_from(self.ends.as_millis()).unwrap()))
    }

    fn act(&self, device: usize, users: usize, chance: &mut Chance) -> Act {
        let me = self.devices[device];
        let who = (me + 1 + chance.index(users - 1)) % users;
        match chance.below(100) {
            0..45 => Act::Say { to: who, count: if chance.percent(20) { chance.index(12) + 1 } else { 1 } },
            45..65 => Act::Presence(chance.pick(&STATES), chance.pick(&NOTES).to_owned()),
            65..71 => Act::Typing { to: who },
            71..79 => Act::Put { who, name: chance.pick(&NAMES), group: chance.percent(50).then(|| chance.pick(&GROUPS)) },
            79..83 => Act::Remove { who },
            83..89 => Act::Access { who, access: chance.pick(&[Access::Allow, Access::Block]) },
            89..92 => Act::RetryNow,
            92..96 => Act::SignOut,
            _ => Act::SignIn,
        }
    }

    fn add_fault(&mut self, at: Duration, chance: &mut Chance) {
        let device = chance.index(self.devices.len());
        let lasts = Duration::from_secs(chance.between(1, 50));
        let link = |plan: &mut Self, at, fault| plan.add(at, What::Link(device, fault));
        match chance.below(100) {
            0..18 => link(self, at, LinkFault::Cut),
            18..38 => link(self, at, LinkFault::Reset),
            38..50 => {
                let loser = chance.pick(&[Loser::Client, Loser::Server, Loser::ServerTells]);
                link(self, at, LinkFault::HalfOpen(loser));
            }
            50..62 => link(self, at, LinkFault::Hole(chance.pick(&[[true, true], [true, false], [false, true]]))),
            62..72 => {
                link(self, at, LinkFault::Reach(chance.pick(&[Reach::Refused, Reach::Silent])));
                link(self, at, LinkFault::Cut);
                link(self, at + lasts, LinkFault::Reach(Reach::Fine));
            }
            72..84 => {
                let how = Restart { remembers: chance.percent(50), says_goodbye: chance.percent(70) };
                self.add(at, What::Server(ServerFault::Restart(how)));
            }
            84..92 => self.add(at, What::Server(ServerFault::Stall(lasts))),
            92..96 => {
                self.add(at, What::Server(ServerFault::Busy(chance.percent(50).then_some(RETRY_AFTER))));
                link(self, at, LinkFault::Cut);
                self.add(at + lasts, What::Server(ServerFault::Recovers));
            }
            _ => {
                self.add(at, What::Server(ServerFault::Gone));
                link(self, at, LinkFault::Cut);
                self.add(at + lasts, What::Server(ServerFault::Recovers));
            }
        }
    }
}

fn weather(family: Family, chance: &mut Chance) -> Faults {
    let mut faults = Faults {
        latency: Duration::from_millis(chance.pick(&[1, 10, 80, 400])),
        jitter: Duration::from_millis(chance.pick(&[0, 0, 30, 300])),
        ..Faults::default()
    };
    if family == Family::SimpleUdp {
        faults.drop_per_mille = chance.pick(&[0, 20, 100, 250]);
        faults.double_per_mille = chance.pick(&[0, 20, 100]);
    } else {
        faults.piece = chance.pick(&[0, 0, 700, 200]);
        faults.coalesce = chance.percent(15);
    }
    faults
}
