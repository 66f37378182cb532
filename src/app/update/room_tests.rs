//! Conversations of several people, looks, the directory: reports and actions in, orders and state out.

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::{
    Action, Answer, App, ChatAct, ChatKey, Composer, ContactAct, Edit, Effects, FinderRow, Findings, Focus, Msg, Overlay, Peer,
    Purpose, RoomKey, RowKey, SignAct, Step, update,
};
use crate::backend::{Command, Event, Found, GroupChange, Refused, RoomCommand, RoomEvent};
use crate::model::{
    Access, Address, Body, Capabilities, Dialect, Fate, Happening, Listing, MessageRef, RoomId, RosterHome, SignInPhase,
    TextStyle, WaitReason, WatcherState,
};

fn act(app: &mut App, action: Action) -> Effects {
    update(app, Msg::Action(action), ten())
}

fn typed(app: &mut App, text: &str) -> Vec<Command> {
    let mut all: Vec<Command> = text.chars().flat_map(|c| orders(act(app, Action::Edit(Edit::Insert(c))))).collect();
    let enter = if app.screen.overlay.is_some() { Action::Open } else { Action::Submit };
    all.extend(orders(act(app, enter)));
    all.retain(|order| !matches!(order, Command::Typing { .. }));
    all
}

fn capable(sessions: bool, directory: bool) -> Event {
    Event::Capabilities(Capabilities {
        dialect: Dialect::Lcs,
        batch: true,
        benotify: true,
        piggyback: true,
        autoextend: true,
        keepalive: None,
        pongs: false,
        ping: "none",
        outbound: false,
        gruu: false,
        seen_at: None,
        auth: "ntlm",
        publish: true,
        watchers: true,
        access_on_server: true,
        roster_home: RosterHome::Server,
        sessions,
        directory,
        signed: true,
    })
}

fn room() -> RoomId {
    RoomId::new("r1")
}

fn carla() -> Address {
    address("carla@example.test")
}

fn dan() -> Address {
    address("dan@example.test")
}

fn key() -> RoomKey {
    RoomKey::new(&id(), &room())
}

fn opened(by: Option<Address>) -> Event {
    Event::Room(RoomEvent::Opened { room: room(), people: vec![bob(), carla()], by })
}

fn said(who: Address, text: &str) -> Event {
    Event::Room(RoomEvent::Text { room: room(), id: "0123456789abcdef".into(), from: who, body: Body::plain(text) })
}

/// Alice in a conversation with Bob and Carla that she began.
fn in_room() -> App {
    let mut app = alice();
    report(&mut app, capable(true, true));
    act(&mut app, Action::Message(Some("bob".into())));
    act(&mut app, Action::Invite(Some("carla".into())));
    report(&mut app, opened(None));
    app
}

fn happenings(app: &App) -> Vec<Happening> {
    let entries = app.room(&key()).unwrap().talk.entries.iter();
    entries
        .filter_map(|entry| match entry {
            crate::model::Entry::Happened { what, .. } => Some(what.clone()),
            crate::model::Entry::Said(_) => None,
        })
        .collect()
}

fn last_note(app: &App) -> &str {
    &app.notes.back().unwrap().text
}

#[test]
fn asking_a_third_person_opens_a_room_and_goes_there() {
    let mut app = alice();
    report(&mut app, capable(true, false));
    act(&mut app, Action::Message(Some("bob".into())));
    typed(&mut app, "one moment");
    let given = orders(act(&mut app, Action::Invite(Some("carla".into()))));
    assert_eq!(given, [Command::Room(RoomCommand::Open(vec![bob(), carla()]))]);
    assert_eq!(app.screen.open().cloned(), Some(Peer::new(&id(), &bob()).into()), "nothing has happened yet");
    report(&mut app, opened(None));
    assert_eq!(app.screen.open().cloned(), Some(key().into()));
    assert_eq!(app.room(&key()).unwrap().people(), [bob(), carla()]);
    assert_eq!(app.rows().get(0).unwrap().key.account(), &id());
    assert!(matches!(app.rows().get(1).unwrap().key, RowKey::Room(room) if room == key()));
    // One that nobody here asked for does not take the keyboard away.
    let other = RoomEvent::Opened { room: RoomId::new("r2"), people: vec![dan()], by: None };
    report(&mut app, Event::Room(other));
    assert_eq!(app.screen.open().cloned(), Some(key().into()));
}

