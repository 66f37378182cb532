//! Looking for words: in the open conversation, and in all of them.

use super::{navigate, overlay, past, requests};
use crate::app::find::{Hit, Spot, in_all};
use crate::app::{App, ChatKey, Composer, Effects, Focus, History, Overlay, Place, Query, Search};
use crate::backend::NoticeLevel;
use crate::model::{Conversation, Stamp};

/// Looks for words in the open conversation; asked for again while they are typed, in all of them.
pub(super) fn begin(app: &mut App, effects: &mut Effects) {
    let Some(chat) = app.screen.open().cloned() else { return everywhere(app, None, effects) };
    match &mut app.screen.search {
        Some(search) if search.typing => {
            let words = search.line.text().to_owned();
            cancel(app);
            everywhere(app, Some(&words), effects);
        }
        Some(search) => search.typing = true,
        None => {
            let from = app.screen.pane().place;
            app.focus = Focus::Messages;
            app.screen.search = Some(Search {
                chat,
                line: Composer::default(),
                typing: true,
                from,
                hits: Vec::new(),
                at: 0,
                words: String::new(),
            });
        }
    }
}

/// What is looked for was typed on: the hit nearest to where one was, further back, is selected.
pub(super) fn typed(app: &mut App) {
    let Some(search) = &app.screen.search else { return };
    let Some(talk) = app.conversation(&search.chat) else { return };
    let words = search.line.text().to_owned();
    // What is typed on can only be found where it was found before.
    let narrows = !search.words.is_empty() && words.starts_with(&search.words) && !words.contains('"');
    let hits = hits(talk, &words, narrows.then_some(&search.hits));
    let seen = search.from.cursor.or(search.from.anchor.map(|anchor| anchor.entry)).filter(|_| !search.from.at_end());
    let at = seen.and_then(|seen| hits.iter().position(|hit| *hit <= seen)).unwrap_or(0);
    let place = place_of(search.from, hits.get(at).copied());
    if let Some(search) = &mut app.screen.search {
        (search.hits, search.at, search.words) = (hits, at, words);
    }
    app.screen.pane_mut().place = place;
    app.dirty = true;
}

/// The messages that hold some words, the newest first; `among` = only of these.
fn hits(talk: &Conversation, words: &str, among: Option<&Vec<i64>>) -> Vec<i64> {
    let Some(query) = Query::read(words) else { return Vec::new() };
    let holds = |number: &i64| talk.line(*number).is_some_and(|line| query.is_in(&line.body.text));
    match among {
        Some(known) => known.iter().copied().filter(holds).collect(),
        None => talk.numbers(talk.oldest()..talk.end()).rev().filter(holds).collect(),
    }
}

fn place_of(from: Place, hit: Option<i64>) -> Place {
    let mut place = from;
    if let Some(hit) = hit {
        place.select(hit);
    }
    place
}

/// What is typed is what was meant: the keyboard goes to the messages.
pub(super) fn accept(app: &mut App, effects: &mut Effects) {
    let Some(search) = &mut app.screen.search else { return };
    if search.hits.is_empty() {
        let said =
            if search.line.is_empty() { "type what to look for" } else { "no message here holds that; Ctrl-F looks everywhere" };
        return app.note(None, NoticeLevel::Info, said.to_owned(), effects);
    }
    search.typing = false;
    app.dirty = true;
}

/// The next message found, further back, or further on; round the end.
pub(super) fn next(app: &mut App, on: bool, effects: &mut Effects) {
    let Some(search) = app.screen.search.as_mut().filter(|search| !search.hits.is_empty()) else {
        return app.note(None, NoticeLevel::Info, "nothing is looked for here; / begins".to_owned(), effects);
    };
    let count = search.hits.len();
    search.at = if on { search.at + count - 1 } else { search.at + 1 } % count;
    let hit = search.hits.get(search.at).copied();
    let place = place_of(app.screen.pane().place, hit);
    app.screen.pane_mut().place = place;
    app.dirty = true;
}

/// No more of it: back to where one was. `false` if nothing was looked for.
pub(super) fn cancel(app: &mut App) -> bool {
    let Some(search) = app.screen.search.take() else { return false };
    if app.screen.open() == Some(&search.chat) {
        app.screen.pane_mut().place = search.from;
    }
    app.focus = if search.from.cursor.is_some() && app.focus == Focus::Messages { Focus::Messages } else { Focus::Composer };
    app.dirty = true;
    true
}

