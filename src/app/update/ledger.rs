//! What is kept on this machine of messages: told to the ledger as it happens, shown again after a start.
//!
//! A message of ours is written down before it leaves, one of others before its sender is told that it
//! arrived. Where no ledger is kept nothing waits for one.

use std::time::Duration;

use super::{conversation, drafts, order, requests, room};
use crate::app::screen::Written;
use crate::app::state::Unkept;
use crate::app::{App, ChatKey, Effect, Effects, Peer, RoomKey, words};
use crate::backend::{Command, NoticeLevel};
use crate::history::{Incoming, Keep, Kept, Outgoing, Remembered, With};
use crate::model::{AccountId, Address, Author, Body, Fate, Line, MessageRef, RoomId, Stamp};

/// The timer after which what is on the screen counts as seen.
pub(super) const SEEN_TIMER: &str = "seen";
/// So long it must have been there: some frames, and a glance.
const SEEN: Duration = Duration::from_secs(1);

/// The timer after which a change of the screen is written down.
pub(super) const SCREEN_TIMER: &str = "screen";
/// So long: who arranges panes makes many changes.
const SCREEN: Duration = Duration::from_secs(2);

/// Writes something down, where that is done.
fn keep(app: &App, keep: Keep, effects: &mut Effects) {
    if app.ledger {
        effects.push(Effect::Keep(keep));
    }
}

/// The user sends a message.
pub(super) fn sends(app: &mut App, peer: &Peer, body: &Body, tag: MessageRef, at: Stamp, effects: &mut Effects) {
    let Some(account) = app.accounts.get(&peer.account).map(|account| account.aor.clone()) else { return };
    let (to, body) = (peer.who.clone(), body.clone());
    if app.ledger {
        app.unkept.insert(tag, Unkept::default());
    }
    keep(app, Keep::Outgoing(Outgoing { tag, account, to, body, at, fate: Fate::Queued }), effects);
}

/// The user says something in a conversation of several people.
pub(super) fn spoke(app: &App, id: &AccountId, room: &RoomId, body: &Body, tag: MessageRef, at: Stamp, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id).map(|account| account.aor.clone()).filter(|_| app.history) else { return };
    keep(app, Keep::Spoken { account, room: room.clone(), tag, body: body.clone(), at }, effects);
}

/// The account is about to hand a message to the network.
pub(super) fn leaving(app: &App, id: &AccountId, tag: MessageRef, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id).map(|account| account.aor.clone()) else { return };
    keep(app, Keep::Leaving { account, tag }, effects);
}

/// Whether this fate is not to be shown yet: that a message waits is a promise, and holds from when it is
/// on disk.
pub(super) fn holds_back(app: &mut App, tag: MessageRef, fate: &Fate) -> bool {
    let early = app.unkept.get_mut(&tag).filter(|unkept| *fate == Fate::Queued && !unkept.failed);
    early.is_some_and(|early| {
        early.shown_later = Some(Fate::Queued);
        true
    })
}

/// What became of a message to a person.
pub(super) fn settled(app: &mut App, chat: &ChatKey, tag: MessageRef, fate: &Fate, effects: &mut Effects) {
    if !app.ledger {
        return;
    }
    if chat.person().is_none() {
        // Of these nothing waits; the history keeps what became of them.
        if app.history {
            keep(app, Keep::Fate(tag, fate.clone()), effects);
        }
        return;
    }
    if fate.is_final() {
        app.unkept.remove(&tag);
    }
    match fate {
        // It is written down when it leaves.
        Fate::Sent => {}
        Fate::Delivered | Fate::Stored => keep(app, Keep::Settled(tag, fate.clone()), effects),
        Fate::Queued => keep(app, Keep::Fate(tag, Fate::Queued), effects),
        Fate::Failed { .. } | Fate::Unconfirmed { .. } => {
            keep(app, Keep::Fate(tag, fate.clone()), effects);
            to_be_read(app, chat);
        }
    }
}

/// The user has taken a message back: nothing is kept of it.
pub(super) fn forget(app: &mut App, tag: MessageRef, effects: &mut Effects) {
    app.unkept.remove(&tag);
    keep(app, Keep::TakenBack(tag), effects);
}

/// What came, to be written down.
pub(super) struct Came<'a> {
    pub(super) id: &'a str,
    pub(super) room: Option<&'a RoomId>,
    pub(super) from: &'a Address,
    pub(super) body: &'a Body,
    pub(super) at: Stamp,
    pub(super) delayed: bool,
}

impl Came<'_> {
    /// As a line of a conversation.
    pub(super) fn line(&self) -> Line {
        let by = Author::Them(self.from.clone());
        Line {
            at: self.at,
            by,
            body: self.body.clone(),
            tag: None,
            id: Some(self.id.to_owned()),
            fate: None,
            delayed: self.delayed,
        }
    }
}

