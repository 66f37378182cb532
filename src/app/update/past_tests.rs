//! Looking back: what is asked for and when; nothing is there twice, left out or without bound.

use super::tests::{address, alice, bob, id, report, ten};
use super::{look_at, search, wants_newer, wants_older};
use crate::app::{Action, App, ChatAct, ChatKey, Effect, Effects, Msg, Peer, RoomKey, update};
use crate::backend::{Command, Event};
use crate::history::{Ask, Found, Hits, Mark, Outgoing, Page, Part, Place, Remembered, Ticket, With};
use crate::model::{Author, Body, Entry, Fate, Line, MessageRef, Past, RoomId};

/// What is kept of the conversation with Bob.
#[derive(Default)]
struct Kept(Vec<Line>);

impl Kept {
    fn of(count: usize) -> Self {
        Self((0..count).map(line).collect())
    }

    fn page(&self, ask: &Ask) -> Found {
        let Ask::Page { account, with, part, count } = ask.clone() else { panic!("{ask:?}") };
        let place =
            |mark: &Mark| if let Mark::Place(place) = mark { usize::try_from(place.0).unwrap() - 1 } else { panic!("{mark:?}") };
        let (from, to) = match &part {
            Part::End => (self.0.len().saturating_sub(count), self.0.len()),
            Part::Before(mark) => (place(mark).saturating_sub(count), place(mark)),
            Part::After(mark) => (place(mark) + 1, self.0.len().min(place(mark) + 1 + count)),
            Part::Around(mark) => (place(mark).saturating_sub(count / 2), self.0.len().min(place(mark) + count / 2)),
        };
        let lines = (from..to).map(|n| (Place(i64::try_from(n).unwrap() + 1), self.0[n].clone())).collect();
        Found::Page(Page { account, with, part, lines, more_before: from > 0, more_after: to < self.0.len() })
    }

    /// Answers what is asked until nothing is.
    fn answer(&self, app: &mut App, mut effects: Effects) -> usize {
        let mut asked = 0;
        while let Some(at) = effects.iter().position(|effect| matches!(effect, Effect::Ask(_))) {
            let Effect::Ask(ask) = effects.remove(at) else { unreachable!() };
            asked += 1;
            effects.extend(update(app, Msg::Past(self.page(&ask)), ten()));
        }
        asked
    }
}

fn line(n: usize) -> Line {
    let ours = n.is_multiple_of(3);
    Line {
        at: ten(),
        by: if ours { Author::Us } else { Author::Them(bob()) },
        body: Body::plain(format!("text {n}")),
        tag: ours.then_some(MessageRef(n as u64)),
        id: (!ours).then(|| format!("id-{n}")),
        fate: ours.then_some(Fate::Delivered),
        delayed: false,
    }
}

fn with_history() -> App {
    let mut app = alice();
    update(&mut app, Msg::Remembered(Remembered { history: true, last_tag: 5_000, ..Remembered::default() }), ten());
    app
}

fn chat() -> ChatKey {
    Peer::new(&id(), &bob()).into()
}

fn open(app: &mut App) -> Effects {
    update(app, Msg::Action(Action::Message(Some("bob@example.test".into()))), ten())
}

fn shown(app: &App) -> Vec<String> {
    let talk = app.conversation(&chat()).unwrap();
    talk.shown().filter_map(Entry::said).map(|line| line.body.text.clone()).collect()
}

fn texts(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("text {n}")).collect()
}

fn comes(app: &mut App, kept: &mut Kept, n: usize) {
    kept.0.push(Line { tag: None, by: Author::Them(bob()), id: Some(format!("id-{n}")), fate: None, ..line(n) });
    report(
        app,
        Event::Text { id: format!("id-{n}"), from: bob(), body: Body::plain(format!("text {n}")), sent: None, delayed: false },
    );
}

fn older(app: &mut App, kept: &Kept) -> usize {
    let mut effects = Vec::new();
    wants_older(app, &chat(), &mut effects);
    kept.answer(app, effects)
}

fn newer(app: &mut App, kept: &Kept) -> usize {
    let mut effects = Vec::new();
    wants_newer(app, &chat(), &mut effects);
    kept.answer(app, effects)
}

