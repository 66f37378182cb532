//! The SIP account as one connection sees it: routes orders, answers and requests to the usages.
//!
//! ```text
//!          SignIn            Up              200              all asked
//!   Out -----------> Opening ---> Registering ----> Settling ----------> Online
//!    ^                  |            |                 |                   |
//!    |   Waiting / Offline with why  |                 |      link lost    |
//!    +<-----------------+------------+-----------------+<------------------+
//!    |                                                                     |
//!    +<------------------------- Leaving <------------- SignOut -----------+
//! ```

use std::time::{Duration, Instant};

use super::conversations::{Came, Conversations};
use super::incoming;
use super::keepalive::{Keepalive, Pulse};
use super::registration::{Failure, Outcome, Registration};
use super::settings::SipSettings;
use super::ua::{Purpose, Ua};
use crate::backend::{Backend, Command, DownCause, Event, Input, LinkId, LinkStage, Output, PeerInfo, Refused};
use crate::model::{AccessList, SignInPhase, Transport, WaitReason};
use crate::sip::endpoint::{EndpointEvent, RequestId, ServerTransactionId};
use crate::sip::message::{Message, Method};

/// A SIP network, one connection at a time. It does not come back by itself: that is
/// [`crate::backend::account::Account`]'s work.
#[derive(Debug)]
pub struct SipBackend {
    ua: Ua,
    stage: Stage,
    next_link: u64,
    shown: Shown,
    registration: Registration,
    keepalive: Keepalive,
    conversations: Conversations,
    access: AccessList,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Out,
    Opening { link: LinkId },
    Registering,
    Settling { until: Instant },
    Online,
    Leaving { until: Instant },
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
    pub fn new(settings: SipSettings) -> Self {
        let access = settings.access.clone();
        Self {
            ua: Ua::new(settings),
            stage: Stage::Out,
            next_link: 1,
            shown: Shown::default(),
            registration: Registration::default(),
            keepalive: Keepalive::default(),
            conversations: Conversations::default(),
            access,
        }
    }

    fn sign_in(&mut self) {
        if self.stage != Stage::Out {
            return;
        }
        let link = LinkId(self.next_link);
        self.next_link += 1;
        self.stage = Stage::Opening { link };
        self.shown = Shown { server: None, transport: self.ua.settings.target.transport };
        self.phase(SignInPhase::Resolving);
        self.ua.open_link(link);
    }

    fn sign_out(&mut self, now: Instant) {
        match self.stage {
            Stage::Out => self.phase(SignInPhase::Offline { why: None }),
            Stage::Leaving { .. } => {}
            Stage::Opening { link } => {
                self.ua.abandon(link);
                self.gone();
            }
            Stage::Registering | Stage::Settling { .. } | Stage::Online => {
                self.stage = Stage::Leaving { until: now + FAREWELL };
                self.keepalive.stop();
                if !self.registration.leave(&mut self.ua, now) {
                    self.gone();
                }
            }
        }
    }

    /// Signed out as wished.
    fn gone(&mut self) {
        self.reset();
        self.phase(SignInPhase::Offline { why: None });
    }

    /// The attempt or the connection failed.
    fn fail(&mut self, failure: Failure) {
        if matches!(self.stage, Stage::Leaving { .. }) {
            self.gone();
            return;
        }
        self.reset();
        let Failure { why, least } = failure;
        if why.is_final() {
            self.phase(SignInPhase::Offline { why: Some(why) });
        } else {
            self.phase(SignInPhase::Waiting { retry_in: least, why });
        }
    }

    /// Everything that belongs to a link is void.
    fn reset(&mut self) {
        self.ua.close();
        self.registration.stop();
        self.keepalive.stop();
        self.stage = Stage::Out;
    }

    fn phase(&mut self, phase: SignInPhase) {
        let event = Event::Phase { phase, server: self.shown.server.clone(), transport: self.shown.transport };
        self.ua.emit(event);
    }

    fn on_progress(&mut self, link: LinkId, stage: LinkStage) {
        if self.stage != (Stage::Opening { link }) {
            return;
        }
        self.shown.server.get_or_insert_with(|| self.ua.settings.target.host.clone());
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
        self.shown = Shown { server: Some(peer.server.clone()), transport: Some(peer.transport) };
        self.stage = Stage::Registering;
        self.phase(SignInPhase::Authenticating);
        self.registration.start(&mut self.ua, now);
    }

    fn on_down(&mut self, link: LinkId, why: DownCause) {
        let opening = self.stage == (Stage::Opening { link });
        if !opening && self.ua.link_id() != Some(link) {
            return;
        }
        self.ua.link_down();
        self.fail(Failure { why: why.0, least: Duration::ZERO });
    }

    /// Takes what the endpoint has to tell until it has nothing more.
    fn pump(&mut self, now: Instant) {
        while let Some(event) = self.ua.next_event() {
            match event {
                EndpointEvent::Response { request, response } => self.on_response(request, &response, now),
                EndpointEvent::Failed { request, why } => self.on_failed(request, why, now),
                EndpointEvent::Request { transaction, request, .. } => self.on_request(transaction, &request, now),
                EndpointEvent::Alive { pong, .. } => self.keepalive.heard(pong),
                EndpointEvent::Fault { fault, .. } => {
                    if self.ua.reliable() {
                        self.fail(Failure { why: WaitReason::Protocol { detail: fault.to_string() }, least: Duration::ZERO });
                    }
                }
                EndpointEvent::Ack { .. } | EndpointEvent::Cancelled { .. } => {}
            }
        }
    }

