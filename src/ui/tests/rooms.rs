//! Rooms, looks of texts, the directory and the status bar on the screen, and what hostile people
//! put into them.

use super::*;
use crate::app::sample::sample_with_rooms;
use crate::app::{ChatKey, ContactAct, Finder, Findings, RoomKey};
use crate::backend::{Event as Report, Found, NoticeLevel, RoomEvent};
use crate::model::{Address, Body, Listing, Presence, RoomId, SignInPhase, TextStyle, WaitReason};

fn tell(app: &mut App, event: Report) {
    let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
    update(app, Msg::Account(id, event), now);
}

fn act(app: &mut App, action: Action) {
    let now = app.now;
    update(app, Msg::Action(action), now);
}

fn address(user: &str) -> Address {
    Address::parse(&format!("{user}@example.test")).unwrap()
}

#[test]
fn room_80x24() {
    let mut app = sample_with_rooms();
    let drawn = sized(&mut app, 80, 24);
    insta::assert_snapshot!(format!("{}\n{}", drawn.text(), drawn.styles()));
}

#[test]
fn room_120x40() {
    insta::assert_snapshot!(sized(&mut sample_with_rooms(), 120, 40).text());
}

#[test]
fn room_40x12() {
    let mut app = sample_with_rooms();
    let chat = sized(&mut app, 40, 12).text();
    app.focus = Focus::Roster;
    let list = sized(&mut app, 40, 12).text();
    insta::assert_snapshot!(format!("{list}\n{chat}"));
}

#[test]
fn room_over() {
    let mut app = sample_with_rooms();
    let why = Some("the connection to the server was lost".to_owned());
    tell(&mut app, Report::Room(RoomEvent::Left { room: RoomId::new("r1"), who: address("zoe"), why: None }));
    tell(&mut app, Report::Room(RoomEvent::Closed { room: RoomId::new("r1"), why }));
    insta::assert_snapshot!(sized(&mut app, 120, 24).text());
}

#[test]
fn looks_without_colour_keep_their_attributes() {
    let mut app = sample_with_rooms();
    app.look = TextStyle { italic: true, colour: Some([0, 0, 255]), ..TextStyle::default() };
    update(&mut app, Msg::Resize(80, 24), sample_app().now);
    let bare = draw_with(&app, Theme::new(false, false), 80, 24);
    assert!(bare.buffer.content().iter().all(|cell| cell.fg == Color::Reset));
    let styles = bare.styles();
    assert!(styles.contains("BOLD | UNDERLINED \"RED ALERT\""), "{styles}");
    assert!(styles.contains("ITALIC | CROSSED_OUT \"only a test\""), "{styles}");
    assert!(styles.contains("ITALIC \"who restarts it?\""), "what is written is shown as it will look: {styles}");
    let coloured = sized(&mut app, 80, 24).styles();
    assert!(coloured.contains("Red BOLD | UNDERLINED \"RED ALERT\""), "{coloured}");
    assert!(coloured.contains("LightBlue ITALIC \"who restarts it?\""), "{coloured}");
    app.screen.drafts.clear();
    assert!(sized(&mut app, 80, 24).text().contains("italic color=blue"), "and says how it will look");
}

fn listing(user: &str, name: &str, company: &str) -> Listing {
    let (name, company) = (name.to_owned(), company.to_owned());
    Listing { address: address(user), name, mail: String::new(), company, country: "SE".to_owned() }
}

/// The sample with the line to add somebody, and this answered.
fn finding(words: &str, found: Result<Found, String>) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    act(&mut app, Action::Contact(ContactAct::Find, Some(words.to_owned())));
    tell(&mut app, Report::Search { words: words.to_owned(), found });
    app
}

#[test]
fn search_results() {
    let people = vec![
        listing("bob", "Bob Stone", "Example Ltd"),
        listing("bobby", "Bobby Tables", "School"),
        listing("robert", "", ""),
        listing("hiro2", "広志 ボブ", "株式会社"),
    ];
    let mut all = String::new();
    for found in [Ok(Found { people, more: true }), Ok(Found::default()), Err("the directory does not answer".to_owned())] {
        let mut app = finding("bob", found);
        act(&mut app, Action::Move(Step::Down));
        all.push_str(&sized(&mut app, 80, 24).text());
        all.push('\n');
    }
    let mut waiting = sample_app();
    act(&mut waiting, Action::Contact(ContactAct::Find, Some("bob".to_owned())));
    all.push_str(&sized(&mut waiting, 40, 12).text());
    insta::assert_snapshot!(all);
}

