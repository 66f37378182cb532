//! Accounts of a file that changes, at a server in this process.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::time::timeout;

use super::*;
use crate::app::{App, ChatKey, Composer, Peer, RowKey};
use crate::backend::servers::Known;
use crate::backend::{Backend, Event, Input, Output, Refused, Target};
use crate::config::{Overrides, Paths, load};
use crate::demo::{Server, ServerConfig, User};
use crate::model::{Address, Availability};
use crate::net::wires::{Opener, Opening, Progress};
use crate::policy::Policy;
use crate::runtime::beginning::Network;
use crate::runtime::secrets::Secrets;
use crate::runtime::serve::{Doors, ServerOrder, Serving, both_clocks};
use crate::runtime::shell::{Assembly, Front, Happened};

/// Longest wait for anything; only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(30);
const DOMAIN: &str = "example.test";

struct House {
    folder: tempfile::TempDir,
    server: SocketAddr,
    orders: tokio::sync::mpsc::Sender<ServerOrder>,
    task: JoinHandle<()>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let users = ["alice", "bob", "carla"].map(|name| User::with_password(name, name, DOMAIN, "secret"));
        let config = ServerConfig::new(DOMAIN, users.into(), [7; 32], both_clocks());
        let doors = Doors { tcp: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))], tls: Vec::new(), client_ca: None };
        let (serving, open, orders) = Serving::open(Server::new(config), doors).await.unwrap();
        std::fs::write(folder.path().join("password"), "secret\n").unwrap();
        Self { folder, server: open[0].1, orders, task: tokio::spawn(serving.run()) }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file with these accounts: id, user, further lines.
    fn settings(&self, accounts: &[(&str, &str, &str)]) -> Resolved {
        let mut text = String::new();
        for (id, user, more) in accounts {
            let (server, password) = (self.server, self.place("password"));
            let _ = write!(
                text,
                "[accounts.{id}]\nuri = \"sip:{user}@{DOMAIN}\"\nautomatic = false\nserver = \"{server}\"\ntransport = \"tcp\"\n\
                 password.file = {password:?}\n{more}\n"
            );
        }
        // Nobody has anybody on a list here.
        text.push_str("[messages]\nstrangers = \"allow\"\n");
        std::fs::write(self.place("c.toml"), text).unwrap();
        let (data_dir, state_dir) = (self.place("data"), self.place("state"));
        let paths = Paths { config: self.place("c.toml"), config_given: true, data_dir, state_dir };
        let loaded = load(&paths, &Overrides::default());
        assert!(loaded.resolved.is_some(), "{:?}", loaded.problems);
        loaded.resolved.unwrap()
    }

    /// A program that has signed in these accounts.
    async fn program(&self, accounts: &[(&str, &str, &str)]) -> Shell {
        let settings = self.settings(accounts);
        let secrets: Secrets =
            settings.accounts.iter().map(|account| (account.id.clone(), secrets::find(account).unwrap().unwrap())).collect();
        let mut shell = Shell::for_front(&settings, secrets, Front::Screen).unwrap();
        shell.app_mut().announces = true;
        for account in settings.accounts.iter().filter(|account| account.auto_sign_in) {
            shell.submit(Msg::Action(Action::Order(account.id.clone(), Command::SignIn)));
        }
        until(&mut shell, "everybody is signed in", |app| {
            settings.accounts.iter().all(|account| !account.auto_sign_in || online(app, account.id.as_str()))
        })
        .await;
        shell
    }
}

/// Lets it run until something holds; gives the phases that were reported meanwhile.
async fn until(shell: &mut Shell, what: &str, mut holds: impl FnMut(&App) -> bool) -> Vec<(String, SignInPhase)> {
    let mut phases = Vec::new();
    let work = async {
        while !holds(shell.app()) {
            if let Happened::Report(id, Event::Phase { phase, .. }) = shell.next().await {
                phases.push((id.to_string(), phase));
            }
        }
    };
    let in_time = timeout(PATIENCE, work).await.is_ok();
    assert!(in_time, "{what} did not come; {phases:?}; {:?}", shell.app().notes);
    phases
}

fn online(app: &App, id: &str) -> bool {
    app.accounts.get(&AccountId::new(id)).is_some_and(crate::app::AccountView::is_online)
}