#[test]
fn a_room_somebody_asks_us_into_is_told_of_and_waits() {
    let mut app = alice();
    let effects = report(&mut app, opened(Some(bob())));
    let told = effects.iter().any(|effect| {
        matches!(effect, crate::app::Effect::Notify(notice) if notice.title == "Bob Stone" && notice.body == "asks you into a conversation")
    });
    assert!(told, "{effects:?}");
    assert_eq!(app.screen.open(), None);
    assert_eq!(last_note(&app), "Bob Stone asks you into a conversation; it is in the list");
    assert_eq!(happenings(&app), [Happening::Opened(bob())]);
    report(&mut app, said(carla(), "hi both"));
    assert_eq!(app.unread(), 1);
    act(&mut app, Action::Chat(ChatAct::NextUnread));
    assert_eq!((app.screen.open().cloned(), app.unread(), app.screen.pane().new_lines), (Some(key().into()), 0, 1));
}

#[test]
fn messages_in_a_room_show_their_fate() {
    let mut app = in_room();
    let given = typed(&mut app, "hello all");
    let say = RoomCommand::Say { room: room(), body: Body::plain("hello all"), tag: MessageRef(1) };
    assert_eq!(given, [Command::Room(say)]);
    let why = "Carla did not get it: offline".to_owned();
    report(&mut app, Event::Delivery { tag: MessageRef(1), fate: Fate::Failed { why: why.clone() } });
    let line = app.room(&key()).unwrap().talk.lines().next().unwrap().clone();
    assert_eq!((line.body.text.as_str(), line.fate), ("hello all", Some(Fate::Failed { why })));
    assert_eq!(orders(act(&mut app, Action::Resend)).len(), 1);
    update(&mut app, Msg::Refused(id(), Refused::Offline), ten());
    let fates: Vec<_> = app.room(&key()).unwrap().talk.lines().map(|line| line.fate.clone()).collect();
    assert_eq!(fates[1], Some(Fate::Failed { why: Refused::Offline.to_string() }));
    assert_eq!(app.unsent(), 0);
}

#[test]
fn people_come_and_go() {
    let mut app = in_room();
    let given = orders(act(&mut app, Action::Invite(Some("dan@example.test".into()))));
    assert_eq!(given, [Command::Room(RoomCommand::Invite { room: room(), who: dan() })]);
    report(&mut app, Event::Room(RoomEvent::Joined { room: room(), who: dan() }));
    report(&mut app, Event::Room(RoomEvent::Left { room: room(), who: bob(), why: None }));
    report(&mut app, Event::Room(RoomEvent::Left { room: room(), who: carla(), why: Some("no answer".into()) }));
    assert_eq!(app.room(&key()).unwrap().people(), [dan()]);
    assert_eq!(
        happenings(&app),
        [
            Happening::Invited(dan()),
            Happening::Joined(dan()),
            Happening::Left { who: bob(), why: None },
            Happening::Left { who: carla(), why: Some("no answer".into()) }
        ]
    );
    act(&mut app, Action::Chat(ChatAct::Who));
    assert_eq!(last_note(&app), "in this conversation: you, dan@example.test");
}

#[test]
fn whom_not_to_ask_in() {
    let mut app = in_room();
    for (who, says) in [("bob", "already"), ("alice@example.test", "that is you"), ("nobody", "nobody on your list")] {
        assert_eq!(orders(act(&mut app, Action::Invite(Some(who.into())))), [], "{who}");
        assert!(last_note(&app).contains(says), "{who}: {}", last_note(&app));
    }
    let mut plain = alice();
    report(&mut plain, capable(false, false));
    act(&mut plain, Action::Message(Some("bob".into())));
    assert_eq!(orders(act(&mut plain, Action::Invite(Some("carla".into())))), []);
    assert!(last_note(&plain).contains("this server has no conversations of several people"));
    let mut nowhere = alice();
    nowhere.focus = Focus::Messages;
    act(&mut nowhere, Action::Invite(None));
    assert!(nowhere.screen.overlay.is_none() && last_note(&nowhere).contains("open a conversation first"));
}