/// A message came; it is written down before its sender is told. Where nothing is, its sender is told at once.
pub(super) fn came(app: &mut App, id: &AccountId, came: &Came<'_>, effects: &mut Effects) {
    if !app.ledger && !app.asks_nobody {
        order(app, id, Command::Received(came.id.to_owned()), came.at, effects);
    }
    let Some(view) = app.accounts.get(id) else { return };
    let incoming = Incoming {
        id: came.id.to_owned(),
        account: view.aor.clone(),
        room: came.room.cloned(),
        from: came.from.clone(),
        body: came.body.clone(),
        at: came.at,
        delayed: came.delayed,
        known: !view.is_stranger(came.from),
    };
    keep(app, Keep::Incoming(incoming), effects);
}

/// The user knows somebody by now: what they wrote is held no more.
pub(super) fn knows(app: &App, id: &AccountId, from: &Address, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id).map(|account| account.aor.clone()) else { return };
    keep(app, Keep::Known { account, from: from.clone() }, effects);
}

/// What somebody wrote who is not known is not wanted: nothing of it stays.
pub(super) fn discards(app: &App, id: &AccountId, from: &Address, effects: &mut Effects) {
    let Some(account) = app.accounts.get(id).map(|account| account.aor.clone()) else { return };
    keep(app, Keep::Discarded { account, from: from.clone() }, effects);
}

/// Something in a conversation is kept until the user has seen it.
pub(super) fn to_be_read(app: &mut App, chat: &ChatKey) {
    if !app.ledger {
        return;
    }
    if let Some(talk) = app.conversation_mut(chat) {
        talk.kept = true;
    }
    app.reading.take_if(|read| read == chat);
}

/// Something kept is before the user's eyes, or will be with the next frame: a moment later it counts as
/// seen.
pub(super) fn seeing(app: &mut App, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let kept = app.conversation(&chat).is_some_and(|talk| talk.kept);
    if kept && app.reading.as_ref() != Some(&chat) && app.is_being_read(&chat) {
        app.reading = Some(chat);
        effects.push(Effect::StartTimer(SEEN_TIMER, SEEN));
    }
}

/// How the screen is is written down a moment after it changed.
pub(super) fn shape(app: &mut App, effects: &mut Effects) {
    if app.ledger && app.screen.reshaped == Some(Written::Wanted) {
        app.screen.reshaped = Some(Written::Soon);
        effects.push(Effect::StartTimer(SCREEN_TIMER, SCREEN));
    }
}

/// It is time to write down how the screen is.
pub(super) fn write_shape(app: &mut App, effects: &mut Effects) {
    if app.screen.reshaped.take().is_some() {
        keep(app, Keep::Screen(app.memory()), effects);
    }
}

/// What was before the user's eyes for a moment need not be kept any more.
pub(super) fn seen(app: &mut App, effects: &mut Effects) {
    let Some(chat) = app.reading.take() else { return };
    if app.screen.open() != Some(&chat) || !app.is_being_read(&chat) {
        return;
    }
    let Some(account) = app.accounts.get(chat.account()).map(|account| account.aor.clone()) else { return };
    // Of what they wrote some may be held, which nobody has seen.
    let holds = !requests::held(app, &chat).is_empty();
    if app.conversation_mut(&chat).is_some_and(|talk| std::mem::take(&mut talk.kept)) {
        let read = match chat {
            ChatKey::Person(peer) if holds => Keep::ReadKnown { account, from: peer.who },
            ChatKey::Person(peer) => Keep::Read { account, with: With::Person(peer.who) },
            ChatKey::Room(key) => Keep::Read { account, with: With::Room(key.room) },
        };
        keep(app, read, effects);
    }
}

/// It is on disk: what waited for that goes on.
pub(super) fn kept(app: &mut App, kept: Vec<Kept>, at: Stamp, effects: &mut Effects) {
    for kept in kept {
        let Some(id) = account_of(app, kept.account()) else { continue };
        let command = match kept {
            Kept::Outgoing { tag, .. } => {
                if let Some(Unkept { shown_later: Some(fate), .. }) = app.unkept.remove(&tag) {
                    conversation::show_fate(app, &id, tag, &fate);
                }
                continue;
            }
            Kept::Leaving { tag, .. } => Command::Release(tag),
            Kept::Incoming { id, .. } => Command::Received(id),
        };
        order(app, &id, command, at, effects);
    }
}

