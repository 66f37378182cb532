//! Back to the preferred server without a gap: make before break.
//!
//! Signed in at a server of a lesser priority, because a better one could not be reached, a second
//! link is opened quietly to a better one after some minutes. Only when its registrar has accepted us
//! does everything move there; whatever fails on the way, the first link stays as it is.
//!
//! ```text
//!            time, nothing under way       up                    200
//!   Waiting -----------------------> Opening -----> Registering -----> moved: subscriptions and
//!      ^                                |                |             publication begin anew there,
//!      |  twice as long, up to half     | failed         | failed: the the old link lingers for what
//!      |  an hour                       |                | old link    is still on its way to us
//!      +--------------------------------+----------------+ binds again
//! ```
//!
//! The binding is never removed: the instance and `reg-id` (RFC 5626 section 4.2), or the `epid` of
//! LCS, are the same, so a registrar that both servers share replaces it.

use std::time::{Duration, Instant};

use super::{Conversations, Shown, SipBackend, Stage};
use crate::backend::sip::conversations::Came;
use crate::backend::sip::incoming;
use crate::backend::sip::registration::{Granted, Outcome, Registration};
use crate::backend::sip::sessions::{People, Sessions};
use crate::backend::sip::ua::{Purpose, Ua};
use crate::backend::{Event, Input, LinkId, TicketId};
use crate::model::{KerberosFault, WaitReason};
use crate::sip::auth::{Doubt, Ticket};
use crate::sip::endpoint::{self, EndpointEvent, ServerTransactionId};
use crate::sip::message::{Message, Method};

/// The way back.
#[derive(Debug, Default)]
pub(super) struct Preferred {
    /// Time to look whether a better server is there.
    due: Option<Instant>,
    /// Looks that led nowhere, one after the other.
    failures: u32,
    step: Step,
    /// The link that was left.
    old: Option<(Box<Ua>, Instant)>,
}

#[derive(Debug, Default)]
enum Step {
    #[default]
    None,
    Opening(LinkId),
    Registering {
        ua: Box<Ua>,
        registration: Box<Registration>,
        until: Instant,
    },
}

impl Preferred {
    /// Whether a link is the new one or the one that was left.
    pub(super) fn owns(&self, link: LinkId) -> bool {
        let new = match &self.step {
            Step::None => None,
            Step::Opening(link) => Some(*link),
            Step::Registering { ua, .. } => ua.link_id(),
        };
        let old = self.old.as_ref().and_then(|(ua, _)| ua.link_id());
        [new, old].contains(&Some(link))
    }

    /// Whether the move may be only a moment away: what is begun now would be cut off.
    pub(super) const fn is_moving(&self) -> bool {
        matches!(self.step, Step::Registering { .. })
    }

    /// When [`SipBackend::tend_preferred`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let step = match &self.step {
            Step::None => self.due,
            Step::Opening(_) => None,
            Step::Registering { ua, registration, until } => {
                [Some(*until), ua.next_timeout(), registration.next_timeout()].into_iter().flatten().min()
            }
        };
        let old = self.old.as_ref().and_then(|(ua, until)| [Some(*until), ua.next_timeout()].into_iter().flatten().min());
        [step, old].into_iter().flatten().min()
    }
}

impl SipBackend {
    /// Signed in: there may be a better server to look for.
    pub(super) fn plan_return(&mut self, now: Instant) {
        let after = self.ua.settings.return_after;
        let second_best = self.ua.peer().is_some_and(|peer| peer.second_best);
        self.preferred.due = None;
        if !second_best || after.is_zero() {
            self.preferred.failures = 0;
            return;
        }
        let doubled = after.saturating_mul(1 << self.preferred.failures.min(16)).min(LONGEST.max(after));
        self.preferred.due = Some(now + self.ua.share(doubled, 800, 1200));
    }

    /// The link in use is gone, or the user leaves: nothing to come back from.
    pub(super) fn stop_return(&mut self) {
        self.preferred.due = None;
        self.preferred.failures = 0;
        self.drop_new();
        self.drop_old();
    }

    /// Takes note that time passed.
    pub(super) fn tend_preferred(&mut self, now: Instant) {
        if self.preferred.due.is_some_and(|at| at <= now) && matches!(self.preferred.step, Step::None) {
            self.look_for_better(now);
        }
        if let Step::Registering { ua, registration, until } = &mut self.preferred.step {
            if *until <= now {
                self.stay(true, now);
            } else {
                ua.handle_timeout(now);
                let outcome = registration.handle_timeout(ua, now);
                self.on_new_outcome(outcome, now);
                self.pump_new(now);
            }
        }
        if let Some((ua, until)) = &mut self.preferred.old {
            if *until <= now {
                self.drop_old();
            } else {
                ua.handle_timeout(now);
                self.pump_old(now);
            }
        }
    }

