//! The SIP account as one connection sees it: routes orders, answers and requests to the usages.
//!
//! ```text
//!          SignIn            Up              200              all asked
//!   Out -----------> Opening ---> Registering ----> Settling ----------> Online
//!    ^                  |            |                 |                   |
//!    |   Waiting / Offline with why  |                 |      link lost    |
//!    +<-----------------+------------+-----------------+<------------------+
//!    |                                                                     |
//!    +<--------- Leaving <------ Finishing <----------- SignOut -----------+
//! ```

mod invitations;
mod orders;
mod password;
mod preferred;
mod route;
mod stored;
mod way;
mod wishes;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use self::preferred::Preferred;
use self::stored::Stored;
use self::way::Way;
use super::capabilities;
use super::conversations::Conversations;
use super::files::Files;
use super::keepalive::{Keepalive, Pulse};
use super::publication::Publication;
use super::registration::{Deregistered, Failure, Granted, Registration};
use super::roster::RosterKeeper;
use super::services::Services;
use super::sessions::Sessions;
use super::settings::SipSettings;
use super::subscriptions::Subscriptions;
use super::typing::Typing;
use super::ua::{Purpose, Ua};
use super::xcap::Xcap;
use crate::backend::servers::Servers;
use crate::backend::{
    Backend, Command, DownCause, Event, Input, LinkId, LinkStage, NoticeLevel, Output, PeerInfo, Refused, Target,
};
use crate::model::{AccessList, Address, Capabilities, MessageRef, SignInPhase, Spoken, Transport, WaitReason};
use crate::sip::endpoint;

/// A SIP network, one connection at a time. It does not come back by itself: that is
/// [`crate::backend::account::Account`]'s work.
#[derive(Debug)]
pub struct SipBackend {
    ua: Ua,
    stage: Stage,
    next_link: u64,
    shown: Shown,
    way: Way,
    servers: Servers,
    preferred: Preferred,
    registration: Registration,
    keepalive: Keepalive,
    /// The user knows that the clock is far from the server's.
    skew_told: bool,
    publication: Publication,
    subscriptions: Subscriptions,
    services: Services,
    conversations: Conversations,
    sessions: Sessions,
    typing: Typing,
    files: Files,
    roster: RosterKeeper,
    access: AccessList,
    stored: Stored,
    /// People watched until sign-out without being on the roster.
    guests: BTreeSet<Address>,
    /// How these are is asked when signed in.
    looked_for: Vec<Address>,
    told: Option<Capabilities>,
    /// The home server that is remembered outside.
    home_told: Option<Target>,
    /// It is to be told when the server has all changes to the lists.
    confirms: bool,
    fresh: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Out,
    Opening { link: LinkId },
    Registering,
    Settling { until: Instant },
    Online,
    Finishing { until: Instant },
    Leaving { until: Instant, unregistered: bool },
}

/// Server and transport as last known, for people.
#[derive(Debug, Default)]
struct Shown {
    server: Option<String>,
    transport: Option<Transport>,
}

impl SipBackend {
    /// A signed-out account.
    #[must_use]
    pub fn new(mut settings: SipSettings) -> Self {
        let access = std::mem::take(&mut settings.access);
        let roster = RosterKeeper::new(std::mem::take(&mut settings.roster));
        let own_list = settings.makes_own_list();
        if own_list {
            settings.list_uri = Some(settings.own_list_uri());
        }
        let services = Services::new(roster.roster().clone(), access.clone());
        let stored = Stored::new(Xcap::new(&settings));
        let files_before = settings.files_before;
        let subscriptions = Subscriptions::new(own_list && stored.works());
        Self {
            way: Way::new(settings.target.clone(), settings.home.clone()),
            home_told: settings.home.clone(),
            ua: Ua::new(settings),
            servers: Servers::default(),
            preferred: Preferred::default(),
            stage: Stage::Out,
            next_link: 1,
            shown: Shown::default(),
            registration: Registration::default(),
            keepalive: Keepalive::default(),
            skew_told: false,
            publication: Publication::default(),
            subscriptions,
            services,
            conversations: Conversations::default(),
            sessions: Sessions::default(),
            typing: Typing::default(),
            files: Files::new(files_before),
            roster,
            access,
            stored,
            guests: BTreeSet::new(),
            looked_for: Vec::new(),
            told: None,
            confirms: false,
            fresh: true,
        }
    }

