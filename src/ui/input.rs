//! Events of the terminal into messages for the core; pure.

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::hit::{Hits, Target};
use super::keymap::{Chord, Keymap};
use crate::app::{Action, App, ComposeAct, Context, Edit, Focus, Msg, Overlay, PaneAct, RowKey};

/// Rows a turn of the wheel moves.
const WHEEL: i16 = 3;

/// What an event of the terminal means to the core, given what the last frame showed.
#[must_use]
pub fn translate(event: &Event, app: &App, hits: &Hits, keymap: &Keymap) -> Vec<Msg> {
    let actions = match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => return Vec::new(),
        Event::Key(key) => of_key(key, app, keymap),
        Event::Mouse(mouse) => of_mouse(*mouse, app, hits),
        Event::Paste(text) => return vec![Msg::Paste(text.clone())],
        Event::Resize(columns, rows) => return vec![Msg::Resize(*columns, *rows)],
        Event::FocusGained => return vec![Msg::Attention(true)],
        Event::FocusLost => return vec![Msg::Attention(false)],
    };
    if actions.is_empty() {
        return Vec::new();
    }
    let scrolled = hits.back.iter().any(|(id, back)| app.screen.panes.get(*id).is_some_and(|pane| pane.back != *back));
    let shown = (app.screen.roster_top != hits.roster_top || scrolled)
        .then(|| Action::Shown { roster_top: hits.roster_top, back: hits.back.clone() });
    // Only these go by the rows that were drawn.
    let by_rows = actions.iter().any(|action| matches!(action, Action::Edit(Edit::Up | Edit::Down)));
    let wide = hits.columns.filter(|columns| by_rows && app.screen.writing.columns != Some(*columns));
    let wide = wide.map(|columns| Action::Compose(ComposeAct::Wide(columns)));
    shown.into_iter().chain(wide).chain(actions).map(Msg::Action).collect()
}

fn of_key(key: &KeyEvent, app: &App, keymap: &Keymap) -> Vec<Action> {
    let chord = Chord::of(key);
    let find = |context| keymap.action(context, chord).cloned();
    let editing = || find(Context::Composer).filter(|action| matches!(action, Action::Edit(_)));
    let typed = || chord.typed().map(|c| Action::Edit(Edit::Insert(c)));
    let one = |action: Option<Action>| action.into_iter().collect();
    if app.screen.answering.is_some() {
        return one(find(Context::Question).or_else(|| find(Context::Everywhere)));
    }
    if app.asks_to_confirm() {
        // Letters go to the core, which knows an answer from words typed in passing. Of the keys that
        // work everywhere, none leads away from the question but those that close it or leave.
        let leaves = |a: &Action| matches!(a, Action::Back | Action::Interrupt | Action::Quit | Action::Redraw | Action::Suspend);
        return one(typed().or_else(|| find(Context::Overlay)).or_else(|| find(Context::Everywhere).filter(leaves)));
    }
    if let Some(overlay) = &app.screen.overlay {
        let takes_text = !matches!(overlay, Overlay::Help(_) | Overlay::Status(_) | Overlay::Doubt(..));
        let found = find(Context::Overlay).or_else(|| if takes_text { editing().or_else(typed) } else { None });
        return one(found.or_else(|| find(Context::Everywhere)));
    }
    if app.screen.filtering {
        return one(typed().or_else(|| {
            let moves = find(Context::Roster).filter(|action| matches!(action, Action::Move(_) | Action::Open));
            moves.or_else(editing).or_else(|| find(Context::Everywhere))
        }));
    }
    match app.focus {
        Focus::Roster => one(find(Context::Roster).or_else(|| find(Context::Everywhere))),
        Focus::Composer => one(find(Context::Composer).or_else(|| find(Context::Everywhere)).or_else(typed)),
        Focus::Messages => match find(Context::Messages).or_else(|| find(Context::Everywhere)) {
            Some(action) => vec![action],
            // Whoever starts to write means the composer.
            None => typed().map_or_else(Vec::new, |typed| vec![Action::FocusOn(Focus::Composer), typed]),
        },
    }
}

fn of_mouse(mouse: MouseEvent, app: &App, hits: &Hits) -> Vec<Action> {
    let target = hits.at(mouse.column, mouse.row);
    let covered = app.screen.overlay.is_some();
    let to_pane = |id, then| {
        let there = (id != app.screen.panes.focused_id()).then_some(Action::Pane(PaneAct::To(id)));
        there.into_iter().chain([then]).collect()
    };
    let wheel = |down| match target {
        Some(Target::Row(_) | Target::Roster) => vec![Action::Wheel(Focus::Roster, down)],
        Some(Target::Messages(id) | Target::Composer(id) | Target::Header(id)) => {
            to_pane(*id, Action::Wheel(Focus::Messages, down))
        }
        _ => Vec::new(),
    };
    match mouse.kind {
        MouseEventKind::ScrollUp => wheel(-WHEEL),
        MouseEventKind::ScrollDown => wheel(WHEEL),
        MouseEventKind::Down(MouseButton::Left) => match target {
            Some(Target::Choice(row)) => vec![Action::Choose(*row)],
            Some(Target::Overlay) => Vec::new(),
            _ if covered => vec![Action::Back],
            Some(Target::Answer(row)) => vec![Action::Answer, Action::Choose(*row)],
            Some(Target::Row(key @ (RowKey::Person(..) | RowKey::Room(_) | RowKey::Group(..)))) => {
                vec![Action::Select(key.clone()), Action::Open]
            }
            Some(Target::Row(key @ RowKey::Account(_))) => vec![Action::Select(key.clone())],
            Some(Target::Roster) => vec![Action::FocusOn(Focus::Roster)],
            Some(Target::Messages(id)) => to_pane(*id, Action::FocusOn(Focus::Messages)),
            Some(Target::Composer(id) | Target::Header(id)) => to_pane(*id, Action::FocusOn(Focus::Composer)),
            Some(Target::Border(..)) | None => Vec::new(),
        },
        _ => Vec::new(),
    }
}
