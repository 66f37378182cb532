//! Files, from an offer to its end.

use super::tests::{address, alice, bob, id, orders, report, ten};
use crate::app::sample::sample_policy;
use crate::app::transfers::{FileDeed, FileNews, FileStage, Progress, Transfer};
use crate::app::{AccountNews, Action, App, Effect, Effects, FileAct, Msg, slash, update};
use crate::backend::files::{Carriage, FileCommand, FileEnd, FileEvent, FilePlan, FileWay};
use crate::backend::{Command, Event};
use crate::inspect::SenderClass;
use crate::model::{Address, Body, Entry, FileId, Fingerprint, Happening};
use crate::transfer::{Protection, Terms};

const FINGERPRINT: Fingerprint = Fingerprint::new([0xAB; 32]);
const FIRST: FileId = FileId::Received(1);

fn offers(app: &mut App, from: &Address, name: &str, secret: bool) -> Effects {
    let told = FileEvent::Offered { id: FIRST, from: from.clone(), name: name.into(), octets: 10, secret };
    update(app, Msg::Account(id(), Event::File(told)), ten())
}

fn act(app: &mut App, what: FileAct) -> Effects {
    update(app, Msg::Action(Action::File(what)), ten())
}

fn news(app: &mut App, file: FileId, news: FileNews) -> Effects {
    update(app, Msg::File(id(), file, news), ten())
}

fn stage(app: &App, file: FileId) -> &FileStage {
    &app.transfer(&id(), file).unwrap().stage
}

fn deeds(effects: Effects) -> Vec<FileDeed> {
    effects.into_iter().filter_map(|effect| if let Effect::File(_, _, deed) = effect { Some(deed) } else { None }).collect()
}

fn file(command: FileCommand) -> Vec<Command> {
    vec![Command::File(command)]
}

fn said(app: &App) -> &str {
    app.notes.back().map_or("", |note| note.text.as_str())
}

fn plan() -> FilePlan {
    let way = FileWay::Dial("192.0.2.1:6891".parse().unwrap());
    let terms = Terms { user: "alice@example.test".into(), auth_cookie: 1, octets: 10, protection: Protection::Plain };
    FilePlan { carriage: Carriage::Messenger(terms), way }
}

#[test]
fn what_was_kept_while_it_was_stopped_is_said_to_be_there() {
    let mut app = alice();
    offers(&mut app, &bob(), "a.txt", true);
    act(&mut app, FileAct::Decide { account: id(), id: FIRST, yes: true });
    report(&mut app, Event::File(FileEvent::Agreed { id: FIRST, plan: plan() }));
    news(&mut app, FIRST, FileNews::Checking);
    act(&mut app, FileAct::Decide { account: id(), id: FIRST, yes: false });
    assert!(matches!(stage(&app, FIRST), FileStage::Ended { .. }));
    news(&mut app, FIRST, FileNews::Moved(Progress::default()));
    assert!(matches!(stage(&app, FIRST), FileStage::Ended { .. }));
    news(&mut app, FIRST, FileNews::Kept { place: "/x".into() });
    assert_eq!(*stage(&app, FIRST), FileStage::Done { place: Some("/x".into()), confirmed: true });
}

#[test]
fn who_is_signed_out_offers_nothing_and_who_is_forgotten_gets_nothing() {
    let mut app = alice();
    offers(&mut app, &bob(), "a.txt", true);
    let sent = FileId::Sent(7);
    let moving = FileStage::Moving(Progress { done: 4, ..Progress::default() });
    let under_way = Transfer { stage: moving.clone(), ..app.transfer(&id(), FIRST).unwrap().clone() };
    app.accounts.get_mut(&id()).unwrap().transfers.insert(sent, under_way);
    assert_eq!(app.accounts[&id()].last_file_received(), 1, "files of ours have numbers of their own");
    let out = update(&mut app, Msg::Accounts(AccountNews::Out { id: id(), clean: true }), ten());
    assert_eq!(deeds(out), [FileDeed::Stop]);
    assert_eq!(stage(&app, FIRST), &FileStage::Ended { why: "the account was signed out".into() });
    assert_eq!(stage(&app, sent), &moving, "what is under way needs no account");
    assert_eq!(deeds(update(&mut app, Msg::Accounts(AccountNews::Gone(id())), ten())), [FileDeed::Stop]);
}

