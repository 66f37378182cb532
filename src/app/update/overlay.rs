//! What lies over the panes: palette, menu of states, questions to the user.

use super::{act, compose, navigate, order, presence};
use crate::app::{App, Composer, Effect, Effects, Focus, Overlay, Peer, Prompt, Purpose, RowKey, palette};
use crate::backend::{Command, GroupChange, NoticeLevel};
use crate::model::{Access, AccountId, Address, Availability, Secret, SignInPhase, Stamp};

/// The states a user can choose, in the order of the menu.
pub const STATES: [Availability; 7] = [
    Availability::Online,
    Availability::Busy,
    Availability::OnThePhone,
    Availability::BeRightBack,
    Availability::Away,
    Availability::OutToLunch,
    Availability::Offline,
];

/// Lays something over the panes.
pub(super) fn show(app: &mut App, overlay: Overlay) {
    app.screen.overlay = Some(overlay);
    app.screen.answering = None;
    app.screen.filtering = false;
    app.dirty = true;
}

/// The menu of states, with the present one marked.
pub(super) fn status_menu(app: &mut App) {
    let chosen = app.accounts.values().next().map(|account| account.own.chosen);
    let marked = STATES.iter().position(|state| Some(*state) == chosen).unwrap_or(0);
    show(app, Overlay::Status(marked));
}

/// Asks for another password of an account.
pub(super) fn ask_password(app: &mut App, id: Option<AccountId>) {
    if let Some(id) = id {
        show(app, Overlay::Ask(Purpose::Password(id), Composer::default()));
    }
}

/// Enter: accepts what lies on top.
pub(super) fn accept(app: &mut App, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if let Some(marked) = app.screen.answering {
        let answer = match marked {
            0 => Some(Access::Allow),
            1 => Some(Access::Block),
            _ => None,
        };
        return super::prompts::answer(app, answer, at, effects);
    }
    match app.screen.overlay.take() {
        Some(Overlay::Palette(typed, marked)) => {
            let chosen = palette::choices(app, typed.text()).into_iter().nth(marked).map(|choice| choice.target);
            match chosen {
                Some(palette::Target::Person(peer)) => navigate::open(app, &peer, at, effects),
                Some(palette::Target::Act(action)) => act(app, action, at, effects),
                Some(palette::Target::Address(text)) => message(app, Some(text), at, effects),
                None => app.screen.overlay = Some(Overlay::Palette(typed, marked)),
            }
        }
        Some(Overlay::Status(marked)) => {
            if let Some(state) = STATES.get(marked) {
                let note = app.accounts.values().next().map(|account| account.own.note.clone());
                presence::choose(app, *state, note, at, effects);
            }
        }
        Some(Overlay::Ask(purpose, mut line)) => answered(app, purpose, &line.take(), at, effects),
        // Enter alone never does what was asked about.
        Some(Overlay::Help(_) | Overlay::Confirm(_)) | None => {}
    }
}

/// A click on a row of what lies on top.
pub(super) fn choose(app: &mut App, row: usize, at: Stamp, effects: &mut Effects) {
    if let Some(marked) = &mut app.screen.answering {
        *marked = row;
        return accept(app, at, effects);
    }
    match &mut app.screen.overlay {
        Some(Overlay::Palette(_, marked) | Overlay::Status(marked)) => *marked = row,
        Some(Overlay::Confirm(_)) => return confirm(app, row == 0, at, effects),
        _ => return,
    }
    accept(app, at, effects);
}

/// Yes or no to a question that was asked to make sure.
pub(super) fn confirm(app: &mut App, yes: bool, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    let Some(Overlay::Confirm(purpose)) = app.screen.overlay.take() else { return };
    if !yes {
        return;
    }
    match purpose {
        Purpose::Quit => effects.push(Effect::Quit),
        Purpose::Remove(peer) => {
            order(app, &peer.account, Command::RemoveContact(peer.who), at, effects);
        }
        Purpose::RemoveGroup(id, name) => {
            order(app, &id, Command::Group(GroupChange::Remove(name)), at, effects);
        }
        Purpose::Block(peer) => set_access(app, &peer, Access::Block, at, effects),
        Purpose::Add
        | Purpose::Rename(_)
        | Purpose::Groups(_)
        | Purpose::RenameGroup(..)
        | Purpose::Password(_)
        | Purpose::Note => {}
    }
}

/// A line was typed for a purpose.
fn answered(app: &mut App, purpose: Purpose, text: &str, at: Stamp, effects: &mut Effects) {
    if let Purpose::Password(id) = purpose {
        return password(app, &id, text, at, effects);
    }
    let text = text.trim();
    match purpose {
        Purpose::Add => add(app, text, at, effects),
        Purpose::Rename(peer) => put(app, &peer, Some(text), None, at, effects),
        Purpose::Groups(peer) => {
            let groups = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
            put(app, &peer, None, Some(groups), at, effects);
        }
        Purpose::RenameGroup(id, from) => {
            if !text.is_empty() && text != from {
                let change = GroupChange::Rename { from, to: text.to_owned() };
                order(app, &id, Command::Group(change), at, effects);
            }
        }
        Purpose::Note => presence::set_note(app, text, at, effects),
        Purpose::Remove(_) | Purpose::RemoveGroup(..) | Purpose::Block(_) | Purpose::Password(_) | Purpose::Quit => {}
    }
}

/// Signs in with another password. Nothing typed: with the same once more, as when it was changed
/// on the server.
fn password(app: &mut App, id: &AccountId, typed: &str, at: Stamp, effects: &mut Effects) {
    if !typed.is_empty() && !order(app, id, Command::SetPassword(Secret::new(typed.to_owned())), at, effects) {
        return;
    }
    let waits = app.accounts.get(id).is_some_and(|account| matches!(account.phase, SignInPhase::Waiting { .. }));
    order(app, id, if waits { Command::RetryNow } else { Command::SignIn }, at, effects);
}

