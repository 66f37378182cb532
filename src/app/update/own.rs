//! The menu of one's own presence.

use super::{overlay, presence};
use crate::app::{App, Effects, Overlay, OwnAct, STATES, StatusMenu, StatusRow};
use crate::model::Stamp;

/// Opens the menu, or makes it be about another account.
pub(super) fn act(app: &mut App, what: OwnAct) {
    match (what, &app.screen.overlay) {
        (OwnAct::NextAccount, Some(Overlay::Status(menu))) => {
            let next = menu.next_account(app);
            app.screen.overlay = Some(Overlay::Status(next));
            app.dirty = true;
        }
        (OwnAct::NextAccount, _) => {}
        (OwnAct::Menu, _) => {
            let menu = StatusMenu::about(app, app.selected_account());
            overlay::show(app, Overlay::Status(menu));
        }
    }
}

/// Enter, a click, or the key of a row.
pub(super) fn accept(app: &mut App, mut menu: StatusMenu, at: Stamp, effects: &mut Effects) {
    match menu.row(menu.marked) {
        Some(StatusRow::State(state)) => {
            presence::choose_on(app, menu.account.as_ref(), state, menu.note.text().trim(), at, effects);
        }
        Some(StatusRow::Offered(state, text)) => {
            presence::choose_on(app, menu.account.as_ref(), state, text, at, effects);
        }
        Some(StatusRow::Note) => {
            menu.writing = true;
            let account = app.accounts.iter().find(|(id, _)| menu.account.as_ref().is_none_or(|one| one == *id));
            let chosen = account.map(|(_, view)| view.own.chosen);
            menu.marked = STATES.iter().position(|state| Some(*state) == chosen).unwrap_or(0);
            app.screen.overlay = Some(Overlay::Status(menu));
        }
        Some(StatusRow::Again(note)) => presence::set_note_on(app, menu.account.as_ref(), note, at, effects),
        None => {}
    }
}

/// A letter typed while the menu is open and no note is being written.
pub(super) fn key(app: &mut App, key: char, at: Stamp, effects: &mut Effects) {
    let Some(Overlay::Status(menu)) = &mut app.screen.overlay else { return };
    let Some(row) = menu.place_of(key) else { return };
    menu.marked = row;
    if let Some(Overlay::Status(menu)) = app.screen.overlay.take() {
        accept(app, menu, at, effects);
    }
}