#[test]
fn opening_asks_once_for_the_last_page_and_scrolling_for_more() {
    let mut app = with_history();
    assert!(app.accounts[&id()].conversations.is_empty(), "people with a history are no conversations at the start");
    let kept = Kept::of(500);
    let effects = open(&mut app);
    assert_eq!(kept.answer(&mut app, effects), 1);
    assert_eq!(shown(&app), texts(300..500));
    update(&mut app, Msg::Action(Action::Chat(ChatAct::Close)), ten());
    let effects = open(&mut app);
    assert_eq!(kept.answer(&mut app, effects), 0, "it is there already");
    let mut effects = Vec::new();
    wants_older(&mut app, &chat(), &mut effects);
    wants_older(&mut app, &chat(), &mut effects);
    assert_eq!(kept.answer(&mut app, effects), 1, "one question at once");
    assert_eq!(shown(&app), texts(100..500));
    assert_eq!(older(&mut app, &kept), 1);
    assert_eq!(older(&mut app, &kept), 0, "there is nothing older");
    assert_eq!(newer(&mut app, &kept), 0, "nor newer");
    assert_eq!(shown(&app), texts(0..500));
}

#[test]
fn what_is_at_hand_is_not_there_twice() {
    let mut app = alice();
    let mut kept = Kept::of(500);
    // The ledger remembers one of ours that was not sent; some came before the conversation was opened.
    let waits = Outgoing {
        tag: MessageRef(498),
        account: address("alice@example.test"),
        to: bob(),
        body: Body::plain("text 498"),
        at: ten(),
        fate: Fate::Failed { why: "x".into() },
    };
    update(&mut app, Msg::Remembered(Remembered { outgoing: vec![waits], history: true, ..Remembered::default() }), ten());
    for n in 500..803 {
        comes(&mut app, &mut kept, n);
    }
    let effects = open(&mut app);
    assert_eq!(kept.answer(&mut app, effects), 2, "all of the last page is at hand: more is asked for");
    let mut wanted = texts(403..498);
    wanted.push("text 499".into());
    wanted.extend(texts(498..499));
    wanted.extend(texts(500..803));
    assert_eq!(shown(&app), wanted, "what did not arrive stays with what is new");
    comes(&mut app, &mut kept, 803);
    older(&mut app, &kept);
    assert_eq!(shown(&app).len(), 200 + wanted.len() + 1);
}

#[test]
fn looking_back_through_everything_keeps_a_bounded_part_in_memory() {
    let mut app = with_history();
    let mut kept = Kept::of(9_000);
    let effects = open(&mut app);
    kept.answer(&mut app, effects);
    comes(&mut app, &mut kept, 9_000);
    let order = Command::SendText { to: bob(), body: Body::plain("text 9001"), tag: MessageRef(9_001) };
    update(&mut app, Msg::Action(Action::Order(id(), order)), ten());
    kept.0.push(line(9_001 / 3 * 3));
    *kept.0.last_mut().unwrap() = Line { tag: Some(MessageRef(9_001)), body: Body::plain("text 9001"), ..line(0) };
    let mut first = 8_800;
    while older(&mut app, &kept) > 0 {
        let seen = shown(&app);
        let from: usize = seen[0].strip_prefix("text ").unwrap().parse().unwrap();
        assert!(from < first, "it goes on");
        first = from;
        assert_eq!(seen, texts(from..from + seen.len()), "without gap");
        assert!(seen.len() <= Past::MAX_ENTRIES + 202);
        if from == 3_000 {
            // What comes meanwhile is not lost, and not shown out of place.
            comes(&mut app, &mut kept, 9_002);
            assert_eq!(shown(&app), seen);
        }
    }
    assert_eq!(first, 0);
    let talk = app.conversation(&chat()).unwrap();
    assert!(talk.past.gap && talk.entries.len() == 3, "what is new is kept whatever is looked at");
    assert!(app.conversation(&chat()).unwrap().past.entries().len() <= Past::MAX_ENTRIES);
    while newer(&mut app, &kept) > 0 {}
    let seen = shown(&app);
    assert_eq!(seen, texts(9_003 - seen.len()..9_003), "back at the end");
    older(&mut app, &kept);
    assert!(!app.conversation(&chat()).unwrap().past.gap || shown(&app).len() == Past::MAX_ENTRIES);
}

#[test]
fn to_the_end_at_once_and_to_a_message_that_was_found() {
    let mut app = with_history();
    let mut kept = Kept::of(5_000);
    let effects = open(&mut app);
    kept.answer(&mut app, effects);
    comes(&mut app, &mut kept, 5_000);
    let mut effects = Vec::new();
    look_at(&mut app, &chat(), Place(1_001), &mut effects);
    kept.answer(&mut app, effects);
    assert_eq!(shown(&app), texts(900..1_100));
    assert_eq!(app.conversation(&chat()).unwrap().past.position(1_001), Some(100));
    newer(&mut app, &kept);
    older(&mut app, &kept);
    assert_eq!(shown(&app), texts(700..1_300));
    app.conversation_mut(&chat()).unwrap().to_end();
    assert_eq!(shown(&app), texts(5_000..5_001));
    older(&mut app, &kept);
    assert_eq!(shown(&app), texts(4_801..5_001));
    let mut effects = Vec::new();
    look_at(&mut app, &chat(), Place(5_001), &mut effects);
    kept.answer(&mut app, effects);
    assert_eq!(shown(&app), texts(4_900..5_001), "what is at hand is shown where it is");
}

