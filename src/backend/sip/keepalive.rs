//! Is the link alive? Pings on streams (RFC 5626 sections 4.4 and 4.4.1, RFC 6223, `ms-keep-alive` of
//! [MS-CONMGMT] 2.2.1), requests without answer, and questions asked at once when something happened
//! around us.
//!
//! Everybody may send CR LF CR LF, but only some servers answer it. So silence after a ping is a sign of
//! death only after the server showed that it answers, or promised it with `Flow-Timer` or `keep`. Of
//! others the kernel tells, which waits for the acknowledgement of each ping (`net/connect.rs`); and an
//! OPTIONS is answered by every server.
//!
//! Over UDP a ping is a STUN Binding request (RFC 5626 section 4.4.2), repeated as RFC 8489 has it, and its answer
//! tells of a NAT that gave us another address. Whether the server answers shows with the first one, whose silence
//! costs nothing: an OPTIONS takes the place of each ping then, though not for silence at the keyboard, being so
//! much longer. CR LF never goes over UDP.
//!
//! ```text
//!              ping: its time has come; answers known
//!   Quiet ──────────────────────────────────────────────▶ Asked
//!     │  ▲                                                 │ │
//!     │  └────────────── any byte from the server ─────────┘ │
//!     │                                                      │
//!     │  a request of ours without answer for a while, or    │ no byte in time
//!     │  given up (timers B and F),                          │
//!     │  the machine slept, the network changed:             ▼
//!     └── ping where answers are known, else OPTIONS ──▶ Asked ──▶ Dead
//!
//!   next ping:   every interval                               nobody is at the keyboard
//!                as soon as nothing was heard for the          somebody is (`Command::Attend`)
//!                attended interval
//!   time for the answer:  pong wait (of STUN, 39.5 s), attended pong wait, or what the question gave (`probe`)
//! ```
//!
//! One question is open at a time, and any byte answers it: who sends anything at all is alive.

use std::time::{Duration, Instant};

use super::registration::Granted;
use super::ua::{Leg, Purpose, Ua};
use crate::sip::message::Method;
use crate::sip::stun::{self, Exchange, Step, TransactionId};
use crate::sip::transaction::timers::T1_64;

/// The watch over one link.
#[derive(Debug, Default)]
pub(super) struct Keepalive {
    /// When something was heard last; `None` while no link is watched.
    heard: Option<Instant>,
    /// Zero: no pings.
    interval: Duration,
    /// The least part of it that is waited, in thousandths.
    least: u32,
    way: Way,
    /// The server answers pings.
    answers: bool,
    /// The Binding request under way.
    exchange: Option<Exchange>,
    next_ping: Option<Instant>,
    pinged: Option<Instant>,
    question: Option<Question>,
    /// Somebody is at the keyboard until then.
    attended: Option<Instant>,
}

/// What a ping is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Way {
    /// CR LF CR LF.
    #[default]
    Lines,
    /// A Binding request.
    Stun,
    /// A request any server answers.
    Options,
}

/// Something a living server answers.
#[derive(Debug, Clone, Copy)]
struct Question {
    asked: Instant,
    /// `None`: the time for pongs.
    wait: Option<Duration>,
}

/// What passing time meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulse {
    /// Nothing to worry about.
    Fine,
    /// No answer where a living server answers.
    Dead,
}

impl Keepalive {
    /// Starts on a link whose registration was accepted. Pings at once, to learn whether the server
    /// answers; but not where it asked for `ms-keep-alive`, which promises no answers.
    pub(super) fn start(&mut self, granted: &Granted, ua: &mut Ua, now: Instant) {
        self.stop();
        self.heard = Some(now);
        let streams = ua.reliable();
        let own = if streams { ua.settings.timing.ping } else { ua.settings.timing.datagram_ping };
        if own.is_zero() {
            return;
        }
        let wished = granted.flow_timer.or(granted.keep);
        if let (None, Some(time_out), true) = (wished, granted.keep_alive, streams) {
            self.interval = (seconds(time_out.min(LONGEST_HOP)) * 4 / 5).max(LEAST_HOP);
            // A margin is taken off already.
            self.least = 1000;
            self.next_ping = Some(now + self.interval);
            return;
        }
        // Over UDP the first answer tells: some promise what another part of them was to do.
        self.answers = streams && wished.is_some();
        (self.way, self.least) = if streams { (Way::Lines, 800) } else { (Way::Stun, LEAST_STUN) };
        // Zero leaves the interval to us (RFC 6223 section 4.4).
        self.interval = wished.filter(|s| *s > 0).map_or(own, |s| seconds(s).max(LEAST).min(own));
        self.ping(ua, now);
    }

    /// No link is watched any more.
    pub(super) fn stop(&mut self) {
        *self = Self { attended: self.attended, ..Self::default() };
    }

