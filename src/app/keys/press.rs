//! What a press of a key means now.

use super::chord::Chord;
use super::keymap::{Bound, Keymap};
use crate::app::{Action, App, Context, Edit, Focus, KeyAct, Mode, Overlay, VimAct};
use crate::config::KeySet;

/// A context in which keys are looked up, and which of its actions count there.
type Place = (Context, fn(&Action) -> bool);

const fn all(_: &Action) -> bool {
    true
}

const fn edits(action: &Action) -> bool {
    matches!(action, Action::Edit(_))
}

const fn moves(action: &Action) -> bool {
    matches!(action, Action::Move(_) | Action::Open)
}

/// Of the keys that work everywhere, none leads away from a question but those that close it or leave.
const fn leaves(action: &Action) -> bool {
    matches!(action, Action::Back | Action::Interrupt | Action::Quit | Action::Redraw | Action::Suspend)
}

/// Where keys are looked up now, the nearest first.
fn places(app: &App) -> &'static [Place] {
    if app.screen.answering.is_some() {
        return &[(Context::Question, all), (Context::Everywhere, all)];
    }
    match &app.screen.overlay {
        Some(Overlay::Status(_)) => {
            return &[(Context::Status, all), (Context::Overlay, all), (Context::Composer, edits), (Context::Everywhere, all)];
        }
        Some(Overlay::Requests(_)) => return &[(Context::Requests, all), (Context::Overlay, all), (Context::Everywhere, all)],
        Some(Overlay::Confirm(_)) => return &[(Context::Overlay, all), (Context::Everywhere, leaves)],
        Some(overlay) if overlay.takes_text() => {
            return &[(Context::Overlay, all), (Context::Composer, edits), (Context::Everywhere, all)];
        }
        Some(_) => return &[(Context::Overlay, all), (Context::Everywhere, all)],
        None => {}
    }
    if app.types_search() {
        return &[(Context::Overlay, all), (Context::Composer, edits), (Context::Everywhere, all)];
    }
    match (app.screen.board.shown, app.screen.filtering || app.screen.board.filtering) {
        (true, true) => return &[(Context::Board, moves), (Context::Composer, edits), (Context::Everywhere, all)],
        (true, false) => return &[(Context::Board, all), (Context::Everywhere, all)],
        (false, true) => return &[(Context::Roster, moves), (Context::Composer, edits), (Context::Everywhere, all)],
        (false, false) => {}
    }
    match app.focus {
        Focus::Roster => &[(Context::Roster, all), (Context::Everywhere, all)],
        Focus::Messages => &[(Context::Messages, all), (Context::Everywhere, all)],
        Focus::Composer if app.is_modal() => &[(Context::Normal, all), (Context::Everywhere, all)],
        Focus::Composer => &[(Context::Composer, all), (Context::Everywhere, all)],
    }
}

/// The contexts that count now, the nearest first.
#[must_use]
pub fn contexts(app: &App) -> Vec<Context> {
    places(app).iter().map(|(context, _)| *context).collect()
}

/// The contexts of the part that has the keyboard beneath whatever lies on top, the nearest first.
#[must_use]
pub fn contexts_beneath(app: &App) -> Vec<Context> {
    let modes = app.keys.set() == KeySet::Vim && app.screen.vim.mode == Mode::Normal;
    let part = match app.focus {
        _ if app.screen.board.shown => Context::Board,
        Focus::Roster => Context::Roster,
        Focus::Messages => Context::Messages,
        Focus::Composer if modes => Context::Normal,
        Focus::Composer => Context::Composer,
    };
    vec![part, Context::Everywhere]
}

/// What may follow the keys pressed so far, the nearest context first; each chord once.
#[must_use]
pub fn what_may_follow(app: &App) -> Vec<(Vec<Chord>, &'static str)> {
    let begun = app.screen.pending.as_slice();
    let mut rows: Vec<(Vec<Chord>, &'static str)> = Vec::new();
    if begun.is_empty() {
        if app.is_modal() && app.screen.vim.waits_for_motion() && !app.screen.vim.waits_for_letter() {
            let leads = |action: &Action| matches!(action, Action::Keys(KeyAct::Vim(VimAct::Motion(_) | VimAct::Find(_))));
            let motions = app.keys.all(Context::Normal).filter(|(_, bound)| leads(&bound.spec.action));
            for (keys, bound) in motions {
                // Of several keys that do the same one is enough here: letters come first.
                if !rows.iter().any(|(_, help)| *help == bound.spec.help) {
                    rows.push((keys.to_vec(), bound.spec.help));
                }
            }
        }
        return rows;
    }
    for (context, admits) in places(app) {
        for (rest, bound) in app.keys.following(*context, begun).filter(|(_, bound)| admits(&bound.spec.action)) {
            if !rows.iter().any(|(known, _)| known == rest) {
                rows.push((rest.to_vec(), bound.spec.help));
            }
        }
    }
    rows
}

/// What a press of a key means to the core. `keys` is the map in force.
#[must_use]
pub fn press(chord: Chord, app: &App, keys: &Keymap) -> Vec<Action> {
    let typed = || chord.typed().map(|c| Action::Edit(Edit::Insert(c)));
    let closes = matches!(keys.action(Context::Everywhere, chord), Some(Action::Back | Action::Interrupt));
    let mut chords = app.screen.pending.clone();
    chords.push(chord);
    if chords.len() == 1 {
        let free = app.screen.overlay.is_none() && app.screen.answering.is_none();
        let types = app.types_search() || app.screen.filtering || app.screen.board.filtering;
        if app.asks_to_confirm() || (free && types) {
            // Letters go to the core, which knows an answer from words typed in passing.
            if let Some(action) = typed() {
                return vec![action];
            }
        }
        if app.is_modal() && app.screen.vim.waits_for_letter() {
            let action = chord.typed().map_or(VimAct::Cancel, VimAct::Letter);
            return vec![Action::Keys(KeyAct::Vim(action))];
        }
    }
    match look_up(&chords, app, keys) {
        Some(Found::Whole(bound)) => return vec![bound.spec.action.clone()],
        Some(Found::Begun) => return vec![Action::Keys(KeyAct::Pending(chords))],
        None if chords.len() > 1 && closes => return vec![Action::Keys(KeyAct::Pending(Vec::new()))],
        None if chords.len() > 1 => return vec![Action::Keys(KeyAct::Lost(chords))],
        None => {}
    }
    let here = app.screen.answering.is_none() && app.screen.overlay.is_none() && !app.screen.board.shown && !app.types_search();
    match app.focus {
        _ if app.screen.overlay.as_ref().is_some_and(Overlay::takes_text) && app.screen.answering.is_none() => {
            typed().into_iter().collect()
        }
        Focus::Composer if here && !app.is_modal() => typed().into_iter().collect(),
        // Whoever starts to write means the composer; with modes, writing begins with a key for it.
        Focus::Messages if here && keys.set() != KeySet::Vim => {
            typed().map_or_else(Vec::new, |typed| vec![Action::FocusOn(Focus::Composer), typed])
        }
        _ => Vec::new(),
    }
}

enum Found<'a> {
    Whole(&'a Bound),
    Begun,
}

fn look_up<'a>(chords: &[Chord], app: &App, keys: &'a Keymap) -> Option<Found<'a>> {
    for (context, admits) in places(app) {
        if let Some(bound) = keys.find(*context, chords).filter(|bound| admits(&bound.spec.action)) {
            return Some(Found::Whole(bound));
        }
        if keys.following(*context, chords).any(|(_, bound)| admits(&bound.spec.action)) {
            return Some(Found::Begun);
        }
    }
    None
}