#[test]
fn one_is_taken_and_comes() {
    let mut app = alice();
    offers(&mut app, &bob(), "notes.txt", true);
    assert_eq!(stage(&app, FIRST), &FileStage::Offered);
    let talk = &app.accounts[&id()].conversations[&bob()];
    assert!(matches!(talk.entries.back(), Some(Entry::Happened { what: Happening::File(FIRST), .. })));
    assert_eq!(orders(act(&mut app, FileAct::Accept(None))), file(FileCommand::Accept(FIRST)));
    let agreed = report(&mut app, Event::File(FileEvent::Agreed { id: FIRST, plan: plan() }));
    assert_eq!(deeds(agreed), [FileDeed::Take { name: "notes.txt".into(), sender: SenderClass::Contact, plan: plan() }]);
    news(&mut app, FIRST, FileNews::Moved(Progress { done: 4, ..Progress::default() }));
    assert_eq!(app.transfer(&id(), FIRST).unwrap().done(), 4);
    assert_eq!(orders(news(&mut app, FIRST, FileNews::Checking)), file(FileCommand::Done(FIRST)));
    assert!(orders(news(&mut app, FIRST, FileNews::Kept { place: "/x".into() })).is_empty());
    assert_eq!(stage(&app, FIRST), &FileStage::Done { place: Some("/x".into()), confirmed: true });
    // What is said of it later is of no account.
    report(&mut app, Event::File(FileEvent::Ended { id: FIRST, why: FileEnd::Cancelled }));
    assert!(matches!(stage(&app, FIRST), FileStage::Done { .. }));
}

#[test]
fn what_is_dangerous_is_declined_before_anybody_is_asked() {
    let mut app = alice();
    let done = offers(&mut app, &bob(), "holiday.jpg.exe", true);
    assert_eq!(orders(done), file(FileCommand::Cancel(FIRST)));
    assert!(matches!(stage(&app, FIRST), FileStage::Ended { .. }));
    act(&mut app, FileAct::Accept(None));
    assert_eq!(said(&app), "there is no file to decide about");
}

#[test]
fn of_people_who_are_not_known_none_is_shown() {
    let mut app = alice();
    let eve = address("eve@elsewhere.test");
    assert_eq!(orders(offers(&mut app, &eve, "notes.txt", true)), file(FileCommand::Cancel(FIRST)));
    assert!(app.transfer(&id(), FIRST).is_none() && !app.accounts[&id()].conversations.contains_key(&eve));
    // Scripts decide by themselves.
    app.asks_nobody = true;
    assert_eq!(orders(offers(&mut app, &eve, "notes.txt", true)), []);
    assert_eq!(stage(&app, FIRST), &FileStage::Offered);
}

#[test]
fn what_would_travel_in_clear_is_taken_twice() {
    let mut app = alice();
    offers(&mut app, &bob(), "notes.txt", false);
    assert_eq!(orders(act(&mut app, FileAct::Accept(None))), []);
    assert!(said(&app).contains("unencrypted"), "{}", said(&app));
    assert_eq!(orders(act(&mut app, FileAct::Accept(None))), file(FileCommand::Accept(FIRST)));
}

#[test]
fn what_is_doubtful_is_asked_about_again() {
    for (yes, deed) in [(true, FileDeed::Keep), (false, FileDeed::Stop)] {
        let mut app = alice();
        offers(&mut app, &bob(), "plan.zip", true);
        assert!(!app.transfer(&id(), FIRST).unwrap().doubts.is_empty());
        act(&mut app, FileAct::Accept(None));
        report(&mut app, Event::File(FileEvent::Agreed { id: FIRST, plan: plan() }));
        news(&mut app, FIRST, FileNews::Doubtful(vec!["It holds macros.".into()]));
        let what = if yes { FileAct::Accept(Some("r1".into())) } else { FileAct::Decline(None) };
        assert_eq!(deeds(act(&mut app, what)), [deed]);
    }
}

