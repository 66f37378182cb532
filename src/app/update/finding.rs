//! Looking somebody up in the server's directory, to add them.

use super::{contacts, navigate, order, overlay};
use crate::app::finder::MAX_FOUND;
use crate::app::{App, Composer, Effects, Finder, FinderRow, Findings, Overlay, Peer};
use crate::backend::{Command, Found, NoticeLevel, Refused};
use crate::model::{AccountId, Stamp};

/// Shows the line to type a name or an address in.
pub(super) fn show(app: &mut App, id: &AccountId, group: Option<String>, line: Composer) {
    let Some(domain) = app.accounts.get(id).map(|account| account.aor.domain().to_owned()) else { return };
    overlay::show(app, Overlay::Find(Finder::new(id.clone(), domain, group, line)));
}

/// `/find words`: shows the line and asks at once where there is something to ask for.
pub(super) fn begin(app: &mut App, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let place = app.place_to_add();
    if place.as_ref().is_some_and(|(id, _)| app.accounts.get(id).is_some_and(|account| account.capabilities.is_none())) {
        let text = "whether there is a directory is known once you are signed in".to_owned();
        return app.note(None, NoticeLevel::Info, text, effects);
    }
    let Some((id, group)) =
        place.filter(|(id, _)| app.accounts.get(id).is_some_and(|account| account.can(|able| able.directory)))
    else {
        let text = "this server has no directory to search; /add takes a whole address".to_owned();
        return app.note(None, NoticeLevel::Info, text, effects);
    };
    show(app, &id, group, Composer::with(words.unwrap_or_default()));
    // An address could be added as it stands: not before the user says so.
    let asks = |overlay: &mut Overlay| matches!(overlay, Overlay::Find(finder) if !finder.is_address());
    if words.is_some()
        && let Some(Overlay::Find(finder)) = app.screen.overlay.take_if(asks)
    {
        accept(app, finder, at, effects);
    }
}

/// Enter: asks the directory, or takes the row that is marked.
pub(super) fn accept(app: &mut App, finder: Finder, at: Stamp, effects: &mut Effects) {
    let mut finder = finder;
    let words = finder.words().to_owned();
    let waits = matches!(&finder.findings, Findings::Asked(asked) if *asked == words);
    if words.is_empty() || waits {
        app.screen.overlay = Some(Overlay::Find(finder));
        return;
    }
    match finder.rows().into_iter().nth(finder.marked) {
        Some(FinderRow::Listed(listing)) => take(app, &finder, &listing.address, &listing.name, at, effects),
        Some(FinderRow::Typed { address, name }) => take(app, &finder, &address, &name, at, effects),
        None => {
            let id = finder.account.clone();
            finder.findings = Findings::Asked(words.clone());
            finder.marked = 0;
            app.screen.overlay = Some(Overlay::Find(finder));
            if !order(app, &id, Command::Search { words: words.clone() }, at, effects) {
                // Nobody was asked, so nobody will answer.
                let why = app.notes.back().map_or_else(String::new, |note| note.text.clone());
                answered(app, &id, &words, Err(why));
            }
        }
    }
}

/// Adds the person, or opens the conversation with one who is on the list.
fn take(app: &mut App, finder: &Finder, who: &crate::model::Address, name: &str, at: Stamp, effects: &mut Effects) {
    let id = &finder.account;
    if app.accounts.get(id).is_some_and(|account| account.roster.contact(who).is_some()) {
        return navigate::open(app, &Peer::new(id, who).into(), at, effects);
    }
    let groups = finder.group.clone().into_iter().collect();
    contacts::put_new(app, id, who.clone(), contacts::clean_name(name), groups, at, effects);
}

/// The directory answered.
pub(super) fn answered(app: &mut App, id: &AccountId, words: &str, found: Result<Found, String>) {
    let Some(finder) = waiting(app, id) else { return };
    if !matches!(&finder.findings, Findings::Asked(asked) if asked == words) {
        return;
    }
    let words = words.to_owned();
    finder.findings = match found {
        Ok(Found { mut people, more }) => {
            let more = more || people.len() > MAX_FOUND;
            people.truncate(MAX_FOUND);
            Findings::People { words, people, more }
        }
        Err(why) => Findings::Failed { words, why },
    };
    finder.marked = 0;
    app.dirty = true;
}

/// An order was refused: perhaps this one, since a refusal does not say which.
pub(super) fn refused(app: &mut App, id: &AccountId, refused: &Refused) {
    let Some(finder) = waiting(app, id) else { return };
    if let Findings::Asked(words) = &finder.findings {
        finder.findings = Findings::Failed { words: words.clone(), why: refused.to_string() };
    }
}

fn waiting<'a>(app: &'a mut App, id: &AccountId) -> Option<&'a mut Finder> {
    match &mut app.screen.overlay {
        Some(Overlay::Find(finder)) if finder.account == *id => Some(finder),
        _ => None,
    }
}
