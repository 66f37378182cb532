//! Requests: what people wrote who are not known, from its coming to the answer.

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::keys::script::play;
use crate::app::sample::sample_policy;
use crate::app::{
    AccountView, Action, App, ChatKey, Effect, Effects, GroupKey, Msg, Overlay, Peer, Reading, RequestAct, RoomKey, RowKey,
    slash, update,
};
use crate::backend::{Command, Event, NoticeLevel, RoomCommand, RoomEvent, RosterChange};
use crate::history::{Ask, Found, Hit, Hits, Incoming, Keep, Mark, Page, Part, Place, Remembered, Ticket, With};
use crate::model::{
    Access, AccessList, Address, Author, Body, Contact, Entry, Line, MessageRef, Presence, RoomId, Roster, RosterHome, Stamp,
    Strangers, TextStyle, WatcherState,
};

fn eve() -> Address {
    address("eve@elsewhere.test")
}

fn says(who: &Address, name: &str, text: &str) -> Event {
    Event::Text { id: name.into(), from: who.clone(), body: Body::plain(text), sent: None, delayed: false }
}

fn with_ledger() -> App {
    let mut app = alice();
    app.ledger = true;
    app.title = true;
    app
}

fn account(app: &App) -> &AccountView {
    &app.accounts[&id()]
}

fn do_it(app: &mut App, what: RequestAct) -> Effects {
    update(app, Msg::Action(Action::Requests(what, None)), ten())
}

fn command(app: &mut App, line: &str) -> Effects {
    let slash::Typed::Act(action) = slash::read(line) else { panic!("{line} is no command") };
    update(app, Msg::Action(action), ten())
}

fn keeps(effects: &Effects) -> Vec<&Keep> {
    effects.iter().filter_map(|effect| if let Effect::Keep(keep) = effect { Some(keep) } else { None }).collect()
}

fn talk(who: &Address) -> ChatKey {
    Peer::new(&id(), who).into()
}

fn said(app: &App) -> &str {
    app.notes.back().map_or("", |note| note.text.as_str())
}

fn discarded(who: &Address) -> Keep {
    Keep::Discarded { account: address("alice@example.test"), from: who.clone() }
}

/// What comes of a report, let in or not.
fn tell(app: &mut App, event: Event) -> Effects {
    let effects = update(app, Msg::Account(id(), event), ten());
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Report(..) | Effect::Title(_))).collect()
}

#[test]
fn a_stranger_reaches_the_requests_and_nothing_else() {
    let mut app = with_ledger();
    update(&mut app, Msg::Attention(true), ten());
    let effects = report(&mut app, says(&eve(), "01", "buy https://example.test/x"));
    let [Keep::Incoming(kept)] = keeps(&effects)[..] else { panic!("{effects:?}") };
    assert!(!kept.known && kept.body.text.starts_with("buy"), "it is written down before its sender is told, as any other");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notify(_) | Effect::Title(_))), "{effects:?}");
    assert_eq!(said(&app), "somebody who is not on your list wrote to you: /requests shows it");
    report(&mut app, says(&eve(), "02", "really"));
    report(&mut app, says(&address("zoe@example.test"), "03", "hi"));
    assert_eq!(app.notes.len(), 1, "one line, however many there are");
    assert!(account(&app).conversations.is_empty() && app.unread() == 0 && app.requests() == 2);
    let row = app.rows().get(0).unwrap();
    assert_eq!((row.key, row.total), (RowKey::Group(id(), GroupKey::Requests), 2));
    assert!(orders(do_it(&mut app, RequestAct::Page)).is_empty(), "to look says nothing to anybody");
    assert_eq!(account(&app).requests.of(&eve()).unwrap().lines.len(), 2);
    // Whoever was known all along is as before.
    let told = report(&mut app, says(&bob(), "04", "hi"));
    assert!(told.iter().any(|effect| matches!(effect, Effect::Notify(_))) && app.unread() == 1);
}

