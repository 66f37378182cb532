//! Scripts about presence: who is listed, alerts, pins, the board, our own presence.

use std::time::Duration;

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::{
    Action, Alert, App, Condition, ContactAct, Edit, Effect, Effects, Focus, ListAct, Marks, Msg, Overlay, OwnAct, Peer, RowKey,
    Sorting, Step, update,
};
use crate::backend::{Command, Event};
use crate::model::{
    AccountId, Automatic, Availability, Body, Entry, Happening, Multiplexer, OwnPresence, Presence, Stamp, WatcherState,
};

fn act(app: &mut App, action: Action) -> Effects {
    update(app, Msg::Action(action), ten())
}

fn typed(app: &mut App, text: &str) {
    for c in text.chars() {
        act(app, Action::Edit(Edit::Insert(c)));
    }
}

fn becomes(app: &mut App, user: &str, availability: Availability) -> Effects {
    let now = Presence { availability, ..Presence::default() };
    report(app, Event::Presence { who: address(&format!("{user}@example.test")), now })
}

fn rings(effects: &Effects) -> Vec<String> {
    let told = |effect: &Effect| match effect {
        Effect::Notify(notice) => Some(format!("{} {}", notice.title, notice.body)),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

fn marks(effects: &Effects) -> Option<&Marks> {
    effects.iter().rev().find_map(|effect| if let Effect::SaveMarks(_, marks) = effect { Some(marks) } else { None })
}

fn note(app: &App) -> &str {
    &app.notes.back().unwrap().text
}

fn listed(app: &App) -> Vec<String> {
    let user = |key: RowKey| if let RowKey::Person(peer, _) = key { Some(peer.who.user().to_owned()) } else { None };
    app.rows().iter().filter_map(|row| user(row.key)).collect()
}

fn alert(app: &mut App, words: &str) -> Effects {
    act(app, Action::Contact(ContactAct::Alert, Some(words.to_owned())))
}

#[test]
fn an_alert_fires_once_and_goes() {
    let mut app = alice();
    becomes(&mut app, "bob", Availability::Offline);
    let effects = alert(&mut app, "bob online");
    let wish = Alert { when: Some(Condition::Online), always: false };
    assert_eq!(marks(&effects).unwrap().alerts, [(bob(), wish)].into());
    assert_eq!(note(&app), "you are told when Bob Stone is online, once");
    let effects = becomes(&mut app, "bob", Availability::Busy);
    assert_eq!(rings(&effects), ["Bob Stone is busy now"]);
    assert_eq!(note(&app), "Bob Stone is busy now");
    assert_eq!(marks(&effects).unwrap(), &Marks::default());
    becomes(&mut app, "bob", Availability::Offline);
    assert_eq!(rings(&becomes(&mut app, "bob", Availability::Online)), Vec::<String>::new());
}

#[test]
fn signing_in_and_a_lost_connection_are_no_changes() {
    let mut app = alice();
    alert(&mut app, "bob any always");
    // The first that is heard of somebody is no change.
    assert_eq!(rings(&becomes(&mut app, "bob", Availability::Online)), Vec::<String>::new());
    report(&mut app, Event::AllStale);
    assert_eq!(rings(&becomes(&mut app, "bob", Availability::Online)), Vec::<String>::new(), "as it was before the loss");
    report(&mut app, Event::AllStale);
    assert_eq!(rings(&becomes(&mut app, "bob", Availability::Away)), ["Bob Stone is away now"], "it changed meanwhile");
}

#[test]
fn an_alert_shows_in_the_open_conversation() {
    let mut app = alice();
    becomes(&mut app, "bob", Availability::Offline);
    report(&mut app, Event::Text { id: "1".into(), from: bob(), body: Body::plain("hi"), sent: None, delayed: false });
    act(&mut app, Action::Message(Some("bob".into())));
    alert(&mut app, "free");
    becomes(&mut app, "bob", Availability::Busy);
    becomes(&mut app, "bob", Availability::Online);
    let last = app.accounts[&id()].conversations[&bob()].entries.back().unwrap().clone();
    let Entry::Happened { what, .. } = last else { panic!("{last:?}") };
    assert_eq!(what, Happening::Became { who: bob(), now: Availability::Online });
}

#[test]
fn a_key_goes_through_the_usual_wishes() {
    let mut app = alice();
    becomes(&mut app, "bob", Availability::Online);
    let key = RowKey::Person(Peer::new(&id(), &bob()), crate::app::GroupKey::Named("Ops".into()));
    act(&mut app, Action::Select(key));
    let mut said = Vec::new();
    for _ in 0..4 {
        act(&mut app, Action::Contact(ContactAct::Alert, None));
        said.push(note(&app).to_owned());
    }
    assert_eq!(
        said,
        [
            "Bob Stone is online already; you are told the next time, once",
            "Bob Stone is free already; you are told the next time, once",
            "you are told at any change of Bob Stone, every time",
            "you are not told of Bob Stone any more"
        ]
    );
}

#[test]
fn alerts_are_listed_and_taken_off() {
    let mut app = alice();
    act(&mut app, Action::Contact(ContactAct::Alerts, None));
    assert_eq!(app.screen.overlay, None);
    assert!(note(&app).starts_with("nobody's changes"));
    alert(&mut app, "Bob Stone away always");
    alert(&mut app, "carla lunch");
    alert(&mut app, "carla hungry");
    assert!(note(&app).starts_with("say /alert who"), "{}", note(&app));
    alert(&mut app, "zoe@example.test online");
    assert!(note(&app).contains("not on your list"), "{}", note(&app));
    assert_eq!(app.accounts[&id()].marks.alerts.len(), 2);
    act(&mut app, Action::Contact(ContactAct::Alerts, None));
    act(&mut app, Action::Move(Step::Down));
    act(&mut app, Action::Open);
    assert_eq!(app.screen.overlay, Some(Overlay::Alerts(0)));
    assert_eq!(app.accounts[&id()].marks.alerts.keys().cloned().collect::<Vec<_>>(), [bob()]);
    assert_eq!(marks(&act(&mut app, Action::Open)), Some(&Marks::default()));
    assert_eq!(app.screen.overlay, None);
}

#[test]
fn pins_are_kept() {
    let mut app = alice();
    let pin = |app: &mut App| act(app, Action::Contact(ContactAct::Pin, Some("carla".into())));
    let effects = pin(&mut app);
    assert_eq!(marks(&effects).unwrap().pinned, [address("carla@example.test")].into());
    assert_eq!(listed(&app), ["carla", "bob", "carla"]);
    pin(&mut app);
    assert_eq!(listed(&app), ["bob", "carla"]);
    act(&mut app, Action::Contact(ContactAct::Pin, Some("zoe@example.test".into())));
    assert!(note(&app).contains("not on your list"));
}

#[test]
fn only_who_is_online_and_only_what_is_unread() {
    let mut app = alice();
    becomes(&mut app, "bob", Availability::Offline);
    becomes(&mut app, "carla", Availability::Away);
    act(&mut app, Action::List(ListAct::OnlineOnly));
    assert_eq!(listed(&app), ["carla"]);
    let group = app.rows().get(0).unwrap();
    assert_eq!((group.reachable, group.total), (1, 2), "nobody wonders where the others are");
    becomes(&mut app, "carla", Availability::Offline);
    assert_eq!(listed(&app), Vec::<String>::new());
    let hi = Event::Text { id: "1".into(), from: bob(), body: Body::plain("hi"), sent: None, delayed: false };
    report(&mut app, hi);
    assert_eq!(listed(&app), ["bob"], "who writes is seen");
    becomes(&mut app, "carla", Availability::Online);
    assert_eq!(listed(&app), ["carla", "bob"]);
    act(&mut app, Action::List(ListAct::OnlineOnly));
    act(&mut app, Action::List(ListAct::UnreadOnly));
    assert_eq!(listed(&app), ["bob"]);
    act(&mut app, Action::Open);
    assert_eq!(listed(&app), ["bob"], "what is being read stays");
    act(&mut app, Action::Message(Some("carla".into())));
    assert_eq!(listed(&app), Vec::<String>::new());
    act(&mut app, Action::List(ListAct::UnreadOnly));
    assert_eq!(listed(&app), ["carla", "bob"]);
}

#[test]
fn filters_take_terms() {
    let mut app = alice();
    becomes(&mut app, "bob", Availability::Away);
    becomes(&mut app, "carla", Availability::Online);
    report(&mut app, Event::Watcher { who: address("dan@example.test"), name: None, state: WatcherState::Pending });
    for (text, found) in [
        ("away", &["bob"][..]),
        ("free", &["carla"]),
        ("online", &["bob", "carla"]),
        ("pending", &["dan"]),
        ("group:ops cär", &["carla"]),
        ("group:nobody", &[]),
        ("account:work bob", &["bob"]),
        ("account:home", &[]),
        ("stale", &[]),
    ] {
        act(&mut app, Action::List(ListAct::Filter));
        typed(&mut app, text);
        let mut rows = listed(&app);
        rows.sort();
        assert_eq!(rows, found, "{text}");
        act(&mut app, Action::Back);
    }
    report(&mut app, Event::AllStale);
    act(&mut app, Action::List(ListAct::Filter));
    typed(&mut app, "stale");
    assert_eq!(listed(&app).len(), 2);
    becomes(&mut app, "bob", Availability::Away);
    assert_eq!(listed(&app), ["carla"], "it is confirmed again");
}

#[test]
fn the_board_opens_sorts_filters_and_leads_to_conversations() {
    let mut app = alice();
    becomes(&mut app, "bob", Availability::Away);
    becomes(&mut app, "carla", Availability::Offline);
    becomes(&mut app, "carla", Availability::Online);
    let users = |app: &App| {
        let user = |key: RowKey| if let RowKey::Person(peer, _) = key { Some(peer.who.user().to_owned()) } else { None };
        app.board_rows().iter().filter_map(|row| user(row.key)).collect::<Vec<_>>()
    };
    act(&mut app, Action::Message(Some("bob".into())));
    let effects = act(&mut app, Action::List(ListAct::Board));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::StartTimer("ages", _))), "ages grow while somebody looks");
    assert_eq!(users(&app), ["carla", "bob"]);
    report(&mut app, Event::Text { id: "1".into(), from: bob(), body: Body::plain("hi"), sent: None, delayed: false });
    assert_eq!(app.unread(), 1, "what the board covers is not read");
    act(&mut app, Action::List(ListAct::Sort));
    assert_eq!(app.screen.board.sorting, Sorting::Change);
    becomes(&mut app, "bob", Availability::Busy);
    assert_eq!(users(&app), ["bob", "carla"], "who changed last comes first");
    act(&mut app, Action::List(ListAct::Filter));
    typed(&mut app, "free");
    assert_eq!(users(&app), ["carla"]);
    becomes(&mut app, "carla", Availability::Away);
    assert_eq!(users(&app), Vec::<String>::new());
    act(&mut app, Action::Back);
    assert!(app.screen.board.shown && users(&app).len() == 2);
    update(&mut app, Msg::Paste("nothing takes this".into()), ten());
    act(&mut app, Action::Move(Step::Bottom));
    let other = users(&app).pop().unwrap();
    act(&mut app, Action::Open);
    assert!(!app.screen.board.shown);
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), other);
    assert_eq!(app.focus, Focus::Composer);
    assert!(app.screen.drafts.values().all(crate::app::Composer::is_empty));
    act(&mut app, Action::List(ListAct::Board));
    act(&mut app, Action::Back);
    assert!(!app.screen.board.shown);
    assert!(update(&mut app, Msg::Timer("ages"), ten()).iter().all(|effect| !matches!(effect, Effect::StartTimer("ages", _))));
}

