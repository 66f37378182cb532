//! Writing, by the keys: what was sent before, pastes, an editor outside, lists to choose from, drafts
//! that are kept, messages taken back.

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::{Action, App, ChatKey, ComposeAct, Edit, Effect, Effects, Focus, Msg, Overlay, Peer, RoomKey, Step, update};
use crate::backend::{Command, Event, RoomEvent};
use crate::history::{Draft, Keep, Remembered, With};
use crate::model::{Body, Fate, MessageRef, RoomId};

fn act(app: &mut App, action: Action) -> Effects {
    update(app, Msg::Action(action), ten())
}

fn compose(app: &mut App, what: ComposeAct) -> Effects {
    act(app, Action::Compose(what))
}

fn paste(app: &mut App, text: &str) -> Effects {
    update(app, Msg::Paste(text.to_owned()), ten())
}

fn write(app: &mut App, text: &str) -> Vec<Command> {
    text.chars().flat_map(|c| orders(act(app, Action::Edit(Edit::Insert(c))))).collect()
}

/// Texts that are sent.
fn texts(effects: Effects) -> Vec<String> {
    orders(effects)
        .into_iter()
        .filter_map(|order| if let Command::SendText { body, .. } = order { Some(body.text) } else { None })
        .collect()
}

fn enter(app: &mut App) -> Vec<String> {
    let accepts = app.screen.overlay.is_some();
    texts(act(app, if accepts { Action::Open } else { Action::Submit }))
}

fn say(app: &mut App, text: &str) -> Vec<String> {
    write(app, text);
    enter(app)
}

fn with_bob() -> App {
    let mut app = alice();
    act(&mut app, Action::Message(Some("bob".into())));
    app
}

fn chat() -> ChatKey {
    Peer::new(&id(), &bob()).into()
}

fn draft(app: &App) -> &str {
    app.screen.drafts.get(&chat()).map_or("", |draft| draft.text())
}

#[test]
fn what_was_sent_comes_back_and_the_draft_is_not_lost() {
    let mut app = with_bob();
    say(&mut app, "one");
    say(&mut app, "/note out");
    write(&mut app, "half");
    let step = |app: &mut App, what: Action| {
        act(app, what);
        draft(app).to_owned()
    };
    let older = || Action::Compose(ComposeAct::Sent(true));
    assert_eq!(step(&mut app, older()), "/note out", "commands too");
    assert_eq!(step(&mut app, Action::Edit(Edit::Up)), "one", "having begun, up goes on");
    assert_eq!(step(&mut app, Action::Edit(Edit::Up)), "one");
    assert_eq!(step(&mut app, Action::Edit(Edit::Down)), "/note out");
    assert_eq!(step(&mut app, Action::Edit(Edit::Down)), "half");
    assert_eq!(step(&mut app, Action::Edit(Edit::Down)), "half");
    // Up from empty text goes to the messages, as before.
    act(&mut app, Action::Interrupt);
    act(&mut app, Action::Edit(Edit::Up));
    assert_eq!(app.focus, Focus::Messages);
    // Each conversation has its own.
    act(&mut app, Action::Message(Some("carla".into())));
    compose(&mut app, ComposeAct::Sent(true));
    assert!(app.notes.back().unwrap().text.contains("nothing was sent here"));
}

#[test]
fn sent_texts_are_found_by_words() {
    let mut app = with_bob();
    for text in ["deploy at nine", "lunch?", "deploy at ten"] {
        say(&mut app, text);
    }
    compose(&mut app, ComposeAct::Search);
    write(&mut app, "DEPL");
    compose(&mut app, ComposeAct::Search);
    assert_eq!(enter(&mut app), [""; 0], "it is put into the text, not sent");
    assert_eq!((draft(&app), app.focus), ("deploy at nine", Focus::Composer));
    compose(&mut app, ComposeAct::Search);
    write(&mut app, "nothing like it");
    enter(&mut app);
    assert!(matches!(app.screen.overlay, Some(Overlay::Sent(..))), "it waits for other words");
    act(&mut app, Action::Back);
    assert_eq!(draft(&app), "deploy at nine");
}

