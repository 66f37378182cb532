//! What the user does: actions in, orders and state out.

use std::time::Duration;

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::rules::{Level, Rule};
use crate::app::{
    Action, App, ChatAct, ChatKey, Composer, ContactAct, Edit, Effect, Effects, Focus, ListAct, Msg, Overlay, OwnAct, Peer,
    Purpose, SecretLine, SignAct, Step, update,
};
use crate::backend::{Command, Event, GroupChange};
use crate::model::{
    Access, Availability, Body, Conversation, Fate, MessageRef, Room, RoomId, Secret, SignInPhase, Stamp, WaitReason,
    WatcherState,
};

fn act(app: &mut App, action: Action) -> Effects {
    update(app, Msg::Action(action), ten())
}

/// Types letters into whatever takes them; `<enter>` and the like are keys of the composer.
fn keys(app: &mut App, script: &str) -> Vec<Command> {
    let mut all = Vec::new();
    for word in script.split_inclusive('>').flat_map(|part| match part.find('<') {
        Some(at) => vec![&part[..at], &part[at..]],
        None => vec![part],
    }) {
        let actions = match word {
            "<enter>" if app.screen.overlay.is_some() || app.focus == Focus::Roster => vec![Action::Open],
            "<enter>" => vec![Action::Submit],
            "<tab>" => vec![Action::Complete],
            "<esc>" => vec![Action::Back],
            "<up>" => vec![Action::Edit(Edit::Up)],
            "<bs>" => vec![Action::Edit(Edit::Backspace)],
            "<a-r>" => vec![Action::Sign(SignAct::Retry)],
            "<c-c>" => vec![Action::Interrupt],
            letters => letters.chars().map(|c| Action::Edit(Edit::Insert(c))).collect(),
        };
        for action in actions {
            all.extend(orders(act(app, action)));
        }
    }
    all
}

/// Alice with Bob's conversation open.
fn with_bob() -> App {
    let mut app = alice();
    act(&mut app, Action::Message(Some("bob".into())));
    app
}

fn draft(app: &App) -> &str {
    app.screen.drafts.get(&Peer::new(&id(), &bob()).into()).map_or("", |draft| draft.text())
}

fn text(tag: u64, body: &str) -> Command {
    Command::SendText { to: bob(), body: Body::plain(body), tag: MessageRef(tag) }
}

fn typing(active: bool) -> Command {
    Command::Typing { to: bob(), active }
}

#[test]
fn typing_then_sending() {
    let mut app = with_bob();
    assert_eq!(keys(&mut app, "hi<enter>"), [typing(true), text(1, "hi")]);
    assert_eq!(draft(&app), "");
    assert_eq!(keys(&mut app, "<enter>"), []);
    assert_eq!(keys(&mut app, "a<bs>"), [typing(true), typing(false)]);
}

#[test]
fn silence_ends_typing() {
    let mut app = with_bob();
    let effects = act(&mut app, Action::Edit(Edit::Insert('h')));
    assert!(effects.contains(&Effect::StartTimer("typing", Duration::from_secs(15))));
    assert_eq!(orders(update(&mut app, Msg::Timer("typing"), ten())), [typing(false)]);
    assert_eq!(orders(update(&mut app, Msg::Timer("typing"), ten())), []);
    let later = Stamp::from_millis(ten().as_millis() + 60_000);
    assert_eq!(orders(update(&mut app, Msg::Action(Action::Edit(Edit::Insert('o'))), later)), [typing(true)]);
    // Another conversation: Bob is told before.
    assert_eq!(orders(act(&mut app, Action::Message(Some("carla".into())))), [typing(false)]);
    assert_eq!(draft(&app), "ho");
}

