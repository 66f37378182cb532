//! Messages in and out, their fates, and who is writing.

use crate::app::{AccountView, App, Effect, Effects, Peer};
use crate::model::{AccountId, Address, Body, Conversation, Direction, Fate, Line, MessageRef, Stamp};

/// Talks kept in memory for one account; the one silent for longest gives way.
const MAX_CONVERSATIONS: usize = 500;

/// Octets of text kept of one talk; the oldest lines go first.
const MAX_TEXT: usize = 2 * 1024 * 1024;
/// The same where the person is not on the roster.
const MAX_TEXT_OF_STRANGERS: usize = 128 * 1024;

/// A message arrived.
pub(super) fn text(app: &mut App, id: &AccountId, from: &Address, body: Body, at: Stamp, delayed: bool, effects: &mut Effects) {
    let seen = app.is_being_read(id, from);
    let Some(account) = app.accounts.get_mut(id) else { return };
    let name = account.shown_name(from).to_owned();
    let stranger = account.roster.contact(from).is_none();
    let conversation = open_talk(account, from);
    conversation.typing = false;
    conversation.push(Line { at, direction: Direction::Incoming, body, tag: None, fate: None, delayed });
    forget_oldest(conversation, if stranger { MAX_TEXT_OF_STRANGERS } else { MAX_TEXT });
    if !seen {
        conversation.unread = conversation.unread.saturating_add(1).min(conversation.lines.len());
    }
    app.dirty = true;
    if stranger {
        app.rows_changed();
    }
    app.line_added(&Peer::new(id, from));
    if !seen && app.rings(at) {
        effects.push(Effect::Ring(format!("message from {}", printable(&name))));
    }
}

/// The order to send one of our messages was given.
pub(super) fn sent(app: &mut App, id: &AccountId, to: &Address, body: Body, tag: MessageRef, at: Stamp) {
    app.next_tag = app.next_tag.max(tag.0.saturating_add(1));
    let Some(account) = app.accounts.get_mut(id) else { return };
    let line = Line { at, direction: Direction::Outgoing, body, tag: Some(tag), fate: None, delayed: false };
    let stranger = account.roster.contact(to).is_none();
    open_talk(account, to).push(line);
    if stranger {
        app.rows_changed();
    }
    app.line_added(&Peer::new(id, to));
    app.dirty = true;
}

/// What became of one of our messages.
pub(super) fn delivery(app: &mut App, id: &AccountId, tag: MessageRef, fate: &Fate) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    app.dirty |= account.conversations.values_mut().any(|conversation| conversation.set_fate(tag, fate.clone()));
}

/// The other person is writing, or no longer.
pub(super) fn typing(app: &mut App, id: &AccountId, from: &Address, active: bool) {
    let Some(account) = app.accounts.get_mut(id) else { return };
    // Somebody who writes without ever sending shall not fill the list of talks.
    let known = account.roster.contact(from).is_some() || account.conversations.contains_key(from);
    if !known {
        return;
    }
    let conversation = open_talk(account, from);
    app.dirty |= conversation.typing != active;
    conversation.typing = active;
}

/// The talk with a person, new if there was none.
pub(super) fn open_talk<'a>(account: &'a mut AccountView, with: &Address) -> &'a mut Conversation {
    if account.conversations.len() >= MAX_CONVERSATIONS && !account.conversations.contains_key(with) {
        let oldest = account
            .conversations
            .iter()
            .min_by_key(|(_, talk)| (talk.unread > 0, talk.lines.back().map(|line| line.at)))
            .map(|(who, _)| who.clone());
        if let Some(oldest) = oldest {
            account.conversations.remove(&oldest);
        }
    }
    account.conversations.entry(with.clone()).or_insert_with(|| Conversation::new(with.clone()))
}

/// Keeps the text of a talk within a size; the newest line always stays.
fn forget_oldest(talk: &mut Conversation, most: usize) {
    let mut held: usize = talk.lines.iter().map(|line| line.body.text.len()).sum();
    while held > most && talk.lines.len() > 1 {
        held -= talk.lines.pop_front().map_or(0, |line| line.body.text.len());
    }
    talk.unread = talk.unread.min(talk.lines.len());
}

/// A name for a notification: no control characters, not long.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}
