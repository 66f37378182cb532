//! What lies over the panes: palette, menu of states, questions to the user.

use std::time::Duration;

use super::{
    act, alerts, completing, compose, contacts, drafts, finding, keys, navigate, order, own, policies, presence, reading,
    requests, room, searching, settings, writing,
};
use crate::app::{App, Composer, Edit, Effect, Effects, Overlay, Peer, Purpose, SecretLine, named, palette};
use crate::backend::{Command, GroupChange, NoticeLevel, RoomCommand};
use crate::model::{Access, AccountId, Address, Availability, Secret, SignInPhase, Stamp};

/// How long after another key a letter does not answer a question.
const MISTYPED: Duration = Duration::from_secs(1);

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
    app.screen.writing.list = None;
    app.screen.answering = None;
    app.screen.mistyped = None;
    app.screen.filtering = false;
    app.dirty = true;
}

/// Asks for another password of an account.
pub(super) fn ask_password(app: &mut App, id: Option<AccountId>) {
    if let Some(id) = id {
        show(app, Overlay::Password(id, SecretLine::default()));
    }
}

/// Enter: accepts what lies on top.
pub(super) fn accept(app: &mut App, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if let Some(marked) = app.screen.answering {
        if let Some(answer) = app.answers().get(marked) {
            super::prompts::answer(app, *answer, at, effects);
        }
        return;
    }
    let chosen = match &app.screen.overlay {
        Some(Overlay::Palette(_, marked) | Overlay::Invite(_, _, marked)) => {
            app.choices().get(*marked).map(|choice| choice.target.clone())
        }
        _ => None,
    };
    match app.screen.overlay.take() {
        Some(Overlay::Palette(typed, marked)) => match chosen {
            Some(target) => go(app, target, at, effects),
            None => app.screen.overlay = Some(Overlay::Palette(typed, marked)),
        },
        Some(Overlay::Invite(chat, typed, marked)) => match chosen {
            Some(palette::Target::Chat(guest)) => {
                if let Some(guest) = guest.person() {
                    room::bring_in(app, &chat, guest, at, effects);
                }
            }
            Some(palette::Target::Address(text)) => match Address::parse(&text) {
                Ok(who) => room::bring_in(app, &chat, &Peer::new(chat.account(), &who), at, effects),
                Err(why) => {
                    app.screen.overlay = Some(Overlay::Invite(chat, typed, marked));
                    app.note(None, NoticeLevel::Warning, why.to_string(), effects);
                }
            },
            Some(palette::Target::Act(_) | palette::Target::Group(..) | palette::Target::Help(_)) | None => {
                app.screen.overlay = Some(Overlay::Invite(chat, typed, marked));
            }
        },
        Some(Overlay::Find(finder)) => finding::accept(app, finder, at, effects),
        Some(Overlay::Settings(page)) => settings::accept(app, page, effects),
        Some(Overlay::Policies(page)) => policies::accept(app, page),
        Some(Overlay::Requests(page)) => requests::chosen(app, page, at, effects),
        Some(Overlay::History(history)) => searching::go(app, history, at, effects),
        Some(Overlay::Status(menu)) => own::accept(app, menu, at, effects),
        Some(Overlay::Alerts(marked)) => alerts::take_off(app, marked, effects),
        Some(Overlay::Sent(chat, typed, marked)) => writing::chosen(app, &chat, typed, marked, at, effects),
        Some(Overlay::Doubt(doubt, marked)) => writing::resolved(app, doubt, marked, at, effects),
        Some(Overlay::Ask(purpose, mut line)) => answered(app, purpose, &line.take(), at, effects),
        Some(Overlay::Password(id, mut line)) => password(app, &id, line.take(), at, effects),
        Some(Overlay::Menu(menu)) => keys::choose(app, &menu, at, effects),
        // Of everything else that is asked about, Enter alone does nothing.
        Some(Overlay::Confirm(purpose)) if purpose.is_plain_link() => confirmed(app, purpose, at, effects),
        Some(Overlay::Help(..) | Overlay::Letter(..) | Overlay::Told { .. } | Overlay::Picture(_) | Overlay::Confirm(_))
        | None => {}
    }
}

