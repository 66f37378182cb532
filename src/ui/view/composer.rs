//! What is being written, and lines of text in questions.

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::{Canvas, cells};
use crate::app::Composer;
use crate::ui::text;

/// Rows the draft needs at a width, with its sign.
pub(super) fn rows(draft: &Composer, width: u16) -> u16 {
    cells(lay_out(draft, width).0.len())
}

/// The draft as rows, and where the cursor is: row and column.
fn lay_out(draft: &Composer, width: u16) -> (Vec<String>, (u16, u16)) {
    let width = usize::from(width.saturating_sub(2)).max(1);
    let (mut rows, mut row, mut used) = (Vec::new(), String::new(), 0);
    let mut cursor = (0, 0);
    for (at, grapheme) in draft.text().grapheme_indices(true) {
        if at == draft.cursor() {
            cursor = (cells(rows.len()), cells(used));
        }
        if grapheme == "\n" {
            rows.push(std::mem::take(&mut row));
            used = 0;
            continue;
        }
        let shown = text::line(grapheme);
        let wide = text::width(&shown);
        if used + wide > width {
            rows.push(std::mem::take(&mut row));
            used = 0;
            if at == draft.cursor() {
                cursor = (cells(rows.len()), 0);
            }
        }
        row.push_str(&shown);
        used += wide;
    }
    if draft.cursor() >= draft.text().len() {
        if used >= width {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        cursor = (cells(rows.len()), cells(used));
    }
    rows.push(row);
    (rows, cursor)
}

/// Draws the draft in its look, scrolled so that the cursor is in view. `active` = it has the keyboard.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, draft: &Composer, look: Style, active: bool) {
    if area.is_empty() {
        return;
    }
    let (rows, (row, column)) = lay_out(draft, area.width);
    let top = row.saturating_sub(area.height - 1);
    let sign = if active { canvas.theme.strong() } else { canvas.theme.quiet() };
    canvas.put(area, 0, 0, ">", sign);
    for (at, line) in rows.iter().skip(usize::from(top)).take(usize::from(area.height)).enumerate() {
        canvas.put(area, 2, cells(at), line, look);
    }
    if active {
        let x = area.x + (2 + column).min(area.width.saturating_sub(1));
        canvas.cursor = Some((x, area.y + row - top).into());
    }
}

/// Draws a mark for each letter of a line that nobody may read.
pub(super) fn hidden(canvas: &mut Canvas<'_>, area: Rect, secret: &Composer) {
    if area.is_empty() {
        return;
    }
    let shown = "*".repeat(secret.text().graphemes(true).count().min(usize::from(area.width - 1)));
    let column = canvas.put(area, 0, 0, &shown, canvas.theme.text());
    canvas.cursor = Some((area.x + column, area.y).into());
}

/// Draws a single line with its cursor, scrolled sideways so that the cursor is in view.
pub(super) fn line(canvas: &mut Canvas<'_>, area: Rect, line: &Composer) {
    if area.is_empty() {
        return;
    }
    let before = text::line(line.text().get(..line.cursor()).unwrap_or(""));
    let after = text::line(line.text().get(line.cursor()..).unwrap_or(""));
    let room = usize::from(area.width.saturating_sub(1));
    let mut shown = before;
    while text::width(&shown) > room {
        let Some(first) = shown.graphemes(true).next().map(str::len) else { break };
        shown.drain(..first);
    }
    let column = canvas.put(area, 0, 0, &shown, canvas.theme.text());
    canvas.put(area, column, 0, &after, canvas.theme.text());
    canvas.cursor = Some((area.x + column.min(area.width - 1), area.y).into());
}
