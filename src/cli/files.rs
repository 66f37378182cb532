//! Files on the command line: sending them, and taking those that others offer.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::app::FileAct;
use crate::app::transfers::FileStage;
use crate::backend::Event;
use crate::model::{Address, FileId};

use super::args;
use super::exit::{Exit, Failure};
use super::session::{Session, Who, Woke, person};

/// Longest wait until somebody takes a file, if nothing else is said.
pub const PATIENCE: Duration = Duration::from_mins(10);

/// Sends files and waits until each has gone, or will not go.
///
/// # Errors
/// Exit 6 when one was not sent.
pub async fn send(session: &mut Session, account: &Who, task: &args::Send) -> Result<Exit, Failure> {
    let to = person(&task.to, account)?;
    let mut open = BTreeSet::new();
    let mut failed = Vec::new();
    for path in &task.file {
        open.insert(session.next_file());
        session.file(FileAct::Offer { account: account.id.clone(), to: to.clone(), path: path.clone() })?;
    }
    while !open.is_empty() {
        match session.next().await? {
            Woke::File(id, file) if id == account.id && open.contains(&file) => {
                match session.view(&id).and_then(|view| view.transfers.get(&file)).map(|transfer| &transfer.stage) {
                    Some(FileStage::Done { .. }) => {
                        open.remove(&file);
                    }
                    Some(FileStage::Ended { why }) => {
                        failed.push(why.clone());
                        open.remove(&file);
                    }
                    // What travels may take as long as it takes: that it moves is watched elsewhere.
                    Some(FileStage::Moving(_)) => session.limit(None),
                    _ => {}
                }
            }
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Timeout => return Err(Failure::new(Exit::NotDelivered, "nobody took the file in time")),
            Woke::Report(..) | Woke::File(..) | Woke::Refused(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
    match failed.first() {
        None => Ok(Exit::Done),
        Some(why) => Err(Failure::new(Exit::NotDelivered, format!("not everything was sent to {}: {why}", to.short()))),
    }
}

/// Takes files until there are enough.
///
/// # Errors
/// Exit 1 when the time is over before.
pub async fn receive(session: &mut Session, account: &Who, task: &args::Receive) -> Result<Exit, Failure> {
    let from = task.from.iter().map(|who| person(who, account)).collect::<Result<Vec<Address>, _>>()?;
    let mut came = 0;
    let mut answered: BTreeSet<FileId> = BTreeSet::new();
    while came < task.count {
        match session.next().await? {
            Woke::File(id, file) if id == account.id && !file.is_sent() => {
                let Some(transfer) = session.view(&id).and_then(|view| view.transfers.get(&file)) else { continue };
                let wanted = if from.is_empty() {
                    session.view(&id).is_some_and(|view| view.roster.contact(&transfer.peer).is_some())
                } else {
                    from.contains(&transfer.peer)
                };
                let yes = wanted && transfer.secret && (task.yes || transfer.doubts.is_empty());
                match transfer.stage {
                    FileStage::Offered if answered.insert(file) => {
                        session.file(FileAct::Decide { account: id, id: file, yes })?;
                    }
                    FileStage::Doubtful => session.file(FileAct::Decide { account: id, id: file, yes })?,
                    FileStage::Done { .. } => came += 1,
                    _ => {}
                }
            }
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Timeout => return Err(Failure::new(Exit::Failed, format!("{came} of {} files came in time", task.count))),
            Woke::Report(..) | Woke::File(..) | Woke::Refused(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
    Ok(Exit::Done)
}