    fn on_response(&mut self, request: RequestId, response: &Message, now: Instant) {
        if response.status().is_some_and(|code| code < 200) {
            return;
        }
        let Some(purpose) = self.ua.purpose(request) else { return };
        self.ua.closed(request);
        match purpose {
            Purpose::Register => {
                let outcome = self.registration.on_response(response, &mut self.ua, now);
                self.registered(outcome, now);
            }
            Purpose::Text { tag, .. } => Conversations::on_response(tag, response, &mut self.ua),
            Purpose::Publish | Purpose::Subscribe(_) | Purpose::Typing(_) => {}
        }
    }

    fn on_failed(&mut self, request: RequestId, why: crate::sip::endpoint::Failure, now: Instant) {
        let Some(purpose) = self.ua.purpose(request) else { return };
        self.ua.closed(request);
        match purpose {
            Purpose::Register => {
                let outcome = self.registration.on_failure(&self.ua);
                self.registered(outcome, now);
            }
            Purpose::Text { tag, .. } => Conversations::on_failure(tag, why, &mut self.ua),
            Purpose::Publish | Purpose::Subscribe(_) | Purpose::Typing(_) => {}
        }
    }

    fn registered(&mut self, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Going => {}
            Outcome::Gone => self.gone(),
            Outcome::Failed(failure) => self.fail(failure),
            Outcome::Registered(granted) => {
                if !granted.first {
                    return;
                }
                self.keepalive.start(granted.flow_timer, &mut self.ua, now);
                self.conversations.signed_in(now);
                self.stage = Stage::Settling { until: now + SETTLING };
                self.phase(SignInPhase::Subscribing);
                self.settle(now);
            }
        }
    }

    /// Goes online when everything asked for at sign-in was answered, or took too long.
    fn settle(&mut self, _now: Instant) {
        let Stage::Settling { .. } = self.stage else { return };
        self.stage = Stage::Online;
        self.phase(SignInPhase::Online);
    }

    fn on_request(&mut self, transaction: Option<ServerTransactionId>, request: &Message, now: Instant) {
        match request.method() {
            Some(Method::Message) => {
                let came = self.conversations.on_message(transaction, request, &self.access, &mut self.ua, now);
                match came {
                    Came::Text { from, body, sent, delayed } => self.ua.emit(Event::Text { from, body, sent, delayed }),
                    Came::Composing { .. } | Came::Nothing => {}
                }
            }
            _ => incoming::answer(transaction, request, &mut self.ua, now),
        }
    }

    fn connected(&self) -> bool {
        matches!(self.stage, Stage::Settling { .. } | Stage::Online)
    }
}

impl Backend for SipBackend {
    fn handle_command(&mut self, command: Command, now: Instant) -> Result<(), Refused> {
        let done = match command {
            Command::SignIn | Command::RetryNow => {
                self.sign_in();
                Ok(())
            }
            Command::SignOut => {
                self.sign_out(now);
                Ok(())
            }
            Command::SendText { to, body, tag } => {
                if self.connected() {
                    self.conversations.send_text(&to, &body, tag, &mut self.ua, now)
                } else {
                    Err(Refused::Offline)
                }
            }
            Command::ReportTraffic => {
                let traffic = self.ua.traffic.report();
                self.ua.emit(Event::Traffic(traffic));
                Ok(())
            }
            Command::Search { .. } => Err(Refused::Unsupported("search its directory")),
            Command::SetPresence(_)
            | Command::Typing { .. }
            | Command::PutContact { .. }
            | Command::RemoveContact(_)
            | Command::Group(_)
            | Command::SetAccess { .. }
            | Command::Watch(_) => Ok(()),
        };
        self.pump(now);
        done
    }

    fn handle_input(&mut self, input: Input<'_>, now: Instant) {
        match input {
            Input::Progress { link, stage } => self.on_progress(link, stage),
            Input::Up { link, peer } => self.on_up(link, peer, now),
            Input::Bytes { link, data } => {
                if self.ua.link_id() == Some(link) {
                    self.ua.handle_bytes(data, now);
                }
            }
            Input::Down { link, why } => self.on_down(link, why),
        }
        self.pump(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.ua.handle_timeout(now);
        self.pump(now);
        if let Stage::Leaving { until } = self.stage
            && until <= now
        {
            self.gone();
        }
        if let Stage::Settling { until } = self.stage
            && until <= now
        {
            self.settle(now);
        }
        self.registration.handle_timeout(&mut self.ua, now);
        if self.keepalive.handle_timeout(&mut self.ua, now) == Pulse::Dead {
            let at = self.shown.server.clone().unwrap_or_default();
            self.fail(Failure { why: WaitReason::Timeout { at }, least: Duration::ZERO });
        }
        self.pump(now);
    }

    fn poll_output(&mut self) -> Output {
        if let Some(output) = self.ua.next_output() {
            return output;
        }
        let stage = match self.stage {
            Stage::Leaving { until } | Stage::Settling { until } => Some(until),
            Stage::Out | Stage::Opening { .. } | Stage::Registering | Stage::Online => None,
        };
        let wants = [stage, self.ua.next_timeout(), self.registration.next_timeout(), self.keepalive.next_timeout(&self.ua)];
        Output::Idle(wants.into_iter().flatten().min())
    }
}

/// Longest wait for the last answers at sign-out; below [`Backend::farewell`].
const FAREWELL: Duration = Duration::from_millis(2500);
/// Longest wait for first answers before we call ourselves online.
const SETTLING: Duration = Duration::from_secs(3);
