//! Keys that were pressed and begin something: what may follow.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::boxed_at;
use super::{Canvas, cells};
use crate::app::keys;
use crate::ui::text;

/// Cells of a column, where there is room for more than one.
const COLUMN: u16 = 34;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let rows = rows(canvas);
    if rows.is_empty() || area.height < 4 || area.width < 12 {
        return;
    }
    let app = canvas.app;
    let begun = if app.screen.pending.is_empty() { app.screen.vim.begun() } else { keys::shown(&app.screen.pending) };
    let most = usize::from(area.height - 3).max(1);
    let columns = rows.len().div_ceil(most).clamp(1, usize::from((area.width / COLUMN).max(1)));
    let deep = rows.len().div_ceil(columns).min(most);
    let keyed = rows.iter().map(|(key, _)| text::width(key)).max().unwrap_or(0);
    // As wide as the longest explanation wants, as far as there is room.
    let wished = rows.iter().map(|(_, help)| text::width(help)).max().unwrap_or(0) + keyed + 3;
    let wide = cells(wished).min((area.width - 2) / cells(columns)).max(COLUMN);
    let (width, height) = ((wide * cells(columns) + 2).min(area.width), cells(deep + 2));
    let place = Rect { x: area.right() - width, y: area.bottom().saturating_sub(height + 1), width, height };
    let cursor = canvas.cursor;
    let inside = boxed_at(canvas, place, &format!("{begun} …"));
    // What was begun does not take the keyboard from where it was.
    canvas.cursor = cursor.filter(|at| !place.contains(*at));
    for (at, (key, help)) in rows.iter().take(deep * columns).enumerate() {
        let (column, row) = (cells(at / deep) * (inside.width / cells(columns)), cells(at % deep));
        let room = Rect { x: inside.x + column, width: (inside.width / cells(columns)).saturating_sub(1), ..inside };
        canvas.put(room, 0, row, key, canvas.theme.theirs());
        canvas.put(room, cells(keyed) + 2, row, help, Style::new());
    }
    if rows.len() > deep * columns {
        let edge = Rect { y: place.bottom() - 1, height: 1, ..inside };
        canvas.put_right(edge, 0, &format!(" {} more ", rows.len() - deep * columns), canvas.theme.quiet());
    }
}

/// The next key and what it does; where several go on from one key, how many.
fn rows(canvas: &Canvas<'_>) -> Vec<(String, String)> {
    let all = keys::what_may_follow(canvas.app);
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut listed = Vec::new();
    for (rest, help) in &all {
        let Some((first, more)) = rest.split_first() else { continue };
        if more.is_empty() {
            rows.push((first.shown(), (*help).to_owned()));
        } else if !listed.contains(&first) {
            listed.push(first);
            let count = all.iter().filter(|(rest, _)| rest.first() == Some(first)).count();
            let said = if count == 1 { format!("{}: {help}", keys::shown(more)) } else { format!("… {count} keys follow") };
            rows.push((first.shown(), said));
        }
    }
    rows
}