fn address(user: &str) -> Address {
    Address::complete(user, Some(DOMAIN)).unwrap()
}

fn chat(id: &str, user: &str) -> ChatKey {
    Peer::new(&AccountId::new(id), &address(user)).into()
}

/// How this account sees somebody.
fn seen(app: &App, id: &str, user: &str) -> Option<Availability> {
    let presence = app.accounts.get(&AccountId::new(id))?.presence_of(&address(user))?;
    (!presence.stale).then_some(presence.availability)
}

fn writes(shell: &mut Shell, id: &str, user: &str, text: &str) {
    let (to, body) = (address(user), crate::model::Body::plain(text));
    let tag = crate::model::MessageRef(shell.app().next_tag);
    shell.app_mut().next_tag += 1;
    shell.submit(Msg::Action(Action::Order(AccountId::new(id), Command::SendText { to, body, tag })));
}

/// Whether somebody got this text, how often, and what became of it for who sent it.
fn got(app: &App, id: &str, from: &str, text: &str) -> usize {
    app.conversation(&chat(id, from)).map_or(0, |talk| talk.lines().filter(|line| line.body.text == text).count())
}

const WORK: (&str, &str, &str) = ("work", "alice", "");
const HOME: (&str, &str, &str) = ("home", "bob", "");
const OLD: (&str, &str, &str) = ("old", "carla", "");

#[tokio::test]
async fn each_account_gets_what_the_new_file_says_and_the_rest_is_left_alone() {
    let house = House::open().await;
    let mut shell = house.program(&[WORK, HOME, OLD]).await;
    // Bob looks on, at an account that nothing happens to.
    for user in ["alice", "carla"] {
        let put = Command::PutContact { address: address(user), name: String::new(), groups: Vec::new() };
        shell.submit(Msg::Action(Action::Order(AccountId::new("home"), put)));
    }
    until(&mut shell, "bob sees them", |app| {
        ["alice", "carla"].iter().all(|who| seen(app, "home", who) == Some(Availability::Online))
    })
    .await;
    let same = house.settings(&[HOME, OLD, WORK]);
    assert_eq!(shell.exchange(&same).words(), "3 accounts unchanged", "the order in the file does not matter");

    let new = house.settings(&[("work", "alice", "display_name = \"Alice Smith\""), HOME, ("club", "carla", "")]);
    let done = shell.exchange(&new);
    assert_eq!(done.words(), "1 account unchanged, work is signed in anew, club is new, old is signed out and removed");
    let phases = until(&mut shell, "the new accounts are signed in", |app| {
        online(app, "work") && online(app, "club") && !app.accounts.contains_key(&AccountId::new("old"))
    })
    .await;
    assert!(phases.iter().all(|(id, _)| id != "home"), "home was left alone: {phases:?}");
    let of = |id: &str| phases.iter().filter(|(of, _)| of == id).map(|(_, phase)| phase).collect::<Vec<_>>();
    for id in ["work", "old"] {
        assert_eq!(of(id)[0], &SignInPhase::Offline { why: None }, "signed out in good order");
    }
    assert_eq!(of("old").len(), 1);
    let out = phases.iter().position(|(id, _)| id == "old").unwrap();
    let begun = phases.iter().position(|(id, _)| id == "club").unwrap();
    assert!(out < begun, "of one address one after the other: {phases:?}");
    assert_eq!(shell.app().accounts[&AccountId::new("work")].own_name(), "Alice Smith");
    until(&mut shell, "bob sees them again", |app| {
        ["alice", "carla"].iter().all(|who| seen(app, "home", who) == Some(Availability::Online))
    })
    .await;
    writes(&mut shell, "work", "bob", "hello from the new one");
    writes(&mut shell, "home", "carla", "and to you");
    until(&mut shell, "messages go both ways", |app| {
        got(app, "home", "alice", "hello from the new one") == 1 && got(app, "club", "bob", "and to you") == 1
    })
    .await;
    shell.exchange(&house.settings(&[WORK, HOME]));
    until(&mut shell, "the server was told the farewell", |app| seen(app, "home", "carla") == Some(Availability::Offline)).await;
    shell.shutdown().await;
}

