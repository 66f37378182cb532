//! Whether something is told: the table of the rules, commands, title, and what is written down.

use std::time::Duration;

use super::tests::{address, alice, bob, id, report, ten};
use crate::app::action::NoticeAct;
use crate::app::rules::{Level, Rule, Rules};
use crate::app::{
    Action, App, ChatKey, Effect, Effects, Focus, Hush, Msg, News, Overlay, Peer, RULE_TIMER, hushes, slash, update,
};
use crate::backend::{Command, Event, RoomEvent};
use crate::history::{Incoming, Remembered};
use crate::model::{Address, Availability, Body, OwnPresence, QuietHours, RoomId, Stamp, Strangers};

fn text(from: &Address, text: &str) -> Event {
    Event::Text { id: "0123456789abcdef".into(), from: from.clone(), body: Body::plain(text), sent: None, delayed: false }
}

fn talk(who: &Address) -> ChatKey {
    Peer::new(&id(), who).into()
}

fn told(effects: &Effects) -> Vec<String> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Notify(notice) = effect { Some(notice.title.clone()) } else { None })
        .collect()
}

/// Whether a first message of Bob's is told.
fn tells(prepare: impl Fn(&mut App), says: &str) -> bool {
    let mut app = alice();
    // Whoever is not known is held back before it comes to this.
    app.strangers = Strangers::Allow;
    prepare(&mut app);
    !told(&report(&mut app, text(&bob(), says))).is_empty()
}

fn command(app: &mut App, line: &str) -> (Effects, String) {
    app.focus = Focus::Composer;
    let slash::Typed::Act(action) = slash::read(line) else { panic!("{line} is no command") };
    let effects = update(app, Msg::Action(action), ten());
    (effects, app.notes.back().map_or_else(String::new, |note| note.text.clone()))
}

fn open(app: &mut App, who: &Address) {
    update(app, Msg::Action(Action::Message(Some(who.as_str().to_owned()))), ten());
}

fn later(minutes: i64) -> Stamp {
    Stamp::from_millis(ten().as_millis() + minutes * 60_000)
}

fn set(app: &mut App, level: Level) {
    let rule = Rule { always: Some(level), passing: None };
    assert!(app.accounts.get_mut(&id()).unwrap().rules.set(&talk(&bob()), Some(rule)));
}

fn be(app: &mut App, chosen: Availability) {
    app.accounts.get_mut(&id()).unwrap().own = OwnPresence { chosen, ..OwnPresence::default() };
}

#[test]
fn the_table_of_the_rules() {
    let reads = |app: &mut App| open(app, &bob());
    let quiet = |app: &mut App| app.notices.settings.quiet = QuietHours::parse(["mon,tue,wed,thu,fri,sat,sun"]).unwrap();
    for (what, told, prepare, says) in [
        ("nothing is against it", true, &(|_: &mut App| {}) as &dyn Fn(&mut App), "hi"),
        ("it is being read", false, &reads, "hi"),
        ("the terminal has lost the attention", true, &|app| (reads(app), app.attended = false).1, "hi"),
        ("nobody is at the keyboard", true, &|app| (reads(app), app.notices.idle = true).1, "hi"),
        ("it is scrolled back", true, &|app| (reads(app), app.screen.pane_mut().place = crate::app::Place::from(0)).1, "hi"),
        ("a page lies over it", true, &|app| (reads(app), update(app, Msg::Action(Action::Help), ten())).0, "hi"),
        ("muted", false, &|app| set(app, Level::None), "alice!"),
        ("only mentions", false, &|app| set(app, Level::Mention), "malice"),
        ("only mentions, and one", true, &|app| set(app, Level::Mention), "ask ALICE"),
        (
            "only mentions, and a watch word",
            true,
            &|app| {
                app.notices.settings.words = vec!["db3".into()];
                set(app, Level::Mention);
            },
            "DB3 is down",
        ),
        ("busy", false, &|app| be(app, Availability::Busy), "hi"),
        ("on the phone", false, &|app| be(app, Availability::OnThePhone), "hi"),
        ("away", true, &|app| be(app, Availability::Away), "hi"),
        (
            "busy, and it does not matter",
            true,
            &|app| {
                app.notices.settings.silent_when_busy = false;
                be(app, Availability::Busy);
            },
            "hi",
        ),
        ("quiet hours", false, &quiet, "hi"),
        ("no way is set", false, &|app| app.notices.settings.via.clear(), "hi"),
        ("a stranger", false, &|app| drop(app.accounts.get_mut(&id()).unwrap().roster.remove(&bob())), "hi"),
        (
            "a stranger to be heard",
            true,
            &|app| {
                app.accounts.get_mut(&id()).unwrap().roster.remove(&bob()).unwrap();
                set(app, Level::All);
            },
            "hi",
        ),
    ] {
        assert_eq!(tells(prepare, says), told, "{what}");
    }
}

