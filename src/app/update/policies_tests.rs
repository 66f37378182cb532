//! Policies on the screen and in orders, as scripts.

use super::tests::{address, alice, bob, id, orders, ten};
use super::update;
use crate::app::keys::script::play;
use crate::app::sample::{sample_app, sample_policies, sample_policy};
use crate::app::{
    Action, App, ChatKey, Effect, Effects, Findings, LinkDoubt, Msg, NewSettings, Overlay, OwnAct, Peer, Pointed, PolicyRow,
    Purpose, Reading, SettingAct, StatusRow,
};
use crate::backend::{Command, Event, RoomCommand, RoomEvent};
use crate::history::{Outgoing, Remembered};
use crate::model::{Availability, Body, Fate, MessageRef, OwnPresence, RoomId};
use crate::policy::Policy;

fn sample(policy: Policy) -> App {
    let mut app = sample_app();
    app.prompts.clear();
    app.screen.drafts.clear();
    app.policy = policy;
    app
}

fn act(app: &mut App, action: Action) -> Effects {
    let now = app.now;
    update(app, Msg::Action(action), now)
}

fn said(app: &App) -> &str {
    app.notes.back().map_or("", |note| &note.text)
}

fn opened(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Open(url) => Some(url.as_str()),
        _ => None,
    })
}

fn renewed(app: &mut App, policy: Policy) -> Effects {
    let rows = app.settings.clone();
    let new = NewSettings { rows, general: None, problems: Vec::new(), said: None, policy: Some(policy) };
    let now = app.now;
    update(app, Msg::Settings(Box::new(new)), now)
}

fn rows(app: &App) -> Vec<String> {
    let Some(Overlay::Policies(page)) = &app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
    let row = |row: PolicyRow| match row {
        PolicyRow::Fault(said) => format!("! {said}"),
        PolicyRow::Policy(one) => format!("{} {}", one.name, one.status),
        PolicyRow::More(_) => "more".to_owned(),
        PolicyRow::Fewer => "fewer".to_owned(),
    };
    app.policy_rows(page).into_iter().map(row).collect()
}

#[test]
fn the_page_shows_what_is_set_then_all_and_finds_words() {
    let mut app = sample(sample_policies());
    play(&mut app, "<C-x>p");
    let shown = rows(&app);
    assert!(shown[0].starts_with("! /etc/chinwag/policies/managed/30-broken.toml:1: "), "{shown:#?}");
    assert!(shown[0].ends_with("; the policies that guard most hold strictly"));
    assert!(shown.contains(&"Transport superseded".to_owned()) && shown.contains(&"EnableIM unknown".to_owned()), "{shown:#?}");
    assert!(!shown.iter().any(|row| row.starts_with("DisableVideo")) && shown.last().unwrap() == "more");
    play(&mut app, "<C-x>l");
    assert!(rows(&app).contains(&"DisableVideo not set".to_owned()) && rows(&app).last().unwrap() == "fewer");
    play(&mut app, "<end>");
    let steps = rows(&app).len();
    play(&mut app, &"<down>".repeat(steps));
    play(&mut app, "<ret>");
    assert_eq!(rows(&app).last().unwrap(), "more", "Enter on the last row is the way back");
    let Some(Overlay::Policies(page)) = &app.screen.overlay else { panic!() };
    assert_eq!(page.marked, rows(&app).len() - 1, "what is marked is there");
    play(&mut app, "20-LATE");
    assert_eq!(rows(&app), ["Transport superseded"], "by its source, whatever the case");
    play(&mut app, "<ret><esc>");
    assert_eq!(app.screen.overlay, None);
    play(&mut app, "/policies no such words<ret>");
    assert_eq!(rows(&app), [""; 0]);
    play(&mut app, "<up><down><ret><C-x>l<esc>");
    let plain = &mut sample(Policy::default());
    play(plain, "/policies<ret>");
    assert_eq!(rows(plain), ["more"]);
}

