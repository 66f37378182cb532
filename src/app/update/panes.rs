//! The places for conversations: dividing, closing, moving between them.

use super::{compose, navigate};
use crate::app::{App, Effects, Focus, MAX_PANES, PaneAct};
use crate::backend::NoticeLevel;
use crate::model::Stamp;

/// Does what the user wants with the panes.
pub(super) fn act(app: &mut App, what: PaneAct, at: Stamp, effects: &mut Effects) {
    let before = app.screen.open().cloned();
    let panes = &mut app.screen.panes;
    let said = match what {
        PaneAct::Split(way) => (!panes.split(way)).then(|| format!("there are {MAX_PANES} panes already; close one first")),
        PaneAct::Close => panes.close().is_none().then(|| "this is the only pane; /close closes the conversation".to_owned()),
        PaneAct::Only => {
            panes.only();
            None
        }
        PaneAct::Zoom => {
            panes.zoom();
            None
        }
        PaneAct::Next(backwards) => {
            panes.cycle(backwards);
            None
        }
        PaneAct::Focus(toward) => {
            let there = panes.neighbour(toward);
            let found = there.is_some_and(|id| panes.focus(id));
            (!found).then(|| "there is no pane on that side".to_owned())
        }
        PaneAct::To(id) => {
            panes.focus(id);
            None
        }
        PaneAct::Move(toward) => (!panes.exchange(toward)).then(|| "there is no pane on that side".to_owned()),
        PaneAct::Push(toward) => {
            (!panes.push(toward)).then(|| "there is no border to move; /split makes another pane".to_owned())
        }
        PaneAct::Even => {
            panes.even();
            None
        }
    };
    if let Some(said) = said {
        app.note(None, NoticeLevel::Info, said, effects);
    }
    app.dirty = true;
    if matches!(what, PaneAct::Push(_) | PaneAct::Even) {
        return;
    }
    if app.focus == Focus::Roster && app.screen.open().is_some() {
        app.focus = Focus::Composer;
    }
    if before != app.screen.open().cloned() {
        compose::typing_over(app, at, effects);
        if let Some(chat) = app.screen.open().cloned() {
            navigate::select(app, &chat);
        }
    }
}
