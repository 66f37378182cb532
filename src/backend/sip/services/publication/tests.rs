//! Our presence against a fake clock.

use std::time::{Duration, Instant};

use super::*;
use crate::backend::sip::services::tests::desk::{self, OK, refused};
use crate::model::{Automatic, Availability};

struct Bench {
    ua: Ua,
    publishing: Publishing,
    now: Instant,
    wishes: Wishes,
    events: Vec<Event>,
}

fn own(chosen: Availability, note: &str) -> OwnPresence {
    OwnPresence { chosen, note: note.to_owned(), ..OwnPresence::default() }
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self {
            ua: desk::ua(),
            publishing: Publishing::default(),
            now: Instant::now(),
            wishes: Wishes::new(),
            events: Vec::new(),
        };
        bench.publishing.set(own(Availability::Online, ""), &mut bench.ua, bench.now);
        bench.publishing.start(bench.now);
        bench
    }

    /// With our own document come, and the first publication accepted.
    fn online() -> Self {
        let mut bench = Self::new();
        bench.own_document(None);
        bench.sent().unwrap();
        bench.answer(&OK);
        bench.told();
        bench
    }

    fn set(&mut self, chosen: Availability, note: &str) {
        self.publishing.set(own(chosen, note), &mut self.ua, self.now);
    }

    fn own_document(&mut self, stored: Option<&str>) {
        self.publishing.on_own(stored.map(str::to_owned), &mut self.ua, self.now);
    }

    fn answer(&mut self, outcome: &Outcome) {
        self.publishing.on_outcome(outcome, &mut self.ua, &mut self.wishes, self.now);
    }

    /// Lets time pass to the next thing that happens, within so many seconds.
    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.publishing.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.publishing.handle_timeout(&mut self.ua, self.now);
        }
        self.now = end;
    }

    /// What left, at most one.
    #[track_caller]
    fn sent(&mut self) -> Option<SetPresence> {
        let (sent, events) = desk::drain(&mut self.ua);
        self.events.extend(events);
        assert!(sent.len() <= 1, "{sent:?}");
        sent.first().map(|message| match crate::formats::soap::read_call(&message.body).unwrap() {
            Call::SetPresence(presence) => presence,
            other => panic!("{other:?}"),
        })
    }

    fn told(&mut self) -> Vec<Event> {
        assert_eq!(self.sent(), None);
        std::mem::take(&mut self.events)
    }
}

#[test]
fn not_before_our_own_document_came_and_with_what_it_says() {
    let mut bench = Bench::new();
    bench.pass(4);
    bench.set(Availability::Busy, "in a review");
    assert_eq!(bench.sent(), None);
    bench.own_document(Some("<note>back</note><x a=\"1\"/>"));
    let sent = bench.sent().unwrap();
    assert_eq!((sent.availability, sent.activity), (300, 600));
    assert_eq!(sent.note.as_deref(), Some("in a review"));
    assert!(sent.user_info.unwrap().contains("<note>back</note>"));
    assert_eq!(sent.device_name.as_deref(), Some("chinwag"));
    assert!(bench.publishing.asking());
    bench.answer(&OK);
    assert_eq!(bench.told(), [Event::OwnPresence(Availability::Busy)]);
    // Another device stores something else: that goes back from now on.
    bench.own_document(Some("<y/>"));
    bench.pass(10);
    assert_eq!(bench.sent(), None, "no reason to say it again");
    bench.set(Availability::Online, "");
    assert!(bench.sent().unwrap().user_info.unwrap().contains("<y"));
}

#[test]
fn without_own_document_after_five_seconds() {
    let mut bench = Bench::new();
    bench.pass(5);
    assert_eq!(bench.sent().unwrap().user_info, None);
    bench.answer(&OK);
    // It comes late, and has something: that is put back.
    bench.own_document(Some("<x/>"));
    bench.pass(2);
    assert!(bench.sent().unwrap().user_info.is_some());
    bench.answer(&OK);
    bench.own_document(Some("<x/>"));
    bench.pass(10);
    assert_eq!(bench.sent(), None, "once");
    // The next link does not tell: what is known goes along.
    bench.publishing.stop();
    bench.publishing.start(bench.now);
    bench.pass(5);
    assert!(bench.sent().unwrap().user_info.is_some());
}

