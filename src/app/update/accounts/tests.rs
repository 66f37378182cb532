//! Accounts that come and go, one of them alone in the list, and whose presence is meant.

use super::super::update;
use super::*;
use crate::app::keys::script::play;
use crate::app::sample::sample_with_accounts;
use crate::app::{Action, ListAct, Msg, Overlay, OwnAct, Peer, RowKey, SecretLine};
use crate::backend::Event;
use crate::history::{Draft, Remembered, With};
use crate::model::{Address, Automatic, Availability, Multiplexer, WaitReason};

fn id(name: &str) -> AccountId {
    AccountId::new(name)
}

fn tell(app: &mut App, msg: Msg) -> Effects {
    let now = app.now;
    update(app, msg, now)
}

fn bob(account: &str) -> ChatKey {
    Peer::new(&id(account), &Address::parse("sip:bob@example.test").unwrap()).into()
}

fn listed(app: &App) -> Vec<String> {
    let mut all: Vec<String> = app.rows().iter().map(|row| row.key.account().to_string()).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn one_account_after_the_other_is_alone_in_the_list() {
    let mut app = sample_with_accounts();
    for only in [Some("club"), Some("home"), Some("work"), None] {
        play(&mut app, "<A-c>");
        assert_eq!(app.screen.account, only.map(id));
        let names = only.map_or_else(|| vec!["club", "home", "work"], |only| vec![only]);
        assert_eq!(listed(&app), names);
    }
    tell(&mut app, Msg::Action(Action::List(ListAct::Account(Some("ho".into())))));
    assert_eq!(app.screen.account, Some(id("home")));
    tell(&mut app, Msg::Action(Action::List(ListAct::Account(Some("nowhere".into())))));
    assert_eq!(app.notes.back().unwrap().text, "there is no account nowhere; there are club, home, work, and all");
    // It stays so while the account comes back.
    for phase in [SignInPhase::Connecting, SignInPhase::Online] {
        tell(&mut app, Msg::Account(id("home"), Event::Phase { phase, server: None, transport: None }));
    }
    tell(&mut app, Msg::Account(id("home"), Event::AllStale));
    assert_eq!((app.screen.account.clone(), listed(&app)), (Some(id("home")), vec!["home".to_owned()]));
    assert_eq!(app.place_to_add().unwrap().0, id("home"), "who is added comes there");
    tell(&mut app, Msg::Action(Action::List(ListAct::Account(Some("all".into())))));
    assert_eq!(app.screen.account, None);
}

#[test]
fn an_account_that_goes_takes_its_part_of_the_screen_along() {
    let mut app = sample_with_accounts();
    app.ledger = true;
    tell(&mut app, Msg::Action(Action::List(ListAct::Account(Some("work".into())))));
    let chat = bob("work");
    app.screen.writing.unsaved.insert(chat.clone());
    tell(&mut app, Msg::Action(Action::Edit(crate::app::Edit::Insert('!'))));
    app.screen.overlay = Some(Overlay::Password(id("work"), SecretLine::default()));
    let effects = tell(&mut app, Msg::Accounts(AccountNews::Gone(id("work"))));
    let kept = effects.iter().any(|effect| {
        matches!(effect, Effect::Keep(crate::history::Keep::Draft(Draft { text, .. })) if text == "looks good, the alert is g!")
    });
    assert!(kept, "{effects:?}");
    assert_eq!(listed(&app), ["club", "home"], "all that are left are listed");
    assert_eq!((app.screen.account.as_ref(), app.screen.open(), app.focus), (None, None, Focus::Roster));
    assert!(app.screen.overlay.is_none() && app.screen.drafts.is_empty());
    assert_eq!(app.notes.back().unwrap().text, "work is gone; all accounts are listed");
    // What is said of it afterwards is nobody's.
    assert_eq!(tell(&mut app, Msg::Account(id("work"), Event::AllStale)), []);
    // It comes again, with what was kept of it, and nothing of others.
    let aor = Address::parse("sip:alice@example.test").unwrap();
    tell(&mut app, Msg::Accounts(AccountNews::Came(id("work"), Box::new(AccountView::new(aor.clone())))));
    let draft = |account: &Address, text: &str| Draft {
        account: account.clone(),
        with: With::Person(Address::parse("sip:bob@example.test").unwrap()),
        text: text.to_owned(),
    };
    let other = app.accounts[&id("home")].aor.clone();
    let remembered = Remembered { drafts: vec![draft(&aor, "half"), draft(&other, "old")], ..Remembered::default() };
    tell(&mut app, Msg::Accounts(AccountNews::Remembered(id("work"), Box::new(remembered))));
    assert_eq!(app.screen.drafts[&chat].text(), "half");
    assert!(!app.screen.drafts.contains_key(&bob("home")));
}

#[test]
fn who_comes_while_nobody_is_there_shows_it_at_once() {
    let mut app = sample_with_accounts();
    let came = |app: &mut App, name: &str| {
        let view = Box::new(AccountView::new(Address::parse(&format!("sip:{name}@example.test")).unwrap()));
        let effects = tell(app, Msg::Accounts(AccountNews::Came(id(name), view)));
        let told = effects.iter().filter(
            |effect| matches!(effect, Effect::Account(_, command) if matches!(command.as_inner(), Command::SetPresence(_))),
        );
        (told.count(), app.accounts[&id(name)].own.automatic)
    };
    assert_eq!(came(&mut app, "new"), (0, None));
    tell(&mut app, Msg::Detached(Some(Multiplexer::Tmux)));
    assert_eq!(came(&mut app, "newer"), (1, Some(Automatic::Detached(Multiplexer::Tmux))));
}

#[test]
fn what_waited_goes_on_waiting_where_an_account_begins_anew() {
    let mut app = sample_with_accounts();
    app.ledger = true;
    tell(&mut app, Msg::Action(Action::Submit));
    let tag = crate::model::MessageRef(app.next_tag - 1);
    tell(&mut app, Msg::Accounts(AccountNews::Out { id: id("work"), clean: true }));
    let effects = tell(&mut app, Msg::Accounts(AccountNews::Anew { id: id("work"), name: "Alice".into() }));
    let sent: Vec<MessageRef> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Account(_, command) => command.as_inner().message(),
            _ => None,
        })
        .collect();
    assert_eq!(sent, [tag], "once, and nothing that has its fate");
    let work = &app.accounts[&id("work")];
    assert_eq!((work.own_name(), work.capabilities.is_none(), &work.phase), ("Alice", true, &SignInPhase::Offline { why: None }));
    assert_eq!(app.screen.open(), Some(&bob("work")), "the conversation stays open");
    // Nobody knows whether it left: it is not sent again.
    tell(&mut app, Msg::Accounts(AccountNews::Out { id: id("work"), clean: false }));
    let effects = tell(&mut app, Msg::Accounts(AccountNews::Anew { id: id("work"), name: String::new() }));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Account(..))), "{effects:?}");
    let fate = app.conversation(&bob("work")).unwrap().lines().rev().find(|line| line.tag == Some(tag)).unwrap().fate.clone();
    assert!(matches!(fate, Some(Fate::Unconfirmed { .. })), "{fate:?}");
}