    /// Takes what happened on the new link or on the one that was left.
    pub(super) fn on_preferred(&mut self, input: &Input<'_>, now: Instant) {
        match input {
            Input::Progress { .. } | Input::Ticket { .. } | Input::Disturbed => {}
            Input::Up { link, peer } => {
                if self.at_rest() {
                    let mut settings = self.ua.settings.clone();
                    settings.seed = self.ua.tokens.bytes();
                    let mut ua = Box::new(Ua::new(settings));
                    ua.tickets = self.ua.tickets.split();
                    ua.link_up(*link, peer);
                    let mut registration = Box::<Registration>::default();
                    registration.start(&mut ua, now);
                    self.preferred.step = Step::Registering { ua, registration, until: now + PATIENCE };
                    self.pump_new(now);
                } else {
                    self.drop_new();
                    self.preferred.due = Some(now + AGAIN);
                }
            }
            Input::Bytes { link, data } => {
                if let Step::Registering { ua, .. } = &mut self.preferred.step
                    && ua.link_id() == Some(*link)
                {
                    ua.handle_bytes(data, now);
                    self.pump_new(now);
                } else if let Some((ua, _)) = &mut self.preferred.old {
                    ua.handle_bytes(data, now);
                    self.pump_old(now);
                }
            }
            Input::Down { link, .. } => {
                if self.preferred.old.as_ref().is_some_and(|(ua, _)| ua.link_id() == Some(*link)) {
                    self.drop_old();
                } else {
                    let asked = self.preferred.is_moving();
                    self.stay(asked, now);
                }
            }
        }
    }

    /// A ticket came, or cannot be had, for whichever link wants it.
    pub(super) fn on_ticket(&mut self, ticket: TicketId, outcome: Result<Ticket, KerberosFault>, now: Instant) {
        match &mut self.preferred.step {
            Step::Registering { ua, .. } if ua.tickets.want(ticket) => {
                ua.take_ticket(ticket, outcome, now);
                self.pump_new(now);
            }
            _ => self.ua.take_ticket(ticket, outcome, now),
        }
    }

    /// A message that came on the link that was left is written down.
    pub(super) fn written_down_on_old(&mut self, id: &str, now: Instant) {
        if let Some((ua, _)) = &mut self.preferred.old {
            ua.written_down(id, now);
            self.pump_old(now);
        }
    }

    /// The same for a message that is not taken.
    pub(super) fn declined_on_old(&mut self, id: &str, now: Instant) {
        if let Some((ua, _)) = &mut self.preferred.old {
            ua.not_taken(id, now);
            self.pump_old(now);
        }
    }

    /// Nothing is under way that a move would cut off.
    fn at_rest(&self) -> bool {
        self.stage == Stage::Online
            && self.ua.is_quiet()
            && !self.sessions.is_engaged()
            && !self.files.is_engaged()
            && !self.services.unfinished()
            && !self.stored.unfinished()
    }

    fn look_for_better(&mut self, now: Instant) {
        let Some(peer) = self.ua.peer().filter(|_| self.at_rest()) else {
            self.preferred.due = Some(now + AGAIN);
            return;
        };
        let mut known = self.servers.known(now);
        known.goes_on = false;
        known.better_than = Some((peer.transport, peer.server.clone()));
        let link = self.new_link();
        self.preferred.step = Step::Opening(link);
        self.ua.open_link(link, self.way.here().clone(), known);
    }

    /// It came to nothing. `asked`: the better server may hold our binding now, so the one we stay
    /// at must have it again.
    fn stay(&mut self, asked: bool, now: Instant) {
        self.drop_new();
        self.preferred.failures = self.preferred.failures.saturating_add(1);
        self.plan_return(now);
        if asked {
            self.registration.renew(&mut self.ua, now);
        }
    }

    fn drop_new(&mut self) {
        match std::mem::take(&mut self.preferred.step) {
            Step::None => {}
            Step::Opening(link) => self.ua.abandon(link),
            Step::Registering { mut ua, .. } => {
                ua.drop_link(true);
                self.ua.pass_all(&mut ua);
            }
        }
    }

    fn drop_old(&mut self) {
        if let Some((mut ua, _)) = self.preferred.old.take() {
            for purpose in ua.drop_link(true) {
                if let Purpose::Text { tag, .. } = purpose {
                    Conversations::on_failure(tag, endpoint::Failure::LinkDown, &mut ua);
                }
            }
            self.ua.pass_all(&mut ua);
        }
    }

