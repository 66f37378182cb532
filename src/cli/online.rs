//! Commands that sign in: each gets its settings and passwords, a session, and a scope of printing.

use std::time::Duration;

use crate::config::{AccountSettings, Resolved};
use crate::runtime::secrets::Secrets;

use super::args::{self, Global};
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::printer::{Printer, Scope};
use super::session::Session;
use super::{listen, roster as contacts, say as script, secrets, send as message, settings, wait as until, watch as presence};

/// `send`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn send(global: &Global, diagnostics: Diagnostics, task: &args::Send) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    // The password comes before the text where both are on standard input.
    let (settings, secrets) = with_secrets(settings, global)?;
    let text = message::text(task)?;
    block_on(async {
        let mut session = Session::start(&settings, secrets, printer)?;
        // No time at all would mean to leave without sending.
        session.limit_run(Some(task.timeout.max(Duration::from_millis(1))));
        session.run(false, async |session| message::run(session, &account, task, text).await).await
    })
}

/// `watch`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn watch(global: &Global, diagnostics: Diagnostics, task: &args::Watch) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let people = presence::people(&account, task)?;
    let (settings, secrets) = with_secrets(settings, global)?;
    let mut printer = Printer::new(global.json, Scope::Presence, diagnostics);
    printer.restrict(people);
    block_on(async {
        let mut session = Session::start(&settings, secrets, printer)?;
        session.limit_run(task.timeout);
        session.run(global.json && !task.once, async |session| presence::run(session, &account, task).await).await
    })
}

/// `wait`
///
/// # Errors
/// Exit 1 when the time is over, 2 to 7 as the contract has it.
pub fn wait(global: &Global, diagnostics: Diagnostics, task: &args::Wait) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let who = super::session::person(&task.who, &account)?;
    let (settings, secrets) = with_secrets(settings, global)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let mut session = Session::start(&settings, secrets, printer)?;
        session.limit_run(task.timeout.map(|after| after.max(Duration::from_millis(1))));
        session.run(false, async |session| until::run(session, &account, &who, task.status).await).await
    })
}

/// `listen`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn listen(global: &Global, diagnostics: Diagnostics, task: &args::Listen) -> Result<Exit, Failure> {
    let settings = settings::resolve(global, diagnostics)?;
    if settings.accounts.is_empty() {
        return Err(settings::no_account());
    }
    let (settings, secrets) = with_secrets(settings, global)?;
    let printer = Printer::new(global.json, Scope::Everything, diagnostics);
    block_on(async {
        let mut session = Session::start(&settings, secrets, printer)?.visible();
        session.limit_run(task.timeout);
        session.run(global.json, async |session| listen::run(session, task).await).await
    })
}

/// `say`
///
/// # Errors
/// Exit 2 to 7, as the contract has it.
pub fn say(global: &Global, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let (settings, secrets) = with_secrets(settings, global)?;
    // Made for programs: JSON with or without --json.
    let printer = Printer::new(true, Scope::Everything, diagnostics);
    block_on(async {
        let session = Session::start(&settings, secrets, printer)?.visible();
        session.run(true, async |session| script::run(session, &account).await).await
    })
}

/// `roster`
///
/// # Errors
/// Exit 1 to 7, as the contract has it.
pub fn roster(global: &Global, diagnostics: Diagnostics, task: &args::Roster) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let (settings, secrets) = with_secrets(settings, global)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let session = Session::start(&settings, secrets, printer)?;
        session.run(false, async |session| contacts::run(session, &account, task).await).await
    })
}

/// `access`
///
/// # Errors
/// Exit 1 to 7, as the contract has it.
pub fn access(global: &Global, diagnostics: Diagnostics, task: &args::Access) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let (settings, secrets) = with_secrets(settings, global)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let session = Session::start(&settings, secrets, printer)?;
        session.run(false, async |session| contacts::access(session, &account, task).await).await
    })
}

/// `find`
///
/// # Errors
/// Exit 1 to 7, as the contract has it.
pub fn find(global: &Global, diagnostics: Diagnostics, words: &[String]) -> Result<Exit, Failure> {
    let (settings, account) = single(global, diagnostics)?;
    let (settings, secrets) = with_secrets(settings, global)?;
    let printer = Printer::new(global.json, Scope::Nothing, diagnostics);
    block_on(async {
        let session = Session::start(&settings, secrets, printer)?;
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

fn single(global: &Global, diagnostics: Diagnostics) -> Result<(Resolved, AccountSettings), Failure> {
    let settings = settings::resolve(global, diagnostics)?;
    let account = settings::single_account(&settings)?.clone();
    Ok((settings, account))
}

fn with_secrets(mut settings: Resolved, global: &Global) -> Result<(Resolved, Secrets), Failure> {
    let secrets = secrets::gather(&mut settings, global)?;
    Ok((settings, secrets))
}