#[test]
fn a_link_is_opened_by_no_way_past_the_rule() {
    let url = "https://example.test/r/4711";
    let follow = |copies| Action::Reading(Reading::Follow(Pointed { url: url.to_owned(), stranger: false, copies }));
    let mut app = sample(Policy::default());
    assert_eq!(opened(&act(&mut app, follow(false))), None);
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Follow(url.to_owned(), Vec::new()))));
    assert_eq!(opened(&play(&mut app, "<ret>")), Some(url));
    app.asks_links = false;
    assert_eq!(opened(&act(&mut app, follow(false))), Some(url));
    for word in ["off", "defang"] {
        let mut app = sample(sample_policy(&format!("EnableURL = \"{word}\"")));
        assert_eq!(opened(&act(&mut app, follow(false))), None);
        assert_eq!(said(&app), "set by your organisation: EnableURL (/etc/chinwag/policies/managed/10-base.toml:1)");
        app.notes.clear();
        play(&mut app, "<C-o>");
        assert!(app.screen.hinting.is_none() && said(&app).contains("EnableURL"), "{}", said(&app));
        play(&mut app, "<C-s>kkk");
        app.notes.clear();
        assert!(opened(&play(&mut app, "o")).is_none() && app.screen.hinting.is_none() && said(&app).contains("EnableURL"));
        assert!(opened(&play(&mut app, "<ret>")).is_none());
        assert!(matches!(app.screen.overlay, Some(Overlay::Letter(..))), "there is no link, so all about it is shown");
        let copied = act(&mut app, Action::Reading(Reading::Copy)).into_iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        });
        let sign = if word == "defang" { "_" } else { "" };
        assert_eq!(copied.unwrap(), format!("doing it now. log: {sign}{url}"), "what is copied is what is shown");
    }
    let mut app = sample(sample_policy("AllowedUrlSchemes = [\"sip\"]"));
    assert_eq!(opened(&act(&mut app, follow(false))), None);
    assert!(said(&app).contains("AllowedUrlSchemes"));
    play(&mut app, "<C-o>");
    assert!(app.screen.hinting.is_none());
    let chat = app.screen.open().cloned();
    let carla = Pointed { url: "sip:carla@example.test".to_owned(), stranger: false, copies: false };
    act(&mut app, Action::Reading(Reading::Follow(carla.clone())));
    assert_ne!(app.screen.open().cloned(), chat, "this scheme is left");
    let mut app = sample(sample_policy("EnableURL = \"off\""));
    act(&mut app, Action::Reading(Reading::Follow(carla)));
    assert_eq!(app.screen.open().cloned(), chat, "links to people are links");
}

#[test]
fn every_link_is_asked_about_and_a_rule_that_came_meanwhile_counts() {
    let url = "https://example.test/r/4711";
    let follow = Action::Reading(Reading::Follow(Pointed { url: url.to_owned(), stranger: true, copies: false }));
    let mut app = sample(sample_policy("EnableURL = \"confirm\""));
    assert_eq!(opened(&act(&mut app, follow.clone())), None);
    let wanted = Purpose::Follow(url.to_owned(), vec![LinkDoubt::Rule, LinkDoubt::Stranger]);
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(wanted)));
    assert_eq!(opened(&play(&mut app, "y")), Some(url));
    act(&mut app, follow);
    renewed(&mut app, sample_policy("EnableURL = \"off\""));
    assert_eq!(opened(&play(&mut app, "y")), None);
    assert!(said(&app).contains("EnableURL"));
}

#[test]
fn letters_on_links_go_when_the_rule_comes() {
    let mut app = sample(Policy::default());
    play(&mut app, "<C-o>");
    assert!(app.screen.hinting.is_some());
    renewed(&mut app, sample_policy("EnableURL = \"defang\""));
    assert!(app.screen.hinting.is_none());
}

#[test]
fn offered_states_set_state_and_note() {
    let mut app = alice();
    app.policy = sample_policy("CustomStates = [\"busy:On call\", \"lunch:At the canteen\"]");
    act(&mut app, Action::Own(OwnAct::Menu));
    let Some(Overlay::Status(menu)) = &app.screen.overlay else { panic!() };
    assert_eq!(menu.row(7), Some(StatusRow::Offered(Availability::Busy, "On call")));
    assert_eq!((menu.key(8), menu.key(menu.note_row()), menu.digits().as_str()), (Some('9'), Some('n'), "1-9"));
    let sent = orders(play(&mut app, "9"));
    let own = |chosen, note: &str| OwnPresence { chosen, note: note.to_owned(), since: app.now, ..OwnPresence::default() };
    assert_eq!(sent, [Command::SetPresence(own(Availability::OutToLunch, "At the canteen"))]);
    app.policy = sample_policy("CustomStates = [\"busy:On call\"]\nDisablePresenceNote = true");
    assert_eq!(orders(play(&mut app, "<f5>8")), []);
    assert_eq!(said(&app), "set by your organisation: DisablePresenceNote (/etc/chinwag/policies/managed/10-base.toml:2)");
}

#[test]
fn what_is_refused_is_said_and_nothing_written_is_lost() {
    let mut app = sample(sample_policy("DisableIM = true"));
    let draft = |app: &App, user: &str| {
        let of = |chat: &ChatKey| chat.person().is_some_and(|peer| peer.who.user() == user);
        app.screen.drafts.iter().find(|(chat, _)| of(chat)).map(|(_, draft)| draft.text().to_owned())
    };
    let sent = orders(play(&mut app, "hello"));
    assert_eq!((sent, said(&app)), (Vec::new(), ""), "that one writes is told to nobody, and nothing said of it");
    assert_eq!(orders(play(&mut app, "<ret>")), []);
    assert!(said(&app).starts_with("set by your organisation: DisableIM"));
    assert_eq!(draft(&app, "bob").unwrap(), "hello");
    play(&mut app, "<C-u>/msg carla see you<ret>");
    assert_eq!((draft(&app, "bob").unwrap(), draft(&app, "carla").unwrap()), (String::new(), "see you".to_owned()));
    assert!(app.screen.open().unwrap().person().unwrap().who.user() == "carla");
    play(&mut app, "<C-u>/me waves<ret>");
    assert_eq!(draft(&app, "carla").unwrap(), "/me waves");
}