#[test]
fn every_state_and_appearing_offline() {
    for state in Availability::ALL {
        let mut bench = Bench::online();
        bench.pass(2);
        bench.set(state, "note");
        let Some(sent) = bench.sent() else { panic!("{state:?}") };
        let numbers = activity::numbers(state);
        assert_eq!((sent.availability, sent.activity), (numbers.availability, numbers.activity));
        let hidden = matches!(state, Availability::Offline | Availability::Unknown);
        assert_eq!(sent.note.is_none(), hidden, "{state:?}");
        bench.answer(&OK);
        assert_eq!(bench.told(), [Event::OwnPresence(state)]);
    }
    let mut bench = Bench::online();
    bench.pass(2);
    let idle = OwnPresence { automatic: Some(Automatic::Idle), ..OwnPresence::default() };
    bench.publishing.set(idle, &mut bench.ua, bench.now);
    assert_eq!(bench.sent().unwrap().activity, 200);
}

#[test]
fn at_most_once_in_two_seconds_and_only_the_newest() {
    let mut bench = Bench::online();
    for (chosen, note) in [(Availability::Busy, ""), (Availability::Away, "x"), (Availability::Busy, "y")] {
        bench.set(chosen, note);
        assert_eq!(bench.sent(), None);
    }
    bench.pass(1);
    assert_eq!(bench.sent(), None);
    bench.pass(1);
    assert_eq!(bench.sent().unwrap().note.as_deref(), Some("y"));
    // While one is under way, the next waits for its answer too.
    bench.pass(10);
    bench.set(Availability::Away, "");
    assert_eq!(bench.sent(), None);
    bench.answer(&OK);
    assert_eq!(bench.sent().unwrap().activity, 100);
    bench.answer(&OK);
    bench.set(Availability::Busy, "");
    bench.set(Availability::Away, "");
    bench.pass(10);
    assert_eq!(bench.sent(), None, "as it was");
}

#[test]
fn again_with_each_new_binding() {
    let mut bench = Bench::online();
    bench.pass(600);
    assert_eq!(bench.sent(), None);
    bench.publishing.renew(&mut bench.ua, bench.now);
    assert_eq!(bench.sent().unwrap().activity, 400);
    bench.answer(&OK);
    assert_eq!(bench.told(), [], "that is no news");
    // Who was never told how we are is not told now.
    let mut quiet = Bench::new();
    quiet.publishing = Publishing::default();
    quiet.publishing.start(quiet.now);
    quiet.pass(5);
    quiet.publishing.renew(&mut quiet.ua, quiet.now);
    assert_eq!(quiet.sent(), None);
}

#[test]
fn fates() {
    for code in [403, 404, 405, 501] {
        let mut bench = Bench::new();
        bench.own_document(None);
        bench.sent().unwrap();
        bench.answer(&refused(code));
        assert_eq!(bench.wishes.drain(..).collect::<Vec<_>>(), [Wish::PublishOtherwise], "{code}");
        assert!(!bench.publishing.works());
        bench.set(Availability::Busy, "");
        bench.publishing.renew(&mut bench.ua, bench.now);
        bench.pass(1000);
        assert_eq!(bench.told(), [], "{code}");
    }
    for outcome in [refused(408), refused(480), refused(500), refused(503), refused(504), Outcome::Silent] {
        let mut bench = Bench::new();
        bench.own_document(None);
        bench.sent().unwrap();
        bench.answer(&outcome);
        bench.set(Availability::Busy, "");
        bench.pass(59);
        assert_eq!(bench.sent(), None, "{outcome:?}");
        bench.pass(61);
        assert_eq!(bench.sent().unwrap().activity, 600);
        assert!(bench.wishes.is_empty() && bench.publishing.works());
    }
    let mut bench = Bench::new();
    bench.own_document(None);
    bench.sent().unwrap();
    bench.answer(&Outcome::Refused { code: 503, again: Some(Duration::from_mins(5)) });
    bench.pass(299);
    assert_eq!(bench.sent(), None);
    bench.pass(1);
    assert!(bench.sent().is_some());
    bench.answer(&refused(400));
    assert!(matches!(bench.told().as_slice(), [Event::Notice { code: "publish-refused", .. }]));
    assert!(!bench.publishing.works());
}

#[test]
fn nothing_is_said_at_sign_out() {
    let mut bench = Bench::online();
    bench.set(Availability::Busy, "");
    bench.publishing.leave();
    bench.pass(10);
    assert_eq!(bench.sent(), None);
    assert!(!bench.publishing.asking());
    bench.publishing.stop();
    bench.publishing.start(bench.now);
    bench.own_document(None);
    assert_eq!(bench.sent().unwrap().activity, 600, "what was wanted is not forgotten");
}
