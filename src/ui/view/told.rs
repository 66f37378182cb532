//! Something to be read that is longer than a note.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::overlay::boxed;
use super::{Canvas, cells};
use crate::ui::text;

/// The lines, wrapped, from the row `top` on.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, title: &str, lines: &[String], top: usize) {
    let columns = 76.min(area.width.saturating_sub(2)).max(6);
    let wide = usize::from(columns.saturating_sub(4)).max(1);
    let rows: Vec<String> = lines.iter().flat_map(|line| text::wrap(&text::line(line), wide)).collect();
    let inside = boxed(canvas, area, columns, cells(rows.len() + 2).min(area.height.saturating_sub(2)).max(3), title);
    let height = usize::from(inside.height);
    let top = top.min(rows.len().saturating_sub(height));
    for (at, row) in rows.iter().skip(top).take(height).enumerate() {
        canvas.put(inside, 0, cells(at), row, Style::new());
    }
    if top + height < rows.len() && inside.height > 1 {
        let below = format!(" {} more ▼ ", rows.len() - top - height);
        let edge = Rect { y: inside.y + inside.height, height: 1, ..inside };
        canvas.put_right(edge, 0, &below, canvas.theme.quiet());
    }
}
