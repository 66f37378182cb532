//! Every state of the screen by its name: what is drawn, asked and proposed. The pictures of them are in
//! `screens.rs`; `anything.rs` starts from them.

use super::*;
use crate::app::keys::script::play;
use crate::app::menu::{About, Menu};
use crate::app::sample::{
    sample_picture, sample_policies, sample_policy, sample_with_files, sample_with_pictures, sample_with_requests,
    sample_with_rooms,
};
use crate::app::{
    ChatKey, ComposeAct, Composer, Doubt, FileAct, LinkDoubt, PaneAct, Peer, Purpose, Reading, RequestAct, SettingAct, Way,
};
use crate::backend::{Event as Report, Found, RoomEvent};
use crate::config::{IdleSettings, KeySet, Overrides, Paths, RawFile, resolve};
use crate::model::{Address, FileId, Listing, Picture, RoomId, SignInPhase, WaitReason};
use crate::policy::Policy;

/// A state and its name.
pub(super) type State = (&'static str, fn() -> App);

/// All of them.
pub(super) const ALL: &[State] = &[
    ("main", sample_app),
    ("main_in_the_list", in_the_list),
    ("main_in_the_messages", || acted(quiet(), &[Action::Reading(Reading::Select)])),
    ("nothing_open", nothing_open),
    ("no_contacts", || sample_crowd(0)),
    ("no_account", || App::new([], Policy::default())),
    ("nobody_matches", || played(in_the_list(), "/nobody at all")),
    ("signed_out", || signed(SignInPhase::Offline { why: None })),
    ("wrong_password", || signed(SignInPhase::Offline { why: Some(WaitReason::WrongPassword) })),
    ("waiting", waiting),
    ("a_note", || sample_with_note(NoteLevel::Error, "The server's certificate is out of date or not valid yet.")),
    ("a_long_draft", || {
        drafted(
            "the first line\n\tand a second one, 字字 and 👨‍👩‍👧, longer than there is room for in any place that is narrow\n\nthe end",
        )
    }),
    ("two_panes", two_panes),
    ("three_panes", three_panes),
    ("one_pane_zoomed", || acted(three_panes(), &[Action::Pane(PaneAct::Zoom)])),
    ("room", sample_with_rooms),
    ("room_over", room_over),
    ("board", || acted(quiet(), &[Action::List(ListAct::Board)])),
    ("board_by_change", || {
        acted(quiet(), &[Action::List(ListAct::Board), Action::List(ListAct::Sort), Action::List(ListAct::Filter)])
    }),
    ("search_here", || played(acted(quiet(), &[Action::Reading(Reading::Search)]), "the")),
    ("search_everywhere", || acted(quiet(), &[Action::Reading(Reading::History(Some("the".to_owned())))])),
    ("link_hints", || acted(quiet(), &[Action::Reading(Reading::Links)])),
    ("message_details", message_details),
    ("palette", || acted(quiet(), &[Action::Palette])),
    ("palette_found", || played(acted(quiet(), &[Action::Palette]), "crla")),
    ("help", || acted(quiet(), &[Action::Help])),
    ("help_found", || played(acted(quiet(), &[Action::Help]), "split")),
    ("settings", || acted(with_settings(), &[Action::Settings(SettingAct::Page(None)), Action::Move(Step::Down)])),
    ("setting_typed", || acted(with_settings(), &[Action::Settings(SettingAct::Page(Some("idle_after".into()))), Action::Open])),
    ("setting_locked", setting_locked),
    ("policies", || acted(ruled(sample_policies()), &[POLICIES, Action::Move(Step::Down), Action::Move(Step::Down)])),
    ("policies_found", || played(acted(ruled(sample_policies()), &[POLICIES]), "partner")),
    ("policies_all", || {
        let to_the_end = [POLICIES, Action::Settings(SettingAct::AllPolicies), Action::Move(Step::Bottom)];
        acted(ruled(sample_policies()), &to_the_end)
    }),
    ("policies_none", || acted(quiet(), &[POLICIES])),
    ("policies_broken", || ruled(sample_policies())),
    ("warned", || ruled(sample_policy(WARNING))),
    ("links_defanged", || acted(ruled(sample_policy("EnableURL = \"defang\"")), &[Action::Reading(Reading::Links)])),
    ("states_offered", states_offered),
    ("own_presence", own_presence),
    ("own_note", || played(own_presence(), "n")),
    ("alerts", alerts),
    ("files", sample_with_files),
    ("pictures", sample_with_pictures),
    ("picture_shown", || pictured(Ok(sample_picture(24, 18)))),
    ("picture_being_read", || acted(sample_with_pictures(), &[VIEW])),
    ("picture_broken", || pictured(Err("It is broken: no picture can be made of it.".to_owned()))),
    ("invite", || acted(sample_with_rooms(), &[Action::Invite(None)])),
    ("find", || finding(Ok(Found { people: found(), more: true }))),
    ("find_failed", || finding(Err("the directory does not answer".to_owned()))),
    ("sent_before", || acted(played(emptied(), "one<ret>two<ret>"), &[Action::Compose(ComposeAct::Search)])),
    ("much_pasted", || over(Overlay::Doubt(Doubt::Pasted("1\n2\n3\n4\n5\n6\n".into()), 0))),
    ("a_command_in_doubt", || played(emptied(), "<space>/away<ret>")),
    ("add", || acted(quiet(), &[Action::Contact(ContactAct::Add, None)])),
    ("rename", || acted(in_the_list(), &[Action::Contact(ContactAct::Rename, None)])),
    ("password", || played(acted(quiet(), &[Action::Sign(crate::app::SignAct::Password)]), "secret")),
    ("remove", || acted(in_the_list(), &[Action::Contact(ContactAct::Remove, None)])),
    ("leave_a_room", || acted(sample_with_rooms(), &[Action::Leave])),
    ("doubtful_link", doubtful_link),
    ("plain_link", plain_link),
    ("quit", || acted(sample_app(), &[Action::Quit])),
    ("told", || told(quiet())),
    ("request_answered", || acted(sample_app(), &[Action::Answer])),
    ("menu_of_a_person", || over(Overlay::Menu(Menu::new(About::Person, Some((4, 6)))))),
    ("menu_of_a_message", || over(Overlay::Menu(Menu::new(About::Message, None)))),
    ("commands_proposed", || played(emptied(), "/in")),
    ("signs_proposed", || played(emptied(), ":smil")),
    ("requests", || acted(sample_with_requests(), &[Action::Requests(RequestAct::Page, None)])),
    ("request_of_a_look_alike", || {
        acted(sample_with_requests(), &[Action::Requests(RequestAct::Page, None), Action::Move(Step::Down)])
    }),
    ("requests_in_the_list", requests_in_the_list),
    ("keys_pending", || played(quiet(), "<C-x>")),
    ("vim_normal", || played(with_keys(KeySet::Vim), "<esc>2d")),
];

/// The part of the screen's state that lies on top of this one, by its number; the compiler asks for
/// another where there is another.
pub(super) const fn overlay_number(overlay: &Overlay) -> usize {
    match overlay {
        Overlay::Help(..) => 0,
        Overlay::Palette(..) => 1,
        Overlay::Invite(..) => 2,
        Overlay::Find(_) => 3,
        Overlay::Menu(_) => 4,
        Overlay::Status(_) => 5,
        Overlay::Alerts(_) => 6,
        Overlay::Letter(..) => 7,
        Overlay::History(_) => 8,
        Overlay::Sent(..) => 9,
        Overlay::Doubt(..) => 10,
        Overlay::Ask(..) => 11,
        Overlay::Settings(_) => 12,
        Overlay::Confirm(_) => 13,
        Overlay::Told { .. } => 14,
        Overlay::Policies(_) => 15,
        Overlay::Requests(_) => 16,
        Overlay::Picture(_) => 17,
        Overlay::Password(..) => 18,
    }
}

/// How many kinds of overlay there are; [`overlay_number`] counts them.
pub(super) const OVERLAYS: usize = 19;

/// The sample with nobody asking for anything.
fn quiet() -> App {
    with_keys(KeySet::Plain)
}

pub(super) fn with_keys(set: KeySet) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    give_keys(&mut app, set);
    app
}

