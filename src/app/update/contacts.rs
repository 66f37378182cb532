//! Contacts and groups: added, named, moved, removed; who may see us.

use super::overlay::{answered, show};
use super::{alerts, finding, navigate, order, requests, room};
use crate::app::{App, ChatKey, Composer, ContactAct, Effects, Focus, GroupKey, Overlay, Peer, Prompt, Purpose, RowKey};
use crate::backend::{Command, GroupChange, NoticeLevel};
use crate::model::{Access, AccountId, Address, Roster, Stamp};

/// Characters kept of a name that somebody else gave.
const MAX_NAME: usize = 80;

/// What the user wants done with a contact or group; `words` is what came with it.
pub(super) fn act(app: &mut App, what: ContactAct, words: Option<String>, at: Stamp, effects: &mut Effects) {
    match (what, words) {
        (ContactAct::Add, Some(words)) => add_or_find(app, &words, at, effects),
        (ContactAct::Add, None) => ask_to_add(app),
        (ContactAct::Find, words) => finding::begin(app, words.as_deref(), at, effects),
        (ContactAct::Rename, words) => rename(app, words, at, effects),
        (ContactAct::Groups, words) => groups(app, words, at, effects),
        (ContactAct::NewGroup, words) => new_group(app, words.as_deref(), at, effects),
        (ContactAct::Remove, words) => remove(app, words.as_deref(), effects),
        (ContactAct::Allow, words) => access(app, Access::Allow, words.as_deref(), at, effects),
        (ContactAct::Pin, words) => alerts::pin(app, words.as_deref(), effects),
        (ContactAct::Alert, words) => alerts::act(app, words.as_deref(), effects),
        (ContactAct::Alerts, _) => alerts::show(app, effects),
        (ContactAct::Block, words) => access(app, Access::Block, words.as_deref(), at, effects),
    }
}

/// Asks whom to add; the person at hand is proposed where they are not on the list yet.
fn ask_to_add(app: &mut App) {
    let listed = |peer: &Peer| app.accounts.get(&peer.account).is_some_and(|view| view.roster.contact(&peer.who).is_some());
    let proposed = navigate::subject(app).filter(|peer| !listed(peer));
    let line = proposed.map_or_else(Composer::default, |peer| Composer::with(peer.who.short()));
    match app.place_to_add() {
        Some((id, group)) if app.accounts.get(&id).is_some_and(|account| account.can(|able| able.directory)) => {
            finding::show(app, &id, group, line);
        }
        _ => show(app, Overlay::Ask(Purpose::Add, line)),
    }
}

/// `/add words`. Several words without an address are more likely a name: the directory is asked for it
/// where there is one, else the user whether they mean what would be added.
fn add_or_find(app: &mut App, words: &str, at: Stamp, effects: &mut Effects) {
    let mut each = words.split_whitespace();
    let first = each.next().unwrap_or_default();
    if first.contains('@') || each.count() < 2 {
        return add(app, words, at, effects);
    }
    let account = app.place_to_add().and_then(|(id, _)| app.accounts.get(&id));
    if account.is_some_and(|account| account.can(|able| able.directory)) {
        return finding::begin(app, Some(words), at, effects);
    }
    let domain = account.map_or_else(String::new, |account| account.aor.domain().to_owned());
    show(app, Overlay::Ask(Purpose::Add, Composer::with(words)));
    let text = format!("an address comes first, then a name: Enter adds {first}@{domain}");
    app.note(None, NoticeLevel::Info, text, effects);
}

/// Adds a contact: address, then perhaps a name. In the open group of the list, if one is selected.
pub(super) fn add(app: &mut App, text: &str, at: Stamp, effects: &mut Effects) {
    let (address, name) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let Some((id, group)) = app.place_to_add() else { return };
    let Some(domain) = app.accounts.get(&id).map(|view| view.aor.domain().to_owned()) else { return };
    let groups = group.into_iter().collect();
    match Address::complete(address, Some(&domain)) {
        Ok(address) => put_new(app, &id, address, name.trim().to_owned(), groups, at, effects),
        Err(why) => {
            app.screen.overlay = Some(Overlay::Ask(Purpose::Add, Composer::with(text)));
            app.note(None, NoticeLevel::Warning, why.to_string(), effects);
        }
    }
}

/// Puts a person on the list. If the address can be taken for another one, the user is told.
pub(super) fn put_new(
    app: &mut App,
    id: &AccountId,
    address: Address,
    name: String,
    groups: Vec<String>,
    at: Stamp,
    effects: &mut Effects,
) {
    let odd = requests::oddities(app, id, &address);
    if order(app, id, Command::PutContact { address, name, groups }, at, effects)
        && let Some(odd) = odd
    {
        app.note(Some(id), NoticeLevel::Warning, odd, effects);
    }
}

/// Changes name or groups of a contact; what is not given stays.
pub(super) fn put(app: &mut App, peer: &Peer, name: Option<&str>, groups: Option<Vec<String>>, at: Stamp, effects: &mut Effects) {
    // What is no name for a group is found out here, where it can be put right.
    let mut trial = Roster::default();
    for group in groups.iter().flatten() {
        if !trial.groups().contains(group)
            && let Err(why) = trial.add_group(group)
        {
            let line = Composer::with(&groups.iter().flatten().cloned().collect::<Vec<_>>().join(", "));
            show(app, Overlay::Ask(Purpose::Groups(peer.clone()), line));
            return app.note(None, NoticeLevel::Warning, why.to_string(), effects);
        }
    }
    let known = app.accounts.get(&peer.account).and_then(|account| account.roster.contact(&peer.who));
    let name = name.map_or_else(|| known.map_or_else(String::new, |contact| contact.name.clone()), str::to_owned);
    let groups = groups.or_else(|| known.map(|contact| contact.groups.clone())).unwrap_or_default();
    let command = Command::PutContact { address: peer.who.clone(), name, groups };
    order(app, &peer.account, command, at, effects);
}

