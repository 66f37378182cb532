//! Events of the terminal into messages for the core; pure.

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};

use super::hit::{Hits, Target};
use super::keymap::chord;
use crate::app::menu::{About, Menu};
use crate::app::{
    Action, App, Chord, ComposeAct, Dragged, Edit, FileAct, Focus, GroupKey, Held, Key, KeyAct, Keymap, LockAct, Msg, PaneAct,
    PaneId, Place, Pointed, Reading, RowKey, Step, Way, keys,
};
use crate::model::Secret;

/// Rows a turn of the wheel moves.
const WHEEL: i16 = 3;

/// What an event of the terminal means to the core, given what the last frame showed.
#[must_use]
pub fn translate(event: Event, app: &App, hits: &Hits, keymap: &Keymap) -> Vec<Msg> {
    let actions = match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => return Vec::new(),
        Event::Key(key) if app.is_locked() => at_lock(&key),
        Event::Mouse(_) if app.is_locked() => return Vec::new(),
        Event::Key(key) => of_key(&key, app, hits, keymap),
        Event::Mouse(mouse) => of_mouse(mouse, app, hits),
        // Not a copy: it may be a password, and nobody would wipe what is left here.
        Event::Paste(text) => return vec![Msg::Paste(text)],
        Event::Resize(columns, rows) => return vec![Msg::Resize(columns, rows)],
        Event::FocusGained => return vec![Msg::Attention(true)],
        Event::FocusLost => return vec![Msg::Attention(false)],
    };
    if actions.is_empty() {
        return Vec::new();
    }
    // Only these go by the rows that were drawn.
    let by_rows = actions.iter().any(|action| matches!(action, Action::Edit(Edit::Up | Edit::Down)));
    let wide = hits.columns.filter(|columns| by_rows && app.screen.writing.columns != Some(*columns));
    let wide = wide.map(|columns| Action::Compose(ComposeAct::Wide(columns)));
    shown(app, hits).into_iter().chain(wide.into_iter().chain(actions).map(Msg::Action)).collect()
}

/// What the core does not know yet of the last frame.
#[must_use]
pub fn shown(app: &App, hits: &Hits) -> Option<Msg> {
    let open = |(id, from, _): &&(PaneId, Place, Place)| app.screen.panes.get(*id).is_some_and(|pane| pane.place == *from);
    let places: Vec<_> = hits.places.iter().filter(open).copied().collect();
    let news = app.screen.roster_top != hits.roster_top || !places.is_empty();
    news.then(|| Msg::Action(Action::Shown { roster_top: hits.roster_top, places }))
}

/// A key at the locked screen.
fn at_lock(key: &KeyEvent) -> Vec<Action> {
    let Some(chord) = chord(key) else { return Vec::new() };
    let act = match (chord.key(), chord.held()) {
        (Key::Enter, _) => LockAct::Try,
        (Key::Backspace, _) => LockAct::Erase,
        (Key::Esc, _) | (Key::Char('c' | 'u'), (true, false, _)) => LockAct::Clear,
        (Key::Char('l'), (true, false, _)) => return vec![Action::Redraw],
        _ => match chord.typed() {
            Some(letter) => LockAct::Type(Secret::new(letter.to_string())),
            None => return Vec::new(),
        },
    };
    vec![Action::Lock(act)]
}

fn of_key(key: &KeyEvent, app: &App, hits: &Hits, keymap: &Keymap) -> Vec<Action> {
    let Some(chord) = chord(key) else { return Vec::new() };
    let free = app.screen.overlay.is_none() && app.screen.answering.is_none();
    if free && app.screen.hinting.is_some() {
        return vec![of_hint(chord, app, hits)];
    }
    let mut actions = keys::press(chord, app, keymap);
    for action in &mut actions {
        // Only here is it known which links are shown.
        if let Action::Reading(what @ (Reading::Enter | Reading::OpenLink)) = action {
            *action = Action::Reading(only_link(what.clone(), app, hits));
        }
    }
    actions
}

/// A key while a link is chosen by letters: with Shift, or after `y`, it is copied.
fn of_hint(chord: Chord, app: &App, hits: &Hits) -> Action {
    let (Some(letter), Some(hinting)) = (chord.typed(), &app.screen.hinting) else { return Action::Back };
    if letter == 'y' && hinting.typed.is_empty() {
        return Action::Reading(Reading::HintCopies);
    }
    let typed = format!("{}{}", hinting.typed, letter.to_lowercase());
    let mut fitting = hits.links.iter().filter(|link| !link.letters.is_empty() && link.letters.starts_with(&typed));
    match fitting.next() {
        Some(link) if link.letters == typed => {
            let copies = hinting.copies || letter.is_uppercase();
            Action::Reading(Reading::Follow(Pointed { url: link.url.clone(), stranger: link.stranger, copies }))
        }
        Some(_) => Action::Reading(Reading::Hint(letter.to_ascii_lowercase())),
        None => Action::Back,
    }
}

/// The selected message holds one link: nothing is to be chosen.
fn only_link(what: Reading, app: &App, hits: &Hits) -> Reading {
    let here = (app.screen.panes.focused_id(), app.screen.pane().place.cursor);
    let mut links = hits.links.iter().filter(|link| (link.pane, Some(link.number)) == here);
    match (links.next(), links.next()) {
        (Some(link), None) => Reading::Follow(Pointed { url: link.url.clone(), stranger: link.stranger, copies: false }),
        _ => what,
    }
}

