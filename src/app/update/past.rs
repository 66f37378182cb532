//! Looking back: what was said before is looked up as the user comes near it, and searched.
//!
//! Of a conversation a part of bounded size is in memory. What is looked up lies before the entries that
//! came or were written in this run; what is among them already is left out.

use std::collections::BTreeSet;

use super::{conversation, ledger, reading, requests, room, searching};
use crate::app::{App, ChatKey, Effect, Effects, Peer, Place as ReadingPlace, RoomKey};
use crate::backend::NoticeLevel;
use crate::history::{Ask, Found, Hits, Mark, Page, Part, Place, Search, Ticket, With};
use crate::model::{Address, Author, Conversation, Line, MessageRef, Past, Side, Strangers};

/// Messages looked up together.
const PAGE: usize = 200;
/// Messages a search shows together.
const HITS: usize = 100;

/// The history can be asked from now on.
pub(super) fn begins(app: &mut App, effects: &mut Effects) {
    if let Some(chat) = app.screen.open().cloned() {
        opened(app, &chat, effects);
    }
}

/// A conversation is opened: the last things said in it are looked up, once.
pub(super) fn opened(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    if app.conversation(chat).is_none_or(|talk| talk.past.looked_at.is_none()) {
        ask(app, chat, Part::End, effects);
    }
}

/// The user is near the oldest entry shown of a conversation: older ones are looked up, if there are any.
pub fn wants_older(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    let Some(past) = app.conversation(chat).map(|talk| &talk.past) else { return };
    match past.looked_at {
        None => ask(app, chat, Part::End, effects),
        Some((from, _)) if past.more => ask(app, chat, Part::Before(Mark::Place(Place(from))), effects),
        Some(_) => {}
    }
}

/// The user is near the newest entry shown, which is not the end: newer ones are looked up.
pub fn wants_newer(app: &mut App, chat: &ChatKey, effects: &mut Effects) {
    let Some(past) = app.conversation(chat).map(|talk| &talk.past) else { return };
    if let (true, Some((_, to))) = (past.gap, past.looked_at) {
        ask(app, chat, Part::After(Mark::Place(Place(to))), effects);
    }
}

/// Entries before what is not at hand from which on it is looked up.
const NEAR: i64 = 100;

/// What lies beyond what can be seen is looked up, if one reads near it.
pub(super) fn near(app: &mut App, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return };
    let place = app.screen.pane().place;
    let Some(talk) = app.conversation(&chat) else { return wants_older(app, &chat, effects) };
    let (oldest, end) = (talk.oldest(), talk.end());
    let at = place.anchor.map_or(end, |anchor| anchor.entry);
    if (place.rows < 0 || place.pages < 0 || at == oldest) && at - oldest < NEAR {
        wants_older(app, &chat, effects);
    } else if end - at < NEAR {
        wants_newer(app, &chat, effects);
    }
}

/// The end of the open conversation comes into view.
pub(super) fn to_end(app: &mut App) {
    app.screen.pane_mut().place = ReadingPlace::END;
    app.dirty = true;
    if let Some(talk) = app.screen.open().cloned().and_then(|chat| app.conversation_mut(&chat)) {
        talk.to_end();
    }
}

/// The user wants to see a message, such as one that was found, among those around it. They take the
/// place of what was looked up before; [`Past::position`] tells where it is then, unless it is among the
/// conversation's own entries.
pub fn look_at(app: &mut App, chat: &ChatKey, place: Place, effects: &mut Effects) {
    app.screen.going = Some((chat.clone(), place));
    ask(app, chat, Part::Around(Mark::Place(place)), effects);
}