#[test]
fn invitations_and_looks_are_asked_for() {
    let mut app = sample_with_rooms();
    let mut all = String::new();
    for action in [Action::Invite(None), Action::Look(None), Action::Leave] {
        act(&mut app, action);
        all.push_str(&sized(&mut app, 80, 20).text());
        all.push('\n');
        app.screen.overlay = None;
    }
    app.focus = Focus::Roster;
    act(&mut app, Action::Contact(ContactAct::Remove, None));
    all.push_str(&sized(&mut app, 80, 20).text());
    insta::assert_snapshot!(all);
}

#[test]
fn the_status_bar_tells_what_was_agreed() {
    let mut app = sample_app();
    app.prompts.clear();
    app.accounts.values_mut().for_each(|account| account.conversations.clear());
    let bar = |app: &mut App, columns| sized(app, columns, 24).text().lines().last().unwrap().to_owned();
    let mut all = String::new();
    for (signed, dialect) in [(true, crate::model::Dialect::Lcs), (false, crate::model::Dialect::Simple)] {
        let able = app.accounts.values_mut().next().unwrap().capabilities.as_mut().unwrap();
        (able.signed, able.dialect) = (signed, dialect);
        for columns in [120, 80, 60, 40, 20] {
            writeln!(all, "{}", bar(&mut app, columns)).unwrap();
        }
    }
    let why = WaitReason::SignedOutByServer { reason: "signed in at another place".to_owned() };
    tell(&mut app, Report::Phase { phase: SignInPhase::Offline { why: Some(why) }, server: None, transport: None });
    app.screen.note_shown = false;
    for columns in [120, 80, 40] {
        writeln!(all, "{}", bar(&mut app, columns)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn our_name_is_shown_once_it_is_known() {
    let mut app = sample_app();
    tell(&mut app, Report::OwnName("Alice\u{1b}[2J \u{202e}Adams".to_owned()));
    let top = |app: &mut App, columns, rows| sized(app, columns, rows).text().lines().next().unwrap().to_owned();
    app.focus = Focus::Roster;
    let seen = [top(&mut app, 80, 24), top(&mut app, 40, 12)];
    assert!(seen[0].starts_with(" ● Alice␛[2J Adams (alice@example.test)  Online"), "{seen:?}");
    assert!(seen[1].starts_with(" ● Alice␛[2J Adams  Online"), "{seen:?}");
}

#[test]
fn foreign_text_in_rooms_and_results_cannot_leave_its_cells() {
    let long = "字".repeat(5_000) + &"x".repeat(5_000);
    let texts = [
        "\u{1b}[2J\u{1b}]0;pwned\u{7}\u{202e}evil\r\n\u{9b}31m👨‍👩‍👧字\u{301}\u{301}".to_owned(),
        "\u{202e}\u{2066}\u{200b}".to_owned(),
        long,
    ];
    for evil in texts {
        let mut app = sample_with_rooms();
        let room = RoomId::new("r1");
        let (zoe, id) = (address("zoe"), app.accounts.keys().next().unwrap().clone());
        let account = app.accounts.get_mut(&id).unwrap();
        for who in ["bob", "carla", "grace"] {
            let contact = account.roster.contact_mut(&address(who)).unwrap();
            contact.name.clone_from(&evil);
        }
        let style = TextStyle { bold: true, right_to_left: true, colour: Some([1, 200, 3]), ..TextStyle::default() };
        let body = Body { style, ..Body::plain(&evil) };
        for event in [
            RoomEvent::Text { room: room.clone(), id: "0".into(), from: address("bob"), body },
            RoomEvent::Left { room: room.clone(), who: zoe.clone(), why: Some(evil.clone()) },
            RoomEvent::Opened { room: RoomId::new("r3"), people: vec![address("grace")], by: Some(address("bob")) },
        ] {
            tell(&mut app, Report::Room(event));
        }
        tell(&mut app, Report::OwnName(evil.clone()));
        tell(&mut app, Report::Presence { who: zoe, now: Presence { note: Some(evil.clone()), ..Presence::default() } });
        let mut over = app_like(&app);
        tell(&mut over, Report::Room(RoomEvent::Closed { room, why: Some(evil.clone()) }));
        act(&mut over, Action::Chat(ChatAct::Who));
        let mut leaving = app_like(&app);
        leaving.focus = Focus::Roster;
        act(&mut leaving, Action::Contact(ContactAct::Remove, None));
        let mut inviting = app_like(&app);
        act(&mut inviting, Action::Invite(None));
        let people = vec![listing("x", &evil, &evil), listing("bob", &evil, "")];
        let found = finding("bob", Ok(Found { people, more: false }));
        let failed = finding("bob", Err(evil.clone()));
        let apps = vec![app, over, leaving, inviting, found, failed];
        for mut app in apps {
            for (columns, rows) in [(20, 6), (40, 12), (80, 24), (120, 40)] {
                let drawn = sized(&mut app, columns, rows);
                assert!(!drawn.buffer.content().iter().any(|cell| cell.symbol().chars().any(char::is_control)));
                let bad = |c: char| matches!(c, '\u{202e}' | '\u{2066}' | '\u{200b}');
                assert!(!drawn.text().contains(bad));
            }
        }
    }
}

/// The same state once more: the core cannot be copied as a whole.
fn app_like(app: &App) -> App {
    let mut copy = App::new(app.accounts.clone(), app.policy.clone());
    copy.now = app.now;
    copy.focus = app.focus;
    copy.screen = app.screen.clone();
    copy
}

#[test]
fn no_size_panics_with_rooms_and_results() {
    let mut apps = vec![sample_with_rooms(), finding("bob", Ok(Found { people: vec![listing("x", "X", "Y")], more: false }))];
    for action in [Action::Invite(None), Action::Look(None), Action::Contact(ContactAct::NewGroup, None)] {
        let mut app = sample_with_rooms();
        act(&mut app, action);
        apps.push(app);
    }
    let gone = RoomKey::new(apps[0].accounts.keys().next().unwrap(), &RoomId::new("gone"));
    apps[0].screen.last = Some(ChatKey::Room(gone.clone()));
    let mut nowhere = sample_with_rooms();
    nowhere.screen.pane_mut().chat = Some(ChatKey::Room(gone));
    apps.push(nowhere);
    for mut app in apps {
        for columns in 0..=30 {
            for rows in 0..=12 {
                sized(&mut app, columns, rows);
            }
        }
        for (columns, rows) in [(49, 5), (50, 6), (99, 13), (100, 14), (300, 80)] {
            sized(&mut app, columns, rows);
        }
    }
}

#[test]
fn rows_of_results_can_be_clicked() {
    let people = vec![listing("x", "X", ""), listing("y", "Y", "")];
    let mut app = finding("bob", Ok(Found { people, more: false }));
    let hits = sized(&mut app, 80, 24).hits;
    let (keymap, _) = Keymap::new(&settings());
    let msgs = translate(click(&hits, &Target::Choice(1), MouseEventKind::Down(MouseButton::Left)), &app, &hits, &keymap);
    assert_eq!(msgs, [Msg::Action(Action::Choose(1))]);
    let now = app.now;
    let effects: Vec<_> = msgs.into_iter().flat_map(|msg| update(&mut app, msg, now)).collect();
    assert!(effects.iter().any(|effect| matches!(effect, crate::app::Effect::Account(_, order)
        if matches!(order.as_inner(), crate::backend::Command::PutContact { address: who, .. } if *who == address("y")))));
}

#[test]
fn keys_reach_the_directory() {
    let (keymap, _) = Keymap::new(&settings());
    let mut app = sample_app();
    app.focus = Focus::Roster;
    let mut effects = Vec::new();
    for key in ["a", "b", "o", "b", "enter"] {
        effects = press(&mut app, &keymap, key);
    }
    assert!(effects.iter().any(|effect| matches!(effect, crate::app::Effect::Account(_, order)
        if matches!(order.as_inner(), crate::backend::Command::Search { words } if words == "bob"))));
    let Some(Overlay::Find(Finder { findings, .. })) = &app.screen.overlay else { panic!("still open") };
    assert_eq!(findings, &Findings::Asked("bob".to_owned()));
    tell(&mut app, Report::Notice { level: NoticeLevel::Info, code: "x", text: "a note".to_owned(), by: None });
    press(&mut app, &keymap, "esc");
    assert_eq!(app.screen.overlay, None);
}
