//! How others are, and how we are.

use std::time::Duration;

use super::{alerts, order, overlay};
use crate::app::{App, Effects, Peer};
use crate::backend::{Command, NoticeLevel};
use crate::model::{AccountId, Address, Automatic, Availability, Multiplexer, OwnPresence, Presence, Stamp};

/// People without a place on the roster whose presence is kept, for each account.
const MAX_OTHERS: usize = 1_000;

/// Characters kept of a name that people give themselves: it is drawn in every frame.
const MAX_NAME: usize = 200;

/// What is known of a person now.
pub(super) fn of_person(app: &mut App, id: &AccountId, who: &Address, now: Presence, at: Stamp, effects: &mut Effects) {
    let name = now.display_name.map(|name| if name.len() > MAX_NAME { name.chars().take(MAX_NAME).collect() } else { name });
    let now = Presence { display_name: name, ..now };
    let Some(account) = app.accounts.get_mut(id) else { return };
    if !now.availability.is_reachable()
        && let Some(conversation) = account.conversations.get_mut(who)
    {
        app.dirty |= std::mem::take(&mut conversation.typing);
    }
    let known = if let Some(contact) = account.roster.contact_mut(who) {
        &mut contact.presence
    } else {
        if account.others.len() >= MAX_OTHERS && !account.others.contains_key(who) {
            return;
        }
        account.others.entry(who.clone()).or_default()
    };
    if *known == now {
        return;
    }
    let before = std::mem::replace(known, now.clone());
    let peer = Peer::new(id, who);
    // Of whom nothing was heard before, nobody can say that they changed.
    if before.availability != now.availability && before != Presence::default() {
        app.today.became(&peer, (before.availability, now.availability), now.since, at);
    }
    app.person_changed(&peer);
    alerts::changed(app, &peer, &before, &now, at, effects);
}

/// The link is gone: nothing known of others can be trusted until it is confirmed.
pub(super) fn all_stale(app: &mut App, id: &AccountId) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    account.roster.mark_stale();
    for presence in account.others.values_mut() {
        presence.stale = true;
    }
    for conversation in account.conversations.values_mut() {
        conversation.typing = false;
    }
    app.rows_changed();
}

/// What the server shows others of us.
pub(super) fn own_shown(app: &mut App, id: &AccountId, shown: Availability) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    app.dirty |= account.own_shown != Some(shown);
    account.own_shown = Some(shown);
}

/// An order to show us so is on its way.
pub(super) fn own_set(app: &mut App, id: &AccountId, own: OwnPresence) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    app.dirty |= account.own != own;
    account.own = own;
}

/// Tells the account what others are to see as soon as it is signed in.
pub(super) fn announce(app: &mut App, id: &AccountId, at: Stamp, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    let own = OwnPresence { since: at, ..account.own.clone() };
    order(app, id, Command::SetPresence(own), at, effects);
}

/// The user chose: it holds on every account until the user chooses again.
pub(super) fn choose(app: &mut App, chosen: Availability, note: Option<String>, at: Stamp, effects: &mut Effects) {
    choose_on(app, None, chosen, &note.unwrap_or_default(), at, effects);
}

/// The user chose for one account, or for all.
pub(super) fn choose_on(
    app: &mut App,
    only: Option<&AccountId>,
    chosen: Availability,
    note: &str,
    at: Stamp,
    effects: &mut Effects,
) {
    let ids: Vec<AccountId> = app.accounts.keys().filter(|id| only.is_none_or(|only| only == *id)).cloned().collect();
    for id in ids {
        let own = OwnPresence { chosen, note: note.to_owned(), automatic: None, since: at };
        show_own(app, &id, own, at, effects);
    }
}

/// Shows others this, and remembers the note to offer it again.
fn show_own(app: &mut App, id: &AccountId, own: OwnPresence, at: Stamp, effects: &mut Effects) {
    let note = own.note.clone();
    if order(app, id, Command::SetPresence(own), at, effects)
        && let Some(account) = app.accounts.get_mut(id)
        && account.marks.noted(&note)
    {
        alerts::save(app, id, effects);
    }
}

/// The user chose by a word: `busy in a meeting`.
pub(super) fn by_word(app: &mut App, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let words = words.unwrap_or_default();
    let (word, note) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let chosen = Availability::from_word(word).filter(|value| overlay::STATES.contains(value));
    if let Some(value) = chosen {
        choose(app, value, Some(note.trim().to_owned()), at, effects);
    } else {
        let text = "say /status online, busy, brb, away, phone, lunch or offline, then a note if you like".to_owned();
        app.note(None, NoticeLevel::Warning, text, effects);
    }
}

/// Another note to the same choice.
pub(super) fn set_note(app: &mut App, note: &str, at: Stamp, effects: &mut Effects) {
    set_note_on(app, None, note, at, effects);
}

/// The same on one account, or on all.
pub(super) fn set_note_on(app: &mut App, only: Option<&AccountId>, note: &str, at: Stamp, effects: &mut Effects) {
    let meant = app.accounts.iter().filter(|(id, _)| only.is_none_or(|only| only == *id));
    let all: Vec<(AccountId, OwnPresence)> = meant.map(|(id, account)| (id.clone(), account.own.clone())).collect();
    for (id, own) in all {
        let own = OwnPresence { note: note.to_owned(), since: at, ..own };
        show_own(app, &id, own, at, effects);
    }
}

/// Nobody touched the keyboard for `quiet`, or (zero) somebody does again.
pub(super) fn keyboard_idle(app: &mut App, quiet: Duration, at: Stamp, effects: &mut Effects) {
    app.quiet = quiet;
    automatic(app, at, effects);
}

/// The terminal we run in was left (the program that keeps it running), or somebody is there again.
pub(super) fn detached(app: &mut App, by: Option<Multiplexer>, at: Stamp, effects: &mut Effects) {
    if by.is_none() && app.detached.is_some() {
        // Whoever attached it is at the keyboard.
        app.quiet = Duration::ZERO;
    }
    app.detached = by;
    automatic(app, at, effects);
}

/// Shows others what follows from who is there. Only ever changes what they see while the user's
/// choice is Online.
pub(super) fn automatic(app: &mut App, at: Stamp, effects: &mut Effects) {
    let passed = |threshold: Duration| !threshold.is_zero() && app.quiet >= threshold;
    let automatic = if let Some(by) = app.detached {
        Some(Automatic::Detached(by))
    } else if app.quiet.is_zero() {
        None
    } else if passed(app.away_after) {
        Some(Automatic::Away)
    } else if passed(app.idle_after) {
        Some(Automatic::Idle)
    } else {
        return;
    };
    let changed: Vec<(AccountId, OwnPresence)> = app
        .accounts
        .iter()
        .filter(|(_, account)| account.own.chosen == Availability::Online && account.own.automatic != automatic)
        .map(|(id, account)| (id.clone(), OwnPresence { automatic, since: at, ..account.own.clone() }))
        .collect();
    for (id, own) in changed {
        order(app, &id, Command::SetPresence(own), at, effects);
    }
}