#[test]
fn slash_commands_do_and_never_leak() {
    let mut app = with_bob();
    let sent = keys(&mut app, "/away lunch<enter>");
    let [Command::SetPresence(own)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((own.chosen, own.note.as_str(), own.automatic), (Availability::Away, "lunch", None));
    assert_eq!(keys(&mut app, "/awya lunch<enter>"), []);
    assert_eq!(draft(&app), "/awya lunch");
    assert!(app.notes.back().unwrap().text.contains("/away"));
    keys(&mut app, "<c-c>");
    assert_eq!(keys(&mut app, "//etc<enter>"), [typing(true), text(1, "/etc")]);
    keys(&mut app, "/rese<tab>");
    assert_eq!(draft(&app), "/resend ");
}

#[test]
fn pasted_lines_are_text_until_enter() {
    let mut app = with_bob();
    let effects = update(&mut app, Msg::Paste("/quit\n/away\n".into()), ten());
    assert!(!effects.contains(&Effect::Quit) && orders(effects).is_empty());
    assert_eq!(draft(&app), "/quit\n/away\n");
}

#[test]
fn drafts_belong_to_their_conversation() {
    let mut app = with_bob();
    keys(&mut app, "for bob");
    act(&mut app, Action::Message(Some("carla".into())));
    keys(&mut app, "for carla");
    act(&mut app, Action::Chat(ChatAct::Last));
    assert_eq!(app.screen.open().cloned(), Some(Peer::new(&id(), &bob()).into()));
    assert_eq!(draft(&app), "for bob");
    act(&mut app, Action::Quit);
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Quit)));
    keys(&mut app, "<enter>");
    assert_eq!(app.screen.overlay, None);
    act(&mut app, Action::Quit);
    assert_eq!(act(&mut app, Action::Edit(Edit::Insert('y'))), [Effect::Quit]);
}

#[test]
fn a_question_to_make_sure_lets_no_typing_through() {
    let mut app = with_bob();
    let asked = Some(Overlay::Confirm(Purpose::Block(Peer::new(&id(), &bob()))));
    keys(&mut app, "/block<enter>");
    assert_eq!(app.screen.overlay, asked);
    assert_eq!(keys(&mut app, "are you there"), [], "a y within words is no answer");
    assert_eq!((&app.screen.overlay, draft(&app)), (&asked, ""));
    let effects = update(&mut app, Msg::Paste("y\n".into()), ten());
    assert_eq!((orders(effects), &app.screen.overlay, draft(&app)), (vec![], &asked, ""));
    keys(&mut app, "<bs>no");
    assert_eq!(app.screen.overlay, asked, "nor is an n within words");
    // Whoever hit a wrong key answers a moment later.
    let later = Stamp::from_millis(ten().as_millis() + 1_000);
    let given = update(&mut app, Msg::Action(Action::Edit(Edit::Insert('y'))), later);
    assert_eq!(orders(given), [Command::SetAccess { who: bob(), access: Access::Block }]);
    // Keys beside the last question do not count against the next one.
    keys(&mut app, "/block<enter>x<enter>");
    assert_eq!(app.screen.overlay, None);
    keys(&mut app, "/block<enter>");
    assert_eq!(keys(&mut app, "y").len(), 1);
}

#[test]
fn what_takes_no_text_lets_none_through() {
    let mut app = with_bob();
    for action in [Action::Help, Action::Own(OwnAct::Menu)] {
        act(&mut app, action);
        update(&mut app, Msg::Paste("secret".into()), ten());
        keys(&mut app, "abc");
        act(&mut app, Action::Back);
        assert_eq!(draft(&app), "");
    }
}

#[test]
fn lost_messages_are_sent_again_only_by_wish() {
    let mut app = with_bob();
    keys(&mut app, "one<enter>");
    report(&mut app, Event::Delivery { tag: MessageRef(1), fate: Fate::Unconfirmed { why: "no answer".into() } });
    assert_eq!(orders(act(&mut app, Action::Resend)), [text(2, "one")]);
    report(&mut app, Event::Delivery { tag: MessageRef(1), fate: Fate::Delivered });
    assert_eq!(orders(act(&mut app, Action::Resend)), []);
}