#[test]
fn much_that_is_pasted_is_asked_about() {
    let six = "1\n2\n3\n4\n5\n6\n";
    let choose = |row: usize| {
        let mut app = with_bob();
        write(&mut app, "see: ");
        let sent = orders(paste(&mut app, six));
        assert!(matches!(app.screen.overlay, Some(Overlay::Doubt(..))) && sent.is_empty());
        assert_eq!(draft(&app), "see: ");
        (0..row).for_each(|_| drop(act(&mut app, Action::Move(Step::Down))));
        let sent = enter(&mut app);
        assert_eq!(app.screen.overlay, None);
        (draft(&app).to_owned(), sent)
    };
    assert_eq!(choose(0), (format!("see: {six}"), vec![]));
    assert_eq!(choose(1), ("see: ".into(), vec![six.trim_end().to_owned()]));
    assert_eq!(choose(2), ("see: ".into(), vec![]));
    let mut app = with_bob();
    paste(&mut app, "1\n2\n3\n4\n5\n");
    assert_eq!((&app.screen.overlay, draft(&app)), (&None, "1\n2\n3\n4\n5\n"));
    paste(&mut app, &"x".repeat(5_000));
    assert!(app.screen.overlay.is_some(), "one long line is much as well");
}

#[test]
fn nothing_pasted_is_a_command_without_a_question() {
    let mut app = with_bob();
    paste(&mut app, "/quit");
    assert_eq!(enter(&mut app), [""; 0]);
    assert!(matches!(app.screen.overlay, Some(Overlay::Doubt(..))));
    assert_eq!(enter(&mut app), [""; 0], "the safe choice does nothing");
    assert_eq!((&app.screen.overlay, draft(&app)), (&None, "/quit"));
    enter(&mut app);
    act(&mut app, Action::Move(Step::Down));
    assert_eq!(enter(&mut app), ["/quit"]);
    fate(&mut app, Fate::Delivered);
    // What was sent as text comes back as text.
    compose(&mut app, ComposeAct::Sent(true));
    assert_eq!(draft(&app), "/quit");
    enter(&mut app);
    assert!(matches!(app.screen.overlay, Some(Overlay::Doubt(..))));
    act(&mut app, Action::Move(Step::Bottom));
    assert!(act(&mut app, Action::Open).contains(&Effect::Quit), "by the user's wish it is a command");
    // What only begins with a slash is text.
    let mut app = with_bob();
    for text in ["/etc/hosts is wrong", "//server/share", "/"] {
        paste(&mut app, text);
        assert_eq!(enter(&mut app), [text]);
    }
}

#[test]
fn a_blank_before_a_command_is_asked_about() {
    let mut app = with_bob();
    assert_eq!(say(&mut app, " /msg carla my password"), [""; 0]);
    assert!(matches!(app.screen.overlay, Some(Overlay::Doubt(..))));
    act(&mut app, Action::Back);
    assert_eq!(draft(&app), " /msg carla my password", "closing it keeps the text");
    act(&mut app, Action::Interrupt);
    assert_eq!(draft(&app), "");
    act(&mut app, Action::Edit(Edit::Undo));
    assert_eq!(draft(&app), " /msg carla my password", "what was cleared can be brought back");
    act(&mut app, Action::Interrupt);
    assert_eq!(say(&mut app, " /etc/hosts"), [" /etc/hosts"]);
    assert_eq!(say(&mut app, " hello"), [" hello"]);
}

#[test]
fn me_is_said_so_that_everybody_can_read_it() {
    let mut app = with_bob();
    assert_eq!(say(&mut app, "/me waves"), ["* alice waves"]);
    assert_eq!(say(&mut app, "/me"), [""; 0]);
    assert!(app.notes.back().unwrap().text.contains("/me waves"));
}