#[test]
fn the_day_of_a_person_is_remembered() {
    let mut app = alice();
    for (minutes, state) in
        [(0, Availability::Online), (5, Availability::Away), (9, Availability::Away), (30, Availability::Busy)]
    {
        let at = Stamp::from_millis(ten().as_millis() + minutes * 60_000);
        let event = Event::Presence { who: bob(), now: Presence { availability: state, ..Presence::default() } };
        update(&mut app, Msg::Account(id(), event), at);
    }
    let peer = Peer::new(&id(), &bob());
    let said = crate::app::words::day(app.today.of(&peer, app.now)).unwrap();
    let clock = |minutes: i64| Stamp::from_millis(ten().as_millis() + minutes * 60_000).clock();
    assert_eq!(said, format!("Online  {} Away  {} Busy", clock(5), clock(30)));
}

fn two_accounts() -> App {
    let mut app = alice();
    let other = crate::app::AccountView::new(address("alice@home.test"));
    app.accounts.insert(AccountId::new("zuhause"), other);
    app
}

fn shown(effects: Effects) -> Vec<(Availability, String)> {
    let own = |command| if let Command::SetPresence(own) = command { Some((own.chosen, own.note)) } else { None };
    orders(effects).into_iter().filter_map(own).collect()
}

#[test]
fn own_presence_in_two_keys() {
    let mut app = two_accounts();
    act(&mut app, Action::Own(OwnAct::Menu));
    assert_eq!(shown(act(&mut app, Action::Edit(Edit::Insert('2')))), vec![(Availability::Busy, String::new()); 2]);
    assert_eq!(app.screen.overlay, None);
    // A note to a state: its row, n, the note, Enter.
    act(&mut app, Action::Own(OwnAct::Menu));
    act(&mut app, Action::Edit(Edit::Insert('n')));
    typed(&mut app, "release 2");
    assert_eq!(shown(act(&mut app, Action::Open)), vec![(Availability::Busy, "release 2".into()); 2]);
    // One account alone; notes of before are offered.
    act(&mut app, Action::Own(OwnAct::Menu));
    act(&mut app, Action::Own(OwnAct::NextAccount));
    let Some(Overlay::Status(menu)) = &app.screen.overlay else { panic!() };
    assert_eq!(menu.account, Some(id()));
    assert_eq!(shown(act(&mut app, Action::Edit(Edit::Insert('6')))), [(Availability::OutToLunch, "release 2".into())]);
    update(&mut app, Msg::Action(Action::PresenceNote(Some("later".into()))), ten());
    act(&mut app, Action::Own(OwnAct::Menu));
    let Some(Overlay::Status(menu)) = &app.screen.overlay else { panic!() };
    assert_eq!(menu.notes, ["release 2"]);
    let given = shown(act(&mut app, Action::Edit(Edit::Insert('a'))));
    assert_eq!(given, [(Availability::OutToLunch, "release 2".into()), (Availability::Busy, "release 2".into())]);
    act(&mut app, Action::Own(OwnAct::Menu));
    for _ in 0..3 {
        act(&mut app, Action::Own(OwnAct::NextAccount));
    }
    let Some(Overlay::Status(menu)) = &app.screen.overlay else { panic!() };
    assert_eq!(menu.account, None, "after the last comes all again");
    assert_eq!(shown(act(&mut app, Action::Edit(Edit::Insert('9')))), [], "no row has that key");
}