#[test]
fn a_flood_while_looking_back_leaves_no_hole_in_silence() {
    let mut app = with_history();
    let mut kept = Kept::of(300);
    let effects = open(&mut app);
    kept.answer(&mut app, effects);
    for n in 300..5_400 {
        comes(&mut app, &mut kept, n);
    }
    assert!(app.conversation(&chat()).unwrap().past.gap, "some fell out between");
    assert_eq!(shown(&app), texts(100..300));
    while newer(&mut app, &kept) > 0 {}
    let seen = shown(&app);
    assert_eq!(seen, texts(5_400 - seen.len()..5_400));
    app.conversation_mut(&chat()).unwrap().to_end();
    assert!(older(&mut app, &kept) > 0);
    let seen = shown(&app);
    assert_eq!(seen, texts(5_400 - seen.len()..5_400));
}

#[test]
fn a_room_of_an_earlier_run_is_over() {
    let mut app = with_history();
    let key = RoomKey::new(&id(), &RoomId::new("r-1"));
    app.screen.pane_mut().chat = Some(key.clone().into());
    let with = With::Room(key.room.clone());
    let account = address("alice@example.test");
    let page = Page { account, with, part: Part::End, lines: vec![(Place(1), line(1))], more_before: false, more_after: false };
    update(&mut app, Msg::Past(Found::Page(page)), ten());
    let room = app.room(&key).unwrap();
    assert!(room.over && room.people() == [bob()] && room.talk.shown().count() == 1);
}

#[test]
fn of_searches_the_last_one_counts() {
    let mut app = with_history();
    let asked = |app: &mut App, words: &str, with: Option<&ChatKey>| {
        let mut effects = Vec::new();
        search(app, words, with, None, &mut effects);
        effects.into_iter().find_map(|effect| if let Effect::Ask(Ask::Search(search)) = effect { Some(search) } else { None })
    };
    let first = asked(&mut app, "tex", None).unwrap();
    let second = asked(&mut app, "text", Some(&chat())).unwrap();
    assert_eq!(second.with, Some((address("alice@example.test"), With::Person(bob()))));
    let hits = |ticket: Ticket, more| Msg::Past(Found::Hits(Hits { ticket, hits: Vec::new(), more }));
    update(&mut app, hits(second.ticket, true), ten());
    assert!(app.hits.more);
    update(&mut app, hits(first.ticket, false), ten());
    assert!(app.hits.more, "an answer to what was typed before changes nothing");
    assert_eq!(asked(&mut app, "  ", None), None);
    assert!(!app.hits.more && app.hits.ticket > second.ticket);
}

#[test]
fn what_cannot_be_looked_up_is_told_and_can_be_asked_again() {
    let mut app = with_history();
    let mut kept = Kept::of(9);
    comes(&mut app, &mut kept, 9);
    let effects = open(&mut app);
    let Some(Effect::Ask(ask)) = effects.into_iter().find(|effect| matches!(effect, Effect::Ask(_))) else { panic!("asked") };
    update(&mut app, Msg::Past(Found::Nothing { ask, why: "the disk is too slow".into() }), ten());
    assert!(app.notes.back().unwrap().text.contains("the disk is too slow"));
    assert_eq!(older(&mut app, &kept), 1);
    assert_eq!(shown(&app), texts(0..10));
}

#[test]
fn without_a_history_nothing_is_asked_and_while_it_opens_nothing_is_sent() {
    let mut app = alice();
    assert_eq!(Kept::default().answer(&mut app, Vec::new()), 0);
    assert!(!open(&mut app).iter().any(|effect| matches!(effect, Effect::Ask(_))));
    app.opening = true;
    update(&mut app, Msg::Paste("too early".into()), ten());
    let effects = update(&mut app, Msg::Action(Action::Submit), ten());
    assert!(super::tests::orders(effects).is_empty());
    assert!(app.notes.back().unwrap().text.contains("still being opened"));
    let effects = update(&mut app, Msg::Remembered(Remembered { history: true, ..Remembered::default() }), ten());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Ask(_))), "what is open is looked up then");
    let effects = update(&mut app, Msg::Action(Action::Submit), ten());
    assert_eq!(super::tests::orders(effects).len(), 1, "what was written stayed");
}
