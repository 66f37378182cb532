//! What keys show: what may follow, help, menus, proposals; and any keys on any state at any size.

use proptest::prelude::*;

use super::*;
use crate::app::keys::script::{chords, line, play};
use crate::app::menu::{About, Menu};
use crate::app::sample::sample_with_rooms;
use crate::app::{KeyAct, Mode};
use crate::config::{IdleSettings, KeySet};

fn with(set: KeySet) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    configure(&mut app, set);
    app
}

fn configure(app: &mut App, set: KeySet) {
    let idle = IdleSettings { idle_after: std::time::Duration::ZERO, away_after: std::time::Duration::ZERO, multiplexer: false };
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
    play(&mut app, &"<pgdown>".repeat(40));
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
    let carla = app
        .rows()
        .iter()
        .map(|row| row.key.clone())
        .find(|key| matches!(key, RowKey::Person(p, _) if p.who.user() == "carla"))
        .unwrap();
    let click_on = |app: &mut App, target: &Target, kind| {
        let hits = sized(app, 80, 24).hits;
        let event = click(&hits, target, kind);
        let keymap = app.keys.clone();
        for msg in translate(&event, app, &hits, &keymap) {
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

/// Keys that cut, send or take back what is written, whatever the set.
fn cuts(app: &App, action: &Action) -> bool {
    use crate::app::{Edit, VimAct};
    let writes = matches!(action, Action::Keys(KeyAct::Vim(step)) if !matches!(step, VimAct::Motion(_) | VimAct::Normal | VimAct::Insert(_) | VimAct::Digit(_) | VimAct::Find(_) | VimAct::Cancel | VimAct::Operator(_)));
    let pending = app.screen.vim.waits_for_motion() || app.screen.vim.waits_for_letter();
    let edits = matches!(
        action,
        Action::Edit(
            Edit::Backspace
                | Edit::Delete
                | Edit::KillToEnd
                | Edit::KillToStart
                | Edit::KillWordLeft
                | Edit::KillWordRight
                | Edit::Transpose
                | Edit::Undo
                | Edit::Redo
                | Edit::YankOther
        ) | Action::Submit
            | Action::Interrupt
            | Action::Complete
            | Action::Compose(_)
            | Action::Keys(KeyAct::CompleteBack)
    );
    // What was sent before takes the place of what is written, and so does an answer to a doubt.
    let chosen = matches!(action, Action::Open | Action::Choose(_))
        && matches!(app.screen.overlay, Some(Overlay::Sent(..) | Overlay::Doubt(..)));
    edits || chosen || writes || (pending && matches!(action, Action::Keys(KeyAct::Vim(_))))
}

fn any_state(at: usize, set: KeySet) -> App {
    let mut app = match at % 5 {
        0 => sample_app(),
        1 => sample_with_rooms(),
        2 => sample_with_note(NoteLevel::Warning, "a long note about something that went wrong on the way to the server"),
        3 => sample_crowd(40),
        _ => sample_crowd(0),
    };
    configure(&mut app, set);
    app
}

/// A key as a hand may press it: letters, keys of the catalogue, anything.
fn any_key() -> impl Strategy<Value = Chord> {
    let bound: Vec<Chord> = KeySet::ALL
        .into_iter()
        .flat_map(|set| {
            let app = any_state(4, set);
            let all = crate::app::Context::ALL
                .into_iter()
                .flat_map(|context| app.keys.all(context).flat_map(|(keys, _)| keys.to_vec()).collect::<Vec<_>>());
            all.collect::<Vec<_>>()
        })
        .collect();
    let letters = chords("abcdefghijklmnopqrstuvwxyz0123456789 ./@#:?<lt>éß字<C-x><C-w><esc><ret><tab>");
    prop_oneof![prop::sample::select(bound), prop::sample::select(letters)]
}

#[test]
fn any_keys_on_any_state_lose_no_draft_and_fit_every_size() {
    let keys = proptest::collection::vec(any_key(), 1..40);
    let set = prop::sample::select(KeySet::ALL.to_vec());
    let sizes = proptest::collection::vec((1..250_u16, 1..70_u16), 3);
    proptest!(ProptestConfig::with_cases(96), |(at in 0..5_usize, set in set, keys in keys, sizes in sizes)| {
        let mut app = any_state(at, set);
        for (n, chord) in keys.into_iter().enumerate() {
            let before = app.screen.drafts.clone();
            let map = app.keys.clone();
            let actions = crate::app::keys::press(chord, &app, &map);
            let may = actions.iter().any(|action| cuts(&app, action));
            for action in actions {
                let now = app.now;
                update(&mut app, Msg::Action(action), now);
            }
            if !may {
                for (chat, draft) in &before {
                    let now = app.screen.drafts.get(chat).map_or("", |draft| draft.text());
                    prop_assert!(now.len() >= draft.text().len(), "{chord} lost {:?}", draft.text());
                }
            }
            if n % 8 == 0 {
                let (columns, rows) = sizes[n / 8 % sizes.len()];
                sized(&mut app, columns, rows);
            }
        }
        for (columns, rows) in [(1, 1), (10, 3), (40, 12), (80, 24), (250, 70)] {
            sized(&mut app, columns, rows);
        }
    });
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