#[test]
fn nobody_who_waits_sees_that_we_write_or_is_seen_writing() {
    let mut app = with_ledger();
    report(&mut app, says(&eve(), "01", "hi"));
    let effects = update(&mut app, Msg::Account(id(), Event::Typing { from: eve(), active: true }), ten());
    assert_eq!(effects, [], "it goes nowhere");
    update(&mut app, Msg::Action(Action::Message(Some(eve().as_str().into()))), ten());
    assert_eq!(orders(play(&mut app, "who")), []);
    // To write is to accept, and what was written before comes before it.
    let sent = play(&mut app, " are you?<ret>");
    assert!(sent.contains(&Effect::SaveMarks(id(), account(&app).marks.clone())));
    assert!(matches!(&orders(sent)[..], [Command::SendText { .. }]));
    let lines: Vec<&str> = app.conversation(&talk(&eve())).unwrap().lines().map(|line| line.body.text.as_str()).collect();
    assert_eq!(lines, ["hi", "who are you?"]);
    assert!(app.requests() == 0 && account(&app).marks.accepted.contains(&eve()));
    report(&mut app, says(&eve(), "02", "me"));
    assert!(app.requests() == 0 && orders(play(&mut app, "so")).len() == 1);
}

#[test]
fn accepting_opens_the_conversation_and_is_remembered() {
    let mut app = with_ledger();
    report(&mut app, says(&eve(), "01", "one"));
    report(&mut app, says(&eve(), "02", "two"));
    do_it(&mut app, RequestAct::Page);
    let effects = play(&mut app, "a");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notify(_))), "{effects:?}");
    assert_eq!(app.screen.open(), Some(&talk(&eve())));
    assert_eq!(app.conversation(&talk(&eve())).unwrap().lines().count(), 2);
    assert!(effects.contains(&Effect::StartTimer("seen", std::time::Duration::from_secs(1))), "now it is read");
    assert!(effects.contains(&Effect::SaveMarks(id(), account(&app).marks.clone())));
    assert_eq!(app.requests(), 0);
    let told = report(&mut app, says(&eve(), "03", "three"));
    assert!(matches!(keeps(&told)[..], [Keep::Incoming(Incoming { known: true, .. })]), "as of anybody who is known");
    assert_eq!(app.requests(), 0);
}

