//! Which pictures are read, and for whom they are not.

use super::update;
use crate::app::sample::{sample_picture, sample_policy, sample_with_files, sample_with_pictures};
use crate::app::transfers::FileStage;
use crate::app::{Action, App, Effect, Effects, FileAct, Msg, Overlay, Showing, Sight, Step, Viewed, slash};
use crate::model::{AccountId, Address, FileId, Picture};

const PHOTO: FileId = FileId::Received(1);
const PLAN: FileId = FileId::Sent(1);

fn id() -> AccountId {
    AccountId::new("work")
}

fn act(app: &mut App, action: Action) -> Effects {
    let now = app.now;
    update(app, Msg::Action(action), now)
}

fn view(app: &mut App, name: Option<&str>) -> Vec<(FileId, String)> {
    asked(act(app, Action::File(FileAct::View(name.map(str::to_owned)))))
}

/// What is to be read.
fn asked(effects: Effects) -> Vec<(FileId, String)> {
    let of = |effect| if let Effect::View(_, file, place, _) = effect { Some((file, place)) } else { None };
    effects.into_iter().filter_map(of).collect()
}

fn comes(app: &mut App, file: FileId, read: Result<Picture, String>) {
    let now = app.now;
    update(app, Msg::Picture(id(), file, read), now);
}

fn viewed(app: &App) -> Option<&Viewed> {
    match &app.screen.overlay {
        Some(Overlay::Picture(viewed)) => Some(viewed),
        _ => None,
    }
}

fn said(app: &App) -> &str {
    app.notes.back().map_or("", |note| note.text.as_str())
}

#[test]
fn the_last_one_is_read_and_seen_and_closed() {
    let mut app = sample_with_pictures();
    assert_eq!(view(&mut app, None), [(PHOTO, "/home/alice/Downloads/rack.jpg".to_owned())]);
    assert_eq!(viewed(&app).unwrap().sight, Sight::Reading);
    comes(&mut app, PHOTO, Ok(sample_picture(4, 3)));
    assert_eq!(viewed(&app).unwrap().sight, Sight::Seen(sample_picture(4, 3)));
    act(&mut app, Action::Back);
    assert!(app.screen.overlay.is_none());
    // What comes later opens nothing.
    comes(&mut app, PHOTO, Ok(sample_picture(4, 3)));
    assert!(app.screen.overlay.is_none());
}

#[test]
fn by_its_number_by_its_name_and_one_after_the_other() {
    let mut app = sample_with_pictures();
    let plan = [(PLAN, "~/plan.png".to_owned())];
    assert_eq!(view(&mut app, Some("s1")), plan);
    assert_eq!(view(&mut app, Some("plan.png")), plan);
    let slash::Typed::Act(typed) = slash::read("/view s1") else { panic!("/view is a command") };
    assert_eq!(asked(act(&mut app, typed)), plan);
    // What is read for another one is not shown here.
    comes(&mut app, PHOTO, Ok(sample_picture(2, 2)));
    assert_eq!(viewed(&app).unwrap().sight, Sight::Reading);
    assert_eq!(asked(act(&mut app, Action::Move(Step::Up))), [], "it is the first");
    assert_eq!(asked(act(&mut app, Action::Move(Step::Down)))[0].0, PHOTO);
    assert_eq!(asked(act(&mut app, Action::Move(Step::Down))), [], "texts are passed over");
    assert_eq!(asked(act(&mut app, Action::Move(Step::Top))), plan);
    comes(&mut app, PLAN, Err("It is broken.".to_owned()));
    assert_eq!(viewed(&app).unwrap().sight, Sight::Failed("It is broken.".to_owned()));
    act(&mut app, Action::Open);
    assert!(app.screen.overlay.is_none());
}

#[test]
fn what_is_not_there_is_said() {
    let mut app = sample_with_files();
    app.showing = Showing::Blocks;
    for (name, words) in [
        (None, "there is no picture in this conversation"),
        (Some("r2"), "not through yet"),
        (Some("r9"), "there is no file r9"),
        (Some("nonsense"), "such as r1"),
    ] {
        assert_eq!(view(&mut app, name), []);
        assert!(said(&app).contains(words), "{name:?}: {}", said(&app));
    }
    let file = app.accounts.get_mut(&id()).unwrap().transfers.get_mut(&PHOTO).unwrap();
    file.stage = FileStage::Ended { why: "it was deleted".into() };
    assert_eq!(view(&mut app, Some("r1")), []);
    assert!(said(&app).contains("was not taken"), "{}", said(&app));
    assert!(app.screen.overlay.is_none());
}

#[test]
fn where_none_can_be_shown_none_is_read() {
    let mut app = sample_with_pictures();
    assert!(app.how_to_view(&id(), PHOTO).is_some());
    app.showing = Showing::Words;
    assert_eq!(view(&mut app, Some("r1")), []);
    assert_eq!(said(&app), "pictures cannot be shown here; open it with another program: /home/alice/Downloads/rack.jpg");
    assert!(app.screen.overlay.is_none() && app.how_to_view(&id(), PHOTO).is_none());
}

#[test]
fn t33_pictures_of_people_who_are_not_known_are_not_read() {
    let mut app = sample_with_pictures();
    let view_of = app.accounts.get_mut(&id()).unwrap();
    view_of.transfers.get_mut(&PHOTO).unwrap().peer = Address::parse("sip:eve@elsewhere.test").unwrap();
    assert_eq!(view(&mut app, Some("r1")), []);
    assert!(said(&app).contains("people you know"), "{}", said(&app));
    assert!(app.screen.overlay.is_none());
}

#[test]
fn t33_where_policy_forbids_it_none_is_read_or_stays() {
    let forbids = || sample_policy("DisablePictures = true");
    let mut app = sample_with_pictures();
    app.policy = forbids();
    assert_eq!(view(&mut app, None), []);
    assert!(said(&app).contains("DisablePictures") && app.screen.overlay.is_none(), "{}", said(&app));
    assert!(app.how_to_view(&id(), PHOTO).is_none());
    // It comes while one is looked at.
    let mut app = sample_with_pictures();
    view(&mut app, None);
    let now = app.now;
    update(&mut app, Msg::Policies(Box::new(forbids())), now);
    assert!(app.screen.overlay.is_none());
    comes(&mut app, PHOTO, Ok(sample_picture(1, 1)));
    assert!(app.screen.overlay.is_none());
}
