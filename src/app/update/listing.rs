//! Who is listed, in the contact list and on the board.

use super::navigate;
use crate::app::{App, Effects, Focus, ListAct, RowKey, Step, top_of};
use crate::backend::NoticeLevel;
use crate::model::AccountId;

/// Rows of the board that are not rows of people.
const BOARD_FRAME: usize = 4;

/// What the user wants with a list.
pub(super) fn act(app: &mut App, what: ListAct, effects: &mut Effects) {
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
        ListAct::Apart => app.screen.apart = !app.screen.apart,
        ListAct::Account(name) => return only(app, name.as_deref(), effects),
    }
    app.rows_changed();
}

/// Only the account of this name is listed, or the next one; after the last all are.
fn only(app: &mut App, name: Option<&str>, effects: &mut Effects) {
    let account = match name {
        Some(name) => named(app, name),
        None if app.accounts.len() < 2 => Err("there is only one account".to_owned()),
        None => Ok(match &app.screen.account {
            None => app.accounts.keys().next().cloned(),
            Some(id) => app.accounts.keys().skip_while(|other| *other != id).nth(1).cloned(),
        }),
    };
    match account {
        Ok(account) => {
            let said = account.as_ref().map_or_else(|| "all accounts are listed".to_owned(), |id| format!("only {id} is listed"));
            app.screen.account = account;
            app.rows_changed();
            app.note(None, NoticeLevel::Info, said, effects);
        }
        Err(why) => app.note(None, NoticeLevel::Info, why, effects),
    }
}

/// The account that is meant by a name, or by the beginning of one; none: all.
fn named(app: &App, name: &str) -> Result<Option<AccountId>, String> {
    let exact = app.accounts.keys().find(|id| id.as_str() == name);
    let mut begun = app.accounts.keys().filter(|id| id.as_str().starts_with(name));
    match (exact, begun.next(), begun.next()) {
        (Some(id), ..) | (None, Some(id), None) => Ok(Some(id.clone())),
        (None, None, _) if name == "all" => Ok(None),
        _ => {
            let names: Vec<&str> = app.accounts.keys().map(AccountId::as_str).collect();
            Err(format!("there is no account {name}; there are {}, and all", names.join(", ")))
        }
    }
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

/// Folds a group or an account of the board up, or opens it.
pub(super) fn fold(app: &mut App, header: RowKey) {
    let parts = app.board_rows().parts_of(&header);
    let board = &mut app.screen.board;
    let up = !parts.iter().all(|part| board.folded.contains(part));
    for part in parts {
        if up {
            board.folded.insert(part);
        } else {
            board.folded.remove(&part);
        }
    }
    if let Some(rows) = board.rows.get_mut() {
        rows.fold(&header, up);
    }
    board.selected = Some(header);
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