#[test]
fn accept_and_add_block_delete_report() {
    let asked = || {
        let mut app = with_ledger();
        report(&mut app, says(&eve(), "01", "one\u{1b}[2J"));
        do_it(&mut app, RequestAct::Page);
        app
    };
    let mut app = asked();
    let given = orders(play(&mut app, "c"));
    assert!(matches!(&given[..], [Command::PutContact { address, .. }] if *address == eve()), "{given:?}");
    assert_eq!(app.screen.open(), Some(&talk(&eve())));

    let mut app = asked();
    let effects = play(&mut app, "b");
    assert_eq!(keeps(&effects), [&discarded(&eve())]);
    assert_eq!(orders(effects), [Command::SetAccess { who: eve(), access: Access::Block }]);
    assert!(app.requests() == 0 && app.screen.overlay.is_none() && account(&app).conversations.is_empty());

    let mut app = asked();
    let effects = play(&mut app, "d");
    assert_eq!(keeps(&effects), [&discarded(&eve())]);
    assert_eq!((orders(effects), app.requests()), (Vec::new(), 0));
    report(&mut app, says(&eve(), "02", "again"));
    assert_eq!(app.requests(), 1, "they may try again");

    let mut app = asked();
    let effects = play(&mut app, "r");
    let [Effect::WriteReport(told)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((&told.who, told.said.len(), app.requests()), (&eve(), 1, 1));
}

#[test]
fn what_is_typed_names_who_is_meant() {
    let mut app = with_ledger();
    command(&mut app, "/requests");
    assert!(said(&app).starts_with("there are no requests"), "{}", said(&app));
    report(&mut app, says(&eve(), "01", "one"));
    report(&mut app, says(&address("eve@example.test"), "02", "two"));
    app.notes.clear();
    for (line, why) in [
        ("/accept", "there are several requests; choose one in /requests"),
        ("/accept mallory", "there is no request of mallory; /requests shows them all"),
        ("/report eve", "several requests are of eve; write the whole address, or choose in /requests"),
    ] {
        assert_eq!(orders(command(&mut app, line)), []);
        assert_eq!(said(&app), why);
    }
    command(&mut app, "/accept eve@elsewhere.test");
    assert_eq!((app.screen.open(), app.requests()), (Some(&talk(&eve())), 1));
    // Blocked by the usual command as well.
    let effects = command(&mut app, "/block eve@example.test");
    assert_eq!(orders(effects), []);
    let effects = play(&mut app, "y");
    assert_eq!(keeps(&effects), [&discarded(&address("eve@example.test"))]);
    assert_eq!(app.requests(), 0);
}

#[test]
fn who_asks_to_see_us_is_answered_there_too() {
    let mut app = with_ledger();
    let asks = |who: &Address| Event::Watcher { who: who.clone(), name: None, state: WatcherState::Pending };
    report(&mut app, asks(&address("fay@example.test")));
    report(&mut app, says(&eve(), "01", "hi"));
    report(&mut app, asks(&eve()));
    do_it(&mut app, RequestAct::Page);
    let rows: Vec<(Address, bool, bool)> =
        app.request_rows().into_iter().map(|row| (row.peer.who, row.wrote, row.asks)).collect();
    assert_eq!(rows, [(eve(), true, true), (address("fay@example.test"), false, true)]);
    play(&mut app, "<down>d");
    assert!(said(&app).ends_with("wrote nothing; they only ask to see how you are"), "{}", said(&app));
    assert_eq!(orders(play(&mut app, "a")), [Command::SetAccess { who: address("fay@example.test"), access: Access::Allow }]);
    assert!(matches!(&app.screen.overlay, Some(Overlay::Requests(_))), "nobody wrote, so nothing is opened");
    play(&mut app, "<up>");
    assert_eq!(orders(play(&mut app, "<ret>")), [Command::SetAccess { who: eve(), access: Access::Allow }]);
    assert_eq!((app.screen.open(), app.prompts.len()), (Some(&talk(&eve())), 0));
}

#[test]
fn the_mark_stays_with_who_was_marked() {
    let mut app = with_ledger();
    let people: Vec<Address> = (0..3).map(|n| address(&format!("p{n}@elsewhere.test"))).collect();
    for who in &people {
        report(&mut app, says(who, "01", "hi"));
    }
    do_it(&mut app, RequestAct::Page);
    play(&mut app, "<down>");
    // Who stands before goes, others come: nobody else is blocked by that.
    report(
        &mut app,
        Event::RosterChanged {
            changes: vec![RosterChange::Put { address: people[0].clone(), name: String::new(), groups: Vec::new() }],
            home: RosterHome::Server,
        },
    );
    report(&mut app, says(&eve(), "02", "hi"));
    assert_eq!(orders(play(&mut app, "b")), [Command::SetAccess { who: people[1].clone(), access: Access::Block }]);
    let left: Vec<Address> = app.request_rows().into_iter().map(|row| row.peer.who).collect();
    assert_eq!(left, [people[2].clone(), eve()]);
}

#[test]
fn who_turns_out_to_be_on_the_list_is_heard() {
    let mut app = App::new([(id(), AccountView::new(address("alice@example.test")))], crate::policy::Policy::default());
    // Messages that waited at the server may come before the contact list.
    for n in 0..200 {
        report(&mut app, says(&bob(), &n.to_string(), "hi"));
    }
    assert_eq!((app.requests(), app.unread()), (1, 0));
    let mut roster = Roster::default();
    roster.put(Contact::new(bob()));
    let told = report(&mut app, Event::RosterReset { roster, home: RosterHome::Server });
    assert!(told.iter().any(|effect| matches!(effect, Effect::Notify(_))), "{told:?}");
    assert_eq!((app.requests(), app.unread()), (0, 200), "nothing was refused");
}

#[test]
fn who_sends_too_much_is_refused_and_contacts_never_are() {
    let mut app = with_ledger();
    let mut refused = Vec::new();
    for n in 0..100 {
        let name = format!("{n}");
        let effects = update(&mut app, Msg::Account(id(), says(&eve(), &name, "buy")), ten());
        refused.extend(orders(effects));
        report(&mut app, says(&bob(), &format!("b{n}"), "hi"));
    }
    let expected: Vec<Command> = (10..100).map(|n| Command::Declined(n.to_string())).collect();
    assert_eq!(refused, expected, "what is not held is said to be");
    assert_eq!((account(&app).requests.of(&eve()).unwrap().lines.len(), account(&app).requests.refused), (10, 90));
    assert_eq!(app.unread(), 100);
    let later = Stamp::from_millis(ten().as_millis() + 30_000);
    update(&mut app, Msg::Account(id(), says(&eve(), "later", "buy")), later);
    assert_eq!(account(&app).requests.of(&eve()).unwrap().lines.len(), 11);
}

#[test]
fn a_flood_of_strangers_is_bounded_in_the_whole_core() {
    let mut app = with_ledger();
    let people: Vec<Address> = (0..10_000).map(|n| address(&format!("p{n}@d{}.test", n % 300))).collect();
    let (mut held, mut given_up) = (0, 0);
    for n in 0..30_000_usize {
        let now = Stamp::from_millis(ten().as_millis() + i64::try_from(n).unwrap() * 100);
        let event = says(&people[n * 37 % people.len()], &n.to_string(), "buy this");
        let effects = update(&mut app, Msg::Account(id(), event), now);
        let kept = keeps(&effects);
        held += kept.iter().filter(|keep| matches!(keep, Keep::Incoming(_))).count();
        given_up += kept.iter().filter(|keep| matches!(keep, Keep::Discarded { .. })).count();
    }
    let requests = &account(&app).requests;
    assert_eq!(requests.len(), crate::app::requests::MAX_REQUESTS);
    assert!(held < 7_000 && given_up > 1_000, "{held} {given_up}");
    assert!(account(&app).conversations.is_empty() && app.notes.len() == 1 && account(&app).marks.accepted.is_empty());
}

#[test]
fn requests_come_back_after_a_restart() {
    let mut app = alice();
    let came = |id: &str, from: Address, known: bool| Incoming {
        id: id.into(),
        account: address("alice@example.test"),
        room: None,
        from,
        body: Body::plain("hi"),
        at: ten(),
        delayed: false,
        known,
    };
    let accepted = address("mo@elsewhere.test");
    let all = vec![came("1", eve(), false), came("2", bob(), true), came("3", eve(), false), came("4", accepted.clone(), true)];
    let effects = update(&mut app, Msg::Remembered(Remembered { incoming: all, ..Remembered::default() }), ten());
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notify(_) | Effect::Keep(_))), "{effects:?}");
    assert_eq!((app.requests(), app.notes.len()), (1, 0));
    assert_eq!(account(&app).requests.of(&eve()).unwrap().lines.len(), 2);
    let talks: Vec<&Address> = account(&app).conversations.keys().collect();
    assert_eq!(talks, [&bob(), &accepted]);
}