    fn sign_in(&mut self, now: Instant) {
        if self.stage != Stage::Out {
            return;
        }
        if std::mem::take(&mut self.fresh) {
            self.ua.traffic.reset();
        }
        if self.is_held_back(now) {
            return;
        }
        self.servers.begin(now);
        let to = self.way.begin();
        self.open(to, now);
    }

    fn new_link(&mut self) -> LinkId {
        let link = LinkId(self.next_link);
        self.next_link += 1;
        link
    }

    fn open(&mut self, to: Target, now: Instant) {
        let link = self.new_link();
        self.stage = Stage::Opening { link };
        self.shown = Shown { server: None, transport: to.transport };
        let known = self.servers.known(now);
        if !known.goes_on {
            self.phase(SignInPhase::Resolving);
        }
        self.ua.open_link(link, to, known);
    }

    /// The registrar sends us elsewhere: there, unless this attempt has been there already.
    fn follow(&mut self, places: Vec<Target>, otherwise: Failure, now: Instant) {
        if self.stage != Stage::Registering {
            // We were in already: everything is void, and the next sign-in begins there.
            self.way.moved(places);
            self.fail(Failure { why: WaitReason::Moved, least: Duration::ZERO }, true, now);
            return;
        }
        match self.way.follow(places) {
            Some(to) => {
                self.reset(true);
                self.open(to, now);
            }
            None => self.fail(otherwise, true, now),
        }
    }

    /// The server signed us out.
    fn deregistered(&mut self, told: Deregistered, now: Instant) {
        self.way.leave_home();
        self.tell_home();
        self.fail(Failure { why: told.why, least: Duration::ZERO }, true, now);
    }

    fn sign_out(&mut self, now: Instant) {
        match self.stage {
            Stage::Out => self.phase(SignInPhase::Offline { why: None }),
            Stage::Finishing { .. } | Stage::Leaving { .. } => {}
            Stage::Opening { link } => {
                self.ua.abandon(link);
                self.gone();
            }
            Stage::Registering | Stage::Settling { .. } | Stage::Online => {
                self.stop_return();
                self.files.leave(&mut self.ua, now);
                self.pump_files(now);
                self.services.leave();
                self.stage = Stage::Finishing { until: now + FINISHING };
                self.finish(now);
            }
        }
    }

    /// Signs out once the server has what the user changed, or has had time enough for it.
    fn finish(&mut self, now: Instant) {
        match self.stage {
            Stage::Finishing { until } if until <= now || !(self.services.unfinished() || self.stored.unfinished()) => {
                if self.lists_unfinished() {
                    self.unconfirmed();
                }
                self.keepalive.stop();
                self.typing.stop(&mut self.ua);
                self.sessions.leave(&mut self.ua, now);
                self.stored.stop();
                self.publication.leave(&mut self.ua, now);
                self.subscriptions.leave(&mut self.ua, now);
                let unregistered = !self.registration.leave(&mut self.ua, now);
                self.stage = Stage::Leaving { until: until + FAREWELL, unregistered };
            }
            _ => {}
        }
    }

    /// Whether the server has not confirmed all changes to the contact list and the access list.
    fn lists_unfinished(&self) -> bool {
        self.services.lists_unfinished() || self.stored.unfinished()
    }

    /// Tells who asked for it that the server has all changes.
    fn confirm_lists(&mut self) {
        if self.confirms && self.connected() && !self.lists_unfinished() {
            self.confirms = false;
            self.ua.emit(Event::ListsConfirmed);
        }
    }

    fn unconfirmed(&mut self) {
        let text = "The server has not confirmed the last change to your lists; it may or may not be made.";
        self.ua.notice(NoticeLevel::Error, "lists-unconfirmed", text);
    }

