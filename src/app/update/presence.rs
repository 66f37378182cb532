//! How others are, and how we are.

use std::time::Duration;

use super::{order, overlay};
use crate::app::{App, Effects};
use crate::backend::{Command, NoticeLevel};
use crate::model::{AccountId, Address, Automatic, Availability, OwnPresence, Presence, Stamp};

/// People without a place on the roster whose presence is kept, for each account.
const MAX_OTHERS: usize = 1_000;

/// Characters kept of a name that people give themselves: it is drawn in every frame.
const MAX_NAME: usize = 200;

/// What is known of a person now.
pub(super) fn of_person(app: &mut App, id: &AccountId, who: &Address, now: Presence) {
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
    if *known != now {
        *known = now;
        app.rows_changed();
    }
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
    app.dirty = true;
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
    let note = note.unwrap_or_default();
    let ids: Vec<AccountId> = app.accounts.keys().cloned().collect();
    for id in ids {
        let own = OwnPresence { chosen, note: note.clone(), automatic: None, since: at };
        order(app, &id, Command::SetPresence(own), at, effects);
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
    let all: Vec<(AccountId, OwnPresence)> = app.accounts.iter().map(|(id, account)| (id.clone(), account.own.clone())).collect();
    for (id, own) in all {
        let own = OwnPresence { note: note.to_owned(), since: at, ..own };
        order(app, &id, Command::SetPresence(own), at, effects);
    }
}

/// Nobody touched the keyboard for `quiet`, or (zero) somebody does again. Only ever changes
/// what others see while the user's choice is Online.
pub(super) fn keyboard_idle(app: &mut App, quiet: Duration, at: Stamp, effects: &mut Effects) {
    let passed = |threshold: Duration| !threshold.is_zero() && quiet >= threshold;
    let automatic = if quiet.is_zero() {
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
