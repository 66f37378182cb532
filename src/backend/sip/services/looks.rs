//! How people are at this moment, without subscribing to them ([MS-SIP] 3.2.4.4): what a program
//! wants that asks once and goes. Who is to be followed is subscribed to instead.
//!
//! A server that does not know the call (405, 501) is not asked again on this connection, and a
//! subscription tells what the call would have.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::exchange::{self, Errand};
use super::wish::{Wish, Wishes};
use crate::backend::Event;
use crate::backend::sip::documents;
use crate::backend::sip::ua::Ua;
use crate::formats::soap::Call;
use crate::model::{Address, Presence};
use crate::sip::message::Message;

/// What is asked on one connection.
#[derive(Debug, Default)]
pub(super) struct Looks {
    works: bool,
    open: BTreeMap<u32, Address>,
    queue: VecDeque<Address>,
    next: u32,
}

impl Looks {
    /// Signed in.
    pub(super) fn start(&mut self) {
        self.stop();
        self.works = true;
    }

    /// The link is gone, and with it the answers.
    pub(super) fn stop(&mut self) {
        self.works = false;
        self.open.clear();
        self.queue.clear();
    }

    /// Asks how somebody is; `false` if this server cannot be asked so.
    pub(super) fn look(&mut self, who: Address, ua: &mut Ua, now: Instant) -> bool {
        if !self.works || self.queue.len() >= MOST_WAITING {
            return false;
        }
        self.queue.push_back(who);
        self.run(ua, now);
        true
    }

    /// The server answered.
    pub(super) fn on_response(&mut self, number: u32, response: &Message, ua: &mut Ua, wishes: &mut Wishes, now: Instant) {
        let Some(who) = self.open.remove(&number) else { return };
        match response.status().unwrap_or(0) {
            200..=299 => {
                let now = read(response, &who, ua);
                ua.emit(Event::Presence { who, now });
            }
            405 | 501 => {
                self.works = false;
                let asked = std::mem::take(&mut self.open).into_values().chain(std::mem::take(&mut self.queue));
                wishes.extend([who].into_iter().chain(asked).map(Wish::Watch));
            }
            _ => ua.emit(Event::Presence { who, now: Presence::default() }),
        }
        self.run(ua, now);
    }

    /// No answer came.
    pub(super) fn on_failure(&mut self, number: u32, ua: &mut Ua, now: Instant) {
        if let Some(who) = self.open.remove(&number) {
            ua.emit(Event::Presence { who, now: Presence::default() });
        }
        self.run(ua, now);
    }

    fn run(&mut self, ua: &mut Ua, now: Instant) {
        while self.open.len() < MOST_OPEN
            && let Some(who) = self.queue.pop_front()
        {
            let number = self.next;
            self.next = self.next.wrapping_add(1);
            if exchange::ask(&Call::GetPresence { uri: who.to_string() }, Errand::Look(number), ua, now) {
                self.open.insert(number, who);
            }
        }
    }
}

/// What an answer says; unknown when it says nothing that can be read.
fn read(response: &Message, who: &Address, ua: &mut Ua) -> Presence {
    let content_type = response.content_type();
    if response.body.is_empty() {
        return Presence::default();
    }
    match documents::read(&content_type, &response.body) {
        Ok(document) if documents::is_presence(&content_type) && documents::is_about(&document.about, who) => document.now,
        Ok(_) => {
            ua.fault("presence-stranger");
            Presence::default()
        }
        Err(_) => {
            ua.fault("presence-unreadable");
            Presence::default()
        }
    }
}

/// Questions without answer at a time: a server that leaves some unanswered does not hold up the rest,
/// and yet one that limits what may be open for a client is not overrun.
const MOST_OPEN: usize = 100;
/// People who wait to be asked for.
const MOST_WAITING: usize = 2000;