#[test]
fn one_is_offered_and_goes_or_does_not() {
    let mut app = alice();
    let offer = |app: &mut App| act(app, FileAct::Offer { account: id(), to: bob(), path: "~/a.txt".into() });
    let sent = FileId::Sent(1);
    assert_eq!(deeds(offer(&mut app)), [FileDeed::Open("~/a.txt".into())]);
    let done = news(&mut app, sent, FileNews::Opened { name: "a.txt".into(), octets: 3, fingerprint: FINGERPRINT });
    let wanted = FileCommand::Offer { id: sent, to: bob(), name: "a.txt".into(), octets: 3, fingerprint: FINGERPRINT };
    assert_eq!(orders(done), file(wanted));
    let done = report(&mut app, Event::File(FileEvent::Ended { id: sent, why: FileEnd::Declined }));
    assert_eq!(deeds(done), [FileDeed::Stop]);
    assert_eq!(stage(&app, sent), &FileStage::Ended { why: "they declined it".into() });
    // One that cannot be read has no line in the conversation, so it is said elsewhere.
    offer(&mut app);
    news(&mut app, FileId::Sent(2), FileNews::Failed("~/a.txt is a folder".into()));
    assert_eq!(said(&app), "not sent: ~/a.txt is a folder");
}

#[test]
fn who_is_sent_one_is_known_from_then_on() {
    let (mut app, eve) = (alice(), address("eve@elsewhere.test"));
    let says = |id: &str, text: &str| Event::Text {
        id: id.into(),
        from: eve.clone(),
        body: Body::plain(text),
        sent: None,
        delayed: false,
    };
    let opened = || FileNews::Opened { name: "a.txt".into(), octets: 3, fingerprint: FINGERPRINT };
    report(&mut app, says("1", "may I have it?"));
    // What does not leave accepts nobody.
    app.policy = sample_policy("DisableFileTransfer = true");
    act(&mut app, FileAct::Offer { account: id(), to: eve.clone(), path: "~/a.txt".into() });
    news(&mut app, FileId::Sent(1), opened());
    app.policy = crate::policy::Policy::default();
    act(&mut app, FileAct::Offer { account: id(), to: eve.clone(), path: "~/a.txt".into() });
    assert!(app.accounts[&id()].is_stranger(&eve) && app.requests() == 1);
    let effects = news(&mut app, FileId::Sent(2), opened());
    assert!(effects.contains(&Effect::SaveMarks(id(), app.accounts[&id()].marks.clone())), "{effects:?}");
    assert_eq!(orders(effects).len(), 1);
    report(&mut app, says("2", "thanks"));
    let told: Vec<Option<&str>> = app.accounts[&id()].conversations[&eve]
        .entries
        .iter()
        .map(|entry| entry.said().map(|line| line.body.text.as_str()))
        .collect();
    assert_eq!((told, app.requests()), (vec![Some("may I have it?"), None, Some("thanks")], 0));
    assert_eq!(orders(offers(&mut app, &eve, "notes.txt", true)), []);
    assert_eq!(stage(&app, FIRST), &FileStage::Offered);
}

#[test]
fn policy_forbids_sending_and_taking() {
    let mut app = alice();
    offers(&mut app, &bob(), "notes.txt", true);
    app.policy = sample_policy("DisableFileTransfer = true");
    assert_eq!(orders(act(&mut app, FileAct::Accept(None))), file(FileCommand::Cancel(FIRST)), "nobody waits");
    assert!(matches!(stage(&app, FIRST), FileStage::Ended { .. }));
    act(&mut app, FileAct::Offer { account: id(), to: bob(), path: "a".into() });
    let done = news(&mut app, FileId::Sent(1), FileNews::Opened { name: "a".into(), octets: 3, fingerprint: FINGERPRINT });
    assert!(done.iter().any(|effect| matches!(effect, Effect::File(_, _, FileDeed::Stop))));
    assert_eq!(orders(done), []);
}