/// The keys of a set.
pub(super) fn give_keys(app: &mut App, set: KeySet) {
    let idle = IdleSettings {
        idle_after: std::time::Duration::ZERO,
        away_after: std::time::Duration::ZERO,
        lock_after: std::time::Duration::ZERO,
        multiplexer: false,
    };
    app.configure(&UiSettings { key_set: set, ..UiSettings::default() }, &idle);
}

fn acted(mut app: App, actions: &[Action]) -> App {
    let now = app.now;
    for action in actions {
        update(&mut app, Msg::Action(action.clone()), now);
    }
    app
}

fn played(mut app: App, script: &str) -> App {
    play(&mut app, script);
    app
}

fn over(overlay: Overlay) -> App {
    let mut app = quiet();
    app.screen.overlay = Some(overlay);
    app
}

fn in_the_list() -> App {
    let mut app = quiet();
    app.focus = Focus::Roster;
    app
}

fn nothing_open() -> App {
    let mut app = quiet();
    app.screen.panes = crate::app::Panes::default();
    app.focus = Focus::Roster;
    app
}

fn emptied() -> App {
    let mut app = quiet();
    app.screen.drafts.clear();
    app
}

fn drafted(text: &str) -> App {
    let mut app = quiet();
    let chat = app.screen.open().cloned().unwrap();
    app.screen.drafts.insert(chat, Composer::with(text));
    app
}

