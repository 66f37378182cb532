//! The list of what could be meant by what is being written: when it comes, and what is done with it.

use super::{compose, keys, navigate};
use crate::app::{Action, App, ChatKey, Completion, ComposeAct, Edit, Effects, completion};
use crate::model::Stamp;

/// Whether an action leaves an open list as it is, or sees to it itself.
pub(super) const fn lets_be(action: &Action) -> bool {
    matches!(
        action,
        Action::Edit(_)
            | Action::Complete
            | Action::Submit
            | Action::Choose(_)
            | Action::Back
            | Action::Interrupt
            | Action::Redraw
            | Action::Shown { .. }
            | Action::Compose(ComposeAct::Wide(_))
    )
}

/// The draft was changed, or the cursor moved: the list follows, or closes.
pub(super) fn follow(app: &mut App, chat: &ChatKey, step: Edit, at: Stamp, effects: &mut Effects) {
    if step == Edit::Insert(':') {
        name_complete(app, chat, at, effects);
    }
    let asked = app.screen.writing.list.take().is_some_and(|list| list.asked);
    let typing = matches!(step, Edit::Insert(_) | Edit::Backspace);
    if typing {
        app.screen.writing.list = offer(app, chat, asked);
    }
}

/// What there is to offer for the text before the cursor.
fn offer(app: &mut App, chat: &ChatKey, asked: bool) -> Option<Completion> {
    let ascii = app.screen.writing.ascii;
    let draft = compose::draft(app, chat);
    let before = draft.text().get(..draft.cursor()).unwrap_or("").to_owned();
    completion::emoji(&before, ascii, asked).or_else(|| asked.then(|| completion::names(app, chat, &before)).flatten())
}

/// The second colon of a short name makes the emoji of it.
fn name_complete(app: &mut App, chat: &ChatKey, at: Stamp, effects: &mut Effects) {
    if app.screen.writing.ascii {
        return;
    }
    let draft = compose::draft(app, chat);
    let cursor = draft.cursor();
    if let Some((start, emoji)) = draft.text().get(..cursor).and_then(completion::named_emoji) {
        draft.replace(start, cursor, emoji);
        compose::touched(app, chat, at, effects);
    }
}

/// Tab: takes what is marked, else asks for a list; a command that was begun is completed; where
/// there is nothing to complete the keyboard goes on.
pub(super) fn tab(app: &mut App, at: Stamp, effects: &mut Effects) {
    app.dirty = true;
    let Some(chat) = app.screen.open().cloned() else { return navigate::focus_next(app, false) };
    if let Some(list) = &mut app.screen.writing.list {
        list.marked.get_or_insert(0);
        take(app, at, effects);
        return;
    }
    if keys::complete(app, false) {
        return;
    }
    match offer(app, &chat, true) {
        // One alone needs no choice.
        Some(list) if list.candidates.len() == 1 => {
            app.screen.writing.list = Some(list);
            take(app, at, effects);
        }
        Some(list) => app.screen.writing.list = Some(list),
        None => navigate::focus_next(app, false),
    }
}

/// Puts what is marked into the text; `false` if nothing is.
pub(super) fn take(app: &mut App, at: Stamp, effects: &mut Effects) -> bool {
    let Some(chat) = app.screen.open().cloned() else { return false };
    let Some(chosen) = app.screen.writing.list.as_ref().and_then(Completion::chosen).cloned() else { return false };
    let Some(list) = app.screen.writing.list.take() else { return false };
    compose::draft(app, &chat).replace(list.span.start, list.span.end, &chosen.insert);
    compose::touched(app, &chat, at, effects);
    true
}

/// Up and down move the mark of an open list; `false` if there is none, or for other steps.
pub(super) fn moved(app: &mut App, step: Edit) -> bool {
    match (&mut app.screen.writing.list, step) {
        (Some(list), Edit::Up | Edit::Down) => {
            list.step(step == Edit::Down);
            true
        }
        _ => false,
    }
}

/// A click on a row of the list.
pub(super) fn pointed(app: &mut App, row: usize, at: Stamp, effects: &mut Effects) {
    if let Some(list) = app.screen.writing.list.as_mut().filter(|list| row < list.candidates.len()) {
        list.marked = Some(row);
        take(app, at, effects);
    }
}
