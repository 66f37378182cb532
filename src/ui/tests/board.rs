//! The board, the menu of one's own presence, and filters: at every size, in colour and without.

use super::*;
use crate::app::{ChatKey, Peer};
use crate::backend::Event as Report;
use crate::model::{AccountId, Address, Availability, Device, Presence};

/// The sample with a day behind it: Bob was away for lunch, Carla came late, the connection to nobody is lost.
fn a_day() -> App {
    let mut app = sample_app();
    app.prompts.clear();
    let noon = app.now;
    let at = |minutes: i64| Stamp::from_millis(noon.as_millis() + minutes * 60_000);
    for (minutes, who, now, note) in [
        (2, "bob", Availability::OutToLunch, ""),
        (31, "bob", Availability::Online, "on shift"),
        (33, "erik", Availability::Online, "just in"),
        (35, "carla", Availability::OnThePhone, "the release call, until about half past eleven"),
        (36, "kim", Availability::Unknown, ""),
    ] {
        let presence = Presence {
            availability: now,
            note: (!note.is_empty()).then(|| note.to_owned()),
            devices: vec![Device::default(), Device::default()],
            since: Some(at(minutes)),
            ..Presence::default()
        };
        happens(&mut app, who, presence, at(minutes));
    }
    update(&mut app, Msg::Timer("none"), at(40));
    app
}

fn happens(app: &mut App, who: &str, now: Presence, at: Stamp) {
    let who = Address::parse(&format!("sip:{who}@example.test")).unwrap();
    update(app, Msg::Account(AccountId::new("work"), Report::Presence { who, now }), at);
}

fn act(app: &mut App, action: Action) {
    let now = app.now;
    update(app, Msg::Action(action), now);
}

fn board() -> App {
    let mut app = a_day();
    act(&mut app, Action::List(ListAct::Board));
    app
}

#[test]
fn board_in_groups_80x24() {
    let drawn = sized(&mut board(), 80, 24);
    insta::assert_snapshot!(format!("{}\n{}", drawn.text(), drawn.styles()));
}

#[test]
fn board_by_change_40x12_and_120x40() {
    let mut app = board();
    act(&mut app, Action::List(ListAct::Sort));
    let small = sized(&mut app, 40, 12).text();
    insta::assert_snapshot!(format!("{small}\n{}", sized(&mut app, 120, 40).text()));
}

#[test]
fn board_that_is_not_current_200x50() {
    let mut app = board();
    let now = app.now;
    update(&mut app, Msg::Account(AccountId::new("work"), Report::AllStale), now);
    insta::assert_snapshot!(sized(&mut app, 200, 50).text());
}