#[test]
fn what_somebody_waited_for_passes_a_mute_but_not_the_night() {
    let news = |app: &mut App| {
        let mut effects = Vec::new();
        super::notices::notify(app, News::presence(&Peer::new(&id(), &bob()), "Bob Stone", "is online"), &mut effects);
        told(&effects)
    };
    let mut app = alice();
    set(&mut app, Level::None);
    app.now = ten();
    assert_eq!(news(&mut app), ["Bob Stone"]);
    let mut app = alice();
    be(&mut app, Availability::Busy);
    assert!(news(&mut app).is_empty());
}

#[test]
fn strangers_in_a_room_are_heard_where_somebody_known_has_a_part() {
    let room = RoomId::new("r1");
    let zoe = address("zoe@example.test");
    let says = |from: &Address| {
        Event::Room(RoomEvent::Text { room: room.clone(), id: "1".into(), from: from.clone(), body: Body::plain("hi") })
    };
    let mut app = alice();
    let opened = RoomEvent::Opened { room: room.clone(), people: vec![zoe.clone(), bob()], by: Some(zoe.clone()) };
    assert!(told(&report(&mut app, Event::Room(opened))).is_empty(), "a stranger cannot make themselves heard by naming Bob");
    assert!(told(&report(&mut app, says(&zoe))).is_empty());
    assert_eq!(told(&report(&mut app, says(&bob()))), ["Bob Stone in zoe, Bob"]);
    assert_eq!(hushes(&app, &ChatKey::Room(crate::app::RoomKey::new(&id(), &room)), false), []);
}

#[test]
fn commands_change_the_rule_for_ever_and_for_a_time() {
    let mut app = alice();
    assert!(command(&mut app, "/notify").1.contains("open a conversation first"));
    open(&mut app, &bob());
    assert_eq!(command(&mut app, "/notify").1, "Bob Stone: every message is told of");
    let (effects, said) = command(&mut app, "/notify mention");
    assert_eq!(said, "Bob Stone: only messages that name you are told of, until you change it");
    let mut rules = Rules::default();
    rules.put_person(bob(), Rule { always: Some(Level::Mention), passing: None });
    assert!(effects.contains(&Effect::SaveRules(id(), rules.clone())), "{effects:?}");
    let (effects, said) = command(&mut app, "/mute 1h30m");
    assert_eq!(said, format!("Bob Stone: muted until {}", later(90).clock()));
    assert!(effects.contains(&Effect::StartTimer(RULE_TIMER, Duration::from_mins(90))), "{effects:?}");
    assert!(app.is_muted(&talk(&bob())));
    let early = update(&mut app, Msg::Timer(RULE_TIMER), later(89));
    assert!(early.contains(&Effect::StartTimer(RULE_TIMER, Duration::from_mins(1))) && app.is_muted(&talk(&bob())));
    app.dirty = false;
    let effects = update(&mut app, Msg::Timer(RULE_TIMER), later(90));
    assert_eq!(effects, [Effect::SaveRules(id(), rules)], "what held before holds again");
    assert!(app.dirty && !app.is_muted(&talk(&bob())));
    assert_eq!(command(&mut app, "/unmute").1, "Bob Stone: every message is told of");
    for bad in ["/notify loud", "/notify none soon", "/mute 0", "/mute 9999d", "/mute 1x", "/notify none 99999999999999999999s"] {
        let (effects, said) = command(&mut app, bad);
        assert!(said.starts_with("say /notify all") && !effects.iter().any(|e| matches!(e, Effect::SaveRules(..))), "{bad}");
    }
}