    /// Signed out as wished.
    fn gone(&mut self) {
        self.reset(true);
        self.fresh = true;
        self.confirms = false;
        self.looked_for.clear();
        for who in std::mem::take(&mut self.guests) {
            if !self.roster.watches(&who) {
                self.subscriptions.forget(&who);
            }
        }
        self.phase(SignInPhase::Offline { why: None });
    }

    /// The attempt or the connection failed. Another server may take us in within the same attempt.
    fn fail(&mut self, failure: Failure, close: bool, now: Instant) {
        if matches!(self.stage, Stage::Finishing { .. } | Stage::Leaving { .. }) {
            self.gone();
            return;
        }
        let Failure { why, mut least } = failure;
        if let Some(peer) = self.ua.peer().cloned().filter(|_| !why.is_final()) {
            self.servers.no_good(&peer, &why, least, now);
            if self.stage == Stage::Registering && Servers::may_do_better(&why) && self.servers.has_room() {
                self.reset(close);
                let to = self.way.here().clone();
                self.open(to, now);
                return;
            }
            // A server that no longer wants us did not speak for the others.
            if self.connected() {
                least = Duration::ZERO;
            }
        }
        self.give_up(why, least, close, now);
    }

    /// No server takes us in, for this reason.
    fn give_up(&mut self, why: WaitReason, least: Duration, close: bool, now: Instant) {
        self.reset(close);
        if why == WaitReason::WrongPassword {
            self.password_refused(now);
        }
        // A home server of an earlier run may be gone, or no longer ours.
        if self.way.is_guess() {
            self.way.leave_home();
            if why != WaitReason::WrongPassword {
                let to = self.way.begin();
                self.open(to, now);
                return;
            }
            // A second wrong password could lock the account: the next sign-in begins elsewhere.
            self.tell_home();
        }
        if why.is_final() {
            self.phase(SignInPhase::Offline { why: Some(why) });
        } else {
            self.phase(SignInPhase::Waiting { retry_in: least, why });
        }
    }

    /// Who answers so at once has nothing to say to us, and might say it for ever.
    fn not_sip(&mut self, spoken: Spoken, now: Instant) {
        let detail = match spoken {
            Spoken::Tls => "the server speaks TLS on this port, not SIP in clear; --transport tls is the way there".to_owned(),
            other => format!("the server does not speak SIP on this port, but {}", other.words()),
        };
        self.fail(Failure { why: WaitReason::Protocol { detail }, least: Duration::ZERO }, true, now);
    }

    /// Everything that belongs to a link is void.
    fn reset(&mut self, close: bool) {
        self.stop_return();
        if !matches!(self.stage, Stage::Out | Stage::Opening { .. } | Stage::Registering) {
            // Before what was on its way: who hears of that must not take the rest for true.
            self.ua.emit(Event::AllStale);
        }
        for purpose in self.ua.drop_link(close) {
            if let Purpose::Text { tag, .. } = purpose {
                Conversations::on_failure(tag, endpoint::Failure::LinkDown, &mut self.ua);
            }
        }
        self.registration.stop();
        self.stop_usages();
        self.stage = Stage::Out;
    }

    /// What was asked for on a link, and what came over it, is void.
    fn stop_usages(&mut self) {
        self.sessions.reset(&mut self.ua);
        self.keepalive.stop();
        self.publication.stop();
        self.subscriptions.stop();
        self.services.stop(&mut self.ua);
        self.typing.stop(&mut self.ua);
        self.files.reset(&mut self.ua);
        self.stored.stop();
        self.told = None;
    }

    /// Tells where the next sign-in should begin, if that is news.
    fn tell_home(&mut self) {
        if self.home_told.as_ref() != self.way.home() {
            self.home_told = self.way.home().cloned();
            self.ua.emit(Event::Home(self.home_told.clone()));
        }
    }

    fn phase(&mut self, phase: SignInPhase) {
        let event = Event::Phase { phase, server: self.shown.server.clone(), transport: self.shown.transport };
        self.ua.emit(event);
    }