#[test]
fn settings_and_policies_decide() {
    let mut app = with_ledger();
    app.strangers = Strangers::Allow;
    report(&mut app, says(&eve(), "01", "hi"));
    assert_eq!((app.requests(), app.unread()), (0, 1));
    let mut app = with_ledger();
    app.strangers = Strangers::Block;
    let effects = update(&mut app, Msg::Account(id(), says(&eve(), "01", "hi")), ten());
    assert_eq!(orders(effects), [Command::Received("01".into())], "who is kept out is not told so");
    let room = RoomId::new("r1");
    let opened = RoomEvent::Opened { room: room.clone(), people: vec![eve()], by: Some(eve()) };
    let effects = update(&mut app, Msg::Account(id(), Event::Room(opened)), ten());
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!((app.requests(), app.unread(), app.dropped), (0, 0, 2));
    // A policy goes before the setting.
    for (word, held, shown) in [("quarantine", 1, 0), ("allow", 0, 1), ("block", 0, 0)] {
        let mut app = with_ledger();
        app.strangers = if word == "block" { Strangers::Allow } else { Strangers::Block };
        app.policy = sample_policy(&format!("UnknownSenderAction = \"{word}\""));
        update(&mut app, Msg::Account(id(), says(&eve(), "01", "hi")), ten());
        assert_eq!((app.requests(), app.unread()), (held, shown), "{word}");
    }
}

/// What comes of a conversation of several people that Eve begins.
fn room_of_eve() -> [RoomEvent; 5] {
    let room = RoomId::new("r1");
    [
        RoomEvent::Opened { room: room.clone(), people: vec![eve()], by: Some(eve()) },
        RoomEvent::Text { room: room.clone(), id: "1".into(), from: eve(), body: Body::plain("buy this") },
        RoomEvent::Joined { room: room.clone(), who: bob() },
        RoomEvent::Text { room: room.clone(), id: "2".into(), from: bob(), body: Body::plain("who are you?") },
        RoomEvent::Closed { room, why: None },
    ]
}