#[test]
fn a_left_session_shows_away_and_only_over_online() {
    let mut app = alice();
    let detached = |app: &mut App, by| orders(update(app, Msg::Detached(by), ten()));
    let own = |automatic| OwnPresence { automatic, since: ten(), ..OwnPresence::default() };
    let tmux = Some(Automatic::Detached(Multiplexer::Tmux));
    assert_eq!(detached(&mut app, Some(Multiplexer::Tmux)), [Command::SetPresence(own(tmux))]);
    assert_eq!(own(tmux).effective(), Availability::Away);
    // Keys that a script sends to it bring nobody back, and silence changes nothing.
    assert_eq!(orders(update(&mut app, Msg::KeyboardIdle(Duration::from_mins(15)), ten())), []);
    assert_eq!(orders(update(&mut app, Msg::KeyboardIdle(Duration::ZERO), ten())), []);
    update(&mut app, Msg::KeyboardIdle(Duration::from_mins(15)), ten());
    assert_eq!(detached(&mut app, None), [Command::SetPresence(own(None))], "whoever attaches it is there");
    act(&mut app, Action::Presence(Availability::OutToLunch, Some("soup".into())));
    assert_eq!(detached(&mut app, Some(Multiplexer::Screen)), []);
    assert_eq!(detached(&mut app, None), []);
    assert_eq!(app.accounts[&id()].own.chosen, Availability::OutToLunch);
}
