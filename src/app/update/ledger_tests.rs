//! The ledger: what is told to it, what comes out of it after a start.

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::{Action, App, Effect, Effects, Msg, update};
use crate::backend::{Command, Event, RoomEvent};
use crate::history::{Incoming, Keep, Kept, Outgoing, Remembered, With};
use crate::model::{Address, Body, Entry, Fate, MessageRef, RoomId, SignInPhase, Stamp};

fn us() -> Address {
    address("alice@example.test")
}

fn with_ledger() -> App {
    let mut app = alice();
    app.ledger = true;
    app
}

fn keeps(effects: &Effects) -> Vec<Keep> {
    effects.iter().filter_map(|effect| if let Effect::Keep(keep) = effect { Some(keep.clone()) } else { None }).collect()
}

fn from_bob(id: &str, text: &str) -> Event {
    Event::Text { id: id.into(), from: bob(), body: Body::plain(text), sent: None, delayed: false }
}

fn came(id: &str, text: &str, at: Stamp) -> Incoming {
    Incoming { id: id.into(), account: us(), room: None, from: bob(), body: Body::plain(text), at, delayed: false, known: true }
}

fn wrote(tag: u64, text: &str, at: Stamp, fate: Fate) -> Outgoing {
    Outgoing { tag: MessageRef(tag), account: us(), to: bob(), body: Body::plain(text), at, fate }
}

fn before(minutes: i64) -> Stamp {
    Stamp::from_millis(ten().as_millis() - minutes * 60_000)
}

fn order(app: &mut App, command: Command) -> Effects {
    update(app, Msg::Action(Action::Order(id(), command)), ten())
}

fn read_talk_with_bob(app: &mut App) -> Effects {
    update(app, Msg::Action(Action::Message(Some("bob@example.test".into()))), ten())
}

fn written(kept: Kept) -> Msg {
    Msg::Kept { kept: vec![kept], failed: Vec::new(), why: None }
}

/// Whether what is on the screen soon counts as seen.
fn glances(effects: &Effects) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::StartTimer("seen", _)))
}

/// A moment passes.
fn glance(app: &mut App) -> Effects {
    update(app, Msg::Timer("seen"), ten())
}

#[test]
fn a_message_is_written_down_before_it_is_ordered_and_before_it_leaves() {
    let mut app = with_ledger();
    let effects = order(&mut app, Command::SendText { to: bob(), body: Body::plain("hi"), tag: MessageRef(4) });
    assert!(matches!(effects[0], Effect::Keep(_)) && matches!(effects[1], Effect::Account(..)), "{effects:?}");
    assert_eq!(keeps(&effects), [Keep::Outgoing(wrote(4, "hi", ten(), Fate::Queued))]);
    let shown = |app: &App| app.accounts[&id()].conversations[&bob()].lines().next().unwrap().fate.clone();
    report(&mut app, Event::Delivery { tag: MessageRef(4), fate: Fate::Queued });
    assert_eq!(shown(&app), None, "that it waits is not promised before it is on disk");
    update(&mut app, written(Kept::Outgoing { account: us(), tag: MessageRef(4) }), ten());
    assert_eq!(shown(&app), Some(Fate::Queued));
    let leaving = report(&mut app, Event::Leaving(MessageRef(4)));
    assert_eq!(leaving, [Effect::Keep(Keep::Leaving { account: us(), tag: MessageRef(4) })]);
    let kept = Kept::Leaving { account: us(), tag: MessageRef(4) };
    let released = update(&mut app, written(kept), ten());
    assert_eq!(orders(released), [Command::Release(MessageRef(4))]);
    let told = |app: &mut App, fate| keeps(&report(app, Event::Delivery { tag: MessageRef(4), fate }));
    assert_eq!(told(&mut app, Fate::Sent), []);
    assert_eq!(told(&mut app, Fate::Queued), [Keep::Fate(MessageRef(4), Fate::Queued)], "it came back unsent");
    assert_eq!(told(&mut app, Fate::Delivered), [Keep::Settled(MessageRef(4))]);
    assert_eq!(keeps(&read_talk_with_bob(&mut app)), [], "nothing of it is kept");
}