/// Searches everything that was said, or one conversation; `before` = further back than what was found
/// last. What is found replaces [`App::hits`].
pub fn search(app: &mut App, words: &str, with: Option<&ChatKey>, before: Option<Place>, effects: &mut Effects) {
    app.searches = app.searches.saturating_add(1);
    let ticket = Ticket { asker: 0, number: app.searches };
    let with = with.map(|chat| in_words(app, chat));
    if !app.history || words.trim().is_empty() || with == Some(None) {
        app.hits = Hits { ticket, ..Hits::default() };
        app.dirty = true;
        return;
    }
    let held = app.strangers() == Strangers::Allow;
    let search = Search { words: words.to_owned(), with: with.flatten(), before, count: HITS, held, ticket };
    effects.push(Effect::Ask(Ask::Search(search)));
}

fn in_words(app: &App, chat: &ChatKey) -> Option<(Address, With)> {
    let account = app.accounts.get(chat.account())?.aor.clone();
    let with = match chat {
        ChatKey::Person(peer) => With::Person(peer.who.clone()),
        ChatKey::Room(key) => With::Room(key.room.clone()),
    };
    Some((account, with))
}

fn ask(app: &mut App, chat: &ChatKey, part: Part, effects: &mut Effects) {
    if !app.history {
        return;
    }
    let Some((account, with)) = in_words(app, chat) else { return };
    if let Some(talk) = app.conversation_mut(chat)
        && std::mem::replace(&mut talk.past.waiting, true)
        && !matches!(part, Part::Around(_))
    {
        return;
    }
    effects.push(Effect::Ask(Ask::Page { account, with, part, count: PAGE }));
}

/// An answer came.
pub(super) fn found(app: &mut App, found: Found, effects: &mut Effects) {
    match found {
        Found::Page(page) => take(app, page, effects),
        Found::Hits(hits) if hits.ticket.number == app.searches => {
            app.hits = hits;
            app.dirty = true;
            searching::answered(app);
        }
        // The user typed on meanwhile.
        Found::Hits(_) => {}
        Found::Nothing { ask, why } => {
            if let Ask::Page { account, with, .. } = &ask
                && let Some(chat) = chat_of(app, account, with)
                && let Some(talk) = app.conversation_mut(&chat)
            {
                talk.past.waiting = false;
            }
            let text = format!("what was said before cannot be looked up now: {why}");
            app.note(None, NoticeLevel::Warning, text, effects);
        }
    }
}

pub(super) fn chat_of(app: &App, account: &Address, with: &With) -> Option<ChatKey> {
    let id = ledger::account_of(app, account)?;
    Some(match with {
        With::Person(who) => Peer::new(&id, who).into(),
        With::Room(room) => RoomKey::new(&id, room).into(),
    })
}

fn take(app: &mut App, page: Page, effects: &mut Effects) {
    let Some(chat) = chat_of(app, &page.account, &page.with) else { return };
    let around = matches!(page.part, Part::Around(_));
    // It is shown when the user has accepted it, and comes with the rest of it then.
    let held = requests::held(app, &chat);
    if app.conversation(&chat).is_none() && !make(app, &chat, &page, &held, effects) {
        return;
    }
    let wanted = app.screen.going.take_if(|(going, _)| *going == chat && around).map(|(_, place)| place);
    let Some(talk) = app.conversation_mut(&chat) else { return };
    talk.past.waiting = false;
    let part = page.part.clone();
    let line = wanted.and_then(|place| page.lines.iter().find(|(one, _)| *one == place).map(|(_, line)| line.clone()));
    let before = talk.past.gap.then(|| talk.oldest());
    let Some(brought) = put(talk, page, held) else { return };
    let moved = before.filter(|_| !talk.past.gap && matches!(part, Part::After(_))).map_or(0, |before| talk.oldest() - before);
    let there = wanted.and_then(|place| number_of(talk, place, line.as_ref()));
    if moved != 0 {
        reading::renumbered(app, &chat, moved);
    }
    if let Some(number) = there {
        searching::arrived(app, &chat, number);
    }
    app.dirty = true;
    if !brought {
        match part {
            Part::After(_) => wants_newer(app, &chat, effects),
            _ => wants_older(app, &chat, effects),
        }
    }
}