/// It could not be written: all goes on as well, but what could then be sent twice. The user is told why.
pub(super) fn not_kept(app: &mut App, failed: Vec<Kept>, why: Option<&str>, at: Stamp, effects: &mut Effects) {
    for failed in failed {
        let Some(id) = account_of(app, failed.account()) else { continue };
        let command = match failed {
            Kept::Outgoing { tag, .. } => {
                let unkept = app.unkept.entry(tag).or_default();
                unkept.failed = true;
                if let Some(fate) = unkept.shown_later.take() {
                    conversation::show_fate(app, &id, tag, &fate);
                }
                continue;
            }
            // The ledger knows nothing of it.
            Kept::Leaving { tag, .. } if app.unkept.contains_key(&tag) => Command::Release(tag),
            Kept::Leaving { tag, .. } => Command::Withdraw(tag),
            Kept::Incoming { id, .. } => Command::Received(id),
        };
        order(app, &id, command, at, effects);
    }
    if let Some(why) = why {
        let text = format!("messages cannot be kept on this machine now, and would be lost if chinwag stopped: {why}");
        app.note(None, NoticeLevel::Error, text, effects);
    }
}

/// What earlier runs left is there again, and what waited goes on waiting.
pub(super) fn remembered(app: &mut App, remembered: Remembered, at: Stamp, effects: &mut Effects) {
    app.ledger = true;
    // Who has opened something already has the screen as they want it.
    if let Some(text) = remembered.screen.as_deref().filter(|_| app.screen.open().is_none()) {
        app.recall(text);
    }
    app.opening = false;
    app.history = remembered.history;
    let last = remembered.outgoing.iter().map(|message| message.tag.0).max().unwrap_or(0).max(remembered.last_tag);
    app.next_tag = app.next_tag.max(last.saturating_add(1));
    said_before(app, remembered, at, effects);
}

/// The account was not there for a while: what is kept of it is there again, and what waited goes on waiting.
pub(super) fn returned(app: &mut App, aor: &Address, mut remembered: Remembered, at: Stamp, effects: &mut Effects) {
    remembered.outgoing.retain(|message| message.account == *aor);
    remembered.incoming.retain(|message| message.account == *aor);
    remembered.drafts.retain(|draft| draft.account == *aor);
    said_before(app, remembered, at, effects);
}

/// Messages in the order in which they were written, and drafts.
fn said_before(app: &mut App, remembered: Remembered, at: Stamp, effects: &mut Effects) {
    app.notices.still = true;
    let mut incoming = remembered.incoming.into_iter().peekable();
    for message in remembered.outgoing {
        while let Some(earlier) = incoming.next_if(|came| came.at <= message.at) {
            came_before(app, &earlier, effects);
        }
        wrote_before(app, message, at, effects);
    }
    for message in incoming {
        came_before(app, &message, effects);
    }
    app.notices.still = false;
    drafts::remembered(app, remembered.drafts);
    app.rows_changed();
}

fn came_before(app: &mut App, message: &Incoming, effects: &mut Effects) {
    let Some(id) = account_of(app, &message.account) else { return };
    let Incoming { id: name, room, from, body, at, delayed, .. } = message;
    let came = Came { id: name, room: room.as_ref(), from, body, at: *at, delayed: *delayed };
    match room {
        // Who was known when it was written down is, though the contact list may not be there yet.
        None if !message.known && requests::came_before(app, &id, &came, effects) => {}
        None => conversation::text(app, &id, &came, effects),
        Some(room) => room::over_before(app, &RoomKey::new(&id, room), &came, effects),
    }
}

fn wrote_before(app: &mut App, message: Outgoing, now: Stamp, effects: &mut Effects) {
    let Some(id) = account_of(app, &message.account) else { return };
    let Outgoing { tag, to, body, at, fate, .. } = message;
    let chat = ChatKey::from(Peer::new(&id, &to));
    let waited = at.age(now);
    conversation::sent(app, &chat, body.clone(), tag, at, effects);
    let fate = match fate {
        Fate::Queued if waited <= app.queue_for => {
            conversation::delivery(app, &id, tag, &Fate::Queued, effects);
            match app.permit(&id, Command::SendText { to, body, tag }) {
                Ok(permitted) => effects.push(Effect::Account(id, permitted)),
                // It stays where it was written, to be read and sent again another time.
                Err(denial) => conversation::delivery(app, &id, tag, &Fate::Failed { why: denial.to_string() }, effects),
            }
            return;
        }
        Fate::Queued => Fate::Failed { why: format!("it waited for {} and was not sent", words::span(waited)) },
        Fate::Failed { .. } | Fate::Unconfirmed { .. } => fate,
        Fate::Sent | Fate::Stored | Fate::Delivered => {
            let why = "chinwag stopped before the answer came".to_owned();
            Fate::Unconfirmed { why }
        }
    };
    conversation::delivery(app, &id, tag, &fate, effects);
}

pub(super) fn account_of(app: &App, aor: &Address) -> Option<AccountId> {
    app.accounts.iter().find(|(_, account)| account.aor == *aor).map(|(id, _)| id.clone())
}
