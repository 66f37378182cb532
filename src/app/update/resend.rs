//! Once more, or not at all: messages that did not arrive, and messages that have not left.

use super::{compose, conversation, ledger, order};
use crate::app::{App, ChatKey, Effects, Focus};
use crate::backend::{Command, NoticeLevel};
use crate::model::{AccountId, Author, Body, Entry, Fate, Line, MessageRef, Stamp};

const fn is_lost(line: &Line) -> bool {
    matches!(line.fate, Some(Fate::Failed { .. } | Fate::Unconfirmed { .. }))
}

/// Whether a message of ours may not have left yet.
fn waits(line: &Line) -> bool {
    line.by == Author::Us && matches!(line.fate, None | Some(Fate::Queued))
}

/// Sends a message of ours that did not arrive, or may not have, once more: as a new message, by the
/// user's wish.
pub(super) fn resend(app: &mut App, chat: &ChatKey, tag: MessageRef, at: Stamp, effects: &mut Effects) {
    let line = app.conversation(chat).and_then(|talk| talk.lines().rev().find(|line| line.tag == Some(tag)));
    match line {
        Some(line) if is_lost(line) => {
            let body = line.body.clone();
            compose::send_body(app, chat, body, at, effects);
        }
        Some(_) => app.note(None, NoticeLevel::Info, "this message has arrived or is on its way".to_owned(), effects),
        None => {}
    }
}

/// The same with the last one of the open conversation.
pub(super) fn resend_last(app: &mut App, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let tag = app.conversation(&chat).and_then(|talk| talk.lines().rev().find(|line| is_lost(line)).and_then(|line| line.tag));
    match tag {
        Some(tag) => resend(app, &chat, tag, at, effects),
        None => app.note(None, NoticeLevel::Info, "every message here has arrived or is on its way".to_owned(), effects),
    }
}

/// Takes a message back that has not left; its text is written anew. Whether it was in time is known
/// when its fate comes.
pub(super) fn unsend(app: &mut App, chat: &ChatKey, tag: MessageRef, at: Stamp, effects: &mut Effects) {
    let waiting = app.conversation(chat).is_some_and(|talk| talk.lines().any(|line| line.tag == Some(tag) && waits(line)));
    if !waiting || chat.person().is_none() {
        let text = "it has left already: what was sent cannot be taken back".to_owned();
        return app.note(None, NoticeLevel::Info, text, effects);
    }
    app.screen.writing.taken_back = Some((chat.clone(), tag));
    order(app, chat.account(), Command::Withdraw(tag), at, effects);
}

/// The same with the last one of the open conversation.
pub(super) fn unsend_last(app: &mut App, at: Stamp, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let tag = app.conversation(&chat).and_then(|talk| talk.lines().rev().find(|line| waits(line)).and_then(|line| line.tag));
    match tag {
        Some(tag) => unsend(app, &chat, tag, at, effects),
        None => app.note(None, NoticeLevel::Info, "no message waits here".to_owned(), effects),
    }
}

/// The fate of a message that is being taken back: `true` if it was in time, and the message is gone.
pub(super) fn taken_back(app: &mut App, id: &AccountId, tag: MessageRef, fate: &Fate, effects: &mut Effects) -> bool {
    if *fate == Fate::Queued {
        return false;
    }
    let ours = |(chat, of): &mut (ChatKey, MessageRef)| *of == tag && chat.account() == id;
    let Some((chat, _)) = app.screen.writing.taken_back.take_if(ours) else { return false };
    if !matches!(fate, Fate::Failed { .. }) {
        app.note(None, NoticeLevel::Info, "the message had left already".to_owned(), effects);
        return false;
    }
    let Some(Body { text, .. }) = take_out(app, &chat, tag) else { return false };
    ledger::forget(app, tag, effects);
    let draft = compose::draft(app, &chat);
    let whole = if draft.is_empty() { text } else { format!("{text}\n{}", draft.text()) };
    draft.rewrite(&whole, true);
    if app.screen.open() == Some(&chat) {
        app.focus = Focus::Composer;
    }
    super::drafts::changed(app, &chat, effects);
    app.note(None, NoticeLevel::Info, "it was not sent; its text is there to be written anew".to_owned(), effects);
    app.dirty = true;
    true
}

/// Takes one of our messages out of a conversation, and gives what it said.
fn take_out(app: &mut App, chat: &ChatKey, tag: MessageRef) -> Option<Body> {
    let talk = app.conversation_mut(chat)?;
    let place = talk.entries.iter().rposition(|entry| entry.said().is_some_and(|line| line.tag == Some(tag)))?;
    match talk.entries.remove(place)? {
        Entry::Said(line) => {
            conversation::shorter(app, chat);
            Some(line.body)
        }
        Entry::Happened { .. } => None,
    }
}