    fn on_progress(&mut self, link: LinkId, stage: LinkStage) {
        if self.stage != (Stage::Opening { link }) {
            return;
        }
        if stage == LinkStage::Resolving && self.servers.goes_on() {
            return;
        }
        let to = self.way.here();
        self.shown.server.get_or_insert_with(|| to.host.clone());
        self.phase(match stage {
            LinkStage::Resolving => SignInPhase::Resolving,
            LinkStage::Connecting => SignInPhase::Connecting,
            LinkStage::Securing => SignInPhase::Securing,
        });
    }

    fn on_up(&mut self, link: LinkId, peer: &PeerInfo, now: Instant) {
        if self.stage != (Stage::Opening { link }) {
            self.ua.abandon(link);
            return;
        }
        self.ua.link_up(link, peer);
        self.way.reached(&peer.server);
        self.shown = Shown { server: Some(peer.server.clone()), transport: Some(peer.transport) };
        self.stage = Stage::Registering;
        self.phase(SignInPhase::Authenticating);
        self.registration.start(&mut self.ua, now);
    }

    fn on_down(&mut self, link: LinkId, why: DownCause, now: Instant) {
        let opening = self.stage == (Stage::Opening { link });
        if !opening && self.ua.link_id() != Some(link) {
            return;
        }
        if opening && let Some(to) = self.way.next_place() {
            self.reset(false);
            self.open(to, now);
            return;
        }
        if opening {
            let (why, least) = self.servers.outcome(why.0, now);
            self.give_up(why, least, false, now);
            return;
        }
        self.fail(Failure { why: why.0, least: Duration::ZERO }, false, now);
    }

    /// The registrar accepted us on a new link: everything else begins.
    fn signed_in(&mut self, granted: &Granted, now: Instant) {
        self.way.arrived();
        self.tell_home();
        self.phase(SignInPhase::Subscribing);
        self.ua.emit(self.roster.reset());
        self.ua.emit(Event::AccessReset(self.access.clone()));
        self.begin_usages(granted, now);
    }

    /// Asks for everything, on a link whose registrar accepted us.
    fn begin_usages(&mut self, granted: &Granted, now: Instant) {
        if let Some(peer) = self.ua.peer() {
            self.servers.good(peer);
        }
        self.password_accepted();
        self.plan_return(now);
        self.keepalive.start(granted, &mut self.ua, now);
        self.conversations.signed_in(now);
        self.stage = Stage::Settling { until: now + SETTLING };
        if self.ua.traits.set_presence {
            self.services.start(self.roster.roster(), &mut self.ua, now);
        } else {
            self.publication.start(&mut self.ua, now);
        }
        for who in self.roster.watched().chain(&self.guests) {
            self.subscriptions.want(who, &mut self.ua, now);
        }
        self.subscriptions.start(&mut self.ua, now);
        let people = std::mem::take(&mut self.looked_for);
        self.look(people, now);
        self.start_stored(now);
    }

    /// Goes online when everything asked for at sign-in was answered, or took too long.
    fn settle(&mut self, now: Instant) {
        let Stage::Settling { until } = self.stage else { return };
        if until > now
            && (self.publication.asking() || self.stored.reading() || self.services.settling() || !self.subscriptions.settled())
        {
            return;
        }
        self.stage = Stage::Online;
        self.tell_capabilities();
        self.phase(SignInPhase::Online);
    }

    /// Tells what the server can do, again when more is known.
    fn tell_capabilities(&mut self) {
        if self.stage != Stage::Online {
            return;
        }
        let found = capabilities::found(
            &self.ua,
            &self.keepalive,
            &self.publication,
            &self.subscriptions,
            &self.services,
            &self.roster,
            self.stored.access,
        );
        if self.told.as_ref() != Some(&found) {
            self.told = Some(found.clone());
            self.ua.emit(Event::Capabilities(found));
        }
    }

    fn connected(&self) -> bool {
        matches!(self.stage, Stage::Settling { .. } | Stage::Online)
    }
}

impl Backend for SipBackend {
    fn handle_command(&mut self, command: Command, now: Instant) -> Result<(), Refused> {
        let done = self.carry_out(command, now);
        self.pump(now);
        done
    }