#[test]
fn board_without_colour_says_the_same() {
    let mut app = board();
    act(&mut app, Action::List(ListAct::Filter));
    for letter in "group:call".chars() {
        act(&mut app, Action::Edit(crate::app::Edit::Insert(letter)));
    }
    update(&mut app, Msg::Resize(80, 14), Stamp::default());
    let drawn = draw_with(&app, Theme::new(false, true), 80, 14);
    assert!(drawn.buffer.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    insta::assert_snapshot!(drawn.text());
}

#[test]
fn menu_of_states_and_alerts() {
    let mut app = a_day();
    let account = app.accounts.get_mut(&AccountId::new("work")).unwrap();
    account.marks.own_notes = vec!["on shift".into(), "release until 5".into(), "back tomorrow".into()];
    act(&mut app, Action::Own(OwnAct::Menu));
    let menu = sized(&mut app, 80, 20).text();
    act(&mut app, Action::Edit(crate::app::Edit::Insert('n')));
    let writing = sized(&mut app, 40, 12).text();
    act(&mut app, Action::Back);
    act(&mut app, Action::Contact(ContactAct::Alert, Some("erik offline always".into())));
    act(&mut app, Action::Contact(ContactAct::Alert, Some("kim online".into())));
    act(&mut app, Action::Contact(ContactAct::Alerts, None));
    insta::assert_snapshot!(format!("{menu}\n{writing}\n{}", sized(&mut app, 60, 14).text()));
}

#[test]
fn roster_pinned_filtered_and_with_room_for_long_notes() {
    let mut app = a_day();
    app.focus = Focus::Roster;
    act(&mut app, Action::Contact(ContactAct::Pin, Some("kim".into())));
    act(&mut app, Action::Contact(ContactAct::Pin, Some("carla".into())));
    app.screen.note_shown = false;
    let carla = ChatKey::Person(Peer::new(&AccountId::new("work"), &Address::parse("sip:carla@example.test").unwrap()));
    let key = app.rows().iter().map(|row| row.key).find(|key| key.chat().as_ref() == Some(&carla)).unwrap();
    act(&mut app, Action::Select(key));
    let pinned = sized(&mut app, 80, 24).text();
    let narrow = sized(&mut app, 40, 14).text();
    act(&mut app, Action::List(ListAct::OnlineOnly));
    let online = sized(&mut app, 40, 14).text();
    let wide = sized(&mut app, 80, 14).text();
    insta::assert_snapshot!(format!("{pinned}\n{narrow}\n{online}\n{wide}"));
}

#[test]
fn details_tell_the_day() {
    let mut app = a_day();
    act(&mut app, Action::Contact(ContactAct::Alert, Some("bob free".into())));
    app.screen.note_shown = false;
    let text = sized(&mut app, 120, 40).text();
    for part in ["today", "10:10 Out to Lunch", "you are told when free,"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn the_board_never_panics_and_stays_within_its_cells() {
    let mut apps = vec![board(), board(), board()];
    act(&mut apps[1], Action::List(ListAct::Sort));
    act(&mut apps[2], Action::List(ListAct::Filter));
    let evil = "\u{1b}[2J\u{202e}evil\r\n\u{9b}31m👨‍👩‍👧字\u{301}\u{301}".repeat(20);
    for app in &mut apps {
        let at = Stamp::from_millis(app.now.as_millis() + 1);
        let now = Presence {
            availability: Availability::Away,
            note: Some(evil.clone()),
            display_name: Some(evil.clone()),
            ..Presence::default()
        };
        happens(app, "lee", now, at);
        for columns in (0..=40).chain([59, 60, 69, 70, 89, 90, 110, 120, 130, 250]) {
            for rows in (0..=14).chain([24, 70]) {
                let drawn = sized(app, columns, rows);
                assert!(!drawn.buffer.content().iter().any(|cell| cell.symbol().chars().any(char::is_control)));
            }
        }
    }
}

#[test]
fn keys_of_the_board() {
    let (keymap, _) = Keymap::new(&settings());
    let mut app = a_day();
    for key in ["f7", "s", "j", "j"] {
        press(&mut app, &keymap, key);
    }
    assert!(app.screen.board.shown && app.screen.board.selected.is_some());
    assert!(app.screen.drafts.values().all(|draft| !draft.text().ends_with('j')), "nothing is written meanwhile");
    for key in ["/", "e", "r", "i"] {
        press(&mut app, &keymap, key);
    }
    assert_eq!(app.board_rows().len(), 1);
    press(&mut app, &keymap, "enter");
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "erik");
    for key in ["f5", "3"] {
        press(&mut app, &keymap, key);
    }
    let own = &app.accounts.values().next().unwrap().own;
    assert_eq!(own.chosen, Availability::OnThePhone);
    for key in ["f5", "n", "ctrl-u", "h", "i", "1", "enter"] {
        press(&mut app, &keymap, key);
    }
    assert_eq!(app.accounts.values().next().unwrap().own.note, "hi1");
}

/// Who wrote something is listed among those who can be reached, though the contact list shows everybody.
#[test]
fn who_writes_comes_onto_the_board() {
    let mut app = board();
    act(&mut app, Action::List(ListAct::OnlineOnly));
    let before = sized(&mut app, 80, 24).text();
    let from = Address::parse("sip:dmitri@example.test").unwrap();
    happens(&mut app, "dmitri", Presence { availability: Availability::Offline, ..Presence::default() }, sample_app().now);
    assert!(before.contains("Dmitri") && !sized(&mut app, 80, 24).text().contains("Dmitri"));
    let body = crate::model::Body::plain("hello");
    let text = Report::Text { id: "0123456789abcdef".into(), from, body, sent: None, delayed: false };
    let now = app.now;
    update(&mut app, Msg::Account(AccountId::new("work"), text), now);
    assert!(sized(&mut app, 80, 24).text().contains("Dmitri"));
}

#[test]
fn mouse_on_the_board() {
    let (keymap, _) = Keymap::new(&settings());
    let mut app = board();
    let hits = sized(&mut app, 80, 24).hits;
    let erik = app
        .board_rows()
        .iter()
        .map(|row| row.key)
        .find(|key| matches!(key, RowKey::Person(peer, _) if peer.who.user() == "erik"));
    let event = click(&hits, &Target::Row(erik.unwrap()), MouseEventKind::Down(MouseButton::Left));
    let now = app.now;
    for msg in translate(event, &app, &hits, &keymap) {
        update(&mut app, msg, now);
    }
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "erik");
}

/// A presence change on the board costs few bytes: the row, and nothing else.
#[test]
fn a_change_on_the_board_is_few_bytes() {
    let mut app = board();
    act(&mut app, Action::List(ListAct::Sort));
    act(&mut app, Action::List(ListAct::Sort));
    act(&mut app, Action::List(ListAct::Sort));
    let mut terminal = crate::ui::Terminal::new(Theme::new(true, false), &crate::ui::Abilities::default());
    let mut hits = Hits::default();
    update(&mut app, Msg::Resize(80, 24), Stamp::default());
    let mut bytes = |app: &App| {
        crate::ui::draw(&mut terminal, app, &mut hits);
        terminal.take().len()
    };
    bytes(&app);
    let at = app.now;
    assert!(bytes(&app) < 40, "nothing changed");
    happens(&mut app, "grace", Presence { availability: Availability::Busy, ..Presence::default() }, at);
    let cost = bytes(&app);
    assert!(cost < 160, "{cost}");
}
