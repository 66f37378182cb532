//! Messages in and out, their fates, and who is writing.

use super::{crowd, ledger, ledger::Came, notices, requests, resend, room};
use crate::app::{AccountView, App, ChatKey, Effects, Peer, RoomKey};
use crate::model::{AccountId, Address, Author, Body, Conversation, Entry, Fate, Happening, Line, MessageRef, Stamp};

/// Talks kept in memory for one account. Strangers give way before contacts, what was read before what
/// was not, then the one silent for longest; what the user has a hand in only if there is no other.
const MAX_CONVERSATIONS: usize = 500;

/// Octets of text kept of one talk; the oldest lines go first.
const MAX_TEXT: usize = 2 * 1024 * 1024;
/// The same where the person is not on the roster, or nobody of a room is known.
const MAX_TEXT_OF_STRANGERS: usize = 128 * 1024;
/// What counts for something that happened: whoever makes much happen does not fill the memory either.
const HAPPENING: usize = 64;

/// A message arrived from a person.
pub(super) fn text(app: &mut App, id: &AccountId, came: &Came<'_>, effects: &mut Effects) {
    let from = came.from;
    let Some(account) = app.accounts.get(id) else { return };
    let stranger = account.roster.contact(from).is_none();
    if let Some(talk) = open_talk(app, id, from, effects) {
        talk.typing = false;
    }
    if stranger {
        app.rows_changed();
    }
    arrived(app, &Peer::new(id, from).into(), came.line(), effects);
}

/// A message is put into a conversation that is there; the user is told where it is not being read.
pub(super) fn arrived(app: &mut App, chat: &ChatKey, line: Line, effects: &mut Effects) {
    let seen = app.is_being_read(chat);
    let Some(account) = app.accounts.get(chat.account()) else { return };
    let news = notices::of_message(app, chat, &line);
    let most = text_kept(account, chat);
    let Some(talk) = app.conversation_mut(chat) else { return };
    talk.push(Entry::Said(line));
    forget_oldest(talk, most);
    if !seen {
        talk.unread = talk.unread.saturating_add(1).min(talk.entries.len());
        talk.mentions = talk.mentions.saturating_add(usize::from(news.as_ref().is_some_and(|news| news.mention)));
    }
    ledger::to_be_read(app, chat);
    app.added(chat, true);
    if let Some(news) = news {
        notices::notify(app, news, effects);
    }
}

/// The order to send one of our messages was given.
pub(super) fn sent(app: &mut App, chat: &ChatKey, body: Body, tag: MessageRef, at: Stamp, effects: &mut Effects) {
    app.next_tag = app.next_tag.max(tag.0.saturating_add(1));
    let Some(account) = app.accounts.get(chat.account()) else { return };
    if let ChatKey::Person(peer) = chat {
        let stranger = account.roster.contact(&peer.who).is_none();
        requests::known(app, peer, effects);
        open_talk(app, &peer.account, &peer.who, effects);
        if stranger {
            app.rows_changed();
        }
    }
    let Some(talk) = app.conversation_mut(chat) else { return };
    talk.push(Entry::Said(Line { at, by: Author::Us, body, tag: Some(tag), id: None, fate: None, delayed: false }));
    forget_oldest(talk, MAX_TEXT);
    app.added(chat, false);
}

/// What became of one of our messages.
pub(super) fn delivery(app: &mut App, id: &AccountId, tag: MessageRef, fate: &Fate, effects: &mut Effects) {
    if resend::taken_back(app, id, tag, fate, effects) || ledger::holds_back(app, tag, fate) {
        return;
    }
    if let Some(chat) = show_fate(app, id, tag, fate) {
        ledger::settled(app, &chat, tag, fate, effects);
    }
}

