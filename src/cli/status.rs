//! `status`: how others see us, and how they shall.

use crate::backend::{Command, Event};
use crate::model::{Availability, OwnPresence, Presence};

use super::args;
use super::events::{self, JsonEvent};
use super::exit::{Exit, Failure};
use super::printer::now;
use super::session::{CONFIRM_TIME, Session, Who, Woke};

/// What is said when it cannot last.
pub const NOBODY_STAYS: &str = "others see you so only while a program is signed in, and none runs that can be told; \
    start `chinwag`, or add --stay to stay signed in until this is interrupted";

/// Runs it for every account, and prints how each is seen then.
///
/// # Errors
/// Exit 1 when the server does not confirm a change.
pub async fn run(session: &mut Session, accounts: &[Who], task: &args::Status) -> Result<Exit, Failure> {
    for account in accounts {
        let shown = match task.state {
            Some(state) => set(session, account, state, &task.note.join(" ")).await?,
            None => seen(session, account).await?,
        };
        if session.printer.is_json() {
            let base = JsonEvent::new("presence", now(), Some(&account.id));
            let note = shown.note.as_deref().unwrap_or_default();
            session.printer.event(&events::own_presence(base, &account.aor, shown.availability, note))?;
        } else {
            let roster = session.view(&account.id).map(|view| view.roster.clone()).unwrap_or_default();
            session.printer.presence(&account.id, &account.aor, &shown, &roster)?;
        }
    }
    if task.stay {
        loop {
            if let Woke::Report(id, Event::Phase { phase, .. }) = session.next().await? {
                session.check_phase(&id, &phase, false)?;
            }
        }
    }
    Ok(Exit::Done)
}

/// How others see us: as the running program knows, else as the server tells when it is asked.
async fn seen(session: &mut Session, account: &Who) -> Result<Presence, Failure> {
    if session.is_attached() {
        return Ok(own(session, account).unwrap_or_default());
    }
    session.order(&account.id, Command::Look(vec![account.aor.clone()]))?;
    session.limit(Some(CONFIRM_TIME));
    loop {
        match session.next().await? {
            Woke::Report(_, Event::Presence { who, now }) if who == account.aor => return Ok(now),
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, true)?,
            Woke::Refused(_, refused) => return Err(refused.into()),
            Woke::Timeout => return Ok(Presence::default()),
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
}

async fn set(session: &mut Session, account: &Who, chosen: Availability, note: &str) -> Result<Presence, Failure> {
    let wanted = Presence { availability: chosen, note: (!note.is_empty()).then(|| note.to_owned()), ..Presence::default() };
    // Then the server has nothing new to confirm; but what was found out by itself becomes the user's choice.
    let same = own(session, account).is_some_and(|now| now == wanted);
    let order = OwnPresence { chosen, note: note.to_owned(), automatic: None, since: now() };
    session.order(&account.id, Command::SetPresence(order))?;
    if same {
        return Ok(wanted);
    }
    session.limit(Some(CONFIRM_TIME));
    loop {
        match session.next().await? {
            Woke::Report(id, Event::OwnPresence(shown)) if id == account.id && shown == chosen => break,
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, true)?,
            Woke::Refused(_, refused) => return Err(refused.into()),
            Woke::Timeout => {
                return Err(Failure::new(Exit::Failed, "the server did not confirm it in time; others may see you otherwise"));
            }
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
    session.limit(None);
    Ok(wanted)
}

/// What the running program has told of us.
fn own(session: &Session, account: &Who) -> Option<Presence> {
    let view = session.view(&account.id).filter(|_| session.is_attached())?;
    let note = (!view.own.note.is_empty()).then(|| view.own.note.clone());
    Some(Presence { availability: view.own_shown?, note, ..Presence::default() })
}
