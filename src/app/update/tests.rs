//! Scripts: messages in, state and effects out.

use std::time::Duration;

use crate::app::{AccountView, Action, App, Effect, Effects, Msg, Prompt, update};
use crate::backend::{Command, Event, NoticeLevel, Refused, RosterChange};
use crate::model::{
    Access, AccessList, AccountId, Address, Automatic, Availability, Body, Contact, Fate, MessageRef, OwnPresence, Presence,
    Roster, RosterHome, SignInPhase, Stamp, Strangers, WaitReason, WatcherState,
};
use crate::policy::Policy;

pub(super) fn id() -> AccountId {
    AccountId::new("work")
}

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(super) fn bob() -> Address {
    address("bob@example.test")
}

/// Alice, signed in, with Bob and Carla on the list.
pub(super) fn alice() -> App {
    let mut app = App::new([(id(), AccountView::new(address("alice@example.test")))], Policy::default());
    let mut roster = Roster::default();
    roster.put(Contact { name: "Bob Stone".into(), groups: vec!["Ops".into()], ..Contact::new(bob()) });
    roster.put(Contact { name: "Carla".into(), groups: vec!["Ops".into()], ..Contact::new(address("carla@example.test")) });
    report(&mut app, Event::Phase { phase: SignInPhase::Online, server: Some("sip.example.test:5061".into()), transport: None });
    report(&mut app, Event::RosterReset { roster, home: RosterHome::Server });
    app.dirty = false;
    app
}

/// The same where strangers are shown like others.
fn open_to_all() -> App {
    let mut app = alice();
    app.strangers = Strangers::Allow;
    app
}

/// Takes one report in at 10:00 and gives the effects besides the report itself.
pub(super) fn report(app: &mut App, event: Event) -> Effects {
    let mut effects = update(app, Msg::Account(id(), event.clone()), ten());
    let Effect::Report(of, admitted) = effects.remove(0) else { panic!("every admitted report is passed on first") };
    assert_eq!((of, admitted.into_inner()), (id(), event));
    effects
}

pub(super) fn ten() -> Stamp {
    Stamp::parse_rfc3339("2026-11-04T10:00:00Z").unwrap()
}

/// The orders among effects.
pub(super) fn orders(effects: Effects) -> Vec<Command> {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Account(_, order) => Some(order.into_inner()),
            _ => None,
        })
        .collect()
}

fn text_from_bob(text: &str) -> Event {
    Event::Text { id: "0123456789abcdef".into(), from: bob(), body: Body::plain(text), sent: None, delayed: false }
}

fn presence(availability: Availability) -> Event {
    Event::Presence { who: bob(), now: Presence { availability, ..Presence::default() } }
}

#[test]
fn a_home_server_is_remembered() {
    let mut app = alice();
    let home = crate::backend::Target {
        host: "hs2.example.test".into(),
        port: Some(5061),
        transport: None,
        tls_name: "hs2.example.test".into(),
        automatic: false,
    };
    let effects = report(&mut app, Event::Home(Some(home.clone())));
    assert_eq!(effects, [Effect::SaveHome(id(), Some(home))]);
}

