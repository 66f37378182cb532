//! Writing: the draft of the open conversation, sending, and telling that we write.

use std::time::Duration;

use super::{completing, drafts, listing, navigate, order, own, past, reading, requests, searching, writing};
use crate::app::{
    AccountView, App, ChatKey, Composer, Doubt, Edit, Effect, Effects, Focus, NoteLevel, Overlay, Purpose, Step, look, slash,
};
use crate::backend::{Command, NoticeLevel, RoomCommand};
use crate::model::{Body, MessageRef, Secret, Stamp, TextStyle};

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
    if let Some(Overlay::Password(_, line)) = &mut app.screen.overlay {
        return line.apply(step);
    }
    if let Some(line) = line_on_top(app) {
        if step != Edit::Newline {
            line.apply(step);
        }
        return after_line_edit(app, effects);
    }
    if let (Some(Overlay::Status(_)), Edit::Insert(letter)) = (&app.screen.overlay, step) {
        return own::key(app, letter, at, effects);
    }
    if app.screen.overlay.is_some() || app.screen.board.shown {
        // What lies on top takes no text, and lets none through.
        return;
    }
    let Some(chat) = app.screen.open().cloned() else { return };
    if completing::moved(app, step) || writing::walks_on(app, &chat, step, at, effects) {
        return;
    }
    let width = app.screen.writing.width();
    let draft = draft(app, &chat);
    if step == Edit::Up && draft.is_empty() {
        return reading::select(app);
    }
    if step == Edit::End && draft.is_empty() {
        return navigate::scroll(app, Step::Bottom, effects);
    }
    if draft.apply_at(step, width) {
        touched(app, &chat, at, effects);
    }
    completing::follow(app, &chat, step, at, effects);
}

/// The draft was changed: others see that the user writes, and it is saved.
pub(super) fn touched(app: &mut App, chat: &ChatKey, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    let empty = draft(app, chat).is_empty();
    tell_typing(app, chat, !empty, at, effects);
    drafts::changed(app, chat, effects);
}

/// Text was pasted: it is text, whatever it holds.
pub(super) fn paste(app: &mut App, text: String, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if let Some(Overlay::Password(_, line)) = &mut app.screen.overlay {
        // As a secret what was pasted is wiped, too.
        return line.type_in(Secret::new(text).expose());
    }
    if let Some(line) = line_on_top(app) {
        line.paste(&text.replace(['\n', '\r', '\t'], " "));
        return after_line_edit(app, effects);
    }
    if app.screen.overlay.is_some() || app.screen.board.shown {
        return;
    }
    if app.screen.open().is_some() && app.screen.writing.is_much(&text) {
        return super::overlay::show(app, Overlay::Doubt(Doubt::Pasted(text), 0));
    }
    take_paste(app, &text, at, effects);
}

/// Pasted text goes into the draft.
pub(super) fn take_paste(app: &mut App, text: &str, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    app.focus = Focus::Composer;
    app.screen.writing.list = None;
    let before = draft(app, &chat).text().len();
    draft(app, &chat).paste(text);
    touched(app, &chat, at, effects);
    writing::cut_short(app, before + text.len(), effects);
}

/// The single line that takes text before the draft does, if there is one.
fn line_on_top(app: &mut App) -> Option<&mut Composer> {
    match &mut app.screen.overlay {
        Some(
            Overlay::Palette(line, _)
            | Overlay::Help(line, _)
            | Overlay::Ask(_, line)
            | Overlay::Invite(_, line, _)
            | Overlay::Sent(_, line, _),
        ) => Some(line),
        Some(Overlay::Find(finder)) => Some(&mut finder.line),
        Some(Overlay::Settings(page)) => Some(page.editing.as_mut().unwrap_or(&mut page.line)),
        Some(Overlay::Policies(page)) => Some(&mut page.line),
        Some(Overlay::History(history)) => Some(&mut history.line),
        None if app.screen.search.as_ref().is_some_and(|search| search.typing) => {
            app.screen.search.as_mut().map(|search| &mut search.line)
        }
        Some(Overlay::Status(menu)) if menu.writing => Some(&mut menu.note),
        None if app.screen.board.filtering => Some(&mut app.screen.board.filter),
        None if app.screen.filtering => Some(&mut app.screen.filter),
        Some(_) | None => None,
    }
}