#[tokio::test]
async fn what_an_account_left_is_there_when_it_comes_back() {
    let house = House::open().await;
    let mut shell = house.program(&[WORK, HOME]).await;
    until(&mut shell, "the store is open", |app| app.ledger).await;
    writes(&mut shell, "home", "alice", "unread");
    until(&mut shell, "it came", |app| got(app, "work", "bob", "unread") == 1).await;
    let app = shell.app_mut();
    app.screen.drafts.insert(chat("work", "bob"), Composer::with("half written"));
    shell.submit(Msg::Action(Action::Select(RowKey::Person(
        Peer::new(&AccountId::new("work"), &address("bob")),
        crate::app::GroupKey::Strangers,
    ))));
    shell.submit(Msg::Action(Action::Open));
    shell.submit(Msg::Action(Action::Edit(crate::app::Edit::Insert('!'))));
    assert_eq!(shell.exchange(&house.settings(&[HOME])).words(), "1 account unchanged, work is signed out and removed");
    until(&mut shell, "it is gone", |app| app.accounts.len() == 1).await;
    assert!(shell.app().screen.drafts.is_empty() && shell.app().screen.open().is_none());
    assert_eq!(shell.exchange(&house.settings(&[WORK, HOME])).words(), "1 account unchanged, work is new");
    until(&mut shell, "it is back", |app| {
        let draft = app.screen.drafts.get(&chat("work", "bob")).map(|draft| draft.text().to_owned());
        online(app, "work") && draft.as_deref() == Some("half written!")
    })
    .await;
    shell.shutdown().await;
}

#[tokio::test]
async fn a_message_that_waited_goes_out_of_the_account_that_begins_anew_once() {
    let house = House::open().await;
    let mut shell = house.program(&[WORK, HOME]).await;
    until(&mut shell, "the store is open", |app| app.ledger).await;
    house.orders.send(ServerOrder::Refuse(true)).await.unwrap();
    until(&mut shell, "they wait", |app| !online(app, "work") && !online(app, "home")).await;
    writes(&mut shell, "work", "bob", "held back");
    shell.exchange(&house.settings(&[("work", "alice", "display_name = \"A\""), HOME]));
    house.orders.send(ServerOrder::Refuse(false)).await.unwrap();
    shell.submit(Msg::Action(Action::Order(AccountId::new("home"), Command::RetryNow)));
    until(&mut shell, "it arrives", |app| {
        let line = app.conversation(&chat("work", "bob")).and_then(|talk| talk.lines().next()).and_then(|line| line.fate.clone());
        got(app, "home", "alice", "held back") == 1 && line.is_some_and(|fate| fate.is_final())
    })
    .await;
    writes(&mut shell, "work", "bob", "the next");
    until(&mut shell, "the next comes", |app| got(app, "home", "alice", "the next") == 1).await;
    assert_eq!(got(shell.app(), "home", "alice", "held back"), 1, "not twice");
    shell.shutdown().await;
}

#[tokio::test]
async fn changes_that_overtake_each_other_end_as_the_last_one_says() {
    let house = House::open().await;
    let mut shell = house.program(&[WORK, HOME]).await;
    let named = |name: &str| house.settings(&[("work", "alice", &format!("display_name = \"{name}\"")), HOME]);
    shell.exchange(&named("A"));
    shell.exchange(&house.settings(&[HOME]));
    shell.exchange(&named("B"));
    shell.exchange(&house.settings(&[("work", "carla", ""), HOME]));
    assert_eq!(shell.exchange(&named("C")).words(), "1 account unchanged, work is signed in anew");
    until(&mut shell, "the last one holds", |app| {
        online(app, "work") && app.accounts[&AccountId::new("work")].own_name() == "C" && app.accounts.len() == 2
    })
    .await;
    // Another address under the same name is another account.
    shell.exchange(&house.settings(&[("work", "carla", ""), HOME]));
    until(&mut shell, "carla is there", |app| {
        online(app, "work") && app.accounts[&AccountId::new("work")].aor == address("carla")
    })
    .await;
    shell.exchange(&named("D"));
    shell.shutdown().await;
    assert!(shell.app().accounts.values().all(|account| !account.is_online()));
}

