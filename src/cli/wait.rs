//! `wait`: until somebody is what they are waited for.

use crate::app::Condition;
use crate::backend::{Command, Event};
use crate::model::{Address, Presence};

use super::exit::{Exit, Failure};
use super::session::{Session, Who, Woke};

/// Waits, and prints the presence that ended it.
///
/// # Errors
/// Exit 1 when the time is over; 3 or 4 when the account is signed out for good.
pub async fn run(session: &mut Session, account: &Who, who: &Address, wanted: Condition) -> Result<Exit, Failure> {
    let roster = session.view(&account.id).map(|view| view.roster.clone()).unwrap_or_default();
    if roster.contact(who).is_none() {
        session.order(&account.id, Command::Watch(vec![who.clone()]))?;
    }
    // It may have come while signing in.
    let mut known = roster.contact(who).map(|contact| contact.presence.clone());
    loop {
        if let Some(now) = known.take().filter(|now| holds(wanted, now)) {
            session.printer.presence(&account.id, who, &now, &roster)?;
            return Ok(Exit::Done);
        }
        match session.next().await? {
            Woke::Report(_, Event::Presence { who: about, now }) if about == *who => known = Some(now),
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, false)?,
            Woke::Refused(_, refused) => return Err(refused.into()),
            Woke::Timeout => {
                let text = format!("{} did not come to be {} within the time given", who.short(), wanted.word());
                return Err(Failure::new(Exit::Failed, text));
            }
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
}

/// Whether it is so now. What is old counts as nothing, and so does that nothing was heard yet.
fn holds(wanted: Condition, now: &Presence) -> bool {
    !now.stale && *now != Presence::default() && wanted.holds(now.availability)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Availability;

    #[test]
    fn what_is_old_or_unheard_of_does_not_count() {
        let now = |availability, stale| Presence {
            availability,
            stale,
            devices: vec![crate::model::Device::default()],
            ..Presence::default()
        };
        assert!(holds(Condition::Online, &now(Availability::Busy, false)));
        assert!(!holds(Condition::Online, &now(Availability::Busy, true)));
        assert!(!holds(Condition::Free, &now(Availability::Busy, false)));
        assert!(holds(Condition::Exactly(Availability::Unknown), &now(Availability::Unknown, false)));
        assert!(!holds(Condition::Exactly(Availability::Unknown), &Presence::default()));
    }
}