#[test]
fn guests_are_chosen_from_those_who_are_not_in() {
    let mut app = in_room();
    app.strangers = crate::model::Strangers::Allow;
    report(&mut app, Event::Text { id: "0".into(), from: dan(), body: Body::plain("hi"), sent: None, delayed: false });
    act(&mut app, Action::Invite(None));
    assert!(matches!(&app.screen.overlay, Some(Overlay::Invite(chat, ..)) if *chat == key().into()));
    let offered = |app: &App, typed: &str| {
        let all = crate::app::palette::guests(app, &key().into(), typed);
        all.into_iter().map(|choice| choice.title).collect::<Vec<_>>()
    };
    assert_eq!(offered(&app, ""), ["dan@example.test"]);
    assert_eq!(offered(&app, "eve@example.test"), ["Ask eve@example.test in"]);
    assert_eq!(
        typed(&mut app, "eve@example.test"),
        [Command::Room(RoomCommand::Invite { room: room(), who: address("eve@example.test") })]
    );
    act(&mut app, Action::Invite(None));
    assert_eq!(typed(&mut app, "dan"), [Command::Room(RoomCommand::Invite { room: room(), who: dan() })]);
}

#[test]
fn leaving_and_what_stays() {
    let mut app = in_room();
    assert_eq!(orders(act(&mut app, Action::Leave)), [Command::Room(RoomCommand::Leave(room()))]);
    update(&mut app, Msg::Paste("one more thing".into()), ten());
    report(&mut app, Event::Room(RoomEvent::Closed { room: room(), why: None }));
    assert_eq!(orders(act(&mut app, Action::Submit)), [], "nobody would get it");
    assert!(last_note(&app).contains("what you wrote is kept"));
    assert_eq!(app.screen.drafts[&key().into()].text(), "one more thing");
    act(&mut app, Action::Chat(ChatAct::Close));
    assert!(app.room(&key()).is_some(), "as long as something is written in it");
    act(&mut app, Action::Chat(ChatAct::Last));
    act(&mut app, Action::Interrupt);
    act(&mut app, Action::Chat(ChatAct::Close));
    assert_eq!((app.room(&key()), app.screen.open(), app.screen.last.as_ref()), (None, None, None));
    act(&mut app, Action::Message(Some("bob".into())));
    act(&mut app, Action::Leave);
    assert!(last_note(&app).contains("/close"));
}

#[test]
fn rooms_are_left_from_the_list_after_asking() {
    let mut app = in_room();
    app.focus = Focus::Roster;
    act(&mut app, Action::Contact(ContactAct::Remove, None));
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Leave(key()))));
    let given = orders(act(&mut app, Action::Edit(crate::app::Edit::Insert('y'))));
    assert_eq!(given, [Command::Room(RoomCommand::Leave(room()))]);
    report(&mut app, Event::Room(RoomEvent::Closed { room: room(), why: Some("the connection was lost".into()) }));
    act(&mut app, Action::Contact(ContactAct::Remove, None));
    assert!(app.screen.overlay.is_none() && app.room(&key()).is_none());
}

/// A room that is over goes off the list at once, but not with what was written in it.
#[test]
fn a_room_that_is_over_does_not_take_a_draft_with_it() {
    let mut app = crate::app::sample::sample_with_rooms();
    let chat = app.screen.open().cloned().unwrap();
    let now = app.now;
    let closed = Event::Room(RoomEvent::Closed { room: crate::model::RoomId::new("r1"), why: None });
    update(&mut app, Msg::Account(chat.account().clone(), closed), now);
    let remove = |app: &mut App| drop(update(app, Msg::Action(Action::Contact(ContactAct::Remove, None)), now));
    app.focus = Focus::Roster;
    remove(&mut app);
    assert_eq!(app.screen.drafts[&chat].text(), "who restarts it?");
    assert!(app.notes.back().unwrap().text.contains("what you wrote there would be lost"));
    app.screen.drafts.clear();
    remove(&mut app);
    assert!(app.conversation(&chat).is_none());
}