pub(super) fn tell(app: &mut App, event: Report) {
    let Some(id) = app.accounts.keys().next().cloned() else { return };
    let now = app.now;
    update(app, Msg::Account(id, event), now);
}

pub(super) fn address(user: &str) -> Address {
    Address::parse(&format!("sip:{user}@example.test")).unwrap()
}

fn signed(phase: SignInPhase) -> App {
    let mut app = nothing_open();
    tell(&mut app, Report::Phase { phase, server: None, transport: None });
    tell(&mut app, Report::AllStale);
    app
}

fn waiting() -> App {
    let why = WaitReason::Refused { at: "sip.example.test:5061".into() };
    signed(SignInPhase::Waiting { retry_in: std::time::Duration::from_secs(4), why })
}

/// Bob and Carla side by side.
fn two_panes() -> App {
    beside(quiet(), Way::Beside, "carla")
}

/// The same, and Grace below Carla.
fn three_panes() -> App {
    beside(two_panes(), Way::Below, "grace")
}

fn beside(mut app: App, way: Way, who: &str) -> App {
    let (id, now) = (app.accounts.keys().next().unwrap().clone(), app.now);
    update(&mut app, Msg::Action(Action::Pane(PaneAct::Split(way))), now);
    let chat = ChatKey::Person(Peer::new(&id, &address(who)));
    let row = app.rows().iter().map(|row| row.key).find(|key| key.chat().as_ref() == Some(&chat)).unwrap();
    acted(app, &[Action::Select(row), Action::Open])
}

fn room_over() -> App {
    let mut app = sample_with_rooms();
    let why = Some("the connection to the server was lost".to_owned());
    tell(&mut app, Report::Room(RoomEvent::Left { room: RoomId::new("r1"), who: address("zoe"), why: None }));
    tell(&mut app, Report::Room(RoomEvent::Closed { room: RoomId::new("r1"), why }));
    app
}

fn message_details() -> App {
    acted(
        quiet(),
        &[Action::Reading(Reading::Select), Action::Reading(Reading::Step(Step::Up)), Action::Reading(Reading::Details)],
    )
}

fn with_settings() -> App {
    let mut app = quiet();
    let path = std::path::Path::new("config.toml");
    let (raw, _) = RawFile::parse("[accounts.work]\nuri = \"sip:alice@example.test\"\n[ui]\nmouse = true\n", path);
    let paths = Paths { config: path.into(), config_given: true, data_dir: "data".into(), state_dir: "state".into() };
    app.settings = resolve(&raw, Some(path), Vec::new(), &paths, &Overrides::default()).rows;
    app
}

fn own_presence() -> App {
    let mut app = quiet();
    let account = app.accounts.values_mut().next().unwrap();
    account.marks.own_notes = vec!["on shift".into(), "release until 5".into(), "back tomorrow".into()];
    acted(app, &[Action::Own(OwnAct::Menu)])
}

