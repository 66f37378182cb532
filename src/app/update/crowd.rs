//! More conversations than can be kept: which one gives way, and what the user is told of it.

use std::time::Duration;

use crate::app::{App, ChatKey, Effects, farewell};
use crate::backend::NoticeLevel;
use crate::model::AccountId;

/// How long the count of dropped messages grows within one note; then the user is told anew.
const TOLD_ONCE: Duration = Duration::from_mins(1);

/// The conversation that gives way: the first in order of `rank` in which the user has no hand, else
/// the first of all.
pub(super) fn least<R: Ord>(app: &App, all: impl Iterator<Item = (R, ChatKey)>) -> Option<ChatKey> {
    let mut all: Vec<(R, ChatKey)> = all.collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    let free = all.iter().position(|(_, chat)| !in_use(app, chat)).unwrap_or(0);
    all.into_iter().nth(free).map(|(_, chat)| chat)
}

/// Whether it is on the screen, has words of the user that are not sent, or some whose fate is open.
fn in_use(app: &App, chat: &ChatKey) -> bool {
    app.screen.panes.showing(chat).is_some()
        || has_words(app, chat)
        || app.conversation(chat).is_some_and(|talk| talk.lines().any(farewell::is_open))
}

/// Whether something is written there and not sent.
pub(super) fn has_words(app: &App, chat: &ChatKey) -> bool {
    app.screen.drafts.get(chat).is_some_and(|draft| !draft.text().trim().is_empty())
}

/// A conversation gave way with this many messages nobody had read. What is dropped is told, but a
/// flood of strangers does not become a flood of notes.
pub(super) fn dropped(app: &mut App, id: &AccountId, unread: usize, effects: &mut Effects) {
    if unread == 0 {
        return;
    }
    let before = sentence(app.crowded_out);
    app.crowded_out = app.crowded_out.saturating_add(unread);
    let text = sentence(app.crowded_out);
    let now = app.now;
    match app.notes.iter_mut().rev().find(|note| note.text == before && note.at.age(now) < TOLD_ONCE) {
        Some(note) => {
            note.text = text;
            app.dirty = true;
        }
        None => app.note(Some(id), NoticeLevel::Warning, text, effects),
    }
}

fn sentence(count: usize) -> String {
    let messages = if count == 1 { "1 unread message was".to_owned() } else { format!("{count} unread messages were") };
    format!("{messages} dropped: more people wrote than can be kept; what your contacts write is kept longest")
}
