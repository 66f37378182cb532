//! The help: a line to search it, and its rows.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::{boxed, typing_line};
use super::{Canvas, cells};
use crate::app::{Composer, help};
use crate::ui::layout;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, line: &Composer, top: usize) {
    let rows = help::rows(canvas.app, line.text());
    let title = format!("Help: {} keys", canvas.app.keys.set().word());
    let mut inside = boxed(canvas, area, 78, area.height.saturating_sub(2).max(3), &title);
    let search = layout::take_top(&mut inside, 1);
    typing_line(canvas, search, line);
    if line.is_empty() {
        canvas.put(search, 3, 0, "type to search", canvas.theme.quiet());
    }
    if rows.is_empty() {
        canvas.put(inside, 0, 0, "Nothing here holds these words.", canvas.theme.quiet());
        return;
    }
    let top = top.min(rows.len().saturating_sub(usize::from(inside.height)));
    let column = match inside.width {
        71.. => 31,
        51.. => 26,
        _ => 18,
    };
    for (at, row) in rows.iter().skip(top).take(usize::from(inside.height)).enumerate() {
        let title = row.what.is_empty();
        let room = Rect { width: if title { inside.width } else { column.min(inside.width) }, ..inside };
        let style = if title { canvas.theme.strong() } else { canvas.theme.theirs() };
        canvas.put(room, 0, cells(at), &row.keys, style);
        canvas.put(inside, column + 1, cells(at), &row.what, Style::new());
    }
    let shown = top + usize::from(inside.height);
    if shown < rows.len() && inside.height > 1 {
        let edge = Rect { y: inside.y + inside.height, height: 1, ..inside };
        canvas.put_right(edge, 0, &format!(" {} more ▼ ", rows.len() - shown), canvas.theme.quiet());
    }
}
