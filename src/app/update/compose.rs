//! Writing: the draft of the open conversation, sending, and telling that we write.

use std::time::Duration;

use super::{navigate, order, past};
use crate::app::{AccountView, App, ChatKey, Composer, Edit, Effect, Effects, Focus, NoteLevel, Overlay, Purpose, look, slash};
use crate::backend::{Command, NoticeLevel, RoomCommand};
use crate::model::{Author, Body, Entry, Fate, MessageRef, Stamp, TextStyle};

/// The timer that ends "is writing" when no key comes any more.
pub(super) const TYPING_TIMER: &str = "typing";
/// RFC 3994 section 3.2: idle after 15 s without a key.
const TYPING_IDLE: Duration = Duration::from_secs(15);
/// How often the account is reminded that the user still writes; the network decides what it sends.
const TYPING_REMINDER: Duration = Duration::from_secs(10);
/// Drafts kept; the first in order gives way, but never one that holds text.
const MAX_DRAFTS: usize = 500;

/// A step of editing, in whatever takes text now.
pub(super) fn edit(app: &mut App, step: Edit, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if let Some(line) = line_on_top(app) {
        if step != Edit::Newline {
            line.apply(step);
        }
        return after_line_edit(app);
    }
    if app.screen.overlay.is_some() {
        // What lies on top takes no text, and lets none through.
        return;
    }
    let Some(chat) = app.screen.open.clone() else { return };
    let draft = draft(app, &chat);
    if step == Edit::Up && draft.is_empty() {
        app.focus = Focus::Messages;
        return;
    }
    if draft.apply(step) {
        let empty = draft.is_empty();
        tell_typing(app, &chat, !empty, at, effects);
    }
}

/// Text was pasted: it is text, whatever it holds.
pub(super) fn paste(app: &mut App, text: &str, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if let Some(line) = line_on_top(app) {
        line.paste(&text.replace(['\n', '\r', '\t'], " "));
        return after_line_edit(app);
    }
    if app.screen.overlay.is_some() {
        return;
    }
    let Some(chat) = app.screen.open.clone() else { return };
    app.focus = Focus::Composer;
    draft(app, &chat).paste(text);
    tell_typing(app, &chat, true, at, effects);
}

/// The single line that takes text before the draft does, if there is one.
fn line_on_top(app: &mut App) -> Option<&mut Composer> {
    match &mut app.screen.overlay {
        Some(Overlay::Palette(line, _) | Overlay::Ask(_, line) | Overlay::Invite(_, line, _)) => Some(line),
        Some(Overlay::Find(finder)) => Some(&mut finder.line),
        None if app.screen.filtering => Some(&mut app.screen.filter),
        Some(_) | None => None,
    }
}

fn after_line_edit(app: &mut App) {
    match &mut app.screen.overlay {
        Some(Overlay::Palette(_, marked) | Overlay::Invite(_, _, marked)) => *marked = 0,
        Some(Overlay::Find(finder)) => finder.marked = 0,
        _ => {}
    }
    if app.screen.filtering {
        app.screen.selected = None;
        app.rows_changed();
    }
}

/// The draft of a conversation, empty where there was none.
pub(super) fn draft<'a>(app: &'a mut App, chat: &ChatKey) -> &'a mut Composer {
    if app.screen.drafts.len() >= MAX_DRAFTS {
        app.screen.drafts.retain(|_, draft| !draft.is_empty());
    }
    app.screen.drafts.entry(chat.clone()).or_default()
}

/// Enter in the composer: a command is done, a text is sent.
pub(super) fn submit(app: &mut App, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open.clone() else { return };
    let text = draft(app, &chat).text().trim_end().to_owned();
    if text.is_empty() {
        return;
    }
    app.dirty = true;
    answer_seen(app);
    match slash::read(&text) {
        slash::Typed::Unknown(words) => app.note(None, NoticeLevel::Warning, words, effects),
        slash::Typed::Act(action) => {
            draft(app, &chat).take();
            tell_typing(app, &chat, false, at, effects);
            super::act(app, action, at, effects);
        }
        slash::Typed::Text(text) => {
            // Sending says enough: no "stopped writing" goes out before it.
            if app.screen.told_typing.as_ref().is_some_and(|(told, _)| chat.person() == Some(told)) {
                app.screen.told_typing = None;
            }
            if send(app, &chat, text, at, effects) {
                draft(app, &chat).take();
                past::to_end(app);
                app.screen.new_lines = 0;
            }
        }
    }
}

/// What was said of the command before need not stand there any more. What an account reports and what
/// went wrong on this machine does.
fn answer_seen(app: &mut App) {
    if app.notes.back().is_some_and(|note| note.account.is_none() && note.level != NoteLevel::Error) {
        app.screen.note_shown = false;
    }
}

/// Orders a text to be sent; `false` if it cannot be, and stays where it was written.
pub(super) fn send(app: &mut App, chat: &ChatKey, text: String, at: Stamp, effects: &mut Effects) -> bool {
    let body = Body { style: app.look, ..Body::plain(text) };
    send_body(app, chat, body, at, effects)
}

