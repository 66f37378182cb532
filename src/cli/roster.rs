//! `roster`, `access`, `find`: one look or one change, confirmed.

use std::time::Duration;

use crate::backend::{Command, Event, GroupChange, NoticeLevel, RosterChange};
use crate::model::{Access, AccessList, Address, Contact, Rights, Roster, RosterHome, Sees, Subject};
use crate::ui::text;

use super::args;
use super::events::{self, JsonEvent};
use super::exit::{Exit, Failure};
use super::printer::now;
use super::session::{CONFIRM_TIME, NOT_CONFIRMED, Session, Who, Woke, person};

/// Longest wait for a contact list kept by the server, once signed in.
const LIST_TIME: Duration = Duration::from_secs(10);

/// Carries out `roster`.
///
/// # Errors
/// Exit 2 for people and groups that are not there, 1 when the change is refused.
pub async fn run(session: &mut Session, account: &Who, task: &args::Roster) -> Result<Exit, Failure> {
    await_list(session, account).await?;
    let roster = session.view(&account.id).map(|view| view.roster.clone()).unwrap_or_default();
    let change = match task {
        args::Roster::List => {
            list(session, account, &roster)?;
            return Ok(Exit::Done);
        }
        args::Roster::Groups { change: None } => {
            groups(session, account, &roster)?;
            return Ok(Exit::Done);
        }
        args::Roster::Add { who, name, group } => {
            let who = person(who, account)?;
            let old = roster.contact(&who);
            let name = name.clone().unwrap_or_else(|| old.map(|contact| contact.name.clone()).unwrap_or_default());
            let mut groups = old.map(|contact| contact.groups.clone()).unwrap_or_default();
            groups.extend(group.iter().filter(|group| !groups.contains(group)).cloned().collect::<Vec<_>>());
            Command::PutContact { address: who, name, groups }
        }
        args::Roster::Remove { who } => Command::RemoveContact(contact(&roster, account, who)?.address.clone()),
        args::Roster::Move { who, groups } => {
            let contact = contact(&roster, account, who)?;
            Command::PutContact { address: contact.address.clone(), name: contact.name.clone(), groups: groups.clone() }
        }
        args::Roster::Rename { who, name } => {
            let contact = contact(&roster, account, who)?;
            Command::PutContact { address: contact.address.clone(), name: name.clone(), groups: contact.groups.clone() }
        }
        args::Roster::Groups { change: Some(change) } => Command::Group(group_change(&roster, change)?),
    };
    if let Command::PutContact { groups, .. } = &change {
        let mut trial = Roster::default();
        for group in groups {
            if !trial.groups().contains(group) {
                trial.add_group(group)?;
            }
        }
    }
    session.order(&account.id, change.clone())?;
    confirm(session, |event| confirms(event, &change)).await?;
    session.lists_confirmed(&account.id).await?;
    if session.printer.is_json() {
        let roster = session.view(&account.id).map(|view| view.roster.clone()).unwrap_or_default();
        list(session, account, &roster)?;
    }
    Ok(Exit::Done)
}

/// Carries out `access`.
///
/// # Errors
/// Exit 1 when the change is refused.
pub async fn access(session: &mut Session, account: &Who, task: &args::Access) -> Result<Exit, Failure> {
    await_list(session, account).await?;
    let (who, access) = match task {
        args::Access::List => {
            let list = session.view(&account.id).map(|view| view.access.clone()).unwrap_or_default();
            decisions(session, account, &list)?;
            return Ok(Exit::Done);
        }
        args::Access::Allow { who } => (person(who, account)?, Access::Allow),
        args::Access::Block { who } => (person(who, account)?, Access::Block),
    };
    session.order(&account.id, Command::SetAccess { who: who.clone(), access })?;
    confirm(session, move |event| matches!(event, Event::AccessReset(list) if list.of(&who) == Some(access))).await?;
    session.lists_confirmed(&account.id).await?;
    Ok(Exit::Done)
}

/// Carries out `find`.
///
/// # Errors
/// Exit 1 where the server has no directory.
pub async fn find(session: &mut Session, account: &Who, words: &[String]) -> Result<Exit, Failure> {
    let words = words.join(" ");
    session.order(&account.id, Command::Search { words: words.clone() })?;
    let answer = confirm(session, |event| matches!(event, Event::Search { words: about, .. } if *about == words)).await?;
    let Event::Search { found, .. } = answer else { return Ok(Exit::Done) };
    if session.printer.is_json() {
        let base = JsonEvent::new("search", now(), Some(&account.id));
        session.printer.event(&events::search(base, &words, &found))?;
    }
    match found {
        Ok(_) if session.printer.is_json() => Ok(Exit::Done),
        Ok(found) => session.printer.found(&found).map(|()| Exit::Done),
        Err(why) => Err(Failure::new(Exit::Failed, why)),
    }
}

/// Waits for a contact list kept by the server, if this one is.
async fn await_list(session: &mut Session, account: &Who) -> Result<(), Failure> {
    let on_server = session
        .view(&account.id)
        .and_then(|view| view.capabilities.as_ref())
        .is_some_and(|able| able.roster_home == RosterHome::Server);
    if !on_server || session.printer.has_roster() {
        return Ok(());
    }
    session.limit(Some(LIST_TIME));
    loop {
        match session.next().await? {
            Woke::Report(_, Event::RosterReset { .. }) => break,
            Woke::Timeout => return Err(Failure::new(Exit::Failed, "the server did not send the contact list in time")),
            _ => {}
        }
    }
    session.limit(None);
    Ok(())
}

