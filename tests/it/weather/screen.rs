//! What a program shows that listens to one account, and what it finds wrong while it listens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chinwag::backend::{Command, Event, GroupChange, RosterChange};
use chinwag::model::{
    Access, AccessList, Address, Contact, Fate, MessageRef, OwnPresence, Presence, Roster, SignInPhase, WaitReason,
};

use super::plan::RETRY_AFTER;
use super::world::XCAP_PORT;
use crate::support::pair::{Entry, Noted};

/// One program.
#[derive(Debug, Clone)]
pub struct Screen {
    pub phase: SignInPhase,
    pub people: BTreeMap<Address, Presence>,
    pub roster: Roster,
    pub access: AccessList,
    /// What the user chose last.
    pub own: OwnPresence,
    /// Every fate told of a text, in order.
    pub fates: BTreeMap<MessageRef, Vec<(Duration, Fate)>>,
    /// Texts that came, in order.
    pub texts: Vec<(Duration, Address, String)>,
    /// Contacts and decisions as the user ordered them.
    pub wanted: Wanted,
    /// Whom the user ever blocked.
    pub ever_blocked: BTreeSet<Address>,
    /// What is wrong.
    pub wrongs: Vec<String>,
    order: Option<Command>,
    /// Accepted since the last sign-in, and everything is to be stale once it ends.
    up: bool,
    stale: bool,
    tries: Tries,
}

/// What a user asked for and was not refused.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub contacts: BTreeMap<Address, (String, BTreeSet<String>)>,
    pub access: BTreeMap<Address, Access>,
}

/// When links may be opened.
#[derive(Debug, Clone, Default)]
struct Tries {
    failures: u32,
    up_since: Option<Duration>,
    /// When the next try is due by the wait that was told.
    due: Option<Duration>,
    /// When the user last asked to be signed in.
    asked: Option<Duration>,
    /// Sign-out goes on; and the user asked to be signed in meanwhile.
    leaving: bool,
    again: bool,
}

/// A connection that lasted so long wipes out the failures before it.
const STABLE: Duration = Duration::from_mins(1);
/// First, second and later waits, milliseconds.
const WAITS: [(u64, u64); 3] = [(500, 3_000), (5_000, 45_000), (30_000, 330_000)];

impl Screen {
    pub fn new() -> Self {
        Self {
            phase: SignInPhase::Offline { why: None },
            people: BTreeMap::new(),
            roster: Roster::default(),
            access: AccessList::default(),
            own: OwnPresence::default(),
            fates: BTreeMap::new(),
            texts: Vec::new(),
            wanted: Wanted::default(),
            ever_blocked: BTreeSet::new(),
            wrongs: Vec::new(),
            order: None,
            up: false,
            stale: false,
            tries: Tries::default(),
        }
    }

    pub fn is_online(&self) -> bool {
        self.phase == SignInPhase::Online
    }

    /// Takes in what was noted.
    pub fn take(&mut self, noted: &Noted) {
        let at = noted.at;
        match &noted.entry {
            Entry::Order(command) => {
                self.tries.ordered(command, &self.phase, at);
                self.settle_order();
                self.order = Some(command.clone());
            }
            Entry::Refused => self.order = None,
            Entry::Event(event) => self.event(event, at),
            Entry::Open(to) if to.port == Some(XCAP_PORT) => {}
            Entry::Open(_) => {
                if !self.tries.may_open(at) {
                    self.wrong(at, "a link was opened out of turn");
                }
            }
        }
    }

    /// An order that was not refused counts.
    pub fn settle_order(&mut self) {
        match self.order.take() {
            Some(Command::SetPresence(own)) => self.own = own,
            Some(Command::PutContact { address, name, groups }) => {
                self.wanted.contacts.insert(address, (name, groups.into_iter().collect()));
            }
            Some(Command::RemoveContact(who)) => {
                self.wanted.contacts.remove(&who);
            }
            Some(Command::SetAccess { who, access }) => {
                self.wanted.access.insert(who, access);
            }
            _ => {}
        }
    }

    pub fn wrong(&mut self, at: Duration, what: impl AsRef<str>) {
        self.wrongs.push(format!("{:.3}: {}", at.as_secs_f64(), what.as_ref()));
    }

    fn event(&mut self, event: &Event, at: Duration) {
        match event {
            Event::Phase { phase, .. } => self.phase(phase, at),
            Event::AllStale => {
                self.stale = true;
                self.people.values_mut().for_each(|presence| presence.stale = true);
            }
            Event::Presence { who, now } => {
                if !self.up && !now.stale {
                    self.wrong(at, format!("{who} is shown as sure without a connection"));
                }
                self.people.insert(who.clone(), now.clone());
            }
            Event::Text { from, body, .. } => self.texts.push((at, from.clone(), body.text.clone())),
            Event::Delivery { tag, fate } => self.fate(*tag, fate, at),
            Event::RosterReset { roster, .. } => self.roster = roster.clone(),
            Event::RosterChanged { changes, .. } => {
                for change in changes {
                    if !apply(&mut self.roster, change) {
                        self.wrong(at, format!("a change that does not fit the list: {change:?}"));
                    }
                }
            }
            Event::AccessReset(access) => {
                self.access = access.clone();
                self.ever_blocked.extend(access.iter().filter(|(_, a)| *a == Access::Block).map(|(who, _)| who.clone()));
            }
            _ => {}
        }
    }

