//! The whole way over real sockets: shell, driver, TCP, embedded server.

use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::app::{Action, Msg};
use crate::backend::{Command, Event};
use crate::model::{Availability, SignInPhase};
use crate::runtime::{Happened, Shell};

/// Waits for a phase; the words of those on the way come back.
async fn until(shell: &mut Shell, wanted: &str) -> Vec<&'static str> {
    let mut words = Vec::new();
    let found = timeout(Duration::from_secs(20), async {
        loop {
            if let Happened::Report(_, Event::Phase { phase, .. }) = shell.next().await {
                words.push(phase.word());
                if phase.word() == wanted {
                    return;
                }
            }
        }
    });
    assert!(found.await.is_ok(), "never {wanted}: {words:?}");
    words
}

#[tokio::test]
async fn signs_in_survives_a_cut_and_signs_out() {
    let world = DemoWorld::start(Some(1)).await.unwrap();
    let mut shell = Shell::new(&world.settings, world.secrets()).unwrap();
    let id = world.settings.accounts[0].id.clone();
    shell.submit(Msg::Action(Action::Order(id.clone(), Command::SignIn)));
    let words = until(&mut shell, "online").await;
    assert_eq!(words.first(), Some(&"resolving"), "{words:?}");

    world.cut().await;
    let words = until(&mut shell, "waiting").await;
    assert_eq!(words, ["waiting"]);
    shell.submit(Msg::Action(Action::Order(id, Command::RetryNow)));
    until(&mut shell, "online").await;

    shell.shutdown().await;
    let mut last = None;
    loop {
        match shell.next().await {
            Happened::Report(_, Event::Phase { phase, .. }) => last = Some(phase),
            Happened::Quit => break,
            _ => {}
        }
    }
    assert_eq!(last, Some(SignInPhase::Offline { why: None }));
}

#[tokio::test]
async fn a_server_that_is_down_is_waited_for() {
    let world = DemoWorld::start(Some(1)).await.unwrap();
    world.refuse(true).await;
    let mut shell = Shell::new(&world.settings, world.secrets()).unwrap();
    let id = world.settings.accounts[0].id.clone();
    shell.submit(Msg::Action(Action::Order(id.clone(), Command::SignIn)));
    until(&mut shell, "waiting").await;
    world.refuse(false).await;
    shell.submit(Msg::Action(Action::Order(id, Command::RetryNow)));
    until(&mut shell, "online").await;
}

#[tokio::test]
async fn people_are_on_the_list_and_their_presence_comes() {
    let world = DemoWorld::start(Some(1)).await.unwrap();
    let mut shell = Shell::new(&world.settings, world.secrets()).unwrap();
    let id = world.settings.accounts[0].id.clone();
    assert!(!shell.app().accounts[&id].roster.is_empty());
    shell.submit(Msg::Action(Action::Order(id, Command::SignIn)));
    let seen = timeout(Duration::from_secs(20), async {
        loop {
            if let Happened::Report(_, Event::Presence { who, now }) = shell.next().await
                && now.availability == Availability::Online
            {
                return who;
            }
        }
    });
    assert_eq!(seen.await.unwrap().domain(), DOMAIN);
}
