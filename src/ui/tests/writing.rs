//! The draft on the screen: where the cursor stands behind odd letters, rows, lists above it.

use super::*;
use crate::app::{Composer, Doubt, Edit};

/// The sample with this draft, its cursor at the end, drawn: rows of the composer, and the cursor's
/// column in it.
fn written(draft: &str, columns: u16) -> (Vec<String>, u16) {
    let mut app = sample_app();
    let chat = app.screen.open().cloned().unwrap();
    app.screen.drafts.insert(chat, Composer::with(draft));
    let mut terminal = Terminal::new(TestBackend::new(columns, 24)).unwrap();
    let mut hits = Hits::default();
    let now = app.now;
    update(&mut app, Msg::Resize(columns, 24), now);
    terminal.draw(|frame| view(&app, &Theme::new(true, false), frame, &mut hits)).unwrap();
    let cursor = terminal.get_cursor_position().unwrap();
    let area = hits.area_of(&hit::Target::Composer(app.screen.panes.focused_id())).unwrap();
    let drawn = Drawn { buffer: terminal.backend().buffer().clone(), hits };
    let mut rows = Vec::new();
    for y in area.y..area.bottom() {
        let cells = (area.x + 2..area.right()).map(|x| drawn.buffer[(x, y)].symbol()).collect::<String>();
        rows.push(cells.trim_end().to_owned());
    }
    assert_eq!(cursor.y, area.bottom() - 1);
    (rows, cursor.x - area.x - 2)
}

#[test]
fn the_cursor_stands_behind_what_is_written() {
    for (text, column) in [
        ("abc", 3),
        ("字字x", 5),
        ("e\u{301}e\u{301}", 2),
        ("שלום", 4),
        ("👨‍👩‍👧", 2),
        ("🇩🇪!", 3),
        ("a\tb", 6),
        ("❤\u{fe0f}", 2),
        ("a\u{200b}b", 2),
        ("ก็", 1),
    ] {
        assert_eq!(written(text, 80).1, column, "{text:?}");
    }
}

#[test]
fn long_texts_go_on_between_words() {
    let (rows, column) = written("can you check the alert before you go home today please, all of it", 40);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].ends_with(|c: char| c.is_alphabetic()) && usize::from(column) == rows[1].chars().count(), "{rows:?}");
}

#[test]
fn up_goes_by_the_rows_that_were_drawn() {
    let (keymap, _) = Keymap::new(&settings());
    let mut app = sample_app();
    let chat = app.screen.open().cloned().unwrap();
    app.screen.drafts.insert(chat.clone(), Composer::with(&"word ".repeat(20)));
    let now = app.now;
    update(&mut app, Msg::Resize(80, 24), now);
    press(&mut app, &keymap, "up");
    let (cursor, end) = (app.screen.drafts[&chat].cursor(), app.screen.drafts[&chat].text().len());
    assert!(cursor > 0 && cursor < end, "{cursor}: it went up one row, not to the beginning");
    assert!(app.screen.writing.columns.is_some());
}

#[test]
fn a_list_stands_above_what_is_written() {
    let mut app = sample_app();
    let now = app.now;
    for c in " :smil".chars() {
        update(&mut app, Msg::Action(Action::Edit(Edit::Insert(c))), now);
    }
    update(&mut app, Msg::Action(Action::Edit(Edit::Down)), now);
    for (columns, rows) in [(80, 24), (40, 12), (20, 5), (10, 3), (1, 1)] {
        let drawn = sized(&mut app, columns, rows);
        if columns >= 40 {
            assert!(drawn.text().contains(":smile:"), "{}", drawn.text());
        }
    }
    insta::assert_snapshot!(sized(&mut app, 80, 24).text());
    let drawn = sized(&mut app, 80, 24);
    let place = drawn.hits.area_of(&hit::Target::Choice(0)).unwrap();
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: place.x,
        row: place.y,
        modifiers: KeyModifiers::NONE,
    };
    let (keymap, _) = Keymap::new(&settings());
    for msg in translate(Event::Mouse(click), &app, &drawn.hits, &keymap) {
        update(&mut app, msg, now);
    }
    assert!(app.screen.drafts.values().any(|draft| draft.text().ends_with("😄")));
}

#[test]
fn a_draft_elsewhere_is_marked_in_the_list() {
    let mut app = sample_app();
    let dmitri =
        crate::app::Peer::new(app.accounts.keys().next().unwrap(), &crate::model::Address::parse("dmitri@example.test").unwrap());
    app.screen.drafts.insert(dmitri.into(), Composer::with("half"));
    let text = sized(&mut app, 80, 24).text();
    let row = |name: &str| text.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(row("Dmitri  lunch").contains("¶ │"), "{text}");
    assert!(!row("Bob Stone  on").contains('¶'), "what is open needs no mark");
}

#[test]
fn questions_about_a_text() {
    let mut app = sample_app();
    app.screen.overlay = Some(Overlay::Doubt(Doubt::Pasted("1\n2\n3\n4\n5\n6\n".into()), 0));
    insta::assert_snapshot!(sized(&mut app, 80, 24).text());
    for (columns, rows) in [(40, 12), (20, 5), (1, 1)] {
        sized(&mut app, columns, rows);
    }
}