#[test]
fn unread_is_what_was_not_before_the_eyes() {
    let mut app = with_bob();
    let hello =
        || Event::Text { id: "0123456789abcdef".into(), from: bob(), body: Body::plain("hello"), sent: None, delayed: false };
    let received = Command::Received("0123456789abcdef".into());
    assert_eq!(orders(report(&mut app, hello())), [received], "where nothing is written down its sender is told at once");
    assert_eq!(app.unread(), 0);
    update(&mut app, Msg::Attention(false), ten());
    report(&mut app, hello());
    report(&mut app, hello());
    assert_eq!(app.unread(), 2);
    update(&mut app, Msg::Attention(true), ten());
    assert_eq!((app.unread(), app.screen.pane().new_lines), (0, 2));
    act(&mut app, Action::Scroll(Step::PageUp));
    report(&mut app, hello());
    assert_eq!((app.unread(), app.screen.pane().new_lines), (1, 3));
    act(&mut app, Action::Scroll(Step::Bottom));
    assert_eq!(app.unread(), 0);
}

#[test]
fn next_unread_goes_there_and_back() {
    let mut app = with_bob();
    let carla = address("carla@example.test");
    report(
        &mut app,
        Event::Text { id: "0123456789abcdef".into(), from: carla.clone(), body: Body::plain("x"), sent: None, delayed: false },
    );
    act(&mut app, Action::Chat(ChatAct::NextUnread));
    assert_eq!(app.screen.open().cloned(), Some(Peer::new(&id(), &carla).into()));
    assert_eq!(app.unread(), 0);
    act(&mut app, Action::Chat(ChatAct::NextUnread));
    assert_eq!(app.screen.open().cloned(), Some(Peer::new(&id(), &bob()).into()));
}

/// Who is named is asked for; who is written to alone waits; a room can be read later; what is muted is nobody's
/// hurry.
#[test]
fn next_unread_goes_to_what_matters_most_first() {
    let mut app = crate::app::sample::sample_with_rooms();
    let account = app.accounts.values_mut().next().unwrap();
    let id = app.screen.open().unwrap().account().clone();
    let talk = |unread, mentions| Conversation { unread, mentions, ..Conversation::default() };
    for (who, unread, mentions) in [("bob", 1, 0), ("carla", 2, 0), ("dmitri", 1, 1), ("hiro", 3, 1)] {
        account.conversations.insert(address(&format!("{who}@example.test")), talk(unread, mentions));
    }
    let muted = ChatKey::from(Peer::new(&id, &address("hiro@example.test")));
    account.rules.set(&muted, Some(Rule { always: Some(Level::None), passing: None }));
    for (room, mentions) in [("r2", 0), ("r3", 1)] {
        let mut with = Room::with(&[address("grace@example.test")], ten());
        with.talk = talk(1, mentions);
        account.rooms.insert(RoomId::new(room), with);
    }
    app.rows_changed();
    let mut order = Vec::new();
    for _ in 0..6 {
        crate::app::keys::script::play(&mut app, "<alt-a>");
        order.push(match app.screen.open().unwrap() {
            ChatKey::Person(peer) => peer.who.user().to_owned(),
            ChatKey::Room(key) => key.room.to_string(),
        });
        let chat = app.screen.open().cloned().unwrap();
        app.conversation_mut(&chat).unwrap().unread = 0;
    }
    assert_eq!(order, ["dmitri", "r3", "bob", "carla", "r2", "hiro"]);
}