#[test]
fn which_file_is_meant() {
    let mut app = alice();
    for (number, who) in [(1, bob()), (2, address("carol@example.test"))] {
        let told =
            FileEvent::Offered { id: FileId::Received(number), from: who, name: "notes.txt".into(), octets: 10, secret: true };
        app.asks_nobody = true;
        report(&mut app, Event::File(told));
    }
    assert_eq!(orders(act(&mut app, FileAct::Accept(None))), []);
    assert!(said(&app).contains("/take"), "{}", said(&app));
    for (name, words) in [("r9", "there is no file"), ("nonsense", "such as r1")] {
        assert_eq!(orders(act(&mut app, FileAct::Accept(Some(name.into())))), []);
        assert!(said(&app).contains(words), "{}", said(&app));
    }
    let slash::Typed::Act(take) = slash::read("/take r2") else { panic!("/take is a command") };
    assert_eq!(orders(update(&mut app, Msg::Action(take), ten())), file(FileCommand::Accept(FileId::Received(2))));
}

#[test]
fn offers_without_end_are_not_all_remembered() {
    let mut app = alice();
    for number in 1..=40_000 {
        let id = FileId::Received(number);
        let told = FileEvent::Offered { id, from: bob(), name: "a.exe".into(), octets: 10, secret: true };
        report(&mut app, Event::File(told));
    }
    let view = &app.accounts[&id()];
    assert!(view.transfers.len() <= 102 && view.conversations[&bob()].entries.len() < 40_000);
    for _ in 0..200 {
        act(&mut app, FileAct::Offer { account: id(), to: bob(), path: "a".into() });
        let sent = FileId::Sent(app.next_file);
        news(&mut app, sent, FileNews::Failed("it cannot be read".into()));
    }
    assert!(app.accounts[&id()].transfers.len() <= 102);
}

#[test]
fn who_offers_much_does_not_wipe_what_is_known_of_other_files() {
    let mut app = alice();
    let carla = address("carla@example.test");
    let offers = |app: &mut App, n: u64, from: &Address, name: &str| {
        let told =
            FileEvent::Offered { id: FileId::Received(n), from: from.clone(), name: name.into(), octets: 10, secret: true };
        update(app, Msg::Account(id(), Event::File(told)), ten())
    };
    act(&mut app, FileAct::Offer { account: id(), to: bob(), path: "~/a.txt".into() });
    news(&mut app, FileId::Sent(1), FileNews::Opened { name: "a.txt".into(), octets: 3, fingerprint: FINGERPRINT });
    act(&mut app, FileAct::Decline(Some("s1".into())));
    for n in 1..=300 {
        // One that is asked about, and is declined.
        offers(&mut app, n, &carla, "notes.txt");
        act(&mut app, FileAct::Decline(Some(format!("r{n}"))));
    }
    let of = |app: &App, who: &Address| -> Vec<FileId> {
        let all = app.accounts[&id()].transfers.iter();
        all.filter(|(_, transfer)| transfer.peer == *who).map(|(id, _)| *id).collect()
    };
    assert_eq!(of(&app, &bob()), [FileId::Sent(1)]);
    let left = of(&app, &carla);
    assert_eq!((left.len(), left[0]), (101, FileId::Received(200)), "the oldest of theirs went, when the last was offered");
    // What is not taken anyway makes few lines.
    let mut app = alice();
    for n in 1..=300 {
        assert_eq!(orders(offers(&mut app, n, &carla, "holiday.jpg.exe")), file(FileCommand::Cancel(FileId::Received(n))));
    }
    assert_eq!((of(&app, &carla).len(), app.accounts[&id()].conversations[&carla].entries.len()), (3, 3));
    offers(&mut app, 301, &carla, "notes.txt");
    offers(&mut app, 302, &carla, "holiday.jpg.exe");
    assert_eq!(of(&app, &carla).len(), 5);
}