#[test]
fn what_comes_of_a_room_that_is_not_let_in_is_not_either() {
    for policy in [None, Some("UnknownSenderAction = \"block\""), Some("BlockedDomains = [\"elsewhere.test\"]")] {
        let mut app = with_ledger();
        match policy {
            None => app.strangers = Strangers::Block,
            Some(policy) => app.policy = sample_policy(policy),
        }
        let effects: Effects = room_of_eve().into_iter().flat_map(|told| tell(&mut app, Event::Room(told))).collect();
        assert!(effects.iter().all(|effect| matches!(effect, Effect::Account(..))), "{effects:?}");
        let leave = Command::Room(RoomCommand::Leave(RoomId::new("r1")));
        // As if it was received: nobody is told that they are kept out.
        assert_eq!(orders(effects), [leave, Command::Received("1".into()), Command::Received("2".into())], "{policy:?}");
        assert!(account(&app).rooms.is_empty() && app.unread() == 0 && app.notes.is_empty());
    }
    // One whose beginning was not seen.
    let mut app = with_ledger();
    app.strangers = Strangers::Block;
    let [_, text, ..] = room_of_eve();
    assert_eq!(orders(tell(&mut app, Event::Room(text))), [Command::Received("1".into())]);
    assert!(account(&app).rooms.is_empty());
}

#[test]
fn others_are_told_of_us_only_where_who_asked_us_in_is_known() {
    let opened = |by: Address| Event::Room(RoomEvent::Opened { room: RoomId::new("r1"), people: vec![by.clone()], by: Some(by) });
    let enter = [Command::Room(RoomCommand::Enter(RoomId::new("r1")))];
    let mut app = with_ledger();
    assert_eq!(orders(report(&mut app, opened(eve()))), []);
    for who in [eve(), bob()] {
        let mut app = with_ledger();
        app.accounts.get_mut(&id()).unwrap().marks.accepted.insert(eve());
        assert_eq!(orders(report(&mut app, opened(who))), enter);
    }
    app = with_ledger();
    app.strangers = Strangers::Allow;
    assert_eq!(orders(report(&mut app, opened(eve()))), enter);
}

#[test]
fn rooms_of_strangers_are_few_and_short_and_nothing_is_written_down_of_them() {
    let mut app = with_ledger();
    app.history = true;
    let text = |room: &str, n: usize, from: Address, size: usize| {
        let body = Body::plain("x".repeat(size));
        Event::Room(RoomEvent::Text { room: RoomId::new(room), id: format!("{n}"), from, body })
    };
    let mut given = Vec::new();
    for n in 0..100 {
        let by = address(&format!("p{n}@d{n}.test"));
        let room = RoomId::new(&format!("r{n}"));
        tell(&mut app, Event::Room(RoomEvent::Opened { room, people: vec![by.clone()], by: Some(by.clone()) }));
        let effects = tell(&mut app, text(&format!("r{n}"), n, by, 10));
        assert_eq!(keeps(&effects), Vec::<&Keep>::new());
        given.extend(orders(effects));
    }
    assert_eq!(account(&app).rooms.len(), 10);
    assert_eq!(given.len(), 100, "all are confirmed: {given:?}");
    // One who writes and writes.
    let given: Vec<Command> = (100..200).flat_map(|n| orders(tell(&mut app, text("r99", n, eve(), 60_000)))).collect();
    assert_eq!(given.iter().filter(|order| matches!(order, Command::Received(_))).count(), 10);
    assert_eq!(given.iter().filter(|order| matches!(order, Command::Declined(_))).count(), 90);
    let said = |app: &App| account(app).rooms[&RoomId::new("r99")].talk.lines().map(|line| line.body.text.len()).sum::<usize>();
    assert!(said(&app) <= 128 * 1024, "{}", said(&app));
    // Of those in which somebody is known nothing is refused.
    tell(&mut app, text("r99", 200, bob(), 10));
    let effects: Effects = (201..231).flat_map(|n| tell(&mut app, text("r99", n, eve(), 10))).collect();
    assert_eq!((keeps(&effects).len(), orders(effects)), (30, vec![]));
    // Who invites and invites.
    let opened =
        |n: usize| RoomEvent::Opened { room: RoomId::new(&format!("m{n}")), people: vec![], by: Some(address("m@m.test")) };
    let left = (0..30).flat_map(|n| orders(tell(&mut app, Event::Room(opened(n))))).count();
    assert_eq!((left, account(&app).requests.refused), (20, 110));
}