/// Shows what became of one of our messages; in which conversation.
pub(super) fn show_fate(app: &mut App, id: &AccountId, tag: MessageRef, fate: &Fate) -> Option<ChatKey> {
    let account = app.accounts.get_mut(id)?;
    let people = account.conversations.iter_mut().map(|(who, talk)| (Peer::new(id, who).into(), talk));
    let rooms = account.rooms.iter_mut().map(|(room, of)| (RoomKey::new(id, room).into(), &mut of.talk));
    let now = app.now;
    let chat = people.chain(rooms).find_map(|(chat, talk)| {
        let found = talk.set_fate(tag, fate.clone());
        if found {
            talk.heard.insert(tag, now);
        }
        found.then_some(chat)
    })?;
    app.dirty = true;
    Some(chat)
}

/// A message was taken out of a conversation.
pub(super) fn shorter(app: &mut App, chat: &ChatKey) {
    if let Some(talk) = app.conversation_mut(chat) {
        talk.unread = talk.unread.min(talk.entries.len());
    }
    app.rows_changed();
}

/// The other person is writing, or no longer.
pub(super) fn typing(app: &mut App, id: &AccountId, from: &Address, active: bool, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    // Somebody who writes without ever sending shall not fill the list of talks.
    let known = account.roster.contact(from).is_some() || account.conversations.contains_key(from);
    if !known {
        return;
    }
    let Some(talk) = open_talk(app, id, from, effects) else { return };
    let changed = std::mem::replace(&mut talk.typing, active) != active;
    app.dirty |= changed;
}

/// Something happened between us and a person.
pub(super) fn happened(app: &mut App, peer: &Peer, what: Happening, at: Stamp, effects: &mut Effects) {
    let chat = ChatKey::from(peer.clone());
    let Some(most) = app.accounts.get(&peer.account).map(|account| text_kept(account, &chat)) else { return };
    if let Some(talk) = open_talk(app, &peer.account, &peer.who, effects) {
        talk.push(Entry::Happened { at, what });
        forget_oldest(talk, most);
    }
    app.rows_changed();
    app.added(&chat, false);
}

/// The talk with a person, new if there was none.
pub(super) fn open_talk<'a>(
    app: &'a mut App,
    id: &AccountId,
    with: &Address,
    effects: &mut Effects,
) -> Option<&'a mut Conversation> {
    let account = app.accounts.get(id)?;
    if account.conversations.len() >= MAX_CONVERSATIONS && !account.conversations.contains_key(with) {
        make_room(app, id, effects);
    }
    Some(app.accounts.get_mut(id)?.conversations.entry(with.clone()).or_default())
}

/// One talk gives way to another.
fn make_room(app: &mut App, id: &AccountId, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id) else { return };
    let talks = account.conversations.iter().map(|(who, talk)| {
        let known = account.roster.contact(who).is_some();
        ((known, talk.unread > 0, talk.entries.back().map(Entry::at)), Peer::new(id, who).into())
    });
    let Some(ChatKey::Person(peer)) = crowd::least(app, talks) else { return };
    let gone = app.accounts.get_mut(id).and_then(|account| account.conversations.remove(&peer.who));
    app.rows_changed();
    crowd::dropped(app, id, gone.map_or(0, |talk| talk.unread), effects);
}

/// How much text of a conversation is kept.
fn text_kept(account: &AccountView, chat: &ChatKey) -> usize {
    match chat {
        ChatKey::Person(peer) if account.roster.contact(&peer.who).is_none() => MAX_TEXT_OF_STRANGERS,
        ChatKey::Room(key) if account.rooms.get(&key.room).is_some_and(|room| !room::is_known(account, room)) => {
            MAX_TEXT_OF_STRANGERS
        }
        ChatKey::Person(_) | ChatKey::Room(_) => MAX_TEXT,
    }
}

/// Keeps the text of a talk within a size; the newest entry always stays.
fn forget_oldest(talk: &mut Conversation, most: usize) {
    let size = |entry: &Entry| entry.said().map_or(HAPPENING, |line| line.body.text.len());
    let mut held: usize = talk.entries.iter().map(size).sum();
    while held > most && talk.entries.len() > 1 {
        held -= talk.drop_oldest().as_ref().map_or(0, size);
    }
    talk.unread = talk.unread.min(talk.entries.len());
}

/// A name for a notification: no control characters, not long.
pub(super) fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}