#[test]
fn contacts_are_added_named_grouped_and_removed() {
    let mut app = alice();
    app.focus = Focus::Roster;
    act(&mut app, Action::Contact(ContactAct::Add, None));
    let put = |name: &str, groups: &[&str], who: &str| Command::PutContact {
        address: address(who),
        name: name.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    assert_eq!(keys(&mut app, "dan Dan Brown<enter>"), [put("Dan Brown", &["Ops"], "dan@example.test")]);
    act(&mut app, Action::Contact(ContactAct::Add, None));
    assert_eq!(keys(&mut app, "no body@@<enter>").len(), 1);
    assert_eq!(
        orders(act(&mut app, Action::Contact(ContactAct::Rename, Some("Bobby".into())))),
        [put("Bobby", &["Ops"], "bob@example.test")]
    );
    assert_eq!(
        orders(act(&mut app, Action::Contact(ContactAct::Groups, Some("Night, Friends".into())))),
        [put("Bob Stone", &["Night", "Friends"], "bob@example.test")]
    );
    act(&mut app, Action::Contact(ContactAct::Remove, None));
    assert_eq!(app.screen.overlay, Some(Overlay::Confirm(Purpose::Remove(Peer::new(&id(), &bob())))));
    assert_eq!(keys(&mut app, "y"), [Command::RemoveContact(bob())]);
    act(&mut app, Action::Move(Step::Top));
    assert_eq!(
        orders(act(&mut app, Action::Contact(ContactAct::Rename, Some("Night".into())))),
        [Command::Group(GroupChange::Rename { from: "Ops".into(), to: "Night".into() })]
    );
    act(&mut app, Action::Open);
    assert_eq!(app.rows().len(), 1);
    act(&mut app, Action::Fold(false));
    assert_eq!(app.rows().len(), 3);
}

#[test]
fn several_words_without_an_address_are_not_added_unasked() {
    let mut app = with_bob();
    assert_eq!(keys(&mut app, "/add not an address at all<enter>"), []);
    assert_eq!(app.screen.overlay, Some(Overlay::Ask(Purpose::Add, Composer::with("not an address at all"))));
    assert!(app.notes.back().unwrap().text.contains("Enter adds not@example.test"));
    keys(&mut app, "<esc>");
    for (typed, who, name) in [("dan", "dan", ""), ("dan Danny", "dan", "Danny"), ("dan@example.test Dan B", "dan", "Dan B")] {
        let given = keys(&mut app, &format!("/add {typed}<enter>"));
        let [Command::PutContact { address, name: called, .. }] = &given[..] else { panic!("{given:?}") };
        assert_eq!((address.user(), called.as_str()), (who, name));
    }
}

#[test]
fn what_was_wrong_with_a_command_goes_with_the_next_one() {
    let mut app = with_bob();
    keys(&mut app, "/awya<enter>");
    assert!(app.screen.note_shown);
    keys(&mut app, "<c-c>/away<enter>");
    assert!(!app.screen.note_shown);
    keys(&mut app, "/awya<enter><c-c>hi<enter>");
    assert!(!app.screen.note_shown, "a message is no less a success");
    keys(&mut app, "/awya<enter>");
    assert!(app.screen.note_shown, "the next mistake is told again");
    keys(&mut app, "<c-c>");
    // What an account reports, or went wrong on this machine, is no answer to a command.
    report(&mut app, Event::Notice { level: crate::backend::NoticeLevel::Warning, code: "x", text: "look".into(), by: None });
    keys(&mut app, "/away<enter>");
    assert!(app.screen.note_shown);
    update(&mut app, Msg::Trouble("the disk is full".into()), ten());
    keys(&mut app, "/away<enter>");
    assert!(app.screen.note_shown);
}

#[test]
fn filter_lists_who_matches() {
    let mut app = alice();
    act(&mut app, Action::List(ListAct::Filter));
    keys(&mut app, "car");
    assert_eq!(app.rows().len(), 2);
    keys(&mut app, "<enter>");
    assert_eq!(app.screen.open().cloned(), Some(Peer::new(&id(), &address("carla@example.test")).into()));
    assert_eq!(app.rows().len(), 3);
}

#[test]
fn questions_wait_until_they_are_answered() {
    let mut app = with_bob();
    let dan = address("dan@example.test");
    report(&mut app, Event::Watcher { who: dan.clone(), name: None, state: WatcherState::Pending });
    assert_eq!(keys(&mut app, "ab<enter>"), [typing(true), text(1, "ab")]);
    assert_eq!(app.prompts.len(), 1);
    act(&mut app, Action::Answer);
    act(&mut app, Action::Move(Step::Down));
    let given = orders(act(&mut app, Action::Open));
    assert_eq!(given, [Command::SetAccess { who: dan, access: Access::Block }]);
    assert!(app.prompts.is_empty() && app.screen.answering.is_none());
}

#[test]
fn interrupt_closes_clears_then_leaves() {
    let mut app = with_bob();
    keys(&mut app, "x");
    act(&mut app, Action::Help);
    assert!(orders(act(&mut app, Action::Interrupt)).is_empty() && app.screen.overlay.is_none());
    keys(&mut app, "<c-c>");
    assert_eq!(draft(&app), "");
    assert!(!act(&mut app, Action::Interrupt).contains(&Effect::Quit));
    keys(&mut app, "y<bs>");
    assert!(!act(&mut app, Action::Interrupt).contains(&Effect::Quit), "another key in between disarms");
    assert_eq!(act(&mut app, Action::Interrupt), [Effect::Quit]);
}

#[test]
fn title_tells_the_count_once() {
    let mut app = alice();
    app.title = true;
    assert_eq!(update(&mut app, Msg::Timer("x"), ten()), [Effect::Title("chinwag".into())]);
    let effects = update(
        &mut app,
        Msg::Account(
            id(),
            Event::Text { id: "0123456789abcdef".into(), from: bob(), body: Body::plain("x"), sent: None, delayed: false },
        ),
        ten(),
    );
    assert_eq!(effects.last(), Some(&Effect::Title("chinwag (1)".into())));
    assert_eq!(update(&mut app, Msg::Timer("x"), ten()), []);
}

#[test]
fn a_refused_password_can_be_typed_anew_and_is_not_shown() {
    let mut app = with_bob();
    let phase = SignInPhase::Offline { why: Some(WaitReason::WrongPassword) };
    report(&mut app, Event::Phase { phase, server: None, transport: None });
    assert_eq!(keys(&mut app, "<a-r>"), []);
    assert_eq!(app.screen.overlay, Some(Overlay::Password(id(), SecretLine::default())));
    let orders = keys(&mut app, " s3cret<enter>");
    assert_eq!(orders, [Command::SetPassword(Secret::new(" s3cret".into())), Command::SignIn]);
    assert!(!format!("{orders:?}").contains("s3cret"));
    assert!(app.screen.note_shown);
    report(&mut app, Event::Phase { phase: SignInPhase::Online, server: None, transport: None });
    assert!(!app.screen.note_shown, "that the password is wrong is no longer true");
    let phase = SignInPhase::Offline { why: Some(WaitReason::WrongPassword) };
    report(&mut app, Event::Phase { phase, server: None, transport: None });
    keys(&mut app, "<a-r>");
    assert_eq!(keys(&mut app, "<enter>"), [Command::SignIn], "the same once more");
}

#[test]
fn a_password_being_typed_is_remembered_nowhere() {
    let refused = || {
        let phase = SignInPhase::Offline { why: Some(WaitReason::WrongPassword) };
        Event::Phase { phase, server: None, transport: None }
    };
    let mut app = with_bob();
    report(&mut app, refused());
    keys(&mut app, "<a-r>0px<bs>en");
    update(&mut app, Msg::Paste("5esame\nand another line".into()), ten());
    let Some(Overlay::Password(_, line)) = &app.screen.overlay else { panic!("{:?}", app.screen.overlay) };
    assert_eq!(line.letters(), "0pen5esame".len());
    assert!(!format!("{:?}", app.screen).contains("5esame"));
    for step in [Edit::KillToStart, Edit::Yank, Edit::Undo, Edit::Redo] {
        act(&mut app, Action::Edit(step));
        assert_eq!(app.screen.overlay, Some(Overlay::Password(id(), SecretLine::default())), "{step:?}");
    }
    update(&mut app, Msg::Paste("s3cret\n".into()), ten());
    assert_eq!(keys(&mut app, "<enter>"), [Command::SetPassword(Secret::new("s3cret".into())), Command::SignIn]);
    report(&mut app, Event::Phase { phase: SignInPhase::Online, server: None, transport: None });
    report(&mut app, refused());
    keys(&mut app, "<a-r>0pen");
    assert!(matches!(app.screen.overlay, Some(Overlay::Password(..))));
    keys(&mut app, "<esc>");
    assert_eq!(app.screen.overlay, None);
}

#[test]
fn who_is_not_on_the_list_is_proposed() {
    let mut app = with_bob();
    act(&mut app, Action::Message(Some("zoe@example.test".into())));
    act(&mut app, Action::Contact(ContactAct::Add, None));
    assert_eq!(app.screen.overlay, Some(Overlay::Ask(Purpose::Add, Composer::with("zoe@example.test"))));
    app.screen.overlay = None;
    act(&mut app, Action::Message(Some("bob".into())));
    act(&mut app, Action::Contact(ContactAct::Add, None));
    assert_eq!(app.screen.overlay, Some(Overlay::Ask(Purpose::Add, Composer::default())));
}