#[test]
fn the_mark_of_what_is_new_counts_messages_only() {
    let mut app = alice();
    report(&mut app, opened(Some(bob())));
    report(&mut app, said(bob(), "one"));
    report(&mut app, Event::Room(RoomEvent::Joined { room: room(), who: dan() }));
    assert_eq!(app.unread(), 1);
    act(&mut app, Action::Chat(ChatAct::NextUnread));
    report(&mut app, Event::Room(RoomEvent::Left { room: room(), who: dan(), why: None }));
    assert_eq!(app.screen.pane().new_lines, 1);
    report(&mut app, said(bob(), "two"));
    assert_eq!(app.screen.pane().new_lines, 2);
}

#[test]
fn nobody_can_fill_the_memory_with_rooms() {
    let mut app = alice();
    for n in 0..500 {
        let room = RoomId::new(&format!("r{n}"));
        report(&mut app, Event::Room(RoomEvent::Opened { room: room.clone(), people: Vec::new(), by: Some(bob()) }));
        for m in 0..3 {
            let who = address(&format!("p{m}@{n}.test"));
            report(&mut app, Event::Room(RoomEvent::Joined { room: room.clone(), who }));
        }
    }
    assert_eq!(app.accounts[&id()].rooms.len(), 200);
    let many: Vec<Address> = (0..1_000).map(|n| address(&format!("p{n}@x.test"))).collect();
    report(&mut app, Event::Room(RoomEvent::Opened { room: room(), people: many, by: None }));
    assert_eq!(app.room(&key()).unwrap().people().len(), 200);
    // What is said where the room had to give way is not lost.
    let gone = RoomId::new("r0");
    assert!(!app.accounts[&id()].rooms.contains_key(&gone));
    let event = RoomEvent::Text { room: gone.clone(), id: "0".into(), from: bob(), body: Body::plain("still here") };
    report(&mut app, Event::Room(event));
    assert_eq!(app.accounts[&id()].rooms[&gone].talk.lines().count(), 1);
}

#[test]
fn a_room_with_words_of_the_user_does_not_give_way() {
    let mut app = in_room();
    report(&mut app, Event::Room(RoomEvent::Opened { room: RoomId::new("drafted"), people: vec![dan()], by: Some(dan()) }));
    let drafted = RoomKey::new(&id(), &RoomId::new("drafted"));
    let draft = Composer::with("not sent yet");
    app.screen.drafts.insert(drafted.clone().into(), draft);
    for n in 0..400 {
        let room = RoomId::new(&format!("r{n}"));
        report(&mut app, Event::Room(RoomEvent::Opened { room, people: vec![bob()], by: Some(bob()) }));
    }
    assert_eq!(app.accounts[&id()].rooms.len(), 200);
    assert!(app.room(&drafted).is_some(), "it has a draft");
    assert!(app.room(&key()).is_some(), "it is on the screen");
}

#[test]
fn rooms_of_strangers_cannot_push_out_rooms_of_contacts() {
    let mut app = alice();
    // Else they are fewer still.
    app.strangers = crate::model::Strangers::Allow;
    let text = |room: &str, from: Address| {
        Event::Room(RoomEvent::Text { room: RoomId::new(room), id: "0".into(), from, body: Body::plain("read me") })
    };
    report(&mut app, text("bobs", bob()));
    report(&mut app, Event::Room(RoomEvent::Closed { room: RoomId::new("bobs"), why: None }));
    // That a contact is named as being in makes no room theirs.
    let named = RoomEvent::Opened { room: RoomId::new("named"), people: vec![bob()], by: Some(dan()) };
    report(&mut app, Event::Room(named));
    for n in 0..300 {
        report(&mut app, text(&format!("r{n}"), address(&format!("n{n}@spam.test"))));
    }
    let rooms = &app.accounts[&id()].rooms;
    assert_eq!(rooms.len(), 200);
    assert_eq!(rooms[&RoomId::new("bobs")].talk.unread, 1, "over, but not read");
    assert!(!rooms.contains_key(&RoomId::new("named")));
    assert!(last_note(&app).starts_with("101 unread messages were dropped"), "{}", last_note(&app));
}