#[test]
fn the_key_in_the_list_mutes_and_unmutes_who_is_selected() {
    let mut app = alice();
    app.focus = Focus::Roster;
    let key = crate::app::catalogue().find(|spec| spec.keys.contains(&"m")).unwrap();
    assert_eq!(key.action, Action::Notices(NoticeAct::Toggle));
    update(&mut app, Msg::Action(key.action.clone()), ten());
    assert!(app.is_muted(&talk(&bob())));
    update(&mut app, Msg::Action(key.action.clone()), ten());
    assert!(!app.is_muted(&talk(&bob())));
}

#[test]
fn the_title_counts_what_is_not_muted_and_names_nobody() {
    let mut app = alice();
    app.title = true;
    let title = |effects: &Effects| match effects.last() {
        Some(Effect::Title(title)) => title.clone(),
        _ => String::new(),
    };
    assert_eq!(title(&report(&mut app, text(&bob(), "hi"))), "chinwag (1)");
    assert_eq!(title(&report(&mut app, text(&bob(), "alice!"))), "chinwag (2 @1)");
    assert_eq!(title(&report(&mut app, text(&address("carla@example.test"), "hi"))), "chinwag (3 @1)");
    set(&mut app, Level::None);
    assert_eq!(title(&report(&mut app, text(&bob(), "more"))), "chinwag (1)");
}

#[test]
fn what_was_read_is_taken_back() {
    let mut app = alice();
    let effects = report(&mut app, text(&bob(), "hi"));
    let Some(Effect::Notify(notice)) = effects.last() else { panic!("{effects:?}") };
    let number = notice.id;
    let effects = update(&mut app, Msg::Action(Action::Message(Some(bob().as_str().to_owned()))), ten());
    assert!(effects.contains(&Effect::Recall(number)), "{effects:?}");
    assert!(update(&mut app, Msg::Attention(true), ten()).is_empty());
}

#[test]
fn what_earlier_runs_left_is_not_told_again() {
    let mut app = alice();
    let incoming = vec![Incoming {
        id: "1".into(),
        account: address("alice@example.test"),
        room: None,
        from: bob(),
        body: Body::plain("alice?"),
        at: ten(),
        delayed: false,
        known: true,
    }];
    let effects = update(&mut app, Msg::Remembered(Remembered { incoming, ..Remembered::default() }), ten());
    assert!(told(&effects).is_empty());
    assert_eq!((app.unread(), app.to_be_told()), (1, (1, 1)));
    assert_eq!(told(&report(&mut app, text(&bob(), "now"))), ["Bob Stone"]);
}

#[test]
fn a_test_says_what_is_against_it() {
    let mut app = alice();
    open(&mut app, &bob());
    let (effects, _) = command(&mut app, "/notify test");
    assert!(matches!(effects.as_slice(), [Effect::Notify(notice)] if notice.kind == crate::app::NoticeKind::Test), "{effects:?}");
    command(&mut app, "/mute 2h");
    be(&mut app, Availability::Busy);
    assert_eq!(hushes(&app, &talk(&bob()), false), [Hush::Read, Hush::Muted(Some(later(120))), Hush::Busy]);
    update(&mut app, Msg::Tested(vec!["bell: sent BEL.".into()]), ten());
    let Some(Overlay::Told { lines, .. }) = &app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
    let all = lines.join("\n");
    for part in ["bell: sent BEL.", "before your eyes", "is muted until", "busy or on the phone"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

#[test]
fn orders_and_own_lines_are_no_news() {
    let mut app = alice();
    let order = Command::SendText { to: bob(), body: Body::plain("alice"), tag: crate::model::MessageRef(1) };
    assert!(told(&update(&mut app, Msg::Action(Action::Order(id(), order)), ten())).is_empty());
}