#[test]
fn strangers_have_no_say_on_the_bottom_line() {
    let tried =
        |by: Option<Address>| Event::Notice { level: NoticeLevel::Info, code: "call-declined", text: "called".into(), by };
    for (strangers, policy) in [
        (Strangers::Quarantine, None),
        (Strangers::Block, None),
        (Strangers::Allow, Some("UnknownSenderAction = \"block\"")),
        (Strangers::Allow, Some("BlockedDomains = [\"elsewhere.test\"]")),
    ] {
        let mut app = with_ledger();
        app.strangers = strangers;
        app.policy = policy.map(sample_policy).unwrap_or_default();
        for _ in 0..50 {
            assert_eq!(tell(&mut app, tried(Some(eve()))), []);
        }
        assert!(app.notes.is_empty(), "{:?}", app.notes);
        tell(&mut app, tried(Some(bob())));
        tell(&mut app, tried(None));
        assert_eq!(app.notes.len(), 2);
    }
    let mut app = with_ledger();
    app.strangers = Strangers::Allow;
    tell(&mut app, tried(Some(eve())));
    assert_eq!(app.notes.len(), 1);
}

#[test]
fn a_start_loses_nothing_that_was_not_read() {
    let mut app = alice();
    let came = |n: usize| Incoming {
        id: format!("{n}"),
        account: address("alice@example.test"),
        room: None,
        from: address(&format!("p{n}@elsewhere.test")),
        body: Body::plain("hi"),
        at: ten(),
        delayed: false,
        known: false,
    };
    let incoming = (0..150).map(came).collect();
    let effects = update(&mut app, Msg::Remembered(Remembered { incoming, ..Remembered::default() }), ten());
    assert_eq!(keeps(&effects), Vec::<&Keep>::new(), "what gives way is on disk for the next start");
    assert_eq!((app.requests(), account(&app).requests.gave_way), (100, 50));
}

#[test]
fn who_is_blocked_by_whatever_way_is_held_no_more() {
    let asked = || {
        let mut app = with_ledger();
        report(&mut app, says(&eve(), "01", "one"));
        report(&mut app, says(&address("fay@elsewhere.test"), "02", "two"));
        app
    };
    // On another device.
    let mut app = asked();
    let mut access = AccessList::default();
    access.set(eve(), Some(Access::Block));
    let effects = report(&mut app, Event::AccessReset(access));
    assert_eq!((keeps(&effects), app.requests()), (vec![&discarded(&eve())], 1));
    // By a script.
    let mut app = asked();
    let order = Command::SetAccess { who: eve(), access: Access::Block };
    let effects = update(&mut app, Msg::Action(Action::Order(id(), order.clone())), ten());
    assert_eq!((keeps(&effects), app.requests()), (vec![&discarded(&eve())], 1));
    assert_eq!(orders(effects), [order]);
}

#[test]
fn what_is_held_does_not_come_out_by_looking_for_it() {
    let mut app = with_ledger();
    app.history = true;
    report(&mut app, says(&eve(), "01", "buy this"));
    let own = address("alice@example.test");
    let hit = |who: &Address, place, id: &str| Hit {
        account: own.clone(),
        with: With::Person(who.clone()),
        place: Place(place),
        at: ten(),
        by: Author::Them(who.clone()),
        tag: None,
        id: Some(id.into()),
        excerpt: "buy this".into(),
        cut: false,
        marks: Vec::new(),
    };
    let look = || Msg::Action(Action::Reading(Reading::History(Some("buy".into()))));
    let held = |effects: &Effects| {
        effects.iter().find_map(|effect| if let Effect::Ask(Ask::Search(search)) = effect { Some(search.held) } else { None })
    };
    // It is not even asked for: so much is held that nothing else would be in the answer.
    assert_eq!(held(&update(&mut app, look(), ten())), Some(false));
    let ticket = Ticket { asker: 0, number: app.searches };
    let hits = vec![hit(&eve(), 1, "01"), hit(&bob(), 2, "01"), hit(&eve(), 3, "of old")];
    update(&mut app, Msg::Past(Found::Hits(Hits { ticket, hits, more: false })), ten());
    let Some(Overlay::History(history)) = &app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
    assert_eq!(history.hits.iter().map(|hit| hit.chat.clone()).collect::<Vec<_>>(), [talk(&bob()), talk(&eve())]);
    app.strangers = Strangers::Allow;
    assert_eq!(held(&update(&mut app, look(), ten())), Some(true));
    // Nor by opening a conversation, until they are accepted.
    let mut app = with_ledger();
    app.history = true;
    report(&mut app, says(&eve(), "01", "buy this"));
    let lines = vec![(Place(1), account(&app).requests.of(&eve()).unwrap().lines[0].clone())];
    let page = Page { account: own, with: With::Person(eve()), part: Part::End, lines, more_before: false, more_after: false };
    update(&mut app, Msg::Action(Action::Message(Some(eve().as_str().into()))), ten());
    update(&mut app, Msg::Past(Found::Page(page)), ten());
    assert!(app.conversation(&talk(&eve())).is_none() && app.requests() == 1);
}