#[test]
fn a_name_to_add_is_looked_up() {
    let mut app = alice();
    report(&mut app, capable(true, true));
    act(&mut app, Action::Message(Some("bob".into())));
    let given = typed(&mut app, "/add Dan van Dyke");
    assert_eq!(given, [Command::Search { words: "Dan van Dyke".into() }]);
    assert!(matches!(app.screen.overlay, Some(Overlay::Find(_))));
}

#[test]
fn looks_go_with_the_next_messages() {
    let mut app = in_room();
    typed(&mut app, "/format bold color=red");
    let style = TextStyle { bold: true, colour: Some([255, 0, 0]), ..TextStyle::default() };
    assert_eq!(app.look, style);
    let given = typed(&mut app, "look here");
    assert!(matches!(&given[..], [Command::Room(RoomCommand::Say { body, .. })] if body.style == style), "{given:?}");
    act(&mut app, Action::Message(Some("bob".into())));
    let given = typed(&mut app, "and here");
    assert!(matches!(&given[..], [Command::SendText { body, .. }] if body.style == style), "{given:?}");
    act(&mut app, Action::Look(None));
    let Some(Overlay::Ask(Purpose::Look, line)) = &app.screen.overlay else { panic!("asked for the look") };
    assert_eq!(line.text(), "bold color=red");
    app.screen.overlay = None;
    act(&mut app, Action::Look(Some("wavy".into())));
    assert!(last_note(&app).contains("`wavy` is no look"), "{}", last_note(&app));
    assert_eq!(app.look, style, "a slip changes nothing");
    app.screen.overlay = None;
    typed(&mut app, "/format none");
    assert_eq!(app.look, TextStyle::default());
    report(&mut app, capable(false, false));
    typed(&mut app, "/format italic");
    assert!(last_note(&app).contains("plain text only"));
}

fn listing(user: &str, name: &str) -> Listing {
    let (mail, company, country) = (String::new(), "Example".to_owned(), String::new());
    Listing { address: address(&format!("{user}@example.test")), name: name.into(), mail, company, country }
}

fn found(words: &str, people: Vec<Listing>) -> Event {
    Event::Search { words: words.into(), found: Ok(Found { people, more: false }) }
}

