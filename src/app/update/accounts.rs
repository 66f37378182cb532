//! Accounts come and go while the program runs, and begin anew with other settings.

use super::{conversation, drafts, files, ledger, presence};
use crate::app::{AccountNews, AccountView, App, ChatKey, Effect, Effects, Focus, Pane, Prompt, farewell};
use crate::backend::{Command, NoticeLevel, Traffic};
use crate::model::{AccountId, Conversation, Fate, MessageRef, SignInPhase, Stamp};

/// Takes in what became of an account.
pub(super) fn take(app: &mut App, news: AccountNews, at: Stamp, effects: &mut Effects) {
    match news {
        AccountNews::Came(id, view) => {
            app.accounts.insert(id, *view);
            // It shows, as the others do, that nobody is at the keyboard.
            presence::automatic(app, at, effects);
        }
        AccountNews::Out { id, clean } => out(app, &id, clean, effects),
        AccountNews::Anew { id, name } => anew(app, &id, name, effects),
        AccountNews::Gone(id) => gone(app, &id, effects),
        AccountNews::Remembered(id, remembered) => {
            if let Some(aor) = app.accounts.get(&id).map(|account| account.aor.clone()) {
                ledger::returned(app, &aor, *remembered, at, effects);
            }
        }
    }
    app.rows_changed();
}

/// Nothing more is heard of it.
fn out(app: &mut App, id: &AccountId, clean: bool, effects: &mut Effects) {
    files::stop_all(app, id, false, effects);
    let Some(account) = app.accounts.get_mut(id) else { return };
    account.phase = SignInPhase::Offline { why: None };
    account.retry_at = None;
    account.roster.mark_stale();
    account.others.values_mut().for_each(|presence| presence.stale = true);
    account.conversations.values_mut().for_each(|talk| talk.typing = false);
    account.rooms.values_mut().for_each(|room| room.over = true);
    if clean {
        return;
    }
    // Nobody knows what had left and what had not, and nothing is sent twice.
    let open: Vec<MessageRef> = open_messages(account).collect();
    for tag in open {
        let why = "the account was given up before the answer came; it may have arrived".to_owned();
        conversation::delivery(app, id, tag, &Fate::Unconfirmed { why }, effects);
    }
}

/// What is known of people and what was said stays; what was agreed with the server is forgotten. What
/// waited goes on waiting.
fn anew(app: &mut App, id: &AccountId, name: String, effects: &mut Effects) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    account.chosen_name = name;
    (account.server, account.transport, account.capabilities, account.own_shown) = (None, None, None, None);
    account.traffic = Traffic::default();
    account.watchers.clear();
    let waiting: Vec<Command> = account
        .conversations
        .iter()
        .flat_map(|(who, talk)| talk.lines().filter(|line| farewell::is_open(line)).map(move |line| (who, line)))
        .filter_map(|(who, line)| Some(Command::SendText { to: who.clone(), body: line.body.clone(), tag: line.tag? }))
        .collect();
    for command in waiting {
        if let Ok(permitted) = app.permit(id, command) {
            effects.push(Effect::Account(id.clone(), permitted));
        }
    }
}

/// Messages of ours of which it is not known what becomes of them.
fn open_messages(account: &AccountView) -> impl Iterator<Item = MessageRef> {
    let lines = account.talks().flat_map(Conversation::lines);
    lines.filter(|line| farewell::is_open(line)).filter_map(|line| line.tag)
}

/// It leaves the screen; what is kept on this machine of it stays there.
fn gone(app: &mut App, id: &AccountId, effects: &mut Effects) {
    drafts::save_all(app, effects);
    files::stop_all(app, id, true, effects);
    let Some(account) = app.accounts.remove(id) else { return };
    for tag in open_messages(&account) {
        app.unkept.remove(&tag);
    }
    let stays = |chat: &ChatKey| chat.account() != id;
    app.prompts.retain(|prompt| match prompt {
        Prompt::Watcher { account, .. } => account != id,
    });
    app.notices.forget(id);
    app.reading.take_if(|chat| !stays(chat));
    app.leaving.retain(|(chat, _)| stays(chat));
    let screen = &mut app.screen;
    if app.prompts.is_empty() {
        screen.answering = None;
    }
    let was_open = screen.open().is_some_and(|chat| !stays(chat));
    for (_, pane) in screen.panes.iter_mut().filter(|(_, pane)| pane.chat.as_ref().is_some_and(|chat| !stays(chat))) {
        *pane = Pane::default();
    }
    if was_open {
        app.focus = Focus::Roster;
        (screen.hinting, screen.dragged, screen.clicked, screen.writing.list) = (None, None, None, None);
    }
    screen.search.take_if(|search| !stays(&search.chat));
    screen.last.take_if(|chat| !stays(chat));
    screen.visited.keep(stays);
    screen.left_at.retain(|chat, _| stays(chat));
    screen.going.take_if(|(chat, _)| !stays(chat));
    screen.told_typing.take_if(|(peer, _)| peer.account == *id);
    screen.drafts.retain(|chat, _| stays(chat));
    screen.writing.sent.retain(|chat, _| stays(chat));
    screen.writing.saved.retain(stays);
    screen.writing.unsaved.retain(stays);
    screen.writing.edited.take_if(|chat| !stays(chat));
    screen.writing.taken_back.take_if(|(chat, _)| !stays(chat));
    screen.opening.take_if(|waits| waits == id);
    screen.overlay.take_if(|overlay| overlay.account() == Some(id));
    screen.selected.take_if(|row| row.account() == id);
    screen.board.selected.take_if(|row| row.account() == id);
    screen.folded.retain(|row| row.account() != id);
    screen.board.folded.retain(|row| row.account() != id);
    if screen.account.take_if(|only| only == id).is_some() {
        app.note(None, NoticeLevel::Info, format!("{id} is gone; all accounts are listed"), effects);
    }
    app.reshaped();
}

#[cfg(test)]
mod tests;
