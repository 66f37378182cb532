//! The shell over a network that does as it is told, with a clock that stands still.

use std::collections::VecDeque;

use super::*;
use crate::app::{AccountView, Action};
use crate::backend::Backend;
use crate::backend::servers::Known;
use crate::backend::{Input, Output, Target};
use crate::model::{Access, Availability, Contact, Roster, RosterHome};
use crate::net::wires::Opener;
use crate::net::wires::{Opening, Progress};
use crate::policy::Policy;
use crate::runtime::beginning::Network;
use crate::runtime::roster_file;
use crate::runtime::secrets::Secrets;

/// Signs in and out at once; refuses searches; can be made deaf to sign-out.
#[derive(Debug, Default)]
struct Obedient {
    outputs: VecDeque<Output>,
    deaf: bool,
    /// Reports that follow sign-in.
    then: Vec<Event>,
}

impl Backend for Obedient {
    fn handle_command(&mut self, command: Command, _: std::time::Instant) -> Result<(), Refused> {
        let phase = |phase| Output::Event(Event::Phase { phase, server: None, transport: None });
        match command {
            Command::SignIn => {
                self.outputs.push_back(phase(SignInPhase::Online));
                self.outputs.extend(self.then.drain(..).map(Output::Event));
            }
            Command::SignOut if self.deaf => {}
            Command::SignOut => self.outputs.push_back(phase(SignInPhase::Offline { why: None })),
            _ => return Err(Refused::Unsupported("nothing else")),
        }
        Ok(())
    }

    fn handle_input(&mut self, _: Input<'_>, _: std::time::Instant) {}

    fn handle_timeout(&mut self, _: std::time::Instant) {}

    fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Idle(None))
    }
}

#[derive(Debug)]
struct Nowhere;

impl Opener for Nowhere {
    fn open(&self, _: Target, _: Known, _: Progress) -> Opening {
        Box::pin(std::future::pending())
    }
}

fn assembly(name: &str, backend: Obedient, roster_file: Option<PathBuf>) -> Assembly {
    let view = AccountView::new(Address::complete(name, Some("example.test")).unwrap());
    let network = Network { backend: Box::new(backend), opener: Box::new(Nowhere), trace: None };
    Assembly { roster_file, ..Assembly::bare(AccountId::new(name), view, network) }
}

fn order(name: &str, command: Command) -> Msg {
    Msg::Action(Action::Order(AccountId::new(name), command))
}

