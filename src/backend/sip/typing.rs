//! Who is writing (RFC 3994), both ways, with the timers of its section 3.
//!
//! ```text
//!   we:     idle --key: tell--> active --key after 60 s: tell again--> active
//!           active --15 s without key, or stopped: tell--> idle     active --text sent--> idle
//!   they:   idle --active--> active --idle, text, or its time (120 s)--> idle
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::ua::{Leg, Purpose, Ua};
use crate::backend::Event;
use crate::formats::iscomposing::{self, IsComposing, State};
use crate::model::Address;
use crate::sip::message::{Message, Method};

/// Composing indications of one account.
#[derive(Debug, Default)]
pub(super) struct Typing {
    ours: BTreeMap<Address, Ours>,
    theirs: BTreeMap<Address, Instant>,
    /// Programs that refused an indication on this link.
    deaf: BTreeSet<Address>,
}

/// An indication of ours that stands.
#[derive(Debug, Clone, Copy)]
struct Ours {
    told: Instant,
    idle_at: Instant,
}

impl Typing {
    /// The user is writing, or has stopped.
    pub(super) fn ours(&mut self, to: &Address, active: bool, ua: &mut Ua, now: Instant) {
        if self.deaf.contains(to) {
            return;
        }
        match (self.ours.get_mut(to), active) {
            (Some(ours), true) => {
                ours.idle_at = now + IDLE_AFTER;
                if now.saturating_duration_since(ours.told) >= REFRESH {
                    ours.told = now;
                    send(to, &IsComposing::active(REFRESH_SECONDS), ua, now);
                }
            }
            (None, true) => {
                if self.ours.len() < MOST {
                    self.ours.insert(to.clone(), Ours { told: now, idle_at: now + IDLE_AFTER });
                    send(to, &IsComposing::active(REFRESH_SECONDS), ua, now);
                }
            }
            (Some(_), false) => {
                self.ours.remove(to);
                send(to, &IsComposing::idle(), ua, now);
            }
            (None, false) => {}
        }
    }

    /// A text of ours left: that says by itself that we are done.
    pub(super) fn text_sent(&mut self, to: &Address) {
        self.ours.remove(to);
    }

    /// An indication of ours was answered with something other than 2xx.
    pub(super) fn refused(&mut self, to: &Address) {
        self.ours.remove(to);
        if self.deaf.len() < MOST {
            self.deaf.insert(to.clone());
        }
    }

    /// An indication came.
    pub(super) fn came(&mut self, from: Address, body: &[u8], ua: &mut Ua, now: Instant) {
        let Ok(told) = iscomposing::read(body) else { return };
        match told.state {
            State::Active => {
                let wished = told.refresh.map_or(TIME_OUT, |s| Duration::from_secs(u64::from(s)));
                let until = now + wished.clamp(LEAST_TIME_OUT, LONGEST_TIME_OUT);
                let known = self.theirs.contains_key(&from);
                if !known && self.theirs.len() >= MOST {
                    // Who claims to write for longest gives way: nobody keeps out others by long claims.
                    let last = self.theirs.iter().max_by_key(|(_, until)| **until).filter(|(_, last)| **last > until);
                    let Some(last) = last.map(|(who, _)| who.clone()) else { return };
                    self.text_came(&last, ua);
                }
                self.theirs.insert(from.clone(), until);
                if !known {
                    ua.emit(Event::Typing { from, active: true });
                }
            }
            State::Idle => self.text_came(&from, ua),
        }
    }

    /// A text came: they are done writing.
    pub(super) fn text_came(&mut self, from: &Address, ua: &mut Ua) {
        if self.theirs.remove(from).is_some() {
            ua.emit(Event::Typing { from: from.clone(), active: false });
        }
    }

    /// The link is gone: nobody is known to be writing.
    pub(super) fn stop(&mut self, ua: &mut Ua) {
        self.ours.clear();
        self.deaf.clear();
        for from in std::mem::take(&mut self.theirs).into_keys() {
            ua.emit(Event::Typing { from, active: false });
        }
    }

    /// Takes note that time passed.
    pub(super) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        let quiet: Vec<Address> = self.ours.iter().filter(|(_, o)| o.idle_at <= now).map(|(to, _)| to.clone()).collect();
        for to in quiet {
            self.ours(&to, false, ua, now);
        }
        let over: Vec<Address> = self.theirs.iter().filter(|(_, at)| **at <= now).map(|(from, _)| from.clone()).collect();
        for from in over {
            self.text_came(&from, ua);
        }
    }

    /// When [`Typing::handle_timeout`] is wanted next.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.ours.values().map(|o| o.idle_at).chain(self.theirs.values().copied()).min()
    }
}

fn send(to: &Address, what: &IsComposing, ua: &mut Ua, now: Instant) {
    let leg = Leg::new(to.as_str(), &mut ua.tokens);
    let mut request: Message = ua.request(&Method::Message, to.as_str(), &Leg { cseq: 1, ..leg });
    request.set_body(iscomposing::MEDIA_TYPE, iscomposing::write(what).into_bytes());
    ua.send(request, Purpose::Typing(to.clone()), now);
}

const REFRESH_SECONDS: u32 = 60;
const REFRESH: Duration = Duration::from_secs(REFRESH_SECONDS as u64);
const IDLE_AFTER: Duration = Duration::from_secs(15);
const TIME_OUT: Duration = Duration::from_mins(2);
const LEAST_TIME_OUT: Duration = Duration::from_secs(5);
const LONGEST_TIME_OUT: Duration = Duration::from_mins(10);
/// People remembered in each direction.
const MOST: usize = 200;