#[test]
fn an_editor_gets_the_draft_and_gives_it_back() {
    let mut app = with_bob();
    write(&mut app, "one");
    assert!(compose(&mut app, ComposeAct::Editor).contains(&Effect::Edit("one".into())));
    // The world goes on meanwhile.
    report(&mut app, Event::Text { id: "01".into(), from: bob(), body: Body::plain("hi"), sent: None, delayed: false });
    assert_eq!(draft(&app), "one");
    update(&mut app, Msg::Edited(Ok("one\ntwo\n".into())), ten());
    assert_eq!(draft(&app), "one\ntwo");
    act(&mut app, Action::Edit(Edit::Undo));
    assert_eq!(draft(&app), "one");
    compose(&mut app, ComposeAct::Editor);
    update(&mut app, Msg::Edited(Err("the editor gave up".into())), ten());
    assert_eq!(draft(&app), "one");
    assert!(app.notes.back().unwrap().text.contains("as it was"));
    compose(&mut app, ComposeAct::Editor);
    update(&mut app, Msg::Edited(Ok("/quit".into())), ten());
    enter(&mut app);
    assert!(matches!(app.screen.overlay, Some(Overlay::Doubt(..))), "what an editor wrote was not typed here");
}

#[test]
fn lists_come_and_go_and_enter_sends_unless_something_is_marked() {
    let mut app = with_bob();
    write(&mut app, "so :smil");
    assert!(app.screen.writing.list.as_ref().is_some_and(|list| list.marked.is_none()));
    assert_eq!(enter(&mut app), ["so :smil"], "a list that came by itself is in nobody's way");
    write(&mut app, "so :smil");
    act(&mut app, Action::Back);
    assert_eq!((draft(&app), app.screen.writing.list.is_some(), app.focus), ("so :smil", false, Focus::Composer));
    write(&mut app, "e");
    act(&mut app, Action::Edit(Edit::Down));
    assert_eq!(enter(&mut app), [""; 0]);
    assert_eq!(draft(&app), "so 😄");
    act(&mut app, Action::Edit(Edit::Undo));
    assert_eq!(draft(&app), "so :smile");
    write(&mut app, ":");
    assert_eq!(draft(&app), "so 😄", "the second colon does it");
    act(&mut app, Action::Interrupt);
    app.screen.writing.ascii = true;
    assert_eq!(say(&mut app, ":smile:"), [":smile:"]);
    app.screen.writing.ascii = false;
    // Names.
    write(&mut app, "ask @car");
    act(&mut app, Action::Complete);
    assert_eq!((draft(&app), &app.screen.writing.list), ("ask @Carla ", &None), "one alone needs no choice");
    act(&mut app, Action::Interrupt);
    write(&mut app, "@");
    act(&mut app, Action::Complete);
    let list = app.screen.writing.list.clone().unwrap();
    assert!(list.marked == Some(0) && list.candidates.len() > 1);
    write(&mut app, "b");
    assert_eq!(app.screen.writing.list.as_ref().map(|list| list.candidates.len()), Some(1), "it follows what is typed");
    act(&mut app, Action::Choose(0));
    assert_eq!(draft(&app), "@Bob Stone ");
    write(&mut app, ":sm");
    act(&mut app, Action::Palette);
    assert_eq!(app.screen.writing.list, None);
}

fn keeps(effects: &Effects) -> Vec<Keep> {
    effects.iter().filter_map(|effect| if let Effect::Keep(keep) = effect { Some(keep.clone()) } else { None }).collect()
}

fn saved(text: &str) -> Keep {
    let account = address("alice@example.test");
    Keep::Draft(Draft { account, with: With::Person(bob()), text: text.to_owned() })
}

fn starts_saving(effects: &Effects) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::StartTimer("drafts", _)))
}