#[test]
fn what_was_not_asked_for_is_not_waited_for() {
    let mut app = sample(sample_policy("DisableSearch = true\nDisableGroupConversations = true"));
    assert_eq!(orders(play(&mut app, "/find bob<ret>")), []);
    let Some(Overlay::Find(finder)) = &app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
    assert!(matches!(&finder.findings, Findings::Failed { why, .. } if why.contains("DisableSearch")), "{finder:?}");
    play(&mut app, "<esc>/invite carla<ret>");
    assert!(said(&app).contains("DisableGroupConversations") && app.screen.opening.is_none());
}

#[test]
fn whoever_wrote_in_vain_is_answered() {
    let text = |from| Event::Text { id: "0123".into(), from, body: Body::plain("x"), sent: None, delayed: false };
    let told = |app: &mut App, event| orders(update(app, Msg::Account(id(), event), ten()));
    let mut app = alice();
    app.policy = sample_policy("BlockedDomains = [\"rival.example\"]\nDisableGroupConversations = true");
    let eve = address("eve@rival.example");
    assert_eq!((told(&mut app, text(eve.clone())), app.dropped), (vec![Command::Received("0123".into())], 1));
    app.ledger = true;
    assert_eq!(told(&mut app, text(eve.clone())), [Command::Received("0123".into())]);
    let room = RoomId::new("r1");
    let body = Body::plain("x");
    let in_room = RoomEvent::Text { room: room.clone(), id: "4567".into(), from: eve.clone(), body };
    assert_eq!(told(&mut app, Event::Room(in_room)), [Command::Received("4567".into())]);
    let asked = RoomEvent::Opened { room: room.clone(), people: vec![bob()], by: Some(bob()) };
    assert_eq!(told(&mut app, Event::Room(asked)), [Command::Room(RoomCommand::Leave(room))]);
    assert_eq!(told(&mut app, Event::Typing { from: eve, active: true }), []);
    assert!(app.accounts[&id()].rooms.is_empty() && app.accounts[&id()].conversations.is_empty() && app.dropped == 5);
    assert_eq!(told(&mut app, text(bob())), [], "what is let in is written down first");
}

#[test]
fn what_waited_over_a_restart_and_may_not_leave_is_told() {
    let mut app = alice();
    app.policy = sample_policy("DisableIM = true");
    let account = address("alice@example.test");
    let message = Outgoing { tag: MessageRef(3), account, to: bob(), body: Body::plain("late"), at: ten(), fate: Fate::Queued };
    let remembered = Remembered { outgoing: vec![message], ..Remembered::default() };
    assert_eq!(orders(update(&mut app, Msg::Remembered(remembered), ten())), []);
    let chat = ChatKey::from(Peer::new(&id(), &bob()));
    let line = app.conversation(&chat).unwrap().lines().next().unwrap();
    let Some(Fate::Failed { why }) = &line.fate else { panic!("{:?}", line.fate) };
    assert!(line.body.text == "late" && why.contains("DisableIM"), "{why}");
}

#[test]
fn policies_that_changed_are_in_force_and_said() {
    let mut app = alice();
    let note = OwnPresence { note: "on shift".into(), ..OwnPresence::default() };
    act(&mut app, Action::Order(id(), Command::SetPresence(note.clone())));
    play(&mut app, "<C-x>p<down>");
    let sent = orders(renewed(&mut app, sample_policy("DisablePresenceNote = true\nIMWarning = \"x\"\nTransport = \"auto\"")));
    assert_eq!(sent, [Command::SetPresence(OwnPresence { note: String::new(), since: app.now, ..note })]);
    assert!(said(&app).starts_with("policies changed: ") && said(&app).ends_with(" in force"), "{}", said(&app));
    assert_eq!(app.warning(), Some("x"));
    let count = app.notes.len();
    renewed(&mut app, sample_policy("DisablePresenceNote = true\nIMWarning = \"x\"\nTransport = \"auto\""));
    assert_eq!(app.notes.len(), count, "nothing changed, nothing is said");
    play(&mut app, "<down><down><down>");
    renewed(&mut app, Policy::default());
    assert_eq!(said(&app), "policies changed: none in force");
    let Some(Overlay::Policies(page)) = &app.screen.overlay else { panic!() };
    assert_eq!((page.marked, rows(&app).len(), app.warning()), (0, 1, None), "what is marked is there");
    act(&mut app, Action::Settings(SettingAct::AllPolicies));
}