#[test]
fn what_cannot_be_written_is_told_and_what_could_be_sent_twice_is_withdrawn() {
    let mut app = with_ledger();
    report(&mut app, Event::Phase { phase: SignInPhase::Offline { why: None }, server: None, transport: None });
    for tag in [4, 5] {
        order(&mut app, Command::SendText { to: bob(), body: Body::plain("hi"), tag: MessageRef(tag) });
        report(&mut app, Event::Delivery { tag: MessageRef(tag), fate: Fate::Queued });
    }
    update(&mut app, written(Kept::Outgoing { account: us(), tag: MessageRef(4) }), ten());
    let failed = vec![
        Kept::Outgoing { account: us(), tag: MessageRef(5) },
        Kept::Leaving { account: us(), tag: MessageRef(4) },
        Kept::Leaving { account: us(), tag: MessageRef(5) },
        Kept::Incoming { account: us(), id: "01".into() },
        Kept::Incoming { account: address("nobody@example.test"), id: "02".into() },
    ];
    let full = Msg::Kept { kept: Vec::new(), failed, why: Some("the disk is full".into()) };
    let effects = update(&mut app, full, ten());
    let expected = [Command::Withdraw(MessageRef(4)), Command::Release(MessageRef(5)), Command::Received("01".into())];
    assert_eq!(orders(effects), expected);
    assert!(app.notes.back().unwrap().text.contains("the disk is full"));
    assert_eq!(app.unkept(), 1, "who leaves is asked");
    app.leave();
    let behind =
        ["1 message to bob@example.test waits, and is sent at the next start", "1 message to bob@example.test was not sent"];
    assert_eq!(app.left_behind(), behind);
}

#[test]
fn what_came_is_written_down_and_forgotten_when_it_is_read() {
    let mut app = with_ledger();
    let effects = report(&mut app, from_bob("01", "hello"));
    assert_eq!(keeps(&effects), [Keep::Incoming(came("01", "hello", ten()))]);
    let kept = Kept::Incoming { account: us(), id: "01".into() };
    assert_eq!(orders(update(&mut app, written(kept), ten())), [Command::Received("01".into())]);
    let read = Keep::Read { account: us(), with: With::Person(bob()) };
    app.attended = false;
    assert!(!glances(&read_talk_with_bob(&mut app)), "nobody looks");
    assert!(glances(&update(&mut app, Msg::Attention(true), ten())));
    assert!(!glances(&update(&mut app, Msg::Resize(80, 25), ten())), "it is looked at already");
    assert_eq!(keeps(&glance(&mut app)), std::slice::from_ref(&read));
    assert_eq!(keeps(&glance(&mut app)), [], "once is enough");
    let effects = report(&mut app, from_bob("02", "again"));
    assert_eq!(keeps(&effects), [Keep::Incoming(came("02", "again", ten()))]);
    assert!(glances(&effects));
    assert!(glances(&report(&mut app, from_bob("03", "and again"))), "what is newer wants its own time");
    update(&mut app, Msg::Attention(false), ten());
    assert_eq!(keeps(&glance(&mut app)), [], "the user looked away");
    update(&mut app, Msg::Attention(true), ten());
    assert_eq!(keeps(&glance(&mut app)), std::slice::from_ref(&read));
    let fate = Fate::Unconfirmed { why: "no answer".into() };
    order(&mut app, Command::SendText { to: bob(), body: Body::plain("hi"), tag: MessageRef(4) });
    let effects = report(&mut app, Event::Delivery { tag: MessageRef(4), fate: fate.clone() });
    assert_eq!(keeps(&effects), [Keep::Fate(MessageRef(4), fate)], "a bad end is to be seen as well");
    assert_eq!(keeps(&glance(&mut app)), [read]);
}

#[test]
fn without_a_ledger_nothing_is_kept() {
    let mut app = alice();
    let mut effects = report(&mut app, from_bob("01", "hello"));
    effects.extend(order(&mut app, Command::SendText { to: bob(), body: Body::plain("hi"), tag: MessageRef(4) }));
    effects.extend(read_talk_with_bob(&mut app));
    assert_eq!(keeps(&effects), []);
}

