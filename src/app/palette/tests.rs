//! What is offered for what is typed.

use super::*;
use crate::app::keys::script::play;
use crate::app::sample::{sample_app, sample_crowd, sample_with_rooms};
use crate::app::{Focus, Overlay};

fn titles(app: &App, typed: &str) -> Vec<String> {
    choices(app, typed).into_iter().map(|choice| choice.title).collect()
}

fn open(app: &App) -> &str {
    app.screen.open().unwrap().person().unwrap().who.user()
}

#[test]
fn nothing_typed_offers_what_is_unread_then_what_was_open() {
    let mut app = sample_app();
    app.prompts.clear();
    play(&mut app, "<C-k>grace<ret><C-k>dmitri<ret><C-k>bob<ret>");
    let titles = titles(&app, "");
    assert_eq!(titles[0], "Carla Diaz", "{titles:?}");
    let place = |name: &str| titles.iter().position(|title| title == name).unwrap();
    assert!(place("Grace") < place("Erik") && place("Bob Stone") < place("Erik"), "{titles:?}");
    let first = &choices(&app, "")[0];
    assert_eq!((first.unread, first.mark), (2, Some(Availability::Busy)));
}

#[test]
fn the_sign_before_says_what_is_meant() {
    let app = sample_with_rooms();
    assert!(titles(&app, "#").iter().all(|title| title.contains(", ")) && titles(&app, "#").len() == 2);
    assert_eq!(titles(&app, "@bo")[0], "Bob Stone");
    assert!(choices(&app, "@").iter().all(|choice| choice.mark.is_some()));
    assert!(choices(&app, "/zoom").iter().all(|choice| matches!(choice.target, Target::Act(_))));
    assert_eq!(choices(&app, "/zoom")[0].hint, "Alt-M");
    assert_eq!(choices(&app, "?undo")[0].target, Target::Help("edit.undo"));
    let group = choices(&app, "ops on call").remove(0);
    assert!(matches!(&group.target, Target::Group(_, GroupKey::Named(name)) if &**name == "Ops on call"));
    assert_eq!(titles(&app, "zoe@example.test").last().unwrap(), "Write to zoe@example.test");
}

#[test]
fn keys_open_groups_help_and_splits() {
    let mut app = sample_app();
    app.prompts.clear();
    play(&mut app, "<C-k>friends<ret>");
    assert_eq!(app.focus, Focus::Roster);
    assert!(
        matches!(app.rows().get(app.selected_row()).unwrap().key, crate::app::RowKey::Group(_, GroupKey::Named(ref name)) if &**name == "Friends")
    );
    play(&mut app, "<C-k>?undo<ret>");
    assert!(matches!(&app.screen.overlay, Some(Overlay::Help(line, _)) if line.text() == "Undo"), "{:?}", app.screen.overlay);
    play(&mut app, "<esc><C-k>carla<A-ret>");
    assert_eq!((app.screen.panes.count(), open(&app)), (2, "carla"));
    play(&mut app, "<C-k>crla<ret>");
    assert_eq!((app.screen.panes.count(), open(&app)), (2, "carla"), "one slip, and no second pane");
}

#[test]
fn what_was_done_comes_first_the_next_time() {
    let mut app = sample_app();
    app.prompts.clear();
    let place = |app: &App| titles(app, "/pane").iter().position(|title| title == "Exchange with the pane below").unwrap();
    let before = place(&app);
    app.screen.used.push("pane.move-down");
    assert!(place(&app) < before);
}

#[test]
fn of_many_the_best_are_offered_in_a_fixed_order() {
    let app = sample_crowd(2_000);
    let all = titles(&app, "person 1999");
    assert_eq!(all[0], "Person 1999");
    assert_eq!(choices(&app, "person"), choices(&app, "person"));
    assert_eq!(titles(&app, "person").len(), MAX_CHOICES);
}