/// To where a choice of the palette leads.
pub(super) fn go(app: &mut App, target: palette::Target, at: Stamp, effects: &mut Effects) {
    match target {
        palette::Target::Chat(chat) => navigate::open(app, &chat, at, effects),
        palette::Target::Group(id, group) => navigate::to_group(app, id, group),
        palette::Target::Act(name) => {
            app.screen.used.retain(|used| *used != name);
            app.screen.used.push(name);
            if let Some(spec) = named(name) {
                act(app, spec.action.clone(), at, effects);
            }
        }
        palette::Target::Help(name) => {
            let line = Composer::with(named(name).map_or("", |spec| spec.help));
            show(app, Overlay::Help(line, 0));
        }
        palette::Target::Address(text) => message(app, Some(text), at, effects),
    }
}

/// A click on a row of what lies on top.
pub(super) fn choose(app: &mut App, row: usize, at: Stamp, effects: &mut Effects) {
    if let Some(marked) = &mut app.screen.answering {
        *marked = row;
        return accept(app, at, effects);
    }
    match &mut app.screen.overlay {
        Some(
            Overlay::Palette(_, marked)
            | Overlay::Invite(_, _, marked)
            | Overlay::Alerts(marked)
            | Overlay::Sent(_, _, marked)
            | Overlay::Doubt(_, marked),
        ) => *marked = row,
        Some(Overlay::Status(menu)) => menu.marked = row,
        Some(Overlay::Find(finder)) => finder.marked = row,
        Some(Overlay::Menu(menu)) => menu.marked = row,
        Some(Overlay::Settings(page)) if page.editing.is_none() => page.marked = row,
        Some(Overlay::Policies(page)) => page.marked = row,
        // A click marks; only a key answers.
        Some(Overlay::Requests(_)) => {
            let rows = app.request_rows();
            if let Some(Overlay::Requests(page)) = &mut app.screen.overlay {
                requests::mark(page, &rows, row);
            }
            app.dirty = true;
            return;
        }
        Some(Overlay::History(history)) => history.marked = row,
        Some(Overlay::Confirm(_)) => return confirm(app, row == 0, at, effects),
        None => return completing::pointed(app, row, at, effects),
        _ => return,
    }
    accept(app, at, effects);
}

/// A key typed into a question to make sure: `y` and `n` answer it, anything else does nothing. Right
/// after such another key they do not answer either: somebody is writing and has not seen the question. The question
/// about a link nothing is odd about comes only when it was chosen: there `o` is a yes too, and any other letter a no.
pub(super) fn typed(app: &mut App, step: Edit, at: Stamp, effects: &mut Effects) {
    if matches!(&app.screen.overlay, Some(Overlay::Confirm(purpose)) if purpose.is_plain_link()) {
        let yes = matches!(step, Edit::Insert('y' | 'Y' | 'o' | 'O'));
        return confirm(app, yes, at, effects);
    }
    let answer = match step {
        Edit::Insert('y' | 'Y') => Some(true),
        Edit::Insert('n' | 'N') => Some(false),
        _ => None,
    };
    let writing = app.screen.mistyped.is_some_and(|last| last.age(at) < MISTYPED);
    match answer {
        Some(yes) if !writing => confirm(app, yes, at, effects),
        Some(_) => {}
        None => app.screen.mistyped = Some(at),
    }
}

/// Yes or no to a question that was asked to make sure.
pub(super) fn confirm(app: &mut App, yes: bool, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    let Some(Overlay::Confirm(purpose)) = app.screen.overlay.take() else { return };
    if yes {
        confirmed(app, purpose, at, effects);
    }
}