#[test]
fn what_is_held_does_not_come_out_in_a_conversation_that_is_there() {
    let mut app = with_ledger();
    app.history = true;
    report(&mut app, says(&bob(), "01", "one"));
    report(&mut app, Event::RosterChanged { changes: vec![RosterChange::Removed(bob())], home: RosterHome::Server });
    report(&mut app, says(&bob(), "02", "two"));
    let own = address("alice@example.test");
    // All that is on disk.
    let line = |place: i64, id: &str, text: &str| {
        let body = Body::plain(text);
        let by = Author::Them(bob());
        (Place(place), Line { at: ten(), by, body, tag: None, id: Some(id.into()), fate: None, delayed: false })
    };
    let page = |part: Part, lines: Vec<(Place, Line)>, more_before: bool| {
        let with = With::Person(bob());
        Msg::Past(Found::Page(Page { account: own.clone(), with, part, lines, more_before, more_after: false }))
    };
    let shown = |app: &App| -> Vec<String> {
        let talk = app.conversation(&talk(&bob())).unwrap();
        talk.shown().filter_map(Entry::said).map(|line| line.body.text.clone()).collect()
    };
    let asked = |effects: &Effects| -> Vec<Part> {
        let part = |effect: &Effect| if let Effect::Ask(Ask::Page { part, .. }) = effect { Some(part.clone()) } else { None };
        effects.iter().filter_map(part).collect()
    };
    let opened = update(&mut app, Msg::Action(Action::Message(Some(bob().as_str().into()))), ten());
    assert_eq!(asked(&opened), [Part::End]);
    // A page of which nothing may be shown does not hide what is older.
    let told = update(&mut app, page(Part::End, vec![line(3, "02", "two")], true), ten());
    let before = Part::Before(Mark::Place(Place(3)));
    assert_eq!((asked(&told), shown(&app)), (vec![before.clone()], vec!["one".to_owned()]));
    update(&mut app, page(before, vec![line(1, "00", "zero"), line(2, "01", "one")], false), ten());
    assert_eq!((shown(&app), app.requests()), (vec!["zero".to_owned(), "one".to_owned()], 1));
    // Of what is kept only the first was seen.
    let effects = update(&mut app, Msg::Timer("seen"), ten());
    assert_eq!(keeps(&effects), [&Keep::ReadKnown { account: own.clone(), from: bob() }]);
    let effects = command(&mut app, "/accept bob@example.test");
    assert_eq!(keeps(&effects), [&Keep::Known { account: own.clone(), from: bob() }]);
    let all = ["zero", "one", "two"];
    assert_eq!(shown(&app), all);
    let lines = || vec![line(1, "00", "zero"), line(2, "01", "one"), line(3, "02", "two")];
    update(&mut app, page(Part::End, lines(), false), ten());
    assert_eq!(shown(&app), all, "nothing is missing, and nothing there twice");
    let effects = update(&mut app, Msg::Timer("seen"), ten());
    assert_eq!(keeps(&effects), [&Keep::Read { account: own.clone(), with: With::Person(bob()) }]);
    // Where nothing was said in this run, there is what was said before.
    let mut app = with_ledger();
    app.history = true;
    report(&mut app, says(&eve(), "02", "two"));
    update(&mut app, Msg::Action(Action::Message(Some(eve().as_str().into()))), ten());
    let lines = vec![line(1, "00", "zero"), line(2, "02", "two")];
    let with = With::Person(eve());
    let found = Page { account: own, with, part: Part::End, lines, more_before: false, more_after: false };
    update(&mut app, Msg::Past(Found::Page(found)), ten());
    let there = app.conversation(&talk(&eve())).unwrap();
    assert_eq!(there.shown().filter_map(Entry::said).map(|line| line.id.as_deref()).collect::<Vec<_>>(), [Some("00")]);
}