#[test]
fn after_a_start_everything_is_there_in_the_order_of_time() {
    let mut app = alice();
    let long_ago = Stamp::from_millis(ten().as_millis() - 30 * 3_600_000);
    let refused = Fate::Failed { why: "refused".into() };
    let remembered = Remembered {
        outgoing: vec![
            wrote(7, "too old", long_ago, Fate::Queued),
            wrote(8, "in flight", before(9), Fate::Sent),
            wrote(9, "failed", before(8), refused.clone()),
            wrote(11, "waits", before(3), Fate::Queued),
            Outgoing { account: address("gone@example.test"), ..wrote(12, "of no account", before(2), Fate::Queued) },
        ],
        incoming: vec![came("01", "first", before(20)), came("02", "then", before(5))],
        ..Remembered::default()
    };
    let effects = update(&mut app, Msg::Remembered(remembered), ten());
    let talk = &app.accounts[&id()].conversations[&bob()];
    let said: Vec<(&str, Option<&str>)> =
        talk.lines().map(|line| (line.body.text.as_str(), line.fate.as_ref().map(Fate::word))).collect();
    assert_eq!(
        said,
        [
            ("too old", Some("failed")),
            ("first", None),
            ("in flight", Some("unconfirmed")),
            ("failed", Some("failed")),
            ("then", None),
            ("waits", Some("queued")),
        ]
    );
    assert_eq!(talk.unread, 2);
    let Some(Fate::Failed { why }) = talk.lines().next().and_then(|line| line.fate.clone()) else { panic!() };
    assert_eq!(why, "it waited for 30 h and was not sent");
    let kept = keeps(&effects);
    assert!(kept.contains(&Keep::Fate(MessageRef(8), talk.lines().nth(2).unwrap().fate.clone().unwrap())), "{kept:?}");
    assert!(!kept.iter().any(|keep| matches!(keep, Keep::Outgoing(_) | Keep::Incoming(_))), "they are kept already: {kept:?}");
    assert_eq!(orders(effects), [Command::SendText { to: bob(), body: Body::plain("waits"), tag: MessageRef(11) }]);
    assert_eq!(app.next_tag, 13, "no number is used twice");
    let read = Keep::Read { account: us(), with: With::Person(bob()) };
    assert!(glances(&read_talk_with_bob(&mut app)));
    assert_eq!(keeps(&glance(&mut app)), [read]);
    assert_eq!(app.left_behind(), [""; 0]);
    app.leave();
    assert_eq!(app.left_behind(), ["1 message to bob@example.test waits, and is sent at the next start"]);
}

#[test]
fn a_room_of_an_earlier_run_is_there_and_over() {
    let mut app = alice();
    let room = RoomId::new("r-1");
    let incoming = vec![Incoming { room: Some(room.clone()), ..came("01", "in the room", before(5)) }];
    update(&mut app, Msg::Remembered(Remembered { incoming, ..Remembered::default() }), ten());
    let found = &app.accounts[&id()].rooms[&room];
    assert!(found.over && found.talk.unread == 1);
    assert!(matches!(found.talk.entries.back(), Some(Entry::Happened { .. })));
    let body = Body::plain("x");
    let effects = report(&mut app, Event::Room(RoomEvent::Text { room, id: "02".into(), from: bob(), body }));
    assert!(matches!(keeps(&effects)[..], [Keep::Incoming(Incoming { room: Some(_), .. })]));
}

#[test]
fn drafts_stay_drafts_without_a_connection_if_that_is_wished() {
    let mut app = with_ledger();
    app.drafts_offline = true;
    read_talk_with_bob(&mut app);
    update(&mut app, Msg::Paste("hello".into()), ten());
    report(&mut app, Event::Phase { phase: SignInPhase::Offline { why: None }, server: None, transport: None });
    assert_eq!(orders(update(&mut app, Msg::Action(Action::Submit), ten())), []);
    assert!(app.notes.back().unwrap().text.contains("stays here"));
    report(&mut app, Event::Phase { phase: SignInPhase::Online, server: None, transport: None });
    let sent = orders(update(&mut app, Msg::Action(Action::Submit), ten()));
    assert!(matches!(&sent[..], [Command::SendText { body, .. }] if body.text == "hello"), "{sent:?}");
}
