//! Files on the command line: sending them, and taking those that others offer.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::app::AccountView;
use crate::app::transfers::{FileStage, Transfer};
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
    for path in &task.file {
        session.offer_file(&account.id, to.clone(), path.clone(), None)?;
    }
    let outcome = gone(session, account, task.file.len()).await;
    let failed = match outcome {
        Ok(failed) => failed,
        Err(failure) => {
            stop(session, account);
            return Err(failure);
        }
    };
    match failed {
        None => Ok(Exit::Done),
        Some(why) => Err(Failure::new(Exit::NotDelivered, format!("not everything was sent to {}: {why}", to.short()))),
    }
}

/// Waits until so many files have gone, or will not go; gives why the first of those will not.
async fn gone(session: &mut Session, account: &Who, count: usize) -> Result<Option<String>, Failure> {
    let mut over = BTreeSet::new();
    let mut failed = None;
    while over.len() < count {
        let woke = match session.next().await {
            // Whatever the running program had begun is over with it.
            Err(failure) if failure.exit == Exit::Unreachable => {
                return Err(Failure::new(Exit::NotDelivered, failure.text));
            }
            woke => woke?,
        };
        match woke {
            Woke::File(id, file) if id == account.id && file.is_sent() => {
                match session.view(&id).and_then(|view| view.transfers.get(&file)).map(|transfer| &transfer.stage) {
                    Some(FileStage::Done { .. }) => {
                        over.insert(file);
                    }
                    Some(FileStage::Ended { why }) if over.insert(file) => {
                        failed = failed.or_else(|| Some(why.clone()));
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
    Ok(failed)
}

/// Who leaves takes its files along: the running program would go on with them. One that signs out stops its own.
fn stop(session: &mut Session, account: &Who) {
    let view = session.view(&account.id).filter(|_| session.is_attached());
    let open: Vec<FileId> = view.map_or_else(Vec::new, |view| {
        view.transfers.iter().filter(|(_, transfer)| !transfer.is_over()).map(|(id, _)| *id).collect()
    });
    for id in open {
        // That it is gone is known already.
        let _ = session.decide_file(&account.id, id, false);
    }
}

/// Takes files until there are enough.
///
/// # Errors
/// Exit 1 when the time is over before.
pub async fn receive(session: &mut Session, account: &Who, task: &args::Receive) -> Result<Exit, Failure> {
    let from = task.from.iter().map(|who| person(who, account)).collect::<Result<Vec<Address>, _>>()?;
    let mut taking =
        Taking { from, yes: task.yes, count: task.count, came: 0, under_way: BTreeSet::new(), doubtful: BTreeSet::new() };
    loop {
        // What was offered while we signed in is there before anything happens here.
        let decided = session.view(&account.id).map_or_else(Vec::new, |view| taking.decide(view));
        for (id, yes) in decided {
            session.decide_file(&account.id, id, yes)?;
        }
        if taking.came >= taking.count {
            return Ok(Exit::Done);
        }
        match session.next().await? {
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Timeout => {
                let words = format!("{} of {} files came in time", taking.came, task.count);
                return Err(Failure::new(Exit::Failed, words));
            }
            Woke::Report(..) | Woke::File(..) | Woke::Refused(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
}

/// Which files are taken, and how far it is.
struct Taking {
    /// Whose; empty: those in the roster.
    from: Vec<Address>,
    /// Even what there are doubts about.
    yes: bool,
    /// Files that are wanted.
    count: u64,
    /// Files that are here.
    came: u64,
    /// Those we said yes to that are not over.
    under_way: BTreeSet<FileId>,
    /// Those that were found doubtful and decided about.
    doubtful: BTreeSet<FileId>,
}

impl Taking {
    /// What there is to say to the files of an account as they are now: no more are taken than are missing.
    fn decide(&mut self, view: &AccountView) -> Vec<(FileId, bool)> {
        let mut decided = Vec::new();
        for (&id, transfer) in view.transfers.iter().filter(|(id, _)| !id.is_sent()) {
            match transfer.stage {
                FileStage::Offered if !self.wants(view, transfer) => decided.push((id, false)),
                FileStage::Offered if self.came + (self.under_way.len() as u64) < self.count && self.under_way.insert(id) => {
                    decided.push((id, true));
                }
                FileStage::Doubtful if self.doubtful.insert(id) => decided.push((id, self.wants(view, transfer))),
                FileStage::Done { .. } if self.under_way.remove(&id) => self.came += 1,
                FileStage::Ended { .. } => {
                    self.under_way.remove(&id);
                }
                _ => {}
            }
        }
        decided
    }

    fn wants(&self, view: &AccountView, transfer: &Transfer) -> bool {
        let known = match self.from.as_slice() {
            [] => view.roster.contact(&transfer.peer).is_some(),
            some => some.contains(&transfer.peer),
        };
        known && transfer.secret && (self.yes || transfer.doubts.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Address {
        Address::parse("alice@example.test").unwrap()
    }

    fn taking(count: u64) -> Taking {
        Taking { from: vec![alice()], yes: false, count, came: 0, under_way: BTreeSet::new(), doubtful: BTreeSet::new() }
    }

    fn with(files: &[(u64, FileStage)]) -> AccountView {
        let mut view = AccountView::new(Address::parse("bob@example.test").unwrap());
        for (number, stage) in files {
            let transfer = Transfer {
                peer: alice(),
                name: "minutes.txt".to_owned(),
                path: None,
                octets: 20,
                secret: true,
                doubts: Vec::new(),
                blocked: false,
                stage: stage.clone(),
                warned: false,
            };
            view.transfers.insert(FileId::Received(*number), transfer);
        }
        view
    }

    fn done() -> FileStage {
        FileStage::Done { place: None, confirmed: true }
    }

    #[test]
    fn what_was_offered_before_we_looked_is_taken_and_asked_about_once() {
        let view = with(&[(1, FileStage::Offered)]);
        let mut one = taking(1);
        assert_eq!(one.decide(&view), [(FileId::Received(1), true)]);
        assert!(one.decide(&view).is_empty());
        assert!(one.decide(&with(&[(1, FileStage::Agreeing)])).is_empty());
        one.decide(&with(&[(1, done())]));
        assert_eq!(one.came, 1);
        one.decide(&with(&[(1, done())]));
        assert_eq!(one.came, 1, "counted once");
    }

    #[test]
    fn no_more_than_are_missing_and_the_next_where_one_fails() {
        let mut one = taking(1);
        let (first, second) = (FileId::Received(1), FileId::Received(2));
        assert_eq!(one.decide(&with(&[(1, FileStage::Offered), (2, FileStage::Offered)])), [(first, true)]);
        let failed = FileStage::Ended { why: "it was cancelled".to_owned() };
        assert_eq!(one.decide(&with(&[(1, failed), (2, FileStage::Offered)])), [(second, true)]);
    }

    #[test]
    fn of_others_in_clear_or_doubtful_is_declined() {
        let mut view =
            with(&[(1, FileStage::Offered), (2, FileStage::Offered), (3, FileStage::Offered), (4, FileStage::Doubtful)]);
        let change = |view: &mut AccountView, number, change: &dyn Fn(&mut Transfer)| {
            change(view.transfers.get_mut(&FileId::Received(number)).unwrap());
        };
        change(&mut view, 1, &|transfer| transfer.peer = Address::parse("eve@example.test").unwrap());
        change(&mut view, 2, &|transfer| transfer.secret = false);
        change(&mut view, 3, &|transfer| transfer.doubts = vec!["it is a program".to_owned()]);
        change(&mut view, 4, &|transfer| transfer.doubts = vec!["it is a program".to_owned()]);
        let all = [1, 2, 3, 4].map(|number| (FileId::Received(number), false));
        assert_eq!(taking(9).decide(&view), all);
    }
}