fn findings(app: &App) -> &Findings {
    match &app.screen.overlay {
        Some(Overlay::Find(finder)) => &finder.findings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn somebody_is_added_out_of_the_directory() {
    let mut app = alice();
    report(&mut app, capable(true, true));
    app.focus = Focus::Roster;
    act(&mut app, Action::Contact(ContactAct::Add, None));
    assert_eq!(typed(&mut app, "zoe"), [Command::Search { words: "zoe".into() }]);
    assert_eq!(orders(act(&mut app, Action::Open)), [], "one question at a time");
    report(&mut app, found("other", vec![listing("x", "X")]));
    assert_eq!(findings(&app), &Findings::Asked("zoe".into()), "that answers another question");
    report(&mut app, found("zoe", vec![listing("zoe1", "Zoe One"), listing("zoe2", "Zoe\u{1b} Two")]));
    act(&mut app, Action::Move(Step::Down));
    let put = Command::PutContact { address: address("zoe2@example.test"), name: "Zoe  Two".into(), groups: vec!["Ops".into()] };
    assert_eq!(orders(act(&mut app, Action::Open)), [put], "in the group of the selected person");
    assert_eq!(app.screen.overlay, None);
}

#[test]
fn a_directory_that_knows_nobody_leaves_the_address_as_typed() {
    let mut app = alice();
    report(&mut app, capable(true, true));
    act(&mut app, Action::Contact(ContactAct::Find, Some("zed".into())));
    assert_eq!(findings(&app), &Findings::Asked("zed".into()));
    report(&mut app, found("zed", Vec::new()));
    let Some(Overlay::Find(finder)) = &app.screen.overlay else { panic!("still open") };
    assert_eq!(finder.rows(), [FinderRow::Typed { address: address("zed@example.test"), name: String::new() }]);
    let given = orders(act(&mut app, Action::Open));
    assert!(matches!(&given[..], [Command::PutContact { address: who, .. }] if *who == address("zed@example.test")));
    // A whole address needs no directory.
    act(&mut app, Action::Contact(ContactAct::Add, None));
    let given = typed(&mut app, "eve@else.test Eve Adams");
    assert!(matches!(&given[..], [Command::PutContact { name, .. }] if name == "Eve Adams"), "{given:?}");
    // Several words are a name, never an address.
    act(&mut app, Action::Contact(ContactAct::Find, Some("Zoe Adams".into())));
    report(&mut app, Event::Search { words: "Zoe Adams".into(), found: Err("the directory does not answer".into()) });
    assert!(matches!(findings(&app), Findings::Failed { why, .. } if why == "the directory does not answer"));
    assert_eq!(orders(act(&mut app, Action::Open)), [Command::Search { words: "Zoe Adams".into() }], "asked once more");
    update(&mut app, Msg::Refused(id(), Refused::Offline), ten());
    assert!(matches!(findings(&app), Findings::Failed { .. }), "a refusal ends the wait");
}

#[test]
fn found_people_who_are_on_the_list_are_gone_to() {
    let mut app = alice();
    report(&mut app, capable(true, true));
    act(&mut app, Action::Contact(ContactAct::Find, Some("stone".into())));
    report(&mut app, found("stone", vec![listing("bob", "Stone, Bob")]));
    assert_eq!(orders(act(&mut app, Action::Open)), []);
    assert_eq!(app.screen.open().cloned(), Some(ChatKey::Person(Peer::new(&id(), &bob()))));
}

#[test]
fn without_a_directory_adding_is_as_it_was() {
    let mut app = alice();
    report(&mut app, capable(true, false));
    act(&mut app, Action::Contact(ContactAct::Add, None));
    assert!(matches!(app.screen.overlay, Some(Overlay::Ask(Purpose::Add, _))));
    app.screen.overlay = None;
    act(&mut app, Action::Contact(ContactAct::Find, Some("bob".into())));
    assert!(app.screen.overlay.is_none() && last_note(&app).contains("no directory"));
}

#[test]
fn a_watcher_is_let_in_and_added_with_one_key() {
    let mut app = alice();
    let pending = |who: Address| Event::Watcher { who, name: Some("Dan\u{7} Brown".into()), state: WatcherState::Pending };
    report(&mut app, pending(dan()));
    assert!(app.answers().contains(&Answer::AllowAndAdd));
    act(&mut app, Action::Answer);
    let given = orders(act(&mut app, Action::AnswerWith(Answer::AllowAndAdd)));
    let put = Command::PutContact { address: dan(), name: "Dan  Brown".into(), groups: Vec::new() };
    assert_eq!(given, [Command::SetAccess { who: dan(), access: Access::Allow }, put]);
    report(&mut app, pending(bob()));
    assert!(!app.answers().contains(&Answer::AllowAndAdd), "Bob is on the list");
    assert_eq!(orders(act(&mut app, Action::AnswerWith(Answer::AllowAndAdd))), []);
    assert_eq!(app.prompts.len(), 1);
    assert_eq!(orders(act(&mut app, Action::AnswerWith(Answer::Later))), []);
    report(&mut app, pending(bob()));
    assert!(app.prompts.is_empty(), "asked once");
}

#[test]
fn groups_are_made_renamed_and_removed() {
    let mut app = alice();
    app.focus = Focus::Roster;
    let group = |change| vec![Command::Group(change)];
    assert_eq!(
        orders(act(&mut app, Action::Contact(ContactAct::NewGroup, Some("Night".into())))),
        group(GroupChange::Add("Night".into()))
    );
    assert_eq!(orders(act(&mut app, Action::Contact(ContactAct::NewGroup, Some("Ops".into())))), []);
    assert!(last_note(&app).contains("exists already"));
    act(&mut app, Action::Contact(ContactAct::NewGroup, None));
    assert_eq!(typed(&mut app, "Day"), group(GroupChange::Add("Day".into())));
    act(&mut app, Action::Move(Step::Top));
    assert_eq!(
        orders(act(&mut app, Action::Contact(ContactAct::Rename, Some("Ops 2".into())))),
        group(GroupChange::Rename { from: "Ops".into(), to: "Ops 2".into() })
    );
    act(&mut app, Action::Contact(ContactAct::Remove, None));
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::RemoveGroup(id(), "Ops".into()))));
    let given = orders(act(&mut app, Action::Edit(crate::app::Edit::Insert('y'))));
    assert_eq!(given, group(GroupChange::Remove("Ops".into())));
    act(&mut app, Action::Move(Step::Down));
    assert_eq!(orders(act(&mut app, Action::Contact(ContactAct::Groups, Some("a, \u{7}".into())))), []);
    assert!(last_note(&app).contains("a group needs a name"));
}

