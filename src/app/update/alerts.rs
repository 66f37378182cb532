//! People whose changes are waited for, and people on top: what is kept of them on this machine.

use super::conversation::printable;
use super::{navigate, overlay};
use crate::app::{Alert, App, ChatKey, Condition, Effect, Effects, Overlay, Peer, marks, words};
use crate::backend::NoticeLevel;
use crate::model::{AccountId, Address, Entry, Happening, Presence, Stamp};

/// What `w` goes through, one after the other.
const ROUND: [Option<Alert>; 4] = [
    Some(Alert { when: Some(Condition::Online), always: false }),
    Some(Alert { when: Some(Condition::Free), always: false }),
    Some(Alert { when: None, always: true }),
    None,
];

/// Writes the marks of an account down.
pub(super) fn save(app: &App, id: &AccountId, effects: &mut Effects) {
    if let Some(account) = app.accounts.get(id) {
        effects.push(Effect::SaveMarks(id.clone(), account.marks.clone()));
    }
}

/// Somebody's presence changed: the user is told if they wished it.
pub(super) fn changed(app: &mut App, peer: &Peer, before: &Presence, now: &Presence, at: Stamp, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(&peer.account) else { return };
    let Some(alert) = account.marks.alerts.get(&peer.who).copied() else { return };
    if !alert.met_by(before.availability, now.availability) {
        return;
    }
    if !alert.always {
        account.marks.alerts.remove(&peer.who);
        save(app, &peer.account, effects);
    }
    let Some(account) = app.accounts.get(&peer.account) else { return };
    let became = words::availability(now.availability).to_lowercase();
    let name = account.shown_name(&peer.who).to_owned();
    let told = format!("{} is {became} now", printable(&name));
    let what = Happening::Became { who: peer.who.clone(), now: now.availability };
    let chat = ChatKey::from(peer.clone());
    let shown = app.screen.panes.showing(&chat).is_some();
    if let Some(talk) = app.conversation_mut(&chat).filter(|_| shown) {
        talk.push(Entry::Happened { at, what });
        app.added(&chat, false);
    }
    app.note(Some(&peer.account), NoticeLevel::Info, told, effects);
    super::notices::notify(app, crate::app::News::presence(peer, &name, format!("is {became} now")), effects);
}

/// `/alert bob online always`, or the next of the usual wishes about the person at hand.
pub(super) fn act(app: &mut App, text: Option<&str>, effects: &mut Effects) {
    let wish = match text {
        None => Ok(None),
        Some(text) => read(text),
    };
    let (who, wish) = match wish {
        Ok(None) => (None, None),
        Ok(Some((who, wish))) => (who, Some(wish)),
        Err(why) => return app.note(None, NoticeLevel::Warning, why, effects),
    };
    let found = match who {
        Some(who) => navigate::person(app, &who),
        None => navigate::subject(app).ok_or_else(|| "select a person first".to_owned()),
    };
    let peer = match found {
        Ok(peer) => peer,
        Err(why) => return app.note(None, NoticeLevel::Info, why, effects),
    };
    let kept = app.accounts.get(&peer.account).and_then(|account| account.marks.alerts.get(&peer.who)).copied();
    let next = wish.unwrap_or_else(|| {
        let at = ROUND.iter().position(|one| *one == kept).map_or(0, |at| (at + 1) % ROUND.len());
        ROUND.get(at).copied().flatten()
    });
    set(app, &peer, next, effects);
}

/// Who, if named, and what is waited for.
type Wanted = (Option<String>, Option<Alert>);

/// The last words are what, those before them who.
fn read(text: &str) -> Result<Option<Wanted>, String> {
    let mut parts: Vec<&str> = text.split_whitespace().collect();
    let often = parts.pop_if(|word| matches!(word.to_lowercase().as_str(), "always" | "once"));
    let always = often.is_some_and(|word| word.eq_ignore_ascii_case("always"));
    let last = parts.pop().map(str::to_lowercase).unwrap_or_default();
    let wish = match last.as_str() {
        "off" | "none" => None,
        "any" | "change" => Some(Alert { when: None, always }),
        word => match Condition::from_word(word) {
            Some(condition) => Some(Alert { when: Some(condition), always }),
            None => {
                return Err(
                    "say /alert who, then online, free, busy, away, offline, any or off; always for every time".to_owned()
                );
            }
        },
    };
    let who = parts.join(" ");
    Ok(Some(((!who.is_empty()).then_some(who), wish)))
}