    fn handle_input(&mut self, input: Input<'_>, now: Instant) {
        let link = match &input {
            Input::Progress { link, .. } | Input::Up { link, .. } | Input::Bytes { link, .. } | Input::Down { link, .. } => {
                Some(*link)
            }
            Input::Ticket { .. } | Input::Disturbed => None,
        };
        if link.is_some_and(|link| self.stored.owns(link)) {
            self.stored.handle_input(&input, now);
            self.pump(now);
            return;
        }
        if link.is_some_and(|link| self.preferred.owns(link)) {
            self.on_preferred(&input, now);
            self.pump(now);
            return;
        }
        match input {
            Input::Progress { link, stage } => self.on_progress(link, stage),
            Input::Up { link, peer } => self.on_up(link, peer, now),
            Input::Bytes { link, data } => {
                if self.ua.link_id() == Some(link) {
                    match self.ua.hears_other_than_sip(data) {
                        None => self.ua.handle_bytes(data, now),
                        Some(other) => self.not_sip(other, now),
                    }
                }
            }
            Input::Down { link, why } => self.on_down(link, why, now),
            Input::Ticket { ticket, outcome } => self.on_ticket(ticket, outcome, now),
            Input::Disturbed => {
                let wait = self.ua.settings.timing.probe;
                self.keepalive.probe(wait, &mut self.ua, now);
            }
        }
        self.pump(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.ua.handle_timeout(now);
        self.pump(now);
        let outcome = self.registration.handle_timeout(&mut self.ua, now);
        self.registered(outcome, now);
        if self.keepalive.handle_timeout(&mut self.ua, now) == Pulse::Dead {
            let at = self.shown.server.clone().unwrap_or_default();
            self.fail(Failure { why: WaitReason::Timeout { at }, least: Duration::ZERO }, true, now);
        }
        self.publication.handle_timeout(&mut self.ua, now);
        self.subscriptions.handle_timeout(&mut self.ua, now);
        self.typing.handle_timeout(&mut self.ua, now);
        self.sessions.handle_timeout(&mut self.ua, now);
        self.services.handle_timeout(&mut self.ua, now);
        self.files.handle_timeout(&mut self.ua, now);
        self.stored.handle_timeout(now);
        self.tend_preferred(now);
        self.pump(now);
    }

    fn holds_texts(&self) -> bool {
        self.preferred.is_moving()
    }

    fn take_late(&mut self) -> Option<MessageRef> {
        self.sessions.take_late()
    }

    fn poll_output(&mut self) -> Output {
        while let Some(output) = self.ua.next_output() {
            match output {
                Output::Event(Event::Delivery { tag, fate }) if Files::owns(tag) => self.files.on_fate(tag, &fate, &mut self.ua),
                other => return other,
            }
        }
        let stage = match self.stage {
            Stage::Finishing { until } | Stage::Leaving { until, .. } | Stage::Settling { until } => Some(until),
            Stage::Out | Stage::Opening { .. } | Stage::Registering | Stage::Online => None,
        };
        let wants = [
            stage,
            self.ua.next_timeout(),
            self.registration.next_timeout(),
            self.keepalive.next_timeout(&self.ua),
            self.publication.next_timeout(),
            self.subscriptions.next_timeout(),
            self.typing.next_timeout(),
            self.sessions.next_timeout(),
            self.services.next_timeout(),
            self.files.next_timeout(),
            self.stored.next_timeout(),
            self.preferred.next_timeout(),
        ];
        Output::Idle(wants.into_iter().flatten().min())
    }
}

/// Longest wait at sign-out until the server has what the user changed.
const FINISHING: Duration = Duration::from_secs(1);
/// Longest wait for the last answers after that; both together below [`Backend::farewell`].
const FAREWELL: Duration = Duration::from_millis(1500);
/// Longest wait for first answers before we call ourselves online.
const SETTLING: Duration = Duration::from_secs(3);
/// People watched without being on the roster.
const MOST_GUESTS: usize = 2000;