fn requests_in_the_list() -> App {
    let mut app = sample_with_requests();
    app.focus = Focus::Roster;
    acted(app, &[Action::Move(Step::Top)])
}

/// Looks at the last picture.
const VIEW: Action = Action::File(FileAct::View(None));

fn pictured(read: Result<Picture, String>) -> App {
    let mut app = acted(sample_with_pictures(), &[VIEW]);
    let (id, now) = (app.accounts.keys().next().cloned().unwrap(), app.now);
    update(&mut app, Msg::Picture(id, FileId::Received(1), read), now);
    app
}

/// The page of policies.
const POLICIES: Action = Action::Settings(SettingAct::Policies(None));

/// Longer than two rows of a pane at most sizes.
const WARNING: &str = "IMWarning = \"Never send passwords, card numbers or what belongs to patients in a message. Everything that is written here is kept for ten years, and may be read by others.\"";

fn ruled(policy: Policy) -> App {
    let mut app = quiet();
    app.policy = policy;
    app
}

fn setting_locked() -> App {
    let policy = sample_policy("NotificationContent = \"count\"\nIdleAfter = 5");
    let mut app = ruled(policy.clone());
    let path = std::path::Path::new("config.toml");
    let (raw, _) = RawFile::parse("[notify]\nshow = \"full\"\n", path);
    let paths = Paths { config: path.into(), config_given: true, data_dir: "data".into(), state_dir: "state".into() };
    app.settings = resolve(&raw, Some(path), Vec::new(), &paths, &Overrides { policy, ..Overrides::default() }).rows;
    acted(app, &[Action::Settings(SettingAct::Page(Some("notify.show".into())))])
}

fn states_offered() -> App {
    let mut app = ruled(sample_policy("CustomStates = [\"busy:On call for the database\", \"away:At a customer's\"]"));
    app.accounts.values_mut().next().unwrap().marks.own_notes = vec!["on shift".into(), "back tomorrow".into()];
    acted(app, &[Action::Own(OwnAct::Menu), Action::Move(Step::Bottom)])
}

fn alerts() -> App {
    let alert = |words: &str| Action::Contact(ContactAct::Alert, Some(words.to_owned()));
    acted(quiet(), &[alert("erik offline always"), alert("kim online"), Action::Contact(ContactAct::Alerts, None)])
}

pub(super) fn found() -> Vec<Listing> {
    let listing = |user: &str, name: &str, company: &str| {
        let (name, company) = (name.to_owned(), company.to_owned());
        Listing { address: address(user), name, mail: String::new(), company, country: "SE".to_owned() }
    };
    vec![listing("bobby", "Bobby Tables", "School"), listing("robert", "", ""), listing("hiro2", "広志 ボブ", "株式会社")]
}

fn finding(answer: Result<Found, String>) -> App {
    let mut app = acted(quiet(), &[Action::Contact(ContactAct::Find, Some("bob".to_owned()))]);
    tell(&mut app, Report::Search { words: "bob".to_owned(), found: answer });
    app
}

fn doubtful_link() -> App {
    let url = "https://example.test@elsewhere.test/login".to_owned();
    over(Overlay::Confirm(Purpose::Follow(url, vec![LinkDoubt::Stranger, LinkDoubt::Disguise])))
}

fn plain_link() -> App {
    over(Overlay::Confirm(Purpose::Follow("https://example.test/wiki/Rotate_(db)?from=ops#now".to_owned(), Vec::new())))
}

fn told(mut app: App) -> App {
    let lines = ["bell: rung", "desktop: no session bus here", "command: none is set"].map(str::to_owned).to_vec();
    let now = app.now;
    update(&mut app, Msg::Tested(lines), now);
    app
}

#[test]
fn every_kind_of_overlay_has_a_state() {
    let mut seen = [false; OVERLAYS];
    for (name, make) in ALL {
        let app = make();
        if let Some(overlay) = &app.screen.overlay {
            seen[overlay_number(overlay)] = true;
        }
        assert!(ALL.iter().filter(|(other, _)| other == name).count() == 1, "{name} is there twice");
    }
    assert!(seen.iter().all(|there| *there), "an overlay is in no state of `ALL`: {seen:?}");
}