#[tokio::test]
async fn who_signed_out_stays_out_and_a_missing_password_is_told() {
    let house = House::open().await;
    let mut shell = house.program(&[WORK, HOME]).await;
    shell.submit(Msg::Action(Action::Order(AccountId::new("work"), Command::SignOut)));
    until(&mut shell, "work is out", |app| !online(app, "work")).await;
    let settings = house.settings(&[("work", "alice", "display_name = \"A\""), HOME]);
    assert_eq!(shell.exchange(&settings).anew, [AccountId::new("work")]);
    until(&mut shell, "it has its name", |app| app.accounts[&AccountId::new("work")].own_name() == "A").await;
    assert!(!shell.accounts[&AccountId::new("work")].awake, "it was signed out by hand");
    let mut settings = settings;
    let home = settings.accounts.iter_mut().find(|account| account.id.as_str() == "home").unwrap();
    home.password = PasswordSource::Command(vec!["false".to_owned()]);
    shell.exchange(&settings);
    until(&mut shell, "home signs out", |app| !online(app, "home")).await;
    until(&mut shell, "home is back by the password of before", |app| {
        online(app, "home") && app.notes.iter().any(|note| note.text.contains("signs in with the password of before"))
    })
    .await;
    shell.shutdown().await;
}

#[tokio::test]
async fn an_account_whose_password_nobody_knows_asks_for_it() {
    let house = House::open().await;
    let mut shell = house.program(&[HOME]).await;
    let mut settings = house.settings(&[WORK, HOME]);
    let work = settings.accounts.iter_mut().find(|account| account.id.as_str() == "work").unwrap();
    work.password = PasswordSource::Ask;
    shell.exchange(&settings);
    until(&mut shell, "the server wants one", |app| app.refused_password() == Some(AccountId::new("work"))).await;
    let given = Command::SetPassword(Secret::new("secret".to_owned()));
    for command in [given, Command::SignIn] {
        shell.submit(Msg::Action(Action::Order(AccountId::new("work"), command)));
    }
    until(&mut shell, "work is signed in", |app| online(app, "work")).await;
    // What was typed is known from then on.
    let work = settings.accounts.iter_mut().find(|account| account.id.as_str() == "work").unwrap();
    work.display_name = "Alice".to_owned();
    assert_eq!(shell.exchange(&settings).anew, [AccountId::new("work")]);
    until(&mut shell, "work signs out", |app| !online(app, "work")).await;
    until(&mut shell, "work is signed in again", |app| online(app, "work")).await;
    shell.shutdown().await;
}

/// Signs in at once, and never out.
#[derive(Debug, Default)]
struct Deaf(Option<Output>);

impl Backend for Deaf {
    fn handle_command(&mut self, command: Command, _: std::time::Instant) -> Result<(), Refused> {
        if command == Command::SignIn {
            let online = Event::Phase { phase: SignInPhase::Online, server: None, transport: None };
            self.0 = Some(Output::Event(online));
        }
        Ok(())
    }

    fn handle_input(&mut self, _: Input<'_>, _: std::time::Instant) {}

    fn handle_timeout(&mut self, _: std::time::Instant) {}

    fn poll_output(&mut self) -> Output {
        self.0.take().unwrap_or(Output::Idle(None))
    }
}

#[derive(Debug)]
struct Nowhere;

impl Opener for Nowhere {
    fn open(&self, _: Target, _: Known, _: Progress) -> Opening {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_says_nothing_is_given_up() {
    let id = AccountId::new("work");
    let network = Network { backend: Box::new(Deaf::default()), opener: Box::new(Nowhere), trace: None };
    let assembly = Assembly::bare(id.clone(), crate::app::AccountView::new(address("alice")), network);
    let mut shell = Shell::assemble(Policy::default(), vec![assembly]);
    shell.submit(Msg::Action(Action::Order(id.clone(), Command::SignIn)));
    until(&mut shell, "it is signed in", |app| online(app, "work")).await;
    writes(&mut shell, "work", "bob", "on its way");
    let (begin, farewell) = (Instant::now(), shell.accounts[&id].handle.as_ref().unwrap().farewell());
    shell.leave(&id);
    // Whoever changes their mind is too late.
    shell.submit(Msg::Action(Action::Order(id, Command::SignIn)));
    until(&mut shell, "it is given up", |app| app.accounts.is_empty()).await;
    assert_eq!(begin.elapsed(), farewell + GRACE);
}