/// Whether an event says that a change was made: another device may change the list meanwhile.
fn confirms(event: &Event, order: &Command) -> bool {
    let changes = match event {
        Event::RosterReset { .. } => return true,
        Event::RosterChanged { changes, .. } => changes,
        _ => return false,
    };
    changes.iter().any(|change| match (change, order) {
        (RosterChange::Put { address, .. }, Command::PutContact { address: who, .. })
        | (RosterChange::Removed(address), Command::RemoveContact(who)) => address == who,
        (RosterChange::Group(made), Command::Group(wanted)) => made == wanted,
        _ => false,
    })
}

/// Waits until an event confirms the order just given, and gives it; or something refuses it.
async fn confirm(session: &mut Session, confirms: impl Fn(&Event) -> bool) -> Result<Event, Failure> {
    session.limit(Some(CONFIRM_TIME));
    loop {
        match session.next().await? {
            Woke::Report(_, event) if confirms(&event) => return Ok(event),
            Woke::Report(_, Event::Notice { level: NoticeLevel::Error, text, .. }) => {
                return Err(Failure::new(Exit::Failed, text));
            }
            Woke::Report(id, Event::Phase { phase, .. }) => session.check_phase(&id, &phase, true)?,
            Woke::Refused(_, refused) => return Err(refused.into()),
            Woke::Timeout => {
                return Err(Failure::new(Exit::Failed, NOT_CONFIRMED));
            }
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    }
}

/// A contact by address, by the part before the `@`, or by name.
fn contact<'r>(roster: &'r Roster, account: &Who, typed: &str) -> Result<&'r Contact, Failure> {
    let who: Option<Address> = person(typed, account).ok();
    let found = who.as_ref().and_then(|who| roster.contact(who)).or_else(|| {
        let mut named =
            roster.contacts().filter(|contact| contact.name.eq_ignore_ascii_case(typed) || contact.address.user() == typed);
        // Two of that name: better none than the wrong one.
        named.next().filter(|_| named.next().is_none())
    });
    found.ok_or_else(|| {
        let names: Vec<&str> = roster.contacts().flat_map(|contact| [contact.address.short(), contact.address.user()]).collect();
        let hint = crate::model::nearest(typed, names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        Failure::new(Exit::Usage, format!("`{}` is not on the contact list{hint}", text::line(typed)))
    })
}

fn group_change(roster: &Roster, change: &args::Groups) -> Result<GroupChange, Failure> {
    // Tried on a copy first: the sentences are the model's own.
    let mut trial = roster.clone();
    Ok(match change {
        args::Groups::Add { name } => {
            trial.add_group(name)?;
            GroupChange::Add(name.clone())
        }
        args::Groups::Rename { from, to } => {
            trial.rename_group(from, to)?;
            GroupChange::Rename { from: from.clone(), to: to.clone() }
        }
        args::Groups::Remove { name } => {
            trial.remove_group(name)?;
            GroupChange::Remove(name.clone())
        }
    })
}

fn list(session: &mut Session, account: &Who, roster: &Roster) -> Result<(), Failure> {
    if session.printer.is_json() {
        let event = events::roster(JsonEvent::new("roster", now(), Some(&account.id)), roster);
        return session.printer.event(&event);
    }
    for contact in roster.contacts() {
        let groups = contact.groups.iter().map(|group| text::line(group)).collect::<Vec<_>>().join(", ");
        let line = format!("{:<30}  {:<20}  {groups}", text::line(contact.address.short()), text::line(&contact.name));
        session.printer.line(line.trim_end())?;
    }
    Ok(())
}

fn groups(session: &mut Session, account: &Who, roster: &Roster) -> Result<(), Failure> {
    if session.printer.is_json() {
        return list(session, account, roster);
    }
    for group in roster.groups() {
        let people = roster.contacts().filter(|contact| contact.groups.contains(group)).count();
        session.printer.line(&format!("{:<30}  {people}", text::line(group)))?;
    }
    Ok(())
}

/// `allow  everybody at partner.test`, and what is odd about it.
fn rule(subject: &Subject, rights: Rights) -> String {
    let who = match subject {
        Subject::Everybody => "everybody else".to_owned(),
        Subject::Domain(domain) => format!("everybody at {}", text::line(domain)),
        Subject::Person(who) => text::line(who.short()),
    };
    let word = match (rights.sees, rights.may_write) {
        (Sees::Allow, true) => "allow",
        (Sees::Prompt, true) => "ask",
        _ => "block",
    };
    let but = match (rights.sees, rights.may_write) {
        (Sees::Allow, false) => ": may see you, may not write",
        (Sees::Prompt, false) => ": you are asked before they see you; may not write",
        (Sees::Deny | Sees::PoliteBlock, true) => ": may write, may not see you",
        _ => "",
    };
    format!("{word:<5}  {who}{but}")
}

fn decisions(session: &mut Session, account: &Who, list: &AccessList) -> Result<(), Failure> {
    if session.printer.is_json() {
        let event = events::access(JsonEvent::new("access", now(), Some(&account.id)), list);
        return session.printer.event(&event);
    }
    for (who, access) in list.iter() {
        session.printer.line(&format!("{:<5}  {}", access.word(), text::line(who.short())))?;
    }
    for (subject, rights) in list.rules() {
        session.printer.line(&rule(&subject, rights))?;
    }
    Ok(())
}