fn of_mouse(mouse: MouseEvent, app: &App, hits: &Hits) -> Vec<Action> {
    let target = hits.at(mouse.column, mouse.row);
    let covered = app.screen.overlay.is_some();
    let to_pane = |id, then| -> Vec<Action> {
        let there = (id != app.screen.panes.focused_id()).then_some(Action::Pane(PaneAct::To(id)));
        there.into_iter().chain([then]).collect()
    };
    let wheel = |down| match target {
        Some(Target::Row(_) | Target::Roster) => vec![Action::Wheel(Focus::Roster, down)],
        Some(
            Target::Messages(id)
            | Target::Message(id, _)
            | Target::File(id, ..)
            | Target::Newer(id)
            | Target::Composer(id)
            | Target::Header(id),
        ) => to_pane(*id, Action::Wheel(Focus::Messages, down)),
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
            Some(Target::Row(key)) => vec![Action::Select(key.clone()), Action::Open],
            Some(Target::Roster) => vec![Action::FocusOn(Focus::Roster)],
            Some(Target::Messages(id)) => {
                let mut actions: Vec<Action> = to_pane(*id, Action::FocusOn(Focus::Messages));
                actions.push(Action::Reading(Reading::Press(mouse.column, mouse.row)));
                actions
            }
            Some(Target::Message(id, number)) => {
                vec![Action::Reading(Reading::Pick(*id, *number)), Action::Reading(Reading::Press(mouse.column, mouse.row))]
            }
            Some(Target::File(pane, account, id)) => {
                to_pane(*pane, Action::File(FileAct::Look { account: account.clone(), id: *id }))
            }
            Some(Target::Newer(id)) => to_pane(*id, Action::Scroll(Step::Bottom)),
            Some(Target::Composer(id) | Target::Header(id)) => to_pane(*id, Action::FocusOn(Focus::Composer)),
            Some(Target::RosterEdge) => vec![Action::Pane(PaneAct::Hold(Some(Held::Roster)))],
            Some(Target::Border(behind, way)) => vec![Action::Pane(PaneAct::Hold(Some(Held::Pane(*behind, *way))))],
            None => Vec::new(),
        },
        MouseEventKind::Down(MouseButton::Right) => of_right_button(mouse, app, target),
        MouseEventKind::Drag(MouseButton::Left) if app.screen.dragged.is_some() => {
            vec![Action::Reading(Reading::Drag(mouse.column, mouse.row))]
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            app.screen.held.and_then(|held| dragged(held, mouse, hits)).into_iter().collect()
        }
        MouseEventKind::Up(MouseButton::Left) if app.screen.held.is_some() => vec![Action::Pane(PaneAct::Hold(None))],
        MouseEventKind::Up(MouseButton::Left) => app.screen.dragged.map_or_else(Vec::new, |dragged| {
            let dragged = Dragged { to: (mouse.column, mouse.row), ..dragged };
            vec![Action::Reading(Reading::Release(hits.text_between(&dragged)))]
        }),
        _ => Vec::new(),
    }
}

/// The right button: what can be done with what is shown there.
fn of_right_button(mouse: MouseEvent, app: &App, target: Option<&Target>) -> Vec<Action> {
    let menu = |about| Action::Keys(KeyAct::Menu(Some(Menu::new(about, Some((mouse.column, mouse.row))))));
    let to_pane = |id: &PaneId| (*id != app.screen.panes.focused_id()).then_some(Action::Pane(PaneAct::To(*id)));
    let at = |pane: Option<Action>, then: Vec<Action>| pane.into_iter().chain(then).collect();
    match target {
        _ if app.screen.overlay.is_some() => vec![Action::Back],
        Some(Target::Row(key)) => {
            let about = match key {
                RowKey::Person(..) => About::Person,
                RowKey::Room(_) | RowKey::Group(_, GroupKey::Rooms) => About::Room,
                RowKey::Group(..) => About::Group,
                RowKey::Account(_) => About::Account,
            };
            vec![Action::Select(key.clone()), menu(about)]
        }
        Some(Target::Message(id, number)) => vec![Action::Reading(Reading::Pick(*id, *number)), menu(About::Message)],
        Some(Target::Messages(id)) => at(to_pane(id), vec![Action::FocusOn(Focus::Messages), menu(About::Message)]),
        Some(Target::Header(id) | Target::Composer(id)) => {
            at(to_pane(id), vec![Action::FocusOn(Focus::Composer), menu(About::Pane)])
        }
        _ => Vec::new(),
    }
}

/// A line that is held follows the mouse.
fn dragged(held: Held, mouse: MouseEvent, hits: &Hits) -> Option<Action> {
    match held {
        Held::Roster => Some(Action::Pane(PaneAct::Width(mouse.column))),
        Held::Pane(behind, way) => {
            let (_, _, whole) = hits.divided.iter().find(|(id, how, _)| (*id, *how) == (behind, way))?;
            let (place, begin, length) = match way {
                Way::Beside => (mouse.column, whole.x, whole.width),
                Way::Below => (mouse.row, whole.y, whole.height),
            };
            let share = u32::from(place.saturating_sub(begin)) * 1_000 / u32::from(length.max(1));
            Some(Action::Pane(PaneAct::Share(behind, way, u16::try_from(share).unwrap_or(u16::MAX))))
        }
    }
}
