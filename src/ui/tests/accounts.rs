//! Three accounts in one list, each by itself, and one of them alone; the title says how each is.

use super::*;
use crate::app::Composer;
use crate::app::sample::sample_with_accounts;
use crate::model::{AccountId, SignInPhase};

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

/// With the list in view, at every size.
fn sizes(mut app: App) -> String {
    app.focus = Focus::Roster;
    app.screen.details_hidden = true;
    SIZES.map(|(columns, rows)| sized(&mut app, columns, rows).text()).join("\n")
}

#[test]
fn accounts_together() {
    insta::assert_snapshot!(sizes(sample_with_accounts()));
}

#[test]
fn accounts_apart() {
    let mut app = sample_with_accounts();
    app.screen.apart = true;
    app.screen.folded.insert(RowKey::Account(AccountId::new("club")));
    insta::assert_snapshot!(sizes(app));
}

#[test]
fn accounts_narrowed_to_one() {
    let mut app = sample_with_accounts();
    app.screen.account = Some(AccountId::new("home"));
    insta::assert_snapshot!(sizes(app));
}

#[test]
fn accounts_by_colour_and_without() {
    let mut app = sample_with_accounts();
    app.focus = Focus::Roster;
    app.screen.filter = Composer::with("group:friends");
    let coloured = sized(&mut app, 80, 16).styles();
    let plain = draw_with(&app, Theme::new(false, true), 80, 16).text();
    insta::assert_snapshot!(format!("{coloured}\n{plain}"));
}

#[test]
fn the_title_says_how_each_account_is_in_as_many_words_as_fit() {
    let mut app = sample_with_accounts();
    let title = |app: &mut App, columns: u16| sized(app, columns, 24).text().lines().next().unwrap().trim().to_owned();
    let mut all = String::new();
    for columns in [160, 120, 100, 80, 60, 50, 40, 30] {
        writeln!(all, "{columns:3} {}", title(&mut app, columns)).unwrap();
    }
    for account in app.accounts.values_mut() {
        account.phase = SignInPhase::Online;
    }
    for columns in [120, 80, 40, 30, 20] {
        writeln!(all, "{columns:3} {}", title(&mut app, columns)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_menu_of_own_presence_and_the_board_tell_accounts_apart() {
    let mut app = sample_with_accounts();
    let now = app.now;
    update(&mut app, Msg::Action(Action::Own(OwnAct::Menu)), now);
    let menu = sized(&mut app, 80, 20).text();
    update(&mut app, Msg::Action(Action::Back), now);
    update(&mut app, Msg::Action(Action::List(ListAct::Board)), now);
    let together = sized(&mut app, 80, 20).text();
    update(&mut app, Msg::Action(Action::List(ListAct::Apart)), now);
    insta::assert_snapshot!(format!("{menu}\n{together}\n{}", sized(&mut app, 80, 20).text()));
}

#[test]
fn a_click_folds_an_account() {
    let mut app = sample_with_accounts();
    app.screen.apart = true;
    let drawn = sized(&mut app, 80, 24);
    let heading = drawn.hits.area_of(&Target::Row(RowKey::Account(AccountId::new("club")))).unwrap();
    let kind = MouseEventKind::Down(MouseButton::Left);
    let click = Event::Mouse(MouseEvent { kind, column: heading.x + 1, row: heading.y, modifiers: KeyModifiers::NONE });
    let before = app.rows().len();
    let now = app.now;
    for msg in translate(click, &app, &drawn.hits, &app.keys.clone()) {
        update(&mut app, msg, now);
    }
    assert!(app.rows().len() < before);
}