fn send_body(app: &mut App, chat: &ChatKey, body: Body, at: Stamp, effects: &mut Effects) -> bool {
    if app.drafts_offline && !app.accounts.get(chat.account()).is_some_and(AccountView::is_online) {
        let text = "there is no connection, so it was not sent; what you wrote stays here".to_owned();
        app.note(Some(chat.account()), NoticeLevel::Warning, text, effects);
        return false;
    }
    if app.opening {
        let text =
            "what is kept of your messages is still being opened; what you wrote stays here, try again in a moment".to_owned();
        app.note(Some(chat.account()), NoticeLevel::Warning, text, effects);
        return false;
    }
    let tag = MessageRef(app.next_tag);
    let command = match chat {
        ChatKey::Person(peer) => Command::SendText { to: peer.who.clone(), body, tag },
        ChatKey::Room(key) if app.room(key).is_some_and(|room| !room.over) => {
            Command::Room(RoomCommand::Say { room: key.room.clone(), body, tag })
        }
        ChatKey::Room(_) => {
            let text = "this conversation is over, so nobody would get it; what you wrote is kept".to_owned();
            app.note(None, NoticeLevel::Warning, text, effects);
            return false;
        }
    };
    order(app, chat.account(), command, at, effects)
}

/// How the next messages are to look; asked for where it is not said.
pub(super) fn set_look(app: &mut App, words: Option<&str>, effects: &mut Effects) {
    let Some(words) = words else {
        let now = look::write(&app.look);
        return super::overlay::show(app, Overlay::Ask(Purpose::Look, Composer::with(&now)));
    };
    match look::read(words) {
        Ok(wanted) => {
            app.look = wanted;
            app.dirty = true;
            let plain =
                app.open_chat().is_some_and(|(account, _)| account.capabilities.is_some() && !account.can(|able| able.sessions));
            if plain && wanted != TextStyle::default() {
                let text = "this server carries plain text only: your messages arrive without their look".to_owned();
                app.note(None, NoticeLevel::Info, text, effects);
            }
        }
        Err(why) => {
            super::overlay::show(app, Overlay::Ask(Purpose::Look, Composer::with(words)));
            app.note(None, NoticeLevel::Warning, why, effects);
        }
    }
}

/// Sends the last message of ours that did not arrive, or may not have, once more: as a new
/// message, by the user's wish.
pub(super) fn resend(app: &mut App, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open.clone() else { return };
    let found = app.conversation(&chat).and_then(|talk| {
        let lost = |fate: &Option<Fate>| matches!(fate, Some(Fate::Failed { .. } | Fate::Unconfirmed { .. }));
        talk.lines().rev().find(|line| lost(&line.fate)).map(|line| line.body.clone())
    });
    match found {
        Some(body) => {
            send_body(app, &chat, body, at, effects);
        }
        None => app.note(None, NoticeLevel::Info, "every message here has arrived or is on its way".to_owned(), effects),
    }
}

/// Puts the last message of the other person, else our own, on the clipboard.
pub(super) fn copy(app: &mut App, effects: &mut Effects) {
    let Some(talk) = app.screen.open.as_ref().and_then(|chat| app.conversation(chat)) else { return };
    let mut lines = talk.shown().rev().filter_map(Entry::said);
    let theirs = lines.clone().find(|line| line.by != Author::Us);
    if let Some(line) = theirs.or_else(|| lines.next()) {
        let text = line.body.text.clone();
        effects.push(Effect::Copy(text));
        app.note(None, NoticeLevel::Info, "copied".to_owned(), effects);
    }
}

/// Completes a command that was begun, else gives the keyboard on.
pub(super) fn complete(app: &mut App) {
    let Some(chat) = app.screen.open.clone() else { return navigate::focus_next(app, false) };
    let draft = draft(app, &chat);
    let begun = draft.text().strip_prefix('/').filter(|rest| !rest.contains(char::is_whitespace));
    match begun.map(slash::complete) {
        Some(Some(name)) => *draft = Composer::with(&format!("/{name} ")),
        Some(None) => {}
        None => navigate::focus_next(app, false),
    }
    app.dirty = true;
}

/// Tells the other person that we write, or no longer. In rooms nobody is told.
pub(super) fn tell_typing(app: &mut App, chat: &ChatKey, active: bool, at: Stamp, effects: &mut Effects) {
    let Some(peer) = chat.person() else { return };
    // A command being typed is nobody's business.
    let command = app.screen.drafts.get(chat).is_some_and(|draft| {
        let text = draft.text();
        text.starts_with('/') && !text.starts_with("//")
    });
    let active = active && !command;
    let online = app.accounts.get(&peer.account).is_some_and(AccountView::is_online);
    let told = app.screen.told_typing.clone().filter(|(to, _)| to == peer);
    if active && online {
        effects.push(Effect::StartTimer(TYPING_TIMER, TYPING_IDLE));
        if told.is_none_or(|(_, since)| since.age(at) >= TYPING_REMINDER) {
            app.screen.told_typing = Some((peer.clone(), at));
            order(app, &peer.account, Command::Typing { to: peer.who.clone(), active: true }, at, effects);
        }
    } else if told.is_some() {
        app.screen.told_typing = None;
        if online {
            order(app, &peer.account, Command::Typing { to: peer.who.clone(), active: false }, at, effects);
        }
    }
}

/// No key for a while, or another conversation: whoever was told that we write is told the end.
pub(super) fn typing_over(app: &mut App, at: Stamp, effects: &mut Effects) {
    if let Some((peer, _)) = app.screen.told_typing.clone() {
        tell_typing(app, &peer.into(), false, at, effects);
    }
}
