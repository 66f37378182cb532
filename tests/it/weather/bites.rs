//! Does the judge see what is wrong? Each of these breaks something on purpose, and a judge that is
//! content with it would be worth nothing.

use std::time::Duration;

use chinwag::backend::{Command, Event, Target};
use chinwag::model::{Fate, SignInPhase, WaitReason};

use super::plan::{Act, Family, LinkFault, Plan, Step, What};
use super::run;
use super::screen::Screen;
use super::world::World;
use crate::support::pair::{Entry, Noted, Pair, Way};

/// Two people, fair weather, and these steps.
fn calm(steps: Vec<(u64, What)>) -> Plan {
    let steps = steps.into_iter().map(|(seconds, what)| Step { at: Duration::from_secs(seconds), what }).collect();
    let faults = crate::support::pair::Faults::default();
    let ends = Duration::from_secs(30);
    Plan { seed: 1, family: Family::SimpleTcp, devices: vec![0, 1], faults, version_gap: false, steps, ends }
}

fn say() -> What {
    What::Act(0, Act::Say { to: 1, count: 1 })
}

/// What the judge says of a world that was tampered with.
fn wrongs(steps: Vec<(u64, What)>, tamper: impl FnOnce(&mut World)) -> String {
    let mut world = World::new(calm(steps));
    tamper(&mut world);
    run::judge(world).wrongs.join("\n")
}

#[test]
fn nothing_is_wrong_in_fair_weather() {
    assert_eq!(wrongs(vec![(1, say()), (2, What::Link(0, LinkFault::Cut))], |_| {}), "");
}

#[test]
fn a_text_that_comes_twice() {
    // The same bytes twice are absorbed: they are the same request.
    let again = |_, way, bytes: &[u8]| match way {
        Way::Down if bytes.starts_with(b"MESSAGE ") => vec![bytes.to_vec(); 2],
        _ => vec![bytes.to_vec()],
    };
    assert_eq!(wrongs(vec![(1, say())], |world| world.pair.set_tamper(again)), "");
    let another = |_, way, bytes: &[u8]| match way {
        Way::Down if bytes.starts_with(b"MESSAGE ") => {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let other = text.replace("Call-ID: ", "Call-ID: x").replace("branch=z9hG4bK", "branch=z9hG4bKx");
            assert_ne!(text, other);
            vec![bytes.to_vec(), other.into_bytes()]
        }
        _ => vec![bytes.to_vec()],
    };
    let wrongs = wrongs(vec![(1, say())], |world| world.pair.set_tamper(another));
    assert!(wrongs.contains("text 1 came [2] times"), "{wrongs}");
}

#[test]
fn a_text_that_is_told_as_delivered_and_is_not() {
    let hide = |noted: &Noted| matches!(&noted.entry, Entry::Event(Event::Text { .. }));
    let wrongs = wrongs(vec![(1, say())], |world| world.hides = Some(hide));
    assert!(wrongs.contains("text 1 is told as delivered and did not come"), "{wrongs}");
}

#[test]
fn a_text_without_a_fate() {
    let hide = |noted: &Noted| matches!(&noted.entry, Entry::Event(Event::Delivery { fate: Fate::Delivered, .. }));
    let wrongs = wrongs(vec![(1, say())], |world| world.hides = Some(hide));
    assert!(wrongs.contains("text 1 of alice[0] is still Some(Sent)"), "{wrongs}");
}

#[test]
fn texts_in_the_wrong_order() {
    fn swapped(at: Duration, way: Way, bytes: &[u8]) -> Vec<Vec<u8>> {
        if way != Way::Down || !bytes.starts_with(b"MESSAGE ") || at > Duration::from_secs(20) {
            return vec![bytes.to_vec()];
        }
        // The words of the two change places.
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let other = if text.ends_with("text 1") { text.replace("text 1", "text 2") } else { text.replace("text 2", "text 1") };
        vec![other.into_bytes()]
    }
    let wrongs = wrongs(vec![(1, say()), (2, say())], |world| world.pair.set_tamper(swapped));
    assert!(wrongs.contains("bob[1] got text 1 after text 2"), "{wrongs}");
}

#[test]
fn a_loss_nobody_is_told_of() {
    let hide = |noted: &Noted| matches!(&noted.entry, Entry::Event(Event::AllStale));
    let wrongs = wrongs(vec![(1, What::Link(0, LinkFault::Cut))], |world| world.hides = Some(hide));
    assert!(wrongs.contains("the connection is gone and people are not told to be stale"), "{wrongs}");
}

#[test]
fn notifications_that_vanish() {
    // Also what would heal it: the subscription begun anew.
    let vanish = |at: Duration, way: Way, bytes: &[u8]| {
        let is = |method: &[u8]| bytes.starts_with(method) && at > Duration::from_secs(6);
        match way {
            Way::Down if is(b"NOTIFY ") => Vec::new(),
            Way::Up if is(b"SUBSCRIBE ") => Vec::new(),
            _ => vec![bytes.to_vec()],
        }
    };
    let act = What::Act(0, Act::Presence(chinwag::model::Availability::Busy, "in a call".into()));
    let wrongs = wrongs(vec![(3, act)], |world| world.pair.set_tamper(vanish));
    assert!(wrongs.contains("bob[1] sees alice as"), "{wrongs}");
}

#[test]
fn links_out_of_turn_and_waits_of_the_wrong_length() {
    let target =
        Target { host: "example.test".into(), port: Some(5060), transport: None, tls_name: String::new(), automatic: false };
    let client = Pair::simple().client("alice");
    let wrongs = |entries: Vec<(u64, Entry)>| {
        let mut screen = Screen::new();
        for (millis, entry) in entries {
            screen.take(&Noted { at: Duration::from_millis(millis), client, entry });
        }
        screen.wrongs
    };
    let waiting = |millis| {
        let phase = SignInPhase::Waiting { retry_in: Duration::from_millis(millis), why: WaitReason::Closed };
        Entry::Event(Event::Phase { phase, server: None, transport: None })
    };
    let (asked, open) = (Entry::Order(Command::SignIn), Entry::Open(target));
    let fine = vec![(0, asked.clone()), (0, open.clone()), (100, waiting(700)), (800, open.clone()), (900, waiting(5_000))];
    assert_eq!(wrongs(fine), Vec::<String>::new());
    assert_eq!(wrongs(vec![(0, open.clone())]).len(), 1);
    assert_eq!(wrongs(vec![(0, asked.clone()), (0, open.clone()), (100, waiting(700)), (799, open.clone())]).len(), 1);
    assert_eq!(wrongs(vec![(0, asked.clone()), (0, open.clone()), (100, waiting(3_001))]).len(), 1);
    assert_eq!(wrongs(vec![(0, asked), (0, open), (100, waiting(700)), (900, waiting(3_000))]).len(), 1);
}