/// Asks whom to add; the person at hand is proposed where they are not on the list yet.
pub(super) fn ask_to_add(app: &mut App) {
    let listed = |peer: &Peer| app.accounts.get(&peer.account).is_some_and(|view| view.roster.contact(&peer.who).is_some());
    let proposed = navigate::subject(app).filter(|peer| !listed(peer));
    let line = proposed.map_or_else(Composer::default, |peer| Composer::with(peer.who.short()));
    show(app, Overlay::Ask(Purpose::Add, line));
}

/// Adds a contact: address, then perhaps a name. In the open group of the list, if one is selected.
pub(super) fn add(app: &mut App, text: &str, at: Stamp, effects: &mut Effects) {
    let (address, name) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let chosen = navigate::selected_key(app);
    let account = match &chosen {
        Some(RowKey::Account(id) | RowKey::Group(id, _)) => Some(id),
        Some(RowKey::Person(peer, _)) => Some(&peer.account),
        None => app.accounts.keys().next(),
    };
    let Some((id, view)) = account.and_then(|id| app.accounts.get_key_value(id)) else { return };
    let (id, domain) = (id.clone(), view.aor.domain().to_owned());
    let groups = match chosen {
        Some(RowKey::Group(_, crate::app::GroupKey::Named(name)) | RowKey::Person(_, crate::app::GroupKey::Named(name))) => {
            vec![name.to_string()]
        }
        _ => Vec::new(),
    };
    match Address::complete(address, Some(&domain)) {
        Ok(address) => {
            let command = Command::PutContact { address, name: name.trim().to_owned(), groups };
            order(app, &id, command, at, effects);
        }
        Err(why) => {
            app.screen.overlay = Some(Overlay::Ask(Purpose::Add, Composer::with(text)));
            app.note(None, NoticeLevel::Warning, why.to_string(), effects);
        }
    }
}

/// Changes name or groups of a contact; what is not given stays.
fn put(app: &mut App, peer: &Peer, name: Option<&str>, groups: Option<Vec<String>>, at: Stamp, effects: &mut Effects) {
    let known = app.accounts.get(&peer.account).and_then(|account| account.roster.contact(&peer.who));
    let name = name.map_or_else(|| known.map_or_else(String::new, |contact| contact.name.clone()), str::to_owned);
    let groups = groups.or_else(|| known.map(|contact| contact.groups.clone())).unwrap_or_default();
    let command = Command::PutContact { address: peer.who.clone(), name, groups };
    order(app, &peer.account, command, at, effects);
}

/// Another name for the selected contact or group.
pub(super) fn rename(app: &mut App, words: Option<String>, at: Stamp, effects: &mut Effects) {
    if let (Focus::Roster, Some(RowKey::Group(id, crate::app::GroupKey::Named(name)))) = (app.focus, navigate::selected_key(app))
    {
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
pub(super) fn groups(app: &mut App, words: Option<String>, at: Stamp, effects: &mut Effects) {
    let Some(peer) = listed_subject(app, effects) else { return };
    let account = app.accounts.get(&peer.account);
    let now = account.and_then(|a| a.roster.contact(&peer.who)).map_or_else(String::new, |contact| contact.groups.join(", "));
    let purpose = Purpose::Groups(peer);
    match words {
        Some(words) => answered(app, purpose, &words, at, effects),
        None => show(app, Overlay::Ask(purpose, Composer::with(&now))),
    }
}

/// Takes a contact or group off the list, after asking.
pub(super) fn remove(app: &mut App, words: Option<&str>, effects: &mut Effects) {
    if let (None, Focus::Roster, Some(RowKey::Group(id, crate::app::GroupKey::Named(name)))) =
        (words, app.focus, navigate::selected_key(app))
    {
        return show(app, Overlay::Confirm(Purpose::RemoveGroup(id, name.to_string())));
    }
    if let Some(peer) = meant(app, words, effects) {
        show(app, Overlay::Confirm(Purpose::Remove(peer)));
    }
}

/// Lets a person see us, or refuses it after asking.
pub(super) fn access(app: &mut App, access: Access, words: Option<&str>, at: Stamp, effects: &mut Effects) {
    let Some(peer) = meant(app, words, effects) else { return };
    match access {
        Access::Allow => set_access(app, &peer, Access::Allow, at, effects),
        Access::Block => show(app, Overlay::Confirm(Purpose::Block(peer))),
    }
}

fn set_access(app: &mut App, peer: &Peer, access: Access, at: Stamp, effects: &mut Effects) {
    app.prompts.retain(|prompt| match prompt {
        Prompt::Watcher { who, account, .. } => *account != peer.account || *who != peer.who,
    });
    order(app, &peer.account, Command::SetAccess { who: peer.who.clone(), access }, at, effects);
}

/// `/msg who text`: opens the conversation; sends the text if there is one.
pub(super) fn message(app: &mut App, words: Option<String>, at: Stamp, effects: &mut Effects) {
    let Some(words) = words else { return show(app, Overlay::Palette(Composer::with("@"), 0)) };
    let (who, text) = words.split_once(char::is_whitespace).unwrap_or((&words, ""));
    match navigate::person(app, who) {
        Ok(peer) => {
            let text = text.trim();
            if !text.is_empty() {
                compose::send(app, &peer, text.to_owned(), at, effects);
            }
            navigate::open(app, &peer, at, effects);
        }
        Err(why) => app.note(None, NoticeLevel::Warning, why, effects),
    }
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
