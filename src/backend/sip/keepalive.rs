//! Pings on streams and what their answers tell (RFC 5626 sections 4.4 and 4.4.1; `ms-keep-alive`
//! of [MS-CONMGMT] 2.2.1).
//!
//! Everybody may send CR LF CR LF, but only some servers answer it. So silence is a sign of death
//! only after the server showed that it answers, or promised it with `Flow-Timer`.
//!
//! ```text
//!              interval               pong or any bytes
//!   Quiet ----------------> Asked -----------------------> Quiet
//!                             | pong_wait, and answers are known to come
//!                             v
//!                           Dead
//! ```

use std::time::{Duration, Instant};

use super::ua::Ua;

/// The pings of one link.
#[derive(Debug, Default)]
pub(super) struct Keepalive {
    interval: Duration,
    next_ping: Option<Instant>,
    asked: Option<Instant>,
    answers: bool,
    /// The interval is the server's, with a margin taken off already.
    exact: bool,
}

/// What passing time meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulse {
    /// Nothing to worry about.
    Fine,
    /// A server known to answer did not.
    Dead,
}

impl Keepalive {
    /// Starts on a link whose registration was accepted; pings at once, to learn whether the
    /// server answers. The server's wishes are in seconds: `flow_timer` (RFC 5626) promises
    /// answers, `time_out` (`ms-keep-alive`) does not.
    pub(super) fn start(&mut self, flow_timer: Option<u32>, time_out: Option<u32>, ua: &mut Ua, now: Instant) {
        self.stop();
        if !ua.reliable() {
            return;
        }
        if let (None, Some(time_out), false) = (flow_timer, time_out, ua.settings.keepalive.is_zero()) {
            self.interval = (Duration::from_secs(u64::from(time_out.min(LONGEST_HOP))) * 4 / 5).max(LEAST_HOP);
            self.exact = true;
            self.next_ping = Some(now + self.interval);
            return;
        }
        let wished = flow_timer.filter(|s| *s > 0).map(|s| Duration::from_secs(u64::from(s)).max(LEAST));
        self.interval = wished.map_or(ua.settings.keepalive, |w| w.min(ua.settings.keepalive));
        if self.interval.is_zero() {
            return;
        }
        self.answers = wished.is_some();
        self.ping(ua, now);
    }

    /// No pings any more.
    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// The interval in use, if there is one.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.next_ping.map(|_| self.interval)
    }

    /// Bytes came.
    pub(super) fn heard(&mut self, pong: bool) {
        if pong && self.next_ping.is_some() {
            self.answers = true;
        }
        self.asked = None;
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) -> Pulse {
        if self.deadline(ua).is_some_and(|at| at <= now) {
            return Pulse::Dead;
        }
        if self.next_ping.is_some_and(|at| at <= now) {
            self.ping(ua, now);
        }
        Pulse::Fine
    }

    /// When [`Keepalive::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self, ua: &Ua) -> Option<Instant> {
        [self.next_ping, self.deadline(ua)].into_iter().flatten().min()
    }

    fn deadline(&self, ua: &Ua) -> Option<Instant> {
        self.asked.filter(|_| self.answers).map(|at| at + ua.settings.pong_wait)
    }

    fn ping(&mut self, ua: &mut Ua, now: Instant) {
        ua.ping();
        self.asked.get_or_insert(now);
        let least = if self.exact { 1000 } else { 800 };
        self.next_ping = Some(now + ua.share(self.interval, least, 1000));
    }
}

/// A server that wants pings more often than this does not get them.
const LEAST: Duration = Duration::from_secs(5);
/// The longest time-out believed, seconds.
const LONGEST_HOP: u32 = 24 * 3600;
/// The same where the server only keeps the connection open.
const LEAST_HOP: Duration = Duration::from_secs(15);
