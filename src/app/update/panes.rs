//! The places for conversations: dividing, closing, moving between them, and the lines between them.

use super::{compose, navigate};
use crate::app::{App, Effects, Focus, MAX_PANES, PaneAct};
use crate::backend::NoticeLevel;
use crate::model::Stamp;

/// Least and most columns of the contact list.
const ROSTER: (u16, u16) = (16, 80);

/// Does what the user wants with the panes.
pub(super) fn act(app: &mut App, what: PaneAct, at: Stamp, effects: &mut Effects) {
    let before = app.screen.open().cloned();
    if let Some(said) = change(app, what) {
        app.note(None, NoticeLevel::Info, said, effects);
    }
    app.reshaped();
    let keyboard = matches!(
        what,
        PaneAct::Split(_) | PaneAct::Zoom | PaneAct::Next(_) | PaneAct::Focus(_) | PaneAct::To(_) | PaneAct::Move(_)
    );
    if keyboard && app.focus == Focus::Roster && app.screen.open().is_some() {
        app.focus = Focus::Composer;
    }
    if before != app.screen.open().cloned() {
        compose::typing_over(app, at, effects);
        if let Some(chat) = app.screen.open().cloned() {
            navigate::select(app, &chat);
        }
    }
}

/// The change itself; gives what is to be said of it.
fn change(app: &mut App, what: PaneAct) -> Option<String> {
    let panes = &mut app.screen.panes;
    let nobody = || Some("there is no pane on that side".to_owned());
    match what {
        PaneAct::Split(way) if !panes.split(way) => Some(format!("there are {MAX_PANES} panes already; close one first")),
        PaneAct::Close if panes.close().is_none() => Some("this is the only pane; /close closes the conversation".to_owned()),
        PaneAct::Focus(toward) => match panes.neighbour(toward) {
            Some(id) => (!panes.focus(id)).then(String::new),
            None => nobody(),
        },
        PaneAct::Move(toward) if !panes.exchange(toward) => nobody(),
        PaneAct::Push(toward) if !panes.push(toward) => Some("there is no border to move; /split makes another pane".to_owned()),
        PaneAct::Split(_) | PaneAct::Close | PaneAct::Move(_) | PaneAct::Push(_) => None,
        other => {
            quietly(app, other);
            None
        }
    }
}

/// Changes of which nothing need ever be said.
fn quietly(app: &mut App, what: PaneAct) {
    let panes = &mut app.screen.panes;
    match what {
        PaneAct::Only => drop(panes.only()),
        PaneAct::Zoom => panes.zoom(),
        PaneAct::Next(backwards) => panes.cycle(backwards),
        PaneAct::To(id) => drop(panes.focus(id)),
        PaneAct::Even => panes.even(),
        PaneAct::Hold(held) => app.screen.held = held,
        PaneAct::Share(behind, way, share) => drop(panes.share(behind, way, share)),
        PaneAct::Width(columns) => app.screen.roster_width = Some(columns.clamp(ROSTER.0, ROSTER.1)),
        PaneAct::Widen(by) => {
            let columns = app.screen.roster_width.unwrap_or_else(|| App::usual_roster_width(app.size.0));
            app.screen.roster_width = Some(columns.saturating_add_signed(by).clamp(ROSTER.0, ROSTER.1));
        }
        PaneAct::Split(_) | PaneAct::Close | PaneAct::Focus(_) | PaneAct::Move(_) | PaneAct::Push(_) => {}
    }
}
