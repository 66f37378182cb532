//! The third question: whom the user wants to see on the list.

use std::time::Duration;

use crate::backend::{Command, Event};
use crate::config::AccountSettings;
use crate::model::{Address, Listing};
use crate::ui::text;

use super::super::exit::Failure;
use super::super::session::{Session, Woke, person};
use super::talk::Talk;

/// Longest wait for the list and for an answer of the directory.
const WAIT: Duration = Duration::from_secs(6);
/// So long nothing more must have come, for the list to be there.
const QUIET: Duration = Duration::from_millis(600);
/// People shown of those found.
const SHOWN: usize = 9;

/// Asks for people until an empty answer, and puts them on the list. Signed in already.
pub(super) async fn find(session: &mut Session, account: &AccountSettings, talk: &mut impl Talk) -> Result<(), Failure> {
    session.limit(Some(QUIET));
    while !matches!(session.next().await?, Woke::Timeout) {}
    let view = session.view(&account.id);
    let there = view.map_or(0, |view| view.roster.len());
    let directory = view.is_some_and(|view| view.can(|able| able.directory));
    match there {
        0 => talk.say("Your contact list is empty.")?,
        1 => talk.say("1 person is on your contact list already.")?,
        many => talk.say(&format!("{many} people are on your contact list already."))?,
    }
    let whom = if directory { "a name or an address" } else { "an address, or the part before the @" };
    let question = format!("3. Whom to add: {whom} (empty: nobody more): ");
    loop {
        let Some(said) = talk.ask(&question)?.filter(|said| !said.is_empty()) else { return Ok(()) };
        let (who, name) = if directory && !said.contains('@') {
            match choose(session, account, talk, &said).await? {
                Some(found) => (found.address, found.name),
                None => continue,
            }
        } else {
            match person(&said, &account.into()) {
                Ok(who) => (who, String::new()),
                Err(failure) => {
                    talk.say(&format!("  {}", failure.text))?;
                    continue;
                }
            }
        };
        add(session, account, talk, who, name).await?;
    }
}

/// Asks the directory; `None` if nobody was found or chosen.
async fn choose(
    session: &mut Session,
    account: &AccountSettings,
    talk: &mut impl Talk,
    words: &str,
) -> Result<Option<Listing>, Failure> {
    session.order(&account.id, Command::Search { words: words.to_owned() })?;
    session.limit(Some(WAIT));
    let found = loop {
        match session.next().await? {
            Woke::Report(_, Event::Search { words: about, found }) if about == words => break found,
            Woke::Refused(_, refused) => break Err(refused.to_string()),
            Woke::Timeout => break Err("the directory did not answer; write the address instead".to_owned()),
            Woke::Report(..) | Woke::File(..) | Woke::Changed | Woke::Line(_) => {}
        }
    };
    let mut people = match found {
        Ok(found) => found.people,
        Err(why) => {
            talk.say(&format!("  {}", text::line(&why)))?;
            return Ok(None);
        }
    };
    people.truncate(SHOWN);
    if people.is_empty() {
        talk.say("  Nobody is called so; write the address instead.")?;
        return Ok(None);
    }
    for (at, one) in people.iter().enumerate() {
        talk.say(&format!("  {}  {}  {}", at + 1, text::line(&one.name), text::line(one.address.short())))?;
    }
    let Some(said) = talk.ask("   Which number (empty: none of them): ")? else { return Ok(None) };
    let chosen = said.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    Ok(chosen.filter(|at| *at < people.len()).map(|at| people.swap_remove(at)))
}

async fn add(
    session: &mut Session,
    account: &AccountSettings,
    talk: &mut impl Talk,
    who: Address,
    name: String,
) -> Result<(), Failure> {
    if who == account.aor {
        return Ok(talk.say("  that is you")?);
    }
    let shown = text::line(who.short());
    session.order(&account.id, Command::PutContact { address: who, name, groups: Vec::new() })?;
    match session.lists_confirmed(&account.id).await {
        Ok(()) => talk.say(&format!("  {shown} is on your list"))?,
        Err(failure) => talk.say(&format!("  {shown}: {}", failure.text))?,
    }
    Ok(())
}