    /// The interval of pings, if there are any.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.next_ping.map(|_| self.interval)
    }

    /// Whether the server answers pings.
    pub(super) const fn answers(&self) -> bool {
        self.answers
    }

    /// What a ping is, where there are any.
    pub(super) fn way(&self) -> Option<Way> {
        self.next_ping.map(|_| self.way)
    }

    /// A Binding request was answered; `true` if it was the one under way.
    pub(super) fn bound(&mut self, id: TransactionId) -> bool {
        let ours = self.exchange.is_some_and(|exchange| exchange.id() == id);
        if ours {
            self.exchange = None;
            self.answers = true;
        }
        ours
    }

    /// Bytes came.
    pub(super) fn heard(&mut self, pong: bool, now: Instant) {
        if pong && self.next_ping.is_some() {
            self.answers = true;
        }
        if self.heard.is_some() {
            self.heard = Some(now);
        }
        self.question = None;
    }

    /// Somebody is at the keyboard, and for a while longer.
    pub(super) fn attend(&mut self, ua: &Ua, now: Instant) {
        self.attended = Some(now + ua.settings.timing.attended_for);
    }

    /// Asks at once: something happened by which the link may have died. A question that ends no
    /// later is enough; one that should have ended already, while we stood still, is asked anew.
    pub(super) fn probe(&mut self, wait: Duration, ua: &mut Ua, now: Instant) {
        let open = self.deadline(ua).is_some_and(|until| until > now && until <= now + wait);
        if self.heard.is_none() || open {
            return;
        }
        self.question = Some(Question { asked: now, wait: Some(wait) });
        if self.answers {
            self.ping(ua, now);
            return;
        }
        ask_options(ua, now);
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) -> Pulse {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if due(self.deadline(ua)) {
            return Pulse::Dead;
        }
        self.go_on(ua, now);
        if due(self.ping_due(ua)) {
            self.ping(ua, now);
        }
        if due(self.suspect_at(ua)) {
            self.suspect(ua, now);
        }
        Pulse::Fine
    }

    /// Repeats a Binding request that is not answered; none that never was is sent again.
    fn go_on(&mut self, ua: &mut Ua, now: Instant) {
        match self.exchange.as_mut().map(|exchange| (exchange.id(), exchange.handle_timeout(now))) {
            Some((id, Step::Again)) => {
                ua.ask_binding(Some(id));
            }
            Some((_, Step::Over)) => {
                self.exchange = None;
                if !self.answers {
                    (self.way, self.answers) = (Way::Options, true);
                    self.ping(ua, now);
                }
            }
            Some((_, Step::Wait)) | None => {}
        }
    }

    /// A request ended without answer (timers B and F of RFC 3261): the link is suspect, unless
    /// something else was heard meanwhile.
    pub(super) fn unanswered(&mut self, ua: &mut Ua, now: Instant) {
        let quiet = ua.settings.timing.request.min(T1_64);
        if self.heard.is_some_and(|heard| heard + quiet <= now) {
            self.suspect(ua, now);
        }
    }

    fn suspect(&mut self, ua: &mut Ua, now: Instant) {
        let timing = &ua.settings.timing;
        let wait = if self.attended > Some(now) { timing.attended_pong } else { timing.pong };
        self.probe(wait, ua, now);
    }

    /// When [`Keepalive::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self, ua: &Ua) -> Option<Instant> {
        let repeat = self.exchange.map(|exchange| exchange.deadline());
        [self.ping_due(ua), self.deadline(ua), self.suspect_at(ua), repeat].into_iter().flatten().min()
    }

    /// When the open question is answered by silence.
    fn deadline(&self, ua: &Ua) -> Option<Instant> {
        let Question { asked, wait } = self.question?;
        let timing = &ua.settings.timing;
        let pong = match self.way {
            _ if self.attended > Some(asked) => timing.attended_pong.min(timing.pong),
            Way::Stun => stun::PATIENCE,
            Way::Lines | Way::Options => timing.pong,
        };
        Some(asked + wait.unwrap_or(pong))
    }

    fn ping_due(&self, ua: &Ua) -> Option<Instant> {
        let ordinary = self.next_ping.filter(|_| self.exchange.is_none())?;
        if self.way == Way::Options {
            return Some(ordinary);
        }
        let quiet_since = self.heard.max(self.pinged)?;
        let early = quiet_since + ua.settings.timing.attended_ping;
        // While an answer is awaited, another ping would not tell more.
        let early = Some(early).filter(|at| self.question.is_none() && self.attended > Some(*at));
        Some(early.map_or(ordinary, |at| at.min(ordinary)))
    }

    /// When a request of ours has been without answer, and the server silent, for too long.
    fn suspect_at(&self, ua: &Ua) -> Option<Instant> {
        if self.question.is_some() {
            return None;
        }
        let since = ua.waits_since()?.max(self.heard?);
        let early = since + ua.settings.timing.attended_request;
        let late = since + ua.settings.timing.request;
        Some(if self.attended > Some(early) { early.min(late) } else { late })
    }

    fn ping(&mut self, ua: &mut Ua, now: Instant) {
        match self.way {
            Way::Lines => ua.ping(),
            Way::Stun => self.exchange = Some(Exchange::new(ua.ask_binding(None), now)),
            Way::Options => ask_options(ua, now),
        }
        self.pinged = Some(now);
        if self.answers {
            self.question.get_or_insert(Question { asked: now, wait: None });
        }
        self.next_ping = Some(now + ua.share(self.interval, self.least, 1000));
    }
}

fn ask_options(ua: &mut Ua, now: Instant) {
    let domain = format!("sip:{}", ua.settings.aor.domain());
    let mut leg = Leg::new(&domain, &mut ua.tokens);
    let request = ua.request(&Method::Options, &domain, leg.next());
    ua.send(request, Purpose::Probe, now);
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(u64::from(number))
}

/// A server that wants pings more often than this does not get them.
const LEAST: Duration = Duration::from_secs(5);
/// Between 24 and 29 seconds (RFC 5626 section 4.4.2), in thousandths of the latter.
const LEAST_STUN: u32 = 828;
/// The longest time-out believed, seconds.
const LONGEST_HOP: u32 = 24 * 3600;
/// The same where the server only keeps the connection open.
const LEAST_HOP: Duration = Duration::from_secs(15);