#[test]
fn our_own_name_is_the_servers_where_none_is_chosen() {
    let mut app = alice();
    report(&mut app, Event::OwnName("Alice Adams".into()));
    assert_eq!(app.accounts[&id()].own_name(), "Alice Adams");
    app.accounts.get_mut(&id()).unwrap().chosen_name = "Alix".into();
    assert_eq!(app.accounts[&id()].own_name(), "Alix");
    report(&mut app, Event::OwnName("x".repeat(100_000)));
    assert_eq!(app.accounts[&id()].listed_name.len(), 200);
}

#[test]
fn signed_out_elsewhere_one_key_signs_in_here() {
    let mut app = alice();
    let why = WaitReason::SignedOutByServer { reason: "signed in at another place".into() };
    report(&mut app, Event::Phase { phase: SignInPhase::Offline { why: Some(why) }, server: None, transport: None });
    assert!(app.accounts[&id()].was_signed_out());
    assert!(last_note(&app).contains("signed in at another place"), "{}", last_note(&app));
    assert_eq!(orders(act(&mut app, Action::Sign(SignAct::Retry))), [Command::SignIn]);
}

#[test]
fn an_address_that_is_looked_for_is_not_added_before_the_user_says_so() {
    let mut app = alice();
    report(&mut app, capable(true, true));
    let given = orders(act(&mut app, Action::Contact(ContactAct::Find, Some("zed@example.test".into()))));
    assert_eq!(given, []);
    assert!(matches!(app.screen.overlay, Some(Overlay::Find(_))));
    let given = orders(act(&mut app, Action::Open));
    assert!(matches!(&given[..], [Command::PutContact { .. }]), "{given:?}");
}

#[test]
fn slash_remove_within_a_room_asks_to_leave_it() {
    let mut app = in_room();
    assert_eq!(typed(&mut app, "/remove"), []);
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Leave(key()))));
}

#[test]
fn what_is_sent_again_looks_as_it_did() {
    let mut app = alice();
    report(&mut app, capable(true, true));
    act(&mut app, Action::Message(Some("bob".into())));
    typed(&mut app, "/format bold");
    let given = typed(&mut app, "heavy");
    let [Command::SendText { tag, .. }] = &given[..] else { panic!("{given:?}") };
    report(&mut app, Event::Delivery { tag: *tag, fate: Fate::Failed { why: "away".into() } });
    typed(&mut app, "/format none");
    let given = orders(act(&mut app, Action::Resend));
    assert!(matches!(&given[..], [Command::SendText { body, .. }] if body.style.bold && body.text == "heavy"), "{given:?}");
}