#[test]
fn incoming_text_counts_and_is_told() {
    let mut app = alice();
    let effects = report(&mut app, text_from_bob("hi"));
    let [Effect::Account(..), Effect::Notify(notice)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((notice.title.as_str(), notice.body.as_str()), ("Bob Stone", "wrote to you"));
    assert_eq!(app.unread(), 1);
    assert!(app.dirty);
    let talk = &app.accounts[&id()].conversations[&bob()];
    assert_eq!((talk.lines().count(), talk.lines().next().unwrap().at), (1, ten()));
}

#[test]
fn order_to_send_shows_the_line_and_its_fate() {
    let mut app = alice();
    let order = Command::SendText { to: bob(), body: Body::plain("yo"), tag: MessageRef(7) };
    let effects = update(&mut app, Msg::Action(Action::Order(id(), order.clone())), ten());
    assert_eq!(orders(effects), [order]);
    let fate = |app: &App| app.accounts[&id()].conversations[&bob()].lines().next().unwrap().fate.clone();
    assert_eq!(fate(&app), None);
    for one in [Fate::Queued, Fate::Sent, Fate::Unconfirmed { why: "no answer".into() }] {
        report(&mut app, Event::Delivery { tag: MessageRef(7), fate: one.clone() });
        assert_eq!(fate(&app), Some(one));
    }
    assert_eq!(app.next_tag, 8);
}

#[test]
fn refusal_marks_what_was_not_acknowledged_and_truth_corrects_it() {
    let mut app = alice();
    for tag in [1, 2] {
        let order = Command::SendText { to: bob(), body: Body::plain("x"), tag: MessageRef(tag) };
        update(&mut app, Msg::Action(Action::Order(id(), order)), ten());
    }
    report(&mut app, Event::Delivery { tag: MessageRef(1), fate: Fate::Sent });
    update(&mut app, Msg::Refused(id(), Refused::Busy), ten());
    let fates: Vec<_> = app.accounts[&id()].conversations[&bob()].lines().map(|line| line.fate.clone()).collect();
    assert_eq!(fates, [Some(Fate::Sent), Some(Fate::Failed { why: Refused::Busy.to_string() })]);
    report(&mut app, Event::Delivery { tag: MessageRef(2), fate: Fate::Delivered });
    assert_eq!(app.accounts[&id()].conversations[&bob()].lines().nth(1).unwrap().fate, Some(Fate::Delivered));
}

#[test]
fn only_visible_changes_ask_for_a_frame() {
    let mut app = alice();
    report(&mut app, presence(Availability::Busy));
    assert!(app.dirty);
    app.dirty = false;
    report(&mut app, presence(Availability::Busy));
    report(&mut app, Event::Delivery { tag: MessageRef(99), fate: Fate::Sent });
    let typing = Event::Typing { from: address("stranger@example.test"), active: true };
    assert_eq!(update(&mut app, Msg::Account(id(), typing), ten()), []);
    assert!(!app.dirty);
}

#[test]
fn endless_names_are_cut_short() {
    let mut app = alice();
    let now = Presence { display_name: Some("字".repeat(1_000_000)), ..Presence::default() };
    report(&mut app, Event::Presence { who: bob(), now });
    let name = app.accounts[&id()].roster.contact(&bob()).unwrap().presence.display_name.clone().unwrap();
    assert_eq!(name.chars().count(), 200);
}

#[test]
fn lost_link_marks_all_and_reset_keeps_presence() {
    let mut app = alice();
    report(&mut app, presence(Availability::Busy));
    report(&mut app, Event::Typing { from: bob(), active: true });
    report(&mut app, Event::AllStale);
    let of_bob = |app: &App| app.accounts[&id()].roster.contact(&bob()).unwrap().presence.clone();
    assert!(of_bob(&app).stale);
    assert!(!app.accounts[&id()].conversations[&bob()].typing);
    let mut roster = Roster::default();
    roster.put(Contact { name: "B".into(), ..Contact::new(bob()) });
    let effects = report(&mut app, Event::RosterReset { roster, home: RosterHome::Local });
    assert_eq!((of_bob(&app).availability, of_bob(&app).stale), (Availability::Busy, true));
    assert!(matches!(&effects[..], [Effect::SaveRoster(of, saved, _)] if *of == id() && saved.len() == 1));
    report(&mut app, presence(Availability::Online));
    assert!(!of_bob(&app).stale);
}

#[test]
fn changes_of_a_local_roster_are_saved() {
    let mut app = alice();
    let put = RosterChange::Put { address: address("dan@example.test"), name: "Dan".into(), groups: vec!["New".into()] };
    let effects =
        report(&mut app, Event::RosterChanged { changes: vec![put, RosterChange::Removed(bob())], home: RosterHome::Local });
    let roster = &app.accounts[&id()].roster;
    assert_eq!((roster.len(), roster.groups()), (2, &["Ops".to_owned(), "New".to_owned()][..]));
    assert_eq!(effects, [Effect::SaveRoster(id(), roster.clone(), AccessList::default())]);
}

#[test]
fn idle_is_automatic_only_over_online() {
    let mut app = alice();
    let idle = |secs| Msg::KeyboardIdle(Duration::from_secs(secs));
    let own = |automatic| OwnPresence { automatic, since: ten(), ..OwnPresence::default() };
    assert_eq!(orders(update(&mut app, idle(60), ten())), []);
    assert_eq!(orders(update(&mut app, idle(300), ten())), [Command::SetPresence(own(Some(Automatic::Idle)))]);
    assert_eq!(orders(update(&mut app, idle(301), ten())), []);
    assert_eq!(orders(update(&mut app, idle(900), ten())), [Command::SetPresence(own(Some(Automatic::Away)))]);
    assert_eq!(orders(update(&mut app, idle(0), ten())), [Command::SetPresence(own(None))]);
    let busy = OwnPresence { chosen: Availability::Busy, ..own(None) };
    update(&mut app, Msg::Action(Action::Order(id(), Command::SetPresence(busy))), ten());
    assert_eq!(orders(update(&mut app, idle(900), ten())), []);
    assert_eq!(orders(update(&mut app, idle(0), ten())), []);
}

#[test]
fn whoever_answers_a_question_that_goes_answers_no_other() {
    let mut app = alice();
    let watcher = |who: &str, state| Event::Watcher { who: address(who), name: None, state };
    for who in ["dan@example.test", "eve@example.test"] {
        report(&mut app, watcher(who, WatcherState::Pending));
    }
    update(&mut app, Msg::Action(Action::Answer), ten());
    report(&mut app, watcher("eve@example.test", WatcherState::Active));
    assert_eq!((app.screen.answering, app.prompts.len()), (Some(0), 1));
    report(&mut app, watcher("eve@example.test", WatcherState::Terminated));
    report(&mut app, watcher("eve@example.test", WatcherState::Pending));
    report(&mut app, watcher("dan@example.test", WatcherState::Terminated));
    assert_eq!((app.screen.answering, app.prompts.len()), (None, 1), "Enter would be for somebody else now");
}

#[test]
fn each_watcher_is_asked_about_once() {
    let mut app = alice();
    let watcher = |state| Event::Watcher { who: bob(), name: Some("Bob".into()), state };
    report(&mut app, watcher(WatcherState::Pending));
    report(&mut app, watcher(WatcherState::Pending));
    assert_eq!(app.prompts, [Prompt::Watcher { who: bob(), name: Some("Bob".into()), account: id() }]);
    let access = [(bob(), Access::Block)].into_iter().collect();
    report(&mut app, Event::AccessReset(access));
    assert!(app.prompts.is_empty());
    report(&mut app, watcher(WatcherState::Pending));
    assert!(app.prompts.is_empty());
}

#[test]
fn final_failure_is_explained() {
    let mut app = alice();
    let phase = SignInPhase::Offline { why: Some(WaitReason::WrongPassword) };
    report(&mut app, Event::Phase { phase: phase.clone(), server: None, transport: None });
    let account = &app.accounts[&id()];
    assert_eq!((&account.phase, account.server.as_deref()), (&phase, Some("sip.example.test:5061")));
    assert_eq!(app.notes.back().unwrap().text, crate::app::words::wait_reason(&WaitReason::WrongPassword));
    let notice = Event::Notice { level: NoticeLevel::Warning, code: "x", text: "look".into(), by: None };
    report(&mut app, notice);
    assert_eq!(app.notes.back().unwrap().text, "look");
}

#[test]
fn reports_of_unknown_accounts_are_ignored() {
    let mut app = alice();
    assert_eq!(update(&mut app, Msg::Account(AccountId::new("else"), text_from_bob("hi")), ten()), []);
}

#[test]
fn strangers_cannot_fill_the_memory() {
    let mut app = open_to_all();
    for n in 0..1_500 {
        let from = address(&format!("n{n}@spam.test"));
        report(
            &mut app,
            Event::Text {
                id: "0123456789abcdef".into(),
                from: from.clone(),
                body: Body::plain("buy"),
                sent: None,
                delayed: false,
            },
        );
        report(&mut app, Event::Presence { who: from.clone(), now: Presence { stale: true, ..Presence::default() } });
        report(&mut app, Event::Watcher { who: from, name: None, state: WatcherState::Pending });
    }
    let account = &app.accounts[&id()];
    assert_eq!((account.conversations.len(), account.others.len(), app.prompts.len()), (500, 1_000, 50));
}

fn text_from(who: &Address) -> Event {
    Event::Text { id: "0123456789abcdef".into(), from: who.clone(), body: Body::plain("read me"), sent: None, delayed: false }
}

fn crowd(app: &mut App, from: u32, to: u32) {
    for n in from..to {
        report(app, text_from(&address(&format!("n{n}@spam.test"))));
    }
}

fn dropped_notes(app: &App) -> Vec<&str> {
    app.notes.iter().map(|note| note.text.as_str()).filter(|text| text.contains("dropped")).collect()
}

#[test]
fn strangers_cannot_push_out_what_contacts_wrote() {
    let mut app = open_to_all();
    let [dave, pen, open, draft] = ["dave", "pen", "open", "draft"].map(|user| address(&format!("{user}@example.test")));
    report(&mut app, text_from(&bob()));
    report(&mut app, text_from(&dave));
    // Strangers in whose conversation the user has a hand.
    let order = Command::SendText { to: pen.clone(), body: Body::plain("yo"), tag: MessageRef(7) };
    update(&mut app, Msg::Action(Action::Order(id(), order)), ten());
    report(&mut app, text_from(&draft));
    update(&mut app, Msg::Action(Action::Message(Some(draft.as_str().into()))), ten());
    update(&mut app, Msg::Paste("not sent yet".into()), ten());
    report(&mut app, text_from(&open));
    update(&mut app, Msg::Action(Action::Message(Some(open.as_str().into()))), ten());
    crowd(&mut app, 0, 700);
    let kept = &app.accounts[&id()].conversations;
    assert_eq!(kept.len(), 500);
    for who in [&bob(), &pen, &open, &draft] {
        assert!(kept.contains_key(who), "{who}");
    }
    assert_eq!(kept[&bob()].unread, 1);
    assert!(!kept.contains_key(&dave), "a stranger like the others");
    // Told once, with the count, however many there are.
    let last = "205 unread messages were dropped: more people wrote than can be kept; what your contacts write is kept longest";
    assert_eq!(dropped_notes(&app), [last]);
    // Whatever becomes of the message: then it gives way like any other.
    report(&mut app, Event::Delivery { tag: MessageRef(7), fate: Fate::Delivered });
    crowd(&mut app, 700, 701);
    assert!(!app.accounts[&id()].conversations.contains_key(&pen));
    assert_eq!(dropped_notes(&app).len(), 1);
    assert!(dropped_notes(&app)[0].starts_with("205 "), "that one was read");
}

#[test]
fn a_flood_that_goes_on_is_told_again_after_a_minute() {
    let mut app = open_to_all();
    crowd(&mut app, 0, 501);
    assert!(dropped_notes(&app)[0].starts_with("1 unread message was dropped"), "{:?}", dropped_notes(&app));
    let later = Stamp::from_millis(ten().as_millis() + 60_000);
    update(&mut app, Msg::Account(id(), text_from(&address("late@spam.test"))), later);
    let told = dropped_notes(&app);
    assert!(told.len() == 2 && told[1].starts_with("2 unread messages were dropped"), "{told:?}");
}

#[test]
fn strangers_who_were_read_give_way_before_those_who_were_not() {
    let mut app = open_to_all();
    crowd(&mut app, 0, 500);
    let read = address("n499@spam.test");
    update(&mut app, Msg::Action(Action::Message(Some(read.as_str().into()))), ten());
    update(&mut app, Msg::Action(Action::Message(Some("bob".into()))), ten());
    crowd(&mut app, 500, 501);
    assert!(!app.accounts[&id()].conversations.contains_key(&read));
    assert_eq!(dropped_notes(&app), [""; 0]);
}
