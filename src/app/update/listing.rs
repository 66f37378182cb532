//! Who is listed, in the contact list and on the board.

use super::navigate;
use crate::app::{App, Focus, ListAct, RowKey, Step, top_of};

/// Rows of the board that are not rows of people.
const BOARD_FRAME: usize = 4;

/// What the user wants with a list.
pub(super) fn act(app: &mut App, what: ListAct) {
    app.dirty = true;
    match what {
        ListAct::Board => return show(app, !app.screen.board.shown),
        ListAct::Filter if app.screen.board.shown => app.screen.board.filtering = true,
        ListAct::Filter => {
            app.focus = Focus::Roster;
            app.screen.filtering = true;
        }
        ListAct::OnlineOnly if app.screen.board.shown => {
            let flag = &mut app.screen.board.online_only;
            *flag = !*flag;
        }
        ListAct::OnlineOnly => app.screen.online_only = !app.screen.online_only,
        ListAct::UnreadOnly => app.screen.unread_only = !app.screen.unread_only,
        ListAct::Sort => {
            app.screen.board.sorting = app.screen.board.sorting.next();
            app.screen.board.selected = None;
            app.screen.board.top = 0;
        }
    }
    app.rows_changed();
}

/// Shows the board, or puts it away.
pub(super) fn show(app: &mut App, shown: bool) {
    let board = &mut app.screen.board;
    board.shown = shown;
    board.filtering = false;
    // Nobody looks at its rows then, and nobody is to keep them in order.
    board.rows.take();
    app.screen.overlay = None;
    app.screen.answering = None;
    app.dirty = true;
}

/// A step on the board.
pub(super) fn step(app: &mut App, step: Step) {
    let room = usize::from(app.size.1).saturating_sub(BOARD_FRAME).max(1);
    let len = app.board_rows().len();
    let at = navigate::moved(app.board_row(), step, room, len);
    let key = app.board_rows().get(at).map(|row| row.key);
    app.screen.board.top = top_of(app.screen.board.top, at, room, len);
    app.screen.board.selected = key;
    app.dirty = true;
}

/// What is marked on the board.
pub(super) fn marked(app: &App) -> Option<RowKey> {
    app.board_rows().get(app.board_row()).map(|row| row.key)
}

/// Folds a group of the board up, or opens it.
pub(super) fn fold(app: &mut App, key: RowKey, up: Option<bool>) {
    let RowKey::Group(id, group) = &key else { return };
    let place = (id.clone(), group.clone());
    let board = &mut app.screen.board;
    let up = up.unwrap_or(!board.folded.contains(&place));
    if up {
        board.folded.insert(place);
    } else {
        board.folded.remove(&place);
    }
    if let Some(rows) = board.rows.get_mut() {
        rows.fold(&key, up);
    }
    board.selected = Some(key);
    app.dirty = true;
}

/// What is typed to find people changed.
pub(super) fn filter_changed(app: &mut App) {
    if app.screen.board.shown {
        app.screen.board.selected = None;
        app.screen.board.top = 0;
        app.screen.board.rows.take();
    } else {
        app.screen.selected = None;
        app.screen.rows.take();
    }
    app.dirty = true;
}

/// Closes the filter, or the board where there is none. `false` where there is nothing to close.
pub(super) fn back(app: &mut App) -> bool {
    let board = &mut app.screen.board;
    if !board.shown {
        return false;
    }
    if std::mem::take(&mut board.filtering) || !board.filter.is_empty() {
        board.filter.take();
        filter_changed(app);
    } else {
        show(app, false);
    }
    true
}
