//! Several conversations at once: at every size, and by mouse.

use super::*;
use crate::app::{ChatKey, PaneAct, Peer, Toward, Way};

/// Bob and Carla side by side, Grace below Carla.
fn three() -> App {
    let mut app = sample_app();
    let id = app.accounts.keys().next().unwrap().clone();
    let now = app.now;
    for (way, who) in [(Way::Beside, "carla"), (Way::Below, "grace")] {
        update(&mut app, Msg::Action(Action::Pane(PaneAct::Split(way))), now);
        let peer = Peer::new(&id, &crate::model::Address::parse(&format!("sip:{who}@example.test")).unwrap());
        let row = app.rows().iter().find(|row| row.key.chat() == Some(ChatKey::Person(peer.clone()))).unwrap().key.clone();
        update(&mut app, Msg::Action(Action::Select(row)), now);
        update(&mut app, Msg::Action(Action::Open), now);
        let drawn = sized(&mut app, 200, 50);
        if let Some(msg) = shown(&app, &drawn.hits) {
            update(&mut app, msg, now);
        }
    }
    app
}

#[test]
fn three_conversations_200x50() {
    let drawn = sized(&mut three(), 200, 50);
    insta::assert_snapshot!(format!("{}\n{}", drawn.text(), drawn.styles()));
}

#[test]
fn three_conversations_120x40() {
    insta::assert_snapshot!(sized(&mut three(), 120, 40).text());
}

#[test]
fn only_the_focused_one_where_there_is_no_room_for_all() {
    let mut app = three();
    let text = sized(&mut app, 80, 24).text();
    assert!(text.contains("  pane 3 of 3, Alt-N next"), "nothing runs into it, and the way to the others is told: {text}");
    assert!(text.contains("pane 3 of 3") && text.contains("Grace") && !text.contains("freeze starts"), "{text}");
    let now = app.now;
    update(&mut app, Msg::Action(Action::Pane(PaneAct::Next(true))), now);
    let text = sized(&mut app, 40, 12).text();
    assert!(text.contains("pane 2 of 3") && text.contains("freeze starts"), "{text}");
    update(&mut app, Msg::Action(Action::Pane(PaneAct::Zoom)), now);
    assert!(sized(&mut app, 200, 50).text().contains("pane 2 of 3"), "zoomed by the user's wish");
}

#[test]
fn a_click_gives_a_pane_the_keyboard() {
    let mut app = three();
    let drawn = sized(&mut app, 200, 50);
    let (keymap, _) = Keymap::new(&settings());
    let place = drawn.hits.area_of(&Target::Composer(PaneId(0))).unwrap();
    let left = MouseEventKind::Down(MouseButton::Left);
    let event = Event::Mouse(MouseEvent { kind: left, column: place.x, row: place.y, modifiers: KeyModifiers::NONE });
    for msg in translate(event, &app, &drawn.hits, &keymap) {
        let now = app.now;
        update(&mut app, msg, now);
    }
    assert_eq!(app.screen.panes.focused_id(), PaneId(0));
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "bob");
}

#[test]
fn what_is_open_in_another_pane_is_not_opened_twice() {
    let mut app = three();
    let now = app.now;
    update(&mut app, Msg::Action(Action::Place(true)), now);
    assert_eq!((app.screen.panes.focused_id(), app.screen.open().unwrap().person().unwrap().who.user()), (PaneId(1), "carla"));
    update(&mut app, Msg::Action(Action::Pane(PaneAct::Focus(Toward::Left))), now);
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "bob");
    let shown: Vec<_> = app.screen.panes.iter().filter_map(|(_, pane)| pane.chat.clone()).collect();
    assert_eq!(shown.len(), 3);
}

#[test]
fn lines_are_dragged() {
    let mut app = three();
    let (keymap, _) = Keymap::new(&settings());
    let at = |kind, column, row| Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let button = MouseButton::Left;
    let play = |app: &mut App, event| {
        let drawn = sized(app, 200, 50);
        for msg in translate(event, app, &drawn.hits, &keymap) {
            let now = app.now;
            update(app, msg, now);
        }
        sized(app, 200, 50)
    };
    let drawn = sized(&mut app, 200, 50);
    let edge = drawn.hits.area_of(&Target::RosterEdge).unwrap();
    play(&mut app, at(MouseEventKind::Down(button), edge.x, 20));
    let drawn = play(&mut app, at(MouseEventKind::Drag(button), 50, 20));
    assert_eq!(drawn.hits.area_of(&Target::RosterEdge).unwrap().x, 50);
    play(&mut app, at(MouseEventKind::Up(button), 50, 20));
    let line = Target::Border(PaneId(1), Way::Beside);
    let before = drawn.hits.area_of(&line).unwrap();
    play(&mut app, at(MouseEventKind::Down(button), before.x, 10));
    let drawn = play(&mut app, at(MouseEventKind::Drag(button), before.x + 20, 10));
    let moved = drawn.hits.area_of(&line).unwrap().x;
    assert!(moved.abs_diff(before.x + 20) <= 1, "{} to {moved}", before.x);
    play(&mut app, at(MouseEventKind::Up(button), moved, 10));
    let still = play(&mut app, at(MouseEventKind::Drag(button), 60, 10));
    assert_eq!(still.hits.area_of(&line).unwrap().x, moved, "let go");
}
