//! Texts that are not as wide as they are long: every row has its cells and no more, lines between parts
//! stay in their columns, nothing is cut in the middle of a letter, and a terminal shows what was drawn.
//!
//! The texts are in `tests/fixtures/unicode/odd_texts.txt`.

use unicode_segmentation::UnicodeSegmentation;

use super::*;
use crate::app::{Composer, PaneAct, Way};
use crate::backend::{Event as Report, RosterChange};
use crate::model::{Body, Presence, RosterHome};

fn odd_texts() -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/unicode/odd_texts.txt");
    let file = std::fs::read_to_string(path).unwrap();
    let texts: Vec<String> = file.lines().filter(|line| !line.starts_with("# ")).map(unescaped).collect();
    assert!(texts.len() > 15);
    texts
}

/// `\u{301}` is the character of that number.
fn unescaped(line: &str) -> String {
    let mut parts = line.split("\\u{");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (number, rest) = part.split_once('}').unwrap();
        out.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap());
        out.push_str(rest);
    }
    out
}

/// The sample in which people, groups, notes, messages and the draft are called so.
fn called(text: &str) -> App {
    let mut app = sample_app();
    let bob = states::address("bob");
    let now = Presence { note: Some(text.to_owned()), display_name: Some(text.to_owned()), ..Presence::default() };
    for who in ["bob", "carla", "lee"] {
        states::tell(&mut app, Report::Presence { who: states::address(who), now: now.clone() });
        let (address, name, groups) = (states::address(who), text.to_owned(), vec![text.to_owned(), "Friends".to_owned()]);
        let changes = vec![RosterChange::Put { address, name, groups }];
        states::tell(&mut app, Report::RosterChanged { changes, home: RosterHome::Server });
    }
    for (n, said) in [text.to_owned(), text.repeat(7), format!("see {text} there")].into_iter().enumerate() {
        let id = format!("{n:016x}");
        states::tell(&mut app, Report::Text { id, from: bob.clone(), body: Body::plain(said), sent: None, delayed: false });
    }
    let account = app.accounts.values_mut().next().unwrap();
    text.clone_into(&mut account.own.note);
    text.clone_into(&mut account.chosen_name);
    let chat = app.screen.open().cloned().unwrap();
    app.screen.drafts.insert(chat, Composer::with(text));
    app
}

/// The states such texts are drawn in.
fn states_of(text: &str) -> Vec<App> {
    let after = |action: Action| {
        let mut app = called(text);
        let now = app.now;
        update(&mut app, Msg::Action(action), now);
        app
    };
    vec![
        called(text),
        after(Action::Pane(PaneAct::Split(Way::Beside))),
        after(Action::List(ListAct::Board)),
        after(Action::Palette),
        after(Action::Own(OwnAct::Menu)),
        after(Action::Contact(ContactAct::Rename, Some(text.to_owned()))),
    ]
}

#[test]
fn every_row_has_its_cells_and_lines_stay_in_their_columns() {
    for text in odd_texts() {
        for mut app in states_of(&text) {
            for columns in [10, 21, 40, 53, 80, 101, 160] {
                let drawn = sized(&mut app, columns, 24);
                drawn.assert_sound(&(columns, &text));
                let covered = app.screen.overlay.is_some();
                if let Some(rule) = drawn.hits.area_of(&Target::RosterEdge).filter(|_| !covered) {
                    for y in rule.y..rule.bottom() {
                        assert_eq!(drawn.buffer[(rule.x, y)].symbol(), "│", "{columns} {text:?}\n{}", drawn.text());
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_cut_is_cut_between_letters() {
    for text in odd_texts() {
        let safe = text::line(&text);
        let letters: Vec<&str> = safe.graphemes(true).collect();
        let whole = text::width(&safe);
        for cells in 0..=whole + 2 {
            let cut = text::truncate(&safe, cells);
            assert!(text::width(&cut) <= cells, "{cells} {cut:?}");
            let kept: Vec<&str> = cut.strip_suffix('…').unwrap_or(&cut).graphemes(true).collect();
            assert!(cut == safe || letters.starts_with(&kept), "{cells}: {cut:?} of {safe:?}");
            assert_eq!(text::width(&text::fit(&safe, cells)), cells, "{safe:?}");
            let room = cells.max(4);
            for row in text::wrap(&safe, room) {
                assert!(text::width(&row) <= room, "{cells} {row:?}");
                // The blank at which a row ends may be gone; no letter may be another.
                assert!(row.graphemes(true).all(|letter| letters.contains(&letter)), "{cells} {row:?} of {safe:?}");
            }
        }
    }
}

/// Whatever the terminal makes of a letter, what stands beside it stands where it was drawn.
#[test]
fn a_terminal_shows_what_was_drawn() {
    for text in odd_texts() {
        // This emulator swallows what we show in their place.
        let text = text.replace(|c| ('\u{80}'..'\u{a0}').contains(&c), "");
        let mut watched = Watched::new(Theme::new(true, false));
        // The program switches off that rows go on in the next one; this emulator cannot, so it gets room.
        watched.emulator = vt100::Parser::new(24.try_into().unwrap(), 200.try_into().unwrap(), 0);
        for app in states_of(&text) {
            let mut app = app;
            let now = app.now;
            update(&mut app, Msg::Resize(80, 24), now);
            watched.draw(&app);
            let drawn = draw_with(&app, Theme::new(true, false), 80, 24);
            for y in 0..24 {
                let mut x = 0;
                while x < 80 {
                    let symbol = drawn.buffer[(x, y)].symbol();
                    if symbol.is_ascii() || "│─╭╮╰╯▾".contains(symbol) {
                        let shown = watched.emulator.screen().cell(y, x).unwrap().contents();
                        assert_eq!(shown.trim(), symbol.trim(), "{x},{y} {text:?}\n{}", drawn.text());
                    }
                    x += u16::try_from(text::width(symbol)).unwrap().max(1);
                }
            }
        }
    }
}