/// Changes a group of the list on every account that has it there.
pub(super) fn change_listed_group(
    app: &mut App,
    id: &AccountId,
    name: &str,
    change: &GroupChange,
    at: Stamp,
    effects: &mut Effects,
) {
    for part in app.rows().parts_of(&RowKey::Group(id.clone(), GroupKey::Named(name.into()))) {
        change_group(app, part.account(), change.clone(), at, effects);
    }
}

/// Changes the groups themselves, if that can be done with the groups there are.
pub(super) fn change_group(app: &mut App, id: &AccountId, change: GroupChange, at: Stamp, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    // Tried on a copy of the groups first: the sentences are the model's own.
    let mut trial = account.roster.clone();
    let tried = match &change {
        GroupChange::Add(name) => trial.add_group(name),
        GroupChange::Rename { from, to } => trial.rename_group(from, to),
        GroupChange::Remove(name) => trial.remove_group(name),
    };
    match tried {
        Ok(()) => {
            order(app, id, Command::Group(change), at, effects);
        }
        Err(why) => app.note(None, NoticeLevel::Warning, why.to_string(), effects),
    }
}

/// A new group, on the account of the selected row.
fn new_group(app: &mut App, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let Some((id, _)) = app.place_to_add() else { return };
    match words {
        Some(words) => change_group(app, &id, GroupChange::Add(words.trim().to_owned()), at, effects),
        None => show(app, Overlay::Ask(Purpose::NewGroup(id), Composer::default())),
    }
}

/// Another name for the selected contact or group.
fn rename(app: &mut App, words: Option<String>, at: Stamp, effects: &mut Effects) {
    if let (Focus::Roster, Some(RowKey::Group(id, GroupKey::Named(name)))) = (app.focus, navigate::selected_key(app)) {
        let purpose = Purpose::RenameGroup(id, name.to_string());
        return match words {
            Some(words) => answered(app, purpose, &words, at, effects),
            None => show(app, Overlay::Ask(purpose, Composer::with(&name))),
        };
    }
    let Some(peer) = listed_subject(app, effects) else { return };
    let name = app.accounts.get(&peer.account).map_or("", |account| account.shown_name(&peer.who)).to_owned();
    match words {
        Some(words) => put(app, &peer, Some(&words), None, at, effects),
        None => show(app, Overlay::Ask(Purpose::Rename(peer), Composer::with(&name))),
    }
}

/// Other groups for the selected contact.
fn groups(app: &mut App, words: Option<String>, at: Stamp, effects: &mut Effects) {
    let Some(peer) = listed_subject(app, effects) else { return };
    let account = app.accounts.get(&peer.account);
    let now = account.and_then(|a| a.roster.contact(&peer.who)).map_or_else(String::new, |contact| contact.groups.join(", "));
    let purpose = Purpose::Groups(peer);
    match words {
        Some(words) => answered(app, purpose, &words, at, effects),
        None => show(app, Overlay::Ask(purpose, Composer::with(&now))),
    }
}

/// Takes a contact, a group or a room off the list, after asking.
fn remove(app: &mut App, words: Option<&str>, effects: &mut Effects) {
    if words.is_none()
        && app.focus == Focus::Roster
        && let Some(RowKey::Group(id, GroupKey::Named(name))) = navigate::selected_key(app)
    {
        return show(app, Overlay::Confirm(Purpose::RemoveGroup(id, name.to_string())));
    }
    if words.is_none()
        && let Some(ChatKey::Room(key)) = navigate::chat_at_hand(app)
    {
        return room::remove(app, key, effects);
    }
    if let Some(peer) = meant(app, words, effects) {
        show(app, Overlay::Confirm(Purpose::Remove(peer)));
    }
}

/// Lets a person see us, or refuses it after asking.
fn access(app: &mut App, access: Access, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let Some(peer) = meant(app, words, effects) else { return };
    match access {
        Access::Allow => set_access(app, &peer, Access::Allow, at, effects),
        Access::Block => show(app, Overlay::Confirm(Purpose::Block(peer))),
    }
}

pub(super) fn set_access(app: &mut App, peer: &Peer, access: Access, at: Stamp, effects: &mut Effects) {
    app.prompts.retain(|prompt| match prompt {
        Prompt::Watcher { who, account, .. } => *account != peer.account || *who != peer.who,
    });
    order(app, &peer.account, Command::SetAccess { who: peer.who.clone(), access }, at, effects);
}

/// The person meant by words, else the subject; a note if there is none.
fn meant(app: &mut App, words: Option<&str>, effects: &mut Effects) -> Option<Peer> {
    let found = match words {
        Some(words) => navigate::person(app, words),
        None => navigate::subject(app).ok_or_else(|| "select a person first".to_owned()),
    };
    found.map_err(|why| app.note(None, NoticeLevel::Info, why, effects)).ok()
}

/// The subject, if it is on the roster; a note if not.
fn listed_subject(app: &mut App, effects: &mut Effects) -> Option<Peer> {
    let peer = meant(app, None, effects)?;
    let listed = app.accounts.get(&peer.account).is_some_and(|account| account.roster.contact(&peer.who).is_some());
    if !listed {
        app.note(None, NoticeLevel::Info, "add the person to your list first (a in the list, or /add)".to_owned(), effects);
    }
    listed.then_some(peer)
}

/// A name somebody else gave, fit to be kept as ours for them: one line, not long.
pub(super) fn clean_name(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_NAME).collect();
    clean.trim().to_owned()
}