#[test]
fn drafts_are_saved_soon_and_gone_when_they_are_sent() {
    let mut app = with_bob();
    app.ledger = true;
    assert!(starts_saving(&act(&mut app, Action::Edit(Edit::Insert('h')))));
    let more = act(&mut app, Action::Edit(Edit::Insert('i')));
    assert!(!starts_saving(&more) && keeps(&more).is_empty(), "whoever writes on does not put it off");
    assert_eq!(keeps(&update(&mut app, Msg::Timer("drafts"), ten())), [saved("hi")]);
    assert_eq!(keeps(&update(&mut app, Msg::Timer("drafts"), ten())), []);
    assert!(act(&mut app, Action::Quit).contains(&Effect::Quit), "nothing is lost, so nothing is asked");
    let sent = keeps(&act(&mut app, Action::Submit));
    assert!(matches!(&sent[..], [Keep::Outgoing(_), gone] if *gone == saved("")), "{sent:?}");
    // What is written in the last moments is saved at the end.
    write(&mut app, "bye");
    assert_eq!(keeps(&app.last_drafts()), [saved("bye")]);
    // Sent before it was ever saved: nothing to take back.
    act(&mut app, Action::Message(Some("carla".into())));
    write(&mut app, "x");
    assert!(matches!(&keeps(&act(&mut app, Action::Submit))[..], [Keep::Outgoing(_)]));
}

#[test]
fn drafts_of_rooms_go_with_them_and_are_asked_about() {
    let mut app = alice();
    app.ledger = true;
    report(&mut app, Event::Room(RoomEvent::Opened { room: RoomId::new("r"), people: vec![bob()], by: Some(bob()) }));
    let key = RoomKey::new(&id(), &RoomId::new("r"));
    app.screen.pane_mut().chat = Some(key.into());
    app.focus = Focus::Composer;
    assert!(!starts_saving(&act(&mut app, Action::Edit(Edit::Insert('h')))));
    assert!(!act(&mut app, Action::Quit).contains(&Effect::Quit));
}

#[test]
fn drafts_are_there_again_after_a_start() {
    let mut app = alice();
    let Keep::Draft(draft_of_bob) = saved("/half written") else { panic!() };
    let gone = Draft { account: address("gone@example.test"), ..draft_of_bob.clone() };
    update(&mut app, Msg::Remembered(Remembered { drafts: vec![draft_of_bob, gone], ..Remembered::default() }), ten());
    act(&mut app, Action::Message(Some("bob".into())));
    assert_eq!((draft(&app), app.screen.drafts.len()), ("/half written", 1));
    enter(&mut app);
    assert!(matches!(app.screen.overlay, Some(Overlay::Doubt(..))), "somebody else may have written it");
    act(&mut app, Action::Back);
    act(&mut app, Action::Interrupt);
    assert_eq!(keeps(&update(&mut app, Msg::Timer("drafts"), ten())), [saved("")]);
}

fn fate(app: &mut App, fate: Fate) -> Effects {
    report(app, Event::Delivery { tag: MessageRef(1), fate })
}

#[test]
fn a_message_that_waits_can_be_taken_back() {
    let mut app = with_bob();
    app.ledger = true;
    say(&mut app, "too fast");
    fate(&mut app, Fate::Queued);
    write(&mut app, "and more");
    assert_eq!(orders(compose(&mut app, ComposeAct::Unsend)), [Command::Withdraw(MessageRef(1))]);
    let effects = fate(&mut app, Fate::Failed { why: "withdrawn".into() });
    assert!(matches!(keeps(&effects)[..], [Keep::TakenBack(MessageRef(1))]));
    assert_eq!(draft(&app), "too fast\nand more");
    assert_eq!(app.conversation(&chat()).unwrap().lines().count(), 0);
    compose(&mut app, ComposeAct::Unsend);
    assert!(app.notes.back().unwrap().text.contains("no message waits"));
}

#[test]
fn what_has_left_cannot_be_taken_back() {
    let mut app = with_bob();
    say(&mut app, "gone");
    compose(&mut app, ComposeAct::Unsend);
    fate(&mut app, Fate::Sent);
    assert!(app.notes.back().unwrap().text.contains("had left already"));
    fate(&mut app, Fate::Failed { why: "no answer".into() });
    assert_eq!((draft(&app), app.conversation(&chat()).unwrap().lines().count()), ("", 1));
    assert_eq!(orders(compose(&mut app, ComposeAct::Unsend)), []);
    // It did not arrive: once more, as a new message.
    assert_eq!(texts(act(&mut app, Action::Resend)), ["gone"]);
    super::resend::resend(&mut app, &chat(), MessageRef(1), ten(), &mut Vec::new());
    assert_eq!(app.conversation(&chat()).unwrap().lines().count(), 3);
}