fn confirmed(app: &mut App, purpose: Purpose, at: Stamp, effects: &mut Effects) {
    match purpose {
        Purpose::Quit => effects.push(Effect::Quit),
        Purpose::Follow(url, _) => reading::open(app, &url, at, effects),
        Purpose::Remove(peer) => {
            order(app, &peer.account, Command::RemoveContact(peer.who), at, effects);
        }
        Purpose::RemoveGroup(id, name) => {
            contacts::change_listed_group(app, &id, &name, &GroupChange::Remove(name.clone()), at, effects);
        }
        Purpose::Block(peer) => contacts::set_access(app, &peer, Access::Block, at, effects),
        Purpose::Leave(key) => {
            order(app, &key.account, Command::Room(RoomCommand::Leave(key.room)), at, effects);
        }
        Purpose::Add
        | Purpose::Rename(_)
        | Purpose::Groups(_)
        | Purpose::RenameGroup(..)
        | Purpose::NewGroup(_)
        | Purpose::Look
        | Purpose::Note => {}
    }
}

/// A line was typed for a purpose.
pub(super) fn answered(app: &mut App, purpose: Purpose, text: &str, at: Stamp, effects: &mut Effects) {
    let text = text.trim();
    match purpose {
        Purpose::Add => contacts::add(app, text, at, effects),
        Purpose::Rename(peer) => contacts::put(app, &peer, Some(text), None, at, effects),
        Purpose::Groups(peer) => {
            let groups = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
            contacts::put(app, &peer, None, Some(groups), at, effects);
        }
        Purpose::RenameGroup(id, from) => {
            if !text.is_empty() && text != from {
                let change = GroupChange::Rename { from: from.clone(), to: text.to_owned() };
                contacts::change_listed_group(app, &id, &from, &change, at, effects);
            }
        }
        Purpose::NewGroup(id) => {
            if !text.is_empty() {
                contacts::change_group(app, &id, GroupChange::Add(text.to_owned()), at, effects);
            }
        }
        Purpose::Look => compose::set_look(app, Some(text), effects),
        Purpose::Note => presence::set_note(app, text, at, effects),
        Purpose::Remove(_)
        | Purpose::RemoveGroup(..)
        | Purpose::Block(_)
        | Purpose::Leave(_)
        | Purpose::Follow(..)
        | Purpose::Quit => {}
    }
}

/// Signs in with another password. Nothing typed: with the same once more, as when it was changed
/// on the server.
fn password(app: &mut App, id: &AccountId, typed: Secret, at: Stamp, effects: &mut Effects) {
    if !typed.expose().is_empty() && !order(app, id, Command::SetPassword(typed), at, effects) {
        return;
    }
    let waits = app.accounts.get(id).is_some_and(|account| matches!(account.phase, SignInPhase::Waiting { .. }));
    order(app, id, if waits { Command::RetryNow } else { Command::SignIn }, at, effects);
}

/// `/msg who text`: opens the conversation; sends the text if there is one.
pub(super) fn message(app: &mut App, words: Option<String>, at: Stamp, effects: &mut Effects) {
    let Some(words) = words else { return show(app, Overlay::Palette(Composer::with("@"), 0)) };
    let (who, text) = words.split_once(char::is_whitespace).unwrap_or((&words, ""));
    match navigate::person(app, who) {
        Ok(peer) => {
            let (text, chat) = (text.trim(), peer.into());
            let kept = !text.is_empty() && !compose::send(app, &chat, text.to_owned(), at, effects);
            navigate::open(app, &chat, at, effects);
            if kept {
                // What cannot be sent is there to be sent another time, before what is written there.
                let draft = compose::draft(app, &chat);
                let whole = if draft.is_empty() { text.to_owned() } else { format!("{text}\n{}", draft.text()) };
                draft.rewrite(&whole, true);
                drafts::changed(app, &chat, effects);
            }
        }
        Err(why) => app.note(None, NoticeLevel::Warning, why, effects),
    }
}
