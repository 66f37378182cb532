//! `listen`: everything that happens, as it happens.

use crate::backend::Event;

use super::args;
use super::exit::{Exit, Failure};
use super::session::{Session, Woke};

/// Runs it.
///
/// # Errors
/// Exit 3 or 4 when an account is signed out for good.
pub async fn run(session: &mut Session, task: &args::Listen) -> Result<Exit, Failure> {
    session.limit(task.timeout);
    let mut messages = 0;
    loop {
        match session.next().await? {
            Woke::Report(_, Event::Text { .. }) => {
                messages += 1;
                if task.count.is_some_and(|count| messages >= count) {
                    return Ok(Exit::Done);
                }
            }
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Timeout => return Ok(Exit::Done),
            Woke::Report(..) | Woke::Refused(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
}