#[test]
fn own_presence_of_one_account_or_of_all() {
    let mut app = sample_with_accounts();
    app.screen.apart = true;
    app.rows_changed();
    app.focus = Focus::Roster;
    app.screen.selected = Some(RowKey::Account(id("home")));
    play(&mut app, "<f5>");
    assert!(matches!(&app.screen.overlay, Some(Overlay::Status(menu)) if menu.account == Some(id("home"))));
    play(&mut app, "2");
    let chosen = |app: &App| app.accounts.values().map(|account| account.own.chosen).collect::<Vec<_>>();
    let second = crate::app::STATES[1];
    assert_eq!(chosen(&app), [Availability::Away, second, Availability::Online]);
    app.focus = Focus::Composer;
    play(&mut app, "<f5><tab><tab><tab><tab>");
    tell(&mut app, Msg::Action(Action::Own(OwnAct::NextAccount)));
    assert!(matches!(&app.screen.overlay, Some(Overlay::Status(menu)) if menu.account == Some(id("club"))), "round the end");
    play(&mut app, "<esc>");
    tell(&mut app, Msg::Action(Action::Presence(Availability::Busy, None)));
    assert_eq!(chosen(&app), [Availability::Busy; 3]);
    assert!(matches!(app.accounts[&id("home")].phase, SignInPhase::Waiting { why: WaitReason::Closed, .. }));
}

#[test]
fn folding_follows_the_tree() {
    let mut app = sample_with_accounts();
    app.screen.apart = true;
    app.rows_changed();
    app.focus = Focus::Roster;
    let pia = Peer::new(&id("club"), &Address::parse("sip:pia@club.test").unwrap());
    app.screen.selected = Some(RowKey::Person(pia, crate::app::GroupKey::Named("Friends".into())));
    play(&mut app, "<left>");
    assert!(matches!(&app.screen.selected, Some(RowKey::Group(id, _)) if id.as_str() == "club"));
    play(&mut app, "<left>");
    assert_eq!(app.screen.selected, Some(RowKey::Account(id("club"))));
    let rows: Vec<RowKey> = app.rows().iter().map(|row| row.key).collect();
    assert_eq!(rows[..2], [RowKey::Account(id("club")), RowKey::Account(id("home"))]);
    let mut again = sample_with_accounts();
    again.screen.apart = true;
    again.recall(&app.memory());
    assert_eq!(again.rows().iter().map(|row| row.key).collect::<Vec<_>>(), rows, "over a restart too");
    play(&mut app, "<ret>");
    assert!(app.rows().len() > rows.len());
    // Together the same group is folded where all have it folded.
    play(&mut app, "<esc>");
    tell(&mut app, Msg::Action(Action::List(ListAct::Apart)));
    let friends =
        app.rows().iter().find(|row| matches!(&row.key, RowKey::Group(_, group) if group.title() == "Friends")).unwrap();
    assert!(!friends.folded);
    app.screen.selected = Some(friends.key);
    play(&mut app, "<left>");
    let folded = app.screen.folded.iter().filter(|row| matches!(row, RowKey::Group(..))).count();
    assert_eq!(folded, 3);
}

#[test]
fn a_group_of_several_accounts_is_renamed_on_all() {
    let mut app = sample_with_accounts();
    app.focus = Focus::Roster;
    let friends =
        app.rows().iter().map(|row| row.key).find(|key| matches!(key, RowKey::Group(_, group) if group.title() == "Friends"));
    app.screen.selected = friends;
    let effects = tell(&mut app, Msg::Action(Action::Contact(crate::app::ContactAct::Rename, Some("Pals".into()))));
    let told: Vec<&AccountId> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Account(id, command) if matches!(command.as_inner(), Command::Group(_)) => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(told, [&id("club"), &id("home"), &id("work")]);
}