/// All that comes out until the shell says that it ends.
async fn rest(shell: &mut Shell) -> Vec<Happened> {
    let mut all = Vec::new();
    loop {
        match shell.next().await {
            Happened::Quit => return all,
            happened => all.push(happened),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reports_come_once_in_order_and_after_the_core_knows() {
    let presence = |availability| Event::OwnPresence(availability);
    let then = vec![presence(Availability::Busy), presence(Availability::Away)];
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", Obedient { then, ..Obedient::default() }, None)]);
    shell.submit(order("a", Command::SignIn));
    let mut reports = Vec::new();
    while reports.len() < 3 {
        if let Happened::Report(_, event) = shell.next().await {
            if reports.is_empty() {
                assert!(shell.app().accounts[&AccountId::new("a")].is_online());
            }
            reports.push(event);
        }
    }
    assert!(matches!(reports[0], Event::Phase { phase: SignInPhase::Online, .. }));
    assert_eq!(reports[1..], [presence(Availability::Busy), presence(Availability::Away)]);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told() {
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", Obedient::default(), None)]);
    shell.submit(order("a", Command::Search { words: "x".into() }));
    let refused = Refused::Unsupported("nothing else");
    assert_eq!(shell.next().await, Happened::Refused(AccountId::new("a"), refused));
}

#[tokio::test(start_paused = true)]
async fn that_somebody_is_there_is_said_every_three_seconds_at_most() {
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", Obedient::default(), None)]);
    let mut told = 0;
    for _ in 0..100 {
        shell.attend();
        // This network refuses the order, which shows that it came.
        let again = tokio::time::sleep(Duration::from_millis(100));
        tokio::select! {
            Happened::Refused(..) = shell.next() => told += 1,
            () = again => {}
        }
    }
    assert!((3..=4).contains(&told), "{told} in ten seconds");
}

#[tokio::test(start_paused = true)]
async fn shutdown_signs_out_everybody_and_waits_for_the_slow_for_three_seconds_only() {
    let slow = Obedient { deaf: true, ..Obedient::default() };
    let assemblies =
        vec![assembly("a", Obedient::default(), None), assembly("b", slow, None), assembly("c", Obedient::default(), None)];
    let mut shell = Shell::assemble(Policy::default(), assemblies);
    // The third is never signed in: nothing is to be waited for.
    for name in ["a", "b"] {
        shell.submit(order(name, Command::SignIn));
    }
    for _ in 0..2 {
        assert!(matches!(shell.next().await, Happened::Report(..)));
    }
    let before = Instant::now();
    shell.shutdown().await;
    assert_eq!(before.elapsed().as_secs(), 3);
    let offline: Vec<AccountId> = rest(&mut shell)
        .await
        .into_iter()
        .filter_map(|happened| match happened {
            Happened::Report(id, Event::Phase { phase: SignInPhase::Offline { .. }, .. }) => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(offline, [AccountId::new("a")]);
}

#[tokio::test(start_paused = true)]
async fn shutdown_without_anybody_signed_in_takes_no_time() {
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", Obedient::default(), None)]);
    let before = Instant::now();
    shell.shutdown().await;
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(rest(&mut shell).await, []);
}

#[tokio::test]
async fn a_local_roster_is_saved_before_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rosters").join("a.toml");
    let mut roster = Roster::default();
    roster.put(Contact::new(Address::parse("bob@example.test").unwrap()));
    let then = vec![Event::RosterReset { roster: roster.clone(), home: RosterHome::Local }];
    let backend = Obedient { then, ..Obedient::default() };
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", backend, Some(path.clone()))]);
    let vault = std::sync::Arc::new(crate::history::Vault::new(dir.path(), Ok(crate::history::Unlock::KeyFile)));
    shell.saves.vault = Some(vault.clone());
    shell.submit(order("a", Command::SignIn));
    while !matches!(shell.next().await, Happened::Report(_, Event::RosterReset { .. })) {}
    shell.shutdown().await;
    assert_eq!(roster_file::load(&path, &vault).unwrap().roster, roster);
}

#[tokio::test]
async fn a_roster_that_cannot_be_saved_is_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let path = dir.path().join("file").join("a.toml");
    let mut roster = Roster::default();
    roster.put(Contact::new(Address::parse("bob@example.test").unwrap()));
    let then = vec![Event::RosterReset { roster, home: RosterHome::Local }];
    let backend = Obedient { then, ..Obedient::default() };
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", backend, Some(path))]);
    shell.submit(order("a", Command::SignIn));
    while !matches!(shell.next().await, Happened::Report(_, Event::RosterReset { .. })) {}
    shell.shutdown().await;
    let told = shell.app().notes.iter().any(|note| note.text.contains("could not be saved"));
    assert!(told, "{:?}", shell.app().notes);
    let rest = rest(&mut shell).await;
    assert!(rest.iter().any(|h| matches!(h, Happened::Unsaved(text) if text.contains("could not be saved"))), "{rest:?}");
}

#[tokio::test]
async fn a_roster_that_is_as_before_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.toml");
    let then = vec![Event::RosterReset { roster: Roster::default(), home: RosterHome::Local }];
    let backend = Obedient { then, ..Obedient::default() };
    let mut shell = Shell::assemble(Policy::default(), vec![assembly("a", backend, Some(path.clone()))]);
    shell.submit(order("a", Command::SignIn));
    while !matches!(shell.next().await, Happened::Report(_, Event::RosterReset { .. })) {}
    shell.shutdown().await;
    assert!(!path.exists());
}

/// The settings of one account whose folders are in this one.
fn settings_in(dir: &std::path::Path) -> crate::config::Resolved {
    let folder = |name: &str| dir.join(name);
    let (config, data_dir, state_dir) = (folder("none.toml"), folder("data"), folder("state"));
    let paths = crate::config::Paths { config, config_given: false, data_dir, state_dir };
    let aor = Some(Address::parse("alice@example.test").unwrap());
    let over = crate::config::Overrides { aor, ..crate::config::Overrides::default() };
    crate::config::load(&paths, &over).resolved.unwrap()
}

#[tokio::test]
async fn without_the_key_of_what_is_decided_nothing_begins_and_nothing_is_made() {
    use crate::history::{Unlock, Vault, key_path, path};
    let dir = tempfile::tempdir().unwrap();
    let settings = settings_in(dir.path());
    let data = settings.data_dir.as_path();
    let me = &settings.accounts[0].aor;
    let list = roster_file::path(data, me);
    let access = [(Address::parse("eve@example.test").unwrap(), Access::Block)].into_iter().collect();
    roster_file::save(&list, me, &Roster::default(), &access, &Vault::new(data, Ok(Unlock::KeyFile))).unwrap();
    let sealed = std::fs::read(&list).unwrap();
    let right = std::fs::read(key_path(data)).unwrap();
    let other = format!("chinwag store key 1\nplain {}\n", "0".repeat(64)).into_bytes();
    for key in [None, Some(other)] {
        std::fs::remove_file(key_path(data)).unwrap();
        if let Some(key) = &key {
            std::fs::write(key_path(data), key).unwrap();
        }
        for start in 1..=3 {
            let fault = Shell::for_front(&settings, Secrets::new(), Front::Screen).unwrap_err();
            let is_locked = matches!(&fault, StartError::Roster(roster_file::RosterFault::Locked { .. }));
            assert!(is_locked, "start {start}: {fault}");
            assert_eq!(std::fs::read(key_path(data)).ok(), key, "start {start}");
            assert!(!path(data).exists() && std::fs::read(&list).unwrap() == sealed, "start {start}");
        }
        std::fs::write(key_path(data), &right).unwrap();
    }
    let mut shell = Shell::for_front(&settings, Secrets::new(), Front::Screen).unwrap();
    assert_eq!(shell.app().accounts.values().next().unwrap().access, access);
    shell.shutdown().await;
}

#[tokio::test]
async fn accounts_begin_when_the_store_is_open_or_cannot_be() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings_in(dir.path());
    for (passphrase, opens) in [("right", true), ("wrong", false), ("right", true)] {
        settings.unlock_command = vec!["printf".to_owned(), passphrase.to_owned()];
        let mut shell = Shell::for_front(&settings, Secrets::new(), Front::Screen).unwrap();
        let id = shell.app().accounts.keys().next().unwrap().clone();
        shell.submit(Msg::Action(Action::Order(id, Command::SetPresence(crate::model::OwnPresence::default()))));
        assert!(shell.app().opening && shell.accounts.values().all(|account| account.handle.is_none()) && shell.held.len() == 1);
        while shell.app().opening {
            shell.next().await;
        }
        assert!(shell.held.is_empty() && shell.accounts.values().all(|account| account.handle.is_some()));
        let told = shell.app().notes.iter().any(|note| note.text.contains("the passphrase does not open"));
        assert_eq!([shell.app().ledger, told], [opens, !opens]);
        shell.shutdown().await;
    }
}

#[tokio::test]
async fn a_second_program_on_one_folder_says_that_it_keeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings_in(dir.path());
    let told = |shell: &Shell| shell.app().notes.iter().any(|note| note.text.contains("another one runs"));
    let mut first = Shell::for_front(&settings, Secrets::new(), Front::Screen).unwrap();
    let mut second = Shell::for_front(&settings, Secrets::new(), Front::Screen).unwrap();
    assert_eq!([told(&first), first.app().opening], [false, true]);
    assert_eq!([told(&second), second.app().opening], [true, false]);
    while !first.app().ledger {
        first.next().await;
    }
    assert!(!first.app().opening && first.app().history);
    first.shutdown().await;
    second.shutdown().await;
    let mut third = Shell::for_front(&settings, Secrets::new(), Front::Screen).unwrap();
    drop((first, second));
    assert!(told(&third), "the first one still has the folder");
    third.shutdown().await;
}