/// The number of a message that was looked for, wherever it is now.
fn number_of(talk: &Conversation, place: Place, line: Option<&Line>) -> Option<i64> {
    if let Some(at) = talk.past.position(place.0) {
        return talk.oldest().checked_add(i64::try_from(at).ok()?);
    }
    let line = line?;
    let same = |other: &Line| (line.tag.is_some() && line.tag == other.tag) || (line.id.is_some() && line.id == other.id);
    talk.numbers(talk.oldest()..talk.end()).rev().find(|number| talk.line(*number).is_some_and(same))
}

/// Nothing was said in this run, but before: the conversation is there from now on, if it is open.
fn make(app: &mut App, chat: &ChatKey, page: &Page, held: &BTreeSet<String>, effects: &mut Effects) -> bool {
    let is_shown = |(_, line): &&(Place, Line)| line.id.as_ref().is_none_or(|id| !held.contains(id));
    let Some((_, last)) = page.lines.iter().rfind(is_shown) else { return false };
    if app.screen.open() != Some(chat) {
        return false;
    }
    match chat {
        ChatKey::Person(peer) => {
            conversation::open_talk(app, &peer.account, &peer.who, effects);
            app.rows_changed();
        }
        ChatKey::Room(key) => {
            let people: BTreeSet<_> = page.lines.iter().filter_map(|(_, line)| theirs(line)).cloned().collect();
            let people: Vec<_> = people.into_iter().collect();
            room::of_past(app, key, &people, last.at, effects);
        }
    }
    true
}

const fn theirs(line: &Line) -> Option<&Address> {
    match &line.by {
        Author::Them(who) => Some(who),
        Author::Us => None,
    }
}

/// Puts an answer to what was looked up, without what is held, unless that is about something else by now; whether it
/// brought anything that was not there, or that is all there is.
fn put(talk: &mut Conversation, page: Page, held: BTreeSet<String>) -> Option<bool> {
    let span = page.lines.first().zip(page.lines.last()).map(|((first, _), (last, _))| (first.0, last.0));
    let mut own = Own::of(talk);
    own.ids.extend(held);
    let lines: Vec<(i64, Line)> =
        page.lines.into_iter().filter(|(_, line)| !own.holds(line)).map(|(place, line)| (place.0, line)).collect();
    let (first, past) = (talk.first, &mut talk.past);
    let brought = !lines.is_empty();
    match (page.part, past.looked_at) {
        (Part::End | Part::Around(_), _) => {
            let (more, gap) = (page.more_before, page.more_after);
            *past = Past::default();
            (past.looked_at, past.more) = (Some(span.unwrap_or_default()), more);
            if gap {
                past.begin_apart(first);
            }
            past.put(first, Side::Newer, lines.into_iter());
            // What was to be seen is among the conversation's own.
            past.gap &= !past.entries().is_empty();
            Some(brought || !more)
        }
        (Part::Before(Mark::Place(Place(place))), Some((from, to))) if place == from => {
            past.looked_at = Some((span.map_or(from, |(first, _)| first), to));
            past.more = page.more_before && span.is_some();
            past.put(first, Side::Older, lines.into_iter());
            Some(brought || !past.more)
        }
        (Part::After(Mark::Place(Place(place))), Some((from, to))) if place == to => {
            past.looked_at = Some((from, span.map_or(to, |(_, last)| last)));
            past.gap = page.more_after && span.is_some();
            past.put(first, Side::Newer, lines.into_iter());
            Some(brought || !past.gap)
        }
        _ => None,
    }
}

/// What a conversation has of its own.
struct Own {
    tags: BTreeSet<MessageRef>,
    ids: BTreeSet<String>,
}

impl Own {
    fn of(talk: &Conversation) -> Self {
        let tags = talk.lines().filter_map(|line| line.tag).collect();
        Self { tags, ids: talk.lines().filter_map(|line| line.id.clone()).collect() }
    }

    fn holds(&self, line: &Line) -> bool {
        line.tag.is_some_and(|tag| self.tags.contains(&tag)) || line.id.as_ref().is_some_and(|id| self.ids.contains(id))
    }
}
