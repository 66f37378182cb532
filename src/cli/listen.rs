//! `listen`: everything that happens, as it happens.

use crate::backend::Event;

use super::args;
use super::exit::{Exit, Failure};
use super::session::{Session, Woke};

/// Runs it, until the session's time is over.
///
/// # Errors
/// Exit 3 or 4 when an account is signed out for good.
pub async fn run(session: &mut Session, task: &args::Listen) -> Result<Exit, Failure> {
    // The printer counts: what waited at the server may arrive before the account counts as online.
    while task.count.is_none_or(|count| session.printer.received() < count) {
        match session.next().await? {
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Timeout => break,
            Woke::Report(..) | Woke::File(..) | Woke::Refused(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
    Ok(Exit::Done)
}
