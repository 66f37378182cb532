//! Time limits of a session, over a network that answers late or never, with a clock that stands still.

use std::collections::VecDeque;

use super::super::output::Diagnostics;
use super::super::printer::Scope;
use super::super::{args, listen};
use super::*;
use crate::backend::servers::Known;
use crate::backend::{Backend, Input, Output, Target};
use crate::net::wires::{Opener, Opening, Progress};
use crate::policy::Policy;
use crate::runtime::Network;
use crate::runtime::shell::Assembly;

/// Signs in at once or never, takes every change, and confirms changes after a while or never.
#[derive(Debug, Default)]
struct Slow {
    deaf: bool,
    confirms_after: Option<Duration>,
    due: Option<std::time::Instant>,
    outputs: VecDeque<Output>,
}

impl Backend for Slow {
    fn handle_command(&mut self, command: Command, now: std::time::Instant) -> Result<(), Refused> {
        let phase = |phase| Output::Event(Event::Phase { phase, server: None, transport: None });
        match command {
            Command::SignIn if !self.deaf => self.outputs.push_back(phase(SignInPhase::Online)),
            Command::SignOut => self.outputs.push_back(phase(SignInPhase::Offline { why: None })),
            Command::ConfirmLists => self.due = self.confirms_after.map(|after| now + after),
            _ => {}
        }
        Ok(())
    }

    fn handle_input(&mut self, _: Input<'_>, _: std::time::Instant) {}

    fn handle_timeout(&mut self, now: std::time::Instant) {
        if self.due.take_if(|due| *due <= now).is_some() {
            self.outputs.push_back(Output::Event(Event::ListsConfirmed));
        }
    }

    fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Idle(self.due))
    }
}

#[derive(Debug)]
struct Nowhere;

impl Opener for Nowhere {
    fn open(&self, _: Target, _: Known, _: Progress) -> Opening {
        Box::pin(std::future::pending())
    }
}

fn id() -> AccountId {
    AccountId::new("a")
}

fn session(backend: Slow) -> Session {
    let view = AccountView::new(Address::parse("alice@example.test").unwrap());
    let network = Network { backend: Box::new(backend), opener: Box::new(Nowhere), trace: None };
    let assembly = Assembly::bare(id(), view, network);
    let shell = Shell::assemble(Policy::default(), vec![assembly]);
    Session::over(shell, vec![id()], false, Printer::new(false, Scope::Nothing, Diagnostics::new(true))).unwrap()
}

/// Blocks somebody and waits until that is confirmed: how it ended, after how many seconds.
async fn block(confirms_after: Option<Duration>) -> (Result<Exit, Failure>, u64) {
    let before = Instant::now();
    let who = Address::parse("eve@example.test").unwrap();
    let work = async |session: &mut Session| {
        session.order(&id(), Command::SetAccess { who, access: crate::model::Access::Block })?;
        session.lists_confirmed(&id()).await?;
        Ok(Exit::Done)
    };
    let outcome = session(Slow { confirms_after, ..Slow::default() }).run(false, work).await;
    (outcome, before.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_has_time_to_confirm_a_change() {
    assert_eq!(block(Some(Duration::from_secs(15))).await, (Ok(Exit::Done), 15));
    let (outcome, seconds) = block(None).await;
    assert_eq!((outcome, seconds), (Err(Failure::new(Exit::Failed, NOT_CONFIRMED)), 20));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_waited_for_where_nothing_was_changed() {
    let before = Instant::now();
    let work = async |session: &mut Session| session.lists_confirmed(&id()).await.map(|()| Exit::Done);
    assert_eq!(session(Slow::default()).run(false, work).await, Ok(Exit::Done));
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_limit_counts_from_the_start() {
    let before = Instant::now();
    let mut session = session(Slow { deaf: true, ..Slow::default() });
    session.limit_run(Some(Duration::from_secs(5)));
    let failure = session.run(false, async |_| Ok(Exit::Done)).await.unwrap_err();
    assert_eq!((failure.exit, before.elapsed().as_secs() < 10), (Exit::Unreachable, true));
    assert!(failure.text.contains("within the time given"), "{}", failure.text);
}

#[tokio::test(start_paused = true)]
async fn a_limit_goes_on_after_signing_in() {
    // No time at all: sign in, and leave.
    for limit in [5, 0] {
        let before = Instant::now();
        let mut session = session(Slow::default());
        let task = args::Listen { timeout: Some(Duration::from_secs(limit)), count: None };
        session.limit_run(task.timeout);
        let exit = session.run(false, async |session| listen::run(session, &task).await).await;
        assert_eq!((exit, before.elapsed().as_secs()), (Ok(Exit::Done), limit));
    }
}
