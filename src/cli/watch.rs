//! `watch`: presence, once or as it changes.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::backend::{Command, Event};
use crate::model::{Address, Presence, Roster, SignInPhase};

use super::args;
use super::exit::{Exit, Failure};
use super::session::{Session, Who, Woke, person};

/// Longest wait for the first full state with `--once`, unless the user gave another.
const FIRST_STATE: Duration = Duration::from_secs(10);

/// Runs it, until the session's time is over.
///
/// # Errors
/// Exit 3 or 4 when the account is signed out for good.
pub async fn run(session: &mut Session, account: &Who, task: &args::Watch) -> Result<Exit, Failure> {
    let asked = people(account, task)?;
    let roster = roster(session, account);
    let strangers: Vec<Address> = asked.iter().filter(|who| roster.contact(who).is_none()).cloned().collect();
    if !strangers.is_empty() {
        let order = if task.once { Command::Look(strangers) } else { Command::Watch(strangers) };
        session.order(&account.id, order)?;
    }
    if task.once {
        session.limit_once(FIRST_STATE);
    }
    let mut first = First::new(&asked, &roster);
    // What came while signing in was printed by then; it counts as said.
    first.told.extend(roster.contacts().filter(|c| c.presence != Presence::default()).map(|c| c.address.clone()));
    // The running program has waited long enough for them.
    if session.is_settled(&account.id) {
        first.given_up.extend(roster.contacts().map(|contact| contact.address.clone()));
    }
    loop {
        if task.once && first.is_complete() {
            break;
        }
        match session.next().await? {
            Woke::Report(_, Event::Presence { who, .. }) => {
                first.told.insert(who);
            }
            Woke::Report(_, Event::RosterReset { roster, .. }) if asked.is_empty() => {
                first.wanted = roster.contacts().map(|contact| contact.address.clone()).collect();
            }
            Woke::Report(id, Event::Phase { phase, .. }) => {
                session.check_phase(&id, &phase, false)?;
                if task.once && matches!(phase, SignInPhase::Waiting { .. }) {
                    session.check_phase(&id, &phase, true)?;
                }
            }
            Woke::Refused(id, refused) => session.printer.refusal(&id, &refused.to_string())?,
            Woke::Timeout => break,
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
    if task.once {
        // Of these nothing was heard: that is what is said of them.
        let roster = self::roster(session, account);
        for who in first.missing() {
            session.printer.presence(&account.id, &who, &Presence::default(), &roster)?;
        }
    }
    Ok(Exit::Done)
}

/// The people asked for on the command line.
///
/// # Errors
/// Exit 2 when one is no address.
pub fn people(account: &Who, task: &args::Watch) -> Result<Vec<Address>, Failure> {
    task.who.iter().map(|who| person(who, account)).collect()
}

fn roster(session: &Session, account: &Who) -> Roster {
    session.view(&account.id).map(|view| view.roster.clone()).unwrap_or_default()
}

/// Whose first state is still missing.
struct First {
    wanted: BTreeSet<Address>,
    told: BTreeSet<Address>,
    /// Of these nothing will be heard.
    given_up: BTreeSet<Address>,
}

impl First {
    fn new(asked: &[Address], roster: &Roster) -> Self {
        let wanted = if asked.is_empty() {
            roster.contacts().map(|contact| contact.address.clone()).collect()
        } else {
            asked.iter().cloned().collect()
        };
        Self { wanted, told: BTreeSet::new(), given_up: BTreeSet::new() }
    }

    fn is_complete(&self) -> bool {
        self.wanted.iter().all(|who| self.told.contains(who) || self.given_up.contains(who))
    }

    fn missing(&self) -> Vec<Address> {
        self.wanted.difference(&self.told).cloned().collect()
    }
}
