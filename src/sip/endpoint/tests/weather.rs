//! Two endpoints and the network between them, which loses, doubles, delays and reorders.
//!
//! Whatever the weather: every request ends exactly once, nothing comes to a user twice, an
//! answer that was given is an answer that was asked for, and in the end nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::support::{config, link, request};
use crate::sip::endpoint::{Endpoint, EndpointEvent, EndpointOutput, Flow, RequestId};
use crate::sip::message::{Message, Method};
use crate::sip::tokens::Tokens;

const FLOW: Flow = Flow(1);
const SEEDS: u64 = 60;
/// The last retransmission leaves 500 ms before timers J and L of the other side can end: what
/// stays on the way longer than that is a new request to anybody who follows the RFC's numbers.
const LONGEST_WAY: u64 = 490;

struct Weather {
    /// Of a thousand.
    lost: u64,
    doubled: u64,
    /// Longest way in milliseconds.
    delay: u64,
}

struct World {
    sides: [Endpoint; 2],
    reliable: bool,
    weather: Weather,
    dice: Tokens,
    now: Instant,
    /// What is on its way: arrival and order, destination, bytes.
    air: BTreeMap<(Instant, u64), (usize, Bytes)>,
    sent: u64,
    /// Open requests of each side: what they asked.
    open: [BTreeMap<RequestId, String>; 2],
    /// Call-IDs of requests each side got.
    got: [BTreeSet<String>; 2],
    acked: BTreeSet<String>,
    outcomes: BTreeMap<String, String>,
    /// Requests whose INVITE the user means to cancel.
    late: Vec<(Instant, usize, Late)>,
}

enum Late {
    Respond(crate::sip::endpoint::ServerTransactionId, u16),
    Cancel(RequestId),
}

impl World {
    fn new(seed: u64, reliable: bool, weather: Weather) -> Self {
        let side = |number: u64| {
            let mut settings = config(false);
            settings.tokens = Tokens::from_number(seed * 2 + number);
            settings.max_server_transactions = 1000;
            let mut endpoint = Endpoint::new(settings);
            endpoint.flow_up(FLOW, link(reliable));
            endpoint
        };
        Self {
            sides: [side(0), side(1)],
            reliable,
            weather,
            dice: Tokens::from_number(seed ^ 0x0dd5),
            now: Instant::now(),
            air: BTreeMap::new(),
            sent: 0,
            open: [BTreeMap::new(), BTreeMap::new()],
            got: [BTreeSet::new(), BTreeSet::new()],
            acked: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            late: Vec::new(),
        }
    }

    fn ask(&mut self, side: usize, method: Method, number: u64) {
        let call_id = format!("{method}-{side}-{number}");
        let is_invite = method == Method::Invite;
        let request = request(method, "sip:other@example.test", &call_id);
        let id = self.sides[side].send_request(FLOW, request, self.now);
        self.open[side].insert(id, call_id);
        if is_invite && self.dice.below(4) == 0 {
            let when = self.now + Duration::from_millis(self.dice.below(3000));
            self.late.push((when, side, Late::Cancel(id)));
        }
    }

    /// Takes what an endpoint wants and puts it in the air or before its user.
    fn drain(&mut self, side: usize) {
        while let Some(output) = self.sides[side].poll() {
            match output {
                EndpointOutput::Transmit { bytes, .. } => self.post(1 - side, &bytes),
                EndpointOutput::Close { .. } => panic!("nobody sent anything wrong"),
                EndpointOutput::Event(event) => self.tell(side, event),
            }
        }
    }

    fn post(&mut self, to: usize, bytes: &Bytes) {
        let copies = match self.dice.below(1000) {
            _ if self.reliable => 1,
            d if d < self.weather.lost => 0,
            d if d < self.weather.lost + self.weather.doubled => 2,
            _ => 1,
        };
        for _ in 0..copies {
            // Streams keep their order.
            let delay = if self.reliable { 20 } else { self.dice.below(self.weather.delay + 1) };
            self.sent += 1;
            self.air.insert((self.now + Duration::from_millis(delay), self.sent), (to, bytes.clone()));
        }
    }

    fn tell(&mut self, side: usize, event: EndpointEvent) {
        match event {
            EndpointEvent::Response { request, response } => self.answered(side, request, &response),
            EndpointEvent::Failed { request, why } => {
                let call_id = self.open[side].remove(&request).expect("a failure of an open request");
                let before = self.outcomes.insert(call_id, format!("{why:?}"));
                assert_eq!(before, None);
            }
            EndpointEvent::Associated { .. }
            | EndpointEvent::AssociationLost { .. }
            | EndpointEvent::Doubted { .. }
            | EndpointEvent::TicketWanted { .. }
            | EndpointEvent::ServerTime { .. } => panic!("nobody signs here"),
            EndpointEvent::Request { transaction, request, .. } => {
                let call_id = request.call_id().unwrap();
                assert!(self.got[side].insert(call_id.clone()), "{call_id} came twice");
                let code = match (request.method(), self.dice.below(3)) {
                    (Some(Method::Invite), 0) => 486,
                    (_, 1) => 404,
                    _ => 200,
                };
                let transaction = transaction.expect("no BENOTIFY here");
                let when = self.now + Duration::from_millis(self.dice.below(6000));
                if request.method() == Some(&Method::Invite) && self.dice.below(2) == 0 {
                    self.sides[side].respond_with(transaction, 180, self.now);
                }
                self.late.push((when, side, Late::Respond(transaction, code)));
            }
            EndpointEvent::Ack { request, .. } => {
                let call_id = request.call_id().unwrap();
                assert!(self.acked.insert(call_id.clone()), "ACK of {call_id} came twice");
            }
            EndpointEvent::Cancelled { transaction } => {
                self.sides[side].respond_with(transaction, 487, self.now);
            }
            EndpointEvent::Alive { .. } | EndpointEvent::Stun { .. } => {}
            EndpointEvent::Fault { fault, .. } => panic!("{fault}"),
        }
    }