    fn fate(&mut self, tag: MessageRef, fate: &Fate, at: Duration) {
        let told = self.fates.entry(tag).or_default();
        let before = told.last().map(|(_, fate)| fate.clone());
        told.push((at, fate.clone()));
        match before {
            Some(Fate::Stored) if *fate == Fate::Delivered => {}
            Some(before) if before.is_final() => self.wrong(at, format!("{tag:?} was {before:?} and then {fate:?}")),
            _ => {}
        }
        if self.up && !self.stale && matches!(fate, Fate::Unconfirmed { why } if why.starts_with("the connection was lost")) {
            self.wrong(at, "a text was told to be lost before people are told to be stale");
        }
    }

    fn phase(&mut self, phase: &SignInPhase, at: Duration) {
        match phase {
            SignInPhase::Subscribing | SignInPhase::Online if self.up => {}
            SignInPhase::Subscribing | SignInPhase::Online => {
                (self.up, self.stale) = (true, false);
                self.tries.up_since.get_or_insert(at);
            }
            SignInPhase::Waiting { retry_in, why } => {
                self.gone(at);
                if let Err(wrong) = self.tries.waits(*retry_in, why, at) {
                    self.wrong(at, wrong);
                }
            }
            SignInPhase::Offline { .. } => {
                self.gone(at);
                self.tries.leaving = false;
            }
            _ if self.up => self.wrong(at, format!("{phase:?} while signed in")),
            _ => {}
        }
        self.phase = phase.clone();
    }

    fn gone(&mut self, at: Duration) {
        if self.up && !self.stale {
            self.wrong(at, "the connection is gone and people are not told to be stale");
        }
        self.up = false;
    }
}

impl Tries {
    fn ordered(&mut self, command: &Command, phase: &SignInPhase, at: Duration) {
        let waiting = matches!(phase, SignInPhase::Waiting { .. } | SignInPhase::Offline { .. });
        match command {
            Command::SignIn => {
                self.asked = Some(at);
                self.again = self.leaving;
                if waiting {
                    (self.failures, self.up_since) = (0, None);
                }
            }
            Command::RetryNow => self.asked = Some(at),
            Command::SignOut => {
                (self.leaving, self.again) = (!waiting, false);
                self.due = None;
            }
            _ => {}
        }
    }

    fn may_open(&mut self, at: Duration) -> bool {
        let due = self.due.take() == Some(at);
        self.leaving = false;
        let again = std::mem::take(&mut self.again);
        if again {
            (self.failures, self.up_since) = (0, None);
        }
        due || again || self.asked == Some(at)
    }

    /// A wait was told: is it one of those that are allowed?
    fn waits(&mut self, wait: Duration, why: &WaitReason, at: Duration) -> Result<(), String> {
        self.due = Some(at + wait);
        if self.up_since.take().is_some_and(|since| at.saturating_sub(since) >= STABLE) {
            self.failures = 0;
        }
        let busy = matches!(why, WaitReason::Busy { .. });
        let step = if busy { self.failures.max(1) } else { self.failures };
        self.failures = step + 1;
        let (least, most) = WAITS[usize::try_from(step).unwrap().min(2)];
        let millis = u64::try_from(wait.as_millis()).unwrap();
        // The server's wish is a lower bound, and spread; a busy one may or may not have told one.
        let wish = u64::from(RETRY_AFTER) * 1000;
        let fits = (least..=most).contains(&millis) || (busy && (wish..=wish * 6 / 5 + 1000).contains(&millis));
        if fits { Ok(()) } else { Err(format!("wait of {wait:?} after failure {step} ({why:?})")) }
    }
}

fn apply(roster: &mut Roster, change: &RosterChange) -> bool {
    match change {
        RosterChange::Put { address, name, groups } => {
            roster.put(Contact { name: name.clone(), groups: groups.clone(), ..Contact::new(address.clone()) });
            true
        }
        RosterChange::Removed(who) => roster.remove(who).is_ok(),
        RosterChange::Group(GroupChange::Add(name)) => roster.add_group(name).is_ok(),
        RosterChange::Group(GroupChange::Rename { from, to }) => roster.rename_group(from, to).is_ok(),
        RosterChange::Group(GroupChange::Remove(name)) => roster.remove_group(name).is_ok(),
    }
}
