//! What keys show: what may follow, help, menus, proposals.

use super::*;
use crate::app::Mode;
use crate::app::keys::script::{line, play};
use crate::app::menu::{About, Menu};
use crate::app::sample::sample_with_rooms;
use crate::config::{IdleSettings, KeySet};

fn with(set: KeySet) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    configure(&mut app, set);
    app
}

fn configure(app: &mut App, set: KeySet) {
    let idle = IdleSettings {
        idle_after: std::time::Duration::ZERO,
        away_after: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        multiplexer: false,
    };
    let keys = vec![line("everywhere", "ctrl-g", "help", 1)];
    app.configure(&UiSettings { key_set: set, keys, ..UiSettings::default() }, &idle);
}

#[test]
fn pending_keys_say_what_may_follow() {
    let mut app = with(KeySet::Plain);
    play(&mut app, "<C-x>");
    let wide = sized(&mut app, 120, 40).text();
    let usual = sized(&mut app, 80, 24).text();
    let small = sized(&mut app, 40, 12).text();
    insta::assert_snapshot!(format!("{usual}\n{small}"));
    assert!(wide.contains("Ctrl-X …"));
}

#[test]
fn vim_shows_its_mode_and_what_a_command_waits_for() {
    let mut app = with(KeySet::Vim);
    assert!(sized(&mut app, 80, 24).text().contains("INSERT"));
    play(&mut app, "<esc>2d");
    let text = sized(&mut app, 80, 24).text();
    assert!(text.contains("NORMAL 2d") && text.contains("To the next word"), "{text}");
    play(&mut app, "w");
    assert!(!sized(&mut app, 80, 24).text().contains("To the next word"));
}

#[test]
fn help_shows_the_keys_in_force_at_every_size() {
    let mut app = with(KeySet::Emacs);
    play(&mut app, "<f1>");
    let usual = sized(&mut app, 80, 24).text();
    let small = sized(&mut app, 40, 12).text();
    play(&mut app, "split");
    let found = sized(&mut app, 80, 24).text();
    insta::assert_snapshot!(format!("{usual}\n{small}\n{found}"));
    play(&mut app, &"<bs>".repeat(5));
    // To the end, wherever that is.
    sized(&mut app, 40, 12);
    play(&mut app, &"<pgdown>".repeat(60));
    let end = sized(&mut app, 40, 12).text();
    assert!(!end.contains("more ▼"), "{end}");
    play(&mut app, "<up>");
    assert_ne!(sized(&mut app, 40, 12).text(), end, "one key up moves at once");
}

#[test]
fn the_palette_marks_letters_people_and_keys() {
    let mut app = with(KeySet::Plain);
    play(&mut app, "<C-k>");
    let nothing = sized(&mut app, 80, 24).text();
    play(&mut app, "crla");
    let slip = sized(&mut app, 80, 24);
    assert!(slip.styles().contains("UNDERLINED"));
    play(&mut app, "<C-u>/pan");
    let actions = sized(&mut app, 80, 24).text();
    insta::assert_snapshot!(format!("{nothing}\n{}\n{actions}", slip.text()));
}

#[test]
fn proposals_lie_above_the_text() {
    let mut app = with(KeySet::Plain);
    app.screen.drafts.clear();
    play(&mut app, "/in<tab><tab>");
    let commands = sized(&mut app, 80, 24).text();
    play(&mut app, "<C-u>/invite c");
    let people = sized(&mut app, 80, 24).text();
    play(&mut app, "<C-u>/");
    let small = sized(&mut app, 40, 12).text();
    insta::assert_snapshot!(format!("{commands}\n{people}\n{small}"));
}

#[test]
fn menus_by_mouse() {
    let mut app = sample_with_rooms();
    let drawn = sized(&mut app, 80, 24);
    let right = MouseEventKind::Down(MouseButton::Right);
    let carla = person_row(&app, "carla");
    let click_on = |app: &mut App, target: &Target, kind| {
        let hits = sized(app, 80, 24).hits;
        let event = click(&hits, target, kind);
        let keymap = app.keys.clone();
        for msg in translate(event, app, &hits, &keymap) {
            let now = app.now;
            update(app, msg, now);
        }
    };
    for (target, about) in [
        (Target::Row(carla.clone()), About::Person),
        (Target::Messages(PaneId::default()), About::Message),
        (Target::Header(PaneId::default()), About::Pane),
    ] {
        click_on(&mut app, &target, right);
        let place = drawn.hits.area_of(&target).unwrap();
        let menu = Menu::new(about, Some((place.x, place.y)));
        assert_eq!(app.screen.overlay, Some(Overlay::Menu(menu)));
        // Anywhere else closes it.
        click_on(&mut app, &Target::Composer(PaneId::default()), right);
        assert_eq!(app.screen.overlay, None);
    }
    click_on(&mut app, &Target::Row(carla), right);
    insta::assert_snapshot!(sized(&mut app, 80, 24).text());
    let Some(Overlay::Menu(menu)) = app.screen.overlay else { panic!("no menu") };
    let block = menu.items().iter().position(|spec| spec.name == "contact.block").unwrap();
    click_on(&mut app, &Target::Choice(block), MouseEventKind::Down(MouseButton::Left));
    assert!(app.asks_to_confirm());
    assert!(sized(&mut app, 80, 24).text().contains("Block Carla Diaz?"));
}

#[test]
fn esc_never_destroys_text_in_any_set() {
    for set in KeySet::ALL {
        let mut app = with(set);
        play(&mut app, "one<esc><esc><esc><esc>");
        let drafts: Vec<&str> = app.screen.drafts.values().map(crate::app::Composer::text).collect();
        assert_eq!(drafts, ["looks good, the alert is gone"], "{set:?}");
        assert_eq!(app.screen.vim.mode == Mode::Normal, set == KeySet::Vim);
    }
}

#[test]
fn a_menu_longer_than_the_screen_leaves_the_keys_in_view_and_says_how_much_there_is() {
    let mut app = with(KeySet::Plain);
    app.focus = crate::app::Focus::Composer;
    play(&mut app, "<f9>");
    let text = sized(&mut app, 80, 18).text();
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].contains("Online") && rows[16].contains(" more ▼ ─╯") && rows[17].contains("Esc close"), "{text}");
}

#[test]
fn where_there_is_no_room_for_the_details_the_key_says_so() {
    let mut app = sample_app();
    sized(&mut app, 80, 24);
    play(&mut app, "<f3>");
    assert!(sized(&mut app, 80, 24).text().contains("the details need 100 columns, and there are 80"));
    assert!(!app.screen.details_hidden);
}

#[test]
fn without_settings_it_is_said_why_there_are_none() {
    let mut app = with(KeySet::Plain);
    play(&mut app, "<f10>");
    assert!(app.setting_rows("").is_empty());
    assert!(sized(&mut app, 80, 24).text().contains("The demonstration has no settings of its own."));
}