    fn pump_new(&mut self, now: Instant) {
        while let Step::Registering { ua, registration, .. } = &mut self.preferred.step {
            self.ua.pass_all(ua);
            let Some(event) = ua.next_event() else { return };
            let outcome = match event {
                EndpointEvent::Response { request, response } if response.status().is_some_and(|code| code >= 200) => {
                    ua.closed(request);
                    registration.on_response(&response, ua, now)
                }
                EndpointEvent::Failed { .. } | EndpointEvent::Fault { closed: true, .. } => registration.on_failure(ua),
                EndpointEvent::TicketWanted { request, host } => {
                    ua.want_ticket(request, host);
                    Outcome::Going
                }
                EndpointEvent::Associated { scheme, .. } => {
                    ua.signed_by = Some(scheme);
                    Outcome::Going
                }
                EndpointEvent::Doubted { doubt, .. } => {
                    ua.doubted(doubt);
                    if matches!(doubt, Doubt::WrongSignature | Doubt::Replayed | Doubt::UnknownAssociation) {
                        registration.distrusted(now);
                    }
                    Outcome::Going
                }
                _ => Outcome::Going,
            };
            self.on_new_outcome(outcome, now);
        }
    }

    fn on_new_outcome(&mut self, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Going | Outcome::Gone => {}
            Outcome::Registered(granted) => self.move_over(&granted, now),
            Outcome::Elsewhere(..) => self.stay(true, now),
            Outcome::Failed(failure) => {
                self.stay(true, now);
                // Once more could lock the account.
                if failure.why == WaitReason::WrongPassword {
                    self.password_refused(now);
                    self.preferred.due = None;
                }
            }
        }
    }

    /// The better server has our binding: everything else follows.
    fn move_over(&mut self, granted: &Granted, now: Instant) {
        let Step::Registering { mut ua, registration, .. } = std::mem::take(&mut self.preferred.step) else { return };
        // Conversations of LCS cannot move: they end, and the next text begins a new one.
        self.sessions.leave(&mut self.ua, now);
        // Nor can calls about files, which may have come since it was asked whether anything is under way.
        self.files.move_over(&mut self.ua, now);
        self.ua.pass_all(&mut ua);
        self.ua.change_over(&mut ua);
        self.drop_old();
        self.preferred.old = Some((ua, now + LINGERING));
        self.preferred.failures = 0;
        self.registration = *registration;
        self.stop_usages();
        if let Some(peer) = self.ua.peer() {
            self.shown = Shown { server: Some(peer.server.clone()), transport: Some(peer.transport) };
        }
        self.begin_usages(granted, now);
    }

    /// What still comes on the link that was left is taken; what would begin there is not.
    fn pump_old(&mut self, now: Instant) {
        while let Some((ua, _)) = &mut self.preferred.old {
            self.ua.pass_all(ua);
            match ua.next_event() {
                None => return,
                Some(EndpointEvent::Response { request, response }) if response.status().is_some_and(|code| code >= 200) => {
                    if let Some(Purpose::Text { tag, .. }) = ua.purpose(request) {
                        Conversations::on_response(tag, &response, ua);
                    } else {
                        // A yes to what was called off by the move.
                        Sessions::on_stray(&response, ua, now);
                    }
                    ua.closed(request);
                }
                Some(EndpointEvent::Failed { request, why }) => {
                    if let Some(Purpose::Text { tag, .. }) = ua.purpose(request) {
                        Conversations::on_failure(tag, why, ua);
                    }
                    ua.closed(request);
                }
                Some(EndpointEvent::Request { transaction, request, .. }) => self.on_old_request(transaction, &request, now),
                Some(_) => {}
            }
        }
    }

    fn on_old_request(&mut self, transaction: Option<ServerTransactionId>, request: &Message, now: Instant) {
        let away = self.is_away_for(request);
        let Some((ua, _)) = &mut self.preferred.old else { return };
        if away {
            return ua.respond_with(transaction, 480, now);
        }
        let people = People { access: &self.access, roster: self.roster.roster() };
        let in_dialog = request.to().ok().and_then(|to| to.tag()).is_some();
        match request.method() {
            Some(Method::Message) if !in_dialog => {
                let came = self.conversations.on_message(transaction, request, &people, ua, now);
                if let Came::Text { id, from, body, sent, delayed } = came {
                    let from = people.spelling(from, &self.ua.settings.aor);
                    self.ua.emit(Event::Text { id, from, body, sent, delayed });
                }
            }
            Some(Method::Notify | Method::Benotify) if Registration::is_notice(request) => {
                ua.respond_with(transaction, 200, now);
            }
            // They come again on the new link.
            Some(Method::Invite) => ua.respond_with(transaction, 480, now),
            Some(Method::Message) => ua.respond_with(transaction, 481, now),
            _ => incoming::answer(transaction, request, ua, now),
        }
    }
}

/// The longest pause between two looks.
const LONGEST: Duration = Duration::from_mins(30);
/// So long later it is looked again whether nothing is under way.
const AGAIN: Duration = Duration::from_secs(30);
/// So long the better server has for its yes; what the user writes meanwhile waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long what is on its way to us may come over the link that was left.
const LINGERING: Duration = Duration::from_secs(5);