/// It is over when the keyboard goes elsewhere.
pub(super) fn settle(app: &mut App) {
    let here = |search: &Search| app.screen.open() == Some(&search.chat) && app.focus == Focus::Messages;
    if app.screen.search.as_ref().is_some_and(|search| !here(search)) {
        app.screen.search = None;
    }
    if app.screen.hinting.is_some() && (app.screen.open().is_none() || app.screen.overlay.is_some()) {
        app.screen.hinting = None;
    }
}

/// Looks for words in all conversations.
pub(super) fn everywhere(app: &mut App, words: Option<&str>, effects: &mut Effects) {
    let history = History { line: Composer::with(words.unwrap_or_default()), ..History::default() };
    overlay::show(app, Overlay::History(history));
    typed_everywhere(app, effects);
}

/// What is looked for in all conversations was typed on. Where a history is kept it is asked; what was found
/// for the words before stays until the answer is there.
pub(super) fn typed_everywhere(app: &mut App, effects: &mut Effects) {
    let Some(Overlay::History(history)) = &app.screen.overlay else { return };
    let words = history.line.text().to_owned();
    if app.history && !words.trim().is_empty() {
        return past::search(app, &words, None, None, effects);
    }
    let (hits, more) = Query::read(&words).map_or_else(Default::default, |query| in_all(app, &query));
    if let Some(Overlay::History(history)) = &mut app.screen.overlay {
        (history.hits, history.more, history.marked) = (hits, more, 0);
    }
}

/// The history has answered.
pub(super) fn answered(app: &mut App) {
    let found = app.hits.hits.iter().filter_map(|hit| {
        let chat = past::chat_of(app, &hit.account, &hit.with)?;
        if hit.id.as_ref().is_some_and(|id| requests::held(app, &chat).contains(id)) {
            return None;
        }
        let (spot, marks) = (Spot::Kept(hit.place), hit.marks.clone());
        Some(Hit { chat, spot, at: hit.at, by: hit.by.clone(), excerpt: hit.excerpt.clone(), cut: hit.cut, marks })
    });
    let (found, more) = (found.collect(), app.hits.more);
    if let Some(Overlay::History(history)) = &mut app.screen.overlay {
        (history.hits, history.more, history.marked) = (found, more, 0);
    }
}

/// The marked one is shown in its conversation, where the same words are looked for from now on.
pub(super) fn go(app: &mut App, history: History, at: Stamp, effects: &mut Effects) {
    let Some(hit) = history.hits.get(history.marked).cloned() else {
        app.screen.overlay = Some(Overlay::History(history));
        return;
    };
    navigate::open(app, &hit.chat, at, effects);
    let (words, from) = (history.line.text().to_owned(), app.screen.pane().place);
    let search = Search { chat: hit.chat.clone(), line: history.line, typing: false, from, hits: Vec::new(), at: 0, words };
    app.focus = Focus::Messages;
    app.screen.search = Some(search);
    match hit.spot {
        Spot::Kept(place) => past::look_at(app, &hit.chat, place, effects),
        Spot::Here(number) if app.conversation(&hit.chat).is_some_and(|talk| talk.line(number).is_some()) => {
            arrived(app, &hit.chat, number);
        }
        Spot::Here(_) => {
            app.screen.search = None;
            app.note(None, NoticeLevel::Info, "this message is not at hand any more".to_owned(), effects);
        }
    }
}

/// A message that was found is at hand: it is selected, and what was looked for is marked around it.
pub(super) fn arrived(app: &mut App, chat: &ChatKey, number: i64) {
    if app.screen.open() != Some(chat) {
        return;
    }
    let words = app.screen.search.as_ref().map(|search| search.words.clone()).unwrap_or_default();
    let hits = app.conversation(chat).map(|talk| hits(talk, &words, None)).unwrap_or_default();
    let at = hits.iter().position(|hit| *hit == number).unwrap_or(0);
    if let Some(search) = &mut app.screen.search {
        (search.hits, search.at) = (hits, at);
    }
    app.focus = Focus::Messages;
    app.screen.pane_mut().place.select(number);
    app.dirty = true;
}
