//! Commands that sign in, or use the connection of the running program: each gets its way there, a session,
//! and a scope of printing.

use super::args::{self, Global};
use super::attached::Interest;
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::printer::{Printer, Scope};
use super::way::{LEAST_TIME, Manner, Way};
use super::{files, listen, roster as contacts, say as script, send as message, status as own, wait as until, watch as presence};

/// `send`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn send(global: &Global, diagnostics: Diagnostics, task: &args::Send) -> Result<Exit, Failure> {
    // The password comes before the text where both are on standard input.
    if !task.file.is_empty() {
        return send_files(global, diagnostics, task);
    }
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    let text = message::text(task)?;
    block_on(async {
        let mut session = way.session(Interest::default(), printer)?;
        // No time at all would mean to leave without sending.
        session.limit_run(Some(task.timeout.unwrap_or(message::PATIENCE).max(LEAST_TIME)));
        session.run(false, async |session| message::run(session, &account, task, text).await).await
    })
}

/// `send --file`
fn send_files(global: &Global, diagnostics: Diagnostics, task: &args::Send) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let printer = Printer::new(global.json, Scope::Files, diagnostics);
    block_on(async {
        let mut session = way.session(Interest::default(), printer)?;
        session.limit_run(Some(task.timeout.unwrap_or(files::PATIENCE).max(LEAST_TIME)));
        session.run(false, async |session| files::send(session, &account, task).await).await
    })
}

/// What others offer to the running program is the business of whoever is before its screen.
fn alone(way: &Way) -> Result<(), Failure> {
    let text = "the running program takes its files by itself; leave out --attach";
    if way.is_attached() { Err(Failure::new(Exit::Usage, text)) } else { Ok(()) }
}

/// `receive`
///
/// # Errors
/// Exit 1 when the time is over, 2 to 7 as the contract has it.
pub fn receive(global: &Global, diagnostics: Diagnostics, task: &args::Receive) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::SignIn)?;
    alone(&way)?;
    let way = way.with_files_in(task.into.as_deref());
    let printer = Printer::new(global.json, Scope::Files, diagnostics);
    block_on(async {
        let mut session = way.session(Interest::default(), printer)?.visible();
        session.limit_run(task.timeout);
        session.run(false, async |session| files::receive(session, &account, task).await).await
    })
}

/// `watch`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn watch(global: &Global, diagnostics: Diagnostics, task: &args::Watch) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let people = presence::people(&account, task)?;
    let mut printer = Printer::new(global.json, Scope::Presence, diagnostics);
    printer.restrict(people.clone());
    block_on(async {
        let interest = Interest { presence: true, people, lists: true, ..Interest::default() };
        let mut session = way.session(interest, printer)?;
        session.limit_run(task.timeout);
        session.run(global.json && !task.once, async |session| presence::run(session, &account, task).await).await
    })
}

/// `status`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn status(global: &Global, diagnostics: Diagnostics, task: &args::Status) -> Result<Exit, Failure> {
    let manner = if task.stay { Manner::SignIn } else { Manner::Attach };
    let way = Way::of_all(global, diagnostics, manner)?;
    if task.state.is_some() && !task.stay && !way.is_attached() {
        return Err(Failure::new(Exit::Unreachable, own::NOBODY_STAYS));
    }
    let accounts = way.accounts.clone();
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let mut session = way.session(Interest::default(), printer)?;
        if task.stay {
            session = session.visible();
        }
        session.run(false, async |session| own::run(session, &accounts, task).await).await
    })
}

/// `wait`
///
/// # Errors
/// Exit 1 when the time is over, 2 to 7 as the contract has it.
pub fn wait(global: &Global, diagnostics: Diagnostics, task: &args::Wait) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let who = super::session::person(&task.who, &account)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let interest = Interest { presence: true, people: vec![who.clone()], ..Interest::default() };
        let mut session = way.session(interest, printer)?;
        session.limit_run(task.timeout.map(|after| after.max(std::time::Duration::from_millis(1))));
        session.run(false, async |session| until::run(session, &account, &who, task.status).await).await
    })
}

/// `listen`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn listen(global: &Global, diagnostics: Diagnostics, task: &args::Listen) -> Result<Exit, Failure> {
    let way = Way::of_all(global, diagnostics, Manner::SignIn)?;
    let printer = Printer::new(global.json, Scope::Everything, diagnostics);
    block_on(async {
        let mut session = way.session(Interest::ALL, printer)?.visible();
        session.limit_run(task.timeout);
        session.run(global.json, async |session| listen::run(session, task).await).await
    })
}

/// `say`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn say(global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::SignIn)?;
    // Made for programs: JSON with or without --json.
    let printer = Printer::new(true, Scope::Everything, diagnostics);
    block_on(async {
        let session = way.session(Interest::ALL, printer)?.visible();
        session.run(true, async |session| script::run(session, &account).await).await
    })
}

/// `roster`
///
/// # Errors
/// Exit 1 to 7, as the contract has it.
pub fn roster(global: &Global, diagnostics: Diagnostics, task: &args::Roster) -> Result<Exit, Failure> {
    // Two programs that change the list on this machine would undo each other's work.
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let session = way.session(Interest::LISTS, printer)?;
        session.run(false, async |session| contacts::run(session, &account, task).await).await
    })
}

/// `access`
///
/// # Errors
/// Exit 1 to 7, as the contract has it.
pub fn access(global: &Global, diagnostics: Diagnostics, task: &args::Access) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let session = way.session(Interest::LISTS, printer)?;
        session.run(false, async |session| contacts::access(session, &account, task).await).await
    })
}

/// `find`
///
/// # Errors
/// Exit 1 to 7, as the contract has it.
pub fn find(global: &Global, diagnostics: Diagnostics, words: &[String]) -> Result<Exit, Failure> {
    let (way, account) = Way::of_one(global, diagnostics, Manner::Attach)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let session = way.session(Interest::default(), printer)?;
        session.run(false, async |session| contacts::find(session, &account, words).await).await
    })
}

/// Runs one thing that waits, on this thread.
///
/// # Errors
/// What it fails with, or exit 1 when the system refuses to start it.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    // A name being looked up must not hold up the end.
    runtime.shutdown_background();
    outcome
}
