//! The menu of one's own presence, and the list of people whose changes are waited for.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::boxed;
use super::{Canvas, cells, composer};
use crate::app::{App, StatusMenu, StatusRow, words};
use crate::model::{Availability, OwnPresence};
use crate::ui::hit::Target;
use crate::ui::text;

/// Each row with the key that chooses it.
pub(super) fn menu(canvas: &mut Canvas<'_>, area: Rect, menu: &StatusMenu) {
    let whom = match &menu.account {
        Some(id) => format!("What others see on {} (Tab)", text::line(id.as_str())),
        None if canvas.app.accounts.len() > 1 => "What others see, on all accounts (Tab)".to_owned(),
        None => "What others see".to_owned(),
    };
    let inside = boxed(canvas, area, 50, cells(menu.len()) + 2, &whom);
    // The row that is being typed in is in view.
    let followed = if menu.writing { menu.note_row() } else { menu.marked };
    let top = followed.saturating_sub(usize::from(inside.height).max(1) - 1);
    for at in top..menu.len().min(top + usize::from(inside.height)) {
        let place = Rect { y: inside.y + cells(at - top), height: 1, ..inside };
        let key = menu.key(at).map_or_else(String::new, String::from);
        canvas.put(place, 0, 0, &key, canvas.theme.quiet());
        let mut writes = false;
        match menu.row(at) {
            Some(StatusRow::State(state)) => {
                canvas.put(place, 2, 0, canvas.theme.mark(state), canvas.theme.presence(state));
                let word = if state == Availability::Offline { "Appear offline" } else { words::availability(state) };
                let end = canvas.put(place, 4, 0, word, Style::new());
                let now = now(canvas.app, menu, |own| own.chosen == state);
                canvas.put(place, end + 2, 0, &now, canvas.theme.quiet());
            }
            Some(StatusRow::Offered(state, said)) => {
                canvas.put(place, 2, 0, canvas.theme.mark(state), canvas.theme.presence(state));
                let end = canvas.put(place, 4, 0, &text::line(said), Style::new());
                let now = now(canvas.app, menu, |own| own.chosen == state && own.note == said);
                canvas.put(place, end + 2, 0, &now, canvas.theme.quiet());
            }
            Some(StatusRow::Note) if menu.writing => {
                let column = canvas.put(place, 2, 0, "note: > ", canvas.theme.strong());
                let room = Rect { x: place.x + column, width: place.width.saturating_sub(column), ..place };
                composer::line(canvas, room, &menu.note);
                writes = true;
            }
            Some(StatusRow::Note) => {
                let note = text::line(menu.note.text());
                let note = if note.is_empty() { "none".to_owned() } else { note };
                canvas.put(place, 2, 0, &format!("note: {note}"), Style::new());
            }
            Some(StatusRow::Again(note)) => {
                canvas.put(place, 2, 0, &format!("\"{}\"", text::line(note)), Style::new());
            }
            None => {}
        }
        if at == menu.marked && !writes {
            canvas.paint(place, 0, canvas.theme.selected(!menu.writing));
            canvas.cursor = Some((place.x, place.y).into());
        }
        canvas.hits.add(place, Target::Choice(at));
    }
}

/// `now`, where that was chosen; `now on work, home`, where it was chosen on some of the accounts in question.
fn now(app: &App, menu: &StatusMenu, is_so: impl Fn(&OwnPresence) -> bool) -> String {
    let meant = || app.accounts.iter().filter(|(id, _)| menu.account.as_ref().is_none_or(|one| one == *id));
    let so: Vec<String> = meant().filter(|(_, one)| is_so(&one.own)).map(|(id, _)| text::line(id.as_str())).collect();
    match so.len() {
        0 => String::new(),
        all if all == meant().count() => "now".to_owned(),
        _ => format!("now on {}", so.join(", ")),
    }
}

/// `Bob Stone  when online, once`; Enter takes one off.
pub(super) fn alerts(canvas: &mut Canvas<'_>, area: Rect, marked: usize) {
    let all: Vec<(String, String)> = canvas
        .app
        .accounts
        .values()
        .flat_map(|account| {
            let line = |(who, alert): (_, &crate::app::Alert)| (text::line(account.shown_name(who)), alert.words());
            account.marks.alerts.iter().map(line)
        })
        .collect();
    let rows = cells(all.len()).saturating_add(2).min(area.height.saturating_sub(2)).max(3);
    let inside = boxed(canvas, area, 60, rows, "You are told of: (Enter takes off)");
    let height = usize::from(inside.height).max(1);
    let top = marked.saturating_sub(height - 1);
    for (at, (name, words)) in all.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: inside.y + cells(at - top), height: 1, ..inside };
        let column = canvas.put_right(place, 0, words, canvas.theme.quiet());
        canvas.put(Rect { width: column.saturating_sub(1), ..place }, 0, 0, name, Style::new());
        if at == marked {
            canvas.paint(place, 0, canvas.theme.selected(true));
            canvas.cursor = Some((place.x, place.y).into());
        }
        canvas.hits.add(place, Target::Choice(at));
    }
}