/// What is waited for of somebody, from now on.
fn set(app: &mut App, peer: &Peer, wish: Option<Alert>, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(&peer.account) else { return };
    let name = printable(account.shown_name(&peer.who));
    let Some(now) = account.roster.contact(&peer.who).map(|contact| contact.presence.availability) else {
        let text = format!("{name} is not on your list, so nothing would be heard of them: /add first");
        return app.note(None, NoticeLevel::Warning, text, effects);
    };
    let marks = &mut account.marks;
    let text = match wish {
        None => {
            marks.alerts.remove(&peer.who);
            format!("you are not told of {name} any more")
        }
        Some(_) if marks.alerts.len() >= marks::MAX_ALERTS && !marks.alerts.contains_key(&peer.who) => {
            let text = format!("the changes of {} people are waited for already; /alerts takes some off", marks::MAX_ALERTS);
            return app.note(None, NoticeLevel::Warning, text, effects);
        }
        Some(alert) => {
            marks.alerts.insert(peer.who.clone(), alert);
            let often = if alert.always { "every time" } else { "once" };
            match alert.when {
                None => format!("you are told at any change of {name}, {often}"),
                Some(condition) if condition.holds(now) => {
                    format!("{name} is {} already; you are told the next time, {often}", condition.word())
                }
                Some(condition) => format!("you are told when {name} is {}, {often}", condition.word()),
            }
        }
    };
    app.dirty = true;
    save(app, &peer.account, effects);
    app.note(None, NoticeLevel::Info, text, effects);
}

/// Everybody whose changes are waited for, in the order they are listed.
pub(super) fn all(app: &App) -> Vec<(AccountId, Address, Alert)> {
    let of = |(id, account): (&AccountId, &crate::app::AccountView)| {
        let id = id.clone();
        let alerts: Vec<_> = account.marks.alerts.iter().map(|(who, alert)| (id.clone(), who.clone(), *alert)).collect();
        alerts
    };
    app.accounts.iter().flat_map(of).collect()
}

/// Shows them, if there are any.
pub(super) fn show(app: &mut App, effects: &mut Effects) {
    if all(app).is_empty() {
        let text = "nobody's changes are waited for; w in the contact list or /alert begins it".to_owned();
        return app.note(None, NoticeLevel::Info, text, effects);
    }
    overlay::show(app, Overlay::Alerts(0));
}

/// Takes one of those shown off.
pub(super) fn take_off(app: &mut App, row: usize, effects: &mut Effects) {
    if let Some((id, who, _)) = all(app).into_iter().nth(row) {
        set(app, &Peer::new(&id, &who), None, effects);
        if let Some(account) = app.accounts.get_mut(&id) {
            // Somebody who is no contact any more, and of whom `set` does not want to hear.
            account.marks.alerts.remove(&who);
        }
        save(app, &id, effects);
    }
    let left = all(app).len();
    app.screen.overlay = (left > 0).then(|| Overlay::Alerts(row.min(left.saturating_sub(1))));
}

/// Puts the person at hand on top, or no longer.
pub(super) fn pin(app: &mut App, who: Option<&str>, effects: &mut Effects) {
    let found = match who {
        Some(who) => navigate::person(app, who),
        None => navigate::subject(app).ok_or_else(|| "select a person first".to_owned()),
    };
    let peer = match found {
        Ok(peer) => peer,
        Err(why) => return app.note(None, NoticeLevel::Info, why, effects),
    };
    let Some(account) = app.accounts.get_mut(&peer.account) else { return };
    let name = printable(account.shown_name(&peer.who));
    let text = if account.marks.pinned.remove(&peer.who) {
        format!("{name} is not pinned any more")
    } else if account.roster.contact(&peer.who).is_none() {
        format!("{name} is not on your list: /add first")
    } else if account.marks.pinned.len() >= marks::MAX_PINNED {
        format!("{} people are pinned already; unpin one of them first", marks::MAX_PINNED)
    } else {
        account.marks.pinned.insert(peer.who.clone());
        format!("{name} is pinned")
    };
    save(app, &peer.account, effects);
    app.rows_changed();
    app.note(None, NoticeLevel::Info, text, effects);
}