    fn answered(&mut self, side: usize, id: RequestId, response: &Message) {
        let code = response.status().unwrap();
        let call_id = response.call_id().unwrap();
        if code < 200 {
            assert!(self.open[side].contains_key(&id), "provisional after final");
            return;
        }
        assert_eq!(self.open[side].remove(&id).as_ref(), Some(&call_id), "an answer to something else");
        assert!(self.got[1 - side].contains(&call_id), "answered, but never asked");
        assert_eq!(self.outcomes.insert(call_id.clone(), code.to_string()), None);
        if code < 300 && response.cseq().unwrap().method == Method::Invite {
            let mut ack = request(Method::Ack, "sip:other@example.test", &call_id);
            ack.headers.set("To", response.header("To").unwrap());
            self.sides[side].send_stateless(FLOW, ack);
        }
    }

    /// Goes to the next moment anything happens; false when nothing will.
    fn step(&mut self) -> bool {
        self.drain(0);
        self.drain(1);
        let air = self.air.keys().next().map(|(at, _)| *at);
        let late = self.late.iter().map(|(at, ..)| *at).min();
        let timers = self.sides.iter().filter_map(Endpoint::next_timeout).min();
        let Some(next) = [air, late, timers].into_iter().flatten().min() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.air.first_entry().filter(|e| e.key().0 <= self.now) {
            let (to, bytes) = entry.remove();
            self.sides[to].handle_bytes(FLOW, &bytes, self.now);
            self.drain(to);
        }
        let (due, rest) = std::mem::take(&mut self.late).into_iter().partition(|(at, ..)| *at <= self.now);
        self.late = rest;
        let due: Vec<(Instant, usize, Late)> = due;
        for (_, side, what) in due {
            match what {
                Late::Respond(transaction, code) => self.sides[side].respond_with(transaction, code, self.now),
                Late::Cancel(id) => self.sides[side].cancel(id, self.now),
            }
        }
        for side in &mut self.sides {
            side.handle_timeout(self.now);
        }
        true
    }

    fn run(mut self, seed: u64) -> BTreeMap<String, String> {
        let started = self.now;
        let asked = 40;
        for number in 0..asked {
            for side in 0..2 {
                let method =
                    [Method::Message, Method::Notify, Method::Invite][usize::try_from(self.dice.below(3)).unwrap()].clone();
                self.ask(side, method, number);
            }
            for _ in 0..self.dice.below(20) {
                self.step();
            }
        }
        let mut steps = 0;
        while self.step() {
            steps += 1;
            assert!(steps < 200_000, "seed {seed}: it does not end");
        }
        assert!(self.open.iter().all(BTreeMap::is_empty), "seed {seed}: open {:?}", self.open);
        assert_eq!(self.outcomes.len(), 2 * usize::try_from(asked).unwrap(), "seed {seed}");
        for side in &self.sides {
            assert_eq!((side.transactions(), side.next_timeout()), (0, None), "seed {seed}");
            assert!(side.leaves_nothing(), "seed {seed}: {side:?}");
        }
        assert!(self.now - started < Duration::from_secs(1000), "seed {seed}");
        self.outcomes
    }
}

#[test]
fn a_fine_day_answers_everything() {
    for seed in 0..SEEDS {
        let outcomes = World::new(seed, true, Weather { lost: 0, doubled: 0, delay: 0 }).run(seed);
        assert!(outcomes.values().all(|o| o.parse::<u16>().is_ok()), "seed {seed}: {outcomes:?}");
    }
}

#[test]
fn rain_loses_nothing_for_good() {
    for seed in 0..SEEDS {
        World::new(seed, false, Weather { lost: 200, doubled: 200, delay: 400 }).run(seed);
    }
}

#[test]
fn in_a_storm_every_request_still_ends_once() {
    for seed in 0..SEEDS {
        World::new(seed, false, Weather { lost: 700, doubled: 200, delay: LONGEST_WAY }).run(seed);
    }
}

#[test]
fn a_cut_line_ends_in_timeouts() {
    for seed in 0..10 {
        let outcomes = World::new(seed, false, Weather { lost: 1000, doubled: 0, delay: 0 }).run(seed);
        assert!(outcomes.values().all(|o| o == "Timeout"), "seed {seed}: {outcomes:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let story = || World::new(3, false, Weather { lost: 300, doubled: 200, delay: LONGEST_WAY }).run(3);
    assert_eq!(story(), story());
}