#[test]
fn rooms_of_strangers_are_silent() {
    let mut app = with_ledger();
    let room = RoomId::new("r1");
    let opened = RoomEvent::Opened { room: room.clone(), people: vec![eve()], by: Some(eve()) };
    let text = RoomEvent::Text { room, id: "1".into(), from: eve(), body: Body::plain("alice, buy this") };
    let effects: Effects = [opened, text].into_iter().flat_map(|told| report(&mut app, Event::Room(told))).collect();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notify(_))), "{effects:?}");
    assert!(!effects.contains(&Effect::Title("chinwag (1 @1)".to_owned())) && app.to_be_told() == (0, 0));
    assert!(app.notes.is_empty(), "nor have they a say on the bottom line: {:?}", app.notes);
    let key = RoomKey::new(&id(), &RoomId::new("r1"));
    assert!(app.is_of_strangers(&key));
    app.strangers = Strangers::Allow;
    assert!(!app.is_of_strangers(&key));
    app.strangers = Strangers::Quarantine;
    let text = RoomEvent::Text { room: key.room.clone(), id: "2".into(), from: bob(), body: Body::plain("who are you?") };
    report(&mut app, Event::Room(text));
    assert!(!app.is_of_strangers(&key) && app.unread() == 2);
}

#[test]
fn who_looks_like_somebody_is_told_on_the_page_and_when_added() {
    let mut app = with_ledger();
    let (like, domain) = (address("bоb@example.test"), address("eve@exаmple.test"));
    report(&mut app, says(&like, "01", "hi"));
    report(&mut app, says(&domain, "02", "hi"));
    do_it(&mut app, RequestAct::Page);
    let Some(Overlay::Requests(page)) = &app.screen.overlay else { panic!() };
    let told: Vec<Vec<String>> = app.request_rows().iter().map(|row| app.request_told(page, row).about).collect();
    assert_eq!(told[0], ["Looks like bob@example.test, but is another address: о (U+043E)"]);
    assert_eq!(told[1], ["The domain looks like example.test, but is another one: а (U+0430)"]);
    play(&mut app, "<esc>");
    let given = orders(command(&mut app, "/add b0b@example.test"));
    assert!(matches!(&given[..], [Command::PutContact { .. }]));
    assert_eq!(said(&app), "be careful with b0b@example.test. Looks like bob@example.test, but is another address: 0 (U+0030)");
}

#[test]
fn what_is_shown_of_a_request_is_its_beginning_as_plain_text() {
    let mut app = with_ledger();
    let body = Body { style: TextStyle { bold: true, ..TextStyle::default() }, ..Body::plain("ä".repeat(5_000)) };
    report(&mut app, Event::Text { id: "01".into(), from: eve(), body, sent: None, delayed: false });
    for n in 0..9 {
        report(&mut app, says(&eve(), &format!("1{n}"), "more"));
    }
    do_it(&mut app, RequestAct::Page);
    let Some(Overlay::Requests(page)) = &app.screen.overlay else { panic!() };
    let told = app.request_told(page, &app.request_rows()[0]);
    assert_eq!((told.said.len(), told.more, told.said[0].1.chars().count()), (10, 0, 201));
}

#[test]
fn our_own_messages_and_presence_are_no_requests() {
    let mut app = with_ledger();
    report(&mut app, says(&address("alice@example.test"), "01", "note to myself"));
    assert_eq!((app.requests(), app.unread()), (0, 1));
    report(&mut app, Event::Presence { who: eve(), now: Presence::default() });
    let order = Command::SendText { to: eve(), body: Body::plain("yo"), tag: MessageRef(7) };
    update(&mut app, Msg::Action(Action::Order(id(), order)), ten());
    report(&mut app, says(&eve(), "02", "hi"));
    assert_eq!((app.requests(), app.unread()), (0, 2), "we wrote first");
}