fn after_line_edit(app: &mut App, effects: &mut Effects) {
    match &mut app.screen.overlay {
        Some(
            Overlay::Palette(_, marked) | Overlay::Help(_, marked) | Overlay::Invite(_, _, marked) | Overlay::Sent(_, _, marked),
        ) => *marked = 0,
        Some(Overlay::Find(finder)) => finder.marked = 0,
        Some(Overlay::Settings(page)) if page.editing.is_none() => page.marked = 0,
        Some(Overlay::Policies(page)) => page.marked = 0,
        Some(Overlay::History(_)) => return searching::typed_everywhere(app, effects),
        _ => {}
    }
    if app.screen.search.as_ref().is_some_and(|search| search.typing) {
        return searching::typed(app);
    }
    if app.screen.overlay.is_none() && (app.screen.filtering || app.screen.board.filtering) {
        listing::filter_changed(app);
    }
}

/// The draft of a conversation, empty where there was none.
pub(super) fn draft<'a>(app: &'a mut App, chat: &ChatKey) -> &'a mut Composer {
    if app.screen.drafts.len() >= MAX_DRAFTS {
        app.screen.drafts.retain(|_, draft| !draft.is_empty());
    }
    app.screen.drafts.entry(chat.clone()).or_default()
}

/// Enter in the composer: what is marked in a list is taken, a command is done, a text is sent.
pub(super) fn submit(app: &mut App, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    if !completing::take(app, at, effects) {
        submit_as(app, None, at, effects);
    }
}

/// The draft is done with: as a command (`true`), as a text that begins like one (`false`), or as
/// what it is. What looks like a command and was pasted, or has a blank before it, is asked about.
pub(super) fn submit_as(app: &mut App, command: Option<bool>, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    app.screen.writing.list = None;
    let written = draft(app, &chat);
    let (text, foreign) = (written.text().trim_end().to_owned(), written.is_foreign());
    if text.is_empty() {
        return;
    }
    app.dirty = true;
    answer_seen(app);
    writing::seed(app, &chat);
    let doubtful = (foreign || text.starts_with(char::is_whitespace)) && slash::looks_like_command(&text);
    let typed = match command {
        None if doubtful => return super::overlay::show(app, Overlay::Doubt(Doubt::Command, 0)),
        None if foreign => slash::Typed::Text(text.clone()),
        Some(false) => slash::Typed::Text(text.clone()),
        Some(true) => slash::read(text.trim_start()),
        None => slash::read(&text),
    };
    match typed {
        slash::Typed::Unknown(words) => app.note(None, NoticeLevel::Warning, words, effects),
        slash::Typed::Act(action) => {
            draft(app, &chat).take();
            touched(app, &chat, at, effects);
            writing::keep(app, &chat, &text, false);
            super::act(app, action, at, effects);
        }
        slash::Typed::Text(said) => {
            // Sending says enough: no "stopped writing" goes out before it.
            if app.screen.told_typing.as_ref().is_some_and(|(told, _)| chat.person() == Some(told)) {
                app.screen.told_typing = None;
            }
            if send(app, &chat, said, at, effects) {
                draft(app, &chat).take();
                drafts::left(app, &chat, effects);
                writing::keep(app, &chat, &text, foreign || command == Some(false));
                past::to_end(app);
                app.screen.pane_mut().held = false;
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

pub(super) fn send_body(app: &mut App, chat: &ChatKey, body: Body, at: Stamp, effects: &mut Effects) -> bool {
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

/// Tells the other person that we write, or no longer. In rooms nobody is told.
pub(super) fn tell_typing(app: &mut App, chat: &ChatKey, active: bool, at: Stamp, effects: &mut Effects) {
    let Some(peer) = chat.person() else { return };
    // A command being typed is nobody's business.
    let command = app.screen.drafts.get(chat).is_some_and(|draft| {
        let text = draft.text();
        text.starts_with('/') && !text.starts_with("//")
    });
    let active = active && !command && requests::may_see_typing(app, peer);
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
